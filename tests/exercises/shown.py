"""An explorer's own view on a page of its own, as the book would show it."""

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from playwright.sync_api import Browser, Page, expect

from opsbook.exercises.assets import view_script, view_style
from opsbook.publishing.figures import explorer_figure

THEME = files("opsbook.publishing") / "theme" / "static"


def opened(browser: Browser, **profile: Any) -> Iterator[Page]:
    """Yield a page in a profile of its own, and fail its test if it threw or complained."""
    context = browser.new_context(**profile)
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert faults == []


def show(page: Page, explorer: Any) -> None:
    element = explorer.element
    figure = explorer_figure(explorer.payload, static="_static", name="shown").html
    script = (THEME / "ops-explorer.js").read_text(encoding="utf-8")
    scripts = "".join(f"<script>{each}</script>" for each in (view_script(element), script)).replace(
        "document.currentScript.src", '"http://book.test/ops-explorer.js"'
    )
    style = (THEME / "opsbook.css").read_text(encoding="utf-8") + view_style(element)
    html = (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>V</title>"
        "<meta name='viewport' content='width=device-width'>"
        f"<link rel='icon' href='data:,'><style>{style}</style>"
        f"</head><body><main><h1>V</h1>{figure}</main>{scripts}</body></html>"
    )
    page.route("http://book.test/**", lambda route: route.fulfill(body="", content_type="font/woff2"))
    page.route("http://book.test/v", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto("http://book.test/v")
    expect(page.locator(element)).to_be_visible()
