"""What chapters and banks of an edition's own refer to and show, checked before anything is built of them."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from opsbook.exercises.forms import meant, nearest
from opsbook.located import Place, parse
from opsbook.publishing.editions import sections
from opsbook.publishing.editions.course import Asked, Document, texts
from opsbook.publishing.editions.links import Links, target
from opsbook.publishing.editions.own_chapters import Held, shows_picture
from opsbook.publishing.editions.own_files import image_faults
from opsbook.publishing.editions.wording import likely

__all__ = ["Known", "bank_faults", "picture_faults", "same_pictures"]

_GENERATED: Final = ("book/kpi-catalogue", "book/data", "book/reference", "book/curriculum", "book/evidence")
_DOWNLOADS: Final = "_static/downloads/"
_NAMED: Final = re.compile(r"(?:.*<([^<>]+)>|(.*))", re.DOTALL)


# --- References --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Known:
    """What chapters of an edition's own can refer to.

    Attributes
    ----------
    root : pathlib.Path
        The course, with its glossary and its list of references.
    documents : mapping of str to Document
        Its pages and the own ones, by name without ending.
    links : Links
        Where labels stand, and what the edition does not hold.
    questions : mapping of str to Asked
        The questions of the edition.
    gone : collection of str
        Those that were dropped from it, with whatever asks them.
    counted : collection of str
        Those that its file gives points.
    """

    root: Path
    documents: Mapping[str, Document]
    links: Links
    questions: Mapping[str, Asked]
    gone: Collection[str]
    counted: Collection[str]
    _anchors: dict[str, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)

    def anchors(self, document: str) -> frozenset[str]:
        """Return everything in a page that a link can lead to."""
        if document not in self._anchors:
            self._anchors[document] = sections.anchors(texts(self.documents[document].path))
        return self._anchors[document]

    def faults(self, name: str, content: Held) -> Iterator[str]:
        """Yield what the own chapter `name` refers to and nobody has.

        Parameters
        ----------
        name : str
            The chapter, as ``chapters/name``.
        content : Held
            What it holds.
        """
        for where, address in dict.fromkeys(content.links):
            if rule := self._link_fault(address, name):
                yield f"{where}: {rule}"
        for where, role, said in dict.fromkeys(content.cited):
            yield from (f"{where}: {rule}" for rule in self._role_faults(role, said, name))
        for where, each in dict.fromkeys(content.explorers):
            leads = target(each, name)
            held = self.documents.get(leads.document) if leads else None
            if held is None or held.path.suffix != ".ipynb":
                yield f"{where}: there is no notebook {each!r} with an explorer. Write `chapter.ipynb`."
        yield from self._asking_faults(content, self.documents[name].path)
        yield from self._label_faults(content, name)

    def _label_faults(self, content: Held, name: str) -> Iterator[str]:
        taken = {
            label.casefold(): document
            for document, each in self.documents.items()
            if document != name and document not in self.links.left_out
            for label in each.labels
            if label not in self.links.dropped.get(document, ())
        }
        for where, label in content.labels:
            if label.casefold() in taken:
                rule = f"{where}: the label {label!r} must stand once in the course"
                yield f"{rule}, got it in {taken[label.casefold()]} as well. Rename it, and what leads to it."
            taken.setdefault(label.casefold(), "the lines above")

    def _asking_faults(self, content: Held, path: Path) -> Iterator[str]:
        known = {*self.links.questions, *self.questions}
        for where, each in dict.fromkeys(content.asked):
            yield from self._exam_fault(where, each)
            if each not in known:
                near = likely(each, known, "Write it into a bank, under `banks`.")
                yield f"{where}: there is no question {each!r}. {near}"
        if path.suffix != ".ipynb":
            return
        # A cell that asks is no pointer that could go.
        here = {*self.questions, *self.gone}
        for each in sorted(sections.asked(json.loads(path.read_text(encoding="utf8"))["cells"])):
            yield from self._exam_fault(content.name, each)
            if each not in here:
                near = likely(each, here, "Include its chapter, or write it into a bank, under `banks`.")
                yield f"{content.name}: there is no question {each!r} in this edition. {near}"

    def _exam_fault(self, where: str, question_id: str) -> Iterator[str]:
        """Yield why a question that is for exams, and does not count otherwise, is not for a chapter."""
        about = self.questions.get(question_id)
        if about and set(about.pool) == {"exam"} and not (about.graded or question_id in self.counted):
            rule = f"{where}: the question {question_id!r} must not be asked, since it is for exams alone."
            yield f"{rule} Remove it here, or give it `points`."

    def _link_fault(self, address: str, name: str) -> str:
        """Return why a link of an own chapter leads nowhere; an empty text if it leads somewhere."""
        leads, rule = target(address, name), ""
        if leads is None or (leads.document.startswith(_DOWNLOADS) and not re.search(r"\.\.|%", address.lstrip("./"))):
            return ""
        if leads.document not in self.documents:
            return f"the link to {address!r} leads to no page. {self._near_page(leads.document)}"
        ending = Path(address.partition("#")[0]).suffix
        right = self.documents[leads.document].path.suffix
        if ending and ending != right:
            rule = f"the link to {address!r} must end in {right}. Mend it."
        elif leads.label and not leads.document.startswith(_GENERATED):
            there = self.anchors(leads.document)
            if leads.label not in there:
                near = meant(leads.label, list(there), f"See the headings of {leads.document}.")
                rule = f"the link to {address!r} leads to no section there. {near}"
        return rule

    def _near_page(self, document: str) -> str:
        folder, _, name = document.rpartition("/")
        beside = {each.rpartition("/")[2]: each for each in self.documents if each.rpartition("/")[0] == folder}
        near = nearest(name, beside)
        return f"Did you mean `{beside[near]}`?" if near else "Chapters lie in this folder, pages in `../book`."

    def _role_faults(self, role: str, said: str, name: str) -> Iterator[str]:
        """Yield what the words of a role name and nobody has."""
        found = _NAMED.fullmatch(said.strip())
        at = ((found[1] or found[2]) if found else said).strip()
        if role in {"ref", "numref"}:
            if at not in self.links.labels:
                near = likely(at, self.links.labels, "Mend the label.")
                yield f"the reference to {at!r} leads to no section. {near}"
        elif role == "doc":
            leads = target(at, name)
            if leads is None or leads.document not in self.documents:
                yield f"the reference to {at!r} leads to no page. {self._near_page(leads.document if leads else at)}"
        elif role == "term":
            yield from _listed("term", "glossary", at, _terms(self.root))
        elif role.startswith("cite"):
            for each in re.split(r"\s*,\s*", at):
                yield from _listed("work", "list of references", each, _works(self.root))


def _listed(what: str, where: str, word: str, known: Sequence[str]) -> Iterator[str]:
    if word.casefold() not in map(str.casefold, known):
        yield f"there is no {what} {word!r} in the {where}. {meant(word, known, 'Say it in words.')}"


def _terms(root: Path) -> list[str]:
    text = (root / "book" / "glossary.md").read_text(encoding="utf8")
    listed = re.search(r"^```\{glossary\}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [line.strip() for line in listed[1].splitlines() if line[:1].strip()] if listed else []


def _works(root: Path) -> list[str]:
    path = root / "book" / "references.bib"
    return re.findall(r"^@\w+\{([^,\s]+),", path.read_text(encoding="utf8"), re.MULTILINE) if path.exists() else []


# --- Pictures, and banks -------------------------------------------------------------------------------------------


def picture_faults(chapter: Path, content: Held) -> Iterator[str]:
    """Yield what is wrong with the pictures that an own chapter shows."""
    for where, name in dict.fromkeys(content.pictures):
        yield from (f"{where}: the picture {rule}" for rule in image_faults(chapter.parent, name))


def same_pictures(
    chapters: Mapping[str, Path], contents: Mapping[str, Held], folder: Path
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with pictures of different chapters that would lie in one place, and are not the same.

    Parameters
    ----------
    chapters : mapping of str to pathlib.Path
        The files of the own chapters, by their names.
    contents : mapping of str to Held
        What they hold.
    folder : pathlib.Path
        The folder of the edition's file.

    Yields
    ------
    tuple of str, str
        The chapter that comes later, and what is wrong.
    """
    taken: dict[str, Path] = {}
    for name, chapter in chapters.items():
        for where, picture in dict.fromkeys(contents[name].pictures):
            path = chapter.parent / picture
            first = taken.setdefault(picture, path)
            if first != path and first.is_file() and path.is_file() and first.read_bytes() != path.read_bytes():
                other = first.relative_to(folder).as_posix()
                rule = f"{where}: the picture must have a name of its own, got {picture!r}, which another one has"
                yield name, f"{rule}, {other}. Rename one."


def bank_faults(bank: Path, anchors: Collection[str]) -> list[str]:
    """Return the pictures in an own bank, and the sections that its questions name and its chapter does not have."""
    tree = parse(bank.read_text(encoding="utf8"))
    told = [
        f"{bank}:{tree.line(place)}: a question must show no pictures, got one. Show it in the chapter, above."
        for place, text in _within(tree.value)
        if shows_picture(text)
    ]
    for number, each in enumerate(tree.value["questions"]):
        section = each.get("section")
        if section and section not in anchors:
            place = ("questions", number, "section")
            near = meant(section, list(anchors), "Write `(label)=` before its heading.")
            rule = f"must be a label in {bank.stem}, got {section!r}. {near}"
            told.append(f"{bank}:{tree.line(place)}: {each['id']}: section: {rule}")
    return told


def _within(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield every text in plain values, and where it stands."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _within(each, (*place, key))
