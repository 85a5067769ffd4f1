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
import gzip
import hashlib
import html
import io
import json
import logging
import re
import unicodedata
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

import numpy as np
import yaml

from opsbook.errors import BankError
from opsbook.exercises.numeric import NumericEntry, NumericQuestion
from opsbook.exercises.question import Entry, Question
from opsbook.exercises.reading import read_bank
from opsbook.publishing.editions.withholding import KEPT_SOLUTION, Policy, fed_by_solutions
from opsbook.publishing.lab import cited_names
from opsbook.publishing.solutions import REGIONS

__all__ = ["SECRETS_FILE", "Secret", "Secrets", "check", "scan", "secrets"]

SECRETS_FILE: Final = "secrets.json"
_EXAM: Final = "exam.pdf"
# The page that holds notes for who teaches, by its name.
_GUIDE: Final = "book/instructor-guide"

_FEWEST: Final = 20  # characters that a text must have to be told from others
_WHOLE: Final = 16  # letters and digits of a short text, which must be found as a whole
_FEW: Final = 4  # letters and digits that tell a formula from a ruler
_PART: Final = 28  # letters and digits between two formulas, which no secret shares with others by chance
_RUN: Final = 48  # letters and digits in a row that give a longer text away
_QUOTED: Final = 24  # letters and digits in a row that count as quoted from what students read
_OWN: Final = 16  # of a short text in a row that no public text holds
_OWN_OF_RUN: Final = 24  # the same of a longer one

_KEYS: Final = frozenset(
    {
        *("answer", "correct", "feedback", "group", "high", "hints", "instructor", "key", "let", "low", "mistakes"),
        *("rationale", "review", "solution", "tests", "tolerance", "wrong"),
    }
)
_ABOUT: Final = frozenset({"covers", "minutes", "objectives", "requires"})
_CELL_METADATA: Final = frozenset({"jupyter", "nbgrader", "slideshow", "tags"})
_MARKER = re.compile(rf"(?:BEGIN|END) (?:{'|'.join(REGIONS)})\b")
_KEPT_TAGS: Final = frozenset({"solution", "instructor"})


@dataclass(frozen=True)
class Secret:
    """A stretch of letters and digits that no student's file may hold.

    Attributes
    ----------
    name : str
        What it is, for whoever reads a finding.
    stream : str
        What is searched for, as `kind` says.
    own : tuple of (int, int)
        The parts of the stream that stand in no public text.
    kind : str
        What the stream is made of: ``letters`` and digits alone; everything but white space, ``squeezed``, as of code;
        or everything, with white space ``spaced`` alike.
    exam : bool
        Whether the exam itself shows it: a prompt, or an option.
    """

    name: str
    stream: str
    own: tuple[tuple[int, int], ...]
    kind: str = "letters"
    exam: bool = False


@dataclass(frozen=True)
class Secrets:
    """What an edition keeps from its students.

    Attributes
    ----------
    texts : tuple of Secret
        The texts.
    keyless : frozenset of str
        Full ids of the questions whose keys no student may find.
    hidden : bool
        Whether solutions are hidden.
    """

    texts: tuple[Secret, ...]
    keyless: frozenset[str]
    hidden: bool
    _indices: dict[str, "_Index"] = field(default_factory=dict, compare=False, repr=False)

    def dump(self) -> str:
        """Return them as JSON, for the instructor's archive."""
        return json.dumps(
            {"hidden": self.hidden, "keyless": sorted(self.keyless), "texts": [asdict(each) for each in self.texts]},
            ensure_ascii=False,
        )

    @classmethod
    def load(cls, text: str) -> "Secrets":
        """Return what `dump` has written."""
        held = json.loads(text)
        texts = tuple(Secret(**{**each, "own": tuple(map(tuple, each["own"]))}) for each in held["texts"])
        return cls(texts, frozenset(held["keyless"]), held["hidden"])

    def index(self, kind: str) -> "_Index":
        """Return what finds them in a stream of a kind."""
        if kind not in self._indices:
            self._indices[kind] = _Index([each for each in self.texts if each.kind == kind])
        return self._indices[kind]


# --- Streams ---------------------------------------------------------------------------------------------------

_NOT_WORDS = re.compile(r"[\W_]+")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|[\"'\\/nrt])")
_NO_ESCAPE = re.compile(r"(?<!\\)\\(?!u[0-9a-fA-F]{4}|[\"'\\/nrt])")
_TAG = re.compile(r"<[A-Za-z/!?][^<>]*>")
_MARKUP: Final = ("<", "{", "[")
_PLAIN: Final = {"n": "\n", "r": "\n", "t": "\t"}


def _letters(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return _NOT_WORDS.sub("", text).casefold()


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _spaced(text: str) -> str:
    return " ".join(text.split())


_STREAMS: Final[Mapping[str, Callable[[str], str]]] = {"letters": _letters, "squeezed": _squeezed, "spaced": _spaced}


def _unescaped(text: str) -> str:
    """Return text whose escapes, as JSON and scripts write them, are the characters that they stand for."""

    def character(found: re.Match[str]) -> str:
        what = found[1]
        return chr(int(what[1:], 16)) if what[0] == "u" and len(what) > 1 else _PLAIN.get(what, what)

    return _ESCAPE.sub(character, text)


def _forms(text: str) -> Iterator[tuple[str, str]]:
    """Yield every reading of a file's text, with its name; what is written twice over is read twice."""
    readings = [("as text", text)]
    if "\\" in text:
        once = _unescaped(text)
        # Pages and JSON escape what is theirs; elsewhere a backslash may belong to the text itself, as in a formula.
        plain = text.lstrip()[:1] not in _MARKUP or _NO_ESCAPE.search(text)
        readings = [*(readings if plain else ()), ("JSON-escaped", once)]
        if re.search(r"\\(?:u[0-9a-fA-F]{4}|[n\"])", once):
            readings.append(("JSON-escaped", _unescaped(once)))
    for name, reading in readings:
        if "<" not in reading and "&" not in reading:
            yield name, reading
            continue
        yield name, html.unescape(reading)
        bare = html.unescape(_TAG.sub("", reading))
        yield f"{name}, split by markup", bare
        if "<" in bare or "&" in bare:
            yield f"{name}, split by markup", html.unescape(_TAG.sub("", bare))


class _Index:
    """Finds the secrets in streams: every place of a stream is looked up at once by sixteen bytes from there on.

    `quotes` looks for every part that could be a quotation; otherwise what would be no finding is not looked for.
    """

    _WINDOW = 16
    _BITS = 22
    _FACTORS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))

    def __init__(self, texts: Sequence[Secret], *, quotes: bool = False) -> None:
        self.secrets = texts
        self._as_wholes = not quotes
        self.streams = [each.stream.encode() for each in texts]
        self.own = [_as_bytes(each) for each in texts]
        self._places: dict[bytes, list[tuple[int, int]]] = defaultdict(list)
        for number, (stream, own) in enumerate(zip(self.streams, self.own, strict=True)):
            for place in self._anchors(len(stream), own, quotes=quotes):
                self._places[stream[place : place + self._WINDOW]].append((number, place))
        self._tables = [np.zeros(1 << self._BITS, dtype=bool) for _ in range(2)]
        if self._places:
            for table, slots in zip(self._tables, self._slots(b"".join(self._places), self._WINDOW), strict=True):
                table[slots] = True

    def _anchors(self, length: int, own: Sequence[tuple[int, int]], *, quotes: bool) -> Iterator[int]:
        """Yield the places of a secret of which a match that counts has one at least."""
        if not quotes and length <= _RUN:
            # It is found as a whole or not at all.
            yield own[0][0]
            return
        for start, end in own:
            last = end - self._WINDOW
            yield from range(start, last + 1, _OWN_OF_RUN - self._WINDOW + 1)
            if start < last and length < _OWN_OF_RUN:
                yield last

    def _slots(self, data: bytes, step: int = 1) -> tuple[Any, Any]:
        count = len(data) - 7
        eights = np.ndarray(shape=(count,), dtype="<u8", buffer=data, strides=(1,))
        hashes = eights[:-8:step] * self._FACTORS[0] ^ eights[8::step] * self._FACTORS[1]
        hashes ^= hashes >> np.uint64(29)
        hashes *= self._FACTORS[0]
        mask = np.uint64((1 << self._BITS) - 1)
        return hashes >> np.uint64(64 - self._BITS), (hashes >> np.uint64(10)) & mask

    def _candidates(self, data: bytes) -> Iterator[int]:
        length = 1 << 20
        for begin in range(0, max(len(data) - self._WINDOW + 1, 0), length):
            part = data[begin : begin + length + self._WINDOW - 1]
            first, second = self._slots(part)
            hits = np.flatnonzero(self._tables[0][first] & self._tables[1][second])
            yield from (begin + int(hit) for hit in hits)

    def matches(self, data: bytes) -> Iterator[tuple[int, int, int]]:
        """Yield the number of a secret, and from where to where of its stream the data holds it, as far as it goes."""
        done: dict[tuple[int, int], int] = {}
        for place in self._candidates(data):
            for number, offset in self._places.get(data[place : place + self._WINDOW], ()):
                line = (number, place - offset)
                if done.get(line, -1) >= place:
                    continue
                stream = self.streams[number]
                if self._as_wholes and len(stream) <= _RUN:
                    begin = place - offset
                    if begin >= 0 and data.startswith(stream, begin):
                        done[line] = begin + len(stream)
                        yield number, 0, len(stream)
                    continue
                start, end = offset, offset + self._WINDOW
                at = place
                while start > 0 and at > 0 and stream[start - 1] == data[at - 1]:
                    start, at = start - 1, at - 1
                ahead = _common(stream, end, data, place + self._WINDOW)
                end += ahead
                done[line] = place + self._WINDOW + ahead
                yield number, start, end

    def found(self, data: bytes) -> Iterator[Secret]:
        """Yield each secret that the data gives away."""
        given: set[int] = set()
        for number, start, end in self.matches(data):
            length = len(self.streams[number])
            if number in given or end - start < min(length, _RUN):
                continue
            least = _OWN if length <= _RUN else _OWN_OF_RUN
            if any(min(end, last) - max(start, first) >= least for first, last in self.own[number]):
                given.add(number)
                yield self.secrets[number]


def _common(one: bytes, at: int, other: bytes, there: int) -> int:
    """Return how many bytes are the same from two places on."""
    count, step = 0, 64
    while True:
        first, second = one[at + count : at + count + step], other[there + count : there + count + step]
        if first == second and len(first) == step:
            count += step
            continue
        for left, right in zip(first, second, strict=False):
            if left != right:
                return count
            count += 1
        return count


def _as_bytes(secret: Secret) -> list[tuple[int, int]]:
    def place(count: int) -> int:
        return len(secret.stream[:count].encode())

    return [(place(start), place(end)) for start, end in secret.own]


# --- What is secret, and what is public --------------------------------------------------------------------------


class _Told(NamedTuple):
    """Something that an author wrote: what it is, the text, whether it is code, and whether an exam shows it."""

    name: str
    text: str
    code: bool = False
    exam: bool = False


def secrets(instructor_stage: Path, policy: Policy) -> Secrets:
    """Return what an edition keeps from its students, read from the whole edition.

    Parameters
    ----------
    instructor_stage : pathlib.Path
        The whole edition.
    policy : Policy
        What is kept back.

    Raises
    ------
    BankError
        A bank breaks the rules of banks.

    Notes
    -----
    What students are meant to read is read here too, by rules of its own and not by those that strip the students'
    stage, so that a fault in the one does not hide in the other.
    """
    kept: list[_Told] = []
    public: list[_Told] = []
    keyless: set[str] = set()
    for path in sorted((instructor_stage / "exercises" / "bank").glob("*.yml")):
        _read_bank(path, policy, kept, public, keyless)
    for folder in ("book", "chapters", "exercises"):
        for path in sorted((instructor_stage / folder).rglob("*")):
            docname = path.relative_to(instructor_stage).with_suffix("").as_posix()
            if path.suffix == ".ipynb":
                _read_notebook(path, docname, kept, public)
            elif path.suffix == ".md" and docname == _GUIDE:
                kept += _guide(path, docname)
            elif path.suffix == ".md":
                _read_page(path, docname, kept, public)
    public += _surroundings(instructor_stage)
    if not policy.hidden:
        kept = [each for each in kept if not each.name.startswith("solution")]
    works = cited_names(instructor_stage / "book" / "references.bib")
    return Secrets(_secret(kept, public, works), frozenset(keyless), policy.hidden)


def _secret(kept: Iterable[_Told], public: Iterable[_Told], works: Mapping[str, str]) -> tuple[Secret, ...]:
    """Return as secrets what stands in no public text."""
    texts = [each for told in kept for each in _streams(told)]
    found: list[Secret] = []
    for kind in _STREAMS:
        index = _Index([each for each in texts if each.kind == kind], quotes=True)
        masks = [bytearray(len(stream)) for stream in index.streams]
        for told in public if index.secrets else ():
            for data in _public_streams(told, works, kind):
                for number, start, end in index.matches(data):
                    if end - start >= min(len(masks[number]), _QUOTED):
                        masks[number][start:end] = b"\1" * (end - start)
        for secret, stream, mask in zip(index.secrets, index.streams, masks, strict=True):
            own = tuple(
                (len(stream[: run.start()].decode(errors="ignore")), len(stream[: run.end()].decode(errors="ignore")))
                for run in re.finditer(rb"\0{%d,}" % (_OWN if len(mask) <= _RUN else _OWN_OF_RUN), mask)
            )
            if own:
                found.append(replace(secret, own=own))
    return tuple(dict.fromkeys(found))


def _streams(told: _Told) -> Iterator[Secret]:
    """Yield what is searched for: the whole of a text, the parts that a page shows in one piece, and each sentence."""
    text = told.text.strip()
    if len(text) < _FEWEST or text == KEPT_SOLUTION:
        return
    kind = "squeezed" if told.code else "letters"
    streams = {_STREAMS[kind](text): _WHOLE}
    if not told.code:
        for part in _parts(text):
            for piece in (part, *re.split(r"(?<=[.!?])\s+", part)):
                streams.setdefault(_letters(piece), _PART)
    for stream, fewest in streams.items():
        if len(stream) >= fewest:
            yield Secret(told.name, stream, ((0, len(stream)),), kind, told.exam)
    if len(_STREAMS[kind](text)) < _WHOLE and len(_letters(text)) >= _FEW and len(_spaced(text)) >= _FEWEST:
        yield _by_signs(told, text)


def _by_signs(told: _Told, text: str) -> Secret:
    """Return what is searched for of a text that has few letters: all its signs, less those that a page drops."""
    bare = text.strip() if told.code else text.strip(" $`*_")
    tries = (("squeezed", bare), ("spaced", bare), ("spaced", text))
    kind, stream = next((kind, made) for kind, each in tries if len(made := _STREAMS[kind](each)) >= _WHOLE)
    return Secret(told.name, stream, ((0, len(stream)),), kind, told.exam)


def _parts(text: str) -> list[str]:
    """Return Markdown as a page shows it, in the pieces between what a page shows in other letters."""
    text = re.sub(r"\{cite[^}]*\}`[^`]*`|\[\[[^\]]*\]\]|\$\$.*?\$\$|\$[^$]*\$", "\0", text, flags=re.DOTALL)
    text = re.sub(r"^[ \t]*(?:`{3,}|:{3,}|~{3,})[^\n]*$", "\0", text, flags=re.MULTILINE)
    text = re.sub(r"\{[\w:-]+\}`([^`<]*)(?:<[^`>]*>)?`", r"\1", text)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = html.unescape(_TAG.sub("", text))
    return text.split("\0")


def _public_streams(told: _Told, works: Mapping[str, str], kind: str) -> Iterator[bytes]:
    """Yield a public text as it is written, as a page shows it, and with the words of its formulas and citations."""
    yield _STREAMS[kind](told.text).encode()
    if kind != "letters":
        return
    for part in _parts(told.text):
        yield _letters(part).encode()
    if "{cite" in told.text or "$" in told.text:
        cited = re.sub(
            r"\{+cite[^}]*\}+`([^`]*)`",
            lambda found: " ".join(works.get(key.strip(), "") for key in found[1].split(",")),
            told.text,
        )
        bare = re.sub(r"\\[A-Za-z]+|[${}]", " ", cited)
        for part in _parts(bare):
            yield _letters(part).encode()


def _read_bank(path: Path, policy: Policy, kept: list[_Told], public: list[_Told], keyless: set[str]) -> None:
    file = read_bank(path, path.name)
    if file.problems:
        raise BankError(list(file.problems))
    public += [_Told("objective", text) for text in file.objectives.values()]
    notes = re.findall(r"^[ \t]*#[ \t]?(.*)$", path.read_text(encoding="utf8"), re.MULTILINE)
    kept += [_Told(f"note in the bank {path.stem}", line) for line in notes]
    for question_id, entry in file.entries.items():
        beside: list[str] = []
        dropped, withheld = policy.is_dropped(question_id, entry), policy.is_withheld(question_id, entry)
        if dropped or withheld:
            keyless.add(question_id)
        for place, text, code, hidden in _written(entry):
            kind = "hint" if place[0] == "hints" else str(place[-1])
            told = _Told(f"{kind} of {question_id}", text, code)
            if kind == "instructor" or hidden:
                kept.append(told)
            elif kind in {"prompt", "text"}:
                (kept if dropped else public).append(told._replace(exam=True))
                beside += [] if dropped else [text]
            elif dropped or withheld or (policy.hidden and kind in {"solution", "rationale"}):
                kept.append(told)
            else:
                beside.append(text)
                public.append(told)
        if dropped or withheld or policy.hidden:
            kept += _with_numbers(entry.draw(question_id, policy.seed, fixed=False), all_of_it=dropped or withheld)
        # In a bank one text follows another, and letters alone do not tell where it begins.
        public.append(_Told(question_id, "\n".join(beside)))


def _with_numbers(asked: Question, *, all_of_it: bool) -> Iterator[_Told]:
    """Yield what is kept back of a question with numbers, with those of the class in place."""
    if isinstance(asked, NumericQuestion):
        texts = [("solution", asked.solution)]
        if all_of_it:
            texts += [("hint", hint) for hint in asked.hints]
            texts += [("feedback", slip.feedback) for slip in asked.mistakes if not slip.general]
        for name, text in texts:
            # Few words around a number may stand around the same number elsewhere.
            if len(_letters(text)) >= _PART:
                yield _Told(f"{name} of {asked.id}", text)


def _written(entry: Entry) -> Iterator[tuple[tuple[str | int, ...], str, bool, bool]]:
    """Yield everything that the author of a question wrote: its place, the text, if it is code, and if it is hidden."""
    tests = getattr(entry, "tests", ())
    for place, text in entry.texts():
        yield place, text, False, place[0] == "tests" and tests[int(place[1])].hidden
    for number, test in enumerate(tests):
        yield ("tests", number, "code"), test.code, True, test.hidden
    if isinstance(entry, NumericEntry):
        for text in (entry.answer, *entry.let.values(), *(mistake.value for mistake in entry.mistakes)):
            yield ("expression",), text, True, False
    if entry.kind == "code" and entry.solution:
        yield ("solution",), entry.solution, True, False


# --- Notebooks and pages, read line by line --------------------------------------------------------------------------


def _divided(text: str) -> tuple[list[tuple[str, str]], str]:
    """Return what stands in regions that are kept back, by the region's name, and what stands outside of them."""
    inside: list[tuple[str, list[str]]] = []
    outside: list[str] = []
    region = ""
    for line in text.splitlines():
        begins = next((name for name in REGIONS if f"BEGIN {name}" in line), "")
        ends = any(f"END {name}" in line for name in REGIONS)
        if begins:
            region = begins
            inside.append((begins, []))
        elif ends:
            region = ""
        elif region:
            inside[-1][1].append(line)
        else:
            outside.append(line)
    return [(name, "\n".join(lines)) for name, lines in inside], "\n".join(outside)


_CODE = re.compile(
    r"^[ \t]*(`{3,}|~{3,})(?:[ \t]*\{(?:code[\w-]*|sourcecode|raw|mermaid)\}[^\n]*|[^{\n]*)\n.*?^[ \t]*\1",
    re.DOTALL | re.MULTILINE,
)


def _commented(text: str) -> tuple[list[str], str]:
    """Return the comments of a Markdown text, and the text less them; code is there to be read with all its lines."""
    pieces = re.findall(r"<!--(.*?)-->", text, re.DOTALL)
    pieces += ["\n".join(run.splitlines()) for run in re.findall(r"(?:^ {0,3}%[^\n]*\n?)+", text, re.MULTILINE)]
    without = re.sub(r"^ {0,3}%[^\n]*$", "", re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL), flags=re.MULTILINE)
    return pieces, "\n".join((without, *(found[0] for found in _CODE.finditer(text))))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)


def _read_notebook(path: Path, docname: str, kept: list[_Told], public: list[_Told]) -> None:
    notebook = json.loads(path.read_text(encoding="utf8"))
    known = {"kernelspec", "language_info"}
    for name, value in notebook.get("metadata", {}).items():
        unknown = {} if name in known else value
        if name == "opsbook" and isinstance(value, dict):
            public += [_Told("about", text) for text in _strings(value.get("objectives"))]
            unknown = {key: each for key, each in value.items() if key not in _ABOUT}
        kept += [_Told(f"metadata of {docname}", text) for text in _strings(unknown)]
    fed = fed_by_solutions(notebook["cells"])
    for number, cell in enumerate(notebook["cells"], 1):
        where = f"cell {number} of {docname}"
        source, is_code = "".join(cell["source"]), cell["cell_type"] == "code"
        metadata = cell.get("metadata", {})
        tags, grading = _KEPT_TAGS & set(metadata.get("tags", ())), metadata.get("nbgrader", {})
        held = {name: value for name, value in metadata.items() if name not in _CELL_METADATA}
        kept += [_Told(f"metadata of {where}", text, code=code) for text in _strings(held) for code in (False, True)]
        regions, outside = _divided(source)
        if tags or (grading.get("solution") and not regions):
            name = f"{min(tags, default='solution')} in {where}"
            kept.append(_Told(name, source, code=is_code))
            kept += _told_by(name, cell)
            kept += [_Told(name, _picture(text), code=True) for text in _strings(cell.get("attachments"))]
            continue
        for region, text in regions:
            kept.append(_Told(f"{region.lower()} in {where}", text, code=is_code))
            kept += _told_by(f"{region.lower()} in {where}", cell)
        if number - 1 in fed:
            kept += _told_by(f"solution shown by {where}", cell)
        elif is_code and not regions and not grading.get("grade"):
            public.append(_Told(where, "\n".join(text for _, text in _shown(cell))))
        if is_code:
            public.append(_Told(where, outside))
        else:
            comments, rest = _commented(outside)
            kept += [_Told(f"comment in {where}", text) for text in comments]
            public.append(_Told(where, rest))


_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def _shown(cell: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the texts that a cell shows beneath it, each with its type: printed, displayed, or told by an error."""
    for output in cell.get("outputs", ()):
        yield "text", "".join(output.get("text", ""))
        yield "text", _COLOURS.sub("", "\n".join((output.get("evalue", ""), *output.get("traceback", ()))))
        for mime, value in output.get("data", {}).items():
            # A text may stand there as a list of its lines; what is JSON has its strings anywhere.
            whole = isinstance(value, list) and all(isinstance(line, str) for line in value)
            yield from ((mime, text) for text in _strings("".join(value) if whole else value))


def _told_by(name: str, cell: Mapping[str, Any]) -> Iterator[_Told]:
    """Yield what a cell shows, to be kept back."""
    for mime, text in dict.fromkeys(_shown(cell)):
        picture = mime.startswith("image/") and not mime.endswith("xml")
        yield _Told(name, _picture(text), code=True) if picture else _Told(name, text)


def _picture(encoded: str) -> str:
    """Return a stretch of a picture in base64 that no other begins with."""
    letters = "".join(encoded.split())
    return letters[400:2400] if len(letters) > 800 else letters  # noqa: PLR2004 - behind what software writes first


def _read_page(path: Path, docname: str, kept: list[_Told], public: list[_Told]) -> None:
    regions, outside = _divided(path.read_text(encoding="utf8"))
    kept += [_Told(f"{region.lower()} in {docname}", text) for region, text in regions]

    def tagged(found: re.Match[str]) -> str:
        if not re.search(r"^[ \t]*:?tags:.*\b(?:solution|instructor)\b", found[0], re.MULTILINE):
            return found[0]
        kept.append(_Told(f"solution in {docname}", found[2], code=True))
        return ""

    outside = re.sub(r"^(`{3,})\{code-cell\}[^\n]*\n(.*?)^\1[ \t]*$", tagged, outside, flags=re.DOTALL | re.MULTILINE)
    comments, rest = _commented(outside)
    kept += [_Told(f"comment in {docname}", text) for text in comments]
    public.append(_Told(docname, rest))


def _guide(path: Path, docname: str) -> Iterator[_Told]:
    for paragraph in re.split(r"\n\s*\n", path.read_text(encoding="utf8")):
        if len(paragraph) >= 2 * _FEWEST and not paragraph.lstrip().startswith(("```", ":::", "|", "(")):
            yield _Told(f"instructor's page {docname}", paragraph)


def _surroundings(stage: Path) -> Iterator[_Told]:
    """Yield what students get of every edition: the library, the lists that pages are made from, the licences."""
    package = stage / "src" / "opsbook"
    for path in sorted(package.rglob("*")):
        place = path.relative_to(package)
        if path.suffix in {".py", ".js", ".md", ".html"} and "vendor" not in place.parts and "bank" not in place.parts:
            yield _Told(place.as_posix(), path.read_text(encoding="utf8"))
    lists = ("book/references.bib", "book/evidence.yml", "book/coverage.yml", "datasets/datapackage.json")
    for name in (*lists, "README.md"):
        if (stage / name).is_file():
            yield _Told(name, (stage / name).read_text(encoding="utf8"))


# --- Files -----------------------------------------------------------------------------------------------------


class _Blob(NamedTuple):
    """A file, or a member of one: where it stands, its name, and what it holds."""

    place: str
    name: str
    data: bytes


def _blobs(place: str, data: bytes, depth: int = 0) -> Iterator[_Blob]:
    """Yield a file, and whatever it packs, however deep."""
    yield _Blob(place, place.rpartition("!")[2].rpartition("/")[2], data)
    if depth > 6:  # noqa: PLR2004 - deeper than anybody packs
        return
    if data[:4] == b"PK\3\4":
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                yield _Blob(f"{place} (comment)", "comment.txt", archive.comment)
                for member in archive.infolist():
                    if not member.is_dir():
                        yield from _blobs(f"{place}!{member.filename}", archive.read(member), depth + 1)
        except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError):
            return
    elif data[:2] == b"\x1f\x8b":
        try:
            name = place.rpartition("!")[2].rpartition("/")[2].removesuffix(".gz")
            yield from _blobs(f"{place}!{name}", gzip.decompress(data), depth + 1)
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


def _text(blob: _Blob) -> str:
    if blob.data[:5] == b"%PDF-":
        return _pdf_text(blob.data)
    try:
        return blob.data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if blob.data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return blob.data.decode("utf-16", errors="ignore")
    printable = re.findall(rb"[\x20-\x7e\t\r\n]{%d,}" % _WHOLE, blob.data)
    return b"\n".join(printable).decode("ascii")


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
    """Return the names of the secrets that a text holds, each with the form in which it does."""
    found: dict[str, str] = {}
    for name, reading in _forms(text):
        for kind, make in _STREAMS.items():
            index = held.index(kind)
            for secret in index.found(make(reading).encode(errors="ignore")) if index.secrets else ():
                if not (exam and secret.exam):
                    found.setdefault(secret.name, form or name)
    return found


_PICTURES: Final = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")


def _in_text(blob: _Blob, held: Secrets, *, exam: bool) -> dict[str, str]:
    text = _text(blob)
    found = _given_away(text, held, exam=exam)
    if blob.data.startswith(_PICTURES):
        # Pages keep as a file what a notebook keeps in base64.
        found |= _given_away(base64.b64encode(blob.data).decode(), held, exam=exam, form="as a picture")
    source = _unescaped(text) if "\\n" in text else text
    pieces = []
    for decoded in _decoded(source):
        if decoded[:2] in {b"PK", b"\x1f\x8b"} or decoded[:5] == b"%PDF-":
            for inner in _blobs("", decoded):
                found = {**dict.fromkeys(_given_away(_text(inner), held, exam=exam), "base64"), **found}
        pieces.append(decoded.decode("utf-8", errors="ignore"))
    if pieces:
        found = {**_given_away("\0".join(pieces), held, exam=exam, form="base64"), **found}
    if "%20" in text:
        found = {**_given_away(unquote(text), held, exam=exam, form="percent-encoded"), **found}
    return found


# --- Keys by their place -----------------------------------------------------------------------------------------

_READ: Final = frozenset({".yml", ".yaml", ".json", ".ipynb", ".js", ".html", ".htm", ".xml", ".md", ".txt", ".csv"})
_ID = re.compile(r"[\"']([a-z0-9-]+/[a-z0-9-]+)[\"']")


def _keys_in(value: object) -> set[str]:
    """Return which fields that hold keys stand anywhere in a value."""
    if isinstance(value, Mapping):
        here = {str(key) for key, each in value.items() if key in _KEYS and each not in (None, [], "", {})}
        groups = value.get("groups")
        if isinstance(groups, list) and any(isinstance(each, Mapping) and each.get("items") for each in groups):
            here.add("groups")
        return here.union(*(_keys_in(each) for each in value.values())) if value else here
    if isinstance(value, list):
        return set().union(*(_keys_in(each) for each in value)) if value else set()
    return _keys_in_markup(value) if isinstance(value, str) and "<ops-question" in value else set()


def _about(value: object, ids: frozenset[str], stem: str) -> Iterator[tuple[str, set[str]]]:
    """Yield each question of `ids` that a value speaks of, with the fields that hold its key."""
    if isinstance(value, Mapping):
        own = value.get("id")
        for question_id in (own, f"{stem}/{own}"):
            if isinstance(own, str) and question_id in ids:
                yield str(question_id), _keys_in(value)
        for key, each in value.items():
            if key in ids:
                yield str(key), _keys_in(each)
            yield from _about(each, ids, stem)
    elif isinstance(value, list):
        for each in value:
            yield from _about(each, ids, stem)
    elif isinstance(value, str) and "data-question" in value:
        yield from _elements(value, ids)


_ELEMENT = re.compile(r"<ops-question\b[^>]*?data-question=[\"']([^\"']+)[\"'].*?(?:</ops-question>|\Z)", re.DOTALL)


def _elements(text: str, ids: frozenset[str]) -> Iterator[tuple[str, set[str]]]:
    for found in _ELEMENT.finditer(text):
        if found[1] in ids:
            yield found[1], _keys_in_markup(found[0])


def _keys_in_markup(text: str) -> set[str]:
    keys = set(re.findall(r"\bdata-(correct|answer|key|solution|group)\b", text))
    keys |= {"key"} if re.search(r"class=[\"'][^\"']*\bops-(?:print-)?key\b", text) else set()
    for script in re.findall(r"<script\b[^>]*>(.*?)</script>", text, re.DOTALL):
        try:
            keys |= _keys_in(json.loads(script))
        except ValueError:
            keys |= {"script"}
    return keys


def _objects(text: str, ids: Iterable[str]) -> Iterator[tuple[str, set[str]]]:
    """Yield what a script says of questions, object by object."""
    decoder = json.JSONDecoder()
    named = "|".join(map(re.escape, sorted(ids)))
    for found in re.finditer(rf"[\"']?\bid[\"']?\s*:\s*[\"']({named})[\"']|[\"']({named})[\"']\s*:\s*(?=\{{)", text):
        start = found.end() if found[2] else _opening(text, found.start())
        try:
            value, _ = decoder.raw_decode(text, start)
            yield found[1] or found[2], _keys_in(value)
        except ValueError:
            # No JSON: what follows, up to the next question.
            rest = re.split(r"\bid[\"']?\s*:\s*[\"'][a-z0-9-]+/", text[found.end() : found.end() + 4000])[0]
            yield found[1] or found[2], set(re.findall(rf"[\"']?\b({'|'.join(sorted(_KEYS))})[\"']?\s*:", rest))


def _opening(text: str, place: int) -> int:
    depth = 0
    for at in range(place - 1, max(place - 20_000, -1), -1):
        if text[at] == "}":
            depth += 1
        elif text[at] == "{":
            if not depth:
                return at
            depth -= 1
    return place


def _by_place(blob: _Blob, held: Secrets) -> Iterator[str]:
    """Yield each key that stands beside a question which must have none, and what no student's notebook may hold."""
    suffix, stem = Path(blob.name).suffix, Path(blob.name).stem
    if suffix not in _READ:
        return
    text = blob.data.decode("utf-8", errors="ignore")
    # Pages show their sources as own.md.txt.
    if blob.name.removesuffix(".txt").endswith(".md"):
        for marker in _MARKER.finditer(text):
            yield f"the marker `{marker[0]}` in its line {text.count(chr(10), 0, marker.start()) + 1}"
    if suffix in {".yml", ".yaml"}:
        yield from _in_yaml(text, stem, held)
        return
    value: Any = None
    if suffix in {".json", ".ipynb"}:
        with suppress(ValueError):
            value = json.loads(text)
    if suffix == ".ipynb" and isinstance(value, dict):
        yield from _in_notebook(value, held)
    found: dict[str, set[str]] = defaultdict(set)
    for reading in dict.fromkeys((text, html.unescape(_unescaped(text)))):
        ids = held.keyless & set(_ID.findall(reading))
        if ids:
            spoken = _about(value, ids, stem)
            for question_id, keys in (*spoken, *_elements(reading, ids), *_objects(reading, ids)):
                found[question_id] |= keys
    yield from (f"{', '.join(sorted(keys))} beside the question {name}" for name, keys in found.items() if keys)


def _in_yaml(text: str, stem: str, held: Secrets) -> Iterator[str]:
    slugs = (each.rpartition("/")[2] for each in held.keyless)
    if not re.search(r"\b(?:instructor|hidden)\b['\"]?\s*:", text) and not any(slug in text for slug in slugs):
        return
    try:
        # The fastest of the safe readers that there is.
        value = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    except yaml.YAMLError:
        return
    for question_id, keys in _about(value, held.keyless, stem):
        if keys:
            yield f"{', '.join(sorted(keys))} beside the question {question_id}"
    questions = value.get("questions", ()) if isinstance(value, dict) else ()
    for each in questions if isinstance(questions, list) else ():
        if isinstance(each, dict) and each.get("instructor"):
            yield f"a note for instructors in the question {stem}/{each.get('id')}"
        tests = each.get("tests") if isinstance(each, dict) else None
        if isinstance(tests, list) and any(isinstance(test, dict) and test.get("hidden") for test in tests):
            yield f"hidden tests in the question {stem}/{each.get('id')}"


def _in_notebook(notebook: Mapping[str, Any], held: Secrets) -> Iterator[str]:
    cells = notebook.get("cells")
    for number, cell in enumerate(cells if isinstance(cells, list) else (), 1):
        source = "".join(cell.get("source", ""))
        metadata = cell.get("metadata", {})
        for tag in _KEPT_TAGS & set(metadata.get("tags", ())):
            if held.hidden or tag == "instructor":
                yield f"a cell tagged `{tag}`, its cell {number}"
        marker = _MARKER.search(source)
        if marker and cell.get("cell_type") != "raw":
            yield f"the marker `{marker[0]}` in its cell {number}"
        if "opsbook" in metadata:
            yield f"wrong answers in the metadata of its cell {number}"


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
        A line for every finding: where, what, and in which form. None is good news.
    """
    paths = sorted(path for path in target.rglob("*") if path.is_file()) if target.is_dir() else [target]
    base = within or (target if target.is_dir() else target.parent)
    texts: dict[tuple[bytes, bool], dict[str, str]] = {}
    findings: list[str] = []
    for path in paths:
        for blob in _blobs(path.relative_to(base).as_posix(), path.read_bytes()):
            digest = hashlib.sha256(blob.data).digest()
            exam = blob.place == _EXAM
            if (digest, exam) not in texts:
                texts[digest, exam] = _in_text(blob, held, exam=exam)
            findings += [f"{blob.place}: {name} ({form})" for name, form in texts[digest, exam].items()]
            findings += [f"{blob.place}: {found}" for found in dict.fromkeys(_by_place(blob, held))]
    return findings


def check(output: Path) -> list[str]:
    """Search everything that students get of a built edition, by what its build says is secret.

    Parameters
    ----------
    output : pathlib.Path
        The folder that an edition was built into.

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
    if not file.is_file():
        raise FileNotFoundError(f"{file} is missing, which says what is secret. Build the edition again.")
    try:
        held = Secrets.load(file.read_text(encoding="utf8"))
    except (ValueError, LookupError, TypeError) as error:
        raise ValueError(f"{file} does not say what is secret: {error!r}. Build the edition again.") from error
    findings: list[str] = []
    for path in sorted(output.iterdir()):
        if path.name in {"instructor", "lms", "grading"}:
            continue
        findings += scan(path, held, within=output)
    if (output / "grading" / "release").is_dir():
        findings += scan(output / "grading" / "release", held, within=output)
    return findings
