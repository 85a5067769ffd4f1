"""From a contact log in a file to a report in the terminal, as CSV and as a page: what ``opsbook kpi`` does."""

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from opsbook import files
from opsbook.reporting import page as pages
from opsbook.reporting.asking import Target
from opsbook.reporting.cells import DateOrder, Decimal
from opsbook.reporting.columns import Options
from opsbook.reporting.figures import (
    Figures,
    Line,
    Progress,
    compute,
    group_said,
    interval_said,
    is_missing,
    number_said,
)
from opsbook.validation import between, one_of

__all__ = ["Report", "report"]

_WIDTH: Final = 110  # letters of a line
_SHOWN: Final = 24  # groups in the terminal
_TOP: Final = 12
_FEW: Final = 30  # cases below which a figure gets a star
_LEVELS: Final = (0.5, 0.9999)


@dataclass(frozen=True)
class Report:
    """A report that was written.

    Attributes
    ----------
    figures : Figures
        What it says.
    saved : tuple of pathlib.Path
        Where it stands: the CSV file and the page.
    """

    figures: Figures
    saved: tuple[Path, Path]

    def table(self) -> str:
        """Return the report as text: the whole period, the groups, and what was left out."""
        found = self.figures
        lines = [_about(found), "", *files.aligned(_whole(found))]
        lines += ["", *said] if (said := pages.promise_said(found)) else []
        lines += _unknown(found)
        for block in _groups(found, self.saved[0]):
            lines += ["", *block]
        if found.not_split:
            lines += [
                "",
                f"As a whole only: {', '.join(found.not_split)}: staffed time has no {', '.join(found.keys)}.",
            ]
        lines += ["", "Left out:", *(f"  {said}" for said in found.left_out)] if found.left_out else []
        lines += ["", *found.notes] if found.notes else []
        return "\n".join(lines)


def report(
    file: Path,
    *,
    by: str = "",
    measures: str | None = None,
    staffing: Path | None = None,
    mapping: Path | None = None,
    output: Path | None = None,
    page: Path | None = None,
    force: bool = False,
    level: float = 0.95,
    target: tuple[float, float] | None = None,
    encoding: str | None = None,
    dates: DateOrder | None = None,
    decimal: Decimal | None = None,
    timezone: str | None = None,
    progress: Progress | None = None,
) -> Report:
    """Read a contact log, compute its measures, and save them as a table and as a page.

    Parameters
    ----------
    file : pathlib.Path
        The log: CSV with commas, semicolons, tabs or bars between the cells, UTF-8 or UTF-16, plain or packed with
        gzip. Columns have the names of the standard contact log, or get them by `mapping`.
    by : str
        Columns and periods (`kpi.PERIODS`) with commas between them: ``"day,channel"``.
    measures : str, optional
        Names of measures with options: ``"service_level(30), asa, fcr(window=14)"``. By default all usual ones that
        the columns allow.
    staffing : pathlib.Path, optional
        Staffed time and cost: CSV with ``agent_id``, ``start``, ``staffed_s``, ``paid_s``, ``cost``.
    mapping : pathlib.Path, optional
        YAML, a line for each foreign column: ``their name: ours``. For `file` and `staffing`.
    output, page : pathlib.Path, optional
        Where to save the figures as CSV and the page: by default ``calls-kpi.csv`` and ``calls-kpi.html`` beside
        ``calls.csv``.
    force : bool
        Whether files that exist may be replaced. What is read never is.
    level : float
        Confidence of the intervals, in [0.5, 0.9999].
    target : tuple of two float, optional
        A promise, ``(0.8, 20)``: 80 % of contacts answered within 20 seconds.
    encoding : str, optional
        Of files that are neither UTF-8 nor UTF-16, for example ``"cp1252"``.
    dates : str, optional
        ``"day-first"`` or ``"month-first"``, for dates such as 03/04/2024 that could be either.
    decimal : str, optional
        ``"comma"`` or ``"point"``, for numbers such as 1,250 that could be either.
    timezone : str, optional
        Name of the zone on whose clock days and hours are told, for times with different offsets from UTC.
    progress : callable, optional
        Called with the share of the work that is done and words for what goes on.

    Returns
    -------
    Report
        What was written, and where.

    Raises
    ------
    ContactLogError
        If anything is missing or malformed: one complete list. Nothing is written then.
    FileExistsError
        If a file exists and `force` is false, or something that is read would be replaced.
    ValueError
        If an option is out of its range.
    """
    file = Path(file)
    base = file.with_suffix("") if file.suffix == ".gz" else file
    output = file.with_name(f"{base.stem}-kpi.csv") if output is None else Path(output)
    page = file.with_name(f"{base.stem}-kpi.html") if page is None else Path(page)
    read = {"the log": file, "the staffed time": staffing, "the mapping": mapping}
    files.refuse(
        {name: Path(path) for name, path in read.items() if path is not None},
        {"the table of figures": output, "the page": page},
        force=force,
    )
    between("level", level, *_LEVELS)
    for name, value, words in (
        ("dates", dates, ("day-first", "month-first")),
        ("decimal", decimal, ("comma", "point")),
    ):
        if value is not None:
            one_of(name, value, words)
    _check_encoding(encoding)
    found = compute(
        file,
        by=by,
        measures=measures,
        staffing=staffing,
        mapping=mapping,
        level=level,
        target=None if target is None else Target(*target),
        encoding=encoding,
        options=Options(dates=dates, decimal=decimal, zone=None if timezone is None else _zone(timezone)),
        progress=progress,
    )
    tell = progress or (lambda _share, _what: None)
    made = pages.page(found, saved=output.name, tell=lambda share: tell(0.95 + 0.05 * share, "drawing"))
    files.write({output: _csv(found), page: made})
    return Report(figures=found, saved=(output, page))


def _check_encoding(name: str | None) -> None:
    if name is not None:
        try:
            "".encode(name)
        except LookupError:
            raise ValueError(f"`encoding` must be the name of an encoding, got {name!r}. Try cp1252.") from None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise ValueError(f"`timezone` must be the name of a zone such as Europe/Berlin, got {name!r}.") from None


def _about(found: Figures) -> str:
    parts = [f"{found.file}: {found.rows:,} contact{'' if found.rows == 1 else 's'}"]
    if found.period:
        parts.append(" to ".join(dict.fromkeys(found.period)))
    return ", ".join(parts)


def _whole(found: Figures) -> list[list[str]]:
    head = ["measure", "value", f"{100 * found.level:g} % interval", "cases"]
    rows = [
        [
            line.measure,
            number_said(line.value, line.unit),
            interval_said(line.low, line.high, line.unit),
            "–" if math.isnan(line.n) else f"{line.n:,.0f}",
        ]
        for line in found.whole
    ]
    return [head, *rows]


def _unknown(found: Figures) -> list[str]:
    """Return which figures of the whole are missing, and why."""
    why = [f"  {line.measure}: {line.note}." for line in found.whole if math.isnan(line.value)]
    return ["", "Without a value:", *why] if why else []


def _groups(found: Figures, saved: Path) -> list[list[str]]:
    """Return the groups in tables that fit a terminal, with as many measures each as there is room for."""
    if not found.groups:
        return []
    names = list(dict.fromkeys(line.measure for line in found.groups))
    size = len(names)
    count = len(found.groups) // size
    shown = count if count <= _SHOWN else _TOP
    part = found.groups[: shown * size]
    keys = [
        [key, *(group_said(line.keys[place], key) for line in part[::size])] for place, key in enumerate(found.keys)
    ]
    room = _WIDTH - sum(max(map(len, key)) + 2 for key in keys)
    blocks: list[list[list[str]]] = [[]]
    left = room
    for place, name in enumerate(names):
        column = [name, *map(_marked, part[place::size])]
        width = max(map(len, column)) + 2
        if width > left and blocks[-1]:
            blocks.append([])
            left = room
        blocks[-1].append(column)
        left -= width
    made = [files.aligned(list(zip(*keys, *block, strict=True)), words=len(keys)) for block in blocks]
    if any(0 < line.n < _FEW for line in part):
        made.append([f"* Fewer than {_FEW} cases: chance moves it far. The intervals are in {saved}."])
    if shown < count:
        made.append([f"The first {shown} of {count:,} groups; all of them are in {saved}."])
    return made


def _marked(line: Line) -> str:
    """Return a figure of a group, with a star if it rests on few cases."""
    return number_said(line.value, line.unit) + "*" * (0 < line.n < _FEW)


def _csv(found: Figures) -> bytes:
    """Return every figure with its interval and note: first the whole, then the groups."""
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["scope", *found.keys, "measure", "value", "low", "high", "n", "unit", "note"])
    for scope, lines in (("all", found.whole), ("group", found.groups)):
        for line in lines:
            keys = map(_key, line.keys) if line.keys else [""] * len(found.keys)
            numbers = map(_number, (line.value, line.low, line.high, line.n))
            table.writerow([scope, *keys, line.measure, *numbers, line.unit, line.note])
    return text.getvalue().encode()


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.9g}"


def _key(value: Any) -> str:
    if is_missing(value):
        return ""
    if hasattr(value, "isoformat"):
        return str(value.isoformat()).removesuffix("T00:00:00")
    return str(value)
