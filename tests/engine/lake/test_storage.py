"""What can go wrong between a lake and its files: odd names, files that are none, writing that breaks off."""

import errno
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sterna.engine.errors import BadInput, LakeFailed, LakeMissing
from sterna.engine.lake import Lake, arrow, files
from sterna.engine.tables import TABLES
from tests.engine.lake.small_tables import listed, rows

PRODUCTS, PURCHASES = TABLES["products"], TABLES["purchases"]
ODD = [
    "a*.parquet",
    "a?.parquet",
    "a[1].parquet",
    "]a[.parquet",
    "**/a.parquet",
    "[d]/a.parquet",
    "a{1,2}.parquet",
    "a b%20.parquet",
    "kind=1/a.parquet",
    "a;b--.parquet",
    'a"b.parquet',
    "ü😀.parquet",
]


def _segment(path: Path, product: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"product_id": [product]}), path)
    return str(path)


def _wanted(folder: Path, name: str) -> str:
    """A segment of an odd name, among others that the name taken as a pattern would reach."""
    for other in ("a1.parquet", "aX.parquet", "d/a.parquet", "z/a.parquet"):
        _segment(folder / other, f"of {other}")
    return _segment(folder / name, "wanted")


@pytest.mark.parametrize("name", ODD)
def test_a_name_that_looks_like_a_pattern_reads_that_one_file(
    duck_lake: Lake, tmp_path: Path, name: str
) -> None:
    duck_lake.mount(PRODUCTS, [_wanted(tmp_path, name)])
    assert listed(duck_lake, "products", "product_id") == [("wanted",)]


@pytest.mark.spark
@pytest.mark.parametrize("name", ["a*.parquet", "a[1].parquet", "a{1,2}.parquet", "[d]/a.parquet"])
def test_a_name_that_looks_like_a_pattern_reads_that_one_file_on_spark(
    spark_lake: Lake, tmp_path: Path, name: str
) -> None:
    spark_lake.mount(PRODUCTS, [_wanted(tmp_path, name)])
    assert listed(spark_lake, "products", "product_id") == [("wanted",)]


@pytest.mark.parametrize("name", ODD)
def test_a_table_is_saved_under_the_name_that_was_given_and_no_other(
    duck_lake: Lake, tmp_path: Path, name: str
) -> None:
    duck_lake.put(PRODUCTS, rows("products", {"product_id": "a"}))
    duck_lake.save(PRODUCTS, tmp_path / name)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / name]


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    whole = Path(_segment(tmp_path / "whole.parquet", "a")).read_bytes()
    (tmp_path / "torn.parquet").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.parquet").write_bytes(b"")
    (tmp_path / "letter.parquet").write_text("Dear Sir or Madam, this is a letter.")
    (tmp_path / "folder.parquet").mkdir()
    return tmp_path


@pytest.mark.parametrize("name", ["torn", "empty", "letter", "folder"])
def test_a_file_that_is_no_parquet_file_is_refused_by_its_table_and_name(
    duck_lake: Lake, broken: Path, name: str
) -> None:
    with pytest.raises(LakeFailed, match=rf"^table products cannot be read: .*{name}\.parquet") as refused:
        duck_lake.mount(PRODUCTS, [str(broken / "whole.parquet"), str(broken / f"{name}.parquet")])
    assert "\n" not in str(refused.value)
    duck_lake.mount(PRODUCTS, [str(broken / "whole.parquet")])
    assert listed(duck_lake, "products", "product_id") == [("a",)]


@pytest.mark.spark
def test_a_file_that_is_no_parquet_file_is_refused_on_spark_too(spark_lake: Lake, broken: Path) -> None:
    with pytest.raises(LakeFailed, match=r"^table products cannot be read: .*torn\.parquet") as refused:
        spark_lake.mount(PRODUCTS, [str(broken / "torn.parquet")])
    assert "\n" not in str(refused.value)


def test_a_segment_that_is_taken_away_after_the_mount_is_told_when_it_is_read(
    duck_lake: Lake, tmp_path: Path
) -> None:
    file = Path(_segment(tmp_path / "a.parquet", "a"))
    duck_lake.mount(PRODUCTS, [str(file)])
    file.unlink()
    with pytest.raises(LakeFailed, match=r"products cannot be read: .*a\.parquet"):
        duck_lake.fetch(PRODUCTS)
    with pytest.raises(LakeFailed, match=r"products cannot be saved: .*a\.parquet"):
        duck_lake.save(PRODUCTS, tmp_path / "copy.parquet")
    assert list(tmp_path.iterdir()) == []


def test_text_where_an_amount_belongs_is_refused_when_it_is_read(duck_lake: Lake, tmp_path: Path) -> None:
    pq.write_table(pa.table({"event_id": ["a"], "amount": ["a lot"]}), tmp_path / "p.parquet")
    duck_lake.mount(PURCHASES, [str(tmp_path / "p.parquet")])
    with pytest.raises(LakeFailed, match=r"purchases cannot be read: .*a lot.*DECIMAL\(18,2\)"):
        duck_lake.fetch(PURCHASES)


@pytest.mark.parametrize("engine", ["duck_lake", pytest.param("spark_lake", marks=pytest.mark.spark)])
def test_a_table_that_nobody_made_is_refused_by_name(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    lake: Lake = request.getfixturevalue(engine)
    lake.drop(TABLES["routes"])
    with pytest.raises(LakeFailed, match=r"^table routes cannot be read: "):
        lake.fetch(TABLES["routes"])


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("amount", ["a lot"], "amount"),
        ("amount", [Decimal("0.005")], "amount"),
        ("amount", [Decimal("10000000000000000.00")], "amount"),
        ("lines", [2.5], "lines"),
        ("occurred_on", ["yesterday"], "occurred_on"),
        ("occurred_on", [[1]], "occurred_on"),
    ],
)
def test_rows_that_a_table_cannot_hold_exactly_are_refused_and_the_old_ones_stay(
    duck_lake: Lake, column: str, values: list[object], said: str
) -> None:
    duck_lake.put(PURCHASES, rows("purchases", {"event_id": "old"}))
    with pytest.raises(BadInput, match=f"^table purchases, column {said}: "):
        duck_lake.put(PURCHASES, pa.table({"event_id": ["new"], column: values}))
    assert listed(duck_lake, "purchases", "event_id") == [("old",)]


def test_a_missing_segment_takes_nothing_away(duck_lake: Lake, tmp_path: Path) -> None:
    duck_lake.put(PRODUCTS, rows("products", {"product_id": "old"}))
    with pytest.raises(LakeMissing):
        duck_lake.mount(PRODUCTS, [str(tmp_path / "gone.parquet")])
    assert listed(duck_lake, "products", "product_id") == [("old",)]


def test_a_dropped_table_leaves_its_file(duck_lake: Lake, tmp_path: Path) -> None:
    file = _segment(tmp_path / "a.parquet", "a")
    duck_lake.mount(PRODUCTS, [file])
    duck_lake.drop(PRODUCTS)
    assert Path(file).exists()


def _full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "no space left on device")


def _batches() -> Iterator[pa.Table]:
    yield pa.table({"product_id": ["new"]})
    _full()


@pytest.mark.parametrize("how", ["table", "text", "batches", "fsync"])
def test_a_write_that_breaks_off_leaves_the_old_file_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    target = tmp_path / "a.parquet"
    files.write_text(target, "old")
    new = pa.table({"product_id": ["new"]})
    monkeypatch.setattr(
        Path if how == "text" else arrow.os, "write_text" if how == "text" else "fsync", _full
    )
    with pytest.raises(OSError, match="no space"):
        if how == "batches":
            files.write_batches(target, new.schema, _batches())
        elif how == "text":
            files.write_text(target, "new")
        else:
            arrow.write(new, target)
    monkeypatch.undo()
    assert files.read_text(target) == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_save_that_duckdb_cannot_finish_leaves_the_old_file_and_no_litter(
    duck_lake: Lake, tmp_path: Path
) -> None:
    """The second of two rows cannot be cast: DuckDB fails in the middle of its COPY."""
    target = tmp_path / "out" / "purchases.parquet"
    duck_lake.put(PURCHASES, rows("purchases", {"event_id": "old"}))
    duck_lake.save(PURCHASES, target)
    pq.write_table(pa.table({"event_id": ["a", "b"], "amount": ["1.00", "much"]}), tmp_path / "p.parquet")
    duck_lake.mount(PURCHASES, [str(tmp_path / "p.parquet")])
    with pytest.raises(LakeFailed, match="purchases cannot be saved"):
        duck_lake.save(PURCHASES, target)
    assert pq.read_table(target).column("event_id").to_pylist() == ["old"]
    assert list(target.parent.iterdir()) == [target]


def test_an_object_store_is_not_hashed_before_it_is_read() -> None:
    files.check("s3://bucket/lake/lines/1.parquet", "0" * 64)
