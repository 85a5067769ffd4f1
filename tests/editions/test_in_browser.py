"""An edition's site in a real browser, as the students of a class meet it: one chapter, a question of it withheld."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from opsbook import exercises

from ..browser.asked import Asked, right, wrong  # noqa: TID252 - tests have no name to be imported by
from ..browser.opening import launch_arguments, opening, served  # noqa: TID252 - as above
from ..browser.test_accessibility import OPEN_ALL, hold, look  # noqa: TID252 - as above
from .built import BuiltEdition

FRONT, PROGRESS, SEARCH = "book/index.html", "book/my-progress.html", "search.html"
CHAPTER, EXERCISES = "chapters/customer-contact.html", "exercises/customer-contact.html"
WITHHELD = "customer-contact/what-counts"

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return launch_arguments()


@pytest.fixture(scope="session")
def base_url() -> None:
    """Stand in for the plugin's own fixture, whose form this pytest deprecates; no test here has a base address."""


@pytest.fixture(scope="module")
def site(hidden_edition: BuiltEdition) -> Path:
    return hidden_edition.student / "html"


@pytest.fixture(scope="module")
def addresses(site: Path) -> Iterator[dict[str, str]]:
    with served(site) as addresses:
        yield addresses


@pytest.fixture
def open_page(browser: Browser, addresses: dict[str, str]) -> Iterator[Open]:
    """Open a page of the site; a fault of its own, or a request to another host, fails the test."""
    with opening(browser, addresses) as open_page:
        yield open_page


def asked_in(page: Page, kind: str) -> Asked:
    """Return the first question of a kind, with the numbers that this class sees."""
    shown = page.locator(f"ops-question[data-kind={kind}]").first
    name, seed = shown.get_attribute("data-question") or "", int(shown.get_attribute("data-seed") or "0")
    return Asked(page, exercises.question(name, seed=seed))


@pytest.mark.parametrize("over", ["http", "file"])
def test_every_page_opens_without_a_fault_and_asks_nobody(site: Path, over: str, open_page: Open) -> None:
    pages = [path.relative_to(site).as_posix() for path in sorted(site.glob("*/**/*.html"))] + [SEARCH]
    assert {FRONT, CHAPTER, EXERCISES, PROGRESS} < set(pages)
    page = open_page(FRONT, over=over, viewport={"width": 1280, "height": 3200})
    home = page.url.removesuffix(FRONT)
    for name in pages:
        page.goto(home + name)
        page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
        page.evaluate("window.scrollTo({ top: document.documentElement.scrollHeight, behavior: 'instant' })")
        # Only figures ask for more when they come into view.
        page.wait_for_load_state("networkidle" if name == CHAPTER else "load")
        expect(page.get_by_role("heading", level=1)).to_have_count(1)


@pytest.mark.parametrize("name", [FRONT, CHAPTER, EXERCISES])
def test_axe_finds_nothing_in_light_dark_and_narrow(name: str, open_page: Open) -> None:
    page = open_page(name, color_scheme="light")
    page.evaluate(OPEN_ALL)
    for explorer in page.locator(".ops-explorer").all():
        explorer.scroll_into_view_if_needed()
        explorer.locator(".ops-live svg").first.wait_for()
    hold({name: look(page)})


def test_a_practice_question_is_answered_by_keyboard_and_marked_and_progress_counts_it(
    site: Path, open_page: Open
) -> None:
    page = open_page(EXERCISES)
    home = page.url.removesuffix(EXERCISES)
    asked = asked_in(page, "numeric")
    mistake = next(iter(wrong(asked.question)))
    asked.answer(mistake)
    asked.expect(mistake)
    asked.answer(right(asked.question))
    # Not as `Asked.expect` has it: the solution, which the course's own message ends in, stays with the instructor.
    expect(asked.status).to_contain_text("Right")
    page.goto(home + PROGRESS)
    # What is withheld is not practised, so it does not count.
    texts = [(site / name).read_text(encoding="utf8") for name in (CHAPTER, EXERCISES)]
    practised = sum(len(re.findall(r'<ops-question [^>]*data-kind="(?!withheld)', text)) for text in texts)
    assert practised > 10
    points = f"{asked.question.points:g}"
    expect(page.locator("ops-progress .ops-summary")).to_contain_text(
        f"You have answered 1 of {practised} questions, with {points} of its {points} points."
    )


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_withheld_question_is_shown_without_a_check_and_says_who_marks_it(script: bool, open_page: Open) -> None:  # noqa: FBT001
    page = open_page(EXERCISES, java_script_enabled=script)
    shown = page.locator(f"ops-question[data-question='{WITHHELD}']")
    expect(shown).to_contain_text("A garage needs three hours to service a car.")
    expect(shown).to_contain_text("Shown, not checked here: your instructor marks it. Worth 4 points.")
    if script:  # those that are practised have come alive
        expect(page.locator("ops-question").get_by_role("button", name="Check").first).to_be_visible()
    for control in ("button", "textbox", "radio", "checkbox", "link"):
        expect(shown.get_by_role(control)).to_have_count(0)
    expect(shown.locator("details")).to_have_count(0)


@pytest.mark.parametrize("over", ["http", "file"])
def test_search_finds_a_word(over: str, open_page: Open) -> None:
    page = open_page(FRONT, over=over)
    page.get_by_role("link", name="Search").click()
    box = page.get_by_role("searchbox")
    box.fill("decoupling")
    box.press("Enter")
    page.locator("#search-results").get_by_role("link", name="Customer contact").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("ustomer contact")
