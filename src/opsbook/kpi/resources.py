"""Measures of what contacts are served with: agents' time, money, machines, and people who stay or leave."""

import datetime as dt
from typing import Any

import narwhals as nw

from opsbook.frames import Total
from opsbook.kpi.measure import Measure, Part, over, ratio_of_sums
from opsbook.validation import between, one_of, positive

__all__ = [
    "availability",
    "cost_per_contact",
    "occupancy",
    "oee",
    "performance_rate",
    "quality_rate",
    "turnover",
    "utilisation",
]

_SECONDS = {"s": 1, "min": 60, "h": 3600}
_DAYS_PER_YEAR = 365.25
_EPOCH = dt.date(1970, 1, 1)

_FAMILY, _PLANT, _PEOPLE = "Resources and money", "Plant", "People"
_handle = nw.col("handle_s")
_HANDLED: dict[str, Any] = {
    "numerator": "handling time of all contacts (`handle_s`)",
    "clock": "handling: from the answer to the end of the work after it, booked where the contact arrived",
    "abandonment": "takes no handling time",
}


def occupancy() -> Measure:
    """Share of staffed time in which agents handle contacts: handling time ÷ staffed time.

    Returns
    -------
    Measure
        A proportion; above 1 only where contacts are handled in another stretch of time than they arrive in.

    Notes
    -----
    Needs ``staffing=`` with ``staffed_s``, the staffed time: at work on a contact or ready for the next, without
    breaks and training. A contact's handling counts in the group in which it arrived.

    References
    ----------
    Gans, N., Koole, G., & Mandelbaum, A. (2003). Telephone call centers: Tutorial, review, and research prospects.
    Manufacturing & Service Operations Management, 5(2), 79–141.

    Examples
    --------
    >>> import pandas as pd
    >>> from opsbook import kpi
    >>> log, staffing = pd.DataFrame({"handle_s": [900, 1500]}), pd.DataFrame({"staffed_s": [1800, 1200]})
    >>> kpi.table(log, measures=kpi.occupancy(), staffing=staffing)
       occupancy
    0        0.8
    """
    return _beside(
        "occupancy",
        "staffed_s",
        "staffed_s",
        title="Occupancy",
        family=_FAMILY,
        question="For what share of their staffed time are agents busy?",
        unit="proportion",
        denominator="staffed time of all agents (`staffed_s`)",
        source="Gans, Koole & Mandelbaum (2003)",
        example="2,400 s of handling in 3,000 s staffed: 2,400 ÷ 3,000 = 0.8",
        **_HANDLED,
    )


def utilisation(*, paid: str = "paid_s", shrinkage: float | None = None) -> Measure:
    """Share of paid time in which agents handle contacts: handling time ÷ paid time.

    Parameters
    ----------
    paid : str
        The column of the staffing table with the paid time, seconds: staffed time and breaks, training, absence.
    shrinkage : float, optional
        Share of paid time in which somebody is not available, in [0, 1). With it, paid time is staffed time
        ÷ (1 − shrinkage), and `paid` is not needed.

    Returns
    -------
    Measure
        A proportion.

    Raises
    ------
    ValueError
        If `shrinkage` is outside [0, 1).

    Notes
    -----
    Needs ``staffing=``. Utilisation = `occupancy` × (1 − shrinkage). In queueing theory "utilisation" is what a contact
    centre calls occupancy: say which time you divide by.

    Examples
    --------
    >>> import pandas as pd
    >>> from opsbook import kpi
    >>> log, staffing = pd.DataFrame({"handle_s": [900, 1500]}), pd.DataFrame({"staffed_s": [1800, 1200]})
    >>> kpi.table(log, measures=kpi.utilisation(shrinkage=0.25), staffing=staffing)
       utilisation
    0          0.6
    """
    card: dict[str, Any] = {"unit": "proportion", "source": "this book's convention"}
    card |= {"family": _FAMILY, "question": "What share of the time that is paid for goes into contacts?"}
    card |= {"example": "2,400 s of handling in 4,000 s paid: 2,400 ÷ 4,000 = 0.6"}
    if shrinkage is None:
        card["title"] = "Utilisation"
        words = f"paid time of all agents (`{paid}`)"
        return _beside("utilisation", paid, paid, denominator=words, **card, **_HANDLED)
    share = float(between("shrinkage", shrinkage, 0, 1))
    if share == 1:
        raise ValueError("`shrinkage` must be below 1, got 1. With 1 nobody would ever be available.")
    card["title"] = f"Utilisation ({100 * share:g}% shrinkage)"
    words = f"staffed time of all agents (`staffed_s`) ÷ (1 − {share:g})"
    return _beside("utilisation", f"{share}", "staffed_s", denominator=words, share=1 / (1 - share), **card, **_HANDLED)


def cost_per_contact(*, of: str = "answered") -> Measure:
    """Cost of the staff ÷ contacts of a stated kind.

    Parameters
    ----------
    of : str
        ``"answered"``, ``"offered"`` or ``"resolved"`` contacts.

    Returns
    -------
    Measure
        In the currency of ``cost``.

    Raises
    ------
    ValueError
        If `of` is another word.

    Notes
    -----
    Needs ``staffing=`` with ``cost``. Idle time is in it, so the cost falls as occupancy rises. Rooms, systems and
    managers count as far as ``cost`` holds them. It cannot be split by what the staffing table does not know, such
    as the channel.

    Examples
    --------
    >>> import pandas as pd
    >>> from opsbook import kpi
    >>> log, staffing = pd.DataFrame({"abandoned": [False, False, True]}), pd.DataFrame({"cost": [10.0, 4.0]})
    >>> kpi.table(log, measures=kpi.cost_per_contact(), staffing=staffing)
       cost_per_contact
    0               7.0
    """
    one_of("of", of, ("answered", "offered", "resolved"))
    gone, resolved = nw.col("abandoned"), nw.col("resolved")
    counted = {"answered": ~gone, "offered": gone | ~gone, "resolved": resolved}[of]
    count, cost = f"cost_per_contact {of}", "cost_per_contact cost"
    return Measure(
        name="cost_per_contact",
        title="Cost per contact" if of == "answered" else f"Cost per contact {of}",
        family=_FAMILY,
        question="What does a contact cost?",
        unit="currency of `cost`",
        numerator="cost of the staff, as far as the table of staffed time holds it (`cost`)",
        denominator=_COUNTED[of],
        clock="none; idle time is in the cost",
        abandonment="counts in the denominator" if of == "offered" else "left out of the denominator",
        source="this book's convention",
        example="64 for the staff, 8 contacts answered: 64 ÷ 8 = 8",
        columns={"resolved" if of == "resolved" else "abandoned": "flag"},
        rows={count: counted},
        sums={count: Total(count, "sum")},
        ratio=over(nw.col(cost), nw.col(count)),
        staffing_columns={"cost": "number"},
        staffing_rows={cost: _COST},
        staffing_sums={cost: Total(cost, "sum")},
        staffing_faults={"have a negative `cost`": _COST < 0},
    )


_COST = nw.col("cost")
_COUNTED = {
    "answered": "contacts answered",
    "offered": "contacts offered (answered and abandoned)",
    "resolved": "contacts that the log marks as resolved (`resolved`)",
}


def _beside(name: str, key: str, column: str, *, share: float = 1, **card: Any) -> Measure:
    """Return handling time ÷ a column of the staffing table."""
    handled, available = f"{name} {key} handled", f"{name} {key} available"
    time = nw.col(column)
    return Measure(
        name=name,
        columns={"handle_s": "number"},
        rows={handled: _handle},
        sums={handled: Total(handled, "sum")},
        # A group without contacts has no handling; it is not unknown.
        ratio=over(nw.col(handled).fill_null(0), nw.col(available) * share),
        faults={"have a negative `handle_s`": _handle < 0},
        staffing_columns={column: "number"},
        staffing_rows={available: time},
        staffing_sums={available: Total(available, "sum")},
        staffing_faults={f"have a negative `{column}`": time < 0},
        **card,
    )


def _plant(name: str, columns: dict[str, str], planned: float | None, *, title: str, **card: Any) -> Measure:
    """Return a factor of overall equipment effectiveness."""
    for column in (columns["start"], columns["ideal"]):
        _unit(column)
    start, end, stop, ideal = (nw.col(columns[part]) for part in ("start", "end", "stop", "ideal"))
    pieces, scrapped = nw.col(columns["pieces"]), nw.col(columns["scrapped"])
    key = " ".join([*columns.values(), f"{planned}"])
    parts = ("runs", "first", "last", "stopped", "made", "inputs", "good", "good ideal")
    runs, first, last, stopped, made, inputs, good, good_ideal = (f"{name} {key} {part}" for part in parts)
    if planned is None:
        available = (nw.col(last) - nw.col(first)) * _unit(columns["start"])
    else:
        given = float(positive("planned", planned)) * _unit(columns["start"])
        available = nw.when(nw.col(runs) > 0).then(nw.lit(given))
    running = available - nw.col(stopped)
    ideal_s = _unit(columns["ideal"])
    top, bottom = {
        "availability": (running, available),
        "performance_rate": (nw.col(made), running),
        "quality_rate": (nw.col(good), nw.col(inputs)),
        "oee": (nw.col(good_ideal), available),
    }[name]
    known = ~(pieces + scrapped + ideal + stop + start + end).is_null()
    return Measure(
        name=name,
        title=title if planned is None or name == "quality_rate" else _with_planned(title, planned, columns),
        unit="proportion",
        clock="none; pieces are counted" if name == "quality_rate" else _planned_in_words(planned, columns),
        abandonment="",
        family=_PLANT,
        source="Nakajima (1988)",
        columns=dict.fromkeys(columns.values(), "number"),
        rows={
            first: nw.when(known).then(start),
            last: nw.when(known).then(end),
            stopped: nw.when(known).then(stop * _unit(columns["stop"])),
            made: nw.when(known).then(ideal * pieces * ideal_s),
            inputs: nw.when(known).then(pieces),
            good: nw.when(known).then(pieces - scrapped),
            good_ideal: nw.when(known).then(ideal * (pieces - scrapped) * ideal_s),
        },
        sums={
            runs: Total(first, "count"),
            first: Total(first, "min"),
            last: Total(last, "max"),
            **{part: Total(part, "sum") for part in (stopped, made, inputs, good, good_ideal)},
        },
        ratio=over(top, bottom),
        faults={
            f"have `{columns['end']}` before `{columns['start']}`": end < start,
            f"have a negative `{columns['stop']}`": stop < 0,
            f"scrap fewer than no pieces or more than came in (`{columns['scrapped']}`)": (scrapped < 0)
            | (scrapped > pieces),
        },
        **card,
    )


def _unit(column: str) -> int:
    suffix = column.rpartition("_")[2]
    if suffix not in _SECONDS:
        raise ValueError(
            f"a column of times must end with its unit, _s, _min or _h, got {column!r}. Rename it, as in 'stop_min'."
        )
    return _SECONDS[suffix]


def _with_planned(title: str, planned: float, columns: dict[str, str]) -> str:
    said = f"{planned:g} {columns['start'].rpartition('_')[2]} planned)"
    return f"{title[:-1]}, {said}" if title.endswith(")") else f"{title} ({said}"


def _planned_in_words(planned: float | None, columns: dict[str, str]) -> str:
    if planned is None:
        return f"planned time: from the first start to the last end (`{columns['start']}`, `{columns['end']}`)"
    return f"planned time: {planned:g} {columns['start'].rpartition('_')[2]}, as given"


def availability(*, planned: float | None = None, **columns: str) -> Measure:
    """Availability of a machine: planned time minus stops ÷ planned time.

    Parameters
    ----------
    planned : float, optional
        Planned production time, above zero, in the unit of the column of starts. Without it: from the first start to
        the last end, in each group its own.
    **columns : str
        Other names of the columns: ``start="started_min"``, ``end="ended_min"``, ``stop="stop_min"``,
        ``ideal="ideal_s"`` (ideal time per piece), ``pieces="pieces_in"``, ``scrapped="pieces_scrapped"``. The unit of
        a time is the end of its name: ``_s``, ``_min`` or ``_h``.

    Returns
    -------
    Measure
        A proportion in [0, 1].

    Raises
    ------
    ValueError
        If `planned` is not above zero, or a column's name does not end with its unit.
    TypeError
        If `columns` names another part.

    Notes
    -----
    Planned time is what Nakajima calls loading time and ISO 22400-2 planned busy time: planned breaks are not in it, so
    give `planned` where some lie between the first start and the last end.
    Stops are breakdowns, set-up and adjustment; halts too short to be booked and waiting for work count as lost speed.

    References
    ----------
    Nakajima, S. (1988). Introduction to TPM: Total productive maintenance. Productivity Press.

    Examples
    --------
    >>> import pandas as pd
    >>> from opsbook import kpi
    >>> log = pd.DataFrame({"started_min": [0, 10], "ended_min": [8, 20], "stop_min": [1, 1], "ideal_s": [2, 2],
    ...                     "pieces_in": [250, 150], "pieces_scrapped": [10, 10]})
    >>> kpi.table(log, measures=[kpi.availability(), kpi.performance_rate(), kpi.quality_rate(), kpi.oee()]).round(3)
       availability  performance_rate  quality_rate    oee
    0           0.9             0.741          0.95  0.633
    """
    return _plant(
        "availability",
        _named(columns),
        planned,
        title="Availability",
        question="For how much of its planned time does the machine run?",
        numerator="planned time minus stops",
        denominator="planned time",
        example="20 minutes planned, 2 stopped: 1,080 s ÷ 1,200 s = 0.9",
    )


def performance_rate(*, planned: float | None = None, **columns: str) -> Measure:
    """Speed of a machine: ideal time of the pieces ÷ time not stopped.

    Parameters
    ----------
    planned : float, optional
        As for `availability`.
    **columns : str
        As for `availability`.

    Returns
    -------
    Measure
        A proportion in [0, 1] if the ideal time per piece really is ideal. Waiting for work lowers it.

    References
    ----------
    Nakajima, S. (1988). Introduction to TPM: Total productive maintenance. Productivity Press.

    Examples
    --------
    >>> import pandas as pd
    >>> from opsbook import kpi
    >>> log, _ = kpi.example(kpi.performance_rate())
    >>> kpi.table(pd.DataFrame(log), measures=kpi.performance_rate()).round(3)
       performance_rate
    0             0.741
    """
    return _plant(
        "performance_rate",
        _named(columns),
        planned,
        title="Performance rate",
        question="How close to its ideal speed does the machine run?",
        numerator="ideal time per piece × pieces that came in",
        denominator="planned time minus stops",
        example="400 pieces of 2 s in 1,080 s not stopped: 800 ÷ 1,080 = 0.741",
    )


def quality_rate(*, planned: float | None = None, **columns: str) -> Measure:
    """Quality of a machine: good pieces ÷ pieces that came in.

    Parameters
    ----------
    planned : float, optional
        As for `availability`; it changes nothing here.
    **columns : str
        As for `availability`.

    Returns
    -------
    Measure
        A proportion in [0, 1].

    References
    ----------
    Nakajima, S. (1988). Introduction to TPM: Total productive maintenance. Productivity Press.

    Examples
    --------
    >>> import pandas as pd
    >>> from opsbook import kpi
    >>> log, _ = kpi.example(kpi.quality_rate())
    >>> kpi.table(pd.DataFrame(log), measures=kpi.quality_rate()).round(3)
       quality_rate
    0          0.95
    """
    return _plant(
        "quality_rate",
        _named(columns),
        planned,
        title="Quality rate",
        question="What share of the pieces comes out good?",
        numerator="pieces that came in minus pieces scrapped",
        denominator="pieces that came in",
        example="400 pieces, 20 scrapped: 380 ÷ 400 = 0.95",
    )


def oee(*, planned: float | None = None, **columns: str) -> Measure:
    """Overall equipment effectiveness: ideal time of the good pieces ÷ planned time.

    Parameters
    ----------
    planned : float, optional
        As for `availability`.
    **columns : str
        As for `availability`.

    Returns
    -------
    Measure
        A proportion in [0, 1]: `availability` × `performance_rate` × `quality_rate` where the ideal time per piece is
        one and the same.

    Notes
    -----
    It is a ratio of times, so machines of different speed weigh by their time. With several ideal times per piece the
    product of the three factors differs a little: its quality counts pieces, whatever their time.

    References
    ----------
    Nakajima, S. (1988). Introduction to TPM: Total productive maintenance. Productivity Press.

    Examples
    --------
    >>> import pandas as pd
    >>> from opsbook import kpi
    >>> log, _ = kpi.example(kpi.oee())
    >>> kpi.table(pd.DataFrame(log), measures=kpi.oee()).round(3)
         oee
    0  0.633
    """
    return _plant(
        "oee",
        _named(columns),
        planned,
        title="Overall equipment effectiveness (OEE)",
        question="How much of the planned time went into good pieces?",
        numerator="ideal time per piece × good pieces",
        denominator="planned time",
        example="380 good pieces of 2 s in 1,200 s planned: 760 ÷ 1,200 = 0.633",
    )


def _named(columns: dict[str, str]) -> dict[str, str]:
    names = {
        "start": "started_min",
        "end": "ended_min",
        "stop": "stop_min",
        "ideal": "ideal_s",
        "pieces": "pieces_in",
        "scrapped": "pieces_scrapped",
    }
    for part in columns:
        if part not in names:
            raise TypeError(f"columns can be given for {', '.join(names)}, got {part!r}. Leave it out or correct it.")
    return names | columns


def turnover(since: dt.date, until: dt.date, *, hired: str = "hired_on", left: str = "left_on") -> Measure:
    """Staff turnover: people who leave in a period ÷ mean number of people in it, per year.

    Parameters
    ----------
    since, until : datetime.date
        The period: from the first day up to but not including the second.
    hired, left : str
        The columns with the first day and with the day of leaving, which is missing for those who are still there.

    Returns
    -------
    Measure
        Per year; may exceed 1.

    Raises
    ------
    TypeError
        If `since` or `until` is no date.
    ValueError
        If `until` is not after `since`.

    Notes
    -----
    The mean number of people is taken over every day of the period, so leavers ÷ (mean people × years) is leavers ÷
    person-years; a year has 365.25 days. Those who leave on the first day of the period count, without a day in it.
    The table must hold everybody who was there in the period: a list of the present staff knows no leavers.

    Examples
    --------
    >>> import datetime as dt
    >>> import pandas as pd
    >>> from opsbook import kpi
    >>> staff = pd.DataFrame({
    ...     "hired_on": pd.to_datetime(["2020-05-01", "2021-01-01", "2024-07-02", "2019-03-01"]),
    ...     "left_on": pd.to_datetime([None, "2024-07-02", None, None]),
    ... })
    >>> year = dt.date(2024, 1, 1), dt.date(2025, 1, 1)
    >>> kpi.table(staff, measures=kpi.turnover(*year)).round(4)
       turnover
    0    0.3327
    """
    first, last = _day("since", since), _day("until", until)
    if last <= first:
        raise ValueError(f"`until` must be after `since`, got {since} to {until}.")
    options = f"{first} {last} {hired} {left}"
    begun, gone = nw.col(hired), nw.col(left)
    start = nw.when(begun < first).then(nw.lit(float(first))).otherwise(begun)
    end = nw.when(gone < last).then(gone).otherwise(nw.lit(float(last)))
    days = nw.when(~begun.is_null()).then(end - start)
    return ratio_of_sums(
        "turnover",
        Part(f"leavers {options}", ~begun.is_null() & (gone >= first) & (gone < last)),
        Part(f"years {options}", nw.when(days > 0).then(days) / _DAYS_PER_YEAR),
        title="Staff turnover",
        family=_PEOPLE,
        question="How many people leave in a year, for each one employed?",
        unit="leavers a year for each person employed",
        numerator=f"people who leave from {since} up to but not including {until}, whatever the reason",
        denominator="person-years employed in that period (mean number of people × years)",
        clock=f"starts on the first day (`{hired}`), stops on the day of leaving (`{left}`)",
        abandonment="",
        source="this book's convention; many firms divide by the mean of two counts of staff instead",
        example="1 leaver, 3 people on average over 366 days, 3 × 366 ÷ 365.25 person-years: 1 ÷ 3.006 = 0.333",
        columns={hired: "day", left: "day"},
        faults={f"have `{left}` before `{hired}`": gone < begun},
    )


def _day(name: str, value: dt.date) -> int:
    if not isinstance(value, dt.date):
        raise TypeError(f"`{name}` must be a date, got {value!r}. Write `datetime.date(2024, 1, 1)`.")
    return (dt.date(value.year, value.month, value.day) - _EPOCH).days
