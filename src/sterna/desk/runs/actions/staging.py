"""Copies a run's files into temporary tables, so that each app publishes its part by one SELECT."""

import io
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as csv
from django.db import connection

from sterna.desk.config.ids import new_id
from sterna.desk.values.actions.publishing import ROOMS
from sterna.engine.lake import open_lake
from sterna.engine.tables import TABLES, Table

_TYPES = {"VARCHAR": "text", "DOUBLE": "double precision", "TIMESTAMP": "timestamp"}

# What pages show of each table; the file keeps all of it.
_WHOLE = (
    *(
        "profiles",
        "values",
        "household_wallets",
        "best_customers",
        "places",
        "treatments",
        "matrix",
        "candidates",
        "segment_preferences",
        "decisions",
    ),
    *("comparisons", "campaign_reach", "event_counts"),
)
_LARGEST = Table(
    "largest_rooms", TABLES["category_wallets"].key, TABLES["category_wallets"].columns
)  # under a name of its own: a step cannot read the table it makes
_LARGEST_SQL = f"""
select customer_id, category, own, low, mid, high, peers from (
    select *, row_number() over (
        partition by customer_id order by mid - own desc nulls last, category
    ) as position
    from category_wallets where mid > own
) where position <= {ROOMS}
"""


def stage(files: Mapping[str, Path], scratch: Path, memory: str) -> None:
    """Fill `staged_<table>` for every published table, until the caller's transaction ends.

    `files` are the run's Parquet files by table. Rows of decisions and places get a `row_id`, a new id each, for the
    record they become.
    """
    with open_lake("duckdb", scratch, memory) as lake:
        for name in _WHOLE:
            lake.mount(TABLES[name], [str(files[name])])
            _copy(name, TABLES[name], lake.fetch(TABLES[name]))
            lake.drop(TABLES[name])
        lake.mount(TABLES["category_wallets"], [str(files["category_wallets"])])
        lake.make(_LARGEST, _LARGEST_SQL, {})
        _copy("category_wallets", _LARGEST, lake.fetch(_LARGEST))


def _copy(name: str, table: Table, rows: pa.Table) -> None:
    columns = dict(table.columns)
    if name in ("decisions", "places"):
        columns["row_id"] = "VARCHAR"
        rows = rows.append_column(
            "row_id", pa.array([str(new_id()) for _ in range(rows.num_rows)], pa.string())
        )
    typed = ", ".join(f"{column} {_TYPES.get(kind, kind)}" for column, kind in columns.items())
    with connection.cursor() as cursor:
        cursor.execute(f"create temporary table staged_{name} ({typed}) on commit drop")
        with cursor.copy(f"copy staged_{name} from stdin (format csv)") as copy:
            for batch in rows.to_batches(max_chunksize=100_000):
                copy.write(_as_csv(batch))
        cursor.execute(f"analyze staged_{name}")


def _as_csv(batch: pa.RecordBatch) -> bytes:
    """The batch as CSV: NULL is nothing and an empty text is "", as PostgreSQL reads them."""
    written = io.BytesIO()
    csv.write_csv(batch, written, csv.WriteOptions(include_header=False))
    return written.getvalue()
