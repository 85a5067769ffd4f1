import json
import re
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbook import contact
from opsbook.errors import MissingColumnError, UnknownNameError, UnsupportedFrameError
from opsbook.exercises import audit as audits
from opsbook.exercises.audit import Audit, contact_audit, read_audit, read_tasks

# The branch of the chapter, typed here a second time: the sample must be this one.
BRANCH = pd.DataFrame(
    {
        "task": [
            "wait in line",
            "hear the wish and identify",
            "check the papers",
            "enter the data",
            "explain and sign",
            "file and post",
            "produce the card",
        ],
        "duration_min": [6.0, 5, 8, 9, 6, 7, 4],
        "contact": ["passive", "active", "passive", "passive", "active", "none", "none"],
        "staff_min": [0.0, 5, 8, 9, 6, 7, 4],
    }
)
MOVED = ["check the papers", "enter the data"]
CLINIC = "task;duration_min;contact\ntake the history;7,5;active\nread the <scan>;12;none\nwait;4;Passive\n"

MODIFIED = datetime(2024, 3, 1, tzinfo=UTC)

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


class TestReadingAFile:
    def test_the_template_is_the_branch_of_the_chapter(self):
        pd.testing.assert_frame_equal(read_tasks(audits.SAMPLE), BRANCH)

    @pytest.mark.parametrize("mark", [",", ";", "\t"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_separators_and_encodings_of_spreadsheets_give_the_same_list(self, mark, encoding):
        tasks = BRANCH.replace({"task": {"wait in line": "wait, or sit; in a café’s line"}})
        text = tasks.to_csv(index=False, sep=mark, lineterminator="\r\n")
        pd.testing.assert_frame_equal(read_tasks(text.encode(encoding)), tasks)

    @pytest.mark.parametrize("mark", [",", ";", "\t"])
    @pytest.mark.parametrize("decimal", [",", "."])
    def test_decimals_have_a_point_or_a_comma(self, mark, decimal):
        tasks = BRANCH.assign(duration_min=BRANCH["duration_min"] / 4)
        text = tasks.to_csv(index=False, sep=mark, decimal=decimal)
        pd.testing.assert_frame_equal(read_tasks(text), tasks)

    def test_a_byte_order_mark_in_a_string_is_no_part_of_the_header(self):
        assert list(read_tasks("\ufeff" + audits.SAMPLE)) == list(BRANCH)

    def test_words_are_taken_in_any_case_and_other_columns_and_blank_lines_left_out(self):
        text = "\n Contact ,Notes,TASK,Duration_Min,\nActive,x,greet,2,\n,,,,\n\nNONE,y, write  up ,.5,\n"
        expected = pd.DataFrame(
            {"task": ["greet", "write up"], "duration_min": [2, 0.5], "contact": ["active", "none"]}
        )
        pd.testing.assert_frame_equal(read_tasks(text), expected)

    def test_a_word_for_missing_is_a_name_like_any_other(self):
        assert read_tasks("task,duration_min,contact\nNA,1,active\n12,1,none\n")["task"].tolist() == ["NA", "12"]

    @pytest.mark.parametrize("cell", ["1.500", "12.345"])
    def test_a_point_that_may_part_thousands_is_refused_between_semicolons_only(self, cell):
        with pytest.raises(ValueError, match=rf"line 2 must be clear, got '{cell}', which could mean thousands"):
            read_tasks(f"task;duration_min;contact\na;{cell};none\n")
        assert read_tasks(f"task,duration_min,contact\na,{cell},none\n")["duration_min"].item() == float(cell)

    def test_a_comma_that_may_part_thousands_is_refused_between_commas_only(self):
        with pytest.raises(ValueError, match="line 2 must be clear, got '1,500', which could mean thousands"):
            read_tasks('task,duration_min,contact\na,"1,500",none\n')
        assert read_tasks("task;duration_min;contact\na;1,500;none\n")["duration_min"].item() == 1.5
        assert read_tasks('task,duration_min,contact\na,"0,125",none\n')["duration_min"].item() == 0.125

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"", r"the file is empty\. Write a header"),
            (b"\n , \n", r"the file is empty\."),
            (b"task,duration_min,contact\n", "has a header but no tasks"),
            (
                b"task|duration_min|contact\na|1|none\n",
                r"columns 'task', 'duration_min', 'contact'; the table has 'task\|",
            ),
            (b"task,contact\na,none\n", "needs the column 'duration_min'; the table has 'task', 'contact'"),
            (b"task,task,duration_min,contact\na,b,1,none\n", "must name each column once, got 'task' 2 times"),
            (b"PK\x03\x04\x14\x00\x06\x00", "cannot be read as text.*CSV UTF-8"),
            ("task,duration_min,contact\ncafé,1,none\n".encode("cp1252"), "cannot be read as text.*CSV UTF-8"),
            (b'task,duration_min,contact\n"a,1,none\n', "line 2 cannot be read as CSV.*double quote"),
            (
                b"task,duration_min,contact\n\na,7,5,none\n",
                "line 3 must have 3 cells as the header does, got 4.*semicolons",
            ),
            (b"task,duration_min,contact\na,7\n", "line 2 must have 3 cells as the header does, got 2"),
            (
                b"task,duration_min,contact\na,1,often\n",
                "`contact` must be one of 'none', 'passive', 'active', got 'often'",
            ),
            (b"task,duration_min,contact\na,-1,none\n", "`duration_min` in line 2 must be minutes .* got '-1'"),
            (b"task,duration_min,contact\na,5 min,none\n", "`duration_min` in line 2 must be minutes .* got '5 min'"),
            (b"task,duration_min,contact\na,nan,none\n", "`duration_min` in line 2 must be minutes .* got 'nan'"),
            (b"task,duration_min,contact\na,,none\n", "`duration_min` in line 2 must be minutes .* got nothing"),
            (b"task,duration_min,contact,staff_min\na,1,none,x\n", "`staff_min` in line 2 must be minutes .* got 'x'"),
            (
                b"task;duration_min;contact\na;1.5;none\nb;1,5;none\n",
                "same decimal mark.*got '1.5' in a file with both",
            ),
            (b"task,duration_min,contact\na,0,none\n", "must add up to more than 0 minutes"),
            (b"task,duration_min,contact,staff_min\na,4,passive,0\n", "`staff_min` must add up to more than 0"),
            (
                b"task,duration_min,contact\na,4,none\na,5,none\n",
                "`task` must be different in every line, got 'a' 2 times",
            ),
            (
                b"task,duration_min,contact\n,4,none\n",
                "`task` number 1 must have a name of at most 80 characters, got 0",
            ),
            (b"task,duration_min,contact\n" + b"a" * 81 + b",4,none\n", "at most 80 characters, got 81"),
            (b"x" * 100_001, "must not exceed 100 kB, got 100 kB"),
        ],
    )
    def test_every_fault_has_its_message(self, data, message):
        with pytest.raises(ValueError, match=message) as caught:
            read_tasks(data)
        assert "\n" not in str(caught.value)

    def test_a_missing_column_is_an_error_of_its_own(self):
        with pytest.raises(MissingColumnError):
            read_tasks("hello")

    def test_a_list_has_at_most_60_tasks(self):
        lines = ["task,duration_min,contact", *(f"task {number},1,none" for number in range(61))]
        assert len(read_tasks("\n".join(lines[:-1]))) == 60
        with pytest.raises(ValueError, match="at most 60 tasks, got 61"):
            read_tasks("\n".join(lines))


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


def parts(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from parts(child)


def find(tool, label):
    """Return the control that a reader would find by the beginning of its label."""
    found = [part for part in parts(tool.view) if getattr(part, "description", "").startswith(label)]
    assert len(found) == 1, (label, found)
    return found[0]


def page(tool):
    """Return everything that is written in the form, apart from labels."""
    return "\n".join(part.value for part in parts(tool.view) if isinstance(getattr(part, "value", None), str))


def heard(tool):
    """Return what stands in the live regions, the result's left out."""
    lines = [part.value for part in parts(tool.view) if hasattr(part, "_esm")]
    return " ".join(line for line in lines if line and line != tool.audit.sentence)


def labels(tool):
    return [part.description for part in parts(tool.view) if type(part).__name__ == "Checkbox"]


def upload(tool, content, name="clinic.csv"):
    data = content.encode() if isinstance(content, str) else content
    find(tool, "Upload a CSV file").value = (
        {"name": name, "type": "text/csv", "size": len(data), "content": memoryview(data), "last_modified": MODIFIED},
    )


@pytest.fixture(autouse=True)
def _beside_the_notebook(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


class TestForm:
    def test_it_starts_with_the_sample_marked_as_invented(self):
        tool = contact_audit()
        assert "Opening an account (a sample, invented for this course)" in page(tool)
        assert tool.audit.summary in page(tool)
        assert tool.audit.sentence in page(tool)
        assert heard(tool) == ""

    def test_the_list_is_a_table_with_headers(self):
        text = page(contact_audit())
        assert text.count('<th scope="row">') == 7
        assert [*re.findall(r'<th scope="col">(.*?)</th>', text)] == ["Task", "Minutes", "Contact", "Staff minutes"]
        row = '<th scope="row">check the papers</th><td class="number">8</td><td>passive</td><td class="number">8</td>'
        assert row in text

    def test_the_template_is_shown_and_can_be_downloaded(self):
        text = page(contact_audit())
        assert audits.SAMPLE in text
        assert 'download="tasks.csv" href="data:text/csv;charset=utf-8,task%2Cduration_min%2C' in text

    def test_each_movable_task_has_a_box_and_active_ones_are_listed_as_staying(self):
        tool = contact_audit()
        assert labels(tool) == [
            "wait in line (6 minutes, passive contact)",
            "check the papers (8 minutes, passive contact)",
            "enter the data (9 minutes, passive contact)",
            "file and post (7 minutes, no contact)",
            "produce the card (4 minutes, no contact)",
        ]
        stays = (
            "<p>Stays in front: active contact</p><ul><li>hear the wish and identify</li><li>explain and sign</li></ul>"
        )
        assert stays in page(tool)

    def test_ticks_and_numbers_are_the_audit(self):
        tool = contact_audit()
        for name in MOVED:
            find(tool, name).value = True
        find(tool, "Handover").value = 2
        find(tool, "People in front").value = 3
        find(tool, "People in the back").value = 1.5
        expected = Audit(BRANCH, MOVED, 2, 3, 1.5)
        assert tool.audit.change == expected.change
        assert expected.sentence in page(tool)

    def test_numbers_stay_within_their_bounds(self):
        tool = contact_audit()
        find(tool, "Handover").value = 500
        find(tool, "People in front").value = -3
        assert (tool.audit.handover, tool.audit.front_staff) == (120, 0.5)

    def test_the_chart_and_its_figures_are_there_as_soon_as_something_moves(self):
        tool = contact_audit()
        assert "<svg" not in page(tool)
        assert "The same in figures" not in page(tool)
        find(tool, "file and post").value = True
        assert page(tool).count('<svg role="img" aria-label="Three bars show') == 2
        assert "<figcaption>The customer&#x27;s presence stays at 34 minutes, capacity goes from" in page(tool)
        figures = '<th scope="row">Flow time, minutes</th><td class="number">45</td><td class="number">47</td>'
        assert figures in page(tool)

    def test_a_service_without_the_customer_can_be_drawn(self):
        tasks = pd.DataFrame({"task": ["pack", "post"], "duration_min": [4, 2], "contact": ["none", "none"]})
        tool = contact_audit(tasks)
        find(tool, "post").value = True
        assert "customer present: 0 of 0 minutes" in page(tool)
        assert "Stays in front" not in page(tool)

    def test_boxes_stay_the_same_while_the_list_does(self):
        tool = contact_audit()
        box = find(tool, "enter the data")
        box.value = True
        find(tool, "Handover").value = 3
        find(tool, "Undo").click()
        find(tool, "Start again").click()
        assert find(tool, "enter the data") is box

    def test_undo_goes_back_one_change_at_a_time(self):
        tool = contact_audit()
        find(tool, "file and post").value = True
        find(tool, "People in front").value = 7
        find(tool, "Undo").click()
        assert (find(tool, "file and post").value, find(tool, "People in front").value) == (True, 2)
        assert heard(tool) == "The last change is undone."
        find(tool, "Undo").click()
        assert tool.audit.to_back == ()
        assert not find(tool, "file and post").value
        find(tool, "Undo").click()
        assert heard(tool) == "There is nothing to undo."

    def test_start_again_keeps_the_list_and_can_be_undone(self):
        tool = contact_audit()
        upload(tool, CLINIC)
        find(tool, "wait").value = True
        find(tool, "Handover").value = 9
        find(tool, "Start again").click()
        assert (tool.audit.to_back, tool.audit.handover, tool.audit.name) == ((), 1, "clinic")
        assert heard(tool).startswith("Every task is in front again.")
        find(tool, "Undo").click()
        assert (tool.audit.to_back, find(tool, "Handover").value) == (("wait",), 9)

    def test_a_message_goes_when_the_next_change_comes(self):
        tool = contact_audit()
        find(tool, "Undo").click()
        find(tool, "file and post").value = True
        assert heard(tool) == ""

    def test_labels_are_words_and_never_markup(self):
        tool = contact_audit()
        upload(tool, CLINIC.replace("clinic", "<i>"), name="<u>.csv")
        find(tool, "read the <scan>").value = True
        assert "<scan>" not in "".join(part.value for part in parts(tool.view) if type(part).__name__ == "HTML")
        assert "&lt;u&gt; (your list)" in page(tool)
        assert all(not part.description_allow_html for part in parts(tool.view) if type(part).__name__ == "Checkbox")

    def test_every_field_has_its_whole_label_and_a_tooltip(self):
        for part in parts(contact_audit().view):
            if getattr(part, "description", ""):
                assert part.tooltip
                assert getattr(part.style, "description_width", "initial") == "initial"
                assert part.layout.width == "auto" or "%" in part.layout.width


class TestUpload:
    def test_a_good_file_becomes_the_list(self):
        tool = contact_audit()
        find(tool, "file and post").value = True
        upload(tool, CLINIC)
        assert labels(tool) == ["read the <scan> (12 minutes, no contact)", "wait (4 minutes, passive contact)"]
        assert heard(tool) == "Loaded clinic: 3 tasks."
        assert "Clinic (your list)" in page(tool)
        assert "invented" not in page(tool)
        assert repr(tool) == "[Contact audit] clinic: 3 tasks"

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "The file is empty. Write a header and one line for each task."),
            (b"task\na\n", "The table of tasks needs the columns 'duration_min', 'contact';"),
            (
                b"task,duration_min,contact\na,1,often\n",
                "`contact` must be one of 'none', 'passive', 'active', got 'often'.",
            ),
            (b"PK\x03\x04\xff", "The file cannot be read as text."),
            (b"a" * 200_000, "The file must not exceed 100 kB, got 200 kB."),
        ],
    )
    def test_a_bad_file_is_explained_and_the_last_good_list_stays(self, content, message):
        tool = contact_audit()
        upload(tool, CLINIC)
        find(tool, "wait").value = True
        before = tool.audit
        upload(tool, content)
        assert heard(tool).startswith(message)
        assert heard(tool).endswith(" The list below is still the last good one.")
        assert tool.audit is before
        assert find(tool, "wait").value

    def test_the_same_file_can_be_sent_again(self):
        tool = contact_audit()
        upload(tool, CLINIC)
        find(tool, "Use the sample").click()
        assert tool.audit.invented
        upload(tool, CLINIC)
        assert tool.audit.name == "clinic"

    def test_undo_brings_the_list_before_back_with_its_choices(self):
        tool = contact_audit()
        find(tool, "file and post").value = True
        upload(tool, CLINIC)
        find(tool, "Undo").click()
        assert tool.audit.invented
        assert find(tool, "file and post").value

    def test_a_file_name_is_kept_to_one_short_line(self):
        tool = contact_audit()
        upload(tool, CLINIC, name="my\nlist" + "x" * 200 + ".csv")
        assert tool.audit.name.startswith("my list")
        assert len(repr(tool)) < 120


class TestSaving:
    def saved(self, path="contact-audit.json"):
        tool = contact_audit(save_to=path)
        for name in MOVED:
            find(tool, name).value = True
        find(tool, "What moves").value = "Move both; time 30 cases."
        find(tool, "Save").click()
        return tool

    def test_the_file_holds_the_whole_audit(self, tmp_path):
        tool = self.saved()
        content = (tmp_path / "contact-audit.json").read_text(encoding="utf-8")
        assert json.loads(content) == json.loads(json.dumps(tool.audit.record("Move both; time 30 cases.")))
        assert heard(tool) == "Saved to contact-audit.json."
        assert [file.name for file in tmp_path.iterdir()] == ["contact-audit.json"]

    def test_opening_the_notebook_again_restores_it(self):
        first = self.saved()
        tool = contact_audit()
        assert tool.audit.change == first.audit.change
        assert find(tool, "enter the data").value
        assert find(tool, "What moves").value == "Move both; time 30 cases."
        assert heard(tool) == "Restored from contact-audit.json."

    def test_a_restored_audit_is_saved_in_place(self, tmp_path):
        self.saved()
        tool = contact_audit()
        find(tool, "wait in line").value = True
        find(tool, "Save").click()
        assert [file.name for file in tmp_path.iterdir()] == ["contact-audit.json"]
        assert "wait in line" in read_audit((tmp_path / "contact-audit.json").read_bytes())[0].to_back

    def test_an_empty_decision_is_pointed_out(self):
        tool = contact_audit()
        find(tool, "Save").click()
        assert heard(tool) == "Saved to contact-audit.json. Your decision is still empty."

    @pytest.mark.parametrize("content", [b"not json", b'{"format": 9}', b"\x00\xff"])
    def test_a_file_that_is_no_audit_is_reported_and_set_aside_on_saving(self, tmp_path, content):
        file = tmp_path / "contact-audit.json"
        file.write_bytes(content)
        tool = contact_audit()
        assert (
            heard(tool) == "contact-audit.json is not a saved audit, so nothing was restored. Saving will set it aside."
        )
        assert tool.audit.invented
        find(tool, "Save").click()
        assert "The file that was there is now contact-audit.json.1.bak." in heard(tool)
        assert (tmp_path / "contact-audit.json.1.bak").read_bytes() == content
        read_audit(file.read_bytes())

    def test_two_forms_on_one_file_lose_nothing_of_each_other(self, tmp_path):
        other = contact_audit()
        self.saved()
        find(other, "What moves").value = "Nothing."
        find(other, "Save").click()
        assert read_audit((tmp_path / "contact-audit.json").read_bytes())[1] == "Nothing."
        assert read_audit((tmp_path / "contact-audit.json.1.bak").read_bytes())[1] == "Move both; time 30 cases."
        self_again = contact_audit()
        find(self_again, "What moves").value = "A third thought."
        (tmp_path / "contact-audit.json").write_text("{}", encoding="utf-8")
        find(self_again, "Save").click()
        assert (tmp_path / "contact-audit.json.2.bak").read_text(encoding="utf-8") == "{}"

    def test_a_list_given_in_code_is_restored_only_if_it_is_the_same(self):
        self.saved()
        same = contact_audit(BRANCH)
        assert same.audit.to_back == tuple(MOVED)
        other = contact_audit(BRANCH.iloc[1:])
        assert other.audit.to_back == ()
        assert "holds another list, so nothing was restored" in heard(other)
        assert repr(other) == "[Contact audit] your tasks: 6 tasks"

    def test_the_file_stays_beside_the_notebook_when_the_folder_is_left(self, tmp_path, monkeypatch):
        tool = contact_audit(save_to=Path("mine.json"))
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        find(tool, "Save").click()
        assert (tmp_path / "mine.json").exists()

    def test_a_file_that_cannot_be_written_is_reported(self):
        tool = self.saved("no-such-folder/audit.json")
        assert heard(tool) == "audit.json was not saved: No such file or directory. Your entries are still here."
        assert find(tool, "What moves").value == "Move both; time 30 cases."

    def test_a_write_that_fails_leaves_the_old_file(self, tmp_path, monkeypatch):
        tool = self.saved()
        (tmp_path / "contact-audit.json").write_bytes(before := b"somebody else's")

        def full(_descriptor):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(audits.os, "fsync", full)
        find(tool, "What moves").value = "Changed."
        find(tool, "Save").click()
        assert "was not saved: No space left on device" in heard(tool)
        assert (tmp_path / "contact-audit.json").read_bytes() == before
        assert [file.name for file in tmp_path.iterdir()] == ["contact-audit.json"]

    def test_a_path_that_cannot_be_opened_is_reported(self, tmp_path):
        (tmp_path / "contact-audit.json").mkdir()
        tool = contact_audit()
        assert "cannot be opened" in heard(tool)
        find(tool, "Save").click()
        assert "was not saved" in heard(tool)


class TestShowing:
    def test_what_a_notebook_stores_is_the_same_every_time(self):
        first, second = contact_audit()._repr_mimebundle_(), contact_audit()._repr_mimebundle_(include=None)
        view = "application/vnd.jupyter.widget-view+json"
        assert set(first) == {"text/plain", view}
        assert first["text/plain"] == second["text/plain"] == "[Contact audit] opening an account: 7 tasks"
        assert first[view]["model_id"]

    def test_nothing_in_it_needs_an_output_area(self):
        assert "Output" not in {type(part).__name__ for part in parts(contact_audit().view)}

    @pytest.mark.parametrize("tasks", [[1], BRANCH.drop(columns="contact"), BRANCH.assign(contact="often")])
    def test_a_list_given_in_code_is_checked(self, tasks):
        with pytest.raises((TypeError, ValueError)):
            contact_audit(tasks)
