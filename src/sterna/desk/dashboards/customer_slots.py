"""What a customer reads at touchpoints of the plans in force, such as on the monthly bill, and why."""

from django.urls import reverse

from sterna.desk.contacts.slots import filled_for, live_slots
from sterna.desk.customers.models import Customer
from sterna.desk.dashboards.page import Section
from sterna.desk.web.components import Column, Row, Table


def section(customer: Customer) -> list[Section]:
    """Each slot of a live plan as they read it today; nothing where no live plan has one."""
    rows = [
        Row(
            [
                one.touchpoint,
                one.text or "nothing",
                "the default" if one.is_default else "their text",
                one.why,
            ],
            reverse("plan_slots", args=[plan.pk]),
        )
        for plan in live_slots()
        for one in filled_for(plan, customer)
    ]
    if not rows:
        return []
    columns = [
        Column("touchpoint", "Touchpoint"),
        Column("text", "They read"),
        Column("shown", "Which is"),
        Column("why", "Because"),
    ]
    lead = "As of today; what is not known of them, is too old or may not be said leaves the default."
    return [Section([Table("Slots", columns, rows, stacks=True)], "What do they read along the way?", lead)]
