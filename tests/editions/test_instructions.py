"""What the page on editions shows works as it stands there."""

import re
from pathlib import Path

import pytest

from opsbook.errors import EditionError
from opsbook.located import parse
from opsbook.publishing.editions.plan import checked
from opsbook.publishing.editions.report import report
from opsbook.publishing.editions.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "book" / "editions.md").read_text(encoding="utf8")
NAME = "our-hotel"
EDITION = f"title: T\ninclude: [service-delivery, {NAME}.md]\nrequires: auto\nbanks: [{NAME}.yml]\noutputs: [lms]\n"


def blocks(language: str) -> list[str]:
    """Return what stands between fences of a language, whatever their length."""
    return [found[2] for found in re.finditer(rf"^(`{{3,}}){language}\n(.*?)^\1$", PAGE, re.MULTILINE | re.DOTALL)]


@pytest.fixture
def shown(tmp_path: Path) -> Path:
    """The chapter and the bank that the page shows in full, beside an edition of them."""
    (chapter,) = blocks("markdown")
    (bank,) = (each for each in blocks("yaml") if each.startswith("objectives:"))
    (tmp_path / f"{NAME}.md").write_text(chapter, encoding="utf8")
    (tmp_path / f"{NAME}.yml").write_text(bank, encoding="utf8")
    (tmp_path / "mine.yml").write_text(EDITION, encoding="utf8")
    return tmp_path


def test_the_chapter_and_the_bank_of_the_page_pass_the_check(shown: Path) -> None:
    plan = checked(shown / "mine.yml", ROOT)
    (own,) = (each for each in plan.chapters if each.own)
    assert (own.name, own.title, own.requires, own.minutes) == (NAME, "Our hotel", ("service-delivery",), 10)
    assert f"{NAME}/desk-capacity" in plan.questions
    assert "Is this meant?" not in report(plan)


@pytest.mark.parametrize(
    ("file", "slip", "said"),
    [
        (f"{NAME}.md", ("desk-capacity", "desk-capacities"), f"there is no question '{NAME}/desk-capacities'"),
        (f"{NAME}.yml", ("section: our-hotel-desk", "section: our-desk"), "our-desk"),
    ],
    ids=["question", "section"],
)
def test_a_slip_in_copying_them_is_told(shown: Path, file: str, slip: tuple[str, str], said: str) -> None:
    text = (shown / file).read_text(encoding="utf8")
    (shown / file).write_text(text.replace(*slip), encoding="utf8")
    with pytest.raises(EditionError) as caught:
        checked(shown / "mine.yml", ROOT)
    assert said in "\n".join(caught.value.problems)


def test_the_page_shows_every_key_with_values_that_are_read() -> None:
    shown = [parse(each).value for each in blocks("yaml")]
    keys = {key: value for each in shown if "objectives" not in each for key, value in each.items()}
    assert Settings.model_validate(keys).title == keys["title"]
    assert keys.keys() == set(Settings.model_fields)
