"""Measures of a contact log: waiting, leaving, handling, settling, passing on."""

from functools import cache
from typing import Any

import narwhals as nw

from opsbook.kpi.measure import Measure, Part, ratio_of_sums
from opsbook.validation import nonnegative, one_of, positive

__all__ = ["abandonment", "aht", "asa", "escalation", "fcr", "service_level", "transfer"]

_BASES = {
    "offered": "contacts offered (answered and abandoned)",
    "answered": "contacts answered",
    "offered_less_short_abandons": "contacts offered, minus those abandoned within {short:g} s",
}
_OF = {
    "offered": "",
    "answered": ", of answered",
    "offered_less_short_abandons": ", without abandons within {short:g} s",
}
_FAMILY = "Contacts"
_JOINS = "starts when the contact joins the queue, stops when an agent answers"
_MINUTES_PER_DAY = 1440
_ROUNDING = 1e-8  # minutes; times are whole microseconds, 1.7e-8 minutes, so that nothing else lies within

_wait, _gone, _handle = nw.col("wait_s"), nw.col("abandoned"), nw.col("handle_s")
_timed = ~_gone & ~_wait.is_null()
_ABANDONED = Part("abandoned", _gone)
_WAITED = Part("wait of the answered", nw.when(~_gone).then(_wait))
_HANDLED = Part("handling of the answered", nw.when(~_gone).then(_handle))
_NEGATIVE_WAIT = {"have a negative `wait_s`": _wait < 0}


def service_level(threshold: float = 20, *, of: str = "offered", short: float | None = None) -> Measure:
    """Share of contacts answered within a threshold: answered in time ÷ contacts of a stated kind.

    Parameters
    ----------
    threshold : float
        Seconds, at least 0; an answer after exactly so many counts as in time.
    of : str
        What is divided by: ``"offered"`` (answered and abandoned), ``"answered"``, or
        ``"offered_less_short_abandons"`` (without those who give up within `short` seconds).
    short : float, optional
        Seconds, at least 0; for the third convention only. Without it: `threshold`.

    Returns
    -------
    Measure
        A proportion in [0, 1].

    Raises
    ------
    ValueError
        If `threshold` or `short` is negative, `of` is another word, or `short` is given for another convention.

    Notes
    -----
    On the same log ``of="answered"`` and ``of="offered_less_short_abandons"`` are never below ``of="offered"``: a
    figure without its denominator cannot be compared. An abandoned contact is never in time, however soon it left.
    Customers who met a busy signal, or whom a machine served, never joined the queue: they are not offered.

    References
    ----------
    Jouini, O., Koole, G., & Roubos, A. (2013). Performance indicators for call centers with impatience. IIE
    Transactions, 45(3), 341–354.

    Examples
    --------
    >>> import pandas as pd
    >>> from opsbook import kpi
    >>> log = pd.DataFrame({"wait_s": [5, 20, 35, 15], "abandoned": [False, False, False, True]})
    >>> for of in ("offered", "answered", "offered_less_short_abandons"):
    ...     print(of, round(float(kpi.table(log, measures=kpi.service_level(of=of))["service_level"].item()), 3))
    offered 0.5
    answered 0.667
    offered_less_short_abandons 0.667
    """
    threshold = float(nonnegative("threshold", threshold))
    one_of("of", of, _BASES)
    if short is not None and of != "offered_less_short_abandons":
        raise ValueError(
            f'`short` belongs to `of="offered_less_short_abandons"`, got it with `of="{of}"`. Leave it out.'
        )
    short = threshold if short is None else float(nonnegative("short", short))
    return ratio_of_sums(
        "service_level",
        _in_time(threshold),
        _service_base(of, short),
        doubt="proportion",
        title=f"Service level ({threshold:g} s{_OF[of].format(short=short)})",
        family=_FAMILY,
        question=f"What share of customers is answered within {threshold:g} seconds?",
        unit="proportion",
        numerator=f"contacts answered within {threshold:g} s (exactly {threshold:g} s counts)",
        denominator=_BASES[of].format(short=short),
        clock=f"{_JOINS} or the customer gives up (`wait_s`)",
        abandonment={
            "offered": "counts in the denominator and never in the numerator",
            "answered": "left out of both",
            "offered_less_short_abandons": f"left out of both within {short:g} s, in the denominator after that",
        }[of],
        source="Jouini, Koole & Roubos (2013) compare the conventions; of offered contacts by this book's choice",
        example="6 answered within 20 s, 10 offered: 6 ÷ 10 = 0.6",
        columns={"wait_s": "number", "abandoned": "flag"},
        faults=_NEGATIVE_WAIT,
    )


@cache
def _in_time(threshold: float) -> Part:
    # Compared with a whole number, whole seconds need not become floats first.
    limit = int(threshold) if threshold.is_integer() else threshold
    return Part(f"answered within {threshold}", ~_gone & (_wait <= limit))


@cache
def _service_base(of: str, short: float) -> Part:
    if of == "answered":
        return _WAITED.counted
    if of == "offered":
        return Part("offered with a wait", _gone | _timed)
    return Part(f"offered less {short}", (_gone & (_wait > short)) | _timed)


def asa() -> Measure:
    """Average speed of answer: waiting time of answered contacts ÷ contacts answered.

    Returns
    -------
    Measure
        In seconds, at least 0.

    Notes
    -----
    Those who gave up are left out, so that the figure falls when more of them do. Read it beside `abandonment`.

    References
    ----------
    Gans, N., Koole, G., & Mandelbaum, A. (2003). Telephone call centers: Tutorial, review, and research prospects.
    Manufacturing & Service Operations Management, 5(2), 79–141.

    Examples
    --------
    >>> import pandas as pd
    >>> from opsbook import kpi
    >>> log = pd.DataFrame({"wait_s": [5, 20, 35, 600], "abandoned": [False, False, False, True]})
    >>> kpi.table(log, measures=kpi.asa())
        asa
    0  20.0
    """
    return ratio_of_sums(
        "asa",
        _WAITED,
        _WAITED.counted,
        doubt="mean",
        title="Average speed of answer (ASA)",
        family=_FAMILY,
        question="How long do the customers who are answered wait?",
        unit="seconds",
        numerator="waiting time of the contacts answered",
        denominator="contacts answered",
        clock=f"{_JOINS} (`wait_s`)",
        abandonment="left out of both",
        source="Gans, Koole & Mandelbaum (2003)",
        example="8 answered after 168 s in all: 168 ÷ 8 = 21",
        columns={"wait_s": "number", "abandoned": "flag"},
        faults=_NEGATIVE_WAIT,
    )


def abandonment(*, short: float | None = None) -> Measure:
    """Share of contacts that give up before they are answered: abandoned ÷ offered.

    Parameters
    ----------
    short : float, optional
        Seconds, at least 0: those who give up within so many are left out of numerator and denominator, as if they
        had not come. Without it everybody counts.

    Returns
    -------
    Measure
        A proportion in [0, 1].

    Raises
    ------
    ValueError
        If `short` is negative.

    References
    ----------
    Gans, N., Koole, G., & Mandelbaum, A. (2003). Telephone call centers: Tutorial, review, and research prospects.
    Manufacturing & Service Operations Management, 5(2), 79–141.

    Examples
    --------
    >>> import pandas as pd
    >>> from opsbook import kpi
    >>> log = pd.DataFrame({"wait_s": [5, 20, 35, 3], "abandoned": [False, False, True, True]})
    >>> kpi.table(log, measures=kpi.abandonment()), kpi.table(log, measures=kpi.abandonment(short=5))
    (   abandonment
    0          0.5,    abandonment
    0     0.333333)
    """
    if short is None:
        return ratio_of_sums(
            "abandonment",
            _ABANDONED,
            _ABANDONED.counted,
            doubt="proportion",
            title="Abandonment rate",
            columns={"abandoned": "flag"},
            denominator=_BASES["offered"],
            abandonment="is what is counted, however soon",
            **_ABANDONMENT,
        )
    short = float(nonnegative("short", short))
    late = _gone & (_wait > short)
    return ratio_of_sums(
        "abandonment",
        Part(f"abandoned after {short}", late),
        Part(f"offered or abandoned after {short}", late | ~_gone),
        doubt="proportion",
        title=f"Abandonment rate (without those within {short:g} s)",
        columns={"wait_s": "number", "abandoned": "flag"},
        faults=_NEGATIVE_WAIT,
        denominator=_BASES["offered_less_short_abandons"].format(short=short),
        abandonment=f"is what is counted, after {short:g} s",
        **_ABANDONMENT | {"clock": f"{_JOINS} or the customer gives up (`wait_s`)"},
    )


_ABANDONMENT: dict[str, Any] = {
    "family": _FAMILY,
    "question": "What share of customers gives up before anybody answers?",
    "unit": "proportion",
    "numerator": "contacts abandoned before an answer",
    "clock": "none; one flag a contact says whether the customer gave up (`abandoned`)",
    "source": "Gans, Koole & Mandelbaum (2003)",
    "example": "2 abandoned, 10 offered: 2 ÷ 10 = 0.2",
}


def aht() -> Measure:
    """Average handling time: agents' time on answered contacts ÷ contacts answered.

    Returns
    -------
    Measure
        In seconds, at least 0.

    Notes
    -----
    Handling is talk and the work after it (``handle_s``), holding included. A contact that is passed on counts as one
    contact, with the time that the log has for it.

    References
    ----------
    Gans, N., Koole, G., & Mandelbaum, A. (2003). Telephone call centers: Tutorial, review, and research prospects.
    Manufacturing & Service Operations Management, 5(2), 79–141.

    Examples
    --------
    >>> import pandas as pd
    >>> from opsbook import kpi
    >>> log = pd.DataFrame({"handle_s": [300, 240, None], "abandoned": [False, False, True]})
    >>> kpi.table(log, measures=kpi.aht())
         aht
    0  270.0
    """
    return ratio_of_sums(
        "aht",
        _HANDLED,
        _HANDLED.counted,
        doubt="mean",
        title="Average handling time (AHT)",
        family=_FAMILY,
        question="How much of the agents' time does a contact take?",
        unit="seconds",
        numerator="handling time of the contacts answered: talking, holding and the work after it",
        denominator="contacts answered",
        clock="starts when an agent answers, stops when the work after the contact is done (`handle_s`)",
        abandonment="left out of both",
        source="Gans, Koole & Mandelbaum (2003)",
        example="8 answered, handled in 2,400 s in all: 2,400 ÷ 8 = 300",
        columns={"handle_s": "number", "abandoned": "flag"},
        faults={
            "have a negative `handle_s`": _handle < 0,
            "are abandoned and have a `handle_s` above 0": _gone & (_handle > 0),
        },
    )


def fcr(
    window: float = 7, *, abandoned: str = "left out", transferred: str = "allowed", open_windows: str = "left out"
) -> Measure:
    """First contact resolution: first contacts without a repeat within a window ÷ first contacts.

    Parameters
    ----------
    window : float
        Days, above zero; a repeat after exactly so many counts.
    abandoned : str
        ``"left out"``: a first contact that was abandoned is in neither; ``"failed"``: it was not resolved.
    transferred : str
        ``"allowed"``: a contact that was passed on may be resolved; ``"failed"``: it was not.
    open_windows : str
        ``"left out"``: a first contact whose window is not over at the last arrival of the log is in neither;
        ``"counted"``: it counts as resolved until a repeat comes, which flatters the last days.

    Returns
    -------
    Measure
        A proportion in [0, 1].

    Raises
    ------
    ValueError
        If `window` is not above zero or an option is another word.

    Notes
    -----
    A first contact has no ``repeat_of``; a repeat names in ``repeat_of`` the ``contact_id`` of the contact before. A
    contact belongs to the group of its own row, so that the agent of the first contact answers for the repeat. What
    the agent noted in ``resolved`` does not matter here. Customers who do not come back because they gave up count as
    resolved, and so do those whose return is not recognised: the figure errs on the high side. Repeats are looked for
    among the rows given: a log filtered to one channel, agent or day has lost them, and its figure is too high. Group
    (``by=``), do not filter. Surveys ask the customer instead, and find another number. Times given as numbers are
    taken for minutes.

    Examples
    --------
    >>> import pandas as pd
    >>> from opsbook import kpi
    >>> days = pd.to_datetime(["2024-03-04", "2024-03-05", "2024-03-06", "2024-03-20"])
    >>> log = pd.DataFrame({"contact_id": [1, 2, 3, 4], "repeat_of": [None, None, 1, 2],
    ...                     "arrived_at": days, "abandoned": False})
    >>> kpi.table(log, measures=kpi.fcr()), kpi.table(log, measures=kpi.fcr(window=30, open_windows="counted"))
    (   fcr
    0  0.5,    fcr
    0  0.0)
    """
    minutes = float(positive("window", window)) * _MINUTES_PER_DAY
    one_of("abandoned", abandoned, ("left out", "failed"))
    one_of("transferred", transferred, ("allowed", "failed"))
    one_of("open_windows", open_windows, ("left out", "counted"))
    options = f"{minutes} {abandoned} {transferred} {open_windows}"
    arrived, again = nw.col("arrived_at"), nw.col("next at")
    passed_on = nw.col("transferred")
    counted = nw.col("repeat_of").is_null() & ~arrived.is_null()
    counted = counted & (~_gone if abandoned == "left out" else ~_gone.is_null())
    if transferred == "failed":
        counted = counted & ~passed_on.is_null()
    if open_windows == "left out":
        counted = counted & (nw.col("log end") - arrived >= minutes - _ROUNDING)
    settled = counted & (again.is_null() | (again - arrived > minutes + _ROUNDING))
    if abandoned == "failed":
        settled = settled & ~_gone
    if transferred == "failed":
        settled = settled & ~passed_on
    chosen = [
        words
        for words, differs in (
            ("giving up fails", abandoned == "failed"),
            ("passed on fails", transferred == "failed"),
            ("open windows counted", open_windows == "counted"),
        )
        if differs
    ]
    return ratio_of_sums(
        "fcr",
        Part(f"resolved {options}", settled),
        Part(f"first {options}", counted),
        doubt="proportion",
        title=f"First contact resolution (FCR, {', '.join([f'{window:g} days', *chosen])})",
        family=_FAMILY,
        question="After what share of first contacts did nobody come back with the same matter?",
        unit="proportion",
        numerator=f"the denominator's contacts without a repeat within {window:g} days"
        + (", neither abandoned nor transferred" if (abandoned, transferred) == ("failed", "failed") else "")
        + (", answered" if (abandoned, transferred) == ("failed", "allowed") else "")
        + (", not transferred" if (abandoned, transferred) == ("left out", "failed") else "")
        + "; repeats are looked for in all rows of the log, so group it, do not filter it",
        denominator=f"first contacts{' answered' if abandoned == 'left out' else ''}"
        + (f", at least {window:g} days before the log ends" if open_windows == "left out" else ""),
        clock=f"starts when the first contact arrives (`arrived_at`), stops {window:g} days later",
        abandonment="left out of both" if abandoned == "left out" else "counts as not resolved",
        source="this book's convention; firms differ in window, in whose word counts and in what a repeat is",
        example="4 first contacts answered at least 7 days before the log ends, 1 repeated within 7 days: 3 ÷ 4 = 0.75",
        columns={
            "contact_id": "id",
            "repeat_of": "id",
            "arrived_at": "time",
            "abandoned": "flag",
            **({"transferred": "flag"} if transferred == "failed" else {}),
        },
        unique=("contact_id",),
        prepare=_with_repeats,
    )


def _with_repeats(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    repeats = frame.filter(~nw.col("repeat_of").is_null(), ~nw.col("arrived_at").is_null())
    first = repeats.group_by("repeat_of").agg(nw.col("arrived_at").min().alias("next at"))
    joined = frame.join(first, left_on="contact_id", right_on="repeat_of", how="left")
    return joined.with_columns(nw.col("arrived_at").max().alias("log end"))


def escalation(*, of: str = "answered") -> Measure:
    """Share of contacts that had to be escalated: escalated ÷ contacts of a stated kind.

    Parameters
    ----------
    of : str
        ``"answered"`` or ``"offered"`` contacts.

    Returns
    -------
    Measure
        A proportion in [0, 1].

    Raises
    ------
    ValueError
        If `of` is another word.

    Examples
    --------
    >>> import pandas as pd
    >>> from opsbook import kpi
    >>> log = pd.DataFrame({"escalated": [True, False, False, False], "abandoned": [False, False, False, True]})
    >>> kpi.table(log, measures=kpi.escalation(of="offered"))
       escalation
    0        0.25
    """
    return _flagged(
        "escalation",
        "escalated",
        of,
        title="Escalation rate",
        question="What share of contacts needs a higher level?",
        numerator="contacts passed up to a specialist, a supervisor or a manager (`escalated`)",
        example="1 escalated, 8 answered: 1 ÷ 8 = 0.125",
    )


def transfer(*, of: str = "answered") -> Measure:
    """Share of contacts that were passed on to somebody else: transferred ÷ contacts of a stated kind.

    Parameters
    ----------
    of : str
        ``"answered"`` or ``"offered"`` contacts.

    Returns
    -------
    Measure
        A proportion in [0, 1].

    Raises
    ------
    ValueError
        If `of` is another word.

    Examples
    --------
    >>> import pandas as pd
    >>> from opsbook import kpi
    >>> log = pd.DataFrame({"transferred": [True, False, None], "abandoned": False})
    >>> kpi.table(log, measures=kpi.transfer())
       transfer
    0       0.5
    """
    return _flagged(
        "transfer",
        "transferred",
        of,
        title="Transfer rate",
        question="What share of contacts is passed on?",
        numerator="contacts passed on to somebody else (`transferred`)",
        example="2 transferred, 8 answered: 2 ÷ 8 = 0.25",
    )


def _flagged(name: str, column: str, of: str, *, title: str, **card: str) -> Measure:
    one_of("of", of, ("answered", "offered"))
    flag = nw.col(column)
    counted = ~flag.is_null() & (~_gone if of == "answered" else ~_gone.is_null())
    return ratio_of_sums(
        name,
        Part(f"{column} of {of}", flag & counted),
        Part(f"{of} with {column}", counted),
        doubt="proportion",
        title=title if of == "answered" else f"{title} (of {of})",
        family=_FAMILY,
        unit="proportion",
        denominator=_BASES[of],
        clock="none; one flag a contact",
        abandonment="left out of both" if of == "answered" else "counts in the denominator",
        source="this book's convention",
        columns={column: "flag", "abandoned": "flag"},
        **card,
    )
