"""What the models accept: whole numbers of servers, finite rates and times, shapes that broadcast."""

import numbers

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["MOST_LOAD", "MOST_SERVERS", "amount", "bounded", "broadcast", "proportion", "whole"]

Floats = NDArray[np.float64]

MOST_LOAD = 1e10
MOST_SERVERS = 1e15


def amount(name: str, value: ArrayLike, *, zero: bool = False) -> Floats:
    """Return `value` as finite floats above zero, or from zero if `zero`; no text and no truth values."""
    figures = _figures(name, value)
    if not np.isfinite(figures).all():
        raise ValueError(f"`{name}` must be finite, got {value!r}. Remove missing and infinite values first.")
    if zero and not (figures >= 0).all():
        raise ValueError(f"`{name}` must not be negative, got {value!r}. Give 0 or more.")
    if not zero and not (figures > 0).all():
        raise ValueError(f"`{name}` must be above zero, got {value!r}. Give a positive number.")
    return figures


def proportion(name: str, value: ArrayLike) -> Floats:
    """Return `value` as floats in [0, 1]."""
    figures = _figures(name, value)
    if not ((figures >= 0) & (figures <= 1)).all():
        raise ValueError(f"`{name}` must lie between 0 and 1, got {value!r}. Divide percentages by 100.")
    return figures


def whole(name: str, value: ArrayLike) -> Floats:
    """Return `value` as floats that are whole numbers from 0 to `MOST_SERVERS`."""
    figures = _figures(name, value)
    if not ((figures >= 0) & (figures <= MOST_SERVERS)).all() or (figures != np.floor(figures)).any():
        raise ValueError(
            f"`{name}` must be whole numbers from 0 to {MOST_SERVERS:.0e}, got {value!r}. "
            "Round them, and check that the arguments are in order."
        )
    return figures


def bounded(load: Floats) -> None:
    """Raise an error if an offered load is beyond what the models compute."""
    if not (load <= MOST_LOAD).all():
        raise ValueError(
            f"the offered load must be at most {MOST_LOAD:.0e} erlangs, got {float(load.max()):g}. "
            "Check that rate and time are in the same unit."
        )


def broadcast(**arguments: Floats) -> list[Floats]:
    """Return the arguments in the shape that they broadcast to."""
    try:
        return list(np.broadcast_arrays(*arguments.values()))
    except ValueError:
        shapes = ", ".join(f"`{name}` {figures.shape}" for name, figures in arguments.items() if figures.shape)
        raise ValueError(
            f"the arguments must have shapes that broadcast, got {shapes}. Give single numbers or equal lengths."
        ) from None


def _figures(name: str, value: ArrayLike) -> Floats:
    try:
        given = np.asarray(value)
        if given.dtype.kind == "O" and all(
            isinstance(one, numbers.Real) and not isinstance(one, bool) for one in given.flat
        ):
            given = given.astype(float)
    except (TypeError, ValueError, OverflowError):
        given = np.asarray("ragged")
    if given.dtype.kind not in "iuf":
        raise TypeError(
            f"`{name}` must be a number or an array of numbers, got {value!r}. Convert it to numbers first."
        )
    if not given.size:
        raise ValueError(f"`{name}` must hold at least one number, got {value!r}. Leave out empty tables.")
    return given.astype(float)
