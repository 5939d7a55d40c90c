"""A simulated year in which some households hide high potential, brought through the rooms up to the candidates."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from sterna.engine import events, identity, profiles, segments, value
from sterna.engine.lake import Lake, arrow, open_lake
from sterna.engine.segments import Band, cut_bands
from sterna.engine.simulation import Planted, history, plant_movers, population, products
from sterna.engine.tables import FROZEN, LAKE, TABLES
from tests.engine.segments.placing import lay_out, placing

BEFORE, OPENING, CUT = date(2017, 1, 1), date(2017, 7, 1), date(2018, 1, 1)
TIERS = ("bronze", "silver", "gold")


def household(customer: str) -> int:
    """The number of the household that a customer is."""
    return int(customer.removeprefix("c"))


def planted(seed: int, customers: int = 1_200, share: float = 0.1) -> Planted:
    """Households of which a tenth hides high potential, and a twentieth did until it left in the last window."""
    return plant_movers(population(customers, seed), share, (220, 330), seed)


def candidates(folder: Path, shop: Planted, excepted: tuple[int, ...] = ()) -> list[dict]:
    """The candidates of the goals from each tier to the next, in their order."""
    with open_lake("duckdb", folder) as lake:
        for table in (*LAKE, *FROZEN):
            lake.mount(table, [])
        _stock(lake, shop, excepted)
        events.clean(lake, CUT)
        identity.resolve(lake, CUT)
        profiles.know(lake, CUT)
        value.worth(lake, value.Terms(CUT, OPENING, BEFORE, "USD"))
        lay_out(lake, [placing(_bands(lake), OPENING)])
        goals = [{"goal": f"to {up}", "from_place": low, "to_place": up} for low, up in pairwise(TIERS)]
        _put(lake, "goals", [*goals, {"goal": "keep gold", "from_place": "gold", "to_place": "gold"}])
        segments.place(lake, CUT, "tiers", "USD", OPENING)
        found = lake.fetch(TABLES["candidates"]).to_pylist()
    return sorted(found, key=lambda row: (row["goal"], row["position"]))


def _put(lake: Lake, table: str, rows: list[dict]) -> None:
    lake.put(TABLES[table], pa.Table.from_pylist(rows, schema=arrow.schema(TABLES[table])))


def _stock(lake: Lake, shop: Planted, excepted: tuple[int, ...]) -> None:
    """The shop's lines, catalog and households in the tables of the contract."""
    bought = pa.concat_tables(history(shop.people, BEFORE, date(2017, 12, 31)))
    lake.put(TABLES["lines"], _lines(bought))
    _put(
        lake,
        "products",
        [
            {"product_id": str(row["product_id"]), "department": row["department"]}
            for row in products().to_pylist()
        ],
    )
    names = [f"c{number:05}" for number in shop.people.household.tolist()]
    _put(lake, "identity_map", [{"source_record": n, "customer_id": n, "unit": n} for n in names])
    _put(
        lake, "excepted", [{"customer_id": f"c{number:05}", "reason": "family: kept"} for number in excepted]
    )


def _lines(bought: pa.Table) -> pa.Table:
    schema = arrow.schema(TABLES["lines"])
    stamp = bought["transaction_timestamp"]
    text = pc.cast(bought["household_id"], pa.string())
    made = {
        "event_id": pc.cast(bought["basket_id"], pa.string()),
        "line_id": pc.cast(bought["product_id"], pa.string()),
        "source_record": pc.binary_join_element_wise(
            "c", pc.utf8_lpad(text, 5, "0"), "", null_handling="skip"
        ),
        "occurred_at": stamp,
        "occurred_on": pc.cast(stamp, pa.date32()),
        "recorded_at": stamp,
        "product_id": pc.cast(bought["product_id"], pa.string()),
        "quantity": pc.cast(bought["quantity"], pa.decimal128(19, 0)).cast(pa.decimal128(18, 3), safe=False),
        "amount": pc.round(bought["sales_value"], 2).cast(pa.decimal128(18, 2)),
        "discount": pc.round(bought["retail_disc"], 2).cast(pa.decimal128(18, 2)),
    }
    whole = [made.get(field.name, pa.nulls(bought.num_rows, field.type)) for field in schema]
    return pa.table(
        [pc.cast(column, field.type) for column, field in zip(whole, schema, strict=True)], schema=schema
    )


def _bands(lake: Lake) -> tuple[Band, ...]:
    """Tiers that hold two fifths, two fifths and one fifth of who bought in the window before."""
    spent = lake.fetch(TABLES["values"])["spend_before"].to_pylist()
    return cut_bands([amount or Decimal(0) for amount in spent], (0.4, 0.4, 0.2), TIERS, "USD")
