"""The command line ends with 0 done, 1 the input is at fault, 2 wrong usage, and says why."""

import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import opsbook
from opsbook import cli, planning, queues, staffing
from opsbook.cli import main
from opsbook.publishing import book, lab
from opsbook.publishing.editions import build as editions_build
from opsbook.publishing.editions.output import Output
from opsbook.publishing.editions.schema import SCHEMA

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
    for command in ("book", "lab", "bank", "edition", "staff", "kpi"):
        assert f"\n    {command} " in told


@pytest.mark.parametrize(
    "command",
    [
        *(["book"], ["lab"], ["bank"], ["bank", "check"], ["staff"], ["kpi"], ["edition"]),
        *(["edition", action] for action in ("new", "check", "build", "leaks")),
    ],
)
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


def test_a_book_of_one_s_own_is_not_taken_for_the_course(in_a_project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = book.project(Path(cli.__file__).parent)
    assert cli._course() == ours
    for name in ("chapters", "exercises/bank", "src/opsbook"):
        assert cli._course() == ours
        (in_a_project / name).mkdir(parents=True)
    monkeypatch.chdir(in_a_project / "exercises" / "bank")
    assert cli._course().resolve() == in_a_project.resolve()


def test_a_new_edition_outside_the_project_tells_editors_where_its_schema_is(elsewhere: Path, capsys: Captured) -> None:
    assert main(["edition", "new", "mine.yml", "--title", "Ours"]) == 0
    line = capsys.readouterr().out.splitlines()[-1]
    assert Path(line.removeprefix("# yaml-language-server: $schema=")).resolve() == SCHEMA.resolve()
    assert str(SCHEMA.parent) not in (elsewhere / "mine.yml").read_text(encoding="utf8")


def test_a_build_ends_with_its_times_and_the_page_to_open(
    elsewhere: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = elsewhere / "student" / "html" / "index.html"
    page.parent.mkdir(parents=True)
    page.touch()
    built = editions_build.Built(elsewhere, "What it holds.", {"students' pages": 3.0, "packing": 2.0}, 4.0)
    monkeypatch.setattr(editions_build, "build", lambda *_, **__: built)
    assert main(["edition", "build", "mine.yml", "--output", "."]) == 0
    *_, times, _, last = capsys.readouterr().out.splitlines()
    assert times.split() == ["in", "all,", "two", "at", "a", "time", "4.0", "s"]
    assert last == f"The edition is in {elsewhere}. Open {page.as_uri()} in a browser."


@pytest.mark.parametrize("last", [True, False], ids=["over-another", "first"])
def test_who_stops_a_build_is_told_what_is_left(
    elsewhere: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch, *, last: bool
) -> None:
    if last:
        with Output(elsewhere / "out") as place:
            place.replace()

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(editions_build, "build", stopped)
    assert main(["edition", "build", "mine.yml", "--output", "out"]) == 130
    rest = "What was in out is as it was." if last else "Nothing was written."
    assert capsys.readouterr().err == f"opsbook: stopped. {rest}\n"


@pytest.mark.usefixtures("elsewhere")
def test_a_search_for_leaks_needs_a_folder(capsys: Captured) -> None:
    assert main(["edition", "leaks", "nowhere"]) == 1
    assert capsys.readouterr().err.startswith("opsbook: there is no folder nowhere. Name the one that")


@pytest.mark.parametrize("action", ["new", "check", "build"])
def test_the_help_of_an_edition_says_how_it_ends(action: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        main(["edition", action, "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert re.search(r"Ends with 0 .* 1 when .* at fault, 2 when .* 130 when it was stopped\.", told)


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


def arrivals(folder: Path, text: str = "start,contacts\n2026-03-02T08:00,46\n2026-03-02T08:30,100\n") -> None:
    (folder / "arrivals.csv").write_text(text, encoding="utf8")


def test_a_forecast_is_staffed_printed_and_saved(elsewhere: Path, capsys: Captured) -> None:
    arrivals(elsewhere)
    typed = "staff arrivals.csv --aht 240 --target 80/20 --patience 120 --shrinkage 0.3 --chart plan.svg"
    assert main(typed.split()) == 0
    told, complained = capsys.readouterr()
    assert complained == ""
    lines = told.splitlines()
    assert lines[0].split("  ")[-1].strip() == "occupancy"
    for line, rate in zip(lines[1:3], (46 / 1800, 100 / 1800), strict=True):
        case = {"arrival_rate": rate, "mean_service_time": 240, "mean_patience": 120}
        agents = staffing.required_agents(**case, service_level=0.8, threshold=20)
        rostered = staffing.required_agents(**case, service_level=0.8, threshold=20, shrinkage=0.3)
        metrics = queues.erlang_a(agents, **case)
        assert line.replace(" %", "%").split()[2:] == [
            f"{rate * 240:.2f}",
            str(agents),
            str(rostered),
            f"{metrics.service_level(20):.1%}",
            f"{metrics.mean_wait:.1f}",
            f"{metrics.prob_abandon:.1%}",
            f"{metrics.occupancy:.1%}",
        ]
    assert lines[-1] == "Saved in arrivals-staffing.csv and plan.svg."
    saved = (elsewhere / "arrivals-staffing.csv").read_text(encoding="utf8").splitlines()
    assert saved[1].startswith("2026-03-02T08:00,46,6.133333,")
    assert (elsewhere / "plan.svg").exists()


def test_what_looks_like_a_slip_is_said_beside_the_plan(elsewhere: Path, capsys: Captured) -> None:
    arrivals(
        elsewhere, "start,contacts\n" + "".join(f"2026-03-02T{at},82\n" for at in ("08:00", "08:30", "09:30", "10:00"))
    )
    assert main(["staff", "arrivals.csv", "--aht", "4", "--target", "80/20"]) == 0
    told, complained = capsys.readouterr()
    assert told.splitlines()[-1] == "Saved in arrivals-staffing.csv."
    seconds, gap = complained.splitlines()
    assert seconds == "Warning: --aht 4: times are in seconds, so this is 4 s. Did you mean 4 minutes, --aht 240?"
    assert gap.startswith("Warning: rows are missing from 2026-03-02T09:00 to 2026-03-02T09:30: nobody is planned")


def test_targets_and_options_reach_the_plan(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    plan = SimpleNamespace(table=str, saved=[], warnings=())
    monkeypatch.setattr(planning, "staff", lambda file, **options: asked.append((file, options)) or plan)
    typed = (
        "staff a.csv --aht 4 --target 79.5/0 --max-wait 30 --max-abandon 5% --max-occupancy 0.85 --patience 60 "
        "--shrinkage 30% --of answered --interval 15 --output b.csv --force"
    )
    assert main(typed.split()) == 0
    assert asked == [
        (
            Path("a.csv"),
            {
                "mean_service_time": 4,
                "service_level": 0.795,
                "threshold": 0,
                "max_mean_wait": 30,
                "max_prob_abandon": 0.05,
                "max_occupancy": 0.85,
                "mean_patience": 60,
                "shrinkage": 0.3,
                "of": "answered",
                "interval": 900,
                "output": Path("b.csv"),
                "chart": None,
                "force": True,
            },
        )
    ]
    assert not list(elsewhere.iterdir())


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


def test_a_forecast_at_fault_gives_one_complete_list(elsewhere: Path, capsys: Captured) -> None:
    arrivals(elsewhere, "start,contacts\n2026-03-02T08:00,many\n2026-03-02T08:30,-1\n2026-03-02T08:30,4\n")
    assert main(["staff", "arrivals.csv", "--aht", "240", "--target", "80/20"]) == 1
    told, complained = capsys.readouterr()
    assert told == ""
    problems = complained.splitlines()
    assert [problem.split(":")[1] for problem in problems[:3]] == ["2", "3", "4"]
    assert problems[3:] == ["3 problems. Nothing was planned."]
    assert [path.name for path in elsewhere.iterdir()] == ["arrivals.csv"]


def test_a_plan_that_exists_stays(elsewhere: Path, capsys: Captured) -> None:
    arrivals(elsewhere)
    (elsewhere / "arrivals-staffing.csv").write_text("mine", encoding="utf8")
    assert main(["staff", "arrivals.csv", "--aht", "240", "--target", "80/20"]) == 1
    assert capsys.readouterr().err == (
        "opsbook: the plan must not replace a file, got arrivals-staffing.csv that exists. "
        "Name another, or replace it with --force.\n"
    )
    assert main(["staff", "arrivals.csv", "--aht", "240", "--target", "80/20", "--force"]) == 0


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
        (["staff", "a.csv", "--target", "80/20"], "arguments are required: --aht"),
        (["kpi"], "arguments are required: CONTACTS.csv"),
        (["kpi", "a.csv", "--target", "20/80/1"], "--target: must be per cent/seconds such as 80/20"),
        (
            ["kpi", "a.csv", "--level", "95"],
            "--level: must be a share such as 0.85 or 85%, above 0 and at most 1, got '95'",
        ),
        (["kpi", "a.csv", "--dates", "us"], "invalid choice: 'us'"),
        (["staff", "a.csv", "--aht", "240"], "give at least one of --target, --max-wait, --max-abandon and"),
        (["staff", "a.csv", "--aht", "0", "--target", "80/20"], "--aht: must be a number above 0, got '0'"),
        (["staff", "a.csv", "--aht", "inf", "--target", "80/20"], "--aht: must be a number above 0, got 'inf'"),
        (["staff", "a.csv", "--aht", "9", "--max-abandon", "0.1"], "--max-abandon needs --patience"),
        (["staff", "a.csv", "--aht", "9", "--max-occupancy", "85"], "must be a share such as 0.85 or 85%"),
        (["staff", "a.csv", "--aht", "9", "--max-wait", "9", "--shrinkage", "30"], "got '30'. Did you mean 30%?"),
        (["staff", "a.csv", "--aht", "9", "--max-wait", "9", "--shrinkage", "100%"], "must be below 1, got '100%'"),
        *(
            (["staff", "a.csv", "--aht", "9", "--target", target], "--target: must be per cent/seconds such as 80/20")
            for target in ("80", "0.8/20", "100/20", "80/x", "80/-1", "20/80/3", "nan/20")
        ),
    ],
)
def test_wrong_usage(typed: list[str], says: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        main(typed)
    told, complained = capsys.readouterr()
    assert (ended.value.code, told) == (2, "")
    assert complained.startswith("usage: opsbook")
    assert says in complained
