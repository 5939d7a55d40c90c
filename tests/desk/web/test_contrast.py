"""The contrast of colors that meet, computed from the token file in both themes (WCAG 2.2 AA)."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

import sterna.desk.web as web
from sterna.desk.web.pictures.palette import LIGHT

STATIC = Path(web.__file__).parent / "static" / "web"
TOKEN = re.compile(r"--([a-z0-9-]+):\s*light-dark\(\s*(#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)")
THEMES = ("light", "dark")
TEXT, SHAPE = 4.5, 3.0

SURFACES = ["page", "surface", "sunken"]
PAIRS = [
    *((ink, ground, TEXT) for ink in ("ink", "ink-soft", "accent", "accent-strong") for ground in SURFACES),
    ("accent-ink", "accent", TEXT),
    ("accent-ink", "accent-strong", TEXT),
    *((ink, "accent-wash", TEXT) for ink in ("ink", "accent-strong", "accent")),
    ("moved", "moved-wash", TEXT),
    ("not-moved", "not-moved-wash", TEXT),
    ("cannot-tell", "cannot-tell-wash", TEXT),
    ("ink", "cannot-tell-wash", TEXT),
    ("late", "late-wash", TEXT),
    *((mark, "surface", TEXT) for mark in ("moved", "not-moved", "cannot-tell", "late")),
    ("cannot-tell", "page", TEXT),
    *((f"tier-{rank}-ink", f"tier-{rank}", TEXT) for rank in range(1, 7)),
    *((line, ground, SHAPE) for line in ("line-strong", "focus") for ground in SURFACES),
    *((shape, "surface", SHAPE) for shape in ("flow-up", "tier-1", "tier-2", "tier-3")),
]


def tokens() -> dict[str, dict[str, str]]:
    """Theme to token to color."""
    found = TOKEN.findall((STATIC / "tokens.css").read_text())
    return {
        "light": {name: light for name, light, _ in found},
        "dark": {name: dark for name, _, dark in found},
    }


def luminance(color: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast ratio as WCAG 2.2 defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_ratio_is_the_published_one() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_colors_that_meet_can_be_told_apart(theme: str, ink: str, ground: str, least: float) -> None:
    colors = tokens()[theme]
    assert contrast(colors[ink], colors[ground]) >= least


@pytest.mark.parametrize("theme", THEMES)
def test_tiers_are_one_ramp_away_from_the_page(theme: str) -> None:
    colors = tokens()[theme]
    ratios = [contrast(colors[f"tier-{rank}"], colors["surface"]) for rank in range(1, 7)]
    assert all(above > below * 1.2 for above, below in pairwise(ratios))


def test_an_exported_picture_has_the_light_colors() -> None:
    light = tokens()["light"]
    assert {name: light[name] for name in LIGHT} == LIGHT


def test_red_is_only_promised_and_late() -> None:
    for theme, colors in tokens().items():
        reds = {name for name, color in colors.items() if is_red(color)}
        assert reds <= {"late", "late-wash"}, theme
        assert "late" in reds


def is_red(color: str) -> bool:
    """Whether red clearly outweighs green, and green is no more than blue and a little."""
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return red - green > 20 and abs(green - blue) < 40 and red > blue


def test_every_color_used_by_the_style_sheets_is_a_token() -> None:
    known = set(re.findall(r"--([a-z0-9-]+):", (STATIC / "tokens.css").read_text()))
    for name in ("sterna.css", "components.css", "pictures.css"):
        used = set(re.findall(r"var\(--([a-z0-9-]+)", (STATIC / name).read_text()))
        assert used <= known, name
        assert not re.findall(r"#[0-9a-f]{6}\b", (STATIC / name).read_text()), name
