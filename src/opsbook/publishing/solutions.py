"""What a learner must not be handed: solutions and hidden tests, taken out of a notebook with their outputs."""

import re
from copy import deepcopy
from typing import Any, Final

__all__ = ["strip"]

_SOLUTION = re.compile(r"^([ \t]*)### BEGIN SOLUTION.*?### END SOLUTION[^\n]*$", re.DOTALL | re.MULTILINE)
_HIDDEN = re.compile(r"^[ \t]*### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS[^\n]*\n?", re.DOTALL | re.MULTILINE)
_MARKER = re.compile(r"### (?:BEGIN|END) (?:SOLUTION|HIDDEN TESTS)")
_KEPT_BACK: Final = {"solution", "instructor"}


def strip(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return `notebook` as a learner gets it.

    Solutions between nbgrader's markers become a stub, hidden tests disappear, whole cells tagged ``solution`` or
    ``instructor`` are left out, and cells that hold or check a solution lose their outputs.

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
    stripped = deepcopy(notebook)
    stripped["cells"] = [
        _stripped_cell(cell)
        for cell in stripped["cells"]
        if not _KEPT_BACK.intersection(cell.get("metadata", {}).get("tags", ()))
    ]
    return stripped


def _stub(solution: re.Match[str]) -> str:
    # A function's body needs a statement; at the margin the dots above do, and further ones would print "Ellipsis".
    return f"{solution[1]}...  # your turn" if solution[1] else "# your turn: replace the dots above"


def _stripped_cell(cell: dict[str, Any]) -> dict[str, Any]:
    source = "".join(cell["source"])
    if cell["cell_type"] != "code":
        return _without_markers(cell, source)
    without = _HIDDEN.sub("", _SOLUTION.sub(_stub, source)).rstrip()
    grading = cell.get("metadata", {}).get("nbgrader", {})
    if without != source.rstrip() or grading.get("grade") or grading.get("solution"):
        cell["outputs"] = []
        cell["execution_count"] = None
    cell["source"] = without.splitlines(keepends=True)
    # The wrong answers that the tests try would be as good as a hint at the right one.
    cell.get("metadata", {}).pop("opsbook", None)
    return _without_markers(cell, without)


def _without_markers(cell: dict[str, Any], source: str) -> dict[str, Any]:
    left = _MARKER.search(source)
    if left:
        raise ValueError(
            f"the cell {cell.get('id', '')!r} holds {left[0]!r} without its counterpart in the same code cell. "
            "Begin and end each region in one code cell."
        )
    return cell
