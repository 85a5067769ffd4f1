import pandas as pd
import pytest

from opsbook.errors import MissingColumnError
from opsbook.exercises.task_lists import SAMPLE, read_tasks

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


def test_the_template_is_the_branch_of_the_chapter():
    pd.testing.assert_frame_equal(read_tasks(SAMPLE), BRANCH)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_separators_and_encodings_of_spreadsheets_give_the_same_list(mark, encoding):
    tasks = BRANCH.replace({"task": {"wait in line": "wait, or sit; in a café’s line"}})
    text = tasks.to_csv(index=False, sep=mark, lineterminator="\r\n")
    pd.testing.assert_frame_equal(read_tasks(text.encode(encoding)), tasks)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("decimal", [",", "."])
def test_decimals_have_a_point_or_a_comma(mark, decimal):
    tasks = BRANCH.assign(duration_min=BRANCH["duration_min"] / 4)
    text = tasks.to_csv(index=False, sep=mark, decimal=decimal)
    pd.testing.assert_frame_equal(read_tasks(text), tasks)


def test_a_byte_order_mark_in_a_string_is_no_part_of_the_header():
    assert list(read_tasks("\ufeff" + SAMPLE)) == list(BRANCH)


def test_words_are_taken_in_any_case_and_other_columns_and_blank_lines_left_out():
    text = "\n Contact ,Notes,TASK,Duration_Min,\nActive,x,greet,2,\n,,,,\n\nNONE,y, write  up ,.5,\n"
    expected = pd.DataFrame({"task": ["greet", "write up"], "duration_min": [2, 0.5], "contact": ["active", "none"]})
    pd.testing.assert_frame_equal(read_tasks(text), expected)


def test_a_word_for_missing_is_a_name_like_any_other():
    assert read_tasks("task,duration_min,contact\nNA,1,active\n12,1,none\n")["task"].tolist() == ["NA", "12"]


@pytest.mark.parametrize("cell", ["1.500", "12.345"])
def test_a_point_that_may_part_thousands_is_refused_between_semicolons_only(cell):
    with pytest.raises(ValueError, match=rf"line 2 must be clear, got '{cell}', which could mean thousands"):
        read_tasks(f"task;duration_min;contact\na;{cell};none\n")
    assert read_tasks(f"task,duration_min,contact\na,{cell},none\n")["duration_min"].item() == float(cell)


def test_a_comma_that_may_part_thousands_is_refused_between_commas_only():
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
def test_every_fault_has_its_message(data, message):
    with pytest.raises(ValueError, match=message) as caught:
        read_tasks(data)
    assert "\n" not in str(caught.value)


def test_a_missing_column_is_an_error_of_its_own():
    with pytest.raises(MissingColumnError):
        read_tasks("hello")


def test_a_list_has_at_most_60_tasks():
    lines = ["task,duration_min,contact", *(f"task {number},1,none" for number in range(61))]
    assert len(read_tasks("\n".join(lines[:-1]))) == 60
    with pytest.raises(ValueError, match="at most 60 tasks, got 61"):
        read_tasks("\n".join(lines))
