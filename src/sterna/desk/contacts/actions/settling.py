"""What a person does with a contact: say what became of one in doubt, or withdraw one that has not left."""

from django.db import transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.contacts.models import Contact, Receipt
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User


@transaction.atomic
def settle_unknown(contact: Contact, arrived: bool, reason: str, actor: User) -> Contact:
    """Write what somebody found out about a contact in doubt: confirmed or failed. It is never sent again."""
    held = _held(contact, Contact.State.UNKNOWN, reason, actor)
    return _end(
        held, Contact.State.CONFIRMED if arrived else Contact.State.FAILED, reason, actor, "settle contact"
    )


@transaction.atomic
def withdraw(contact: Contact, reason: str, actor: User) -> Contact:
    """Withdraw a planned contact; one that somebody is sending, or that has left, is refused."""
    held = _held(contact, Contact.State.PLANNED, reason, actor)
    return _end(held, Contact.State.WITHDRAWN, reason, actor, "withdraw contact")


def _held(contact: Contact, state: Contact.State, reason: str, actor: User) -> Contact:
    demand(actor, Right.WORK_CONTACTS)
    if not reason.strip():
        raise Refused("write why: the ledger keeps it")
    held = Contact.objects.select_for_update().get(pk=contact.pk)
    if held.state != state:
        raise Refused(f"this contact is {held.state}, not {state.value}")
    return held


def _end(contact: Contact, state: Contact.State, reason: str, actor: User, action: str) -> Contact:
    contact.state, contact.settled_at, contact.error = state, clock.now(), reason
    contact.save(update_fields=["state", "settled_at", "error"])
    Receipt.objects.create(contact=contact, at=clock.now(), state=state, detail=f"{actor.name}: {reason}")
    record(action, "contact", str(contact.pk), actor, reason, {"state": state.value})
    return contact
