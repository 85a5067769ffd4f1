"""What is secret as streams of letters and signs, and what finds it in the streams of any other text.

A page splits texts by markup and writes characters in many ways, so that they are compared by their letters and digits
alone; what has few of these is compared by all its signs.
"""

import html
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np

__all__ = [
    "OWN",
    "OWN_OF_RUN",
    "RUN",
    "STREAMS",
    "TAG",
    "WHOLE",
    "Index",
    "Secret",
    "Secrets",
    "forms",
    "letters",
    "spaced",
    "unescaped",
]

WHOLE: Final = 16
"""The letters and digits of a short text, which must be found as a whole."""

RUN: Final = 48
"""The letters and digits in a row that give a longer text away."""

OWN: Final = 16
"""Those of a short text in a row that no public text holds."""

OWN_OF_RUN: Final = 24
"""The same of a longer one."""

_QUOTED: Final = 64  # characters of a text that a finding shows


@dataclass(frozen=True)
class Secret:
    """A stretch of letters and digits that no student's file may hold.

    Attributes
    ----------
    name : str
        What it is, for whoever reads a finding.
    text : str
        What its author wrote.
    own : tuple of (int, int)
        The parts of the stream that stand in no public text.
    kind : str
        What the stream is made of: ``letters`` and digits alone; everything but white space, ``squeezed``, as of code;
        or everything, with white space ``spaced`` alike.
    exam : bool
        Whether the exam itself shows it: a prompt, or an option.
    """

    name: str
    text: str
    own: tuple[tuple[int, int], ...]
    kind: str = "letters"
    exam: bool = False

    @cached_property
    def stream(self) -> str:
        """What is searched for, as `kind` says."""
        return STREAMS[self.kind](self.text)

    def quoted(self, start: int) -> str:
        r"""Return some words of the text, from that on in which a place of the stream lies.

        Examples
        --------
        >>> Secret("solution", "*Both* clerks draw\nfrom one line.", ()).quoted(5)
        'clerks draw from one line.'
        """
        at = place = 0
        while self.kind != "spaced" and place <= start and at < len(self.text):
            place += len(STREAMS[self.kind](self.text[at]))
            at += 1
        begin = at - len(self.text[:at].split()[-1]) if self.text[:at].split() else 0
        words = spaced(self.text[begin:])
        return words if len(words) <= _QUOTED else f"{words[:_QUOTED].rstrip()}…"


# --- Streams ---------------------------------------------------------------------------------------------------

TAG: Final = re.compile(r"<[A-Za-z/!?][^<>]*>")
"""A tag of HTML."""

_NOT_WORDS = re.compile(r"[\W_]+")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|[\"'\\/nrt])")
_NO_ESCAPE = re.compile(r"(?<!\\)\\(?!u[0-9a-fA-F]{4}|[\"'\\/nrt])")
_MARKUP: Final = ("<", "{", "[")
_PLAIN: Final = {"n": "\n", "r": "\n", "t": "\t"}


def letters(text: str) -> str:
    """Return the letters and digits of a text, whatever their case and width."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return _NOT_WORDS.sub("", text).casefold()


def _squeezed(text: str) -> str:
    return "".join(text.split())


def spaced(text: str) -> str:
    """Return a text with its white space alike."""
    return " ".join(text.split())


STREAMS: Final[Mapping[str, Callable[[str], str]]] = {"letters": letters, "squeezed": _squeezed, "spaced": spaced}
"""What makes a stream of a text, by its kind."""


def unescaped(text: str) -> str:
    """Return text whose escapes, as JSON and scripts write them, are the characters that they stand for."""

    def character(found: re.Match[str]) -> str:
        what = found[1]
        return chr(int(what[1:], 16)) if what[0] == "u" and len(what) > 1 else _PLAIN.get(what, what)

    return _ESCAPE.sub(character, text)


def forms(text: str) -> Iterator[tuple[str, str]]:
    """Yield every reading of a file's text, with its name; what is written twice over is read twice."""
    readings = [("as text", text)]
    if "\\" in text:
        once = unescaped(text)
        # Pages and JSON escape what is theirs; elsewhere a backslash may belong to the text itself, as in a formula.
        plain = text.lstrip()[:1] not in _MARKUP or _NO_ESCAPE.search(text)
        readings = [*(readings if plain else ()), ("JSON-escaped", once)]
        if re.search(r"\\(?:u[0-9a-fA-F]{4}|[n\"])", once):
            readings.append(("JSON-escaped", unescaped(once)))
    for name, reading in readings:
        if "<" not in reading and "&" not in reading:
            yield name, reading
            continue
        yield name, html.unescape(reading)
        bare = html.unescape(TAG.sub("", reading))
        yield f"{name}, split by markup", bare
        if "<" in bare or "&" in bare:
            yield f"{name}, split by markup", html.unescape(TAG.sub("", bare))


# --- Finding them ----------------------------------------------------------------------------------------------


class Index:
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
        if not quotes and length <= RUN:
            # It is found as a whole or not at all.
            yield own[0][0]
            return
        for start, end in own:
            last = end - self._WINDOW
            yield from range(start, last + 1, OWN_OF_RUN - self._WINDOW + 1)
            if start < last and length < OWN_OF_RUN:
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
                if self._as_wholes and len(stream) <= RUN:
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

    def found(self, data: bytes) -> Iterator[tuple[Secret, str]]:
        """Yield each secret that the data gives away, and some words of what it gives away."""
        given: set[int] = set()
        for number, start, end in self.matches(data):
            length = len(self.streams[number])
            if number in given or end - start < min(length, RUN):
                continue
            least = OWN if length <= RUN else OWN_OF_RUN
            for first, last in self.own[number]:
                begin = max(start, first)
                if min(end, last) - begin >= least:
                    given.add(number)
                    yield self.secrets[number], self.secrets[number].quoted(len(_decoded(self.streams[number][:begin])))
                    break


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


def _decoded(data: bytes) -> str:
    return data.decode(errors="ignore")


def _as_bytes(secret: Secret) -> list[tuple[int, int]]:
    def place(count: int) -> int:
        return len(secret.stream[:count].encode())

    return [(place(start), place(end)) for start, end in secret.own]


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
    _indices: dict[str, Index] = field(default_factory=dict, compare=False, repr=False)

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

    def index(self, kind: str) -> Index:
        """Return what finds them in a stream of a kind."""
        if kind not in self._indices:
            self._indices[kind] = Index([each for each in self.texts if each.kind == kind])
        return self._indices[kind]
