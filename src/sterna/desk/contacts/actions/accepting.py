"""Keeps that a customer accepted what a contact offered: from then on it is theirs, whatever stage they come to."""

from django.db import transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.contacts.models import ACCEPTED, Contact, Receipt
from sterna.desk.contacts.queries import REACHED
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User


@transaction.atomic
def accept(contact: Contact, note: str, actor: User) -> Receipt:
    """Write that the customer took the offer, as they said in `note`; a second time changes nothing.

    Raises Refused for a contact that has not left: nobody can have accepted it.
    """
    demand(actor, Right.WORK_CONTACTS)
    held = Contact.objects.select_for_update().get(pk=contact.pk)
    if known := held.receipts.filter(state=ACCEPTED).first():
        return known
    if held.state not in REACHED:
        raise Refused(
            f"this contact is {held.state}: the customer cannot have accepted what did not reach them"
        )
    if not note.strip():
        raise Refused("write what the customer accepted, and how they said so")
    written = Receipt.objects.create(contact=held, at=clock.now(), state=ACCEPTED, detail=note)
    record("accept offer", "contact", str(held.pk), actor, note, {"asset": held.asset})
    return written
