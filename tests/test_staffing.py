import contextlib
import dataclasses
import itertools
import math
from fractions import Fraction
from types import MappingProxyType

import mpmath
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from opsbook import queues, staffing
from opsbook.queues.metrics import COUNTED
from opsbook.staffing import Shift, cover_shifts, required_agents

property_test = settings(deadline=None, max_examples=200)

loads = st.one_of(st.floats(1e-3, 40), st.floats(40, 3000))
times = st.floats(0.01, 1000)
levels = st.one_of(st.sampled_from([0.0, 0.5, 0.8, 0.9, 0.99]), st.floats(0, 0.9999))
relative = st.one_of(st.just(0.0), st.floats(0.001, 5))  # to the mean service time

# --- published answers ---------------------------------------------------------------------------------------------


class TestPublished:
    def test_the_example_of_the_r_package_erlangc(self):
        """ErlangC 0.1.0 on CRAN, README: 100 calls in 30 minutes of 180 s, 80 % in 20 s, occupancy 85 %: 14 agents."""
        answer = required_agents(
            arrival_rate=100 / 30, mean_service_time=3, service_level=0.8, threshold=20 / 60, max_occupancy=0.85
        )
        assert answer == 14
        metrics = queues.erlang_c(answer, arrival_rate=100 / 30, mean_service_time=3)
        assert metrics.service_level(20 / 60) == pytest.approx(0.88835, abs=5e-6)
        assert metrics.occupancy == pytest.approx(0.7142857, abs=5e-8)

    def test_mandelbaum_and_zeltyn_s_fifty_agents(self):
        """With 50 agents, 48 calls a minute of a minute each and patience of two, 3.1 % abandon and wait 3.7 s."""
        case = {"arrival_rate": 48, "mean_service_time": 1, "mean_patience": 2}
        assert required_agents(**case, max_prob_abandon=0.0315) == 50
        assert required_agents(**case, max_mean_wait=3.75 / 60) == 50

    def test_pyworkforce_starts_too_high(self):
        """pyworkforce 0.5.1 answers 6: it never tries fewer than the rounded load plus one."""
        case = {"arrival_rate": 46 / 30, "mean_service_time": 3}
        assert required_agents(**case, service_level=0.5, threshold=10) == 5
        assert queues.erlang_c(5, **case).service_level(10) == pytest.approx(0.787, abs=5e-4)

    def test_pyworkforce_rounds_shrinkage_up_to_one_too_many(self):
        """21 / (1 - 0.3) is 30.000000000000004 in floats, 31 in pyworkforce 0.5.1, and 30."""
        case = {"arrival_rate": 10, "mean_service_time": 1, "max_occupancy": 10 / 21}
        assert required_agents(**case) == 21
        assert required_agents(**case, shrinkage=0.3) == 30
        assert required_agents(**{**case, "arrival_rate": [10, 10]}, shrinkage=0.3).tolist() == [30, 30]


# --- the smallest --------------------------------------------------------------------------------------------------


def meets(agents, rate, time, *, slack, patience=None, of="offered", **targets):
    """Say whether the model, asked at `agents`, keeps all targets."""
    if patience is None:
        if agents <= rate * time * (1 + 1e-12):
            return False
        metrics = queues.erlang_c(agents, arrival_rate=rate, mean_service_time=time)
    else:
        metrics = queues.erlang_a(agents, arrival_rate=rate, mean_service_time=time, mean_patience=patience)
    found = []
    if "service_level" in targets:
        level = metrics.service_level(targets["threshold"], of=of)
        found.append(level >= targets["service_level"] - slack)
    for name, figure in (("max_mean_wait", "mean_wait"), ("max_prob_abandon", "prob_abandon")):
        if name in targets:
            found.append(getattr(metrics, figure) <= targets[name] * (1 + slack))
    if "max_occupancy" in targets:
        found.append(metrics.occupancy <= targets["max_occupancy"] * (1 + slack))
    return all(found)


def assert_smallest(agents, rate, time, **case):
    # Targets are compared to the twelfth digit; a little around it, so that two computations' rounding cannot decide.
    assert meets(agents, rate, time, slack=1.5e-12, **case)
    assert agents == 0 or not meets(agents - 1, rate, time, slack=0.5e-12, **case)


@st.composite
def promises(draw, *, patient=False):
    time = draw(times)
    targets = {}
    kinds = ["service_level", "max_mean_wait", "max_occupancy"] + ["max_prob_abandon"] * patient
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, unique=True)):
        if kind == "service_level":
            targets |= {"service_level": draw(levels), "threshold": draw(relative) * time}
        elif kind == "max_mean_wait":
            targets[kind] = draw(st.floats(1e-4, 20)) * time
        else:
            targets[kind] = draw(st.floats(0.01, 1))
    return draw(loads) / time, time, targets


class TestSmallest:
    @property_test
    @given(promises())
    def test_without_abandonment_n_meets_the_targets_and_one_less_does_not(self, case):
        rate, time, targets = case
        agents = required_agents(arrival_rate=rate, mean_service_time=time, **targets)
        assert_smallest(agents, rate, time, **targets)

    @property_test
    @given(promises(patient=True), st.floats(0.02, 50), st.sampled_from(COUNTED))
    def test_with_abandonment_n_meets_the_targets_and_one_less_does_not(self, case, patience, of):
        rate, time, targets = case
        agents = required_agents(
            arrival_rate=rate, mean_service_time=time, mean_patience=patience * time, of=of, **targets
        )
        assert_smallest(agents, rate, time, patience=patience * time, of=of, **targets)

    @pytest.mark.parametrize("load", [1e4, 1e6])
    def test_large_loads(self, load):
        targets = {"service_level": 0.8, "threshold": 1e-4}
        agents = required_agents(arrival_rate=load, mean_service_time=1, **targets)
        assert_smallest(agents, load, 1, **targets)
        assert required_agents(arrival_rate=[load], mean_service_time=1, **targets).tolist() == [agents]
        agents = required_agents(arrival_rate=load, mean_service_time=1, mean_patience=2, **targets)
        assert_smallest(agents, load, 1, patience=2, **targets)

    @pytest.mark.parametrize("load", [1e-300, 1e-9, 0.01, 0.999999, 1, 7.25, 63.5])
    @pytest.mark.parametrize(("level", "threshold"), [(0.8, 0.1), (0.5, 3), (0.999999, 0), (1e-9, 0)])
    def test_fifty_digits_agree_without_abandonment(self, load, level, threshold):
        def served(agents):
            with mpmath.workdps(50):
                a = mpmath.mpf(load)
                if agents <= a:
                    return mpmath.mpf(0)
                tail = a**agents / mpmath.factorial(agents) * agents / (agents - a)
                waits = tail / (mpmath.fsum(a**k / mpmath.factorial(k) for k in range(agents)) + tail)
                return 1 - waits * mpmath.exp(-(agents - a) * mpmath.mpf(threshold))

        smallest = next(agents for agents in itertools.count(math.floor(load) + 1) if served(agents) >= level)
        assert (
            required_agents(arrival_rate=load, mean_service_time=1, service_level=level, threshold=threshold)
            == smallest
        )

    @pytest.mark.parametrize(("load", "patience"), [(0.3, 0.1), (4.5, 2), (12, 0.5), (20, 10)])
    @pytest.mark.parametrize(
        "target",
        [
            {"max_prob_abandon": 0.04},
            {"max_mean_wait": 0.02},
            {"max_occupancy": 0.7},
            {"service_level": 0.85, "threshold": 0.1},
            {"service_level": 0.85, "threshold": 0.1, "of": "answered"},
            {"service_level": 0.85, "threshold": 0.1, "of": "offered_less_short_abandons"},
        ],
    )
    def test_states_counted_in_thirty_digits_agree_with_abandonment(self, load, patience, target):
        """The chain of customers present, cut where nobody comes; a customer who finds k ahead is served after them."""

        def figures(agents):
            a, theta = mpmath.mpf(load), 1 / mpmath.mpf(patience)
            weights = [mpmath.mpf(1)]
            for k in range(1, 400):
                weights.append(weights[-1] * a / (min(k, agents) + max(0, k - agents) * theta))
            total = mpmath.fsum(weights)
            queue = mpmath.fsum((k - agents) * w for k, w in enumerate(weights) if k > agents) / total
            busy = mpmath.fsum(min(k, agents) * w for k, w in enumerate(weights)) / total

            def density(wait):  # of the wait that endless patience would see
                return (
                    weights[agents]
                    / total
                    * agents
                    * mpmath.exp(a / theta * (1 - mpmath.exp(-theta * wait)) - agents * wait)
                )

            t = mpmath.mpf(target.get("threshold", 0))
            good = mpmath.fsum(weights[:agents]) / total
            if agents and t:
                good += mpmath.quad(lambda wait: density(wait) * mpmath.exp(-theta * wait), [0, t])
            lost = theta * queue / a
            longer = (1 - mpmath.fsum(weights[:agents]) / total) - (mpmath.quad(density, [0, t]) if agents and t else 0)
            if not agents:
                longer = mpmath.mpf(1)
            return {
                "max_prob_abandon": lost,
                "max_mean_wait": queue / a,
                "max_occupancy": busy / agents if agents else mpmath.mpf(1),
                "offered": good,
                "answered": good / (1 - lost) if agents else mpmath.mpf(0),
                "offered_less_short_abandons": good / (good + longer * mpmath.exp(-theta * t)),
            }

        def kept(agents):
            found = figures(agents)
            if "service_level" in target:
                return found[target.get("of", "offered")] >= target["service_level"]
            ((name, most),) = target.items()
            return found[name] <= most

        with mpmath.workdps(30):
            smallest = next(agents for agents in itertools.count() if kept(agents))
        assert required_agents(arrival_rate=load, mean_service_time=1, mean_patience=patience, **target) == smallest

    @property_test
    @given(promises(), st.integers(1, 5))
    def test_meeting_all_takes_as_many_as_the_hardest_alone(self, case, copies):
        rate, time, targets = case
        singles = []
        for name, value in targets.items():
            if name == "service_level":
                singles.append({name: value, "threshold": targets["threshold"]})
            elif name != "threshold":
                singles.append({name: value})
        rates = [rate * copies] * 2
        all_together = required_agents(arrival_rate=rates, mean_service_time=time, **targets)
        alone = [required_agents(arrival_rate=rates, mean_service_time=time, **single) for single in singles]
        np.testing.assert_array_equal(all_together, np.max(alone, axis=0))

    @property_test
    @given(promises(patient=True), st.floats(0.1, 20), st.floats(1, 1.5))
    def test_more_work_never_needs_fewer(self, case, patience, growth):
        rate, time, targets = case
        assume("max_prob_abandon" not in targets)
        for extra in ({}, {"mean_patience": patience * time}):
            fewer, more = (
                required_agents(arrival_rate=number, mean_service_time=time, **targets, **extra)
                for number in (rate, rate * growth)
            )
            assert fewer <= more


class TestTies:
    @property_test
    @given(st.integers(1, 200), st.floats(0.3, 0.999), times, st.floats(0, 3))
    def test_what_a_number_of_agents_achieves_needs_that_number(self, agents, occupancy, time, threshold):
        rate = agents * occupancy / time
        metrics = queues.erlang_c(agents, arrival_rate=rate, mean_service_time=time)
        level = metrics.service_level(threshold * time)
        case = {"arrival_rate": rate, "mean_service_time": time}
        assume(level < 1 - 1e-9)
        assert required_agents(**case, service_level=level, threshold=threshold * time) == agents
        assert required_agents(**case, max_mean_wait=metrics.mean_wait) == agents
        assert required_agents(**case, max_occupancy=metrics.occupancy) == agents
        assert (
            required_agents(**{**case, "arrival_rate": [rate]}, service_level=level, threshold=threshold * time)
            == agents
        )

    @property_test
    @given(st.integers(1, 60), st.floats(0.3, 1.5), st.floats(0.1, 10))
    def test_with_abandonment_too(self, agents, pressure, patience):
        rate = agents * pressure
        case = {"arrival_rate": rate, "mean_service_time": 1, "mean_patience": patience}
        metrics = queues.erlang_a(agents, **case)
        assume(metrics.prob_abandon > 1e-9 and metrics.occupancy < 1 - 1e-9)
        assert required_agents(**case, max_prob_abandon=metrics.prob_abandon) == agents
        assert required_agents(**case, max_mean_wait=metrics.mean_wait) == agents
        assert required_agents(**case, max_occupancy=metrics.occupancy) == agents
        assert required_agents(**case, service_level=metrics.service_level(0.2), threshold=0.2) == agents

    def test_rounded_rates_cost_no_agent(self):
        # 2400 calls an hour of 12 s are 8 erlangs, 8.000000000000002 in floats; ten agents are busy 80 % of the time.
        rates = [calls / 3600 for calls in range(300, 30000, 300)]
        needed = required_agents(arrival_rate=rates, mean_service_time=12, max_occupancy=0.8)
        exact = [-(-Fraction(calls, 300) // Fraction(8, 10)) for calls in range(300, 30000, 300)]
        assert needed.tolist() == [int(number) for number in exact]
        assert [
            required_agents(arrival_rate=rate, mean_service_time=12, max_occupancy=0.8) for rate in rates
        ] == needed.tolist()

    def test_a_load_that_is_whole_but_for_rounding_needs_one_more_than_itself(self):
        below, above = math.nextafter(10, 0), math.nextafter(10, 11)
        for load in (below, 10.0, above):
            assert required_agents(arrival_rate=load, mean_service_time=1, max_occupancy=1) == 11
            assert required_agents(arrival_rate=[load], mean_service_time=1, service_level=0, threshold=0).item() == 11


class TestShrinkage:
    @property_test
    @given(st.integers(1, 10_000), st.integers(0, 99_999))
    def test_it_is_exact_for_every_decimal(self, agents, shrinkage):
        lost = Fraction(shrinkage, 100_000)
        expected = math.ceil(agents / (1 - lost))
        assert staffing._rostered(agents, float(lost)) == expected
        assert staffing._rostered_each(np.array([agents]), float(lost)).tolist() == [expected]
        assert staffing._rostered_each(np.array([agents]), np.array([float(lost)])).tolist() == [expected]

    @pytest.mark.parametrize(
        ("agents", "shrinkage", "rostered"),
        [
            (20, 1 / 3, 30),
            (21, 0.1 + 0.2, 30),
            (9, 0.1, 10),
            (10, 0.1, 12),
            (1, 0.9999999, 10_000_000),
            (7, 0, 7),
            (0, 0.5, 0),
        ],
    )
    def test_by_hand(self, agents, shrinkage, rostered):
        assert staffing._rostered(agents, shrinkage) == rostered
        assert staffing._rostered_each(np.array([agents]), np.array([shrinkage])).tolist() == [rostered]

    def test_it_broadcasts(self):
        rostered = required_agents(
            arrival_rate=[10, 20], mean_service_time=1, max_occupancy=1, shrinkage=[[0], [0.1], [0.5]]
        )
        assert rostered.tolist() == [[11, 21], [13, 24], [22, 42]]


class TestShapes:
    case = MappingProxyType({"arrival_rate": 3.0, "mean_service_time": 3, "service_level": 0.8, "threshold": 0.3})

    @pytest.mark.parametrize("patience", [{}, {"mean_patience": 2}])
    def test_numbers_give_an_int(self, patience):
        for rate in (3, 3.0, np.float64(3), np.int64(3), np.array(3.0)):
            answer = required_agents(**{**self.case, "arrival_rate": rate}, **patience)
            assert type(answer) is int
            assert answer == required_agents(**self.case, **patience)

    @pytest.mark.parametrize("patience", [{}, {"mean_patience": [[2], [3]]}])
    def test_arrays_broadcast_to_whole_numbers(self, patience):
        answer = required_agents(
            arrival_rate=[[1], [20]], mean_service_time=[1, 2, 3], service_level=0.8, threshold=0.1, **patience
        )
        assert (answer.shape, answer.dtype) == ((2, 3), np.int64)
        for row, column in np.ndindex(2, 3):
            alone = {"mean_patience": [2, 3][row]} if patience else {}
            assert answer[row, column] == required_agents(
                arrival_rate=[1, 20][row],
                mean_service_time=[1, 2, 3][column],
                service_level=0.8,
                threshold=0.1,
                **alone,
            )

    def test_a_target_may_be_the_only_array(self):
        assert required_agents(**{**self.case, "service_level": [0.5, 0.8, 0.99]}).tolist() == [
            required_agents(**{**self.case, "service_level": level}) for level in (0.5, 0.8, 0.99)
        ]

    def test_columns_of_a_table_and_more_cells_than_fit_at_once(self):
        table = pd.DataFrame({"rate": np.linspace(0, 30, 20_001)})
        answer = required_agents(**{**self.case, "arrival_rate": table["rate"]})
        assert answer.shape == (20_001,)
        assert (np.diff(answer) >= 0).all()
        for row in range(0, 20_001, 997):
            assert answer[row] == required_agents(**{**self.case, "arrival_rate": float(table["rate"][row])})

    @pytest.mark.parametrize("extra", [{}, {"mean_patience": 1}, {"shrinkage": 0.3}, {"max_occupancy": 0.5}])
    def test_nobody_calls_nobody_is_needed(self, extra):
        assert required_agents(**{**self.case, "arrival_rate": 0}, **extra) == 0
        assert required_agents(**{**self.case, "arrival_rate": [0, 1, 0]}, **extra)[[0, 2]].tolist() == [0, 0]

    def test_who_may_all_leave_needs_nobody(self):
        assert required_agents(arrival_rate=9, mean_service_time=1, mean_patience=2, max_mean_wait=2) == 0
        assert required_agents(arrival_rate=9, mean_service_time=1, mean_patience=2, max_prob_abandon=1) == 0

    @property_test
    @given(promises(), st.sampled_from([1 / 60, 60, 3600]))
    def test_no_unit_of_time_is_special(self, case, unit):
        rate, time, targets = case
        scaled = {
            name: value * unit if name in ("threshold", "max_mean_wait") else value for name, value in targets.items()
        }
        assert required_agents(arrival_rate=rate, mean_service_time=time, **targets) == required_agents(
            arrival_rate=rate / unit, mean_service_time=time * unit, **scaled
        )


class TestRefused:
    case = MappingProxyType({"arrival_rate": 3, "mean_service_time": 3})

    @pytest.mark.parametrize(
        ("given_", "message"),
        [
            ({}, "a target must be given, got none. Give `service_level` with `threshold`"),
            ({"mean_patience": 2}, "a target must be given, got none"),
            ({"service_level": 0.8}, "`service_level` needs `threshold`"),
            ({"threshold": 20}, "`threshold` needs `service_level`"),
            ({"max_prob_abandon": 0.1}, "`max_prob_abandon` needs `mean_patience`"),
            ({"service_level": 1, "threshold": 20}, r"`service_level` must be below 1, got 1\. Chance"),
            ({"service_level": [0.5, 1], "threshold": 20, "mean_patience": 1}, "`service_level` must be below 1"),
            ({"service_level": 80, "threshold": 20}, r"`service_level` must lie .*got 80\. Divide percentages by 100"),
            ({"service_level": 0.8, "threshold": -1}, "`threshold` must not be negative"),
            ({"max_mean_wait": 0}, "`max_mean_wait` must be above 0, got 0"),
            ({"max_mean_wait": -1}, "`max_mean_wait` must not be negative"),
            ({"max_prob_abandon": 0, "mean_patience": 1}, "`max_prob_abandon` must be above 0"),
            ({"max_occupancy": 0}, "`max_occupancy` must be above 0"),
            ({"max_occupancy": 85}, "`max_occupancy` must lie between 0 and 1"),
            ({"max_occupancy": 1e-300}, r"the targets must be met by 1e\+15 agents at most"),
            ({"max_occupancy": [1e-300]}, r"the targets must be met by 1e\+15 agents at most"),
            ({"max_occupancy": 0.9, "shrinkage": 1}, r"`shrinkage` must be below 1, got 1\. Somebody"),
            ({"max_occupancy": 0.9, "shrinkage": 30}, "`shrinkage` must lie between 0 and 1"),
            ({"max_occupancy": 0.9, "mean_patience": 0}, "`mean_patience` must be above zero"),
            ({"max_occupancy": 0.9, "arrival_rate": math.nan}, "`arrival_rate` must be finite"),
            ({"max_occupancy": 0.9, "arrival_rate": [1, math.inf]}, "`arrival_rate` must be finite"),
            ({"max_occupancy": 0.9, "arrival_rate": -1}, "`arrival_rate` must not be negative"),
            ({"max_occupancy": 0.9, "mean_service_time": 0}, "`mean_service_time` must be above zero"),
            ({"max_occupancy": 0.9, "arrival_rate": 1e200}, r"must not exceed 1e\+10 erlangs, got 3e\+200\. Check"),
            ({"max_occupancy": 0.9, "arrival_rate": [1e200, 1]}, r"must not exceed 1e\+10 erlangs, got 3e\+200"),
            ({"max_occupancy": 0.9, "of": "all"}, "`of` must be one of 'offered'"),
            (
                {"max_occupancy": [0.8, 0.9], "arrival_rate": [1, 2, 3]},
                r"one shape, got `arrival_rate` \(3,\), `max_occupancy` \(2,\)",
            ),
        ],
    )
    def test_one_clear_error(self, given_, message):
        with pytest.raises(ValueError, match=message):
            required_agents(**{**self.case, **given_})

    @pytest.mark.parametrize("value", ["3", True, "abc", 3j, {"a": 1}, [[1], [2, 3]], object()])
    @pytest.mark.parametrize("name", ["arrival_rate", "mean_service_time", "max_occupancy", "shrinkage"])
    def test_what_is_no_number(self, name, value):
        with pytest.raises(TypeError, match=f"`{name}` must be a number or an array of numbers"):
            required_agents(**{**self.case, "max_occupancy": 0.9, "max_mean_wait": 1, name: value})

    @pytest.mark.parametrize("name", ["arrival_rate", "mean_service_time", "shrinkage"])
    def test_none_stands_only_for_a_target_that_is_not_set(self, name):
        with pytest.raises(TypeError, match=f"`{name}` must be a number or an array of numbers, got None"):
            required_agents(**{**self.case, "max_occupancy": 0.9, name: None})

    @settings(deadline=None, max_examples=300)
    @given(
        st.fixed_dictionaries(
            {},
            optional=dict.fromkeys(
                [
                    "arrival_rate",
                    "mean_service_time",
                    "service_level",
                    "threshold",
                    "max_mean_wait",
                    "max_prob_abandon",
                    "max_occupancy",
                    "mean_patience",
                    "shrinkage",
                ],
                st.one_of(
                    st.floats(),
                    st.floats(0, 1),
                    st.integers(-2, 100),
                    st.sampled_from([5e-324, 1e-300, 1e300, "1", None, True]),
                    st.lists(st.floats(0, 2), max_size=3),
                ),
            ),
        )
    )
    def test_anything_gives_agents_or_one_error(self, given_):
        given_ = {**self.case, **given_}
        # A load as large as this takes seconds, which is honest but not for a test.
        with contextlib.suppress(TypeError, ValueError), np.errstate(over="ignore"):
            assume(np.max(np.multiply(given_["arrival_rate"], given_["mean_service_time"])) < 1e6)
        with contextlib.suppress(TypeError, ValueError):
            assert np.all(np.asarray(required_agents(**given_)) >= 0)


# --- shifts --------------------------------------------------------------------------------------------------------


def brute_force(required, rows, costs):
    """Return the smallest cost of all plans with up to the largest requirement on each shift."""
    people = range(max(required) + 1)
    best = math.inf
    for plan in itertools.product(people, repeat=len(rows)):
        duty = [
            sum(number * row[place] for number, row in zip(plan, rows, strict=True)) for place in range(len(required))
        ]
        if all(on >= need for on, need in zip(duty, required, strict=True)):
            best = min(best, sum(number * cost for number, cost in zip(plan, costs, strict=True)))
    return best


@st.composite
def rosters(draw):
    intervals = draw(st.integers(1, 4))
    rows = draw(st.lists(st.lists(st.integers(0, 1), min_size=intervals, max_size=intervals), min_size=1, max_size=4))
    required = draw(st.lists(st.integers(0, 3), min_size=intervals, max_size=intervals))
    return required, rows, draw(st.lists(st.integers(0, 5), min_size=len(rows), max_size=len(rows)))


class TestCoverShifts:
    def test_winston_s_post_office(self):
        """Winston, Operations Research, 4th ed., p. 72: five days on, two off; 67/3 by linear programming, so 23."""
        days = dict(zip(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], [17, 13, 15, 19, 14, 16, 11], strict=True))
        plan = cover_shifts(days, {day: Shift(number, 5) for number, day in enumerate(days)}, cyclic=True)
        assert plan.cost == sum(plan.people.values()) == 23
        assert plan.required == tuple(days.values())

    def test_hillier_and_lieberman_s_union_airways(self):
        """Hillier & Lieberman, Introduction to Operations Research: five shifts, $30,610 a day."""
        rows = {
            "6-14": [1, 1, 1, 1, 0, 0, 0, 0, 0, 0],
            "8-16": [0, 1, 1, 1, 1, 0, 0, 0, 0, 0],
            "12-20": [0, 0, 0, 1, 1, 1, 1, 0, 0, 0],
            "16-24": [0, 0, 0, 0, 0, 1, 1, 1, 1, 0],
            "22-6": [0, 0, 0, 0, 0, 0, 0, 0, 1, 1],
        }
        wages = dict(zip(rows, [170, 160, 175, 180, 195], strict=True))
        plan = cover_shifts([48, 79, 65, 87, 64, 73, 82, 43, 52, 15], rows, cost=wages)
        assert plan.cost == 30_610
        assert list(plan.people.values()) == [48, 31, 39, 43, 15]

    @settings(deadline=None, max_examples=60)
    @given(rosters())
    def test_brute_force_finds_nothing_cheaper(self, roster):
        required, rows, costs = roster
        names = [f"shift {number}" for number in range(len(rows))]
        shifts, prices = dict(zip(names, rows, strict=True)), dict(zip(names, costs, strict=True))
        best = brute_force(required, rows, costs)
        if math.isinf(best):
            with pytest.raises(ValueError, match="every interval that requires people must be covered"):
                cover_shifts(required, shifts, cost=prices)
            return
        plan = cover_shifts(required, shifts, cost=prices)
        assert plan.cost == best
        duty = [sum(plan.people[name] * shifts[name][place] for name in names) for place in range(len(required))]
        assert list(plan.on_duty) == duty
        assert list(plan.over_cover) == [on - need for on, need in zip(duty, required, strict=True)]
        assert min(plan.over_cover) >= 0

    def test_no_plan_beats_the_relaxed_problem_by_much(self):
        """Shifts without breaks make an interval matrix, whose relaxed optimum is whole; breaks can only cost more."""
        from scipy.optimize import linprog  # noqa: PLC0415 -- the oracle of this test alone

        need = required_agents(
            arrival_rate=[2 + 3 * math.sin(slot / 48 * math.pi) for slot in range(48)],
            mean_service_time=4,
            service_level=0.8,
            threshold=1 / 3,
        )
        for breaks in ((), (8,)):
            shifts = {f"from {start}": Shift(start, 16, breaks=breaks) for start in range(33)}
            plan = cover_shifts(need, shifts)
            matrix = np.array([shift.covers(48) for shift in shifts.values()]).T
            bound = linprog(np.ones(33), A_ub=-matrix, b_ub=-need).fun
            assert plan.cost >= bound - 1e-6
            if not breaks:
                assert plan.cost == pytest.approx(bound)

    def test_among_equals_it_takes_the_fewest_people_and_always_the_same(self):
        shifts = {"a": [1, 0], "b": [0, 1], "both": [1, 1]}
        plan = cover_shifts([2, 2], shifts, cost={"a": 1, "b": 1, "both": 2})
        assert plan.people == {"a": 0, "b": 0, "both": 2}
        alike = {f"shift {number}": [1, 1, 0] if number % 2 else [0, 1, 1] for number in range(6)}
        assert len({tuple(cover_shifts([2, 3, 2], alike).people.values()) for _ in range(5)}) == 1

    def test_a_gap_is_kept_and_the_bound_holds(self):
        need = [3 + 5 * (slot % 7) for slot in range(28)]
        shifts = {f"from {start}": Shift(start, 9, breaks=(4,)) for start in range(28)}
        best = cover_shifts(need, shifts, cyclic=True)
        assert best.bound == best.cost
        for gap in (0.01, 0.2, 1):
            plan = cover_shifts(need, shifts, cyclic=True, gap=gap)
            assert plan.bound <= best.cost <= plan.cost <= plan.bound / (1 - gap) if gap < 1 else True
            assert min(plan.over_cover) >= 0

    def test_free_shifts_are_not_overstaffed(self):
        plan = cover_shifts([2, 1], {"volunteers": [1, 1]}, cost=0)
        assert (plan.people, plan.cost) == ({"volunteers": 2}, 0)
        shifts = {"early": Shift(0, 2), "middle": Shift(1, 2), "late": Shift(2, 2)}
        assert sum(cover_shifts([2, 4, 4, 2], shifts, cost=0).people.values()) == 6

    @pytest.mark.parametrize(
        ("given", "says"),
        [
            ({"required": ["2", "3"]}, "`required` must be a number or an array of numbers"),
            ({"required": [True, False]}, "`required` must be a number or an array of numbers"),
            ({"cost": "2"}, "`cost` must be a number"),
            ({"cost": [1, 2]}, "`cost` must be one number or a mapping"),
        ],
    )
    def test_people_and_costs_are_numbers(self, given, says):
        asked = {"required": [2, 1], "shifts": {"day": [1, 1]}} | given
        with pytest.raises(TypeError, match=says):
            cover_shifts(**asked)

    def test_nobody_required(self):
        plan = cover_shifts([0, 0], {"day": [1, 0]})
        assert (plan.people, plan.cost, plan.on_duty) == ({"day": 0}, 0, (0, 0))

    def test_tiny_and_huge_costs_are_told_apart(self):
        for scale in (1e-9, 1, 1e9):
            plan = cover_shifts([1], {"dear": [1], "cheap": [1]}, cost={"dear": 1.001 * scale, "cheap": scale})
            assert plan.people == {"dear": 0, "cheap": 1}

    def test_a_gap_is_named(self):
        with pytest.raises(ValueError, match=r"covered by a shift, got none for 08:30, 09:30\. Add a shift"):
            cover_shifts({"08:00": 1, "08:30": 2, "09:00": 0, "09:30": 1}, {"early": [1, 0, 0, 0]})
        with pytest.raises(ValueError, match=r"got none for interval 1\. Add"):
            cover_shifts([1, 1], {"early": [1, 0]})

    @pytest.mark.parametrize(
        ("required", "shifts", "options", "message"),
        [
            ([1.5], {"a": [1]}, {}, "`required` must be whole people, got"),
            ([-1], {"a": [1]}, {}, "`required` must not be negative"),
            ([[1]], {"a": [1]}, {}, "`required` must be one row"),
            ([], {"a": []}, {}, "`required` must"),
            ([1], {}, {}, "`shifts` must name at least one"),
            ([1], {"a": [1, 1]}, {}, "0 or 1 for each of the 1 intervals"),
            ([1], {"a": [2]}, {}, "0 or 1 for each of the 1 intervals"),
            ([1, 1], {"a": Shift(1, 2)}, {}, "must end within the plan of 2 intervals"),
            ([1], {"a": Shift(0, 2)}, {"cyclic": True}, "must end within the plan of 1 intervals"),
            ([1], {"a": [1]}, {"cost": {"b": 1}}, "same shifts as `shifts`, got a difference in a, b"),
            ([1], {"a": [1]}, {"cost": -1}, "`cost` must not be negative"),
            ([1], {"a": [1]}, {"gap": 5}, "`gap` must lie between 0 and 1"),
        ],
    )
    def test_what_makes_no_plan(self, required, shifts, options, message):
        with pytest.raises(ValueError, match=message):
            cover_shifts(required, shifts, **options)

    def test_shifts_know_their_breaks_and_the_turn_of_the_plan(self):
        assert Shift(2, 3, breaks=(1,)).covers(4, cyclic=True) == (1, 0, 1, 0)
        with pytest.raises(ValueError, match="`breaks` must lie between 0 and 2"):
            Shift(0, 3, breaks=(3,))
        with pytest.raises(ValueError, match="must start at 0 or later"):
            Shift(-1, 3)

    def test_plans_are_frozen(self):
        plan = cover_shifts([1], {"a": [1]})
        with pytest.raises(dataclasses.FrozenInstanceError):
            plan.cost = 0
