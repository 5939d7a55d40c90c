"""Publishes the values of a run out of the staged tables, within the publisher's transaction."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection

from sterna.desk.values.models import CategoryRoom, HouseholdWallet, Model, Worth
from sterna.engine.tables import TABLES

# How many categories with room a customer keeps on the pages; the run's file has them all.
ROOMS = 5

# What a run's table of values holds, column by column, beside the customer.
_MEASURED = [name for name in TABLES["values"].columns if name != "customer_id"]

_WORTHS = f"""
insert into values_worth (run_id, customer_id, first_seen_on, first_order_on, last_order_on, orders_total,
    spend_total, {", ".join(_MEASURED)})
select %s, p.customer_id::uuid, p.first_seen_on, p.first_order_on, p.last_order_on, p.orders, p.spend,
    {", ".join(f"v.{name}" for name in _MEASURED)}
from staged_profiles as p left join staged_values as v on v.customer_id = p.customer_id
order by p.customer_id
"""

_ROOMS = """
insert into values_categoryroom (run_id, customer_id, category, own, peer, headroom, peers)
select %s, customer_id::uuid, category, own, mid, mid - own, peers
from staged_category_wallets order by customer_id, category
"""

_HOUSEHOLDS = """
insert into values_householdwallet (run_id, household_id, members, unknown, own, own_known, low, mid, high, headroom,
    share, reason)
select %s, h.id, w.members, w.unknown, w.own, w.own_known, w.low, w.mid, w.high, w.headroom, w.share, w.reason
from staged_household_wallets as w join customers_household as h on h.key = w.unit order by h.id
"""


def publish(run_id: UUID, models: Mapping[str, Mapping[str, Any]]) -> None:
    """Publish a run's worths, category rooms, wallets of households and the records of how it made them.

    Reads `staged_profiles`, `staged_values`, `staged_household_wallets` and `staged_category_wallets` (the `ROOMS`
    largest rooms of a customer), which the publisher has filled in this transaction; `models` are the records by name.
    """
    with connection.cursor() as cursor:
        cursor.execute(_WORTHS, [run_id])
        cursor.execute(_ROOMS, [run_id])
        cursor.execute(_HOUSEHOLDS, [run_id])
    fitted = [Model(run_id=run_id, name=name, body=dict(body)) for name, body in sorted(models.items())]
    Model.objects.bulk_create(fitted)


def forget(run_id: UUID) -> None:
    """Drop a run's rows per customer; its models stay, and the run's files hold the rows."""
    Worth.objects.filter(run_id=run_id).delete()
    CategoryRoom.objects.filter(run_id=run_id).delete()
    HouseholdWallet.objects.filter(run_id=run_id).delete()
