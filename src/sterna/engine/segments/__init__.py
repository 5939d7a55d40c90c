"""Places every customer in the tiers of each scheme at both ends of a period, counts moves, ranks who could move."""

from datetime import date

from sterna.engine import steps
from sterna.engine.lake import Lake
from sterna.engine.segments.bands import Band, Scheme, check_scheme, cut_bands, scheme_body, scheme_of
from sterna.engine.segments.holding import Holding, in_words
from sterna.engine.segments.laying import FACT, Placing, rows
from sterna.engine.segments.recipe import Recipe, cut_scheme, read_recipe
from sterna.engine.steps import Ran

__all__ = [
    "FACT",
    "LAID_OUT",
    "MAKES",
    "Band",
    "Holding",
    "Placing",
    "Recipe",
    "Scheme",
    "check_scheme",
    "cut_bands",
    "cut_scheme",
    "in_words",
    "place",
    "read_recipe",
    "rows",
    "scheme_body",
    "scheme_of",
]

MAKES = ("places", "matrix", "candidates")
LAID_OUT = ("bands", "schemes")  # what `rows` lays out of the definitions


def place(lake: Lake, cut: date, scheme: str, currency: str) -> list[Ran]:
    """Make `places` and `matrix` of every scheme in `schemes` and `bands`, and `candidates` of the one named.

    Who was first seen on the opening of a scheme's window or later is "new" in it. Reads customers, values,
    current_facts, facts, identity_map, purchases, stays, overrides and goals.
    """
    return [
        steps.run(lake, "segments/scheme_spends", cut=cut),
        steps.run(lake, "segments/scheme_facts"),
        steps.run(lake, "segments/scheme_amounts"),
        steps.run(lake, "segments/places", cut=cut),
        steps.run(lake, "segments/matrix"),
        steps.run(lake, "segments/candidates", scheme=scheme, currency=currency),
    ]
