import json
from fractions import Fraction

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbook import contact
from opsbook.errors import UnknownNameError, UnsupportedFrameError
from opsbook.exercises.audit import Audit, read_audit
from opsbook.exercises.task_lists import SAMPLE, read_tasks

BRANCH = read_tasks(SAMPLE)
MOVED = ["check the papers", "enter the data"]

quarters = st.integers(0, 80).map(lambda number: number / 4)
people = st.integers(1, 12).map(lambda number: number / 2)


@st.composite
def splits(draw):
    size = draw(st.integers(1, 6))
    column = st.lists(quarters, min_size=size, max_size=size)
    tasks = pd.DataFrame(
        {
            "task": [f"task {number}" for number in range(size)],
            "duration_min": [number + 0.25 for number in draw(column)],
            "contact": draw(st.lists(st.sampled_from(["none", "passive"]), min_size=size, max_size=size)),
            "staff_min": [number + 0.25 for number in draw(column)],
        }
    )
    moved = draw(st.lists(st.sampled_from(tasks["task"].tolist()), min_size=1, unique=True))
    return Audit(tasks, moved, draw(quarters), draw(people), draw(people))


class TestAudit:
    def test_the_branch_by_hand(self):
        audit = Audit(BRANCH, MOVED)
        # 4 people on 39 staff minutes before; after, 2 in front on 22 + 1, which is more than the 17 + 1 in the back.
        assert audit.change.before.capacity == pytest.approx(60 * 4 / 39)
        assert audit.change.after.capacity == pytest.approx(60 * 2 / 23)
        assert audit.break_even == pytest.approx(float(1 - Fraction(2, 23) / Fraction(4, 39)))

    def test_it_is_the_models_answer(self):
        audit = Audit(BRANCH, MOVED, 2, 3, 1.5)
        assert audit.change == contact.decouple(BRANCH, to_back=MOVED, handover=2, front_staff=3, back_staff=1.5)
        assert audit.profile == contact.profile(BRANCH)

    @settings(deadline=None, max_examples=60)
    @given(splits())
    def test_work_shrunk_by_the_break_even_brings_the_pools_capacity_back(self, audit):
        left = 1 - audit.break_even
        assert 0 < left <= 1
        shrunk = audit.tasks.assign(staff_min=audit.tasks["staff_min"] * left)
        after = Audit(shrunk, audit.to_back, audit.handover * left, audit.front_staff, audit.back_staff).change.after
        assert after.capacity == pytest.approx(audit.change.before.capacity)

    def test_as_long_as_nothing_moves_the_pool_stays(self):
        audit = Audit(BRANCH, handover=5, front_staff=1, back_staff=3)
        assert audit.change.after == audit.change.before
        assert audit.break_even == 0
        assert audit.sentence == (
            "Nothing moves yet: one pool of 4 people can do 6.15 jobs an hour, and the customer is present for "
            "34 minutes of 45."
        )

    def test_a_balanced_split_without_handover_loses_nothing(self):
        tasks = pd.DataFrame({"task": ["talk", "type"], "duration_min": [6, 6], "contact": ["active", "none"]})
        audit = Audit(tasks, ["type"], 0, 1, 1)
        assert audit.break_even == 0
        assert "in this model the two teams do as much as one pool" in audit.sentence
        assert "The customer's presence stays at 6 minutes" in audit.sentence

    def test_the_sentence_tells_what_changes_and_what_to_measure(self):
        assert Audit(BRANCH, MOVED).sentence == (
            "To the back office: check the papers and enter the data. The customer's presence goes from 34 to 17 "
            "minutes, and the extent of contact goes from 0.76 to 0.36. The flow time without queues, handover "
            "included, goes from 45 to 47 minutes. Capacity goes from 6.15 to 5.22 jobs an hour: one pool of 4 people "
            "before, 2 in front and 2 in the back after, with the front office as the bottleneck.\nWhat you would have "
            "to measure: whether the work of both teams, handover included, shrinks by about 15.2 % (from 41 to 34.76 "
            "staff minutes a job); only then do they do as much as one pool."
        )

    def test_the_summary_states_numerators_and_denominators(self):
        assert Audit(BRANCH).summary == (
            "7 tasks take 45 minutes in all. The customer is present for 34 minutes, so the extent of contact is 0.76 "
            "(34 ÷ 45). Active contact takes 11 minutes, a share of 0.24 (11 ÷ 45). Staff work 39 minutes."
        )
        assert "Staff work 45 minutes, taking every task to keep one person" in Audit(BRANCH.iloc[:, :3]).summary

    def test_one_is_singular_and_thousands_are_parted(self):
        tasks = pd.DataFrame({"task": ["sail"], "duration_min": [1], "contact": ["none"], "staff_min": [120_000]})
        audit = Audit(tasks, ["sail"], 0, 0.5, 0.5)
        assert audit.summary.startswith("1 task takes 1 minute in all.")
        assert "one pool of 1 person before" in audit.sentence
        assert "0.000500 to 0.000250 jobs an hour" in audit.sentence
        assert "from 120,000 to 60,000 staff minutes" in audit.sentence

    def test_moved_tasks_stand_in_the_order_of_the_list(self):
        assert Audit(BRANCH, reversed(MOVED)).to_back == tuple(MOVED)
        assert Audit(BRANCH, "wait in line").to_back == ("wait in line",)

    def test_active_tasks_stay(self):
        audit = Audit(BRANCH)
        assert audit.staying == ("hear the wish and identify", "explain and sign")
        assert {*audit.staying, *audit.movable} == set(BRANCH["task"])
        with pytest.raises(ValueError, match="must not name a task in active contact"):
            Audit(BRANCH, ["explain and sign"])

    def test_it_keeps_a_copy_of_either_engines_table(self):
        mine = BRANCH.copy()
        kept = Audit(mine).tasks
        mine.loc[0, "duration_min"] = 99
        pd.testing.assert_frame_equal(kept, BRANCH)
        pd.testing.assert_frame_equal(Audit(pl.DataFrame(BRANCH.to_dict("list"))).tasks, BRANCH)

    def test_only_the_sample_is_invented(self):
        assert Audit(BRANCH).invented
        assert not Audit(BRANCH.iloc[1:]).invented

    @pytest.mark.parametrize(
        ("choices", "error", "message"),
        [
            ({"to_back": ["check the paper"]}, UnknownNameError, "Did you mean 'check the papers'"),
            ({"handover": -1}, ValueError, "`handover` must lie between 0 and 120"),
            ({"handover": float("nan")}, ValueError, "`handover` must be finite"),
            ({"front_staff": 0}, ValueError, "`front_staff` must lie between 0.5 and 1000"),
            ({"back_staff": 1001}, ValueError, "`back_staff` must lie between 0.5 and 1000"),
        ],
    )
    def test_impossible_choices_are_refused(self, choices, error, message):
        with pytest.raises(error, match=message):
            Audit(BRANCH, **choices)

    def test_what_is_no_table_is_refused(self):
        with pytest.raises(UnsupportedFrameError):
            Audit([1, 2])


class TestSavedAudit:
    def test_a_record_read_back_is_the_same_audit(self):
        audit = Audit(BRANCH, MOVED, 2.5, 3, 1.5, name="café")
        back, decision = read_audit(json.dumps(audit.record("Measure the minutes.")))
        assert decision == "Measure the minutes."
        assert (back.to_back, back.name, back.change) == (audit.to_back, "café", audit.change)
        pd.testing.assert_frame_equal(back.tasks, BRANCH)

    def test_a_record_holds_the_figures(self):
        figures = Audit(BRANCH, MOVED).record("")["figures"]
        assert figures["profile"]["extent"] == pytest.approx(34 / 45)
        assert figures["after"]["capacity"] == pytest.approx(60 * 2 / 23)
        assert figures["break_even"] == pytest.approx(7 / 46)

    @pytest.mark.parametrize(
        "changes",
        [
            {"format": 2},
            {"decision": None},
            {"name": 7},
            {"tasks": []},
            {"tasks": "none"},
            {"tasks": [{"task": "a"}]},
            {"choices": {"to_back": ["fly"]}},
            {"choices": {"to_back": [["wait in line"]]}},
            {"choices": {"to_back": 3}},
            {"choices": {"handover": -1}},
            {"choices": {"front_staff": None}},
            {"choices": {"colour": "red"}},
            {"choices": []},
        ],
    )
    def test_what_is_no_audit_is_refused(self, changes):
        content = json.dumps({**Audit(BRANCH, MOVED).record("Because."), **changes})
        with pytest.raises(ValueError, match="must be an audit as it was saved"):
            read_audit(content)

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"7", b"{}", b"\xff\xfe\x00", b'{"format": 1}'])
    def test_neither_is_any_other_file(self, content):
        with pytest.raises(ValueError, match="must be an audit as it was saved"):
            read_audit(content)
