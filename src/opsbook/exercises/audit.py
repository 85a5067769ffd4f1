"""Contact audit: from a list of tasks to a decision about what moves out of the customer's sight, and how to tell.

`read_tasks` understands the file a learner brings, `Audit` holds one state of their thinking and what follows from it,
and `ContactAudit` is the form around both: every change makes a new `Audit`, so that undoing is going back to an old
one. All arithmetic is `opsbook.contact`'s.
"""

import csv
import io
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache, cached_property
from html import escape
from math import floor, log10
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pandas as pd

from opsbook import contact, frames
from opsbook.charts import decoupling
from opsbook.charts.picture import NARROW, WIDE, svg
from opsbook.validation import between, require_columns

__all__ = [
    "FORMAT",
    "MAX_BYTES",
    "MAX_HANDOVER",
    "MAX_STAFF",
    "MAX_TASKS",
    "MIN_STAFF",
    "SAMPLE",
    "Audit",
    "ContactAudit",
    "contact_audit",
    "read_audit",
    "read_tasks",
]

FORMAT: Final = 1
MAX_BYTES: Final = 100_000
MAX_TASKS: Final = 60
MAX_HANDOVER: Final = 120
MIN_STAFF: Final = 0.5
MAX_STAFF: Final = 1000
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
_SAMPLE_NAME = "opening an account"
_MAX_NAME = 80

_COLUMNS: dict[str, frames.Kind] = {"task": "text", "duration_min": "number", "contact": "text", "staff_min": "number"}
_OPTIONAL = "staff_min"
_MINUTES = ("duration_min", "staff_min")
_WORDS = {"active": "active contact", "passive": "passive contact", "none": "no contact"}


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
        numbers or could mean two things; and as `Audit` for the list as a whole.

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
    return _accepted(pd.DataFrame({**columns, **read, "contact": words}))


def _text(data: bytes | str) -> str:
    size = len(data.encode() if isinstance(data, str) else data)
    if size > MAX_BYTES:
        raise ValueError(
            f"the file must not exceed {MAX_BYTES // 1000} kB, got {size // 1000:,} kB. "
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


def _accepted(tasks: object) -> pd.DataFrame:
    """Return a clean copy of `tasks` if a decision can be built on it."""
    staff = contact.profile(tasks).staff
    frame = frames.accept("tasks", tasks)
    columns = {name: kind for name, kind in _COLUMNS.items() if name != _OPTIONAL or name in frame.columns}
    read = frames.read("the table of tasks", frame, columns)
    clean = pd.DataFrame({name: read[name].to_list() for name in columns})
    if len(clean) > MAX_TASKS:
        raise ValueError(f"a task list must have at most {MAX_TASKS} tasks, got {len(clean)}. Join the smallest ones.")
    for number, name in enumerate(clean["task"], 1):
        if not name.strip() or len(name) > _MAX_NAME:
            raise ValueError(
                f"`task` number {number} must have a name of at most {_MAX_NAME} characters, got {len(name)}. "
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


def _sample() -> pd.DataFrame:
    return read_tasks(SAMPLE)


def _amount(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def _count(value: float, singular: str, plural: str) -> str:
    amount = _amount(value)
    return f"{amount} {singular if amount == '1' else plural}"


def _minutes(value: float) -> str:
    return _count(value, "minute", "minutes")


def _people(value: float) -> str:
    return _count(value, "person", "people")


def _rate(value: float) -> str:
    """Return a rate above zero to three figures."""
    return f"{value:,.{max(0, 2 - floor(log10(value)))}f}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _series(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _shift(before: str, after: str, unit: str = "") -> str:
    changed = f"stays at {after}" if before == after else f"goes from {before} to {after}"
    return f"{changed} {unit}".rstrip()


def _minutes_shift(before: float, after: float) -> str:
    return _shift(_amount(before), _amount(after), "minute" if _amount(after) == "1" else "minutes")


@dataclass(frozen=True, eq=False)
class Audit:
    """One state of an audit: a task list, what moves to the back office, and the people on both sides.

    Parameters
    ----------
    tasks : pandas.DataFrame or polars.DataFrame
        One job: columns ``task``, ``duration_min``, ``contact`` and perhaps ``staff_min``, as `contact.profile` takes
        them; at most 60 tasks, each with a name of its own. A copy is kept.
    to_back : str or sequence of str
        Tasks to move; none of them in active contact. Kept as a tuple in the order of the list.
    handover : float
        Staff minutes per job that handing over takes on each side, in [0, 120].
    front_staff, back_staff : float
        People on each side of the line, in [0.5, 1000].
    name : str
        What the list is called.

    Raises
    ------
    UnsupportedFrameError, MissingColumnError, UnknownNameError, TypeError, ValueError
        As `contact.decouple`; and if the list is too long, names a task twice or not at all, or needs no staff.

    Examples
    --------
    >>> audit = Audit(read_tasks(SAMPLE), to_back=["enter the data"], handover=1)
    >>> audit.change.after.contact_time, round(audit.break_even, 3)
    (25.0, 0.371)
    """

    tasks: pd.DataFrame = field(repr=False)
    to_back: Sequence[str] = ()
    handover: float = 1.0
    front_staff: float = 2.0
    back_staff: float = 2.0
    name: str = "your tasks"

    def __post_init__(self) -> None:
        tasks = _accepted(self.tasks)
        # Checked in full here, so that a state that exists can always be drawn.
        moved = (self.to_back,) if isinstance(self.to_back, str) else tuple(self.to_back)
        contact.decouple(tasks, to_back=moved)
        clean = {
            "tasks": tasks,
            "to_back": tuple(name for name in tasks["task"] if name in moved),
            "handover": between("handover", self.handover, 0, MAX_HANDOVER).item(),
            "front_staff": between("front_staff", self.front_staff, MIN_STAFF, MAX_STAFF).item(),
            "back_staff": between("back_staff", self.back_staff, MIN_STAFF, MAX_STAFF).item(),
        }
        for name, value in clean.items():
            object.__setattr__(self, name, value)

    @property
    def invented(self) -> bool:
        """Whether these are the tasks of the course's sample."""
        return self.tasks.equals(_sample())

    @property
    def movable(self) -> tuple[str, ...]:
        """The tasks that are not in active contact."""
        return tuple(self.tasks.loc[self.tasks["contact"] != "active", "task"])

    @property
    def staying(self) -> tuple[str, ...]:
        """The tasks in active contact."""
        return tuple(self.tasks.loc[self.tasks["contact"] == "active", "task"])

    @cached_property
    def profile(self) -> contact.ContactProfile:
        """The minutes of the job by the customer's contact."""
        return contact.profile(self.tasks)

    @cached_property
    def change(self) -> contact.Decoupling:
        """One pool of all staff before, two teams after; as long as nothing moves, the pool stays as it is."""
        change = contact.decouple(
            self.tasks,
            to_back=self.to_back,
            handover=self.handover,
            front_staff=self.front_staff,
            back_staff=self.back_staff,
        )
        return change if self.to_back else replace(change, after=change.before)

    @property
    def break_even(self) -> float:
        """Share by which both teams' work would have to shrink for their capacity to match one pool, in [0, 1).

        Work is all staff minutes of both sides, handover included. If it shrinks to the share s on both sides,
        capacity grows to capacity ÷ s, so that s = capacity after ÷ capacity before brings the pool's capacity back.
        """
        return max(0.0, 1 - self.change.after.capacity / self.change.before.capacity)

    @property
    def summary(self) -> str:
        """The job in words: its time, the customer's presence, and active contact."""
        job = self.profile
        total = _amount(job.total)
        assumed = "" if _OPTIONAL in self.tasks else ", taking every task to keep one person busy as long as it lasts"
        return (
            f"{_count(len(self.tasks), 'task takes', 'tasks take')} {_minutes(job.total)} in all. The customer is "
            f"present for {_minutes(job.present)}, so the extent of contact is {job.extent:.2f} "
            f"({_amount(job.present)} ÷ {total}). Active contact takes {_minutes(job.active)}, a share of "
            f"{job.active_share:.2f} ({_amount(job.active)} ÷ {total}). Staff work {_minutes(job.staff)}{assumed}."
        )

    @property
    def sentence(self) -> str:
        """What the move changes, in words, and what would have to be measured."""
        before, after = self.change.before, self.change.after
        pool = f"one pool of {_people(self.front_staff + self.back_staff)}"
        if not self.to_back:
            return (
                f"Nothing moves yet: {pool} can do {_rate(before.capacity)} jobs an hour, and the customer is present "
                f"for {_minutes(before.contact_time)} of {_amount(before.flow_time)}."
            )
        return (
            f"To the back office: {_series(self.to_back)}. "
            f"The customer's presence {_minutes_shift(before.contact_time, after.contact_time)}, and the "
            f"extent of contact {_shift(f'{before.extent:.2f}', f'{after.extent:.2f}')}. "
            f"The flow time without queues, handover included, "
            f"{_minutes_shift(before.flow_time, after.flow_time)}. "
            f"Capacity {_shift(_rate(before.capacity), _rate(after.capacity), 'jobs an hour')}: "
            f"{pool} before, {_amount(self.front_staff)} in front and {_amount(self.back_staff)} in the back after, "
            f"with the {after.bottleneck} as the bottleneck.\n{self._measure}"
        )

    @property
    def _measure(self) -> str:
        after = self.change.after
        work = after.front_work + after.back_work
        if round(self.break_even, 3) == 0:
            return (
                "What you would have to measure: in this model the two teams do as much as one pool, so any minutes "
                f"saved out of {_amount(work)} staff minutes a job are a gain."
            )
        return (
            f"What you would have to measure: whether the work of both teams, handover included, shrinks by about "
            f"{_percent(self.break_even)} (from {_amount(work)} to {_amount(work * (1 - self.break_even))} staff "
            "minutes a job); only then do they do as much as one pool."
        )

    def record(self, decision: str) -> dict[str, Any]:
        """Return the audit and the decision taken on it as data that JSON can hold; `read_audit` reads it back."""
        return {
            "format": FORMAT,
            "name": self.name,
            "tasks": self.tasks.to_dict("records"),
            "choices": {
                "to_back": list(self.to_back),
                "handover": self.handover,
                "front_staff": self.front_staff,
                "back_staff": self.back_staff,
            },
            "figures": {
                "profile": {**asdict(self.profile), "present": self.profile.present, "extent": self.profile.extent},
                **asdict(self.change),
                "break_even": self.break_even,
            },
            "decision": decision,
        }


def read_audit(content: bytes | str) -> tuple[Audit, str]:
    """Return the audit and the decision of a saved file; figures are computed anew.

    Raises
    ------
    ValueError
        If the content is not a saved audit.
    """
    try:
        stored = json.loads(content)
        if stored["format"] != FORMAT:
            raise ValueError(f"format {stored['format']!r}")  # noqa: TRY301 - one message for every way to be wrong
        name, decision = stored["name"], stored["decision"]
        if not isinstance(name, str) or not isinstance(decision, str):
            raise TypeError("the name and the decision must be words")  # noqa: TRY301 - as above
        return Audit(pd.DataFrame(stored["tasks"]), **stored["choices"], name=name), decision
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise ValueError(f"the content must be an audit as it was saved, got something else ({error}).") from error


def _write(path: Path, content: bytes, *, replaceable: bool) -> Path | None:
    """Write the file whole or not at all, and return where the one before is kept if it must not be lost."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with new.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        kept = None if replaceable else _set_aside(path)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    return kept


def _set_aside(path: Path) -> Path:
    number = 1
    while (spare := path.with_name(f"{path.name}.{number}.bak")).exists():
        number += 1
    path.rename(spare)
    return spare


# What traits cannot say: labels above their fields, names that wrap, one picture for each width of the form.
_STYLE = """<style>
.opsbook-audit { container-type: inline-size; }
.opsbook-audit :is(p, ul, table, pre, .widget-html-content) { max-width: 42em; line-height: 1.5; }
.opsbook-audit :is(.widget-label, .widget-label-basic) {
  height: auto; white-space: normal; text-align: start; overflow: visible; line-height: 1.5;
}
.opsbook-audit .widget-checkbox, .opsbook-audit .widget-checkbox .widget-label-basic { height: auto; width: auto; }
.opsbook-audit .widget-checkbox input[type="checkbox"] { flex: none; margin-block: 0.4em; }
.opsbook-audit table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
.opsbook-audit caption { text-align: start; padding-block: 0.3em; font-weight: 600; }
.opsbook-audit :is(td, th) {
  padding: 0.25em 0.5em; text-align: start; white-space: normal; overflow-wrap: break-word;
  border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent);
}
.opsbook-audit .number { text-align: end; }
.opsbook-audit [role="status"] { white-space: pre-line; }
.opsbook-audit summary { display: list-item; list-style: inside disclosure-closed; cursor: pointer; }
.opsbook-audit [open] > summary { list-style-type: disclosure-open; }
.opsbook-audit a { text-decoration: underline; }
.opsbook-audit pre { white-space: pre-wrap; }
.opsbook-audit figure { margin: 0; }
.opsbook-audit figcaption { font-weight: 600; }
.opsbook-audit :is(.wide, .narrow) { padding-inline-start: 1em; }
.opsbook-audit svg { max-width: 100%; height: auto; overflow: visible; }
.opsbook-audit .narrow { display: none; }
@container (max-width: 680px) {
  .opsbook-audit .wide { display: none; }
  .opsbook-audit .narrow { display: block; }
  .opsbook-audit table { font-size: 0.9em; }
  .opsbook-audit :is(td, th) { padding-inline: 0.2em; }
}
</style>"""

# A screen reader announces what changes inside a status element, not one that arrives already filled, and a widget
# of plain HTML would replace the element each time.
_STATUS_LINE = """
function render({ model, el }) {
  const line = document.createElement("p");
  line.setAttribute("role", "status");
  const show = () => { line.textContent = model.get("value"); };
  model.on("change:value", show);
  show();
  el.append(line);
}
export default { render };
"""

_UPLOAD_HELP = f"""<details><summary>What the file looks like</summary>
<p>One line for each task of one job, in the order of work. <code>duration_min</code> is how long the task takes,
<code>contact</code> is <em>active</em> (the customer interacts), <em>passive</em> (the customer is there without
interacting) or <em>none</em>, and <code>staff_min</code>, which you may leave out, is how long staff work on it.
Commas, semicolons or tabs may separate the cells.</p>
<pre>{SAMPLE}</pre>
<p><a download="tasks.csv" href="data:text/csv;charset=utf-8,{quote(SAMPLE)}">Download this as a template</a></p>
</details>"""

_MODEL_NOTE = (
    "<p>In this model tasks follow one another, their times are fixed, nobody queues, and in the pool everybody can do "
    "everything. Two teams can then never do more than one pool: the case for a back office rests on gains that only "
    "measurement can show, such as fewer interruptions, batches, specialists or cheaper space.</p>"
)


@cache
def _status_line() -> type[Any]:
    import anywidget  # noqa: PLC0415 - loads ipywidgets, which only JupyterLab needs
    import traitlets  # noqa: PLC0415 - as above

    class StatusLine(anywidget.AnyWidget):
        _esm = _STATUS_LINE
        value = traitlets.Unicode().tag(sync=True)

    return StatusLine


def _tasks_table(audit: Audit) -> str:
    origin = "a sample, invented for this course" if audit.invented else "your list"
    heads = ["Task", "Minutes", "Contact", "Staff minutes"][: len(audit.tasks.columns)]
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td class="number">{_amount(duration)}</td><td>{kind}</td>'
        + "".join(f'<td class="number">{_amount(minutes)}</td>' for minutes in staff)
        + "</tr>"
        for name, duration, kind, *staff in audit.tasks.itertuples(index=False)
    )
    return _table(f"{audit.name[:1].upper()}{audit.name[1:]} ({origin})", heads, rows)


def _figures_table(change: contact.Decoupling) -> str:
    def row(label: str, show: Callable[[contact.Layout], str]) -> str:
        cells = "".join(f'<td class="number">{show(layout)}</td>' for layout in (change.before, change.after))
        return f'<tr><th scope="row">{label}</th>{cells}</tr>'

    rows = (
        row("Customer present, minutes", lambda layout: _amount(layout.contact_time)),
        row("Flow time, minutes", lambda layout: _amount(layout.flow_time)),
        row("Extent of contact", lambda layout: f"{layout.extent:.2f}"),
        row("Work in front, staff minutes", lambda layout: _amount(layout.front_work)),
        row("Work in the back, staff minutes", lambda layout: _amount(layout.back_work)),
        row("Capacity, jobs an hour", lambda layout: _rate(layout.capacity)),
        row("Bottleneck", lambda layout: layout.bottleneck),
    )
    return _table("The same in figures", ["Measure", "One pool", "Two teams"], "".join(rows))


def _table(caption: str, heads: Sequence[str], rows: str) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _picture(change: contact.Decoupling) -> str:
    before, after = change.before, change.after
    message = (
        f"The customer's presence {_minutes_shift(before.contact_time, after.contact_time)}, capacity "
        f"{_shift(_rate(before.capacity), _rate(after.capacity), 'jobs an hour')}"
    )
    description = (
        "Three bars show what the split leaves of each measure, as a share of its value before. Flow time: "
        f"{_percent(after.flow_time / before.flow_time)}; capacity: {_percent(after.capacity / before.capacity)}; "
        f"customer present: {_amount(after.contact_time)} of {_minutes(before.contact_time)}."
    )
    spec = decoupling(change, message, description=description).to_dict()
    pictures = "".join(
        f'<div class="{kind}">{svg(spec, width=width)}</div>' for kind, width in (("wide", WIDE), ("narrow", NARROW))
    )
    return f"<figure><figcaption>{escape(message)}</figcaption>{pictures}</figure>"


class ContactAudit:
    """The form around an `Audit`, made by `contact_audit` and shown by being a cell's last value.

    Attributes
    ----------
    audit : Audit
        The state that the form shows.
    view : ipywidgets.VBox
        The form.
    """

    audit: Audit
    view: Any

    def __init__(self, audit: Audit, save_to: Path, *, keep_list: bool) -> None:
        self.audit = audit
        # A notebook may change its working directory later on; the file belongs beside it all the same.
        self._path = save_to.absolute()
        self._on_disk: bytes | None = None
        self._past: list[Audit] = []
        self._filling = False
        self._build()
        self._restore(keep_list=keep_list)
        self._fill()

    def __repr__(self) -> str:
        return f"[Contact audit] {self.audit.name}: {_count(len(self.audit.tasks), 'task', 'tasks')}"

    def _repr_mimebundle_(self, **_options: object) -> dict[str, Any]:
        view = self.view._repr_mimebundle_()
        return {**view, "text/plain": repr(self)}

    def _build(self) -> None:
        import ipywidgets as widgets  # noqa: PLC0415 - only JupyterLab needs it

        def button(label: str, tooltip: str, act: Callable[[], None], style: str = "") -> Any:
            made = widgets.Button(
                description=label, tooltip=tooltip, button_style=style, layout={"width": "auto", "max_width": "100%"}
            )
            made.on_click(lambda _button: act())
            return made

        def number(label: str, tooltip: str, low: float, high: float) -> Any:
            made = widgets.BoundedFloatText(
                min=low, max=high, step=0.5, value=low, description=label, tooltip=tooltip, **_above("min(20em, 98%)")
            )
            made.observe(self._chosen, names="value")
            return made

        def buttons(*made: Any) -> Any:
            return widgets.HBox(made, layout={"flex_flow": "row wrap", "width": "98%"})

        self._news = {place: _status_line()() for place in ("list", "choices", "decision")}
        self._result = _status_line()()
        self._tasks, self._summary, self._staying = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self._boxes = widgets.VBox()
        self._picture, self._figures = widgets.HTML(), widgets.HTML()
        self._handover = number(
            "Handover, staff minutes a job on each side",
            "The front writes each case up, the back reads it: both take this long",
            0,
            MAX_HANDOVER,
        )
        self._front = number("People in front", "Staff in the customer's sight after the split", MIN_STAFF, MAX_STAFF)
        self._back = number("People in the back", "Staff out of sight after the split", MIN_STAFF, MAX_STAFF)
        self._upload = widgets.FileUpload(
            accept=".csv,.txt,.tsv,text/csv",
            multiple=False,
            description="Upload a CSV file",
            tooltip="Your own task list, one line for each task",
            layout={"width": "auto", "max_width": "100%"},
        )
        self._upload.observe(self._uploaded, names="value")
        self._decision = widgets.Textarea(
            description="What moves, why, and the measure that would tell whether it worked",
            tooltip="It is saved with the list, your choices and the figures",
            rows=5,
            **_above("min(42em, 98%)"),
        )
        self.view = widgets.VBox(
            [
                widgets.HTML(_STYLE + "<h3>1. The tasks of one job</h3>"),
                buttons(
                    self._upload,
                    button("Use the sample", "Opening an account at an invented branch of a bank", self._use_sample),
                ),
                widgets.HTML(_UPLOAD_HELP),
                self._news["list"],
                self._tasks,
                self._summary,
                widgets.HTML("<h3>2. What moves out of sight</h3><p>Tick the tasks that go to the back office.</p>"),
                self._boxes,
                self._staying,
                self._handover,
                self._front,
                self._back,
                buttons(
                    button("Undo", "Take the last change back", self._undo),
                    button("Start again", "Put every task in front again and reset the numbers", self._start_again),
                ),
                self._news["choices"],
                widgets.HTML("<h3>3. What changes</h3>"),
                self._result,
                self._picture,
                self._figures,
                widgets.HTML(_MODEL_NOTE),
                widgets.HTML("<h3>4. Your decision</h3>"),
                self._decision,
                buttons(button("Save", f"Write {self._path.name} beside the notebook", self._save, "primary")),
                self._news["decision"],
            ],
            layout={"width": "100%"},
        )
        self.view.add_class("opsbook-audit")

    def _say(self, place: str, text: str) -> None:
        for line in self._news.values():
            line.value = ""
        # Emptied first, so that the same words a second time are announced again.
        self._news[place].value = text

    def _fill(self) -> None:
        """Show the audit in every control and every result."""
        audit = self.audit
        self._filling = True
        try:
            self._handover.value, self._front.value, self._back.value = (
                audit.handover,
                audit.front_staff,
                audit.back_staff,
            )
            self._offer(audit)
        finally:
            self._filling = False
        self._tasks.value, self._summary.value = _tasks_table(audit), f"<p>{audit.summary}</p>"
        stays = "".join(f"<li>{escape(name)}</li>" for name in audit.staying)
        self._staying.value = f"<p>Stays in front: active contact</p><ul>{stays}</ul>" if stays else ""
        self._result.value = audit.sentence
        self._picture.value = _picture(audit.change) if audit.to_back else ""
        self._figures.value = _figures_table(audit.change) if audit.to_back else ""

    def _offer(self, audit: Audit) -> None:
        import ipywidgets as widgets  # noqa: PLC0415 - as above

        tasks = audit.tasks.set_index("task")
        labels = [
            f"{name} ({_minutes(tasks['duration_min'][name])}, {_WORDS[tasks['contact'][name]]})"
            for name in audit.movable
        ]
        # New boxes would take the keyboard's focus away from the one just ticked.
        if labels != [box.description for box in self._boxes.children]:
            old = self._boxes.children
            self._boxes.children = [
                widgets.Checkbox(
                    description=label,
                    indent=False,
                    tooltip="Tick to move this task to the back office",
                    style={"description_width": "initial"},
                    layout={"width": "98%", "height": "auto"},
                )
                for label in labels
            ]
            for box in self._boxes.children:
                box.observe(self._chosen, names="value")
            for box in old:
                box.close()
        for name, box in zip(audit.movable, self._boxes.children, strict=True):
            box.value = name in audit.to_back

    def _become(self, audit: Audit, place: str, text: str = "") -> None:
        self._past.append(self.audit)
        self.audit = audit
        self._fill()
        self._say(place, text)

    def _chosen(self, _change: object) -> None:
        if self._filling:
            return
        ticked = zip(self.audit.movable, self._boxes.children, strict=True)
        audit = replace(
            self.audit,
            to_back=[name for name, box in ticked if box.value],
            handover=self._handover.value,
            front_staff=self._front.value,
            back_staff=self._back.value,
        )
        self._become(audit, "choices")

    def _undo(self) -> None:
        if not self._past:
            self._say("choices", "There is nothing to undo.")
            return
        self.audit = self._past.pop()
        self._fill()
        self._say("choices", "The last change is undone.")

    def _start_again(self) -> None:
        fresh = Audit(self.audit.tasks, name=self.audit.name)
        self._become(fresh, "choices", "Every task is in front again. Undo brings your choices back.")

    def _use_sample(self) -> None:
        self._become(Audit(_sample(), name=_SAMPLE_NAME), "list", "This is the sample, which is invented.")

    def _uploaded(self, change: dict[str, Any]) -> None:
        if not change["new"]:
            return
        file = change["new"][0]
        # Emptied, so that the same file can be sent again once it is corrected.
        self._upload.value = ()
        name = " ".join(Path(file["name"]).stem.split())[:_MAX_NAME] or "your tasks"
        try:
            audit = Audit(read_tasks(bytes(file["content"])), name=name)
        except ValueError as error:
            fault = str(error)
            self._say("list", f"{fault[0].upper()}{fault[1:]} The list below is still the last good one.")
            return
        self._become(audit, "list", f"Loaded {name}: {_count(len(audit.tasks), 'task', 'tasks')}.")

    def _restore(self, *, keep_list: bool) -> None:
        file = self._path.name
        try:
            content = self._path.read_bytes()
            audit, decision = read_audit(content)
        except FileNotFoundError:
            return
        except OSError as error:
            self._say("list", f"{file} cannot be opened ({error.strerror}), so nothing was restored.")
            return
        except ValueError:
            self._say("list", f"{file} is not a saved audit, so nothing was restored. Saving will set it aside.")
            return
        if keep_list and not audit.tasks.equals(self.audit.tasks):
            self._say("list", f"{file} holds another list, so nothing was restored. Saving will set it aside.")
            return
        self.audit, self._decision.value, self._on_disk = audit, decision, content
        self._say("list", f"Restored from {file}.")

    def _save(self) -> None:
        record = self.audit.record(self._decision.value)
        content = (json.dumps(record, ensure_ascii=False, indent=1) + "\n").encode()
        file = self._path.name
        try:
            ours = not self._path.exists() or self._path.read_bytes() in (self._on_disk, content)
            kept = _write(self._path, content, replaceable=ours)
        except OSError as error:
            self._say("decision", f"{file} was not saved: {error.strerror}. Your entries are still here.")
            return
        self._on_disk = content
        aside = f" The file that was there is now {kept.name}." if kept else ""
        empty = "" if self._decision.value.strip() else " Your decision is still empty."
        self._say("decision", f"Saved to {file}.{aside}{empty}")


def _above(width: str) -> dict[str, Any]:
    """Return traits that put a field's whole label above it."""
    return {
        "style": {"description_width": "initial"},
        "layout": {"flex_flow": "column", "align_items": "stretch", "width": width, "height": "auto"},
    }


def contact_audit(tasks: object = None, *, save_to: str | os.PathLike[str] = "contact-audit.json") -> ContactAudit:
    """Let a learner take a task list to a decision about what moves out of the customer's sight.

    Parameters
    ----------
    tasks : pandas.DataFrame or polars.DataFrame, optional
        One job, as `Audit` takes it. Without it, the form starts with the sample: opening an account at an invented
        branch of a bank. In either case learners can upload a list of their own.
    save_to : path
        Where the Save button writes the audit as JSON: the list, the choices, the figures and the decision. If the
        file exists, the form opens with what it holds, unless `tasks` is another list. A file that the form has
        neither read nor written is set aside and never overwritten.

    Returns
    -------
    ContactAudit
        Shown by being a cell's last value.

    Raises
    ------
    UnsupportedFrameError, MissingColumnError, TypeError, ValueError
        If `tasks` is not a list that `Audit` takes.

    Notes
    -----
    The model is `contact.decouple`'s, with its assumptions. It shows what a split costs in capacity; whether
    something makes up for that is for the learner to measure, and the form says how much it takes.
    """
    start = Audit(_sample(), name=_SAMPLE_NAME) if tasks is None else Audit(tasks)  # type: ignore[arg-type]
    return ContactAudit(start, Path(save_to), keep_list=tasks is not None)
