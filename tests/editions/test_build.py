"""Building an edition: what is staged, what comes out, and that it is whole or not at all."""

import json
import os
import random
import re
import signal
import string
import subprocess
import sys
import tomllib
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path
from threading import Barrier
from time import monotonic, sleep
from urllib.parse import unquote

import pytest
import yaml
from bs4 import BeautifulSoup
from pypdf import PdfReader

from opsbook import cli
from opsbook.errors import EditionError
from opsbook.exercises.question import KEPT_SOLUTION
from opsbook.located import parse
from opsbook.publishing.editions import archives, build, needs, own_chapters, plan, staging, wording
from opsbook.publishing.editions.leaks import SECRETS_FILE
from opsbook.publishing.editions.output import MARKER, foreign
from opsbook.publishing.editions.processes import (
    Processes,
    StageError,
    problems_told,
    stage_environment,
    stage_process,
)

from .built import ROOT, SAMPLES, BuiltEdition
from .slow.crawl import Site

GOLDEN = Path(__file__).parent / "golden"
TODAY = date(2026, 9, 1)


def checked_against(name: str, text: str) -> None:
    """Compare a text with the golden one; OPSBOOK_GOLDEN=write takes it for golden, to be read in the diff."""
    path = GOLDEN / name
    if os.environ.get("OPSBOOK_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf8")
    assert text == path.read_text(encoding="utf8"), f"{name}: if this is meant, run with OPSBOOK_GOLDEN=write"


# --- The stage -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["hidden", "shown"])
def staged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("staged") / "stage"
    staging.stage(plan.checked(SAMPLES / f"{request.param}.yml", ROOT, today=TODAY), folder)
    return request.param, folder


def test_the_stage_is_the_golden_one(staged: tuple[str, Path]) -> None:
    name, folder = staged
    texts = [
        f"--- {file}\n{(folder / file).read_text(encoding='utf8')}"
        for file in ("_toc.yml", "_config.yml", "book/index.md")
    ]
    held = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_relative_to(folder / "src") and not path.is_relative_to(folder / "datasets")
    )
    checked_against(f"{name}-stage.txt", "\n".join(["--- files", *held, *texts]))


def test_a_stage_is_written_the_same_again(staged: tuple[str, Path], tmp_path: Path) -> None:
    name, folder = staged
    staging.stage(plan.checked(SAMPLES / f"{name}.yml", ROOT, today=TODAY), tmp_path / "again")
    differing = subprocess.run(["diff", "-rq", folder, tmp_path / "again"], capture_output=True, text=True, check=False)
    assert differing.stdout == ""


def test_a_process_of_the_stage_knows_its_banks_and_its_seed(staged: tuple[str, Path]) -> None:
    name, folder = staged
    code = (
        "import json; from opsbook.exercises import banks; from opsbook import datasets; "
        "graded = [each.id for each in banks.bank() if each.graded]; "
        "print(json.dumps([sorted(banks.bank_paths()), banks.default_seed(), graded, datasets.__file__]))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=folder,
        env=stage_environment(folder),
        capture_output=True,
        text=True,
        check=True,
    )
    chapters, seed, graded, file = json.loads(done.stdout)
    assert Path(file).is_relative_to(folder)
    if name == "hidden":
        counted = ["customer-contact/what-counts", "customer-contact/least-active"]
        assert (chapters, seed, graded) == (["customer-contact"], 7, counted)
    else:
        assert (chapters, seed, graded) == (["our-hotel", "personal-interaction"], 0, [])


def test_points_are_in_the_bank(staged: tuple[str, Path]) -> None:
    name, folder = staged
    if name == "hidden":
        bank = yaml.safe_load((folder / "exercises" / "bank" / "customer-contact.yml").read_text(encoding="utf8"))
        counted = {each["id"]: each["points"] for each in bank["questions"] if each.get("graded")}
        assert counted == {"what-counts": 4, "least-active": 2}


def test_a_picture_of_an_own_chapter_comes_along(staged: tuple[str, Path]) -> None:
    name, folder = staged
    assert (folder / "chapters" / "plan.svg").exists() == (name == "shown")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("![Away](../secret.png)", "must stay in this file's folder"),
        ("![Away](/etc/passwd.png)", "must be a path from this file's folder"),
        ("```{figure} missing.png\n```", "which does not exist"),
        ("![Alive](alive.svg)", "must hold no programs"),
        ('<img src="alive.svg" alt="">', "HTML must not load"),
        ("![A photo](photo.jpg)", r"must be the path of a .svg or .png file"),
    ],
)
def test_a_picture_that_is_more_than_one_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "secret.png").touch()
    ours = tmp_path / "ours"
    ours.mkdir()
    (ours / "our-hotel.md").write_text(f"# Our hotel\n\n{text}\n", encoding="utf8")
    (ours / "alive.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1" onload="x()"/>', encoding="utf8"
    )
    with pytest.raises(EditionError, match=says):
        staging._images(ours / "our-hotel.md", tmp_path / "chapters")
    assert not (tmp_path / "chapters").exists()


# --- The front page --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["# {}", "{}", "{{.lead}}\n{}", "| {} | b |\n| - | - |\n", "**[{}](a.md).** Words"])
def test_text_of_the_file_is_shown_letter_by_letter(form: str) -> None:
    draw, parser = random.Random(8), own_chapters._parser()
    words = ("{{", "}}", "<b>", "</b>", "<!--", "-->", "&amp;", "{term}`", "](", "{{x}}", "1.")
    marks = (*string.punctuation, *words)
    for _ in range(1_000):
        few = (*draw.choices(marks, k=2), " ", "x")
        text = " ".join("".join(draw.choices(few, k=draw.randint(3, 7))).split()) or "x"
        read = parser.parse(form.format(wording.escaped(text)))
        found = next(each.children for each in read if each.type == "inline") or ()
        shown = "".join(each.content if each.type == "text" else "" for each in found)
        assert shown.removesuffix(". Words" if "Words" in form else "") == text, read


def page(file: Path) -> BeautifulSoup:
    return BeautifulSoup(file.read_text(encoding="utf8"), "html.parser")


@pytest.fixture(scope="module")
def shown_front(hidden_edition: BuiltEdition) -> BeautifulSoup:
    return page(hidden_edition.student / "html" / "book" / "index.html")


def test_the_front_page_says_what_and_who(shown_front: BeautifulSoup) -> None:
    main = shown_front.select_one("main")
    assert main is not None
    heading = main.select_one("h1")
    assert heading is not None
    assert heading.get_text().startswith("Contact & <queues> {{ 1 }} at the desk")
    assert "One chapter, *nothing* more" in main.get_text()
    addresses = [unquote(str(link["href"])) for link in main.select("a[href]")]
    assert "mailto:ann@example.org" in addresses
    assert "The instructor's copy" not in main.get_text().replace("’", "'")


def test_the_instructors_copy_says_that_it_is_one(shown_edition: BuiltEdition) -> None:
    text = page(shown_edition.instructor / "html" / "book" / "index.html").get_text().replace("’", "'")
    assert "The instructor's copy, with solutions and answer keys." in text


def test_students_are_told_what_becomes_of_worked_solutions(hidden_edition: BuiltEdition) -> None:
    told = "Worked solutions stay with your instructor."
    for place in ("book/index", "chapters/customer-contact", "exercises/customer-contact"):
        assert told in page(hidden_edition.student / "html" / f"{place}.html").get_text(), place
    # There is none behind any question, so no question promises one.
    for path in (hidden_edition.student / "html").glob("*/*.html"):
        assert KEPT_SOLUTION not in path.read_text(encoding="utf8"), path.name


def test_the_week_plan_is_a_table_with_heads(shown_front: BeautifulSoup) -> None:
    table = shown_front.select_one("#week-plan table")
    assert table is not None
    assert [cell.get_text() for cell in table.select("thead th")] == ["Session", "Date", "To read before it"]
    rows = [[cell.get_text() for cell in row.select("td")] for row in table.select("tbody tr")]
    assert rows == [
        ["1", "Monday 7 September 2026", "Customer contact"],
        ["", "Thursday 10 September 2026", "No class: Holiday"],
        ["2", "Monday 14 September 2026", "Review"],
        ["3", "Thursday 17 September 2026", "Review"],
    ]


def test_every_page_wears_the_name_the_logo_and_the_colour(hidden_edition: BuiltEdition) -> None:
    pages = [
        path for path in (hidden_edition.student / "html").glob("*/*.html") if "site-header" in path.read_text("utf8")
    ]
    assert len(pages) > 5
    for path in pages:
        shown, text = page(path), path.read_text(encoding="utf8")
        title = shown.select_one(".site-title")
        assert title is not None
        assert title.get_text(" ", strip=True) == "Contact & <queues> {{ 1 }} at the desk Example School"
        assert shown.select_one('.site-title img[src$="_static/edition-logo.svg"]') is not None
        assert "--accent: #8a3b12" in text
        assert "queues>" not in re.sub(r"&[a-z]+;", "", text)
        footer = shown.select_one(".site-footer")
        assert footer is not None
        assert "Made from opsbook, © 2026 The opsbook authors, and changed" in " ".join(footer.get_text().split())
        assert footer.select_one('a[href^="https://creativecommons.org/licenses/by/4.0"]') is not None


def test_the_book_itself_wears_its_own() -> None:
    layout = (ROOT / "src" / "opsbook" / "publishing" / "theme" / "layout.html").read_text(encoding="utf8")
    assert "{%- if ops_edition %}" in layout
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf8"))
    assert "opsbook_edition" not in config["sphinx"]["config"]


# --- What comes out --------------------------------------------------------------------------------------------


@pytest.fixture(params=["hidden", "shown"])
def edition(request: pytest.FixtureRequest) -> tuple[str, BuiltEdition]:
    return request.param, request.getfixturevalue(f"{request.param}_edition")


def held(folder: Path) -> list[str]:
    """Return the files below a folder and in its archives, less what every book has and names that hold a hash."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != MARKER:
            name = path.relative_to(folder).as_posix()
            found.append(name)
            if path.suffix == ".zip" and "_static" not in path.parts:
                found += [f"{name}!{member}" for member in zipfile.ZipFile(path).namelist()]
    own = ("_static/downloads/notebooks.zip", "_static/edition-logo.svg", "!datasets/datapackage.json")
    every = ("/_images/", "/_static/", "!datasets/")
    told = (name for name in found if name.endswith(own) or not any(each in name for each in every))
    return [re.sub(r"\+e[0-9a-f]{8}", "+e", re.sub(r"[0-9a-f]{32,}", "HASH", name)) for name in told]


def test_the_output_is_the_golden_one(edition: tuple[str, BuiltEdition]) -> None:
    name, built = edition
    checked_against(f"{name}-output.txt", "\n".join(held(built.folder)) + "\n")


def test_the_exam_on_paper_is_as_long_as_the_file_says(hidden_edition: BuiltEdition) -> None:
    text = PdfReader(hidden_edition.folder / "exam.pdf").pages[0].extract_text()
    assert "5 questions, 12 minutes." in " ".join(text.split())


def test_nothing_dangles_and_nothing_is_left_unread(edition: tuple[str, BuiltEdition]) -> None:
    for html in edition[1].folder.glob("*/html"):
        site = Site(html)
        assert len(site.pages) > 8
        assert site.dangling() == []
        assert site.unread() == []


def test_the_output_is_as_its_marker_says(edition: tuple[str, BuiltEdition]) -> None:
    assert foreign(edition[1].folder) == []
    assert not (edition[1].folder / ".building").exists()


def test_no_path_of_the_machine_is_in_it(edition: tuple[str, BuiltEdition]) -> None:
    for path in edition[1].folder.rglob("*"):
        if path.is_file() and path.suffix in {".html", ".js", ".json", ".py", ".md", ".ipynb", ".yml"}:
            text = path.read_text(encoding="utf8")
            assert str(edition[1].folder) not in text, path
            assert str(ROOT) not in text, path


def test_the_front_page_leads_to_the_notebooks(hidden_edition: BuiltEdition) -> None:
    site = hidden_edition.student / "html"
    link = page(site / "book" / "index.html").select_one("a[download][href$='notebooks.zip']")
    assert link is not None
    linked = site / "book" / str(link["href"])
    assert linked.read_bytes() == (hidden_edition.student / "notebooks.zip").read_bytes()


def test_the_students_archive_is_without_solutions_and_the_instructors_with(hidden_edition: BuiltEdition) -> None:
    with zipfile.ZipFile(hidden_edition.student / "notebooks.zip") as archive:
        student = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(hidden_edition.instructor / "notebooks.zip") as archive:
        instructor = {name: archive.read(name) for name in archive.namelist()}
    notebook = "exercises/customer-contact.ipynb"
    assert b"BEGIN SOLUTION" in instructor[notebook]
    assert b"BEGIN SOLUTION" not in student[notebook]
    assert "exercises/bank/customer-contact.yml" not in student
    assert b"customer-contact/branch-extent" in instructor["marking-guide.html"]
    assert instructor["edition.yml"] == hidden_edition.file.read_bytes()
    assert b"Ann Lee, Example School" in student["README.md"]
    assert student["README.md"].startswith(b"# Contact & \\<queues> \\{\\{ 1 }} at the desk\n")


def test_what_is_secret_lies_beside_the_archive_whatever_the_outputs_are(edition: tuple[str, BuiltEdition]) -> None:
    name, built = edition
    assert (built.instructor / "notebooks.zip").exists() == (name == "hidden")
    assert (built.instructor / SECRETS_FILE).exists()


def test_what_students_get_can_be_searched_again(
    shown_edition: BuiltEdition, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["edition", "leaks", str(shown_edition.folder)]) == 0
    assert "Nothing that is kept from students was found" in capsys.readouterr().out


def test_shown_solutions_come_in_a_folder_of_their_own(shown_edition: BuiltEdition) -> None:
    with zipfile.ZipFile(shown_edition.student / "notebooks.zip") as archive:
        solved = [name for name in archive.namelist() if name.startswith("solutions/")]
        assert solved == ["solutions/personal-interaction.ipynb"]
        readme = archive.read("README.md").decode()
    assert "`solutions/`" in readme
    assert "Not opsbook's: Our hotel." in readme


def test_the_own_chapter_is_a_page_with_its_question(shown_edition: BuiltEdition) -> None:
    shown = page(shown_edition.instructor / "html" / "chapters" / "our-hotel.html")
    assert shown.select_one("ops-question") is not None
    assert shown.select_one('main a[href^="https://example.org/opsbook/chapters/customer-contact"]') is not None
    assert shown.select_one("main img[alt^='A circle']") is not None
    footer = shown.select_one(".site-footer")
    assert footer is not None
    assert "with a chapter of its own added" in " ".join(footer.get_text().split())


# --- Jobs and processes ------------------------------------------------------------------------------------------


def test_two_jobs_run_at_a_time_and_wait_for_those_before_them() -> None:
    running, most, order = 0, 0, []
    both = Barrier(2)

    def work(name: str) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        if name != "first":
            both.wait(20)
        sleep(0.05)
        running -= 1
        order.append(name)

    jobs = [build.Job(name, lambda name=name: work(name), ("first",)) for name in "abcd"]  # type: ignore[misc]
    jobs.append(build.Job("first", lambda: work("first")))
    shares: list[float] = []
    with Processes() as processes:
        seconds = build.run_jobs(jobs, lambda share, _what: shares.append(share), processes)
    assert order[0] == "first"
    assert most == 2
    assert set(seconds) == {"first", *"abcd"}
    assert min(seconds.values()) >= 0.05
    assert shares == sorted(shares)
    assert shares[0] == 0


def test_a_job_that_fails_stops_the_others() -> None:
    began = monotonic()

    def fail() -> None:
        sleep(0.3)
        raise EditionError(["a leak"])

    with Processes() as processes:

        def long() -> None:
            processes.run([sys.executable, "-c", "import time; time.sleep(60)"], folder=Path(), environment={})

        jobs = [build.Job("long", long), build.Job("bad", fail), build.Job("late", long, ("bad",))]
        with pytest.raises(EditionError, match="a leak"):
            build.run_jobs(jobs, lambda _share, _what: None, processes)
        with pytest.raises(InterruptedError):
            long()
    assert monotonic() - began < 20


def test_of_two_jobs_that_fail_at_once_both_are_told() -> None:
    both = Barrier(2)

    def fail(error: Exception) -> None:
        both.wait(20)
        raise error

    def failing(*errors: Exception) -> list[build.Job]:
        return [build.Job(str(error), partial(fail, error)) for error in errors]

    leak = EditionError(["a leak", "another"])
    with Processes() as processes, pytest.raises(EditionError) as told:
        build.run_jobs(failing(leak, RuntimeError("no paper")), lambda _share, _what: None, processes)
    assert sorted(told.value.problems) == ["RuntimeError: no paper", "a leak", "another"]
    # Who was only stopped is not to blame.
    with Processes() as processes, pytest.raises(EditionError) as told:
        build.run_jobs(failing(InterruptedError("stopped"), leak), lambda _share, _what: None, processes)
    assert told.value is leak


def test_a_stop_does_not_wait_for_the_wheel(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(SLOW_PROJECT, encoding="utf8")
    (tmp_path / "hatch_build.py").write_text(SLOW_HOOK, encoding="utf8")
    began = monotonic()
    with Processes() as processes, ThreadPoolExecutor(1) as pool:
        made = pool.submit(archives.wheel, tmp_path, tmp_path / "wheel", processes=processes)
        while not (tmp_path / "begun").exists() and not made.done():
            sleep(0.05)
        processes.stop()
        with pytest.raises(InterruptedError):
            made.result(20)
    assert monotonic() - began < 40
    assert (tmp_path / "pyproject.toml").read_text(encoding="utf8") == SLOW_PROJECT


SLOW_PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "slow"
version = "1"
[tool.hatch.build.targets.wheel]
bypass-selection = true
[tool.hatch.build.targets.wheel.hooks.custom]
"""
SLOW_HOOK = """
import time
from pathlib import Path
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Slow(BuildHookInterface):
    def initialize(self, version, data):
        Path(self.root, "begun").touch()
        time.sleep(60)
"""


def test_a_process_that_fails_says_what_it_wrote(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    with pytest.raises(StageError, match="No module named"):
        stage_process(tmp_path, "no.such.module")
    (tmp_path / "src" / "quiet.py").write_text("import sys\nsys.exit(3)\n", encoding="utf8")
    (tmp_path / "src" / "said.py").write_text("print('as asked')\n", encoding="utf8")
    (tmp_path / "src" / "pack").mkdir()
    for name in ("quiet", "said"):
        (tmp_path / "src" / f"{name}.py").rename(tmp_path / "src" / "pack" / f"{name}.py")
    with pytest.raises(StageError, match=r"pack\.quiet ended with 3"):
        stage_process(tmp_path, "pack.quiet")
    assert stage_process(tmp_path, "pack.said") == "as asked\n"


def test_what_sphinx_complains_of_is_told_without_the_machine(tmp_path: Path) -> None:
    said = f"\x1b[91m{tmp_path}{os.sep}chapters/a.md:3: WARNING: undefined label: 'b'\x1b[39;49;00m\nRunning …\n"
    assert build._complaints(said * 2, tmp_path) == ["chapters/a.md:3: WARNING: undefined label: 'b'"]
    assert build._complaints("No space\n  left\n", tmp_path) == ["No space", "  left"]
    crash = "Sphinx says\nTraceback (most recent call last):\n  File ...\nKeyError: 'b'\n"
    assert build._complaints(crash, tmp_path) == ["KeyError: 'b'"]


def test_of_a_traceback_of_a_process_one_problem_is_told(tmp_path: Path) -> None:
    (tmp_path / "src" / "pack").mkdir(parents=True)
    (tmp_path / "src" / "pack" / "broken.py").write_text("def f():\n    return {}['a']\nf()\n", encoding="utf8")
    with pytest.raises(StageError) as failed:
        stage_process(tmp_path, "pack.broken")
    assert len(str(failed.value).splitlines()) > 3
    assert problems_told(str(failed.value)) == ["KeyError: 'a'"]


# --- The command -----------------------------------------------------------------------------------------------


def test_a_dry_run_says_what_there_would_be_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out"
    assert cli.main(["edition", "build", str(SAMPLES / "hidden.yml"), "--output", str(output), "--dry-run"]) == 0
    printed = capsys.readouterr().out
    assert "customer-contact (25 min)" in printed
    assert "Nothing was written" in printed
    assert not output.exists()


def test_check_says_what_a_dry_run_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["edition", "check", str(SAMPLES / "hidden.yml")]) == 0
    assert "customer-contact (25 min)" in capsys.readouterr().out


def test_what_the_machine_lacks_is_told_before_anything_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file, output = tmp_path / "mine.yml", tmp_path / "out"
    made = "student-notebooks, lms, grading, book-pdf, exam-pdf"
    file.write_text(f"title: Mine\ninclude: [customer-contact]\noutputs: [{made}]\n", encoding="utf8")
    lost = {"hatchling", "text2qti", "nbgrader", "playwright"}
    monkeypatch.setattr(needs, "find_spec", lambda name: None if name in lost else name)
    monkeypatch.setattr("opsbook.publishing.chromium._candidates", lambda: iter(("", "/nowhere/chromium")))
    monkeypatch.setattr(staging, "stage", lambda *_: pytest.fail("it has begun"))
    assert cli.main(["edition", "build", str(file), "--output", str(output)]) == 1
    told = capsys.readouterr().err
    browser = "Install Chromium or Google Chrome, or run: python -m opsbook.publishing.chromium"
    listed = [
        f"{made} {thing}, which is not on this machine. {install}. Or leave {rest} out."
        for made, thing, install, rest in (
            ("student-notebooks needs", "hatchling", "Run: pip install 'opsbook[edition]'", "it"),
            ("lms needs", "text2qti", "Run: pip install 'opsbook[edition]'", "it"),
            ("grading needs", "nbgrader", "Run: pip install 'opsbook[edition]'", "it"),
            ("book-pdf and exam-pdf need", "playwright", "Run: pip install 'opsbook[edition]'", "them"),
            ("book-pdf and exam-pdf need", "Chromium", browser, "them"),
        )
    ]
    assert told.splitlines() == [*(f"{file}:3: outputs: {each}" for each in listed), "5 problems. Nothing was written."]
    assert not output.exists()
    # What would be made can be told all the same, and what is not asked for needs nothing.
    assert cli.main(["edition", "check", str(file)]) == 0
    assert "\n".join(["Not on this machine", *(f"  {each}" for each in listed)]) in capsys.readouterr().out
    file.write_text("title: Mine\ninclude: [customer-contact]\noutputs: [student-html]\n", encoding="utf8")
    assert cli.main(["edition", "check", str(file)]) == 0
    assert "Not on this machine" not in capsys.readouterr().out


def test_what_is_said_to_install_brings_what_is_missing() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]["optional-dependencies"]
    for package, (extra, _) in needs._PACKAGES.items():
        assert package.replace("_", "-") in {re.split(r"[\[<>=]", each)[0] for each in extras[extra]}


@pytest.mark.parametrize("command", [["check"], ["build", "--output", "out"]])
def test_a_faulty_file_ends_in_1_with_every_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yml").write_text("title: Mine\nseed: many\ncolour: red\n", encoding="utf8")
    assert cli.main(["edition", command[0], "mine.yml", *command[1:]]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "mine.yml:2: seed:" in said.err
    assert "colour" in said.err
    assert "2 problems." in said.err
    assert not Path("out").exists()


def test_wrong_usage_ends_in_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["edition", "build", "mine.yml"])
    assert ended.value.code == 2
    assert "--output" in capsys.readouterr().err


def test_work_in_the_output_folder_stops_the_build(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.txt").touch()
    assert cli.main(["edition", "build", str(SAMPLES / "hidden.yml"), "--output", str(tmp_path)]) == 1
    assert "thesis.txt" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_build_that_fails_leaves_the_last_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from opsbook.publishing.editions.output import Output  # noqa: PLC0415 - only here

    output, file = tmp_path / "out", tmp_path / "mine.yml"
    with Output(output) as place:
        (place.new / "student").write_text("the last one", encoding="utf8")
        place.replace()
    (tmp_path / "ours.md").write_text("# Ours\n\n![Lost](lost.png)\n", encoding="utf8")
    file.write_text("title: Mine\ninclude: [ours.md]\n", encoding="utf8")
    assert cli.main(["edition", "build", str(file), "--output", str(output)]) == 1
    assert "lost.png" in capsys.readouterr().err
    assert {path.name for path in output.iterdir()} == {"student", MARKER}
    assert (output / "student").read_text(encoding="utf8") == "the last one"


def test_a_solution_copied_into_an_own_chapter_is_told_before_any_page_is_built(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bank = parse((ROOT / "exercises" / "bank" / "service-delivery.yml").read_text(encoding="utf8")).value
    solution = next(each["solution"] for each in bank["questions"] if each["id"] == "shorter-queue")
    (tmp_path / "ours.md").write_text(f"# Ours\n\nAs we saw: {solution}\n", encoding="utf8")
    file = tmp_path / "mine.yml"
    file.write_text("title: Mine\ninclude: [service-delivery, ours.md]\nrequires: ignore\n", encoding="utf8")
    assert cli.main(["edition", "build", str(file), "--output", str(tmp_path / "out")]) == 1
    leak, advice, count = capsys.readouterr().err.splitlines()
    assert leak.startswith("Leak: ours.md: solution of service-delivery/shorter-queue (as text): ")
    assert solution[:40] in leak
    assert "Write it differently there, or take it out." in advice
    assert count == "1 problem. Nothing was written."


COMMAND = "import sys; from opsbook.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent otherwise there")
@pytest.mark.parametrize(
    ("stop", "when"), [(signal.SIGTERM, "instructor/_toc.yml"), (signal.SIGINT, "student/_config.yml")]
)
def test_a_build_that_is_stopped_leaves_no_litter(tmp_path: Path, stop: signal.Signals, when: str) -> None:
    output = tmp_path / "out"
    command = [
        sys.executable,
        "-c",
        COMMAND,
        "edition",
        "build",
        str(SAMPLES / "shown.yml"),
        "--output",
        str(output),
    ]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    until = monotonic() + 120
    while not (output / ".building" / "work" / when).exists() and monotonic() < until:
        assert running.poll() is None, running.communicate()[1]
        sleep(0.05)
    running.send_signal(stop)
    errors = running.communicate(timeout=60)[1]
    assert running.returncode == 130
    assert errors.strip().endswith("opsbook: stopped. Nothing was written.")
    assert list(tmp_path.iterdir()) == []
    ours = subprocess.run(["pgrep", "-f", str(output)], capture_output=True, text=True, check=False)
    assert ours.stdout == ""
