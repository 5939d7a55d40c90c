"""Endpoints, customers who move, and what is in the outbox after that."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sterna.desk.segments.actions import publish_scheme
from sterna.desk.segments.models import Definition
from sterna.desk.webhooks.actions import Wanted, add_endpoint
from sterna.desk.webhooks.models import Endpoint, Message
from sterna.engine.segments import Band, Scheme
from tests.desk.segments.staging import place

FIRST, SECOND, THIRD = date(2017, 7, 1), date(2018, 1, 1), date(2018, 7, 1)


def endpoint(url: str = "http://127.0.0.1:9/", name: str = "crm", **filters: Any) -> tuple[Endpoint, str]:
    """An endpoint that is told of moves, and its secret."""
    given = {"types": ["customer.moved"], **filters}
    return add_endpoint(Wanted(name=name, url=url, **given), None)


def tiers(name: str = "value") -> Definition:
    """A scheme of two tiers."""
    bands = (Band("bronze", 1, Decimal("0.01"), Decimal(250)), Band("silver", 2, Decimal(250)))
    return publish_scheme(Scheme(name=name, currency="USD", window_months=6, bands=bands), None, "a test")


def run(scheme: Definition, cut: date, places: Mapping[UUID, str]) -> None:
    """A run of the scheme that places customers so."""
    place(cut, scheme, {who: (where, "10.00") for who, where in places.items()})


def told(to: Endpoint | None = None) -> list[tuple[UUID, str | None, str | None, int]]:
    """What the outbox tells in its order: customer, from, to, turn."""
    found = Message.objects.filter(type="customer.moved").order_by("on", "turn", "customer")
    if to is not None:
        found = found.filter(endpoint=to)
    return [(one.customer_id, one.data["from"], one.data["to"], one.turn) for one in found]
