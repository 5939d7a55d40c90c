"""Every step gives the same rows on DuckDB and on Spark: money and counts equal, floats to 1e-9."""

import math
import random
from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from sterna.engine import events, identity, profiles, steps, value
from sterna.engine.lake import Lake
from sterna.engine.tables import TABLES
from tests.engine.lake.drawn_values import BEFORE, CUT, OPENING, values_for
from tests.engine.lake.small_tables import POOLS, drawn, fill, line, rows

pytestmark = pytest.mark.spark


def assert_same(one: pa.Table, other: pa.Table) -> None:
    """Equal rows in equal order; floats may differ in the ninth digit."""
    assert one.num_rows == other.num_rows
    for field in one.schema:
        left, right = one.column(field.name).to_pylist(), other.column(field.name).to_pylist()
        if pa.types.is_floating(field.type):
            assert all(map(_close, left, right)), field.name
        else:
            assert left == right, field.name


def _close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)


@pytest.mark.parametrize("name", steps.names())
def test_a_step_gives_the_same_rows_on_both_engines(name: str, duck_lake: Lake, spark_lake: Lake) -> None:
    step = steps.load(name)
    values = values_for(step)
    made = []
    for lake in (duck_lake, spark_lake):
        for table in steps.reads(step):
            lake.put(table, drawn(table, seed=7))
        steps.run(lake, name, **values)
        made.append(lake.fetch(step.makes))
    assert made[0].num_rows > 0, "a step that makes no row of these tables shows nothing"
    assert_same(*made)


def test_the_four_stages_agree_from_raw_rows_to_values(duck_lake: Lake, spark_lake: Lake) -> None:
    tables = _shop(seed=11)
    ran = []
    for lake in (duck_lake, spark_lake):
        fill(lake, **tables)
        ran.append(
            events.clean(lake, CUT)
            + identity.resolve(lake, CUT)
            + profiles.know(lake, CUT)
            + value.worth(lake, value.Terms(CUT, OPENING, BEFORE, "USD"))[0]
        )
    assert [(step.step, step.rows) for step in ran[0]] == [(step.step, step.rows) for step in ran[1]]
    for step in ran[0]:
        table = TABLES[step.table]
        assert duck_lake.fetch(table).num_rows == step.rows > 0
        assert_same(duck_lake.fetch(table), spark_lake.fetch(table))
    expected = duck_lake.fetch(TABLES["values"]).column("expected_spend")
    assert expected.null_count < len(expected), "the models were not fitted, so nothing of them was compared"


def _shop(seed: int) -> dict[str, pa.Table]:
    """Sixty customers of differing pace with copies, returns, unknown products and unmapped records."""
    chance = random.Random(seed)
    lines = [
        line(
            f"e{customer}-{number}",
            (date(2023, 6, 1) + timedelta(days=chance.randrange(420))).isoformat(),
            str(Decimal(chance.randrange(-200, 5000)) / 100),
            source_record=f"s{customer}",
            product_id=chance.choice(POOLS["product_id"]),
            line_id=line_id,
        )
        for customer in range(66)
        for number in range(chance.randrange(1 + customer % 7 * 3))
        for line_id in POOLS["line_id"]
    ]
    lines += chance.choices(lines, k=40)
    return {
        "lines": rows("lines", *lines),
        "products": drawn(TABLES["products"], seed),
        "events": drawn(TABLES["events"], seed),
        "facts": drawn(TABLES["facts"], seed),
        "credits": rows(
            "credits",
            *(
                {"newcomer": f"c{n + 1}", "customer": f"c{n}", "kind": "referral", "share": Decimal("0.5000")}
                for n in range(0, 60, 6)
            ),
        ),
        "identity_map": rows(
            "identity_map",
            *({"source_record": f"s{n}", "customer_id": f"c{n}", "unit": f"u{n // 2}"} for n in range(60)),
            *(
                {"source_record": record, "customer_id": f"c{number}", "unit": f"u{number // 2}"}
                for number, record in enumerate(POOLS["source_record"])
            ),
        ),
    }
