"""Wallets of a simulated town beside the true ones: what is said is near, what peers tell is a least figure."""

from datetime import date
from typing import Any

import duckdb
import numpy as np
import pytest

from sterna.engine.lake import open_lake
from sterna.engine.simulation import town, write_town
from sterna.engine.tables import TABLES
from sterna.engine.value import potential

FIRST, LAST = date(2017, 1, 1), date(2017, 12, 31)
ID = "household_id::varchar as customer_id"
TABLES_OF = {
    "category_spend": f"select {ID}, department as category, count(*) as lines, "
    "sum(sales_value::decimal(18, 2)) as amount from transactions join products using (product_id) group by all",
    "wallet_facts": f"select {ID}, 'survey' as source, 12 * shopping_budget::decimal(18, 2) as low, low as mid, "
    "low as high, 0.8 as confidence, said_on as observed_on, false as in_balances from said "
    "where shopping_budget is not null",
    "customers": f"select {ID}, customer_id as unit, 1 as source_records, date '2016-01-01' as first_seen_on "
    "from truth_households",
}


@pytest.fixture(scope="module", params=[5, 6])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The wallets by their source, each beside the truth: columns of money, of households that buy here."""
    folder, made = tmp_path_factory.mktemp("town"), town(1500, request.param)
    write_town(folder, made, FIRST, LAST)
    with duckdb.connect() as read, open_lake("duckdb", folder / "scratch") as lake:
        for name in ("transactions", "products", "said", "truth_households"):
            read.execute(f"create view {name} as from '{folder}/{name}.parquet'")
        for name, select in TABLES_OF.items():
            there = {row[0] for row in read.execute(f"describe {select}").fetchall()}
            columns = ", ".join(
                f'cast({column if column in there else "null"} as {kind}) as "{column}"'
                for column, kind in TABLES[name].columns.items()
            )
            lake.put(TABLES[name], read.sql(f"select {columns} from ({select})").to_arrow_table())
        potential.estimate(lake, date(2018, 1, 1))
        wallets = lake.fetch(TABLES["wallets"]).to_pylist()
    true = made.wallets(FIRST, LAST)
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in wallets:
        home = int(row["customer_id"]) - 1
        row["true"], row["true share"] = true.with_anyone[home].sum() / 100, true.share()[home]
        rows.setdefault(row["source"] or "unknown", []).append(row)
    return rows


def column(rows: list[dict[str, Any]], name: str, unknown: float = np.nan) -> np.ndarray:
    return np.array([unknown if row[name] is None else float(row[name]) for row in rows])


def closely(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(np.log(one), np.log(other))[0, 1])


def test_R6_what_a_household_says_is_near_its_true_wallet_and_what_it_spends_here_is_not(told):
    rows = told["survey"]
    true = column(rows, "true")
    assert len(rows) > 350
    # Measured: 0.93 beside 0.53; people name a tenth less than they spend.
    assert closely(column(rows, "mid"), true) > 0.9
    assert closely(column(rows, "own") + 1, true) < 0.65
    assert 0.85 < np.median(column(rows, "mid") / true) < 1.0
    assert np.median(np.abs(column(rows, "share") - column(rows, "true share"))) < 0.13
    assert (column(rows, "own") <= column(rows, "mid")).all()


def test_R6_what_peers_tell_is_a_least_figure_whose_range_holds_nine_in_ten(told):
    rows = told["peers"]
    true = column(rows, "true")
    within = (column(rows, "low") <= true) & (true <= column(rows, "high", unknown=np.inf))
    assert len(rows) > 800
    # Measured: 0.91 and 0.90.
    assert within.mean() > 0.87
    assert np.median(column(rows, "mid") / true) < 0.85, (
        "categories that cannot tell count with own spend alone"
    )
    assert all("least figure" in row["reason"] for row in rows)


def test_R6_who_buys_nothing_here_has_a_wallet_and_nobody_knows_it(told):
    rows = told["unknown"]
    assert all(row["mid"] is None and row["reason"] for row in rows) and (column(rows, "true") > 0).all()
