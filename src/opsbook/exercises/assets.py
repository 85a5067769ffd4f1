"""The scripts, styles and fragments that the views are made of."""

from functools import cache
from importlib.resources import files

__all__ = ["asset", "view_script", "view_style"]


@cache
def asset(name: str) -> str:
    """Return the text of a file of ``static``.

    Examples
    --------
    >>> asset("widget.js").startswith("//")
    True
    """
    return files("opsbook.exercises").joinpath("static", name).read_text(encoding="utf-8")


def view_script(element: str) -> str:
    """Return the script that defines the element of an explorer's own view, ``views/ELEMENT.js``, and what it needs.

    Examples
    --------
    >>> "customElements.define" in view_script("ops-queue")
    True
    """
    return asset("views/parts.js") + asset(f"views/{element}.js")


def view_style(element: str) -> str:
    """Return the style of the element of an explorer's own view, ``views/ELEMENT.css``, and what all of them share.

    Examples
    --------
    >>> ".ops-view" in view_style("ops-queue")
    True
    """
    return asset("views/parts.css") + asset(f"views/{element}.css")
