"""The report: every figure with its interval, what it rests on, and why it is missing where it is."""

import re
from collections.abc import Sequence
from typing import Any, TypeVar, cast

import narwhals as nw

from opsbook import frames
from opsbook.kpi.intervals import score_limits, z_value
from opsbook.kpi.measure import Doubt, Measure
from opsbook.kpi.tables import Asked, By, finished

__all__ = ["report"]

Frame = TypeVar("Frame")

_LEAST = 30  # cases of an interval that takes sums for normal


def report(
    log: Frame,
    *,
    by: By = (),
    measures: Measure | Sequence[Measure],
    staffing: Frame | None = None,
    level: float = 0.95,
) -> Frame:
    """Compute measures with their intervals, one row per group and measure.

    Parameters
    ----------
    log, by, measures, staffing
        As for `table`.
    level : float
        Confidence of the intervals, in [0.5, 0.9999].

    Returns
    -------
    same kind as `log`
        Sorted by the keys, within them in the order of `measures`, with the columns of the keys and then

        - ``measure``: the measure's name;
        - ``value``, ``low``, ``high``: the figure and the limits of its interval;
        - ``n``: the cases that the interval rests on;
        - ``unit``: the measure's unit;
        - ``note``: why the value is missing, or why there is no interval; empty otherwise.

    Raises
    ------
    UnsupportedFrameError, MissingColumnError, TypeError, ValueError
        As for `table`.

    Notes
    -----
    Proportions get Wilson's interval, means and net promoter scores the normal one (from 30 cases on), all for
    independent cases. No interval goes beyond its scale: it is cut at 0 for a time, at the ends for points such as 1 to
    7 and −100 to 100. A ratio of two totals, such as occupancy, has none: it is no count of cases.

    Examples
    --------
    >>> import pandas as pd
    >>> from opsbook import kpi
    >>> log = pd.DataFrame({"abandoned": [True] * 81 + [False] * 182})
    >>> kpi.report(log, measures=kpi.abandonment()).round(4)[["measure", "value", "low", "high", "n"]]
           measure  value     low    high      n
    0  abandonment  0.308  0.2553  0.3662  263.0
    """
    z = z_value(level)
    asked = Asked.of(log, by, measures, staffing, doubts=True)
    asked.raise_if_unfit()
    figures = {
        measure.name: {f"{position} {part}": made for part, made in _figures(measure, z).items()}
        for position, measure in enumerate(asked.measures)
    }
    wide = frames.settled(asked.answer(figures))
    parts = [
        wide.select(
            *asked.aliases,
            nw.lit(position).alias("position"),
            nw.lit(measure.name).alias("measure"),
            *(nw.col(f"{position} {part}").alias(part) for part in _PARTS),
            nw.lit(measure.unit).alias("unit"),
            _note(measure, position).alias("note"),
        )
        for position, measure in enumerate(asked.measures)
    ]
    long = nw.concat(parts, how="vertical").sort(*asked.aliases, "position", nulls_last=True)
    keys = [nw.col(alias).alias(name) for alias, name in zip(asked.aliases, asked.names, strict=True)]
    return cast("Frame", finished(long.select(*keys, "measure", *_PARTS, "unit", "note")))


_PARTS = ("value", "low", "high", "n")


def _figures(measure: Measure, z: float) -> dict[str, nw.Expr]:
    value = measure.ratio.cast(nw.Float64)
    if measure.doubt is None:
        nothing = nw.lit(None, dtype=nw.Float64)
        return {"value": value, "low": nothing, "high": nothing, "n": nothing}
    low, high, count = _limits(measure.doubt, z, _scale(measure.unit))
    return {"value": value, "low": low, "high": high, "n": count}


def _scale(unit: str) -> tuple[float | None, float | None]:
    """Return the least and the most that a mean in this unit can be."""
    if unit.startswith("points from"):
        least, most = map(float, re.findall(r"\d+", unit))
        return least, most
    return (0 if unit == "seconds" or "time unit (minutes" in unit else None), None


def _limits(doubt: Doubt, z: float, scale: tuple[float | None, float | None]) -> tuple[nw.Expr, nw.Expr, nw.Expr]:
    parts: list[Any] = [nw.col(part).cast(nw.Float64) for part in doubt.parts]
    if doubt.kind == "proportion":
        x, n = parts
        low, high = score_limits(x, n, z)
        low, high = nw.when(x > 0).then(low).otherwise(nw.lit(0.0)), nw.when(x < n).then(high).otherwise(nw.lit(1.0))
        enough = n > 0
    elif doubt.kind == "mean":
        total, n, squares = parts
        variance = _not_below(squares - total * total / n, 0) / (n - 1)
        half = (variance / n) ** 0.5 * z
        low, high, enough = total / n - half, total / n + half, n >= _LEAST
        low = low if scale[0] is None else _not_below(low, scale[0])
        high = high if scale[1] is None else _not_above(high, scale[1])
    else:
        promoters, detractors, n = parts
        score = promoters / n - detractors / n
        half = (_not_below(promoters / n + detractors / n - score * score, 0) / n) ** 0.5 * z
        low, high, enough = _not_below(score - half, -1) * 100, _not_above(score + half, 1) * 100, n >= _LEAST
    return nw.when(enough).then(low), nw.when(enough).then(high), n


def _not_below(value: nw.Expr, least: float) -> nw.Expr:
    return nw.when(value > least).then(value).otherwise(nw.lit(float(least)))


def _not_above(value: nw.Expr, most: float) -> nw.Expr:
    return nw.when(value < most).then(value).otherwise(nw.lit(float(most)))


def _note(measure: Measure, position: int) -> nw.Expr:
    value, low = nw.col(f"{position} value"), nw.col(f"{position} low")
    if measure.doubt is None:
        why = "no interval: a ratio of totals, not a count of cases"
    else:
        why = f"no interval: fewer than {_LEAST} cases"
    without = nw.when(low.is_null()).then(nw.lit(why)).otherwise(nw.lit(""))
    return nw.when(value.is_null()).then(nw.lit(measure.nothing)).otherwise(without)
