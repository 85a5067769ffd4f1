"""Key performance indicators, each defined once and computed the same way everywhere.

A `Measure` is a definition card that can be computed: its texts say what is divided by what, which events start and
stop the clock and how abandonment counts, and its expressions do exactly that. `table` evaluates any set of measures
at any grain::

    kpi.table(log, by="day", measures=[kpi.throughput(), kpi.flow_time(), kpi.wip()])

A measure is computed in three steps: values of each row, plain aggregates of them (sum, count, min or max of one
column), and one ratio of the aggregates. So a total is never an average of averages, and a group's figure has the
same definition as the whole log's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import narwhals as nw
import numpy as np
from narwhals.typing import IntoDataFrameT

from opsbook import frames
from opsbook.frames import Kind
from opsbook.validation import one_of, positive, require_columns

__all__ = ["Measure", "catalogue", "contact_share", "flow_time", "table", "throughput", "wip"]

_CONTACT_KINDS = {"present": ("passive", "active"), "active": ("active",), "passive": ("passive",)}


@dataclass(frozen=True, eq=False, kw_only=True)
class Measure:
    """What a key performance indicator means, and how it is computed.

    Attributes
    ----------
    name : str
        The column that `table` writes. ``dataclasses.replace(measure, name="…")`` renames a measure.
    title : str
        The name for readers.
    unit : str
        The unit of the result; ``"proportion"`` lies in [0, 1].
    numerator, denominator : str
        What is divided by what, in words.
    clock : str
        Which events start and stop the clock.
    abandonment : str
        How customers count who leave before they are served.
    columns : mapping of str to Kind
        The columns that the log must have, and their kinds (``"number"``, ``"text"``, ``"time"``).
    rows : mapping of str to narwhals.Expr
        Expressions over `columns`, one value a row.
    sums : mapping of str to narwhals.Expr
        Plain aggregates (sum, count, min, max) of one column of `rows` each.
    ratio : narwhals.Expr
        An expression over `sums`; missing where the denominator is zero.
    faults : mapping of str to narwhals.Expr
        Expressions over `columns` that are true for a row that cannot be right, by a phrase that says what is wrong.

    Examples
    --------
    >>> flow_time().unit
    "the log's time unit (minutes for datetimes)"
    """

    name: str
    title: str
    unit: str
    numerator: str
    denominator: str
    clock: str
    abandonment: str
    columns: Mapping[str, Kind]
    rows: Mapping[str, nw.Expr] = field(repr=False)
    sums: Mapping[str, nw.Expr] = field(repr=False)
    ratio: nw.Expr = field(repr=False)
    faults: Mapping[str, nw.Expr] = field(default_factory=dict, repr=False)


def table(
    log: IntoDataFrameT, *, by: str | Sequence[str] = (), measures: Measure | Sequence[Measure]
) -> IntoDataFrameT:
    """Compute measures for a whole log, or for each of its groups.

    Parameters
    ----------
    log : pandas.DataFrame or polars.DataFrame
        One row per job (or per task, as the measure says).
    by : str or sequence of str
        The columns that make the groups; none for one row over the whole log.
    measures : Measure or sequence of Measure
        What to compute, for example ``[kpi.throughput(), kpi.wip()]``.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        Of the same engine as `log`: one row per group, sorted by the keys (a missing key is a group of its own and
        comes last), then one column per measure, named after it.

    Raises
    ------
    UnsupportedFrameError
        If `log` is neither a pandas nor a Polars DataFrame (a LazyFrame included: collect it first).
    MissingColumnError
        If the log lacks columns; the message names all of them.
    TypeError
        If a column is not of the kind that a measure needs, or `measures` holds something else than measures.
    ValueError
        If no measure is given, two columns of the result would share a name, or rows cannot be right (the message
        says how many, and which is the first).

    Notes
    -----
    ``None``, ``NaN`` and ``NaT`` all mean *missing*. A row that lacks a value which the measure needs is left out of
    its numerator and of its denominator alike. Where the denominator is zero or nothing is left to make it of, the
    result is missing: ``NaN`` (``NA`` in a nullable column) in pandas, null in Polars. It is never infinite.

    Examples
    --------
    Three customers of a repair desk; times in minutes after opening.

    >>> import pandas as pd
    >>> log = pd.DataFrame({"arrived_at": [0, 5, 10], "departed_at": [10, 20, 40]})
    >>> table(log, measures=[throughput(), flow_time(), wip()])
       throughput  flow_time    wip
    0       0.075  18.333333  1.375
    """
    frame = frames.accept("log", log)
    keys = [by] if isinstance(by, str) else list(by)
    measures = _checked(measures, keys)
    needed = dict.fromkeys([*keys, *(column for measure in measures for column in measure.columns)])
    require_columns("this table", frame.columns, needed)
    # Every part has the same groups in the same order, so the parts can stand side by side.
    parts = [_evaluate(frame, keys, measure) for measure in measures]
    others = [part.select(measure.name) for part, measure in zip(parts[1:], measures[1:], strict=True)]
    return cast("IntoDataFrameT", nw.concat([parts[0], *others], how="horizontal").to_native())


def _checked(measures: Measure | Sequence[Measure], keys: list[str]) -> list[Measure]:
    measures = [measures] if isinstance(measures, Measure) else list(measures)
    if not measures:
        raise ValueError("`measures` must name at least one measure, got none. `kpi.catalogue()` lists them.")
    for measure in measures:
        if not isinstance(measure, Measure):
            raise TypeError(f"`measures` must hold measures, got {measure!r}. Call it, as in `kpi.flow_time()`.")
    names = [*keys, *(measure.name for measure in measures)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            f"each column of the result needs a name of its own, got {', '.join(map(repr, twice))} more than once. "
            "Rename a measure with `dataclasses.replace(measure, name=…)`."
        )
    return measures


def _evaluate(frame: nw.DataFrame[Any], keys: list[str], measure: Measure) -> nw.DataFrame[Any]:
    readings = frames.read(f"`{measure.name}`", frame, measure.columns)
    for phrase, fault in measure.faults.items():
        _refuse(measure, phrase, readings.select(fault.alias("fault"))["fault"])
    # A key may be called like one of the measure's own rows or sums, so it goes by a number until the end.
    aliases = [f"by {position}" for position in range(len(keys))]
    groups = frame.select(_key(frame, key).alias(alias) for key, alias in zip(keys, aliases, strict=True))
    rows = readings.select(expression.alias(name) for name, expression in measure.rows.items())
    sums = [expression.alias(name) for name, expression in measure.sums.items()]
    ratio = measure.ratio.alias(measure.name)
    if not keys:
        return rows.select(*sums).select(ratio)
    grouped = nw.concat([groups, rows], how="horizontal").group_by(aliases, drop_null_keys=False).agg(*sums)
    ordered = nw.maybe_reset_index(grouped.sort(aliases, nulls_last=True))
    return ordered.select(*(nw.col(alias).alias(key) for key, alias in zip(keys, aliases, strict=True)), ratio)


def _key(frame: nw.DataFrame[Any], name: str) -> nw.Expr:
    return nw.col(name).fill_nan(None) if frame.schema[name].is_float() else nw.col(name)


def _refuse(measure: Measure, phrase: str, fault: nw.Series[Any]) -> None:
    positions = np.flatnonzero(fault.fill_null(value=False).to_numpy())
    if positions.size:
        raise ValueError(
            f"`{measure.name}` needs rows that can be right, got {positions.size} of {len(fault)} that {phrase} "
            f"(the first is row {positions[0]}, counted from 0). Correct or remove them first."
        )


def catalogue() -> tuple[Measure, ...]:
    """Return every measure at its defaults, in the order of the course.

    Returns
    -------
    tuple of Measure
        What the generated catalogue page shows.

    Examples
    --------
    >>> [measure.name for measure in catalogue()]
    ['throughput', 'flow_time', 'wip', 'contact_share']
    """
    return (throughput(), flow_time(), wip(), contact_share())


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
    >>> table(log, measures=throughput(period=60))
       throughput
    0        0.05
    """
    return _flow(
        start,
        end,
        name="throughput",
        title="Throughput",
        unit="jobs per time unit of the log (per minute for datetimes)",
        numerator="jobs that have both arrived and departed",
        denominator=_period_in_words(period),
        ratio=_per_period(nw.col("jobs"), period),
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
    >>> table(log, measures=flow_time())
       flow_time
    0       20.0
    """
    return _flow(
        start,
        end,
        name="flow_time",
        title="Mean flow time",
        unit="the log's time unit (minutes for datetimes)",
        numerator="time in the system, summed over the jobs that have both arrived and departed",
        denominator="jobs that have both arrived and departed",
        ratio=_over(nw.col("stay"), nw.col("jobs")),
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
    >>> table(log, measures=wip(period=60))
       wip
    0  1.0
    """
    return _flow(
        start,
        end,
        name="wip",
        title="Work in process (mean over time)",
        unit="jobs",
        numerator="time in the system, summed over the jobs that have both arrived and departed",
        denominator=_period_in_words(period),
        ratio=_per_period(nw.col("stay"), period),
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

    Examples
    --------
    >>> import pandas as pd
    >>> tasks = pd.DataFrame({"contact": ["active", "passive", "none"], "duration_min": [5, 15, 20]})
    >>> table(tasks, measures=[contact_share(), contact_share(kind="active")])
       contact_share  active_contact_share
    0            0.5                 0.125
    """
    counted = _CONTACT_KINDS[one_of("kind", kind, _CONTACT_KINDS)]
    contact, minutes = nw.col("contact"), nw.col("duration_min")
    known = ~contact.is_null() & ~minutes.is_null()
    present = kind == "present"
    return Measure(
        name="contact_share" if present else f"{kind}_contact_share",
        title="Share of time with the customer present" if present else f"Share of time in {kind} contact",
        unit="proportion",
        numerator=f"minutes of tasks in {' or '.join(counted)} contact",
        denominator="minutes of all tasks",
        clock="starts and stops with each task; a task has one kind of contact from start to end",
        abandonment="tasks done for a customer who leaves early count as far as the table holds them",
        columns={"contact": "text", "duration_min": "number"},
        rows={
            "minutes": nw.when(known).then(minutes),
            "counted": nw.when(known & contact.is_in(counted)).then(minutes),
        },
        sums={"minutes": nw.col("minutes").sum(), "counted": nw.col("counted").sum()},
        ratio=_over(nw.col("counted"), nw.col("minutes")),
        faults={
            "have a contact other than 'none', 'passive' or 'active'": ~contact.is_null()
            & ~contact.is_in(("none", "passive", "active")),
            "have a negative `duration_min`": minutes < 0,
        },
    )


def _flow(start: str, end: str, *, ratio: nw.Expr, **card: str) -> Measure:
    arrival, departure = nw.col(start), nw.col(end)
    known = ~arrival.is_null() & ~departure.is_null()
    return Measure(
        **card,
        clock=f"starts when a job arrives (`{start}`), stops when it departs (`{end}`)",
        abandonment="a customer who leaves unserved counts like any other once the log holds the time of leaving",
        columns={start: "time", end: "time"},
        rows={
            "stay": departure - arrival,
            "arrival": nw.when(known).then(arrival),
            "departure": nw.when(known).then(departure),
        },
        sums={
            "jobs": nw.col("stay").count(),
            "stay": nw.col("stay").sum(),
            "first": nw.col("arrival").min(),
            "last": nw.col("departure").max(),
        },
        ratio=ratio,
        faults={f"have `{end}` before `{start}`": departure < arrival},
    )


def _period_in_words(period: float | None) -> str:
    if period is None:
        return "time from the first arrival to the last departure of these jobs"
    return f"the observed period of {positive('period', period).item():g} time units"


def _per_period(total: nw.Expr, period: float | None) -> nw.Expr:
    return _over(total, nw.col("last") - nw.col("first")) if period is None else total / period


def _over(numerator: nw.Expr, denominator: nw.Expr) -> nw.Expr:
    return nw.when(denominator != 0).then(numerator / denominator)
