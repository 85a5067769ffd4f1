"""A book knows which questions it asks and where, deals a class its own numbers, and keeps its key from learners."""

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from opsbook import exercises
from opsbook.exercises import prose

from .small_book import SmallBook, code, question

CHAPTER, PRACTICE = "chapters/customer-contact", "exercises/customer-contact"
BANK = [each for each in exercises.bank() if each.id.startswith("customer-contact/")]
NUMERIC = next(each.id for each in BANK if each.kind == "numeric" and "exam" not in each.pool)
CHOICE = next(each.id for each in BANK if each.kind == "choice" and "exam" not in each.pool)
CODE = next(each.id for each in BANK if each.kind == "code")
EXAM = next(each.id for each in BANK if "exam" in each.pool)
SEEDS = (7, 8)


def page(book: SmallBook, name: str) -> BeautifulSoup:
    return BeautifulSoup((book.html / f"{name}.html").read_text(encoding="utf8"), "html.parser")


def asked(book: SmallBook, name: str, question_id: str) -> Any:
    (found,) = page(book, name).select(f'ops-question[data-question="{question_id}"]')
    return found


def loaded(book: SmallBook, name: str) -> list[str]:
    """Return the scripts and styles that a page loads, in its order, beside those of every page."""
    links = [tag.get("src") or tag["href"] for tag in page(book, name).select("script[src], link[rel=stylesheet]")]
    names = [link.rpartition("/")[2].partition("?")[0] for link in links]
    return [each for each in names if each.startswith("ops-") or each == "catalogue.js"]


def catalogue(book: SmallBook) -> dict[str, Any]:
    text = (book.html / "_static" / "catalogue.js").read_text(encoding="utf8")
    known = re.fullmatch(r"window\.opsbookCatalogue = (\{.*\});\n", text)
    assert known
    return json.loads(known[1])


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def numbers(html: Any) -> list[str]:
    return re.findall(r"\d+(?:\.\d+)?", html.select_one(".ops-stem").get_text())


def drawn(seed: int) -> list[str]:
    """Return the numbers of the numeric question in its text, as Python draws it for a class."""
    asked = exercises.question(NUMERIC, seed=seed)
    return numbers(BeautifulSoup(exercises.markup(asked.id, seed), "html.parser"))


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SmallBook]:
    """Build the same book for two classes, and for the instructor of the first."""
    notebooks = {
        CHAPTER: [question(CHOICE), question(NUMERIC)],
        PRACTICE: [
            question(NUMERIC),
            question(NUMERIC, 5),
            question(CODE),
            code("answer = ...", tags=["hide-input"]),
            code("verdict = exercises.check(answer, 2)\nverdict", tags=["hide-input"]),
        ],
        "chapters/quiet": [code("1 + 1")],
    }
    built = {}
    for name, settings in {
        "first": {"opsbook_seed": SEEDS[0]},
        "second": {"opsbook_seed": SEEDS[1]},
        "instructor": {"opsbook_seed": SEEDS[0], "opsbook_instructor": True},
    }.items():
        built[name] = SmallBook(tmp_path_factory.mktemp(name), notebooks, settings=settings)
        built[name].build()
    return built


@pytest.fixture
def book(books: dict[str, SmallBook]) -> SmallBook:
    return books["first"]


@pytest.fixture
def new_book(tmp_path: Path) -> Callable[..., SmallBook]:
    return lambda notebooks, **options: SmallBook(tmp_path / "book", notebooks, **options)


# --- A class and its numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [0, 1])
def test_the_class_seed_draws_the_numbers_of_the_page(books: dict[str, SmallBook], place: int) -> None:
    shown = asked(list(books.values())[place], CHAPTER, NUMERIC)
    assert shown["data-seed"] == str(SEEDS[place])
    assert numbers(shown) == drawn(SEEDS[place])


def test_two_classes_get_different_numbers(books: dict[str, SmallBook]) -> None:
    assert numbers(asked(books["first"], CHAPTER, NUMERIC)) != numbers(asked(books["second"], CHAPTER, NUMERIC))


def test_a_seed_of_its_own_stays(books: dict[str, SmallBook]) -> None:
    for book in books.values():
        kept = page(book, PRACTICE).select(f'ops-question[data-question="{NUMERIC}"][data-seed="5"]')
        assert [numbers(each) for each in kept] == [drawn(5)]


def test_exams_of_two_classes_differ(books: dict[str, SmallBook]) -> None:
    pools = [book.html / "_static" / "exam" / "customer-contact.js" for book in books.values()]
    first, second, instructor = (path.read_text(encoding="utf8") for path in pools)
    assert first != second
    assert instructor == first


def test_the_environment_comes_before_the_configuration(new_book: Callable[..., SmallBook]) -> None:
    book = new_book({CHAPTER: [question(NUMERIC)]}, practice=False, settings={"opsbook_seed": SEEDS[0]})
    book.build(OPSBOOK_SEED=str(SEEDS[1]))
    assert numbers(asked(book, CHAPTER, NUMERIC)) == drawn(SEEDS[1])
    book.build()  # another class: what was read before is read again
    assert numbers(asked(book, CHAPTER, NUMERIC)) == drawn(SEEDS[0])


def test_a_seed_that_is_no_number_fails_the_build(new_book: Callable[..., SmallBook]) -> None:
    book = new_book({CHAPTER: [question(NUMERIC)]}, settings={"opsbook_seed": "seven"})
    assert "seven" in book.build(expect=2)


# --- What a page loads, and says -------------------------------------------------------------------------------


def test_every_page_loads_only_what_it_needs_in_its_order(book: SmallBook) -> None:
    assert loaded(book, "book/index") == loaded(book, "chapters/quiet") == []
    assert loaded(book, CHAPTER) == ["ops-question.css", "ops-question.js"]
    assert loaded(book, "book/my-progress") == [
        "ops-question.css",
        "ops-progress.css",
        "ops-question.js",
        "catalogue.js",
        "ops-progress.js",
    ]
    assert loaded(book, "book/practice-exam") == [
        "ops-question.css",
        "ops-exam.css",
        "ops-question.js",
        "catalogue.js",
        "ops-exam.js",
    ]


def test_the_two_pages_hold_their_element_with_words_for_readers_without_a_script(book: SmallBook) -> None:
    for name, tag in (("book/my-progress", "ops-progress"), ("book/practice-exam", "ops-exam")):
        (element,) = page(book, name).select(tag)
        assert "script" in element.get_text().casefold()


@pytest.mark.parametrize("name", [CHAPTER, PRACTICE])
def test_a_page_with_questions_says_once_before_the_first_what_its_checks_are(book: SmallBook, name: str) -> None:
    (note,) = page(book, name).select(".ops-honest")
    assert "practice, not an exam" in note.get_text()
    assert "on this device" in note.get_text()
    assert note.find_next_sibling().name == "ops-question"
    assert note.find_previous("ops-question") is None
    assert note.a["href"] == "../book/my-progress.html"


def test_a_page_without_questions_says_nothing(book: SmallBook) -> None:
    assert page(book, "chapters/quiet").select(".ops-honest") == []


def test_a_book_without_the_two_pages_has_none_of_theirs(new_book: Callable[..., SmallBook]) -> None:
    book = new_book({CHAPTER: [question(CHOICE)]}, practice=False)
    book.build()
    assert not (book.html / "_static" / "catalogue.js").exists()
    assert not (book.html / "_static" / "exam").exists()
    (note,) = page(book, CHAPTER).select(".ops-honest")
    assert note.a is None


def test_code_is_answered_in_the_notebook(book: SmallBook) -> None:
    (link,) = asked(book, PRACTICE, CODE).select(".ops-open a")
    assert link["href"] == "../_static/notebooks/exercises/customer-contact.ipynb"
    assert (book.html / "exercises" / link["href"]).resolve().is_file()


def test_of_two_folds_the_one_that_checks_says_so(book: SmallBook) -> None:
    folds = page(book, PRACTICE).select("details.hide > summary .collapsed")
    assert [fold.get_text() for fold in folds] == ["Show the code", "Show the check"]


def test_questions_stand_without_the_call_that_asks_them(book: SmallBook) -> None:
    for name in (CHAPTER, PRACTICE):
        assert "exercises.question(" not in page(book, name).get_text()
    assert "1 + 1" in page(book, "chapters/quiet").get_text()


# --- What the two pages know -----------------------------------------------------------------------------------


def test_the_catalogue_holds_what_the_banks_hold_of_the_chapters_here(book: SmallBook) -> None:
    known, whole = catalogue(book), exercises.catalogue()
    here = {each: about for each, about in whole["questions"].items() if each.startswith("customer-contact/")}
    assert {each: {**about, "url": None} for each, about in known["questions"].items()} == {
        each: {**about, "url": None} for each, about in here.items()
    }
    assert known["objectives"] == {
        each: text for each, text in whole["objectives"].items() if each.startswith("customer-contact/")
    }
    assert known["chapters"] == {
        "customer-contact": {
            "title": "Chapters/Customer-Contact",
            "part": "First part",
            "url": "../chapters/customer-contact.html",
        },
        "quiet": {"title": "Chapters/Quiet", "part": "First part", "url": "../chapters/quiet.html"},
    }
    assert list(known["chapters"]) == ["customer-contact", "quiet"]


def test_a_question_is_found_in_the_exercises_before_the_chapter(book: SmallBook) -> None:
    questions = catalogue(book)["questions"]
    places = {
        NUMERIC: "../exercises/customer-contact.html",
        CODE: "../exercises/customer-contact.html",
        CHOICE: "../chapters/customer-contact.html",
    }
    for each, place in places.items():
        assert questions[each]["url"] == f"{place}#q-{each.replace('/', '-')}"
        file, _, anchor = questions[each]["url"].partition("#")
        assert page(book, file.removeprefix("../").removesuffix(".html")).find(id=anchor).name == "ops-question"
    assert {each for each, about in questions.items() if about["url"]} == set(places)


def test_questions_stand_in_the_order_of_the_book(book: SmallBook) -> None:
    assert list(catalogue(book)["questions"])[:3] == [CHOICE, NUMERIC, CODE]


def test_each_chapter_has_its_exam_questions_in_a_file(book: SmallBook) -> None:
    folder = book.html / "_static" / "exam"
    assert [path.name for path in folder.iterdir()] == ["customer-contact.js"]
    text = (folder / "customer-contact.js").read_text(encoding="utf8")
    assert text.startswith('opsbookExam.add("customer-contact", ')
    assert EXAM in text
    section = exercises.question(EXAM).section
    assert f"../chapters/customer-contact.html#{section}" in text


def test_a_book_of_other_chapters_knows_nothing_of_this_one(new_book: Callable[..., SmallBook]) -> None:
    book = new_book({"chapters/quiet": [code("1")], PRACTICE: [code("2")]})
    book.build()
    assert catalogue(book)["questions"] == {}
    assert list(catalogue(book)["chapters"]) == ["quiet"]
    assert not (book.html / "_static" / "exam").exists()


def test_what_did_not_change_is_not_written_again(new_book: Callable[..., SmallBook]) -> None:
    book = new_book({CHAPTER: [question(CHOICE)], "chapters/quiet": [code("1")]})
    book.build()
    files = [book.html / "_static" / "catalogue.js", book.html / "_static" / "exam" / "customer-contact.js"]
    for path in files:
        os.utime(path, (0, 0))
    before = [path.read_bytes() for path in files]
    book.build()
    assert [path.stat().st_mtime for path in files] == [0, 0]
    # A page that is read again has not forgotten, nor counted twice, what the others ask.
    changed = replace(book, notebooks={**book.notebooks, "chapters/quiet": [question(NUMERIC)]})
    changed.build()
    asked = {each: about["url"] for each, about in catalogue(changed)["questions"].items() if about["url"]}
    assert asked == {
        CHOICE: f"../chapters/customer-contact.html#q-{CHOICE.replace('/', '-')}",
        NUMERIC: f"../chapters/quiet.html#q-{NUMERIC.replace('/', '-')}",
    }
    book.build()
    assert [path.read_bytes() for path in files] == before
    replace(book, notebooks={"chapters/quiet": [code("1")]}).build()
    assert not files[1].exists()


# --- The instructor's key --------------------------------------------------------------------------------------


def test_the_key_stands_at_the_end_of_the_instructor_s_page(books: dict[str, SmallBook]) -> None:
    found = page(books["instructor"], CHAPTER)
    (key,) = found.select(".ops-answer-key")
    assert key.h2.get_text() == "Answer key"
    assert key.find_next("ops-question") is None
    items = key.ol.find_all("li", recursive=False)
    for item, question_id in zip(items, (CHOICE, NUMERIC), strict=True):
        asked = exercises.question(question_id, seed=SEEDS[0])
        words = squeezed(item.get_text())
        assert squeezed(asked.title) in words
        wrong = getattr(asked, "mistakes", None) or [each for each in asked.options if not each.correct]
        for slip in wrong:
            if not getattr(slip, "general", False):
                said = prose.to_html(getattr(slip, "rationale", "") or slip.feedback)
                assert squeezed(BeautifulSoup(said, "html.parser").get_text()) in words
    assert f"{exercises.question(NUMERIC, seed=SEEDS[0]).answer:.4g}" in items[1].get_text()
    assert page(books["instructor"], "chapters/quiet").select(".ops-answer-key") == []


def test_nothing_of_the_key_is_in_the_learner_s_version(book: SmallBook) -> None:
    told = [*book.html.rglob("*.html"), *(book.html / "_static").glob("catalogue.js"), *book.html.rglob("exam/*.js")]
    assert len(told) > 5
    words = ("Answer key", "ops-answer-key", "ops-print-key", "For the instructor")
    assert [(path.name, word) for path in told for word in words if word in path.read_text(encoding="utf8")] == []
