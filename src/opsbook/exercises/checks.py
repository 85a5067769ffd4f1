"""Checks a learner's own code, with messages that teach."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from math import isclose, isfinite
from numbers import Real
from typing import Any

__all__ = ["Verdict", "check"]


@dataclass(frozen=True, kw_only=True, repr=False)
class Verdict:
    """The judgement on a learner's value; as the last value of a cell it shows its message.

    Attributes
    ----------
    correct : bool
        Whether the value is right.
    attempted : bool
        Whether there was anything to judge.
    message : str
        The feedback, in Markdown.
    """

    correct: bool
    attempted: bool
    message: str

    def _verdict(self) -> tuple[str, str]:
        if self.correct:
            return "✓", "Right."
        return ("✗", "Not yet.") if self.attempted else ("○", "Not attempted yet.")

    def __repr__(self) -> str:
        return " ".join((*self._verdict(), self.message)).strip()

    def _repr_markdown_(self) -> str:
        sign, words = self._verdict()
        return f"{sign} **{words}** {self.message}".strip()


_LONGEST = 60
_STUB = "Replace the `...` with your own work, then run the cell above and this one again."
_NOTHING = "The function returns nothing so far: let it end with `return` and your result."


def _short(value: object) -> str:
    try:
        text = " ".join(repr(value).split())
    except Exception:  # noqa: BLE001 - a learner's class may fail at anything, and must not stop the check
        return f"a value of type {type(value).__name__}"
    text = text.replace("`", "'")
    return f"`{text if len(text) <= _LONGEST else text[:_LONGEST] + '…'}`"


def _simple(value: Any) -> Any:
    """Return arrays and tables as lists and mappings, and their scalars as Python's own."""
    if isinstance(value, str | bytes | int | float | bool) or value is None:
        return value
    if hasattr(value, "columns") and hasattr(value, "to_dict"):
        return {str(name): _simple(value[name]) for name in value.columns}
    for name in ("tolist", "to_list"):
        if callable(getattr(value, name, None)):
            return getattr(value, name)()
    if isinstance(value, tuple | list):
        return [_simple(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _simple(item) for key, item in value.items()}
    return value


def _same(actual: Any, expected: Any, tolerance: float) -> bool:
    if isinstance(expected, bool) or isinstance(actual, bool):
        return actual is expected
    if isinstance(expected, Real):
        near = isinstance(actual, Real)
        return near and isclose(actual, expected, rel_tol=tolerance, abs_tol=tolerance if expected == 0 else 0)
    if isinstance(expected, str):
        return isinstance(actual, str) and " ".join(actual.split()).casefold() == " ".join(expected.split()).casefold()
    if isinstance(expected, list):
        same_length = isinstance(actual, list) and len(actual) == len(expected)
        return same_length and all(_same(a, e, tolerance) for a, e in zip(actual, expected, strict=True))
    if isinstance(expected, Mapping):
        same_keys = isinstance(actual, Mapping) and actual.keys() == expected.keys()
        return same_keys and all(_same(actual[key], value, tolerance) for key, value in expected.items())
    return bool(actual == expected)


def _matches(actual: Any, expected: Any, tolerance: float) -> bool:
    try:
        return _same(_simple(actual), _simple(expected), tolerance)
    except Exception:  # noqa: BLE001 - a learner's value may refuse any comparison; then it is not the expected one
        return False


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "True or False"
    if isinstance(value, Real):
        return "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, Mapping):
        return "a mapping or table"
    return f"a value of type {type(value).__name__}"


def _list_difference(actual: list[Any], expected: list[Any], tolerance: float) -> str:
    if len(actual) != len(expected):
        return f"Expected {len(expected)} items, got {len(actual)}."
    rest = list(expected)
    for item in actual:
        found = next((index for index, other in enumerate(rest) if _matches(item, other, tolerance)), None)
        if found is not None:
            rest.pop(found)
    if not rest:
        return "The items are right, their order is not."
    wrong = [index for index, item in enumerate(actual) if not _matches(item, expected[index], tolerance)]
    first = f"the first is item {wrong[0] + 1}: {_short(actual[wrong[0]])}"
    return f"{len(wrong)} of {len(expected)} items differ; {first}."


def _mapping_difference(actual: Mapping[Any, Any], expected: Mapping[Any, Any], tolerance: float) -> str:
    if missing := [key for key in expected if key not in actual]:
        return f"These keys are missing: {', '.join(map(_short, missing))}."
    if spare := [key for key in actual if key not in expected]:
        return f"These keys do not belong: {', '.join(map(_short, spare))}."
    wrong = [key for key in expected if not _matches(actual[key], expected[key], tolerance)]
    return f"The values under these keys differ: {', '.join(map(_short, wrong))}."


def _difference(actual: Any, expected: Any, tolerance: float) -> str:
    """Return what can be said about a wrong value without giving the right one away."""
    try:
        return _described(_simple(actual), _simple(expected), tolerance)
    except Exception:  # noqa: BLE001 - a learner's value may fail at anything that is asked of it
        return f"Got {_short(actual)}."


def _described(actual: Any, expected: Any, tolerance: float) -> str:
    if callable(actual):
        return "This is a function; call it, with brackets and its arguments."
    if _kind(actual) != _kind(expected):
        return f"Expected {_kind(expected)}, got {_kind(actual)}: {_short(actual)}."
    if isinstance(actual, list):
        return _list_difference(actual, expected, tolerance)
    if isinstance(actual, Mapping):
        return _mapping_difference(actual, expected, tolerance)
    if isinstance(actual, Real) and not isfinite(actual):
        return f"Got {_short(actual)}, which is no finite number. Look for a division by zero or a missing value."
    return f"Got {_short(actual)}."


def _catalogued(mistakes: Mapping[Any, str] | Iterable[tuple[Any, str]]) -> list[tuple[Any, str]]:
    return list(mistakes.items() if isinstance(mistakes, Mapping) else mistakes)


def _slipped(slip: Callable[..., Any], cases: Sequence[tuple[tuple[Any, ...], Any]]) -> list[Any]:
    results = []
    for arguments, _ in cases:
        try:
            results.append(slip(*deepcopy(arguments)))
        except Exception:  # noqa: BLE001 - a mistake that cannot be made on a case is no result there
            results.append(...)
    return results


def _check_function(
    function: Callable[..., Any],
    cases: Sequence[tuple[tuple[Any, ...], Any]],
    mistakes: list[tuple[Any, str]],
    tolerance: float,
    hint: str,
) -> Verdict:
    name = getattr(function, "__name__", "the function")
    results = []
    for arguments, _ in cases:
        call = f"{name}({', '.join(_short(argument).strip('`') for argument in arguments)})"
        try:
            results.append(function(*deepcopy(arguments)))
        except Exception as error:  # noqa: BLE001 - whatever a learner's function raises is reported in one sentence
            reason = f"{type(error).__name__}: {error}".rstrip(": ")
            return Verdict(correct=False, attempted=True, message=f"`{call}` stops with {reason}. {hint}".strip())
    if all(result is None or result is ... for result in results):
        return Verdict(correct=False, attempted=False, message=f"{_NOTHING} {_STUB}")
    wrong = next((n for n, (_, e) in enumerate(cases) if not _matches(results[n], e, tolerance)), None)
    if wrong is None:
        return Verdict(correct=True, attempted=True, message="")
    for slip, message in mistakes:
        slipped = _slipped(slip, cases) if callable(slip) else slip
        if _matches(results, slipped, tolerance):
            return Verdict(correct=False, attempted=True, message=message)
    call = f"{name}({', '.join(_short(argument).strip('`') for argument in cases[wrong][0])})"
    difference = _difference(results[wrong], cases[wrong][1], tolerance)
    return Verdict(correct=False, attempted=True, message=f"For `{call}`: {difference} {hint}".strip())


def check(
    actual: Any,
    expected: Any = None,
    *,
    cases: Sequence[tuple[tuple[Any, ...], Any]] = (),
    mistakes: Mapping[Any, str] | Iterable[tuple[Any, str]] = (),
    tolerance: float = 1e-3,
    hint: str = "",
    right: str = "",
) -> Verdict:
    """Check what a learner wrote in the cell above, and say what is wrong in words that teach.

    A wrong value of any kind, and an exception inside a learner's function, give a message and never a traceback.
    The message describes the learner's value; it does not show the right one.

    Parameters
    ----------
    actual : object
        The learner's value or function. ``...`` is the stub and counts as not attempted, as does a function that
        returns nothing.
    expected : object, optional
        The right value: a number, text, list, mapping, array or table. Leave it out when `cases` are given.
    cases : sequence of (arguments, result), optional
        For a function: tuples of arguments, each with the right result.
    mistakes : mapping or sequence of (value, message), optional
        Typical wrong values, each with the message that names the misconception. For a function, a wrong value is
        a function that makes the mistake, or the list of its results over the cases.
    tolerance : float, default 0.001
        The share by which a number may differ; the amount, where the right number is 0.
    hint : str, optional
        Where to look, added to the message about a wrong value that is not catalogued.
    right : str, optional
        What the message adds when the value is right.

    Returns
    -------
    Verdict
        Whether it is right and attempted, and the message.

    Raises
    ------
    ValueError
        The author gave both `expected` and `cases`, or neither.

    Examples
    --------
    >>> check(..., 0.3)
    ○ Not attempted yet. Replace the `...` with your own work, then run the cell above and this one again.
    >>> check(3.33, 0.3, mistakes=[(10 / 3, "The whole time belongs below the line.")], tolerance=0.01)
    ✗ Not yet. The whole time belongs below the line.
    >>> check(lambda present, total: present / total, cases=[((12, 40), 0.3), ((5, 5), 1)])
    ✓ Right.
    """
    if bool(cases) == (expected is not None):
        raise ValueError("`check` needs either `expected` or `cases`, got both or neither. Give the one that is meant.")
    slips = _catalogued(mistakes)
    if actual is ... or actual is None:
        return Verdict(correct=False, attempted=False, message=_STUB)
    if cases:
        if not callable(actual):
            message = f"Expected a function, got {_short(actual)}. Begin it with `def`."
            return Verdict(correct=False, attempted=True, message=message)
        verdict = _check_function(actual, cases, slips, tolerance, hint)
        return Verdict(correct=True, attempted=True, message=right) if verdict.correct else verdict
    if _matches(actual, expected, tolerance):
        return Verdict(correct=True, attempted=True, message=right)
    for value, message in slips:
        if _matches(actual, value, tolerance):
            return Verdict(correct=False, attempted=True, message=message)
    return Verdict(correct=False, attempted=True, message=f"{_difference(actual, expected, tolerance)} {hint}".strip())
