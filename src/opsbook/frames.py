"""Read the tables that people hand in: pandas, Polars or DuckDB, checked, and cast to a few plain kinds of column.

A measure or a model names the columns it needs and their kinds; what comes back holds exactly these columns, with
numbers and times as floats, words as strings, and every missing value (``None``, ``NaN``, ``NaT``) as a null, so that
the same calculation gives the same figures on every engine. `accept` and `read` are for what needs the data in memory;
`scan` and `readings` are for what an engine can compute by itself, DuckDB included.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, Literal, NamedTuple, TypeAlias

import narwhals as nw
import numpy as np

from opsbook.errors import UnsupportedFrameError
from opsbook.validation import require_columns

__all__ = [
    "Kind",
    "Schema",
    "Total",
    "accept",
    "fetch",
    "grouped",
    "read",
    "readings",
    "scan",
    "settled",
    "type_problems",
    "with_plain_types",
    "without_nan",
]

Kind = Literal["number", "text", "time", "flag", "day", "id"]
Schema: TypeAlias = Mapping[str, nw.dtypes.DType]


class Total(NamedTuple):
    """A plain aggregate of one column."""

    column: str
    how: Literal["sum", "count", "min", "max"]


_MICROSECONDS_PER_MINUTE = 60_000_000
_MICROSECONDS_PER_DAY = 86_400_000_000
_FEW_CODES = 1000
_ADDED = ("sum", "count")
_IN_MEMORY = (nw.Implementation.PANDAS, nw.Implementation.POLARS)
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 -- compared with times without a zone


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
    frame = _wrapped(table)
    if isinstance(frame, nw.DataFrame) and frame.implementation in _IN_MEMORY:
        return frame
    raise _unsupported(f"`{what}` must be a pandas or Polars DataFrame", table, " `.df()` or `.pl()` for DuckDB,")


def scan(what: str, table: object) -> nw.LazyFrame[Any]:
    """Return `table` as a lazy narwhals frame if it is of pandas, Polars or DuckDB.

    Parameters
    ----------
    what : str
        The name of the argument, for the message.
    table : object
        Whatever the caller was given.

    Returns
    -------
    narwhals.LazyFrame
        The same data, not copied; `fetch` brings it, or what was made of it, into memory.

    Raises
    ------
    UnsupportedFrameError
        If `table` is anything else, a Polars ``LazyFrame`` included: what it holds is only known once it runs.

    Examples
    --------
    >>> import pandas as pd
    >>> scan("log", pd.DataFrame({"wait_s": [20, 35]})).collect_schema().names()
    ['wait_s']
    """
    frame = _wrapped(table)
    if isinstance(frame, nw.DataFrame) and frame.implementation in _IN_MEMORY:
        return frame.lazy()
    if isinstance(frame, nw.LazyFrame) and frame.implementation is nw.Implementation.DUCKDB:
        return frame
    raise _unsupported(f"`{what}` must be a pandas or Polars DataFrame or a DuckDB relation", table)


def _wrapped(table: object) -> nw.DataFrame[Any] | nw.LazyFrame[Any] | None:
    try:
        frame: nw.DataFrame[Any] | nw.LazyFrame[Any] = nw.from_native(table)
    except TypeError:
        return None
    return frame


def _unsupported(rule: str, table: object, more: str = "") -> UnsupportedFrameError:
    kind = type(table)
    return UnsupportedFrameError(
        f"{rule}, got {kind.__module__}.{kind.__qualname__}. Convert it first: `.collect()` for a Polars LazyFrame,"
        f"{more} `.to_pandas()` for PyArrow, `.compute()` for Dask, `pandas.DataFrame(…)` for a list or a mapping."
    )


def fetch(frame: nw.LazyFrame[Any]) -> nw.DataFrame[Any]:
    """Return what a lazy frame of `scan` holds, in memory; for DuckDB as a pandas frame."""
    return frame.collect("pandas") if frame.implementation is nw.Implementation.DUCKDB else frame.collect()


def settled(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Return a lazy frame of `scan` with all work done that was asked of it, so that nothing is computed twice."""
    if frame.implementation is nw.Implementation.POLARS:
        return frame.collect().lazy()
    if frame.implementation is nw.Implementation.DUCKDB:
        kept: nw.LazyFrame[Any] = nw.from_native(frame.to_native().materialize())
        return kept
    return frame


def grouped(frame: nw.LazyFrame[Any], keys: list[str], totals: Mapping[str, nw.Expr | Total]) -> nw.LazyFrame[Any]:
    """Return `totals` for each group of `keys`, a missing key being one too; one row without keys."""
    if keys and frame.implementation is nw.Implementation.PANDAS:
        found = _grouped_by_code(frame, keys, totals)
        if found is not None:
            return found
    plain = {name: total for name, total in totals.items() if isinstance(total, Total)}
    together = sorted({(total.how, total.column) for total in plain.values()})
    # One call for many columns is what engines are fast at.
    made = [
        getattr(nw.col(*(column for _, column in pairs)), how)().name.suffix(f" {how}")
        for how, pairs in groupby(together, itemgetter(0))
    ]
    made += [total.alias(name) for name, total in totals.items() if not isinstance(total, Total)]
    names = {name: f"{plain[name].column} {plain[name].how}" if name in plain else name for name in totals}
    found = frame.group_by(*keys, drop_null_keys=False).agg(*made) if keys else frame.select(*made)
    if all(name == source for name, source in names.items()):
        return found
    return found.select(*keys, *(nw.col(source).alias(name) for name, source in names.items()))


def _grouped_by_code(
    frame: nw.LazyFrame[Any], keys: list[str], totals: Mapping[str, nw.Expr | Total]
) -> nw.LazyFrame[Any] | None:
    """Add up plain columns of pandas by one whole number that stands for all keys: half the work of its own way.

    Returns None where that is not possible: other aggregates, columns that NumPy does not hold, too many groups.
    """
    native = frame.to_native()
    plain = {name: total for name, total in totals.items() if isinstance(total, Total) and total.how in _ADDED}
    if len(plain) < len(totals) or not len(native):
        return None
    if any(str(native[total.column].dtype) not in ("bool", "float64") for total in plain.values()):
        return None
    space = frame.implementation.to_native_namespace()
    code, size, levels = np.zeros(1, dtype="int64"), 1, []
    for key in keys:
        places, values = space.factorize(native[key], use_na_sentinel=False)
        levels.append(space.Series(values))
        size *= len(values)
        if size > max(len(native), _FEW_CODES):
            return None
        code = code * len(values) + places
    there = np.flatnonzero(np.bincount(code, minlength=size))
    found = {}
    for name, total in plain.items():
        column = native[total.column].to_numpy()
        # Positions are much faster to pick rows by than a column of true and false.
        counted = np.flatnonzero(column if column.dtype == bool and total.how == "sum" else ~np.isnan(column))
        weights = column[counted] if column.dtype != bool and total.how == "sum" else None
        found[name] = np.bincount(code[counted], weights=weights, minlength=size)[there]
    columns, rest = {}, there
    for key, values in zip(reversed(keys), reversed(levels), strict=True):
        rest, place = np.divmod(rest, len(values))
        columns[key] = values.take(place).reset_index(drop=True)
    made: nw.DataFrame[Any] = nw.from_native(space.DataFrame({**{key: columns[key] for key in keys}, **found}))
    return made.lazy()


def with_plain_types(frame: nw.LazyFrame[Any], columns: Iterable[tuple[str, Kind]]) -> nw.LazyFrame[Any]:
    """Return the frame with flags and dates as such where pandas holds them as objects or numbers.

    Columns that hold anything else stay what they are.
    """
    if frame.implementation is not nw.Implementation.PANDAS:
        return frame
    native = frame.to_native()
    changed = {}
    for name, kind in columns:
        if name not in native:
            continue
        column = native[name]
        try:
            if kind == "flag" and column.dtype not in ("bool", "boolean"):
                changed[name] = column.astype("boolean")
            elif kind == "day" and column.dtype == "object" and isinstance(next(iter(column.dropna()), None), dt.date):
                changed[name] = column.astype("datetime64[us]")
        except (TypeError, ValueError):  # words, or other numbers than 1 and 0
            continue
    return nw.from_native(native.assign(**changed)).lazy() if changed else frame


def without_nan(name: str, dtype: nw.dtypes.DType, frame: nw.LazyFrame[Any]) -> nw.Expr:
    """Return a column in which a missing value is a null; to pandas NaN is missing as it is."""
    pandas = frame.implementation is nw.Implementation.PANDAS
    return nw.col(name).fill_nan(None) if dtype.is_float() and not pandas else nw.col(name)


def type_problems(what: str, schema: Schema, columns: Mapping[str, Kind], *, empty: Iterable[str] = ()) -> list[str]:
    """Return one sentence for each column of `columns` that is not of its kind, and one for clocks that differ.

    Columns named in `empty` hold no value, so that their type tells nothing.
    """
    kinds = {name: kind for name, kind in columns.items() if name not in set(empty)}
    problems = [
        f"{what} needs {_KIND_NAMES[kind]} in the column {name!r}, got {schema[name]}. "
        f"Convert it first, for example with `{_CONVERSIONS[kind]}`."
        for name, kind in kinds.items()
        if not _is_of(schema[name], kind)
    ]
    times = [name for name, kind in kinds.items() if kind == "time" and _is_of(schema[name], kind)]
    if len({_reading(schema[name]) for name in times}) > 1:
        found = ", ".join(f"{name!r} holds {_reading(schema[name])}" for name in times)
        problems.append(f"{what} needs all times on one clock, got: {found}. Convert them to one of these kinds.")
    ids = [name for name, kind in kinds.items() if kind == "id" and _is_of(schema[name], kind)]
    if len({schema[name].is_numeric() for name in ids}) > 1:
        found = ", ".join(f"{name!r} holds {schema[name]}" for name in ids)
        problems.append(f"{what} needs ids of one kind, got: {found}. Convert them all to numbers or all to words.")
    return problems


def readings(
    frame: nw.LazyFrame[Any],
    schema: Schema,
    columns: Mapping[str, Kind],
    *,
    empty: Iterable[str] = (),
    nan: bool = True,
) -> dict[str, nw.Expr]:
    """Return for each column of `columns` the expression that reads it as its kind, as `read` does.

    The columns are those that `type_problems` has nothing to say about. All datetimes with a time zone share one
    origin, and so do all without. With ``nan=False`` numbers are read at less cost: a ``NaN`` stays what it is to the
    engine, and whole numbers may stay whole.
    """
    empty = set(empty)
    kinds = {name: kind for name, kind in columns.items() if name not in empty}
    pandas = frame.implementation is nw.Implementation.PANDAS
    clocks = _clocks(frame, schema, [name for name, kind in kinds.items() if kind == "time"])
    by_id = _ids(schema, [name for name, kind in kinds.items() if kind == "id"])
    no_id = _missing_id(schema, by_id, pandas=pandas)
    found: dict[str, nw.Expr] = {}
    for name, kind in columns.items():
        if name in empty:
            found[name] = nw.lit(None, dtype=no_id if kind == "id" else _EMPTY.get(kind, nw.Float64())).alias(name)
        elif kind == "text":
            found[name] = _text(name)
        elif kind == "number":
            whole = not nan and frame.implementation is nw.Implementation.POLARS and schema[name].is_signed_integer()
            as_it_is = _number(name, schema[name], pandas=pandas or not nan)
            found[name] = nw.col(name).cast(nw.Int64) if whole else as_it_is
        elif kind == "flag":
            given = without_nan(name, schema[name], frame)
            found[name] = given if schema[name] == nw.Boolean else given == 1
        elif kind == "day":
            found[name] = _microseconds(name, schema[name], frame.implementation, None) / _MICROSECONDS_PER_DAY
        else:
            found[name] = {**clocks, **by_id}[name]
    return found


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
        earliest of them all (those with a time zone are compared as instants). ``"flag"`` columns become true and
        false; 1 and 0 are read as such. ``"day"`` columns become days since 1 January 1970. ``"id"`` columns stay what
        they are, but numbers among which some have a decimal point all become floats.

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
        without. The same holds of ids: all numbers or all words.

    Examples
    --------
    >>> import pandas as pd
    >>> log = pd.DataFrame({"arrived_at": pd.to_datetime(["2024-03-01 08:40:00", "2024-03-01 08:41:30"])})
    >>> read("wip", accept("log", log), {"arrived_at": "time"}).to_native()["arrived_at"].tolist()
    [0.0, 1.5]
    """
    require_columns(what, frame.columns, columns)
    frame = frame.select(*columns)
    schema = frame.schema
    # A column without a single value has no telling type: engines call it null, object or string.
    empty = [name for name in columns if frame[name].null_count() == len(frame)]
    for problem in type_problems(what, schema, columns, empty=empty):
        raise TypeError(problem)
    return frame.with_columns(**readings(frame.lazy(), schema, columns, empty=empty))


_KIND_NAMES: dict[Kind, str] = {
    "number": "numbers",
    "text": "words",
    "time": "numbers or datetimes",
    "flag": "true or false (or 1 and 0)",
    "day": "dates",
    "id": "numbers or words",
}
_CONVERSIONS: dict[Kind, str] = {
    "number": "pandas.to_numeric",
    "text": ".astype(str)",
    "time": "pandas.to_datetime",
    "flag": ".map({'yes': True, 'no': False})",
    "day": "pandas.to_datetime",
    "id": ".astype(str)",
}
_EMPTY: dict[Kind, nw.dtypes.DType] = {"text": nw.String(), "flag": nw.Boolean()}


def _is_of(dtype: nw.dtypes.DType, kind: Kind) -> bool:
    words = isinstance(dtype, nw.String | nw.Categorical | nw.Enum)
    if kind == "text":
        return words
    if kind == "id":
        return words or dtype.is_numeric()
    if kind == "flag":
        return dtype == nw.Boolean or dtype.is_numeric()
    if kind == "day":
        return isinstance(dtype, nw.Date) or (isinstance(dtype, nw.Datetime) and dtype.time_zone is None)
    return dtype.is_numeric() or (kind == "time" and isinstance(dtype, nw.Datetime | nw.Date))


def _number(name: str, dtype: nw.dtypes.DType, *, pandas: bool) -> nw.Expr:
    if dtype == nw.Float64 and pandas:
        return nw.col(name)  # a NaN of pandas is missing as it is
    column = nw.col(name) if dtype == nw.Float64 else nw.col(name).cast(nw.Float64)
    return column.fill_nan(None) if dtype.is_float() and not pandas else column


def _text(name: str) -> nw.Expr:
    # narwhals 2.20 on pandas 2.3 casts a missing word to the word "nan"; 2.29 does not.
    return nw.when(~nw.col(name).is_null()).then(nw.col(name).cast(nw.String)).alias(name)


def _ids(schema: Schema, names: list[str]) -> dict[str, nw.Expr]:
    if all(schema[name].is_integer() for name in names):
        return {name: nw.col(name) for name in names}
    if all(schema[name].is_numeric() for name in names):
        # Some engines read a column of whole numbers with gaps as floats; the others must follow to be compared.
        return {name: _number(name, schema[name], pandas=False) for name in names}
    return {name: _text(name) for name in names}


def _missing_id(schema: Schema, names: Iterable[str], *, pandas: bool) -> nw.dtypes.DType:
    """Return the type of an id that nobody knows, so that it can be compared with the others."""
    if any(not schema[name].is_numeric() for name in names):
        return nw.String()
    # A whole number cannot be missing in a plain column of pandas.
    return nw.Float64() if pandas or any(schema[name].is_float() for name in names) else nw.Int64()


def _clocks(frame: nw.LazyFrame[Any], schema: Schema, names: list[str]) -> dict[str, nw.Expr]:
    pandas = frame.implementation is nw.Implementation.PANDAS
    stamps = [name for name in names if not schema[name].is_numeric()]
    origins = _origins(frame, schema, stamps)
    found = {name: _number(name, schema[name], pandas=pandas) for name in names if name not in stamps}
    for name in stamps:
        origin = origins[_reading(schema[name])]
        found[name] = _microseconds(name, schema[name], frame.implementation, origin) / _MICROSECONDS_PER_MINUTE
    return found


def _origins(frame: nw.LazyFrame[Any], schema: Schema, names: list[str]) -> dict[str, Any]:
    """Return the earliest time of each kind of clock.

    Minutes since 1970 would cost the last digits of every difference; minutes within the log do not.
    """
    if not names:
        return {}
    earliest = fetch(frame.select(_stamp(name, schema[name]).min().alias(name) for name in names))
    found: dict[str, Any] = {}
    for name in names:
        # pandas gives its own kind of time, and no time at all as NaT.
        first: Any = None if earliest[name].is_null().item() else earliest[name].item()
        if hasattr(first, "to_pydatetime"):
            first = first.to_pydatetime()
        clock = _reading(schema[name])
        known = [time for time in (first, found.get(clock)) if time is not None]
        found[clock] = min(known) if known else None
    return found


def _stamp(name: str, dtype: nw.dtypes.DType) -> nw.Expr:
    if isinstance(dtype, nw.Datetime) and dtype.time_unit == "us":
        return nw.col(name)
    return nw.col(name).cast(nw.Datetime("us", getattr(dtype, "time_zone", None)))


def _microseconds(name: str, dtype: nw.dtypes.DType, engine: nw.Implementation, origin: dt.datetime | None) -> nw.Expr:
    """Return the microseconds from `origin` (1970 without one) to a time."""
    stamp = _stamp(name, dtype)
    if engine is nw.Implementation.DUCKDB:
        return (stamp - nw.lit(origin or _EPOCH)).dt.total_microseconds()
    return stamp.dt.timestamp("us") - _since_epoch(origin or _EPOCH)


def _since_epoch(time: dt.datetime) -> int:
    epoch = _EPOCH if time.tzinfo is None else _EPOCH.replace(tzinfo=dt.UTC)
    return (time - epoch) // dt.timedelta(microseconds=1)


def _reading(dtype: nw.dtypes.DType) -> str:
    if dtype.is_numeric():
        return "numbers"
    return "datetimes with a time zone" if getattr(dtype, "time_zone", None) else "datetimes without a time zone"
