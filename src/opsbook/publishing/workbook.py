"""The workbook for those who plan in a spreadsheet: Little's law and Erlang C staffing in live formulas."""

import math
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell  # type: ignore[import-untyped]

from opsbook import queues, staffing

__all__ = ["FILE", "write"]

_Sheet = Any  # of xlsxwriter, which has no types
FILE: Final = "queues-and-staffing.xlsx"
LITTLE: Final = "Little's law"
STAFFING: Final = "Erlang C staffing"
SEARCH: Final = "Search"
# One day of an invented call centre, by the half hour from midnight.
CONTACTS: Final = (
    *(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 9),
    *(38, 61, 84, 97, 104, 108, 99, 88, 71, 66, 74, 82, 86, 84, 79, 73),
    *(68, 60, 49, 38, 30, 24, 19, 15, 9, 6, 0, 0, 0, 0, 0, 0),
)
SETTINGS: Final = {
    "aht": ("Average handling time", 240, "seconds per contact"),
    "target": ("Service level to reach", 0.8, "share of contacts"),
    "threshold": ("… answered within", 20, "seconds"),
    "shrinkage": ("Shrinkage", 0.3, "share of paid time"),
    "interval_min": ("Length of an interval", 30, "minutes"),
}
TRIED: Final = 64  # numbers of agents that the search looks at, from the smallest stable one
_FIRST = 4  # row of the first interval on both sheets, counted from 0
_LAST = _FIRST + len(CONTACTS) - 1
_GRID = 5  # first column of the search's service levels
_NONE = "–"
_DIGITS = 1 - 1e-12  # a target counts as met when it is met to twelve digits, as in `staffing`
_WHEN = datetime(2026, 1, 1)  # noqa: DTZ001 - the same file from every build, and the format knows no zone


class _Book:
    """The workbook being written, with the few looks that its cells have."""

    def __init__(self, path: Path) -> None:
        self.book = xlsxwriter.Workbook(str(path), {"default_date_format": "hh:mm"})
        self.book.set_properties(
            {
                "title": "Queues and staffing",
                "subject": "Little's law and Erlang C staffing with live formulas",
                "author": "The opsbook authors",
                "comments": "Comes with opsbook, an open course on service operations. CC BY 4.0.",
                "created": _WHEN,
            }
        )
        self._looks: dict[tuple[str, str], Any] = {}

    def look(self, kind: str, number: str = "General") -> Any:
        """Return a format: title, note, label, head, input, result or message, with a number format."""
        key = (kind, number)
        if key not in self._looks:
            properties: dict[str, Any] = {"num_format": number, "valign": "top", "font_size": 11}
            kinds: dict[str, dict[str, Any]] = {
                "title": {"bold": True, "font_size": 16},
                "heading": {"bold": True, "font_size": 13, "text_wrap": True},
                "note": {"text_wrap": True},
                "label": {"text_wrap": True},
                "unit": {"indent": 1, "align": "left"},
                "head": {"bold": True, "text_wrap": True, "bottom": 2, "valign": "bottom", "align": "right"},
                "head left": {"bold": True, "text_wrap": True, "bottom": 2, "valign": "bottom"},
                "head unit": {"bold": True, "bottom": 2, "valign": "bottom", "indent": 1, "align": "left"},
                "input": {"bg_color": "#FFF6D6", "border": 2, "align": "right"},
                "result": {"bottom": 7, "align": "right"},
                "strong": {"bottom": 7, "align": "right", "bold": True},
                "message": {"bold": True, "text_wrap": True},
                "line": {"bold": True, "indent": 1, "align": "left"},
            }
            self._looks[key] = self.book.add_format(properties | kinds[kind])
        return self._looks[key]

    def sheet(self, name: str, *, repeat: int | None = None) -> _Sheet:
        """Add a sheet that prints on the width of a page, with the rows above `repeat` on each."""
        sheet = self.book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_row(0, 26)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&Lopsbook: queues and staffing&C&A&RPage &P of &N")
        if repeat is not None:
            sheet.repeat_rows(repeat)
        return sheet


def write(path: Path) -> None:
    """Write the workbook to `path`; every build writes the same bytes.

    Formulas are stored with the values that the library computes, so that a preview which does not recalculate, as on
    many phones, shows the right numbers.
    """
    book = _Book(path)
    _read_me(book)
    _littles_law(book)
    _staffing(book)
    book.book.close()


def _read_me(book: _Book) -> None:
    sheet = book.sheet("Read me")
    sheet.set_portrait()
    sheet.set_column(0, 0, 76)
    text = (Path(__file__).parent / "workbook.md").read_text(encoding="utf8")
    for row, part in enumerate(text.strip().split("\n\n")):
        if not part.startswith("# "):
            sheet.write_string(row, 0, part, book.look("note"))
            # No spreadsheet measures the height of wrapped text when a file is opened on a phone.
            sheet.set_row(row, 15.5 * math.ceil(len(part) / 78) + 5)
        elif row:
            sheet.write_string(row, 0, part[2:], book.look("heading"))
            sheet.set_row(row, 26)
        else:
            sheet.write_string(row, 0, part[2:], book.look("title"))


# --- Little's law ----------------------------------------------------------------------------------------------

# What flows, the unit of time, and two of number in the system, throughput and flow time.
_EXAMPLES: Final = (
    ("Factory line", "boards", "hour", {"number_in_system": 120.0, "throughput": 40.0}),
    ("Clinic", "patients", "hour", {"throughput": 18.0, "flow_time": 0.75}),
    ("Yours", "cases", "day", {"number_in_system": 45.0, "flow_time": 3.0}),
)
_LAW: Final = {
    "number_in_system": "Number in the system (on average)",
    "throughput": "Throughput (per unit of time)",
    "flow_time": "Flow time (units of time)",
}


def _littles_law(book: _Book) -> None:
    sheet = book.sheet(LITTLE, repeat=3)
    sheet.set_column(0, 0, 38)
    sheet.set_column(1, len(_EXAMPLES), 26)
    sheet.write_string(0, 0, "Little's law: number in the system = throughput × flow time", book.look("title"))
    note = "Enter two of the three in each column and leave the third empty. Thick borders mark what you may change."
    sheet.write_string(1, 0, note)
    sheet.write_string(3, 0, "Inputs", book.look("head left"))
    for row, label in enumerate(
        ("What flows (input)", "Unit of time (input)", *(f"{label} (input)" for label in _LAW.values())), 4
    ):
        sheet.write_string(row, 0, label, book.look("label"))
    sheet.write_string(10, 0, "Results", book.look("head left"))
    for row, label in enumerate((*_LAW.values(), "Message", "In words"), 11):
        sheet.write_string(row, 0, label, book.look("label"))
    sheet.set_row(14, 48)
    sheet.set_row(15, 80)
    for column, (name, flows, unit, known) in enumerate(_EXAMPLES, 1):
        sheet.write_string(3, column, name, book.look("head"))
        sheet.write_string(10, column, name, book.look("head"))
        sheet.write_string(4, column, flows, book.look("input"))
        sheet.write_string(5, column, unit, book.look("input"))
        for row, what in enumerate(_LAW, 6):
            if what in known:
                sheet.write_number(row, column, known[what], book.look("input", "0.###"))
            else:
                sheet.write_blank(row, column, None, book.look("input", "0.###"))
        _one_law(book, sheet, column)
    sheet.data_validation(
        6,
        1,
        8,
        len(_EXAMPLES),
        _accept("decimal", "Two of three", "Enter two of the three and leave the third empty.", ">=", 0),
    )
    sheet.freeze_panes(4, 1)


def _one_law(book: _Book, sheet: _Sheet, column: int) -> None:
    _, flows, unit, known = _EXAMPLES[column - 1]
    letter = xl_col_to_name(column)
    number, rate, time = (f"{letter}{row}" for row in (7, 8, 9))
    every = f"{letter}7:{letter}9"
    agree = f"ABS({number}-{rate}*{time})<=0.000000001*ABS({number})"
    # Only an IF keeps text out of the arithmetic: AND looks at all that it is given.
    enough = f"IF(COUNT({every})=3,{agree},COUNT({every})=2)"
    fine = f"IF(COUNTA({every})=COUNT({every}),IF(MIN({every})>=0,{enough},FALSE),FALSE)"
    (missing,) = set(_LAW) - set(known)
    values = {**known, missing: queues.littles_law(**known)}
    formulas = (
        f'IF({fine},IF(COUNT({number})=1,{number},{rate}*{time}),"{_NONE}")',
        f'IF({fine},IF(COUNT({rate})=1,{rate},IF({time}>0,{number}/{time},"{_NONE}")),"{_NONE}")',
        f'IF({fine},IF(COUNT({time})=1,{time},IF({rate}>0,{number}/{rate},"{_NONE}")),"{_NONE}")',
    )
    for row, (what, formula) in enumerate(zip(_LAW, formulas, strict=True), 11):
        look = book.look("strong" if what == missing else "result", "0.###")
        sheet.write_formula(row, column, f"={formula}", look, values[what])
    results = f"{letter}12:{letter}14"
    message = (
        f'IF(COUNTA({every})>COUNT({every}),"Enter numbers only.",'
        f'IF(MIN({every})<0,"Numbers must not be negative.",'
        f'IF(COUNT({every})<2,"Enter two of the three.",'
        f'IF(COUNT({every})=3,IF({agree},"The three agree.","The three disagree: clear one of them."),'
        f'IF(COUNT({results})<3,"Throughput or flow time must be above zero.","The third is computed.")))))'
    )
    sheet.write_formula(14, column, f"={message}", book.look("message"), "The third is computed.")
    words = (
        f'IF(COUNT({results})=3,"On average "&ROUND({letter}12,2)&" "&{letter}5&" are in the system, "&'
        f'ROUND({letter}13,2)&" leave per "&{letter}6&", and each stays for "&ROUND({letter}14,2)&" "&{letter}6'
        '&"(s).","")'
    )
    said = (
        f"On average {values['number_in_system']:g} {flows} are in the system, {values['throughput']:g} leave per "
        f"{unit}, and each stays for {values['flow_time']:g} {unit}(s)."
    )
    sheet.write_formula(15, column, f"={words}", book.look("note"), said)


# --- Erlang C --------------------------------------------------------------------------------------------------

_TABLE: Final = (
    ("Start", 8, "hh:mm"),
    ("Contacts (input)", 10, "0.##"),
    ("Own handling time, s (input, optional)", 12, "0.##"),
    ("Own agents (input, optional)", 10, "0"),
    ("Load, erlangs", 9, "0.00"),
    ("Agents needed", 9, "0"),
    ("Agents used", 9, "0"),
    ("Agents on the roster", 9, "0"),
    ("Share who wait", 9, "0.0%"),
    ("Service level", 9, "0.0%"),
    ("Mean wait, s", 9, "0.0"),
    ("Occupancy", 10, "0.0%"),
    ("Message", 44, "General"),
)
_AT: Final = {name: column for column, (name, _, _) in enumerate(_TABLE, 4)}
_OF: Final = dict(
    zip(
        (
            "start",
            "contacts",
            "own_aht",
            "own",
            "load",
            "needed",
            "used",
            "roster",
            "wait",
            "level",
            "mean",
            "busy",
            "said",
        ),
        map(xl_col_to_name, _AT.values()),
        strict=True,
    )
)


def _staffing(book: _Book) -> None:
    sheet, search = book.sheet(STAFFING, repeat=_FIRST - 1), book.sheet(SEARCH, repeat=_FIRST - 1)
    sheet.write_string(0, 0, "Erlang C staffing: how many agents each interval needs", book.look("title"))
    sheet.write_string(1, 0, "Thick borders mark what you may change. The example day is invented; put in your own.")
    _settings(book, sheet)
    for column, (name, width, _) in enumerate(_TABLE, 4):
        sheet.set_column(column, column, width)
        sheet.write_string(_FIRST - 1, column, name, book.look("head unit" if name == "Message" else "head"))
    sheet.set_row(_FIRST - 1, 62)
    _search_head(book, search)
    values = _day()
    for row in range(_FIRST, _LAST + 1):
        _interval(book, sheet, row, values)
        _search_row(book, search, row, values)
    _totals(book, sheet, values)
    _validations(sheet)
    _chart(book, sheet)
    sheet.freeze_panes(_FIRST, 0)
    search.freeze_panes(_FIRST, _GRID)


def _headings(book: _Book, sheet: _Sheet, row: int, what: str) -> None:
    for column, (text, look) in enumerate(((what, "head left"), ("Value", "head"), ("Unit", "head unit"))):
        sheet.write_string(row, column, text, book.look(look))


def _settings(book: _Book, sheet: _Sheet) -> None:
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 12)
    sheet.set_column(2, 2, 20)
    sheet.set_column(3, 3, 3)
    _headings(book, sheet, _FIRST - 1, "Settings (input)")
    for row, (name, (label, value, unit)) in enumerate(SETTINGS.items(), _FIRST):
        sheet.write_string(row, 0, label, book.look("label"))
        sheet.write_number(row, 1, value, book.look("input", "0%" if unit.startswith("share") else "0.##"))
        sheet.write_string(row, 2, unit, book.look("unit"))
        book.book.define_name(name, f"='{STAFFING}'!{xl_rowcol_to_cell(row, 1, row_abs=True, col_abs=True)}")


def _day() -> dict[str, Any]:
    """Return what the formulas give for the example day, by the library."""
    aht, target, threshold, shrinkage, minutes = (value for _, value, _ in SETTINGS.values())
    contacts = np.array(CONTACTS, dtype=float)
    load = contacts * aht / (minutes * 60)
    lowest = np.where(load > 0, np.floor(np.round(load, 9)) + 1, 0).astype(int)
    call: dict[str, Any] = {"arrival_rate": load / aht, "mean_service_time": aht}
    wanted: dict[str, Any] = {"service_level": target, "threshold": threshold}
    needed = staffing.required_agents(**call, **wanted)
    some = np.maximum(needed, 1)
    met = queues.erlang_c(some, **call)
    tried = np.maximum(lowest, 1)[:, None] + np.arange(TRIED)
    grid = queues.erlang_c(tried, arrival_rate=load[:, None] / aht, mean_service_time=aht).service_level(threshold)
    return {
        "load": load,
        "lowest": lowest,
        "needed": needed,
        "roster": staffing.required_agents(**call, **wanted, shrinkage=shrinkage),
        "wait": met.prob_wait,
        "level": met.service_level(threshold),
        "mean": met.mean_wait,
        "busy": met.occupancy,
        "grid": np.where(load[:, None] > 0, grid, 1.0),
    }


def _interval(book: _Book, sheet: _Sheet, row: int, values: dict[str, Any]) -> None:
    at = {name: f"{letter}{row + 1}" for name, letter in _OF.items()}
    i = row - _FIRST
    busy = values["load"][i] > 0
    aht, lowest, answer = (f"{SEARCH}!${letter}{row + 1}" for letter in "CDE")
    inputs = f"{at['contacts']}:{at['own']}"
    load, used = at["load"], at["used"]
    counts = f"AND(ISNUMBER({used}),ISNUMBER({load}))"
    beyond = f'"more than "&({lowest}+{TRIED - 1})&" agents."'
    exactly, fewer = f"_xlfn.POISSON.DIST({used},{load},FALSE)", f"_xlfn.POISSON.DIST({used}-1,{load},TRUE)"

    def shown(unstable: str, formula: str) -> str:
        return f'=IF({counts},IF({load}=0,"{_NONE}",IF({used}<{lowest},{unstable},{formula})),"{_NONE}")'

    formulas = {
        "start": f"=MOD({i}*interval_min/1440,1)",
        "load": f"=IF(settings_ok,IF(AND(COUNTA({inputs})=COUNT({inputs}),MIN({inputs})>=0,{aht}>0),"
        f'{at["contacts"]}*{aht}/(interval_min*60),"{_NONE}"),"{_NONE}")',
        "needed": f'=IF(ISNUMBER({load}),{answer},"{_NONE}")',
        "used": f"=IF(ISNUMBER({at['own']}),{at['own']},{at['needed']})",
        "roster": f'=IF({counts},ROUNDUP(ROUND({used}/(1-shrinkage),9),0),"{_NONE}")',
        "wait": shown("1", f"{exactly}/({exactly}+(1-{load}/{used})*{fewer})"),
        "level": shown("0", f"1-{at['wait']}*EXP(-({used}-{load})*threshold/{aht})"),
        "mean": shown('"no limit"', f"{at['wait']}*{aht}/({used}-{load})"),
        "busy": shown("1", f"{load}/{used}"),
        "said": f'=IF(NOT(ISNUMBER({load})),"Not computed: inputs must be numbers, times above 0. See the settings.",'
        f'IF({load}=0,"",IF(NOT({counts}),"Out of range: "&{beyond},'
        f'IF({used}<{lowest},"Unstable: the queue grows without end. At least "&{lowest}&" agents.",'
        f'IF(NOT(ISNUMBER({at["needed"]})),"The number needed is out of range: "&{beyond},'
        f'IF({used}<{at["needed"]},"Misses the target: "&{at["needed"]}&" agents needed.",""))))))',
    }
    cached: dict[str, Any] = {
        "start": (i * SETTINGS["interval_min"][1] / 1440) % 1,
        "load": values["load"][i],
        "needed": values["needed"][i],
        "used": values["needed"][i],
        "roster": values["roster"][i],
        "said": "",
        **{name: values[name][i] if busy else _NONE for name in ("wait", "level", "mean", "busy")},
    }
    sheet.write_number(row, _AT["Contacts (input)"], CONTACTS[i], book.look("input", "0.##"))
    for name in ("Own handling time, s (input, optional)", "Own agents (input, optional)"):
        sheet.write_blank(row, _AT[name], None, book.look("input", "0.##"))
    for name, formula in formulas.items():
        column = 4 + list(_OF).index(name)
        kind = "line" if name == "said" else "strong" if name == "used" else "result"
        value = cached[name]
        plain = value if isinstance(value, str) else float(value)
        sheet.write_formula(row, column, formula, book.look(kind, _TABLE[column - 4][2]), plain)


def _search_head(book: _Book, sheet: _Sheet) -> None:
    sheet.write_string(0, 0, "Search: the service level with more and more agents", book.look("title"))
    note = "Nothing to enter here. The number of agents is the first in its row that reaches the service level."
    sheet.write_string(1, 0, note)
    names = ", ".join(SETTINGS)
    sheet.write_string(2, 0, "Settings in range?", book.look("label"))
    ranges = "AND(aht>0,target>0,target<1,threshold>=0,shrinkage>=0,shrinkage<1,interval_min>0)"
    checked = f"IF(COUNT({names})=5,{ranges},FALSE)"
    sheet.write_formula(2, 1, f"={checked}", book.look("result"), value=True)
    book.book.define_name("settings_ok", f"={SEARCH}!$B$3")
    heads = ("Start", "Load, erlangs", "Handling time, s", "Smallest stable", "Agents needed")
    for column, text in enumerate(heads):
        sheet.write_string(_FIRST - 1, column, text, book.look("head"))
    sheet.write_string(2, _GRID, "Service level with this many agents more than the smallest stable number:")
    for more in range(TRIED):
        sheet.write_number(_FIRST - 1, _GRID + more, more, book.look("head", '"+"0'))
    sheet.set_column(0, _GRID - 1, 11)
    sheet.set_column(_GRID, _GRID + TRIED - 1, 7)
    sheet.set_row(_FIRST - 1, 34)
    sheet.print_area(0, 0, _LAST, _GRID + 15)  # on paper the first columns say what matters


def _search_row(book: _Book, sheet: _Sheet, row: int, values: dict[str, Any]) -> None:
    i, line = row - _FIRST, row + 1
    there = {name: f"'{STAFFING}'!{letter}{line}" for name, letter in _OF.items()}
    first, last = xl_col_to_name(_GRID), xl_col_to_name(_GRID + TRIED - 1)
    levels = f"{first}{line}:{last}{line}"
    short = "target*(1-0.000000000001)"
    left: tuple[tuple[str, str, Any], ...] = (
        (f"={there['start']}", "hh:mm", (i * SETTINGS["interval_min"][1] / 1440) % 1),
        (f"=IF(ISNUMBER({there['load']}),{there['load']},0)", "0.00", values["load"][i]),
        (f"=IF(ISNUMBER({there['own_aht']}),{there['own_aht']},aht)", "0.##", SETTINGS["aht"][1]),
        (f"=IF(B{line}>0,INT(ROUND(B{line},9))+1,0)", "0", values["lowest"][i]),
        (
            f'=IF(B{line}=0,0,IF({last}{line}<{short},"{_NONE}",D{line}+SUMPRODUCT(({levels}<{short})*1)))',
            "0",
            values["needed"][i],
        ),
    )
    for column, (formula, number, value) in enumerate(left):
        look = book.look("strong" if column == _GRID - 1 else "result", number)
        sheet.write_formula(row, column, formula, look, float(value))
    for more in range(TRIED):
        agents = f"($D{line}+{xl_rowcol_to_cell(_FIRST - 1, _GRID + more, row_abs=True)})"
        exactly = f"_xlfn.POISSON.DIST({agents},$B{line},FALSE)"
        fewer = f"_xlfn.POISSON.DIST({agents}-1,$B{line},TRUE)"
        wait = f"{exactly}/({exactly}+(1-$B{line}/{agents})*{fewer})"
        formula = f"=IF($B{line}=0,1,1-{wait}*EXP(-({agents}-$B{line})*threshold/$C{line}))"
        sheet.write_formula(row, _GRID + more, formula, book.look("result", "0.0%"), float(values["grid"][i, more]))


def _totals(book: _Book, sheet: _Sheet, values: dict[str, Any]) -> None:
    def every(name: str) -> str:
        return f"${_OF[name]}${_FIRST + 1}:${_OF[name]}${_LAST + 1}"

    contacts, hours = np.array(CONTACTS, dtype=float), SETTINGS["interval_min"][1] / 60
    some = contacts > 0
    weights = contacts[some] / contacts.sum()
    whole = f"SUMPRODUCT(({every('contacts')}>0)*1)"

    def mean(name: str) -> str:
        known = f"SUMPRODUCT(({every('contacts')}>0)*ISNUMBER({every(name)}))"
        weighted = f"SUMPRODUCT({every('contacts')},{every(name)})/SUM({every('contacts')})"
        return f'=IF({whole}=0,"{_NONE}",IF({known}<{whole},"{_NONE}",{weighted}))'

    top = _FIRST + len(SETTINGS) + 1
    _headings(book, sheet, top, "The whole day")
    rows: tuple[tuple[str, str, str, Any, str], ...] = (
        ("Contacts", f"=SUM({every('contacts')})", "0", contacts.sum(), "contacts"),
        ("Service level", mean("level"), "0.0%", float(weights @ values["level"][some]), "of all contacts"),
        ("Mean wait", mean("mean"), "0.0", float(weights @ values["mean"][some]), "seconds per contact"),
        ("Most agents at once", f"=MAX({every('used')})", "0", values["needed"].max(), "agents"),
        (
            "Agent hours on the floor",
            f"=SUM({every('used')})*interval_min/60",
            "0.0",
            values["needed"].sum() * hours,
            "hours",
        ),
        (
            "Agent hours paid",
            f"=SUM({every('roster')})*interval_min/60",
            "0.0",
            values["roster"].sum() * hours,
            "hours",
        ),
    )
    for row, (label, formula, number, value, unit) in enumerate(rows, top + 1):
        sheet.write_string(row, 0, label, book.look("label"))
        sheet.write_formula(row, 1, formula, book.look("result", number), float(value))
        sheet.write_string(row, 2, unit, book.look("unit"))
    count = f"SUMPRODUCT((LEN({every('said')})>0)*1)"
    message = (
        '=IF(NOT(settings_ok),"Settings: enter five numbers; times above 0, shares below 100 %.",'
        f'IF({count}=0,"Every interval is computed and reaches the service level.",'
        f'{count}&" of {len(CONTACTS)} intervals need attention: see the last column."))'
    )
    bottom = top + len(rows) + 2
    sheet.write_string(bottom, 0, "Message", book.look("head left"))
    sheet.merge_range(bottom + 1, 0, bottom + 3, 2, "", book.look("message"))
    right = "Every interval is computed and reaches the service level."
    sheet.write_formula(bottom + 1, 0, message, book.look("message"), right)


def _accept(kind: str, title: str, text: str, criteria: str, *bound: float) -> dict[str, Any]:
    """Return a rule for inputs, with the words that a reader sees when choosing a cell and when it is refused."""
    bounds = {"value": bound[0]} if len(bound) == 1 else {"minimum": bound[0], "maximum": bound[1]}
    return {
        "validate": kind,
        "criteria": criteria,
        **bounds,
        "input_title": title,
        "input_message": text,
        "error_title": title,
        "error_message": f"{text} This value is out of range.",
    }


def _validations(sheet: _Sheet) -> None:
    rules = (
        _accept("decimal", "Average handling time", "Seconds that one contact takes, above 0.", ">", 0),
        _accept("decimal", "Service level", "Share of contacts, from 1 % to 99.9 %.", "between", 0.01, 0.999),
        _accept(
            "decimal", "Threshold", "Seconds within which a contact counts as answered in time, 0 or more.", ">=", 0
        ),
        _accept("decimal", "Shrinkage", "Share of paid time, from 0 % to 90 %.", "between", 0, 0.9),
        _accept("decimal", "Length of an interval", "Minutes, from 1 to 1440.", "between", 1, 1440),
    )
    for row, rule in enumerate(rules, _FIRST):
        sheet.data_validation(row, 1, row, 1, rule)
    for column, rule in enumerate(
        (
            _accept("decimal", "Contacts", "Contacts that arrive in this interval, 0 or more.", ">=", 0),
            _accept("decimal", "Own handling time", "Seconds, above 0. Leave it empty to use the day's.", ">", 0),
            _accept("integer", "Own agents", "A whole number, 0 or more. Leave it empty to use those needed.", ">=", 0),
        ),
        _AT["Contacts (input)"],
    ):
        sheet.data_validation(_FIRST, column, _LAST, column, rule)


def _chart(book: _Book, sheet: _Sheet) -> None:
    def every(name: str) -> str:
        return f"='{STAFFING}'!${_OF[name]}${_FIRST + 1}:${_OF[name]}${_LAST + 1}"

    chart: Any = book.book.add_chart({"type": "column"})
    line: Any = book.book.add_chart({"type": "line"})
    blue, orange = "#3D7AB8", "#C8681A"
    chart.add_series(
        {
            "name": "Agents used",
            "categories": every("start"),
            "values": every("used"),
            "fill": {"color": blue},
            "gap": 30,
        }
    )
    line.add_series(
        {
            "name": "Load, erlangs",
            "categories": every("start"),
            "values": every("load"),
            "line": {"color": orange, "width": 2.25},
            "smooth": False,
        }
    )
    chart.combine(line)
    chart.set_title({"name": "Agents and load by interval", "name_font": {"size": 12}, "overlay": False})
    chart.set_x_axis(
        {"name": "Start of the interval", "interval_unit": 6, "num_format": "hh:mm", "num_font": {"rotation": -90}}
    )
    chart.set_y_axis(
        {"name": "Agents; erlangs", "min": 0, "major_gridlines": {"visible": True, "line": {"color": "#D0D4D8"}}}
    )
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 445, "height": 380})
    described = (
        "Columns: agents used in each interval. Line: the load in erlangs, always below them where the queue is stable."
    )
    sheet.insert_chart(_FIRST + 20, 0, chart, {"description": described, "object_position": 2})
