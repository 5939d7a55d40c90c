"""A shop small enough to read: sixty customers, two half-years, one product in each of three departments."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from sterna.engine import plans
from sterna.engine.flow import Brief, ExperimentTerms, File, PlanTerms, SchemeTerms, ValueTerms
from sterna.engine.lake import arrow, files
from sterna.engine.measurement import Declared
from sterna.engine.segments import Band
from sterna.engine.tables import TABLES
from sterna.engine.value import best

UNTIL = date(2017, 6, 30)
BANDS = (
    Band("bronze", 1, Decimal("0.01"), Decimal("120.00")),
    Band("silver", 2, Decimal("120.00"), Decimal("300.00")),
    Band("gold", 3, Decimal("300.00"), None),
)
DEPARTMENTS = ("PRODUCE", "MEAT", "GROCERY")
PLAN = """
plan: spring
version: 1
title: Up by one
owner: Ada
currency: USD
scheme: tiers
opens: 2017-07-01
closes: 2017-12-31
budget: 20.00
hold_out: {share: 0.20, salt: spring-2017, least_per_arm: 30}
primary: {measure: spend, adjust_by: spend_before, smallest_effect: 0.05, wished: up}
goals:
  - {id: up, from: bronze, to: silver, customers: 3, by: 2017-12-31, owner: Ada, audience: bronze, size: 40,
     response: buys in a second department, value_of_response: 20.00, expected_rate: 0.1, priority: 1}
assets:
  - id: voucher
    title: Two dollars off
    kind: incentive
    owner: Ben
    goals: [up]
    purpose: marketing
    behavior: {metric: departments a month, baseline: 1, target: 2, window_days: 60, evidence: last spring}
    unit_cost: 2.00
    rest_days: 30
    cap: {contacts: 3, days: 30}
    routes: [{medium: email, touchpoint: mail, preference: 1, contact_cost: 0.02}]
    message: hello
exchanges: [{id: deal, kind: paid, give: a visit, get: two dollars, asset: voucher, cost: 2.00}]
touchpoints:
  [{id: counter, title: Counter, medium: person, direction: inbound, purpose: sales, owner: Eve, data_out: [baskets]},
   {id: mail, title: E-mail, medium: email, direction: outbound, purpose: marketing, owner: Ben}]
messages:
  - id: hello
    uses: [{name: room, class: shopping.room, max_age_days: 90, fallback: our fresh food}]
    variants:
      email: {subject: "Hello", mjml: "<mjml/>", text: "For {{ facts.room }}"}
"""


BEST = (
    """
best: spenders
version: 1
title: Who will spend most and brings others
scale: money
weigh: [{measure: expected_spend}, {measure: influence, weight: 0.5}]
take: {count: 5}
""",
    """
best: broad
version: 2
title: Who buys widely and often, where serving them pays
scale: percentile
weigh: [{measure: breadth, weight: 2}, {measure: order_frequency}]
only_if: [{measure: margin, least: 0.00}]
take: {share: 0.2}
""",
)


def rows(table: str, records: Iterable[dict[str, Any]]) -> pa.Table:
    """`records` typed as `table`; what they lack is NULL."""
    return pa.Table.from_pylist(list(records), schema=arrow.schema(TABLES[table]))


def lines(customers: int = 60) -> list[dict[str, Any]]:
    """Customer k buys for 3 + k dollars every 10 + k % 7 days; every third of them in one department only."""
    bought = []
    for k in range(customers):
        day, number = date(2016, 7, 1) + timedelta(days=k), 0
        while day < date(2018, 1, 1):
            stamp = datetime(day.year, day.month, day.day, 15, k)
            bought.append(
                {
                    "event_id": f"e{k:03}-{number:03}",
                    "line_id": "1",
                    "source_record": f"shop/household:{k}",
                    "occurred_at": stamp,
                    "occurred_on": day,
                    "recorded_at": stamp,
                    "touchpoint": "store checkout",
                    "product_id": str(0 if k % 3 == 0 else number % 3),
                    "quantity": Decimal("1.000"),
                    "amount": Decimal(3 + k).quantize(Decimal("0.01")),
                    "discount": Decimal("0.00"),
                    "currency": "USD",
                }
            )
            day, number = day + timedelta(days=10 + k % 7), number + 1
    return bought


def write(folder: Path, **given: Iterable[dict[str, Any]]) -> dict[str, File]:
    """Each table as one file of `folder`."""
    made = {}
    for name, records in given.items():
        path = folder / f"{name}.parquet"
        arrow.write(rows(name, records), path)
        made[name] = File(str(path), files.sha256(path))
    return made


def brief(folder: Path, plan_text: str = PLAN, until: date = UNTIL, customers: int = 60) -> Brief:
    """The frozen inputs of one turn, written under `folder`."""
    numbers = range(customers)
    lake = write(
        folder,
        lines=lines(customers),
        products=[{"product_id": str(n), "department": name} for n, name in enumerate(DEPARTMENTS)],
        costs=[
            {
                "entry_id": f"cost {k}",
                "source_record": f"shop/household:{k}",
                "kind": "delivery",
                "occurred_on": date(2017, 2, 1),
                "amount": Decimal("2.50"),
                "currency": "USD",
            }
            for k in numbers
            if k % 2 == 0
        ],
    )
    frozen = write(
        folder,
        identity_map=[
            {"source_record": f"shop/household:{k}", "customer_id": f"c{k:03}", "unit": f"u{k:03}"}
            for k in numbers
        ],
        consents=[
            {"customer_id": f"c{k:03}", "medium": "email", "purpose": "marketing", "granted": k % 5 != 0}
            for k in numbers
            if k % 11
        ],
        addresses=[
            {"customer_id": f"c{k:03}", "medium": "email", "address": f"c{k}@example.org"}
            for k in numbers
            if k % 13
        ],
        assignments=[
            {
                "experiment": "winter",
                "customer_id": f"c{k:03}",
                "arm": "held out" if k % 5 == 0 else "treated",
                "goal": "up",
                "asset": "voucher",
                "assigned_on": date(2017, 1, 1),
                "exposed_on": date(2017, 1, 3),
            }
            for k in numbers
        ],
        # Each tenth customer brought the three that follow; of the third nobody can say whether it came anyway.
        credits=[
            {
                "newcomer": f"c{k + later:03}",
                "customer": f"c{k:03}",
                "kind": kind,
                "share": Decimal("0.5000"),
                "came_anyway": anyway,
            }
            for k in range(0, customers - 3, 10)
            for later, kind, anyway in (
                (1, "referral", False),
                (2, "influence", True),
                (3, "knowledge", None),
            )
        ],
        wallet_facts=[
            {
                "customer_id": f"c{k:03}",
                "source": "adviser",
                "low": Decimal(900),
                "mid": Decimal(1000),
                "high": Decimal(1200),
                "confidence": 0.8,
                "observed_on": date(2017, 3, 1),
            }
            for k in numbers
            if k % 7 == 0
        ],
    )
    plan = plans.load(plan_text, lambda name: name).plan
    body = plans.body(plan)
    return Brief(
        until=until,
        known_at="2017-07-01T06:00:00Z",
        zone="America/New_York",
        currency="USD",
        manifest="1",
        files={name: (file,) for name, file in lake.items()},
        frozen=frozen,
        scheme=SchemeTerms(
            name="tiers", version=1, sha256="0" * 64, window_months=6, measure="spend", bands=BANDS
        ),
        plan=PlanTerms(name="spring", version=1, sha256=plans.sha(plan), body=body),
        experiment=ExperimentTerms(name="spring/1", salt="spring-2017", share=0.2),
        value=ValueTerms(best=tuple(best.body(best.load(text)) for text in BEST)),
        measure=(Declared(name="winter", share=0.2, least_per_arm=10),),
    )


def again(of: Brief) -> Brief:
    """`of` after it went through JSON, as a record keeps it."""
    return msgspec.json.decode(msgspec.json.encode(of), type=Brief)
