"""What an edition gives away as files: archives whose bytes depend on nothing but what they hold, and the wheel."""

import fnmatch
import hashlib
import json
import os
import re
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from opsbook.errors import EditionError
from opsbook.publishing.editions.processes import Processes, problems_told
from opsbook.publishing.editions.wording import escaped
from opsbook.publishing.lab import cited_names, legible
from opsbook.publishing.notebooks import sources

__all__ = ["EPOCH", "instructor_members", "pack", "student_members", "wheel"]

EPOCH: Final = 1577836800
"""The moment that every member of an archive bears: 1 January 2020, UTC."""

_MOMENT: Final = (2020, 1, 1, 0, 0, 0)
_MODE: Final = 0o100644
_UNIX: Final = 3
_LICENCES: Final = ("LICENSE", "LICENSE-CONTENT")
_WORKBOOK: Final = "_static/downloads/queues-and-staffing.xlsx"
# Without extras, which pip takes in requirements alone.
_PIN: Final = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[\w,-]+\])?(==[^\\\n]*?)\s*\\?$", re.MULTILINE)
_VERSION: Final = re.compile(r'^(version = ")([^"+]+)(")$', re.MULTILINE)

_README: Final = """# {title}

{who}Unpack this folder, open a terminal in it, and type:

```
pip install -r requirements.txt
jupyter lab
```

Python 3.11 or newer is needed; an environment of its own (`python -m venv .venv`) keeps the rest of your machine as
it is. Then open a notebook in `exercises`. What is in the folder:

{contents}

Made from opsbook by the opsbook authors, and changed: chosen, arranged and shortened for this edition. Text, figures,
exercises and questions are under CC BY 4.0 (`LICENSE-CONTENT`), code under MIT (`LICENSE`), data under the licences
in `datasets/datapackage.json` and `datasets/licences`.{own}
"""
_PINNED: Final = "--constraint pins.txt\n./{}[lab]\n"
_SHARED: Final = {
    "chapters/": "the chapters as notebooks",
    "exercises/": "the exercises",
    "solutions/": "the exercises with their solutions",
    "book/": "the pages that the notebooks link to",
    "datasets/": "the data, with `datapackage.json` to say what every column means",
}
_STUDENT: Final = _SHARED | {"opsbook-*.whl": "the library, with the data and the practice questions inside"}
_INSTRUCTOR: Final = {
    "marking-guide.html": "points, key, solution, common mistakes and notes of every question, for a browser",
    **_SHARED,
    "exercises/bank/": "the question banks, whole",
    "edition.yml": "the file that this edition was made from",
    "opsbook-*.whl": "the library with the whole banks inside: not for students",
}


# --- Archives --------------------------------------------------------------------------------------------------


def pack(members: Mapping[str, bytes | Path], target: Path) -> None:
    """Write an archive that has the same bytes whenever its members have.

    Parameters
    ----------
    members : mapping
        What stands in it, by name with forward slashes: bytes, or the file to read.
    target : pathlib.Path
        The archive; its folder is made if need be.

    Raises
    ------
    ValueError
        A name would leave the folder that the archive is unpacked in.

    Notes
    -----
    Members are sorted by name, bear one date and one mode, and are compressed alike. What compresses them belongs to
    the machine: two machines may pack the same members into different bytes.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     first, second = Path(folder) / "a.zip", Path(folder) / "b.zip"
    ...     pack({"b.txt": b"two", "a.txt": b"one"}, first)
    ...     pack({"a.txt": b"one", "b.txt": b"two"}, second)
    ...     first.read_bytes() == second.read_bytes(), zipfile.ZipFile(first).namelist()
    (True, ['a.txt', 'b.txt'])
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(members):
            if not name or "\\" in name or name.startswith("/") or {"", ".", ".."}.intersection(name.split("/")):
                raise ValueError(
                    f"a member's name must be a path inside the archive, got {name!r}. Write it like `folder/file.txt`."
                )
            held = members[name]
            entry = zipfile.ZipInfo(name, _MOMENT)
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, _UNIX, _MODE << 16
            archive.writestr(entry, held if isinstance(held, bytes) else held.read_bytes(), compresslevel=9)


# --- The library -----------------------------------------------------------------------------------------------


def wheel(stage: Path, folder: Path, *, processes: Processes | None = None) -> Path:
    """Build the library of a stage, with its data and its question banks inside, and return the wheel.

    Its version ends in a mark of what is in it, such as ``0.1.0+e3f9a7c21``, so that pip replaces the library of
    another course, or of last week. Hatchling runs in a process of its own, which `processes` may stop, and asks no
    network.

    Raises
    ------
    EditionError
        Hatchling could not build it; what it complained of follows.
    """
    folder.mkdir(parents=True)  # hatchling says on no channel where it wrote, so the wheel is what is there
    # Else hatchling would look for one in the folders above, and might leave out everything that lies in this one.
    (stage / ".gitignore").touch()
    project = stage / "pyproject.toml"
    text = project.read_text(encoding="utf8")
    marked = _VERSION.sub(rf"\g<1>\g<2>+e{_mark(stage)}\g<3>", text, count=1)
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder.resolve())]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HATCH", "PYTHON"))}
    environment = {**kept, "SOURCE_DATE_EPOCH": str(EPOCH), "PYTHONHASHSEED": "0"}
    try:
        project.write_text(marked, encoding="utf8")
        with Processes() as own:
            done = (processes or own).run(command, folder=stage, environment=environment)
    finally:
        project.write_text(text, encoding="utf8")
    if done.returncode != 0:
        why = "; ".join(problems_told(done.stderr or done.stdout))
        raise EditionError([f"the library's wheel could not be built: {why}"])
    (made,) = folder.glob("*.whl")
    return made


def _mark(stage: Path) -> str:
    digest = hashlib.sha256((stage / "pyproject.toml").read_bytes())
    for top in ("src", "datasets", "exercises/bank"):
        for path in _files(stage / top):
            digest.update(path.relative_to(stage).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:8]


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)


# --- What is unpacked by students and instructors -------------------------------------------------------------------


def student_members(stage: Path, library: Path, *, title: str, who: str = "", own: str = "") -> dict[str, bytes | Path]:
    """Return what a student's archive holds, from a stage without solutions and the wheel that was made of it.

    Parameters
    ----------
    stage : pathlib.Path
        The student stage.
    library : pathlib.Path
        Its wheel.
    title : str
        The edition's title, which heads the README.
    who : str
        A line on who gives the course.
    own : str
        A sentence on what of the edition is not opsbook's.
    """
    return _members(stage, library, _STUDENT, {}, title=escaped(title), who=who, own=own)


def instructor_members(
    stage: Path, library: Path, *, title: str, guide: str, edition: Path, who: str = "", own: str = ""
) -> dict[str, bytes | Path]:
    """Return what the instructor's archive holds: everything that the student's does, solutions, banks and the guide.

    Parameters
    ----------
    stage : pathlib.Path
        The instructor stage.
    library : pathlib.Path
        Its wheel.
    title : str
        The edition's title, which heads the README, shown letter by letter.
    guide : str
        The marking guide, as one page of HTML.
    edition : pathlib.Path
        The file that the edition is made from.
    who, own : str
        As in `student_members`.
    """
    further: dict[str, bytes | Path] = {"edition.yml": edition, "marking-guide.html": guide.encode()}
    for path in sorted((stage / "exercises" / "bank").glob("*.yml")):
        further[f"exercises/bank/{path.name}"] = path
    heading = f"{escaped(title)}: for the instructor"
    return _members(stage, library, _INSTRUCTOR, further, title=heading, who=who, own=own)


def _members(
    stage: Path,
    library: Path,
    contents: Mapping[str, str],
    further: Mapping[str, bytes | Path],
    *,
    title: str,
    who: str,
    own: str,
) -> dict[str, bytes | Path]:
    names = cited_names(stage / "book" / "references.bib")
    notebooks = [*sources(stage), *sorted((stage / "solutions").rglob("*.ipynb"))]
    files = [*_files(stage / "chapters"), *_files(stage / "datasets"), *sorted((stage / "book").rglob("*.md"))]
    members: dict[str, bytes | Path] = {
        path.relative_to(stage).as_posix(): path for path in [*files, *(stage / name for name in _LICENCES)]
    }
    members |= {path.relative_to(stage).as_posix(): _notebook(path, names) for path in notebooks}
    if any(_WORKBOOK.encode() in _text(each) for each in members.values()):
        members[_WORKBOOK] = _workbook(stage)
    pins = _PIN.findall((stage / "requirements.txt").read_text(encoding="utf8"))
    wanted = f"# JupyterLab and this course's library, with all they need in the versions that were tested.\n{_PINNED}"
    members |= {
        **further,
        library.name: library,
        "pins.txt": "".join(f"{name}{version}\n" for name, version in pins).encode(),
        "requirements.txt": wanted.format(library.name).encode(),
    }
    held = {name: what for name, what in contents.items() if fnmatch.filter(members, f"{name}*")}
    lines = "\n".join(f"- `{name}`: {what}" for name, what in held.items())
    said = {"title": title, "who": f"{who}\n\n" if who else "", "contents": lines, "own": f" {own}" if own else ""}
    return members | {"README.md": _README.format(**said).encode()}


def _notebook(path: Path, names: Mapping[str, str]) -> bytes:
    notebook: dict[str, Any] = legible(json.loads(path.read_text(encoding="utf8")), names)
    return f"{json.dumps(notebook, indent=1, ensure_ascii=False)}\n".encode()


def _text(held: bytes | Path) -> bytes:
    if isinstance(held, bytes):
        return held
    return held.read_bytes() if held.suffix in {".md", ".ipynb"} else b""


def _workbook(stage: Path) -> Path:
    from opsbook.publishing import workbook  # noqa: PLC0415 - its writer comes with the book's extra only

    path = stage / "_build" / workbook.FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    workbook.write(path)
    return path
