"""The graded code exercises of an edition as an nbgrader course: source, release, configuration and instructions.

Run in a process of the stage whose notebooks and banks are meant::

    python -m opsbook.publishing.editions.grading STAGE OUT

The tests of a question stand in its bank and nowhere else. They are written out between nbgrader's markers in the
source of each assignment, all of them, so that a grade does not depend on the library that a grader has installed:
the student's one knows no hidden tests.

Where the banks say of any question that it counts, only what counts has points here; other code tasks are practice in
the same notebook, and a notebook without any that counts is no assignment. Where nothing counts, every code task does.
"""

import argparse
import json
import logging
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory
from typing import Any, Final

import yaml

from opsbook.errors import EditionError, UnknownNameError
from opsbook.exercises.banks import bank, question
from opsbook.exercises.code import CodeQuestion, CodeTest
from opsbook.publishing.editions.withholding import student_notebook
from opsbook.publishing.editions.wording import escaped, joined
from opsbook.publishing.lab import cited_names, legible
from opsbook.publishing.notebooks import sources
from opsbook.publishing.solutions import KEPT_BACK, MARKER, left_over, region

__all__ = ["Assignment", "Exercise", "assignments", "main", "write"]

_HERE: Final = Path(__file__).parent
_STUB: Final = "pass  # your turn: put your code in place of this line"
_KEPT_OF_CELLS: Final = ("nbgrader", "tags", "editable", "deletable")
_KEPT_OF_NOTEBOOKS: Final = ("kernelspec", "language_info")
_MARKED: Final = region("SOLUTION", "HIDDEN TESTS", "MARK SCHEME")
_NOTES: Final = region("INSTRUCTOR")
_CHECKED: Final = re.compile(r"""\bcheck_code\(\s*["']([a-z0-9-]+/[a-z0-9-]+)["']""")
_ASKED: Final = re.compile(r"""\bquestion\(\s*["']([a-z0-9-]+/[a-z0-9-]+)["']""")
# What the course's notebooks end a check with. With the tests written out it has nothing left to say, and it would
# fail where the library installed knows no tests at all.
_ASSERTED: Final = re.compile(
    r"^### BEGIN HIDDEN TESTS\nassert (\w+)\.correct, \1\.message\n### END HIDDEN TESTS\n?", re.MULTILINE
)
# Links to pages and notebooks, which a copy that was handed out does not have beside it.
_LINK: Final = re.compile(r"(?<!!)\[([^\]\[]+)\]\((?![a-z][a-z0-9+.-]*:|#)[^)\s]+\)", re.IGNORECASE)
_LITERAL: Final = re.compile(r"""(?<![\w])["']([^"'\n\\]+\.[A-Za-z0-9]{1,8})["']""")


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """A graded cell: nbgrader's name for it, the question it checks (empty for an author's own tests), its points."""

    name: str
    question: str
    points: float


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """A notebook to hand in, its graded cells, the other questions it asks, and the files that it reads."""

    name: str
    notebook: dict[str, Any]
    exercises: tuple[Exercise, ...]
    asked: tuple[str, ...]
    files: Mapping[str, Path]

    @property
    def points(self) -> float:
        """What all its exercises are worth; 0 where all of them are practice."""
        return sum(exercise.points for exercise in self.exercises)


# --- Reading the stage -----------------------------------------------------------------------------------------


def assignments(stage: Path) -> list[Assignment]:
    """Return what a stage holds to be graded: every notebook with a cell that nbgrader grades.

    Parameters
    ----------
    stage : pathlib.Path
        A folder with the layout of the project, solutions and all.

    Returns
    -------
    list of Assignment
        Ordered by name: that of the notebook, with ``-chapter`` after it where it is a chapter's.

    Raises
    ------
    EditionError
        Notebooks that nbgrader could not grade as they stand; every problem of every notebook is listed.
    """
    names = cited_names(stage / "book" / "references.bib")
    all_count = not any(each.graded for each in bank())
    found, problems = [], []
    for path in sources(stage):
        notebook = json.loads(path.read_text(encoding="utf8"))
        if not any(_grades(cell) for cell in notebook["cells"]):
            continue
        try:
            found.append(_assignment(path, legible(notebook, names), all_count=all_count))
        except EditionError as error:
            problems += [f"{path.parent.name}/{path.name}: {problem}" for problem in error.problems]
    if problems:
        raise EditionError(problems)
    return sorted(found, key=lambda each: each.name)


def _grading(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata: Mapping[str, Any] = cell.get("metadata", {}).get("nbgrader", {})
    return metadata


def _grades(cell: Mapping[str, Any]) -> bool:
    return bool(_grading(cell).get("grade"))


def _assignment(path: Path, notebook: dict[str, Any], *, all_count: bool) -> Assignment:
    cells: list[dict[str, Any]] = []
    exercises: list[Exercise] = []
    asked: list[str] = []
    files: dict[str, Path] = {}
    problems: list[str] = []
    for cell in notebook["cells"]:
        if KEPT_BACK.intersection(cell.get("metadata", {}).get("tags", ())):
            continue
        text = _marked("".join(cell["source"]))
        if left_over(text) and not _grading(cell):
            problems.append(
                f"the cell {cell.get('id', '')!r} has nbgrader's markers but is no cell of nbgrader's. Make it one: "
                "in JupyterLab with nbgrader, under Property Inspector, Create assignment."
            )
        if cell["cell_type"] == "code":
            asked += _ASKED.findall(text)
            files.update(_files_read(path.parent, text))
        try:
            cells.append(_cell(cell, text, exercises, all_count=all_count))
        except (ValueError, UnknownNameError) as error:
            problems.append(f"the cell {cell.get('id', '')!r}: {error}")
    if problems:
        raise EditionError(problems)
    kept = {name: value for name, value in notebook["metadata"].items() if name in _KEPT_OF_NOTEBOOKS}
    checked = {exercise.question for exercise in exercises}
    return Assignment(
        name=path.stem if path.parent.name == "exercises" else f"{path.stem}-chapter",
        notebook={**notebook, "cells": cells, "metadata": kept},
        exercises=tuple(exercises),
        asked=tuple(each for each in dict.fromkeys(asked) if each not in checked),
        files=files,
    )


def _marked(text: str) -> str:
    """Return a cell's text with its regions between nbgrader's own markers, and less the notes for who teaches."""
    marked = _MARKED.sub(r"\1### BEGIN \2\n\3\1### END \2\n", _NOTES.sub("", text))
    return marked if text.endswith("\n") else marked.removesuffix("\n")


def _files_read(folder: Path, code: str) -> Iterator[tuple[str, Path]]:
    """Yield the files below the notebook's own folder that its code names; the course's data come with the library."""
    for name in _LITERAL.findall(code):
        path = folder / name
        if (
            path.is_file()
            and path.resolve().is_relative_to(folder.resolve())
            and not {"..", "bank"}.intersection(Path(name).parts)
        ):
            yield Path(name).as_posix(), path


def _cell(cell: Mapping[str, Any], text: str, exercises: list[Exercise], *, all_count: bool) -> dict[str, Any]:
    """Return a cell of the source: nothing in its metadata or outputs that is not nbgrader's, and its tests in full."""
    metadata = {name: value for name, value in cell["metadata"].items() if name in _KEPT_OF_CELLS}
    written = {**cell, "metadata": metadata}
    if cell["cell_type"] == "code":
        written |= {"outputs": [], "execution_count": None}
    elif not _grading(cell):
        # Comments in Markdown, and attachments that no text shows, may be anybody's notes.
        (shown,) = student_notebook({"cells": [written], "metadata": {}})["cells"]
        written, text = shown, _LINK.sub(r"\1", "".join(shown["source"]))
    if _grades(cell):
        text, exercise = _graded(cell, text, all_count=all_count)
        metadata["nbgrader"] = {**metadata["nbgrader"], "points": exercise.points}
        exercises.append(exercise)
    return written | {"source": text.splitlines(keepends=True)}


def _graded(cell: Mapping[str, Any], text: str, *, all_count: bool) -> tuple[str, Exercise]:
    grading = _grading(cell)
    name = str(grading.get("grade_id", ""))
    asked = list(dict.fromkeys(_CHECKED.findall(text))) if cell["cell_type"] == "code" else []
    if not asked:
        return text, Exercise(name=name, question="", points=_number(float(grading.get("points", 0))))
    if len(asked) > 1:
        raise ValueError(f"it checks {len(asked)} questions, {', '.join(asked)}. Give each a cell of its own.")
    drawn = question(asked[0])
    if not isinstance(drawn, CodeQuestion):
        raise ValueError(f"{asked[0]} must be a question of the kind code, got {drawn.kind}.")  # noqa: TRY004 - as in `check_code`
    text = f"{_ASSERTED.sub('', text).rstrip()}\n{_region(drawn.tests)}"
    counts = drawn.graded or all_count
    return text, Exercise(name=name, question=drawn.id, points=_number(drawn.points) if counts else 0)


def _number(points: float) -> float:
    """Return whole points as a whole number, as nbgrader writes them."""
    return int(points) if points == int(points) else points


def _region(tests: Sequence[CodeTest]) -> str:
    """Return the tests as nbgrader's hidden region, to stand at the end of a cell.

    What it shows is displayed and is not the cell's value, which nbgrader would read as points.
    """
    written = "".join(
        f"    CodeTest(\n        hidden={test.hidden},\n        message={_literal(test.message)},\n"
        f"        code={_literal(test.code)},\n    ),\n"
        for test in tests
    )
    return f"""\
### BEGIN HIDDEN TESTS
from IPython.display import display
from opsbook.exercises.code import CodeTest

for opsbook_test in (
{written}):
    opsbook_verdict = opsbook_test.run(globals())
    if not opsbook_verdict.correct:
        break
display(opsbook_verdict)
assert opsbook_verdict.correct, "a test is not passed, so this exercise gives no points"
### END HIDDEN TESTS"""


def _literal(text: str) -> str:
    if marker := MARKER.search(text):
        raise ValueError(f"a test holds {marker[0]!r}, which nbgrader takes for its own. Reword it.")
    if "\\" in text or '"""' in text or "\n" not in text:
        return repr(text)
    return f'"""\\\n{text.rstrip()}\n"""'


# --- Writing the course ----------------------------------------------------------------------------------------


def write(stage: Path, out: Path) -> list[Assignment]:
    """Write the nbgrader course of a stage into `out`; the same stage gives the same bytes.

    Parameters
    ----------
    stage : pathlib.Path
        A folder with the layout of the project, solutions and all; its banks and its data must be those that opsbook
        finds in this process.
    out : pathlib.Path
        A folder that is new or empty.

    Returns
    -------
    list of Assignment
        What was written.

    Raises
    ------
    ModuleNotFoundError
        nbgrader is not installed.
    FileExistsError
        `out` holds something.
    EditionError
        Notebooks that nbgrader could not grade as they stand; every problem of every notebook is listed.
    """
    if find_spec("nbgrader") is None:
        raise ModuleNotFoundError("nbgrader is not installed here. Install the extra: pip install 'opsbook[edition]'")
    if out.exists() and any(out.iterdir()):
        raise FileExistsError(f"`out` must be a new or an empty folder, got {out.name!r} with files in it. Empty it.")
    held = assignments(stage)
    found = [each for each in held if each.points]
    title = _title(stage)
    out.mkdir(parents=True, exist_ok=True)
    course = re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-") or "course"
    settings = {"title": title.replace("\\", " ").replace('"', "'"), "course": course, "stub": _STUB}
    _text(out / "nbgrader_config.py", _filled("grading_config.txt", settings))
    for assignment in found:
        folder = out / "source" / assignment.name
        _text(folder / f"{assignment.name}.ipynb", json.dumps(assignment.notebook, indent=1, ensure_ascii=False))
        for name, path in assignment.files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    _release(out, [each.name for each in found])
    _text(out / "README.md", _instructions(title, found, [each.name for each in held if not each.points]))
    return found


def _title(stage: Path) -> str:
    path = stage / "_config.yml"
    settings = yaml.safe_load(path.read_text(encoding="utf8")) if path.exists() else None
    return " ".join(str((settings or {}).get("title", "Course")).split())


def _text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.rstrip("\n") + "\n", encoding="utf8", newline="\n")


def _filled(name: str, values: Mapping[str, str]) -> str:
    return Template((_HERE / name).read_text(encoding="utf8")).substitute(values)


def _release(out: Path, names: Sequence[str]) -> None:
    """Have nbgrader make the release from the source, under the configuration that goes out with both."""
    from nbgrader.converters import GenerateAssignment  # type: ignore[import-untyped]  # noqa: PLC0415 - slow, and only here
    from nbgrader.coursedir import CourseDirectory  # type: ignore[import-untyped]  # noqa: PLC0415 - as above
    from traitlets.config.loader import PyFileConfigLoader  # noqa: PLC0415 - as above

    with TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        shutil.copytree(out, root, dirs_exist_ok=True)
        for name in names:
            config = PyFileConfigLoader("nbgrader_config.py", str(root)).load_config()
            config.CourseDirectory.update(root=str(root), assignment_id=name)
            # No gradebook: it would bear the time, and it belongs to whoever grades.
            config.GenerateAssignment.no_database = True
            config.SaveCells.enabled = False
            log, said = _listening()
            try:
                GenerateAssignment(coursedir=CourseDirectory(config=config, log=log), config=config, log=log).start()
            except Exception as error:
                raise EditionError([f"{name}: nbgrader makes no release of it: {said() or error}"]) from error
        for path in sorted((root / "release").rglob("*")) if names else ():
            if path.is_file():
                target = out / path.relative_to(root)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())


def _listening() -> tuple[logging.Logger, Callable[[], str]]:
    """Return a logger that prints nothing, and what was wrong by its account."""
    said: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage().strip())

    log = logging.Logger("nbgrader")  # noqa: LOG001 - one for a single assignment, known to nobody else
    log.addHandler(Listener(logging.ERROR))
    # The first line only names the assignment, the second ends with what was wrong.
    return log, lambda: said[1].splitlines()[-1] if len(said) > 1 else ""


def _instructions(title: str, found: Sequence[Assignment], practice: Sequence[str]) -> str:
    graded = {exercise.question for assignment in found for exercise in assignment.exercises}
    elsewhere = [asked for asked in bank() if asked.graded and asked.id not in graded]
    listed = "".join(f"\n  - `{asked.id}`: {asked.points:g}" for asked in elsewhere)
    return _filled(
        "grading.md",
        {
            "title": escaped(title),
            "version": version("nbgrader"),
            "first": found[0].name if found else "NAME",
            "table": _counting(found, practice),
            "elsewhere": f" These count, and are not graded here:\n{listed}" if listed else "",
        },
    )


def _counting(found: Sequence[Assignment], practice: Sequence[str]) -> str:
    """Return what counts as a table, and which notebooks are left out since nothing in them does."""
    if not found:
        lacking = "No code task of this edition counts" if practice else "This edition has no code exercises"
        return f"{lacking}, so nothing here is graded."
    rows = ["| Assignment | Exercise | Question | Points |", "| --- | --- | --- | ---: |"]
    for assignment in found:
        for exercise in assignment.exercises:
            asked = f"`{exercise.question}`" if exercise.question else "own tests"
            worth = f"{exercise.points:g}" if exercise.points else "practice"
            rows.append(f"| {assignment.name} | `{exercise.name}` | {asked} | {worth} |")
        rows.append(
            f"| **{assignment.name}** | all | {len(assignment.asked)} more for practice | **{assignment.points:g}** |"
        )
    if practice:
        rows += ["", f"Left out, since none of their code tasks counts: {joined(practice)}."]
    return "\n".join(rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the nbgrader course of a stage; return 1 where its notebooks cannot be graded."""
    parser = argparse.ArgumentParser(prog="python -m opsbook.publishing.editions.grading", description=__doc__)
    parser.add_argument("stage", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args(arguments)
    try:
        write(given.stage, given.out)
    except EditionError as error:
        print("\n".join(error.problems), file=sys.stderr)  # noqa: T201 - the answer of a command
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
