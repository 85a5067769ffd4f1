"""What pages of the course say for the sake of a chapter alone: it goes where an edition lacks the chapter.

A link may lose its address and keep its words. These lose their sense as well: **Shown in** and **Verdict**, which say
what stands there; and an item of a list that begins with a chapter's name in bold, as everything in it is about that.
"""

import re
from typing import Final

from opsbook.publishing.editions.links import Links, target

__all__ = ["without_pointers"]

_SAID: Final = r"\*\*(?:Shown in|Verdicts?)\*\*"
# As far as the next of them, or the end of the paragraph.
_SHOWN: Final = re.compile(rf"[ \t]*{_SAID}(?:(?![ \t]*{_SAID}|\n[ \t]*\n).)*", re.DOTALL)
_NAMED: Final = re.compile(r"^[-*] \*\*\[[^\]\n]*\]\([^()\s]*\).*(?:\n|\Z)", re.MULTILINE)
_FIRST: Final = re.compile(r"\]\((?P<at>[^()\s]*)\)")
_EMPTY: Final = re.compile(r"^### [^\n]*\n+(?=#{1,3} |\([^()\n]*\)=\n#|\Z)", re.MULTILINE)


def without_pointers(text: str, document: str, links: Links) -> str:
    r"""Return a page in Markdown less what is said for the sake of what `links` lack.

    Parameters
    ----------
    text : str
        The page.
    document : str
        Its name, as ``folder/name`` without ending.
    links : Links
        What an edition holds; where they lead to the full book, all of it is to be had, and everything stays.

    Examples
    --------
    >>> lacking = Links(left_out={"chapters/gone"})
    >>> page = "It is so. **Shown in** [a figure](../chapters/gone.ipynb): it rises.\n\nMore.\n"
    >>> without_pointers(page, "book/faq", lacking)
    'It is so.\n\nMore.\n'
    """
    if links.full_book:
        return text

    def kept(said: re.Match[str]) -> str:
        first = _FIRST.search(said[0])
        return "" if first and links.lacks(target(first["at"], document)) else said[0]

    shorter = _NAMED.sub(kept, text)
    if shorter != text:
        shorter = _EMPTY.sub("", shorter)
    return re.sub(r"\n{3,}", "\n\n", _SHOWN.sub(kept, shorter)) if _SHOWN.search(text) else shorter
