"""What customers are worth together, as a run published it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, OuterRef, Subquery, Sum

from sterna.desk.runs.models import Run
from sterna.desk.segments.models import Move
from sterna.desk.values.models import Model, Worth

POINTS = 100


@dataclass(frozen=True)
class Totals:
    """Sums over all customers; `forecast` and `with_room` count those for whom the figure is known."""

    customers: int
    spend: Decimal | None
    expected_spend: Decimal | None
    forecast: int
    headroom: Decimal | None
    with_room: int


def totals(run: Run) -> Totals:
    """The sums of the run."""
    found = Worth.objects.filter(run_id=run.pk).aggregate(
        people=Count("pk"),
        money=Sum("spend"),
        to_come=Sum("expected_spend"),
        forecast=Count("expected_spend"),
        room=Sum("headroom"),
        with_room=Count("headroom"),
    )
    return Totals(
        found["people"],
        found["money"],
        found["to_come"],
        found["forecast"],
        found["room"],
        found["with_room"],
    )


@dataclass(frozen=True)
class PlaceWorth:
    """The sums of one place at the close."""

    place: str
    customers: int
    spend: Decimal | None
    expected_spend: Decimal | None
    headroom: Decimal | None


def by_place(run: Run, order: Sequence[str]) -> list[PlaceWorth]:
    """The sums of each place that has customers, in `order`."""
    place = Move.objects.filter(run_id=run.pk, customer=OuterRef("customer")).values("to_place")[:1]
    sums = (
        Worth.objects.filter(run_id=run.pk)
        .annotate(place=Subquery(place))
        .values("place")
        .annotate(people=Count("pk"), money=Sum("spend"), to_come=Sum("expected_spend"), room=Sum("headroom"))
    )
    found = {
        row["place"]: PlaceWorth(row["place"], row["people"], row["money"], row["to_come"], row["room"])
        for row in sums
    }
    return [found[name] for name in order if name in found]


def concentration(run: Run) -> list[tuple[float, float]]:
    """The whale curve: share of the buyers from the largest down, and the share of the spend they bring."""
    amounts = list(
        Worth.objects.filter(run_id=run.pk, spend__gt=0)
        .order_by("-spend", "pk")
        .values_list("spend", flat=True)
    )
    total = sum(amounts, Decimal(0))
    if not amounts or not total:
        return [(0.0, 0.0)]
    points, running, step = [(0.0, 0.0)], Decimal(0), max(len(amounts) // POINTS, 1)
    for index, amount in enumerate(amounts, start=1):
        running += amount
        if index % step == 0 or index == len(amounts):
            points.append((index / len(amounts), float(running / total)))
    return points


@dataclass(frozen=True)
class Fit:
    """A fitted model in words: what it is of, its method, its parameters, how well it fits, and what to beware of."""

    name: str
    method: str
    parameters: str
    customers: int | None
    log_likelihood: float | None
    beware: str


def fits(run: Run) -> list[Fit]:
    """The models of the run."""
    return [_fit(model.name, model.body) for model in Model.objects.filter(run_id=run.pk).order_by("name")]


def _fit(name: str, body: Mapping[str, Any]) -> Fit:
    parameters, errors = body.get("parameters") or {}, body.get("standard_errors") or {}
    words = [
        f"{key} {value:,.4f}" + (f" ± {errors[key]:,.4f}" if errors.get(key) is not None else "")
        for key, value in parameters.items()
    ]
    beware = body.get("boundary") or body.get("reason") or ""
    return Fit(
        name,
        body.get("method", ""),
        ", ".join(words),
        body.get("customers"),
        body.get("log_likelihood"),
        beware,
    )
