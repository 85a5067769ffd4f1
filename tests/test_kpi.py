import dataclasses
import datetime as dt
import math

import narwhals as nw
import pandas as pd
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from opsbook import kpi
from opsbook.errors import MissingColumnError, UnsupportedFrameError

ENGINES = [pd.DataFrame, pl.DataFrame]
DESK = {"arrived_at": [0, 5, 10], "departed_at": [10, 20, 40]}
TASKS = {"contact": ["active", "passive", "none", "active"], "duration_min": [5, 15, 20, 10]}
OPENING = dt.datetime(2024, 3, 1, 8, 40)  # noqa: DTZ001 -- logs without a time zone are the common case

property_test = settings(deadline=None, max_examples=50)


def rows(frame):
    """Return a result as plain rows, with None for every way to be missing."""
    records = frame.to_dict("records") if isinstance(frame, pd.DataFrame) else frame.to_dicts()
    return [{name: None if pd.isna(value) else value for name, value in record.items()} for record in records]


def one(frame):
    (row,) = rows(frame)
    return row


@st.composite
def visits(draw, *, complete=False):
    """Return the rows of a log: shop, arrival, departure; times are quarters, so that sums are exact."""
    quarters = st.integers(0, 400).map(lambda count: count / 4)
    gaps = st.just("no gap") if complete else st.sampled_from(["no gap", "arrival", "departure", "both"])
    row = st.tuples(st.sampled_from(["b", "a", None]), quarters, quarters, gaps)
    return [
        (shop, None if gap in ("arrival", "both") else start, None if gap in ("departure", "both") else start + stay)
        for shop, start, stay, gap in draw(st.lists(row, min_size=int(complete), max_size=25))
    ]


def as_columns(log):
    return {
        "shop": [shop for shop, _, _ in log],
        "arrived_at": [start for _, start, _ in log],
        "departed_at": [end for _, _, end in log],
    }


def over(numerator, denominator):
    return numerator / denominator if denominator else None


def by_hand(log):
    """Return throughput, flow time and work in process from their definitions, row by row."""
    done = [(start, end) for _, start, end in log if start is not None and end is not None]
    inside = sum(end - start for start, end in done)
    period = max(end for _, end in done) - min(start for start, _ in done) if done else 0
    return {
        "throughput": over(len(done), period),
        "flow_time": over(inside, len(done)),
        "wip": over(inside, period),
    }


def mean_number_inside(log):
    """Walk through time from event to event and average the number of jobs inside."""
    events = sorted([(start, 1) for _, start, _ in log] + [(end, -1) for _, _, end in log])
    inside = area = 0
    for (now, step), (later, _) in zip(events, [*events[1:], events[-1]], strict=True):
        inside += step
        area += inside * (later - now)
    return over(area, events[-1][0] - events[0][0])


FLOW = [kpi.throughput(), kpi.flow_time(), kpi.wip()]


class TestFlow:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_the_repair_desk_by_hand(self, engine):
        # Stays of 10, 15 and 30 minutes within 40 minutes.
        assert one(kpi.table(engine(DESK), measures=FLOW)) == pytest.approx(
            {"throughput": 3 / 40, "flow_time": 55 / 3, "wip": 55 / 40}
        )

    @property_test
    @given(visits())
    @example([])
    @example([(None, None, None)])
    @example([("a", 3.0, 3.0)])
    def test_engines_and_brute_force_agree_in_every_group(self, log):
        expected = [
            {"shop": shop, **by_hand([row for row in log if row[0] == shop])}
            for shop in ("a", "b", None)
            if shop in {row[0] for row in log}
        ]
        for engine in ENGINES:
            assert one(kpi.table(engine(as_columns(log)), measures=FLOW)) == pytest.approx(by_hand(log))
            found = rows(kpi.table(engine(as_columns(log)), by="shop", measures=FLOW))
            assert [row["shop"] for row in found] == [row["shop"] for row in expected]
            for row, truth in zip(found, expected, strict=True):
                assert row == pytest.approx(truth)

    @property_test
    @given(visits(complete=True))
    def test_littles_law_holds_over_a_complete_log(self, log):
        found = one(kpi.table(pl.DataFrame(as_columns(log)), measures=FLOW))
        assert found["wip"] == pytest.approx(mean_number_inside(log))
        if found["wip"] is not None:
            assert found["wip"] == pytest.approx(found["throughput"] * found["flow_time"])

    @property_test
    @given(visits(complete=True), st.floats(200, 1000))
    def test_littles_law_holds_over_a_given_period_too(self, log, period):
        measures = [kpi.throughput(period=period), kpi.flow_time(), kpi.wip(period=period)]
        for row in rows(kpi.table(pd.DataFrame(as_columns(log)), by="shop", measures=measures)):
            assert row["wip"] == pytest.approx(row["throughput"] * row["flow_time"])

    @pytest.mark.parametrize("engine", ENGINES)
    def test_datetimes_count_in_minutes(self, engine):
        log = engine(
            {name: [OPENING + dt.timedelta(minutes=minutes) for minutes in column] for name, column in DESK.items()}
        )
        assert one(kpi.table(log, measures=FLOW)) == pytest.approx(one(kpi.table(engine(DESK), measures=FLOW)))

    @pytest.mark.parametrize("engine", ENGINES)
    def test_any_two_events_make_a_clock(self, engine):
        log = engine({"collected": [0, 1], "received": [2, 2], "verified": [8, 6]})
        measures = [
            dataclasses.replace(kpi.flow_time(start="collected", end="received"), name="transport"),
            dataclasses.replace(kpi.flow_time(start="received", end="verified"), name="analysis"),
            kpi.flow_time(start="collected", end="verified"),
        ]
        assert one(kpi.table(log, measures=measures)) == {"transport": 1.5, "analysis": 5.0, "flow_time": 6.5}

    @pytest.mark.parametrize("engine", ENGINES)
    def test_a_job_without_both_times_is_left_out_of_everything(self, engine):
        log = engine({"arrived_at": [0.0, 5.0, 10.0, -50.0, None], "departed_at": [10.0, 20.0, 40.0, None, 900.0]})
        assert one(kpi.table(log, measures=FLOW)) == one(kpi.table(engine(DESK), measures=FLOW))

    def test_nan_means_missing_in_polars_as_in_pandas(self):
        log = {"arrived_at": [0.0, math.nan], "departed_at": [4.0, 9.0]}
        assert one(kpi.table(pl.DataFrame(log), measures=FLOW)) == one(kpi.table(pd.DataFrame(log), measures=FLOW))
        assert one(kpi.table(pl.DataFrame(log), measures=kpi.flow_time())) == {"flow_time": 4.0}

    @pytest.mark.parametrize("engine", ENGINES)
    def test_a_period_of_no_length_gives_no_rate(self, engine):
        log = engine({"arrived_at": [7], "departed_at": [7]})
        assert one(kpi.table(log, measures=FLOW)) == {"throughput": None, "flow_time": 0, "wip": None}

    @pytest.mark.parametrize("engine", ENGINES)
    def test_nothing_finished_in_a_given_period_is_a_throughput_of_zero(self, engine):
        log = engine({"arrived_at": [7.0], "departed_at": [None]})
        measures = [kpi.throughput(period=60), kpi.flow_time(), kpi.wip(period=60)]
        assert one(kpi.table(log, measures=measures)) == {"throughput": 0, "flow_time": None, "wip": 0}

    @pytest.mark.parametrize("measure", [kpi.throughput, kpi.wip])
    def test_a_period_must_have_length(self, measure):
        with pytest.raises(ValueError, match=r"`period` must be above zero, got 0\."):
            measure(period=0)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_a_job_cannot_depart_before_it_arrives(self, engine):
        log = engine({"arrived_at": [0, 9, None, 9], "departed_at": [1, 2, 3, 4]})
        message = r"`wip` needs rows .* got 2 of 4 that have `departed_at` before `arrived_at` \(the first is row 1,"
        with pytest.raises(ValueError, match=message):
            kpi.table(log, measures=kpi.wip())


class TestContactShare:
    SHARES = (kpi.contact_share(), kpi.contact_share(kind="active"), kpi.contact_share(kind="passive"))

    @pytest.mark.parametrize("engine", ENGINES)
    def test_the_three_shares_by_hand(self, engine):
        assert one(kpi.table(engine(TASKS), measures=self.SHARES)) == {
            "contact_share": 0.6,
            "active_contact_share": 0.3,
            "passive_contact_share": 0.3,
        }

    @pytest.mark.parametrize("engine", ENGINES)
    def test_it_is_a_ratio_of_sums(self, engine):
        log = engine({"job": [1, 2, 2], "contact": ["active", "active", "none"], "duration_min": [10, 5, 85]})
        assert one(kpi.table(log, measures=kpi.contact_share())) == {"contact_share": 0.15}
        shares = [row["contact_share"] for row in rows(kpi.table(log, by="job", measures=kpi.contact_share()))]
        assert shares == [1, 5 / 90]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_a_task_with_a_gap_is_left_out_above_and_below(self, engine):
        log = engine({"contact": ["active", None, "passive", "none"], "duration_min": [1.0, 50.0, None, 3.0]})
        assert one(kpi.table(log, measures=self.SHARES)) == {
            "contact_share": 0.25,
            "active_contact_share": 0.25,
            "passive_contact_share": 0.0,
        }

    @pytest.mark.parametrize("engine", ENGINES)
    def test_no_time_at_all_has_no_share(self, engine):
        log = engine({"contact": ["active"], "duration_min": [0]})
        assert one(kpi.table(log, measures=kpi.contact_share())) == {"contact_share": None}

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"contact": ["Active", "none", "no", None]}, r"2 of 4 that have a contact other than .* row 0,"),
            ({"duration_min": [5, 15, 20, -1]}, r"1 of 4 that have a negative `duration_min` \(the first is row 3,"),
        ],
    )
    def test_rows_that_cannot_be_right_are_refused(self, engine, change, message):
        with pytest.raises(ValueError, match=message):
            kpi.table(engine({**TASKS, **change}), measures=kpi.contact_share())

    def test_the_kind_must_be_known(self):
        with pytest.raises(ValueError, match=r"`kind` must be one of 'present', 'active', 'passive', got 'both'"):
            kpi.contact_share(kind="both")


class TestTable:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_the_result_is_of_the_same_engine(self, engine):
        assert type(kpi.table(engine(DESK), measures=FLOW)) is engine
        assert type(kpi.table(engine(DESK), by=["arrived_at"], measures=FLOW)) is engine

    @pytest.mark.parametrize("engine", ENGINES)
    def test_several_keys_sort_from_left_to_right_with_gaps_last(self, engine):
        log = engine(
            {
                "day": [2, 1, 2, 1, 2],
                "shop": ["a", "b", None, "a", "a"],
                "arrived_at": [0, 0, 0, 0, 1],
                "departed_at": [1, 2, 3, 4, 6],
            }
        )
        assert rows(kpi.table(log, by=["day", "shop"], measures=kpi.flow_time())) == [
            {"day": 1, "shop": "a", "flow_time": 4},
            {"day": 1, "shop": "b", "flow_time": 2},
            {"day": 2, "shop": "a", "flow_time": 3},
            {"day": 2, "shop": None, "flow_time": 3},
        ]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_all_missing_keys_are_one_group(self, engine):
        log = engine({"counter": [math.nan, 2.0, None], **DESK})
        assert rows(kpi.table(log, by="counter", measures=kpi.flow_time())) == [
            {"counter": 2, "flow_time": 15},
            {"counter": None, "flow_time": 20},
        ]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_every_group_stays_even_if_it_has_no_figure(self, engine):
        log = engine({"shop": ["b", "a"], "arrived_at": [None, 1.0], "departed_at": [4.0, 5.0]})
        assert rows(kpi.table(log, by="shop", measures=kpi.flow_time())) == [
            {"shop": "a", "flow_time": 4},
            {"shop": "b", "flow_time": None},
        ]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_a_key_may_be_called_like_anything_inside(self, engine):
        log = engine({"stay": ["y", "x", "y"], "by 0": [1, 1, 1], "jobs": [0, 0, 0], **DESK})
        found = rows(kpi.table(log, by=["jobs", "stay", "by 0"], measures=FLOW))
        assert [(row["stay"], row["flow_time"]) for row in found] == [("x", 15), ("y", 20)]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_a_key_may_be_one_of_the_clocks(self, engine):
        found = rows(kpi.table(engine(DESK), by="arrived_at", measures=kpi.flow_time()))
        assert found == [
            {"arrived_at": 0, "flow_time": 10},
            {"arrived_at": 5, "flow_time": 15},
            {"arrived_at": 10, "flow_time": 30},
        ]

    def test_the_index_of_a_pandas_log_does_not_matter(self):
        log = pd.DataFrame({"shop": ["b", "a", "b"], **DESK}, index=[5, 5, 0])
        found = kpi.table(log, by="shop", measures=FLOW)
        pd.testing.assert_frame_equal(found, kpi.table(log.reset_index(drop=True), by="shop", measures=FLOW))
        assert list(found.index) == [0, 1]

    def test_pandas_nullable_and_categorical_columns_work(self):
        log = pd.DataFrame(
            {
                "shop": pd.Categorical(["b", "a", "b"], categories=["a", "b", "closed"]),
                "arrived_at": pd.array([0, None, 2], dtype="Int64"),
                "departed_at": pd.array([4, 5, 8], dtype="Int64"),
            }
        )
        assert rows(kpi.table(log, by="shop", measures=FLOW)) == [
            {"shop": "a", "throughput": None, "flow_time": None, "wip": None},
            {"shop": "b", "throughput": 0.25, "flow_time": 5, "wip": 1.25},
        ]

    def test_the_log_is_left_as_it_was(self):
        log = pd.DataFrame({"shop": ["b", "a", "b"], **DESK})
        before = log.copy()
        kpi.table(log, by="shop", measures=FLOW)
        pd.testing.assert_frame_equal(log, before)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_missing_columns_of_keys_and_measures_are_named_together(self, engine):
        with pytest.raises(
            MissingColumnError, match=r"needs the columns 'day', 'departed_at', 'contact'; the table has"
        ):
            kpi.table(
                engine({"arrived_at": [1], "duration_min": [2]}), by="day", measures=[kpi.wip(), kpi.contact_share()]
            )

    def test_two_columns_cannot_share_a_name(self):
        with pytest.raises(ValueError, match=r"got 'flow_time' more than once\. Rename a measure"):
            kpi.table(pd.DataFrame(DESK), measures=[kpi.flow_time(), kpi.flow_time(end="arrived_at")])
        with pytest.raises(ValueError, match=r"got 'wip' more than once"):
            kpi.table(pd.DataFrame({"wip": [1, 2, 3], **DESK}), by="wip", measures=kpi.wip())
        with pytest.raises(ValueError, match=r"got 'arrived_at' more than once"):
            kpi.table(pd.DataFrame(DESK), by=["arrived_at", "arrived_at"], measures=kpi.wip())

    def test_measures_must_be_measures(self):
        with pytest.raises(TypeError, match=r"must hold measures, got <function flow_time .*Call it"):
            kpi.table(pd.DataFrame(DESK), measures=[kpi.flow_time])
        with pytest.raises(ValueError, match=r"`measures` must name at least one measure, got none"):
            kpi.table(pd.DataFrame(DESK), measures=[])

    def test_other_engines_are_refused_with_what_to_do(self):
        with pytest.raises(UnsupportedFrameError, match=r"LazyFrame\. Convert it first: `\.collect\(\)`"):
            kpi.table(pl.LazyFrame(DESK), measures=FLOW)
        with pytest.raises(
            UnsupportedFrameError, match=r"`log` must be a pandas or Polars DataFrame, got builtins\.list"
        ):
            kpi.table([DESK], measures=FLOW)

    def test_words_for_times_are_refused(self):
        with pytest.raises(
            TypeError, match=r"`wip` needs numbers or datetimes in the column 'departed_at', got String"
        ):
            kpi.table(pd.DataFrame({"arrived_at": [0], "departed_at": ["08:40"]}), measures=kpi.wip())


def service_level(threshold, *, abandoned):
    """Stand for the measures to come: flags, an option for abandonment, and a ratio that is more than a division."""
    answered = ~nw.col("answered_s").is_null()
    served_in_time = answered & (nw.col("answered_s") - nw.col("offered_s") <= threshold)
    counted = answered if abandoned == "left out" else nw.col("offered_s") >= 0
    return kpi.Measure(
        name="service_level",
        title="Service level",
        unit="proportion",
        numerator="answered in time",
        denominator="answered" if abandoned == "left out" else "offered",
        clock="from offered to answered",
        abandonment=abandoned,
        columns={"offered_s": "number", "answered_s": "number"},
        rows={"in_time": nw.when(served_in_time).then(1.0), "counted": nw.when(counted).then(1.0)},
        sums={"in_time": nw.col("in_time").count(), "counted": nw.col("counted").count()},
        ratio=nw.when(nw.col("counted") > 0).then(nw.col("in_time") / nw.col("counted")),
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_a_measure_of_ones_own_stands_beside_the_others(engine):
    calls = engine(
        {
            "queue": ["new", "new", "old", "new"],
            "offered_s": [0.0, 10.0, 20.0, 30.0],
            "answered_s": [5.0, 45.0, None, None],
        }
    )
    measures = [
        service_level(20, abandoned="left out"),
        dataclasses.replace(service_level(20, abandoned="counted"), name="strict_level"),
        kpi.flow_time(start="offered_s", end="answered_s"),
    ]
    assert rows(kpi.table(calls, by="queue", measures=measures)) == [
        {"queue": "new", "service_level": 1 / 2, "strict_level": 1 / 3, "flow_time": 20},
        {"queue": "old", "service_level": None, "strict_level": 0, "flow_time": None},
    ]


class TestCatalogue:
    def test_names_are_unique_and_every_card_is_complete(self):
        measures = kpi.catalogue()
        assert len({measure.name for measure in measures}) == len(measures) > 0
        words = ("title", "unit", "numerator", "denominator", "clock", "abandonment")
        assert [(m.name, word) for m in measures for word in words if not getattr(m, word).strip()] == []

    @pytest.mark.parametrize("measure", kpi.catalogue(), ids=lambda measure: measure.name)
    @pytest.mark.parametrize("engine", ENGINES)
    def test_a_card_asks_for_exactly_the_columns_that_it_uses(self, measure, engine):
        log = {**DESK, "contact": ["active", "none", "passive"], "duration_min": [1, 2, 3]}
        needed = {name: log[name] for name in measure.columns}
        assert one(kpi.table(engine(needed), measures=measure))[measure.name] > 0
        for name in needed:
            with pytest.raises(MissingColumnError, match=repr(name)):
                kpi.table(engine({other: log[other] for other in log if other != name}), measures=measure)

    def test_every_public_measure_is_in_it(self):
        functions = set(kpi.__all__) - {"Measure", "catalogue", "table"}
        assert {measure.name for measure in kpi.catalogue()} == functions

    def test_measures_are_frozen_and_show_themselves_the_same_each_time(self):
        with pytest.raises(dataclasses.FrozenInstanceError):
            kpi.wip().name = "wait"
        assert repr(kpi.wip()) == repr(kpi.wip())
        assert " at 0x" not in repr(kpi.wip())
