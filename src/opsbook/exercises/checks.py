"""Checks a learner's own code, with messages that teach."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from math import isclose, isfinite
from numbers import Real
from typing import Any

from opsbook.exercises.question import Mark

__all__ = ["STUB", "check", "stopped"]

_LONGEST = 60
_LONGEST_ERROR = 200
STUB = "Replace the `...` with your own work, then run the cell above and this one again."
_NOTHING = "The function returns nothing so far: let it end with `return` and your result."


def _written(value: object) -> str | None:
    """Return a value as code would write it, cut to one short line; None when it refuses."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # noqa: BLE001 - a learner's class may fail at anything, and must not stop the check
        return None
    text = text.replace("`", "'")
    return f"`{text if len(text) <= _LONGEST else text[:_LONGEST] + '…'}`"


def _short(value: object) -> str:
    return _written(value) or f"a value of type {type(value).__name__}"


def stopped(error: BaseException) -> str:
    """Return what stopped a learner's code, as the end of a sentence.

    Examples
    --------
    >>> stopped(ZeroDivisionError("division by zero"))
    'ZeroDivisionError: division by zero.'
    """
    try:
        text = f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001 - a learner's exception may fail at saying what it is
        text = type(error).__name__
    text = " ".join(text.split())
    text = (text if len(text) <= _LONGEST_ERROR else f"{text[:_LONGEST_ERROR]}…").rstrip(": .")
    return text if text.endswith(("?", "!")) else f"{text}."


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


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _same(actual: Any, expected: Any, tolerance: float) -> bool:
    if isinstance(expected, bool) or isinstance(actual, bool):
        return actual is expected
    if isinstance(expected, Real):
        near = isinstance(actual, Real)
        return near and isclose(actual, expected, rel_tol=tolerance, abs_tol=tolerance if expected == 0 else 0)
    if isinstance(expected, str):
        return isinstance(actual, str) and _folded(actual) == _folded(expected)
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
    return "nothing" if value is None else f"a value of type {type(value).__name__}"


def _received(value: Any) -> str:
    """Return a value with its kind, as far as it can be shown."""
    kind, written = _kind(value), _written(value)
    if value is None:
        return f"{kind} ({written})"
    return f"{kind}: {written}" if written else kind


def _ordered(items: list[Any]) -> list[Any]:
    folded = [_folded(item) if isinstance(item, str) else item for item in items]
    try:
        return sorted(folded)
    except TypeError:
        # Mappings and mixed values have no order of their own.
        return sorted(folded, key=repr)


def _list_difference(actual: list[Any], expected: list[Any], tolerance: float) -> str:
    if len(actual) != len(expected):
        return f"Expected {len(expected)} items, got {len(actual)}."
    if _matches(_ordered(actual), _ordered(expected), tolerance):
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
        return f"Expected {_kind(expected)}, got {_received(actual)}."
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
) -> Mark:
    def call(arguments: tuple[Any, ...]) -> str:
        name = getattr(function, "__name__", "the function")
        return f"`{name}({', '.join(_short(argument).strip('`') for argument in arguments)})`"

    results = []
    for arguments, _ in cases:
        try:
            results.append(function(*deepcopy(arguments)))
        except Exception as error:  # noqa: BLE001 - whatever a learner's function raises is reported in one sentence
            return Mark(mark=0, message=f"{call(arguments)} stops with {stopped(error)} {hint}".strip())
    if all(result is None or result is ... for result in results):
        return Mark(mark=0, message=f"{_NOTHING} {STUB}", attempted=False)
    wrong = next((n for n, (_, e) in enumerate(cases) if not _matches(results[n], e, tolerance)), None)
    if wrong is None:
        return Mark(mark=1, message="")
    for slip, message in mistakes:
        slipped = _slipped(slip, cases) if callable(slip) else slip
        if _matches(results, slipped, tolerance):
            return Mark(mark=0, message=message)
    arguments, expected = cases[wrong]
    difference = _difference(results[wrong], expected, tolerance)
    return Mark(mark=0, message=f"For {call(arguments)}: {difference} {hint}".strip())


def check(
    actual: Any,
    expected: Any = None,
    *,
    cases: Sequence[tuple[tuple[Any, ...], Any]] = (),
    mistakes: Mapping[Any, str] | Iterable[tuple[Any, str]] = (),
    tolerance: float = 1e-3,
    hint: str = "",
    right: str = "",
) -> Mark:
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
    Mark
        1 or 0, whether there was anything to judge, and the message.

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
        return Mark(mark=0, message=STUB, attempted=False)
    if cases:
        if not callable(actual):
            message = f"Expected a function, got {_short(actual)}. Begin it with `def`."
            return Mark(mark=0, message=message)
        verdict = _check_function(actual, cases, slips, tolerance, hint)
        return Mark(mark=1, message=right) if verdict.correct else verdict
    if _matches(actual, expected, tolerance):
        return Mark(mark=1, message=right)
    for value, message in slips:
        if _matches(actual, value, tolerance):
            return Mark(mark=0, message=message)
    return Mark(mark=0, message=f"{_difference(actual, expected, tolerance)} {hint}".strip())
