"""Pictures of a measure with its doubt: through time, of groups beside each other, of many units in a funnel."""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from opsbook import kpi
from opsbook.charts.frame import View, titled
from opsbook.charts.theme import PALETTE
from opsbook.validation import require_columns

__all__ = ["funnel", "measure_of_groups", "measure_over_time"]

_ROW = 26  # pixels a group
_TOP = 60
_DOTS = 60  # points through time above which only the line is drawn
_SLACK = 1e-12  # a share that stands on a limit must not fall off it by rounding
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


def funnel(
    units: Any,
    message: str,
    *,
    target: float,
    description: str,
    subtitle: str = "",
    cases: str = "cases",
    share: str = "share",
    label: str | None = None,
    levels: tuple[float, float] = (0.95, 0.998),
    height: int = 300,
) -> View:
    """Draw each unit's share over its number of cases, between the limits that chance alone keeps.

    Parameters
    ----------
    units : pandas.DataFrame or polars.DataFrame
        ``n`` (cases) and ``value`` (share), one row a unit, as `opsbook.kpi.peers` returns them; units without cases
        are left out.
    message, description, subtitle : str
        As in `titled`. Say in one of them which limits are solid (the inner ones) and which dashed.
    target : float
        The share that the limits lie about, in [0, 1]; a thin line.
    cases, share : str
        What stands beside the axes.
    label : str, optional
        A column whose words stand above the points.
    levels : tuple of two floats
        As in `opsbook.kpi.funnel`.
    height : int
        Height of the picture in pixels.

    Returns
    -------
    altair.LayerChart
        As `titled` returns it. Units beyond the outer limits are triangles in another colour.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    ValueError
        If no unit has a case, or a number is out of range.

    Examples
    --------
    >>> units = pd.DataFrame({"n": [10, 200], "value": [1.0, 0.6]})
    >>> drawn = funnel(units, "One of two stands out", target=0.8, description="Two units.")
    >>> drawn.title.text
    'One of two stands out'
    """
    columns = ["n", "value", *([] if label is None else [label])]
    require_columns("a funnel", units.columns, columns)
    points = pd.DataFrame({name: list(units[name]) for name in columns})
    points = points[points["n"] > 0].reset_index(drop=True)
    if points.empty:
        raise ValueError("a funnel needs at least one unit with a case (`n` above 0), got none.")
    own = kpi.funnel(points["n"], target, levels=levels)
    beyond = (points["value"] < own.lowest - _SLACK) | (points["value"] > own.highest + _SLACK)
    points["place"] = np.where(beyond, "beyond", "within")
    least, most = points["n"].min(), points["n"].max()
    grid = np.unique(np.round(np.geomspace(least, max(most, least + 1), 40)))
    if len(points) <= _DOTS:
        grid = np.union1d(grid, points["n"])  # exact where a reader looks
    edge = kpi.funnel(grid, target, levels=levels)
    sides = {"inner": (edge.low, edge.high), "outer": (edge.lowest, edge.highest)}
    lines = pd.concat(
        pd.DataFrame({"n": grid, "value": limit, "side": f"{kind} {end}", "kind": kind})
        for kind, limits in sides.items()
        for end, limit in zip(("low", "high"), limits, strict=True)
    )
    points["value"], lines["value"] = points["value"].astype(float).round(4), lines["value"].round(4)
    heights = pd.concat([points["value"], lines["value"]])
    ticks = [float(first * 10**power) for power in range(7) for first in (1, 2, 5)]
    ends = [0.93 * least, 1.18 * grid.max()]
    x = alt.X(
        "n:Q",
        title=cases,
        scale=alt.Scale(type="log", domain=ends, nice=False),
        axis=alt.Axis(values=[tick for tick in ticks if ends[0] <= tick <= ends[1]], format="~f"),
    )
    span = heights.max() - heights.min()
    room = 0.06 * span
    # A label stands where fewer lines are near it.
    marks = np.vstack([own.low, own.high, own.lowest, own.highest, np.full(len(points), target)])
    above, below = (abs(marks - (points["value"].to_numpy() + way * 0.05 * span)).min(axis=0) for way in (1, -1))
    y = alt.Y(
        "value:Q",
        title=share,
        axis=alt.Axis(format="%", tickCount=5),
        scale=alt.Scale(zero=False, nice=False, domain=[heights.min() - room, heights.max() + room]),
    )
    places = ["within", "beyond"]
    base = alt.Chart(points).encode(x=x, y=y)
    layers = [
        alt.Chart(pd.DataFrame({"value": [target]}))
        .mark_rule(color=PALETTE["grey"], strokeWidth=1, opacity=0.6)
        .encode(y=y),
        alt.Chart(lines)
        .mark_line(color=PALETTE["grey"], strokeWidth=1.3)
        .encode(
            x=x,
            y=y,
            detail="side:N",
            strokeDash=alt.StrokeDash(
                "kind:N", legend=None, scale=alt.Scale(domain=["inner", "outer"], range=[[1, 0], [5, 4]])
            ),
        ),
        base.mark_point(filled=True, size=60 if len(points) <= _DOTS else 32, opacity=1).encode(
            color=alt.Color(
                "place:N", legend=None, scale=alt.Scale(domain=places, range=[PALETTE["blue"], PALETTE["orange"]])
            ),
            shape=alt.Shape("place:N", legend=None, scale=alt.Scale(domain=places, range=["circle", "triangle-up"])),
        ),
    ]
    for named, away in ((points[above >= below], -11), (points[above < below], 13)):
        if label is not None and len(named):
            words = alt.Chart(named).mark_text(dy=away, fontWeight=600)
            layers.append(words.encode(x=x, y=y, text=f"{label}:N"))
    return titled(alt.layer(*layers), message, description=description, subtitle=subtitle, height=height)


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table in six digits, more than any picture shows."""
    numbers = table[["value", "low", "high"]].astype(float).map(lambda value: float(f"{value:.6g}"))
    return pd.concat([table.drop(columns=list(numbers)), numbers], axis="columns")


def _axis(unit: str, bounds: tuple[float, float] | None = None) -> dict[str, Any]:
    share = unit == "proportion"
    return {
        "title": "per cent" if share else unit.partition(" from ")[0].partition(" (")[0].replace("`", ""),
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
