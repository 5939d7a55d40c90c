"""Reads what facts were good for: the contacts whose text used them, and the days on which customers answered."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from sterna.desk.config import options
from sterna.desk.contacts.models import Contact
from sterna.desk.customers.models import Customer

_BY_CLASS = """
select item ->> 'class' as fact_class, count(distinct c.id), count(distinct c.customer_id), max(c.handed_over_at)
from contacts_contact as c, jsonb_array_elements(c.used_facts) as listed (item)
where item ->> 'reason' in ('fact', 'offer') and c.handed_over_at is not null
group by item ->> 'class'
"""
_ANSWERED = """
select coalesce(p.redirects_to_id, p.id), (t.done_at at time zone %(zone)s)::date
from contacts_task as t join contacts_contact as c on c.id = t.contact_id
join customers_customer as p on p.id = c.customer_id
where t.state = 'done' and t.done_at is not null
    and coalesce(p.redirects_to_id, p.id) = any(%(customers)s::uuid[])
"""


@dataclass(frozen=True)
class Benefit:
    """How many contacts that left used facts of a class, with how many customers, and when the last one left."""

    fact_class: str
    contacts: int
    customers: int
    last_on: date


def contacts_that_used(customer: Customer, fact_class: str) -> QuerySet[Contact]:
    """The contacts of a customer whose text used a fact of the class, and not its fallback; the newest first."""
    fact, offer = ([{"class": fact_class, "reason": reason}] for reason in ("fact", "offer"))
    mine = Contact.objects.filter(customer=customer)
    found = mine.filter(used_facts__contains=fact) | mine.filter(used_facts__contains=offer)
    return found.order_by("-due_on", "-id")


def benefits() -> dict[str, Benefit]:
    """What the facts of each class led to."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_CLASS)
        return {
            name: Benefit(name, contacts, customers, last_at.astimezone(options.zone()).date())
            for name, contacts, customers, last_at in cursor.fetchall()
        }


def answered_on(customers: Collection[UUID]) -> dict[UUID, list[date]]:
    """The days on which customers were reached by a task and spoke with somebody."""
    found: dict[UUID, list[date]] = {}
    given: dict[str, Any] = {"zone": options.zone().key, "customers": [str(each) for each in customers]}
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERED, given)
        for customer, day in cursor.fetchall():
            found.setdefault(customer, []).append(day)
    return found
