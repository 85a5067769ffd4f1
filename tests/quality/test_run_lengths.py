"""How long charts take to signal: printed, in closed form, and simulated."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbook import quality
from opsbook.quality import average_run_length, control_chart

PUBLISHED = Path(__file__).parents[1] / "published"
property_test = settings(deadline=None, max_examples=60)
few = settings(deadline=None, max_examples=12)
ZONES = ("beyond limits", "run of 9", "2 of 3", "4 of 5", "15 near centre", "8 far from centre")


def rows(name):
    with (PUBLISHED / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", rows("run_lengths.csv"), ids=lambda row: f"{row['rules']} {row['shift']}")
def test_printed_run_lengths(row):
    rules = row["rules"] if row["rules"] in quality.RULE_SETS else row["rules"].split(" + ")
    found = average_run_length(float(row["shift"]), rules=rules)
    assert found == pytest.approx(float(row["value"]), rel=0, abs=0.5 * 10.0 ** -int(row["decimals"]))


@property_test
@given(shift=st.floats(-4, 4), size=st.integers(1, 30), width=st.floats(1, 4))
def test_limits_alone_in_closed_form(shift, size, width):
    def below(z):
        return 0.5 * math.erfc(-z / math.sqrt(2))

    away = shift * math.sqrt(size)
    expected = 1 / (below(-width - away) + below(-width + away))
    assert average_run_length(shift, size=size, width=width) == pytest.approx(expected, rel=1e-9)


def first_signal(rng, shift, rules, length):
    """Return the run length of one run, with the chart itself to find the first signal."""
    values = np.empty(0)
    while True:
        values = np.append(values, rng.normal(shift, 1, length))
        chart = control_chart(values[:, None] + [0, 0], "xbar-r", centre=0, sigma=math.sqrt(2), rules=rules)
        firsts = [each.sample for each in chart.signals if each.panel == "mean"]
        if firsts:
            return firsts[0]


@pytest.mark.parametrize(
    ("rules", "shift"),
    [
        ("limits", 0.0),
        ("western-electric", 0.0),
        ("western-electric", 1.0),
        (("beyond limits", "run of 9"), 0.5),
        (ZONES, 0.0),
        (ZONES, 0.7),
        (("15 near centre",), 0.0),
        (("8 far from centre",), 0.0),
    ],
)
def test_the_chain_agrees_with_the_chart(rules, shift):
    """The chart's own rules, run 600 times, give the chain's mean within four standard errors."""
    expected, runs, rng = average_run_length(shift, rules=rules), 600, np.random.default_rng(7)
    lengths = np.array([first_signal(rng, shift, rules, int(3 * expected) + 20) for _ in range(runs)])
    error = lengths.std(ddof=1) / math.sqrt(runs)
    assert expected == pytest.approx(lengths.mean(), abs=4 * error)


@few
@given(shift=st.floats(0, 3), size=st.integers(1, 9))
def test_what_makes_a_chart_notice_sooner(shift, size):
    alone = average_run_length(shift, size=size)
    assert 1 <= average_run_length(shift, size=size, rules="western-electric") <= alone
    assert average_run_length(shift + 0.1, size=size) <= alone
    assert average_run_length(shift, size=size + 1) <= alone
    assert average_run_length(-shift, size=size) == pytest.approx(alone)
    assert average_run_length(shift, size=size, width=3.5) >= alone


def test_numbers_give_numbers_and_arrays_arrays():
    assert isinstance(average_run_length(1), float)
    assert isinstance(average_run_length(1, rules="western-electric"), float)
    found = average_run_length([0, 1], size=[[1], [4]])
    assert found.shape == (2, 2)
    assert found[1, 1] == average_run_length(2)


def test_limits_narrower_than_the_zones():
    """At two standard errors the rule for two of three beyond two never gets to speak."""
    narrow = average_run_length(0, rules=["beyond limits", "2 of 3"], width=2)
    assert narrow == pytest.approx(average_run_length(0, width=2), rel=1e-12)


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"rules": "nelson"}, ValueError, "'trend of 6', 'alternating 14'"),
        ({"shift": math.nan}, ValueError, "`shift` must be finite"),
        ({"shift": "one"}, TypeError, "`shift` must be a number"),
        ({"size": 0}, ValueError, "`size` must be above zero"),
        ({"size": 2.5}, ValueError, "`size` must be a whole number"),
        ({"width": -1}, ValueError, "`width` must be above zero"),
        ({"width": 9}, ValueError, "`width` must lie between 0 and 8"),
    ],
)
def test_what_has_no_run_length(options, error, says):
    with pytest.raises(error, match=says):
        average_run_length(**options)
