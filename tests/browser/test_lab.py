"""JupyterLab as a learner meets it: opened by the course's own command, worked in, left, and come back to."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from .asked import Asked, questions_in, right, wrong
from .lab import ROOT, SECONDS, Lab, come_back, open_notebook, run_all, running, save, watch

pytestmark = pytest.mark.whole_book  # it opens JupyterLab and no site

EXERCISES = "exercises/customer-contact.ipynb"
CHAPTER = "chapters/customer-contact.ipynb"
DECISION = "Checking and typing move. We time ten visits before and after – the customer's minutes and ours."
# The exercise whose own code the test writes, and its solution.
CODED = "customer-contact/extent-of"
SOLUTION = """\
def extent_of(minutes, kinds):
    return sum(minute for minute, kind in zip(minutes, kinds) if kind != "none") / sum(minutes)"""
KINDS = {"choice", "choices", "numeric", "order", "match", "reflect", "code"}


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


@pytest.fixture(scope="module")
def questions() -> list[Any]:
    """Return a question of each kind, with the numbers that the notebook shows."""
    first = {question.kind: question for question in reversed(questions_in(ROOT / EXERCISES))}
    assert first.keys() == KINDS
    return [question for kind, question in first.items() if kind != "code"]


def _answer(page: Page, question: Any) -> None:
    """Answer wrongly, as the author foresaw, and then rightly."""
    asked = Asked(page, question, by="mouse")
    for response in (*list(wrong(question))[-1:], right(question)):
        asked.answer(response)
        asked.expect(response)


def _by_keyboard(page: Page, question: Any) -> None:
    """Move a step up and down again with keys that belong to JupyterLab elsewhere."""
    step = page.locator(f'ops-question[data-question="{question.id}"] .ops-steps > li').nth(1)
    name = step.locator(".ops-text").inner_text()
    list_ = step.locator("..")
    step.get_by_role("button", name="Move up").focus()
    page.keyboard.press("Enter")
    expect(list_.locator("li").first).to_contain_text(name)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(list_.locator("li").nth(1)).to_contain_text(name)


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


def _write_code(page: Page) -> None:
    """Replace the stub by a solution, run it and the check below it, as the stub's own message asks."""
    editor = page.locator(".jp-CodeCell .cm-content").filter(has_text="def extent_of")
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


def _nothing_for_teachers(page: Page, lab: Lab) -> None:
    """nbgrader is installed beside the course; a learner meets none of it, and the start does not wait for it."""
    menus = page.locator(".lm-MenuBar-itemLabel")
    expect(menus.filter(has_text="Settings")).to_have_count(1)
    expect(menus.filter(has_text=re.compile("nbgrader|formgrader", re.IGNORECASE))).to_have_count(0)
    commands = page.evaluate("() => window.jupyterapp.commands.listCommands()")
    assert not [each for each in commands if re.search("nbgrader|formgrader", each)]
    log = (lab.workspace.parent / "lab.log").read_text(encoding="utf-8")
    assert "jupyterlab | extension was successfully loaded" in log
    assert "nbgrader" not in log


def _kept(lab: Lab) -> dict[str, Any]:
    kept = json.loads(lab.progress.read_text(encoding="utf-8"))
    assert kept.keys() == {"format", "answers"}
    assert kept["format"] == 1
    return kept["answers"]


def _assert_contract(lab: Lab, questions: list[Any]) -> None:
    """Check the progress file against the contract: `questions` are answered, and so is the code."""
    answers = _kept(lab)
    assert answers.keys() == {CODED, *(question.id for question in questions)}
    for question in questions:
        record = answers[question.id]
        response = right(question)
        same = sorted if question.kind == "choices" else lambda each: each
        assert same(record["response"]) == same(response)
        attempts = 1 if question.kind == "reflect" else 2
        assert (record["mark"], record["attempts"], record["hints"]) == (1, attempts, 0)
        assert record["seed"] == question.seed
    assert (answers[CODED]["response"], answers[CODED]["mark"], answers[CODED]["attempts"]) == ("", 1, 1)
    for record in answers.values():
        assert record.keys() == {"seed", "response", "mark", "attempts", "hints", "at"}
        assert datetime.fromisoformat(record["at"]).tzinfo is not None


def _assert_progress(page: Page, count: int) -> None:
    progress = page.locator("ops-progress")
    progress.hover()  # another notebook may have written the file, so it looks again when a reader comes
    expect(progress.locator(".ops-summary")).to_contain_text(f"You have answered {count} of")


def test_a_learner_works_through_exercises_and_finds_everything_again(
    lab: Lab, opened: Callable[[str], Page], questions: list[Any]
) -> None:
    page = opened(EXERCISES)
    notebook = lab.workspace / EXERCISES
    assert "BEGIN SOLUTION" not in notebook.read_text(encoding="utf-8")
    checks = re.findall(r"exercises\.check(?:_code)?\(", notebook.read_text(encoding="utf-8"))
    expect(_verdicts(page, "○ Not attempted yet.")).to_have_count(len(checks))
    expect(page.locator("ops-progress .ops-summary")).to_contain_text("You have not answered a question yet")
    _nothing_for_teachers(page, lab)

    _by_keyboard(page, next(question for question in questions if question.kind == "order"))
    for question in questions:
        _answer(page, question)
    _use_audit(page)
    _write_code(page)
    expect(_verdicts(page, "✓ Right.")).to_have_count(1)
    _assert_progress(page, len(questions) + 1)

    saved = json.loads((notebook.parent / "contact-audit.json").read_text(encoding="utf-8"))
    assert saved["decision"] == DECISION
    assert saved["choices"]["to_back"] == ["check the papers", "enter the data"]
    _assert_contract(lab, questions)
    before = _kept(lab)

    save(page)
    come_back(page)
    run_all(page)
    for question in questions:
        Asked(page, question, by="mouse").expect(right(question))
    audit = page.locator(".opsbook-audit")
    expect(audit.get_by_label("What moves, why")).to_have_value(DECISION)
    expect(audit.get_by_label("check the papers")).to_be_checked()
    expect(audit.get_by_text("6.15 to 5.22 jobs an hour").first).to_be_visible()
    expect(_verdicts(page, "✓ Right.")).to_have_count(1)
    _assert_progress(page, len(questions) + 1)
    # Coming back is no attempt; only the code was run, and with it checked, again.
    assert {**_kept(lab), CODED: None} == {**before, CODED: None}
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


def test_the_queue_moves_and_its_sliders_simulate_anew(opened: Callable[[str], Page]) -> None:
    page = opened("chapters/service-delivery.ipynb")
    queue = page.locator(".jp-OutputArea-output ops-queue")
    queue.scroll_into_view_if_needed()
    words = queue.locator(".ops-view-words")
    expect(words).to_contain_text("of 1 nurse busy")
    opening = words.text_content() or ""
    queue.get_by_role("button", name="Play").click()
    expect(words).not_to_have_text(opening)
    # Enter and the arrows work the queue, and not the notebook around it.
    queue.get_by_role("button", name="Pause").focus()
    page.keyboard.press("Enter")
    expect(queue.get_by_role("button", name="Play")).to_be_focused()
    output = page.locator(".jp-CodeCell .jp-OutputArea-output").filter(has=page.locator("ops-queue"))
    told = output.locator(".widget-html [role=status]").last
    before = told.text_content() or ""
    # A second nurse for the same patients.
    output.locator(".widget-hslider [role=slider]").first.press("ArrowRight")
    expect(queue.locator(".ops-queue-desk")).to_have_count(2)
    expect(told).not_to_have_text(before)
    _nothing_popped_up(page)


def test_the_blueprint_is_rearranged_by_keyboard_and_by_pointer(opened: Callable[[str], Page]) -> None:
    page = opened("chapters/service-design.ipynb")
    editor = page.locator(".jp-OutputArea-output ops-blueprint")
    editor.scroll_into_view_if_needed()
    words, cells = editor.locator(".ops-view-words"), editor.locator(".ops-bp-results tbody")
    first = cells.text_content() or ""
    task = editor.locator(".ops-bp-movable:has(.ops-bp-arrows [aria-disabled=false]) button.ops-bp-name").first
    task.focus()
    up = editor.locator(".ops-bp-movable:has(:focus) .ops-bp-arrows button").first
    # The arrows move the task, and not the notebook around it.
    page.keyboard.press("ArrowUp" if up.get_attribute("aria-disabled") == "false" else "ArrowDown")
    expect(words).to_contain_text(": from ")
    expect(editor.locator("button.ops-bp-name:focus")).to_have_count(1)
    expect(cells).not_to_have_text(first)
    editor.get_by_role("button", name="Back to the start").click()
    expect(cells).to_have_text(first)
    _nothing_popped_up(page)


def test_the_control_chart_plays_and_its_sliders_bring_other_samples(opened: Callable[[str], Page]) -> None:
    page = opened("chapters/service-quality.ipynb")
    player = page.locator(".jp-OutputArea-output ops-control")
    player.scroll_into_view_if_needed()
    words = player.locator(".ops-view-words")
    expect(words).to_contain_text("The process will shift")
    place = player.get_by_role("slider", name="Samples shown")
    place.press("ArrowRight")
    expect(place).to_be_focused()
    place.press("End")
    expect(words).to_contain_text("On average this chart takes")
    output = page.locator(".jp-CodeCell .jp-OutputArea-output").filter(has=page.locator("ops-control"))
    output.locator(".widget-hslider [role=slider]").first.press("Home")
    expect(words).to_contain_text("nothing has changed")
    _nothing_popped_up(page)
