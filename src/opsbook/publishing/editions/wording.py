"""How an edition says what its file holds: any text letter by letter, days, and several words in one sentence."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

__all__ = ["day", "escaped", "joined"]

_PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def escaped(text: str) -> str:
    r"""Return text as Markdown that shows it letter by letter, whatever marks it holds.

    Examples
    --------
    >>> print(escaped("Queues & <b>beds</b> {{ 1 }}"))
    Queues \& \<b\>beds\<\/b\> \{\{ 1 \}\}
    """
    return _PUNCTUATION.sub(r"\\\1", " ".join(text.split()))


def day(moment: date) -> str:
    """Return a date as it is said, in no language but the course's.

    Examples
    --------
    >>> day(date(2026, 9, 7))
    'Monday 7 September 2026'
    """
    return f"{_DAYS[moment.weekday()]} {moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def joined(words: Iterable[str]) -> str:
    """Return words as they are listed in a sentence.

    Examples
    --------
    >>> joined(["beds", "doctors", "nurses"]), joined(["beds"])
    ('beds, doctors and nurses', 'beds')
    """
    said = list(words)
    return " and ".join(filter(None, [", ".join(said[:-1]), *said[-1:]]))
