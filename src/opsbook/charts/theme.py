"""The course's look for Altair charts, and the renderer that keeps a chart as data until the page is built.

Text, axes and grid take the colour of the page around them (``currentColor``), so that one picture serves
light and dark. Every mark colour reaches a contrast of at least 3:1 on both backgrounds, and every two stay apart
for readers who see colours differently; five are as many as these two conditions leave room for.
"""

from collections.abc import Mapping
from typing import Any, Final

import altair as alt
from altair.theme import ThemeConfig

from opsbook.errors import ChartError

__all__ = ["BACKGROUNDS", "CONTACT_COLOURS", "FONT", "MAX_ROWS", "MIME_TYPE", "PALETTE", "theme"]

FONT: Final = "Source Sans Pro, system-ui, sans-serif"
MIME_TYPE: Final = "application/vnd.vegalite.v5+json"
MAX_ROWS: Final = 5000
BACKGROUNDS: Final = {"light": "#ffffff", "dark": "#14181d"}

PALETTE: Final = {
    "blue": "#3d7ab8",
    "orange": "#c8681a",
    "grey": "#767f88",
    "violet": "#9a3ad6",
    "tan": "#b48d5e",
}
"""The colours of the course's charts by name, in the order in which series take them."""

CONTACT_COLOURS: Final = {"active": PALETTE["blue"], "passive": PALETTE["orange"], "none": PALETTE["grey"]}
"""How much of the job the customer shares, as a colour: the stronger the contact, the stronger the colour."""


@alt.theme.register("opsbook", enable=True)
def theme() -> ThemeConfig:
    """Return the Vega-Lite configuration that every chart of the course shares."""
    ink = "currentColor"
    axis: dict[str, Any] = {
        "labelColor": ink,
        "titleColor": ink,
        "domainColor": ink,
        "tickColor": ink,
        "gridColor": ink,
        "domainOpacity": 0.5,
        "tickOpacity": 0.5,
        "gridOpacity": 0.12,
        "labelFontSize": 13,
        "titleFontSize": 13,
        "titleFontWeight": 400,
        "titlePadding": 8,
        "labelLimit": 220,
    }
    config: dict[str, Any] = {
        "font": FONT,
        "background": None,
        # Marks are described once, by the chart's own description: a thousand named dots help nobody.
        "aria": False,
        "view": {"continuousWidth": 560, "discreteWidth": 560, "continuousHeight": 300, "stroke": None},
        "axis": axis,
        "header": {"labelColor": ink, "titleColor": ink, "labelFontSize": 13, "titleFontSize": 13},
        "legend": {"labelColor": ink, "titleColor": ink, "labelFontSize": 13, "titleFontSize": 13, "orient": "top"},
        "title": {
            "color": ink,
            "subtitleColor": ink,
            "anchor": "start",
            "fontSize": 17,
            "fontWeight": 600,
            "subtitleFontSize": 14,
            "offset": 14,
        },
        "text": {"color": ink, "fontSize": 13},
        "rule": {"color": ink},
        "range": {"category": list(PALETTE.values())},
        "bar": {"color": PALETTE["blue"]},
        "point": {"color": PALETTE["blue"], "filled": True, "size": 60},
        "circle": {"color": PALETTE["blue"]},
        "tick": {"color": PALETTE["blue"], "thickness": 2},
        "line": {"color": PALETTE["blue"], "strokeWidth": 2.5},
        "area": {"color": PALETTE["blue"]},
    }
    return {"config": config}  # type: ignore[typeddict-item]


def _title(spec: Mapping[str, Any]) -> str:
    title = spec.get("title", "")
    text = title.get("text", "") if isinstance(title, Mapping) else title
    return " ".join(text) if isinstance(text, list) else str(text)


def check(spec: Mapping[str, Any]) -> str:
    """Return the title of `spec`, or say what a reader would miss in it."""
    title = _title(spec)
    if not title:
        raise ChartError("a chart needs a title that states its message; set it with `charts.titled(chart, ...)`.")
    if not str(spec.get("description", "")).strip():
        raise ChartError(
            f"the chart {title!r} needs a description for readers who cannot see it: what it shows and what that "
            "means. Set it with `charts.titled(chart, ..., description=...)`."
        )
    rows = sum(len(values) for values in spec.get("datasets", {}).values())
    if rows > MAX_ROWS:
        raise ChartError(f"the chart {title!r} carries {rows} rows, more than {MAX_ROWS}; aggregate before charting.")
    return title


def _render(spec: dict[str, Any], **_metadata: object) -> tuple[dict[str, Any], dict[str, Any]]:
    title = check(spec)
    # JupyterLab brings Vega-Lite 5 under this type and warns of any other; the course's charts are the same in both.
    drawn = {**spec, "$schema": "https://vega.github.io/schema/vega-lite/v5.json"}
    # On a canvas `currentColor` is black whatever the theme.
    options = {"embed_options": {"renderer": "svg", "actions": False}}
    return {MIME_TYPE: drawn, "text/plain": f"[Chart] {title}"}, {MIME_TYPE: options}


alt.renderers.register("opsbook", _render)
alt.renderers.enable("opsbook")
# Altair's own limit would name its remedies, none of which the course offers; `check` names ours.
alt.data_transformers.enable("default", max_rows=None)
