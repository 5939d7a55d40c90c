"""Reads and checks a whole file before any of it is loaded: one staged row per source row, refused or typed."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

from sterna.desk.sources.conversion import LONGEST, Made, Place
from sterna.desk.sources.mapping import DATED, Imported
from sterna.desk.sources.reading import FAULT, LINE, RAW, ROW, literal, name, open_file
from sterna.desk.sources.targets import LAKE_TABLES, UNIQUE, Program, made_columns
from sterna.engine.errors import BadInput
from sterna.engine.lake import arrow
from sterna.engine.lake.files import file_literal
from sterna.engine.tables import TABLES, Table

FACT_ROWS = 20_000
# The refusal of a row that nothing may be kept of: no column, no value, and no cell in the file of refused rows.
ERASED = "\x1f\x1fis of somebody who was erased"
# What the reject file says of a row beside the columns that the row came with.
TOLD = ("refused_line", "refused_column", "refused_value", "refused_reason")
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")


@dataclass(frozen=True)
class Tally:
    """What a range of rows holds: rows read, taken, refused, taken with an unknown reference; the amounts' sum."""

    read: int
    accepted: int
    refused: int
    unmatched: int
    amount: Decimal | None
    first_on: date | None
    last_on: date | None


@dataclass(frozen=True)
class RefusedLine:
    """A row that was not taken: its line (for Parquet its row, from 1), the column, what stood there, and why."""

    line: int
    column: str
    value: str
    reason: str


def refused_line(line: int, text: str) -> RefusedLine:
    """The refusal of a row as the stage holds it: column, value and reason, joined by the unit separator."""
    return RefusedLine(line, *text.split("\x1f", 2))


class Stage:
    """The staged rows of one file, read by ranges of row numbers; lives on disk while an import runs."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, spec: Imported, program: Program, columns: Sequence[str]
    ) -> None:
        self._connection = connection
        self.columns = columns
        self._spec = spec
        self._program = program
        self.rows = self._one("select count(*) from staged")[0]

    def _one(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...]:
        return self._connection.execute(sql, list(parameters)).fetchall()[0]

    def tally(self, first: int, last: int) -> Tally:
        """Counts and sums of the rows first <= row < last."""
        money, dated = self._spec.into in ("lines", "costs"), self._spec.into in DATED
        taken = "_refused is null"
        found = self._one(
            f"select count(*), count(*) filter ({taken}), count(*) filter (not {taken}), "
            f"count(*) filter ({taken} and _unmatched), "
            f"{f'coalesce(sum(amount) filter ({taken}), 0)' if money else 'null'}, "
            f"{', '.join(f'{f}(occurred_on) filter ({taken})' if dated else 'null' for f in ('min', 'max'))} "
            f"from staged where {ROW} >= ? and {ROW} < ?",
            [first, last],
        )
        return Tally(*found)

    def refused(self) -> Iterator[RefusedLine]:
        """Every refused row in the order of the file."""
        cursor = self._connection.cursor()
        cursor.execute(f"select {LINE}, _refused from staged where _refused is not null order by {ROW}")
        while rows := cursor.fetchmany(FACT_ROWS):
            yield from (refused_line(line, text) for line, text in rows)

    def refused_whole(self) -> Iterator[tuple[RefusedLine, list[str | None]]]:
        """Every refused row with what stands in each of the file's columns, in the order of the file.

        The value of one that has no columns, such as a line that is no JSON, is the line itself.
        """
        cursor = self._connection.cursor()
        columns = "".join(f", cast(source.{name(column)} as varchar)" for column in self.columns)
        cursor.execute(
            f"select staged.{LINE}, staged._refused, source.{RAW}{columns} from staged "
            f"join source on source.{ROW} = staged.{ROW} where staged._refused <> {literal(ERASED)} "
            f"order by staged.{ROW}"
        )
        while rows := cursor.fetchmany(FACT_ROWS):
            for line, text, raw, *cells in rows:
                found = refused_line(line, text)
                yield replace(found, value=found.value if raw is None else raw), cells

    def identifiers(self, first: int, last: int) -> list[str]:
        """The different identifiers of the taken rows of a range, sorted."""
        if self._spec.identify is None:
            return []
        sql = f"select distinct _identifier from staged where {ROW} >= ? and {ROW} < ? and _refused is null order by 1"
        return [row[0] for row in self._connection.execute(sql, [first, last]).fetchall()]

    def values(self, column: str, first: int, last: int) -> list[str]:
        """The different texts of a staged column in a range of rows, refused ones too."""
        sql = f"select distinct {column} from staged where {ROW} >= ? and {ROW} < ? and {column} is not null"
        return [str(row[0]) for row in self._connection.execute(sql, [first, last]).fetchall()]

    def leave_out(self, column: str, values: Sequence[str], first: int, last: int) -> None:
        """Refuse the rows of a range where a staged column holds one of `values`; what stood there is not repeated."""
        if values:
            self._connection.execute(
                f"update staged set _refused = {literal(ERASED)} "
                f"where {ROW} >= ? and {ROW} < ? and list_contains(?, cast({column} as varchar))",
                [first, last, list(values)],
            )

    def write(self, first: int, last: int, recorded_at: datetime, path: Path) -> None:
        """Write the taken rows of a range as a segment of the lake: temporary file, fsync, rename."""
        table = TABLES[self._spec.into]
        unfinished = path.with_name(f".{path.name}.unfinished")
        self._connection.execute(
            f"copy (select {', '.join(self._lake_columns(table, recorded_at))} from staged "
            f"where {ROW} >= {first:d} and {ROW} < {last:d} and _refused is null order by {ROW}) "
            f"to {literal(str(unfinished))} (format parquet, compression zstd, row_group_size 122880)"
        )
        arrow.settle(unfinished, path)

    def _lake_columns(self, table: Table, recorded_at: datetime) -> Iterator[str]:
        staged = {row[0] for row in self._connection.execute("describe staged").fetchall()}
        kind = self._spec.identify.kind if self._spec.identify else ""
        computed = {
            "source": literal(self._program.source),
            "source_record": f"{literal(f'{self._program.source}/{kind}:')} || _identifier",
            "recorded_at": literal(recorded_at.replace(tzinfo=None).isoformat(sep=" ")),
        }
        for column, column_type in table.columns.items():
            value = computed.get(column, column if column in staged else "null")
            yield f"cast({value} as {column_type}) as {column}"

    def said(self, index: int, first: int, last: int) -> Iterator[tuple[str, Any, date | None, str | None]]:
        """What the taken rows say in the mapping's fact, consent or address `index`: who, value, day, purpose."""
        day = {"facts": "observed_on", "consents": "said_on"}.get(self._spec.into, "null")
        purpose = "purpose" if self._spec.into == "facts" else "null"
        cursor = self._connection.cursor()
        cursor.execute(
            f"select _identifier, _said{index}, {day}, {purpose} from staged where {ROW} >= ? and {ROW} < ? "
            f"and _refused is null and _said{index} is not null order by {ROW}",
            [first, last],
        )
        while rows := cursor.fetchmany(FACT_ROWS):
            yield from rows


@contextmanager
def staged(
    folder: Path, path: Path, spec: Imported, program: Program, references: Mapping[str, Sequence[str]]
) -> Iterator[Stage]:
    """Stage the file `path` under `folder`; `references` are the lake files of each table that is referred to.

    Raises BadInput for whatever makes the whole file unreadable: nothing of it is staged then.
    """
    folder.mkdir(parents=True, exist_ok=True)
    database = folder / "staged.duckdb"
    for leftover in folder.glob("staged.duckdb*"):
        leftover.unlink()
    connection = duckdb.connect(str(database), config=configuration(folder))
    try:
        columns = stage_source(connection, path, spec, program, references)
        yield Stage(connection, spec, program, list(columns))
    finally:
        connection.close()
        for leftover in folder.glob("staged.duckdb*"):
            leftover.unlink()


def configuration(folder: Path | None) -> dict[str, str | bool | int | float | list[str]]:
    """How DuckDB is opened for a stage: what does not fit into memory spills under `folder`, or not at all."""
    return {
        "temp_directory": str(folder / "spill") if folder else "",
        # Beyond this the stage works from its file on disk.
        "memory_limit": "1GB",
        "threads": 2,
        "TimeZone": "UTC",
        "autoinstall_known_extensions": "false",
    }


def stage_source(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    spec: Imported,
    program: Program,
    references: Mapping[str, Sequence[str]],
    at_most: int | None = None,
) -> dict[str, str]:
    """Fill the table `staged`, a row for each of the file's, or of its first `at_most`; the file's columns by type.

    Raises BadInput for whatever makes the whole file unreadable.
    """
    own = columns = open_file(connection, "source", path, spec.delimiter, spec.encoding, spec.header, at_most)
    relation = name("source")
    if spec.join is not None:
        columns, relation = _joined(connection, path, spec, columns)
    made = made_columns(spec, Place(columns, str(path), program.zone, spec.decimal, spec.grouping), program)
    unmatched = _unmatched(connection, spec, made, references)
    values = ", ".join(f"{column.value} as {name(key)}" for key, column in made.items())
    reasons = ", ".join([FAULT, *(column.reason for column in made.values() if column.reason != "null")])
    try:
        connection.execute(
            f"create table staged as select {ROW}, {LINE}, coalesce({reasons}) as _refused, "
            f"false as _unmatched, {values} from {relation}"
        )
        # What stood in the column is put into words for the few rows that need it, not for every row.
        connection.execute(
            f"update staged set _refused = full_text.refusal from (select {ROW}, {_refusal(made)} as refusal "
            f"from {relation} where {ROW} in (select {ROW} from staged where _refused is not null)) full_text "
            f"where staged.{ROW} = full_text.{ROW}"
        )
    except duckdb.Error as error:
        raise BadInput(f"{path}: cannot be read to its end: {str(error).splitlines()[0]}") from None
    if not connection.execute("select 1 from staged limit 1").fetchall():
        raise BadInput(f"{path}: the file has a header and no rows")
    connection.execute(f"update staged set _unmatched = true where {unmatched}")
    if spec.into in UNIQUE:
        _refuse_repetitions(connection, UNIQUE[spec.into], made)
    return own


def _refusal(made: Mapping[str, Made]) -> str:
    """SQL for column, value and reason of the first refusal of a row, joined by the unit separator."""
    fault = f"case when {FAULT} is not null then chr(31) || chr(31) || {FAULT} end"
    separate = " || chr(31) || "
    reasons = []
    for column in made.values():
        if column.reason != "null":
            # The records cannot keep a NUL, and the unit separator is this text's own.
            shown = f"translate(left(coalesce({column.shown}, ''), {LONGEST}), chr(31) || chr(0), '  ')"
            reasons.append(separate.join((literal(column.column), shown, f"({column.reason})")))
    return f"coalesce({', '.join([fault, *reasons])})"


def _joined(
    connection: duckdb.DuckDBPyConnection, path: Path, spec: Imported, columns: dict[str, str]
) -> tuple[dict[str, str], str]:
    assert spec.join is not None
    second = path.parent / spec.join.file
    found = open_file(connection, "dimension", second, spec.delimiter, spec.encoding)
    key = name(spec.join.on)
    for place, has in ((path, columns), (second, found)):
        if spec.join.on not in has:
            raise BadInput(f"{place} line 1: no column {spec.join.on!r}; the file has {', '.join(has)}")
    twice = connection.execute(
        f"select {key}, count(*) from dimension group by 1 having count(*) > 1 order by 1 limit 1"
    ).fetchall()
    if twice:
        raise BadInput(
            f"{second}: {spec.join.on} {twice[0][0]} stands {twice[0][1]} times; a lookup needs it once"
        )
    more = {column: kind for column, kind in found.items() if column not in columns}
    listed = ", ".join(["source.*", *(f"dimension.{name(column)}" for column in more)])
    relation = (
        f"(select {listed} from source left join dimension "
        f"on cast(source.{key} as varchar) = cast(dimension.{key} as varchar))"
    )
    return {**columns, **more}, relation


def _unmatched(
    connection: duckdb.DuckDBPyConnection,
    spec: Imported,
    made: Mapping[str, Made],
    references: Mapping[str, Sequence[str]],
) -> str:
    tests = ["false"]
    for column, table in spec.references.items():
        if column not in made:
            raise BadInput(f"mapping of {spec.name}: references {column!r}, which is not among its columns")
        key = TABLES[table].key[-1]
        files = ", ".join(file_literal(file) for file in references[table])
        known = f"select {key} from read_parquet([{files}])" if files else "select '' where false"
        connection.execute(f"create or replace temp table known_{table} as select distinct * from ({known})")
        tests.append(f"({column} is not null and {column} not in (select * from known_{table}))")
    return " or ".join(tests)


def _refuse_repetitions(
    connection: duckdb.DuckDBPyConnection, unique: Sequence[str], made: Mapping[str, Made]
) -> None:
    keys = ", ".join(unique)
    column = literal(", ".join(dict.fromkeys(made[key].column for key in unique)))
    connection.execute(
        f"create temp table repeated as select {keys}, min({ROW}) as first_row, min({LINE}) as first_line "
        f"from staged where _refused is null group by {keys} having count(*) > 1"
    )
    same = " and ".join(f"staged.{key} = repeated.{key}" for key in unique)
    connection.execute(
        f"update staged set _refused = {column} || chr(31) || chr(31) || 'repeats line ' || repeated.first_line "
        f"from repeated where {same} and staged.{ROW} > repeated.first_row and staged._refused is null"
    )


def write_rejects(stage: Stage, path: Path) -> list[RefusedLine]:
    """Write every refused row to the CSV `path`, and no file when there is none; returns the first thousand.

    A row stands there with the columns of its file, so that it can be mended and brought in again, and with its line,
    the column and value that were refused, and the reason.
    """
    shown = list(islice(stage.refused(), 1_000))
    if not shown:
        return shown
    own = [index for index, column in enumerate(stage.columns) if column not in TOLD]
    with arrow.replacing(path) as unfinished, unfinished.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*(harmless(stage.columns[index]) for index in own), *TOLD])
        for line, cells in stage.refused_whole():
            kept = [harmless(cells[index] or "") for index in own]
            writer.writerow([*kept, line.line, harmless(line.column), harmless(line.value), line.reason])
    return shown


def harmless(text: str) -> str:
    """A cell that no spreadsheet runs as a formula: unless it is a number, a leading quote keeps it text."""
    runs = text.lstrip()[:1] in ("=", "+", "-", "@") or text[:1] in ("\t", "\r", "\n")
    return f"'{text}" if runs and not _NUMBER.fullmatch(text) else text


def is_for_the_lake(spec: Imported) -> bool:
    """Whether the rows become segments of the lake rather than records."""
    return spec.into in LAKE_TABLES
