"""Control charts: what a stable process would show, and which samples show something else."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from opsbook.quality.constants import mean_deviation, range_moments
from opsbook.quality.run_rules import BEYOND, chosen, found
from opsbook.quality.samples import counts, singles, table_of
from opsbook.validation import between, one_of, positive, whole_number

__all__ = ["ControlChart", "Panel", "Signal", "control_chart"]

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]
Kind = Literal["xbar-r", "xbar-s", "i-mr", "p", "np", "c", "u"]

KINDS: Final = ("xbar-r", "xbar-s", "i-mr", "p", "np", "c", "u")
_WIDEST = 8.0


class Signal(NamedTuple):
    """One sample at which a rule signals.

    Attributes
    ----------
    sample : int
        Its number, counted from 1 as on the chart. A pattern of several samples signals at its last one.
    panel : str
        The name of the panel.
    rule : str
        The name of the rule, one of `RUN_RULES`.
    side : str
        "above", "below", "rising", "falling" or "both".

    Examples
    --------
    >>> Signal(37, "mean", "beyond limits", "above").sample
    37
    """

    sample: int
    panel: str
    rule: str
    side: str


@dataclass(frozen=True, eq=False)
class Panel:
    """One of the pictures of a control chart: what is plotted, and between which limits.

    Attributes
    ----------
    name : str
        What is plotted: "mean", "range", "standard deviation", "value", "moving range", "share", "count" or "rate".
    values : numpy.ndarray
        One a sample. The first moving range is NaN.
    centre : float
        The centre line.
    lower, upper : numpy.ndarray
        The limits, one pair a sample; a limit that nothing can pass is the least or largest possible value.
    standard_error : numpy.ndarray
        Standard deviation of what is plotted, one a sample.

    Examples
    --------
    >>> panel = control_chart([4, 6, 5, 7, 5, 6], "c").panels[0]
    >>> panel.name, panel.centre, round(float(panel.upper[0]), 2)
    ('count', 5.5, 12.54)
    """

    name: str
    values: Floats
    centre: float
    lower: Floats
    upper: Floats
    standard_error: Floats


@dataclass(frozen=True, eq=False)
class ControlChart:
    """A control chart; made by `control_chart`, drawn by `charts.control_chart`.

    Attributes
    ----------
    kind : str
        As `control_chart` takes it.
    panels : tuple of Panel
        The location first (mean, value, share, count or rate), then the spread, if the chart has one.
    sigma : float
        Standard deviation of a single observation: that of the process for X̄ and individual values, √(p(1 - p)) for
        shares, that of a count for np and c, √u for rates.
    size : int or None
        Observations in a sample; None where samples differ in size.
    phase_one : numpy.ndarray
        True for the samples that set centre and limits; none where they were given.
    rules : tuple of str
        The rules that the location is watched by.
    signals : tuple of Signal
        In the order of the samples.

    Examples
    --------
    >>> chart = control_chart([[4, 6], [5, 7], [5, 4], [6, 5], [18, 17]], phase_one=4)
    >>> chart
    <ControlChart xbar-r: 5 samples, 1 signal>
    >>> chart.signalled, chart.in_control, chart.phase_one_in_control
    ((5,), False, True)
    """

    kind: str
    panels: tuple[Panel, ...]
    sigma: float
    size: int | None
    phase_one: Truths
    rules: tuple[str, ...]
    signals: tuple[Signal, ...]

    def __repr__(self) -> str:
        number = len(self.signalled)
        return f"<ControlChart {self.kind}: {len(self.phase_one)} samples, {number} signal{'' if number == 1 else 's'}>"

    @property
    def signalled(self) -> tuple[int, ...]:
        """The numbers of the samples at which any rule signals on any panel."""
        return tuple(sorted({signal.sample for signal in self.signals}))

    @property
    def in_control(self) -> bool:
        """Whether no sample signals."""
        return not self.signals

    @property
    def phase_one_in_control(self) -> bool:
        """Whether no sample signals among those that set the limits."""
        return not any(self.phase_one[sample - 1] for sample in self.signalled)


def control_chart(
    data: Any,
    kind: Kind = "xbar-r",
    phase_one: int | slice | ArrayLike | None = None,
    *,
    sizes: ArrayLike | None = None,
    rules: str | Sequence[str] = "limits",
    centre: float | None = None,
    sigma: float | None = None,
    width: float = 3.0,
) -> ControlChart:
    r"""Return a control chart: values, centre, limits, and the samples that signal.

    Limits lie `width` standard errors on either side of the centre, each panel's own:

    .. math:: \text{centre} \pm \text{width} \times \text{standard error}

    For means, values, shares, rates and the counts of a c chart the standard error is sigma/√n, with sigma as below and
    n the size of the sample (1 for values and counts); for those of an np chart it is sigma. Ranges, standard
    deviations and moving ranges have that which normal observations give them.

    ==========  ==========================  ========================  =================================================
    kind        `data`                      plotted                   sigma
    ==========  ==========================  ========================  =================================================
    ``xbar-r``  a row a subgroup            mean, range               mean range / d2
    ``xbar-s``  a row a subgroup            mean, standard deviation  mean standard deviation / c4
    ``i-mr``    a value a sample            value, moving range       mean moving range / d2 of 2
    ``p``       counts, with `sizes`        share                     √(p̄ (1 - p̄)), p̄ = all counts / all sizes
    ``np``      counts, with one size       count                     √(n p̄ (1 - p̄))
    ``c``       counts                      count                     √(mean count)
    ``u``       counts, with `sizes`        count per unit            √ū, ū = all counts / all sizes
    ==========  ==========================  ========================  =================================================

    Parameters
    ----------
    data : array_like, pandas.DataFrame or polars.DataFrame
        In the order of time. A row a subgroup, or one number a sample; `subgroups` makes rows of a long table.
    kind : {"xbar-r", "xbar-s", "i-mr", "p", "np", "c", "u"}
        Which chart.
    phase_one : int, slice or array of bool, optional
        Which samples set centre and limits: so many first ones, a slice, or a mask. All by default.
    sizes : int or array_like, optional
        How many were looked at in each sample (p, np: whole numbers, none below its count), or how much (u: above 0, as
        hours or beds).
    rules : str or sequence of str
        What signals: ``"limits"``, by default, only a point beyond a limit; ``"western-electric"`` or ``"nelson"``
        those sets of rules; or names from `RUN_RULES`. Rules beyond the limits watch the location, never the spread.
    centre, sigma : float, optional
        Known values instead of estimates from phase one: both for measurements, `centre` alone for counts (as a share,
        a count or a rate).
    width : float
        Distance of the limits from the centre in standard errors, above 0 and at most 8.

    Returns
    -------
    ControlChart

    Raises
    ------
    TypeError
        If data or numbers are of another kind.
    UnknownNameError
        If a rule is not known.
    ValueError
        If subgroups differ in size or have a single value, a value is missing, counts exceed sizes, sizes are missing
        or not needed, phase one has fewer than two samples, nothing varies in it, or an option is not known.

    Notes
    -----
    **Limits alone by default.** With them the location signals falsely at one sample in 370, if the process is in
    control and normal and its centre and sigma are known. Run rules find small shifts sooner, and find more where there
    is nothing: with Western Electric's four rules the location signals falsely once in 92 samples, with Nelson's eight
    more often still (`average_run_length`). Choose rules before seeing the data; they assume symmetric distributions,
    which ranges, small counts and rare defects do not have.

    **Two panels signal more often than one.** The panel of spread adds false signals of its own, and `signalled` and
    `in_control` look at both. With limits alone, a sample signals falsely on either panel of an X̄–R chart of five
    values once in 137, of an X̄–S chart of five once in 152, and of an I-MR chart once in 92. On the last, signals come
    in pairs (one value can move two ranges and itself), so that a chart goes 105 samples on average to its first.

    A point on a limit does not signal. What follows phase one is judged by its limits and never moves them. The run
    rules' windows run through the whole series, phase one and after.

    **What the limits of counts assume.** p and np: every item fails with one probability, independently (binomial); c
    and u: defects are rare and independent (Poisson). Where items of a sample resemble each other, counts vary more
    than that, and a chart signals too often.

    References
    ----------
    Shewhart, W. A. (1931). Economic control of quality of manufactured product. Van Nostrand.

    Western Electric Company. (1956). Statistical quality control handbook.

    Nelson, L. S. (1984). The Shewhart control chart: Tests for special causes. Journal of Quality Technology, 16(4),
    237–239.

    Montgomery, D. C. (2013). Introduction to statistical quality control (7th ed.). Wiley. Chapters 6 and 7.

    Examples
    --------
    >>> waits = [[4, 6, 5], [5, 7, 6], [5, 4, 6], [6, 5, 4], [9, 12, 11]]
    >>> chart = control_chart(waits, phase_one=4)
    >>> round(chart.panels[0].centre, 2), round(float(chart.panels[0].upper[0]), 2), chart.signalled
    (5.25, 7.3, (5,))
    >>> control_chart([3, 1, 2, 12], "p", phase_one=3, sizes=[60, 50, 55, 40]).signals
    (Signal(sample=4, panel='share', rule='beyond limits', side='above'),)
    """
    kind = one_of("kind", kind, KINDS)  # type: ignore[assignment]
    names = chosen(rules)
    wide = float(between("width", positive("width", width), 0, _WIDEST))
    if kind in {"p", "np", "u"} and sizes is None:
        raise ValueError(f"a {kind} chart needs `sizes`, got none. Say how many, or how much, each sample looked at.")
    if kind not in {"p", "np", "u"} and sizes is not None:
        raise ValueError(f'a chart of kind "{kind}" takes no `sizes`, got {sizes!r}.')
    asked = _Asked(kind, phase_one, names, _Given.of(kind, phase_one, centre, sigma), wide)
    if kind in {"xbar-r", "xbar-s", "i-mr"}:
        return _measured(data, asked)
    return _counted(data, sizes, asked)


class _Given(NamedTuple):
    """Centre and sigma that are known."""

    centre: float | None
    sigma: float | None

    @classmethod
    def of(cls, kind: str, phase_one: object, centre: float | None, sigma: float | None) -> "_Given":
        if centre is None and sigma is None:
            return cls(None, None)
        if phase_one is not None:
            raise ValueError("`phase_one` estimates what `centre` and `sigma` give; leave one of them out.")
        if kind in {"p", "np", "c", "u"}:
            if sigma is not None or centre is None:
                raise ValueError(f'a chart of kind "{kind}" takes `centre` without `sigma`, which follows from it.')
            return cls(float(positive("centre", centre)), None)
        if centre is None or sigma is None:
            raise ValueError(f'a chart of kind "{kind}" takes both `centre` and `sigma`, or neither.')
        return cls(float(between("centre", centre, -math.inf, math.inf)), float(positive("sigma", sigma)))


class _Asked(NamedTuple):
    """What a chart is asked to be."""

    kind: str
    phase_one: Any
    rules: tuple[str, ...]
    given: _Given
    width: float


def _mask(phase_one: Any, samples: int) -> Truths:
    """Return which samples set the limits."""
    mask = np.zeros(samples, dtype=bool)
    if phase_one is None:
        mask[:] = True
    elif isinstance(phase_one, slice):
        mask[phase_one] = True
    elif np.ndim(phase_one) == 1:
        chosen_ones = np.asarray(phase_one)
        if chosen_ones.dtype != bool or chosen_ones.size != samples:
            raise ValueError(
                f"`phase_one` as a mask must be {samples} truth values, one a sample, got {chosen_ones.size} of "
                f"{chosen_ones.dtype}. Give a number of first samples, or a slice, or a mask."
            )
        mask = chosen_ones.copy()
    else:
        first = whole_number("phase_one", phase_one, least=2)
        if first > samples:
            raise ValueError(f"`phase_one` must be at most the number of samples, {samples}, got {first}.")
        mask[:first] = True
    if mask.sum() < 2:  # noqa: PLR2004 - one sample has no other to be compared with
        raise ValueError(f"`phase_one` must have two samples or more to set the limits, got {int(mask.sum())}.")
    return mask


def _varies(sigma: float, what: str) -> float:
    if not sigma > 0:
        raise ValueError(
            f"{what} must vary in phase one, got no variation, and so no limits. Check the data, or record them finer."
        )
    return sigma


def _panel(
    name: str,
    values: Floats,
    centre: float,
    error: float | Floats,
    *,
    width: float,
    least: float = 0.0,
    most: float = math.inf,
) -> Panel:
    errors = np.broadcast_to(np.asarray(error, dtype=float), values.shape)
    lower, upper = np.maximum(centre - width * errors, least), np.minimum(centre + width * errors, most)
    return Panel(name, values, centre, lower, upper, errors)


def _signals(panels: tuple[Panel, ...], rules: tuple[str, ...]) -> tuple[Signal, ...]:
    signals = []
    for order, panel in enumerate(panels):
        outside = {"above": panel.values > panel.upper, "below": panel.values < panel.lower}
        for rule in rules:
            if rule == BEYOND:
                hits = [(side, np.flatnonzero(at)) for side, at in outside.items()]
            elif order == 0:
                standardised = (panel.values - panel.centre) / panel.standard_error
                hits = [(hit.side, hit.at) for hit in found(rule, standardised, panel.values)]
            else:
                continue
            signals += [Signal(int(at) + 1, panel.name, rule, side) for side, places in hits for at in places]
    return tuple(sorted(signals, key=lambda signal: signal.sample))


def _measured(data: Any, asked: _Asked) -> ControlChart:
    kind, phase_one, rules, given, width = asked
    if kind == "i-mr":
        values = singles(data)
        size, name, spread_name = 1, "value", "moving range"
        spread = np.append(np.nan, np.abs(np.diff(values)))
        (unit, deviation) = range_moments(2)
    else:
        table = table_of(data)
        values, size, name = table.mean(axis=1), table.shape[1], "mean"
        if kind == "xbar-r":
            spread, spread_name = np.ptp(table, axis=1), "range"
            unit, deviation = range_moments(size)
        else:
            spread, spread_name = table.std(axis=1, ddof=1), "standard deviation"
            unit = mean_deviation(size)
            deviation = math.sqrt(1 - unit**2)
    if given.centre is None or given.sigma is None:
        mask = _mask(phase_one, values.size)
        # A moving range belongs to phase one where both its samples do.
        both = mask & np.append(False, mask[:-1]) if kind == "i-mr" else mask
        if not both.any():
            raise ValueError("`phase_one` must have two samples in a row for a moving range, got none.")
        centre = float(values[mask].mean())
        sigma = _varies(float(spread[both].mean()) / unit, "`data`")
    else:
        mask, centre, sigma = np.zeros(values.size, dtype=bool), given.centre, given.sigma
    panels = (
        _panel(name, values, centre, sigma / math.sqrt(size), width=width, least=-math.inf),
        _panel(spread_name, spread, unit * sigma, deviation * sigma, width=width),
    )
    return ControlChart(kind, panels, sigma, size, mask, rules, _signals(panels, rules))


def _looked_at(kind: str, sizes: Any, number: Floats) -> Floats:
    """Return the size of every sample."""
    if kind == "c":
        return np.ones(number.size)
    each = positive("sizes", sizes)
    if each.ndim > 1 or (each.ndim == 1 and each.size != number.size):
        raise ValueError(f"`sizes` must be one number, or one for each of {number.size} samples, got {each.size}.")
    each = np.broadcast_to(each, number.shape)
    if kind == "u":
        return each
    if (each != np.floor(each)).any():
        raise ValueError(f'`sizes` must be whole numbers, got {sizes!r}. Amounts, as hours, take kind="u".')
    if (number > each).any():
        first = int(np.argmax(number > each))
        raise ValueError(
            f"`data` must not exceed `sizes`, got {number[first]:g} of {each[first]:g} as sample {first + 1}. Several "
            'defects on one item take kind="u".'
        )
    if kind == "np" and each.min() < each.max():
        raise ValueError(
            f'an np chart needs samples of one size, got {each.min():g} to {each.max():g}. Use kind="p" instead.'
        )
    return each


def _counted(data: Any, sizes: Any, asked: _Asked) -> ControlChart:
    kind, phase_one, rules, given, width = asked
    number = counts(data)
    each = _looked_at(kind, sizes, number)
    size = int(each[0]) if kind != "u" and each.min() == each.max() else None
    if kind == "np" and given.centre is not None:
        given = given._replace(centre=given.centre / float(each[0]))
    if given.centre is None:
        mask = _mask(phase_one, number.size)
        rate = float(number[mask].sum() / each[mask].sum())
    else:
        mask, rate = np.zeros(number.size, dtype=bool), given.centre
    if kind in {"c", "u"}:
        sigma, most = math.sqrt(_varies(rate, "counts")), math.inf
    else:
        if not rate <= 1:
            raise ValueError(f"`centre` must be at most all of a sample, got a share of {rate:g}.")
        sigma, most = math.sqrt(_varies(rate * (1 - rate), "counts")), 1.0
    if kind == "np":
        panel = _panel("count", number, rate * each[0], sigma * math.sqrt(each[0]), width=width, most=float(each[0]))
        sigma *= math.sqrt(each[0])
    else:
        name = {"p": "share", "c": "count", "u": "rate"}[kind]
        panel = _panel(name, number / each, rate, sigma / np.sqrt(each), width=width, most=most)
    return ControlChart(kind, (panel,), sigma, size, mask, rules, _signals((panel,), rules))
