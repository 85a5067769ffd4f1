"""Capability: by hand, by simulation, and what it refuses."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from opsbook import datasets
from opsbook.quality import capability, control_chart, subgroups

RINGS = subgroups(datasets.load("piston_rings"), "diameter_mm", by="sample")[:25]


def test_piston_rings_against_74_plus_or_minus_5_hundredths():
    """Montgomery's example rounds sigma to 0.0099 and so has a Cp of 1.68; unrounded it is 1.70."""
    found = capability(RINGS, lower=73.95, upper=74.05)
    sigma = control_chart(RINGS).sigma
    assert found.within == pytest.approx(sigma)
    assert found.cp == pytest.approx(0.1 / (6 * sigma))
    assert found.cp == pytest.approx(1.70, abs=0.005)
    assert found.cpk == pytest.approx((74.05 - 74.001176) / (3 * sigma), rel=1e-6)
    assert found.pp == pytest.approx(0.1 / (6 * RINGS.std(ddof=1)))
    assert (found.observed_outside, found.values) == (0, 125)


def test_single_values_and_frames():
    values = RINGS.ravel()
    found = capability(values, lower=73.95, upper=74.05)
    assert found.within == pytest.approx(control_chart(values, "i-mr").sigma)
    assert capability(pd.DataFrame(RINGS), lower=73.95, upper=74.05) == capability(RINGS, lower=73.95, upper=74.05)
    assert capability(values, lower=73.95, upper=74.05, within=0.01).cp == pytest.approx(0.1 / 0.06)


def test_the_share_outside_is_the_normal_one():
    values = np.random.default_rng(3).normal(10, 2, 40_000)
    found = capability(values, lower=7, upper=15)
    law = stats.norm(found.mean, found.overall)
    assert found.share_outside == pytest.approx(law.cdf(7) + law.sf(15), rel=1e-9)
    error = math.sqrt(found.share_outside / 40_000)
    assert found.observed_outside == pytest.approx(found.share_outside, abs=4 * error)


def test_one_limit_has_no_width():
    found = capability(RINGS, upper=74.05)
    assert math.isnan(found.cp)
    assert math.isnan(found.pp)
    assert math.isnan(found.pp_interval[0])
    assert found.cpk == capability(RINGS, lower=0, upper=74.05).cpk


def test_the_interval_holds_the_true_index_as_often_as_it_says():
    rng, runs, true = np.random.default_rng(8), 3000, 8 / 6
    held = 0
    for _ in range(runs):
        low, high = capability(rng.normal(0, 1, 30), lower=-4, upper=4).pp_interval
        held += low <= true <= high
    assert held / runs == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / runs))


@pytest.mark.parametrize(
    ("data", "options", "error", "says"),
    [
        (RINGS, {}, ValueError, "`lower` or `upper` must be given"),
        (RINGS, {"lower": 75, "upper": 74}, ValueError, "`lower` must be below `upper`"),
        (RINGS, {"lower": math.nan}, ValueError, "`lower` must be finite"),
        ([5, 5, 5], {"lower": 1}, ValueError, "must vary"),
        ([5], {"lower": 1}, ValueError, "two values or more"),
        (RINGS, {"lower": 1, "within": 0}, ValueError, "must vary|`within` must be above zero"),
        (["a", "b"], {"lower": 1}, TypeError, "must be numbers"),
    ],
)
def test_what_has_no_capability(data, options, error, says):
    with pytest.raises(error, match=says):
        capability(data, **options)
