"""Questions with one right option."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from opsbook.exercises.question import Entry, Mark, Problem, Question, Slug, Strict, Text

__all__ = ["ChoiceEntry", "ChoiceQuestion", "Option", "OptionEntry"]


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option; `text`, `feedback` and `rationale` are Markdown."""

    id: str
    text: str
    correct: bool
    feedback: str
    rationale: str


@dataclass(frozen=True, kw_only=True, repr=False)
class ChoiceQuestion(Question):
    """A question with one right option among `options`."""

    kind: ClassVar[str] = "choice"

    options: tuple[Option, ...]

    def messages(self) -> dict[str, str]:
        """Return the fixed messages by name, in Markdown."""
        return {"blank": "Choose an answer first.", "right": "That is right."}

    def mark(self, response: str | None) -> Mark:
        """Mark `response`, an option's id; blank and unknown ids are not attempts."""
        chosen = next((option for option in self.options if option.id == response), None)
        if chosen is None:
            return Mark(mark=0, message=self.messages()["blank"], attempted=False)
        if chosen.correct:
            return Mark(mark=1, message=chosen.feedback or self.messages()["right"])
        return Mark(mark=0, message=chosen.feedback, mistake=chosen.id)


class OptionEntry(Strict):
    """An option as its author wrote it."""

    id: Slug
    text: Text
    correct: bool
    feedback: Text | None = None
    rationale: Text | None = None


class ChoiceEntry(Entry):
    """A choice question as its author wrote it."""

    kind: Literal["choice"]
    options: Annotated[list[OptionEntry], Field(min_length=2)]

    def texts(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield every Markdown text that a learner may see, with its key path."""
        yield from super().texts()
        for index, option in enumerate(self.options):
            for key in ("text", "feedback", "rationale"):
                if text := getattr(option, key):
                    yield ("options", index, key), text

    def problems(self, question_id: str) -> Iterator[Problem]:  # noqa: ARG002 - nothing is drawn
        """Yield each rule that the entry breaks beyond its form, with the key path."""
        right = [option.id for option in self.options if option.correct]
        if len(right) != 1:
            got = f"got {len(right)} ({', '.join(right)})" if right else "got none"
            yield ("options",), f"exactly one option must be `correct: true`, {got}. Mark the one that is right."
        for option_id, count in Counter(option.id for option in self.options).items():
            if count > 1:
                yield ("options",), f"option ids must differ, got `{option_id}` {count} times. Rename all but one."
        for index, option in enumerate(self.options):
            if not option.correct and option.feedback is None:
                rule = "a wrong option needs feedback, got none. Name the misconception and point to the section."
                yield ("options", index, "feedback"), rule

    def draw(self, question_id: str, seed: int, *, fixed: bool) -> ChoiceQuestion:
        """Return the question; a choice has no numbers, so every seed gives the same."""
        return ChoiceQuestion(
            **self.common(question_id, seed, {}, fixed=fixed),
            solution=self.solution or "",
            options=tuple(
                Option(
                    id=option.id,
                    text=option.text,
                    correct=option.correct,
                    feedback=option.feedback or "",
                    rationale=option.rationale or "",
                )
                for option in self.options
            ),
        )
