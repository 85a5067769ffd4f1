"""One record for every queue, whether a formula or a simulation filled it.

`QueueMetrics` says what each figure means; its kinds differ in where the figures come from: `Delay` for queues that
nobody leaves, `Impatient` for Erlang A, `Measured` for what a simulation counted.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from opsbook.queues.arguments import amount, broadcast, proportion
from opsbook.queues.erlang import Patience
from opsbook.validation import one_of

__all__ = ["COUNTED", "Delay", "Impatient", "Measured", "QueueMetrics"]

Floats = NDArray[np.float64]
Figure = float | Floats

_FIGURES = (
    "offered_load",
    "occupancy",
    "prob_wait",
    "prob_abandon",
    "throughput",
    "mean_wait",
    "mean_wait_answered",
    "mean_queue_length",
    "mean_time_in_system",
    "mean_in_system",
)
COUNTED = ("offered", "answered", "offered_less_short_abandons")
_NONE: Mapping[str, float] = MappingProxyType({})


class QueueMetrics(ABC):
    """The figures of one queue in the long run, or of an array of queues.

    Every model of `opsbook.queues` and every simulation returns this record, so that they can be compared figure by
    figure. Single numbers in give Python floats, arrays give arrays of the shape that they broadcast to. Times are in
    the unit of the mean service time, rates per that unit. The record cannot be changed; figures that are not asked
    for are not computed.

    Attributes
    ----------
    offered_load : float or ndarray
        Arrival rate × mean service time, in erlangs: the servers that would be busy if nobody ever waited or left.
    half_widths : mapping of str to float
        For a simulation, half the width of the 95 % confidence interval of each figure, by name; empty for a formula.

    Notes
    -----
    *Offered* customers are all who arrive; each of them is either *answered* (served) or *abandons* the queue. Without
    abandonment offered and answered are the same.

    Examples
    --------
    >>> from opsbook import queues
    >>> desk = queues.erlang_c(2, arrival_rate=9, mean_service_time=1 / 5)
    >>> round(desk.mean_queue_length, 5), round(desk.service_level(0.5), 3)
    (7.67368, 0.483)
    >>> desk
    QueueMetrics(offered_load=1.8, occupancy=0.9, prob_wait=0.852632, prob_abandon=0, throughput=9, mean_wait=0.852632,
    mean_wait_answered=0.852632, mean_queue_length=7.67368, mean_time_in_system=1.05263, mean_in_system=9.47368)
    """

    __slots__ = ()

    offered_load: Any

    @property
    def half_widths(self) -> Mapping[str, float]:
        """Half-widths of the 95 % confidence intervals by figure; empty for a formula."""
        return _NONE

    @property
    @abstractmethod
    def occupancy(self) -> Figure:
        """Busy time ÷ time present, of the servers, in [0, 1]; 1 where there are no servers."""

    @property
    @abstractmethod
    def prob_wait(self) -> Figure:
        """Customers who find all servers busy ÷ offered customers, in [0, 1]."""

    @property
    @abstractmethod
    def prob_abandon(self) -> Figure:
        """Customers who leave unserved ÷ offered customers, in [0, 1]."""

    @property
    @abstractmethod
    def throughput(self) -> Figure:
        """Customers served per unit of time."""

    @property
    @abstractmethod
    def mean_wait(self) -> Figure:
        """Mean time in the queue of all offered customers, of those who do not wait or who abandon too."""

    @property
    @abstractmethod
    def mean_wait_answered(self) -> Figure:
        """Mean time in the queue of the answered customers; infinite if none is ever answered."""

    @property
    @abstractmethod
    def mean_queue_length(self) -> Figure:
        """Mean number of customers in the queue, without those in service."""

    @property
    @abstractmethod
    def mean_time_in_system(self) -> Figure:
        """Mean time from arrival to departure of all offered customers; who abandons departs unserved."""

    @property
    @abstractmethod
    def mean_in_system(self) -> Figure:
        """Mean number of customers in the queue and in service."""

    def _offered(self) -> Figure:
        """Return all customers, as a share of themselves; a simulation returns their number, here and below."""
        return 1.0

    @abstractmethod
    def _answered(self) -> Figure:
        """Return the share of customers who are answered at all."""

    @abstractmethod
    def _answered_within(self, time: Floats) -> Figure:
        """Return the share of customers who are answered after at most `time`."""

    @abstractmethod
    def _waiting_after(self, time: Floats) -> Figure:
        """Return the share of customers who are still in the queue after `time`."""

    @abstractmethod
    def wait_quantile(self, p: ArrayLike, of: str = "offered") -> Figure:
        """Return the time in the queue that a share `p` of the customers does not exceed.

        Parameters
        ----------
        p : float or array_like
            A proportion in [0, 1]; broadcasts with the figures.
        of : str
            Whose time in the queue: ``"offered"``, all customers', as in `mean_wait` (who abandons has left the queue
            then), or ``"answered"``, as in `mean_wait_answered`.

        Returns
        -------
        float or ndarray
            The shortest such time; 0 if enough customers do not wait at all, infinite for ``p=1`` (a simulation gives
            the longest time that it saw).

        Raises
        ------
        TypeError, ValueError
            If `p` is not a proportion, or `of` is another word.

        Examples
        --------
        >>> from opsbook import queues
        >>> desk = queues.erlang_c(2, arrival_rate=9, mean_service_time=1 / 5)
        >>> round(desk.wait_quantile(0.9), 3)
        2.143
        """

    def service_level(self, threshold: ArrayLike, of: str = "offered") -> Figure:
        """Return the share of customers answered within the threshold.

        Parameters
        ----------
        threshold : float or array_like
            The longest wait that counts as good, at least 0; broadcasts with the figures.
        of : str
            What the answered within the threshold are divided by: ``"offered"``, all customers, so that who abandons
            early counts as missed; ``"answered"``, the served; ``"offered_less_short_abandons"``, all customers but
            those who abandon within the threshold.

        Returns
        -------
        float or ndarray
            A proportion in [0, 1]; 0 if there is nobody to divide by.

        Raises
        ------
        TypeError, ValueError
            If `threshold` is not a time, or `of` is another word.

        Examples
        --------
        >>> from opsbook import queues
        >>> centre = queues.erlang_a(4, arrival_rate=2, mean_service_time=2, mean_patience=3)
        >>> for of in ("offered", "answered", "offered_less_short_abandons"):
        ...     print(of, round(centre.service_level(0.5, of=of), 3))
        offered 0.55
        answered 0.667
        offered_less_short_abandons 0.598
        """
        one_of("of", of, COUNTED)
        time = amount("threshold", threshold, zero=True)
        good = self._answered_within(time)
        if of == "offered":
            rest = self._offered()
        else:
            rest = self._answered() if of == "answered" else good + self._waiting_after(time)
        shape = np.broadcast_shapes(np.shape(good), np.shape(rest))
        share = np.divide(good, rest, out=np.zeros(shape), where=np.asarray(rest) > 0)
        return _plain(np.minimum(share, 1.0))

    def __repr__(self) -> str:
        with np.printoptions(precision=6, threshold=6):
            figures = ", ".join(f"{name}={_shown(getattr(self, name))}" for name in _FIGURES)
        widths = f", half_widths={dict(self.half_widths)}" if self.half_widths else ""
        return f"QueueMetrics({figures}{widths})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Delay(QueueMetrics):
    """A queue that nobody leaves: who waits, waits for an exponential time of mean `mean_delay`."""

    servers: Any
    arrival_rate: Any
    mean_service_time: Any
    offered_load: Any
    prob_wait: Any = field()
    prob_no_wait: Any = field()
    mean_delay: Any = field()

    @property
    def occupancy(self) -> Figure:
        """See `QueueMetrics.occupancy`."""
        return _plain(np.where(self.offered_load < self.servers, self.offered_load / np.maximum(self.servers, 1), 1.0))

    @property
    def prob_abandon(self) -> Figure:
        """See `QueueMetrics.prob_abandon`."""
        return _plain(np.zeros(np.shape(self.offered_load)))

    @property
    def throughput(self) -> Figure:
        """See `QueueMetrics.throughput`."""
        return _plain(
            np.where(self.offered_load < self.servers, self.arrival_rate, self.servers / self.mean_service_time)
        )

    @property
    def mean_wait(self) -> Figure:
        """See `QueueMetrics.mean_wait`."""
        return _plain(_times(self.prob_wait, self.mean_delay))

    @property
    def mean_wait_answered(self) -> Figure:
        """See `QueueMetrics.mean_wait_answered`."""
        return self.mean_wait

    @property
    def mean_queue_length(self) -> Figure:
        """See `QueueMetrics.mean_queue_length`."""
        return _plain(_times(self.arrival_rate, self.mean_wait))

    @property
    def mean_time_in_system(self) -> Figure:
        """See `QueueMetrics.mean_time_in_system`."""
        return _plain(self.mean_wait + self.mean_service_time)

    @property
    def mean_in_system(self) -> Figure:
        """See `QueueMetrics.mean_in_system`."""
        return _plain(self.mean_queue_length + np.minimum(self.offered_load, self.servers))

    def service_level(self, threshold: ArrayLike, of: str = "offered") -> Figure:
        """See `QueueMetrics.service_level`."""
        # Nobody abandons, so all three ways to count are one.
        time: Any = threshold
        if (
            (type(time) is float or type(time) is int)
            and type(self.mean_delay) is float
            and 0 <= time < math.inf
            and self.mean_delay > 0
            and of in COUNTED
        ):
            return min(float(self.prob_no_wait - self.prob_wait * math.expm1(-time / self.mean_delay)), 1.0)
        return QueueMetrics.service_level(self, threshold, of)

    def _answered_within(self, time: Floats) -> Figure:
        broadcast(threshold=time, servers=np.asarray(self.servers))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            decayed = np.where(np.asarray(self.mean_delay) > 0, -np.expm1(-time / self.mean_delay), 1.0)
        return np.asarray(np.minimum(self.prob_no_wait + self.prob_wait * decayed, 1.0))

    def _waiting_after(self, time: Floats) -> Figure:
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            kept = np.where(np.asarray(self.mean_delay) > 0, np.exp(-time / self.mean_delay), 0.0)
        return np.asarray(self.prob_wait * kept)

    def _answered(self) -> Figure:
        # Where the load is too high the queue grows without end, and the share answered in finite time is 0.
        return np.where(np.isfinite(self.mean_delay), 1.0, 0.0)

    def wait_quantile(self, p: ArrayLike, of: str = "offered") -> Figure:
        """See `QueueMetrics.wait_quantile`."""
        one_of("of", of, COUNTED[:2])
        share = proportion("p", p)
        broadcast(p=share, servers=np.asarray(self.servers))
        with np.errstate(divide="ignore", invalid="ignore"):
            folds = np.maximum(np.log(self.prob_wait / (1.0 - share)), 0.0)
        folds = np.where(share < 1, folds, np.where(np.asarray(self.prob_wait) > 0, math.inf, 0.0))
        return _plain(_times(folds, self.mean_delay))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Impatient(QueueMetrics):
    """Erlang A.

    Attributes
    ----------
    loss, spare : float or ndarray
        Blocking probability of the same servers without a queue, and 1 - `loss`.
    total : float or ndarray
        What turns the weights of `opsbook.queues.erlang.Patience` into probabilities.
    share_answered : float or ndarray
        Answered ÷ offered customers.
    """

    servers: Any
    arrival_rate: Any
    mean_service_time: Any
    mean_patience: Any
    offered_load: Any
    loss: Any
    spare: Any
    total: Any
    share_answered: Any
    prob_wait: Any = field()
    mean_wait: Any = field()
    mean_wait_answered: Any = field()

    @property
    def occupancy(self) -> Figure:
        """See `QueueMetrics.occupancy`."""
        busy = self.offered_load * self.share_answered / np.maximum(self.servers, 1)
        return _plain(np.where(np.asarray(self.servers) > 0, np.minimum(busy, 1.0), 1.0))

    @property
    def prob_abandon(self) -> Figure:
        """See `QueueMetrics.prob_abandon`."""
        return _plain(np.minimum(self.mean_wait / self.mean_patience, 1.0))

    @property
    def throughput(self) -> Figure:
        """See `QueueMetrics.throughput`."""
        return _plain(self.arrival_rate * self.share_answered)

    @property
    def mean_queue_length(self) -> Figure:
        """See `QueueMetrics.mean_queue_length`."""
        return _plain(self.arrival_rate * self.mean_wait)

    @property
    def mean_time_in_system(self) -> Figure:
        """See `QueueMetrics.mean_time_in_system`."""
        return _plain(self.mean_wait + self.share_answered * self.mean_service_time)

    @property
    def mean_in_system(self) -> Figure:
        """See `QueueMetrics.mean_in_system`."""
        return _plain(self.mean_queue_length + self.offered_load * self.share_answered)

    def _answered(self) -> Floats:
        return np.asarray(self.share_answered)

    def _answered_within(self, time: Floats) -> Floats:
        cells, at, shape = self._cells("threshold", time)
        return np.asarray(cells.answered_within(at).reshape(shape))

    def _waiting_after(self, time: Floats) -> Floats:
        cells, at, shape = self._cells("threshold", time)
        return np.asarray(cells.waiting_after(at).reshape(shape))

    def wait_quantile(self, p: ArrayLike, of: str = "offered") -> Figure:
        """See `QueueMetrics.wait_quantile`."""
        one_of("of", of, COUNTED[:2])
        cells, share, shape = self._cells("p", proportion("p", p))
        if of == "offered":
            times = _first(lambda time: cells.waiting_after(time) <= 1 - share, share < 1)
        else:
            served = cells.answered_within(np.full_like(share, np.finfo(float).max))
            times = _first(lambda time: cells.answered_within(time) >= share * served, (share < 1) & (served > 0))
        return _plain(np.where(share > 0, times, 0.0).reshape(shape))

    def _cells(self, name: str, figure: Floats) -> tuple["_Cells", Floats, tuple[int, ...]]:
        """Stretch the queues and an argument of that name to one dimension; return the shape they had together too."""
        names = ("servers", "offered_load", "mean_service_time", "mean_patience", "loss", "spare", "total")
        own = {name: np.asarray(getattr(self, name), dtype=float) for name in names}
        *full, argument = broadcast(**own, **{name: figure})
        flat = [cell.reshape(-1) for cell in full]
        return _Cells(Patience(*flat[:4]), *flat[4:]), argument.reshape(-1), argument.shape


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """An array of Erlang A queues, stretched to one dimension."""

    law: Patience
    loss: Floats
    spare: Floats
    total: Floats

    def answered_within(self, time: Floats) -> Floats:
        at_once = self.spare * self.law.at_start()
        return np.asarray(np.minimum((at_once + self.law.servers * self.loss * self.law.until(time)) / self.total, 1.0))

    def waiting_after(self, time: Floats) -> Floats:
        return np.asarray(np.minimum(self.loss * self.law.still(time) / self.total, 1.0))


def _first(reached: Callable[[Floats], NDArray[np.bool_]], ever: NDArray[np.bool_]) -> Floats:
    """Return the smallest times at which `reached` holds; infinite where that is not so `ever`."""
    low = np.zeros(ever.shape)
    settled = ~ever | reached(low)
    high = np.where(settled, 0.0, 1.0)
    while (short := ~(settled | reached(high))).any():
        low, high = np.where(short, high, low), np.where(short, 2 * high, high)
    while True:
        middle = (low + high) / 2
        if ((middle <= low) | (middle >= high)).all():
            return np.where(ever, high, math.inf)
        there = reached(middle)
        low, high = np.where(there, low, middle), np.where(there, middle, high)


@dataclass(frozen=True, slots=True, eq=False, repr=False, kw_only=True)
class Measured(QueueMetrics):
    """What a simulation counted: its figures, half-widths, and the waits behind them.

    Attributes
    ----------
    answered, abandoned : ndarray of float, or function without arguments that returns one
        Times in the queue of the customers who were answered, and of those who abandoned (empty if nobody did), in
        any order. They are asked for and sorted only when a service level or a quantile needs them.
    """

    offered_load: Any
    occupancy: Any = field()
    prob_wait: Any = field()
    prob_abandon: Any = field()
    throughput: Any = field()
    mean_wait: Any = field()
    mean_wait_answered: Any = field()
    mean_queue_length: Any = field()
    mean_time_in_system: Any = field()
    mean_in_system: Any = field()
    half_widths: Mapping[str, float] = field()
    answered: Floats | Callable[[], Floats] = field()
    abandoned: Floats | Callable[[], Floats] = field()
    _waits: list[Floats] = field(init=False, default_factory=list)

    def _sorted(self) -> list[Floats]:
        if not self._waits:
            for waits in (self.answered, self.abandoned):
                self._waits.append(np.sort(waits() if callable(waits) else waits))
        return self._waits

    def _offered(self) -> Figure:
        return float(sum(len(waits) for waits in self._sorted()))

    def _answered(self) -> Figure:
        return float(len(self._sorted()[0]))

    def _answered_within(self, time: Floats) -> Floats:
        return np.searchsorted(self._sorted()[0], time, side="right").astype(float)

    def _waiting_after(self, time: Floats) -> Floats:
        gone = sum(np.searchsorted(waits, time, side="right") for waits in self._sorted())
        return np.asarray(self._offered() - gone)

    def wait_quantile(self, p: ArrayLike, of: str = "offered") -> Figure:
        """See `QueueMetrics.wait_quantile`."""
        one_of("of", of, COUNTED[:2])
        share = proportion("p", p)
        answered, abandoned = self._sorted()
        waits = answered if of == "answered" else np.concatenate([answered, abandoned])
        if not len(waits):
            return _plain(np.full(share.shape, math.inf))
        return _plain(np.asarray(np.quantile(waits, share, method="inverted_cdf")))


def _plain(figure: Any) -> Figure:
    """Return a Python float for a single number, and an array otherwise."""
    return float(figure) if np.ndim(figure) == 0 else np.asarray(figure)


def _times(factor: Any, unbounded: Any) -> Floats:
    """Return the product, and 0 where either factor is 0, even if the other is infinite."""
    shape = np.broadcast(factor, unbounded).shape
    both = (np.asarray(factor) > 0) & (np.asarray(unbounded) > 0)
    return np.asarray(np.multiply(factor, unbounded, out=np.zeros(shape), where=both))


def _shown(figure: Any) -> str:
    return f"{figure:.6g}" if np.ndim(figure) == 0 else repr(figure)
