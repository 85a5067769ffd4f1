"""The command line ends with 0 done, 1 the input is at fault, 2 wrong usage, and says why."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import opsbook
from opsbook.cli import main
from opsbook.publishing import book, lab

SOUND = """
questions:
  - id: one
    kind: choice
    objective: sample/1
    section: sample-one
    difficulty: 1
    points: 1
    pool: [check, exam]
    prompt: "Which?"
    options:
      - {id: a, text: A, correct: true, rationale: It is A.}
      - {id: b, text: B, correct: false, feedback: Not B., rationale: It is not B.}
"""
BROKEN = SOUND.replace("difficulty: 1", "difficulty: 7").replace("text: A", "txet: A")

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def in_a_project(elsewhere: Path) -> Path:
    for name in ("_toc.yml", "_config.yml"):
        (elsewhere / name).write_text("", encoding="utf8")
    return elsewhere


def bank(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, encoding="utf8")
    return name


# --- 0 ---------------------------------------------------------------------------------------------------------


def test_help_lists_every_command(capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    for command in ("book", "lab", "bank"):
        assert f"\n    {command} " in told


@pytest.mark.parametrize("command", [["book"], ["lab"], ["bank"], ["bank", "check"]])
def test_every_command_has_help(command: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])
    assert ended.value.code == 0
    assert f"usage: opsbook {' '.join(command)}" in capsys.readouterr().out


def test_version(capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert (ended.value.code, capsys.readouterr().out) == (0, f"opsbook {opsbook.__version__}\n")


def test_a_sound_bank_is_counted(elsewhere: Path, capsys: Captured) -> None:
    assert main(["bank", "check", bank(elsewhere, "sample.yml", SOUND)]) == 0
    told, complained = capsys.readouterr()
    assert complained == ""
    assert told.splitlines() == [
        "kind        choice    1",
        "objective   sample/1  1",
        "difficulty  1         1",
        "pool        check     1",
        "            exam      1",
        "1 question in 1 file, no problems.",
    ]


def test_several_sound_banks_are_counted_together(elsewhere: Path, capsys: Captured) -> None:
    files = [bank(elsewhere, f"{name}.yml", SOUND) for name in ("first", "second")]
    assert main(["bank", "check", *files]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].split() == ["kind", "choice", "2"]
    assert told[-1] == "2 questions in 2 files, no problems."


@pytest.mark.usefixtures("elsewhere")
def test_the_course_s_own_banks_are_the_default(capsys: Captured) -> None:
    assert main(["bank", "check"]) == 0
    assert re.search(r"^[0-9]+ questions in [0-9]+ files?, no problems\.$", capsys.readouterr().out, flags=re.MULTILINE)


def test_the_book_says_where_it_is(in_a_project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    page = in_a_project / "_build" / "html" / "index.html"
    asked = []

    def build(root: Path, *, clean: bool) -> Path:
        asked.append((root.resolve(), clean))
        return page

    monkeypatch.setattr(book, "build", build)
    assert main(["book"]) == main(["book", "--clean"]) == 0
    assert asked == [(in_a_project, False), (in_a_project, True)]
    assert page.as_uri() in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "workspace", "passed_on"),
    [
        (["lab"], None, ()),
        (["lab", "--workspace", "mine"], Path("mine"), ()),
        (["lab", "--", "--no-browser", "--port=9999"], None, ("--no-browser", "--port=9999")),
        (["lab", "--workspace", "mine", "--", "--no-browser"], Path("mine"), ("--no-browser",)),
    ],
)
def test_lab_passes_options_on(
    typed: list[str],
    workspace: Path | None,
    passed_on: tuple[str, ...],
    in_a_project: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []
    monkeypatch.setattr(lab, "start", lambda root, **options: asked.append((root.resolve(), options)))
    assert main(typed) == 0
    assert asked == [(in_a_project, {"workspace": workspace, "arguments": passed_on})]


# --- 1 ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["book", "lab"])
def test_outside_a_project_it_says_so(command: str, elsewhere: Path, capsys: Captured) -> None:
    assert main([command]) == 1
    told, complained = capsys.readouterr()
    assert told == ""
    assert complained.startswith(f"opsbook: {elsewhere} holds no book")
    assert "Run the command inside a copy of the project." in complained


@pytest.mark.usefixtures("in_a_project")
def test_a_book_that_was_not_built_is_a_failure(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.setattr(book, "build", lambda _root, **_options: None)
    assert main(["book"]) == 1
    assert capsys.readouterr().err == "The book was not built: see the warnings above.\n"


def test_a_reader_who_has_seen_enough_ends_it_quietly() -> None:
    code = "import sys; from opsbook.cli import main; sys.exit(main(['bank', 'check']))"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 0


def test_a_broken_bank_gives_one_complete_list(elsewhere: Path, capsys: Captured) -> None:
    files = [bank(elsewhere, "sample.yml", BROKEN), bank(elsewhere, "sound.yml", SOUND), "lost.yml"]
    assert main(["bank", "check", *files]) == 1
    told, complained = capsys.readouterr()
    problems = complained.splitlines()
    assert any(problem.startswith("sample.yml:7: question one: difficulty: must be at most 3") for problem in problems)
    assert any("options[a].txet: " in problem and "Did you mean `text`?" in problem for problem in problems)
    assert "lost.yml: there is no such file. Check the path." in problems
    assert not any("sound.yml" in problem for problem in problems)
    assert problems[-1] == "3 problems."
    # What can be read is counted all the same.
    assert told.splitlines()[0].split() == ["kind", "choice", "1"]
    assert "no problems" not in told


def test_a_single_problem_is_one(elsewhere: Path, capsys: Captured) -> None:
    assert main(["bank", "check", "lost.yml", bank(elsewhere, "sound.yml", SOUND)]) == 1
    assert capsys.readouterr().err.splitlines() == ["lost.yml: there is no such file. Check the path.", "1 problem."]


@pytest.mark.parametrize("nothing", ["", "a folder"])
def test_where_nothing_can_be_read_there_is_no_table(nothing: str, elsewhere: Path, capsys: Captured) -> None:
    if nothing:
        (elsewhere / "sample.yml").mkdir()
    else:
        bank(elsewhere, "sample.yml", nothing)
    assert main(["bank", "check", "sample.yml"]) == 1
    told, complained = capsys.readouterr()
    assert told == ""
    assert complained.startswith("sample.yml:")
    assert complained.endswith("\n1 problem.\n")


def test_a_bank_that_is_no_yaml_is_told_by_its_line(elsewhere: Path, capsys: Captured) -> None:
    assert main(["bank", "check", bank(elsewhere, "torn.yml", 'questions:\n  - {id: "one}\n')]) == 1
    assert capsys.readouterr().err.startswith("torn.yml:")


# --- 2 ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ([], "arguments are required: COMMAND"),
        (["read"], "invalid choice: 'read'"),
        (["bank"], "arguments are required: ACTION"),
        (["bank", "chek"], "invalid choice: 'chek'"),
        (["book", "--colour"], "unrecognized arguments: --colour"),
        (["lab", "--workspace"], "expected one argument"),
    ],
)
def test_wrong_usage(typed: list[str], says: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        main(typed)
    told, complained = capsys.readouterr()
    assert (ended.value.code, told) == (2, "")
    assert complained.startswith("usage: opsbook")
    assert says in complained
