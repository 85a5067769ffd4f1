"""Capability: whether a process that is in control is also good enough for what was promised."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from opsbook.quality.constants import range_moments, upper_tail
from opsbook.quality.samples import singles, table_of
from opsbook.validation import between, positive

__all__ = ["Capability", "capability"]


@dataclass(frozen=True)
class Capability:
    """What a process can hold, against what it must.

    Attributes
    ----------
    mean : float
        Mean of all values.
    within : float
        Standard deviation within subgroups, which is what the process would have if its mean stood still.
    overall : float
        Standard deviation of all values together (divisor n - 1).
    cp, cpk : float
        Width of the tolerance in six standard deviations within, and distance of the mean from the nearer limit in
        three; `cp` is NaN with one limit.
    pp, ppk : float
        The same with the overall standard deviation.
    pp_interval : tuple of float
        95 % confidence interval of `pp`; NaN with one limit.
    share_outside : float
        Expected share outside the limits if values are normal with this mean and overall standard deviation.
    observed_outside : float
        Share of the values that lie outside.
    values : int
        How many values there are.

    Examples
    --------
    >>> capability([4, 6, 5, 7, 5, 6, 4, 5], lower=0, upper=10).observed_outside
    0.0
    """

    mean: float
    within: float
    overall: float
    cp: float
    cpk: float
    pp: float
    ppk: float
    pp_interval: tuple[float, float]
    share_outside: float
    observed_outside: float
    values: int


def capability(
    data: Any, *, lower: float | None = None, upper: float | None = None, within: float | None = None
) -> Capability:
    r"""Return how a process compares with its specification.

    .. math:: C_p = \frac{\text{upper} - \text{lower}}{6 \sigma}, \qquad
       C_{pk} = \frac{\min(\text{upper} - \mu, \; \mu - \text{lower})}{3 \sigma}

    Parameters
    ----------
    data : array_like or DataFrame
        A row a subgroup, or one value a sample, as for `control_chart`; at least two samples.
    lower, upper : float, optional
        The specification: what a value must not fall below or exceed. At least one.
    within : float, optional
        The standard deviation within subgroups. By default the mean range divided by d2, of subgroups or, for single
        values, of neighbours.

    Returns
    -------
    Capability

    Raises
    ------
    TypeError
        If data are not numbers.
    ValueError
        If there is no limit, `lower` is not below `upper`, or the values do not vary.

    Notes
    -----
    Limits of a specification are what customers were promised; limits of a control chart are what the process does.
    Neither follows from the other. All indices but `observed_outside` assume normal values, and mean little for a
    process out of control, or for waiting times and other skewed values: there count, as `observed_outside` does.
    The interval of `pp` comes from the χ² distribution of the variance and is exact for independent normal values.

    References
    ----------
    Kane, V. E. (1986). Process capability indices. Journal of Quality Technology, 18(1), 41–52.

    Montgomery, D. C. (2013). Introduction to statistical quality control (7th ed.). Wiley. Chapter 8.

    Examples
    --------
    >>> found = capability([[9, 11], [10, 12], [8, 10], [11, 9]], lower=4, upper=16)
    >>> round(found.cp, 2), round(found.cpk, 2), found.observed_outside
    (1.13, 1.13, 0.0)
    """
    if lower is None and upper is None:
        raise ValueError("`lower` or `upper` must be given: without a specification nothing is outside.")
    low = -math.inf if lower is None else float(between("lower", lower, -math.inf, math.inf))
    high = math.inf if upper is None else float(between("upper", upper, -math.inf, math.inf))
    if not low < high:
        raise ValueError(f"`lower` must be below `upper`, got {lower!r} and {upper!r}.")
    dimensions = np.ndim(data) if not hasattr(data, "columns") else 2
    table = table_of(data) if dimensions == 2 else singles(data)  # noqa: PLR2004 - rows and columns
    values = table.ravel()
    if values.size < 2:  # noqa: PLR2004 - one value has no spread
        raise ValueError("`data` must hold two values or more, got one.")
    mean, overall = float(values.mean()), float(values.std(ddof=1))
    if within is None:
        ranges = np.ptp(table, axis=1) if table.ndim > 1 else np.abs(np.diff(table))
        within = float(ranges.mean()) / range_moments(table.shape[1] if table.ndim > 1 else 2)[0]
    if not (overall > 0 and within > 0):
        raise ValueError("`data` must vary, within subgroups too, got no variation. Record the values finer.")
    within = float(positive("within", within))
    nearer = min(high - mean, mean - low)
    wide = high - low if math.isfinite(high - low) else math.nan
    pp = wide / (6 * overall)
    return Capability(
        mean=mean,
        within=within,
        overall=overall,
        cp=wide / (6 * within),
        cpk=nearer / (3 * within),
        pp=pp,
        ppk=nearer / (3 * overall),
        pp_interval=_interval(pp, values.size),
        share_outside=upper_tail((high - mean) / overall) + upper_tail((mean - low) / overall),
        observed_outside=float(((values < low) | (values > high)).mean()),
        values=values.size,
    )


def _interval(pp: float, values: int) -> tuple[float, float]:
    from scipy.special import chdtri  # noqa: PLC0415 - only here

    free = values - 1
    low, high = (math.sqrt(float(chdtri(free, share)) / free) for share in (0.975, 0.025))
    return pp * low, pp * high
