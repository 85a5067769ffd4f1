"""Questionnaires: how well the items of a scale hang together, and the gaps between expectation and perception."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from opsbook import frames
from opsbook.validation import between, nonnegative, require_columns

__all__ = ["Alpha", "ServqualGaps", "cronbach_alpha", "servqual_gaps"]

Floats = NDArray[np.float64]

_TWO = 2  # fewer items or respondents than this do not vary together


@dataclass(frozen=True)
class Alpha:
    """How reliable the sum of several items is, by their covariances.

    Attributes
    ----------
    alpha : float
        Cronbach's alpha, at most 1; below 0 if the items contradict one another.
    lower, upper : float
        Ends of Feldt's confidence interval.
    confidence : float
        Its level, in (0, 1).
    items : int
        Number of items.
    respondents : int
        Number of respondents.
    if_dropped : mapping of str to float
        Alpha of the others without this item; empty with two items.
    item_rest : mapping of str to float
        Correlation of the item with the sum of the others, in [-1, 1]; NaN if that sum is constant.

    Examples
    --------
    >>> answers = cronbach_alpha([[1, 2, 1], [3, 3, 4], [5, 4, 5], [2, 2, 3]])
    >>> answers.items, answers.respondents
    (3, 4)
    """

    alpha: float
    lower: float
    upper: float
    confidence: float
    items: int
    respondents: int
    if_dropped: Mapping[str, float]
    item_rest: Mapping[str, float]


@dataclass(frozen=True)
class ServqualGaps:
    """Gaps between what customers expect and what they perceive, by item, by dimension and overall.

    Attributes
    ----------
    items : pandas.DataFrame or polars.DataFrame
        One row an item: ``dimension``, ``item``, the means ``expectation`` and ``perception``, ``gap`` (perception −
        expectation) and the ends ``lower`` and ``upper`` of its confidence interval.
    dimensions : pandas.DataFrame or polars.DataFrame
        One row a dimension: ``dimension``, ``items`` (how many), ``expectation``, ``perception``, ``gap``, ``lower``
        and ``upper`` as above, each respondent's items averaged first; ``weight``, its mean share of importance in
        [0, 1]; and ``contribution``, its part of the overall gap. Contributions add up to `overall`.
    overall : float
        Mean weighted gap, in points of the scale.
    lower, upper : float
        Ends of its confidence interval; as for the gaps, NaN with one respondent.
    respondents : int
        Number of respondents.
    confidence : float
        The level of all intervals, in (0, 1).

    Examples
    --------
    >>> import pandas as pd
    >>> expected = pd.DataFrame({"prompt": [7, 6, 7], "polite": [6, 6, 5]})
    >>> perceived = pd.DataFrame({"prompt": [5, 5, 4], "polite": [6, 5, 6]})
    >>> gaps = servqual_gaps(expected, perceived, dimensions={"speed": ["prompt"], "manner": ["polite"]})
    >>> gaps.overall, gaps.dimensions["contribution"].tolist()
    (-1.0, [-1.0, 0.0])
    """

    items: Any
    dimensions: Any
    overall: float
    lower: float
    upper: float
    respondents: int
    confidence: float = field(default=0.95)


def cronbach_alpha(items: Any, *, confidence: float = 0.95) -> Alpha:
    r"""Return Cronbach's alpha of a scale, with an interval and what each item does to it.

    With :math:`k` items of variances :math:`s_i^2` and a sum of variance :math:`s^2`,

    .. math:: \alpha = \frac{k}{k-1} \left(1 - \frac{\sum_i s_i^2}{s^2}\right).

    Parameters
    ----------
    items : pandas.DataFrame, polars.DataFrame or array of numbers
        One row a respondent, one column an item, two or more of each. Items of an array are called ``"1"``, ``"2"``, ….
        Turn items around first that are worded the other way.
    confidence : float
        Level of the interval, between 0 and 1.

    Returns
    -------
    Alpha
        Alpha, its interval, alpha without each item, and the item–rest correlations.

    Raises
    ------
    UnsupportedFrameError, TypeError
        `items` is no table or array of numbers.
    ValueError
        There are fewer than two items or respondents; answers are missing; all respondents give an item the same
        answer, or the sum of the items is the same for all; `confidence` is not between 0 and 1.

    Notes
    -----
    Alpha is high when items vary together, and it grows with their number; it says neither that the items measure one
    thing, nor what. It equals the reliability of the sum only if all items measure the same with the same strength and
    independent errors; with errors independent and strengths unequal it is below it.

    The interval is Feldt's: :math:`1 - (1 - \alpha) F`, with the quantiles of the F distribution with :math:`n - 1` and
    :math:`(n - 1)(k - 1)` degrees of freedom. It is exact for normal answers with equal variances and equal
    covariances, and too narrow for answers with heavy tails.

    Missing answers are refused, not dropped, since leaving respondents out changes who is measured.

    References
    ----------
    Cronbach, L. J. (1951). Coefficient alpha and the internal structure of tests. Psychometrika, 16(3), 297–334.

    Feldt, L. S., Woodruff, D. J., & Salih, F. A. (1987). Statistical inference for coefficient alpha. Applied
    Psychological Measurement, 11(1), 93–103.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"prompt": [1, 3, 5, 2], "willing": [2, 3, 4, 2], "there": [1, 4, 5, 3]})
    >>> result = cronbach_alpha(answers)
    >>> round(result.alpha, 3), round(result.lower, 3)
    (0.945, 0.638)
    >>> {name: round(value, 2) for name, value in result.if_dropped.items()}
    {'prompt': 0.85, 'willing': 0.97, 'there': 0.9}
    """
    level = _level(confidence)
    names, answers = _answers("items", items)
    respondents, count = answers.shape
    if count < _TWO:
        raise ValueError(
            f"`items` must hold two items or more, got {count}. One item has no reliability to be seen from itself."
        )
    if respondents < _TWO:
        raise ValueError(f"`items` must hold two respondents or more, got {respondents}. Put respondents in rows.")
    constant = [name for name, column in zip(names, answers.T, strict=True) if column.min() == column.max()]
    if constant:
        raise ValueError(
            f"`items` must vary, got the same answer from everybody in {', '.join(map(repr, constant))}. "
            "Leave such items out: they cannot tell respondents apart."
        )
    # Alpha does not change with the place and the size of the unit, its last digits do.
    answers = answers - answers.mean(axis=0)
    answers = answers / np.abs(answers).max()
    covariance = np.atleast_2d(np.cov(answers, rowvar=False))
    alpha = _alpha(covariance)
    if np.isinf(alpha):
        raise ValueError(
            "`items` must have a sum that varies, got the same sum for everybody. Turn items around that are worded "
            "the other way, for example 8 - answer on a scale of 1 to 7."
        )
    from scipy.special import fdtri  # noqa: PLC0415 - slow to load

    tails = np.array([1 + level, 1 - level]) / 2
    lower, upper = 1 - (1 - alpha) * fdtri(respondents - 1, (respondents - 1) * (count - 1), tails)
    others = [[other for other in range(count) if other != item] for item in range(count)]
    return Alpha(
        alpha=alpha,
        lower=float(lower),
        upper=float(upper),
        confidence=level,
        items=count,
        respondents=respondents,
        if_dropped={name: _alpha(covariance[np.ix_(rest, rest)]) for name, rest in zip(names, others, strict=True)}
        if count > _TWO
        else {},
        item_rest={
            name: _item_rest(covariance, item, rest)
            for item, (name, rest) in enumerate(zip(names, others, strict=True))
        },
    )


def _alpha(covariance: Floats) -> float:
    count = len(covariance)
    total = covariance.sum()
    own = float(np.trace(covariance))
    if total <= 1e-12 * own:  # a sum that varies by rounding alone
        return -np.inf
    return float(count / (count - 1) * (1 - own / total))


def _item_rest(covariance: Floats, item: int, rest: list[int]) -> float:
    of_rest = covariance[np.ix_(rest, rest)].sum()
    if of_rest <= 1e-12 * covariance.trace():
        return np.nan
    return float(np.clip(covariance[item, rest].sum() / np.sqrt(covariance[item, item] * of_rest), -1, 1))


def servqual_gaps(
    expectations: Any,
    perceptions: Any,
    *,
    dimensions: Mapping[str, Sequence[str]],
    weights: Mapping[str, float] | Any = None,
    confidence: float = 0.95,
) -> ServqualGaps:
    r"""Return the gaps of a SERVQUAL survey: perception − expectation, by item, by dimension and overall.

    Parameters
    ----------
    expectations, perceptions : pandas.DataFrame or polars.DataFrame
        One row a respondent, in the same order in both; one column an item, of the same name in both, on the same
        scale. Columns that no dimension names are left alone.
    dimensions : mapping of str to sequence of str
        The items of each dimension; no item in two of them.
    weights : mapping of str to float, pandas.DataFrame or polars.DataFrame, optional
        Importance of the dimensions in any unit: one number for each, or a table with one column for each dimension and
        each respondent's own points in a row. Not negative, and not all zero. Without it, all weigh the same.
    confidence : float
        Level of the intervals, between 0 and 1.

    Returns
    -------
    ServqualGaps
        Tables of the kind of `expectations`, and the overall gap.

    Raises
    ------
    UnsupportedFrameError, MissingColumnError, TypeError
        A table is not one, lacks items, or holds something else than numbers in them.
    ValueError
        There are no dimensions or a dimension without items; an item stands in two; the tables differ in their rows;
        answers are missing; or the weights do not fit.

    Notes
    -----
    A respondent's gap on a dimension is the mean of their gaps on its items; with own weights :math:`w`, which are
    first scaled to a sum of 1, their overall gap is :math:`\sum_d w_d g_d`. What is reported is the mean over
    respondents, with a t interval, so respondents must be independent. Intervals are for each gap by itself.

    Gaps inherit the trouble of difference scores: they are less reliable than their parts when these go together, and
    expectations near the top of the scale leave no room above.

    References
    ----------
    Parasuraman, A., Zeithaml, V. A., & Berry, L. L. (1988). SERVQUAL: A multiple-item scale for measuring consumer
    perceptions of service quality. Journal of Retailing, 64(1), 12–40.

    Examples
    --------
    >>> import pandas as pd
    >>> expected = pd.DataFrame({"prompt": [7, 6, 7], "polite": [6, 6, 5]})
    >>> perceived = pd.DataFrame({"prompt": [5, 5, 4], "polite": [6, 5, 6]})
    >>> speed_and_manner = {"speed": ["prompt"], "manner": ["polite"]}
    >>> gaps = servqual_gaps(expected, perceived, dimensions=speed_and_manner, weights={"speed": 3, "manner": 1})
    >>> gaps.overall
    -1.5
    >>> gaps.dimensions[["dimension", "gap", "weight", "contribution"]]
      dimension  gap  weight  contribution
    0     speed -2.0    0.75          -1.5
    1    manner  0.0    0.25           0.0
    """
    level = _level(confidence)
    items = _items(dimensions)
    expected_frame, perceived_frame = (
        frames.accept("expectations", expectations),
        frames.accept("perceptions", perceptions),
    )
    expected = _columns("expectations", expected_frame, items)
    perceived = _columns("perceptions", perceived_frame, items)
    if len(expected) != len(perceived):
        raise ValueError(
            f"`expectations` and `perceptions` must have the same respondents in their rows, got {len(expected)} and "
            f"{len(perceived)} rows. Keep those who answered both."
        )
    if not len(expected):
        raise ValueError("`expectations` must hold one respondent or more, got none.")
    by_dimension = [[items.index(item) for item in named] for named in dimensions.values()]
    expected_means, perceived_means = (
        np.column_stack([answers[:, places].mean(axis=1) for places in by_dimension])
        for answers in (expected, perceived)
    )
    gaps = perceived_means - expected_means
    shares = _shares(weights, list(dimensions), len(gaps))
    parts = shares * gaps
    (overall,), (lower,), (upper,) = _interval(parts.sum(axis=1, keepdims=True), level)
    names = {"dimension": [name for name, named in dimensions.items() for _ in named], "item": items}
    return ServqualGaps(
        items=_table(expected_frame, names | _summary(expected, perceived, level)),
        dimensions=_table(
            expected_frame,
            {
                "dimension": list(dimensions),
                "items": [len(named) for named in dimensions.values()],
                **_summary(expected_means, perceived_means, level),
                "weight": shares.mean(axis=0).tolist(),
                "contribution": parts.mean(axis=0).tolist(),
            },
        ),
        overall=float(overall),
        lower=float(lower),
        upper=float(upper),
        respondents=len(gaps),
        confidence=level,
    )


def _items(dimensions: Mapping[str, Sequence[str]]) -> list[str]:
    if not isinstance(dimensions, Mapping):
        raise TypeError(
            f"`dimensions` must map each dimension to its items, got {dimensions!r}. "
            'Write, for example, {"reliability": ["q5", "q6"]}.'
        )
    worded = [name for name, named in dimensions.items() if isinstance(named, str)]
    if worded:
        raise TypeError(
            f"`dimensions` must hold lists of items, got a single word for {worded[0]!r}. Put it in a list."
        )
    empty = [name for name, named in dimensions.items() if not len(named)]
    if empty or not dimensions:
        raise ValueError(
            f"`dimensions` must name items for every dimension, got none for {empty[0]!r}. Name them or leave it out."
            if empty
            else "`dimensions` must name one dimension or more, got none."
        )
    items = [item for named in dimensions.values() for item in named]
    twice = sorted({item for item in items if items.count(item) > 1})
    if twice:
        raise ValueError(
            f"`dimensions` must name each item once, got {', '.join(map(repr, twice))} more than once. "
            "Decide where it belongs."
        )
    return items


def _shares(weights: Any, names: list[str], respondents: int) -> Floats:
    """Return each respondent's weights, scaled to a sum of 1."""
    if weights is None:
        return np.full((respondents, len(names)), 1 / len(names))
    if isinstance(weights, Mapping):
        if set(weights) != set(names):
            raise ValueError(
                f"`weights` must name the dimensions {', '.join(map(repr, names))}, got "
                f"{', '.join(map(repr, weights)) or 'none'}. Give each dimension its weight."
            )
        points = np.tile(nonnegative("weights", [weights[name] for name in names]), (respondents, 1))
    else:
        points = nonnegative("weights", _columns("weights", frames.accept("weights", weights), names))
        if len(points) != respondents:
            raise ValueError(
                f"`weights` must have one row for each of the {respondents} respondents, got {len(points)}. "
                "Keep the same respondents in the same order."
            )
    sums = points.sum(axis=1, keepdims=True)
    if not (sums > 0).all():
        raise ValueError(
            "`weights` must not all be zero"
            + (", got a respondent without any point." if not isinstance(weights, Mapping) else ".")
            + " Leave `weights` out to weigh all dimensions the same."
        )
    return cast("Floats", points / sums)


def _summary(expected: Floats, perceived: Floats, level: float) -> dict[str, list[float]]:
    gap, lower, upper = _interval(perceived - expected, level)
    return {
        "expectation": expected.mean(axis=0).tolist(),
        "perception": perceived.mean(axis=0).tolist(),
        "gap": gap.tolist(),
        "lower": lower.tolist(),
        "upper": upper.tolist(),
    }


def _interval(values: Floats, level: float) -> tuple[Floats, Floats, Floats]:
    """Return the mean of each column, and the ends of its t interval."""
    from scipy.special import stdtrit  # noqa: PLC0415 - as above

    count = len(values)
    mean = values.mean(axis=0)
    if count < _TWO:
        missing = np.full_like(mean, np.nan)
        return mean, missing, missing
    half = stdtrit(count - 1, (1 + level) / 2) * values.std(axis=0, ddof=1) / np.sqrt(count)
    return mean, mean - half, mean + half


def _table(like: nw.DataFrame[Any], columns: Mapping[str, list[Any]]) -> Any:
    return nw.from_dict(columns, backend=like.implementation).to_native()


def _level(confidence: float) -> float:
    level = float(between("confidence", confidence, 0, 1))
    if level in (0, 1):
        raise ValueError(f"`confidence` must lie between 0 and 1 and be neither, got {confidence!r}. Usual is 0.95.")
    return level


def _answers(what: str, data: Any) -> tuple[list[str], Floats]:
    if isinstance(data, np.ndarray | Sequence) and not isinstance(data, str):
        try:
            array = np.asarray(data, dtype=float)
        except (TypeError, ValueError):
            raise TypeError(
                f"`{what}` must be a table of numbers, with as many answers from each respondent. Check its rows."
            ) from None
        if array.ndim != _TWO:
            raise ValueError(
                f"`{what}` must have one row a respondent and one column an item, got {array.ndim} dimension(s). "
                "Write [[respondent's answers], …]."
            )
        names = [str(number) for number in range(1, array.shape[1] + 1)]
        _refuse_missing(what, names, array)
        return names, array
    frame = frames.accept(what, data)
    return frame.columns, _columns(what, frame, frame.columns)


def _columns(what: str, frame: nw.DataFrame[Any], names: list[str]) -> Floats:
    require_columns(f"`{what}`", frame.columns, names)
    array = frames.read(f"`{what}`", frame, dict.fromkeys(names, "number")).to_numpy().astype(float)
    array = array.reshape(len(frame), len(names))
    _refuse_missing(what, names, array)
    return array


def _refuse_missing(what: str, names: list[str], array: Floats) -> None:
    bad = ~np.isfinite(array)
    if bad.any():
        first = names[int(np.argwhere(bad)[0][1])]
        raise ValueError(
            f"`{what}` must have an answer from every respondent to every item, got {bad.any(axis=1).sum()} of "
            f"{len(array)} rows with a missing or infinite one (the first in {first!r}). "
            "Leave these respondents out, and say how many they were."
        )
