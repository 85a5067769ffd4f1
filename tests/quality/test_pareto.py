"""A ranking adds up, ends at one, cuts no tie, and hides nothing."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbook import datasets, quality
from opsbook.errors import MissingColumnError, UnsupportedFrameError

LOG = pd.DataFrame({"reason": ["b", "a", "b", "c", None, "a", "b"], "minutes": [1.0, 9, 1, 4, 2, 3, 0]})

counts = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(0, 9), min_size=1).filter(
    lambda named: sum(named.values()) > 0
)


def rows(table):
    return list(zip(table["category"], table["value"], table["rank"], table["categories"], strict=True))


def test_counts_by_hand() -> None:
    table = quality.pareto(LOG, "reason")
    assert rows(table) == [("b", 3, 1, 1), ("a", 2, 2, 1), ("(missing)", 1, 3, 1), ("c", 1, 3, 1)]
    assert table["share"].tolist() == pytest.approx([3 / 7, 2 / 7, 1 / 7, 1 / 7])
    assert table["cumulative"].tolist() == pytest.approx([3 / 7, 5 / 7, 6 / 7, 1])


def test_another_weight_is_another_order() -> None:
    table = quality.pareto(LOG, "reason", weight="minutes")
    assert rows(table) == [("a", 12, 1, 1), ("c", 4, 2, 1), ("(missing)", 2, 3, 1), ("b", 2, 3, 1)]


def test_polars_stays_polars() -> None:
    table = quality.pareto(pl.DataFrame({"reason": ["b", "a", "b", "c", None, "a", "b"]}), "reason")
    assert isinstance(table, pl.DataFrame)
    assert rows(table) == rows(quality.pareto(LOG, "reason"))


def test_a_missing_number_is_a_category_too() -> None:
    assert rows(quality.pareto(pd.DataFrame({"site": [2.0, np.nan, np.nan]}), "site"))[0] == ("(missing)", 2, 1, 1)


def test_a_tie_at_the_cut_is_not_split() -> None:
    named = {"a": 5, "b": 3, "c": 3, "d": 2, "e": 2}
    assert rows(quality.pareto(named, top=2)) == [("a", 5, 1, 1), ("b", 3, 2, 1), ("c", 3, 2, 1), ("other", 4, 4, 2)]
    assert rows(quality.pareto(named, top=4)) == rows(quality.pareto(named, top=9)) == rows(quality.pareto(named))


def test_other_comes_last_however_large() -> None:
    table = quality.pareto({"a": 3, **{f"small {place}": 1 + place / 100 for place in range(9)}}, top=1)
    assert table["category"].tolist() == ["a", "other"]
    assert table["share"][1] > table["share"][0]
    assert table["categories"].tolist() == [1, 9]


@settings(deadline=None, max_examples=80)
@given(counts, st.integers(1, 6))
def test_nothing_is_lost(named, top) -> None:
    table = quality.pareto(named, top=top)
    assert table["value"].sum() == sum(named.values())
    assert table["categories"].sum() == len(named)
    assert table["cumulative"].tolist() == pytest.approx(np.cumsum(table["share"]).tolist())
    assert table["cumulative"].iloc[-1] == 1
    shown = table[table["category"] != "other"]
    assert shown["value"].is_monotonic_decreasing
    assert all(named[name] == value for name, value in zip(shown["category"], shown["value"], strict=True))


@settings(deadline=None, max_examples=40)
@given(counts)
def test_a_log_and_its_counts_rank_alike(named) -> None:
    names = [name for name, count in named.items() for _ in range(count)]
    positive = {name: count for name, count in named.items() if count}
    assert rows(quality.pareto(pd.DataFrame({"reason": names}), "reason")) == rows(quality.pareto(positive))


def test_the_shipped_log_ranks_differently_by_count_minutes_and_repeats() -> None:
    log = datasets.load("contact_log")
    log["handle_s"] = log["handle_s"].fillna(0)
    first = [
        quality.pareto(table, "reason", weight=weight)["category"][0]
        for table, weight in ((log, None), (log, "handle_s"), (log[log["repeat_of"].notna()], None))
    ]
    assert first == ["account information", "loan or mortgage", "fee or charge"]


@pytest.mark.parametrize(
    ("data", "options", "error", "message"),
    [
        (LOG, {}, TypeError, "`by` must name the column"),
        ({"a": 1}, {"by": "reason"}, TypeError, "`data` is a mapping of totals"),
        (LOG, {"by": "cause"}, MissingColumnError, "this ranking needs the column 'cause'"),
        ([1, 2], {"by": "reason"}, UnsupportedFrameError, "`data` must be a pandas or Polars"),
        (LOG.assign(minutes=[None, *range(6)]), {"by": "reason", "weight": "minutes"}, ValueError, "1 of 7 missing in"),
        (LOG.assign(minutes=-1.0), {"by": "reason", "weight": "minutes"}, ValueError, "not negative, got -1.0 in"),
        (LOG.assign(minutes="x"), {"by": "reason", "weight": "minutes"}, TypeError, "numbers in the column 'minutes'"),
        (LOG.assign(minutes=0), {"by": "reason", "weight": "minutes"}, ValueError, "got only zeros"),
        (LOG[:0], {"by": "reason"}, ValueError, "something to rank, got nothing"),
        ({}, {}, ValueError, "something to rank, got nothing"),
        ({"a": -1, "b": 2}, {}, ValueError, "`data` must not be negative"),
        ({"a": 1}, {"top": 0}, ValueError, "`top` must be at least 1"),
        ({"other": 9, "a": 2, "b": 1}, {"top": 1}, ValueError, "may be called 'other'"),
        (
            LOG.assign(reason=LOG["reason"].replace("c", "(missing)")),
            {"by": "reason"},
            ValueError,
            "called '.missing.'",
        ),
    ],
)
def test_what_is_refused(data, options, error, message) -> None:
    with pytest.raises(error, match=message):
        quality.pareto(data, **options)
