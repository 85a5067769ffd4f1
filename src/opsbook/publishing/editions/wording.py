"""How an edition says what its file holds: any text letter by letter, days, and several words in one sentence."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

from opsbook.exercises.forms import meant

__all__ = ["day", "escaped", "joined", "likely"]

# What means something wherever it stands, at the beginning (a list, a heading, a comment, a label), and at the end.
_MARKS: Final = re.compile(r"[\\`*_\[\]{<$|~]|&(?=#?\w+;)|^[!-/:-@^}]|#$")
_NUMBERED: Final = re.compile(r"^(\d{1,9})([.)])")
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def escaped(text: str) -> str:
    r"""Return text as Markdown that shows it letter by letter, whatever marks it holds.

    Examples
    --------
    >>> print(escaped("1. Queues & <b>beds</b>: {{ 1 }}"))
    1\. Queues & \<b>beds\</b>: \{\{ 1 }}
    """
    marked = _MARKS.sub(lambda mark: f"\\{mark[0]}", " ".join(text.split()))
    return _NUMBERED.sub(r"\1\\\2", marked)


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


def likely(word: str, words: Iterable[str], otherwise: str) -> str:
    """Return a hint at the one of many names that is meant, among those of the same chapter if `word` begins with one.

    Examples
    --------
    >>> likely("beds/frist", ["beds/first", "desk/first"], "Look it up.")
    'Did you mean `beds/first`?'
    """
    known = list(words)
    name, slash, _ = word.partition("/")
    same = [each for each in known if each.startswith(f"{name}/")] if slash else []
    alike = [each for each in known if each[:3] == word[:3] or each[-3:] == word[-3:]]
    return meant(word, same or alike, otherwise)
