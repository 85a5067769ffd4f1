"""The <ops-progress> element in a real browser: on a page of its own, and inside the widget with Python's file."""

import json
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from opsbook import exercises
from opsbook.exercises import progress
from opsbook.exercises.page import progress_markup
from opsbook.exercises.progress import Answer
from opsbook.exercises.progress_view import ProgressWidget

STATIC = files("opsbook.exercises") / "static"
ASKING = (STATIC / "ops-question.js").read_text(encoding="utf-8")
SCRIPT = (STATIC / "ops-progress.js").read_text(encoding="utf-8")
STYLE = "".join((STATIC / f"ops-{name}.css").read_text(encoding="utf-8") for name in ("question", "progress"))
HOME = "http://book.test/"
KEY = "opsbook-progress"
BLOCKED = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }})"

NOW = datetime.fromisoformat("2025-03-20T12:00:00Z")  # what the browser's clock shows in every test


def entry(objective: str, kind: str = "choice", points: float = 1, pool: str = "check", **more: Any) -> dict[str, Any]:
    facts = {"objective": objective, "kind": kind, "difficulty": 1, "points": points, "pool": [pool]}
    return facts | {"title": f"A question on {objective}"} | more


CATALOGUE: dict[str, Any] = {
    "objectives": {
        "waiting/1": "Compute how long customers wait.",
        "contact/1": "Compute the extent of contact of a job from its tasks.",
        "contact/2": "Tell active from passive contact.",
        "contact/10": "Decide what moves.",
    },
    "chapters": {
        "contact": {"title": "Customer contact", "part": "Part 1", "url": "#contact"},
        "waiting": {"title": "Waiting lines", "part": "", "url": None},
    },
    "questions": {
        "waiting/line": entry("waiting/1", "numeric", title="Noon’s line"),
        "contact/extent": entry("contact/1", "numeric", 2, title="The extent of contact", url="#q-contact-extent"),
        "contact/clock": entry("contact/1", title="Whose clock runs?", url="#q-contact-clock"),
        "contact/steps": entry("contact/2", "order", 2, title="The steps of a visit", url="#q-contact-steps"),
        "contact/active": entry("contact/2", title="Active <or> passive", url="#q-contact-active"),
        "contact/think": entry("contact/2", "reflect", title="Your own last wait", url="#q-contact-think"),
        "contact/write": entry("contact/10", "code", 2, title="Write a function", url="#q-contact-write"),
        "contact/move": entry("contact/10", title="What would you move?", url="#q-contact-move"),
        "contact/unasked": entry("contact/1", title="On no page", url=None),
        "contact/secret": entry("contact/10", pool="exam", title="Only in the exam"),
        "contact/counted": entry(
            "contact/2", "withheld", 5, title="Graded by the instructor", url="#q-contact-counted"
        ),
    },
}


def record(days: float = 0, mark: float = 1, attempts: int = 1, hints: int = 0, **changes: Any) -> dict[str, Any]:
    at = (NOW - timedelta(days=days)).isoformat()
    return {"seed": 0, "response": "b", "mark": mark, "attempts": attempts, "hints": hints, "at": at} | changes


SOME = {
    "contact/extent": record(9, hints=2),
    "contact/clock": record(2, mark=0),
    "contact/steps": record(5, mark=0.75, attempts=3),
    "contact/think": record(6),
}


def text_of(answers: dict[str, Any]) -> str:
    return json.dumps({"format": 1, "answers": answers})


def document(theme: str = "light", catalogue: dict[str, Any] | None = CATALOGUE, *, head: bool = False) -> str:
    known = f"window.opsbookCatalogue = {json.dumps(catalogue)};" if catalogue else ""
    scripts = "".join(f"<script>{script}</script>" for script in (ASKING, known.replace("<", "\\u003c"), SCRIPT))
    background, ink = ("#fff", "#111") if theme == "light" else ("#111", "#eee")
    return (
        f'<!doctype html><html lang="en" data-theme="{theme}"><head><title>A page</title>'
        f'<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        f"<style>body{{background:{background};color:{ink};margin:1rem;font:16px sans-serif}}{STYLE}</style>"
        f"{scripts if head else ''}</head><body><main><h1>My progress</h1>{progress_markup()}</main>"
        f"{'' if head else scripts}</body></html>"
    )


@pytest.fixture
def open_page(page: Page) -> Iterator[Callable[..., Page]]:
    """Serve a document with answers in storage; whatever it asks of others, or complains of, fails the test."""
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.clock.set_fixed_time(NOW)

    def show(answers: dict[str, Any] | None = None, html: str | None = None) -> Page:
        def serve(route: Any) -> None:
            if route.request.url == HOME:
                route.fulfill(body=html or document(), content_type="text/html; charset=utf-8")
            else:
                faults.append(route.request.url)
                route.abort()

        page.context.unroute_all()
        page.context.route("**/*", serve)
        page.goto(HOME)
        if answers:
            page.evaluate("([key, text]) => localStorage.setItem(key, text)", [KEY, text_of(answers)])
            page.reload()
        return page

    yield show
    assert faults == []


def status(page: Page) -> Locator:
    return page.get_by_role("status")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def choose(page: Page, content: str | bytes) -> None:
    """Import a file through the browser's own chooser."""
    with page.expect_file_chooser() as chooser:
        press(page, "Import")
    data = content.encode() if isinstance(content, str) else content
    chooser.value.set_files({"name": "some.json", "mimeType": "application/json", "buffer": data})


def kept(page: Page) -> dict[str, Any]:
    stored = page.evaluate(f"localStorage.getItem({KEY!r})")
    return json.loads(stored)["answers"] if stored else {}


def proposals(page: Page) -> Locator:
    return page.locator(".ops-review ol > li")


class TestPlan:
    """The rule of the review, asked directly."""

    def plan(self, page: Page, answers: dict[str, Any], catalogue: dict[str, Any] = CATALOGUE) -> list[dict[str, Any]]:
        given = [answers, catalogue, NOW.timestamp() * 1000]
        return page.evaluate(  # type: ignore[no-any-return]
            "([answers, catalogue, now]) => customElements.get('ops-progress').plan(answers, catalogue, now)", given
        )

    @pytest.mark.parametrize(
        ("answer", "days", "words"),
        [
            (record(mark=0), 1, "not right yet"),
            (record(mark=0, attempts=4, hints=1), 1, "not right yet"),
            (record(mark=0.5), 1, "partly right"),
            (record(attempts=2), 3, "right at the second attempt"),
            (record(attempts=12), 3, "right after 12 attempts"),
            (record(hints=1), 3, "right after one hint"),
            (record(hints=2, attempts=3), 3, "right at the third attempt with two hints"),
            (record(), 7, "right at once"),
        ],
    )
    def test_a_question_comes_back_after_its_interval_and_not_before(
        self, open_page: Callable[..., Page], answer: dict[str, Any], days: int, words: str
    ) -> None:
        page = open_page()
        early = answer | {"at": (NOW - timedelta(days=days, seconds=-1)).isoformat()}
        late = answer | {"at": (NOW - timedelta(days=days)).isoformat()}
        assert [each for each in self.plan(page, {"contact/extent": early}) if each["due"]] == []
        first = self.plan(page, {"contact/extent": late})[0]
        ago = "1 day" if days == 1 else f"{days} days"
        assert first == {"id": "contact/extent", "due": True, "reason": f"last answered {ago} ago, {words}"}

    def test_what_a_wrong_clock_dated_ahead_is_due_now_after_what_is_overdue(
        self, open_page: Callable[..., Page]
    ) -> None:
        answers = {
            "contact/extent": record(at="2097-04-29T12:00:00Z"),
            "contact/clock": record(-2 / 24, mark=0),
            "contact/steps": record(4, hints=1),
            # Two clocks differ by minutes, and what was answered just now is not due.
            "contact/active": record(-0.5 / 24),
        }
        found = [each for each in self.plan(open_page(), answers) if each["due"]]
        assert [(each["id"], each["reason"]) for each in found] == [
            ("contact/steps", "last answered 4 days ago, right after one hint"),
            ("contact/clock", "dated ahead of today, not right yet"),
            ("contact/extent", "dated ahead of today, right at once"),
        ]

    def test_the_longest_overdue_for_its_interval_comes_first(self, open_page: Callable[..., Page]) -> None:
        answers = {
            "contact/extent": record(20),  # 2.9 intervals of 7 days
            "contact/clock": record(4, mark=0),  # 4 of 1 day
            "contact/steps": record(10, hints=1),  # 3.3 of 3 days
            "contact/active": record(4, mark=0.5),  # 4, as the clock, which the id decides
        }
        found = [each["id"] for each in self.plan(open_page(), answers) if each["due"]]
        assert found == ["contact/active", "contact/clock", "contact/steps", "contact/extent"]

    def test_texts_are_never_due_nor_is_code_without_an_answer(self, open_page: Callable[..., Page]) -> None:
        page = open_page()
        hint_only = record(30, mark=0, attempts=0, hints=1)
        found = self.plan(page, {"contact/think": record(90), "contact/write": hint_only})
        assert {"contact/think", "contact/write"}.isdisjoint(each["id"] for each in found)
        assert self.plan(page, {"contact/write": record(2, mark=0.5)})[0]["id"] == "contact/write"

    def test_then_come_open_questions_of_the_weakest_objective_begun(self, open_page: Callable[..., Page]) -> None:
        answers = {"contact/extent": record(), "contact/steps": record(0, mark=0.25)}
        assert self.plan(open_page(), answers) == [
            {
                "id": "contact/active",
                "due": False,
                "reason": "not answered yet; its objective is your weakest so far",
            }
        ]

    def test_then_the_next_objective_in_the_order_of_the_book(self, open_page: Callable[..., Page]) -> None:
        page = open_page()
        reason = "not answered yet; its objective is the next to begin"
        start = self.plan(page, {})
        assert start == [{"id": name, "due": False, "reason": reason} for name in ("contact/extent", "contact/clock")]
        done = {f"contact/{name}": record() for name in ("extent", "clock", "steps", "active")}
        assert [each["id"] for each in self.plan(page, done)] == ["contact/move"]
        assert [each["id"] for each in self.plan(page, done | {"contact/move": record()})] == ["waiting/line"]

    def test_it_proposes_seven_at_most(self, open_page: Callable[..., Page]) -> None:
        questions = {f"many/q-{number:02}": entry("many/1") for number in range(20)}
        catalogue = {"objectives": {}, "chapters": {}, "questions": questions}
        answers = {name: record(30, mark=0) for name in list(questions)[:5]}
        found = self.plan(open_page(), answers, catalogue)
        assert [each["due"] for each in found] == [True] * 5 + [False] * 2
        answers = {name: record(30, mark=0) for name in questions}
        assert len(self.plan(open_page(), answers, catalogue)) == 7

    def test_what_cannot_be_read_or_reached_or_stands_only_in_exams_is_passed_over(
        self, open_page: Callable[..., Page]
    ) -> None:
        broken = {"contact/extent": {"mark": 5}, "contact/clock": None, "contact/secret": record(90, mark=0)}
        broken["contact/unasked"] = record(90, mark=0)
        found = self.plan(open_page(), broken | {"elsewhere/one": record(90)})
        assert [each["id"] for each in found] == ["contact/extent", "contact/clock"]


class TestParity:
    """The page takes and refuses the same files as Python, in the same words, and ends with the same answers."""

    MOMENTS = (
        "2025-03-01T10:00:00.000Z",
        "2025-03-01T10:00Z",
        "2024-02-29T23:59:59.123456+14:00",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2025-03-01",
        "2025-03-01T10:00:00",
        "2025-03-01 10:00:00Z",
        "2025-03-01t10:00:00z",
        "2025-03-01T24:00:00Z",
        "2025-03-01T10:60:00Z",
        "2025-02-30T10:00:00Z",
        "2025-02-29T10:00:00Z",
        "2025-13-01T10:00:00Z",
        "2025-00-10T10:00:00Z",
        "0000-01-01T10:00:00Z",
        "+002025-03-01T10:00:00Z",
        "20250301T100000Z",
        "2025-W09-6T10:00:00Z",
        "2025-03-01T10:00:00,5Z",
        "2025-03-01T10:00:00.1234567Z",
        "2025-03-01T10:00:00.Z",
        "2025-03-01T10:00:00+24:00",
        "2025-03-01T10:00:00+0100",
        "2025-03-01T10:00:00Z\n",
        "\u0662025-03-01T10:00:00Z",
        "yesterday",
        "",
        None,
        1740823200,
    )
    VALUES: tuple[Any, ...] = (
        *(0, 1, -1, 1.0, 0.5, 1.5, -0.0, 1e300, True, False, None),
        *("", "1", "b", "\ud800", [], ["a"], [1], [["a"]], {}, {"a": "b"}, {"a": 1}, {"__proto__": "x"}),
    )
    IDS = (
        *("sample/which", "a/b", "a-1/2-b", "a", "a/", "/b", "a/b/c", "A/b", "a_b/c", "a--b/c", "-a/b", "a/b-", "ä/b"),
        *("__proto__", "constructor", "", "a/b\n", " a/b"),
    )
    FILES = (
        *("", " ", "{", "null", "5", '"text"', "[]", "{}", "NaN", "{'format': 1}", '{"format": 1,}', "\x00"),
        '{"format": 1}',
        '{"format": 1, "answers": null}',
        '{"format": 1, "answers": []}',
        '{"format": 1, "answers": "none"}',
        '{"format": 1, "answers": {}}',
        '{"format": 1.0, "answers": {}, "more": [1]}',
        '\ufeff{"format": 1, "answers": {}}',
        '\ufeff\ufeff{"format": 1, "answers": {}}',
        '{"format": NaN, "answers": {}}',
        '{"format": 1, "answers": {"a/b": Infinity}}',
        '{"format": 1e999, "answers": {}}',
        '{"format": true, "answers": {}}',
        '{"format": "1", "answers": {}}',
        '{"format": null, "answers": {}}',
        '{"format": 0, "answers": {}}',
        '{"format": -1, "answers": {}}',
        '{"format": 0.5, "answers": {}}',
        '{"format": 1.5, "answers": {}}',
        '{"format": 2}',
        '{"format": 17, "answers": []}',
        '{"format": 1, "answers": {"a/b": 1, "a/b": null}}',
        '{"format": 1, "answers": {}}' + " " * 5_000_000,
        "ü" * 2_600_000,
        "x" * 5_250_000,
    )

    @pytest.fixture(autouse=True)
    def file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        path = tmp_path / "progress.json"
        monkeypatch.setenv("OPSBOOK_PROGRESS", str(path))
        return path

    def records(self) -> Iterator[dict[str, Any]]:
        sound = record()
        yield from ({**sound, "at": at} for at in self.MOMENTS)
        for name in sound:
            yield {key: value for key, value in sound.items() if key != name}
            yield from ({**sound, name: value} for value in self.VALUES)
        yield {**sound, "later": {"deep": [None]}}

    def here(self, kept: str, text: str, file: Path) -> dict[str, Any]:
        file.write_text(kept, encoding="utf-8")
        try:
            counts = progress.merge(text)._asdict()
        except ValueError as error:
            return {"fault": str(error)}
        return {**counts, "answers": json.loads(progress.export_text())["answers"]}

    def there(self, page: Page, kept: str, texts: list[str]) -> list[dict[str, Any]]:
        # As text, since the way between the two would lose what JSON keeps.
        outcomes = page.evaluate(
            """([kept, texts]) => JSON.stringify(texts.map((text) => {
                try {
                    return customElements.get("ops-progress").merge(JSON.parse(kept).answers, text);
                } catch (error) {
                    return {fault: error.message};
                }
            }))""",
            [kept, texts],
        )
        return json.loads(outcomes)  # type: ignore[no-any-return]

    def compare(self, page: Page, file: Path, kept: str, texts: list[str]) -> list[dict[str, Any]]:
        there = self.there(page, kept, texts)
        for text, other in zip(texts, there, strict=True):
            assert other == self.here(kept, text, file), text[:200]
        return there

    def test_in_what_a_file_is(self, open_page: Callable[..., Page], file: Path) -> None:
        outcomes = self.compare(open_page(), file, text_of({}), list(self.FILES))
        assert sum("fault" in each for each in outcomes) == len(self.FILES) - 4

    def test_in_every_field_of_an_answer(self, open_page: Callable[..., Page], file: Path) -> None:
        texts = [text_of({"sample/which": each}) for each in self.records()]
        texts += [text_of({name: record()}) for name in self.IDS]
        texts += [text_of({"a/b": value}) for value in self.VALUES]
        outcomes = self.compare(open_page(), file, text_of({}), texts)
        taken = sum(each["taken"] for each in outcomes)
        assert 20 < taken < len(texts) - 100

    def test_in_which_answer_stays(self, open_page: Callable[..., Page], file: Path) -> None:
        dice = random.Random(7)

        def some() -> dict[str, Any]:
            zones = ("Z", "+00:00", "+01:00", "-05:30")
            return {
                f"sample/q-{number}": record(
                    mark=dice.choice((0, 0.5, 1)),
                    attempts=dice.randint(1, 4),
                    hints=dice.randint(0, 3),
                    seed=dice.randint(0, 1),
                    at=f"2025-03-01T{dice.randint(9, 12):02}:{dice.choice((0, 30)):02}:00{dice.choice(zones)}",
                )
                for number in range(30)
            }

        page = open_page()
        outcomes = [each for _ in range(10) for each in self.compare(page, file, text_of(some()), [text_of(some())])]
        assert all(each["taken"] > 3 and each["older"] > 3 for each in outcomes)

    def test_in_what_a_wrong_clock_dated_ahead(self, open_page: Callable[..., Page], file: Path) -> None:
        moments = ("2025-03-01T10:00:00Z", "2025-03-02T10:00:00Z", "2097-04-29T12:00:00Z", "2098-04-29T12:00:00Z")
        page = open_page()
        outcomes = {}
        for here in moments:
            kept = text_of({"sample/which": record(at=here, attempts=5)})
            texts = [text_of({"sample/which": record(at=there, mark=0)}) for there in moments]
            for there, outcome in zip(moments, self.compare(page, file, kept, texts), strict=True):
                outcomes[here[:4], there[:4]] = outcome
                assert outcome["answers"]["sample/which"]["attempts"] == 5
        assert outcomes["2097", "2025"]["taken"] == 1
        assert outcomes["2025", "2097"]["older"] == 1
        assert outcomes["2097", "2098"]["taken"] == 1
        assert outcomes["2098", "2097"]["older"] == 1

    def test_ahead_is_more_than_an_hour(self, open_page: Callable[..., Page]) -> None:
        page = open_page()
        kept = text_of({"sample/which": record(1)})
        texts = [text_of({"sample/which": record(-minutes / 1440)}) for minutes in (60, 61)]
        assert [each["taken"] for each in self.there(page, kept, texts)] == [1, 0]

    def test_in_numbers_that_cannot_be_written_again(self, open_page: Callable[..., Page], file: Path) -> None:
        sound = json.dumps(record())[:-1]
        texts = [
            f'{{"format": 1, "answers": {{"a/b": {sound}, "later": {value}}}}}}}'
            for value in ("1e999", "[[-1e999]]", '{"deep": [1e999]}', "1e300", "9" * 400, "[[[[[]]]]]")
        ]
        outcomes = self.compare(open_page(), file, text_of({}), texts)
        assert [each["refused"] for each in outcomes] == [1, 1, 1, 0, 1, 0]

    def test_in_what_exceeds_the_limit_together(self, open_page: Callable[..., Page], file: Path) -> None:
        kept = text_of({"sample/which": record(response="x" * 3_000_000)})
        lengths = (900_000, 1_100_000)  # of two bytes each
        files = ({"format": 1, "answers": {"sample/other": record(response="ü" * length)}} for length in lengths)
        texts = [json.dumps(each, ensure_ascii=False) for each in files]
        assert ["fault" in each for each in self.compare(open_page(), file, kept, texts)] == [False, True]


class TestSummary:
    def test_it_says_in_words_what_is_answered_and_due(self, open_page: Callable[..., Page]) -> None:
        page = open_page(SOME)
        expect(page.locator(".ops-summary")).to_have_text(
            "You have answered 4 of 8 questions, with 3.5 of their 5 points. 3 questions are due again."
        )

    def test_before_the_first_answer_it_invites(self, open_page: Callable[..., Page]) -> None:
        page = open_page()
        expect(page.locator(".ops-summary")).to_contain_text("You have not answered a question yet.")
        expect(page.get_by_role("heading", name="Where to begin")).to_be_visible()
        expect(proposals(page)).to_have_text(
            ["The extent of contactCustomer contact", "Whose clock runs?Customer contact"]
        )
        expect(proposals(page).first.get_by_role("link")).to_have_attribute("href", "#q-contact-extent")
        expect(page.get_by_text("All chapters (2)")).to_be_visible()

    def test_answers_to_questions_elsewhere_and_broken_ones_are_counted_in_words(
        self, open_page: Callable[..., Page]
    ) -> None:
        page = open_page(
            SOME
            | {"gone/one": record(), "contact/unasked": record(), "gone/two": record(), "contact/move": {"mark": 1}}
        )
        notes = page.locator(".ops-notes p")
        expect(notes).to_have_text(
            [
                "3 more answers to questions that are not shown here are kept too.",
                "1 kept answer cannot be read and is left out.",
            ]
        )
        choose(page, text_of({"contact/move": record()}))
        expect(notes).to_have_count(1)
        assert {"gone/one", "gone/two", "contact/move"} < set(kept(page))


class TestReview:
    def test_every_proposal_has_its_reason_in_words_and_its_place(self, open_page: Callable[..., Page]) -> None:
        page = open_page(SOME | {"waiting/line": record(8)})
        expect(proposals(page)).to_have_text(
            [
                "The steps of a visitCustomer contact: last answered 5 days ago, partly right",
                "The extent of contactCustomer contact: last answered 9 days ago, right after two hints",
                "Whose clock runs?Customer contact: last answered 2 days ago, not right yet",
                'Noon’s lineexercises.question("waiting/line")Waiting lines: last answered 8 days ago, right at once',
                "Active <or> passiveCustomer contact: not answered yet; its objective is your weakest so far",
            ]
        )
        expect(proposals(page).first.get_by_role("link")).to_have_attribute("href", "#q-contact-steps")
        expect(proposals(page).nth(3).get_by_role("link")).to_have_count(0)

    def test_with_nothing_due_it_says_when_the_next_comes_back(self, open_page: Callable[..., Page]) -> None:
        page = open_page({"contact/extent": record(0.5), "contact/clock": record(0.5, hints=1)})
        expect(page.locator(".ops-review > p")).to_have_text(
            "Nothing is due for review. The next, “Whose clock runs?”, comes back in 3 days."
        )
        expect(page.locator(".ops-summary")).to_contain_text("None is due again today.")
        expect(page.locator(".ops-summary")).to_contain_text("2 of 8 questions, with 3 of their 3 points.")
        expect(page.get_by_role("link", name="Whose clock runs?")).to_have_attribute("href", "#q-contact-clock")
        expect(page.get_by_text("Not right yet", exact=True)).to_have_count(0)

    def test_a_title_that_opens_with_a_quotation_has_no_mark_doubled(self, open_page: Callable[..., Page]) -> None:
        quoted = entry("contact/1", title="“It never rains,” says the desk. What does…", url="#q-contact-rain")
        known = CATALOGUE | {"questions": CATALOGUE["questions"] | {"contact/rain": quoted}}
        page = open_page({"contact/rain": record(0.5)}, document(catalogue=known))
        expect(page.locator(".ops-review > p")).to_have_text(
            "Nothing is due for review. "
            "The next, “\u2018It never rains,\u2019 says the desk. What does…”, comes back in 7 days."
        )

    def test_what_was_just_answered_wrongly_is_linked_before_it_is_due(self, open_page: Callable[..., Page]) -> None:
        page = open_page(
            {
                "contact/extent": record(0.5, mark=0.5),
                "contact/clock": record(0.01, mark=0),
                "contact/active": record(0.2),
                "contact/steps": record(1, mark=0),
                "contact/think": record(0.1, mark=0),
            }
        )
        wrong = page.locator(".ops-review ul > li")
        expect(page.get_by_role("heading", name="Not right yet")).to_be_visible()
        expect(wrong).to_have_text(
            ["Whose clock runs?Customer contact: not right yet", "The extent of contactCustomer contact: partly right"]
        )
        expect(wrong.first.get_by_role("link")).to_have_attribute("href", "#q-contact-clock")
        expect(proposals(page)).to_contain_text(["The steps of a visit"])

    def test_what_a_wrong_clock_dated_ahead_is_never_said_to_come_back_in_decades(
        self, open_page: Callable[..., Page]
    ) -> None:
        page = open_page({"contact/extent": record(at="2097-04-29T12:00:00Z"), "contact/clock": record(-0.5 / 24)})
        expect(page.locator(".ops-summary")).to_contain_text("1 question is due again.")
        expect(proposals(page).first).to_contain_text("dated ahead of today, right at once")
        page = open_page({"contact/clock": record(-0.5 / 24)})
        expect(page.locator(".ops-review > p")).to_contain_text("comes back in 7 days.")


class TestChart:
    def test_every_objective_has_its_words_grouped_by_chapter(self, open_page: Callable[..., Page]) -> None:
        page = open_page(SOME)
        chart = page.locator(".ops-chart-by-objective > .ops-chapter")
        expect(chart.get_by_role("heading")).to_have_text(["Part 1 Customer contact"])
        expect(chart.get_by_role("heading").get_by_role("link")).to_have_attribute("href", "#contact")
        expect(chart.get_by_role("listitem")).to_have_text(
            [
                "Compute the extent of contact of a job from its tasks.2 of 2 answered, 2 of their 3 points",
                "Tell active from passive contact.2 of 3 answered, 1.5 of their 2 points, 1 without a mark",
                "Decide what moves.0 of 2 answered",
            ]
        )
        rest = page.get_by_role("group")
        expect(rest.get_by_text("Compute how long")).to_be_hidden()
        page.get_by_text("Not begun yet (1)").click()
        expect(rest.get_by_role("listitem")).to_have_text(["Compute how long customers wait.0 of 1 answered"])

    def test_answered_and_right_differ_in_length_and_pattern(self, open_page: Callable[..., Page]) -> None:
        page = open_page(SOME)
        bars = page.locator(".ops-chapter").first.locator(".ops-bar").all()
        lengths = [[part.get_attribute("width") for part in bar.locator("rect").all()] for bar in bars]
        assert lengths == [["100.00%", "50.00%"], ["66.67%", "58.33%"], ["0.00%", "0.00%"]]
        striped = page.locator(".ops-bar rect:first-child").first.get_attribute("fill")
        assert striped is not None
        assert page.locator(f"pattern{striped[4:-1]}").count() == 1
        expect(page.locator(".ops-legend")).to_contain_text("answered, not yet right")

    def test_in_forced_colours_and_on_paper_the_bars_stay(self, open_page: Callable[..., Page]) -> None:
        page = open_page(SOME)
        page.emulate_media(forced_colors="active")
        solid = page.locator(".ops-solid").first
        assert solid.evaluate("(node) => getComputedStyle(node).fill") == "rgb(0, 0, 0)"
        page.emulate_media(media="print", forced_colors="none")
        expect(solid).to_be_visible()
        expect(page.get_by_role("button", name="Reset")).to_be_hidden()


class TestDesk:
    def test_what_is_exported_is_imported_again(self, open_page: Callable[..., Page], tmp_path: Path) -> None:
        page = open_page(SOME | {"gone/one": record(response=["ä", "\u2028"])})
        before = kept(page)
        with page.expect_download() as download:
            press(page, "Export")
        assert download.value.suggested_filename == "opsbook-progress.json"
        expect(status(page)).to_have_text("Exported 5 answers to opsbook-progress.json.")
        download.value.save_as(tmp_path / "copy.json")
        content = (tmp_path / "copy.json").read_bytes()
        page.evaluate("localStorage.clear()")
        page.reload()
        expect(proposals(page)).to_have_count(2)
        choose(page, content)
        expect(status(page)).to_have_text("Imported 5 answers.")
        expect(page.locator(".ops-summary")).to_contain_text("You have answered 4 of 8 questions")
        assert kept(page) == before
        choose(page, content)
        expect(status(page)).to_have_text(
            "Nothing new was imported. For 5 questions the answer here is the same or later, and stays."
        )

    def test_python_imports_what_the_page_exports(
        self, open_page: Callable[..., Page], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OPSBOOK_PROGRESS", str(tmp_path / "progress.json"))
        page = open_page(SOME)
        with page.expect_download() as download:
            press(page, "Export")
        assert progress.merge(download.value.path().read_text(encoding="utf-8")) == (4, 0, 0)
        choose(page, progress.export_text())
        expect(status(page)).to_contain_text("For 4 questions the answer here is the same or later")

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"\xff\xfe\x00", "The file must be JSON, and it is not."),
            (b"{}", "The file must hold progress in format 1, and it does not."),
            (b'{"format": 3, "answers": {}}', "Update opsbook, then import it again."),
            (b" " * 5_100_000, "The file must not exceed 5 MB, got 5.1 MB."),
        ],
    )
    def test_a_wrong_file_is_explained_and_changes_nothing(
        self, open_page: Callable[..., Page], content: bytes, words: str
    ) -> None:
        page = open_page(SOME)
        choose(page, content)
        expect(status(page)).to_contain_text(words)
        assert kept(page) == SOME
        choose(page, text_of({"contact/move": record(), "contact/active": 1}))
        expect(status(page)).to_have_text("Imported 1 answer. 1 answer cannot be read and is left out.")

    def test_by_keyboard_alone_it_is_reset_and_undone(self, open_page: Callable[..., Page]) -> None:
        page = open_page(SOME)
        reset = page.get_by_role("button", name="Reset", exact=True)
        while not reset.evaluate("(node) => node === document.activeElement"):
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement !== document.body")
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name="Reset your progress?")
        expect(dialog).to_contain_text("all 4 of your answers")
        expect(page.get_by_role("button", name="Keep my answers")).to_be_focused()
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(reset).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        expect(reset).to_be_focused()
        assert kept(page) == SOME

        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        undo = page.get_by_role("button", name="Undo the reset")
        expect(undo).to_be_focused()
        expect(status(page)).to_have_text("Your progress is reset.")
        expect(page.locator(".ops-summary")).to_contain_text("You have not answered a question yet.")
        assert kept(page) == {}
        page.keyboard.press("Enter")
        expect(status(page)).to_have_text("Your answers are back.")
        expect(undo).to_be_hidden()
        expect(reset).to_be_focused()
        assert kept(page) == SOME

    def test_undo_keeps_what_was_answered_since(self, open_page: Callable[..., Page]) -> None:
        page = open_page(SOME)
        press(page, "Reset")
        press(page, "Reset now")
        expect(status(page)).to_have_text("Your progress is reset.")
        newer = {"contact/extent": record(response="new"), "contact/move": record()}
        page.evaluate("([key, text]) => localStorage.setItem(key, text)", [KEY, text_of(newer)])
        press(page, "Undo the reset")
        expect(status(page)).to_have_text("Your answers are back.")
        assert set(kept(page)) == {*SOME, "contact/move"}
        assert kept(page)["contact/extent"]["response"] == "new"

    def test_nothing_to_export_or_to_reset_is_said(self, open_page: Callable[..., Page]) -> None:
        page = open_page()
        press(page, "Export")
        expect(status(page)).to_have_text("There is nothing to export yet.")
        press(page, "Reset")
        expect(status(page)).to_have_text("There is nothing to reset.")
        expect(page.get_by_role("dialog")).to_be_hidden()

    def test_a_full_storage_is_said_and_loses_nothing(self, open_page: Callable[..., Page]) -> None:
        page = open_page(SOME)
        page.evaluate("() => { Storage.prototype.setItem = () => { throw new DOMException('full'); }; }")
        choose(page, text_of({"contact/move": record()}))
        expect(status(page)).to_have_text("This browser has no room left for it. Nothing has changed.")
        assert kept(page) == SOME

    def test_another_tab_that_stores_is_seen_at_once_and_the_focus_stays(self, open_page: Callable[..., Page]) -> None:
        page = open_page(SOME)
        page.get_by_text("Not begun yet (1)").click()
        link = page.get_by_role("link", name="The extent of contact")
        link.focus()
        other = page.context.new_page()
        other.clock.set_fixed_time(NOW)
        other.goto(HOME)
        choose(other, text_of({"contact/move": record()}))
        expect(other.locator(".ops-summary")).to_contain_text("You have answered 5 of 8")
        expect(page.locator(".ops-summary")).to_contain_text("You have answered 5 of 8")
        expect(link).to_be_focused()
        expect(page.get_by_text("Compute how long customers wait.")).to_be_visible()
        other.close()

    def test_an_answer_on_the_same_page_is_seen_at_once(self, open_page: Callable[..., Page]) -> None:
        page = open_page(SOME)
        page.evaluate(
            """([id, record]) => {
                customElements.get("ops-question").store.save(id, record);
                document.body.dispatchEvent(new CustomEvent("ops-answer", {bubbles: true}));
            }""",
            ["contact/move", record()],
        )
        expect(page.locator(".ops-summary")).to_contain_text("You have answered 5 of 8")


class TestEveryReader:
    def test_with_storage_blocked_it_says_so_and_shows_what_is_imported(
        self, page: Page, open_page: Callable[..., Page]
    ) -> None:
        page.add_init_script(BLOCKED)
        open_page()
        summary = page.locator(".ops-summary")
        expect(summary).to_contain_text("This browser keeps nothing for this site")
        expect(summary).to_contain_text("Questions, hints and marks work all the same")
        choose(page, text_of(SOME))
        expect(status(page)).to_have_text("Imported 4 answers.")
        expect(summary).to_contain_text("You have answered 4 of 8 questions")
        with page.expect_download() as download:
            press(page, "Export")
        assert json.loads(download.value.path().read_text(encoding="utf-8"))["answers"] == SOME
        press(page, "Reset")
        press(page, "Reset now")
        press(page, "Undo the reset")
        expect(summary).to_contain_text("You have answered 4 of 8 questions")

    def test_without_javascript_it_says_what_it_needs(self, browser: Browser) -> None:
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.set_content(document())
        expect(page.get_by_text("Your progress needs JavaScript")).to_be_visible()
        expect(page.get_by_role("button")).to_have_count(0)
        context.close()

    def test_without_its_catalogue_it_says_so(self, open_page: Callable[..., Page]) -> None:
        page = open_page(html=document(catalogue=None))
        expect(page.get_by_text("The list of questions did not load")).to_be_visible()

    def test_scripts_in_the_head_serve_it_too(self, open_page: Callable[..., Page]) -> None:
        page = open_page(SOME, document(head=True))
        expect(page.locator(".ops-summary")).to_contain_text("You have answered 4 of 8")
        expect(page.get_by_text("Your progress needs JavaScript")).to_have_count(0)

    @pytest.mark.parametrize("theme", ["light", "dark"])
    @pytest.mark.parametrize("width", [320, 1280])
    def test_axe_finds_nothing_in_any_state(self, open_page: Callable[..., Page], theme: str, width: int) -> None:
        page = open_page(html=document(theme))
        page.set_viewport_size({"width": width, "height": 900})
        options = {"rules": {"target-size": {"enabled": True}}}
        assert Axe().run(page, options=options).response["violations"] == []
        choose(page, text_of(SOME))
        expect(status(page)).to_have_text("Imported 4 answers.")
        page.get_by_text("Not begun yet").click()
        assert Axe().run(page, options=options).response["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        press(page, "Reset")
        assert Axe().run(page, options=options).response["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    def test_everything_to_press_is_44_pixels_high(self, open_page: Callable[..., Page]) -> None:
        page = open_page(SOME)
        page.set_viewport_size({"width": 390, "height": 900})
        press(page, "Reset")
        targets = page.locator("button:visible, summary, .ops-review a, h3 a").all()
        boxes = [box for box in (target.bounding_box() for target in targets) if box]
        assert len(boxes) >= 10
        assert min(box["height"] for box in boxes) >= 44

    def test_nothing_moves(self) -> None:
        assert "transition" not in STYLE
        assert "animation" not in STYLE


def test_it_leads_through_the_chapters_in_the_order_of_the_book() -> None:
    contents = (Path(__file__).parents[2] / "_toc.yml").read_text(encoding="utf-8")
    chapters = [name for name in ProgressWidget().catalogue["chapters"] if f"chapters/{name}\n" in contents]
    assert chapters[0] == "operations-and-services"
    assert chapters == sorted(chapters, key=lambda name: contents.index(f"chapters/{name}\n"))


class TestWidget:
    """The anywidget view with Python behind it; a stand-in carries what JupyterLab carries between the two."""

    HARNESS = """async ([code, state]) => {
        const url = URL.createObjectURL(new Blob([code], {type: "text/javascript"}));
        const view = (await import(url)).default;
        const listeners = {};
        const tell = (event, value) => (listeners[event] || []).forEach((each) => each(value));
        const el = document.createElement("div");
        document.querySelector("main").append(el);
        view.render({el, model: {
            get: (name) => state[name],
            async send(message) {
                const {answers, replies} = await window.python(message);
                state.answers = answers;
                tell("change:answers");
                replies.forEach((each) => tell("msg:custom", each));
            },
            on: (name, action) => (listeners[name] = listeners[name] || []).push(action),
            off: () => {},
        }});
    }"""

    @pytest.fixture(autouse=True)
    def file(self, full_sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        assert full_sample.exists()
        path = tmp_path / "kept" / "progress.json"
        monkeypatch.setenv("OPSBOOK_PROGRESS", str(path))
        return path

    def show(self, page: Page, monkeypatch: pytest.MonkeyPatch) -> ProgressWidget:
        widget = exercises.my_progress()
        replies: list[dict[str, Any]] = []
        monkeypatch.setattr(widget, "send", replies.append)

        def python(message: dict[str, Any]) -> dict[str, Any]:
            replies.clear()
            widget._asked(widget, message, [])
            return {"answers": widget.answers, "replies": list(replies)}

        page.expose_function("python", python)
        state = {"answers": widget.answers, "catalogue": widget.catalogue, "note": widget.note}
        page.evaluate(self.HARNESS, [str(widget._esm), state])
        return widget

    def save(self, *ids: str, **changes: Any) -> None:
        for name in ids:
            progress.save(f"sample/{name}", Answer.model_validate(record(8) | changes))

    @pytest.fixture
    def bare(self, open_page: Callable[..., Page]) -> Page:
        return open_page(html="<!doctype html><html lang=en><title>Lab</title><body><main></main></body></html>")

    def test_it_shows_the_file_and_not_the_browsers_storage(self, bare: Page, monkeypatch: pytest.MonkeyPatch) -> None:
        self.save("which", "share")
        self.show(bare, monkeypatch)
        expect(bare.locator(".ops-summary")).to_contain_text("You have answered 2 of 7 questions")
        expect(bare.locator(".ops-chapter h3")).to_have_text(["Sample"])
        expect(bare.get_by_role("link")).to_have_count(0)
        expect(proposals(bare).first.locator("code")).to_have_text('exercises.question("sample/share")')
        expect(bare.locator(".ops-desk")).to_contain_text("in a file on the computer that runs JupyterLab")

    def test_export_import_reset_and_undo_go_through_python(self, bare: Page, monkeypatch: pytest.MonkeyPatch) -> None:
        self.save("which", "share")
        self.show(bare, monkeypatch)
        with bare.expect_download() as download:
            press(bare, "Export")
        assert download.value.path().read_text(encoding="utf-8") == progress.export_text()
        choose(bare, text_of({"sample/several": record(), "sample/which": record(90)}))
        expect(status(bare)).to_have_text(
            "Imported 1 answer. For 1 question the answer here is the same or later, and stays."
        )
        assert set(progress.load()) == {"sample/several", "sample/share", "sample/which"}
        choose(bare, "{}")
        expect(status(bare)).to_contain_text("The file must hold progress in format 1, and it does not.")
        press(bare, "Reset")
        press(bare, "Reset now")
        expect(status(bare)).to_have_text("Your progress is reset.")
        assert progress.load() == {}
        press(bare, "Undo the reset")
        expect(status(bare)).to_have_text("Your answers are back.")
        assert len(progress.load()) == 3
        assert bare.evaluate("localStorage.length") == 0

    def test_what_another_notebook_stores_is_seen_on_coming_back(
        self, bare: Page, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.show(bare, monkeypatch)
        expect(bare.locator(".ops-summary")).to_contain_text("You have not answered a question yet.")
        self.save("which")
        bare.get_by_role("button", name="Export").focus()
        expect(bare.locator(".ops-summary")).to_contain_text("You have answered 1 of 7 questions")

    def test_a_file_that_cannot_be_written_is_said(
        self, bare: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "taken").write_text("a file, not a folder", encoding="utf-8")
        monkeypatch.setenv("OPSBOOK_PROGRESS", str(tmp_path / "taken" / "progress.json"))
        widget = self.show(bare, monkeypatch)
        assert widget.note.startswith("Your progress cannot be read: ")
        choose(bare, text_of({"sample/which": record()}))
        expect(status(bare)).to_contain_text("taken")

    def test_plain_keys_are_kept_from_the_notebook_and_its_ctrl_keys_are_not(
        self, bare: Page, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.show(bare, monkeypatch)
        # JupyterLab listens on the document, before the element does, and passes over what stands inside the attribute.
        bare.evaluate(
            """() => {
                window.heard = [];
                const hear = ({key, target}) => target.closest("[data-lm-suppress-shortcuts]") || heard.push(key);
                document.addEventListener("keydown", hear, true);
            }"""
        )
        bare.get_by_role("button", name="Export").focus()
        for keys in ("Tab", "d", "Control+s", "Space"):
            bare.keyboard.press(keys)
        assert bare.evaluate("heard") == ["Control", "s"]

    def test_what_a_notebook_stores_is_the_same_for_everybody(self) -> None:
        first = exercises.my_progress()._repr_mimebundle_()
        self.save("which")
        second = exercises.my_progress()._repr_mimebundle_()
        assert first is not None
        assert second is not None
        assert first[0]["text/plain"] == second[0]["text/plain"] == "[My progress]"
        assert set(first[0]) == {"text/plain", "application/vnd.jupyter.widget-view+json"}
