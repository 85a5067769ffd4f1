"""Writes questions as CSV: every field of every kind, for whatever reads a table."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Final

from opsbook.exercises.choice import ChoiceQuestion, ChoicesQuestion
from opsbook.exercises.code import CodeQuestion
from opsbook.exercises.match import MatchQuestion
from opsbook.exercises.numeric import NumericQuestion
from opsbook.exercises.order import OrderQuestion
from opsbook.exercises.page import figure
from opsbook.exercises.question import Question
from opsbook.exercises.reflect import ReflectQuestion
from opsbook.publishing.editions.lms.pools import Course, Item, Loss, Pool

__all__ = ["COLUMNS", "losses_table", "table"]

# What a spreadsheet takes for the beginning of a formula, unless all of it is a number.
_FORMULA: Final = re.compile(r"[=+\-@\t\r]")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?")

COLUMNS: Final[Mapping[str, str]] = {
    "file": "the file's name: the chapter's, with `.graded` after it if the question counts, or `exam`",
    "number": "the question's place in the file",
    "id": "`CHAPTER/slug`",
    "chapter": "the title of the chapter, or the exam's",
    "kind": "`choice`, `choices`, `numeric`, `order`, `match`, `reflect` or `code`",
    "objective": "the objective's id",
    "objective_text": "the objective",
    "section": "the label of the section that it rests on",
    "section_heading": "the heading of that section",
    "difficulty": "1 recall, 2 application, 3 judgement",
    "points": "what it is worth",
    "graded": "`true` if it counts",
    "pool": "where it may be used: `check` in the chapter, `exercise`, `exam`; with spaces between",
    "seed": "the seed of its numbers, and of the order of its options",
    "prompt": "what is asked, in Markdown, formulas in TeX between dollar signs",
    "key": "the right answer to read: ids of options; the number; ids in order; `item = group`; the model answer",
    "answer": "`numeric`: the exact answer",
    "low": "`numeric`: the lowest number that counts as right",
    "high": "`numeric`: the highest",
    "unit": "`numeric`: the unit",
    "values": "`numeric`: JSON object, the numbers drawn and computed, by name",
    "options": "`choice`, `choices`: JSON list of `id`, `text`, `correct`, `feedback`, `rationale`",
    "items": "`order`, `match`: JSON list of `id`, `text`, `feedback`, for `match` also its `group`; as shown",
    "groups": "`match`: JSON list of `id`, `text`",
    "mistakes": "`numeric`, `order`: JSON list of mistakes, each with `id`, `feedback` and what it is recognised by",
    "tests": "`code`: JSON list of `code`, `message`, `hidden`",
    "hints": "JSON list, from the idea to the first step",
    "solution": "the worked solution or the model answer, in Markdown",
    "instructor": "the note for the instructor, in Markdown",
}
"""What each column holds. JSON columns are empty where a kind has no such thing."""


def table(course: Course, pool: Pool) -> str:
    """Return a pool as CSV: a row for each question, and for each set of its numbers.

    A text that a spreadsheet would run as a formula has an apostrophe before it.

    Parameters
    ----------
    course : Course
        The edition, which knows the objectives.
    pool : Pool
        One of its chapters, or its exam.
    """
    rows = (
        _row(course, pool, item, asked, number) for number, item in enumerate(pool.items, 1) for asked in item.variants
    )
    return _csv(COLUMNS, rows)


def losses_table(losses: Iterable[Loss]) -> str:
    """Return what the formats cannot hold as CSV, a row for each loss."""
    return _csv(Loss._fields, (loss._asdict() for loss in losses))


def _csv(columns: Iterable[str], rows: Iterable[Mapping[str, object]]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(columns), restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: _harmless(value) for name, value in row.items()} for row in rows)
    return stream.getvalue()


def _harmless(value: object) -> object:
    """Return a cell that no spreadsheet runs."""
    if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=asdict)


def _row(course: Course, pool: Pool, item: Item, asked: Question, number: int) -> dict[str, object]:
    return {
        "file": pool.name,
        "number": number,
        "id": asked.id,
        "chapter": pool.title,
        "kind": asked.kind,
        "objective": asked.objective,
        "objective_text": course.objectives.get(asked.objective, ""),
        "section": asked.section,
        "section_heading": item.section,
        "difficulty": asked.difficulty,
        "points": f"{item.first.points:g}",
        "graded": "true" if item.first.graded else "false",
        "pool": " ".join(asked.pool),
        "seed": asked.seed,
        "prompt": asked.prompt.strip(),
        "hints": _json([hint.strip() for hint in asked.hints]),
        "solution": asked.solution.strip(),
        "instructor": asked.instructor.strip(),
        **_own(asked),
    }


def _own(asked: Question) -> dict[str, object]:
    match asked:
        case ChoiceQuestion() | ChoicesQuestion():
            return {"key": " ".join(each.id for each in asked.options if each.correct), "options": _json(asked.options)}
        case NumericQuestion():
            return {
                "key": " ".join((figure(asked.answer), asked.unit)).strip(),
                "answer": repr(asked.answer),
                "low": repr(asked.low),
                "high": repr(asked.high),
                "unit": asked.unit,
                "values": _json(dict(asked.values)),
                "mistakes": _json(asked.mistakes),
            }
        case OrderQuestion():
            return {"key": " ".join(asked.key), "items": _json(asked.items), "mistakes": _json(asked.mistakes)}
        case MatchQuestion():
            key = "; ".join(f"{each.id} = {each.group}" for each in asked.items)
            return {"key": key, "items": _json(asked.items), "groups": _json(asked.groups)}
        case CodeQuestion():
            return {"key": asked.solution.strip(), "tests": _json(asked.tests)}
        case ReflectQuestion():
            return {"key": asked.solution.strip()}
    raise NotImplementedError(f"no columns for questions of kind {asked.kind!r}")
