"""The simulated shop: the same for a seed, shaped like the real files, and its planted effect is found again."""

import hashlib
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sterna.engine import decisions, measurement
from sterna.engine.errors import BadInput
from sterna.engine.lake import arrow, open_lake
from sterna.engine.measurement import Declared
from sterna.engine.simulation import (
    Response,
    Tally,
    Truth,
    contact_details,
    history,
    population,
    write_response,
    write_shop,
)
from sterna.engine.tables import TABLES

FIRST, MIDDLE, LAST = date(2017, 1, 1), date(2017, 7, 1), date(2017, 12, 31)
END = date(2017, 6, 30)


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_the_same_seed_writes_the_same_bytes_and_another_does_not(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_shop(tmp_path / name, population(300, seed), FIRST, END)
    assert hashes(tmp_path / "a") == hashes(tmp_path / "b")
    assert hashes(tmp_path / "a")["transactions.parquet"] != hashes(tmp_path / "c")["transactions.parquet"]


def test_the_files_are_made_like_those_of_the_study(tmp_path):
    people = population(400, 3)
    truth = write_shop(tmp_path, people, FIRST, END)
    connection = duckdb.connect()
    lines, pairs, low, first, last = connection.execute(
        "select count(*), count(distinct (basket_id, product_id)), min(sales_value), min(transaction_timestamp), "
        f"max(transaction_timestamp) from '{tmp_path}/transactions.parquet'"
    ).fetchall()[0]
    assert lines == pairs == truth.lines > 10_000
    assert low > 0 and first.date() >= FIRST and last.date() <= END
    assert set(hashes(tmp_path)) == {
        *("transactions.parquet", "products.parquet", "people.parquet", "demographics.parquet", "truth.json"),
        *("campaigns.parquet", "campaign_descriptions.parquet", "coupon_redemptions.parquet"),
    }
    unknown = connection.execute(
        f"select count(*) from '{tmp_path}/transactions.parquet' "
        f"anti join '{tmp_path}/products.parquet' using (product_id)"
    ).fetchall()[0][0]
    assert unknown == 0
    assert msgspec.json.decode((tmp_path / "truth.json").read_bytes(), type=Truth) == truth


def test_the_truth_is_what_the_same_baskets_cost_more():
    people = population(200, 5)
    plain = pa.concat_tables(history(people, MIDDLE, LAST))
    tally = Tally()
    raised = pa.concat_tables(history(people, MIDDLE, LAST, Response(frozenset(range(1, 101)), 0.1), tally))
    chosen = raised.column("household_id").to_numpy() <= 100
    gained = raised.column("sales_value").to_numpy() - plain.column("sales_value").to_numpy()
    assert np.abs(gained[~chosen]).max() == 0
    assert round(float(gained[chosen].sum()) * 100) == tally.with_effect - tally.without > 0
    for column in ("household_id", "basket_id", "product_id", "quantity", "transaction_timestamp"):
        assert raised.column(column).equals(plain.column(column))


def test_whoever_is_unknown_cannot_have_been_contacted(tmp_path):
    with pytest.raises(BadInput, match="1 contacted households are unknown"):
        write_response(tmp_path, population(5, 1), FIRST, END, [6], 0.1)


def test_a_household_keeps_its_details_in_any_company():
    few, many = (contact_details(ids, 4).to_pylist() for ids in ([7, 9], range(1, 400)))
    assert few == [row for row in many if row["household_id"] in (7, 9)]
    told = {row["consent_email"] for row in many}
    assert told == {True, False, None}
    assert all(row["email"] is None or row["email"].endswith("@example.org") for row in many)


def test_a_household_is_known_since_the_day_given_for_it_and_else_since_the_first():
    day = date(2017, 8, 9)
    plain, dated = contact_details([7, 9], 4), contact_details([7, 9], 4, {9: day})
    assert plain.schema.field("since").type == pa.date32()
    assert plain.column("since").to_pylist() == [FIRST, FIRST]
    assert dated.column("since").to_pylist() == [FIRST, day]
    assert plain.drop_columns(["since"]).equals(dated.drop_columns(["since"]))


@pytest.mark.parametrize(("first", "known"), [(MIDDLE, FIRST), (date(2016, 5, 1), date(2016, 5, 1))])
def test_simulated_households_are_known_since_the_shops_first_day_whichever_half_is_written(
    tmp_path, first, known
):
    write_shop(tmp_path, population(20, 1), first, first + timedelta(days=6))
    people = pq.read_table(tmp_path / "people.parquet")
    assert set(people.column("since").to_pylist()) == {known}


def measured(folder: Path, seed: int, relative: float) -> tuple[dict, Truth]:
    """Draw arms by the hash, let the treated respond in the second half, measure as the flow does."""
    people = population(4000, seed)
    arms = {int(who): decisions.arm(f"salt {seed}", str(who), 0.2) for who in people.household}
    treated = [who for who, arm in arms.items() if arm == "treated"]
    write_shop(folder / "first", people, FIRST, END)
    truth = write_response(folder / "second", people, MIDDLE, LAST, treated, relative)
    files = [str(folder / half / "transactions.parquet") for half in ("first", "second")]
    purchases = duckdb.sql(
        "select cast(basket_id as varchar) event_id, cast(household_id as varchar) customer_id, "
        "cast(transaction_timestamp as date) occurred_on, sum(cast(sales_value as decimal(18, 2))) amount "
        f"from read_parquet({files}) group by all"
    ).to_arrow_table()
    assigned = [
        {
            "experiment": "second half",
            "customer_id": str(who),
            "arm": arm,
            "assigned_on": MIDDLE,
            "exposed_on": MIDDLE if arm == "treated" else None,
        }
        for who, arm in arms.items()
    ]
    with open_lake("duckdb", folder / "scratch") as lake:
        lake.put(TABLES["purchases"], purchases)
        lake.put(
            TABLES["assignments"], pa.Table.from_pylist(assigned, schema=arrow.schema(TABLES["assignments"]))
        )
        for name in ("customers", "happenings", "campaigns"):
            lake.put(TABLES[name], arrow.schema(TABLES[name]).empty_table())
        measurement.compare(lake, [Declared(name="second half", share=0.2)], date(2018, 1, 1))
        return lake.fetch(TABLES["comparisons"]).to_pylist()[0], truth


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_R14_R89_a_planted_effect_is_recovered_inside_its_interval_and_moved(tmp_path, seed):
    row, truth = measured(tmp_path, seed, 0.15)
    assert truth.relative_effect == pytest.approx(0.15, abs=0.001)
    assert truth.effect_per_household is not None and truth.effect_per_household > Decimal(10)
    assert row["low"] < float(truth.effect_per_household) < row["high"]
    assert row["relative_low"] < truth.relative_effect < row["relative_high"]
    assert (row["verdict"], row["design"]) == ("moved", "randomized")


@pytest.mark.parametrize("seed", [21, 22, 23])
def test_R14_R90_where_nothing_was_planted_nothing_has_moved(tmp_path, seed):
    row, truth = measured(tmp_path, seed, 0.0)
    assert (truth.effect_per_household, truth.relative_effect) == (0, 0)
    assert row["low"] < 0 < row["high"]
    assert row["verdict"] in ("not moved", "cannot tell")
