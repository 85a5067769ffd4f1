import contextlib
import csv
import dataclasses
import itertools
import math
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbook import blueprint, contact
from opsbook.blueprint import LANES, LINES, Blueprint, Link, Step, Way, dump, load
from opsbook.errors import BlueprintError, UnknownNameError
from opsbook.simulate import Station, deterministic, exponential, gamma, simulate_network

PUBLISHED = Path(__file__).parent / "published"
property_test = settings(deadline=None, max_examples=150)

# Times chosen so that every sum can be done in the head.
CLINIC = """
name: A clinic
resources: {nurse: 1, doctor: 2, clerk: 1}
steps:
  - {id: arrive, name: Arrive, lane: customer, mean: 1, evidence: Signpost}
  - {id: check, name: Check the pressure, lane: frontstage, mean: 3, resource: nurse, contact: passive,
     fail_point: Wrong patient, poka_yoke: Ask for the name, elsewhere: {customer: {mean: 5}}}
  - {id: consult, name: Consult, lane: frontstage, mean: 10, resource: doctor}
  - {id: record, name: Write the record, lane: backstage, mean: 6, resource: clerk}
  - {id: pay, name: Pay, lane: customer, mean: 2}
links:
  - {from: arrive, to: check, probability: 0.5}
  - {from: arrive, to: consult, probability: 0.5}
  - {from: check, to: consult}
  - {from: consult, to: record}
  - {from: consult, to: pay}
"""


@pytest.fixture
def clinic():
    return load(CLINIC)


def faults(text):
    with pytest.raises(BlueprintError) as caught:
        load(text)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def changed(old, new):
    assert old in CLINIC
    return faults(CLINIC.replace(old, new))


# --- blueprints at random, and what brute force says of them -----------------------------------------------------


@st.composite
def blueprints(draw, *, parallel=True, spread=False):
    size = draw(st.integers(1, 7))
    lanes, links = [draw(st.integers(1, 4))], {}
    for index in range(1, size):
        parent = draw(st.integers(0, index - 1))
        lanes.append(draw(st.integers(max(1, lanes[parent] - 1), min(4, lanes[parent] + 1))))
        links[parent, index] = None
    near = [pair for pair in itertools.combinations(range(size), 2) if abs(lanes[pair[0]] - lanes[pair[1]]) <= 1]
    if near:
        links |= dict.fromkeys(draw(st.lists(st.sampled_from(near), unique=True)))
    for source in range(size):
        out = [pair for pair in links if pair[0] == source]
        chosen = draw(st.lists(st.sampled_from(out), unique=True)) if out and parallel else out
        weights = draw(st.lists(st.integers(1, 4), min_size=len(chosen), max_size=len(chosen)))
        links |= {pair: weight / sum(weights) for pair, weight in zip(chosen, weights, strict=True)}
    steps = []
    for index, lane in enumerate(lanes):
        mean = draw(st.integers(0, 12)) / 4
        kinds = {1: ["active", "passive", "none"], 2: ["active", "passive"]}.get(lane, ["none", "passive"])
        steps.append(
            Step(
                f"s{index}",
                f"Step {index}",
                LANES[lane],
                mean=mean,
                spread=draw(st.integers(0, 4)) / 4 if spread and mean else 0,
                resource=draw(st.sampled_from(["", "one", "two"])),
                contact=draw(st.sampled_from(kinds)),
                rework=draw(st.sampled_from([0, 0, 0.5])),
                lanes=draw(st.sampled_from([(), (), tuple(LANES[lane : lane + 2])])),
            )
        )
    return Blueprint(
        "At random", steps, [Link(f"s{a}", f"s{b}", chance) for (a, b), chance in links.items()], {"one": 1, "two": 2}
    )


def every_path(plan):
    """Return all chains from the start to an end."""
    onward = {step.id: [link.target for link in plan.links if link.source == step.id] for step in plan.steps}

    def from_(step):
        return [[step, *rest] for target in onward[step] for rest in from_(target)] or [[step]]

    return from_(plan.start)


def every_outcome(plan):
    """Return, for every combination of choices, its probability and the links that lie open, reachable or not."""
    options = []
    for step in plan.steps:
        out = [link for link in plan.links if link.source == step.id]
        sure = [link for link in out if link.probability is None]
        options.append(
            [(link.probability, [*sure, link]) for link in out if link.probability is not None] or [(1, sure)]
        )
    for combination in itertools.product(*options):
        open_links = [link for _, links in combination for link in links]
        yield math.prod(chance for chance, _ in combination), open_links


def by_brute_force(plan):
    """Return flow time, contact time and each step's probability from all combinations and all paths."""
    time = {step.id: step.mean / (1 - step.rework) for step in plan.steps}
    there = {step.id: step.contact != "none" for step in plan.steps}
    flow = present = 0.0
    chance = dict.fromkeys(time, 0.0)
    for probability, links in every_outcome(plan):
        paths = every_path(_Open(plan.steps, links, plan.start))
        begin = {}
        for path in paths:
            for index, step in enumerate(path):
                begin[step] = max(begin.get(step, 0), sum(time[before] for before in path[:index]))
        flow += probability * max(sum(time[step] for step in path) for path in paths)
        # All times are quarters of a minute, doubled by rework at most: count the quarters in which somebody is there.
        quarters = {
            quarter
            for step, first in begin.items()
            if there[step]
            for quarter in range(round(first * 4), round((first + time[step]) * 4))
        }
        present += probability * len(quarters) / 4
        for step in begin:
            chance[step] += probability
    return flow, present, chance


@dataclasses.dataclass
class _Open:
    steps: tuple
    links: list
    start: str


class TestFlow:
    def test_the_clinic_by_hand(self, clinic):
        # Half of the visits take 1 + 10 + 6 minutes, half 1 + 3 + 10 + 6; paying (2) runs beside the record (6).
        assert clinic.flow_time == pytest.approx(0.5 * 17 + 0.5 * 20)
        assert clinic.contact_time == pytest.approx(0.5 * 13 + 0.5 * 16)
        assert clinic.contact_ratio == pytest.approx(14.5 / 18.5)
        assert [route.probability for route in clinic.routes()] == [0.5, 0.5]
        assert {route.flow_time for route in clinic.routes()} == {17, 20}
        assert clinic.exact

    def test_the_critical_path_by_hand(self, clinic):
        found = clinic.critical_path()
        assert found == blueprint.Path(("arrive", "check", "consult", "record"), 20.0, 0.5)

    def test_the_capacity_by_hand(self, clinic):
        nurse, doctor, clerk = clinic.workload()
        assert nurse == blueprint.Load("nurse", 1, 1.5, 40)
        assert doctor == blueprint.Load("doctor", 2, 10, 12)
        assert clerk == blueprint.Load("clerk", 1, 6, 10)
        assert (clinic.bottleneck, clinic.capacity) == ("clerk", 10)

    @property_test
    @given(blueprints())
    def test_the_critical_path_is_the_longest_of_all_paths(self, plan):
        paths = every_path(plan)
        time = {step.id: step.mean / (1 - step.rework) for step in plan.steps}
        found = plan.critical_path()
        assert found.time == pytest.approx(max(sum(time[step] for step in path) for path in paths), abs=1e-9)
        assert list(found.steps) in paths
        assert found.time == pytest.approx(sum(time[step] for step in found.steps), abs=1e-9)
        assert 0 < found.probability <= 1

    @property_test
    @given(blueprints())
    def test_times_and_loads_are_those_of_brute_force_over_all_choices(self, plan):
        flow, present, chance = by_brute_force(plan)
        assert plan.flow_time == pytest.approx(flow, abs=1e-9)
        assert plan.contact_time == pytest.approx(present, abs=1e-9)
        for load_ in plan.workload():
            steps = [step for step in plan.steps if step.resource == load_.resource]
            assert load_.minutes == pytest.approx(sum(chance[s.id] * s.mean / (1 - s.rework) for s in steps), abs=1e-9)
        assert sum(route.probability for route in plan.routes()) == pytest.approx(1)
        assert max(route.flow_time for route in plan.routes()) == pytest.approx(plan.critical_path().time, abs=1e-9)

    @property_test
    @given(blueprints())
    def test_each_routes_critical_chain_takes_its_flow_time(self, plan):
        for route in plan.routes():
            assert sum(plan.step(step).time for step in route.critical) == pytest.approx(route.flow_time, abs=1e-9)
            assert set(route.critical) <= set(route.steps)
            assert route.contact_time <= route.flow_time + 1e-9

    def test_ties_go_to_the_step_that_comes_first(self):
        twins = [Step("a", "A", "frontstage", mean=1), *(Step(s, s, "frontstage", mean=2) for s in "bc")]
        assert Blueprint("Twins", twins, [Link("a", "b"), Link("a", "c")]).critical_path().steps == ("a", "b")

    def test_without_times_there_is_no_ratio_and_without_work_no_limit(self):
        sketch = Blueprint("A sketch", [Step("a", "A", "customer")], resources={"clerk": 1})
        assert sketch.flow_time == 0
        assert math.isnan(sketch.contact_ratio)
        assert (sketch.capacity, sketch.bottleneck) == (math.inf, "none")
        assert Blueprint("A sketch", [Step("a", "A", "customer", mean=1)]).capacity == math.inf

    def test_too_many_routes_are_refused(self):
        steps = [Step(f"s{n}", f"S {n}", "customer") for n in range(27)]
        links = []
        for n in range(0, 26, 2):
            links += [Link(f"s{n}", f"s{n + 1}", 0.5), Link(f"s{n}", f"s{n + 2}", 0.5), Link(f"s{n + 1}", f"s{n + 2}")]
        with pytest.raises(ValueError, match="at most 4096 routes"):
            _ = Blueprint("A maze", steps, links).flow_time


class TestContact:
    @property_test
    @given(blueprints(parallel=False))
    def test_without_parallel_work_it_is_the_profile_of_the_tasks(self, plan):
        if not plan.flow_time:
            return
        found = contact.profile(pd.DataFrame(plan.tasks()))
        assert found.extent == pytest.approx(plan.contact_ratio)
        assert found.total == pytest.approx(plan.flow_time)
        assert found.staff == pytest.approx(sum(load_.minutes for load_ in plan.workload()))

    def test_moving_a_task_back_does_what_decouple_does(self):
        steps = [
            Step("hear", "Hear", "frontstage", mean=6, resource="staff"),
            Step("check", "Check", "frontstage", mean=10, resource="staff", contact="passive"),
            Step("tell", "Tell", "frontstage", mean=4, resource="staff"),
        ]
        counter = Blueprint("A counter", steps, [Link("hear", "check"), Link("check", "tell")], {"staff": 1})
        change = contact.decouple(pd.DataFrame(counter.tasks()), to_back="Check")
        moved = counter.move("check", "backstage")
        assert (moved.contact_time, moved.flow_time) == (change.after.contact_time, change.after.flow_time)
        assert counter.contact_ratio == change.before.extent

    def test_presence_in_two_steps_at_once_counts_once(self):
        steps = [Step("a", "A", "customer"), *(Step(s, s, "frontstage", mean=2) for s in "bc")]
        both = Blueprint("Both", steps, [Link("a", "b"), Link("a", "c")])
        assert (both.contact_time, both.contact_ratio) == (2, 1)


class TestSimulation:
    def test_the_published_clinic_against_a_network_in_which_nobody_queues(self):
        """The oracle: another engine, Ciw, sends patients through stations with servers for all of them."""
        clinic = load(PUBLISHED / "clinic.yml")
        plenty = 30
        arrivals = exponential(1.0)
        stations, routing = {}, {}
        for step in clinic.steps:
            scv = (step.spread / step.mean) ** 2 if step.mean else 0
            service = gamma(step.mean, scv=scv) if scv else deterministic(step.mean)
            stations[step.id] = Station(plenty, service, interarrival=arrivals if step.id == clinic.start else None)
            routing[step.id] = {link.target: link.chance for link in clinic.links if link.source == step.id}
        network = simulate_network(stations, routing=routing, until=4000, rng=5)
        visits = network.visits()
        assert visits["wait"].max() == 0
        times = visits["time_in_system"]
        error = 4 * times.std() / math.sqrt(times.size)
        assert clinic.exact
        assert error < 0.25
        assert times.mean() == pytest.approx(clinic.flow_time, abs=error)
        drawn = clinic.simulate(200_000, rng=5)
        assert drawn.mean == pytest.approx(clinic.flow_time, abs=2 * drawn.half_width)
        assert times.std() == pytest.approx(drawn.flow_time.std(), rel=0.05)

    def test_the_published_times_are_those_of_the_clinic(self):
        clinic = load(PUBLISHED / "clinic.yml")
        with (PUBLISHED / "clinic_times.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                step, first, second = clinic.step(row["step"]), float(row["first"]), float(row["second"])
                uniform = row["distribution"] == "uniform"
                assert step.mean == ((first + second) / 2 if uniform else first)
                assert step.spread == pytest.approx((second - first) / math.sqrt(12) if uniform else second, rel=1e-6)

    @settings(deadline=None, max_examples=40)
    @given(blueprints(spread=True))
    def test_visits_have_the_mean_where_it_is_exact_and_a_longer_one_elsewhere(self, plan):
        visits = plan.simulate(20_000, rng=3)
        margin = 5 / math.sqrt(20_000)
        if plan.exact:
            assert visits.mean == pytest.approx(plan.flow_time, abs=margin * visits.flow_time.std() + 1e-9)
            width = margin * visits.contact_time.std() + 1e-9
            assert visits.contact_time.mean() == pytest.approx(plan.contact_time, abs=width)
        else:
            assert visits.mean >= plan.flow_time - margin * visits.flow_time.std() - 1e-9
        assert (visits.contact_time <= visits.flow_time + 1e-9).all()

    @settings(deadline=None, max_examples=40)
    @given(blueprints())
    def test_the_expected_value_over_choices_of_constant_times(self, plan):
        plan = dataclasses.replace(plan, steps=tuple(dataclasses.replace(step, rework=0) for step in plan.steps))
        assert plan.exact
        visits = plan.simulate(20_000, rng=8)
        possible = np.array(sorted({route.flow_time for route in plan.routes()}))
        assert np.abs(visits.flow_time[:, None] - possible).min(axis=1).max() < 1e-9
        assert visits.mean == pytest.approx(plan.flow_time, abs=5 * visits.flow_time.std() / 141 + 1e-9)

    def test_the_mean_of_the_later_is_longer_than_the_later_of_the_means(self):
        """Two exponential times of mean 5 side by side: the later has mean 7.5, by hand."""
        steps = [Step("s", "S", "frontstage"), *(Step(n, n, "frontstage", mean=5, spread=5) for n in "ab")]
        pair = Blueprint("A pair", steps, [Link("s", "a"), Link("s", "b")])
        visits = pair.simulate(100_000, rng=2)
        assert pair.flow_time == 5
        assert not pair.exact
        assert visits.mean == pytest.approx(7.5, abs=2 * visits.half_width)

    def test_a_gamma_time_has_the_mean_and_the_spread_also_with_rework(self):
        step = Step("a", "A", "backstage", mean=4, spread=2, rework=0.25)
        times = Blueprint("One step", [step]).simulate(200_000, rng=4).flow_time
        # Wald: mean ÷ (1 − p), and variance from N attempts.
        variance = 4 / 0.75 + 16 * 0.25 / 0.75**2
        assert times.mean() == pytest.approx(step.time, abs=5 * math.sqrt(variance / times.size))
        assert times.var() == pytest.approx(variance, rel=0.03)
        assert step.varies

    def test_a_shortcut_beside_a_varying_step_is_exact(self):
        steps = [Step(s, s, "frontstage", mean=1, spread=1) for s in "abc"]
        plan = Blueprint("A shortcut", steps, [Link("a", "b"), Link("b", "c"), Link("a", "c")])
        assert plan.exact
        assert plan.flow_time == 3

    def test_a_seed_repeats_and_a_generator_goes_on(self, clinic):
        first, second = clinic.simulate(50, rng=1), clinic.simulate(50, rng=1)
        np.testing.assert_array_equal(first.flow_time, second.flow_time)
        rng = np.random.default_rng(1)
        assert (clinic.simulate(50, rng=rng).flow_time != clinic.simulate(50, rng=rng).flow_time).any()

    def test_shares_and_widths(self, clinic):
        visits = clinic.simulate(1000, rng=1)
        assert visits.share_within(17) == (visits.flow_time == 17).mean()
        assert visits.share_within(20) == 1
        assert math.isnan(clinic.simulate(1, rng=1).half_width)

    @pytest.mark.parametrize(("visits", "error"), [(0, ValueError), (2.5, TypeError), (True, TypeError)])
    def test_visits_are_a_whole_number(self, clinic, visits, error):
        with pytest.raises(error, match="`visits` must be"):
            clinic.simulate(visits, rng=1)


class TestMoving:
    def test_in_front_of_the_customer_work_is_seen(self, clinic):
        moved = clinic.move("record", "frontstage")
        assert moved.step("record").contact == "passive"
        assert moved.contact_time == moved.flow_time
        assert clinic.step("record").lane == "backstage"

    def test_self_service_frees_the_resource_and_takes_its_own_time(self, clinic):
        moved = clinic.move("check", "customer")
        step = moved.step("check")
        assert (step.mean, step.resource, step.contact) == (5, "", "active")
        assert moved.workload()[0].minutes == 0
        assert moved.flow_time == clinic.flow_time + 1

    def test_there_and_back_is_the_same(self, clinic):
        moved = clinic.move("check", "customer")
        assert moved.move("check", "frontstage") == clinic
        assert moved != clinic
        assert clinic.move("check", "frontstage") == clinic

    def test_a_link_must_not_skip_a_lane_after_a_move(self, clinic):
        rule = r"the link from 'Arrive' \(customer\) to 'Check the pressure' \(backstage\) skips frontstage\. Somebody"
        with pytest.raises(BlueprintError, match=rule):
            clinic.move("check", "backstage")

    def test_active_contact_stays_in_front(self, clinic):
        with pytest.raises(ValueError, match="'Consult' needs the customer to take part, so it cannot go behind"):
            clinic.move("consult", "backstage")
        assert clinic.step("consult").refusal("backstage").startswith("'Consult' needs the customer")
        assert clinic.step("consult").refusal("customer") == ""

    def test_unless_it_is_said_how(self):
        told = Step("tell", "Tell the result", "frontstage", elsewhere=(Way("backstage", mean=1, contact="none"),))
        plan = Blueprint("A letter", [told])
        assert plan.move("tell", "backstage").step("tell").contact == "none"

    def test_what_customers_do_needs_somebody_to_take_it_over(self, clinic):
        with pytest.raises(ValueError, match=r"'Pay' is done by the customer; nobody of the staff is named"):
            clinic.move("pay", "frontstage")
        step = Step("pay", "Pay", "customer", mean=2, elsewhere=(Way("frontstage", resource="clerk"),))
        moved = Blueprint("A till", [step], resources={"clerk": 1}).move("pay", "frontstage")
        assert (moved.bottleneck, moved.capacity) == ("clerk", 30)

    def test_who_waits_behind_the_wall_is_present_all_the_same(self):
        # Chase's presence is the customer's: out of sight, but in the house, for 5 of 8 minutes.
        steps = [
            Step("take", "Take the prescription", "frontstage", mean=1, resource="pharmacist"),
            Step("fetch", "Fetch", "frontstage", mean=5, resource="pharmacist", contact="passive"),
            Step("explain", "Explain", "frontstage", mean=2, resource="pharmacist"),
        ]
        links = [Link("take", "fetch"), Link("fetch", "explain")]
        staff = {"pharmacist": 1, "assistant": 1}
        waits = dataclasses.replace(steps[1], elsewhere=(Way("backstage", resource="assistant", contact="passive"),))
        leaves = dataclasses.replace(steps[1], elsewhere=(Way("backstage", resource="assistant"),))
        times = [
            Blueprint("A chemist's", [steps[0], fetch, steps[2]], links, staff).move("fetch", "backstage")
            for fetch in (waits, leaves)
        ]
        assert [plan.contact_time for plan in times] == [8, 3]
        assert [plan.flow_time for plan in times] == [8, 8]
        assert [plan.capacity for plan in times] == [12, 12]
        assert contact.profile(pd.DataFrame(times[0].tasks())).present == 8

    def test_lanes_limit_where_a_step_may_go(self):
        fetch = Step("fetch", "Fetch", "frontstage", contact="passive", lanes=("frontstage", "backstage"))
        assert [fetch.refusal(lane) for lane in LANES[2:4]] == ["", ""]
        assert fetch.refusal("customer") == "'Fetch' is for staff only."
        assert fetch.refusal("support") == "'Fetch' may be done in the lane frontstage or backstage only."
        with pytest.raises(ValueError, match=r"for staff only\. Leave it there, or add the other lane to its `lanes`"):
            Blueprint("A", [fetch]).move("fetch", "customer")
        moved = Blueprint("A", [fetch]).move("fetch", "backstage")
        assert moved.step("fetch").refusal("customer") == fetch.refusal("customer")
        assert moved.move("fetch", "frontstage") == Blueprint("A", [fetch])
        assert Step("a", "A", "frontstage", lanes=["frontstage"]) == Step("a", "A", "frontstage", lanes=("frontstage",))

    def test_evidence_is_no_place_for_work(self, clinic):
        with pytest.raises(ValueError, match="'Pay' is work, and no work is done in the lane 'physical evidence'"):
            clinic.move("pay", "physical evidence")
        with pytest.raises(ValueError, match="no work is done in the lane 'front'"):
            clinic.move("pay", "front")

    def test_an_unknown_step_is_named_with_the_nearest(self, clinic):
        with pytest.raises(UnknownNameError, match=r"no step called 'chek'\. Did you mean 'check'"):
            clinic.move("chek", "customer")

    @property_test
    @given(blueprints(), st.data())
    def test_many_moves_are_one_rearrangement(self, plan, data):
        lanes, current = {}, plan
        for _ in range(4):
            step = data.draw(st.sampled_from([step.id for step in plan.steps]))
            lane = data.draw(st.sampled_from(LANES[1:]))
            try:
                current = current.move(step, lane)
            except ValueError:
                continue
            lanes[step] = lane
        assert plan.rearrange(lanes) == current
        assert current.rearrange({step.id: step.lane for step in plan.steps}) == plan


class TestFaults:
    def test_a_link_that_skips_a_lane(self):
        assert changed("{from: consult, to: pay}", "{from: record, to: pay}") == [
            (
                "line 16, `links[5]`: the link from 'Write the record' (backstage) to 'Pay' (customer) skips "
                "frontstage. Somebody there has to pass it on: put a step between, or move one of the two."
            )
        ]

    def test_a_step_that_nobody_reaches(self):
        (found,) = changed("  - {from: consult, to: pay}\n", "")
        assert found.startswith(
            "line 10, `steps[5]`: the step 'pay' cannot be reached from 'arrive': no link leads to it."
        )

    def test_what_follows_an_unreachable_step_is_named_too(self):
        found = changed("  - {from: consult, to: record}\n  - {from: consult, to: pay}", "  - {from: record, to: pay}")
        assert ["skips frontstage" in rule for rule in found] == [True]
        found = changed(
            "  - {from: consult, to: record}\n  - {from: consult, to: pay}",
            "  - {from: record, to: p2}\n",
        )
        assert "no such step" in found[0]

    def test_a_circle_is_named_and_rework_offered(self):
        (found,) = changed("{from: consult, to: pay}", "{from: consult, to: check}")
        assert "the links run in a circle: check → consult → check." in found
        assert "`rework`" in found

    def test_a_step_to_itself(self):
        (found,) = changed("{from: consult, to: pay}", "{from: pay, to: pay}")
        assert "the step 'pay' leads to itself. Give the probability of doing it again as its `rework`." in found

    def test_probabilities_add_up(self):
        (found,) = changed("to: check, probability: 0.5", "to: check, probability: 0.4")
        assert "the links from 'arrive' must add up to 1, got 0.4 + 0.5 = 0.9." in found
        assert found.startswith("line 12, `links[1].probability`:")

    @pytest.mark.parametrize("value", ["50", "0", "-0.5", "yes", "true"])
    def test_a_probability_is_one(self, value):
        (found,) = changed("to: check, probability: 0.5", f"to: check, probability: {value}")
        assert "must be above 0 and at most 1" in found

    def test_a_doubled_link(self):
        (found,) = changed("{from: consult, to: pay}", "{from: consult, to: pay}\n  - {from: consult, to: pay}")
        assert "there are two links from 'consult' to 'pay'" in found

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ("lane: backstage", "lane: backstge", "there is no lane 'backstge'. Did you mean 'backstage'?"),
            ("lane: backstage", "lane: physical evidence", "physical evidence is what the customer sees at a step"),
            ("resource: doctor", "resource: doktor", "there is no resource 'doktor'. Did you mean 'doctor'?"),
            (
                "from: check,",
                "from: chek,",
                "a link leads from 'chek', and there is no such step. Did you mean 'check'?",
            ),
            ("mean: 10", "mean: -1", "`mean` must be minutes, at least 0, got -1.0"),
            ("mean: 10", "mean: ten", "`mean` must be minutes, at least 0, got 'ten'"),
            ("mean: 10", "mean: 1e999", "`mean` must be minutes, at least 0, got inf"),
            ("mean: 10", "mean: 0, spread: 2", "a step that takes no time cannot vary"),
            ("mean: 10", "mean: 1, rework: 1", "`rework` must be a probability from 0 to below 1, got 1.0"),
            ("mean: 10", "menu: 10", "there is no key called 'menu'. Did you mean 'mean'?"),
            (
                "contact: passive",
                "contact: none",
                "`contact` in the lane 'frontstage' must be one of 'active', 'passive'",
            ),
            ("resource: clerk}", "resource: clerk, contact: active}", "must be one of 'none', 'passive', got 'active'"),
            ("fail_point: Wrong patient, ", "", "a poka-yoke guards against something. Name the `fail_point`."),
            ("customer: {mean: 5}", "customer: {mean: -5}", "step 'check', elsewhere: `mean` must be minutes"),
            ("customer: {mean: 5}", "frontstage: {mean: 5}", "'frontstage' is the step's own lane"),
            ("customer: {mean: 5}", "lobby: {mean: 5}", "elsewhere: there is no lane 'lobby'"),
            ("customer: {mean: 5}", "customer: {menu: 5}", "there is no key called 'menu'"),
            ("customer: {mean: 5}", "customer: 5", "a way must have keys and values, got 5."),
            ("elsewhere: {customer: {mean: 5}}", "elsewhere: 3", "`elsewhere` must have lanes as keys"),
            ("mean: 10", "lanes: frontstage", "step 'consult': `lanes` must be a list of lanes, got 'frontstage'"),
            ("mean: 10", "lanes: [frontstage, 3]", "`lanes` must be a list of lanes, got ('frontstage', 3)"),
            ("mean: 10", "lanes: [frontstage, back]", "step 'consult', lanes: there is no lane 'back'. Did you mean"),
            ("mean: 10", "lanes: [customer]", "`lanes` leaves out the lane 'frontstage' in which the step is. Add it."),
            ("mean: 3", "lanes: [frontstage]", "`elsewhere` says how it is done in the lane 'customer', which `lanes`"),
            ("doctor: 2", "doctor: 0", "of the resource 'doctor' there must be a number above zero, got 0.0"),
            ("doctor: 2", "doctor: two", "there must be a number above zero, got 'two'"),
            ("{nurse: 1, doctor: 2, clerk: 1}", "[nurse]", "`resources` must name resources and their numbers"),
            ("id: pay, ", "", "a step needs the key `id`. Add it."),
            ("id: pay, name", "id: record, name", "two steps have the id 'record'"),
            ("name: Pay", "name: Consult", "two steps have the name 'Consult'"),
            ("id: pay,", "id: to pay,", "`id` must be one word, got 'to pay'"),
            ("name: A clinic", "name: 5", "`name` must say which service this is, got 5"),
            ("name: A clinic", "name: A clinic\nstart: home", "there is no step 'home' to start with"),
            ("name: A clinic", "title: A clinic", "a blueprint needs the key `name`. Add it."),
            ("evidence: Signpost", "evidence: 5", "`evidence` must be text, got 5"),
            ("evidence: Signpost", "evidence: [a]", "`evidence` must be text, got ['a']"),
            ("lane: backstage", "lane: [backstage]", "`lane` must be text"),
            ("- {from: check, to: consult}", "- check", "a link must have keys and values, got 'check'."),
            ("- {from: check, to: consult}", "- {from: check}", "a link needs the key `to`. Add it."),
            ("name: Pay", "name: Pay, name: Pay up", "this key stands twice"),
            ("name: Pay", "name: !!python/none x", "the tag `tag:yaml.org,2002:python/none` is not read here"),
            ("name: Pay", "name: 'Pay", "the YAML is broken here"),
        ],
    )
    def test_every_fault_is_said_with_its_line(self, old, new, said):
        found = changed(old, new)
        assert any(said in rule for rule in found), found
        assert all(rule.startswith("line ") for rule in found)

    def test_all_faults_come_at_once_in_the_order_of_the_file(self):
        text = (
            CLINIC.replace("lane: backstage", "lane: back").replace("mean: 10", "mean: x").replace("to: pay", "to: p")
        )
        found = faults(text)
        assert [rule.split(",")[0] for rule in found] == ["line 8", "line 9", "line 16"]

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("\n", "a blueprint must have keys and values, got nothing"),
            ("- 1\n", "a blueprint must have keys and values, got [1]"),
            ("name: A\nsteps: []\n", "a blueprint needs at least one step, got none"),
            ("name: A\nsteps: arrive\n", "`steps` must be a list. Begin each of them with a dash."),
            ("name: A\nsteps:\n  - arrive\n", "a step must have keys and values, got 'arrive'"),
        ],
    )
    def test_what_is_no_blueprint_at_all(self, text, said):
        assert any(said in rule for rule in faults(text))

    def test_a_start_with_something_before_it(self):
        found = faults(CLINIC.replace("name: A clinic", "name: A clinic\nstart: check"))
        assert "the step 'arrive' cannot be reached from 'check': no link leads to it" in found[0]

    def test_made_in_python_the_same_rules_hold(self):
        steps = [Step("a", "A", "customer", mean=-1), Step("b", "B", "support")]
        with pytest.raises(BlueprintError) as caught:
            Blueprint("", steps, [Link("a", "b")], {"x": True})
        assert len(caught.value.problems) == 4
        assert "`name` must say" in caught.value.problems[0]
        assert "must be a number above zero, got True" in str(caught.value.problems[1]).replace("there must", "must")

    @pytest.mark.parametrize(
        ("given_", "said"),
        [
            ({"steps": ["a"]}, "`steps` must hold only Steps, got 'a'"),
            ({"steps": [Step("a", "A", "customer")], "links": [("a", "b")]}, "`links` must hold only Links"),
            ({"steps": [Step("a", "A", "customer")], "resources": ["x"]}, "`resources` must name resources"),
        ],
    )
    def test_parts_of_another_kind(self, given_, said):
        with pytest.raises(TypeError, match=said):
            Blueprint("A", **given_)

    @pytest.mark.parametrize("ways", [["customer"], (Way(3),), 5])
    def test_ways_of_another_kind(self, ways):
        with pytest.raises(BlueprintError, match="`elsewhere` must hold `Way`s"):
            Blueprint("A", [Step("a", "A", "frontstage", elsewhere=ways)])

    def test_a_way_stands_once(self):
        with pytest.raises(BlueprintError, match="`elsewhere` names the lane 'customer' 2 times"):
            Blueprint("A", [Step("a", "A", "frontstage", elsewhere=(Way("customer"), Way("customer", 2)))])

    def test_too_many_steps(self):
        with pytest.raises(BlueprintError, match="at most 200 steps, got 201"):
            Blueprint("A", [Step(f"s{n}", f"S {n}", "customer") for n in range(201)])


class TestFiles:
    @property_test
    @given(blueprints(spread=True))
    def test_what_is_written_is_read_back(self, plan):
        assert load(dump(plan)) == plan

    @property_test
    @given(st.text(min_size=1).filter(str.strip), st.text(), st.sampled_from(["1e3", "no", "null", "~", "1:30", "0x1"]))
    def test_words_stay_words(self, name, fail, odd):
        step = Step("null", odd, "frontstage", resource=odd, fail_point=fail, poka_yoke=fail and odd, evidence=name)
        plan = Blueprint(name, [step], resources={odd: 0.5}, source=fail)
        assert load(dump(plan)) == plan

    def test_a_file(self, clinic, tmp_path):
        path = tmp_path / "clinic.yml"
        text = dump(clinic.move("check", "customer"), path)
        assert load(path) == load(str(path)) == load(text) == clinic.move("check", "customer")
        path.write_text("name: 5\n", encoding="utf-8")
        with pytest.raises(BlueprintError, match=r"^clinic\.yml: line 1"):
            load(path)
        path.write_bytes(b"name: \xff\n")
        with pytest.raises(BlueprintError, match="the file is no text in UTF-8"):
            load(path)
        with pytest.raises(FileNotFoundError):
            load(tmp_path / "none.yml")

    def test_a_bomb_does_not_go_off(self):
        bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
        for low, high in itertools.pairwise("abcdefgh"):
            bomb += f"{high}: &{high} [{', '.join([f'*{low}'] * 9)}]\n"
        assert "more than 50,000 values" in faults(bomb)[0]
        assert "nested too deeply" in faults("name: A\nsteps: " + "[" * 5000)[0]
        assert "must not contain itself" in faults("name: A\nsteps: &s [*s]\n")[0]

    @property_test
    @given(st.text(alphabet=st.characters(codec="utf-8")).map(lambda text: text + "\n"))
    def test_any_text_is_a_blueprint_or_a_list_of_faults(self, text):
        with pytest.raises(BlueprintError):
            load(text)

    @property_test
    @given(st.data())
    def test_a_damaged_file_is_read_or_its_faults_are_listed(self, data):
        at = data.draw(st.integers(0, len(CLINIC)))
        cut = data.draw(st.integers(0, 20))
        text = CLINIC[:at] + data.draw(st.text("{}[]:,-&*!'\"#|>%@ \n0a", max_size=4)) + CLINIC[at + cut :] + "\n"
        with contextlib.suppress(BlueprintError):
            assert load(text).steps


class TestParts:
    def test_lanes_and_lines(self):
        assert list(LINES.values()) == list(itertools.pairwise(LANES[1:]))

    def test_contact_by_lane_where_none_is_given(self):
        assert [Step("a", "A", lane).contact for lane in LANES[1:]] == ["active", "active", "none", "none"]

    def test_nothing_can_be_changed(self, clinic):
        with pytest.raises(dataclasses.FrozenInstanceError):
            clinic.name = "Another"
        with pytest.raises(TypeError):
            clinic.resources["nurse"] = 5
        with pytest.raises(dataclasses.FrozenInstanceError):
            clinic.step("pay").mean = 5
        given_ = {"clerk": 1}
        plan = Blueprint("A", [Step("a", "A", "customer")], resources=given_)
        given_["clerk"] = 9
        assert plan.resources == {"clerk": 1}

    def test_it_can_be_copied_compared_and_hashed(self, clinic):
        assert pickle.loads(pickle.dumps(clinic)) == clinic
        assert len({clinic, load(CLINIC), clinic.move("check", "customer")}) == 2

    def test_numbers_of_numpy_are_numbers(self):
        step = Step("a", "A", "frontstage", mean=np.int64(3), spread=np.float32(0.5), resource="x")
        plan = Blueprint("A", [step], resources={"x": np.int64(2)})
        assert plan.capacity == 40
        assert load(dump(plan)) == plan
