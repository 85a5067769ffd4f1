"""What a learner must not be handed: solutions and hidden tests, taken out of a notebook with their outputs.

`strip` is what learners get, `solved` the same notebook with its solutions once they may be read, and `reveal` what
pages for who teaches are made from.
"""

import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any, Final

__all__ = ["KEPT_BACK", "has_solutions", "reveal", "solved", "strip"]

KEPT_BACK: Final = frozenset({"solution", "instructor"})
# nbgrader knows a marker by its words, wherever they stand in a line.
_SOLUTION = re.compile(
    r"^([ \t]*)#+[ \t]*BEGIN SOLUTION[^\n]*\n?(.*?)^[ \t]*#+[ \t]*END SOLUTION[^\n]*$", re.DOTALL | re.MULTILINE
)
_HIDDEN = re.compile(
    r"^[ \t]*#+[ \t]*BEGIN HIDDEN TESTS[^\n]*\n?(.*?)^[ \t]*#+[ \t]*END HIDDEN TESTS[^\n]*\n?",
    re.DOTALL | re.MULTILINE,
)
_MARKER = re.compile(r"#+[ \t]*(?:BEGIN|END) (?:SOLUTION|HIDDEN TESTS)")
_SCHEME = re.compile(r"^=== BEGIN MARK SCHEME ===.*?^=== END MARK SCHEME ===[^\n]*\n?", re.DOTALL | re.MULTILINE)
_STUBS: Final = {"code": "# your turn", "markdown": "*Your answer:*"}

Cell = dict[str, Any]


def strip(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return `notebook` as a learner gets it.

    Solutions between nbgrader's markers become a stub, hidden tests and mark schemes disappear, whole cells tagged
    ``solution`` or ``instructor`` are left out, and cells that hold or check a solution lose their outputs. A cell
    that nbgrader holds for a solution, and that has no markers, is one from its first line to its last.

    Parameters
    ----------
    notebook : dict
        A notebook of format 4, as JSON.

    Returns
    -------
    dict
        A copy; `notebook` itself is left as it was.

    Raises
    ------
    ValueError
        A marker is left over, since a region is not closed or stands where no code is: better no notebook than one
        that gives a solution away.
    """
    return _changed(notebook, KEPT_BACK, _stripped_cell)


def solved(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return `notebook` as a learner may read it afterwards: with its solutions, less what is for who teaches.

    Hidden tests, mark schemes, cells tagged ``instructor`` and the wrong answers that tests try stay away.

    Parameters
    ----------
    notebook : dict
        A notebook of format 4, as JSON.

    Raises
    ------
    ValueError
        As `strip`.
    """

    def cell_with_solution(cell: Cell) -> Cell:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            if _HIDDEN.search(source):
                # What hidden tests have printed is as hidden as they are.
                cell["outputs"], cell["execution_count"] = [], None
            source = _HIDDEN.sub("", _SOLUTION.sub(lambda found: found[2].rstrip("\n"), source)).rstrip()
        return _finished(cell, _without_scheme(cell, source))

    return _changed(notebook, frozenset({"instructor"}), cell_with_solution)


def has_solutions(notebook: dict[str, Any]) -> bool:
    """Return whether `strip` takes any solution out of `notebook`."""
    return any(
        "solution" in _tags(cell)
        or cell.get("metadata", {}).get("nbgrader", {}).get("solution")
        or (cell["cell_type"] == "code" and _SOLUTION.search("".join(cell["source"])))
        for cell in notebook["cells"]
    )


def reveal(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return `notebook` as pages for who teaches show it: everything, with what learners do not get folded and named.

    Cells of code that hold a solution or hidden tests say so in words instead of markers and carry the tag
    ``opsbook-solution`` or ``opsbook-tests``; texts tagged ``solution`` or ``instructor`` become the directive
    ``kept-back``, whose argument names them.

    Parameters
    ----------
    notebook : dict
        A notebook of format 4, as JSON.

    Raises
    ------
    ValueError
        As `strip`.
    """
    return _changed(notebook, frozenset(), _revealed_cell)


# --- Cell by cell ----------------------------------------------------------------------------------------------


def _tags(cell: Cell) -> set[str]:
    return set(cell.get("metadata", {}).get("tags", ()))


def _changed(notebook: dict[str, Any], dropped: frozenset[str], change: Callable[[Cell], Cell]) -> dict[str, Any]:
    changed = deepcopy(notebook)
    changed["cells"] = [change(cell) for cell in changed["cells"] if not dropped & _tags(cell)]
    return changed


def _stub(solution: re.Match[str]) -> str:
    # A function's body needs a statement; at the margin the dots above do, and further ones would print "Ellipsis".
    return f"{solution[1]}...  # your turn" if solution[1] else "# your turn: replace the dots above"


def _stripped_cell(cell: Cell) -> Cell:
    source = "".join(cell["source"])
    grading = cell.get("metadata", {}).get("nbgrader", {})
    if cell["cell_type"] != "code":
        without = _without_scheme(cell, source)
        return _finished(cell, _STUBS["markdown"] if grading.get("solution") else without)
    without = _HIDDEN.sub("", _SOLUTION.sub(_stub, source)).rstrip()
    if grading.get("solution") and not _SOLUTION.search(source):
        without = _STUBS["code"]
    if without != source.rstrip() or grading.get("grade") or grading.get("solution"):
        cell["outputs"] = []
        cell["execution_count"] = None
    return _finished(cell, without)


def _without_scheme(cell: Cell, source: str) -> str:
    return source if cell["cell_type"] == "code" else _SCHEME.sub("", source)


def _finished(cell: Cell, source: str) -> Cell:
    if source != "".join(cell["source"]):
        cell["source"] = source.splitlines(keepends=True)
    # The wrong answers that the tests try would be as good as a hint at the right one.
    cell.get("metadata", {}).pop("opsbook", None)
    left = _MARKER.search(source)
    if left:
        raise ValueError(
            f"the cell {cell.get('id', '')!r} holds {left[0]!r} without its counterpart in the same code cell. "
            "Begin and end each region in one code cell."
        )
    return cell


def _revealed_cell(cell: Cell) -> Cell:
    source = "".join(cell["source"])
    tags = _tags(cell)
    if cell["cell_type"] == "code":
        named, solutions = _SOLUTION.subn(lambda found: f"{found[1]}# Solution:\n{found[2]}".rstrip("\n"), source)
        named, tests = _HIDDEN.subn(lambda found: f"# Hidden tests:\n{found[1]}", named)
        named = named.rstrip() if solutions or tests else source
        if solutions or tests:
            _tag(cell, "hide-input", "opsbook-solution" if solutions else "opsbook-tests")
        if tags & KEPT_BACK:
            _tag(cell, "hide-cell")
        return _finished(cell, named)
    if cell["cell_type"] == "markdown":
        grading = cell.get("metadata", {}).get("nbgrader", {})
        if "instructor" in tags:
            source = _folded("For the instructor", source)
        elif "solution" in tags or grading.get("solution"):
            source = _folded("Solution", source)
        source = _SCHEME.sub(lambda found: _folded("Mark scheme", "\n".join(found[0].splitlines()[1:-1])), source)
    return _finished(cell, source)


def _tag(cell: Cell, *names: str) -> None:
    metadata = cell.setdefault("metadata", {})
    metadata["tags"] = list(dict.fromkeys((*metadata.get("tags", ()), *names)))


def _folded(name: str, text: str) -> str:
    longest = max((len(fence) for fence in re.findall(r"^[ \t]*(`{3,})", text, re.MULTILINE)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{{kept-back}} {name}\n{_without_headings(text).strip()}\n{fence}\n"


def _without_headings(text: str) -> str:
    """Return Markdown whose headings are bold words: a fold is no place for a section of the page."""
    fenced = False
    lines = []
    for line in text.splitlines():
        if re.match(r"[ \t]*(```|~~~)", line):
            fenced = not fenced
        heading = None if fenced else re.fullmatch(r" {0,3}#{1,6}[ \t]+(.*?)[ \t#]*", line)
        if heading:
            lines.append(f"**{heading[1]}**")
        elif fenced or not re.fullmatch(r"\([\w-]+\)=\s*", line):
            lines.append(line)
    return "\n".join(lines)
