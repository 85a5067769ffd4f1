"""The blueprint itself: its parts, checked when it is made, and what follows from them."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opsbook import contact
from opsbook.blueprint.faults import faults, order
from opsbook.blueprint.flow import Graph, Outcome, longest, outcomes, rivals, sample, starts, together
from opsbook.blueprint.parts import Link, Step
from opsbook.errors import BlueprintError
from opsbook.validation import known, nonnegative, whole_number

__all__ = ["Blueprint", "Load", "Path", "Route", "Visits"]

_MINUTES_PER_HOUR = 60
_NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class Path:
    """A chain of steps, each linked to the next.

    Attributes
    ----------
    steps : tuple of str
        Their ids, in order.
    time : float
        Sum of their expected times (minutes).
    probability : float
        That a visit follows all its links, in (0, 1].

    Examples
    --------
    >>> Path(("greet", "serve"), 5.0, 1.0).time
    5.0
    """

    steps: tuple[str, ...]
    time: float
    probability: float


@dataclass(frozen=True)
class Route:
    """One outcome of all choices: what some visits have in common.

    Attributes
    ----------
    probability : float
        Share of the visits that go this way, in (0, 1].
    steps : tuple of str
        Ids of the steps that are done, in an order in which none comes before what it waits for.
    flow_time : float
        Minutes from the first step's beginning to the last one's end at expected times; nobody queues.
    contact_time : float
        Minutes of it in which the customer is present.
    critical : tuple of str
        Ids of the chain that sets `flow_time`.

    Examples
    --------
    >>> Route(1.0, ("greet", "serve"), 5.0, 3.0, ("greet", "serve")).flow_time
    5.0
    """

    probability: float
    steps: tuple[str, ...]
    flow_time: float
    contact_time: float
    critical: tuple[str, ...]


@dataclass(frozen=True)
class Load:
    """What a job asks of a resource, and how many jobs it can do.

    Attributes
    ----------
    resource : str
        Its name.
    number : float
        How many there are, above 0.
    minutes : float
        Expected minutes of work a job, over all routes.
    capacity : float
        Jobs per hour: ``60 · number / minutes``; infinite without work.

    Examples
    --------
    >>> Load("nurse", 2, 6.0, 20.0).capacity
    20.0
    """

    resource: str
    number: float
    minutes: float
    capacity: float


@dataclass(frozen=True, eq=False)
class Visits:
    """Visits drawn at random, without queues.

    Attributes
    ----------
    flow_time : ndarray of float
        Minutes of each visit.
    contact_time : ndarray of float
        Minutes of it in which the customer is present.

    Examples
    --------
    >>> visits = Visits(np.array([4.0, 6.0]), np.array([4.0, 3.0]))
    >>> visits.mean, visits.share_within(5)
    (5.0, 0.5)
    """

    flow_time: NDArray[np.float64]
    contact_time: NDArray[np.float64]

    @property
    def mean(self) -> float:
        """Mean flow time (minutes)."""
        return float(self.flow_time.mean())

    @property
    def half_width(self) -> float:
        """Half-width of the 95 % confidence interval of `mean` (minutes); NaN for a single visit."""
        if self.flow_time.size == 1:
            return math.nan
        return float(_NORMAL_95 * self.flow_time.std(ddof=1) / math.sqrt(self.flow_time.size))

    def share_within(self, minutes: float) -> float:
        """Return the share of the visits whose flow time is at most `minutes`, in [0, 1]."""
        return float((self.flow_time <= nonnegative("minutes", minutes).item()).mean())


@dataclass(frozen=True)
class Blueprint:
    """A service as a map of steps and links; checked when it is made, and never changed.

    Attributes
    ----------
    name : str
        Which service it is.
    steps : tuple of Step
        Its steps, with ids and names of their own.
    links : tuple of Link
        Who follows whom. They lead to the same lane or a neighbouring one, and never in a circle.
    resources : mapping of str to float
        How many there are of each: people, rooms, machines.
    start : str
        Id of the step that every visit begins with; without it, the first.
    source : str
        Where the times come from.

    Raises
    ------
    BlueprintError
        With every fault in ``problems``: what is unknown, doubled or out of range, links that skip a lane, choices
        whose probabilities do not add up to 1, circles, and steps that nobody reaches.

    Examples
    --------
    >>> barber = Blueprint(
    ...     "A haircut",
    ...     [
    ...         Step("ask", "Say what you want", "customer", mean=2),
    ...         Step("cut", "Cut the hair", "frontstage", mean=20, resource="barber"),
    ...         Step("sweep", "Sweep the floor", "backstage", mean=3, resource="barber"),
    ...         Step("pay", "Pay", "customer", mean=1),
    ...     ],
    ...     [Link("ask", "cut"), Link("cut", "sweep"), Link("cut", "pay")],
    ...     resources={"barber": 1},
    ... )
    >>> barber.flow_time, barber.contact_time, round(barber.capacity, 2)
    (25.0, 23.0, 2.61)
    >>> barber.critical_path().steps
    ('ask', 'cut', 'sweep')
    """

    name: str
    steps: tuple[Step, ...]
    links: tuple[Link, ...] = ()
    resources: Mapping[str, float] = field(default_factory=dict, hash=False)
    start: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        steps = _all(Step, "steps", self.steps)
        links = _all(Link, "links", self.links)
        if not isinstance(self.resources, Mapping):
            raise TypeError(f"`resources` must name resources and their numbers, got {self.resources!r}. Use a dict.")
        numbers = {
            name: float(number)
            if isinstance(number, int | float | np.number) and not isinstance(number, bool)
            else number
            for name, number in self.resources.items()
        }
        found = faults(
            name=self.name, steps=steps, links=links, resources=numbers, start=self.start, source=self.source
        )
        if found:
            raise BlueprintError([rule for _, rule in found])
        object.__setattr__(self, "steps", steps)
        object.__setattr__(self, "links", links)
        object.__setattr__(self, "resources", MappingProxyType(numbers))
        object.__setattr__(self, "start", self.start or steps[0].id)

    def __reduce__(self) -> tuple[Any, ...]:
        return Blueprint, (self.name, self.steps, self.links, dict(self.resources), self.start, self.source)

    def step(self, step: str) -> Step:
        """Return the step with this id.

        Raises
        ------
        UnknownNameError
            If there is none.
        """
        return self._known[known("step", step, self._known)]

    def critical_path(self) -> Path:
        """Return the chain of steps from the start to an end that takes longest, however the choices fall.

        It adds expected times. A choice may lead past it: `Path.probability` says how many visits follow all its links.
        `routes` gives the chain that counts for each outcome of the choices.
        """
        chain = longest(self._graph.steps, self._graph.into)
        ids = tuple(step.id for step in chain)
        chances = {(link.source, link.target): link.chance for link in self.links}
        probability = math.prod(chances[pair] for pair in pairwise(ids))
        return Path(ids, math.fsum(step.time for step in chain), probability)

    def routes(self) -> tuple[Route, ...]:
        """Return every outcome of the choices, the likeliest first; their probabilities add up to 1.

        Raises
        ------
        ValueError
            If there are more than 4096.
        """
        return self._routes

    @property
    def flow_time(self) -> float:
        """Expected minutes of a visit when nobody queues: the mean over the routes of their longest chains.

        Each chain adds expected times. Where steps run side by side and their times vary, that is too short: a step
        that waits for two others waits for the later of them, and the mean of the later is more than the later of the
        means. Where `exact` is true it is the mean itself; elsewhere `simulate` finds the mean.
        """
        return math.fsum(route.probability * route.flow_time for route in self._routes)

    @property
    def exact(self) -> bool:
        """Whether `flow_time` is surely the mean: no step of varying time runs beside another that takes time.

        If not, it may be too short.
        """
        return not any(
            (one.varies and other.time > 0) or (other.varies and one.time > 0)
            for outcome in self._outcomes
            for one, other in rivals(outcome.steps, _into(outcome))
        )

    @property
    def contact_time(self) -> float:
        """Expected minutes in which the customer is present, actively or passively, by the same rule as `flow_time`.

        Where two steps with the customer run side by side, the time counts once.
        """
        return math.fsum(route.probability * route.contact_time for route in self._routes)

    @property
    def contact_ratio(self) -> float:
        """Chase's extent of contact: `contact_time` ÷ `flow_time`, in [0, 1]; NaN if no step takes time.

        A ratio of two means, and not the mean of the visits' own ratios, for which see `routes`. Its denominator is the
        time that passes: work side by side counts once, while `contact.profile` adds it up.
        """
        flow = self.flow_time
        return contact.extent(min(self.contact_time, flow), flow) if flow else math.nan

    @property
    def capacity(self) -> float:
        """Jobs per hour that the resources can do at most, the smallest of `workload`; infinite if none has work."""
        return min((load.capacity for load in self.workload()), default=math.inf)

    @property
    def bottleneck(self) -> str:
        """The resource that sets `capacity`, on a tie the first named; ``"none"`` if no resource has work."""
        tightest = min(self.workload(), key=lambda load: load.capacity, default=None)
        return tightest.resource if tightest and math.isfinite(tightest.capacity) else "none"

    def workload(self) -> tuple[Load, ...]:
        """Return what a job asks of each resource, in the order in which they are named.

        Every step holds one of its resource for all its time, as often as it is done. The capacity is a ceiling: close
        to it, queues grow long.
        """
        chance = self._chances
        minutes = {
            name: math.fsum(chance[step.id] * step.time for step in self.steps if step.resource == name)
            for name in self.resources
        }
        return tuple(
            Load(name, number, minutes[name], _MINUTES_PER_HOUR * number / minutes[name] if minutes[name] else math.inf)
            for name, number in self.resources.items()
        )

    def tasks(self) -> dict[str, list[Any]]:
        """Return the steps as columns of a table for `contact.profile` and `contact.decouple`.

        Returns
        -------
        dict of str to list
            ``task`` (names), ``duration_min`` and ``staff_min`` (expected over all visits, so that a step that half of
            them need counts half), ``contact``. That table knows no parallel work: its times add up, so its
            extent of contact may differ from `contact_ratio`.

        Examples
        --------
        >>> import pandas as pd
        >>> visit = Blueprint("A question", [Step("ask", "Ask", "customer", mean=2)])
        >>> contact.profile(pd.DataFrame(visit.tasks())).extent
        1.0
        """
        times = [self._chances[step.id] * step.time for step in self.steps]
        return {
            "task": [step.name for step in self.steps],
            "duration_min": times,
            "contact": [step.contact for step in self.steps],
            "staff_min": [time if step.resource else 0.0 for step, time in zip(self.steps, times, strict=True)],
        }

    def move(self, step: str, lane: str) -> "Blueprint":
        """Return the blueprint with one step in another lane, done there as `Step.in_lane` says.

        Raises
        ------
        UnknownNameError
            If there is no such step, or no such lane.
        ValueError
            If the step cannot be done there.
        BlueprintError
            If a link would then skip a lane.

        Examples
        --------
        >>> counter = Blueprint(
        ...     "A request",
        ...     [
        ...         Step("ask", "Hand in the form", "frontstage", mean=3, resource="clerk"),
        ...         Step("check", "Check the form", "frontstage", mean=5, resource="clerk", contact="passive"),
        ...     ],
        ...     [Link("ask", "check")],
        ...     resources={"clerk": 1},
        ... )
        >>> counter.contact_ratio, counter.move("check", "backstage").contact_ratio
        (1.0, 0.375)
        """
        return self.rearrange({step: lane})

    def rearrange(self, lanes: Mapping[str, str]) -> "Blueprint":
        """Return the blueprint with several steps in other lanes at once; as `move` for each, judged together.

        Parameters
        ----------
        lanes : mapping of str to str
            Lanes by ids of steps; a step's own lane leaves it.
        """
        for step in lanes:
            self.step(step)
        steps = tuple(step.in_lane(lanes[step.id]) if step.id in lanes else step for step in self.steps)
        return replace(self, steps=steps)

    def simulate(self, visits: int, *, rng: int | np.random.Generator) -> Visits:
        """Draw visits at random: choices by their probabilities, times from gamma distributions, and no queues.

        A gamma time has the step's mean and standard deviation and is never negative; a spread of 0 is a constant.
        Times are independent of each other and of the choices.

        Parameters
        ----------
        visits : int
            How many, at least 1.
        rng : int or numpy.random.Generator
            A seed, or a generator.

        Returns
        -------
        Visits
            Their flow times and contact times.

        Raises
        ------
        TypeError, ValueError
            If `visits` is not a whole number of at least 1.

        Examples
        --------
        >>> pair = Blueprint(
        ...     "Two at once",
        ...     [
        ...         Step("ask", "Ask", "frontstage"),
        ...         Step("a", "Look it up", "backstage", mean=5, spread=5),
        ...         Step("b", "Write it up", "frontstage", mean=5, spread=5),
        ...     ],
        ...     [Link("ask", "a"), Link("ask", "b")],
        ... )
        >>> pair.flow_time, pair.exact
        (5.0, False)
        >>> round(pair.simulate(100_000, rng=1).mean, 1)
        7.5
        """
        number = whole_number("visits", visits)
        generator = rng if isinstance(rng, np.random.Generator) else np.random.default_rng(rng)
        return Visits(*sample(self._graph, self.start, number, generator))

    @cached_property
    def _known(self) -> dict[str, Step]:
        return {step.id: step for step in self.steps}

    @cached_property
    def _graph(self) -> Graph:
        return Graph(
            tuple(self._known[step] for step in order(self.steps, self.links)),
            {step.id: tuple(link for link in self.links if link.target == step.id) for step in self.steps},
            {step.id: tuple(link for link in self.links if link.source == step.id) for step in self.steps},
        )

    @cached_property
    def _outcomes(self) -> list[Outcome]:
        return outcomes(self._graph, self.start)

    @cached_property
    def _routes(self) -> tuple[Route, ...]:
        routes = [_route(outcome) for outcome in self._outcomes]
        return tuple(sorted(routes, key=lambda route: -route.probability))

    @cached_property
    def _chances(self) -> dict[str, float]:
        """The probability that a visit contains each step."""
        return {
            step.id: math.fsum(outcome.probability for outcome in self._outcomes if step in outcome.steps)
            for step in self.steps
        }


def _all(kind: type, name: str, parts: Iterable[Any]) -> tuple[Any, ...]:
    found = tuple(parts)
    for part in found:
        if not isinstance(part, kind):
            raise TypeError(f"`{name}` must hold only {kind.__name__}s, got {part!r}. Make it one.")
    return found


def _into(outcome: Outcome) -> dict[str, list[Link]]:
    into: dict[str, list[Link]] = {step.id: [] for step in outcome.steps}
    for link in outcome.links:
        into[link.target].append(link)
    return into


def _route(outcome: Outcome) -> Route:
    into = _into(outcome)
    begin = starts(outcome.steps, into)
    return Route(
        probability=outcome.probability,
        steps=tuple(step.id for step in outcome.steps),
        flow_time=max(begin[step.id] + step.time for step in outcome.steps),
        contact_time=together(outcome.steps, begin),
        critical=tuple(step.id for step in longest(outcome.steps, into)),
    )
