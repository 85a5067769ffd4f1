"""Questions answered by a number, computed by opsbook from values drawn for a seed."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from math import prod
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import BeforeValidator, Field

from opsbook.exercises import prose
from opsbook.exercises.answers import read_number, spellings
from opsbook.exercises.expressions import FUNCTIONS, SUBJECTS, calls_opsbook, check_names, evaluate
from opsbook.exercises.given import Given, sets_of_values
from opsbook.exercises.question import Entry, Mark, Problem, Question, Slug, Strict, Text, differing, refusal
from opsbook.exercises.slips import Mistake, general_slips, meet

__all__ = ["MistakeEntry", "NumericEntry", "NumericQuestion", "Tolerance"]

_VARIANTS = 10

# Any answer that is rounded correctly to three significant digits lies within half of this.
_RELATIVE = 0.01

# A bound such as 0.3 + 0.05 must include the 0.35 that a learner types.
_ROUNDING = 1e-9

# A question is checked with all its sets of numbers up to this many, and with fewer the more expressions it computes
# from each; a check should not be something to wait for.
_MOST_SETS = 2000
_MOST_COMPUTED = 40_000

_UNIT_MESSAGES = {
    "": "Give the number alone, without a unit.",
    "proportion": "Give a proportion from 0 to 1, or a percentage with its sign.",
}


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
            raise refusal(response, "the answer as typed (text)", "Use str().")
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


def _written(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Expression = Annotated[Text, BeforeValidator(_written)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Tolerance(Strict):
    """How far an answer may lie from the right one: a share of it, or an amount in its unit."""

    relative: Annotated[float, Field(gt=0, le=0.5, allow_inf_nan=False)] | None = None
    absolute: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None

    def interval(self, value: float) -> tuple[float, float]:
        """Return the lowest and the highest number that count as `value`."""
        margin = self.absolute if self.absolute is not None else (self.relative or _RELATIVE) * abs(value)
        margin += _ROUNDING * max(margin, abs(value))
        return value - margin, value + margin


class _Fault(NamedTuple):
    """Where numbers break a rule, and what a mistake runs into."""

    path: tuple[str | int, ...]
    against: str = ""


class MistakeEntry(Strict):
    """A catalogued wrong method as its author wrote it."""

    id: Slug
    value: Expression
    feedback: Text


class NumericEntry(Entry):
    """A numeric question as its author wrote it."""

    kind: Literal["numeric"]
    given: dict[Name, Given] = Field(default={})
    let: dict[Name, Expression] = Field(default={})
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
        values = {name: given.pick(0) for name, given in self.given.items()}
        for name, expression in self.let.items():
            try:
                values[name] = evaluate(expression, values)
            except ValueError:
                # The expression is a problem of its own; the texts can be checked all the same.
                values[name] = 1.0
        return values

    def _drawn(self, question_id: str, seed: int) -> dict[str, float]:
        drawn = {}
        for name, given in self.given.items():
            digest = hashlib.sha256(f"{question_id}|{seed}|{name}".encode()).digest()
            drawn[name] = given.pick(int.from_bytes(digest[:8]) % given.count())
        return drawn

    def problems(self, question_id: str) -> Iterator[Problem]:
        """Yield each rule that the entry breaks beyond its form, with the key path."""
        if (self.tolerance.relative is None) == (self.tolerance.absolute is None):
            yield ("tolerance",), "must have one of `relative` and `absolute`. Keep the one that is meant."
        yield from differing(("mistakes",), "mistake", (mistake.id for mistake in self.mistakes))
        drawable = True
        for name, given in self.given.items():
            for path, text in given.problems():
                drawable = False
                yield ("given", name, *path), text
        yield from self._naming_problems()
        readable = True
        for path, text in self._reading_problems():
            readable = False
            yield path, text
        if readable and not self.given and not any(map(calls_opsbook, (*self.let.values(), self.answer))):
            yield ("answer",), f"must be computed from a `given` or an opsbook call, got {self.answer!r}."
        if drawable and readable:
            yield from self._value_problems(question_id)

    def _naming_problems(self) -> Iterator[Problem]:
        shown = {name for name, _ in prose.placeholders(self.prompt)}
        for key, names in (("given", self.given), ("let", self.let)):
            for name in names:
                if name in {*SUBJECTS, *FUNCTIONS, "answer"}:
                    yield (key, name), f"`{name}` means something else in expressions. Choose another name."
        for name in self.let:
            if name in self.given:
                yield ("let", name), f"`{name}` is a given value already. Choose another name."
        for name in self.given:
            if name not in shown:
                yield ("given", name), f"the prompt must show every given value. Write `[[{name}]]` where it belongs."

    def _reading_problems(self) -> Iterator[Problem]:
        known = frozenset(self.given)
        expressions: list[tuple[tuple[str | int, ...], str, frozenset[str]]] = []
        for name, expression in self.let.items():
            expressions.append((("let", name), expression, known))
            known |= {name}
        expressions.append((("answer",), self.answer, known))
        expressions += [(("mistakes", n, "value"), mistake.value, known) for n, mistake in enumerate(self.mistakes)]
        for path, expression, names in expressions:
            try:
                check_names(expression, names)
            except ValueError as error:
                yield path, str(error)

    def _value_problems(self, question_id: str) -> Iterator[Problem]:
        sets = prod(given.count() for given in self.given.values())
        if self.given and sets < _VARIANTS:
            rule = f"must give at least {_VARIANTS} different sets of numbers (new numbers on request), got {sets}."
            yield ("given",), f"{rule} Add values."
        most = max(_VARIANTS, min(_MOST_SETS, _MOST_COMPUTED // (1 + len(self.let) + len(self.mistakes))))
        tried = sets_of_values(self.given, most)
        if sets > most:
            # Whatever the sample misses, the numbers that readers see first are sound.
            tried = chain(tried, (self._drawn(question_id, seed) for seed in range(_VARIANTS)))
        # One report per fault: the first set of numbers that shows it is enough to mend it.
        found: dict[_Fault, str] = {}
        counts: Counter[_Fault] = Counter()
        number = 0
        for number, drawn in enumerate(tried, 1):  # noqa: B007 - how many there were is said below
            for fault, text in self._faults(drawn):
                found.setdefault(fault, text)
                counts[fault] += 1
        for fault, text in found.items():
            extent = f" ({counts[fault]} of {number} sets of numbers tried.)" if counts[fault] > 1 else ""
            yield fault.path, f"{text}{extent}"

    def _faults(self, drawn: Mapping[str, float]) -> Iterator[tuple[_Fault, str]]:
        where = ", ".join(f"{name} = {value:g}" for name, value in drawn.items())
        here = f" Here {where}." if where else ""
        values = dict(drawn)
        path: tuple[str | int, ...] = ()
        try:
            for name, expression in self.let.items():
                path = ("let", name)
                values[name] = evaluate(expression, values)
            path = ("answer",)
            answer = evaluate(self.answer, values)
        except ValueError as error:
            yield _Fault(path), f"{error}{here}"
            return
        if self.unit == "proportion" and not 0 <= answer <= 1:
            yield _Fault(("answer",)), f"a proportion must lie between 0 and 1, got {answer:g}.{here}"
        if answer == 0 and self.tolerance.absolute is None:
            rule = "a relative tolerance of an answer of 0 accepts nothing else."
            yield _Fault(("tolerance",)), f"{rule} Use `absolute`.{here}"
        others = [("right answer", "the right answer", answer, self.tolerance.interval(answer))]
        for index, mistake in enumerate(self.mistakes):
            path = ("mistakes", index, "value")
            try:
                value = evaluate(mistake.value, values)
            except ValueError as error:
                yield _Fault(path), f"{error}{here}"
                continue
            interval = self.tolerance.interval(value)
            for key, name, other, taken in others:
                if meet(interval, taken):
                    rule = f"must differ from {name} by more than both tolerances, got {value:.6g} beside {other:.6g}."
                    yield _Fault(path, key), f"{rule} Change `given`, or drop the mistake.{here}"
            others.append((mistake.id, f"the mistake `{mistake.id}`", value, interval))

    def draw(self, question_id: str, seed: int, *, fixed: bool) -> NumericQuestion:
        """Return the question with the numbers of `seed`."""
        values = self._drawn(question_id, seed)
        for name, expression in self.let.items():
            values[name] = evaluate(expression, values)
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
            solution=prose.fill(self.shown_solution, values | {"answer": answer}),
            values=MappingProxyType(values),
            answer=answer,
            low=low,
            high=high,
            unit=self.unit,
            mistakes=(*mistakes, *general_slips(self.unit, answer, (low, high), mistakes)),
        )

    def variant_seeds(self, question_id: str, seed: int) -> list[int]:
        """Return the seeds of up to ten variants with different numbers, `seed` first."""
        seeds: dict[tuple[float, ...], int] = {}
        for candidate in range(seed, seed + 10 * _VARIANTS if self.given else seed + 1):
            seeds.setdefault(tuple(self._drawn(question_id, candidate).values()), candidate)
            if len(seeds) == _VARIANTS:
                break
        return list(seeds.values())
