"""A small course that keeps every house rule, as plain data that a test may spoil before it is written."""

import json
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .course import ANIMATION, CHART, COVERAGE, EXPLORER, QUESTION, Course, read

Cell = dict[str, Any]


def text(source: str, *tags: str, **metadata: Any) -> Cell:
    return {
        "cell_type": "markdown",
        "metadata": {**({"tags": list(tags)} if tags else {}), **metadata},
        "source": source,
    }


def code(source: str, *tags: str, outputs: list[dict[str, Any]] | None = None, **metadata: Any) -> Cell:
    held = {**({"tags": list(tags)} if tags else {}), **metadata}
    return {"cell_type": "code", "execution_count": None, "metadata": held, "outputs": outputs or [], "source": source}


def shown(mime: str, content: object) -> dict[str, Any]:
    return {"output_type": "execute_result", "data": {mime: content}, "metadata": {}}


def question(slug: str) -> Cell:
    return code(
        f'exercises.question("sample/{slug}")', outputs=[shown(QUESTION, {"id": f"sample/{slug}", "seed": None})]
    )


def grade(grade_id: str, *, points: int | None = None, **flags: bool) -> dict[str, Any]:
    held = {"grade_id": grade_id, "schema_version": 3, "grade": False, "solution": False, "locked": False, **flags}
    return {"nbgrader": held if points is None else {**held, "points": points}}


SPEC = {
    "title": {"text": "Waiting is most of the visit"},
    "description": "Two bars: 20 minutes of waiting beside 8 minutes of work, so most of the visit is waiting.",
    "data": {"name": "data-1"},
    "datasets": {"data-1": [{"part": "waiting", "minutes": 20}, {"part": "work", "minutes": 8}]},
    "mark": "bar",
}

OBJECTIVES = [
    {"id": "sample/1", "text": "Compute the share of a visit that is waiting."},
    {"id": "sample/2", "text": "Distinguish waiting from work."},
    {"id": "sample/3", "text": "Decide which wait to cut first."},
]

CHAPTER = [
    text(
        "(sample-top)=\n# A sample\n\nFind the wait in a visit, and decide what to do about it.\n\n"
        "*About 5 minutes.*\n\n" + "\n".join(f"1. {each['text']}" for each in OBJECTIVES)
    ),
    text(
        "(sample-wait)=\n## Waiting\n\n"
        "A {term}`visit` is **mostly** waiting {cite:p}`larson1987`; see {cite:t}`maister1985`."
    ),
    code("charts.timeline(visit)", "hide-input", outputs=[shown(CHART, SPEC)]),
    question("share"),
    code("exercises.explore(model)", outputs=[shown(EXPLORER, {"controls": [], "sentences": {}, "spec": SPEC})]),
    question("which"),
    text("## Deeper: why it feels long\n\nMore.", "deeper"),
    code("1 + 1", "deeper", outputs=[shown("text/plain", "2")]),
    text("### Its part\n\nStill deeper.", "deeper"),
    text(
        "## On Monday morning\n\nTime ten visits.\n\n## Key terms\n\n{term}`visits <visit>`\n\n"
        "## Further reading\n\nTwo works."
    ),
    text("Go on with [the exercises](../exercises/sample.ipynb#warm-up)."),
    code("exercises.animate_queue(model)", outputs=[shown(ANIMATION, {"controls": [], "sentences": {}, "spec": SPEC})]),
]

_ROUND = "import math\nhalf = ...\n### BEGIN SOLUTION\nhalf = math.ceil(3 / 2)\n### END SOLUTION"
_CHECK = (
    'verdict = exercises.check_code("sample/half", globals())\n'
    "### BEGIN HIDDEN TESTS\nassert verdict.correct\n### END HIDDEN TESTS\nverdict"
)

EXERCISES = [
    text("# Exercises: a sample\n\nTry them in this order."),
    *(question(slug) for slug in ("share", "which", "first", "second", "third", "half")),
    code(_ROUND, **grade("half", solution=True), opsbook={"objective": "sample/1"}),
    code(_CHECK, **grade("half-check", grade=True, locked=True, points=2)),
    text("Which wait would you cut?", **grade("decision", grade=True, solution=True, points=1)),
    text("A model answer.", "solution"),
    question("last"),
]


def choice(slug: str, objective: str = "sample/2") -> dict[str, Any]:
    return {
        "id": slug,
        "kind": "choice",
        "objective": objective,
        "section": "sample-wait",
        "pool": ["check", "exercise"],
        "options": [
            {"id": "no", "text": "Nothing", "correct": False, "feedback": "It has more parts."},
            {"id": "part", "text": "A part", "correct": True},
        ],
    }


BANK = [
    {
        "id": "share",
        "kind": "numeric",
        "objective": "sample/1",
        "section": "sample-wait",
        "pool": ["check"],
        "given": {"wait": {"choices": [1, 2]}},
        "answer": "wait / 10",
        "mistakes": [{"id": "upside-down", "value": "10 / wait", "feedback": "A share is below 1."}],
    },
    {**choice("which"), "objective": "sample/3"},
    *(choice(slug) for slug in ("first", "second", "third")),
    {
        "id": "half",
        "kind": "code",
        "objective": "sample/1",
        "section": "sample-wait",
        "points": 2,
        "pool": ["exercise"],
        "tests": [{"code": "half == 2", "message": "Round up."}],
    },
    {"id": "last", "kind": "reflect", "objective": "sample/2", "section": "sample-wait", "pool": ["exercise"]},
    {
        "id": "exam",
        "kind": "numeric",
        "objective": "sample/1",
        "section": "sample-top",
        "pool": ["exam"],
        "answer": "contact.extent(1, 4)",
    },
]

PAGE_BANK = {
    "objectives": [{"id": "primer/1", "text": "Read a ratio."}],
    "questions": [{**choice("ratio"), "objective": "primer/1", "section": "primer-ratio"}],
}

GLOSSARY = """# Glossary

```{glossary}
visit
call
    A customer's time in the operation.

    It begins at the door. See {ref}`sample-wait`.
```
"""

BIBLIOGRAPHY = """@comment{none}
@article{larson1987,
  title = {Queues}
}
@article{maister1985, title = {Waiting}}
@book{chase1978, title = {Contact}}
@article{buell2017, title = {Seen}}
"""

EVIDENCE = """
- claim: Waiting is long
  reason: As {cite:t}`buell2017` found.
  sources:
    - {key: chase1978, found: It is long.}
"""

PAGE = """---
opsbook:
  covers: [D7]
  objectives:
    - {id: primer/1, text: Read a ratio.}
---
# A primer

(primer-ratio)=
## Ratio

A share is a ratio.
"""


def _metadata(covers: list[str], *requires: str) -> dict[str, Any]:
    return {"opsbook": {"covers": covers, "requires": list(requires), "objectives": deepcopy(OBJECTIVES), "minutes": 5}}


@dataclass
class Sample:
    """The sample course before it is written: change what you like, then `write` it."""

    chapter: list[Cell] = field(default_factory=lambda: deepcopy(CHAPTER))
    exercises: list[Cell] = field(default_factory=lambda: deepcopy(EXERCISES))
    chapter_metadata: dict[str, Any] = field(default_factory=lambda: _metadata(sorted(COVERAGE - {"D7"})))
    exercises_metadata: dict[str, Any] = field(default_factory=lambda: _metadata(["A1"], "sample"))
    bank: list[dict[str, Any]] = field(default_factory=lambda: deepcopy(BANK))
    bank_objectives: list[dict[str, str]] = field(default_factory=lambda: deepcopy(OBJECTIVES))
    glossary: str = GLOSSARY
    bibliography: str = BIBLIOGRAPHY
    evidence: str = EVIDENCE
    page: str = PAGE
    page_bank: dict[str, Any] = field(default_factory=lambda: deepcopy(PAGE_BANK))
    coverage: list[dict[str, Any]] = field(
        default_factory=lambda: [{"id": idea, "idea": f"About {idea}"} for idea in sorted(COVERAGE)]
    )
    contents: list[str] = field(default_factory=lambda: ["chapters/sample", "exercises/sample", "book/primer"])
    further_chapters: dict[str, dict[str, Any]] = field(default_factory=dict)

    def write(self, root: Path) -> Course:
        """Write the course below `root` and read it as the rules do."""
        for folder in ("chapters", "exercises/bank", "book"):
            (root / folder).mkdir(parents=True)
        _write_notebook(root / "chapters" / "sample.ipynb", self.chapter, self.chapter_metadata)
        _write_notebook(root / "exercises" / "sample.ipynb", self.exercises, self.exercises_metadata)
        bank = json.dumps(
            {"objectives": self.bank_objectives, "questions": self.bank}, ensure_ascii=False
        )  # JSON is YAML
        (root / "exercises" / "bank" / "sample.yml").write_text(bank, encoding="utf8")
        (root / "book" / "glossary.md").write_text(self.glossary, encoding="utf8")
        (root / "book" / "references.bib").write_text(self.bibliography, encoding="utf8")
        (root / "book" / "evidence.yml").write_text(self.evidence, encoding="utf8")
        (root / "book" / "primer.md").write_text(self.page, encoding="utf8")
        (root / "exercises" / "bank" / "primer.yml").write_text(json.dumps(self.page_bank), encoding="utf8")
        (root / "book" / "coverage.yml").write_text(yaml.safe_dump(self.coverage), encoding="utf8")
        chapters = [{"file": file} for file in self.contents]
        contents = {"root": "book/index", "parts": [{"caption": "First", "chapters": chapters}]}
        (root / "_toc.yml").write_text(yaml.safe_dump(contents), encoding="utf8")
        for name, held in self.further_chapters.items():
            _write_notebook(root / "chapters" / f"{name}.ipynb", [text(f"# {name}")], {"opsbook": held})
        return read(root)


def _write_notebook(path: Path, cells: list[Cell], metadata: dict[str, Any]) -> None:
    count = 0
    for cell in cells:
        if cell["cell_type"] == "code" and cell["source"] and cell["execution_count"] is None:
            count += 1
            cell["execution_count"] = count
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), encoding="utf8")
