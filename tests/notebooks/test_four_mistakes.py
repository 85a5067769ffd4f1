"""The table of the four common mistakes repeats three sister chapters' models; it must say what they say."""

import json
import re
from pathlib import Path

import pytest

CHAPTERS = Path(__file__).parents[2] / "chapters"


def _said(chapter: str) -> list[str]:
    """The texts that a chapter's code cells show."""
    cells = json.loads((CHAPTERS / f"{chapter}.ipynb").read_text(encoding="utf-8"))["cells"]
    return [
        "".join(output.get("data", {}).get("text/markdown", "")) for cell in cells for output in cell.get("outputs", [])
    ]


def _numbers(text: str) -> list[float]:
    return [float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*\.?\d*", text)]


@pytest.mark.parametrize(
    ("chapter", "how_many", "euros"),
    [("standardise-and-empower", 2, 1000), ("listen-and-respond", 1, 1000), ("technology-and-automation", 1, 1)],
    ids=["training", "feedback", "technology"],
)
def test_the_table_of_the_four_mistakes_agrees_with_their_chapters(chapter: str, how_many: int, euros: int) -> None:
    table = next(text for text in _said("managing-the-operation") if "dearer than the cure" in text)
    row = next(line for line in table.splitlines() if f"({chapter}.ipynb#" in line)
    printed = _numbers(row.split("|")[3])[:how_many]
    there = [number for text in _said(chapter) for number in _numbers(text)]
    assert len(printed) == how_many
    for number in printed:  # printed to a tenth of a thousand euros, or to a thousand
        assert any(abs(number * euros - found) <= (50 if euros == 1000 else 0.5) for found in there), (
            f"{chapter} does not say {number}"
        )
