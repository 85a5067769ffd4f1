"""Figures with their intervals: what is drawn is what was given, and nothing flattens, hides or mixes it up."""

import math
import re
from typing import Any

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from opsbook.charts.intervals import of_groups, over_time, panels
from opsbook.charts.picture import NARROW, WIDE, svg
from opsbook.charts.theme import PALETTE
from opsbook.errors import MissingColumnError

ORANGE = PALETTE["orange"]


def days(*figures: tuple[int, float, float], **more: Any) -> pd.DataFrame:
    """Return a table of days of March with a value and half an interval."""
    frame = pd.DataFrame(figures, columns=["start", "value", "half"])
    frame["start"] = pd.Timestamp("2024-02-29") + pd.to_timedelta(frame["start"], unit="D")
    return frame.assign(low=frame["value"] - frame["half"], high=frame["value"] + frame["half"], **more)


def words(picture: str) -> list[str]:
    return [text.get_text() for text in BeautifulSoup(picture, "html.parser").find_all("text")]


def marks(picture: str, kind: str) -> list[Any]:
    return [
        mark
        for group in BeautifulSoup(picture, "html.parser").select(f".{kind}.role-mark")
        for mark in group.select("path, line")
    ]


FOUR = days((8, 0.4, 0.1), (4, 0.2, 0.1), (5, 0.9, math.nan), (6, 0.6, 0.2))


def test_through_time_figures_are_sorted_and_in_the_unit_of_the_axis() -> None:
    spec = over_time(FOUR, "Four days.", unit="proportion")
    rows = spec["datasets"]["figures"]
    assert [row["start"] for row in rows] == [f"2024-03-0{day}T00:00:00Z" for day in (4, 5, 6, 8)]
    assert [row["value"] for row in rows] == [20, 90, 60, 40]
    assert [row["low"] for row in rows] == [10, None, 40, 30]
    picture = svg(spec, width=NARROW)
    assert BeautifulSoup(picture, "html.parser").svg["aria-label"] == "Four days."
    assert {"per cent", "20", "40", "60", "80"} <= set(words(picture))


def test_the_band_breaks_where_there_is_no_interval_and_one_alone_is_a_bar() -> None:
    picture = svg(over_time(FOUR, "Four days.", unit="proportion"), width=NARROW)
    (band,) = marks(picture, "mark-area")
    # 4 March stands alone and has no area; 6 and 8 March have one.
    assert len(re.findall("M", band["d"])) == 2
    assert len(marks(picture, "mark-rule")) == 1
    rows = over_time(FOUR, "Four days.", unit="proportion")["datasets"]["figures"]
    assert [row["alone"] for row in rows] == [True, False, False, False]


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_a_target_is_a_line_across(width: int) -> None:
    for picture in (
        svg(over_time(FOUR.dropna(), "A", unit="proportion", target=0.5), width=width),
        svg(of_groups(FOUR.assign(group=list("abcd")), "A", unit="proportion", target=0.95), width=width),
    ):
        assert len([line for line in marks(picture, "mark-rule") if line["stroke"] == ORANGE]) == 1
    both = pd.concat([FOUR.assign(group=name) for name in "ab"])
    picture = svg(panels(both, "A", unit="proportion", target=0.5))
    assert len([line for line in marks(picture, "mark-rule") if line["stroke"] == ORANGE]) == 2


@pytest.mark.parametrize("value", [0, 1, -30, 1e-9, 5e8])
def test_one_figure_alone_is_drawn_within_its_picture(value: float) -> None:
    one = days((4, value, math.nan))
    for spec in (
        over_time(one, "One", unit="points from −100 to 100"),
        of_groups(one.assign(group="a"), "One", unit="seconds"),
        panels(pd.concat([one.assign(group=name) for name in "ab"]), "One", unit="seconds", alike=False),
    ):
        picture = svg(spec, width=NARROW)
        assert "NaN" not in picture
        assert len(words(picture)) > 2


def test_groups_keep_their_order_and_long_names_are_cut_in_the_middle_and_stay_apart() -> None:
    names = ["short", "Kundendienst Team 1, Berlin", "Kundendienst Team 11, Berlin", "a <b> & c"]
    table = days(*((day + 1, 30 - day, 2) for day in range(4)), group=names)
    picture = svg(of_groups(table, "Four", unit="seconds"), width=NARROW)
    shown = ["short", *["Kundendienst …, Berlin"] * 2, "a <b> & c"]
    assert [word for word in words(picture) if word in shown or "Kunden" in word] == shown
    assert len(marks(picture, "mark-symbol")) == len(marks(picture, "mark-rule")) == 4


def test_groups_without_an_interval_are_dots_alone() -> None:
    table = days((1, 3, 1), (2, 4, math.nan), group=["a", "b"])
    picture = svg(of_groups(table, "Two", unit="seconds"), width=NARROW)
    assert len(marks(picture, "mark-symbol")) == 2
    assert len(marks(picture, "mark-rule")) == 1


def test_panels_stand_in_the_order_of_the_table_and_fit_a_phone() -> None:
    table = pd.concat([days((1, 3, 1), (2, 4, 1), group="zebra"), days((1, 4, 1), (2, 5, 1), group="ant")])
    for alike in (True, False):
        picture = svg(panels(table, "Two", unit="seconds", alike=alike), width=NARROW)
        assert [word for word in words(picture) if word in {"zebra", "ant"}] == ["zebra", "ant"]
        assert 300 < float(BeautifulSoup(picture, "html.parser").svg["width"]) <= 350


def test_pictures_take_the_pages_ink() -> None:
    picture = svg(over_time(FOUR, "Four days.", unit="proportion"))
    assert {text["fill"] for text in BeautifulSoup(picture, "html.parser").find_all("text")} == {"currentColor"}


def test_a_table_without_its_columns_is_refused() -> None:
    with pytest.raises(MissingColumnError, match="start"):
        over_time(FOUR.drop(columns="start"), "A", unit="seconds")
    with pytest.raises(MissingColumnError, match="group"):
        panels(FOUR, "A", unit="seconds")
