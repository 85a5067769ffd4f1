"""The picture of a blueprint says all that the blueprint holds, wide and narrow, and no arrow crosses a box."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings

from opsbook import blueprint, charts
from opsbook.charts.blueprint import _Across, _cells, _Down
from opsbook.charts.picture import NARROW, WIDE, document, svg
from opsbook.errors import ChartError
from opsbook.publishing.figures import chart_figure
from tests.test_blueprint import CLINIC, blueprints

WORDS = {"description": "What is drawn, and what that means.", "subtitle": "Invented"}
CLINIC_PLAN = blueprint.load(CLINIC)


def spec(plan=CLINIC_PLAN):
    return charts.blueprint(plan, "The record outlasts the visit", **WORDS).to_dict()


def words(drawn):
    """Return all texts of a specification, with line breaks as blanks."""
    rows = [row for rows in drawn["datasets"].values() for row in rows]
    return [row["text"].replace("\n", " ") for row in rows if "text" in row]


@pytest.mark.parametrize("which", ["wide", "narrow"])
def test_lanes_lines_steps_minutes_shares_and_marks_are_written(which):
    drawn = spec() if which == "wide" else spec()["usermeta"]["narrow"]
    said = words(drawn)
    for text in (*blueprint.LANES[1:], *blueprint.LINES, "50%", "fail point", "poka-yoke", "thick: critical path"):
        assert text in said
    assert ("physical evidence" in said) == (which == "wide")
    assert any("Signpost" in text for text in said)
    for step in CLINIC_PLAN.steps:
        assert any(text.startswith(f"{step.name} {step.time:g} min") for text in said)
    assert said.count("F") == said.count("P") == 2  # at the step and in the key


def test_without_fail_points_and_evidence_the_picture_says_nothing_of_them():
    plan = blueprint.Blueprint("A", [blueprint.Step("a", "Ask", "customer")])
    said = words(spec(plan))
    assert not {"F", "P", "fail point", "physical evidence"} & set(said)
    assert "Ask" in said


def test_the_critical_path_is_thick():
    widths = {}
    for layer in spec()["layer"]:
        if layer["mark"]["type"] == "rect":
            rows = spec()["datasets"][layer["data"]["name"]]
            widths[layer["mark"]["strokeWidth"]] = len(rows)
    assert widths == {1: 1, 3: 4}  # paying is not on it


def test_the_table_says_the_same():
    drawn = spec()
    rows = drawn["datasets"][drawn["data"]["name"]]
    assert [row["step"] for row in rows] == [step.name for step in CLINIC_PLAN.steps]
    assert rows[0]["then"] == "Check the pressure (50%); Consult (50%)"
    figure = chart_figure(drawn, static="_static").html
    assert "Wrong patient" in figure
    assert f"width='{WIDE}'" in figure.replace('"', "'")
    assert "ops-narrow" in figure
    assert "sees:" in figure.split("ops-narrow")[1]
    assert "sees:" not in figure.split("ops-narrow")[0]


def test_pictures_take_the_pages_ink_and_are_the_same_each_time():
    narrow = spec()["usermeta"]["narrow"]
    assert svg(narrow, width=NARROW) == svg(narrow, width=NARROW)
    assert "currentColor" in svg(spec(), width=WIDE)
    assert document(spec(), ".png").startswith(b"\x89PNG")


def test_a_picture_needs_words():
    with pytest.raises(ChartError, match="must both say something"):
        charts.blueprint(CLINIC_PLAN, "", **WORDS)


@settings(deadline=None, max_examples=60)
@given(blueprints())
def test_everything_has_a_place_of_its_own(plan):
    cells = _cells(plan)
    assert len(set(cells.values())) == len(plan.steps)
    for link in plan.links:
        same = cells[link.source][0] == cells[link.target][0]
        assert cells[link.target][1] >= cells[link.source][1] + same
    for layout in (_Across(plan, cells, WIDE), _Down(plan, cells, NARROW)):
        boxes = list(layout.boxes.values())
        for box in boxes:
            assert 0 <= box.left < box.left + box.width <= layout.width
            assert 0 <= box.top < box.top + box.height < layout.height
        for one, other in itertools.combinations(boxes, 2):
            beside = one.left + one.width <= other.left or other.left + other.width <= one.left
            above = one.top + one.height <= other.top or other.top + other.height <= one.top
            assert beside or above


def crossed(layout, link):
    """Return the steps whose boxes an arrow runs through."""
    route = layout.route(link)
    found = set()
    for box in layout.boxes.values():
        inner = (box.left + 1, box.top + 1, box.left + box.width - 1, box.top + box.height - 1)
        for (x0, y0), (x1, y1) in itertools.pairwise(route):
            assert abs(x0 - x1) < 1e-6 or abs(y0 - y1) < 1e-6
            across = max(min(x0, x1), inner[0]) < min(max(x0, x1), inner[2]) or inner[0] < x0 == x1 < inner[2]
            down = max(min(y0, y1), inner[1]) < min(max(y0, y1), inner[3]) or inner[1] < y0 == y1 < inner[3]
            if across and down:
                found.add(box.step.id)
    return found


def test_arrows_run_between_the_boxes():
    path = Path(__file__).parent.parent / "published" / "clinic.yml"
    for plan in (CLINIC_PLAN, blueprint.load(path), CLINIC_PLAN.move("check", "customer")):
        cells = _cells(plan)
        for layout in (_Across(plan, cells, WIDE), _Down(plan, cells, NARROW)):
            for link in plan.links:
                assert crossed(layout, link) == set()


@settings(deadline=None, max_examples=60)
@given(blueprints())
def test_no_arrow_runs_through_a_box(plan):
    cells = _cells(plan)
    for layout in (_Across(plan, cells, WIDE), _Down(plan, cells, NARROW)):
        for link in plan.links:
            assert crossed(layout, link) == set()


def test_many_columns_run_downward_in_the_wide_picture_too():
    steps = [blueprint.Step(f"s{n}", f"Step {n}", "customer", mean=1) for n in range(9)]
    links = [blueprint.Link(f"s{n}", f"s{n + 1}") for n in range(8)]
    long = spec(blueprint.Blueprint("Long", steps, links))
    assert long["height"] > spec()["height"]
