"""Reads purchases, or summaries of customers, out of CSV and Parquet files into DuckDB, batch by batch."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

from sterna.engine.errors import BadInput
from sterna.engine.lake.files import file_literal

LOG, SUMMARY = "log", "summary"
# Names under which a column is found without being told, in lower case; the first that a file has is taken.
LOG_NAMES: Mapping[str, tuple[str, ...]] = {
    "customer": ("customer_id",),
    "date": ("date",),
    "amount": ("amount",),
    "currency": ("currency",),
}
SUMMARY_NAMES: Mapping[str, tuple[str, ...]] = {
    "customer": ("customer_id",),
    "frequency": ("frequency", "x"),
    "recency": ("recency", "t_x"),
    "age": ("age", "t", "periods"),
    "monetary": ("monetary", "monetary_value"),
    "weight": ("weight", "weights"),
}
_NEEDED = {LOG: ("customer", "date"), SUMMARY: ("frequency", "recency", "age")}
_DELIMITERS = (",", ";", "\t", "|")
BLOCK = 8 << 20


@dataclass
class Incoming:
    """What of a file comes into the tables: its kind, its columns and their types by role, and what cannot be parsed.

    `source` is the relation that SQL reads, with a column `row` and one for each role: text as it stands in a CSV file,
    or typed as in a Parquet file or a table in memory. Rows are counted from 1, in a CSV file with its header. `broken`
    holds rows that are none; it is complete once `into` has read them.
    """

    name: str
    kind: str
    roles: dict[str, str]
    types: dict[str, pa.DataType]
    source: str
    batches: pa.RecordBatchReader | pa.Table | None
    broken: dict[int, str] = field(default_factory=dict)
    blank_lines: bool = False  # whether a row may be an empty line of text, which is none

    def into(self, connection: duckdb.DuckDBPyConnection, sql: str, **values: object) -> None:
        """Run `sql`, which reads the source once; raises BadInput where the file cannot be read to its end."""
        if self.batches is not None:
            connection.register("incoming", self.batches)
        try:
            connection.execute(sql, values or None)
        except (duckdb.Error, pa.ArrowInvalid, OSError) as error:
            raise BadInput(f"{self.name} cannot be read: {str(error).strip().splitlines()[0]}") from error
        finally:
            connection.unregister("incoming")


@dataclass(frozen=True)
class Told:
    """The columns that somebody named for a role, and how such a naming is written: --customer or customer=."""

    columns: Mapping[str, str | None]
    written: str = "--{0}"

    def named(self) -> dict[str, str]:
        """The columns by role, without the roles of which nothing was said."""
        return {role: name for role, name in self.columns.items() if name is not None}

    def options(self, *roles: str) -> str:
        """The roles as they are written where they are told."""
        return ", ".join(self.written.format(role) for role in roles)


def incoming(path: Path, told: Told) -> Incoming:
    """The file at `path`, with the columns that were told. Raises BadInput."""
    if path.suffix == ".parquet":
        schema = _parquet_schema(path)
        kind, roles = find_roles(path.name, schema.names, told)
        types = {role: schema.field(schema.names.index(name)).type for role, name in roles.items()}
        return Incoming(path.name, kind, roles, types, _parquet_source(path, roles), None)
    header = _csv_header(path)
    kind, roles = find_roles(path.name, header, told)
    broken: dict[int, str] = {}
    batches = _csv_batches(path, header, {role: header.index(name) for role, name in roles.items()}, broken)
    types = dict.fromkeys(roles, pa.string())
    return Incoming(path.name, kind, roles, types, "incoming", batches, broken, blank_lines=True)


def column(values: NDArray[Any]) -> pa.Array:
    """NumPy's own bytes as an Arrow column; pa.array would first load pandas where that is installed, for a second."""
    values = np.ascontiguousarray(values)
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), values.size, [None, pa.py_buffer(values)])


def find_roles(source: str, header: Sequence[str], told: Told) -> tuple[str, dict[str, str]]:
    """Whether a source of that name and header is a log or a summary, and which column has which role."""
    has, named = ", ".join(header) or "none", told.named()
    for role, name in named.items():
        if name not in header:
            raise BadInput(f"{source} has no column {name}, given as {told.options(role)}: it has {has}")
    as_log, as_summary = (_found(header, names, named) for names in (LOG_NAMES, SUMMARY_NAMES))
    if set(_NEEDED[LOG]) <= set(as_log):
        return LOG, as_log
    if set(_NEEDED[SUMMARY]) <= set(as_summary):
        return SUMMARY, as_summary
    raise BadInput(
        f"{source} is neither a log with customer_id, date and amount "
        f"(or say {told.options('customer', 'date', 'amount')}) "
        f"nor a summary with frequency, recency and age: it has {has}"
    )


def _found(
    header: Sequence[str], names: Mapping[str, tuple[str, ...]], told: Mapping[str, str]
) -> dict[str, str]:
    lower = {name.strip().lower(): name for name in reversed(header)}
    found = {}
    for role, known in names.items():
        guessed = [lower[name] for name in known if name in lower]
        if role in told or guessed:
            found[role] = told.get(role) or guessed[0]
    return found


def _csv_header(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path.name} is not UTF-8 text: byte {error.start} is not") from error
    header = next(csv.reader([first], delimiter=_delimiter(first)), [])
    if not any(header):
        raise BadInput(f"{path.name} is empty: its first line must name its columns")
    return header


def _delimiter(first: str) -> str:
    return max(_DELIMITERS, key=first.count)


def _csv_batches(
    path: Path, header: Sequence[str], places: Mapping[str, int], broken: dict[int, str]
) -> pa.RecordBatchReader:
    def refuse(row: arrow_csv.InvalidRow) -> str:
        broken[row.number] = f"{row.actual_columns} fields, the header has {len(header)}"
        return "skip"

    with path.open(encoding="utf-8-sig", newline="") as file:
        delimiter = _delimiter(file.readline())
    # Columns are named by place, since two of one name would be told apart by nothing.
    named = [str(place) for place in range(len(header))]
    try:
        reader = arrow_csv.open_csv(
            path,
            arrow_csv.ReadOptions(use_threads=False, block_size=BLOCK, column_names=named, skip_rows=1),
            arrow_csv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=True,
                invalid_row_handler=refuse,
                ignore_empty_lines=False,
            ),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(named, pa.string()),
                include_columns=[str(place) for place in places.values()],
                null_values=[],
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            return _reader(dict.fromkeys(places, pa.string()), iter(()))
        raise BadInput(f"{path.name} cannot be read: {str(error).splitlines()[0]}") from error
    return _reader(dict.fromkeys(places, pa.string()), _numbered(reader, list(places), broken))


def _reader(roles: Mapping[str, pa.DataType], batches: Iterator[pa.RecordBatch]) -> pa.RecordBatchReader:
    schema = pa.schema([("row", pa.int64()), *roles.items()])
    return pa.RecordBatchReader.from_batches(schema, (batch.cast(schema) for batch in batches))


def _numbered(
    reader: arrow_csv.CSVStreamingReader, roles: Sequence[str], broken: Mapping[int, str]
) -> Iterator[pa.RecordBatch]:
    """The batches with the numbers of their rows, from which broken rows are missing."""
    after = 1
    for batch in reader:
        out = np.array([row for row in broken if row > after], dtype=np.int64)
        rows = np.arange(after + 1, after + 1 + batch.num_rows + out.size)
        rows = rows[~np.isin(rows, out)][: batch.num_rows]
        after = int(rows[-1]) if rows.size else after
        yield pa.record_batch([column(rows), *batch.columns], ["row", *roles])


def _parquet_schema(path: Path) -> pa.Schema:
    try:
        return pq.read_schema(path)
    except FileNotFoundError as error:
        raise BadInput(f"{path} cannot be read: no such file") from error
    except (OSError, pa.ArrowInvalid) as error:
        raise BadInput(f"{path.name} is no Parquet file: {error}") from error


def _parquet_source(path: Path, roles: Mapping[str, str]) -> str:
    columns = ", ".join('"' + name.replace('"', '""') + f'" as {role}' for role, name in roles.items())
    scan = f"read_parquet({file_literal(path)}, file_row_number = true)"
    return f"(select file_row_number + 1 as row, {columns} from {scan})"
