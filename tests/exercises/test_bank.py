"""Malformed banks: every problem has its place, its rule, what was received and what to do."""

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from fnmatch import fnmatchcase
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from opsbook import exercises
from opsbook.errors import BankError
from opsbook.exercises import banks
from opsbook.exercises.forms import within
from opsbook.exercises.reading import KINDS, read_bank
from opsbook.located import parse


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
        "pool": {"check": 2, "exam": 1},
    }
    assert report.files == 1


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
        ("pool: [check]", "pool: []", "pool: must have at least 1 item, got a list of 0."),
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
        (
            "kind: choice",
            "kind: 5",
            "kind: must be a kind of question, got 5 (a number). Known kinds: choice, choices,",
        ),
        ("kind: choice", "kind: chioce", "got 'chioce' (text). Did you mean `choice`?"),
        ("kind: choice", "graded: true", "kind: is required, got nothing. Known kinds: choice, choices, numeric,"),
        ("hints: [Think., Think harder.]", "hints: [Think., '']", "hints[2]: must not be empty, got '' (text)."),
        ("solution: It is the second.", "solution: 5", "solution: must be text, got 5 (a number). Put it in quotes."),
        # Choices.
        ("correct: true", "correct: false", "options: exactly one option must be `correct: true`, got none."),
        ("correct: false", "correct: true", "exactly one option must be `correct: true`, got 2 (a, b)."),
        ("correct: true", "correct: yes", "options[b].correct: must be `true` or `false`, got 'yes' (text)."),
        ("id: b", "id: a", "options: option ids must differ, got `a` 2 times."),
        (", feedback: Not the third.", "", "options[c].feedback: a wrong option needs feedback, got none."),
        (
            "text: The first",
            "text: '[[n]]'",
            "options[a].text: `[[n]]` is not a known value. No values are drawn here; a",
        ),
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
    assert {line.split(": ")[2] for line in found} == {
        "difficulty",
        "points",
        "options[b].correct",
        "unit",
        "given.total",
        "given.total.step",
        "prompt",
    }


def test_a_key_that_stands_twice_is_named_with_both_lines(sample: Path) -> None:
    found = problems_after(sample, ("    section: sec-one\n", "    section: sec-one\n    section: sec-two\n"))
    first = line_of(sample, "sec-one")
    assert found == [
        f":{first + 1}: question which: section: this key stands twice, first on line {first}. Remove one."
    ]


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
        (b'questions: "\\UFFFFFFFF"\n', ": the YAML is broken: "),
        (b"", ":1: the file must hold the key `questions`, got nothing. Begin with `questions:`."),
        (b"- a\n", ":1: the file must hold the key `questions`, got a list of 1."),
        (b"qestions:\n  - id: a\n", ":1: qestions: is not a key of a bank file. Did you mean `questions`?"),
        (b"questions: []\n", ":1: questions: must have at least 1 item, got a list of 0. Add what is missing."),
        (b"questions: 5\n", ":1: questions: must be a list, got 5 (a number). Begin each item with a hyphen."),
        (b"questions:\n  - 5\n", ":2: question 1: a question must be a mapping of keys to values, got 5 (a number)."),
        (b"questions:\n  - &a [*a]\n", ":2: question 1: [1]: a value must not contain itself."),
        (b"questions:\n  - !!python/object:os.system {}\n", ":2: question 1: kind: is required, got nothing."),
        (b"questions:\n  - id: !secret x\n", ":2: question x: id: the tag `!secret` is not read here. Remove it."),
        (b'questions:\n  - {id: x, "a\\nb": 1}\n', ":2: question x: a\\nb: is not a key of a question. Remove it."),
        (b'questions:\n  - {id: x, "\\e[2J": 1}\n', ":2: question x: \\x1b[2J: is not a key of a question. Remove it."),
        (b'questions:\n  - {id: x, kind: reflect, prompt: "[[\\e]]"}\n', "prompt: `[[\\x1b]]` is not a known value."),
        (b'questions:\n  - {id: x, "\\ud800": 1}\n', ":2: question x: \\ud800: is not a key of a question. Remove it."),
        (
            b'questions:\n  - {id: x, kind: reflect, "\\ud800": "\\ud800"}\n',
            ":2: question x: must be text that can be stored",
        ),
        (b'questions:\n  - {id: x, kind: reflect, prompt: "\\ud800"}\n', ": prompt: must be text that can be stored"),
        (b"questions:\n  - ? [a]\n    : b\n", ":2: question 1: a key must be one word, got a list or a mapping."),
        (b"questions: " + b"[" * 5000, ": the file is nested too deeply."),
        (b"- " * 100_000, ": the file is nested too deeply."),
        (b"questions:\n- " + b"[" * 40 + b"]" * 40, ":2: the file is nested too deeply."),
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


def test_a_few_aliases_that_stand_for_billions_of_values_are_refused(write_bank: Callable[..., Path]) -> None:
    levels = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
    path = write_bank("")
    path.write_text(f"a0: &a0 [x]\n{levels}questions: *a9\n", encoding="utf-8")
    (problem,) = exercises.bank_report([path]).problems
    assert "more than 50,000 values" in problem


def test_a_file_too_large_to_read_is_refused(write_bank: Callable[..., Path]) -> None:
    path = write_bank("\n" + "#" * 1_000_000)
    (problem,) = exercises.bank_report([path]).problems
    assert "must not exceed 1 MB" in problem


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("[" * 20_000, "must have at most 10,000 characters, got 20,0"),
        (f"${'{' * 6_000}x{'}' * 6_000}$", "must have at most 10,000 characters"),
        ("[[present:900000000]]", "has a format that numbers do not know"),
        ("[[present:.900000000f]]", "has a format that numbers do not know"),
    ],
)
def test_a_text_that_would_fill_the_memory_is_refused(sample: Path, text: str, rule: str) -> None:
    (problem,) = problems_after(sample, ("This is the rest.", f"'{text}'"))
    assert rule in problem


@pytest.mark.parametrize("form", ["c", "b", "x", "n", "<9", "09d", "_", "E", "#g", ",,d", ".3.f", "+-f", "{present}"])
def test_a_format_that_is_not_for_numbers_in_prose_is_refused(sample: Path, form: str) -> None:
    (problem,) = problems_after(sample, ("This is the rest.", f"'[[present:{form}]]'"))
    assert f"`[[present:{form}]]` has a format that numbers do not know. Write for example `:.1f`." in problem


@pytest.mark.parametrize("form", ["", ":d", ":,d", ":+d", ":.2f", ":-,.1f", ":.0%", ":e", ":.3g", ":,", ":+"])
def test_the_formats_of_numbers_are_known(sample: Path, form: str) -> None:
    assert problems_after(sample, ("This is the rest.", f"'[[present{form}]]'")) == []


SMALL = (
    "  - {{id: q{0}, kind: reflect, objective: {1}, section: s, difficulty: 1, points: 1, pool: [check], {2}: P.}}\n"
)


def test_of_very_many_problems_the_first_thousand_are_told(write_bank: Callable[..., Path]) -> None:
    path = write_bank("\n" + "".join(SMALL.format(number, "sample/1", "promt") for number in range(1500)))
    *told, last = exercises.bank_report([path]).problems
    assert len(told) == 1000
    assert all(
        line.endswith(("Did you mean `prompt`?", "solution: is required, got nothing. Add it.")) for line in told
    )
    assert last == f"{path}: there are more than 1,000 problems. Mend these, then check it again."


def test_of_very_many_names_none_is_suggested_and_some_are_listed(sample: Path) -> None:
    many = ", ".join(f"v{number}: total + {number}" for number in range(300))
    (problem,) = problems_after(sample, ("    answer: contact", f"    let: {{{many}}}\n    answer: v299x + contact"))
    assert "answer: `v299x` is not known. Known here: abs, blueprint, ceil, charts" not in problem
    assert re.search(
        r"answer: `v299x` is not known\. Known here: abs, blueprint, ceil, .* and 2[0-9]{2} more\.$", problem
    )


def test_a_question_with_many_mistakes_is_checked_with_fewer_sets_of_numbers(sample: Path) -> None:
    def tried() -> int:
        (problem,) = (line for line in problems_after(sample) if "must differ from the right answer" in line)
        return int(re.findall(r"of ([0-9]+) sets of numbers tried", problem)[0])

    problems_after(sample, ("to: 44, step: 2", "to: 940, step: 1"), ("1 - present / total", "present / total"))
    few = tried()
    more = "".join(f"      - {{id: m{n}, value: {n} + present, feedback: No.}}\n" for n in range(99))
    problems_after(sample, ("    mistakes:\n", f"    mistakes:\n{more}"))
    assert few > 2000 > tried() > 100


def test_two_broken_files_are_reported_together(write_bank: Callable[..., Path]) -> None:
    write_bank("\n  - 1\n", "one")
    write_bank("\n  - 2\n", "two")
    with pytest.raises(BankError) as caught:
        exercises.bank()
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["one.yml", "two.yml"]


def test_a_format_must_fit_every_value_that_may_be_drawn(sample: Path) -> None:
    (problem,) = problems_after(
        sample,
        ("[10, 11, 12, 13, 14]", "[10, 11.5, 12, 13, 14]"),
        ("of [[total]] minutes.", "of [[present:d]] or [[total]]."),
    )
    assert "prompt: `[[present:d]]` has a format that numbers do not know." in problem


def test_one_path_alone_is_refused_and_not_taken_apart(sample: Path) -> None:
    with pytest.raises(TypeError, match="paths"):
        exercises.bank_report(str(sample))


def test_the_names_that_load_late_are_listed() -> None:
    assert {"explore", "my_progress", "question"} <= set(dir(exercises))


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


def test_rules_of_every_kind_are_reported_with_their_place(full_sample: Path) -> None:
    found = problems_after(
        full_sample,
        ("post, text: Posting the card, correct: false", "post, text: Posting, correct: maybe"),
        ("rationale: She left.}", "rationale: 5}"),
        ("order: [leave, arrive]", "order: [leave, arive]"),
        ("{id: sign,", "{id: talk,"),
        ("{id: bill,", "{id: file,"),
        ("solution: A good answer names the step and the one who decides on it.", ""),
        ("assert share(3, 4) ==", "assert share(3, 4"),
        ("hidden: true", "hidden: 1"),
    )
    rules = {
        "question several: options[post].correct: must be `true` or `false`, got 'maybe' (text).",
        "question several: options[post].rationale: must be text, got 5 (a number). Put it in quotes.",
        "question steps: items: item ids must differ, got `talk` 2 times.",
        "question steps: mistakes[sign-first].order: `sign` is not the id of an item.",
        "question steps: mistakes[gone].order: `arive` is not the id of an item. Did you mean `arrive`?",
        "question offices: groups: item ids must differ, got `file` 2 times.",
        "question think: solution: is required, got nothing. Add it.",
        "question compute: tests[2].code: must be Python that compiles, got:",
        "question compute: tests[3].hidden: must be `true` or `false`, got 1 (a number).",
    }
    assert {rule for rule in rules if any(rule in line for line in found)} == rules
    assert len(found) == len(rules)
    assert [int(line.split(":")[1]) for line in found] == sorted(int(line.split(":")[1]) for line in found)


class TestObjectives:
    LISTED = """objectives:
  - {id: sample/1, text: Name what *one* is.}
  - {id: sample/2, text: Compute the share.}
"""

    @pytest.fixture
    def listed(self, sample: Path) -> Path:
        sample.write_text(self.LISTED + sample.read_text(encoding="utf-8"), encoding="utf-8")
        return sample

    def test_they_may_be_listed(self, listed: Path) -> None:
        assert problems_after(listed) == []
        assert read_bank(listed, "sample").objectives == {
            "sample/1": "Name what *one* is.",
            "sample/2": "Compute the share.",
        }

    def test_they_need_not_be_listed(self, sample: Path) -> None:
        assert read_bank(sample, "sample").objectives == {}

    @pytest.mark.parametrize(
        ("old", "new", "problem"),
        [
            (
                "text: Compute the share.",
                "txet: C",
                ":3: objectives[sample/2].txet: is not a key of a bank file. Did you",
            ),
            ("text: Compute the share.", "text: 5", ":3: objectives[sample/2].text: must be text, got 5 (a number)."),
            (", text: Compute the share.", "", ":3: objectives[sample/2].text: is required, got nothing. Add it."),
            ("Compute the share.", "$x", None),
            ("Compute the share.", "'$\\frac{1$'", ":3: objectives[sample/2].text: `latex` must be valid LaTeX"),
            ("Compute the share.", "'[[n]]'", ":3: objectives[sample/2].text: `[[n]]` is not a known value."),
            (
                "{id: sample/2",
                "{id: two",
                ":3: objectives[two].id: must be an objective such as `customer-contact/1`, got",
            ),
            (
                "{id: sample/2",
                "{id: sample/1",
                ":3: objectives[sample/1].id: must be unique in the file, got 'sample/1', f",
            ),
            (
                "{id: sample/2, text: Compute the share.}",
                "5",
                ":3: objectives[2]: must be a mapping of keys to values, got 5",
            ),
            (
                LISTED,
                "objectives: []\n",
                ":1: objectives: must have at least 1 item, got a list of 0. Add what is missing.",
            ),
            (LISTED, "objectives:\n", ":1: objectives: must be a list, got nothing. Begin each item with a hyphen."),
            (
                LISTED,
                LISTED.replace("objectives", "objektives"),
                ":1: objektives: is not a key of a bank file. Did you mean",
            ),
        ],
    )
    def test_faults_of_the_list(self, listed: Path, old: str, new: str, problem: str | None) -> None:
        found = problems_after(listed, (old, new))
        if problem is None:
            assert found == []
        else:
            # A repeated id leaves the other objective's questions without one, which is told as well.
            told = [line for line in found if "must be one of the `objectives`" not in line]
            assert len(told) == 1
            assert told[0].startswith(problem)

    def test_a_question_serves_one_that_is_listed(self, listed: Path) -> None:
        (problem,) = problems_after(listed, ("objective: sample/2", "objective: sample/3"))
        line = line_of(listed, "objective: sample/3")
        rule = "must be one of the `objectives` of this file, got 'sample/3' (text). Did you mean `sample/2`?"
        assert problem == f":{line}: question share: objective: {rule}"

    def test_of_very_many_strangers_the_first_get_a_suggestion(self, listed: Path) -> None:
        questions = "".join(SMALL.format(number, "sampel/2", "prompt") for number in range(50))
        listed.write_text(
            listed.read_text(encoding="utf-8") + questions.replace("P.}", "P., solution: S.}"), encoding="utf-8"
        )
        found = problems_after(listed)
        assert [line.partition("(text). ")[2] for line in found] == [
            *["Did you mean `sample/2`?"] * 20,
            *["Listed are: sample/1, sample/2."] * 30,
        ]

    def test_a_stranger_among_them_leaves_one_unserved(self, listed: Path) -> None:
        unserved, stranger = problems_after(listed, ("objective: sample/2", "objective: other-part/7"))
        assert unserved.startswith(":3: objectives[sample/2]: is served by no question.")
        assert stranger.endswith("got 'other-part/7' (text). Listed are: sample/1, sample/2.")

    def test_each_that_is_listed_is_served(self, listed: Path) -> None:
        new = "objectives:\n  - {id: sample/3, text: Decide.}"
        rule = "is served by no question. Write one, or take it out of the list."
        assert problems_after(listed, ("objectives:", new)) == [f":2: objectives[sample/3]: {rule}"]

    def test_nothing_is_said_on_service_where_an_objective_cannot_be_read(self, listed: Path) -> None:
        (problem,) = problems_after(listed, ("objective: sample/2", "objective: two"))
        assert "question share: objective: must be an objective such as" in problem


class TestFormAndRules:
    """Faults of form do not hide faults against rules, and do not make up any."""

    @pytest.mark.parametrize(
        ("changes", "problems"),
        [
            (
                [("difficulty: 1", "difficulty: 9"), ("correct: false", "correct: true")],
                ["difficulty: must be at most 3", "options: exactly one option must be `correct: true`, got 2 (a, b)."],
            ),
            (
                [("text: The first", "text: 1"), ("correct: true", "correct: false")],
                ["options[a].text: must be text", "options: exactly one option must be `correct: true`, got none."],
            ),
            (
                [("points: 1", "pionts: 1"), (", feedback: Not the third.", "")],
                ["pionts: is not a key", "options[c].feedback: a wrong option needs feedback"],
            ),
            (
                [("hints: [Think.,", "hints: [5, '$\\frac{1$',")],
                ["hints[1]: must be text", "hints[2]: `latex` must be valid"],
            ),
            (
                [("kind: choice", "kind: chioce"), ("points: 1", "points: no"), ("It is the second", "$\\frac{1$")],
                ["kind: must be a kind of question", "points: must be a number", "solution: `latex` must be valid"],
            ),
            (
                [
                    ("step: 2", "step: two"),
                    ("[[present]] comes", "[[presnt]] $\\frac{1$"),
                    ("unit: prop", "unti: prop"),
                ],
                [
                    "given.total.step: must be a number",
                    "unti: is not a key",
                    "hints[2]: `[[presnt]]` is not a known value.",
                ],
            ),
            (
                [("difficulty: 2", "difficulty: hard"), ("contact.extent(present", "contact.extnt(present")],
                ["difficulty: must be a whole number", "answer: opsbook.contact has no public function `extnt`."],
            ),
            (
                [("tolerance: {absolute", "tolerance: {absolut"), ("id: rest", "id: upside-down")],
                ["tolerance.absolut: is not a key of a numeric question. Did you mean `absolute`?"],
            ),
            # What may be right once the faulty value is mended is not called a fault.
            ([('correct: true, feedback: "Yes: $x < 1$."', "correct: perhaps")], ["options[b].correct"]),
            ([("correct: true", "corect: true")], ["options[b].corect: is not a key of a choice question."]),
            (
                [("feedback: Not the third.", "feedbak: Not the third.")],
                ["options[c].feedbak: is not a key of a choice"],
            ),
            ([("    given:", "    gvien:")], ["gvien: is not a key of a numeric question. Did you mean `given`?"]),
            ([("    given:", "    werte:")], ["werte: is not a key of a numeric question. Known here: id, kind,"]),
            ([("present: {choices", "Present!: {choices")], ["given.Present!: must be a name of small letters"]),
            (
                [("total: {from: 40, to: 44, step: 2}", "total: 40")],
                ["given.total: must be a mapping of keys to values"],
            ),
            ([("answer: contact.extent(present, total)", "answer: [1]")], ["answer: must be text, got a list of 1."]),
            ([("unit: proportion", "unit: [minutes]")], ["unit: must be text, got a list of 1."]),
        ],
    )
    def test_both_are_told(self, sample: Path, changes: list[tuple[str, str]], problems: list[str]) -> None:
        found = problems_after(sample, *changes)
        for problem in problems:
            assert len([line for line in found if problem in line]) == 1, found
        assert len(found) == len(problems), found


# --- Damage ------------------------------------------------------------------------------------------------------

Key = tuple[str | int, ...]

REPLACEMENTS = {"number": -5, "list": [5], "mapping": {"stray": 5}, "nothing": None, "yes": True, "text": "Zz z"}

# Damage, by kind and key, that leaves a sound question: what is optional is gone, or what is free is another.
HARMLESS = {
    "removed": (
        *("*.graded", "*.hints", "*.instructor", "*.mistakes", "choice*.solution", "order.solution", "match.solution"),
        *("numeric.tolerance", "numeric.unit", "code.tests.hidden", "choices.options.feedback"),
    ),
    "nothing": (*("*.instructor", "choice*.solution", "order.solution", "match.solution", "choices.options.feedback"),),
    "emptied": ("*.hints", "*.mistakes", "numeric.unit"),
    "yes": ("*.graded", "code.tests.hidden"),
    "number": ("numeric.mistakes.value", "numeric.let.rest"),
    "text": (
        *("*.text", "*.feedback", "*.rationale", "*.solution", "*.instructor", "*.message", "numeric.unit"),
        *("choice*.prompt", "order.prompt", "match.prompt", "reflect.prompt", "code.prompt"),
    ),
}

# Damage that is told where the key is used: a value of the right form stands in its place, or none need stand there.
SHOWN_BY_ITS_USE = {
    "removed": ("numeric.given", "numeric.given.*", "numeric.let", "numeric.let.rest"),
    "emptied": ("numeric.given", "numeric.let"),
    "misspelt": ("numeric.given.*", "numeric.let.rest"),
    "number": ("numeric.given.total.from",),
    "list": ("numeric.given.present.choices",),
    "mapping": ("numeric.let",),
    "text": ("numeric.prompt",),
}


class Damaged(NamedTuple):
    """A file with one question, of which one key is damaged."""

    text: str
    kind: str
    title: str
    key: Key
    how: str
    held: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        return [piece for piece in self.key if isinstance(piece, str)]

    def listed_in(self, patterns: Mapping[str, Sequence[str]]) -> bool:
        label = ".".join([self.kind, *self.names])
        return any(fnmatchcase(label, pattern) for pattern in patterns.get(self.how, ()))

    def lines(self) -> set[int]:
        """Return the lines on which the damage may be told: those of the key, of what it holds and what holds it."""
        tree = parse(self.text)
        *above, last = ("questions", 0, *self.key)
        keys = [(*above, last), (*above, f"{last}{str(last)[-1]}")]
        held = {line for place, line in tree.lines.items() if any(within(place, key) for key in keys)}
        holding = {tree.line(tuple(above[:n])) for n in range(3, len(above) + 1)} or {tree.line(())}
        nearest = set() if held else {tree.line(keys[0])}
        return held | holding | nearest | {line for line, _, _ in tree.problems}


def keys_of(value: Any, above: Key = ()) -> Iterator[Key]:
    """Yield every key path; of a list only those in its first item, since the others have the same form."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*above, key)
            yield from keys_of(inner, (*above, key))
    elif isinstance(value, list) and value:
        yield from keys_of(value[0], (*above, 0))


def with_key_doubled(text: str, key: Key) -> str:
    """Return `text` with the lines of one key written twice, one below the other."""
    node = yaml.compose(text)
    for piece in ("questions", 0, *key):
        if isinstance(piece, int):
            node = node.value[piece]
        else:
            name, node = next(pair for pair in node.value if pair[0].value == piece)
    lines = text.splitlines(keepends=True)
    column, first = name.start_mark.column, name.start_mark.line
    # A collection written as a block ends where the next key begins, everything else on its own last line.
    last = node.end_mark.line + (isinstance(node, yaml.ScalarNode) or bool(node.flow_style))
    return "".join([*lines[:last], " " * column + lines[first][column:], *lines[first + 1 : last], *lines[last:]])


def written(objective: str, question: dict[str, Any]) -> str:
    values = {"objectives": [{"id": objective, "text": "Tell it."}], "questions": [question]}
    return str(yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=999))


def damaged(question: dict[str, Any]) -> Iterator[Damaged]:
    """Yield the question with each of its keys damaged in every way."""
    for key in keys_of(question):
        *above, last = key
        sound = reduce(getitem, key, question)
        replacements = dict(REPLACEMENTS)
        if isinstance(sound, str | list | dict):
            replacements["emptied"] = type(sound)()
        objective = question["objective"]
        texts = {"doubled": with_key_doubled(written(objective, question), key)}
        for how, value in [("removed", None), ("misspelt", None), *replacements.items()]:
            changed = deepcopy(question)
            holder = reduce(getitem, above, changed)
            if how == "removed":
                del holder[last]
            elif how == "misspelt":
                holder[f"{last}{str(last)[-1]}"] = holder.pop(last)
            else:
                holder[last] = value
            if holder != reduce(getitem, above, question):
                texts[how] = written(objective, changed)
        held = tuple(sound) if isinstance(sound, dict) else ()
        yield from (Damaged(text, question["kind"], question["id"], key, how, held) for how, text in texts.items())


@pytest.fixture
def questions(full_sample: Path) -> list[dict[str, Any]]:
    """Return a sound question of every kind, with every key that it may have."""
    questions = parse(full_sample.read_text(encoding="utf-8")).value["questions"]
    for question in questions:
        for key, value in {"graded": False, "hints": ["Think."], "solution": "So.", "instructor": "Note."}.items():
            question.setdefault(key, value)
        if question["kind"] == "numeric":
            question |= {"let": {"rest": "1 - present / total"}, "solution": "The rest is [[rest:.2f]]."}
        if question["kind"] == "code":
            question["tests"][0]["hidden"] = False
    assert {question["kind"] for question in questions} == set(KINDS)
    return questions


def test_every_damage_to_every_key_of_every_kind_is_told_with_its_place(
    questions: list[dict[str, Any]], write_bank: Callable[..., Path]
) -> None:
    path = write_bank("")
    variants = [each for question in questions for each in damaged(question)]
    broken = [each for each in variants if not each.listed_in(HARMLESS)]
    assert len({each.text for each in broken}) >= 1000
    missed = []
    for each in variants:
        path.write_text(each.text, encoding="utf-8")
        found = [problem.removeprefix(str(path)) for problem in exercises.bank_report([path]).problems]
        told = bool(found) and all(re.match(rf":\d+: question ({each.title}|1|Zz z): \S", line) for line in found)
        if each.listed_in(SHOWN_BY_ITS_USE):
            told = told and any(name in line for name in (*each.names, *each.held) for line in found)
        else:
            # A report made up by a repair would name another key: nothing else is wrong with the question.
            told = told and all(each.names[-1] in line for line in found)
            told = told and not each.lines().isdisjoint(int(line.split(":")[1]) for line in found)
        if told == each.listed_in(HARMLESS):
            missed.append((each.kind, each.key, each.how, found))
    assert missed == []


BREACHES: dict[str, tuple[Key, object]] = {
    "choice": (("options", 0, "correct"), True),
    "choices": (("options", 1, "id"), "queue"),
    "numeric": (("mistakes", 1, "id"), "upside-down"),
    "order": (("mistakes", 1, "order"), ["arrive", "leave"]),
    "match": (("groups", 1, "items", 0, "id"), "greet"),
    "code": (("tests", 1, "code"), "assert ("),
    "reflect": (("solution",), "[[nowhere]]"),
}


def test_every_damaged_key_leaves_the_breach_of_a_rule_and_a_faulty_text_in_sight(
    questions: list[dict[str, Any]], write_bank: Callable[..., Path]
) -> None:
    path = write_bank("")

    def told(objective: str, question: dict[str, Any]) -> set[str]:
        path.write_text(written(objective, question), encoding="utf-8")
        return {line.split(": ", 1)[1] for line in exercises.bank_report([path]).problems}

    for question in questions:
        objective = question["objective"]
        (*above, last), value = BREACHES[question["kind"]]
        breached = deepcopy(question)
        reduce(getitem, above, breached)[last] = value
        breached["hints"] = ["$\\frac{1$"]
        breaches = told(objective, breached)
        assert len(breaches) == 2
        # A mistake's rules rest on what it is made of, and the names in a text on what is drawn.
        resting = {"numeric": {"given", "let", "answer", "tolerance", "unit"}, "order": {"items"}}
        for key in set(question) - {"id", "kind", "hints", [*above, last][0], *resting.get(question["kind"], ())}:
            wrong = {"wrong": "type"}
            assert told(objective, breached | {key: wrong}) == breaches | told(objective, question | {key: wrong}), key


@pytest.mark.parametrize("seed", range(40))
def test_no_damage_to_a_bank_ends_in_a_traceback(full_sample: Path, seed: int) -> None:
    """Lines dropped, doubled, moved or cut anywhere leave problems with a place, or a sound bank."""
    dice = random.Random(seed)
    lines = full_sample.read_text(encoding="utf-8").splitlines()
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
    full_sample.write_text("\n".join(lines), encoding="utf-8")
    assert all(problem.startswith(str(full_sample)) for problem in exercises.bank_report([full_sample]).problems)
