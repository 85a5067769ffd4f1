"""What people write in cells: times, durations, numbers, words for true and false, read where they have one meaning.

Everything here is asked about each different text once, however many rows hold it.
"""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

__all__ = [
    "MISSING",
    "DateOrder",
    "Decimal",
    "Moment",
    "clock",
    "date",
    "decimal_mark",
    "flag",
    "moment",
    "number",
    "offset",
    "order_of",
]

DateOrder = Literal["day-first", "month-first"]
Decimal = Literal["comma", "point"]

MISSING: Final = ("", " ", "NULL", "null", "Null", "NA", "N/A", "n/a", "NaN", "nan", "None", "-", "–")
"""What stands for a missing number, time or flag; of words only nothing at all does."""

_TRUE: Final = frozenset({"true", "t", "yes", "y", "1", "1.0", "ja", "oui", "sí", "si"})
_FALSE: Final = frozenset({"false", "f", "no", "n", "0", "0.0", "nein", "non"})

_PLAIN: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?", re.ASCII)
_COMMA: Final = re.compile(r"[-+]?\d+,\d+", re.ASCII)
_GROUPED: Final = {
    "point": re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d*)?", re.ASCII),
    "comma": re.compile(r"[-+]?\d{1,3}(?:\.\d{3})+(?:,\d*)?", re.ASCII),
}
_DURATION: Final = re.compile(r"(\d+):([0-5]\d):([0-5]\d(?:\.\d+)?)", re.ASCII)
_THOUSANDS: Final = 3

_MOMENT: Final = re.compile(
    r"\s*(?P<date>.*?\d{4}|.*?\d{1,2}[-/.]\d{1,2}[-/.]\d{1,2})"
    r"(?:[T,\s]\s*(?P<clock>\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?)"
    r"\s*(?P<offset>Z|UTC|GMT|[-+]\d{2}:?\d{2}|[-+]\d{2})?)?\s*",
    re.ASCII,
)
_YEAR_FIRST: Final = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", re.ASCII)
_YEAR_LAST: Final = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})", re.ASCII)
_NAMED: Final = re.compile(r"(?:[A-Za-z]{3,9},? )?(\d{1,2})[- ]([A-Za-z]{3,9})[- ,]+(\d{4})", re.ASCII)
_NAME_FIRST: Final = re.compile(r"(?:[A-Za-z]{3,9},? )?([A-Za-z]{3,9}) (\d{1,2}),? (\d{4})", re.ASCII)
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6})\d*)?)?\s*([AaPp])?\.?[Mm]?\.?", re.ASCII)
_OFFSET: Final = re.compile(r"([-+])(\d{2}):?(\d{2})?", re.ASCII)
_MONTHS: Final = (
    "january february march april may june july august september october november december".split()  # noqa: SIM905
)
_NOON, _LAST_HOUR, _LAST_MINUTE, _MONTHS_A_YEAR = 12, 23, 59, 12
_SHORTEST = 3  # letters of a month
_LATEST = 18  # hours from UTC
_CENTURY: Final = 2000


class Moment(NamedTuple):
    """A time in three parts, as text; `clock` and `offset` may be empty."""

    date: str
    clock: str
    offset: str


def flag(text: str) -> bool | None:
    """Return what a word says, or None if it says neither.

    Examples
    --------
    >>> flag("Yes"), flag("0"), flag("Handled")
    (True, False, None)
    """
    word = text.strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


def decimal_mark(texts: Iterable[str], *, points: bool, grouped: bool = False) -> Decimal | None:
    """Return the mark before decimals in a column, or None where what is there may also be a mark of thousands.

    `points` says that a point before decimals was seen, `grouped` that a point may stand between thousands.

    Examples
    --------
    >>> decimal_mark(["12,5", "1,250"], points=False), decimal_mark(["1,250"], points=False)
    ('comma', None)
    >>> decimal_mark(["1.250", "30"], points=False, grouped=True) is None
    True
    >>> decimal_mark(["1.250", "0.5"], points=False, grouped=True)
    'point'
    """
    texts = [text.strip() for text in texts]
    commas = [text for text in texts if _COMMA.fullmatch(text)]
    if not commas and grouped:
        split = [text for text in texts if "." in text and _PLAIN.fullmatch(text)]
        return None if split and all(map(_GROUPED["comma"].fullmatch, split)) else "point"
    if not commas or points:
        return "point"
    return "comma" if any(len(text.partition(",")[2]) != _THOUSANDS for text in commas) else None


def number(text: str, *, decimal: Decimal, seconds: bool) -> float | None:
    """Return the number in a text, or None; a duration such as 0:01:30 is one where seconds are meant.

    Examples
    --------
    >>> number("12,5", decimal="comma", seconds=False), number("0:01:30", decimal="point", seconds=True)
    (12.5, 90.0)
    >>> number("1.250", decimal="comma", seconds=False), number("1,250.5", decimal="point", seconds=False)
    (1250.0, 1250.5)
    >>> number("12.5", decimal="comma", seconds=False) is None
    True
    """
    text = text.strip()
    if _GROUPED[decimal].fullmatch(text):
        text = text.replace("," if decimal == "point" else ".", "")
    if decimal == "comma":
        text = text.replace(".", "?").replace(",", ".")
    if _PLAIN.fullmatch(text):
        return float(text)
    if seconds and (parts := _DURATION.fullmatch(text)):
        hours, minutes, rest = parts.groups()
        return int(hours) * 3600 + int(minutes) * 60 + float(rest)
    return None


def moment(text: str) -> Moment | None:
    """Return the parts of a time, or None if it has not the form of one.

    Examples
    --------
    >>> moment("2024-03-04T08:15:00+01:00")
    Moment(date='2024-03-04', clock='08:15:00', offset='+01:00')
    >>> moment("04/03/2024 8:15 PM")[:2]
    ('04/03/2024', '8:15 PM')
    """
    found = _MOMENT.fullmatch(text)
    return None if found is None else Moment(found["date"].strip(), found["clock"] or "", found["offset"] or "")


def order_of(dates: Iterable[str]) -> tuple[DateOrder | None, str]:
    """Return the order of day and month that dates prove, and a date that leaves it open.

    Returns
    -------
    tuple of str or None, and str
        The order, or None; a date that can be read in both ways, or an empty text if there is none.

    Examples
    --------
    >>> order_of(["03/04/2024", "13/04/2024"]), order_of(["03/04/2024"]), order_of(["2024-04-03", "3.4.2024"])
    (('day-first', '03/04/2024'), (None, '03/04/2024'), (None, ''))
    """
    proof: set[DateOrder] = set()
    either = ""
    for text in dates:
        parts = _YEAR_LAST.fullmatch(text)
        if parts is None or parts[2] == ".":
            continue
        first, second = int(parts[1]), int(parts[3])
        if first > _MONTHS_A_YEAR >= second:
            proof.add("day-first")
        elif second > _MONTHS_A_YEAR >= first:
            proof.add("month-first")
        elif first != second:
            either = either or text
    return (proof.pop() if len(proof) == 1 else None), either


def date(text: str, order: DateOrder) -> dt.date | None:
    """Return a date, or None if there is none of this form; with dots, the day always comes first.

    Examples
    --------
    >>> date("3.4.2024", "month-first"), date("03/04/2024", "month-first"), date("4 Mar 2024", "day-first")
    (datetime.date(2024, 4, 3), datetime.date(2024, 3, 4), datetime.date(2024, 3, 4))
    """
    if parts := _YEAR_FIRST.fullmatch(text):
        year, month, day = parts[1], parts[3], parts[4]
    elif parts := _YEAR_LAST.fullmatch(text):
        day, month, year = parts[1], parts[3], parts[4]
        if order == "month-first" and parts[2] != ".":
            day, month = month, day
    elif parts := _NAMED.fullmatch(text):
        day, month, year = parts[1], _month(parts[2]), parts[3]
    elif parts := _NAME_FIRST.fullmatch(text):
        month, day, year = _month(parts[1]), parts[2], parts[3]
    else:
        return None
    try:
        return dt.date(int(year) + (_CENTURY if len(year) == 2 else 0), int(month), int(day))  # noqa: PLR2004 -- digits
    except ValueError:
        return None


def _month(name: str) -> str:
    name = name.lower()
    full = [position for position, month in enumerate(_MONTHS, start=1) if month.startswith(name)]
    if name == "sept":
        full = [9]
    return str(full[0] if len(full) == 1 and len(name) >= _SHORTEST else 0)


def clock(text: str) -> int | None:
    """Return the microseconds since midnight, or None; no text is midnight.

    Examples
    --------
    >>> clock("08:15"), clock("12:30 am"), clock("24:00") is None
    (29700000000, 1800000000, True)
    """
    if not text:
        return 0
    parts = _CLOCK.fullmatch(text)
    if parts is None:
        return None
    hour, minute, second = int(parts[1]), int(parts[2]), int(parts[3] or 0)
    if parts[5]:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if parts[5] in "pP" else 0)
    if hour > _LAST_HOUR or minute > _LAST_MINUTE or second > _LAST_MINUTE:
        return None
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + int((parts[4] or "").ljust(6, "0"))


def offset(text: str) -> int | None:
    """Return the minutes ahead of UTC, or None.

    Examples
    --------
    >>> offset("Z"), offset("+01:00"), offset("-0330")
    (0, 60, -210)
    """
    if text in ("Z", "UTC", "GMT"):
        return 0
    parts = _OFFSET.fullmatch(text)
    if parts is None or int(parts[2]) > _LATEST or int(parts[3] or 0) > _LAST_MINUTE:
        return None
    return (int(parts[2]) * 60 + int(parts[3] or 0)) * (-1 if parts[1] == "-" else 1)
