"""What marks a response of each kind: cases worked out by hand, and what holds for every response."""

from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook import exercises
from opsbook.exercises import Mark, prose
from opsbook.exercises.choice import ChoicesEntry, ChoicesQuestion
from opsbook.exercises.code import CodeEntry
from opsbook.exercises.match import MatchEntry, MatchQuestion
from opsbook.exercises.order import OrderEntry, OrderQuestion
from opsbook.exercises.shuffling import disordered, hash32, shuffled

COMMON = {
    "objective": "sample/1",
    "section": "sec-one",
    "difficulty": 1,
    "points": 1,
    "pool": ["check"],
    "prompt": "What is it?",
}
LETTERS = "abcdefgh"


def ids(pieces: tuple[Any, ...]) -> list[str]:
    return [piece.id for piece in pieces]


def choices_of(right: list[bool], seed: int = 0) -> ChoicesQuestion:
    options = [
        {"id": each, "text": each, "correct": correct, "feedback": f"About {each}."}
        for each, correct in zip(LETTERS, right, strict=False)
    ]
    raw = {**COMMON, "id": "several", "kind": "choices", "options": options}
    return ChoicesEntry.model_validate(raw).draw("made/several", seed, fixed=True)


def order_of(steps: int, mistakes: tuple[dict[str, Any], ...] = (), seed: int = 0) -> OrderQuestion:
    items = [{"id": each, "text": each, "feedback": f"About {each}."} for each in LETTERS[:steps]]
    raw = {**COMMON, "id": "steps", "kind": "order", "items": items, "mistakes": list(mistakes)}
    return OrderEntry.model_validate(raw).draw("made/steps", seed, fixed=True)


def match_of(sizes: list[int], seed: int = 0) -> MatchQuestion:
    letters = iter(LETTERS)
    groups = [
        {
            "id": f"group-{number}",
            "text": "Here",
            "items": [{"id": next(letters), "text": "It", "feedback": "No."} for _ in range(size)],
        }
        for number, size in enumerate(sizes)
    ]
    raw = {**COMMON, "id": "offices", "kind": "match", "groups": groups}
    return MatchEntry.model_validate(raw).draw("made/offices", seed, fixed=True)


class TestShuffling:
    @pytest.mark.parametrize(("text", "fnv1a"), [("", 0x811C9DC5), ("a", 0xE40C292C), ("foobar", 0xBF9CF968)])
    def test_the_hash_is_fnv_1a_with_the_finaliser_of_murmur(self, text: str, fnv1a: int) -> None:
        def finalised(value: int) -> int:
            for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
                value = ((value ^ (value >> shift)) * factor) % 2**32
            return value ^ (value >> 16)

        # MurmurHash3 of nothing is its finaliser of the seed; this value of it is published.
        assert finalised(1) == 0x514E28B7
        assert hash32(text) == finalised(fnv1a)

    @given(st.sets(st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True), min_size=2, max_size=8), st.text())
    def test_the_salt_alone_decides(self, names: set[str], salt: str) -> None:
        first, second = sorted(names), sorted(names, reverse=True)
        assert shuffled(first, salt) == shuffled(second, salt)
        assert sorted(shuffled(first, salt)) == first
        assert disordered(first, salt) != first
        assert sorted(disordered(first, salt)) == first

    def test_every_order_comes_up_about_as_often(self) -> None:
        counts = dict.fromkeys(permutations("abc"), 0)
        for seed in range(600):
            counts[tuple(shuffled("abc", f"sample/which|{seed}"))] += 1
        assert all(70 <= count <= 130 for count in counts.values()), counts

    @pytest.mark.usefixtures("full_sample")
    @pytest.mark.parametrize(
        ("question_id", "part"),
        [("which", "options"), ("several", "options"), ("steps", "items"), ("offices", "items")],
    )
    def test_a_seed_gives_one_order_and_seeds_give_several(self, question_id: str, part: str) -> None:
        def shown(seed: int) -> list[str]:
            return ids(getattr(exercises.question(f"sample/{question_id}", seed=seed), part))

        assert [shown(seed) for seed in range(20)] == [shown(seed) for seed in range(20)]
        assert len({tuple(shown(seed)) for seed in range(20)}) > 3
        assert {tuple(sorted(shown(seed))) for seed in range(20)} == {tuple(sorted(shown(0)))}

    @given(st.integers(3, 8), st.integers())
    def test_steps_are_never_shown_in_the_right_order(self, steps: int, seed: int) -> None:
        question = order_of(steps, seed=seed)
        assert tuple(ids(question.items)) != question.key
        assert question.key == tuple(LETTERS[:steps])

    @pytest.mark.usefixtures("full_sample")
    def test_groups_stay_as_the_author_put_them(self) -> None:
        assert {tuple(ids(exercises.question("sample/offices", seed=n).groups)) for n in range(9)} == {  # type: ignore[attr-defined]
            ("front", "back")
        }


@pytest.mark.usefixtures("full_sample")
class TestChoices:
    @pytest.mark.parametrize(
        ("response", "mark", "mistake", "message"),
        [
            (["queue"], 1 / 3, "incomplete", "2 answers that belong are missing."),
            (["queue", "watch"], 2 / 3, "incomplete", "One answer that belongs is missing."),
            (["queue", "talk", "watch", "print"], 2 / 3, "print", "Look where she is."),
            (
                ["queue", "talk", "post"],
                1 / 3,
                "post",
                "She has left <by then>.\n\nOne answer that belongs is missing.",
            ),
            (["post"], 0, "post", "She has left <by then>.\n\n3 answers that belong are missing."),
            (["talk", "talk", "elsewhere"], 1 / 3, "incomplete", "2 answers that belong are missing."),
        ],
    )
    def test_hits_earn_and_slips_cost(self, response: list[str], mark: float, mistake: str, message: str) -> None:
        marked = exercises.mark(exercises.question("sample/several"), response)
        assert marked == Mark(mark=pytest.approx(mark), message=message, mistake=mistake)

    @pytest.mark.parametrize("seed", range(6))
    def test_feedback_comes_in_the_order_that_is_shown(self, seed: int) -> None:
        question = exercises.question("sample/several", seed=seed)
        feedback = {option.id: option.feedback for option in question.options}  # type: ignore[attr-defined]
        right = exercises.mark(question, ["watch", "talk", "queue"])
        assert (right.mark, right.mistake) == (1, None)
        assert right.message == "\n\n".join(feedback[each] for each in feedback if each in {"queue", "watch"})
        slips = [each for each in feedback if each in {"post", "print"}]
        wrong = exercises.mark(question, list(feedback))
        assert (wrong.mistake, wrong.message) == (slips[0], "\n\n".join(feedback[each] for each in slips))
        assert wrong.mark == pytest.approx(1 / 3)

    @pytest.mark.parametrize("response", [None, [], ["elsewhere"], ()])
    def test_nothing_chosen_is_no_attempt(self, response: Any) -> None:
        marked = exercises.mark(exercises.question("sample/several"), response)
        assert marked == Mark(mark=0, message="Choose at least one answer first.", attempted=False)

    @given(st.lists(st.booleans(), min_size=3, max_size=8), st.data())
    def test_only_the_key_is_right(self, right: list[bool], data: st.DataObject) -> None:
        question = choices_of([*right[:-2], True, False])
        names = ids(question.options)
        key = {option.id for option in question.options if option.correct}
        response = data.draw(st.lists(st.sampled_from([*names, "elsewhere"])))
        marked = question.mark(response)
        assert 0 <= marked.mark <= 1
        assert marked.correct == (marked.mark == 1) == (set(response) & set(names) == key)
        assert question.mark(sorted(response)) == marked
        for slip in set(names) - key:
            assert question.mark([*key, slip]).mistake == slip
            assert question.mark(names).mark <= question.mark([*key, slip]).mark < 1
        # Choosing everything must not pay where half or more is wrong.
        if 2 * len(key) <= len(names):
            assert question.mark(names).mark == 0


def swaps_needed(response: tuple[str, ...]) -> int:
    """Return Kendall's distance: how many swaps of neighbours sort `response`."""
    row, swaps = list(response), 0
    for _ in row:
        for place in range(len(row) - 1):
            if row[place] > row[place + 1]:
                row[place], row[place + 1] = row[place + 1], row[place]
                swaps += 1
    return swaps


class TestOrder:
    @pytest.mark.usefixtures("full_sample")
    @pytest.mark.parametrize(
        ("order", "mark", "mistake", "message"),
        [
            ("arrive wait talk sign leave", 1, None, "Arrive, wait, talk, sign, leave."),
            # A catalogued idea goes before all others, the first one listed before the next.
            ("sign talk wait arrive leave", 0, "sign-first", "Papers do not come first."),
            ("leave sign talk wait arrive", 0, "sign-first", "Papers do not come first."),
            ("wait talk leave sign arrive", 0, "gone", "She is gone before she came."),
            # One step out of place: 4 of 10 pairs, then 1 of 10.
            (
                "wait talk sign leave arrive",
                0.2,
                "gone",
                "She is gone before she came.",
            ),
            (
                "wait talk sign arrive leave",
                0.4,
                "arrive",
                "Only one step is out of place.\n\nNothing runs before somebody comes.",
            ),
            (
                "arrive talk wait sign leave",
                0.8,
                "talk",
                "Only one step is out of place.\n\nTalking needs a clerk who is free.",
            ),
            # What is right at the start is counted.
            ("wait arrive talk leave sign", 0.6, None, "The first step is not right yet."),
            ("arrive talk wait leave sign", 0.6, None, "The first step is right; the second is not."),
            ("arrive wait leave sign talk", 0.4, None, "The first 2 steps are right; the next one is not."),
        ],
    )
    def test_the_first_diagnosis_that_fits(self, order: str, mark: float, mistake: str | None, message: str) -> None:
        marked = exercises.mark(exercises.question("sample/steps"), order.split())
        assert marked == Mark(mark=pytest.approx(mark), message=message, mistake=mistake)

    def test_backwards_is_said_so_where_nothing_is_catalogued(self) -> None:
        marked = order_of(4).mark(list("dcba"))
        assert (marked.mark, marked.mistake) == (0, "reversed")
        assert "backwards" in marked.message

    def test_without_a_solution_right_has_words_too(self) -> None:
        assert repr(order_of(3).mark(["a", "b", "c"])) == "✓ Right. That is right."

    @pytest.mark.usefixtures("full_sample")
    @pytest.mark.parametrize(
        "response", [None, [], ["arrive"], ["arrive", "wait", "talk", "sign", "sign"], ["a", "b", "c", "d", "e"]]
    )
    def test_what_is_no_order_of_all_steps_is_no_attempt(self, response: Any) -> None:
        marked = exercises.mark(exercises.question("sample/steps"), response)
        assert marked == Mark(mark=0, message="Put the steps in order first.", attempted=False)

    @pytest.mark.parametrize("steps", [3, 4, 5, 6])
    def test_the_mark_is_kendalls_tau_but_not_below_zero(self, steps: int) -> None:
        question, pairs = order_of(steps), steps * (steps - 1) / 2
        for response in permutations(question.key):
            tau = 1 - 2 * swaps_needed(response) / pairs
            marked = question.mark(response)
            assert marked.mark == pytest.approx(max(0, tau))
            assert marked.attempted
            assert marked.correct == (response == question.key)

    @given(st.integers(0, 7), st.integers(0, 7))
    def test_a_step_put_in_another_place_is_recognised(self, start: int, end: int) -> None:
        response = list(LETTERS)
        response.insert(end, response.pop(start))
        marked = order_of(len(LETTERS)).mark(response)
        # Of two neighbours that have changed places either may be meant; the one that now comes first is named.
        moved = response[start] if end == start + 1 else LETTERS[start]
        assert marked.mistake == (None if start == end else moved)
        assert marked.correct == (start == end)
        assert marked.correct or marked.message == f"Only one step is out of place.\n\nAbout {moved}."

    @given(st.permutations("abcdef"), st.sampled_from([p for p in permutations("abcdef", 3) if list(p) != sorted(p)]))
    def test_a_catalogued_idea_is_recognised_wherever_it_shows(self, order: list[str], idea: tuple[str, ...]) -> None:
        question = order_of(6, ({"id": "idea", "order": list(idea), "feedback": "Not so."},))
        places = [order.index(each) for each in idea]
        marked = question.mark(order)
        assert (marked.mistake == "idea") == (places == sorted(places))
        assert marked.correct == (order == sorted(order))

    @given(st.permutations("abcdef"))
    def test_what_leads_is_counted(self, order: list[str]) -> None:
        marked = order_of(6).mark(order)
        if marked.mistake is None and not marked.correct:
            count = next(n for n in range(6) if order[n] != "abcdef"[n])
            assert marked.message == order_of(6).messages()["leading"][count]


@pytest.mark.usefixtures("full_sample")
class TestMatch:
    RIGHT = {"greet": "front", "advise": "front", "file": "back", "bill": "back"}  # noqa: RUF012 - never changed

    @pytest.mark.parametrize(
        ("change", "mark", "mistake", "message"),
        [
            ({}, 1, None, "That is right."),
            (
                {"file": "front"},
                0.75,
                "file",
                "One item is in the wrong group.\n\n**File *papers*:** Papers need nobody to look on.",
            ),
            ({"file": None}, 0.75, "incomplete", "One item has no group yet."),
            ({"file": "attic", "bill": None, "shred": "back"}, 0.5, "incomplete", "2 items have no group yet."),
            (
                {"greet": "back", "bill": None},
                0.5,
                "greet",
                (
                    "One item has no group yet.\n\nOne item is in the wrong group.\n\n"
                    "**Greet:** Whom would you greet there?"
                ),
            ),
        ],
    )
    def test_items_in_their_group_are_counted(
        self, change: dict[str, str | None], mark: float, mistake: str | None, message: str
    ) -> None:
        response = {item: group for item, group in {**self.RIGHT, **change}.items() if group}
        marked = exercises.mark(exercises.question("sample/offices"), response)
        assert marked == Mark(mark=mark, message=message, mistake=mistake)

    @pytest.mark.parametrize("seed", range(6))
    def test_of_several_misplaced_items_the_first_shown_is_named(self, seed: int) -> None:
        question = exercises.question("sample/offices", seed=seed)
        first = question.items[0]  # type: ignore[attr-defined]
        marked = exercises.mark(
            question, {item: {"front": "back", "back": "front"}[g] for item, g in self.RIGHT.items()}
        )
        assert (marked.mark, marked.mistake) == (0, first.id)
        assert marked.message == f"4 items are in the wrong group. This is one of them:\n\n{first.feedback}"
        assert first.feedback.startswith(f"**{first.text}:** ")

    @pytest.mark.parametrize("response", [None, {}, {"shred": "back"}, {"greet": "attic"}])
    def test_nothing_placed_is_no_attempt(self, response: Any) -> None:
        marked = exercises.mark(exercises.question("sample/offices"), response)
        assert marked == Mark(mark=0, message="Choose a group for each item first.", attempted=False)

    @given(st.lists(st.integers(1, 2), min_size=3, max_size=4), st.data())
    def test_only_the_key_is_right(self, sizes: list[int], data: st.DataObject) -> None:
        question = match_of(sizes)
        key = {item.id: item.group for item in question.items}
        places = st.sampled_from([*ids(question.groups), "attic"])
        response = data.draw(st.dictionaries(st.sampled_from([*key, "nothing"]), places))
        marked = question.mark(response)
        assert marked.mark == sum(response.get(item) == group for item, group in key.items()) / len(key)
        assert marked.correct == (key.items() <= response.items())


@pytest.mark.usefixtures("full_sample")
class TestReflect:
    @pytest.mark.parametrize("response", ["At the bank.", "?", " x "])
    def test_what_is_written_is_kept_and_not_judged(self, response: str) -> None:
        marked = exercises.mark(exercises.question("sample/think"), response)
        assert (marked.mark, marked.mistake, marked.attempted) == (1, None, True)
        assert marked.message.startswith("Kept. There is no mark for this")

    @pytest.mark.parametrize("response", [None, "", " \t\r\n"])
    def test_a_blank_is_no_attempt(self, response: str | None) -> None:
        marked = exercises.mark(exercises.question("sample/think"), response)
        assert marked == Mark(mark=0, message="Write something first.", attempted=False)


def share(present: float, total: float) -> float:
    return present / total


@pytest.mark.usefixtures("full_sample")
class TestCode:
    def mark(self, **namespace: Any) -> Mark:
        return exercises.mark(exercises.question("sample/compute"), namespace)

    def test_right_code_gets_the_words_of_its_checks(self) -> None:
        assert self.mark(share=share) == Mark(mark=1, message="Chase would agree.")

    def test_code_that_fails_every_test_gets_the_first_message(self) -> None:
        marked = self.mark(share=lambda present, total: present + total)
        assert (marked.mark, marked.mistake) == (0, "test-1")
        assert marked.message == "For `<lambda>(12, 40)`: Got `52`."

    def test_a_catalogued_slip_keeps_the_message_of_the_check(self) -> None:
        marked = self.mark(share=lambda present, total: total / present if present else 0)
        assert marked == Mark(mark=1 / 3, message="Upside down.", mistake="test-1")

    @pytest.mark.parametrize(
        ("wrong_at", "mistake", "message"),
        [((3, 4), "test-2", "Three of four is 0.75."), ((0, 9), "test-3", "Nobody there, no contact.")],
    )
    def test_a_test_that_is_false_gives_its_message(
        self, wrong_at: tuple[int, int], mistake: str, message: str
    ) -> None:
        marked = self.mark(share=lambda *numbers: 0.5 if numbers == wrong_at else share(*numbers))
        assert marked == Mark(mark=2 / 3, message=message, mistake=mistake)

    def test_an_exception_is_one_sentence_after_the_message(self) -> None:
        def broken(present: float, total: float) -> float:
            return present / (total - 4)

        marked = self.mark(share=lambda *numbers: (broken if numbers == (3, 4) else share)(*numbers))
        assert marked.message == "Three of four is 0.75. Your code stops with ZeroDivisionError: division by zero."
        assert (marked.mark, marked.mistake) == (2 / 3, "test-2")

    def test_what_the_code_prints_is_not_repeated_for_every_test(self, capsys: pytest.CaptureFixture[str]) -> None:
        def chatty(present: float, total: float) -> float:
            print(present, total)  # noqa: T201 - the matter of this test
            return present / total

        assert self.mark(share=chatty).correct
        assert capsys.readouterr().out == ""

    def test_leaving_python_is_stopped(self) -> None:
        def leaving(*numbers: float) -> float:
            raise SystemExit if numbers == (3, 4) else ZeroDivisionError("nothing")

        marked = self.mark(share=leaving)
        assert (marked.mark, marked.mistake) == (0, "test-1")

    @pytest.mark.parametrize(
        ("namespace", "words"),
        [
            (None, "Run the cell with your code first."),
            ({}, "`share` is not defined yet: run the cell above first."),
            ({"share": ...}, "Replace the `...` with your own work"),
            ({"share": lambda _present, _total: None}, "The function returns nothing so far"),
        ],
    )
    def test_what_is_not_there_yet_is_no_attempt(self, namespace: dict[str, Any] | None, words: str) -> None:
        marked = exercises.mark(exercises.question("sample/compute"), namespace)
        assert (marked.mark, marked.mistake, marked.attempted) == (0, None, False)
        assert words in marked.message

    def test_a_name_that_the_learners_own_function_lacks_is_their_mistake(self) -> None:
        namespace: dict[str, Any] = {}
        exec("def share(present, total):\n    return present / totel\n", namespace)
        marked = exercises.mark(exercises.question("sample/compute"), namespace)
        assert marked.attempted
        assert "stops with NameError: name 'totel' is not defined" in marked.message

    def test_the_learners_names_are_left_alone(self) -> None:
        namespace = {"share": share, "contact": "a name of theirs"}
        assert exercises.mark(exercises.question("sample/compute"), namespace).correct
        assert namespace == {"share": share, "contact": "a name of theirs"}

    @pytest.mark.parametrize(
        ("code", "message"),
        [
            ("value == 2", "Every test passes."),
            ("value == 3", "Not this."),
            ("import numpy as np\nnp.isclose(value, 3)", "Not this."),
            ("None", "Every test passes."),
            ("0", "Every test passes."),
            ("import numpy as np\nnp.array([value, value]) == 3", "Not this."),
            ("import numpy as np\nnp.array([value]) == 3", "Not this."),
            ("import pandas as pd\npd.Series([value, 5]) == 3", "Not this."),
            ("import pandas as pd\npd.NA == value", "Not this."),
            ("twice = 2 * value\nassert twice == 4", "Every test passes."),
            ("assert value == 3", "Not this."),
            ("assert value == 3, 'Count again.'", "Not this. Count again."),
            ("check(value, 2)", "Every test passes."),
            ("check(value, 3)", "Got `2`."),
            ("check(value, 3)\nTrue", "Every test passes."),
            ("kpi.__name__ == 'opsbook.kpi'", "Every test passes."),
        ],
    )
    def test_what_passes_a_test(self, code: str, message: str) -> None:
        tests = [{"code": code, "message": "Not this."}]
        raw = {**COMMON, "id": "compute", "kind": "code", "tests": tests, "solution": "Two."}
        marked = CodeEntry.model_validate(raw).draw("made/compute", 0, fixed=True).mark({"value": 2})
        assert (marked.message, marked.correct) == (message, message.startswith("Every"))


@pytest.mark.usefixtures("full_sample")
class TestEveryKind:
    def test_no_answer_is_no_attempt(self) -> None:
        for question in exercises.bank():
            marked = exercises.mark(question, None)
            assert (marked.mark, marked.mistake, marked.attempted, marked.correct) == (0, None, False, False)
            assert marked.message == question.messages()["blank"]

    @pytest.mark.parametrize(
        ("question_id", "response", "words"),
        [
            ("which", ["b"], r"the id of an option or None, got \['b'\]\. Give one id"),
            ("several", "queue", r"a list of option ids or None, got 'queue'\. Put the ids in a list"),
            ("several", {"queue": "talk"}, "a list of option ids"),
            ("several", [1], r"a list of option ids or None, got \[1\]"),
            ("share", 0.25, r"as typed \(text\) or None, got 0\.25"),
            ("steps", "arrive", "a list of item ids or None, got 'arrive'"),
            ("steps", 5, "a list of item ids or None, got 5"),
            ("offices", ["greet"], r"a mapping of item ids to group ids or None, got \['greet'\]"),
            ("offices", {"greet": 1}, r"a mapping of item ids to group ids or None, got \{'greet': 1\}"),
            ("think", 5, r"the answer as written \(text\) or None, got 5\. Use str"),
            ("compute", "share", "the namespace of the learner's code or None, got 'share'. Use globals"),
        ],
    )
    def test_a_response_of_another_type_is_refused(self, question_id: str, response: Any, words: str) -> None:
        with pytest.raises(TypeError, match=f"`response` must be .*{words}"):
            exercises.mark(exercises.question(f"sample/{question_id}"), response)

    def test_the_instructors_note_comes_along(self) -> None:
        assert exercises.question("sample/several").instructor == "Ask for the clock first."
        assert exercises.question("sample/which").instructor == ""

    def test_messages_in_parts_read_as_their_parts(self) -> None:
        marked = exercises.mark(exercises.question("sample/several"), ["post"])
        parts = ["She has left <by then>.", "3 answers that belong are missing."]
        assert prose.to_html(marked.message) == "\n".join(map(prose.to_html, parts))


@pytest.mark.parametrize(
    ("mark", "text", "markdown"),
    [
        (Mark(mark=1, message="Yes."), "✓ Right. Yes.", "✓ **Right.** Yes."),
        (Mark(mark=1, message=""), "✓ Right.", "✓ **Right.**"),
        (Mark(mark=0.25, message="Half."), "◐ Partly right. Half.", "◐ **Partly right.** Half."),
        (Mark(mark=0, message="No.", mistake="a"), "✗ Not yet. No.", "✗ **Not yet.** No."),
        (
            Mark(mark=0, message="Write.", attempted=False),
            "○ Not attempted yet. Write.",
            "○ **Not attempted yet.** Write.",
        ),
    ],
)
def test_a_mark_shows_itself(mark: Mark, text: str, markdown: str) -> None:
    assert repr(mark) == text
    assert mark._repr_markdown_() == markdown
    assert mark.correct == text.startswith("✓")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        # Options.
        ("{id: post,", "{id: print,", "several: options: option ids must differ, got `print` 2 times. Rename all but"),
        ("{id: post,", "{id: incomplete,", "several: options: the option id `incomplete` already means something else"),
        ("correct: false", "correct: true", "several: options: at least one option must be `correct: true` and one `"),
        (" feedback: Look where she is.,", "", "several: options[print].feedback: a wrong option needs feedback"),
        (", rationale: She left.", "", "several: options[post].rationale: every option of an exam question needs a"),
        # Steps.
        ("{id: wait,", "{id: talk,", "steps: items: item ids must differ, got `talk` 2 times. Rename all but one."),
        ("{id: wait,", "{id: reversed,", "steps: items: the item id `reversed` already means something else in a"),
        ("{id: gone,", "{id: leave,", "steps: mistakes: the mistake id `leave` already means something else in a mark"),
        ("{id: gone,", "{id: sign-first,", "steps: mistakes: mistake ids must differ, got `sign-first` 2 times."),
        ("[leave, arrive]", "[leav, arrive]", "mistakes[gone].order: `leav` is not the id of an item. Did you mean `l"),
        ("[leave, arrive]", "[leave, leave]", "mistakes[gone].order: must name each item once, got leave, leave."),
        ("[leave, arrive]", "[arrive, leave]", "mistakes[gone].order: must be wrong, got arrive, leave, which holds"),
        (
            "[leave, arrive]",
            "[sign, arrive, talk, wait]",
            "mistakes[gone].order: is never recognised, because `sign-first` above fits wherever it does.",
        ),
        # Groups.
        ("id: back\n", "id: front\n", "offices: groups: group ids must differ, got `front` 2 times."),
        ("{id: file,", "{id: greet,", "offices: groups: item ids must differ, got `greet` 2 times."),
        ("{id: file,", "{id: incomplete,", "offices: groups: the item id `incomplete` already means something else"),
        # Code.
        ("assert share(3, 4) == 0.75", "assert share(3, 4) =", "compute: tests[2].code: must be Python that compiles"),
        (
            "assert share(3, 4) == 0.75",
            "return 5",
            "tests[2].code: must be Python that compiles, got: 'return' outside",
        ),
        ("assert share(3, 4) == 0.75", "share(3, 4) is 1", 'tests[2].code: looks wrong: in its line 1, "is" with a l'),
        ("assert share(3, 4) == 0.75", "assert (share, 1)", "tests[2].code: looks wrong: in its line 1, assertion is"),
    ],
)
def test_each_rule_of_a_kind_is_told(full_sample: Path, old: str, new: str, problem: str) -> None:
    text = full_sample.read_text(encoding="utf-8")
    start = text.index("- id: several")
    assert old in text[start:]
    full_sample.write_text(text[:start] + text[start:].replace(old, new), encoding="utf-8")
    found = exercises.bank_report([full_sample]).problems
    assert any(problem in line for line in found), found


def test_a_match_needs_three_items(write_bank: Callable[..., Path]) -> None:
    common = "\n".join(f"    {key}: {value}" for key, value in COMMON.items())
    groups = "".join(
        f"      - {{id: {name}, text: Here, items: [{{id: in-{name}, text: It, feedback: No.}}]}}\n" for name in "ab"
    )
    path = write_bank(f"\n  - id: offices\n    kind: match\n{common}\n    groups:\n{groups}")
    (problem,) = exercises.bank_report([path]).problems
    assert "question offices: groups: must hold at least 3 items in all, got 2." in problem


def test_a_sound_bank_has_no_problem(full_sample: Path) -> None:
    report = exercises.bank_report([full_sample])
    assert report.problems == []
    kinds = ("choice", "choices", "code", "match", "numeric", "order", "reflect")
    assert report.counts["kind"] == dict.fromkeys(kinds, 1)
