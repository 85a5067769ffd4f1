"""Fair comparison: two groups with the interval of their difference, many with a funnel and with shrinkage."""

from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import ArrayLike, NDArray

from opsbook import frames
from opsbook.kpi.intervals import Interval, wilson, z_value
from opsbook.kpi.measure import Measure
from opsbook.kpi.tables import Asked, By
from opsbook.validation import between, positive

__all__ = ["Comparison", "Funnel", "Shrunk", "compare", "difference", "funnel", "peers", "shrink"]

Floats = NDArray[np.float64]
_LEVELS = (0.95, 0.998)
_LEAST_FOR_A_MEAN = 2
_LEAST_TO_SHRINK = 4


@dataclass(frozen=True)
class Comparison:
    """Two groups and the difference between them.

    Attributes
    ----------
    first, second : float
        The measure in each group.
    n_first, n_second : int
        The cases in each.
    difference, low, high : float
        ``first`` − ``second`` with the limits of its interval.
    level : float
        Confidence.
    method : str
        ``"Newcombe"`` for proportions, ``"Welch"`` for means and net promoter scores.

    Examples
    --------
    >>> Comparison(0.8, 0.6, 70, 80, 0.2, 0.0524, 0.3339, 0.95, "Newcombe").settled
    True
    """

    first: float
    second: float
    n_first: int
    n_second: int
    difference: float
    low: float
    high: float
    level: float
    method: str

    @property
    def settled(self) -> bool:
        """Whether the interval leaves out zero, so that the sign of the difference is beyond this doubt."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Funnel:
    """Limits between which a unit's rate lies by chance alone, by its number of cases.

    Attributes
    ----------
    trials : array
        Numbers of cases.
    target : float
        The rate that all share if only chance tells them apart.
    low, high : array
        Limits of the first level (95 % unless said otherwise).
    lowest, highest : array
        Limits of the second (99.8 %).

    Examples
    --------
    >>> funnel([10, 1000], 0.8).high.round(3).tolist()
    [1.0, 0.824]
    """

    trials: Floats
    target: float
    low: Floats
    high: Floats
    lowest: Floats
    highest: Floats


@dataclass(frozen=True)
class Shrunk:
    """Estimates drawn towards their mean, each the more the less it rests on.

    Attributes
    ----------
    values : array
        Each lies between the unit's own figure and `mean`.
    mean : float
        What they are drawn to.
    weights : array
        The share of its own figure that each keeps, in [0, 1].
    between : float
        Variance of the true figures about their mean, as estimated; 0 if chance explains all differences.

    Examples
    --------
    >>> shrink([0.9, 0.5, 0.7, 0.7, 0.7], trials=[10, 10, 10, 10, 10]).mean
    0.7
    """

    values: Floats
    mean: float
    weights: Floats
    between: float


def difference(first: tuple[float, float], second: tuple[float, float], *, level: float = 0.95) -> Interval:
    """Interval of the difference between two independent proportions, first − second.

    Parameters
    ----------
    first, second : tuple of two numbers
        Successes and trials of each group, ``successes`` ≤ ``trials``, at least one trial.
    level : float
        Confidence, in [0.5, 0.9999].

    Returns
    -------
    Interval
        In [−1, 1].

    Raises
    ------
    ValueError
        If a group has no trials or more successes than trials.

    Notes
    -----
    Newcombe's hybrid of the two Wilson intervals. That two intervals overlap does not mean that the difference may be
    zero: look at this interval instead.

    References
    ----------
    Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions: Comparison of
    eleven methods. Statistics in Medicine, 17(8), 873–890. (Method 10.)

    Examples
    --------
    >>> found = difference((56, 70), (48, 80))
    >>> round(found.low, 4), round(found.high, 4)
    (0.0524, 0.3339)
    """
    for name, group in (("first", first), ("second", second)):
        positive(f"the trials of `{name}`", group[1])
    one, two = (wilson(successes, trials, level=level) for successes, trials in (first, second))
    gap = one.estimate - two.estimate
    low = gap - np.hypot(one.estimate - one.low, two.high - two.estimate)
    high = gap + np.hypot(one.high - one.estimate, two.estimate - two.low)
    return Interval(float(gap), float(low), float(high), level, "Newcombe")


def compare(log: Any, measure: Measure, *, by: str, groups: tuple[Any, Any], level: float = 0.95) -> Comparison:
    """Compare a measure between two groups of a log.

    Parameters
    ----------
    log : pandas.DataFrame, polars.DataFrame or duckdb.DuckDBPyRelation
        As for `table`.
    measure : Measure
        A proportion, a mean or a net promoter score: one that `report` gives an interval.
    by : str
        The column that tells the groups apart.
    groups : tuple of two values
        Which two of its values to compare, first − second.
    level : float
        Confidence, in [0.5, 0.9999].

    Returns
    -------
    Comparison
        The two figures, their difference and its interval.

    Raises
    ------
    ValueError
        If the measure has no interval, or a group is not there or has too few cases: one for a proportion, two for a
        mean or a score.

    Notes
    -----
    Cases are independent, and the groups are as they are: nothing is adjusted for what else differs between them.

    References
    ----------
    Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions: Comparison of
    eleven methods. Statistics in Medicine, 17(8), 873–890.

    Welch, B. L. (1947). The generalization of "Student's" problem when several different population variances are
    involved. Biometrika, 34(1/2), 28–35.

    Examples
    --------
    >>> import pandas as pd
    >>> from opsbook import kpi
    >>> log = pd.DataFrame({"site": ["a"] * 70 + ["b"] * 80,
    ...                     "abandoned": [True] * 56 + [False] * 14 + [True] * 48 + [False] * 32})
    >>> found = compare(log, kpi.abandonment(), by="site", groups=("a", "b"))
    >>> round(found.difference, 2), round(found.low, 4), round(found.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    keys, parts = _cases(log, by, measure)
    rows = []
    for group in groups:
        found = np.flatnonzero([key == group for key in keys[by].to_list()])
        if not found.size:
            raise ValueError(
                f"`groups` must be values of the column {by!r}, got {group!r}; it has "
                f"{', '.join(map(repr, keys[by].to_list()))}."
            )
        rows.append(tuple(float(part[found[0]]) for part in parts))
    (n_first, first, squares_first), (n_second, second, squares_second) = rows
    kind = measure.doubt.kind if measure.doubt else ""
    least = 1 if kind == "proportion" else _LEAST_FOR_A_MEAN
    for group, count in zip(groups, (n_first, n_second), strict=True):
        if count < least:
            raise ValueError(f"`{measure.name}` needs at least {least} cases a group, got {count:g} in {group!r}.")
    if kind == "proportion":
        found_ = difference((first, n_first), (second, n_second), level=level)
        gap, low, high, method = found_.estimate, found_.low, found_.high, found_.method
    else:
        gap, low, high = _welch((n_first, first, squares_first), (n_second, second, squares_second), level)
        method = "Welch"
    return Comparison(
        first / n_first,
        second / n_second,
        int(n_first),
        int(n_second),
        float(gap),
        float(low),
        float(high),
        level,
        method,
    )


def _welch(
    first: tuple[float, float, float], second: tuple[float, float, float], level: float
) -> tuple[float, float, float]:
    from scipy.stats import t  # noqa: PLC0415 - loaded only here

    z_value(level)
    counts = np.array([first[0], second[0]])
    totals, squares = (np.array([first[i], second[i]]) for i in (1, 2))
    variances = np.maximum(squares - totals**2 / counts, 0) / (counts - 1) / counts
    gap = float(totals[0] / counts[0] - totals[1] / counts[1])
    error = variances.sum()
    if error == 0:
        return gap, gap, gap
    freedom = error**2 / (variances**2 / (counts - 1)).sum()
    half = float(t.ppf(0.5 + level / 2, freedom) * np.sqrt(error))
    return gap, gap - half, gap + half


def funnel(trials: ArrayLike, target: float, *, levels: tuple[float, float] = _LEVELS) -> Funnel:
    """Funnel limits of a proportion: where a unit with so many cases lies by chance alone.

    Parameters
    ----------
    trials : array of int
        Numbers of cases, at least 1.
    target : float
        The rate that all units share, in [0, 1].
    levels : tuple of two floats
        Confidence of the inner and the outer limits.

    Returns
    -------
    Funnel
        Exact binomial limits. A unit *on* a limit is within it.

    Raises
    ------
    ValueError
        If an argument is out of range, or the outer level is not above the inner one.

    Notes
    -----
    At most half of 1 − level lies beyond each limit, so a unit without a difference stays within with a probability
    of at least the level; since counts are whole, often with more. Spiegelhalter interpolates between counts to come
    nearer to the level on average. Differences in case mix widen the true funnel: with many units outside, doubt the
    limits before the units.

    References
    ----------
    Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional performance. Statistics in Medicine, 24(8),
    1185–1202.

    Examples
    --------
    >>> limits = funnel([20, 100, 500], 0.5)
    >>> limits.low.tolist(), limits.high.tolist()
    ([0.3, 0.4, 0.456], [0.7, 0.6, 0.544])
    """
    from scipy.stats import binom  # noqa: PLC0415 - loaded only here

    counts = np.atleast_1d(positive("trials", trials))
    if (counts != np.round(counts)).any():
        raise ValueError(f"`trials` must be whole numbers, got {trials!r}.")
    target = float(between("target", target, 0, 1))
    limits = []
    for level in _rising(levels):
        tail = (1 - level) / 2
        # The smallest count with more than `tail` at or below it; the largest with more than `tail` at or above it.
        low = binom.ppf(tail, counts, target)
        low = np.where(binom.cdf(low, counts, target) > tail, low, low + 1)
        high = counts - binom.ppf(tail, counts, 1 - target)
        high = np.where(binom.sf(high - 1, counts, target) > tail, high, high - 1)
        limits += [np.clip(low, 0, counts) / counts, np.clip(high, 0, counts) / counts]
    return Funnel(counts, target, *limits)


def _rising(levels: tuple[float, float]) -> tuple[float, float]:
    inner, outer = (float(between("levels", level, 0.5, 0.9999)) for level in levels)
    if outer <= inner:
        raise ValueError(f"`levels` must rise from the inner to the outer limits, got {levels!r}.")
    return inner, outer


def shrink(values: ArrayLike, *, trials: ArrayLike | None = None, variances: ArrayLike | None = None) -> Shrunk:
    r"""Draw estimates towards their mean, by how little each rests on (empirical Bayes).

    Unit :math:`i` keeps the share :math:`1 - B_i` of its distance from the mean, where :math:`B_i =
    \frac{k-3}{k-1} \cdot \frac{v_i}{v_i + \tau^2}`, with :math:`k` units, the chance variance :math:`v_i` of each and
    the variance :math:`\tau^2` between the true figures.

    Parameters
    ----------
    values : array
        One figure a unit, such as its rate.
    trials : array, optional
        Cases of each unit, above 0, when `values` are proportions; the chance variance is then m(1 − m) ÷ trials, m
        being the rate of all cases together.
    variances : array, optional
        The chance variance (squared standard error) of each figure, above 0. Give this or `trials`.

    Returns
    -------
    Shrunk
        The drawn figures, their mean and the weights.

    Raises
    ------
    ValueError
        If both or neither of `trials` and `variances` are given, or a value is out of range.

    Notes
    -----
    The mean weighs units by 1 ÷ variance (for rates: all cases alike). τ² is DerSimonian and Laird's estimate. With
    fewer than four units nothing is drawn. Where all variances are equal this is the James–Stein estimator of Efron
    and Morris. It predicts better on average over the units, not for each: somebody who really is exceptional is
    drawn in like the lucky.

    References
    ----------
    Efron, B., & Morris, C. (1977). Stein's paradox in statistics. Scientific American, 236(5), 119–127.

    Morris, C. N. (1983). Parametric empirical Bayes inference: Theory and applications. Journal of the American
    Statistical Association, 78(381), 47–55.

    DerSimonian, R., & Laird, N. (1986). Meta-analysis in clinical trials. Controlled Clinical Trials, 7(3), 177–188.

    Examples
    --------
    >>> drawn = shrink([0.400, 0.378, 0.311, 0.222, 0.156], trials=[45] * 5)
    >>> drawn.values.round(3).tolist(), round(drawn.mean, 3)
    ([0.377, 0.36, 0.307, 0.237, 0.186], 0.293)
    """
    if (trials is None) == (variances is None):
        raise ValueError("give either `trials` or `variances`: the chance variance comes from one of them.")
    figures = np.atleast_1d(np.asarray(values, dtype=float))
    if trials is not None:
        figures = np.atleast_1d(between("values", values, 0, 1))
        counts = np.broadcast_to(positive("trials", trials), figures.shape)
        mean = float((figures * counts).sum() / counts.sum())
        chance = mean * (1 - mean) / counts
    else:
        if not np.isfinite(figures).all():
            raise ValueError(f"`values` must be finite, got {values!r}. Remove missing ones first.")
        chance = np.broadcast_to(positive("variances", variances), figures.shape)  # type: ignore[arg-type]
        mean = float((figures / chance).sum() / (1 / chance).sum())
    mean = float(np.clip(mean, figures.min(), figures.max()))
    units = len(figures)
    if units < _LEAST_TO_SHRINK or not chance.all():
        # A mean of 0 or 1 leaves no chance, and no difference either.
        return Shrunk(figures, mean, np.ones(units), 0.0)
    weights = 1 / chance
    spread = (weights * (figures - mean) ** 2).sum()
    between_ = max(0.0, float((spread - (units - 1)) / (weights.sum() - (weights**2).sum() / weights.sum())))
    drawn = (units - 3) / (units - 1) * chance / (chance + between_)
    return Shrunk(mean + (1 - drawn) * (figures - mean), mean, 1 - drawn, between_)


def peers(
    log: Any, *, by: By, measure: Measure, target: float | None = None, levels: tuple[float, float] = _LEVELS
) -> Any:
    """Compare many units fairly: each one's figure, its funnel limits, and what to expect of it.

    Parameters
    ----------
    log : pandas.DataFrame, polars.DataFrame or duckdb.DuckDBPyRelation
        As for `table`.
    by : str, Every or sequence of these
        What makes a unit: ``"agent_id"``.
    measure : Measure
        A proportion, a mean or a net promoter score: one that `report` gives an interval.
    target : float, optional
        What all units are held against; without it, the measure of all of them together.
    levels : tuple of two floats
        Confidence of the inner and the outer limits.

    Returns
    -------
    polars.DataFrame or pandas.DataFrame
        A Polars frame for a Polars log, a pandas one otherwise. One row per unit, sorted by the keys, with the keys and

        - ``n``: cases; ``value``: the unit's own figure;
        - ``low``, ``high``, ``lowest``, ``highest``: limits at the inner and the outer level, about the target;
        - ``verdict``: ``"within"``, ``"below"``, ``"above"`` (beyond the inner limits), ``"far below"``,
          ``"far above"`` (beyond the outer ones) or ``"no cases"``;
        - ``shrunk``: the figure drawn towards the mean of all units (see `shrink`).

    Raises
    ------
    ValueError
        If the measure has no interval, or no unit has a case.

    Notes
    -----
    Limits are exact for proportions (see `funnel`) and normal for means and scores, with the variance within units
    pooled. Nothing is adjusted for case mix: compare like with like, by splitting or filtering first. Of a hundred
    units without any difference, about five lie beyond the inner limits.

    Cases without a unit (a missing `agent_id`: calls that nobody took) make a row of their own, the last, as in
    `table`, so that no case vanishes unseen. Where the measure needs an answer that row says "no cases" and moves
    nothing. Where it has cases (calls *offered*, say) it counts as one more unit, in the target too: filter the log
    first if it should not.

    References
    ----------
    Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional performance. Statistics in Medicine, 24(8),
    1185–1202.

    Examples
    --------
    >>> import pandas as pd
    >>> from opsbook import kpi
    >>> log = pd.DataFrame({"agent_id": ["a"] * 50 + ["b"] * 50, "csat": [5] * 45 + [2] * 5 + [5] * 30 + [2] * 20})
    >>> kpi.peers(log, by="agent_id", measure=kpi.csat())[["agent_id", "n", "value", "low", "high", "verdict"]]
      agent_id   n  value   low  high verdict
    0        a  50    0.9  0.62  0.86   above
    1        b  50    0.6  0.62  0.86   below
    """
    keys, (counts, totals, squares) = _cases(log, by, measure)
    some = counts > 0
    if not some.any():
        raise ValueError(f"`{measure.name}` has no case in any group. Check the log and the columns it reads.")
    n, values = counts[some], totals[some] / counts[some]
    centre = (
        float(totals[some].sum() / n.sum()) if target is None else float(between("target", target, -np.inf, np.inf))
    )
    if measure.doubt is not None and measure.doubt.kind == "proportion":
        cone = funnel(n, centre, levels=levels)
        limits = [cone.low, cone.high, cone.lowest, cone.highest]
        drawn = shrink(values, trials=n).values
    else:
        within = np.maximum(squares[some] - totals[some] ** 2 / n, 0).sum() / max(n.sum() - len(n), 1)
        inner, outer = (z_value(level) for level in _rising(levels))
        error = np.sqrt(within / n)
        limits = [centre - inner * error, centre + inner * error, centre - outer * error, centre + outer * error]
        drawn = shrink(values, variances=within / n).values if within > 0 else values
    names = ("value", "low", "high", "lowest", "highest", "verdict", "shrunk")
    space = keys.implementation.to_native_namespace()
    columns = [nw.new_series("n", counts.astype(int).tolist(), nw.Int64, backend=space)]
    for name, made in zip(names, [values, *limits, _verdicts(values, *limits), drawn], strict=True):
        column = np.full(len(counts), "no cases" if name == "verdict" else None, dtype=object)
        column[some] = made
        kind = nw.String if name == "verdict" else nw.Float64
        columns.append(nw.new_series(name, column.tolist(), kind, backend=space))
    return keys.with_columns(*columns).to_native()


def _verdicts(values: Floats, low: Floats, high: Floats, lowest: Floats, highest: Floats) -> list[str]:
    # A rate that stands on a limit must not fall off it by rounding.
    slack = 1e-12 * np.maximum(np.abs(values), 1)
    cases = [values < lowest - slack, values > highest + slack, values < low - slack, values > high + slack]
    return list(np.select(cases, ["far below", "far above", "below", "above"], "within"))


def _cases(log: Any, by: By, measure: Measure) -> tuple[nw.DataFrame[Any], tuple[Floats, Floats, Floats]]:
    """Return the keys, and for each group the cases, the sum of their values and of their squares."""
    if measure.doubt is None:
        raise ValueError(
            f"`{measure.name}` has no interval: it is no count of independent cases. Choose a proportion or a mean."
        )
    asked = Asked.of(log, by, measure, None, doubts=True)
    asked.raise_if_unfit()
    parts = {f"part {number}": nw.col(part).cast(nw.Float64) for number, part in enumerate(measure.doubt.parts)}
    frame = nw.maybe_reset_index(frames.fetch(asked.answer({measure.name: parts})))
    first, second, *third = (frame[name].to_numpy().astype(float) for name in parts)
    pairs = zip(asked.aliases, asked.names, strict=True)
    keys = frame.select(nw.col(alias).alias(name) for alias, name in pairs)
    if measure.doubt.kind == "nps":
        return keys, (third[0], 100 * (first - second), 10_000 * (first + second))
    return keys, (second, first, third[0] if third else first)
