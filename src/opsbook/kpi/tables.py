"""Compute measures for a log or for each of its groups, by whichever engine holds it."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any, TypeVar, cast

import narwhals as nw
import numpy as np

from opsbook import frames
from opsbook.errors import MissingColumnError, UnsupportedFrameError
from opsbook.frames import Kind
from opsbook.kpi.keys import Every, in_buckets, key_expression
from opsbook.kpi.measure import Measure
from opsbook.validation import require_columns

__all__ = ["Asked", "By", "finished", "problems", "rename", "table"]

By = str | Every | Sequence[str | Every]
Frame = TypeVar("Frame")

_FAULT = "any fault"


def table(log: Frame, *, by: By = (), measures: Measure | Sequence[Measure], staffing: Frame | None = None) -> Frame:
    """Compute measures for a whole log, or for each of its groups.

    Parameters
    ----------
    log : pandas.DataFrame, polars.DataFrame or duckdb.DuckDBPyRelation
        One row per contact (or per job, task, employee, as the measure says).
    by : str, Every or sequence of these
        The columns that make the groups, and stretches of time from `every`; none for one row over the whole log.
    measures : Measure or sequence of Measure
        What to compute, for example ``[kpi.service_level(), kpi.asa()]``.
    staffing : same kind as `log`, optional
        Staffed time and its cost, one row per agent and stretch of time, with the columns ``agent_id``, ``start``,
        ``staffed_s``, ``cost``. Only measures such as `occupancy` need it. It must have the columns of `by` too.

    Returns
    -------
    same kind as `log`
        One row per group, sorted by the keys (a missing key is a group of its own and comes last), then one column
        per measure, named after it. Groups that only `staffing` has are there too.

    Raises
    ------
    UnsupportedFrameError
        If `log` is neither a pandas nor a Polars DataFrame nor a DuckDB relation (a LazyFrame: collect it first), or
        `staffing` is not of the same kind.
    MissingColumnError
        If columns are missing; the message names all of them, with the nearest names there are.
    TypeError
        If a column is not of the kind that a measure needs, or `measures` holds something else than measures.
    ValueError
        If no measure is given, two columns of the result would share a name, `staffing` is needed and missing, or
        rows cannot be right (the message says how many, and which is the first).

    See Also
    --------
    problems : everything that is wrong with a log, in one list.
    report : the same figures with their intervals.

    Notes
    -----
    ``None``, ``NaN`` and ``NaT`` all mean *missing*. A row that lacks a value which the measure needs is left out of
    its numerator and of its denominator alike. Where the denominator is zero or nothing is left to make it of, the
    result is missing: ``NaN`` (``NA`` in a nullable column) in pandas, null in Polars and DuckDB. It is never
    infinite; `report` states the reason.

    Examples
    --------
    Three customers of a repair desk; times in minutes after opening.

    >>> import pandas as pd
    >>> from opsbook import kpi
    >>> log = pd.DataFrame({"arrived_at": [0, 5, 10], "departed_at": [10, 20, 40]})
    >>> kpi.table(log, measures=[kpi.throughput(), kpi.flow_time(), kpi.wip()])
       throughput  flow_time    wip
    0       0.075  18.333333  1.375
    """
    asked = Asked.of(log, by, measures, staffing)
    asked.raise_if_unfit()
    result = asked.answer({measure.name: {measure.name: measure.ratio} for measure in asked.measures}, named=True)
    return cast("Frame", finished(result))


def problems(log: Any, *, by: By = (), measures: Measure | Sequence[Measure], staffing: Any | None = None) -> list[str]:
    """Return everything that keeps `table` from being right, in one list.

    Parameters
    ----------
    log, by, measures, staffing
        As for `table`.

    Returns
    -------
    list of str
        One sentence for each problem: columns that are missing or of the wrong kind, rows that cannot be right,
        rows that are there twice. Empty if there is none.

    Raises
    ------
    UnsupportedFrameError, TypeError, ValueError
        As `table` does for arguments that no log would make right.

    Examples
    --------
    >>> import pandas as pd
    >>> from opsbook import kpi
    >>> log = pd.DataFrame({"contact_id": [1, 1], "csat": [5, 6], "abandonned": [True, False]})
    >>> for problem in kpi.problems(log, measures=[kpi.csat(), kpi.abandonment()]):
    ...     print(problem)
    this table needs the column 'abandoned'; the table has 'contact_id', 'csat', 'abandonned'. Perhaps 'abandonned' for
    'abandoned'? Rename yours or add what is missing.
    `csat` needs rows that can be right, got 1 of 2 that have a `csat` outside 1 to 5 (the first is row 1, counted from
    0). Correct or remove them first.
    this table needs every `contact_id` once, got 1 of 2 rows again. Remove the rows that are there twice.
    """
    return [str(problem) for problem in Asked.of(log, by, measures, staffing).all_problems()]


def rename(log: Frame, mapping: Mapping[str, str]) -> Frame:
    """Give foreign columns the names that measures expect.

    Parameters
    ----------
    log : pandas.DataFrame, polars.DataFrame or duckdb.DuckDBPyRelation
        A table with the names of the system it comes from.
    mapping : mapping of str to str
        Their name → ours, as a mapping file holds it. Columns that it does not name keep their names.

    Returns
    -------
    same kind as `log`
        The table with the new names.

    Raises
    ------
    MissingColumnError
        If the table lacks columns that the mapping names; the message names all of them.
    ValueError
        If two columns would share a name.

    Examples
    --------
    >>> import pandas as pd
    >>> list(rename(pd.DataFrame({"Wait": [5], "Queue": ["new"]}), {"Wait": "wait_s"}))
    ['wait_s', 'Queue']
    """
    frame = frames.scan("log", log)
    present = frame.collect_schema().names()
    require_columns("the mapping", present, mapping)
    names = [mapping.get(name, name) for name in present]
    _all_different("each column", names, "more than once after renaming. Map one of them to another name, or drop it.")
    pairs = zip(present, names, strict=True)
    return cast("Frame", finished(frame.select(nw.col(old).alias(new) for old, new in pairs)))


def finished(frame: nw.LazyFrame[Any]) -> Any:
    """Return the native table, of the kind that the log was."""
    if frame.implementation is nw.Implementation.DUCKDB:
        return frame.to_native()
    return nw.maybe_reset_index(frame.collect()).to_native()


@dataclass(frozen=True, eq=False, kw_only=True)
class _Source:
    """One of the two tables: what it is called in messages, and what is asked of it."""

    what: str
    frame: nw.LazyFrame[Any]
    schema: Mapping[str, nw.dtypes.DType]
    empty: frozenset[str]
    staffing: bool

    @classmethod
    def of(
        cls,
        what: str,
        frame: nw.LazyFrame[Any],
        keys: Iterable[str | Every],
        kinds: Iterable[Mapping[str, Kind]],
        *,
        staffing: bool,
    ) -> "_Source":
        wanted = {(name, kind) for columns in kinds for name, kind in columns.items()}
        frame = frames.with_plain_types(frame, wanted)
        schema = frame.collect_schema()
        ids = {name: kind for name, kind in wanted if kind == "id" and name in schema}
        mixed = len({schema[name].is_numeric() for name in ids}) > 1
        strange = {
            name
            for name, kind in wanted
            if name in schema and ((mixed and name in ids) or frames.type_problems(what, schema, {name: kind}))
        }
        times = {key.staffing if staffing else key.of for key in keys if isinstance(key, Every)}
        strange |= {name for name in times if name in schema and not _is_time(schema[name])}
        # A column without a single value has no telling type: engines call it null, object or string.
        empty = {name for name in strange if frames.fetch(frame.select(nw.col(name).count())).item() == 0}
        return cls(what=what, frame=frame, schema=schema, empty=frozenset(empty), staffing=staffing)

    def key_column(self, key: str | Every) -> str:
        return key if isinstance(key, str) else key.staffing if self.staffing else key.of

    def columns(self, measure: Measure) -> Mapping[str, Kind]:
        return measure.staffing_columns if self.staffing else measure.columns

    def faults(self, measure: Measure) -> dict[str, nw.Expr]:
        faults = dict(measure.staffing_faults if self.staffing else measure.faults)
        for name, kind in self.columns(measure).items():
            if name in self.empty:
                continue
            if kind == "flag" and self.schema[name].is_numeric():
                given = nw.col(f"given {name}")
                faults[f"have a `{name}` other than 1 or 0"] = (given < 0) | (given > 1) | ((given > 0) & (given < 1))
            elif kind in ("number", "time") and self.schema[name].is_float():
                # To Polars and DuckDB NaN is more than infinite: what they do not refuse here holds none.
                faults[f"have an infinite `{name}`"] = nw.col(name) >= math.inf
        return faults


@dataclass(eq=False)
class _Batch:
    """Measures that can be computed in one pass, since none of their names clash."""

    measures: list[Measure] = field(default_factory=list)
    expressions: list[dict[str, Any]] = field(default_factory=lambda: [{} for _ in range(6)])
    prepare: Any = None

    def take(self, measure: Measure, mappings: Sequence[Mapping[str, Any]]) -> bool:
        """Take a measure in if it fits."""
        if measure.prepare not in (None, self.prepare) and self.prepare is not None:
            return False
        pairs = list(zip(self.expressions, mappings, strict=True))
        if any(mine.get(name, other) is not other for mine, theirs in pairs for name, other in theirs.items()):
            return False
        for mine, theirs in pairs:
            mine.update(theirs)
        self.measures.append(measure)
        self.prepare = self.prepare or measure.prepare
        return True


@dataclass(frozen=True, eq=False, kw_only=True)
class Asked:
    """A question to a log: which measures, by which keys.

    Attributes
    ----------
    keys : list of str or Every
        What makes the groups.
    measures : list of Measure
        What to compute.
    sources : list
        The log, and the table of staffed time if some measure needs it.
    doubts : bool
        Whether the sums of the intervals are wanted too.
    """

    keys: list[str | Every]
    measures: list[Measure]
    sources: list[_Source]
    doubts: bool = False

    @classmethod
    def of(
        cls, log: Any, by: By, measures: Measure | Sequence[Measure], staffing: Any | None, *, doubts: bool = False
    ) -> "Asked":
        """Read the arguments of `table`."""
        frame = frames.scan("log", log)
        keys = [by] if isinstance(by, str | Every) else list(by)
        measures = _checked(measures, keys)
        sources = [
            _Source.of("this table", frame, keys, (measure.columns for measure in measures), staffing=False),
        ]
        needing = [measure for measure in measures if measure.staffing_columns]
        if needing:
            sources.append(_staffing(staffing, frame, keys, needing))
        return cls(keys=keys, measures=measures, sources=sources, doubts=doubts)

    @property
    def names(self) -> list[str]:
        """What the columns of the keys are called."""
        return [key if isinstance(key, str) else key.name for key in self.keys]

    @property
    def aliases(self) -> list[str]:
        """What they are called meanwhile."""
        return [f"by {position}" for position in range(len(self.keys))]

    def raise_if_unfit(self) -> None:
        """Raise what the columns lack or get wrong; rows are looked at while they are counted."""
        found = [*self._missing(), *self._wrong_types()]
        if found:
            kind = type(found[0])
            raise kind("\n".join(str(problem) for problem in found if type(problem) is kind))

    def all_problems(self) -> Iterator[Exception]:
        """Yield everything that is wrong, of columns and of rows."""
        yield from self._missing()
        yield from self._wrong_types()
        for source in self.sources:
            for measure in self.measures:
                kinds = source.columns(measure)
                if not kinds or set(kinds) - set(source.schema) or self._types_of(source, measure):
                    continue
                yield from self._faults(source, measure)
            yield from self._repeated(source, always=True)

    def _missing(self) -> Iterator[MissingColumnError]:
        for source in self.sources:
            keys = [source.key_column(key) for key in self.keys]
            needed = [*keys, *(name for measure in self.measures for name in source.columns(measure))]
            try:
                require_columns(source.what, source.schema, dict.fromkeys(needed))
            except MissingColumnError as error:
                yield error

    def _wrong_types(self) -> Iterator[TypeError]:
        said: set[str] = set()
        for source in self.sources:
            for key in self.keys:
                if isinstance(key, Every) and (column := source.key_column(key)) in source.schema:
                    dtype = source.schema[column]
                    if not _is_time(dtype) and column not in source.empty:
                        yield TypeError(
                            f'`every("{key.period}")` needs datetimes in the column {column!r}, got {dtype}. '
                            "Convert it first, for example with `pandas.to_datetime`."
                        )
            for measure in self.measures:
                for problem in self._types_of(source, measure):
                    about = problem.partition(" needs ")[2]
                    if about not in said:
                        said.add(about)
                        yield TypeError(problem)

    def _types_of(self, source: _Source, measure: Measure) -> list[str]:
        kinds = {name: kind for name, kind in source.columns(measure).items() if name in source.schema}
        return frames.type_problems(f"`{measure.name}`", source.schema, kinds, empty=source.empty)

    def _faults(self, source: _Source, measure: Measure) -> Iterator[ValueError]:
        faults = source.faults(measure)
        if not faults:
            return
        base = self._base(source, source.columns(measure), keys=False)
        flagged = base.select(fault.alias(f"fault {number}") for number, fault in enumerate(faults.values()))
        counts = frames.fetch(
            flagged.select(nw.len().alias("all"), *(nw.col(f"fault {n}").sum() for n in range(len(faults))))
        )
        total, *found = counts.row(0)
        for number, (phrase, count) in enumerate(zip(faults, found, strict=True)):
            if not count:
                continue
            first = ""
            if source.frame.implementation is not nw.Implementation.DUCKDB:  # whose rows have no order
                fault = frames.fetch(flagged.select(f"fault {number}"))[f"fault {number}"]
                position = np.flatnonzero(fault.fill_null(value=False).to_numpy())[0]
                first = f" (the first is row {position}, counted from 0)"
            yield ValueError(
                f"`{measure.name}` needs rows that can be right, got {int(count)} of {int(total)} that {phrase}"
                f"{first}. Correct or remove them first."
            )

    def _repeated(self, source: _Source, *, always: bool = False) -> Iterator[ValueError]:
        """Yield what stands there twice; `always` also looks where no measure depends on it."""
        if source.staffing:
            wanted: set[tuple[str, ...]] = (
                {("agent_id", "start")} if {"agent_id", "start"} <= set(source.schema) else set()
            )
        else:
            wanted = {(name,) for measure in self.measures for name in measure.unique}
            if always and any(
                "abandoned" in measure.columns or "asked" in measure.columns for measure in self.measures
            ):
                wanted.add(("contact_id",))
        for names in sorted(wanted):
            if set(names) - set(source.schema):
                continue
            columns = (frames.without_nan(name, source.schema[name], source.frame) for name in names)
            known = source.frame.select(*columns).drop_nulls()
            distinct, all_ = (
                frames.fetch(frame.select(nw.len())).item() for frame in (known.unique(list(names)), known)
            )
            if distinct < all_:
                yield ValueError(
                    f"{source.what} needs every {' and '.join(f'`{name}`' for name in names)} once, got "
                    f"{all_ - distinct} of {all_} rows again. Remove the rows that are there twice."
                )

    def _base(
        self, source: _Source, columns: Mapping[str, Kind], *, keys: bool = True, nan: bool = True
    ) -> nw.LazyFrame[Any]:
        """Return the frame of the keys, by number, and of the columns as their kinds."""
        readings = frames.readings(source.frame, source.schema, columns, empty=source.empty, nan=nan)
        groups = {}
        if keys:
            for alias, key in zip(self.aliases, self.keys, strict=True):
                column = source.key_column(key)
                if isinstance(key, Every) and column in source.empty:
                    groups[alias] = nw.lit(None, dtype=nw.Datetime("us"))
                else:
                    groups[alias] = key_expression(key, source.schema[column], source.frame, staffing=source.staffing)
        for name, kind in columns.items():
            if kind == "flag" and source.schema[name].is_numeric():
                groups[f"given {name}"] = frames.without_nan(name, source.schema[name], source.frame)
        if source.empty:  # a frame of nothing but such columns would become one row
            base = source.frame.with_columns(**groups, **readings).select(*groups, *columns)
        else:
            base = source.frame.select(**groups, **readings)
        return in_buckets(base, dict(zip(self.aliases, self.keys, strict=True))) if keys else base

    def answer(self, outputs: Mapping[str, Mapping[str, nw.Expr]], *, named: bool = False) -> nw.LazyFrame[Any]:
        """Return the outputs of each measure, expressions over its sums, one row per group, sorted by the keys.

        The columns of the keys go by a number, since one may be called like a sum, or by their names if `named`.
        """
        for source in self.sources:
            for problem in self._repeated(source):
                raise problem
        names = self.names if named else self.aliases
        keys = [nw.col(alias).alias(name) for alias, name in zip(self.aliases, names, strict=True)]
        batches = self._batches()
        if len(batches) == 1:
            made = {name: output for mine in outputs.values() for name, output in mine.items()}
            return self._sorted(self._sums(batches[0]).select(*keys, **made), names)
        parts = []
        for batch in batches:
            made = {name: output for measure in batch.measures for name, output in outputs[measure.name].items()}
            parts.append(self._sums(batch).select(*self.aliases, **made))
        columns = [name for mine in outputs.values() for name in mine]
        return self._sorted(self._stacked(parts, columns).select(*keys, *columns), names)

    def _sorted(self, frame: nw.LazyFrame[Any], names: list[str]) -> nw.LazyFrame[Any]:
        return frame.sort(*names, nulls_last=True) if names else frame

    def _stacked(self, parts: list[nw.LazyFrame[Any]], names: list[str]) -> nw.LazyFrame[Any]:
        """Put parts side by side: one above the other, then of each group the only value that is there."""
        try:
            whole = nw.concat(parts, how="diagonal")
        except Exception as error:
            if "different connections" not in str(error):
                raise
            raise UnsupportedFrameError(
                "`staffing` must come from the same DuckDB connection as `log`, got another. Load both with one."
            ) from None
        values = [nw.col(name).max() for name in names]
        if not self.keys:
            return whole.select(*values)
        return whole.group_by(*self.aliases, drop_null_keys=False).agg(*values)

    def _batches(self) -> list[_Batch]:
        batches: list[_Batch] = []
        for measure in self.measures:
            more = measure.doubt if self.doubts else None
            mappings = (
                measure.columns,
                {**measure.rows, **(more.rows if more else {})},
                {**measure.sums, **(more.sums if more else {})},
                measure.staffing_columns,
                measure.staffing_rows,
                measure.staffing_sums,
            )
            if not any(batch.take(measure, mappings) for batch in batches):
                batches.append(_Batch())
                batches[-1].take(measure, mappings)
        return batches

    def _sums(self, batch: _Batch) -> nw.LazyFrame[Any]:
        parts = []
        for source in self.sources:
            columns, rows, sums = batch.expressions[3:] if source.staffing else batch.expressions[:3]
            if columns:
                parts.append((self._aggregates(source, batch, columns, rows, sums), sums))
        if len(parts) == 1:
            return parts[0][0]
        return frames.settled(self._stacked([part for part, _ in parts], [name for _, sums in parts for name in sums]))

    def _aggregates(
        self,
        source: _Source,
        batch: _Batch,
        columns: Mapping[str, Kind],
        rows: Mapping[str, nw.Expr],
        sums: Mapping[str, nw.Expr | frames.Total],
    ) -> nw.LazyFrame[Any]:
        """Return the sums of each group, and raise if a row cannot be right.

        They are computed as if all were well; only if something may not be, NaN included, rows are looked at closely.
        """
        faults = {phrase: fault for measure in batch.measures for phrase, fault in source.faults(measure).items()}
        base = self._base(source, columns, nan=False)
        if source.frame.implementation is nw.Implementation.DUCKDB:  # saves it a pass of its own
            strange = reduce(or_, faults.values(), nw.lit(value=False))
            flagged, worst = {_FAULT: strange}, {_FAULT: nw.col(_FAULT).max()}
            found = frames.settled(self._grouped(base, source, batch, {**rows, **flagged}, {**sums, **worst}))
            doubtful = bool(found.to_native().filter(f'"{_FAULT}"').limit(1).fetchall())
        else:
            found = self._grouped(base, source, batch, rows, sums)
            flags = {f"{number}": fault for number, fault in enumerate(faults.values())}
            doubtful = bool(flags) and any(frames.fetch(base.select(**flags).select(nw.all().any())).row(0))
        if not doubtful:
            return found
        for measure in batch.measures:
            for problem in self._faults(source, measure):
                raise problem
        return frames.settled(self._grouped(self._base(source, columns), source, batch, rows, sums))

    def _grouped(
        self,
        base: nw.LazyFrame[Any],
        source: _Source,
        batch: _Batch,
        rows: Mapping[str, nw.Expr],
        sums: Mapping[str, nw.Expr | frames.Total],
    ) -> nw.LazyFrame[Any]:
        if batch.prepare and not source.staffing:
            base = batch.prepare(base)
        return frames.grouped(base.select(*self.aliases, **rows), self.aliases, sums)


def _is_time(dtype: nw.dtypes.DType) -> bool:
    return isinstance(dtype, nw.Datetime | nw.Date)


def _checked(measures: Measure | Sequence[Measure], keys: list[str | Every]) -> list[Measure]:
    measures = [measures] if isinstance(measures, Measure) else list(measures)
    if not measures:
        raise ValueError("`measures` must name at least one measure, got none. `kpi.catalogue()` lists them.")
    for measure in measures:
        if not isinstance(measure, Measure):
            raise TypeError(f"`measures` must hold measures, got {measure!r}. Call it, as in `kpi.flow_time()`.")
    for key in keys:
        if not isinstance(key, str | Every):
            raise TypeError(f'`by` must hold names of columns or `kpi.every("…")`, got {key!r}.')
    names = [*(key if isinstance(key, str) else key.name for key in keys), *(measure.name for measure in measures)]
    remedy = "more than once. Rename a measure with `dataclasses.replace(measure, name=…)`."
    _all_different("each column of the result", names, remedy)
    return measures


def _all_different(what: str, names: Sequence[str], remedy: str) -> None:
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{what} needs a name of its own, got {', '.join(map(repr, twice))} {remedy}")


def _staffing(staffing: Any | None, log: nw.LazyFrame[Any], keys: list[str | Every], needing: list[Measure]) -> _Source:
    if staffing is None:
        columns = dict.fromkeys(name for measure in needing for name in measure.staffing_columns)
        names = ", ".join(f"`{measure.name}`" for measure in needing)
        raise ValueError(
            f"{names} needs `staffing`, got none. Pass a table with the columns {', '.join(map(repr, columns))}, one "
            "row per agent and stretch of time."
        )
    frame = frames.scan("staffing", staffing)
    if frame.implementation is not log.implementation:
        raise UnsupportedFrameError(
            f"`staffing` must be of the same kind as `log`, got {frame.implementation.value} beside "
            f"{log.implementation.value}. Convert one of them."
        )
    return _Source.of(
        "the table of staffed time", frame, keys, (measure.staffing_columns for measure in needing), staffing=True
    )
