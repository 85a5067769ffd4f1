"""The <ops-question> element in a real browser: on a page made of its static markup, and inside the widget."""

import gzip
import json
import re
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from opsbook import exercises
from opsbook.exercises import banks, progress
from opsbook.exercises.numeric import NumericQuestion
from opsbook.exercises.order import OrderQuestion
from opsbook.exercises.page import print_key
from opsbook.exercises.widget import QuestionWidget

STATIC = files("opsbook.exercises") / "static"
SCRIPT = (STATIC / "ops-question.js").read_text(encoding="utf-8")
STYLE = (STATIC / "ops-question.css").read_text(encoding="utf-8")
HOME = "http://book.test/"
KEY = "opsbook-progress"


KINDS = ("which", "several", "share", "steps", "offices", "think", "compute")
ALL = tuple(f"sample/{slug}" for slug in KINDS)
FULL = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };"
NO_STORAGE = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }})"


def document(
    *ids: str, theme: str = "light", head: bool = False, exam: bool = False, instructor: bool = False, extra: str = ""
) -> str:
    questions = "".join(
        exercises.markup(each, 0, section_url="#sec", notebook_url="exercise.ipynb", exam=exam, instructor=instructor)
        for each in ids
    )
    script = f"<script>{SCRIPT}</script>"
    background, ink = ("#fff", "#111") if theme == "light" else ("#111", "#eee")
    return (
        f'<!doctype html><html lang="en" data-theme="{theme}"><head><title>A page</title>'
        f'<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        f"<style>body{{background:{background};color:{ink};margin:1rem;font:16px sans-serif}}{STYLE}</style>"
        f'{script if head else ""}</head><body><main><h1 id="sec">Page</h1>{questions}{extra}</main>'
        f"{'' if head else script}</body></html>"
    )


@pytest.fixture
def watched() -> Iterator[Callable[[Page], Callable[[str], Page]]]:
    """Serve documents; whatever a page asks of anybody else, or complains of, fails the test."""
    faults: list[str] = []

    def watch(page: Page) -> Callable[[str], Page]:
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

        return show

    yield watch
    assert faults == []


@pytest.fixture
def open_page(page: Page, watched: Callable[[Page], Callable[[str], Page]]) -> Callable[[str], Page]:
    return watched(page)


@pytest.fixture
def open_touch(browser: Browser, watched: Callable[[Page], Callable[[str], Page]]) -> Iterator[Callable[[str], Page]]:
    """Open a document as a phone does."""
    context = browser.new_context(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 700})
    yield watched(context.new_page())
    context.close()


@pytest.fixture
def choice(full_sample: Path, open_page: Callable[[str], Page]) -> Page:
    assert full_sample.exists()
    return open_page(document("sample/which"))


@pytest.fixture
def choices(full_sample: Path, open_page: Callable[[str], Page]) -> Page:
    assert full_sample.exists()
    return open_page(document("sample/several"))


@pytest.fixture
def numeric(full_sample: Path, open_page: Callable[[str], Page]) -> Page:
    assert full_sample.exists()
    return open_page(document("sample/share"))


@pytest.fixture
def order(full_sample: Path, open_page: Callable[[str], Page]) -> Page:
    assert full_sample.exists()
    return open_page(document("sample/steps"))


@pytest.fixture
def match(full_sample: Path, open_page: Callable[[str], Page]) -> Page:
    assert full_sample.exists()
    return open_page(document("sample/offices"))


@pytest.fixture
def reflect(full_sample: Path, open_page: Callable[[str], Page]) -> Page:
    assert full_sample.exists()
    return open_page(document("sample/think"))


@pytest.fixture
def code(full_sample: Path, open_page: Callable[[str], Page]) -> Page:
    assert full_sample.exists()
    return open_page(document("sample/compute"))


@pytest.fixture
def everything(full_sample: Path, open_page: Callable[[str], Page]) -> Page:
    assert full_sample.exists()
    return open_page(document(*ALL))


def status(page: Page) -> Locator:
    return page.get_by_role("status")


def press(page: Page | Locator, name: str) -> None:
    page.get_by_role("button", name=name).click()


def type_answer(page: Page, text: str) -> None:
    page.get_by_role("textbox").fill(text)
    press(page, "Check")


def shown(page: Page) -> list[str]:
    """Return the steps as they stand."""
    return [text.strip() for text in page.locator(".ops-text").all_inner_texts()]


def mover(page: Page, way: str, text: str) -> Locator:
    return page.get_by_role("button", name=f"Move {way}: {text}")


def arrange(page: Page, wanted: list[str]) -> None:
    """Bring the steps into an order with their buttons."""
    for place, text in enumerate(wanted):
        for _ in range(shown(page).index(text) - place):
            mover(page, "up", text).click()


def placed(page: Page, item: str, group: str) -> Locator:
    return page.get_by_role("group", name=item, exact=True).get_by_role("radio", name=group)


def attempt(page: Page) -> None:
    """Answer a question of every kind, none of them in full."""
    page.get_by_label("The first").check()
    page.get_by_label("Waiting in line").check()
    page.locator("#q-sample-share").get_by_role("textbox").fill("7")
    mover(page, "up", "She signs").click()
    placed(page, "Greet", "Front office").check()
    page.locator("#q-sample-think").get_by_role("textbox").fill("At the bank, for my card.")
    for name in ("Check", "Keep"):
        for button in page.get_by_role("button", name=name).all():
            button.click()


def kept(page: Page) -> dict[str, Any]:
    return json.loads(page.evaluate(f"localStorage.getItem({KEY!r})"))["answers"]  # type: ignore[no-any-return]


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
        expect(choice.locator("fieldset")).to_have_accessible_name("Question: Which one is it?")
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

    def test_the_solution_is_offered_last_and_opens_and_closes(self, choice: Page) -> None:
        solve = choice.get_by_role("button", name="Show the solution")
        expect(choice.get_by_role("button").last).to_have_text("Show the solution")
        expect(solve).to_have_attribute("aria-expanded", "false")
        solve.click()
        solution = choice.locator(".ops-solution")
        expect(solution).to_be_visible()
        expect(solution).to_have_text("It is the second.")
        press(choice, "Hide the solution")
        expect(solution).to_be_hidden()

    def test_what_a_press_makes_appear_comes_into_sight_and_the_focus_stays(self, choice: Page) -> None:
        choice.set_viewport_size({"width": 320, "height": 260})
        choice.add_style_tag(content="html { scroll-behavior: smooth }")
        choice.get_by_label("The first").check()
        for name, then, appeared in (
            ("Check", "Check", ".ops-feedback"),
            ("Hint 1 of 2", "Hint 2 of 2", ".ops-ladder li:last-child"),
            ("Hint 2 of 2", "All hints shown", ".ops-ladder li:last-child"),
            ("Show the solution", "Hide the solution", ".ops-solution"),
        ):
            choice.get_by_role("button", name=name).focus()
            button = choice.get_by_role("button", name=name).bounding_box()
            assert button
            choice.evaluate("([by]) => scrollBy({top: by, behavior: 'instant'})", [button["y"] - 210])
            choice.keyboard.press("Enter")
            expect(choice.locator(appeared)).to_be_in_viewport(ratio=1)
            expect(choice.get_by_role("button", name=then)).to_be_focused()

    def test_nothing_scrolls_on_return(self, choice: Page) -> None:
        choice.set_viewport_size({"width": 320, "height": 260})
        choice.get_by_label("The first").check()
        press(choice, "Hint 1 of 2")
        press(choice, "Check")
        choice.goto("about:blank")
        choice.goto(HOME)
        expect(status(choice)).to_contain_text("Not the first")
        assert choice.evaluate("scrollY") == 0

    def test_hints_stand_above_the_message_and_the_solution_below_it(self, choice: Page) -> None:
        press(choice, "Hint 1 of 2")
        choice.get_by_label("The first").check()
        press(choice, "Check")
        press(choice, "Show the solution")
        hints = choice.get_by_role("list", name="Hints").bounding_box()
        message = status(choice).bounding_box()
        solution = choice.get_by_role("group", name="Solution").bounding_box()
        assert hints
        assert message
        assert solution
        assert hints["y"] < message["y"] < solution["y"]

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

    def test_a_solution_that_the_message_says_is_not_offered_again(self, numeric: Page) -> None:
        solve = numeric.get_by_role("button", name="Show the solution")
        solve.click()
        type_answer(numeric, "0.3")
        expect(numeric.get_by_text("12 ÷ 40 = 0.300.").locator("visible=true")).to_have_count(1)
        expect(numeric.get_by_role("button", name="the solution")).to_have_count(0)
        numeric.reload()
        expect(status(numeric)).to_contain_text("12 ÷ 40 = 0.300.")
        expect(solve).to_have_count(0)
        numeric.get_by_role("textbox").fill("0.4")
        expect(solve).to_be_visible()
        press(numeric, "Check")
        expect(solve).to_be_visible()

    def test_new_numbers_ask_anew_ten_times_round(self, numeric: Page) -> None:
        variants = banks.variants("sample/share", seed=0)
        assert len(variants) == 10
        type_answer(numeric, "7")
        for variant in [*variants[1:], variants[0]]:
            press(numeric, "New numbers")
            expect(numeric.locator("fieldset")).to_have_accessible_name(f"Question: {variant.prompt}")
            first_words = " ".join(variant.prompt.split()[:8])
            expect(numeric.locator("ops-question")).to_have_accessible_name(f"Question: {first_words} …")
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


class TestChoices:
    def test_by_keyboard_alone(self, choices: Page) -> None:
        for _ in range(5):
            choices.keyboard.press("Tab")
            name = choices.evaluate("document.activeElement.closest('label').innerText")
            if name != "Posting the card":
                choices.keyboard.press("Space")
        choices.keyboard.press("Enter")
        expect(status(choices)).to_contain_text("Partly right: 67%")
        expect(status(choices)).to_contain_text("Look where she is.")
        choices.keyboard.press("Shift+Tab")
        expect(status(choices)).to_contain_text("Partly right")
        choices.get_by_label("Printing the card").focus()
        choices.keyboard.press("Space")
        expect(status(choices)).to_be_empty()
        choices.keyboard.press("Enter")
        expect(status(choices)).to_contain_text("Right")
        expect(status(choices)).to_contain_text("Her clock runs.")
        assert sorted(kept(choices)["sample/several"]["response"]) == ["queue", "talk", "watch"]

    def test_it_says_that_several_answers_may_be_right(self, choices: Page) -> None:
        expect(choices.locator("fieldset")).to_have_accessible_name(
            "Question: Which of these have the customer in the system? Choose every answer that fits."
        )
        expect(choices.get_by_role("checkbox")).to_have_count(5)

    def test_what_is_missing_is_counted_and_leads_back_to_the_section(self, choices: Page) -> None:
        choices.get_by_label("Looking on").check()
        press(choices, "Check")
        expect(status(choices)).to_contain_text("Partly right: 33%")
        expect(status(choices)).to_contain_text("2 answers that belong are missing.")
        expect(status(choices).get_by_role("link", name="Read the section again")).to_be_visible()
        assert kept(choices)["sample/several"]["mark"] == pytest.approx(1 / 3)

    def test_nothing_chosen_is_said_and_not_counted(self, choices: Page) -> None:
        press(choices, "Check")
        expect(status(choices)).to_have_text("Choose at least one answer first.")
        assert choices.evaluate(f"localStorage.getItem({KEY!r})") is None


RIGHT_ORDER = ["She arrives", "She waits", "She talks", "She signs", "She leaves"]


class TestOrder:
    def test_by_keyboard_alone_with_the_focus_on_what_moves(self, order: Page) -> None:
        before = shown(order)
        third = before[2]
        for _ in range(6):
            order.keyboard.press("Tab")
        expect(mover(order, "down", third)).to_be_focused()
        order.keyboard.press("Shift+Tab")
        expect(mover(order, "up", third)).to_be_focused()
        order.keyboard.press("Enter")
        expect(mover(order, "up", third)).to_be_focused()
        order.keyboard.press("Space")
        expect(mover(order, "up", third)).to_be_focused()
        assert shown(order) == [third, before[0], before[1], *before[3:]]
        # At the top the button rests, and keeps the focus.
        expect(mover(order, "up", third)).to_be_disabled()
        order.keyboard.press("Enter")
        assert shown(order)[0] == third
        expect(mover(order, "up", third)).to_be_focused()

    def test_a_move_is_announced(self, order: Page) -> None:
        live = order.locator(".ops-live")
        expect(live).to_have_attribute("aria-live", "polite")
        arrange(order, RIGHT_ORDER)
        mover(order, "down", "She waits").click()
        expect(live).to_have_text("She waits is now step 3 of 5.")

    def test_every_verdict(self, order: Page) -> None:
        press(order, "Check")
        expect(status(order)).to_have_text("Put the steps in order first.")
        expect(order.locator(".ops-move:focus")).to_have_count(1)
        assert order.evaluate(f"localStorage.getItem({KEY!r})") is None
        for wanted, verdict, words in (
            (["She leaves", "She signs", "She talks", "She waits", "She arrives"], "Not yet", "Papers do not come"),
            (
                ["She waits", "She arrives", "She talks", "She signs", "She leaves"],
                "Partly right: 80%",
                "Only one step",
            ),
            (
                ["She arrives", "She talks", "She waits", "She leaves", "She signs"],
                "Partly right: 60%",
                "second is not",
            ),
            (RIGHT_ORDER, "Right", "Arrive, wait, talk, sign, leave."),
        ):
            arrange(order, wanted)
            expect(status(order)).to_be_empty()
            press(order, "Check")
            expect(status(order).locator("strong").first).to_have_text(verdict)
            expect(status(order)).to_contain_text(words)
        assert kept(order)["sample/steps"]["response"] == ["arrive", "wait", "talk", "sign", "leave"]
        assert kept(order)["sample/steps"]["attempts"] == 4

    @pytest.mark.parametrize(("width", "below"), [(390, True), (480, True), (900, False)])
    def test_on_a_narrow_screen_the_buttons_stand_below_the_text(self, order: Page, width: int, *, below: bool) -> None:
        order.set_viewport_size({"width": width, "height": 700})
        step = order.locator(".ops-steps > li").first
        text, movers = step.locator(".ops-text").bounding_box(), step.locator(".ops-movers").bounding_box()
        handle = step.locator(".ops-handle").bounding_box()
        assert text
        assert movers
        assert handle
        assert (movers["y"] >= text["y"] + text["height"] - 1) == below
        assert text["y"] < handle["y"] + handle["height"] / 2
        assert text["width"] >= 200

    def drag(self, page: Page, text: str, *, to: str) -> None:
        handle = page.locator(".ops-steps > li", has_text=text).locator(".ops-handle").bounding_box()
        target = page.locator(".ops-steps > li", has_text=to).bounding_box()
        assert handle
        assert target
        x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 3, target["y"] + target["height"] / 2 + (5 if target["y"] > y else -5), steps=8)

    def test_by_dragging_with_the_mouse(self, order: Page) -> None:
        before = shown(order)
        self.drag(order, before[0], to=before[3])
        expect(order.locator("li[data-dragged]")).to_have_count(1)
        order.mouse.up()
        assert shown(order) == [*before[1:4], before[0], before[4]]
        expect(order.locator(".ops-live")).to_have_text(f"{before[0]} is now step 4 of 5.")
        expect(order.locator("li[data-dragged]")).to_have_count(0)
        after = shown(order)
        self.drag(order, after[4], to=after[0])
        order.mouse.up()
        assert shown(order) == [after[4], *after[:4]]
        # What was let go stays where it is.
        order.mouse.move(5, 5)
        assert shown(order) == [after[4], *after[:4]]
        expect(mover(order, "up", after[4])).to_be_disabled()
        expect(mover(order, "up", after[0])).to_be_enabled()

    def test_escape_takes_a_drag_back(self, order: Page) -> None:
        before = shown(order)
        self.drag(order, before[0], to=before[3])
        order.keyboard.press("Escape")
        assert shown(order) == before
        order.mouse.up()
        assert shown(order) == before
        expect(order.locator(".ops-live")).to_be_empty()
        press(order, "Check")
        expect(status(order)).to_have_text("Put the steps in order first.")

    def test_another_button_of_the_mouse_drags_nothing(self, order: Page) -> None:
        order.locator(".ops-handle").first.dispatch_event("pointerdown", {"button": 2, "isPrimary": True})
        expect(order.locator("li[data-dragged]")).to_have_count(0)

    def test_by_touch_without_scrolling_the_page(self, full_sample: Path, open_touch: Callable[[str], Page]) -> None:
        assert full_sample.exists()
        page = open_touch(document("sample/steps", extra="<p style='height:200vh'>Long</p>"))
        before = shown(page)
        first = page.locator(".ops-handle").first.bounding_box()
        third = page.locator(".ops-handle").nth(2).bounding_box()
        assert first
        assert third
        session = page.context.new_cdp_session(page)

        def touch(kind: str, *points: tuple[float, float]) -> None:
            touches = [{"x": x, "y": y} for x, y in points]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

        x, y = first["x"] + 20, first["y"] + 20
        touch("touchStart", (x, y))
        for part in range(1, 9):
            touch("touchMove", (x, y + (third["y"] + 30 - first["y"]) * part / 8))
        touch("touchEnd")
        assert shown(page) == [before[1], before[2], before[0], *before[3:]]
        assert page.evaluate("scrollY") == 0
        expect(page.locator(".ops-live")).to_have_text(f"{before[0]} is now step 3 of 5.")

    @pytest.mark.parametrize(
        ("style", "position"),
        [
            ("html{scroll-behavior:smooth}", "scrollY"),
            ("main{height:200px;overflow:auto}", "document.querySelector('main').scrollTop"),
        ],
    )
    def test_a_step_held_near_an_edge_is_carried_to_the_end_of_a_long_list(
        self, full_sample: Path, page: Page, open_page: Callable[[str], Page], style: str, position: str
    ) -> None:
        assert full_sample.exists()
        page.set_viewport_size({"width": 390, "height": 250})
        tall = f"<style>{style} .ops-steps>li{{height:90px}}</style><p style='height:200vh'>Long</p>"
        open_page(document("sample/steps", extra=tall))
        start = shown(page)
        page.locator(".ops-handle").first.scroll_into_view_if_needed()
        top = page.locator(".ops-handle").first.bounding_box()
        assert top
        x, y = top["x"] + 20, top["y"] + 20
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x, 245, steps=3)
        expect(page.locator(".ops-steps > li").last).to_have_text(re.compile(re.escape(start[0])))
        # With no step left to pass, the page stands still, and the step in sight.
        page.wait_for_timeout(400)
        far = page.evaluate(position)
        assert far > 100
        expect(page.locator("[data-dragged]")).to_be_in_viewport()
        page.wait_for_timeout(400)
        assert page.evaluate(position) == far
        page.mouse.move(x, 5, steps=3)
        expect(page.locator(".ops-steps > li").first).to_have_text(re.compile(re.escape(start[0])))
        assert page.evaluate(position) < far
        page.mouse.move(x, 245, steps=3)
        page.keyboard.press("Escape")
        assert shown(page) == start
        still = page.evaluate(position)
        page.wait_for_timeout(400)
        assert page.evaluate(position) == still
        page.mouse.up()
        expect(page.locator(".ops-live")).to_be_empty()

    def test_a_press_on_a_handle_near_the_edge_scrolls_nothing(self, order: Page) -> None:
        order.set_viewport_size({"width": 390, "height": 250})
        order.evaluate("scrollTo(0, document.querySelectorAll('.ops-handle')[2].getBoundingClientRect().bottom - 250)")
        before, still = shown(order), order.evaluate("scrollY")
        handle = order.locator(".ops-handle").nth(2).bounding_box()
        assert handle
        order.mouse.move(handle["x"] + 20, handle["y"] + 20)
        order.mouse.down()
        order.wait_for_timeout(400)
        assert order.evaluate("scrollY") == still
        order.mouse.up()
        assert shown(order) == before

    def test_a_pointer_that_is_lost_drops_the_step_where_it_is(self, order: Page) -> None:
        before = shown(order)
        self.drag(order, before[0], to=before[3])
        order.evaluate("""() => {
            const handle = document.querySelector("[data-dragged] .ops-handle");
            for (let id = 0; id < 99; id += 1) if (handle.hasPointerCapture(id)) handle.releasePointerCapture(id);
        }""")
        order.mouse.move(5, 5)
        assert shown(order) == [*before[1:4], before[0], before[4]]
        expect(order.locator("[data-dragged]")).to_have_count(0)
        expect(order.locator(".ops-live")).to_have_text(f"{before[0]} is now step 4 of 5.")
        order.mouse.up()

    @pytest.mark.parametrize("action", ["use(0)", "reveal()", "response = []"])
    def test_what_is_asked_afresh_or_ended_is_no_longer_dragged(self, order: Page, action: str) -> None:
        before = shown(order)
        self.drag(order, before[0], to=before[3])
        order.evaluate(f"document.querySelector('ops-question').{action}")
        expect(order.locator("[data-dragged]")).to_have_count(0)
        order.mouse.move(5, 600)
        order.mouse.up()
        assert shown(order) == before
        assert order.evaluate("document.querySelector('ops-question').response") == []

    def test_a_step_that_is_taken_out_of_the_page_is_let_go(self, order: Page) -> None:
        before = shown(order)
        self.drag(order, before[0], to=before[3])
        order.evaluate("""() => {
            const question = document.querySelector("ops-question");
            question.remove();
            setTimeout(() => document.querySelector("main").append(question), 50);
        }""")
        order.mouse.move(5, 5)
        expect(order.locator(".ops-steps > li")).to_have_count(5)
        expect(order.locator("[data-dragged]")).to_have_count(0)
        order.mouse.up()


class TestMatch:
    def test_by_keyboard_alone(self, match: Page) -> None:
        names = match.locator(".ops-item legend").all_inner_texts()
        assert sorted(names) == ["Advise", "File papers", "Greet", "Write the bill"]
        for name in names:
            match.keyboard.press("Tab")
            match.keyboard.press("Space")
            expect(placed(match, name, "Front office")).to_be_checked()
            if name in {"File papers", "Write the bill"}:
                match.keyboard.press("ArrowRight")
                expect(placed(match, name, "Back office")).to_be_checked()
        match.keyboard.press("Enter")
        expect(status(match)).to_contain_text("Right")
        assert kept(match)["sample/offices"]["response"] == {
            "greet": "front",
            "advise": "front",
            "file": "back",
            "bill": "back",
        }

    def test_what_is_misplaced_and_unplaced_is_counted_and_one_is_named(self, match: Page) -> None:
        press(match, "Check")
        expect(status(match)).to_have_text("Choose a group for each item first.")
        placed(match, "Greet", "Back office").check()
        placed(match, "Advise", "Front office").check()
        press(match, "Check")
        expect(status(match)).to_contain_text("Partly right: 1 of 4")
        expect(status(match)).to_contain_text("2 items have no group yet.")
        expect(status(match)).to_contain_text("Greet: Whom would you greet there?")
        assert kept(match)["sample/offices"]["mark"] == 0.25

    def test_on_a_phone_the_choices_stand_in_columns(self, match: Page) -> None:
        match.set_viewport_size({"width": 390, "height": 700})
        match.evaluate(
            "for (const each of document.querySelectorAll('.ops-options')) each.append(...each.cloneNode(1).children)"
        )
        rows: dict[float, list[float]] = {}
        for option in match.locator(".ops-options").first.locator(".ops-option").all():
            box = option.bounding_box()
            assert box
            rows.setdefault(box["y"], []).append(box["x"])
        assert [len(row) for row in rows.values()] == [2, 2]
        assert len({tuple(row) for row in rows.values()}) == 1

    def test_the_choices_stand_beside_the_item_where_there_is_room_and_below_it_on_a_phone(self, match: Page) -> None:
        def beside() -> bool:
            item = match.locator(".ops-item legend").first.bounding_box()
            options = match.locator(".ops-item .ops-options").first.bounding_box()
            assert item
            assert options
            return options["y"] < item["y"] + item["height"]

        match.set_viewport_size({"width": 1000, "height": 700})
        assert beside()
        match.set_viewport_size({"width": 320, "height": 700})
        assert not beside()


class TestReflect:
    def test_by_keyboard_alone_and_the_model_answer_comes_after_ones_own(self, reflect: Page) -> None:
        model = reflect.get_by_role("button", name="Show the model answer")
        expect(model).to_be_hidden()
        reflect.keyboard.press("Tab")
        reflect.keyboard.type("At the bank.\nFor my card.")
        reflect.keyboard.press("Tab")
        expect(reflect.get_by_role("button", name="Keep")).to_be_focused()
        reflect.keyboard.press("Enter")
        expect(status(reflect)).to_contain_text("Kept. There is no mark for this")
        reflect.keyboard.press("Tab")
        expect(model).to_be_focused()
        reflect.keyboard.press("Enter")
        expect(reflect.locator(".ops-solution")).to_have_text(
            "A good answer names the step and the one who decides on it."
        )
        record = kept(reflect)["sample/think"]
        assert record["response"] == "At the bank.\nFor my card."
        # What was kept on leaving the field is not kept a second time.
        assert (record["mark"], record["attempts"]) == (1, 1)

    def test_blank_is_said_and_not_kept(self, reflect: Page) -> None:
        reflect.get_by_role("textbox").fill("  ")
        press(reflect, "Keep")
        expect(status(reflect)).to_have_text("Write something first.")
        expect(reflect.get_by_role("textbox")).to_be_focused()
        assert reflect.evaluate(f"localStorage.getItem({KEY!r})") is None

    def test_it_is_kept_when_the_field_loses_the_focus_and_nothing_on_the_page_moves(self, reflect: Page) -> None:
        height = reflect.evaluate("document.documentElement.scrollHeight")
        reflect.get_by_role("textbox").click()
        reflect.keyboard.type("One")
        reflect.locator("h1").click()
        assert kept(reflect)["sample/think"]["response"] == "One"
        assert reflect.evaluate("document.documentElement.scrollHeight") == height
        reflect.get_by_role("textbox").fill("One and two")
        reflect.locator("h1").click()
        assert kept(reflect)["sample/think"]["response"] == "One and two"
        assert kept(reflect)["sample/think"]["attempts"] == 2

    def test_it_is_kept_when_the_reader_leaves_from_within_the_field(self, reflect: Page) -> None:
        reflect.get_by_role("textbox").press_sequentially("Still writing")
        reflect.reload()
        expect(reflect.get_by_role("textbox")).to_have_value("Still writing")

    def test_the_field_grows_with_the_text(self, reflect: Page) -> None:
        field = reflect.get_by_role("textbox")
        before = field.bounding_box()
        reflect.set_viewport_size({"width": 800, "height": 1200})
        field.fill("A line.\n" * 25)
        after = field.bounding_box()
        assert before
        assert after
        assert after["height"] > before["height"] + 300
        assert field.evaluate("(area) => area.scrollHeight <= area.clientHeight + 1")

    def test_a_long_text_scrolls_in_its_field_and_leaves_the_buttons_in_sight(self, reflect: Page) -> None:
        reflect.set_viewport_size({"width": 390, "height": 700})
        field = reflect.get_by_role("textbox")
        field.fill("A line.\n" * 200)
        height = field.evaluate("(area) => area.offsetHeight")
        assert 400 <= height <= 420
        assert field.evaluate("(area) => { area.scrollTop = 1e6; return area.scrollTop; }") > 1000

    @pytest.mark.parametrize(
        ("script", "why"),
        [
            (NO_STORAGE, "This browser keeps nothing for this page, so answers last until you leave it."),
            (
                f"if (localStorage.setItem) {{ localStorage.setItem('other', 'x'); {FULL} }}",
                "This browser has no room left for this page, so new answers last until you leave it.",
            ),
        ],
    )
    def test_what_cannot_be_kept_is_said_before_it_is_lost(
        self, full_sample: Path, page: Page, open_page: Callable[[str], Page], script: str, why: str
    ) -> None:
        assert full_sample.exists()
        page.add_init_script(script)
        open_page(document("sample/think", "sample/which"))
        page.get_by_label("The second").check()
        press(page.locator("#q-sample-which"), "Check")
        page.get_by_role("textbox").fill("At the bank.")
        for _ in range(2):
            press(page, "Keep")
            expect(page.locator("#q-sample-think").get_by_role("status")).to_have_text(
                "Not kept. Copy your text to another place before you leave; here it would be lost."
            )
        press(page, "Show the model answer")
        expect(page.get_by_text(why)).to_have_count(1)
        expect(page.locator(".ops-note")).to_have_count(1)

    def test_once_there_is_room_again_it_is_kept(self, reflect: Page) -> None:
        reflect.evaluate(f"() => {{ window.setItem = Storage.prototype.setItem; {FULL} }}")
        reflect.get_by_role("textbox").fill("At the bank.")
        press(reflect, "Keep")
        expect(status(reflect)).to_contain_text("Not kept.")
        reflect.evaluate("() => { Storage.prototype.setItem = window.setItem; }")
        press(reflect, "Keep")
        expect(status(reflect)).to_contain_text("Kept. There is no mark for this")
        assert kept(reflect)["sample/think"]["attempts"] == 1


class TestCode:
    def test_the_page_shows_the_task_the_way_to_its_notebook_and_the_solution(self, code: Page) -> None:
        expect(code.locator(".ops-stem")).to_have_text("Write share(present, total).")
        expect(code.get_by_role("link", name="Download the notebook")).to_have_attribute("href", "exercise.ipynb")
        expect(code.get_by_role("button", name="Check")).to_have_count(0)
        press(code, "Show the solution")
        expect(code.locator(".ops-solution pre")).to_contain_text("return present / total")

    def test_no_test_stands_in_the_page(self, code: Page) -> None:
        told = code.locator("main").inner_html()
        assert "return present" in told
        assert "== 0.75" not in told
        assert "Nobody there" not in told


class TestExam:
    @pytest.fixture
    def exam(self, full_sample: Path, open_page: Callable[[str], Page]) -> Page:
        assert full_sample.exists()
        return open_page(document(*ALL[:5], exam=True))

    def test_nothing_helps_and_nothing_is_kept_or_loaded(self, exam: Page) -> None:
        record = {"seed": 0, "response": "b", "mark": 1, "attempts": 1, "hints": 0, "at": "2025-03-01T10:00:00Z"}
        stored = json.dumps({"format": 1, "answers": {"sample/which": record}})
        exam.evaluate("([key, text]) => localStorage.setItem(key, text)", [KEY, stored])
        exam.reload()
        expect(exam.get_by_role("radio", checked=True)).to_have_count(0)
        exam.get_by_label("The first").check()
        exam.keyboard.press("Enter")
        expect(exam.locator(".ops-actions, .ops-hints, .ops-key, [role=status]")).to_have_count(0)
        expect(exam.get_by_text("Not the first")).to_have_count(0)
        assert kept(exam) == {"sample/which": record}

    def test_every_change_is_told(self, exam: Page) -> None:
        exam.evaluate("""() => {
            window.told = {};
            document.addEventListener("ops-change", ({detail}) => { told[detail.id] = detail.response; });
        }""")
        exam.get_by_label("The first").check()
        exam.get_by_label("Looking on").check()
        exam.get_by_role("textbox").fill("0.3")
        mover(exam, "up", "She leaves").click()
        placed(exam, "Greet", "Back office").check()
        told = exam.evaluate("told")
        assert told.pop("sample/steps") == exam.evaluate("document.querySelector('#q-sample-steps').response")
        assert told == {
            "sample/which": "a",
            "sample/several": ["watch"],
            "sample/share": "0.3",
            "sample/offices": {"greet": "back"},
        }

    def test_what_was_answered_is_judged_at_the_end_with_every_rationale(self, exam: Page) -> None:
        exam.get_by_label("Looking on").check()
        expect(exam.get_by_text("She left.")).to_have_count(0)
        marks = exam.evaluate("[...document.querySelectorAll('ops-question')].map((each) => each.reveal().mark)")
        assert marks == [0, pytest.approx(1 / 3), 0, 0, 0]
        several = exam.locator("#q-sample-several")
        expect(several).to_contain_text("Partly right: 33%")
        expect(several.get_by_text("She left.")).to_have_count(2)
        expect(several.get_by_label("Looking on")).to_be_disabled()
        expect(several.get_by_label("Looking on")).to_be_checked()
        steps = exam.locator("#q-sample-steps")
        expect(steps).to_contain_text("Not answered")
        expect(steps.locator(".ops-solution ol").first.locator("li")).to_have_text(RIGHT_ORDER)
        expect(steps.get_by_role("button")).to_have_count(0)
        # Of an order, the foreseen mistakes are not listed as if they had been made.
        expect(steps.locator(".ops-solution")).not_to_contain_text("Papers do not come first.")
        expect(exam.locator("#q-sample-share .ops-solution")).to_contain_text("12 ÷ 40 = 0.300.")

    def test_at_the_end_the_reasons_follow_the_options_and_mark_ones_own(self, exam: Page) -> None:
        several = exam.locator("#q-sample-several")
        several.evaluate("(each) => each.arrange(['print', 'talk', 'watch', 'queue', 'post'])")
        exam.get_by_label("Looking on").check()
        exam.get_by_label("Posting the card").check()
        several.evaluate("(each) => each.reveal()")
        expect(several.locator(".ops-solution li p strong")).to_have_text(
            ["Not right:", "Right:", "Your answer. Right:", "Right:", "Your answer. Not right:"]
        )
        expect(several.locator(".ops-solution li").nth(2)).to_contain_text("Looking on")

    def test_at_the_end_an_item_s_reason_stands_only_where_it_was_misplaced(self, exam: Page) -> None:
        for item, group in (("Greet", "Back"), ("Advise", "Back"), ("Write the bill", "Back")):
            placed(exam, item, group).check()
        offices = exam.locator("#q-sample-offices")
        offices.evaluate("(each) => each.reveal()")
        for reason in ("Whom would you greet there?", "Advice has somebody who asks."):
            expect(offices.get_by_text(reason)).to_have_count(1)
        expect(offices.get_by_text("A bill can wait")).to_have_count(0)
        expect(offices.get_by_text("Papers need nobody")).to_have_count(0)

    def test_at_the_end_a_solution_is_not_said_twice(self, exam: Page) -> None:
        exam.get_by_role("textbox").fill("0.3")
        share = exam.locator("#q-sample-share")
        share.evaluate("(each) => each.reveal()")
        expect(share.get_by_text("12 ÷ 40 = 0.300.")).to_have_count(1)
        expect(share.locator(".ops-feedback")).to_have_text("Right")

    def test_variants_and_arrangements_are_shown_as_told(self, exam: Page) -> None:
        shares = banks.variants("sample/share", seed=0)
        exam.evaluate("document.querySelector('#q-sample-share').use(3)")
        expect(exam.get_by_text(shares[3].prompt)).to_be_visible()
        exam.evaluate("document.querySelector('#q-sample-which').arrange(['c', 'a', 'b'])")
        assert exam.locator("#q-sample-which label").all_inner_texts() == ["The third", "The first", "The second"]
        exam.evaluate("document.querySelector('#q-sample-offices').arrange(['bill', 'greet', 'file', 'advise'])")
        assert exam.locator(".ops-item legend").all_inner_texts() == [
            "Write the bill",
            "Greet",
            "File papers",
            "Advise",
        ]

    def test_steps_are_never_arranged_right_and_start_unmoved(self, exam: Page) -> None:
        steps = exam.evaluate_handle("document.querySelector('#q-sample-steps')")
        steps.evaluate("(each) => { each.response = ['leave', 'arrive', 'wait', 'talk', 'sign']; }")
        assert shown(exam)[0] == "She leaves"
        steps.evaluate("(each) => each.arrange(['arrive', 'wait', 'talk', 'sign', 'leave'])")
        assert shown(exam) == [*RIGHT_ORDER[1:], RIGHT_ORDER[0]]
        assert steps.evaluate("(each) => each.response") == []
        expect(mover(exam, "up", "She waits")).to_be_disabled()

    @pytest.mark.parametrize(
        ("slug", "response", "blank"),
        [
            ("which", "b", ""),
            ("several", ["queue", "post"], []),
            ("share", "0,3", ""),
            ("steps", ["leave", "arrive", "wait", "talk", "sign"], []),
            ("offices", {"greet": "back", "bill": "front"}, {}),
        ],
    )
    def test_a_response_can_be_filled_in_again(self, exam: Page, slug: str, response: Any, blank: Any) -> None:
        set_and_get = """([id, response]) => {
            const question = document.querySelector(id);
            question.response = response;
            return question.response;
        }"""
        got = exam.evaluate(set_and_get, [f"#q-sample-{slug}", response])
        assert (sorted(got) if slug == "several" else got) == (sorted(response) if slug == "several" else response)
        for broken in (None, 5, {} if slug != "offices" else [], ["nothing"] if slug == "steps" else None):
            assert exam.evaluate(set_and_get, [f"#q-sample-{slug}", broken]) == blank


class TestProgress:
    def test_an_answer_is_there_again_after_a_reload(self, numeric: Page) -> None:
        type_answer(numeric, "7")
        press(numeric, "New numbers")
        press(numeric, "Hint 1 of 2")
        type_answer(numeric, "0,9")
        press(numeric, "Hint 2 of 2")
        prompt = numeric.locator("legend").get_by_text("Present for").inner_text()
        numeric.reload()
        expect(numeric.get_by_role("textbox")).to_have_value("0,9")
        expect(numeric.locator("legend").get_by_text("Present for")).to_have_text(prompt)
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
        # What could not be read, a later version's file perhaps, is kept aside.
        readable = broken.startswith('{"format": 1')
        assert choice.evaluate(f"localStorage.getItem({KEY + '-set-aside'!r})") == (None if readable else broken)

    def test_every_kind_is_there_again_after_a_reload(self, everything: Page) -> None:
        attempt(everything)
        states = """[...document.querySelectorAll("ops-question")].map(
            (each) => [each.response, each.querySelector("form").innerText, each.feedback.innerText])"""
        before = everything.evaluate(states)
        assert set(kept(everything)) == {*ALL} - {"sample/compute"}
        everything.reload()
        after = everything.evaluate(states)
        assert after == before
        assert after[-2][0] == "At the bank, for my card."

    @pytest.mark.parametrize("response", [None, 7, "text", "", [], ["arrive"], {"greet": 5}, {"bill": "nowhere"}, [[]]])
    def test_a_response_that_cannot_be_read_leaves_the_question_as_new(
        self, everything: Page, response: object
    ) -> None:
        record = {"seed": 0, "response": response, "mark": 1, "attempts": "x", "hints": "many", "at": "then"}
        stored = {"format": 1, "answers": {each: record for each in ALL if each != "sample/think"}}
        # Any text is an answer to reflect on, and no number.
        if response != "text":
            stored["answers"]["sample/think"] = record
        everything.evaluate("([key, text]) => localStorage.setItem(key, text)", [KEY, json.dumps(stored)])
        everything.reload()
        for feedback in status(everything).all():
            expect(feedback).to_be_empty()
        expect(everything.get_by_role("checkbox", checked=True)).to_have_count(0)
        everything.get_by_label("The second").check()
        press(everything.locator("#q-sample-which"), "Check")
        assert kept(everything)["sample/which"]["attempts"] == 1

    @pytest.mark.parametrize(("hints", "count"), [(0, 0), (1, 1), (99, 2), (-1, 0), ("many", 0), (None, 0)])
    def test_as_many_hints_are_open_again_as_there_are(self, choice: Page, hints: object, count: int) -> None:
        record = {"seed": 0, "response": "b", "mark": 1, "attempts": None, "hints": hints, "at": "then"}
        stored = json.dumps({"format": 1, "answers": {"sample/which": record}})
        choice.evaluate("([key, text]) => localStorage.setItem(key, text)", [KEY, stored])
        choice.reload()
        expect(status(choice)).to_contain_text("Right")
        expect(choice.get_by_role("listitem")).to_have_count(count)
        choice.get_by_label("The first").check()
        press(choice, "Check")
        assert (kept(choice)["sample/which"]["attempts"], kept(choice)["sample/which"]["hints"]) == (2, count)

    def test_the_same_answer_checked_again_is_no_further_attempt(self, choice: Page) -> None:
        choice.get_by_label("The second").check()
        choice.get_by_role("button", name="Check").dblclick()
        assert kept(choice)["sample/which"]["attempts"] == 1
        choice.reload()
        press(choice, "Check")
        assert kept(choice)["sample/which"]["attempts"] == 1
        choice.get_by_label("The first").check()
        press(choice, "Check")
        assert kept(choice)["sample/which"]["attempts"] == 2

    def test_a_hint_does_not_undo_what_another_tab_has_answered(self, choice: Page) -> None:
        choice.get_by_label("The second").check()
        press(choice, "Check")
        record = kept(choice)["sample/which"] | {"response": "a", "mark": 0, "at": "2999-01-01T00:00:00Z"}
        stored = json.dumps({"format": 1, "answers": {"sample/which": record}})
        choice.evaluate("([key, text]) => localStorage.setItem(key, text)", [KEY, stored])
        press(choice, "Hint 1 of 2")
        assert kept(choice)["sample/which"] == record

    def test_a_record_from_the_notebook_stays_as_it_is(self, code: Page) -> None:
        record = {"seed": 0, "response": "", "mark": 1, "attempts": 2, "hints": 0, "at": "2025-03-01T10:00:00Z"}
        stored = json.dumps({"format": 1, "answers": {"sample/compute": record}})
        code.evaluate("([key, text]) => localStorage.setItem(key, text)", [KEY, stored])
        code.reload()
        press(code, "Show the solution")
        assert kept(code) == {"sample/compute": record}

    def test_with_storage_blocked_everything_works_and_one_note_says_so(
        self, full_sample: Path, page: Page, open_page: Callable[[str], Page]
    ) -> None:
        assert full_sample.exists()
        page.add_init_script(NO_STORAGE)
        open_page(document(*ALL))
        attempt(page)
        said = ("Not yet", "33%", "Not yet", "Partly right", "1 of 4", "Not kept")
        for slug, words in zip(KINDS, said, strict=False):
            expect(page.locator(f"#q-sample-{slug}").get_by_role("status")).to_contain_text(words)
        expect(page.get_by_text("This browser keeps nothing")).to_have_count(1)


class TestStore:
    """What other elements keep and read through the class."""

    def run(self, page: Page, code: str) -> Any:
        return page.evaluate(f"() => {{ const {{store}} = customElements.get('ops-question'); return {code}; }}")

    def test_answers_are_kept_read_replaced_and_removed(self, open_page: Callable[[str], Page]) -> None:
        page = open_page(document())
        assert self.run(page, "store.all()") is None
        assert self.run(page, "store.blocked()") is False
        assert self.run(page, "store.save('a/b', {mark: 1}) && store.save('a/c', {mark: 0})") is True
        assert self.run(page, "store.all()") == {"a/b": {"mark": 1}, "a/c": {"mark": 0}}
        assert self.run(page, "store.load('a/b')") == {"mark": 1}
        assert self.run(page, "store.load('constructor')") is None
        assert self.run(page, "store.replace({'x/y': {mark: 0.5}})") is True
        assert self.run(page, "store.all()") == {"x/y": {"mark": 0.5}}
        assert self.run(page, "store.replace({})") is True
        assert self.run(page, "localStorage.length") == 0

    def test_a_blocked_storage_says_so(self, page: Page, open_page: Callable[[str], Page]) -> None:
        page.add_init_script(NO_STORAGE)
        open_page(document())
        assert self.run(page, "store.blocked()") is True
        assert self.run(page, "store.all()") is None
        assert self.run(page, "store.load('a/b')") is None
        assert self.run(page, "store.save('a/b', {})") is False
        assert self.run(page, "store.replace({})") is False

    def test_a_full_storage_is_not_a_blocked_one(self, open_page: Callable[[str], Page]) -> None:
        page = open_page(document())
        assert self.run(page, "store.save('a/b', {mark: 1})") is True
        page.evaluate(f"() => {{ {FULL} }}")
        assert self.run(page, "store.save('a/c', {mark: 0})") is False
        assert self.run(page, "store.blocked()") is False
        assert self.run(page, "store.all()") == {"a/b": {"mark": 1}}


class TestEveryReader:
    def test_a_script_that_runs_before_the_markup_is_read_still_serves_it(
        self, full_sample: Path, open_page: Callable[[str], Page]
    ) -> None:
        assert full_sample.exists()
        page = open_page(document("sample/which", head=True))
        expect(page.get_by_role("button", name="Check")).to_be_visible()
        expect(page.locator(".ops-key")).to_be_hidden()

    @pytest.mark.parametrize("theme", ["light", "dark"])
    @pytest.mark.parametrize("width", [320, 1280])
    def test_axe_finds_nothing_in_any_state(
        self, full_sample: Path, open_page: Callable[[str], Page], theme: str, width: int
    ) -> None:
        assert full_sample.exists()

        def audit() -> None:
            results = Axe().run(page, options={"rules": {"target-size": {"enabled": True}}}).response
            assert results["violations"] == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

        page = open_page(document(*ALL, theme=theme))
        page.set_viewport_size({"width": width, "height": 900})
        page.add_style_tag(
            content="main > h1 { color: inherit !important } html[data-theme=dark] h1 { color: #eee !important }"
        )
        audit()
        attempt(page)
        for name in ("Hint 1", "Show the"):
            for button in reversed(page.get_by_role("button", name=name).all()):
                button.click()
        assert {feedback.get_attribute("data-state") for feedback in status(page).all()} == {
            "wrong",
            "partly",
            "kept",
            "",
        }
        audit()
        page.evaluate("localStorage.clear()")
        page.reload()
        for button in page.get_by_role("button", name="Check").all():
            button.click()
        page.get_by_label("The second").check()
        press(page.locator("#q-sample-which"), "Check")
        assert {feedback.get_attribute("data-state") for feedback in status(page).all()} == {"right", "note", ""}
        audit()

    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_axe_finds_nothing_at_the_end_of_an_exam(
        self, full_sample: Path, open_page: Callable[[str], Page], theme: str
    ) -> None:
        assert full_sample.exists()
        page = open_page(document(*ALL[:5], theme=theme, exam=True))
        page.add_style_tag(content="html[data-theme=dark] h1 { color: #eee !important }")
        page.get_by_label("The second").check()
        page.get_by_label("Looking on").check()
        page.evaluate("document.querySelectorAll('ops-question').forEach((each) => each.reveal())")
        assert Axe().run(page).response["violations"] == []

    def test_everything_to_press_is_44_pixels_high_and_wide(
        self, full_sample: Path, open_touch: Callable[[str], Page]
    ) -> None:
        assert full_sample.exists()
        page = open_touch(document(*ALL))
        targets = page.locator("button:visible, label:has(input), input[type=text], textarea, .ops-handle").all()
        boxes = [box for box in (target.bounding_box() for target in targets) if box]
        assert len(boxes) >= 40
        assert min(box["height"] for box in boxes) >= 44
        assert min(box["width"] for box in boxes) >= 44

    def test_every_kind_by_touch(self, full_sample: Path, open_touch: Callable[[str], Page]) -> None:
        assert full_sample.exists()
        page = open_touch(document(*ALL))
        page.get_by_text("The second", exact=True).tap()
        for name in ("Waiting in line", "Talking with the clerk", "Looking on"):
            page.get_by_text(name, exact=True).tap()
        page.get_by_role("textbox").first.tap()
        page.keyboard.type("30 %")
        for place, text in enumerate(RIGHT_ORDER):
            for above in range(shown(page).index(text) - 1, place - 1, -1):
                mover(page, "up", text).tap()
                # A tap counts only once the browser knows that it is not the first of two.
                expect(page.locator(".ops-text").nth(above)).to_have_text(text)
        for item, group in (
            ("Greet", "Front"),
            ("Advise", "Front"),
            ("File papers", "Back"),
            ("Write the bill", "Back"),
        ):
            placed(page, item, group).tap()
        page.get_by_role("textbox").last.tap()
        page.keyboard.type("At the bank.")
        for name in ("Check", "Keep"):
            for button in page.get_by_role("button", name=name).all():
                button.tap()
        for feedback, state in zip(status(page).all(), [*["right"] * 5, "kept", ""], strict=True):
            expect(feedback).to_have_attribute("data-state", state)

    def test_the_focus_is_seen_wherever_it_is(self, everything: Page) -> None:
        attempt(everything)
        everything.locator("h1").click()
        seen = set()
        for _ in range(60):
            everything.keyboard.press("Tab")
            tag, outline = everything.evaluate(
                "[document.activeElement.tagName, getComputedStyle(document.activeElement).outlineStyle]"
            )
            if tag != "BODY":
                seen.add((tag, outline))
        assert seen == {(tag, "solid") for tag in ("INPUT", "BUTTON", "A", "TEXTAREA")}

    def test_what_is_chosen_differs_from_what_the_mouse_is_over(self, choice: Page) -> None:
        look = "(node) => getComputedStyle(node).backgroundColor + getComputedStyle(node).outlineStyle"
        options = choice.locator(".ops-option")
        options.nth(0).click()
        options.nth(1).hover()
        assert len({option.evaluate(look) for option in options.all()}) == 3

    def test_by_touch_nothing_stays_as_if_the_mouse_were_over_it(
        self, full_sample: Path, open_touch: Callable[[str], Page]
    ) -> None:
        assert full_sample.exists()
        options = open_touch(document("sample/several")).locator(".ops-option")
        options.nth(0).tap()
        options.nth(0).tap()
        colours = {option.evaluate("(node) => getComputedStyle(node).backgroundColor") for option in options.all()}
        assert len(colours) == 1

    def test_nothing_moves(self) -> None:
        assert "transition" not in STYLE
        assert "animation" not in STYLE

    def test_in_forced_colours_what_is_chosen_and_what_can_be_pressed_keep_their_borders(
        self, everything: Page
    ) -> None:
        everything.emulate_media(forced_colors="active")
        attempt(everything)
        style = "(nodes, name) => [...new Set(nodes.map((node) => getComputedStyle(node)[name]))]"
        chosen = everything.locator(".ops-option:has(:checked)")
        assert chosen.count() == 3
        assert chosen.evaluate_all(style, "outlineStyle") == ["solid"]
        others = everything.locator(".ops-option:not(:has(:checked))")
        assert others.evaluate_all(style, "outlineStyle") == ["none"]
        pressed = everything.locator("button:visible, .ops-steps > li")
        assert pressed.count() > 20
        assert pressed.evaluate_all(style, "borderTopStyle") == ["solid"]

    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_paper_shows_the_questions_and_no_feedback(
        self, full_sample: Path, open_page: Callable[[str], Page], theme: str
    ) -> None:
        assert full_sample.exists()
        page = open_page(document(*ALL, theme=theme))
        attempt(page)
        press(page.locator("#q-sample-which"), "Hint 1 of 2")
        press(page.locator("#q-sample-which"), "Show the solution")
        page.emulate_media(media="print")
        expect(page.get_by_role("group").get_by_text("Present for")).to_be_visible()
        for field in page.get_by_role("textbox").all():
            expect(field).to_be_visible()
        hidden = (
            ".ops-feedback, .ops-help, .ops-actions, .ops-key, .ops-hints, .ops-handle, .ops-movers, .ops-print-key"
        )
        for part in page.locator(hidden).all():
            expect(part).to_be_hidden()
        # A box before each step takes its number; a field for words leaves room for them.
        box = "(step) => getComputedStyle(step, '::before').borderTopStyle"
        assert page.locator(".ops-steps > li").first.evaluate(box) == "solid"
        room = page.locator("textarea").bounding_box()
        assert room
        assert room["height"] >= 100
        surface = page.locator("ops-question").first.evaluate("(each) => getComputedStyle(each).backgroundColor")
        assert surface == "rgb(255, 255, 255)"

    def test_the_key_is_for_an_instructors_paper_alone(
        self, full_sample: Path, open_page: Callable[[str], Page]
    ) -> None:
        assert full_sample.exists()
        assert "ops-print-key" not in exercises.markup("sample/several", 0)
        extra = print_key(exercises.question("sample/several", seed=0))
        page = open_page(document(*ALL, instructor=True, extra=extra))
        keys = page.locator(".ops-print-key")
        expect(keys).to_have_count(8)
        for key in keys.all():
            expect(key).to_be_hidden()
        page.emulate_media(media="print")
        for key in keys.all():
            expect(key).to_be_visible()
        expect(keys.nth(0)).to_contain_text("Right: The second")
        expect(keys.nth(1)).to_contain_text("Ask for the clock first.")
        expect(keys.nth(2)).to_contain_text("Present for 12 of 40 minutes.")
        expect(keys.nth(3).locator("ol li")).to_have_text(RIGHT_ORDER)
        expect(keys.nth(3)).to_contain_text("Typical wrong orders, and what is said of each:")
        expect(keys.nth(3)).to_contain_text("Papers do not come first.")
        expect(keys.nth(4)).to_contain_text("Back office:")
        expect(keys.nth(5)).to_contain_text("Model answer")
        expect(keys.nth(6)).to_contain_text("return present / total")
        assert keys.nth(7).inner_text() == keys.nth(1).inner_text()

    def test_without_javascript_everything_is_there_to_read(self, full_sample: Path, browser: Browser) -> None:
        assert full_sample.exists()
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.set_content(document(*ALL))
        expect(page.get_by_role("button")).to_have_count(0)
        expect(page.get_by_role("radio", name="The second", exact=True)).to_be_visible()
        expect(page.get_by_role("checkbox", name="Looking on")).to_be_visible()
        steps = exercises.question("sample/steps", seed=0)
        assert isinstance(steps, OrderQuestion)
        assert shown(page) == [item.text.replace("*", "") for item in steps.items]
        expect(page.locator(".ops-steps").get_by_role("listitem")).to_have_count(5)
        expect(placed(page, "Write the bill", "Back office")).to_be_visible()
        expect(page.get_by_role("link", name="Download the notebook")).to_be_visible()
        for slug, words in (
            ("which", ("Not the third.", "It is the second.", "Right: The second")),
            ("several", ("She has left <by then>.", "Right: Talking with the clerk")),
            ("share", ("This is the rest.", "Right: 0.3, or close to it")),
            ("steps", ("Right order:", "Papers do not come first.", "Nothing runs before somebody comes.")),
            ("offices", ("Back office:", "Greet: Whom would you greet there?")),
            ("think", ("A good answer names the step",)),
            ("compute", ("return present / total",)),
        ):
            key = page.locator(f"#q-sample-{slug} .ops-key")
            expect(key.get_by_text(words[0])).to_be_hidden()
            key.locator("summary").click()
            for word in words:
                expect(key).to_contain_text(word)
            expect(key.get_by_text("The section this rests on")).to_be_visible()
        page.get_by_text("Hint 2").first.click()
        expect(page.get_by_text("Think harder.")).to_be_visible()
        # Enter in the field sends the reader nowhere.
        page.get_by_role("textbox").first.press("Enter")
        expect(page.get_by_text("This is the rest.")).to_be_visible()
        page.emulate_media(media="print")
        for key in page.locator(".ops-key").all():
            expect(key).to_be_hidden()
        context.close()

    def test_general_slips_are_recognised_but_stand_in_no_key(self, numeric: Page) -> None:
        type_answer(numeric, "30.0")
        expect(status(numeric)).to_contain_text("Not yet")
        assert kept(numeric)["sample/share"]["mark"] == 0
        expect(numeric.locator(".ops-key li")).to_have_count(3)

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
    def progress_file(self, full_sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert full_sample.exists()
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

    @pytest.mark.parametrize(
        ("slug", "answer", "mark"),
        [
            ("several", lambda page: page.get_by_label("Looking on").check(), 1 / 3),
            ("steps", lambda page: arrange(page, RIGHT_ORDER), 1),
            ("offices", lambda page: placed(page, "Greet", "Front office").check(), 0.25),
            ("think", lambda page: page.get_by_role("textbox").fill("At the bank."), 1),
        ],
    )
    def test_every_kind_is_marked_again_and_kept(
        self, open_page: Callable[[str], Page], slug: str, answer: Callable[[Page], None], mark: float
    ) -> None:
        page = open_page(document())
        widget = QuestionWidget(exercises.question(f"sample/{slug}"))
        self.show(page, widget)
        answer(page)
        press(page, "Keep" if slug == "think" else "Check")
        # Python's mark counts, whatever a page claims.
        widget.record = page.evaluate("record") | {"mark": 0.125}
        assert widget.note == ""
        assert progress.load()[f"sample/{slug}"].mark == pytest.approx(mark)
        told = status(page).inner_text()
        fresh = open_page(document())
        self.show(fresh, QuestionWidget(exercises.question(f"sample/{slug}")))
        expect(status(fresh)).to_have_text(told, use_inner_text=True)

    def test_a_text_that_python_could_not_keep_does_not_stand_as_kept(self, open_page: Callable[[str], Page]) -> None:
        page = open_page(document())
        self.show(page, QuestionWidget(exercises.question("sample/think")))
        page.evaluate("model.set('note', '')")
        page.get_by_role("textbox").fill("At the bank.")
        press(page, "Keep")
        expect(status(page)).to_contain_text("Kept.")
        page.evaluate("model.set('note', 'Progress was not saved: no space.')")
        expect(status(page)).to_contain_text("Not kept. Copy your text")
        # A second failure in the same words is no change of the note.
        press(page, "Keep")
        expect(status(page)).to_contain_text("Not kept. Copy your text")
        page.evaluate("model.set('note', '')")
        expect(status(page)).to_contain_text("Kept.")
        expect(status(page)).not_to_contain_text("Copy your text")

    def test_a_response_of_another_kind_is_refused_with_a_note(self) -> None:
        widget = QuestionWidget(exercises.question("sample/steps"))
        record = {"seed": 0, "response": "arrive", "mark": 1, "attempts": 1, "hints": 0, "at": "2025-03-01T10:00:00Z"}
        widget.record = record
        assert "Progress was not saved" in widget.note
        assert progress.load() == {}

    def test_code_shows_its_task_and_keeps_the_mark_that_its_check_gave(self, open_page: Callable[[str], Page]) -> None:
        exercises.check_code("sample/compute", {"share": lambda present, total: present / total})
        page = open_page(document())
        widget = QuestionWidget(exercises.question("sample/compute"))
        self.show(page, widget)
        expect(page.locator(".ops-stem")).to_have_text("Write share(present, total).")
        expect(page.get_by_role("button", name="Check")).to_have_count(0)
        expect(page.get_by_role("link", name="Download the notebook")).to_have_count(0)
        press(page, "Show the solution")
        expect(page.locator(".ops-solution pre")).to_be_visible()
        widget.record = {**widget.record, "hints": 1}
        assert widget.note == ""
        answer = progress.load()["sample/compute"]
        assert (answer.mark, answer.attempts, answer.hints) == (1, 1, 1)

    def test_keys_pressed_in_it_are_not_the_notebooks_but_its_ctrl_keys_are(
        self, open_page: Callable[[str], Page]
    ) -> None:
        page = open_page(document())
        self.show(page, QuestionWidget(exercises.question("sample/which")))
        # JupyterLab listens on the document and passes over what stands inside the attribute.
        page.evaluate(
            """() => {
                window.heard = [];
                const hear = ({key, target}) => target.closest("[data-lm-suppress-shortcuts]") || heard.push(key);
                document.addEventListener("keydown", hear, true);
            }"""
        )
        page.get_by_label("The first").focus()
        for keys in ("ArrowDown", "d", "Control+s", "Enter"):
            page.keyboard.press(keys)
        assert page.evaluate("heard") == ["Control", "s"]
