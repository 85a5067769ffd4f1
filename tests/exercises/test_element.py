"""The <ops-question> element in a real browser: on a page made of its static markup, and inside the widget."""

import gzip
import json
import random
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from opsbook import exercises
from opsbook.exercises import banks, prose
from opsbook.exercises.answers import read_number, spellings
from opsbook.exercises.choice import ChoiceQuestion
from opsbook.exercises.numeric import NumericQuestion
from opsbook.exercises.widget import QuestionWidget

STATIC = files("opsbook.exercises") / "static"
SCRIPT = (STATIC / "ops-question.js").read_text(encoding="utf-8")
STYLE = (STATIC / "ops-question.css").read_text(encoding="utf-8")
HOME = "http://book.test/"
KEY = "opsbook-progress"


def document(*ids: str, theme: str = "light", head: bool = False) -> str:
    questions = "".join(exercises.markup(each, 0, section_url="#sec") for each in ids)
    script = f"<script>{SCRIPT}</script>"
    background, ink = ("#fff", "#111") if theme == "light" else ("#111", "#eee")
    return (
        f'<!doctype html><html lang="en" data-theme="{theme}"><head><title>A page</title>'
        f'<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        f"<style>body{{background:{background};color:{ink};margin:1rem;font:16px sans-serif}}{STYLE}</style>"
        f'{script if head else ""}</head><body><main><h1 id="sec">Page</h1>{questions}</main>'
        f"{'' if head else script}</body></html>"
    )


@pytest.fixture
def open_page(page: Page) -> Iterator[Callable[[str], Page]]:
    """Serve a document; whatever the page asks of anybody else, or complains of, fails the test."""
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))

    def show(html: str) -> Page:
        def serve(route: Any) -> None:
            if route.request.url == HOME:
                route.fulfill(body=html, content_type="text/html; charset=utf-8")
            else:
                faults.append(route.request.url)
                route.abort()

        page.unroute_all()
        page.route("**/*", serve)
        page.goto(HOME)
        return page

    yield show
    assert faults == []


@pytest.fixture
def choice(sample: Path, open_page: Callable[[str], Page]) -> Page:
    assert sample.exists()
    return open_page(document("sample/which"))


@pytest.fixture
def numeric(sample: Path, open_page: Callable[[str], Page]) -> Page:
    assert sample.exists()
    return open_page(document("sample/share"))


def status(page: Page) -> Locator:
    return page.get_by_role("status")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def type_answer(page: Page, text: str) -> None:
    page.get_by_role("textbox").fill(text)
    press(page, "Check")


def kept(page: Page) -> dict[str, Any]:
    return json.loads(page.evaluate(f"localStorage.getItem({KEY!r})"))["answers"]  # type: ignore[no-any-return]


class TestParity:
    """JavaScript marks as Python does: the same mark, mistake and message."""

    @staticmethod
    def typed(question: NumericQuestion, dice: random.Random) -> list[str]:
        numbers = [question.answer, question.low, question.high, *(slip.value for slip in question.mistakes)]
        edges = [edge for slip in question.mistakes for edge in (slip.low, slip.high)]
        written = [repr(number) for number in (*numbers, *edges)]
        written += [f"{number:.3g}".replace(".", ",") for number in numbers]
        written += [f"{100 * number:.4f} %" for number in numbers]
        written += [f"{number:.4f} {question.unit}" for number in numbers]
        written += [repr(dice.uniform(-1, 2) * question.answer) for _ in range(20)]
        return ["", "  ", "?", "5 furlongs", "1,234", *written]

    def compare(self, page: Page, question_ids: list[str]) -> int:
        compared = 0
        for question_id in question_ids:
            for seed in (0, 4711):
                variants = banks.variants(question_id, seed=seed)
                payload = exercises.payload(question_id, seed)
                assert [each["seed"] for each in payload["variants"]] == [each.seed for each in variants]
                for index, question in enumerate(variants):
                    dice = random.Random(index)
                    if isinstance(question, NumericQuestion):
                        responses = self.typed(question, dice)
                    else:
                        assert isinstance(question, ChoiceQuestion)
                        responses = ["", "nonsense", *(option.id for option in question.options)]
                    there = page.evaluate(
                        "([data, index, responses]) => responses.map("
                        "(each) => customElements.get('ops-question').mark(data, index, each))",
                        [payload, index, responses],
                    )
                    for response, other in zip(responses, there, strict=True):
                        here = exercises.mark(question, response)
                        assert other == {
                            "mark": here.mark,
                            "html": prose.to_html(here.message),
                            "mistake": here.mistake,
                            "attempted": here.attempted,
                        }, (question_id, question.seed, response)
                        compared += 1
        return compared

    def test_over_every_question_of_the_shipped_banks(self, open_page: Callable[[str], Page]) -> None:
        ids = [question.id for question in exercises.bank()]
        assert self.compare(open_page(document()), ids) >= 5 * len(ids)

    def test_over_a_bank_with_every_feature(self, sample: Path, open_page: Callable[[str], Page]) -> None:
        assert sample.exists()
        assert self.compare(open_page(document()), ["sample/which", "sample/share"]) > 100

    @pytest.mark.parametrize("unit", ["", "proportion", "%", "minutes", "jobs per hour"])
    def test_in_reading_whatever_is_typed(self, open_page: Callable[[str], Page], unit: str) -> None:
        page = open_page(document())
        dice = random.Random(unit)
        pieces = [
            *"0123456789",
            *"0123456789",
            *" .,eE+-%'\u2019\t",
            "\u2212",
            "\u00a0",
            "\u202f",
            "\u2028",
            "min",
            "jobs/h",
            "é",
        ]
        texts = ["".join(dice.choices(pieces, k=dice.randint(0, 9))) for _ in range(4000)]
        texts += [
            "1" * 64,
            "1" * 65,
            "1 " + "😀" * 40,
            "5 __proto__",
            "1e400",
            "-0",
            "1.e3",
            "5 MIN.",
            "5 min .",
            "0,5.5",
        ]
        units = spellings(unit)
        # A range per text that only the number read can lie in tells the browser's number to the last digit.
        readings = [read_number(text, units) for text in texts]
        for text, reading in zip(texts, readings, strict=True):
            if isinstance(reading, float):
                assert str(reading) not in {"nan", "inf"}, text
        judged = page.evaluate(
            """([units, texts, readings]) => texts.map((text, index) => {
                const number = readings[index];
                const names = ["blank", "unreadable", "ambiguous", "unit"];
                const messages = Object.fromEntries([...names, "wrong"].map((name) => [name, name]));
                const low = typeof number === "number" ? number : 0;
                const variant = {low, high: low, mistakes: [], solution: "exactly"};
                const data = {kind: "numeric", units, messages, variants: [variant]};
                return customElements.get("ops-question").mark(data, 0, text).html;
            })""",
            [units, texts, readings],
        )
        expected = [reading if isinstance(reading, str) else "exactly" for reading in readings]
        assert judged == expected
        assert expected.count("exactly") > 500


class TestChoice:
    def test_by_keyboard_alone(self, choice: Page) -> None:
        choice.keyboard.press("Tab")
        choice.keyboard.press("Space")
        expect(choice.get_by_role("radio", name="The first")).to_be_checked()
        choice.keyboard.press("Enter")
        expect(status(choice)).to_contain_text("Not yet")
        expect(status(choice)).to_contain_text("Not the first")
        choice.keyboard.press("ArrowDown")
        expect(status(choice)).to_be_empty()
        choice.keyboard.press("Tab")
        expect(choice.get_by_role("button", name="Check")).to_be_focused()
        choice.keyboard.press("Enter")
        expect(status(choice)).to_contain_text("Right")
        expect(status(choice).locator("math")).to_have_count(1)

    def test_nothing_chosen_is_said_and_not_counted(self, choice: Page) -> None:
        press(choice, "Check")
        expect(status(choice)).to_have_text("Choose an answer first.")
        expect(choice.get_by_role("radio").first).to_be_focused()
        assert choice.evaluate(f"localStorage.getItem({KEY!r})") is None

    def test_the_group_is_named_by_the_question_and_not_by_its_story(self, choice: Page) -> None:
        expect(choice.get_by_role("group")).to_have_accessible_name("Question: Which one is it?")
        expect(choice.get_by_text("Somebody waits.")).to_be_visible()
        expect(choice.get_by_role("radio", name="The second", exact=True)).to_be_visible()

    def test_raw_html_of_the_bank_is_shown_and_not_obeyed(self, choice: Page) -> None:
        choice.get_by_label("The first").check()
        press(choice, "Check")
        expect(status(choice)).to_contain_text("<b>because</b>")

    def test_hints_come_one_by_one_and_are_counted(self, choice: Page) -> None:
        press(choice, "Hint 1 of 2")
        expect(choice.get_by_role("listitem")).to_have_text(["Think."])
        press(choice, "Hint 2 of 2")
        expect(choice.get_by_role("listitem")).to_have_text(["Think.", "Think harder."])
        rest = choice.get_by_role("button", name="All hints shown")
        expect(rest).to_be_focused()
        # It stays where the keyboard is, and says that it rests.
        choice.keyboard.press("Enter")
        expect(choice.get_by_role("listitem")).to_have_count(2)
        expect(rest).to_be_disabled()
        choice.get_by_label("The second").check()
        press(choice, "Check")
        assert kept(choice)["sample/which"]["hints"] == 2
        assert kept(choice)["sample/which"]["mark"] == 1

    def test_the_solution_comes_after_an_attempt(self, choice: Page) -> None:
        solve = choice.get_by_role("button", name="Show the solution")
        expect(solve).to_be_hidden()
        choice.get_by_label("The first").check()
        press(choice, "Check")
        solve.click()
        solution = choice.locator(".ops-solution")
        expect(solution).to_be_visible()
        expect(solution).to_have_text("It is the second.")
        press(choice, "Hide the solution")
        expect(solution).to_be_hidden()

    def test_a_wrong_answer_points_to_its_section_and_a_right_one_needs_none(self, choice: Page) -> None:
        link = status(choice).get_by_role("link", name="Read the section again")
        choice.get_by_label("The first").check()
        press(choice, "Check")
        expect(link).to_have_attribute("href", "#sec")
        choice.get_by_label("The second").check()
        press(choice, "Check")
        expect(link).to_have_count(0)

    def test_right_and_wrong_differ_in_word_and_icon(self, choice: Page) -> None:
        shapes, words = set(), set()
        for name in ("The first", "The second"):
            choice.get_by_label(name).check()
            press(choice, "Check")
            shapes.add(status(choice).locator("path").get_attribute("d"))
            words.add(status(choice).locator("strong").inner_text())
        assert len(shapes) == 2
        assert words == {"Not yet", "Right"}

    def test_the_event_carries_the_record(self, choice: Page) -> None:
        choice.evaluate("document.addEventListener('ops-answer', (event) => { window.told = event.detail; })")
        choice.get_by_label("The third").check()
        press(choice, "Check")
        told = choice.evaluate("window.told")
        assert told.pop("at").endswith("Z")
        assert told == {"id": "sample/which", "seed": 0, "response": "c", "mark": 0, "attempts": 1, "hints": 0}


class TestNumeric:
    def test_right_wrong_and_a_catalogued_mistake_by_keyboard(self, numeric: Page) -> None:
        question = exercises.question("sample/share", seed=0)
        assert isinstance(question, NumericQuestion)
        numeric.keyboard.press("Tab")
        expect(numeric.get_by_role("textbox", name="Your answer (proportion or %)")).to_be_focused()
        for typed, words in (
            ("0.9999", "not the number asked for"),
            (f"{1 - question.answer:.3f}", "This is the rest."),
            ("some", "cannot be read"),
            ("5 min", "Give a proportion"),
            (f"{100 * question.answer:.2f} %".replace(".", ","), question.solution),
        ):
            numeric.keyboard.press("Control+A")
            numeric.keyboard.type(typed)
            numeric.keyboard.press("Enter")
            expect(status(numeric)).to_contain_text(words)
        assert kept(numeric)["sample/share"]["attempts"] == 3

    def test_new_numbers_ask_anew_ten_times_round(self, numeric: Page) -> None:
        variants = banks.variants("sample/share", seed=0)
        assert len(variants) == 10
        type_answer(numeric, "7")
        for variant in [*variants[1:], variants[0]]:
            press(numeric, "New numbers")
            expect(numeric.get_by_role("group")).to_have_accessible_name(f"Question: {variant.prompt}")
            expect(numeric.get_by_role("textbox")).to_have_value("")
            expect(numeric.get_by_role("textbox")).to_be_focused()
            expect(status(numeric)).to_have_text("The question has new numbers.")
            type_answer(numeric, f"{variant.answer:.4f}")  # type: ignore[attr-defined]
            expect(status(numeric)).to_contain_text("Right")
            assert kept(numeric)["sample/share"]["seed"] == variant.seed
            assert kept(numeric)["sample/share"]["attempts"] == 1

    def test_hints_and_solution_of_old_numbers_go_with_them(self, numeric: Page) -> None:
        press(numeric, "Hint 1 of 2")
        type_answer(numeric, "7")
        press(numeric, "Show the solution")
        press(numeric, "New numbers")
        expect(numeric.get_by_role("listitem")).to_have_count(0)
        expect(numeric.locator(".ops-solution")).to_be_hidden()
        expect(numeric.get_by_role("button", name="Hint 1 of 2")).to_be_visible()


class TestProgress:
    def test_an_answer_is_there_again_after_a_reload(self, numeric: Page) -> None:
        type_answer(numeric, "7")
        press(numeric, "New numbers")
        press(numeric, "Hint 1 of 2")
        type_answer(numeric, "0,9")
        press(numeric, "Hint 2 of 2")
        prompt = numeric.get_by_role("group").get_by_text("Present for").inner_text()
        numeric.reload()
        expect(numeric.get_by_role("textbox")).to_have_value("0,9")
        expect(numeric.get_by_role("group").get_by_text("Present for")).to_have_text(prompt)
        expect(status(numeric)).to_contain_text("Not yet")
        expect(numeric.get_by_role("listitem")).to_have_count(2)
        type_answer(numeric, "0,8")
        record = kept(numeric)["sample/share"]
        assert (record["attempts"], record["hints"], record["response"]) == (2, 2, "0,8")

    def test_the_format_is_the_contracts_and_other_answers_stay(self, choice: Page) -> None:
        other = {"seed": 0, "response": "x", "mark": 1, "attempts": 1, "hints": 0, "at": "2025-03-01T10:00:00Z"}
        stored = json.dumps({"format": 1, "answers": {"other/one": other}})
        choice.evaluate("([key, text]) => localStorage.setItem(key, text)", [KEY, stored])
        choice.get_by_label("The second").check()
        press(choice, "Check")
        assert kept(choice)["other/one"] == other
        assert set(kept(choice)["sample/which"]) == set(other)
        assert json.loads(choice.evaluate(f"localStorage.getItem({KEY!r})"))["format"] == 1

    @pytest.mark.parametrize(
        "broken", ["{", "[]", "5", '{"format": 9}', '{"format": 1, "answers": {"sample/which": 3}}']
    )
    def test_broken_progress_does_not_stop_the_page(self, choice: Page, broken: str) -> None:
        choice.evaluate("([key, text]) => localStorage.setItem(key, text)", [KEY, broken])
        choice.reload()
        choice.get_by_label("The second").check()
        press(choice, "Check")
        expect(status(choice)).to_contain_text("Right")
        assert kept(choice)["sample/which"]["mark"] == 1

    def test_with_storage_blocked_everything_works_and_one_note_says_so(
        self, sample: Path, page: Page, open_page: Callable[[str], Page]
    ) -> None:
        assert sample.exists()
        page.add_init_script(
            "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }})"
        )
        open_page(document("sample/which", "sample/share"))
        first, second = page.locator("ops-question").all()
        first.get_by_label("The second").check()
        first.get_by_role("button", name="Check").click()
        expect(first.get_by_role("status")).to_contain_text("Right")
        second.get_by_role("textbox").fill("7")
        second.get_by_role("button", name="Check").click()
        expect(second.get_by_role("status")).to_contain_text("Not yet")
        expect(page.get_by_text("This browser keeps nothing")).to_have_count(1)


class TestEveryReader:
    def test_a_script_that_runs_before_the_markup_is_read_still_serves_it(
        self, sample: Path, open_page: Callable[[str], Page]
    ) -> None:
        assert sample.exists()
        page = open_page(document("sample/which", head=True))
        expect(page.get_by_role("button", name="Check")).to_be_visible()
        expect(page.locator(".ops-key")).to_be_hidden()

    @pytest.mark.parametrize("theme", ["light", "dark"])
    @pytest.mark.parametrize("width", [320, 1280])
    def test_axe_finds_nothing_in_any_state(
        self, sample: Path, open_page: Callable[[str], Page], theme: str, width: int
    ) -> None:
        assert sample.exists()
        page = open_page(document("sample/which", "sample/share", theme=theme))
        page.set_viewport_size({"width": width, "height": 900})
        page.add_style_tag(
            content="main > h1 { color: inherit !important } html[data-theme=dark] h1 { color: #eee !important }"
        )
        assert Axe().run(page).response["violations"] == []
        first, second = page.locator("ops-question").all()
        first.get_by_label("The second").check()
        second.get_by_role("textbox").fill("7")
        for question in (first, second):
            question.get_by_role("button", name="Hint 1").click()
            question.get_by_role("button", name="Check").click()
            question.get_by_role("button", name="Show the solution").click()
        results = Axe().run(page, options={"rules": {"target-size": {"enabled": True}}}).response
        assert results["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    def test_everything_to_press_is_44_pixels_high(self, sample: Path, open_page: Callable[[str], Page]) -> None:
        assert sample.exists()
        page = open_page(document("sample/which", "sample/share"))
        targets = page.locator("button:visible, label:has(input[type=radio]), input[type=text]").all()
        boxes = [box for box in (target.bounding_box() for target in targets) if box]
        assert len(boxes) >= 8
        assert min(box["height"] for box in boxes) >= 44
        assert min(box["width"] for box in boxes) >= 44

    def test_the_focus_is_seen(self, choice: Page) -> None:
        choice.keyboard.press("Tab")
        outline = choice.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"

    def test_nothing_moves(self) -> None:
        assert "transition" not in STYLE
        assert "animation" not in STYLE

    def test_in_forced_colours_the_chosen_option_and_the_buttons_keep_their_borders(self, choice: Page) -> None:
        choice.emulate_media(forced_colors="active")
        choice.get_by_label("The first").check()
        style = "(node) => getComputedStyle(node)"
        chosen = choice.locator(".ops-option").first.evaluate(f"(node) => ({style})(node).outlineStyle")
        button = choice.get_by_role("button", name="Check").evaluate(f"(node) => ({style})(node).borderTopStyle")
        assert (chosen, button) == ("solid", "solid")

    def test_paper_shows_the_question_and_no_feedback(self, numeric: Page) -> None:
        press(numeric, "Hint 1 of 2")
        type_answer(numeric, "7")
        press(numeric, "Show the solution")
        numeric.emulate_media(media="print")
        expect(numeric.get_by_role("group").get_by_text("Present for")).to_be_visible()
        expect(numeric.get_by_role("textbox")).to_be_visible()
        for hidden in (".ops-feedback", ".ops-help", ".ops-actions", ".ops-key", ".ops-hints"):
            expect(numeric.locator(hidden)).to_be_hidden()

    def test_without_javascript_everything_is_there_to_read(self, sample: Path, browser: Browser) -> None:
        assert sample.exists()
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.set_content(document("sample/which", "sample/share"))
        expect(page.get_by_role("radio", name="The second", exact=True)).to_be_visible()
        expect(page.get_by_role("button", name="Check")).to_have_count(0)
        key = page.locator(".ops-key").first
        expect(key.get_by_text("Not the third.")).to_be_hidden()
        key.get_by_text("Answers and feedback").click()
        for words in ("Not the third.", "It is the second.", "Right: The second"):
            expect(key.get_by_text(words)).to_be_visible()
        page.get_by_text("Hint 2").first.click()
        expect(page.get_by_text("Think harder.")).to_be_visible()
        numeric_key = page.locator(".ops-key").nth(1)
        numeric_key.get_by_text("Answers and feedback").click()
        expect(numeric_key.get_by_text("This is the rest.")).to_be_visible()
        # Enter in the field sends the reader nowhere.
        page.get_by_role("textbox").press("Enter")
        expect(page.get_by_text("This is the rest.")).to_be_visible()
        page.emulate_media(media="print")
        expect(key).to_be_hidden()
        context.close()

    def test_script_and_style_weigh_little(self) -> None:
        assert len(gzip.compress((SCRIPT + STYLE).encode(), mtime=0)) <= 15_000


class TestWidget:
    """The anywidget view, with a stand-in for the model that JupyterLab hands it."""

    HARNESS = """async ([code, state]) => {
        const url = URL.createObjectURL(new Blob([code], {type: "text/javascript"}));
        const view = (await import(url)).default;
        const listeners = {};
        window.model = {
            saved: 0,
            get: (name) => state[name],
            set(name, value) {
                state[name] = value;
                (listeners["change:" + name] || []).forEach((each) => each());
            },
            save_changes() { this.saved += 1; window.record = state.record; },
            on: (name, action) => (listeners[name] = listeners[name] || []).push(action),
            off: () => {},
        };
        const el = document.createElement("div");
        document.querySelector("main").append(el);
        view.render({model: window.model, el});
    }"""

    def show(self, page: Page, widget: QuestionWidget) -> None:
        state = {"markup": widget.markup, "record": widget.record, "note": widget.note}
        page.evaluate(self.HARNESS, [str(widget._esm), state])

    @pytest.fixture(autouse=True)
    def progress_file(self, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert sample.exists()
        monkeypatch.setenv("OPSBOOK_PROGRESS", str(tmp_path / "progress.json"))

    def test_an_answer_goes_to_python_and_not_to_the_browsers_storage(self, open_page: Callable[[str], Page]) -> None:
        page = open_page(document())
        widget = QuestionWidget(exercises.question("sample/which"))
        self.show(page, widget)
        page.get_by_label("The first").check()
        press(page, "Check")
        expect(status(page)).to_contain_text("Not the first")
        page.get_by_label("The second").check()
        press(page, "Check")
        expect(status(page)).to_contain_text("Right")
        assert page.evaluate("model.saved") == 2
        assert page.evaluate(f"localStorage.getItem({KEY!r})") is None
        widget.record = page.evaluate("record")
        again = QuestionWidget(exercises.question("sample/which"))
        assert again.record["attempts"] == 2
        fresh = open_page(document())
        self.show(fresh, again)
        expect(fresh.get_by_label("The second")).to_be_checked()
        expect(status(fresh)).to_contain_text("Right")

    def test_a_note_from_python_is_shown(self, open_page: Callable[[str], Page]) -> None:
        page = open_page(document())
        self.show(page, QuestionWidget(exercises.question("sample/which")))
        page.evaluate("model.set('note', 'Progress was not saved: no space.')")
        expect(page.get_by_text("Progress was not saved: no space.")).to_be_visible()
