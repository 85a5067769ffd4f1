"""The full exam: a balanced draw from the shipped banks, the same in Python and in the page, and its paper."""

import re
from collections import Counter
from importlib.resources import files
from typing import Any

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Page

from opsbook import exercises
from opsbook.exercises import prose
from opsbook.exercises.banks import bank_paths
from opsbook.exercises.exam import (
    DIFFICULTY_SHARES,
    FULL_QUESTIONS,
    KIND_SHARES,
    balanced,
    draw_exam,
    examined,
    full_exam,
    quotas,
)
from opsbook.exercises.page import figure, review
from opsbook.exercises.paper import paper_key, paper_markup, paper_reasons

STATIC = files("opsbook.exercises") / "static"
ABOUT = examined(list(bank_paths()))
PAPER = draw_exam(FULL_QUESTIONS, seed=1)
SERVICE_FOR_OPERATIONS = ("listen-and-respond/hours-and-causes", "managing-the-operation/desk-at-the-table")


def invented(**sizes: int) -> dict[str, dict[str, Any]]:
    """Return what there is to say of `sizes` questions in each chapter, all of one kind and difficulty."""
    alike = {"kind": "choice", "difficulty": 2}
    return {
        f"{chapter}/{number}": {**alike, "objective": f"{chapter}/{number % 3}"}
        for chapter, size in sizes.items()
        for number in range(size)
    }


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def shown(html: str) -> str:
    return squeezed(BeautifulSoup(html, "html.parser").get_text())


class TestFullExam:
    def test_it_has_as_many_as_are_asked_for_or_all_where_there_are_fewer(self) -> None:
        assert full_exam(seed=1) == PAPER
        assert full_exam(7, seed=5) == draw_exam(7, seed=5)
        there = len(examined(["case-banking"]))
        assert 0 < there < FULL_QUESTIONS
        assert len(full_exam(seed=1, chapters=["our-hotel", "case-banking"])) == there
        with pytest.raises(ValueError, match=f"at most {there}"):
            full_exam(there + 1, seed=1, chapters=["case-banking"])


class TestBalance:
    @pytest.mark.parametrize(("count", "most_off"), [(20, 2), (FULL_QUESTIONS, 2)])
    def test_kinds_and_difficulties_keep_their_shares(self, count: int, most_off: int) -> None:
        for seed in range(40):
            drawn = balanced(ABOUT, count, seed=seed)
            for key, shares in (("kind", KIND_SHARES), ("difficulty", DIFFICULTY_SHARES)):
                came = Counter(ABOUT[each][key] for each in drawn)
                for name, share in shares.items():
                    assert abs(came[name] - count * share / sum(shares.values())) <= most_off, (seed, name)

    def test_every_chapter_weighs_the_same(self) -> None:
        bounds = quotas(ABOUT, FULL_QUESTIONS)
        assert max(high for _, high in bounds.values()) - min(low for low, _ in bounds.values()) == 1
        for seed in range(40):
            came = Counter(each.partition("/")[0] for each in balanced(ABOUT, FULL_QUESTIONS, seed=seed))
            assert all(low <= came[name] <= high for name, (low, high) in bounds.items()), seed

    def test_every_question_is_drawn_sooner_or_later_and_none_always(self) -> None:
        came = Counter(each for seed in range(120) for each in balanced(ABOUT, FULL_QUESTIONS, seed=seed))
        assert set(came) == set(ABOUT)
        assert max(came.values()) < 120

    @pytest.mark.parametrize("count", [1, 4, 6, 9, 12])
    def test_a_small_chapter_drops_out_and_others_stand_in(self, count: int) -> None:
        about = invented(calls=8, cases=1, queues=3)
        bounds = quotas(about, count)
        assert sum(low for low, _ in bounds.values()) <= count <= sum(high for _, high in bounds.values())
        for seed in range(10):
            drawn = balanced(about, count, seed=seed)
            assert len(set(drawn)) == count
            came = Counter(each.partition("/")[0] for each in drawn)
            assert all(low <= came[name] <= high for name, (low, high) in bounds.items())

    def test_objectives_take_turns_where_nothing_else_differs(self) -> None:
        about = invented(calls=9)
        for seed in range(10):
            drawn = balanced(about, 3, seed=seed)
            assert {about[each]["objective"] for each in drawn} == {"calls/0", "calls/1", "calls/2"}

    def test_the_order_in_which_questions_are_listed_changes_nothing(self) -> None:
        backwards = dict(reversed(ABOUT.items()))
        assert [balanced(backwards, 80, seed=seed) for seed in (1, 2)] == [
            balanced(ABOUT, 80, seed=seed) for seed in (1, 2)
        ]

    def test_more_than_there_is_gives_all(self) -> None:
        assert sorted(balanced(invented(calls=2, cases=1), 9, seed=3)) == ["calls/0", "calls/1", "cases/0"]


def test_the_page_draws_the_same_from_the_shipped_banks(page: Page) -> None:
    for name in ("ops-question.js", "ops-exam.js"):
        page.add_script_tag(content=(STATIC / name).read_text(encoding="utf-8"))
    chapters = sorted({each.partition("/")[0] for each in ABOUT})
    wanted = [
        {"seed": seed, "n": n, "chapters": chapters, "difficulties": [1, 2, 3]}
        for seed in (*range(1, 9), -4, 987654321012345)
        for n in (20, FULL_QUESTIONS)
    ]
    there = page.evaluate(
        "([pool, wanted]) => wanted.map((settings) => customElements.get('ops-exam').draw(pool, settings))",
        [ABOUT, wanted],
    )
    assert there == [balanced(ABOUT, each["n"], seed=each["seed"]) for each in wanted]


class TestPool:
    def test_every_answer_has_its_reason(self) -> None:
        for each in exercises.bank():
            if "exam" not in each.pool:
                continue
            for option in getattr(each, "options", ()):
                assert option.rationale, (each.id, option.id)
            if each.kind in {"numeric", "order", "match"}:
                assert each.solution, each.id
            for item in getattr(each, "items", ()):
                assert item.feedback, (each.id, item.id)

    def test_it_asks_what_customer_service_does_for_operations(self) -> None:
        assert set(SERVICE_FOR_OPERATIONS) <= set(ABOUT)


class TestPaper:
    def test_it_shows_every_question_and_none_of_the_answers(self) -> None:
        html = paper_markup(PAPER)
        assert not re.search(r"<(script|input|button)", html)
        entries = BeautifulSoup(html, "html.parser").find("ol").find_all("li", recursive=False)
        assert len(entries) == len(PAPER)
        for asked, entry in zip(PAPER, entries, strict=True):
            words = squeezed(entry.get_text())
            pieces = [*getattr(asked, "options", ()), *getattr(asked, "items", ()), *getattr(asked, "groups", ())]
            assert all(shown(prose.inline(piece.text)) in words for piece in pieces), asked.id
            told = [getattr(piece, name, "") for piece in pieces for name in ("rationale", "feedback")]
            assert not any(shown(prose.to_html(text)) in words for text in (*told, asked.solution) if text), asked.id

    def test_the_key_names_what_is_right_by_the_letters_of_the_paper(self) -> None:
        questions = {kind: next(each for each in PAPER if each.kind == kind) for kind in KIND_SHARES}
        keys = {kind: BeautifulSoup(paper_key([asked]), "html.parser").get_text() for kind, asked in questions.items()}
        for kind in ("choice", "choices"):
            lines = BeautifulSoup(paper_markup([questions[kind]]), "html.parser").select(".ops-paper-lines > li")
            lettered = {line.b.get_text(): squeezed(line.span.get_text()) for line in lines}
            right = [option for option in questions[kind].options if option.correct]
            assert {lettered[letter] for letter in keys[kind].split()} == {
                shown(prose.inline(option.text)) for option in right
            }
        order, match = questions["order"], questions["match"]
        assert [order.items["ABCDEFG".index(letter)].id for letter in keys["order"].split()] == list(order.key)
        assert [match.groups["ABCDEFG".index(letter)].id for letter in keys["match"].split()] == [
            item.group for item in match.items
        ]
        assert keys["numeric"].startswith(figure(questions["numeric"].answer))

    def test_a_number_in_the_key_is_right_and_written_out(self) -> None:
        for asked in PAPER:
            if asked.kind == "numeric":
                answer = BeautifulSoup(paper_key([asked]), "html.parser").span
                assert "e+" not in answer.get_text() + review(asked)
                counts = answer.small.extract().get_text().split(" to ") if answer.small else []
                for given in (answer.get_text(), *counts):
                    assert exercises.mark(asked, given).correct, (asked.id, given)

    def test_the_key_says_how_far_a_number_may_lie_from_the_right_one(self) -> None:
        asked = next(each for each in PAPER if each.kind == "numeric" and each.high > 1.001 * each.answer > 0)
        first, last = map(float, re.findall(r"<small>(.*) to (.*)</small>", paper_key([asked]))[0])
        assert first < asked.answer < last
        assert [first, last] == pytest.approx([asked.low, asked.high], rel=2e-3)

    def test_the_reasons_hold_every_rationale_and_the_section(self) -> None:
        words = shown(paper_reasons(PAPER, section_url=lambda asked: f"x.html#{asked.id}"))
        for asked in PAPER:
            for option in getattr(asked, "options", ()):
                assert shown(prose.to_html(option.rationale)) in words, (asked.id, option.id)
            assert shown(prose.to_html(asked.solution)) in words
        assert f'href="x.html#{PAPER[0].id}"' in paper_reasons(PAPER[:1], section_url=lambda each: f"x.html#{each.id}")

    def test_what_a_page_cannot_mark_has_no_place_on_paper(self) -> None:
        essay = next(each for each in exercises.bank() if each.kind == "reflect")
        with pytest.raises(NotImplementedError, match="no paper form for questions of kind 'reflect'"):
            paper_markup([essay])
        with pytest.raises(NotImplementedError, match="no key for questions of kind 'reflect'"):
            paper_key([essay])
