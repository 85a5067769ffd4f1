"""The picture of a staffing plan draws each interval as a step, and nobody where nobody works."""

import pandas as pd
import pytest

from opsbook import charts
from opsbook.charts.picture import document
from opsbook.errors import ChartError, MissingColumnError

WORDS = {"description": "What is drawn, and what that means.", "subtitle": "Invented"}
PLAN = pd.DataFrame(
    {
        "start": ["2026-03-02T08:00", "2026-03-02T08:30", "2026-03-02T10:00"],
        "load": [3.5, 4.25, 1],
        "agents": [5, 6, 2],
        "rostered": [8, 9, 3],
    }
)


def steps(table: pd.DataFrame) -> dict[str, list[tuple[str, float]]]:
    spec = charts.staffing_plan(table, "Nine people at the busiest time", **WORDS).to_dict()
    (rows,) = spec["datasets"].values()
    found: dict[str, list[tuple[str, float]]] = {}
    for row in rows:
        found.setdefault(row["series"], []).append((row["start"][11:16], row["number"]))
    return found


def test_each_interval_is_a_step_and_a_gap_is_nobody() -> None:
    found = steps(PLAN)
    assert found["load in erlangs"] == [("08:00", 3.5), ("08:30", 4.25), ("09:00", 0), ("10:00", 1)]
    assert [number for _, number in found["people rostered"]] == [8, 9, 0, 3]
    assert [number for _, number in found["agents on duty"]] == [5, 6, 0, 2]


def test_the_last_interval_ends_without_a_fall() -> None:
    spec = charts.staffing_plan(PLAN, "Nine people at the busiest time", **WORDS).to_dict()
    lines, end = spec["layer"]
    assert (lines["mark"]["type"], end["mark"]["type"]) == ("line", "rule")
    ten = pd.Timestamp("2026-03-02T10:00Z").timestamp() * 1000
    assert end["transform"] == [
        {"filter": f"time(datum.start) == {ten:.0f}"},
        {"calculate": f"{ten + 30 * 60_000:.0f}", "as": "end"},
    ]


def test_a_zone_s_own_clock_is_drawn() -> None:
    zoned = PLAN.assign(start=pd.to_datetime(PLAN["start"]).dt.tz_localize("Europe/Zurich"))
    assert steps(zoned) == steps(PLAN)


def test_without_shrinkage_one_line_is_enough() -> None:
    assert list(steps(PLAN.assign(rostered=PLAN["agents"]))) == ["agents on duty", "load in erlangs"]


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(MissingColumnError, match="'load'"):
        charts.staffing_plan(PLAN.drop(columns="load"), "Nine people", **WORDS)
    for table in (PLAN[:1], PLAN[::-1], PLAN.iloc[[0, 0]]):
        with pytest.raises(ChartError, match="two intervals or more in order of time"):
            charts.staffing_plan(table, "Nine people", **WORDS)


def test_a_file_of_its_own_has_title_ink_and_fonts() -> None:
    spec = charts.staffing_plan(PLAN, "Nine people at the busiest time", **WORDS).to_dict()
    drawn = document(spec, ".svg").decode()
    assert drawn == document(spec, ".svg").decode()
    assert "Nine people at the busiest time" in drawn
    assert f'aria-label="{WORDS["description"]}"' in drawn
    assert "currentColor" not in drawn
    assert drawn.count("@font-face") == 2
    assert document(spec, ".png").startswith(b"\x89PNG")
