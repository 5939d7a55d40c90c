"""Reads how a tier scheme is to be cut (`tiers.yaml`), and cuts it into a definition that can be pinned."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec
import yaml

from sterna.engine.errors import BadInput
from sterna.engine.segments.bands import Scheme, check_scheme, cut_bands


class Tier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tier by the share of customers with spend that it should hold on the day of the cut."""

    place: str
    share: float


class Days(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from"}):
    """The days `first` to `until`, both included, that the cut looks at."""

    first: date
    until: date


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to cut a scheme: tiers, lowest first, by shares of `measure` over the days of `cut`."""

    scheme: str
    version: int
    measure: str
    currency: str
    window_months: int
    cut: Days
    tiers: tuple[Tier, ...]


def read_recipe(text: str, name: str = "tiers.yaml") -> Recipe:
    """The recipe in the YAML `text`; raises BadInput naming the file `name` and what is wrong in it."""
    try:
        recipe = msgspec.convert(yaml.safe_load(text), Recipe, strict=False)
    except msgspec.ValidationError as error:
        raise BadInput(f"{name}: {error}") from None
    except (yaml.YAMLError, ValueError) as error:  # a day such as 2017-02-30 is a ValueError
        raise BadInput(f"{name}: not readable as YAML: {error}") from None
    except RecursionError:
        raise BadInput(f"{name}: nested too deeply to be read") from None
    if recipe.measure != "spend":
        raise BadInput(f"{name}: tiers are cut by spend, not by {recipe.measure!r}")
    if recipe.cut.until < recipe.cut.first:
        raise BadInput(f"{name}: the cut ends on {recipe.cut.until}, before it starts on {recipe.cut.first}")
    return recipe


def cut_scheme(recipe: Recipe, values: Sequence[Decimal]) -> Scheme:
    """The definition that `recipe` gives for the customers' `values`; raises BadInput when it cannot be cut."""
    shares, places = [tier.share for tier in recipe.tiers], [tier.place for tier in recipe.tiers]
    scheme = Scheme(
        name=recipe.scheme,
        measure=recipe.measure,
        currency=recipe.currency,
        window_months=recipe.window_months,
        bands=cut_bands(values, shares, places, recipe.currency),
        cut={
            "from": recipe.cut.first.isoformat(),
            "until": recipe.cut.until.isoformat(),
            "customers": str(sum(value > 0 for value in values)),
            "shares": ", ".join(f"{tier.place} {tier.share}" for tier in recipe.tiers),
            "rule": "the next customer's spend in ascending order after each cumulated share",
        },
    )
    check_scheme(scheme)
    return scheme
