"""The course as an edition chooses from it: parts, chapters, pages, labels, questions and data sets."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from opsbook.exercises.exam import KIND_SHARES
from opsbook.publishing.course import Unit, head, named, plain_heading, unit
from opsbook.publishing.editions.sections import labels_of

__all__ = ["Asked", "Course", "Document", "document", "examined", "of_bank", "read", "short", "texts"]

# The C loader is ten times as fast; without it, the same is read more slowly.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FENCE: Final = re.compile(
    r"^(?P<fence>`{3,}|~{3,})(?P<info>[^\n]*)\n(?P<body>.*?)^(?P=fence)[ \t]*$", re.DOTALL | re.MULTILINE
)
_TITLE: Final = re.compile(r"^# +(.+?)[ \t#]*$", re.MULTILINE)


@dataclass(frozen=True)
class Asked:
    """What an edition needs to know of a question of a bank."""

    kind: str
    section: str
    pool: tuple[str, ...]
    graded: bool


@dataclass(frozen=True)
class Document:
    """A page of the book: its file, its title, and the labels in it with the level and the words of their headings."""

    path: Path
    title: str
    labels: Mapping[str, tuple[int, str]]


@dataclass(frozen=True)
class Course:
    """What there is to choose from.

    Attributes
    ----------
    root : pathlib.Path
        The project.
    parts : mapping of str to tuple of str
        The chapters of each part, by its caption, in the order of the book.
    pages : tuple of str
        The pages behind the chapters, as names below ``book`` without ending.
    within : mapping of str to tuple of str
        The pages that lie below another one in the contents, by its name.
    units : mapping of str to Unit
        What each chapter says of itself, by its name.
    documents : mapping of str to Document
        Every page of the book, by its name without ending, such as ``chapters/service-design``.
    questions : mapping of str to Asked
        The questions of all banks, by full id.
    data : tuple of str
        The names of the data sets.
    whole : tuple of str
        The labels of sections, told at the head of their page, that are about the whole course or its project; no
        edition has them.
    """

    root: Path
    parts: Mapping[str, tuple[str, ...]]
    pages: tuple[str, ...]
    within: Mapping[str, tuple[str, ...]]
    units: Mapping[str, Unit]
    documents: Mapping[str, Document]
    questions: Mapping[str, Asked]
    data: tuple[str, ...]
    whole: tuple[str, ...] = ()

    @property
    def chapters(self) -> tuple[str, ...]:
        """The names of all chapters, in the order of the book."""
        return tuple(name for names in self.parts.values() for name in names)

    def part(self, chapter: str) -> str:
        """Return the caption of a chapter's part; an empty text for one that is not the course's."""
        return next((caption for caption, names in self.parts.items() if chapter in names), "")

    def bank(self, chapter: str) -> Path | None:
        """Return the file of a chapter's questions, None if it has none."""
        path = self.root / "exercises" / "bank" / f"{chapter}.yml"
        return path if path.exists() else None


def read(root: Path) -> Course:
    """Read the course at `root`."""
    contents = yaml.load((root / "_toc.yml").read_text(encoding="utf8"), Loader=_LOADER)  # noqa: S506 - a safe one
    parts: dict[str, tuple[str, ...]] = {}
    pages: list[str] = []
    within: dict[str, tuple[str, ...]] = {}
    files = [contents["root"]]
    for part in contents["parts"]:
        names = [each["file"] for each in part["chapters"]]
        chapters = tuple(name.partition("/")[2] for name in names if name.startswith("chapters/"))
        if chapters:
            parts[part["caption"]] = chapters
        for entry in part["chapters"]:
            found = [*named(entry)]
            files += found
            if found[0].startswith("book/"):
                name = found[0].removeprefix("book/")
                pages.append(name)
                within[name] = tuple(each.removeprefix("book/") for each in found[1:])
    documents = {name: document(_file(root, name)) for name in files}
    units = {
        name: unit(name, root / "chapters" / f"{name}.ipynb", root / "exercises" / f"{name}.ipynb", caption)
        for caption, names in parts.items()
        for name in names
    }
    questions: dict[str, Asked] = {}
    for path in sorted((root / "exercises" / "bank").glob("*.yml")):
        questions |= of_bank(path, path.stem)
    package = json.loads((root / "datasets" / "datapackage.json").read_text(encoding="utf8"))
    data = tuple(each["name"] for each in package["resources"])
    whole = [label for each in documents.values() if each.path.suffix == ".md" for label in _whole(each.path)]
    return Course(root, parts, tuple(pages), within, units, documents, questions, data, tuple(whole))


def _whole(page: Path) -> list[str]:
    return list(head(page.read_text(encoding="utf8")).get("whole_course", ()))


def _file(root: Path, name: str) -> Path:
    notebook = root / f"{name}.ipynb"
    return notebook if notebook.exists() else root / f"{name}.md"


def document(path: Path) -> Document:
    """Read a page of Markdown or a notebook."""
    held = texts(path)
    title = next((found[1] for text in held if (found := _TITLE.search(text))), path.stem)
    return Document(path, plain_heading(title), labels_of(held))


def texts(path: Path) -> list[str]:
    """Return the Markdown of a page or a notebook, without what it shows as it is typed."""
    text = path.read_text(encoding="utf8")
    if path.suffix != ".ipynb":
        return [_FENCE.sub(_unless_typed, text)]
    cells = json.loads(text)["cells"]
    return [_FENCE.sub(_unless_typed, "".join(cell["source"])) for cell in cells if cell["cell_type"] == "markdown"]


def _unless_typed(block: re.Match[str]) -> str:
    """Return a directive, less what is shown in it as it is typed; nothing of any other block."""
    if not block["info"].lstrip().startswith("{"):
        return ""
    inside = _FENCE.sub(_unless_typed, block["body"])
    return f"{block['fence']}{block['info']}\n{inside}{block['fence']}"


def of_bank(path: Path, name: str) -> dict[str, Asked]:
    """Return the questions of a bank's file, by full id, the first word of which is `name`."""
    bank = yaml.load(path.read_text(encoding="utf8"), Loader=_LOADER)  # noqa: S506 - a safe one
    return {
        f"{name}/{each['id']}": Asked(
            kind=str(each.get("kind", "")),
            section=str(each.get("section", "")),
            pool=tuple(each.get("pool", ())),
            graded=bool(each.get("graded")),
        )
        for each in bank["questions"]
    }


def examined(questions: Mapping[str, Asked]) -> int:
    """Return how many questions an exam can be drawn from."""
    return sum("exam" in about.pool and about.kind in KIND_SHARES for about in questions.values())


def short(page: str) -> str:
    """Return how a page is called in an edition's file.

    Examples
    --------
    >>> short("reference/index"), short("faq")
    ('reference', 'faq')
    """
    return page.removesuffix("/index")
