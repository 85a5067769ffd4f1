"""Questions answered by a number, computed by opsbook from values drawn for a seed."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations
from math import prod
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Discriminator, Field, PlainValidator, Tag
from pydantic_core import PydanticCustomError

from opsbook.exercises import prose
from opsbook.exercises.answers import read_number, spellings
from opsbook.exercises.expressions import FUNCTIONS, SUBJECTS, calls_opsbook, evaluate
from opsbook.exercises.question import Entry, Mark, Problem, Question, Slug, Strict, Text

__all__ = ["VARIANTS", "Choices", "Mistake", "MistakeEntry", "NumericEntry", "NumericQuestion", "Range", "Tolerance"]

VARIANTS = 10

# Any answer that is rounded correctly to three significant digits lies within half of this.
_RELATIVE = 0.01

# A bound such as 0.3 + 0.05 must include the 0.35 that a learner types.
_ROUNDING = 1e-9

# Whole numbers beyond this are no longer exact where the page computes with them.
_LARGEST = 1e15

_UNIT_MESSAGES = {
    "": "Give the number alone, without a unit.",
    "proportion": "Give a proportion from 0 to 1, or a percentage with its sign.",
}


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A wrong method that is recognised by the interval its result lies in."""

    id: str
    value: float
    low: float
    high: float
    feedback: str


@dataclass(frozen=True, kw_only=True, repr=False)
class NumericQuestion(Question):
    """A question answered by a number in `unit`; every number from `low` to `high` is right."""

    kind: ClassVar[str] = "numeric"

    values: Mapping[str, float] = field(hash=False)
    answer: float
    low: float
    high: float
    unit: str
    mistakes: tuple[Mistake, ...]

    def messages(self) -> dict[str, str]:
        """Return the fixed messages by name, in Markdown."""
        return {
            "blank": "Type a number first.",
            "unreadable": "This cannot be read as one number. Write it like 12.5 or 1 250.",
            "ambiguous": "A comma before three digits may stand for thousands or for decimals. "
            "Leave it out for thousands, and write decimals with a point.",
            "unit": _UNIT_MESSAGES.get(self.unit, f"Give the answer in this unit: {self.unit}."),
            "wrong": "This is not the number asked for. Check which quantities it takes, and in which unit.",
        }

    def mark(self, response: str | None) -> Mark:
        """Mark `response`, a number as typed; what cannot be read as a number in the unit is not an attempt."""
        if response is not None and not isinstance(response, str):
            raise TypeError(f"`response` must be the answer as typed (text) or None, got {response!r}. Use str().")
        messages = self.messages()
        number = read_number(response or "", spellings(self.unit))
        if isinstance(number, str):
            return Mark(mark=0, message=messages[number], attempted=False)
        if self.low <= number <= self.high:
            return Mark(mark=1, message=self.solution)
        for mistake in self.mistakes:
            if mistake.low <= number <= mistake.high:
                return Mark(mark=0, message=mistake.feedback, mistake=mistake.id)
        return Mark(mark=0, message=messages["wrong"])


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST:
        raise PydanticCustomError("number", "must be a number of at most fifteen digits")
    return value


Number = Annotated[float, PlainValidator(_number)]


class Choices(Strict):
    """Values listed one by one."""

    choices: Annotated[list[Number], Field(min_length=1)]

    def problems(self) -> Iterator[Problem]:
        """Yield each rule that the values break."""
        for value, count in Counter(self.choices).items():
            if count > 1:
                yield ("choices",), f"values must differ, got {value:g} {count} times. Remove all but one."

    def count(self) -> int:
        """Return how many values there are."""
        return len(self.choices)

    def pick(self, index: int) -> float:
        """Return the value at `index`."""
        return self.choices[index]


class Range(Strict):
    """Values from `start` to `to`, both included, `step` apart."""

    start: Annotated[Number, Field(alias="from")]
    to: Number
    step: Number

    def problems(self) -> Iterator[Problem]:
        """Yield each rule that the values break."""
        if self.step <= 0:
            yield ("step",), f"must be above zero, got {self.step:g}."
        elif self.to <= self.start:
            yield ("to",), f"must be above `from` ({self.start:g}), got {self.to:g}."
        elif (Fraction(str(self.to)) - Fraction(str(self.start))) % Fraction(str(self.step)):
            yield ("to",), f"must be a whole number of steps from `from`, got {self.to:g}. Write the last value drawn."

    def count(self) -> int:
        """Return how many values there are."""
        return int((Fraction(str(self.to)) - Fraction(str(self.start))) / Fraction(str(self.step))) + 1

    def pick(self, index: int) -> float:
        """Return the value at `index`: the decimal that its author would write, such as 0.3 and not 0.1 + 0.2."""
        value = Fraction(str(self.start)) + Fraction(str(self.step)) * index
        return int(value) if isinstance(self.start, int) and isinstance(self.step, int) else float(value)


def _given_form(value: Any) -> str:
    return "@choices" if isinstance(value, dict) and "choices" in value else "@range"


def _written(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Expression = Annotated[Text, BeforeValidator(_written)]
Given = Annotated[
    Annotated[Choices, Tag("@choices")] | Annotated[Range, Tag("@range")],
    Discriminator(_given_form),
]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Tolerance(Strict):
    """How far an answer may lie from the right one: a share of it, or an amount in its unit."""

    relative: Annotated[float, Field(gt=0, le=0.5)] | None = None
    absolute: Annotated[float, Field(ge=0)] | None = None

    def interval(self, value: float) -> tuple[float, float]:
        """Return the lowest and the highest number that count as `value`."""
        margin = self.absolute if self.absolute is not None else (self.relative or _RELATIVE) * abs(value)
        margin += _ROUNDING * max(margin, abs(value))
        return value - margin, value + margin


class MistakeEntry(Strict):
    """A catalogued wrong method as its author wrote it."""

    id: Slug
    value: Expression
    feedback: Text


class NumericEntry(Entry):
    """A numeric question as its author wrote it."""

    kind: Literal["numeric"]
    given: dict[Name, Given] = Field(default={})
    answer: Expression
    tolerance: Tolerance = Tolerance(relative=_RELATIVE)
    unit: str = ""
    mistakes: list[MistakeEntry] = Field(default=[])
    solution: Text

    def texts(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield every Markdown text that a learner may see, with its key path."""
        yield from super().texts()
        for index, mistake in enumerate(self.mistakes):
            yield ("mistakes", index, "feedback"), mistake.feedback

    def sample(self) -> dict[str, float]:
        """Return one possible value for every name that the texts may show."""
        return {name: given.pick(0) for name, given in self.given.items()}

    def _values(self, question_id: str, seed: int) -> dict[str, float]:
        drawn = {}
        for name, given in self.given.items():
            digest = hashlib.sha256(f"{question_id}|{seed}|{name}".encode()).digest()
            drawn[name] = given.pick(int.from_bytes(digest[:8]) % given.count())
        return drawn

    def problems(self, question_id: str) -> Iterator[Problem]:
        """Yield each rule that the entry breaks beyond its form, with the key path."""
        if (self.tolerance.relative is None) == (self.tolerance.absolute is None):
            yield ("tolerance",), "must have one of `relative` and `absolute`. Keep the one that is meant."
        for mistake_id, count in Counter(mistake.id for mistake in self.mistakes).items():
            if count > 1:
                yield ("mistakes",), f"mistake ids must differ, got `{mistake_id}` {count} times. Rename all but one."
        drawable = True
        for name, given in self.given.items():
            for path, text in given.problems():
                drawable = False
                yield ("given", name, *path), text
        yield from self._naming_problems()
        if drawable:
            yield from self._value_problems(question_id)

    def _naming_problems(self) -> Iterator[Problem]:
        shown = {name for name, _ in prose.placeholders(self.prompt)}
        for name in self.given:
            if name in {*SUBJECTS, *FUNCTIONS, "answer"}:
                yield ("given", name), f"`{name}` means something else in expressions. Choose another name."
            if name not in shown:
                yield ("given", name), f"the prompt must show every given value. Write `[[{name}]]` where it belongs."

    def _value_problems(self, question_id: str) -> Iterator[Problem]:
        try:
            computed = bool(self.given) or calls_opsbook(self.answer)
        except ValueError as error:
            yield ("answer",), str(error)
            return
        if not computed:
            yield ("answer",), f"must be computed from a `given` or an opsbook call, got {self.answer!r}."
        sets = prod(given.count() for given in self.given.values())
        if self.given and sets < VARIANTS:
            rule = f"must give at least {VARIANTS} different sets of numbers (new numbers on request), got {sets}."
            yield ("given",), f"{rule} Add values."
        # One report per place: the first seed that shows a fault is enough to mend it.
        found: dict[tuple[str | int, ...], str] = {}
        for seed in range(VARIANTS):
            for path, text in self._faults(self._values(question_id, seed)):
                found.setdefault(path, f"{text} (Found with seed {seed}.)" if self.given else text)
        yield from found.items()

    def _faults(self, values: dict[str, float]) -> Iterator[Problem]:
        where = ", ".join(f"{name} = {value:g}" for name, value in values.items())
        try:
            answer = evaluate(self.answer, values)
        except ValueError as error:
            yield ("answer",), f"{error}{f' Here {where}.' if where else ''}"
            return
        if self.unit == "proportion" and not 0 <= answer <= 1:
            yield ("answer",), f"a proportion must lie between 0 and 1, got {answer:g} for {where}."
        low, high = self.tolerance.interval(answer)
        if answer == 0 and self.tolerance.absolute is None:
            yield ("tolerance",), "a relative tolerance of an answer of 0 accepts nothing else. Use `absolute`."
        intervals = []
        for index, mistake in enumerate(self.mistakes):
            path = ("mistakes", index, "value")
            try:
                value = evaluate(mistake.value, values)
            except ValueError as error:
                yield path, f"{error}{f' Here {where}.' if where else ''}"
                continue
            if low <= value <= high:
                yield path, f"must differ from the right answer {answer:g}, got {value:g} for {where}. Change `given`."
            intervals.append((index, mistake.id, value, self.tolerance.interval(value)))
        for (_, first, _, (below, above)), (index, _, value, _) in combinations(intervals, 2):
            if below <= value <= above:
                rule = f"must differ from the mistake `{first}`, got {value:g} for both with {where}."
                yield ("mistakes", index, "value"), f"{rule} Drop one, or change `given`."

    def draw(self, question_id: str, seed: int, *, fixed: bool) -> NumericQuestion:
        """Return the question with the numbers of `seed`."""
        values = self._values(question_id, seed)
        answer = evaluate(self.answer, values)
        low, high = self.tolerance.interval(answer)
        mistakes = []
        for mistake in self.mistakes:
            value = evaluate(mistake.value, values)
            below, above = self.tolerance.interval(value)
            feedback = prose.fill(mistake.feedback, values)
            mistakes.append(Mistake(id=mistake.id, value=value, low=below, high=above, feedback=feedback))
        return NumericQuestion(
            **self.common(question_id, seed, values, fixed=fixed),
            solution=prose.fill(self.solution, values | {"answer": answer}),
            values=MappingProxyType(values),
            answer=answer,
            low=low,
            high=high,
            unit=self.unit,
            mistakes=tuple(mistakes),
        )

    def variant_seeds(self, question_id: str, seed: int) -> list[int]:
        """Return the seeds of up to ten variants with different numbers, `seed` first."""
        seeds: dict[tuple[float, ...], int] = {}
        for candidate in range(seed, seed + 10 * VARIANTS if self.given else seed + 1):
            seeds.setdefault(tuple(self._values(question_id, candidate).values()), candidate)
            if len(seeds) == VARIANTS:
                break
        return list(seeds.values())
