"""The week plan of an edition: which chapters are read before which session."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from opsbook.publishing.editions.settings import Term

__all__ = ["Session", "sessions"]


@dataclass(frozen=True)
class Session:
    """A day of the term: what is to be read before it, or the name of the holiday."""

    date: date
    number: int
    chapters: tuple[str, ...]
    holiday: str = ""


def sessions(term: Term | None, minutes: Mapping[str, int]) -> tuple[Session, ...]:
    """Return the days of a term, each with the chapters to be read before it; none without a term.

    Parameters
    ----------
    term : Term or None
        When the course meets, and when it does not.
    minutes : mapping of str to int
        How long each chapter takes to read, by its name, in their order.
    """
    if term is None:
        return ()
    names = list(minutes)
    held = [day for day in term.dates if not term.holiday(day)]
    shares = iter(_spread(list(minutes.values()), len(held)))
    found, number = [], 0
    for day in term.dates:
        holiday = term.holiday(day)
        if holiday:
            found.append(Session(day, 0, (), holiday))
            continue
        number += 1
        found.append(Session(day, number, tuple(names[place] for place in next(shares))))
    return tuple(found)


def _spread(minutes: Sequence[int], sessions: int) -> list[list[int]]:
    """Return the places of chapters by session, in their order and as evenly by their minutes as can be.

    With at least as many chapters as sessions, every session has one, and the sum of squares of the minutes is least.
    With fewer, each chapter begins when the sessions before it would have been filled by those before it.

    Examples
    --------
    >>> _spread([30, 30, 20, 20, 20], 3)
    [[0], [1, 2], [3, 4]]
    >>> _spread([30, 60], 3)
    [[0], [1], []]
    """
    if not sessions:
        return []
    count, whole = len(minutes), sum(minutes)
    if count < sessions:
        starts: list[int] = []
        for place in range(count):
            due = sum(minutes[:place]) * sessions // whole
            starts.append(min(max(due, starts[-1] + 1 if starts else 0), sessions - count + place))
        return [[starts.index(number)] if number in starts else [] for number in range(sessions)]

    @cache
    def best(start: int, left: int) -> tuple[int, tuple[int, ...]]:
        """Return the least sum of squares of the chapters from `start` on, and where each session ends."""
        if left == 1:
            return sum(minutes[start:]) ** 2, (count,)
        choices = []
        for end in range(start + 1, count - left + 2):
            further, ends = best(end, left - 1)
            choices.append((sum(minutes[start:end]) ** 2 + further, (end, *ends)))
        return min(choices)

    _, ends = best(0, sessions)
    return [list(range(start, end)) for start, end in zip((0, *ends), ends, strict=False)]
