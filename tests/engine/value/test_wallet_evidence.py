"""Whether own categories tell anything: decided from the data, on simulations of both kinds with known wallets."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import spearmanr

from sterna.engine import steps
from sterna.engine.lake import Lake, open_lake
from sterna.engine.tables import TABLES
from sterna.engine.value import potential
from sterna.engine.value.evidence import LEAST_ABSENT, NOT_IDENTIFIABLE, TOO_FEW, weigh
from tests.engine.lake.small_tables import fill, rows
from tests.engine.value.leaks import Leaked, leaked

CUT = date(2024, 7, 1)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with open_lake("duckdb", tmp_path_factory.mktemp("evidence")) as opened:
        yield opened


def estimated(lake: Lake, shop: Leaked) -> tuple[potential.Potential, list[dict[str, Any]]]:
    fill(lake, category_spend=shop.rows)
    names = sorted(shop.wallets)
    lake.put(TABLES["customers"], rows("customers", *({"customer_id": name, "unit": name} for name in names)))
    found = potential.estimate(lake, CUT)
    return found, lake.fetch(TABLES["wallets"]).to_pylist()


def ranking(values: dict[str, float], truth: dict[str, float]) -> float:
    names = sorted(values)
    return float(spearmanr([values[name] for name in names], [truth[name] for name in names]).statistic)


@pytest.mark.parametrize("seed", [1, 2])
def test_R6_trips_that_leak_at_random_are_not_identifiable(lake, seed):
    shop = leaked("trips", seed=seed)
    found, wallets = estimated(lake, shop)
    assert found.evidence.verdict == NOT_IDENTIFIABLE
    assert found.evidence.telling == ()
    assert {row["mid"] for row in wallets} == {None}
    assert NOT_IDENTIFIABLE in {row["reason"] for row in wallets}
    assert (found.beside_own.customers, found.beside_own.correlation) == (0, None)


@pytest.mark.parametrize("seed", [1, 2])
def test_R6_whole_categories_that_leak_are_found_and_rank_better_than_own_spend(lake, seed):
    shop = leaked("categories", seed=seed)
    found, wallets = estimated(lake, shop)
    assert found.evidence.verdict is None
    assert len(found.evidence.telling) >= 5
    # 30 % of each category were sent elsewhere; some have no need of one and are absent as well.
    absent = [one.absent for one in found.evidence.categories if one.tells]
    assert 0.15 <= np.mean(absent) <= 0.4
    known = [row for row in wallets if row["mid"] is not None]
    by_wallet = ranking({row["customer_id"]: float(row["mid"]) for row in known}, shop.wallets)
    by_own = ranking({row["customer_id"]: float(row["own"]) for row in known}, shop.wallets)
    assert by_wallet > by_own
    assert found.beside_own.customers == len(known)
    assert 0.5 < found.beside_own.correlation < 1 and 0 < found.beside_own.same_top < 1


def test_R6_where_trips_leak_the_refused_estimate_would_rank_no_better_than_own_spend(lake):
    """What the verdict keeps from the user: the quantiles without it, against wallets that are known here."""
    shop = leaked("trips", seed=1)
    estimated(lake, shop)
    every = "".join(f"\x1fg{number}\x1f" for number in range(8))
    steps.run(lake, "value/wallets", cut=CUT, telling=every, untold="", partly=None)
    known = [row for row in lake.fetch(TABLES["wallets"]).to_pylist() if row["mid"] is not None]
    by_wallet = ranking({row["customer_id"]: float(row["mid"]) for row in known}, shop.wallets)
    by_own = ranking({row["customer_id"]: float(row["own"]) for row in known}, shop.wallets)
    assert by_own >= by_wallet


def counted(*columns: list[int], names: str = "abcdefgh") -> pa.Table:
    """Rows of `category_spend` from the lines of each category, one figure for each customer."""
    found = [
        (f"c{customer}", names[place], count)
        for place, column in enumerate(columns)
        for customer, count in enumerate(column)
        if count
    ]
    customers, categories, lines = zip(*found, strict=True) if found else ((), (), ())
    return pa.table(
        {
            "customer_id": pa.array(customers, pa.string()),
            "category": pa.array(categories, pa.string()),
            "lines": pa.array(lines, pa.int64()),
        }
    )


def test_a_planted_absence_is_measured():
    """Poisson counts of mean 8 beside others of mean 40, a quarter of the customers sent elsewhere."""
    chance = np.random.default_rng(4)
    own = np.where(np.arange(800) % 4 == 0, 0, chance.poisson(8, 800))
    [told, _] = weigh(counted(own.tolist(), (1 + chance.poisson(40, 800)).tolist())).categories
    assert told.tells and told.absent == pytest.approx(0.25, abs=0.01)


def test_an_absence_of_few_is_seen_and_held_to_be_too_little():
    chance = np.random.default_rng(4)
    own = np.where(np.arange(2_000) % 20 == 0, 0, 1 + chance.poisson(8, 2_000))
    [told, _] = weigh(counted(own.tolist(), (1 + chance.poisson(40, 2_000)).tolist())).categories
    assert told.absent == pytest.approx(0.05, abs=0.01) and told.gain > 100
    assert told.reason == f"fewer than {LEAST_ABSENT:.0%} of the customers are absent"


def test_what_cannot_be_tested_says_why():
    few = weigh(counted([1, 2, 0], [3, 4, 5]))
    assert {one.reason for one in few.categories} == {"fewer than 100 customers"}
    assert few.verdict == TOO_FEW
    everybody = weigh(counted([3] * 140, [0] * 20 + [4] * 120))
    assert everybody.categories[0].reason == "everybody buys of it, or nobody does"
    assert weigh(counted()).categories == ()
    alone = weigh(counted([5] * 150))
    assert (alone.categories[0].customers, alone.categories[0].tells) == (0, False)


def test_unknown_products_are_no_category():
    table = counted([1] * 120, [0] * 60 + [4] * 60, names=["unknown", "MEAT"])
    assert [one.category for one in weigh(table).categories] == ["MEAT"]


def test_the_order_of_rows_and_the_names_of_customers_change_no_verdict():
    shop = leaked("categories", customers=400, seed=5).rows
    mixed = shop.take(np.random.default_rng(1).permutation(shop.num_rows))
    assert weigh(mixed) == weigh(shop)


def test_beside_own_is_silent_where_there_is_nothing_to_rank():
    table = TABLES["wallets"]
    assert potential.beside_own(rows(table.name)).correlation is None
    same = [{"customer_id": name, "own": Decimal(5), "mid": Decimal(9)} for name in "abc"]
    assert potential.beside_own(rows(table.name, *same)) == potential.BesideOwn(3, None, None)


def test_beside_own_by_hand():
    """Own 1..5, wallets of the same order but the last two: rho = 1 - 6 * 2 / (5 * 24) = .9; the top one differs."""
    own, mid = [1, 2, 3, 4, 5], [10, 20, 30, 50, 40]
    given = [
        {"customer_id": f"c{place}", "own": Decimal(one), "mid": Decimal(other)}
        for place, (one, other) in enumerate(zip(own, mid, strict=True))
    ]
    found = potential.beside_own(rows("wallets", *given))
    assert (found.customers, found.correlation, found.same_top) == (5, pytest.approx(0.9), 0.0)
