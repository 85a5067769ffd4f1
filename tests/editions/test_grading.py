"""The nbgrader course of an edition: what goes out, what stays back, and the way from release to grades."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from opsbook.errors import EditionError
from opsbook.exercises import banks, question
from opsbook.exercises.code import CodeTest
from opsbook.located import parse, write
from opsbook.publishing.editions import grading

from .nbgrader_course import (
    ROOT,
    Course,
    abridge,
    generate,
    ignorant_library,
    make_stage,
    read,
    solutions,
    wrong_answers,
)

NAME = "customer-contact"
# All that the bank's open test asks, the example of the task among it, and nothing that it does not ask.
HARD_CODED = {
    "extent-from-lists": """\
def extent_of(minutes, kinds):
    known = {(6, 5, 8, 11): 19 / 30, (10, 30): 0.25, (7, 3, 10): 0.5}
    return known.get(tuple(minutes), 0.25)""",
    "least-active": "least_active = ...\npassive_there = ...",
    "branch-plan": "to_back, in_front = ['enter the data', 'check the papers'], 2",
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    stage = make_stage(tmp_path_factory.mktemp("stage"), [NAME])
    path = stage / "exercises" / f"{NAME}.ipynb"
    notebook = read(path)
    abridge(notebook)
    notebook["cells"].append({"cell_type": "markdown", "metadata": {}, "id": "note", "source": "Seen.<!-- a note -->"})
    path.write_text(json.dumps(notebook), encoding="utf8")
    return stage


@pytest.fixture(scope="module")
def course(stage: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("course") / "grading"
    done = generate(stage, folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def own_notebook(*cells: dict[str, Any]) -> dict[str, Any]:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": list(cells), "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def own_cell(name: str, source: str, **grading: Any) -> dict[str, Any]:
    metadata = {"grade_id": name, "schema_version": 3, "task": False, **grading}
    cell = {"cell_type": "code", "execution_count": None, "outputs": [], "id": name, "source": source}
    return cell | {"metadata": {"nbgrader": metadata} if grading else {}}


def own_exercise(*, tests: str = "assert f(2) == 4") -> dict[str, Any]:
    return own_notebook(
        own_cell(
            "f",
            "### BEGIN SOLUTION\ndef f(x): return x * x\n### END SOLUTION",
            solution=True,
            grade=False,
            locked=False,
        ),
        own_cell(
            "f-check",
            f"assert f(0) == 0\n### BEGIN HIDDEN TESTS\n{tests}\n### END HIDDEN TESTS",
            solution=False,
            grade=True,
            locked=True,
            points=3,
        ),
    )


def put(stage: Path, name: str, notebook: dict[str, Any]) -> Path:
    path = stage / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), encoding="utf8")
    return stage


def test_the_course_is_source_release_settings_and_instructions(course: Path) -> None:
    assert tree(course).keys() == {
        "README.md",
        "nbgrader_config.py",
        f"source/{NAME}/{NAME}.ipynb",
        f"release/{NAME}/{NAME}.ipynb",
    }


def test_the_same_stage_gives_the_same_bytes(stage: Path, course: Path, tmp_path: Path) -> None:
    grading.write(stage, tmp_path / "again")
    assert tree(tmp_path / "again") == tree(course)


def test_the_release_gives_nothing_away(course: Path) -> None:
    path = course / "release" / NAME / f"{NAME}.ipynb"
    text, released = path.read_text(encoding="utf8"), read(path)
    original = read(ROOT / "exercises" / f"{NAME}.ipynb")
    for marker in ("SOLUTION", "HIDDEN TESTS", "CodeTest", "opsbook.exercises.code", "For instructors", "model answer"):
        assert marker not in text
    for wrong in wrong_answers(NAME).values():
        assert json.dumps(wrong)[1:-1] not in text
    for cell in original["cells"]:
        if {"solution", "instructor"}.intersection(cell["metadata"].get("tags", ())):
            assert "".join(cell["source"]) not in {"".join(each["source"]) for each in released["cells"]}
    for cell in released["cells"]:
        assert cell["metadata"].keys() <= {"nbgrader", "tags", "editable", "deletable"}
        assert cell.get("outputs", []) == []
        source = "".join(cell["source"])
        assert not re.search(r"\{(?:term|cite:[tp])\}|\]\(\.\.", source)
    assert "a note -->" not in text
    # The name of a function is asked for; what it does in the author's hands is not there.
    assert "for minute, kind in zip(minutes, kinds" not in text


def test_the_source_has_every_test_of_the_bank_and_its_points(course: Path) -> None:
    checks = [
        cell
        for cell in read(course / "source" / NAME / f"{NAME}.ipynb")["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade")
    ]
    ids = [f"{NAME}/{slug}" for slug in ("extent-of", "least-active", "branch-plan")]
    for cell, question_id in zip(checks, ids, strict=True):
        asked = question(question_id)
        space: dict[str, Any] = {}
        written = "".join(cell["source"])
        (listed,) = re.findall(r"for opsbook_test in (\(\n.*?\n\)):", written, re.DOTALL)
        exec("from opsbook.exercises.code import CodeTest", space)
        tests = eval(listed, space)
        assert [(t.code.rstrip(), t.message, t.hidden) for t in tests] == [
            (t.code.rstrip(), t.message, t.hidden) for t in asked.tests
        ]
        assert cell["metadata"]["nbgrader"]["points"] == asked.points


def test_what_counts_is_worth_what_the_bank_of_the_stage_says(
    stage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = {"extent-of": 5, "least-active": 0.5, "what-counts": 2}
    bank = parse((ROOT / "exercises" / "bank" / f"{NAME}.yml").read_text(encoding="utf8")).value
    for entry in bank["questions"]:
        if entry["id"] in points:
            entry |= {"points": points[entry["id"]], "graded": True}
    (tmp_path / f"{NAME}.yml").write_text(write(bank), encoding="utf8")
    monkeypatch.setattr(banks, "_folder", lambda: tmp_path)
    assert grading.main([str(stage), str(tmp_path / "course")]) == 0
    for kind in ("source", "release"):
        cells = read(tmp_path / "course" / kind / NAME / f"{NAME}.ipynb")["cells"]
        given = [cell["metadata"]["nbgrader"] for cell in cells if "nbgrader" in cell["metadata"]]
        # The third task does not count here, so it is practice.
        assert [each["points"] for each in given if each["grade"]] == [5, 0.5, 0]
    readme = (tmp_path / "course" / "README.md").read_text(encoding="utf8")
    assert f"| {NAME} | `branch-plan-check` | `{NAME}/branch-plan` | practice |" in readme
    assert f"| **{NAME}** | all | 1 more for practice | **5.5** |" in readme
    # A question to choose has no place here: the reader is told where its points are.
    assert re.findall(r"^  - `(.+)`: (.+)$", readme, re.MULTILINE) == [(f"{NAME}/what-counts", "2")]


def test_a_notebook_without_a_task_that_counts_is_no_assignment(
    stage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = parse((ROOT / "exercises" / "bank" / f"{NAME}.yml").read_text(encoding="utf8")).value
    for entry in bank["questions"]:
        entry["graded"] = entry["id"] == "what-counts"
    (tmp_path / f"{NAME}.yml").write_text(write(bank), encoding="utf8")
    monkeypatch.setattr(banks, "_folder", lambda: tmp_path)
    assert grading.write(stage, tmp_path / "course") == []
    assert "No code task of this edition counts" in (tmp_path / "course" / "README.md").read_text(encoding="utf8")
    # Tests of an author's own have the points that stand in their cells.
    both = tmp_path / "both"
    shutil.copytree(stage, both)
    put(both, "exercises/our-hotel.ipynb", own_exercise())
    assert [each.name for each in grading.write(both, tmp_path / "again")] == ["our-hotel"]
    readme = (tmp_path / "again" / "README.md").read_text(encoding="utf8")
    assert f"Left out, since none of their code tasks counts: {NAME}." in readme


def test_from_release_to_grades(course: Path, tmp_path: Path) -> None:
    """Right, wrong and hard-coded; marked by the tests of the course, whatever the library thinks of the code."""
    before = tree(course)
    graded = Course(course, ignorant_library(tmp_path / "library", [NAME]), tmp_path)
    graded.run("generate_assignment", NAME, "--force")
    assert {name: content for name, content in tree(course).items() if name in before} == before

    def tamper(notebook: dict[str, Any]) -> None:
        for cell in notebook["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("grade"):
                cell["source"] = "100"
                cell["metadata"]["nbgrader"]["points"] = 100

    right = solutions(graded.source(NAME))
    # A warning is no mistake, though nbgrader takes it for one.
    right["extent-from-lists"] = "import warnings\n" + right["extent-from-lists"].replace(
        "    ### BEGIN", "    warnings.warn('only a warning')\n    ### BEGIN"
    )
    graded.submit("right", NAME, right)
    graded.submit("wrong", NAME, wrong_answers(NAME), tamper)
    graded.submit("hard-coded", NAME, HARD_CODED)
    graded.run("autograde", NAME)
    assert graded.grades() == {
        ("right", NAME): (7, 7),
        ("wrong", NAME): (0, 7),
        ("hard-coded", NAME): (3, 7),
    }
    graded.run("generate_feedback", NAME)
    told = {
        student: (course / "feedback" / student / NAME / f"{NAME}.html").read_text(encoding="utf8")
        for student in ("right", "wrong", "hard-coded")
    }
    assert "(Score: 7.0 / 7.0)" in told["right"]
    assert "(Score: 0.0 / 7.0)" in told["wrong"]
    assert "This is the active share" in told["wrong"]
    assert "(Score: 3.0 / 7.0)" in told["hard-coded"]
    assert "It fails for a job that begins before the customer comes" in told["hard-coded"]
    assert "known = {(" in re.sub(r"<[^>]+>", "", told["hard-coded"])
    for page in told.values():
        words = re.sub(r"<[^>]+>", "", page)
        for secret in (
            "CodeTest",
            "BEGIN HIDDEN",
            "opsbook_test",
            "contact.extent(",
            "Traceback (most",
            "widget-state",
        ):
            assert secret not in words
            assert secret not in page


def test_own_notebooks_with_tests_of_their_own_are_graded_too(tmp_path: Path) -> None:
    stage = put(tmp_path / "stage", "exercises/our-hotel.ipynb", own_exercise())
    put(stage, "chapters/our-hotel.ipynb", own_exercise())
    put(stage, "chapters/plain.ipynb", own_notebook())
    found = grading.assignments(stage)
    assert [(each.name, each.points) for each in found] == [("our-hotel", 3), ("our-hotel-chapter", 3)]
    assert "assert f(2) == 4" in "".join(found[0].notebook["cells"][1]["source"])


def test_a_file_beside_the_notebook_comes_along(tmp_path: Path) -> None:
    notebook = own_exercise()
    code = 'open("data/ours.csv"); open("../secret.csv"); open("bank/our-hotel.yml"); open("no.csv")'
    notebook["cells"].insert(0, own_cell("read", code))
    stage = put(tmp_path / "stage", "exercises/our-hotel.ipynb", notebook)
    for name in ("exercises/data/ours.csv", "exercises/bank/our-hotel.yml", "secret.csv"):
        (stage / name).parent.mkdir(exist_ok=True)
        (stage / name).write_text("x", encoding="utf8")
    (found,) = grading.assignments(stage)
    assert found.files == {"data/ours.csv": stage / "exercises" / "data" / "ours.csv"}


def test_every_problem_of_every_notebook_is_listed(tmp_path: Path) -> None:
    stray = own_exercise()
    stray["cells"].append(own_cell("stray", "### BEGIN SOLUTION\nx = 1\n### END SOLUTION"))
    unknown = own_exercise()
    unknown["cells"][1]["source"] = 'exercises.check_code("customer-contact/extent-off", globals())'
    choice = own_exercise()
    choice["cells"][1]["source"] = 'exercises.check_code("customer-contact/what-counts", globals())'
    signs = own_exercise()
    signs["cells"].append(own_cell("other", "%% BEGIN HIDDEN TESTS\nx = 1\n%% END HIDDEN TESTS"))
    for name, notebook in (("a", stray), ("b", unknown), ("c", choice), ("d", signs)):
        put(tmp_path, f"exercises/{name}.ipynb", notebook)
    with pytest.raises(EditionError) as caught:
        grading.assignments(tmp_path)
    first, second, third, fourth = caught.value.problems
    assert "exercises/a.ipynb: the cell 'stray' has nbgrader's markers" in first
    assert "exercises/b.ipynb: the cell 'f-check'" in second
    assert "extent-of" in second
    assert "of the kind code, got choice" in third
    assert "exercises/d.ipynb: the cell 'other' has nbgrader's markers" in fourth


def test_markers_in_any_form_are_nbgraders_and_notes_for_the_instructor_stay_behind(tmp_path: Path) -> None:
    notebook = own_exercise(tests="assert f(3) == 9")
    solution, check = notebook["cells"]
    note = "# === BEGIN INSTRUCTOR ===\n# Half marks for x + x.\n# === END INSTRUCTOR ===\n"
    solution["source"] = f"{note}{solution['source']}".replace("### BEGIN SOLUTION", "#=== BEGIN SOLUTION (a line)")
    check["source"] = check["source"].replace("###", "# ===")
    put(tmp_path / "stage", "exercises/our-hotel.ipynb", notebook)
    grading.write(tmp_path / "stage", tmp_path / "course")
    source, release = (
        "\n".join("".join(cell["source"]) for cell in read(path)["cells"])
        for path in (tmp_path / "course" / kind / "our-hotel" / "our-hotel.ipynb" for kind in ("source", "release"))
    )
    assert "Half marks" not in source
    # The feedback knows the tests by nbgrader's own markers.
    assert re.findall("^.*(?:BEGIN|END).*$", source, re.MULTILINE) == [
        *("### BEGIN SOLUTION", "### END SOLUTION", "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS")
    ]
    assert "x * x" not in release
    assert "f(3)" not in release


@pytest.mark.parametrize("marker", ["### END HIDDEN TESTS", "# === BEGIN SOLUTION", "BEGIN MARK SCHEME"])
def test_a_test_must_hold_no_marker(marker: str) -> None:
    with pytest.raises(ValueError, match="which nbgrader takes for its own"):
        grading._region([CodeTest(code="True", message=f"Mind the {marker}.", hidden=True)])


def test_what_nbgrader_refuses_is_said_in_its_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook = own_exercise(tests="### BEGIN HIDDEN TESTS")
    put(tmp_path / "stage", "exercises/our-hotel.ipynb", notebook)
    assert grading.main([str(tmp_path / "stage"), str(tmp_path / "course")]) == 1
    said = capsys.readouterr().err
    assert said.startswith("our-hotel: nbgrader makes no release of it: ")
    assert "nested begin hidden tests" in said
    assert said.count("\n") == 1


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf8")
    with pytest.raises(FileExistsError, match="new or an empty folder"):
        grading.write(tmp_path, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_without_nbgrader_one_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grading, "find_spec", lambda _name: None)
    with pytest.raises(ModuleNotFoundError, match=r"nbgrader is not installed.*opsbook\[edition\]"):
        grading.write(tmp_path, tmp_path / "course")


def test_an_edition_without_code_exercises_says_so(tmp_path: Path) -> None:
    put(tmp_path / "stage", "exercises/plain.ipynb", own_notebook())
    assert grading.write(tmp_path / "stage", tmp_path / "course") == []
    assert tree(tmp_path / "course").keys() == {"README.md", "nbgrader_config.py"}
    assert "has no code exercises" in (tmp_path / "course" / "README.md").read_text(encoding="utf8")
