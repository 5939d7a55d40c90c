"""The lake on Spark, local or on a standalone cluster that shares the file system."""

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import sqlglot
from py4j.protocol import Py4JError  # type: ignore[import-untyped]
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import col

from sterna.engine.errors import LakeFailed, LakeMissing, StepFailed, Unsupported
from sterna.engine.lake import arrow
from sterna.engine.lake.base import Value
from sterna.engine.tables import Table

_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",
    # Small tables: two hundred partitions of a thousand rows cost more than the work in them.
    "spark.sql.shuffle.partitions": "4",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.legacy.timeParserPolicy": "CORRECTED",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}


# A process has one Spark context at a time, whoever asked for it first; the last lake that closes ends it.
_sharing = threading.Lock()
_sharers: set[int] = set()


class SparkLake:
    """Tables of one Spark session, materialized under `scratch` so that each step runs once.

    Lakes that are open in one process at the same time have sessions of their own over one context: the first one's
    master and memory count for all.
    """

    name = "spark"

    def __init__(self, master: str, scratch: Path, memory: str = "4GB") -> None:
        scratch.mkdir(parents=True, exist_ok=True)
        self._scratch = scratch
        builder = SparkSession.builder.master(master).appName("sterna")
        builder = builder.config("spark.driver.memory", memory.lower().removesuffix("b"))
        builder = builder.config("spark.sql.warehouse.dir", str(scratch / "warehouse"))
        for key, value in _SETTINGS.items():
            builder = builder.config(key, value)
        with _sharing:
            self._session = builder.getOrCreate().newSession()
            _sharers.add(id(self))
        self._session.sparkContext.setLogLevel("ERROR")
        self._generation = 0

    def mount(self, table: Table, files: Sequence[str]) -> None:
        remote = [file for file in files if "://" in file]
        if remote:
            raise Unsupported(f"Spark reads a shared file system only; {remote[0]} is on an object store")
        missing = [file for file in files if not Path(file).exists()]
        if missing:
            raise LakeMissing(
                f"table {table.name}: {len(missing)} segment(s) missing, the first is {missing[0]}"
            )
        if not files:
            self.put(table, arrow.schema(table).empty_table())
            return
        with _told(table, "read"):
            rows = self._session.read.option("mergeSchema", "true").parquet(*map(_one, files))
            self._view(table, rows)

    def _view(self, table: Table, rows: DataFrame) -> None:
        columns = [
            f"cast({name} as {_spark_type(kind)}) as {name}"
            if name in rows.columns
            else f"cast(null as {_spark_type(kind)}) as {name}"
            for name, kind in table.columns.items()
        ]
        rows.selectExpr(*columns).createOrReplaceTempView(table.name)

    def put(self, table: Table, rows: pa.Table) -> None:
        path = self._next(table).with_suffix(".parquet")
        arrow.write(arrow.typed(table, rows), path)
        self._view(table, self._session.read.parquet(str(path)))

    def _next(self, table: Table) -> Path:
        self._generation += 1
        return self._scratch / f"{table.name}-{self._generation}"

    def make(self, table: Table, sql: str, parameters: Mapping[str, Value]) -> int:
        text = self.explain(sql)
        path = self._next(table)
        try:
            made = self._session.sql(text, args=dict(parameters))
            typed = [f"cast({name} as {_spark_type(kind)}) as {name}" for name, kind in table.columns.items()]
            made.selectExpr(*typed).write.mode("overwrite").parquet(str(path))
        except PySparkException as error:
            raise StepFailed(table.name, self.name, text, str(error)) from error
        rows = self._session.read.parquet(str(path))
        rows.createOrReplaceTempView(table.name)
        return rows.count()

    def fetch(self, table: Table) -> pa.Table:
        # Left alone Spark puts NULLs first and DuckDB last, and one outcome would have two orders.
        with _told(table, "read"):
            held = self._session.table(table.name)
            rows = held.orderBy(*(col(name).asc_nulls_last() for name in table.key)).toArrow()
        return arrow.typed(table, rows)

    def save(self, table: Table, path: Path) -> None:
        arrow.write(self.fetch(table), path)

    def marks(self, table: Table, day: str, columns: Sequence[str]) -> dict[date, str]:
        marked = f"count(*) || '-' || sum(cast(xxhash64({', '.join(columns)}) as decimal(38, 0))) as mark"
        with _told(table, "read"):
            rows = self._session.sql(f"select {day}, {marked} from {table.name} group by {day}").collect()
        return {row[0]: row[1] for row in rows}

    def drop(self, table: Table) -> None:
        self._session.catalog.dropTempView(table.name)

    def explain(self, sql: str) -> str:
        return sqlglot.transpile(sql, read="duckdb", write="spark", pretty=True)[0]

    def close(self) -> None:
        with _sharing:
            if id(self) in _sharers:
                _sharers.remove(id(self))
                if not _sharers:
                    self._session.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def _told(table: Table, done: str) -> Iterator[None]:
    """What Spark or its gateway says of a file, as one line that names the table."""
    try:
        yield
    except (PySparkException, Py4JError) as error:
        said = next((line for line in str(error).splitlines() if "[" in line), str(error))
        raise LakeFailed(f"table {table.name} cannot be {done}: {said}") from error


def _one(file: str) -> str:
    """A file's name as Spark takes it: one file, where a bare * or bracket would name others as well."""
    return re.sub(r"[*?\[\]{}\\]", r"\\\g<0>", file)


def _spark_type(kind: str) -> str:
    return {"VARCHAR": "string", "TIMESTAMP": "timestamp_ntz", "INTEGER": "int"}.get(kind, kind.lower())
