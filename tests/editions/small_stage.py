"""A small stage of an edition, with a canary in every place where an author could put something for himself."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from opsbook.located import write
from opsbook.publishing.editions.withholding import Policy

POLICY = Policy(hidden=True)
SHOWN = Policy(hidden=False)
SEED = 7
_SONGS = ("sings", "rests", "waits", "climbs", "hides", "drinks", "flutters", "listens", "hops", "whistles")
_TREES = ("maple", "willow", "cedar", "poplar", "juniper", "hazel", "rowan", "cypress", "walnut", "laurel", "almond")


class Canaries:
    """Sentences that stand nowhere else, by the place where each was put."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def __call__(self, place: str) -> str:
        number = len(self.texts)
        song, tree = _SONGS[number % 10], _TREES[number // 10 % len(_TREES)]
        return self.texts.setdefault(place, f"Canary-{number:03d} {song} in the {tree}.")

    def code(self, place: str) -> str:
        number = len(self.texts)
        return self.texts.setdefault(place, f"canary_{number:03d} = sorted([{number}, 2, 3])[1] * 17")


def _common(slug: str, kind: str, put: Any, *, pool: str, graded: bool = False) -> dict[str, Any]:
    return {
        "id": slug,
        "kind": kind,
        "objective": "own/1",
        "section": "own-section",
        "difficulty": 1,
        "points": 2,
        **({"graded": True} if graded else {}),
        "pool": [pool],
        "prompt": f"What is asked in the question {slug}?",
        "hints": [put(f"hint of {slug}")],
        "solution": put(f"solution of {slug}"),
        "instructor": put(f"instructor of {slug}"),
    }


def _choice(slug: str, put: Any, **about: Any) -> dict[str, Any]:
    options = [
        {
            "id": each,
            "text": f"The {each} one of {slug}",
            "correct": each == "right",
            "feedback": put(f"feedback {each} of {slug}"),
            "rationale": put(f"rationale {each} of {slug}"),
        }
        for each in ("right", "wrong")
    ]
    return {**_common(slug, "choice", put, **about), "options": options}


def _numeric(slug: str, put: Any, **about: Any) -> dict[str, Any]:
    return {
        **_common(slug, "numeric", put, **about),
        "prompt": f"In {slug}, how much is [[first]] and [[second]]?",
        "given": {"first": {"from": 10, "to": 40, "step": 1}, "second": {"choices": [1, 2, 3]}},
        "let": {"both": "first + second"},
        "answer": "both * 1.0000000000000",
        "tolerance": {"relative": 0.01},
        "mistakes": [{"id": "less", "value": "first - second", "feedback": put(f"mistake of {slug}")}],
    }


def _order(slug: str, put: Any, **about: Any) -> dict[str, Any]:
    items = [
        {"id": f"step-{number}", "text": f"Step {number} of {slug}", "feedback": put(f"feedback {number} of {slug}")}
        for number in (1, 2, 3)
    ]
    return {**_common(slug, "order", put, **about), "items": items}


def _match(slug: str, put: Any, **about: Any) -> dict[str, Any]:
    groups = [
        {
            "id": side,
            "text": f"The {side} of {slug}",
            "items": [
                {"id": f"{side}-{each}", "text": f"Item {side} {each}", "feedback": put(f"{side} {each} of {slug}")}
                for each in ("a", "b")
            ],
        }
        for side in ("front", "back")
    ]
    return {**_common(slug, "match", put, **about), "groups": groups}


def _code(slug: str, put: Any, *, only_hidden: bool = False, **about: Any) -> dict[str, Any]:
    shown = [{"code": f"value_of_{len(slug)} == 1", "message": "It should be one."}]
    hidden = [{"code": put.code(f"hidden test of {slug}"), "message": put(f"message of {slug}"), "hidden": True}]
    return {**_common(slug, "code", put, **about), "tests": [*([] if only_hidden else shown), *hidden]}


def bank(put: Canaries) -> str:
    """Return a bank with questions of every kind: for practice, for exams alone, and graded."""
    practice = Practice(put)
    questions = [
        _choice("practised", practice, pool="check"),
        _numeric("practised-number", practice, pool="exercise"),
        _code("practised-code", practice, pool="exercise"),
        _code("unseen-tests", put, pool="exercise", only_hidden=True),
        _choice("examined", put, pool="exam"),
        _numeric("examined-number", put, pool="exam"),
        _order("examined-order", put, pool="exam"),
        _match("examined-groups", put, pool="exam"),
        _choice("counted", put, pool="check", graded=True),
        _numeric("counted-number", put, pool="check", graded=True),
        _order("counted-order", put, pool="check", graded=True),
        _match("counted-groups", put, pool="check", graded=True),
        _code("counted-code", put, pool="exercise", graded=True),
    ]
    for each in questions:
        if each["pool"] == ["exam"]:
            canary = put(f"prompt of {each['id']}")
            each["prompt"] = f"{canary} {each['prompt']}"
    text = write({"objectives": [{"id": "own/1", "text": "Tell one from another."}], "questions": questions})
    return f"# {put('comment in the bank')}\n{text}"


class Practice:
    """Puts canaries into what a question for practice keeps back, and ordinary words into what it is marked by."""

    def __init__(self, put: Canaries) -> None:
        self.put = put

    def __call__(self, place: str) -> str:
        if place.startswith(("solution", "instructor", "rationale", "message")):
            return self.put(place)
        return f"Learners read this about the {place}, and may."

    def code(self, place: str) -> str:
        return self.put.code(place)


def cell(kind: str, source: str, *tags: str, **more: Any) -> dict[str, Any]:
    """Return a cell of a notebook."""
    metadata = {**({"tags": list(tags)} if tags else {}), **more.pop("metadata", {})}
    code = {"execution_count": 1, "outputs": more.pop("outputs", [])} if kind == "code" else {}
    return {"cell_type": kind, "id": "cell", "metadata": metadata, "source": source, **code, **more}


def printed(text: str) -> list[dict[str, Any]]:
    """Return the output of a cell that prints `text`."""
    return [{"output_type": "stream", "name": "stdout", "text": [text]}]


def notebook(put: Canaries, where: str) -> dict[str, Any]:
    """Return a notebook with canaries in cells, regions, metadata, outputs, attachments and comments."""

    def here(place: str) -> str:
        return put(f"{place} of {where}")

    image = base64.b64encode(here("attachment").encode() * 3).decode()
    task = {"grade": False, "grade_id": "task", "locked": False, "schema_version": 3, "solution": True, "task": False}
    checks = {**task, "grade_id": "check", "grade": True, "solution": False, "points": 2}
    cells = [
        cell(
            "markdown", f"# A notebook of one's own\n\nWords for all. <!-- {here('comment')} -->\n\n% {here('line')}\n"
        ),
        cell("markdown", f"## Thought\n\n**A model answer.** {here('solution cell')}", "solution"),
        cell("markdown", here("instructor cell"), "instructor", attachments={"a.png": {"image/png": image}}),
        cell("code", f"print({here('code cell')!r})", "solution", outputs=printed(here("output of the solution"))),
        cell(
            "code",
            f"x = ...\n### BEGIN SOLUTION\nx = {here('region')!r}\n### END SOLUTION",
            metadata={
                "nbgrader": task,
                "opsbook": {"wrong": [{"source": put.code(f"wrong of {where}"), "says": "No."}]},
            },
        ),
        cell("code", "x.upper()", outputs=printed(f"{here('output fed by the solution')}")),
        cell(
            "code",
            f"check(x)\n### BEGIN HIDDEN TESTS\nassert x == {here('hidden tests')!r}\n### END HIDDEN TESTS",
            metadata={"nbgrader": checks, "answer": here("metadata of a cell")},
            outputs=printed(here("output of the check")),
        ),
        cell("markdown", here("answer without markers"), metadata={"nbgrader": {**task, "grade_id": "words"}}),
        cell("code", "1 + 1", outputs=printed("2")),
    ]
    about = {"objectives": ["Tell one from another."], "note": here("metadata of the notebook")}
    return {"cells": cells, "metadata": {"opsbook": about}, "nbformat": 4, "nbformat_minor": 5}


def page(put: Canaries) -> str:
    """Return a page of one's own with canaries in regions, comments and cells."""
    return (
        "# A page of one's own\n\nWords for all, and [the guide](../book/instructor-guide.md#more) for some.\n\n"
        f"### BEGIN SOLUTION\n{put('region of the page')}\n### END SOLUTION\n\n"
        f"<!--\n{put('comment of the page')}\n-->\n\n"
        f"```{{code-cell}}\n:tags: [solution]\nprint({put('code cell of the page')!r})\n```\n\n"
        "```python\n# <!-- what stands in code stays -->\n%time\n```\n"
    )


def make(folder: Path) -> Canaries:
    """Write the stage of the whole edition, and return what is hidden where."""
    put = Canaries()
    files = {
        "_toc.yml": (
            "format: jb-book\nroot: book/index\nparts:\n- caption: Own\n  chapters:\n  - file: chapters/own\n"
            "    sections:\n    - file: exercises/own\n  - file: chapters/own-page\n"
            "- caption: Practise\n  chapters:\n  - file: book/practice-exam\n"
            "- caption: Back\n  chapters:\n  - file: book/instructor-guide\n  - file: book/glossary\n"
        ),
        "_config.yml": (
            f"title: Own\n# {put('comment in the settings')}\nsphinx:\n  config:\n    opsbook_instructor: true\n"
        ),
        "pyproject.toml": "[project]\nname = 'opsbook'\n",
        "requirements.txt": "",
        "LICENSE": "Free.\n",
        "edition.yml": f"# {put('edition file')}\ntitle: Own\n",
        "book/index.md": "# Own\n\n[Open the guide](instructor-guide.md)\n",
        "book/glossary.md": "# Words\n\n```{glossary}\nWord\n  What it means.\n```\n\n![A picture](_static/seen.png)\n",
        "book/practice-exam.md": "# Exam\n\n```{practice-exam}\n```\n",
        "book/instructor-guide.md": f"# Guide\n\n{put('guide, first words')} {put('guide, second words')}\n",
        "book/references.bib": "@book{one, author = {One, A.}, title = {A}, year = {2000}}\n",
        "book/_static/seen.png": "no picture, but named",
        "book/_static/answers.txt": put("file beside the pages"),
        "chapters/own.ipynb": json.dumps(notebook(put, "the chapter")),
        "chapters/own-page.md": page(put),
        "chapters/left-out.md": f"# Left out\n\n{put('page that no contents name')}\n",
        "exercises/own.ipynb": json.dumps(notebook(put, "the exercises")),
        "exercises/bank/own.yml": bank(put),
        "exercises/bank/own.yml.bak": put("old copy of the bank"),
        "exercises/bank/seed.txt": f"{SEED}\n",
        "datasets/datapackage.json": json.dumps({"resources": [{"name": "log", "path": "log.csv"}]}),
        "datasets/log.csv": "a,b\n1,2\n",
        "datasets/answers.csv": f"question,answer\n1,{put('file beside the data')}\n",
        "src/opsbook/__init__.py": '"""A library."""\n',
        "src/opsbook/exercises/bank/own.yml": put("bank inside the library"),
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf8")
    return put


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield every file below a folder, with what it holds."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path.read_text(encoding="utf8", errors="replace")
