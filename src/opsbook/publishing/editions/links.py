"""References to what an edition does not hold: each becomes plain words, a link to the full book, or disappears.

Known are links and roles of Markdown (``[words](page#label)``, ``{ref}``, ``{doc}``), links in HTML, and what a page
borrows from a chapter (the directives ``{question}`` and ``{explorer}``, the role ``{ask}``). A link keeps its words;
one without any leaves the heading that it leads to. What does nothing but point disappears with its brackets or its
sentence: ``([words](page))``, ``See {ref}`label`.``
"""

import re
from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from posixpath import dirname, join, normpath
from typing import Any, Final, NamedTuple

from opsbook.publishing.editions.wording import joined

__all__ = ["Links", "Reference", "target"]

_FENCE: Final = re.compile(r"^(?P<fence>`{3,}|~{3,})(?P<info>[^\n]*)\n.*?^(?P=fence)[ \t]*$", re.DOTALL | re.MULTILINE)
_BORROWED: Final = re.compile(
    r"^(?P<fence>[`:]{3,})\{(?P<kind>question|explorer)\}[ \t]+(?P<argument>\S+)[ \t]*\n(?P<body>.*?)^(?P=fence)[ \t]*"
    r"(?:\n(?:[ \t]*\n)?|\Z)",
    re.DOTALL | re.MULTILINE,
)
_MESSAGE: Final = re.compile(r"^:message:[ \t]*(.+?)[ \t]*$", re.MULTILINE)
_ASK: Final = re.compile(r"\{ask\}`([^`]+)`")
_ITEM: Final = re.compile(r"[ \t]*(?:[-*+]|\d+[.)])[ \t]")
_ROLE: Final = re.compile(
    r"\{(?P<role>ref|numref|any|doc)\}`(?:(?P<words>[^`<]*?)\s*<(?P<at>[^`>]+)>|(?P<bare>[^`<>]+))`"
)
_POINTER: Final = re.compile(
    r"(?P<before>\s*)\bSee (?P<all>\{ref\}`[^`<]+`(?:(?:,| and)\s\{ref\}`[^`<]+`)*)\.", re.MULTILINE
)
_TARGET: Final = re.compile(
    r"\]\(\s*(?P<target><[^<>\n]*>|[^\s()<>]*(?:\([^\s()]*\)[^\s()]*)*)(?:\s+(?:\"[^\"]*\"|'[^']*'))?\s*\)"
)
_DEFINITION: Final = re.compile(r"^ {0,3}\[(?P<name>[^\]\n]+)\]:[ \t]+<?(?P<target>[^\s>]+)>?[^\n]*\n?", re.MULTILINE)
_HTML: Final = re.compile(
    r"<a\b(?P<head>[^>]*?)\bhref=(?P<quote>\\?[\"'])(?P<target>.*?)(?P=quote)(?P<tail>[^>]*)>(?P<words>.*?)</a>",
    re.DOTALL,
)
_OPENINGS: Final = ("(", "(see ", "(See ")
# Before the address of a link that was a role, and was told as one.
_ROLE_MARK: Final = "\1"


class Reference(NamedTuple):
    """A reference to what the edition does not hold."""

    document: str
    words: str
    target: str


class _Target(NamedTuple):
    document: str
    label: str

    def __str__(self) -> str:
        return f"{self.document}#{self.label}" if self.label else self.document


def target(address: str, document: str) -> _Target | None:
    """Return the page and label that an address in `document` leads to; None if it leads out of the book.

    Examples
    --------
    >>> target("../chapters/service-design.ipynb#design-blueprint", "book/faq")
    _Target(document='chapters/service-design', label='design-blueprint')
    >>> target("#here", "book/faq"), target("https://example.org", "book/faq")
    (_Target(document='book/faq', label='here'), None)
    """
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//", address):
        return None
    path, _, label = address.partition("#")
    if not path:
        return _Target(document, label)
    whole = path.lstrip("/") if path.startswith("/") else normpath(join(dirname(document), path))
    return _Target(re.sub(r"\.(?:ipynb|md|html)\Z", "", whole), label)


@dataclass(frozen=True)
class Links:
    """What an edition holds of what can be referred to.

    Attributes
    ----------
    left_out : collection of str
        The pages that it does not hold, as names without ending.
    labels : mapping of str to tuple
        The page and the heading that each label of the whole course stands before.
    dropped : mapping of str to collection of str
        The labels of dropped sections, by page.
    questions : collection of str
        The full ids of the questions that it does not ask.
    explorers : mapping of str to collection of str
        The messages of explorers in dropped sections, by page.
    full_book : str
        The address of the full book, with a slash at its end, if links are to lead there; else an empty text.
    elsewhere : collection of str
        The pages that the full book has.
    titles : mapping of str to str
        The titles of pages, by their names.
    unsaid : collection of str
        Those of `left_out` that the course's pages and exercises do not speak of, and its chapters hardly: with a link
        to one goes its sentence there, or what a semicolon parts off from the sentence.
    """

    left_out: Collection[str] = ()
    labels: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    dropped: Mapping[str, Collection[str]] = field(default_factory=dict)
    questions: Collection[str] = ()
    explorers: Mapping[str, Collection[str]] = field(default_factory=dict)
    full_book: str = ""
    elsewhere: Collection[str] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    unsaid: Collection[str] = ()

    def rewritten(self, text: str, document: str, *, code: bool = False) -> tuple[str, list[Reference]]:
        """Return a text as the edition holds it, and the references in it that were changed.

        Parameters
        ----------
        text : str
            Markdown, or with `code` the code of a cell, whose texts may hold links.
        document : str
            The page that the text stands in, as ``folder/name`` without ending.
        """
        found: list[Reference] = []
        kept: list[str] = []

        def put_by(fence: re.Match[str]) -> str:
            if fence["info"].lstrip().startswith("{"):
                return fence[0]
            kept.append(fence[0])
            return f"\0{len(kept) - 1}\0"

        work = _Work(self, document, found)
        if not code:
            text = _BORROWED.sub(work.borrowed, text)
            text = _FENCE.sub(put_by, text)
            text = work.asks(text)
        text = _POINTER.sub(work.pointers, text)
        text = _ROLE.sub(work.role, text)
        text = work.links(text)
        text = _HTML.sub(work.html, text)
        if not code:
            text = work.definitions(text)
        return re.sub(r"\0(\d+)\0", lambda place: kept[int(place[1])], text), found

    def rewritten_cells(
        self, cells: Sequence[Mapping[str, Any]], document: str
    ) -> tuple[list[dict[str, Any]], list[Reference]]:
        """Return the cells of a notebook as the edition holds them, and the references in them that were changed.

        Parameters
        ----------
        cells : sequence of dict
            The cells, with what they show.
        document : str
            The notebook, as ``folder/name`` without ending.
        """
        found: list[Reference] = []

        def changed(value: Any, *, code: bool = False) -> Any:
            whole = "".join(value)
            new, references = self.rewritten(whole, document, code=code)
            found.extend(references)
            if new == whole:
                return value
            return new.splitlines(keepends=True) if isinstance(value, list) else new

        copies = [dict(deepcopy(cell)) for cell in cells]
        for cell in copies:
            cell["source"] = changed(cell["source"], code=cell["cell_type"] == "code")
            for output in cell.get("outputs", ()):
                shown = output.get("data", {})
                shown |= {mime: changed(shown[mime]) for mime in ("text/markdown", "text/html") if mime in shown}
        return copies, found

    def lacks(self, place: _Target | None) -> bool:
        """Return whether the edition does not hold what a reference leads to."""
        if place is None:
            return False
        return place.document in self.left_out or place.label in self.dropped.get(place.document, ())

    def address(self, place: _Target) -> str:
        """Return where the full book has what the edition does not hold; an empty text if links do not lead there."""
        if not self.full_book or place.document not in self.elsewhere:
            return ""
        return f"{self.full_book}{place.document}.html{f'#{place.label}' if place.label else ''}"


class _Work:
    """The references of one text."""

    def __init__(self, links: Links, document: str, found: list[Reference]) -> None:
        self._links, self._document, self._found = links, document, found

    def _note(self, words: str, place: object) -> None:
        self._found.append(Reference(self._document, " ".join(words.split()), str(place)))

    # --- What a page borrows

    def borrowed(self, block: re.Match[str]) -> str:
        """Return the block of a directive, or nothing."""
        if block["kind"] == "question":
            gone = block["argument"] in self._links.questions
        else:
            place = target(block["argument"], self._document)
            message = _MESSAGE.search(block["body"])
            hidden = self._links.explorers.get(place.document, ()) if place else ()
            gone = self._links.lacks(place) or bool(message and message[1] in hidden)
        if gone:
            self._note(f"{{{block['kind']}}}", block["argument"])
        return "" if gone else block[0]

    def asks(self, text: str) -> str:
        """Return a text without links to questions that are not asked; a list's item that only named them goes too."""
        if "{ask}" not in text:
            return text
        lines = (self._asking(line) for line in text.splitlines(keepends=True))
        return "".join(lines)

    def _asking(self, line: str) -> str:
        named = _ASK.findall(line)
        gone = [each for each in named if each in self._links.questions]
        for each in gone:
            self._note("{ask}", each)
        if gone and len(gone) == len(named) and _ITEM.match(line):
            return ""
        for each in gone:
            role = re.escape(f"{{ask}}`{each}`")
            sentence = rf"(?:(?<=[.!?] )|(?<=\*\* ))[^.!?*]*: {role}\.[ ]?"
            for form in (sentence, rf"{role}(?:, | and )", rf"(?:, | and ){role}", rf"[ ]?{role}"):
                line, number = re.subn(form, "", line, count=1)
                if number:
                    break
        return line.rstrip(" \n") + "\n" if gone and line.endswith("\n") else line

    # --- Roles

    def pointers(self, sentence: re.Match[str]) -> str:
        """Return a sentence that only points, with the targets that are there."""
        labels = re.findall(r"\{ref\}`([^`]+)`", sentence["all"])
        kept = []
        for label in labels:
            place = self._labelled(label)
            if not self._links.lacks(place):
                kept.append(f"{{ref}}`{label}`")
            elif address := self._links.address(place):
                self._note(label, place)
                kept.append(f"[{self._heading(label)}]({address})")
            else:
                self._note(label, place)
        if not kept:
            return ""
        return f"{sentence['before']}See {joined(kept)}."

    def role(self, role: re.Match[str]) -> str:
        """Return a role of a reference, or its words."""
        at = role["at"] or role["bare"]
        if role["role"] == "doc":
            place = target(at, self._document)
            words = role["words"] or (self._heading_at(place) if place else "")
        else:
            place = self._labelled(at)
            words = role["words"] or self._heading(at)
        if place is None or not self._links.lacks(place):
            return role[0]
        self._note(words, place)
        address = self._links.address(place)
        if address:
            return f"[{words}]({address})"
        # A bracket around nothing but the reference is taken by `links`, which finds it by its target.
        return f"[{words}]({_ROLE_MARK}/{place})"

    def _labelled(self, label: str) -> _Target:
        document, _ = self._links.labels.get(label, ("", ""))
        return _Target(document, label)

    def _heading(self, label: str) -> str:
        return self._links.labels.get(label, ("", label))[1]

    def _heading_at(self, place: _Target) -> str:
        if place.label in self._links.labels:
            return self._heading(place.label)
        return self._links.titles.get(place.document, place.document.rpartition("/")[2])

    # --- Links

    def links(self, text: str) -> str:
        """Return a text whose links lead to what is there."""
        place = 0
        while found := _TARGET.search(text, place):
            start = _opening(text, found.start())
            address = found["target"].strip("<>")
            leads = target(address.removeprefix(_ROLE_MARK), self._document)
            place = found.end()
            if start is None or leads is None or not self._links.lacks(leads):
                continue
            words = text[start + 1 : found.start()] or self._heading_at(leads)
            if not address.startswith(_ROLE_MARK):
                self._note(words, leads)
            if elsewhere := self._links.address(leads):
                new = f"[{words}]({elsewhere})"
                text = f"{text[:start]}{new}{text[found.end() :]}"
                place = start + len(new)
                continue
            if leads.document in self._links.unsaid and not self._document.startswith("chapters/"):
                first, last = _said(text, start, found.end())
                if last:
                    text, place = text[:first] + text[last:], first
                    continue
            before, after = text[:start], text[found.end() :]
            opening = next((each for each in _OPENINGS if before.endswith(each)), "")
            bare = before.removesuffix(opening).rstrip(" ")
            if opening and after.startswith(")") and bare and not bare.endswith("\n\n"):
                # A pointer in brackets points to nothing.
                bare = bare.removesuffix("\n")
                text, place = bare + after[1:], len(bare)
                continue
            text, place = f"{before}{words}{after}", start + len(words)
        return text

    def definitions(self, text: str) -> str:
        """Return a text whose links by name lead to what is there."""
        for found in list(_DEFINITION.finditer(text)):
            place = target(found["target"], self._document)
            if place is None or not self._links.lacks(place):
                continue
            self._note(found["name"], place)
            if address := self._links.address(place):
                text = text.replace(found[0], found[0].replace(found["target"], address))
                continue
            name = re.escape(found["name"])
            text = text.replace(found[0], "")
            text = re.sub(rf"\[([^\[\]]+)\]\[{name}\]", r"\1", text)
            text = re.sub(rf"(?<!\])\[({name})\](?:\[\])?(?![\[(:])", r"\1", text)
        return text

    def html(self, link: re.Match[str]) -> str:
        """Return a link of HTML, or its words."""
        place = target(link["target"], self._document)
        if place is None or not self._links.lacks(place):
            return link[0]
        self._note(re.sub(r"<[^>]*>", "", link["words"]), place)
        if address := self._links.address(place):
            return f"<a{link['head']}href={link['quote']}{address}{link['quote']}{link['tail']}>{link['words']}</a>"
        return link["words"]


_ITEM_BEGUN: Final = re.compile(r"^[ \t]*(?:[-*+]|\d+[.)])[ \t]+", re.MULTILINE)
_SENTENCE_BEGUN: Final = re.compile(r"(?P<stop>[.!?][\")*]*|;)\s+")
_SENTENCE_ENDED: Final = re.compile(r"[.!?](?=\s|\Z)|\n[ \t]*\n")
_WHOLE: Final = re.compile(r"[ \t]*(?:\Z|\n(?:[ \t]*\n|(?=[ \t]*(?:[-*+]|\d+[.)])[ \t]))+)")


def _said(text: str, start: int, end: int) -> tuple[int, int]:
    """Return from where to where the sentence reaches that holds a link, or its part; (0, 0) if it has no end."""
    ended = _SENTENCE_ENDED.search(text, end)
    if not ended or ended[0].startswith("\n"):
        return 0, 0
    block = text.rfind("\n\n", 0, start) + 2 if "\n\n" in text[:start] else 0
    item = [*_ITEM_BEGUN.finditer(text, block, start)][-1:]
    first = item[0].end() if item else block
    begun = [*_SENTENCE_BEGUN.finditer(text, first, start)][-1:]
    if not begun:
        whole = _WHOLE.match(text, ended.end())
        if whole:
            return (item[0].start() if item else block), whole.end()
        return first, len(text) - len(text[ended.end() :].lstrip())
    if begun[0]["stop"] == ";":
        return begun[0].start(), ended.start()
    return begun[0].end("stop"), ended.end()


def _opening(text: str, end: int) -> int | None:
    """Return the place of the bracket that the one at `end` closes; None if the paragraph has none, or an image's."""
    depth = 0
    for place in range(end, -1, -1):
        if place and text[place - 1] == "\\" and text[place] in "[]":
            continue
        if text[place] == "]":
            depth += 1
        elif text[place] == "[":
            depth -= 1
            if not depth:
                return None if place and text[place - 1] == "!" else place
        elif text[place] == "\n" and place and text[place - 1] == "\n":
            return None
    return None
