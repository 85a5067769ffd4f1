"""An edition's accent colour: its contrast with the page, and what is derived from it for dark pages and soft grounds.

Contrast is WCAG 2.2's: from 1 (none) to 21 (black on white), of the relative luminance of sRGB.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["DARK", "LEAST", "LIGHT", "contrast", "darkened", "derived", "least_contrast", "style"]

LEAST: Final = 4.5
"""The least contrast of text with its ground (WCAG 2.2, success criterion 1.4.3)."""

LIGHT: Final = ("#ffffff", "#f5f7f9")
"""The grounds of a light page on which the accent stands as text: the page, and what is raised from it."""

DARK: Final = ("#14181d", "#1d232a")
"""The same of a dark page."""

_WHITE: Final = "#ffffff"
_BLACK: Final = "#000000"

# Level AAA, which the book's own accent reaches on both grounds.
_DARK_LEAST: Final = 7.0
_SOFTEST: Final = {"light": 11, "dark": 16}


def _channels(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return red, green, blue


def _luminance(colour: str) -> float:
    shares = (each / 255 for each in _channels(colour))
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in shares)  # noqa: PLR2004
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, each written as ``#`` and six hexadecimal digits.

    Examples
    --------
    >>> round(contrast("#767676", "#ffffff"), 2)
    4.54
    """
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _mixed(one: str, other: str, percent: int) -> str:
    """Return a colour that is `percent` of `other`, the rest of `one`."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round((a * (100 - percent) + b * percent) / 100):02x}" for a, b in pairs)


def least_contrast(colour: str) -> float:
    """Return the contrast of `colour`, as text, with the light ground on which it stands out least.

    Examples
    --------
    >>> round(least_contrast("#1f4e79"), 1)
    8.1
    """
    return min(contrast(colour, ground) for ground in LIGHT)


def darkened(colour: str) -> str:
    """Return `colour`, mixed with as little black as makes it readable on a light page.

    Examples
    --------
    >>> darkened("#ff8800")
    '#ad5c00'
    """
    mixtures = (_mixed(colour, _BLACK, percent) for percent in range(101))
    return next(each for each in mixtures if least_contrast(each) >= LEAST)


def _soft(accent: str, page: str, most: int) -> str:
    """Return the page's colour tinged with the accent, as far as the accent is still read on it."""
    tinges = (_mixed(page, accent, percent) for percent in range(most, 0, -1))
    return next((tinge for tinge in tinges if contrast(accent, tinge) >= LEAST), page)


def derived(accent: str) -> Mapping[str, Mapping[str, str]]:
    """Return the values of the theme's ``accent`` and ``accent-soft``, for light and for dark pages.

    The dark accent is the first mixture with white that has a contrast of 7 with both grounds of a dark page.

    Examples
    --------
    >>> colours = derived("#1f4e79")
    >>> colours["light"]["accent"], round(contrast(colours["dark"]["accent"], "#14181d"), 1)
    ('#1f4e79', 7.9)
    """
    brighter = (_mixed(accent, _WHITE, percent) for percent in range(101))
    dark = next(each for each in brighter if min(contrast(each, ground) for ground in DARK) >= _DARK_LEAST)
    return MappingProxyType(
        {
            "light": {"accent": accent, "accent-soft": _soft(accent, LIGHT[0], _SOFTEST["light"])},
            "dark": {"accent": dark, "accent-soft": _soft(dark, DARK[0], _SOFTEST["dark"])},
        }
    )


def style(accent: str) -> str:
    """Return the style sheet that gives pages an accent, on screens and on paper; nothing if `accent` is empty.

    It stands after the theme's own, whose selectors it repeats. On paper the soft ground stays white.

    Examples
    --------
    >>> style("#8a3b12").rpartition("@media ")[2]
    'print { :root, :root[data-theme="dark"], :root:not([data-theme]) { --accent: #8a3b12; } }'
    """
    if not accent:
        return ""
    light, dark = (
        "".join(f"--{name}: {value};" for name, value in derived(accent)[ground].items())
        for ground in ("light", "dark")
    )
    return (
        f'@media screen {{ :root {{ {light} }} :root[data-theme="dark"] {{ {dark} }} }} '
        f"@media screen and (prefers-color-scheme: dark) {{ :root:not([data-theme]) {{ {dark} }} }} "
        f'@media print {{ :root, :root[data-theme="dark"], :root:not([data-theme]) {{ --accent: {accent}; }} }}'
    )
