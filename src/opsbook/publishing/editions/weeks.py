"""The week plan of an edition: which chapters are read before which session."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from opsbook.publishing.editions.settings import WEEKDAYS, Holiday, Term

__all__ = ["Session", "idle", "sessions"]


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


def idle(term: Term | None) -> Iterator[str]:
    """Yield what a term names and no day of it shows, which is more often a slip than meant.

    Examples
    --------
    >>> list(idle(Term(start="2027-02-01", every=["monday"], weeks=10, holidays=["2027-06-14"])))
    ['the holiday 2027-06-14 lies outside the term, 2027-02-01 to 2027-04-11']
    """
    if term is None:
        return
    days = term.dates
    first = term.start or days[0]
    last = days[-1] if term.weeks is None else first + timedelta(days=7 * term.weeks - 1)
    # The Monday before a session on Tuesday is a beginning as good as any; the Tuesday after one on Monday is not.
    missed = any(WEEKDAYS.index(each) < first.weekday() for each in term.every)
    if missed and first not in days:
        yield f"`start` is {_named(first)}, no day of a session: the first session is on {_named(days[0])}"
    for each in term.holidays:
        if each.last < first or last < each.start:
            yield f"the holiday {_said(each)} lies outside the term, {first} to {last}"
        # Beside days that are listed one by one, holidays only say why there is no class.
        elif term.every and not any(each.start <= day <= each.last for day in days):
            yield f"the holiday {_said(each)} takes no session away"


def _named(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()].title()} {day}"


def _said(holiday: Holiday) -> str:
    days = f"{holiday.start}" if holiday.last == holiday.start else f"{holiday.start} to {holiday.last}"
    return days if holiday.name == Holiday.model_fields["name"].default else f"{days} ({holiday.name})"


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
