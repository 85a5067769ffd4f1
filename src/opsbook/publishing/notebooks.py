"""Run notebooks and write their outputs, so that a second run writes the same bytes.

The book's notebooks are committed with these outputs; saving outputs from JupyterLab would bring in times,
widget state and whatever order the cells were run in.
"""

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

__all__ = ["WIDGET_MIME_TYPE", "execute", "main", "plain_code", "sources", "stored"]

_FOLDERS: Final = ("chapters", "exercises")
WIDGET_MIME_TYPE: Final = "application/vnd.jupyter.widget-view+json"
_KERNEL: Final = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def sources(root: Path) -> list[Path]:
    """Return the notebooks of the book below `root`."""
    return [path for folder in _FOLDERS for path in sorted((root / folder).glob("*.ipynb"))]


def stored(notebook: Mapping[str, Any], *mimes: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what a notebook keeps of any of `mimes`, from top to bottom: the type, and the data of its output."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            yield from ((mime, data) for mime in mimes if mime in data)


def plain_code(source: str) -> str:
    r"""Return the code of a cell as Python, with `pass` for magics and shell commands, which JupyterLab alone knows.

    Examples
    --------
    >>> plain_code("%matplotlib inline\nx = 7 % 4")
    'pass\nx = 7 % 4'
    """
    return re.sub(r"^([ \t]*)[%!].*$", r"\1pass", source, flags=re.MULTILINE)


def execute(path: Path) -> bool:
    """Run the notebook at `path` from top to bottom and write it back with its outputs.

    Returns
    -------
    bool
        True if the file changed.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        A cell failed that is not tagged ``raises-exception``; the file is left as it was.
    """
    before = path.read_text(encoding="utf8")
    notebook = nbformat.reads(before, as_version=4)  # type: ignore[no-untyped-call]
    client = NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        resources={"metadata": {"path": path.parent}},
        store_widget_state=False,
        # How a kernel cuts what a cell prints into pieces depends on its speed.
        coalesce_streams=True,
    )
    # A cell that checks code keeps the result: not in the progress of whoever writes the book.
    with TemporaryDirectory() as folder:
        client.execute(env={**os.environ, "OPSBOOK_PROGRESS": str(Path(folder) / "progress.json")})
    after = json.dumps(_clean(notebook), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    if after == before:
        return False
    path.write_text(after, encoding="utf8")
    return True


def _clean(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    course = notebook.metadata.get("opsbook", {})
    notebook.metadata = nbformat.NotebookNode(  # type: ignore[no-untyped-call]
        kernelspec=_KERNEL, language_info={"name": "python"}, opsbook=course
    )
    for position, cell in enumerate(notebook.cells):
        # A name from the place, not a random one, keeps a re-made notebook the same.
        cell["id"] = f"cell-{position:03d}"
        for name in ("execution", "trusted", "collapsed"):
            cell.metadata.pop(name, None)
        if cell.cell_type == "code":
            cell.outputs = list(_outputs(cell.outputs))
    return notebook


def _outputs(outputs: Sequence[Any]) -> Iterator[Any]:
    for output in outputs:
        data = output.get("data", {})
        if WIDGET_MIME_TYPE in data:
            del data[WIDGET_MIME_TYPE]
        yield output


def main(paths: Sequence[str] = ()) -> int:
    """Execute the notebooks at `paths`, or all of the book's; return 1 if a cell failed."""
    chosen = [Path(path) for path in paths] or sources(Path())
    for number, path in enumerate(chosen, start=1):
        print(f"[{number}/{len(chosen)}] {path} ", end="", flush=True)  # noqa: T201 - the progress of a slow command
        try:
            changed = execute(path)
        except CellExecutionError as error:
            print(f"failed\n{error}", file=sys.stderr)  # noqa: T201
            return 1
        print("written" if changed else "unchanged")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
