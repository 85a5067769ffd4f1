"""What each data set is: the records of `datapackage.json`, in a form that prints well."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import fill
from typing import Any

from opsbook.datasets import storage
from opsbook.errors import DatasetError
from opsbook.validation import known

__all__ = ["Column", "Description", "describe", "described", "names"]

PACKAGE = "datapackage.json"


@dataclass(frozen=True)
class Column:
    """One column of a data set.

    Attributes
    ----------
    name : str
        Name in the table; a unit of measurement is its suffix.
    type : str
        ``"string"``, ``"integer"``, ``"number"``, ``"boolean"``, ``"datetime"`` or ``"date"``.
    unit : str
        What the numbers count; empty for words, flags and identifiers.
    description : str
        What the values mean.
    required : bool
        True if no value is missing.
    allowed : tuple of str
        The only words that occur; empty if any word may.
    minimum : float or None
        The smallest number that may occur, if there is one.

    Examples
    --------
    >>> describe("tip_joke").columns[0].meaning
    'what came with the bill (one of ad, joke, none)'
    """

    name: str
    type: str
    unit: str
    description: str
    required: bool
    allowed: tuple[str, ...]
    minimum: float | None

    @property
    def meaning(self) -> str:
        """The description with the rules that the values keep."""
        rules = []
        if self.allowed:
            rules.append(f"one of {', '.join(self.allowed)}")
        if self.minimum is not None:
            rules.append(f"at least {self.minimum:g}")
        if not self.required:
            rules.append("may be missing")
        return f"{self.description} ({'; '.join(rules)})" if rules else self.description


@dataclass(frozen=True, repr=False)
class Description:
    """All that a reader must know about a data set before using it; prints as text and, in a notebook, as Markdown.

    Attributes
    ----------
    name, title, summary : str
        Name for `load`, name for people, and a short account.
    row : str
        What one row is.
    synthetic : bool
        True if a generator of this library made the data: they show how a method works and
        are no evidence about the world.
    licence, licence_path : str
        SPDX identifier of the terms under which the file is passed on, and where their text stands: a file
        in the folder of the data, or an address.
    attribution : str
        Whom to credit, and what was changed.
    sources : tuple of str
        Where the data come from.
    caveats : tuple of str
        What a text that uses the data has to state.
    columns : tuple of Column
        The columns in the order of the table.
    rows : int
        Number of rows.
    file, checksum : str
        File in the folder of the data, and the SHA-256 of its bytes in hexadecimal digits.
    replaced : str
        In an edition, what stands here in place of the course's own rows; empty if these are the course's own.

    Examples
    --------
    >>> about = describe("tip_joke")
    >>> about.rows, about.origin
    (211, 'real')
    """

    name: str
    title: str
    summary: str
    row: str
    synthetic: bool
    licence: str
    licence_path: str
    attribution: str
    sources: tuple[str, ...]
    caveats: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: int
    file: str
    checksum: str
    replaced: str = ""

    @property
    def kind(self) -> str:
        """Whether the data are real or made, in a word or two: ``real``, ``synthetic`` or ``an instructor's own``."""
        return "synthetic" if self.synthetic else "an instructor's own" if self.replaced else "real"

    @property
    def origin(self) -> str:
        """Whether the data are real or made, as a phrase."""
        said = "synthetic: made by a generator, no evidence about the world" if self.synthetic else self.kind
        return f"{said}; {self.replaced}" if self.replaced else said

    @property
    def _facts(self) -> list[tuple[str, str]]:
        return [
            ("One row", self.row),
            ("Data", self.origin),
            ("Size", f"{self.rows:,} rows, {len(self.columns)} columns"),
            ("Source", "; ".join(self.sources)),
            ("Licence", self.licence),
            ("Credit", self.attribution),
        ]

    def __repr__(self) -> str:
        width = max(len(column.name) for column in self.columns)
        columns = [
            f"{column.name:{width}}  {column.unit and f'[{column.unit}] '}{column.meaning}" for column in self.columns
        ]
        return "\n".join(
            [
                f"{self.title} ({self.name})",
                fill(self.summary, 100),
                "",
                *(_entry(f"{label}: {text}") for label, text in self._facts),
                "",
                "Take care:",
                *(_entry(f"- {caveat}") for caveat in self.caveats),
                "",
                "Columns:",
                *(_entry(f"- {column}", indent=width + 4) for column in columns),
            ]
        )

    def _repr_markdown_(self) -> str:
        header = ("column", "type", "unit", "meaning")
        rows = [(f"`{column.name}`", column.type, column.unit, column.meaning) for column in self.columns]
        return "\n".join(
            [
                f"**{self.title}** (`{self.name}`)",
                "",
                self.summary,
                "",
                *(f"- **{label}:** {text}" for label, text in self._facts),
                "",
                "**Take care**",
                "",
                *(f"- {caveat}" for caveat in self.caveats),
                "",
                *map(_table_row, [header, ["---"] * len(header), *rows]),
            ]
        )


def names() -> list[str]:
    """Return the names of all data sets in alphabetical order.

    Returns
    -------
    list of str
        In alphabetical order.

    Examples
    --------
    >>> "tip_joke" in names()
    True
    """
    return sorted(_resources())


def describe(name: str) -> Description:
    """Return what there is to know about a data set.

    Parameters
    ----------
    name : str
        One of `names`.

    Returns
    -------
    Description
        A record that prints as text, and as Markdown in a notebook.

    Raises
    ------
    UnknownNameError
        No data set has this name; the message suggests the nearest.
    DatasetError
        The file with the descriptions is missing or damaged.

    Examples
    --------
    >>> about = describe("tip_joke")
    >>> about.row
    'one bill'
    >>> about.rows, about.synthetic, about.licence
    (211, False, 'GPL-3.0-only')
    >>> [column.name for column in about.columns]
    ['card', 'tipped']
    """
    resources = _resources()
    return described(resources[known("data set", name, resources)])


def _resources() -> dict[str, dict[str, Any]]:
    try:
        return {resource["name"]: resource for resource in json.loads(storage.read(PACKAGE))["resources"]}
    except (ValueError, LookupError, TypeError) as error:
        # A DatasetError is a ValueError too, and already says what is wrong.
        if isinstance(error, DatasetError):
            raise
        raise DatasetError(
            f"{PACKAGE} is damaged: {error}. Install opsbook again, or in a checkout restore the file."
        ) from error


def described(resource: dict[str, Any]) -> Description:
    """Return the record of a data set as `datapackage.json` states it, in the form of `describe`."""
    try:
        licence = resource["licenses"][0]
        return Description(
            name=resource["name"],
            title=resource["title"],
            summary=resource["description"],
            row=resource["row"],
            synthetic=resource["synthetic"],
            licence=licence["name"],
            licence_path=licence["path"],
            attribution=resource["attribution"],
            sources=tuple(_source(source) for source in resource["sources"]),
            caveats=tuple(resource["caveats"]),
            columns=tuple(_column(field) for field in resource["schema"]["fields"]),
            rows=resource["rows"],
            file=resource["path"],
            checksum=resource["hash"].removeprefix("sha256:"),
            replaced=resource.get("replaced", ""),
        )
    except KeyError as error:
        raise DatasetError(
            f"{PACKAGE} does not state {error} for the data set {resource['name']!r}. Add it; the other sets show how."
        ) from error


def _column(field: dict[str, Any]) -> Column:
    constraints = field.get("constraints", {})
    return Column(
        name=field["name"],
        type=field["type"],
        unit=field.get("unit", ""),
        description=field["description"],
        required=constraints.get("required", False),
        allowed=tuple(constraints.get("enum", ())),
        minimum=constraints.get("minimum"),
    )


def _source(source: dict[str, str]) -> str:
    return f"{source['title']} <{source['path']}>" if "path" in source else source["title"]


def _entry(text: str, *, indent: int = 2) -> str:
    return fill(text, 100, subsequent_indent=" " * indent)


def _table_row(cells: Iterable[str]) -> str:
    escaped = [cell.replace("|", r"\|") for cell in cells]
    return f"| {' | '.join(escaped)} |"
