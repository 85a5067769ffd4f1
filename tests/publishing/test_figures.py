"""Charts and explorers as HTML: words, two pictures, all the data, and nothing that breaks out of its place."""

import csv
import io
import json
from typing import Any

import altair as alt
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from opsbook import charts, exercises
from opsbook.charts.picture import NARROW, WIDE
from opsbook.publishing.figures import SHOWN_ROWS, Figure, chart_figure, explorer_figure

STATIC = "../_static"
NASTY = "</script><b>\"5\" & <i>'6'"


def spec(rows: int = 3, message: str = "Calls rise", **words: Any) -> dict[str, Any]:
    frame = pd.DataFrame(
        {"hour": range(rows), "calls": [number / 4 for number in range(rows)], "kind": [NASTY, *["plain"] * (rows - 1)]}
    )
    chart = alt.Chart(frame).mark_bar().encode(x="hour:Q", y="calls:Q", color="kind:N")
    given = {"description": "Bars that rise.", "subtitle": "Invented", **words}
    return charts.titled(chart, message, **given).to_dict()


def page(figure: Figure) -> BeautifulSoup:
    return BeautifulSoup(figure.html, "html.parser")


def rows_of(figure: Figure) -> list[list[str]]:
    return [[cell.get_text() for cell in row.find_all("td")] for row in page(figure).select("tbody tr")]


def csv_of(figure: Figure) -> list[dict[str, str]]:
    (text,) = figure.files.values()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_figure_tells_its_message_and_names_its_pictures() -> None:
    figure = page(chart_figure(spec(), static=STATIC))
    assert figure.select_one("figure.ops-chart > figcaption .ops-message").get_text() == "Calls rise"
    assert figure.select_one("figcaption .ops-subtitle").get_text() == "Invented"
    pictures = figure.select("svg")
    assert [picture["aria-label"] for picture in pictures] == ["Bars that rise."] * 2
    assert [float(picture["width"]) for picture in pictures] == [WIDE, NARROW]


def test_a_chart_legible_only_when_wide_is_drawn_once() -> None:
    figure = page(chart_figure(spec(narrow=False), static=STATIC))
    assert [float(picture["width"]) for picture in figure.select("svg")] == [WIDE]
    assert figure.select(".ops-scaled > svg")


def test_a_message_of_several_lines_reads_as_one() -> None:
    chart = spec()
    chart["title"]["text"] = ["Calls rise", "and fall"]
    assert page(chart_figure(chart, static=STATIC)).select_one(".ops-message").get_text() == "Calls rise and fall"


@pytest.mark.parametrize("rows", [1, SHOWN_ROWS, SHOWN_ROWS + 1, 3 * SHOWN_ROWS])
def test_the_table_shows_two_hundred_rows_and_the_file_has_all(rows: int) -> None:
    figure = chart_figure(spec(rows), static=STATIC)
    shown = rows_of(figure)
    assert len(shown) == min(rows, SHOWN_ROWS)
    assert [float(hour) for hour, _, _ in shown] == list(range(len(shown)))
    assert [(int(row["hour"]), float(row["calls"])) for row in csv_of(figure)] == [(n, n / 4) for n in range(rows)]


def test_a_table_that_is_cut_says_so() -> None:
    def words(rows: int) -> str:
        return page(chart_figure(spec(rows), static=STATIC)).select_one(".ops-data > p").get_text()

    assert words(SHOWN_ROWS) == f"All {SHOWN_ROWS} rows as CSV"
    assert words(450) == f"The first {SHOWN_ROWS} of 450 rows. All 450 rows as CSV"


def test_the_link_leads_to_the_file() -> None:
    figure = chart_figure(spec(), static=STATIC)
    (name,) = figure.files
    link = page(figure).select_one(".ops-data a")
    assert (link["href"], link.has_attr("download")) == (f"{STATIC}/{name}", True)
    assert name.endswith(".csv")


def test_files_are_named_by_what_they_hold() -> None:
    def name(rows: int) -> str:
        return next(iter(chart_figure(spec(rows), static=STATIC).files))

    assert name(3) == name(3) != name(4)


def test_the_table_has_headings_with_a_scope() -> None:
    headings = page(chart_figure(spec(), static=STATIC)).select("thead th")
    assert [(heading.get_text(), heading["scope"]) for heading in headings] == [
        ("hour", "col"),
        ("calls", "col"),
        ("kind", "col"),
    ]


def test_numbers_stand_to_the_right_and_gaps_are_empty() -> None:
    chart = spec()
    (rows,) = chart["datasets"].values()
    rows[1] |= {"calls": None, "kind": True}
    cells = page(chart_figure(chart, static=STATIC)).select("tbody tr")[1].find_all("td")
    assert [(cell.get_text(), cell.get("class")) for cell in cells] == [("1", ["number"]), ("", None), ("True", None)]
    assert csv_of(chart_figure(chart, static=STATIC))[1]["calls"] == ""


def test_letters_that_mean_something_in_html_mean_nothing_here() -> None:
    figure = chart_figure(spec(message=NASTY, description=f"x {NASTY}", subtitle=NASTY), static=STATIC)
    read = page(figure)
    assert read.select_one(".ops-message").get_text() == NASTY
    assert read.select_one(".ops-subtitle").get_text() == NASTY
    assert {picture["aria-label"] for picture in read.select("svg")} == {f"x {NASTY}"}
    assert rows_of(figure)[0][2] == csv_of(figure)[0]["kind"] == NASTY
    assert read.find_all(["script", "b", "i"]) == []


def test_the_rows_are_those_of_the_chart_s_own_marks() -> None:
    marks = alt.Chart(pd.DataFrame({"hour": [1, 2], "calls": [3, 4]})).mark_bar().encode(x="hour:Q", y="calls:Q")
    rule = alt.Chart(pd.DataFrame({"limit": [3.5]})).mark_rule().encode(y="limit:Q")
    both = charts.titled(marks + rule, "Calls rise", description="Bars and a line.").to_dict()
    assert rows_of(chart_figure(both, static=STATIC)) == [["1", "3"], ["2", "4"]]


# --- Explorers -------------------------------------------------------------------------------------------------


@pytest.fixture
def payload() -> dict[str, Any]:
    return exercises.explore(
        lambda staff, work: pd.DataFrame({"hour": ["first"], "done": [staff / work]}),
        sliders={
            "staff": exercises.Slider(f"People {NASTY}", [1, 2, 3], 2, "'em"),
            "work": exercises.Slider("Work", [0.5, 1], 1, "h"),
        },
        chart=lambda rows: charts.titled(
            alt.Chart(rows).mark_bar().encode(x=alt.X("done:Q", scale=alt.Scale(domain=[0, 6])), y="hour:N"),
            "More hands",
            description="One bar.",
        ),
        sentence=lambda staff, work: f"{staff:g} by {work:g} {NASTY}",
    ).payload


@pytest.fixture
def explorer(payload: dict[str, Any]) -> Figure:
    return explorer_figure(payload, static=STATIC, name="explorer-3-0")


def test_controls_have_labels_and_begin_at_their_start(explorer: Figure) -> None:
    read = page(explorer)
    sliders = read.select("form input[type=range]")
    assert [(slider["min"], slider["max"], slider["value"]) for slider in sliders] == [("0", "2", "1"), ("0", "1", "1")]
    assert [slider["aria-valuetext"] for slider in sliders] == ["2 'em", "1 h"]
    assert [slider["data-control"] for slider in sliders] == ["staff", "work"]
    for slider, label in zip(sliders, [f"People {NASTY}", "Work"], strict=True):
        assert read.select_one(f"label[for={slider['id']}]").get_text() == label
        assert slider["id"].startswith("explorer-3-0-")


def test_without_a_script_it_is_a_still_picture_with_its_sentence(explorer: Figure) -> None:
    read = page(explorer)
    assert read.select_one("form").has_attr("hidden")
    assert f"People {NASTY}: 2 'em · Work: 1 h" in read.select_one("noscript").get_text()
    assert read.select_one(".ops-sentence").get_text() == f"2 by 1 {NASTY}"
    assert read.select_one(".ops-sentence")["role"] == "status"
    assert len(read.select(".ops-stage svg")) == 2


def test_the_table_holds_the_whole_grid(explorer: Figure) -> None:
    assert len(rows_of(explorer)) == len(csv_of(explorer)) == 6
    found = {(float(row["staff"]), float(row["work"])): float(row["done"]) for row in csv_of(explorer)}
    assert found == {(staff, work): staff / work for staff in (1, 2, 3) for work in (0.5, 1)}


def test_the_script_s_data_cannot_close_their_element(explorer: Figure, payload: dict[str, Any]) -> None:
    assert explorer.html.lower().count("</script") == explorer.html.lower().count("<script") == 1
    (script,) = page(explorer).find_all("script")
    assert script["type"] == "application/json"
    assert "<" not in script.string
    held = json.loads(script.string)
    assert held["sentences"] == payload["sentences"]
    assert held["controls"] == payload["controls"]
    assert {signal["name"] for signal in held["spec"]["signals"]} >= {"at_staff", "at_work"}


def test_names_in_a_page_come_from_the_name_given(payload: dict[str, Any]) -> None:
    def ids(name: str) -> set[str]:
        read = page(explorer_figure(payload, static=STATIC, name=name))
        return {element["id"] for element in read.select("figure[id], input[id]")}

    assert len(ids("one")) == 3
    assert ids("one").isdisjoint(ids("two"))
