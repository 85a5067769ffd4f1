"""Whether a style of CSS refers to anything outside of what it stands in."""

import re

__all__ = ["reaches_out"]


def reaches_out(style: str) -> bool:
    """Return whether a style or attribute may refer to another file; a backslash may hide that it does.

    Examples
    --------
    >>> reaches_out("fill: url(#pattern)"), reaches_out("fill: url(other.svg)")
    (False, True)
    """
    spoken = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL).lower()
    return bool(
        re.search(r"""\\|//|@import|script:|image-set|src\(|image\(|expression\(|url\((?!\s*["']?\s*#)""", spoken)
    )
