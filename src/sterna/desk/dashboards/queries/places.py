"""Where customers stand and how they moved, as a run published it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet, Sum
from django.urls import reverse

from sterna.desk.runs.models import Run
from sterna.desk.segments.models import MatrixCell, Move

OUTSIDE = ("none", "new")


@dataclass(frozen=True)
class Place:
    """A tier from its definition; `shade` 1 is the top. `high` is None for the open top band."""

    name: str
    shade: int
    low: Decimal
    high: Decimal | None


def ladder(run: Run) -> list[Place]:
    """The tiers of the run's scheme from the top down."""
    bands: Sequence[dict[str, Any]] = run.brief["scheme"]["bands"]
    ordered = sorted(bands, key=lambda band: Decimal(str(band["low"])), reverse=True)
    return [
        Place(
            band["place"],
            shade,
            Decimal(str(band["low"])),
            None if band["high"] is None else Decimal(str(band["high"])),
        )
        for shade, band in enumerate(ordered, start=1)
    ]


def order(run: Run) -> list[str]:
    """Every place of the matrix in the order it is drawn: tiers from the top, then none, then new."""
    return [place.name for place in ladder(run)] + list(OUTSIDE)


def shades(run: Run) -> dict[str, int | None]:
    """The shade of each place; None outside every tier."""
    return {place.name: place.shade for place in ladder(run)} | dict.fromkeys(OUTSIDE)


def customers_in(place: str) -> str:
    """The address of the customers of a place, whatever letters its name has."""
    return f"{reverse('customers')}?{urlencode({'tier': place})}"


def standing_in(run: Run, place: str) -> Q:
    """Which rows of `Worth` stand in `place` at the close of `run`, as its bands say; nobody for a name of no place.

    Who bought nothing in the window spent zero. One column tells it, so that an index finds the people of a place.
    """
    bands = {each.name: each for each in ladder(run)}
    if place in bands:
        return _band(bands[place].low, bands[place].high)
    if place != OUTSIDE[0]:
        return Q(pk__in=[])
    *_, lowest = bands.values()
    top = next(iter(bands.values()))
    return _band(None, lowest.low) | (Q(pk__in=[]) if top.high is None else _band(top.high, None))


def _band(low: Decimal | None, high: Decimal | None) -> Q:
    """Spend from `low` up to but without `high`; an unknown one counts as zero, as where the run put people."""
    inside = Q() if low is None else Q(spend__gte=low)
    inside &= Q() if high is None else Q(spend__lt=high)
    zero = (low is None or low <= 0) and (high is None or high > 0)
    return inside | Q(spend=None) if zero else inside


def cells(run: Run) -> QuerySet[MatrixCell]:
    """The cells of the run's migration matrix."""
    return MatrixCell.objects.filter(run_id=run.pk)


@dataclass(frozen=True)
class Movement:
    """How many customers moved up, down, in and out between both ends of the period, and how many stayed."""

    up: int
    down: int
    stayed: int
    lapsed: int
    returned: int
    joined: int


def movement(run: Run) -> Movement:
    """The matrix in six sums; "up" and "down" are between tiers, the rest has one end outside."""
    height = {place.name: -place.shade for place in ladder(run)}
    sums = dict.fromkeys(("up", "down", "stayed", "lapsed", "returned", "joined"), 0)
    for cell in cells(run):
        sums[_kind(height, cell.from_place, cell.to_place)] += cell.customers
    return Movement(**sums)


def _kind(height: dict[str, int], source: str, target: str) -> str:
    if source == "new":
        return "joined"
    if source not in height:
        return "returned" if target in height else "stayed"
    if target not in height:
        return "lapsed"
    difference = height[target] - height[source]
    return "up" if difference > 0 else "down" if difference < 0 else "stayed"


def standing(run: Run) -> dict[str, tuple[int, Decimal]]:
    """Customers and their amount per place at the close."""
    rows = cells(run).values("to_place").annotate(people=Sum("customers"), money=Sum("to_amount"))
    return {row["to_place"]: (row["people"], row["money"]) for row in rows}


def names(run: Run, source: str | None, target: str | None) -> QuerySet[Move]:
    """Who moved from `source` to `target`; either end may be left open."""
    moves = Move.objects.filter(run_id=run.pk).select_related("customer")
    if source:
        moves = moves.filter(from_place=source)
    if target:
        moves = moves.filter(to_place=target)
    return moves
