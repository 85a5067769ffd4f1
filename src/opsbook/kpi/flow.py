"""Measures of flow (throughput, flow time, work in process) and of contact."""

from functools import cache
from typing import Any

import narwhals as nw

from opsbook.frames import Total
from opsbook.kpi.measure import Doubt, Measure, Part, over, ratio_of_sums
from opsbook.validation import one_of, positive

__all__ = ["contact_share", "flow_time", "throughput", "wip"]

_CONTACT_KINDS = {"present": ("passive", "active"), "active": ("active",), "passive": ("passive",)}
_FAMILY = "Flow"
_FLOW_SOURCE = "Little (1961, 2011): the three measures of flow that his law ties together"


def throughput(*, start: str = "arrived_at", end: str = "departed_at", period: float | None = None) -> Measure:
    """Jobs finished per unit of time: completed jobs ÷ observed period.

    Parameters
    ----------
    start, end : str
        The columns with the time at which a job arrives and the time at which it departs: numbers in any one unit,
        or datetimes.
    period : float, optional
        The length of the observed period, above zero, in the log's unit (minutes for datetimes). Without it: from the
        first arrival to the last departure, in each group its own.

    Returns
    -------
    Measure
        In jobs per time unit of the log (per minute for datetimes).

    Raises
    ------
    ValueError
        If `period` is not above zero.

    Notes
    -----
    A job counts when both of its times are known. Over a log in which every job has both,
    ``wip = throughput × flow_time`` holds exactly in every group: Little's law for a finite period that begins and
    ends empty, without any assumption about arrivals or service. Throughputs of groups add up to the whole log's only
    when all share one `period`.

    References
    ----------
    Little, J. D. C. (1961). A proof for the queuing formula: L = λW. Operations Research, 9(3), 383–387.

    Little, J. D. C. (2011). Little's law as viewed on its 50th anniversary. Operations Research, 59(3), 536–549.

    Examples
    --------
    >>> import pandas as pd
    >>> log = pd.DataFrame({"arrived_at": [0, 5, 10], "departed_at": [10, 20, 40]})
    >>> from opsbook import kpi
    >>> kpi.table(log, measures=kpi.throughput(period=60))
       throughput
    0        0.05
    """
    return _flow(
        start,
        end,
        name="throughput",
        title="Throughput" if period is None else f"Throughput (over {_units(period)})",
        question="How many jobs are finished in a unit of time?",
        unit="jobs per time unit of the log (per minute for datetimes)",
        numerator="jobs that have both arrived and departed",
        denominator=_period_in_words(period),
        example="3 jobs, the first arriving at 0 and the last departing at 45: 3 ÷ 45 = 0.067",
        ratio="jobs a period",
        period=period,
    )


def flow_time(*, start: str = "arrived_at", end: str = "departed_at") -> Measure:
    """Mean time that a job spends in the system: total time in the system ÷ jobs.

    Parameters
    ----------
    start, end : str
        As for `throughput`. Any two events of a job will do: the flow time from collection to result, say.

    Returns
    -------
    Measure
        In the log's time unit (minutes for datetimes).

    Notes
    -----
    Waiting and service both count. A job that has not departed yet has no flow time and is left out, which makes the
    mean of a log that is cut off too short: long stays are the likelier to be cut.

    Examples
    --------
    >>> import pandas as pd
    >>> log = pd.DataFrame({"arrived_at": [0, 5, 10], "departed_at": [10, 20, 45]})
    >>> from opsbook import kpi
    >>> kpi.table(log, measures=kpi.flow_time())
       flow_time
    0       20.0
    """
    return _flow(
        start,
        end,
        name="flow_time",
        title="Mean flow time",
        question="How long does a job stay, from arriving to leaving?",
        unit="the log's time unit (minutes for datetimes)",
        numerator="time in the system, summed over the jobs that have both arrived and departed",
        denominator="jobs that have both arrived and departed",
        example="stays of 10, 15 and 35 minutes: 60 ÷ 3 = 20",
        ratio="stay a job",
    )


def wip(*, start: str = "arrived_at", end: str = "departed_at", period: float | None = None) -> Measure:
    """Work in process: the number of jobs in the system, averaged over time.

    The formula is total time in the system ÷ observed period.

    Parameters
    ----------
    start, end : str
        As for `throughput`.
    period : float, optional
        As for `throughput`.

    Returns
    -------
    Measure
        In jobs (customers), at least 0.

    Raises
    ------
    ValueError
        If `period` is not above zero.

    Notes
    -----
    The whole stay of every finished job counts, so a given `period` must cover the log: it is for adding the empty
    time before the first arrival and after the last departure, not for cutting a piece out. Jobs without a departure
    are left out, so a log that is cut off understates the work in process.

    Examples
    --------
    >>> import pandas as pd
    >>> log = pd.DataFrame({"arrived_at": [0, 5, 10], "departed_at": [10, 20, 45]})
    >>> from opsbook import kpi
    >>> kpi.table(log, measures=kpi.wip(period=60))
       wip
    0  1.0
    """
    return _flow(
        start,
        end,
        name="wip",
        title=f"Number inside (work in process, mean over {'time' if period is None else _units(period)})",
        question="How many jobs are in the system at a time?",
        unit="jobs",
        numerator="time in the system, summed over the jobs that have both arrived and departed",
        denominator=_period_in_words(period),
        example="stays of 10, 15 and 35 minutes within 45: 60 ÷ 45 = 1.333",
        ratio="stay a period",
        period=period,
    )


def contact_share(*, kind: str = "present") -> Measure:
    """Share of task time during which the customer is in contact: minutes in contact ÷ minutes of all tasks.

    Parameters
    ----------
    kind : str
        ``"present"`` (passive or active: Chase's extent of contact), ``"active"`` or ``"passive"``.

    Returns
    -------
    Measure
        A proportion in [0, 1], named ``contact_share``, ``active_contact_share`` or ``passive_contact_share``.

    Raises
    ------
    ValueError
        If `kind` is another word.

    Notes
    -----
    A ratio of sums: long jobs weigh more than short ones. `opsbook.contact.profile` gives the same figure for one
    table, in minutes and with the staff's time.

    References
    ----------
    Chase, R. B. (1978). Where does the customer fit in a service operation? Harvard Business Review, 56(6), 137–142.

    Mersha, T. (1990). Enhancing the customer contact model. Journal of Operations Management, 9(3), 391–405.

    Examples
    --------
    >>> import pandas as pd
    >>> tasks = pd.DataFrame({"contact": ["active", "passive", "none"], "duration_min": [5, 15, 20]})
    >>> from opsbook import kpi
    >>> kpi.table(tasks, measures=[kpi.contact_share(), kpi.contact_share(kind="active")])
       contact_share  active_contact_share
    0            0.5                 0.125
    """
    counted = _CONTACT_KINDS[one_of("kind", kind, _CONTACT_KINDS)]
    contact, minutes = nw.col("contact"), nw.col("duration_min")
    known = ~contact.is_null() & ~minutes.is_null()
    present = kind == "present"
    return ratio_of_sums(
        "contact_share" if present else f"{kind}_contact_share",
        Part(f"{kind} minutes", nw.when(known & contact.is_in(counted)).then(minutes)),
        Part("minutes of tasks", nw.when(known).then(minutes)),
        title="Share of time with the customer present" if present else f"Share of time in {kind} contact",
        family=_FAMILY,
        question="For how much of the work is the customer there?",
        unit="proportion",
        numerator=f"minutes of tasks in {' or '.join(counted)} contact",
        denominator="minutes of all tasks",
        clock="starts and stops with each task; a task has one kind of contact from start to end",
        abandonment="tasks done for a customer who leaves early count as far as the table holds them",
        source="Chase (1978); active and passive contact as Mersha (1990) tells them apart",
        example="5 minutes active and 15 passive of 40: 20 ÷ 40 = 0.5" if present else "",
        columns={"contact": "text", "duration_min": "number"},
        faults={
            "have a contact other than 'none', 'passive' or 'active'": ~contact.is_null()
            & ~contact.is_in(("none", "passive", "active")),
            "have a negative `duration_min`": minutes < 0,
        },
    )


def _flow(start: str, end: str, *, ratio: str, period: float | None = None, **card: Any) -> Measure:
    rows, sums, fault = _clock_of(start, end)
    jobs, stay, first, last = (nw.col(f"{part} {start} {end}") for part in _PARTS)
    total = jobs if ratio == "jobs a period" else stay
    if ratio == "stay a job":
        whole = over(stay, jobs)
    else:
        whole = over(total, last - first) if period is None else total / period
    square = f"squares {start} {end}"
    return Measure(
        **card,
        family=_FAMILY,
        source=_FLOW_SOURCE,
        clock=f"starts when a job arrives (`{start}`), stops when it departs (`{end}`)"
        if ratio != "jobs a period"
        else f"runs from the first arrival (`{start}`) to the last departure (`{end}`)"
        if period is None
        else "runs as long as the observed period",
        abandonment="a customer who leaves unserved counts like any other once the log holds the time of leaving",
        columns={start: "time", end: "time"},
        rows=rows,
        sums=sums,
        ratio=whole,
        faults={f"have `{end}` before `{start}`": fault},
        doubt=Doubt(
            kind="mean",
            parts=(f"stay {start} {end}", f"jobs {start} {end}", square),
            rows={square: (nw.col(end) - nw.col(start)) * (nw.col(end) - nw.col(start))},
            sums={square: Total(square, "sum")},
        )
        if ratio == "stay a job"
        else None,
    )


_PARTS = ("jobs", "stay", "first", "last")


@cache  # so that the three measures of one clock share their sums
def _clock_of(start: str, end: str) -> tuple[dict[str, nw.Expr], dict[str, Total], nw.Expr]:
    arrival, departure = nw.col(start), nw.col(end)
    known = ~arrival.is_null() & ~departure.is_null()
    jobs, stay, first, last = (f"{part} {start} {end}" for part in _PARTS)
    rows = {
        stay: departure - arrival,
        first: nw.when(known).then(arrival),
        last: nw.when(known).then(departure),
    }
    sums = {
        jobs: Total(stay, "count"),
        stay: Total(stay, "sum"),
        first: Total(first, "min"),
        last: Total(last, "max"),
    }
    return rows, sums, departure < arrival


def _period_in_words(period: float | None) -> str:
    if period is None:
        return "time from the first arrival to the last departure of these jobs"
    return f"the observed period of {_units(period)}"


def _units(period: float) -> str:
    return f"{positive('period', period).item():g} time units"
