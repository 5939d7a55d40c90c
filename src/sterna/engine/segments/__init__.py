"""Places every customer in the tiers of each scheme at both ends of a period, counts moves, ranks who could move."""

from collections.abc import Sequence
from datetime import date

from sterna.engine import steps
from sterna.engine.lake import Lake
from sterna.engine.segments.bands import Band, Scheme, check_scheme, cut_bands, scheme_body, scheme_of
from sterna.engine.segments.holding import Holding, in_words
from sterna.engine.segments.laying import FACT, Placing, rows
from sterna.engine.segments.preferences import none_preferred, prefer
from sterna.engine.segments.recipe import Recipe, cut_scheme, read_recipe
from sterna.engine.segments.ruled import SEGMENTS, Ruled, check_ruled, place_by_rules, read_ruled
from sterna.engine.segments.treatments import (
    Treatments,
    check_treatments,
    place_in_cells,
    read_treatments,
    treatments_body,
)
from sterna.engine.steps import Ran

__all__ = [
    "FACT",
    "LAID_OUT",
    "MAKES",
    "Band",
    "Holding",
    "Placing",
    "Recipe",
    "Ruled",
    "Scheme",
    "Treatments",
    "check_ruled",
    "check_scheme",
    "check_treatments",
    "cut_bands",
    "cut_scheme",
    "in_words",
    "place",
    "place_by_rules",
    "place_in_cells",
    "read_recipe",
    "read_ruled",
    "read_treatments",
    "rows",
    "scheme_body",
    "scheme_of",
    "treatments_body",
]

MAKES = ("places", "memberships", "treatments", "matrix", "candidates", "segment_preferences")
LAID_OUT = ("bands", "schemes", "seats", "grid_bands", "levels")  # what is laid out of the definitions


def place(
    lake: Lake,
    cut: date,
    scheme: str,
    currency: str,
    opening: date,
    ruled: Sequence[Ruled] = (),
    treatments: Sequence[Treatments] = (),
    zone: str = "UTC",
) -> list[Ran]:
    """Make `places` and `matrix` of every scheme in `schemes` and `bands`, and `candidates` of the one named.

    Also `treatments`, of the segments that have some, and `segment_preferences` of every scheme of segments, by the
    clocks of `zone`.

    Who was first seen on the opening of a scheme's window or later is "new" in it; that of the schemes by rules, which
    are `ruled`, is `opening`. Reads customers, values, current_facts, facts, identity_map, purchases, stays, overrides
    and goals; for the candidates excepted, assets, routes, consents and addresses; what the rules read, and `prefer`.
    """
    return [
        steps.run(lake, "segments/scheme_spends", cut=cut),
        steps.run(lake, "segments/scheme_facts"),
        steps.run(lake, "segments/scheme_amounts"),
        steps.run(lake, "segments/tier_places", cut=cut),
        *place_by_rules(lake, ruled, cut, opening),
        *place_in_cells(lake, treatments, ruled),
        steps.run(lake, "segments/places"),
        steps.run(lake, "segments/matrix"),
        steps.run(lake, "segments/readiness", scheme=scheme),
        steps.run(lake, "segments/candidates", scheme=scheme, currency=currency),
        *_preferences(lake, zone, opening, cut, ruled),
    ]


def _preferences(lake: Lake, zone: str, opening: date, cut: date, ruled: Sequence[Ruled]) -> list[Ran]:
    """What segments prefer; where there are none, nothing is read for it."""
    if not any(one.kind == SEGMENTS for one in ruled):
        none_preferred(lake)
        return []
    return prefer(lake, zone, opening, cut)
