"""Pictures of staffing: the work that comes in, the agents it takes, and the people to roster for them."""

import altair as alt
import pandas as pd

from opsbook.charts.frame import View, titled
from opsbook.charts.theme import PALETTE
from opsbook.errors import ChartError
from opsbook.validation import nonnegative, require_columns

__all__ = ["staffing_plan"]

_SERIES = {
    "rostered": ("people rostered", PALETTE["grey"]),
    "agents": ("agents on duty", PALETTE["blue"]),
    "load": ("load in erlangs", PALETTE["orange"]),
}
# The hour of the day, and at midnight the day.
_CLOCK = "utcFormat(datum.value, utchours(datum.value) || utcminutes(datum.value) ? '%H:%M' : '%a %-d')"


def staffing_plan(table: pd.DataFrame, message: str, *, description: str, subtitle: str = "") -> View:
    """Draw load, agents and rostered people through the day, as steps.

    Parameters
    ----------
    table : pandas.DataFrame
        One row an interval, in order of time: ``start`` (times, or ISO text), ``load`` in erlangs, ``agents`` and
        ``rostered``, which is not drawn if it is the same as ``agents``. Intervals are as long as the shortest distance
        between two starts; where one is missing, the picture shows nobody. Times with a zone are drawn as the clock
        there shows them.
    message, description, subtitle : str
        As in `titled`.

    Returns
    -------
    altair.LayerChart
        As `titled` returns it.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    ChartError
        If there are fewer than two intervals or their starts do not rise.

    Examples
    --------
    >>> starts = ["2026-01-05T08:00", "2026-01-05T08:30"]
    >>> plan = pd.DataFrame({"start": starts, "load": [4.2, 6.1], "agents": [6, 9], "rostered": [9, 13]})
    >>> staffing_plan(plan, "Half past eight needs three more", description="Steps through an hour.").title.text
    'Half past eight needs three more'
    """
    require_columns("a chart of a staffing plan", table.columns, ["start", *_SERIES])
    values = {name: nonnegative(name, table[name]) for name in _SERIES}
    if (values["rostered"] == values["agents"]).all():
        del values["rostered"]  # the same line twice
    starts = pd.to_datetime(pd.Series([pd.Timestamp(start).tz_localize(None) for start in table["start"]]))
    lengths = starts.diff().dropna()
    if lengths.empty or lengths.min() <= pd.Timedelta(0):
        raise ChartError("`table` must hold two intervals or more in order of time. Sort it by `start`.")
    length = lengths.min()
    frame = pd.DataFrame({"start": starts, **values})
    # A step lasts until the next one, so where nobody works zeros have to be drawn.
    last, ends = starts.iloc[-1], starts[:-1] + length
    gaps = ends[~ends.isin(frame["start"])]
    frame = pd.concat([frame, pd.DataFrame({"start": gaps, **dict.fromkeys(values, 0.0)})]).sort_values("start")
    drawn = frame.melt("start", var_name="kind", value_name="number").round({"number": 3})
    drawn["series"] = drawn["kind"].map({name: words for name, (words, _) in _SERIES.items()})
    drawn["start"] = drawn["start"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    shown = {name: _SERIES[name] for name in values}
    words = [word for word, _ in shown.values()]
    colour = alt.Color(
        "series:N",
        title=None,
        sort=words,
        legend=alt.Legend(orient="top", symbolType="stroke", symbolStrokeWidth=4),
        scale=alt.Scale(domain=words, range=[colour for _, colour in shown.values()]),
    )
    # The clock of the plan, whatever the clock of the machine that draws it.
    axis = alt.Axis(labelExpr=_CLOCK, labelOverlap="greedy", labelSeparation=8)
    across = alt.X("start:T", title=None, scale=alt.Scale(type="utc"), axis=axis)
    up = alt.Y("number:Q", title="people, or erlangs of work", scale=alt.Scale(domainMin=0, nice=True))
    steps = alt.Chart(drawn[["start", "series", "number"]]).encode(x=across, y=up, color=colour)
    lines = steps.mark_line(interpolate="step-after", strokeWidth=2, strokeJoin="round")
    # The last interval has no next one: it ends at its height, for closing time is no fall in demand.
    end = (
        steps.transform_filter(f"time(datum.start) == {_milliseconds(last)}")
        .transform_calculate(end=str(_milliseconds(last + length)))
        .mark_rule(strokeWidth=2)
        .encode(x2="end")
    )
    return titled(lines + end, message, description=description, subtitle=subtitle, height=320)


def _milliseconds(time: pd.Timestamp) -> int:
    return int(time.tz_localize("UTC").timestamp() * 1000)
