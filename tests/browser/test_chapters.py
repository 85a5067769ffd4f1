"""Every chapter as its reader meets it: its figures are drawn, its explorers answer, its moving queue moves."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from .place import CHAPTERS, ROOT

CHART = "application/vnd.vegalite.v5+json"
EXPLORER = "application/vnd.opsbook.explorer.v1+json"
ANIMATION = "application/vnd.opsbook.animation.v1+json"

Open = Callable[..., Page]


def stored(chapter: str, *kinds: str) -> list[dict[str, Any]]:
    """Return what a chapter's notebook holds of these kinds, in its order."""
    cells = json.loads((ROOT / "chapters" / f"{chapter}.ipynb").read_text(encoding="utf-8"))["cells"]
    bundles = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    return [bundle[kind] for bundle in bundles for kind in kinds if kind in bundle]


def sentence(payload: dict[str, Any], positions: list[int]) -> str:
    values = [control["values"][at] for control, at in zip(payload["controls"], positions, strict=True)]
    return payload["sentences"]["|".join(f"{value:g}" for value in values)]


def sliders(figure: Locator, payload: dict[str, Any]) -> list[Locator]:
    return [figure.get_by_role("slider", name=control["label"], exact=True) for control in payload["controls"]]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_figure_is_drawn(chapter: str, open_page: Open) -> None:
    page = open_page(f"chapters/{chapter}.html")
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    figures = page.locator("figure.ops-chart")
    specs = [each.get("spec", each) for each in stored(chapter, ANIMATION, CHART, EXPLORER)]
    assert figures.count() == len(specs) >= 3
    for figure, spec in zip(figures.all(), specs, strict=True):
        picture = figure.locator("svg[role=img]").filter(visible=True).first
        if figure.get_attribute("data-view") is None:
            expect(picture).to_have_attribute("aria-label", spec["description"])
            # What is drawn, at the width that is shown, stays inside the picture.
            outside = picture.evaluate(
                """(svg) => { const frame = svg.getBoundingClientRect();
                   return [...svg.querySelectorAll("text")].filter((text) => {
                     const box = text.getBoundingClientRect();
                     return box.width && (box.left < frame.left - 1 || box.right > frame.right + 1
                       || box.top < frame.top - 1 || box.bottom > frame.bottom + 1);
                   }).map((text) => text.textContent); }"""
            )
            assert outside == [], f"{spec['title']}: {outside}"


@pytest.mark.parametrize("chapter", [each for each in CHAPTERS if stored(each, ANIMATION, EXPLORER)])
def test_every_explorer_answers_the_keyboard(chapter: str, open_page: Open) -> None:
    page = open_page(f"chapters/{chapter}.html")
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    payloads = stored(chapter, ANIMATION, EXPLORER)
    figures = page.locator(".ops-explorer")
    assert figures.count() == len(payloads)
    for figure, payload in zip(figures.all(), payloads, strict=True):
        figure.scroll_into_view_if_needed()
        figure.locator(".ops-live svg").first.wait_for()
        start = [control["start"] for control in payload["controls"]]
        result = figure.locator(".ops-sentence")
        expect(result).to_have_text(sentence(payload, start))
        for index, slider in enumerate(sliders(figure, payload)):
            told = {sentence(payload, start)}
            for key, place in (("End", len(payload["controls"][index]["values"]) - 1), ("Home", 0)):
                slider.press(key)
                moved = [*start[:index], place, *start[index + 1 :]]
                expect(result).to_have_text(sentence(payload, moved))
                told.add(sentence(payload, moved))
            assert len(told) > 1, f"{payload['controls'][index]['label']} changes nothing"
            figure.get_by_role("button", name="Back to the start").click()
            expect(result).to_have_text(sentence(payload, start))


def views(element: str) -> list[str]:
    """Return the chapters that show an explorer with this view."""
    return [each for each in CHAPTERS if any(shown["view"] == element for shown in stored(each, ANIMATION))]


@pytest.mark.parametrize("chapter", views("ops-queue"))
@pytest.mark.parametrize("over", ["http", "file"])
def test_the_queue_moves(chapter: str, over: str, open_page: Open) -> None:
    page = open_page(f"chapters/{chapter}.html", over=over, reduced_motion="no-preference")
    queue = page.locator("ops-queue")
    page.locator(".ops-explorer[data-view=ops-queue]").scroll_into_view_if_needed()
    words = queue.locator(".ops-view-words")
    before = words.text_content()
    queue.get_by_role("button", name="Play").click()
    expect(queue.locator(".ops-queue-customer").first).to_be_visible(timeout=15_000)
    expect(words).not_to_have_text(before or "")
    queue.get_by_role("button", name="Pause").click()
    expect(queue.get_by_role("button", name="Play")).to_be_visible()


@pytest.mark.parametrize("chapter", views("ops-control"))
@pytest.mark.parametrize("over", ["http", "file"])
def test_the_control_chart_plays(chapter: str, over: str, open_page: Open) -> None:
    page = open_page(f"chapters/{chapter}.html", over=over, reduced_motion="no-preference")
    player = page.locator("ops-control")
    page.locator(".ops-explorer[data-view=ops-control]").scroll_into_view_if_needed()
    player.get_by_label("Speed").select_option("10")
    player.get_by_role("button", name="Play").click()
    expect(player.locator(".ops-view-words")).to_contain_text("On average", timeout=15_000)
    expect(player.get_by_role("button", name="Play")).to_be_visible()
    assert player.locator(".ops-control-point").count() > 0


@pytest.mark.parametrize("chapter", views("ops-blueprint"))
@pytest.mark.parametrize("over", ["http", "file"])
def test_the_blueprint_is_rearranged(chapter: str, over: str, open_page: Open) -> None:
    page = open_page(f"chapters/{chapter}.html", over=over)
    page.locator(".ops-explorer[data-view=ops-blueprint]").scroll_into_view_if_needed()
    editor = page.locator("ops-blueprint")
    words, cells = editor.locator(".ops-view-words"), editor.locator(".ops-bp-results tbody")
    first = cells.text_content() or ""
    # By keyboard: the first task that has somewhere to go.
    editor.locator(".ops-bp-movable:has(.ops-bp-arrows [aria-disabled=false]) button.ops-bp-name").first.focus()
    down = editor.locator(".ops-bp-movable:has(:focus) .ops-bp-arrows button").last
    page.keyboard.press("ArrowDown" if down.get_attribute("aria-disabled") == "false" else "ArrowUp")
    expect(words).to_contain_text(": from ")
    expect(cells).not_to_have_text(first)
    expect(editor.locator(".ops-bp-moved")).to_have_count(1)
    editor.get_by_role("button", name="Undo").press("Enter")
    expect(cells).to_have_text(first)
    # By pointer: to the lane below, which takes it or says why not.
    page.set_viewport_size({"width": 1280, "height": 2000})
    handle = editor.locator(".ops-bp-handle").first
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    lane = editor.locator(".ops-bp-lane:has(.ops-bp-handle) ~ .ops-bp-lane").first.bounding_box()
    assert box is not None
    assert lane is not None
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(lane["x"] + 40, lane["y"] + 12, steps=5)
    expect(editor.locator(".ops-bp-held")).to_have_count(1)
    page.mouse.up()
    expect(words).to_have_text(re.compile(": from |^Not moved to "))
