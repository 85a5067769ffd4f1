"""A word of the glossary is explained where it is read, to a pointer and to a keyboard, and stays a plain link."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from .place import CHAPTER

PHONE: dict[str, Any] = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}
INSIDE = """(card) => {
    const { left, right, top, bottom } = card.getBoundingClientRect();
    const { clientWidth, clientHeight } = document.documentElement;
    return left >= 0 && top >= 0 && right <= clientWidth && bottom <= clientHeight;
}"""

Open = Callable[..., Page]


def links(page: Page) -> Locator:
    """Return the list of key terms, the last of which ends at the right edge of a line or near it."""
    return page.locator("#key-terms a[data-definition]")


def test_a_pointer_sees_a_definition_and_may_go_to_it(open_page: Open) -> None:
    page = open_page(CHAPTER, over="file")
    first, card = links(page).first, page.get_by_role("tooltip")
    expect(card).to_be_hidden()
    first.hover()
    term, definition = (first.get_attribute(f"data-{name}") or "" for name in ("term", "definition"))
    assert len(definition) > 20
    expect(card).to_contain_text(f"{term}. {definition}")
    expect(first).to_have_accessible_description(card.inner_text())
    assert card.evaluate(INSIDE)
    # The way to the card is part of it, and there one may stay and read.
    card.hover()
    page.wait_for_timeout(600)
    expect(card).to_be_visible()
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    first.hover()
    expect(card).to_be_visible()
    page.mouse.move(2, 2)
    expect(card).to_be_hidden()


def test_a_definition_stays_with_its_word_when_something_above_grows(open_page: Open) -> None:
    page = open_page(CHAPTER, viewport={"width": 320, "height": 640})
    link, card = links(page).first, page.get_by_role("tooltip")
    page.keyboard.press("Tab")
    link.focus()
    expect(card).to_be_visible()
    page.evaluate("document.querySelector('article').style.paddingTop = '999px'")
    page.wait_for_function(
        """() => {
            const [card, link] = ["#ops-definition", "#key-terms a[data-definition]"]
                .map((each) => document.querySelector(each).getBoundingClientRect());
            return Math.abs(card.top - link.bottom) < 2 || Math.abs(card.bottom - link.top) < 2;
        }"""
    )


def test_a_keyboard_does_too(open_page: Open) -> None:
    page = open_page(CHAPTER, viewport={"width": 320, "height": 640}, color_scheme="dark", reduced_motion="reduce")
    card = page.get_by_role("tooltip")
    faults = []
    links(page).first.focus()  # from here on as a keyboard goes
    for link in links(page).all():
        expect(link).to_be_focused()
        if not (card.is_visible() and link.get_attribute("data-definition") in card.inner_text()):
            faults.append(f"{link.inner_text()}: no definition")
        elif not card.evaluate(INSIDE):
            faults.append(f"{link.inner_text()}: beyond the edge")
        page.keyboard.press("Tab")
    assert faults == []
    expect(card).to_be_hidden()
    page.keyboard.press("Shift+Tab")
    expect(card).to_be_visible()
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(links(page).last).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/book/glossary.html#term-*")


@pytest.mark.parametrize("profile", [PHONE, {"java_script_enabled": False}], ids=["finger", "no script"])
def test_elsewhere_the_link_just_leads_on(profile: dict[str, Any], open_page: Open) -> None:
    page = open_page(CHAPTER, **profile)
    first = links(page).first
    address = first.get_attribute("href") or ""
    assert address.startswith("../book/glossary.html#term-")
    if profile.get("has_touch"):
        first.tap()
    else:
        first.click()
    page.wait_for_url(f"**/{address.removeprefix('../')}")
    page.go_back()
    expect(page.get_by_role("tooltip")).to_be_hidden()
