"""Small tables of the contract, written by hand or drawn from a seed, and how they get into a lake."""

import random
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from sterna.engine.lake import Lake, arrow
from sterna.engine.tables import FROZEN, LAKE, TABLES, Table

# One pool per column name, so that rows of different tables meet; ’ and ü: text is more than ASCII.
POOLS: Mapping[str, list[str]] = {
    "customer_id": [f"c{number}" for number in range(1, 13)],
    "unit": [f"u{number}" for number in range(1, 10)],
    "source_record": [f"shop/card:{number}" for number in range(1, 16)],
    "event_id": [f"e{number:02}" for number in range(1, 31)],
    "line_id": ["1", "2", "3"],
    "product_id": ["p1", "p2", "p3", "p4", "not listed"],
    "department": ["PRODUCE", "MEAT", "KÜCHE"],
    "category": ["PRODUCE", "MEAT", "KÜCHE", "unknown"],
    "top_category": ["PRODUCE", "MEAT"],
    "room_category": ["PRODUCE", "KÜCHE"],
    "wants_class": ["shopping.category", "household.size"],
    "fact_class": ["shopping.category", "household.size", "wish"],
    "wants_value": ["PRODUCE", "MEAT", "4"],
    "value": ["PRODUCE", "MEAT", "4"],
    "kind": ["redemption", "campaign contact", "page view"],
    "scheme": ["tiers"],
    "place": ["low", "middle", "high", "none", "new"],
    "from_place": ["low", "middle", "high", "none", "new"],
    "to_place": ["low", "middle", "high", "none"],
    "experiment": ["autumn"],
    "arm": ["treated", "held out"],
    "medium": ["email", "letter", "phone"],
    "purpose": ["marketing", "recognition"],
    "asset": ["basket", "lunch", "call"],
    "goal": ["low to middle", "middle to high"],
    "comparison": ["primary", "goal:low to middle"],
    "outcome": ["contact", "held out", "left out"],
    "barrier": ["consent", "address", "headroom"],
    "fit": ["top", "room", "fact"],
    "currency": ["USD"],
    "campaign_id": ["18", "19"],
    "subject": ["18", "19", "basket"],
    "source": ["shop", "survey’s"],
}

# Bands part the amounts without gap or overlap; drawn ones would put a customer into two places.
BANDS = (
    {"scheme": "tiers", "place": "low", "rank": 1, "low": Decimal("0.01"), "high": Decimal(20)},
    {"scheme": "tiers", "place": "middle", "rank": 2, "low": Decimal(20), "high": Decimal(50)},
    {"scheme": "tiers", "place": "high", "rank": 3, "low": Decimal(50), "high": None},
)
# The grid of a scheme of segments, whose bands part the figures too, and a level for each cell of each segment.
GRID_BANDS = tuple(
    {"scheme": "needs", "axis": axis, "band": band, "measure": measure, "low": low, "high": high}
    | {"is_known": axis == "value"}
    for axis, measure in (("value", "spend"), ("potential", "headroom"))
    for band, low, high in (("few", None, Decimal(40)), ("many", Decimal(40), None))
)
LEVELS = tuple(
    {"scheme": "needs", "segment": segment, "value_band": value, "potential_band": potential}
    | {"personalization": "segment", "contacts": 1, "days": 30, "retention": "watch"}
    for segment in POOLS["to_place"]
    for value in ("few", "many")
    for potential in ("few", "many", "unknown")
)
WRITTEN = {"bands": BANDS, "grid_bands": GRID_BANDS, "levels": LEVELS}


def rows(table: str, *given: Mapping[str, Any]) -> pa.Table:
    """Rows of `table`, typed; a column that a row leaves out is NULL."""
    return pa.Table.from_pylist([dict(row) for row in given], schema=arrow.schema(TABLES[table]))


def line(event: str, day: str, amount: str, **more: Any) -> dict[str, Any]:
    """One line of the source record s1, at ten in the morning, recorded a day later."""
    on = date.fromisoformat(day)
    at = datetime.combine(on, time(10))
    row = {
        "event_id": event,
        "line_id": "1",
        "source_record": "s1",
        "occurred_at": at,
        "occurred_on": on,
        "recorded_at": at + timedelta(days=1),
        "touchpoint": "shop",
        "product_id": "p1",
        "quantity": Decimal(1),
        "amount": Decimal(amount),
        "discount": Decimal(0),
    }
    return row | more


def wish(source_record: str, observed_on: date) -> dict[str, Any]:
    """A fact by which a customer is known who has bought nothing."""
    return {
        "source_record": source_record,
        "fact_class": "wish",
        "value": "a boat",
        "source": "survey",
        "observed_on": observed_on,
        "recorded_at": datetime.combine(observed_on, time(12)),
    }


def fill(lake: Lake, **given: pa.Table) -> None:
    """Put the given tables into the lake; every other table that a source or a brief brings is empty."""
    for table in (*LAKE, *FROZEN):
        lake.mount(table, [])
    for name, table_rows in given.items():
        lake.put(TABLES[name], table_rows)


def listed(lake: Lake, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """The named columns of `table` in the order of its key."""
    fetched = lake.fetch(TABLES[table]).select(list(columns))
    return [tuple(row[column] for column in columns) for row in fetched.to_pylist()]


# What a sum is of is told by one of these tables, and by no other.
SUMMED = {
    "timing_sums": ["weekday", "touchpoint"],
    "goods_sums": ["brand", "price"],
    "said_sums": ["consented"],
}
RULED = {"seats": "needs", "stage_places": "life", "segment_places": "needs"}


def drawn(table: Table, seed: int, count: int = 60) -> pa.Table:
    """Random rows of `table`: keys unique except in the lake's own tables, every tenth other value NULL."""
    if table.name in WRITTEN:
        return rows(table.name, *WRITTEN[table.name])
    if table.name == "excepted":  # drawn ones would be everybody, and then there is no candidate
        return rows("excepted", {"customer_id": "c3", "reason": "family"})
    chance = random.Random(f"{table.name} {seed}")
    made = [
        {name: _value(chance, table, name, kind) for name, kind in table.columns.items()}
        for _ in range(count)
    ]
    if table.name in RULED:  # a name is of one kind of scheme
        made = [{**row, "scheme": RULED[table.name]} for row in made]
    if table.name in SUMMED:
        made = [{**row, "kind": chance.choice(SUMMED[table.name])} for row in made]
    if table.name == "numbered":  # a number is of one customer
        made = [{**row, "number": int(row["customer_id"][1:])} for row in made]
    if table.name == "stays":  # a customer stands in one place of a scheme at a time
        made = list({(row["customer_id"], row["scheme"]): row for row in made}.values())
    if table not in LAKE:
        made = list({tuple(row[column] for column in table.key): row for row in made}.values())
    return rows(table.name, *made)


def _value(chance: random.Random, table: Table, name: str, kind: str) -> Any:
    if name not in table.key and chance.random() < 0.1:
        return None
    day = date(2023, 5, 1) + timedelta(days=chance.randrange(460))
    drawn_by_kind = {
        "VARCHAR": lambda: chance.choice(POOLS.get(name, [f"{name} 1", f"{name} 2"])),
        "DATE": lambda: day,
        "TIMESTAMP": lambda: datetime.combine(day, time(chance.randrange(24), chance.randrange(60))),
        "BIGINT": lambda: chance.randrange(1, 6),
        "INTEGER": lambda: chance.randrange(1, 4),
        "DOUBLE": lambda: chance.randrange(1000) / 100,
        "BOOLEAN": lambda: chance.random() < 0.7,
    }
    if kind == "DECIMAL(5,4)":
        return Decimal(chance.randrange(1, 10_001)) / 10_000
    if kind.startswith("DECIMAL"):
        return Decimal(chance.randrange(-500, 10_000)) / 100
    return drawn_by_kind[kind]()
