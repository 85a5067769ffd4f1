"""The page that `opsbook kpi` writes, as a manager meets it: from a folder, on a phone, in the dark, on paper."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from opsbook import datasets, reporting

from .opening import watch
from .test_accessibility import look

pytestmark = pytest.mark.whole_book  # it opens a report and no site

FOLDED = "() => [...document.querySelectorAll('details')].map((fold) => fold.open)"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "contacts.csv"
    contacts = datasets.load("contact_log")
    contacts[contacts["arrived_at"] < "2024-03-18"].to_csv(file, index=False)
    measures = "service_level, asa, abandonment, csat, nps"
    return reporting.report(file, by="day,channel", measures=measures, target=(0.8, 20)).saved[1]


@pytest.fixture
def page(browser: Browser, report: Path) -> Iterator[Page]:
    faults: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light", bypass_csp=True)
    watch(context, (report.as_uri(),), faults)
    page = context.new_page()
    page.goto(report.as_uri())
    yield page
    context.close()
    assert faults == []


def test_it_is_accessible_in_light_dark_and_narrow(page: Page) -> None:
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    assert look(page) == []


def _count_pictures(page: Page) -> None:
    """Expect one picture in each figure, at whatever width."""
    for figure in page.locator("figure").all():
        assert figure.locator("svg[role=img]").filter(visible=True).count() == 1


def test_a_phone_needs_no_sideways_scroll_and_shows_one_picture_of_each(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    summary = page.get_by_role("region", name="Every measure over the whole log")
    assert summary.evaluate("(box) => box.scrollWidth <= box.clientWidth")
    _count_pictures(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    _count_pictures(page)


def test_dark_is_dark_and_the_pictures_follow(page: Page) -> None:
    ink = "() => getComputedStyle(document.querySelector('figure svg text')).fill"
    light = page.evaluate(ink)
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(ink) != light
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 29)"


def test_the_keyboard_reaches_measures_and_data(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the summary")).to_be_focused()
    fold = page.get_by_text("Show the data").first
    fold.focus()
    page.keyboard.press("Enter")
    assert page.evaluate(FOLDED)[0]
    table = page.locator("figure table").first
    expect(table).to_be_visible()
    assert table.locator("tbody tr").count() == 12


def test_paper_has_the_tables_whole_and_no_folds(page: Page) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("summary").filter(visible=True).count() == 0
    page.set_viewport_size({"width": 600, "height": 800})
    groups = page.get_by_role("region", name="Every measure by day, channel")
    assert groups.evaluate("(box) => box.scrollWidth <= box.clientWidth")
    assert groups.evaluate("(box) => box.scrollHeight <= box.clientHeight + 1")
    assert page.pdf(format="A4").startswith(b"%PDF")
