"""A table of eight measures by half hour and channel, beside the same written by hand for each engine."""

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl

from bench.timing import in_turn
from bench.work import Result, Work
from opsbook import datasets, kpi

__all__ = ["WORKS"]

# ruff: noqa: PLR2004 -- thresholds written out, as somebody would by hand

_GOAL = 1 / 1.3
_SAME = 1e-9
_BY = [kpi.every("30min"), "channel"]
_MEASURES = [
    kpi.service_level(),
    kpi.asa(),
    kpi.abandonment(),
    kpi.aht(),
    kpi.csat(),
    kpi.nps(),
    kpi.response_rate(),
    kpi.escalation(),
]
_NAMES = [measure.name for measure in _MEASURES]
_COLUMNS = [
    "channel",
    "arrived_at",
    "wait_s",
    "handle_s",
    "abandoned",
    "escalated",
    "asked",
    "csat",
    "recommend",
]


def _pandas(log: pd.DataFrame) -> pd.DataFrame:
    answered = ~log["abandoned"]
    flags = pd.DataFrame(
        {
            "30min": log["arrived_at"].dt.floor("30min"),
            "channel": log["channel"],
            "in_time": answered & (log["wait_s"] <= 20),
            "answered": answered,
            "abandoned": log["abandoned"],
            "wait": log["wait_s"].where(answered),
            "handle": log["handle_s"].where(answered),
            "satisfied": log["csat"] >= 4,
            "csat": log["csat"],
            "promoters": log["recommend"] >= 9,
            "detractors": log["recommend"] <= 6,
            "recommend": log["recommend"],
            "asked": log["asked"],
            "escalated": log["escalated"] & answered,
        }
    )
    groups = flags.groupby(["30min", "channel"], dropna=False)
    added = ["in_time", "answered", "abandoned", "wait", "handle", "satisfied", "promoters", "detractors"]
    total = groups[[*added, "asked", "escalated"]].sum()
    count = groups[["abandoned", "handle", "csat", "recommend"]].count()
    net = total["promoters"] - total["detractors"]
    found = {
        "service_level": (total["in_time"], count["abandoned"]),
        "asa": (total["wait"], total["answered"]),
        "abandonment": (total["abandoned"], count["abandoned"]),
        "aht": (total["handle"], count["handle"]),
        "csat": (total["satisfied"], count["csat"]),
        "nps": (100 * net, count["recommend"]),
        "response_rate": (count["csat"], total["asked"]),
        "escalation": (total["escalated"], total["answered"]),
    }
    return pd.DataFrame({name: top / bottom.where(bottom > 0) for name, (top, bottom) in found.items()}).reset_index()


def _polars_ratios(sums: pl.LazyFrame) -> pl.DataFrame:
    def over(top: pl.Expr, bottom: str) -> pl.Expr:
        return pl.when(pl.col(bottom) > 0).then(top / pl.col(bottom))

    column = pl.col
    return (
        sums.select(
            "30min",
            "channel",
            over(column("in_time"), "offered").alias("service_level"),
            over(column("wait"), "answered").alias("asa"),
            over(column("abandoned"), "offered").alias("abandonment"),
            over(column("handle"), "handled").alias("aht"),
            over(column("satisfied"), "csat").alias("csat"),
            over(100 * column("promoters").cast(pl.Float64) - 100 * column("detractors"), "recommend").alias("nps"),
            over(column("csat"), "asked").alias("response_rate"),
            over(column("escalated"), "answered").alias("escalation"),
        )
        .sort("30min", "channel")
        .collect()
    )


def _polars_in_groups(log: pl.DataFrame) -> pl.DataFrame:
    """As the Polars guide writes it: conditions inside the aggregation."""
    column = pl.col
    answered = ~column("abandoned")
    return _polars_ratios(
        log.lazy()
        .group_by(column("arrived_at").dt.truncate("30m").alias("30min"), "channel")
        .agg(
            pl.len().alias("offered"),
            (answered & (column("wait_s") <= 20)).sum().alias("in_time"),
            answered.sum().alias("answered"),
            column("abandoned").sum(),
            column("wait_s").filter(answered).sum().alias("wait"),
            column("handle_s").filter(answered).sum().alias("handle"),
            column("handle_s").filter(answered).count().alias("handled"),
            (column("csat") >= 4).sum().alias("satisfied"),
            column("csat").count(),
            (column("recommend") >= 9).sum().alias("promoters"),
            (column("recommend") <= 6).sum().alias("detractors"),
            column("recommend").count(),
            column("asked").sum(),
            (column("escalated") & answered).sum(),
        )
    )


def _polars_flags_first(log: pl.DataFrame) -> pl.DataFrame:
    """As fast as we could write it: flags of all rows, then plain sums."""
    column = pl.col
    answered = ~column("abandoned")
    flags = log.lazy().select(
        column("arrived_at").dt.truncate("30m").alias("30min"),
        "channel",
        "abandoned",
        "asked",
        "csat",
        "recommend",
        in_time=answered & (column("wait_s") <= 20),
        answered=answered,
        wait=pl.when(answered).then("wait_s"),
        handle=pl.when(answered).then("handle_s"),
        satisfied=column("csat") >= 4,
        promoters=column("recommend") >= 9,
        detractors=column("recommend") <= 6,
        escalated=column("escalated") & answered,
    )
    return _polars_ratios(
        flags.group_by("30min", "channel").agg(
            pl.len().alias("offered"),
            column("in_time", "answered", "wait", "handle", "abandoned", "asked").sum(),
            column("satisfied", "promoters", "detractors", "escalated").sum(),
            column("handle").count().alias("handled"),
            column("csat", "recommend").count(),
        )
    )


_SQL = """
select
    time_bucket(interval 30 minute, arrived_at) as "30min",
    channel,
    count(*) filter (not abandoned and wait_s <= 20) / nullif(count(*), 0) as service_level,
    avg(wait_s) filter (not abandoned) as asa,
    count(*) filter (abandoned) / nullif(count(*), 0) as abandonment,
    avg(handle_s) filter (not abandoned) as aht,
    count(*) filter (csat >= 4) / nullif(count(csat), 0) as csat,
    100 * (count(*) filter (recommend >= 9) - count(*) filter (recommend <= 6)) / nullif(count(recommend), 0) as nps,
    count(csat) / nullif(count(*) filter (asked), 0) as response_rate,
    count(*) filter (escalated and not abandoned) / nullif(count(*) filter (not abandoned), 0) as escalation
from contacts group by all order by all
"""


def _figures(table: Any) -> np.ndarray:
    frame = table if isinstance(table, pd.DataFrame) else pd.DataFrame(table.to_dict(as_series=False))
    return frame[_NAMES].to_numpy(dtype=float)


def _beside(work: str, ours: Callable[[], Any], peer: str, theirs: Callable[[], Any]) -> Result:
    mine, others = _figures(ours()), _figures(theirs())
    same = mine.shape == others.shape and np.allclose(mine, others, rtol=_SAME, atol=_SAME, equal_nan=True)
    note = f"processor time; {mine.size:,} figures, {'all the same' if same else 'NOT the same'} to {_SAME:g}"
    taken, other = in_turn(ours, theirs)
    return Result(work, taken, peer, other, _GOAL, note)


def _tables(scale: int) -> Iterator[Result]:
    log = datasets.contact_log(scale=scale)[_COLUMNS]
    work = f"8 measures by half hour and channel, {len(log):,} contacts, "
    yield _beside(
        work + "pandas", lambda: kpi.table(log, by=_BY, measures=_MEASURES), "pandas by hand", lambda: _pandas(log)
    )
    # Polars takes no words from pandas without PyArrow.
    columns = {name: log[name].tolist() if name == "channel" else log[name].to_numpy() for name in _COLUMNS}
    polars = pl.DataFrame(columns).with_columns(pl.col(pl.Float64).fill_nan(None))
    for peer, by_hand in (
        ("Polars by hand, conditions in the groups", _polars_in_groups),
        ("Polars by hand, flags first", _polars_flags_first),
    ):
        yield _beside(
            work + "Polars",
            lambda: kpi.table(polars, by=_BY, measures=_MEASURES),
            peer,
            lambda by_hand=by_hand: by_hand(polars),
        )
    database = duckdb.connect()
    database.register("log", log)
    # As a database would hold them: what is missing as null, and scores as whole numbers.
    database.execute(
        "create table contacts as select * replace (nullif(handle_s, 'NaN') as handle_s, "
        "nullif(csat, 'NaN')::tinyint as csat, nullif(recommend, 'NaN')::tinyint as recommend) from log"
    )
    contacts = database.table("contacts")
    yield _beside(
        work + "DuckDB",
        lambda: kpi.table(contacts, by=_BY, measures=_MEASURES).df(),
        "DuckDB SQL by hand",
        lambda: database.sql(_SQL).df(),
    )


WORKS = (
    Work("measures of a million contacts", lambda: _tables(40)),
    Work("measures of ten million contacts", lambda: _tables(400)),
)
