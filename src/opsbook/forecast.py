"""Forecasts of a demand that repeats, how far they may be off, and how far they were off when it could be checked.

Three methods for one series at regular times, from plain to elaborate, all with the same face: `seasonal_naive` (what
happened one season ago), `seasonal_mean` (the profile: the mean of each place in the season) and `holt_winters` (level,
trend and season, each smoothed). Each returns a `Forecast` with a prediction interval. `backtest` repeats a method from
many origins in the past and compares it with what came, which is the only honest way to choose one::

    forecast.backtest(calls, forecast.seasonal_naive, period=5, horizon=10, first=60).accuracy

A *period* is the number of values after which the pattern repeats: 5 for working days with a weekly pattern, 140 for
28 half hours on each of five working days. So a profile by weekday and half hour is `seasonal_mean` with period 140.

Notes
-----
**Prediction intervals are too narrow more often than not.** They take the model as true and its smoothing as known,
and they know nothing of a holiday or a new product. So every backtest reports the share of values that fell inside
(`Accuracy.coverage`); read it next to the level that was asked for. Intervals are symmetric and may reach below zero,
where a count cannot.

References
----------
Hyndman, R. J., & Athanasopoulos, G. (2021). Forecasting: Principles and practice (3rd ed.). OTexts.
https://otexts.com/fpp3

Hyndman, R. J., & Koehler, A. B. (2006). Another look at measures of forecast accuracy. International Journal of
Forecasting, 22(4), 679–688.

Hyndman, R. J., Koehler, A. B., Ord, J. K., & Snyder, R. D. (2008). Forecasting with exponential smoothing: The state
space approach. Springer.

Winters, P. R. (1960). Forecasting sales by exponentially weighted moving averages. Management Science, 6(3), 324–342.
"""

from __future__ import annotations  # pandas is named in annotations only

import math
import warnings
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from opsbook.validation import one_of, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Accuracy",
    "Backtest",
    "Forecast",
    "accuracy",
    "backtest",
    "holt_winters",
    "seasonal_mean",
    "seasonal_naive",
]

_TRENDS = ("additive", "damped", "none")
_SEASONS = ("additive", "multiplicative")
# Above this the first season is taken as it stands: estimating a starting value for each place would take minutes.
_LONGEST_ESTIMATED_SEASON = 24
_EXACT = 1e-9
_LARGEST = 1e150  # squares must stay finite


@dataclass(frozen=True, eq=False)
class Forecast:
    """What a method expects, with the interval that a new value falls into with probability `level`.

    Attributes
    ----------
    mean, lower, upper : numpy.ndarray
        One value a step ahead, in the unit of the series: the expected value and the ends of the interval.
    level : float
        Probability with which one value falls into its interval, if the model is right; in (0, 1).
    method : str
        What made it.
    parameters : dict of str to float
        What was estimated, by name; empty if nothing was.
    converged : bool
        False if the search for the parameters stopped before it was done; the forecast is then its best so far.
    times : pandas.DatetimeIndex or pandas.PeriodIndex or None
        When the values are due, if the series said when its own were.

    Examples
    --------
    >>> expected = seasonal_naive([52, 40, 54, 42], period=2, horizon=2)
    >>> expected.mean, expected.horizon
    (array([54., 42.]), 2)
    """

    mean: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    level: float
    method: str
    parameters: dict[str, float] = field(default_factory=dict)
    converged: bool = True
    times: pd.DatetimeIndex | pd.PeriodIndex | None = None

    @property
    def horizon(self) -> int:
        """Number of steps ahead."""
        return len(self.mean)

    def to_frame(self) -> pd.DataFrame:
        """Return a table of ``mean``, ``lower`` and ``upper`` by time, or by step from 1 if times are not known."""
        import pandas as pd  # noqa: PLC0415 -- loaded only by the call that needs it

        index = pd.RangeIndex(1, self.horizon + 1, name="step") if self.times is None else self.times
        return pd.DataFrame({"mean": self.mean, "lower": self.lower, "upper": self.upper}, index=index)


@dataclass(frozen=True, eq=False)
class Accuracy:
    """How far forecasts were off; an error is the actual value minus the forecast.

    Attributes
    ----------
    mean_error : float or numpy.ndarray
        Mean of the errors: above zero when the forecasts were too low on the whole.
    mae : float or numpy.ndarray
        Mean absolute error, in the unit of the series.
    rmse : float or numpy.ndarray
        Root of the mean squared error, in the unit of the series; large errors weigh more.
    mase : float or numpy.ndarray
        Mean absolute scaled error: each error ÷ the mean absolute error of the seasonal naive method, one step ahead
        of its season, on the values known at the origin. Below 1 is better than that. NaN if that error is zero.
    mape : float or numpy.ndarray
        Mean of absolute error ÷ absolute actual value, a proportion. It punishes an error at a low value more than the
        same error at a high one, and one tiny value can rule it; NaN if any actual value is zero. Prefer `wape`.
    wape : float or numpy.ndarray
        Sum of absolute errors ÷ sum of absolute actual values, a proportion; NaN if all actual values are zero.
    coverage : float or numpy.ndarray
        Share of the actual values that fell into their interval, ends included; to be compared with the level.
    mean_width : float or numpy.ndarray
        Mean width of the intervals, in the unit of the series.

    Examples
    --------
    >>> expected = seasonal_naive([52, 40, 54, 42], period=2, horizon=2)
    >>> accuracy([55, 41], expected, history=[52, 40, 54, 42], period=2).mae
    1.0
    """

    mean_error: float | NDArray[np.float64]
    mae: float | NDArray[np.float64]
    rmse: float | NDArray[np.float64]
    mase: float | NDArray[np.float64]
    mape: float | NDArray[np.float64]
    wape: float | NDArray[np.float64]
    coverage: float | NDArray[np.float64]
    mean_width: float | NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Backtest:
    """Forecasts from many origins beside what came; all tables have one row an origin and one column a step ahead.

    Attributes
    ----------
    method : str
        What made the forecasts.
    level : float
        Level of the intervals.
    origins : numpy.ndarray of int
        How many values were known at each origin.
    actual, mean, lower, upper : numpy.ndarray
        What came, what was expected, and the intervals: shape (origins, horizon).
    scale : numpy.ndarray
        Mean absolute error of the seasonal naive method on the values known at each origin: the yardstick of MASE.
    unconverged : int
        Number of origins at which the search for parameters stopped early.

    Examples
    --------
    >>> tested = backtest([52, 40, 54, 42, 55, 41], seasonal_naive, period=2, horizon=1, first=4)
    >>> tested.origins, tested.errors[:, 0]
    (array([4, 5]), array([ 1., -1.]))
    """

    method: str
    level: float
    origins: NDArray[np.int64]
    actual: NDArray[np.float64]
    mean: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    scale: NDArray[np.float64]
    unconverged: int

    @property
    def errors(self) -> NDArray[np.float64]:
        """What came minus what was expected: shape (origins, horizon)."""
        return self.actual - self.mean

    @property
    def accuracy(self) -> Accuracy:
        """Accuracy over all origins and steps, as floats."""
        return self._measured(None)

    @property
    def by_horizon(self) -> Accuracy:
        """Accuracy of each step ahead over all origins, as arrays of length horizon."""
        return self._measured(0)

    def to_frame(self) -> pd.DataFrame:
        """Return a table of the measures of `Accuracy` by step ahead, from 1."""
        import pandas as pd  # noqa: PLC0415 -- loaded only by the call that needs it

        steps = pd.RangeIndex(1, self.actual.shape[1] + 1, name="step")
        return pd.DataFrame(vars(self.by_horizon), index=steps)

    def _measured(self, axis: int | None) -> Accuracy:
        errors, sizes = np.abs(self.errors), np.abs(self.actual)
        scale = np.broadcast_to(self.scale[:, np.newaxis], errors.shape)
        inside = (self.lower <= self.actual) & (self.actual <= self.upper)
        measures = {
            "mean_error": self.errors.mean(axis),
            "mae": errors.mean(axis),
            "rmse": np.sqrt((errors**2).mean(axis)),
            "mase": _divided(errors, scale).mean(axis),
            "mape": _divided(errors, sizes).mean(axis),
            "wape": _divided(errors.sum(axis), sizes.sum(axis)),
            "coverage": inside.mean(axis),
            "mean_width": (self.upper - self.lower).mean(axis),
        }
        return Accuracy(**{name: float(value) if axis is None else value for name, value in measures.items()})


def seasonal_naive(series: ArrayLike, *, period: int, horizon: int, level: float = 0.95) -> Forecast:
    r"""Forecast that every value will be what it was one season ago.

    .. math:: \hat y_{T+h} = y_{T+h-m(k+1)}, \qquad k = \lfloor (h-1)/m \rfloor

    Parameters
    ----------
    series : array_like or pandas.Series
        Values at regular times, oldest first, at least one more than a period. A series with dates must have no gaps.
    period : int
        Values per season :math:`m`, at least 1; 1 makes it the naive method: the last value again.
    horizon : int
        Steps ahead, at least 1.
    level : float
        Probability of the interval, in (0, 1).

    Returns
    -------
    Forecast
        The interval is :math:`\hat y \pm z \hat\sigma \sqrt{k+1}`, where :math:`\hat\sigma^2` is the mean of the
        squared differences between values one season apart.

    Raises
    ------
    TypeError
        `series` is not made of numbers, or `period` or `horizon` is not a whole number.
    ValueError
        `series` has gaps, missing or infinite values, more than one dimension or too few values, or a number is out
        of its range.

    Notes
    -----
    The yardstick: a method that cannot beat it is not worth its trouble. The interval takes the differences from
    season to season as independent and normal, with mean zero.

    References
    ----------
    Hyndman and Athanasopoulos (2021), sections 5.2 and 5.5.

    Examples
    --------
    >>> next_week = seasonal_naive([52, 40, 38, 41, 45, 54, 42, 36, 41, 47], period=5, horizon=5)
    >>> next_week.mean
    array([54., 42., 36., 41., 47.])
    >>> (next_week.upper - next_week.mean).round(2)
    array([3.51, 3.51, 3.51, 3.51, 3.51])
    """
    period, horizon, level = whole_number("period", period), whole_number("horizon", horizon), _level(level)
    values = _values(series, period + 1, f"one more than the period of {period}")
    cycle = np.arange(horizon) // period
    mean = values[len(values) - period + np.arange(horizon) % period]
    spread = math.sqrt(np.mean((values[period:] - values[:-period]) ** 2))
    half_width = NormalDist().inv_cdf((1 + level) / 2) * spread * np.sqrt(cycle + 1)
    return _forecast(
        series, mean, half_width, level=level, method=f"seasonal naive, period {period}", parameters={"sigma": spread}
    )


def seasonal_mean(series: ArrayLike, *, period: int, horizon: int, level: float = 0.95) -> Forecast:
    r"""Forecast the profile: the mean of all values at the same place in the season.

    Parameters
    ----------
    series : array_like or pandas.Series
        As for `seasonal_naive`, at least two periods.
    period, horizon, level
        As for `seasonal_naive`. A period of 1 makes it the mean of all values.

    Returns
    -------
    Forecast
        The interval is :math:`\bar y_j \pm t\, s_j \sqrt{1 + 1/n_j}`, with mean, standard deviation and number of the
        values at that place :math:`j`, and Student's :math:`t` with :math:`n_j - 1` degrees of freedom.

    Raises
    ------
    TypeError, ValueError
        As for `seasonal_naive`.

    Notes
    -----
    It takes the values at one place as independent draws from one normal distribution: no trend, no drift from week to
    week. Each place has a spread of its own, so busy half hours get wide intervals and quiet ones narrow.

    References
    ----------
    Hyndman and Athanasopoulos (2021), sections 5.2 and 5.5.

    Examples
    --------
    >>> profile = seasonal_mean([52, 40, 54, 42, 50, 38], period=2, horizon=2)
    >>> profile.mean
    array([52., 40.])
    >>> (profile.upper - profile.mean).round(2)
    array([9.94, 9.94])
    """
    from scipy.stats import t  # noqa: PLC0415 -- loaded only by the call that needs it

    period, horizon, level = whole_number("period", period), whole_number("horizon", horizon), _level(level)
    values = _values(series, 2 * period, f"two periods of {period}")
    places = (len(values) + np.arange(min(period, horizon))) % period
    groups = [values[place::period] for place in places]
    mean = np.array([group.mean() for group in groups])
    count = np.array([len(group) for group in groups])
    spread = np.array([group.std(ddof=1) for group in groups])
    half_width = t.ppf((1 + level) / 2, count - 1) * spread * np.sqrt(1 + 1 / count)
    step = np.arange(horizon) % period
    return _forecast(series, mean[step], half_width[step], level=level, method=f"seasonal mean, period {period}")


def holt_winters(
    series: ArrayLike,
    *,
    period: int,
    horizon: int,
    level: float = 0.95,
    trend: str = "additive",
    seasonal: str = "additive",
) -> Forecast:
    r"""Forecast by Holt and Winters's method: a level, a trend and a season, each smoothed exponentially.

    With additive season, the level :math:`\ell`, the trend :math:`b` and the season :math:`s` follow

    .. math::

        \ell_t &= \alpha (y_t - s_{t-m}) + (1-\alpha)(\ell_{t-1} + b_{t-1}) \\
        b_t &= \beta^* (\ell_t - \ell_{t-1}) + (1-\beta^*) b_{t-1} \\
        s_t &= \gamma (y_t - \ell_{t-1} - b_{t-1}) + (1-\gamma) s_{t-m}

    and the forecast is :math:`\ell_T + h b_T + s_{T+h-m(k+1)}`.

    Parameters
    ----------
    series : array_like or pandas.Series
        As for `seasonal_naive`, at least two periods and more values than there are parameters (`period` + 5 at most).
    period : int
        Values per season, at least 2.
    horizon, level
        As for `seasonal_naive`.
    trend : str
        ``"additive"``, ``"damped"`` (it fades) or ``"none"``.
    seasonal : str
        ``"additive"`` (a swing of so many contacts) or ``"multiplicative"`` (a swing of so many percent; all values
        must be above zero).

    Returns
    -------
    Forecast
        `parameters` holds ``alpha``, ``beta_star`` and ``phi`` (if there is a trend or damping), ``gamma`` and
        ``sigma``: the standard deviation of the errors one step ahead, relative to the forecast if the season is
        multiplicative.

    Raises
    ------
    TypeError, ValueError
        As for `seasonal_naive`; also if `trend` or `seasonal` is another word, or if a multiplicative season meets a
        value that is not above zero, or a series that jumps about by more than its own size.

    Notes
    -----
    statsmodels finds the parameters, and the starting values of level, trend and season, that make the sum of squared
    errors one step ahead smallest; above a period of 24 the starting values are read off the first seasons instead.
    The search is deterministic. The series is brought to one scale first, so the unit makes no difference.

    The interval is normal. With additive season its variance is exact for the state space model of additive errors:
    :math:`\hat\sigma^2 (1 + \sum_{j<h} c_j^2)` with :math:`c_j = \alpha + \alpha\beta^* \phi_j + \gamma [m \mid j]`.
    With multiplicative season it is that of multiplicative errors, which is close (its width is
    within one percent of simulated ones in our tests).
    :math:`\hat\sigma^2` divides by the number of values less that of the parameters and starting values.

    References
    ----------
    Winters (1960); Hyndman and Athanasopoulos (2021), sections 8.3 and 8.7; Hyndman et al. (2008), chapter 6.

    Examples
    --------
    >>> days = [52, 40, 38, 41, 45, 54, 42, 36, 41, 47, 55, 41, 39, 43, 46]
    >>> holt_winters(days, period=5, horizon=5, trend="none").mean.round(1)
    array([54.5, 41.7, 38.3, 42.2, 46.4])
    """
    from statsmodels.tsa.holtwinters import ExponentialSmoothing  # noqa: PLC0415 -- loaded only when needed

    period, horizon, level = whole_number("period", period, least=2), whole_number("horizon", horizon), _level(level)
    one_of("trend", trend, _TRENDS)
    multiplicative = one_of("seasonal", seasonal, _SEASONS) == "multiplicative"
    # Smoothing parameters, then the starting values of level, trend and all places but one.
    estimated = {"none": 2 + 1, "additive": 3 + 2, "damped": 4 + 2}[trend] + period - 1
    values = _values(
        series,
        max(2 * period, estimated + 1),
        f"two periods of {period}, and more than the {estimated} figures to be estimated",
    )
    if multiplicative and not (values > 0).all():
        raise ValueError(
            f"`series` must be above zero for a multiplicative season, got {values.min():g} as its lowest value. "
            "Use `seasonal='additive'`."
        )
    centre = 0.0 if multiplicative else values.mean()
    unit = values.mean() if multiplicative else values.std()
    if not unit > _EXACT * np.abs(values).max():
        centre, unit = values.mean(), 1.0  # a constant series
    scaled = (values - centre) / unit

    with warnings.catch_warnings():
        # Whether the search was done is told by `converged`; a series that fits exactly divides by nothing.
        warnings.simplefilter("ignore")
        fit = ExponentialSmoothing(
            scaled,
            trend=None if trend == "none" else "add",
            damped_trend=trend == "damped",
            seasonal="mul" if multiplicative else "add",
            seasonal_periods=period,
            initialization_method="estimated" if period <= _LONGEST_ESTIMATED_SEASON else "heuristic",
        ).fit(method="SLSQP")
    found = fit.params
    alpha, gamma = float(found["smoothing_level"]), float(found["smoothing_seasonal"])
    beta_star = 0.0 if trend == "none" else float(found["smoothing_trend"])
    phi = float(found["damping_trend"]) if trend == "damped" else 1.0
    # Not the library's forecast: until statsmodels issue 9538 is mended, it forgets what the last value says about its
    # place in the season.
    expected, base, slope, season = _smoothed(
        scaled,
        (alpha, beta_star, gamma, phi),
        start=(float(found["initial_level"]), 0.0 if trend == "none" else float(found["initial_trend"])),
        season=[float(place) for place in found["initial_seasons"][:period]],
        multiplicative=multiplicative,
    )
    errors = (scaled - expected) / expected if multiplicative else scaled - expected
    sigma = math.sqrt(errors @ errors / (len(values) - estimated))

    if multiplicative and not (sigma < 1 and (expected > 0).all()):
        raise ValueError(
            "`series` varies too much for a multiplicative season: one step ahead, errors are as large as what is "
            "expected. Use `seasonal='additive'`."
        )

    steps = np.arange(1, horizon + 1)
    reach = np.cumsum(phi**steps)
    trended, places = base + slope * reach, season[(steps - 1) % period]
    # How much of an error now is left so many steps later.
    weights = (alpha + alpha * beta_star * reach + gamma * (steps % period == 0))[:-1]
    if multiplicative:
        mean = trended * places
        variance = places**2 * _growing_variance(trended, sigma, weights)
    else:
        mean = trended + places
        variance = sigma**2 * np.cumsum(np.append(1, weights**2))
    parameters = {"alpha": alpha, "beta_star": beta_star, "phi": phi, "gamma": gamma}
    if trend != "damped":
        del parameters["phi"]
    if trend == "none":
        del parameters["beta_star"]
    return _forecast(
        series,
        centre + unit * mean,
        NormalDist().inv_cdf((1 + level) / 2) * unit * np.sqrt(variance),
        level=level,
        method=f"Holt–Winters, trend {trend}, season {seasonal}, period {period}",
        parameters={**parameters, "sigma": sigma if multiplicative else sigma * unit},
        converged=bool(fit.mle_retvals.success) or bool(np.abs(errors).max() < _EXACT),
    )


def accuracy(actual: ArrayLike, forecast: Forecast, *, history: ArrayLike, period: int) -> Accuracy:
    """Compare one forecast with what came.

    Parameters
    ----------
    actual : array_like
        What came, one value a step of the forecast.
    forecast : Forecast
        What was expected.
    history : array_like
        The values that were known, which set the scale of MASE; at least one more than a period.
    period : int
        Values per season, at least 1.

    Returns
    -------
    Accuracy
        With one float a measure.

    Raises
    ------
    TypeError, ValueError
        As for `seasonal_naive`; also if the lengths of `actual` and `forecast` differ.

    Examples
    --------
    >>> history = [52, 40, 38, 41, 45, 54, 42, 36, 41, 47]
    >>> expected = seasonal_naive(history, period=5, horizon=5)
    >>> measured = accuracy([56, 42, 33, 40, 48], expected, history=history, period=5)
    >>> measured.mae, round(measured.mase, 3), round(measured.wape, 3), measured.coverage
    (1.4, 0.875, 0.032, 1.0)
    """
    period = whole_number("period", period)
    came = _values(actual, 1, "one", name="actual")
    known = _values(history, period + 1, f"one more than the period of {period}", name="history")
    if len(came) != forecast.horizon:
        raise ValueError(
            f"`actual` must have one value a step of the forecast, {forecast.horizon}, got {len(came)}. "
            "Forecast as many steps as there are values to compare."
        )
    return Backtest(
        method=forecast.method,
        level=forecast.level,
        origins=np.array([len(known)]),
        actual=came[np.newaxis],
        mean=forecast.mean[np.newaxis],
        lower=forecast.lower[np.newaxis],
        upper=forecast.upper[np.newaxis],
        scale=np.array([_naive_error(known, period)]),
        unconverged=int(not forecast.converged),
    ).accuracy


def backtest(
    series: ArrayLike,
    method: Callable[..., Forecast],
    *,
    period: int,
    horizon: int,
    first: int,
    step: int = 1,
    level: float = 0.95,
    **options: Any,
) -> Backtest:
    """Forecast from many origins in the past, each time with only what was known then, and compare with what came.

    Parameters
    ----------
    series : array_like or pandas.Series
        As for `seasonal_naive`, with at least `first` + `horizon` values.
    method : callable
        `seasonal_naive`, `seasonal_mean`, `holt_winters`, or any function that takes a series and the keywords
        `period`, `horizon`, `level` and `options`, and returns a `Forecast`.
    period, horizon, level
        As for `seasonal_naive`.
    first : int
        How many values are known at the first origin; above `period`, and enough for the method.
    step : int
        How many values the origin moves on each time, at least 1.
    **options
        Handed to the method, for example ``trend="damped"``.

    Returns
    -------
    Backtest
        Whole forecasts only: the last origin leaves `horizon` values to compare with.

    Raises
    ------
    TypeError, ValueError
        As for the method; also if `series` is too short for one origin.

    Notes
    -----
    The known values grow from origin to origin (an expanding window). Forecasts from neighbouring origins overlap, so
    their errors are not independent, and a coverage of 0.93 from 50 origins is less exact than it looks. A method
    chosen because it did best here will do a little worse on what comes next.

    References
    ----------
    Hyndman and Athanasopoulos (2021), section 5.10.

    Examples
    --------
    >>> days = [52, 40, 38, 41, 45, 54, 42, 36, 41, 47, 55, 41, 39, 43, 46, 51, 43, 37, 42, 44]
    >>> test = backtest(days, seasonal_naive, period=5, horizon=5, first=10)
    >>> test.origins
    array([10, 11, 12, 13, 14, 15])
    >>> round(test.accuracy.mae, 2), test.by_horizon.mae.round(2)
    (2.1, array([2.  , 2.17, 2.33, 2.  , 2.  ]))
    """
    period, horizon, level = whole_number("period", period), whole_number("horizon", horizon), _level(level)
    first, step = whole_number("first", first, least=period + 1), whole_number("step", step)
    values = _values(series, first + horizon, f"`first` + `horizon` = {first + horizon}")
    origins = np.arange(first, len(values) - horizon + 1, step)
    forecasts = [method(values[:origin], period=period, horizon=horizon, level=level, **options) for origin in origins]
    return Backtest(
        method=forecasts[0].method,
        level=level,
        origins=origins,
        actual=np.array([values[origin : origin + horizon] for origin in origins]),
        mean=np.array([forecast.mean for forecast in forecasts]),
        lower=np.array([forecast.lower for forecast in forecasts]),
        upper=np.array([forecast.upper for forecast in forecasts]),
        scale=np.array([_naive_error(values[:origin], period) for origin in origins]),
        unconverged=sum(not forecast.converged for forecast in forecasts),
    )


def _forecast(
    series: ArrayLike, mean: NDArray[np.float64], half_width: NDArray[np.float64], *, level: float, **rest: Any
) -> Forecast:
    return Forecast(
        mean=mean,
        lower=mean - half_width,
        upper=mean + half_width,
        level=level,
        times=_times(series, len(mean)),
        **rest,
    )


def _smoothed(
    values: NDArray[np.float64],
    parameters: tuple[float, float, float, float],
    *,
    start: tuple[float, float],
    season: list[float],
    multiplicative: bool,
) -> tuple[NDArray[np.float64], float, float, NDArray[np.float64]]:
    """Return what was expected one step ahead, and level, trend and season (from the next place on) at the end."""
    alpha, beta_star, gamma, phi = parameters
    level, trend = start
    season = list(season)
    expected = []
    for time, value in enumerate(values.tolist()):
        place, base, faded = season[time], level + phi * trend, phi * trend
        if multiplicative:
            expected.append(base * place)
            new = alpha * value / place + (1 - alpha) * base
            season.append(gamma * value / base + (1 - gamma) * place)
        else:
            expected.append(base + place)
            new = alpha * (value - place) + (1 - alpha) * base
            season.append(gamma * (value - base) + (1 - gamma) * place)
        trend = beta_star * (new - level) + (1 - beta_star) * faded
        level = new
    return np.array(expected), level, trend, np.array(season[len(values) :])


def _growing_variance(level: NDArray[np.float64], sigma: float, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the variance of each step ahead when errors are proportional to what is expected, season left out."""
    # Second moments of the level with its trend.
    moment = np.empty(len(level))
    for step in range(len(level)):
        moment[step] = level[step] ** 2 + sigma**2 * (weights[:step][::-1] ** 2 * moment[:step]).sum()
    return moment * (1 + sigma**2) - level**2


def _naive_error(values: NDArray[np.float64], period: int) -> float:
    return float(np.abs(values[period:] - values[:-period]).mean())


def _divided(numerator: NDArray[np.float64], denominator: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the quotient, NaN where the denominator is zero."""
    quotient = np.full(np.shape(numerator), np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator != 0)
    return quotient


def _level(value: float) -> float:
    if isinstance(value, bool | np.bool_ | str) or not hasattr(value, "__float__"):
        raise TypeError(f"`level` must be a number, got {value!r}.")
    if not 0 < value < 1:
        raise ValueError(f"`level` must lie between 0 and 1, both excluded, got {value!r}. Write 0.95 for 95 %.")
    return float(value)


def _values(series: ArrayLike, least: int, in_words: str, *, name: str = "series") -> NDArray[np.float64]:
    """Return the values of a regular series as floats."""
    try:
        values = np.asarray(series)
    except ValueError:  # lists of unequal length
        values = np.array(None)
    if values.ndim != 1:
        raise ValueError(
            f"`{name}` must be one series of values, got {type(series).__name__} of {values.ndim} dimensions."
        )
    if len(values) and values.dtype.kind not in "iuf":
        raise TypeError(f"`{name}` must be made of numbers, got {values.dtype} values. Convert them first.")
    values = values.astype(float)
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
        raise ValueError(
            f"`{name}` must have a finite value at every time, got {values[bad[0]]} at place {bad[0]}{more}. Fill the "
            "gaps first, for example with the value of a season earlier."
        )
    if len(values) and np.abs(values).max() > _LARGEST:
        raise ValueError(f"`{name}` must not exceed {_LARGEST:g} in size, got {values[np.abs(values).argmax()]:g}.")
    if len(values) < least:
        raise ValueError(f"`{name}` must have at least {least} values ({in_words}), got {len(values)}.")
    _index(series, name=name)
    return values


def _index(series: object, *, name: str) -> pd.DatetimeIndex | pd.PeriodIndex | None:
    """Return the times of a pandas Series with its frequency, refusing gaps; None if it has no times."""
    if type(series).__module__.partition(".")[0] != "pandas":
        return None
    import pandas as pd  # noqa: PLC0415 -- loaded already, or this would be no pandas object

    index = getattr(series, "index", None)
    if isinstance(index, pd.PeriodIndex):
        if len(index) == 0 or index.equals(pd.period_range(index[0], periods=len(index), freq=index.freq)):
            return index
    elif isinstance(index, pd.DatetimeIndex):
        if len(index) < 3:  # noqa: PLR2004 -- two times are always regular
            return None
        with warnings.catch_warnings():
            # pandas 3.1 announces that the kind of the answer will change; either kind will do here.
            warnings.simplefilter("ignore")
            frequency = index.freq or pd.infer_freq(index)
        if frequency is not None and index.is_monotonic_increasing:
            return pd.DatetimeIndex(index, freq=frequency)
    else:
        return None
    raise ValueError(
        f"`{name}` must be at regular times, oldest first, but its index has gaps, repeats or another order. Sort it, "
        "use `.asfreq(…)` and fill the gaps; or give `.to_numpy()` if every value is one step after the last."
    )


def _times(series: object, horizon: int) -> pd.DatetimeIndex | pd.PeriodIndex | None:
    index = _index(series, name="series")
    if index is None or len(index) == 0:
        return None
    import pandas as pd  # noqa: PLC0415 -- loaded already, since there is an index

    if isinstance(index, pd.PeriodIndex):
        return pd.period_range(index[-1], periods=horizon + 1, freq=index.freq)[1:]
    return pd.date_range(index[-1], periods=horizon + 1, freq=index.freq)[1:]
