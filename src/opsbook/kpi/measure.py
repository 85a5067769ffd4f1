"""What a measure is: a definition card that can be computed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import narwhals as nw

from opsbook.frames import Kind, Total

__all__ = ["Doubt", "Measure", "Part", "over", "ratio_of_sums"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Doubt:
    """What an interval around a measure is made of.

    Attributes
    ----------
    kind : str
        ``"proportion"`` (Wilson), ``"mean"`` (normal, from the sum of squares) or ``"nps"`` (normal, of shares that
        add up).
    parts : tuple of str
        Names of sums: successes and trials; sum, count and sum of squares; promoters, detractors and answers.
    rows, sums : mapping of str to narwhals.Expr
        What only the interval needs, as in a `Measure`.

    Examples
    --------
    >>> from opsbook import kpi
    >>> kpi.asa().doubt.kind, kpi.nps().doubt.kind, kpi.occupancy().doubt
    ('mean', 'nps', None)
    """

    kind: Literal["proportion", "mean", "nps"]
    parts: tuple[str, ...]
    rows: Mapping[str, nw.Expr] = field(default_factory=dict, repr=False)
    sums: Mapping[str, nw.Expr | Total] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, eq=False, kw_only=True)
class Measure:
    """What a key performance indicator means, and how it is computed.

    Attributes
    ----------
    name : str
        The column that `table` writes. ``dataclasses.replace(measure, name="…")`` renames a measure.
    title : str
        The name for readers. It states the convention where that is not the default one; other columns, and the
        period of `turnover`, are not in it.
    family : str
        The heading of the catalogue that it stands under.
    question : str
        What a manager asks with it.
    unit : str
        The unit of the result; ``"proportion"`` lies in [0, 1].
    numerator, denominator : str
        What is divided by what, in words.
    clock : str
        Which events start and stop the clock.
    abandonment : str
        How customers count who leave before they are served; empty if there are none to leave.
    source : str
        Where the definition comes from, or that it is this book's convention.
    example : str
        The measure at its defaults, worked on the small table that `example` returns; ends with ``= value``.
    columns : mapping of str to Kind
        The columns that the log must have, and their kinds (``"number"``, ``"text"``, ``"time"``, ``"flag"``,
        ``"day"``, ``"id"``).
    rows : mapping of str to narwhals.Expr
        Expressions over `columns`, one value a row.
    sums : mapping of str to narwhals.Expr or Total
        Plain aggregates (sum, count, min, max) of one column of `rows` each; ``Total("wait", "sum")`` says the same as
        ``nw.col("wait").sum()``, and many of them are computed at once.
    ratio : narwhals.Expr
        An expression over `sums` (and `staffing_sums`); missing where the denominator is zero.
    faults : mapping of str to narwhals.Expr
        Expressions over `columns` that are true for a row that cannot be right, by a phrase that says what is wrong.
    staffing_columns, staffing_rows, staffing_sums, staffing_faults : mappings
        The same for the table that is passed as ``staffing=``; empty for a measure that needs none.
    unique : tuple of str
        Columns that must not repeat a value for the measure to be right.
    prepare : callable, optional
        Adds columns to the frame of `columns` that no expression over one row can, such as the time of the next
        contact; it keeps the rows as they are.
    doubt : Doubt, optional
        What `report` makes the interval of; without it there is none.

    Examples
    --------
    >>> from opsbook import kpi
    >>> kpi.flow_time().unit
    "the log's time unit (minutes for datetimes)"
    """

    name: str
    title: str
    unit: str
    numerator: str
    denominator: str
    clock: str
    abandonment: str
    family: str = ""
    question: str = ""
    source: str = ""
    example: str = ""
    columns: Mapping[str, Kind]
    rows: Mapping[str, nw.Expr] = field(repr=False)
    sums: Mapping[str, nw.Expr | Total] = field(repr=False)
    ratio: nw.Expr = field(repr=False)
    faults: Mapping[str, nw.Expr] = field(default_factory=dict, repr=False)
    staffing_columns: Mapping[str, Kind] = field(default_factory=dict)
    staffing_rows: Mapping[str, nw.Expr] = field(default_factory=dict, repr=False)
    staffing_sums: Mapping[str, nw.Expr | Total] = field(default_factory=dict, repr=False)
    staffing_faults: Mapping[str, nw.Expr] = field(default_factory=dict, repr=False)
    unique: tuple[str, ...] = ()
    prepare: Callable[[nw.LazyFrame[Any]], nw.LazyFrame[Any]] | None = field(default=None, repr=False)
    doubt: Doubt | None = field(default=None, repr=False)

    @property
    def nothing(self) -> str:
        """Why a value is missing: what there is none of to divide by."""
        return f"nothing to divide by ({self.denominator}: 0)"


def over(numerator: nw.Expr, denominator: nw.Expr) -> nw.Expr:
    """Return a division that is missing where the denominator is zero."""
    return nw.when(denominator != 0).then(numerator / denominator)


class Part:
    """One value a row, and what is made of it in a group: its sum, or how many there are.

    Measures that share a part are computed with it once, so parts are made once and named by what they are.
    """

    def __init__(self, name: str, row: nw.Expr, how: Literal["sum", "count"] = "sum") -> None:
        self.rows = {name: row}
        self.total = f"{name} {how}"
        self.sums: dict[str, nw.Expr | Total] = {self.total: Total(name, how)}
        self._name = name
        self._row = row

    @cached_property
    def counted(self) -> "Part":
        """How many rows have the value that this part adds up."""
        return Part(self._name, self._row, "count")

    @cached_property
    def squared(self) -> "Part":
        """The sum of the squares, which whole numbers might be too narrow for."""
        return Part(f"{self._name} squared", self._row.cast(nw.Float64) * self._row)


def ratio_of_sums(
    name: str, top: Part, bottom: Part, *, doubt: Literal["proportion", "mean"] | None = None, **card: Any
) -> Measure:
    """Return the measure of one total ÷ another.

    Parameters
    ----------
    name : str
        The measure's name.
    top, bottom : Part
        What is divided by what.
    doubt : str, optional
        ``"proportion"`` if both are flags of independent cases, ``"mean"`` if `bottom` counts the values of `top`.
    **card
        The other attributes of the measure.
    """
    made = None
    if doubt == "proportion":
        made = Doubt(kind="proportion", parts=(top.total, bottom.total))
    elif doubt == "mean":
        squares = top.squared
        made = Doubt(kind="mean", parts=(top.total, bottom.total, squares.total), rows=squares.rows, sums=squares.sums)
    return Measure(
        name=name,
        rows=top.rows | bottom.rows,
        sums=top.sums | bottom.sums,
        ratio=over(nw.col(top.total), nw.col(bottom.total)),
        doubt=made,
        **card,
    )
