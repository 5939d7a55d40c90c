"""Lays the definitions of tiers out as rows, so that one step places the customers of all schemes."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
import pyarrow as pa

from sterna.engine.lake import arrow
from sterna.engine.segments.bands import Band
from sterna.engine.segments.holding import Holding
from sterna.engine.tables import TABLES

FACT = "fact:"  # begins the measure of a scheme that goes by a recorded fact


class Placing(msgspec.Struct, frozen=True, kw_only=True):
    """A scheme as of one cut: `opening` and `before` are the first days of its window and of the one before.

    `own_window`: its window is not the one that `values` is measured over, so its spend is summed for it alone.
    """

    name: str
    measure: str
    bands: tuple[Band, ...]
    opening: date
    before: date
    own_window: bool = False
    holding: Holding = Holding()


def rows(schemes: Sequence[Placing]) -> Mapping[str, pa.Table]:
    """The tables `bands` and `schemes`."""
    bands = [
        {"scheme": scheme.name, **msgspec.structs.asdict(band)} for scheme in schemes for band in scheme.bands
    ]
    laid = {"bands": bands, "schemes": [_row(scheme) for scheme in schemes]}
    return {
        name: pa.Table.from_pylist(found, schema=arrow.schema(TABLES[name])) for name, found in laid.items()
    }


def _row(scheme: Placing) -> dict[str, Any]:
    is_fact = scheme.measure.startswith(FACT)
    return {
        "scheme": scheme.name,
        "measure": "fact" if is_fact else scheme.measure,
        "fact_class": scheme.measure.removeprefix(FACT) if is_fact else None,
        "opening": scheme.opening,
        "before": scheme.before,
        "own_window": scheme.own_window,
        "low_water": scheme.holding.low_water,
        "minimum_hold_days": scheme.holding.minimum_hold_days,
        "grace_days": scheme.holding.grace_days,
        "one_down": scheme.holding.downgrade == "one_down",
    }
