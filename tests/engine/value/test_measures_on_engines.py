"""From raw rows to the wallets of households on both lake engines: money, counts and reasons equal, floats to 1e-9."""

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sterna.engine.lake import Lake, open_lake
from sterna.engine.tables import TABLES
from sterna.engine.value import measures, potential
from tests.engine.lake.test_engines_agree import assert_same
from tests.engine.value.shop import CUT, DEPARTMENTS, OPENING, bought, contact, cost, stock

MADE = ("cost_counts", "category_spend", "current_values", "category_wallets", "wallets", "household_wallets")


def street(seed: int) -> dict[str, Any]:
    """Sixty customers of thirty households with returns, strange products, costs, contacts and some known wallets."""
    chance = random.Random(seed)
    names = [f"c{number:02}" for number in range(60)]
    days = [(OPENING - timedelta(days=40) + timedelta(days=step)).isoformat() for step in range(240)]

    def amount(least: int) -> Decimal:
        return Decimal(chance.randrange(least, 8_000)) / 100

    lines = {
        row["event_id"]: row
        for name in names[:55]
        for _ in range(chance.randrange(12))
        for row in [
            bought(
                name,
                chance.choice(days),
                amount(-900),
                chance.choice([*DEPARTMENTS, "not listed"]),
                discount=chance.choice([Decimal("0.00"), Decimal("0.35"), None]),
            )
        ]
    }
    facts = [
        {
            "customer_id": name,
            "source": "adviser",
            "low": Decimal(50),
            "mid": None if name == "c03" else Decimal(200),
            "high": None if name == "c03" else Decimal(900),
            "confidence": 0.7,
            "observed_on": date(2024, 5, 1) if name != "c02" else CUT,
            # Two hold balances here, of one of whom nobody knows how much.
            "own": Decimal("120.50") if name == "c04" else None,
            "in_balances": name in ("c04", "c05"),
        }
        for name in names[:6]
    ]
    return {
        "lines": lines.values(),
        "costs": [
            cost(name, chance.choice(days), chance.choice(["1.15", "0.00", None])) for name in names[::2]
        ],
        "contacts": [
            contact(name, chance.choice(days), chance.choice(["inbound", "outbound", None]))
            for name in names[::3]
        ],
        "others": names[55:],
        "households": {name: f"h{number // 2}" for number, name in enumerate(names)},
        "wallet_facts": facts,
    }


READ = (
    *("purchases", "clean_lines", "products", "happenings", "customers", "histories"),
    *("costs", "identity_map", "wallet_facts"),
)


def run(lake: Lake) -> potential.Potential:
    measures.measure(lake, OPENING, CUT, "USD")
    return potential.estimate(lake, CUT)


@pytest.mark.spark
def test_R79_both_engines_measure_the_same(tmp_path):
    with (
        open_lake("duckdb", tmp_path / "duckdb") as duck,
        open_lake("local[2]", tmp_path / "spark", memory="1GB") as spark,
    ):
        stock(duck, **street(5))
        for name in READ:
            spark.put(TABLES[name], duck.fetch(TABLES[name]))
        one, other = run(duck), run(spark)
        assert one.evidence == other.evidence and one.beside_own == other.beside_own
        for name in MADE:
            table = duck.fetch(TABLES[name])
            assert table.num_rows > 0
            assert_same(table, spark.fetch(TABLES[name]))


def test_the_same_rows_in_another_order_give_the_same_bytes(tmp_path):
    found = []
    with open_lake("duckdb", tmp_path) as lake:
        for turn in (1, -1):
            given = street(8)
            for name in ("lines", "costs", "contacts", "wallet_facts"):
                given[name] = list(given[name])[::turn]
            stock(lake, **given)
            run(lake)
            found.append([lake.fetch(TABLES[name]) for name in MADE])
    assert all(one.equals(other) for one, other in zip(*found, strict=True))
