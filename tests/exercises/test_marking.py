import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from opsbook import exercises
from opsbook.errors import BankError, UnknownNameError
from opsbook.exercises import banks
from opsbook.exercises.numeric import NumericQuestion, Tolerance
from opsbook.exercises.page import QUESTION_MIME_TYPE


def numeric(question_id: str = "sample/share", *, seed: int | None = None) -> NumericQuestion:
    question = exercises.question(question_id, seed=seed)
    assert isinstance(question, NumericQuestion)
    return question


@pytest.mark.usefixtures("sample")
class TestAsking:
    def test_a_seed_gives_the_same_numbers_in_every_process(self) -> None:
        # The contract in other words: the first sixteen hexadecimal digits of SHA-256 of "id|seed|name".
        here = {name: numeric(seed=3).values[name] for name in ("present", "total")}
        script = (
            "import hashlib;"
            "n=lambda s,k:int(hashlib.sha256(s.encode()).hexdigest()[:16],16)%k;"
            "print([10,11,12,13,14][n('sample/share|3|present',5)],[40,42,44][n('sample/share|3|total',3)])"
        )
        other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
        assert list(here.values()) == [int(word) for word in other.split()]

    def test_seeds_differ_and_each_repeats(self) -> None:
        drawn = [tuple(numeric(seed=seed).values.values()) for seed in range(30)]
        assert drawn == [tuple(numeric(seed=seed).values.values()) for seed in range(30)]
        assert {pair[0] for pair in drawn} == {10, 11, 12, 13, 14}
        assert {pair[1] for pair in drawn} == {40, 42, 44}

    def test_the_class_seed_is_the_default_and_a_fixed_seed_overrules_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        fixed = numeric(seed=0)
        monkeypatch.setenv("OPSBOOK_SEED", "7")
        assert numeric().values == numeric(seed=7).values
        assert numeric().seed == 7
        assert numeric(seed=0) == fixed

    def test_a_class_seed_that_is_no_number_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPSBOOK_SEED", "autumn")
        with pytest.raises(ValueError, match="OPSBOOK_SEED must be a whole number, got 'autumn'"):
            exercises.question("sample/share")

    @pytest.mark.parametrize("written", [b"autumn\n", "été\n".encode("latin-1"), b"\n"])
    def test_a_seed_file_that_holds_no_number_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: bytes
    ) -> None:
        monkeypatch.setattr(banks, "_folder", lambda: tmp_path)
        (tmp_path / "seed.txt").write_bytes(written)
        with pytest.raises(ValueError, match=r"^the class seed in seed\.txt, beside the banks, must be a whole number"):
            banks.default_seed()
        # What says it first is not at fault for what is not read.
        monkeypatch.setenv("OPSBOOK_SEED", "5")
        assert banks.default_seed() == 5

    @pytest.mark.parametrize("seed", ["3", 1.5, True])
    def test_a_seed_must_be_a_whole_number(self, seed: object) -> None:
        with pytest.raises(TypeError, match="`seed` must be a whole number"):
            exercises.question("sample/share", seed=seed)  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("wrong", "nearest"),
        [("sample/shore", "sample/share"), ("simple/which", "sample/which"), ("share", "sample/share")],
    )
    def test_an_unknown_question_suggests_the_nearest(self, wrong: str, nearest: str) -> None:
        with pytest.raises(UnknownNameError, match=f"Did you mean '{nearest}'"):
            exercises.question(wrong)

    def test_texts_carry_the_drawn_values(self) -> None:
        question = numeric(seed=1)
        present, total = question.values["present"], question.values["total"]
        assert question.prompt == f"Present for {present} of {total} minutes. What share is that?"
        assert question.solution == f"{present} ÷ {total} = {present / total:.3f}."
        assert question.hints[1] == f"{present} comes first."
        assert question.mistakes[0].feedback == f"A share of {total} minutes is below 1."

    def test_the_bank_lists_every_question_once(self) -> None:
        assert [question.id for question in exercises.bank()] == ["sample/which", "sample/share"]

    def test_a_question_says_its_first_words_and_no_answer(self) -> None:
        assert repr(exercises.question("sample/which")) == "[Question] sample/which: Somebody waits. Which one is it?"
        assert repr(numeric(seed=1)) == repr(numeric(seed=2))
        assert "… of … minutes" in repr(numeric())


@pytest.mark.usefixtures("sample")
class TestMarking:
    def test_a_choice(self) -> None:
        question = exercises.question("sample/which")
        right, wrong = exercises.mark(question, "b"), exercises.mark(question, "a")
        assert (right.mark, right.mistake, right.attempted) == (1, None, True)
        assert (wrong.mark, wrong.mistake, wrong.message) == (0, "a", "Not the first <b>because</b>.")

    @pytest.mark.parametrize("response", [None, "", "nonsense"])
    def test_no_choice_is_no_attempt(self, response: str | None) -> None:
        marked = exercises.mark(exercises.question("sample/which"), response)
        assert (marked.mark, marked.attempted, marked.message) == (0, False, "Choose an answer first.")

    def test_a_number_is_right_up_to_the_tolerance_and_wrong_beyond(self) -> None:
        question = numeric(seed=1)
        share = question.values["present"] / question.values["total"]
        for typed in (
            f"{share:.6f}",
            f"{share:.2f}",
            f"{100 * share:.3f} %",
            f"{share + 0.0049:.6f}".replace(".", ","),
        ):
            assert exercises.mark(question, typed).mark == 1
        assert exercises.mark(question, f"{share:.4f}").message == question.solution
        for distance, mistake in ((0.0051, "close"), (-0.0051, "close"), (0.03, None), (-0.03, None)):
            marked = exercises.mark(question, f"{share + distance:.6f}")
            assert (marked.mark, marked.mistake, marked.attempted) == (0, mistake, True)

    def test_a_catalogued_mistake_is_recognised(self) -> None:
        question = numeric(seed=1)
        present, total = question.values["present"], question.values["total"]
        assert exercises.mark(question, f"{total / present:.3f}").mistake == "upside-down"
        marked = exercises.mark(question, f"{1 - present / total:.3f}")
        assert (marked.mark, marked.mistake, marked.message) == (0, "rest", "This is the rest.")

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ("", "Type a number"),
            ("dunno", "cannot be read"),
            ("1,234", "comma before three digits"),
            ("5 min", "proportion"),
        ],
    )
    def test_what_cannot_be_judged_is_no_attempt(self, typed: str, words: str) -> None:
        marked = exercises.mark(numeric(), typed)
        assert (marked.mark, marked.attempted) == (0, False)
        assert words in marked.message

    def test_a_number_instead_of_text_is_refused(self) -> None:
        with pytest.raises(TypeError, match=r"as typed \(text\) or None, got 0.25"):
            exercises.mark(numeric(), 0.25)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tolerance", "answer", "inside", "outside"),
    [
        # 0.3 + 0.05 is 0.35 on paper and 0.35 or its neighbour in floats; either must be accepted.
        (Tolerance(absolute=0.05), 0.3, ["0.25", "0.35"], ["0.2499", "0.3501"]),
        (Tolerance(absolute=0), 7.0, ["7", "7.0"], ["7.001", "6.999"]),
        (Tolerance(relative=0.01), -200.0, ["-202", "-198"], ["-202.1", "-197.9", "200"]),
        (Tolerance(absolute=0.1), 0.0, ["0.1", "-0.1"], ["0.11"]),
    ],
)
def test_the_bounds_of_a_tolerance_belong_to_it(
    tolerance: Tolerance, answer: float, inside: list[str], outside: list[str]
) -> None:
    low, high = tolerance.interval(answer)
    assert all(low <= float(typed) <= high for typed in inside)
    assert not any(low <= float(typed) <= high for typed in outside)


def test_by_default_three_significant_digits_are_enough(sample: Path) -> None:
    sample.write_text(
        sample.read_text(encoding="utf-8").replace("    tolerance: {absolute: 0.005}\n", ""), encoding="utf-8"
    )
    for seed in range(20):
        question = numeric(seed=seed)
        share = question.values["present"] / question.values["total"]
        assert exercises.mark(question, f"{share:.3g}").mark == 1
        assert exercises.mark(question, f"{share * 1.011:.8f}").mark == 0


@pytest.mark.usefixtures("sample")
class TestInANotebook:
    @pytest.fixture(autouse=True)
    def progress_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        path = tmp_path / "kept" / "progress.json"
        monkeypatch.setenv("OPSBOOK_PROGRESS", str(path))
        return path

    def test_the_cell_stores_id_and_seed_and_no_answer(self) -> None:
        bundle = numeric(seed=4)._repr_mimebundle_()
        assert bundle[QUESTION_MIME_TYPE] == {"id": "sample/share", "seed": 4}
        stored = json.dumps(bundle, ensure_ascii=False)
        question = numeric(seed=4)
        for secret in (f"{question.answer:.2f}", question.solution, "This is the rest", "upside"):
            assert secret not in stored

    def test_without_a_seed_the_build_decides(self) -> None:
        assert exercises.question("sample/which")._repr_mimebundle_()[QUESTION_MIME_TYPE] == {
            "id": "sample/which",
            "seed": None,
        }

    def test_the_text_is_the_same_on_every_run(self) -> None:
        first, second = (numeric()._repr_mimebundle_()["text/plain"] for _ in range(2))
        assert first == second == repr(numeric())


def test_the_catalogue_says_what_there_is_but_no_answer(full_sample: Path) -> None:
    text = full_sample.read_text(encoding="utf-8")
    listed = """objectives:
  - {id: sample/2, text: Measure contact}
  - {id: sample/1, text: Describe contact}
"""
    full_sample.write_text(listed + text, encoding="utf-8")
    known = exercises.catalogue()
    assert list(known["objectives"].items()) == [("sample/1", "Describe contact"), ("sample/2", "Measure contact")]
    assert list(known["questions"]) == sorted(question.id for question in exercises.bank())
    assert known["questions"]["sample/share"] == {
        "objective": "sample/2",
        "kind": "numeric",
        "title": "Present for … of … minutes. What share is that?",
        "difficulty": 2,
        "points": 1,
        "pool": ["check", "exam"],
        "section": "sec-two",
    }
    json.dumps(known, allow_nan=False)


@pytest.mark.usefixtures("sample")
def test_an_objective_without_a_text_is_listed_all_the_same() -> None:
    assert exercises.catalogue()["objectives"] == {"sample/1": "", "sample/2": ""}


def test_importing_the_model_loads_no_widgets() -> None:
    script = "import sys; from opsbook import exercises; exercises.bank(); print('ipywidgets' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env={**os.environ}
    )
    assert done.stdout.strip() == "False"


def test_a_broken_bank_is_not_asked_from(sample: Path) -> None:
    sample.write_text(sample.read_text(encoding="utf-8").replace("difficulty: 2", "difficulty: 9"), encoding="utf-8")
    for ask in (exercises.bank, exercises.catalogue, lambda: exercises.question("sample/which")):
        with pytest.raises(BankError, match="question share: difficulty: must be at most 3, got 9"):
            ask()


def test_the_shipped_banks_are_sound() -> None:
    report = exercises.bank_report()
    assert report.problems == []
    assert sum(report.counts["kind"].values()) == len(exercises.bank()) > 0
