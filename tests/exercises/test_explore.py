"""An explorer says and draws the same in both media: the page's grid and JupyterLab's live sliders follow the model."""

import json
import re
from typing import Any

import altair as alt
import ipywidgets
import pandas as pd
import pytest

from opsbook import charts, exercises
from opsbook.charts.picture import svg
from opsbook.errors import ChartError
from opsbook.exercises.explorers import EXPLORER_MIME_TYPE, MAX_BYTES, Explorer

STAFF = [1, 2, 4]
WORK = [0.5, 3, 12]


def model(staff: float, work: float) -> pd.DataFrame:
    return pd.DataFrame({"hour": ["first", "second"], "done": [60 * staff / work, 30 * staff / work]})


def draw(rows: pd.DataFrame) -> alt.LayerChart:
    x = alt.X("done:Q", title="cases an hour", scale=alt.Scale(domain=[0, 480]))
    base = alt.Chart(rows).encode(y=alt.Y("hour:N", title=None))
    line = base.mark_rule().encode(x=alt.datum(100))
    return charts.titled(
        base.mark_bar().encode(x=x) + line,
        "More hands, more cases",
        description="Two bars, one line.",
        subtitle="Invented",
    )


def sentence(staff: float, work: float) -> str:
    return f"{staff:g} people finish {60 * staff / work:g} cases in the first hour."


SLIDERS = {
    "staff": exercises.Slider("People", STAFF, 2, "people"),
    "work": exercises.Slider("Work for a case", WORK, 3, "min"),
}
POSITIONS = [(staff, work) for staff in STAFF for work in WORK]


@pytest.fixture
def explorer() -> Explorer:
    return exercises.explore(model, sliders=SLIDERS, chart=draw, sentence=sentence)


def grid(spec: dict[str, Any]) -> list[dict[str, Any]]:
    (rows,) = spec["datasets"].values()
    return rows


def at(spec: dict[str, Any], **values: float) -> dict[str, Any]:
    """Return the page's chart with its sliders moved, as the page's script moves them."""
    moved = [{**each, "value": values[each["name"].removeprefix("at_")]} for each in spec["params"]]
    return {**spec, "params": moved}


def drawn(spec: dict[str, Any]) -> str:
    """Return a picture without the names that only tell one picture from another."""
    return re.sub(r"\bc[0-9a-f]{8}-", "", svg(spec))


@pytest.mark.parametrize(("staff", "work"), POSITIONS)
def test_the_grid_holds_what_the_model_answers(explorer: Explorer, staff: float, work: float) -> None:
    held = [row for row in grid(explorer.payload["spec"]) if (row["staff"], row["work"]) == (staff, work)]
    assert [(row["hour"], row["done"]) for row in held] == [("first", 60 * staff / work), ("second", 30 * staff / work)]


def test_the_grid_holds_nothing_else(explorer: Explorer) -> None:
    assert len(grid(explorer.payload["spec"])) == 2 * len(POSITIONS)
    assert len(explorer.payload["sentences"]) == len(POSITIONS)


@pytest.mark.parametrize(("staff", "work"), POSITIONS)
def test_every_position_has_its_sentence(explorer: Explorer, staff: float, work: float) -> None:
    assert explorer.payload["sentences"][f"{staff:g}|{work:g}"] == sentence(staff, work)


@pytest.mark.parametrize(("staff", "work"), POSITIONS)
def test_page_and_jupyterlab_draw_the_same_picture(explorer: Explorer, staff: float, work: float) -> None:
    assert drawn(at(explorer.payload["spec"], staff=staff, work=work)) == drawn(draw(model(staff, work)).to_dict())


def test_pictures_of_different_positions_differ(explorer: Explorer) -> None:
    spec = explorer.payload["spec"]
    ratios = {staff / work for staff, work in POSITIONS}
    assert len({drawn(at(spec, staff=staff, work=work)) for staff, work in POSITIONS}) == len(ratios)


def test_the_page_gets_its_controls(explorer: Explorer) -> None:
    assert explorer.payload["controls"] == [
        {
            "name": "staff",
            "label": "People",
            "values": STAFF,
            "texts": ["1 people", "2 people", "4 people"],
            "start": 1,
        },
        {
            "name": "work",
            "label": "Work for a case",
            "values": WORK,
            "texts": ["0.5 min", "3 min", "12 min"],
            "start": 1,
        },
    ]
    assert explorer.payload["spec"]["params"] == [{"name": "at_staff", "value": 2}, {"name": "at_work", "value": 3}]


def test_a_notebook_stores_the_page_s_payload_and_a_line(explorer: Explorer) -> None:
    stored = explorer._repr_mimebundle_()
    assert stored[EXPLORER_MIME_TYPE] == explorer.payload
    assert stored["text/plain"] == repr(explorer) == "[Explorer] More hands, more cases"
    assert json.loads(json.dumps(explorer.payload, allow_nan=False)) == explorer.payload


def test_positions_may_come_from_a_range() -> None:
    slider = exercises.Slider("People", range(1, 4), 2)
    shown = exercises.explore(
        lambda staff: model(staff, 3), sliders={"staff": slider}, chart=draw, sentence=lambda staff: sentence(staff, 3)
    )
    assert shown.payload["controls"][0]["values"] == [1, 2, 3]
    assert slider.text(2) == "2"


# --- Live ------------------------------------------------------------------------------------------------------


def parts(view: ipywidgets.VBox) -> tuple[Any, list[Any], Any, Any]:
    _fonts, heading, *controls, picture, words = view.children
    return heading, controls, picture, words


def test_live_it_begins_where_the_page_does(explorer: Explorer) -> None:
    heading, controls, picture, words = parts(explorer.live())
    assert [(control.description, control.value) for control in controls] == [("People", 2), ("Work for a case", 3)]
    assert "More hands, more cases" in heading.value
    assert "Invented" in heading.value
    assert svg(draw(model(2, 3)).to_dict()) in picture.value
    assert sentence(2, 3) in words.value
    assert 'role="status"' in words.value


@pytest.mark.parametrize(("staff", "work"), [(4, 3), (2, 0.5), (1, 12)])
def test_live_a_move_changes_picture_and_words(explorer: Explorer, staff: float, work: float) -> None:
    _, (people, minutes), picture, words = parts(explorer.live())
    before = picture.value, words.value
    people.value, minutes.value = staff, work
    assert (picture.value, words.value) != before
    assert svg(draw(model(staff, work)).to_dict()) in picture.value
    assert sentence(staff, work) in words.value


def test_live_two_views_do_not_move_each_other(explorer: Explorer) -> None:
    _, (people, _), _, _ = parts(explorer.live())
    _, (others, _), _, words = parts(explorer.live())
    people.value = 4
    assert others.value == 2
    assert sentence(2, 3) in words.value


def test_live_words_are_shown_as_they_are() -> None:
    shown = exercises.explore(
        lambda staff: model(staff, 3),
        sliders={"staff": SLIDERS["staff"]},
        chart=lambda rows: charts.titled(alt.Chart(rows).mark_bar().encode(x="done:Q"), "a < b & c", description="d"),
        sentence=lambda staff: f"{staff} < 5 & <b>so on</b>",
    )
    heading, _, _, words = parts(shown.live())
    assert "a &lt; b &amp; c" in heading.value
    assert "2 &lt; 5 &amp; &lt;b&gt;so on&lt;/b&gt;" in words.value


# --- Refusals --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "start", "says"),
    [
        ([1], 1, "`values` of the slider 'People' must rise and be at least two"),
        ([], 1, "`values` of the slider 'People' must rise and be at least two"),
        ([2, 1], 1, "`values` of the slider 'People' must rise"),
        ([1, 1, 2], 1, "`values` of the slider 'People' must rise"),
        ([0, 1_000_000], 0, "must differ in six digits written without an exponent, got .* Choose another unit"),
        ([0, 0.00001], 0, "must differ in six digits written without an exponent"),
        ([123456, 123456.2], 123456, "must differ in six digits"),
        ([1, 2], 1.5, "`start` of the slider 'People' must be one of its values, got 1.5"),
    ],
)
def test_a_slider_needs_rising_values_and_a_start(values: list[float], start: float, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        exercises.Slider("People", values, start)


def test_an_explorer_needs_a_slider() -> None:
    with pytest.raises(ValueError, match="`sliders` must name at least one control"):
        exercises.explore(model, sliders={}, chart=draw, sentence=sentence)


def test_a_grid_that_weighs_too_much_is_refused() -> None:
    def built(letters: int) -> Explorer:
        return exercises.explore(
            lambda staff: model(staff, 3),
            sliders={"staff": SLIDERS["staff"]},
            chart=draw,
            sentence=lambda staff: "x" * letters + f"{staff}",
        )

    spare = MAX_BYTES - len(json.dumps(built(0).payload, ensure_ascii=False).encode())
    each = spare // len(STAFF)
    assert built(each).payload
    with pytest.raises(ValueError, match=rf"must stay under {MAX_BYTES} bytes.*fewer positions"):
        built(each + 1).payload  # noqa: B018 - the access is the test


def test_a_grid_of_too_many_rows_is_refused() -> None:
    many = pd.DataFrame({"hour": ["first"] * 2000, "done": 1})
    shown = exercises.explore(
        lambda staff: many,  # noqa: ARG005 - called with it
        sliders={"staff": SLIDERS["staff"]},
        chart=draw,
        sentence=lambda staff: f"{staff}",
    )
    with pytest.raises(ChartError, match="6000 rows"):
        shown.payload  # noqa: B018 - the access is the test


def test_a_chart_without_words_is_refused() -> None:
    shown = exercises.explore(
        model, sliders=SLIDERS, chart=lambda rows: alt.Chart(rows).mark_bar().encode(x="done:Q"), sentence=sentence
    )
    with pytest.raises(ChartError, match="needs a title"):
        shown._repr_mimebundle_()


def test_a_chart_with_rows_of_its_own_is_refused() -> None:
    def beside(rows: pd.DataFrame) -> alt.LayerChart:
        bars = alt.Chart(rows).mark_bar().encode(x="done:Q")
        return charts.titled(
            alt.layer(bars, alt.Chart(pd.DataFrame({"limit": [1]})).mark_rule().encode(x="limit:Q")),
            "T",
            description="D",
        )

    shown = exercises.explore(model, sliders=SLIDERS, chart=beside, sentence=sentence)
    with pytest.raises(ChartError, match=r"no others.*`alt.datum`"):
        shown.payload  # noqa: B018 - the access is the test


def test_a_column_called_as_a_slider_is_refused() -> None:
    shown = exercises.explore(
        lambda staff, work: model(staff, work).assign(work=0), sliders=SLIDERS, chart=draw, sentence=sentence
    )
    with pytest.raises(ValueError, match="must not return a column called as a slider is, got work"):
        shown.payload  # noqa: B018 - the access is the test


def test_a_slider_may_show_words() -> None:
    slider = exercises.Slider("People", [1, 2], 1, texts=["alone", "in pairs"])
    assert [slider.text(value) for value in slider.values] == ["alone", "in pairs"]
    with pytest.raises(ValueError, match="`texts` of the slider 'People' must be as many as its values, 2, got 1"):
        exercises.Slider("People", [1, 2], 1, texts=["alone"])
