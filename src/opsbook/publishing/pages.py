"""Pages that are written by what they describe: the data dictionary and the evidence ledger."""

from pathlib import Path
from typing import Any, ClassVar

import yaml
from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from opsbook import datasets
from opsbook.datasets import storage

__all__ = ["DataDictionary", "DataOverview", "EvidenceLedger", "data_dictionary", "data_overview", "evidence_ledger"]


def data_overview() -> str:
    """Return a table of all shipped data sets as Markdown."""
    rows = [
        f"| `{about.name}` | {about.row} | {'synthetic' if about.synthetic else 'real'} | {about.rows:,} "
        f"| {about.licence} |"
        for about in map(datasets.describe, datasets.names())
    ]
    return "\n".join(["| data set | one row | data | rows | licence |", "| --- | --- | --- | ---: | --- |", *rows])


def data_dictionary() -> str:
    """Return the description of every shipped data set as Markdown."""
    return "\n\n".join(f"## `{name}`\n\n{datasets.describe(name)._repr_markdown_()}" for name in datasets.names())


def evidence_ledger(entries: list[dict[str, Any]]) -> str:
    """Return the ledger's entries as Markdown, in the order of the book."""
    parts = []
    for entry in entries:
        sources = "\n".join(f"- {{cite:t}}`{item['key']}`: {item['found']}" for item in entry["sources"])
        parts.append(
            f"## {entry['claim']}\n\n**{entry['verdict']}.** {entry['reason']}\n\n{sources}\n\n"
            f"*Limits.* {entry['limits']}\n\n*In the book:* {entry['where']}"
        )
    return "\n\n".join(parts)


class _Generated(SphinxDirective):
    """A directive whose content is Markdown made from data."""

    def _parsed(self, markdown: str, origin: str) -> list[nodes.Node]:
        container = nodes.section(document=self.state.document)
        self.state.nested_parse(StringList(markdown.splitlines(), origin), 0, container, match_titles=True)
        return container.children


class _Data(_Generated):
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


class EvidenceLedger(_Generated):
    """Every claim the book tested, from a YAML file beside the page."""

    required_arguments = 1
    option_spec: ClassVar = {"class": directives.class_option}

    def run(self) -> list[nodes.Node]:
        """Return the page's nodes."""
        _, path = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(path)
        entries = yaml.safe_load(Path(path).read_text(encoding="utf8"))
        return self._parsed(evidence_ledger(entries), path)
