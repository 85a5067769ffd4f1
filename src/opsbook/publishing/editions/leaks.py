"""Searches what students get for what is kept from them.

Texts are compared by their letters and digits alone, since a page splits them by markup and writes characters in many
ways. A text is a secret only as far as it does not also stand where students are meant to read it, and what they are
meant to read is taken from the instructor's stage: a leak cannot excuse itself. Keys too short to be told from any
other word are looked for by their place: a field such as `answer` beside the id of a question that is not checked.

Every text of 20 characters or more is searched for, white space counted once. One of fewer than 16 letters and digits,
such as a formula, is known by its signs: as a whole, as its author wrote it, without white space if 16 characters are
left then, else with it. Not searched for:

- shorter texts, and those of fewer than four letters and digits, such as rulers;
- a text of few letters in other signs: a formula as a page sets it, or without the spaces that it had;
- numbers in what a cell shows as JSON, and pictures that were drawn or compressed anew, or whose text is drawn;
- in a PDF: text within pictures, the alternative texts of single words on a page, and names of places in the document
  (structure, bookmarks, links, forms and notes are searched);
- anything encrypted, and archives of other kinds than zip and gzip.
"""

import base64
import binascii
import hashlib
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from opsbook.publishing.editions.blobs import Blob, blobs, text_of
from opsbook.publishing.editions.keys import by_place
from opsbook.publishing.editions.streams import STREAMS, Secrets, forms, unescaped

__all__ = ["SECRETS_FILE", "check", "main", "scan"]

SECRETS_FILE: Final = "secrets.json"
_EXAM: Final = "exam.pdf"
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{27,}(?:[ \t]*\n[ \t]*[A-Za-z0-9+/_-]{4,})*={0,2}")


def _decoded(text: str) -> Iterator[bytes]:
    """Yield what stands in base64, read from each of the places where it may begin."""
    for run in _BASE64.finditer(text):
        letters = re.sub(r"[\s=]", "", run[0]).replace("-", "+").replace("_", "/")
        for start in range(4):
            part = letters[start:]
            with_padding = part[: len(part) // 4 * 4] if len(part) % 4 == 1 else part + "=" * (-len(part) % 4)
            try:
                yield base64.b64decode(with_padding)
            except (binascii.Error, ValueError):
                continue


def _given_away(text: str, held: Secrets, *, exam: bool, form: str = "") -> dict[str, str]:
    """Return the names of the secrets that a text holds, each with the form in which it does, and some words of it."""
    found: dict[str, str] = {}
    for name, reading in forms(text):
        for kind, make in STREAMS.items():
            index = held.index(kind)
            for secret, words in index.found(make(reading).encode(errors="ignore")) if index.secrets else ():
                if not (exam and secret.exam):
                    found.setdefault(secret.name, f'({form or name}): "{words}"')
    return found


_PICTURES: Final = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")


def _in_text(blob: Blob, held: Secrets, *, exam: bool) -> dict[str, str]:
    text = text_of(blob)
    found = _given_away(text, held, exam=exam)
    if blob.data.startswith(_PICTURES):
        # Pages keep as a file what a notebook keeps in base64.
        found |= _given_away(base64.b64encode(blob.data).decode(), held, exam=exam, form="as a picture")
    source = unescaped(text) if "\\n" in text else text
    pieces = []
    for decoded in _decoded(source):
        if decoded[:2] in {b"PK", b"\x1f\x8b"} or decoded[:5] == b"%PDF-":
            for inner in blobs("", decoded):
                found = {**_given_away(text_of(inner), held, exam=exam, form="base64"), **found}
        pieces.append(decoded.decode("utf-8", errors="ignore"))
    if pieces:
        found = {**_given_away("\0".join(pieces), held, exam=exam, form="base64"), **found}
    if "%20" in text:
        found = {**_given_away(unquote(text), held, exam=exam, form="percent-encoded"), **found}
    return found


# --- The search ------------------------------------------------------------------------------------------------


def scan(target: Path, held: Secrets, *, within: Path | None = None) -> list[str]:
    """Search a file, or a folder and all that it holds, for what is kept from students.

    Parameters
    ----------
    target : pathlib.Path
        What students get. Of a file called ``exam.pdf`` prompts and options are there to be read.
    held : Secrets
        What they must not find in it.
    within : pathlib.Path, optional
        The folder from which places are named; without it, `target` itself.

    Returns
    -------
    list of str
        A line for every finding: where, what, in which form, and some words of it. None is good news.
    """
    paths = sorted(path for path in target.rglob("*") if path.is_file()) if target.is_dir() else [target]
    base = within or (target if target.is_dir() else target.parent)
    texts: dict[tuple[bytes, bool], dict[str, str]] = {}
    findings: list[str] = []
    for path in paths:
        for blob in blobs(path.relative_to(base).as_posix(), path.read_bytes()):
            digest = hashlib.sha256(blob.data).digest()
            exam = blob.place == _EXAM
            if (digest, exam) not in texts:
                texts[digest, exam] = _in_text(blob, held, exam=exam)
            findings += [f"{blob.place}: {name} {told}" for name, told in texts[digest, exam].items()]
            findings += [f"{blob.place}: {found}" for found in dict.fromkeys(by_place(blob, held))]
    return findings


def check(output: Path, parts: Sequence[str] = ()) -> list[str]:
    """Search what students get of a built edition, by what its build says is secret.

    Parameters
    ----------
    output : pathlib.Path
        The folder that an edition was built into.
    parts : sequence of str
        Where in it to look; without any, in everything that students get. One that is not there holds nothing.

    Returns
    -------
    list of str
        A line for every finding.

    Raises
    ------
    FileNotFoundError
        The folder does not say what is secret.
    ValueError
        What says so cannot be read.
    """
    file = output / "instructor" / SECRETS_FILE
    if not output.is_dir():
        raise FileNotFoundError(f"there is no folder {output}. Name the one that `opsbook edition build` wrote.")
    if not file.is_file():
        hint = "Name the folder that `opsbook edition build` wrote, or build the edition again."
        raise FileNotFoundError(f"{file} is missing, which says what is secret. {hint}")
    try:
        held = Secrets.load(file.read_text(encoding="utf8"))
    except (ValueError, LookupError, TypeError) as error:
        raise ValueError(f"{file} does not say what is secret: {error!r}. Build the edition again.") from error
    given = [path for path in sorted(output.iterdir()) if path.name not in {"instructor", "lms", "grading"}]
    places = [output / part for part in parts] or [*given, output / "grading" / "release"]
    return [line for place in places if place.exists() for line in scan(place, held, within=output)]


def main(arguments: Sequence[str]) -> int:
    """Print a line for each leak; ``OUTPUT PART…`` is an edition, and where to look in it."""
    folder, *parts = arguments
    for line in check(Path(folder), parts):
        print(line)  # noqa: T201 - the answer of a command
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
