"""The output folder: whole or not at all, never over anybody's work, and no litter."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from opsbook.publishing.editions import output
from opsbook.publishing.editions.output import MARKER, Output, foreign


def made(folder: Path, **files: str) -> None:
    """Put an edition's output of these files into `folder`."""
    with Output(folder) as place:
        for name, text in files.items():
            path = place.new / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf8")
        place.replace()


def held(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != MARKER)
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf8") for path in files}


def test_a_new_output_takes_the_place_of_the_last_one(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "out"
    made(folder, student__a="1", lms__b="2", book="3")
    assert held(folder) == {"student/a": "1", "lms/b": "2", "book": "3"}
    made(folder, student__c="4")
    assert held(folder) == {"student/c": "4"}
    assert {path.name for path in folder.iterdir()} == {"student", MARKER}
    assert foreign(folder) == []


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    made(tmp_path, student__a="1")
    assert held(tmp_path) == {"student/a": "1"}


@pytest.mark.parametrize("existing", [False, True])
def test_a_failure_leaves_what_was_there(tmp_path: Path, existing: bool) -> None:  # noqa: FBT001
    folder = tmp_path / "a" / "out"
    if existing:
        made(folder, student__a="1")

    def fail() -> None:
        with Output(folder) as place:
            (place.new / "student").mkdir()
            (place.work / "stage").mkdir()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == (["a"] if existing else [])
    if existing:
        assert held(folder) == {"student/a": "1"}
        assert {path.name for path in folder.iterdir()} == {"student", MARKER}


@pytest.mark.parametrize("name", ["thesis.txt", "grading/gradebook.db", "student/html/CNAME", ".git/config"])
def test_what_somebody_put_there_stops_a_build(tmp_path: Path, name: str) -> None:
    made(tmp_path, student__a="1", grading__source="2")
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("work", encoding="utf8")
    with pytest.raises(ValueError, match=rf"would be lost:\n  {name}\nMove it elsewhere"):
        made(tmp_path, student__a="3")
    assert held(tmp_path) == {"student/a": "1", "grading/source": "2", name: "work"}
    assert not (tmp_path / ".building").exists()


def test_what_somebody_changed_stops_a_build(tmp_path: Path) -> None:
    made(tmp_path, student__a="1")
    (tmp_path / "student" / "a").write_text("mended by hand", encoding="utf8")
    with pytest.raises(ValueError, match="student/a"):
        made(tmp_path, student__a="2")


def test_a_folder_without_a_marker_is_left_alone(tmp_path: Path) -> None:
    for number in range(8):
        (tmp_path / f"photo{number}").touch()
    with pytest.raises(ValueError, match="and 3 more"):
        made(tmp_path, student__a="1")
    (tmp_path / MARKER).write_text('{"files": [', encoding="utf8")
    with pytest.raises(ValueError, match="photo0"):
        made(tmp_path, student__a="1")


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a").write_text("1", encoding="utf8")
    made(tmp_path / "out", a="1")
    (tmp_path / "out" / "a").unlink()
    (tmp_path / "out" / "a").symlink_to(tmp_path / "elsewhere" / "a")
    assert foreign(tmp_path / "out") == ["a"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(ValueError, match="must be a folder"):
        made(tmp_path / "out", a="1")


BUILDING = """
import os, sys
from pathlib import Path
from opsbook.publishing.editions.output import Output

with Output(Path(sys.argv[1])) as place:
    (place.new / "book").write_text("new", encoding="utf8")
    print("begun", flush=True)
    input()
    os._exit(9)  # as a power cut would
"""


def test_two_builds_do_not_share_a_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-c", BUILDING, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"begun\n"
        with pytest.raises(ValueError, match="another build is writing"):
            made(tmp_path, a="1")
        assert (tmp_path / ".building" / "new" / "book").exists()
        other.communicate(b"\n")
    assert other.returncode == 9
    made(tmp_path, a="1")  # whoever that was is gone
    assert held(tmp_path) == {"a": "1"}
    assert {path.name for path in tmp_path.iterdir()} == {"a", MARKER}


def test_two_builds_of_one_process_do_not_share_a_folder_either(tmp_path: Path) -> None:
    with Output(tmp_path):
        with pytest.raises(ValueError, match="another build is writing"):
            made(tmp_path, a="1")
        assert (tmp_path / ".building" / "new").is_dir()


STOPPED = """
import os, sys
from pathlib import Path
from opsbook.publishing.editions.output import Output

moves, rename = iter(range(100)), Path.rename


def interrupted(path, target):
    if next(moves) == int(sys.argv[2]):
        os._exit(9)  # as a power cut would
    return rename(path, target)


with Output(Path(sys.argv[1])) as place:
    for name in ("book", "lms", "student"):
        (place.new / name).write_text("new", encoding="utf8")
    Path.rename = interrupted
    place.replace()
"""


@pytest.mark.parametrize("moves", range(8))
def test_a_power_cut_at_any_moment_loses_nothing(tmp_path: Path, moves: int) -> None:
    made(tmp_path, book="old", exam="old", student="old")
    done = subprocess.run([sys.executable, "-c", STOPPED, str(tmp_path), str(moves)], check=False)
    assert done.returncode == 9
    with Output(tmp_path):
        pass  # the next build takes back what was half done
    assert held(tmp_path) == {"book": "old", "exam": "old", "student": "old"}
    assert foreign(tmp_path) == []


def test_a_stop_while_things_are_put_in_place_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(tmp_path, book="old")
    rename = Path.rename

    def stopped(path: Path, target: Path) -> Path:
        os.kill(os.getpid(), signal.SIGINT)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", stopped)
    with pytest.raises(KeyboardInterrupt):
        made(tmp_path, book="new")
    assert held(tmp_path) == {"book": "new"}
    assert foreign(tmp_path) == []


def test_the_marker_lists_every_file_by_its_bytes(tmp_path: Path) -> None:
    made(tmp_path / "one", a="1", b__c="2")
    made(tmp_path / "two", b__c="2", a="1")
    assert (tmp_path / "one" / MARKER).read_bytes() == (tmp_path / "two" / MARKER).read_bytes()
    assert list(json.loads((tmp_path / "one" / MARKER).read_text(encoding="utf8"))["files"]) == ["a", "b/c"]
    assert output._WORK not in (tmp_path / "one" / MARKER).read_text(encoding="utf8")


@pytest.mark.parametrize("failing", [1, 2, 3, 4, 5])
def test_a_move_that_fails_takes_nothing_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int) -> None:
    folder = tmp_path / "out"
    made(folder, a="1", b="2")
    moves = iter(range(1, 100))
    move = Path.rename

    def refused(path: Path, target: Path) -> Path:
        if next(moves) == failing:
            raise PermissionError(13, "another program has it open")
        return move(path, target)

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(PermissionError):
        made(folder, a="3", c="4")
    monkeypatch.undo()
    assert held(folder) == {"a": "1", "b": "2"}
    assert foreign(folder) == []
    made(folder, a="5")
    assert held(folder) == {"a": "5"}
