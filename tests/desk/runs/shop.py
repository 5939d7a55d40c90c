"""A small shop in the records and the lake: sixty customers, a year of purchases, tiers and a plan."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from sterna.desk.customers.actions import identify, keep_addresses, keep_consents, keep_facts
from sterna.desk.customers.models import Customer, SourceRecord
from sterna.desk.lakehouse.actions import Part, add_parts
from sterna.desk.plans import actions as plans
from sterna.desk.plans.models import Plan
from sterna.desk.segments.actions import publish_scheme
from sterna.desk.segments.models import Definition
from sterna.desk.sources.signals import AddressesSaid, ConsentsSaid, FactsSaid
from sterna.engine.lake import arrow
from sterna.engine.segments import Band, Scheme
from sterna.engine.tables import TABLES
from tests.desk.plans.signed import in_force

AT = datetime(2017, 1, 1, tzinfo=UTC)
CUSTOMERS = 60
NAMES = [f"{number:03}" for number in range(CUSTOMERS)]
FIRST, SECOND = date(2017, 6, 30), date(2017, 12, 31)

PLAN = """
plan: autumn
version: {version}
title: Up from bronze
owner: Ann
currency: USD
scheme: value
opens: 2017-07-01
closes: 2018-06-30
budget: {budget}
hold_out: {{share: 0.20, salt: autumn-2017, least_per_arm: 30}}
primary: {{measure: spend, adjust_by: spend_before, smallest_effect: 0.05, wished: up}}
goals:
  - id: bronze-up
    from: bronze
    to: silver
    customers: 5
    by: 2017-12-31
    owner: Ann
    audience: who buys little
    response: a larger basket
    value_of_response: 40.00
    expected_rate: 0.2
    size: 30
    priority: 1
assets:
  - id: basket
    title: The Friday basket
    kind: reward
    owner: Bo
    goals: [bronze-up]
    purpose: marketing
    behavior: {{metric: orders, baseline: 1, target: 2, window_days: 90, evidence: last spring}}
    unit_cost: 1.00
    rest_days: 30
    cap: {{contacts: 2, days: 60}}
    message: basket
    routes:
      - {{medium: email, touchpoint: newsletter, preference: 1, contact_cost: 0.10}}
      - {{medium: letter, touchpoint: post, preference: 2, contact_cost: 0.90}}
      - {{medium: phone, touchpoint: call, preference: 3, contact_cost: 2.00, capacity: 3}}
exchanges:
  - {{id: deal, kind: paid, give: a second basket, get: a gift, asset: basket, cost: 1.00}}
touchpoints:
  - {{id: newsletter, title: Newsletter, medium: email, direction: outbound, purpose: marketing, owner: Cy,
     cost: 0.10, capacity_per_week: 1000, data_in: [shopping.category], data_out: [response]}}
  - {{id: post, title: Post, medium: letter, direction: outbound, purpose: marketing, owner: Cy, cost: 0.90,
     capacity_per_week: 100, data_in: [], data_out: [response]}}
  - {{id: call, title: Call, medium: phone, direction: both, purpose: service, owner: Cy, cost: 2.00,
     capacity_per_week: 50, data_in: [], data_out: [response]}}
messages:
  - id: basket
    uses:
      - {{name: size, class: shopping.category, max_age_days: 400, fallback: your}}
    variants:
      email:
        subject: "A basket for {{{{ facts.size }}}} household"
        mjml: >-
          <mjml><mj-body><mj-section><mj-column><mj-text>{{{{ offer.name }}}} for {{{{ facts.size }}}}
          from {{{{ company.name }}}}</mj-text></mj-column></mj-section></mj-body></mjml>
        text: "{{{{ offer.name }}}} for {{{{ facts.size }}}} household, {{{{ company.name }}}}"
      letter: {{subject: "{{{{ offer.name }}}}", body: "Dear customer {{{{ customer.number }}}}, this is for
        {{{{ facts.size }}}} household."}}
      phone: {{opening: Good day, script: "Tell them of {{{{ offer.name }}}}.", ask: Ask what they like.}}
"""


def customers() -> dict[str, Customer]:
    """Sixty people: email for the first 40, letters for the next 10, phone for 5; the last five never said yes."""
    identify("shop", "household", NAMES, AT)
    media = {"email": NAMES[:40], "letter": NAMES[40:50], "phone": NAMES[50:55]}
    written = {"email": "{}@example.org", "letter": "{} Main Street\nSpringfield", "phone": "+1 555 0{}"}
    for medium, names in media.items():
        rows = [(name, written[medium].format(name)) for name in names]
        keep_addresses(AddressesSaid("shop", "household", medium, rows, AT))
        said = [(name, True, date(2017, 1, 1)) for name in names]
        keep_consents(ConsentsSaid("shop", "household", medium, "marketing", said, AT))
    sizes = [(name, "two", date(2017, 1, 1), "marketing") for name in NAMES[:20]]
    keep_facts(FactsSaid("shop", "household", "shopping.category", sizes, AT))
    records = SourceRecord.objects.select_related("customer")
    return {record.value: record.customer for record in records}


def fill_lake(name: str = "all", first: date = date(2016, 7, 1), last: date = SECOND) -> None:
    """A segment of lines and one of products: customer i buys every (5 + i % 11) days, for 2 + i / 2 a time."""
    rows = [line for index, who in enumerate(NAMES) for line in _lines(index, who, first, last)]
    products = [
        {
            "product_id": f"p{n}",
            "department": "FOOD",
            "category": f"CAT{n}",
            "brand": "own",
            "recorded_at": AT,
        }
        for n in range(4)
    ]
    parts = [_part("lines", rows, f"test:{name}"), _part("products", products, f"test:{name}")]
    add_parts([part for part in parts if part.rows])


def _lines(index: int, who: str, first: date, last: date) -> list[dict[str, object]]:
    # The second half of 2017 shifts who buys much, so that customers move.
    lines = []
    for number in range((last - first).days // (5 + index % 11)):
        day = first + timedelta(days=number * (5 + index % 11) + index % 5)
        much = 1 if day < date(2017, 7, 1) or index % 4 else 3
        amount = (Decimal(2) + Decimal(index) / 2) * much + Decimal(number % 7) / 10
        lines.append(
            {
                "event_id": f"{who}-{day}",
                "line_id": f"{number}",
                "source_record": f"shop/household:{who}",
                "occurred_at": datetime(day.year, day.month, day.day, 15, tzinfo=UTC).replace(tzinfo=None),
                "occurred_on": day,
                "recorded_at": AT.replace(tzinfo=None),
                "touchpoint": "store",
                "product_id": f"p{(index + number) % 4}",
                "quantity": Decimal("1.000"),
                "amount": amount.quantize(Decimal("0.01")),
                "discount": Decimal("0.00"),
                "currency": "USD",
            }
        )
    return lines


def _part(table: str, rows: list[dict[str, object]], origin: str) -> Part:
    plain = [
        {k: v.replace(tzinfo=None) if isinstance(v, datetime) else v for k, v in row.items()} for row in rows
    ]
    made = pa.Table.from_pylist(plain, schema=arrow.schema(TABLES[table]))
    return Part(table, origin, len(rows), None, None, lambda path: arrow.write(made, Path(path)))


def tiers(edge: str = "250.00") -> Definition:
    """Two tiers of half a year's spend: bronze up to `edge`, silver from there."""
    low = Decimal(edge)
    bands = (Band("bronze", 1, Decimal("0.01"), low), Band("silver", 2, low, None))
    return publish_scheme(
        Scheme(name="value", currency="USD", window_months=6, bands=bands, cut={"edges": "as written"}),
        None,
        "test",
    )


def plan(budget: str = "1000.00", version: int = 1) -> Plan:
    """The plan, in force."""
    return in_force(plans.load(PLAN.format(budget=budget, version=version), None))


def open_shop() -> dict[str, Customer]:
    """Everything a run needs; the customers by their number."""
    found = customers()
    fill_lake()
    tiers()
    plan()
    return found
