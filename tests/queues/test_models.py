import copy
import dataclasses
import math
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from opsbook import queues
from opsbook.errors import UnstableQueueError
from opsbook.queues.metrics import Measured

FIGURES = (
    "occupancy",
    "prob_wait",
    "prob_abandon",
    "throughput",
    "mean_wait",
    "mean_wait_answered",
    "mean_queue_length",
    "mean_time_in_system",
    "mean_in_system",
)
COUNTED = ("offered", "answered", "offered_less_short_abandons")

property_test = settings(deadline=None, max_examples=60)

pool = st.integers(0, 400)
load = st.floats(1e-3, 500)
patience = st.floats(1e-4, 1e4)
scv = st.floats(0, 10)


def centre(servers=50, arrival_rate=48.0, mean_service_time=1.0, mean_patience=2.0):
    return queues.erlang_a(
        servers, arrival_rate=arrival_rate, mean_service_time=mean_service_time, mean_patience=mean_patience
    )


def desk(servers=2, arrival_rate=9.0, mean_service_time=0.2, **more):
    return queues.erlang_c(servers, arrival_rate=arrival_rate, mean_service_time=mean_service_time, **more)


class TestLimits:
    @property_test
    @given(pool, load)
    def test_long_patience_is_erlang_c(self, servers, load):
        assume(load < 0.98 * servers)
        patient = centre(servers, load, 1.0, 1e12)
        endless = desk(servers, load, 1.0)
        for name in (*FIGURES, "offered_load"):
            assert getattr(patient, name) == pytest.approx(getattr(endless, name), rel=1e-6, abs=1e-9)
        for of in COUNTED:
            assert patient.service_level(0.3, of=of) == pytest.approx(endless.service_level(0.3, of=of), rel=1e-6)
        assert patient.wait_quantile(0.9) == pytest.approx(endless.wait_quantile(0.9), rel=1e-6, abs=1e-6)

    @property_test
    @given(pool, load)
    def test_no_patience_is_erlang_b(self, servers, load):
        impatient = centre(servers, load, 1.0, 1e-12)
        assert impatient.prob_abandon == pytest.approx(queues.erlang_b(servers, load), rel=1e-6, abs=1e-300)
        assert impatient.prob_wait == pytest.approx(queues.erlang_b(servers, load), rel=1e-6, abs=1e-300)

    @property_test
    @given(st.floats(1e-3, 0.999))
    def test_exponential_service_makes_mg1_and_ggc_erlang_c(self, load):
        one = desk(1, load, 1.0)
        general = queues.mg1(arrival_rate=load, mean_service_time=1.0, service_scv=1)
        both = queues.ggc(1, arrival_rate=load, mean_service_time=1.0, arrival_scv=1, service_scv=1)
        for name in FIGURES:
            assert getattr(general, name) == pytest.approx(getattr(one, name), rel=1e-12)
            assert getattr(both, name) == pytest.approx(getattr(one, name), rel=1e-12)
        assert general.service_level(2.0) == pytest.approx(one.service_level(2.0), rel=1e-12)
        assert one.mean_in_system == pytest.approx(load / (1 - load), rel=1e-12)

    @property_test
    @given(st.integers(1, 200), st.floats(0.01, 0.99), scv)
    def test_ggc_with_random_arrivals_stretches_the_wait_as_mg1_does(self, servers, occupancy, service_scv):
        rate = servers * occupancy
        wide = queues.ggc(servers, arrival_rate=rate, mean_service_time=1, arrival_scv=1, service_scv=service_scv)
        assert wide.mean_wait == pytest.approx(desk(servers, rate, 1.0).mean_wait * (1 + service_scv) / 2, rel=1e-12)


class TestIdentities:
    @property_test
    @given(pool, load, st.floats(0.01, 100), patience)
    def test_littles_law_and_the_balance_of_flows(self, servers, load, service, patience):
        busy = centre(servers, load / service, service, patience)
        rate = load / service
        assert busy.mean_queue_length == pytest.approx(rate * busy.mean_wait, rel=1e-9)
        assert busy.mean_in_system == pytest.approx(rate * busy.mean_time_in_system, rel=1e-9)
        assert busy.throughput == pytest.approx(rate * (1 - busy.prob_abandon), rel=1e-9, abs=1e-9)
        assert busy.occupancy * servers == pytest.approx(busy.throughput * service, rel=1e-9)
        # Customers abandon at the rate at which waiting customers lose patience.
        assert busy.prob_abandon * rate == pytest.approx(busy.mean_queue_length / patience, rel=1e-9)

    @property_test
    @given(st.integers(1, 300), load, patience, st.sampled_from([60, 1 / 60, 1440]))
    def test_no_unit_of_time_is_special(self, servers, load, patience, unit):
        hours, other = centre(servers, load, 1.0, patience), centre(servers, load / unit, unit, patience * unit)
        assert other.prob_abandon == pytest.approx(hours.prob_abandon, rel=1e-9, abs=1e-300)
        assert other.mean_wait == pytest.approx(hours.mean_wait * unit, rel=1e-9, abs=1e-300)
        assert other.service_level(0.2 * unit) == pytest.approx(hours.service_level(0.2), rel=1e-9)

    @property_test
    @given(pool, load, patience)
    def test_more_servers_help(self, servers, load, patience):
        fewer, more = centre(servers, load, 1.0, patience), centre(servers + 1, load, 1.0, patience)
        for name in ("prob_wait", "prob_abandon", "mean_wait"):
            assert getattr(more, name) <= getattr(fewer, name) * (1 + 1e-12)
        for of in ("offered", "offered_less_short_abandons"):
            assert more.service_level(0.1, of=of) >= fewer.service_level(0.1, of=of) * (1 - 1e-12)
        assert queues.erlang_b(servers + 1, load) <= queues.erlang_b(servers, load)

    @property_test
    @given(st.integers(1, 300), load, st.floats(1.001, 3), patience)
    def test_more_load_hurts(self, servers, load, factor, patience):
        light, heavy = centre(servers, load, 1.0, patience), centre(servers, load * factor, 1.0, patience)
        for name in ("occupancy", "prob_wait", "prob_abandon", "mean_wait"):
            assert getattr(heavy, name) >= getattr(light, name) * (1 - 1e-12)

    @property_test
    @given(pool, load, patience, st.lists(st.floats(0, 1e5), min_size=2, max_size=6).map(sorted))
    def test_service_levels_rise_with_the_threshold(self, servers, load, patience, thresholds):
        busy = centre(servers, load, 1.0, patience)
        for of in ("offered", "answered"):
            levels = busy.service_level(thresholds, of=of)
            assert ((levels >= 0) & (levels <= 1)).all()
            assert (np.diff(levels) >= -1e-12).all()
        answered = busy.service_level(1e300, of="answered")
        assert answered == pytest.approx(1 if servers else 0, abs=1e-12)
        assert busy.service_level(1e300) == pytest.approx(1 - busy.prob_abandon, abs=1e-12)

    @property_test
    @given(st.integers(1, 300), load, st.floats(0.01, 100), st.floats(0.001, 0.999))
    def test_quantiles_invert_the_distribution(self, servers, load, patience, share):
        busy = centre(servers, load, 1.0, patience)
        wait = busy.wait_quantile(share, of="answered")
        level = busy.service_level(wait, of="answered")
        assert level >= share - 1e-9
        assert wait == 0 or level == pytest.approx(share, abs=1e-9)
        assert busy.wait_quantile(share) <= -math.log1p(-share) * patience * (1 + 1e-9)


class TestErlangA:
    def test_offered_waits_are_those_until_answer_or_abandonment(self):
        """Mean wait is the area above the distribution whose quantiles `wait_quantile` gives."""
        shares = (np.arange(800) + 0.5) / 800
        assert centre(45).wait_quantile(shares).mean() == pytest.approx(centre(45).mean_wait, rel=2e-3)
        answered = centre(45).wait_quantile(shares, of="answered").mean()
        assert answered == pytest.approx(centre(45).mean_wait_answered, rel=2e-3)

    def test_without_servers_everyone_abandons(self):
        nobody = centre(0, 5.0, 1.0, 2.0)
        assert (nobody.prob_wait, nobody.prob_abandon, nobody.throughput, nobody.occupancy) == (1, 1, 0, 1)
        assert nobody.mean_wait == pytest.approx(2, rel=1e-13)
        assert nobody.mean_queue_length == pytest.approx(10, rel=1e-13)
        assert nobody.mean_wait_answered == math.inf
        assert [nobody.service_level(3, of=of) for of in COUNTED] == [0, 0, 0]
        assert nobody.wait_quantile(0.5, of="answered") == math.inf
        assert nobody.wait_quantile(0.5) == pytest.approx(2 * math.log(2), rel=1e-12)

    def test_short_abandons_are_left_out_on_both_sides(self):
        busy = centre(45)
        short = 1 - busy.service_level(0.1) / busy.service_level(0.1, of="offered_less_short_abandons")
        # Of those who would wait longer than t, a share 1 - exp(-t/patience) has left by t; others left before.
        assert 0 < short < 1 - math.exp(-0.1 / 2)


class TestUnstable:
    def test_the_error_names_the_smallest_stable_number(self):
        with pytest.raises(UnstableQueueError, match=r"load \(5\.2 erlangs\), got 5\. Use 6 or more, .*`erlang_a`"):
            desk(5, 5.2, 1.0)
        with pytest.raises(UnstableQueueError, match=r"load \(6 erlangs\), got 6\. Use 7 or more"):
            desk(6, 6, 1)
        with pytest.raises(UnstableQueueError, match=r"got 3 at position 1\. Use 6"):
            desk([9, 3, 2], 5.2, 1.0)
        with pytest.raises(UnstableQueueError, match=r"got 1 at position \(1, 0\)"):
            desk([[3], [1]], [1.5, 1.2], 1.0)
        with pytest.raises(UnstableQueueError, match="got 1"):
            queues.mg1(arrival_rate=3, mean_service_time=0.5, service_scv=0)

    @pytest.mark.parametrize("servers", [0, 1, [1, 0]])
    def test_saturated_queues_grow_for_ever(self, servers):
        full = desk(servers, 2.0, 1.0, unstable="saturate")
        for name, figure in {
            "prob_wait": 1,
            "occupancy": 1,
            "mean_wait": math.inf,
            "mean_wait_answered": math.inf,
            "mean_queue_length": math.inf,
            "mean_in_system": math.inf,
            "mean_time_in_system": math.inf,
            "throughput": servers,
        }.items():
            np.testing.assert_array_equal(getattr(full, name), figure)
        for of in COUNTED:
            np.testing.assert_array_equal(full.service_level(10, of=of), np.zeros(np.shape(servers)))
        np.testing.assert_array_equal(full.wait_quantile(0.5), math.inf * np.ones(np.shape(servers)))

    def test_arrays_mix_stable_and_saturated_queues(self):
        mixed = desk([10, 11], 10.0, 1.0, unstable="saturate")
        assert mixed.mean_wait[0] == math.inf
        assert mixed.mean_wait[1] == pytest.approx(desk(11, 10.0, 1.0).mean_wait, rel=1e-14)
        assert mixed.service_level(1)[1] == pytest.approx(desk(11, 10.0, 1.0).service_level(1), rel=1e-14)

    def test_without_any_customers_a_server_is_enough(self):
        idle = desk(1, 0, 1.0)
        assert (idle.prob_wait, idle.mean_wait, idle.occupancy, idle.service_level(0)) == (0, 0, 0, 1)
        with pytest.raises(UnstableQueueError, match="Use 1 or more"):
            desk(0, 0, 1.0)


class TestRecord:
    @pytest.mark.parametrize("metrics", [desk(), centre(), desk(60, 48, 1)], ids=["C", "A", "whole numbers"])
    def test_single_numbers_give_python_floats(self, metrics):
        for name in FIGURES:
            assert type(getattr(metrics, name)) is float, name
        assert type(metrics.offered_load) is float
        for of in COUNTED:
            assert type(metrics.service_level(0.1, of=of)) is float
        assert type(metrics.service_level(np.float64(0.1))) is float
        assert type(metrics.wait_quantile(0.5)) is float
        assert metrics.half_widths == {}
        assert isinstance(metrics, queues.QueueMetrics)

    @pytest.mark.parametrize("model", [desk, centre])
    def test_arrays_broadcast(self, model):
        several = model([[60], [70]], np.array([48.0, 50.0, 55.0]), 1.0)
        for name in FIGURES:
            assert getattr(several, name).shape == (2, 3), name
        one = model(70, 50.0, 1.0)
        for name in FIGURES:
            assert getattr(several, name)[1, 1] == pytest.approx(getattr(one, name), rel=1e-13), name
        assert several.service_level(0.1)[1, 1] == pytest.approx(one.service_level(0.1), rel=1e-13)
        assert several.service_level([[[0.1]], [[0.2]]]).shape == (2, 2, 3)
        assert one.service_level([0.1, 0.2]).shape == (2,)
        assert one.wait_quantile([0.1, 0.9]).shape == (2,)
        assert several.wait_quantile(0.99).shape == (2, 3)

    def test_columns_of_a_table_are_arrays(self):
        table = pd.DataFrame({"servers": [3, 4], "rate": [2.0, 3.0]}, index=[7, 9])
        assert desk(table["servers"], table["rate"], 1.0).mean_wait.shape == (2,)

    @pytest.mark.parametrize("metrics", [desk(), centre()])
    def test_it_cannot_be_changed_but_copied(self, metrics):
        with pytest.raises(dataclasses.FrozenInstanceError):
            metrics.prob_wait = 0
        for twin in (copy.deepcopy(metrics), pickle.loads(pickle.dumps(metrics))):
            assert [getattr(twin, name) for name in FIGURES] == [getattr(metrics, name) for name in FIGURES]

    def test_it_shows_all_figures(self):
        assert repr(desk()).startswith("QueueMetrics(offered_load=1.8, occupancy=0.9, prob_wait=0.852632, ")
        assert all(f"{name}=" in repr(centre([50, 51])) for name in FIGURES)

    def test_wrong_words_and_shapes_are_refused(self):
        with pytest.raises(ValueError, match="`of` must be one of 'offered', 'answered'"):
            desk().service_level(1, of="all")
        with pytest.raises(ValueError, match="`of` must be one of"):
            centre().wait_quantile(0.5, of="offered_less_short_abandons")
        for bad in (-1, math.nan, math.inf, "20 s", [], True, None):
            with pytest.raises((ValueError, TypeError), match="`threshold`"):
                desk().service_level(bad)
            with pytest.raises((ValueError, TypeError), match="`threshold`"):
                centre().service_level(bad)
        for bad in (-0.1, 1.1, 90, math.nan, "half", []):
            with pytest.raises((ValueError, TypeError), match="`p`"):
                desk().wait_quantile(bad)
        for metrics in (desk([3, 4]), centre([3, 4])):
            with pytest.raises(ValueError, match=r"shapes that broadcast, got .*`servers` \(2,\)"):
                metrics.service_level([1, 2, 3])


class TestMeasured:
    def measured(self, answered, abandoned):
        figures = dict.fromkeys(("offered_load", *FIGURES), 0.5)
        return Measured(**figures, answered=answered, abandoned=abandoned, half_widths={"mean_wait": 0.1})

    def test_it_counts_waits(self):
        counted = self.measured(np.array([3.0, 0, 1, 0]), np.array([2.0]))
        assert counted.service_level(1) == 3 / 5
        assert counted.service_level(1, of="answered") == 3 / 4
        assert counted.service_level(2, of="offered_less_short_abandons") == 3 / 4
        np.testing.assert_array_equal(counted.service_level([0, 3]), [2 / 5, 4 / 5])
        assert (counted.wait_quantile(0.5), counted.wait_quantile(1)) == (1, 3)
        assert counted.wait_quantile(0.75, of="answered") == 1
        assert counted.half_widths == {"mean_wait": 0.1}
        assert "half_widths={'mean_wait': 0.1}" in repr(counted)

    def test_waits_are_fetched_only_when_needed(self):
        asked = []
        counted = self.measured(lambda: asked.append(1) or np.array([1.0]), np.array([]))
        assert counted.mean_wait == 0.5
        assert asked == []
        assert counted.service_level(1) == counted.service_level(2) == 1
        assert asked == [1]

    def test_without_customers_nothing_is_divided(self):
        nobody = self.measured(np.array([]), np.array([]))
        assert [nobody.service_level(1, of=of) for of in COUNTED] == [0, 0, 0]
        assert nobody.wait_quantile(0.5) == math.inf

    def test_no_figure_may_be_left_out(self):
        with pytest.raises(TypeError, match="mean_wait"):
            Measured(offered_load=1.0, half_widths={}, answered=np.array([]), abandoned=np.array([]))


GOOD = {
    "servers": 3,
    "offered_load": 2.0,
    "arrival_rate": 0.3,
    "mean_service_time": 2.0,
    "mean_patience": 1.0,
    "arrival_scv": 0.5,
    "service_scv": 0.5,
}
MODELS = {
    "erlang_b": ("servers", "offered_load"),
    "erlang_c": ("servers", "arrival_rate", "mean_service_time"),
    "erlang_a": ("servers", "arrival_rate", "mean_service_time", "mean_patience"),
    "mg1": ("arrival_rate", "mean_service_time", "service_scv"),
    "ggc": ("servers", "arrival_rate", "mean_service_time", "arrival_scv", "service_scv"),
}
BAD = [
    math.nan,
    math.inf,
    -1,
    -math.inf,
    "5",
    "many",
    True,
    None,
    [],
    [[1], [2, 3]],
    [1, None],
    [1, math.nan],
    [True, False],
    np.array(["a"]),
    np.array([1 + 2j]),
    1 + 2j,
    np.datetime64("2020-01-01"),
    {"a": 1},
    object(),
    10**400,
]


@pytest.mark.parametrize(("model", "name"), [(model, name) for model, names in MODELS.items() for name in names])
@pytest.mark.parametrize("bad", BAD, ids=[f"{number}-{type(bad).__name__}" for number, bad in enumerate(BAD)])
def test_one_clear_error_for_what_is_no_number(model, name, bad):
    given = {argument: GOOD[argument] for argument in MODELS[model]} | {name: bad}
    with pytest.raises((TypeError, ValueError), match=rf"^`{name}` must .*, got .*\. [A-Z].*\.$"):
        getattr(queues, model)(**given)


@pytest.mark.parametrize(("model", "name"), [(model, name) for model, names in MODELS.items() for name in names])
def test_huge_numbers_end_in_an_error_or_in_figures(model, name):
    given = {argument: GOOD[argument] for argument in MODELS[model]}
    for huge in (1e300, 1e12, 1e-300, 10**15):
        try:
            result = getattr(queues, model)(**given | {name: huge})
        except (ValueError, TypeError) as error:
            assert str(error).endswith(".")  # noqa: PT017 -- either outcome is right, and both are looked at
        else:
            figures = [result] if model == "erlang_b" else [getattr(result, figure) for figure in FIGURES]
            assert all(figure >= 0 for figure in figures)


@pytest.mark.parametrize("model", ["erlang_b", "erlang_c", "erlang_a", "ggc"])
@pytest.mark.parametrize("servers", [2.5, [1, 2.5], -0.5, 1e16])
def test_servers_are_whole(model, servers):
    given = {argument: GOOD[argument] for argument in MODELS[model]} | {"servers": servers}
    with pytest.raises(ValueError, match=r"`servers` must be whole numbers from 0 .* Round them"):
        getattr(queues, model)(**given)


def test_whole_numbers_of_any_kind_are_servers():
    assert desk(3.0).prob_wait == desk(np.int8(3)).prob_wait == desk(3).prob_wait
    assert queues.erlang_b(np.array([3, 4], dtype=object), 2.0).shape == (2,)


def test_swapped_arguments_are_found():
    with pytest.raises(ValueError, match="`servers` must be whole numbers"):
        queues.erlang_b(8.4, 10)
    with pytest.raises(TypeError, match="positional"):
        queues.erlang_c(3, 2.0, 1.0)


def test_shapes_must_broadcast():
    with pytest.raises(ValueError, match=r"got `servers` \(2,\), `arrival_rate` \(3,\)"):
        desk([1, 2], [0.1, 0.2, 0.3], 1.0)


def test_loads_beyond_reason_are_refused():
    with pytest.raises(ValueError, match=r"at most 1e\+10 erlangs, got 1e\+11\. .*same unit"):
        queues.erlang_b(5, 1e11)
    with pytest.raises(ValueError, match="between 1e-50 and 1e50"):
        centre(mean_patience=1e60)
    with pytest.raises(ValueError, match="`unstable` must be one of 'raise', 'saturate'"):
        desk(unstable="ignore")


@property_test
@given(
    st.integers(0, 10**15) | st.integers(0, 2000),
    st.floats(0, 1e7) | st.floats(1e-320, 1e-200),
    st.floats(1e-3, 1e3),
    st.floats(1e-40, 1e40) | st.floats(0.01, 100),
    st.floats(0, 1e308),
)
def test_never_nan_and_never_out_of_range(servers, rate, service, patience, threshold):
    for metrics in (
        centre(servers, rate, service, patience),
        desk(servers, rate, service, unstable="saturate"),
        queues.ggc(
            servers, arrival_rate=rate, mean_service_time=service, arrival_scv=0, service_scv=0, unstable="saturate"
        ),
    ):
        figures = {name: getattr(metrics, name) for name in FIGURES}
        assert all(figure >= 0 for figure in figures.values()), figures
        assert all(figures[name] <= 1 for name in ("occupancy", "prob_wait", "prob_abandon")), figures
        assert all(0 <= metrics.service_level(threshold, of=of) <= 1 for of in COUNTED)
        assert metrics.wait_quantile(0.3) >= 0
    assert 0 <= queues.erlang_b(servers, rate * service) <= 1


class TestPeersFaults:
    def test_no_probability_above_one(self):
        """pyworkforce 0.5.1 says 1.957 for ten erlangs and eight positions."""
        with pytest.raises(UnstableQueueError, match="Use 11 or more"):
            desk(8, 200 / 60, 3.0)
        assert desk(8, 200 / 60, 3.0, unstable="saturate").prob_wait == 1

    def test_the_service_level_that_a_late_start_of_a_search_overlooks(self):
        """46 calls in 30 minutes of 3 minutes each: five agents are enough for half within 10 minutes."""
        assert desk(5, 46 / 30, 3.0).service_level(10) == pytest.approx(0.787, abs=0.0005)

    def test_many_servers_give_no_nan(self):
        """Forms with the logarithm of the gamma function lose digits and end in NaN."""
        assert queues.erlang_b(10**6, 5.0) == 0
        assert queues.erlang_b([10**6, 10**12], 5.0).tolist() == [0, 0]
        assert desk(10**6, 5.0, 1.0).service_level(0) == 1
        assert centre(10**6, 5.0, 1.0, 1.0).prob_wait == 0

    def test_a_late_digit_of_a_large_system(self):
        """B follows the recursion from one server to the next to the last digits, where log-gamma forms lose six."""
        last, this = queues.erlang_b([49_999, 50_000], 50_000.0)
        assert this == pytest.approx(50_000 * last / (50_000 + 50_000 * last), rel=1e-13)


class TestApproximations:
    """How far off the approximations are, as their notes say."""

    @staticmethod
    def wait_with_exponential_service(transform):
        """Return the exact mean wait of GI/M/1 from the transform of the times between arrivals."""
        sigma = 0.5
        for _ in range(5000):
            sigma = transform(1 - sigma)
        return sigma / (1 - sigma)

    @pytest.mark.parametrize(("rate", "over"), [(0.95, 0.04), (0.9, 0.08), (0.8, 0.18), (0.6, 0.56), (0.3, 4.0)])
    def test_strict_timetables(self, rate, over):
        exact = self.wait_with_exponential_service(lambda x: math.exp(-x / rate))
        found = queues.ggc(1, arrival_rate=rate, mean_service_time=1, arrival_scv=0, service_scv=1).mean_wait
        assert found / exact - 1 == pytest.approx(over, abs=0.05 if over == 4 else 0.005)

    @pytest.mark.parametrize(("rate", "over"), [(0.8, 0.02), (0.5, 0.16)])
    def test_variable_arrivals(self, rate, over):
        often = (1 + math.sqrt(3 / 5)) / 2
        rates = (2 * often * rate, often), (2 * (1 - often) * rate, 1 - often)
        exact = self.wait_with_exponential_service(lambda x: sum(p * r / (r + x) for r, p in rates))
        found = queues.ggc(1, arrival_rate=rate, mean_service_time=1, arrival_scv=4, service_scv=1).mean_wait
        assert found / exact - 1 == pytest.approx(over, abs=0.005)

    @pytest.mark.parametrize(("occupancy", "under"), [(0.9, 0.03), (0.7, 0.12), (0.5, 0.24)])
    def test_constant_service_at_ten_servers(self, occupancy, under):
        """The number in the system one service time later: those beyond the servers, and new arrivals."""
        size, load = 400, 10 * occupancy
        count = np.arange(size)
        arrivals = np.exp(count * math.log(load) - load - [math.lgamma(k + 1) for k in count])
        step = np.zeros((size, size))
        for present in count:
            left = max(present - 10, 0)
            step[present, left:] = arrivals[: size - left]
        system = step.T - np.eye(size)
        system[-1] = 1
        probability = np.linalg.solve(system, np.eye(size)[-1])
        exact = (np.maximum(count - 10, 0) * probability).sum()
        found = queues.ggc(10, arrival_rate=load, mean_service_time=1, arrival_scv=1, service_scv=0).mean_queue_length
        assert 1 - found / exact == pytest.approx(under, abs=0.005)

    def test_service_levels_with_constant_service(self):
        """Against the exact distribution of M/D/1 (Erlang 1909) below two service times."""
        errors = []
        for rate in (0.3, 0.5, 0.6, 0.7, 0.8, 0.9):
            queue = queues.mg1(arrival_rate=rate, mean_service_time=1, service_scv=0)
            for time in np.linspace(0, 1.99, 100):
                exact = (1 - rate) * (
                    math.exp(rate * time) - (rate * (time - 1) * math.exp(rate * (time - 1)) if time >= 1 else 0)
                )
                errors.append(abs(queue.service_level(time) - exact))
        assert 0.05 < max(errors) < 0.06


def test_nobody_waits_where_nothing_varies():
    even = queues.ggc(2, arrival_rate=1.5, mean_service_time=1, arrival_scv=0, service_scv=0)
    assert even.mean_wait == 0
    assert [even.wait_quantile(p) for p in (0.5, 0.9, 1)] == [0, 0, 0]
