"""Files beside the tables: whole or absent, and recognized by their hash."""

import hashlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sterna.engine.errors import LakeMissing
from sterna.engine.lake import files

SCHEMA = pa.schema({"n": pa.int64()})


def batches(*sizes: int):
    return (pa.table({"n": list(range(size))}, schema=SCHEMA) for size in sizes)


def test_a_hash_is_that_of_the_bytes(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    assert files.sha256(path) == hashlib.sha256(b"abc").hexdigest()
    files.check(path, hashlib.sha256(b"abc").hexdigest())


def test_a_changed_or_missing_file_is_named(tmp_path):
    path = tmp_path / "x"
    with pytest.raises(LakeMissing, match="x is missing"):
        files.sha256(path)
    with pytest.raises(LakeMissing, match="x is missing"):
        files.read_text(path)
    path.write_bytes(b"abc")
    with pytest.raises(LakeMissing, match="not the file it was"):
        files.check(str(path), "0" * 64)


def test_text_is_written_whole_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "new" / "x.json"
    files.write_text(path, "first, and longer")
    files.write_text(path, "grüße")
    assert files.read_text(path) == "grüße"
    assert [each.name for each in path.parent.iterdir()] == ["x.json"]


def test_batches_become_one_file_in_their_order(tmp_path):
    path = tmp_path / "x.parquet"
    assert files.write_batches(path, SCHEMA, batches(3, 0, 2)) == 5
    assert pq.read_table(path).column("n").to_pylist() == [0, 1, 2, 0, 1]


def test_a_writer_that_dies_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.parquet"
    files.write_batches(path, SCHEMA, batches(3))

    def dies():
        yield from batches(1)
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        files.write_batches(path, SCHEMA, dies())
    assert pq.read_table(path).num_rows == 3
