"""Turns a bank's Markdown, with its drawn values, into HTML that needs no script."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from opsbook.mathml import to_mathml

__all__ = ["Asked", "ask", "fill", "inline", "placeholders", "plain", "to_html"]

_PLACEHOLDER = re.compile(r"\[\[(?P<name>[^\[\]:]*)(?::(?P<form>[^\[\]]*))?\]\]")


def placeholders(text: str) -> list[tuple[str, str]]:
    """Return the (name, format) of every ``[[name:format]]`` in `text`.

    Examples
    --------
    >>> placeholders("[[present]] of [[total:.1f]] minutes")
    [('present', ''), ('total', '.1f')]
    """
    return [(match["name"].strip(), (match["form"] or "").strip()) for match in _PLACEHOLDER.finditer(text)]


def fill(text: str, values: Mapping[str, float]) -> str:
    """Return `text` with every ``[[name]]`` replaced by its value.

    Examples
    --------
    >>> fill("[[share:.0%]] of [[total]] minutes", {"share": 0.25, "total": 40})
    '25% of 40 minutes'
    """

    def value(match: re.Match[str]) -> str:
        return format(values[match["name"].strip()], (match["form"] or "").strip() or ".12g")

    return _PLACEHOLDER.sub(value, text)


def _math(_self: object, tokens: Sequence[Token], index: int, _options: object, _env: object) -> str:
    token = tokens[index]
    display = token.type != "math_inline"
    formula = to_mathml(token.content.strip(), display=display)
    # A formula wider than a phone scrolls by itself, also from the keyboard.
    return (
        f'<span class="ops-formula" role="group" aria-label="Formula" tabindex="0">{formula}</span>'
        if display
        else formula
    )


@cache
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "typographer": True}).enable(["table", "smartquotes"])
    dollarmath_plugin(markdown, allow_space=False, allow_digits=False, double_inline=True, allow_labels=False)
    for kind in ("math_inline", "math_inline_double", "math_block"):
        markdown.add_render_rule(kind, _math)
    return markdown


def to_html(text: str) -> str:
    """Return Markdown `text` as HTML, its formulas as MathML; raw HTML in it is shown, not obeyed.

    Examples
    --------
    >>> to_html("Divide by the *whole* time.")
    '<p>Divide by the <em>whole</em> time.</p>'
    """
    return str(_markdown().render(text)).strip()


def inline(text: str) -> str:
    """Return `text` as HTML without a paragraph around it.

    Examples
    --------
    >>> inline("the *customer*")
    'the <em>customer</em>'
    """
    return str(_markdown().renderInline(text.strip()))


class Asked(NamedTuple):
    """A prompt as a form shows it: what comes before, and the question itself for the legend."""

    stem: str
    legend: str


def ask(prompt: str) -> Asked:
    r"""Split a prompt into its story and its question, both as HTML.

    A screen reader may repeat a legend with every field, so only the last paragraph becomes the legend.

    Examples
    --------
    >>> ask("A visit takes 40 minutes.\n\nWhat is the *extent of contact*?")
    Asked(stem='<p>A visit takes 40 minutes.</p>', legend='What is the <em>extent of contact</em>?')
    """
    markdown = _markdown()
    env: dict[str, Any] = {}
    tokens = markdown.parse(prompt.strip(), env)
    last = [token.type for token in tokens[-3:]]
    if last != ["paragraph_open", "inline", "paragraph_close"] or tokens[-3].level:
        return Asked(stem=to_html(prompt), legend="Your answer")

    def render(part: list[Token]) -> str:
        return str(markdown.renderer.render(part, markdown.options, env)).strip()

    return Asked(stem=render(tokens[:-3]), legend=render([tokens[-2]]))


def _words(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.children is not None:
            yield "".join(_words(token.children))
        elif token.type in {"softbreak", "hardbreak"}:
            yield " "
        else:
            yield token.content


def plain(text: str, *, longest: int = 60) -> str:
    """Return the first words of Markdown `text` without its marks; every ``[[name]]`` becomes "…".

    Examples
    --------
    >>> plain("A visit takes [[total]] minutes, of which the *customer* is present for half.", longest=40)
    'A visit takes … minutes, of which the…'
    """
    words = " ".join(" ".join(_words(_markdown().parse(_PLACEHOLDER.sub("…", text)))).split())
    if len(words) <= longest:
        return words
    return words[:longest].rsplit(" ", 1)[0].rstrip(" ,.;:…") + "…"
