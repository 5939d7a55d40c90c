"""A shop with two kinds of customers planted: those who fetch fish every week, and those who buy wine by month."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sterna.desk.customers.actions import identify, keep_facts
from sterna.desk.lakehouse.actions import add_parts
from sterna.desk.runs import actions
from sterna.desk.runs.models import Run
from sterna.desk.sources.signals import FactsSaid
from tests.desk.runs import shop

FISH, WINE = 96, 54
NAMES = [f"{number:03}" for number in range(FISH + WINE)]
BEGIN = date(2017, 1, 1)


def fill() -> None:
    """Everything a run needs but a plan; who fetches fish has said that two live at home."""
    chance = random.Random(3)
    identify("shop", "household", NAMES, shop.AT)
    said = [(name, "two", BEGIN, "marketing") for name in NAMES[:FISH]]
    keep_facts(FactsSaid("shop", "household", "shopping.category", said, shop.AT))
    rows = [line for number, name in enumerate(NAMES) for line in _lines(name, number < FISH, chance)]
    products = [
        {"product_id": one, "department": one, "category": one, "brand": f"own {one}", "recorded_at": shop.AT}
        for one in ("FISH", "WINE", "BREAD")
    ]
    add_parts([shop._part("lines", rows, "test:planted"), shop._part("products", products, "test:planted")])
    shop.tiers()


def _lines(name: str, is_fish: bool, chance: random.Random) -> list[dict[str, object]]:
    """Visits of half a year, each with a main category and a little of the others."""
    main, other, step = ("FISH", "WINE", 7) if is_fish else ("WINE", "FISH", 30)
    rows = []
    for visit in range(180 // step):
        day = BEGIN + timedelta(days=visit * step + chance.randrange(step))
        parts = (
            (main, chance.uniform(8, 16)),
            ("BREAD", chance.uniform(1, 3)),
            (other, chance.uniform(0.5, 2)),
        )
        for number, (product, amount) in enumerate(parts):
            rows.append(
                {
                    "event_id": f"{name}-{day}",
                    "line_id": str(number),
                    "source_record": f"shop/household:{name}",
                    "occurred_at": datetime(day.year, day.month, day.day, 15, tzinfo=UTC),
                    "occurred_on": day,
                    "recorded_at": shop.AT,
                    "touchpoint": "store" if is_fish else "web",
                    "product_id": product,
                    "quantity": Decimal("1.000"),
                    "amount": Decimal(str(round(amount, 2))),
                    "discount": Decimal("0.00"),
                    "currency": "USD",
                }
            )
    return rows


def build() -> Run:
    """The shop with one run."""
    fill()
    return actions.run(shop.FIRST).run
