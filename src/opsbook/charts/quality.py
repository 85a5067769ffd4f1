"""Pictures of quality: control charts."""

import math
from typing import Any, Final

import altair as alt
import numpy as np
import pandas as pd

from opsbook.charts.frame import View, titled
from opsbook.charts.theme import PALETTE
from opsbook.errors import ChartError
from opsbook.quality import ControlChart, Panel

__all__ = ["control_chart"]

_QUIET, _SIGNAL = "no signal", "signal"
_LABELS = 0.2  # of the samples' width, kept free at the right for the labels of the lines
_BASELINES: Final[dict[str, Any]] = {"upper": "bottom", "centre": "middle", "lower": "top"}
_ROOM = 0.2  # of the values' range, above and below
_ONE_LINE, _TWO_LINES = 0.45, 0.25  # shares of the axis that "these set the limits" takes on a phone


def control_chart(
    chart: ControlChart,
    message: str,
    *,
    description: str,
    subtitle: str = "",
    panel: int = 0,
    sample: str = "sample",
    value: str = "",
) -> View:
    """Draw one panel of a control chart: the samples, the centre, the limits, and what signals.

    Signals differ from other samples in shape, size and colour. The limits are steps where samples differ in size.
    A chart with two panels makes two figures, so that each stays legible on a phone.

    Parameters
    ----------
    chart : quality.ControlChart
        As `quality.control_chart` returns it.
    message, description, subtitle : str
        As in `titled`.
    panel : int
        0 for the location (means, values, shares, counts, rates), 1 for the spread.
    sample : str
        What a sample is, under the horizontal axis: "day".
    value : str
        What is measured and its unit, beside the vertical axis; by default the panel's name.

    Returns
    -------
    altair.LayerChart
        As `titled` returns it.

    Raises
    ------
    ChartError
        If the chart has no such panel.

    Examples
    --------
    >>> from opsbook import quality
    >>> found = quality.control_chart([3, 1, 2, 2, 14], "c", phase_one=4)
    >>> control_chart(found, "The fifth day stands out", description="Five days, one above the limit.").title.text
    'The fifth day stands out'
    """
    if panel not in range(len(chart.panels)):
        raise ChartError(
            f"`panel` must be one of the chart's {len(chart.panels)}, counted from 0, got {panel!r}. A chart of kind "
            f"{chart.kind!r} has {', '.join(each.name for each in chart.panels)}."
        )
    drawn = chart.panels[panel]
    table = _rows(chart, drawn)
    share, last = drawn.name == "share", len(drawn.values)
    digits = max(0, 1 - math.floor(math.log10(drawn.upper[-1] - drawn.centre)) - 2 * share)
    numbers = f".{digits}{'%' if share else 'f'}"
    axis = alt.Axis(tickMinStep=1, grid=False, values=_ticks(last), labelOverlap="greedy")
    x = alt.X("sample:Q", title=sample, scale=alt.Scale(domain=[0, last * (1 + _LABELS) + 1], nice=False), axis=axis)
    low, high = _range(drawn)
    y = alt.Y(
        "value:Q",
        title=value or drawn.name,
        scale=alt.Scale(domain=[low, high], nice=False),
        axis=alt.Axis(format="%" if share else alt.Undefined, tickCount=6),
    )
    base = alt.Chart(table).encode(x=x)
    limits = ["upper", *(["lower"] if _has_lower(drawn) else [])]
    step = base.mark_line(interpolate="step", strokeWidth=1.5, strokeDash=[6, 4], color=PALETTE["grey"])
    lines = [step.encode(y=f"{name}:Q") for name in limits]
    centre = base.mark_line(strokeWidth=1, color=PALETTE["grey"]).encode(y="centre:Q")
    path = base.mark_line(strokeWidth=1.2, strokeOpacity=0.6).encode(y=y)
    legend = {"title": None, "orient": "top"} if (table["signal"] == _SIGNAL).any() else None
    marks = {"shape": ["circle", "diamond"], "color": [PALETTE["blue"], PALETTE["orange"]], "size": [30, 130]}
    told = {
        name: {
            "field": "signal",
            "type": "nominal",
            "scale": {"domain": [_QUIET, _SIGNAL], "range": marks[name]},
            "legend": legend,
        }
        for name in marks
    }
    points = base.mark_point(opacity=1).encode(y=y, **told)
    labels = [_label(base, name, getattr(drawn, name), numbers) for name in limits]
    labels.append(_label(base, "centre", drawn.centre, numbers))
    layers = [path, *lines, centre, points, *labels, *_phase(chart, base, high)]
    return titled(alt.layer(*layers), message, description=description, subtitle=subtitle, height=300)


def _rows(chart: ControlChart, panel: Panel) -> pd.DataFrame:
    """Return one row a sample, in the digits that can be seen."""
    digits = max(0, 4 - math.floor(math.log10(panel.upper[-1] - panel.centre)))
    signalled = {signal.sample for signal in chart.signals if signal.panel == panel.name}
    samples = range(1, len(panel.values) + 1)
    return pd.DataFrame(
        {
            "sample": samples,
            "value": panel.values.round(digits),
            "centre": round(panel.centre, digits),
            "lower": panel.lower.round(digits),
            "upper": panel.upper.round(digits),
            "signal": [_SIGNAL if each in signalled else _QUIET for each in samples],
        }
    ).dropna()  # there is no first moving range


def _has_lower(panel: Panel) -> bool:
    """Say whether anything can fall below the lower limit."""
    return panel.name in {"mean", "value"} or bool((panel.lower > 0).any())


def _range(panel: Panel) -> tuple[float, float]:
    lowest = min(float(np.nanmin(panel.values)), float(panel.lower.min()))
    highest = max(float(np.nanmax(panel.values)), float(panel.upper.max()))
    room = _ROOM * (highest - lowest)
    return (lowest - room if _has_lower(panel) else 0.0), highest + room


def _ticks(last: int) -> list[int]:
    step = next(step for step in (1, 2, 5, 10, 20, 25, 50, 100, 250, 500, 1000) if last / step <= 10)  # noqa: PLR2004
    return [1, *(each for each in range(step, last + 1, step) if each > 1)]


def _label(base: alt.Chart, name: str, at: float | np.ndarray, numbers: str) -> alt.Chart:
    """Return the name of a line and its value at the last sample, at the line's end."""
    text = f"{name}\n{float(np.ravel(at)[-1]):{numbers}}"
    last = base.transform_filter(f"datum.sample == {base.data['sample'].iloc[-1]}")
    mark: alt.Chart = last.mark_text(
        align="left",
        baseline=_BASELINES[name],
        dx=7,
        lineHeight=15,
        lineBreak="\n",
        color="currentColor",
    )
    return mark.encode(y=f"{name}:Q", text=alt.value(text))


def _phase(chart: ControlChart, base: alt.Chart, top: float) -> list[alt.Chart]:
    """Return a rule behind the samples that set the limits, if these are the first ones."""
    first = int(chart.phase_one.sum())
    if not 0 < first < len(chart.phase_one) or not chart.phase_one[:first].all():
        return []
    place = base.transform_filter(f"datum.sample == {first}").transform_calculate(edge=str(first + 0.5))
    rule = place.mark_rule(strokeDash=[2, 3], strokeOpacity=0.6).encode(x="edge:Q")
    room = (first + 0.5) / (len(chart.phase_one) * (1 + _LABELS) + 1)
    text = "these set the limits" if room >= _ONE_LINE else "these set\nthe limits"
    beside: dict[str, Any] = {"align": "right", "dx": -5}
    if room < _TWO_LINES:
        text, beside = f"← {text}", {"align": "left", "dx": 5}
    if "\n" in text:
        beside |= {"lineBreak": "\n", "lineHeight": 15}
    words = place.mark_text(baseline="top", dy=2, color="currentColor", **beside).encode(
        x="edge:Q", y=alt.datum(top), text=alt.value(text)
    )
    return [rule, words]
