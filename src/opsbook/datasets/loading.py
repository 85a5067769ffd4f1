"""Data files as checked tables."""

from __future__ import annotations  # pandas.Series takes a type argument in annotations only

import gzip
import zlib
from hashlib import sha256
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd

from opsbook.datasets import storage
from opsbook.datasets.description import Column, Description, describe
from opsbook.errors import DatasetError

__all__ = ["checked", "load", "received"]

TIME_FORMAT = "%Y-%m-%dT%H:%M"
TIME_FORMAT_TO_THE_SECOND = "%Y-%m-%dT%H:%M:%S"
DATE_FORMAT = "%Y-%m-%d"
_EXACT = 2**53  # whole numbers below this are exact as floats


def load(name: str) -> pd.DataFrame:
    """Return a data set as a table that matches its description.

    Parameters
    ----------
    name : str
        One of `opsbook.datasets.names`.

    Returns
    -------
    pandas.DataFrame
        A fresh copy, so changing it harms nobody. Columns are as `describe` lists them: words as strings, flags as
        booleans, times and dates as datetimes without a time zone, missing words as missing.

    Raises
    ------
    UnknownNameError
        No data set has this name; the message suggests the nearest.
    DatasetError
        The file is missing, its checksum is not the one recorded, or the table breaks its description; the message
        names the file, and the row and column where there is one.

    Notes
    -----
    Rows are counted from 1, the header not included. Read `describe` first: its caveats say what the data cannot show.

    Examples
    --------
    >>> calls = load("bank_calls")
    >>> calls.head(2)
           interval_start  calls_handled
    0 2003-03-03 07:00:00            111
    1 2003-03-03 07:05:00            113
    """
    about = describe(name)
    words = _words(about)
    _check_shape(words, about)
    return pd.DataFrame({column.name: _column(words[column.name], column, about.file) for column in about.columns})


def _words(about: Description) -> pd.DataFrame:
    """Return the table as it is written, with empty cells missing."""
    content = storage.read(about.file)
    checksum = sha256(content).hexdigest()
    if checksum != about.checksum:
        raise DatasetError(
            f"the data file {about.file!r} was changed or damaged: its SHA-256 is {checksum[:12]}…, "
            f"not {about.checksum[:12]}…. Install opsbook again, or in a checkout restore the file."
        )
    try:
        text = gzip.decompress(content) if about.file.endswith(".gz") else content
        # Read as a header, the first line would let longer rows below it shift their cells into an index.
        lines = pd.read_csv(BytesIO(text), header=None, dtype=str, keep_default_na=False, na_values=[""])
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise DatasetError(
            f"the data file {about.file!r} cannot be read as a table: {error}. Write it again as UTF-8 CSV."
        ) from error
    return lines.iloc[1:].reset_index(drop=True).set_axis(list(lines.iloc[0]), axis="columns")


def _check_shape(words: pd.DataFrame, about: Description) -> None:
    expected = [column.name for column in about.columns]
    missing = [name for name in expected if name not in words]
    if missing:
        raise DatasetError(
            f"the data file {about.file!r} lacks the described column{'s' * (len(missing) > 1)} "
            f"{', '.join(map(repr, missing))}. Correct the file or its description."
        )
    if list(words) != expected:
        raise DatasetError(
            f"the data file {about.file!r} must have the columns {', '.join(expected)} in this order, "
            f"got {', '.join(map(str, words))}. Correct the file or its description."
        )
    if len(words) != about.rows:
        raise DatasetError(
            f"the data file {about.file!r} must have {about.rows} rows, got {len(words)}. "
            "Correct the file or its description."
        )


def _column(words: pd.Series[str], column: Column, file: str) -> pd.Series[Any]:
    values, rules = checked(words, column)
    for wrong, rule in rules:
        if wrong.any():
            row = int(wrong.to_numpy().argmax())
            raise DatasetError(
                f"row {row + 1}, column {column.name!r} of the data file {file!r} must be {rule}, "
                f"got {received(words.iloc[row])}. Correct the file or its description."
            )
    # These two forms cannot hold a missing value, so they come last.
    if column.type == "integer":
        return values.astype("int64")
    return values.astype("bool") if column.type == "boolean" else values


def received(word: object) -> str:
    """Return a cell as a message names it."""
    return "nothing" if pd.isna(word) else repr(word)  # type: ignore[call-overload]


def checked(words: pd.Series[str], column: Column) -> tuple[pd.Series[Any], list[tuple[pd.Series[bool], str]]]:
    """Return the values of a column, and each rule of its description with where it is broken."""
    given = words.notna()
    rules: list[tuple[pd.Series[bool], str]] = []
    if column.required:
        rules.append((~given, "filled in"))
    if column.allowed:
        rules.append((given & ~words.isin(column.allowed), f"one of {', '.join(column.allowed)}"))
    values, kind = _parsed(words, column.type)
    rules.append((given & values.isna(), kind))
    if column.minimum is not None:
        rules.append((values < column.minimum, f"at least {column.minimum:g}"))
    return values, rules


def _parsed(words: pd.Series[str], kind: str) -> tuple[pd.Series[Any], str]:
    """Return the values, missing where a word is not of the kind, and the kind in words."""
    match kind:
        case "integer":
            numbers = pd.to_numeric(words, errors="coerce")
            return numbers.where((numbers % 1 == 0) & (numbers.abs() < _EXACT)), "a whole number"
        case "number":
            numbers = pd.to_numeric(words, errors="coerce")
            return numbers.where(np.isfinite(numbers)), "a number"
        case "boolean":
            return words.map({"true": True, "false": False}), "true or false"
        case "datetime":
            times = pd.to_datetime(words, format=TIME_FORMAT, errors="coerce")
            times = times.fillna(pd.to_datetime(words, format=TIME_FORMAT_TO_THE_SECOND, errors="coerce"))
            return times.dt.as_unit("us"), "a time such as 2003-03-03T07:00"
        case "date":
            days = pd.to_datetime(words, format=DATE_FORMAT, errors="coerce")
            return days.dt.as_unit("us"), "a date such as 2003-03-03"
        case _:
            return words, "text"
