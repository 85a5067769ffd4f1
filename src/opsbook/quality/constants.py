"""The constants of control charts, computed: what range and standard deviation are in samples from a normal law."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from opsbook.validation import whole_number

__all__ = ["ControlConstants", "control_constants"]

_FAR = 13.0  # standard deviations beyond which a normal density adds nothing to 16 digits
_STEP = 1 / 32
_NODES = 200
_MOST = 1_000_000


@dataclass(frozen=True)
class ControlConstants:
    """The constants for subgroups of one size, with limits three standard errors from the centre.

    Attributes
    ----------
    n : int
        Observations in a subgroup.
    d2, d3 : float
        Mean and standard deviation of the range of n observations, in process standard deviations: sigma is R̄ / d2.
    c4 : float
        Mean of their standard deviation, likewise: sigma is S̄ / c4.
    A2, A3 : float
        Limits of the mean: X̄ ± A2 · R̄, or X̄ ± A3 · S̄.
    B3, B4 : float
        Limits of the standard deviation: B3 · S̄ and B4 · S̄.
    D3, D4 : float
        Limits of the range: D3 · R̄ and D4 · R̄.

    Examples
    --------
    >>> pairs = control_constants(2)
    >>> round(pairs.d2, 6), pairs.D3
    (1.128379, 0.0)
    """

    n: int
    d2: float
    d3: float
    c4: float
    A2: float
    A3: float
    B3: float
    B4: float
    D3: float
    D4: float


def upper_tail(z: float) -> float:
    """Return the probability of a standard normal value above `z`."""
    return 0.5 * math.erfc(z / math.sqrt(2))


@cache
def range_moments(n: int) -> tuple[float, float]:
    """Return the mean and the standard deviation of the range of n standard normal observations."""
    from scipy.special import ndtr  # noqa: PLC0415 - only constants need it

    across = np.arange(-_FAR, _FAR + _STEP, _STEP)
    mean = _STEP * float(np.sum(1 - ndtr(across) ** n - ndtr(-across) ** n))
    # E[W²] = ∫ 2 w P(W > w) dw with P(W ≤ w) = n ∫ φ(x) (Φ(x + w) - Φ(x))^(n - 1) dx. The sum over x is a trapezium
    # rule on an analytic function that vanishes at both ends, and so exact but for rounding.
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    wide = _FAR * (nodes + 1)
    density = n * _STEP * np.exp(-(across**2) / 2) / math.sqrt(2 * math.pi)
    within = ndtr(across + wide[:, None]) - ndtr(across)
    beyond = 1 - within ** (n - 1) @ density
    square = _FAR * float(np.sum(weights * 2 * wide * beyond))
    return mean, math.sqrt(square - mean**2)


@cache
def mean_deviation(n: int) -> float:
    """Return c4, the mean of the standard deviation (divisor n - 1) of n standard normal observations."""
    return math.sqrt(2 / (n - 1)) * math.exp(math.lgamma(n / 2) - math.lgamma((n - 1) / 2))


def control_constants(n: int) -> ControlConstants:
    r"""Return the constants of control charts for subgroups of `n` observations.

    .. math:: d_2 = \int_{-\infty}^{\infty} 1 - \Phi(x)^n - (1 - \Phi(x))^n \, dx

    .. math:: c_4 = \sqrt{\tfrac{2}{n - 1}} \; \Gamma(\tfrac n2) \,/\, \Gamma(\tfrac{n - 1}2)

    Parameters
    ----------
    n : int
        Observations in a subgroup, at least 2 and at most a million.

    Returns
    -------
    ControlConstants

    Raises
    ------
    TypeError
        If `n` is not a whole number.
    ValueError
        If `n` is below 2 or above a million.

    Notes
    -----
    Nothing is read from a table: d2 and d3 are integrals, c4 is a ratio of gamma functions, right to 9 digits and more.
    The others follow: A2 = 3 / (d2 √n), A3 = 3 / (c4 √n), D3 and D4 = 1 ∓ 3 d3 / d2, B3 and B4 = 1 ∓ 3 √(1 - c4²) / c4,
    and what would be below 0 is 0. Printed tables often take the last four from rounded d2 and d3, so that their third
    decimal may differ by one. All of them hold for independent observations from a normal distribution; the limits of
    ranges and standard deviations depend on it far more than those of means.

    References
    ----------
    Tippett, L. H. C. (1925). On the extreme individuals and the range of samples taken from a normal population.
    Biometrika, 17(3/4), 364–387.

    Montgomery, D. C. (2013). Introduction to statistical quality control (7th ed.). Wiley. Appendix VI.

    Examples
    --------
    >>> fives = control_constants(5)
    >>> round(fives.d2, 6), round(fives.A2, 6), round(fives.D4, 6)
    (2.325929, 0.576819, 2.114499)
    """
    n = whole_number("n", n, least=2)
    if n > _MOST:
        raise ValueError(f"`n` must be at most {_MOST:,}, got {n}. Take smaller subgroups.".replace(",", " "))
    d2, d3 = range_moments(n)
    c4 = mean_deviation(n)
    of_range, of_deviation = 3 * d3 / d2, 3 * math.sqrt(1 - c4**2) / c4
    return ControlConstants(
        n,
        d2,
        d3,
        c4,
        A2=3 / (d2 * math.sqrt(n)),
        A3=3 / (c4 * math.sqrt(n)),
        B3=max(0.0, 1 - of_deviation),
        B4=1 + of_deviation,
        D3=max(0.0, 1 - of_range),
        D4=1 + of_range,
    )
