"""What an edition holds: chosen from a small course, and told when it cannot be."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from opsbook.errors import EditionError
from opsbook.publishing.editions import data
from opsbook.publishing.editions.front import front_page
from opsbook.publishing.editions.plan import Plan, checked, make
from opsbook.publishing.editions.report import report
from opsbook.publishing.editions.settings import Settings

from . import small_course

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_course.write(tmp_path_factory.mktemp("course"))


def planned(course: Path, today: date | None = None, **wanted: Any) -> Plan:
    return make(Settings.model_validate({"title": "Ours", **wanted}), course, today=today)


def problems(course: Path, **wanted: Any) -> list[str]:
    with pytest.raises(EditionError) as caught:
        planned(course, **wanted)
    return caught.value.problems


def outline(plan: Plan) -> list[tuple[str, list[str]]]:
    return [(part.caption, [each.name for each in part.chapters]) for part in plan.parts]


# --- Parts and chapters


def test_everything_is_in_the_course_s_order_if_nothing_is_chosen(course: Path) -> None:
    plan = planned(course)
    assert outline(plan) == [("One", ["alpha", "beta"]), ("Two", ["gamma"])]
    assert plan.pages == ("faq", "glossary", "evidence", "references", "guide")
    assert [each.title for each in plan.chapters] == ["Alpha begins", "Beta goes on", "Gamma ends"]


def test_parts_and_chapters_come_as_named_under_their_captions(course: Path) -> None:
    plan = planned(course, include=["gamma", "One"], requires="ignore")
    assert outline(plan) == [("Two", ["gamma"]), ("One", ["alpha", "beta"])]
    plan = planned(course, include=[{"part": "Mine", "chapters": ["beta", "alpha"]}])
    assert outline(plan) == [("Mine", ["beta", "alpha"])]


def test_excluded_chapters_and_pages_are_left_out(course: Path) -> None:
    plan = planned(course, exclude=["gamma", "faq"])
    assert outline(plan) == [("One", ["alpha", "beta"])]
    assert "faq" not in plan.pages


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (
            {"include": ["betta"]},
            "include[1]: must be a part, a chapter, or the file of an own one, got 'betta'.",
        ),
        ({"include": ["One", "alpha"]}, "include[2]: must not hold 'alpha' again, which stands in 'One'. Remove one."),
        ({"include": ["alpha"], "exclude": ["alpha"]}, "must not name 'alpha', which stands in `exclude`"),
        ({"exclude": ["fag"]}, "exclude[1]: must be a chapter or a page at the back, got 'fag'. Did you mean `faq`?"),
        ({"exclude": ["glossary"]}, "must not name 'glossary': every chapter leads there. Remove it."),
        ({"points": {"alpha/frist": 2}}, "points.alpha/frist: must be a question of this edition, got 'alpha/frist'."),
        ({"include": ["alpha"], "points": {"gamma/only": 2}}, "The chapter 'gamma' is not included."),
        ({"data": {"contact_lag": {"seed": 1}}}, "got 'contact_lag'. Did you mean `contact_log`?"),
        (
            {"drop": ["alpha-tow"]},
            "a label of a section of this edition, got 'alpha-tow'. Did you mean `alpha-two`?",
        ),
        ({"exam": {"questions": 3}}, "must be at most 2, the questions kept for an exam in these chapters, got 3."),
    ],
    ids=["chapter", "twice", "excluded", "page", "needed", "question", "left", "data", "label", "exam"],
)
def test_a_name_that_is_not_there_is_told_with_the_nearest(course: Path, wanted: dict[str, Any], said: str) -> None:
    assert said in "\n".join(problems(course, **wanted))


def test_all_problems_come_in_one_list(course: Path) -> None:
    told = problems(course, include=["betta", "gama"], exclude=["fag"], points={"x/y": 1})
    assert [each.split(": ")[1] for each in told] == ["exclude[1]", "include[1]", "include[2]", "points.x/y"]


# --- What chapters build on


def test_a_missing_prerequisite_is_named_with_what_to_add(course: Path) -> None:
    (told,) = problems(course, include=["gamma"])
    assert told == (
        "edition.yml:1: include[1]: 'gamma' builds on 'beta', not in this edition. Add 'alpha' and 'beta' before it, "
        "or write `requires: auto` or `requires: ignore`."
    )


def test_missing_prerequisites_are_pulled_in_before_what_needs_them(course: Path) -> None:
    plan = planned(course, include=["gamma"], requires="auto")
    assert outline(plan) == [("One", ["alpha", "beta"]), ("Two", ["gamma"])]
    assert [each.why for each in plan.chapters] == ["required by beta", "required by gamma", "named in `include`"]
    own = planned(course, include=[{"part": "One", "chapters": ["beta"]}], requires="auto")
    assert outline(own) == [("One", ["alpha", "beta"])]


@pytest.mark.parametrize(
    ("first", "second", "parts"),
    [
        ("alpha", "ours.md", [("One", ["alpha", "beta"]), ("Mine", ["ours"]), ("Two", ["gamma"])]),
        # Not where it would come before what it builds on itself.
        ("ours.md", "alpha", [("One", ["ours"]), ("Mine", ["alpha"]), ("One", ["beta"]), ("Two", ["gamma"])]),
    ],
    ids=["joined", "apart"],
)
def test_what_is_pulled_in_joins_an_earlier_part_of_its_caption(
    course: Path, tmp_path: Path, first: str, second: str, parts: list[tuple[str, list[str]]]
) -> None:
    file = own(tmp_path, "# Ours\n")
    named = f"  - {{part: One, chapters: [{first}]}}\n  - {{part: Mine, chapters: [{second}]}}\n  - gamma\n"
    file.write_text(f"title: Ours\ninclude:\n{named}requires: auto\n", encoding="utf8")
    assert outline(checked(file, course)) == parts


def test_an_excluded_prerequisite_is_not_pulled_in(course: Path) -> None:
    told = problems(course, include=["gamma"], exclude=["alpha"], requires="auto")
    assert told[0].endswith("Remove 'alpha' from `exclude`, or write `requires: ignore`.")


def test_prerequisites_are_waived_and_then_reported(course: Path) -> None:
    plan = planned(course, include=["gamma"], requires="ignore")
    assert outline(plan) == [("Two", ["gamma"])]
    assert "gamma builds on beta, not in this edition" in report(plan)


# --- Days


@pytest.mark.parametrize(
    ("solutions", "today", "hidden"),
    [
        ("hidden", date(2030, 1, 1), True),
        ("shown", date(2020, 1, 1), False),
        ({"after": "2026-12-18"}, date(2026, 12, 18), True),
        ({"after": "2026-12-18"}, date(2026, 12, 19), False),
    ],
    ids=["hidden", "shown", "on-the-day", "a-day-later"],
)
def test_solutions_are_hidden_up_to_their_day(course: Path, solutions: Any, today: date, *, hidden: bool) -> None:
    assert planned(course, today, solutions=solutions).hidden is hidden


def test_chapters_are_spread_over_sessions_by_their_minutes(course: Path) -> None:
    # 20, 40 and 30 minutes on two days: 20 + 40 | 30 has the squares 3600 + 900, and 20 | 40 + 30 has 400 + 4900.
    term = {"start": "2026-09-07", "every": ["monday"], "weeks": 3, "holidays": ["2026-09-14"]}
    days = [(each.date.day, each.number, each.chapters, each.holiday) for each in planned(course, term=term).sessions]
    assert days == [(7, 1, ("alpha", "beta"), ""), (14, 0, (), "Holiday"), (21, 2, ("gamma",), "")]


def test_a_long_term_gives_long_chapters_more_sessions(course: Path) -> None:
    # 90 minutes in nine sessions are ten each: beta begins after two of them, gamma after six.
    term = {"start": "2026-09-07", "every": ["monday"], "weeks": 9}
    sessions = planned(course, term=term).sessions
    assert {each.number: each.chapters for each in sessions if each.chapters} == {
        1: ("alpha",),
        3: ("beta",),
        7: ("gamma",),
    }


@pytest.mark.parametrize(
    ("term", "said"),
    [
        (
            {"start": "2027-02-01", "holidays": ["2027-06-14"]},
            "the holiday 2027-06-14 lies outside the term, 2027-02-01 to 2027-03-14",
        ),
        (
            {"start": "2027-02-01", "holidays": [{"from": "2027-02-16", "to": "2027-02-20", "name": "Fair"}]},
            "the holiday 2027-02-16 to 2027-02-20 (Fair) takes no session away",
        ),
        (
            {"start": "2027-02-02"},
            "`start` is Tuesday 2027-02-02, no day of a session: the first session is on Monday 2027-02-08",
        ),
    ],
    ids=["outside", "between", "start"],
)
def test_days_without_effect_are_told(course: Path, term: dict[str, Any], said: str) -> None:
    plan = planned(course, term={"every": ["monday"], "weeks": 6, **term})
    assert report(plan).splitlines()[-2:] == ["Is this meant?", f"  {said}"]


def test_days_with_effect_are_not_doubted(course: Path) -> None:
    holidays = ["2027-02-08", {"from": "2027-02-27", "to": "2027-03-02"}]
    plan = planned(course, term={"start": "2027-02-01", "every": ["monday"], "weeks": 6, "holidays": holidays})
    assert "Is this meant?" not in report(plan)
    week = planned(course, term={"start": "2027-02-01", "every": ["tuesday", "thursday"], "weeks": 6})
    assert "Is this meant?" not in report(week)
    # Days that are listed one by one stand on no holiday, so that each only says why there is no class.
    listed = planned(course, term={"sessions": ["2027-02-01", "2027-02-15"], "holidays": ["2027-02-08", "2027-03-01"]})
    assert report(listed).splitlines()[-1] == (
        "  the holiday 2027-03-01 lies outside the term, 2027-02-01 to 2027-02-15"
    )


# --- Own chapters


def own(folder: Path, chapter: str, **more: str) -> Path:
    (folder / "ours.md").write_text(chapter, encoding="utf8")
    for name, text in more.items():
        (folder / f"{name}.yml").write_text(text, encoding="utf8")
    file = folder / "edition.yml"
    file.write_text("title: Ours\ninclude:\n  - alpha\n  - ours.md\n", encoding="utf8")
    return file


def test_an_own_chapter_joins_the_part_before_it(course: Path, tmp_path: Path) -> None:
    text = "# Our hotel\n\nWords, [one](alpha.ipynb#alpha-one), [beta](beta.ipynb#beta-one).\n"
    plan = checked(own(tmp_path, text), course)
    assert outline(plan) == [("One", ["alpha", "ours"])]
    ours = plan.chapters[1]
    assert (ours.own, ours.title, ours.exercises, ours.minutes) == (True, "Our hotel", None, 1)
    assert plan.written("chapters/ours.md") == "# Our hotel\n\nWords, [one](alpha.ipynb#alpha-one), beta.\n"


def test_an_own_chapter_may_require_chapters_of_the_course(course: Path, tmp_path: Path) -> None:
    with pytest.raises(EditionError, match=r"edition.yml:4: include\[2\]: 'ours' builds on 'beta'"):
        checked(own(tmp_path, "---\nopsbook:\n  requires: [beta]\n---\n# Ours\n"), course)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[x](alfa.ipynb)", "leads to no page. Did you mean `chapters/alpha`?"),
        ("[x](alpha.md)", "must end in .ipynb"),
        ("[x](alpha.ipynb#alpha-onne)", "leads to no section there. Did you mean `alpha-one`?"),
        ("{ref}`alpha-onne`", "leads to no section. Did you mean `alpha-one`?"),
        ("{term}`the fist <fist>`", "there is no term 'fist' in the glossary. Did you mean `first`?"),
        ("{cite:p}`nobody2020`", "there is no work 'nobody2020' in the list of references."),
        ("```{question} alpha/frist\n```", "there is no question 'alpha/frist'. Did you mean `alpha/first`?"),
        ("```{question} alpha/exam\n```", "the question 'alpha/exam' must not be asked, since it is for exams"),
        ("[x][y]\n\n[y]: alfa.ipynb", "leads to no page. Did you mean `chapters/alpha`?"),
        ("{doc}`alfa`", "leads to no page. Did you mean `chapters/alpha`?"),
        ("[x](../../secret.csv)", "ours.md:3: the link to '../../secret.csv' leads to no page."),
        ("[x](/etc/hosts.png)", "ours.md:3: the link to '/etc/hosts.png' leads to no page."),
        ("[x](../_static/downloads/../../secret.csv)", "leads to no page."),
        ("[x](../_static/downloads/%2e%2e/%2e%2e/secret.csv)", "leads to no page."),
        ("```{explorer} alfa.ipynb\n```", "there is no notebook 'alfa.ipynb' with an explorer."),
        ("{download}`x <../secret.csv>`", "ours.md:3: the role 'download' must be one that chapters may use."),
        ("[x](no-such-label)", "leads to no page. Chapters lie in this folder"),
        (
            "(alpha-one)=\n## Again",
            "ours.md:3: the label 'alpha-one' must stand once in the course, got it in chapters/al",
        ),
        ("(mine)=\n## A\n\n(mine)=\n## B", "ours.md:6: the label 'mine' must stand once in the course, got it in"),
        (
            "```python\nx = 1",
            "ours.md:3: a block that begins with ``` must end with a line of the same signs, got none.",
        ),
        (
            "```{note}\n- one\n\n  ~~~\n  x\n```",
            "ours.md:6: a block that begins with ~~~ must end with a line of the same signs, got none.",
        ),
        ("![x](plan.svg)", "ours.md:3: the picture must be a .svg or .png file beside this one, got 'plan.svg'"),
        ("![x](https://example.org/a.svg)", "ours.md:3: a picture must be an .svg or .png file beside the chapter"),
    ],
    ids=[
        *("page", "ending", "label", "ref", "term", "work", "question", "exam", "by-name", "doc", "file"),
        *("picture-of-anybody", "download", "escaped", "explorer", "role", "far-page", "label-of-another"),
        *("label-twice", "open-code", "open-code-within", "picture", "outside-picture"),
    ],
)
def test_an_own_chapter_must_lead_somewhere(course: Path, tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(EditionError) as caught:
        checked(own(tmp_path, f"# Ours\n\n{text}\n"), course)
    assert len(caught.value.problems) == 1
    assert said in caught.value.problems[0]


def test_a_question_for_exams_that_counts_may_be_asked(course: Path, tmp_path: Path) -> None:
    file = own(tmp_path, "# Ours\n\n```{question} alpha/exam\n```\n")
    with file.open("a", encoding="utf8") as more:
        more.write("points: {alpha/exam: 2}\n")
    assert "ours" in [each.name for each in checked(file, course).chapters]


def test_an_own_notebook_asks_what_the_edition_has(course: Path, tmp_path: Path) -> None:
    asking = small_course.cells(["# Ours", "?alpha/first", "?gamma/only", "?alpha/exam"])
    notebook = {"cells": asking, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "ours.ipynb").write_text(json.dumps(notebook), encoding="utf8")
    file = tmp_path / "edition.yml"
    file.write_text("title: Ours\ninclude: [alpha, ours.ipynb]\n", encoding="utf8")
    with pytest.raises(EditionError) as caught:
        checked(file, course)
    for_exams, nowhere = caught.value.problems
    assert "ours.ipynb: the question 'alpha/exam' must not be asked, since it is for exams alone." in for_exams
    assert "ours.ipynb: there is no question 'gamma/only' in this edition." in nowhere


def test_an_own_chapter_has_a_name_of_its_own(course: Path, tmp_path: Path) -> None:
    (tmp_path / "beta.md").write_text("# Mine\n", encoding="utf8")
    file = tmp_path / "edition.yml"
    file.write_text("title: Ours\ninclude: [alpha, beta.md]\n", encoding="utf8")
    with pytest.raises(EditionError, match="must not be called as a chapter or page of the course is"):
        checked(file, course)


PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><title>{}</title></svg>'


def two_halls(folder: Path, *titles: str) -> Path:
    for name, title in zip("ab", titles, strict=True):
        (folder / name).mkdir()
        (folder / name / f"{name}-hall.md").write_text("# A hall\n\n![x](pic.svg)\n", encoding="utf8")
        (folder / name / "pic.svg").write_text(PICTURE.format(title), encoding="utf8")
    file = folder / "edition.yml"
    file.write_text("title: Ours\ninclude: [alpha, a/a-hall.md, b/b-hall.md]\n", encoding="utf8")
    return file


def test_pictures_of_one_name_are_one_picture(course: Path, tmp_path: Path) -> None:
    with pytest.raises(EditionError) as caught:
        checked(two_halls(tmp_path, "one", "another"), course)
    (problem,) = caught.value.problems
    assert "include[3]: b/b-hall.md:3: the picture must have a name of its own, got 'pic.svg'" in problem
    assert problem.endswith("which another one has, a/pic.svg. Rename one.")


def test_the_same_picture_may_lie_beside_two_chapters(course: Path, tmp_path: Path) -> None:
    assert len(checked(two_halls(tmp_path, "one", "one"), course).chapters) == 3


def test_a_requirement_that_is_no_chapter_is_told_with_its_line(course: Path, tmp_path: Path) -> None:
    with pytest.raises(EditionError) as caught:
        checked(own(tmp_path, "---\nopsbook:\n  requires:\n  - alpha\n  - betta\n---\n# Ours\n"), course)
    (problem,) = caught.value.problems
    said = "include[2]: ours.md:5: opsbook.requires: must name chapters, got 'betta'. Did you mean `beta`?"
    assert problem.endswith(said)


def test_an_own_chapter_is_not_called_as_the_exam_is(course: Path, tmp_path: Path) -> None:
    (tmp_path / "exam.md").write_text("# Our exam\n", encoding="utf8")
    (tmp_path / "edition.yml").write_text("title: Ours\ninclude: [alpha, exam.md]\n", encoding="utf8")
    with pytest.raises(EditionError, match=r"include\[2\]: must not be called `exam`, as the exam's files are"):
        checked(tmp_path / "edition.yml", course)


def test_an_own_chapter_without_a_title_is_refused_by_check(course: Path, tmp_path: Path) -> None:
    with pytest.raises(EditionError, match=r"include\[2\]: ours.md:1: a chapter must begin with its title"):
        checked(own(tmp_path, "Words.\n"), course)


def test_faults_of_own_chapters_are_told_beside_those_of_names(course: Path, tmp_path: Path) -> None:
    file = own(tmp_path, "# Ours\n\n{download}`x`\n")
    with file.open("a", encoding="utf8") as more:
        more.write("exclude: [fag]\n")
    with pytest.raises(EditionError) as caught:
        checked(file, course)
    assert len(caught.value.problems) == 2


OWN_BANK = """objectives:
  - {id: ours/1, text: Tell who waits.}
questions:
  - id: who-waits
    kind: choice
    objective: ours/1
    section: SECTION
    difficulty: 1
    points: 1
    pool: [check]
    prompt: One guest is served, and two stand in line. How many wait?
    options:
      - {id: two, text: Two, correct: true}
      - {id: three, text: Three, correct: false, feedback: One of them is served.}
    hints: [Who is served does not wait., Take one away., Three are there.]
    solution: Three less one.
"""


@pytest.mark.parametrize(("section", "right"), [("ours-desk", True), ("ours-dsk", False)], ids=["there", "nowhere"])
def test_an_own_question_names_a_section_of_its_chapter(
    course: Path, tmp_path: Path, section: str, *, right: bool
) -> None:
    bank = OWN_BANK.replace("SECTION", section)
    file = own(tmp_path, "# Ours\n\n(ours-desk)=\n## The desk\n\nWords.\n", ours=bank)
    file.write_text("title: Ours\ninclude: [alpha, ours.md]\nbanks: [ours.yml]\n", encoding="utf8")
    if right:
        assert "ours/who-waits" in checked(file, course).questions
        return
    with pytest.raises(EditionError) as caught:
        checked(file, course)
    assert caught.value.problems == [
        f"{tmp_path}/ours.yml:7: who-waits: section: must be a label in ours, got 'ours-dsk'. Did you mean `ours-desk`?"
    ]


def test_an_own_question_that_no_own_chapter_asks_is_told(course: Path, tmp_path: Path) -> None:
    section = "# Ours\n\n(ours-desk)=\n## The desk\n\nWords.\n"
    bank = OWN_BANK.replace("SECTION", "ours-desk")
    file = own(tmp_path, section, ours=bank)
    file.write_text("title: Ours\ninclude: [alpha, ours.md]\nbanks: [ours.yml]\n", encoding="utf8")
    plan = checked(file, course)
    assert plan.unasked == ("ours/who-waits",)
    assert "  ours/who-waits is asked on no page, only in" in report(plan)
    examined = bank.replace("[check]", "[exam]").replace("correct: true}", "correct: true, rationale: Three less one.}")
    examined = examined.replace("correct: false, feedback:", "correct: false, rationale: One is served., feedback:")
    (tmp_path / "ours.yml").write_text(examined, encoding="utf8")
    assert checked(file, course).unasked == ()
    (tmp_path / "ours.yml").write_text(bank, encoding="utf8")
    (tmp_path / "ours.md").write_text(f"{section}\n```{{question}} ours/who-waits\n```\n", encoding="utf8")
    assert checked(file, course).unasked == ()


def test_a_question_of_a_bank_that_is_not_named_leads_to_banks(course: Path, tmp_path: Path) -> None:
    file = own(tmp_path, "# Ours\n\nWords.\n")
    with file.open("a", encoding="utf8") as more:
        more.write("points: {ours/who-waits: 2}\n")
    with pytest.raises(EditionError) as caught:
        checked(file, course)
    (problem,) = caught.value.problems
    assert problem.endswith("got 'ours/who-waits'. Write its bank, `ours.yml`, into `banks`.")


def test_an_own_question_shows_no_picture(course: Path, tmp_path: Path) -> None:
    bank = OWN_BANK.replace("SECTION", "ours-desk").replace("Take one away.", "'![x](https://example.org/x.png)'")
    file = own(tmp_path, "# Ours\n\n(ours-desk)=\n## The desk\n\nWords.\n", ours=bank)
    file.write_text("title: Ours\ninclude: [alpha, ours.md]\nbanks: [ours.yml]\n", encoding="utf8")
    with pytest.raises(EditionError) as caught:
        checked(file, course)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{tmp_path}/ours.yml:15: a question must show no pictures, got one.")


# --- An exam without questions


def test_an_exam_without_questions_is_left_out_and_said(course: Path) -> None:
    plan = planned(course, include=["beta"], requires="ignore")
    assert "exam-pdf" not in plan.settings.outputs
    assert "  exam-pdf is left out: no question in these chapters is kept for an exam" in report(plan).splitlines()
    assert "exam-pdf" in planned(course, include=["alpha"]).settings.outputs


def test_an_exam_without_questions_cannot_be_asked_for(course: Path) -> None:
    (problem,) = problems(course, include=["beta"], requires="ignore", outputs=["lms", "exam-pdf"])
    assert "outputs[2]: must not be asked for, since no question in these chapters is kept for an exam." in problem


# --- The front page


def test_each_front_page_leads_to_the_notebooks_of_its_readers(course: Path) -> None:
    plan = planned(course)
    student, instructor = (front_page(plan, known={}, titles={}, instructor=each) for each in (False, True))
    assert "download the notebooks (the button at the top of this page" in student
    assert "take `notebooks.zip`, which lies beside the folder of these pages" in instructor
    assert "the button" not in instructor
    pages = planned(course, outputs=["instructor-html", "student-notebooks"])
    assert "pip install" not in front_page(pages, known={}, titles={}, instructor=True)


@pytest.mark.parametrize(
    ("solutions", "said"),
    [
        ("hidden", " Worked solutions stay with your instructor."),
        ({"after": "2027-06-30"}, " Worked solutions come after Wednesday 30 June 2027."),
        ({"after": "2026-06-30"}, ""),
        ("shown", ""),
    ],
)
def test_students_are_told_when_they_get_worked_solutions(course: Path, solutions: Any, said: str) -> None:
    plan = planned(course, date(2026, 9, 1), solutions=solutions)
    student, instructor = (front_page(plan, known={}, titles={}, instructor=each) for each in (False, True))
    assert f"what you answer stays on your device.{said}\n" in student
    assert "what you answer stays on your device.\n" in instructor


def test_an_own_chapter_is_described_on_the_front_page(course: Path, tmp_path: Path) -> None:
    about = "---\nopsbook:\n  description: Twelve rooms & one desk.\n---\n# Ours\n"
    page = front_page(checked(own(tmp_path, about), course), known={"ours": "?"}, titles={}, instructor=False)
    assert "**[Ours](../chapters/ours.md).** Twelve rooms & one desk." in page.splitlines()


# --- The report, and the course itself


def test_the_report_of_data_is_about_the_chapters_of_the_edition(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "check", lambda *_: [])
    monkeypatch.setattr(data, "report", lambda _settings, _root, chapters=None: [f"Run again for {chapters}."])
    said = report(planned(course, include=["alpha"], data={"contact_log": {"seed": 7}}))
    assert "  Run again for ['alpha']." in said.splitlines()


def test_the_report_says_what_is_in_it_and_why(course: Path) -> None:
    plan = planned(course, include=["gamma"], requires="auto", exclude=["faq"], points={"beta/only": 2.5})
    said = report(plan)
    for line in (
        "Ours: 3 chapters, 90 minutes of reading.",
        "  alpha (20 min): required by beta",
        "  Added: alpha, beta",
        "  beta/only: 2.5",
        "  lms: 9 questions in 3 pools, those that count (1) apart, an exam of 2",
    ):
        assert line in said.splitlines()


@pytest.mark.parametrize(
    ("points", "says"),
    [
        ({}, "2 assignments for nbgrader"),
        ({"customer-contact/least-active": 2}, "1 assignment for nbgrader, 1 code task that counts"),
        ({"customer-contact/what-counts": 2}, "no assignment for nbgrader, since no code task counts"),
    ],
    ids=["nothing counts", "code", "no code"],
)
def test_nbgrader_gets_what_counts(points: dict[str, float], says: str) -> None:
    plan = planned(ROOT, include=["customer-contact", "personal-interaction"], requires="ignore", points=points)
    assert f"  grading: {says}" in report(plan).splitlines()


def test_no_reference_of_an_edition_of_the_course_itself_dangles() -> None:
    plan = planned(ROOT, include=["customer-contact", "case-hospitality"], requires="ignore")
    gone = {each.rpartition("/")[2] for each in plan.links.left_out if not each.startswith("book/")}
    assert len(gone) == 20
    for path in (*plan.files, "book/evidence.yml"):
        text = plan.written(path)
        if path.endswith(".ipynb"):
            data = [each.get("data", {}) for cell in json.loads(text)["cells"] for each in cell.get("outputs", ())]
            shown = ["".join(each.get("text/markdown", "")) for each in data]
            text = "\n".join([*small_course.sources(text), *shown])
        # An example of a chapter is shown as it is typed.
        text = re.sub(r"^(`{3,})\w*\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
        dangling = [name for name in gone if re.search(rf"\]\([^)\s]*\b{name}\.ipynb|{{ask}}`{name}/", text)]
        assert not dangling, path


# --- Everything that is wrong, at once


def told(course: Path, folder: Path, text: str) -> list[str]:
    (folder / "mine.yml").write_text(text)
    with pytest.raises(EditionError) as caught:
        checked(folder / "mine.yml", course)
    return [each.removeprefix(f"{folder}/mine.yml:").split(", ")[0] for each in caught.value.problems]


def test_faults_of_form_and_of_names_are_told_in_one_list(course: Path, tmp_path: Path) -> None:
    text = "title: Ours\nseed: -2\nexclude: [gama]\ndrop: [alpha-nowhere]\nrequires: ignore\n"
    assert told(course, tmp_path, text) == [
        "2: seed: must be at least 0",
        "3: exclude[1]: must be a chapter or a page at the back",
        "4: drop[1]: must be a label of a section of this edition",
    ]


def test_of_a_mapping_by_names_only_entries_at_fault_are_left_out(course: Path, tmp_path: Path) -> None:
    text = "title: Ours\npoints: {alpha/first: 0, alpha/secnd: 2}\ndata: {contact_log: {seed: -1}, tps: {seed: 2}}\n"
    assert told(course, tmp_path, text) == [
        "2: points.alpha/first: must be above 0",
        "3: data.contact_log.seed: must be at least 0",
        "2: points.alpha/secnd: must be a question of this edition",
        "3: data.tps: must be a data set of the course",
    ]


def test_names_are_not_judged_by_a_choice_that_cannot_be_read(course: Path, tmp_path: Path) -> None:
    text = "title: Ours\ninclude: 3\ndrop: [alpha-nowhere]\n"
    assert [each.partition(":")[0] for each in told(course, tmp_path, text)] == ["2"]
