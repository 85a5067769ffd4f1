"""An nbgrader course as its teacher works with it: commands in its folder, and submissions made from its release."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from opsbook.located import parse, write

ROOT = Path(__file__).parents[2]
COMMAND = "opsbook.publishing.editions.grading"


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf8"))


def make_stage(folder: Path, names: Iterable[str]) -> Path:
    """Return a stage that holds some of the exercise notebooks, with the banks and the library of this checkout."""
    for name in ("_config.yml", "book/references.bib", *(f"exercises/{name}.ipynb" for name in names)):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
    return folder


def abridge(notebook: dict[str, Any]) -> None:
    """Leave only the first question in a notebook, and what its graded cells need: it runs in half the time."""
    kept: list[dict[str, Any]] = []
    for cell in notebook["cells"]:
        if not (_asks(cell) and any(map(_asks, kept))):
            kept.append(cell)
    notebook["cells"] = [cell for cell in kept if "exercises.my_progress(" not in "".join(cell["source"])]


def _asks(cell: Mapping[str, Any]) -> bool:
    return "".join(cell["source"]).startswith("exercises.question(")


def generate(stage: Path, out: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", COMMAND, str(stage), str(out)], capture_output=True, text=True, check=False
    )


def ignorant_library(folder: Path, names: Iterable[str]) -> Path:
    """Return where a copy of opsbook is imported from whose banks know no tests: it takes any code for right."""
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__", "publishing"))
    (folder / "datasets").symlink_to(ROOT / "datasets")
    banks = folder / "exercises" / "bank"
    banks.mkdir(parents=True)
    for name in names:
        text = (ROOT / "exercises" / "bank" / f"{name}.yml").read_text(encoding="utf8")
        bank = parse(text).value
        for entry in bank["questions"]:
            if entry["kind"] == "code":
                entry["tests"] = [{"code": "True", "message": "Never said."}]
        (banks / f"{name}.yml").write_text(write(bank), encoding="utf8")
    return folder / "src"


class Course:
    """A course in its folder, graded with the library found below `library`, everything else below `folder`."""

    def __init__(self, course: Path, library: Path, folder: Path) -> None:
        self.folder = course
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "OPSBOOK"))}
        places = {f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
        # nbgrader calls its database's own command by name, as in an environment that is activated.
        kept["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")])
        self.environment = kept | places | {"IPYTHONDIR": str(folder / "ipython"), "PYTHONPATH": str(library)}

    def run(self, *arguments: str) -> str:
        """Run an nbgrader command as the instructions have it, and return what it says."""
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{arguments}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def source(self, name: str) -> dict[str, Any]:
        return read(self.folder / "source" / name / f"{name}.ipynb")

    def release(self, name: str) -> dict[str, Any]:
        return read(self.folder / "release" / name / f"{name}.ipynb")

    def submit(
        self, student: str, name: str, answers: Mapping[str, str], alter: Callable[[dict[str, Any]], None] | None = None
    ) -> None:
        """Hand in the released notebook with `answers` by the name of the cell, and `alter` done to it."""
        notebook = self.release(name)
        for cell in notebook["cells"]:
            grading = cell["metadata"].get("nbgrader", {})
            if grading.get("solution"):
                cell["source"] = answers[grading["grade_id"]]
        if alter:
            alter(notebook)
        target = self.folder / "submitted" / student / name / f"{name}.ipynb"
        target.parent.mkdir(parents=True)
        target.write_text(json.dumps(notebook), encoding="utf8")

    def grades(self) -> dict[tuple[str, str], tuple[float, float]]:
        """Export the grades and return score and maximum by student and assignment."""
        self.run("export")
        with (self.folder / "grades.csv").open(encoding="utf8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["timestamp"] or row["score"]]
        return {(row["student_id"], row["assignment"]): (float(row["score"]), float(row["max_score"])) for row in rows}


def solutions(notebook: Mapping[str, Any]) -> dict[str, str]:
    """Return the author's answers by the name of the cell."""
    cells = [cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("solution")]
    return {cell["metadata"]["nbgrader"]["grade_id"]: "".join(cell["source"]) for cell in cells}


def wrong_answers(name: str) -> dict[str, str]:
    """Return the first wrong answer of each cell, as its author foresaw it."""
    cells = [cell for cell in read(ROOT / "exercises" / f"{name}.ipynb")["cells"] if "opsbook" in cell["metadata"]]
    return {
        cell["metadata"]["nbgrader"]["grade_id"]: cell["metadata"]["opsbook"]["wrong"][0]["source"] for cell in cells
    }
