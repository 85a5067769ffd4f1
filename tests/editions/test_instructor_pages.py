"""Pages for who teaches show what learners do not get: folded, named, and without markers."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from bs4 import BeautifulSoup, Tag

from opsbook import exercises
from opsbook.exercises.page import print_key
from opsbook.publishing import outputs

from ..publishing.small_book import SmallBook, code, question  # noqa: TID252 - tests have no name to be imported by

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment

CHAPTER = "chapters/customer-contact"
OWN = "chapters/our-hotel"
ASKED = next(each.id for each in exercises.bank() if each.instructor and "exam" not in each.pool)


def text(source: str, *tags: str) -> dict[str, object]:
    return {"cell_type": "markdown", "metadata": {"tags": list(tags)} if tags else {}, "source": source}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> SmallBook:
    cells = [
        question(ASKED),
        code("x = ...\n### BEGIN SOLUTION\nx = 45\n### END SOLUTION"),
        code("check(x)\n### BEGIN HIDDEN TESTS\nassert x == 45\n### END HIDDEN TESTS"),
        text("(model-answer)=\n## The model answer\n\nIt is *forty-five*.", "solution"),
        text("Ask for the clock first.", "instructor"),
        code("print(45)", {"text/plain": "forty-five"}, tags=("solution",)),
        text("## What follows\n\nWords for all."),
    ]
    made = SmallBook(
        tmp_path_factory.mktemp("book"),
        {CHAPTER: cells},
        practice=False,
        settings={"opsbook_instructor": True},
        pages={
            f"{OWN}.md": "# Ours\n\nSeen.\n\n=== BEGIN INSTRUCTOR ===\nAsk for the *bell*.\n=== END INSTRUCTOR ===\n"
        },
    )
    made.build()
    return made


@pytest.fixture(scope="module")
def page(book: SmallBook) -> Tag:
    return BeautifulSoup((book.html / f"{CHAPTER}.html").read_text(encoding="utf8"), "html.parser")


def folds(page: Tag, name: str) -> list[str]:
    """Return the words in every fold whose line begins with `name`."""
    shown = [(fold.find("summary"), " ".join(fold.get_text(" ").split())) for fold in page.select("article details")]
    return [words for line, words in shown if isinstance(line, Tag) and line.get_text(" ").strip().startswith(name)]


def test_solutions_and_notes_are_folded_and_named(page: Tag) -> None:
    (answer,) = folds(page, "Solution")
    assert "The model answer It is forty-five ." in answer
    assert "Words for all" not in answer
    (note,) = folds(page, "For the instructor")
    assert note.endswith("Ask for the clock first.")
    region, whole = folds(page, "Show the solution")
    assert "# Solution:" in region
    assert "45" in whole
    (tests,) = folds(page, "Show the hidden tests")
    assert "# Hidden tests:" in tests


def test_every_page_says_whose_copy_it_is(page: Tag, book: SmallBook) -> None:
    for shown in (page, BeautifulSoup((book.html / f"{OWN}.html").read_text(encoding="utf8"), "html.parser")):
        assert str(shown.select_one("title")).endswith(" · instructor's copy</title>")
        for place in ("header", "footer"):
            words = shown.select_one(place)
            assert words is not None
            assert "Instructor's copy" in words.get_text()


@pytest.mark.parametrize("instructor", [True, False])
def test_what_counts_says_so_to_who_teaches(*, instructor: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    counting = replace(exercises.question(ASKED), graded=True, points=6)
    monkeypatch.setattr(outputs, "question", lambda _: counting)
    env = SimpleNamespace(
        docname=CHAPTER,
        config=SimpleNamespace(opsbook_instructor=instructor),
        found_docs={CHAPTER},
        metadata={CHAPTER: {}},
        note_dependency=lambda _: None,
    )
    (node,) = outputs.asked_nodes(cast("BuildEnvironment", env), ASKED)
    assert node.astext().startswith('<p class="ops-counts"><strong>It counts:</strong> 6 points.</p>') is instructor
    assert "It counts: 6 points." in print_key(counting)
    assert "It counts" not in print_key(exercises.question(ASKED))


def test_no_marker_is_shown(page: Tag) -> None:
    assert "BEGIN" not in page.get_text()
    assert "x = 45" in " ".join(page.get_text().split())


def test_a_page_in_markdown_is_shown_so_too(book: SmallBook) -> None:
    page = BeautifulSoup((book.html / f"{OWN}.html").read_text(encoding="utf8"), "html.parser")
    assert folds(page, "For the instructor") == ["For the instructor Ask for the bell ."]
    assert "BEGIN" not in page.get_text()


def test_the_key_at_the_end_holds_the_note_for_the_instructor(page: Tag) -> None:
    (key,) = page.select(".ops-answer-key")
    note = exercises.question(ASKED).instructor
    words = "".join(each for each in key.get_text() if each.isalnum())
    assert "".join(each for each in note.split(".")[0] if each.isalnum())[:30] in words


def test_the_notebook_to_download_is_whole(book: SmallBook) -> None:
    notebook = json.loads((book.html / "_static" / "notebooks" / f"{CHAPTER}.ipynb").read_text(encoding="utf8"))
    assert "### BEGIN SOLUTION" in "".join("".join(cell["source"]) for cell in notebook["cells"])


def test_who_learns_sees_none_of_it(book: SmallBook, tmp_path: Path) -> None:
    learners = SmallBook(tmp_path, book.notebooks, practice=False)
    learners.build()
    words = "\n".join(path.read_text(encoding="utf8") for path in learners.html.rglob("*.html"))
    for each in ("forty-five", "x = 45", "Ask for the clock first", "kept-back", "ops-answer-key", "BEGIN SOLUTION"):
        assert each not in words, each
    assert "Instructor's copy" not in words
