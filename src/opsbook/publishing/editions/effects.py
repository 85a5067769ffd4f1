"""Which notebooks rest on the data of a course, by what their code loads; and running them again.

Words stay as they were written: `typed` finds the sentences that name a figure which the notebook shows no longer.
"""

import ast
import fnmatch
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from opsbook.errors import EditionError
from opsbook.publishing.editions.processes import Processes, StageError, stage_process
from opsbook.publishing.notebooks import execute, plain_code, sources

__all__ = ["Typed", "affected", "main", "rerun", "typed"]

_PACKAGE: Final = "datasets/datapackage.json"
_ORDERS: Final = ("service_contacts", "service_defects", "service_orders")
_SAME_TIME: Final = 2  # notebooks that run side by side


# --- What rests on a set ---------------------------------------------------------------------------------------


_LOAD: Final = "opsbook.datasets.load"


def affected(stage: Path, names: Iterable[str]) -> dict[Path, tuple[str, ...]]:
    """Return the notebooks of a course whose code loads or draws data sets called `names`, by path, with these sets.

    Code is read and not run. A name that is put together counts as every set that it may become, one that cannot be
    read as every set; a module of the library that loads a set counts for whoever imports it.
    """
    changed = set(names)
    known = tuple(each["name"] for each in json.loads((stage / _PACKAGE).read_text(encoding="utf8"))["resources"])
    library = _library(stage / "src" / "opsbook", known)
    found = {}
    for path in sources(stage):
        loads = _Loads(known, library)
        for code in _code(json.loads(path.read_text(encoding="utf8"))):
            loads.read(code)
        if both := changed & loads.sets:
            found[path] = tuple(sorted(both))
    return found


def _code(notebook: Mapping[str, Any]) -> Iterator[ast.Module]:
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            # What is no Python may be an exercise that is to be mended.
            with suppress(SyntaxError):
                yield ast.parse(plain_code("".join(cell["source"])))


class _Loads(ast.NodeVisitor):
    """Which sets a text loads or draws: it follows the names under which the library and its functions are known."""

    def __init__(self, known: tuple[str, ...], library: Mapping[str, frozenset[str]]) -> None:
        self.known = known
        self.library = library
        self.sets: set[str] = set()
        self.names: dict[str, str] = {}  # what a name of the text stands for

    def read(self, code: ast.AST) -> set[str]:
        """Read a further part of the text, and return the sets that it loads."""
        before, self.sets = self.sets, set()
        self.visit(code)
        found, self.sets = self.sets, before | self.sets
        return found

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.names[alias.asname or alias.name.partition(".")[0]] = (
                alias.name if alias.asname else alias.name.partition(".")[0]
            )
            self._module(alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            whole = f"{node.module}.{alias.name}"
            self.names[alias.asname or alias.name] = whole
            self._module(whole)
            self._module(str(node.module))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._used(self._dotted(node))
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        self._used(self._dotted(node))

    def visit_Call(self, node: ast.Call) -> None:
        if self._dotted(node.func) != _LOAD:
            self.generic_visit(node)
            return
        self.sets |= self._named(node.args[0] if node.args else next((k.value for k in node.keywords), None))
        for argument in (*node.args, *node.keywords):
            self.visit(argument)

    def _used(self, whole: str) -> None:
        """Note what is named: a module, a generator, or the loader itself, which may then load anything."""
        self._module(whole)
        package, _, name = whole.rpartition(".")
        if whole == _LOAD:
            self.sets |= set(self.known)
        elif package.startswith("opsbook.datasets"):
            self.sets |= set(_ORDERS) if name == "service_operations" else {name} & set(self.known)

    def _module(self, name: str) -> None:
        self.sets |= self.library.get(name, frozenset())

    def _dotted(self, node: ast.AST) -> str:
        if isinstance(node, ast.Attribute):
            inner = self._dotted(node.value)
            return f"{inner}.{node.attr}" if inner else ""
        return self.names.get(node.id, "") if isinstance(node, ast.Name) else ""

    def _named(self, node: ast.expr | None) -> set[str]:
        """Return the sets that an expression may name."""
        pattern = "*"
        if isinstance(node, ast.Constant):
            pattern = str(node.value)
        elif isinstance(node, ast.JoinedStr):
            pattern = "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)
        return set(fnmatch.filter(self.known, pattern))


@cache
def _library(package: Path, known: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """Return the sets that each module of the library loads, itself or through others that it imports.

    The package of the data is left out, since it loads what it is asked for, and so is what makes books.
    """
    own: dict[str, set[str]] = {}
    uses: dict[str, set[str]] = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        if parts[0] in {"datasets", "publishing", "cli"}:
            continue
        name = ".".join(("opsbook", *parts)).removesuffix(".__init__")
        code = ast.parse(path.read_text(encoding="utf8"))
        loads = _Loads(known, {})
        own[name] = loads.read(code)
        uses[name] = set(loads.names.values())
    while True:
        grown = False
        for name, sets in own.items():
            for used in uses[name]:
                more = own.get(used, own.get(used.rpartition(".")[0], set())) - sets
                sets.update(more)
                grown = grown or bool(more)
        if not grown:
            return {name: frozenset(sets) for name, sets in own.items() if sets}


# --- Running again ---------------------------------------------------------------------------------------------


def rerun(
    stage: Path,
    notebooks: Mapping[Path, Sequence[str]],
    *,
    causes: Mapping[str, str],
    processes: Processes | None = None,
) -> list["Typed"]:
    """Run notebooks of a stage again, two at a time, each in processes that know only the stage's library and data.

    Parameters
    ----------
    stage : pathlib.Path
        The instructor stage, its data in place.
    notebooks : mapping of pathlib.Path to sequence of str
        The notebooks with the replaced sets that each loads, from `affected`.
    causes : mapping of str to str
        What became of each replaced set, for the message of a cell that fails: `Substitution.said` by name.
    processes : Processes, optional
        Who may stop the processes.

    Returns
    -------
    list of Typed
        Sentences that name a figure which their notebook shows no longer.

    Raises
    ------
    EditionError
        A cell failed: one message for each notebook that did, with the cell, the error and what was replaced.
    """
    before = {path: json.loads(path.read_text(encoding="utf8")) for path in notebooks}
    problems: list[str] = []
    with ThreadPoolExecutor(_SAME_TIME) as pool:
        failed = pool.map(lambda path: _run(stage, path, processes), notebooks)
        for path, problem in zip(notebooks, failed, strict=True):
            if problem:
                why = "; ".join(causes[name] for name in notebooks[path])
                problems.append(
                    f"{path.relative_to(stage)}: {problem} It loads what this edition replaces ({why}). Mend the data, "
                    "try another seed, drop the section or exclude the chapter."
                )
    if problems:
        raise EditionError(problems)
    return [each for path in notebooks for each in typed(path, before[path], json.loads(path.read_text("utf8")))]


def _run(stage: Path, path: Path, processes: Processes | None) -> str:
    """Run one notebook in a process of the stage; return what failed."""
    try:
        stage_process(stage, "effects", str(path.resolve()), processes=processes)
    except StageError as error:
        return str(error).splitlines()[-1]
    return ""


def main(arguments: Sequence[str]) -> int:
    """Run the notebook at the path that is the only argument; say on one line what failed."""
    from nbclient.exceptions import CellControlSignal, CellExecutionError, CellTimeoutError, DeadKernelError  # noqa: PLC0415 - a process of the stage runs this

    path = Path(arguments[0])
    try:
        execute(path)
    except (CellExecutionError, CellTimeoutError, DeadKernelError, CellControlSignal) as error:
        told = _told(json.loads(path.read_text(encoding="utf8")), error)
        print(told, file=sys.stderr)  # noqa: T201 - what the caller reads
        return 1
    return 0


def _told(notebook: Mapping[str, Any], error: Exception) -> str:
    text = str(error)
    kind, value = getattr(error, "ename", ""), getattr(error, "evalue", "")
    last = f"{kind}: {value}" if kind else next(iter(text.strip().splitlines()), type(error).__name__)
    heading, where = "", "a cell"
    for number, cell in enumerate(notebook["cells"], 1):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            heading = next(iter(re.findall(r"^#+ (.+)$", source, re.MULTILINE)[-1:]), heading)
        elif source.strip() and f"------------------\n{source}\n------------------" in text:
            under = f" under {heading!r}" if heading else ""
            where = f"cell {number}{under} (it begins {_short(source.strip().splitlines()[0])!r})"
            break
    return f"{where} failed with {_short(' '.join(last.split()), 300)!r}."


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


# --- Figures in words ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Typed:
    """A sentence that names figures which its notebook does not show, or shows no longer.

    Attributes
    ----------
    notebook : pathlib.Path
        Where it stands.
    cell : int
        The cell, from 1.
    sentence : str
        The sentence.
    figures : tuple of str
        The figures.
    """

    notebook: Path
    cell: int
    sentence: str
    figures: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.notebook.parent.name}/{self.notebook.name}, cell {self.cell}: {_short(self.sentence, 160)}"


# 47%, 1,240, 0.83, 312; no single digits, which say little, and no years.
_FIGURE: Final = re.compile(
    r"(?<![\w.,/#-])(?!(?:19|20)\d\d(?![\d.,%]))(\d{1,3}(?:,\d{3})+|\d+\.\d+|\d{3,}|\d\d+(?= ?%))(?:( ?%)|(?![\w-]))"
)
_SENTENCE: Final = re.compile(r"(?<=[.!?:])\s+|\n{2,}|\n(?=[-|#\d])")
_TEXTS: Final = ("text/plain", "text/markdown", "text/html")


def typed(notebook: Path, before: Mapping[str, Any], after: Mapping[str, Any] | None = None) -> list[Typed]:
    """Return the sentences that name a figure which the notebook showed before and shows no longer.

    Parameters
    ----------
    notebook : pathlib.Path
        The notebook, for the record.
    before, after : mapping
        Its content before and after it was run on other data; without `after`, every figure that a cell shows counts.

    Notes
    -----
    A figure is a percentage, a number with decimals or one of three digits or more, in text or in the titles that code
    carries. Two cells may show the same figure by chance, and a figure in words ("nearly half") is not seen: this
    points to places to read, and proves nothing about others.
    """
    gone = _shown(before) - (_shown(after) if after else set())
    return [
        Typed(notebook, place, " ".join(sentence.split()), figures)
        for place, cell in enumerate(before["cells"], 1)
        for text in _phrases(cell)
        for sentence in _SENTENCE.split(text)
        if (figures := tuple(figure for figure in _figures(sentence) if figure in gone))
    ]


def _figures(text: str) -> list[str]:
    plain = text.replace(r"\%", "%")
    return [f"{number}{'%' * bool(percent)}" for number, percent in _FIGURE.findall(plain)]


def _shown(notebook: Mapping[str, Any]) -> set[str]:
    """Return the figures in the outputs of a notebook."""
    found: set[str] = set()
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            for text in [*(data.get(mime, "") for mime in _TEXTS), output.get("text", "")]:
                found.update(_figures(re.sub(r"<[^>]*>", " ", "".join(text))))
    return found


def _phrases(cell: Mapping[str, Any]) -> list[str]:
    """Return the words of a cell: its text, or the constant phrases in its code, without what is computed in them."""
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        return [source]
    try:
        nodes = list(ast.walk(ast.parse(plain_code(source))))
    except SyntaxError:
        return []
    parts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [part for part in parts if part.count(" ") > 1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
