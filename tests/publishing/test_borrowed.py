"""A page that is no notebook asks questions and shows explorers of chapters, and is on the map if it teaches."""

import json
import re
from typing import Any

import pytest
from bs4 import BeautifulSoup

from opsbook import exercises
from opsbook.errors import UnknownNameError
from opsbook.exercises.views import VIEW_MIME_TYPE
from opsbook.publishing.borrowed import explorers, narrowed, titled

from .small_book import SmallBook, code, question

CHAPTER = "chapters/customer-contact"
ASKED = "customer-contact/what-counts"
OBJECTIVE = exercises.catalogue()["questions"][ASKED]["objective"]
OWN = next(each.id for each in exercises.bank() if each.id.startswith("primer/"))
MESSAGE = "Who comes second waits"


@pytest.fixture(scope="module")
def payload() -> dict[str, Any]:
    """A queue with two sliders, as a notebook stores it."""

    def model(clerks: float, late: float) -> dict[str, Any]:
        records = {"arrival": [1.0, 2.0 + late], "start": [1.0, 5.0], "end": [5.0, 9.0], "server": [0, 0]}
        return exercises.queue_path(records, servers=int(clerks), minutes=10)

    shown = exercises.animate_queue(
        model,
        sliders={
            "clerks": exercises.Slider("clerks", values=[1, 2], start=2),
            "late": exercises.Slider("late by", values=[0, 0.5, 1], start=0.5, unit="minutes"),
        },
        sentence=lambda clerks, late: f"{clerks:g} clerks, late by {late:g}.",
        message=MESSAGE,
        description="Two customers, and one clerk who serves them.",
    )
    return json.loads(json.dumps(shown.payload))


def test_fewer_sliders_leave_the_others_at_their_start(payload: dict[str, Any]) -> None:
    fewer = narrowed(payload, ["late"])
    assert [control["name"] for control in fewer["controls"]] == ["late"]
    assert fewer["sentences"] == {late: f"2 clerks, late by {late}." for late in ("0", "0.5", "1")}
    assert fewer["data"] == {late: payload["data"][f"2|{late}"] for late in ("0", "0.5", "1")}
    assert narrowed(payload, ["late", "clerks"]) == payload


def test_an_unknown_slider_is_named(payload: dict[str, Any]) -> None:
    with pytest.raises(UnknownNameError, match=r"'clerk'.*clerks"):
        narrowed(payload, ["clerk"])


def test_a_chart_keeps_its_sliders(payload: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not for a chart"):
        narrowed({name: held for name, held in payload.items() if name != "view"}, ["late"])


def test_another_title_changes_nothing_else(payload: dict[str, Any]) -> None:
    other = titled(payload, "Somebody waits")
    assert other["spec"]["title"] == {**payload["spec"]["title"], "text": "Somebody waits"}
    assert titled(other, MESSAGE) == payload


def test_explorers_are_found_by_their_message(payload: dict[str, Any]) -> None:
    cells = [code("1"), question(ASKED), code("queue", {"text/plain": "[Animation]", VIEW_MIME_TYPE: payload})]
    assert explorers({"cells": [{"cell_type": "markdown", "source": ""}, *cells]}) == {MESSAGE: payload}


# --- In a book -------------------------------------------------------------------------------------------------

FRONT = f"""# Front

```{{explorer}} ../{CHAPTER}.ipynb
:message: {MESSAGE}
:sliders: late
:title: Somebody waits
```

```{{question}} {ASKED}
```
"""
PRIMER = f"# Primer\n\n```{{question}} {OWN}\n```\n"
MAP = """# Map

```{prerequisites}
```

```{curriculum-map} coverage.yml
```

```{ideas-taught} coverage.yml
```
"""
COVERAGE = "- {id: A1, idea: Being there}\n- {id: D7, idea: Asking}\n"
ABOUT = {
    "opsbook": {
        "covers": ["A1"],
        "requires": [],
        "objectives": [
            {"id": exercises.catalogue()["questions"][ASKED]["objective"], "text": "Tell one from the other."}
        ],
        "minutes": 5,
    }
}


WRONG = {
    "```{question} primer/no-such\n```": "no-such",
    f"```{{explorer}} ../{CHAPTER}.ipynb\n:message: Nobody waits\n```": "Nobody waits",
    f"```{{explorer}} ../{CHAPTER}.ipynb\n:sliders: lat\n```": "lat",
}


@pytest.fixture(scope="module")
def complaints() -> list[str]:
    return []


@pytest.fixture(scope="module")
def book(payload: dict[str, Any], complaints: list[str], tmp_path_factory: pytest.TempPathFactory) -> SmallBook:
    """Build one book, since that takes long: what is wrong on one page leaves the others whole."""
    pages = {
        "faq": "---\nopsbook:\n  covers: [D7]\n---\n# Asked often\n\nWords.\n",
        "front": FRONT,
        "map": MAP,
        "primer": PRIMER,
        "wrong": "\n\n".join(["# Wrong", *WRONG]),
    }
    shown = code("queue", {"text/plain": "[Animation]", VIEW_MIME_TYPE: payload})
    files = {f"book/{name}.md": text for name, text in pages.items()} | {"book/coverage.yml": COVERAGE}
    cells = {CHAPTER: [shown, question(ASKED)]}
    made = SmallBook(tmp_path_factory.mktemp("book"), cells, pages=files, metadata={CHAPTER: ABOUT})
    complaints += made.build(expect=1).splitlines()
    return made


def page(book: SmallBook, name: str) -> BeautifulSoup:
    return BeautifulSoup((book.html / f"book/{name}.html").read_text(encoding="utf8"), "html.parser")


def test_a_borrowed_explorer_is_alive_with_its_sliders_and_title(book: SmallBook) -> None:
    (figure,) = page(book, "front").select("figure.ops-explorer")
    assert [each["data-control"] for each in figure.select("input[type=range]")] == ["late"]
    assert "Somebody waits" in figure.figcaption.get_text()
    assert set(json.loads(figure.script.get_text())["data"]) == {"0", "0.5", "1"}
    scripts = [each["src"].rpartition("/")[2].partition("?")[0] for each in page(book, "front").select("script[src]")]
    assert [each for each in scripts if each.startswith("ops-")] == [
        "ops-queue.js",
        "ops-question.js",
        "ops-explorer.js",
    ]


def test_a_borrowed_question_points_to_its_chapter_and_one_of_the_page_to_the_page(book: SmallBook) -> None:
    def leads(name: str) -> str:
        (asked,) = page(book, name).select("ops-question")
        return json.loads(asked.script.get_text())["section"]

    assert leads("front") == f"../{CHAPTER}.html#{exercises.question(ASKED).section}"
    assert leads("primer") == f"#{exercises.question(OWN).section}"


def test_a_page_with_a_bank_counts_for_progress_as_a_chapter(book: SmallBook) -> None:
    text = (book.html / "_static" / "catalogue.js").read_text(encoding="utf8")
    known = json.loads(text[text.index("{") : text.rindex("}") + 1])
    assert known["chapters"]["primer"] == {"title": "Primer", "part": "Practise", "url": "../book/primer.html"}
    assert known["questions"][OWN]["url"] == f"../book/primer.html#q-{OWN.replace('/', '-')}"


def test_the_map_is_made_of_the_chapters_and_pages_that_are_there(book: SmallBook) -> None:
    shown = page(book, "map")
    links = {each["href"] for each in shown.select("article a[href]")}
    assert f"../{CHAPTER}.html#q-{ASKED.replace('/', '-')}" in links
    assert f"../{CHAPTER}.html" in links
    assert "faq.html" in links
    words = re.sub(r"\s+", " ", shown.get_text())
    for said in ("stands alone", "Tell one from the other.", "A1 Being there", "D7 Asking: Asked often"):
        assert said in words


@pytest.mark.usefixtures("book")
def test_what_is_not_there_fails_the_build_and_nothing_else_does(complaints: list[str]) -> None:
    warned = [line for line in complaints if "WARNING" in line or "ERROR" in line]
    assert [line for line in warned if "wrong.md" not in line and "book/wrong" not in line] == []
    assert len(warned) == len(WRONG)
    assert [says for says in WRONG.values() if says not in "\n".join(complaints)] == []
