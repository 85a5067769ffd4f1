"""The instructor's guide names what exists, adds up its minutes, and says of its games what their dice make likely."""

import json
import re
from fractions import Fraction
from math import comb, sqrt
from pathlib import Path

import numpy as np
import pytest

from opsbook import exercises

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "book" / "instructor-guide.md").read_text(encoding="utf8")
CHAPTERS = {path.stem: json.loads(path.read_text(encoding="utf8")) for path in (ROOT / "chapters").glob("*.ipynb")}
QUESTIONS = exercises.catalogue()["questions"]


def _part(label: str) -> str:
    found = re.search(rf"^\({label}\)=\n(#+) .*?(?=^(?:\([\w-]+\)=\n)?\1 |\Z)", GUIDE, re.MULTILINE | re.DOTALL)
    assert found, label
    return found[0]


def _meetings(label: str) -> dict[str, str]:
    return dict(re.findall(r"^### (\w+ \d+): [^\n]+\n(.*?)(?=^### |\Z)", _part(label), re.MULTILINE | re.DOTALL))


def _line(meeting: str, name: str) -> str:
    found = re.search(rf"^- \*\*{name}[^:]*:\*\* .*", meeting, re.MULTILINE)
    assert found, name
    return found[0]


def _read(meeting: str) -> list[str]:
    return re.findall(r"\(\.\./chapters/([\w-]+)\.ipynb\)", meeting)


COURSE, SEMESTER = _meetings("guide-course"), _meetings("guide-semester")
MEETINGS = {"the workshop": _part("guide-workshop"), **COURSE, **SEMESTER}


def test_the_courses_have_their_length() -> None:
    assert list(COURSE) == [f"Session {number}" for number in range(1, 7)]
    assert list(SEMESTER) == [f"Week {number}" for number in range(1, 13)]


@pytest.mark.parametrize("name", MEETINGS)
def test_reading_takes_what_its_chapters_say(name: str) -> None:
    stated = re.search(r"^- \*\*Read[\w ]* \((\d+) minutes\):\*\* .*", MEETINGS[name], re.MULTILINE)
    if not stated:
        assert "**Read:** nothing new" in MEETINGS[name]
        return
    minutes = [CHAPTERS[each]["metadata"]["opsbook"]["minutes"] for each in _read(stated[0])]
    assert int(stated[1]) == sum(minutes) > 0


@pytest.mark.parametrize("plan", [COURSE, SEMESTER], ids=["course", "semester"])
def test_a_chapter_is_read_once_and_after_what_it_builds_on(plan: dict[str, str]) -> None:
    done: list[str] = []
    for meeting in plan.values():
        new = _read(_line(meeting, "Read"))
        for each in new:
            missing = set(CHAPTERS[each]["metadata"]["opsbook"]["requires"]) - {*done, *new}
            assert not missing, f"{each} needs {missing}"
        done += new
    assert len(set(done)) == len(done)
    if plan is SEMESTER:
        assert set(done) == set(CHAPTERS)
        total = sum(each["metadata"]["opsbook"]["minutes"] for each in CHAPTERS.values())
        assert f"All {len(CHAPTERS)} chapters, each after those that it builds on: {total} minutes" in GUIDE


@pytest.mark.parametrize("name", [*COURSE, *SEMESTER])
def test_items_to_practise_are_there_and_of_what_is_read(name: str) -> None:
    read, practise = _read(_line(MEETINGS[name], "Read")), _line(MEETINGS[name], "Practise")
    named = re.findall(r"\.\./exercises/([\w-]+)\.ipynb\) (\d+(?:, \d+)*)", practise)
    assert {each for each, _ in named} == {each for each in read if f"exercises/{each}.ipynb" in practise}
    assert bool(named) == bool(read)
    for each, numbers in named:
        cells = json.loads((ROOT / "exercises" / f"{each}.ipynb").read_text(encoding="utf8"))["cells"]
        text = "\n".join("".join(cell["source"]) for cell in cells)
        items = re.findall(r"^### (\d+)\. ", text, re.MULTILINE)
        assert set(numbers.split(", ")) <= set(items), each
        for number in numbers.split(", "):
            found = re.search(rf"^### {number}\. .*?(?=^##|\Z)", text, re.MULTILINE | re.DOTALL)
            assert found
            asked = re.findall(r'exercises\.question\("([\w/-]+)"', found[0])
            assert all(QUESTIONS[question]["kind"] != "code" for question in asked), f"{each} {number} needs code"


@pytest.mark.parametrize("name", [*COURSE, *SEMESTER])
def test_the_room_has_something_to_do_for_45_minutes(name: str) -> None:
    planned = [int(minutes) for minutes in re.findall(r"\*(\d+) min:\*", _line(MEETINGS[name], "In the room"))]
    assert sum(planned) in {0, 45}


@pytest.mark.parametrize("name", [name for name in MEETINGS if name != "Week 12"])
def test_self_checks_are_asked_in_the_chapters_read(name: str) -> None:
    meeting = MEETINGS[name]
    asked = re.findall(r"\{ask\}`([\w/-]+)`", _line(meeting, "Self-checks"))
    for each in asked:
        assert "check" in QUESTIONS[each]["pool"], each
        assert each.partition("/")[0] in _read(_line(meeting, "Read")), each
    assert len(asked) == 2


def test_the_links_lead_to_where_questions_are_asked() -> None:
    linked = re.findall(r"\{ask\}`([\w/-]+)`", GUIDE)
    assert len(linked) > 50
    for each in linked:
        folder = "chapters" if "check" in QUESTIONS[each]["pool"] else "exercises"
        notebook = (ROOT / folder / f"{each.partition('/')[0]}.ipynb").read_text(encoding="utf8")
        assert f'exercises.question(\\"{each}\\"' in notebook, each


def test_exercises_take_as_long_as_the_page_says() -> None:
    found = re.search(r"all the exercises of a chapter take (\d+) to (\d+) minutes more", GUIDE)
    assert found
    notebooks = [json.loads(path.read_text(encoding="utf8")) for path in (ROOT / "exercises").glob("*.ipynb")]
    minutes = [each["metadata"]["opsbook"]["minutes"] for each in notebooks]
    assert [int(found[1]), int(found[2])] == [min(minutes), max(minutes)]


def test_the_workshop_fills_its_day_without_a_gap() -> None:
    rows = re.findall(r"^\| (\d+):(\d+) \| (\d+) \|", _part("guide-workshop"), re.MULTILINE)
    starts = [60 * int(hour) + int(minute) for hour, minute, _ in rows]
    assert starts[1:] == [start + int(row[2]) for start, row in zip(starts, rows, strict=True)][:-1]
    assert len(rows) > 5


def test_each_chapter_has_misconceptions_that_a_question_meets_where_learners_see_it() -> None:
    part = _part("guide-misconceptions")
    met = {}
    for line in re.findall(r"^- \*\*.*", part, re.MULTILINE):
        chapter, label = re.findall(r"\.\./chapters/([\w-]+)\.ipynb#([\w-]+)\)", line)[0]
        met[chapter] = re.findall(r"\{ask\}`([\w/-]+)`", line)
        for asked in met[chapter]:
            assert asked.startswith(f"{chapter}/")
            assert QUESTIONS[asked]["pool"] != ["exam"]
        assert QUESTIONS[met[chapter][0]]["section"] == label
    assert set(met) == set(CHAPTERS)
    assert {len(asked) for asked in met.values()} == {2}


# --- What the dice make likely ---------------------------------------------------------------------------------

Chances = dict[int, Fraction]
DIE: Chances = {face: Fraction(1, 6) for face in range(1, 7)}
RUNS: dict[str, Chances] = {
    "A": DIE,
    "B": {3: Fraction(1, 2), 4: Fraction(1, 2)},
    "C": {face + 1: chance for face, chance in DIE.items()},
}


def _dice_line(could: Chances, turns: int) -> tuple[np.ndarray, float]:
    """Return the chance of each length of the line after the last turn, and the mean number of places unused."""
    change = {came - can: 0.0 for came in DIE for can in could}
    for came, chance in DIE.items():
        for can, other in could.items():
            change[came - can] += float(chance * other)
    line, unused = np.zeros(5 * turns + 1), 0.0
    line[0] = 1.0
    for _ in range(turns):
        after = np.zeros_like(line)
        for length, so_far in enumerate(line):
            for step, share in change.items():
                after[min(max(0, length + step), line.size - 1)] += so_far * share
                unused += max(0, -(length + step)) * so_far * share
        line = after
    return line, unused


def _quantile(chances: np.ndarray, share: float) -> int:
    return int(np.searchsorted(np.cumsum(chances), share))


@pytest.mark.parametrize("run", RUNS)
def test_the_table_of_the_dice_line_is_exact(run: str) -> None:
    line, unused = _dice_line(RUNS[run], 20)
    mean = line @ np.arange(line.size)
    middle = f"{_quantile(line, 0.25)} to {_quantile(line, 0.75)}"
    assert f"| {run} | {mean:.1f} | {middle} | {line[0]:.0%} | {unused:.1f} |" in _part("guide-dice")


def test_the_words_about_the_dice_line_are_exact() -> None:
    line, unused = _dice_line(DIE, 20)
    lengths = np.arange(line.size)
    assert unused == pytest.approx(line @ lengths)
    ten = line
    for _ in range(9):
        ten = np.convolve(ten, line)
    later = _dice_line(DIE, 40)[0]
    words = _part("guide-dice")
    assert f"one in three ends with ten or more in line ({line[10:].sum():.0%})" in words
    assert f"from {_quantile(ten, 0.025) / 10} to {_quantile(ten, 0.975) / 10} in 95 of 100 rooms" in words
    assert f"after forty turns its mean is {later @ np.arange(later.size):.1f}" in words


def _sum_of(tables: int, line: np.ndarray) -> np.ndarray:
    total = np.ones(1)
    for _ in range(tables):
        total = np.convolve(total, line)
    return total


def _exceeds(first: np.ndarray, second: np.ndarray) -> float:
    """Return the chance that the first of two independent numbers is the larger one."""
    below = np.concatenate([[0.0], np.cumsum(second)])
    return float(first @ below[np.minimum(np.arange(first.size), second.size)])


def test_how_often_the_runs_come_out_in_order() -> None:
    lines = {run: _dice_line(could, 20)[0] for run, could in RUNS.items()}
    five = {run: _sum_of(5, line) for run, line in lines.items()}
    doubled = np.zeros(2 * five["B"].size)
    doubled[::2] = five["B"]
    words = _part("guide-dice")
    assert f"B's mean is above C's in {_exceeds(five['B'], five['C']):.0%} of rooms" in words
    assert f"but A's above B's in {_exceeds(_sum_of(10, lines['A']), doubled):.0%} only" in words


def test_a_morning_of_dice_calls_for_an_act_as_often_as_it_says() -> None:
    far = sum(abs(first + second - 7) >= 4 for first in range(1, 7) for second in range(1, 7)) / 36
    assert f"does so in {1 - (1 - far) ** 8:.0%} of such mornings" in SEMESTER["Week 11"]


@pytest.mark.parametrize("run", RUNS)
def test_playing_the_dice_line_gives_what_is_computed(run: str) -> None:
    rng = np.random.default_rng(1)
    line, unused = np.zeros(4000), np.zeros(4000)
    for _ in range(20):
        left = line + rng.integers(1, 7, line.size) - rng.choice(list(RUNS[run]), line.size)
        line, unused = np.maximum(left, 0), unused + np.maximum(-left, 0)
    chances, spare = _dice_line(RUNS[run], 20)
    for played, exact in ((line, chances @ np.arange(chances.size)), (unused, spare)):
        assert abs(played.mean() - exact) < 4 * played.std() / sqrt(played.size)


def test_the_clerks_of_the_month_are_binomial() -> None:
    cases, clerks = 20, 24
    chances = [comb(cases, k) * 5 ** (cases - k) / 6**cases for k in range(cases + 1)]
    below = np.cumsum(chances)
    worst, best = (1 - below[:-1] ** clerks).sum(), ((1 - below[:-1]) ** clerks).sum()
    mean, reach = cases / 6, 3 * sqrt(cases / 6 * 5 / 6)
    words = _part("guide-clerk")
    assert mean - reach < 0
    assert f"the mean is {mean:.1f} faults, the upper limit {mean + reach:.1f}" in words
    assert f"the worst clerk has {worst:.1f} faults on average and the best {best:.1f}" in words
    assert f"reaches nine in about one room of {1 / (1 - below[8] ** clerks):.0f}" in words


def test_the_silent_room_reports_what_it_says() -> None:
    promoters, middle, detractors = (share * chance for share, chance in ((30, 4 / 6), (40, 1 / 6), (30, 2 / 6)))
    score = 100 * (promoters - detractors) / (promoters + middle + detractors)
    assert f"the expected numbers handed in give {score:+.0f}" in _part("guide-silent")
    for_it, against = (
        [comb(9, k) * chance**k * (1 - chance) ** (9 - k) for k in range(10)] for chance in (4 / 6, 2 / 6)
    )
    hidden = sum(for_it[i] * against[j] for i in range(10) for j in range(i, 10))
    assert f"With 30 people it is 0 or below in {hidden:.0%} of such rooms" in _part("guide-silent")
