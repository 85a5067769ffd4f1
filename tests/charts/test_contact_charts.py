"""Pictures of contact draw the numbers they were given, by sums of our own."""

from typing import Any

import pandas as pd
import pytest

from opsbook import charts, contact
from opsbook.charts import CONTACT_COLOURS
from opsbook.charts.picture import svg
from opsbook.errors import ChartError, MissingColumnError

WORDS = {"description": "What is drawn, and what that means.", "subtitle": "Invented"}

TASKS = pd.DataFrame(
    [("wait", 6, "passive", 0), ("talk", 5.5, "active", 5.5), ("type", 8, "passive", 8), ("file", 0.5, "none", 0.5)],
    columns=["task", "duration_min", "contact", "staff_min"],
)
SHARES = pd.DataFrame(
    {"operation": ["plant", "hotel", "desk"], "active": [0.05, 0.1, 0.6], "passive": [0.0, 0.9, 0.15]}
)
JOBS = pd.DataFrame(
    {"operation": ["desk"] * 3 + ["plant"] * 4, "extent": [0.9, 0.2, 0.7, 0.01, 0.02, 0.04, 0.1234], "job": range(7)}
)


def rows(spec: dict[str, Any], layer: int) -> list[dict[str, Any]]:
    data = spec["layer"][layer].get("data", spec.get("data"))
    return spec["datasets"][data["name"]]


def colours(spec: dict[str, Any], layer: int = 0) -> dict[str, str]:
    scale = spec["layer"][layer]["encoding"]["color"]["scale"]
    return dict(zip(scale["domain"], scale["range"], strict=True))


def test_timeline_puts_tasks_one_after_another() -> None:
    spec = charts.timeline(TASKS, "Mostly waiting", **WORDS).to_dict()
    drawn = rows(spec, 0)
    assert [(row["task"], row["start"], row["end"]) for row in drawn] == [
        ("wait", 0, 6),
        ("talk", 6, 11.5),
        ("type", 11.5, 19.5),
        ("file", 19.5, 20),
    ]
    assert [row["minutes"] for row in drawn] == ["6", "5.5", "8", "0.5"]
    assert [row["contact"] for row in drawn] == [
        "passive contact",
        "active contact",
        "passive contact",
        "customer absent",
    ]
    x, y = (spec["layer"][0]["encoding"][channel] for channel in "xy")
    assert (x["field"], spec["layer"][0]["encoding"]["x2"]["field"]) == ("start", "end")
    assert "minutes" in x["title"]
    assert (y["field"], y["sort"]) == ("task", None)


def test_timeline_writes_long_tasks_out() -> None:
    days = pd.DataFrame({"task": ["wait", "work", "rest"], "duration_min": [1440, 33.333, 999.6], "contact": "none"})
    assert [row["minutes"] for row in rows(charts.timeline(days, "A day", **WORDS).to_dict(), 0)] == [
        "1440",
        "33.3",
        "1000",
    ]


def test_contact_shares_add_up_and_stand_in_order() -> None:
    spec = charts.contact_shares(SHARES, "Hotels first", **WORDS).to_dict()
    drawn = pd.DataFrame(rows(spec, 0))
    assert drawn.groupby("operation")["share"].sum().to_dict() == pytest.approx({"plant": 1, "hotel": 1, "desk": 1})
    of = drawn.set_index(["operation", "kind"])["share"]
    assert of["hotel"].to_dict() == pytest.approx({"active": 0.1, "passive": 0.9, "none": 0})
    assert of["plant"].to_dict() == pytest.approx({"active": 0.05, "passive": 0, "none": 0.95})
    labels = {row["operation"]: row["present"] for row in rows(spec, 1)}
    assert labels == pytest.approx({"plant": 0.05, "hotel": 1, "desk": 0.75})
    for layer in (0, 1):
        assert spec["layer"][layer]["encoding"]["y"]["sort"] == ["hotel", "desk", "plant"]


def test_contact_extents_draw_each_job_and_the_median() -> None:
    spec = charts.contact_extents(JOBS, "Jobs differ", **WORDS).to_dict()
    assert sorted(row["extent"] for row in rows(spec, 0)) == [0.01, 0.02, 0.04, 0.123, 0.2, 0.7, 0.9]
    medians = {row["operation"]: row["extent"] for row in rows(spec, 1)}
    assert medians == pytest.approx({"desk": 0.7, "plant": 0.03})
    assert spec["layer"][0]["encoding"]["y"]["sort"] == ["desk", "plant"]


def test_decoupling_draws_after_as_a_share_of_before() -> None:
    change = contact.decouple(TASKS, to_back=["type"], handover=1, front_staff=2, back_staff=1)
    spec = charts.decoupling(change, "Shorter and slower", **WORDS).to_dict()
    drawn = {row["measure"]: row for row in rows(spec, 0)}
    # By hand: before, 14 minutes of work for a pool of three; after, 7 in front for two, 9 at the back for one.
    assert drawn["customer present"]["label"] == "customer present: 19.5 → 11.5 min"
    assert drawn["flow time"]["label"] == "flow time: 20.0 → 22.0 min"
    assert drawn["capacity"]["label"] == "capacity: 12.9 → 6.7 an hour"
    assert {name: row["ratio"] for name, row in drawn.items()} == pytest.approx(
        {"customer present": 11.5 / 19.5, "flow time": 1.1, "capacity": (60 / 9) / (180 / 14)}, abs=5e-4
    )
    assert rows(spec, 1) == [{"ratio": 1.0}]


def test_decoupling_of_work_that_no_customer_sees_has_a_length() -> None:
    absent = TASKS.assign(contact="none")
    spec = charts.decoupling(contact.decouple(absent, to_back=["type"]), "Nothing to see", **WORDS).to_dict()
    (present,) = (row for row in rows(spec, 0) if row["measure"] == "customer present")
    assert (present["ratio"], present["label"]) == (0, "customer present: 0.0 → 0.0 min")


@pytest.mark.parametrize("draw", [charts.timeline, charts.contact_shares])
def test_kinds_of_contact_keep_their_colours(draw: Any) -> None:
    spec = draw(TASKS if draw is charts.timeline else SHARES, "In colour", **WORDS).to_dict()
    assert colours(spec) == {
        "active contact": CONTACT_COLOURS["active"],
        "passive contact": CONTACT_COLOURS["passive"],
        "customer absent": CONTACT_COLOURS["none"],
    }


FAMILIES = [
    pytest.param(charts.timeline, TASKS, id="timeline"),
    pytest.param(charts.contact_shares, SHARES, id="contact_shares"),
    pytest.param(charts.contact_extents, JOBS, id="contact_extents"),
    pytest.param(charts.decoupling, contact.decouple(TASKS, to_back=["file"]), id="decoupling"),
]


@pytest.mark.parametrize(("draw", "given"), FAMILIES)
def test_every_family_has_words_and_a_picture(draw: Any, given: Any) -> None:
    spec = draw(given, "The message", **WORDS).to_dict()
    assert spec["title"] == {"text": "The message", "subtitle": ["Invented"]}
    assert f'aria-label="{WORDS["description"]}"' in svg(spec, width=340)


@pytest.mark.parametrize(("draw", "given"), FAMILIES)
def test_every_family_refuses_silence(draw: Any, given: Any) -> None:
    with pytest.raises(ChartError, match="must both say something"):
        draw(given, "The message", description="")


@pytest.mark.parametrize(("draw", "given"), FAMILIES[:3])
def test_every_table_is_left_alone_and_must_be_whole(draw: Any, given: pd.DataFrame) -> None:
    before = given.copy()
    draw(given, "The message", **WORDS)
    pd.testing.assert_frame_equal(given, before)
    lacking = given.columns[0]
    with pytest.raises(MissingColumnError, match=f"'{lacking}'"):
        draw(given.drop(columns=lacking), "The message", **WORDS)
