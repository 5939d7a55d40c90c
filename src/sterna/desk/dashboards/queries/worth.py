"""What the customers of each tier are worth together, as a run published it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, OuterRef, Subquery, Sum

from sterna.desk.dashboards.queries import places
from sterna.desk.runs.models import Run
from sterna.desk.values.models import Worth

SUMMED = ("spend", "expected_spend", "headroom", "influence")


@dataclass(frozen=True)
class PlaceWorth:
    """The sums of one place at the close, by measure in the order of `SUMMED`; None is known of nobody there."""

    place: str
    customers: int
    sums: Sequence[Decimal | None]


def by_place(run: Run, order: Sequence[str]) -> list[PlaceWorth]:
    """The sums of each place that has customers, in `order`."""
    place = places.moves(run).filter(customer=OuterRef("customer")).values("to_place")[:1]
    rows: Iterable[Mapping[str, Any]] = (
        Worth.objects.filter(run_id=run.pk)
        .annotate(place=Subquery(place))
        .values("place")
        .annotate(people=Count("pk"), **{f"{name}_sum": Sum(name) for name in SUMMED})
    )
    found = {
        row["place"]: PlaceWorth(row["place"], row["people"], [row[f"{name}_sum"] for name in SUMMED])
        for row in rows
    }
    return [found[name] for name in order if name in found]
