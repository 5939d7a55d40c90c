"""Turns events of the inbox into rows of the lake: orders into bought lines, everything else into events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from sterna.desk.sources.received import digest
from sterna.engine.errors import BadInput
from sterna.engine.money import LARGEST, cents

ORDER = "Order Completed"
ANONYMOUS = "anonymous_id"
_KINDS = {"page": "page view", "screen": "screen view", "Coupon Redeemed": "redemption"}
_SUBJECTS = ("campaign_id", "coupon_id", "product_id", "order_id")


@dataclass(frozen=True)
class Kept:
    """An event of the inbox as the sealer reads it: its source's name, whose it is (None: nobody's), and its body."""

    source: str
    source_record: str | None
    body: Mapping[str, Any]


def first_named(source: str, identifier_kind: str, body: Mapping[str, Any]) -> str:
    """The key of the source record that an event names first: the user if it names one, else the device."""
    if body.get("userId"):
        return f"{source}/{identifier_kind}:{body['userId']}"
    return f"{source}/{ANONYMOUS}:{body.get('anonymousId')}"


def is_order(event: Kept) -> bool:
    """Whether the event becomes bought lines."""
    return event.body.get("type") == "track" and event.body.get("event") == ORDER


def lake_event(event: Kept, zone: ZoneInfo, recorded_at: datetime) -> dict[str, Any]:
    """The row of table `events`; the body stays with it as JSON."""
    properties = _object(event.body.get("properties"))
    named = str(event.body.get("event") or event.body["type"])
    subject = next((str(properties[key]) for key in _SUBJECTS if properties.get(key) is not None), None)
    return {
        **_common(event, zone, recorded_at),
        "kind": _KINDS.get(named, named),
        # Staff may write down a contact that they made themselves.
        "direction": "outbound" if properties.get("direction") == "outbound" else "inbound",
        "subject": subject,
        "body": msgspec.json.encode(event.body).decode(),
    }


def _common(event: Kept, zone: ZoneInfo, recorded_at: datetime) -> dict[str, Any]:
    occurred = datetime.fromisoformat(event.body["timestamp"])
    channel = _object(event.body.get("properties")).get("touchpoint") or event.body.get("channel")
    return {
        "event_id": digest(event.source, event.body["messageId"]).hex(),
        "source_record": event.source_record,
        "occurred_at": occurred.astimezone(UTC).replace(tzinfo=None),
        "occurred_on": occurred.astimezone(zone).date(),
        "recorded_at": recorded_at.replace(tzinfo=None),
        "touchpoint": str(channel) if channel else None,
    }


def lake_lines(event: Kept, zone: ZoneInfo, recorded_at: datetime, currency: str) -> list[dict[str, Any]]:
    """The rows of table `lines` of an order; one line without a product when only its total is told.

    Raises BadInput for another currency, for no amount at all, and for amounts that are none.
    """
    properties = _object(event.body.get("properties"))
    stated = properties.get("currency") or currency
    if stated != currency:
        raise BadInput(f"currency is {str(stated)[:20]!r}, not {currency}, the program's currency")
    common = _common(event, zone, recorded_at) | {"currency": currency}
    products = properties.get("products") or []
    if not isinstance(products, list) or not all(isinstance(item, dict) for item in products):
        raise BadInput("products is not a list of objects")
    if not products:
        return [common | _line(0, None, None, _total(properties))]
    return [common | _product_line(index, item) for index, item in enumerate(products)]


def _total(properties: Mapping[str, Any]) -> Decimal:
    for key in ("total", "revenue", "value"):
        if properties.get(key) is not None:
            return _amount(properties[key], key)
    raise BadInput("an order needs products with prices, or a total")


def _product_line(index: int, item: Mapping[str, Any]) -> dict[str, Any]:
    if item.get("price") is None:
        raise BadInput(f"product {index + 1} has no price")
    quantity = _number(item.get("quantity", 1), f"quantity of product {index + 1}")
    if abs(quantity) > 1_000_000 or quantity != round(quantity, 3):
        raise BadInput(f"quantity of product {index + 1} is no quantity: {quantity}")
    price = _number(item["price"], f"price of product {index + 1}")
    product = item.get("product_id") or item.get("sku")
    amount = _amount(price * quantity, f"amount of product {index + 1}")
    return _line(index, str(product) if product is not None else None, quantity, amount)


def _line(index: int, product: str | None, quantity: Decimal | None, amount: Decimal) -> dict[str, Any]:
    return {
        "line_id": str(index + 1),
        "product_id": product,
        "quantity": quantity,
        "amount": amount,
        "discount": None,
    }


def _amount(value: Any, what: str) -> Decimal:
    found = _number(value, what)
    if found < 0:
        raise BadInput(f"{what} is negative: {value}")
    return cents(found)


def _number(value: Any, what: str) -> Decimal:
    try:
        # The shortest text of a float is the decimal that was sent.
        found = Decimal(str(value)) if not isinstance(value, bool) else None
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite():
        raise BadInput(f"{what} is not a number: {str(value)[:40]!r}")
    if abs(found) > LARGEST:
        raise BadInput(f"{what} is too large: {str(value)[:40]!r}")
    return found


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def by_table(
    events: Sequence[Kept], zone: ZoneInfo, recorded_at: datetime, currency: str
) -> tuple[dict[str, list[dict[str, Any]]], list[tuple[int, str]]]:
    """The lake's rows of `events` by table, and (index, reason) of each event that becomes none."""
    rows: dict[str, list[dict[str, Any]]] = {"events": [], "lines": []}
    refused: list[tuple[int, str]] = []
    for index, event in enumerate(events):
        try:
            if is_order(event):
                rows["lines"] += lake_lines(event, zone, recorded_at, currency)
            else:
                rows["events"].append(lake_event(event, zone, recorded_at))
        except BadInput as error:
            refused.append((index, str(error)))
    return rows, refused
