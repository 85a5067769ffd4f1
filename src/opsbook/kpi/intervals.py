"""Intervals: how far the truth may lie from a figure that rests on so many cases."""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from opsbook.validation import between, nonnegative, one_of, whole_number

__all__ = ["Interval", "nps_interval", "quantile_interval", "wilson", "z_value"]

Floats = NDArray[np.float64]
_LEAST_LEVEL, _MOST_LEVEL = 0.5, 0.9999


@dataclass(frozen=True)
class Interval:
    """An estimate and its limits, as numbers or as arrays of one shape.

    Attributes
    ----------
    estimate, low, high : float or array
        ``low`` ≤ ``estimate`` ≤ ``high``; NaN where there is nothing to make them of.
    level : float
        The share of such intervals that hold the truth, in the long run.
    method : str
        How they were computed.

    Examples
    --------
    >>> wilson(81, 263).level
    0.95
    """

    estimate: float | Floats
    low: float | Floats
    high: float | Floats
    level: float
    method: str


def z_value(level: float) -> float:
    """Return how many standard errors a two-sided normal interval of `level` reaches to each side."""
    return NormalDist().inv_cdf(0.5 + float(between("level", level, _LEAST_LEVEL, _MOST_LEVEL)) / 2)


def plain(values: Floats) -> float | Floats:
    """Return a number for a number and an array for an array."""
    return float(values) if np.ndim(values) == 0 else values


def score_limits(x: Any, n: Any, z: float) -> tuple[Any, Any]:
    """Return the limits of Wilson's interval for `x` of `n`, arrays or expressions; at 0 and `n` only to rounding."""
    p = x / n
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * (p * (1 - p) / n + z**2 / (4 * n * n)) ** 0.5 / (1 + z**2 / n)
    return middle - half, middle + half


def wilson(successes: ArrayLike, trials: ArrayLike, *, level: float = 0.95) -> Interval:
    r"""Interval of a proportion by Wilson's score method.

    With :math:`p` = successes ÷ trials, :math:`n` trials and the normal quantile :math:`z`, the limits are

    .. math:: \frac{p + \frac{z^2}{2n} \pm z\sqrt{\frac{p(1-p)}{n} + \frac{z^2}{4n^2}}}{1 + \frac{z^2}{n}}

    Parameters
    ----------
    successes, trials : number or array
        Counts, at least 0, ``successes`` ≤ ``trials``.
    level : float
        Confidence, in [0.5, 0.9999].

    Returns
    -------
    Interval
        In [0, 1]; NaN where there are no trials.

    Raises
    ------
    ValueError
        If a count is negative, there are more successes than trials, or `level` is out of range.

    Notes
    -----
    The trials are independent and have one probability. Unlike the textbook's p ± z√(p(1 − p)/n) the interval stays
    in [0, 1] and is of use with few trials, and with none or all of them successful.

    References
    ----------
    Newcombe, R. G. (1998). Two-sided confidence intervals for the single proportion: Comparison of seven methods.
    Statistics in Medicine, 17(8), 857–872. (Method 3.)

    Examples
    --------
    >>> interval = wilson(81, 263)
    >>> round(interval.low, 4), round(interval.high, 4)
    (0.2553, 0.3662)
    """
    x, n = np.broadcast_arrays(nonnegative("successes", successes), nonnegative("trials", trials))
    if (x > n).any():
        raise ValueError(f"`successes` must not exceed `trials`, got {successes!r} of {trials!r}.")
    z = z_value(level)
    with np.errstate(invalid="ignore", divide="ignore"):
        low, high = score_limits(x, n, z)
        p = np.asarray(x / n)
    low = np.where((x == 0) & (n > 0), 0.0, low)
    high = np.where((x == n) & (n > 0), 1.0, high)
    return Interval(plain(p), plain(low), plain(high), level, "Wilson")


def nps_interval(
    promoters: int,
    passives: int,
    detractors: int,
    *,
    level: float = 0.95,
    method: str = "normal",
    resamples: int = 10_000,
    rng: np.random.Generator | None = None,
) -> Interval:
    r"""Interval of a net promoter score.

    With the shares :math:`p` of promoters and :math:`d` of detractors among :math:`n` answers, the standard error is
    :math:`100 \sqrt{(p + d - (p - d)^2) / n}`.

    Parameters
    ----------
    promoters, passives, detractors : int
        Counts of answers, at least 0.
    level : float
        Confidence, in [0.5, 0.9999].
    method : str
        ``"normal"`` for the formula, ``"bootstrap"`` for percentiles of scores drawn again from these answers.
    resamples : int
        Draws of the bootstrap.
    rng : numpy.random.Generator, optional
        Where the draws come from; the bootstrap needs it.

    Returns
    -------
    Interval
        Points in [−100, 100]; NaN without answers.

    Raises
    ------
    ValueError
        If a count is negative or `method` is another word.
    TypeError
        If a count is not whole, or the bootstrap gets no `rng`.

    Notes
    -----
    The answers are independent. With few of them, or all alike, both methods are too sure: if everybody is a
    promoter, either gives an interval without width.

    Examples
    --------
    >>> score = nps_interval(50, 30, 20)
    >>> score.estimate, round(score.high - score.estimate, 1)
    (30.0, 15.3)
    """
    names = ("promoters", "passives", "detractors")
    counts = [
        whole_number(name, count, least=0) for name, count in zip(names, (promoters, passives, detractors), strict=True)
    ]
    one_of("method", method, ("normal", "bootstrap"))
    z, answers = z_value(level), sum(counts)
    if not answers:
        return Interval(np.nan, np.nan, np.nan, level, method)
    for_, _, against = (count / answers for count in counts)
    score = 100 * for_ - 100 * against
    if method == "normal":
        error = 100 * np.sqrt(max(for_ + against - (for_ - against) ** 2, 0) / answers)
        low, high = max(score - z * error, -100), min(score + z * error, 100)
    else:
        if not isinstance(rng, np.random.Generator):
            raise TypeError(f"`rng` must be a random generator, got {rng!r}. Pass `numpy.random.default_rng(seed)`.")
        draws = rng.multinomial(answers, np.array(counts) / answers, whole_number("resamples", resamples))
        scores = 100 * (draws[:, 0] - draws[:, 2]) / answers
        low, high = np.quantile(scores, [(1 - level) / 2, (1 + level) / 2])
    return Interval(score, float(low), float(high), level, method)


def quantile_interval(values: ArrayLike, q: float, *, level: float = 0.95) -> Interval:
    """Interval of a quantile, such as a median wait, from the order of the values alone.

    Parameters
    ----------
    values : array
        Observations; missing ones (NaN) are left out.
    q : float
        Which quantile, in [0, 1]: 0.5 for the median, 0.9 for what nine in ten stay below.
    level : float
        Least confidence, in [0.5, 0.9999].

    Returns
    -------
    Interval
        In the unit of `values`. A limit is NaN where there are too few values to set one.

    Raises
    ------
    ValueError
        If `q` or `level` is out of range, or a value is infinite.

    Notes
    -----
    The number of values below the true quantile is binomial, whatever the distribution, so two of the ordered values
    make limits that hold at least `level`. The estimate interpolates between ordered values.

    References
    ----------
    David, H. A., & Nagaraja, H. N. (2003). Order statistics (3rd ed.), section 7.1. Wiley.

    Examples
    --------
    >>> interval = quantile_interval([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.5)
    >>> interval.low, interval.estimate, interval.high
    (2.0, 5.5, 9.0)
    """
    from scipy.stats import binom  # noqa: PLC0415 - loaded only here

    q = float(between("q", q, 0, 1))
    z_value(level)
    numbers = np.asarray(values, dtype=float).ravel()
    numbers = np.sort(numbers[~np.isnan(numbers)])
    if np.isinf(numbers).any():
        raise ValueError("`values` must be finite, got an infinite one. Remove it first.")
    count = len(numbers)
    if not count:
        return Interval(np.nan, np.nan, np.nan, level, "order statistics")
    tail = (1 - level) / 2
    below = binom.cdf(np.arange(-1, count + 1), count, q)  # below[k] is the chance of fewer than k values under it
    lower = np.flatnonzero(below[1 : count + 1] <= tail)
    upper = np.flatnonzero(1 - below[1 : count + 1] <= tail)
    return Interval(
        float(np.quantile(numbers, q)),
        float(numbers[lower[-1]]) if lower.size else np.nan,
        float(numbers[upper[0]]) if upper.size else np.nan,
        level,
        "order statistics",
    )
