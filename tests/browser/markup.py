"""Pages and prose read without a browser."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser

from opsbook.exercises import prose


@dataclass
class Markup(HTMLParser):
    """The elements of a page, without a browser."""

    html: str
    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, *tags: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.elements if tag in tags]

    @cached_property
    def ids(self) -> set[str]:
        return {attributes["id"] for _, attributes in self.elements if "id" in attributes}

    @property
    def text(self) -> str:
        return squeezed(" ".join(self.words))


def squeezed(text: str) -> str:
    """Return `text` without spaces, which a browser and a parser place differently around inline elements."""
    return re.sub(r"\s+", "", text)


def words_of(markdown: str) -> str:
    """Return the words of a text of the bank as a page shows them, squeezed."""
    return Markup(prose.to_html(markdown)).text
