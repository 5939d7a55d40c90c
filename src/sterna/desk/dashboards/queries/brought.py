"""Who brings others as a run measured it: whoever buys little and moves much, and the four types, by SQL alone."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Greatest

from sterna.desk.config import options
from sterna.desk.lakehouse.lake_query import lake_query
from sterna.desk.runs.models import Run
from sterna.desk.values.models import Model, Worth

# How many customers buy for less than each of some amounts, in one walk through the index of spend.
_SMALLER = """
select width_bucket(spend, %(amounts)s::numeric[]), count(*) from values_worth
where run_id = %(run)s and spend < %(most)s group by 1
"""
_POSITIONS = """
select customer_id, page_rank, core from influences
where customer_id in (select unnest(cast($customers as varchar[])))
"""
Record = Mapping[str, Any]


@dataclass(frozen=True)
class Type:
    """One of the four types (Kumar and others 2007): whether above the cut in own spend, and in influence."""

    name: str
    buys: bool
    brings: bool


TYPES = (
    Type("Champions", True, True),
    Type("Affluents", True, False),
    Type("Advocates", False, True),
    Type("Misers", False, False),
)


@dataclass(frozen=True)
class Half:
    """The customers of whom the spend is known, and the two in the middle by it: one and the same of an odd number."""

    customers: int
    low: Decimal
    high: Decimal


@dataclass(frozen=True)
class Cuts:
    """What lies above is much: the medians of spend and of influence."""

    spend: Decimal
    influence: Decimal


def record(run: Run) -> Record:
    """How the run made the credits, as plain values; empty for a run that knew of none yet."""
    found = Model.objects.filter(run_id=run.pk, name="influence").values_list("body", flat=True).first()
    return found or {}


def _known(run: Run) -> QuerySet[Worth]:
    return Worth.objects.filter(run_id=run.pk, spend__isnull=False)


def half(run: Run) -> Half | None:
    """How many customers there are and who stands in the middle by spend; None where nobody's spend is known."""
    customers = _known(run).count()
    if not customers:
        return None
    low, high = _middle(_known(run), "spend", (customers - 1) // 2, customers // 2)
    return Half(customers, low, high)


def movers(run: Run, middle: Half) -> QuerySet[Worth]:
    """Customers who buy little and are surely credited with more than they buy for: the rule of network.movers.

    Little: fewer than half of the customers buy for less, and so none who buys for more than the middle one.
    """
    found = Worth.objects.filter(run_id=run.pk, newcomers__gt=0, spend__lte=middle.low)
    return found.filter(influence_low__gt=Greatest(F("spend"), Value(Decimal(0))))


def above(run: Run, middle: Half, amounts: Collection[Decimal]) -> dict[Decimal, float]:
    """The share of the customers who buy for less than each of `amounts`."""
    ordered = sorted(set(amounts))
    if not ordered:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_SMALLER, {"amounts": ordered, "run": run.pk, "most": ordered[-1]})
        counted: dict[int, int] = dict(cursor.fetchall())
    found, smaller = {}, 0
    for place, amount in enumerate(ordered):
        smaller += counted.get(place, 0)
        found[amount] = smaller / middle.customers
    return found


def cuts(run: Run, middle: Half) -> Cuts:
    """The medians. Who brought nobody is at zero: only where half of all bring somebody is that of influence above."""
    bringing = _known(run).filter(newcomers__gt=0, influence__gt=0)
    none = middle.customers - bringing.count()
    first, last = (middle.customers - 1) // 2 - none, middle.customers // 2 - none
    low, high = _middle(bringing, "influence", max(first, 0), last) if last >= 0 else (Decimal(0), Decimal(0))
    return Cuts((middle.low + middle.high) / 2, (high + (low if first >= 0 else Decimal(0))) / 2)


def _middle(rows: QuerySet[Worth], column: str, first: int, last: int) -> tuple[Decimal, Decimal]:
    found = list(rows.order_by(column, "pk").values_list(column, flat=True)[first : last + 1])
    return found[0], found[-1]


def of_type(run: Run, one: Type, cut: Cuts) -> QuerySet[Worth]:
    """The customers of a type."""
    found = _known(run).filter(**{f"spend__{'gt' if one.buys else 'lte'}": cut.spend})
    brings = Q(newcomers__gt=0, influence__gt=cut.influence)
    return found.filter(brings) if one.brings else found.exclude(brings)


def counted(run: Run, middle: Half, cut: Cuts) -> dict[str, int]:
    """How many customers are of each type: those who bring are counted, the others are the rest."""
    much = _known(run).filter(spend__gt=cut.spend).count()
    bringing = {one: of_type(run, one, cut).count() for one in TYPES if one.brings}
    every = {True: much, False: middle.customers - much}
    return {
        one.name: bringing[one] if one.brings else every[one.buys] - _beside(bringing, one.buys)
        for one in TYPES
    }


def _beside(bringing: Mapping[Type, int], buys: bool) -> int:
    return next(number for one, number in bringing.items() if one.buys == buys)


def positions(run: Run, customers: Sequence[UUID]) -> dict[UUID, tuple[float, int]]:
    """PageRank and core of customers in the network of credits, out of the run's file; none where it is gone."""
    path = options.home() / "runs" / str(run.pk) / "influences.parquet"
    if not customers or not path.exists():
        return {}
    asked = {"customers": [str(one) for one in customers]}
    rows = lake_query(_POSITIONS, {"influences": [str(path)]}, asked)
    return {UUID(customer): (rank, core) for customer, rank, core in rows}
