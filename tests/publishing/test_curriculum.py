"""The map of the course says of every chapter what it teaches, where, and after what, and nothing that is not there."""

import re
from pathlib import Path

import pytest
import yaml

from opsbook import exercises
from opsbook.publishing.course import Page, Unit, read_pages, read_unit
from opsbook.publishing.curriculum import curriculum_map, ideas_taught, prerequisites

ROOT = Path(__file__).parents[2]
NAMES = [path.stem for path in sorted((ROOT / "chapters").glob("*.ipynb"))]
IDEAS = {each["id"]: each["idea"] for each in yaml.safe_load((ROOT / "book" / "coverage.yml").read_text("utf8"))}
QUESTIONS = exercises.catalogue()["questions"]

BAKERY = Unit(
    name="bakery",
    part="First",
    title="The bakery",
    covers=("A1", "A3"),
    requires=(),
    objectives={"bakery/1": "Weigh bread.", "bakery/2": "Sell it."},
    sections={"bread": "Bread", "scales": "The scales", "till": "The till"},
    checks=("bakery/heavy",),
    exercises=("bakery/light", "bakery/sold"),
    minutes=(20, 40),
)
SHOP = Unit("shop", "First", "The shop", ("A2",), ("bakery",), {}, {}, (), (), (10,))
CASE = Unit("case", "Cases", "A case", (), ("bakery", "shop"), {}, {}, (), (), (10,))
ASKED = {
    "bakery/heavy": {"objective": "bakery/1", "section": "scales", "pool": ["check"]},
    "bakery/light": {"objective": "bakery/1", "section": "bread", "pool": ["exercise"]},
    "bakery/sold": {"objective": "bakery/2", "section": "till", "pool": ["exercise"]},
    "bakery/rare": {"objective": "bakery/2", "section": "till", "pool": ["exam"]},
    "shop/other": {"objective": "bakery/2", "section": "bread", "pool": ["exam"]},
}


def test_the_map_leads_from_each_objective_to_all_that_serves_it() -> None:
    text = curriculum_map([BAKERY], {"A1": "Loaves", "A3": "Rolls"}, ASKED)
    link = '<a href="../{0}/bakery.html#q-bakery-{1}">{1}</a>'.format
    assert text == "\n".join(
        [
            "## First\n\n### The bakery\n",
            "[20 minutes to read](../chapters/bakery.ipynb) and [40 minutes to practise](../exercises/bakery.ipynb).\n",
            '<details class="source printed"><summary>Objectives, questions and ideas: The bakery</summary>\n',
            "1. Weigh bread.",
            "   - Read: [Bread](../chapters/bakery.ipynb#bread) · [The scales](../chapters/bakery.ipynb#scales)",
            f"   - Check: {link('chapters', 'heavy')}",
            f"   - Practise: {link('exercises', 'light')}",
            "2. Sell it.",
            "   - Read: [The till](../chapters/bakery.ipynb#till)",
            f"   - Practise: {link('exercises', 'sold')}",
            "   - Questions kept for the practice exam: 1\n",
            "Ideas:\n\n- **A1** Loaves\n- **A3** Rolls\n\n</details>",
        ]
    )


def test_prerequisites_are_told_in_both_directions() -> None:
    bakery, shop, case = (f"[{each.title}](../chapters/{each.name}.ipynb)" for each in (BAKERY, SHOP, CASE))
    assert prerequisites([BAKERY, SHOP, CASE]) == (
        f"**First**\n\n- {bakery}: stands alone; leads to {shop} and {case}.\n"
        f"- {shop}: builds on {bakery}; leads to {case}.\n\n**Cases**\n\n- {case}: builds on {bakery} and {shop}."
    )


def test_an_edition_names_only_what_it_has() -> None:
    assert prerequisites([CASE]) == "**Cases**\n\n- [A case](../chapters/case.ipynb): stands alone."


def test_every_idea_is_listed_with_its_homes() -> None:
    text = ideas_taught({"A1": "Loaves", "A2": "Till", "A9": "Cake"}, [BAKERY, SHOP], [Page("faq", "Asked", ("A2",))])
    assert text.splitlines() == [
        "- **A1** Loaves: [The bakery](../chapters/bakery.ipynb)",
        "- **A2** Till: [The shop](../chapters/shop.ipynb) and [Asked](faq.md)",
        "- **A9** Cake: not in this edition",
    ]


def test_pages_that_teach_say_so_at_their_head(tmp_path: Path) -> None:
    texts = {
        "faq": "---\nopsbook:\n  covers: [C17]\n---\n\n# Asked often \n",
        "data": "# Data\n",
        "primer": "---\nopsbook: {objectives: []}\n---\n# Primer\n",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.md").write_text(text, encoding="utf8")
    assert read_pages([tmp_path / f"{name}.md" for name in texts]) == [Page("faq", "Asked often", ("C17",))]


@pytest.mark.parametrize("name", NAMES)
def test_the_map_leaves_out_nothing_of_a_chapter(name: str) -> None:
    unit = read_unit(ROOT, name, "A part")
    text = curriculum_map([unit], IDEAS, QUESTIONS)
    own = {each: about for each, about in QUESTIONS.items() if each.startswith(f"{name}/")}
    assert set(re.findall(r'#q-(.+?)"', text)) == {each.replace("/", "-") for each in (*unit.checks, *unit.exercises)}
    assert set(re.findall(rf"/{name}\.ipynb#(.+?)\)", text)) == {about["section"] for about in own.values()}
    examined = re.findall(r"practice exam: (\d+)$", text, re.MULTILINE)
    assert sum(map(int, examined)) == sum("exam" in about["pool"] for about in own.values())
    assert [line for line in (*unit.objectives.values(), *map(IDEAS.get, unit.covers)) if line not in text] == []
    assert unit.title
    assert unit.checks
    assert unit.exercises
