"""The task list that a learner brings: a CSV file as spreadsheets write it, read or refused in one message."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from opsbook import contact, frames
from opsbook.validation import require_columns

__all__ = ["MAX_NAME", "SAMPLE", "accept_tasks", "read_tasks"]

MAX_NAME: Final = 80
SAMPLE: Final = """\
task,duration_min,contact,staff_min
wait in line,6,passive,0
hear the wish and identify,5,active,5
check the papers,8,passive,8
enter the data,9,passive,9
explain and sign,6,active,6
file and post,7,none,7
produce the card,4,none,4
"""

_MAX_BYTES = 100_000
_MAX_TASKS = 60
_COLUMNS: dict[str, frames.Kind] = {"task": "text", "duration_min": "number", "contact": "text", "staff_min": "number"}
_OPTIONAL = "staff_min"
_MINUTES = ("duration_min", "staff_min")


def read_tasks(data: bytes | str) -> pd.DataFrame:
    r"""Read a task list from the content of a CSV file, or say in one message what is wrong with it.

    Parameters
    ----------
    data : bytes or str
        A header and one line for each task, with the columns ``task``, ``duration_min`` (elapsed minutes, from 0),
        ``contact`` (none, passive or active) and, if known, ``staff_min`` (staff minutes, from 0). Other columns are
        left out. Cells may be separated by commas, semicolons or tabs, and decimals written with a point or a comma;
        bytes are UTF-8, or UTF-16 as spreadsheets write it.

    Returns
    -------
    pandas.DataFrame
        The named columns in this order, tasks in the order of the file.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    ValueError
        If the file is empty, larger than 100 kB, not a CSV file, or a line does not fit the header; if minutes are not
        numbers or could mean two things; and as `accept_tasks` for the list as a whole.

    Notes
    -----
    A comma in a number is a decimal comma. Where it could as well part thousands (1,500 between comma-separated
    cells, 1.500 between semicolons) the number is refused: a factor of a thousand is not ours to guess.

    Examples
    --------
    >>> read_tasks("Task;duration_min;contact\ngreet;1,5;active\nwait;4;passive")
        task  duration_min  contact
    0  greet           1.5   active
    1   wait           4.0  passive
    """
    text = _text(data)
    separator = max(",;\t", key=lambda mark: len(set(_COLUMNS) & set(_header(text, mark))))
    lines = _lines(text, separator)
    if not lines:
        raise ValueError("the file is empty. Write a header and one line for each task.")
    names = [cell.casefold() for cell in lines[0].cells]
    require_columns("the table of tasks", names, [name for name in _COLUMNS if name != _OPTIONAL])
    for name, count in Counter(names).items():
        if name in _COLUMNS and count > 1:
            raise ValueError(f"the header must name each column once, got {name!r} {count} times. Rename one.")
    if len(lines) == 1:
        raise ValueError("the file has a header but no tasks. Add one line for each task.")
    for line in lines[1:]:
        if len(line.cells) != len(names):
            raise ValueError(
                f"line {line.number} must have {len(names)} cells as the header does, got {len(line.cells)}. "
                "Put a cell that holds the separator in double quotes, or separate cells with semicolons."
            )
    columns = {name: [line.cells[names.index(name)] for line in lines[1:]] for name in _COLUMNS if name in names}
    minutes = {name: columns[name] for name in _MINUTES if name in columns}
    read = _read_minutes(minutes, [line.number for line in lines[1:]], separator)
    words = [word.casefold() for word in columns["contact"]]
    return accept_tasks(pd.DataFrame({**columns, **read, "contact": words}))


def accept_tasks(tasks: object) -> pd.DataFrame:
    """Return a clean copy of `tasks` if a decision can be built on it.

    Parameters
    ----------
    tasks : pandas.DataFrame or polars.DataFrame
        One job, as `contact.profile` takes it.

    Returns
    -------
    pandas.DataFrame
        The columns that `read_tasks` names, tasks in the same order.

    Raises
    ------
    UnsupportedFrameError, MissingColumnError, TypeError, ValueError
        As `contact.profile`; and if the list has more than 60 tasks, a task has no name, a name of more than 80
        characters or another task's, or no staff are needed at all.

    Examples
    --------
    >>> accept_tasks(pd.DataFrame({"task": ["greet"], "duration_min": [2], "contact": ["active"], "floor": [1]}))
        task  duration_min contact
    0  greet           2.0  active
    """
    staff = contact.profile(tasks).staff
    frame = frames.accept("tasks", tasks)
    columns = {name: kind for name, kind in _COLUMNS.items() if name != _OPTIONAL or name in frame.columns}
    read = frames.read("the table of tasks", frame, columns)
    clean = pd.DataFrame({name: read[name].to_list() for name in columns})
    if len(clean) > _MAX_TASKS:
        raise ValueError(f"a task list must have at most {_MAX_TASKS} tasks, got {len(clean)}. Join the smallest ones.")
    for number, name in enumerate(clean["task"], 1):
        if not name.strip() or len(name) > MAX_NAME:
            raise ValueError(
                f"`task` number {number} must have a name of at most {MAX_NAME} characters, got {len(name)}. "
                "Say in a few words what is done."
            )
    for name, count in Counter(clean["task"]).items():
        if count > 1:
            raise ValueError(
                f"`task` must be different in every line, got {name!r} {count} times. Give each part a name of its "
                "own, or add their minutes up in one line."
            )
    if not staff:
        raise ValueError("`staff_min` must add up to more than 0 minutes. Enter how long staff work on each task.")
    return clean


def _text(data: bytes | str) -> str:
    size = len(data.encode() if isinstance(data, str) else data)
    if size > _MAX_BYTES:
        raise ValueError(
            f"the file must not exceed {_MAX_BYTES // 1000} kB, got {size // 1000:,} kB. "
            "A task list is one page: keep one line for each task of one job."
        )
    if isinstance(data, str):
        return data.removeprefix("\ufeff")
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise ValueError(
            "the file cannot be read as text. In the spreadsheet choose “Save as” and the type “CSV UTF-8”."
        )
    return text


@dataclass(frozen=True)
class _Line:
    number: int
    cells: list[str]


def _lines(text: str, separator: str) -> list[_Line]:
    """Return the lines that hold anything, numbered as an editor numbers them."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    found = []
    try:
        for record in reader:
            cells = [" ".join(cell.split()) for cell in record]
            if any(cells):
                found.append(_Line(reader.line_num, cells))
    except csv.Error as error:
        raise ValueError(
            f"line {reader.line_num} cannot be read as CSV ({error}). Look for a double quote that is not closed."
        ) from None
    return found


def _header(text: str, separator: str) -> list[str]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return [cell.strip(' "').casefold() for cell in first.split(separator)]


def _read_minutes(columns: dict[str, list[str]], numbers: Sequence[int], separator: str) -> dict[str, list[float]]:
    thousands = {",": ",", ";": r"\."}.get(separator)
    marks = {mark for cells in columns.values() for cell in cells for mark in ".," if mark in cell}

    def value(name: str, cell: str, line: int) -> float:
        if not re.fullmatch(r"\d{1,6}([.,]\d*)?|[.,]\d+", cell, re.ASCII):
            got = repr(cell) if cell else "nothing"
            raise ValueError(f"`{name}` in line {line} must be minutes such as 7 or 7.5, from 0 on, got {got}.")
        if len(marks) > 1 and not cell.isdigit():
            raise ValueError(
                f"`{name}` in line {line} must have the same decimal mark as all other minutes, got {cell!r} in a "
                "file with both points and commas. Choose one."
            )
        if thousands and re.fullmatch(rf"[1-9]\d{{0,2}}{thousands}\d{{3}}", cell):
            raise ValueError(
                f"`{name}` in line {line} must be clear, got {cell!r}, which could mean thousands or decimals. "
                "Write thousands without a mark."
            )
        return float(cell.replace(",", "."))

    return {
        name: [value(name, cell, line) for cell, line in zip(cells, numbers, strict=True)]
        for name, cells in columns.items()
    }
