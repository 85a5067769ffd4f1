"""JavaScript marks as Python does: the same mark, message, mistake, and whether there was anything to judge."""

import json
import random
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from opsbook import exercises
from opsbook.exercises import banks, prose
from opsbook.exercises.answers import read_number, spellings
from opsbook.exercises.choice import ChoiceQuestion, ChoicesQuestion
from opsbook.exercises.code import CodeQuestion
from opsbook.exercises.match import MatchQuestion
from opsbook.exercises.numeric import NumericQuestion
from opsbook.exercises.order import OrderQuestion
from opsbook.exercises.question import Question
from opsbook.exercises.reflect import ReflectQuestion
from opsbook.exercises.shuffling import hash32, shuffled

SCRIPT = (files("opsbook.exercises") / "static" / "ops-question.js").read_text(encoding="utf-8")
SEEDS = (0, 4711)
NONSENSE = "nonsense"

Responses = Iterator[Any]


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """Return the element's page, which marks what it is handed and keeps nothing: one for all tests."""
    page = browser.new_page()
    page.set_content(f"<!doctype html><title>A page</title><script>{SCRIPT}</script>")
    yield page
    page.close()


def numbers(question: NumericQuestion, dice: random.Random) -> Responses:
    values = [question.answer, question.low, question.high, *(slip.value for slip in question.mistakes)]
    edges = [edge for slip in question.mistakes for edge in (slip.low, slip.high)]
    yield from ("?", "5 furlongs", "1,234", "1/0")
    yield from (repr(number) for number in (*values, *edges))
    yield from (f"{number:.3g}".replace(".", ",") for number in values)
    yield from (f"{100 * number:.4f} %" for number in values)
    yield from (f"{number:.4f} {question.unit}" for number in values)
    yield from (f"{number!r}/7" for number in (7 * value for value in values))
    yield from (repr(dice.uniform(-1, 2) * question.answer) for _ in range(20))


def subsets(question: ChoicesQuestion, dice: random.Random) -> Responses:
    ids = [option.id for option in question.options]
    right = [option.id for option in question.options if option.correct]
    yield from ([], [NONSENSE], right, right[::-1], [*right, NONSENSE, right[0]], ids)
    for option in question.options:
        yield [option.id]
        yield [*right, option.id]
        yield [each for each in right if each != option.id]
    yield from (dice.sample(ids, dice.randint(0, len(ids))) for _ in range(40))


def orders(question: OrderQuestion, dice: random.Random) -> Responses:
    key = list(question.key)
    shown = [item.id for item in question.items]
    yield from ([], [NONSENSE], key[:-1], [*key, key[0]], [*key[:-1], NONSENSE], [key[0], *key[:-1]])
    yield from (key, key[::-1], shown)
    for index, each in enumerate(key):
        rest = key[:index] + key[index + 1 :]
        yield from ([*rest[:place], each, *rest[place:]] for place in range(len(key)))
    for first, second in combinations(range(len(key)), 2):
        swapped = list(key)
        swapped[first], swapped[second] = swapped[second], swapped[first]
        yield swapped
    for slip in question.mistakes:
        rest = [each for each in key if each not in slip.order]
        yield [*slip.order, *rest]
        yield [*rest, *slip.order]
    yield from (dice.sample(key, len(key)) for _ in range(60))


def placements(question: MatchQuestion, dice: random.Random) -> Responses:
    right = {item.id: item.group for item in question.items}
    groups = [group.id for group in question.groups]
    yield from ({}, {NONSENSE: groups[0]}, dict.fromkeys(right, NONSENSE), right, right | {NONSENSE: groups[0]})
    for item, own in right.items():
        yield from (right | {item: group} for group in groups)
        yield right | {item: NONSENSE}
        yield {item: own}
        yield {other: group for other, group in right.items() if other != item}
    for group in groups:
        yield dict.fromkeys(right, group)
    for _ in range(60):
        placed = dice.sample(list(right), dice.randint(0, len(right)))
        yield {item: dice.choice(groups) for item in placed}


def responses(question: Question, dice: random.Random) -> Responses:
    """Yield the right answer, blanks, nonsense, each catalogued mistake, and random answers."""
    match question:
        case NumericQuestion():
            yield from (None, "", "  ", NONSENSE)
            yield from numbers(question, dice)
        case ChoiceQuestion():
            yield from (None, "", "  ", NONSENSE)
            yield from (option.id for option in question.options)
        case ReflectQuestion():
            yield from (None, "", " \t\r\n", "\u00a0", "\ufeff", "\x1c", "It depends.", "<b>\n\n")
        case ChoicesQuestion():
            yield None
            yield from subsets(question, dice)
        case OrderQuestion():
            yield None
            yield from orders(question, dice)
        case MatchQuestion():
            yield None
            yield from placements(question, dice)


@cache
def as_html(message: str) -> str:
    return prose.to_html(message)


def compare(page: Page, question_id: str) -> list[exercises.Mark]:
    """Mark every variant's responses in both, and return Python's marks."""
    marks = []
    for seed in SEEDS:
        variants = banks.variants(question_id, seed=seed)
        payload = exercises.payload(question_id, seed)
        assert [each["seed"] for each in payload["variants"]] == [each.seed for each in variants]
        given = [list(responses(question, random.Random(index))) for index, question in enumerate(variants)]
        # As text, both ways: handed over as objects, a hundred thousand answers take minutes.
        there = page.evaluate(
            """(asked) => {
                const { mark } = customElements.get("ops-question");
                const [data, given] = JSON.parse(asked);
                return JSON.stringify(given.map((each, variant) => each.map((one) => mark(data, variant, one))));
            }""",
            json.dumps([payload, given]),
        )
        for question, own, others in zip(variants, given, json.loads(there), strict=True):
            for response, other in zip(own, others, strict=True):
                here = exercises.mark(question, response)
                assert other == {
                    "mark": here.mark,
                    "html": as_html(here.message),
                    "mistake": here.mistake,
                    "attempted": here.attempted,
                }, (question_id, question.seed, response)
                marks.append(here)
    return marks


class TestMarking:
    def test_over_every_question_of_the_shipped_banks(self, page: Page) -> None:
        marked = [question for question in exercises.bank() if not isinstance(question, CodeQuestion)]
        assert marked
        for question in marked:
            marks = compare(page, question.id)
            assert {True, False} <= {mark.attempted for mark in marks}, question.id
            assert any(mark.correct for mark in marks), question.id

    @pytest.mark.parametrize(
        ("slug", "mistakes"),
        [
            ("which", {"a", "c"}),
            ("share", {"upside-down", "rest"}),
            ("several", {"post", "print", "incomplete"}),
            ("steps", {"sign-first", "gone", "arrive", "wait", "talk", "sign", "leave"}),
            ("offices", {"greet", "advise", "file", "bill", "incomplete"}),
            ("think", set()),
        ],
    )
    def test_over_a_question_of_each_kind(self, full_sample: Path, page: Page, slug: str, mistakes: set[str]) -> None:
        assert full_sample.exists()
        marks = compare(page, f"sample/{slug}")
        assert mistakes <= {mark.mistake for mark in marks}

    def test_over_an_order_whose_reversal_nobody_catalogued(self, write_bank: Any, page: Page) -> None:
        write_bank(BACKWARDS)
        marks = compare(page, "sample/backwards")
        assert {"reversed", "one", "four", None} <= {mark.mistake for mark in marks}
        assert len({mark.message for mark in marks if mark.mistake is None and mark.attempted}) == 4

    @pytest.mark.parametrize("response", [None, 5, True, "text", [], ["text"], {}, {"greet": 3}, [None], [["a"]]])
    @pytest.mark.parametrize("slug", ["which", "share", "several", "steps", "offices", "think", "compute"])
    def test_a_response_of_another_kind_is_judged_and_never_thrown(
        self, full_sample: Path, page: Page, slug: str, response: object
    ) -> None:
        assert full_sample.exists()
        judged = page.evaluate(
            "([data, response]) => customElements.get('ops-question').mark(data, 0, response)",
            [exercises.payload(f"sample/{slug}"), response],
        )
        assert judged["attempted"] == (slug == "think" and response == "text")
        assert judged["mark"] == judged["attempted"]


class TestShuffling:
    def test_hashes_and_orders_agree(self, page: Page) -> None:
        dice = random.Random(1)
        texts = ["", "a", "sample/which|0|b", "é", "😀", "x" * 300]
        texts += ["".join(dice.choices("abcxyz0189-/|", k=dice.randint(1, 40))) for _ in range(500)]
        assert page.evaluate("(texts) => texts.map(customElements.get('ops-question').hash32)", texts) == [
            hash32(text) for text in texts
        ]
        lists = [(sorted({*dice.choices(texts, k=8)}), str(dice.random())) for _ in range(100)]
        assert page.evaluate(
            "(lists) => lists.map(([ids, salt]) => customElements.get('ops-question').shuffled(ids, salt))", lists
        ) == [shuffled(ids, salt) for ids, salt in lists]


class TestReading:
    @pytest.mark.parametrize("unit", ["", "proportion", "%", "minutes", "jobs per hour"])
    def test_whatever_is_typed(self, page: Page, unit: str) -> None:
        dice = random.Random(unit)
        pieces = [
            *"0123456789",
            *"0123456789",
            *" .,eE+-%'/\u2019\t",
            "\u2212",
            "\u00a0",
            "\u202f",
            "\u2028",
            "min",
            "jobs/h",
            "é",
        ]
        texts = ["".join(dice.choices(pieces, k=dice.randint(0, 9))) for _ in range(4000)]
        texts += [f"{dice.choice(texts)}/{dice.choice(texts)}" for _ in range(1000)]
        texts += ["1" * 64, "1" * 65, "1 " + "😀" * 40, "5 __proto__", "1e400", "-0", "1.e3", "5 MIN.", "5 min ."]
        texts += ["0,5.5", "18/34", "−3 / 4", "3/4 min", "1 250/2 500", "1/2 %", "1/0", "0/0", "1/1e-400", "1e308/1e-5"]
        texts += ["1/2/3", "1 1/2", "1,234/5", "5/1,234", "6 /h", "3/4/h", "1/-2", "1/2e3", "5 /4 jobs/h"]
        units = spellings(unit)
        readings = [read_number(text, units) for text in texts]
        for text, reading in zip(texts, readings, strict=True):
            assert str(reading) not in {"nan", "inf"}, text
        # A range that only the number read can lie in tells the browser's number to the last digit.
        judged = page.evaluate(
            """([units, texts, readings]) => texts.map((text, index) => {
                const number = readings[index];
                const names = ["blank", "unreadable", "ambiguous", "unit"];
                const messages = Object.fromEntries([...names, "wrong"].map((name) => [name, name]));
                const low = typeof number === "number" ? number : 0;
                const variant = {low, high: low, mistakes: [], solution: "exactly"};
                const data = {kind: "numeric", units, messages, variants: [variant]};
                return customElements.get("ops-question").mark(data, 0, text).html;
            })""",
            [units, texts, readings],
        )
        expected = [reading if isinstance(reading, str) else "exactly" for reading in readings]
        assert judged == expected
        assert expected.count("exactly") > 500


BACKWARDS = """
  - id: backwards
    kind: order
    objective: sample/1
    section: sec-one
    difficulty: 1
    points: 1
    pool: [check]
    prompt: Count.
    items:
      - {id: one, text: One, feedback: Nothing comes before it.}
      - {id: two, text: Two, feedback: It follows something.}
      - {id: three, text: Three, feedback: It follows something else.}
      - {id: four, text: Four, feedback: It follows much.}
      - {id: five, text: Five, feedback: It follows all.}
"""
