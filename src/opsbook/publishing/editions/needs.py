"""What the outputs of an edition need and may be missing on a machine, looked for before anything is made."""

from collections.abc import Collection, Sequence
from importlib.util import find_spec
from typing import Final

from opsbook.publishing import chromium
from opsbook.publishing.editions.wording import joined

__all__ = ["missing"]

_PAGES: Final = ("student-html", "instructor-html")
_NOTEBOOKS: Final = ("student-notebooks", "instructor-notebooks")
_PRINTED: Final = ("book-pdf", "exam-pdf")
# By the name of its module: the extra that brings a package, and the outputs that are made with it.
_PACKAGES: Final = {
    "jupyter_book": ("book", (*_PAGES, "book-pdf")),
    "xlsxwriter": ("book", (*_PAGES, *_NOTEBOOKS, "book-pdf")),
    "hatchling": ("edition", _NOTEBOOKS),
    "text2qti": ("edition", ("lms",)),
    "nbgrader": ("edition", ("grading",)),
    "playwright": ("edition", _PRINTED),
    "pypdf": ("edition", _PRINTED),
    "pypdfium2": ("edition", _PRINTED),
}


def missing(outputs: Collection[str]) -> list[str]:
    """Return what outputs need and this machine has not: for which of them, how to install it, what to leave out else.

    Examples
    --------
    >>> missing([])
    []
    """
    found = []
    for package, (extra, made) in _PACKAGES.items():
        asked = [each for each in outputs if each in made]
        if asked and find_spec(package) is None:
            found.append(_rule(asked, package, f"Run: pip install 'opsbook[{extra}]'"))
    if printed := [each for each in outputs if each in _PRINTED]:
        try:
            chromium.find()
        except FileNotFoundError:
            install = f"Install Chromium or Google Chrome, or run: python -m {chromium.__name__}"
            found.append(_rule(printed, "Chromium", install))
    return found


def _rule(outputs: Sequence[str], thing: str, install: str) -> str:
    verb = "needs" if len(outputs) == 1 else "need"
    rest = "it" if len(outputs) == 1 else "them"
    return f"{joined(outputs)} {verb} {thing}, which is not on this machine. {install}. Or leave {rest} out."
