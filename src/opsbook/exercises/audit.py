"""Contact audit: from a list of tasks to a decision about what moves out of the customer's sight, and how to tell.

`Audit` holds one state of a learner's thinking and what follows from it, in figures and in words. It never changes:
another choice is another `Audit`. All arithmetic is `opsbook.contact`'s.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from math import floor, log10
from typing import Any, Final

import pandas as pd

from opsbook import contact
from opsbook.exercises.task_lists import SAMPLE, accept_tasks, read_tasks
from opsbook.validation import between

__all__ = ["MAX_HANDOVER", "MAX_STAFF", "MIN_STAFF", "Audit", "amount", "read_audit"]

MAX_HANDOVER: Final = 120
MIN_STAFF: Final = 0.5
MAX_STAFF: Final = 1000
_FORMAT = 1


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
        tasks = accept_tasks(self.tasks)
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

    def __str__(self) -> str:
        return f"{self.name}: {_count(len(self.tasks), 'task', 'tasks')}"

    @property
    def invented(self) -> bool:
        """Whether these are the tasks of the course's sample."""
        return self.tasks.equals(read_tasks(SAMPLE))

    @property
    def choices(self) -> dict[str, Any]:
        """What the learner decides, by the keywords of `contact.decouple`."""
        return {
            "to_back": list(self.to_back),
            "handover": self.handover,
            "front_staff": self.front_staff,
            "back_staff": self.back_staff,
        }

    @property
    def movable(self) -> tuple[str, ...]:
        """The tasks that are not in active contact."""
        return tuple(self.tasks.loc[self.tasks["contact"] != "active", "task"])

    @property
    def labels(self) -> tuple[str, ...]:
        """The movable tasks in the same order, each with its minutes and its contact in words."""
        movable = self.tasks[self.tasks["contact"] != "active"]
        columns = (movable["task"], movable["duration_min"], movable["contact"])
        return tuple(
            f"{name} ({_minutes(duration)}, {'no' if kind == 'none' else kind} contact)"
            for name, duration, kind in zip(*columns, strict=True)
        )

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
        change = contact.decouple(self.tasks, **self.choices)
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
        total = amount(job.total)
        assumed = "" if "staff_min" in self.tasks else ", taking every task to keep one person busy as long as it lasts"
        return (
            f"{_count(len(self.tasks), 'task takes', 'tasks take')} {_minutes(job.total)} in all. The customer is "
            f"present for {_minutes(job.present)}, so the extent of contact is {job.extent:.2f} "
            f"({amount(job.present)} ÷ {total}). Active contact takes {_minutes(job.active)}, a share of "
            f"{job.active_share:.2f} ({amount(job.active)} ÷ {total}). Staff work {_minutes(job.staff)}{assumed}."
        )

    @property
    def sentence(self) -> str:
        """What the move changes, in words, and what would have to be measured."""
        before, after = self.change.before, self.change.after
        pool = f"one pool of {_people(self.front_staff + self.back_staff)}"
        if not self.to_back:
            return (
                f"Nothing moves yet: {pool} can do {_rate(before.capacity)} jobs an hour, and the customer is present "
                f"for {_minutes(before.contact_time)} of {amount(before.flow_time)}."
            )
        return (
            f"To the back office: {_series(self.to_back)}. "
            f"The customer's presence {_minutes_shift(before.contact_time, after.contact_time)}, and the "
            f"extent of contact {_shift(f'{before.extent:.2f}', f'{after.extent:.2f}')}. "
            f"The flow time without queues, handover included, "
            f"{_minutes_shift(before.flow_time, after.flow_time)}. "
            f"Capacity {_shift(_rate(before.capacity), _rate(after.capacity), 'jobs an hour')}: "
            f"{pool} before, {amount(self.front_staff)} in front and {amount(self.back_staff)} in the back after, "
            f"with the {after.bottleneck} as the bottleneck.\n{self._measure}"
        )

    @property
    def _measure(self) -> str:
        after = self.change.after
        work = after.front_work + after.back_work
        if round(self.break_even, 3) == 0:
            return (
                "What you would have to measure: in this model the two teams do as much as one pool, so any minutes "
                f"saved out of {amount(work)} staff minutes a job are a gain."
            )
        return (
            f"What you would have to measure: whether the work of both teams, handover included, shrinks by about "
            f"{_percent(self.break_even)} (from {amount(work)} to {amount(work * (1 - self.break_even))} staff "
            "minutes a job); only then do they do as much as one pool."
        )

    @property
    def headline(self) -> str:
        """What the move does to the customer's presence and to capacity, as a chart's message."""
        before, after = self.change.before, self.change.after
        return (
            f"The customer's presence {_minutes_shift(before.contact_time, after.contact_time)}, capacity "
            f"{_shift(_rate(before.capacity), _rate(after.capacity), 'jobs an hour')}"
        )

    @property
    def description(self) -> str:
        """What the chart of the change shows, for those who cannot see it."""
        before, after = self.change.before, self.change.after
        return (
            "Three bars show what the split leaves of each measure, as a share of its value before. Flow time: "
            f"{_percent(after.flow_time / before.flow_time)}; capacity: {_percent(after.capacity / before.capacity)}; "
            f"customer present: {amount(after.contact_time)} of {_minutes(before.contact_time)}."
        )

    @property
    def comparison(self) -> tuple[tuple[str, str, str], ...]:
        """The chart's figures and those behind them: each measure, its value for one pool, its value for two teams."""
        before, after = self.change.before, self.change.after
        return (
            ("Customer present, minutes", amount(before.contact_time), amount(after.contact_time)),
            ("Flow time, minutes", amount(before.flow_time), amount(after.flow_time)),
            ("Extent of contact", f"{before.extent:.2f}", f"{after.extent:.2f}"),
            ("Work in front, staff minutes", amount(before.front_work), amount(after.front_work)),
            ("Work in the back, staff minutes", amount(before.back_work), amount(after.back_work)),
            ("Capacity, jobs an hour", _rate(before.capacity), _rate(after.capacity)),
            ("Bottleneck", before.bottleneck, after.bottleneck),
        )

    def record(self, decision: str) -> dict[str, Any]:
        """Return the audit and the decision taken on it as data that JSON can hold; `read_audit` reads it back."""
        return {
            "format": _FORMAT,
            "name": self.name,
            "tasks": self.tasks.to_dict("records"),
            "choices": self.choices,
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
        if stored["format"] != _FORMAT:
            raise ValueError(f"format {stored['format']!r}")  # noqa: TRY301 - one message for every way to be wrong
        name, decision = stored["name"], stored["decision"]
        if not isinstance(name, str) or not isinstance(decision, str):
            raise TypeError("the name and the decision must be words")  # noqa: TRY301 - as above
        return Audit(pd.DataFrame(stored["tasks"]), **stored["choices"], name=name), decision
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise ValueError(f"the content must be an audit as it was saved, got something else ({error}).") from error


def amount(value: float) -> str:
    """Return minutes or people as a reader wants them: thousands parted, at most two decimals.

    Examples
    --------
    >>> amount(7.0), amount(1234.567)
    ('7', '1,234.57')
    """
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def _count(value: float, singular: str, plural: str) -> str:
    written = amount(value)
    return f"{written} {singular if written == '1' else plural}"


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
    return _shift(amount(before), amount(after), "minute" if amount(after) == "1" else "minutes")
