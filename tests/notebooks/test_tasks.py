"""Checked tasks accept their solution, call the stub not attempted, and tell typical wrong answers what is wrong."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from opsbook import exercises
from opsbook.exercises.code import CodeQuestion

from . import tasks as judging
from .course import Notebook, read
from .sample import code, grade
from .tasks import problems, tasks

ROOT = Path(__file__).parents[2]
COURSE = read(ROOT)
EXERCISES = COURSE.exercises


@pytest.fixture(autouse=True)
def _progress_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPSBOOK_PROGRESS", str(tmp_path / "progress.json"))


def test_there_are_tasks_to_look_at() -> None:
    assert any(task.questions for notebook in EXERCISES.values() for task in tasks(notebook.cells))


@pytest.mark.parametrize("notebook", EXERCISES.values(), ids=EXERCISES)
def test_checks_judge_rightly(notebook: Notebook) -> None:
    found = list(problems(notebook, COURSE.questions))
    assert not found, "\n" + "\n".join(f"- exercises/{notebook.name}.ipynb: {problem}" for problem in found)


# --- The test itself -------------------------------------------------------------------------------------------

WRONG = [
    {"source": "def half(n):\n    return n / 2", "says": "Round up"},
    {"source": "def half(n):\n    return n", "says": "Half"},
]
CELLS = [
    code("import math\nfrom opsbook import exercises"),
    code(
        "def half(n):\n    ### BEGIN SOLUTION\n    return math.ceil(n / 2)\n    ### END SOLUTION",
        **grade("half", solution=True),
        opsbook={"wrong": WRONG},
    ),
    code(
        "exercises.check(half, cases=[((3,), 2), ((4,), 2)], "
        "mistakes=[([1.5, 2], 'Round up.'), ([3, 4], 'Half of it.')])\n"
        "### BEGIN HIDDEN TESTS\nassert half(9) == 5\n### END HIDDEN TESTS",
        **grade("half-check", grade=True, locked=True, points=1),
    ),
    code(
        "quarter = ...\n### BEGIN SOLUTION\nquarter = half(half(7))\n### END SOLUTION",
        **grade("quarter", solution=True),
    ),
    code("exercises.check(quarter, 2)", **grade("quarter-check", grade=True, locked=True, points=1)),
    code("exercises.check(quarter, 2, hint='As above.')", **grade("quarter-again", grade=True, locked=True, points=1)),
    code("1 / 0", "raises-exception"),
]
CELLS[3]["metadata"]["opsbook"] = {"wrong": [{"source": "quarter = 7 / 4", "says": "As above"}]}


def judged(tmp_path: Path, spoil: Callable[[list[dict[str, Any]]], object] = lambda _cells: None) -> list[str]:
    cells = deepcopy(CELLS)
    spoil(cells)
    return list(problems(Notebook(tmp_path / "sample.ipynb", {"cells": cells}), {}))


def test_sound_tasks_pass(tmp_path: Path) -> None:
    assert judged(tmp_path) == []


def test_a_notebook_without_tasks_passes(tmp_path: Path) -> None:
    assert judged(tmp_path, lambda cells: cells.clear()) == []


def change(index: int, old: str, new: str) -> Callable[[list[dict[str, Any]]], object]:
    def spoil(cells: list[dict[str, Any]]) -> None:
        assert old in cells[index]["source"]
        cells[index]["source"] = cells[index]["source"].replace(old, new)

    return spoil


def wrong(index: int, answers: list[dict[str, str]]) -> Callable[[list[dict[str, Any]]], object]:
    def spoil(cells: list[dict[str, Any]]) -> None:
        cells[index]["metadata"]["opsbook"]["wrong"] = answers

    return spoil


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        pytest.param(change(2, "((3,), 2)", "((3,), 1)"), "half-check refuses the solution", id="a wrong key"),
        pytest.param(change(2, "half(9) == 5", "half(9) == 4"), "hidden test stops", id="a wrong hidden test"),
        pytest.param(change(2, "exercises.check(half", "_ = exercises.check(half"), "must end with", id="no verdict"),
        pytest.param(change(3, "quarter = ...\n", ""), "as handed out, a cell stops with NameError", id="no stub"),
        pytest.param(change(3, "quarter = ...", "quarter = 0"), "not attempted, it says: ✗", id="a stub with a value"),
        pytest.param(change(3, "quarter = ...", "quarter = 2"), "not attempted, it says: ✓", id="a stub that is right"),
        pytest.param(wrong(1, []), "lists no wrong answer", id="nothing wrong listed"),
        pytest.param(wrong(3, [{"source": "quarter = 2", "says": "no"}]), "is accepted", id="a right answer listed"),
        pytest.param(wrong(3, [{"source": "quarter = 3", "says": "Ten"}]), "must be told 'Ten'", id="another message"),
        pytest.param(wrong(3, [{"source": "quarter = x", "says": "no"}]), "never a traceback", id="a traceback"),
        pytest.param(wrong(3, [{"source": "quarter = 3"}]), "must have `source` and `says`", id="no message"),
        pytest.param(wrong(3, [{"source": "quarter = ...", "says": "no"}]), "is accepted", id="the stub listed"),
        pytest.param(lambda cells: cells.pop(2), "half has no check", id="no check"),
        pytest.param(lambda cells: cells[1].update(metadata={}), "half-check has no solution", id="no solution cell"),
    ],
)
def test_misjudging_checks_are_noticed(
    tmp_path: Path, spoil: Callable[[list[dict[str, Any]]], object], says: str
) -> None:
    found = judged(tmp_path, spoil)
    assert any(says in problem for problem in found), found


# A task that a question of the bank asks and marks.
ASKED = "customer-contact/extent-of"
MARKED = [
    code("from opsbook import exercises"),
    code(
        "def extent_of(minutes, kinds):\n    ### BEGIN SOLUTION\n"
        "    return sum(m for m, k in zip(minutes, kinds) if k != 'none') / sum(minutes)\n    ### END SOLUTION",
        **grade("extent", solution=True),
        opsbook={"wrong": [{"source": "def extent_of(minutes, kinds):\n    return 0.5", "says": "above the line"}]},
    ),
    code(
        f'exercises.check_code("{ASKED}", globals())',
        **grade("extent-check", grade=True, locked=True, points=2),
    ),
]


def told_of_the_model(tmp_path: Path, solution: str) -> list[str]:
    bank = {ASKED: {"solution": solution}}
    return list(problems(Notebook(tmp_path / "sample.ipynb", {"cells": deepcopy(MARKED)}), bank))


def test_a_sound_model_solution_passes(tmp_path: Path) -> None:
    assert told_of_the_model(tmp_path, COURSE.questions[ASKED]["solution"]) == []


@pytest.mark.parametrize(
    ("solution", "says"),
    [
        ("Add up and divide.", "must hold its code"),
        ("```python\ndef extent_of(minutes, kinds):\n    return 1\n```", "refuses the solution of customer-contact/"),
        ("```python\nextent_of = minutes\n```", "a cell stops with NameError"),
    ],
    ids=["no code", "a wrong one", "one that stops"],
)
def test_a_model_solution_that_fails_is_noticed(tmp_path: Path, solution: str, says: str) -> None:
    found = told_of_the_model(tmp_path, solution)
    assert any(says in problem for problem in found), found


def test_open_tests_alone_are_passed_by_a_table_of_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = exercises.question(ASKED)
    assert isinstance(asked, CodeQuestion)
    solution = f"```python\n{MARKED[1]['source']}\n```"
    assert told_of_the_model(tmp_path, solution) == []
    (opened,) = (test for test in asked.tests if not test.hidden)
    monkeypatch.setattr(judging, "question", lambda _name: replace(asked, tests=(opened,)))
    (told,) = told_of_the_model(tmp_path, solution)
    assert told.startswith(f"{ASKED} gives full marks to a table of the answers that its open tests ask for")
