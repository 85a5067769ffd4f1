"""A book prints the exam of its own chapters and its class's numbers, and can do without the answers."""

import json
import re

import pytest
from bs4 import BeautifulSoup

from opsbook import exercises
from opsbook.exercises.exam import FULL_QUESTIONS, draw_exam, examined

from .small_book import SmallBook, question

CHAPTER = "chapters/customer-contact"
SEED = 7
ASKED = "customer-contact/split-capacity"
COUNT = min(FULL_QUESTIONS, len(examined(["customer-contact"])))


def piece(name: str) -> dict[str, object]:
    return {"cell_type": "markdown", "metadata": {}, "source": f"```{{full-exam}} {name}\n```"}


def page(book: SmallBook, name: str) -> BeautifulSoup:
    return BeautifulSoup((book.html / f"{name}.html").read_text(encoding="utf8"), "html.parser")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> SmallBook:
    link = {"cell_type": "markdown", "metadata": {}, "source": f"Begin with {{ask}}`{ASKED}`."}
    # A chapter of somebody's own may have no bank.
    own = {"chapters/our-hotel": [{"cell_type": "markdown", "metadata": {}, "source": "What we do."}]}
    notebooks = {CHAPTER: [question(ASKED)], **own, "book/paper": [piece("blueprint"), piece("paper"), link]}
    made = SmallBook(tmp_path_factory.mktemp("book"), notebooks, practice=False, settings={"opsbook_seed": SEED})
    made.build()
    return made


def test_it_is_drawn_from_the_chapters_of_the_book_with_the_numbers_of_the_class(
    book: SmallBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPSBOOK_SEED", str(SEED))
    drawn = draw_exam(COUNT, seed=1, chapters=["customer-contact"])
    entries = page(book, "book/paper").select_one("ol.ops-paper").find_all("li", recursive=False)
    assert len(entries) == COUNT
    for asked, entry in zip(drawn, entries, strict=True):
        wanted = BeautifulSoup(exercises.markup(asked.id, asked.seed), "html.parser").select_one(".ops-ask")
        assert wanted.get_text() in entry.get_text()


def test_the_blueprint_adds_up(book: SmallBook) -> None:
    tables = page(book, "book/paper").select("table.ops-paper-shares")
    assert len(tables) == 3
    for table in tables:
        rows = [[cell.get_text() for cell in row.find_all("td")] for row in table.tbody.find_all("tr")]
        rows = rows[:-1] if table is tables[0] else rows
        assert sum(int(row[-1]) for row in rows) == COUNT


def test_without_a_page_of_answers_nothing_leads_to_one(book: SmallBook) -> None:
    links = [link["href"] for link in page(book, "book/paper").select("article a[href]")]
    assert not [link for link in links if "answer" in link]
    assert page(book, "book/paper").select(".ops-paper-end") == []


def test_a_page_links_a_question_by_its_id(book: SmallBook) -> None:
    link = page(book, "book/paper").find("a", string="split capacity")
    address, _, anchor = link["href"].partition("#")
    assert address == f"../{CHAPTER}.html"
    assert page(book, CHAPTER).find(id=anchor)


def test_the_paper_loads_its_style_and_no_script_of_questions(book: SmallBook) -> None:
    html = (book.html / "book" / "paper.html").read_text(encoding="utf8")
    assert "ops-paper.css" in html
    assert "ops-question.js" not in html
    assert "ops-paper.css" not in (book.html / f"{CHAPTER}.html").read_text(encoding="utf8")


def test_the_search_index_knows_no_word_of_the_paper(book: SmallBook) -> None:
    index = (book.html / "searchindex.js").read_text(encoding="utf8")
    known = json.loads(index.removeprefix("Search.setIndex(").rstrip(";\n").removesuffix(")"))
    number = known["docnames"].index("book/paper")
    found = {
        term for term, places in known["terms"].items() if number in ([places] if isinstance(places, int) else places)
    }
    asked = set(re.findall(r"[a-z]{6,}", page(book, "book/paper").select_one("ol.ops-paper").get_text().casefold()))
    assert len(asked) > 50
    assert not found & asked
