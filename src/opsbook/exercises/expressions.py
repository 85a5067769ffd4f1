"""Evaluates a bank's expressions over drawn values and the public functions of opsbook, and nothing else."""

import ast
import math
import operator
import threading
import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib import import_module
from numbers import Real
from types import MappingProxyType
from typing import Any, NamedTuple

from simpleeval import (  # type: ignore[import-untyped]
    FeatureNotAvailable,
    InvalidExpression,
    ModuleWrapper,
    SimpleEval,
)

import opsbook
from opsbook.exercises.forms import enumerated, meant

__all__ = ["FUNCTIONS", "SUBJECTS", "calls_opsbook", "check_names", "evaluate"]

SUBJECTS = tuple(name for name in opsbook.__all__ if name not in {"charts", "datasets", "exercises"})

_MOST_DIGITS = 15


def _round(number: Any, digits: int = 0) -> Any:
    # To round a whole number to its billionth digit keeps a computer busy for hours.
    if not abs(digits) <= _MOST_DIGITS:
        raise FeatureNotAvailable(f"`round` takes at most {_MOST_DIGITS} digits.")
    return round(number, digits) if digits else round(number)


FUNCTIONS: dict[str, Callable[..., float]] = {
    "abs": abs,
    "ceil": math.ceil,
    "floor": math.floor,
    "max": max,
    "min": min,
    "round": _round,
    "sqrt": math.sqrt,
}

_LARGEST_BASE = 1e15
_LARGEST_EXPONENT = 64


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _of_numbers(function: Callable[..., Any]) -> Callable[..., Any]:
    # A text or a list can be repeated, and a text formatted, until the memory is full.
    def checked(*operands: object) -> Any:
        for operand in operands:
            if not _is_number(operand):
                raise FeatureNotAvailable("arithmetic takes numbers only.")
        return function(*operands)

    return checked


def _power(base: Any, exponent: Any) -> Any:
    # A tower of whole numbers keeps a computer busy for hours; as floats it overflows at once.
    exact = abs(base) <= _LARGEST_BASE and abs(exponent) <= _LARGEST_EXPONENT
    return base**exponent if exact else float(base) ** float(exponent)


_ARITHMETIC: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    **{sign: _of_numbers(function) for sign, function in _ARITHMETIC.items()},
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Not: operator.not_,
}


class _Evaluator(SimpleEval):  # type: ignore[misc]
    """simpleeval, with lists and tuples of numbers as arguments, and with no calls but of opsbook.

    simpleeval's own class for compound types brings dicts, sets and comprehensions along, which nobody needs here.
    """

    def __init__(self) -> None:
        super().__init__(operators=_OPERATORS, functions=FUNCTIONS, names={})
        self.nodes |= {ast.List: self._eval_sequence, ast.Tuple: self._eval_sequence}
        # A text may be formatted to any width, until the memory is full.
        del self.nodes[ast.JoinedStr], self.nodes[ast.FormattedValue]

    def _eval_sequence(self, node: ast.List | ast.Tuple) -> list[Any] | tuple[Any, ...]:
        items = [self._eval(item) for item in node.elts]
        for item in items:
            if not _is_number(item):
                raise FeatureNotAvailable("a list holds numbers only.")
        return items if isinstance(node, ast.List) else tuple(items)

    def _eval_attribute(self, node: ast.Attribute) -> Any:
        found = super()._eval_attribute(node)
        # A list has methods too, and an array has some that write files.
        if callable(found) and not str(getattr(found, "__module__", "")).startswith("opsbook."):
            raise FeatureNotAvailable(f"`{node.attr}` is no function of opsbook.")
        return found


class _Evaluators(threading.local):
    """One evaluator for each thread: to make one takes longer than what it evaluates."""

    def __init__(self) -> None:
        self._evaluator = _Evaluator()

    def result(self, expression: str, tree: ast.expr, names: dict[str, object]) -> Any:
        """Return what `tree` gives; of the names nothing stays behind."""
        self._evaluator.names = names
        try:
            return self._evaluator.eval(expression, previously_parsed=tree)
        finally:
            self._evaluator.names = {}


_evaluators = _Evaluators()


@lru_cache(maxsize=1024)
def _parse(expression: str) -> ast.expr:
    try:
        with warnings.catch_warnings():
            # What Python only warns of, such as `2or 3`, is a slip as well.
            warnings.simplefilter("error")
            return ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError(f"`{expression}` is not one expression that can be read. Check brackets and signs.") from None


def _nearest(name: str, names: list[str]) -> str:
    return meant(name, names, f"Known here: {enumerated(sorted(names))}.")


def calls_opsbook(expression: str) -> bool:
    """Return whether `expression` calls a function of opsbook.

    Examples
    --------
    >>> calls_opsbook("contact.extent(12, 40)")
    True
    >>> calls_opsbook("12 / 40")
    False
    """
    return any(
        isinstance(node, ast.Call) and any(isinstance(n, ast.Name) and n.id in SUBJECTS for n in ast.walk(node.func))
        for node in ast.walk(_parse(expression))
    )


class _Prepared(NamedTuple):
    tree: ast.expr
    modules: Mapping[str, object]


@lru_cache(maxsize=1024)
def _prepare(expression: str, known: frozenset[str]) -> _Prepared:
    tree = _parse(expression)
    modules: dict[str, object] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.operator | ast.unaryop | ast.cmpop) and type(node) not in _OPERATORS:
            raise ValueError(f"`{expression}` uses what expressions may not: the operation {type(node).__name__}.")
        if isinstance(node, ast.Name) and node.id in SUBJECTS:
            module = import_module(f"opsbook.{node.id}")
            modules[node.id] = ModuleWrapper(module, set(module.__all__))
        elif isinstance(node, ast.Name) and node.id not in known and node.id not in FUNCTIONS:
            raise ValueError(f"`{node.id}` is not known. {_nearest(node.id, [*known, *FUNCTIONS, *SUBJECTS])}")
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in SUBJECTS:
            public = import_module(f"opsbook.{node.value.id}").__all__
            if node.attr not in public:
                hint = _nearest(node.attr, list(public))
                raise ValueError(f"opsbook.{node.value.id} has no public function `{node.attr}`. {hint}")
    return _Prepared(tree, MappingProxyType(modules))


def check_names(expression: str, known: frozenset[str]) -> None:
    """Raise a ValueError if `expression` cannot be read, or names what is neither `known` nor public.

    Examples
    --------
    >>> check_names("present / total", frozenset({"present", "total"}))
    >>> check_names("contact.extnt(12, 40)", frozenset())
    Traceback (most recent call last):
        ...
    ValueError: opsbook.contact has no public function `extnt`. Did you mean `extent`?
    """
    _prepare(expression, known)


def evaluate(expression: str, values: Mapping[str, float]) -> float:
    """Return the number that `expression` has for `values`.

    Parameters
    ----------
    expression : str
        Arithmetic over the names in `values`, ``abs``, ``ceil``, ``floor``, ``max``, ``min``, ``round`` and
        ``sqrt``, and calls of public opsbook functions by dotted name, with numbers, words, and lists or tuples of
        numbers as arguments.
    values : mapping of str to float
        The drawn values.

    Returns
    -------
    float
        A finite number; an int where the expression gives one, since some functions count in whole numbers.

    Raises
    ------
    ValueError
        The expression cannot be read, names something unknown, fails, or gives no finite number.

    Examples
    --------
    >>> evaluate("present / total", {"present": 12, "total": 40})
    0.3
    >>> evaluate("max([present, 8]) / total", {"present": 12, "total": 40})
    0.3
    >>> evaluate("presnt / total", {"present": 12, "total": 40})
    Traceback (most recent call last):
        ...
    ValueError: `presnt` is not known. Did you mean `present`?
    """
    tree, modules = _prepare(expression, frozenset(values))
    try:
        result = _evaluators.result(expression, tree, {**values, **modules})
    except InvalidExpression as error:
        raise ValueError(f"`{expression}` uses what expressions may not: {error}") from None
    except Exception as error:  # noqa: BLE001 - a public function may fail in any way; the author needs one sentence
        raise ValueError(f"`{expression}` fails: {error}") from None
    try:
        number = float(result)
    except (TypeError, ValueError):
        raise ValueError(f"`{expression}` must give a number, got {result!r}.") from None
    except OverflowError:
        raise ValueError(f"`{expression}` gives a number that is too large.") from None
    if isinstance(result, bool | str) or not math.isfinite(number):
        raise ValueError(f"`{expression}` must give a finite number, got {result!r}.")
    return result if isinstance(result, int) else number
