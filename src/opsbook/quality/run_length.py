"""How long a control chart takes to signal, on average: exactly, by a Markov chain over what its rules remember."""

import math
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from opsbook.quality.constants import upper_tail
from opsbook.quality.run_rules import BEYOND, PATTERNS, chosen
from opsbook.validation import between, positive

__all__ = ["average_run_length"]

_WIDEST = 8.0  # beyond it a normal tail is below the last digit
_FARTHEST = 1e6


class _Chain(NamedTuple):
    """The memories that a chart without a signal so far can have, and what each zone makes of each (-1: a signal)."""

    cuts: NDArray[np.float64]
    following: NDArray[np.int64]


def _between(low: float, high: float) -> float:
    """Return the probability of a standard normal value between `low` and `high`, exact in both tails."""
    if low > 0:
        return upper_tail(low) - upper_tail(high)
    return upper_tail(-high) - upper_tail(-low)


Memory = tuple[tuple[int, ...], ...]


def _still_telling(past: int, need: int, among: int) -> int:
    """Return the points, as bits, that can still take part in a pattern: with those after them and those to come."""
    kept = 0
    for age in range(among - 1):
        bit = past & (1 << age)
        if bit and (past & ((bit << 1) - 1)).bit_count() + among - 1 - age >= need:
            kept |= bit
    return kept


def _remembered(rule: str, memory: tuple[int, ...], z: float) -> tuple[int, ...] | None:
    """Return what a rule remembers after one more point, or None if it signals."""
    kind, need, among, line = PATTERNS[rule]
    if kind == "side" and need < among:
        after = []
        for past, beyond in zip(memory, (z > line, z < -line), strict=True):
            last = (past << 1) | beyond
            if beyond and last.bit_count() >= need:
                return None
            after.append(_still_telling(last, need, among))
        return tuple(after)
    count = memory[0]
    if kind == "side":
        side = 1 if z > line else -1 if z < -line else 0
        count = side if count * side <= 0 else count + side
    elif (abs(z) < line) if kind == "near" else (abs(z) > line):
        count += 1
    else:
        count = 0
    return None if abs(count) >= need else (count,)


@cache
def _chain(rules: tuple[str, ...], width: float) -> _Chain:
    lines = {PATTERNS[rule].line for rule in rules if rule != BEYOND}
    if BEYOND in rules:
        lines = {line for line in lines if line < width} | {width}
    cuts = sorted({*lines, *(-line for line in lines)})
    edges = [cuts[0] - 1, *cuts, cuts[-1] + 1]
    zones = [(low + high) / 2 for low, high in pairwise(edges)]
    others = [rule for rule in rules if rule != BEYOND]
    empty: Memory = tuple((0, 0) if PATTERNS[rule].need < PATTERNS[rule].among else (0,) for rule in others)
    numbers, following, memories = {empty: 0}, [], [empty]
    for memory in memories:  # grows while it is read
        row = []
        for z in zones:
            after = [_remembered(rule, past, z) for rule, past in zip(others, memory, strict=True)]
            if None in after or (BEYOND in rules and abs(z) > width):
                row.append(-1)
                continue
            known: Memory = tuple(part for part in after if part is not None)
            if known not in numbers:
                numbers[known] = len(memories)
                memories.append(known)
            row.append(numbers[known])
        following.append(row)
    return _Chain(np.array(cuts), np.array(following))


@lru_cache(maxsize=4096)
def _mean_length(shift: float, rules: tuple[str, ...], width: float) -> float:
    if rules == (BEYOND,):
        return 1 / (upper_tail(width - shift) + upper_tail(width + shift))
    chain = _chain(rules, width)
    edges = [-math.inf, *(float(cut) - shift for cut in chain.cuts), math.inf]
    chances = [_between(low, high) for low, high in pairwise(edges)]
    states = len(chain.following)
    stay = np.eye(states)
    for zone, chance in enumerate(chances):
        goes = np.flatnonzero(chain.following[:, zone] >= 0)
        np.subtract.at(stay, (goes, chain.following[goes, zone]), chance)
    return float(np.linalg.solve(stay, np.ones(states))[0])


@overload
def average_run_length(
    shift: float = 0.0, *, size: int = 1, rules: str | Sequence[str] = "limits", width: float = 3.0
) -> float: ...
@overload
def average_run_length(
    shift: ArrayLike, *, size: ArrayLike = 1, rules: str | Sequence[str] = "limits", width: float = 3.0
) -> float | NDArray[np.float64]: ...
def average_run_length(
    shift: ArrayLike = 0.0, *, size: ArrayLike = 1, rules: str | Sequence[str] = "limits", width: float = 3.0
) -> float | NDArray[np.float64]:
    r"""Return how many samples an X̄ chart takes to signal, on average.

    With limits alone every sample signals with the same probability, and

    .. math:: \mathrm{ARL} = \frac{1}{\Phi(-w - \delta\sqrt{n}) + \Phi(-w + \delta\sqrt{n})}

    where δ is `shift`, n is `size` and w is `width`. Run rules remember, so their ARL comes from a Markov chain over
    all that they can remember without having signalled.

    Parameters
    ----------
    shift : float or array_like
        How far the process mean is off the centre line, in process standard deviations; 0 is in control, and the
        answer the mean number of samples to a false alarm.
    size : int or array_like
        Observations in a subgroup, at least 1.
    rules : str or sequence of str
        As `control_chart` takes them, but without trends and alternation, which depend on more than zones.
    width : float
        Distance of the limits from the centre in standard errors, above 0 and at most 8.

    Returns
    -------
    float or array of float
        The mean number of samples from the shift on, the one that signals included; at least 1.

    Raises
    ------
    TypeError
        If an argument is not a number.
    ValueError
        If one is out of range, or if `rules` has "trend of 6" or "alternating 14".

    Notes
    -----
    Assumed are independent normal observations, a known centre and sigma, and a shift that comes at once and stays. The
    chart starts without memory at the shift. Limits estimated from few samples raise the rate of false alarms, and a
    run length is spread widely: with limits alone it is geometric, so that its standard deviation is nearly
    its mean.

    Every rule that is added lets the chart notice more, and cry wolf more: Western Electric's four rules together
    signal falsely once in 92 samples instead of once in 370.

    References
    ----------
    Champ, C. W., & Woodall, W. H. (1987). Exact results for Shewhart control charts with supplementary runs rules.
    Technometrics, 29(4), 393–399.

    Examples
    --------
    >>> round(average_run_length(0), 1), round(average_run_length(1, size=4), 1)
    (370.4, 6.3)
    >>> round(average_run_length(0, rules="western-electric"), 1)
    91.8
    """
    names = chosen(rules)
    if beyond := [name for name in names if PATTERNS[name].kind in {"trend", "alternating"}]:
        raise ValueError(
            f"`rules` must look at zones alone for an exact run length, got {', '.join(map(repr, beyond))}. Leave "
            "them out, or simulate."
        )
    wide = float(between("width", positive("width", width), 0, _WIDEST))
    shifts = between("shift", shift, -_FARTHEST, _FARTHEST)
    sizes = positive("size", size)
    if (sizes != np.floor(sizes)).any():
        raise ValueError(f"`size` must be a whole number, got {size!r}.")
    away = np.abs(shifts) * np.sqrt(sizes)
    lengths = np.reshape([_mean_length(float(each), names, wide) for each in away.flat], away.shape)
    return float(lengths) if lengths.ndim == 0 else lengths
