"""A spreadsheet recalculated by `formulas`, which is neither ours nor the writer of the file."""

import re
import zipfile
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import formulas
import numpy as np
import schedula

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
# A text, which is left alone, or a cell or a range, on its own or on another sheet.
TOKEN = re.compile(
    r"""("(?:[^"]|"")*")|((?:'(?:[^']|'')+'|[A-Za-z]\w*)!)?(\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?)(?![\w(.])"""
)
NAME = re.compile(r"(\$?)([A-Z]+)(\$?)(\d+)")

Cell = tuple[str, str]
RESULTS: dict[tuple[Any, ...], Any] = {}


@cache
def compiled(formula: str) -> Any:
    return formulas.Parser().ast(formula)[1].compile()


class Spreadsheet:
    """The cells of a file: what is stored in them, and what their formulas give after some inputs have changed."""

    def __init__(self, path: Path) -> None:
        self.stored: dict[Cell, Any] = {}
        self.formulas: dict[Cell, str] = {}
        with zipfile.ZipFile(path) as archive:
            self.parts = {name: archive.read(name) for name in archive.namelist()}
        texts = [
            "".join(text.text or "" for text in each.iter(f"{MAIN}t"))
            for each in self.xml("xl/sharedStrings.xml").iter(f"{MAIN}si")
        ]
        book = self.xml("xl/workbook.xml")
        self.sheets = [each.attrib["name"] for each in book.iter(f"{MAIN}sheet")]
        self.names = {
            each.attrib["name"].upper(): self.place(each.text or "")
            for each in book.iter(f"{MAIN}definedName")
            if not each.attrib["name"].startswith("_xlnm")
        }
        for number, sheet in enumerate(self.sheets, 1):
            for cell in self.xml(f"xl/worksheets/sheet{number}.xml").iter(f"{MAIN}c"):
                where = (sheet, cell.attrib["r"])
                value, formula = cell.find(f"{MAIN}v"), cell.find(f"{MAIN}f")
                if formula is not None:
                    self.formulas[where] = f"={formula.text}"
                if value is not None:
                    text, kind = value.text or "", cell.attrib.get("t", "n")
                    kinds = {
                        "s": lambda text: texts[int(text)],
                        "str": str,
                        "b": lambda text: text == "1",
                        "n": lambda text: float(text) if text else "",
                    }
                    self.stored[where] = kinds[kind](text)

    def xml(self, part: str) -> ET.Element:
        return ET.fromstring(self.parts[part])

    @staticmethod
    def place(address: str) -> Cell:
        sheet, _, cell = address.rpartition("!")
        return sheet.strip("'").replace("''", "'"), cell.replace("$", "")

    def after(self, **changes: Any) -> "Sums":
        """Return the sheet after changes of named inputs; change a cell by `Sums.set`."""
        sums = Sums(self)
        for name, value in changes.items():
            sums.set(*self.names[name.upper()], value)
        return sums


class Sums:
    """One recalculation."""

    def __init__(self, sheet: Spreadsheet) -> None:
        self.sheet = sheet
        self.known: dict[Cell, Any] = {
            where: each for where, each in sheet.stored.items() if where not in sheet.formulas
        }

    def set(self, sheet: str, cell: str, value: Any) -> None:
        assert (sheet, cell) not in self.sheet.formulas
        self.known[sheet, cell] = schedula.EMPTY if value is None else value

    def __getitem__(self, where: Cell) -> Any:
        if where not in self.known:
            formula = self.sheet.formulas.get(where)
            self.known[where] = schedula.EMPTY if formula is None else self.computed(where[0], formula)
        return self.known[where]

    def computed(self, sheet: str, formula: str) -> Any:
        given: dict[str, Any] = {}

        def replace(match: re.Match[str]) -> str:
            if match[1]:
                return match[1]
            name = f"REF_{len(given)}_"
            given[name] = self.area(*Spreadsheet.place((match[2] or f"{sheet}!") + match[3]))
            return name

        text = TOKEN.sub(replace, formula)
        function = compiled(text)
        values = [given[name] if name in given else self.area(*self.sheet.names[name]) for name in function.inputs]
        # Most cells stay as they were from one change to the next.
        key = (text, tuple(tuple(each.ravel()) if isinstance(each, np.ndarray) else each for each in values))
        if key not in RESULTS:
            result = np.asarray(function(*values), dtype=object).ravel()
            assert result.size == 1, formula
            RESULTS[key] = result[0]
        return RESULTS[key]

    def area(self, sheet: str, address: str) -> Any:
        if ":" not in address:
            return np.array([[self[sheet, address]]], dtype=object)
        (_, left, _, top), (_, right, _, bottom) = NAME.findall(address)
        columns = [letters(number) for number in range(position(left), position(right) + 1)]
        rows = range(int(top), int(bottom) + 1)
        return np.array([[self[sheet, f"{column}{row}"] for column in columns] for row in rows], dtype=object)


def position(column: str) -> int:
    number = 0
    for letter in column:
        number = 26 * number + ord(letter) - 64
    return number


def letters(number: int) -> str:
    text = ""
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text
