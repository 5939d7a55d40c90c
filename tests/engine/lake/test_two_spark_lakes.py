"""Lakes on Spark that are open in one process at the same time do not see each other and do not end each other."""

import pyarrow as pa
import pytest

from sterna.engine.lake import open_lake
from sterna.engine.tables import TABLES

pytestmark = pytest.mark.spark
PRODUCTS = TABLES["products"]


def product(name: str) -> pa.Table:
    row = {"product_id": name, "department": None, "category": None, "brand": None, "recorded_at": None}
    return pa.Table.from_pylist([row])


def held(lake) -> list[str]:
    return lake.fetch(PRODUCTS).column("product_id").to_pylist()


def test_two_lakes_hold_tables_of_one_name_and_the_one_goes_on_when_the_other_is_closed(tmp_path, spark_lake):
    spark_lake.put(PRODUCTS, product("first"))
    with open_lake("local[2]", tmp_path / "scratch", "1GB") as second:
        second.put(PRODUCTS, product("second"))
        assert (held(spark_lake), held(second)) == (["first"], ["second"])
    second.close()  # closing twice is closing once
    assert held(spark_lake) == ["first"]
    with open_lake("local[2]", tmp_path / "again", "1GB") as third:
        third.put(PRODUCTS, product("third"))
        assert held(third) == ["third"]
    spark_lake.drop(PRODUCTS)
