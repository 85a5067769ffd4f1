"""Reads a number as a learner types it; ``static/ops-question.js`` reads by the very same rules."""

import math
import re
from collections.abc import Mapping
from typing import Literal

__all__ = ["LONGEST", "Flaw", "read_number", "seconds_in", "spellings"]

Flaw = Literal["blank", "unreadable", "ambiguous", "unit"]

LONGEST = 64

# Named one by one: what a bare \s or \d matches differs between Python and JavaScript.
_SPACES = re.compile("[ \t\n\r\u00a0\u2007\u2009\u202f]+")
_NUMBER = "([0-9.,][0-9.,'\u2019 ]*)((?:[eE][+-]?[0-9]+)?)"
_ANSWER = re.compile(f"([+-]?) ?{_NUMBER}(.*)", re.DOTALL)
_BELOW_THE_LINE = re.compile(f"/ ?{_NUMBER}(.*)", re.DOTALL)
_PLAIN = re.compile(r"[0-9]+[.,]?|[0-9]*[.,][0-9]+")
_AMBIGUOUS = re.compile(r"[1-9][0-9]{0,2},[0-9]{3}")
_GROUPED = {
    "": re.compile(r"[0-9]{1,3}(?:[ '\u2019][0-9]{3})+(?:[.,][0-9]*)?"),
    ",": re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]*|[0-9]{1,3}(?:,[0-9]{3}){2,}"),
    ".": re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]*|[0-9]{1,3}(?:\.[0-9]{3}){2,}"),
}

_WORDS = (
    ("second", "seconds", "sec", "secs", "s"),
    ("minute", "minutes", "min", "mins"),
    ("hour", "hours", "h", "hr", "hrs"),
    ("day", "days", "d"),
    ("week", "weeks"),
    ("euro", "euros", "eur", "€"),
    ("pound", "pounds", "gbp", "£"),
    ("dollar", "dollars", "usd", "$"),
)
_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_PERCENT = ("%", "percent", "per cent", "pct")


def _alike(word: str) -> tuple[str, ...]:
    return next((words for words in _WORDS if word in words), (word,))


def spellings(unit: str) -> dict[str, float]:
    """Return what may follow the number in an answer, and what each divides the number by.

    Parameters
    ----------
    unit : str
        The question's unit: a word such as ``"minutes"``, a rate such as ``"jobs per hour"``, ``"%"``, or for a
        proportion ``""`` or ``"proportion"``.

    Returns
    -------
    dict of str to float
        Spelling in small letters → divisor: 100 for a per cent sign where a proportion is wanted, else 1.

    Examples
    --------
    >>> spellings("minutes")
    {'minutes': 1.0, 'minute': 1.0, 'min': 1.0, 'mins': 1.0}
    >>> spellings("")["%"]
    100.0
    """
    unit = unit.lower()
    if unit in {"", "proportion"}:
        return {"proportion": 1.0} | dict.fromkeys(_PERCENT, 100.0)
    if unit in _PERCENT:
        return dict.fromkeys(_PERCENT, 1.0)
    words = [unit, *_alike(unit)]
    counted, per, clock = unit.rpartition("per ")
    if per:
        lefts = ["", *_alike(counted.strip())] if counted else [""]
        words += [f"{left} per {right}".strip() for left in lefts for right in _alike(clock)]
        words += [f"{left}/{right}" for left in lefts for right in _alike(clock)]
    return dict.fromkeys(words, 1.0)


def seconds_in(unit: str) -> int | None:
    """Return the length in seconds of a second, minute or hour, however it is spelt; None for any other word.

    Examples
    --------
    >>> seconds_in("min"), seconds_in("hours"), seconds_in("jobs")
    (60, 3600, None)
    """
    return _SECONDS.get(_alike(unit)[0])


def _ungrouped(digits: str) -> str | None:
    if not _PLAIN.fullmatch(digits):
        thousands = next((mark for mark, form in _GROUPED.items() if form.fullmatch(digits)), None)
        if thousands is None:
            return None
        digits = re.sub("[ '\u2019]", "", digits).replace(thousands, "")
    return digits.replace(",", ".")


def _value(sign: str, digits: str, exponent: str) -> float | Flaw:
    digits = digits.rstrip(" ")
    if _AMBIGUOUS.fullmatch(digits):
        return "ambiguous"
    decimal = _ungrouped(digits)
    if decimal is None or not math.isfinite(number := float(sign + decimal + exponent)):
        return "unreadable"
    return number


def _spelling(rest: str) -> str:
    return rest.replace(" /", "/").replace("/ ", "/").removesuffix(".").lower()


def read_number(text: str, units: Mapping[str, float]) -> float | Flaw:
    """Return the number that `text` says, or the reason why it says none.

    A decimal point or comma, spaces and apostrophes between thousands, a true minus, an exponent and a unit are
    understood. Commas and points between thousands are understood where only one reading is possible; ``1,234``
    has two and is ``"ambiguous"``, while ``1.234`` has a decimal point, as this course writes it.

    A fraction such as ``18/34`` is read as its quotient. Both of its numbers are read like any other, the second
    without a sign; a fraction of a fraction, a mixed number such as ``1 1/2`` and a division by zero are
    ``"unreadable"``. A unit that begins with a slash, as in ``6 /h``, remains a unit, with or without spaces around it.

    Parameters
    ----------
    text : str
        The answer as typed.
    units : mapping of str to float
        The units that may follow, each with its divisor; see `spellings`.

    Returns
    -------
    float or str
        The number, or ``"blank"``, ``"unreadable"``, ``"ambiguous"`` or ``"unit"`` (another unit than the
        question's).

    Examples
    --------
    >>> read_number("1,5 min", spellings("minutes"))
    1.5
    >>> read_number("80 %", spellings("proportion"))
    0.8
    >>> read_number("18 / 24", spellings("proportion"))
    0.75
    >>> read_number("90 s", spellings("minutes"))
    'unit'
    """
    text = _SPACES.sub(" ", text).strip(" ").replace("\N{MINUS SIGN}", "-")
    parts = _ANSWER.fullmatch(text)
    if parts is None or len(text) > LONGEST:
        return "unreadable" if text else "blank"
    number = _value(*parts.group(1, 2, 3))
    if isinstance(number, str):
        return number
    rest = parts[4].strip(" ")
    fraction = None if _spelling(rest) in units else _BELOW_THE_LINE.fullmatch(rest)
    if fraction:
        below = _value("", *fraction.group(1, 2))
        if isinstance(below, str):
            return below
        number = number / below if below else math.inf
        rest = fraction[3].strip(" ")
        if not math.isfinite(number) or _BELOW_THE_LINE.fullmatch(rest):
            return "unreadable"
    unit = _spelling(rest)
    if unit and unit not in units:
        return "unit"
    return number / units[unit] if unit else number
