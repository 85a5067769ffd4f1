import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from opsbook import exercises
from opsbook.errors import UnknownNameError
from opsbook.exercises import check, progress


class Mute:
    """Has no text."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")


class Hostile:
    """Fails at everything a check may ask of a value."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no comparison")

    def __hash__(self) -> int:
        return 0

    def __getattr__(self, name: str) -> Any:
        if name in {"columns", "tolist"}:
            raise RuntimeError("no attribute")
        raise AttributeError(name)


def extent(present: float, total: float) -> float:
    return present / total


CASES = [((12, 40), 0.3), ((5, 5), 1), ((0, 9), 0)]


@pytest.mark.parametrize("stub", [..., None])
def test_the_stub_is_not_attempted(stub: object) -> None:
    for verdict in (check(stub, 0.3), check(stub, cases=CASES)):
        assert (verdict.correct, verdict.attempted) == (False, False)
        assert repr(verdict).startswith("○ Not attempted yet. ")


def test_a_function_that_returns_nothing_is_not_attempted() -> None:
    def stub(present: float, total: float) -> None:
        del present, total

    verdict = check(stub, cases=CASES)
    assert not verdict.attempted
    assert "`return`" in verdict.message


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (0.3, 0.3),
        (0.30001, 0.3),
        (np.float64(0.3), 0.3),
        (3, 3.0),
        (np.int64(3), 3),
        ("Front  Office", "front office"),
        ([1, 2.0], [1, 2]),
        ((1, 2), [1, 2]),
        (np.array([1, 2]), [1, 2]),
        (pd.Series([1, 2]), [1, 2]),
        (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1.0, 2.0]})),
        ({"a": 1}, {"a": 1}),
        (True, True),
        ({"x", "y"}, {"y", "x"}),
    ],
)
def test_what_is_right_is_accepted(actual: object, expected: object) -> None:
    verdict = check(actual, expected, right="Chase would agree.")
    assert verdict.correct, verdict
    assert repr(verdict) == "✓ Right. Chase would agree."


@pytest.mark.parametrize(
    ("actual", "expected", "words"),
    [
        (0.31, 0.3, "Got `0.31`."),
        ("0.3", 0.3, "Expected a number, got text: `'0.3'`."),
        (0.3, "front", "Expected text, got a number"),
        (True, 1, "Expected a number, got True or False"),
        (float("nan"), 0.3, "no finite number"),
        (10**400, 0.3, "Got `1000"),
        (extent, 0.3, "call it, with brackets"),
        ([1, 2], [1, 2, 3], "Expected 3 items, got 2."),
        ([2, 1], [1, 2], "The items are right, their order is not."),
        (list(range(3000, 0, -1)), [1.0001 * each for each in range(1, 3001)], "their order is not."),
        ([1, 5, 6], [1, 2, 3], "2 of 3 items differ; the first is item 2: `5`."),
        ({"a": 1}, {"a": 1, "b": 2}, "These keys are missing: `'b'`."),
        ({"a": 1, "b": 2}, {"a": 1}, "These keys do not belong: `'b'`."),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, "The values under these keys differ: `'b'`."),
        (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1, 3]}), "differ: `'a'`."),
        (Hostile(), 0.3, "Got a value of type Hostile."),
        ([Hostile()], [1], "Got a value of type list."),
        (Mute(), 0.3, "Expected a number, got a value of type Mute. Look"),
        ([None, 2], [1, 2], "1 of 2 items differ; the first is item 1: `None`."),
    ],
)
def test_what_is_wrong_is_described_without_the_answer(actual: object, expected: object, words: str) -> None:
    verdict = check(actual, expected, hint="Look at the denominator.")
    assert (verdict.correct, verdict.attempted) == (False, True)
    assert words in verdict.message
    assert verdict.message.endswith("Look at the denominator.")


def test_a_typical_wrong_value_gets_its_own_message() -> None:
    mistakes = {40 / 12: "Upside down.", 30: "This is a percentage."}
    assert check(3.3333, 0.3, mistakes=mistakes).message == "Upside down."
    assert check(30, 0.3, mistakes=mistakes).message == "This is a percentage."
    assert check([2, 1], [1, 2], mistakes=[([2, 1], "Sorted the wrong way.")]).message == "Sorted the wrong way."


def test_the_tolerance_is_a_share() -> None:
    assert check(0.3002, 0.3).correct
    assert not check(0.3004, 0.3).correct
    assert check(0.31, 0.3, tolerance=0.05).correct
    assert check(0.0009, 0).correct
    assert not check(0.0011, 0).correct


class TestFunctions:
    def test_right(self) -> None:
        assert check(extent, cases=CASES).correct

    def test_a_catalogued_slip_is_recognised_over_all_cases(self) -> None:
        def percent(present: float, total: float) -> float:
            return 100 * present / total

        slips = [(lambda present, total: 100 * present / total, "Return a proportion.")]
        assert check(percent, cases=CASES, mistakes=slips).message == "Return a proportion."
        assert check(percent, cases=CASES, mistakes=[([30, 100, 0], "A list does too.")]).message == "A list does too."

    def test_the_first_wrong_case_is_shown_with_its_call(self) -> None:
        def rest(present: float, total: float) -> float:
            return 1 - present / total

        assert check(rest, cases=CASES, hint="Look again.").message == "For `rest(12, 40)`: Got `0.7`. Look again."

    def test_nothing_among_the_results_is_said_so(self) -> None:
        def partly(present: float, total: float) -> float | None:
            return present / total if total < 40 else None

        message = check(partly, cases=CASES).message
        assert message == "For `partly(12, 40)`: Expected a number, got nothing (`None`)."
        assert "Expected nothing, got a number: `1`." in check(lambda _n: 1, cases=[((5,), None)]).message

    def test_an_exception_is_one_sentence(self) -> None:
        def broken(present: float, total: float) -> float:
            return present / (total - total)

        assert check(broken, cases=CASES).message == "`broken(12, 40)` stops with ZeroDivisionError: division by zero."

    def test_too_few_arguments_are_one_sentence(self) -> None:
        assert "stops with TypeError" in check(lambda: 1, cases=CASES).message

    def test_what_an_exception_says_at_length_is_cut_to_one_line(self) -> None:
        def wordy(present: float, total: float) -> float:
            raise ValueError(f"{present}\n- of {total}\n" * 100)

        message = check(wordy, cases=CASES).message
        assert message.startswith("`wordy(12, 40)` stops with ValueError: 12 - of 40 12")
        assert len(message) < 300

    def test_no_function_is_said_so(self) -> None:
        assert check(0.3, cases=CASES).message == "Expected a function, got `0.3`. Begin it with `def`."

    def test_what_a_function_does_to_its_arguments_does_not_spoil_the_next_case(self) -> None:
        def popping(items: list[int]) -> int:
            return items.pop()

        shared = [1, 2, 3]
        assert check(popping, cases=[((shared,), 3), ((shared,), 3)]).correct
        assert shared == [1, 2, 3]


def test_an_author_who_gives_nothing_to_compare_with_is_told() -> None:
    for call in (lambda: check(1), lambda: check(1, 2, cases=CASES)):
        with pytest.raises(ValueError, match="either `expected` or `cases`"):
            call()


def test_a_verdict_shows_the_same_in_text_and_markdown() -> None:
    verdict = exercises.check(30, 0.3, mistakes={30: "A percentage."})
    assert repr(verdict) == "✗ Not yet. A percentage."
    assert verdict._repr_markdown_() == "✗ **Not yet.** A percentage."
    assert json.dumps(check(0.3, 0.3)._repr_markdown_(), ensure_ascii=False) == '"✓ **Right.**"'


def test_a_mistake_that_cannot_be_made_on_a_case_does_no_harm() -> None:
    cases = [((4, 0), 1.0), ((3, 1), 0.75)]
    slip = (lambda present, absent: present / absent, "The whole belongs below the line.")
    assert check(lambda _present, _absent: 0.5, cases=cases, mistakes=[slip]).attempted
    assert not check(lambda _present, _absent: 0.5, cases=cases, mistakes=[slip]).correct


@pytest.mark.usefixtures("full_sample")
class TestCheckCode:
    ID = "sample/compute"

    @pytest.fixture(autouse=True)
    def file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        path = tmp_path / "kept" / "progress.json"
        monkeypatch.setenv("OPSBOOK_PROGRESS", str(path))
        return path

    def test_it_marks_and_keeps_the_record(self, file: Path) -> None:
        before = datetime.now(UTC)
        marked = exercises.check_code(self.ID, {"share": lambda present, total: total / present if present else 0})
        assert repr(marked) == "◐ Partly right. Upside down."
        record = json.loads(file.read_text(encoding="utf-8"))["answers"][self.ID]
        at = datetime.fromisoformat(record.pop("at"))
        assert abs((at - before).total_seconds()) < 60
        assert record == {"seed": 0, "response": "", "mark": 1 / 3, "attempts": 1, "hints": 0}

    def test_attempts_add_up_and_hints_stay(self) -> None:
        earlier = progress.Answer(seed=0, response="", mark=0, attempts=2, hints=1, at="2025-03-01T10:00:00Z")
        progress.save(self.ID, earlier)
        assert not exercises.check_code(self.ID, {"share": lambda _present, _total: 5}).correct
        assert exercises.check_code(self.ID, {"share": extent}).correct
        kept = progress.load()[self.ID]
        assert (kept.mark, kept.attempts, kept.hints) == (1, 4, 1)

    def test_what_was_right_is_no_further_attempt_while_it_stays_right(self) -> None:
        counts = []
        for function in (extent, extent, extent, lambda _present, _total: 5, extent, extent):
            exercises.check_code(self.ID, {"share": function})
            counts.append(progress.load()[self.ID].attempts)
        assert counts == [1, 1, 1, 2, 3, 3]

    def test_what_was_right_with_another_seed_is_an_attempt(self) -> None:
        progress.save(
            self.ID, progress.Answer(seed=7, response="", mark=1, attempts=1, hints=0, at="2025-03-01T10:00Z")
        )
        exercises.check_code(self.ID, {"share": extent})
        assert progress.load()[self.ID].attempts == 2

    @pytest.mark.parametrize("namespace", [{}, {"share": ...}])
    def test_what_is_no_attempt_is_not_kept(self, file: Path, namespace: dict[str, Any]) -> None:
        assert repr(exercises.check_code(self.ID, namespace)).startswith("○ Not attempted yet. ")
        assert not file.exists()

    def test_a_file_that_cannot_be_written_is_a_warning(self, file: Path) -> None:
        file.parent.write_text("no folder", encoding="utf-8")
        with pytest.warns(UserWarning, match="Progress was not saved: ") as caught:
            marked = exercises.check_code(self.ID, {"share": extent})
        assert marked.correct
        assert caught[0].filename == __file__

    @pytest.mark.parametrize(
        ("question_id", "error", "words"),
        [
            ("sample/which", ValueError, "must be the id of a code question, got 'sample/which' of kind choice."),
            ("sample/computer", UnknownNameError, "Did you mean 'sample/compute'?"),
        ],
    )
    def test_only_a_code_question_can_be_checked(self, question_id: str, error: type[Exception], words: str) -> None:
        with pytest.raises(error, match=words):
            exercises.check_code(question_id, {"share": extent})

    @pytest.mark.parametrize("namespace", [extent, None, "share"])
    def test_anything_but_a_namespace_is_refused(self, namespace: Any) -> None:
        words = rf"^`namespace` must be .* got {re.escape(repr(namespace))}\. Pass `globals\(\)`\.$"
        with pytest.raises(TypeError, match=words):
            exercises.check_code(self.ID, namespace)
