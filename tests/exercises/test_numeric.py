"""Values computed on the way, slips that any question may meet, and mistakes that run into each other."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.exercises.given import Choices, Range, sets_of_values
from opsbook.exercises.numeric import NumericEntry, NumericQuestion
from opsbook.exercises.slips import meet

QUESTION = {
    "id": "visit",
    "kind": "numeric",
    "objective": "sample/1",
    "section": "sec-one",
    "difficulty": 1,
    "points": 1,
    "pool": ["check"],
    "prompt": "Present for [[present]] of [[total]] minutes. How long is she absent?",
    "given": {"present": {"from": 10, "to": 19, "step": 1}, "total": {"choices": [40, 50]}},
    "answer": "total - present",
    "tolerance": {"relative": 0.01},
    "unit": "minutes",
    "solution": "It is [[answer]].",
}


def entry(**changes: Any) -> NumericEntry:
    return NumericEntry.model_validate(QUESTION | changes)


def asked(answer: float, **changes: Any) -> NumericQuestion:
    """Draw a question whose right answer is known beforehand."""
    return entry(answer=f"{answer!r} + 0 * present * total", **changes).draw("sample/visit", 1, fixed=True)


def problems(**changes: Any) -> list[tuple[str, str]]:
    found = entry(**changes).problems("sample/visit")
    return [(".".join(map(str, path)), text) for path, text in found]


def mistake(mistake_id: str, value: str, feedback: str = "No.") -> dict[str, str]:
    return {"id": mistake_id, "value": value, "feedback": feedback}


LET = {"absent": "total - present", "half": "absent / 2"}


class TestLet:
    def test_values_are_computed_in_order_and_used_everywhere(self) -> None:
        sound = entry(
            let=LET,
            answer="half",
            prompt="[[present]] of [[total]], [[absent]] absent",
            hints=["[[half:.1f]]"],
            mistakes=[mistake("twice", "absent * 2", "Not [[absent]].")],
            solution="[[absent]] / 2 = [[answer]]",
        )
        assert list(sound.problems("sample/visit")) == []
        question = sound.draw("sample/visit", 1, fixed=True)
        present, total = question.values["present"], question.values["total"]
        absent = total - present
        assert question.prompt == f"{present} of {total}, {absent} absent"
        assert question.hints == (f"{absent / 2:.1f}",)
        assert question.mistakes[0].feedback == f"Not {absent}."
        assert question.solution == f"{absent} / 2 = {absent / 2:.12g}"
        assert question.answer == absent / 2
        assert dict(question.values) == {"present": present, "total": total, "absent": absent, "half": absent / 2}

    def test_the_sample_knows_every_name(self) -> None:
        assert entry(let=LET).sample() == {"present": 10, "total": 40, "absent": 30, "half": 15}
        assert set(entry(let={"broken": "1 / 0", "after": "broken"}).sample()) == {
            "present",
            "total",
            "broken",
            "after",
        }

    def test_numbers_need_no_quotes(self) -> None:
        assert entry(let={"hour": 60}).sample()["hour"] == 60

    def test_they_do_not_count_as_other_numbers(self) -> None:
        seeds = entry(let=LET).variant_seeds("sample/visit", 0)
        assert seeds == entry().variant_seeds("sample/visit", 0)

    @pytest.mark.parametrize(
        ("let", "path", "words"),
        [
            ({"half": "absent / 2", "absent": "total - present"}, "let.half", "`absent` is not known."),
            ({"half": "total /"}, "let.half", "is not one expression"),
            ({"half": "total / 0"}, "let.half", "`total / 0` fails: division by zero Here present = 10, total = 40."),
            ({"total": "total * 1"}, "let.total", "`total` is a given value already."),
            ({"answer": "present"}, "let.answer", "`answer` means something else in expressions."),
            ({"contact": "present"}, "let.contact", "`contact` means something else in expressions."),
            ({"max": "present"}, "let.max", "`max` means something else in expressions."),
        ],
    )
    def test_each_fault_has_its_place(self, let: dict[str, str], path: str, words: str) -> None:
        found = problems(let=let)
        assert [each for each, _ in found] == [path]
        assert words in found[0][1]

    def test_all_that_cannot_be_read_is_reported_at_once(self) -> None:
        found = problems(let={"a": "x", "b": "a +"}, answer="y", mistakes=[mistake("one", "a"), mistake("two", "z")])
        assert [path for path, _ in found] == ["let.a", "let.b", "answer", "mistakes.1.value"]

    def test_an_answer_may_come_from_opsbook_by_way_of_let(self) -> None:
        fixed: dict[str, Any] = {"given": {}, "prompt": "How long?", "answer": "share * 40"}
        assert problems(**fixed, let={"share": "contact.extent(12, 40)"}) == []
        (problem,) = problems(**fixed, let={"share": "0.3"})
        assert problem[0] == "answer"
        assert "must be computed" in problem[1]


class TestSlips:
    @pytest.mark.parametrize(
        ("unit", "answer", "typed", "slip"),
        [
            ("proportion", 0.76, "76", "percentage-for-proportion"),
            ("proportion", 0.76, "75.5", "percentage-for-proportion"),
            ("proportion", 0.009, "0.9", None),
            ("%", 76, "0.76", "proportion-for-percentage"),
            ("minutes", 90, "1.5", "other-unit-of-time-2"),
            ("minutes", 90, "5400", "other-unit-of-time-1"),
            ("hours", 1.5, "90", "other-unit-of-time-1"),
            ("hours", 1.5, "5400", "other-unit-of-time-3"),
            ("staff hours", 1.5, "90", "other-unit-of-time-1"),
            ("minutes per job", 90, "1.5", "other-unit-of-time-2"),
            ("jobs per hour", 12, "0.2", "other-unit-of-time-2"),
            ("jobs per hour", 7200, "2", "other-unit-of-time-4"),
            ("jobs per min", 2, "120", "other-unit-of-time-1"),
            ("agents", 12, "720", None),
            ("euros", 0.76, "76", None),
            ("", 0.76, "76", None),
            ("minutes", 90, "93", "close"),
            ("minutes", 90, "85.6", "close"),
            ("minutes", 90, "95", None),
        ],
    )
    def test_a_slip_that_any_question_may_meet(self, unit: str, answer: float, typed: str, slip: str | None) -> None:
        marked = asked(answer, unit=unit).mark(typed)
        assert (marked.mark, marked.mistake, marked.attempted) == (0, slip, True)

    def test_another_unit_is_told_from_a_conversion_gone_wrong(self) -> None:
        right_elsewhere, gone_wrong = "right in another unit of time", "made twice, or the wrong way round"
        for unit, answer, typed, words in (
            ("hours", 3, "180", right_elsewhere),
            ("hours", 3, "0.05", gone_wrong),
            ("jobs per hour", 3, "0.05", right_elsewhere),
            ("jobs per hour", 3, "180", gone_wrong),
        ):
            message = asked(answer, unit=unit).mark(typed).message
            assert words in message
            assert message.endswith(f"The answer is asked for in {unit}.")

    @pytest.mark.parametrize("unit", ["proportion", "%", "minutes", "jobs per hour", "agents"])
    def test_no_message_gives_the_number_away(self, unit: str) -> None:
        question = asked(0.76, unit=unit)
        assert question.mistakes
        for slip in question.mistakes:
            assert slip.general
            assert "76" not in slip.feedback
            assert question.mark(f"{slip.value:.10f}").mistake == slip.id

    def test_a_catalogued_mistake_wins_over_a_slip(self) -> None:
        question = asked(0.76, unit="proportion", mistakes=[mistake("own", "77"), mistake("near", "0.78")])
        assert [(each.id, each.general) for each in question.mistakes] == [
            ("own", False),
            ("near", False),
            ("close", True),
        ]
        assert question.mark("76").mistake is None
        assert question.mark("76.5").mistake == "own"
        assert question.mark("0.78").mistake == "near"
        assert question.mark("0.74").mistake == "close"

    def test_a_slip_leaves_its_id_to_a_catalogued_mistake(self) -> None:
        question = asked(0.76, unit="proportion", mistakes=[mistake("close", "0.5")])
        assert [each.id for each in question.mistakes] == ["close", "percentage-for-proportion"]
        assert question.mark("0.78").mistake is None

    def test_an_absolute_tolerance_is_scaled_with_the_unit(self) -> None:
        question = asked(0.757, unit="proportion", tolerance={"absolute": 0.005})
        assert question.mark("76").mistake == "percentage-for-proportion"
        assert question.mark("77").mistake is None

    def test_nothing_is_close_to_an_exact_answer(self) -> None:
        question = asked(12, unit="agents", tolerance={"absolute": 0})
        assert question.mistakes == ()
        assert question.mark("13").mistake is None

    def test_a_slip_that_would_be_right_is_none(self) -> None:
        assert [each.id for each in asked(0, tolerance={"absolute": 0.5}).mistakes] == ["close"]

    @given(
        st.floats(-1e6, 1e6),
        st.floats(1e-6, 0.5) | st.none(),
        st.floats(0, 100),
        st.sampled_from(["proportion", "%", "hours", "jobs per minute", "agents"]),
        st.lists(st.floats(-1e6, 1e6), max_size=3),
    )
    def test_what_is_right_stays_right_and_slips_do_not_overlap(
        self, answer: float, relative: float | None, absolute: float, unit: str, values: list[float]
    ) -> None:
        question = asked(
            answer,
            unit=unit,
            tolerance={"absolute": absolute} if relative is None else {"relative": relative},
            mistakes=[mistake(f"own-{number}", repr(value)) for number, value in enumerate(values)],
        )
        assert question.mark(repr(answer)).mark == 1
        own = [(each.low, each.high) for each in question.mistakes if not each.general]
        slips = [each for each in question.mistakes if each.general]
        assert len({each.id for each in question.mistakes}) == len(question.mistakes)
        assert [each.id for each in slips if each.id == "close"] in ([], [slips[-1].id] if slips else [])
        for number, slip in enumerate(slips):
            others = [(each.low, each.high) for each in slips[:number]]
            if slip.id == "close":
                assert not any(
                    low <= slip.value <= high for low, high in [*own, *others, (question.low, question.high)]
                )
            else:
                assert not any(meet((slip.low, slip.high), each) for each in [*own, *others])


class TestCollisions:
    def test_a_collision_at_one_late_set_of_numbers_is_found(self) -> None:
        """Only 19 of 40 minutes leave 21, and the wrong method meets it nowhere else."""
        slip = mistake("late", "21 if present == 19 and total == 40 else 1")
        rule = "must differ from the right answer by more than both tolerances, got 21 beside 21."
        hint = "Change `given`, or drop the mistake. Here present = 19, total = 40."
        assert problems(mistakes=[slip]) == [("mistakes.0.value", f"{rule} {hint}")]

    def test_intervals_that_overlap_collide_though_neither_value_lies_in_the_other(self) -> None:
        # 1 % each: 39.4 to 40.6 and 40.4 to 41.6 share numbers; from 41 on they do not.
        assert len(problems(mistakes=[mistake("near", "(total - present) * 1.015")])) == 1
        assert problems(mistakes=[mistake("clear", "(total - present) * 1.025")]) == []

    def test_mistakes_collide_with_each_other(self) -> None:
        pair = [mistake("one", "200"), mistake("two", "203")]
        ((path, text),) = problems(mistakes=pair)
        assert path == "mistakes.1.value"
        assert text.startswith("must differ from the mistake `one` by more than both tolerances, got 203 beside 200.")
        assert text.endswith("(20 of 20 sets of numbers tried.)")
        assert problems(mistakes=pair, tolerance={"absolute": 1.4}) == []

    def test_a_mistake_that_meets_two_others_is_told_both(self) -> None:
        three = [mistake("one", "200"), mistake("two", "210"), mistake("between", "205")]
        found = problems(mistakes=three, tolerance={"absolute": 3})
        assert ["`one`" in text for _, text in found] == [True, False]
        assert ["`two`" in text for _, text in found] == [False, True]

    def test_a_mistake_that_cannot_be_computed_is_told_with_its_numbers(self) -> None:
        ((path, text),) = problems(mistakes=[mistake("bad", "1 / (present - 13)")])
        assert path == "mistakes.0.value"
        assert "fails: division by zero Here present = 13, total = 40. (2 of 20 sets of numbers tried.)" in text

    def test_every_set_is_tried_up_to_two_thousand(self) -> None:
        many = {"present": {"from": 1, "to": 1000, "step": 1}, "total": {"choices": [3000, 9000]}}
        slip = mistake("last", "total - present if present == 1000 and total == 9000 else 1")
        ((_, text),) = problems(given=many, mistakes=[slip], tolerance={"absolute": 0})
        assert "Here present = 1000, total = 9000." in text

    def test_of_more_sets_a_sample_and_the_first_variants_are_tried(self) -> None:
        many = {"present": {"from": 1, "to": 10_000_000, "step": 1}, "total": {"choices": [3 * 10**7, 9 * 10**7]}}
        first = entry(given=many).draw("sample/visit", 3, fixed=True).values["present"]
        slip = mistake("rare", f"total - present if present == {first} else 1")
        ((path, text),) = problems(given=many, mistakes=[slip], tolerance={"absolute": 0})
        assert path == "mistakes.0.value"
        assert f"Here present = {first:g}, total" in text


class TestSets:
    def test_all_of_them_in_order(self) -> None:
        few = {"a": Choices(choices=[1, 2]), "b": Range.model_validate({"from": 0.1, "to": 0.3, "step": 0.1})}
        sets = [tuple(values.values()) for values in sets_of_values(few, most=6)]
        assert sets == [(1, 0.1), (1, 0.2), (1, 0.3), (2, 0.1), (2, 0.2), (2, 0.3)]

    def test_no_values_are_one_set(self) -> None:
        assert list(sets_of_values({}, most=5)) == [{}]

    @given(st.lists(st.integers(1, 30), min_size=1, max_size=5))
    def test_a_sample_has_no_set_twice_and_meets_every_value(self, counts: list[int]) -> None:
        names = {f"n{number}": Choices(choices=list(range(count))) for number, count in enumerate(counts)}
        sets = [tuple(values.values()) for values in sets_of_values(names, most=1000)]
        assert len(set(sets)) == len(sets) <= 1000
        for position, count in enumerate(counts):
            assert {values[position] for values in sets} == set(range(count))
