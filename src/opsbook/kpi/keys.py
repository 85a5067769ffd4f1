"""What a table may be split by: a column, or the stretch of time in which something happened."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import narwhals as nw

from opsbook import frames
from opsbook.validation import one_of

__all__ = ["PERIODS", "Every", "every", "key_expression"]

PERIODS = ("5min", "10min", "15min", "20min", "30min", "hour", "day", "week", "month")
"""The stretches of time that `every` groups by."""

_WHOLE = {"hour": "1h", "day": "1d", "month": "1mo"}


@dataclass(frozen=True, kw_only=True)
class Every:
    """A stretch of time to group by; see `every`.

    Attributes
    ----------
    period : str
        One of `PERIODS`.
    of, staffing : str
        The column with the time, in the log and in the table of staffed time.
    name : str
        The column that `table` writes.

    Examples
    --------
    >>> from opsbook import kpi
    >>> kpi.every("30min").name
    '30min'
    """

    period: str
    of: str
    staffing: str
    name: str


def every(period: str, *, of: str = "arrived_at", staffing: str = "start", name: str | None = None) -> Every:
    """Group by stretches of time: every half hour, every day.

    Parameters
    ----------
    period : str
        One of `PERIODS`: ``"5min"``, ``"10min"``, ``"15min"``, ``"20min"``, ``"30min"``, ``"hour"``, ``"day"``,
        ``"week"`` (from Monday) or ``"month"``.
    of : str
        The column of the log with the time, datetimes or dates.
    staffing : str
        The column with the time in the table that is passed as ``staffing=``.
    name : str, optional
        What the column of the result is called; without it, like the period.

    Returns
    -------
    Every
        For the argument ``by`` of `table` and `report`.

    Raises
    ------
    ValueError
        If `period` is another word.

    Notes
    -----
    The column of the result holds the beginning of each stretch, by the clock on the wall: times with a zone are read
    in their own (DuckDB's in the one of its session), and the result has none. The hour that comes twice when summer
    time ends counts as one. A stretch in which nothing happened has no row.

    Examples
    --------
    >>> import pandas as pd
    >>> from opsbook import kpi
    >>> arrived = pd.to_datetime(["2024-03-04 08:10", "2024-03-04 08:29", "2024-03-04 08:30"])
    >>> log = pd.DataFrame({"arrived_at": arrived, "abandoned": [False, True, False]})
    >>> kpi.table(log, by=kpi.every("30min"), measures=kpi.abandonment())
                    30min  abandonment
    0 2024-03-04 08:00:00          0.5
    1 2024-03-04 08:30:00          0.0
    """
    one_of("period", period, PERIODS)
    return Every(period=period, of=of, staffing=staffing, name=period if name is None else name)


def key_expression(key: str | Every, dtype: nw.dtypes.DType, frame: nw.LazyFrame[Any], *, staffing: bool) -> nw.Expr:
    """Return what a table is grouped by, over the columns of the log or of the staffed time.

    On DuckDB a part of an hour or a week is still to be cut by `in_buckets`.
    """
    if isinstance(key, str):
        return frames.without_nan(key, dtype, frame)
    time = nw.col(key.staffing if staffing else key.of)
    if isinstance(dtype, nw.Date):
        time = time.cast(nw.Datetime("us"))
    elif getattr(dtype, "time_zone", None):
        time = time.dt.replace_time_zone(None)
    if key.period in _WHOLE:
        return time.dt.truncate(_WHOLE[key.period])
    if frame.implementation is nw.Implementation.DUCKDB:
        return time
    if key.period == "week":  # whole weeks are counted from 1 January 1970, a Thursday
        return time.dt.offset_by("3d").dt.truncate("7d").dt.offset_by("-3d")
    return time.dt.truncate(f"{_minutes(key.period)}m")


def in_buckets(frame: nw.LazyFrame[Any], keys: Mapping[str, str | Every]) -> nw.LazyFrame[Any]:
    """Return the frame with those columns of times cut that narwhals cannot cut on DuckDB, which can itself."""
    widths = {
        alias: dt.timedelta(days=7) if key.period == "week" else dt.timedelta(minutes=_minutes(key.period))
        for alias, key in keys.items()
        if isinstance(key, Every) and key.period not in _WHOLE
    }
    if frame.implementation is not nw.Implementation.DUCKDB or not widths:
        return frame
    native, duckdb = frame.to_native(), frame.implementation.to_native_namespace()
    columns = []
    for name in native.columns:
        column = duckdb.ColumnExpression(name)
        if name in widths:
            width = duckdb.ConstantExpression(widths[name])
            column = duckdb.FunctionExpression("time_bucket", width, column).alias(name)
        columns.append(column)
    cut: nw.LazyFrame[Any] = nw.from_native(native.select(*columns))
    return cut


def _minutes(period: str) -> int:
    return int(period.removesuffix("min"))
