"""What a learner must not be handed: solutions and hidden tests, taken out of a notebook with their outputs."""

import re
from copy import deepcopy
from typing import Any, Final

__all__ = ["strip"]

_STUB: Final = "...  # your turn"
_SOLUTION = re.compile(r"^([ \t]*)### BEGIN SOLUTION.*?### END SOLUTION[^\n]*$", re.DOTALL | re.MULTILINE)
_HIDDEN = re.compile(r"^[ \t]*### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS[^\n]*\n?", re.DOTALL | re.MULTILINE)
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
    """
    stripped = deepcopy(notebook)
    stripped["cells"] = [
        _stripped_cell(cell)
        for cell in stripped["cells"]
        if not _KEPT_BACK.intersection(cell.get("metadata", {}).get("tags", ()))
    ]
    return stripped


def _stripped_cell(cell: dict[str, Any]) -> dict[str, Any]:
    if cell["cell_type"] != "code":
        return cell
    source = "".join(cell["source"])
    without = _HIDDEN.sub("", _SOLUTION.sub(lambda match: match[1] + _STUB, source)).rstrip()
    grading = cell.get("metadata", {}).get("nbgrader", {})
    if without != source.rstrip() or grading.get("grade") or grading.get("solution"):
        cell["outputs"] = []
        cell["execution_count"] = None
    cell["source"] = without.splitlines(keepends=True)
    return cell
