"""The picture of a control chart: limits as steps, signals by shape as well as by colour, every line named."""

import numpy as np
import pytest

from opsbook import charts, quality
from opsbook.charts.picture import svg
from opsbook.errors import ChartError

WORDS = {"description": "What is drawn, and what that means."}
COUNTS = quality.control_chart([3, 2, 4, 19], "p", sizes=[50, 60, 80, 70], phase_one=3)
TABLE = np.random.default_rng(4).normal(10, 1, size=(30, 4))


def rows(spec):
    (found,) = spec["datasets"].values()
    return found


def test_every_sample_its_limits_and_its_signal() -> None:
    spec = charts.control_chart(COUNTS, "The fourth stands out", **WORDS).to_dict()
    found = rows(spec)
    assert [row["signal"] for row in found] == ["no signal"] * 3 + ["signal"]
    (panel,) = COUNTS.panels
    assert [row["upper"] for row in found] == pytest.approx(panel.upper.tolist(), abs=1e-4)
    assert [row["value"] for row in found] == pytest.approx(panel.values.tolist(), abs=1e-4)
    points = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "point")["encoding"]
    assert points["shape"]["scale"]["range"] == ["circle", "diamond"]
    assert points["shape"]["scale"]["domain"] == points["color"]["scale"]["domain"] == ["no signal", "signal"]


def texts(spec):
    labels = [layer for layer in spec["layer"] if layer["mark"]["type"] == "text"]
    return [label["encoding"]["text"]["value"].split("\n") for label in labels]


def test_lines_are_named_with_their_values() -> None:
    named = texts(charts.control_chart(COUNTS, "M", **WORDS).to_dict())
    assert ["centre", f"{9 / 190:.1%}"] in named
    assert {name for name, *_ in named} == {"upper", "centre", "these set the limits"}  # nothing can fall below 0
    measured = quality.control_chart(TABLE)
    assert {name for name, *_ in texts(charts.control_chart(measured, "M", **WORDS).to_dict())} == {
        "upper",
        "centre",
        "lower",
    }


def test_the_spread_is_a_picture_of_its_own() -> None:
    spec = charts.control_chart(quality.control_chart(TABLE), "M", **WORDS, panel=1, value="range in min").to_dict()
    assert [row["value"] for row in rows(spec)] == pytest.approx(np.ptp(TABLE, axis=1).tolist(), abs=1e-4)
    with pytest.raises(ChartError, match="one of the chart's 1, counted from 0, got 1"):
        charts.control_chart(COUNTS, "M", **WORDS, panel=1)


def test_there_is_no_first_moving_range() -> None:
    spec = charts.control_chart(quality.control_chart(TABLE[:, 0], "i-mr"), "M", **WORDS, panel=1).to_dict()
    assert [row["sample"] for row in rows(spec)] == list(range(2, 31))


@pytest.mark.parametrize("width", [340, 680])
def test_labels_stay_inside_the_picture(width: int) -> None:
    chart = quality.control_chart(TABLE, phase_one=20)
    drawn = svg(charts.control_chart(chart, "M", **WORDS).to_dict(), width=width)
    assert drawn.count("these set the limits") == 1
    assert f'viewBox="0 0 {width} ' in drawn


@pytest.mark.parametrize(
    ("first", "lines", "align"),
    [
        (20, ["these set the limits"], "right"),
        (10, ["these set", "the limits"], "right"),
        (5, ["← these set", "the limits"], "left"),
    ],
)
def test_few_samples_that_set_the_limits_still_leave_room_to_say_so(first: int, lines: list[str], align: str) -> None:
    spec = charts.control_chart(quality.control_chart(TABLE, phase_one=first), "M", **WORDS).to_dict()
    assert lines in texts(spec)
    (mark,) = (layer["mark"] for layer in spec["layer"] if layer["encoding"].get("text") == {"value": "\n".join(lines)})
    assert mark["align"] == align
    assert (mark.get("lineBreak") == "\n") == (len(lines) > 1)


def test_the_message_is_the_title() -> None:
    chart = charts.control_chart(COUNTS, "The fourth stands out", **WORDS, subtitle="Invented", sample="week")
    assert (chart.title.text, chart.title.subtitle) == ("The fourth stands out", ["Invented"])
