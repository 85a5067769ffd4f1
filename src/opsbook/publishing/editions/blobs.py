"""What is in a file: whatever it packs, and the text of each, of PDF too."""

import gzip
import io
import logging
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from threading import Lock
from typing import Final, NamedTuple

from opsbook.publishing.editions.streams import WHOLE

__all__ = ["Blob", "blobs", "text_of"]


class Blob(NamedTuple):
    """A file, or a member of one: where it stands, its name, and what it holds."""

    place: str
    name: str
    data: bytes


def blobs(place: str, data: bytes, depth: int = 0) -> Iterator[Blob]:
    """Yield a file, and whatever it packs, however deep."""
    yield Blob(place, place.rpartition("!")[2].rpartition("/")[2], data)
    if depth > 6:  # noqa: PLR2004 - deeper than anybody packs
        return
    if data[:4] == b"PK\3\4":
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                yield Blob(f"{place} (comment)", "comment.txt", archive.comment)
                for member in archive.infolist():
                    if not member.is_dir():
                        yield from blobs(f"{place}!{member.filename}", archive.read(member), depth + 1)
        except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError):
            return
    elif data[:2] == b"\x1f\x8b":
        try:
            name = place.rpartition("!")[2].rpartition("/")[2].removesuffix(".gz")
            yield from blobs(f"{place}!{name}", gzip.decompress(data), depth + 1)
        except (OSError, EOFError, zlib.error):
            return


_PDFIUM: Final = Lock()  # which reads one document at a time


def _pdf_text(data: bytes) -> str:
    # Both come with the edition's extra only; the one reads text ten times as fast, the other knows what is attached.
    from pypdf import PdfReader  # noqa: PLC0415
    from pypdfium2 import PdfDocument  # type: ignore[import-untyped]  # noqa: PLC0415

    logging.getLogger("pypdf").setLevel(logging.ERROR)
    reader = PdfReader(io.BytesIO(data))
    texts = [*_pdf_strings(data)]
    with _PDFIUM:
        document = PdfDocument(data)
        texts += [page.get_textpage().get_text_range() for page in document]
        document.close()
    for name, held in reader.attachments.items():
        texts += [name, *(each.decode(errors="ignore") for each in held)]
    return "\n".join(texts)


_PDF_STREAM = re.compile(rb"\bstream\r?\n(.*?)\r?\n?endstream\b", re.DOTALL)
_PDF_NESTED: Final = rb"\((?:[^()\\]++|\\.|\((?:[^()\\]++|\\.)*+\))*+\)"
_PDF_STRING = re.compile(rb"\((?:[^()\\]++|\\.|" + _PDF_NESTED + rb")*+\)|<[0-9A-Fa-f\s]++>", re.DOTALL)
_PDF_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r?\n|.)", re.DOTALL)
_PDF_PLAIN: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"", b"f": b"", b"\n": b"", b"\r\n": b""}


def _pdf_strings(data: bytes) -> Iterator[str]:
    """Yield every string beside the pages: alternative texts, bookmarks, addresses, fields of forms, notes.

    To follow the structure of a long book from object to object takes minutes; to read it as a file, a second.
    """
    beside = [_PDF_STREAM.sub(b" ", data)]
    for found in _PDF_STREAM.finditer(data):
        if b"/ObjStm" in data[max(found.start() - 400, 0) : found.start()].rpartition(b" obj")[2]:
            with suppress(zlib.error):
                beside.append(zlib.decompressobj().decompress(found[1]))
    for part in beside:
        yield from (_pdf_string(found[0]) for found in _PDF_STRING.finditer(part))


def _pdf_string(written: bytes) -> str:
    if written[:1] == b"<":
        digits = b"".join(written[1:-1].split()).decode()
        data = bytes.fromhex(digits + "0" * (len(digits) % 2))
    else:
        data = _PDF_ESCAPE.sub(_pdf_character, written[1:-1])
    if data[:2] in {b"\xfe\xff", b"\xff\xfe"}:
        return data.decode("utf-16", errors="ignore")
    return data.decode("latin-1")


def _pdf_character(found: re.Match[bytes]) -> bytes:
    what = found[1]
    return bytes([int(what, 8) & 255]) if what[:1].isdigit() else _PDF_PLAIN.get(what, what)


def text_of(blob: Blob) -> str:
    """Return the text of a file; of one that is none, what can be printed of it."""
    if blob.data[:5] == b"%PDF-":
        return _pdf_text(blob.data)
    try:
        return blob.data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if blob.data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return blob.data.decode("utf-16", errors="ignore")
    printable = re.findall(rb"[\x20-\x7e\t\r\n]{%d,}" % WHOLE, blob.data)
    return b"\n".join(printable).decode("ascii")
