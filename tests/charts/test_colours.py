"""The palette keeps its promises, by computations of our own: contrast on both backgrounds, and colours kept apart.

Contrast is WCAG 2.2's (relative luminance of sRGB). Dichromats' vision is simulated with the matrices of Machado,
Oliveira and Fernandes (2009, IEEE TVCG 15(6), severity 1.0), applied to linear sRGB; distance is CIE 1976 ΔE*ab
under D65.
"""

from itertools import combinations
from math import dist

import pytest

from opsbook.charts import CONTACT_COLOURS, PALETTE
from opsbook.charts.theme import BACKGROUNDS

Colour = tuple[float, float, float]

NORMAL = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
VISION = {
    "normal": NORMAL,
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}

# Well above a just noticeable difference (about 2.3), so that two areas are told apart at a glance and from a legend.
APART = 20


def linear(colour: str) -> Colour:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue))


def luminance(colour: Colour) -> float:
    red, green, blue = colour
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(linear(one)), luminance(linear(other))))
    return (high + 0.05) / (low + 0.05)


def lab(colour: Colour) -> Colour:
    red, green, blue = colour
    x = (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047
    y = 0.2126729 * red + 0.7151522 * green + 0.0721750 * blue
    z = (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883
    fx, fy, fz = (t ** (1 / 3) if t > (6 / 29) ** 3 else t / (3 * (6 / 29) ** 2) + 4 / 29 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def seen(colour: str, vision: str) -> Colour:
    mixed = (sum(weight * part for weight, part in zip(row, linear(colour), strict=True)) for row in VISION[vision])
    return tuple(min(1.0, max(0.0, part)) for part in mixed)


def distance(one: str, other: str, vision: str) -> float:
    return dist(lab(seen(one, vision)), lab(seen(other, vision)))


def test_contrast_agrees_with_published_figures() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54  # the lightest grey that passes 4.5:1 on white
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


def test_distance_agrees_with_published_figures() -> None:
    assert lab(linear("#ff0000")) == pytest.approx((53.24, 80.09, 67.20), abs=0.02)
    assert lab(linear("#ffffff")) == pytest.approx((100, 0, 0), abs=0.02)


@pytest.mark.parametrize("vision", VISION)
def test_simulated_vision_keeps_greys(vision: str) -> None:
    assert seen("#808080", vision) == pytest.approx(linear("#808080"), abs=1e-5)


def test_the_simulation_finds_colours_that_dichromats_confuse() -> None:
    assert distance("#d62728", "#2ca02c", "normal") > 100
    assert distance("#d62728", "#2ca02c", "deuteranopia") < 50
    assert distance("#8a6d00", "#d02000", "protanopia") < APART


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("name", PALETTE)
def test_every_colour_stands_out_from_both_backgrounds(name: str, background: str) -> None:
    assert contrast(PALETTE[name], BACKGROUNDS[background]) >= 3


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize(("one", "other"), list(combinations(PALETTE, 2)))
def test_every_two_colours_stay_apart(one: str, other: str, vision: str) -> None:
    assert distance(PALETTE[one], PALETTE[other], vision) > APART


def test_the_palette_holds_no_colour_twice() -> None:
    assert len(set(PALETTE.values())) == len(PALETTE)
    assert set(CONTACT_COLOURS.values()) <= set(PALETTE.values())
