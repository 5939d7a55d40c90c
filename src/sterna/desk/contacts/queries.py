"""Reads about contacts: previews as they would leave, what was accepted, and what needs a person's eye."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, QuerySet

from sterna.channels.base import Channel, discover
from sterna.desk.config import clock, options
from sterna.desk.config.refused import Refused
from sterna.desk.contacts.models import ACCEPTED, Contact, Receipt
from sterna.desk.contacts.rendering import Worded, people, word
from sterna.desk.customers.models import Customer
from sterna.desk.customers.queries import addresses, cluster_ids
from sterna.desk.plans.models import Plan
from sterna.desk.segments.models import Membership

REACHED = (Contact.State.HANDED_OVER, Contact.State.CONFIRMED)


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


@dataclass(frozen=True)
class Accepted:
    """An offer that a customer took on a day; `stages` are those it is offered in, `stage` where they stand by now.

    `stages` is empty where it is offered in all, and `stage` where they stand in none.
    """

    contact: Contact
    on: date
    note: str
    stages: tuple[str, ...]
    stage: str

    @property
    def is_kept(self) -> bool:
        """Whether it is theirs only because they took it: by now it would not be offered to them."""
        return bool(self.stages) and self.stage not in self.stages


def may_be_accepted(contact: Contact) -> bool:
    """Whether it has left and nobody has written yet that the customer took it."""
    return contact.state in REACHED and not contact.receipts.filter(state=ACCEPTED).exists()


def accepted(customer: Customer) -> list[Accepted]:
    """What the customer, under any of their ids, took of what they were offered, the newest first."""
    ids = cluster_ids(customer)
    standing = Membership.objects.filter(customer__in=ids, during__upper_inf=True)
    places = dict(standing.values_list("scheme", "place"))
    said = Receipt.objects.filter(state=ACCEPTED, contact__customer__in=ids).order_by("-at", "-pk")
    return [_accepted(each, places) for each in said.select_related("contact__plan__definition")]


def _accepted(said: Receipt, places: Mapping[str, str]) -> Accepted:
    body = said.contact.plan.definition.body
    asset: Mapping[str, Any] = next((e for e in body["assets"] if e["id"] == said.contact.asset), {})
    on = said.at.astimezone(options.zone()).date()
    stages = tuple(asset.get("stages") or ())
    return Accepted(said.contact, on, said.detail, stages, places.get(body.get("life") or "", ""))
