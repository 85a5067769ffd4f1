"""Customers per second of the simulator, beside ciw, SimPy and a loop compiled by numba."""

from collections.abc import Iterator
from dataclasses import replace

import ciw
import numpy as np
import simpy
from numba import njit

from bench.timing import best
from bench.work import Result, Work
from opsbook import simulate

__all__ = ["WORKS"]

_SERVICE = 1.0
_BUSY = 0.9
_PATIENCE = 2.0
_FEWER = 10_000  # what the slower peers are given


def _ours(servers: int, customers: int, *, patience: bool = False, replications: int = 1) -> float:
    return simulate.simulate_queue(
        servers,
        interarrival=simulate.exponential(_SERVICE / servers / _BUSY),
        service=simulate.exponential(_SERVICE),
        patience=simulate.exponential(_PATIENCE) if patience else None,
        customers=customers,
        warm_up=0,
        replications=replications,
        rng=np.random.default_rng(1),
    ).metrics.mean_wait


def _with_simpy(servers: int, customers: int, *, patience: bool = False) -> float:
    rng = np.random.default_rng(1)
    gaps, services, patiences = (
        rng.exponential(mean, customers).tolist() for mean in (_SERVICE / servers / _BUSY, _SERVICE, _PATIENCE)
    )
    environment = simpy.Environment()
    desk = simpy.Resource(environment, servers)
    waits: list[float] = []

    def customer(service: float, endurance: float):  # noqa: ANN202 - a generator of simpy's own
        came = environment.now
        with desk.request() as turn:
            if patience:
                yield turn | environment.timeout(endurance)
            else:
                yield turn
            waits.append(environment.now - came)
            if turn.triggered:
                yield environment.timeout(service)

    def arrivals():  # noqa: ANN202 - as above
        for gap, service, endurance in zip(gaps, services, patiences, strict=True):
            yield environment.timeout(gap)
            environment.process(customer(service, endurance))

    environment.process(arrivals())
    environment.run()
    return float(np.mean(waits))


def _with_ciw(servers: int, customers: int, *, patience: bool = False) -> float:
    options = {"reneging_time_distributions": [ciw.dists.Exponential(1 / _PATIENCE)]} if patience else {}
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(servers * _BUSY / _SERVICE)],
        service_distributions=[ciw.dists.Exponential(1 / _SERVICE)],
        number_of_servers=[servers],
        **options,
    )
    ciw.seed(1)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(customers, method="Arrive")
    return float(np.mean([record.waiting_time for record in simulation.get_all_records()]))


@njit(cache=False)
def _lindley(gaps: np.ndarray, services: np.ndarray) -> float:
    total = 0.0
    for path in range(gaps.shape[0]):
        wait = 0.0
        for each in range(gaps.shape[1]):
            if each:
                wait = max(wait + services[path, each - 1] - gaps[path, each], 0.0)
            total += wait
    return total / gaps.size


def _with_numba(customers: int, replications: int = 1) -> float:
    rng = np.random.default_rng(1)
    shape = (replications, customers)
    return _lindley(rng.exponential(_SERVICE / _BUSY, shape), rng.exponential(_SERVICE, shape))


def _with_numba_and_streams(customers: int, replications: int) -> float:
    """As above, each replication with a random stream of its own, so that it is the same however many follow."""
    streams = np.random.default_rng(1).spawn(replications)
    gaps = np.stack([stream.exponential(_SERVICE / _BUSY, customers) for stream in streams])
    return _lindley(gaps, np.stack([stream.exponential(_SERVICE, customers) for stream in streams]))


def _beside(
    work: str, ours: tuple[float, float, int], peer: str, theirs: tuple[float, float, int], goal: float
) -> Result:
    """Compare two (seconds, mean wait, customers) per customer; the table says how many each handled in a second."""
    (mine, wait, count), (others, their_wait, their_count) = ours, theirs
    note = (
        f"{count / mine:,.0f} customers/s beside {their_count / others:,.0f}; mean wait {wait:.3f}, the peer's "
        f"{their_wait:.3f}"
    )
    return Result(work, mine / count, peer, others / their_count, goal, note)


def _many_servers() -> Iterator[Result]:
    servers, customers = 10, 500_000
    for patience, goals in ((False, {"ciw": 60, "SimPy": 25}), (True, {"ciw": 50})):
        work = f"G/G/{servers}, one path{', with patience' if patience else ''}"
        mine = (
            best(lambda patience=patience: _ours(servers, customers, patience=patience), runs=3),
            _ours(servers, customers, patience=patience),
            customers,
        )
        for peer, run in (("ciw", _with_ciw), ("SimPy", _with_simpy)):
            if peer not in goals:
                continue
            seconds = best(lambda run=run, patience=patience: run(servers, _FEWER, patience=patience), runs=2)
            theirs = (seconds, run(servers, 5 * _FEWER, patience=patience), _FEWER)
            yield _beside(work, mine, peer, theirs, goals[peer])


def _one_server() -> Iterator[Result]:
    for work, customers, replications in (
        ("one server, one path", 1_000_000, 1),
        ("one server, 1,000 replications", 1_000, 1_000),
    ):
        total = customers * replications
        mine = (
            best(lambda c=customers, r=replications: _ours(1, c, replications=r), runs=3),
            _ours(1, customers, replications=replications),
            total,
        )
        slow = (best(lambda: _with_simpy(1, _FEWER), runs=2), _with_simpy(1, 5 * _FEWER), _FEWER)
        yield _beside(work, mine, "SimPy", slow, 200)
        loop = (
            best(lambda c=customers, r=replications: _with_numba(c, r), runs=3),
            _with_numba(customers, replications),
            total,
        )
        row = _beside(work, mine, "a numba loop", loop, 1 / 2.5)
        if replications == 1:
            yield row
            continue
        yield replace(row, note=f"{row.note}; the loop draws all paths from one stream, see the next line")
        fair = (
            best(lambda c=customers, r=replications: _with_numba_and_streams(c, r), runs=3),
            _with_numba_and_streams(customers, replications),
            total,
        )
        yield _beside(work, mine, "a numba loop, a stream a path", fair, 1 / 2.5)


WORKS = (Work("many servers", _many_servers), Work("one server", _one_server))
