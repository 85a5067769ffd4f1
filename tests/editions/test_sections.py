"""Sections and questions that are dropped: what goes with them, and what stands in the way."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from opsbook.errors import EditionError
from opsbook.publishing.editions import course as courses
from opsbook.publishing.editions import sections
from opsbook.publishing.editions.plan import Plan, make
from opsbook.publishing.editions.report import report
from opsbook.publishing.editions.settings import Settings

from . import small_course
from .small_course import cells, sources


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_course.write(tmp_path_factory.mktemp("course"))


def planned(course: Path, *drop: str, **wanted: Any) -> Plan:
    return make(Settings.model_validate({"title": "Ours", **({"drop": drop} if drop else {}), **wanted}), course)


def test_a_section_reaches_to_the_next_of_its_level(course: Path) -> None:
    left = sources(planned(course, "alpha-two").written("chapters/alpha.ipynb"))
    assert left[:2] == ["# Alpha begins\n\nA promise.", "import math"]
    assert [each.splitlines()[0] for each in left[2:]] == [
        "(alpha-one)=",
        "one = math.sqrt(4)",
        'exercises.question("alpha/first")',
        "(alpha-inner)=",
        "(alpha-three)=",
    ]


def test_a_subsection_goes_alone(course: Path) -> None:
    plan = planned(course, "alpha-inner")
    left = "\n".join(sources(plan.written("chapters/alpha.ipynb")))
    assert "More of one." not in left
    assert "Two builds on one." in left


def test_links_to_a_dropped_section_become_words(course: Path) -> None:
    text = planned(course, "alpha-two").written("chapters/alpha.ipynb")
    assert "and two." in text
    assert "#alpha-two" not in text


def test_questions_about_a_dropped_section_go_with_it_from_everywhere(course: Path) -> None:
    plan = planned(course, "alpha-inner")
    bank = yaml.safe_load(plan.written("exercises/bank/alpha.yml"))
    assert [each["id"] for each in bank["questions"]] == ["first", "second", "warm", "coded"]
    practice = "\n".join(sources(plan.written("exercises/alpha.ipynb")))
    assert "3. The last" not in practice
    assert "Two items, from one to two." in practice
    assert "With them 2 questions: alpha/exam, alpha/last" in report(plan)


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("*An hour. Two items are code. A pocket calculator does for the rest.*", "*An hour.*"),
        ("*An hour. Run a cell. Items 1 to 3 need no code.*", "*An hour. Run a cell.*"),
        ("*An hour. Most need no more; two ask for code.*", "*An hour.*"),
        ("*An hour. In the page, questions mark themselves.*", "*An hour. In the page, questions mark themselves.*"),
    ],
)
def test_with_an_item_go_the_words_that_count_what_items_need(said: str, left: str) -> None:
    practice = (
        "# Exercises\n\nTwo items.\n\n" + said + "\n\nTo *one*.",
        "### 1. One",
        "?a/one",
        "### 2. Two",
        "?a/two",
    )
    shorter = sections.cut(cells(practice), questions={"a/two"}).cells
    assert shorter[0]["source"] == f"# Exercises\n\nOne items.\n\n{left}\n\nTo *one*."
    assert sections.cut(cells(practice)).cells[0]["source"] == practice[0]


def test_what_is_about_the_whole_course_is_in_no_edition(tmp_path: Path) -> None:
    small_course.write(tmp_path)
    (tmp_path / "book" / "faq.md").write_text(
        "---\nopsbook:\n  whole_course: [faq-teach]\n---\n# Asked\n\nSee [below](#teach). See {ref}`faq-teach`.\n\n"
        "(faq-teach)=\n## Teach\n\nType `make lab`.\n\n## Cite\n\nAs you like.\n",
        encoding="utf8",
    )
    plan = planned(tmp_path)
    assert "Without what is about the whole course: Teach\n" in report(plan)
    written = plan.written("book/faq.md")
    assert written.partition("\n# ")[2] == "Asked\n\nSee below.\n\n## Cite\n\nAs you like.\n"


def test_what_pages_say_is_about_the_whole_course_is_there() -> None:
    course = courses.read(Path(__file__).parents[2])
    assert course.whole
    assert set(course.whole) <= {label for page in course.documents.values() for label in page.labels}


def test_what_only_shows_a_chapter_goes_with_it(tmp_path: Path) -> None:
    small_course.write(tmp_path)
    gone, here = "../chapters/gamma.ipynb#gamma-one", "../chapters/alpha.ipynb#alpha-one"
    (tmp_path / "book" / "faq.md").write_text(
        f"# Asked\n\nSo it is. **Shown in** [a sum]({gone}): it rises. It does.\n\n"
        f"**Shown in** [a year]({here}): [it]({gone}) falls. **Verdict** on it: [mixed]({gone}).\n\n"
        f"### One\n\n- **[Alpha]({here}).** It begins.\n- **[Gamma]({gone}).** It ends.\n\n"
        f"### Two\n\n- **[Gamma]({gone}).** Alone.\n",
        encoding="utf8",
    )
    written = planned(tmp_path, include=["alpha"]).written("book/faq.md")
    assert written.partition("So it is.")[2] == (
        f"\n\n**Shown in** [a year]({here}): it falls.\n\n### One\n\n- **[Alpha]({here}).** It begins.\n\n"
    )


def test_a_dropped_item_takes_its_code_and_its_empty_heading_along(course: Path) -> None:
    left = sources(planned(course, "alpha/coded").written("exercises/alpha.ipynb"))
    assert [each.splitlines()[0] for each in left] == [
        "# Exercises: alpha",
        "## Warm up",
        'exercises.question("alpha/warm")',
        "## Apply",
        "### 3. The last (objective 2)",
        'exercises.question("alpha/last")',
        "## Where you stand",
    ]
    assert left[3] == "## Apply\n\nYour own code."
    assert "## Warm up" not in "\n".join(sources(planned(course, "alpha/warm").written("exercises/alpha.ipynb")))


def test_cells_are_numbered_as_if_they_had_been_run(course: Path) -> None:
    notebook = json.loads(planned(course, "alpha-two").written("chapters/alpha.ipynb"))
    counts = [cell["execution_count"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert counts == [1, 2, 3]


def test_dropped_code_that_kept_code_needs_is_refused_by_name(course: Path) -> None:
    with pytest.raises(EditionError) as caught:
        planned(course, "alpha-one")
    (told,) = caught.value.problems
    assert told == (
        "edition.yml:1: drop[1]: must not take away what kept code needs: in chapters/alpha, 'Two' uses `one` of a "
        "dropped part. Drop it as well, or keep both."
    )
    assert "Three" in planned(course, "alpha-one", "alpha-two").written("chapters/alpha.ipynb")


def test_a_whole_page_is_no_section(tmp_path: Path) -> None:
    root = small_course.write(tmp_path)
    page = root / "book" / "faq.md"
    page.write_text("(faq-page)=\n# Asked\n\n(faq-why)=\n## Why?\n\nBecause.\n\n## Who?\n\nUs.\n", encoding="utf8")
    with pytest.raises(EditionError, match="must name a section, got 'faq-page', a whole page"):
        planned(root, "faq-page")
    assert planned(root, "faq-why").written("book/faq.md") == "(faq-page)=\n# Asked\n\n## Who?\n\nUs.\n"


ASKED = """# Asked

```{question} faq/first
```

```{question} faq/second
```

```{question} faq/third
```

(faq-why)=
## Why?

Because.

```python
(faq-code)=
# No section
```

(faq-who)=
## Who?

Us.
"""


def course_with_asking_page(folder: Path) -> Path:
    root = small_course.write(folder)
    (root / "book" / "faq.md").write_text(ASKED, encoding="utf8")
    entries = (("first", "faq-why", "check"), ("second", "faq-who", "check"), ("third", "faq-who", "exam"))
    small_course.bank(root / "exercises" / "bank" / "faq.yml", *entries)
    return root


def test_questions_of_a_page_go_from_its_bank_too(tmp_path: Path) -> None:
    plan = planned(course_with_asking_page(tmp_path), "faq-why", "faq/third")
    bank = yaml.safe_load(plan.written("exercises/bank/faq.yml"))
    assert [each["id"] for each in bank["questions"]] == ["second"]
    page = plan.written("book/faq.md")
    assert page == "# Asked\n\n```{question} faq/second\n```\n\n(faq-who)=\n## Who?\n\nUs.\n"
    said = report(plan).splitlines()
    assert "  With them 1 question: faq/first" in said
    # Six of alpha, one of beta, two of gamma, and the page's one.
    assert "  lms: 10 questions in 4 pools, an exam of 2" in said


def test_a_bank_that_has_lost_all_its_questions_is_none(tmp_path: Path) -> None:
    root = course_with_asking_page(tmp_path)
    assert planned(root).banks == ("alpha", "beta", "faq", "gamma")
    plan = planned(root, "faq-why", "faq-who", "beta/only")
    assert plan.banks == ("alpha", "gamma")
    assert "  With them 3 questions: faq/first, faq/second, faq/third" in report(plan).splitlines()


@pytest.mark.parametrize(
    ("kept", "names"),
    [
        ("use(table)", ("table",)),
        ("def use():\n    return table", ("table",)),
        ("table = 1\nuse = table", ()),
        ("use = [table for table in (1, 2)]", ()),
        ("for table in (1, 2):\n    print(table)", ()),
        ("total = base + 1", ("base",)),
    ],
    ids=["read", "in-a-function", "given-anew", "in-a-comprehension", "in-a-loop", "changed"],
)
def test_names_are_followed_through_code(kept: str, names: tuple[str, ...]) -> None:
    given = cells(["# Title", "use, base = print, {}", "(a)=\n## A\n\nText.", "table = 1\nbase['x'] = 2", "## B", kept])
    missing = sections.cut(given, ["a"]).missing
    assert tuple(name for each in missing for name in each.names) == names


def test_headings_in_code_are_no_headings() -> None:
    text = "# T\n\n(a)=\n## A\n\n```\n## Not one\n```\n\nGone.\n\n## B\n\nKept.\n"
    assert sections.cut_text(text, ["a"])[0] == "# T\n\n## B\n\nKept.\n"
