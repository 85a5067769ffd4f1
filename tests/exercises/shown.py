"""An explorer's own view on a page of its own, as the book would show it."""

from importlib.resources import files
from typing import Any

from playwright.sync_api import Page, expect

from opsbook.exercises.assets import view_script, view_style
from opsbook.publishing.figures import explorer_figure

THEME = files("opsbook.publishing") / "theme" / "static"


def show(page: Page, explorer: Any) -> None:
    element = explorer.element
    figure = explorer_figure(explorer.payload, static="_static", name="shown").html
    script = (THEME / "ops-explorer.js").read_text(encoding="utf-8")
    scripts = "".join(f"<script>{each}</script>" for each in (view_script(element), script)).replace(
        "document.currentScript.src", '"http://book.test/ops-explorer.js"'
    )
    style = (THEME / "opsbook.css").read_text(encoding="utf-8") + view_style(element)
    html = (
        f"<!doctype html><html lang='en'><head><title>V</title><link rel='icon' href='data:,'><style>{style}</style>"
        f"</head><body><main><h1>V</h1>{figure}</main>{scripts}</body></html>"
    )
    page.route("http://book.test/**", lambda route: route.fulfill(body="", content_type="font/woff2"))
    page.route("http://book.test/v", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto("http://book.test/v")
    expect(page.locator(element)).to_be_visible()
