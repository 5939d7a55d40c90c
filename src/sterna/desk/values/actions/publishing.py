"""Publishes the values of a run out of the staged tables, within the publisher's transaction."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection

from sterna.desk.values.models import CategoryRoom, Model, Worth

# How many categories with room a customer keeps on the pages; the run's file has them all.
ROOMS = 5

_WORTHS = """
insert into values_worth (run_id, customer_id, first_seen_on, first_order_on, last_order_on, orders_total,
    spend_total, spend, spend_before, orders, recency_days, breadth, alive, expected_orders, expected_order_value,
    expected_spend, headroom, potential, top_category, room_category)
select %s, p.customer_id::uuid, p.first_seen_on, p.first_order_on, p.last_order_on, p.orders, p.spend, v.spend,
    v.spend_before, v.orders, v.recency_days, v.breadth, v.alive, v.expected_orders, v.expected_order_value,
    v.expected_spend, v.headroom, v.potential, v.top_category, v.room_category
from staged_profiles as p left join staged_values as v on v.customer_id = p.customer_id
order by p.customer_id
"""

_ROOMS = """
insert into values_categoryroom (run_id, customer_id, category, own, peer, headroom, peers)
select %s, customer_id::uuid, category, own, peer, headroom, peers
from staged_category_headroom order by customer_id, category
"""


def publish(run_id: UUID, models: Mapping[str, Mapping[str, Any]]) -> None:
    """Publish a run's worths, category rooms and fitted models.

    Reads `staged_profiles`, `staged_values` and `staged_category_headroom` (the largest `ROOMS` of a customer), which
    the publisher has filled in this transaction; `models` are the fitted models by name.
    """
    with connection.cursor() as cursor:
        cursor.execute(_WORTHS, [run_id])
        cursor.execute(_ROOMS, [run_id])
    fitted = [Model(run_id=run_id, name=name, body=dict(body)) for name, body in sorted(models.items())]
    Model.objects.bulk_create(fitted)


def forget(run_id: UUID) -> None:
    """Drop a run's rows per customer; its models stay, and the run's files hold the rows."""
    Worth.objects.filter(run_id=run_id).delete()
    CategoryRoom.objects.filter(run_id=run_id).delete()
