"""The data that charts accept: tables and arrays, checked, as floats."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from opsbook import frames
from opsbook.validation import require_columns

__all__ = ["counts", "singles", "subgroups", "table_of"]

Floats = NDArray[np.float64]


def _array(data: Any) -> NDArray[Any]:
    frame = nw.from_native(data, eager_only=True, pass_through=True)
    if isinstance(frame, nw.DataFrame):
        if wrong := [name for name, kind in frames.accept("data", data).schema.items() if not kind.is_numeric()]:
            raise TypeError(f"`data` must have columns of numbers only, got {wrong[0]!r} too. Leave it out.")
        return np.column_stack([column.cast(nw.Float64).to_numpy() for column in frame.iter_columns()])
    if not isinstance(data, np.ndarray | Sequence) and not hasattr(data, "__array__"):
        data = list(data)
    try:
        return np.asarray(data)
    except ValueError:
        sizes = Counter(np.size(group) for group in data)
        raise ValueError(
            "`data` must hold subgroups of one size, got "
            + " and ".join(f"{size} ({times} times)" for size, times in sorted(sizes.items()))
            + ". Leave out incomplete subgroups."
        ) from None


def _floats(data: Any) -> Floats:
    array = _array(data)
    if array.dtype.kind == "O":
        try:
            array = array.astype(float)
        except (TypeError, ValueError):
            raise TypeError("`data` must be numbers, got something else among them. Convert it first.") from None
    if array.dtype.kind not in "iuf":
        raise TypeError(f"`data` must be numbers, got {array.dtype}. Convert it first.")
    return array.astype(float)


def _finite(array: Floats) -> Floats:
    if array.size == 0:
        raise ValueError("`data` must hold samples, got none.")
    if not np.isfinite(array).all():
        first = int(np.argwhere(~np.isfinite(array))[0][0])
        raise ValueError(
            f"`data` must be finite, got {array[first]!r} as sample {first + 1}. Remove missing and infinite values "
            "first."
        )
    return array


def table_of(data: Any) -> Floats:
    """Return subgroups as rows, all of one size of at least 2."""
    array = _floats(data)
    if array.ndim != 2:  # noqa: PLR2004 - rows and columns
        raise ValueError(
            f"`data` must have a row for every subgroup, got {array.ndim} dimension{'s' * (array.ndim != 1)}. "
            'Single values take kind="i-mr"; `subgroups` makes rows of a long table.'
        )
    if array.shape[1] < 2:  # noqa: PLR2004 - a single value has no spread
        raise ValueError('`data` must have two values or more in a subgroup, got 1. Single values take kind="i-mr".')
    return _finite(array)


def singles(data: Any) -> Floats:
    """Return single values, in order."""
    array = _floats(data)
    if array.ndim == 2 and array.shape[1] == 1:  # noqa: PLR2004 - a table of one column
        array = array[:, 0]
    if array.ndim != 1:
        raise ValueError(f"`data` must be one value a sample, got {array.ndim} dimensions.")
    return _finite(array)


def counts(data: Any) -> Floats:
    """Return counts, in order."""
    array = singles(data)
    if (wrong := (array < 0) | (array != np.floor(array))).any():
        first = int(np.argmax(wrong))
        raise ValueError(
            f"`data` must be counts, whole and not negative, got {array[first]:g} as sample {first + 1}. Give counts, "
            "not shares."
        )
    return array


def subgroups(table: Any, values: str, by: str) -> Floats:
    """Return the subgroups of a long table as rows, ready for `control_chart`.

    Parameters
    ----------
    table : pandas.DataFrame or polars.DataFrame
        One row an observation.
    values : str
        The column of measurements.
    by : str
        The column that says to which subgroup a row belongs. Subgroups keep the order in which they first appear, and
        observations theirs.

    Returns
    -------
    numpy.ndarray
        A row a subgroup.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    TypeError
        If `values` are not numbers.
    ValueError
        If the subgroups differ in size, or a measurement or a subgroup is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"day": ["Mon", "Mon", "Tue", "Tue"], "minutes": [4, 6, 5, 8]})
    >>> subgroups(table, "minutes", by="day").tolist()
    [[4.0, 6.0], [5.0, 8.0]]
    """
    frame = frames.accept("table", table)
    require_columns("subgroups", frame.columns, [values, by])
    measured = frames.read("subgroups", frame, {values: "number"})[values].to_numpy().astype(float)
    labels = frame[by].to_list()
    if any(label is None or label != label for label in labels):  # noqa: PLR0124 - NaN is what differs from itself
        raise ValueError(f"the column {by!r} must name a subgroup in every row. Fill or drop what is missing.")
    place = {label: at for at, label in enumerate(dict.fromkeys(labels))}
    at = np.array([place[label] for label in labels], dtype=np.int64)
    sizes = np.bincount(at) if at.size else np.zeros(1, dtype=np.int64)
    if sizes.min() < sizes.max():
        usual = int(np.bincount(sizes).argmax())
        odd = next(label for label, size in zip(place, sizes, strict=True) if size != usual)
        raise ValueError(
            f"all subgroups must be of one size, got {usual} rows in most and {sizes[place[odd]]} in {odd!r}. Leave "
            "out incomplete subgroups."
        )
    return _finite(measured[np.argsort(at, kind="stable")].reshape(len(place), -1) if place else measured)
