"""Data of an instructor's own in an edition: checked, and put in place of the course's.

A set is replaced by a CSV file with the same columns, or, if a generator of the library made it, by a new draw. The
stage's `datapackage.json` then describes the new rows, its generators draw them by default, and every notebook whose
code loads the set is run again (`opsbook.publishing.editions.effects`).
"""

import csv
import gzip
import io
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
import pandas as pd

from opsbook import datasets, files
from opsbook.datasets.description import Column, Description, described
from opsbook.datasets.loading import checked, received
from opsbook.errors import EditionError
from opsbook.publishing.editions.effects import affected, rerun, typed
from opsbook.publishing.editions.processes import Processes
from opsbook.publishing.editions.wording import escaped, joined
from opsbook.reporting.columns import Faults
from opsbook.validation import nearest

if TYPE_CHECKING:
    from opsbook.publishing.editions.settings import Settings

__all__ = [
    "MOST_BYTES",
    "MOST_ROWS",
    "Substitution",
    "check",
    "renew",
    "report",
    "substitute",
    "substitutions",
]

MOST_BYTES: Final = 20_000_000
"""The longest text that a set may have: students download it, and notebooks read it in each lesson."""

MOST_ROWS: Final = 200_000
"""The most rows that a set may have, for the same reason."""

_PACKAGE: Final = "datasets/datapackage.json"
_SYNTHETIC: Final = "src/opsbook/datasets/synthetic"
# What one generator draws together, and the module that holds its seed.
_FAMILIES: Final[tuple[tuple[tuple[str, ...], str], ...]] = (
    (("contact_log", "contact_staffing"), "contacts"),
    (("contact_shares",), "contact"),
    (("production_line",), "production"),
    (("service_contacts", "service_defects", "service_orders"), "operations"),
    (("servqual_survey",), "survey"),
    (("staff_turnover",), "turnover"),
)
_SEED: Final = re.compile(r"^SHIPPED_SEED = \d+$", re.MULTILINE)
_NOT_COMMAS: Final = {";": "semicolons", "\t": "tabs", "|": "upright strokes"}
_TIMES: Final = {"datetime": "%Y-%m-%dT%H:%M", "date": "%Y-%m-%d"}
_LICENCE: Final = "licences/replaced.txt"
_HOW_MADE: Final = "## How the files were made"


# --- What is replaced ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Substitution:
    """A data set of the course that an edition replaces.

    Attributes
    ----------
    name : str
        The set.
    file : pathlib.Path or None
        The instructor's CSV file, if that takes its place.
    seed : int or None
        What the set is drawn anew with, if it is.
    leader : str
        The set that the edition names, if this one follows because the same draw made both.
    """

    name: str
    file: Path | None = None
    seed: int | None = None
    leader: str = ""

    @property
    def said(self) -> str:
        """What takes the set's place, in words."""
        if self.file is not None:
            return f"{self.name} replaced by {self.file.name}"
        with_it = f" together with {self.leader}" if self.leader else ""
        return f"{self.name} drawn anew with seed {self.seed}{with_it}"


class _Planned(Protocol):
    """What of a plan is needed here."""

    @property
    def settings(self) -> "Settings": ...


def substitutions(settings: "Settings", root: Path) -> tuple[Substitution, ...]:
    """Return what an edition replaces, by name; with a synthetic set come those that its generator draws with it.

    Names that the course does not have are left out: the plan names them.
    """
    known = set(_resources(root))
    own, seeds = _wanted(settings)
    found = {name: Substitution(name, file=file) for name, file in own.items() if name in known}
    for name, seed in seeds.items():
        if name in known:
            found[name] = Substitution(name, seed=seed)
            for sibling in _family(name):
                if sibling not in own and sibling not in seeds:
                    found.setdefault(sibling, Substitution(sibling, seed=seed, leader=name))
    return tuple(found[name] for name in sorted(found))


def _wanted(settings: "Settings") -> tuple[dict[str, Path], dict[str, int]]:
    """Return the files and the seeds that the edition gives, by data set."""
    own: dict[str, Path] = {}
    seeds: dict[str, int] = {}
    for name, given in settings.data.items():
        if isinstance(given, str | Path):
            own[name] = settings.path(given)
        else:
            seeds[name] = given.seed
    return own, seeds


def _family(name: str) -> tuple[str, ...]:
    return next((names for names, _ in _FAMILIES if name in names), ())


def _resources(root: Path) -> dict[str, dict[str, Any]]:
    package = json.loads((root / _PACKAGE).read_text(encoding="utf8"))
    return {resource["name"]: resource for resource in package["resources"]}


# --- Checking --------------------------------------------------------------------------------------------------


def check(settings: "Settings", root: Path) -> list[str]:
    """Return all that is wrong with the data that an edition brings.

    A file must be CSV in UTF-8 with the columns of the set that it replaces, in their order, and every rule of these
    columns holds: kind, words that may occur, smallest value, missing values, keys, and the rows of another set that a
    column names. A seed is for synthetic sets, and one for all that a generator draws together.

    Parameters
    ----------
    settings : Settings
        The edition.
    root : pathlib.Path
        The course.

    Returns
    -------
    list of str
        One problem for each rule that is broken: where, the rule, what was received in which rows, what to do. Rows
        are counted as a spreadsheet does, the row of names being the first.
    """
    resources = _resources(root)
    replaced = substitutions(settings, root)
    problems: list[tuple[str, str]] = []
    tables: dict[str, pd.DataFrame] = {}
    for each in replaced:
        if each.file is not None:
            table, faults = _own(each.file, described(resources[each.name]))
            problems += [(each.name, fault) for fault in faults]
            if table is not None:
                tables[each.name] = table
    problems += _keys(tables, resources, replaced, root)
    _, seeds = _wanted(settings)
    problems += [
        (
            name,
            f"a seed is for a synthetic set, got {seed} for {name!r}, which is real. Give a CSV file.",
        )
        for name, seed in seeds.items()
        if name in resources and not resources[name]["synthetic"]
    ]
    for names, _ in _FAMILIES:
        given = {name: seeds[name] for name in names if name in seeds}
        if len(set(given.values())) > 1:
            listed = " and ".join(f"{seed} for {name}" for name, seed in given.items())
            problems.append(
                (list(given)[-1], f"{joined(names)} are one draw and need one seed, got {listed}. Write one of them.")
            )
    return [settings.located(("data", name), rule) for name, rule in problems]


def _own(file: Path, about: Description) -> tuple[pd.DataFrame | None, list[str]]:
    """Return the columns of an instructor's file, its index the row in a spreadsheet, and what is wrong with it."""
    try:
        names, rows, numbers, faults = _cells(_text(file))
    except files.UnreadableFileError as error:
        # It names the whole path, where the edition's file stands beside.
        return None, [str(error).replace(str(file), file.name)]
    except ValueError as error:
        return None, [f"{file.name}: {error}"]
    told = [f"{file.name}: {fault}" for fault in [*_names(names, about), *faults]]
    if not rows:
        return None, [*told, f"{file.name}: needs at least one row below the column names, got none. Add rows."]
    if len(rows) > MOST_ROWS:
        return None, [
            *told,
            f"{file.name}: must have {MOST_ROWS:,} rows at most, got {len(rows):,}. Draw a sample of them.",
        ]
    sound = [place for place, name in enumerate(names) if name and names.count(name) == 1]
    table = pd.DataFrame(
        {names[place]: pd.Series([row[place] or None for row in rows], index=numbers, dtype="str") for place in sound}
    )
    for column in about.columns:
        if column.name in table:
            told += [f"{file.name}: {fault}" for fault in _values(table[column.name], column)]
    return table, told


def _text(file: Path) -> str:
    parts, length = [], 0
    for block in files.blocks(file, whole_rows=False, size=2**20):
        length += len(block)
        if length > MOST_BYTES:
            raise ValueError(f"must have {MOST_BYTES:,} bytes of text at most, got more. Draw a sample of its rows.")
        parts.append(block)
    return b"".join(parts).decode()


def _cells(text: str) -> tuple[list[str], list[list[str]], list[int], list[str]]:
    """Return names, rows of as many cells with their numbers, and what is wrong with the form of others."""
    first = text.partition("\n")[0]
    if not first.strip():
        raise ValueError("needs a row of column names at its top, got an empty line. Write it again as CSV.")
    if "," not in first:
        found = next((said for mark, said in _NOT_COMMAS.items() if mark in first), "")
        if found:
            raise ValueError(f"must have commas between its cells, got {found}. Save it as CSV with commas.")
    faults = Faults()
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    numbers: list[int] = []
    odd: list[tuple[int, int]] = []
    names: list[str] = []
    number = 0
    try:
        for number, row in enumerate(reader, 1):
            if number == 1:
                names = row
            elif len(row) == len(names):
                rows.append(row)
                numbers.append(number)
            elif any(row):
                odd.append((number, len(row)))
    except csv.Error as error:
        faults.found.append(
            f"row {number + 1} must have its quotation marks in pairs around whole cells, got one that is not "
            f"({error}). Mend it; rows below it were not read."
        )
    faults.add(
        f"rows must have {len(names)} cells like the column names",
        "Put quotation marks around cells with commas, or add what is missing.",
        np.array([number for number, _ in odd]),
        lambda place: f"{odd[place][1]} cell{'s' * (odd[place][1] > 1)}",
    )
    return names, rows, numbers, faults.found


def _names(names: Sequence[str], about: Description) -> Iterator[str]:
    expected = [column.name for column in about.columns]
    missing = [name for name in expected if name not in names]
    unknown = [name for name in dict.fromkeys(names) if name not in expected]
    for name in missing:
        near = nearest(name, unknown)
        hint = f"Perhaps {near!r} is it? Rename it." if near else f"It is {_meaning(about, name)}. Add it."
        yield f"needs the column {name!r} of {about.name}, got none of that name. {hint}"
    for name in unknown:
        near = nearest(name, missing)
        hint = f"Did you mean {near!r}?" if near else "Remove it."
        yield f"must have the columns of {about.name} only, got {name!r}. {hint}"
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield f"must name each column once, got {name!r} {names.count(name)} times. Remove one."
    if not missing and not unknown and list(names) != expected and len(names) == len(expected):
        yield f"must have its columns in the order {', '.join(expected)}, got {', '.join(names)}. Reorder them."


def _meaning(about: Description, name: str) -> str:
    column = next(column for column in about.columns if column.name == name)
    return f"{column.type}{f' [{column.unit}]' if column.unit else ''}: {column.meaning}"


def _values(words: "pd.Series[str]", column: Column) -> list[str]:
    values, rules = checked(words.reset_index(drop=True), column)
    rows = words.index.to_numpy()
    faults = Faults()
    in_unit = f" [{column.unit}]" if column.unit else ""
    for wrong, rule in rules:
        places = np.flatnonzero(wrong.to_numpy(dtype=bool, na_value=False))
        faults.add(
            f"column {column.name!r}{in_unit} must be {rule}",
            "Correct these cells.",
            rows[places],
            lambda place, places=places: received(words.iloc[places[place]]),  # type: ignore[misc]
        )
    if column.type in _TIMES and not faults.found:
        years = values.dt.year
        places = np.flatnonzero(((years < 1900) | (years > 2200)).to_numpy())  # noqa: PLR2004 - no operation's log
        faults.add(
            f"column {column.name!r} must lie between the years 1900 and 2200",
            "Correct these cells.",
            rows[places],
            lambda place: received(words.iloc[places[place]]),
        )
    return faults.found


def _keys(
    tables: Mapping[str, pd.DataFrame],
    resources: Mapping[str, Mapping[str, Any]],
    replaced: Iterable[Substitution],
    root: Path,
) -> Iterator[tuple[str, str]]:
    """Yield what of the keys does not hold: rows that are there twice, and rows that name none of another set."""
    files_of = {each.name: str(each.file and each.file.name) for each in replaced}
    drawn = {each.name for each in replaced if each.seed is not None}

    def column(name: str, field: str) -> "pd.Series[Any] | None":
        if name in tables:
            return tables[name].get(field)
        if name in drawn:
            return None  # another draw has its numbers by the same rule, from 1
        return _shipped(root, resources[name])[field]

    for name, table in tables.items():
        schema = resources[name]["schema"]
        key = schema.get("primaryKey", [])
        key = [key] if isinstance(key, str) else key
        if key and set(key) <= set(table):
            again = table.duplicated(key) & table[key].notna().all(axis=1)
            faults = Faults()
            said = table.loc[again, key].agg(", ".join, axis=1) if again.any() else table[key[0]]
            faults.add(
                f"{joined(map(repr, key))} must be different in every row",
                "Remove the rows that stand there twice, or number them anew.",
                table.index[again].to_numpy(),
                lambda place, said=said: repr(said.iloc[place]),  # type: ignore[misc]
            )
            yield from ((name, f"{files_of[name]}: {fault}") for fault in faults.found)
        for foreign in schema.get("foreignKeys", ()):
            field, target = foreign["fields"], foreign["reference"]
            there = column(target["resource"] or name, target["fields"])
            if field not in table or there is None:
                continue
            lost = table[field].notna() & ~table[field].isin(there.dropna())
            faults = Faults()
            other = target["resource"]
            where = f"of {other}" if other else "of the same file"
            faults.add(
                f"column {field!r} must name a {target['fields']!r} {where}, or be empty",
                f"Correct these cells, or replace {other!r} as well." if other else "Correct these cells.",
                table.index[lost].to_numpy(),
                lambda place, cells=table.loc[lost, field]: repr(cells.iloc[place]),  # type: ignore[misc]
            )
            yield from ((name, f"{files_of[name]}: {fault}") for fault in faults.found)


# --- Putting it in place ---------------------------------------------------------------------------------------


def substitute(plan: _Planned, stage: Path) -> tuple[Substitution, ...]:
    """Put an edition's data in the place of the course's, and describe them in the stage's `datapackage.json`.

    Files keep the names of the sets that they replace, and the text on how the course's files were made says so. After
    a new draw the stage's generators have its seed as their default, so that what a notebook draws of its own still
    belongs to the set.

    Parameters
    ----------
    plan : Plan
        The edition, found in order by `check`.
    stage : pathlib.Path
        The instructor stage; only files in it are written.

    Returns
    -------
    tuple of Substitution
        What was replaced.

    Raises
    ------
    EditionError
        A file changed since it was checked.
    """
    settings = plan.settings
    replaced = substitutions(settings, stage)
    if not replaced:
        return ()
    package = json.loads((stage / _PACKAGE).read_text(encoding="utf8"))
    resources = {resource["name"]: resource for resource in package["resources"]}
    for each in replaced:
        resource = resources[each.name]
        about = described(resource)
        if each.file is not None:
            table, problems = _own(each.file, about)
            if problems or table is None:
                raise EditionError([settings.located(("data", each.name), problem) for problem in problems])
            content, rows = table.to_csv(index=False, lineterminator="\n").encode(), len(table)
            resource.update(_own_record(each.file, about, _who(settings)))
            (stage / "datasets" / _LICENCE).write_bytes(_licence_text(settings).encode())
        else:
            seed = each.seed or 0
            table = _drawn(each.name, seed)
            content, rows = _as_csv(table, resource, _shipped(stage, resource)), len(table)
            resource.update(_drawn_record(resource, seed))
            _reseed(stage, each.name, seed)
        # No time stamp, so that the same data give the same file.
        content = gzip.compress(content, 9, mtime=0) if resource["path"].endswith(".gz") else content
        (stage / "datasets" / resource["path"]).write_bytes(content)
        resource.update(bytes=len(content), hash=f"sha256:{sha256(content).hexdigest()}", rows=rows)
    (stage / _PACKAGE).write_bytes(f"{json.dumps(package, indent=2, ensure_ascii=False)}\n".encode())
    _mark_replaced(stage / "datasets" / "README.md", [resources[each.name] for each in replaced])
    return replaced


def _mark_replaced(readme: Path, replaced: Sequence[Mapping[str, Any]]) -> None:
    """Name in the text on how the files were made those that were made otherwise."""
    listed = "\n".join(f"- `{each['path']}`: {escaped(each['replaced'])}" for each in replaced)
    said = f"What follows tells how the course's own rows were made. These files hold other rows:\n\n{listed}"
    text = readme.read_text(encoding="utf8")
    text = text.replace(_HOW_MADE, f"## Replaced in this edition\n\n{said}\n\n{_HOW_MADE}", 1)
    for each in replaced:
        lines = text.split("\n")
        named = f'"{each["path"]}"'
        text = "\n".join(f"{line}  # {each['replaced']}" if named in line else line for line in lines)
    readme.write_text(text, encoding="utf8", newline="\n")


def _drawn(name: str, seed: int) -> pd.DataFrame:
    if name.startswith("service_"):
        table: pd.DataFrame = getattr(datasets.service_operations(seed=seed), name.removeprefix("service_"))
        return table
    drawn: pd.DataFrame = getattr(datasets, name)(seed=seed)
    return drawn


def _shipped(root: Path, resource: Mapping[str, Any]) -> pd.DataFrame:
    """Return the cells of a set as a course has it, as they are written."""
    content = (root / "datasets" / resource["path"]).read_bytes()
    text = gzip.decompress(content) if resource["path"].endswith(".gz") else content
    return pd.read_csv(io.BytesIO(text), dtype=str, keep_default_na=False)


def _as_csv(table: pd.DataFrame, resource: Mapping[str, Any], shipped: pd.DataFrame) -> bytes:
    """Return a drawn table as a file, with numbers, flags and times in the form of the shipped one."""
    written = {}
    for field in resource["schema"]["fields"]:
        values = table[field["name"]]
        if field["type"] == "boolean":
            values = values.map({True: "true", False: "false"})
        elif field["type"] in _TIMES and values.dtype.kind == "M":
            values = values.dt.strftime(field.get("format", _TIMES[field["type"]]))
        elif values.dtype.kind == "f" and not shipped[field["name"]].str.contains(".", regex=False).any():
            values = values.astype("Int64")  # whole numbers that may be missing
        written[field["name"]] = values
    return pd.DataFrame(written).to_csv(index=False, lineterminator="\n").encode()


def _reseed(stage: Path, name: str, seed: int) -> None:
    module = next(module for names, module in _FAMILIES if name in names)
    path = stage / _SYNTHETIC / f"{module}.py"
    text, times = _SEED.subn(f"SHIPPED_SEED = {seed}", path.read_text(encoding="utf8"))
    if times != 1:
        raise RuntimeError(f"{path.name} must set SHIPPED_SEED once, in a line of its own, got {times} such lines.")
    path.write_bytes(text.encode())


def _drawn_record(resource: Mapping[str, Any], seed: int) -> dict[str, Any]:
    return {
        "replaced": f"drawn anew in this edition with seed {seed}",
        "sources": [
            {**source, "title": source["title"].replace("its default seed", f"the seed {seed} of this edition")}
            for source in resource["sources"]
        ],
        "caveats": [
            *resource["caveats"],
            f"Drawn anew in this edition with seed {seed}: what these notes count is of the course's own draw.",
        ],
    }


def _own_record(file: Path, about: Description, who: str) -> dict[str, Any]:
    return {
        "title": f"Data of this edition in place of: {about.title}",
        "description": (
            f"The rows of {file.name}, supplied by {who} for this edition, with the columns of the course's own set "
            f"{about.name}."
        ),
        "synthetic": False,
        "replaced": f"replaced in this edition by {file.name}",
        "licenses": [{"name": "not stated", "path": _LICENCE, "title": "Ask whoever gives this course"}],
        "attribution": f"Supplied by {who}.",
        "sources": [{"title": f"{file.name}; replaced in this edition by {who}"}],
        "caveats": [
            "The file does not say whether these rows were observed or invented: ask whoever gives this course.",
            (
                f"Text, questions and verdicts of the book were written for the course's own set, {about.title!r}. "
                "Figures typed in them, and what is said of places and people, need not fit these rows."
            ),
        ],
    }


def _who(settings: "Settings") -> str:
    named = ", ".join(filter(None, (settings.instructor, settings.institution)))
    return named or "whoever gives this course"


def _licence_text(settings: "Settings") -> str:
    contact = f" ({settings.contact})" if settings.contact else ""
    return (
        f"Sets that `datapackage.json` calls replaced were supplied by {_who(settings)}{contact} for the edition "
        f'"{settings.title}". The edition states no licence for them: ask before you pass them on.\n'
    )


def renew(plan: _Planned, stage: Path, *, processes: Processes | None = None) -> list[str]:
    """Put an edition's data in place, run again what loads them, and return what an instructor should read again.

    Parameters
    ----------
    plan : Plan
        The edition.
    stage : pathlib.Path
        The instructor stage.
    processes : Processes, optional
        Who may stop the processes that run notebooks.

    Returns
    -------
    list of str
        What was replaced and run, and sentences that name a figure which their notebook shows no longer; empty if the
        edition replaces nothing.

    Raises
    ------
    EditionError
        A file changed since it was checked, or a cell failed on the new data.
    """
    replaced = substitute(plan, stage)
    if not replaced:
        return []
    rests = affected(stage, [each.name for each in replaced])
    causes = {each.name: each.said for each in replaced}
    old = rerun(stage, rests, causes=causes, processes=processes)
    ran = ", ".join(f"{path.parent.name}/{path.stem}" for path in rests) or "nothing loads them"
    return [
        *(f"{each.said}." for each in replaced),
        f"Run again: {ran}.",
        (
            "Text and titles of these notebooks were written for the course's own data: read them again, and verdicts "
            f"on claims with them. {len(old) or 'No'} sentence{'s name' if len(old) != 1 else ' names'} a figure that "
            f"the notebook shows no longer{':' if old else '.'}"
        ),
        *(f"  {each}" for each in old),
    ]


# --- What `check` says -----------------------------------------------------------------------------------------


def report(settings: "Settings", root: Path, chapters: Collection[str] | None = None) -> list[str]:
    """Return what an edition's data will bring with them, line by line: what is run again, and what cannot follow.

    Parameters
    ----------
    settings : Settings
        The edition.
    root : pathlib.Path
        The course.
    chapters : collection of str, optional
        The chapters of the edition, by name; by default all of the course.
    """
    replaced = substitutions(settings, root)
    if not replaced:
        return []
    rests = affected(root, [each.name for each in replaced])
    notebooks = [path for path in rests if chapters is None or path.stem in chapters]
    lines = [f"{each.said}." for each in replaced]
    if notebooks:
        listed = ", ".join(f"{path.parent.name}/{path.stem}" for path in notebooks)
        lines.append(f"Run again: {listed}.")
    drawing = {name for names, _ in _FAMILIES for name in names}
    lines += [
        f"The generator of {each.name} stays: a notebook that draws from it compares your rows with invented ones."
        for each in replaced
        if each.file is not None and each.name in drawing
    ]
    counts = {
        path: len(found) for path in notebooks if (found := typed(path, json.loads(path.read_text(encoding="utf8"))))
    }
    if counts:
        most = ", ".join(f"{path.parent.name}/{path.stem} {count}" for path, count in counts.items())
        lines.append(
            f"Typed figures cannot follow: {sum(counts.values())} sentences name a figure that a cell beside them "
            f"shows ({most}). `build` lists those that no longer fit. Verdicts on claims are not examined again."
        )
    return lines
