"""Times `sterna link` on people whose doubles are known, beside a raw join of the same file by the same keys."""

import json
import os
import tempfile
from pathlib import Path

from bench.homes import Tell
from bench.measuring import Measured, python
from bench.results import Figure, Ratio, Result, Target

GB = 10**9
SECONDS, MEMORY = 60, 2


def link_people(records: int, homes: Path | None, tell: Tell) -> Result:
    """Find the doubles among so many records; the folder of it is made under `homes` and removed. No home is needed."""
    if homes is not None:
        homes.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sterna-bench-", dir=homes) as folder:
        _child(tell, "write", folder, str(records))
        people, out = Path(folder) / "people.parquet", Path(folder) / "out"
        tell(f"sterna link {people.name}, {records:,} records")
        linked = python("sterna.cli.main", ["link", str(people), "--out", str(out), "--json"], os.environ)
        raw, judged = (json.loads(_child(tell, verb, folder).output) for verb in ("join", "judge"))
    tell(
        f"blocking ceiling {judged['compared'] / judged['true']:.4f}, "
        f"precision {judged['right'] / max(judged['merged'], 1):.4f}, recall {judged['right'] / judged['true']:.4f}"
    )
    return Result(
        "link",
        linked.seconds,
        {
            "records": records,
            "true": judged["true"],
            "compared": judged["compared"],
            "merged": judged["merged"],
            "right": judged["right"],
        },
        (Ratio("link / raw join", linked.seconds, raw["seconds"]),),
        (
            Target("sterna link", linked.seconds, SECONDS, "s"),
            Target("peak memory", linked.peak_bytes / GB, MEMORY, "GB"),
        ),
        (
            Figure("sterna link", linked.seconds, records, linked.processor_seconds, linked.peak_bytes),
            Figure("raw join", raw["seconds"], raw["pairs"]),
        ),
    )


def _child(tell: Tell, *arguments: str) -> Measured:
    tell(f"bench.people {arguments[0]}")
    return python("bench.people", arguments, os.environ)
