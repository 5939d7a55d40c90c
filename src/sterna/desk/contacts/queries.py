"""Reads about contacts: previews as they would leave, and what needs a person's eye."""

from django.db.models import Count, QuerySet

from sterna.channels.base import Channel, discover
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.contacts.models import Contact
from sterna.desk.contacts.rendering import Worded, people, word
from sterna.desk.customers.models import Customer
from sterna.desk.customers.queries import addresses
from sterna.desk.plans.models import Plan


def preview(contact: Contact) -> Worded:
    """The contact's message exactly as it would leave; raises Refused or ContentError."""
    person = people([contact.customer_id], contact.due_on, contact.run_id)[contact.customer_id]
    document = contact.plan.definition.body
    return word(document, contact.asset, _channel(contact.medium), person, contact.address, contact.due_on)


def preview_for(plan: Plan, asset: str, medium: str, customer: Customer) -> Worded:
    """What `customer` would get of `asset` by `medium` today, whether or not a contact is planned."""
    known = next((each for each in addresses(customer) if each.medium == medium), None)
    newest = plan.contacts.order_by("-planned_at").values_list("run_id", flat=True).first()
    on = clock.today()
    person = people([customer.pk], on, newest)[customer.pk]
    return word(plan.definition.body, asset, _channel(medium), person, known.address if known else "", on)


def _channel(medium: str) -> Channel:
    channel = discover().get(medium)
    if channel is None:
        raise Refused(f"there is no channel for {medium!r}")
    return channel


def in_doubt() -> QuerySet[Contact]:
    """Contacts of which nobody knows whether they arrived: they are not sent again; a person settles each."""
    return (
        Contact.objects.filter(state=Contact.State.UNKNOWN)
        .select_related("customer", "plan")
        .order_by("due_on", "id")
    )


def counts() -> dict[str, int]:
    """How many contacts are in each state, every state named."""
    found = dict(Contact.objects.order_by().values_list("state").annotate(number=Count("id")))
    return {state: found.get(state, 0) for state in Contact.State.values}


def overdue() -> QuerySet[Contact]:
    """What is due and has not left: nothing sends, or no channel is on for it."""
    return Contact.objects.filter(state=Contact.State.PLANNED, due_on__lt=clock.today()).order_by(
        "due_on", "id"
    )
