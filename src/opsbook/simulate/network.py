"""Customers on their way through several stations, simulated by the discrete-event library Ciw."""

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from opsbook.errors import UnstableQueueError
from opsbook.queues import QueueMetrics
from opsbook.queues.arguments import proportion
from opsbook.simulate.distributions import Distribution, Sampler, one_amount
from opsbook.simulate.queue import draw_times, generator, sampler
from opsbook.simulate.results import Paths, Simulation, measure, summarise
from opsbook.validation import known, whole_number

__all__ = ["Network", "Station", "simulate_network"]

Floats = NDArray[np.float64]

_ROUNDING = 1e-9
_AT_ONCE = 256  # times drawn at a time
_NEVER = 1e15  # Ciw needs a next arrival, so after the last one comes one that nobody sees


@dataclass(frozen=True, eq=False)
class Station:
    """One group of servers with one queue, first come, first served.

    Attributes
    ----------
    servers : int
        At least 1.
    service : callable
        Distribution of service times, as for `simulate_queue`.
    interarrival : callable, optional
        Distribution of the times between customers who begin their visit here; without it, all come from other
        stations.
    patience : callable, optional
        Distribution of how long customers wait here before they give up and leave the network.

    Examples
    --------
    >>> from opsbook.simulate import exponential
    >>> desk = Station(servers=2, service=exponential(3.0), interarrival=exponential(2.0))
    >>> desk.servers
    2
    """

    servers: int
    service: Sampler
    interarrival: Sampler | None = None
    patience: Sampler | None = None


@dataclass(frozen=True, eq=False)
class Network:
    """A simulated network of stations.

    Attributes
    ----------
    stations : dict of str to Simulation
        Each station as `simulate_queue` would return it; a customer who comes back counts again.
    visit_metrics : QueueMetrics
        The whole visit: ``mean_time_in_system`` from the first arrival to the last departure, ``mean_wait`` summed over
        all stations, ``prob_abandon`` at any of them, ``occupancy`` of all servers taken together.
    replications : int
        Independent repetitions.

    Examples
    --------
    >>> from opsbook.simulate import deterministic
    >>> line = simulate_network(
    ...     {"wash": Station(1, deterministic(3), interarrival=deterministic(5)), "wax": Station(1, deterministic(4))},
    ...     routing={"wash": {"wax": 1}},
    ...     until=20,
    ...     rng=1,
    ... )
    >>> line.visit_metrics.mean_time_in_system
    7.0
    >>> line.visits()["end"]
    array([12., 17., 22., 27.])
    """

    stations: dict[str, Simulation]
    visit_metrics: QueueMetrics
    replications: int
    _visits: dict[str, NDArray[Any]] = field(repr=False)

    def visits(self) -> dict[str, NDArray[Any]]:
        """List the visits, one array per column.

        Returns
        -------
        dict of str to ndarray
            ``replication``, ``visitor`` (in order of arrival), ``arrival``, ``end``, ``time_in_system``, ``wait``
            (summed over stations), ``service`` (likewise), ``stations`` (how many were visited), ``abandoned``.
        """
        return {name: values.copy() for name, values in self._visits.items()}


def simulate_network(
    stations: Mapping[str, Station],
    *,
    routing: Mapping[str, Mapping[str, float]],
    until: float,
    rng: int | np.random.Generator,
    warm_up: float | None = None,
    replications: int = 1,
) -> Network:
    """Simulate customers who go from station to station, such as patients through a clinic.

    Parameters
    ----------
    stations : mapping of str to Station
        At least one, and one of them with `interarrival`.
    routing : mapping of str to mapping of str to float
        From station to station, the probability of going there next; what is missing to 1 leaves. Stations from which
        everybody leaves may be left out.
    until : float
        When arrivals end, above 0.
    rng : int or numpy.random.Generator
        A seed, or a generator, as for `simulate_queue`.
    warm_up : float, optional
        Without it, a day is simulated: it starts empty at time 0, everybody counts, and it ends when the last has left.
        With it, a long run: only those count who arrive, at the network or at the station, between `warm_up` and
        `until`.
    replications : int
        Independent repetitions, at least 1. With only one, half-widths are NaN.

    Returns
    -------
    Network
        With `stations`, `visit_metrics` and `visits()`.

    Raises
    ------
    UnknownNameError
        If `routing` names a station that is not there.
    UnstableQueueError
        If, in a long run without patience, the distributions say that a station cannot keep up.
    TypeError, ValueError
        If an argument is of the wrong kind or out of range, or customers can never leave.

    Notes
    -----
    Queues have room for everybody, routing does not depend on the past, and a customer keeps no priority. Service times
    of customers who gave up are unknown; for ``offered_load`` they count with the mean of the others.

    Ciw draws from Python's global generator where two events fall on the same instant. It is seeded for each
    replication and put back afterwards, so results repeat and yours are not disturbed.

    References
    ----------
    Palmer, G. I., Knight, V. A., Harper, P. R., & Hawa, A. L. (2019). Ciw: An open-source discrete event simulation
    library. Journal of Simulation, 13(1), 68–82.

    Examples
    --------
    >>> from opsbook.simulate import exponential
    >>> clinic = simulate_network(
    ...     {
    ...         "reception": Station(servers=1, service=exponential(2.0), interarrival=exponential(4.0)),
    ...         "doctor": Station(servers=3, service=exponential(9.0)),
    ...     },
    ...     routing={"reception": {"doctor": 0.9}},
    ...     until=480,
    ...     replications=10,
    ...     rng=1,
    ... )
    >>> sorted(clinic.stations)
    ['doctor', 'reception']
    >>> bool(clinic.visit_metrics.mean_time_in_system > clinic.stations["doctor"].metrics.mean_time_in_system * 0.9)
    True
    """
    plan = _plan(stations, routing, until, warm_up)
    number = whole_number("replications", replications, least=1)
    runs = [_run(plan, rng_of_run) for rng_of_run in generator(rng).spawn(number)]
    return Network(
        stations={name: _station(plan, place, runs) for place, name in enumerate(plan.names)},
        **_whole_visits(plan, runs),
        replications=number,
    )


class _Plan(NamedTuple):
    names: list[str]
    stations: list[Station]
    matrix: Floats
    until: float
    warm_up: float | None


class _Run(NamedTuple):
    """What one replication recorded, one entry for each stay at a station; times in service are 0 for who gave up."""

    visitor: NDArray[np.intp]
    station: NDArray[np.intp]
    arrival: Floats
    wait: Floats
    service: Floats
    abandoned: NDArray[np.bool_]


def _plan(
    stations: Mapping[str, Station],
    routing: Mapping[str, Mapping[str, float]],
    until: float,
    warm_up: float | None,
) -> _Plan:
    if not isinstance(stations, Mapping) or not all(isinstance(each, Station) for each in stations.values()):
        raise TypeError(f"`stations` must map names to Station(…), got {stations!r}.")
    names = list(stations)
    if not any(each.interarrival for each in stations.values()):
        raise ValueError("`stations` must have one with `interarrival`, or nobody ever comes.")
    for name, each in stations.items():
        whole_number(f"servers of {name}", each.servers, least=1)
        for kind in ("service", "interarrival", "patience"):
            if kind == "service" or getattr(each, kind) is not None:
                sampler(f"{kind} of {name}", getattr(each, kind))
    matrix = _matrix(names, routing)
    end = one_amount("until", until)
    start = None if warm_up is None else one_amount("warm_up", warm_up, zero=True)
    if start is not None and start >= end:
        raise ValueError(f"`warm_up` must end before `until` ({end:g}), got {start:g}.")
    plan = _Plan(names, list(stations.values()), matrix, end, start)
    if start is not None:
        _keeps_up(plan)
    return plan


def _matrix(names: list[str], routing: Mapping[str, Mapping[str, float]]) -> Floats:
    """Return the chances of going from each station to each, checked."""
    matrix = np.zeros((len(names), len(names)))
    for origin, chances in routing.items():
        row = names.index(known("station", origin, names))
        for target, chance in chances.items():
            share = proportion(f"routing from {origin} to {target}", chance)
            matrix[row, names.index(known("station", target, names))] = share
        if matrix[row].sum() > 1 + _ROUNDING:
            raise ValueError(
                f"`routing` from {origin!r} must sum to at most 1, got {matrix[row].sum():g}. What is missing leaves."
            )
    leaves = 1 - matrix.sum(axis=1) > _ROUNDING
    for _ in names:
        leaves |= matrix @ leaves > 0
    if not leaves.all():
        raise ValueError(
            f"customers at {names[int(np.argmin(leaves))]!r} can never leave. Let the shares of `routing` sum to less "
            "than 1 somewhere on their way."
        )
    return matrix


def _keeps_up(plan: _Plan) -> None:
    drawn = [part for each in plan.stations for part in (each.service, each.interarrival) if part is not None]
    if any(each.patience for each in plan.stations) or not all(isinstance(part, Distribution) for part in drawn):
        return
    coming = [
        1 / each.interarrival.mean if isinstance(each.interarrival, Distribution) else 0 for each in plan.stations
    ]
    rates = np.linalg.solve(np.eye(len(plan.names)) - plan.matrix.T, coming)
    for name, each, rate in zip(plan.names, plan.stations, rates, strict=True):
        load = rate * each.service.mean if isinstance(each.service, Distribution) else 0.0
        if load >= each.servers:
            raise UnstableQueueError(
                f"servers of {name!r} must exceed its offered load ({load:.6g}), got {each.servers}: the queue would "
                f"grow without end. Use {math.floor(load) + 1} or more, or simulate a day, without `warm_up`."
            )


class _Stream:
    """Times one after another from a sampler, drawn in blocks from a generator of its own."""

    def __init__(self, name: str, draw: Sampler, rng: np.random.Generator) -> None:
        self._times = self._forever(name, draw, rng)

    @staticmethod
    def _forever(name: str, draw: Sampler, rng: np.random.Generator) -> Iterator[float]:
        while True:
            yield from draw_times(name, draw, rng, _AT_ONCE).tolist()

    def __next__(self) -> float:
        return next(self._times)

    def __deepcopy__(self, memo: object) -> "_Stream":
        return self  # Ciw copies its distributions; the stream must stay one


def _run(plan: _Plan, rng: np.random.Generator) -> _Run:
    """Simulate one replication until everybody has left."""
    import ciw  # noqa: PLC0415 -- loaded only here

    class Times(ciw.dists.Distribution):  # type: ignore[misc]
        def __init__(self, stream: _Stream, until: float = math.inf) -> None:
            self.stream, self.until, self.clock = stream, until, 0.0

        def sample(self, t: float | None = None, ind: object = None) -> float:  # noqa: ARG002 -- Ciw's signature
            time = next(self.stream)
            self.clock += time
            return time if self.until == math.inf or self.clock <= self.until else 10 * _NEVER

    class Router(ciw.routing.NodeRouting):  # type: ignore[misc]
        def __init__(self, stream: _Stream, shares: Floats) -> None:
            self.stream, self.bounds = stream, np.cumsum(shares).tolist()

        def next_node(self, ind: object) -> Any:  # noqa: ARG002 -- Ciw's signature
            point = next(self.stream)
            place = next((place for place, bound in enumerate(self.bounds, start=1) if point < bound), -1)
            return self.simulation.nodes[place]

    # A stream for each purpose at each station, so that a change at one leaves the draws of the others as they were.
    def times(kind: str) -> list[Any]:
        found = []
        for name, each, own in zip(plan.names, plan.stations, rng.spawn(len(plan.names)), strict=True):
            draw = getattr(each, kind)
            until = plan.until if kind == "interarrival" else math.inf
            found.append(None if draw is None else Times(_Stream(f"{kind} of {name}", draw, own), until))
        return found

    def routers() -> Iterator[Router]:
        for row, own in zip(plan.matrix, rng.spawn(len(plan.names)), strict=True):
            yield Router(_Stream("routing", lambda drawing, size: drawing.random(size), own), row)

    network = ciw.create_network(
        arrival_distributions=times("interarrival"),
        service_distributions=times("service"),
        reneging_time_distributions=times("patience"),
        routing=ciw.routing.NetworkRouting(routers=list(routers())),
        number_of_servers=[each.servers for each in plan.stations],
    )
    with _seeded(ciw, int(rng.integers(2**31))):
        simulation = ciw.Simulation(network)
        simulation.simulate_until_max_time(_NEVER)
    records = simulation.get_all_records(only=["service", "renege"])
    if not records:
        return _Run(*(np.empty(0, dtype=kind) for kind in (np.intp, np.intp, float, float, float, bool)))
    left = np.array([record.record_type == "renege" for record in records])
    return _Run(
        visitor=np.array([record.id_number for record in records], dtype=np.intp),
        station=np.array([record.node for record in records], dtype=np.intp) - 1,
        arrival=np.array([record.arrival_date for record in records], dtype=float),
        wait=np.array([record.waiting_time for record in records], dtype=float),
        service=np.where(left, 0.0, np.array([record.service_time for record in records], dtype=float)),
        abandoned=left,
    )


@contextmanager
def _seeded(ciw: Any, seed: int) -> Iterator[None]:
    python, numpy = random.getstate(), ciw.rng
    ciw.seed(seed)
    try:
        yield
    finally:
        random.setstate(python)
        ciw.rng = numpy


def _paths(plan: _Plan, parts: Sequence[Mapping[str, NDArray[Any]]], closings: Sequence[float], servers: int) -> Paths:
    """Put together what replications recorded; those before the warm-up stay in as such, those after `until` go."""
    start = plan.warm_up or 0.0
    if plan.warm_up is not None:
        parts = [{name: column[part["arrival"] <= plan.until] for name, column in part.items()} for part in parts]
        closings = [plan.until] * len(parts)
    spans = np.array(closings) - start
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return Paths(
        gaps=np.concatenate([np.diff(part["arrival"], prepend=0.0) for part in parts]),
        waits=joined["wait"],
        service=joined["service"],
        abandoned=joined["abandoned"],
        classes=None,
        due=None,
        offsets=np.concatenate(([0], np.cumsum([part["arrival"].size for part in parts]))),
        first=np.array([np.count_nonzero(part["arrival"] < start) for part in parts]),
        spans=spans,
        server_times=spans * servers,
        most_servers=servers,
        steady=False,
        until=plan.until,
    )


def _closing(plan: _Plan, run: _Run) -> float:
    return max(plan.until, float((run.arrival + run.wait + run.service).max(initial=0.0)))


def _station(plan: _Plan, place: int, runs: Sequence[_Run]) -> Simulation:
    parts = []
    for run in runs:
        chosen = np.flatnonzero(run.station == place)
        order = chosen[np.lexsort((run.visitor[chosen], run.arrival[chosen]))]
        columns = {name: getattr(run, name)[order] for name in ("arrival", "wait", "service", "abandoned")}
        if columns["abandoned"].any() and not columns["abandoned"].all():
            typical = columns["service"][~columns["abandoned"]].mean()
            columns["service"] = np.where(columns["abandoned"], typical, columns["service"])
        parts.append(columns)
    paths = _paths(plan, parts, [_closing(plan, run) for run in runs], plan.stations[place].servers)
    return summarise(paths, no_shows=0)


def _whole_visits(plan: _Plan, runs: Sequence[_Run]) -> dict[str, Any]:
    parts = []
    for run in runs:
        _, place = np.unique(run.visitor, return_inverse=True)
        number = int(place.max(initial=-1)) + 1
        arrival = np.full(number, np.inf)
        np.minimum.at(arrival, place, run.arrival)
        part = {
            "arrival": arrival,
            "wait": np.bincount(place, weights=run.wait, minlength=number),
            "service": np.bincount(place, weights=run.service, minlength=number),
            "stations": np.bincount(place, minlength=number),
            "abandoned": np.bincount(place, weights=run.abandoned, minlength=number) > 0,
        }
        order = np.argsort(arrival, kind="stable")
        parts.append({name: column[order] for name, column in part.items()})
    servers = sum(each.servers for each in plan.stations)
    paths = _paths(plan, parts, [_closing(plan, run) for run in runs], servers)
    kept = paths.counted
    sizes = np.diff(paths.offsets)
    joined = {
        name: np.concatenate([part[name][:size] for part, size in zip(parts, sizes, strict=True)])[kept]
        for name in parts[0]
    }
    spent = joined["wait"] + joined["service"]
    rank = np.arange(kept.size) - np.repeat(paths.offsets[:-1], sizes)
    return {
        "visit_metrics": measure(paths, served=paths.service),
        "_visits": {
            "replication": paths.replication[kept],
            "visitor": rank[kept],
            "arrival": joined["arrival"],
            "end": joined["arrival"] + spent,
            "time_in_system": spent,
            **{name: joined[name] for name in ("wait", "service", "stations", "abandoned")},
        },
    }
