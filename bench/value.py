"""Times `sterna value` on simulated summaries of customers, beside what `lifetimes` takes to fit the same rows."""

import json
import os
import tempfile
from pathlib import Path

from bench.homes import Tell
from bench.measuring import Measured, python
from bench.results import Figure, Ratio, Result, Target

GB = 10**9
MILLI = 1000
FASTER = 25  # times as fast as `lifetimes`
MORE = 10  # times as many customers, to see that it grows with their histories and not with them
LIMITS, LIMITS_OF_MORE = (
    (5, 0.6),
    (30, 2),
)  # processor seconds and GB of the command, for one million and for ten


def value_customers(summaries: int, homes: Path | None, tell: Tell) -> Result:
    """Fit and score so many customers, then ten times as many; the folder is made under `homes` and removed."""
    if homes is not None:
        homes.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sterna-bench-", dir=homes) as folder:
        _child(tell, "write", folder, summaries)
        ours, theirs = (
            json.loads(_child(tell, verb, folder, summaries).output) for verb in ("fit", "lifetimes")
        )
        command = _command(tell, folder, summaries)
        _child(tell, "write", folder, MORE * summaries)
        more = _command(tell, folder, MORE * summaries)
    tell(f"{ours['cells']:,} cells, {theirs['seconds'] / ours['seconds']:.1f} times as fast as lifetimes")
    return Result(
        "value",
        command.seconds,
        {"customers": summaries, "cells": ours["cells"]},
        (Ratio("lifetimes fit / read, fit and score", theirs["seconds"], ours["seconds"]),),
        (
            # Measured and limit in one run, so that what else the machine does weighs on both.
            Target(
                f"one {FASTER}th of lifetimes, in processor milliseconds",
                ours["processor_seconds"] * MILLI,
                theirs["processor_seconds"] * MILLI / FASTER,
                "ms",
            ),
            *_targets(f"{summaries:,}", command, LIMITS),
            *_targets(f"{MORE * summaries:,}", more, LIMITS_OF_MORE),
        ),
        (
            Figure(
                "read, collapse, fit, score and spread", ours["seconds"], summaries, ours["processor_seconds"]
            ),
            Figure("lifetimes, fit alone", theirs["seconds"], summaries, theirs["processor_seconds"]),
            _figure(f"sterna value, {summaries:,}", command, summaries),
            _figure(f"sterna value, {MORE * summaries:,}", more, MORE * summaries),
        ),
    )


def _command(tell: Tell, folder: str, customers: int) -> Measured:
    tell(f"sterna value summary.parquet, {customers:,} customers")
    summary, scores = (str(Path(folder) / name) for name in ("summary.parquet", "scores.parquet"))
    words = ["value", summary, "--grain", "week", "--horizon", "52", "--out", scores, "--json"]
    return python("sterna.cli.main", words, os.environ)


def _targets(customers: str, command: Measured, limits: tuple[float, float]) -> tuple[Target, Target]:
    return (
        Target(f"sterna value, {customers}: processor seconds", command.processor_seconds, limits[0], "s"),
        Target(f"sterna value, {customers}: peak memory", command.peak_bytes / GB, limits[1], "GB"),
    )


def _figure(what: str, done: Measured, rows: int) -> Figure:
    return Figure(what, done.seconds, rows, done.processor_seconds, done.peak_bytes)


def _child(tell: Tell, verb: str, folder: str, customers: int) -> Measured:
    tell(f"bench.value_side {verb} {customers:,}")
    return python("bench.value_side", [verb, folder, str(customers)], os.environ)
