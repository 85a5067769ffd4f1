"""Archives: the same bytes from the same members, a wheel that pip replaces, and all that a student needs to start."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from opsbook.errors import EditionError
from opsbook.publishing.course import read_home
from opsbook.publishing.editions import archives

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One chapter of the project with its bank, as an edition would hold it."""
    folder = tmp_path_factory.mktemp("stage")
    for name in ("src", "datasets"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "requirements.txt", "README.md", "LICENSE", "LICENSE-CONTENT", ".gitignore"):
        shutil.copy(ROOT / name, folder / name)
    for name in ("chapters/customer-contact.ipynb", "exercises/customer-contact.ipynb", "book/references.bib"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    (folder / "exercises" / "bank").mkdir()
    shutil.copy(ROOT / "exercises/bank/customer-contact.yml", folder / "exercises/bank")
    chapter = {"caption": "Contact", "chapters": [{"file": "chapters/customer-contact"}]}
    edition = {"own": ["customer-contact"], "instructor": "A. <Keeper>"}
    config = {"title": "Ours", "sphinx": {"config": {"opsbook_edition": edition}}}
    (folder / "_config.yml").write_text(json.dumps(config), encoding="utf8")
    (folder / "_toc.yml").write_text(json.dumps({"root": "book/index", "parts": [chapter]}), encoding="utf8")
    return folder


@pytest.fixture(scope="module")
def wheel(stage: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return archives.wheel(stage, tmp_path_factory.mktemp("made") / "wheel")


def test_an_archive_depends_on_its_members_alone(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"text" * 100)
    archives.pack({"b/c.txt": tmp_path / "source", "a.txt": b"one"}, tmp_path / "one.zip")
    (tmp_path / "source").touch()
    (tmp_path / "source").chmod(0o600)
    archives.pack({"a.txt": b"one", "b/c.txt": tmp_path / "source"}, tmp_path / "deep" / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "deep" / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["a.txt", "b/c.txt"]
        assert archive.read("b/c.txt") == b"text" * 100


@pytest.mark.parametrize("name", ["../out.txt", "/etc/passwd", "a//b", "a/../../b", "a\\b", ""])
def test_no_member_leaves_the_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must be a path inside the archive"):
        archives.pack({name: b""}, tmp_path / "a.zip")


def test_the_wheel_is_of_the_stage_and_has_the_same_bytes_again(wheel: Path, stage: Path, tmp_path: Path) -> None:
    before = (stage / "pyproject.toml").read_bytes()
    assert archives.wheel(stage, tmp_path / "again").read_bytes() == wheel.read_bytes()
    assert (stage / "pyproject.toml").read_bytes() == before
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    banks = [name for name in names if name.startswith("opsbook/exercises/bank/")]
    assert banks == ["opsbook/exercises/bank/customer-contact.yml"]
    assert "opsbook/datasets/files/contact_log.csv.gz" in names
    assert not [name for name in names if "__pycache__" in name or str(stage).strip("/") in name]


def test_other_content_gives_another_version(wheel: Path, stage: Path, tmp_path: Path) -> None:
    bank = stage / "exercises" / "bank" / "customer-contact.yml"
    before = bank.read_text(encoding="utf8")
    try:
        bank.write_text(f"{before}\n# another\n", encoding="utf8")
        other = archives.wheel(stage, tmp_path / "other")
    finally:
        bank.write_text(before, encoding="utf8")
    assert other.name != wheel.name
    assert other.name.startswith("opsbook-0.1.0+e")


def test_a_wheel_that_cannot_be_built_says_why(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('version = "1"\n[nothing', encoding="utf8")
    with pytest.raises(EditionError, match=r"wheel could not be built: .*Error: ") as failed:
        archives.wheel(tmp_path, tmp_path / "wheel")
    (problem,) = failed.value.problems
    assert "\n" not in problem


@pytest.fixture(scope="module")
def unpacked(stage: Path, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("student")
    members = archives.student_members(stage, wheel, title="Contact for hotels", who="Ann Lee, Hotel School")
    archives.pack(members, folder / "notebooks.zip")
    with zipfile.ZipFile(folder / "notebooks.zip") as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


def test_a_student_starts_with_two_lines(unpacked: Path) -> None:
    text = (unpacked / "README.md").read_text(encoding="utf8")
    assert text.startswith("# Contact for hotels\n\nAnn Lee, Hotel School\n")
    assert "```\npip install -r requirements.txt\njupyter lab\n```" in text
    assert "CC BY 4.0" in text
    listed = {line.partition("`")[2].partition("`")[0] for line in text.splitlines() if line.startswith("- `")}
    assert listed == {"chapters/", "exercises/", "datasets/", "opsbook-*.whl"}


def test_pip_takes_the_requirements_and_would_install_the_wheel(unpacked: Path, wheel: Path) -> None:
    options = ["--dry-run", "--no-deps", "--no-index", "--ignore-installed", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *options, "-r", "requirements.txt"]
    done = subprocess.run(command, cwd=unpacked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"Would install opsbook-{wheel.name.split('-')[1]}" in done.stdout
    pins = (unpacked / "pins.txt").read_text(encoding="utf8").splitlines()
    wanted = (ROOT / "requirements.txt").read_text(encoding="utf8").splitlines()
    assert len(pins) == len([line for line in wanted if line[:1].isalnum()])
    assert [pin for pin in pins if "==" not in pin or "--hash" in pin or pin.endswith("\\")] == []
    assert any(pin.startswith("jupyterlab==") for pin in pins)


def test_notebooks_are_legible_where_no_page_resolves_a_role(unpacked: Path) -> None:
    text = (unpacked / "chapters" / "customer-contact.ipynb").read_text(encoding="utf8")
    raw = (ROOT / "chapters" / "customer-contact.ipynb").read_text(encoding="utf8")
    assert "{cite:" in raw
    assert "{cite:" not in text


def test_data_and_licences_come_along(unpacked: Path) -> None:
    for name in ("datasets/datapackage.json", "datasets/licences/CC0-1.0.txt", "LICENSE", "LICENSE-CONTENT"):
        assert (unpacked / name).read_bytes() == (ROOT / name).read_bytes()


def test_the_instructor_gets_banks_guide_and_file(stage: Path, wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "edition.yml").write_text("title: Contact\n", encoding="utf8")
    members = archives.instructor_members(
        stage, wheel, title="Contact", guide="<h1>Guide</h1>", edition=tmp_path / "edition.yml"
    )
    assert {"edition.yml", "marking-guide.html", "exercises/bank/customer-contact.yml"} <= set(members)
    exercises = members["exercises/customer-contact.ipynb"]
    assert isinstance(exercises, bytes)
    assert b"### BEGIN SOLUTION" in exercises
    readme = members["README.md"]
    assert isinstance(readme, bytes)
    for name in ("marking-guide.html", "exercises/bank/", "edition.yml"):
        assert f"- `{name}`" in readme.decode()


def test_a_title_is_shown_letter_by_letter(stage: Path, wheel: Path, tmp_path: Path) -> None:
    title = "Beds & <b>*boards*</b>"
    readme = archives.student_members(stage, wheel, title=title)["README.md"]
    assert isinstance(readme, bytes)
    assert readme.decode().startswith("# Beds & \\<b>\\*boards\\*\\</b>\n")
    edition = tmp_path / "edition.yml"
    readme = archives.instructor_members(stage, wheel, title=title, guide="", edition=edition)["README.md"]
    assert isinstance(readme, bytes)
    assert readme.decode().startswith("# Beds & \\<b>\\*boards\\*\\</b>: for the instructor\n")


def test_the_marking_guide_holds_what_marking_takes(stage: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from opsbook.publishing.editions.guide import marking_guide; "
        "sys.stdout.write(marking_guide(Path.cwd(), 'Hotels & <others>'))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=stage,
        env={"PYTHONPATH": str(stage / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    text = done.stdout
    assert "<title>Marking guide: Hotels &amp; &lt;others&gt;</title>" in text
    assert "CC BY 4.0. Not opsbook's: the questions of Customer contact, A. &lt;Keeper&gt;.</p>" in text
    assert "primer/" not in text  # the bank of the stage, not of the project
    asked = [line.partition("<h3>")[2].partition("</h3>")[0] for line in text.split("<article>")[1:]]
    assert asked[0] == "customer-contact/branch-extent"  # the chapter's first
    assert text.count("<article>") == text.count("<h3>customer-contact/")
    item = text[text.index("<h3>customer-contact/extent-of<") :]
    item = item[: item.index("</article>")]
    assert "2 points, practice · code" in item
    assert "def extent_of(minutes, kinds)" in item
    assert "Tests, and what is said of code that fails them" in item
    assert "a percentage" in item  # what is said of a wrong answer that the notebook lists


def test_the_guide_finds_titles_of_every_kind_of_chapter(tmp_path: Path) -> None:
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "ours.md").write_text("(label)=\n# Our hotel\n", encoding="utf8")
    assert read_home(tmp_path, "ours").title == "Our hotel"
    assert read_home(tmp_path, "nowhere").title == "nowhere"
