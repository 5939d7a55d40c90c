"""What the plans in force let a customer choose among, and the touchpoints that this customer has met."""

from collections.abc import Iterator, Mapping
from typing import Any

from sterna.desk.contacts.models import Contact
from sterna.desk.contacts.queries import REACHED
from sterna.desk.customers import queries
from sterna.desk.customers.models import Customer
from sterna.desk.customers.offered import Offered
from sterna.desk.plans.models import Plan

NEWEST = 50


def offering(customer: Customer) -> Offered:
    """Media and purposes of the plans in force, what their assets are about, and where the customer was met."""
    told = Offered()
    for plan in Plan.objects.filter(state=Plan.State.LIVE).select_related("definition"):
        for asset in plan.definition.body["assets"]:
            told.words |= {(route["medium"], asset["purpose"]) for route in asset["routes"]}
            told.topics |= dict(_topic(asset))
    told.touchpoints = dict(_met(customer))
    return told


def _topic(asset: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    wants = asset.get("wants") or {}
    if wants.get("class"):
        named = wants.get("value") or wants["class"].rpartition(".")[2]
        topic = "/".join(filter(None, (wants["class"], wants.get("value"))))
        yield topic, str(named).replace("_", " ").capitalize()


def _met(customer: Customer) -> Iterator[tuple[str, str]]:
    reached = Contact.objects.filter(customer__in=queries.cluster_ids(customer), state__in=REACHED)
    for contact in reached.select_related("plan__definition").order_by("-handed_over_at")[:NEWEST]:
        body = contact.plan.definition.body
        titles = {each["id"]: each["title"] for each in body.get("touchpoints") or ()}
        for asset in body["assets"]:
            for route in asset["routes"] if asset["id"] == contact.asset else ():
                if route["medium"] == contact.medium:
                    yield route["touchpoint"], titles.get(route["touchpoint"], route["touchpoint"])
