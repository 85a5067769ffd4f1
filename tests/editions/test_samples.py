"""The samples build as they stand: here their students' pages, since nothing else of them is not tried elsewhere."""

import re
from pathlib import Path

import pytest

from opsbook.publishing.editions.build import build

from .built import ROOT
from .slow.crawl import Site

FILES = sorted((ROOT / "book" / "editions").glob("*.yml"))


def test_there_are_samples() -> None:
    assert len(FILES) == 3


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_sample_makes_sound_pages(file: Path, tmp_path: Path) -> None:
    text = file.read_text(encoding="utf8")
    assert not re.search("^outputs:", text, re.MULTILINE)
    copy = tmp_path / file.name
    copy.write_text(f"{text}\noutputs: [student-html]\n", encoding="utf8")
    # A warning of any page, and anything that leaks, makes the build fail.
    site = Site(build(copy, tmp_path / "out", root=ROOT).output / "student" / "html")
    assert len(list(site.links())) > 100
    assert site.dangling() == []
    assert site.unreached() == []
    assert site.unread() == []
