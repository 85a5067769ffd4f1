"""One column of a file, gathered block by block: kept small, and understood once all of it is there."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from opsbook.frames import Kind
from opsbook.reporting import cells
from opsbook.reporting.cells import DateOrder, Decimal

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Column", "Faults", "Options", "TextIdsError", "column", "missing_marks"]

_LISTED: Final = 6  # words of a flag that a note names
_NAMED: Final = 3  # different faults that a message names one by one
_LOOKED_AT: Final = 1000  # rows in which they are looked for
_EXACT: Final = 2**53  # whole numbers below this are exact as floats
_SHORTEST_DATE: Final = 10
_MINUTE_US: Final = 60_000_000
_ISO: Final = "2026-03-02T08:30"


class TextIdsError(ValueError):
    """Ids that began as numbers turn out to be words; the file must be read again."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to read what has more than one meaning; None asks where it matters.

    Attributes
    ----------
    dates, decimal, zone
        The order of day and month, the mark before decimals, and whose clock tells the day.
    grouped : bool
        Whether a point may stand between thousands, as where cells are not parted by commas.
    units : mapping of str to (str, float)
        Columns that are not in seconds, with the name of their unit and how many seconds it has.
    yes : mapping of str to tuple of str
        Flags whose words say something else than yes and no, with those that mean yes.
    """

    dates: DateOrder | None = None
    decimal: Decimal | None = None
    zone: dt.tzinfo | None = None
    grouped: bool = False
    units: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    yes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Faults:
    """What is wrong in a column: each rule with how often and where it is broken."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.notes: list[str] = []

    def add(self, rule: str, hint: str, rows: NDArray[Any], said: Callable[[int], str] | None = None) -> None:
        """Note that rows break a rule; `said` returns what stands in the row at a position of `rows`."""
        if not len(rows):
            return
        named: list[str] = []
        seen: set[str] = set()
        for place in range(min(len(rows), _LOOKED_AT)):
            words = said(place) if said else str(place)
            if words not in seen and len(seen) < _NAMED:
                named.append(f"{words} in row {rows[place]}" if said else f"row {rows[place]}")
            seen.add(words)
        if rest := len(rows) - len(named):
            named.append(f"{rest:,} row{'s' * (rest > 1)} more")
        listed = " and ".join(filter(None, [", ".join(named[:-1]), named[-1]]))
        self.found.append(f"{rule}, got {listed}. {hint}")


class Column(Protocol):
    """A column while it is being read."""

    dtype: str | None

    def add(self, series: "pd.Series[Any]") -> None:
        """Take the cells of a block."""

    def finish(self, rows: NDArray[Any], faults: Faults) -> Any:
        """Return the whole column, and note what is wrong in which of `rows`."""


class _Texts:
    """Different texts by number, in the order in which they came."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def codes(self, series: "pd.Series[Any]") -> NDArray[np.int32]:
        """Return the numbers of the texts of a block; -1 where there is none."""
        if series.dtype == "category":
            codes, texts = series.cat.codes.to_numpy(), series.cat.categories
        else:
            import pandas as pd  # noqa: PLC0415 - loaded by then

            codes, texts = pd.factorize(series)
        known = [self.numbers.setdefault(str(text), len(self.numbers)) for text in texts]
        return np.array([*known, -1], dtype=np.int32)[codes]


class _Plain:
    """Numbers and flags: most of them as the parser gives them, the others as texts to be understood at the end."""

    dtype: str | None = None

    def __init__(self) -> None:
        self.texts = _Texts()
        self.pieces: list[tuple[NDArray[np.float64] | None, NDArray[np.int32] | None]] = []

    def add(self, series: "pd.Series[Any]") -> None:
        """Take the cells of a block."""
        if self.taken(series):
            self.pieces.append((series.to_numpy(dtype=np.float64, na_value=np.nan), None))
        else:
            self.pieces.append((None, self.texts.codes(series)))

    def taken(self, series: "pd.Series[Any]") -> bool:
        raise NotImplementedError

    def whole(self, meaning: Callable[[str], float | None]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return the values, and where a text has no meaning."""
        known = [meaning(text) for text in self.texts.numbers]
        values = np.array([*(np.nan if value is None else value for value in known), np.nan])
        wrong = np.array([*(value is None for value in known), False])
        return (
            np.concatenate([values[codes] if numbers is None else numbers for numbers, codes in self.pieces]),
            np.concatenate(
                [
                    np.zeros(len(numbers), bool) if numbers is not None else wrong[codes]
                    for numbers, codes in self.pieces
                ]
            ),
        )

    def said(self, places: NDArray[Any]) -> Callable[[int], str]:
        """Return what tells the text or number at a position of `places`."""
        texts = list(self.texts.numbers)
        ends = np.cumsum([len(numbers) if numbers is not None else len(codes) for numbers, codes in self.pieces])  # type: ignore[arg-type]

        def text(position: int) -> str:
            place = int(places[position])
            piece = int(np.searchsorted(ends, place, side="right"))
            numbers, codes = self.pieces[piece]
            inside = place - (int(ends[piece - 1]) if piece else 0)
            return f"{numbers[inside]:g}" if numbers is not None else repr(texts[codes[inside]])  # type: ignore[index]

        return text


class _Numbers(_Plain):
    def __init__(self, name: str, options: Options) -> None:
        super().__init__()
        self.options = options
        self.unit = options.units.get(name)
        self.seconds = name.endswith("_s") and self.unit is None
        if options.decimal == "comma" or (options.grouped and options.decimal is None):  # 1.250 may be a thousand
            self.dtype = "str"

    def taken(self, series: "pd.Series[Any]") -> bool:
        return series.dtype.kind in "iuf"

    def finish(self, rows: NDArray[Any], faults: Faults) -> Any:
        points = any(numbers is not None and _with_decimals(numbers) for numbers, _ in self.pieces)
        decimal = self.options.decimal or cells.decimal_mark(
            self.texts.numbers, points=points, grouped=self.options.grouped
        )
        values, wrong = self.whole(lambda text: cells.number(text, decimal=decimal or "comma", seconds=self.seconds))
        places = np.flatnonzero(wrong | np.isinf(values))
        hint = "Write plain digits" + (", or a duration as h:mm:ss." if self.seconds else ".")
        faults.add("must be a number", hint, rows[places], self.said(places))
        if decimal is None:
            mark, said = (",", "comma") if any("," in text for text in self.texts.numbers) else (".", "point")
            either = next(text for text in self.texts.numbers if mark in text)
            faults.found.append(
                f"must be a number with one meaning, got {either!r}, whose {said} may stand before decimals or "
                "between thousands. Say which with --decimal comma or --decimal point."
            )
        if self.unit is None:
            return values
        faults.notes.append(f"was read as {self.unit[0]}")
        return values * self.unit[1]


def _with_decimals(numbers: NDArray[np.float64]) -> bool:
    return bool((np.floor(numbers) < numbers).any())


class _Flags(_Plain):
    def __init__(self, yes: tuple[str, ...]) -> None:
        super().__init__()
        self.yes = {word.casefold() for word in yes}
        if yes:
            self.dtype = "str"

    def taken(self, series: "pd.Series[Any]") -> bool:
        if series.dtype.kind == "b":
            return True
        return series.dtype.kind in "iuf" and bool(series.isin([0, 1]).eq(series.notna()).all())

    def finish(self, rows: NDArray[Any], faults: Faults) -> Any:
        import pandas as pd  # noqa: PLC0415 - loaded by then

        if self.yes:
            values, wrong = self.whole(lambda text: text.strip().casefold() in self.yes)
            said: tuple[list[str], list[str]] = ([], [])
            for text in self.texts.numbers:
                said[text.strip().casefold() in self.yes].append(repr(text.strip()))
            no, yes = (", ".join(words[:_LISTED]) + ", …" * (len(words) > _LISTED) or "nothing" for words in said)
            faults.notes.append(f"{yes} means yes, {no} means no")
        else:
            values, wrong = self.whole(cells.flag)
        places = np.flatnonzero(wrong)
        faults.add(
            "must be yes or no, true or false, 1 or 0",
            "Write one of them, or say in a mapping file which words mean yes.",
            rows[places],
            self.said(places),
        )
        missing = np.isnan(values)
        if not missing.any():
            return values == 1
        return pd.arrays.BooleanArray(values == 1, missing)


class _Words:
    """Keys: few different words in many rows."""

    dtype: str | None = "category"

    def __init__(self) -> None:
        self.texts = _Texts()
        self.pieces: list[NDArray[np.int32]] = []

    def add(self, series: "pd.Series[Any]") -> None:
        self.pieces.append(self.texts.codes(series))

    def finish(self, rows: NDArray[Any], faults: Faults) -> Any:  # noqa: ARG002 - any word is right
        import pandas as pd  # noqa: PLC0415 - loaded by then

        said = [text.strip() for text in self.texts.numbers]
        words = sorted({word for word in said if word}, key=_in_order)
        places = {word: place for place, word in enumerate(words)}
        codes = np.array([*(places.get(word, -1) for word in said), -1], dtype=np.int32)
        return pd.Categorical.from_codes(codes[np.concatenate(self.pieces)], categories=pd.Index(words, dtype="str"))


def _in_order(word: str) -> tuple[float, str]:
    value = cells.number(word, decimal="point", seconds=False)
    return (np.inf if value is None else value, word)


class _Ids:
    """Ids: numbers where all of them are short ones, words otherwise."""

    def __init__(self, *, words: bool) -> None:
        self.dtype = "str" if words else None
        self.words = words
        self.pieces: list[Any] = []

    def add(self, series: "pd.Series[Any]") -> None:
        if not self.words and (series.dtype.kind not in "iuf" or (series.abs() >= _EXACT).any()):
            raise TextIdsError
        self.pieces.append(series)

    def finish(self, rows: NDArray[Any], faults: Faults) -> Any:  # noqa: ARG002 - any id is right
        import pandas as pd  # noqa: PLC0415 - loaded by then

        return pd.concat(self.pieces, ignore_index=True).array


class _Times:
    """Times: ISO ones as such, others as day, clock and offset, whose order of day and month shows at the end."""

    dtype: str | None = "str"

    def __init__(self, options: Options, *, days: bool) -> None:
        self.options = options
        self.days = days
        self.moments = _Texts()
        self.parts: list[cells.Moment | None] = []
        self.pieces: list[tuple[NDArray[Any] | None, NDArray[np.int32] | None]] = []

    def add(self, series: "pd.Series[Any]") -> None:
        parsed = _iso(series)
        self.pieces.append((parsed, None) if parsed is not None else (None, self.moments.codes(series)))

    def finish(self, rows: NDArray[Any], faults: Faults) -> Any:
        texts = list(self.moments.numbers)
        known = list(map(cells.moment, texts))
        dates = dict.fromkeys(each.date for each in known if each)
        order, either = cells.order_of(dates)
        order = self.options.dates or order
        if order is None and either:
            faults.found.append(
                f"must be a date with one meaning, got {either!r} and nothing that tells the day from the month. "
                "Say which comes first with --dates day-first or --dates month-first."
            )
        days = {text: cells.date(text, order or "day-first") for text in dates}
        local, ahead = np.full(len(texts) + 1, np.datetime64("NaT", "us")), np.full(len(texts) + 1, np.nan)
        for place, parts in enumerate(known):
            day = parts and days[parts.date]
            time = parts and cells.clock(parts.clock)
            minutes = cells.offset(parts.offset) if parts and parts.offset else 0
            if parts and day and time is not None and minutes is not None:
                local[place] = np.datetime64(day, "us") + np.timedelta64(time, "us")
                ahead[place] = minutes if parts.offset else np.nan
        values = np.concatenate([local[codes] if iso is None else iso for iso, codes in self.pieces])
        offsets = np.concatenate(
            [np.full(len(iso), np.nan) if iso is not None else ahead[codes] for iso, codes in self.pieces]
        )
        codes = np.concatenate(
            [codes if iso is None else np.full(len(iso), -1, np.int32) for iso, codes in self.pieces]
        )
        places = np.flatnonzero((codes >= 0) & np.isnat(values))
        faults.add(
            f"must be a time such as {_ISO}", "Rewrite it.", rows[places], lambda at: repr(texts[codes[places[at]]])
        )
        return self._on_one_clock(values, offsets, rows, faults)

    def _on_one_clock(
        self, values: NDArray[Any], offsets: NDArray[Any], rows: NDArray[Any], faults: Faults
    ) -> NDArray[Any]:
        there = ~np.isnat(values)
        with_offset = there & ~np.isnan(offsets)
        if with_offset.any() and (without := there & ~with_offset).any():
            few = with_offset if with_offset.sum() <= without.sum() else without
            faults.add(
                "must have an offset from UTC everywhere or nowhere, here "
                + ("most have none" if few is with_offset else "most have one"),
                "Write them alike.",
                rows[np.flatnonzero(few)],
            )
        elif with_offset.any():
            if self.options.zone is not None:
                values = _moved(values, offsets, self.options.zone)
            elif len(different := np.unique(offsets[with_offset])) > 1:
                first = [int(rows[np.flatnonzero(offsets == minutes)[0]]) for minutes in different[:2]]
                said = " and ".join(
                    f"{_offset(minutes)} in row {row}" for minutes, row in zip(different[:2], first, strict=True)
                )
                faults.found.append(
                    f"must all be on one clock, got {said}. Say on whose clock days begin, for example with "
                    "--timezone Europe/Berlin."
                )
            else:
                faults.notes.append(f"days and hours are told by the clock of the file, UTC{_offset(different[0])}")
        elif there.any() and self.options.zone is not None:
            faults.found.append(
                "must have an offset from UTC to be moved to another clock, got none. Leave --timezone out."
            )
        return values.astype("datetime64[D]").astype("datetime64[us]") if self.days else values


def _iso(series: "pd.Series[Any]") -> NDArray[Any] | None:
    """Return a block of plain ISO times; None if it may hold anything else."""
    import pandas as pd  # noqa: PLC0415 - loaded by then

    there = series.notna()
    if not there.any():
        return np.full(len(series), np.datetime64("NaT", "us"))
    if min(map(len, series[there])) < _SHORTEST_DATE:
        return None
    try:
        parsed = pd.to_datetime(series, format="ISO8601", errors="coerce")
    except ValueError:
        return None
    if parsed.dtype.kind != "M" or getattr(parsed.dtype, "tz", None) is not None or (parsed.isna() & there).any():
        return None
    return parsed.to_numpy().astype("datetime64[us]")


def _offset(minutes: float) -> str:
    hours, rest = divmod(abs(int(minutes)), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


def _moved(values: NDArray[Any], offsets: NDArray[Any], zone: dt.tzinfo) -> NDArray[Any]:
    """Return what the clock of a zone shows at these times."""
    import pandas as pd  # noqa: PLC0415 - loaded by then

    instants = values - (np.nan_to_num(offsets) * _MINUTE_US).astype("timedelta64[us]")
    shown = pd.DatetimeIndex(instants).tz_localize("UTC").tz_convert(zone).tz_localize(None)
    return np.asarray(shown.to_numpy().astype("datetime64[us]"))


def column(name: str, kind: Kind, options: Options, *, word_ids: bool) -> Column:
    """Return what reads a column of a kind."""
    if kind == "number":
        return _Numbers(name, options)
    if kind == "flag":
        return _Flags(options.yes.get(name, ()))
    if kind == "id":
        return _Ids(words=word_ids)
    if kind in ("time", "day"):
        return _Times(options, days=kind == "day")
    return _Words()


def missing_marks(kind: Kind) -> Iterator[str]:
    """Yield what stands for a missing value in a column of a kind."""
    yield from ("",) if kind == "text" else cells.MISSING
