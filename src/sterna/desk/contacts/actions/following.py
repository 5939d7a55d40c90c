"""How the ledger follows when two customers become one: what has not left goes with them, and nobody gets it twice."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from sterna.desk.config import clock
from sterna.desk.contacts.models import Contact, Receipt, Task
from sterna.desk.customers.following import Memo

JOINED = "the same person has another contact for it"
_LIVE = Q(state=Contact.State.PLANNED) | Q(task__state=Task.State.OPEN)
_OVER = (Contact.State.WITHDRAWN, Contact.State.FAILED)


def join(kept: UUID, gone: UUID, at: datetime) -> Memo | None:
    """What waits for the one that is gone is the other's; where that one has it already, it is withdrawn.

    What has left stays with whom it was sent to, and is read through.
    """
    memo: dict[str, list[dict[str, Any]]] = {"moved": [], "withdrawn": []}
    for contact in _waiting(gone):
        if _standing(kept, contact).exists():
            memo["withdrawn"].append({"contact": str(contact.pk), "state": contact.state})
            _withdraw(contact, at)
        else:
            memo["moved"].append({"contact": str(contact.pk), "state": contact.state})
            Contact.objects.filter(pk=contact.pk).update(customer=kept)
    return memo if memo["moved"] or memo["withdrawn"] else None


def part(kept: UUID, gone: UUID, memo: Memo, at: datetime) -> None:
    """What still waits goes back to whom it was for; what was withdrawn for being the second waits again."""
    moved = [entry["contact"] for entry in memo["moved"]]
    Contact.objects.filter(_LIVE, pk__in=moved, customer=kept).update(customer=gone)
    for entry in memo["withdrawn"]:
        held = Contact.objects.filter(
            pk=entry["contact"], state=Contact.State.WITHDRAWN, error=JOINED, expires_on__gte=clock.today()
        )
        if held.update(state=entry["state"], error="", settled_at=None):
            Task.objects.filter(contact=entry["contact"], note=JOINED).update(
                state=Task.State.OPEN, done_at=None, note=""
            )
            _tell(entry["contact"], at, entry["state"], "they are two persons again")


def _waiting(customer: UUID) -> QuerySet[Contact]:
    held = Contact.objects.filter(_LIVE, customer=customer).select_related("plan")
    return held.select_for_update(of=("self",)).order_by("due_on", "id")


def _standing(customer: UUID, like: Contact) -> QuerySet[Contact]:
    """The customer's contacts that make `like` the second: of the same round, or of the same thing and to come."""
    same_plan = Contact.objects.filter(customer=customer, plan__name=like.plan.name).exclude(state__in=_OVER)
    return same_plan.filter(
        Q(due_on=like.due_on) | Q(asset=like.asset) & (_LIVE | Q(state=Contact.State.RESERVED))
    )


def _withdraw(contact: Contact, at: datetime) -> None:
    Contact.objects.filter(pk=contact.pk).update(state=Contact.State.WITHDRAWN, error=JOINED, settled_at=at)
    Task.objects.filter(contact=contact, state=Task.State.OPEN).update(
        state=Task.State.NOT_REACHED, done_at=at, note=JOINED
    )
    _tell(str(contact.pk), at, Contact.State.WITHDRAWN, JOINED)


def _tell(contact: str, at: datetime, state: str, detail: str) -> None:
    Receipt.objects.create(contact_id=UUID(contact), at=at, state=state, detail=detail)
