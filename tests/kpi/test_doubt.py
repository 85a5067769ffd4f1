"""Intervals, comparisons, funnels and shrinkage: published values, and what must hold whatever the numbers."""

import csv
import math
from itertools import pairwise
from pathlib import Path

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from opsbook import datasets, kpi

PUBLISHED = Path(__file__).parents[1] / "published"
with (PUBLISHED / "intervals.csv").open(encoding="utf-8", newline="") as file:
    INTERVALS = list(csv.DictReader(file))
with (PUBLISHED / "simpson.csv").open(encoding="utf-8", newline="") as file:
    LEADERS = list(csv.DictReader(file))
with (PUBLISHED / "batting.csv").open(encoding="utf-8", newline="") as file:
    HITS = [int(row["hits"]) for row in csv.DictReader(file)]

property_test = settings(deadline=None, max_examples=80)
counts = st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize("row", INTERVALS, ids=lambda row: f"{row['method']} {row['first']} of {row['of']}")
def test_published_intervals_to_their_printed_precision(row):
    first, of = int(row["first"]), int(row["of"])
    if row["method"] == "wilson":
        found = kpi.wilson(first, of)
    elif row["method"] == "difference":
        found = kpi.difference((first, of), (int(row["second"]), int(row["second_of"])))
    else:
        found = kpi.nps_interval(first, of, int(row["second"]))
    half = 0.5000001 * 10 ** -int(row["decimals"])
    assert found.low == pytest.approx(float(row["low"]), abs=half)
    assert found.high == pytest.approx(float(row["high"]), abs=half)


class TestWilson:
    @property_test
    @given(counts, st.floats(0.5, 0.999))
    def test_it_holds_the_estimate_within_0_and_1_and_mirrors(self, case, level):
        successes, trials = case
        found = kpi.wilson(successes, trials, level=level)
        assert -1e-12 <= found.low <= found.estimate + 1e-12
        assert found.estimate - 1e-12 <= found.high <= 1 + 1e-12
        other = kpi.wilson(trials - successes, trials, level=level)
        assert (found.low, found.high) == pytest.approx((1 - other.high, 1 - other.low))

    @property_test
    @given(counts)
    def test_its_limits_solve_the_score_equation(self, case):
        successes, trials = case
        found = kpi.wilson(successes, trials)
        for limit in (found.low, found.high):
            if 0 < limit < 1:
                z = (found.estimate - limit) / math.sqrt(limit * (1 - limit) / trials)
                assert abs(z) == pytest.approx(1.959963984540054, rel=1e-6)

    def test_arrays_and_no_trials(self):
        found = kpi.wilson([0, 5, 0], [10, 10, 0])
        assert found.estimate[:2].tolist() == [0, 0.5]
        assert np.isnan([found.estimate[2], found.low[2], found.high[2]]).all()

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ((5, 4), r"`successes` must not exceed `trials`, got 5 of 4"),
            ((-1, 4), r"`successes` must not be negative, got -1"),
            ((1, math.inf), r"`trials` must be finite"),
        ],
    )
    def test_impossible_counts(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            kpi.wilson(*arguments)

    def test_the_level_has_a_range(self):
        with pytest.raises(ValueError, match=r"`level` must lie between 0\.5 and 0\.9999, got 95"):
            kpi.wilson(1, 2, level=95)


class TestNps:
    @property_test
    @given(st.tuples(*[st.integers(0, 300)] * 3))
    def test_it_lies_within_100_and_mirrors(self, answers):
        found, other = kpi.nps_interval(*answers), kpi.nps_interval(*answers[::-1])
        if not sum(answers):
            assert math.isnan(found.estimate)
            return
        assert -100 <= found.low <= found.estimate <= found.high <= 100
        assert (found.low, found.high) == pytest.approx((-other.high, -other.low))

    def test_the_bootstrap_agrees_with_the_formula(self):
        drawn = kpi.nps_interval(500, 300, 200, method="bootstrap", resamples=40_000, rng=np.random.default_rng(1))
        formula = kpi.nps_interval(500, 300, 200)
        # The standard error of a percentile from 40,000 draws is about 0.03 standard deviations of the score (2.5).
        assert (drawn.low, drawn.high) == pytest.approx((formula.low, formula.high), abs=4 * 0.03 * 2.5)

    def test_the_bootstrap_needs_a_generator(self):
        with pytest.raises(TypeError, match=r"`rng` must be a random generator, got None"):
            kpi.nps_interval(5, 3, 2, method="bootstrap")


class TestQuantiles:
    @pytest.mark.parametrize("q", [0.1, 0.5, 0.9])
    @pytest.mark.parametrize("count", [5, 30, 200])
    def test_the_coverage_is_at_least_the_level_and_no_tighter_limit_would_do(self, q, count):
        found = kpi.quantile_interval(np.arange(1, count + 1), q, level=0.9)
        below = binom(count, q)
        if not math.isnan(found.low):
            assert below.cdf(found.low - 1) <= 0.05 < below.cdf(found.low)
        if not math.isnan(found.high):
            assert below.sf(found.high - 1) <= 0.05 < below.sf(found.high - 2)

    def test_missing_values_are_left_out_and_too_few_have_no_limits(self):
        found = kpi.quantile_interval([3, math.nan, 5], 0.5)
        assert found.estimate == 4
        assert math.isnan(found.low)
        assert math.isnan(found.high)
        assert math.isnan(kpi.quantile_interval([], 0.5).estimate)

    def test_infinite_values_are_refused(self):
        with pytest.raises(ValueError, match="must be finite"):
            kpi.quantile_interval([1, math.inf], 0.5)


class TestCompare:
    LOG = pd.DataFrame(
        {
            "site": ["a"] * 40 + ["b"] * 50,
            "csat": [5] * 30 + [2] * 10 + [4] * 20 + [1] * 30,
            "recommend": [10] * 20 + [0] * 20 + [9] * 10 + [7] * 40,
        }
    )

    @property_test
    @given(counts, counts)
    def test_it_mirrors_and_stays_within_1(self, one, two):
        found, other = kpi.difference(one, two), kpi.difference(two, one)
        assert -1 - 1e-9 <= found.low <= found.estimate <= found.high <= 1 + 1e-9
        assert (found.low, found.high) == pytest.approx((-other.high, -other.low))

    def test_proportions_go_by_newcombe(self):
        found = kpi.compare(self.LOG, kpi.csat(), by="site", groups=("a", "b"))
        expected = kpi.difference((30, 40), (20, 50))
        assert (found.difference, found.low, found.high) == (expected.estimate, expected.low, expected.high)
        assert (found.first, found.second, found.n_first, found.n_second) == (0.75, 0.4, 40, 50)
        assert found.settled
        assert found.method == "Newcombe"

    @pytest.mark.parametrize("engine", [pd.DataFrame, pl.DataFrame])
    def test_means_and_scores_go_by_welch(self, engine):
        from scipy.stats import ttest_ind  # noqa: PLC0415 -- the peer

        log = engine({name: self.LOG[name].tolist() for name in self.LOG})
        a, b = (self.LOG[self.LOG["site"] == site] for site in "ab")
        score = {True: 100, False: 0}
        points = [[score[x >= 9] - score[x <= 6] for x in group["recommend"]] for group in (a, b)]
        for measure, samples in ((kpi.csat(top=None), (a["csat"], b["csat"])), (kpi.nps(), points)):
            found = kpi.compare(log, measure, by="site", groups=("a", "b"), level=0.9)
            peer = ttest_ind(*samples, equal_var=False).confidence_interval(0.9)
            assert (found.low, found.high) == pytest.approx((peer.low, peer.high))
            assert found.difference == pytest.approx(np.mean(samples[0]) - np.mean(samples[1]))

    @pytest.mark.parametrize(
        ("measure", "groups", "message"),
        [
            (kpi.csat(), ("a", "c"), r"`groups` must be values of the column 'site', got 'c'; it has 'a', 'b'"),
            (kpi.throughput(), ("a", "b"), r"`throughput` has no interval"),
        ],
    )
    def test_what_cannot_be_compared(self, measure, groups, message):
        with pytest.raises(ValueError, match=message):
            kpi.compare(self.LOG, measure, by="site", groups=groups)

    def test_a_group_needs_cases(self):
        log = pd.DataFrame({"site": ["a", "b"], "csat": [5, None]})
        with pytest.raises(ValueError, match=r"`csat` needs at least 1 cases a group, got 0 in 'b'"):
            kpi.compare(log, kpi.csat(), by="site", groups=("a", "b"))


class TestSimpsonsParadox:
    """Of all flights American has more on time; at each of the two airports Delta has."""

    ON_TIME = kpi.Measure(
        name="on_time",
        title="Flights on time",
        unit="proportion",
        numerator="flights on time",
        denominator="flights",
        clock="none",
        abandonment="none",
        columns={"on_time": "flag"},
        rows={"on time": nw.col("on_time")},
        sums={"on time": nw.col("on time").sum(), "flights": nw.col("on time").count()},
        ratio=nw.col("on time") / nw.col("flights"),
        doubt=kpi.Doubt(kind="proportion", parts=("on time", "flights")),
    )
    FLIGHTS = datasets.load("airlines_on_time")

    def flights(self, engine, airport):
        part = self.FLIGHTS[self.FLIGHTS["airport"] == airport] if airport else self.FLIGHTS
        if engine is pl.DataFrame:
            return pl.DataFrame({name: part[name].tolist() for name in part})
        return part if engine is pd.DataFrame else duckdb.from_df(part)

    @pytest.mark.parametrize("engine", [pd.DataFrame, pl.DataFrame, duckdb.from_df])
    @pytest.mark.parametrize("row", LEADERS, ids=lambda row: row["airport"] or "both")
    def test_who_leads(self, row, engine):
        log = self.flights(engine, row["airport"])
        found = kpi.table(log, by="airline", measures=self.ON_TIME)
        found = found.df() if engine is duckdb.from_df else found
        share = dict(zip(found["airline"].to_list(), found["on_time"].to_list(), strict=True))
        assert max(share, key=share.get) == row["leader"]
        for airline in ("American", "Delta"):
            if said := row[airline.lower()]:
                assert 100 * share[airline] == pytest.approx(float(said), abs=0.5 * 10 ** -int(row["decimals"]))
        compared = kpi.compare(log, self.ON_TIME, by="airline", groups=("American", "Delta"))
        assert (compared.first, compared.second) == (share["American"], share["Delta"])
        assert (compared.difference > 0) == (row["leader"] == "American")

    def test_the_lead_overall_is_more_than_chance_and_still_no_lead(self):
        assert kpi.compare(self.FLIGHTS, self.ON_TIME, by="airline", groups=("American", "Delta")).low > 0


class TestFunnel:
    @property_test
    @given(st.lists(st.integers(1, 500), min_size=1, max_size=8), st.floats(0, 1))
    def test_a_unit_like_the_others_stays_within_at_least_as_often_as_said(self, trials, target):
        found = kpi.funnel(trials, target)
        for low, high, level in ((found.low, found.high, 0.95), (found.lowest, found.highest, 0.998)):
            n = np.array(trials)
            below = binom.cdf(np.round(low * n) - 1, n, target)
            above = binom.sf(np.round(high * n), n, target)
            assert (below <= (1 - level) / 2 + 1e-12).all()
            assert (above <= (1 - level) / 2 + 1e-12).all()
            # One count nearer the target would already be too near.
            assert (binom.cdf(np.round(low * n), n, target) > (1 - level) / 2 - 1e-12).all()
        assert (found.lowest <= found.low).all()
        assert (found.high <= found.highest).all()

    def test_more_cases_narrow_it(self):
        found = kpi.funnel([10, 100, 1000, 10_000], 0.3)
        widths = (found.high - found.low).tolist()
        assert all(later < earlier for earlier, later in pairwise(widths))

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (([0], 0.5), r"`trials` must be above zero"),
            (([1.5], 0.5), r"`trials` must be whole numbers"),
            (([10], 1.5), r"`target` must lie between 0 and 1"),
        ],
    )
    def test_impossible_arguments(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            kpi.funnel(*arguments)

    def test_the_outer_limits_must_be_wider(self):
        with pytest.raises(ValueError, match=r"`levels` must rise"):
            kpi.funnel([10], 0.5, levels=(0.99, 0.95))


class TestShrinkage:
    def test_efron_and_morris(self):
        averages = np.array(HITS) / 45
        found = kpi.shrink(averages, trials=[45] * 18)
        assert found.mean == pytest.approx(0.265, abs=0.0005)
        assert found.weights == pytest.approx(np.full(18, 0.212), abs=0.0005)
        assert found.values[0] == pytest.approx(0.265 + 0.212 * (0.400 - 0.265), abs=0.001)

    @property_test
    @given(st.lists(counts, min_size=1, max_size=20))
    def test_it_lies_between_the_units_rate_and_the_mean(self, cases):
        rates = np.array([successes / trials for successes, trials in cases])
        found = kpi.shrink(rates, trials=[trials for _, trials in cases])
        low, high = np.minimum(rates, found.mean), np.maximum(rates, found.mean)
        assert ((low - 1e-12 <= found.values) & (found.values <= high + 1e-12)).all()
        assert ((found.weights >= 0) & (found.weights <= 1)).all()

    def test_the_less_a_unit_rests_on_the_more_it_is_drawn(self):
        rates, trials = [0.9, 0.9, 0.5, 0.6, 0.7, 0.4], [10, 1000, 200, 200, 200, 200]
        found = kpi.shrink(rates, trials=trials)
        assert found.weights[0] < found.weights[1]

    def test_either_trials_or_variances(self):
        with pytest.raises(ValueError, match="either `trials` or `variances`"):
            kpi.shrink([0.5])
        with pytest.raises(ValueError, match=r"`values` must lie between 0 and 1, got \[3\.5\]"):
            kpi.shrink([3.5], trials=[4])


class TestPeers:
    def test_a_frame_of_units(self):
        log = {
            "agent": ["a"] * 100 + ["b"] * 100 + ["c"] * 4 + [None],
            "csat": [5] * 95 + [1] * 5 + [5] * 60 + [1] * 40 + [5] * 4 + [None],
        }
        for engine in (pd.DataFrame, pl.DataFrame):
            found = kpi.peers(engine(log), by="agent", measure=kpi.csat())
            assert type(found) is engine
            assert found["n"].to_list() == [100, 100, 4, 0]
            assert found["value"].to_list()[:3] == [0.95, 0.6, 1.0]
            assert found["verdict"].to_list() == ["far above", "far below", "within", "no cases"]
            limits = kpi.funnel([100, 100, 4], 159 / 204)
            assert found["low"].to_list()[:3] == limits.low.tolist()
            assert found["highest"].to_list()[:3] == limits.highest.tolist()

    def test_cases_of_nobody_are_a_unit_of_their_own(self):
        log = pd.DataFrame(
            {"agent_id": ["a"] * 50 + ["b"] * 50 + [None] * 50, "abandoned": [False] * 100 + [True] * 50}
        )
        found = kpi.peers(log, by="agent_id", measure=kpi.abandonment())
        assert found["agent_id"].isna().tolist() == [False, False, True]
        assert found["value"].tolist() == [0, 0, 1]
        assert found["verdict"].tolist() == ["far below", "far below", "far above"]
        assert kpi.peers(log.dropna(), by="agent_id", measure=kpi.abandonment())["verdict"].tolist() == ["within"] * 2

    def test_means_have_normal_limits_about_the_pooled_mean(self):
        rng = np.random.default_rng(5)
        log = pd.DataFrame(
            {
                "agent": np.repeat(np.arange(400), 25),
                "handle_s": rng.normal(300, 60, 10_000).clip(0),
                "abandoned": False,
            }
        )
        found = kpi.peers(log, by="agent", measure=kpi.aht())
        outside = ((found["value"] < found["low"]) | (found["value"] > found["high"])).mean()
        # Binomial: 400 units, 5 % each.
        assert abs(outside - 0.05) < 3 * math.sqrt(0.05 * 0.95 / 400)
        assert found["shrunk"].std() < 0.5 * found["value"].std()

    def test_a_score_may_be_held_against_a_negative_one(self):
        log = pd.DataFrame({"agent": ["a"] * 60 + ["b"] * 60, "recommend": [10] * 20 + [0] * 40 + [10] * 40 + [0] * 20})
        found = kpi.peers(log, by="agent", measure=kpi.nps(), target=-20)
        # Scores of ±33 with a variance of 100² (1 − 1/9) within, pooled over 118 degrees of freedom.
        error = 100 * math.sqrt(120 * 8 / 9 / 118 / 60)
        assert found["low"].tolist() == pytest.approx([-20 - 1.959963984540054 * error] * 2)
        assert found["verdict"].tolist() == ["within", "far above"]

    def test_the_levels_of_means_must_rise_too(self):
        log = pd.DataFrame({"agent": ["a", "a", "b"], "csat": [5, 4, 1]})
        with pytest.raises(ValueError, match=r"`levels` must rise"):
            kpi.peers(log, by="agent", measure=kpi.csat(top=None), levels=(0.99, 0.95))

    def test_nothing_to_compare(self):
        with pytest.raises(ValueError, match=r"`csat` has no case in any group"):
            kpi.peers(pd.DataFrame({"agent": ["a"], "csat": [math.nan]}), by="agent", measure=kpi.csat())
