"""Every exercise notebook of the course, from release to grades: right, wrong and hard-coded."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from opsbook.publishing.editions import kept_back, leaks
from opsbook.publishing.editions.withholding import Policy, student_notebook

from .. import nbgrader_course as nbgrader  # noqa: TID252 - tests have no name to be imported by

NAMES = [path.stem for path in sorted((nbgrader.ROOT / "exercises").glob("*.ipynb"))]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("course") / "grading"
    done = nbgrader.generate(nbgrader.ROOT, folder)
    assert (done.returncode, done.stderr) == (0, "")
    return folder


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return nbgrader.ignorant_library(tmp_path_factory.mktemp("library"), NAMES)


@pytest.fixture
def course(made: Path, library: Path, tmp_path: Path) -> nbgrader.Course:
    return nbgrader.Course(made, library, tmp_path)


def hard_coded(released: dict[str, Any], right: dict[str, str]) -> dict[str, str]:
    """Return functions that give whatever they are asked the answer of the first example; values are left open."""
    answers = {}
    for cell in released["cells"]:
        grading = cell["metadata"].get("nbgrader", {})
        if grading.get("solution"):
            source = "".join(cell["source"])
            asked = [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
            name = grading["grade_id"]
            answers[name] = "\n".join([right[name], *map(_constant, asked)]) if asked else source
    return answers


def _constant(name: str) -> str:
    return f"""
def _frozen(right, seen=[]):
    def frozen(*given):
        if not seen:
            seen.append(right(*given))
        return seen[0]
    return frozen
{name} = _frozen({name})"""


def test_the_release_of_the_whole_course_gives_nothing_away(made: Path) -> None:
    secrets = kept_back.secrets(nbgrader.ROOT, Policy(hidden=True))
    assert leaks.scan(made / "release", secrets) == []
    # The search finds what is there to be found.
    assert leaks.scan(made / "source", secrets) != []


@pytest.mark.parametrize("name", NAMES)
def test_right_wrong_and_hard_coded(course: nbgrader.Course, name: str) -> None:
    course.run("generate_assignment", name, "--force")
    right = nbgrader.solutions(course.source(name))
    cells = course.source(name)["cells"]
    given = [cell["metadata"]["nbgrader"].get("points", 0) for cell in cells if "nbgrader" in cell["metadata"]]
    most = sum(given)
    course.submit("wrong", name, nbgrader.wrong_answers(name), nbgrader.abridge)
    course.submit("hard-coded", name, hard_coded(course.release(name), right), nbgrader.abridge)
    # The copy from the student's archive may be handed in as well as the release.
    archived = student_notebook(nbgrader.read(nbgrader.ROOT / "exercises" / f"{name}.ipynb"))
    course.submit("right", name, right, lambda notebook: notebook.update(_answered(archived, right)))
    course.run("autograde", name)
    grades = {student: score for (student, assignment), score in course.grades().items() if assignment == name}
    assert grades == {"right": (most, most), "wrong": (0, most), "hard-coded": (0, most)}
    course.run("generate_feedback", name)
    for student in grades:
        page = (course.folder / "feedback" / student / name / f"{name}.html").read_text(encoding="utf8")
        for secret in ("CodeTest", "opsbook_test", "BEGIN HIDDEN", "widget-state"):
            assert secret not in page


def _answered(notebook: dict[str, Any], answers: dict[str, str]) -> dict[str, Any]:
    answered = json.loads(json.dumps(notebook))
    for cell in answered["cells"]:
        grading = cell["metadata"].get("nbgrader", {})
        if grading.get("solution"):
            cell["source"] = answers[grading["grade_id"]]
    return answered
