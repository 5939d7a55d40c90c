"""The lake on DuckDB, in this process."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa

from sterna.engine.errors import LakeFailed, LakeMissing, StepFailed
from sterna.engine.lake import arrow
from sterna.engine.lake.base import Value
from sterna.engine.lake.files import file_literal
from sterna.engine.tables import Table


class DuckLake:
    """Tables of one in-memory DuckDB connection that spills to `scratch` above `memory`."""

    name = "duckdb"

    def __init__(self, scratch: Path, memory: str = "4GB", threads: int = 2) -> None:
        scratch.mkdir(parents=True, exist_ok=True)
        self._connection = duckdb.connect(
            ":memory:",
            config={
                "temp_directory": str(scratch),
                "memory_limit": memory,
                "threads": threads,
                "TimeZone": "UTC",
                # Nothing is fetched or loaded behind the operator's back.
                "autoinstall_known_extensions": "false",
            },
        )
        # view or table, by name: asking the catalog takes longer than a step on a small table.
        self._kinds: dict[str, str] = {}
        self._open = True

    def mount(self, table: Table, files: Sequence[str]) -> None:
        missing = [file for file in files if "://" not in file and not Path(file).exists()]
        if missing:
            raise LakeMissing(
                f"table {table.name}: {len(missing)} segment(s) missing, the first is {missing[0]}"
            )
        self.drop(table)
        empty = f"select {', '.join(f'cast(null as {kind}) as {name}' for name, kind in table.columns.items())} limit 0"
        typed = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in table.columns.items())
        if not files:
            self._hold(table, "view", empty)
            return
        listed = ", ".join(file_literal(file) for file in files)
        # The empty branch gives a column that an older segment lacks its NULLs; the cast keeps money exact where a
        # segment holds it as a float.
        with _told(table, "read"):
            self._hold(
                table,
                "view",
                f"select {typed} from "
                f"(({empty}) union all by name (select * from read_parquet([{listed}], union_by_name = true)))",
            )

    def _hold(
        self, table: Table, kind: str, select: str, parameters: Mapping[str, Value] | None = None
    ) -> None:
        self._connection.execute(f"create {kind} {table.name} as {select}", parameters)
        self._kinds[table.name] = kind

    def put(self, table: Table, rows: pa.Table) -> None:
        typed = arrow.typed(table, rows)
        self.drop(table)
        self._connection.register("incoming", typed)
        self._hold(table, "table", "select * from incoming")
        self._connection.unregister("incoming")

    def make(self, table: Table, sql: str, parameters: Mapping[str, Value]) -> int:
        self.drop(table)
        columns = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in table.columns.items())
        try:
            self._hold(table, "table", f"select {columns} from (\n{sql}\n)", dict(parameters) or None)
        except duckdb.Error as error:
            raise StepFailed(table.name, self.name, sql, str(error)) from error
        return self.count(table)

    def count(self, table: Table) -> int:
        """How many rows `table` has."""
        return int(self._connection.execute(f"select count(*) from {table.name}").fetchall()[0][0])

    def fetch(self, table: Table) -> pa.Table:
        with _told(table, "read"):
            rows = self._connection.sql(f"select * from {table.name} order by {', '.join(table.key)}")
            return arrow.typed(table, rows.to_arrow_table())

    def save(self, table: Table, path: Path) -> None:
        with _told(table, "saved"), arrow.replacing(path) as unfinished:
            target = str(unfinished).replace("'", "''")
            self._connection.execute(
                f"copy (select * from {table.name} order by {', '.join(table.key)}) to '{target}' "
                "(format parquet, compression zstd, row_group_size 122880)"
            )

    def marks(self, table: Table, day: str, columns: Sequence[str]) -> dict[date, str]:
        # The sum of the hashes takes rows in any order, and, unlike an exclusive or, one that is there twice.
        marked = f"{day}, count(*) || '-' || sum(hash({', '.join(columns)}))"
        with _told(table, "read"):
            found = self._connection.execute(f"select {marked} from {table.name} group by {day}").fetchall()
        return dict(found)

    def drop(self, table: Table) -> None:
        kind = self._kinds.pop(table.name, None)
        if kind:
            self._connection.execute(f"drop {kind} {table.name}")

    def explain(self, sql: str) -> str:
        return sql

    def close(self) -> None:
        if self._open:
            self._connection.close()
            self._open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def _told(table: Table, done: str) -> Iterator[None]:
    """What DuckDB says of a file or a disk, as one line that names the table."""
    try:
        yield
    except duckdb.Error as error:
        raise LakeFailed(f"table {table.name} cannot be {done}: {str(error).splitlines()[0]}") from error
