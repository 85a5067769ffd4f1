"""Files: opening what other programs save, writing whole or not at all, and the fonts that pages carry."""

import codecs
import gzip
import os
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Final

__all__ = [
    "FONTS",
    "UndecodableFileError",
    "UnreadableFileError",
    "aligned",
    "blocks",
    "font_faces",
    "refuse",
    "text",
    "write",
]

FONTS: Final = Path(__file__).parent / "vendor" / "source-sans-pro"
"""The folder of the course's fonts."""

_BLOCK: Final = 16 * 2**20
_LONGEST: Final = 8  # blocks without the end of a row: somewhere a quotation mark was not closed
_MARKS: Final = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_UNREADABLE: Final = (OSError, EOFError, zlib.error)
_WORKBOOK, _PACKED = b"PK", b"\x1f\x8b"


class UnreadableFileError(ValueError):
    """A file holds no text that can be read; the message says where and why."""


class UndecodableFileError(UnreadableFileError):
    """A file is text, perhaps, but in another encoding."""


def text(file: Path) -> str:
    """Return the whole text of a file: UTF-8, or what its byte order mark says.

    Raises
    ------
    UnreadableFileError
        There is no such file, or it is no text.
    """
    return b"".join(blocks(file, whole_rows=False)).decode()


def blocks(
    file: Path,
    *,
    encoding: str | None = None,
    whole_rows: bool = True,
    progress: Callable[[float], None] | None = None,
    size: int = _BLOCK,
) -> Iterator[bytes]:
    r"""Yield the text of a file in blocks, as UTF-8 with ``\n`` at the end of lines.

    Parameters
    ----------
    file : pathlib.Path
        Text, plain or packed with gzip.
    encoding : str, optional
        By default what the byte order mark says, and UTF-8 without one.
    whole_rows : bool
        Whether a block must end where a row ends: at a line break that is not between quotation marks.
    progress : callable, optional
        Called with the share of the file that has been read.
    size : int
        About how many bytes a block has.

    Raises
    ------
    UnreadableFileError
        There is no such file, or it is no text in this encoding.
    """
    with ExitStack() as opened:
        try:
            raw = opened.enter_context(file.open("rb"))
            start = raw.read(4)
            raw.seek(0)
            stream = opened.enter_context(gzip.open(raw)) if start.startswith(_PACKED) else raw
            first = stream.read(size)
            length = max(os.fstat(raw.fileno()).st_size, 1)
        except _UNREADABLE as error:
            raise _unopened(file, error) from None
        if first.startswith(_WORKBOOK):
            raise UnreadableFileError(f"{file}: must be CSV text, got a workbook. Save its sheet as CSV UTF-8.")
        marked = next((name for mark, name in _MARKS.items() if first.startswith(mark)), "utf-8")
        reader = _Decoder(file, encoding or marked, asked=encoding is not None)
        kept, waited = b"", 0
        while first:
            block = reader.decode(first)
            try:
                first = stream.read(size)
            except _UNREADABLE as error:
                raise _unopened(file, error) from None
            kept, waited = kept + block, waited + 1
            cut = (_end_of_row(kept) if whole_rows else len(kept)) if first else len(kept)
            if cut:
                yield kept[:cut]
                kept, waited = kept[cut:], 0
            elif waited > _LONGEST:
                raise UnreadableFileError(
                    f"{file}:{reader.lines - kept.count(10)}: needs a quotation mark that ends what one begins near "
                    "here. Mend the row."
                )
            if progress is not None:
                progress(min(raw.tell() / length, 1.0))
        if kept or (rest := reader.decode(b"", final=True)):
            yield kept or rest


def _unopened(file: Path, error: Exception) -> UnreadableFileError:
    if isinstance(error, FileNotFoundError):
        return UnreadableFileError(f"{file}: there is no such file. Check the path.")
    return UnreadableFileError(f"{file}: cannot be read ({getattr(error, 'strerror', None) or error}). Check the path.")


class _Decoder:
    """Turns bytes into UTF-8 with plain line breaks, and knows at which line it is."""

    def __init__(self, file: Path, encoding: str, *, asked: bool) -> None:
        self.file = file
        self.asked = asked
        self.lines = 1
        self.encoding = encoding
        self.reader = codecs.getincrementaldecoder(encoding)()
        self.ended_with_return = False

    def decode(self, content: bytes, *, final: bool = False) -> bytes:
        """Return the next bytes as UTF-8."""
        try:
            read = self.reader.decode(content, final)
            block = read.encode()
        except UnicodeError as error:
            raise self._wrong(error) from None
        if "\0" in read:
            raise UnreadableFileError(f"{self.file}: must be text, got bytes of 0. Save it as CSV UTF-8.")
        if self.ended_with_return and block.startswith(b"\n"):
            block = block[1:]
        self.ended_with_return = block.endswith(b"\r") or (self.ended_with_return and not block)
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        self.lines += block.count(10)
        return block

    def _wrong(self, error: UnicodeError) -> UnreadableFileError:
        if not isinstance(error, UnicodeDecodeError):
            return UnreadableFileError(f"{self.file}: must be {self.encoding} text ({error}). Save it as CSV UTF-8.")
        place = self.lines + error.object[: error.start].count(b"\n")
        said = self.encoding if self.asked else "UTF-16" if self.encoding == "utf-16" else "UTF-8"
        return UndecodableFileError(
            f"{self.file}:{place}: must be {said} text, got the byte {error.object[error.start]:#x}. "
            "Save it as CSV UTF-8."
        )


def _end_of_row(block: bytes) -> int:
    """Return where the last whole row of a block ends; 0 if none does."""
    cut = block.rfind(b"\n") + 1
    marks = block.count(b'"', 0, cut)
    while cut and marks % 2:
        before = block.rfind(b"\n", 0, cut - 1) + 1
        marks -= block.count(b'"', before, cut)
        cut = before
    return cut


def aligned(table: Sequence[Sequence[str]], *, words: int = 1) -> list[str]:
    """Return the rows of a table as lines: the first `words` columns flush left, the others flush right.

    Examples
    --------
    >>> aligned([["day", "contacts"], ["Mon", "46"]])
    ['day  contacts', 'Mon        46']
    """
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if place < words else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]


def refuse(read: Mapping[str, Path], written: Mapping[str, Path], *, force: bool) -> None:
    """Refuse to write over what was read or, unless forced, over any file.

    Parameters
    ----------
    read, written : mapping of str to pathlib.Path
        Files by what they are called: ``{"the forecast": …}``.
    force : bool
        Whether files that exist may be replaced.

    Raises
    ------
    FileExistsError
        A file would be written over.
    """
    named = {**read, **written}
    sources, targets = ([path.resolve() for path in paths.values()] for paths in (read, written))
    if len(set(targets)) < len(targets) or set(targets) & set(sources):
        *others, last = named
        raise FileExistsError(
            f"{', '.join(others)} and {last} must be different files, got {', '.join(map(str, named.values()))}. "
            "Name another."
        )
    there = [str(path) for path in written.values() if path.exists()]
    if there and not force:
        raise FileExistsError(
            f"{next(iter(written))} must not replace a file, got {' and '.join(there)} that "
            f"{'exist' if there[1:] else 'exists'}. Name another, or replace it with --force."
        )


def write(contents: Mapping[Path, bytes]) -> None:
    """Write files whole or not at all: none takes its name before all of them are there."""
    parts = {path: path.with_name(f".{path.name}.{os.getpid()}.part") for path in contents}
    try:
        for path, content in contents.items():
            parts[path].write_bytes(content)
        for path, part in parts.items():
            part.replace(path)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


@cache
def font_faces() -> str:
    """Return the fonts as style rules that carry them."""
    faces = []
    for weight in (400, 600):
        font = b64encode((FONTS / f"source-sans-pro-latin-{weight}-normal.woff2").read_bytes()).decode()
        faces.append(
            f'@font-face{{font-family:"Source Sans Pro";font-weight:{weight};'
            f'src:url(data:font/woff2;base64,{font}) format("woff2")}}'
        )
    return "".join(faces)
