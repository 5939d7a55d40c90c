"""The first rows of a file as they stand in it, and each as a mapping would take or refuse it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import msgspec

from sterna.desk.sources.guessing import Guesses, Written, guess
from sterna.desk.sources.mapping import Imported
from sterna.desk.sources.reading import FAULT, LINE, RAW, ROW, name, open_file
from sterna.desk.sources.staging import RefusedLine, configuration, refused_line, stage_source
from sterna.desk.sources.targets import Program
from sterna.engine.errors import BadInput

ROWS = 100
# What is guessed from more rows than are shown is right more often.
GUESSED_FROM = 1_000
LONGEST_CELL = 80


@dataclass(frozen=True)
class Seen:
    """A row of a file: its line, its values as texts, and why it would be refused."""

    line: int
    values: Sequence[str | None]
    refused: RefusedLine | None = None


@dataclass(frozen=True)
class Preview:
    """The columns of a file by DuckDB type, its first rows, and what was guessed of them."""

    columns: dict[str, str]
    rows: Sequence[Seen]
    guesses: Guesses


def look(path: Path, written: Written, month_first: bool) -> Preview:
    """The first rows of the file `path`. Raises BadInput for a file that cannot be read."""
    with _connected() as connection:
        columns = open_file(
            connection, "source", path, written.delimiter, written.encoding, written.header, GUESSED_FROM
        )
        listed = ", ".join(name(column) for column in columns)
        try:
            values = connection.execute(
                f"select {listed} from source where {FAULT} is null order by {ROW} limit {GUESSED_FROM}"
            ).fetchall()
            rows = [Seen(line, cells) for line, _, cells in _first(connection, columns)]
        except duckdb.Error as error:
            raise BadInput(f"{path.name}: cannot be read: {str(error).splitlines()[0]}") from None
    return Preview(columns, rows, guess(columns, values, month_first))


def trial(path: Path, spec: Imported, program: Program) -> list[Seen]:
    """The first rows of the file `path` as `spec` would take them; references are not looked up.

    Raises BadInput for a mapping that cannot fit the file.
    """
    if spec.join is not None:
        raise BadInput(
            "a `join` takes a second file from a folder: import such a mapping with `sterna import`"
        )
    if spec.references.keys() - spec.columns.keys():
        unknown = sorted(spec.references.keys() - spec.columns.keys())[0]
        raise BadInput(f"references {unknown!r}, which is not among the columns")
    alone = msgspec.structs.replace(spec, references={})
    with _connected() as connection:
        columns = stage_source(connection, path, alone, program, {}, ROWS)
        staged = dict(connection.execute(f"select {ROW}, _refused from staged").fetchall())
        seen = _first(connection, columns)
    return [
        Seen(line, cells, refused_line(line, staged[row]) if staged.get(row) else None)
        for line, row, cells in seen
    ]


@contextmanager
def _connected() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(":memory:", config=configuration(None))
    try:
        yield connection
    finally:
        connection.close()


def _first(
    connection: duckdb.DuckDBPyConnection, columns: Sequence[str] | dict[str, str]
) -> list[tuple[int, int, list[str | None]]]:
    """Line, row and values of the first rows; what is longer than a cell is cut, a raw line stands in the first."""
    cells = [f"left(cast({name(column)} as varchar), {LONGEST_CELL + 1})" for column in columns]
    cells[0] = f"coalesce({cells[0]}, left({RAW}, {LONGEST_CELL + 1}))"
    found = connection.execute(
        f"select {LINE}, {ROW}, {', '.join(cells)} from source order by {ROW} limit {ROWS}"
    ).fetchall()
    return [(line, row, [_cut(cell) for cell in rest]) for line, row, *rest in found]


def _cut(cell: str | None) -> str | None:
    return f"{cell[:LONGEST_CELL]}…" if cell and len(cell) > LONGEST_CELL else cell
