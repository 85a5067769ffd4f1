"""The workbook, recalculated by somebody else's spreadsheet engine, says what the library says."""

import math
import re
from pathlib import Path
from typing import Any

import pytest

from opsbook import queues, staffing
from opsbook.publishing import workbook

from .spreadsheet import MAIN, Spreadsheet, Sums

STAFFING, SEARCH, LITTLE = workbook.STAFFING, workbook.SEARCH, workbook.LITTLE
FIRST, LAST = 5, 52  # rows of the intervals, as a reader counts them
COLUMN = {
    "start": "E", "contacts": "F", "own_aht": "G", "own": "H", "load": "I", "needed": "J", "used": "K", "roster": "L",
    "wait": "M", "level": "N", "mean": "O", "busy": "P", "said": "Q",
}  # fmt: skip
# The day's figures and the message below them.
DAY = {"contacts": "B12", "level": "B13", "mean": "B14", "most": "B15", "floor": "B16", "paid": "B17", "said": "A20"}
# Functions that Excel 2010 and later, LibreOffice and the phone's previews know.
KNOWN = {
    "ABS", "AND", "COUNT", "COUNTA", "EXP", "IF", "INT", "ISNUMBER", "LEN", "MAX", "MIN", "MOD", "NOT", "OR",
    "POISSON.DIST", "ROUND", "ROUNDUP", "SUM", "SUMPRODUCT",
}  # fmt: skip
CLOSE = 1e-11  # of another engine's Poisson probabilities, far below what any cell shows
NONE = "–"


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Spreadsheet:
    path = tmp_path_factory.mktemp("workbook") / workbook.FILE
    workbook.write(path)
    return Spreadsheet(path)


def row_of(sums: Sums, row: int, *names: str) -> list[Any]:
    return [sums[STAFFING, f"{COLUMN[name]}{row}"] for name in names]


def put(sums: Sums, row: int, **inputs: Any) -> None:
    for name, value in inputs.items():
        sums.set(STAFFING, f"{COLUMN[name]}{row}", value)


# --- As it is delivered ----------------------------------------------------------------------------------------


def test_every_stored_value_is_what_its_formula_gives(sheet: Spreadsheet) -> None:
    sums = sheet.after()
    assert len(sheet.formulas) > 3500
    for where in sheet.formulas:
        stored, computed = sheet.stored[where], sums[where]
        assert stored == (
            computed if isinstance(stored, str) else pytest.approx(float(computed), rel=CLOSE, abs=1e-15)
        ), where


def test_every_build_writes_the_same_bytes(sheet: Spreadsheet, tmp_path: Path) -> None:
    again = tmp_path / "again.xlsx"
    workbook.write(again)
    assert Spreadsheet(again).parts == sheet.parts
    twice = tmp_path / "twice.xlsx"
    workbook.write(twice)
    assert twice.read_bytes() == again.read_bytes()


def test_it_uses_only_functions_that_every_spreadsheet_knows(sheet: Spreadsheet) -> None:
    used = {
        name.removeprefix("_xlfn.")
        for formula in sheet.formulas.values()
        for name in re.findall(r"([A-Za-z_][\w.]*)\(", re.sub(r'"[^"]*"', "", formula))
    }
    assert used <= KNOWN
    assert {"POISSON.DIST", "SUMPRODUCT"} <= used


def test_its_sheets_open_print_and_warn_as_they_should(sheet: Spreadsheet) -> None:
    assert sheet.sheets == ["Read me", LITTLE, STAFFING, SEARCH]
    for number, name in enumerate(sheet.sheets, 1):
        page = sheet.xml(f"xl/worksheets/sheet{number}.xml")
        assert page.find(f".//{MAIN}pageSetUpPr").attrib["fitToPage"] == "1", name
        assert page.find(f"{MAIN}sheetProtection") is None, name
        assert (page.find(f".//{MAIN}pane") is None) == (name == "Read me"), name
        rules = list(page.iter(f"{MAIN}dataValidation"))
        assert bool(rules) == (name in {LITTLE, STAFFING}), name
        for rule in rules:
            assert rule.attrib["promptTitle"]
            assert len(rule.attrib["prompt"]) > 20
            assert rule.attrib["prompt"] in rule.attrib["error"]
    chart = sheet.parts["xl/drawings/drawing1.xml"].decode()
    assert 'descr="Columns: agents used' in chart
    assert not [name for name in sheet.parts if "vba" in name.casefold()]


def test_inputs_are_marked_by_more_than_colour(sheet: Spreadsheet) -> None:
    styles = sheet.xml("xl/styles.xml")
    borders = list(styles.find(f"{MAIN}borders"))
    looks = list(styles.find(f"{MAIN}cellXfs"))
    page = sheet.xml("xl/worksheets/sheet3.xml")
    cells = {cell.attrib["r"]: cell for cell in page.iter(f"{MAIN}c")}
    inputs = [*(f"B{row}" for row in range(5, 10)), *(f"{COLUMN[name]}7" for name in ("contacts", "own_aht", "own"))]
    for name, cell in cells.items():
        border = borders[int(looks[int(cell.attrib.get("s", 0))].attrib["borderId"])]
        left = border.find(f"{MAIN}left")
        thick = left is not None and left.attrib.get("style") == "medium"
        if name in inputs:
            assert thick, name
        elif (STAFFING, name) in sheet.formulas:
            assert not thick, name
    for name in ("contacts", "own_aht", "own"):
        assert "input" in sheet.stored[STAFFING, f"{COLUMN[name]}4"]


# --- Erlang C --------------------------------------------------------------------------------------------------

# Contacts by the interval; the loads they make go from nearly nothing to 500 erlangs.
CONTACTS = (0.05, 1, 7, 20, 100, 333, 1000, 1874, 3750)
CASES = [
    {},
    {"target": 0.9, "threshold": 10, "aht": 180},
    {"target": 0.5, "threshold": 0, "shrinkage": 0},
    {"target": 0.95, "threshold": 300, "aht": 600, "interval_min": 60},
    {"target": 0.99, "threshold": 0, "aht": 240, "shrinkage": 0.35},
    {"target": 0.8, "threshold": 20, "aht": 113.7, "interval_min": 15, "shrinkage": 0.123},
    {"target": 0.02, "threshold": 2000, "aht": 60},
]


@pytest.mark.parametrize("changes", CASES, ids=str)
def test_each_interval_agrees_with_the_library(sheet: Spreadsheet, changes: dict[str, float]) -> None:
    given: dict[str, float] = {name: value for name, (_, value, _) in workbook.SETTINGS.items()} | changes
    sums = sheet.after(**changes)
    compared = 0
    for row, contacts in enumerate(CONTACTS, FIRST):
        put(sums, row, contacts=contacts)
        load = contacts * given["aht"] / (given["interval_min"] * 60)
        if load > 500:
            continue
        compared += 1
        call = {"arrival_rate": load / given["aht"], "mean_service_time": given["aht"]}
        wanted = {"service_level": given["target"], "threshold": given["threshold"]}
        agents = staffing.required_agents(**call, **wanted)
        met = queues.erlang_c(agents, **call)
        names = ("load", "needed", "used", "roster", "wait", "level", "mean", "busy")
        roster = staffing.required_agents(**call, **wanted, shrinkage=given["shrinkage"])
        level = met.service_level(given["threshold"])
        values = [load, agents, agents, roster, met.prob_wait, level, met.mean_wait, met.occupancy]
        assert row_of(sums, row, *names) == pytest.approx(values, rel=CLOSE, abs=1e-14), (row, contacts)
        assert row_of(sums, row, "said") == [""]
    assert compared >= 5


@pytest.mark.parametrize("agents", [14, 15, 17, 20, 60, 400])
def test_a_number_of_ones_own_shows_what_it_does(sheet: Spreadsheet, agents: int) -> None:
    sums = sheet.after()
    put(sums, 9, contacts=100, own=agents)  # 13.33 erlangs
    needed = staffing.required_agents(arrival_rate=100 / 1800, mean_service_time=240, service_level=0.8, threshold=20)
    met = queues.erlang_c(agents, arrival_rate=100 / 1800, mean_service_time=240)
    values = [needed, agents, met.prob_wait, met.service_level(20), met.mean_wait, met.occupancy]
    names = ("needed", "used", "wait", "level", "mean", "busy")
    assert row_of(sums, 9, *names) == pytest.approx(values, rel=1e-9, abs=1e-14)
    assert row_of(sums, 9, "said") == [f"Misses the target: {needed} agents needed." if agents < needed else ""]
    assert sums[STAFFING, DAY["said"]].startswith("1 of 48" if agents < needed else "Every interval")


def test_an_interval_may_have_a_handling_time_of_its_own(sheet: Spreadsheet) -> None:
    sums = sheet.after()
    put(sums, 9, contacts=100, own_aht=400)
    call = {"arrival_rate": 100 / 1800, "mean_service_time": 400}
    agents = staffing.required_agents(**call, service_level=0.8, threshold=20)
    met = queues.erlang_c(agents, **call)
    values = [100 * 400 / 1800, agents, met.service_level(20), met.mean_wait]
    assert row_of(sums, 9, "load", "needed", "level", "mean") == pytest.approx(values, rel=CLOSE)


@pytest.mark.parametrize("agents", [0, 5, 13])
def test_too_few_agents_are_called_unstable(sheet: Spreadsheet, agents: int) -> None:
    sums = sheet.after()
    put(sums, 20, contacts=100, own=agents)
    assert row_of(sums, 20, "wait", "level", "mean", "busy") == [1, 0, "no limit", 1]
    assert row_of(sums, 20, "said") == ["Unstable: the queue grows without end. At least 14 agents."]
    assert sums[STAFFING, DAY["mean"]] == NONE
    assert sums[STAFFING, DAY["said"]].startswith("1 of 48 intervals need attention")


def test_as_many_agents_as_erlangs_are_too_few(sheet: Spreadsheet) -> None:
    sums = sheet.after(aht=180)
    put(sums, 9, contacts=100, own=10)  # 10 erlangs to the last digit
    assert row_of(sums, 9, "said") == ["Unstable: the queue grows without end. At least 11 agents."]


@pytest.mark.parametrize("threshold", [0, 20])
def test_the_range_that_it_promises_is_kept(sheet: Spreadsheet, threshold: float) -> None:
    sums = sheet.after(target=0.99, threshold=threshold)
    read_me = " ".join(value for (name, _), value in sheet.stored.items() if name == "Read me")
    assert "loads up to 500 erlangs per interval with service levels up to 99 %" in read_me
    put(sums, 9, contacts=500 * 1800 / 240)
    agents = staffing.required_agents(
        arrival_rate=500 / 240, mean_service_time=240, service_level=0.99, threshold=threshold
    )
    assert row_of(sums, 9, "needed", "said") == [agents, ""]


def test_beyond_its_range_it_says_so_and_gives_no_number(sheet: Spreadsheet) -> None:
    sums = sheet.after(target=0.999, threshold=0)
    put(sums, 9, contacts=10_000 * 1800 / 240)
    assert row_of(sums, 9, "needed", "used", "roster", "level") == [NONE] * 4
    assert row_of(sums, 9, "said") == ["Out of range: more than 10064 agents."]
    assert sums[STAFFING, DAY["level"]] == NONE
    put(after := sheet.after(target=0.999, threshold=0), 9, contacts=10_000 * 1800 / 240, own=10_400)
    met = queues.erlang_c(10_400, arrival_rate=10_000 / 240, mean_service_time=240)
    assert row_of(after, 9, "level") == pytest.approx([met.service_level(0)], rel=1e-9)
    assert row_of(after, 9, "said") == ["The number needed is out of range: more than 10064 agents."]


@pytest.mark.parametrize(
    "inputs",
    [{"contacts": "many"}, {"contacts": -1}, {"own": "two"}, {"own": -2}, {"own_aht": "x"}, {"own_aht": -5}],
    ids=str,
)
def test_an_input_that_makes_no_sense_is_said_and_not_computed(sheet: Spreadsheet, inputs: dict[str, Any]) -> None:
    sums = sheet.after()
    put(sums, 25, **inputs)
    assert row_of(sums, 25, "load", "needed", "level", "mean", "roster")[:4] == [NONE] * 4
    assert row_of(sums, 25, "said")[0].startswith("Not computed: inputs must be numbers")


@pytest.mark.parametrize(
    "changes",
    [
        {"aht": 0},
        {"aht": None},
        {"target": 1},
        {"target": "high"},
        {"shrinkage": 1},
        {"interval_min": 0},
        {"threshold": -1},
    ],
    ids=str,
)
def test_settings_that_make_no_sense_are_said(sheet: Spreadsheet, changes: dict[str, Any]) -> None:
    sums = sheet.after(**changes)
    assert sums[STAFFING, DAY["said"]].startswith("Settings: enter five numbers")
    assert row_of(sums, 25, "load", "needed", "level") == [NONE] * 3


def test_an_empty_interval_needs_nobody(sheet: Spreadsheet) -> None:
    sums = sheet.after()
    put(sums, 25, contacts=None)
    assert row_of(sums, 25, "load", "needed", "used", "roster", "level", "mean", "said") == [0, 0, 0, 0, NONE, NONE, ""]


def test_the_day_is_weighted_by_contacts(sheet: Spreadsheet) -> None:
    sums = sheet.after(interval_min=60)
    rows = range(FIRST, LAST + 1)
    for row in rows:
        put(sums, row, contacts={20: 300, 30: 20}.get(row, 0))
    call = {"arrival_rate": [300 / 3600, 20 / 3600], "mean_service_time": 240}
    agents = staffing.required_agents(**call, service_level=0.8, threshold=20)
    met = queues.erlang_c(agents, **call)
    weights = [300 / 320, 20 / 320]
    roster = [math.ceil(each / 0.7) for each in agents]
    expected = {
        "contacts": 320,
        "level": met.service_level(20) @ weights,
        "mean": met.mean_wait @ weights,
        "most": max(agents),
        "floor": sum(agents),
        "paid": sum(roster),
    }
    assert {name: float(sums[STAFFING, DAY[name]]) for name in expected} == pytest.approx(expected, rel=CLOSE)
    assert sums[STAFFING, f"E{FIRST + 25}"] == pytest.approx(1 / 24)  # one o'clock on the next day


# --- Little's law ----------------------------------------------------------------------------------------------


def law(sheet: Spreadsheet, column: str, *values: Any) -> Sums:
    sums = sheet.after()
    for row, value in enumerate(values, 7):
        sums.set(LITTLE, f"{column}{row}", value)
    return sums


@pytest.mark.parametrize("column", "BCD")
@pytest.mark.parametrize("missing", range(3))
@pytest.mark.parametrize("throughput", [0.003, 7.5, 1200])
def test_two_of_three_give_the_third(sheet: Spreadsheet, column: str, missing: int, throughput: float) -> None:
    names, values = ("number_in_system", "throughput", "flow_time"), [throughput * 0.4, throughput, 0.4]
    given: list[Any] = [None if place == missing else value for place, value in enumerate(values)]
    sums = law(sheet, column, *given)
    third = queues.littles_law(**{name: value for name, value in zip(names, given, strict=True) if value is not None})
    assert sums[LITTLE, f"{column}{12 + missing}"] == pytest.approx(third, rel=1e-14)
    assert [sums[LITTLE, f"{column}{row}"] for row in (12, 13, 14)] == pytest.approx(values, rel=1e-14)
    assert sums[LITTLE, f"{column}15"] == "The third is computed."
    assert sums[LITTLE, f"{column}16"].startswith("On average ")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ((3, None, None), "Enter two of the three."),
        ((None, None, None), "Enter two of the three."),
        ((6, 2, 3), "The three agree."),
        ((7, 2, 3), "The three disagree: clear one of them."),
        ((-6, 2, None), "Numbers must not be negative."),
        (("six", 2, None), "Enter numbers only."),
        ((6, 0, None), "Throughput or flow time must be above zero."),
        ((6, None, 0), "Throughput or flow time must be above zero."),
    ],
    ids=str,
)
def test_it_says_what_is_wrong(sheet: Spreadsheet, values: tuple[Any, ...], says: str) -> None:
    sums = law(sheet, "D", *values)
    assert sums[LITTLE, "D15"] == says
    results = [sums[LITTLE, f"D{row}"] for row in (12, 13, 14)]
    assert (NONE in results) == (says != "The three agree.")
    assert (sums[LITTLE, "D16"] == "") == (says != "The three agree.")
