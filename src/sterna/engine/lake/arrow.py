"""Arrow schemas of the contract's tables, and the careful writing of one Parquet file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sterna.engine.errors import BadInput
from sterna.engine.tables import Table

_TYPES = {
    "VARCHAR": pa.string(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "DECIMAL(18,2)": pa.decimal128(18, 2),
    "DECIMAL(5,4)": pa.decimal128(5, 4),
    "DECIMAL(28,12)": pa.decimal128(28, 12),
    "DECIMAL(18,3)": pa.decimal128(18, 3),
    "DECIMAL(38,4)": pa.decimal128(38, 4),
}


def schema(table: Table) -> pa.Schema:
    """The Arrow schema of `table`."""
    return pa.schema([(name, _TYPES[kind]) for name, kind in table.columns.items()])


def typed(table: Table, rows: pa.Table) -> pa.Table:
    """`rows` with exactly the columns and types of `table`; a missing column is NULL.

    Raises BadInput for a strange column, or one whose values its type cannot hold exactly.
    """
    strange = sorted(set(rows.column_names) - set(table.columns))
    if strange:
        raise BadInput(f"table {table.name} has no column {', '.join(strange)}")
    wanted = schema(table)
    columns = [
        _cast(table, field, rows.column(field.name))
        if field.name in rows.column_names
        else pa.nulls(rows.num_rows, field.type)
        for field in wanted
    ]
    return pa.table(columns, schema=wanted)


def _cast(table: Table, field: pa.Field, column: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return column.cast(field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise BadInput(f"table {table.name}, column {field.name}: {error}") from error


def write(rows: pa.Table, path: Path) -> None:
    """Write `rows` to `path` so that a reader sees the whole file or none, and the same rows give the same bytes."""
    with replacing(path) as unfinished:
        pq.write_table(rows, unfinished, compression="zstd", row_group_size=122_880)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file to write instead of `path`: durable under its name afterwards, gone if that fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        yield unfinished
        settle(unfinished, path)
    finally:
        # What is left here broke off: kept, it would fill the very disk that may have been too full.
        unfinished.unlink(missing_ok=True)


def settle(unfinished: Path, path: Path) -> None:
    """Make a finished temporary file durable under its name: fsync it, rename it, fsync its folder."""
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    unfinished.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
