"""Questions of a built page, worked by keyboard, by mouse or by finger, beside what Python says of the answers."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Locator, Page, expect

from opsbook import exercises

from .markup import squeezed, words_of

QUESTION = "application/vnd.opsbook.question.v1+json"
By = Literal["keyboard", "mouse", "finger"]


def questions_in(notebook: Path) -> list[Any]:
    """Return the questions of a notebook in its order, with the numbers that its page shows."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    bundles = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    stored = [bundle[QUESTION] for bundle in bundles if QUESTION in bundle]
    return [exercises.question(each["id"], seed=each["seed"]) for each in stored]


def right(question: Any) -> Any:
    """Return a right answer to a question that is answered in the page."""
    match question.kind:
        case "choice":
            return next(option.id for option in question.options if option.correct)
        case "choices":
            return [option.id for option in question.options if option.correct]
        case "numeric":
            return f"{question.answer:.10g}"
        case "order":
            return list(question.key)
        case "match":
            return {item.id: item.group for item in question.items}
    return "Ann said at the counter what the form had already told them."


def wrong(question: Any) -> Iterable[Any]:
    """Yield every wrong answer that the author foresaw, or such as fall into every case of the marking."""
    match question.kind:
        case "choice":
            yield from (option.id for option in question.options if not option.correct)
        case "choices":
            yield from ([option.id] for option in question.options)
            yield [option.id for option in question.options]
        case "numeric":
            yield f"{question.answer * 3.3 + 1000:.10g}"
            yield from (f"{slip.value:.10g}" for slip in question.mistakes if not slip.general)
        case "order":
            first, second, *rest = question.key
            yield [second, first, *rest]
            yield [*rest, second, first]
            yield list(reversed(question.key))
        case "match":
            groups = [group.id for group in question.groups]
            elsewhere = {item.id: groups[groups.index(item.group) - 1] for item in question.items}
            yield elsewhere
            first, *others = right(question)
            yield {first: elsewhere[first]} | {each: right(question)[each] for each in others}


def comments(question: Any) -> list[str]:
    """Return all that is said of single answers, in Markdown."""
    entries = [each for name in ("options", "mistakes", "items") for each in getattr(question, name, ())]
    return [each.feedback for each in entries if each.feedback and not getattr(each, "general", False)]


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab, or Shift and Tab, until `target` has the focus."""
    for _ in range(500):
        ahead = target.evaluate(
            """(target) => {
                const here = document.activeElement;
                if (here === target) return 0;
                return here.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_FOLLOWING ? 1 : -1;
            }"""
        )
        if not ahead:
            return
        page.keyboard.press("Tab" if ahead > 0 else "Shift+Tab")
    raise AssertionError(f"Tab does not lead to {target}")


class Asked:
    """One question of the page that `page` shows."""

    def __init__(self, page: Page, question: Any, by: By = "keyboard") -> None:
        self.page = page
        self.question = question
        self.by = by
        self.element = page.locator(f'ops-question[data-question="{question.id}"]')
        self.status = self.element.locator("[role=status]")

    @property
    def paragraphs(self) -> list[str]:
        """Return the prompt in the parts that the page may set apart."""
        return [words_of(part) for part in self.question.prompt.split("\n\n") if part.strip()]

    def button(self, name: str) -> Locator:
        return self.element.get_by_role("button", name=name)

    def press(self, control: Locator, key: str = "Space") -> None:
        """Use a control in the reader's way."""
        if self.by == "keyboard":
            tab_to(self.page, control)
            self.page.keyboard.press(key)
        elif self.by == "mouse":
            control.click()
        else:
            control.tap()

    def check(self) -> None:
        self.press(self.button("Keep" if self.question.kind == "reflect" else "Check").last)

    def answer(self, response: Any) -> None:
        """Give `response` and have it checked."""
        self.fill(response)
        self.check()

    def fill(self, response: Any) -> None:
        """Give `response`, whatever was given before."""
        match self.question.kind:
            case "choice":
                self._pick("response", response)
            case "match":
                for item, group in response.items():
                    self._pick(f"item-{item}", group)
            case "choices":
                for box in self.element.get_by_role("checkbox").all():
                    if box.is_checked() != (box.get_attribute("value") in response):
                        self.press(box if self.by == "keyboard" else self._label(box))
            case "order":
                self._arrange(response)
            case _:
                self._write(response)

    def expect(self, response: Any, *, kept: bool = True) -> exercises.Mark:
        """Expect what Python says of `response`; of a text, which has no mark, whether it is kept."""
        marked = exercises.mark(self.question, response)
        if self.question.kind == "reflect" and not kept:
            expect(self.status).to_contain_text("Not kept. Copy your text to another place")
            return marked
        word = "Right" if marked.mark == 1 else "Partly right" if marked.mark else "Not yet"
        expect(self.status).to_contain_text("Kept" if self.question.kind == "reflect" else word)
        assert words_of(marked.message) in squeezed(self.status.text_content() or ""), (self.question.id, response)
        return marked

    @staticmethod
    def _label(field: Locator) -> Locator:
        return field.locator("xpath=ancestor::label")

    def _pick(self, name: str, value: str) -> None:
        group = self.element.locator(f'input[name="{name}"]')
        wanted = self.element.locator(f'input[name="{name}"][value="{value}"]')
        if self.by != "keyboard":
            self.press(self._label(wanted))
            return
        chosen = self.element.locator(f'input[name="{name}"]:checked')
        tab_to(self.page, chosen if chosen.count() else group.first)
        self.page.keyboard.press("Space")
        for _ in range(group.count()):
            if wanted.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        expect(wanted).to_be_checked()

    def _write(self, text: str) -> None:
        field = self.element.get_by_role("textbox")
        self.press(field, key="ControlOrMeta+a")
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)

    def _steps(self) -> list[str]:
        return self.element.locator(".ops-steps > li").evaluate_all("(all) => all.map((each) => each.dataset.id)")

    def _arrange(self, order: list[str]) -> None:
        shown = self._steps()
        if shown == order:  # which was given by nobody, unless somebody moved a step
            self._raise(shown[1], 0)
        for place, step in enumerate(order):
            self._raise(step, place)
        assert self._steps() == order

    def _raise(self, step: str, place: int) -> None:
        """Bring a step up to a place."""
        row = self.element.locator(f'.ops-steps > li[data-id="{step}"]')
        if self.by == "mouse" and self._steps().index(step) > place:
            self._drag(row.locator(".ops-handle"), self.element.locator(".ops-steps > li").nth(place))
        while self._steps().index(step) > place:
            self.press(row.get_by_role("button", name="Move up"))

    def _drag(self, handle: Locator, target: Locator) -> None:
        self.element.locator(".ops-steps").evaluate("(list) => list.scrollIntoView({ block: 'center' })")
        grip, goal = handle.bounding_box(), target.bounding_box()
        assert grip is not None
        assert goal is not None
        self.page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
        self.page.mouse.down()
        self.page.mouse.move(grip["x"] + grip["width"] / 2, goal["y"] + 2, steps=8)
        self.page.mouse.up()
