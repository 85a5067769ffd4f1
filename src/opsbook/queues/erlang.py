"""Numbers behind the Erlang models: sums and integrals of positive terms only, so that nothing cancels.

Three quantities carry every figure of the models B, C and A. All are measured against the probability that exactly
`n` customers are there, which is why none of them needs a factorial or a logarithm of one.

The *idle weight* ``Q = P(N < n) / P(N = n)`` of `n` servers with offered load `a` is a sum over the states below `n`::

    Q = n/a + n(n-1)/a² + … + n!/aⁿ,        B = 1 / (1 + Q),        1 - B = Q / (1 + Q).

Its terms rise to the mode (the state next to `a`) and fall like a bell curve of width √a beyond it, so that
about 9√a of them hold all digits that a double has. `idle_weight` adds exactly these.

The *queue weight* ``U = P(N > n) / P(N = n)`` of the model with patience is an integral over the waiting time::

    U = a ∫ f(y) dy,        f(y) = exp(a/r · (1 - exp(-r·y)) - (n + r)·y),        y from 0 to ∞,

where time counts in mean service times and ``r`` is mean service time ÷ mean patience (Mandelbaum and Zeltyn 2007;
partial integration gives the sum over states). `f` has one peak. Relative to any of its points the exponent is a
combination of two functions that are never negative, so it loses no digits however large `a / r` is; one
Gauss–Legendre rule on each side of the peak gives the integral, or any part of it, at a cost that does not grow.

References
----------
Mandelbaum, A., & Zeltyn, S. (2007). Service engineering in action: The Palm/Erlang-A queue, with applications to call
centers. In Advances in services innovations (pp. 17–45). Springer.

Jagerman, D. L. (1974). Some properties of the Erlang loss function. Bell System Technical Journal, 53(3), 525–551.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Context, Decimal, localcontext
from functools import cache, wraps
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Patience", "blocking", "idle_weight", "idle_weight_of_one"]

Floats = NDArray[np.float64]

# exp(-42) is 6e-19: what lies further down than this from the largest term is lost in rounding.
_DEPTH = 42.0
# Where B falls below exp(-690), about 1e-300, it counts as 0.
_NOTHING = 690.0
# Below this, series are used, since the plain formulas cancel.
_SMALL = 0.5
# The relative error of a result at which the place of the peak is computed with more digits.
_SEEN = 1e-14
# Mean patiences after which nobody waits that a double could count: at most exp(-2000) of the customers do.
_FOREVER = 2000.0
# Up to so many servers, and so many terms, a plain loop is faster than setting up arrays.
_SHORT = 40
_MANY = 300
# Cells that are worked on together, so that they stay in the cache; and too few to be worth it.
_GROUP = 1 << 13
_FEW = 16
_NODE_GROUP = 256


def idle_weight_of_one(servers: float, load: float) -> float:
    """Return `idle_weight` of one pool; `servers` whole, both at least 0."""
    if servers <= _SHORT:
        if not load:
            return math.inf if servers else 0.0
        weight = 0.0
        for busy in range(1, int(servers) + 1):
            weight = (1.0 + weight) * busy / load
        return weight
    if not load or (servers > load and servers * math.log(servers / load) - (servers - load) > _NOTHING):
        return math.inf
    count = int(min(servers, max(0.0, servers - load) + math.sqrt(2 * _DEPTH * min(servers, load)) + 4))
    if count > _MANY:
        return _run(servers, load, count)
    term, weight, busy = 1.0, 0.0, int(servers)
    for _ in range(count):
        term *= busy / load
        weight += term
        busy -= 1
    return weight


def idle_weight(servers: Floats, load: Floats) -> Floats:
    """Return P(N < n) / P(N = n) of the Erlang loss model for arrays of one dimension and one length.

    Parameters
    ----------
    servers : ndarray of float
        Whole numbers, at least 0.
    load : ndarray of float
        Offered loads in erlangs, at least 0.

    Returns
    -------
    ndarray of float
        The weights, at least 0; infinite where the blocking probability falls below the range of doubles.

    Notes
    -----
    At most about ``9√load + max(0, servers - load)`` terms a cell are added. Beyond ``37√load`` servers above the load
    (more where the load is small) the blocking probability is below 1e-299 and nothing is added.

    Examples
    --------
    >>> idle_weight(np.array([0.0, 2.0]), np.array([5.0, 1.0]))
    array([0., 4.])
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        rare = servers * np.log(servers / load) - (servers - load) > _NOTHING
        width = np.sqrt(2 * _DEPTH * np.minimum(servers, load)) + 4
        above = servers - load
        counts = np.where(above >= 0, above + width, np.minimum(width, _DEPTH / np.log(load / servers) + 1))
    counts = np.ceil(np.minimum(servers, counts))
    hopeless = (servers > 0) & ((load == 0) | ((above > 0) & rare))
    weights = np.where(hopeless, math.inf, 0.0)
    cells = np.flatnonzero((servers > 0) & ~hopeless)
    cells = cells[np.argsort(-counts[cells], kind="stable")]
    for start in range(0, len(cells), _GROUP):
        group = cells[start : start + _GROUP]
        weights[group] = _add_up(servers[group], load[group], counts[group].astype(np.int64))
    return weights


def _add_up(busy: Floats, load: Floats, counts: NDArray[np.int64]) -> Floats:
    """Return the sums of the first `counts` terms each; `counts` fall."""
    term, weight = np.ones_like(load), np.zeros_like(load)
    # Together while that pays; the few longest sums are then finished one by one.
    shared = int(counts[_FEW]) if len(counts) > _FEW else 0
    for active in np.searchsorted(-counts, -np.arange(shared), side="left").tolist():
        now = term[:active]
        now *= busy[:active]
        now /= load[:active]
        weight[:active] += now
        busy[:active] -= 1.0
    for cell in np.flatnonzero(counts > shared):
        weight[cell] += term[cell] * _run(float(busy[cell]), float(load[cell]), int(counts[cell]) - shared)
    return weight


def _run(busy: float, load: float, count: int) -> float:
    """Return busy/load + busy(busy-1)/load² + … of `count` terms."""
    factors = busy - np.arange(count, dtype=float)
    factors /= load
    return float(np.multiply.accumulate(factors, out=factors).sum())


def blocking(servers: Floats, load: Floats) -> Floats:
    """Return the blocking probability B for arrays of one dimension and one length, as `idle_weight` takes them.

    Examples
    --------
    >>> blocking(np.array([0.0, 2.0]), np.array([5.0, 1.0]))
    array([1. , 0.2])
    """
    return np.asarray(1.0 / (1.0 + idle_weight(servers, load)))


@cache
def _rule() -> tuple[Floats, Floats]:
    """Nodes and weights of Gauss and Legendre's rule on [0, 1], right to the last digit.

    NumPy's own weights are off by 3e-14, so Newton's method is run with 40 digits from its nodes.
    """
    degree = 48
    one, nodes, weights = Decimal(1), [], []
    with localcontext(prec=40):
        for start in np.polynomial.legendre.leggauss(degree)[0].tolist():
            node = Decimal(start)
            for _ in range(2):
                before, value = one, node
                for k in range(2, degree + 1):
                    before, value = value, ((2 * k - 1) * node * value - (k - 1) * before) / k
                slope = degree * (node * value - before) / (node * node - one)
                node -= value / slope
            nodes.append(float((node + one) / 2))
            weights.append(float(one / ((one - node * node) * slope * slope)))
    return np.array(nodes), np.array(weights)


def _bend(x: Floats, reach: Floats) -> Floats:
    """Return exp(-x) - 1 + x, without cancellation where the largest `x` of a row, `reach`, is small."""
    small = np.broadcast_to(np.abs(reach) <= _SMALL, x.shape)
    if not small.any():
        return np.asarray(np.expm1(-x) + x)
    series = np.ones_like(x)
    for order in range(16, 2, -1):
        series = 1.0 - series * x / order
    series *= x * x / 2
    return series if small.all() else np.where(small, series, np.expm1(-x) + x)


def _log_gap(x: Floats) -> Floats:
    """Return x - log(1 + x) for x above -1."""
    y = x / (2 + x)
    series = np.zeros_like(x)
    for power in range(27, 1, -2):
        series = series * y * y + 1 / power
    with np.errstate(divide="ignore"):
        return np.where(np.abs(x) <= _SMALL, x * y - 2 * y**3 * series, x - np.log1p(x))


def _fall(kappa: Floats, slope: Floats, reach: Floats | float = math.inf) -> tuple[Floats, Floats]:
    """Return nodes ξ in [0, reach] and the weighted values of exp(-κ·((1 - slope)·bend(ξ) + slope·ξ)) at them."""
    b = _DEPTH - 2 * slope * kappa
    root = np.sqrt(b * b + 8 * _DEPTH * kappa)
    deep = np.where(b > 0, (b + root) / (2 * kappa), 4 * _DEPTH / (root - b))
    nodes, weights = _rule()
    end = np.minimum(deep, reach)[:, None]
    xi = end * nodes
    slope, kappa = slope[:, None], kappa[:, None]
    return xi, end * weights * np.exp(-kappa * ((1 - slope) * _bend(xi, end) + slope * xi))


def _rise(kappa: Floats, slope: Floats, reach: Floats) -> tuple[Floats, Floats]:
    """Return nodes ξ in [-reach, 0] and the weighted values of exp(-κ·((1 + slope)·bend(ξ) - slope·ξ)) at them."""
    curve = (1 + slope) * kappa
    deep = 2 * _DEPTH / (slope * kappa + np.sqrt((slope * kappa) ** 2 + 2 * _DEPTH * curve))
    deep = np.minimum(deep, np.log(2 + 2 * _DEPTH / curve))
    nodes, weights = _rule()
    end = np.minimum(deep, reach)[:, None]
    xi = -end * nodes
    slope, kappa = slope[:, None], kappa[:, None]
    return xi, end * weights * np.exp(-kappa * ((1 + slope) * _bend(xi, end) - slope * xi))


def _by_groups(method: Callable[..., Any]) -> Callable[..., Any]:
    """Work on so many cells at once that the nodes of all of them stay in the cache."""

    @wraps(method)
    def grouped(law: "Patience", *times: Floats) -> Any:
        size = len(law.load)
        if size <= _NODE_GROUP:
            return method(law, *times)
        cells = (law.servers, law.load, law.service_time, law.patience)
        parts = []
        for start in range(0, size, _NODE_GROUP):
            group = slice(start, start + _NODE_GROUP)
            parts.append(method(Patience(*(cell[group] for cell in cells)), *(time[group] for time in times)))
        return np.concatenate(parts, axis=-1)

    return grouped


@dataclass(frozen=True, slots=True, eq=False)
class Patience:
    """The waiting side of the Erlang A model, for arrays of one dimension and one length.

    Attributes
    ----------
    servers, load, service_time, patience : ndarray of float
        Whole numbers at least 0; erlangs at least 0; mean times above 0.

    Notes
    -----
    ``x`` is the distance from the peak of ``f`` in units of mean patience, ``κ = n/r + 1``. From any point `A`, the
    exponent is ``-κ·(c·bend(ξ) + (1 - c)·ξ)`` with ``c = exp(-x_A)`` and ``bend(ξ) = exp(-ξ) - 1 + ξ ≥ 0``: both parts
    have one sign on the side where `f` falls. All results are divided by the value of `f` at its peak.
    """

    servers: Floats
    load: Floats
    service_time: Floats
    patience: Floats

    # Mean service time ÷ mean patience.
    ratio: Floats = field(init=False)
    # How sharp the peak is.
    kappa: Floats = field(init=False)
    # Load over what servers and impatience can take at the start of a wait, relative; above 0 the peak lies inside.
    excess: Floats = field(init=False)
    # Where the peak is, in units of mean patience; 0 if `f` falls from the start.
    peak: Floats = field(init=False)

    def __post_init__(self) -> None:
        ratio = self.service_time / self.patience
        excess = ((self.load - self.servers) - ratio) / (self.servers + ratio)
        figures = {
            "ratio": ratio,
            "kappa": self.servers / ratio + 1,
            "excess": excess,
            "peak": np.log1p(np.maximum(excess, 0.0)),
        }
        for name, figure in figures.items():
            object.__setattr__(self, name, figure)

    def at_start(self) -> Floats:
        """Return f(0) = 1 ÷ the value of `f` at its peak."""
        return np.exp(-self.kappa * _log_gap(np.maximum(self.excess, 0.0)))

    @_by_groups
    def moments(self) -> Floats:
        """Return the integrals of ``f``, of ``f · (1 + a/r · (1 - exp(-r·y)))`` and of ``y · f``."""
        kappa, excess, peak = self.kappa, self.excess, self.peak[:, None]
        xi, mass = _fall(kappa, np.maximum(-excess, 0.0))
        inside = excess > 0
        if inside.any():
            left, left_mass = _rise(kappa, np.zeros_like(kappa), self.peak)
            xi, mass = np.hstack([left, xi]), np.hstack([np.where(inside[:, None], left_mass, 0.0), mass])
        waited = np.maximum(peak + xi, 0.0)
        gone = -np.expm1(-waited) * (self.load / self.ratio)[:, None]
        ratio = self.ratio
        return np.array([mass.sum(1), (mass * (1 + gone)).sum(1), (mass * waited).sum(1) / ratio]) / ratio

    def waited(self, time: Floats) -> Floats:
        """Return time ÷ patience, cut off where nobody is left to wait."""
        with np.errstate(over="ignore"):
            return np.asarray(np.minimum(time / self.patience, _FOREVER))

    def beyond_peak(self, time: Floats) -> Floats:
        """Return time ÷ patience - place of the peak; with more digits than a double has where rounding would show."""
        x = self.waited(time) - self.peak
        with np.errstate(over="ignore", invalid="ignore"):
            lost = np.finfo(float).eps * self.peak * self.kappa * np.abs(np.expm1(-x))
            matters = (self.excess > 0) & (lost > _SEEN) & (self.kappa * _bend(x, x) < 2 * _NOTHING)
        for cell in np.flatnonzero(matters):
            x[cell] = _exact_distance(
                float(time[cell]),
                float(self.servers[cell]),
                float(self.load[cell]),
                float(self.service_time[cell]),
                float(self.patience[cell]),
            )
        return x

    @_by_groups
    def until(self, time: Floats) -> Floats:
        """Return the integral of `f` from 0 to `time`."""
        kappa, excess = self.kappa, self.excess
        x, waited = self.beyond_peak(time), self.waited(time)
        inside = excess > 0
        past = inside & (x > 0)
        right = _fall(kappa, np.maximum(-excess, 0.0), np.where(inside, np.maximum(x, 0.0), waited))[1].sum(1)
        if not inside.any():
            return np.asarray(right / self.ratio)
        before = np.where(inside & ~past, x, 0.0)
        with np.errstate(over="ignore"):
            slope = np.where(past, 0.0, np.expm1(-before))
            scale = np.where(past, 1.0, np.exp(-kappa * _bend(before, before)))
            slope = np.where(scale > 0, slope, 0.0)
        left = scale * _rise(kappa, slope, np.where(past, self.peak, waited))[1].sum(1)
        return np.asarray(np.where(inside, left + np.where(past, right, 0.0), right) / self.ratio)

    @_by_groups
    def still(self, time: Floats) -> Floats:
        """Return what is proportional to the share of customers who still wait at `time`, ``f(0) + a ∫ f`` at 0."""
        kappa, excess = self.kappa, self.excess
        x, waited = self.beyond_peak(time), self.waited(time)
        inside = excess > 0
        before = inside & (x < 0)
        ahead = np.where(inside, np.maximum(x, 0.0), waited)
        start = np.maximum(-excess, 0.0)
        # Slope at the later of `time` and the peak.
        slope = start - (1 - start) * np.expm1(-ahead)
        with np.errstate(over="ignore"):
            here = np.exp(-kappa * ((1 - start) * _bend(ahead, ahead) + start * ahead))
        tail = here * _fall(kappa, slope)[1].sum(1)
        if before.any():
            back = np.where(before, -x, 0.0)
            tail = tail + np.where(before, _rise(kappa, np.zeros_like(kappa), back)[1].sum(1), 0.0)
            with np.errstate(over="ignore"):
                here = np.where(before, np.exp(-kappa * _bend(np.minimum(x, 0.0), x)), here)
        return np.asarray(here + self.load * np.exp(-waited) * tail / self.ratio)


def _exact_distance(time: float, servers: float, load: float, service_time: float, patience: float) -> float:
    context = Context(prec=60)
    unit = Decimal(patience)
    ratio = context.divide(Decimal(service_time), unit)
    peak = context.ln(context.divide(Decimal(load), context.add(Decimal(servers), ratio)))
    return float(context.subtract(context.divide(Decimal(time), unit), peak))
