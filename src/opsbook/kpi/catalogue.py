"""The catalogue: every measure at its defaults, and the small tables that their examples are worked on."""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any

from opsbook.kpi.contacts import abandonment, aht, asa, escalation, fcr, service_level, transfer
from opsbook.kpi.flow import contact_share, flow_time, throughput, wip
from opsbook.kpi.measure import Measure
from opsbook.kpi.resources import (
    availability,
    cost_per_contact,
    occupancy,
    oee,
    performance_rate,
    quality_rate,
    turnover,
    utilisation,
)
from opsbook.kpi.survey import ces, csat, nps, response_rate

__all__ = ["catalogue", "conventions", "example"]

_OEE = ({"planned": 30},)
# Every measure in the order of the course, and the other conventions that its options stand for.
_MEASURES: dict[Callable[..., Measure], tuple[dict[str, Any], ...]] = {
    service_level: ({"of": "answered"}, {"of": "offered_less_short_abandons"}),
    asa: (),
    abandonment: ({"short": 20},),
    aht: (),
    fcr: ({"window": 9}, {"abandoned": "failed"}, {"transferred": "failed"}, {"open_windows": "counted"}),
    transfer: ({"of": "offered"},),
    escalation: ({"of": "offered"},),
    csat: ({"top": 5}, {"top": None}),
    nps: (),
    ces: ({"easy": 3},),
    response_rate: ({"answer": "recommend"},),
    occupancy: (),
    utilisation: ({"shrinkage": 0.25},),
    cost_per_contact: ({"of": "offered"}, {"of": "resolved"}),
    throughput: ({"period": 60},),
    flow_time: (),
    wip: ({"period": 60},),
    contact_share: ({"kind": "active"}, {"kind": "passive"}),
    availability: _OEE,
    performance_rate: _OEE,
    quality_rate: (),
    oee: _OEE,
    turnover: (),
}
# What a measure without defaults is asked for.
_GIVEN: dict[str, dict[str, Any]] = {"turnover": {"since": dt.date(2024, 1, 1), "until": dt.date(2025, 1, 1)}}


def catalogue() -> tuple[Measure, ...]:
    """Return every measure at its defaults, in the order of the course.

    Returns
    -------
    tuple of Measure
        What the generated catalogue page shows. `turnover`, which has no default period, is there for 2024.

    Examples
    --------
    >>> [measure.name for measure in catalogue()][:6]
    ['service_level', 'asa', 'abandonment', 'aht', 'fcr', 'transfer']
    """
    return tuple(function(**_GIVEN.get(function.__name__, {})) for function in _MEASURES)


def conventions(measure: Measure) -> dict[str, Measure]:
    """Return a measure as the catalogue has it, and under the other conventions that its options stand for.

    Parameters
    ----------
    measure : Measure
        One of `catalogue`.

    Returns
    -------
    dict of str to Measure
        The call, as it is written, → the measure. The first has every option that is set by default, each other one
        only what differs.

    Raises
    ------
    ValueError
        If the catalogue has no measure of this name.

    Examples
    --------
    >>> [call for call in conventions(transfer())]
    ['kpi.transfer(of="answered")', 'kpi.transfer(of="offered")']
    """
    for function, others in _MEASURES.items():
        name = function.__name__
        if name == measure.name:
            given = _GIVEN.get(name, {})
            set_by_default = {
                option.name: option.default
                for option in signature(function).parameters.values()
                if option.default not in (None, option.empty)
            }
            return {_call(name, options): function(**options) for options in (given | set_by_default, *others)}
    raise ValueError(
        f"`measure` must be one of `kpi.catalogue()`, got one named {measure.name!r}. Take one from there."
    )


def _call(name: str, options: Mapping[str, Any]) -> str:
    written = {key: json.dumps(value) if isinstance(value, str) else repr(value) for key, value in options.items()}
    return f"kpi.{name}({', '.join(f'{key}={value}' for key, value in written.items())})"


_ANSWERED: list[object] = [True, True, True, False, False, True, True, True, True, True]


def _march(day: int, hour: int) -> dt.datetime:
    return dt.datetime(2024, 3, day, hour)  # noqa: DTZ001 -- logs without a time zone are the common case


_CONTACTS: dict[str, list[object]] = {
    "contact_id": list(range(1, 11)),
    "arrived_at": [
        _march(*at) for at in zip((4, 4, 5, 5, 6, 6, 7, 8, 13, 14), (9, 10, 9, 11, 9, 14, 9, 10, 9, 16), strict=True)
    ],
    "wait_s": [5, 20, 35, 15, 40, 10, 8, 60, 12, 18],
    "handle_s": [300, 240, 420, None, None, 180, 360, 300, 200, 400],
    "abandoned": [not answered for answered in _ANSWERED],
    "transferred": [number in (3, 7) for number in range(1, 11)],
    "resolved": [number in (2, 3, 6, 7, 9) for number in range(1, 11)],
    "repeat_of": [None, None, None, None, None, 1, None, None, 2, None],
    "escalated": [*[False] * 7, True, False, False],
    "asked": list(_ANSWERED),
    "csat": [5, 4, 2, None, None, None, None, 3, 5, None],
    "effort": [2, 3, 6, None, None, None, None, 5, 1, None],
    "recommend": [10, 9, 4, None, None, None, None, 7, 9, None],
}
_STAFFING: dict[str, list[object]] = {
    "agent_id": ["A01", "A02"],
    "start": [_march(4, 8), _march(4, 8)],
    "staffed_s": [1800, 1200],
    "paid_s": [2400, 1600],
    "cost": [38.0, 26.0],
}
_VISITS: dict[str, list[object]] = {"arrived_at": [0, 5, 10], "departed_at": [10, 20, 45]}
_TASKS: dict[str, list[object]] = {"contact": ["active", "passive", "none"], "duration_min": [5, 15, 20]}
_RUNS: dict[str, list[object]] = {
    "started_min": [0, 10],
    "ended_min": [8, 20],
    "stop_min": [1, 1],
    "ideal_s": [2, 2],
    "pieces_in": [250, 150],
    "pieces_scrapped": [10, 10],
}
_PEOPLE: dict[str, list[object]] = {
    "hired_on": [dt.date(2020, 5, 1), dt.date(2021, 1, 1), dt.date(2024, 7, 2), dt.date(2019, 3, 1)],
    "left_on": [None, dt.date(2024, 7, 2), None, None],
}


def example(measure: Measure) -> tuple[dict[str, list[object]], dict[str, list[object]]]:
    """Return the small tables that the measure's ``example`` is worked on.

    Parameters
    ----------
    measure : Measure
        One of `catalogue`, or another whose columns are among the standard ones.

    Returns
    -------
    tuple of two dict of str to list
        The log, and the table of staffed time (empty if the measure needs none): column → values, with ``None`` for a
        missing one. Only the columns that the measure needs.

    Raises
    ------
    ValueError
        If the measure needs columns that no example has.

    Examples
    --------
    >>> log, staffing = example(nps())
    >>> log["recommend"]
    [10, 9, 4, None, None, None, None, 7, 9, None]
    """
    staffing = _part(measure.staffing_columns, (_STAFFING,), measure) if measure.staffing_columns else {}
    return _part(measure.columns, (_CONTACTS, _VISITS, _TASKS, _RUNS, _PEOPLE), measure), staffing


def _part(
    needed: Mapping[str, str], tables: tuple[dict[str, list[object]], ...], measure: Measure
) -> dict[str, list[object]]:
    for table in tables:
        if set(needed) <= set(table):
            return {name: list(table[name]) for name in needed}
    raise ValueError(
        f"no example has the columns of `{measure.name}`, {', '.join(map(repr, needed))}. Only measures at their "
        "standard columns have one."
    )
