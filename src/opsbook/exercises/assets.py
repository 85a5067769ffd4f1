"""The scripts, styles and fragments that the views are made of."""

from functools import cache
from importlib.resources import files

__all__ = ["asset"]


@cache
def asset(name: str) -> str:
    """Return the text of a file of ``static``.

    Examples
    --------
    >>> asset("widget.js").startswith("//")
    True
    """
    return files("opsbook.exercises").joinpath("static", name).read_text(encoding="utf-8")
