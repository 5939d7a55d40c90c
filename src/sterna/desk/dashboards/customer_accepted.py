"""What a customer took of what they were offered, and what is honored although it is not for their stage any more."""

from django.urls import reverse

from sterna.desk.contacts.queries import Accepted, accepted
from sterna.desk.customers.models import Customer
from sterna.desk.dashboards.page import Section
from sterna.desk.dashboards.queries.titles import asset_titles
from sterna.desk.web.components import Column, Row, Table


def section(customer: Customer) -> list[Section]:
    """What they accepted, the newest first; nothing where nothing was."""
    found = accepted(customer)
    if not found:
        return []
    titles = asset_titles()
    rows = [
        Row(
            [titles.get(one.contact.asset, one.contact.asset), one.on, one.note, _standing(one)],
            reverse("contact", args=[one.contact.pk]),
        )
        for one in found
    ]
    columns = [
        Column("offer", "Offer"),
        Column("on", "Accepted", "day"),
        Column("note", "What they said"),
        Column("standing", "By now"),
    ]
    lead = "What was accepted is honored, whatever stage of the relationship they come to."
    return [Section([Table("Accepted offers", columns, rows, stacks=True)], "What have they accepted?", lead)]


def _standing(one: Accepted) -> str:
    if not one.stages:
        return "Offered in every stage."
    stages, stage = ", ".join(one.stages), "none of its stages" if one.stage in ("", "none") else one.stage
    if one.is_kept:
        return f"Offered to others only in {stages}; they stand in {stage}, and it is honored."
    return f"Offered in {stages}, where they stand: {stage}."
