"""The picture of a measure of many units between the limits that chance keeps: a funnel."""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from opsbook import kpi
from opsbook.charts.frame import View, titled
from opsbook.charts.theme import PALETTE
from opsbook.validation import require_columns

__all__ = ["funnel"]

_DOTS = 60  # points above which they are drawn small
_SLACK = 1e-12  # a share that stands on a limit must not fall off it by rounding


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
