"""The one door from a page to the lake: read-only, with a limit of rows and of seconds."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from sterna.desk.config.refused import Refused
from sterna.engine.errors import LakeMissing
from sterna.engine.lake.files import file_literal
from sterna.engine.tables import TABLES

ROWS, SECONDS = 1_000, 5.0


@dataclass(frozen=True)
class Limits:
    """What a question may take, and whether a table of the contract without a file is `empty` or missing."""

    threads: int = 1
    memory: str = "512MB"
    empty: bool = False


def lake_query(
    sql: str,
    files: Mapping[str, Sequence[str]],
    parameters: Mapping[str, Any],
    rows: int = ROWS,
    seconds: float = SECONDS,
    limits: Limits = Limits(),
) -> list[tuple[Any, ...]]:
    """At most `rows` rows of `sql` over the Parquet `files` of each table it names.

    A table without a file reads as missing: its query answers nothing; where `limits` say so, one of the contract is
    read as empty. Raises Refused when the time is over, and LakeMissing when a listed file is gone.
    """
    if not limits.empty and any(not paths for paths in files.values()):
        return []
    connection = duckdb.connect(":memory:", config={"threads": limits.threads, "memory_limit": limits.memory})
    timer = threading.Timer(seconds, connection.interrupt)
    timer.start()
    try:
        for table, paths in files.items():
            connection.execute(f'create view "{table}" as {_view(table, paths)}')
        return connection.execute(sql, dict(parameters)).fetchmany(rows)
    except duckdb.InterruptException:
        raise Refused(f"this question took longer than {seconds:g} seconds: narrow it") from None
    except duckdb.IOException as error:
        raise LakeMissing(str(error)) from error
    finally:
        timer.cancel()
        connection.close()


def _view(table: str, paths: Sequence[str]) -> str:
    """What a table reads: its files, typed as the contract says where it is a table of it."""
    known = TABLES.get(table)
    if not paths and known is not None:
        named = ", ".join(f'cast(null as {kind}) as "{name}"' for name, kind in known.columns.items())
        return f"select {named} limit 0"
    listed = ", ".join(file_literal(path) for path in paths)
    return f"from read_parquet([{listed}], union_by_name = true)"
