"""No page breaks WCAG 2.2 AA or axe's best practices: in light and dark, wide and at 320 px, folded and opened."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Some rules of these tags run only when asked for by name.
EVERYTHING = {"runOnly": {"type": "tag", "values": TAGS}, "rules": {"target-size": {"enabled": True}}}
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
NARROW = {"runOnly": {"type": "rule", "values": ["color-contrast", "target-size"]}}
WITH_QUESTIONS = ("chapters/customer-contact.html", "exercises/customer-contact.html")

# Opens what is folded, and answers each question wrongly, or with nothing, so that its feedback is there to see.
OPEN_ALL = """() => {
    for (const question of document.querySelectorAll("ops-question")) {
        question.querySelector("input[type=radio]")?.click();
        const typed = question.querySelector("input[type=text]");
        if (typed) typed.value = "123456.7";
        question.querySelector(".ops-check").click();
        question.querySelector(".ops-hint").click();
        question.querySelector(".ops-solve").click();
    }
    for (const fold of document.querySelectorAll("details")) fold.open = true;
}"""
# What reaches beyond the right edge although it does not stand in a box that scrolls by itself.
TOO_WIDE = """() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const scrolls = (each) => each && each !== document.body && each !== root
        && (getComputedStyle(each).overflowX !== "visible" || scrolls(each.parentElement));
    return [...document.querySelectorAll("body *")]
        .filter((each) => each.getBoundingClientRect().right > root.clientWidth + 0.5 && !scrolls(each.parentElement))
        .map((each) => each.outerHTML.slice(0, 100));
}"""

Open = Callable[..., Page]


def violations(page: Page, options: dict[str, Any], *expected: str) -> list[str]:
    """Return what axe finds, one line for each element; `expected` names rules that must have run."""
    response = Axe().run(page, options={**options, "resultTypes": ["violations"]}).response
    ran = {rule["id"] for kind in ("violations", "passes", "incomplete", "inapplicable") for rule in response[kind]}
    assert set(expected) <= ran, ran
    return [
        f"{rule['id']}: {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for rule in response["violations"]
        for node in rule["nodes"]
    ]


def look(page: Page) -> list[str]:
    """Return every fault of the page as it stands, in the three views."""
    found = [f"light: {fault}" for fault in violations(page, EVERYTHING, "color-contrast", "target-size", "region")]
    page.emulate_media(color_scheme="dark")
    found += [f"dark: {fault}" for fault in violations(page, CONTRAST, "color-contrast")]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 320, "height": 800})
    found += [f"320 px: {fault}" for fault in violations(page, NARROW, "color-contrast", "target-size")]
    found += [f"320 px, too wide: {fault}" for fault in page.evaluate(TOO_WIDE)]
    assert found or page.evaluate("document.documentElement.scrollWidth") <= 320
    return found


def test_every_page(pages: list[str], open_page: Open) -> None:
    faults = {}
    for name in pages:
        page = open_page(name, color_scheme="light")
        page.wait_for_load_state("networkidle")
        faults[name] = look(page)
        page.context.close()
    assert len(faults) >= 9
    assert {name: found for name, found in faults.items() if found} == {}


@pytest.mark.parametrize("name", WITH_QUESTIONS)
def test_pages_with_everything_opened_and_answered(name: str, open_page: Open) -> None:
    page = open_page(name, color_scheme="light")
    page.evaluate(OPEN_ALL)
    # Explorers come alive when they near the screen.
    for explorer in page.locator(".ops-explorer").all():
        explorer.scroll_into_view_if_needed()
        explorer.locator(".ops-live svg").wait_for()
    page.wait_for_load_state("networkidle")
    assert look(page) == []


def test_search_results(open_page: Open) -> None:
    page = open_page("search.html?q=contact", color_scheme="light")
    page.locator("#search-results a").first.wait_for()
    assert look(page) == []


def test_pages_without_script(open_page: Open) -> None:
    faults = {}
    for name in ("book/index.html", *WITH_QUESTIONS):
        page = open_page(name, color_scheme="light", java_script_enabled=False)
        faults[name] = violations(page, CONTRAST, "color-contrast")
        page.emulate_media(color_scheme="dark")
        faults[name] += violations(page, CONTRAST, "color-contrast")
        page.set_viewport_size({"width": 320, "height": 800})
        faults[name] += page.evaluate(TOO_WIDE)
    assert {name: found for name, found in faults.items() if found} == {}
