"""An edition's pages pass the tests that the book's own pass in a browser, but for what only the whole book has."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import opsbook
from opsbook.publishing.editions.build import build

ROOT = Path(opsbook.__file__).parents[2]
CHAPTERS = ("customer-contact", "personal-interaction", "service-recovery")
EDITION = f"""\
title: Three chapters
include: [{", ".join(CHAPTERS)}]
requires: ignore
points: {{service-recovery/bell-at-the-desk: 3}}
outputs: [student-html, instructor-html, student-notebooks, instructor-notebooks]
"""


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("edition")
    (folder / "three.yml").write_text(EDITION, encoding="utf8")
    build(folder / "three.yml", folder / "out", root=ROOT)
    return folder / "out"


@pytest.mark.parametrize("whose", ["student", "instructor"])
def test_the_tests_of_the_book_pass(edition: Path, whose: str, tmp_path: Path) -> None:
    # What the pages must show, and what marks the answers to them, is what their readers are handed.
    with zipfile.ZipFile(edition / whose / "notebooks.zip") as archive:
        archive.extractall(tmp_path / "handed-out")
    (library,) = (tmp_path / "handed-out").glob("opsbook-*.whl")
    with zipfile.ZipFile(library) as archive:
        archive.extractall(tmp_path / "library")
    named = {
        "OPSBOOK_SITE": str(edition / whose / "html"),
        "OPSBOOK_ROOT": str(tmp_path / "handed-out"),
        "PYTHONPATH": str(tmp_path / "library"),
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHON"))}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'tests'}"]
    done = subprocess.run(
        [*command, "-m", "not whole_book", "tests/browser"],
        cwd=ROOT,
        env=kept | named,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    # All but what asks for a practice exam, or for a kind of figure that these chapters do not have.
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) >= 95
    assert ("students have no practice exam" in done.stdout) is (whose == "student")
