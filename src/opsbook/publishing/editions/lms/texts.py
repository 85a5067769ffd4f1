"""A bank's Markdown as HTML for a learning management system, with its formulas as TeX, which such systems typeset."""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from html import escape
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from opsbook.exercises import prose

__all__ = ["canvas", "canvas_inline", "digits", "moodle", "moodle_inline", "plain"]

_Rule = Callable[[object, Sequence[Token], int, object, object], str]

# What text2qti would take for a formula, an escape or code, were it to stand in HTML as it is.
_MEANT_BY_TEXT2QTI: Final = str.maketrans({"$": "&#36;", "\\": "&#92;", "`": "&#96;", "\n": " "})
# A formula on its way through the HTML of text2qti, between two characters that no text has.
_FORMULA: Final = re.compile("\ue000(.*?)\ue001", re.DOTALL)
_CODE: Final = re.compile(r"(?<=<pre>).*?(?=</pre>)", re.DOTALL)


def _latex(token: Token) -> str:
    return " ".join(token.content.split())


def _for_moodle(_self: object, tokens: Sequence[Token], index: int, _options: object, _env: object) -> str:
    token = tokens[index]
    formula = escape(_latex(token), quote=False)
    if token.type == "math_inline":
        return rf"\({formula}\)"
    return rf"<p>\[{formula}\]</p>" if token.type == "math_block" else rf"\[{formula}\]"


def _for_canvas(_self: object, tokens: Sequence[Token], index: int, _options: object, _env: object) -> str:
    token = tokens[index]
    if token.type == "math_inline":
        return f"<span>\ue000{_latex(token)}\ue001</span>"
    formula = f'<span style="display: block;">\ue000\\displaystyle {_latex(token)}\ue001</span>'
    return f"<div>{formula}</div>" if token.type == "math_block" else formula


_RULES: Final[Mapping[str, _Rule]] = {"moodle": _for_moodle, "canvas": _for_canvas}


@cache
def _markdown(system: str) -> MarkdownIt:
    """Read Markdown as the book does, and write formulas as `system` reads them."""
    markdown = MarkdownIt("commonmark", {"html": False, "typographer": True}).enable(["table", "smartquotes"])
    dollarmath_plugin(markdown, allow_space=False, allow_digits=False, double_inline=True, allow_labels=False)
    for kind in ("math_inline", "math_inline_double", "math_block"):
        markdown.add_render_rule(kind, _RULES[system])
    return markdown


def moodle(text: str) -> str:
    r"""Return Markdown `text` as HTML whose formulas Moodle's MathJax filter typesets.

    Examples
    --------
    >>> moodle("At most $x < 1$.")
    '<p>At most \\(x &lt; 1\\).</p>'
    """
    return str(_markdown("moodle").render(text)).strip()


def moodle_inline(text: str) -> str:
    """Return `text` as `moodle` does, without a paragraph around it."""
    return str(_markdown("moodle").renderInline(text.strip()))


def _one_line(html: str) -> str:
    html = _CODE.sub(lambda code: code[0].rstrip("\n").replace("\n", "&#10;"), html.strip())
    parts = _FORMULA.split(html)
    # Every second part is a formula, and text2qti's to read.
    return "".join(f"${part}$" if odd % 2 else part.translate(_MEANT_BY_TEXT2QTI) for odd, part in enumerate(parts))


def canvas(text: str, **attributes: str) -> str:
    r"""Return Markdown `text` as one line of HTML that means the same to text2qti, its formulas between dollar signs.

    It stands in one ``<div>``, with `attributes`; what is in it, text2qti hands on as it is, except for formulas,
    which become the pictures that Canvas knows how to typeset.

    Examples
    --------
    >>> print(canvas("At most $x < 1$ for \\$5."))
    <div><p>At most <span>$x < 1$</span> for &#36;5.</p></div>
    """
    named = "".join(f' {name.replace("_", "-")}="{escape(value)}"' for name, value in attributes.items())
    return f"<div{named}>{_one_line(str(_markdown('canvas').render(text)))}</div>"


def canvas_inline(text: str) -> str:
    """Return `text` as `canvas` does, without a paragraph around it."""
    return f"<div>{_one_line(str(_markdown('canvas').renderInline(text.strip())))}</div>"


def plain(text: str) -> str:
    """Return Markdown `text` whole, without its marks.

    Examples
    --------
    >>> plain("The *front* office")
    'The front office'
    """
    return prose.plain(text, longest=len(text))


def digits(value: float) -> str:
    """Return all the digits of `value` without an exponent.

    Examples
    --------
    >>> digits(1.5e-7)
    '0.00000015'
    """
    return f"{Decimal(repr(float(value))):f}"
