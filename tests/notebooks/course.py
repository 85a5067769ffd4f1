"""The course as the house rules see it: notebooks, question banks, bibliography, glossary, read from one folder."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

ANIMATION = "application/vnd.opsbook.animation.v1+json"
CHART = "application/vnd.vegalite.v5+json"
# The ideas that the course undertakes to teach; book/coverage.yml says in words what each one is.
COVERAGE = {
    f"{section}{number}{letter}"
    for section, last in {"A": 12, "B": 10, "C": 17, "D": 7}.items()
    for number in range(1, last + 1)
    for letter in {"C10": "abcd", "C12": "abcd", "C15": "abc", "C16": "abcd"}.get(f"{section}{number}", ("",))
}
EXPLORER = "application/vnd.opsbook.explorer.v1+json"
QUESTION = "application/vnd.opsbook.question.v1+json"

_MARKDOWN = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin)
_FRONT_MATTER = re.compile(r"\A---\n(?P<held>.*?)^---$", re.MULTILINE | re.DOTALL)
_TARGET = re.compile(r"^\((?P<label>[^()\s]+)\)=[ \t]*$", re.MULTILINE)
# A fence without a directive shows text as it is typed: a role in it is an example, not a use.
_LITERAL = re.compile(r"^(?P<fence>`{3,}|~{3,})(?![ \t]*\{).*?^(?P=fence)[ \t]*$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Heading:
    """A heading of a notebook, and where it stands: the cell's index, and whether it begins its cell."""

    level: int
    text: str
    cell: int
    first: bool


@dataclass(frozen=True)
class Output:
    """One kind of data that a code cell stored."""

    cell: int
    mime: str
    content: Any

    @property
    def text(self) -> str:
        """The content as text; JSON is written out."""
        if isinstance(self.content, list) and all(isinstance(line, str) for line in self.content):
            return "".join(self.content)
        return self.content if isinstance(self.content, str) else json.dumps(self.content, ensure_ascii=False)


def source(cell: Mapping[str, Any]) -> str:
    """Return a cell's text, whichever way the format holds it."""
    return "".join(cell["source"])


def tags(cell: Mapping[str, Any]) -> list[str]:
    return list(cell.get("metadata", {}).get("tags", []))


def grading(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    return cell.get("metadata", {}).get("nbgrader", {})


def checked_question(cell: Mapping[str, Any]) -> str | None:
    """Return the full id of the question that a cell marks by `exercises.check_code(…)`, if it does."""
    try:
        tree = ast.parse(source(cell)) if cell["cell_type"] == "code" else None
    except SyntaxError:
        return None
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "check_code":
            first = node.args[0] if node.args else None
            return str(first.value) if isinstance(first, ast.Constant) else ""
    return None


def plain(token: Token) -> str:
    """Return the words of an inline token without their marks."""
    return "".join(child.content or " " for child in token.children or []).strip()


def without_targets(markdown: str) -> str:
    return _TARGET.sub("", markdown)


def roles(name: str, markdown: str) -> list[str]:
    """Return what each use of a MyST role such as `term` or `cite` (with any variant) holds."""
    return re.findall(rf"\{{{name}(?::\w+)?\}}`([^`]+)`", _LITERAL.sub("", markdown))


@dataclass(frozen=True)
class Notebook:
    """A notebook file with what the rules ask of it."""

    path: Path
    raw: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def cells(self) -> list[dict[str, Any]]:
        return self.raw["cells"]

    @property
    def course(self) -> Mapping[str, Any]:
        """The metadata that opsbook keeps."""
        return self.raw.get("metadata", {}).get("opsbook", {})

    @property
    def objectives(self) -> dict[str, str]:
        listed = self.course.get("objectives", [])
        return {str(each.get("id")): str(each.get("text")) for each in listed if isinstance(each, dict)}

    def code(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the code cells that hold code, with their index."""
        for index, cell in enumerate(self.cells):
            if cell["cell_type"] == "code" and source(cell).strip():
                yield index, cell

    def blocks(self) -> Iterator[tuple[int, list[Token]]]:
        """Yield the parsed Markdown of each text cell, labels taken out."""
        for index, cell in enumerate(self.cells):
            if cell["cell_type"] == "markdown":
                yield index, _MARKDOWN.parse(without_targets(source(cell)))

    @cached_property
    def headings(self) -> list[Heading]:
        return [
            Heading(int(token.tag[1]), plain(tokens[place + 1]), index, place == 0)
            for index, tokens in self.blocks()
            for place, token in enumerate(tokens)
            if token.type == "heading_open" and token.level == 0
        ]

    @cached_property
    def list_items(self) -> list[str]:
        return [
            plain(tokens[place + 2])
            for _, tokens in self.blocks()
            for place, token in enumerate(tokens)
            if token.type == "list_item_open" and place + 2 < len(tokens) and tokens[place + 2].type == "inline"
        ]

    @cached_property
    def links(self) -> list[str]:
        found = [
            str(child.attrGet("href"))
            for _, tokens in self.blocks()
            for token in tokens
            for child in token.children or []
            if child.type == "link_open"
        ]
        return [*found, *(target for target in roles("doc", self.prose))]

    @cached_property
    def outputs(self) -> list[Output]:
        return [
            Output(index, mime, content)
            for index, cell in self.code()
            for output in cell.get("outputs", [])
            for mime, content in output.get("data", {}).items()
        ]

    def of_type(self, mime: str) -> list[Output]:
        return [output for output in self.outputs if output.mime == mime]

    @cached_property
    def questions(self) -> list[tuple[int, str]]:
        """The questions asked, as (cell, full id)."""
        return [(output.cell, str(output.content["id"])) for output in self.of_type(QUESTION)]

    @cached_property
    def checks(self) -> list[tuple[int, str]]:
        """The code questions marked, as (cell, full id)."""
        found = ((index, checked_question(cell)) for index, cell in self.code())
        return [(index, question) for index, question in found if question is not None]

    @cached_property
    def prose(self) -> str:
        """All the Markdown that a reader sees: text cells, and what code cells wrote."""
        written = [source(cell) for cell in self.cells if cell["cell_type"] == "markdown"]
        return "\n\n".join([*written, *(output.text for output in self.of_type("text/markdown"))])

    @cached_property
    def terms(self) -> set[str]:
        """The terms that the prose links to the glossary, in small letters."""
        return {_term(use) for use in roles("term", self.prose)}

    @cached_property
    def targets(self) -> set[str]:
        """The labels that other places may point to."""
        return {match["label"] for match in _TARGET.finditer(self.prose)}


@dataclass(frozen=True)
class Lesson:
    """What the questions of a bank refer to: objectives by id, and labels to read at."""

    objectives: dict[str, str]
    targets: set[str]


@dataclass(frozen=True)
class Course:
    """Everything that the rules compare with each other."""

    root: Path
    chapters: dict[str, Notebook]
    exercises: dict[str, Notebook]
    banks: dict[str, list[dict[str, Any]]]
    bank_objectives: dict[str, dict[str, str]]
    pages: dict[str, str]
    references: list[str]
    coverage: list[dict[str, Any]]
    contents: list[str]

    @property
    def notebooks(self) -> list[Notebook]:
        return [*self.chapters.values(), *self.exercises.values()]

    @property
    def order(self) -> list[str]:
        """The names of the chapters as the table of contents has them."""
        return [file.removeprefix("chapters/") for file in self.contents if file.startswith("chapters/")]

    @cached_property
    def page_metadata(self) -> dict[str, dict[str, Any]]:
        """What pages of the contents that are no notebooks say of themselves at their head, by the name of the file."""
        listed = [name for name in self.pages if f"book/{name.removesuffix('.md')}" in self.contents]
        heads = {name: _FRONT_MATTER.match(self.pages[name]) for name in listed}
        return {name: (yaml.safe_load(head["held"]) or {}).get("opsbook", {}) for name, head in heads.items() if head}

    @cached_property
    def lessons(self) -> dict[str, Lesson]:
        """The chapters, and the pages with objectives of their own, by the name that they share with their bank."""
        found = {name: Lesson(chapter.objectives, chapter.targets) for name, chapter in self.chapters.items()}
        for name, held in self.page_metadata.items():
            if objectives := {str(each["id"]): str(each["text"]) for each in held.get("objectives", [])}:
                targets = {match["label"] for match in _TARGET.finditer(self.pages[name])}
                found[name.removesuffix(".md")] = Lesson(objectives, targets)
        return found

    @cached_property
    def homes(self) -> dict[str, list[str]]:
        """Where each idea is taught: chapters and pages that say so, and not the exercises, which follow them."""
        found: dict[str, list[str]] = {}
        covers = {f"chapters/{name}.ipynb": chapter.course.get("covers") for name, chapter in self.chapters.items()}
        covers |= {f"book/{name}": held.get("covers") for name, held in self.page_metadata.items()}
        for place, ideas in covers.items():
            for idea in ideas or []:
                found.setdefault(str(idea), []).append(place)
        return found

    @cached_property
    def questions(self) -> dict[str, dict[str, Any]]:
        return {f"{name}/{each.get('id')}": each for name, bank in self.banks.items() for each in bank}

    @cached_property
    def texts(self) -> dict[str, str]:
        """All prose of the book by where it stands, the evidence ledger included."""
        ledger = self.root / "book" / "evidence.yml"
        texts = {notebook.path.relative_to(self.root).as_posix(): notebook.prose for notebook in self.notebooks}
        texts |= {f"book/{name}": text for name, text in self.pages.items()}
        return texts | ({"book/evidence.yml": ledger.read_text(encoding="utf8")} if ledger.exists() else {})

    @cached_property
    def citations(self) -> dict[str, str]:
        """Every key that is cited, with one place that does."""
        cited = {
            key.strip(): where
            for where, text in self.texts.items()
            for keys in roles("cite", text)
            for key in re.sub(r"\{[^}]*\}", "", keys).split(",")
        }
        for entry in yaml.safe_load(self.texts.get("book/evidence.yml", "")) or []:
            cited |= {str(item["key"]): "book/evidence.yml" for item in entry.get("sources", [])}
        return cited

    @cached_property
    def definitions(self) -> list[tuple[list[str], str]]:
        """What the glossary says: the terms that share a definition, and the definition."""
        found: list[tuple[list[str], list[str]]] = []
        text = self.pages.get("glossary.md", "")
        for block in re.findall(r"^(`{3,}|:{3,})\{glossary\}[^\n]*\n(.*?)^\1", text, re.MULTILINE | re.DOTALL):
            open_group = False
            for line in block[1].splitlines():
                if not line.strip() or re.match(r"^(:\w+:|\.\.)", line):
                    continue
                if line[0].isspace():
                    open_group = False
                    found[-1][1].append(line.strip())
                    continue
                if not open_group:
                    found.append(([], []))
                open_group = True
                found[-1][0].append(line.split(" : ")[0].strip())
        return [(terms, " ".join(lines)) for terms, lines in found]

    @cached_property
    def glossary(self) -> list[list[str]]:
        """The terms that the glossary defines; terms that share a definition stand together."""
        return [terms for terms, _ in self.definitions]

    @cached_property
    def terms_used(self) -> dict[str, str]:
        """Every term that prose links to the glossary, in small letters, with one place that does."""
        return {_term(use): where for where, text in self.texts.items() for use in roles("term", text)}

    @cached_property
    def chapter_terms(self) -> set[str]:
        """The terms that chapters link to the glossary, in small letters."""
        return {term for chapter in self.chapters.values() for term in chapter.terms}


def _term(use: str) -> str:
    named = re.search(r"<([^>]+)>\s*$", use)
    return " ".join((named[1] if named else use).split()).casefold()


def _notebooks(folder: Path) -> dict[str, Notebook]:
    return {
        path.stem: Notebook(path, json.loads(path.read_text(encoding="utf8")))
        for path in sorted(folder.glob("*.ipynb"))
    }


def _bank(path: Path) -> dict[str, Any]:
    # Every scalar as the text it is: YAML 1.1 would take an option called `no` for false.
    loaded: dict[str, Any] = yaml.load(path.read_text(encoding="utf8"), Loader=yaml.BaseLoader)
    return loaded


def _keys(path: Path) -> list[str]:
    if not path.exists():
        return []
    kinds = re.findall(r"^\s*@(\w+)\s*\{\s*([^,\s}]+)", path.read_text(encoding="utf8"), re.MULTILINE)
    return [key for kind, key in kinds if kind.lower() not in {"comment", "string", "preamble"}]


def _contents(part: object) -> Iterator[str]:
    """Yield the files that a table of contents lists, in its order."""
    if isinstance(part, list):
        for each in part:
            yield from _contents(each)
    elif isinstance(part, dict):
        if "file" in part:
            yield part["file"]
        for each in part.values():
            yield from _contents(each)


def read(root: Path) -> Course:
    """Read the course below `root`."""
    banks = {path.stem: _bank(path) for path in sorted((root / "exercises" / "bank").glob("*.yml"))}
    return Course(
        root=root,
        chapters=_notebooks(root / "chapters"),
        exercises=_notebooks(root / "exercises"),
        banks={name: bank["questions"] for name, bank in banks.items()},
        bank_objectives={
            name: {each["id"]: each["text"] for each in bank.get("objectives", [])} for name, bank in banks.items()
        },
        pages={path.name: path.read_text(encoding="utf8") for path in sorted((root / "book").glob("*.md"))},
        references=_keys(root / "book" / "references.bib"),
        coverage=yaml.safe_load((root / "book" / "coverage.yml").read_text(encoding="utf8")),
        contents=list(_contents(yaml.safe_load((root / "_toc.yml").read_text(encoding="utf8")))),
    )
