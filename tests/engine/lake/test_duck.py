"""The lake on DuckDB: what it mounts, what it refuses, and how it saves."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sterna.engine.errors import BadInput, LakeMissing, StepFailed, Unsupported
from sterna.engine.lake import Lake, arrow, open_lake
from sterna.engine.tables import TABLES
from tests.engine.lake.small_tables import drawn, listed, rows

PRODUCTS = TABLES["products"]
PURCHASES = TABLES["purchases"]


def _segment(folder: Path, name: str, **columns: list[object]) -> str:
    pq.write_table(pa.table(columns), folder / name)
    return str(folder / name)


def test_a_column_that_a_segment_lacks_reads_as_null(duck_lake: Lake, tmp_path: Path) -> None:
    old = _segment(tmp_path, "old.parquet", product_id=["a"], department=["MEAT"])
    new = _segment(tmp_path, "new.parquet", product_id=["b"], department=["DELI"], brand=["National"])
    duck_lake.mount(PRODUCTS, [old])
    assert listed(duck_lake, "products", "product_id", "department", "brand") == [("a", "MEAT", None)]
    duck_lake.mount(PRODUCTS, [old, new])
    assert listed(duck_lake, "products", "product_id", "brand") == [("a", None), ("b", "National")]


def test_a_column_that_the_contract_does_not_know_is_not_read(duck_lake: Lake, tmp_path: Path) -> None:
    duck_lake.mount(PRODUCTS, [_segment(tmp_path, "p.parquet", product_id=["a"], shelf=["9"])])
    assert duck_lake.fetch(PRODUCTS).column_names == list(PRODUCTS.columns)


def test_money_that_a_segment_holds_as_a_float_is_exact_from_the_mount_on(
    duck_lake: Lake, tmp_path: Path
) -> None:
    # As floats the three sum to 0.30000000000000004; as money to 0.30.
    file = _segment(tmp_path, "p.parquet", event_id=["a", "b", "c"], amount=[0.1, 0.1, 0.1])
    duck_lake.mount(PURCHASES, [file])
    summed = "select event_id, sum(amount) over () as amount from purchases"
    made = TABLES["clean_lines"]
    columns = [f"{name if name in ('event_id', 'amount') else 'null'} as {name}" for name in made.columns]
    duck_lake.make(made, f"select {', '.join(columns)} from ({summed})", {})
    assert {amount for (amount,) in listed(duck_lake, "clean_lines", "amount")} == {Decimal("0.30")}


def test_no_files_give_an_empty_table_with_its_columns(duck_lake: Lake) -> None:
    duck_lake.mount(PRODUCTS, [])
    assert duck_lake.fetch(PRODUCTS).schema == arrow.schema(PRODUCTS)
    assert duck_lake.fetch(PRODUCTS).num_rows == 0


def test_a_missing_segment_is_named(duck_lake: Lake, tmp_path: Path) -> None:
    there = _segment(tmp_path, "there.parquet", product_id=["a"])
    with pytest.raises(LakeMissing, match=r"products: 1 segment.*gone\.parquet"):
        duck_lake.mount(PRODUCTS, [there, str(tmp_path / "gone.parquet")])


@pytest.mark.spark
def test_a_missing_segment_is_named_on_spark_too(spark_lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(LakeMissing, match=r"products: 1 segment.*gone\.parquet"):
        spark_lake.mount(PRODUCTS, [str(tmp_path / "gone.parquet")])


@pytest.mark.spark
def test_segments_of_two_ages_read_alike_on_spark(spark_lake: Lake, duck_lake: Lake, tmp_path: Path) -> None:
    files = [
        _segment(tmp_path, "old.parquet", product_id=["a"], department=["MEAT"]),
        _segment(tmp_path, "new.parquet", product_id=["b"], department=["DELI"], brand=["National"]),
    ]
    fetched = []
    for lake in (duck_lake, spark_lake):
        lake.mount(PRODUCTS, files)
        fetched.append(lake.fetch(PRODUCTS))
    assert fetched[0].equals(fetched[1])


@pytest.mark.spark
def test_rows_without_a_key_come_last_on_both_engines(spark_lake: Lake, duck_lake: Lake) -> None:
    given = rows("products", {"product_id": None, "brand": "none"}, {"product_id": "a"})
    for lake in (duck_lake, spark_lake):
        lake.put(PRODUCTS, given)
        assert listed(lake, "products", "product_id") == [("a",), (None,)]


def test_a_column_outside_the_contract_is_refused_by_name(duck_lake: Lake) -> None:
    with pytest.raises(BadInput, match="products has no column shelf"):
        duck_lake.put(PRODUCTS, pa.table({"product_id": ["a"], "shelf": ["9"]}))


def test_saving_twice_gives_the_same_bytes_whatever_the_order_of_the_rows(
    duck_lake: Lake, tmp_path: Path
) -> None:
    given = drawn(PURCHASES, seed=1, count=500)
    saved = []
    for number, shuffled in enumerate((given, given, given.take(list(reversed(range(given.num_rows)))))):
        duck_lake.put(PURCHASES, shuffled)
        duck_lake.save(PURCHASES, tmp_path / str(number) / "purchases.parquet")
        saved.append((tmp_path / str(number) / "purchases.parquet").read_bytes())
    assert saved[0] == saved[1] == saved[2]


def test_what_was_saved_mounts_as_it_was(duck_lake: Lake, tmp_path: Path) -> None:
    duck_lake.put(PURCHASES, drawn(PURCHASES, seed=2))
    before = duck_lake.fetch(PURCHASES)
    duck_lake.save(PURCHASES, tmp_path / "purchases.parquet")
    duck_lake.mount(PURCHASES, [str(tmp_path / "purchases.parquet")])
    assert duck_lake.fetch(PURCHASES).equals(before)


def test_a_save_that_breaks_off_leaves_the_old_file_whole(
    duck_lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "purchases.parquet"
    duck_lake.put(PURCHASES, drawn(PURCHASES, seed=3))
    duck_lake.save(PURCHASES, target)
    old = target.read_bytes()

    def full(_self: Path, _target: Path) -> Path:
        raise OSError("no space left on device")

    duck_lake.put(PURCHASES, drawn(PURCHASES, seed=4))
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space"):
        duck_lake.save(PURCHASES, target)
    monkeypatch.undo()
    assert target.read_bytes() == old
    duck_lake.save(PURCHASES, target)
    assert target.read_bytes() != old
    assert [path.name for path in tmp_path.iterdir()] == ["purchases.parquet"]


def test_a_file_name_with_a_quote_is_only_a_name(duck_lake: Lake, tmp_path: Path) -> None:
    duck_lake.put(PRODUCTS, rows("products", {"product_id": "a"}))
    duck_lake.save(PRODUCTS, tmp_path / "it's.parquet")
    duck_lake.mount(PRODUCTS, [str(tmp_path / "it's.parquet")])
    assert listed(duck_lake, "products", "product_id") == [("a",)]


def test_fetch_orders_rows_by_the_key(duck_lake: Lake) -> None:
    # By bytes, as every engine compares text: capitals before small letters, ü after both.
    ids = ["ü", "b", "B", "a"]
    duck_lake.put(PRODUCTS, rows("products", *({"product_id": product} for product in ids)))
    assert listed(duck_lake, "products", "product_id") == [("B",), ("a",), ("b",), ("ü",)]


def test_a_failed_select_carries_its_sql_and_its_engine(duck_lake: Lake) -> None:
    with pytest.raises(StepFailed) as failed:
        duck_lake.make(PRODUCTS, "select nothing from nowhere", {})
    assert (failed.value.engine, failed.value.sql) == ("duckdb", "select nothing from nowhere")


def test_a_dropped_table_can_be_dropped_again_and_made_anew(duck_lake: Lake) -> None:
    duck_lake.mount(PRODUCTS, [])
    duck_lake.drop(PRODUCTS)
    duck_lake.drop(PRODUCTS)
    duck_lake.put(PRODUCTS, rows("products", {"product_id": "a"}))
    assert duck_lake.fetch(PRODUCTS).num_rows == 1


def test_a_lake_closes_twice_without_complaint(tmp_path: Path) -> None:
    lake = open_lake("duckdb", tmp_path)
    lake.close()
    lake.close()


def test_an_engine_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="use duckdb"):
        open_lake("abacus", tmp_path)


def test_days_and_instants_keep_their_types(duck_lake: Lake) -> None:
    duck_lake.put(PURCHASES, rows("purchases", {"event_id": "a", "occurred_on": date(2024, 2, 29)}))
    assert listed(duck_lake, "purchases", "occurred_on") == [(date(2024, 2, 29),)]
