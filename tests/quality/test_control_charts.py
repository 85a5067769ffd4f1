"""Control charts: printed examples, a second implementation, what they must satisfy, and what they refuse."""

import math
from itertools import pairwise
from time import perf_counter

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from scipy.integrate import quad

from opsbook import datasets, quality
from opsbook.errors import MissingColumnError, UnknownNameError
from opsbook.quality import control_chart, subgroups

property_test = settings(deadline=None, max_examples=100)
KINDS = ("xbar-r", "xbar-s", "i-mr")
RINGS = subgroups(datasets.load("piston_rings"), "diameter_mm", by="sample")
# Defective wafers among 200 in 50 lots; the chart is printed by R's qcc 2.7 at rpubs (1407328).
WAFERS = [
    *(8, 7, 11, 3, 6, 11, 4, 4, 5, 8, 8, 6, 7, 6, 10, 7, 9, 5, 6, 8, 8, 10, 4, 11, 4),
    *(11, 6, 6, 9, 5, 4, 7, 5, 7, 8, 5, 10, 9, 7, 9, 4, 9, 4, 7, 11, 8, 10, 8, 7, 5),
]


class TestPublished:
    def test_piston_rings(self):
        """Montgomery's piston rings as R's qcc charts them: 74.00118, and samples 37 to 39 above the limit."""
        chart = control_chart(RINGS, phase_one=25)
        mean, spread = chart.panels
        assert mean.centre == pytest.approx(74.00118, abs=5e-6)
        assert chart.signalled == (37, 38, 39)
        assert {signal.side for signal in chart.signals} == {"above"}
        assert (chart.in_control, chart.phase_one_in_control) == (False, True)
        # Montgomery prints the range chart's centre as 0.023 and its upper limit as 0.049 (from a rounded centre).
        assert spread.centre == pytest.approx(0.0228, abs=5e-5)
        assert spread.upper[0] == pytest.approx(2.114499 * 0.02276, abs=5e-6)

    def test_wafers(self):
        chart = control_chart(WAFERS, "np", sizes=200)
        (panel,) = chart.panels
        assert panel.centre == pytest.approx(7.14, abs=0.005)
        assert chart.sigma == pytest.approx(2.62, abs=0.005)
        assert panel.lower[0] == 0
        assert panel.upper[0] == pytest.approx(15.01184, abs=5e-6)
        assert chart.in_control


class TestByHand:
    """A second calculation, sample by sample, in plain Python."""

    def test_means_and_ranges(self):
        chart = control_chart(RINGS, phase_one=25)
        means = [sum(ring) / 5 for ring in RINGS.tolist()]
        ranges = [max(ring) - min(ring) for ring in RINGS.tolist()]
        centre, wide = sum(means[:25]) / 25, sum(ranges[:25]) / 25
        constants = quality.control_constants(5)
        assert chart.panels[0].values.tolist() == pytest.approx(means, rel=1e-14)
        assert chart.panels[0].upper[0] == pytest.approx(centre + constants.A2 * wide, rel=1e-12)
        assert chart.panels[0].lower[0] == pytest.approx(centre - constants.A2 * wide, rel=1e-12)
        assert chart.panels[1].upper[0] == pytest.approx(constants.D4 * wide, rel=1e-12)

    def test_standard_deviations(self):
        chart = control_chart(RINGS, "xbar-s", phase_one=25)
        deviations = [float(np.std(ring, ddof=1)) for ring in RINGS]
        wide, constants = sum(deviations[:25]) / 25, quality.control_constants(5)
        assert chart.panels[1].values.tolist() == pytest.approx(deviations, rel=1e-14)
        assert chart.panels[0].upper[0] - chart.panels[0].centre == pytest.approx(constants.A3 * wide, rel=1e-9)
        assert chart.panels[1].upper[0] == pytest.approx(constants.B4 * wide, rel=1e-12)

    def test_individual_values(self):
        values = RINGS[:, 0].tolist()
        chart = control_chart(values, "i-mr", phase_one=slice(5, 30))
        moves = [abs(after - before) for before, after in pairwise(values[5:30])]
        wide = sum(moves) / 24
        assert chart.panels[0].centre == pytest.approx(sum(values[5:30]) / 25, rel=1e-14)
        assert chart.panels[0].upper[0] == pytest.approx(chart.panels[0].centre + 3 * wide / 1.128379167, rel=1e-9)
        assert chart.panels[1].upper[0] == pytest.approx(3.266532 * wide, rel=1e-6)
        assert math.isnan(chart.panels[1].values[0])

    def test_shares_and_rates_by_size(self):
        sizes = [50, 80, 20]
        p, u = (control_chart([5, 4, 2], kind, sizes=sizes).panels[0] for kind in ("p", "u"))
        share = 11 / 150
        for each, size in enumerate(sizes):
            assert p.upper[each] == pytest.approx(share + 3 * math.sqrt(share * (1 - share) / size))
            assert u.upper[each] == pytest.approx(share + 3 * math.sqrt(share / size))
        assert p.values.tolist() == pytest.approx([0.1, 0.05, 0.1])
        assert (p.lower == 0).all()


# --- What must hold -------------------------------------------------------------------------------------------------

tables = arrays(
    float, st.tuples(st.integers(4, 12), st.integers(2, 6)), elements=st.floats(-50, 50).map(lambda x: round(x, 2))
)


@property_test
@given(table=tables, move=st.floats(-100, 100), scale=st.sampled_from([0.25, 0.5, 2, 16]), kind=st.sampled_from(KINDS))
def test_units_and_origins_change_nothing_but_the_numbers(table, move, scale, kind):
    data = table[:, 0] if kind == "i-mr" else table
    try:
        before = control_chart(data, kind)
    except ValueError:
        return  # nothing varies
    after = control_chart(scale * data, kind)
    assert after.signals == before.signals
    for old, new in zip(before.panels, after.panels, strict=True):
        np.testing.assert_allclose(new.upper, scale * old.upper)
        np.testing.assert_allclose(new.values, scale * old.values)
    moved = control_chart(data + move, kind)
    np.testing.assert_allclose(moved.panels[0].upper, before.panels[0].upper + move, atol=1e-9)
    np.testing.assert_allclose(moved.panels[1].upper, before.panels[1].upper, atol=1e-9)


@property_test
@given(table=tables, seed=st.integers(0, 99))
def test_the_order_of_phase_one_does_not_move_the_limits(table, seed):
    mixed = np.random.default_rng(seed).permutation(table)
    for kind in ("xbar-r", "xbar-s"):
        try:
            one = control_chart(table, kind)
        except ValueError:
            return
        other = control_chart(mixed, kind)
        np.testing.assert_allclose(one.panels[0].upper, other.panels[0].upper, rtol=1e-9, atol=1e-9)


def test_mirrored_values_signal_on_the_other_side():
    values = np.random.default_rng(5).normal(size=3000)
    one, other = (control_chart(each, "i-mr", rules="nelson").signals for each in (values, -values))
    turned = {"above": "below", "below": "above", "rising": "falling", "falling": "rising", "both": "both"}
    location = [each for each in one if each.panel == "value"]
    assert {each._replace(side=turned[each.side]) for each in location} == {e for e in other if e.panel == "value"}
    assert len({each.rule for each in location}) >= 6


@pytest.mark.parametrize("kind", ["xbar-r", "xbar-s", "i-mr", "p", "np", "c", "u"])
def test_the_stated_share_lies_within_the_limits(kind):
    """With known centre and sigma, the share within must be the probability, within Monte Carlo error (4 errors)."""
    rng, samples = np.random.default_rng(11), 200_000
    if kind in KINDS:
        size = 1 if kind == "i-mr" else 4
        data = rng.normal(10, 2, size=samples if size == 1 else (samples, size))
        chart = control_chart(data, kind, centre=10, sigma=2)
        chance = math.erf(3 / math.sqrt(2))
    else:
        law = stats.binom(400, 0.1) if kind in {"p", "np"} else stats.poisson(40)
        centre = {"p": 0.1, "np": 40, "c": 40, "u": 0.1}[kind]
        sizes = None if kind == "c" else 400
        chart = control_chart(law.rvs(samples, random_state=rng), kind, sizes=sizes, centre=centre)
        scale = 1 if kind in {"np", "c"} else 400
        low, high = (float(limit[0]) * scale for limit in (chart.panels[0].lower, chart.panels[0].upper))
        chance = law.cdf(math.floor(high)) - law.cdf(math.ceil(low) - 1)
    panel = chart.panels[0]
    within = ((panel.values >= panel.lower) & (panel.values <= panel.upper)).mean()
    assert within == pytest.approx(chance, abs=4 * math.sqrt(chance * (1 - chance) / samples))


def test_estimated_sigma_is_unbiased():
    data = np.random.default_rng(2).normal(0, 3, size=(60_000, 5))
    for kind in ("xbar-r", "xbar-s"):
        error = 3 * 0.372 / math.sqrt(60_000)  # d3 / d2 is 0.372 for five
        assert control_chart(data, kind).sigma == pytest.approx(3, abs=4 * error)


# --- Run rules ------------------------------------------------------------------------------------------------------


def at(values, rule):
    chart = control_chart(values, "i-mr", centre=0, sigma=1, rules=[rule])
    return [(each.sample, each.side) for each in chart.signals if each.panel == "value"]


@pytest.mark.parametrize(
    ("rule", "values", "expected"),
    [
        ("beyond limits", [0, 3, 3.01, -3.01], [(3, "above"), (4, "below")]),
        ("2 of 3", [2.1, 0, 2.2, 0, 0, 2.3], [(3, "above")]),
        ("2 of 3", [2.1, -2.2, 2.3, -2.4], [(3, "above"), (4, "below")]),
        ("2 of 3", [2.1, 2.1], [(2, "above")]),
        ("2 of 3", [2, 2, 2], []),
        ("4 of 5", [1.1, 1.1, 0, 1.1, 1.1, 0, 1.1], [(5, "above")]),
        ("run of 8", [0.1] * 9 + [-0.1], [(8, "above"), (9, "above")]),
        ("run of 8", [0.1] * 7 + [0] + [0.1] * 7, []),
        ("run of 9", [-0.1] * 9, [(9, "below")]),
        ("trend of 6", [1, 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.4], [(7, "rising")]),
        ("trend of 6", [0, 0.1, 0.2, 0.2, 0.3, 0.4, 0.5], []),
        ("alternating 14", [0.1, -0.1] * 7, [(14, "both")]),
        ("alternating 14", [0.1, -0.1] * 6 + [0.1, 0.2], []),
        ("15 near centre", [0.9, -0.9] * 7 + [0.9], [(15, "both")]),
        ("15 near centre", [0.9, -0.9] * 7 + [1.0], []),
        ("8 far from centre", [1.1, -1.1] * 4, [(8, "both")]),
    ],
)
def test_a_rule_finds_its_pattern_at_its_last_point(rule, values, expected):
    assert at(values, rule) == expected


def plainly(values, rule):
    """Say where a rule signals, by looking at every window anew."""
    found = []
    for end in range(1, len(values) + 1):
        now = values[:end]
        for side, sign in (("above", 1), ("below", -1)):
            z = [sign * each for each in now]
            need, among, line = {
                "2 of 3": (2, 3, 2),
                "4 of 5": (4, 5, 1),
                "run of 8": (8, 8, 0),
                "run of 9": (9, 9, 0),
                "beyond limits": (1, 1, 3),
            }[rule]
            if z[-1] > line and sum(each > line for each in z[-among:]) >= need:
                found.append((end, side))
    return found


@property_test
@given(
    values=st.lists(st.integers(-34, 34).map(lambda each: each / 10), min_size=2, max_size=60),
    rule=st.sampled_from(["beyond limits", "2 of 3", "4 of 5", "run of 8", "run of 9"]),
)
def test_rules_against_every_window(values, rule):
    assert at(values, rule) == plainly(values, rule)


def test_the_spread_is_watched_by_its_limits_alone():
    chart = control_chart(RINGS, rules="western-electric", phase_one=25)
    assert {each.rule for each in chart.signals if each.panel == "range"} <= {"beyond limits"}
    assert {"2 of 3", "4 of 5", "run of 8"} & {each.rule for each in chart.signals}
    assert chart.rules == quality.RULE_SETS["western-electric"]


def chance_of_a_false_signal(kind):
    """Return the chance that a sample of a steady normal process is outside on either panel, by integration."""
    constants = quality.control_constants(2 if kind == "i-mr" else 5)
    normal, alone = stats.norm, 2 * stats.norm.sf(3)
    if kind == "xbar-s":  # mean and spread of normal values are independent
        return 1 - (1 - alone) * stats.chi2.cdf(4 * (constants.B4 * constants.c4) ** 2, 4)
    limit = constants.d2 + 3 * constants.d3
    if kind == "xbar-r":
        narrow = quad(lambda low: 5 * normal.pdf(low) * (normal.cdf(low + limit) - normal.cdf(low)) ** 4, -10, 10)[0]
        return 1 - (1 - alone) * narrow

    def both_inside(before):
        return normal.pdf(before) * (normal.cdf(min(3, before + limit)) - normal.cdf(max(-3, before - limit)))

    return 1 - quad(both_inside, -10, 10, points=[-3, limit - 3, 3 - limit, 3], limit=200)[0]


@pytest.mark.parametrize(("kind", "once_in"), [("xbar-r", 137), ("xbar-s", 152), ("i-mr", 92)])
def test_two_panels_signal_falsely_together(kind, once_in):
    """What the docstring says, by integration, and by charts of simulated samples within four standard errors."""
    chance = chance_of_a_false_signal(kind)
    assert round(1 / chance) == once_in
    samples = 400_000
    noise = np.random.default_rng(7).standard_normal(samples if kind == "i-mr" else (samples, 5))
    chart = control_chart(noise, kind, centre=0, sigma=1)
    signalled = np.isin(np.arange(1, samples + 1), chart.signalled).reshape(-1, 100).mean(axis=1)
    # Neighbouring moving ranges share a value, so the standard error comes from blocks of a hundred samples.
    assert signalled.mean() == pytest.approx(chance, abs=4 * signalled.std(ddof=1) / math.sqrt(signalled.size))


def test_a_chart_counts_its_signals_in_words():
    words = [repr(control_chart([[4, 6], [5, 7], [5, 4], last], phase_one=3)) for last in ([6, 5], [18, 17])]
    assert [each.rpartition(", ")[2] for each in words] == ["0 signals>", "1 signal>"]


def test_every_rule_is_described_and_known():
    assert set(quality.RUN_RULES) == {name for names in quality.RULE_SETS.values() for name in names}


# --- What goes in ---------------------------------------------------------------------------------------------------


def test_lists_arrays_and_frames_are_charted_alike():
    table = pd.DataFrame(RINGS, columns=list("abcde"))
    charts = [control_chart(each) for each in (RINGS, RINGS.tolist(), table, pl.from_pandas(table))]
    assert len({(each.sigma, each.signalled) for each in charts}) == 1
    series = pd.Series(WAFERS)
    assert control_chart(series, "c").sigma == control_chart(pl.Series(WAFERS), "c").sigma
    assert control_chart(table[["a"]], "i-mr").sigma == control_chart(table["a"], "i-mr").sigma


def test_phase_one_in_three_ways():
    mask = np.arange(40) < 25
    charts = [control_chart(RINGS, phase_one=each) for each in (25, slice(25), mask, mask.tolist())]
    assert len({each.sigma for each in charts}) == 1
    assert all((each.phase_one == mask).all() for each in charts)


def test_subgroups_keep_their_order_on_both_engines():
    table = {"day": ["Tue", "Mon", "Tue", "Mon"], "minutes": [1, 2, 3, 4]}
    for frame in (pd.DataFrame(table), pl.DataFrame(table)):
        assert subgroups(frame, "minutes", by="day").tolist() == [[1, 3], [2, 4]]


@pytest.mark.parametrize(
    ("table", "error", "says"),
    [
        ({"by": [1, 1, 2], "x": [1, 2, 3]}, ValueError, "of one size, got 1 rows in most and 2 in 1|of one size"),
        ({"by": [1, None], "x": [1, 2]}, ValueError, "must name a subgroup in every row"),
        ({"by": [1, 1], "x": [1, None]}, ValueError, "must be finite"),
        ({"by": [1, 1], "x": ["a", "b"]}, TypeError, "needs numbers"),
        ({"by": [1, 1]}, MissingColumnError, "'x'"),
        ({"by": [], "x": []}, ValueError, "must hold samples"),
    ],
)
def test_long_tables_that_make_no_subgroups(table, error, says):
    with pytest.raises(error, match=says):
        subgroups(pd.DataFrame(table), "x", by="by")


@pytest.mark.parametrize(
    ("data", "kind", "options", "error", "says"),
    [
        ([[1, 2], [1]], "xbar-r", {}, ValueError, r"of one size, got 1 \(1 times\) and 2 \(1 times\)"),
        ([1, 2, 3], "xbar-r", {}, ValueError, 'a row for every subgroup, got 1 dimension.*"i-mr"'),
        ([[1], [2]], "xbar-s", {}, ValueError, "two values or more in a subgroup, got 1"),
        ([[1, 2], [1, math.nan]], "xbar-r", {}, ValueError, "must be finite, got .* as sample 2"),
        ([[1, 2], [1, None]], "xbar-r", {}, ValueError, "must be finite"),
        ([["a", "b"]] * 3, "xbar-r", {}, TypeError, "must be numbers"),
        ([[True, False]] * 3, "xbar-r", {}, TypeError, "must be numbers"),
        ([], "i-mr", {}, ValueError, "must hold samples, got none"),
        ([[1, 2], [3, 4]], "i-mr", {}, ValueError, "one value a sample, got 2 dimensions"),
        ([[2, 2], [2, 2]], "xbar-r", {}, ValueError, "no variation"),
        ([5, 5, 5], "i-mr", {}, ValueError, "no variation"),
        ([0, 0, 0], "c", {}, ValueError, "no variation"),
        ([3, 3], "np", {"sizes": 3}, ValueError, "no variation"),
        ([1, 2], "p", {}, ValueError, "a p chart needs `sizes`"),
        ([1, 2], "c", {"sizes": 3}, ValueError, 'of kind "c" takes no `sizes`'),
        ([1, 2, 9], "p", {"sizes": 8}, ValueError, "must not exceed `sizes`, got 9 of 8 as sample 3"),
        ([1, 2], "p", {"sizes": [8, 8, 8]}, ValueError, "one for each of 2 samples, got 3"),
        ([1, 2], "p", {"sizes": 8.5}, ValueError, "must be whole numbers"),
        ([1, 2], "u", {"sizes": 0}, ValueError, "`sizes` must be above zero"),
        ([1, 2], "np", {"sizes": [8, 9]}, ValueError, 'samples of one size, got 8 to 9. Use kind="p"'),
        ([1.5, 2], "c", {}, ValueError, "must be counts, whole and not negative, got 1.5 as sample 1"),
        ([-1, 2], "c", {}, ValueError, "must be counts"),
        (RINGS, "xbar-r", {"phase_one": 1}, ValueError, "`phase_one` must be at least 2"),
        (RINGS, "xbar-r", {"phase_one": 41}, ValueError, "at most the number of samples, 40, got 41"),
        (RINGS, "xbar-r", {"phase_one": True}, TypeError, "whole number"),
        (RINGS, "xbar-r", {"phase_one": slice(0, 1)}, ValueError, "two samples or more"),
        (RINGS, "xbar-r", {"phase_one": [1, 2, 3]}, ValueError, "must be 40 truth values"),
        ([1, 2, 3, 4], "i-mr", {"phase_one": [True, False, True, False]}, ValueError, "two samples in a row"),
        (RINGS, "xbar-r", {"centre": 74}, ValueError, "both `centre` and `sigma`"),
        (RINGS, "xbar-r", {"centre": 74, "sigma": 1, "phase_one": 9}, ValueError, "leave one of them out"),
        (RINGS, "xbar-r", {"centre": 74, "sigma": 0}, ValueError, "`sigma` must be above zero"),
        ([1, 2], "c", {"sigma": 2}, ValueError, "`centre` without `sigma`"),
        ([1, 2], "p", {"sizes": 9, "centre": 1.5}, ValueError, "at most all of a sample"),
        (RINGS, "x-bar", {}, ValueError, "`kind` must be one of 'xbar-r'"),
        (RINGS, "xbar-r", {"rules": "all"}, ValueError, "`rules` must be one of 'limits'"),
        (RINGS, "xbar-r", {"rules": ["run of 7"]}, UnknownNameError, "no run rule called 'run of 7'"),
        (RINGS, "xbar-r", {"rules": []}, ValueError, "at least one rule"),
        (RINGS, "xbar-r", {"width": 0}, ValueError, "`width` must be above zero"),
    ],
)
def test_what_cannot_be_charted(data, kind, options, error, says):
    with pytest.raises(error, match=says):
        control_chart(data, kind, **options)


def test_a_million_samples_take_no_time():
    data = np.random.default_rng(1).normal(size=(1_000_000, 5))
    start = perf_counter()
    control_chart(data, rules="western-electric")
    assert perf_counter() - start < 8
