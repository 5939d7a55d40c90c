"""How memberships follow when two customers become one: one stay at a time, and each gets its own back exactly."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateRange

from sterna.desk.config import options
from sterna.desk.config.ids import new_id
from sterna.desk.customers.following import Memo
from sterna.desk.segments.actions.announcing import announce, only
from sterna.desk.segments.models import Definition, Membership
from sterna.desk.segments.signals import Left


def join(kept: UUID, gone: UUID, at: datetime) -> Memo | None:
    """The stays of the one that is gone end; in a scheme where the other has none it goes on with them."""
    day = at.astimezone(options.zone()).date()
    memo: list[dict[str, Any]] = []
    for stay in (
        Membership.objects.filter(customer=gone, during__upper_inf=True)
        .select_related("definition")
        .order_by("scheme")
    ):
        first = stay.during.lower
        entry = {"stay": str(stay.pk), "left": None if first < day else _as_json(stay)}
        if first < day:
            Membership.objects.filter(pk=stay.pk).update(during=DateRange(first, day))
        else:
            # It began on the day of the merge, or later under a run of a later day: no day of it is left.
            Membership.objects.filter(pk=stay.pk).delete()
        on = max(first, day)
        opened = _go_on(kept, stay, on)
        went_on = only(opened) if opened else None
        announce(stay.definition, on, "merge", went_on, [Left(gone, stay.place, stay.rank)])
        memo.append(entry | {"opened": str(opened.pk) if opened else None})
    return {"stays": memo} if memo else None


def part(kept: UUID, gone: UUID, memo: Memo, at: datetime) -> None:
    """Open the stays again that the merge ended, and take back those that the other went on with."""
    day = at.astimezone(options.zone()).date()
    for entry in memo["stays"]:
        borrowed = Membership.objects.filter(
            pk=entry["opened"], customer=kept, during__upper_inf=True
        ).first()
        if borrowed is not None:
            borrowed.delete()
        if entry["left"]:
            stay = _restore(entry["left"], gone)
        else:
            stay = Membership.objects.select_related("definition").get(pk=entry["stay"])
            Membership.objects.filter(pk=stay.pk).update(during=DateRange(stay.during.lower, None))
        left = [Left(kept, borrowed.place, borrowed.rank)] if borrowed else []
        announce(stay.definition, max(stay.during.lower, day), "split", only(stay), left)


def _go_on(kept: UUID, stay: Membership, began: date) -> Membership | None:
    own = Membership.objects.filter(customer=kept, scheme=stay.scheme)
    if own.filter(during__upper_inf=True).exists() or own.filter(during__endswith__gt=began).exists():
        return None
    return Membership.objects.create(
        id=new_id(),
        customer_id=kept,
        scheme=stay.scheme,
        place=stay.place,
        rank=stay.rank,
        during=DateRange(began, None),
        amount=stay.amount,
        definition_id=stay.definition_id,
        cause=f"Merged with a customer who stood here: {stay.cause}"[:200],
        run_id=stay.run_id,
    )


def _as_json(stay: Membership) -> dict[str, Any]:
    return {
        "id": str(stay.pk),
        "scheme": stay.scheme,
        "place": stay.place,
        "rank": stay.rank,
        "first": stay.during.lower.isoformat(),
        "amount": None if stay.amount is None else str(stay.amount),
        "definition": str(stay.definition_id),
        "cause": stay.cause,
        "run": None if stay.run_id is None else str(stay.run_id),
    }


def _restore(stay: dict[str, Any], customer: UUID) -> Membership:
    return Membership.objects.create(
        id=stay["id"],
        customer_id=customer,
        scheme=stay["scheme"],
        place=stay["place"],
        rank=stay["rank"],
        during=DateRange(datetime.fromisoformat(stay["first"]).date(), None),
        amount=stay["amount"],
        definition=Definition.objects.get(pk=stay["definition"]),
        cause=stay["cause"],
        run_id=stay["run"],
    )
