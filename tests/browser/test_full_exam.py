"""The full exam in the built book: started by a click, and printed as a paper of its own."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from opsbook import exercises
from opsbook.exercises.exam import FULL_MINUTES, FULL_QUESTIONS

from .markup import squeezed, words_of

pytestmark = pytest.mark.whole_book  # a full exam needs the questions of all chapters

Open = Callable[..., Page]
PAGE, PAPER, ANSWERS = (f"book/practice-exam{end}.html" for end in ("", "-paper", "-answers"))
SHEETS = range(12, 30)
# Between the margins of an A4 sheet, at 96 to the inch.
SHEET_HEIGHT = (297 - 16 - 18) / 25.4 * 96


def test_the_full_exam_starts(open_page: Open) -> None:
    page = open_page(f"{PAGE}?seed=1")
    full = page.get_by_role("button", name=f"Full exam: {FULL_QUESTIONS} questions, {FULL_MINUTES} minutes")
    expect(full).to_have_attribute("aria-pressed", "false")
    full.click()
    expect(full).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("link", name="Address of this exam")).to_have_attribute(
        "href", f"?seed=1&n={FULL_QUESTIONS}&minutes={FULL_MINUTES}"
    )
    page.get_by_role("button", name="Start the exam").click()
    expect(page.get_by_role("heading", level=2)).to_have_text(f"Question 1 of {FULL_QUESTIONS}")
    expect(page.get_by_role("timer")).to_have_text(re.compile(f"^({FULL_MINUTES}:00|{FULL_MINUTES - 1}:)"))
    drawn = exercises.draw_exam(FULL_QUESTIONS, seed=1)
    expect(page.locator("ops-question")).to_have_attribute("data-question", drawn[0].id)
    # One more question, and it is another exam.
    page.reload()
    page.get_by_role("button", name="Start over").click()
    page.get_by_label("Number of questions").fill(str(FULL_QUESTIONS - 1))
    expect(full).to_have_attribute("aria-pressed", "false")


def test_the_paper_prints_without_a_script_and_without_an_answer(open_page: Open) -> None:
    page = open_page(PAPER, java_script_enabled=False, viewport={"width": 670, "height": 1000})
    page.emulate_media(media="print")
    entries = page.locator("ol.ops-paper > li")
    expect(entries).to_have_count(FULL_QUESTIONS)
    printed = squeezed(page.locator("body").inner_text())
    for asked in exercises.draw_exam(FULL_QUESTIONS, seed=1):
        for option in getattr(asked, "options", ()):
            assert words_of(option.text) in printed
            assert words_of(option.rationale) not in printed
    # Every question fits a sheet, and asks not to be split between two.
    boxes = entries.evaluate_all(
        "(all) => all.map((each) => [each.getBoundingClientRect().height, getComputedStyle(each).breakInside])"
    )
    assert all(height < SHEET_HEIGHT and inside == "avoid" for height, inside in boxes)
    sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))
    assert sheets in SHEETS


def test_the_answers_stand_on_a_page_of_their_own(open_page: Open) -> None:
    page = open_page(PAPER)
    page.get_by_role("link", name="The answers, with a reason for each").click()
    assert page.url.endswith(ANSWERS)
    for name in ("ops-paper-key", "ops-paper-reasons"):
        expect(page.locator(f"ol.{name} > li")).to_have_count(FULL_QUESTIONS)
    told = squeezed(page.locator("ol.ops-paper-reasons").inner_text())
    for asked in exercises.draw_exam(FULL_QUESTIONS, seed=1):
        for option in getattr(asked, "options", ()):
            assert words_of(option.rationale) in told, (asked.id, option.id)
