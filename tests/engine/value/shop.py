"""A small shop for the tests of current measures and wallets: lines, costs, contacts and who is who."""

from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sterna.engine import events, identity, profiles, steps
from sterna.engine.lake import Lake
from sterna.engine.tables import TABLES
from sterna.engine.value import measures
from tests.engine.lake.small_tables import fill, line, rows, wish

BEFORE, OPENING, CUT = date(2023, 7, 1), date(2024, 1, 1), date(2024, 7, 1)
DEPARTMENTS = ("BAKERY", "MEAT", "PRODUCE", "WINE")


def bought(customer: str, day: str, amount: Any, product: str = "MEAT", **more: Any) -> dict[str, Any]:
    return line(
        f"{customer} {day} {product} {amount}",
        day,
        str(amount),
        source_record=customer,
        product_id=product,
        **more,
    )


def cost(customer: str, day: str, amount: str | None, name: str = "", **more: Any) -> dict[str, Any]:
    on = date.fromisoformat(day)
    return {
        "entry_id": name or f"{customer} {day} {amount}",
        "source_record": customer,
        "kind": "delivery",
        "occurred_on": on,
        "recorded_at": datetime.combine(on, time(12)),
        "amount": None if amount is None else Decimal(amount),
        "currency": "USD",
    } | more


def contact(customer: str, day: str, direction: str | None) -> dict[str, Any]:
    on = date.fromisoformat(day)
    at = datetime.combine(on, time(12))
    return {
        "event_id": f"{customer} {day} {direction}",
        "source_record": customer,
        "kind": "contact",
        "occurred_at": at,
        "occurred_on": on,
        "recorded_at": at,
        "touchpoint": "call center",
        "direction": direction,
    }


def stock(
    lake: Lake,
    lines: Iterable[dict[str, Any]],
    costs: Iterable[dict[str, Any]] = (),
    contacts: Iterable[dict[str, Any]] = (),
    others: Iterable[str] = (),
    households: dict[str, str] | None = None,
    wallet_facts: Iterable[dict[str, Any]] = (),
    merged: Iterable[dict[str, Any]] = (),
) -> None:
    """Raw rows into the lake and through the rooms before value; `others` are known by a wish alone.

    Each record is a customer of its own name, unless `merged` says whose the records are.
    """
    lines, contacts, others = list(lines), list(contacts), list(others)
    known = sorted({row["source_record"] for row in [*lines, *contacts]} | set(others))
    alone = [{"source_record": n, "customer_id": n, "unit": (households or {}).get(n, n)} for n in known]
    fill(
        lake,
        lines=rows("lines", *lines),
        costs=rows("costs", *costs),
        events=rows("events", *contacts),
        products=rows("products", *({"product_id": name, "department": name} for name in DEPARTMENTS)),
        facts=rows("facts", *(wish(name, date(2023, 7, 1)) for name in others)),
        wallet_facts=rows("wallet_facts", *wallet_facts),
        identity_map=rows("identity_map", *(list(merged) or alone)),
    )
    events.clean(lake, CUT)
    identity.resolve(lake, CUT)
    profiles.know(lake, CUT)
    steps.run(lake, "value/customer_sums", before=BEFORE, opening=OPENING, cut=CUT)
    steps.run(lake, "value/histories", cut=CUT)


def measured(lake: Lake) -> dict[str, dict[str, Any]]:
    """The current values of everybody, by customer."""
    measures.measure(lake, OPENING, CUT, "USD")
    return {row["customer_id"]: row for row in lake.fetch(TABLES["current_values"]).to_pylist()}
