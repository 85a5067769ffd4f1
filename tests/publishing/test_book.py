"""The book is built from the project that one stands in, or not at all."""

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from opsbook.publishing import book


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "course"
    (folder / "chapters" / "deep").mkdir(parents=True)
    for name in ("_toc.yml", "_config.yml"):
        (folder / name).write_text("", encoding="utf8")
    return folder


@pytest.mark.parametrize("inside", [".", "chapters", "chapters/deep"])
def test_the_project_is_the_nearest_folder_with_a_book(root: Path, inside: str) -> None:
    assert book.project(root / inside).resolve() == root


def test_one_may_stand_in_the_project(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root / "chapters")
    assert book.project(Path()).resolve() == root


@pytest.mark.parametrize("missing", ["_toc.yml", "_config.yml"])
def test_half_a_project_is_none(root: Path, missing: str) -> None:
    (root / missing).unlink()
    with pytest.raises(book.NotAProjectError, match=r"holds no book.*Run the command inside a copy of the project"):
        book.project(root)


@pytest.fixture
def jupyter_book(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Stand in for Jupyter Book's own process."""
    stand_in = SimpleNamespace(returncode=0, commands=[])

    def run(command: list[str], **_options: Any) -> SimpleNamespace:
        stand_in.commands.append(command)
        return stand_in

    monkeypatch.setattr(subprocess, "run", run)
    return stand_in


def test_a_build_returns_the_front_page_and_takes_every_warning_for_an_error(
    root: Path, jupyter_book: SimpleNamespace
) -> None:
    assert book.build(root) == root / "_build" / "html" / "index.html"
    (command,) = jupyter_book.commands
    assert {"-W", "-n", "--keep-going"} <= set(command)
    assert str(root) in command


def test_a_failed_build_returns_nothing(root: Path, jupyter_book: SimpleNamespace) -> None:
    jupyter_book.returncode = 1
    assert book.build(root) is None


@pytest.mark.parametrize("clean", [True, False])
@pytest.mark.usefixtures("jupyter_book")
def test_a_clean_build_forgets_the_last_one_and_nothing_else(root: Path, *, clean: bool) -> None:
    kept, gone = root / "_build" / "mine" / "notes.txt", root / "_build" / "html" / "old.html"
    for path in (kept, gone):
        path.parent.mkdir(parents=True)
        path.write_text("", encoding="utf8")
    book.build(root, clean=clean)
    assert kept.exists()
    assert gone.exists() is not clean
