"""One queue before one group of servers, simulated customer by customer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opsbook.errors import UnstableQueueError
from opsbook.queues.arguments import proportion
from opsbook.simulate import engine
from opsbook.simulate.distributions import Distribution, Sampler
from opsbook.simulate.results import Paths, Simulation, summarise
from opsbook.simulate.schedule import Arrivals, Shifts, finite
from opsbook.validation import one_of, whole_number

__all__ = ["draw_times", "generator", "sampler", "simulate_queue"]

Floats = NDArray[np.float64]
Generators = Sequence[np.random.Generator]

_MOST_CUSTOMERS = 100_000_000
_SIDE_BY_SIDE = 24  # paths from which numpy's rows beat a heap
_WIDE = 150  # servers from which a heap beats numpy's rows again


def simulate_queue(
    servers: int | Shifts,
    *,
    service: Sampler | Sequence[Sampler],
    rng: int | np.random.Generator,
    interarrival: Sampler | None = None,
    arrivals: Arrivals | None = None,
    patience: Sampler | Sequence[Sampler] | None = None,
    customers: int | None = None,
    warm_up: int | None = None,
    replications: int = 1,
    priorities: Sequence[float] | None = None,
    no_show: float = 0.0,
    unstable: str = "raise",
) -> Simulation:
    """Simulate a queue before one or more equal servers, first come, first served (G/G/c, with patience G/G/c+G).

    Either customers come without end and you measure the long run (`interarrival`, `customers`, `warm_up`), or they
    come through one day that starts empty and ends when the last has left (`arrivals`).

    Parameters
    ----------
    servers : int or Shifts
        Number of servers, at least 1; or one for each interval of the day, by `shifts`.
    service : callable or sequence of callable
        Distribution of service times: one of `exponential`, `gamma`, `lognormal` … or any function
        ``(rng, size) -> array`` of times of at least 0. With `priorities`, perhaps one for each class.
    rng : int or numpy.random.Generator
        A seed, or a generator. Each replication gets a stream of its own (``rng.spawn``), so replication 3 is the same
        however many follow. A seed gives the same result again; a generator, being spawned from, gives new streams at
        each call.
    interarrival : callable, optional
        Distribution of the times between arrivals, as for `service`.
    arrivals : Arrivals, optional
        Instead of `interarrival`: `arrivals_per_interval`, `arrivals_by_rate` or `appointments`.
    patience : callable or sequence of callable, optional
        Distribution of how long customers are ready to wait before they leave, as for `service`; infinite times are
        allowed. Without it nobody leaves.
    customers : int, optional
        With `interarrival`: customers counted in each replication, after the warm-up.
    warm_up : int, optional
        With `interarrival`: customers to leave out at the start of each replication, while the queue, which starts
        empty, fills up to its usual length. There is no default, because leaving it away biases short runs; write 0 to
        count from the empty start on purpose.
    replications : int
        Independent repetitions, at least 1; the confidence intervals compare them.
    priorities : sequence of float, optional
        Share of each class of customers, summing to 1. Class 0 is served first, but nobody is interrupted; within a
        class, first come, first served.
    no_show : float
        Probability that a customer who is expected does not come, in [0, 1).
    unstable : str
        What to do with a long run whose distributions say that the servers cannot keep up: ``"raise"`` an error, or
        ``"run"`` it for these customers nonetheless.

    Returns
    -------
    Simulation
        With `metrics`, `records()`, `service_level`, `by_interval` and `by_class`.

    Raises
    ------
    UnstableQueueError
        If the offered load of a long run reaches the number of servers and nobody abandons.
    TypeError, ValueError
        If an argument is of the wrong kind or out of range, or a function draws anything but times.

    Notes
    -----
    **Warm-up.** A queue that starts empty is not the queue of the long run: its first customers wait too little.
    Counted from the start, the first 200 customers of an M/M/1 queue at load 0.9 wait about a third less than the
    theory says, however many replications you average, and the confidence interval shrinks around the wrong value.
    Leave out several times the queue's memory: for M/M/1, ``1 / (1 - sqrt(load))**2`` mean service times (its
    relaxation time), which is 380 at load 0.9. For other queues, raise `warm_up` until the mean wait settles.

    **What is measured.** Customers are counted by arrival: everyone who arrives after the warm-up, for as long as they
    stay. ``mean_wait`` and ``mean_time_in_system`` are over all of them, ``mean_wait_answered`` over those served;
    ``prob_wait`` is the share who found nobody free. Figures per unit of time divide by the time in which the counted
    customers arrived; for a day, by the time from 0 until arrivals have ended and everybody has left. Therefore
    ``mean_queue_length = mean_wait × arrival rate`` holds on every path. ``occupancy`` divides time served by servers'
    time; with shifts it may pass 1 where people stay to finish.

    **Confidence intervals.** 95 %, by Student's t over replications. Where the number of customers differs between
    replications (days, no-shows), figures are ratios of sums, so that each customer weighs the same, and the interval
    is that of a ratio. A single long run of at least 1,000 counted customers is cut into 20 batches that stand in for
    replications, which is honest only if each is much longer than the queue's memory; a shorter one, or a single day,
    has NaN for half-widths, because one sample shows no spread.

    **Same customers, other servers.** Draws do not depend on `servers`: the same seed sends the same customers, with
    the same work and patience, to any number of servers, which makes comparisons sharp.

    **Method.** Lindley's recursion for one server, otherwise the times at which servers become free (Kiefer and
    Wolfowitz) in a heap, or for many replications side by side in arrays.

    References
    ----------
    Kiefer, J., & Wolfowitz, J. (1955). On the theory of queues with many servers. Transactions of the American
    Mathematical Society, 78(1), 1–18.

    Law, A. M. (2015). Simulation modeling and analysis (5th ed.). McGraw-Hill: chapter 9 on warm-up, replications and
    batch means.

    Lindley, D. V. (1952). The theory of queues with a single server. Mathematical Proceedings of the Cambridge
    Philosophical Society, 48(2), 277–289.

    Examples
    --------
    A counter with one clerk, busy 80 % of the time; theory says that customers wait 4 minutes on average:

    >>> from opsbook.simulate import appointments, exponential, gamma
    >>> counter = simulate_queue(
    ...     1,
    ...     interarrival=exponential(1.25),
    ...     service=exponential(1.0),
    ...     customers=20_000,
    ...     warm_up=1_000,
    ...     replications=20,
    ...     rng=1,
    ... )
    >>> mean, half = counter.metrics.mean_wait, counter.metrics.half_widths["mean_wait"]
    >>> bool(abs(mean - 4.0) < half < 0.2)
    True

    A clinic of twelve appointments ten minutes apart, of which one in ten is missed:

    >>> clinic = simulate_queue(
    ...     1,
    ...     arrivals=appointments(range(0, 120, 10)),
    ...     service=gamma(10, scv=0.3),
    ...     no_show=0.1,
    ...     replications=100,
    ...     rng=1,
    ... )
    >>> clinic.customers + clinic.no_shows
    1200
    """
    plan = _plan(
        servers,
        interarrival=interarrival,
        arrivals=arrivals,
        customers=customers,
        warm_up=warm_up,
        priorities=priorities,
        no_show=no_show,
    )
    services = _samplers("service", service, plan.classes)
    limits = None if patience is None else _samplers("patience", patience, plan.classes)
    one_of("unstable", unstable, ("raise", "run"))
    number = whole_number("replications", replications, least=1)
    if plan.size * number > _MOST_CUSTOMERS:
        raise ValueError(
            f"{number} replications of {plan.size} customers are more than the {_MOST_CUSTOMERS:.0e} that fit. "
            "Simulate fewer; the intervals narrow only with the square root."
        )
    if unstable == "raise" and limits is None:
        _keeps_up(plan, services)
    streams = generator(rng).spawn(number)
    equal = plan.arrivals is None and not plan.no_show
    if equal and plan.classes == 1 and not isinstance(plan.servers, Shifts):
        return _long_run(plan, services[0], None if limits is None else limits[0], streams)
    return _one_by_one(plan, services, limits, streams)


@dataclass(frozen=True)
class _Plan:
    """The checked arguments that say who comes and who serves."""

    servers: int | Shifts
    interarrival: Sampler | None
    arrivals: Arrivals | None
    customers: int
    warm_up: int
    shares: Floats
    no_show: float

    @property
    def classes(self) -> int:
        return self.shares.size

    @property
    def size(self) -> int:
        """Customers in a replication, as far as that is known beforehand."""
        return self.customers + self.warm_up


def _plan(
    servers: int | Shifts,
    *,
    interarrival: Sampler | None,
    arrivals: Arrivals | None,
    customers: int | None,
    warm_up: int | None,
    priorities: Sequence[float] | None,
    no_show: float,
) -> _Plan:
    if (interarrival is None) == (arrivals is None):
        raise TypeError(
            "give either `interarrival`, for a long run, or `arrivals`, for a day, and not both. "
            "For instance interarrival=exponential(2.0)."
        )
    if not isinstance(servers, Shifts):
        servers = whole_number("servers", servers, least=1)
    shares = np.ones(1) if priorities is None else proportion("priorities", priorities)
    if shares.ndim != 1 or abs(shares.sum() - 1) > 1e-9:  # noqa: PLR2004 -- rounding
        raise ValueError(f"`priorities` must list shares that sum to 1, got {priorities!r}. Divide each by their sum.")
    missed = proportion("no_show", no_show)
    if missed.ndim or missed == 1:
        raise ValueError(f"`no_show` must be one probability below 1, got {no_show!r}.")
    if arrivals is not None:
        if not isinstance(arrivals, Arrivals):
            raise TypeError(
                f"`arrivals` must come from arrivals_per_interval, arrivals_by_rate or appointments, got {arrivals!r}. "
                "A distribution of gaps goes to `interarrival`."
            )
        if customers is not None or warm_up is not None:
            raise TypeError(
                "`customers` and `warm_up` belong to a long run with `interarrival`; a day starts empty, and whoever "
                "comes counts. Leave them away."
            )
        return _Plan(servers, None, arrivals, 0, 0, shares, float(missed))
    if isinstance(servers, Shifts):
        raise TypeError(
            "`servers` must be one number in a long run; shifts belong to a day. Give `arrivals` with them."
        )
    if customers is None or warm_up is None:
        raise TypeError(
            "a long run needs `customers`, how many to count in each replication, and `warm_up`, how many to leave out "
            "before them because the queue starts empty. For instance customers=10_000, warm_up=1_000."
        )
    counted, left_out = whole_number("customers", customers, least=1), whole_number("warm_up", warm_up, least=0)
    return _Plan(servers, sampler("interarrival", interarrival), None, counted, left_out, shares, float(missed))


def _long_run(plan: _Plan, service: Sampler, patience: Sampler | None, streams: Generators) -> Simulation:
    """Simulate replications of equal length, all together where that is faster."""
    size, number = plan.size, len(streams)
    samplers = {"interarrival": plan.interarrival, "service": service}
    if patience is not None:
        samplers["patience"] = patience
    gaps, work, *rest = _tables(samplers, streams, size)
    limits = rest[0] if rest else None
    servers = plan.servers if isinstance(plan.servers, int) else 0
    lost: NDArray[np.bool_] | None = None
    if servers == 1 and limits is None:
        waits = engine.single_server(gaps, work)
    elif number >= _SIDE_BY_SIDE and min(servers, size) <= _WIDE:
        waits, lost = engine.side_by_side(gaps, work, limits, servers)
    else:
        waits = np.empty_like(gaps)
        lost = None if limits is None else np.empty(gaps.shape, dtype=bool)
        for path in range(number):
            waits[path], left = engine.many_servers(
                gaps[path], work[path], None if limits is None else limits[path], servers
            )
            if lost is not None and left is not None:
                lost[path] = left
    spans = gaps[:, plan.warm_up :].sum(axis=1)
    return summarise(
        Paths(
            gaps=gaps.ravel(),
            waits=waits.ravel(),
            service=work.ravel(),
            abandoned=None if lost is None else lost.ravel(),
            classes=None,
            due=None,
            offsets=np.arange(number + 1) * size,
            first=np.full(number, plan.warm_up),
            spans=spans,
            server_times=spans * servers,
            most_servers=servers,
            steady=True,
        ),
        no_shows=0,
    )


def _tables(samplers: Mapping[str, Any], streams: Generators, size: int) -> list[Floats]:
    """Draw one row of times for each stream and sampler."""
    if len(streams) == 1:
        return [draw_times(name, draw, streams[0], size)[np.newaxis] for name, draw in samplers.items()]
    tables = [np.empty((len(streams), size)) for _ in samplers]
    pairs = list(zip(tables, samplers.items(), strict=True))
    for row, rng in enumerate(streams):
        for table, (name, draw) in pairs:
            if isinstance(draw, Distribution):
                draw.fill(rng, table[row])
            else:
                table[row] = draw_times(name, draw, rng, size)
    return tables


@dataclass(frozen=True)
class _Path:
    """One replication of customers who came."""

    arrivals: Floats
    waits: Floats
    service: Floats
    abandoned: NDArray[np.bool_]
    classes: NDArray[np.intp] | None
    due: Floats | None
    first: int
    span: float
    server_time: float
    no_shows: int


def _one_by_one(
    plan: _Plan, services: Sequence[Sampler], patience: Sequence[Sampler] | None, streams: Generators
) -> Simulation:
    """Simulate replications whose number of customers may differ."""
    paths = [_path(plan, services, patience, rng) for rng in streams]
    offsets = np.concatenate(([0], np.cumsum([path.waits.size for path in paths])))

    def joined(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(path, name) for path in paths])

    return summarise(
        Paths(
            gaps=np.concatenate([np.diff(path.arrivals, prepend=0.0) for path in paths]),
            waits=joined("waits"),
            service=joined("service"),
            abandoned=None if patience is None else joined("abandoned"),
            classes=None if plan.classes == 1 else joined("classes"),
            due=None if paths[0].due is None else joined("due"),
            offsets=offsets,
            first=np.array([path.first for path in paths]),
            spans=np.array([path.span for path in paths]),
            server_times=np.array([path.server_time for path in paths]),
            most_servers=plan.servers if isinstance(plan.servers, int) else max(plan.servers.counts),
            steady=plan.arrivals is None,
            until=0.0 if plan.arrivals is None else plan.arrivals.until,
        ),
        no_shows=sum(path.no_shows for path in paths),
    )


def _path(
    plan: _Plan, services: Sequence[Sampler], patience: Sequence[Sampler] | None, rng: np.random.Generator
) -> _Path:
    due: Floats | None = None
    if plan.arrivals is None:
        times = np.cumsum(draw_times("interarrival", plan.interarrival, rng, plan.size))
    else:
        times, due = plan.arrivals.draw(rng)
    # In this order, so that options added or taken away leave the draws before them as they were.
    work = [draw_times("service", each, rng, times.size) for each in services]
    limits = None if patience is None else [draw_times("patience", each, rng, times.size) for each in patience]
    classes = None
    if plan.classes > 1:
        bounds = np.cumsum(plan.shares)[:-1]
        classes = np.searchsorted(bounds, rng.random(times.size), side="right").astype(np.intp)
    came = rng.random(times.size) >= plan.no_show if plan.no_show else np.ones(times.size, dtype=bool)

    def of_class(drawn: Sequence[Floats]) -> Floats:
        if len(drawn) == 1 or classes is None:
            return drawn[0][came]
        return np.stack(drawn)[classes, np.arange(times.size)][came]

    kinds = None if classes is None else classes[came]
    arrived, needed = times[came], of_class(work)
    allowed = None if limits is None else of_class(limits)
    lost: NDArray[np.bool_] | None
    if classes is None and isinstance(plan.servers, int):
        waits, lost = engine.many_servers(np.diff(arrived, prepend=0.0), needed, allowed, plan.servers)
    else:
        capacity = (
            [(0.0, plan.servers)]
            if isinstance(plan.servers, int)
            else [(step * plan.servers.interval, count) for step, count in enumerate(plan.servers.counts)]
        )
        waits, lost = engine.in_order_of_class(arrived, needed, allowed, kinds, capacity)
    if lost is None:
        lost = np.zeros(waits.size, dtype=bool)
    first = int(came[: plan.warm_up].sum())
    opened = arrived[first - 1] if first else 0.0
    if plan.arrivals is None:
        closed = float(arrived[-1]) if arrived.size else 0.0
    else:
        closed = max(plan.arrivals.until, float((arrived + waits + np.where(lost, 0.0, needed)).max(initial=0.0)))
    span = closed - float(opened)
    return _Path(
        arrivals=arrived,
        waits=waits,
        service=needed,
        abandoned=lost,
        classes=kinds,
        due=None if due is None else due[came],
        first=first,
        span=span,
        server_time=span * plan.servers
        if isinstance(plan.servers, int)
        else plan.servers.server_time(closed) - plan.servers.server_time(float(opened)),
        no_shows=int((~came[plan.warm_up :]).sum()),
    )


def _keeps_up(plan: _Plan, services: Sequence[Sampler]) -> None:
    gap = plan.interarrival
    if not isinstance(gap, Distribution) or not gap.mean or isinstance(plan.servers, Shifts):
        return
    means = [each.mean for each in services if isinstance(each, Distribution)]
    if len(means) < len(services):
        return
    work = means[0] if len(means) == 1 else float(plan.shares @ np.array(means))
    load = work / gap.mean * (1 - plan.no_show)
    if load >= plan.servers:
        raise UnstableQueueError(
            f"`servers` must exceed the offered load ({load:.6g}), got {plan.servers}: the queue would grow without "
            f"end. Use {floor(load) + 1} or more, add `patience`, or pass unstable='run' to watch it grow."
        )


def draw_times(name: str, draw: Any, rng: np.random.Generator, size: int) -> Floats:
    """Draw `size` times of at least 0 and check them; only patience may be infinite."""
    if isinstance(draw, Distribution):
        return draw(rng, size)
    drawn: Any = draw(rng, size)
    times = finite(name, drawn, size, endless=name.startswith("patience"))
    if size and times.min() < 0:
        raise ValueError(f"`{name}` must return times of at least 0, got {times.min():g}. Cut the distribution at 0.")
    return times


def generator(rng: int | np.random.Generator) -> np.random.Generator:
    """Return the generator, or the one that the seed starts."""
    if isinstance(rng, np.random.Generator):
        return rng
    if isinstance(rng, bool) or not isinstance(rng, (int, np.integer)) or rng < 0:
        raise TypeError(
            f"`rng` must be a seed (a whole number of at least 0) or a numpy Generator, got {rng!r}. "
            "Pass rng=1 for a result that can be repeated."
        )
    return np.random.default_rng(int(rng))


def sampler(name: str, value: Any) -> Sampler:
    """Return `value` if it can be sampled."""
    if not callable(value):
        raise TypeError(
            f"`{name}` must be a distribution or a function (rng, size) -> array, got {value!r}. "
            "Write for instance exponential(4.0), or deterministic(4.0) for a constant."
        )
    draw: Sampler = value
    return draw


def _samplers(name: str, value: Sampler | Sequence[Sampler], classes: int) -> list[Sampler]:
    if callable(value) or not isinstance(value, (list, tuple)):
        return [sampler(name, value)]
    if len(value) not in {1, classes}:
        raise ValueError(
            f"`{name}` must be one distribution or one for each class of `priorities` ({classes}), got {len(value)}."
        )
    return [sampler(name, each) for each in value]
