import datetime as dt
import math

import pandas as pd
import polars as pl
import pytest

from opsbook import frames
from opsbook.errors import MissingColumnError, UnsupportedFrameError

ENGINES = [pd.DataFrame, pl.DataFrame]
NINE = dt.datetime(2024, 3, 30, 9, 0)  # noqa: DTZ001 -- logs without a time zone are the common case


def read(table, **columns):
    return frames.read("this test", frames.accept("log", table), columns)


def values(frame, column):
    """Return a column as plain Python values with None for missing."""
    return [
        None if value is None or value is pd.NA or value != value else value  # noqa: PLR0124 -- NaN differs from itself
        for value in frame[column].to_list()
    ]


@pytest.mark.parametrize(
    ("table", "name"),
    [
        (pl.LazyFrame({"a": [1]}), "polars.lazyframe.frame.LazyFrame"),
        (pl.Series([1]), "Series"),
        (pd.Series([1]), "Series"),
        ([{"a": 1}], "builtins.list"),
        ({"a": [1]}, "builtins.dict"),
        (None, "builtins.NoneType"),
    ],
)
def test_other_tables_are_refused_with_what_to_do(table, name):
    with pytest.raises(
        UnsupportedFrameError, match=rf"`log` must be a pandas or Polars DataFrame, got .*{name}\. Conv"
    ):
        frames.accept("log", table)


def test_an_eager_engine_that_narwhals_knows_is_refused_too(monkeypatch):
    # Stands for PyArrow, which reads as a narwhals frame but computes other medians.
    monkeypatch.setattr(frames.nw.DataFrame, "implementation", frames.nw.Implementation.PYARROW)
    with pytest.raises(UnsupportedFrameError, match=r"PyArrow"):
        frames.accept("log", pd.DataFrame({"a": [1]}))


@pytest.mark.parametrize("engine", ENGINES)
def test_every_way_of_being_missing_reads_the_same(engine):
    log = engine(
        {
            "n": [1.5, math.nan, None],
            "w": ["x", None, "y"],
            "t": [NINE, None, NINE + dt.timedelta(seconds=45)],
            "gap": [None, None, None],
        }
    )
    frame = read(log, n="number", w="text", t="time", gap="number")
    assert frame.columns == ["n", "w", "t", "gap"]
    assert values(frame, "n") == [1.5, None, None]
    assert values(frame, "w") == ["x", None, "y"]
    assert values(frame, "t") == [0.0, None, 0.75]
    assert values(frame, "gap") == [None, None, None]
    assert frame["n"].null_count() == 2


@pytest.mark.parametrize("engine", ENGINES)
def test_a_table_without_rows_reads_as_one(engine):
    frame = read(engine({"n": [], "w": [], "t": []}), n="number", w="text", t="time")
    assert frame.shape == (0, 3)


def test_pandas_nullable_and_categorical_columns_keep_their_gaps():
    log = pd.DataFrame({"n": pd.array([1, None], dtype="Int64"), "w": pd.Categorical([None, "x"])})
    frame = read(log, n="number", w="text")
    assert values(frame, "n") == [1.0, None]
    assert values(frame, "w") == [None, "x"]


@pytest.mark.parametrize("engine", ENGINES)
def test_datetimes_become_minutes_since_the_earliest_of_all_columns(engine):
    log = engine({"a": [NINE, NINE + dt.timedelta(hours=1)], "b": [NINE - dt.timedelta(minutes=2), NINE]})
    frame = read(log, a="time", b="time")
    assert values(frame, "a") == [2.0, 62.0]
    assert values(frame, "b") == [0.0, 2.0]


def test_minutes_keep_microseconds_far_from_1970():
    log = pl.DataFrame({"t": [NINE, NINE + dt.timedelta(microseconds=6)]})
    assert values(read(log, t="time"), "t")[1] == 6 / 60_000_000


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_the_resolution_of_datetimes_does_not_matter(unit):
    stamps = pd.Series([NINE, NINE + dt.timedelta(seconds=90)]).astype(f"datetime64[{unit}]")
    assert values(read(pd.DataFrame({"t": stamps}), t="time"), "t") == [0.0, 1.5]


def test_dates_are_times_too():
    log = pl.DataFrame({"t": [dt.date(2024, 2, 28), dt.date(2024, 3, 1)]})
    assert values(read(log, t="time"), "t") == [0.0, 2 * 24 * 60.0]


def test_datetimes_with_a_time_zone_are_instants():
    # The clocks of Berlin went from 02:00 to 03:00 on 31 March 2024.
    stamps = pd.to_datetime(["2024-03-31 01:30", "2024-03-31 03:30"]).tz_localize("Europe/Berlin")
    assert values(read(pd.DataFrame({"t": stamps}), t="time"), "t") == [0.0, 60.0]


@pytest.mark.parametrize("engine", ENGINES)
def test_times_on_two_clocks_are_refused(engine):
    log = engine({"a": [NINE], "b": [3.0], "c": [NINE.replace(tzinfo=dt.UTC)]})
    for pair in ("ab", "ac", "bc"):
        with pytest.raises(TypeError, match=r"this test needs all times on one clock, got: .* holds .*, .* holds"):
            read(log, **dict.fromkeys(pair, "time"))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("kind", "column", "hint"),
    [
        ("number", ["1", "2"], "to_numeric"),
        ("number", [True, False], "to_numeric"),
        ("number", [NINE, NINE], "to_numeric"),
        ("time", ["09:00", "09:05"], "to_datetime"),
        ("text", [1, 2], "astype"),
    ],
)
def test_a_column_of_another_kind_is_refused_with_what_to_do(engine, kind, column, hint):
    with pytest.raises(TypeError, match=rf"this test needs .* in the column 'x', got .*\. Convert .*{hint}"):
        read(engine({"x": column}), x=kind)


@pytest.mark.parametrize("engine", ENGINES)
def test_missing_columns_are_named_together(engine):
    with pytest.raises(MissingColumnError, match=r"needs the columns 'b', 'c'; the table has 'a'\."):
        read(engine({"a": [1]}), a="number", b="text", c="time")
