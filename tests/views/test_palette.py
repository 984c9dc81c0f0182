import itertools
import math

import pytest
from rich.cells import cell_len

from revtui.core.severity import Severity
from revtui.views.palette import MONO, PALETTES, Palette, Role, glyph, role, word

COLOURED = [palette for palette in PALETTES.values() if palette.background]

# Machado, Oliveira and Fernandes 2009, full severity, on linear RGB.
DEUTERANOPIA = (
    (0.367322, 0.860646, -0.227968),
    (0.280085, 0.672501, 0.047413),
    (-0.011820, 0.042940, 0.968881),
)
PROTANOPIA = (
    (0.152286, 1.052583, -0.204868),
    (0.114503, 0.786281, 0.099216),
    (-0.003882, -0.048116, 1.051998),
)
NORMAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))

Triple = tuple[float, float, float]


def linear(color: str) -> Triple:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return r, g, b


def luminance(color: str) -> float:
    r, g, b = linear(color)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def seen(color: str, eye: tuple[Triple, Triple, Triple]) -> Triple:
    r, g, b = linear(color)
    x, y, z = (min(1.0, max(0.0, row[0] * r + row[1] * g + row[2] * b)) for row in eye)
    return x, y, z


def lab(rgb: Triple) -> Triple:
    r, g, b = rgb
    x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def distance(one: str, other: str, eye: tuple[Triple, Triple, Triple]) -> float:
    pairs = zip(lab(seen(one, eye)), lab(seen(other, eye)), strict=True)
    return math.sqrt(sum((a - b) ** 2 for a, b in pairs))


def test_the_measures_know_black_from_white_and_red_from_green() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert distance("#c00000", "#606000", NORMAL) > 2 * distance("#c00000", "#606000", PROTANOPIA)


@pytest.mark.parametrize("palette", COLOURED, ids=lambda palette: palette.name)
@pytest.mark.parametrize("part", Role)
def test_every_text_has_enough_contrast_on_every_ground(palette: Palette, part: Role) -> None:
    for ground in (palette.background, palette.surface):
        assert contrast(palette.ink(part).color, ground) >= 4.5


@pytest.mark.parametrize("palette", COLOURED, ids=lambda palette: palette.name)
@pytest.mark.parametrize(
    "eye", [NORMAL, DEUTERANOPIA, PROTANOPIA], ids=["normal", "deuteranopia", "protanopia"]
)
def test_severities_stay_apart_for_every_eye(palette: Palette, eye: tuple[Triple, Triple, Triple]) -> None:
    colors = [palette.ink(part).color for part in (Role.OK, Role.WARN, Role.CRIT)]
    for one, other in itertools.combinations(colors, 2):
        assert distance(one, other, eye) >= 15, (one, other)


@pytest.mark.fault("F83")
def test_the_theme_without_colours_has_none() -> None:
    assert all(not MONO.ink(part).color for part in Role)
    assert MONO.ink(Role.CRIT) != MONO.ink(Role.WARN) != MONO.ink(Role.OK)


@pytest.mark.fault("F83")
def test_every_severity_has_a_glyph_of_one_cell_and_a_word_of_its_own() -> None:
    for plain in (False, True):
        glyphs = [glyph(severity, ascii_only=plain) for severity in Severity]
        assert len(set(glyphs)) == len(glyphs)
        assert all(cell_len(sign) == 1 for sign in glyphs)
        assert not plain or "".join(glyphs).isascii()
    words = [word(severity) for severity in Severity]
    assert len(set(words)) == len(words)
    assert max(map(len, words)) <= 4
    assert len({role(severity) for severity in Severity}) == len(Severity)


def test_the_default_theme_comes_first() -> None:
    assert list(PALETTES) == ["okabe-dark", "okabe-light", "high-contrast", "mono"]
