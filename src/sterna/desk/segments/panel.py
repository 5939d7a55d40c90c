"""Lays what a run left of its customers out for questions: customers by number, what they did by day."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from sterna.engine.errors import LakeMissing
from sterna.engine.lake.files import file_literal
from sterna.engine.rules import MEASURES, SHELVES
from sterna.engine.tables import TABLES

Files = Mapping[str, Sequence[str]]

# What a rule can read, by name. Numbers take a tenth of the time of the texts that name customers in a run, and days in
# order let a question about ninety of them leave the rest alone.
READS = (
    *("customers", "current_facts", "purchases", "clean_lines", "products", "happenings"),
    *("values", "values_before", "consents", "memberships"),
)
_PEOPLE = """
create table people as
select row_number() over (order by customer_id)::integer as n, customer_id, unit from customers
"""
_MEASURES = ", ".join(f'v."{name}"' for name in MEASURES)
_LAID_OUT = {
    "people": "select n, customer_id from people order by n",
    # Who is in no known household shares none: without the case all of them would live in one.
    "customers": """
        select n as customer_id, case when unit is not null then min(n) over (partition by unit) end as unit
        from people order by n""",
    "current_facts": """
        select p.n as customer_id, f.fact_class, f.value, f.source, f.observed_on, f.confidence
        from current_facts as f join people as p using (customer_id) order by f.fact_class, p.n""",
    "purchases": """
        select p.n as customer_id, b.occurred_on, b.touchpoint, b.amount
        from purchases as b join people as p using (customer_id) order by b.occurred_on, p.n""",
    "shelves": f"""
        select p.n as customer_id, s.occurred_on, s.touchpoint, s.category, cast(s.amount as decimal(18, 2)) as amount
        from {SHELVES} as s join people as p using (customer_id) order by s.occurred_on, p.n""",
    "happenings": """
        select p.n as customer_id, h.kind, h.occurred_on, h.touchpoint
        from happenings as h join people as p using (customer_id) order by h.occurred_on, p.n""",
    "values": f"""
        select p.n as customer_id, {_MEASURES} from "values" as v join people as p using (customer_id) order by p.n""",
    "values_before": f"""
        select p.n as customer_id, {_MEASURES}
        from values_before as v join people as p using (customer_id) order by p.n""",
    "consents": """
        select p.n as customer_id, c.medium, c.purpose, c.granted
        from consents as c join people as p using (customer_id) order by p.n""",
    "memberships": """
        select p.n as customer_id, m.scheme, m.place, m.entered_on
        from memberships as m join people as p using (customer_id) order by m.scheme, p.n""",
}


def lay_out(folder: Path, tables: Files, memory: str = "2GB") -> Files:
    """The panel in `folder` made of a run's Parquet files, as files by table; one that is there already is taken.

    A table without a file is empty. `people` names the customer of each number. Raises LakeMissing naming a file that
    is gone or broken.
    """
    if not folder.exists():
        unfinished = folder.with_name(f"{folder.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        try:
            _write(unfinished, tables, memory)
        except (duckdb.IOException, duckdb.InvalidInputException) as error:
            raise LakeMissing(str(error).partition("\n")[0]) from error
        # Whole or not at all: a panel that was half written would count half of the customers.
        unfinished.rename(folder)
    return {name: [str(folder / f"{name}.parquet")] for name in _LAID_OUT}


def _write(folder: Path, tables: Files, memory: str) -> None:
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": 2,
        "memory_limit": memory,
        "temp_directory": str(folder / "scratch"),
    }
    with duckdb.connect(":memory:", config=config) as connection:
        for name in READS:
            connection.execute(f'create view "{name}" as {_read(name, tables.get(name, ()))}')
        connection.execute(_PEOPLE)
        for name, select in _LAID_OUT.items():
            target = file_literal(str(folder / f"{name}.parquet"))
            connection.execute(f"copy ({select}) to {target} (format parquet, compression lz4)")
    shutil.rmtree(folder / "scratch", ignore_errors=True)


def _read(name: str, paths: Sequence[str]) -> str:
    """A table of the contract: of files that lack a column, as older ones may, it is empty."""
    columns = TABLES[name].columns.items()
    empty = (
        "select " + ", ".join(f'cast(null as {kind}) as "{column}"' for column, kind in columns) + " limit 0"
    )
    if not paths:
        return empty
    listed = ", ".join(file_literal(path) for path in paths)
    return f"({empty}) union all by name (select * from read_parquet([{listed}], union_by_name = true))"
