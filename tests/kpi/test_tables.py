import csv
import dataclasses
import datetime as dt
import itertools
import math
import re
import zoneinfo
from pathlib import Path

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from opsbook import datasets, kpi
from opsbook.errors import MissingColumnError, UnsupportedFrameError

DATABASE, NUMBERS = duckdb.connect(), itertools.count()
_SQL = {bool: "boolean", int: "bigint", float: "double", str: "varchar", dt.datetime: "timestamp", dt.date: "date"}


def duck(columns):
    """Return a DuckDB relation of the columns, with the type of the first value and nulls for None and NaN."""
    types = {
        name: next((type(value) for value in values if value is not None), int) for name, values in columns.items()
    }
    mixed = {
        name: float if any(isinstance(value, float) for value in columns[name]) else kind
        for name, kind in types.items()
    }
    for name, values in columns.items():
        if isinstance(next((value for value in values if value is not None), None), dt.datetime):
            mixed[name] = "timestamptz" if next(value for value in values if value is not None).tzinfo else dt.datetime
    table = f"log{next(NUMBERS)}"
    named = ", ".join(f'"{name}" {_SQL.get(kind, kind)}' for name, kind in mixed.items())
    DATABASE.execute(f"create table {table} ({named})")
    if rows_ := list(zip(*columns.values(), strict=True)):
        marks = ", ".join("?" for _ in columns)
        DATABASE.executemany(f"insert into {table} values ({marks})", rows_)
    return DATABASE.table(table)


ENGINES = [pd.DataFrame, pl.DataFrame, duck]
DESK = {"arrived_at": [0, 5, 10], "departed_at": [10, 20, 40]}
TASKS = {"contact": ["active", "passive", "none", "active"], "duration_min": [5, 15, 20, 10]}
OPENING = dt.datetime(2024, 3, 1, 8, 40)  # noqa: DTZ001 -- logs without a time zone are the common case

property_test = settings(deadline=None, max_examples=50)


def rows(frame):
    """Return a result as plain rows, with None for every way to be missing."""
    if isinstance(frame, duckdb.DuckDBPyRelation):
        records = [dict(zip(frame.columns, row, strict=True)) for row in frame.fetchall()]
    else:
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


def float_or_none(value):
    return None if value is None else float(value)


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
        message = (
            r"`wip` needs rows .* got 2 of 4 that have `departed_at` before `arrived_at`"
            r"( \(the first is row 1, .*\))?\. Correct"
        )
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
            (
                {"contact": ["Active", "none", "no", None]},
                r"2 of 4 that have a contact other than [^(]*( \(the first is row 0, .*\))?\. Correct",
            ),
            (
                {"duration_min": [5, 15, 20, -1]},
                r"1 of 4 that have a negative `duration_min`( \(the first is row 3, .*\))?\. Correct",
            ),
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
        kind = type(engine(DESK))
        assert type(kpi.table(engine(DESK), measures=FLOW)) is kind
        assert type(kpi.table(engine(DESK), by=["arrived_at"], measures=FLOW)) is kind

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
            UnsupportedFrameError,
            match=r"`log` must be a pandas or Polars DataFrame or a DuckDB relation, got builtins\.list",
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
        words = ("title", "question", "unit", "numerator", "denominator", "clock", "abandonment", "source", "example")
        empty = {(m.name, word) for m in measures for word in words if not getattr(m, word).strip()}
        without_customers = [m.name for m in measures if m.family in ("Plant", "People")]
        assert empty == {(name, "abandonment") for name in without_customers}

    @pytest.mark.parametrize("measure", kpi.catalogue(), ids=lambda measure: measure.name)
    def test_no_two_conventions_share_a_title(self, measure):
        made = kpi.conventions(measure).values()
        assert len({each.title for each in made}) == len(made)

    @pytest.mark.parametrize(
        ("measure", "title"),
        [
            (kpi.service_level(of="answered"), "Service level (20 s, of answered)"),
            (kpi.abandonment(short=20), "Abandonment rate (without those within 20 s)"),
            (kpi.fcr(), "First contact resolution (FCR, 7 days)"),
            (
                kpi.fcr(30, abandoned="failed", transferred="failed", open_windows="counted"),
                "First contact resolution (FCR, 30 days, giving up fails, passed on fails, open windows counted)",
            ),
            (kpi.transfer(of="offered"), "Transfer rate (of offered)"),
            (kpi.escalation(of="offered"), "Escalation rate (of offered)"),
            (kpi.csat(top=5), "Customer satisfaction (CSAT, top box)"),
            (kpi.ces(easy=3), "Customer effort score (CES, 3 or less)"),
            (kpi.response_rate(answer="effort"), "Response rate (question about effort)"),
            (kpi.utilisation(shrinkage=0.3), "Utilisation (30% shrinkage)"),
            (kpi.cost_per_contact(of="resolved"), "Cost per contact resolved"),
            (kpi.throughput(period=60), "Throughput (over 60 time units)"),
            (kpi.wip(period=60), "Number inside (work in process, mean over 60 time units)"),
            (kpi.availability(planned=30), "Availability (30 min planned)"),
            (kpi.oee(planned=30), "Overall equipment effectiveness (OEE, 30 min planned)"),
            (kpi.quality_rate(planned=30), "Quality rate"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_a_title_states_the_convention_where_it_is_not_the_default(self, measure, title):
        assert measure.title == title

    @pytest.mark.parametrize("measure", kpi.catalogue(), ids=lambda measure: measure.name)
    def test_a_share_is_asked_for_as_a_share(self, measure):
        for each in kpi.conventions(measure).values():
            assert each.unit != "proportion" or "how many" not in each.question.casefold()

    def test_two_conventions_in_one_table_need_two_names(self):
        log = pd.DataFrame({"csat": [5, 4, 2, 3, 5]})
        both = [kpi.csat(), kpi.csat(top=5)]
        with pytest.raises(ValueError, match=r"'csat' more than once.*dataclasses\.replace\(measure, name="):
            kpi.table(log, measures=both)
        both[1] = dataclasses.replace(both[1], name="top_box")
        assert one(kpi.table(log, measures=both)) == {"csat": 0.6, "top_box": 0.4}

    @pytest.mark.parametrize("measure", kpi.catalogue(), ids=lambda measure: measure.name)
    @pytest.mark.parametrize("engine", ENGINES)
    def test_a_card_asks_for_exactly_the_columns_that_it_uses(self, measure, engine):
        log, staffing = kpi.example(measure)
        beside = engine(staffing) if staffing else None
        found = one(kpi.table(engine(log), measures=measure, staffing=beside))[measure.name]
        said = measure.example.rpartition(" = ")[2]
        assert found == pytest.approx(float(said), abs=0.5 * 10 ** -len(said.partition(".")[2]))
        for name in log:
            less = {**{other: log[other] for other in log if other != name}, "other": [1] * len(log[name])}
            with pytest.raises(MissingColumnError, match=repr(name)):
                kpi.table(engine(less), measures=measure, staffing=beside)
        for name in staffing:
            less = {**{other: staffing[other] for other in staffing if other != name}, "other": [1, 2]}
            with pytest.raises(MissingColumnError, match=repr(name)):
                kpi.table(engine(log), measures=measure, staffing=engine(less))

    def test_every_public_measure_is_in_it(self):
        functions = {
            name
            for name in kpi.__all__
            if getattr(getattr(kpi, name), "__annotations__", {}).get("return") is kpi.Measure
        }
        assert {measure.name for measure in kpi.catalogue()} == functions

    def test_measures_are_frozen_and_show_themselves_the_same_each_time(self):
        with pytest.raises(dataclasses.FrozenInstanceError):
            kpi.wip().name = "wait"
        assert repr(kpi.wip()) == repr(kpi.wip())
        assert " at 0x" not in repr(kpi.wip())


PUBLISHED = Path(__file__).parents[1] / "published"
with (PUBLISHED / "kpi_conventions.csv").open(encoding="utf-8", newline="") as file:
    CONVENTIONS = list(csv.DictReader(file))


def _typed(name, words):
    if not words:
        return None
    if name == "arrived_at":
        return dt.datetime.fromisoformat(words)
    return words == "True" if words in ("True", "False") else float(words) if name != "contact_id" else int(words)


with (PUBLISHED / "kpi_contacts.csv").open(encoding="utf-8", newline="") as file:
    _RECORDS = list(csv.DictReader(file))
CONTACTS = {name: [_typed(name, record[name]) for record in _RECORDS] for name in _RECORDS[0] if name != "what_differs"}
STAFFING = {
    "agent_id": ["A01", "A02"],
    "start": [dt.datetime(2024, 3, 4, 9), dt.datetime(2024, 3, 20, 9)],  # noqa: DTZ001 -- as above
    "staffed_s": [2000.0, 1125.0],
    "paid_s": [2500.0, 1500.0],
    "cost": [45.0, 45.0],
}
SCALES = {"csat": (1, 5), "effort": (1, 7), "recommend": (0, 10)}


def standard(**options):
    """Return every measure of a contact log that needs no staffing."""
    return [
        kpi.service_level(**options),
        kpi.asa(),
        kpi.abandonment(),
        kpi.aht(),
        kpi.fcr(),
        kpi.transfer(),
        kpi.escalation(),
        kpi.csat(),
        kpi.nps(),
        kpi.ces(),
        kpi.response_rate(),
    ]


@st.composite
def contact_logs(draw, *, least=0):
    """Return a contact log with every kind of gap, as columns."""
    maybe = lambda values: st.none() | values  # noqa: E731 -- a strategy's name
    row = st.tuples(
        st.sampled_from(["phone", "chat", None]),
        st.integers(0, 60 * 24 * 20).map(lambda m: OPENING + dt.timedelta(minutes=m)),
        maybe(st.integers(0, 100).map(float)),
        maybe(st.integers(0, 900).map(float)),
        maybe(st.booleans()),
        maybe(st.booleans()),
        maybe(st.booleans()),
        st.booleans(),
        maybe(st.integers(1, 5).map(float)),
        maybe(st.integers(1, 7).map(float)),
        maybe(st.integers(0, 10).map(float)),
        st.integers(0, 30),
    )
    log = draw(st.lists(row, min_size=least, max_size=25))
    names = ("channel", "arrived_at", "wait_s", "handle_s", "abandoned", "transferred", "escalated", "asked", *SCALES)
    columns = {name: [record[i] for record in log] for i, name in enumerate(names)}
    columns["contact_id"] = list(range(1, len(log) + 1))
    columns["repeat_of"] = [float(record[-1]) if 0 < record[-1] <= i else None for i, record in enumerate(log)]
    # What would be refused is tested elsewhere.
    for i, gone in enumerate(columns["abandoned"]):
        if gone:
            columns["handle_s"][i] = None
        if not columns["asked"][i]:
            for name in SCALES:
                columns[name][i] = None
    return columns


def contacts_by_hand(log):
    """Return the measures of `standard` from their definitions, contact by contact."""
    contacts = [dict(zip(log, values, strict=True)) for values in zip(*log.values(), strict=True)]
    offered = [c for c in contacts if c["abandoned"] is not None]
    answered = [c for c in offered if not c["abandoned"]]
    timed = [c for c in answered if c["wait_s"] is not None]
    gone = [c for c in offered if c["abandoned"]]
    handled = [c["handle_s"] for c in answered if c["handle_s"] is not None]
    end = max((c["arrived_at"] for c in contacts), default=None)
    week = dt.timedelta(days=7)
    first = [c for c in answered if c["repeat_of"] is None and end - c["arrived_at"] >= week]

    def back(contact):
        again = [c["arrived_at"] for c in contacts if c["repeat_of"] == contact["contact_id"]]
        return bool(again) and min(again) - contact["arrived_at"] <= week

    def answers(name):
        return [c[name] for c in contacts if c[name] is not None]

    def share(name):
        known = [c[name] for c in answered if c[name] is not None]
        return over(sum(known), len(known))

    recommend, asked = answers("recommend"), [c for c in contacts if c["asked"]]
    return {
        "service_level": over(sum(c["wait_s"] <= 20 for c in timed), len(timed) + len(gone)),
        "asa": over(sum(c["wait_s"] for c in timed), len(timed)),
        "abandonment": over(len(gone), len(offered)),
        "aht": over(sum(handled), len(handled)),
        "fcr": over(sum(not back(c) for c in first), len(first)),
        "transfer": share("transferred"),
        "escalation": share("escalated"),
        "csat": over(sum(a >= 4 for a in answers("csat")), len(answers("csat"))),
        "nps": over(100 * (sum(a >= 9 for a in recommend) - sum(a <= 6 for a in recommend)), len(recommend)),
        "ces": over(sum(answers("effort")), len(answers("effort"))),
        "response_rate": over(sum(c["csat"] is not None for c in asked), len(asked)),
    }


class TestContactMeasures:
    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("case", CONVENTIONS, ids=lambda case: f"{case['measure']}({case['options']})")
    def test_cases_in_which_conventions_differ(self, case, engine):
        measure = eval(f"kpi.{case['measure']}({case['options']})", {"kpi": kpi})
        staffing = engine(STAFFING) if measure.staffing_columns else None
        found = one(kpi.table(engine(CONTACTS), measures=measure, staffing=staffing))[case["measure"]]
        assert found == pytest.approx(int(case["numerator"]) / int(case["denominator"]), rel=1e-12)

    @property_test
    @given(contact_logs())
    @example({name: [] for name in CONTACTS} | {"channel": []})
    def test_engines_and_brute_force_agree(self, log):
        expected = contacts_by_hand(log)
        for engine in ENGINES:
            found = one(kpi.table(engine(log), measures=standard()))
            assert found == {
                name: value if value is None else pytest.approx(value, rel=1e-9, abs=1e-9)
                for name, value in expected.items()
            }

    @property_test
    @given(contact_logs(least=1))
    def test_groups_are_the_logs_of_their_rows_on_every_engine(self, log):
        channels = [c for c in ("chat", "phone", None) if c in log["channel"]]
        measures = [measure for measure in standard() if measure.name != "fcr"]  # looks at the whole log
        for engine in ENGINES:
            found = rows(kpi.table(engine(log), by="channel", measures=measures))
            assert [row["channel"] for row in found] == channels
            for row in found:
                part = {
                    name: [v for v, c in zip(values, log["channel"], strict=True) if c == row["channel"]]
                    for name, values in log.items()
                }
                truth = contacts_by_hand(part)
                for measure in measures:
                    value = truth[measure.name]
                    assert row[measure.name] == (value if value is None else pytest.approx(value, rel=1e-9, abs=1e-9))

    @property_test
    @given(contact_logs(), st.randoms())
    def test_the_order_of_rows_does_not_matter(self, log, random):
        order = list(range(len(log["channel"])))
        random.shuffle(order)
        moved = {name: [values[i] for i in order] for name, values in log.items()}
        one_, other = (
            one(kpi.table(pl.DataFrame(columns, schema_overrides=TYPES), measures=standard()))
            for columns in (log, moved)
        )
        assert one_ == other

    @property_test
    @given(contact_logs(), st.sampled_from([2.0, 60.0, 0.25]))
    def test_the_unit_of_time_does_not_matter(self, log, factor):
        scaled = {
            **log,
            **{name: [v if v is None else v * factor for v in log[name]] for name in ("wait_s", "handle_s")},
        }
        before = one(kpi.table(pl.DataFrame(log, schema_overrides=TYPES), measures=standard()))
        after = one(kpi.table(pl.DataFrame(scaled, schema_overrides=TYPES), measures=standard(threshold=20 * factor)))
        for name, value in before.items():
            expected = value if value is None or name not in ("asa", "aht") else value * factor
            assert after[name] == expected

    @property_test
    @given(contact_logs())
    def test_every_figure_lies_in_its_range(self, log):
        found = one(kpi.table(pl.DataFrame(log, schema_overrides=TYPES), measures=standard()))
        ranges = {"nps": (-100, 100), "ces": (1, 7), "asa": (0, 100), "aht": (0, 900)}
        for name, value in found.items():
            low, high = ranges.get(name, (0, 1))
            assert value is None or low <= value <= high

    @pytest.mark.parametrize("engine", ENGINES)
    def test_the_conventions_of_service_level_are_ordered(self, engine):
        measures = [
            dataclasses.replace(kpi.service_level(of=of), name=of)
            for of in ("offered", "offered_less_short_abandons", "answered")
        ]
        found = one(kpi.table(engine(CONTACTS), measures=measures))
        assert found["offered"] <= found["offered_less_short_abandons"] <= found["answered"]

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (lambda: kpi.service_level(-1), r"`threshold` must not be negative, got -1"),
            (
                lambda: kpi.service_level(of="all"),
                r"`of` must be one of 'offered', 'answered', 'offered_less_short_abandons', got 'all'",
            ),
            (lambda: kpi.service_level(short=5), r"`short` belongs to `of=\"offered_less_short_abandons\"`"),
            (lambda: kpi.fcr(0), r"`window` must be above zero, got 0"),
            (lambda: kpi.fcr(abandoned="maybe"), r"`abandoned` must be one of 'left out', 'failed'"),
            (lambda: kpi.csat(top=6), r"`top` must lie between 1 and 5, got 6"),
            (lambda: kpi.ces(easy=0), r"`easy` must lie between 1 and 7, got 0"),
            (lambda: kpi.response_rate(answer="nps"), r"`answer` must be one of 'csat', 'effort', 'recommend'"),
            (lambda: kpi.utilisation(shrinkage=1), r"`shrinkage` must be below 1"),
            (lambda: kpi.cost_per_contact(of="asked"), r"`of` must be one of 'answered', 'offered', 'resolved'"),
            (lambda: kpi.escalation(of="asked"), r"`of` must be one of 'answered', 'offered'"),
            (lambda: kpi.oee(planned=0), r"`planned` must be above zero, got 0"),
            (lambda: kpi.oee(stop="stopped"), r"must end with its unit, _s, _min or _h, got 'stopped'"),
            (lambda: kpi.turnover(dt.date(2025, 1, 1), dt.date(2024, 1, 1)), r"`until` must be after `since`"),
            (lambda: kpi.every("2h"), r"`period` must be one of '5min', .*, got '2h'"),
        ],
    )
    def test_options_must_be_right(self, call, message):
        with pytest.raises(ValueError, match=message):
            call()

    def test_more_options_of_the_wrong_kind(self):
        with pytest.raises(TypeError, match=r"columns can be given for start, .*, got 'stops'"):
            kpi.oee(stops="stop_min")
        with pytest.raises(TypeError, match=r"`since` must be a date, got '2024'"):
            kpi.turnover("2024", dt.date(2025, 1, 1))

    @property_test
    @given(st.integers(0, 60 * 86_400_000_000), st.sampled_from([-1, 0, 1]))
    def test_the_window_is_exact_to_the_microsecond(self, microseconds, late):
        first = OPENING + dt.timedelta(microseconds=microseconds)
        again = first + dt.timedelta(days=7, microseconds=late)
        log = {
            "contact_id": [1, 2, 3, 4],
            "repeat_of": [None, None, 2.0, None],
            "arrived_at": [OPENING, first, again, first + dt.timedelta(days=7)],
            "abandoned": [False, False, False, True],
        }
        found = one(kpi.table(pl.DataFrame(log), measures=kpi.fcr()))
        # The first contact's window is over; the second's too, to the microsecond; the third is a repeat.
        assert found == {"fcr": 1 if late > 0 else 0.5}


TYPES = {
    **dict.fromkeys(("wait_s", "handle_s", "csat", "effort", "recommend", "repeat_of"), pl.Float64),
    **dict.fromkeys(("abandoned", "transferred", "escalated", "asked"), pl.Boolean),
    "channel": pl.String,
    "arrived_at": pl.Datetime("us"),
    "contact_id": pl.Int64,
}


class TestStaffing:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_stretches_with_staff_or_contacts_alone_have_a_row(self, engine):
        log = {
            "arrived_at": [OPENING, OPENING + dt.timedelta(minutes=30), OPENING + dt.timedelta(hours=1)],
            "handle_s": [300.0, 600.0, 60.0],
            "abandoned": [False, False, False],
        }
        staffing = {
            "start": [
                OPENING.replace(minute=30),
                OPENING.replace(hour=12, minute=0),
                OPENING.replace(hour=9, minute=0),
            ],
            "staffed_s": [1200.0, 1800.0, 1800.0],
            "cost": [10.0, 15.0, 15.0],
        }
        found = rows(
            kpi.table(
                engine(log),
                by=kpi.every("30min"),
                measures=[kpi.occupancy(), kpi.cost_per_contact(), kpi.aht()],
                staffing=engine(staffing),
            )
        )
        hours = [(row["30min"].hour, row["30min"].minute) for row in found]
        assert hours == [(8, 30), (9, 0), (9, 30), (12, 0)]
        assert [row["occupancy"] for row in found] == [0.25, pytest.approx(1 / 3), None, 0]
        assert [row["cost_per_contact"] for row in found] == [10, 15, None, None]
        assert [row["aht"] for row in found] == [300, 600, 60, None]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_a_key_that_staffing_lacks_is_named(self, engine):
        log = {**CONTACTS, "channel": ["phone"] * 12}
        with pytest.raises(
            MissingColumnError, match=r"the table of staffed time needs the column 'channel'; the table has 'agent_id'"
        ):
            kpi.table(engine(log), by="channel", measures=kpi.occupancy(), staffing=engine(STAFFING))

    @pytest.mark.parametrize("engine", ENGINES)
    def test_staff_cannot_be_in_two_places(self, engine):
        twice = {name: [*values, values[0]] for name, values in STAFFING.items()}
        with pytest.raises(
            ValueError, match=r"the table of staffed time needs every `agent_id` and `start` once, got 1 of 3"
        ):
            kpi.table(engine(CONTACTS), measures=kpi.occupancy(), staffing=engine(twice))

    def test_staffing_must_be_there_and_of_one_kind(self):
        with pytest.raises(ValueError, match=r"`occupancy` needs `staffing`, got none"):
            kpi.table(pd.DataFrame(CONTACTS), measures=kpi.occupancy())
        with pytest.raises(UnsupportedFrameError, match=r"`staffing` must be of the same kind as `log`"):
            kpi.table(pd.DataFrame(CONTACTS), measures=kpi.occupancy(), staffing=pl.DataFrame(STAFFING))
        other = duckdb.connect().sql("select 10.0 as staffed_s")
        with pytest.raises(UnsupportedFrameError, match=r"same DuckDB connection"):
            kpi.table(duck(CONTACTS), measures=kpi.occupancy(), staffing=other)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_negative_time_is_refused(self, engine):
        with pytest.raises(ValueError, match=r"1 of 2 that have a negative `staffed_s`"):
            kpi.table(engine(CONTACTS), measures=kpi.occupancy(), staffing=engine({"staffed_s": [-1.0, 5.0]}))


RUNS = {
    "station": ["oven", "oven", "mixer"],
    "started_min": [0.0, 10.0, 0.0],
    "ended_min": [8.0, 20.0, 5.0],
    "stop_min": [1.0, 1.0, 0.0],
    "ideal_s": [2.0, 2.0, 1.0],
    "pieces_in": [250.0, 150.0, 300.0],
    "pieces_scrapped": [10.0, 10.0, 0.0],
}


class TestPlant:
    FACTORS = (kpi.availability(), kpi.performance_rate(), kpi.quality_rate())

    @pytest.mark.parametrize("engine", ENGINES)
    def test_oee_is_the_product_of_its_factors(self, engine):
        for row in rows(kpi.table(engine(RUNS), by="station", measures=[*self.FACTORS, kpi.oee()])):
            assert row["oee"] == pytest.approx(row["availability"] * row["performance_rate"] * row["quality_rate"])

    @pytest.mark.parametrize("engine", ENGINES)
    def test_planned_time_is_in_the_unit_of_the_starts(self, engine):
        found = one(kpi.table(engine(RUNS), measures=[kpi.availability(planned=25), kpi.oee(planned=25)]))
        assert found == {"availability": pytest.approx(23 / 25), "oee": pytest.approx((380 * 2 + 300) / 1500)}

    @pytest.mark.parametrize("engine", ENGINES)
    def test_a_run_with_a_gap_is_no_run(self, engine):
        runs = {name: [values[0] if name == "station" else None] for name, values in RUNS.items()}
        assert one(kpi.table(engine(runs), measures=[kpi.availability(planned=25), kpi.oee()])) == {
            "availability": None,
            "oee": None,
        }

    @pytest.mark.parametrize("engine", ENGINES)
    def test_more_scrap_than_pieces_is_refused(self, engine):
        with pytest.raises(ValueError, match=r"1 of 3 that scrap fewer than no pieces or more than came in"):
            kpi.table(engine({**RUNS, "pieces_scrapped": [10.0, 151.0, 0.0]}), measures=kpi.quality_rate())


class TestTurnover:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_people_and_days_by_hand(self, engine):
        staff = {
            # In order: all year; left within; came within; left before; came after; left on the first day; on the last.
            "hired_on": [
                dt.date(2020, 1, 1),
                dt.date(2023, 6, 1),
                dt.date(2024, 10, 1),
                dt.date(2019, 1, 1),
                dt.date(2025, 3, 1),
                dt.date(2022, 1, 1),
                dt.date(2022, 1, 1),
            ],
            "left_on": [
                None,
                dt.date(2024, 4, 10),
                None,
                dt.date(2023, 12, 31),
                None,
                dt.date(2024, 1, 1),
                dt.date(2025, 1, 1),
            ],
        }
        days = 366 + 100 + 92 + 0 + 0 + 0 + 366
        found = one(kpi.table(engine(staff), measures=kpi.turnover(dt.date(2024, 1, 1), dt.date(2025, 1, 1))))
        assert found["turnover"] == pytest.approx(2 / (days / 365.25))

    @pytest.mark.parametrize("engine", ENGINES)
    def test_nobody_leaves_before_the_first_day(self, engine):
        staff = {"hired_on": [dt.date(2024, 5, 1)], "left_on": [dt.date(2024, 4, 1)]}
        with pytest.raises(ValueError, match=r"1 of 1 that have `left_on` before `hired_on`"):
            kpi.table(engine(staff), measures=kpi.turnover(dt.date(2024, 1, 1), dt.date(2025, 1, 1)))


class TestTimeKeys:
    TIMES = [dt.datetime(2024, 2, 29, 23, 59, 59), dt.datetime(2024, 3, 3, 8, 19), dt.datetime(2024, 3, 3, 8, 47), None]  # noqa: DTZ001, RUF012 -- as above

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize(
        ("period", "starts"),
        [
            ("5min", ["2024-02-29 23:55", "2024-03-03 08:15", "2024-03-03 08:45"]),
            ("10min", ["2024-02-29 23:50", "2024-03-03 08:10", "2024-03-03 08:40"]),
            ("15min", ["2024-02-29 23:45", "2024-03-03 08:15", "2024-03-03 08:45"]),
            ("20min", ["2024-02-29 23:40", "2024-03-03 08:00", "2024-03-03 08:40"]),
            ("30min", ["2024-02-29 23:30", "2024-03-03 08:00", "2024-03-03 08:30"]),
            ("hour", ["2024-02-29 23:00", "2024-03-03 08:00"]),
            ("day", ["2024-02-29 00:00", "2024-03-03 00:00"]),
            ("week", ["2024-02-26 00:00"]),
            ("month", ["2024-02-01 00:00", "2024-03-01 00:00"]),
        ],
    )
    def test_every_period_begins_where_it_should(self, engine, period, starts):
        log = engine({"arrived_at": self.TIMES, "abandoned": [True, False, False, True]})
        found = rows(kpi.table(log, by=kpi.every(period), measures=kpi.abandonment()))
        assert [str(row[period])[:16] for row in found[:-1]] == starts
        assert found[-1] == {period: None, "abandonment": 1}

    @pytest.mark.parametrize("engine", ENGINES)
    def test_dates_and_names(self, engine):
        log = engine({"day": [dt.date(2024, 3, 3), dt.date(2024, 3, 5)], "abandoned": [True, False]})
        if engine is pd.DataFrame:
            log["day"] = pd.to_datetime(log["day"])
        found = rows(kpi.table(log, by=kpi.every("month", of="day", name="when"), measures=kpi.abandonment()))
        assert [(str(row["when"])[:10], row["abandonment"]) for row in found] == [("2024-03-01", 0.5)]

    @pytest.mark.parametrize("engine", [pd.DataFrame, pl.DataFrame])
    def test_a_zone_is_read_by_its_own_clock(self, engine):
        zone = zoneinfo.ZoneInfo("Asia/Kolkata")
        times = [dt.datetime(2024, 3, 3, 0, 10, tzinfo=zone), dt.datetime(2024, 3, 3, 5, 40, tzinfo=zone)]
        found = rows(
            kpi.table(
                engine({"arrived_at": times, "abandoned": [True, False]}),
                by=kpi.every("hour"),
                measures=kpi.abandonment(),
            )
        )
        assert [str(row["hour"]) for row in found] == ["2024-03-03 00:00:00", "2024-03-03 05:00:00"]

    @pytest.mark.parametrize("engine", [pd.DataFrame, pl.DataFrame])
    def test_the_hour_that_comes_twice_counts_as_one(self, engine):
        utc = [dt.datetime(2024, 10, 27, hour, 15, tzinfo=dt.UTC) for hour in (0, 1, 2)]
        log = engine({"arrived_at": utc, "abandoned": [True, False, False]})
        if engine is pd.DataFrame:
            log["arrived_at"] = log["arrived_at"].dt.tz_convert("Europe/Berlin")
        else:
            log = log.with_columns(pl.col("arrived_at").dt.convert_time_zone("Europe/Berlin"))
        found = rows(kpi.table(log, by=kpi.every("30min"), measures=kpi.abandonment()))
        assert [(str(row["30min"])[11:16], row["abandonment"]) for row in found] == [("02:00", 0.5), ("03:00", 0)]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_words_are_no_times(self, engine):
        with pytest.raises(
            TypeError, match=r'`every\("day"\)` needs datetimes in the column \'arrived_at\', got String'
        ):
            kpi.table(
                engine({"arrived_at": ["08:40"], "abandoned": [True]}), by=kpi.every("day"), measures=kpi.abandonment()
            )


class TestBadInput:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_everything_missing_is_named_at_once_with_the_nearest(self, engine):
        log = engine({"abandonned": [True], "wait": [5.0], "arrived": ["08:40"]})
        with pytest.raises(MissingColumnError) as caught:
            kpi.table(log, by="queue", measures=standard())
        message = str(caught.value)
        for name in (
            "queue",
            "wait_s",
            "abandoned",
            "handle_s",
            "contact_id",
            "repeat_of",
            "csat",
            "recommend",
            "asked",
        ):
            assert repr(name) in message
        assert "'abandonned' for 'abandoned'" in message
        assert "'wait' for 'wait_s'" in message

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize(
        ("column", "values", "message"),
        [
            ("wait_s", ["5", "20"], r"`service_level` needs numbers in the column 'wait_s', got String"),
            (
                "abandoned",
                ["yes", "no"],
                r"`service_level` needs true or false \(or 1 and 0\) in the column 'abandoned', got String",
            ),
            (
                "arrived_at",
                ["08:40", "08:41"],
                r"`fcr` needs numbers or datetimes in the column 'arrived_at', got String",
            ),
            (
                "contact_id",
                ["a", "b"],
                r"`fcr` needs ids of one kind, got: 'contact_id' holds String, 'repeat_of' holds",
            ),
            ("csat", [True, False], r"`csat` needs numbers in the column 'csat', got Boolean"),
        ],
    )
    def test_columns_of_the_wrong_kind(self, engine, column, values, message):
        log = {name: [values_[0], values_[1]] for name, values_ in CONTACTS.items()} | {"repeat_of": [None, 1.0]}
        with pytest.raises(TypeError, match=message):
            kpi.table(engine({**log, column: values}), measures=standard())

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize(
        ("column", "value", "message"),
        [
            ("wait_s", -1.0, r"1 of 12 that have a negative `wait_s`"),
            ("handle_s", -5.0, r"1 of 12 that have a negative `handle_s`"),
            ("csat", 6.0, r"1 of 12 that have a `csat` outside 1 to 5"),
            ("recommend", 11.0, r"1 of 12 that have a `recommend` outside 0 to 10"),
            ("effort", 0.0, r"1 of 12 that have a `effort` outside 1 to 7"),
            ("asked", False, r"1 of 12 that have an answer in `csat` though not asked"),
            ("abandoned", True, r"1 of 12 that are abandoned and have a `handle_s` above 0"),
            ("contact_id", 2, r"this table needs every `contact_id` once, got 1 of 12 rows again"),
        ],
    )
    def test_rows_that_cannot_be_right(self, engine, column, value, message):
        log = {**CONTACTS, column: [value, *CONTACTS[column][1:]]}
        with pytest.raises(ValueError, match=message):
            kpi.table(engine(log), by=kpi.every("day"), measures=standard())
        assert any(re.search(message, problem) for problem in kpi.problems(engine(log), measures=standard()))

    @pytest.mark.parametrize("engine", [pd.DataFrame, pl.DataFrame])
    def test_clocks_with_and_without_a_zone_do_not_mix(self, engine):
        log = engine({"arrived_at": [OPENING], "departed_at": [OPENING.replace(tzinfo=dt.UTC)]})
        with pytest.raises(
            TypeError,
            match=r"`wip` needs all times on one clock, got: 'arrived_at' holds datetimes without a time zone",
        ):
            kpi.table(log, measures=kpi.wip())

    @pytest.mark.parametrize("engine", ENGINES)
    def test_flags_may_be_ones_and_zeros_with_gaps(self, engine):
        log = {"abandoned": [1.0, 0.0, None, 0.0]}
        assert one(kpi.table(engine(log), measures=kpi.abandonment()))["abandonment"] == pytest.approx(1 / 3)
        with pytest.raises(ValueError, match=r"1 of 4 that have a `abandoned` other than 1 or 0"):
            kpi.table(engine({"abandoned": [1.0, 0.0, None, 2.0]}), measures=kpi.abandonment())

    @pytest.mark.parametrize("engine", ENGINES)
    def test_no_rows_nothing_known_and_one_group(self, engine):
        names = [measure.name for measure in standard()]
        nothing = {name: [] for name in CONTACTS}
        assert one(kpi.table(engine(nothing), measures=standard())) == dict.fromkeys(names)
        assert rows(kpi.table(engine(nothing), by="contact_id", measures=standard())) == []
        unknown = {name: [None, None] for name in CONTACTS}
        assert one(kpi.table(engine(unknown), measures=standard())) == dict.fromkeys(names)
        by = [kpi.every(period) for period in ("30min", "day", "week")]
        assert rows(kpi.table(engine(nothing), by=by, measures=standard())) == []
        assert one(kpi.table(engine(unknown), by=by, measures=standard())) == dict.fromkeys(
            ["30min", "day", "week", *names]
        )
        grouped = {**CONTACTS, "team": ["one"] * 12}
        whole = one(kpi.table(engine(CONTACTS), measures=standard()))
        assert one(kpi.table(engine(grouped), by="team", measures=standard())) == {"team": "one", **whole}

    @pytest.mark.parametrize("engine", ENGINES)
    def test_one_list_of_everything(self, engine):
        log = {**CONTACTS, "wait_s": ["x"] * 12, "csat": [9.0, *CONTACTS["csat"][1:]], "contact_id": [1] * 12}
        del log["recommend"]
        found = kpi.problems(engine(log), by="queue", measures=standard())
        expected = (
            "the columns 'queue', 'recommend'",
            "numbers in the column 'wait_s'",
            "`csat` outside 1 to 5",
            "every `contact_id` once, got 11 of 12",
        )
        assert len(found) == len(expected) + 1  # `response_rate` reads the same answers
        assert all(any(words in problem for problem in found) for words in expected)
        assert kpi.problems(engine(CONTACTS), by="arrived_at", measures=standard()) == []

    @pytest.mark.parametrize("measure", kpi.catalogue(), ids=lambda measure: measure.name)
    @pytest.mark.parametrize("engine", ENGINES)
    def test_nan_is_missing_and_infinite_is_refused_in_every_column(self, measure, engine):
        log, staffing = kpi.example(measure)
        kinds = {**measure.columns, **measure.staffing_columns}
        for name in [name for name in (*log, *staffing) if kinds[name] == "number"]:

            def table(value, name=name):
                first = {name: [value, *map(float_or_none, {**log, **staffing}[name][1:])]}
                beside = engine({**staffing, **(first if name in staffing else {})}) if staffing else None
                return one(
                    kpi.table(engine({**log, **(first if name in log else {})}), measures=measure, staffing=beside)
                )

            missing = table(None)[measure.name]
            expected = missing if missing is None else pytest.approx(missing, rel=1e-12)
            assert table(math.nan)[measure.name] == expected
            with pytest.raises(ValueError, match=rf"1 of \d+ that .*`{name}`"):
                table(math.inf)

    @pytest.mark.parametrize("measure", kpi.catalogue(), ids=lambda measure: measure.name)
    @pytest.mark.parametrize("engine", ENGINES)
    def test_no_rows_leave_nothing_to_divide_by(self, measure, engine):
        log, staffing = ({name: [] for name in columns} for columns in kpi.example(measure))
        found = one(kpi.report(engine(log), measures=measure, staffing=engine(staffing) if staffing else None))
        assert (found["value"], found["note"]) == (None, measure.nothing)
        assert measure.denominator in found["note"]

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize(
        ("measure", "log", "staffing"),
        [
            (kpi.service_level(of="answered"), {"wait_s": [5.0], "abandoned": [True]}, None),
            (
                kpi.service_level(of="offered_less_short_abandons"),
                {"wait_s": [5.0, 20.0], "abandoned": [True, True]},
                None,
            ),
            (kpi.abandonment(short=5), {"wait_s": [5.0], "abandoned": [True]}, None),
            (kpi.transfer(), {"transferred": [True], "abandoned": [True]}, None),
            (kpi.response_rate(), {"asked": [False], "csat": [None]}, None),
            (kpi.occupancy(), {"handle_s": [60.0]}, {"staffed_s": [0.0]}),
            (kpi.utilisation(), {"handle_s": [60.0]}, {"paid_s": [0.0]}),
            (kpi.cost_per_contact(), {"abandoned": [True]}, {"cost": [10.0]}),
            (kpi.cost_per_contact(of="resolved"), {"resolved": [False]}, {"cost": [10.0]}),
            (
                kpi.turnover(dt.date(2024, 1, 1), dt.date(2025, 1, 1)),
                {"hired_on": [dt.date(2020, 1, 1)], "left_on": [dt.date(2024, 1, 1)]},
                None,
            ),
            (
                kpi.performance_rate(planned=5),
                {
                    "started_min": [0.0],
                    "ended_min": [5.0],
                    "stop_min": [5.0],
                    "ideal_s": [1.0],
                    "pieces_in": [3.0],
                    "pieces_scrapped": [0.0],
                },
                None,
            ),
        ],
        ids=lambda value: value.title if isinstance(value, kpi.Measure) else "",
    )
    def test_a_denominator_of_zero_has_no_figure_and_says_so(self, engine, measure, log, staffing):
        beside = engine(staffing) if staffing else None
        assert one(kpi.table(engine(log), measures=measure, staffing=beside)) == {measure.name: None}
        assert one(kpi.report(engine(log), measures=measure, staffing=beside))["note"] == measure.nothing

    @pytest.mark.parametrize("engine", ENGINES)
    def test_flags_in_numbers_may_be_nan(self, engine):
        found = one(kpi.table(engine({"abandoned": [1.0, math.nan, 0.0]}), measures=kpi.abandonment()))
        assert found == {"abandonment": 0.5}

    @pytest.mark.parametrize("kind", ["int8", "int16", "int32", "uint8", "uint16", "uint32", "float32"])
    def test_narrow_numbers_do_not_overflow(self, kind):
        waits = np.full(40, 120 if kind.endswith("8") else 30_000, dtype=kind)
        log = {"wait_s": waits, "abandoned": np.zeros(40, dtype=bool)}
        native = pd.DataFrame(log)
        for frame in (native, pl.DataFrame(log), DATABASE.from_df(native)):
            found = one(kpi.report(frame, measures=kpi.asa()))
            assert (found["value"], found["low"], found["high"]) == pytest.approx((waits[0],) * 3)

    def test_keys_must_be_keys(self):
        with pytest.raises(TypeError, match=r"`by` must hold names of columns or `kpi\.every"):
            kpi.table(pd.DataFrame(CONTACTS), by=[5], measures=kpi.asa())


class TestRename:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_foreign_names_become_ours(self, engine):
        log = kpi.rename(
            engine({"Wait (s)": [5.0], "Lost": [False], "Queue": ["new"]}), {"Wait (s)": "wait_s", "Lost": "abandoned"}
        )
        assert one(kpi.table(log, by="Queue", measures=kpi.asa())) == {"Queue": "new", "asa": 5}

    @pytest.mark.parametrize("engine", ENGINES)
    def test_mappings_that_cannot_be(self, engine):
        with pytest.raises(
            MissingColumnError, match=r"the mapping needs the columns 'Wait', 'Agent'; the table has 'wait_s'"
        ):
            kpi.rename(engine({"wait_s": [5.0]}), {"Wait": "wait_s", "Agent": "agent_id"})
        with pytest.raises(ValueError, match=r"got 'wait_s' more than once after renaming"):
            kpi.rename(engine({"wait_s": [5.0], "Wait": [5.0]}), {"Wait": "wait_s"})


class TestReport:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_figures_intervals_and_reasons(self, engine):
        found = rows(
            kpi.report(
                engine(CONTACTS), measures=[kpi.service_level(), kpi.asa(), kpi.nps(), kpi.throughput(end="arrived_at")]
            )
        )
        level, asa, nps, throughput = found
        wilson = kpi.wilson(6, 10)
        assert level == {
            "measure": "service_level",
            "value": 0.6,
            "low": pytest.approx(wilson.low),
            "high": pytest.approx(wilson.high),
            "n": 10,
            "unit": "proportion",
            "note": "",
        }
        assert (asa["value"], asa["low"], asa["n"], asa["note"]) == (18, None, 8, "no interval: fewer than 30 cases")
        assert (nps["value"], nps["low"], nps["n"]) == (pytest.approx(100 / 6), None, 6)
        assert nps["note"] == "no interval: fewer than 30 cases"
        assert (throughput["low"], throughput["n"]) == (None, None)
        assert throughput["note"] == "no interval: a ratio of totals, not a count of cases"

    @pytest.mark.parametrize("engine", ENGINES)
    def test_a_missing_figure_has_its_reason(self, engine):
        log = engine({"wait_s": [5.0, 9.0], "abandoned": [True, True], "day": [1, 2]})
        found = rows(kpi.report(log, by="day", measures=[kpi.asa(), kpi.service_level()]))
        assert [(row["day"], row["measure"], row["value"], row["note"]) for row in found] == [
            (1, "asa", None, "nothing to divide by (contacts answered: 0)"),
            (1, "service_level", 0, ""),
            (2, "asa", None, "nothing to divide by (contacts answered: 0)"),
            (2, "service_level", 0, ""),
        ]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_a_mean_has_the_normal_interval(self, engine):
        waits = [float(7 * i % 50) for i in range(40)]
        found = one(kpi.report(engine({"wait_s": waits, "abandoned": [False] * 40}), measures=kpi.asa(), level=0.9))
        half = 1.6448536269514722 * np.std(waits, ddof=1) / math.sqrt(40)
        assert (found["low"], found["high"]) == (
            pytest.approx(np.mean(waits) - half),
            pytest.approx(np.mean(waits) + half),
        )

    @pytest.mark.parametrize("engine", ENGINES)
    def test_a_score_has_its_interval_from_thirty_answers_on(self, engine):
        found = one(kpi.report(engine({"recommend": [10] * 15 + [0] * 5 + [8] * 10}), measures=kpi.nps()))
        score = kpi.nps_interval(15, 10, 5)
        assert (found["low"], found["high"]) == (pytest.approx(score.low), pytest.approx(score.high))
        assert one(kpi.report(engine({"recommend": [10] * 29}), measures=kpi.nps()))["high"] is None

    @pytest.mark.parametrize("engine", ENGINES)
    def test_an_interval_ends_where_its_scale_does(self, engine):
        answers = {"wait_s": [0.0] * 39 + [1000.0], "abandoned": [False] * 40, "effort": [1] * 39 + [2]}
        waits, easy = rows(kpi.report(engine(answers), measures=[kpi.asa(), kpi.ces()]))
        assert (waits["value"], waits["low"]) == (25, 0)
        assert waits["high"] == pytest.approx(25 + 1.959963984540054 * 25)
        assert (easy["value"], easy["low"]) == (pytest.approx(1.025), 1)
        hard = one(kpi.report(engine({"effort": [7] * 39 + [6]}), measures=kpi.ces()))
        assert (hard["value"], hard["high"]) == (pytest.approx(6.975), 7)

    def test_the_shipped_log_gives_the_same_on_every_engine(self):
        tables = [datasets.load(name) for name in ("contact_log", "contact_staffing")]
        measures = [*standard(), kpi.occupancy(), kpi.utilisation(), kpi.cost_per_contact()]

        def polars(table):  # which gets every missing number as a NaN
            words = {name: [None if pd.isna(word) else word for word in table[name]] for name in table}
            return pl.DataFrame(
                {name: table[name].to_numpy() if table[name].dtype.kind in "biufM" else words[name] for name in table}
            )

        found = []
        for engine in (lambda table: table, polars, DATABASE.from_df):
            log, staffing = map(engine, tables)
            found.append(rows(kpi.report(log, by=kpi.every("day"), measures=measures, staffing=staffing)))
        assert len(found[0]) >= 2 * len(measures)
        for row, *others in zip(*found, strict=True):
            close = {
                name: pytest.approx(value, rel=1e-9, abs=1e-9) if isinstance(value, float) else value
                for name, value in row.items()
            }
            assert others == [close, close]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_it_is_of_the_logs_kind_and_says_what_the_table_says(self, engine):
        log = engine(CONTACTS)
        by = [kpi.every("day"), "abandoned"]
        report, table = (call(log, by=by, measures=standard()) for call in (kpi.report, kpi.table))
        assert type(report) is type(table) is type(log)
        wide = [row[measure.name] for row in rows(table) for measure in standard()]
        assert [row["value"] for row in rows(report)] == wide
