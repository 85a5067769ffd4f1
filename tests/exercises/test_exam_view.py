"""The <ops-exam> element in a real browser: a whole exam, its clock, its memory and its result."""

import gzip
import json
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from opsbook import exercises
from opsbook.exercises import banks
from opsbook.exercises.exam import draw_exam, exam_markup, exam_script
from opsbook.exercises.match import MatchQuestion
from opsbook.exercises.numeric import NumericQuestion
from opsbook.exercises.order import OrderQuestion

STATIC = files("opsbook.exercises") / "static"
ASSETS = {
    name: (STATIC / name).read_text(encoding="utf-8")
    for name in ("ops-question.css", "ops-exam.css", "ops-question.js", "ops-exam.js")
}
HOME = "http://book.test/exam.html"
KEY = "opsbook-exam"
INTRODUCTION = "Questions kept for this page, drawn for you. " * 9
CHAPTERS = {
    "flow": {"title": "How work flows", "part": "Seeing operations", "url": "../flow.html"},
    "staff": {"title": "Who works when", "part": "Seeing operations", "url": "../staff.html"},
    "queues": {"title": "Why queues form", "part": "Models", "url": "../queues.html"},
}
# As in the book: a header that stays, room for it above whatever is scrolled to, and more of the page beneath.
HEADER = """
    html { scroll-padding-top: 72px; --ops-top: 54px; }
    body { padding-bottom: 18rem; }
    body::before { content: ""; display: block; position: sticky; top: 0; z-index: 9; height: 54px; background: #ccc; }
"""
BLOCKED = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }})"


def document(theme: str = "light") -> str:
    background, ink = ("#fff", "#111") if theme == "light" else ("#111", "#eee")
    styles = "".join(f'<link rel="stylesheet" href="_static/{name}">' for name in ASSETS if name.endswith("css"))
    scripts = "".join(
        f'<script defer src="_static/{name}"></script>' for name in ("catalogue.js", *ASSETS) if "js" in name
    )
    return (
        f'<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8"><title>Practice exam</title>'
        f'<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        f"<style>body{{background:{background};color:{ink};margin:1rem;font:16px sans-serif}}</style>{styles}</head>"
        f"<body><main><h1>Practice exam</h1><p>{INTRODUCTION}</p>{exam_markup()}</main>{scripts}</body></html>"
    )


def site(theme: str = "light") -> dict[str, str]:
    """Return the files of a small book with a practice exam, by path."""
    catalogue = json.dumps(banks.catalogue() | {"chapters": CHAPTERS})
    return {
        "exam.html": document(theme),
        "_static/catalogue.js": f"window.opsbookCatalogue = {catalogue};",
        **{f"_static/{name}": text for name, text in ASSETS.items()},
        **{
            f"_static/exam/{name}.js": exam_script(name, section_url=lambda label: f"../s.html#{label}")
            for name in CHAPTERS
        },
    }


class Book:
    """The book's page of the exam in a browser, as its reader uses it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.loaded: list[str] = []
        self.missing: set[str] = set()
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    def open(self, query: str = "", theme: str = "light") -> None:
        paths = site(theme)

        def serve(route: Any) -> None:
            path = re.sub(r"http://book\.test/|[?#].*", "", route.request.url)
            self.loaded.append(path)
            if path in self.missing:
                route.abort()
            elif path in paths:
                kind = {"html": "text/html", "js": "text/javascript", "css": "text/css"}[path.rpartition(".")[2]]
                route.fulfill(body=paths[path], content_type=f"{kind}; charset=utf-8")
            else:
                self.faults.append(route.request.url)
                route.abort()

        self.page.unroute_all()
        self.page.route("**/*", serve)
        self.page.goto(HOME + query)

    def press(self, name: str, *, exact: bool = False) -> None:
        self.page.get_by_role("button", name=name, exact=exact).click()

    def start(self, query: str = "?seed=7&n=5", theme: str = "light") -> list[exercises.Question]:
        self.open(query, theme)
        self.press("Start the exam")
        self.at("Question 1 of")
        kept = self.kept()["settings"]
        return list(
            draw_exam(kept["n"], seed=kept["seed"], chapters=kept["chapters"], difficulties=kept["difficulties"])
        )

    def at(self, title: str) -> None:
        heading = self.page.get_by_role("heading", level=2)
        expect(heading).to_contain_text(title)
        expect(heading).to_be_focused()

    def kept(self) -> Any:
        return json.loads(self.page.evaluate(f"localStorage.getItem({KEY!r})"))

    @property
    def clock(self) -> Locator:
        return self.page.get_by_role("timer")

    def answer(self, question: exercises.Question, response: Any) -> None:
        """Answer the question that is shown by pointer."""
        shown = self.page.locator("ops-question")
        expect(shown).to_have_attribute("data-question", question.id)
        if isinstance(response, str) and question.kind == "numeric":
            shown.get_by_role("textbox").fill(response)
        elif isinstance(question, OrderQuestion):
            steps = shown.locator(".ops-steps > li")
            for place, each in enumerate(response):
                while [step.get_attribute("data-id") for step in steps.all()].index(each) > place:
                    shown.locator(f'[data-id="{each}"]').get_by_role("button", name="Move up").click()
        elif isinstance(question, MatchQuestion):
            for item, group in response.items():
                shown.locator(f'[data-id="{item}"] input[value="{group}"]').check()
        else:
            for option in [response] if isinstance(response, str) else response:
                shown.locator(f'input[value="{option}"]').check()


@pytest.fixture
def book(page: Page, exam_banks: Path) -> Iterator[Book]:
    assert exam_banks.is_dir()
    book = Book(page)
    yield book
    assert book.faults == []


def right(question: exercises.Question) -> Any:
    if isinstance(question, NumericQuestion):
        return repr(question.answer)
    if isinstance(question, OrderQuestion):
        return list(question.key)
    if isinstance(question, MatchQuestion):
        return {item.id: item.group for item in question.items}
    chosen = [option.id for option in question.options if option.correct]  # type: ignore[attr-defined]
    return chosen[0] if question.kind == "choice" else chosen


def partly(question: exercises.Question) -> Any:
    """Return an answer that is not right, and earns a part where the kind gives parts."""
    if isinstance(question, NumericQuestion):
        return repr(question.mistakes[0].value)
    if isinstance(question, OrderQuestion):
        first, second, *rest = question.key
        return [second, first, *rest]
    if isinstance(question, MatchQuestion):
        first, *others = question.items
        wrong = next(group.id for group in question.groups if group.id != first.group)
        return {first.id: wrong} | {item.id: item.group for item in others}
    if question.kind == "choice":
        return next(option.id for option in question.options if not option.correct)  # type: ignore[attr-defined]
    return right(question)[:1]


WRONG: tuple[Any, ...] = (None, {}, "x", -1, 1e300, [None], {"id": None})


def damages(exam: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield an exam with each part in turn, and each part of its parts, missing or of a wrong type."""
    for key, value in exam.items():
        yield f"no {key}", {each: part for each, part in exam.items() if each != key}
        for wrong in WRONG:
            yield f"{key} is {wrong}", exam | {key: wrong}
        if isinstance(value, dict):
            for name in value:
                yield f"no {key}.{name}", exam | {key: {each: part for each, part in value.items() if each != name}}
                for wrong in WRONG:
                    yield f"{key}.{name} is {wrong}", exam | {key: value | {name: wrong}}
        elif isinstance(value, list):
            for wrong in WRONG:
                yield f"{key}[0] is {wrong}", exam | {key: [wrong, *value[1:]]}


class TestSetUp:
    def test_everything_is_ticked_and_the_parts_are_those_of_the_book(self, book: Book) -> None:
        book.open()
        page = book.page
        expect(page.get_by_role("checkbox")).to_have_count(5)
        expect(page.get_by_role("checkbox", checked=True)).to_have_count(5)
        expect(page.get_by_role("group", name="Seeing operations").get_by_role("checkbox")).to_have_accessible_name(
            "How work flows (15 questions)"
        )
        expect(page.get_by_role("checkbox", name="Who works when")).to_have_count(0)
        for name in ("1: recall", "2: application", "3: judgement"):
            expect(page.get_by_role("checkbox", name=name)).to_be_visible()
        expect(page.get_by_text("17 questions fit these choices.")).to_be_visible()
        expect(page.get_by_label("Number of questions")).to_have_value("10")
        expect(page.get_by_label("Time limit")).to_have_value("")
        assert int(page.get_by_label("Exam number").input_value()) >= 1000
        assert page.evaluate("document.activeElement === document.body")
        assert not [path for path in book.loaded if path.startswith("_static/exam/")]

    def test_the_count_follows_the_choices(self, book: Book) -> None:
        book.open()
        page = book.page
        page.get_by_label("How work flows").uncheck()
        expect(page.get_by_text("2 questions fit these choices.")).to_be_visible()
        expect(page.get_by_label("Number of questions")).to_have_value("2")
        page.get_by_label("3: judgement").uncheck()
        expect(page.get_by_text("1 question fits these choices.")).to_be_visible()
        page.get_by_label("Number of questions").fill("5")
        page.get_by_label("How work flows").check()
        expect(page.get_by_text("11 questions fit these choices.")).to_be_visible()
        expect(page.get_by_label("Number of questions")).to_have_value("5")

    def test_a_part_ticks_its_chapters(self, book: Book, exam_banks: Path) -> None:
        path = exam_banks / "staff.yml"
        text = path.read_text(encoding="utf-8").replace("feedback: Not", "rationale: It is not., feedback: Not")
        text = text.replace('feedback: "Yes', 'rationale: It is., feedback: "Yes').replace(
            "pool: [check]", "pool: [exam]"
        )
        path.write_text(text, encoding="utf-8")
        book.open()
        part, flow, staff = (
            book.page.get_by_label(name) for name in ("Seeing operations", "How work flows", "Who works")
        )
        part = book.page.get_by_role("checkbox", name="Seeing operations", exact=True)
        expect(part).to_be_checked()
        flow.uncheck()
        expect(part).not_to_be_checked()
        assert part.evaluate("(box) => box.indeterminate")
        staff.uncheck()
        assert not part.evaluate("(box) => box.indeterminate")
        part.check()
        expect(flow).to_be_checked()
        expect(staff).to_be_checked()

    def test_empty_and_impossible_choices_are_explained_beside_the_field(self, book: Book) -> None:
        book.open()
        page = book.page
        count, minutes, seed = (page.get_by_label(name) for name in ("Number of", "Time limit", "Exam number"))
        for box in page.get_by_role("checkbox").all():
            box.uncheck()
        seed.fill("")
        minutes.fill("0")
        book.press("Start the exam")
        expect(page.get_by_label("How work flows")).to_be_focused()
        for words in (
            "Tick at least one chapter.",
            "Tick at least one difficulty.",
            "Type a whole number from 1 to 600, or leave it empty.",
            "Type a whole number of at most 15 digits.",
        ):
            expect(page.get_by_text(words)).to_be_visible()
        expect(seed).to_have_attribute("aria-invalid", "true")
        expect(seed).to_have_accessible_description(re.compile("Type a whole number of at most 15 digits"))
        for box in page.get_by_role("checkbox").all():
            box.check()
        seed.fill("12")
        minutes.fill("")
        count.fill("18")
        book.press("Start the exam")
        expect(count).to_be_focused()
        expect(page.get_by_text("Only 17 fit. Type 17 or less, or tick more above.")).to_be_visible()
        expect(page.get_by_text("Tick at least")).to_have_count(0)
        for typed in ("0", "1.5", "", "-2"):
            count.fill(typed)
            count.blur()
            expect(page.get_by_text("Type a whole number, 1 or more.")).to_be_visible()
        count.fill("17")
        book.press("Start the exam")
        book.at("Question 1 of 17")

    @pytest.mark.parametrize(("name", "typed"), [("Number of", "5"), ("Time limit", "20"), ("Exam number", "12")])
    def test_on_a_phone_a_corrected_field_and_one_tap_start_the_exam(
        self, browser: Browser, exam_banks: Path, name: str, typed: str
    ) -> None:
        assert exam_banks.is_dir()
        context = browser.new_context(viewport={"width": 390, "height": 664}, has_touch=True, is_mobile=True)
        book = Book(context.new_page())
        page = book.page
        book.open()
        page.add_style_tag(content=HEADER)
        wrong, start = page.get_by_label(name), page.get_by_role("button", name="Start the exam")
        wrong.fill("-1" if name != "Exam number" else "")
        start.tap()
        expect(wrong).to_be_focused()
        label = page.locator("label").filter(has_text=name).bounding_box()
        assert label is not None
        assert label["y"] >= 60
        wrong.tap()
        page.keyboard.press("Control+a")
        page.keyboard.type(typed)
        expect(page.locator(".ops-exam-fault:visible")).to_have_count(0)
        box = start.bounding_box()
        assert box is not None
        page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + 4)
        book.at("Question 1 of")
        context.close()

    def test_no_message_moves_the_button_under_a_press(self, book: Book) -> None:
        book.page.set_viewport_size({"width": 390, "height": 900})
        book.open()
        start = book.page.get_by_role("button", name="Start the exam")
        field = book.page.get_by_label("Time limit")
        for typed in ("0", "20"):
            field.click()
            book.page.keyboard.press("Control+a")
            book.page.keyboard.type(typed)
            start.scroll_into_view_if_needed()
            before = start.bounding_box()
            assert before is not None
            book.page.mouse.move(before["x"] + 5, before["y"] + 5)
            book.page.mouse.down()
            assert start.bounding_box() == before
            book.page.mouse.up()
        book.at("Question 1 of")

    def test_the_address_sets_the_exam_up_and_the_form_gives_the_address(self, book: Book) -> None:
        query = "?seed=4711&n=3&minutes=20&chapters=flow&difficulty=2,3"
        book.open(query)
        page = book.page
        expect(page.get_by_label("How work flows")).to_be_checked()
        expect(page.get_by_label("Why queues form")).not_to_be_checked()
        expect(page.get_by_label("1: recall")).not_to_be_checked()
        link = page.get_by_role("link", name="Address of this exam")
        expect(link).to_have_attribute("href", query)
        book.press("Start the exam")
        book.at("Question 1 of 3")
        drawn = draw_exam(3, seed=4711, chapters=["flow"], difficulties=[2, 3])
        assert [pick[0] for pick in book.kept()["picks"]] == [each.id for each in drawn]
        assert [path for path in book.loaded if path.startswith("_static/exam/")] == ["_static/exam/flow.js"]

    def test_nonsense_in_the_address_is_left_out_or_explained(self, book: Book) -> None:
        book.open("?seed=abc&n=99&chapters=nowhere&difficulty=7")
        expect(book.page.get_by_role("checkbox", checked=True)).to_have_count(5)
        book.press("Start the exam")
        expect(book.page.get_by_text("Only 17 fit.")).to_be_visible()

    def test_a_file_that_does_not_load_is_named_and_may_be_tried_again(self, book: Book) -> None:
        book.missing.add("_static/exam/queues.js")
        book.open("?seed=7&n=5")
        book.press("Start the exam")
        words = "The questions of “Why queues form” did not load. Check the connection and try again."
        expect(book.page.locator(".ops-exam-fault:visible")).to_have_text(words)
        expect(book.page.get_by_role("status").filter(has_text=words)).to_have_count(1)
        book.missing.clear()
        book.press("Start the exam")
        book.at("Question 1 of 5")

    def test_a_missing_catalogue_is_said(self, book: Book) -> None:
        book.missing.add("_static/catalogue.js")
        book.open()
        expect(book.page.get_by_text("The list of questions did not load")).to_be_visible()


class TestWholeExam:
    def test_by_pointer_with_every_kind_and_the_numbers_python_gives(self, book: Book) -> None:
        drawn = book.start("?seed=7&n=17&minutes=90")
        page = book.page
        expect(page.get_by_text(re.compile(r"Time left (90:00|89:\d\d)$"))).to_be_visible()
        responses: dict[str, Any] = {}
        for index, question in enumerate(drawn):
            book.at(f"Question {index + 1} of 17")
            expect(page.locator("ops-question button:visible:has-text('Check')")).to_have_count(0)
            if index % 5 != 4:
                responses[question.id] = right(question) if index % 2 else partly(question)
                book.answer(question, responses[question.id])
                expect(page.get_by_role("button", name=f"Question {index + 1}: answered")).to_be_visible()
            if index == 2:
                book.press("Flag for review")
            book.press("Next" if index < 16 else "Review and finish")
        book.at("Review and finish")
        expect(page.get_by_text("14 answered, 3 open, 1 flagged.")).to_be_visible()
        expect(page.get_by_text("3 questions are still open and will count as 0 points.")).to_be_visible()
        expect(page.get_by_role("listitem").nth(2)).to_contain_text("answered, flagged")
        expect(page.get_by_role("listitem").nth(4)).to_contain_text("open")
        book.press("Question 5")
        book.at("Question 5 of 17")
        expect(page.get_by_role("button", name="Question 5: open")).to_have_attribute("aria-current", "step")
        book.press("Review and finish")
        book.press("Finish the exam")
        book.at("Result")

        marks = {each.id: exercises.mark(each, responses.get(each.id)) for each in drawn}
        total = sum(each.points for each in drawn)
        got = sum(each.points * marks[each.id].mark for each in drawn)
        assert 0 < got < total
        expect(page.locator(".ops-exam-mark")).to_contain_text(
            f"{round(got, 2):g} of {total:g} points, {round(100 * got / total)}%"
        )
        for objective in {each.objective for each in drawn}:
            own = [each for each in drawn if each.objective == objective]
            part = sum(each.points * marks[each.id].mark for each in own)
            row = page.get_by_role("row").filter(has_text=banks.catalogue()["objectives"][objective])
            expect(row.get_by_role("cell").last).to_contain_text(
                f"{round(part, 2):g} of {sum(each.points for each in own):g} point"
            )
        words = {True: "right", False: "not answered"}
        for index, question in enumerate(drawn):
            mark = marks[question.id]
            word = "partly right" if 0 < mark.mark < 1 else "not right" if not mark.mark and mark.attempted else None
            entry = page.locator(".ops-exam-answer").nth(index)
            expect(entry.get_by_role("heading")).to_contain_text(
                f"Question {index + 1}: {word or words[mark.correct]}, "
                f"{round(question.points * mark.mark, 2):g} of {question.points:g} point"
            )
            expect(entry.locator(".ops-feedback")).to_be_visible()
            expect(entry.get_by_role("link").first).to_have_attribute("href", re.compile(r"^\.\./s\.html#sec-"))
            for option in getattr(question, "options", ()):
                expect(entry.get_by_text(option.rationale.replace("$x > 0$", "")[:15]).first).to_be_visible()
        expect(page.get_by_text("This is practice and no certificate")).to_be_visible()

        answers = json.loads(page.evaluate("localStorage.getItem('opsbook-progress')"))["answers"]
        assert set(answers) == set(responses)
        for question in drawn:
            if question.id in responses:
                record = answers[question.id]
                assert record.pop("at").endswith("Z")
                assert record == {
                    "seed": question.seed,
                    "response": responses[question.id],
                    "mark": pytest.approx(marks[question.id].mark),
                    "attempts": 1,
                    "hints": 0,
                }

    def test_by_keyboard_alone(self, book: Book) -> None:
        book.open("?seed=3&n=4&chapters=flow")
        page = book.page
        tabs = 0
        while page.evaluate("document.activeElement.textContent") != "Start the exam":
            page.keyboard.press("Tab")
            tabs += 1
            assert tabs < 20
        page.keyboard.press("Enter")
        drawn = draw_exam(4, seed=3, chapters=["flow"])
        for index, question in enumerate(drawn):
            book.at(f"Question {index + 1} of 4")
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.closest('ops-question') !== null")
            if isinstance(question, NumericQuestion):
                page.keyboard.type(right(question))
                page.keyboard.press("Enter")
                continue
            if question.kind in {"choice", "choices", "match"}:
                page.keyboard.press("Space")
            else:
                # The first step cannot go up; its other button moves it down.
                page.keyboard.press("Tab")
                page.keyboard.press("Enter")
            expect(page.get_by_role("button", name=f"Question {index + 1}: answered")).to_be_visible()
            name = "Next" if index < 3 else "Review and finish"
            while page.evaluate("document.activeElement.textContent") != name:
                page.keyboard.press("Tab")
            page.keyboard.press("Enter")
        book.at("Review and finish")
        expect(page.get_by_text("4 answered, 0 open")).to_be_visible()
        while page.evaluate("document.activeElement.textContent") != "Finish the exam":
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        book.at("Result")

    def test_on_a_phone_by_touch(self, browser: Browser, exam_banks: Path) -> None:
        assert exam_banks.is_dir()
        context = browser.new_context(viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True)
        book = Book(context.new_page())
        page = book.page
        book.open("?seed=11&n=6&chapters=flow")
        page.get_by_role("button", name="Start the exam").tap()
        for index, question in enumerate(draw_exam(6, seed=11, chapters=["flow"])):
            book.at(f"Question {index + 1} of 6")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            boxes = [each.bounding_box() for each in page.locator("ops-exam button:visible").all()]
            assert min(min(box["width"], box["height"]) for box in boxes if box) >= 44
            book.answer(question, right(question))
            page.get_by_role("button", name="Next" if index < 5 else "Review and finish").tap()
        page.get_by_role("button", name="Finish the exam").tap()
        expect(page.locator(".ops-exam-mark")).to_contain_text("100%. Everything is right.")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert book.faults == []
        context.close()

    def test_enter_in_a_number_goes_on_and_what_cannot_be_read_is_said(self, book: Book) -> None:
        drawn = book.start("?seed=5&n=17")
        page = book.page
        index = next(i for i, each in enumerate(drawn) if each.kind == "numeric" and i < 16)
        book.press(f"Question {index + 1}:")
        field = page.get_by_role("textbox")
        expect(field).to_have_attribute("enterkeyhint", "next")
        field.fill("many")
        field.blur()
        expect(page.get_by_text("This cannot be read as one number")).to_be_visible()
        expect(page.get_by_role("button", name=f"Question {index + 1}: open")).to_be_visible()
        field.press("Enter")
        book.at(f"Question {index + 2} of 17")
        book.press("Review and finish")
        expect(page.get_by_role("listitem").nth(index)).to_contain_text("What is typed cannot be taken as an answer.")
        book.press(f"Question {index + 1}", exact=True)
        expect(field).to_have_value("many")
        field.fill("0,5")
        expect(page.get_by_text("This cannot be read as one number")).to_have_count(0)
        expect(page.get_by_role("button", name=f"Question {index + 1}: answered")).to_be_visible()

    def test_a_remark_on_what_is_typed_does_not_take_the_click_that_ends_the_typing(self, book: Book) -> None:
        drawn = book.start("?seed=5&n=17")
        page = book.page
        index = next(i for i, each in enumerate(drawn) if each.kind == "numeric" and i < 16)
        book.press(f"Question {index + 1}:")
        page.get_by_role("textbox").fill("many")
        remark = page.get_by_text("This cannot be read as one number")
        flag = page.get_by_role("button", name="Flag for review")
        flag.hover()
        page.mouse.down()
        expect(remark).to_have_count(0)
        page.mouse.up()
        expect(flag).to_have_attribute("aria-pressed", "true")
        expect(remark).to_be_visible()
        page.get_by_role("textbox").fill("much")
        expect(remark).to_have_count(0)
        page.get_by_role("button", name="Next", exact=True).click(delay=50)
        book.at(f"Question {index + 2} of 17")
        expect(remark).to_have_count(0)

    @pytest.mark.parametrize(("width", "height"), [(390, 664), (1280, 900)])
    def test_every_screen_begins_beneath_the_header_without_the_introduction(
        self, book: Book, width: int, height: int
    ) -> None:
        page = book.page
        page.set_viewport_size({"width": width, "height": height})
        book.open("?seed=7&n=5&minutes=20")
        page.add_style_tag(content=HEADER)
        introduction = page.get_by_text(INTRODUCTION.strip())

        def begins(title: str, place: int) -> None:
            book.at(title)
            expect(introduction).to_be_hidden()
            box = page.get_by_role("heading", level=2).bounding_box()
            assert box is not None
            assert 54 <= box["y"] <= place
            page.evaluate("scrollTo(0, 1e6)")

        expect(introduction).to_be_visible()
        book.press("Start the exam")
        begins("Question 1 of 5", 170)
        book.press("Next")
        begins("Question 2 of 5", 170)
        page.evaluate("document.querySelector('.ops-exam-actions').scrollIntoView()")
        bar = page.locator(".ops-exam-bar").bounding_box()
        assert bar is not None
        assert bar["y"] == pytest.approx(54, abs=20)
        book.press("Pause")
        begins("Paused", 100)
        book.press("Resume")
        book.press("Review and finish")
        begins("Review and finish", 170)
        book.press("Finish the exam")
        begins("Result", 100)
        book.press("New exam")
        book.at("Set up your exam")
        expect(introduction).to_be_visible()

    @pytest.mark.parametrize(("height", "position"), [(256, "static"), (844, "sticky")])
    def test_the_bar_stays_in_sight_where_there_is_room(self, book: Book, height: int, position: str) -> None:
        book.page.set_viewport_size({"width": 320, "height": height})
        book.start()
        expect(book.page.locator(".ops-exam-bar")).to_have_css("position", position)

    def test_flags_and_answers_are_seen_in_the_navigator(self, book: Book) -> None:
        drawn = book.start()
        page = book.page
        flag = page.get_by_role("button", name="Flag for review")
        expect(flag).to_have_attribute("aria-pressed", "false")
        flag.click()
        expect(flag).to_have_attribute("aria-pressed", "true")
        expect(flag).to_be_focused()
        expect(page.get_by_role("button", name="Question 1: open, flagged")).to_be_visible()
        book.answer(drawn[0], right(drawn[0]))
        expect(page.get_by_role("button", name="Question 1: answered, flagged")).to_be_visible()
        book.press("Next")
        book.press("Previous")
        book.at("Question 1 of 5")
        expect(flag).to_have_attribute("aria-pressed", "true")
        flag.click()
        expect(page.get_by_role("button", name="Question 1: answered", exact=True)).to_be_visible()

    def test_the_filter_leaves_what_is_not_fully_right(self, book: Book) -> None:
        drawn = book.start("?seed=2&n=5&chapters=flow")
        page = book.page
        for question, respond in zip(drawn, (right, partly, right, partly), strict=False):
            book.answer(question, respond(question))
            book.press("Next")
        book.press("Review and finish")
        book.press("Finish the exam")
        page.get_by_label("Show only those not fully right").check()
        expect(page.get_by_text("3 questions shown.")).to_have_count(1)
        shown = page.locator(".ops-exam-answer h3:visible").all_inner_texts()
        assert [text.partition(":")[0] for text in shown] == ["Question 2", "Question 4", "Question 5"]
        page.get_by_label("Show only those not fully right").uncheck()
        expect(page.locator(".ops-exam-answer:visible")).to_have_count(5)

    def test_the_same_exam_again_is_blank_and_a_new_one_has_another_number(self, book: Book) -> None:
        drawn = book.start()
        book.answer(drawn[0], right(drawn[0]))
        book.press("Review and finish")
        book.press("Finish the exam")
        book.press("Same exam again")
        book.at("Question 1 of 5")
        assert [pick[0] for pick in book.kept()["picks"]] == [each.id for each in drawn]
        expect(book.page.get_by_role("button", name="Question 1: open")).to_be_visible()
        book.press("Review and finish")
        book.press("Finish the exam")
        expect(book.page.locator(".ops-exam-mark")).to_contain_text("0%")
        book.press("New exam")
        book.at("Set up your exam")
        assert book.page.get_by_label("Exam number").input_value() != "7"
        expect(book.page.get_by_label("Number of questions")).to_have_value("5")
        assert book.page.evaluate(f"localStorage.getItem({KEY!r})") is None


class TestClock:
    @pytest.fixture
    def timed(self, book: Book) -> Book:
        book.page.clock.install(time="2026-03-02T09:59:00Z")
        book.open("?seed=7&n=5&minutes=7")
        book.page.clock.pause_at("2026-03-02T10:00:00Z")
        book.press("Start the exam")
        book.at("Question 1 of 5")
        return book

    @staticmethod
    def announced(book: Book, words: str) -> Locator:
        return book.page.get_by_role("status").filter(has_text=words)

    def test_it_counts_down_and_speaks_at_five_minutes_and_at_one(self, timed: Book) -> None:
        clock = timed.page.clock
        clock.run_for(61_000)
        expect(timed.clock).to_have_text("05:59")
        expect(self.announced(timed, "left")).to_have_count(0)
        clock.run_for(60_000)
        expect(self.announced(timed, "5 minutes left.")).to_have_count(1)
        expect(timed.clock).to_have_text("04:59")
        timed.press("Next")
        clock.run_for(180_000)
        expect(self.announced(timed, "left")).to_have_count(0)
        clock.run_for(60_000)
        expect(self.announced(timed, "1 minute left.")).to_have_count(1)

    def test_pause_hides_the_question_and_stops_the_clock(self, timed: Book) -> None:
        page = timed.page
        page.clock.run_for(120_000)
        timed.press("Pause")
        timed.at("Paused")
        expect(page.get_by_text("The clock is stopped with 05:00 left")).to_be_visible()
        expect(page.locator("ops-question")).to_have_count(0)
        expect(page.get_by_role("navigation")).to_have_count(0)
        page.clock.run_for(3_600_000)
        timed.press("Resume")
        timed.at("Question 1 of 5")
        expect(timed.clock).to_have_text("05:00")
        page.clock.run_for(60_000)
        expect(timed.clock).to_have_text("04:00")

    def test_when_time_is_up_it_finishes_by_itself_and_says_so(self, timed: Book) -> None:
        page = timed.page
        drawn = draw_exam(5, seed=7)
        timed.answer(drawn[0], right(drawn[0]))
        page.evaluate(
            """() => {
                window.said = [];
                const live = document.querySelector("ops-exam > [role=status]");
                new MutationObserver((all) => all.forEach(() => said.push(live.textContent)))
                    .observe(live, { childList: true, characterData: true, subtree: true });
            }"""
        )
        page.clock.run_for(420_000)
        timed.at("Result")
        assert page.evaluate("said.filter((each) => each.includes('The time is up'))") == [
            "The time is up. The exam has finished."
        ]
        expect(page.get_by_text("The time is up, so the exam has finished by itself.")).to_be_visible()
        expect(self.announced(timed, "The time is up.")).to_have_count(1)
        expect(page.get_by_text("Time used: 7 min 0 s of 7 min.")).to_be_visible()
        expect(page.locator(".ops-exam-answer").first.get_by_role("heading")).to_contain_text("Question 1: right")
        assert timed.kept()["finished"]["at"] == "2026-03-02T10:07:00.000Z"

    def test_a_reload_gives_no_time_and_a_pause_outlasts_it(self, timed: Book) -> None:
        page = timed.page
        page.clock.run_for(60_000)
        page.reload()
        expect(page.get_by_role("heading", level=2)).to_have_text("You have an exam under way")
        expect(page.get_by_text("06:00 left; the clock runs on.")).to_be_visible()
        page.clock.run_for(30_000)
        expect(timed.clock).to_have_text("05:30")
        timed.press("Resume")
        timed.at("Question 1 of 5")
        expect(timed.clock).to_have_text("05:30")
        timed.press("Pause")
        page.reload()
        page.clock.run_for(600_000)
        expect(page.get_by_text("05:30 left; the clock is stopped.")).to_be_visible()
        timed.press("Resume")
        expect(timed.clock).to_have_text("05:30")

    def test_time_that_ran_out_elsewhere_ends_the_exam_on_return(self, timed: Book) -> None:
        page = timed.page
        page.goto("about:blank")
        page.clock.run_for(600_000)
        timed.open()
        page.clock.run_for(1_000)
        timed.at("Result")
        expect(page.get_by_text("The time is up, so the exam has finished by itself.")).to_be_visible()
        assert timed.kept()["finished"]["at"] == "2026-03-02T10:07:00.000Z"

    def test_without_a_limit_the_time_used_is_told_without_the_pauses(self, book: Book) -> None:
        page = book.page
        page.clock.install(time="2026-03-02T09:59:00Z")
        book.open("?seed=7&n=5")
        page.clock.pause_at("2026-03-02T10:00:00Z")
        book.press("Start the exam")
        book.at("Question 1 of 5")
        page.clock.run_for(60_000)
        expect(page.get_by_text("No time limit")).to_be_visible()
        expect(book.clock).to_have_count(0)
        book.press("Pause")
        page.clock.run_for(600_000)
        book.press("Resume")
        page.clock.run_for(12_000)
        book.press("Review and finish")
        book.press("Finish the exam")
        expect(page.get_by_text("Time used: 1 min 12 s. ")).to_be_visible()


class TestMemory:
    def test_a_reload_loses_no_answer_no_flag_and_no_place(self, book: Book) -> None:
        drawn = book.start("?seed=7&n=17&chapters=flow,queues")
        page = book.page
        kinds = {each.kind: index for index, each in enumerate(drawn)}
        assert len(kinds) == 5
        for index in kinds.values():
            book.press(f"Question {index + 1}:")
            book.answer(drawn[index], partly(drawn[index]))
        book.press("Flag for review")
        page.reload()
        expect(
            page.get_by_text("Exam number 7: 17 questions, 5 with an answer. There is no time limit.")
        ).to_be_visible()
        assert page.evaluate("document.activeElement === document.body")
        book.press("Resume")
        book.at(f"Question {index + 1} of 17")
        expect(page.get_by_role("button", name=f"Question {index + 1}: answered, flagged")).to_be_visible()
        shown = page.locator("ops-question")
        for kind, index in kinds.items():
            book.press(f"Question {index + 1}:")
            assert shown.evaluate("(node) => node.response") == partly(drawn[index]), kind
            pieces = getattr(drawn[index], "options", None) or getattr(drawn[index], "items", ())
            places = shown.locator("[data-id]").evaluate_all("(nodes) => nodes.map((node) => node.dataset.id)")
            assert places == (partly(drawn[index]) if kind == "order" else [piece.id for piece in pieces])

    def test_starting_over_goes_to_the_set_up_with_the_same_choices(self, book: Book) -> None:
        book.start("?seed=7&n=3&minutes=9&chapters=flow")
        book.page.reload()
        book.press("Start over")
        book.at("Set up your exam")
        expect(book.page.get_by_label("Exam number")).to_have_value("7")
        expect(book.page.get_by_label("Time limit")).to_have_value("9")
        expect(book.page.get_by_label("Why queues form")).not_to_be_checked()
        assert book.page.evaluate(f"localStorage.getItem({KEY!r})") is None

    def test_of_two_tabs_the_one_left_behind_lets_go(self, book: Book) -> None:
        drawn = book.start()
        other = Book(book.page.context.new_page())
        other.open()
        other.press("Resume")
        other.answer(drawn[0], right(drawn[0]))
        title = book.page.get_by_role("heading", level=2)
        expect(title).to_have_text("The exam goes on in another tab")
        book.press("Continue here")
        book.press("Resume")
        expect(book.page.get_by_role("button", name="Question 1: answered")).to_be_visible()
        book.press("Flag for review")
        expect(other.page.get_by_role("heading", level=2)).to_have_text("The exam goes on in another tab")
        assert other.faults == []

    def test_the_review_and_the_result_are_there_again(self, book: Book) -> None:
        drawn = book.start()
        book.answer(drawn[0], right(drawn[0]))
        book.press("Review and finish")
        book.page.reload()
        book.press("Resume")
        book.at("Review and finish")
        book.press("Finish the exam")
        mark = book.page.locator(".ops-exam-mark").inner_text()
        book.open("?seed=7")
        expect(book.page.locator(".ops-exam-mark")).to_have_text(mark)
        assert book.page.evaluate("document.activeElement === document.body")
        # Somebody who was sent another exam's address came for that one.
        book.open("?seed=8")
        expect(book.page.get_by_label("Exam number")).to_have_value("8")

    def test_an_exam_whose_questions_have_changed_is_not_mixed_up(self, book: Book, exam_banks: Path) -> None:
        book.start("?seed=7&n=17")
        path = exam_banks / "flow.yml"
        path.write_text(
            path.read_text(encoding="utf-8").replace("from: 40, to: 44", "from: 50, to: 54"), encoding="utf-8"
        )
        text = path.read_text(encoding="utf-8").replace("id: which-1", "id: what-1")
        path.write_text(text, encoding="utf-8")
        book.open()
        book.press("Resume")
        expect(book.page.get_by_text("The book's questions have changed since this exam was drawn")).to_be_visible()
        book.press("New exam")
        book.at("Set up your exam")

    def test_a_file_that_does_not_load_on_return_is_said_and_tried_again(self, book: Book) -> None:
        book.start()
        book.missing.add("_static/exam/flow.js")
        book.page.reload()
        book.press("Resume")
        expect(book.page.get_by_text("The questions of “How work flows” did not load.")).to_be_visible()
        book.missing.clear()
        book.press("Try again")
        book.press("Resume")
        book.at("Question 1 of 5")

    @pytest.mark.parametrize("broken", ["{", "[]", "5", '{"format": 9}', '{"format": 1, "picks": []}', "null"])
    def test_what_cannot_be_read_does_not_stop_the_page(self, book: Book, broken: str) -> None:
        book.open()
        book.page.evaluate("([key, text]) => localStorage.setItem(key, text)", [KEY, broken])
        book.start()

    def test_an_exam_that_cannot_be_read_is_discarded_with_a_sentence(self, book: Book) -> None:
        book.start()
        book.page.evaluate("([key]) => localStorage.setItem(key, localStorage.getItem(key).slice(0, -9))", [KEY])
        book.open()
        sentence = book.page.get_by_text("The exam that was kept here cannot be read any more, and is discarded.")
        expect(sentence).to_be_visible()
        assert book.page.evaluate(f"localStorage.getItem({KEY!r})") is None
        book.open()
        expect(book.page.get_by_role("button", name="Start the exam")).to_be_visible()
        expect(sentence).to_have_count(0)

    @pytest.mark.parametrize("stage", ["running", "finished"])
    def test_whatever_is_damaged_the_page_shows_an_exam_or_says_why_not(self, book: Book, stage: str) -> None:
        drawn = book.start("?seed=7&n=5&minutes=20&chapters=flow")
        page = book.page
        # An address that asks for no exam, as the page's own.
        page.evaluate("history.replaceState(null, '', location.pathname)")
        for index, question in enumerate(drawn):
            book.press(f"Question {index + 1}:")
            book.answer(question, right(question))
        book.press("Flag for review")
        if stage == "finished":
            book.press("Review and finish")
            book.press("Finish the exam")
        sound = book.kept()

        discarded = shown = 0
        for name, damaged in damages(sound):
            # The element comes into the page anew, as at a load; some hundred loads would take a minute.
            page.evaluate(
                """([key, text]) => {
                    localStorage.setItem(key, text);
                    const before = document.querySelector("ops-exam");
                    before.replaceWith(document.createElement("ops-exam"));
                }""",
                [KEY, json.dumps(damaged)],
            )
            title = page.get_by_role("heading", level=2)
            expect(title).to_have_text(
                re.compile("^(Set up your exam|You have an exam under way|Result|The exam cannot be shown)$")
            )
            # An exam without a limit, or with another number or the like, is an exam.
            if title.inner_text() == "Set up your exam":
                expect(page.get_by_text("cannot be read any more, and is discarded.")).to_be_visible()
                discarded += 1
                continue
            shown += 1
            if title.inner_text() == "You have an exam under way":
                book.press("Resume")
                expect(title).to_have_text(
                    re.compile("^(Question [1-5] of 5|Review and finish|Result|The exam cannot be shown)$")
                )
            if title.inner_text().startswith("Question"):
                for index in range(5):
                    book.press(f"Question {index + 1}:")
                book.press("Review and finish")
                book.press("Finish the exam")
            assert book.faults == [], name
        assert discarded > 50
        assert shown > 10

    def test_with_storage_full_it_says_so_and_works(self, book: Book) -> None:
        book.start("?seed=7&n=3&chapters=flow")
        page = book.page
        page.evaluate("() => { Storage.prototype.setItem = () => { throw new DOMException('full'); }; }")
        book.press("Next")
        note = "This browser has no room left for this page, so what you do now lasts until you leave or reload it."
        expect(page.locator(".ops-exam-note")).to_have_text(note)
        book.press("Review and finish")
        book.press("Finish the exam")
        expect(page.locator(".ops-exam-mark")).to_be_visible()

    def test_with_storage_blocked_it_says_so_and_works(self, book: Book) -> None:
        page = book.page
        page.add_init_script(BLOCKED)
        book.open("?seed=7&n=3&chapters=flow")
        note = page.get_by_text(
            "This browser keeps nothing for this page, so an exam lasts until you leave or reload it."
        )
        expect(note).to_be_visible()
        book.press("Start the exam")
        for question in draw_exam(3, seed=7, chapters=["flow"]):
            book.answer(question, right(question))
            page.get_by_role("button", name=re.compile("^(Next|Review and finish)$")).first.click()
        book.press("Pause")
        book.press("Resume")
        book.press("Finish the exam")
        expect(page.locator(".ops-exam-mark")).to_contain_text("100%")
        expect(note).to_have_count(1)


class TestEveryReader:
    @pytest.mark.parametrize("theme", ["light", "dark"])
    @pytest.mark.parametrize("width", [320, 1280])
    def test_axe_finds_nothing_on_any_screen(self, book: Book, theme: str, width: int) -> None:
        page = book.page
        page.set_viewport_size({"width": width, "height": 900})

        def sound() -> None:
            results = Axe().run(page, options={"rules": {"target-size": {"enabled": True}}}).response
            assert results["violations"] == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

        book.open("?seed=7&n=17&minutes=30", theme)
        page.get_by_label("Number of questions").fill("99")
        book.press("Start the exam")
        sound()
        page.get_by_label("Number of questions").fill("17")
        book.press("Start the exam")
        drawn = draw_exam(17, seed=7)
        kinds = {each.kind: index for index, each in enumerate(drawn)}
        for index in kinds.values():
            book.press(f"Question {index + 1}:")
            book.answer(drawn[index], partly(drawn[index]))
            sound()
        book.press("Flag for review")
        book.press("Pause")
        sound()
        page.reload()
        sound()
        book.press("Resume")
        book.press("Review and finish")
        sound()
        book.press("Finish the exam")
        sound()

    def test_everything_to_press_is_44_pixels_high(self, book: Book) -> None:
        targets = "ops-exam :is(button, label:has(input), a, input[type=number]):visible"

        def smallest() -> float:
            boxes = [each.bounding_box() for each in book.page.locator(targets).all()]
            return min(box["height"] for box in boxes if box)

        book.open("?seed=7&n=5&minutes=10")
        assert smallest() >= 44
        book.press("Start the exam")
        assert smallest() >= 44
        book.press("Review and finish")
        assert smallest() >= 44

    def test_in_forced_colours_flag_and_place_are_seen_by_their_borders(self, book: Book) -> None:
        book.start()
        book.page.emulate_media(forced_colors="active")
        book.press("Flag for review")
        width = "(node) => getComputedStyle(node).borderTopWidth"
        assert book.page.get_by_role("button", name="Question 1: open").evaluate(width) == "3px"
        assert book.page.get_by_role("button", name="Question 2: open").evaluate(width) == "1px"
        assert book.page.get_by_role("button", name="Flag for review").evaluate(width) == "3px"

    def test_nothing_moves(self) -> None:
        assert not re.search("transition|animation|smooth", ASSETS["ops-exam.css"] + ASSETS["ops-exam.js"])

    def test_paper_shows_the_result_in_full_and_nothing_to_press(self, book: Book) -> None:
        drawn = book.start()
        book.answer(drawn[0], partly(drawn[0]))
        book.press("Review and finish")
        book.press("Finish the exam")
        book.page.emulate_media(media="print")
        expect(book.page.locator("ops-exam button:visible")).to_have_count(0)
        expect(book.page.get_by_label("Show only those not fully right")).to_be_hidden()
        expect(book.page.locator(".ops-exam-answer .ops-feedback:visible")).to_have_count(5)
        expect(book.page.locator(".ops-exam-answer").get_by_text("Right:", exact=True).first).to_be_visible()
        expect(book.page.get_by_role("table", name="Result by objective")).to_be_visible()

    def test_without_javascript_the_text_says_where_the_questions_are(self, browser: Browser, exam_banks: Path) -> None:
        assert exam_banks.is_dir()
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.set_content(document())
        expect(page.get_by_text("The same kinds of questions stand in the chapters")).to_be_visible()
        context.close()

    def test_it_works_from_a_folder(self, page: Page, tmp_path: Path, exam_banks: Path) -> None:
        assert exam_banks.is_dir()
        for path, text in site().items():
            target = tmp_path / "book" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        page.goto((tmp_path / "book" / "exam.html").as_uri() + "?seed=7&n=3")
        page.get_by_role("button", name="Start the exam").click()
        expect(page.get_by_role("heading", level=2)).to_have_text("Question 1 of 3")
        (tmp_path / "book" / "_static" / "exam" / "flow.js").unlink()
        page.reload()
        page.get_by_role("button", name="Resume").click()
        expect(page.get_by_text("The questions of “How work flows” did not load.")).to_be_visible()

    def test_script_and_style_weigh_little(self) -> None:
        own = ASSETS["ops-exam.js"] + ASSETS["ops-exam.css"]
        assert len(gzip.compress(own.encode(), mtime=0)) <= 15_000
