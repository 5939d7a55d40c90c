"""The retail example against its known totals."""

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from sterna.desk.customers.models import Customer, Fact, SourceRecord
from sterna.desk.lakehouse import queries as lake
from sterna.desk.sources import mapping, queries
from sterna.desk.sources.actions import import_files
from sterna.desk.sources.models import Import

MAPPING = Path(__file__).parents[3] / "examples" / "retail" / "mapping.yaml"


@pytest.mark.slow
@pytest.mark.django_db
def test_the_retail_year_reconciles_to_the_cent():
    import_files(mapping.load(MAPPING), queries.example_folder())
    by_name = {found.name: found for found in Import.objects.all()}
    sales = by_name["transactions"]
    assert (sales.rows_accepted, sales.rows_refused, sales.rows_unmatched) == (1_469_307, 0, 4_836)
    assert sales.amount == Decimal("4596039.58")
    assert by_name["redemptions"].rows_accepted == 2_102
    assert by_name["demographics"].rows_accepted == 801
    assert by_name["products"].rows_accepted == 92_331
    assert by_name["campaigns"].rows_accepted == 27
    assert (by_name["campaign contacts"].rows_accepted, by_name["campaign contacts"].rows_unmatched) == (
        6_589,
        0,
    )
    assert (Customer.objects.count(), SourceRecord.objects.count()) == (2_469, 2_469)
    # 801 households, seven classes, less 233 unknown home ownerships and 137 unknown marital statuses.
    assert Fact.objects.count() == 801 * 7 - 233 - 137
    files = {table: [path for path, _ in listed] for table, listed in lake.manifest().items()}
    lines = f"read_parquet({files['lines']})"
    found = duckdb.sql(
        f"select count(distinct event_id), count(distinct product_id), sum(amount), count(*) filter (amount = 0), "
        f"count(*) filter (quantity = 0), min(occurred_on)::text, max(occurred_on)::text, sum(discount) from {lines}"
    ).fetchall()
    assert found == [
        # 11,226 zeros and 20 leftovers of float arithmetic below a hundredth of a millionth of a cent.
        (
            155_848,
            68_509,
            Decimal("4596039.58"),
            11_246,
            8_869,
            "2017-01-01",
            "2017-12-31",
            Decimal("822553.19"),
        )
    ]
    kinds = duckdb.sql(
        f"select kind, count(*), min(occurred_on)::text from read_parquet({files['events']}) group by 1 order by 1"
    ).fetchall()
    assert kinds == [("campaign contact", 6_589, "2016-11-14"), ("redemption", 2_102, "2017-01-01")]
    again = import_files(mapping.load(MAPPING), queries.example_folder())
    assert all(done.already for done in again)
