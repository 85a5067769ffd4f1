import dataclasses
import math
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from opsbook import contact, kpi
from opsbook.errors import MissingColumnError, UnknownNameError, UnsupportedFrameError

ENGINES = [pd.DataFrame, pl.DataFrame]

# A counter service with figures chosen so that every sum can be done in the head.
COUNTER = {
    "task": ["greet", "wait", "check the file", "decide", "explain"],
    "duration_min": [2, 8, 20, 6, 4],
    "contact": ["active", "passive", "passive", "none", "active"],
    "staff_min": [2, 0, 30, 6, 4],
}

minutes = st.integers(0, 120).map(lambda quarters: quarters / 4)


@st.composite
def processes(draw):
    """Return the columns of a process with some time in it; quarters of a minute add up exactly in floats."""
    size = draw(st.integers(1, 8))
    column = st.lists(minutes, min_size=size, max_size=size)
    process = {
        "task": [f"task {number}" for number in range(size)],
        "duration_min": draw(column),
        "contact": draw(st.lists(st.sampled_from(["none", "passive", "active"]), min_size=size, max_size=size)),
        "staff_min": draw(column),
    }
    assume(sum(process["duration_min"]) > 0)
    return process


@st.composite
def decouplings(draw):
    """Return a process and the names of some tasks in it that may be moved."""
    process = draw(processes())
    movable = [name for name, kind in zip(process["task"], process["contact"], strict=True) if kind != "active"]
    moved = draw(st.lists(st.sampled_from(movable), unique=True)) if movable else []
    return process, moved


property_test = settings(deadline=None, max_examples=100)


class TestExtent:
    def test_two_numbers_give_a_python_float(self):
        value = contact.extent(6, 24)
        assert value == 0.25
        assert type(value) is float

    def test_arrays_broadcast(self):
        result = contact.extent([[0], [3]], np.array([6, 12, 3]))
        np.testing.assert_array_equal(result, [[0, 0, 0], [0.5, 0.25, 1]])

    def test_columns_of_a_table_are_arrays(self):
        table = pd.DataFrame({"present": [1, 2], "total": [4, 4]}, index=[7, 9])
        np.testing.assert_array_equal(contact.extent(table["present"], table["total"]), [0.25, 0.5])

    @property_test
    @given(st.floats(0, 1e6), st.floats(1e-6, 1e6), st.sampled_from([60, 1 / 60, 1440]))
    def test_it_is_a_proportion_and_knows_no_unit(self, present, total, unit):
        assume(present <= total and present * unit <= total * unit)
        value = contact.extent(present, total)
        assert 0 <= value <= 1
        assert contact.extent(present * unit, total * unit) == pytest.approx(value)

    def test_presence_cannot_outlast_the_service(self):
        with pytest.raises(ValueError, match=r"`present` must not exceed `total`, got \[1, 9\] of 8\. Count"):
            contact.extent([1, 9], 8)

    @pytest.mark.parametrize(
        ("present", "total", "message"),
        [(-1, 5, "`present` must not be negative"), (0, 0, "`total` must be above zero"), (math.nan, 5, "be finite")],
    )
    def test_times_must_be_possible(self, present, total, message):
        with pytest.raises(ValueError, match=message):
            contact.extent(present, total)


class TestScalePosition:
    ORDER = ("manufacturing", "quasi-manufacturing", "mixed services", "pure services")

    def test_the_ends_of_the_scale_and_chases_order(self):
        assert contact.scale_position(0) == self.ORDER[0]
        assert contact.scale_position(1.0) == self.ORDER[-1]
        assert tuple(contact.scale_position([0.1, 0.3, 0.5, 0.9], cuts=(0.2, 0.4, 0.6))) == self.ORDER

    def test_a_cut_opens_the_class_above_it(self):
        cuts = (0.25, 0.5, 0.75)
        assert tuple(contact.scale_position(cuts, cuts=cuts)) == self.ORDER[1:]
        assert tuple(contact.scale_position(np.nextafter(cuts, 0), cuts=cuts)) == self.ORDER[:-1]

    def test_a_number_gives_a_string_and_an_array_its_shape(self):
        assert type(contact.scale_position(0.5)) is str
        assert contact.scale_position(np.full((2, 3), 0.5)).shape == (2, 3)

    @property_test
    @given(
        st.lists(st.floats(0, 1), min_size=2, max_size=2),
        st.lists(st.floats(0.01, 0.99), min_size=3, max_size=3, unique=True).map(sorted),
    )
    def test_more_contact_never_means_a_place_nearer_to_manufacturing(self, extents, cuts):
        places = [self.ORDER.index(place) for place in contact.scale_position(sorted(extents), cuts=cuts)]
        assert places == sorted(places)

    @pytest.mark.parametrize("cuts", [(0.1, 0.5), (0.1, 0.5, 0.4), (0.1, 0.1, 0.5), (0, 0.5, 0.8), (5, 30, 70)])
    def test_cuts_must_rise_within_the_scale(self, cuts):
        with pytest.raises(ValueError, match=r"`cuts` must be three rising proportions between 0 and 1, got \("):
            contact.scale_position(0.5, cuts=cuts)

    def test_percentages_are_refused_with_a_hint(self):
        with pytest.raises(ValueError, match=r"`extent` must lie between 0 and 1, got 80\. Divide percentages by 100"):
            contact.scale_position(80)


class TestProfile:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_the_counter_by_hand(self, engine):
        found = contact.profile(engine(COUNTER))
        assert found == contact.ContactProfile(total=40, active=6, passive=28, staff=42)
        assert found.present == 34
        assert found.extent == 0.85
        assert found.active_share == 0.15
        assert found.passive_share == 0.7
        assert found.active_of_present == 6 / 34

    @pytest.mark.parametrize("engine", ENGINES)
    def test_without_staff_minutes_staff_work_as_long_as_each_task_lasts(self, engine):
        columns = {name: values for name, values in COUNTER.items() if name != "staff_min"}
        assert contact.profile(engine(columns)).staff == 40

    @pytest.mark.parametrize("engine", ENGINES)
    def test_several_jobs_give_their_common_total(self, engine):
        jobs = engine(
            {
                "job": [1, 1, 2],
                "task": ["serve", "cook", "serve"],
                "duration_min": [10.0, 30.0, 20.0],
                "contact": ["active", "none", "active"],
            }
        )
        assert contact.profile(jobs) == contact.ContactProfile(total=60, active=30, passive=0, staff=60)

    def test_a_factory_without_visitors(self):
        found = contact.profile(pd.DataFrame({"task": ["weld"], "duration_min": [3], "contact": ["none"]}))
        assert found.extent == 0
        assert math.isnan(found.active_of_present)

    def test_the_critics_hotel_guest_is_fully_present_and_hardly_active(self):
        night = pd.DataFrame(
            {
                "task": ["check in", "sleep", "check out"],
                "duration_min": [6, 468, 6],
                "contact": ["active", "passive", "active"],
            }
        )
        assert contact.profile(night).extent == 1
        assert contact.profile(night).active_share == 0.025

    @property_test
    @given(processes())
    def test_engines_the_brute_force_and_the_measure_agree(self, process):
        found = contact.profile(pd.DataFrame(process))
        assert found == contact.profile(pl.DataFrame(process))
        rows = list(zip(process["duration_min"], process["contact"], strict=True))
        assert found.total == sum(time for time, _ in rows)
        assert found.passive == sum(time for time, kind in rows if kind == "passive")
        assert found.staff == sum(process["staff_min"])
        assert 0 <= found.extent <= 1
        share = kpi.table(pd.DataFrame(process), measures=kpi.contact_share())
        assert share.loc[0, "contact_share"] == pytest.approx(found.extent)
        assert contact.extent(found.present, found.total) == found.extent

    @property_test
    @given(st.lists(st.floats(0.001, 1e4), min_size=1, max_size=30))
    def test_rounding_never_makes_the_customer_present_for_too_long(self, times):
        kinds = [("active", "passive")[number % 2] for number in range(len(times))]
        tasks = pd.DataFrame({"task": ["t"] * len(times), "duration_min": times, "contact": kinds})
        assert contact.profile(tasks).extent == 1

    @pytest.mark.parametrize(
        ("change", "error", "message"),
        [
            ({"duration_min": [2, 8, -1, 6, 4]}, ValueError, "`duration_min` must not be negative"),
            ({"duration_min": [0] * 5}, ValueError, "`duration_min` must add up to more than 0 minutes, got 0 in 5"),
            ({"duration_min": [2, None, None, 6, 4]}, ValueError, "no missing values, got 2 in 'duration_min'"),
            ({"staff_min": [2, 0, -30, 6, 4]}, ValueError, "`staff_min` must not be negative"),
            ({"contact": ["active", "waiting", "none", "none", "none"]}, ValueError, "`contact` must be one of .*'wai"),
            ({"contact": ["active", None, "none", "none", None]}, ValueError, "no missing values, got 2 in 'contact'"),
            ({"task": [1, 2, 3, 4, 5]}, TypeError, "needs words in the column 'task'"),
            ({"duration_min": ["2", "8", "2", "6", "4"]}, TypeError, "needs numbers in the column 'duration_min'"),
        ],
    )
    @pytest.mark.parametrize("engine", ENGINES)
    def test_impossible_tables_are_refused(self, engine, change, error, message):
        with pytest.raises(error, match=message):
            contact.profile(engine({**COUNTER, **change}))

    def test_missing_columns_and_other_tables_are_refused(self):
        with pytest.raises(MissingColumnError, match=r"'duration_min', 'contact'; the table has 'task'"):
            contact.profile(pd.DataFrame({"task": ["a"]}))
        with pytest.raises(
            UnsupportedFrameError, match=r"`tasks` must be a pandas or Polars DataFrame, got builtins.dict"
        ):
            contact.profile(COUNTER)

    def test_results_are_frozen(self):
        with pytest.raises(dataclasses.FrozenInstanceError):
            contact.profile(pd.DataFrame(COUNTER)).total = 1


class TestDecouple:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_the_counter_by_hand(self, engine):
        change = contact.decouple(
            engine(COUNTER), to_back=["check the file", "decide"], handover=1.5, front_staff=1, back_staff=2
        )
        assert change.before == contact.Layout(
            contact_time=34,
            flow_time=40,
            extent=34 / 40,
            front_work=42,
            back_work=0,
            capacity=60 * 3 / 42,
            bottleneck="none",
        )
        assert change.after == contact.Layout(
            contact_time=14,
            flow_time=43,
            extent=14 / 43,
            front_work=7.5,
            back_work=37.5,
            capacity=60 * 2 / 37.5,
            bottleneck="back office",
        )

    def test_moving_more_people_back_moves_the_bottleneck_to_the_front(self):
        after = contact.decouple(
            pd.DataFrame(COUNTER), to_back=["check the file", "decide"], front_staff=1, back_staff=9
        ).after
        assert (after.bottleneck, after.capacity) == ("front office", 10.0)

    @property_test
    @given(decouplings(), minutes)
    def test_capacity_is_the_pace_of_one_person_in_front_and_one_behind(self, case, handover):
        process, moved = case
        change = contact.decouple(pd.DataFrame(process), to_back=moved, handover=handover)
        front = change.after.front_work
        back = change.after.back_work
        assume(max(front, back) > 0)
        # Work one hundred jobs through two people in a row, each taking a job as soon as both are ready for it.
        front_free = back_free = Fraction(0)
        departures = []
        for _ in range(100):
            front_free += Fraction(front)
            back_free = max(back_free, front_free) + Fraction(back)
            departures.append(back_free)
        pace = (departures[-1] - departures[0]) / (len(departures) - 1)
        assert change.after.capacity == pytest.approx(float(60 / pace))

    @property_test
    @given(decouplings(), minutes, st.integers(0, 5), st.integers(0, 5))
    def test_capacity_is_the_largest_rate_that_nobody_is_too_busy_for(self, case, handover, front_staff, back_staff):
        process, moved = case
        assume(front_staff + back_staff > 0)
        change = contact.decouple(
            pd.DataFrame(process), to_back=moved, handover=handover, front_staff=front_staff, back_staff=back_staff
        )
        staffing = {
            change.before: [(change.before.front_work + change.before.back_work, front_staff + back_staff)],
            change.after: [(change.after.front_work, front_staff), (change.after.back_work, back_staff)],
        }
        for layout, sides in staffing.items():
            slack = [60 * staff - layout.capacity * work for work, staff in sides if work]
            if math.isinf(layout.capacity):
                assert not slack
                assert layout.bottleneck == "none"
            else:
                assert min(slack) == pytest.approx(0, abs=1e-6)

    @property_test
    @given(decouplings(), minutes, st.integers(1, 5), st.integers(1, 5))
    def test_what_never_happens_when_work_moves_back(self, case, handover, front_staff, back_staff):
        process, moved = case
        change = contact.decouple(
            pl.DataFrame(process), to_back=moved, handover=handover, front_staff=front_staff, back_staff=back_staff
        )
        assert change.after.contact_time <= change.before.contact_time
        assert change.after.extent <= change.before.extent
        assert change.after.flow_time == change.before.flow_time + 2 * handover * bool(moved)
        work = change.after.front_work + change.after.back_work
        assert work == change.before.front_work + 2 * handover * bool(moved)
        assert change.after.capacity <= change.before.capacity * (1 + 1e-12)

    @property_test
    @given(processes(), minutes, st.integers(1, 5), st.integers(0, 5))
    def test_moving_nothing_changes_nothing_but_idles_the_back(self, process, handover, front_staff, back_staff):
        change = contact.decouple(
            pd.DataFrame(process), to_back=[], handover=handover, front_staff=front_staff, back_staff=back_staff
        )
        before, after = change.before, change.after
        unchanged = ("contact_time", "flow_time", "extent", "front_work", "back_work")
        assert [getattr(before, name) for name in unchanged] == [getattr(after, name) for name in unchanged]
        found = contact.profile(pd.DataFrame(process))
        assert (after.contact_time, after.flow_time, after.front_work) == (found.present, found.total, found.staff)
        if found.staff:
            assert after.capacity == 60 * front_staff / found.staff

    def test_everything_behind_leaves_the_front_without_work(self):
        tasks = pd.DataFrame({"task": ["sort", "post"], "duration_min": [4, 8], "contact": ["passive", "none"]})
        after = contact.decouple(tasks, to_back=["sort", "post"], front_staff=0, back_staff=2).after
        assert (after.front_work, after.back_work, after.capacity, after.bottleneck) == (0, 12, 10, "back office")
        assert after.extent == 0

    def test_a_process_without_staff_time_has_no_limit(self):
        tasks = pd.DataFrame({"task": ["queue"], "duration_min": [9], "contact": ["passive"], "staff_min": [0]})
        change = contact.decouple(tasks, to_back="queue")
        for layout in (change.before, change.after):
            assert (layout.capacity, layout.bottleneck) == (math.inf, "none")

    def test_work_without_people_has_no_capacity(self):
        after = contact.decouple(pd.DataFrame(COUNTER), to_back="decide", back_staff=0).after
        assert (after.capacity, after.bottleneck) == (0, "back office")

    def test_one_name_need_not_stand_in_a_list(self):
        one = contact.decouple(pd.DataFrame(COUNTER), to_back="decide")
        assert one == contact.decouple(pd.DataFrame(COUNTER), to_back=["decide", "decide"])
        assert one.after.back_work == 6

    @pytest.mark.parametrize("engine", ENGINES)
    def test_several_jobs_count_with_their_mean_and_a_skipped_task_with_zero(self, engine):
        jobs = engine(
            {
                "job": ["a", "a", "a", "b"],
                "task": ["serve", "repair", "repair", "serve"],
                "duration_min": [10, 10, 30, 20],
                "contact": ["active", "passive", "passive", "active"],
                "staff_min": [10, 10, 10, 40],
            }
        )
        change = contact.decouple(jobs, to_back=["repair"])
        assert (change.before.flow_time, change.before.contact_time, change.before.front_work) == (35, 35, 35)
        assert (change.after.contact_time, change.after.front_work, change.after.back_work) == (15, 25, 10)

    def test_a_layout_tabulates(self):
        change = contact.decouple(pd.DataFrame(COUNTER), to_back="decide")
        table = pd.DataFrame([dataclasses.asdict(change.before), dataclasses.asdict(change.after)])
        assert table["front_work"].tolist() == [42, 36]

    def test_a_task_in_active_contact_stays(self):
        with pytest.raises(ValueError, match=r"`to_back` must not name a task in active contact, got 'greet'\. Leave"):
            contact.decouple(pd.DataFrame(COUNTER), to_back=["decide", "greet"])

    def test_an_unknown_task_suggests_the_nearest(self):
        with pytest.raises(UnknownNameError, match=r"no task called 'check file'\. Did you mean 'check the file'\?"):
            contact.decouple(pd.DataFrame(COUNTER), to_back=["check file"])

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"handover": -1}, "`handover` must not be negative"),
            ({"front_staff": -1}, "`front_staff` must not be negative"),
            ({"back_staff": math.inf}, "`back_staff` must be finite"),
            ({"front_staff": 0, "back_staff": 0}, r"`front_staff \+ back_staff` must be above zero, got 0"),
        ],
    )
    def test_impossible_staffing_is_refused(self, options, message):
        with pytest.raises(ValueError, match=message):
            contact.decouple(pd.DataFrame(COUNTER), to_back="decide", **options)

    @pytest.mark.parametrize(
        ("columns", "message"),
        [
            (
                {"task": ["greet"] * 5},
                "`contact` must be the same wherever a task occurs, got active and none and pass",
            ),
            ({"operation": ["bank", "bank", "hotel", "bank", "bank"]}, "one process, got 2 in the column 'operation'"),
            ({"job": [1, 1, None, 1, 1]}, "no missing values, got 1 in 'job'"),
        ],
    )
    @pytest.mark.parametrize("engine", ENGINES)
    def test_tables_of_more_than_one_process_are_refused(self, engine, columns, message):
        with pytest.raises(ValueError, match=message):
            contact.decouple(engine({**COUNTER, **columns}), to_back=[])
