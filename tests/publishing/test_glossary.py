"""A link to the glossary carries the word and its definition, so that a page can show them by itself."""

from typing import Any

import pytest
from bs4 import BeautifulSoup

from .small_book import SmallBook

GLOSSARY = """```{glossary}
queue
line
  Those who wait & <hope>. Also a *row* of people. See {ref}`there` and {ref}`here`.

wait
  The time from coming to being served. See {ref}`there`.

window
  (1) A hole in a wall. See {ref}`there`. (2) A stretch of time. See {ref}`here`.
```"""
CHAPTER = """(there)=
## There

A {term}`long wait <wait>` in a {term}`line`, at a {term}`window`. See [the glossary](../book/glossary.ipynb).

(here)=
## Here

The {term}`queue` and its {term}`wait` once more."""
DEFINED = {
    "long wait": ("wait", "The time from coming to being served."),
    "line": ("line", "Those who wait & <hope>. Also a row of people."),
    "window": ("window", "(1) A hole in a wall. (2) A stretch of time."),
    "queue": ("queue", "Those who wait & <hope>. Also a row of people."),
    "wait": ("wait", "The time from coming to being served."),
}


def text(markdown: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": markdown}


def defined(book: SmallBook, name: str) -> dict[str, tuple[str, str]]:
    """Return term and definition of every link that carries them, by its words."""
    page = BeautifulSoup((book.html / f"{name}.html").read_text(encoding="utf8"), "html.parser")
    links = page.select("a[data-definition]")
    return {link.get_text(): (str(link["data-term"]), str(link["data-definition"])) for link in links}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> SmallBook:
    notebooks = {"chapters/words": [text(CHAPTER)], "book/glossary": [text(GLOSSARY)]}
    built = SmallBook(tmp_path_factory.mktemp("words"), notebooks, practice=False)
    built.build()
    return built


def test_each_link_to_a_term_carries_its_definition_and_no_other_link_does(book: SmallBook) -> None:
    assert defined(book, "chapters/words") == DEFINED


def test_the_glossary_does_not_explain_itself(book: SmallBook) -> None:
    assert defined(book, "book/glossary") == {}


@pytest.mark.parametrize(("name", "times"), [("chapters/words", 1), ("book/glossary", 0)])
def test_the_script_comes_where_it_has_something_to_show(book: SmallBook, name: str, times: int) -> None:
    html = (book.html / f"{name}.html").read_text(encoding="utf8")
    assert html.count('"ops-definition"') == 2 * times  # the card's id and class


def test_the_search_finds_a_definition_in_the_glossary_alone(book: SmallBook) -> None:
    index = (book.html / "searchindex.js").read_text(encoding="utf8")
    assert '"stretch":0' in index.replace(" ", "")  # the first document by name, book/glossary


def test_a_changed_definition_reaches_the_pages_that_use_it(book: SmallBook) -> None:
    glossary = book.notebooks["book/glossary"]
    book.notebooks["book/glossary"] = [text(GLOSSARY.replace("coming to being served", "joining to leaving"))]
    book.build()
    assert defined(book, "chapters/words")["wait"] == ("wait", "The time from joining to leaving.")
    book.notebooks["book/glossary"] = glossary
