"""What a simulation hands back: measures with confidence intervals, and the customers behind them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from itertools import pairwise
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from opsbook.queues import QueueMetrics
from opsbook.queues.arguments import amount
from opsbook.queues.metrics import COUNTED, Measured
from opsbook.simulate.distributions import one_amount
from opsbook.simulate.engine import server_numbers
from opsbook.validation import one_of

__all__ = ["Estimate", "Paths", "Simulation", "measure", "ratio", "summarise", "t_quantile"]

Floats = NDArray[np.float64]

_BATCHES = 20
_LEAST_PER_BATCH = 50
_ROUNDING = 1e-9  # a wait under a billionth of the mean service time comes from rounding, not from waiting


class Estimate(NamedTuple):
    """A measured figure and the half-width of its 95 % confidence interval (NaN if that cannot be told).

    Attributes
    ----------
    value : float
        What was measured.
    half_width : float
        The interval reaches as far on either side, at least 0.

    Examples
    --------
    >>> level = Estimate(value=0.81, half_width=0.02)
    >>> print(f"{level.value:.0%} ± {level.half_width:.0%}")
    81% ± 2%
    """

    value: float
    half_width: float


@dataclass(frozen=True, eq=False)
class Paths:
    """All customers of all replications, one after another, as the simulator left them.

    `offsets` says where each replication begins (and the last ends), `first` how many of its customers were warm-up,
    `spans` and `server_times` how much time and servers' time its counted customers are measured against.
    """

    gaps: Floats
    waits: Floats
    service: Floats
    abandoned: NDArray[np.bool_] | None
    classes: NDArray[np.intp] | None
    due: Floats | None
    offsets: NDArray[np.intp]
    first: NDArray[np.intp]
    spans: Floats
    server_times: Floats
    most_servers: int
    steady: bool
    until: float = 0.0

    @cached_property
    def arrivals(self) -> Floats:
        """Arrival times, each replication on a clock of its own."""
        return np.concatenate([np.cumsum(self.gaps[low:high]) for low, high in pairwise(self.offsets)])

    @cached_property
    def counted(self) -> NDArray[np.bool_]:
        """Who came after the warm-up."""
        kept = np.ones(self.waits.size, dtype=bool)
        for low, count in zip(self.offsets, self.first, strict=False):
            kept[low : low + count] = False
        return kept

    @cached_property
    def replication(self) -> NDArray[np.intp]:
        """The replication of each customer, from 0."""
        return np.repeat(np.arange(self.first.size), np.diff(self.offsets))

    @property
    def waited(self) -> NDArray[np.bool_]:
        """Who found nobody free: those who waited, and those who left at once."""
        late = self.waits > _ROUNDING * (self.service.mean() if self.service.size else 0.0)
        return late if self.abandoned is None else late | self.abandoned

    def kept_waits(self, *, abandoned: bool) -> Floats:
        """Return the waits, after the warm-up, of who abandoned or of who was answered."""
        if self.abandoned is None:
            return np.empty(0) if abandoned else self.waits[self.counted] if self.first.any() else self.waits
        chosen: NDArray[np.bool_] = self.counted & (self.abandoned == abandoned)
        return self.waits[chosen]

    def groups(self) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats, Floats]:
        """Bounds, time and servers' time of what intervals compare: replications, or batches of the only one."""
        low, high = self.offsets[:-1] + self.first, self.offsets[1:]
        if not self.steady or low.size > 1 or high[0] - low[0] < _BATCHES * _LEAST_PER_BATCH:
            return low, high, self.spans, self.server_times
        edges = np.linspace(low[0], high[0], _BATCHES + 1).astype(np.intp)
        spans = _sums(self.gaps, edges[:-1], edges[1:])
        return edges[:-1], edges[1:], spans, spans * (self.server_times[0] / self.spans[0])


@cache
def t_quantile(degrees: int) -> float:
    """Return the 97.5 % quantile of Student's t distribution with a whole number of degrees of freedom.

    Up to 100 degrees the distribution function is a finite sum (Abramowitz and Stegun 26.7.3 and 26.7.4), solved by
    bisection; beyond, the expansion 26.7.5 around the normal quantile is exact to 1e-10.
    """
    z = NormalDist().inv_cdf(0.975)
    if degrees > 100:  # noqa: PLR2004 -- see above
        return z + sum(
            (
                (z**3 + z) / (4 * degrees),
                (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2),
                (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * degrees**3),
                (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * degrees**4),
            )
        )

    def within(t: float) -> float:
        angle = math.atan(t / math.sqrt(degrees))
        odd = degrees % 2
        term, total = (math.cos(angle) if odd else 1.0), 0.0
        for step in range(2 + odd, degrees + 1, 2):
            total += term
            term *= math.cos(angle) ** 2 * (step - 1) / step
        return (angle + math.sin(angle) * total) * 2 / math.pi if odd else math.sin(angle) * total

    low, high = z, 13.0
    for _ in range(60):  # to the last digit
        middle = (low + high) / 2
        low, high = (low, middle) if within(middle) > 0.95 else (middle, high)  # noqa: PLR2004 -- 2.5 % on each side
    return (low + high) / 2


def ratio(part: ArrayLike, whole: ArrayLike) -> tuple[Any, Any]:
    """Estimate sum of `part` ÷ sum of `whole`, with the half-width of its 95 % interval; groups along the first axis.

    The interval takes the groups as independent and lets `whole` vary between them, so that a day with many customers
    weighs more than a quiet one: the standard error is that of ``part - estimate * whole``, over the mean of `whole`.
    With equal wholes that is the usual interval of a mean.
    """
    parts, wholes = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    number = parts.shape[0]
    total = wholes.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = np.where(total > 0, parts.sum(axis=0) / total, np.nan)
        if number < 2:  # noqa: PLR2004 -- one group has no spread
            return estimate, np.full(estimate.shape, np.nan)
        rest = parts - estimate * wholes
        error = np.sqrt((rest**2).sum(axis=0) / (number - 1) / number) / (total / number)
    return estimate, t_quantile(number - 1) * error


def _sums(values: NDArray[Any], low: NDArray[np.intp], high: NDArray[np.intp]) -> Floats:
    """Add up each stretch of `values` from `low` to below `high`."""
    if low.size <= _BATCHES:
        total = np.count_nonzero if values.dtype == bool else np.sum
        return np.array([total(values[start:end]) for start, end in zip(low, high, strict=True)], dtype=float)
    every = values.size // low.size
    if np.array_equal(high, every * np.arange(1, low.size + 1)) and np.array_equal(low, high - (high[0] - low[0])):
        table = values.reshape(low.size, every)[:, low[0] :]  # replications of equal length
        return np.asarray(np.count_nonzero(table, axis=1) if values.dtype == bool else table.sum(axis=1), dtype=float)
    bounds = np.ravel(np.column_stack((low, high)))
    sums = np.add.reduceat(np.append(values, 0), bounds, dtype=float)[::2]  # the 0 lets the last bound be the end
    return np.where(high > low, sums, 0.0)


def measure(paths: Paths, *, served: Floats | None = None) -> QueueMetrics:
    """Measure what was counted; `served` is the time in service where it does not follow from who abandoned."""
    low, high, spans, server_times = paths.groups()
    customers = (high - low).astype(float)
    waits, work = _sums(paths.waits, low, high), _sums(paths.service, low, high)
    delayed = _sums(paths.waited, low, high)
    if paths.abandoned is None:
        lost, waits_answered, busy = np.zeros_like(waits), waits, work
    else:
        stayed = ~paths.abandoned
        lost = _sums(paths.abandoned, low, high)
        waits_answered = _sums(paths.waits * stayed, low, high)
        busy = _sums(paths.service * stayed if served is None else served, low, high)
    measured = {
        "offered_load": ratio(work, spans),
        "occupancy": ratio(busy, server_times),
        "prob_wait": ratio(delayed, customers),
        "prob_abandon": ratio(lost, customers),
        "throughput": ratio(customers - lost, spans),
        "mean_wait": ratio(waits, customers),
        "mean_wait_answered": ratio(waits_answered, customers - lost),
        "mean_queue_length": ratio(waits, spans),
        "mean_time_in_system": ratio(waits + busy, customers),
        "mean_in_system": ratio(waits + busy, spans),
    }
    return Measured(
        **{name: float(value) for name, (value, _) in measured.items()},
        half_widths={name: float(half) for name, (_, half) in measured.items()},
        answered=partial(paths.kept_waits, abandoned=False),
        abandoned=partial(paths.kept_waits, abandoned=True),
    )


@dataclass(frozen=True, eq=False)
class Simulation:
    """A simulated queue: its `metrics`, and the customers behind them.

    Attributes
    ----------
    metrics : QueueMetrics
        The same record as the formulas return, so that the two compare field by field; `metrics.half_widths` maps each
        field to the half-width of its 95 % confidence interval, and `metrics.service_level` and `metrics.wait_quantile`
        count the simulated waits.
    replications : int
        Independent repetitions.
    customers : int
        Customers counted, in all replications together, those who abandoned included.
    no_shows : int
        Customers, after the warm-up, who did not come and are in no other figure.

    Examples
    --------
    Three customers, one minute apart, each of whom takes the only server two minutes:

    >>> from opsbook.simulate import appointments, deterministic, simulate_queue
    >>> desk = simulate_queue(1, arrivals=appointments([0, 1, 2]), service=deterministic(2), rng=1)
    >>> desk.metrics.mean_wait, desk.metrics.service_level(1)
    (1.0, 0.6666666666666666)
    >>> desk.records()["start"]
    array([0., 2., 4.])
    >>> desk.by_interval(1)["mean_wait"]
    array([0., 1., 2.])
    """

    metrics: QueueMetrics
    replications: int
    customers: int
    no_shows: int
    _paths: Paths = field(repr=False)

    def records(self, *, warm_up: bool = False) -> dict[str, NDArray[Any]]:
        """List the customers: one array per column, for ``pandas.DataFrame(simulation.records())``.

        Parameters
        ----------
        warm_up : bool
            Whether to list the customers of the warm-up, too.

        Returns
        -------
        dict of str to ndarray
            ``replication`` (from 0) and ``customer`` (from 0 in each, in order of arrival), ``class`` (0 is served
            first; all 0 without priorities), ``arrival``, ``start`` of service (NaN for who abandoned), ``end`` (when
            they left), ``wait`` (in the queue), ``abandoned``, ``server`` (from 0, the lowest-numbered who is idle; −1
            for who abandoned), and with appointments ``due``. Made anew at each call.
        """
        paths = self._paths
        lost = np.zeros(paths.waits.size, dtype=bool) if paths.abandoned is None else paths.abandoned
        start = np.where(lost, np.nan, paths.arrivals + paths.waits)
        end = paths.arrivals + paths.waits + np.where(lost, 0.0, paths.service)
        server = np.full(paths.waits.size, -1)
        for low, high in pairwise(paths.offsets):
            order = low + np.argsort(start[low:high], kind="stable")[: int((~lost[low:high]).sum())]  # NaN sorts last
            server[order] = server_numbers(start[order].tolist(), end[order].tolist(), paths.most_servers)
        columns: dict[str, NDArray[Any]] = {
            "replication": paths.replication,
            "customer": np.arange(paths.waits.size) - np.repeat(paths.offsets[:-1], np.diff(paths.offsets)),
            "class": np.zeros(paths.waits.size, dtype=np.intp) if paths.classes is None else paths.classes,
            "arrival": paths.arrivals,
            "start": start,
            "end": end,
            "wait": paths.waits,
            "abandoned": lost,
            "server": server,
        }
        if paths.due is not None:
            columns["due"] = paths.due
        return {name: values.copy() if warm_up else values[paths.counted] for name, values in columns.items()}

    def service_level(self, threshold: float, *, of: str = "offered") -> Estimate:
        """Measure the share of customers answered within `threshold`, with its confidence interval.

        Parameters
        ----------
        threshold : float
            Longest wait that counts as in time, at least 0.
        of : str
            The denominator: ``"offered"`` (everybody), ``"answered"``, or ``"offered_less_short_abandons"`` (everybody
            but those who abandoned within the threshold).

        Returns
        -------
        Estimate
            `value` (as ``metrics.service_level``) and `half_width`.

        Raises
        ------
        TypeError, ValueError
            If an argument is out of range.
        """
        within, base = self._in_time(threshold, of)
        low, high, _, _ = self._paths.groups()
        value, half = ratio(_sums(within, low, high), _sums(base, low, high))
        return Estimate(float(value), float(half))

    def by_interval(
        self, interval: float | Sequence[float], *, threshold: float | None = None, of: str = "offered"
    ) -> dict[str, Floats]:
        """Measure each interval of the day, by time of arrival, over all replications.

        Parameters
        ----------
        interval : float or sequence of float
            Length of the intervals from time 0, above 0; or their bounds, rising.
        threshold : float, optional
            Longest wait that counts as in time, for a column ``service_level``.
        of : str
            Denominator of the service level, as for `service_level`.

        Returns
        -------
        dict of str to ndarray
            ``start`` and ``end`` of the intervals; ``arrivals`` per replication; ``prob_wait``, ``prob_abandon``,
            ``mean_wait`` and perhaps ``service_level`` of those who arrived in the interval (NaN if nobody did); and
            for each a column ``…_half_width`` of its 95 % confidence interval over replications (NaN with only one).

        Raises
        ------
        TypeError, ValueError
            If an argument is out of range.
        """
        edges = _edges(interval, self._paths.until, float(self._paths.arrivals.max(initial=0.0)))
        place = np.searchsorted(edges, self._paths.arrivals, side="right") - 1
        return {"start": edges[:-1], "end": edges[1:], **self._by(place, edges.size - 1, threshold, of)}

    def by_class(self, *, threshold: float | None = None, of: str = "offered") -> dict[str, NDArray[Any]]:
        """Measure each priority class over all replications.

        Parameters
        ----------
        threshold : float, optional
            Longest wait that counts as in time, for a column ``service_level``.
        of : str
            Denominator of the service level, as for `service_level`.

        Returns
        -------
        dict of str to ndarray
            ``class`` (0 is served first), and columns as for `by_interval`.

        Raises
        ------
        TypeError, ValueError
            If an argument is out of range.
        """
        classes = self._paths.classes
        place = np.zeros(self._paths.waits.size, dtype=np.intp) if classes is None else classes
        number = int(place.max(initial=0)) + 1
        return {"class": np.arange(number), **self._by(place, number, threshold, of)}

    def _by(self, place: NDArray[np.intp], number: int, threshold: float | None, of: str) -> dict[str, Floats]:
        paths = self._paths
        chosen = paths.counted & (place >= 0) & (place < number)
        cell = (paths.replication * number + place)[chosen]

        def total(values: NDArray[Any]) -> Floats:
            sums = np.bincount(cell, weights=values[chosen], minlength=self.replications * number)
            return np.asarray(sums.reshape(self.replications, number), dtype=float)

        everyone = np.ones(paths.waits.size)
        count = total(everyone)
        measured = {
            "arrivals": ratio(count, np.ones_like(count)),
            "prob_wait": ratio(total(paths.waited), count),
            "prob_abandon": ratio(total(everyone * 0 if paths.abandoned is None else paths.abandoned), count),
            "mean_wait": ratio(total(paths.waits), count),
        }
        if threshold is not None:
            within, base = self._in_time(threshold, of)
            measured["service_level"] = ratio(total(within), total(base))
        columns = {}
        for name, (value, half) in measured.items():
            columns[name], columns[f"{name}_half_width"] = value, half
        return columns

    def _in_time(self, threshold: float, of: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        one_of("of", of, COUNTED)
        limit = one_amount("threshold", threshold, zero=True)
        soon = self._paths.waits <= limit
        if self._paths.abandoned is None:
            return soon, np.ones_like(soon)
        lost = self._paths.abandoned
        base = {"offered": np.ones_like(lost), "answered": ~lost}.get(of, ~(lost & soon))
        return soon & ~lost, base


def summarise(paths: Paths, *, no_shows: int) -> Simulation:
    """Make the result of what was simulated."""
    customers = int(np.diff(paths.offsets).sum() - paths.first.sum())
    if not customers:
        raise ValueError("nobody came in any replication, so there is nothing to measure. Simulate more, or longer.")
    if not paths.spans.sum() > 0:
        raise ValueError("all gaps between arrivals are 0, so no time passes. `interarrival` must draw times above 0.")
    return Simulation(
        metrics=measure(paths),
        replications=paths.first.size,
        customers=customers,
        no_shows=no_shows,
        _paths=paths,
    )


def _edges(interval: float | Sequence[float], until: float, last: float) -> Floats:
    edges: Floats = amount("interval", interval, zero=True)
    if edges.ndim == 0:
        if edges == 0 or max(until, last) / edges > 1_000_000:  # noqa: PLR2004 -- nobody reads a million rows
            raise ValueError(
                f"`interval` must be above zero and not tiny beside the time simulated ({max(until, last):g}), "
                f"got {interval!r}."
            )
        number = max(math.ceil(until / edges - 1e-9), math.floor(last / edges) + 1)
        return np.arange(number + 1, dtype=float) * float(edges)
    if edges.ndim != 1 or edges.size < 2 or not (np.diff(edges) > 0).all():  # noqa: PLR2004 -- from and to
        raise ValueError(f"`interval` must be a length, or at least two rising bounds, got {interval!r}.")
    return np.asarray(edges)
