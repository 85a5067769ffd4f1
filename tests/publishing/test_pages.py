"""Pages that are made from data say all that the data say."""

from typing import Any

import pytest

from opsbook import datasets
from opsbook.publishing.pages import data_dictionary, data_overview, evidence_ledger

ENTRIES = [
    {
        "claim": "Waiting is the worst part",
        "verdict": "Half right",
        "reason": "It depends on the wait.",
        "sources": [
            {"key": "larson1987", "found": "Fairness matters."},
            {"key": "maister1985", "found": "So do clocks."},
        ],
        "limits": "Two essays.",
        "where": "[Waiting](../chapters/waiting.ipynb)",
    },
    {
        "claim": "A second claim",
        "verdict": "Holds",
        "reason": "By derivation.",
        "sources": [{"key": "little1961", "found": "A theorem."}],
        "limits": "Steady state.",
        "where": "Nowhere yet",
    },
]


def sections(markdown: str) -> dict[str, str]:
    """Return what stands under each heading of the second level."""
    parts = markdown.split("## ")[1:]
    return {part.partition("\n")[0]: part.partition("\n")[2] for part in parts}


def test_the_dictionary_has_a_section_for_every_data_set() -> None:
    found = sections(data_dictionary())
    assert list(found) == [f"`{name}`" for name in datasets.names()]


@pytest.mark.parametrize("name", datasets.names())
def test_the_dictionary_tells_what_a_reader_must_know(name: str) -> None:
    about, text = datasets.describe(name), sections(data_dictionary())[f"`{name}`"]
    assert about.title in text
    assert ("synthetic" in text.casefold()) or not about.synthetic
    for word in (*about.caveats, *(column.name for column in about.columns)):
        assert word in text


def test_the_overview_has_a_row_for_every_data_set() -> None:
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in data_overview().splitlines()[2:]]
    assert [row[0] for row in cells] == [f"`{name}`" for name in datasets.names()]
    assert {len(row) for row in cells} == {5}
    for row in cells:
        about = datasets.describe(row[0].strip("`"))
        assert row[2:] == ["synthetic" if about.synthetic else "real", f"{about.rows:,}", about.licence]


def test_the_ledger_keeps_the_order_of_the_book() -> None:
    assert list(sections(evidence_ledger(ENTRIES))) == ["Waiting is the worst part", "A second claim"]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["claim"])
def test_an_entry_tells_verdict_sources_limits_and_place(entry: dict[str, Any]) -> None:
    text = sections(evidence_ledger(ENTRIES))[entry["claim"]]
    assert f"**{entry['verdict']}.** {entry['reason']}" in text
    for source in entry["sources"]:
        assert f"- {{cite:t}}`{source['key']}`: {source['found']}\n" in text
    assert f"*Limits.* {entry['limits']}" in text
    assert entry["where"] in text


def test_an_empty_ledger_is_an_empty_page() -> None:
    assert evidence_ledger([]) == ""
