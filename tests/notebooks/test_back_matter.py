"""The page of frequent questions answers each briefly and with proof; the sheet of formulas says what each assumes."""

import re
from pathlib import Path

import pytest

BOOK = Path(__file__).parents[2] / "book"
FAQ = (BOOK / "faq.md").read_text(encoding="utf8")
NOTATION = (BOOK / "notation.md").read_text(encoding="utf8")
ANSWERS = dict(re.findall(r"^\((faq-\w+)\)=\n## [^\n]+\n(.*?)(?=^\(faq-|\Z)", FAQ, re.MULTILINE | re.DOTALL))
FORMULAS = re.findall(r"^\[[^\n]+?\]\((\S+)\)\n: \$\$\n(.*?)\n  \$\$\n\n  ([^\n]+)", NOTATION, re.MULTILINE | re.DOTALL)


def test_there_are_ten_questions() -> None:
    assert len(ANSWERS) == 10


@pytest.mark.parametrize("label", ANSWERS)
def test_an_answer_is_brief_and_leads_to_its_proof(label: str) -> None:
    text = re.sub(r"\{cite:\w+\}`[^`]+`|\]\([^)]*\)", "", ANSWERS[label])
    assert 80 <= len(text.split()) <= 150
    proof = re.search(r"\*\*(?:Shown in|Verdicts?)\b.*", ANSWERS[label], re.DOTALL)
    assert proof
    before, behind = ANSWERS[label][: proof.start()], proof[0]
    for part in (before, behind):
        assert re.search(r"\]\(\.\./chapters/[\w-]+\.ipynb#[\w-]+\)", part)


def test_every_formula_leads_to_its_section_and_says_what_it_rests_on() -> None:
    assert len(FORMULAS) == NOTATION.count("\n: $$\n") > 40
    for address, _, text in FORMULAS:
        assert re.fullmatch(r"\.\./chapters/[\w-]+\.ipynb#[\w-]+", address)
        assert re.search(r"\*Assumes\*|Exact|exact|The same", text), text
