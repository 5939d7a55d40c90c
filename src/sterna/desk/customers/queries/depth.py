"""Reads how deep the relationship with customers is, from facts, contacts and what upper apps know of them."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from sterna.desk.config import clock, options
from sterna.desk.customers.models import Customer
from sterna.engine.profiles.depth import Depth, Heard, depth

# The day on which each class was first known; what is stale by now was known all the same.
_FACTS = """
select r.customer_id, min(f.observed_on)
from customers_sourcerecord as r join customers_fact as f on f.source_record_id = r.id
where r.customer_id = any(%(customers)s::uuid[]) and f.retracted_at is null and f.rule = ''
group by r.customer_id, f.fact_class
"""
# The days on which a customer spoke with somebody: a contact that came in, a request, an answer.
_CONTACTS = """
select distinct r.customer_id, heard.day from customers_sourcerecord as r join (
    select source_record_id, (occurred_at at time zone %(zone)s)::date as day from customers_contactnote
    where direction = 'inbound' and retracted_at is null
    union all
    select source_record_id, (asked_at at time zone %(zone)s)::date from customers_customerrequest
    union all
    select source_record_id, (settled_at at time zone %(zone)s)::date from customers_question
    where settled_at is not null
) as heard on heard.source_record_id = r.id
where r.customer_id = any(%(customers)s::uuid[])
"""

Contacts = Callable[[Collection[UUID]], Mapping[UUID, Collection[date]]]
Products = Callable[[Collection[UUID], date], Mapping[UUID, tuple[int | None, int | None]]]
_contacts: dict[str, Contacts] = {}
_products: dict[str, Products] = {}


def register_contacts(name: str, provider: Contacts) -> None:
    """Have an upper app tell the days on which customers answered it; called in `ready()`."""
    _contacts[name] = provider


def register_products(provider: Products) -> None:
    """Have an upper app tell how many products customers hold by a day, and held before; called in `ready()`."""
    _products["values"] = provider


def depths(customers: Collection[UUID], on: date | None = None) -> dict[UUID, Depth]:
    """How deep the relationship with each of these customers is `on` a day (today)."""
    day = on or clock.today()
    given: dict[str, Any] = {"customers": [str(each) for each in customers], "zone": options.zone().key}
    facts: dict[UUID, list[date]] = {each: [] for each in customers}
    spoke: dict[UUID, set[date]] = {each: set() for each in customers}
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, given)
        for customer, first in cursor.fetchall():
            facts[customer].append(first)
        cursor.execute(_CONTACTS, given)
        for customer, when in cursor.fetchall():
            spoke[customer].add(when)
    for provider in _contacts.values():
        for customer, days in provider(customers).items():
            spoke[customer].update(days)
    held = _products["values"](customers, day) if _products else {}
    return {
        each: depth(Heard(facts[each], spoke[each], *held.get(each, (None, None))), day) for each in customers
    }


def depth_of(customer: Customer, on: date | None = None) -> Depth:
    """How deep the relationship with one customer is `on` a day (today)."""
    return depths([customer.pk], on)[customer.pk]
