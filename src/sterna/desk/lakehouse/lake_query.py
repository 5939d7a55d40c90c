"""The one door from a page to the lake: read-only, with a limit of rows and of seconds."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from sterna.desk.config.refused import Refused
from sterna.engine.errors import LakeMissing
from sterna.engine.lake.files import file_literal

ROWS, SECONDS = 1_000, 5.0


@dataclass(frozen=True)
class Limits:
    """What a question may take."""

    threads: int = 1
    memory: str = "512MB"


def lake_query(
    sql: str,
    files: Mapping[str, Sequence[str]],
    parameters: Mapping[str, Any],
    rows: int = ROWS,
    seconds: float = SECONDS,
    limits: Limits = Limits(),
) -> list[tuple[Any, ...]]:
    """At most `rows` rows of `sql` over the Parquet `files` of each table it names.

    A table without a file reads as missing: its query answers nothing. Raises Refused when the time is over, and
    LakeMissing when a listed file is gone.
    """
    if any(not paths for paths in files.values()):
        return []
    connection = duckdb.connect(":memory:", config={"threads": limits.threads, "memory_limit": limits.memory})
    timer = threading.Timer(seconds, connection.interrupt)
    timer.start()
    try:
        for table, paths in files.items():
            listed = ", ".join(file_literal(path) for path in paths)
            connection.execute(
                f'create view "{table}" as from read_parquet([{listed}], union_by_name = true)'
            )
        return connection.execute(sql, dict(parameters)).fetchmany(rows)
    except duckdb.InterruptException:
        raise Refused(f"this question took longer than {seconds:g} seconds: narrow it") from None
    except duckdb.IOException as error:
        raise LakeMissing(str(error)) from error
    finally:
        timer.cancel()
        connection.close()
