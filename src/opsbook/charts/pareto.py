"""Pareto charts: which categories make most of a total, in bars, and what they make together, as a line."""

from typing import Any

import altair as alt
import pandas as pd

from opsbook.charts.frame import View, titled
from opsbook.charts.theme import PALETTE
from opsbook.errors import ChartError
from opsbook.validation import between, require_columns

__all__ = ["pareto"]

_SHARES = ["share", "cumulative"]


def pareto(
    ranking: Any, message: str, *, description: str, subtitle: str = "", what: str = "contacts", line: bool = True
) -> View:
    """Draw a ranking of categories as bars, with the share that they make together.

    Parameters
    ----------
    ranking : pandas.DataFrame or polars.DataFrame
        What `opsbook.quality.pareto` returns: ``category``, ``share``, ``cumulative`` and ``categories``, in order. A
        row of several categories (``other``) is drawn in grey.
    message, description, subtitle : str
        As in `titled`.
    what : str
        What the shares are shares of, in the plural: "contacts", "minutes".
    line : bool
        False leaves the line of the cumulative share out.

    Returns
    -------
    altair.LayerChart
        As `titled` returns it. Bars and line share one axis, so that neither can be stretched against the other.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    ChartError
        If there are no categories.
    ValueError
        If shares lie outside [0, 1].

    Examples
    --------
    >>> from opsbook import quality
    >>> calls = quality.pareto({"balance": 50, "card": 20, "fee": 20, "loan": 10})
    >>> pareto(calls, "Half of all calls are about the balance", description="Four bars and a line.").title.text
    'Half of all calls are about the balance'
    """
    require_columns("a Pareto chart", ranking.columns, ["category", *_SHARES, "categories"])
    columns = {name: list(ranking[name]) for name in ("category", *_SHARES, "categories")}
    if not columns["category"]:
        raise ChartError("`ranking` must hold one category or more, got none. Rank something first.")
    for name in _SHARES:
        between(name, columns[name], 0, 1, hint="Give shares, not percentages.")
    drawn = pd.DataFrame(columns).round(dict.fromkeys(_SHARES, 4))
    drawn["label"] = [f"{share:.0%}" if share >= 0.005 else "<1%" for share in columns["share"]]  # noqa: PLR2004 - half a per cent
    drawn["first"] = [place == 0 for place in range(len(drawn))]
    order = drawn["category"].tolist()
    axis = alt.Axis(format="%", tickCount=5)
    domain = [0, 1] if line else [0, min(1.0, 1.15 * max(columns["share"]))]
    base = alt.Chart(drawn).encode(y=alt.Y("category:N", sort=order, title=None))
    across = alt.X("share:Q", title=f"share of {what}", axis=axis, scale=alt.Scale(domain=domain, nice=False))
    colour = alt.condition(alt.datum.categories > 1, alt.value(PALETTE["grey"]), alt.value(PALETTE["blue"]))
    layers = [base.mark_bar().encode(x=across, color=colour)]
    if line:
        together = base.encode(x=alt.X("cumulative:Q"))
        layers += [
            together.mark_line(color=PALETTE["orange"], strokeWidth=2),
            together.mark_point(color=PALETTE["orange"], filled=True, size=45, opacity=1),
        ]
    # The line starts at the end of the first bar, so the label of this bar stands above it.
    labels = base.encode(x="share:Q", text="label:N")
    layers += [
        labels.transform_filter("datum.first").mark_text(align="left", dx=5, dy=-7 if line else 0),
        labels.transform_filter("!datum.first").mark_text(align="left", dx=5),
    ]
    return titled(alt.layer(*layers), message, description=description, subtitle=subtitle, height=28 * len(order) + 60)
