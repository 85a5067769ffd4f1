"""Checks on arguments: each failure names the argument, the rule, what was received, and what to do."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from operator import index
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from opsbook.errors import MissingColumnError, UnknownNameError

__all__ = ["between", "known", "nearest", "nonnegative", "one_of", "positive", "require_columns", "whole_number"]


def _numbers(name: str, value: ArrayLike) -> NDArray[np.float64]:
    try:
        numbers = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise TypeError(f"`{name}` must be a number or an array of numbers, got {value!r}.") from None
    if not np.isfinite(numbers).all():
        raise ValueError(f"`{name}` must be finite, got {value!r}. Remove missing and infinite values first.")
    return numbers


def positive(name: str, value: ArrayLike) -> NDArray[np.float64]:
    """Return `value` as floats, all of them above zero."""
    numbers = _numbers(name, value)
    if not (numbers > 0).all():
        raise ValueError(f"`{name}` must be above zero, got {value!r}.")
    return numbers


def nonnegative(name: str, value: ArrayLike) -> NDArray[np.float64]:
    """Return `value` as floats, none of them below zero."""
    numbers = _numbers(name, value)
    if not (numbers >= 0).all():
        raise ValueError(f"`{name}` must not be negative, got {value!r}.")
    return numbers


def between(name: str, value: ArrayLike, low: float, high: float, *, hint: str = "") -> NDArray[np.float64]:
    """Return `value` as floats, all of them in [low, high]."""
    numbers = _numbers(name, value)
    if not ((numbers >= low) & (numbers <= high)).all():
        raise ValueError(f"`{name}` must lie between {low:g} and {high:g}, got {value!r}.{hint and ' ' + hint}")
    return numbers


def whole_number(name: str, value: Any, *, least: int = 1) -> int:
    """Return `value` as an int of at least `least`; no truth values."""
    try:
        number = None if isinstance(value, bool | np.bool_) else index(value)
    except TypeError:
        number = None
    if number is None:
        raise TypeError(f"`{name}` must be a whole number, got {value!r}. Write an int of at least {least}.")
    if number < least:
        raise ValueError(f"`{name}` must be at least {least}, got {number}.")
    return number


def one_of(name: str, value: object, allowed: Collection[str]) -> str:
    """Return `value` if it is one of the words in `allowed`."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"`{name}` must be one of {', '.join(map(repr, allowed))}, got {value!r}.")
    return value


def known(what: str, name: str, names: Iterable[str]) -> str:
    """Return `name` if it is in `names`; otherwise suggest the nearest."""
    names = sorted(names)
    if name in names:
        return name
    near = get_close_matches(str(name), names, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(names)}."
    raise UnknownNameError(f"there is no {what} called {name!r}. {hint}")


def nearest(word: object, words: Iterable[str]) -> str | None:
    """Return the one of `words` that `word` is likely a slip for; None if there is none.

    Examples
    --------
    >>> nearest("wait", ["wait_s", "talk_s"])
    'wait_s'
    """
    return next(iter(get_close_matches(str(word), list(words), n=1, cutoff=0.6)), None)


def require_columns(what: str, present: Iterable[str], needed: Iterable[str]) -> None:
    """Raise one error that names every column of `needed` that is not in `present`, and what may stand for it."""
    present = list(present)
    missing = [column for column in needed if column not in present]
    if missing:
        raise MissingColumnError(
            f"{what} needs the column{'s' * (len(missing) > 1)} {', '.join(map(repr, missing))}; "
            f"the table has {', '.join(map(repr, present)) or 'no columns'}. {_nearest(missing, present)}"
            "Rename yours or add what is missing."
        )


def _nearest(missing: list[str], present: list[str]) -> str:
    near = {name: get_close_matches(str(name), map(str, present), n=1, cutoff=0.7) for name in missing}
    pairs = [f"{found[0]!r} for {name!r}" for name, found in near.items() if found]
    return f"Perhaps {', '.join(pairs)}? " if pairs else ""
