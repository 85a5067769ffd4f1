"""Malformed banks: every problem has its place, its rule, what was received and what to do."""

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from opsbook import exercises
from opsbook.errors import BankError
from opsbook.exercises import banks
from opsbook.exercises.expressions import SUBJECTS, evaluate


def problems_after(path: Path, *changes: tuple[str, str]) -> list[str]:
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) >= 1, f"the sample has no {old!r}"
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    return [problem.removeprefix(str(path)) for problem in exercises.bank_report([path]).problems]


def line_of(path: Path, text: str) -> int:
    return next(n for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if text in line)


def test_a_sound_bank_has_no_problems_and_is_counted(sample: Path) -> None:
    report = exercises.bank_report([sample])
    assert report.problems == []
    assert report.counts == {
        "kind": {"choice": 1, "numeric": 1},
        "objective": {"sample/1": 1, "sample/2": 1},
        "difficulty": {"1": 1, "2": 1},
    }


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        # Form.
        ("section: sec-one", "", "question which: section: is required, got nothing. Add it."),
        ("section: sec-one", "sektion: x", "sektion: is not a key of a choice question. Did you mean `section`?"),
        ("difficulty: 1", "difficulty: 4", "question which: difficulty: must be at most 3, got 4 (a number)."),
        ("difficulty: 1", "difficulty: easy", "difficulty: must be a whole number, got 'easy' (text)."),
        ("points: 1", "points: 0", "points: must be above 0, got 0 (a number)."),
        ("points: 1", "points: true", "points: must be a number, got True (a yes/no value)."),
        ("pool: [check]", "pool: [chek]", "pool[1]: must be one of 'check', 'exercise' or 'exam', got 'chek' (text)."),
        ("pool: [check]", "pool: []", "pool: must have at least 1 items, got a list of 0."),
        ("pool: [check]", "pool: check", "pool: must be a list, got 'check' (text). Begin each item with a hyphen."),
        (
            "objective: sample/1",
            "objective: one",
            "must be an objective such as `customer-contact/1`, got 'one' (text).",
        ),
        (
            "id: which",
            "id: Which One",
            "id: must be small letters and digits joined by hyphens, got 'Which One' (text).",
        ),
        ("kind: choice", "kind: order", "kind: kind not supported yet: 'order'. Supported: choice, numeric."),
        ("kind: choice", "kind: chioce", "got 'chioce' (text). Did you mean `choice`?"),
        ("kind: choice", "graded: true", "kind: is required, got nothing. Add it."),
        ("hints: [Think., Think harder.]", "hints: [Think., '']", "hints[2]: must not be empty, got '' (text)."),
        ("solution: It is the second.", "solution: 5", "solution: must be text, got 5 (a number). Put it in quotes."),
        # Choices.
        ("correct: true", "correct: false", "options: exactly one option must be `correct: true`, got none."),
        ("correct: false", "correct: true", "exactly one option must be `correct: true`, got 2 (a, b)."),
        ("correct: true", "correct: yes", "options[b].correct: must be `true` or `false`, got 'yes' (text)."),
        ("id: b", "id: a", "options: option ids must differ, got `a` 2 times."),
        (", feedback: Not the third.", "", "options[c].feedback: a wrong option needs feedback, got none."),
        ("text: The first", "text: '[[n]]'", "options[a].text: `[[n]]` is not a known value. This question has no"),
        ("$x < 1$", "$\\\\frac{1$", "options[b].feedback: `latex` must be valid LaTeX mathematics"),
        # Numbers.
        ("choices: [10, 11", "choices: [10, ten", "given.present.choices[2]: must be a number of at most fifteen"),
        ("choices: [10, 11", "choices: [10, 10", "given.present.choices: values must differ, got 10 2 times."),
        ("choices: [10", "choises: [10", "given.present.choises: is not a key of a numeric question. Did you mean"),
        ("step: 2", "step: 0", "given.total.step: must be above zero, got 0."),
        ("step: 2", "step: 3", "given.total.to: must be a whole number of steps from `from`, got 44."),
        ("from: 40", "from: 50", "given.total.to: must be above `from` (50), got 44."),
        (", 12, 13, 14]", "]", "given: must give at least 10 different sets of numbers"),
        ("Present for [[present]]", "Present some", "given.present: the prompt must show every given value. Write `[["),
        ("of [[total]]", "of [[totl]]", "prompt: `[[totl]]` is not a known value. Known here: present, total."),
        ("of [[total]]", "of [[total:minutes]]", "prompt: `[[total:minutes]]` has a format that numbers do not know."),
        ("What share", "Is it [[answer]]", "prompt: `[[answer]]` is not a known value."),
        ("contact.extent(present, total)", "12 / 40 +", "answer: `12 / 40 +` is not one expression"),
        (
            "contact.extent(",
            "contact.extnt(",
            "answer: opsbook.contact has no public function `extnt`. Did you mean `ext",
        ),
        ("contact.extent(present, total)", "presnt / total", "answer: `presnt` is not known. Did you mean `present`?"),
        ("contact.extent(present", "contact.extent(9 * present", "answer: `contact.extent(9 * present, total)` fails"),
        ("contact.extent(present, total)", "2 * total", "answer: a proportion must lie between 0 and 1, got "),
        ("contact.extent(present, total)", "str(total)", "answer: `str` is not known."),
        ("contact.extent(present, total)", "present > total", "must give a finite number, got False."),
        ("value: total / present", "value: present / total", "mistakes[upside-down].value: must differ from the right"),
        (
            "value: total / present",
            "value: 1 - present/total",
            "mistakes[rest].value: must differ from the mistake `ups",
        ),
        ("value: total / present", "value: total / 0", "mistakes[upside-down].value: `total / 0` fails: division by"),
        ("id: rest", "id: upside-down", "mistakes: mistake ids must differ, got `upside-down` 2 times."),
        ("tolerance: {absolute: 0.005}", "tolerance: {}", "tolerance: must have one of `relative` and `absolute`."),
        ("{absolute: 0.005}", "{absolute: 0.005, relative: 0.1}", "tolerance: must have one of `relative` and"),
        ("{absolute: 0.005}", "{relative: 0.9}", "tolerance.relative: must be at most 0.5, got 0.9"),
    ],
)
def test_each_rule_is_reported_with_its_place(sample: Path, old: str, new: str, problem: str) -> None:
    found = problems_after(sample, (old, new))
    assert len([line for line in found if problem in line]) == 1, found
    assert all(re.match(r":\d+: question (which|share|Which One): \S", line) for line in found), found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("correct: true", "correct: maybe"),
        ("hints: [Think., Think harder.]", "hints: 5"),
        ("value: total / present", "value: total / 0"),
        ("step: 2", "step: -1"),
    ],
)
def test_the_line_is_the_one_to_mend(sample: Path, old: str, new: str) -> None:
    (problem,) = problems_after(sample, (old, new))
    assert problem.startswith(f":{line_of(sample, new)}: ")


def test_a_number_without_source_is_refused(sample: Path) -> None:
    text = sample.read_text(encoding="utf-8")
    numeric = text[: text.index("  - id: which")] + text[text.index("  - id: share") :]
    sample.write_text(re.sub(r"    given:.*?(?=    answer)", "", numeric, flags=re.DOTALL), encoding="utf-8")
    found = problems_after(
        sample,
        ("[[present]] of [[total]]", "10 of 40"),
        ("contact.extent(present, total)", "0.25"),
        ("value: total / present", "value: 4"),
        ("[[total]]", "40"),
        ("value: 1 - present / total", "value: 0.75"),
        ("[[present]] comes", "It comes"),
        ("[[present]] ÷ [[total]]", "10 ÷ 40"),
    )
    rule = "must be computed from a `given` or an opsbook call, got '0.25'."
    assert found == [f":{line_of(sample, 'answer:')}: question share: answer: {rule}"]
    assert problems_after(sample, ("answer: 0.25", "answer: contact.extent(10, 40)")) == []


def test_all_problems_of_all_questions_come_at_once(sample: Path) -> None:
    found = problems_after(
        sample, ("difficulty: 1", "difficulty: 0"), ("points: 1", "points: x"), ("correct: true", "correct: 1"),
        ("step: 2", "step: 0"), ("[[total]]", "[[tot]]"), ("unit: proportion", "unit: 5"),
    )  # fmt: skip
    assert {line.split(": ")[2] for line in found} == {"difficulty", "points", "options[b].correct", "unit"}


def test_a_key_that_stands_twice_is_named_with_both_lines(sample: Path) -> None:
    found = problems_after(sample, ("    section: sec-one\n", "    section: sec-one\n    section: sec-two\n"))
    first = line_of(sample, "sec-one")
    assert found == [f":{first + 1}: the key `section` stands twice, first on line {first}. Remove one."]


def test_an_id_that_stands_twice_is_named(sample: Path) -> None:
    found = problems_after(sample, ("id: share", "id: which"))
    rule = f"id: must be unique in the file, got 'which', first on line {line_of(sample, 'id: which')}. Rename one."
    assert found == [f":{line_of(sample, 'kind: numeric') - 1}: question which: {rule}"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"questions:\n  - id: [a\n", ":3: the YAML is broken here"),
        (b"questions:\n\t- id: a\n", ":2: the YAML is broken here"),
        (b"questions: \x00", ": the YAML is broken here"),
        (b"questions: \xff", ": the file must be UTF-8 text; byte 12 is not."),
        (b"", ":1: the file must hold one key, `questions`"),
        (b"- a\n", ":1: the file must hold one key, `questions`, with a list of questions, got a list of 1."),
        (b"questions: []\n", ":1: the file must hold one key"),
        (b"questions:\n  - 5\n", ":2: question 1: a question must be a mapping of keys to values, got 5 (a number)."),
        (b"questions:\n  - &a [*a]\n", ":2: a value must not contain itself."),
        (b"questions:\n  - !!python/object:os.system {}\n", ":2: question 1: kind: is required, got nothing."),
        (b"questions:\n  - id: !secret x\n", ":2: the tag `!secret` is not read here. Remove it."),
        (b"questions: " + b"[" * 5000, "nested too deeply"),
    ],
)
def test_a_file_that_is_no_bank_is_told_so(write_bank: Callable[..., Path], content: bytes, problem: str) -> None:
    path = write_bank("")
    path.write_bytes(content)
    found = exercises.bank_report([path]).problems
    assert any(problem in line for line in found), found


def test_words_stay_words(sample: Path) -> None:
    """YAML 1.1 would read these as False, 90 and a date."""
    assert problems_after(sample, ("The first", "no"), ("The second", "1:30"), ("The third", "2020-01-01")) == []
    markup = exercises.markup("sample/which")
    for word in ("no", "1:30", "2020-01-01"):
        assert f"<span>{word}</span>" in markup


def test_steps_are_drawn_as_their_author_writes_them(sample: Path) -> None:
    """Ten steps of 0.1 from 0.1 hold 0.3, not 0.30000000000000004."""
    changes = (
        ("{from: 40, to: 44, step: 2}", "{from: 0.1, to: 1, step: 0.1}"),
        ("[10, 11, 12, 13, 14]", "[0.01, 0.02]"),
    )
    assert problems_after(sample, *changes) == []
    drawn = {exercises.question("sample/share", seed=seed).values["total"] for seed in range(200)}
    assert drawn == {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0}


def test_a_huge_range_costs_nothing(sample: Path) -> None:
    assert problems_after(sample, ("{from: 40, to: 44, step: 2}", "{from: 40, to: 40000000000040, step: 2}")) == []


def test_two_broken_files_are_reported_together(write_bank: Callable[..., Path]) -> None:
    write_bank("\n  - 1\n", "one")
    write_bank("\n  - 2\n", "two")
    with pytest.raises(BankError) as caught:
        exercises.bank()
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["one.yml", "two.yml"]


def test_a_changed_file_is_read_again(sample: Path) -> None:
    assert exercises.bank_report([sample]).problems == []
    assert problems_after(sample, ("difficulty: 1", "difficulty: 7")) != []


def test_the_banks_of_a_checkout_and_of_a_wheel_are_both_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = tmp_path / "src" / "opsbook" / "exercises"
    checkout.mkdir(parents=True)
    monkeypatch.setattr(banks, "__file__", str(checkout / "banks.py"))
    assert banks._folder() == tmp_path / "exercises" / "bank"
    (checkout / "bank").mkdir()
    assert banks._folder() == checkout / "bank"


def test_a_missing_bank_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(banks, "_folder", lambda: tmp_path)
    with pytest.raises(BankError, match="no question bank came with opsbook"):
        exercises.bank()


@pytest.mark.parametrize("seed", range(40))
def test_no_damage_to_a_bank_ends_in_a_traceback(sample: Path, seed: int) -> None:
    """Lines dropped, doubled, moved or cut anywhere leave problems with a place, or a sound bank."""
    dice = random.Random(seed)
    lines = sample.read_text(encoding="utf-8").splitlines()
    for _ in range(dice.randint(1, 3)):
        spot = dice.randrange(len(lines))
        act = dice.choice(["drop", "double", "indent", "cut", "swap"])
        if act == "drop":
            del lines[spot]
        elif act == "double":
            lines.insert(spot, lines[spot])
        elif act == "indent":
            lines[spot] = "  " + lines[spot]
        elif act == "cut":
            lines[spot] = lines[spot][: dice.randrange(len(lines[spot]) + 1)]
        else:
            lines[spot], lines[0] = lines[0], lines[spot]
    sample.write_text("\n".join(lines), encoding="utf-8")
    assert all(problem.startswith(str(sample)) for problem in exercises.bank_report([sample]).problems)


class TestExpressions:
    @pytest.mark.parametrize(
        "hostile",
        [
            "__import__('os').getcwd()",
            "open('x')",
            "().__class__",
            "contact.__dict__",
            "contact.extent.__globals__",
            "contact.np",
            "contact.math",
            "exercises.bank()",
            "datasets.load('x')",
            "[n for n in (1, 2)]",
            "lambda: 1",
            "n := 5",
            "9 ** 9 ** 9 ** 9",
            "rand()",
            "'a' * 10**9",
            "n = 5",
            "1; 2",
            "'3'",
            "",
        ],
    )
    def test_nothing_but_arithmetic_and_public_functions_is_evaluated(self, hostile: str) -> None:
        with pytest.raises(ValueError, match="`"):
            evaluate(hostile, {"n": 2})

    def test_results_may_be_asked_for_their_fields(self) -> None:
        assert evaluate("max(n, 3) + abs(-1) + ceil(0.2) + sqrt(16)", {"n": 2}) == 9
        assert evaluate("contact.extent(n, 8).real", {"n": 2}) == 0.25

    def test_only_subject_modules_are_callable(self) -> None:
        assert set(SUBJECTS).isdisjoint({"charts", "datasets", "exercises"})
        assert "contact" in SUBJECTS
