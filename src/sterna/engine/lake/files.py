"""Whole files beside the lake's tables: their hashes, and texts written so that a reader sees all or nothing."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sterna.engine.errors import LakeMissing
from sterna.engine.lake.arrow import replacing


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex. Raises LakeMissing when it is not there."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise LakeMissing(f"{path} is missing") from None


def file_literal(file: str | Path) -> str:
    """A file's name quoted for SQL as DuckDB's readers take it: one file, where a bare *, ? or [ names others too."""
    name = str(file)
    one = name if "://" in name else re.sub(r"[*?\[]", r"[\g<0>]", name)
    return "'" + one.replace("'", "''") + "'"


def check(path: str | Path, sha: str) -> None:
    """Raises LakeMissing unless the file at `path` is there with the hash `sha`; object stores are not read."""
    if "://" in str(path):
        return
    found = sha256(Path(path))
    if found != sha:
        raise LakeMissing(f"{path} is not the file it was: SHA-256 {found[:12]}…, {sha[:12]}… was recorded")


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path`: temporary file, fsync, rename."""
    with replacing(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


def read_text(path: Path) -> str:
    """The text of a file. Raises LakeMissing when it is not there."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise LakeMissing(f"{path} is missing") from None


def keep_only(folder: Path, wanted: Iterable[Path]) -> set[Path]:
    """Delete every file of `folder`, which is made where it is not there, but the `wanted`; returns those it has."""
    folder.mkdir(parents=True, exist_ok=True)
    there = set(folder.iterdir())
    kept = there & set(wanted)
    for left in there - kept:
        left.unlink()
    return kept


def write_batches(path: Path, schema: pa.Schema, batches: Iterable[pa.Table]) -> int:
    """Write `batches` one after the other as one Parquet file, never holding more than one; returns the rows."""
    rows = 0
    with replacing(path) as unfinished, pq.ParquetWriter(unfinished, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_table(batch)
            rows += batch.num_rows
    return rows
