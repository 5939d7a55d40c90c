"""Times the way from a log of purchases to current and future measures, beside a bare group by."""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.homes import Tell
from bench.measuring import Measured, python
from bench.results import Figure, Ratio, Result, Target

GB = 10**9
CUSTOMER_BUYS = 50  # purchases of one customer, on average, in the two years of the log
FROM_LOG, BROAD, ROLLED, MEMORY = 2.0, 4.0, 0.3, 8  # times the bare group by; GB
Parts = Mapping[str, Mapping[str, float]]


def measure_purchases(purchases: int, homes: Path | None, tell: Tell) -> Result:
    """Measure on a log of so many purchases; its folder is made under `homes` and removed."""
    if homes is not None:
        homes.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sterna-bench-", dir=homes) as folder:
        wrote = _child(tell, "write", folder, str(purchases), str(max(purchases // CUSTOMER_BUYS, 1)))
        done = {verb: _child(tell, verb, folder) for verb in ("bare", "log", "roll", "rollup")}
    found = {verb: json.loads(each.output) for verb, each in done.items()}
    bare, log = found["bare"], found["log"]
    sides = {
        "from the log": (_sum(log["parts"]), FROM_LOG),
        "from the log, breadth and entropy": (_sum(log["apart"]), BROAD),
        "from the rollup": (_sum(found["rollup"]["parts"]), ROLLED),
    }
    for side, (taken, _) in sides.items():
        tell(f"{side}: {taken['processor_seconds'] / bare['processor_seconds']:.2f} times the bare group by")
    return Result(
        "measures",
        sum(taken["seconds"] for taken, _ in sides.values()),
        json.loads(wrote.output),
        tuple(
            Ratio(f"{side} / bare", taken["seconds"], bare["seconds"]) for side, (taken, _) in sides.items()
        ),
        (
            # In processor seconds: what else the machine does weighs less on them than on the clock.
            *(
                Target(
                    f"{side}: {most:g} times the bare group by",
                    taken["processor_seconds"],
                    most * bare["processor_seconds"],
                    "processor s",
                )
                for side, (taken, most) in sides.items()
            ),
            Target("peak memory", done["log"].peak_bytes / GB, MEMORY, "GB"),
        ),
        (
            _figure("bare group by", bare, done["bare"]),
            *_figures("from the log", log["parts"], done["log"]),
            *_figures("  breadth and entropy", log["apart"], None),
            *_figures("from the rollup", found["rollup"]["parts"], done["rollup"]),
            _figure("the rollup made on a first night", found["roll"]["first"], done["roll"]),
            _figure("the rollup on a night without news", found["roll"]["again"], None),
        ),
    )


def _sum(parts: Parts) -> dict[str, float]:
    names = ("seconds", "processor_seconds")
    return {name: sum(part[name] for part in parts.values()) for name in names}


def _figures(what: str, parts: Parts, done: Measured | None) -> list[Figure]:
    return [
        _figure(what, _sum(parts), done),
        *(_figure(f"    {name}", part, None) for name, part in parts.items()),
    ]


def _figure(what: str, taken: Mapping[str, Any], done: Measured | None) -> Figure:
    peak = None if done is None else done.peak_bytes
    return Figure(what, taken["seconds"], None, taken["processor_seconds"], peak)


def _child(tell: Tell, verb: str, folder: str, *sizes: str) -> Measured:
    tell(" ".join(["bench.measures_side", verb, *sizes]))
    return python("bench.measures_side", [verb, folder, *sizes], os.environ)
