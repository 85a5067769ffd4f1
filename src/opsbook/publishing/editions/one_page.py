"""Sets a built site as one page for paper: its pages in their order, every link between them a link inside it."""

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

__all__ = ["Leaf", "anchor", "for_paper", "lead", "leaves", "one_page", "rights"]

_FRONT: Final = "book/index"
_VOID: Final = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
# What a reader of paper can do nothing with, or is not to see: code behind figures, data, sliders, hints and answers.
_LEFT_OUT: Final = frozenset(
    {
        "headerlink",
        "hide",
        "ops-answer-key",
        "ops-data",
        "ops-hints",
        "ops-honest",
        "ops-key",
        "ops-narrow",
        "ops-open",
        "ops-paper-end",
        "ops-print-key",
        "ops-sliders",
    }
)
_LEFT_OUT_TAGS: Final = frozenset(
    {"audio", "button", "canvas", "embed", "iframe", "object", "script", "style", "template", "video"}
)
# Of a learner's own answers a book knows nothing.
_NOT_ON_PAPER: Final = frozenset({"book/my-progress"})
# What works in a browser alone, and what stands in its place.
_ALIVE: Final = {
    "ops-progress": "Your answers and how you did stand here on the course’s website.",
    "ops-exam": "On the course’s website, an exam can be drawn and marked here.",
}
# Paper has no forms and no folds; and of a figure the picture alone is one to a reader's software, with words for it.
_OTHERWISE: Final = {
    "details": "div",
    "fieldset": "div",
    "figcaption": "div",
    "figure": "div",
    "form": "div",
    "label": "div",
    "legend": "div",
    "noscript": "div",
    "summary": "p",
}
_FIELDS: Final = {
    "radio": '<span class="paper-ring"></span>',
    "checkbox": '<span class="paper-box"></span>',
    "text": '<span class="ops-paper-blank"></span>',
}
_TRY: Final = " With JavaScript it can be tried out."
_ATTRIBUTE: Final = re.compile(r"""\s+([\w:.-]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?""")
_DROPPED: Final = re.compile(r"data-(?!asks$)|tabindex$|title$|download$|on|autocomplete$|for$")
_POINTING: Final = frozenset({"id", "aria-labelledby", "aria-describedby", "headers"})
_OF_PICTURES: Final = re.compile(r"url\(\s*#([^)]+)\)")


@dataclass(frozen=True)
class Leaf:
    """A page of the site as it stands in the contents.

    Attributes
    ----------
    name : str
        Its path below the site without its ending, such as ``"chapters/service-design"``.
    title : str
        Its title with its number, as the contents show it.
    depth : int
        1 for a chapter, 2 for what belongs to one.
    part : str
        The caption of its part.
    """

    name: str
    title: str
    depth: int
    part: str


def anchor(name: str, fragment: str = "") -> str:
    """Return the id, unique in the one page, of a page or of a place in it.

    Examples
    --------
    >>> anchor("chapters/service-design"), anchor("chapters/service-design", "design-batch")
    ('chapters-service-design', 'chapters-service-design--design-batch')
    """
    whole = name.replace("/", "-")
    return f"{whole}--{fragment}" if fragment else whole


# --- Contents --------------------------------------------------------------------------------------------------


class _Contents(HTMLParser):
    """Reads the list of all pages that stands on each of them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Leaf] = []
        self._part = self._name = self._title = ""
        self._depth = 0
        self._in_caption = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if "caption-text" in said.get("class", "").split():
            self._part, self._in_caption = "", True
        self._depth += tag == "ul"
        if tag == "a" and self._depth:
            path = posixpath.normpath(posixpath.join(posixpath.dirname(_FRONT), unquote(said.get("href", ""))))
            self._name, self._title = path.removesuffix(".html"), ""

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag == "ul"
        if tag == "span":
            self._in_caption = False
        if tag == "a" and self._name:
            title = " ".join(self._title.split())
            self.found.append(Leaf(self._name, title, self._depth, " ".join(self._part.split())))
            self._name = ""

    def handle_data(self, data: str) -> None:
        if self._in_caption:
            self._part += data
        elif self._name:
            self._title += data


def leaves(site: Path) -> tuple[Leaf, ...]:
    """Return the pages of a built site that go on paper, in the order of its contents, the front page apart."""
    page = (site / f"{_FRONT}.html").read_text(encoding="utf8")
    contents = _Contents()
    contents.feed(_between(page, '<nav id="contents"', "</nav>"))
    held = (each for each in contents.found if each.name not in _NOT_ON_PAPER)
    return tuple(each for each in held if (site / f"{each.name}.html").is_file())


def _between(text: str, start: str, end: str) -> str:
    after = text.partition(start)[2].partition(">")[2]
    return after.rpartition(end)[0] if end == "</article>" else after.partition(end)[0]


# --- Pages for paper -------------------------------------------------------------------------------------------


class _ForPaper(HTMLParser):
    """Writes a page again as it stands, but for what paper cannot do."""

    def __init__(self, name: str, known: Iterable[str], files: str) -> None:
        super().__init__(convert_charrefs=False)
        self.written: list[str] = []
        self._name, self._known, self._files = name, frozenset(known), files
        self._skipped, self._depth = "", 0
        # Paper spares a listing of the library's own files.
        self._left_out = _LEFT_OUT | ({"source"} if name.startswith("book/reference/") else set())

    # --- What is left out

    def _begins_skip(self, tag: str, classes: frozenset[str]) -> bool:
        return tag in _LEFT_OUT_TAGS or tag in _ALIVE or bool(classes & self._left_out)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._skipped:
            self._depth += tag == self._skipped
            return
        said = {name: value or "" for name, value in attrs}
        if self._begins_skip(tag, frozenset(said.get("class", "").split())):
            if tag in _ALIVE:
                self.written.append(f'<p class="ops-still">{_ALIVE[tag]}</p>')
            if tag not in _VOID:
                self._skipped, self._depth = tag, 1
            return
        self._open(tag, said)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self._skipped:
            self._open(tag, {name: value or "" for name, value in attrs})

    def handle_endtag(self, tag: str) -> None:
        if self._skipped:
            self._depth -= tag == self._skipped
            if not self._depth:
                self._skipped = ""
        elif tag not in {"textarea", "input"}:
            self.written.append(f"</{self._tag(tag)}>")

    # --- What is written otherwise

    def _tag(self, tag: str) -> str:
        # The titles of pages stand below those of parts.
        if self._name != _FRONT and re.fullmatch(r"h[1-5]", tag):
            return f"h{int(tag[1]) + 1}"
        return _OTHERWISE.get(tag, tag)

    def _open(self, tag: str, said: Mapping[str, str]) -> None:
        if tag == "input":
            self.written.append(_FIELDS.get(said.get("type", "text"), ""))
            return
        if tag == "textarea":
            self.written.append('<div class="paper-room"></div>')
            return
        raw = self.get_starttag_text() or ""
        head = re.match(r"<[^\s/>]+", raw)
        inside = (
            raw[head.end() if head else 0 :].rstrip("/>").rstrip()
            if raw.endswith("/>")
            else raw[head.end() :].rstrip(">")
            if head
            else ""
        )
        attributes = "".join(self._attribute(tag, *found.groups()) for found in _ATTRIBUTE.finditer(inside))
        if self._tag(tag) != tag and tag in _OTHERWISE:
            attributes = _with_class(attributes, f"paper-{tag}")
        end = "/" if raw.endswith("/>") else ""
        self.written.append(f"<{self._tag(tag)}{attributes}{end}>")

    def _attribute(self, tag: str, name: str, quoted: str | None) -> str:
        if name in {"href", "xlink:href", "src"} and quoted:
            return self._address(tag, name, unescape(quoted.strip("\"'")))
        if _DROPPED.match(name):
            return ""
        if quoted is None:
            return f" {name}"
        if name in _POINTING:
            ids = " ".join(anchor(self._name, each) for each in quoted.strip("\"'").split())
            return f' {name}="{ids}"'
        if "url(" in quoted:
            quoted = _OF_PICTURES.sub(lambda found: f"url(#{anchor(self._name, found[1])})", quoted)
        return f" {name}={quoted}"

    def _address(self, tag: str, name: str, address: str) -> str:
        parts = urlsplit(address)
        if parts.scheme in {"http", "https", "mailto", "data"}:
            return f' {name}="{escape(address)}"'
        if parts.scheme:
            return ""
        path = posixpath.normpath(posixpath.join(posixpath.dirname(self._name), unquote(parts.path)))
        if tag == "img":
            return f' {name}="{escape(f"{self._files}/{path}")}"'
        target = path.removesuffix(".html") if parts.path else self._name
        # What is not in the book, such as a file to download, leaves its words alone.
        return f' {name}="#{escape(anchor(target, unquote(parts.fragment)))}"' if target in self._known else ""

    # --- What is copied

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.written.append(data.replace(_TRY, ""))

    def handle_entityref(self, name: str) -> None:
        if not self._skipped:
            self.written.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        if not self._skipped:
            self.written.append(f"&#{name};")


def _with_class(attributes: str, name: str) -> str:
    if found := re.search(r' class=("|\')', attributes):
        return f"{attributes[: found.end()]}{name} {attributes[found.end() :]}"
    return f'{attributes} class="{name}"'


def for_paper(html: str, *, name: str, known: Iterable[str], files: str = "") -> str:
    """Return the article of a page as it goes on paper.

    Parameters
    ----------
    html : str
        What stands in the page's article.
    name : str
        The page, as in `Leaf`.
    known : iterable of str
        The pages that links may lead to; a link to anything else on the site loses its address and keeps its words.
    files : str
        The address of the site, for pictures.

    Examples
    --------
    >>> for_paper('<h1 id="top">A</h1><a href="b.html#c">to B</a>', name="x/a", known=["x/a", "x/b"])
    '<h2 id="x-a--top">A</h2><a href="#x-b--c">to B</a>'
    >>> for_paper('<p><a href="data.csv" download>The data</a></p>', name="x/a", known=["x/a"])
    '<p><a>The data</a></p>'
    """
    page = _ForPaper(name, known, files)
    page.feed(html)
    page.close()
    return "".join(page.written)


# --- The whole -------------------------------------------------------------------------------------------------


def rights(site: Path) -> str:
    """Return what the foot of the site's pages says of rights, without what it says of the page itself."""
    page = (site / f"{_FRONT}.html").read_text(encoding="utf8")
    footer = _between(page, '<footer class="site-footer"', "</footer>")
    words = re.sub(r"<(?!/?a\b)[^>]*>", "", footer)
    return " ".join(words.partition("Built with")[0].split())


def lead(site: Path) -> str:
    """Return what stands beneath the title on the site's front page, as plain text; nothing if nothing does."""
    page = (site / f"{_FRONT}.html").read_text(encoding="utf8")
    found = re.search(r'<p class="lead">(.*?)</p>', page, re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", "", found[1])).split()) if found else ""


def _contents(pages: Iterable[Leaf]) -> str:
    lines, part = [], ""
    for leaf in pages:
        if leaf.part != part:
            part = leaf.part
            lines.append(f'<li class="paper-contents-part">{escape(part)}</li>')
        lines.append(
            f'<li class="paper-contents-{min(leaf.depth, 2)}"><a href="#{anchor(leaf.name)}">'
            f"<span>{escape(leaf.title)}</span></a>"
            f'<span class="paper-on" data-of="{anchor(leaf.name)}"></span></li>'
        )
    return f'<nav class="paper-contents"><h1>Contents</h1><ul>{"".join(lines)}</ul></nav>'


def _css(text: str) -> str:
    r"""Return text as a string of a style sheet.

    Examples
    --------
    >>> print(_css('Say "x" \\ </style>'))
    "Say \22 x\22  \5c  \3c /style\3e "
    """
    return '"' + re.sub(r'[\\"<>\n]', lambda found: f"\\{ord(found[0]):x} ", text) + '"'


def one_page(site: Path, *, title_page: str, title: str, styles: str) -> str:
    """Return the whole site as one HTML page to print.

    Parameters
    ----------
    site : pathlib.Path
        The built site.
    title_page : str
        What stands on the first sheet, as HTML.
    title : str
        The name of the document.
    styles : str
        The links to its style sheets, as HTML.

    Returns
    -------
    str
        The page. After `title_page` come the contents, in which an empty element of the class ``paper-on`` waits for
        each page number, then the site's front page and all others that go on paper, each an article with an id by
        `anchor`.
    """
    pages = leaves(site)
    known = {_FRONT, *(leaf.name for leaf in pages)}
    files = site.resolve().as_uri()
    sheets, articles, part = [], [], ""
    for number, leaf in enumerate((Leaf(_FRONT, title, 1, ""), *pages)):
        html = (site / f"{leaf.name}.html").read_text(encoding="utf8")
        body = for_paper(_between(html, "<article", "</article>"), name=leaf.name, known=known, files=files)
        begins = f'<h1 class="paper-part">{escape(leaf.part)}</h1>' if leaf.part != part else ""
        part = leaf.part
        kind = "paper-front landing" if leaf.name == _FRONT else "paper-page"
        style = f"page: sheet-{number}"
        sheets.append(f"@page sheet-{number} {{ @top-left {{ content: {_css(leaf.title)} }} }}")
        articles.append(f'<article class="{kind}" id="{anchor(leaf.name)}" style="{style}">{begins}{body}</article>')
    language = re.search(r'<html lang="([^"]+)"', html)
    return (
        f'<!DOCTYPE html>\n<html lang="{language[1] if language else "en"}"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title>{styles}<style>{' '.join(sheets)}</style></head>"
        f'<body class="paper"><section class="paper-title-page">{title_page}</section>{_contents(pages)}'
        f"<main>{''.join(articles)}</main></body></html>\n"
    )
