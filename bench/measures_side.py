"""Simulates a log of purchases, groups it bare, and takes it to current and future measures, each in a process."""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

# Before NumPy is loaded: small dot products in a loop take six times as long on two threads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import duckdb
import numpy as np
import pyarrow as pa

BEGIN, CUT = date(2023, 1, 1), date(2025, 1, 1)
OPENING = date(2024, 1, 1)
DAYS, CATEGORIES, PRODUCTS = (CUT - BEGIN).days, 20, 2_000
BEFORE = BEGIN
MEMORY, THREADS, TIMES = "6GB", 2, 3
CURRENCY = "USD"
# A tenth of all customers have a second source record, under which every fifth of their purchases stands.
_LINES = """
copy (
    select md5(cast(number as varchar)) as event_id, '1' as line_id, {customer} as customer_id,
        '0190c8f1-0000-7000-8000-' || lpad(to_hex(2 * who + cast(who % 10 = 0 and number % 5 = 0 as int)), 12, '0')
            as source_record,
        timestamp '{begin} 12:00:00' + to_days(day) as occurred_at, date '{begin}' + day as occurred_on,
        'store' as touchpoint, 'p' || product as product_id, cast(1 as decimal(18, 3)) as quantity,
        cast(cast(cents as decimal(18, 2)) / 100 as decimal(18, 2)) as amount,
        cast(cast(off as decimal(18, 2)) / 100 as decimal(18, 2)) as discount,
        -- What the stage of identity adds to a purchase, which has one line here.
        cast(1 as bigint) as lines, cast(cast(off as decimal(18, 2)) / 100 as decimal(18, 2)) as bought_discount,
        cast(0 as decimal(18, 2)) as returned, cast(0 as bigint) as undiscounted
    from drawn
) to '{path}' (format parquet, compression zstd)
"""
_CUSTOMER = "'0190c8f0-0000-7000-8000-' || lpad(to_hex(who), 12, '0')"
_BESIDE = {
    "customers": f"""select {_CUSTOMER} as customer_id, {_CUSTOMER} as unit, 1 + cast(who % 10 = 0 as bigint)
        as source_records, date '{BEGIN}' + cast(born as int) as first_seen_on from people""",
    "identity_map": f"""select '0190c8f1-0000-7000-8000-' || lpad(to_hex(2 * who + second), 12, '0') as source_record,
        {_CUSTOMER} as customer_id, {_CUSTOMER} as unit from people cross join (values (0), (1)) as t (second)
        where second = 0 or who % 10 = 0""",
    "products": f"""select 'p' || range as product_id, 'department ' || range % {CATEGORIES} as department
        from range({PRODUCTS})""",
}


def write(folder: Path, purchases: int, customers: int) -> dict[str, Any]:
    """A log of single-line purchases of two years, a file a month in the order of days, and who the customers are.

    Customers come in over the two years, buy at a pace that is gamma over customers, and leave.
    """
    rng = np.random.default_rng(11)
    born = np.where(
        rng.random(customers) < 0.4, rng.integers(0, 30, customers), rng.integers(0, DAYS, customers)
    )
    gone, pace = born + rng.exponential(500, customers), rng.gamma(0.8, 1, customers)
    (folder / "log").mkdir()
    with _connected(folder) as connection:
        connection.register("people", pa.table({"who": np.arange(customers), "born": born}))
        for name, select in _BESIDE.items():
            connection.execute(
                f"copy ({select}) to '{folder / name}.parquet' (format parquet, compression zstd)"
            )
        months = [
            (first, last, pace * np.clip(np.minimum(gone, last) - np.maximum(born, first), 0, None))
            for first, last in _months()
        ]
        number, left, weight = 0, purchases - customers, sum(month[2].sum() for month in months)
        for first, last, weights in months:
            count = round(left * weights.sum() / weight)
            left, weight = left - count, weight - weights.sum()
            who = np.searchsorted(np.cumsum(weights), rng.random(count) * weights.sum(), side="right")
            who = np.minimum(who, customers - 1)
            low, high = np.maximum(born, first)[who], np.minimum(gone, last)[who]
            day = np.clip(np.floor(low + rng.random(count) * (high - low)), first, last - 1)
            came = np.flatnonzero((born >= first) & (born < last))
            drawn = _drawn(rng, number, np.concatenate([who, came]), np.concatenate([day, born[came]]))
            connection.register("drawn", drawn)
            path = folder / "log" / f"{BEGIN + timedelta(days=int(first))}.parquet"
            connection.execute(_LINES.format(customer=_CUSTOMER, begin=BEGIN, path=path))
            number += drawn.num_rows
    return {"purchases": number, "customers": customers}


def _months() -> list[tuple[int, int]]:
    firsts = [date(year, month, 1) for year in (2023, 2024) for month in range(1, 13)]
    bounds = [(first - BEGIN).days for first in [*firsts, CUT]]
    return list(pairwise(bounds))


def _drawn(rng: np.random.Generator, number: int, who: np.ndarray, day: np.ndarray) -> pa.Table:
    order = np.argsort(day, kind="stable")
    cents = np.maximum(1, np.round(rng.lognormal(7.6, 0.7, who.size))).astype(np.int64)
    return pa.table(
        {
            "number": np.arange(number, number + who.size),
            "who": who[order],
            "day": day[order].astype(np.int32),
            "product": rng.integers(0, PRODUCTS, who.size),
            "cents": cents,
            "off": np.where(rng.random(who.size) < 0.2, cents // 10, 0),
        }
    )


def _connected(folder: Path) -> duckdb.DuckDBPyConnection:
    settings = {"threads": THREADS, "memory_limit": MEMORY, "temp_directory": str(folder / "spill")}
    return duckdb.connect(":memory:", config=settings)


def bare(folder: Path) -> dict[str, Any]:
    """Distinct days, sum, last and first by customer over the log, into a table; the best of three."""
    log = f"read_parquet('{folder / 'log'}/*.parquet')"
    statement = (
        "create or replace table bare as select customer_id, count(distinct occurred_on) as days, "
        f"sum(amount) as spend, max(occurred_on) as last_on, min(occurred_on) as first_on from {log} "
        "group by customer_id"
    )
    with _connected(folder) as connection:
        return min((_timed(lambda: connection.execute(statement)) for _ in range(TIMES)), key=_processor)


def _processor(taken: dict[str, float]) -> float:
    return taken["processor_seconds"]


def _timed(work: Callable[[], object]) -> dict[str, float]:
    begun, processor = time.perf_counter(), time.process_time()
    work()
    return {"seconds": time.perf_counter() - begun, "processor_seconds": time.process_time() - processor}


def from_log(folder: Path) -> dict[str, Any]:
    """From purchases to measures in one go, the categories apart; each step of the stage by its name."""
    with _lake(folder) as lake:
        parts = {"customer_sums": _timed(lambda: _step(lake, "customer_sums", BEFORE, OPENING, CUT))}
        parts |= _measured(lake)
        apart = {
            name: _timed(lambda name=name: _step(lake, name, OPENING, CUT))
            for name in ("category_spend", "current_values")
        }
    return {"parts": parts, "apart": apart}


def roll(folder: Path) -> dict[str, Any]:
    """The rollup made as on a first night, and brought up to date on one without news."""
    from sterna.engine.value import rollup

    with _lake(folder) as lake:
        first, again = (
            _timed(lambda: rollup.bring_up(lake, BEFORE, OPENING, folder / "rolled")) for _ in range(2)
        )
    return {"first": first, "again": again}


def from_rollup(folder: Path) -> dict[str, Any]:
    """From the rollup of an earlier night to the measures that come of the log, the categories apart."""
    with _lake(folder) as lake:
        _mount(lake, "record_shelves", [str(path) for path in sorted((folder / "rolled").iterdir())])
        parts = {"rolled_sums": _timed(lambda: _step(lake, "rolled_sums", BEFORE, OPENING))}
        return {"parts": parts | _measured(lake)}


def _measured(lake: Any) -> dict[str, dict[str, float]]:
    """From the sums of customers to current and future measures."""
    parts = {
        name: _timed(lambda name=name: _step(lake, name, CUT))
        for name in ("histories", "cells", "spend_cells")
    }
    parts["fit and score purchases"] = _timed(lambda: _future(lake, "cells"))
    parts["fit and score spend"] = _timed(lambda: _future(lake, "spend_cells"))
    _mount(lake, "category_spend", [])
    return parts | {"current_values": _timed(lambda: _step(lake, "current_values", OPENING, CUT))}


def _lake(folder: Path) -> Any:
    from sterna.engine.lake import open_lake
    from sterna.engine.tables import FROZEN, LAKE, TABLES

    lake = open_lake("duckdb", folder / "spill", memory=MEMORY)
    for table in (*LAKE, *FROZEN):
        lake.mount(table, [])
    log = [str(path) for path in sorted((folder / "log").iterdir())]
    for name in ("clean_lines", "purchases"):
        _mount(lake, name, log)
    for name in ("happenings", "spend_cells"):
        _mount(lake, name, [])
    for name in _BESIDE:
        _mount(lake, name, [str(folder / f"{name}.parquet")])
    # What the first fetch and the first fit load is loaded before the clock runs, as the bare side's engine is.
    fitting = importlib.import_module("sterna.engine.value.fitting")
    fitting.score_spend(lake.fetch(TABLES["spend_cells"]), CURRENCY)
    return lake


def _mount(lake: Any, name: str, files: list[str]) -> None:
    from sterna.engine.tables import TABLES

    lake.mount(TABLES[name], files)


def _step(lake: Any, name: str, *days: date, **more: Any) -> object:
    from sterna.engine import steps

    step = steps.load(f"value/{name}")
    names = [parameter for parameter in step.parameters if parameter not in more]
    return steps.run(lake, step.name, **dict(zip(names, days, strict=False)), **more)


def _future(lake: Any, read: str) -> None:
    from sterna.engine.tables import TABLES
    from sterna.engine.value import HALF_A_YEAR
    from sterna.engine.value.fitting import score_lifetime, score_spend
    from sterna.engine.value.models import BG_NBD

    cells = lake.fetch(TABLES[read])
    found = score_lifetime(cells, BG_NBD, HALF_A_YEAR) if read == "cells" else score_spend(cells, CURRENCY)
    lake.put(TABLES["cell_scores" if read == "cells" else "spend_scores"], found.scores)
    print(json.dumps(found.record), file=sys.stderr)


VERBS = {"bare": bare, "log": from_log, "roll": roll, "rollup": from_rollup}

if __name__ == "__main__":
    verb, where, *sizes = sys.argv[1:]
    place = Path(where)
    done = write(place, *map(int, sizes)) if verb == "write" else VERBS[verb](place)
    print(json.dumps(done))
