"""A graded question in a student's edition: read everywhere, checked nowhere, and without anything to go by."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from opsbook import exercises
from opsbook.exercises.exam import examined
from opsbook.exercises.question import KEPT_SOLUTION, Question
from opsbook.exercises.withheld import MESSAGE, WithheldQuestion, withheld
from opsbook.located import parse, write

SEED = 5
KINDS = ("which", "share", "several", "steps", "offices", "think", "compute")


@pytest.fixture
def whole(full_sample: Path) -> dict[str, Question]:
    """Return a question of every kind as its instructor has it."""
    assert full_sample.exists()
    return {slug: exercises.question(f"sample/{slug}", seed=SEED) for slug in KINDS}


@pytest.fixture
def students(whole: dict[str, Question], write_bank: Callable[..., Path]) -> Path:
    """Ask from the bank that students have: the same questions, shown and not checked."""
    entries = write([withheld(asked) for asked in whole.values()])
    return write_bank("\n" + entries)


def test_the_bank_is_sound_and_asks_every_question(whole: dict[str, Question], students: Path) -> None:
    report = exercises.bank_report([students])
    assert report.problems == []
    assert report.counts["kind"] == {"withheld": len(KINDS)}
    for slug, asked in whole.items():
        now = exercises.question(f"sample/{slug}")
        assert isinstance(now, WithheldQuestion)
        assert now.asks == asked.kind
        for name in ("id", "objective", "section", "difficulty", "points", "pool", "prompt"):
            assert getattr(now, name) == getattr(asked, name), (slug, name)
        assert now.graded
        assert (now.hints, now.solution, now.instructor) == ((), "", "")


@pytest.mark.parametrize("slug", KINDS)
@pytest.mark.parametrize("response", [None, "b", ["queue"], {"greet": "front"}, {"share": len}, 3])
def test_whatever_is_answered_is_not_marked_here(slug: str, response: Any, students: Path) -> None:
    assert students.exists()
    marked = exercises.mark(exercises.question(f"sample/{slug}"), response)
    assert (marked.attempted, marked.judged, marked.mark) == (False, False, 0)
    # Work that is done must not be told that it is not seen.
    assert repr(marked) == "○ Not checked here. Your instructor marks it."
    assert marked._repr_markdown_() == "○ **Not checked here.** Your instructor marks it."


def test_a_check_of_code_runs_and_says_so(students: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert students.exists()
    kept = tmp_path / "progress.json"
    monkeypatch.setenv("OPSBOOK_PROGRESS", str(kept))
    marked = exercises.check_code("sample/compute", {"share": lambda present, total: present / total})
    assert repr(marked) == "○ Not checked here. Your instructor marks it."
    assert not kept.exists()


def test_no_other_seed_gives_other_numbers_or_another_order(students: Path) -> None:
    assert students.exists()
    for slug in KINDS:
        first, other = (exercises.question(f"sample/{slug}", seed=seed) for seed in (1, 2))
        assert isinstance(first, WithheldQuestion)
        assert isinstance(other, WithheldQuestion)
        assert (first.prompt, first.items) == (other.prompt, other.items)


def test_options_steps_and_items_stand_as_the_class_sees_them(whole: dict[str, Question], students: Path) -> None:
    assert students.exists()
    for slug, attribute in (("which", "options"), ("several", "options"), ("steps", "items"), ("offices", "items")):
        now = exercises.question(f"sample/{slug}")
        assert isinstance(now, WithheldQuestion)
        assert list(now.items) == [each.text for each in getattr(whole[slug], attribute)]


def test_not_even_the_names_of_options_are_there_to_go_by(whole: dict[str, Question], students: Path) -> None:
    text = students.read_text(encoding="utf8")
    ids = {option.id for option in getattr(whole["several"], "options", ())}
    ids |= {slip.id for slip in getattr(whole["share"], "mistakes", ()) if not slip.general}
    assert {"queue", "upside-down"} <= ids
    assert not [each for each in ids if f"id: {each}" in text]
    for key in ("correct", "feedback", "tolerance", "answer:", "hints", "solution", "instructor", "tests", "mistakes"):
        assert key not in text, key


@pytest.mark.parametrize("slug", KINDS)
def test_a_page_shows_it_without_a_script(slug: str, whole: dict[str, Question], students: Path) -> None:
    assert students.exists()
    page = BeautifulSoup(exercises.markup(f"sample/{slug}"), "html.parser")
    (element,) = page.select("ops-question")
    assert element["id"] == f"q-sample-{slug}"
    assert (element["data-kind"], element["data-asks"]) == ("withheld", whole[slug].kind)
    assert not element.select("script, input, textarea, button, form, details")
    words = " ".join(element.get_text(" ").split())
    assert f"{MESSAGE} Worth {whole[slug].points:g} point" in words
    assert "Graded question:" in words
    for item in getattr(whole[slug], "options", None) or getattr(whole[slug], "items", ()):
        assert item.text.replace("*", "") in words
    for group in getattr(whole[slug], "groups", ()):
        assert group.text in words


def test_a_page_leads_to_the_notebook_that_code_is_written_in(students: Path) -> None:
    assert students.exists()
    shown = {slug: exercises.markup(f"sample/{slug}", notebook_url="one.ipynb") for slug in KINDS}
    assert [slug for slug in KINDS if 'href="one.ipynb" download' in shown[slug]] == ["compute"]


def test_in_jupyterlab_it_is_the_same_text_and_no_widget(students: Path) -> None:
    assert students.exists()
    bundle = exercises.question("sample/which", seed=3)._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "application/vnd.opsbook.question.v1+json", "text/html"}
    assert bundle["application/vnd.opsbook.question.v1+json"] == {"id": "sample/which", "seed": 3}
    assert bundle["text/html"] == exercises.markup("sample/which", 3)


def test_no_exam_draws_it_and_the_catalogue_knows_it(students: Path) -> None:
    assert students.exists()
    about = exercises.catalogue()["questions"]
    assert {each["kind"] for each in about.values()} == {"withheld"}
    assert examined(["sample"]) == {}


def test_a_solution_that_is_kept_back_leaves_nothing_to_open(full_sample: Path) -> None:
    bank = parse(full_sample.read_text(encoding="utf8")).value
    for each in bank["questions"]:
        if "solution" in each:
            each["solution"] = KEPT_SOLUTION
    full_sample.write_text(write(bank), encoding="utf8")
    assert exercises.bank_report([full_sample]).problems == []
    for slug in KINDS:
        ready = exercises.payload(f"sample/{slug}", SEED)
        # What is empty has no button in the page.
        assert {variant["solution"] for variant in ready["variants"]} == {""}, slug
        assert KEPT_SOLUTION not in exercises.markup(f"sample/{slug}", SEED)
    for slug in ("think", "compute"):
        assert not BeautifulSoup(exercises.markup(f"sample/{slug}"), "html.parser").select(".ops-key")
    number = exercises.question("sample/share", seed=SEED)
    assert repr(exercises.mark(number, str(getattr(number, "answer", None)))) == "✓ Right."
    assert exercises.mark(exercises.question("sample/think"), "So.").message == "Kept. There is no mark for this."


@pytest.mark.parametrize("key", ["hints", "solution", "instructor"])
def test_what_would_give_it_away_is_refused(
    key: str, whole: dict[str, Question], write_bank: Callable[..., Path]
) -> None:
    value = ["Think."] if key == "hints" else "It is the second."
    path = write_bank("\n" + write([{**withheld(whole["which"]), key: value}]))
    (problem,) = exercises.bank_report([path]).problems
    assert f"question which: {key}: must not stand in a question whose key is kept back. Remove it." in problem


def test_an_author_is_not_offered_the_kind(write_bank: Callable[..., Path]) -> None:
    path = write_bank("\n- {id: x, kind: witheld}\n")
    problems = exercises.bank_report([path]).problems
    assert any("Known kinds: choice, choices, numeric, order, match, reflect, code." in each for each in problems)
