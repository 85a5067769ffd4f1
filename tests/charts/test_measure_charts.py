"""The funnel draws the limits of `kpi.funnel`, marks who lies beyond the outer ones, and leaves out who has no case."""

import pandas as pd
import polars as pl
import pytest

from opsbook import charts, kpi
from opsbook.charts.picture import document
from opsbook.errors import MissingColumnError

WORDS = {"message": "Two stand out", "description": "Four units, two of them beyond the limits.", "target": 0.8}
UNITS = {"n": [10, 50, 200, 800, 0], "value": [0.8, 0.9, 0.65, 0.86, None], "agent": list("ABCDE")}


def rows(spec, layer):
    return spec["datasets"][spec["layer"][layer]["data"]["name"]]


def test_the_lines_are_the_limits_of_the_library() -> None:
    lines = pd.DataFrame(rows(charts.funnel(pd.DataFrame(UNITS), **WORDS).to_dict(), 1))
    limits = kpi.funnel(lines["n"].unique(), 0.8)
    for side, expected in {
        "inner low": limits.low,
        "inner high": limits.high,
        "outer low": limits.lowest,
        "outer high": limits.highest,
    }.items():
        # Four decimals are drawn.
        assert lines.loc[lines["side"] == side, "value"].tolist() == pytest.approx(expected.tolist(), abs=5.1e-5)
    assert (lines["n"].min(), lines["n"].max()) == (10, 800)


def test_who_lies_beyond_the_outer_limits_has_another_shape_and_colour() -> None:
    spec = charts.funnel(pd.DataFrame(UNITS), **WORDS).to_dict()
    assert [row["place"] for row in rows(spec, 2)] == ["within", "within", "beyond", "beyond"]
    encoding = spec["layer"][2]["encoding"]
    assert encoding["shape"]["scale"]["range"] == ["circle", "triangle-up"]
    assert len(set(encoding["color"]["scale"]["range"])) == 2


def test_a_share_on_a_limit_is_within() -> None:
    on = kpi.funnel([37], 0.8)
    units = pd.DataFrame({"n": [37, 37], "value": [on.lowest[0], on.highest[0]]})
    assert [row["place"] for row in rows(charts.funnel(units, **WORDS).to_dict(), 2)] == ["within", "within"]


def test_wider_levels_take_a_point_in() -> None:
    # 141 of 200 lie 3.4 standard deviations below 80%: beyond 99.8% limits (3.1), within 99.99% limits (3.9).
    units = pd.DataFrame({"n": [200], "value": [141 / 200]})
    assert rows(charts.funnel(units, **WORDS).to_dict(), 2)[0]["place"] == "beyond"
    assert rows(charts.funnel(units, **WORDS, levels=(0.95, 0.9999)).to_dict(), 2)[0]["place"] == "within"


def test_labels_keep_away_from_the_lines() -> None:
    # A little below the upper limit a word above the point would be struck through, so would one below near the lower.
    edge = kpi.funnel([1000], 0.5)
    units = pd.DataFrame({"n": [1000] * 2, "value": [edge.high[0] - 0.002, edge.low[0] + 0.002], "who": ["up", "down"]})
    spec = charts.funnel(units, "A", target=0.5, description="B", label="who").to_dict()
    words = {layer["mark"]["dy"] > 0: i for i, layer in enumerate(spec["layer"]) if layer["mark"]["type"] == "text"}
    assert [row["who"] for row in rows(spec, words[True])] == ["up"]
    assert [row["who"] for row in rows(spec, words[False])] == ["down"]


def test_without_labels_nothing_is_written() -> None:
    spec = charts.funnel(pd.DataFrame(UNITS), **WORDS).to_dict()
    assert [layer["mark"]["type"] for layer in spec["layer"]] == ["rule", "line", "point"]
    assert rows(spec, 0) == [{"value": 0.8}]


def test_polars_and_the_frame_of_peers_are_drawn_alike() -> None:
    log = pd.DataFrame({"agent_id": ["a"] * 50 + ["b"] * 50 + [None], "csat": [5] * 45 + [2] * 5 + [5] * 30 + [2] * 21})
    found = kpi.peers(log, by="agent_id", measure=kpi.csat())
    twin = pl.DataFrame(found.to_dict("list"), strict=False)
    assert charts.funnel(found, **WORDS).to_dict() == charts.funnel(twin, **WORDS).to_dict()


def test_it_is_a_picture_of_the_book() -> None:
    drawing = document(charts.funnel(pd.DataFrame(UNITS), **WORDS, label="agent").to_dict(), ".svg").decode()
    assert "Two stand out" in drawing
    assert ">D<" in drawing
    assert ">E<" not in drawing


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(MissingColumnError, match="value"):
        charts.funnel(pd.DataFrame({"n": [10]}), **WORDS)
    with pytest.raises(ValueError, match=r"at least one unit with a case"):
        charts.funnel(pd.DataFrame({"n": [0], "value": [None]}), **WORDS)
