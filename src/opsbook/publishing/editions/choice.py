"""Which chapters an edition has, under which captions and in which order, with what they build on.

Rules that the edition's file does not spell out:

- A chapter named by itself stands under the caption of its part in the course, an own one under that of the chapter
  before it. A chapter stands once.
- What a chapter requires must be in the edition, wherever. With ``requires: auto`` it is put before the first chapter
  that needs it, in the course's order: in that chapter's part if it has the same caption, else in an earlier part that
  has it, else under its own caption before that chapter's part. The report says which chapters come after one that
  builds on them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from opsbook.exercises.forms import enumerated, meant
from opsbook.located import Place
from opsbook.publishing.course import Unit, unit
from opsbook.publishing.editions.course import Course, short
from opsbook.publishing.editions.own_chapters import fact_line
from opsbook.publishing.editions.settings import OwnPart, Settings, is_own
from opsbook.publishing.editions.wording import joined

__all__ = ["Choice", "Chosen"]

# Every chapter explains words in the one and cites works in the other.
_KEPT_PAGES: Final = ("glossary", "references")
_NO_PART: Final = "Chapters"
_EXAM: Final = "exam"


@dataclass
class Chosen:
    """A chapter that the file names, and where it does."""

    name: str
    place: Place
    why: str
    file: str = ""  # of an own chapter


class _Tell(Protocol):
    def __call__(self, rule: str, *place: str | int) -> None: ...


class Choice:
    """Chooses from the course what an edition's file names.

    Parameters
    ----------
    settings : Settings
        The edition's file.
    course : Course
        What there is to choose from.
    tell : callable
        Told of everything that is wrong: the rule, and the place in the file.
    """

    def __init__(self, settings: Settings, course: Course, tell: _Tell) -> None:
        self.settings, self.course, self._tell = settings, course, tell
        self.own: dict[str, Unit] = {}

    def parts(self) -> list[tuple[str, list[Chosen]]]:
        """Return the chapters by caption, in their order."""
        parts = self._chosen()
        self._required(each for _, members in parts for each in members)
        self._prerequisites(parts)
        return parts

    def unit(self, chosen: Chosen) -> Unit:
        """Return what a chapter says of itself."""
        if not chosen.file:
            return self.course.units[chosen.name]
        if chosen.name not in self.own:
            self.own[chosen.name] = unit(chosen.name, self.settings.path(chosen.file))
        return self.own[chosen.name]

    # --- Parts and chapters

    def _chosen(self) -> list[tuple[str, list[Chosen]]]:
        """Return the parts of the edition with their chapters, as the file names them."""
        excluded = self._excluded()
        parts: list[tuple[str, list[Chosen]]] = []
        taken: dict[str, str] = {}
        # What is named by itself is said before what comes with a part.
        if not self.settings.include:
            for caption, names in self.course.parts.items():
                chosen = [
                    Chosen(name, ("exclude",), f"in the part {caption}") for name in names if name not in excluded
                ]
                parts.append((caption, chosen))
            if not any(chosen for _, chosen in parts):
                self._tell("must leave a chapter, got all of them. Shorten it.", "exclude")
            return [each for each in parts if each[1]]
        for number, each in enumerate(self.settings.include):
            place = ("include", number)
            if isinstance(each, OwnPart):
                chosen = [
                    found
                    for position, name in enumerate(each.chapters)
                    if (found := self._named(name, (*place, "chapters", position), f"named in {each.part!r}"))
                ]
                parts.append((each.part, self._once(chosen, taken, excluded, each.part)))
            elif each in self.course.parts:
                named = [Chosen(name, place, f"in the part {each}") for name in self.course.parts[each]]
                chosen = self._once([one for one in named if one.name not in excluded], taken, excluded, each)
                if not any(one.name not in excluded for one in named):
                    self._tell(f"must leave a chapter of {each!r}, got all of them in `exclude`. Remove one.", *place)
                parts.append((each, chosen))
            elif found := self._named(each, place, "named in `include`"):
                before = parts[-1][0] if parts else _NO_PART
                caption = before if found.file else self.course.part(found.name)
                found_once = self._once([found], taken, excluded, "")
                _append(parts, caption, found_once)
        return [each for each in parts if each[1]]

    def _excluded(self) -> set[str]:
        known = [*self.course.chapters, *map(short, self.course.pages)]
        for number, name in enumerate(self.settings.exclude):
            if short(name) in _KEPT_PAGES:
                rule = f"must not name {name!r}: every chapter leads there. Remove it."
                self._tell(rule, "exclude", number)
            elif short(name) not in known:
                rule = f"must be a chapter or a page at the back, got {name!r}."
                self._tell(f"{rule} {meant(name, known, f'There are: {enumerated(known)}.')}", "exclude", number)
        return {short(name) for name in self.settings.exclude}

    def _named(self, name: str, place: Place, why: str) -> Chosen | None:
        if is_own(name):
            stem = Path(name).stem
            if stem == _EXAM:
                self._tell(f"must not be called `{_EXAM}`, as the exam's files are, got {name!r}. Rename it.", *place)
            elif stem in self.course.chapters or stem in map(short, self.course.pages) or stem == "index":
                self._tell(
                    f"must not be called as a chapter or page of the course is, got {name!r}. Rename it.", *place
                )
            return Chosen(stem, place, f"your own, {name}", file=name)
        if name in self.course.chapters:
            return Chosen(name, place, why)
        known = [*self.course.chapters, *self.course.parts]
        if len(place) > 2:  # noqa: PLR2004 - inside a part of one's own
            known = list(self.course.chapters)
            rule = f"must be a chapter, or the file of an own one, got {name!r}."
        else:
            rule = f"must be a part, a chapter, or the file of an own one, got {name!r}."
        self._tell(f"{rule} {meant(name, known, f'There are: {enumerated(known)}.')}", *place)
        return None

    def _once(self, chosen: Sequence[Chosen], taken: dict[str, str], excluded: set[str], where: str) -> list[Chosen]:
        kept = []
        for each in chosen:
            if each.name in taken:
                first = f"in {taken[each.name]!r}" if taken[each.name] else "by itself"
                self._tell(f"must not hold {each.name!r} again, which stands {first}. Remove one.", *each.place)
                continue
            if each.name in excluded:
                self._tell(f"must not name {each.name!r}, which stands in `exclude`. Remove one.", *each.place)
            taken[each.name] = where
            kept.append(each)
        return kept

    # --- What chapters build on

    def _required(self, chapters: Iterable[Chosen]) -> None:
        """Check what own chapters say that they build on; the course's name chapters that there are."""
        own = [each for each in chapters if each.file]
        known = [*self.course.chapters, *(each.name for each in own)]
        for each in own:
            for name in self.unit(each).requires:
                if name not in known:
                    near = meant(name, known, f"There are: {enumerated(known)}.")
                    where = f"{each.file}{fact_line(self.settings.path(each.file), 'requires', name)}"
                    self._tell(f"{where}: opsbook.requires: must name chapters, got {name!r}. {near}", *each.place)

    def _prerequisites(self, parts: list[tuple[str, list[Chosen]]]) -> None:
        if self.settings.requires == "ignore":
            return
        there = {each.name for _, members in parts for each in members}
        whole: list[tuple[str, list[Chosen]]] = []
        for caption, members in parts:
            ahead: list[Chosen] = []
            body: list[Chosen] = []
            for each in members:
                missing = self._missing(each.name, self.unit(each).requires, there)
                excluded = [name for name in missing if name in self.settings.exclude]
                if missing and (self.settings.requires == "error" or excluded):
                    self._tell(self._advice(each, missing, excluded), *each.place)
                    missing = []
                for name in missing:
                    why = f"required by {self._needing(name, [*missing, each.name])}"
                    pulled = Chosen(name, each.place, why)
                    (body if self.course.part(name) == caption else ahead).append(pulled)
                there.update(missing)
                body.append(each)
            for each in ahead:
                self._put(whole, each)
            _append(whole, caption, body)
        parts[:] = whole

    def _put(self, parts: list[tuple[str, list[Chosen]]], pulled: Chosen) -> None:
        """Add a chapter to the part of its caption, if nothing that it builds on comes later, else behind all."""
        caption, needed = self.course.part(pulled.name), set(self.course.units[pulled.name].requires)
        for number, (heading, members) in enumerate(parts):
            if heading == caption and not needed & {each.name for _, later in parts[number + 1 :] for each in later}:
                members.append(pulled)
                return
        _append(parts, caption, [pulled])

    def _missing(self, name: str, requires: Iterable[str], there: set[str]) -> list[str]:
        """Return what is not there of all that a chapter builds on, directly or not, in the course's order."""
        found: set[str] = set()
        ahead = list(requires)
        while ahead:
            each = ahead.pop()
            if each in self.course.units and each not in found and each not in there and each != name:
                found.add(each)
                ahead += self.course.units[each].requires
        return [each for each in self.course.chapters if each in found]

    def _needing(self, name: str, among: Sequence[str]) -> str:
        units = {**self.course.units, **self.own}
        return joined(each for each in among if each in units and name in units[each].requires)

    def _advice(self, chosen: Chosen, missing: Sequence[str], excluded: Sequence[str]) -> str:
        direct = [name for name in missing if name in self.unit(chosen).requires] or missing
        rule = f"{chosen.name!r} builds on {joined(map(repr, direct))}, not in this edition."
        if excluded:
            return f"{rule} Remove {joined(map(repr, excluded))} from `exclude`, or write `requires: ignore`."
        return f"{rule} Add {joined(map(repr, missing))} before it, or write `requires: auto` or `requires: ignore`."


def _append(parts: list[tuple[str, list[Chosen]]], caption: str, members: list[Chosen]) -> None:
    """Put chapters at the end, under the caption that is there if it is theirs."""
    if parts and parts[-1][0] == caption:
        parts[-1][1].extend(members)
    else:
        parts.append((caption, members))
