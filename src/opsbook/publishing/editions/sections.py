"""Chapters, exercises and pages with less in them: sections dropped by their labels, questions by their ids.

A section reaches from its heading to the next one of the same or a higher level, over all cells between them; a cell
that only imports stays, since what comes later needs it. With a question go the cells that ask and check it and the one
that its code is written in; in exercises the whole item, with its heading, if it asks nothing else.
"""

import ast
import builtins
import re
import symtable
from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

from opsbook.exercises.explorers import EXPLORER_MIME_TYPE
from opsbook.exercises.page import QUESTION_MIME_TYPE
from opsbook.exercises.views import VIEW_MIME_TYPE
from opsbook.publishing.course import plain_heading
from opsbook.publishing.notebooks import plain_code

__all__ = ["Cut", "Missing", "anchors", "asked", "cut", "cut_text", "labels_of"]

_LABEL: Final = re.compile(r"\((?P<label>[^()\s]+)\)=[ \t]*")
_ANY_LABEL: Final = re.compile(r"^\(([^()\s]+)\)=", re.MULTILINE)
_HEADING: Final = re.compile(r" {0,3}(?P<marks>#{1,6})[ \t]+(?P<words>.*?)[ \t#]*")
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,}|:{3,})")
_ASKING: Final = re.compile(r"\bexercises\.(?:question|check_code)\(\s*[\"']([a-z0-9-]+/[a-z0-9-]+)[\"']")
_DIRECTIVE: Final = re.compile(r"^(?P<fence>[`:]{3,})\{question\}[ \t]+(\S+)[ \t]*$", re.MULTILINE)
_ITEM: Final = 3  # the level of the headings of items in exercises
_SLUGGED: Final = 3  # headings down to this level have anchors of their own
_COUNTS: Final = (
    *("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve"),
    *("Thirteen", "Fourteen", "Fifteen", "Sixteen"),
)

# Of the paragraph in italics that begins exercises, from the first sentence that counts items by what they need.
_COUNTING: Final = re.compile(
    r"^(?P<before>\*[^*\n]*?[.]) (?:[^*.\n]*\b(?:items?|numbers [0-9]|(?:one|two|three|four) ask)\b[^*\n]*)\*$",
    re.IGNORECASE | re.MULTILINE,
)

Cell = dict[str, Any]


@dataclass(frozen=True)
class Missing:
    """Code that is kept and needs what only dropped code says."""

    names: tuple[str, ...]
    heading: str


@dataclass(frozen=True)
class Cut:
    """What is left of a notebook's cells, and what went.

    Attributes
    ----------
    cells : list of dict
        The cells that are left, copies where they changed.
    labels : frozenset of str
        The labels that went, those of subsections and the anchors of headings included.
    questions : frozenset of str
        The questions that were asked and are not asked any more.
    explorers : frozenset of str
        The messages of the explorers that went.
    found : frozenset of str
        Which of the labels and questions that were to go are there.
    missing : tuple of Missing
        What kept code needs of dropped code; then the rest does not work without it.
    """

    cells: list[Cell]
    labels: frozenset[str] = frozenset()
    questions: frozenset[str] = frozenset()
    explorers: frozenset[str] = frozenset()
    found: frozenset[str] = frozenset()
    missing: tuple[Missing, ...] = field(default=())


def cut(cells: Sequence[Cell], labels: Collection[str] = (), questions: Collection[str] = ()) -> Cut:
    """Return a notebook's cells without the sections called `labels` and without `questions`."""
    pieces = _pieces(cells)
    before = _asked_in(pieces)
    gone_labels, gone = _sections(pieces, set(labels))
    gone |= _questions(pieces, set(questions), gone)
    if not gone:
        return Cut(list(cells))
    kept = [piece for place, piece in enumerate(pieces) if place not in gone]
    left = {piece.cell for piece in kept}
    dropped = [pieces[place] for place in sorted(gone)]
    asked_now = _asked_in(kept)
    here = {each for piece in pieces for each in piece.labels}
    explorers = _explorers(cells, {index for index in range(len(cells)) if index not in left})
    return Cut(
        cells=_counted(_joined(cells, kept), items=sum(piece.level == _ITEM for piece in dropped)),
        labels=frozenset(gone_labels),
        questions=frozenset(before - asked_now),
        explorers=frozenset(explorers),
        found=frozenset((set(labels) & here) | (set(questions) & before)),
        missing=tuple(_missing(cells, left)),
    )


def cut_text(text: str, labels: Collection[str] = (), questions: Collection[str] = ()) -> tuple[str, Cut]:
    """Return a page of Markdown without sections and questions, as `cut` does a notebook."""
    directives = {found[2] for found in _DIRECTIVE.finditer(text)}
    result = cut([{"cell_type": "markdown", "source": text, "metadata": {}}], labels)
    left = result.cells[0]["source"] if result.cells else ""
    for found in list(_DIRECTIVE.finditer(left)):
        if found[2] in questions:
            whole = rf"{re.escape(found[0])}\n.*?^{re.escape(found['fence'])}[ \t]*(?:\n\n?|\Z)"
            block = re.compile(whole, re.DOTALL | re.MULTILINE)
            left = block.sub("", left, count=1)
    still = {found[2] for found in _DIRECTIVE.finditer(left)}
    return left, Cut(
        cells=result.cells,
        labels=result.labels,
        questions=frozenset(directives - still),
        found=result.found | (directives & set(questions)),
    )


def labels_of(texts: Sequence[str]) -> dict[str, tuple[int, str]]:
    r"""Return the labels that stand before a heading, with its level and its words.

    Examples
    --------
    >>> labels_of(["(first)=\n## A *start*\n\n(figure)=\nNo heading."])
    {'first': (2, 'A *start*')}
    """
    cells = [{"cell_type": "markdown", "source": text} for text in texts]
    return {
        label: (piece.level, plain_heading(piece.heading))
        for piece in _pieces(cells)
        if piece.level
        for label in piece.labels
    }


def anchors(texts: Sequence[str]) -> frozenset[str]:
    """Return everything in texts that a link can lead to: labels, and the anchors that headings have of themselves."""
    pieces = _pieces([{"cell_type": "markdown", "source": text} for text in texts])
    slugs = {_slug(piece.heading) for piece in pieces if 0 < piece.level <= _SLUGGED}
    return frozenset(slugs.union(*(_ANY_LABEL.findall(piece.text) for piece in pieces)))


def asked(cells: Sequence[Cell]) -> set[str]:
    """Return the full ids of the questions that cells ask or check."""
    return _asked_in(_pieces(cells))


# --- Pieces: a code cell, or a heading with what follows it in its cell -------------------------------------------


@dataclass
class _Piece:
    cell: int
    text: str
    level: int = 0  # of its heading; 0 if it has none
    heading: str = ""
    labels: tuple[str, ...] = ()
    questions: frozenset[str] = frozenset()
    solution: bool = False
    imports: bool = False  # whether it is code that does nothing else


def _source(cell: Mapping[str, Any]) -> str:
    return "".join(cell["source"])


def _pieces(cells: Sequence[Cell]) -> list[_Piece]:
    found: list[_Piece] = []
    for index, cell in enumerate(cells):
        if cell["cell_type"] == "markdown":
            found += _markdown(index, _source(cell))
        else:
            outputs = cell.get("outputs", ())
            ids = {
                output["data"][QUESTION_MIME_TYPE]["id"]
                for output in outputs
                if QUESTION_MIME_TYPE in output.get("data", {})
            }
            ids |= set(_ASKING.findall(_source(cell)))
            solution = bool(cell.get("metadata", {}).get("nbgrader", {}).get("solution"))
            imports = cell["cell_type"] == "code" and _only_imports(_source(cell))
            found.append(_Piece(index, _source(cell), questions=frozenset(ids), solution=solution, imports=imports))
    return found


def _markdown(index: int, text: str) -> Iterator[_Piece]:
    """Yield the parts of a text that begin with a heading, each with the labels before it; first what stands before."""
    lines: list[str] = []
    waiting: list[str] = []  # labels that may belong to the next heading, and empty lines after them
    piece = _Piece(index, "")
    begun = False
    fence = ""
    for line in text.splitlines(keepends=True):
        bare = line.rstrip("\n")
        mark = _FENCE.match(line)
        if mark and not fence and mark[1][0] != ":":
            fence = mark[1]
        elif fence and bare.strip() == fence:
            fence = ""
        heading = None if fence else _HEADING.fullmatch(bare)
        label = None if fence else _LABEL.fullmatch(bare)
        if label or (waiting and not bare.strip()):
            waiting.append(line)
        elif heading:
            if begun or any(each.strip() for each in lines):
                piece.text = "".join(lines)
                yield piece
                lines = []
            labels = tuple(found["label"] for each in waiting if (found := _LABEL.fullmatch(each.rstrip("\n"))))
            piece = _Piece(index, "", level=len(heading["marks"]), heading=heading["words"], labels=labels)
            lines += [*waiting, line]
            waiting, begun = [], True
        else:
            lines += [*waiting, line]
            waiting = []
    piece.text = "".join([*lines, *waiting])
    yield piece


def _only_imports(source: str) -> bool:
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return False
    return bool(body) and all(isinstance(each, ast.Import | ast.ImportFrom) for each in body)


def _asked_in(pieces: Sequence[_Piece]) -> set[str]:
    return {each for piece in pieces for each in piece.questions}


# --- What goes ---------------------------------------------------------------------------------------------------


def _sections(pieces: Sequence[_Piece], labels: set[str]) -> tuple[set[str], set[int]]:
    gone: set[int] = set()
    names: set[str] = set()
    level = 0
    for place, piece in enumerate(pieces):
        if piece.level and level and piece.level <= level:
            level = 0
        if not level and piece.level > 1 and labels & set(piece.labels):
            level = piece.level
        if level and not piece.imports:
            gone.add(place)
            names |= set(_ANY_LABEL.findall(piece.text))
            if 0 < piece.level <= _SLUGGED:
                names.add(_slug(piece.heading))
    # An anchor that another heading has as well is still there.
    names -= {_slug(piece.heading) for place, piece in enumerate(pieces) if piece.level and place not in gone}
    return names, gone


def _slug(heading: str) -> str:
    """Return the anchor that a heading has of itself, as on GitHub."""
    words = re.sub(r"[^\w\s-]", "", plain_heading(heading).lower())
    return re.sub(r"\s", "-", words.strip())


def _questions(pieces: Sequence[_Piece], questions: set[str], gone: set[int]) -> set[int]:
    """Return the pieces that go with questions, beside those that are `gone` already."""
    found: set[int] = set()
    emptied: set[int] = set()
    for group in _groups(pieces):
        ids = {each for place in group for each in pieces[place].questions}
        if not ids & questions:
            continue
        if ids <= questions and pieces[group[0]].level == _ITEM and pieces[group[0]].labels == ():
            found |= set(group)
            emptied.add(group[0])
            continue
        for position, place in enumerate(group):
            if pieces[place].questions and pieces[place].questions <= questions:
                found.add(place)
                before = group[position - 1] if position else place
                if pieces[before].solution and not pieces[before].questions:
                    found.add(before)
    # A heading over items that have all gone goes as well.
    away = gone | found
    for place, piece in enumerate(pieces):
        if piece.level == _ITEM - 1 and place not in away:
            following = range(place + 1, len(pieces))
            end = next((at for at in following if 0 < pieces[at].level < _ITEM), len(pieces))
            below = range(place + 1, end)
            if below and all(at in away for at in below) and any(at in emptied for at in below):
                found.add(place)
    return found


def _groups(pieces: Sequence[_Piece]) -> list[list[int]]:
    """Return the places of pieces by the heading that they stand under."""
    groups: list[list[int]] = []
    for place, piece in enumerate(pieces):
        if piece.level or not groups:
            groups.append([])
        groups[-1].append(place)
    return groups


def _explorers(cells: Sequence[Cell], gone: set[int]) -> Iterator[str]:
    for index in gone:
        for output in cells[index].get("outputs", ()):
            for mime in (EXPLORER_MIME_TYPE, VIEW_MIME_TYPE):
                if mime in output.get("data", {}):
                    yield output["data"][mime]["spec"]["title"]["text"]


# --- What is left --------------------------------------------------------------------------------------------------


def _joined(cells: Sequence[Cell], kept: Sequence[_Piece]) -> list[Cell]:
    texts: dict[int, list[str]] = {}
    for piece in kept:
        texts.setdefault(piece.cell, []).append(piece.text)
    result = []
    for index, parts in texts.items():
        cell, text = cells[index], "".join(parts)
        if text != _source(cell):
            if not text.strip():
                continue
            cell = deepcopy(cell)
            text = text.rstrip("\n") + ("\n" if _source(cell).endswith("\n") else "")
            cell["source"] = text.splitlines(keepends=True) if isinstance(cell["source"], list) else text
        result.append(cell)
    return result


def _counted(cells: list[Cell], items: int) -> list[Cell]:
    """Return cells numbered anew, as if they had been run; an introduction counts the items left."""
    runs = 0
    result = []
    for place, each in enumerate(cells):
        cell = deepcopy(each)
        if "id" in cell:
            cell["id"] = f"cell-{place:03d}"
        if cell["cell_type"] == "code" and cell.get("execution_count") is not None:
            runs += 1
            cell["execution_count"] = runs
            for output in cell.get("outputs", ()):
                if "execution_count" in output:
                    output["execution_count"] = runs
        result.append(cell)
    if items and result and result[0]["cell_type"] == "markdown":
        first = re.sub(
            rf"^({'|'.join(_COUNTS)})(?= (?:items|tasks)\b)",
            lambda word: _COUNTS[max(_COUNTS.index(word[1]) - items, 0)],
            _source(result[0]),
            count=1,
            flags=re.MULTILINE,
        )
        # Which of the rest are code, and how many, nobody has counted again.
        first = _COUNTING.sub(lambda counting: f"{counting['before']}*", first)
        result[0]["source"] = first.splitlines(keepends=True) if isinstance(result[0]["source"], list) else first
    return result


# --- Names ---------------------------------------------------------------------------------------------------------


def _missing(cells: Sequence[Cell], left: set[int]) -> Iterator[Missing]:
    """Yield, by the heading of the code that needs them, the names that the code before it had from dropped code."""
    defined: dict[str, list[int]] = {}
    used: dict[int, set[str]] = {}
    for index, cell in enumerate(cells):
        if cell["cell_type"] == "code":
            names, needs = _names(_source(cell))
            used[index] = needs
            for name in names:
                defined.setdefault(name, []).append(index)
    heading = ""
    needed: dict[str, dict[str, None]] = {}
    for index, cell in enumerate(cells):
        if index not in left:
            continue
        if cell["cell_type"] == "markdown":
            found = [piece.heading for piece in _markdown(index, _source(cell)) if piece.level]
            heading = plain_heading(found[-1]) if found else heading
        for name in sorted(used.get(index, ())):
            places = defined.get(name, [])
            before = [place for place in places if place < index]
            # A function may use what is said only after it.
            last = (
                before[-1] if before else None if any(place in left for place in places) else next(iter(places), None)
            )
            if last is not None and last not in left:
                needed.setdefault(heading, {})[name] = None
    yield from (Missing(tuple(names), where) for where, names in needed.items())


def _names(source: str) -> tuple[set[str], set[str]]:
    """Return the names that a cell gives or changes, and those that it takes from cells before it."""
    plain = plain_code(source)
    try:
        tree = ast.parse(plain)
    except SyntaxError:  # such as an exercise that is to be mended
        return set(), set()
    whole = symtable.symtable(plain, "cell", "exec")
    bound_at_last = {each.get_name() for each in whole.get_symbols() if each.is_assigned() or each.is_imported()}
    bound: set[str] = set()
    needs: set[str] = set()
    changed: set[str] = set()
    for statement in tree.body:
        table = symtable.symtable(ast.unparse(statement), "statement", "exec")
        gives = {each.get_name() for each in table.get_symbols() if each.is_assigned() or each.is_imported()}
        reads = {each.get_name() for each in table.get_symbols() if each.is_referenced()}
        later = {name for child in table.get_children() for name in _globals(child)}
        if isinstance(statement, ast.For | ast.While | ast.If | ast.With | ast.Try):
            reads -= gives - _augmented(statement)
        if isinstance(statement, ast.AugAssign):
            reads |= gives
        deferred = isinstance(statement, ast.FunctionDef | ast.ClassDef)
        needs |= (reads - bound) | (later - (bound_at_last if deferred else bound | gives))
        changed |= _changed(statement)
        bound |= gives
    return bound | changed, needs - set(vars(builtins))


def _globals(table: symtable.SymbolTable) -> set[str]:
    own = {each.get_name() for each in table.get_symbols() if each.is_global()}
    return own.union(*(_globals(child) for child in table.get_children()))


def _augmented(statement: ast.stmt) -> set[str]:
    return {
        node.target.id
        for node in ast.walk(statement)
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)
    }


def _changed(statement: ast.stmt) -> set[str]:
    """Return the names of things whose parts a statement sets, such as a table that gets a column."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return set()
    found = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            base: ast.expr = node
            while isinstance(base, ast.Subscript | ast.Attribute):
                base = base.value
            if isinstance(base, ast.Name):
                found.add(base.id)
    return found
