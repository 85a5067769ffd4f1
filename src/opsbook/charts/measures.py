"""Pictures of a measure with its interval: through time, and of groups beside each other."""

from typing import Any

import altair as alt
import pandas as pd

from opsbook.charts.frame import View, titled
from opsbook.charts.theme import PALETTE
from opsbook.validation import require_columns

__all__ = ["measure_of_groups", "measure_over_time"]

_ROW = 26  # pixels a group
_TOP = 60
_DOTS = 60  # points through time above which only the line is drawn
_NAME = 20  # letters of a group's name that a phone has room for
# The year where one begins, the month where one begins, the day, the hour.
_CLOCK = (
    "utcFormat(datum.value, utchours(datum.value) || utcminutes(datum.value) ? '%H:%M' : "
    "utcdate(datum.value) == 1 && utcmonth(datum.value) == 0 ? '%Y' : '%-d %b')"
)


def measure_over_time(
    table: pd.DataFrame,
    message: str,
    *,
    description: str,
    subtitle: str = "",
    unit: str,
    target: float | None = None,
    bounds: tuple[float, float] | None = None,
    height: int = 240,
) -> View:
    """Draw a measure through time as a line, with its interval as a band.

    Parameters
    ----------
    table : pandas.DataFrame
        ``start`` (datetimes), ``value``, ``low`` and ``high``; missing limits leave a gap in the band.
    message, description, subtitle : str
        As in `titled`.
    unit : str
        What stands beside the axis; ``"proportion"`` is drawn in per cent.
    target : float, optional
        A line across the picture.
    bounds : tuple of two float, optional
        Ends of the upright axis, so that several pictures can be compared.
    height : int
        Height of the picture in pixels.

    Returns
    -------
    altair.LayerChart
        As `titled` returns it.

    Raises
    ------
    MissingColumnError
        If a column is missing.

    Examples
    --------
    >>> days = pd.to_datetime(["2024-03-04", "2024-03-05"])
    >>> table = pd.DataFrame({"start": days, "value": [0.7, 0.8], "low": [0.6, 0.7], "high": [0.8, 0.9]})
    >>> drawn = measure_over_time(table, "Tuesday was better", description="Two days.", unit="proportion")
    >>> drawn.title.text
    'Tuesday was better'
    """
    require_columns("a chart of a measure", table.columns, ["start", "value", "low", "high"])
    drawn = table[["start", "value", "low", "high"]].sort_values("start")
    drawn["start"] = drawn["start"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    drawn = _rounded(drawn)
    axis = alt.Axis(labelExpr=_CLOCK, labelOverlap="greedy", labelSeparation=8, grid=False)
    base = alt.Chart(drawn).encode(x=alt.X("start:T", title=None, scale=alt.Scale(type="utc"), axis=axis))
    band = base.mark_area(opacity=0.28, color=PALETTE["blue"]).encode(y=_up("low:Q", unit, bounds), y2="high:Q")
    line = base.mark_line(
        strokeWidth=2, strokeJoin="round", point={"size": 26, "opacity": 1} if len(drawn) <= _DOTS else False
    ).encode(y=_up("value:Q", unit, bounds))
    return titled(
        alt.layer(band, line, *_aim(target, "y")), message, description=description, subtitle=subtitle, height=height
    )


def measure_of_groups(
    table: pd.DataFrame, message: str, *, description: str, subtitle: str = "", unit: str, target: float | None = None
) -> View:
    """Draw a measure of several groups as dots, each with its interval as a bar.

    Parameters
    ----------
    table : pandas.DataFrame
        ``group`` (words), ``value``, ``low`` and ``high``, in the order from top to bottom.
    message, description, subtitle : str
        As in `titled`.
    unit : str
        What stands below the axis; ``"proportion"`` is drawn in per cent.
    target : float, optional
        A line across the picture.

    Returns
    -------
    altair.LayerChart
        As `titled` returns it.

    Raises
    ------
    MissingColumnError
        If a column is missing.

    Examples
    --------
    >>> table = pd.DataFrame({"group": ["chat", "phone"], "value": [30, 52], "low": [25, 50], "high": [35, 54]})
    >>> measure_of_groups(table, "Chat waits less", description="Two channels.", unit="seconds").height
    112
    """
    require_columns("a chart of a measure", table.columns, ["group", "value", "low", "high"])
    drawn = _rounded(table[["group", "value", "low", "high"]])
    drawn["group"] = drawn["group"].astype(str)
    order = drawn["group"].tolist()
    axis = alt.Axis(title=None, ticks=False, domain=False, labelPadding=9)
    base = alt.Chart(drawn).encode(y=alt.Y("group:N", sort=order, axis=axis))
    bar = base.mark_rule(strokeWidth=5, opacity=0.45, color=PALETTE["blue"]).encode(
        x=_across("low:Q", unit), x2="high:Q"
    )
    dot = base.mark_point(size=70, opacity=1).encode(x=_across("value:Q", unit))
    return titled(
        alt.layer(bar, dot, *_aim(target, "x")),
        message,
        description=description,
        subtitle=subtitle,
        height=_TOP + _ROW * len(drawn),
    )


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table in six digits, more than any picture shows."""
    numbers = table[["value", "low", "high"]].astype(float).map(lambda value: float(f"{value:.6g}"))
    return pd.concat([table.drop(columns=list(numbers)), numbers], axis="columns")


def _axis(unit: str, bounds: tuple[float, float] | None = None) -> dict[str, Any]:
    share = unit == "proportion"
    return {
        "title": "per cent" if share else unit.partition(" (")[0].replace("`", ""),
        "axis": alt.Axis(labelExpr="format(100 * datum.value, '~g')" if share else alt.Undefined, tickCount=5),
        "scale": alt.Scale(zero=False, nice=True, domain=alt.Undefined if bounds is None else list(bounds)),
    }


def _up(field: str, unit: str, bounds: tuple[float, float] | None) -> alt.Y:
    return alt.Y(field, **_axis(unit, bounds))


def _across(field: str, unit: str) -> alt.X:
    return alt.X(field, **_axis(unit))


def _aim(target: float | None, way: str) -> list[alt.Chart]:
    if target is None:
        return []
    rule = alt.Chart(pd.DataFrame({"target": [target]})).mark_rule(
        strokeDash=[6, 4], strokeWidth=1.5, color=PALETTE["orange"]
    )
    return [rule.encode(x="target:Q") if way == "x" else rule.encode(y="target:Q")]
