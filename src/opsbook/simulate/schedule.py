"""What changes with the time of day: arrivals at a rate that varies or by appointment, and staff in shifts."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from operator import index
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from opsbook.queues.arguments import amount
from opsbook.simulate.distributions import Sampler, one_amount

__all__ = ["Arrivals", "Shifts", "appointments", "arrivals_by_rate", "arrivals_per_interval", "shifts"]

Floats = NDArray[np.float64]
_MOST = 100_000_000


@dataclass(frozen=True, eq=False)
class Arrivals:
    """Arrivals from time 0 to the time `until`, made by `arrivals_per_interval`, `arrivals_by_rate` or `appointments`.

    Attributes
    ----------
    kind : str
        What they are, in words.
    until : float
        When arrivals end: the end of the day that is simulated.
    expected : float
        Number of arrivals to expect by then, before no-shows; NaN where only a draw can tell.

    Examples
    --------
    >>> arrivals_per_interval([30, 60], interval=0.5)
    Arrivals(kind='a rate for each of 2 intervals', until=1.0, expected=45.0)
    """

    kind: str
    until: float
    expected: float
    _draw: Callable[[np.random.Generator], tuple[Floats, Floats | None]] = field(repr=False)

    def draw(self, rng: np.random.Generator) -> tuple[Floats, Floats | None]:
        """Draw one day's arrival times, in order, and for appointments the time at which each was due."""
        return self._draw(rng)


def arrivals_per_interval(rates: ArrayLike, *, interval: float) -> Arrivals:
    """Independent (Poisson) arrivals at a rate that is constant within each interval of the day.

    Parameters
    ----------
    rates : array_like
        One-dimensional: arrivals per unit of time in each interval, at least 0, not all 0. Divide counts by `interval`.
    interval : float
        Length of every interval, above 0.

    Returns
    -------
    Arrivals
        From time 0 until ``len(rates) * interval``.

    Raises
    ------
    TypeError, ValueError
        If rates or interval are not numbers in range.

    Notes
    -----
    The number in each interval is drawn from a Poisson distribution and its times uniformly, so the rate is followed
    exactly across every jump. (Drawing the next gap from the rate at the last arrival is not: after a quiet spell it
    sleeps through the start of a busy one.)

    Examples
    --------
    >>> morning = arrivals_per_interval([0, 120, 40], interval=0.5)
    >>> times, _ = morning.draw(np.random.default_rng(7))
    >>> bool(times.min() >= 0.5), bool(times.max() < 1.5)
    (True, True)
    """
    rate, step = amount("rates", rates, zero=True), one_amount("interval", interval)
    if rate.ndim != 1 or not rate.size or not rate.any():
        raise ValueError(
            f"`rates` must list a rate for each interval, at least one of them above zero, got {rates!r}. "
            "Give one day as one-dimensional data."
        )
    expected = rate * step
    _not_too_many(float(expected.sum()))

    def draw(rng: np.random.Generator) -> tuple[Floats, None]:
        counts = rng.poisson(expected)
        times = (np.repeat(np.arange(rate.size), counts) + rng.random(int(counts.sum()))) * step
        times.sort()
        return times, None

    return Arrivals(f"a rate for each of {rate.size} intervals", rate.size * step, float(expected.sum()), draw)


def arrivals_by_rate(rate: Callable[[Floats], ArrayLike], *, maximum: float, until: float) -> Arrivals:
    """Independent (Poisson) arrivals at a rate that is any function of time.

    Parameters
    ----------
    rate : callable
        Takes an array of times and returns the arrivals per unit of time at each of them, from 0 to `maximum`.
    maximum : float
        A bound on the rate, above 0. The closer, the faster.
    until : float
        When arrivals end, above 0.

    Returns
    -------
    Arrivals
        From time 0 until `until`.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range; while drawing, if `rate` returns anything but one number between 0 and
        `maximum` for each time.

    Notes
    -----
    By thinning: arrivals at the constant rate `maximum` are drawn, and each is kept with the probability
    ``rate(time) / maximum``. So the rate is followed at all times, however sharply it changes.

    References
    ----------
    Lewis, P. A. W., & Shedler, G. S. (1979). Simulation of nonhomogeneous Poisson processes by thinning. Naval Research
    Logistics Quarterly, 26(3), 403–413.

    Examples
    --------
    >>> day = arrivals_by_rate(lambda t: 50 + 40 * np.sin(t), maximum=90, until=10)
    >>> times, _ = day.draw(np.random.default_rng(7))
    >>> bool((np.diff(times) >= 0).all())
    True
    """
    if not callable(rate):
        raise TypeError(
            f"`rate` must be a function of time, got {rate!r}. Give a list of rates to `arrivals_per_interval` instead."
        )
    most, end = one_amount("maximum", maximum), one_amount("until", until)
    _not_too_many(most * end)

    def draw(rng: np.random.Generator) -> tuple[Floats, None]:
        times = rng.random(rng.poisson(most * end)) * end
        times.sort()
        rates = _rates(rate(times), times, most)
        return times[rng.random(times.size) * most < rates], None

    return Arrivals("a rate by a function of time", end, float("nan"), draw)


def appointments(times: ArrayLike, *, lateness: Sampler | None = None) -> Arrivals:
    """Let customers come by appointment, on the minute or with a lateness of their own.

    Without `lateness` this also replays arrivals that you recorded.

    Parameters
    ----------
    times : array_like
        One-dimensional: when each customer is due, at least 0, in any order.
    lateness : callable, optional
        A function ``(rng, size) -> array`` of how much later than due each customer comes; negative means early, as in
        ``lambda rng, size: rng.normal(-3, 5, size)``. Nobody comes before time 0, when the doors open. Without it
        everybody is on time.

    Returns
    -------
    Arrivals
        From time 0 until the last appointment.

    Raises
    ------
    TypeError, ValueError
        If `times` are not finite numbers of at least 0; while drawing, if `lateness` does not return one finite number
        for each.

    Notes
    -----
    Served in the order in which they come. Waits count from arrival, so somebody who comes early waits for that, too;
    the records of a simulation keep the time that was due in the column ``due``. No-shows are an option of
    `simulate_queue`.

    Examples
    --------
    >>> appointments([0, 20, 40, 60]).draw(np.random.default_rng(1))[0]
    array([ 0., 20., 40., 60.])
    """
    due = np.sort(amount("times", times, zero=True), axis=None)
    if np.ndim(times) != 1 or not due.size:
        raise ValueError(f"`times` must list at least one appointment, got {times!r}. Give one-dimensional data.")
    if lateness is not None and not callable(lateness):
        raise TypeError(f"`lateness` must be a function (rng, size) -> array, got {lateness!r}.")

    def draw(rng: np.random.Generator) -> tuple[Floats, Floats]:
        if lateness is None:
            return due, due
        came = np.maximum(due + finite("lateness", lateness(rng, due.size), due.size), 0.0)
        order = np.argsort(came, kind="stable")
        return came[order], due[order]

    return Arrivals(f"{due.size} appointments", float(due[-1]), float(due.size), draw)


@dataclass(frozen=True)
class Shifts:
    """How many servers are there in each interval of the day; made by `shifts`.

    Attributes
    ----------
    counts : tuple of int
        Servers in each interval. The last number holds until everybody has been served.
    interval : float
        Length of every interval.

    Examples
    --------
    >>> shifts([2, 5, 3], interval=0.5).server_time(1.0)
    3.5
    """

    counts: tuple[int, ...]
    interval: float

    def server_time(self, until: float) -> float:
        """Add up the time that servers are there from 0 to `until`."""
        starts = np.arange(len(self.counts)) * self.interval
        lengths = np.clip(until - starts, 0.0, self.interval)
        lengths[-1] = max(until - float(starts[-1]), 0.0)
        return float(lengths @ np.array(self.counts, dtype=float))


def shifts(counts: Iterable[int], *, interval: float) -> Shifts:
    """Give a number of servers that changes through the day, for the argument `servers` of `simulate_queue`.

    Parameters
    ----------
    counts : iterable of int
        Servers in each interval, at least 0, the last at least 1: it holds until everybody has been served.
    interval : float
        Length of every interval, above 0.

    Returns
    -------
    Shifts
        Where the number falls, the idle leave first, then whoever finishes next: nobody drops a customer.

    Raises
    ------
    TypeError, ValueError
        If the numbers are not whole or out of range.

    Examples
    --------
    >>> shifts([2, 5, 3], interval=0.5)
    Shifts(counts=(2, 5, 3), interval=0.5)
    """
    length = one_amount("interval", interval)
    try:
        numbers = tuple(index(count) for count in counts)
    except TypeError:
        raise TypeError(f"`counts` must be whole numbers, one for each interval, got {counts!r}.") from None
    if not numbers or min(numbers) < 0 or numbers[-1] < 1:
        raise ValueError(
            f"`counts` must be numbers of at least 0, and the last at least 1, got {numbers!r}. "
            "The last interval goes on until everybody has been served."
        )
    return Shifts(numbers, length)


def finite(name: str, drawn: Any, size: int, *, endless: bool = False) -> Floats:
    """Return what the function `name` has drawn as `size` finite floats, or with `endless` perhaps infinite ones."""
    try:
        values = np.asarray(drawn, dtype=float)
    except (TypeError, ValueError):
        raise TypeError(f"`{name}` must return numbers, got {drawn!r}. Return a NumPy array of floats.") from None
    if values.shape != (size,):
        raise ValueError(
            f"`{name}` must return one number for each of the {size} it is asked for, got shape {values.shape}. "
            "Pass `size` on to the generator, and return the array."
        )
    usable = np.isfinite(values) | (endless & (values == np.inf))
    if not usable.all():
        raise ValueError(
            f"`{name}` must return finite numbers, got {values[~usable][0]}. Mend or cut the distribution."
        )
    return values


def _rates(drawn: ArrayLike, times: Floats, most: float) -> Floats:
    if np.ndim(drawn) == 0:
        drawn = np.full(times.size, drawn)  # a constant rate is a function, too
    rates = finite("rate", drawn, times.size)
    wrong = (rates < 0) | (rates > most * (1 + 1e-12))
    if wrong.any():
        raise ValueError(
            f"`rate` must stay between 0 and `maximum` ({most:g}), got {rates[wrong][0]:g} at time "
            f"{times[wrong][0]:g}. Raise `maximum`, or mend the function."
        )
    return rates


def _not_too_many(expected: float) -> None:
    if expected > _MOST:
        raise ValueError(
            f"these rates make about {expected:.3g} arrivals a day, more than the {_MOST:.0e} that fit. "
            "Check the unit: rates are per unit of time, not per interval."
        )
