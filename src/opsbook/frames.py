"""Read the tables that people hand in: pandas or Polars, checked, and cast to a few plain kinds of column.

A measure or a model names the columns it needs and their kinds; what comes back holds exactly these columns, with
numbers and times as floats, words as strings, and every missing value (``None``, ``NaN``, ``NaT``) as a null, so that
the same calculation gives the same figures on either engine.
"""

from collections.abc import Mapping
from typing import Any, Literal

import narwhals as nw

from opsbook.errors import UnsupportedFrameError
from opsbook.validation import require_columns

__all__ = ["Kind", "accept", "read"]

Kind = Literal["number", "text", "time"]

_MICROSECONDS_PER_MINUTE = 60_000_000


def accept(what: str, table: object) -> nw.DataFrame[Any]:
    """Return `table` as a narwhals frame if it is a pandas or a Polars one.

    Parameters
    ----------
    what : str
        The name of the argument, for the message.
    table : object
        Whatever the caller was given.

    Returns
    -------
    narwhals.DataFrame
        The same data, not copied.

    Raises
    ------
    UnsupportedFrameError
        If `table` is anything else: a Polars ``LazyFrame``, a DuckDB relation, a PyArrow table, a list.

    Notes
    -----
    Other engines are refused rather than tried: some of them lack the aggregates that measures need, and some return
    other figures without a word.

    Examples
    --------
    >>> import pandas as pd
    >>> accept("log", pd.DataFrame({"wait_s": [20, 35]})).columns
    ['wait_s']
    """
    try:
        frame: nw.DataFrame[Any] | None = nw.from_native(table, eager_only=True)
    except TypeError:
        frame = None
    if frame is None or frame.implementation not in (nw.Implementation.PANDAS, nw.Implementation.POLARS):
        kind = type(table)
        raise UnsupportedFrameError(
            f"`{what}` must be a pandas or Polars DataFrame, got {kind.__module__}.{kind.__qualname__}. Convert it "
            "first: `.collect()` for a Polars LazyFrame, `.df()` or `.pl()` for DuckDB, `.to_pandas()` for PyArrow, "
            "`.compute()` for Dask, `pandas.DataFrame(…)` for a list or a mapping."
        )
    return frame


def read(what: str, frame: nw.DataFrame[Any], columns: Mapping[str, Kind]) -> nw.DataFrame[Any]:
    """Return the named columns of `frame`, each cast to its kind.

    Parameters
    ----------
    what : str
        Who needs the columns, for the messages.
    frame : narwhals.DataFrame
        A frame from `accept`.
    columns : mapping of str to Kind
        Column name → kind. ``"number"`` columns become floats. ``"text"`` columns become strings. ``"time"`` columns
        become floats on one common clock: numbers stay as they are, dates and datetimes become minutes since the
        earliest of them all (those with a time zone are compared as instants).

    Returns
    -------
    narwhals.DataFrame
        As many rows as `frame`, in its order; missing values are nulls (``NaN`` in a pandas float column).

    Raises
    ------
    MissingColumnError
        If columns are missing; the message names all of them.
    TypeError
        If a column is not of its kind, or if the times are not all numbers, all datetimes with a time zone, or all
        without.

    Examples
    --------
    >>> import pandas as pd
    >>> log = pd.DataFrame({"arrived_at": pd.to_datetime(["2024-03-01 08:40:00", "2024-03-01 08:41:30"])})
    >>> read("wip", accept("log", log), {"arrived_at": "time"}).to_native()["arrived_at"].tolist()
    [0.0, 1.5]
    """
    require_columns(what, frame.columns, columns)
    frame = frame.select(*columns)
    # A column without a single value has no telling type: engines call it null, object or string.
    empty = [name for name in columns if frame[name].null_count() == len(frame)]
    kinds = {name: kind for name, kind in columns.items() if name not in empty}
    for name, kind in kinds.items():
        if not _is_of(frame.schema[name], kind):
            raise TypeError(
                f"{what} needs {_KIND_NAMES[kind]} in the column {name!r}, got {frame.schema[name]}. "
                f"Convert it first, for example with `{_CONVERSIONS[kind]}`."
            )
    times = [name for name, kind in kinds.items() if kind == "time"]
    return frame.with_columns(
        *(nw.lit(None, dtype=nw.String if columns[name] == "text" else nw.Float64).alias(name) for name in empty),
        *(_text(name) for name, kind in kinds.items() if kind == "text"),
        *(_number(name) for name, kind in kinds.items() if kind == "number"),
        *_clock(what, frame, times),
    )


_KIND_NAMES: dict[Kind, str] = {"number": "numbers", "text": "words", "time": "numbers or datetimes"}
_CONVERSIONS: dict[Kind, str] = {"number": "pandas.to_numeric", "text": ".astype(str)", "time": "pandas.to_datetime"}


def _is_of(dtype: nw.dtypes.DType, kind: Kind) -> bool:
    if kind == "text":
        return isinstance(dtype, nw.String | nw.Categorical | nw.Enum)
    return dtype.is_numeric() or (kind == "time" and isinstance(dtype, nw.Datetime | nw.Date))


def _number(name: str) -> nw.Expr:
    return nw.col(name).cast(nw.Float64).fill_nan(None)


def _text(name: str) -> nw.Expr:
    # narwhals 2.20 on pandas 2.3 casts a missing word to the word "nan"; 2.29 does not.
    return nw.when(~nw.col(name).is_null()).then(nw.col(name).cast(nw.String)).alias(name)


def _clock(what: str, frame: nw.DataFrame[Any], names: list[str]) -> list[nw.Expr]:
    readings = {name: _reading(frame.schema[name]) for name in names}
    if len(set(readings.values())) > 1:
        found = ", ".join(f"{name!r} holds {reading}" for name, reading in readings.items())
        raise TypeError(f"{what} needs all times on one clock, got: {found}. Convert them to one of these kinds.")
    if "numbers" in readings.values():
        return [_number(name) for name in names]
    stamps = [nw.col(name).cast(nw.Datetime("us", getattr(frame.schema[name], "time_zone", None))) for name in names]
    stamps = [stamp.dt.timestamp("us") for stamp in stamps]
    # Minutes since 1970 would cost the last digits of every difference; minutes within the log do not.
    origin = min((frame.select(stamp.min()).item() for stamp in stamps), default=0)
    return [(stamp - origin) / _MICROSECONDS_PER_MINUTE for stamp in stamps]


def _reading(dtype: nw.dtypes.DType) -> str:
    if dtype.is_numeric():
        return "numbers"
    return "datetimes with a time zone" if getattr(dtype, "time_zone", None) else "datetimes without a time zone"
