"""Practising in the built book: every kind of question, one's own progress, and a whole practice exam."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from opsbook import exercises

from .asked import Asked, By, questions_in, right, tab_to, wrong
from .markup import words_of
from .place import CHAPTERS, EXAM, EXEMPLAR, EXERCISES, PROGRESS, has, needs_exam

KINDS = {"choice", "choices", "numeric", "order", "match", "reflect", "code"}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
BLOCKED = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }})"

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def questions(root: Path) -> list[Any]:
    """Return the questions of the exercises in the order of the page."""
    return questions_in(root / "exercises" / f"{EXEMPLAR}.ipynb")


@pytest.fixture(scope="session")
def answered(questions: list[Any]) -> list[Any]:
    """Return a question of each kind that is answered in the page."""
    first = {question.kind: question for question in reversed(questions)}
    return [question for kind, question in first.items() if kind != "code"]


@pytest.fixture
def open_blocked(open_page: Open) -> Callable[[str], Page]:
    """Open a page in a browser that keeps nothing."""

    def open_(name: str) -> Page:
        page = open_page("search.html")
        home = page.url.removesuffix("search.html")
        page.add_init_script(BLOCKED)
        page.goto(home + name)
        return page

    return open_


def kept(page: Page) -> dict[str, Any]:
    stored = json.loads(page.evaluate("localStorage.getItem('opsbook-progress')") or '{"format": 1, "answers": {}}')
    assert stored["format"] == 1
    return stored["answers"]


# --- Every kind of question ------------------------------------------------------------------------------------


class TestEveryKind:
    def test_is_in_the_exercises(self, questions: list[Any], open_page: Open) -> None:
        page = open_page(EXERCISES)
        shown = page.locator("ops-question").evaluate_all("(all) => all.map((each) => each.dataset.question)")
        assert shown == [question.id for question in questions]
        assert {question.kind for question in questions} == KINDS

    @pytest.mark.parametrize(("by", "over"), [("keyboard", "http"), ("mouse", "file"), ("finger", "http")])
    def test_knows_the_mistake_and_keeps_the_answer(
        self, answered: list[Any], by: By, over: str, open_page: Open
    ) -> None:
        page = open_page(EXERCISES, over=over, **(PHONE if by == "finger" else {}))
        for question in answered:
            asked = Asked(page, question, by)
            attempts = 0
            for response in (*list(wrong(question))[:3], right(question)):
                asked.answer(response)
                marked = asked.expect(response)
                attempts += 1
            assert marked.mark == 1
            record = kept(page)[question.id]
            assert (record["mark"], record["hints"], record["seed"]) == (1, 0, question.seed)
            # What is written counts when the writer leaves it, and again only if it is new.
            assert record["attempts"] == (1 if question.kind == "reflect" else attempts)
            assert exercises.mark(question, record["response"]) == marked
        before = kept(page)
        page.reload()
        assert kept(page) == before, "the browser lost what the page had kept"
        for question in answered:
            Asked(page, question, by).expect(right(question))

    def test_blank_is_no_attempt(self, answered: list[Any], open_page: Open) -> None:
        page = open_page(EXERCISES)
        for question in answered:
            asked = Asked(page, question)
            asked.check()
            expect(asked.status).to_contain_text(exercises.mark(question, None).message)
        assert kept(page) == {}

    def test_hints_are_counted_and_cost_nothing(self, questions: list[Any], open_page: Open) -> None:
        page = open_page(EXERCISES)
        question = next(each for each in questions if each.kind == "choice" and len(each.hints) >= 2)
        asked = Asked(page, question)
        for number, hint in enumerate(question.hints, start=1):
            asked.press(asked.button(f"Hint {number} of {len(question.hints)}"))
            assert words_of(hint) in re.sub(r"\s+", "", asked.element.locator(".ops-ladder").inner_text())
        expect(asked.button("All hints shown")).to_be_focused()
        asked.answer(right(question))
        record = kept(page)[question.id]
        assert (record["mark"], record["attempts"], record["hints"]) == (1, 1, len(question.hints))

    def test_new_numbers_are_those_of_python(self, questions: list[Any], open_page: Open) -> None:
        page = open_page(EXERCISES)
        question = next(each for each in questions if each.kind == "numeric")
        asked, seeds = Asked(page, question), [question.seed]
        asked.answer(right(question))
        for _ in range(2):
            asked.press(asked.button("New numbers"))
            seeds.append(int(asked.element.get_attribute("data-seed") or ""))
            drawn = exercises.question(question.id, seed=seeds[-1])
            again = Asked(page, drawn)
            assert all(part in re.sub(r"\s+", "", again.element.text_content() or "") for part in again.paragraphs)
            again.answer(right(drawn))
            again.expect(right(drawn))
        assert len(set(seeds)) == 3

    def test_code_is_shown_with_a_link_to_its_notebook(self, questions: list[Any], open_page: Open) -> None:
        page = open_page(EXERCISES)
        coded = [question for question in questions if question.kind == "code"]
        for question in coded:
            asked = Asked(page, question)
            expect(asked.button("Check")).to_have_count(0)
            if question.solution:
                asked.press(asked.button("Show the solution"))
                expect(asked.element.locator(".ops-solution")).to_be_visible()
            else:
                expect(asked.button("Show the solution")).to_have_count(0)
            with page.expect_download() as download:
                asked.press(asked.element.locator(".ops-open a"), key="Enter")
            assert download.value.suggested_filename == f"{EXEMPLAR}.ipynb"
        assert coded

    def test_works_where_nothing_can_be_kept_and_says_so_once(
        self, answered: list[Any], open_blocked: Callable[[str], Page]
    ) -> None:
        page = open_blocked(EXERCISES)
        for question in answered:
            asked = Asked(page, question, by="mouse")
            asked.answer(right(question))
            asked.expect(right(question), kept=False)
        expect(page.get_by_text("This browser keeps nothing for this page")).to_have_count(1)

    @pytest.mark.parametrize("width", [390, 320])
    def test_every_target_is_large_enough_for_a_finger(self, width: int, open_page: Open) -> None:
        page = open_page(EXERCISES, **PHONE | {"viewport": {"width": width, "height": 800}})
        small = page.locator("ops-question").evaluate_all(
            """(all) => all.flatMap((each) => [...each.querySelectorAll("button, label, textarea, input[type=text]")])
                .filter((each) => each.checkVisibility()).map((each) => [each.getBoundingClientRect(), each])
                .filter(([box]) => box.height < 44 || box.width < 44).map(([, each]) => each.outerHTML.slice(0, 90))"""
        )
        assert small == []


# --- My progress -----------------------------------------------------------------------------------------------


class TestProgress:
    @pytest.mark.parametrize("over", ["http", "file"])
    def test_from_an_answer_over_a_copy_to_a_fresh_start_and_back(
        self, answered: list[Any], over: str, open_page: Open, tmp_path: Path
    ) -> None:
        page = open_page(EXERCISES, over=over)
        first, second = (question for question in answered if question.kind in {"choice", "numeric"})
        Asked(page, first, by="mouse").answer(next(iter(wrong(first))))
        Asked(page, second, by="mouse").answer(right(second))
        before = kept(page)
        assert set(before) == {first.id, second.id}

        page.locator(".ops-honest").get_by_role("link", name="My progress").click()
        page.wait_for_url(f"**/{PROGRESS}")
        progress = page.locator("ops-progress")
        expect(progress.locator(".ops-summary")).to_contain_text("You have answered 2 of")
        total = exercises.question(first.id).points + exercises.question(second.id).points
        expect(progress.locator(".ops-summary")).to_contain_text(f"with {second.points:g} of their {total:g} points")
        objective = exercises.catalogue()["objectives"][second.objective]
        expect(progress.get_by_role("listitem").filter(has_text=objective)).to_contain_text("answered")

        with page.expect_download() as download:
            progress.get_by_role("button", name="Export").click()
        copy = tmp_path / download.value.suggested_filename
        download.value.save_as(copy)
        assert json.loads(copy.read_text(encoding="utf-8")) == {"format": 1, "answers": before}

        progress.get_by_role("button", name="Reset").click()
        page.get_by_role("button", name="Reset now").click()
        expect(progress.locator(".ops-summary")).to_contain_text("You have not answered a question yet")
        assert kept(page) == {}
        page.reload()
        with page.expect_file_chooser() as chooser:
            progress.get_by_role("button", name="Import").click()
        chooser.value.set_files(copy)
        expect(progress.get_by_role("status")).to_contain_text("Imported 2 answers")
        expect(progress.locator(".ops-summary")).to_contain_text("You have answered 2 of")
        assert kept(page) == before

    @pytest.mark.parametrize("over", ["http", "file"])
    def test_every_proposal_leads_to_its_question(self, over: str, open_page: Open) -> None:
        page = open_page(PROGRESS, over=over)
        proposals = page.locator(".ops-review ol > li a")
        addresses = proposals.evaluate_all("(all) => all.map((each) => each.href)")
        assert len(addresses) >= 2
        assert page.locator(".ops-review li").count() == len(addresses)
        proposals.first.click()
        page.wait_for_url(addresses[0])
        expect(page.locator(f"ops-question[id='{addresses[0].partition('#')[2]}']")).to_be_in_viewport()

    def test_what_went_wrong_comes_back_after_a_day(self, answered: list[Any], open_page: Open) -> None:
        page = open_page(EXERCISES)
        question = next(each for each in answered if each.kind == "match")
        Asked(page, question, by="mouse").answer(next(iter(wrong(question))))
        page.evaluate(
            """(id) => {
                const stored = JSON.parse(localStorage.getItem("opsbook-progress"));
                stored.answers[id].at = new Date(Date.now() - 26 * 3600 * 1000).toISOString();
                localStorage.setItem("opsbook-progress", JSON.stringify(stored));
            }""",
            question.id,
        )
        page.goto(page.url.replace(EXERCISES, PROGRESS))
        first = page.locator(".ops-review li").first
        expect(first).to_contain_text("last answered 1 day ago")
        expect(first.get_by_role("link")).to_have_attribute("href", f"../{EXERCISES}#q-{question.id.replace('/', '-')}")

    def test_where_nothing_is_kept_it_says_so(self, open_blocked: Callable[[str], Page]) -> None:
        page = open_blocked(PROGRESS)
        expect(page.locator(".ops-summary")).to_contain_text("This browser keeps nothing for this site")

    def test_an_answer_elsewhere_shows_without_a_reload(self, answered: list[Any], open_page: Open) -> None:
        page = open_page(PROGRESS)
        other = page.context.new_page()
        other.goto(page.url.replace(PROGRESS, EXERCISES))
        Asked(other, answered[0], by="mouse").answer(right(answered[0]))
        expect(page.locator(".ops-summary")).to_contain_text("You have answered 1 of")


# --- A practice exam -------------------------------------------------------------------------------------------


def ahead(page: Page, name: str, by: By = "mouse") -> None:
    button = page.get_by_role("button", name=name, exact=True)
    if by == "keyboard":
        tab_to(page, button)
        page.keyboard.press("Enter")
    else:
        button.click()


@needs_exam
class TestExam:
    @pytest.mark.parametrize("part", range(min(4, len(CHAPTERS))))
    def test_once_through(self, part: int, open_page: Open) -> None:
        # Every question of the book, in four exams: each step takes the longer, the more questions there are to list.
        over, by = (("http", "mouse"), ("file", "keyboard"))[part % 2]
        marked = [each for each in exercises.bank() if "exam" in each.pool and each.kind in KINDS - {"code"}]
        chapters = sorted({each.id.partition("/")[0] for each in marked})[part::4]
        everything = sum(each.id.partition("/")[0] in chapters for each in marked)
        drawn = exercises.draw_exam(everything, seed=11, chapters=chapters)
        address = f"{EXAM}?seed=11&n={everything}&minutes=60&chapters={','.join(chapters)}"
        page = open_page(address, over=over)
        ahead(page, "Start the exam", by)
        responses = {}
        for place, question in enumerate(drawn):
            expect(page.get_by_role("heading", level=2)).to_have_text(f"Question {place + 1} of {everything}")
            asked = Asked(page, question, by)
            expect(asked.element).to_have_count(1)
            assert all(part in re.sub(r"\s+", "", asked.element.text_content() or "") for part in asked.paragraphs)
            expect(asked.element.get_by_role("button", name="Check", exact=True)).to_have_count(0)
            if place % 4 != 3:
                responses[question.id] = right(question) if place % 4 else next(iter(wrong(question)))
                asked.fill(responses[question.id])
            ahead(page, "Next" if place + 1 < everything else "Review and finish", by)
        expect(page.locator("ops-exam")).to_contain_text(
            f"{len(responses)} answered, {everything - len(responses)} open"
        )
        ahead(page, "Finish the exam", by)

        expect(page.get_by_role("heading", name="Result")).to_be_focused()
        marks = {each.id: exercises.mark(each, responses.get(each.id)).mark for each in drawn}
        got, total = sum(each.points * marks[each.id] for each in drawn), sum(each.points for each in drawn)
        expect(page.locator(".ops-exam-mark")).to_contain_text(f"{round(got, 2):g} of {total:g} points")
        whole = re.sub(r"\s+", "", page.locator("ops-exam").inner_text())
        for question in drawn:
            for option in getattr(question, "options", ()):
                assert words_of(option.rationale) in whole, (question.id, option.id)
            assert question.objective in exercises.catalogue()["objectives"]
        rows = page.get_by_role("row")
        for objective in {each.objective for each in drawn}:
            expect(rows.filter(has_text=exercises.catalogue()["objectives"][objective])).to_have_count(1)
        assert {each: record["response"] for each, record in kept(page).items()} == responses

    def test_a_reload_in_the_middle_loses_nothing(self, open_page: Open) -> None:
        drawn = exercises.draw_exam(4, seed=5)
        page = open_page(f"{EXAM}?seed=5&n=4")
        ahead(page, "Start the exam")
        expect(page.locator("ops-exam")).to_contain_text("Question 1 of 4")
        Asked(page, drawn[0], by="mouse").fill(right(drawn[0]))
        ahead(page, "Next")
        page.reload()
        ahead(page, "Resume")
        expect(page.locator("ops-exam")).to_contain_text("Question 2 of 4")
        expect(page.get_by_role("button", name="Question 1: answered")).to_be_visible()

    def test_loads_questions_only_when_it_starts(self, open_page: Open) -> None:
        page = open_page(EXAM)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.reload()
        page.wait_for_load_state("networkidle")
        assert not [each for each in asked if "/exam/" in each]
        ahead(page, "Start the exam")
        expect(page.locator("ops-question")).to_be_visible()
        pools = {each.id.partition("/")[0] for each in exercises.bank() if "exam" in each.pool}
        assert sorted(each.rpartition("/")[2] for each in asked if "/exam/" in each) == sorted(
            f"{each}.js" for each in pools
        )

    def test_works_where_nothing_can_be_kept(self, open_blocked: Callable[[str], Page]) -> None:
        page = open_blocked(f"{EXAM}?seed=5&n=2")
        ahead(page, "Start the exam")
        expect(page.get_by_text("This browser keeps nothing for this page")).to_be_visible()
        ahead(page, "Next")
        ahead(page, "Review and finish")
        ahead(page, "Finish the exam")
        expect(page.get_by_role("heading", name="Result")).to_be_visible()

    def test_the_result_links_back_to_the_sections(self, open_page: Open) -> None:
        page = open_page(f"{EXAM}?seed=5&n=2")
        for name in ("Start the exam", "Next", "Review and finish", "Finish the exam"):
            ahead(page, name)
        links = page.locator(".ops-exam-answer a[href*='#']")
        addresses = links.evaluate_all("(all) => all.map((each) => each.href)")
        assert addresses
        page.goto(addresses[0])
        expect(page.locator(f"[id='{addresses[0].partition('#')[2]}']").first).to_be_in_viewport()


# --- Without a script ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in (PROGRESS, EXAM) if has(name)])
def test_without_a_script_the_page_says_what_it_would_do(name: str, open_page: Open) -> None:
    page = open_page(name, java_script_enabled=False)
    expect(page.locator("article h1")).to_be_visible()
    told = page.locator("ops-progress, ops-exam")
    expect(told).to_contain_text(re.compile("script", re.IGNORECASE))
    expect(page.locator("article button, article input")).to_have_count(0)
