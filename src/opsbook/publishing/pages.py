"""Pages that are written by what they describe: the data dictionary, the KPI catalogue and the evidence ledger."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from html import escape
from inspect import getdoc, signature
from itertools import groupby
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import yaml
from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from opsbook import datasets, kpi
from opsbook.datasets import storage
from opsbook.publishing.reference import sections

__all__ = [
    "DataDictionary",
    "DataOverview",
    "EvidenceLedger",
    "Generated",
    "KpiCatalogue",
    "KpiOverview",
    "data_dictionary",
    "data_overview",
    "evidence_ledger",
    "folded",
    "kpi_catalogue",
    "kpi_overview",
]

_INTERVALS = {
    "proportion": "Wilson's, for a proportion",
    "mean": "normal, for a mean",
    "nps": "normal, for a difference of two shares of the same answers",
}
_EXPLAINED = {
    "Contacts": "[Operating metrics](../chapters/operating-metrics.ipynb)",
    "Survey": "[Satisfaction metrics](../chapters/satisfaction-metrics.ipynb)",
    "Resources and money": "[Operating metrics](../chapters/operating-metrics.ipynb#oper-busy)",
    "Flow": "[Operations and services](../chapters/operations-and-services.ipynb)",
    "Plant": "[Operating metrics](../chapters/operating-metrics.ipynb#oper-oee)",
    "People": "[People and staffing](../chapters/people-and-staffing.ipynb)",
}
_NARROW = 60  # characters of code that a page shows on one line
_CARD = ("numerator", "denominator", "clock", "abandonment", "unit")


def data_overview() -> str:
    """Return a table of all shipped data sets as Markdown."""
    rows = [
        f"| [`{about.name}`](#data-{about.name}) | {about.row} | {about.kind} | {about.rows:,} | {about.licence} |"
        for about in map(datasets.describe, datasets.names())
    ]
    return "\n".join(["| data set | one row | data | rows | licence |", "| --- | --- | --- | ---: | --- |", *rows])


def data_dictionary() -> str:
    """Return the description of every shipped data set as Markdown."""
    return "\n\n".join(map(_described, datasets.names()))


def _described(name: str) -> str:
    # The heading has said the name already.
    text = datasets.describe(name)._repr_markdown_().replace(f"** (`{name}`)", "**", 1)
    return f"(data-{name})=\n## `{name}`\n\n{text}"


def evidence_ledger(entries: list[dict[str, Any]]) -> str:
    """Return the ledger's entries as Markdown, in the order of the book."""
    parts = []
    for entry in entries:
        sources = "\n".join(f"- {{cite:t}}`{item['key']}`: {item['found']}" for item in entry["sources"])
        parts.append(
            f"## {entry['claim']}\n\n**{entry['verdict']}.** {entry['reason']}\n\n"
            f"*Limits.* {entry['limits']}\n\n*In the book:* {entry['where']}\n\n"
            + folded(f"What the sources found: {escape(entry['claim'])}", sources, printed=True)
        )
    return "\n\n".join(parts)


def kpi_overview() -> str:
    """Return the names of all measures of the catalogue as Markdown, family by family."""
    lines = [
        f"- **{family}:** {' · '.join(f'[{each.title}]({_anchor(each.name)})' for each in measures)}"
        for family, measures in _families()
    ]
    needing = [f"[{each.title}]({_anchor(each.name)})" for each in kpi.catalogue() if each.staffing_columns]
    return "\n".join([*lines, "", f"A second table, of staffed time, is needed for: {', '.join(needing)}."])


def kpi_catalogue(leads: Callable[[str], bool] = lambda _link: True) -> str:
    """Return the card of every measure as Markdown, under the headings of their families.

    Parameters
    ----------
    leads : callable
        Whether this book has what a Markdown link leads to.
    """
    parts = [
        "\n\n".join(
            [
                f"## {family}",
                *([f"Explained in {_EXPLAINED[family]}."] if leads(_EXPLAINED[family]) else []),
                *map(_card, measures),
            ]
        )
        for family, measures in _families()
    ]
    return "\n\n".join([*parts, f"## Sources\n\n{_sources()}"])


def _families() -> list[tuple[str, list[kpi.Measure]]]:
    return [(family, list(each)) for family, each in groupby(kpi.catalogue(), key=lambda measure: measure.family)]


def _sources() -> str:
    """Return every work that a measure's function refers to, once."""
    works = [" ".join(work.split()) for each in kpi.catalogue() for work in _works(each.name)]
    return "\n".join(f"- {work}" for work in sorted(set(works)))


def _works(name: str) -> list[str]:
    return [work for work in _doc(name).get("References", "").split("\n\n") if work]


def _anchor(name: str) -> str:
    return f"#kpi-{name.replace('_', '-')}"


def _card(measure: kpi.Measure) -> str:
    log, staffing = kpi.example(measure)
    facts = {word.capitalize(): said for word in _CARD if (said := getattr(measure, word))}
    facts["Interval"] = _INTERVALS[measure.doubt.kind] if measure.doubt else "none is given"
    facts["Source"] = measure.source
    parts = [
        f"({_anchor(measure.name)[1:]})=\n### {measure.title}",
        f"*{measure.question}*",
        _terms(facts, "kpi-card"),
        _careful(measure.name),
        f"**Example:** {measure.example}.",
        folded(
            f"Rows and call of the example: {measure.title}",
            _table(log),
            f"Beside it the table of staffed time:\n\n{_table(staffing)}" if staffing else "",
            f"```python\n{_call(measure)}\n```",
        ),
        folded(f"Options and other conventions: {measure.title}", _options(measure.name), _others(measure)),
        f"In the library: [`kpi.{measure.name}`](reference/kpi.md#library-kpi-{measure.name})",
    ]
    return "\n\n".join(filter(None, parts))


def _call(measure: kpi.Measure) -> str:
    arguments = ["log", f"measures={next(iter(kpi.conventions(measure)))}"]
    arguments += ["staffing=staffing"] if measure.staffing_columns else []
    line = f"kpi.table({', '.join(arguments)})"
    return line if len(line) <= _NARROW else "kpi.table(\n" + "".join(f"    {each},\n" for each in arguments) + ")"


def folded(summary: str, *parts: str, printed: bool = False) -> str:
    """Return what only some readers want under one line, on paper only if `printed`; nothing if there is nothing."""
    body = "\n\n".join(filter(None, parts))
    classes = "source printed" if printed else "source"
    return f'<details class="{classes}"><summary>{summary}</summary>\n\n{body}\n\n</details>' if body else ""


def _terms(said: Mapping[str, str], *classes: str) -> str:
    """Return a definition list, in a box of its own if it has a class."""
    terms = "\n\n".join(f"{term}\n: {' '.join(text.split())}" for term, text in said.items())
    return f":::{{container}} {' '.join(classes)}\n{terms}\n:::" if classes else terms


def _table(columns: Mapping[str, list[Any]]) -> str:
    rows = zip(*columns.values(), strict=True)
    lines = [f"| {' | '.join(map(_cell, row))} |" for row in rows]
    return "\n".join([f"| {' | '.join(f'`{name}`' for name in columns)} |", f"|{' --- |' * len(columns)}", *lines])


def _cell(value: object) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, dt.datetime) else str(value)


def _careful(name: str) -> str:
    """Return what the measure's function has to say about its use."""
    return "\n\n".join(_markdown(part) for part in _doc(name).get("Notes", "").split("\n\n") if part)


def _options(name: str) -> str:
    """Return what can be chosen, each with its default."""
    shown = {}
    defaults = {each.name: each.default for each in signature(getattr(kpi, name)).parameters.values()}
    for block in re.findall(r"^\S.*(?:\n .*)*", _doc(name).get("Parameters", ""), re.MULTILINE):
        head, _, meaning = block.partition("\n")
        names = head.partition(" : ")[0].split(", ")
        given = [defaults[each] for each in names if defaults.get(each) not in (None, signature(kpi.wip).empty)]
        title = ", ".join(f"`{each}`" for each in names)
        shown[title + (f" (default {', '.join(f'`{_written(value)}`' for value in given)})" if given else "")] = (
            _markdown(meaning)
        )
    return _terms(shown)


def _written(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _others(measure: kpi.Measure) -> str:
    """Return what the other conventions change, and what they come to on the same example."""
    lines = []
    for call, other in list(kpi.conventions(measure).items())[1:]:
        log, staffing = map(pd.DataFrame, kpi.example(other))
        value = kpi.table(log, measures=other, staffing=staffing if other.staffing_columns else None)[other.name].item()
        changed = [
            f"{word}: {_different(getattr(other, word), getattr(measure, word))}"
            for word in _CARD
            if getattr(other, word) != getattr(measure, word)
        ]
        lines.append(f"- `{call}` = {f'{value:.3f}'.rstrip('0').rstrip('.')}. {_sentence('; '.join(changed))}")
    return "Other conventions, on the same example:\n\n" + "\n".join(lines) if lines else ""


def _different(other: str, usual: str) -> str:
    """Return the clauses of a definition that another has not."""
    return "; ".join(part for part in other.split("; ") if part not in usual.split("; ")) or other


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _doc(name: str) -> dict[str, str]:
    return sections(getdoc(getattr(kpi, name)) or "")


def _markdown(text: str) -> str:
    """Return a docstring's paragraph as Markdown; the name of a measure leads to its card."""
    measures = {measure.name for measure in kpi.catalogue()}

    def code(match: re.Match[str]) -> str:
        literal, name = match.groups()
        return f"[`{name}`]({_anchor(name)})" if name in measures else f"`{literal or name}`"

    return re.sub(r"``(.+?)``|`([^`]+)`", code, " ".join(text.split()))


class Generated(SphinxDirective):
    """A directive whose content is Markdown made from data."""

    def _parsed(self, markdown: str, origin: str) -> list[nodes.Node]:
        container = nodes.section(document=self.state.document)
        self.state.nested_parse(StringList(markdown.splitlines(), origin), 0, container, match_titles=True)
        return container.children


class _Data(Generated):
    """A part of the page on the data, which is made anew when their descriptions change."""

    def _described(self, markdown: str) -> list[nodes.Node]:
        self.env.note_dependency(str(storage.folder() / "datapackage.json"))
        return self._parsed(markdown, "datasets")


class DataOverview(_Data):
    """All shipped data sets in one table."""

    def run(self) -> list[nodes.Node]:
        """Return the page's nodes."""
        return self._described(data_overview())


class DataDictionary(_Data):
    """Every shipped data set, described from its package file."""

    def run(self) -> list[nodes.Node]:
        """Return the page's nodes."""
        return self._described(data_dictionary())


class KpiOverview(Generated):
    """All measures of the catalogue in one table."""

    def run(self) -> list[nodes.Node]:
        """Return the page's nodes."""
        return self._parsed(kpi_overview(), "kpi")


class KpiCatalogue(Generated):
    """The card of every measure of the catalogue."""

    def run(self) -> list[nodes.Node]:
        """Return the page's nodes."""
        return self._parsed(kpi_catalogue(self._leads), "kpi")

    def _leads(self, link: str) -> bool:
        """Return whether the chapter of a link, and its section, are in this book."""
        _, _, address = link.rstrip(")").partition("](../")
        docname, _, label = address.replace(".ipynb", "").partition("#")
        if docname not in self.env.found_docs:
            return False
        return f"({label})=" in Path(self.env.doc2path(docname)).read_text(encoding="utf8") if label else True


class EvidenceLedger(Generated):
    """Every claim the book tested, from a YAML file beside the page."""

    required_arguments = 1
    option_spec: ClassVar = {"class": directives.class_option}

    def run(self) -> list[nodes.Node]:
        """Return the page's nodes."""
        _, path = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(path)
        entries = yaml.safe_load(Path(path).read_text(encoding="utf8"))
        return self._parsed(evidence_ledger(entries), path)
