"""How drawn arms follow when two customers become one: they stay as drawn, and a merge across arms is flagged."""

from datetime import datetime
from uuid import UUID

from sterna.desk.audit.actions import record
from sterna.desk.customers.following import Memo
from sterna.desk.experiments.models import Assignment


def join(kept: UUID, gone: UUID, at: datetime) -> Memo | None:
    """Flag each experiment in which the two were drawn into different arms; the first drawing counts for both."""
    arms = dict(Assignment.objects.filter(customer=kept).values_list("experiment__name", "arm"))
    crossed = [
        {"experiment": name, "kept": arms[name], "gone": arm}
        for name, arm in Assignment.objects.filter(customer=gone)
        .order_by("experiment__name")
        .values_list("experiment__name", "arm")
        if arms.get(name, arm) != arm
    ]
    if not crossed:
        return None
    record("merge across arms", "customer", str(kept), detail={"gone": str(gone), "crossed": crossed})
    return {"crossed": crossed}


def part(kept: UUID, gone: UUID, memo: Memo, at: datetime) -> None:
    """Each has its own arm again, which was never taken from it."""
