"""A course of three invented chapters, small enough to work out by hand what an edition of it holds."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from opsbook.exercises.page import QUESTION_MIME_TYPE

CONTENTS = {
    "format": "jb-book",
    "root": "book/index",
    "parts": [
        {
            "caption": "One",
            "chapters": [
                {"file": f"chapters/{name}", "sections": [{"file": f"exercises/{name}"}]} for name in ("alpha", "beta")
            ],
        },
        {
            "caption": "Two",
            "chapters": [{"file": "chapters/gamma", "sections": [{"file": "exercises/gamma"}]}],
        },
        {
            "caption": "At the back",
            "chapters": [{"file": f"book/{name}"} for name in ("faq", "glossary", "evidence", "references", "guide")],
        },
    ],
}

ALPHA = (
    "# Alpha begins\n\nA promise.",
    "import math",
    "(alpha-one)=\n## One\n\nHow [gamma](gamma.ipynb#gamma-one) goes on ([beta](beta.ipynb)), and [two](#alpha-two).",
    "one = math.sqrt(4)",
    "?alpha/first",
    "(alpha-inner)=\n### Inner\n\nMore of one.",
    "(alpha-two)=\n## Two\n\nTwo builds on one.",
    "two = one + 1",
    "?alpha/second",
    "(alpha-three)=\n## Three\n\nThe end.",
)
BETA = ("# Beta goes on", "(beta-one)=\n## Beta's one\n\nFrom [one](alpha.ipynb#alpha-one).", "?beta/only")
GAMMA = ("# Gamma ends", "(gamma-one)=\n## Gamma's one\n\nAlone.", "?gamma/only")
PRACTICE = (
    "# Exercises: alpha\n\nThree items, from one to two.",
    "## Warm up\n\n### 1. The first (objective 1)",
    "?alpha/warm",
    "## Apply\n\nYour own code.\n\n### 2. In code (objective 1)",
    "?alpha/coded",
    "!answer = 42",
    'verdict = exercises.check_code("alpha/coded", globals())',
    "### 3. The last (objective 2)",
    "?alpha/last",
    "## Where you stand\n\nUnder *My progress*.",
)


def cells(sources: Sequence[str]) -> list[dict[str, Any]]:
    """Return cells: texts begin with `#`, `(` or a capital, `?id` asks, `!code` is a cell for a solution."""
    found: list[dict[str, Any]] = []
    for source in sources:
        if source[0] in "#(" or source[0].isupper():
            found.append({"cell_type": "markdown", "metadata": {}, "source": source})
            continue
        outputs: list[dict[str, Any]] = []
        metadata: dict[str, Any] = {}
        if source[0] == "?":
            shown = {QUESTION_MIME_TYPE: {"id": source[1:], "seed": None}}
            outputs = [{"output_type": "display_data", "metadata": {}, "data": shown}]
            source = f'exercises.question("{source[1:]}")'  # noqa: PLW2901 - the cell's own code
        elif source[0] == "!":
            metadata, source = {"nbgrader": {"solution": True}}, source[1:]  # noqa: PLW2901 - as above
        found.append(
            {"cell_type": "code", "execution_count": 1, "metadata": metadata, "outputs": outputs, "source": source}
        )
    return found


def sources(text: str) -> list[str]:
    """Return what the cells of a notebook hold."""
    return ["".join(cell["source"]) for cell in json.loads(text)["cells"]]


def _notebook(path: Path, texts: Sequence[str], **about: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = {"covers": [], "requires": [], "objectives": [], "minutes": 30, **about}
    notebook = {"cells": cells(texts), "metadata": {"opsbook": facts}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), encoding="utf8")


def bank(path: Path, *entries: tuple[str, str, str]) -> None:
    """Write a bank of questions, each with its slug, its section and its pool."""
    path.parent.mkdir(parents=True, exist_ok=True)
    questions = [
        {"id": name, "kind": "choice", "objective": f"{path.stem}/1", "section": section, "pool": [pool]}
        for name, section, pool in entries
    ]
    objectives = [{"id": f"{path.stem}/1", "text": "Tell one from two."}]
    path.write_text(yaml.safe_dump({"objectives": objectives, "questions": questions}), encoding="utf8")


def write(root: Path) -> Path:
    """Write the course below `root`, and return it."""
    _notebook(root / "chapters" / "alpha.ipynb", ALPHA, minutes=20)
    _notebook(root / "chapters" / "beta.ipynb", BETA, requires=["alpha"], minutes=40)
    _notebook(root / "chapters" / "gamma.ipynb", GAMMA, requires=["beta"], minutes=30)
    _notebook(root / "exercises" / "alpha.ipynb", PRACTICE)
    _notebook(root / "exercises" / "beta.ipynb", ("# Exercises: beta", "On [one](../chapters/alpha.ipynb#alpha-one)."))
    _notebook(root / "exercises" / "gamma.ipynb", ("# Exercises: gamma",))
    banks = root / "exercises" / "bank"
    bank(
        banks / "alpha.yml",
        ("first", "alpha-one", "check"),
        ("second", "alpha-two", "check"),
        ("warm", "alpha-two", "exercise"),
        ("coded", "alpha-two", "exercise"),
        ("last", "alpha-inner", "exercise"),
        ("exam", "alpha-inner", "exam"),
    )
    bank(banks / "beta.yml", ("only", "beta-one", "check"))
    bank(banks / "gamma.yml", ("only", "gamma-one", "check"), ("exam", "gamma-one", "exam"))
    pages = {
        "index": "# A course\n",
        "faq": "# Asked\n\n(faq-why)=\n## Why?\n\nBecause of [gamma](../chapters/gamma.ipynb).\n",
        "glossary": (
            "# Words\n\n```{glossary}\nfirst\n  One. See {ref}`alpha-one`.\n\nlast\n  Two. See {ref}`gamma-one`.\n```\n"
        ),
        "evidence": "# Ledger\n\n```{evidence-ledger} evidence.yml\n```\n",
        "references": "# References\n",
        "guide": "# Guide\n\n- **Ask:** {ask}`alpha/first`, {ask}`gamma/only`.\n- **Ask:** {ask}`gamma/only`.\n",
    }
    (root / "book").mkdir()
    for name, text in pages.items():
        (root / "book" / f"{name}.md").write_text(text, encoding="utf8")
    (root / "book" / "evidence.yml").write_text(
        '# In order.\n- claim: One\n  where: "{ref}`Alpha <alpha-one>`"\n'
        '- claim: Two\n  where: "{ref}`Gamma <gamma-one>`"\n',
        encoding="utf8",
    )
    (root / "datasets").mkdir()
    (root / "datasets" / "datapackage.json").write_text('{"resources": [{"name": "contact_log"}]}', encoding="utf8")
    (root / "_toc.yml").write_text(yaml.safe_dump(CONTENTS), encoding="utf8")
    return root
