"""Staffing tables and single Erlang C calls, beside pyworkforce."""

from collections.abc import Iterator

import numpy as np
from pyworkforce.queuing import ErlangC

from bench.timing import best
from bench.work import Result, Work
from opsbook import queues, staffing

__all__ = ["WORKS"]

_CELLS = 7 * 48 * 20
_AHT_MIN = 4.0
_INTERVAL_MIN = 30
_LEVEL, _THRESHOLD_MIN = 0.8, 20 / 60


def _peer(load: float) -> ErlangC:
    return ErlangC(
        transactions=load / _AHT_MIN * _INTERVAL_MIN, asa=_THRESHOLD_MIN, aht=_AHT_MIN, interval=_INTERVAL_MIN
    )


def _ours(loads: np.ndarray) -> np.ndarray:
    return staffing.required_agents(
        arrival_rate=loads / _AHT_MIN,
        mean_service_time=_AHT_MIN,
        service_level=_LEVEL,
        threshold=_THRESHOLD_MIN,
    )


def _table(name: str, loads: np.ndarray, sample: int, goal: float) -> Iterator[Result]:
    some = np.random.default_rng(1).choice(loads, sample, replace=False)
    theirs: list[int] = []

    def peer() -> None:
        theirs[:] = [_peer(load).required_positions(service_level=_LEVEL)["raw_positions"] for load in some]

    peer_seconds = best(peer, runs=2) * loads.size / sample
    differ = int((_ours(some) != np.array(theirs)).sum())
    note = f"{differ} of {sample} answers differ" if differ else f"all {sample} answers agree"
    if sample < loads.size:
        note += f"; the peer's time is scaled up from {sample} cells"
    yield Result(name, best(lambda: _ours(loads)), "pyworkforce", peer_seconds, goal, note)


def _everyday() -> Iterator[Result]:
    # Log-normal about a median of 7 erlangs, as skills of one centre differ.
    loads = 7 * np.exp(np.random.default_rng(7).normal(0, 0.6, _CELLS))
    yield from _table(f"staffing table, {_CELLS:,} cells, median load 7 E", loads, _CELLS, 80)


def _large() -> Iterator[Result]:
    loads = np.random.default_rng(8).uniform(50, 2000, _CELLS)
    yield from _table(f"staffing table, {_CELLS:,} cells, loads 50–2000 E", loads, 120, 1000)


def _single_calls() -> Iterator[Result]:
    for load, servers, goal in ((10.0, 13, 0.5), (50_000.0, 50_100, 20)):

        def theirs(load: float = load, servers: int = servers) -> float:
            return _peer(load).waiting_probability(servers)

        def ours(load: float = load, servers: int = servers) -> float:
            return queues.erlang_c(servers, arrival_rate=load / _AHT_MIN, mean_service_time=_AHT_MIN).prob_wait

        wait, reference = ours(), theirs()
        note = f"from rates and times to P(wait) {wait:.6f}, the peer's {reference:.6f}"
        yield Result(f"one Erlang C call at {load:,.0f} E", best(ours), "pyworkforce", best(theirs), goal, note)


WORKS = (
    Work("staffing table, everyday loads", _everyday),
    Work("staffing table, large loads", _large),
    Work("single Erlang C calls", _single_calls),
)
