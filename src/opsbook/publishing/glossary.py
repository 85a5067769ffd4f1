"""Definitions that travel with the links to the glossary, so that a page can show them without asking for them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Final

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.environment import BuildEnvironment

__all__ = ["MARK", "Definition", "collect", "with_definitions"]

MARK: Final = "data-definition="
_KEPT: Final = "opsbook_definitions"
_LINK: Final = re.compile(r'<a class="reference internal" href="(?P<address>[^"]*#[^"]+)"')
_SECTION: Final = "\0"
_WHERE: Final = re.compile(rf"\s*See {_SECTION}(?:(?:, | and ){_SECTION})*\.")


@dataclass(frozen=True)
class Definition:
    """What the glossary says of a term, in plain text and without the sections that it names."""

    page: str
    anchor: str
    term: str
    text: str


def _text(definition: nodes.Node) -> str:
    """Return a definition without its "See …"; a section's name is long, and the glossary links it."""
    words = [
        _SECTION if isinstance(node, addnodes.pending_xref) and node["reftype"] == "ref" else node.astext()
        for paragraph in definition.findall(nodes.paragraph)
        for node in paragraph.children
    ]
    return " ".join(_WHERE.sub("", "".join(words)).split())


def _defined(page: str, doctree: nodes.document) -> Iterable[Definition]:
    for glossary in doctree.findall(addnodes.glossary):
        for item in glossary.findall(nodes.definition_list_item):
            text = _text(item)
            for term in item.findall(nodes.term):
                for anchor in term["ids"]:
                    yield Definition(page, anchor, term.astext(), text)


def collect(_app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Keep the glossary's definitions; return the pages to write again where one has changed."""
    kinds = env.domaindata["std"]["objects"].items()
    pages = sorted({page for (kind, _), (page, _) in kinds if kind == "term"})
    found = [each for page in pages for each in _defined(page, env.get_doctree(page))]
    if found == getattr(env, _KEPT, []):
        return []
    setattr(env, _KEPT, found)
    return sorted(env.all_docs)


def with_definitions(builder: Builder, page: str, body: str) -> str:
    """Let every link to the glossary carry the term and its definition."""
    held = {
        f"{builder.get_relative_uri(page, each.page)}#{each.anchor}": each
        for each in getattr(builder.env, _KEPT, [])
        if each.page != page
    }

    def define(link: re.Match[str]) -> str:
        found = held.get(link["address"])
        if found is None:
            return link[0]
        return f'{link[0]} data-term="{escape(found.term)}" {MARK}"{escape(found.text)}"'

    return _LINK.sub(define, body) if held else body
