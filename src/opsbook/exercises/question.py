"""What every kind of question has: how it is authored, what a learner is asked, and how it is marked."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from opsbook.exercises import prose

__all__ = ["Entry", "Mark", "Problem", "Question", "Slug", "Strict", "Text"]

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Text = Annotated[str, Field(pattern=r"\S")]

Problem = tuple[tuple[str | int, ...], str]


@dataclass(frozen=True, kw_only=True)
class Mark:
    """The judgement on one response.

    Attributes
    ----------
    mark : float
        From 0 (wrong) to 1 (right).
    message : str
        Feedback, in Markdown.
    mistake : str or None
        The id of the wrong option or catalogued mistake that was recognised.
    attempted : bool
        False when there was nothing to judge: a blank, or a number that cannot be read. It does not count as an
        attempt.
    """

    mark: float
    message: str
    mistake: str | None = None
    attempted: bool = True


@dataclass(frozen=True, kw_only=True, repr=False)
class Question(ABC):
    """One question with its numbers drawn.

    As the last value of a notebook cell it shows itself as a live widget. What the notebook stores is the id and
    the seed alone, so no answer stands in it and the page draws the question when it is built.

    Attributes
    ----------
    id : str
        Full id, ``NAME/slug``.
    objective, section : str
        The objective it serves, and the label of the section that its feedback points to.
    difficulty : int
        1 (recall) to 3 (judgement).
    points : float
        What it is worth when graded.
    graded : bool
        Whether it counts.
    pool : tuple of str
        Where it may be used: ``check``, ``exercise``, ``exam``.
    prompt, solution : str
        Markdown with the drawn values in place; `solution` may be empty.
    hints : tuple of str
        The ladder: idea, formula, first step.
    title : str
        The first words of the prompt, the same for every seed.
    seed : int
        The seed the numbers are drawn from.
    fixed : bool
        Whether the author fixed the seed; otherwise the build decides.
    """

    kind: ClassVar[str]

    id: str
    objective: str
    section: str
    difficulty: int
    points: float
    graded: bool
    pool: tuple[str, ...]
    prompt: str
    hints: tuple[str, ...]
    solution: str
    title: str
    seed: int
    fixed: bool

    @abstractmethod
    def mark(self, response: str | None) -> Mark:
        """Mark a response as the contract types it."""

    @abstractmethod
    def messages(self) -> dict[str, str]:
        """Return the fixed messages by name, in Markdown."""

    def __repr__(self) -> str:
        return f"[Question] {self.id}: {self.title}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        from opsbook.exercises.widget import mimebundle  # noqa: PLC0415 - only a notebook needs ipywidgets

        return mimebundle(self)


class Strict(BaseModel):
    """A mapping of a bank file: no unknown keys, and no value converted behind the author's back."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Entry(Strict):
    """A question as its author wrote it."""

    id: Slug
    kind: str
    objective: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*/[1-9][0-9]*$")]
    section: Annotated[str, Field(pattern=r"^\S+$")]
    difficulty: Annotated[int, Field(ge=1, le=3)]
    points: Annotated[float, Field(gt=0, le=100)]
    graded: bool = False
    pool: Annotated[list[Literal["check", "exercise", "exam"]], Field(min_length=1)]
    prompt: Text
    hints: list[Text] = []
    solution: Text | None = None
    instructor: Text | None = None

    def texts(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield every Markdown text that a learner may see, with its key path."""
        yield ("prompt",), self.prompt
        for index, hint in enumerate(self.hints):
            yield ("hints", index), hint
        if self.solution is not None:
            yield ("solution",), self.solution

    def sample(self) -> dict[str, float]:
        """Return one possible value for every name that the texts may show."""
        return {}

    def problems(self, question_id: str) -> Iterator[Problem]:
        """Yield each rule that the entry breaks beyond its form, with the key path."""
        raise NotImplementedError

    def draw(self, question_id: str, seed: int, *, fixed: bool) -> Question:
        """Return the question with the numbers of `seed`."""
        raise NotImplementedError

    def variant_seeds(self, question_id: str, seed: int) -> list[int]:  # noqa: ARG002 - kinds without numbers have one
        """Return the seeds of the variants that a page carries, `seed` first."""
        return [seed]

    def common(self, question_id: str, seed: int, values: Mapping[str, float], *, fixed: bool) -> dict[str, Any]:
        """Return the fields that questions of every kind share, with `values` in their texts."""
        return {
            "id": question_id,
            "objective": self.objective,
            "section": self.section,
            "difficulty": self.difficulty,
            "points": self.points,
            "graded": self.graded,
            "pool": tuple(self.pool),
            "prompt": prose.fill(self.prompt, values),
            "hints": tuple(prose.fill(hint, values) for hint in self.hints),
            "title": prose.plain(self.prompt),
            "seed": seed,
            "fixed": fixed,
        }
