"""Pareto analysis: which few categories make most of a total, by count or by what they cost."""

from collections.abc import Mapping
from typing import Any

import narwhals as nw
import numpy as np

from opsbook import frames
from opsbook.validation import nonnegative, require_columns, whole_number

__all__ = ["pareto"]

MISSING = "(missing)"
OTHER = "other"


def pareto(data: Any, by: str | None = None, *, weight: str | None = None, top: int | None = None) -> Any:
    """Return categories in falling order with their shares and the shares they make together.

    Parameters
    ----------
    data : pandas.DataFrame, polars.DataFrame or mapping of str to float
        A log with one row an event; or each category's total.
    by : str, optional
        The column with the category; needed for a log. Rows without a category make one of their own, ``(missing)``.
    weight : str, optional
        The column to add up: minutes, costs. Without it, rows are counted.
    top : int, optional
        How many categories to show, at least 1; the rest becomes one row, ``other``. Categories equal to the last one
        shown are shown too, so a tie is never cut in two.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        Of the same kind as `data` (pandas for a mapping): one row a category, largest first and ties in the order of
        their names, with the columns

        - ``category``;
        - ``value``: its count or sum;
        - ``share``: value ÷ total, in [0, 1];
        - ``cumulative``: share of this row and all above it, which ends at 1;
        - ``rank``: from 1; ties share the better one;
        - ``categories``: 1, or how many ``other`` holds. ``other`` comes last, however large, and has the rank that its
          largest part would have.

    Raises
    ------
    UnsupportedFrameError, MissingColumnError, TypeError
        `data` is no table and no mapping, lacks a column, or has another kind in it.
    ValueError
        There is nothing to rank; a value is negative, missing or infinite; all are zero; or a category is itself called
        ``other`` or ``(missing)`` where that row is needed.

    Notes
    -----
    A ranking by count says what is frequent, one by minutes what is expensive; neither says what can be avoided, or
    what a remedy costs. A missing weight is refused: whether it means zero is for you to say (an abandoned call has no
    handling time; then fill in 0), and dropping it would change the total in silence.

    The ranking moves with how finely categories are cut: two halves of the largest may both fall behind the second.

    References
    ----------
    Juran, J. M. (1975). The non-Pareto principle; mea culpa. Quality Progress, 8(5), 8–9.

    Examples
    --------
    >>> calls = {"balance": 50, "card": 20, "fee": 20, "loan": 7, "address": 3}
    >>> pareto(calls, top=2)[["category", "value", "cumulative", "rank", "categories"]]
      category  value  cumulative  rank  categories
    0  balance   50.0         0.5     1           1
    1     card   20.0         0.7     2           1
    2      fee   20.0         0.9     2           1
    3    other   10.0         1.0     4           2
    """
    if isinstance(data, Mapping):
        if by is not None or weight is not None:
            raise TypeError(
                "`by` and `weight` name columns of a table, and `data` is a mapping of totals. Leave them out."
            )
        backend: Any = "pandas"
        totals = _named(data)
    else:
        frame = frames.accept("data", data)
        if by is None:
            raise TypeError("`by` must name the column with the category, got None.")
        backend = frame.implementation
        totals = _totals(frame, by, weight)
    return nw.from_dict(_ranked(totals, top), backend=backend).to_native()


def _named(data: Mapping[Any, float]) -> dict[str, float]:
    values = nonnegative("data", list(data.values())).tolist()
    return dict(zip(map(str, data), values, strict=True))


def _totals(frame: nw.DataFrame[Any], by: str, weight: str | None) -> dict[str, float]:
    require_columns("this ranking", frame.columns, [by] if weight is None else [by, weight])
    if weight is None:
        values = np.ones(len(frame))
    else:
        values = frames.read("this ranking", frame, {weight: "number"}).to_numpy().astype(float).reshape(len(frame))
        missing = np.isnan(values)
        if missing.any():
            raise ValueError(
                f"`weight` must be known in every row, got {missing.sum()} of {len(frame)} missing in {weight!r}. "
                "Fill in 0 where nothing was used, or leave these rows out and say so."
            )
        if not np.isfinite(values).all() or (values < 0).any():
            bad = float(values[~np.isfinite(values) | (values < 0)][0])
            raise ValueError(f"`weight` must be finite and not negative, got {bad!r} in {weight!r}. Correct it first.")
    nulls = frame[by].is_null()
    if frame.schema[by].is_float():
        nulls = nulls | frame[by].is_nan().fill_null(value=True)
    gone = nulls.to_numpy().astype(bool)
    words = np.array([str(word) for word in frame[by].to_list()], dtype=object)
    if gone.any() and (words[~gone] == MISSING).any():
        raise ValueError(f"no category may be called {MISSING!r} while rows without a category are there. Rename it.")
    words[gone] = MISSING
    names, places = np.unique(words.astype(str), return_inverse=True)
    sums = np.bincount(places, weights=values, minlength=len(names))
    return dict(zip(names.tolist(), sums.tolist(), strict=True))


def _ranked(totals: Mapping[str, float], top: int | None) -> dict[str, list[Any]]:
    total = sum(totals.values())
    if not totals or total <= 0:
        raise ValueError("`data` must hold something to rank, got " + ("only zeros." if totals else "nothing."))
    order = sorted(totals, key=lambda name: (-totals[name], name))
    values = [totals[name] for name in order]
    ranks = [1 + values.index(value) for value in values]
    sizes = [1] * len(order)
    if top is not None and whole_number("top", top) < len(order):
        shown = sum(value >= values[top - 1] for value in values)
        if shown < len(order):
            if OTHER in order[:shown]:
                raise ValueError(
                    f"no category may be called {OTHER!r} while the rest is put together under this name. Rename it."
                )
            rest = sum(values[shown:])
            sizes = [1] * shown + [len(order) - shown]
            order, values, ranks = [*order[:shown], OTHER], [*values[:shown], rest], ranks[: shown + 1]
    together = np.cumsum(values) / total
    together[-1] = 1.0  # whatever the last digit of the sum
    return {
        "category": order,
        "value": values,
        "share": [value / total for value in values],
        "cumulative": np.minimum(together, 1).tolist(),
        "rank": ranks,
        "categories": sizes,
    }
