"""A table from a foreign system as a frame with the names and kinds that measures expect, or a list of problems."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from opsbook import files
from opsbook.frames import Kind
from opsbook.reporting.columns import Column, Faults, Options, TextIdsError, column, missing_marks
from opsbook.validation import nearest

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Table"]

_MARKS: Final = (",", ";", "\t", "|")
_SEP: Final = re.compile(r"sep=(.)\n")
_SHORT_NUMBER: Final = re.compile(r"0|[1-9]\d{0,14}", re.ASCII)
_NEWLINE: Final = 10
_TITLES: Final = 20  # lines in which the names may stand below a title
_TOTAL: Final = re.compile(r"(?:grand |sub-?)?totals?|sum|summe|gesamt|average|mittelwert", re.IGNORECASE)


class Table:
    """A CSV file: its columns by our names, and its rows once they are asked for.

    Attributes
    ----------
    file : pathlib.Path
        The file.
    theirs : dict of str to str
        Our name of a column → the name in the file.
    problems : list of str
        What is wrong with the file, each with its place.
    """

    def __init__(self, file: Path, *, encoding: str | None, progress: Callable[[float], None] | None) -> None:
        self.file = file
        self.encoding = encoding
        self.progress = progress
        self.problems: list[str] = []
        self.theirs: dict[str, str] = {}
        self.notes: list[str] = []
        self._places: dict[str, int] = {}
        self._mark = ","
        self._before = 0  # bytes up to the first row
        self._rows_before = 1
        self._width = 0
        try:
            first = next(files.blocks(file, encoding=encoding), b"")
        except files.UnreadableFileError as error:
            self._unreadable(error)
            return
        self._read_names(first)

    def problem(self, said: str) -> None:
        """Note a problem of the file."""
        self.problems.append(f"{self.file}: {said}")

    def _unreadable(self, error: files.UnreadableFileError) -> None:
        hint = ", or name its encoding, as in --encoding cp1252." if type(error) is files.UndecodableFileError else "."
        self.problems.append(f"{str(error).removesuffix('.')}{hint}")

    def _read_names(self, first: bytes) -> None:
        text = first.decode()
        told = _SEP.match(text)
        start = text[told.end() if told else 0 :]
        skipped = start[: len(start) - len(start.lstrip("\n"))]
        start = start[len(skipped) :]
        if not start.strip():
            self.problem("needs a row of column names, got an empty file. Export it again.")
            return
        line = start.partition("\n")[0]
        self._mark = told[1] if told else max(_MARKS, key=line.count)
        reader = csv.reader(io.StringIO(start, newline=""), delimiter=self._mark)
        try:
            names = [name.strip() for name in next(reader)]
        except csv.Error as error:
            self.problem(f"needs a row of column names, got a row that cannot be read ({error}). Export it again.")
            return
        below = start.split("\n")[1:_TITLES] if sum(map(bool, names)) == 1 else []
        place = next((place for place, line in enumerate(below, 2) if len(_filled(line)) > 2), None)  # noqa: PLR2004 -- more than a number with a comma
        if place:
            self.problem(
                f"must begin with the row of column names, got {next(filter(None, names))!r} and rows of several cells "
                f"from line {len(skipped) + place + bool(told)} on. Remove what stands above the names."
            )
            return
        self._width = len(names)
        self._rows_before = len(skipped) + (2 if told else 1)
        lines = start.split("\n", reader.line_num)[: reader.line_num]
        self._before = len(first) - len(start.encode()) + sum(len(line.encode()) + 1 for line in lines)
        twice = sorted({name for name in names if name and names.count(name) > 1})
        if twice:
            self.problem(f"must name each column once, got {_listed(twice)} more often. Rename or remove one.")
        self._places = {name: place for place, name in enumerate(names) if name}
        self.theirs = {name: name for name in self._places}

    def rename(self, mapping: Mapping[str, str], standard: Mapping[str, Kind]) -> None:
        """Give columns our names: those of the mapping, and those that differ from ours only in case and blanks."""
        ours: dict[str, str] = {}
        for name in self._places:
            if name in mapping:
                wanted = mapping[name]
                if wanted in ours:
                    self.problem(
                        f"must have one column for {wanted!r}, got {ours[wanted]!r} and {name!r} from the mapping. "
                        "Remove one from it."
                    )
                ours.setdefault(wanted, name)
        for name in self._places:
            if name in mapping:
                continue
            plain = re.sub(r"[\s-]+", "_", name.lower())
            wanted = plain if plain in standard and plain not in self._places and plain not in ours else name
            if wanted in ours:
                self.problem(
                    f"must have one column for {wanted!r}, got a column of that name and {ours[wanted]!r} from the "
                    "mapping. Map the other one to another name too."
                )
            ours.setdefault(wanted, name)
        self.theirs = ours

    def said(self, name: str) -> str:
        """Return our name of a column and, where it is another, theirs."""
        return name if self.theirs.get(name, name) == name else f"{name} ({self.theirs[name]!r} in the file)"

    def missing(self, needed: Mapping[str, str]) -> None:
        """Note the columns that are needed and not there; `needed` says for what."""
        lost = {name: why for name, why in needed.items() if name not in self.theirs}
        for name, why in lost.items():
            near = nearest(name, self.theirs)
            hint = f"Perhaps {near!r}? Map it with --mapping." if near else "Add it, or map yours with --mapping."
            self.problem(f"needs the column {name!r} for {why}. {hint}")
        if lost:
            self.problems[-1] += f"\n    The file has {_listed(list(self.theirs.values()))}."

    def read(self, wanted: Mapping[str, Kind], options: Options) -> "pd.DataFrame":
        """Return the columns of `wanted` that are there; the index holds the rows as a spreadsheet counts them."""
        wanted = {name: kind for name, kind in wanted.items() if name in self.theirs}
        try:
            return self._read(wanted, options, word_ids=self._words_as_ids(wanted))
        except TextIdsError:
            return self._read(wanted, options, word_ids=True)

    def _words_as_ids(self, wanted: Mapping[str, Kind]) -> bool:
        """Say whether ids of the first block are more than short numbers, such as 0042 or a1."""
        ids = [self._places[self.theirs[name]] for name, kind in wanted.items() if kind == "id"]
        if not ids:
            return False
        for block in self._blocks(None):
            try:
                texts = self._parsed(block, dict.fromkeys(ids, "str"), {place: [""] for place in ids})
            except ValueError:  # the parser's own error, which tells itself when the rows are read
                return True
            return any(
                not _SHORT_NUMBER.fullmatch(text.removesuffix(".0"))
                for place in ids
                for text in texts[place].dropna().unique()
                if text not in set(missing_marks("id"))
            )
        return False

    def _blocks(self, progress: Callable[[float], None] | None) -> Iterator[bytes]:
        skip = self._before
        for block in files.blocks(self.file, encoding=self.encoding, progress=progress):
            rest = block[skip:]
            skip = 0
            if rest:
                yield rest

    def _parsed(self, block: bytes, dtypes: Mapping[int, str | None], marks: Mapping[int, list[str]]) -> "pd.DataFrame":
        import pandas as pd  # noqa: PLC0415 - a table is read with it

        read: Any = pd.read_csv  # whose types do not know columns by number
        found: pd.DataFrame = read(
            io.BytesIO(block),
            sep=self._mark,
            header=None,
            names=list(range(self._width)),
            usecols=list(marks),
            index_col=False,
            dtype={place: dtype for place, dtype in dtypes.items() if dtype},
            na_values=dict(marks),
            keep_default_na=False,
            engine="c",
            low_memory=False,
        )
        return found

    def _read(self, wanted: Mapping[str, Kind], options: Options, *, word_ids: bool) -> "pd.DataFrame":
        import pandas as pd  # noqa: PLC0415 - as above

        options = replace(options, grouped=self._mark != ",")
        places = {name: self._places[self.theirs[name]] for name in wanted}
        columns: dict[str, Column] = {
            name: column(name, kind, options, word_ids=word_ids) for name, kind in wanted.items()
        }
        dtypes = {places[name]: made.dtype for name, made in columns.items()}
        marks = {places[name]: list(missing_marks(kind)) for name, kind in wanted.items()}
        marks = marks or {0: [""]}
        rows = self._gathered({places[name]: made for name, made in columns.items()}, dtypes, marks)
        if not rows:
            if not self.problems:
                self.problem("needs at least one row below the column names, got none. Export it again.")
            return pd.DataFrame({name: [] for name in wanted})
        index = np.concatenate(rows)
        whole = {}
        for name, each in columns.items():
            faults = Faults()
            whole[name] = each.finish(index, faults)
            self.problems += [f"{self.file}: {self.said(name)}: {said}" for said in faults.found]
            self.notes += [f"{self.said(name)}: {said}." for said in faults.notes]
        return pd.DataFrame(whole, index=pd.Index(index, name="row"), copy=False)

    def _gathered(
        self, columns: Mapping[int, Column], dtypes: Mapping[int, str | None], marks: Mapping[int, list[str]]
    ) -> list[NDArray[np.int32]]:
        """Hand the cells of all sound rows to their columns, and return the numbers of these rows."""
        form = _Form(self._mark, self._width, self._rows_before)
        rows: list[NDArray[np.int32]] = []
        last = b""
        try:
            for block in self._blocks(self.progress):
                sound, numbers = form.check(block)
                parsed = self._parsed(sound, dtypes, marks) if len(numbers) else None
                if parsed is not None and len(parsed) == len(numbers):
                    rows.append(numbers)
                    last = sound.rstrip(b"\n").rpartition(b"\n")[2]
                    for place, made in columns.items():
                        made.add(parsed[place])
                elif parsed is not None:
                    form.faults.found.append(
                        f"rows {numbers[0]} to {numbers[-1]} must have quotation marks only in pairs around whole "
                        "cells, got others. Mend them."
                    )
                if form.broken:
                    break
        except files.UnreadableFileError as error:
            self._unreadable(error)
        except TextIdsError:
            raise
        except ValueError as error:  # the parser's own
            self.problem(f"must be separated values, got what is none ({str(error).strip()}). Mend it.")
        self.problems += [f"{self.file}: {said}" for said in form.told()]
        cells = _filled(last.decode())
        if rows and cells and _TOTAL.fullmatch(cells[0].rstrip(":")):
            self.problem(
                f"must hold nothing but its rows, got {cells[0]!r} in row {rows[-1][-1]}, the last. Remove it."
            )
        return rows


class _Form:
    """Whether every row has as many cells as there are names, counted without parsing where no cell is quoted."""

    def __init__(self, mark: str, width: int, rows_before: int) -> None:
        self.mark = mark
        self.width = width
        self.next = rows_before + 1
        self.faults = Faults()
        self.broken = False
        self.wrong: dict[int, list[int]] = {}

    def check(self, block: bytes) -> tuple[bytes, NDArray[np.int32]]:
        """Return the block without blank and broken rows, and the numbers of the rows that are left."""
        if not block.endswith(b"\n"):
            block += b"\n"
        if b'"' in block:
            return self._quoted(block)
        array = np.frombuffer(block, dtype=np.uint8)
        ends = np.flatnonzero(array == _NEWLINE)
        marks = np.flatnonzero(array == ord(self.mark))
        counts = np.diff(np.searchsorted(marks, ends), prepend=0)
        lengths = np.diff(ends, prepend=-1) - 1
        numbers = np.arange(self.next, self.next + len(ends), dtype=np.int32)
        self.next += len(ends)
        # A row of nothing but separators is a blank one of a spreadsheet.
        blank = lengths == counts
        good = (counts == self.width - 1) & ~blank
        if good.all():
            return block, numbers
        for place in np.flatnonzero(~good):
            line = block[ends[place] - lengths[place] : ends[place]]
            if not blank[place] and line.strip():
                self.wrong.setdefault(int(counts[place]) + 1, []).append(int(numbers[place]))
        lines = block.split(b"\n")
        return b"\n".join(lines[place] for place in np.flatnonzero(good)) + b"\n", numbers[good]

    def _quoted(self, block: bytes) -> tuple[bytes, NDArray[np.int32]]:
        reader = csv.reader(io.StringIO(block.decode(), newline=""), delimiter=self.mark, strict=True)
        good: list[int] = []
        lines, start, kept = block.split(b"\n"), 0, []
        try:
            for row in reader:
                if len(row) == self.width and any(row):
                    good.append(self.next)
                    kept += lines[start : reader.line_num]
                elif any(cell.strip() for cell in row):
                    self.wrong.setdefault(len(row), []).append(self.next)
                start = reader.line_num
                self.next += 1
        except csv.Error as error:
            self.faults.found.append(
                f"row {self.next} must have its quotation marks in pairs around whole cells, got one that is not "
                f"({error}). Mend it; rows below it were not read."
            )
            self.broken = True
        return b"\n".join(kept) + b"\n" if kept else b"", np.array(good, dtype=np.int32)

    def told(self) -> list[str]:
        """Return what is wrong with the form of rows."""
        for width, rows in sorted(self.wrong.items()):
            self.faults.add(
                f"rows must have {self.width} cells like the column names",
                "Add or remove separators, or rows that are no contacts.",
                np.array(rows),
                lambda _, width=width: f"{width} cell{'s' * (width > 1)}",  # type: ignore[misc]
            )
        return self.faults.found


def _filled(line: str) -> list[str]:
    return [cell for cell in (cell.strip(' "') for cell in re.split(r"[,;\t|]", line)) if cell]


def _listed(names: list[str]) -> str:
    return ", ".join(map(repr, names))
