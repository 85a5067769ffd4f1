"""The stage of an edition: a small project with the layout of the course's own, from which everything is made.

What works on the project works on a stage, in a process that `stage_environment` sets up: the book is built from it,
its banks are read, its library becomes a wheel.
"""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from opsbook.errors import EditionError
from opsbook.located import parse, write
from opsbook.publishing.course import named
from opsbook.publishing.editions.front import blurbs, front_page, solutions_told
from opsbook.publishing.editions.own_chapters import held
from opsbook.publishing.editions.own_files import image_faults

if TYPE_CHECKING:
    from opsbook.publishing.editions.plan import Plan

__all__ = ["for_students", "stage"]

_FILES: Final = ("pyproject.toml", "requirements.txt", "README.md", "CITATION.cff", "LICENSE", "LICENSE-CONTENT")
_BOOK_FILES: Final = ("references.bib", "evidence.yml", "coverage.yml")
_NOT_CODE: Final = shutil.ignore_patterns("__pycache__", "*.pyc")
_CONFIG, _CONTENTS, _FRONT = "_config.yml", "_toc.yml", "book/index.md"


def stage(plan: "Plan", folder: Path) -> None:
    """Write the instructor's stage of an edition.

    Parameters
    ----------
    plan : Plan
        What the edition holds.
    folder : pathlib.Path
        Where the stage goes; must not exist yet.
    """
    root = plan.root
    folder.mkdir(parents=True)
    for name in _FILES:
        if (root / name).exists():
            shutil.copyfile(root / name, folder / name)
    shutil.copytree(root / "src" / "opsbook", folder / "src" / "opsbook", ignore=_NOT_CODE)
    shutil.copytree(root / "datasets", folder / "datasets", ignore=_NOT_CODE)
    for name in _BOOK_FILES:
        _write(folder / "book" / name, plan.written(f"book/{name}"))
    contents = _contents(plan)
    for file in named(contents):
        if file.startswith("book/") and file != "book/index":
            _write(folder / f"{file}.md", plan.written(f"{file}.md"))
    _chapters(plan, folder)
    _banks(plan, folder / "exercises" / "bank")
    _write(folder / _CONTENTS, _yaml(contents))
    _write(folder / _FRONT, _front(plan, folder, instructor=True))
    _write(folder / _CONFIG, _yaml(_configuration(plan, folder)))


def for_students(plan: "Plan", folder: Path) -> None:
    """Give a stage from which solutions were withheld the students' front page, with the way to their notebooks."""
    configuration = yaml.safe_load((folder / _CONFIG).read_text(encoding="utf8"))
    configuration["sphinx"]["config"]["opsbook_edition"] |= {
        "notebooks": "student-notebooks" in plan.settings.outputs,
        "solutions": solutions_told(plan),
    }
    _write(folder / _CONFIG, _yaml(configuration))
    _write(folder / _FRONT, _front(plan, folder, instructor=False))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf8", newline="\n")


def _yaml(value: object) -> str:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=120)


# --- Contents --------------------------------------------------------------------------------------------------


def _contents(plan: "Plan") -> dict[str, Any]:
    """Return the table of contents: the edition's parts, and behind them the pages in the course's own parts."""
    course = yaml.safe_load((plan.root / _CONTENTS).read_text(encoding="utf8"))
    parts = [
        {"caption": part.caption, "numbered": 1, "chapters": [_with_exercises(each) for each in part.chapters]}
        for part in plan.parts
    ]
    pages = {f"book/{name}" for name in plan.pages}
    for part in course["parts"]:
        kept = [each for each in part["chapters"] if each["file"] in pages]
        if kept:
            parts.append({**part, "chapters": kept})
    return {**course, "parts": parts}


def _with_exercises(chapter: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {"file": f"chapters/{chapter.name}"}
    if chapter.exercises:
        entry["sections"] = [{"file": f"exercises/{chapter.name}"}]
    return entry


# --- Chapters and banks ----------------------------------------------------------------------------------------


def _chapters(plan: "Plan", folder: Path) -> None:
    for part in plan.parts:
        for chapter in part.chapters:
            for source, kind in ((chapter.chapter, "chapters"), (chapter.exercises, "exercises")):
                if source is not None:
                    name = f"{kind}/{chapter.name}{source.suffix}"
                    _write(folder / name, plan.written(name))
            if chapter.own:
                _images(chapter.chapter, folder / "chapters")


def _images(chapter: Path, folder: Path) -> None:
    """Copy the pictures that an own chapter shows to where its page looks for them.

    Raises
    ------
    EditionError
        One is not beside the chapter, or more than a picture; or the chapter holds what none may.
    """
    content = held(chapter, chapter.name)
    problems = list(content.faults)
    for name in dict.fromkeys(name for _, name in content.pictures):
        problems += [f"{chapter}: {name}: {rule}" for rule in image_faults(chapter.parent, name)]
        if not problems:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(chapter.parent / name, folder / name)
    if problems:
        raise EditionError(problems)


def _banks(plan: "Plan", folder: Path) -> None:
    """Write the banks of what the edition holds, with its points, and the class seed beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in plan.banks:
        text = plan.written(f"exercises/bank/{name}.yml")
        _write(folder / f"{name}.yml", _with_points(text, name, plan.settings.points))
    _write(folder / "seed.txt", f"{plan.settings.seed}\n")


def _with_points(text: str, name: str, points: Any) -> str:
    """Return a bank in which the questions that `points` names are graded with these points."""
    wanted = {each.partition("/")[2]: worth for each, worth in points.items() if each.partition("/")[0] == name}
    if not wanted:
        return text
    bank = parse(text).value
    for question in bank["questions"]:
        if question["id"] in wanted:
            question |= {"points": wanted[question["id"]], "graded": True}
    return write(bank)


# --- The front page and what it looks like -----------------------------------------------------------------------


def _front(plan: "Plan", folder: Path, *, instructor: bool) -> str:
    known = blurbs(plan.written(_FRONT))
    contents = yaml.safe_load((folder / _CONTENTS).read_text(encoding="utf8"))
    tops = [each["file"] for part in contents["parts"] for each in part["chapters"]]
    pages = [file for file in tops if file.startswith("book/")]
    titles = {file.removeprefix("book/"): _title(folder / f"{file}.md") for file in pages}
    return front_page(plan, known=known, titles=titles, instructor=instructor)


def _title(page: Path) -> str:
    lines = page.read_text(encoding="utf8").splitlines()
    return next(line[2:].strip() for line in lines if line.startswith("# "))


def _configuration(plan: "Plan", folder: Path) -> dict[str, Any]:
    """Return the course's configuration under the edition's name, with what the theme shows of it."""
    settings = plan.settings
    configuration: dict[str, Any] = yaml.safe_load((plan.root / _CONFIG).read_text(encoding="utf8"))
    edition = {
        "title": settings.title,
        "subtitle": settings.subtitle,
        "institution": settings.institution,
        "instructor": settings.instructor,
        "accent": settings.accent,
        "logo": _logo(settings.logo, folder) if settings.logo else "",
        "own": [each.name for part in plan.parts for each in part.chapters if each.own],
        "notebooks": False,
    }
    configuration |= {"title": settings.title, "author": settings.instructor or settings.institution or "opsbook"}
    configuration["sphinx"]["config"] |= {
        "html_title": settings.title,
        "opsbook_seed": settings.seed,
        "opsbook_instructor": True,
        "opsbook_edition": {name: value for name, value in edition.items() if value},
    }
    return configuration


def _logo(source: Path, folder: Path) -> str:
    name = f"edition-logo{source.suffix.lower()}"
    target = folder / "book" / "_static" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    return name
