"""Writes the file that an edition begins with: it builds as it stands, and explains every key that it may hold."""

import json
import os
import re
import textwrap
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import yaml

from opsbook.errors import EditionError
from opsbook.exercises.forms import enumerated, meant, shown
from opsbook.files import refuse
from opsbook.files import write as write_files
from opsbook.located import write
from opsbook.publishing.editions.schema import SCHEMA
from opsbook.publishing.editions.settings import WEEKDAYS, Settings, is_own, of_text

__all__ = ["EXAMPLES", "new", "text"]

EXAMPLES: Final[Mapping[str, str]] = {
    "subtitle": "subtitle: From the first guest to a trial that you can trust",
    "institution": "institution: Example School",
    "instructor": "instructor: Your name",
    "contact": "contact: instructor@example.org",
    "logo": "logo: logo.svg",
    "accent": 'accent: "#1f4e79"',
    "term": "term:\n  start: 2027-02-01\n  every: [monday, thursday]\n  weeks: 12\n"
    "  holidays: [2027-03-29, {from: 2027-04-05, to: 2027-04-09, name: Spring break}]",
    "include": "include:\n  - Contact\n  - service-delivery\n  - our-hotel.md\n"
    "  - part: Our own part\n    chapters: [service-quality, service-improvement]",
    "exclude": "exclude: [employee-performance, faq]",
    "drop": "drop: [operations-proof, service-delivery/kept-promise]",
    "requires": "requires: auto",
    "links": "links: to full book",
    "full_book": "full_book: https://example.org/opsbook/",
    "banks": "banks: [our-hotel.yml]",
    "points": "points: {service-delivery/pharmacy-wait: 4, service-quality/letters-limit: 2}",
    "data": "data: {contact_log: {seed: 7}, tips: our-tips.csv}",
    "solutions": "solutions: {after: 2027-06-30}",
    "seed": "seed: 7",
    "exam": "exam: {questions: 40, minutes: 60, seed: 1}",
    "outputs": "outputs: [student-html, instructor-html, student-notebooks]",
}
"""What a new file shows of each key that it does not set."""

_FLAGS: Final = {
    "include": "--chapter",
    "term": "--start",
    **{name: f"--{name}" for name in ("title", "institution", "accent", "solutions", "start", "every", "weeks")},
}
_KEY: Final = re.compile(r"(?:term\.)?(\w+)(?:\[\d+\]|\.\w+)*(?=: )")
_WIDTH: Final = 110
_WEEKS: Final = 12
_SHOWING: Final = ("hidden", "shown")
_SUFFIXES: Final = (".yml", ".yaml")


def new(
    file: Path,
    *,
    title: str,
    root: Path,
    institution: str = "",
    chapters: Sequence[str] = (),
    start: str = "",
    every: Sequence[str] = (),
    weeks: int | None = None,
    accent: str = "",
    solutions: str = "",
    force: bool = False,
) -> Settings:
    """Write a commented edition file that builds as it stands.

    Parameters
    ----------
    file : Path
        Where; its folder is where own files go later.
    title, institution, accent : str
        As the keys of these names; the default leaves a key out.
    root : Path
        The course, which `chapters` are looked up in.
    chapters : sequence of str
        Chapters, parts or own files to include; what they require is added. The default is the whole course.
    start : str
        The first day of the term, such as ``"2027-02-01"``; makes a week plan.
    every : sequence of str
        The weekdays of the sessions; the default is that of `start`.
    weeks : int
        How long the term lasts; the default is 12.
    solutions : str
        ``"hidden"``, ``"shown"``, or the last day on which they are hidden.
    force : bool
        Whether a file that is there already may be replaced.

    Returns
    -------
    Settings
        What the file says.

    Raises
    ------
    EditionError
        A value breaks the rule of its key, told by the option of the command that it stands behind; nothing is written.
    FileExistsError
        There is such a file already, and `force` is False.
    """
    problems = _name_problems(chapters, root)
    if file.suffix not in _SUFFIXES:
        problems.insert(0, f"{file}: an edition's file must end in .yml, got {file.name!r}. Rename it.")
    elif not file.parent.is_dir():
        problems.insert(0, f"{file}: its folder must exist, got {str(file.parent)!r}, which does not. Make it first.")
    elif file.is_dir():
        problems.insert(0, f"{file}: must be a file's name, got that of a folder. Add a name.")
    values: dict[str, Any] = {"title": title, "institution": institution, "accent": accent}
    if start or every or weeks is not None:
        values["term"], found = _term(start, every, weeks)
        problems += found
    if chapters:
        values |= {"include": list(chapters), "requires": "auto"}
    if solutions:
        values["solutions"], found = _solutions(solutions)
        problems += found
    content = text({key: value for key, value in values.items() if value or key == "title"}, file)
    try:
        settings = of_text(content, file)
    except EditionError as error:
        # There are no lines yet that anybody could look up.
        faults = [_with_flag(told.removeprefix(f"{file}:").partition(": ")[2]) for told in error.problems]
        raise EditionError([*problems, *faults]) from None
    if problems:
        raise EditionError(problems)
    refuse({}, {"the edition": file}, force=force)
    write_files({file: content.encode()})
    return settings


def _with_flag(told: str) -> str:
    """Return a problem of a key as one of the option that its value was typed behind."""
    return _KEY.sub(lambda key: _FLAGS.get(key[1], key[0]), told, count=1) if _KEY.match(told) else told


def _term(start: str, every: Sequence[str], weeks: int | None) -> tuple[dict[str, Any], list[str]]:
    if not start:
        return {}, ["--start: must stand beside --every and --weeks, got nothing. Add the first day, as 2027-02-01."]
    try:
        day = date.fromisoformat(start)
    except ValueError:
        day = None
    weekdays = [each.lower() for each in every] or ([WEEKDAYS[day.weekday()]] if day else [WEEKDAYS[0]])
    return {"start": start, "every": weekdays, "weeks": _WEEKS if weeks is None else weeks}, []


def _solutions(when: str) -> tuple[object, list[str]]:
    if when[:1].isdigit():
        return {"after": when}, []
    if when in _SHOWING:
        return when, []
    rule = f"must be hidden, shown, or the last day on which they are hidden, got {shown(when)}."
    return None, [f"--solutions: {rule} {meant(when, _SHOWING, 'Write for example 2027-06-30.')}"]


def _name_problems(chapters: Sequence[str], root: Path) -> list[str]:
    parts = _parts(root)
    known = [*parts, *(name for names in parts.values() for name in names)]
    return [
        f"--chapter: must be a chapter or a part of the course, got {name!r}. "
        + meant(name, known, f"There are: {enumerated(known)}.")
        for name in chapters
        if name not in known and not is_own(name)
    ]


def _parts(root: Path) -> dict[str, list[str]]:
    """Return the names of the course's chapters by part."""
    contents = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    files = {part["caption"]: [each["file"] for each in part["chapters"]] for part in contents["parts"]}
    return {
        caption: [name.removeprefix("chapters/") for name in names]
        for caption, names in files.items()
        if all(name.startswith("chapters/") for name in names)
    }


# --- The text ----------------------------------------------------------------------------------------------------


def text(values: Mapping[str, Any], file: Path) -> str:
    """Return an edition's file with `values` by key; all other keys are explained and shown as examples.

    Parameters
    ----------
    values : mapping
        What the file sets, as plain values.
    file : Path
        Where it will stand.
    """
    pieces = [*_schema_line(file), _opening(file.name)]
    for key, field in Settings.model_fields.items():
        words, usual = str(field.description), field.default
        if (usual and isinstance(usual, str)) or usual == 0:
            words += f" If left out: `{usual}`."
        lines = _set(key, values[key]) if key in values else textwrap.indent(EXAMPLES[key], "#") + "\n"
        pieces.append(_comment(words) + lines)
    return "\n".join(pieces)


def _set(key: str, value: Any) -> str:
    # In a list of its own lines a chapter is easily moved.
    if isinstance(value, list):
        return f"{key}:\n" + "".join(f"  - {_scalar(each)}\n" for each in value)
    return write({key: value}) if key == "term" else f"{key}: {_scalar(value)}\n"


def _scalar(value: Any) -> str:
    """Return a value as it stands behind its key, quoted where it must be."""
    item = write([value]).strip()
    if "\n" in item:
        # Too long for a line of YAML's own making; JSON is YAML as well.
        return json.dumps(value, ensure_ascii=False)
    return item.removeprefix("- ") if isinstance(value, dict) else item[1:-1]


def _comment(words: str) -> str:
    return "".join(f"# {line}\n" for line in textwrap.wrap(words, _WIDTH))


def _opening(name: str) -> str:
    return (
        _comment("An edition of opsbook: a course of your own, made from this file.")
        + "#\n"
        + f"#     opsbook edition check {name}\n"
        + f"#     opsbook edition build {name} --output my-course\n"
        + "#\n"
        + _comment(
            "The first says what it will hold, or lists all that is wrong; the second makes it. Only `title` is "
            "required. A line that begins with # is not read: to use an example, take the # away and change the rest."
        )
    )


def _schema_line(file: Path) -> list[str]:
    """Return the line with which editors find the schema, if both lie in one copy of the project."""
    project = SCHEMA.parents[4]
    folder = file.resolve().parent
    if not folder.is_relative_to(project) or not (project / "_toc.yml").exists():
        return []
    return [f"# yaml-language-server: $schema={Path(os.path.relpath(SCHEMA, folder)).as_posix()}\n"]
