"""A customer's group as a part of the page: which and since when, why, what A asks for, what waits, and the forms."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from django.http import HttpRequest
from django.urls import reverse

from sterna.desk.config import clock
from sterna.desk.customers.models import Customer
from sterna.desk.dashboards.customer_served import Item, html
from sterna.desk.dashboards.group_parts import asked_of_a, called, choices, letter
from sterna.desk.dashboards.page import Section
from sterna.desk.segments import group_queries as queries
from sterna.desk.segments.group_models import GroupChange
from sterna.desk.segments.models import Membership
from sterna.desk.users.access import Right, allows
from sterna.desk.web.components import Column, Component, Row, Table
from sterna.engine.segments.groups import ASKED, KINDS, Terms


@dataclass(frozen=True)
class GroupFigure(Component):
    """A customer's group with its letter, since when and why, beside the figures of value."""

    template: ClassVar[str] = "dashboards/group_figure.html"
    letter: str
    stay: Membership


def badge(customer: Customer) -> list[Component]:
    """The group at the top of the page; nothing for who is in none."""
    stay = queries.stay_of(customer)
    return [GroupFigure(stay.place, stay)] if stay else []


def group(request: HttpRequest, customer: Customer) -> list[Section]:
    """The section; nothing where no terms of groups are published."""
    definition = queries.terms_definition()
    if definition is None:
        return []
    terms = queries.terms_of(definition)
    found = queries.standings(terms, [customer.pk])[customer.pk]
    stay = queries.stay_of(customer)
    changes = queries.changes_of(customer)
    items: list[Item] = [_standing(request, customer, stay), asked_of_a(terms, found)]
    if changes:
        items.append(_changes(changes))
    if allows(request.user, Right.WORK_CONTACTS):
        items.append(_forms(request, customer, stay, changes, terms))
    return [Section(items, "Which group, and why?")]


def _standing(request: HttpRequest, customer: Customer, stay: Membership | None) -> Item:
    reason = queries.reasons_of([customer.pk])[customer.pk].get(stay.place) if stay else None
    late = bool(
        reason and reason.expected_on and stay and stay.place == "B" and reason.expected_on < clock.today()
    )
    badge = letter(stay.place if stay else queries.NONE)
    return html("group_standing", request, stay=stay, reason=reason, badge=badge, late=late)


def _changes(changes: list[GroupChange]) -> Table:
    rows = [
        Row(
            [
                one.proposed_at,
                f"{called(one.from_group)} to {called(one.to_group)}",
                one.get_state_display(),
                one.proposed_by.name if one.proposed_by else "Sterna",
                one.decided_by.name if one.decided_by else "nobody yet",
                one.reason,
            ],
            reverse("group_change", args=[one.pk]),
        )
        for one in changes
    ]
    columns = [
        Column("at", "Proposed", "instant"),
        Column("what", "Change"),
        Column("state", "State"),
        Column("by", "By"),
        Column("decided", "Decided by"),
        Column("why", "Why"),
    ]
    return Table("Changes of group", columns, rows, show_caption=True, stacks=True)


def _forms(
    request: HttpRequest,
    customer: Customer,
    stay: Membership | None,
    changes: list[GroupChange],
    terms: Terms,
) -> Item:
    here = stay.place if stay else queries.NONE
    return html(
        "group_forms", request, customer=customer, here=here, waits=any(one.state == queries.OPEN for one in changes),
        kinds=[(kind, f"{ASKED[kind]}") for kind in KINDS],
        choices=[one for one in choices() if one[0] != here], codes=terms.reasons.items(),
        soonest=clock.today() + timedelta(1),
    )  # fmt: skip
