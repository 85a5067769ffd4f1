"""What comes out of the printer: a learner's sheets hold the questions alone, an instructor's a key on its own page."""

import re

import pytest
from playwright.sync_api import Browser, Page

from opsbook import exercises

from ..publishing.small_book import SmallBook, question  # noqa: TID252 - tests have no name to be imported by
from .asked import comments
from .markup import squeezed, words_of

pytestmark = pytest.mark.whole_book  # it prints small books of its own

CHAPTER = "chapters/customer-contact"
BANK = exercises.bank()
SEED = 7
# One of each kind.
KEYED = [
    exercises.question(next(each.id for each in BANK if each.kind == kind and "exam" not in each.pool), seed=SEED)
    for kind in ("choice", "choices", "numeric", "order", "match", "reflect", "code")
]


@pytest.fixture(scope="module", params=[False, True], ids=["learner", "instructor"])
def book(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SmallBook:
    settings = {"opsbook_seed": SEED, "opsbook_instructor": request.param}
    notebooks = {CHAPTER: [question(each.id) for each in KEYED]}
    made = SmallBook(tmp_path_factory.mktemp("book"), notebooks, practice=False, settings=settings)
    made.build()
    return made


@pytest.fixture
def page(browser: Browser, book: SmallBook) -> Page:
    page = browser.new_page()
    page.goto((book.html / f"{CHAPTER}.html").as_uri())
    return page


def sheets(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_the_key_is_for_instructors_folded_on_the_screen_and_whole_on_paper(page: Page, book: SmallBook) -> None:
    key = page.locator(".ops-answer-key")
    instructor = book.settings["opsbook_instructor"]
    assert key.count() == instructor
    answers = page.locator(".ops-answer-key .ops-print-key")
    assert answers.count() == (len(KEYED) if instructor else 0)
    assert answers.filter(visible=True).count() == 0
    if instructor:
        page.get_by_text("Show the answers").click()
        assert answers.filter(visible=True).count() == len(KEYED)
        page.get_by_text("Show the answers").click()
    page.emulate_media(media="print")
    assert key.filter(visible=True).count() == instructor
    assert page.get_by_text("Show the answers").filter(visible=True).count() == 0
    assert page.locator("ops-question").filter(visible=True).count() == len(KEYED)
    printed = squeezed(page.locator("body").inner_text())
    for asked in KEYED:
        for text in filter(None, (*comments(asked), asked.solution, asked.instructor)):
            rationales = [option.rationale for option in getattr(asked, "options", ()) if option.feedback == text]
            told = words_of(text) in printed or any(words_of(each) in printed for each in rationales if each)
            assert told is instructor, (asked.id, text)


def test_the_key_begins_on_a_sheet_of_its_own(page: Page, book: SmallBook) -> None:
    with_key = sheets(page.pdf(format="A4"))
    page.add_style_tag(content=".ops-answer-key:not(.short) { display: none !important }")
    without = sheets(page.pdf(format="A4"))
    if not book.settings["opsbook_instructor"]:
        assert with_key == without
        return
    assert with_key > without
    # However short, and however much room there is on the sheet before it.
    page.locator(".ops-answer-key").evaluate("(key) => { key.classList.add('short'); key.replaceChildren('Key'); }")
    assert sheets(page.pdf(format="A4")) == without + 1
    page.add_style_tag(content=".ops-answer-key { break-before: auto !important }")
    assert sheets(page.pdf(format="A4")) == without
