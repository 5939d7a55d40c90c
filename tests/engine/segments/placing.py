"""Puts customers before the steps that place them, and says band by band and rule by rule where each belongs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from sterna.engine import segments
from sterna.engine.lake import Lake, arrow
from sterna.engine.segments import Band, Holding, Placing
from sterna.engine.tables import TABLES

READ = (
    *("customers", "values", "current_facts", "facts", "identity_map", "purchases", "stays", "overrides"),
    *("goals", "assets", "routes", "consents", "addresses", "excepted"),
)
Rows = Iterable[Mapping[str, Any]]


def place_of(bands: Sequence[Band], amount: Decimal | None) -> str:
    """The place of `amount`: the one band that holds it, or "none" below the lowest, and where it is unknown."""
    if amount is None:
        return "none"
    held = [band.place for band in bands if band.low <= amount and (band.high is None or amount < band.high)]
    return held[0] if held else "none"


def placing(bands: Sequence[Band], opening: date, name: str = "tiers", **terms: Any) -> Placing:
    """A scheme of spend, unless `terms` say another measure; its window before is as long in days."""
    given = {"measure": "spend", "before": opening - timedelta(days=184)} | terms
    return Placing(name=name, bands=tuple(bands), opening=opening, **given)


def lay_out(lake: Lake, schemes: Sequence[Placing]) -> None:
    """Put the schemes before the steps, as a turn does."""
    for name, table in segments.rows(schemes).items():
        lake.put(TABLES[name], table)


def run(lake: Lake, cut: date, schemes: Sequence[Placing], **given: Rows) -> dict[str, list[dict[str, Any]]]:
    """Place the customers of the `given` tables; a table that is not given is empty."""
    for name in READ:
        rows = pa.Table.from_pylist(
            [dict(row) for row in given.get(name, ())], schema=arrow.schema(TABLES[name])
        )
        lake.put(TABLES[name], rows)
    lay_out(lake, schemes)
    segments.place(lake, cut, schemes[0].name, "USD", schemes[0].opening)
    return {name: lake.fetch(TABLES[name]).to_pylist() for name in segments.MAKES}


@dataclass(frozen=True)
class Stood:
    """Where somebody stands before the run: since when, whether they came up, since when they are warned."""

    place: str
    entered: date
    moved_up: bool = False
    warned: date | None = None


@dataclass(frozen=True)
class Ruled:
    """What a person said of a place."""

    kind: str
    place: str


def judge(
    bands: Sequence[Band],
    holding: Holding,
    amount: Decimal | None,
    stood: Stood | None,
    ruled: Ruled | None,
    cut: date,
) -> tuple[str, str | None, date | None]:
    """(place, held_by, warned_on) by the rules in words: lock, floor and ceiling, holding, amount."""
    ranks = {"none": 0} | {band.place: band.rank for band in bands}
    place, held_by, warned = _held(bands, ranks, holding, amount, stood, cut)
    if ruled is not None and (
        ruled.kind == "lock"
        or (ruled.kind == "floor" and ranks[place] < ranks[ruled.place])
        or (ruled.kind == "ceiling" and ranks[place] > ranks[ruled.place])
    ):
        return ruled.place, ruled.kind, None
    return place, held_by, warned


def _held(
    bands: Sequence[Band],
    ranks: Mapping[str, int],
    holding: Holding,
    amount: Decimal | None,
    stood: Stood | None,
    cut: date,
) -> tuple[str, str | None, date | None]:
    earned = place_of(bands, amount)
    if stood is None or ranks[earned] >= ranks[stood.place]:
        return earned, None, None
    low = next(band.low for band in bands if band.place == stood.place)
    if amount is not None and amount >= low * holding.low_water:
        return stood.place, "low water", None
    if stood.moved_up and cut < stood.entered + timedelta(days=holding.minimum_hold_days):
        return stood.place, "minimum hold", None
    since = stood.warned or cut
    if holding.grace_days and cut < since + timedelta(days=holding.grace_days):
        return stood.place, "grace", since
    below = max((rank for rank in ranks.values() if rank < ranks[stood.place]), default=0)
    if holding.downgrade == "one_down" and below > ranks[earned]:
        return next(place for place, rank in ranks.items() if rank == below), "one down", None
    return earned, None, None
