"""JupyterLab as a learner meets it: opened by the course's own command, worked in, left, and come back to."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, Locator, Page, expect

from .lab import ROOT, SECONDS, Lab, come_back, open_notebook, run_all, running, save, watch

EXERCISES = "exercises/customer-contact.ipynb"
CHAPTER = "chapters/customer-contact.ipynb"
CHOICE = "customer-contact/what-counts"
NUMERIC = "customer-contact/chat-rate"
DECISION = "Checking and typing move. We time ten visits before and after – the customer's minutes and ours."
SOLUTION = """\
def extent_of(minutes, kinds):
    return sum(minute for minute, kind in zip(minutes, kinds) if kind != "none") / sum(minutes)"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture
def opened(browser: Browser, lab: Lab) -> Iterator[Callable[[str], Page]]:
    """Open a notebook and run it; the test fails if a page asked another host for anything or had an error."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    context.set_default_timeout(SECONDS * 1000)
    faults = watch(context, lab)

    def open_(path: str) -> Page:
        page = context.new_page()
        open_notebook(page, lab, path)
        run_all(page)
        return page

    expect.set_options(timeout=20_000)
    yield open_
    expect.set_options(timeout=5_000)
    # Closed by the page itself, or the server would wait for a browser that has gone.
    context.close()
    assert not faults, "\n".join(faults)


def _asked(page: Page, question: str) -> Locator:
    return page.locator(f'ops-question[data-question="{question}"]')


def _check(question: Locator, verdict: str) -> Locator:
    question.get_by_role("button", name="Check", exact=True).click()
    feedback = question.get_by_role("status")
    expect(feedback).to_contain_text(verdict)
    return feedback


def _bank(question: str) -> dict[str, Any]:
    """Return what the author wrote, read without the library under test."""
    chapter, _, slug = question.partition("/")
    text = (ROOT / "exercises" / "bank" / f"{chapter}.yml").read_text(encoding="utf-8")
    return next(entry for entry in yaml.safe_load(text)["questions"] if entry["id"] == slug)


def _plain(markdown: str) -> str:
    return re.sub(r"[*`]", "", markdown).strip()


def _answer_choice(page: Page) -> str:
    """Answer wrongly, then rightly; return the right option's words."""
    asked, options = _asked(page, CHOICE), _bank(CHOICE)["options"]
    wrong = next(option for option in options if not option["correct"])
    right = next(option for option in options if option["correct"])
    asked.get_by_label(_plain(wrong["text"])).check()
    expect(_check(asked, "Not yet")).to_contain_text(_plain(wrong["feedback"]))
    asked.get_by_label(_plain(right["text"])).check()
    expect(_check(asked, "Right")).to_contain_text(_plain(right["feedback"]))
    return _plain(right["text"])


def _answer_numeric(page: Page) -> str:
    """Forget that chats slow each other down, then remember it; return the right number as typed."""
    asked = _asked(page, NUMERIC)
    minutes, chats, longer = map(int, re.findall(r"[0-9]+", asked.locator(".ops-stem").text_content() or ""))
    slip = next(slip for slip in _bank(NUMERIC)["mistakes"] if slip["id"] == "no-slowing")
    asked.get_by_role("textbox").fill(f"{60 / minutes * chats:.2f}")
    expect(_check(asked, "Not yet")).to_contain_text(_plain(slip["feedback"]))
    right = f"{60 / (minutes + minutes * longer / 100) * chats:.2f}"
    asked.get_by_role("textbox").fill(right)
    _check(asked, "Right")
    return right


def _use_audit(page: Page) -> None:
    """Move two tasks of the sample to the back, two people on each side, and decide.

    The sample's tasks take 6, 5, 8, 9, 6, 7 and 4 minutes, the first of them nobody's work, the last two without the
    customer. Moving 8 + 9 leaves her 34 - 17 minutes. Her two active tasks and the two last ones stay in front:
    5 + 6 + 7 + 4 = 22 minutes a job and a handover, so two people do 120/22 = 5.45 an hour, or 120/23 = 5.22 if the
    handover takes a minute, where one pool of four does 240/39 = 6.15.
    """
    audit = page.locator(".opsbook-audit")
    audit.get_by_role("button", name="Use the sample", exact=True).click()
    for task in ("check the papers", "enter the data"):
        audit.get_by_label(task).check()
    for field in ("People in front", "People in the back"):
        audit.get_by_label(field).fill("2")
        audit.get_by_label(field).press("Tab")
    handover = audit.get_by_label(re.compile("^hand-?over", re.IGNORECASE))
    words, picture = audit.get_by_text("To the back office:"), audit.locator("figure")
    handover.fill("0")
    handover.press("Tab")
    expect(words).to_contain_text("6.15 to 5.45 jobs an hour")
    expect(picture).to_contain_text("6.15 to 5.45")
    before = picture.locator("svg").first.inner_html()
    handover.fill("1")
    handover.press("Tab")
    expect(words).to_contain_text("6.15 to 5.22 jobs an hour")
    expect(words).to_contain_text("check the papers and enter the data")
    expect(audit.get_by_role("row", name="Customer present")).to_contain_text(re.compile(r"34\s*17"))
    expect(audit.get_by_role("row", name="Flow time")).to_contain_text(re.compile(r"45\s*47"))
    expect(picture).to_contain_text("6.15 to 5.22")
    assert picture.locator("svg").first.inner_html() != before
    audit.get_by_label("What moves, why").fill(DECISION)
    audit.get_by_role("button", name="Save", exact=True).click()
    expect(audit.get_by_text("Saved to contact-audit.json")).to_be_visible()


def _code_cell(page: Page, text: str) -> Locator:
    return page.locator(".jp-CodeCell").filter(has_text=text)


def _write_code(page: Page) -> None:
    """Replace the stub by a solution, run it and the check below it, as the stub's own message asks."""
    editor = _code_cell(page, "def extent_of").locator(".cm-content")
    expect(editor).to_contain_text("your turn")
    editor.click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(SOLUTION)
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")


def _verdicts(page: Page, words: str) -> Locator:
    # Cells that check are folded, so they are known by what they say.
    return page.locator(".jp-CodeCell .jp-OutputArea-output").filter(has_text=words)


def _nothing_popped_up(page: Page) -> None:
    expect(page.locator(".jp-Dialog, .Toastify__toast")).to_have_count(0)


def _assert_contract(progress: Path, expected: dict[str, str]) -> None:
    """Check the progress file against the contract: `expected` maps each question to its last response."""
    kept = json.loads(progress.read_text(encoding="utf-8"))
    assert kept.keys() == {"format", "answers"}
    assert kept["format"] == 1
    assert {question: record["response"] for question, record in kept["answers"].items()} == expected
    for record in kept["answers"].values():
        assert record.keys() == {"seed", "response", "mark", "attempts", "hints", "at"}
        assert (record["mark"], record["attempts"], record["hints"]) == (1, 2, 0)
        assert isinstance(record["seed"], int)
        assert datetime.fromisoformat(record["at"]).tzinfo is not None


def test_a_learner_works_through_exercises_and_finds_everything_again(lab: Lab, opened: Callable[[str], Page]) -> None:
    page = opened(EXERCISES)
    notebook = lab.workspace / EXERCISES
    assert "BEGIN SOLUTION" not in notebook.read_text(encoding="utf-8")
    checks = notebook.read_text(encoding="utf-8").count("exercises.check(")
    expect(_verdicts(page, "○ Not attempted yet.")).to_have_count(checks)

    option, number = _answer_choice(page), _answer_numeric(page)
    _use_audit(page)
    _write_code(page)
    expect(_verdicts(page, "✓ Right.")).to_have_count(1)

    saved = json.loads((notebook.parent / "contact-audit.json").read_text(encoding="utf-8"))
    assert saved["decision"] == DECISION
    assert saved["choices"]["to_back"] == ["check the papers", "enter the data"]
    response = next(option["id"] for option in _bank(CHOICE)["options"] if option["correct"])
    _assert_contract(lab.progress, {CHOICE: response, NUMERIC: number})

    save(page)
    come_back(page)
    run_all(page)
    choice, numeric = _asked(page, CHOICE), _asked(page, NUMERIC)
    expect(choice.get_by_label(option)).to_be_checked()
    expect(choice.get_by_role("status")).to_contain_text("Right")
    expect(numeric.get_by_role("textbox")).to_have_value(number)
    expect(numeric.get_by_role("status")).to_contain_text("Right")
    audit = page.locator(".opsbook-audit")
    expect(audit.get_by_label("What moves, why")).to_have_value(DECISION)
    expect(audit.get_by_label("check the papers")).to_be_checked()
    expect(audit.get_by_text("6.15 to 5.22 jobs an hour").first).to_be_visible()
    expect(_verdicts(page, "✓ Right.")).to_have_count(1)
    _assert_contract(lab.progress, {CHOICE: response, NUMERIC: number})
    _nothing_popped_up(page)


def test_the_chapter_is_legible_and_its_explorer_calls_the_model(opened: Callable[[str], Page]) -> None:
    page = opened(CHAPTER)
    prose = page.locator(".jp-MarkdownCell .myst")
    expect(prose.locator(".katex, mjx-container").first).to_be_visible()
    expect(prose.filter(has_text="Verdict").locator("aside").first).to_be_visible()
    for raw in ("{cite:", "{term}", ":::", "$$"):
        expect(prose.filter(has_text=raw)).to_have_count(0)

    explorer = page.locator(".jp-CodeCell .jp-OutputArea-output").filter(has=page.get_by_role("slider"))
    words, picture = explorer.get_by_role("status"), explorer.get_by_role("img")
    # Two clerks on each side. With two tasks moved the front needs 5 + 6 + 7 + 4 + 1 = 23 minutes a job: 120/23 an
    # hour. With a third one the back needs 8 + 9 + 7 + 1 = 25: 120/25.
    expect(words).to_contain_text("5.2 accounts an hour")
    before = picture.inner_html()
    slider = explorer.get_by_role("slider").first
    slider.focus()
    slider.press("ArrowRight")
    expect(words).to_contain_text("4.8 accounts an hour")
    expect(picture).to_contain_text("4.8")
    assert picture.inner_html() != before
    _nothing_popped_up(page)
