"""Makes the students' stage of an edition: a copy of the instructor's, less everything that is kept from students.

What is kept back is not in the copy at all, so nothing that is built from it can show it. Files are copied by what is
known of them: what nobody names, such as a sheet of answers left in a folder, stays behind.
"""

import ast
import fnmatch
import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from opsbook.errors import BankError
from opsbook.exercises.banks import class_seed
from opsbook.exercises.question import KEPT_SOLUTION, Entry
from opsbook.exercises.reading import read_bank
from opsbook.exercises.withheld import withheld
from opsbook.located import parse, write
from opsbook.publishing.course import named
from opsbook.publishing.editions import course as courses
from opsbook.publishing.editions.links import Links
from opsbook.publishing.solutions import KEPT_BACK, REGIONS, has_solutions, left_over, region, solved, strip

__all__ = [
    "Policy",
    "fed_by_solutions",
    "student_bank",
    "student_notebook",
    "student_text",
    "withhold",
]

_HEAD: Final = "# What the students of this edition get of the bank. The whole of it is the instructor's.\n"
_INSTRUCTOR_PAGES: Final = frozenset({"book/instructor-guide", "book/editions"})
_EXAM_PAGES: Final = frozenset(
    f"book/{name}" for name in ("practice-exam", "certificate-exam", "practice-exam-paper", "practice-exam-answers")
)
_ROOT_FILES: Final = ("_config.yml", "pyproject.toml", "requirements.txt", "CITATION.cff", "LICENSE*", "README*")
_DATA_FILES: Final = ("datapackage.json", "README.md", ".gitattributes")
# What directives of the book read, and nobody links to.
_BOOK_FILES: Final = ("*.bib", "evidence.yml", "coverage.yml")
_SOURCES: Final = (".ipynb", ".md")
_NOT_CODE: Final = ("__pycache__", "*.pyc", "bank", "files")
_CELL_METADATA: Final = frozenset({"tags", "nbgrader", "slideshow", "jupyter"})
_NBGRADER: Final = frozenset(
    {"cell_type", "checksum", "grade", "grade_id", "locked", "points", "schema_version", "solution", "task"}
)
_NOTEBOOK_METADATA: Final = frozenset({"kernelspec", "language_info", "opsbook"})
_ALL_THERE: Final = Links()
_OPSBOOK_METADATA: Final = frozenset({"covers", "minutes", "objectives", "requires"})


@dataclass(frozen=True)
class Policy:
    """What an edition keeps from its students.

    Notes for instructors, hidden tests, and the wrong answers in the metadata of cells never reach a student,
    whatever the policy.

    Attributes
    ----------
    hidden : bool
        Whether solutions are hidden: worked solutions, model code and rationales are left out, questions for exams
        alone are not in the banks, and graded questions are shown without being checked, with the numbers and in the
        order of the class seed.

    Examples
    --------
    >>> sorted(Policy(hidden=False).pages)
    ['book/editions', 'book/instructor-guide']
    """

    hidden: bool = True

    @property
    def pages(self) -> frozenset[str]:
        """The pages that only the instructor's book has, as names without ending."""
        return _INSTRUCTOR_PAGES | (_EXAM_PAGES if self.hidden else frozenset())

    def is_dropped(self, entry: Entry) -> bool:
        """Return whether a question is not in the students' bank at all: it is for exams alone."""
        return self.hidden and set(entry.pool) == {"exam"} and not entry.graded

    def is_withheld(self, entry: Entry) -> bool:
        """Return whether a question is shown without being checked."""
        # Code whose tests are all hidden has nothing left to be checked by.
        tests = getattr(entry, "tests", ())
        untested = bool(tests) and all(test.hidden for test in tests)
        return untested or (self.hidden and entry.graded)


def withhold(instructor_stage: Path, student_stage: Path, policy: Policy) -> None:
    """Copy a stage less everything that is kept from students.

    Parameters
    ----------
    instructor_stage : pathlib.Path
        The whole edition.
    student_stage : pathlib.Path
        Where the copy goes; must not exist yet.
    policy : Policy
        What is kept back.

    Raises
    ------
    FileExistsError
        There is something at `student_stage`.
    BankError
        A bank breaks the rules of banks.
    ValueError
        A region of a notebook that is to be taken out has no end, or no beginning.

    Notes
    -----
    With solutions shown, the folder ``solutions`` of the copy holds the notebooks once more, with their solutions: the
    exercises under their own names, chapters that have any as ``NAME-chapter.ipynb``.
    """
    student_stage.mkdir(parents=True)
    removed = _contents(instructor_stage, student_stage, policy)
    for name in _listed(instructor_stage, _ROOT_FILES):
        shutil.copyfile(instructor_stage / name, student_stage / name)
    _settings(student_stage / "_config.yml")
    _code(instructor_stage / "src" / "opsbook", student_stage / "src" / "opsbook")
    _data(instructor_stage / "datasets", student_stage / "datasets")
    _banks(instructor_stage / "exercises" / "bank", student_stage / "exercises" / "bank", policy)
    links = _links(instructor_stage, removed)
    _pages(instructor_stage, student_stage, links)
    if not policy.hidden:
        _solutions(instructor_stage, student_stage, links)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf8", newline="\n")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _listed(folder: Path, patterns: Sequence[str]) -> list[str]:
    names = sorted(path.name for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
    return [name for name in names if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)]


def _json(notebook: Mapping[str, Any]) -> str:
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


# --- Contents and settings -------------------------------------------------------------------------------------


def _without(toc: Any, pages: frozenset[str]) -> Any:
    """Return a table of contents less some pages, and less the parts that are empty without them."""
    if isinstance(toc, list):
        kept = [_without(each, pages) for each in toc if not (isinstance(each, dict) and each.get("file") in pages)]
        return [each for each in kept if not (isinstance(each, dict) and each.get("chapters") == [])]
    if isinstance(toc, dict):
        less = {key: _without(value, pages) for key, value in toc.items()}
        return {key: value for key, value in less.items() if not (key == "sections" and value == [])}
    return toc


def _contents(instructor_stage: Path, student_stage: Path, policy: Policy) -> frozenset[str]:
    """Write the students' table of contents, and return the pages that it has lost."""
    text = (instructor_stage / "_toc.yml").read_text(encoding="utf8")
    toc = yaml.safe_load(text)
    removed = policy.pages & {page.removesuffix(".md") for page in named(toc)}
    # Comments of an author stay behind, also where no page does.
    _write(student_stage / "_toc.yml", yaml.safe_dump(_without(toc, removed), sort_keys=False, allow_unicode=True))
    return removed


def _links(instructor_stage: Path, removed: frozenset[str]) -> Links:
    """Return what becomes of references to pages that students do not have."""
    documents = {page: courses.document(instructor_stage / f"{page}.md") for page in removed}
    return Links(
        left_out=removed,
        labels={label: (page, words) for page, each in documents.items() for label, (_, words) in each.labels.items()},
        titles={page: each.title for page, each in documents.items()},
        unsaid=removed,
    )


def _settings(path: Path) -> None:
    """Let the students' book be built as one."""
    configuration = yaml.safe_load(path.read_text(encoding="utf8"))
    configuration.get("sphinx", {}).get("config", {}).pop("opsbook_instructor", None)
    # Comments of an author stay behind here, too.
    _write(path, yaml.safe_dump(configuration, sort_keys=False, allow_unicode=True, width=120))


# --- Library and data ------------------------------------------------------------------------------------------


def _code(source: Path, target: Path) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*_NOT_CODE))


def _data(source: Path, target: Path) -> None:
    """Copy the data sets that the description lists, with their licences: whatever else lies there is not meant."""
    described = json.loads((source / "datapackage.json").read_text(encoding="utf8"))
    names = [str(each["path"]) for each in described["resources"] if isinstance(each.get("path"), str)]
    for name in (*_listed(source, _DATA_FILES), *names):
        if (source / name).is_file():
            _copy(source / name, target / name)
    if (source / "licences").is_dir():
        shutil.copytree(source / "licences", target / "licences")


# --- Banks -----------------------------------------------------------------------------------------------------


def _banks(source: Path, target: Path, policy: Policy) -> None:
    for path in sorted(source.glob("*.yml")):
        bank = student_bank(path, policy)
        if bank is not None:
            _write(target / path.name, f"{_HEAD}{write(bank)}")
    for name in _listed(source, ("seed.txt",)):
        _copy(source / name, target / name)


def student_bank(path: Path, policy: Policy) -> dict[str, Any] | None:
    """Return what students get of a bank file, or None where nothing of it is left.

    Raises
    ------
    BankError
        The file breaks the rules of banks.
    """
    file = read_bank(path, path.name)
    if file.problems:
        raise BankError(list(file.problems))
    raw = parse(path.read_text(encoding="utf8")).value
    seed, questions = class_seed(path.parent), []
    for each in raw["questions"]:
        question_id = f"{path.stem}/{each['id']}"
        entry = file.entries[question_id]
        if policy.is_withheld(entry):
            questions.append(withheld(entry.draw(question_id, seed, fixed=False)))
        elif not policy.is_dropped(entry):
            questions.append(_practice(each, hidden=policy.hidden))
    if not questions:
        return None
    served = {each["objective"] for each in questions}
    objectives = [each for each in raw.get("objectives", ()) if each["id"] in served]
    return {**({"objectives": objectives} if objectives else {}), "questions": questions}


def _practice(raw: Mapping[str, Any], *, hidden: bool) -> dict[str, Any]:
    """Return a question that students practise with: what it is marked by, and no more."""
    kept = {key: value for key, value in raw.items() if key != "instructor"}
    if "tests" in kept:
        kept["tests"] = [test for test in kept["tests"] if not test.get("hidden")]
    if not hidden:
        return kept
    # The exam has the questions that are for it to itself, so no option needs a reason for after the exam.
    kept["pool"] = [each for each in kept["pool"] if each != "exam"]
    if "options" in kept:
        kept["options"] = [{key: each[key] for key in each if key != "rationale"} for each in kept["options"]]
    if "solution" in kept:
        kept["solution"] = KEPT_SOLUTION
        if kept["kind"] in {"choice", "choices", "order", "match"}:
            del kept["solution"]
    return kept


# --- Pages and notebooks ---------------------------------------------------------------------------------------


def _pages(instructor_stage: Path, student_stage: Path, links: Links) -> None:
    """Copy what the students' contents name, and of what lies beside it the files that these pages name."""
    toc = yaml.safe_load((student_stage / "_toc.yml").read_text(encoding="utf8"))
    texts = []
    for page in dict.fromkeys(named(toc)):
        for ending in ("", *_SOURCES):
            source = instructor_stage / f"{page}{ending}"
            if source.suffix in _SOURCES and source.is_file():
                text = student_text(source, page.removesuffix(source.suffix), links)
                _write(student_stage / f"{page}{ending}", text)
                texts.append(text)
                break
    for name in _listed(instructor_stage / "book", _BOOK_FILES):
        _copy(instructor_stage / "book" / name, student_stage / "book" / name)
    configured = (student_stage / "_config.yml").read_text(encoding="utf8")
    held = "\n".join((*texts, configured))
    for folder in ("book", "chapters", "exercises"):
        for path in sorted((instructor_stage / folder).rglob("*")):
            place = path.relative_to(instructor_stage)
            asset = path.is_file() and path.suffix not in {*_SOURCES, ".yml", ".yaml"} and "bank" not in place.parts
            if asset and path.name in held and not (student_stage / place).exists():
                _copy(path, student_stage / place)


def _solutions(instructor_stage: Path, student_stage: Path, links: Links) -> None:
    # Beside the other folders, so that links to them lead on.
    for folder, form in (("exercises", "{}.ipynb"), ("chapters", "{}-chapter.ipynb")):
        for path in sorted((student_stage / folder).glob("*.ipynb")):
            source = instructor_stage / folder / path.name
            notebook = json.loads(source.read_text(encoding="utf8"))
            if has_solutions(notebook):
                with _naming(source):
                    whole = _readable(_bare(solved(notebook)), f"{folder}/{path.stem}", links)
                _write(student_stage / "solutions" / form.format(path.stem), _json(whole))


def student_text(path: Path, document: str = "", links: Links = _ALL_THERE) -> str:
    """Return the text of a page or notebook as students get it.

    Parameters
    ----------
    path : pathlib.Path
        A notebook or a page in Markdown.
    document : str
        The page, as ``folder/name`` without ending, from which its links lead.
    links : Links
        What becomes of references to pages that students do not have.

    Raises
    ------
    ValueError
        A region that is to be taken out is not closed.
    """
    text = path.read_text(encoding="utf8")
    with _naming(path):
        if path.suffix == ".ipynb":
            return _json(student_notebook(json.loads(text), document, links))
        return links.rewritten(_without_comments(_without_regions(text)), document)[0]


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Let an error in what a file holds name the file."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{path.parent.name}/{path.name}: {error}") from error


def student_notebook(notebook: dict[str, Any], document: str = "", links: Links = _ALL_THERE) -> dict[str, Any]:
    """Return a notebook as students get it.

    Beyond what `strip` takes out, cells that show what a solution has made lose their outputs, comments in Markdown
    and attachments that no text shows are left out, and of the metadata what the course itself writes is kept.

    Parameters
    ----------
    notebook : dict
        A notebook of format 4, as JSON.
    document, links
        As `student_text` takes them.

    Raises
    ------
    ValueError
        A region that is to be taken out is not closed.
    """
    fed = fed_by_solutions(notebook["cells"])
    kept = [place for place, cell in enumerate(notebook["cells"]) if not KEPT_BACK & _tags(cell)]
    stripped = _bare(strip(notebook))
    for place, cell in zip(kept, stripped["cells"], strict=True):
        if place in fed:
            cell["outputs"], cell["execution_count"] = [], None
    return _readable(stripped, document, links)


def _readable(notebook: dict[str, Any], document: str, links: Links) -> dict[str, Any]:
    """Take out of a notebook's texts the comments, the links that lead nowhere, and attachments that none shows."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            source = _without_comments("".join(cell["source"]))
            cell["source"] = source.splitlines(keepends=True)
            shown = {name: data for name, data in cell.get("attachments", {}).items() if f"attachment:{name}" in source}
            if shown or "attachments" in cell:
                cell["attachments"] = shown
    notebook["cells"], _ = links.rewritten_cells(notebook["cells"], document)
    return notebook


def _tags(cell: Mapping[str, Any]) -> set[str]:
    return set(cell.get("metadata", {}).get("tags", ()))


def _bare(notebook: dict[str, Any]) -> dict[str, Any]:
    """Take out of a notebook's metadata what the course does not write."""
    about = notebook.get("metadata", {})
    notebook["metadata"] = {key: about[key] for key in about if key in _NOTEBOOK_METADATA}
    if "opsbook" in about:
        course = about["opsbook"]
        notebook["metadata"]["opsbook"] = {key: course[key] for key in course if key in _OPSBOOK_METADATA}
    for cell in notebook["cells"]:
        held = cell.get("metadata", {})
        cell["metadata"] = {key: held[key] for key in held if key in _CELL_METADATA}
        if "nbgrader" in held:
            cell["metadata"]["nbgrader"] = {key: held["nbgrader"][key] for key in held["nbgrader"] if key in _NBGRADER}
        for output in cell.get("outputs", ()):
            if "metadata" in output:
                data = output.get("data", {})
                output["metadata"] = {key: output["metadata"][key] for key in output["metadata"] if key in data}
    return {key: notebook[key] for key in notebook if key in {"cells", "metadata", "nbformat", "nbformat_minor"}}


# --- What a solution feeds -------------------------------------------------------------------------------------


# Methods that change what they are called on and are called for their value as well.
_CHANGING: Final = frozenset({"pop", "popitem", "setdefault"})
_SHOWING: Final = frozenset({"display", "print"})


class _Names(ast.NodeVisitor):
    """The names that code reads, those that it gives a value (`always`: whatever happens), or may change in place.

    What is imported is none of them: it is not made by the code that imports it.
    """

    def __init__(self) -> None:
        self.read: set[str] = set()
        self.given: set[str] = set()
        self.changed: set[str] = set()
        self.always: set[str] = set()
        self.imported: set[str] = set()

    def visit_alias(self, node: ast.alias) -> None:
        self.imported.add(node.asname or node.name.partition(".")[0])

    def visit_Expr(self, node: ast.Expr) -> None:
        # What is called for its effect, such as `rows.append(45)`, may change all that it is called on or given.
        call = node.value
        if isinstance(call, ast.Call) and not (isinstance(call.func, ast.Name) and call.func.id in _SHOWING):
            touched = _Names()
            touched.visit(call)
            self.changed |= touched.read
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGING:
            self.changed |= {each.id for each in ast.walk(node.func.value) if isinstance(each, ast.Name)}
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        (self.read if isinstance(node.ctx, ast.Load) else self.given).add(node.id)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):  # which reads it, too
            self.read.add(node.target.id)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.given.add(node.name)
        self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.given.add(node.name)
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._in_place(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self._in_place(node)

    def _in_place(self, node: ast.Attribute | ast.Subscript) -> None:
        base: ast.AST = node
        while isinstance(base, ast.Attribute | ast.Subscript):
            base = base.value
        if not isinstance(node.ctx, ast.Load) and isinstance(base, ast.Name):
            self.changed.add(base.id)
        self.generic_visit(node)


def _names(source: str) -> _Names | None:
    """Return the names in a cell's code, or None where it is no plain Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    names = _Names()
    names.visit(tree)
    # Below an `if` or a `try` a name may keep the value that it had.
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            names.always.add(statement.name)
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            certain = _Names()
            certain.visit(statement)
            names.always |= certain.given
    return names


def fed_by_solutions(cells: Sequence[dict[str, Any]]) -> set[int]:
    """Return which cells of code, by their place, show or may show what a solution above them has made."""
    fed: set[int] = set()
    secret: set[str] = set()
    modules: set[str] = set()
    unread = False  # whether a solution cannot be read, which may have made anything
    stripped = iter(strip({"cells": [cell for cell in cells if not KEPT_BACK & _tags(cell)]})["cells"])
    for place, cell in enumerate(cells):
        taken = bool(KEPT_BACK & _tags(cell))
        without = "" if taken else "".join(next(stripped)["source"])
        if cell["cell_type"] != "code":
            continue
        source = "".join(cell["source"])
        names = _names(source)
        modules |= names.imported if names else set()
        made = (names.given | names.changed) - modules if names else set()
        if taken or without.rstrip() != source.rstrip():
            secret |= made
            unread = unread or names is None
        elif unread or (secret and (names is None or names.read & {*secret, "globals", "locals", "vars"})):
            # What is no plain Python may show anything.
            fed.add(place)
            secret |= made
        elif names:
            secret -= names.always
    return fed


# --- Text ------------------------------------------------------------------------------------------------------

_REGION = region(*REGIONS)
_CODE_CELL = re.compile(r"^[ \t]*(`{3,})\{code-cell\}.*?^[ \t]*\1`*[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_CELL_TAGS = re.compile(r"^[ \t]*:?tags:.*?\b(?:solution|instructor)\b", re.MULTILINE)
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,}|:{3,})(.*)")
_VERBATIM: Final = ("code", "code-block", "code-cell", "sourcecode", "math", "mermaid", "raw")


def _without_regions(text: str) -> str:
    without = _REGION.sub("", text)
    without = _CODE_CELL.sub(lambda cell: "" if _CELL_TAGS.search(cell[0]) else cell[0], without)
    if left := left_over(without):
        raise ValueError(f"it holds {left!r} without its counterpart. Begin and end each region in the same page.")
    return without


def _without_comments(text: str) -> str:
    r"""Return Markdown less its comments, `<!-- … -->` and lines that begin with `%`; code stays as it is.

    Examples
    --------
    >>> _without_comments("Seen. <!-- Unseen. -->\n% Unseen.\n```python\n%time\n```\n")
    'Seen. \n```python\n%time\n```\n'
    """
    fences: list[tuple[str, bool]] = []
    lines, comment = [], False
    for line in text.splitlines(keepends=True):
        fence = None if comment else _FENCE.match(line)
        verbatim = bool(fences) and fences[-1][1]
        if fence and fences and fence[1].startswith(fences[-1][0]) and not fence[2].strip():
            fences.pop()
            lines.append(line)
        elif fence and not verbatim:
            directive = re.match(r"[ \t]*\{([\w-]+)\}", fence[2])
            fences.append((fence[1], fence[1][0] != ":" and (not directive or directive[1] in _VERBATIM)))
            lines.append(line)
        elif verbatim:
            lines.append(line)
        elif comment or not re.match(r" {0,3}%", line):
            shown, comment = _uncommented(line, comment=comment)
            lines.append(shown)
    return "".join(lines)


def _uncommented(line: str, *, comment: bool) -> tuple[str, bool]:
    """Return what is left of a line without comments, and whether one goes on behind it."""
    shown = []
    # What stands in backticks is code, also where it looks like a comment.
    for piece in re.split(r"(`+[^`]*`+|<!--|-->)", line):
        if not comment and piece == "<!--":
            comment = True
        elif comment:
            comment = "-->" not in piece
        else:
            shown.append(piece)
    return "".join(shown), comment
