"""Where customers stand and how they moved, as a run published it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet, Sum
from django.urls import reverse

from sterna.desk.customers.queries import classes
from sterna.desk.runs.models import Run
from sterna.desk.segments.models import MatrixCell, Move
from sterna.engine.segments import FACT, Ruled, read_ruled
from sterna.engine.segments.ruled import SEGMENTS
from sterna.engine.value.catalogue import BY_NAME

OUTSIDE = ("none", "new")


@dataclass(frozen=True)
class Place:
    """A place from its definition; `shade` 1 is the top, None in segments, which have no top.

    `low` and `high` are those of a tier, None where it is open or where no amount decides.
    """

    name: str
    shade: int | None
    low: Decimal | None
    high: Decimal | None


def schemes(run: Run) -> list[dict[str, Any]]:
    """The terms of every scheme of tiers that the run placed by, its main one first."""
    return [run.brief["scheme"], *run.brief.get("tiers", ())]


def all_schemes(run: Run) -> list[dict[str, Any]]:
    """The terms of tiers, then those of segments and stages, which go by rules over the run's own window."""
    window = {"measure": "spend", "window_months": run.brief["scheme"]["window_months"]}
    return [*schemes(run), *({**window, **one} for one in run.brief.get("ruled", ()))]


def terms(run: Run, scheme: str | None = None) -> dict[str, Any]:
    """The terms of one scheme of the run; of its main one without a name, or for one that it did not place by."""
    main, *others = all_schemes(run)
    return next((one for one in others if one["name"] == scheme), main)


def unit(run: Run, scheme: str | None = None) -> str | None:
    """The currency that a scheme's amounts are in; None for a measure, or a fact, that is no money."""
    measure = str(terms(run, scheme)["measure"])
    if measure.startswith(FACT):
        tree, name = classes(), measure.removeprefix(FACT)
        is_money = name in tree and (tree.at(name).wallet is not None or tree.at(name).held)
    else:
        is_money = BY_NAME[measure].unit == "money"
    return str(run.brief["currency"]) if is_money else None


def ladder(run: Run, scheme: str | None = None) -> list[Place]:
    """The tiers or stages of one of the run's schemes from the top down, or its segments in their order."""
    found = terms(run, scheme)
    if "body" in found:
        return _ruled(read_ruled(found["body"]))
    bands: Sequence[dict[str, Any]] = found["bands"]
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


def _ruled(scheme: Ruled) -> list[Place]:
    if scheme.kind == SEGMENTS:
        return [Place(name, None, None, None) for name in scheme.places]
    return [Place(name, shade, None, None) for shade, name in enumerate(reversed(scheme.places), start=1)]


def order(run: Run, scheme: str | None = None) -> list[str]:
    """Every place of the matrix in the order it is drawn: tiers from the top, then none, then new."""
    return [place.name for place in ladder(run, scheme)] + list(OUTSIDE)


def shades(run: Run, scheme: str | None = None) -> dict[str, int | None]:
    """The shade of each place; None outside every tier."""
    return {place.name: place.shade for place in ladder(run, scheme)} | dict.fromkeys(OUTSIDE)


def customers_in(place: str) -> str:
    """The address of the customers of a place, whatever letters its name has."""
    return f"{reverse('customers')}?{urlencode({'tier': place})}"


def standing_in(run: Run, place: str) -> Q:
    """Which rows of `Worth` stand in `place` at the close of `run`; nobody for a name of no place.

    Where the amount alone put everybody of a scheme of spend, one column tells it, so that an index finds the people of
    a place: who bought nothing in the window spent zero. Else it is read where each was put.
    """
    if run.summary.get("held") or run.brief["scheme"]["measure"] != "spend":
        return Q(customer__in=names(run, None, place).values("customer"))
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


def cells(run: Run, scheme: str | None = None) -> QuerySet[MatrixCell]:
    """The cells of the run's migration matrix of one scheme."""
    return MatrixCell.objects.filter(run_id=run.pk, scheme=terms(run, scheme)["name"])


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
    height = {place.name: -place.shade for place in ladder(run) if place.shade is not None}
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


def standing(run: Run, scheme: str | None = None) -> dict[str, tuple[int, Decimal]]:
    """Customers and their amount per place of a scheme at the close."""
    rows = cells(run, scheme).values("to_place").annotate(people=Sum("customers"), money=Sum("to_amount"))
    return {row["to_place"]: (row["people"], row["money"]) for row in rows}


def moves(run: Run, scheme: str | None = None) -> QuerySet[Move]:
    """Where the run put everybody in one scheme."""
    return Move.objects.filter(run_id=run.pk, scheme=terms(run, scheme)["name"])


def names(run: Run, source: str | None, target: str | None, scheme: str | None = None) -> QuerySet[Move]:
    """Who moved from `source` to `target` of a scheme; either end may be left open."""
    found = moves(run, scheme).select_related("customer")
    if source:
        found = found.filter(from_place=source)
    if target:
        found = found.filter(to_place=target)
    return found
