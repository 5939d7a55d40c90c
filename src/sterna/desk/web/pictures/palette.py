"""The colors an exported picture carries itself; on a page the style sheet's tokens of the same names win."""

from __future__ import annotations

from collections.abc import Mapping

LIGHT: Mapping[str, str] = {
    "surface": "#ffffff",
    "ink": "#17252a",
    "ink-soft": "#4d5d63",
    "line": "#d8e0e1",
    "line-strong": "#75858b",
    "accent": "#0b6560",
    "accent-wash": "#e0f0ee",
    "tier-1": "#1d2b63",
    "tier-2": "#33459a",
    "tier-3": "#5468bd",
    "tier-4": "#8797dc",
    "tier-5": "#b3c0f0",
    "tier-6": "#d9e0fa",
    "no-tier": "#c3cdd0",
    "moved": "#1d6b35",
    "not-moved": "#4d5d63",
    "cannot-tell": "#7d4e00",
    "cannot-tell-wash": "#fcf0d6",
    "flow-stay": "#ccd6d8",
    "flow-up": "#3d9a92",
    "flow-moved": "#3d9a92",
    "flow-down": "#8797dc",
    "flow-foot": "#aebabd",
}

LOWEST_SHADE = 6


def tier_token(rank: int | None) -> str:
    """The shade of a tier by its rank (1 is the top); ranks past the ramp share its last shade."""
    if rank is None:
        return "no-tier"
    if rank < 1:
        raise ValueError(f"a tier's rank starts at 1, not {rank}")
    return f"tier-{min(rank, LOWEST_SHADE)}"
