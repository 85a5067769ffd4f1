"""The values that a numeric question draws: how they are authored, and which sets of them there are."""

from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from fractions import Fraction
from functools import cache
from math import prod
from random import Random
from typing import Annotated, Any

from pydantic import Discriminator, Field, PlainValidator, Tag
from pydantic_core import PydanticCustomError

from opsbook.exercises.question import Problem, Strict

__all__ = ["Choices", "Given", "Range", "sets_of_values"]

# Whole numbers beyond this are no longer exact where the page computes with them.
_LARGEST = 1e15


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
        """Return the value at `index`; of one type for all, so that a format that fits one value fits every one."""
        value = self.choices[index]
        return value if all(isinstance(each, int) for each in self.choices) else float(value)


class Range(Strict):
    """Values from `start` to `to`, both included, `step` apart."""

    start: Annotated[Number, Field(alias="from")]
    to: Number
    step: Number

    def problems(self) -> Iterator[Problem]:
        """Yield each rule that the values break."""
        if self.step <= 0:
            yield ("step",), f"must be above zero, got {self.step:g}. Raise it."
        elif self.to <= self.start:
            yield ("to",), f"must be above `from` ({self.start:g}), got {self.to:g}. Raise it."
        elif (Fraction(str(self.to)) - Fraction(str(self.start))) % Fraction(str(self.step)):
            yield ("to",), f"must be a whole number of steps from `from`, got {self.to:g}. Write the last value drawn."

    def count(self) -> int:
        """Return how many values there are."""
        return int((Fraction(str(self.to)) - Fraction(str(self.start))) / Fraction(str(self.step))) + 1

    def pick(self, index: int) -> float:
        """Return the value at `index`: the decimal that its author would write, such as 0.3 and not 0.1 + 0.2."""
        value = Fraction(str(self.start)) + Fraction(str(self.step)) * index
        return int(value) if isinstance(self.start, int) and isinstance(self.step, int) else float(value)


def _form(value: Any) -> str:
    # A misspelt key still says which of the two forms is meant.
    choices = isinstance(value, dict) and get_close_matches("choices", map(str, value), n=1, cutoff=0.7)
    return "@choices" if choices else "@range"


Given = Annotated[
    Annotated[Choices, Tag("@choices")] | Annotated[Range, Tag("@range")],
    Discriminator(_form),
]


def sets_of_values(given: Mapping[str, Choices | Range], most: int) -> Iterator[dict[str, float]]:
    """Yield every set of values that may be drawn; where there are more than `most`, so many, one of each equal part.

    Examples
    --------
    >>> given = {"staff": Choices(choices=[2, 3]), "wait": Choices(choices=[5, 10])}
    >>> [tuple(values.values()) for values in sets_of_values(given, most=10)]
    [(2, 5), (2, 10), (3, 5), (3, 10)]
    >>> [values["staff"] for values in sets_of_values(given, most=2)]
    [2, 3]
    """
    counts = {name: each.count() for name, each in given.items()}
    picks = {name: cache(each.pick) for name, each in given.items()}
    total = prod(counts.values())
    parts = min(total, most)
    # A fixed distance between the places might always meet the same value of one name; chance does not, and the same
    # chance each time gives the same report each time.
    dice = Random(0)  # noqa: S311 - a sample, not a secret
    for part in range(parts):
        rest = dice.randrange(part * total // parts, (part + 1) * total // parts)
        values = {}
        for name in reversed(counts):
            rest, index = divmod(rest, counts[name])
            values[name] = picks[name](index)
        yield {name: values[name] for name in counts}
