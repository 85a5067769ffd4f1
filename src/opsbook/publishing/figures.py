"""Charts, explorers and questions as HTML that reads without a script."""

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from opsbook.charts.picture import NARROW, WIDE, drawing_spec, svg
from opsbook.charts.theme import check
from opsbook.exercises.page import for_script

__all__ = ["SHOWN_ROWS", "Figure", "chart_figure", "explorer_figure"]

SHOWN_ROWS: Final = 200

Rows = Sequence[Mapping[str, Any]]


class Figure:
    """The HTML of a figure and the files it links to, by their path below the site's ``_static`` folder."""

    def __init__(self, html: str, files: dict[str, str]) -> None:
        self.html = html
        self.files = files


def _lines(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else " ".join(value)


def _caption(spec: Mapping[str, Any]) -> str:
    title = spec["title"]
    if isinstance(title, str):
        return f"<figcaption><p class='ops-message'>{escape(title)}</p></figcaption>"
    subtitle = _lines(title.get("subtitle", ""))
    return (
        f"<figcaption><p class='ops-message'>{escape(_lines(title['text']))}</p>"
        + (f"<p class='ops-subtitle'>{escape(subtitle)}</p>" if subtitle else "")
        + "</figcaption>"
    )


def _pictures(spec: Mapping[str, Any]) -> str:
    wide = f"<div class='ops-picture ops-wide'>{svg(spec, width=WIDE)}</div>"
    narrow = spec.get("usermeta", {}).get("narrow", True)
    if not narrow:
        return wide.replace("ops-wide", "ops-scaled")
    drawn = svg(spec if narrow is True else narrow, width=NARROW)
    return wide + f"<div class='ops-picture ops-narrow'>{drawn}</div>"


def _rows(spec: Mapping[str, Any]) -> Rows:
    """Return the rows of the first data set that the chart draws; rules and labels may bring further ones."""
    sources = [spec, *spec.get("layer", [])]
    for source in sources:
        name = source.get("data", {}).get("name")
        if name in spec.get("datasets", {}):
            rows: Rows = spec["datasets"][name]
            return rows
    return []


def _cell(value: object) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    text = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    return f"<td class='number'>{escape(text)}</td>" if number else f"<td>{escape(text)}</td>"


def _data(rows: Rows, static: str, message: str) -> tuple[str, dict[str, str]]:
    """Return the table behind "Show the data" and the CSV file that holds every row."""
    if not rows:
        return "", {}
    names = list(rows[0])
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, names, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    text = buffer.getvalue()
    file = f"charts/{hashlib.sha256(text.encode()).hexdigest()[:12]}.csv"
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in names)
    body = "".join(f"<tr>{''.join(_cell(row.get(name)) for name in names)}</tr>" for row in rows[:SHOWN_ROWS])
    shown = "" if len(rows) <= SHOWN_ROWS else f"The first {SHOWN_ROWS} of {len(rows)} rows. "
    return (
        "<details class='ops-data'><summary>Show the data</summary>"
        f"<div class='ops-scroll' role='region' aria-label='Data: {escape(message, quote=True)}' tabindex='0'>"
        f"<table class='ops-table'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f"<p>{shown}<a href='{static}/{file}' download>All {len(rows)} rows as CSV</a></p></details>"
    ), {file: text}


def chart_figure(spec: Mapping[str, Any], *, static: str) -> Figure:
    """Return a chart as a figure: message, picture for wide and narrow screens, and its data as a table.

    Parameters
    ----------
    spec : mapping
        The Vega-Lite specification that a notebook stores.
    static : str
        Path from the page to the site's ``_static`` folder.
    """
    table, files = _data(_rows(spec), static, check(spec))
    return Figure(f"<figure class='ops-chart'>{_caption(spec)}{_pictures(spec)}{table}</figure>", files)


def _vega(spec: Mapping[str, Any]) -> dict[str, Any]:
    import vl_convert  # noqa: PLC0415 - only building a page needs it

    return vl_convert.vegalite_to_vega(drawing_spec(spec, WIDE), show_warnings=False)


def explorer_figure(payload: Mapping[str, Any], *, static: str, name: str) -> Figure:
    """Return an explorer as a figure whose sliders a script enlivens, and whose first position reads without one.

    Parameters
    ----------
    payload : mapping
        What the `payload` of an explorer holds: a chart over the grid, or the name of an element of its own and what
        that shows at every point, beside a still chart.
    static : str
        Path from the page to the site's ``_static`` folder.
    name : str
        A name unique in the page, from which ids are made.
    """
    spec, controls = payload["spec"], payload["controls"]
    table, files = _data(_rows(spec), static, check(spec))
    start = "|".join(f"{control['values'][control['start']]:g}" for control in controls)
    sliders = "".join(
        f"<div class='ops-slider'><label for='{name}-{control['name']}'>{escape(control['label'])}</label>"
        f"<input type='range' id='{name}-{control['name']}' data-control='{control['name']}' min='0' "
        f"max='{len(control['values']) - 1}' step='1' value='{control['start']}' autocomplete='off' "
        f"aria-valuetext='{escape(control['texts'][control['start']])}'>"
        f"<output for='{name}-{control['name']}' aria-live='off'>"
        f"{escape(control['texts'][control['start']])}</output></div>"
        for control in controls
    )
    at = " · ".join(f"{control['label']}: {control['texts'][control['start']]}" for control in controls)
    live = {"controls": controls, "sentences": payload["sentences"]}
    view = payload.get("view")
    if view:
        live |= {"view": view, "common": payload.get("common", {}), "data": payload["data"]}
    else:
        live["spec"] = _vega(spec)
    label = f"Controls: {escape(check(spec), quote=True)}"
    html = (
        f"<figure class='ops-chart ops-explorer' id='{name}' data-view='{view or 'chart'}'>{_caption(spec)}"
        f"<form class='ops-sliders' hidden onsubmit='return false' aria-label='{label}'>{sliders}"
        "<button type='reset'>Back to the start</button></form>"
        f"<noscript><p class='ops-still'>A still picture{escape(at and f' at {at}')}. "
        "With JavaScript it can be tried out.</p></noscript>"
        f"<div class='ops-stage'>{_pictures(spec)}</div>"
        f"<p class='ops-sentence' role='status'>{escape(payload['sentences'][start])}</p>{table}"
        f"<script type='application/json'>{for_script(live)}</script></figure>"
    )
    return Figure(html, files)
