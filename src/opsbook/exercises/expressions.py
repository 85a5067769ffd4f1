"""Evaluates a bank's expressions over drawn values and the public functions of opsbook, and nothing else."""

import ast
import math
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from importlib import import_module

from simpleeval import InvalidExpression, ModuleWrapper, SimpleEval  # type: ignore[import-untyped]

import opsbook

__all__ = ["FUNCTIONS", "SUBJECTS", "calls_opsbook", "evaluate"]

SUBJECTS = tuple(name for name in opsbook.__all__ if name not in {"charts", "datasets", "exercises"})

FUNCTIONS: dict[str, Callable[..., float]] = {
    "abs": abs,
    "ceil": math.ceil,
    "floor": math.floor,
    "max": max,
    "min": min,
    "round": round,
    "sqrt": math.sqrt,
}


def _parse(expression: str) -> ast.expr:
    try:
        return ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError(f"`{expression}` is not one expression that can be read. Check brackets and signs.") from None


def _nearest(name: str, names: list[str]) -> str:
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    return f"Did you mean `{near[0]}`?" if near else f"Known here: {', '.join(sorted(names))}."


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


def _namespace(tree: ast.expr, values: Mapping[str, float]) -> dict[str, object]:
    names: dict[str, object] = dict(values)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in SUBJECTS:
            module = import_module(f"opsbook.{node.id}")
            names[node.id] = ModuleWrapper(module, set(module.__all__))
        elif isinstance(node, ast.Name) and node.id not in values and node.id not in FUNCTIONS:
            raise ValueError(f"`{node.id}` is not known. {_nearest(node.id, [*values, *FUNCTIONS, *SUBJECTS])}")
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in SUBJECTS:
            public = import_module(f"opsbook.{node.value.id}").__all__
            if node.attr not in public:
                hint = _nearest(node.attr, list(public))
                raise ValueError(f"opsbook.{node.value.id} has no public function `{node.attr}`. {hint}")
    return names


def evaluate(expression: str, values: Mapping[str, float]) -> float:
    """Return the number that `expression` has for `values`.

    Parameters
    ----------
    expression : str
        Arithmetic over the names in `values`, ``abs``, ``ceil``, ``floor``, ``max``, ``min``, ``round`` and
        ``sqrt``, and calls of public opsbook functions by dotted name.
    values : mapping of str to float
        The drawn values.

    Returns
    -------
    float
        A finite number.

    Raises
    ------
    ValueError
        The expression cannot be read, names something unknown, fails, or gives no finite number.

    Examples
    --------
    >>> evaluate("present / total", {"present": 12, "total": 40})
    0.3
    >>> evaluate("presnt / total", {"present": 12, "total": 40})
    Traceback (most recent call last):
        ...
    ValueError: `presnt` is not known. Did you mean `present`?
    """
    tree = _parse(expression)
    evaluator = SimpleEval(functions=dict(FUNCTIONS), names=_namespace(tree, values))
    try:
        result = evaluator.eval(expression, previously_parsed=tree)
    except InvalidExpression as error:
        raise ValueError(f"`{expression}` uses what expressions may not: {error}") from None
    except Exception as error:  # noqa: BLE001 - a public function may fail in any way; the author needs one sentence
        raise ValueError(f"`{expression}` fails: {error}") from None
    try:
        number = float(result)
    except (TypeError, ValueError):
        raise ValueError(f"`{expression}` must give a number, got {result!r}.") from None
    if isinstance(result, bool | str) or not math.isfinite(number):
        raise ValueError(f"`{expression}` must give a finite number, got {result!r}.")
    return number
