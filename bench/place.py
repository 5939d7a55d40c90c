"""Times the placing of a million customers by a turn, and of some of them between two turns."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.homes import Home, Tell, home
from bench.results import Figure, Ratio, Result, Target

GB = 10**9
SIDE = "bench.place_side"
MILLI = 1000


def place_customers(customers: int, homes: Path | None, keep: bool, tell: Tell) -> Result:
    """Place so many customers in three schemes of tiers, eight segments and three stages; then one in a hundred.

    The home is made under `homes` and removed.
    """
    with home(homes, tell, keep) as fresh:
        folder = fresh.path / "placed"
        folder.mkdir()
        _side(fresh, "write", folder, customers)
        turn, raw = (_side(fresh, verb, folder, customers) for verb in ("place", "raw"))
        fresh.sterna("migrate")
        settings = fresh.environment | {"DJANGO_SETTINGS_MODULE": "sterna.desk.config.settings"}
        live = _side(replace(fresh, environment=settings), "live", folder, customers)
    return Result(
        "place",
        turn["seconds"],
        {"customers": customers, "due between runs": live["due"]},
        (
            Ratio("all places / raw group by customer", turn["seconds"], raw["seconds"]),
            Ratio("one customer at p95 / fetching the rolled-up text at p95", live["p95"], live["raw"]),
        ),
        (
            Target("places of everybody: seconds", turn["seconds"], 60, "s"),
            Target("places of everybody: peak memory", turn["peak"] / GB, 4, "GB"),
            Target("matrix", turn["matrix"], 2, "s"),
            Target("one in a hundred between runs", live["batch"], 5, "s"),
            Target("one customer between runs at p95, in milliseconds", live["p95"] * MILLI, 5, "ms"),
        ),
        (
            Figure("places of everybody", turn["seconds"], customers, peak_bytes=turn["peak"]),
            *(Figure(f"  {step.rpartition(' ')[0]}", taken) for step, taken in turn["parts"].items()),
            Figure("raw group by customer", raw["seconds"]),
            Figure("panel laid out", live["panel"], customers),
            Figure("rolled up and copied to the records, timers of seven days", live["following"], customers),
            Figure("one in a hundred between runs", live["batch"], live["due"]),
            Figure("one customer between runs, median", live["median"]),
        ),
    )


def _side(fresh: Home, verb: str, folder: Path, customers: int) -> Any:
    return json.loads(fresh.child(SIDE, verb, str(folder), str(customers)).output)
