"""The figures of a report: read, checked, computed, and said in words."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import narwhals as nw
import numpy as np

from opsbook import frames, kpi
from opsbook.errors import ContactLogError
from opsbook.kpi import Every, Measure
from opsbook.reporting import asking
from opsbook.reporting.asking import STANDARD, Target
from opsbook.reporting.columns import Faults, Options
from opsbook.reporting.reading import Table
from opsbook.validation import nearest

if TYPE_CHECKING:
    import pandas as pd

    from opsbook.frames import Kind

__all__ = [
    "Figures",
    "Line",
    "Progress",
    "compute",
    "group_said",
    "interval_said",
    "is_missing",
    "number_said",
    "verdict",
]

Progress = Callable[[float, str], None]
Verdict = Literal["met", "missed", "too close to call", "no contacts"]

_HANDLING: Final = ("talk_s", "wrap_s")
_CHARTED: Final = 300
_PERIOD_FORMS: Final = {"day": "%a %d %b %Y", "week": "week of %d %b %Y", "month": "%b %Y"}


class Line(NamedTuple):
    """One figure: a row of `kpi.report`, with the values of the keys in one place."""

    keys: tuple[Any, ...]
    measure: str
    value: float
    low: float
    high: float
    n: float
    unit: str
    note: str


def _lines(rows: "pd.DataFrame", keys: int) -> tuple[Line, ...]:
    columns = [rows[name].tolist() for name in rows.columns[:keys]]
    numbers = [rows[name].to_numpy(dtype=float, na_value=np.nan).tolist() for name in ("value", "low", "high", "n")]
    words = [rows[name].tolist() for name in ("measure", "unit", "note")]
    values: Iterable[tuple[Any, ...]] = zip(*columns, strict=True) if keys else repeat(())
    return tuple(
        Line(key, measure, value, low, high, n, unit, note)
        for key, measure, value, low, high, n, unit, note in zip(
            values, words[0], *numbers, words[1], words[2], strict=bool(keys)
        )
    )


@dataclass(frozen=True, kw_only=True)
class Figures:
    """A report before it is laid out.

    Attributes
    ----------
    file : pathlib.Path
        The contact log.
    rows : int
        How many contacts it holds.
    period : tuple of str or None
        First and last arrival.
    measures : tuple of Measure
        What was computed.
    whole, groups : tuple of Line
        Over everything, and by the keys (empty without keys): each group with all measures in their order.
    keys : tuple of str
        The columns of the groups.
    views : mapping
        For each key, by the name that it is charted under, the lines by this key alone.
    left_out : tuple of str
        Usual measures that the columns do not allow, with what they would need.
    not_split : tuple of str
        Names of measures that cannot be split by the keys.
    empty : mapping of str to int
        How many rows have no value, by column.
    notes : tuple of str
        What the reader should know of how the file was read.
    level : float
        Confidence of the intervals.
    target : Target or None
        The promise.
    """

    file: Path
    rows: int
    period: tuple[str, str] | None
    measures: tuple[Measure, ...]
    whole: tuple[Line, ...]
    groups: tuple[Line, ...]
    keys: tuple[str, ...]
    views: Mapping[str, tuple[Line, ...]]
    left_out: tuple[str, ...]
    not_split: tuple[str, ...]
    empty: Mapping[str, int]
    notes: tuple[str, ...]
    level: float
    target: Target | None = None


def compute(
    file: Path,
    *,
    by: str,
    measures: str | None,
    staffing: Path | None,
    mapping: Path | None,
    level: float,
    target: Target | None,
    encoding: str | None,
    options: Options,
    progress: Progress | None,
) -> Figures:
    """Read a log, check it, and compute what was asked.

    Raises
    ------
    ContactLogError
        Anything is missing or malformed: one complete list.
    """
    names, problems = asking.mapping(mapping, asking.listed(by)) if mapping else (asking.Names({}, {}, {}), [])
    options = replace(options, units=names.units, yes=names.yes)
    log = Table(file, encoding=encoding, progress=_part(progress, 0.0, 0.7, f"reading {file.name}"))
    staffed = (
        Table(staffing, encoding=encoding, progress=_part(progress, 0.7, 0.75, f"reading {staffing.name}"))
        if staffing
        else None
    )
    tables = [table for table in (log, staffed) if table]
    problems += _unknown(mapping, names.ours, tables)
    for table in tables:
        table.rename(names.ours, STANDARD)
    asked, wrong = asking.measures(measures, target)
    problems += wrong
    keys, wrong = asking.groups(by, list(log.theirs))
    problems += wrong if log.theirs else []
    columns = {*log.theirs, *({"handle_s"} if set(_HANDLING) <= set(log.theirs) else ())}
    left_out: list[str] = []
    if measures is None:
        asked, left_out = _possible(asked, columns, staffed)
        if not asked and log.theirs:
            said = "".join(f"\n    {why}" for why in left_out)
            log.problem(f"allows no measure. Add columns, or map yours with --mapping.{said}")
    else:
        _require(asked, columns, log, staffed, problems)
    _require_keys(keys, log)
    contacts, times = _read(log, staffed, asked, keys, options)
    for table in tables:
        problems += table.problems
    problems += _wrong_rows(log, contacts, asked, staffing=False)
    problems += _wrong_rows(staffed, times, asked, staffing=True) if staffed else []
    if problems:
        raise ContactLogError(list(dict.fromkeys(problems)))
    return _figures(
        tables, contacts, times, asked, keys, left_out=left_out, level=level, target=target, progress=progress
    )


def _part(progress: Progress | None, start: float, end: float, what: str) -> Callable[[float], None] | None:
    if progress is None:
        return None
    return lambda share: progress(start + (end - start) * share, what)


def _unknown(mapping: Path | None, names: Mapping[str, str], tables: Sequence[Table]) -> Iterator[str]:
    there = [name for table in tables for name in table.theirs]
    if not there:
        return
    for name in names:
        if name not in there:
            near = nearest(name, there)
            yield f"{mapping}: must name columns of the file, got {name!r}. " + (
                f"Did you mean {near!r}?" if near else f"The file has {', '.join(map(repr, there))}."
            )


def _possible(asked: Sequence[Measure], columns: set[str], staffed: Table | None) -> tuple[list[Measure], list[str]]:
    found, left_out = [], []
    for measure in asked:
        lost = [name for name in measure.columns if name not in columns]
        beside = [name for name in measure.staffing_columns if staffed is None or name not in staffed.theirs]
        if not lost and not beside:
            found.append(measure)
            continue
        parts = [f"the column{'s' * (len(lost) > 1)} {', '.join(lost)}"] if lost else []
        parts += [f"{', '.join(beside)} in a table given with --staffing"] if beside else []
        left_out.append(f"{measure.name} needs {' and '.join(parts)}.")
    return found, left_out


def _require(
    asked: Sequence[Measure], columns: set[str], log: Table, staffed: Table | None, problems: list[str]
) -> None:
    if log.theirs:
        log.missing(
            {name: measure.name for measure in reversed(asked) for name in measure.columns if name not in columns}
        )
    beside = {name: measure.name for measure in reversed(asked) for name in measure.staffing_columns}
    if staffed is not None and staffed.theirs:
        staffed.missing(beside)
    elif beside and staffed is None:
        problems.append(
            f"--staffing: must be given for {', '.join(dict.fromkeys(beside.values()))}: a table of staffed time with "
            f"agent_id, start and {', '.join(beside)}."
        )


def _require_keys(keys: Sequence[str | Every], log: Table) -> None:
    periods = [key.period for key in keys if isinstance(key, Every)]
    if periods and log.theirs:
        log.missing({"arrived_at": f"--by {','.join(periods)}"})


def _read(
    log: Table, staffed: Table | None, asked: Sequence[Measure], keys: Sequence[str | Every], options: Options
) -> tuple["pd.DataFrame", "pd.DataFrame | None"]:
    import pandas as pd  # noqa: PLC0415 - a report is made with it

    plain = [key for key in keys if isinstance(key, str)]
    wanted: dict[str, Kind] = {name: kind for measure in asked for name, kind in measure.columns.items()}
    if "handle_s" in wanted and "handle_s" not in log.theirs:
        wanted |= dict.fromkeys(_HANDLING, "number")
    wanted |= {name: STANDARD[name] for name in ("contact_id", "arrived_at") if name in log.theirs}
    wanted = {**dict.fromkeys(plain, "text"), **wanted}
    contacts = log.read(wanted, options) if log.theirs else pd.DataFrame()
    if "handle_s" in wanted and "handle_s" not in contacts and set(_HANDLING) <= set(contacts):
        contacts["handle_s"] = contacts["talk_s"] + contacts["wrap_s"]
    if staffed is None or not staffed.theirs:
        return contacts, None
    beside: dict[str, Kind] = {name: kind for measure in asked for name, kind in measure.staffing_columns.items()}
    beside |= {name: STANDARD[name] for name in ("agent_id", "start") if name in staffed.theirs}
    times = staffed.read({**dict.fromkeys(plain, "text"), **beside}, options)
    for name in plain:  # the same words in the same order on both sides
        if name in times and name in contacts and "category" == contacts[name].dtype == times[name].dtype:
            both = contacts[name].cat.categories.union(times[name].cat.categories, sort=True)
            contacts[name] = contacts[name].cat.set_categories(both)
            times[name] = times[name].cat.set_categories(both)
    return contacts, times


def _wrong_rows(table: Table, frame: Any, asked: Sequence[Measure], *, staffing: bool) -> list[str]:
    """Return what is wrong with rows as a whole, each rule once, with the rows that break it."""
    if frame is None or frame.empty:
        return []
    faults = Faults()
    seen: set[str] = set()
    native = nw.from_native(frame.reset_index(drop=True)).lazy()
    schema = native.collect_schema()
    rows = frame.index.to_numpy()
    for measure in asked:
        columns = measure.staffing_columns if staffing else measure.columns
        rules = measure.staffing_faults if staffing else measure.faults
        new = {phrase: rule for phrase, rule in rules.items() if phrase not in seen}
        if not new or set(columns) - set(frame):
            continue
        seen |= set(new)
        empty = [name for name in columns if frame[name].isna().all()]
        base = native.select(**frames.readings(native, schema, columns, empty=empty))
        found = base.select(**{f"{place}": rule for place, rule in enumerate(new.values())}).collect()
        for place, phrase in enumerate(new):
            where = np.flatnonzero(found[f"{place}"].fill_null(value=False).to_numpy())
            about = [name for name in re.findall(r"`(\w+)`", phrase) if name in frame]
            faults.add(
                f"no row may {phrase.replace('are ', 'be ', 1) if phrase.startswith('are ') else phrase}",
                "Correct or remove them.",
                rows[where],
                _values(frame, about, where) if about else None,
            )
    names = ["agent_id", "start"] if staffing else ["contact_id"]
    if set(names) <= set(frame):
        there = frame[names].dropna()
        again = there.duplicated()
        where = np.flatnonzero(frame.index.isin(there.index[again])) if again.any() else np.empty(0, int)
        faults.add(
            f"every {' and '.join(names)} must stand in one row",
            "Remove the rows that are there twice.",
            rows[where],
            _values(frame, names, where),
        )
    return [f"{table.file}: {said}" for said in faults.found]


def _values(frame: Any, names: Sequence[str], where: Any) -> Callable[[int], str]:
    def said(place: int) -> str:
        row = frame.iloc[int(where[place])]
        return ", ".join(f"{name} {_cell(row[name])}" for name in names)

    return said


def _cell(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _figures(
    tables: Sequence[Table],
    contacts: "pd.DataFrame",
    times: "pd.DataFrame | None",
    asked: list[Measure],
    keys: list[str | Every],
    *,
    left_out: list[str],
    level: float,
    target: Target | None,
    progress: Progress | None,
) -> Figures:
    tell = progress or (lambda _share, _what: None)
    tell(0.76, "computing")
    case: dict[str, Any] = {"staffing": times, "level": level}
    splittable, not_split = _splittable(asked, keys, times)
    summary = _lines(kpi.report(contacts, measures=asked, **case), 0)
    groups: tuple[Line, ...] = ()
    views = {}
    if keys and splittable:
        tell(0.8, "computing the groups")
        split = kpi.report(contacts, by=keys, measures=splittable, **case)
        groups = _lines(split, len(keys))
        for place, key in enumerate(keys):
            tell(0.85 + 0.1 * place / len(keys), "computing the groups")
            mine, _ = _splittable(asked, [key], times)
            name, view = _view(contacts, key, mine, case, split if len(keys) == 1 else None)
            views[name] = _lines(view, 1)
    elif keys:
        raise ContactLogError(
            [
                (
                    f"--by: must hold what staffed time has too, for {', '.join(not_split)}, got "
                    f"{', '.join(key if isinstance(key, str) else key.name for key in keys)}. Leave --by out."
                )
            ]
        )
    period = None
    if "arrived_at" in contacts and contacts["arrived_at"].notna().any():
        ends = contacts["arrived_at"].min(), contacts["arrived_at"].max()
        period = (ends[0].strftime("%d %B %Y").lstrip("0"), ends[1].strftime("%d %B %Y").lstrip("0"))
    log = tables[0]
    notes = [note for table in tables for note in table.notes]
    if "handle_s" in contacts and "handle_s" not in log.theirs:
        notes.append("handle_s is not in the file and was made of talk_s + wrap_s.")
    renamed = [f"{theirs} → {ours}" for ours, theirs in log.theirs.items() if ours != theirs and ours in contacts]
    unused = [theirs for ours, theirs in log.theirs.items() if ours not in contacts and ours not in STANDARD]
    if left_out and unused:
        notes.append(
            f"Columns not used: {', '.join(unused)}. Where one is what a measure lacks, map it with --mapping."
        )
    over = [line.measure for line in summary if line.unit == "proportion" and line.value > 1]
    if over:
        notes.append(
            f"More than 100 %: {', '.join(over)}. Somebody does several things at once, or times have different units: "
            "check that both files are in seconds, or map a column as in `Logged in: staffed_s in hours`."
        )
    if renamed:
        notes.append(f"Columns read by other names: {', '.join(renamed)}.")
    return Figures(
        file=log.file,
        rows=len(contacts),
        period=period,
        measures=tuple(asked),
        whole=summary,
        groups=groups,
        keys=tuple(key if isinstance(key, str) else key.name for key in keys),
        views=views,
        left_out=tuple(left_out),
        not_split=tuple(not_split),
        empty={str(name): int(count) for name, count in contacts.isna().sum().items() if count},
        notes=tuple(notes),
        level=level,
        target=target,
    )


def _splittable(
    asked: Sequence[Measure], keys: Sequence[str | Every], times: "pd.DataFrame | None"
) -> tuple[list[Measure], list[str]]:
    """Part the measures in those that can be split by the keys and those whose staffed time knows no such key."""
    columns = set() if times is None else set(times)
    needed = {key if isinstance(key, str) else key.staffing for key in keys}
    fit = [measure for measure in asked if not measure.staffing_columns or needed <= columns]
    return fit, [measure.name for measure in asked if measure not in fit]


def _view(
    contacts: "pd.DataFrame", key: str | Every, asked: list[Measure], case: Mapping[str, Any], known: Any
) -> tuple[str, Any]:
    """Return one key's name and rows; time in periods long enough for a picture."""
    first = asked[0].name
    periods = list(kpi.PERIODS)
    while True:
        name = key if isinstance(key, str) else key.period
        rows = known if known is not None else kpi.report(contacts, by=key, measures=asked, **case)
        if isinstance(key, str) or (rows["measure"] == first).sum() <= _CHARTED or name == periods[-1]:
            return name, rows
        # Hours and weeks before which nothing is gained are tried too: each costs one pass over the log.
        key, known = kpi.every(periods[periods.index(name) + 1]), None


# --- Words ---------------------------------------------------------------------------------------------------------


def number_said(value: float, unit: str) -> str:
    """Return a figure as readers say it.

    Examples
    --------
    >>> number_said(0.7824, "proportion"), number_said(24.31, "seconds"), number_said(math.nan, "seconds")
    ('78.2 %', '24.3 s', '–')
    """
    if math.isnan(value):
        return "–"
    if unit == "proportion":
        return f"{100 * value:,.1f} %"
    digits = 1 if unit == "seconds" or unit.startswith("points from −") else 2
    said = f"{value:,.{digits}f}"
    if float(said.replace(",", "")) == 0:
        said = said.lstrip("-")
    said = said.replace("-", "−")
    return f"{said} s" if unit == "seconds" else said


def interval_said(low: float, high: float, unit: str) -> str:
    """Return an interval as readers say it.

    Examples
    --------
    >>> interval_said(0.76, 0.805, "proportion"), interval_said(math.nan, math.nan, "seconds")
    ('76.0 to 80.5 %', '–')
    """
    if math.isnan(low):
        return "–"
    ends = [number_said(low, unit), number_said(high, unit)]
    if unit in ("proportion", "seconds"):
        ends[0] = ends[0].rpartition(" ")[0]
    return " to ".join(ends)


def is_missing(value: Any) -> bool:
    """Say whether a key is missing, as whatever pandas has for that."""
    if value is None:
        return True
    try:
        return bool(value != value)  # noqa: PLR0124 -- NaN and NaT
    except TypeError:  # NA, which is neither
        return True


def group_said(value: Any, name: str) -> str:
    """Return the value of a key as readers say it."""
    if is_missing(value):
        return "(none)"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if hasattr(value, "strftime"):
        return str(value.strftime(_PERIOD_FORMS.get(name, "%a %d %b %Y %H:%M"))).replace(" 0", " ", 1)
    if isinstance(value, float):
        return f"{value:g}"
    return " ".join("".join(mark if mark.isprintable() else " " for mark in str(value)).split())


def verdict(low: float, high: float, target: Target) -> Verdict:
    """Say whether a target was met, as far as the interval tells.

    Examples
    --------
    >>> verdict(0.81, 0.85, Target(0.8, 20)), verdict(0.78, 0.82, Target(0.8, 20))
    ('met', 'too close to call')
    """
    if math.isnan(low):
        return "no contacts"
    return "met" if low >= target.share else "missed" if high < target.share else "too close to call"
