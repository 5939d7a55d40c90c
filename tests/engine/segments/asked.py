"""A shop whose customers stand in the tables that rules read, in memory for one at a time, and in a panel."""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from sterna.engine.lake import Lake
from sterna.engine.rules import Deed, Deeds, Known, Person, Rule
from sterna.engine.segments.features import Panel, panel_of, with_shares
from sterna.engine.segments.shares import compile_largest, compile_shares
from sterna.engine.tables import REAL, TABLES, Table
from tests.engine.lake.small_tables import rows
from tests.engine.rules.drawn_rules import ON, by_sql

WITHIN = 90
CATEGORIES = ("bread", "wine", "cheese")
CLASSES = ("pet", "age")
ABOVE = {"pet": {"pet"}, "pet.dog": {"pet.dog", "pet"}, "age": {"age"}}
Rows = dict[str, list[dict[str, Any]]]


def shop(seed: int, size: int) -> Rows:
    """Customers of whom one in six never bought and much is unknown; they return things, and some answer no."""
    chance = random.Random(seed)
    told: Rows = defaultdict(list)
    for number in range(size):
        name = f"c{number:03}"
        told["customers"].append({"customer_id": name, "unit": name})
        bought = _buy(told, name, chance) if number % 6 else []
        told["values"].append(_values(name, bought, chance))
        if chance.random() < 0.7:
            pet = chance.choice(["cat", "dog", "no", "O'Hen"])
            told["current_facts"].append(_fact(name, "pet", pet))
        if chance.random() < 0.2:
            told["current_facts"].append(_fact(name, "pet.dog", "spaniel"))
        if chance.random() < 0.6:
            told["current_facts"].append(_fact(name, "age", str(chance.choice([20.5, *range(18, 80)]))))
    told["products"] += [{"product_id": one, "department": one} for one in CATEGORIES]
    told["closure"] += [{"ancestor": up, "descendant": one} for one, line in ABOVE.items() for up in line]
    return told


def _fact(name: str, fact_class: str, value: str) -> dict[str, Any]:
    on = {"observed_on": ON - timedelta(days=9), "confidence": 0.9, "source": "crm"}
    return {"customer_id": name, "fact_class": fact_class, "value": value, **on}


def _buy(told: Rows, name: str, chance: random.Random) -> list[Decimal]:
    """Purchases of a customer, the first one above zero, some of them before the window."""
    whole = []
    for number in range(chance.randrange(1, 6)):
        lines = [
            (chance.choice([*CATEGORIES, "unlisted"]), Decimal(chance.randrange(-400, 4_000)) / 100)
            for _ in range(chance.randrange(1, 4))
        ]
        lines = [("bread", Decimal("7.25"))] if number == 0 else lines
        key, on = f"{name}-{number}", ON - timedelta(days=chance.randrange(1, 140))
        amount = sum((part for _, part in lines), Decimal(0))
        told["purchases"].append(
            {"event_id": key, "customer_id": name, "occurred_on": on, "touchpoint": "till", "amount": amount}
        )
        told["clean_lines"] += [
            {"event_id": key, "line_id": str(line), "product_id": product, "amount": part}
            for line, (product, part) in enumerate(lines)
        ]
        whole.append(amount)
    return whole


def _values(name: str, bought: Sequence[Decimal], chance: random.Random) -> dict[str, Any]:
    return {
        "customer_id": name,
        "tenure_days": 100 if bought else None,
        "spend": sum(bought, Decimal(0)) if bought else None,
        "orders": len(bought) if bought and chance.random() < 0.9 else None,
        "alive": chance.random() if bought and chance.random() < 0.8 else None,
        "top_category": chance.choice(CATEGORIES) if bought else None,
    }


def lay_out(lake: Lake, told: Mapping[str, list[dict[str, Any]]]) -> None:
    """Put the shop into the tables that rules read."""
    names = ("customers", "current_facts", "closure", "purchases", "clean_lines", "products", "values")
    for name in (*names, "values_before", "happenings", "consents", "memberships"):
        lake.put(TABLES[name], rows(name, *told.get(name, ())))


def panel(lake: Lake) -> Panel:
    """What a search for groupings sees of the shop in the lake."""
    measures = ("spend", "orders", "alive", "top_category")
    values, facts = (lake.fetch(TABLES[name]) for name in ("values", "current_facts"))
    made = panel_of(values, facts, measures, CLASSES)
    return with_shares(made, shares(lake), WITHIN)


def shares(lake: Lake) -> pa.Table:
    """The shares of spend in the largest categories, by the name of the category."""
    lake.make(Table("largest", ("category",), {"category": "VARCHAR"}), *compile_largest(ON, WITHIN, 12))
    names = sorted(
        lake.fetch(Table("largest", ("category",), {"category": "VARCHAR"}))["category"].to_pylist()
    )
    columns = {"customer_id": "VARCHAR", **{f"c{place}": REAL for place in range(len(names))}}
    wide = Table("shares", ("customer_id",), columns)
    lake.make(wide, *compile_shares(names, ON, WITHIN))
    return lake.fetch(wide).rename_columns(["customer_id", *names])


def people(told: Mapping[str, list[dict[str, Any]]]) -> dict[str, Person]:
    """Each customer as memory sees one."""
    facts, deeds = defaultdict(list), defaultdict(list)
    for row in told["current_facts"]:
        facts[row["customer_id"]].append(
            Known(row["fact_class"], row["value"], row["observed_on"], 0.9, "crm")
        )
    lines: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in told["clean_lines"]:
        shelf = row["product_id"] if row["product_id"] in CATEGORIES else "unknown"
        lines[row["event_id"]][shelf] += row["amount"]
    for row in told["purchases"]:
        parts = {None: row["amount"], **lines[row["event_id"]]}
        deeds[row["customer_id"]] += [
            Deed("purchase", row["occurred_on"], int(amount > 0), amount, shelf, "till")
            for shelf, amount in parts.items()
        ]
    return {
        row["customer_id"]: Person(facts[row["customer_id"]], Deeds(deeds[row["customer_id"]]), row)
        for row in told["values"]
    }


def found_by_sql(lake: Lake, rule: Rule) -> set[str]:
    """Whom the rule finds where rules are compiled."""
    return {name for name, hits in by_sql(lake, [rule]).items() if hits == "1"}
