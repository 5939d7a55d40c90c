"""A file whose name holds what a pattern is made of is read as that one file, by every reader of the lake."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.engine.lake.duck import DuckLake
from sterna.engine.lake.files import file_literal
from sterna.engine.tables import TABLES

ODD = ["a[x]b", "a*b", "a?b", "[", "]", "[!a]", "it's", "**", "a[[]b", "{a,b}", 'say "so"', "ü ß"]


def write(path: Path, value: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"product_id": [value]}), path)
    return path


@pytest.mark.parametrize("name", ODD)
def test_the_name_means_the_one_file_that_has_it(tmp_path: Path, name: str):
    path = write(tmp_path / f"{name}.parquet", "mine")
    # What a pattern of that name would have found instead, or as well.
    for other in ("axb", "ab", "a-b", "x", "a", "{a", "aab"):
        if other != name:
            write(tmp_path / f"{other}.parquet", "another's")
    assert duckdb.sql(f"select product_id from read_parquet({file_literal(path)})").fetchall() == [("mine",)]


@given(st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=30))
def test_a_name_stays_inside_its_quotes(name: str):
    literal = file_literal(name)
    assert literal[0] == literal[-1] == "'" and "'" not in literal[1:-1].replace("''", "")
    [(read,)] = duckdb.sql(f"select {literal}").fetchall()
    assert read.replace("[*]", "*").replace("[?]", "?").replace("[[]", "[") == name


def test_the_address_of_an_object_store_stays_as_it_is():
    assert file_literal("s3://bucket/a[1]*.parquet") == "'s3://bucket/a[1]*.parquet'"


def test_the_lake_mounts_only_what_it_is_given(tmp_path: Path):
    home = tmp_path / "home [x]*"
    paths = [str(write(home / f"{name}.parquet", name)) for name in ("a", "b")]
    with DuckLake(home / "scratch") as lake:
        lake.mount(TABLES["products"], paths[:1])
        assert lake.fetch(TABLES["products"]).column("product_id").to_pylist() == ["a"]
