"""Questions answered by choosing: one right option (`choice`), or every option that is right (`choices`)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from opsbook.exercises.question import (
    INCOMPLETE,
    Entry,
    Mark,
    Problem,
    Question,
    Slug,
    Strict,
    Text,
    counted,
    differing,
    listed,
    refusal,
)
from opsbook.exercises.shuffling import shuffled

__all__ = ["ChoiceEntry", "ChoiceQuestion", "ChoicesEntry", "ChoicesQuestion", "Option", "OptionEntry"]


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
    """A question with one right option among `options`, which stand in the order that the seed gives."""

    kind: ClassVar[str] = "choice"

    options: tuple[Option, ...]

    def messages(self) -> dict[str, str]:
        """Return the fixed messages by name, in Markdown."""
        return {"blank": "Choose an answer first.", "right": "That is right."}

    def mark(self, response: str | None) -> Mark:
        """Mark `response`, an option's id; blank and unknown ids are not attempts."""
        if response is not None and not isinstance(response, str):
            raise refusal(response, "the id of an option", "Give one id as text.")
        chosen = next((option for option in self.options if option.id == response), None)
        if chosen is None:
            return self._blank()
        if chosen.correct:
            return Mark(mark=1, message=chosen.feedback or self._says("right"))
        return Mark(mark=0, message=chosen.feedback, mistake=chosen.id)


@dataclass(frozen=True, kw_only=True, repr=False)
class ChoicesQuestion(Question):
    """A question with any number of right options among `options`, which stand in the order that the seed gives."""

    kind: ClassVar[str] = "choices"

    options: tuple[Option, ...]

    def messages(self) -> dict[str, str | list[str]]:
        """Return the fixed messages by name, in Markdown; ``missing`` by how many right options are not chosen."""
        most = sum(option.correct for option in self.options)
        return {
            "blank": "Choose at least one answer first.",
            "right": "That is right.",
            "missing": counted(most, "One answer that belongs is missing.", "{} answers that belong are missing."),
        }

    def mark(self, response: Sequence[str] | None) -> Mark:
        """Mark `response`, a list of option ids; unknown ids are ignored, and no option is no attempt.

        A right option earns its share of the mark, a wrong one costs as much; the mark is never below zero.
        """
        ids = listed(response, "option")
        chosen = [option for option in self.options if option.id in ids]
        if not chosen:
            return self._blank()
        slips = [option for option in chosen if not option.correct]
        right = [option for option in self.options if option.correct]
        missing = len(right) - (len(chosen) - len(slips))
        if not slips and not missing:
            said = [option.feedback for option in right if option.feedback]
            return Mark(mark=1, message="\n\n".join(said) or self._says("right"))
        parts = [slip.feedback for slip in slips]
        if missing:
            parts.append(self._says("missing", missing))
        return Mark(
            mark=max(0, (len(right) - missing - len(slips)) / len(right)),
            message="\n\n".join(parts),
            mistake=slips[0].id if slips else INCOMPLETE,
        )


class OptionEntry(Strict):
    """An option as its author wrote it."""

    id: Slug
    text: Text
    correct: bool
    feedback: Text | None = None
    rationale: Text | None = None


class _OptionsEntry(Entry):
    """What a question with options has, whether one of them is right or several."""

    options: Annotated[list[OptionEntry], Field(min_length=2)]

    def texts(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield every Markdown text, with its key path."""
        yield from super().texts()
        for index, option in enumerate(self.options):
            for key in ("text", "feedback", "rationale"):
                if text := getattr(option, key):
                    yield ("options", index, key), text

    def problems(self, question_id: str) -> Iterator[Problem]:  # noqa: ARG002 - nothing is drawn
        """Yield each rule that the entry breaks beyond its form, with the key path."""
        yield from differing(("options",), "option", (option.id for option in self.options), [INCOMPLETE])
        for index, option in enumerate(self.options):
            if not option.correct and option.feedback is None:
                rule = "a wrong option needs feedback, got none. Name the misconception and point to the section."
                yield ("options", index, "feedback"), rule
            if "exam" in self.pool and option.rationale is None:
                rule = "every option of an exam question needs a rationale, got none. Say why it is right or wrong."
                yield ("options", index, "rationale"), rule

    def _fields(self, question_id: str, seed: int, *, fixed: bool) -> dict[str, Any]:
        by_id = {option.id: option for option in self.options}
        return {
            **self.common(question_id, seed, {}, fixed=fixed),
            "solution": self.shown_solution,
            "options": tuple(
                Option(
                    id=each,
                    text=by_id[each].text,
                    correct=by_id[each].correct,
                    feedback=by_id[each].feedback or "",
                    rationale=by_id[each].rationale or "",
                )
                for each in shuffled(by_id, f"{question_id}|{seed}")
            ),
        }


class ChoiceEntry(_OptionsEntry):
    """A question with one right option as its author wrote it."""

    kind: Literal["choice"]

    def problems(self, question_id: str) -> Iterator[Problem]:
        """Yield each rule that the entry breaks beyond its form, with the key path."""
        right = [option.id for option in self.options if option.correct]
        if len(right) != 1:
            got = f"got {len(right)} ({', '.join(right)})" if right else "got none"
            yield ("options",), f"exactly one option must be `correct: true`, {got}. Mark the one that is right."
        yield from super().problems(question_id)

    def draw(self, question_id: str, seed: int, *, fixed: bool) -> ChoiceQuestion:
        """Return the question with its options in the order that `seed` gives."""
        return ChoiceQuestion(**self._fields(question_id, seed, fixed=fixed))


class ChoicesEntry(_OptionsEntry):
    """A question with any number of right options as its author wrote it."""

    kind: Literal["choices"]
    options: Annotated[list[OptionEntry], Field(min_length=3)]

    def problems(self, question_id: str) -> Iterator[Problem]:
        """Yield each rule that the entry breaks beyond its form, with the key path."""
        if len({option.correct for option in self.options}) == 1:
            got = "none" if not self.options[0].correct else f"all {len(self.options)}"
            rule = f"at least one option must be `correct: true` and one `correct: false`, got {got} right."
            yield ("options",), f"{rule} Give the learner something to tell apart."
        yield from super().problems(question_id)

    def draw(self, question_id: str, seed: int, *, fixed: bool) -> ChoicesQuestion:
        """Return the question with its options in the order that `seed` gives."""
        return ChoicesQuestion(**self._fields(question_id, seed, fixed=fixed))
