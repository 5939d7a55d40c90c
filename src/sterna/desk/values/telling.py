"""Tells the apps below what runs measured of customers, and which facts they measure by."""

from collections.abc import Collection, Iterator
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection

from sterna.desk.customers.queries.taxonomy import Use, classes
from sterna.engine.profiles.depth import TREND_DAYS

# Less than what an offer cannot be made without: where nobody said, peers may tell.
OF_WALLET = 0.4

_NEWEST = """
select distinct on (w.customer_id) w.customer_id, w.headroom
from values_worth as w where w.customer_id = any(%s::uuid[])
order by w.customer_id, w.id desc
"""
# The day that a run measured is the last order's day and the days since then.
_BREADTH = """
select w.customer_id, w.breadth, w.last_order_on + coalesce(w.recency_days, 0)::int as measured_on
from values_worth as w
where w.customer_id = any(%s::uuid[]) and w.breadth is not null and w.last_order_on is not null
order by w.customer_id, measured_on desc, w.id desc
"""


def headroom(customers: Collection[UUID]) -> dict[UUID, Decimal | None]:
    """The headroom of customers as the last run published it."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [[str(each) for each in customers]])
        return dict(cursor.fetchall())


def products(customers: Collection[UUID], on: date) -> dict[UUID, tuple[int | None, int | None]]:
    """How many categories customers bought in as measured by `on`, and as measured a trend's time before."""
    found: dict[UUID, tuple[int | None, int | None]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_BREADTH, [[str(each) for each in customers]])
        for customer, breadth, measured_on in cursor.fetchall():
            now, before = found.get(customer, (None, None))
            if now is None and measured_on <= on:
                now = breadth
            if before is None and measured_on <= on - timedelta(days=TREND_DAYS):
                before = breadth
            found[customer] = (now, before)
    return found


def uses() -> Iterator[Use]:
    """The classes that say what a wallet holds: whose wallet is unknown is to be asked."""
    tree = classes()
    for name in tree.ids():
        if tree.at(name).wallet:
            yield Use(name, "measure", "wallet", tree.taxonomy.owner, OF_WALLET)
