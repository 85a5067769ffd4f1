"""Questions answered in the learner's own words, which are kept and not marked."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from opsbook.exercises.question import Entry, Mark, Problem, Question, Text, refusal

__all__ = ["ReflectEntry", "ReflectQuestion"]

# Named one by one: what counts as white space differs between Python and JavaScript.
_SPACES = " \t\r\n"


@dataclass(frozen=True, kw_only=True, repr=False)
class ReflectQuestion(Question):
    """A question without a key; its `solution` is a model answer, or what a good answer contains."""

    kind: ClassVar[str] = "reflect"

    def messages(self) -> dict[str, str]:
        """Return the fixed messages by name, in Markdown."""
        compare = "; compare it with the model answer" if self.solution else ""
        return {"blank": "Write something first.", "kept": f"Kept. There is no mark for this{compare}."}

    def mark(self, response: str | None) -> Mark:
        """Accept `response`, a text, in full; a blank is not an attempt."""
        if response is not None and not isinstance(response, str):
            raise refusal(response, "the answer as written (text)", "Use str().")
        if not (response or "").strip(_SPACES):
            return self._blank()
        return Mark(mark=1, message=self._says("kept"))


class ReflectEntry(Entry):
    """A question to reflect on as its author wrote it."""

    kind: Literal["reflect"]
    solution: Text

    def problems(self, question_id: str) -> Iterator[Problem]:  # noqa: ARG002 - every rule is one of form
        """Yield nothing: the form says it all."""
        yield from ()

    def draw(self, question_id: str, seed: int, *, fixed: bool) -> ReflectQuestion:
        """Return the question, the same for every seed."""
        return ReflectQuestion(**self.common(question_id, seed, {}, fixed=fixed), solution=self.shown_solution)
