"""The picture of a chart: one SVG element that names itself, always the same, its ids its own, as wide as asked."""

import re
from typing import Any
from xml.etree import ElementTree as ET

import altair as alt
import pandas as pd
import pytest

from opsbook import charts
from opsbook.charts.picture import NARROW, WIDE, drawing_spec, svg

NAMESPACE = "{http://www.w3.org/2000/svg}"


def spec(description: str = "Three points that rise from 1 to 3.", top: int = 3) -> dict[str, Any]:
    frame = pd.DataFrame({"hour": [1, 2, 3], "calls": [1, 2, top], "kind": ["<a>", "b & c", 'the "d"']})
    lines = alt.Chart(frame).mark_line(clip=True).encode(x="hour:Q", y="calls:Q")
    labels = alt.Chart(frame).mark_text().encode(x="hour:Q", y="calls:Q", text="kind:N", color="kind:N")
    return charts.titled(lines + labels, "Calls rise", description=description, height=180).to_dict()


def ids(picture: str) -> list[str]:
    return [element.get("id") for element in ET.fromstring(picture).iter() if element.get("id")]


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_it_is_as_wide_as_asked(width: int) -> None:
    picture = ET.fromstring(svg(spec(), width=width))
    assert picture.tag == f"{NAMESPACE}svg"
    assert float(picture.get("width")) == width
    assert [float(number) for number in picture.get("viewBox").split()[2:]] == [
        float(picture.get("width")),
        float(picture.get("height")),
    ]


def test_it_is_wide_unless_asked() -> None:
    assert svg(spec()) == svg(spec(), width=WIDE)


@pytest.mark.parametrize("description", ["Points that rise.", 'Under "5" & <above> 3, it\'s all.'])
def test_it_is_an_image_named_by_its_description(description: str) -> None:
    picture = svg(spec(description))
    root = ET.fromstring(picture)
    assert (root.get("role"), root.get("aria-label")) == ("img", description)
    assert (picture.count(" role="), picture.count("aria-")) == (1, 1)


def test_it_is_the_same_every_time() -> None:
    first = svg(spec())
    svg(spec(top=9))
    assert svg(spec()) == first


def test_the_chart_is_left_alone() -> None:
    given = spec()
    svg(given)
    drawing_spec(given, NARROW)
    assert given == spec()


def test_ids_are_unique_to_chart_and_width() -> None:
    pictures = [svg(spec(top=top), width=width) for top in (3, 4) for width in (NARROW, WIDE)]
    names = [name for picture in pictures for name in ids(picture)]
    assert names
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_every_reference_has_its_target(width: int) -> None:
    picture = svg(spec(), width=width)
    pointed_at = re.findall(r"url\(#([^)]+)\)", picture) + re.findall(r'href="#([^"]+)"', picture)
    assert pointed_at
    assert set(pointed_at) <= set(ids(picture))


def test_it_shows_what_stands_in_the_data_and_leaves_the_title_to_the_caption() -> None:
    written = [element.text for element in ET.fromstring(svg(spec())).iter(f"{NAMESPACE}text")]
    assert {"<a>", "b & c", 'the "d"'} <= set(written)
    assert "Calls rise" not in written


def test_it_asks_no_other_host_and_brings_no_font() -> None:
    picture = svg(spec())
    assert re.findall(r"(?:href|src)=\"(?:https?:)?//", picture) == []
    assert "@import" not in picture
    assert "font-family" not in picture


def test_text_takes_the_colour_of_the_page() -> None:
    axis = [text for text in ET.fromstring(svg(spec())).iter(f"{NAMESPACE}text") if text.text == "hour"]
    assert [text.get("fill") for text in axis] == ["currentColor"]


def test_labels_are_measured_in_the_course_s_own_font() -> None:
    def start(label: str) -> float:
        frame = pd.DataFrame({"task": [label], "minutes": [1]})
        chart = alt.Chart(frame).mark_bar().encode(x="minutes:Q", y="task:N")
        picture = svg(charts.titled(chart, "One task", description="One bar.").to_dict())
        # The marks begin where the longest label ends.
        return float(re.search(r'<g fill="none"[^>]* transform="translate\(([\d.]+),', picture)[1])

    # Source Sans Pro at 13 px: W has an advance of 786, i of 246 thousandths of the size.
    assert start("W" * 10) - start("i" * 10) == pytest.approx(10 * (0.786 - 0.246) * 13, abs=1.5)
