"""The marking guide of an edition: every question with what it is worth, its key, its solution and its mistakes.

It is written in a process of the edition's stage, whose banks it reads.
"""

import json
import sys
from collections.abc import Iterator
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import yaml

from opsbook.exercises import prose
from opsbook.exercises.banks import bank, default_seed
from opsbook.exercises.code import CodeQuestion
from opsbook.exercises.page import QUESTION_MIME_TYPE, print_key
from opsbook.exercises.question import Question
from opsbook.publishing.course import named, read_home, words
from opsbook.publishing.editions.authors import read_authors
from opsbook.publishing.notebooks import stored

__all__ = ["main", "marking_guide"]

_POOLS: Final = {"check": "in the chapter", "exercise": "in the exercises", "exam": "kept for examinations"}
_STYLE: Final = """
body { max-width: 48rem; margin: 2rem auto; padding: 0 1rem; color: #1b2530; font: 1rem/1.5 Georgia, serif; }
h1, h2, h3, .worth, nav { font-family: system-ui, sans-serif; line-height: 1.25; }
h2 { margin-top: 3rem; border-bottom: 1px solid #cfd7de; }
h3 { margin: 2.2rem 0 0.2rem; font-size: 1.05rem; }
a { color: #1f4e79; }
.worth { color: #52606d; font-size: 0.9rem; }
pre { overflow-x: auto; padding: 0.7rem; background: #f5f7f9; }
.asked { padding: 0.1rem 1rem; border-left: 4px solid #cfd7de; }
math[display="block"] { overflow-x: auto; }
"""


def marking_guide(stage: Path, title: str) -> str:
    """Return the guide as one page of HTML that asks for nothing else.

    Parameters
    ----------
    stage : pathlib.Path
        The instructor stage that this process belongs to.
    title : str
        The edition's title.
    """
    asked: dict[str, None] = {}
    slips: dict[str, list[dict[str, str]]] = {}
    for name in _chapters(stage):
        for folder in ("chapters", "exercises"):
            path = stage / folder / f"{name}.ipynb"
            if path.exists():
                notebook = json.loads(path.read_text(encoding="utf8"))
                asked |= {data[mime]["id"]: None for mime, data in stored(notebook, QUESTION_MIME_TYPE)}
                slips |= dict(_slips(notebook))
    order = {each: place for place, each in enumerate(asked)}
    names = {name: place for place, name in enumerate(_chapters(stage))}
    questions = sorted(
        bank(), key=lambda each: (names.get(_chapter(each), len(names)), _chapter(each), order.get(each.id, len(order)))
    )
    parts = [(name, list(members)) for name, members in groupby(questions, key=_chapter)]
    titles = {name: words(read_home(stage, name).title) for name, _ in parts}
    not_ours = read_authors(stage).note(titles, escape)
    links = "".join(f'<li><a href="#{name}">{escape(title)}</a></li>' for name, title in titles.items())
    body = "".join(
        f'<h2 id="{name}">{escape(titles[name])}</h2><p class="worth">{_sum(members)}</p>'
        + "".join(_item(each, slips.get(each.id, ())) for each in members)
        for name, members in parts
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Marking guide: {escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body><h1>Marking guide: {escape(title)}</h1><p>For who teaches, and not for students: keys, solutions, "
        f"common mistakes with what is said of each, and notes. Numbers are those of the class seed {default_seed()}. "
        "Points are of graded questions, or what practice would be worth. Made from opsbook by the opsbook authors, "
        f"CC BY 4.0.{f' {not_ours}' if not_ours else ''}</p><nav><ol>{links}</ol></nav>{body}</body></html>\n"
    )


def _chapter(question: Question) -> str:
    return question.id.partition("/")[0]


def _chapters(stage: Path) -> list[str]:
    """Return the names of the chapters in the order of the contents."""
    contents = yaml.safe_load((stage / "_toc.yml").read_text(encoding="utf8"))
    return [file.partition("/")[2] for file in named(contents) if file.startswith("chapters/")]


def _slips(notebook: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Yield the wrong answers that a notebook lists for a code question, with the question's id."""
    asked = ""
    for cell in notebook["cells"]:
        found = [data[mime]["id"] for mime, data in stored({"cells": [cell]}, QUESTION_MIME_TYPE)]
        asked = found[-1] if found else asked
        if wrong := cell.get("metadata", {}).get("opsbook", {}).get("wrong"):
            yield asked, wrong


def _sum(members: list[Question]) -> str:
    graded = [each for each in members if each.graded]
    if not graded:
        return f"{len(members)} questions, none graded"
    return f"{len(members)} questions; {len(graded)} graded, {sum(each.points for each in graded):g} points"


def _item(question: Question, slips: list[dict[str, str]] | tuple[()]) -> str:
    where = ", ".join(_POOLS[each] for each in question.pool)
    worth = f"{question.points:g} point{'' if question.points == 1 else 's'}"
    held = f"<h3>{escape(question.id)}</h3>"
    held += f'<p class="worth">{worth}, {"graded" if question.graded else "practice"} · {question.kind} · {where}</p>'
    held += f'<div class="asked">{prose.to_html(question.prompt)}</div>{print_key(question)}'
    if isinstance(question, CodeQuestion):
        tests = "".join(
            f"<li><pre>{escape(each.code)}</pre>{prose.to_html(each.message)}</li>" for each in question.tests
        )
        held += f"<p><strong>Tests, and what is said of code that fails them</strong></p><ol>{tests}</ol>"
    if slips:
        wrong = "".join(f"<li><pre>{escape(each['source'])}</pre><p>{escape(each['says'])}</p></li>" for each in slips)
        held += f"<p><strong>Typical wrong code, and a word of what is said of it</strong></p><ul>{wrong}</ul>"
    if question.hints:
        hints = "".join(f"<li>{prose.to_html(each)}</li>" for each in question.hints)
        held += f"<p><strong>Hints</strong></p><ol>{hints}</ol>"
    return f"<article>{held}</article>"


def main(arguments: list[str]) -> int:
    """Write the guide of the stage ``arguments[0]`` to the file ``arguments[1]``, under the title ``arguments[2]``."""
    stage, target, title = arguments
    Path(target).write_text(marking_guide(Path(stage), title), encoding="utf8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
