"""Writes the folder for learning management systems: packages, tables, what is not in them, and how to import them."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from opsbook.publishing.editions.archives import pack
from opsbook.publishing.editions.authors import LICENCE
from opsbook.publishing.editions.lms import canvas, moodle
from opsbook.publishing.editions.lms.pools import SETS, Course, Loss
from opsbook.publishing.editions.lms.table import COLUMNS, losses_table, table
from opsbook.publishing.editions.wording import escaped

__all__ = ["write_packages"]

_README: Final = """# {title}: questions for learning management systems

**Everything in this folder holds answers. It is for instructors, and for nobody else.**

There is a file for each chapter and `exam` with the questions of {exam}. What counts in this edition
stands apart from what is for practice, in files of its own. Questions with numbers stand in the chapters' files with
up to {sets} sets of numbers each, of which the first is that of the class's pages.

| File | Holds | Questions |
| --- | --- | --- |
{files}

## What counts

{graded}

## Canvas

`canvas/NAME.zip` is QTI 1.2, made with text2qti. In the course, open *Settings*, *Import Course Content*, choose
*QTI .zip file* as the content type and the zip as its source, and import it. A quiz of that name appears, unpublished,
with its questions in a bank of the same name. To build your own quiz, make a question group and link it to that bank. A
question with several sets of numbers is a group of which Canvas gives every student one. For New Quizzes, tick *Import
existing quizzes as New Quizzes*, or import the zip in *Build* of an empty one.

Feedback and solutions are shown to students according to the quiz's *Let students see their quiz responses*. Turn it
off, or limit it to after the last attempt, for whatever counts. Right answers are not shown for what counts nor for the
exam, from the start.

## Moodle

`moodle/NAME.xml` is Moodle XML; questions of order need Moodle 4.4 or the *Ordering* plugin before it. In the course,
open *Question bank*, *Import*, choose *Moodle XML format*, leave *Get category from file* ticked, and choose the file.
The categories are “{title}”, the chapter, `Practice`, `Graded` or `Exam`, and for a question with several
sets of numbers one category more: add a *random question* from it to a quiz, and every student gets other numbers.
Formulas need the filter *MathJax*, which Moodle has on from the start. Hints show where the quiz behaves as
*Interactive with multiple tries*.

Feedback and solutions are shown according to the quiz's *Review options*. Moodle keeps a question's `idnumber`
(`CHAPTER/slug#SEED`), and every question bears its kind, difficulty, objective and pool as tags.

## Anything else

`csv/NAME.csv` holds every field of every question, a row for each set of numbers: UTF-8 with a byte order mark, so
that spreadsheets read it as it is meant; commas, and quotation marks where they are needed. A text that begins with
`=`, `+`, `-`, `@`, a tab or a carriage return, and is no number, has an apostrophe before it: without that, a
spreadsheet would run it as a formula. What reads the file for a system may take it off again.

| Column | Holds |
| --- | --- |
{columns}

## What counts as right

| Kind | Here | Canvas | Moodle |
| --- | --- | --- | --- |
| `choice` | right or wrong | the same | the same |
| `choices` | (right ones chosen − wrong ones chosen) ÷ right ones, never below 0 | the same | the same: each right \
option bears its share, each wrong one as much less |
| `numeric` | from `low` to `high` | the same, after what is typed is rounded to {decimals} decimals | the same |
| `order` | pairs the right way round less pairs the wrong way round, as a share of all | share of steps in their \
place | share of pairs the right way round |
| `match` | share of items in their group | the same | the same |
| `reflect`, `code` | a model answer; tests | marked by hand | marked by hand, with model answer and tests for the \
grader |

What may be typed as a number differs as well. Here a unit that is not the question's is refused, `18/34` is read as a
quotient, and `1,234` is called ambiguous. Moodle reads a decimal point or comma and takes any unit that it does not
know, or a wrong one, for none; it reads `18/34` as 18, and `0.8 %` as 0.8 where that would be right. Canvas reads a
number alone, and a comma according to the student's language.

## How far this was tested

opsbook's tests read all that is here back, and mark answers by rules written after the source of Canvas and Moodle;
they import nothing into a running system. Readers written by others open every Canvas package, and of Moodle's
files the questions of the kinds `choice` and `choices` alone. Import one chapter and look at it before you rely on
the rest.

## What is not held

`not-held.csv` lists, for each question, whatever a format cannot hold, with the reason. In short:

| Format | What | Kind | Questions | Why |
| --- | --- | --- | --- | --- |
{losses}

Text and questions: the opsbook authors, CC BY 4.0 ({licence}), and
changed: chosen and arranged for this edition.{not_ours}
"""


def write_packages(course: Course, output: Path) -> None:
    """Write questions for Canvas, for Moodle and as tables.

    Parameters
    ----------
    course : Course
        An edition's questions.
    output : pathlib.Path
        The folder to write into; it is made if need be, and what else stands in it stays.
    """
    losses: list[Loss] = []
    for pool in course.files():
        if package := canvas.members(course, pool):
            pack(package, output / "canvas" / f"{pool.name}.zip")
        _write(output / "moodle" / f"{pool.name}.xml", moodle.document(course, pool))
        _write(output / "csv" / f"{pool.name}.csv", f"\ufeff{table(course, pool)}")
        losses += (*canvas.losses(pool), *moodle.losses(pool))
    losses.sort(key=lambda loss: loss.format)
    _write(output / "not-held.csv", f"\ufeff{losses_table(losses)}")
    _write(output / "README.md", _readme(course, losses))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf8"))


def _rows(rows: Iterable[Iterable[object]]) -> str:
    return "\n".join(f"| {' | '.join(map(str, cells))} |" for cells in rows)


def _readme(course: Course, losses: Iterable[Loss]) -> str:
    counted = Counter((each.format, each.part, each.kind, each.reason) for each in dict.fromkeys(map(_once, losses)))
    exam = f"{course.exam.title[0].lower()}{course.exam.title[1:]}" if course.exam else "an exam, which has none here"
    not_ours = course.authors.note({pool.chapter: pool.title for pool in course.pools}, escaped)
    return _README.format(
        title=escaped(course.title),
        exam=exam,
        sets=SETS,
        files=_rows((f"`{pool.name}`", escaped(pool.heading), len(pool.items)) for pool in course.files()),
        graded=_graded(course),
        columns=_rows((f"`{name}`", what) for name, what in COLUMNS.items()),
        decimals=canvas.DECIMALS,
        licence=LICENCE,
        not_ours=f" {not_ours}" if not_ours else "",
        losses=_rows(
            (form, part, f"`{kind}`", number, reason) for (form, part, kind, reason), number in counted.items()
        )
        or "| – | nothing | – | 0 | – |",
    )


def _graded(course: Course) -> str:
    """Return what counts in the edition, as a table, or that nothing does."""
    counted = [(pool, item.first) for pool in course.pools if pool.graded for item in pool.items]
    if not counted:
        return "No question counts but those of the exam: the edition gives points to none."
    whole = sum(asked.points for _, asked in counted)
    rows = _rows((f"`{asked.id}`", f"`{asked.kind}`", f"{asked.points:g}", f"`{pool.name}`") for pool, asked in counted)
    return f"| Question | Kind | Points | In |\n| --- | --- | --- | --- |\n{rows}\n\nIn all: {whole:g} points."


def _once(loss: Loss) -> Loss:
    """Return a loss of a question whatever file or numbers it shows in."""
    return loss._replace(file="", seed="")
