"""What an edition holds: parts, chapters, pages and sessions, and the text of each file as the edition has it.

Rules that the edition's file does not spell out:

- A chapter named by itself stands under the caption of its part in the course, an own one under that of the chapter
  before it. A chapter stands once.
- What a chapter requires must be in the edition, wherever. With ``requires: auto`` it is put before the first chapter
  that needs it, in the course's order: under its own caption before that chapter's part, unless it has the same. The
  report says which chapters come after one that builds on them.
- The glossary and the references stay, since every chapter leans on them. So do the glossary's words about chapters
  that are left out; their pointers go.
- Claims of the evidence ledger that only a chapter left out argues are left out too, unless links lead to the full
  book.
- ``links: error`` is about chapters and exercises. Pages behind them, which speak of the whole course, are cut to the
  edition in any case.
- With a section go its questions, also those for the exam, and the objectives that no question of the bank serves.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

from opsbook.errors import EditionError
from opsbook.exercises.exam import FULL_QUESTIONS, KIND_SHARES
from opsbook.exercises.forms import enumerated, meant
from opsbook.located import Place, parse, write
from opsbook.publishing.course import Unit, unit
from opsbook.publishing.editions import course as courses
from opsbook.publishing.editions import data, sections
from opsbook.publishing.editions import settings as forms
from opsbook.publishing.editions.course import Asked, Course
from opsbook.publishing.editions.links import Links, Reference, target
from opsbook.publishing.editions.own_chapters import Held, fact_line, held, shows_picture
from opsbook.publishing.editions.own_files import image_faults
from opsbook.publishing.editions.sections import Cut
from opsbook.publishing.editions.settings import OUTPUTS, After, OwnPart, Settings, is_own
from opsbook.publishing.editions.withholding import Policy

__all__ = ["Chapter", "Part", "Plan", "Session", "checked", "make"]

# Every chapter explains words in the one and cites works in the other.
_KEPT_PAGES: Final = ("glossary", "references")
_NO_PART: Final = "Chapters"
_EXAM: Final = "exam"
_EXAM_OUTPUT: Final = "exam-pdf"
_LEDGER: Final = "book/evidence.yml"
_REF: Final = re.compile(r"\{ref\}`(?:[^`<]*<([^`>]+)>|([^`<>]+))`")
_LISTED: Final = 12


@dataclass(frozen=True)
class Chapter:
    """A chapter of an edition.

    Attributes
    ----------
    name : str
        Its name, by which its file, exercises and bank are called.
    title : str
        Its title, as Markdown without roles.
    chapter : pathlib.Path
        The file that it is made from.
    exercises, bank : pathlib.Path or None
        The files of its exercises and its questions, if it has any.
    own : bool
        Whether it is the instructor's own.
    why : str
        Why it is in the edition.
    minutes : int
        How long it takes to read.
    requires : tuple of str
        The chapters that it builds on.
    """

    name: str
    title: str
    chapter: Path
    exercises: Path | None
    bank: Path | None
    own: bool
    why: str
    minutes: int = 0
    requires: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """Chapters under a caption."""

    caption: str
    chapters: tuple[Chapter, ...]


@dataclass(frozen=True)
class Session:
    """A day of the term: what is to be read before it, or the name of the holiday."""

    date: date
    number: int
    chapters: tuple[str, ...]
    holiday: str = ""


@dataclass(frozen=True)
class Plan:
    """What an edition holds.

    Attributes
    ----------
    settings : Settings
        The edition's file.
    root : pathlib.Path
        The course that it is made from.
    parts : tuple of Part
        The chapters, in their order.
    pages : tuple of str
        The pages behind the chapters, as names below ``book`` without ending; those for students are chosen from them
        when solutions are withheld.
    sessions : tuple of Session
        The week plan; holidays have the number 0.
    hidden : bool
        Whether solutions are hidden on the day that the plan was made for.
    """

    settings: Settings
    root: Path
    parts: tuple[Part, ...]
    pages: tuple[str, ...]
    sessions: tuple[Session, ...] = ()
    hidden: bool = True
    course: Course = field(repr=False, kw_only=True)
    links: Links = field(repr=False, kw_only=True)
    questions: Mapping[str, Asked] = field(repr=False, kw_only=True, default_factory=dict)
    _seen: dict[str, tuple[str, str, list[Reference]]] = field(repr=False, kw_only=True, default_factory=dict)

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        """All chapters, in their order."""
        return tuple(each for part in self.parts for each in part.chapters)

    # --- Files

    def source(self, path: str) -> Path:
        """Return the file that `path`, such as ``chapters/service-design.ipynb``, is made from."""
        name = path.rpartition("/")[2].rpartition(".")[0]
        chapter = next((each for each in self.chapters if each.own and each.name == name), None)
        if chapter is not None and path.startswith("chapters/"):
            return chapter.chapter
        if chapter is not None and path.startswith("exercises/bank/") and chapter.bank is not None:
            return chapter.bank
        return self.root / path

    def written(self, path: str, text: str | None = None) -> str:
        """Return the text of a file as the edition has it: with less in it, and with its links.

        Parameters
        ----------
        path : str
            The file, relative to a project, such as ``chapters/service-design.ipynb`` or ``book/faq.md``.
        text : str, optional
            What stands in it; if it is left out, the course's or the instructor's own file is read.
        """
        return self._rewritten(path, text)[0]

    def references(self, path: str) -> list[Reference]:
        """Return the references of a file that are changed, since their target is not in the edition."""
        return self._rewritten(path, None)[1]

    def _rewritten(self, path: str, text: str | None) -> tuple[str, list[Reference]]:
        if text is None:
            text = self.source(path).read_text(encoding="utf8")
        if path not in self._seen or self._seen[path][0] != text:
            self._seen[path] = (text, *self._made(path, text))
        return self._seen[path][1:]

    def _made(self, path: str, text: str) -> tuple[str, list[Reference]]:
        document, _, form = path.rpartition(".")
        if path == _LEDGER:
            return self._ledger(text)
        if path.startswith("exercises/bank/"):
            return self._bank(document.rpartition("/")[2], text), []
        if form == "ipynb":
            return self._notebook(document, text)
        if form == "md":
            text, _ = sections.cut_text(text, self.settings.drop, self.settings.drop)
            return self.links.rewritten(text, document)
        return text, []

    def _notebook(self, document: str, text: str) -> tuple[str, list[Reference]]:
        notebook = json.loads(text)
        cells = sections.cut(notebook["cells"], self.settings.drop, self.gone_questions).cells
        found: list[Reference] = []
        changed = cells != notebook["cells"]

        def rewritten(value: Any, *, code: bool = False) -> Any:
            nonlocal changed
            whole = "".join(value)
            new, references = self.links.rewritten(whole, document, code=code)
            if new == whole:
                return value
            changed = True
            found.extend(references)
            return new.splitlines(keepends=True) if isinstance(value, list) else new

        for cell in cells:
            cell["source"] = rewritten(cell["source"], code=cell["cell_type"] == "code")
            for output in cell.get("outputs", ()):
                shown = output.get("data", {})
                for mime in ("text/markdown", "text/html"):
                    if mime in shown:
                        shown[mime] = rewritten(shown[mime])
        if not changed:
            return text, []
        notebook["cells"] = cells
        return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n", found

    @cached_property
    def gone_questions(self) -> frozenset[str]:
        """The questions that are dropped from chapters of the edition, by name or with their section."""
        names = {each.name for each in self.chapters}
        known = {each for each in self.course.questions if each.partition("/")[0] in names}
        own = {each for each in self.links.questions if each.partition("/")[0] in names}
        return frozenset((known - set(self.questions)) | own)

    def _bank(self, name: str, text: str) -> str:
        gone = {each.partition("/")[2] for each in self.gone_questions if each.partition("/")[0] == name}
        if not gone:
            return text
        bank = parse(text).value
        bank["questions"] = [each for each in bank["questions"] if each["id"] not in gone]
        serving = {each.get("objective") for each in bank["questions"]}
        if "objectives" in bank:
            bank["objectives"] = [each for each in bank["objectives"] if each["id"] in serving]
        return write(bank)

    def _ledger(self, text: str) -> tuple[str, list[Reference]]:
        entries = re.split(r"^(?=- )", text, flags=re.MULTILINE)
        kept = [each for each in entries if self.links.full_book or not self._is_elsewhere(each)]
        return self.links.rewritten("".join(kept) if len(kept) > 1 else "[]\n", "book/evidence")

    def _is_elsewhere(self, entry: str) -> bool:
        """Return whether a claim of the ledger is argued only where the edition does not go."""
        labels = [found[1] or found[2] for found in _REF.finditer(entry)]
        places = [target(f"/{self.links.labels[each][0]}#{each}", "") for each in labels if each in self.links.labels]
        return bool(places) and all(map(self.links.lacks, places))

    # --- What is said of it

    @property
    def files(self) -> tuple[str, ...]:
        """The chapters, exercises and pages that are made, as paths relative to a project."""
        found = []
        for each in self.chapters:
            found.append(f"chapters/{each.name}{each.chapter.suffix}")
            if each.exercises is not None:
                found.append(f"exercises/{each.name}.ipynb")
        pages = [name for page in self.pages for name in (page, *self.course.within.get(page, ()))]
        return (*found, *(f"book/{name}.md" for name in pages))

    def report(self) -> str:
        """Return what the edition holds and why, for people."""
        return "\n\n".join("\n".join(lines) for lines in _reported(self) if lines)


# --- Making a plan -------------------------------------------------------------------------------------------------


def checked(file: Path, root: Path, *, today: date | None = None) -> Plan:
    """Return the plan of the edition that `file` describes.

    Raises
    ------
    EditionError
        With every problem of the file's form and of the names in it.
    """
    settings, problems = forms.examined(file)
    if settings is None:
        raise EditionError(problems)
    try:
        plan = make(settings, root, today=today)
    except EditionError as error:
        raise EditionError([*problems, *error.problems]) from None
    if problems:
        raise EditionError(problems)
    return plan


def make(settings: Settings, root: Path, *, today: date | None = None) -> Plan:
    """Return what an edition holds.

    Parameters
    ----------
    settings : Settings
        The edition's file.
    root : pathlib.Path
        The course.
    today : datetime.date, optional
        The day that decides whether solutions are hidden; by default the present one.

    Raises
    ------
    EditionError
        With everything in the file that the course does not have or that does not fit together.
    """
    making = _Making(settings, courses.read(root))
    plan = making.plan(hidden=_hidden(settings, today or date.today()))  # noqa: DTZ011 - the day where it is built
    if making.problems or making.told:
        lines = [settings.located(place, rule) for place, rule in making.problems]
        raise EditionError(list(dict.fromkeys([*lines, *making.told])))
    return plan


def _likely(word: str, words: Iterable[str], otherwise: str) -> str:
    """Return a hint at the one of many `words` that is meant, among those of the same chapter if `word` names one."""
    name, slash, _ = word.partition("/")
    same = [each for each in words if each.startswith(f"{name}/")] if slash else []
    return meant(word, same or _alike(word, words), otherwise)


def _alike(word: str, words: Iterable[str]) -> list[str]:
    """Return those of `words` that begin or end as `word` does."""
    return [each for each in words if each[:3] == word[:3] or each[-3:] == word[-3:]]


def _hidden(settings: Settings, today: date) -> bool:
    if isinstance(settings.solutions, After):
        return today <= settings.solutions.after
    return settings.solutions == "hidden"


@dataclass
class _Chosen:
    """A chapter that the file names, and where it does."""

    name: str
    place: Place
    why: str
    file: str = ""  # of an own chapter


class _Making:
    """Chooses from the course, and collects what is wrong."""

    def __init__(self, settings: Settings, course: Course) -> None:
        self.settings, self.course = settings, course
        self.problems: list[tuple[Place, str]] = []
        self.told: list[str] = []
        self.own: dict[str, Unit] = {}

    def plan(self, *, hidden: bool) -> Plan:
        parts = self._chosen()
        self._required(each for _, members in parts for each in members)
        self._prerequisites(parts)
        chapters = [each for _, members in parts for each in members]
        names = {each.name for each in chapters}
        pages = self._pages()
        documents = {**self.course.documents, **self._own_documents(chapters)}
        here = [name for name in documents if _in_edition(name, names, self._all_pages(pages))]
        questions = self._questions(names)
        cuts = self._cuts(documents, here, questions)
        kept = self._kept(questions, cuts)
        self._points(kept, names)
        self._exam(kept)
        self._data()
        links = self._links(documents, here, (questions, kept), cuts)
        built = tuple(
            Part(caption, tuple(self._chapter(each) for each in members)) for caption, members in parts if members
        )
        plan = Plan(
            self.settings,
            self.course.root,
            built,
            pages,
            _sessions(self.settings, [each for part in built for each in part.chapters]),
            hidden,
            course=self.course,
            links=links,
            questions=kept,
        )
        self._own_chapters(plan, documents, chapters)
        if not self.problems:
            plan = self._without_empty_ledger(plan)
        if not self.problems and self.settings.links == "error":
            self._left_over(plan)
        return plan

    def _tell(self, rule: str, *place: str | int) -> None:
        self.problems.append((place, rule))

    # --- Parts and chapters

    def _chosen(self) -> list[tuple[str, list[_Chosen]]]:
        """Return the parts of the edition with their chapters, as the file names them."""
        excluded = self._excluded()
        parts: list[tuple[str, list[_Chosen]]] = []
        taken: dict[str, str] = {}
        # What is named by itself is said before what comes with a part.
        if not self.settings.include:
            for caption, names in self.course.parts.items():
                chosen = [
                    _Chosen(name, ("exclude",), f"in the part {caption}") for name in names if name not in excluded
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
                named = [_Chosen(name, place, f"in the part {each}") for name in self.course.parts[each]]
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
        known = [*self.course.chapters, *map(_short, self.course.pages)]
        for number, name in enumerate(self.settings.exclude):
            if _short(name) in _KEPT_PAGES:
                rule = f"must not name {name!r}: every chapter leads there. Remove it."
                self._tell(rule, "exclude", number)
            elif _short(name) not in known:
                rule = f"must be a chapter or a page at the back, got {name!r}."
                self._tell(f"{rule} {meant(name, known, f'There are: {enumerated(known)}.')}", "exclude", number)
        return {_short(name) for name in self.settings.exclude}

    def _named(self, name: str, place: Place, why: str) -> _Chosen | None:
        if is_own(name):
            stem = Path(name).stem
            if stem == _EXAM:
                self._tell(f"must not be called `{_EXAM}`, as the exam's files are, got {name!r}. Rename it.", *place)
            elif stem in self.course.chapters or stem in map(_short, self.course.pages) or stem == "index":
                self._tell(
                    f"must not be called as a chapter or page of the course is, got {name!r}. Rename it.", *place
                )
            return _Chosen(stem, place, f"your own, {name}", file=name)
        if name in self.course.chapters:
            return _Chosen(name, place, why)
        known = [*self.course.chapters, *self.course.parts]
        if len(place) > 2:  # noqa: PLR2004 - inside a part of one's own
            known = list(self.course.chapters)
            rule = f"must be a chapter, or the file of an own one, got {name!r}."
        else:
            rule = f"must be a part, a chapter, or the file of an own one, got {name!r}."
        self._tell(f"{rule} {meant(name, known, f'There are: {enumerated(known)}.')}", *place)
        return None

    def _once(self, chosen: Sequence[_Chosen], taken: dict[str, str], excluded: set[str], where: str) -> list[_Chosen]:
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

    def _unit(self, chosen: _Chosen) -> Unit:
        if not chosen.file:
            return self.course.units[chosen.name]
        if chosen.name not in self.own:
            self.own[chosen.name] = unit(chosen.name, self.settings.path(chosen.file))
        return self.own[chosen.name]

    def _chapter(self, chosen: _Chosen) -> Chapter:
        held = self._unit(chosen)
        if chosen.file:
            file, exercises = self.settings.path(chosen.file), None
            bank = next(
                (self.settings.path(each) for each in self.settings.banks if Path(each).stem == chosen.name), None
            )
        else:
            file = self.course.root / "chapters" / f"{chosen.name}.ipynb"
            practice = self.course.root / "exercises" / f"{chosen.name}.ipynb"
            exercises, bank = practice if practice.exists() else None, self.course.bank(chosen.name)
        return Chapter(
            name=chosen.name,
            title=held.title,
            chapter=file,
            exercises=exercises,
            bank=bank,
            own=bool(chosen.file),
            why=chosen.why,
            minutes=held.minutes[0],
            requires=held.requires,
        )

    # --- What chapters build on

    def _required(self, chapters: Iterable[_Chosen]) -> None:
        """Check what own chapters say that they build on; the course's name chapters that there are."""
        own = [each for each in chapters if each.file]
        known = [*self.course.chapters, *(each.name for each in own)]
        for each in own:
            for name in self._unit(each).requires:
                if name not in known:
                    near = meant(name, known, f"There are: {enumerated(known)}.")
                    where = f"{each.file}{fact_line(self.settings.path(each.file), 'requires', name)}"
                    self._tell(f"{where}: opsbook.requires: must name chapters, got {name!r}. {near}", *each.place)

    def _prerequisites(self, parts: list[tuple[str, list[_Chosen]]]) -> None:
        if self.settings.requires == "ignore":
            return
        there = {each.name for _, members in parts for each in members}
        whole: list[tuple[str, list[_Chosen]]] = []
        for caption, members in parts:
            ahead: list[_Chosen] = []
            body: list[_Chosen] = []
            for each in members:
                missing = self._missing(each.name, self._unit(each).requires, there)
                excluded = [name for name in missing if name in self.settings.exclude]
                if missing and (self.settings.requires == "error" or excluded):
                    self._tell(self._advice(each, missing, excluded), *each.place)
                    missing = []
                for name in missing:
                    why = f"required by {self._needing(name, [*missing, each.name])}"
                    pulled = _Chosen(name, each.place, why)
                    (body if self.course.part(name) == caption else ahead).append(pulled)
                there.update(missing)
                body.append(each)
            for each in ahead:
                _append(whole, self.course.part(each.name), [each])
            _append(whole, caption, body)
        parts[:] = whole

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
        return _and([each for each in among if each in units and name in units[each].requires])

    def _advice(self, chosen: _Chosen, missing: Sequence[str], excluded: Sequence[str]) -> str:
        direct = [name for name in missing if name in self._unit(chosen).requires] or missing
        rule = f"{chosen.name!r} builds on {_and(direct, repr)}, not in this edition."
        if excluded:
            return f"{rule} Remove {_and(excluded, repr)} from `exclude`, or write `requires: ignore`."
        return f"{rule} Add {_and(missing, repr)} before it, or write `requires: auto` or `requires: ignore`."

    # --- Pages

    def _pages(self) -> tuple[str, ...]:
        excluded = {_short(name) for name in self.settings.exclude}
        return tuple(name for name in self.course.pages if _short(name) not in excluded)

    def _own_documents(self, chapters: Sequence[_Chosen]) -> dict[str, courses.Document]:
        found = {}
        for each in chapters:
            if each.file:
                path = self.settings.path(each.file)
                found[f"chapters/{each.name}"] = courses.Document(path, sections.labels_of(courses.texts(path)))
        return found

    def _without_empty_ledger(self, plan: Plan) -> Plan:
        """Return a plan without the page on evidence if none of its claims is argued in the edition."""
        if "evidence" not in plan.pages or plan.written(_LEDGER) != "[]\n":
            return plan
        links = replace(plan.links, left_out=frozenset({*plan.links.left_out, "book/evidence"}))
        return replace(plan, pages=tuple(name for name in plan.pages if name != "evidence"), links=links, _seen={})

    # --- Questions, sections, points

    def _questions(self, names: set[str]) -> dict[str, Asked]:
        pages = {_short(name) for name in self._pages()}
        found = {
            each: about for each, about in self.course.questions.items() if each.partition("/")[0] in names | pages
        }
        for bank in self.settings.banks:
            found |= courses.of_bank(self.settings.path(bank), Path(bank).stem)
        return found

    def _cuts(
        self, documents: Mapping[str, courses.Document], kept: Sequence[str], questions: Mapping[str, Asked]
    ) -> dict[str, Cut]:
        """Return what goes from each page of the edition, by its name, if anything does."""
        drop = self.settings.drop
        if not drop:
            return {}
        labels = {label: level for name in kept for label, (level, _) in documents[name].labels.items()}
        self._dropped_names(labels, questions)
        # With a section go those in it, and with all of them the questions about them.
        gone = {*drop}.union(*(self._cut(documents[name].path, ()).labels for name in kept))
        further = {each for each, about in questions.items() if each in drop or about.section in gone}
        cuts = {name: self._cut(documents[name].path, further) for name in kept}
        cuts = {name: cut for name, cut in cuts.items() if cut.found or cut.questions}
        for name, cut in cuts.items():
            for missing in cut.missing:
                names = _and(missing.names, lambda word: f"`{word}`")
                rule = f"must not take away what kept code needs: in {name}, {missing.heading!r} uses {names}"
                self._tell(f"{rule} of a dropped part. Drop it as well, or keep both.", "drop", *self._culprit(cut))
        return cuts

    def _dropped_names(self, labels: Mapping[str, int], questions: Mapping[str, Asked]) -> None:
        for number, each in enumerate(self.settings.drop):
            if labels.get(each) == 1:
                rule = f"must name a section, got {each!r}, a whole page. Write it into `exclude`."
                self._tell(rule, "drop", number)
            elif each not in labels and each not in questions:
                kind, known = ("question", questions) if "/" in each else ("label of a section", labels)
                near = _likely(each, known, "See `#` beside its heading, or the curriculum map.")
                self._tell(f"must be a {kind} of this edition, got {each!r}. {near}", "drop", number)

    def _culprit(self, cut: Cut) -> list[int]:
        return [number for number, each in enumerate(self.settings.drop) if each in cut.found | cut.labels][:1]

    def _cut(self, path: Path, questions: Collection[str]) -> Cut:
        text, labels = path.read_text(encoding="utf8"), self.settings.drop
        if path.suffix == ".ipynb":
            return sections.cut(json.loads(text)["cells"], labels, questions)
        return sections.cut_text(text, labels, questions)[1]

    def _kept(self, questions: Mapping[str, Asked], cuts: Mapping[str, Cut]) -> dict[str, Asked]:
        gone = {label for each in cuts.values() for label in each.labels}
        dropped = set(self.settings.drop)
        return {each: about for each, about in questions.items() if about.section not in gone and each not in dropped}

    def _points(self, kept: Mapping[str, Asked], names: set[str]) -> None:
        for each in self.settings.points:
            if each not in kept:
                chapter = each.partition("/")[0]
                if each in self.settings.drop:
                    hint = "It stands in `drop`. Remove one."
                elif chapter in self.course.chapters and chapter not in names:
                    hint = f"The chapter {chapter!r} is not included."
                else:
                    hint = _likely(each, kept, "The curriculum map lists them all.")
                self._tell(f"must be a question of this edition, got {each!r}. {hint}", "points", each)

    def _exam(self, kept: Mapping[str, Asked]) -> None:
        there = _examined(kept)
        wanted = self.settings.exam.questions
        if wanted is not None and wanted > there:
            rule = f"must be at most {there}, the questions kept for an exam in these chapters, got {wanted}. Lower it."
            self._tell(rule, "exam", "questions")
        elif not there and _EXAM_OUTPUT in self.settings.outputs:
            if "outputs" in self.settings.model_fields_set:
                rule = "must not be asked for, since no question in these chapters is kept for an exam. Remove it, or"
                place = self.settings.outputs.index(_EXAM_OUTPUT)
                self._tell(f"{rule} give one of an own bank `pool: [exam]`.", "outputs", place)
            else:
                left = tuple(each for each in self.settings.outputs if each != _EXAM_OUTPUT)
                self.settings = self.settings.model_copy(update={"outputs": left})
                self.settings.model_fields_set.discard("outputs")  # The report says that nobody chose this.

    def _data(self) -> None:
        for name in self.settings.data:
            if name not in self.course.data:
                near = meant(name, self.course.data, f"There are: {enumerated(self.course.data)}.")
                self._tell(f"must be a data set of the course, got {name!r}. {near}", "data", name)
        if self.settings.data:
            self.told += data.check(self.settings, self.course.root)

    # --- Links

    def _links(
        self,
        documents: Mapping[str, courses.Document],
        here: Sequence[str],
        questions: tuple[Collection[str], Collection[str]],
        cuts: Mapping[str, Cut],
    ) -> Links:
        there, kept = questions
        labels = {label: (name, words) for name, each in documents.items() for label, (_, words) in each.labels.items()}
        return Links(
            left_out=frozenset(documents).difference(here),
            labels=labels,
            dropped={name: each.labels for name, each in cuts.items()},
            questions=frozenset({*self.course.questions, *there}).difference(kept),
            explorers={name: each.explorers for name, each in cuts.items()},
            full_book=self.settings.full_book if self.settings.links == "to full book" else "",
            elsewhere=frozenset(self.course.documents),
        )

    def _all_pages(self, pages: Sequence[str]) -> tuple[str, ...]:
        return tuple(each for page in pages for each in (page, *self.course.within.get(page, ())))

    def _left_over(self, plan: Plan) -> None:
        """List the references of chapters and exercises to what is not in the edition."""
        for path in plan.files:
            if path.startswith("book/"):
                continue
            for each in plan.references(path):
                rule = f"{path}: {each.words!r} leads to {each.target}, not in this edition."
                self._tell(f"{rule} Include it, or change `links`.", "links")

    def _own_chapters(self, plan: Plan, documents: Mapping[str, courses.Document], chapters: list[_Chosen]) -> None:
        """Check what own chapters hold and refer to: nobody else has tried it."""
        anchors = cache(lambda name: sections.anchors(courses.texts(documents[name].path)))
        own = {each.name: each for each in chapters if each.file}
        contents = {name: held(self.settings.path(each.file), each.file) for name, each in own.items()}
        alone = not self.problems  # What is not in the edition for another reason would be told once more.
        for name, each in own.items():
            rules = [*contents[name].faults, *_picture_faults(self.settings.path(each.file), contents[name])]
            if alone:
                rules += _own_faults(plan, f"chapters/{name}", contents[name], documents, anchors)
            for rule in rules:
                self._tell(rule, *each.place)
        for rule, place in _same_pictures(self.settings, own, contents):
            self._tell(rule, *place)
        for bank in self.settings.banks:
            if f"chapters/{Path(bank).stem}" in documents:
                self.told += _bank_faults(self.settings.path(bank), anchors(f"chapters/{Path(bank).stem}"))


_GENERATED: Final = ("book/kpi-catalogue", "book/data", "book/reference", "book/curriculum", "book/evidence")
_DOWNLOADS: Final = "_static/downloads/"
_NAMED: Final = re.compile(r"(?:.*<([^<>]+)>|(.*))", re.DOTALL)


def _terms(root: Path) -> list[str]:
    text = (root / "book" / "glossary.md").read_text(encoding="utf8")
    listed = re.search(r"^```\{glossary\}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [line.strip() for line in listed[1].splitlines() if line[:1].strip()] if listed else []


def _works(root: Path) -> list[str]:
    path = root / "book" / "references.bib"
    return re.findall(r"^@\w+\{([^,\s]+),", path.read_text(encoding="utf8"), re.MULTILINE) if path.exists() else []


def _picture_faults(chapter: Path, content: Held) -> Iterator[str]:
    for where, name in dict.fromkeys(content.pictures):
        yield from (f"{where}: the picture {rule}" for rule in image_faults(chapter.parent, name))


def _same_pictures(
    settings: Settings, own: Mapping[str, _Chosen], contents: Mapping[str, Held]
) -> Iterator[tuple[str, Place]]:
    """Yield pictures of different chapters that would lie in the same place, and are not the same."""
    taken: dict[str, Path] = {}
    for name, each in own.items():
        for where, picture in dict.fromkeys(contents[name].pictures):
            path = settings.path(each.file).parent / picture
            first = taken.setdefault(picture, path)
            if first != path and first.is_file() and path.is_file() and first.read_bytes() != path.read_bytes():
                other = first.relative_to(settings.folder).as_posix()
                rule = f"{where}: the picture must have a name of its own, got {picture!r}, which another one has"
                yield f"{rule}, {other}. Rename one.", each.place


def _bank_faults(bank: Path, anchors: Collection[str]) -> list[str]:
    """Return the pictures in an own bank, and the sections that its questions name and its chapter does not have."""
    tree = parse(bank.read_text(encoding="utf8"))
    told = [
        f"{bank}:{tree.line(place)}: a question must show no pictures, got one. Show it in the chapter, above."
        for place, text in _texts(tree.value)
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


def _texts(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield every text in plain values, and where it stands."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(each, (*place, key))


def _own_faults(
    plan: Plan,
    name: str,
    content: Held,
    documents: Mapping[str, courses.Document],
    anchors: Callable[[str], frozenset[str]],
) -> Iterator[str]:
    """Yield what an own chapter refers to and nobody has."""
    for where, address in dict.fromkeys(content.links):
        if rule := _link_fault(address, name, documents, anchors):
            yield f"{where}: {rule}"
    words = _Words(plan, documents, name)
    for where, role, said in dict.fromkeys(content.cited):
        yield from (f"{where}: {rule}" for rule in words.faults(role, said))
    known = {*plan.links.questions, *plan.questions}
    for where, each in dict.fromkeys(content.asked):
        if each not in known:
            near = meant(each, list(known), "Write it into a bank, under `banks`.")
            yield f"{where}: there is no question {each!r}. {near}"
    for where, each in dict.fromkeys(content.explorers):
        leads = target(each, name)
        if leads is None or leads.document not in documents or documents[leads.document].path.suffix != ".ipynb":
            yield f"{where}: there is no notebook {each!r} with an explorer. Write `chapter.ipynb`."
    path = documents[name].path
    if path.suffix == ".ipynb":
        # A cell that asks is no pointer that could go.
        here = {*plan.questions, *plan.gone_questions}
        for each in sorted(sections.asked(json.loads(path.read_text(encoding="utf8"))["cells"]) - here):
            near = meant(each, list(here), "Include its chapter, or write it into a bank, under `banks`.")
            yield f"{content.name}: there is no question {each!r} in this edition. {near}"


def _link_fault(
    address: str,
    name: str,
    documents: Mapping[str, courses.Document],
    anchors: Callable[[str], frozenset[str]],
) -> str:
    """Return why a link of an own chapter leads nowhere; an empty text if it leads somewhere."""
    leads, rule = target(address, name), ""
    if leads is None or (leads.document.startswith(_DOWNLOADS) and not re.search(r"\.\.|%", address.lstrip("./"))):
        return ""
    if leads.document not in documents:
        near = meant(leads.document, list(documents), "Chapters lie in this folder, pages in `../book`.")
        return f"the link to {address!r} leads to no page. {near}"
    ending = Path(address.partition("#")[0]).suffix
    right = documents[leads.document].path.suffix
    if ending and ending != right:
        rule = f"the link to {address!r} must end in {right}. Mend it."
    elif leads.label and not leads.document.startswith(_GENERATED) and leads.label not in anchors(leads.document):
        near = meant(leads.label, list(anchors(leads.document)), f"See the headings of {leads.document}.")
        rule = f"the link to {address!r} leads to no section there. {near}"
    return rule


class _Words:
    """What the roles of an own chapter may name."""

    def __init__(self, plan: Plan, documents: Mapping[str, courses.Document], name: str) -> None:
        self._plan, self._documents, self._name = plan, documents, name
        self._known = {"term": _terms(plan.root), "work": _works(plan.root)}

    def faults(self, role: str, said: str) -> Iterator[str]:
        """Yield what the words of a role name and nobody has."""
        found = _NAMED.fullmatch(said.strip())
        at = ((found[1] or found[2]) if found else said).strip()
        if role in {"ref", "numref"}:
            if at not in self._plan.links.labels:
                near = meant(at, list(self._plan.links.labels), "Mend the label.")
                yield f"the reference to {at!r} leads to no section. {near}"
        elif role == "doc":
            leads = target(at, self._name)
            if leads is None or leads.document not in self._documents:
                sought = leads.document if leads else at
                near = meant(sought, list(self._documents), "Chapters lie in this folder, pages in `../book`.")
                yield f"the reference to {at!r} leads to no page. {near}"
        elif role == "term":
            yield from self._listed("term", "glossary", at)
        elif role.startswith("cite"):
            for each in re.split(r"\s*,\s*", at):
                yield from self._listed("work", "list of references", each)

    def _listed(self, what: str, where: str, word: str) -> Iterator[str]:
        known = self._known[what]
        if word.casefold() not in map(str.casefold, known):
            yield f"there is no {what} {word!r} in the {where}. {meant(word, known, 'Say it in words.')}"


def _append(parts: list[tuple[str, list[_Chosen]]], caption: str, members: list[_Chosen]) -> None:
    """Put chapters at the end, under the caption that is there if it is theirs."""
    if parts and parts[-1][0] == caption:
        parts[-1][1].extend(members)
    else:
        parts.append((caption, members))


def _in_edition(document: str, names: set[str], pages: Sequence[str]) -> bool:
    folder, _, name = document.partition("/")
    return name in names if folder in {"chapters", "exercises"} else name == "index" or name in pages


def _short(page: str) -> str:
    return page.removesuffix("/index")


def _and(words: Sequence[str], form: Callable[[str], str] = str) -> str:
    said = [form(each) for each in words]
    return " and ".join(filter(None, [", ".join(said[:-1]), said[-1]])) if said else ""


def _examined(questions: Mapping[str, Asked]) -> int:
    return sum("exam" in about.pool and about.kind in KIND_SHARES for about in questions.values())


# --- The week plan -------------------------------------------------------------------------------------------------


def _sessions(settings: Settings, chapters: Sequence[Chapter]) -> tuple[Session, ...]:
    if settings.term is None:
        return ()
    days = settings.term.dates
    held = [day for day in days if not settings.term.holiday(day)]
    names = [each.name for each in chapters]
    shares = iter(_spread([each.minutes for each in chapters], len(held)))
    found, number = [], 0
    for day in days:
        holiday = settings.term.holiday(day)
        if holiday:
            found.append(Session(day, 0, (), holiday))
            continue
        number += 1
        found.append(Session(day, number, tuple(names[place] for place in next(shares))))
    return tuple(found)


def _spread(minutes: Sequence[int], sessions: int) -> list[list[int]]:
    """Return the places of chapters by session, in their order and as evenly by their minutes as can be.

    With at least as many chapters as sessions, every session has one, and the sum of squares of the minutes is least.
    With fewer, each chapter begins when the sessions before it would have been filled by those before it.

    Examples
    --------
    >>> _spread([30, 30, 20, 20, 20], 3)
    [[0], [1, 2], [3, 4]]
    >>> _spread([30, 60], 3)
    [[0], [1], []]
    """
    if not sessions:
        return []
    count, whole = len(minutes), sum(minutes)
    if count < sessions:
        starts: list[int] = []
        for place in range(count):
            due = sum(minutes[:place]) * sessions // whole
            starts.append(min(max(due, starts[-1] + 1 if starts else 0), sessions - count + place))
        return [[starts.index(number)] if number in starts else [] for number in range(sessions)]

    @cache
    def best(start: int, left: int) -> tuple[int, tuple[int, ...]]:
        """Return the least sum of squares of the chapters from `start` on, and where each session ends."""
        if left == 1:
            return sum(minutes[start:]) ** 2, (count,)
        choices = []
        for end in range(start + 1, count - left + 2):
            further, ends = best(end, left - 1)
            choices.append((sum(minutes[start:end]) ** 2 + further, (end, *ends)))
        return min(choices)

    _, ends = best(0, sessions)
    return [list(range(start, end)) for start, end in zip((0, *ends), ends, strict=False)]


# --- The report ----------------------------------------------------------------------------------------------------


def _reported(plan: Plan) -> Iterator[list[str]]:
    settings, chapters = plan.settings, plan.chapters
    minutes = sum(each.minutes for each in chapters)
    yield [f"{settings.title}: {_count(len(chapters), 'chapter')}, {minutes} minutes of reading."]
    for part in plan.parts:
        yield [part.caption, *(f"  {each.name} ({each.minutes} min): {each.why}" for each in part.chapters)]
    yield _left(plan)
    yield _built_on(plan)
    yield _dropped(plan)
    yield _paged(plan)
    yield _linked(plan)
    if settings.points:
        worth = sum(settings.points.values())
        yield ["Graded", *(f"  {each}: {points:g}" for each, points in settings.points.items()), f"  In all: {worth:g}"]
    if settings.data:
        yield ["Data", *(f"  {line}" for line in data.report(settings, plan.root, [each.name for each in chapters]))]
    outputs = [f"  {name}: {holds}" for name, holds in _held(plan).items() if name in settings.outputs]
    if "outputs" not in settings.model_fields_set and _EXAM_OUTPUT not in settings.outputs:
        outputs.append(f"  {_EXAM_OUTPUT} is left out: no question in these chapters is kept for an exam")
    yield ["Outputs", *outputs]
    if plan.sessions:
        yield ["Week plan", *map(_met, plan.sessions)]


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _left(plan: Plan) -> list[str]:
    names = {each.name for each in plan.chapters}
    left = [name for name in plan.course.chapters if name not in names]
    return ["Left out", f"  {', '.join(left)}"] if left else []


def _built_on(plan: Plan) -> list[str]:
    """Return which chapters do not find before them what they build on."""
    order = [each.name for each in plan.chapters]
    lines = []
    for place, each in enumerate(plan.chapters):
        missing = [name for name in each.requires if name not in order]
        later = [name for name in each.requires if name in order[place + 1 :]]
        if missing:
            lines.append(f"  {each.name} builds on {_and(missing)}, not in this edition")
        if later:
            lines.append(f"  {each.name} builds on {_and(later)}, which comes after it")
    pulled = [each.name for each in plan.chapters if each.why.startswith("required by")]
    if pulled:
        lines.insert(0, f"  Added: {', '.join(pulled)}")
    return ["Prerequisites", *(lines or ["  All there, each before what builds on it"])]


def _dropped(plan: Plan) -> list[str]:
    if not plan.settings.drop:
        return []
    lines = ["Dropped"]
    for each in plan.settings.drop:
        document, heading = plan.links.labels.get(each, ("", ""))
        lines.append(f"  {each}: {heading} ({document})" if document else f"  {each}")
    banks = {each.partition("/")[0] for each in plan.questions} | {each.name for each in plan.chapters}
    gone = sorted(
        each for each in plan.links.questions if each.partition("/")[0] in banks and each not in plan.settings.drop
    )
    if gone:
        lines.append(f"  With them {_count(len(gone), 'question')}: {', '.join(gone)}")
    return lines


def _paged(plan: Plan) -> list[str]:
    lines = ["Pages behind the chapters", f"  {', '.join(map(_short, plan.pages))}"]
    withheld = Policy(hidden=plan.hidden).pages
    kept = [name for name in plan.pages if f"book/{name}" in withheld]
    if kept:
        lines.append(f"  Only in the instructor's book: {', '.join(kept)}")
    return lines


def _linked(plan: Plan) -> list[str]:
    counts = Counter({path: len(plan.references(path)) for path in plan.files})
    if "evidence" in plan.pages:
        counts[_LEDGER] = len(plan.references(_LEDGER))
    whole = counts.total()
    if not whole:
        return ["Links", "  All lead to what is in the edition"]
    become = "links to the full book" if plan.links.full_book else "plain words, or go if they only point"
    lines = ["Links", f"  {_count(whole, 'reference')} to what is left out become {become}:"]
    lines += [f"  {path}: {number}" for path, number in counts.most_common(_LISTED) if number]
    rest = sum(number > 0 for number in counts.values()) - _LISTED
    return [*lines, f"  and {_count(rest, 'further file')}"] if rest > 0 else lines


def _held(plan: Plan) -> dict[str, str]:
    """Return what each output will hold."""
    chapters = _count(len(plan.chapters), "chapter")
    exercises = sum(each.exercises is not None for each in plan.chapters)
    notebooks = f"{chapters}, exercises to {exercises}"
    banks = {each.name for each in plan.chapters}
    practice = sum(each.partition("/")[0] in banks for each in plan.questions)
    exam = min(plan.settings.exam.questions or FULL_QUESTIONS, _examined(plan.questions))
    solutions = "without solutions" if plan.hidden else "with solutions"
    said = {
        "student-html": f"{notebooks}, {solutions}",
        "instructor-html": f"{notebooks}, with solutions and answer keys",
        "student-notebooks": f"{notebooks}, {solutions}, the data and the library",
        "instructor-notebooks": f"{notebooks}, with solutions and a marking guide",
        "lms": f"{_count(practice, 'question')} in pools by chapter, an exam of {exam}",
        "grading": f"{_count(exercises, 'assignment')} for nbgrader",
        "book-pdf": chapters,
        "exam-pdf": f"{_count(exam, 'question')}, the key apart",
    }
    return {name: said[name] for name in OUTPUTS}


def _met(session: Session) -> str:
    if session.holiday:
        return f"  {session.date}   -  no class: {session.holiday}"
    return f"  {session.date}  {session.number:2}  {', '.join(session.chapters) or 'review'}"
