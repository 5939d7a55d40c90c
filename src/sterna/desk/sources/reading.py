"""Opens CSV, Parquet and JSON lines as tables of one DuckDB connection, each row with its number and its line."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import msgspec
import pyarrow as pa

from sterna.engine.errors import BadInput

if TYPE_CHECKING:
    from _csv import Reader

# Columns that every opened table has beside its own: the row from 0, the line from 1, what is wrong with the row.
ROW, LINE, FAULT = "_row", "_line", "_fault"
BATCH = 20_000
CSV, PARQUET, JSON_LINES = (".csv", ".tsv", ".txt"), (".parquet",), (".jsonl", ".ndjson")

Record = tuple[int, str | None, Sequence[str | None]]


def open_file(
    connection: duckdb.DuckDBPyConnection, table: str, path: Path, delimiter: str, encoding: str
) -> dict[str, str]:
    """Open `path` as `table`; returns its columns with their DuckDB types (text files: all VARCHAR).

    Raises BadInput for a file that is missing, empty, truncated, of an unknown format or in another encoding.
    """
    if not path.is_file():
        raise BadInput(f"{path}: there is no such file")
    if path.stat().st_size == 0:
        raise BadInput(f"{path}: the file is empty")
    suffix = path.suffix.lower()
    if suffix in PARQUET:
        return _open_parquet(connection, table, path)
    if suffix in CSV:
        return _fill(connection, table, *_csv_records(path, delimiter, encoding))
    if suffix in JSON_LINES:
        return _fill(connection, table, *_json_records(path))
    raise BadInput(f"{path}: files end in {', '.join((*CSV, *PARQUET, *JSON_LINES))}")


def name(identifier: str) -> str:
    """A column or table name quoted for SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A text quoted for SQL."""
    return "'" + value.replace("'", "''") + "'"


def _open_parquet(connection: duckdb.DuckDBPyConnection, table: str, path: Path) -> dict[str, str]:
    source = f"read_parquet({literal(str(path))}, file_row_number = true)"
    try:
        connection.execute(
            f"create view {name(table)} as select * exclude (file_row_number), file_row_number as {ROW}, "
            f"file_row_number + 1 as {LINE}, cast(null as varchar) as {FAULT} from {source}"
        )
        described = connection.execute(f"describe {name(table)}").fetchall()
    except duckdb.Error as error:
        raise BadInput(f"{path}: not a whole Parquet file: {str(error).splitlines()[0]}") from None
    return {row[0]: row[1] for row in described if row[0] not in (ROW, LINE, FAULT)}


def _fill(
    connection: duckdb.DuckDBPyConnection, table: str, columns: list[str], records: Iterator[Record]
) -> dict[str, str]:
    fields = [(ROW, pa.int64()), (LINE, pa.int64()), (FAULT, pa.string())]
    schema = pa.schema([*fields, *((column, pa.string()) for column in columns)])
    typed = ", ".join(f"{name(column)} varchar" for column in columns)
    connection.execute(f"create table {name(table)} ({ROW} bigint, {LINE} bigint, {FAULT} varchar, {typed})")
    first = 0
    while batch := list(islice(records, BATCH)):
        lines, faults, values = zip(*batch, strict=True)
        numbers = range(first, first + len(batch))
        arrays = [numbers, lines, faults, *zip(*values, strict=True)]
        rows = pa.table([pa.array(a, f.type) for a, f in zip(arrays, schema, strict=True)], schema=schema)
        connection.register("batch", rows)
        connection.execute(f"insert into {name(table)} select * from batch")
        connection.unregister("batch")
        first += len(batch)
    return dict.fromkeys(columns, "VARCHAR")


def _decoded(path: Path, encoding: str) -> Iterator[str]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                # A byte order mark is no part of the first column's name, whatever the mapping says.
                yield line.decode("utf-8-sig" if number == 1 and encoding == "utf-8" else encoding)
            except UnicodeDecodeError as error:
                raise BadInput(
                    f"{path} line {number}: byte 0x{line[error.start]:02X} at position {error.start + 1} is not "
                    f"{encoding}; write the file's real encoding into the mapping (utf-8 or cp1252)"
                ) from None


def _csv_records(path: Path, delimiter: str, encoding: str) -> tuple[list[str], Iterator[Record]]:
    reader = csv.reader(_decoded(path, encoding), delimiter=delimiter, strict=True)
    try:
        header = [column.strip() for column in next(reader, [])]
    except csv.Error as error:
        raise BadInput(f"{path} line 1: {error}") from None
    twice = sorted({column for column in header if header.count(column) > 1})
    if not header or twice:
        wrong = f"column {twice[0]!r} stands twice" if twice else "the file has no header"
        raise BadInput(f"{path} line 1: {wrong}")
    return header, _csv_rows(path, reader, len(header))


def _csv_rows(path: Path, reader: "Reader", width: int) -> Iterator[Record]:
    line = reader.line_num + 1
    try:
        for row in reader:
            if len(row) == width:
                yield line, None, row
            elif row:
                fault = f"has {len(row)} fields, the header has {width}"
                yield line, fault, [*row[:width], *[None] * (width - len(row))]
            line = reader.line_num + 1
    except csv.Error as error:
        raise BadInput(f"{path} line {line}: {error}") from None


def _json_records(path: Path) -> tuple[list[str], Iterator[Record]]:
    columns: dict[str, None] = {}
    # Two passes: a later line may hold a key that the first one lacks.
    for _, _, found in _json_objects(path):
        columns.update(dict.fromkeys(found))
    if not columns:
        raise BadInput(f"{path}: no line holds a JSON object")
    names = list(columns)
    return names, ((line, fault, [found.get(c) for c in names]) for line, fault, found in _json_objects(path))


def _json_objects(path: Path) -> Iterable[tuple[int, str | None, dict[str, str | None]]]:
    # Numbers stay the text they are: a float in between would change amounts.
    decoder = msgspec.json.Decoder(dict[str, object], float_hook=str)
    for line, text in enumerate(_decoded(path, "utf-8"), start=1):
        if not text.strip():
            continue
        try:
            found = decoder.decode(text)
        except (msgspec.MsgspecError, RecursionError) as error:
            yield line, f"is not a JSON object: {error}", {}
        else:
            yield line, None, {key: _as_text(value) for key, value in found.items()}


def _as_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()
