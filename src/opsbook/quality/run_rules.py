"""Patterns that a chart is watched for besides points beyond its limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from opsbook.validation import known, one_of

__all__ = ["RULE_SETS", "RUN_RULES", "Pattern", "chosen", "found"]

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]

BEYOND: Final = "beyond limits"


class Pattern(NamedTuple):
    """How a rule looks at standardised points: at least `need` of the last `among` beyond `line`, by kind."""

    kind: str
    need: int
    among: int
    line: float


PATTERNS: Final[Mapping[str, Pattern]] = MappingProxyType(
    {
        BEYOND: Pattern("limits", 1, 1, 3.0),
        "2 of 3": Pattern("side", 2, 3, 2.0),
        "4 of 5": Pattern("side", 4, 5, 1.0),
        "run of 8": Pattern("side", 8, 8, 0.0),
        "run of 9": Pattern("side", 9, 9, 0.0),
        "trend of 6": Pattern("trend", 6, 6, 0.0),
        "alternating 14": Pattern("alternating", 14, 14, 0.0),
        "15 near centre": Pattern("near", 15, 15, 1.0),
        "8 far from centre": Pattern("far", 8, 8, 1.0),
    }
)

RUN_RULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        BEYOND: "one point beyond a control limit",
        "2 of 3": "two of three points in a row beyond two standard errors, on one side",
        "4 of 5": "four of five points in a row beyond one standard error, on one side",
        "run of 8": "eight points in a row on one side of the centre",
        "run of 9": "nine points in a row on one side of the centre",
        "trend of 6": "six points in a row, each above the last or each below it",
        "alternating 14": "fourteen points in a row that go up and down in turn",
        "15 near centre": "fifteen points in a row within one standard error of the centre",
        "8 far from centre": "eight points in a row beyond one standard error, on either side",
    }
)
"""What each rule that `control_chart` knows looks for, by its name."""

RULE_SETS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "limits": (BEYOND,),
        "western-electric": (BEYOND, "2 of 3", "4 of 5", "run of 8"),
        "nelson": (
            BEYOND,
            "run of 9",
            "trend of 6",
            "alternating 14",
            "2 of 3",
            "4 of 5",
            "15 near centre",
            "8 far from centre",
        ),
    }
)
"""The sets of rules that have a name of their own."""


@dataclass(frozen=True)
class Hit:
    """Where a rule finds its pattern, at the pattern's last point, and on which side."""

    rule: str
    side: str
    at: NDArray[np.int64]


def chosen(rules: str | Sequence[str]) -> tuple[str, ...]:
    """Return the names of the rules asked for: a set's, or those listed."""
    if isinstance(rules, str):
        return RULE_SETS[one_of("rules", rules, RULE_SETS)]
    names = tuple(known("run rule", name, RUN_RULES) for name in rules)
    if not names or len(set(names)) < len(names):
        raise ValueError(f"`rules` must name at least one rule and none twice, got {rules!r}.")
    return names


def _running(true: Truths) -> NDArray[np.int64]:
    """Return how many in a row are true up to each place."""
    places = np.arange(1, true.size + 1)
    return places - np.maximum.accumulate(np.where(true, 0, places))


def _among(true: Truths, need: int, among: int) -> Truths:
    if need == among:
        return _running(true) >= need
    total = np.concatenate([np.zeros(among, dtype=np.int64), np.cumsum(true)])
    enough: Truths = true & (total[among:] - total[:-among] >= need)
    return enough


def found(rule: str, standardised: Floats, values: Floats) -> list[Hit]:
    """Return where `rule` finds its pattern among points given in standard errors from the centre, and as they are."""
    kind, need, among, line = PATTERNS[rule]
    if kind == "side":
        sides = {"above": standardised > line, "below": standardised < -line}
        hits = {side: _among(beyond, need, among) for side, beyond in sides.items()}
    elif kind == "trend":
        steps = np.diff(values, prepend=values[:1])
        hits = {side: _running(way) >= need - 1 for side, way in (("rising", steps > 0), ("falling", steps < 0))}
    elif kind == "alternating":
        steps = np.sign(np.diff(values, prepend=values[:1]))
        turns = np.append(False, steps[1:] * steps[:-1] < 0)
        hits = {"both": _running(turns) >= need - 2}
    else:
        distance = np.abs(standardised)
        hits = {"both": _running(distance < line if kind == "near" else distance > line) >= need}
    return [Hit(rule, side, np.flatnonzero(at)) for side, at in hits.items()]
