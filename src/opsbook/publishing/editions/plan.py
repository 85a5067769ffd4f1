"""What an edition holds: parts, chapters, pages and sessions, and the text of each file as the edition has it.

Rules that the edition's file does not spell out:

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
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Final

from opsbook.errors import EditionError
from opsbook.exercises.forms import enumerated, meant
from opsbook.located import Place, parse, write
from opsbook.publishing.editions import course as courses
from opsbook.publishing.editions import data, sections
from opsbook.publishing.editions import settings as forms
from opsbook.publishing.editions.choice import Choice, Chosen
from opsbook.publishing.editions.course import Asked, Course, examined, short
from opsbook.publishing.editions.links import Links, Reference, target
from opsbook.publishing.editions.own_chapters import held
from opsbook.publishing.editions.own_references import Known, bank_faults, picture_faults, same_pictures
from opsbook.publishing.editions.pointing import without_pointers
from opsbook.publishing.editions.sections import Cut
from opsbook.publishing.editions.settings import After, Settings
from opsbook.publishing.editions.weeks import Session, sessions
from opsbook.publishing.editions.wording import joined, likely

__all__ = ["LEDGER", "Chapter", "Part", "Plan", "checked", "make"]

LEDGER: Final = "book/evidence.yml"
"""The claims that the course's page on evidence is made from."""

_EXAM_OUTPUT: Final = "exam-pdf"
_REF: Final = re.compile(r"\{ref\}`(?:[^`<]*<([^`>]+)>|([^`<>]+))`")


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
    description : str
        What an own chapter says of itself, as plain text.
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
    description: str = ""


@dataclass(frozen=True)
class Part:
    """Chapters under a caption."""

    caption: str
    chapters: tuple[Chapter, ...]


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
    course : Course
        What there was to choose from.
    links : Links
        What becomes of references to what the edition does not have.
    questions : mapping of str to Asked
        The questions that it has, by full id.
    unasked : tuple of str
        Those of own banks that are not for exams alone, and that no own chapter asks.
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
    unasked: tuple[str, ...] = field(repr=False, kw_only=True, default=())
    _seen: dict[str, tuple[str, list[Reference]]] = field(repr=False, kw_only=True, default_factory=dict)

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

    def written(self, path: str) -> str:
        """Return the text of a file as the edition has it: with less in it, and with its links.

        Parameters
        ----------
        path : str
            The file, relative to a project, such as ``chapters/service-design.ipynb`` or ``book/faq.md``.
        """
        return self._rewritten(path)[0]

    def references(self, path: str) -> list[Reference]:
        """Return the references of a file that are changed, since their target is not in the edition."""
        return self._rewritten(path)[1]

    def _rewritten(self, path: str) -> tuple[str, list[Reference]]:
        if path not in self._seen:
            self._seen[path] = self._made(path, self.source(path).read_text(encoding="utf8"))
        return self._seen[path]

    def _made(self, path: str, text: str) -> tuple[str, list[Reference]]:
        document, _, form = path.rpartition(".")
        if path == LEDGER:
            return self._ledger(text)
        if path.startswith("exercises/bank/"):
            return self._bank(document.rpartition("/")[2], text), []
        if form == "ipynb":
            return self._notebook(document, text)
        if form == "md":
            text, _ = sections.cut_text(text, (*self.settings.drop, *self.course.whole), self.settings.drop)
            if document.startswith("book/"):
                text = without_pointers(text, document, self.links)
            return self.links.rewritten(text, document)
        return text, []

    def _notebook(self, document: str, text: str) -> tuple[str, list[Reference]]:
        notebook = json.loads(text)
        cells = sections.cut(notebook["cells"], self.settings.drop, self.gone_questions).cells
        cells, found = self.links.rewritten_cells(cells, document)
        if cells == notebook["cells"]:
            return text, []
        notebook["cells"] = cells
        return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n", found

    @cached_property
    def gone_questions(self) -> frozenset[str]:
        """The questions that are dropped from chapters and pages of the edition, by name or with their section."""
        asking = {*(each.name for each in self.chapters), *map(short, self.pages)}
        return frozenset(each for each in self.links.questions if each.partition("/")[0] in asking)

    @property
    def banks(self) -> tuple[str, ...]:
        """The names of its banks: those of chapters and of pages of which a question is left."""
        return tuple(sorted({each.partition("/")[0] for each in self.questions}))

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


# --- Making a plan -------------------------------------------------------------------------------------------------


def checked(file: Path, root: Path, *, today: date | None = None) -> Plan:
    """Return the plan of the edition that `file` describes.

    Raises
    ------
    EditionError
        With every problem of the file's form and of the names in it.
    """
    settings, problems = forms.read(file)
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


def _hidden(settings: Settings, today: date) -> bool:
    if isinstance(settings.solutions, After):
        return today <= settings.solutions.after
    return settings.solutions == "hidden"


class _Making:
    """Makes a plan of what the file chooses, and collects what is wrong."""

    def __init__(self, settings: Settings, course: Course) -> None:
        self.settings, self.course = settings, course
        self.problems: list[tuple[Place, str]] = []
        self.told: list[str] = []
        self.choice = Choice(settings, course, self._tell)

    def plan(self, *, hidden: bool) -> Plan:
        parts = self.choice.parts()
        chapters = [each for _, members in parts for each in members]
        names = {each.name for each in chapters}
        pages = self._pages()
        documents = {**self.course.documents, **self._own_documents(chapters)}
        here = [name for name in documents if _in_edition(name, names, self._all_pages(pages))]
        questions = self._questions(names)
        cuts = self._cuts(documents, here, questions)
        kept = self._kept(questions, cuts)
        self._points(kept, chapters)
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
            sessions(self.settings.term, {each.name: each.minutes for part in built for each in part.chapters}),
            hidden,
            course=self.course,
            links=links,
            questions=kept,
            unasked=tuple(self._unasked(kept, chapters)),
        )
        self._own_chapters(plan, documents, chapters)
        if not self.problems:
            plan = self._without_empty_ledger(plan)
        if not self.problems and self.settings.links == "error":
            self._left_over(plan)
        return plan

    def _tell(self, rule: str, *place: str | int) -> None:
        self.problems.append((place, rule))

    def _chapter(self, chosen: Chosen) -> Chapter:
        held = self.choice.unit(chosen)
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
            description=held.description,
        )

    # --- Pages

    def _pages(self) -> tuple[str, ...]:
        excluded = {short(name) for name in self.settings.exclude}
        return tuple(name for name in self.course.pages if short(name) not in excluded)

    def _own_documents(self, chapters: Sequence[Chosen]) -> dict[str, courses.Document]:
        own = [each for each in chapters if each.file]
        return {f"chapters/{each.name}": courses.document(self.settings.path(each.file)) for each in own}

    def _without_empty_ledger(self, plan: Plan) -> Plan:
        """Return a plan without the page on evidence if none of its claims is argued in the edition."""
        if "evidence" not in plan.pages or plan.written(LEDGER) != "[]\n":
            return plan
        links = replace(plan.links, left_out=frozenset({*plan.links.left_out, "book/evidence"}))
        return replace(plan, pages=tuple(name for name in plan.pages if name != "evidence"), links=links, _seen={})

    # --- Questions, sections, points

    def _questions(self, names: set[str]) -> dict[str, Asked]:
        pages = {short(name) for name in self._pages()}
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
        drop, whole = self.settings.drop, self.course.whole
        labels = {label: level for name in kept for label, (level, _) in documents[name].labels.items()}
        self._dropped_names(labels, questions)
        # With a section go those in it, and with all of them the questions about them.
        touched = [name for name in kept if documents[name].labels.keys() & {*drop, *whole}]
        gone = {*drop, *whole}.union(*(self._cut(documents[name].path, ()).labels for name in touched))
        further = {each for each, about in questions.items() if each in drop or about.section in gone}
        cuts = {name: self._cut(documents[name].path, further) for name in (kept if further else touched)}
        cuts = {name: cut for name, cut in cuts.items() if cut.found or cut.questions}
        for name, cut in cuts.items():
            for missing in cut.missing:
                names = joined(f"`{each}`" for each in missing.names)
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
                near = likely(each, known, "See `#` beside its heading, or the curriculum map.")
                self._tell(f"must be a {kind} of this edition, got {each!r}. {near}", "drop", number)

    def _culprit(self, cut: Cut) -> list[int]:
        return [number for number, each in enumerate(self.settings.drop) if each in cut.found | cut.labels][:1]

    def _cut(self, path: Path, questions: Collection[str]) -> Cut:
        text, labels = path.read_text(encoding="utf8"), (*self.settings.drop, *self.course.whole)
        if path.suffix == ".ipynb":
            return sections.cut(json.loads(text)["cells"], labels, questions)
        return sections.cut_text(text, labels, questions)[1]

    def _kept(self, questions: Mapping[str, Asked], cuts: Mapping[str, Cut]) -> dict[str, Asked]:
        gone = {label for each in cuts.values() for label in each.labels}
        dropped = set(self.settings.drop)
        return {each: about for each, about in questions.items() if about.section not in gone and each not in dropped}

    def _points(self, kept: Mapping[str, Asked], chapters: Sequence[Chosen]) -> None:
        own = {each.name: each.file for each in chapters if each.file}
        names = {each.name for each in chapters}
        for each in self.settings.points:
            if each not in kept:
                chapter = each.partition("/")[0]
                if each in self.settings.drop:
                    hint = "It stands in `drop`. Remove one."
                elif chapter in self.course.chapters and chapter not in names:
                    hint = f"The chapter {chapter!r} is not included."
                elif chapter in own and not any(Path(bank).stem == chapter for bank in self.settings.banks):
                    hint = f"Write its bank, `{Path(own[chapter]).with_suffix('.yml').as_posix()}`, into `banks`."
                else:
                    hint = likely(each, kept, "The curriculum map lists them all.")
                self._tell(f"must be a question of this edition, got {each!r}. {hint}", "points", each)

    def _unasked(self, kept: Mapping[str, Asked], chapters: Sequence[Chosen]) -> Iterator[str]:
        """Yield the questions of own banks that nobody meets on a page: own chapters ask each by name."""
        own = [each for each in chapters if each.file]
        asked = {each for chapter in own for each in self.choice.unit(chapter).checks}
        for path in (self.settings.path(each.file) for each in own if each.file.endswith(".ipynb")):
            asked |= sections.asked(json.loads(path.read_text(encoding="utf8"))["cells"])
        banks = {Path(each).stem for each in self.settings.banks}
        for each, about in kept.items():
            if each.partition("/")[0] in banks and set(about.pool) != {"exam"} and each not in asked:
                yield each

    def _exam(self, kept: Mapping[str, Asked]) -> None:
        there = examined(kept)
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
        left_out = frozenset(documents).difference(here)
        return Links(
            left_out=left_out,
            labels=labels,
            dropped={name: each.labels for name, each in cuts.items()},
            questions=frozenset({*self.course.questions, *there}).difference(kept),
            explorers={name: each.explorers for name, each in cuts.items()},
            full_book=self.settings.full_book if self.settings.links == "to full book" else "",
            elsewhere=frozenset(self.course.documents),
            titles={name: each.title for name, each in documents.items()},
            unsaid=frozenset(name for name in left_out if name.startswith("book/")),
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

    def _own_chapters(self, plan: Plan, documents: Mapping[str, courses.Document], chapters: list[Chosen]) -> None:
        """Check what own chapters hold and refer to: nobody else has tried it."""
        known = Known(
            root=plan.root,
            documents=documents,
            links=plan.links,
            questions=plan.questions,
            gone=plan.gone_questions,
            counted=frozenset(self.settings.points),
        )
        own = {each.name: each for each in chapters if each.file}
        files = {name: self.settings.path(each.file) for name, each in own.items()}
        contents = {name: held(files[name], each.file) for name, each in own.items()}
        alone = not self.problems  # What is not in the edition for another reason would be told once more.
        for name, each in own.items():
            rules = [*contents[name].faults, *picture_faults(files[name], contents[name])]
            if alone:
                rules += known.faults(f"chapters/{name}", contents[name])
            for rule in rules:
                self._tell(rule, *each.place)
        for name, rule in same_pictures(files, contents, self.settings.folder):
            self._tell(rule, *own[name].place)
        for bank in self.settings.banks:
            chapter = f"chapters/{Path(bank).stem}"
            if chapter in documents:
                self.told += bank_faults(self.settings.path(bank), known.anchors(chapter))


def _in_edition(document: str, names: set[str], pages: Sequence[str]) -> bool:
    folder, _, name = document.partition("/")
    return name in names if folder in {"chapters", "exercises"} else name == "index" or name in pages
