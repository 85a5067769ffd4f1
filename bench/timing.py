"""How long something takes: the best of several runs, since whatever disturbs a run only makes it longer."""

import time
from collections.abc import Callable

__all__ = ["best", "in_turn", "in_words", "processor"]

Clock = Callable[[], float]
processor = time.process_time  # what all threads of this process have computed, whoever else uses the machine

_SHORTEST = 0.02


def best(work: Callable[[], object], *, runs: int = 5, clock: Clock = time.perf_counter) -> float:
    """Return the seconds that one call of `work` takes, at best.

    Short work is repeated within a run until the clock can tell it from nothing.
    """
    work()  # what is loaded or compiled on first use is not the work
    times = 1
    while True:
        taken = _once(work, times, clock)
        if taken >= _SHORTEST or times >= 1_000_000:  # noqa: PLR2004 - more would not end
            break
        times *= 4
    return min([taken, *(_once(work, times, clock) for _ in range(runs - 1))]) / times


def in_turn(*works: Callable[[], object], runs: int = 15, clock: Clock = processor) -> list[float]:
    """Return the seconds that each of `works` takes at best, one after the other in each run."""
    for work in works:
        work()
    taken = [[_once(work, 1, clock) for work in works] for _ in range(runs)]
    return [min(times) for times in zip(*taken, strict=True)]


def _once(work: Callable[[], object], times: int, clock: Clock) -> float:
    start = clock()
    for _ in range(times):
        work()
    return clock() - start


def in_words(seconds: float) -> str:
    """Return a duration in the unit that suits it."""
    for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"
