"""Wrong numbers that a numeric question recognises: its own catalogued ones, and slips that any question may meet."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from opsbook.exercises.answers import seconds_in

__all__ = ["Mistake", "general_slips", "meet"]

Interval = tuple[float, float]

# Below this, a hundred times a proportion is no more than 1, and may as well be a wrong proportion.
_SMALLEST_PROPORTION = 0.01

_CLOCK = (1, 60, 3600)
_TIME_FACTORS = (60, 1 / 60, 3600, 1 / 3600)

_CLOSE = 5

# Beside an exact answer nothing is close: a count that is off by one is another count.
_EXACT = 1e-6


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A wrong method that is recognised by the interval its result lies in.

    Attributes
    ----------
    id : str
        What the mark names as the mistake.
    value : float
        What the wrong method gives, or one such number.
    low, high : float
        The lowest and the highest number that are recognised.
    feedback : str
        Markdown.
    general : bool
        Whether it is a slip that any question with this unit may meet, and not one of the question's own catalogue.
    """

    id: str
    value: float
    low: float
    high: float
    feedback: str
    general: bool = False


def meet(one: Interval, other: Interval) -> bool:
    """Return whether two intervals have a number in common.

    Examples
    --------
    >>> meet((1, 2), (2, 3)), meet((1, 2), (2.5, 3))
    (True, False)
    """
    return one[0] <= other[1] and other[0] <= one[1]


def _seconds_at_end(words: str) -> int | None:
    # The last word decides: "staff minutes", "minutes per job", "jobs per working hour".
    return seconds_in(words.rsplit(maxsplit=1)[-1]) if words.split() else None


def _times(unit: str) -> Iterator[tuple[str, float, str]]:
    before, per, after = unit.lower().rpartition("per ")
    if length := _seconds_at_end(before if per else after):
        others = [length / other for other in _CLOCK]
    elif per and (length := _seconds_at_end(after)):
        others = [other / length for other in _CLOCK]
    else:
        return
    for number, factor in enumerate(_TIME_FACTORS, 1):
        reason = (
            "This would be right in another unit of time."
            if any(math.isclose(factor, other) for other in others)
            else "A conversion between units of time seems to be made twice, or the wrong way round."
        )
        yield f"other-unit-of-time-{number}", factor, f"{reason} The answer is asked for in {unit}."


def _scaled(unit: str, answer: float) -> Iterator[tuple[str, float, str]]:
    if unit == "proportion" and answer > _SMALLEST_PROPORTION:
        asked = "A proportion is asked for: a number from 0 to 1, or a percentage with its sign."
        yield "percentage-for-proportion", 100, f"This would be right as a percentage. {asked}"
    elif unit == "%":
        asked = "A percentage is asked for: how many out of a hundred."
        yield "proportion-for-percentage", 0.01, f"This would be right as a proportion. {asked}"
    yield from _times(unit)


def _close(answer: float, right: Interval, taken: Sequence[Interval]) -> Iterator[Mistake]:
    margin = (right[1] - right[0]) / 2
    if margin <= _EXACT * abs(answer):
        return
    candidates = (answer + steps * margin for steps in (3, -3, 2, -2, 4, -4))
    value = next((each for each in candidates if not any(low <= each <= high for low, high in taken)), None)
    if value is not None:
        yield Mistake(
            id="close",
            value=value,
            low=answer - _CLOSE * margin,
            high=answer + _CLOSE * margin,
            feedback="Close, but not within the tolerance. Keep all digits until the last step; if you did, look for a "
            "small part that is left out or counted twice.",
            general=True,
        )


def general_slips(unit: str, answer: float, right: Interval, catalogued: Sequence[Mistake]) -> Iterator[Mistake]:
    """Yield the slips that a question meets whatever it is about, as far as they can be told from the rest.

    They are a percentage for a proportion or the reverse, another unit of time, and a number close to the answer. A
    catalogued mistake knows more about the question: where one shares an id or a number with a slip, the slip is left
    out. ``close`` lies around the right interval and so has to be looked at last.

    Parameters
    ----------
    unit : str
        The question's unit.
    answer : float
        The right answer.
    right : tuple of float
        The lowest and the highest number that count as right.
    catalogued : sequence of Mistake
        The question's own mistakes.

    Yields
    ------
    Mistake
        With a message that names the misconception and the unit wanted, and no number.

    Examples
    --------
    >>> [(slip.id, slip.value) for slip in general_slips("proportion", 0.75, (0.74, 0.76), [])]
    [('percentage-for-proportion', 75.0), ('close', 0.78)]
    >>> [slip.id for slip in general_slips("agents", 12, (12, 12), [])]
    []
    """
    ids = {mistake.id for mistake in catalogued}
    taken = [right, *((mistake.low, mistake.high) for mistake in catalogued)]
    for slip_id, factor, feedback in _scaled(unit, answer):
        low, high = sorted(factor * bound for bound in right)
        if slip_id not in ids and not any(meet((low, high), other) for other in taken):
            taken.append((low, high))
            yield Mistake(id=slip_id, value=factor * answer, low=low, high=high, feedback=feedback, general=True)
    if "close" not in ids:
        yield from _close(answer, right, taken)
