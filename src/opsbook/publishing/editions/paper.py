"""An edition on paper: the whole book as one PDF, and an exam with its key apart.

Run in a process of the edition's stage, ``python -m opsbook.publishing.editions.paper STAGE OUT`` writes, with
``--book``, ``OUT/book.pdf`` from the students' pages; and with ``--exam``, ``OUT/exam.pdf`` for the learners and
``OUT/instructor/exam-key.pdf`` for whoever marks. Both are printed by Chromium, which has to be installed.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterable, Sequence
from functools import cache, partial
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import yaml

from opsbook.exercises.exam import FULL_MINUTES, FULL_QUESTIONS, full_exam
from opsbook.exercises.paper import paper_guide, paper_head, paper_key, paper_markup
from opsbook.exercises.question import Question
from opsbook.publishing.book import command
from opsbook.publishing.colours import style
from opsbook.publishing.course import read_home, words
from opsbook.publishing.editions.one_page import lead, one_page, rights
from opsbook.publishing.editions.printing import STYLES, NoPressError, printed

__all__ = ["book_page", "exam_page", "key_page", "main", "write_book", "write_exam"]

_NO_EXAM: Final = "exam.pdf is left out: no bank of the edition has a question in the pool `exam`."


# --- The book --------------------------------------------------------------------------------------------------


def _about(stage: Path) -> dict[str, Any]:
    """Return what an edition says of itself: its title, and what its pages show beside it."""
    configuration: dict[str, Any] = yaml.safe_load((stage / "_config.yml").read_text(encoding="utf8"))
    edition = configuration["sphinx"]["config"].get("opsbook_edition", {})
    return {**edition, "title": configuration["title"], "author": configuration.get("author", "")}


def _styles(about: dict[str, Any]) -> str:
    colours = style(about.get("accent", ""))
    return f"{STYLES}<style>{colours}</style>" if colours else STYLES


def _logo(about: dict[str, Any], folder: Path) -> str:
    logo = about.get("logo")
    return f'<img class="paper-logo" src="{(folder / "_static" / logo).resolve().as_uri()}" alt="">' if logo else ""


def _title_page(about: dict[str, Any], site: Path) -> str:
    lines = [_logo(about, site), f'<p class="paper-title">{escape(about["title"])}</p>']
    if subtitle := lead(site):
        lines.append(f'<p class="paper-subtitle">{escape(subtitle)}</p>')
    people = [about.get(key) for key in ("instructor", "institution")]
    who = "".join(f"<p>{escape(each)}</p>" for each in people if each) or f"<p>{escape(about['author'])}</p>"
    lines.append(f'<div class="paper-who">{who}</div><div class="paper-rights"><p>{rights(site)}</p></div>')
    return "".join(lines)


def book_page(stage: Path, site: Path) -> str:
    """Return the whole edition as one page to print.

    Parameters
    ----------
    stage : pathlib.Path
        The edition's stage, whose configuration names it.
    site : pathlib.Path
        Its built pages.
    """
    about = _about(stage)
    return one_page(site, title_page=_title_page(about, site), title=about["title"], styles=_styles(about))


def write_book(stage: Path, file: Path, *, site: Path | None = None) -> None:
    """Write the edition as a PDF.

    Parameters
    ----------
    stage : pathlib.Path
        The stage of what students get.
    file : pathlib.Path
        The PDF.
    site : pathlib.Path, optional
        The pages built from the stage; without it they are built for this alone.

    Raises
    ------
    NoPressError
        Chromium or Playwright is missing.
    RuntimeError
        The pages could not be built; the message is what Sphinx said.
    """
    with TemporaryDirectory() as folder:
        html = book_page(stage, site or _built(stage, Path(folder)))
        _write(file, printed(html, numbered=True))


def _built(stage: Path, folder: Path) -> Path:
    # Not in the stage, whose pages somebody else may be building.
    whole = [*command(stage), "--path-output", str(folder)]
    done = subprocess.run(whole, check=False, capture_output=True, text=True)  # noqa: S603 - our own interpreter
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip() or done.stdout.strip())
    return folder / "_build" / "html"


# --- The exam --------------------------------------------------------------------------------------------------


def _exam_document(stage: Path, heading: str, body: str) -> str:
    about = _about(stage)
    of = " · ".join(filter(None, (about["title"], about.get("institution"))))
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(heading)} · {escape(about['title'])}</title>{_styles(about)}</head>"
        f'<body class="paper paper-exam"><main>{_logo(about, stage / "book")}<p class="paper-of">{escape(of)}</p>'
        f"<h1>{escape(heading)}</h1>{body}</main></body></html>\n"
    )


def exam_page(questions: Sequence[Question], *, seed: int, stage: Path, minutes: int | None = None) -> str:
    """Return an exam as a page to print, with no answer in it.

    Parameters
    ----------
    questions : sequence of Question
        The questions as `draw_exam` arranges them.
    seed : int
        The exam's number.
    stage : pathlib.Path
        The stage, whose configuration says what the course is called, whose it is, and how it looks.
    minutes : int, optional
        How long the exam lasts; without it, as long for each question as the full exam gives.
    """
    lasts = minutes or round(len(questions) * FULL_MINUTES / FULL_QUESTIONS)
    asked = "1 question" if len(questions) == 1 else f"{len(questions)} questions"
    words = (
        f"<p>{asked}, {lasts} minute{'' if lasts == 1 else 's'}. You need a pen and a calculator. Give a number to "
        "three significant digits. Where several answers are right, the question says so, and a wrong cross costs as "
        "much as a right one earns.</p>"
    )
    body = words + paper_head(questions) + paper_markup(questions)
    return _exam_document(stage, f"Exam number {seed}", body)


def key_page(questions: Sequence[Question], *, seed: int, stage: Path) -> str:
    """Return the key to an exam as a page to print: to mark by at a glance, then with a reason for every answer.

    Parameters
    ----------
    questions : sequence of Question
        The questions as `draw_exam` arranges them.
    seed : int
        The exam's number.
    stage : pathlib.Path
        The stage, as for the exam; in its chapters stand the names of the sections that questions rest on.
    """
    sections = _Sections(stage)
    how = (
        "<p>Letters are those on the paper: for steps in their right order, for groups line by line. A number counts "
        "anywhere in the range beneath it.</p><p>Three kinds can earn a part of their points. Several right answers: "
        "right crosses less wrong ones, as a share of the right answers. Groups: right lines as a share of all lines. "
        "Steps: of all pairs of steps, those in the right order less those in the wrong one. Nothing falls below "
        "zero.</p>"
    )
    body = (
        f"<p><strong>For whoever marks; not for learners.</strong></p><h2>At a glance</h2>{how}{paper_key(questions)}"
        f"<h2>Why</h2>{paper_guide(questions, section=sections.name)}"
    )
    return _exam_document(stage, f"Key to exam number {seed}", body)


class _Sections:
    """Knows the names of sections by their labels."""

    def __init__(self, stage: Path) -> None:
        self._home = cache(partial(read_home, stage))

    def name(self, question: Question) -> str:
        home = self._home(question.id.partition("/")[0])
        names = [words(each) for each in (home.title, home.sections.get(question.section)) if each]
        return ", ".join(f"“{each}”" for each in dict.fromkeys(names))


def write_exam(
    stage: Path, file: Path, key: Path, *, count: int | None = None, seed: int = 1, minutes: int | None = None
) -> bool:
    """Write an exam and its key as two PDFs, from the banks of the library that runs.

    Parameters
    ----------
    stage : pathlib.Path
        The instructor's stage, the one that this process runs from.
    file, key : pathlib.Path
        The PDFs.
    count : int, optional
        How many questions; without it, as many as the full exam has, or there are.
    seed : int
        The exam's number.
    minutes : int, optional
        How long it lasts, as for `exam_page`.

    Returns
    -------
    bool
        Whether there is an exam: nothing is written where no bank has a question in the pool ``exam``.

    Raises
    ------
    NoPressError
        Chromium or Playwright is missing.
    ValueError
        There are fewer such questions than `count`.
    """
    questions = full_exam(count, seed=seed)
    if not questions:
        return False
    _write(file, printed(exam_page(questions, seed=seed, stage=stage, minutes=minutes)))
    _write(key, printed(key_page(questions, seed=seed, stage=stage)))
    return True


def _write(file: Path, pdf: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(pdf)


# --- The command -----------------------------------------------------------------------------------------------


def main(arguments: Iterable[str] | None = None) -> int:
    """Print what the command line asks for, and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m opsbook.publishing.editions.paper", description=__doc__)
    parser.add_argument("stage", type=Path, help="the edition's stage, from which this process runs")
    parser.add_argument("output", type=Path, help="the folder to write into")
    parser.add_argument("--book", action="store_true", help="write book.pdf")
    parser.add_argument("--pages", type=Path, help="the pages built from the stage, if they are")
    parser.add_argument("--exam", action="store_true", help="write exam.pdf and instructor/exam-key.pdf")
    parser.add_argument("--questions", type=int, help="how many questions the exam has")
    parser.add_argument("--seed", type=int, default=1, help="the exam's number")
    parser.add_argument("--minutes", type=int, help="how long the exam lasts")
    wanted = parser.parse_args(None if arguments is None else list(arguments))
    if not (wanted.book or wanted.exam):
        parser.error("nothing to print: say --book, --exam, or both")
    try:
        if wanted.book:
            write_book(wanted.stage, wanted.output / "book.pdf", site=wanted.pages)
        if wanted.exam:
            key = wanted.output / "instructor" / "exam-key.pdf"
            file = wanted.output / "exam.pdf"
            count, seed, minutes = wanted.questions, wanted.seed, wanted.minutes
            if not write_exam(wanted.stage, file, key, count=count, seed=seed, minutes=minutes):
                print(_NO_EXAM)  # noqa: T201 - the answer of a command
    except (NoPressError, RuntimeError, ValueError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - the answer of a command
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
