"""Opens CSV, Parquet and JSON lines as tables of one DuckDB connection, each row with its number and its line."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from sterna.desk.sources import delimited
from sterna.desk.sources.delimited import Batch
from sterna.desk.sources.lines import Lines
from sterna.engine.errors import BadInput
from sterna.engine.lake.files import file_literal

# Columns that every opened table has beside its own: the row from 0, the line from 1, what is wrong with the row,
# and the line itself where it holds no columns.
OWN = ROW, LINE, FAULT, RAW = "_row", "_line", "_fault", "_raw"
# What DuckDB would number the rows of a Parquet file with.
NUMBERED = "file_row_number"
CSV, PARQUET, JSON_LINES = (".csv", ".tsv", ".txt"), (".parquet",), (".jsonl", ".ndjson")
LONGEST_RAW = 2_000
# Every page of a file shows and guesses each column of it; JSON lines can name a new one on every line.
MOST_COLUMNS = 1_000


def open_file(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    path: Path,
    delimiter: str = ",",
    encoding: str = "utf-8",
    header: bool = True,
    at_most: int | None = None,
) -> dict[str, str]:
    """Open `path`, or its first `at_most` rows, as `table`; its columns by DuckDB type (text files: all VARCHAR).

    Raises BadInput for a file that is missing, empty, truncated, of an unknown format or in another encoding.
    """
    if not path.is_file():
        raise BadInput(f"{path}: there is no such file")
    if path.stat().st_size == 0:
        raise BadInput(f"{path}: the file is empty")
    suffix = path.suffix.lower()
    if suffix in PARQUET:
        return _open_parquet(connection, table, path, at_most)
    if suffix in CSV:
        source = delimited.opened(path, delimiter, encoding, header)
    elif suffix in JSON_LINES:
        source = _json_lines(path, at_most)
    else:
        raise BadInput(f"{path}: files end in {', '.join((*CSV, *PARQUET, *JSON_LINES))}")
    with source as (columns, batches):
        _check_names(path, columns)
        _fill(connection, table, columns, batches, at_most)
    return dict.fromkeys(columns, "VARCHAR")


def name(identifier: str) -> str:
    """A column or table name quoted for SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A text quoted for SQL."""
    return "'" + value.replace("'", "''") + "'"


def _check_names(path: Path, columns: Iterable[str], own: Sequence[str] = OWN) -> None:
    """Raises BadInput for names that a table cannot hold together; SQL does not tell `Id` from `ID`."""
    given = list(columns)
    if len(given) > MOST_COLUMNS:
        raise BadInput(f"{path}: has {len(given):,} columns, at most {MOST_COLUMNS:,}")
    if "" in given:
        raise BadInput(f"{path} line 1: a column has no name")
    counts = Counter(column.casefold() for column in given)
    twice = [column for column in given if counts[column.casefold()] > 1]
    if twice:
        raise BadInput(f"{path} line 1: column {twice[0]!r} stands twice")
    taken = [column for column in given if column.casefold() in own]
    if taken:
        raise BadInput(f"{path} line 1: column {taken[0]!r} has a name that Sterna uses itself; rename it")
    odd = [column for column in given if "\0" in column]
    if odd:
        raise BadInput(f"{path} line 1: a column's name holds a NUL character")


def _open_parquet(
    connection: duckdb.DuckDBPyConnection, table: str, path: Path, at_most: int | None
) -> dict[str, str]:
    source = f"read_parquet({file_literal(path)}, {NUMBERED} = true)"
    try:
        described = connection.execute(
            f"describe select * from read_parquet({file_literal(path)})"
        ).fetchall()
        # As the file calls them: DuckDB gives a number to those that stand twice and a name to one without.
        _check_names(path, pq.read_schema(path).names, (*OWN, NUMBERED))
        connection.execute(
            f"create view {name(table)} as select * exclude ({NUMBERED}), {NUMBERED} as {ROW}, "
            f"{NUMBERED} + 1 as {LINE}, cast(null as varchar) as {FAULT}, cast(null as varchar) as {RAW} "
            f"from {source}{'' if at_most is None else f' limit {at_most:d}'}"
        )
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        raise BadInput(f"{path}: not a whole Parquet file: {str(error).splitlines()[0]}") from None
    return {row[0]: row[1] for row in described}


def _fill(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: list[str],
    batches: Iterator[Batch],
    at_most: int | None,
) -> None:
    fields = [(ROW, pa.int64()), (LINE, pa.int64()), (FAULT, pa.string()), (RAW, pa.string())]
    schema = pa.schema([*fields, *((column, pa.string()) for column in columns)])
    typed = ", ".join(f"{name(column)} varchar" for column in columns)
    connection.execute(
        f"create table {name(table)} ({ROW} bigint, {LINE} bigint, {FAULT} varchar, {RAW} varchar, {typed})"
    )
    first = 0
    for batch in batches:
        many = len(batch.lines)
        raw = pa.nulls(many, pa.string()) if batch.raw is None else batch.raw
        numbers = pa.array(range(first, first + many), pa.int64())
        rows = pa.table([numbers, batch.lines, batch.faults, raw, *batch.columns], schema=schema)
        rows = rows if at_most is None else rows.slice(0, at_most - first)
        connection.register("batch", rows)
        connection.execute(f"insert into {name(table)} select * from batch")
        connection.unregister("batch")
        first += many
        if at_most is not None and first >= at_most:
            return


@contextmanager
def _json_lines(path: Path, at_most: int | None) -> Iterator[tuple[list[str], Iterator[Batch]]]:
    columns: dict[str, None] = {}
    # Two passes: a later line may hold a key that the first one lacks.
    for _, _, _, found in islice(_json_objects(path), at_most):
        columns.update(dict.fromkeys(found))
    if not columns:
        raise BadInput(f"{path}: no line holds a JSON object")
    yield list(columns), _json_batches(path, list(columns))


def _json_batches(path: Path, columns: Sequence[str]) -> Iterator[Batch]:
    objects = _json_objects(path)
    while rows := list(islice(objects, delimited.ROWS)):
        lines, faults, raws, found = zip(*rows, strict=True)
        values = [pa.array([item.get(column) for item in found], pa.string()) for column in columns]
        numbers, words = pa.array(lines, pa.int64()), pa.array(faults, pa.string())
        yield Batch(numbers, words, values, pa.array(raws, pa.string()))


def _json_objects(path: Path) -> Iterator[tuple[int, str | None, str | None, dict[str, str | None]]]:
    """Each line that is not blank: its number, what is wrong with it and what stands there, its object."""
    # Numbers stay the text they are: a float in between would change amounts.
    decoder = msgspec.json.Decoder(dict[str, object], float_hook=str)
    with path.open("rb") as file:
        for line, text in enumerate(Lines(file, path, "utf-8", "JSON lines are written in UTF-8"), start=1):
            if not text.strip():
                continue
            try:
                found = decoder.decode(text)
            except (msgspec.MsgspecError, RecursionError) as error:
                yield line, f"is not a JSON object: {error}", text.strip()[:LONGEST_RAW], {}
            else:
                yield line, None, None, {key: _as_text(value) for key, value in found.items()}


def _as_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()
