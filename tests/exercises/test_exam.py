import json
import re
import subprocess
import sys
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from opsbook import exercises
from opsbook.errors import UnknownNameError
from opsbook.exercises import banks
from opsbook.exercises.exam import draw_exam, exam_markup, exam_pool, exam_script
from opsbook.exercises.shuffling import shuffled

STATIC = files("opsbook.exercises") / "static"
MARKED = {"choice", "choices", "numeric", "order", "match"}

pytestmark = pytest.mark.usefixtures("exam_banks")


def ids(*arguments: Any, **options: Any) -> list[str]:
    return [each.id for each in draw_exam(*arguments, **options)]


def chapter(question: exercises.Question) -> str:
    return question.id.partition("/")[0]


class TestDraw:
    def test_the_same_seed_gives_the_same_exam_and_another_seed_another(self):
        exams = [draw_exam(8, seed=seed) for seed in range(12)]
        assert exams == [draw_exam(8, seed=seed) for seed in range(12)]
        assert len({tuple(each.id for each in exam) for exam in exams}) == 12

    def test_every_question_comes_once_and_only_those_of_the_exam(self):
        everything = ids(17, seed=3)
        wanted = [each.id for each in exercises.bank() if "exam" in each.pool]
        assert sorted(everything) == sorted(wanted)
        assert {each.kind for each in draw_exam(17, seed=3)} == MARKED

    def test_what_a_page_cannot_mark_is_left_out(self, exam_banks: Path):
        path = exam_banks / "staff.yml"
        path.write_text(path.read_text(encoding="utf-8").replace("[exercise]", "[exam]"), encoding="utf-8")
        assert "staff/compute-3" in {each.id for each in exercises.bank() if "exam" in each.pool}
        assert "staff/compute-3" not in ids(17, seed=1)

    @pytest.mark.parametrize("seed", range(8))
    @pytest.mark.parametrize("count", [1, 3, 5, 9, 16])
    def test_chapters_come_as_evenly_as_they_can(self, count: int, seed: int):
        drawn = Counter(map(chapter, draw_exam(count, seed=seed)))
        offered = Counter(map(chapter, draw_exam(17, seed=0)))
        assert sum(drawn.values()) == count
        for name, left in (offered - drawn).items():
            assert left > 0
            # What still has questions has given no fewer than any other, but for the round that is not full.
            assert drawn[name] >= max(drawn.values()) - 1

    @pytest.mark.parametrize(
        ("filters", "most"),
        [
            ({"chapters": ["queues"]}, 2),
            ({"chapters": ["queues", "flow", "queues"]}, 17),
            ({"difficulties": [3]}, 6),
            ({"chapters": ["flow"], "difficulties": (1, 2)}, 10),
        ],
    )
    def test_filters_hold(self, filters: dict[str, Any], most: int):
        asked = {name: iter(values) for name, values in filters.items()}
        drawn = draw_exam(most, seed=5, **asked)
        assert len(drawn) == most
        assert {each.id.partition("/")[0] for each in drawn} <= set(filters.get("chapters", ["flow", "queues"]))
        assert {each.difficulty for each in drawn} <= set(filters.get("difficulties", [1, 2, 3]))
        with pytest.raises(ValueError, match=rf"`count` must be at most {most}, .* got {most + 1}\. Ask for fewer"):
            draw_exam(most + 1, seed=5, **filters)

    def test_numbers_are_of_the_variants_that_the_page_carries(self):
        seeds = set()
        for seed in range(30):
            for drawn in draw_exam(17, seed=seed):
                carried = {each.seed: each for each in banks.variants(drawn.id)}
                assert drawn.prompt == carried[drawn.seed].prompt
                if drawn.id == "flow/share-2":
                    seeds.add(drawn.seed)
        assert len(seeds) >= 8

    def test_options_and_items_stand_in_the_order_of_the_exams_seed(self):
        shown: dict[str, set[tuple[str, ...]]] = {}
        for seed in range(40):
            for drawn in draw_exam(17, seed=seed):
                pieces = getattr(drawn, "options", None) or getattr(drawn, "items", ())
                order = tuple(each.id for each in pieces)
                shown.setdefault(drawn.id, set()).add(order)
                if drawn.kind == "order":
                    assert order != drawn.key  # type: ignore[attr-defined]
                else:
                    assert list(order) == shuffled(order, f"{drawn.id}|{seed}")
        assert len(shown["flow/which-1"]) == 6
        assert min(len(shown[f"flow/{name}"]) for name in ("several-1", "steps-2", "offices-3")) > 10

    def test_the_right_answers_stay_right_in_any_order(self):
        for drawn in draw_exam(17, seed=8):
            if drawn.kind == "order":
                assert exercises.mark(drawn, list(drawn.key)).correct  # type: ignore[attr-defined]
            elif drawn.kind == "match":
                assert exercises.mark(drawn, {each.id: each.group for each in drawn.items}).correct  # type: ignore[attr-defined]

    @pytest.mark.parametrize(
        ("arguments", "error", "words"),
        [
            ({"count": 0}, ValueError, "`count` must be above zero, got 0"),
            ({"count": 2.5}, TypeError, "`count` must be a whole number, got 2.5"),
            ({"count": True}, TypeError, "`count` must be a whole number, got True"),
            ({"seed": "4"}, TypeError, "`seed` must be a whole number, got '4'"),
            (
                {"chapters": "flow"},
                TypeError,
                r"`chapters` must be several names or None, got 'flow'. Write \['flow'\]",
            ),
            ({"chapters": []}, ValueError, "`chapters` must name at least one chapter, got none. Leave it out"),
            ({"chapters": ["flows"]}, UnknownNameError, "no chapter called 'flows'. Did you mean 'flow'?"),
            ({"difficulties": []}, ValueError, r"`difficulties` must be some of 1, 2 and 3, got \[\]"),
            ({"difficulties": [1, 4]}, ValueError, r"`difficulties` must be some of 1, 2 and 3, got \[1, 4\]"),
            ({"difficulties": ["1"]}, ValueError, "`difficulties` must be some of 1, 2 and 3"),
            ({"difficulties": [True]}, ValueError, "`difficulties` must be some of 1, 2 and 3"),
            ({"difficulties": 2}, TypeError, r"`difficulties` must be several of 1, 2 and 3, or None, got 2"),
            ({"chapters": ["staff"]}, ValueError, "`count` must be at most 0, the number of exam questions that fit"),
        ],
    )
    def test_what_cannot_be_drawn_is_explained(self, arguments: dict[str, Any], error: type[Exception], words: str):
        with pytest.raises(error, match=words):
            draw_exam(**{"count": 1, "seed": 1} | arguments)


class TestPool:
    def test_it_holds_what_the_page_draws_and_counts_by(self):
        sections: list[str] = []
        pool = exam_pool("flow", section_url=lambda label: sections.append(label) or f"../flow.html#{label}")
        assert sorted(pool) == sorted(each.id for each in draw_exam(15, seed=0, chapters=["flow"]))
        asked = exercises.question("flow/steps-3")
        entry = pool["flow/steps-3"]
        assert {name: entry[name] for name in entry if name != "markup"} == {
            "kind": "order",
            "objective": "flow/2",
            "difficulty": 3,
            "points": asked.points,
        }
        assert entry["markup"].startswith("<ops-question")
        assert "../flow.html#sec-two" in entry["markup"]
        assert set(sections) == {"sec-one", "sec-two"}

    def test_a_chapter_without_exam_questions_has_none_and_an_unknown_one_is_named(self):
        assert exam_pool("staff", section_url=str) == {}
        with pytest.raises(UnknownNameError, match=r"no chapter called 'staf'\. Did you mean 'staff'"):
            exam_pool("staf", section_url=str)

    def test_the_script_hands_the_pool_over_and_closes_no_element_early(self):
        script = exam_script("flow", section_url=str)
        assert "<" not in script
        found = re.fullmatch(r'opsbookExam\.add\("flow", (\{.*\})\);\n', script)
        assert found is not None
        assert json.loads(found[1]) == exam_pool("flow", section_url=str)

    def test_the_element_says_what_a_reader_without_a_script_can_do(self):
        assert re.fullmatch(r"<ops-exam><p>[^<]*without a script\.</p></ops-exam>", exam_markup())

    def test_no_widget_and_no_chart_is_loaded(self):
        code = "import sys, opsbook.exercises.exam; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
        loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
        assert not {"anywidget", "ipywidgets", "altair", "pandas"} & set(loaded)


class TestParity:
    """The page draws what Python draws."""

    @pytest.fixture
    def script(self, page: Page) -> Page:
        for name in ("ops-question.js", "ops-exam.js"):
            page.add_script_tag(content=(STATIC / name).read_text(encoding="utf-8"))
        return page

    @pytest.mark.parametrize(
        ("chapters", "difficulties"),
        [
            (["flow", "queues", "staff"], [1, 2, 3]),
            (["flow"], [3, 1]),
            (["queues", "flow"], [2, 3]),
            (["queues"], [1, 3]),
        ],
    )
    def test_over_many_seeds_and_counts(self, script: Page, chapters: list[str], difficulties: list[int]):
        about = exercises.catalogue()["questions"]
        pool = {name: about[name] for chapter in chapters for name in exam_pool(chapter, section_url=str)}
        payloads = {name: exercises.payload(name) for name in pool}
        most = sum(each["difficulty"] in difficulties for each in pool.values())
        wanted = [
            {"seed": seed, "n": 1 + seed % most, "chapters": chapters, "difficulties": difficulties}
            for seed in (*range(-3, 60), 987654321012345)
        ]
        there = script.evaluate(
            """([pool, payloads, wanted]) => {
                const {draw, variantOf, arrangement} = customElements.get("ops-exam");
                return wanted.map((settings) => draw(pool, settings).map((id) => {
                    const {variants} = payloads[id];
                    const variant = variants[variantOf(id, settings.seed, variants.length)];
                    return [id, variant.seed, arrangement(id, variant, settings.seed)];
                }));
            }""",
            [pool, payloads, wanted],
        )
        for settings, exam in zip(wanted, there, strict=True):
            here = draw_exam(settings["n"], seed=settings["seed"], chapters=chapters, difficulties=difficulties)
            shown = [getattr(each, "options", None) or getattr(each, "items", None) for each in here]
            orders = [pieces and [piece.id for piece in pieces] for pieces in shown]
            assert exam == [[each.id, each.seed, order] for each, order in zip(here, orders, strict=True)], settings
