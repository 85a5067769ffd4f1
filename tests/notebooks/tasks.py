"""Checked tasks of an exercise notebook, run as a learner would run them: solved, left alone, or solved wrongly."""

import ast
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from opsbook.exercises import Mark, question
from opsbook.exercises.code import CodeQuestion
from opsbook.publishing.solutions import strip

from .course import Notebook, checked_question, grading, source, tags

Cell = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """A solution cell and the checks that judge it, by their `grade_id`; `wrong` as the cell's metadata hold it.

    `questions` are the full ids of the bank's questions that the checks mark.
    """

    solution: str
    checks: tuple[str, ...]
    wrong: tuple[Mapping[str, str], ...]
    questions: tuple[str, ...] = ()


def _is_check(cell: Cell) -> bool:
    return bool(grading(cell).get("grade")) and not grading(cell).get("solution") and cell["cell_type"] == "code"


def _is_solution(cell: Cell) -> bool:
    return bool(grading(cell).get("solution")) and not grading(cell).get("grade") and cell["cell_type"] == "code"


def tasks(cells: list[Cell]) -> list[Task]:
    """Return the tasks of a notebook; a check belongs to the last solution above it."""
    found: list[Task] = []
    for cell in cells:
        name = grading(cell).get("grade_id")
        if _is_solution(cell):
            wrong = cell["metadata"].get("opsbook", {}).get("wrong", ())
            found.append(Task(name, (), tuple(wrong)))
        elif _is_check(cell):
            task = found.pop() if found else Task("", (), ())
            marked = checked_question(cell)
            questions = (*task.questions, marked) if marked else task.questions
            found.append(Task(task.solution, (*task.checks, name), task.wrong, questions))
    return found


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _last_value(text: str, namespace: dict[str, Any], where: str) -> object:
    """Run a cell as Jupyter does: what its last line evaluates to is its value."""
    body = ast.parse(text, where).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), where, "exec"), namespace)
    return eval(compile(ast.Expression(last.value), where, "eval"), namespace) if last is not None else None


def run(cells: list[Cell], folder: Path, namespace: dict[str, Any] | None = None) -> dict[str, object]:
    """Run the code cells in one namespace, and return what each check shows, by `grade_id`."""
    namespace = {} if namespace is None else namespace
    namespace["__name__"] = "__main__"
    shown: dict[str, object] = {}
    with _inside(folder):
        for index, cell in enumerate(cells):
            if cell["cell_type"] != "code" or not source(cell).strip() or "raises-exception" in tags(cell):
                continue
            value = _last_value(source(cell), namespace, f"cell {index}")
            if _is_check(cell):
                shown[grading(cell)["grade_id"]] = value
    return shown


def _without_hidden_tests(cells: list[Cell]) -> list[Cell]:
    """Return the cells with their checks as a learner sees them, and everything else as it was."""
    stripped = strip({"cells": [cell for cell in cells if _is_check(cell)]})["cells"]
    visible = {grading(cell)["grade_id"]: cell for cell in stripped}
    return [visible.get(grading(cell).get("grade_id"), cell) if _is_check(cell) else cell for cell in cells]


def _with_answer(cells: list[Cell], task: str, answer: str) -> list[Cell]:
    changed = deepcopy(cells)
    for cell in changed:
        if grading(cell).get("grade_id") == task:
            cell["source"] = answer
    return changed


def problems(notebook: Notebook, bank: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield a sentence for each check that misjudges a solution, the stub or a catalogued wrong answer.

    The solutions are the notebook's and, for a question of `bank`, the code in the bank's model solution.
    """
    cells, folder = notebook.cells, notebook.path.parent
    found = tasks(cells)
    if not found:
        return
    solved: dict[str, Any] = {}
    try:
        run(cells, folder, solved)
    except Exception as error:  # noqa: BLE001 - whatever a cell raises is the fault to report
        yield f"solved, a cell or a hidden test stops with {type(error).__name__}: {error}"
        return
    yield from _misjudged_solutions(found, run(_without_hidden_tests(cells), folder))
    try:
        untouched = run(strip({"cells": cells})["cells"], folder)
    except Exception as error:  # noqa: BLE001 - as above
        yield f"as handed out, a cell stops with {type(error).__name__}: {error}. Running all cells must reach the end."
    else:
        yield from _misjudged_stubs(found, untouched)
    for task in found:
        yield from _incomplete(task)
        for asked in task.questions:
            yield from _misjudged_model(cells, folder, task, asked, str(bank.get(asked, {}).get("solution", "")))
            yield from _answered_by_a_table(solved, _functions(cells, task), asked)
        for number, wrong in enumerate(task.wrong, start=1):
            yield from _misjudged_answer(_without_hidden_tests(cells), folder, task, number, wrong)


def _incomplete(task: Task) -> Iterator[str]:
    if not task.solution:
        yield f"the check {task.checks[0]} has no solution cell above it."
    elif not task.checks:
        yield f"the solution {task.solution} has no check below it."
    elif not task.wrong:
        yield f"the solution {task.solution} lists no wrong answer; add one to its metadata as `opsbook.wrong`."


def _misjudged_solutions(found: list[Task], shown: Mapping[str, object]) -> Iterator[str]:
    for check in (check for task in found for check in task.checks):
        verdict = shown[check]
        if not isinstance(verdict, Mark):
            yield f"the check {check} must end with `exercises.check_code(…)` or `exercises.check(…)`, got {verdict!r}."
        elif not verdict.correct:
            yield f"the check {check} refuses the solution: {verdict!r}"


def _misjudged_stubs(found: list[Task], shown: Mapping[str, object]) -> Iterator[str]:
    for check in (check for task in found for check in task.checks):
        verdict = shown[check]
        if isinstance(verdict, Mark) and (verdict.correct or verdict.attempted):
            yield f"the check {check} must call the stub not attempted, it says: {verdict!r}"


_PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _misjudged_model(cells: list[Cell], folder: Path, task: Task, question: str, solution: str) -> Iterator[str]:
    answer = "\n".join(_PYTHON.findall(solution))
    if not answer:
        yield f"the solution of {question} in the bank must hold its code between ```python and ```."
        return
    try:
        shown = run(_until_last_check(_with_answer(cells, task.solution, answer), task), folder)
    except Exception as error:  # noqa: BLE001 - as above
        yield f"with the solution of {question} in the bank, a cell stops with {type(error).__name__}: {error}"
        return
    for check in task.checks:
        verdict = shown[check]
        if not (isinstance(verdict, Mark) and verdict.correct):
            yield f"the check {check} refuses the solution of {question} in the bank: {verdict!r}"


def _functions(cells: list[Cell], task: Task) -> list[str]:
    """Return the names of the functions that the solution of a task defines."""
    (solution,) = (source(cell) for cell in cells if grading(cell).get("grade_id") == task.solution)
    return [node.name for node in ast.parse(solution).body if isinstance(node, ast.FunctionDef)]


def _answered_by_a_table(solved: Mapping[str, Any], defined: list[str], name: str) -> Iterator[str]:
    """Yield a problem if all tests are passed by what knows no more than the answers that the open ones ask for.

    Whatever else it is asked, it gives one of these answers.
    """
    asked = question(name)
    assert isinstance(asked, CodeQuestion)
    wanted = [each for each in defined if any(re.search(rf"\b{each}\b", test.code) for test in asked.tests)]
    table: dict[str, Any] = {}

    def noted(function: str, *given: Any) -> Any:
        return table.setdefault(f"{function}{given}", solved[function](*given))

    def looked_up(function: str, *given: Any, otherwise: Any) -> Any:
        return table.get(f"{function}{given}", otherwise)

    for test in asked.tests:
        if not test.hidden:
            test.run({**solved, **{each: partial(noted, each) for each in wanted}})
    for otherwise in list(table.values()):
        answers = {each: partial(looked_up, each, otherwise=otherwise) for each in wanted}
        if asked.mark({**solved, **answers}).correct:
            yield (
                f"{name} gives full marks to a table of the answers that its open tests ask for, with {otherwise!r} "
                "for anything else. Add a hidden test that asks for another answer."
            )
            return


def _until_last_check(cells: list[Cell], task: Task) -> list[Cell]:
    last = max((index for index, cell in enumerate(cells) if grading(cell).get("grade_id") in task.checks), default=-1)
    return cells[: last + 1]


def _misjudged_answer(
    cells: list[Cell], folder: Path, task: Task, number: int, wrong: Mapping[str, str]
) -> Iterator[str]:
    name = f"wrong answer {number} of {task.solution}"
    if set(wrong) != {"source", "says"} or not wrong["says"].strip():
        yield f"{name} must have `source` and `says`, got {', '.join(wrong)}."
        return
    try:
        shown = run(_with_answer(_until_last_check(cells, task), task.solution, "".join(wrong["source"])), folder)
    except Exception as error:  # noqa: BLE001 - as above
        yield f"{name} stops with {type(error).__name__}: {error}. A wrong answer gets words, never a traceback."
        return
    verdicts = [shown[check] for check in task.checks]
    refused = [
        verdict for verdict in verdicts if isinstance(verdict, Mark) and verdict.attempted and not verdict.correct
    ]
    if not refused:
        yield f"{name} is accepted: {verdicts!r}"
    elif not any(wrong["says"] in verdict.message for verdict in refused):
        yield f"{name} must be told {wrong['says']!r}, it is told: {refused!r}"
