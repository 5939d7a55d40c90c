"""Tasks for people: opened once for a contact, done once by somebody."""

from datetime import timedelta

from django.db import transaction

from sterna.channels.base import Message
from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.contacts.models import Contact, Receipt, Task
from sterna.desk.customers.signals import PreferencesChanged
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User

# How long somebody has for a task, within the life of its contact.
DAYS = timedelta(days=7)


@transaction.atomic
def open_task(message: Message) -> str:
    """The id of the task for the contact of `message`, opened unless it is there: a repetition opens no second."""
    contact = Contact.objects.get(natural_key=message.key)
    by = max(clock.today(), min(clock.today() + DAYS, contact.expires_on))
    task, _ = Task.objects.get_or_create(
        contact=contact, defaults={"due_on": by, "script": message.rendered.text}
    )
    return str(task.pk)


@transaction.atomic
def complete_task(task: Task, state: str, note: str, actor: User) -> Task:
    """Close an open task as done or not reached, and settle its contact with it.

    The same answer again changes nothing; another one is refused, because the first may have been acted on.
    """
    demand(actor, Right.WORK_CONTACTS)
    if state not in (Task.State.DONE, Task.State.NOT_REACHED):
        raise Refused(f"a task ends as done or not reached, not as {state!r}")
    held = Task.objects.select_for_update().select_related("contact").get(pk=task.pk)
    if held.state == state:
        return held
    if held.state != Task.State.OPEN:
        raise Refused(f"this task is closed already: {held.state}")
    held.state, held.done_at, held.done_by, held.note = state, clock.now(), actor, note
    held.save(update_fields=["state", "done_at", "done_by", "note"])
    _settle(held)
    record(
        "complete task", "task", str(held.pk), actor, note, {"state": state, "contact": str(held.contact_id)}
    )
    return held


def _settle(task: Task) -> None:
    reached = task.state == Task.State.DONE
    contact = task.contact
    contact.state = Contact.State.CONFIRMED if reached else Contact.State.FAILED
    contact.settled_at, contact.error = task.done_at, "" if reached else "not reached"
    contact.save(update_fields=["state", "settled_at", "error"])
    Receipt.objects.create(
        contact=contact, at=clock.now(), state=contact.state, reference=str(task.pk), detail=task.note
    )


def drop_calls(changed: PreferencesChanged) -> None:
    """Close the calls that wait for somebody who said no to them, in the transaction in which it was said."""
    waiting = Task.objects.select_for_update(of=("self",)).select_related("contact")
    for task in waiting.filter(state=Task.State.OPEN, contact__customer__in=changed.customers).order_by("pk"):
        contact = task.contact
        if (contact.medium, contact.purpose) not in changed.refused:
            continue
        said = f"the customer said no to {contact.medium} for {contact.purpose}"
        task.state, task.done_at, task.note = Task.State.NOT_REACHED, changed.at, said
        task.save(update_fields=["state", "done_at", "note"])
        contact.state, contact.settled_at, contact.error = Contact.State.WITHDRAWN, changed.at, said
        contact.save(update_fields=["state", "settled_at", "error"])
        Receipt.objects.create(contact=contact, at=changed.at, state=contact.state, detail=said)
