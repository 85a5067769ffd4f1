"""From a forecast in a file to a staffing plan in a file: what ``opsbook staff`` does.

`read_arrivals` reads a table of contacts per interval and lists all that is wrong with it, `plan` staffs each interval,
and `staff` does both and saves the result.
"""

import csv
import io
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from opsbook import files, queues, staffing
from opsbook.errors import ArrivalsError
from opsbook.staffing import Convention
from opsbook.validation import between

__all__ = ["Arrivals", "Interval", "StaffingPlan", "plan", "read_arrivals", "staff"]

_COLUMNS = ("start", "contacts")
_TABLE_ROWS = 100  # more than these are shown by the day
_CHARTED = 1500  # more intervals than these make a grey band
_FIGURES = ("service_level", "mean_wait_s", "prob_abandon", "occupancy")
_SECONDS_PER_HOUR = 3600
_YEAR = 366 * 24 * _SECONDS_PER_HOUR
_PICTURES = (".svg", ".png")
_GIVE_IT = "Give it with --interval."
_BRIEF = 10  # seconds: nobody handles a contact, or gives up, so fast on average
_CLOSED = timedelta(hours=3)  # a shorter gap is no night
_NAMED = 3  # gaps named one by one
_MANY_LOST = 0.1  # share of contacts
_HALF = 50  # per cent


@dataclass(frozen=True)
class Arrivals:
    """Contacts per interval, in order of time.

    Attributes
    ----------
    starts : tuple of str
        When each interval begins, as the file says it.
    times : tuple of datetime
        The same as times.
    contacts : tuple of float
        How many contacts arrive in each.
    interval : float
        Length of an interval in seconds.
    """

    starts: tuple[str, ...]
    times: tuple[datetime, ...]
    contacts: tuple[float, ...]
    interval: float


class Interval(NamedTuple):
    """One row of a plan; figures about contacts are NaN where there are none.

    Attributes
    ----------
    start : str
        When it begins.
    contacts : float
        How many contacts arrive.
    load : float
        Offered load in erlangs.
    agents, rostered : int
        Agents to be on duty, and people to be rostered for them.
    service_level : float
        Share of contacts answered within the threshold; NaN without a threshold.
    mean_wait_s : float
        Mean wait of all contacts, in seconds.
    prob_abandon : float
        Share of contacts that abandon; NaN without patience.
    occupancy : float
        Share of time that agents are busy.
    """

    start: str
    contacts: float
    load: float
    agents: int
    rostered: int
    service_level: float
    mean_wait_s: float
    prob_abandon: float
    occupancy: float


@dataclass(frozen=True)
class StaffingPlan:
    """A staffed forecast, as `plan` and `staff` return it.

    Attributes
    ----------
    arrivals : Arrivals
        The forecast.
    intervals : tuple of Interval
        One row an interval.
    threshold : float or None
        The time, in seconds, that the service levels are about.
    patient : bool
        Whether contacts never abandon.
    saved : tuple of pathlib.Path
        The files that `staff` wrote.
    warnings : tuple of str
        What looks like a slip: minutes for seconds, rows that are missing, many contacts that abandon.
    """

    arrivals: Arrivals
    intervals: tuple[Interval, ...]
    threshold: float | None
    patient: bool
    saved: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def paid_hours(self) -> float:
        """Hours of the people rostered, breaks and other shrinkage included."""
        return math.fsum(row.rostered for row in self.intervals) * self.arrivals.interval / _SECONDS_PER_HOUR

    @property
    def agent_hours(self) -> float:
        """Hours of the agents on duty."""
        return math.fsum(row.agents for row in self.intervals) * self.arrivals.interval / _SECONDS_PER_HOUR

    def per_contact(self, figure: str) -> float:
        """Return the mean of a figure over all contacts, wherever in time they fall; NaN if there are none."""
        return _per_contact(self.intervals, figure)

    def table(self) -> str:
        """Return the plan as text: a line an interval, or a line a day where there are many, and the totals."""
        by_day = len(self.intervals) > _TABLE_ROWS
        lines = files.aligned(self._days() if by_day else self._rows())
        return "\n".join([*lines, "", *self._totals(by_day=by_day)])

    def _columns(self) -> list[tuple[str, str]]:
        columns = [("mean_wait_s", "wait (s)"), ("occupancy", "occupancy")]
        if not self.patient:
            columns.insert(1, ("prob_abandon", "abandon"))
        if self.threshold is not None:
            columns.insert(0, ("service_level", f"in {self.threshold:g} s"))
        return columns

    def _rows(self) -> list[list[str]]:
        columns = self._columns()
        head = ["start", "contacts", "load", "agents", "rostered", *(words for _, words in columns)]
        return [
            head,
            *(
                [row.start, _count(row.contacts), f"{row.load:.2f}", str(row.agents), str(row.rostered)]
                + [_figure(name, getattr(row, name)) for name, _ in columns]
                for row in self.intervals
            ),
        ]

    def _days(self) -> list[list[str]]:
        columns = [column for column in self._columns() if column[0] != "occupancy"]
        days: dict[str, list[Interval]] = {}
        for time, row in zip(self.arrivals.times, self.intervals, strict=True):
            days.setdefault(time.date().isoformat(), []).append(row)
        hours = self.arrivals.interval / _SECONDS_PER_HOUR
        table = [["day", "contacts", "most agents", "most rostered", "paid hours", *(words for _, words in columns)]]
        for day, rows in days.items():
            most = [str(max(getattr(row, name) for row in rows)) for name in ("agents", "rostered")]
            paid = f"{math.fsum(row.rostered for row in rows) * hours:.1f}"
            figures = [_figure(name, _per_contact(rows, name)) for name, _ in columns]
            table.append([day, _count(math.fsum(row.contacts for row in rows)), *most, paid, *figures])
        return table

    def _totals(self, *, by_day: bool) -> Iterable[str]:
        if by_day:
            yield f"Shown by the day; all {len(self.intervals)} intervals are in the file."
        contacts = math.fsum(row.contacts for row in self.intervals)
        busiest = max(self.intervals, key=lambda row: row.rostered)
        yield (
            f"{len(self.intervals)} intervals of {self.arrivals.interval / 60:g} min, {_count(contacts)} contacts: "
            f"{self.paid_hours:.1f} paid hours for {self.agent_hours:.1f} on duty, "
            f"{busiest.rostered} people at the peak ({busiest.start})."
        )
        if contacts:
            said = [f"wait {self.per_contact('mean_wait_s'):.1f} s on average"]
            if self.threshold is not None:
                share = _figure("service_level", self.per_contact("service_level"))
                said.insert(0, f"{share} are answered within {self.threshold:g} s")
            if not self.patient:
                said.append(f"{_figure('prob_abandon', self.per_contact('prob_abandon'))} abandon")
            yield f"Of all contacts: {', '.join(said)}."


def _per_contact(rows: Sequence[Interval], figure: str) -> float:
    called = [row for row in rows if row.contacts]
    contacts = math.fsum(row.contacts for row in called)
    return math.fsum(row.contacts * getattr(row, figure) for row in called) / contacts if contacts else math.nan


def _figure(name: str, value: float) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:.1f}" if name == "mean_wait_s" else f"{value:.1%}".replace("%", " %")


def _count(number: float) -> str:
    return f"{number:.0f}" if number == round(number) else f"{number:.1f}"


# --- Reading -------------------------------------------------------------------------------------------------------


def read_arrivals(file: Path, *, interval: float | None = None) -> Arrivals:
    """Read contacts per interval from a CSV file with the columns ``start`` and ``contacts``.

    Parameters
    ----------
    file : pathlib.Path
        UTF-8 text, with or without a byte order mark, or UTF-16 with one; a comma between cells. ``start`` is an ISO
        time, with or without the offset from UTC; ``contacts`` is a number of at least 0. Other columns and blank lines
        do not matter.
    interval : float, optional
        Length of an interval in seconds. By default the most common distance between two starts. Where nobody can
        call, intervals may be left out.

    Returns
    -------
    Arrivals
        The forecast in order of time.

    Raises
    ------
    ArrivalsError
        If anything is wrong: one complete list, each problem with the file, the line and what to do.
    ValueError
        If `interval` is shorter than a second or longer than a year.
    """
    if interval is not None:
        between("interval", interval, 1, _YEAR, hint="Give seconds.")
    try:
        text = files.text(file)
    except files.UnreadableFileError as error:
        raise ArrivalsError([str(error)]) from None
    reading = _Reading(file)
    rows = reading.rows(text)
    if not reading.problems and not rows:
        reading.problem(0, "needs at least one row below the column names. Add the forecast.")
    length = reading.check_order(rows, interval)
    if reading.problems:
        raise ArrivalsError(reading.listed())
    return Arrivals(
        starts=tuple(row.start for row in rows),
        times=tuple(row.time for row in rows),
        contacts=tuple(row.contacts for row in rows),
        interval=length,
    )


class _Row(NamedTuple):
    line: int
    start: str
    time: datetime
    contacts: float


class _Reading:
    """A file being read, with the problems found so far."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.problems: list[tuple[int, str]] = []

    def problem(self, line: int, what: str) -> None:
        """Note a problem in a line, or in the file as a whole (line 0)."""
        self.problems.append((line, what))

    def listed(self) -> list[str]:
        """Return the problems in order of their lines."""
        ordered = sorted(self.problems, key=lambda problem: problem[0])
        return [f"{self.file}:{line}: {what}" if line else f"{self.file}: {what}" for line, what in ordered]

    def rows(self, text: str) -> list[_Row]:
        """Return the rows that can be read."""
        table = csv.reader(io.StringIO(text, newline=""), strict=True)
        found: list[_Row] = []
        places: dict[str, int] | None = None
        width = 0
        try:
            for cells in table:
                if not any(cell.strip() for cell in cells):
                    continue
                if places is None:
                    places, width = self._places(cells, table.line_num), len(cells)
                    if places is None:
                        return []
                elif len(cells) != width:
                    self.problem(
                        table.line_num,
                        f"must have {width} cells like the column names, got {len(cells)}. Add or remove commas.",
                    )
                elif row := self._row(table.line_num, {name: cells[place].strip() for name, place in places.items()}):
                    found.append(row)
        except csv.Error as error:
            self.problem(table.line_num, f"must be comma-separated values, got a row that is not ({error}). Mend it.")
        if places is None and not self.problems:
            self.problem(0, "needs the columns 'start' and 'contacts'; the file is empty. Save the forecast again.")
        return found

    def _places(self, cells: list[str], line: int) -> dict[str, int] | None:
        said = [cell.strip() for cell in cells]
        names = [name.lower() for name in said]
        missing = [name for name in _COLUMNS if name not in names]
        twice = [name for name in _COLUMNS if names.count(name) > 1]
        if missing:
            apart = next((mark for mark in (";", "\t") if len(names) == 1 and mark in names[0]), None)
            hint = "Rename yours or add what is missing."
            if apart:
                hint = (
                    f"Save it with commas between the cells instead of {'tabs' if apart == chr(9) else 'semicolons'}."
                )
            self.problem(
                line,
                f"needs the column{'s' * (len(missing) > 1)} {' and '.join(map(repr, missing))}; "
                f"the first row has {', '.join(map(repr, said))}. {hint}",
            )
        if twice:
            self.problem(
                line, f"must name each column once, got {' and '.join(map(repr, twice))} more often. Remove one."
            )
        return None if missing or twice else {name: names.index(name) for name in _COLUMNS}

    def _row(self, line: int, cells: dict[str, str]) -> _Row | None:
        time: datetime | None = None
        try:
            time = datetime.fromisoformat(cells["start"])
        except ValueError:
            got = repr(cells["start"]) if cells["start"] else "nothing"
            self.problem(line, f"start: must be an ISO time such as 2026-03-02T08:30, got {got}. Rewrite it.")
        contacts = _number(cells["contacts"])
        if not cells["contacts"]:
            self.problem(line, "contacts: must be a number of at least 0, got nothing. Write 0 if nobody will call.")
        elif not 0 <= contacts < math.inf:
            self.problem(
                line,
                f"contacts: must be a number of at least 0, got {cells['contacts']!r}. "
                + ("It cannot be negative." if contacts < 0 else "Write plain digits, with a point for decimals."),
            )
        # A row with a time keeps its place in the order, whatever its contacts.
        return None if time is None else _Row(line, cells["start"], time, contacts)

    def check_order(self, rows: list[_Row], interval: float | None) -> float:
        """Report what is wrong with the sequence of starts, and return the length of an interval in seconds."""
        zoned = [row for row in rows if row.time.tzinfo is not None]
        if zoned and len(zoned) < len(rows):
            few, many = sorted((zoned, [row for row in rows if row.time.tzinfo is None]), key=len)
            said = "an offset from UTC" if few is zoned else "no offset from UTC"
            lines = ", ".join(str(row.line) for row in few)
            self.problem(
                few[0].line,
                f"start: must have an offset from UTC everywhere or nowhere, got {said} in line{'s' * (len(few) > 1)} "
                f"{lines} and {'none' if few is zoned else 'one'} in the {len(many)} others. Write them alike.",
            )
            return 0.0
        first: dict[datetime, int] = {}
        in_order: list[_Row] = []
        for row in rows:
            if row.time in first:
                self.problem(
                    row.line,
                    f"start: must not repeat, got {row.start} as in line {first[row.time]}. "
                    "Add the contacts up in one row, or write the offset from UTC if clocks were set back.",
                )
            elif in_order and row.time < in_order[-1].time:
                self.problem(
                    row.line,
                    f"start: must be later than {in_order[-1].start} in line {in_order[-1].line}, got {row.start}. "
                    "Sort the rows by time.",
                )
            else:
                in_order.append(row)
            first.setdefault(row.time, row.line)
        return self._check_steps(in_order, interval)

    def _check_steps(self, rows: list[_Row], interval: float | None) -> float:
        counts = Counter(later.time - earlier.time for earlier, later in pairwise(rows))
        if not rows:
            return 0.0
        if interval is not None:
            length = timedelta(seconds=interval)
        elif counts:
            (length, most), *others = counts.most_common()
            rivals = [step for step, count in others if count == most]
            if rivals:
                steps: dict[timedelta, str] = {}
                for earlier, later in pairwise(rows):
                    steps.setdefault(later.time - earlier.time, f"lines {earlier.line} and {later.line}")
                likely = " and ".join(f"{_minutes(step)} ({steps[step]})" for step in sorted([length, *rivals]))
                self.problem(
                    0,
                    f"must tell the length of an interval, got {likely} equally often. Add the rows that are missing, "
                    "with 0 where you are closed, or give the length with --interval.",
                )
                return 0.0
        elif not self.problems:
            self.problem(0, f"needs two rows to tell the length of an interval, got one. {_GIVE_IT}")
            return 0.0
        else:
            return 0.0
        earlier = rows[0]
        for place, later in enumerate(rows[1:], start=1):
            step = later.time - earlier.time
            off = step < length or step % length
            if off:
                what = (
                    f"overlap with line {earlier.line}, where intervals last {_minutes(length)}"
                    if step < length
                    else f"be off by a part of an interval: they last {_minutes(length)}"
                )
                self.problem(
                    later.line,
                    f"start: must not {what}, got {later.start}, {_minutes(step)} after line {earlier.line}. "
                    "Keep all intervals the same length.",
                )
            # One start out of step is one problem; if the next ones keep step with it, they are measured from it.
            follows = place + 1 < len(rows) and not (rows[place + 1].time - later.time) % length
            if not off or follows:
                earlier = later
        return length.total_seconds()


def _number(text: str) -> float:
    try:
        return math.nan if "_" in text else float(text)
    except ValueError:
        return math.nan


def _minutes(time: timedelta) -> str:
    return f"{time.total_seconds() / 60:g} min"


# --- Planning ------------------------------------------------------------------------------------------------------


def plan(
    arrivals: Arrivals,
    *,
    mean_service_time: float,
    service_level: float | None = None,
    threshold: float | None = None,
    max_mean_wait: float | None = None,
    max_prob_abandon: float | None = None,
    max_occupancy: float | None = None,
    mean_patience: float | None = None,
    shrinkage: float = 0.0,
    of: Convention = "offered",
) -> StaffingPlan:
    """Staff each interval as if its rate had lasted for long.

    Parameters
    ----------
    arrivals : Arrivals
        As from `read_arrivals`.
    mean_service_time, service_level, threshold, max_mean_wait, max_prob_abandon, max_occupancy : float, optional
    mean_patience, shrinkage, of : float, float and str, optional
        As in `staffing.required_agents`; all times in seconds.

    Returns
    -------
    StaffingPlan
        With the figures that the agents on duty achieve, which is what remains of the rostered after shrinkage, and
        with warnings of what looks like a slip.

    Raises
    ------
    TypeError, ValueError
        As `staffing.required_agents`.

    Examples
    --------
    >>> from datetime import datetime
    >>> morning = Arrivals(
    ...     starts=("08:00", "08:30"),
    ...     times=(datetime(2026, 3, 2, 8), datetime(2026, 3, 2, 8, 30)),
    ...     contacts=(46.0, 61.0),
    ...     interval=1800.0,
    ... )
    >>> staffed = plan(morning, mean_service_time=240, service_level=0.8, threshold=20, shrinkage=0.3)
    >>> [(row.agents, row.rostered, round(row.service_level, 3)) for row in staffed.intervals], staffed.paid_hours
    ([(9, 13, 0.829), (12, 18, 0.889)], 15.5)
    """
    rate = np.array(arrivals.contacts) / arrivals.interval
    case: dict[str, Any] = {"arrival_rate": rate, "mean_service_time": mean_service_time}
    if mean_patience is not None:
        case["mean_patience"] = mean_patience
    asked = case | {
        "service_level": service_level,
        "threshold": threshold,
        "max_mean_wait": max_mean_wait,
        "max_prob_abandon": max_prob_abandon,
        "max_occupancy": max_occupancy,
        "of": of,
    }
    agents = np.asarray(staffing.required_agents(**asked))
    rostered = np.asarray(staffing.required_agents(**asked, shrinkage=shrinkage)) if shrinkage else agents
    called = rate > 0
    figures = {name: np.full(len(rate), math.nan) for name in _FIGURES}
    if called.any():
        model = queues.erlang_c if mean_patience is None else queues.erlang_a
        metrics: Any = model(agents[called], **(case | {"arrival_rate": rate[called]}))
        if threshold is not None:
            figures["service_level"][called] = metrics.service_level(threshold, of=of)
        figures["mean_wait_s"][called] = metrics.mean_wait
        if mean_patience is not None:
            figures["prob_abandon"][called] = metrics.prob_abandon
        figures["occupancy"][called] = metrics.occupancy
    columns = [np.array(arrivals.contacts), rate * mean_service_time, agents, rostered, *figures.values()]
    staffed = StaffingPlan(
        arrivals=arrivals,
        intervals=tuple(
            Interval(*row) for row in zip(arrivals.starts, *(column.tolist() for column in columns), strict=True)
        ),
        threshold=threshold,
        patient=mean_patience is None,
    )
    return replace(
        staffed,
        warnings=(
            *_minutes_for_seconds({"--aht": mean_service_time, "--patience": mean_patience}),
            *_swapped(service_level, threshold),
            *_gaps(arrivals),
            *(_many_lost(staffed) if max_prob_abandon is None else ()),
        ),
    )


def _minutes_for_seconds(times: Mapping[str, float | None]) -> Iterator[str]:
    for option, seconds in times.items():
        if seconds is not None and seconds < _BRIEF:
            yield (
                f"{option} {seconds:g}: times are in seconds, so this is {seconds:g} s. "
                f"Did you mean {seconds:g} minutes, {option} {60 * seconds:g}?"
            )


def _swapped(level: float | None, threshold: float | None) -> Iterator[str]:
    if level is not None and threshold is not None and 100 * level < _HALF <= threshold < 100:  # noqa: PLR2004 - per cent
        percent, seconds = f"{100 * level:g}", f"{threshold:g}"
        yield (
            f"--target {percent}/{seconds}: this is {percent} % answered within {seconds} s. "
            f"Did you mean --target {seconds}/{percent}?"
        )


def _gaps(arrivals: Arrivals) -> Iterator[str]:
    """Name the gaps that are no night: inside a day, or short."""
    length = timedelta(seconds=arrivals.interval)
    rows = list(zip(arrivals.starts, arrivals.times, strict=True))
    found = [
        f"from {(earlier + length).isoformat(timespec='minutes')} to {start}"
        for (_, earlier), (start, later) in pairwise(rows)
        if later - earlier > length and (earlier.date() == later.date() or later - earlier - length < _CLOSED)
    ]
    if found:
        more = f" and {len(found) - _NAMED} times more" if len(found) > _NAMED else ""
        yield (
            f"rows are missing {', '.join(found[:_NAMED])}{more}: nobody is planned for then. "
            "Add them, unless you are closed."
        )


def _many_lost(staffed: StaffingPlan) -> Iterator[str]:
    lost = staffed.per_contact("prob_abandon")
    short = [row for row in staffed.intervals if row.agents < row.load]
    if lost > _MANY_LOST or short:
        said = f"{_figure('prob_abandon', lost)} of all contacts abandon in this plan"
        if short:
            worst = max(short, key=lambda row: row.load - row.agents)
            said += (
                f", which counts on it: {worst.start} has {worst.agents} agents for {worst.load:.1f} erlangs of work"
            )
        yield f"{said}. Bound it with --max-abandon, or leave --patience out to serve everybody."


# --- Saving --------------------------------------------------------------------------------------------------------


def staff(
    file: Path,
    *,
    output: Path | None = None,
    chart: Path | None = None,
    force: bool = False,
    interval: float | None = None,
    **targets: Any,
) -> StaffingPlan:
    """Read a forecast, staff it, and save the plan, and a chart of it on request.

    Parameters
    ----------
    file : pathlib.Path
        The forecast, as `read_arrivals` reads it.
    output : pathlib.Path, optional
        Where to save the plan as CSV: by default beside the forecast, ``calls-staffing.csv`` for ``calls.csv``.
    chart : pathlib.Path, optional
        Where to save a picture, a file that ends with ``.svg`` or ``.png``.
    force : bool
        Whether files that exist may be replaced. The forecast itself never is.
    interval : float, optional
        As in `read_arrivals`.
    **targets
        As in `plan`.

    Returns
    -------
    StaffingPlan
        The plan, with the names of the files.

    Raises
    ------
    ArrivalsError
        As `read_arrivals`.
    FileExistsError
        If a file exists and `force` is false. Nothing is written then.
    TypeError, ValueError
        As `plan`; and if the chart's file is of another kind or the forecast is too long to draw.
    """
    file = Path(file)
    output = file.with_name(f"{file.stem}-staffing.csv") if output is None else Path(output)
    chart = None if chart is None else Path(chart)
    written = {"the plan": output} | ({} if chart is None else {"the chart": chart})
    files.refuse({"the forecast": file}, written, force=force)
    if chart is not None and chart.suffix.lower() not in _PICTURES:
        raise ValueError(f"the chart must be a file that ends with {' or '.join(_PICTURES)}, got {chart}. Rename it.")
    arrivals = read_arrivals(file, interval=interval)
    if chart is not None and not 1 < len(arrivals.starts) <= _CHARTED:
        raise ValueError(
            f"the chart must show between 2 and {_CHARTED} intervals, got {len(arrivals.starts)}. "
            "Leave the chart out, or plan a part of the forecast."
        )
    staffed = plan(arrivals, **targets)
    # What cannot be drawn must not leave half of the answer behind.
    drawn = None if chart is None else _picture(staffed, file, chart.suffix.lower())
    contents = {output: _csv(staffed)}
    if chart is not None and drawn is not None:
        contents[chart] = drawn
    files.write(contents)
    return replace(staffed, saved=(output,) if chart is None else (output, chart))


def _csv(staffed: StaffingPlan) -> bytes:
    left_out = {"prob_abandon"} if staffed.patient else set()
    if staffed.threshold is None:
        left_out.add("service_level")
    names = [name for name in Interval._fields if name not in left_out]
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(names)
    for row in staffed.intervals:
        table.writerow(_cell(getattr(row, name)) for name in names)
    return text.getvalue().encode()


def _cell(value: str | float) -> str | float:
    if not isinstance(value, float):
        return value
    # Six decimals are a millionth of an erlang, of a share, of a second: more than any forecast knows.
    return "" if math.isnan(value) else f"{value:.6f}".rstrip("0").rstrip(".")


def _picture(staffed: StaffingPlan, file: Path, suffix: str) -> bytes:
    import pandas as pd  # noqa: PLC0415 - only a chart needs it

    from opsbook import charts  # noqa: PLC0415 - as above
    from opsbook.charts.picture import document  # noqa: PLC0415 - as above

    table = pd.DataFrame(staffed.intervals)
    # One clock for the whole picture: in the night in which clocks are set back, local times come twice.
    zone = staffed.arrivals.times[0].tzinfo
    table["start"] = [(time.astimezone(zone) if zone else time).replace(tzinfo=None) for time in staffed.arrivals.times]
    most = max(staffed.intervals, key=lambda row: row.rostered)
    view = charts.staffing_plan(
        table,
        f"{most.rostered} people at the busiest time, {staffed.paid_hours:,.1f} paid hours in all",
        description=(
            "Steps over time of the offered load, the agents on duty and the people rostered, who are most at "
            f"{most.start}: {most.rostered} for {most.agents} agents and {most.load:.1f} erlangs."
        ),
        subtitle=f"{file.name}, intervals of {staffed.arrivals.interval / 60:g} min",
    )
    return document(view.to_dict(), suffix)
