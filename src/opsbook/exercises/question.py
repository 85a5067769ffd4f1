"""What every kind of question has: how it is authored, what a learner is asked, and how it is marked."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from opsbook.exercises import prose

__all__ = [
    "INCOMPLETE",
    "KEPT_SOLUTION",
    "OBJECTIVE_FORM",
    "SLUG_FORM",
    "Entry",
    "ItemEntry",
    "Mark",
    "ObjectiveId",
    "Problem",
    "Question",
    "Slug",
    "Strict",
    "Text",
    "counted",
    "differing",
    "listed",
    "refusal",
]

SLUG_FORM: Final = r"^[a-z0-9]+(-[a-z0-9]+)*$"
OBJECTIVE_FORM: Final = r"^[a-z0-9]+(-[a-z0-9]+)*/[1-9][0-9]*$"

# The mistake of an answer that is right as far as it goes.
INCOMPLETE: Final = "incomplete"

# What a bank says in place of a solution that its readers do not have: they are shown none.
KEPT_SOLUTION: Final = "The worked solution stays with your instructor."

Slug = Annotated[str, Field(pattern=SLUG_FORM)]
ObjectiveId = Annotated[str, Field(pattern=OBJECTIVE_FORM)]
Text = Annotated[str, Field(pattern=r"\S")]

Problem = tuple[tuple[str | int, ...], str]


def refusal(response: object, expected: str, hint: str) -> TypeError:
    """Return the error for a response of another type than the question's kind has."""
    return TypeError(f"`response` must be {expected} or None, got {response!r}. {hint}")


def listed(response: object, what: str) -> tuple[str, ...]:
    """Return a response that lists ids, an empty one for None.

    Raises
    ------
    TypeError
        It is not a list of texts.
    """
    if response is None:
        return ()
    if not isinstance(response, list | tuple) or not all(isinstance(each, str) for each in response):
        raise refusal(response, f"a list of {what} ids", "Put the ids in a list, even a single one.")
    return tuple(response)


def counted(most: int, one: str, many: str) -> list[str]:
    """Return a message for each count from none to `most`; ``{}`` in `many` becomes the count.

    Examples
    --------
    >>> counted(3, "One is missing.", "{} are missing.")
    ['', 'One is missing.', '2 are missing.', '3 are missing.']
    """
    return ["", one, *(many.format(count) for count in range(2, most + 1))]


def differing(
    path: tuple[str | int, ...], what: str, ids: Iterable[str], taken: Collection[str] = ()
) -> Iterator[Problem]:
    """Yield a problem for each id that stands more than once in `ids`, or that marks already use in another sense.

    Examples
    --------
    >>> list(differing(("items",), "item", ["a", "b", "a"]))
    [(('items',), 'item ids must differ, got `a` 2 times. Rename all but one.')]
    """
    for each, count in Counter(ids).items():
        if count > 1:
            yield path, f"{what} ids must differ, got `{each}` {count} times. Rename all but one."
        if each in taken:
            yield path, f"the {what} id `{each}` already means something else in a mark. Rename it."


@dataclass(frozen=True, kw_only=True, repr=False)
class Mark:
    """The judgement on one response; as the last value of a notebook cell it shows its message.

    Attributes
    ----------
    mark : float
        From 0 (wrong) to 1 (right).
    message : str
        Feedback, in Markdown.
    mistake : str or None
        The id of the mistake that was recognised: a wrong option, a misplaced item, or a catalogued one.
    attempted : bool
        False when there was nothing to judge: a blank, or a number that cannot be read. It does not count as an
        attempt.
    judged : bool
        False when somebody else judges: the question counts, and its key is with the instructor.

    Examples
    --------
    >>> Mark(mark=0.5, message="One answer that belongs is missing.", mistake="incomplete")
    ◐ Partly right. One answer that belongs is missing.
    """

    mark: float
    message: str
    mistake: str | None = None
    attempted: bool = True
    judged: bool = True

    @property
    def correct(self) -> bool:
        """Whether the response was right in full."""
        return self.attempted and self.mark == 1

    def _verdict(self) -> tuple[str, str]:
        if not self.judged:
            return "○", "Not checked here."
        if self.correct:
            return "✓", "Right."
        if not self.attempted:
            return "○", "Not attempted yet."
        return ("◐", "Partly right.") if self.mark > 0 else ("✗", "Not yet.")

    def __repr__(self) -> str:
        return " ".join((*self._verdict(), self.message)).strip()

    def _repr_markdown_(self) -> str:
        sign, words = self._verdict()
        return f"{sign} **{words}** {self.message}".strip()


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
    instructor : str
        A note for who teaches, in Markdown; may be empty. No learner sees it.
    title : str
        The first words of the prompt, the same for every seed.
    seed : int
        The seed the numbers are drawn from.
    fixed : bool
        Whether the author fixed the seed; otherwise the build decides.

    Examples
    --------
    >>> from opsbook import exercises
    >>> asked = exercises.question("customer-contact/what-counts")
    >>> asked.kind, asked.difficulty
    ('choice', 1)
    >>> asked.mark(None)
    ○ Not attempted yet. Choose an answer first.
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
    instructor: str
    title: str
    seed: int
    fixed: bool

    @abstractmethod
    def mark(self, response: Any) -> Mark:
        """Mark a response as the contract types it; None is no answer."""

    @abstractmethod
    def messages(self) -> Mapping[str, str | list[str]]:
        """Return the fixed messages by name, in Markdown; a list holds one for each count."""

    @property
    def worth(self) -> str:
        """What it is worth when graded, in words."""
        return f"{self.points:g} point{'' if self.points == 1 else 's'}"

    def _says(self, name: str, count: int = 0) -> str:
        message = self.messages()[name]
        return message if isinstance(message, str) else message[count]

    def _blank(self) -> Mark:
        return Mark(mark=0, message=self._says("blank"), attempted=False)

    def __repr__(self) -> str:
        return f"[Question] {self.id}: {self.title}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        from opsbook.exercises.widget import mimebundle  # noqa: PLC0415 - only a notebook needs ipywidgets

        return mimebundle(self)


class Strict(BaseModel):
    """A mapping of a bank file: no unknown keys, and no value converted behind the author's back."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ItemEntry(Strict):
    """Something to be put in its place, as its author wrote it; the feedback is for having it in another."""

    id: Slug
    text: Text
    feedback: Text


class Entry(Strict):
    """A question as its author wrote it."""

    id: Slug
    kind: str
    objective: ObjectiveId
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
        """Yield every Markdown text, with its key path."""
        yield ("prompt",), self.prompt
        for index, hint in enumerate(self.hints):
            yield ("hints", index), hint
        for key in ("solution", "instructor"):
            if text := getattr(self, key):
                yield (key,), text

    @cached_property
    def title(self) -> str:
        """The first words of the prompt, the same for every seed."""
        return prose.plain(self.prompt)

    @property
    def shown_solution(self) -> str:
        """The solution as it may be shown: an empty text if there is none, or if it is kept back."""
        return "" if self.solution == KEPT_SOLUTION else self.solution or ""

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
            "instructor": prose.fill(self.instructor or "", values),
            "title": self.title,
            "seed": seed,
            "fixed": fixed,
        }
