"""Pictures of queues."""

import altair as alt
import pandas as pd

from opsbook.charts.frame import View, titled
from opsbook.validation import require_columns

__all__ = ["waiting_line"]


def waiting_line(line: pd.DataFrame, message: str, *, description: str, subtitle: str = "") -> View:
    """Draw how many customers wait, over the time of day.

    Parameters
    ----------
    line : pandas.DataFrame
        ``hour`` (time of day in hours) and ``waiting`` (how many wait from then on), one row a change.
    message, description, subtitle : str
        As `charts.titled` takes them.

    Returns
    -------
    altair.Chart
        A step for every arrival and every start of service.

    Raises
    ------
    MissingColumnError
        A column is missing.

    Examples
    --------
    >>> line = pd.DataFrame({"hour": [9.0, 9.1, 9.2], "waiting": [0, 1, 0]})
    >>> waiting_line(line, "One customer waits", description="A step up and a step down.").title.text
    'One customer waits'
    """
    require_columns("`line`", line.columns, ["hour", "waiting"])
    hours = alt.X(
        "hour:Q",
        title="time of day",
        scale=alt.Scale(nice=False, zero=False),
        axis=alt.Axis(tickMinStep=1, labelExpr="format(datum.value, '02d') + ':00'", grid=False),
    )
    chart = alt.Chart(line.round({"hour": 4})).encode(
        x=hours, y=alt.Y("waiting:Q", title="customers waiting", axis=alt.Axis(tickMinStep=1))
    )
    steps = chart.mark_area(interpolate="step-after", opacity=0.3) + chart.mark_line(interpolate="step-after")
    return titled(steps, message, description=description, subtitle=subtitle, height=200)
