"""Named distributions of times for the simulator; each knows its mean and its squared coefficient of variation.

A distribution is called with a generator and a size and returns that many times, so any function that does the same
may stand in its place: ``lambda rng, size: rng.triangular(2, 3, 7, size)``.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from opsbook.queues.arguments import amount

__all__ = [
    "Distribution",
    "Sampler",
    "deterministic",
    "empirical",
    "erlang",
    "exponential",
    "gamma",
    "hyperexponential",
    "lognormal",
    "one_amount",
    "uniform",
]

Sampler: TypeAlias = Callable[[np.random.Generator, int], ArrayLike]
"""Takes a random generator and a number, and returns as many times, at least 0: any such function can be simulated."""


@dataclass(frozen=True, eq=False)
class Distribution:
    """A distribution of times that can be sampled: ``distribution(rng, size)`` returns an array of `size` times.

    Make one with `exponential`, `gamma` and the other functions of this module.

    Attributes
    ----------
    name : str
        What it is called, such as ``"gamma"``.
    mean : float
        Mean time, at least 0, in the unit that you use everywhere else.
    scv : float
        Squared coefficient of variation, variance ÷ mean², at least 0: 0 for a constant, 1 for the exponential.

    Examples
    --------
    >>> exponential(4.0)
    Distribution(name='exponential', mean=4.0, scv=1.0)
    >>> exponential(4.0)(np.random.default_rng(1), 3).shape
    (3,)
    """

    name: str
    mean: float
    scv: float
    _draw: Callable[[np.random.Generator, int], NDArray[np.float64]] = field(repr=False)

    _fill: Callable[[np.random.Generator, NDArray[np.float64]], None] | None = field(default=None, repr=False)

    def __call__(self, rng: np.random.Generator, size: int) -> NDArray[np.float64]:
        """Draw `size` times from `rng`."""
        return self._draw(rng, size)

    def fill(self, rng: np.random.Generator, out: NDArray[np.float64]) -> None:
        """Draw the same times into an array that is there already."""
        if self._fill is None:
            out[:] = self._draw(rng, out.size)
        else:
            self._fill(rng, out)


def one_amount(name: str, value: float, *, zero: bool = False) -> float:
    """Return `value` as one finite float above zero, or from zero if `zero`."""
    number = amount(name, value, zero=zero)
    if number.ndim:
        raise TypeError(f"`{name}` must be one number, got {value!r}. Call once for each.")
    return float(number)


def exponential(mean: float) -> Distribution:
    """Exponential times: memoryless, scv 1; the gaps between customers who come independently at a steady rate.

    Parameters
    ----------
    mean : float
        Mean time, above 0.

    Returns
    -------
    Distribution
        With density ``exp(-t / mean) / mean``.

    Raises
    ------
    TypeError, ValueError
        If `mean` is not one finite number above 0.

    Examples
    --------
    >>> exponential(4.0).scv
    1.0
    """
    mean = one_amount("mean", mean)

    def fill(rng: np.random.Generator, out: NDArray[np.float64]) -> None:
        rng.standard_exponential(out=out)
        np.multiply(out, mean, out=out)

    def draw(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
        times = np.empty(size)
        fill(rng, times)
        return times

    return Distribution("exponential", mean, 1.0, draw, fill)


def deterministic(value: float) -> Distribution:
    """Take the same time always: scv 0, as from a machine or a strict timetable.

    Parameters
    ----------
    value : float
        The time, at least 0.

    Returns
    -------
    Distribution
        Draws nothing from the generator.

    Raises
    ------
    TypeError, ValueError
        If `value` is not one finite number of at least 0.

    Examples
    --------
    >>> deterministic(5)(np.random.default_rng(1), 2)
    array([5., 5.])
    """
    value = one_amount("value", value, zero=True)
    return Distribution("deterministic", value, 0.0, lambda _, size: np.full(size, value))


def gamma(mean: float, scv: float) -> Distribution:
    """Gamma times with a mean and a variability of your choice; the exponential at scv 1, steadier below.

    Parameters
    ----------
    mean : float
        Mean time, above 0.
    scv : float
        Squared coefficient of variation, above 0: shape ``1 / scv``, scale ``mean * scv``.

    Returns
    -------
    Distribution
        For `scv` 0 take `deterministic`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not one finite number above 0.

    Examples
    --------
    >>> gamma(4.0, scv=0.5)
    Distribution(name='gamma', mean=4.0, scv=0.5)
    """
    mean, scv = one_amount("mean", mean), one_amount("scv", scv)
    return Distribution("gamma", mean, scv, lambda rng, size: rng.gamma(1 / scv, mean * scv, size))


def erlang(mean: float, phases: int) -> Distribution:
    """Erlang times: the sum of several exponential phases of equal mean, one after another; scv ``1 / phases``.

    Parameters
    ----------
    mean : float
        Mean time of all phases together, above 0.
    phases : int
        Number of phases, at least 1.

    Returns
    -------
    Distribution
        The exponential for one phase, ever steadier with more.

    Raises
    ------
    TypeError, ValueError
        If `mean` is not one finite number above 0, or `phases` not a whole number of at least 1.

    Examples
    --------
    >>> erlang(6.0, phases=3)
    Distribution(name='erlang', mean=6.0, scv=0.3333333333333333)
    """
    mean, number = one_amount("mean", mean), one_amount("phases", phases)
    if number != round(number):
        raise ValueError(f"`phases` must be a whole number of at least 1, got {phases!r}. `gamma` takes others.")
    return Distribution("erlang", mean, 1 / number, lambda rng, size: rng.gamma(number, mean / number, size))


def lognormal(mean: float, scv: float) -> Distribution:
    """Lognormal times: many near the middle and a long tail to the right, as call and treatment times often are.

    Parameters
    ----------
    mean : float
        Mean of the times themselves (not of their logarithms), above 0.
    scv : float
        Their squared coefficient of variation, above 0.

    Returns
    -------
    Distribution
        Logarithms have variance ``log(1 + scv)`` and mean ``log(mean)`` less half of it.

    Raises
    ------
    TypeError, ValueError
        If an argument is not one finite number above 0.

    References
    ----------
    Brown, L., Gans, N., Mandelbaum, A., Sakov, A., Shen, H., Zeltyn, S., & Zhao, L. (2005). Statistical analysis of a
    telephone call center: A queueing-science perspective. Journal of the American Statistical Association, 100(469),
    36–50: service times of a bank's call centre.

    Examples
    --------
    >>> lognormal(4.0, scv=1.5)
    Distribution(name='lognormal', mean=4.0, scv=1.5)
    """
    mean, scv = one_amount("mean", mean), one_amount("scv", scv)
    variance = math.log1p(scv)
    location, spread = math.log(mean) - variance / 2, math.sqrt(variance)
    return Distribution("lognormal", mean, scv, lambda rng, size: rng.lognormal(location, spread, size))


def hyperexponential(mean: float, scv: float) -> Distribution:
    """Hyperexponential times: a mixture of a short and a long exponential, more variable than either; scv above 1.

    Parameters
    ----------
    mean : float
        Mean time, above 0.
    scv : float
        Squared coefficient of variation, at least 1.

    Returns
    -------
    Distribution
        With *balanced means*: both kinds of customer bring the same total work. The short kind has the share
        ``p = (1 + sqrt((scv - 1) / (scv + 1))) / 2`` and the mean ``mean / (2 p)``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not one finite number, `mean` not above 0 or `scv` below 1.

    References
    ----------
    Whitt, W. (1982). Approximating a point process by a renewal process, I: Two basic methods. Operations Research,
    30(1), 125–147: the fit with balanced means.

    Examples
    --------
    >>> hyperexponential(4.0, scv=3)
    Distribution(name='hyperexponential', mean=4.0, scv=3.0)
    """
    mean, scv = one_amount("mean", mean), one_amount("scv", scv)
    if scv < 1:
        raise ValueError(f"`scv` of a hyperexponential must be at least 1, got {scv:g}. Take `gamma` below 1.")
    share = (1 + math.sqrt((scv - 1) / (scv + 1))) / 2
    short, long = mean / (2 * share), mean / (2 * (1 - share))

    def draw(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
        return np.where(rng.random(size) < share, short, long) * rng.standard_exponential(size)

    return Distribution("hyperexponential", mean, scv, draw)


def uniform(low: float, high: float) -> Distribution:
    """Spread times evenly between two bounds.

    Parameters
    ----------
    low, high : float
        Bounds, with ``0 <= low <= high`` and `high` above 0.

    Returns
    -------
    Distribution
        Mean ``(low + high) / 2``.

    Raises
    ------
    TypeError, ValueError
        If a bound is not one finite number, or out of order.

    Examples
    --------
    >>> uniform(2, 10).mean
    6.0
    """
    low, high = one_amount("low", low, zero=True), one_amount("high", high)
    if low > high:
        raise ValueError(f"`low` must not exceed `high`, got {low:g} and {high:g}. Swap them.")
    mean = (low + high) / 2
    scv = (high - low) ** 2 / 12 / mean**2
    return Distribution("uniform", mean, scv, lambda rng, size: rng.uniform(low, high, size))


def empirical(values: ArrayLike) -> Distribution:
    """Draw again, with replacement, from times that you measured.

    Parameters
    ----------
    values : array_like
        One-dimensional, at least one measured time, none below 0 or missing.

    Returns
    -------
    Distribution
        Every measured time has the same chance. Their order, and with it any dependence between neighbours, is lost.

    Raises
    ------
    TypeError, ValueError
        If `values` is empty, not one-dimensional, or holds anything but finite times of at least 0.

    Examples
    --------
    >>> empirical([3, 4, 4, 9])
    Distribution(name='empirical', mean=5.0, scv=0.22)
    """
    times = amount("values", values, zero=True).copy()
    if times.ndim != 1 or not times.size:
        raise ValueError(
            f"`values` must be a list of at least one measured time, got shape {times.shape}. "
            "Give one column of one-dimensional data."
        )
    mean = float(times.mean())
    scv = float(times.var()) / mean**2 if mean else 0.0
    return Distribution("empirical", mean, scv, lambda rng, size: times[rng.integers(times.size, size=size)])
