"""Any choice of chapters makes a sound edition: each chapter alone, and ten random choices (`make test-editions`)."""

import random
from pathlib import Path

import pytest
import yaml

import opsbook
from opsbook import cli

from .crawl import Site

ROOT = Path(opsbook.__file__).parents[2]
OUTPUTS = "[student-html, instructor-html, student-notebooks, instructor-notebooks]"


def course() -> list[str]:
    """Return the names of all chapters in the order of the course."""
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf8"))["parts"]
    files = [Path(entry["file"]) for part in parts for entry in part["chapters"]]
    return [file.name for file in files if file.parent.name == "chapters"]


def choices() -> dict[str, list[str]]:
    """Return what is tried: each chapter alone, and ten random choices in random order."""
    found = {name: [name] for name in course()}
    for seed in range(1, 11):
        dice = random.Random(seed)
        found[f"seed {seed}"] = dice.sample(course(), dice.randint(2, 7))
    return found


def test_every_chapter_of_the_course_is_tried():
    assert set(course()) == {path.stem for path in (ROOT / "chapters").glob("*.ipynb")}


@pytest.mark.parametrize("name", choices())
def test_edition(tmp_path, capsys, name):
    chosen = choices()[name]
    file, output = tmp_path / "edition.yml", tmp_path / "out"
    written = f"title: Edition {name}\ninclude: [{', '.join(chosen)}]\nrequires: ignore\noutputs: {OUTPUTS}\n"
    file.write_text(written, encoding="utf8")
    # A warning of any page, and anything that leaks, makes the build fail.
    assert cli.main(["edition", "build", str(file), "--output", str(output)]) == 0, capsys.readouterr().err
    assert cli.main(["edition", "leaks", str(output)]) == 0, capsys.readouterr().err
    for whose in ("student", "instructor"):
        site = Site(output / whose / "html")
        assert {f"chapters/{each}.html" for each in chosen} <= set(site.pages)
        assert not {f"chapters/{each}.html" for each in set(course()) - set(chosen)} & set(site.pages)
        assert len(list(site.links())) > 100
        assert site.dangling() == []
        assert site.unreached() == []
        assert site.unread() == []
