"""What a chapter and a page say of themselves: ideas, objectives, sections, questions, minutes.

Chapters are notebooks, or pages of Markdown with the same facts at their head. Nothing here needs a build of the book.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from opsbook.exercises.page import QUESTION_MIME_TYPE
from opsbook.publishing.notebooks import stored

__all__ = [
    "LABELLED",
    "ROLE",
    "Page",
    "Unit",
    "chapter_file",
    "head",
    "named",
    "plain_heading",
    "read_home",
    "read_pages",
    "read_unit",
    "unit",
    "words",
]

LABELLED: Final = re.compile(
    r"^\((?P<label>[^()\s]+)\)=[ \t]*\n(?:[ \t]*\n|\([^()\s]+\)=[ \t]*\n)*#+ (?P<heading>.+)$", re.MULTILINE
)
"""A label and the heading that it stands before."""

ROLE: Final = re.compile(r"\{\w+(?::\w+)?\}`(?:([^`<]+?)\s*<[^`]*>|([^`]+))`")
"""A role of MyST with its words."""

_FRONT_MATTER = re.compile(r"\A---\n(.*?)^---$", re.MULTILINE | re.DOTALL)
_ASKED = re.compile(r"^[`:]{3,}\{question\}[ \t]+(\S+)", re.MULTILINE)
_WORDS_A_MINUTE: Final = 200


@dataclass(frozen=True)
class Unit:
    """A chapter with its exercises, as the map shows it."""

    name: str
    part: str
    title: str
    covers: tuple[str, ...]
    requires: tuple[str, ...]
    objectives: Mapping[str, str]
    sections: Mapping[str, str]
    checks: tuple[str, ...]
    exercises: tuple[str, ...]
    minutes: tuple[int, ...]
    suffix: str = ".ipynb"
    description: str = ""

    @property
    def link(self) -> str:
        """The title, leading to the chapter from a page in the folder beside it."""
        return f"[{self.title}](../chapters/{self.name}{self.suffix})"


@dataclass(frozen=True)
class Page:
    """A page that is no notebook and teaches ideas of its own."""

    name: str
    title: str
    covers: tuple[str, ...]

    @property
    def link(self) -> str:
        """The title, leading to the page from another in its folder."""
        return f"[{self.title}]({self.name}.md)"


def chapter_file(root: Path, name: str) -> Path:
    """Return where a chapter of the project at `root` lies: a notebook, or a page of Markdown."""
    notebook = root / "chapters" / f"{name}.ipynb"
    page = notebook.with_suffix(".md")
    return page if page.exists() and not notebook.exists() else notebook


def plain_heading(heading: str) -> str:
    """Return a heading without what a link's text cannot hold.

    Examples
    --------
    >>> plain_heading("The {term}`mean <mean>` [again]")
    'The mean (again)'
    """
    return ROLE.sub(lambda role: role[1] or role[2], heading).replace("[", "(").replace("]", ")").strip()


def words(heading: str) -> str:
    """Return a heading's words alone, for what knows no Markdown.

    Examples
    --------
    >>> words("The {term}`mean <mean>` *again*")
    'The mean again'
    """
    return re.sub("[*`]", "", plain_heading(heading))


def named(contents: Any) -> Iterator[str]:
    """Yield every page that a table of contents, or a piece of one, names, in its order.

    Examples
    --------
    >>> list(named({"root": "index", "parts": [{"chapters": [{"file": "one", "sections": [{"file": "two"}]}]}]}))
    ['index', 'one', 'two']
    """
    if isinstance(contents, dict):
        yield from (str(value) for key, value in contents.items() if key in {"file", "root"})
    for each in contents.values() if isinstance(contents, dict) else contents if isinstance(contents, list) else ():
        yield from named(each)


def read_home(root: Path, name: str) -> Unit:
    """Read what the bank `name` belongs to: the chapter of that name below `root`, else the page, else nothing more."""
    for file in (chapter_file(root, name), root / "book" / f"{name}.md"):
        if file.exists():
            return unit(name, file)
    return Unit(name, "", name, (), (), {}, {}, (), (), ())


def read_unit(root: Path, name: str, part: str = "") -> Unit:
    """Read a chapter and, if there are any, its exercises below `root`."""
    return unit(name, chapter_file(root, name), root / "exercises" / f"{name}.ipynb", part)


def unit(name: str, chapter: Path, exercises: Path | None = None, part: str = "") -> Unit:
    """Read a chapter and its exercises from their files, whichever they are.

    A chapter of an instructor's own may leave out any of its facts; its minutes are then reckoned from its words.
    """
    texts, held, asked = _read(chapter)
    minutes = [held.get("minutes") or _reckoned(texts)]
    practised: tuple[str, ...] = ()
    if exercises is not None and exercises.exists():
        further, about, practised = _read(exercises)
        minutes.append(about.get("minutes") or _reckoned(further))
    return Unit(
        name=name,
        part=part,
        title=next((plain_heading(line[2:]) for line in _lines(texts) if line.startswith("# ")), name),
        covers=tuple(held.get("covers") or ()),
        requires=tuple(held.get("requires") or ()),
        objectives={each["id"]: each["text"] for each in held.get("objectives") or ()},
        sections={
            found["label"]: plain_heading(found["heading"]) for text in texts for found in LABELLED.finditer(text)
        },
        checks=asked,
        exercises=practised,
        minutes=tuple(minutes),
        suffix=chapter.suffix,
        description=held.get("description") or "",
    )


def _read(path: Path) -> tuple[list[str], Mapping[str, Any], tuple[str, ...]]:
    """Return the texts of a chapter, what it says of itself, and the questions that it asks."""
    text = path.read_text(encoding="utf8")
    if path.suffix == ".ipynb":
        notebook = json.loads(text)
        asked = (data[mime]["id"] for mime, data in stored(notebook, QUESTION_MIME_TYPE))
        held = notebook.get("metadata", {}).get("opsbook", {})
        return [*_markdown(notebook)], held, tuple(dict.fromkeys(asked))
    return [_FRONT_MATTER.sub("", text)], head(text), tuple(dict.fromkeys(_ASKED.findall(text)))


def _markdown(notebook: Mapping[str, Any]) -> Iterator[str]:
    return ("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")


def head(text: str) -> Mapping[str, Any]:
    """Return what a page says of itself at its head, under `opsbook`."""
    matter = _FRONT_MATTER.match(text)
    held = (yaml.safe_load(matter[1]) or {}) if matter else {}
    found = held.get("opsbook", {}) if isinstance(held, dict) else {}
    return found if isinstance(found, dict) else {}


def _lines(texts: Sequence[str]) -> list[str]:
    return "\n".join(texts).splitlines()


def _reckoned(texts: Sequence[str]) -> int:
    return max(1, math.ceil(sum(len(text.split()) for text in texts) / _WORDS_A_MINUTE))


def read_pages(paths: Sequence[Path]) -> list[Page]:
    """Read those of the Markdown files at `paths` that name ideas at their head."""
    found = []
    for path in paths:
        text = path.read_text(encoding="utf8")
        if covers := head(text).get("covers", ()):
            title = next(line[2:] for line in text.splitlines() if line.startswith("# "))
            found.append(Page(path.stem, title.strip(), tuple(covers)))
    return found
