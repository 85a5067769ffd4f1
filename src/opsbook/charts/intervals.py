"""Pictures of figures with their intervals, for reports of many: through time, the same in panels, and of groups.

Each is a Vega-Lite specification without a title, for `opsbook.charts.picture.svg`. What two pictures have in common is
built once; they differ in their data.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final, cast

import altair as alt
import pandas as pd

from opsbook.charts.theme import PALETTE
from opsbook.validation import require_columns

__all__ = ["of_groups", "over_time", "panels", "unit_said"]

_NUMBERS: Final = ["value", "low", "high"]
_DOTS: Final = 60  # points through time above which only the line is drawn
_NAME: Final = 22  # letters of a name that a phone has room for
_PLACE: Final = 3  # digits before a name, which keep the order and tell apart what is cut to the same letters
_WORDS: Final = f"slice(datum.label, {_PLACE})"
_PANEL: Final = (280, 72)  # pixels; with its axis it fills a phone
_CLOCK: Final = {
    "year": "%Y",
    **dict.fromkeys(("quarter", "month"), "%b %Y"),
    **dict.fromkeys(("week", "date", "day"), "%-d %b"),
    **dict.fromkeys(("hours", "minutes"), "%H:%M"),
}

Spec = dict[str, Any]


def over_time(
    table: pd.DataFrame, description: str, *, unit: str, target: float | None = None, height: int = 220
) -> Spec:
    """Draw a figure through time as a line, with its interval as a band.

    Parameters
    ----------
    table : pandas.DataFrame
        ``start`` (datetimes), ``value``, ``low`` and ``high``. Missing limits leave a gap in the band; an interval
        without neighbours is a bar.
    description : str
        The picture in words.
    unit : str
        What stands beside the axis; ``"proportion"`` is drawn in per cent.
    target : float, optional
        A line across the picture.
    height : int
        Height of the plot in pixels.

    Returns
    -------
    dict
        The specification.

    Raises
    ------
    MissingColumnError
        If a column is missing.

    Examples
    --------
    >>> days = pd.to_datetime(["2024-03-04", "2024-03-05"])
    >>> table = pd.DataFrame({"start": days, "value": [0.7, 0.8], "low": [0.6, 0.7], "high": [0.8, 0.9]})
    >>> drawn = over_time(table, "70 and 80 %.", unit="proportion")
    >>> drawn["datasets"]["figures"][1]["value"], drawn["description"]
    (80.0, '70 and 80 %.')
    """
    rows, target = _rows(table, ["start"], unit), _in_unit(target, unit)
    chart = _through_time(unit, target, _ends(rows, target), dots=len(rows) <= _DOTS)
    return _filled(chart, rows, description, height=height)


def panels(
    table: pd.DataFrame, description: str, *, unit: str, target: float | None = None, alike: bool = True
) -> Spec:
    """Draw a figure of several groups through time, each in a panel of its own, below each other.

    Parameters
    ----------
    table : pandas.DataFrame
        As for `over_time`, and ``group`` (words).
    description, unit, target
        As for `over_time`. The unit does not stand in the picture.
    alike : bool
        Whether all panels have one scale.

    Returns
    -------
    dict
        The specification.

    Raises
    ------
    MissingColumnError
        If a column is missing.

    Examples
    --------
    >>> days = pd.to_datetime(["2024-03-04", "2024-03-05"])
    >>> table = pd.DataFrame({"start": days, "value": [0.7, 0.8], "low": [0.6, 0.7], "high": [0.8, 0.9]})
    >>> both = pd.concat([table.assign(group=name) for name in ("chat", "phone")])
    >>> panels(both, "The same twice.", unit="proportion")["facet"]["field"]
    'group'
    """
    rows, target = _rows(table, ["group", "start"], unit), _in_unit(target, unit)
    chart = _in_panels(unit, target, _ends(rows, target), alike=alike)
    return _filled(chart, rows, description)


def of_groups(table: pd.DataFrame, description: str, *, unit: str, target: float | None = None) -> Spec:
    """Draw a figure of several groups as dots below each other, each with its interval as a bar.

    Parameters
    ----------
    table : pandas.DataFrame
        ``group`` (words), ``value``, ``low`` and ``high``, in the order from top to bottom.
    description, unit, target
        As for `over_time`.

    Returns
    -------
    dict
        The specification.

    Raises
    ------
    MissingColumnError
        If a column is missing.

    Examples
    --------
    >>> table = pd.DataFrame({"group": ["chat", "phone"], "value": [30, 52], "low": [25, 50], "high": [35, 54]})
    >>> of_groups(table, "Chat waits less.", unit="seconds")["height"]
    {'step': 26}
    """
    rows, target = _rows(table, ["group"], unit), _in_unit(target, unit)
    return _filled(_beside(unit, target, _ends(rows, target)), rows, description)


def unit_said(unit: str) -> str:
    """Return what stands beside the axis of a figure in a unit.

    Examples
    --------
    >>> unit_said("proportion"), unit_said("points from −100 to 100"), unit_said("currency of `cost`")
    ('per cent', 'points', 'currency of cost')
    """
    return "per cent" if unit == "proportion" else unit.partition(" from ")[0].partition(" (")[0].replace("`", "")


# --- Data ------------------------------------------------------------------------------------------------------------


def _rows(table: pd.DataFrame, keys: Sequence[str], unit: str) -> list[dict[str, Any]]:
    """Return what is drawn: in order, in the unit of the axis, in six digits, which is more than any picture shows."""
    require_columns("a picture of a figure", table.columns, [*keys, *_NUMBERS])
    drawn = table[[*keys, *_NUMBERS]].reset_index(drop=True)
    drawn[_NUMBERS] = drawn[_NUMBERS].astype(float).map(lambda value: float(f"{_in_unit(value, unit):.6g}"))
    if "group" in keys:
        places = pd.factorize(drawn["group"])[0] if "start" in keys else drawn.index
        drawn["group"] = [
            f"{place:0{_PLACE}}{_short(name)}" for place, name in zip(places, drawn["group"].astype(str), strict=True)
        ]
    if "start" in keys:
        drawn = drawn.sort_values(list(reversed(keys)))
        known = drawn["low"].notna()
        of = drawn["group"] if "group" in keys else pd.Series(0, index=drawn.index)
        before, after = (known.groupby(of).shift(way, fill_value=False) for way in (1, -1))
        drawn["alone"] = known & ~before & ~after
        drawn["start"] = drawn["start"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return [
        {str(name): None if value != value else value for name, value in row.items()}  # noqa: PLR0124 -- NaN
        for row in drawn.to_dict("records")
    ]


def _short(name: str) -> str:
    """Return a name with its middle cut out, if there is no room for it."""
    return name if len(name) <= _NAME else f"{name[: _NAME - 9]}…{name[-8:]}"


def _in_unit(value: float | None, unit: str) -> Any:
    return 100 * value if value is not None and unit == "proportion" else value


def _ends(rows: Sequence[dict[str, Any]], target: float | None) -> tuple[float, float] | None:
    """Return the ends of the axis if all numbers are one, which has no ends."""
    numbers = {target, *(row[name] for row in rows for name in _NUMBERS)} - {None}
    if len(numbers) > 1:
        return None
    (number,) = numbers
    return min(number, 0.0), max(number, 0.0) or float(number == 0)


def _filled(chart: Spec, rows: list[dict[str, Any]], description: str, **more: Any) -> Spec:
    return {**chart, **more, "datasets": {**chart.get("datasets", {}), "figures": rows}, "description": description}


# --- What pictures have in common ------------------------------------------------------------------------------------


@cache
def _through_time(unit: str, target: float | None, ends: tuple[float, float] | None, *, dots: bool) -> Spec:
    layers = _line_and_band(_axis(alt.Y, unit, ends, 5, title=True), target, dots=26 if dots else 0, times=5)
    return layers.properties(data=alt.NamedData("figures")).to_dict()


@cache
def _in_panels(unit: str, target: float | None, ends: tuple[float, float] | None, *, alike: bool) -> Spec:
    layers = _line_and_band(_axis(alt.Y, unit, ends, 3, title=False), target, dots=0, times=5)
    width, height = _PANEL
    chart = layers.properties(width=width, height=height).facet(
        alt.Facet("group:N", title=None, header=alt.Header(labelExpr=_WORDS, labelAnchor="start", labelPadding=4)),
        data=alt.NamedData("figures"),
        columns=1,
        spacing=12,
    )
    return (chart if alike else chart.resolve_scale(y="independent")).to_dict()


@cache
def _beside(unit: str, target: float | None, ends: tuple[float, float] | None) -> Spec:
    across = _axis(alt.X, unit, ends, 4, title=True)
    axis = alt.Axis(title=None, ticks=False, domain=False, labelPadding=9, labelExpr=_WORDS)
    base = alt.Chart(height=alt.Step(26)).encode(y=alt.Y("group:N", axis=axis))
    bar = base.mark_rule(strokeWidth=5, opacity=0.45, color=PALETTE["blue"]).encode(x=across("low"), x2="high:Q")
    dot = base.mark_point(size=70, opacity=1).encode(x=across("value"))
    return alt.layer(bar, dot, *_aim(target, across), data=alt.NamedData("figures")).to_dict()


Channel = Callable[[str], Any]


def _line_and_band(up: Channel, target: float | None, *, dots: int, times: int) -> alt.LayerChart:
    axis = alt.Axis(format=_CLOCK, tickCount=times, labelOverlap="greedy", labelSeparation=8, grid=False)
    base = alt.Chart().encode(x=alt.X("start:T", title=None, scale=alt.Scale(type="utc"), axis=axis))
    band = base.mark_area(opacity=0.28, color=PALETTE["blue"]).encode(y=up("low"), y2="high:Q")
    bar = base.mark_rule(strokeWidth=2, opacity=0.45, color=PALETTE["blue"]).encode(y=up("low"), y2="high:Q")
    line = base.mark_line(strokeWidth=2, strokeJoin="round", point={"size": dots, "opacity": 1} if dots else False)
    layers = [band, bar.transform_filter(alt.datum.alone), line.encode(y=up("value")), *_aim(target, up)]
    return cast("alt.LayerChart", alt.layer(*layers))


def _axis(way: type[alt.X | alt.Y], unit: str, ends: tuple[float, float] | None, ticks: int, *, title: bool) -> Channel:
    """Return what puts a field on the axis of the figures."""
    scale = alt.Scale(zero=False, nice=True) if ends is None else alt.Scale(domain=list(ends))
    axis = alt.Axis(tickCount=ticks)
    return lambda field: way(f"{field}:Q", title=unit_said(unit) if title else None, scale=scale, axis=axis)


def _aim(target: float | None, place: Channel) -> list[alt.Chart]:
    if target is None:
        return []
    rule = alt.Chart(alt.InlineData([{"target": target}])).mark_rule(
        strokeDash=[6, 4], strokeWidth=1.5, color=PALETTE["orange"]
    )
    where = place("target")
    return [rule.encode(y=where) if isinstance(where, alt.Y) else rule.encode(x=where)]
