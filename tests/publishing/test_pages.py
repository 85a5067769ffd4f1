"""Pages that are made from data say all that the data say."""

import datetime as dt
import re
from typing import Any

import pandas as pd
import pytest

from opsbook import datasets, kpi
from opsbook.publishing.pages import data_dictionary, data_overview, evidence_ledger, kpi_catalogue, kpi_overview

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
    parts = re.split(r"^(?:\(data-.+\)=\n)?## ", markdown, flags=re.MULTILINE)[1:]
    return {part.partition("\n")[0]: part.partition("\n")[2] for part in parts}


def test_the_dictionary_has_a_section_for_every_data_set() -> None:
    found = sections(data_dictionary())
    assert list(found) == [f"`{name}`" for name in datasets.names()]
    assert re.findall(r"^\((data-.+)\)=\n## ", data_dictionary(), re.MULTILINE) == [
        f"data-{n}" for n in datasets.names()
    ]


@pytest.mark.parametrize("name", datasets.names())
def test_the_dictionary_tells_what_a_reader_must_know(name: str) -> None:
    about, text = datasets.describe(name), sections(data_dictionary())[f"`{name}`"]
    assert about.title in text
    assert ("synthetic" in text.casefold()) or not about.synthetic
    for word in (*about.caveats, *(column.name for column in about.columns)):
        assert word in text


def test_the_overview_has_a_row_for_every_data_set() -> None:
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in data_overview().splitlines()[2:]]
    assert [row[0] for row in cells] == [f"[`{name}`](#data-{name})" for name in datasets.names()]
    assert {len(row) for row in cells} == {5}
    for row, name in zip(cells, datasets.names(), strict=True):
        about = datasets.describe(name)
        assert row[2:] == ["synthetic" if about.synthetic else "real", f"{about.rows:,}", about.licence]


def test_the_ledger_keeps_the_order_of_the_book() -> None:
    assert list(sections(evidence_ledger(ENTRIES))) == ["Waiting is the worst part", "A second claim"]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["claim"])
def test_an_entry_tells_verdict_sources_limits_and_place(entry: dict[str, Any]) -> None:
    text = sections(evidence_ledger(ENTRIES))[entry["claim"]]
    shown, summary, inside = text.partition(f"<summary>What the sources found: {entry['claim']}</summary>\n\n")
    assert summary
    assert f"**{entry['verdict']}.** {entry['reason']}" in shown
    assert f"*Limits.* {entry['limits']}" in shown
    assert entry["where"] in shown
    for source in entry["sources"]:
        assert f"- {{cite:t}}`{source['key']}`: {source['found']}\n" in inside


def test_an_empty_ledger_is_an_empty_page() -> None:
    assert evidence_ledger([]) == ""


MEASURES = kpi.catalogue()
FLAGS = {"true": True, "false": False}


def cards() -> dict[str, str]:
    """Return the text of each card by the name in its anchor."""
    parts = re.split(r"^\(kpi-(.+)\)=\n", kpi_catalogue().partition("\n## Sources\n")[0], flags=re.MULTILINE)[1:]
    return {name.replace("-", "_"): text for name, text in zip(parts[::2], parts[1::2], strict=True)}


def cell(text: str, kind: str) -> Any:
    """Return what a reader who copies the table types."""
    if text == "empty":
        return None
    if kind == "flag":
        return FLAGS[text]
    if kind == "text":
        return text
    if kind == "day" or "-" in text:
        return pd.Timestamp(text)
    return float(text)


def tables(card: str, kinds: dict[str, str]) -> list[pd.DataFrame]:
    """Return the tables of a card as a reader copies them."""
    found = []
    for table in re.findall(r"(?:^\|.*\n?)+", card, re.MULTILINE):
        head, _, *lines = [[each.strip() for each in line.strip("|").split("|")] for line in table.splitlines()]
        names = [name.strip("`") for name in head]
        rows = [[cell(text, kinds[name]) for name, text in zip(names, line, strict=True)] for line in lines]
        found.append(pd.DataFrame(rows, columns=names))
    return found


def figure(call: str, log: pd.DataFrame, staffing: pd.DataFrame | None) -> float:
    measure = eval(call, {"kpi": kpi, "datetime": dt})
    return float(kpi.table(log, measures=measure, staffing=staffing)[measure.name].item())


def test_every_measure_has_a_row_that_leads_to_its_card() -> None:
    listed, _, needing = kpi_overview().partition("\n\n")
    assert re.findall(r"\((#kpi-.+?)\)", listed) == [f"#kpi-{m.name.replace('_', '-')}" for m in MEASURES]
    assert [m.title for m in MEASURES if f"[{m.title}]" not in listed] == []
    assert [m.title for m in MEASURES if f"[{m.title}]" in needing] == [m.title for m in MEASURES if m.staffing_columns]
    assert list(cards()) == [measure.name for measure in MEASURES]


def test_cards_stand_under_the_heading_of_their_family() -> None:
    families = re.findall(r"^## (.+)$", kpi_catalogue(), re.MULTILINE)
    assert families == ["Contacts", "Survey", "Resources and money", "Flow", "Plant", "People", "Sources"]
    for family, text in sections(kpi_catalogue().replace("###", "")).items():
        assert [m.title for m in MEASURES if m.family == family] == re.findall(r"\)=\n (.+)\n", text)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
def test_a_card_says_the_whole_definition(measure: kpi.Measure) -> None:
    card = cards()[measure.name]
    assert card.startswith(f"### {measure.title}\n\n*{measure.question}*\n")
    for word in ("numerator", "denominator", "clock", "abandonment", "unit", "source"):
        said = getattr(measure, word)
        assert (f"\n{word.capitalize()}\n: {said}\n" in card) == bool(said)
        assert said or f"\n{word.capitalize()}\n" not in card
    assert measure.example in card


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
def test_who_copies_a_cards_table_and_call_gets_its_figure(measure: kpi.Measure) -> None:
    card = cards()[measure.name].partition("<summary>Rows and call")[2].partition("</details>")[0]
    log, *beside = tables(card, {**measure.columns, **measure.staffing_columns})
    (code,) = re.findall(r"^```python\n(.+?)\n```$", card, re.MULTILINE | re.DOTALL)
    said = measure.example.rpartition(" = ")[2]
    given = {"kpi": kpi, "datetime": dt, "log": log, "staffing": beside[0] if beside else None}
    found = float(eval(code, given)[measure.name].item())
    assert found == pytest.approx(float(said), abs=0.5 * 10 ** -len(said.partition(".")[2]))


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
def test_a_card_names_every_option_and_what_other_conventions_come_to(measure: kpi.Measure) -> None:
    options = cards()[measure.name].partition("<summary>Options and other")[2]
    taken = getattr(kpi, measure.name).__kwdefaults__ or {}
    assert [name for name in taken if f"`{name}`" not in options] == []
    others = re.findall(r"^- `(kpi\..+?)` = (\S+)\. (?=[A-Z])", options, re.MULTILINE)
    assert len(others) == len(kpi.conventions(measure)) - 1
    for call, said in others:
        log, staffing = map(pd.DataFrame, kpi.example(eval(call)))
        assert f"{figure(call, log, None if staffing.empty else staffing):.3f}".rstrip("0").rstrip(".") == said


def test_another_convention_does_not_repeat_what_both_have_in_common() -> None:
    (line,) = re.findall(r"^- `kpi.fcr\(transferred=\"failed\"\)` = 0.25. (.+)$", cards()["fcr"], re.MULTILINE)
    assert line == "Numerator: the denominator's contacts without a repeat within 7 days, not transferred."


def test_every_work_that_a_card_rests_on_is_among_the_sources() -> None:
    listed = kpi_catalogue().partition("\n## Sources\n")[2]
    for measure in MEASURES:
        for year in re.findall(r"\((\d{4})", measure.source):
            assert f"({year})" in listed, (measure.name, year)
    works = re.findall(r"^- (.+)$", listed, re.MULTILINE)
    assert works == sorted(set(works))


def test_only_measures_of_the_catalogue_have_conventions() -> None:
    with pytest.raises(ValueError, match="active_contact_share"):
        kpi.conventions(kpi.contact_share(kind="active"))
