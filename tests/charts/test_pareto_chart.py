"""The Pareto chart keeps the order, shares one axis between bars and line, and tells "other" apart."""

import polars as pl
import pytest

from opsbook import charts, quality
from opsbook.charts.picture import document
from opsbook.errors import ChartError, MissingColumnError

WORDS = {"description": "What is drawn, and what that means.", "subtitle": "Invented"}
RANKING = quality.pareto({"balance": 50, "card": 20, "fee": 20, "loan": 7, "address": 3, "rest": 0.2}, top=3)


def drawn(**options):
    return charts.pareto(RANKING, "Half of the calls are about the balance", **WORDS, **options).to_dict()


def test_bars_stand_in_the_order_of_the_ranking() -> None:
    spec = drawn()
    (rows,) = spec["datasets"].values()
    assert [row["category"] for row in rows] == ["balance", "card", "fee", "other"]
    assert spec["layer"][0]["encoding"]["y"]["sort"] == ["balance", "card", "fee", "other"]
    assert [row["label"] for row in rows] == ["50%", "20%", "20%", "10%"]


def test_bars_and_line_share_an_axis_that_ends_at_one() -> None:
    spec = drawn()
    assert spec["layer"][0]["encoding"]["x"]["scale"]["domain"] == [0, 1]
    assert "resolve" not in spec
    assert spec["layer"][1]["encoding"]["x"]["field"] == "cumulative"


def test_without_the_line_the_bars_take_the_room() -> None:
    spec = drawn(line=False)
    assert spec["layer"][0]["encoding"]["x"]["scale"]["domain"][1] < 1
    assert not [layer for layer in spec["layer"] if layer["mark"]["type"] in {"line", "point"}]


def test_a_row_of_several_categories_is_grey_and_a_tiny_share_is_not_nothing() -> None:
    colour = drawn()["layer"][0]["encoding"]["color"]
    assert colour["condition"]["test"] == "(datum.categories > 1)"
    assert colour["condition"]["value"] == charts.PALETTE["grey"]
    tiny = charts.pareto(quality.pareto({"a": 999, "b": 1}), "Nearly all are of one kind", **WORDS).to_dict()
    (rows,) = tiny["datasets"].values()
    assert [row["label"] for row in rows] == ["100%", "<1%"]


def test_polars_is_drawn_alike() -> None:
    ranking = pl.DataFrame(RANKING.to_dict("list"))
    assert charts.pareto(ranking, "Half of the calls are about the balance", **WORDS).to_dict() == drawn()


def test_it_can_be_drawn() -> None:
    assert document(drawn(), ".png").startswith(b"\x89PNG")


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(MissingColumnError, match="'cumulative'"):
        charts.pareto(RANKING.drop(columns="cumulative"), "Half", **WORDS)
    with pytest.raises(ChartError, match="one category or more"):
        charts.pareto(RANKING[:0], "Half", **WORDS)
    with pytest.raises(ValueError, match=r"Give shares, not percentages"):
        charts.pareto(RANKING.assign(share=50.0), "Half", **WORDS)
