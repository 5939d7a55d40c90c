"""Places every customer in a tier at both ends of a period, counts the moves, and ranks who could move."""

from datetime import date

from sterna.engine import steps
from sterna.engine.lake import Lake
from sterna.engine.segments.bands import Band, Scheme, check_scheme, cut_bands
from sterna.engine.segments.recipe import Recipe, cut_scheme, read_recipe
from sterna.engine.steps import Ran

__all__ = [
    "MAKES",
    "Band",
    "Recipe",
    "Scheme",
    "check_scheme",
    "cut_bands",
    "cut_scheme",
    "place",
    "read_recipe",
]

MAKES = ("places", "matrix", "candidates")


def place(lake: Lake, scheme: str, opening: date, currency: str) -> list[Ran]:
    """Make `places`, `matrix` and `candidates` of the scheme whose rows are in `bands`.

    `opening` is the first day of the measured period: who was first seen on it or later is "new". Reads
    customers, values (spend in the period, spend_before in the one before it), bands, goals and, for the candidates,
    excepted, current_facts, assets, routes, consents and addresses.
    """
    return [
        steps.run(lake, "segments/places", scheme=scheme, opening=opening),
        steps.run(lake, "segments/matrix", scheme=scheme),
        steps.run(lake, "segments/readiness", scheme=scheme),
        steps.run(lake, "segments/candidates", scheme=scheme, currency=currency),
    ]
