"""How a visit runs through a blueprint: its possible routes, when each step begins, and visits drawn at random."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opsbook.blueprint.parts import Link, Step

__all__ = ["Graph", "Outcome", "longest", "outcomes", "rivals", "sample", "starts", "together"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_MOST_ROUTES = 4096


@dataclass(frozen=True)
class Graph:
    """Steps in an order in which every link leads onward, and the links into and out of each."""

    steps: tuple[Step, ...]
    into: Mapping[str, tuple[Link, ...]]
    out: Mapping[str, tuple[Link, ...]]


@dataclass(frozen=True)
class Outcome:
    """One way the choices may fall: its probability, the steps done, and the links followed."""

    probability: float
    steps: tuple[Step, ...]
    links: frozenset[Link]


def outcomes(graph: Graph, start: str) -> list[Outcome]:
    """Return every outcome of the choices.

    Raises
    ------
    ValueError
        If there are more than 4096, which no reader could check either.
    """
    found: list[Outcome] = []
    waiting: list[tuple[int, float, frozenset[str], frozenset[Link]]] = [(0, 1.0, frozenset({start}), frozenset())]
    while waiting:
        index, probability, reached, followed = waiting.pop()
        if index == len(graph.steps):
            done = tuple(step for step in graph.steps if step.id in reached)
            found.append(Outcome(probability, done, followed))
            if len(found) > _MOST_ROUTES:
                raise ValueError(
                    f"a blueprint must have at most {_MOST_ROUTES} routes, and this one has more. "
                    "Leave out choices that do not matter, or split it."
                )
            continue
        step = graph.steps[index]
        if step.id not in reached:
            waiting.append((index + 1, probability, reached, followed))
            continue
        sure = [link for link in graph.out[step.id] if link.probability is None]
        choices = [link for link in graph.out[step.id] if link.probability is not None]
        for taken in [[*sure, choice] for choice in reversed(choices)] or [sure]:
            chance = math.prod(link.chance for link in taken)
            onward = reached | {link.target for link in taken}
            waiting.append((index + 1, probability * chance, onward, followed | frozenset(taken)))
    return found


def starts(steps: Sequence[Step], into: Mapping[str, Sequence[Link]]) -> dict[str, float]:
    """Return when each step begins if it takes its expected time and begins when all before it are done."""
    begin: dict[str, float] = {}
    end: dict[str, float] = {}
    for step in steps:
        begin[step.id] = max((end[link.source] for link in into[step.id]), default=0.0)
        end[step.id] = begin[step.id] + step.time
    return begin


def longest(steps: Sequence[Step], into: Mapping[str, Sequence[Link]]) -> tuple[Step, ...]:
    """Return the chain of steps that takes longest in expected times; of equals, the one whose link stands first."""
    begin = starts(steps, into)
    known = {step.id: step for step in steps}
    leading = {link.source for links in into.values() for link in links}
    last = max((step for step in steps if step.id not in leading), key=lambda step: begin[step.id] + step.time)
    chain = [last]
    while into[chain[-1].id]:
        before = [known[link.source] for link in into[chain[-1].id]]
        chain.append(max(before, key=lambda step: begin[step.id] + step.time))
    return tuple(reversed(chain))


def together(steps: Sequence[Step], begin: Mapping[str, float]) -> float:
    """Return how long the customer is there: time that steps with contact cover, where they overlap counted once."""
    present = sorted((begin[step.id], begin[step.id] + step.time) for step in steps if step.present)
    covered, reached = 0.0, 0.0
    for first, last in present:
        covered += max(0.0, last - max(first, reached))
        reached = max(reached, last)
    return covered


def rivals(steps: Sequence[Step], into: Mapping[str, Sequence[Link]]) -> Iterator[tuple[Step, Step]]:
    """Yield the pairs of steps that run side by side: neither has to wait for the other."""
    before: dict[str, set[str]] = {}
    for index, step in enumerate(steps):
        sources = {link.source for link in into[step.id]}
        before[step.id] = sources.union(*(before[source] for source in sources))
        yield from ((other, step) for other in steps[:index] if other.id not in before[step.id])


def sample(graph: Graph, start: str, visits: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw `visits` visits; return their flow times and their contact times."""
    here: dict[str, Flags] = {step.id: np.zeros(visits, dtype=bool) for step in graph.steps}
    begin: dict[str, Floats] = {step.id: np.zeros(visits) for step in graph.steps}
    here[start][:] = True
    flow = np.zeros(visits)
    present: list[tuple[Floats, Floats]] = []
    for step in graph.steps:
        end = begin[step.id] + _times(step, visits, rng)
        flow = np.maximum(flow, np.where(here[step.id], end, 0.0))
        if step.present:
            # Who is not here is given an empty stretch at the start, which covers nothing.
            present.append((np.where(here[step.id], begin[step.id], 0.0), np.where(here[step.id], end, 0.0)))
        for link, taken in _taken(graph.out[step.id], here[step.id], rng):
            here[link.target] |= taken
            begin[link.target] = np.where(taken, np.maximum(begin[link.target], end), begin[link.target])
    return flow, _covered(present, visits)


def _times(step: Step, visits: int, rng: np.random.Generator) -> Floats:
    attempts = rng.geometric(1 - step.rework, visits).astype(float) if step.rework else np.ones(visits)
    if not step.spread:
        return attempts * step.mean
    # A sum of gamma times of one scale is a gamma time again.
    return rng.gamma(attempts * (step.mean / step.spread) ** 2, step.spread**2 / step.mean)


def _taken(links: Sequence[Link], here: Flags, rng: np.random.Generator) -> Iterator[tuple[Link, Flags]]:
    choices = [link for link in links if link.probability is not None]
    edges = np.cumsum([link.chance for link in choices])
    drawn = np.searchsorted(edges[:-1], rng.random(here.size), side="right") if choices else np.zeros(0)
    for link in links:
        yield link, here & (drawn == choices.index(link)) if link.probability is not None else here


def _covered(present: Sequence[tuple[Floats, Floats]], visits: int) -> Floats:
    covered, reached = np.zeros(visits), np.zeros(visits)
    if not present:
        return covered
    first, last = np.array([first for first, _ in present]), np.array([last for _, last in present])
    row = np.argsort(first, axis=0, kind="stable")
    for begins, ends in zip(np.take_along_axis(first, row, 0), np.take_along_axis(last, row, 0), strict=True):
        covered += np.maximum(0.0, ends - np.maximum(begins, reached))
        reached = np.maximum(reached, ends)
    return covered
