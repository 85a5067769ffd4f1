"""Notebooks are written with outputs that a second run writes again, byte for byte, and that nbval finds true."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nbclient.exceptions import CellExecutionError

from opsbook.publishing import notebooks

ROOT = Path(__file__).parents[2]

# Another course's metadata, a stale output, an id and a count that no run would give.
METADATA = {"opsbook": {"minutes": 5}, "widgets": {"state": {}}, "kernelspec": {"name": "old", "display_name": "old"}}

_IMPORTS = """
import time
from pathlib import Path

import altair as alt
import ipywidgets
import pandas as pd

from opsbook import charts, contact, exercises
"""

# What a course's notebooks show, and what differs from run to run: pieces of streams, widgets.
CELLS = [
    _IMPORTS.strip(),
    "print('first', flush=True)\ntime.sleep(0.4)\nprint('second', flush=True)",
    "ipywidgets.IntSlider()",
    "exercises.bank()[0]",
    "alt.Chart(pd.DataFrame({'a': [1, 2]})).mark_bar().encode(x='a:Q').properties(title='T', description='Bars.')",
    "contact.extent(6, 24)",
    "Path.cwd().name",
]


def notebook(folder: Path, *sources: str, **metadata: Any) -> Path:
    cells = [
        {
            "cell_type": "code",
            "id": f"random-{number}",
            "execution_count": 40 + number,
            "metadata": {"trusted": True, "execution": {"shell.execute_reply": "2020-01-01"}, **metadata},
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "stale"}],
            "source": source,
        }
        for number, source in enumerate(sources)
    ]
    cells.insert(0, {"cell_type": "markdown", "id": "text", "metadata": {"collapsed": True}, "source": "# Größe"})
    path = folder / "sample.ipynb"
    content = {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(content), encoding="utf8")
    return path


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bool]:
    folder = tmp_path_factory.mktemp("chapters")
    path = notebook(folder, *CELLS)
    return path, notebooks.execute(path)


@pytest.fixture
def stored(written: tuple[Path, bool]) -> dict[str, Any]:
    return json.loads(written[0].read_text(encoding="utf8"))


def outputs(stored: dict[str, Any], source: str) -> list[dict[str, Any]]:
    (cell,) = (cell for cell in stored["cells"] if source in "".join(cell["source"]))
    return cell["outputs"]


def test_a_run_leaves_the_authors_progress_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "progress.json"
    monkeypatch.setenv("OPSBOOK_PROGRESS", str(kept))
    asked = notebook(
        tmp_path,
        "from opsbook import exercises",
        'exercises.check_code("customer-contact/extent-of", {"extent_of": lambda minutes, kinds: 1})',
    )
    assert notebooks.execute(asked)
    assert "Not yet" in asked.read_text(encoding="utf8")
    assert not kept.exists()


def test_a_first_run_writes_the_file(written: tuple[Path, bool]) -> None:
    path, changed = written
    assert changed
    assert "stale" not in path.read_text(encoding="utf8")


def test_a_second_run_writes_the_same_bytes(written: tuple[Path, bool]) -> None:
    path, _ = written
    before = path.read_bytes()
    assert not notebooks.execute(path)
    assert path.read_bytes() == before


def test_cells_are_counted_and_named_by_their_place(stored: dict[str, Any]) -> None:
    assert [cell["id"] for cell in stored["cells"]] == [f"cell-{n:03d}" for n in range(len(CELLS) + 1)]
    counts = [cell["execution_count"] for cell in stored["cells"] if cell["cell_type"] == "code"]
    assert counts == list(range(1, len(CELLS) + 1))


def test_metadata_are_the_course_s_alone(stored: dict[str, Any]) -> None:
    assert set(stored["metadata"]) == {"kernelspec", "language_info", "opsbook"}
    assert stored["metadata"]["opsbook"] == METADATA["opsbook"]
    assert stored["metadata"]["language_info"] == {"name": "python"}
    assert [cell["metadata"] for cell in stored["cells"]] == [{}] * len(stored["cells"])


def test_letters_stand_as_they_are(written: tuple[Path, bool]) -> None:
    text = written[0].read_text(encoding="utf8")
    assert "Größe" in text
    assert text.endswith("}\n")


def test_what_a_cell_prints_is_one_piece(stored: dict[str, Any]) -> None:
    (printed,) = outputs(stored, "time.sleep")
    assert "".join(printed["text"]) == "first\nsecond\n"


@pytest.mark.parametrize("source", ["IntSlider", "exercises.bank()"])
def test_no_widget_is_stored(stored: dict[str, Any], source: str) -> None:
    (shown,) = outputs(stored, source)
    assert "application/vnd.jupyter.widget-view+json" not in shown["data"]
    assert "text/plain" in shown["data"]


def test_a_question_is_stored_as_its_id_and_seed(stored: dict[str, Any]) -> None:
    (shown,) = outputs(stored, "exercises.bank()")
    assert set(shown["data"]) == {"application/vnd.opsbook.question.v1+json", "text/plain"}
    assert set(shown["data"]["application/vnd.opsbook.question.v1+json"]) == {"id", "seed"}


def test_cells_run_in_the_notebook_s_folder(stored: dict[str, Any], written: tuple[Path, bool]) -> None:
    (shown,) = outputs(stored, "Path.cwd()")
    assert shown["data"]["text/plain"] == repr(written[0].parent.name)


def test_nbval_finds_the_outputs_true_and_a_changed_one_false(written: tuple[Path, bool], tmp_path: Path) -> None:
    text = written[0].read_text(encoding="utf8")
    folder = tmp_path / written[0].parent.name
    folder.mkdir()
    (folder / "sound.ipynb").write_text(text, encoding="utf8")
    assert text.count('"0.25"') == 1
    (folder / "changed.ipynb").write_text(text.replace('"0.25"', '"0.26"'), encoding="utf8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        "/dev/null",
        "--rootdir",
        str(folder),
    ]
    command += ["--nbval", "--nbval-current-env"]
    done = subprocess.run([*command, str(folder)], capture_output=True, text=True, check=False)
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    assert len(failed) == 1, done.stdout + done.stderr
    assert "changed.ipynb::Cell 5" in failed[0]
    assert f"1 failed, {2 * len(CELLS) - 1} passed" in done.stdout


# --- Failures --------------------------------------------------------------------------------------------------


def test_a_failing_cell_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = notebook(tmp_path, "1 + 1", "1 / 0", "print('never')")
    before = path.read_bytes()
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        notebooks.execute(path)
    assert path.read_bytes() == before


def test_an_announced_failure_is_stored(tmp_path: Path) -> None:
    path = notebook(tmp_path, "1 / 0", tags=["raises-exception"])
    assert notebooks.execute(path)
    (error,) = outputs(json.loads(path.read_text(encoding="utf8")), "1 / 0")
    assert (error["output_type"], error["ename"]) == ("error", "ZeroDivisionError")


def test_sources_are_the_notebooks_of_both_folders(tmp_path: Path) -> None:
    for name in ("exercises/b.ipynb", "chapters/z.ipynb", "chapters/a.ipynb", "book/c.ipynb", "chapters/a.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}", encoding="utf8")
    found = [path.relative_to(tmp_path).as_posix() for path in notebooks.sources(tmp_path)]
    assert found == ["chapters/a.ipynb", "chapters/z.ipynb", "exercises/b.ipynb"]


# --- The command -----------------------------------------------------------------------------------------------

Ran = list[Path]


@pytest.fixture
def run_by(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Path], bool]], Ran]:
    """Put a stand-in where a notebook would be run."""

    def put(stand_in: Callable[[Path], bool]) -> Ran:
        ran: Ran = []

        def execute(path: Path) -> bool:
            ran.append(path)
            return stand_in(path)

        monkeypatch.setattr(notebooks, "execute", execute)
        return ran

    return put


def test_the_command_tells_what_it_wrote(
    run_by: Callable[[Callable[[Path], bool]], Ran], capsys: pytest.CaptureFixture[str]
) -> None:
    ran = run_by(lambda path: path.stem == "a")
    assert notebooks.main(["chapters/a.ipynb", "chapters/b.ipynb"]) == 0
    assert ran == [Path("chapters/a.ipynb"), Path("chapters/b.ipynb")]
    assert capsys.readouterr().out == "[1/2] chapters/a.ipynb written\n[2/2] chapters/b.ipynb unchanged\n"


def test_the_command_runs_all_unless_told(
    run_by: Callable[[Callable[[Path], bool]], Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "only.ipynb").write_text("{}", encoding="utf8")
    monkeypatch.chdir(tmp_path)
    ran = run_by(lambda _path: False)
    assert notebooks.main() == 0
    assert ran == [Path("chapters/only.ipynb")]


def test_the_command_stops_at_a_failure(
    run_by: Callable[[Callable[[Path], bool]], Ran], capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_path: Path) -> bool:
        raise CellExecutionError("cell 2", "ZeroDivisionError", "division by zero")

    ran = run_by(fail)
    assert notebooks.main(["a.ipynb", "b.ipynb"]) == 1
    assert ran == [Path("a.ipynb")]
    assert "cell 2" in capsys.readouterr().err
