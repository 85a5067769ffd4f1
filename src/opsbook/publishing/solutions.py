"""What a learner must not be handed: solutions and hidden tests, taken out of a notebook with their outputs.

`strip` is what learners get, `solved` the same notebook with its solutions once they may be read, and `reveal` what
pages for who teaches are made from.
"""

import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any, Final

__all__ = [
    "KEPT_BACK",
    "MARKER",
    "REGIONS",
    "has_solutions",
    "left_over",
    "region",
    "reveal",
    "reveal_page",
    "solved",
    "strip",
]

KEPT_BACK: Final = frozenset({"solution", "instructor"})
# The words of the markers around what is kept back, whoever looks for them.
REGIONS: Final = ("SOLUTION", "HIDDEN TESTS", "INSTRUCTOR", "MARK SCHEME")
_SIGNS: Final = r"(?:#+|=+|%+|//+|<!--+)"
MARKER: Final = re.compile(rf"(?:BEGIN|END) (?:{'|'.join(REGIONS)})\b")
"""The words of any marker, with signs before them or not: nbgrader goes by the words alone."""


def region(*words: str) -> re.Pattern[str]:
    r"""Return what matches a region with its two markers: what stands before the first, the word, what is inside.

    As nbgrader, it knows a marker by its words. Signs such as ``###`` or ``# ===`` stand before the first.

    Examples
    --------
    >>> region("INSTRUCTOR").sub("", "Seen.\n=== BEGIN INSTRUCTOR ===\nUnseen.\n=== END INSTRUCTOR ===\n")
    'Seen.\n'
    """
    return re.compile(
        rf"^([ \t]*)[#=%/<][#=%/<!\- \t]*BEGIN ({'|'.join(words)})\b[^\n]*\n(.*?)^[^\w\n]*END \2\b[^\n]*\n?",
        re.DOTALL | re.MULTILINE,
    )


_SOLUTION = region("SOLUTION")
_NOTES = region("INSTRUCTOR", "MARK SCHEME")
_NOT_FOR_LEARNERS = region("HIDDEN TESTS", "INSTRUCTOR", "MARK SCHEME")
_LEFT = re.compile(rf"{_SIGNS}[ \t]*(?:BEGIN|END) (?:{'|'.join(REGIONS)})\b")
_NAMES: Final = {
    "SOLUTION": "Solution",
    "INSTRUCTOR": "For the instructor",
    "MARK SCHEME": "Mark scheme",
    "HIDDEN TESTS": "Hidden tests",
}
_ANY = region(*REGIONS)
_FENCE: Final = re.compile(r"[ \t]*(`{3,}|~{3,}|:{3,})(.*)")
_CODE: Final = re.compile(r"[ \t]*(?![ \t{])|[ \t]*\{(?:code[\w-]*|sourcecode|raw|math|mermaid)\}")
_STUBS: Final = {"code": "# your turn", "markdown": "*Your answer:*"}

Cell = dict[str, Any]


def left_over(text: str) -> str:
    r"""Return the first marker that stands in a text, or nothing.

    Examples
    --------
    >>> left_over("Seen.\n### BEGIN INSTRUCTOR\n")
    '### BEGIN INSTRUCTOR'
    """
    left = _LEFT.search(text)
    return left[0] if left else ""


def strip(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return `notebook` as a learner gets it.

    Solutions between nbgrader's markers become a stub; hidden tests, mark schemes and regions for the instructor
    disappear, whole cells tagged ``solution`` or ``instructor`` are left out, and cells of code that hold any of it,
    or check a solution, lose their outputs. A cell that nbgrader holds for a solution, and that has no markers, is
    one from its first line to its last.

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

    Hidden tests, mark schemes, what is marked or tagged for the instructor, and the wrong answers that tests try stay
    away.

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
            if _NOT_FOR_LEARNERS.search(source):
                # What hidden tests have printed is as hidden as they are.
                cell["outputs"], cell["execution_count"] = [], None
            source = _NOT_FOR_LEARNERS.sub("", _SOLUTION.sub(lambda found: found[3], source)).rstrip()
        else:
            source = _NOTES.sub("", source)
        return _finished(cell, source)

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

    Cells of code that hold a solution, hidden tests or something for the instructor say so in words instead of markers
    and carry the tag ``opsbook-solution``, ``opsbook-tests`` or ``instructor``; texts tagged ``solution`` or
    ``instructor``, and regions of texts, become the directive ``kept-back``, whose argument names them.

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


def reveal_page(text: str) -> str:
    """Return a page in Markdown as pages for who teaches show it: with its regions folded and named, not marked.

    Within code, and within a box that would end with the fold, words name them.

    Raises
    ------
    ValueError
        A marker is left over, since a region is not closed.
    """
    shown, end = [], 0
    for found in _ANY.finditer(text):
        shown.append(text[end : found.start()])
        around, name, content = _around(text[: found.start()]), _NAMES[found[2]], found[3]
        if around == "code":
            shown.append(f"{found[1]}# {name}:\n{content}")
        elif around:
            shown.append(f"**{name}.**\n\n{_without_headings(content).strip()}\n\n")
        else:
            shown.append(_folded(name, content))
        end = found.end()
    revealed = "".join((*shown, text[end:]))
    if left := left_over(revealed):
        raise ValueError(f"it holds {left!r} without its counterpart. Begin and end each region in the same page.")
    return revealed


def _around(text: str) -> str:
    """Return what is open at the end of a text in Markdown: ``code``, ``box`` or nothing."""
    fences: list[tuple[str, str]] = []
    for line in text.splitlines():
        fence = _FENCE.match(line)
        if fence and fences and fence[1].startswith(fences[-1][0]) and not fence[2].strip():
            fences.pop()
        elif fence and not (fences and fences[-1][1] == "code"):
            is_code = fence[1][0] != ":" and _CODE.match(fence[2])
            fences.append((fence[1], "code" if is_code else "box"))
    return fences[-1][1] if fences else ""


# --- Cell by cell ----------------------------------------------------------------------------------------------


def _tags(cell: Cell) -> set[str]:
    return set(cell.get("metadata", {}).get("tags", ()))


def _changed(notebook: dict[str, Any], dropped: frozenset[str], change: Callable[[Cell], Cell]) -> dict[str, Any]:
    changed = deepcopy(notebook)
    changed["cells"] = [change(cell) for cell in changed["cells"] if not dropped & _tags(cell)]
    return changed


def _stub(solution: re.Match[str]) -> str:
    # A function's body needs a statement; at the margin the dots above do, and further ones would print "Ellipsis".
    return f"{solution[1]}...  # your turn\n" if solution[1] else "# your turn: replace the dots above\n"


def _stripped_cell(cell: Cell) -> Cell:
    source = "".join(cell["source"])
    grading = cell.get("metadata", {}).get("nbgrader", {})
    if cell["cell_type"] != "code":
        return _finished(cell, _STUBS["markdown"] if grading.get("solution") else _NOTES.sub("", source))
    without = _NOT_FOR_LEARNERS.sub("", _SOLUTION.sub(_stub, source)).rstrip()
    if grading.get("solution") and not _SOLUTION.search(source):
        without = _STUBS["code"]
    if without != source.rstrip() or grading.get("grade") or grading.get("solution"):
        cell["outputs"] = []
        cell["execution_count"] = None
    return _finished(cell, without)


def _finished(cell: Cell, source: str) -> Cell:
    if source != "".join(cell["source"]):
        cell["source"] = source.splitlines(keepends=True)
    # The wrong answers that the tests try would be as good as a hint at the right one.
    cell.get("metadata", {}).pop("opsbook", None)
    if left := left_over(source):
        raise ValueError(
            f"the cell {cell.get('id', '')!r} holds {left!r} without its counterpart in the same code cell. "
            "Begin and end each region in one code cell."
        )
    return cell


def _revealed_cell(cell: Cell) -> Cell:
    source = "".join(cell["source"])
    tags = _tags(cell)
    if cell["cell_type"] == "code":
        named, solutions = _SOLUTION.subn(lambda found: f"{found[1]}# Solution:\n{found[3]}", source)
        others = {found[2] for found in _NOT_FOR_LEARNERS.finditer(named)}
        named = _NOT_FOR_LEARNERS.sub(lambda found: f"{found[1]}# {_NAMES[found[2]]}:\n{found[3]}", named)
        named = named.rstrip() if solutions or others else source
        if solutions or others:
            kind = "opsbook-tests" if "HIDDEN TESTS" in others else "instructor"
            _tag(cell, "hide-input", "opsbook-solution" if solutions else kind)
        if tags & KEPT_BACK:
            _tag(cell, "hide-cell")
        return _finished(cell, named)
    if cell["cell_type"] == "markdown":
        grading = cell.get("metadata", {}).get("nbgrader", {})
        if "instructor" in tags:
            source = _folded("For the instructor", source)
        elif "solution" in tags or grading.get("solution"):
            source = _folded("Solution", source)
        source = _NOTES.sub(lambda found: _folded(_NAMES[found[2]], found[3]), source)
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
