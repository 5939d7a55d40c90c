"""Simulates summaries of customers, fits and scores them in this process, and lets `lifetimes` fit the same rows."""

import json
import os
import sys
import time
from pathlib import Path

# Before NumPy is loaded: small dot products in a loop take six times as long on two threads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

TRUTH = (0.243, 4.414, 0.793, 2.426)
CHUNK = 1_000_000
TIMES = 3  # of which the best counts, on either side


def write(folder: Path, customers: int) -> dict[str, int]:
    """A summary of customers who buy and leave as BG/NBD says, over 1 to 104 weeks, times in whole weeks."""
    rng = np.random.default_rng(7)
    schema = pa.schema([("frequency", pa.int32()), ("recency", pa.float64()), ("age", pa.float64())])
    with pq.ParquetWriter(folder / "summary.parquet", schema) as out:
        for begin in range(0, customers, CHUNK):
            columns = _simulated(rng, min(CHUNK, customers - begin))
            out.write_table(pa.table(dict(zip(schema.names, columns, strict=True)), schema=schema))
    return {"customers": customers}


def _simulated(rng: np.random.Generator, customers: int) -> tuple[np.ndarray, ...]:
    r, alpha, a, b = TRUTH
    pace, chance = rng.gamma(r, 1 / alpha, customers), rng.beta(a, b, customers)
    age = rng.integers(1, 105, customers).astype(float)
    x, last, now = (np.zeros(customers) for _ in range(3))
    buying = np.arange(customers)
    while buying.size:
        now[buying] += rng.exponential(1 / np.maximum(pace[buying], 1e-12))
        buying = buying[now[buying] <= age[buying]]
        x[buying] += 1
        last[buying] = now[buying]
        buying = buying[rng.random(buying.size) >= chance[buying]]
    return x.astype(np.int32), np.minimum(np.round(last), age), age


def fit(folder: Path, _: int) -> dict[str, float]:
    """Read the summary, collapse it, fit BG/NBD, and give each row P(alive) and the purchases of 52 weeks."""
    return min((_fitted(folder) for _ in range(TIMES)), key=lambda taken: taken["processor_seconds"])


def _fitted(folder: Path) -> dict[str, float]:
    from sterna.engine.value import forecasting, models
    from sterna.notebook import customer_cells, purchase_files

    model = models.MODELS["bg-nbd"]
    begun, processor = time.perf_counter(), time.process_time()
    with customer_cells.tables(folder / "scratch") as connection:
        customer_cells.take_summary(
            connection, purchase_files.incoming(folder / "summary.parquet", purchase_files.Told({})), "week"
        )
        x, t_x, age, weight = customer_cells.cells(connection)
        learned = forecasting.learn(model, x, t_x, age, weight)
        scores = forecasting.score(model, learned, x, t_x, age, 52.0)
        found = {
            "frequency": x,
            "recency": t_x,
            "age": age,
            "alive": scores.p_alive,
            "bought": scores.purchases,
        }
        held = pa.table({key: purchase_files.column(values) for key, values in found.items()})
        connection.register("scores", held)
        spread = connection.sql(
            "select row, alive, bought from customers join scores using (frequency, recency, age)"
        ).to_arrow_table()
    return _since(begun, processor) | {"rows": spread.num_rows, "cells": x.size}


def lifetimes(folder: Path, _: int) -> dict[str, float]:
    """Fit BG/NBD with `lifetimes` on the same rows, which are in memory already, and no more than that."""
    import warnings

    # The package is no longer kept: it warns of NumPy's and pandas' changes, and of its own bare arithmetic.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifetimes import BetaGeoFitter

        rows = pq.read_table(folder / "summary.parquet").to_pandas()
        taken = []
        for _ in range(TIMES):
            begun, processor = time.perf_counter(), time.process_time()
            BetaGeoFitter().fit(rows.frequency, rows.recency, rows.age)
            taken.append(_since(begun, processor))
    return min(taken, key=lambda each: each["processor_seconds"])


def _since(begun: float, processor: float) -> dict[str, float]:
    return {"seconds": time.perf_counter() - begun, "processor_seconds": time.process_time() - processor}


if __name__ == "__main__":
    verb, where, size = sys.argv[1:4]
    print(json.dumps({"write": write, "fit": fit, "lifetimes": lifetimes}[verb](Path(where), int(size))))
