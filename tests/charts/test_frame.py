"""A chart says what it shows, twice, or it is refused; and the notebook stores it as data and one line."""

from typing import Any

import altair as alt
import pandas as pd
import pytest

from opsbook import charts
from opsbook.charts.theme import MAX_ROWS, MIME_TYPE
from opsbook.errors import ChartError

MESSAGE = "Waiting is most of the visit"
DESCRIPTION = "Two bars: 20 minutes of waiting beside 8 minutes of work."


def bars(rows: int = 2) -> alt.Chart:
    frame = pd.DataFrame({"part": [f"part {n}" for n in range(rows)], "minutes": range(rows)})
    return alt.Chart(frame).mark_bar().encode(x="minutes:Q", y="part:N")


def shown(chart: alt.Chart | alt.LayerChart) -> dict[str, Any]:
    """Return what a notebook stores for a chart that is a cell's last value."""
    bundle, metadata = chart._repr_mimebundle_()
    # On a canvas `currentColor` would be black in JupyterLab's dark theme.
    assert metadata[MIME_TYPE]["embed_options"]["renderer"] == "svg"
    return bundle


def test_a_titled_chart_is_stored_as_data_and_a_line() -> None:
    stored = shown(charts.titled(bars(), MESSAGE, description=DESCRIPTION, subtitle="Invented", height=120))
    assert set(stored) == {MIME_TYPE, "text/plain"}
    assert stored["text/plain"] == f"[Chart] {MESSAGE}"
    spec = stored[MIME_TYPE]
    assert spec["title"] == {"text": MESSAGE, "subtitle": ["Invented"]}
    assert (spec["description"], spec["height"], spec["usermeta"]) == (DESCRIPTION, 120, {"narrow": True})
    assert spec["config"]["background"] is None


def test_the_same_chart_is_stored_the_same() -> None:
    first, second = (shown(charts.titled(bars(), MESSAGE, description=DESCRIPTION)) for _ in range(2))
    assert first == second


def test_the_chart_itself_is_left_alone() -> None:
    chart = bars()
    before = chart.to_dict()
    charts.titled(chart, MESSAGE, description=DESCRIPTION, height=50)
    assert chart.to_dict() == before


def test_layers_are_titled_too() -> None:
    layered = bars() + bars().mark_text()
    assert shown(charts.titled(layered, MESSAGE, description=DESCRIPTION))["text/plain"] == f"[Chart] {MESSAGE}"


@pytest.mark.parametrize(
    ("message", "description", "says"),
    [
        ("", DESCRIPTION, "must both say something"),
        (MESSAGE, "  ", "must both say something"),
        (MESSAGE, f"{MESSAGE}.", "not repeat `message`"),
        (f"{MESSAGE} ", MESSAGE, "not repeat `message`"),
    ],
)
def test_words_that_say_nothing_are_refused(message: str, description: str, says: str) -> None:
    with pytest.raises(ChartError, match=says):
        charts.titled(bars(), message, description=description)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({}, "needs a title that states its message"),
        ({"description": DESCRIPTION}, "needs a title that states its message"),
        ({"title": ""}, "needs a title that states its message"),
        ({"title": MESSAGE}, f"the chart '{MESSAGE}' needs a description"),
        ({"title": alt.TitleParams(text=MESSAGE), "description": " "}, f"the chart '{MESSAGE}' needs a description"),
    ],
)
def test_a_chart_without_words_is_not_shown(words: dict[str, Any], says: str) -> None:
    with pytest.raises(ChartError, match=says):
        shown(bars().properties(**words))


def test_a_chart_of_too_many_rows_is_not_shown() -> None:
    largest = charts.titled(bars(MAX_ROWS), MESSAGE, description=DESCRIPTION)
    assert shown(largest)["text/plain"] == f"[Chart] {MESSAGE}"
    with pytest.raises(ChartError, match=rf"carries {MAX_ROWS + 1} rows, more than {MAX_ROWS}; aggregate"):
        shown(charts.titled(bars(MAX_ROWS + 1), MESSAGE, description=DESCRIPTION))


def test_text_and_lines_take_the_colour_of_the_page() -> None:
    config = shown(charts.titled(bars(), MESSAGE, description=DESCRIPTION))[MIME_TYPE]["config"]
    inks = [
        value
        for part in ("axis", "header", "legend", "title", "text", "rule")
        for key, value in config[part].items()
        if key.lower().endswith("color")
    ]
    assert inks
    assert set(inks) == {"currentColor"}
