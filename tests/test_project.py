"""What is shipped: third-party work with licences, files that name no machine or other host, a wheel that works."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest

from opsbook import datasets, exercises

THIS = Path(__file__).resolve()  # it names what no other file may
ROOT = THIS.parents[1]
VENDOR = ROOT / "src" / "opsbook" / "vendor"

# --- Third-party work ------------------------------------------------------------------------------------------

FOLDERS = sorted(path for path in VENDOR.iterdir() if path.is_dir())


def vendored() -> dict[str, list[str]]:
    """Return the rows of the table in the vendor folder's README: what, from where, under which licence."""
    rows = re.findall(r"^\| `([^`]+)` \|(.+)\|$", (VENDOR / "README.md").read_text(encoding="utf8"), re.MULTILINE)
    return {folder: [cell.strip() for cell in cells.split("|")] for folder, cells in rows}


def test_every_folder_is_listed_and_every_listed_folder_is_there() -> None:
    assert set(vendored()) == {folder.name for folder in FOLDERS}


def test_nothing_lies_outside_the_folders() -> None:
    assert [path.name for path in VENDOR.iterdir() if path.is_file()] == ["README.md"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_third_party_work_has_its_origin_version_and_licence(folder: Path) -> None:
    what, origin, licence = vendored()[folder.name]
    assert what
    assert re.search(r"`[^`]+` \d+\.\d+", origin)
    assert licence
    texts = [path for path in folder.iterdir() if path.stem.upper() in {"LICENSE", "LICENCE", "OFL"}]
    assert len(texts) == 1
    words = texts[0].read_text(encoding="utf8").casefold()
    name = {
        "SIL OFL 1.1": "sil open font license",
        "CC BY 4.0": "cc by 4.0",
        "BSD 3-Clause": "redistributions in binary",
    }
    assert name[licence] in words


# --- What no tracked file may name -----------------------------------------------------------------------------

FORBIDDEN = {
    "a path of somebody's machine": re.compile(
        r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+)/\w|\b[A-Z]:\\Users\\\w|/ipykernel_\d+"
    ),
    "a package registry": re.compile(
        r"(?i)--(?:extra-)?index-url|\bindex[_-]url\s*=|https?://[^\s\"'<>)]*/simple\b|"
        r"https?://[^\s\"'<>)]*(?:pypi|pythonhosted|npmjs|artifactory|nexus|registry)"
    ),
    "a private host": re.compile(
        r"https?://(?:[\w-]+\.)+(?:internal|local|lan|corp)\b|https?://(?!127\.0\.0\.1)\d+(?:\.\d+){3}\b"
    ),
    "a remote script, style or font": re.compile(
        r"(?i)<script[^>]+\bsrc\s*=\s*[\"']?(?:https?:)?//|<link[^>]+\bhref\s*=\s*[\"']?(?:https?:)?//|"
        r"@import\s+(?:url\()?[\"']?(?:https?:)?//|\burl\(\s*[\"']?(?:https?:)?//|"
        r"\b(?:import|importScripts)\s*\(\s*[\"']https?://|\bfrom\s+[\"']https?://|"
        r"https?://(?:cdn\.|[\w.]*unpkg|cdnjs|fonts\.g|[\w.]*jsdelivr)"
    ),
}

EXAMPLES = [
    ("a path of somebody's machine", "reads /home/ann/opsbook/data.csv"),
    ("a path of somebody's machine", '"/root/opsbook"'),
    ("a path of somebody's machine", r"C:\Users\ann"),
    ("a path of somebody's machine", "/tmp/ipykernel_123/1.py:3: UserWarning"),
    ("a package registry", "--extra-index-url https://example.org"),
    ("a package registry", "https://files.pythonhosted.org/packages/a.whl"),
    ("a package registry", "https://example.org/simple/numpy"),
    ("a private host", "http://build.example.internal/a"),
    ("a private host", "http://10.0.0.7:8080/a"),
    ("a remote script, style or font", '<script defer src="//example.org/a.js">'),
    ("a remote script, style or font", "<link rel=stylesheet href=https://example.org/a.css>"),
    ("a remote script, style or font", "src: url('https://example.org/a.woff2')"),
    ("a remote script, style or font", 'import x from "https://example.org/a.js"'),
    ("a remote script, style or font", "https://fonts.gstatic.com/a"),
]

HARMLESS = [
    "Homework/root/work is a path inside the project: src/work/a.py, ../root/b",
    "See https://example.org/home/ann and https://docs.python.org/3/library/simpleeval.html.",
    "http://127.0.0.1:8000/index.html",
    '<a href="https://example.org">a link</a> <svg xmlns="http://www.w3.org/2000/svg">',
    "from npm `vega` 6.2.0",
]


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf8")
    except UnicodeDecodeError:
        return ""


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="only a checkout knows which files are its own")
@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names(what: str) -> None:
    # What a page must not fetch, tests may show; no reader is given them.
    shown = "remote" in what
    files = [path for path in tracked() if path != THIS and not (shown and path.is_relative_to(ROOT / "tests"))]
    assert len(files) > 50
    found = [
        f"{path.relative_to(ROOT)}: {match.group(0)}"
        for path in files
        for match in FORBIDDEN[what].finditer(text_of(path))
    ]
    assert not found, f"{what}:\n" + "\n".join(found)


@pytest.mark.parametrize(("what", "text"), EXAMPLES)
def test_what_may_not_be_named_is_noticed(what: str, text: str) -> None:
    assert FORBIDDEN[what].search(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_may_be_named_is_not_noticed(text: str) -> None:
    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(text)] == []


# --- The wheel -------------------------------------------------------------------------------------------------

USE_IT = """
import json
import opsbook
from opsbook import charts, datasets, exercises
from opsbook.charts.picture import svg

asked = exercises.bank()[0]
tasks = datasets.load("contact_shares").query("operation == 'bank branch' and job == 1")
chart = charts.timeline(tasks, "One visit", description="The tasks of one visit, in sequence.")
print(json.dumps({
    "file": opsbook.__file__,
    "rows": {name: len(datasets.load(name)) for name in datasets.names()},
    "question": asked.id,
    "blank": exercises.mark(asked, None).attempted,
    "element": exercises.markup(asked.id)[:13],
    "widget": sorted(asked._repr_mimebundle_()),
    "picture": svg(chart.to_dict())[:4],
}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an environment outside the checkout that holds the wheel, and borrows third parties from this one."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder / "env", with_pip=False, symlinks=os.name != "nt")
    python = folder / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    command = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "--disable-pip-version-check",
        "install",
        "--quiet",
    ]
    subprocess.run([*command, "--no-deps", "--no-index", str(wheel)], check=True, cwd=folder, capture_output=True)
    site = subprocess.run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    # A plain path adds that folder and none of its own .pth files, so the checkout's editable install stays out.
    (Path(site) / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf8")
    return python


def run(python: Path, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "OPSBOOK"))}
    environment["OPSBOOK_PROGRESS"] = str(folder / "progress.json")
    return subprocess.run(
        [str(python), *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def used(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    done = run(installed, "-I", "-c", USE_IT, folder=tmp_path_factory.mktemp("anywhere"))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_wheel_is_what_runs(used: dict[str, Any], installed: Path) -> None:
    file = Path(used["file"])
    assert file.is_relative_to(installed.parents[1])
    assert not file.is_relative_to(ROOT)


def test_an_installed_wheel_loads_every_data_set(used: dict[str, Any]) -> None:
    package = json.loads((ROOT / "datasets" / "datapackage.json").read_text(encoding="utf8"))
    assert used["rows"] == {resource["name"]: len(datasets.load(resource["name"])) for resource in package["resources"]}


def test_an_installed_wheel_asks_a_question(used: dict[str, Any]) -> None:
    assert used["question"] == exercises.bank()[0].id
    assert used["blank"] is False
    assert used["element"] == "<ops-question"
    assert "application/vnd.opsbook.question.v1+json" in used["widget"]


def test_an_installed_wheel_draws_a_chart(used: dict[str, Any]) -> None:
    assert used["picture"] == "<svg"


def test_an_installed_wheel_has_the_command(installed: Path, tmp_path: Path) -> None:
    command = "import sys; from opsbook.cli import main; sys.exit(main(sys.argv[1:]))"
    assert run(installed, "-I", "-c", command, "bank", "check", folder=tmp_path).returncode == 0
    outside = run(installed, "-I", "-c", command, "book", folder=tmp_path)
    assert (outside.returncode, outside.stdout) == (1, "")
    assert "holds no book" in outside.stderr
    assert list((installed.parent).glob("opsbook*"))


def test_the_wheel_carries_licences_and_types_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {
        f"opsbook/{path.relative_to(VENDOR.parent).as_posix()}" for path in VENDOR.rglob("*") if path.is_file()
    } <= names
    assert "opsbook/py.typed" in names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert [
        name for name in names if name.startswith(("tests", "chapters", "exercises")) or name.endswith(".ipynb")
    ] == []
