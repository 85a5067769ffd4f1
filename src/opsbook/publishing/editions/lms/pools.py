"""What the packages hold: an edition's questions by chapter, what counts apart from practice, and its exam."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import yaml

from opsbook.exercises.banks import bank, bank_paths, catalogue, variants
from opsbook.exercises.exam import full_exam
from opsbook.exercises.question import Question
from opsbook.publishing.course import named, read_home, words
from opsbook.publishing.editions.authors import Authors, read_authors

__all__ = ["EXAM", "GRADED", "SETS", "Course", "Item", "Loss", "Pool", "read_course"]

EXAM: Final = "exam"
"""The name of the exam's files; no chapter may bear it."""

GRADED: Final = ".graded"
"""How the name of a file ends that holds what counts of a chapter; no chapter's name has a dot."""

SETS: Final = 5
"""How many sets of numbers of a question with numbers a pool holds, if there are as many."""


class Loss(NamedTuple):
    """What a format cannot hold of a question.

    Attributes
    ----------
    format : str
        ``canvas`` or ``moodle``.
    file : str
        The name of the file that it is missing from, without its ending.
    question : str
        The question's full id.
    seed : str
        The seed of the numbers, if it is about these numbers alone.
    kind : str
        The question's kind.
    part : str
        What is missing; ``question`` if it is all of it.
    reason : str
        Why, and where it is instead.
    """

    format: str
    file: str
    question: str
    seed: str
    kind: str
    part: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Item:
    """A question as a pool holds it.

    Attributes
    ----------
    variants : tuple of Question
        The question with different numbers; one, if it has none.
    section : str
        The heading of the section that it rests on; may be empty.
    """

    variants: tuple[Question, ...]
    section: str

    @property
    def first(self) -> Question:
        """The question with its first numbers."""
        return self.variants[0]


@dataclass(frozen=True, kw_only=True)
class Pool:
    """The questions of one file.

    Attributes
    ----------
    name : str
        The file's name without its ending.
    chapter : str
        The name of the chapter whose questions they are; empty for the exam.
    title : str
        The chapter's title, or the exam's.
    items : tuple of Item
        The questions, in the exam's order if they are an exam's.
    rights : str
        Whose they are, if anybody says so.
    """

    name: str
    chapter: str
    title: str
    items: tuple[Item, ...]
    rights: str

    @property
    def exam(self) -> bool:
        """Whether these are the exam's questions: once each, numbered, and without hints."""
        return self.name == EXAM

    @property
    def graded(self) -> bool:
        """Whether these are what counts of a chapter."""
        return self.name.endswith(GRADED)

    @property
    def heading(self) -> str:
        """What the file is called."""
        return f"{self.title}, graded" if self.graded else self.title


@dataclass(frozen=True, kw_only=True)
class Course:
    """An edition's questions.

    Attributes
    ----------
    title : str
        The edition's title.
    authors : Authors
        Who wrote what.
    pools : tuple of Pool
        Of each chapter in its order, what does not count and what does, as far as it has either.
    exam : Pool or None
        The exam, if there is one.
    objectives : mapping of str to str
        The objectives by their ids.
    """

    title: str
    authors: Authors
    pools: tuple[Pool, ...]
    exam: Pool | None
    objectives: Mapping[str, str]

    def files(self) -> tuple[Pool, ...]:
        """Return every pool that becomes a file of its own."""
        return (*self.pools, self.exam) if self.exam else self.pools


def _in_order(stage: Path) -> list[str]:
    """Return the names of the chapters that have a bank, as the contents order them."""
    contents = yaml.safe_load((stage / "_toc.yml").read_text(encoding="utf8"))
    names = [Path(each).stem for each in named(contents)]
    return [name for name in dict.fromkeys((*names, *bank_paths())) if name in bank_paths()]


def read_course(stage: Path, *, exam_questions: int | None = None, exam_seed: int = 1) -> Course:
    """Read the questions of a stage, drawn for the seed of its class.

    Parameters
    ----------
    stage : pathlib.Path
        The instructor stage that this process belongs to.
    exam_questions : int, optional
        How many questions the exam has; without it 80, or all that there are.
    exam_seed : int
        The exam's number.

    Returns
    -------
    Course
        Every question of every bank.

    Raises
    ------
    ValueError
        The process belongs to another project, or there are fewer questions for the exam than are asked for.
    BankError
        A bank breaks its rules, or its keys are withheld.
    """
    folder = (stage / "exercises" / "bank").resolve()
    if not {path.resolve().parent for path in bank_paths().values()} <= {folder}:
        raise ValueError(
            f"`stage` must be the project that this process belongs to, got {stage.resolve().name}, whose banks it "
            "does not read. Start it with PYTHONPATH set to the stage's `src`."
        )
    known = catalogue()
    if withheld := sorted(each for each, about in known["questions"].items() if about["kind"] == "withheld"):
        raise ValueError(f"`stage` must hold the keys, got {', '.join(withheld)} without. Give the instructor stage.")
    names = _in_order(stage)
    if EXAM in names:
        raise ValueError(f"a chapter with questions may not be named {EXAM!r}, which names the exam. Rename it.")
    chapters = {name: read_home(stage, name) for name in names}
    asked = bank()
    authors = read_authors(stage)

    def item(drawn: tuple[Question, ...]) -> Item:
        first = drawn[0]
        return Item(variants=drawn, section=words(chapters[first.id.partition("/")[0]].sections.get(first.section, "")))

    def of(name: str, *, graded: bool) -> Pool:
        ids = [each.id for each in asked if each.id.partition("/")[0] == name and each.graded == graded]
        return Pool(
            name=f"{name}{GRADED if graded else ''}",
            chapter=name,
            title=words(chapters[name].title),
            items=tuple(item(variants(each)[:SETS]) for each in ids),
            rights=authors.rights([name]),
        )

    pools = tuple(pool for name in names for pool in (of(name, graded=False), of(name, graded=True)) if pool.items)
    exam = None
    if drawn := full_exam(exam_questions, seed=exam_seed):
        exam = Pool(
            name=EXAM,
            chapter="",
            title=f"Exam {exam_seed}",
            items=tuple(item((each,)) for each in drawn),
            rights=authors.rights(each.id.partition("/")[0] for each in drawn),
        )
    title = str(yaml.safe_load((stage / "_config.yml").read_text(encoding="utf8"))["title"])
    return Course(title=title, authors=authors, pools=pools, exam=exam, objectives=known["objectives"])
