"""Customer contact: how much of a service is made in front of the customer, and what follows from moving work away.

Chase (1978, 1981) orders operations by their *extent of contact*: the time that the customer is present in the system
divided by the time it takes to create the service. `extent` is that ratio, `profile` takes it from a list of tasks,
`scale_position` names the place on Chase's scale, and `decouple` moves tasks from the front office to the back office
and counts what changes.

Notes
-----
**No figure for efficiency.** Chase states that a system's *potential* efficiency is a function of one minus the extent
of contact. That is a direction (less contact leaves more room), not a formula: nobody has published the function, what
counts as efficiency differs between operations, and room is not yet a gain. So this module computes minutes and
capacity, and never turns contact into efficiency.

**What critics and successors say.** Time present is a crude measure. A hotel guest asleep counts exactly like a guest
at the reception desk: as Mersha (1990) reports, the model was criticised for not telling systems that interact and
customise from systems that mainly accommodate. He therefore tells *active* from *passive* contact, and so do the
tables of this module; the wording of the two definitions here is the course's own. Schmenner (1986) classifies
services by labour intensity and by interaction and customisation together, instead of by contact alone; in 2004 he
redrew these axes and explained productivity by variation and by throughput time. Kellogg and Chase (1995) asked
experts and measured contact by communication time, information richness and intimacy, not by presence. Soteriou and
Chase (1998) found, in hotels, that there are *desirable* levels of contact for perceived quality: the right amount,
not the least.

References
----------
Chase, R. B. (1978). Where does the customer fit in a service operation? Harvard Business Review, 56(6), 137–142.

Chase, R. B. (1981). The customer contact approach to services: Theoretical bases and practical extensions. Operations
Research, 29(4), 698–706.

Chase, R. B., & Tansik, D. A. (1983). The customer contact model for organization design. Management Science, 29(9),
1037–1050.

Kellogg, D. L., & Chase, R. B. (1995). Constructing an empirically derived measure for customer contact. Management
Science, 41(11), 1734–1749.

Mersha, T. (1990). Enhancing the customer contact model. Journal of Operations Management, 9(3), 391–405.

Schmenner, R. W. (1986). How can service businesses survive and prosper? Sloan Management Review, 27(3), 21–32.

Schmenner, R. W. (2004). Service businesses and productivity. Decision Sciences, 35(3), 333–347.

Soteriou, A. C., & Chase, R. B. (1998). Linking the customer contact model to service quality. Journal of Operations
Management, 16(4), 495–508.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from typing import Any, NamedTuple, overload

import narwhals as nw
import numpy as np
from numpy.typing import ArrayLike, NDArray

from opsbook import frames
from opsbook.validation import between, known, nonnegative, one_of, positive

__all__ = ["ContactProfile", "Decoupling", "Layout", "decouple", "extent", "profile", "scale_position"]

_CONTACTS = ("none", "passive", "active")
_POSITIONS = ("manufacturing", "quasi-manufacturing", "mixed services", "pure services")
_MINUTES_PER_HOUR = 60


@dataclass(frozen=True)
class ContactProfile:
    """How the time of a service divides by the customer's contact; all times in minutes, at least 0.

    Attributes
    ----------
    total : float
        Elapsed time of all tasks, above 0.
    active : float
        Time of tasks in which the customer interacts with staff or with the service's interface.
    passive : float
        Time of tasks for which the customer is present, in person or on the line, without interacting.
    staff : float
        Staff time; may exceed `total` when several people work on a task at once.

    Examples
    --------
    >>> night = ContactProfile(total=600, active=20, passive=580, staff=65)
    >>> night.extent, round(night.active_share, 3)
    (1.0, 0.033)
    """

    total: float
    active: float
    passive: float
    staff: float

    @property
    def present(self) -> float:
        """Time that the customer is present, in active or in passive contact (minutes)."""
        return self.active + self.passive

    @property
    def extent(self) -> float:
        """Chase's extent of contact: time present ÷ total time, in [0, 1]."""
        return self.present / self.total

    @property
    def active_share(self) -> float:
        """Active contact ÷ total time, in [0, 1]."""
        return self.active / self.total

    @property
    def passive_share(self) -> float:
        """Passive contact ÷ total time, in [0, 1]."""
        return self.passive / self.total

    @property
    def active_of_present(self) -> float:
        """Active contact ÷ time present, in [0, 1]; NaN if the customer is never present."""
        return self.active / self.present if self.present else math.nan


@dataclass(frozen=True)
class Layout:
    """One way to divide a process between front office and back office, per job.

    Attributes
    ----------
    contact_time : float
        Time that the customer is present (minutes).
    flow_time : float
        Sum of the task times, one after another and without any queue: the shortest flow time (minutes).
    extent : float
        Extent of contact: `contact_time` ÷ `flow_time`, in [0, 1].
    front_work, back_work : float
        Staff time on each side of the line (minutes). In a layout that is not decoupled, all work is front work.
    capacity : float
        Jobs per hour that the staff can do at most; infinite if no task needs staff.
    bottleneck : str
        The side that limits `capacity`: ``"front office"`` (also on a tie) or ``"back office"``; ``"none"`` if one
        pool of staff does everything, or if no task needs staff.

    Examples
    --------
    >>> import pandas as pd
    >>> tasks = pd.DataFrame({"task": ["hear", "decide"], "duration_min": [6, 4], "contact": ["active", "none"]})
    >>> layout = decouple(tasks, to_back="decide").after
    >>> layout.front_work, layout.back_work, layout.bottleneck
    (6.0, 4.0, 'front office')
    """

    contact_time: float
    flow_time: float
    extent: float
    front_work: float
    back_work: float
    capacity: float
    bottleneck: str


@dataclass(frozen=True)
class Decoupling:
    """The same process `before` and `after` tasks moved to the back office.

    Attributes
    ----------
    before, after : Layout
        One pool of staff that does every task, and a front and a back office that do their own.

    Examples
    --------
    >>> import pandas as pd
    >>> tasks = pd.DataFrame({"task": ["hear", "decide"], "duration_min": [6, 4], "contact": ["active", "none"]})
    >>> change = decouple(tasks, to_back="decide")
    >>> change.before.capacity, change.after.capacity
    (12.0, 10.0)
    """

    before: Layout
    after: Layout


@overload
def extent(present: float, total: float) -> float: ...
@overload
def extent(present: ArrayLike, total: ArrayLike) -> float | NDArray[np.float64]: ...
def extent(present: ArrayLike, total: ArrayLike) -> float | NDArray[np.float64]:
    """Chase's extent of contact: time the customer is present ÷ time to create the service.

    Parameters
    ----------
    present : float or array_like
        Time that the customer is present in the system, at least 0 and at most `total`.
    total : float or array_like
        Time that it takes to create the service, above 0, in the same unit.

    Returns
    -------
    float or ndarray
        A proportion in [0, 1]; an array if either argument is one (they broadcast).

    Raises
    ------
    ValueError
        If a time is missing, infinite or out of range.

    Notes
    -----
    The denominator is the whole time of creating the service, back-office work included, not the customer's visit:
    divided by the visit, every service would have full contact.

    References
    ----------
    Chase (1978); Chase (1981). See the module.

    Examples
    --------
    A form that is filled in at the counter for 6 minutes and worked on for 24 minutes in all:

    >>> extent(6, 24)
    0.25
    >>> extent([6, 12], 24)
    array([0.25, 0.5 ])
    """
    presence, time = nonnegative("present", present), positive("total", total)
    if (presence > time).any():
        raise ValueError(
            f"`present` must not exceed `total`, got {present!r} of {total!r}. Count the time that the customer is "
            "there as part of the time that the service takes, in the same unit."
        )
    ratio = presence / time
    return ratio if np.ndim(ratio) else float(ratio)


@overload
def scale_position(extent: float, *, cuts: Sequence[float] = ...) -> str: ...
@overload
def scale_position(extent: ArrayLike, *, cuts: Sequence[float] = ...) -> str | NDArray[np.str_]: ...
def scale_position(extent: ArrayLike, *, cuts: Sequence[float] = (0.05, 0.3, 0.7)) -> str | NDArray[np.str_]:
    """Name the place of an extent of contact on Chase's scale from manufacturing to pure services.

    Parameters
    ----------
    extent : float or array_like
        Extent of contact, in [0, 1].
    cuts : sequence of float
        The three extents, rising and within (0, 1), at which quasi-manufacturing, mixed services and pure services
        begin; an extent equal to a cut belongs to the class above it.

    Returns
    -------
    str or ndarray of str
        ``"manufacturing"``, ``"quasi-manufacturing"``, ``"mixed services"`` or ``"pure services"``.

    Raises
    ------
    ValueError
        If `extent` is out of range, or `cuts` are not three rising proportions.

    Notes
    -----
    Chase published the order of the four classes and examples of each, but no cut-offs. The default cuts are a
    teaching convention of this course: state them wherever you use them, and see whether your conclusion survives
    others.

    References
    ----------
    Chase (1978); Chase (1981). See the module.

    Examples
    --------
    >>> scale_position(0.25)
    'quasi-manufacturing'
    >>> scale_position(0.25, cuts=(0.05, 0.2, 0.8))
    'mixed services'
    """
    extents = between("extent", extent, 0, 1, hint="Divide percentages by 100.")
    if len(cuts) != len(_POSITIONS) - 1 or not all(low < high for low, high in pairwise((0, *cuts, 1))):
        raise ValueError(
            f"`cuts` must be three rising proportions between 0 and 1, got {cuts!r}. Try (0.05, 0.3, 0.7)."
        )
    positions = np.asarray(_POSITIONS)[np.searchsorted(cuts, extents, side="right")]
    return str(positions) if extents.ndim == 0 else positions


def profile(tasks: object) -> ContactProfile:
    """Add up the tasks of a process by the customer's contact.

    Parameters
    ----------
    tasks : pandas.DataFrame or polars.DataFrame
        One row per task, with the columns ``task``, ``duration_min`` (elapsed minutes,
        at least 0) and ``contact`` (``"none"``, ``"passive"`` or ``"active"``); ``staff_min`` (staff minutes, at least
        0) if you have it, otherwise staff are taken to work exactly as long as each task lasts.

    Returns
    -------
    ContactProfile
        Minutes summed over all rows. A table with several jobs gives their common total, so long jobs weigh more in
        the shares than short ones.

    Raises
    ------
    UnsupportedFrameError
        If `tasks` is not a pandas or Polars DataFrame.
    MissingColumnError
        If columns are missing.
    TypeError
        If minutes are not numbers, or names not words.
    ValueError
        If values are missing, negative or unknown, or if all durations are 0.

    Notes
    -----
    Tasks are taken one after another. For tasks that overlap, enter elapsed time once: their durations add up here.

    Examples
    --------
    >>> import pandas as pd
    >>> tasks = pd.DataFrame({
    ...     "task": ["hear the request", "wait", "check the file", "write the decision"],
    ...     "duration_min": [6, 4, 20, 10],
    ...     "contact": ["active", "passive", "none", "none"],
    ... })
    >>> profile(tasks)
    ContactProfile(total=40.0, active=6.0, passive=4.0, staff=40.0)
    >>> profile(tasks).extent
    0.25
    """
    rows = _rows(frames.accept("tasks", tasks))
    minutes = {contact: math.fsum(row.duration for row in rows if row.contact == contact) for contact in _CONTACTS}
    return ContactProfile(
        # In this order the rounding of sums cannot make the customer present for longer than the service takes.
        total=minutes["active"] + minutes["passive"] + minutes["none"],
        active=minutes["active"],
        passive=minutes["passive"],
        staff=math.fsum(row.staff for row in rows),
    )


def decouple(
    tasks: object,
    *,
    to_back: str | Iterable[str],
    handover: float = 0.0,
    front_staff: float = 1,
    back_staff: float = 1,
) -> Decoupling:
    """Move tasks out of the customer's sight and count what changes.

    Before, one pool of ``front_staff + back_staff`` does every task, and its capacity is
    ``60 · (front_staff + back_staff) / work`` jobs per hour. After, each side does its own tasks, and the slower side
    sets the capacity: ``60 · min(front_staff / front_work, back_staff / back_work)``.

    Parameters
    ----------
    tasks : pandas.DataFrame or polars.DataFrame
        A table as for `profile`, of one process. With a column ``job`` that names several observed jobs, each task
        counts with its mean minutes per job (0 where a job skips it).
    to_back : str or iterable of str
        Names of the tasks to move. A task in active contact cannot be moved: redesign it first.
    handover : float
        Staff minutes per job that each side spends on the line between them: the front writes the case up, the back
        reads it. At least 0; the customer is absent, and both count as work and as flow time. It falls due once per
        job as soon as anything is moved, however many tasks.
    front_staff, back_staff : float
        People on each side, at least 0 and not both 0; parts of a person are allowed.

    Returns
    -------
    Decoupling
        The layouts before and after.

    Raises
    ------
    UnknownNameError
        If `to_back` names a task that is not in the table.
    UnsupportedFrameError, MissingColumnError, TypeError
        As `profile`.
    ValueError
        As `profile`; and if a moved task is in active contact, a task's contact differs between rows, the table mixes
        several operations, or nobody is there to work.

    Notes
    -----
    Assumptions: tasks follow one another; their times are fixed; there are no queues; all staff can do all tasks
    before; moved tasks take as long as before, and the customer is absent from them.

    It follows that decoupling never raises the capacity in this model: two separate teams cannot do more than one pool
    in which everybody can do everything, and they do as much only if their loads balance and handing over is free. The
    case for a back office rests on what the model leaves out on purpose, since only measurement can supply it: fewer
    interruptions, batches, specialists, cheaper space. The two capacities say how large that gain has to be.

    A side without work has no limit, and its people cannot help the other side: with nothing to do in the back
    office, the front office alone sets the capacity.

    References
    ----------
    Chase (1978), Chase and Tansik (1983) on separating high-contact from low-contact work. See the module. The
    capacity model is the course's own.

    Examples
    --------
    >>> import pandas as pd
    >>> tasks = pd.DataFrame({
    ...     "task": ["hear the request", "check the file", "explain the decision"],
    ...     "duration_min": [6, 10, 4],
    ...     "contact": ["active", "passive", "active"],
    ... })
    >>> change = decouple(tasks, to_back=["check the file"], handover=1)
    >>> change.before.contact_time, change.after.contact_time
    (20.0, 10.0)
    >>> change.before.capacity, round(change.after.capacity, 2), change.after.bottleneck
    (6.0, 5.45, 'front office')
    """
    frame = frames.accept("tasks", tasks)
    process = _process(frame)
    moved = {known("task", name, process) for name in ([to_back] if isinstance(to_back, str) else to_back)}
    for name in sorted(moved):
        if process[name].contact == "active":
            raise ValueError(
                f"`to_back` must not name a task in active contact, got {name!r}. "
                "Leave it in front, or split it into an active and an inactive part."
            )
    handing = nonnegative("handover", handover).item() if moved else 0.0
    front, back = nonnegative("front_staff", front_staff).item(), nonnegative("back_staff", back_staff).item()
    positive("front_staff + back_staff", front + back)

    front_tasks = [task for name, task in process.items() if name not in moved]
    back_tasks = [process[name] for name in moved]
    front_work = math.fsum(task.staff for task in front_tasks)
    back_work = math.fsum(task.staff for task in back_tasks)
    work = front_work + back_work
    present = math.fsum(task.duration for task in process.values() if task.contact != "none")
    absent = math.fsum(task.duration for task in process.values() if task.contact == "none")
    still_present = math.fsum(task.duration for task in front_tasks if task.contact != "none")
    now_absent = math.fsum(task.duration for task in process.values() if task.contact == "none" or task.name in moved)
    return Decoupling(
        before=_layout(present, absent, work, 0.0, {"none": _limit(front + back, work)}),
        after=_layout(
            still_present,
            now_absent + 2 * handing,
            front_work + handing,
            back_work + handing,
            {
                "front office": _limit(front, front_work + handing),
                "back office": _limit(back, back_work + handing),
            },
        ),
    )


class _Task(NamedTuple):
    name: str
    duration: float
    contact: str
    staff: float


def _rows(frame: nw.DataFrame[Any]) -> list[_Task]:
    columns: dict[str, frames.Kind] = {"task": "text", "duration_min": "number", "contact": "text"}
    if "staff_min" in frame.columns:
        columns["staff_min"] = "number"
    frame = frames.read("the table of tasks", frame, columns)
    _refuse_missing(frame)
    for contact in sorted(set(frame["contact"].to_list())):
        one_of("contact", contact, _CONTACTS)
    durations = nonnegative("duration_min", frame["duration_min"].to_numpy())
    if not durations.sum():
        raise ValueError(f"`duration_min` must add up to more than 0 minutes, got 0 in {len(frame)} rows. Add times.")
    staff = nonnegative("staff_min", frame["staff_min"].to_numpy()) if "staff_min" in columns else durations
    fields = frame["task"].to_list(), durations.tolist(), frame["contact"].to_list(), staff.tolist()
    return [_Task(*values) for values in zip(*fields, strict=True)]


def _refuse_missing(frame: nw.DataFrame[Any]) -> None:
    gaps = {name: frame[name].null_count() for name in frame.columns}
    found = ", ".join(f"{count} in {name!r}" for name, count in gaps.items() if count)
    if found:
        raise ValueError(f"the table of tasks must have no missing values, got {found}. Fill or drop these rows first.")


def _process(frame: nw.DataFrame[Any]) -> dict[str, _Task]:
    """Return each task once, in order of first appearance, with its mean minutes per job."""
    rows = _rows(frame)
    if "operation" in frame.columns and frame["operation"].n_unique() > 1:
        raise ValueError(
            f"`tasks` must describe one process, got {frame['operation'].n_unique()} in the column 'operation'. "
            "Keep the rows of one of them."
        )
    jobs = 1
    if "job" in frame.columns:
        _refuse_missing(frame.select("job"))
        jobs = frame["job"].n_unique()
    observed: dict[str, list[_Task]] = {}
    for row in rows:
        observed.setdefault(row.name, []).append(row)
    for name, times in observed.items():
        contacts = sorted({row.contact for row in times})
        if len(contacts) > 1:
            raise ValueError(
                f"`contact` must be the same wherever a task occurs, got {' and '.join(contacts)} for {name!r}. "
                "Give the parts names of their own."
            )
    return {
        name: _Task(
            name,
            math.fsum(row.duration for row in times) / jobs,
            times[0].contact,
            math.fsum(row.staff for row in times) / jobs,
        )
        for name, times in observed.items()
    }


def _limit(staff: float, work: float) -> float:
    return _MINUTES_PER_HOUR * staff / work if work else math.inf


def _layout(present: float, absent: float, front_work: float, back_work: float, limits: dict[str, float]) -> Layout:
    side, capacity = min(limits.items(), key=itemgetter(1))
    return Layout(
        contact_time=present,
        flow_time=present + absent,
        extent=present / (present + absent),
        front_work=front_work,
        back_work=back_work,
        capacity=capacity,
        bottleneck=side if math.isfinite(capacity) else "none",
    )
