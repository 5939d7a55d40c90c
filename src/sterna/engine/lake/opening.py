"""Chooses the lake engine that a setting names."""

import re
from pathlib import Path

from sterna.engine.errors import Unsupported
from sterna.engine.lake.base import Lake


def open_lake(engine: str, scratch: Path, memory: str = "4GB", threads: int = 2) -> Lake:
    """The lake that `engine` names: `duckdb`, or a Spark master such as `spark://host:7077` or `local[2]`.

    `scratch` is a folder for spilled data. Raises Unsupported for any other name or a missing package.
    """
    if engine == "duckdb":
        from sterna.engine.lake.duck import DuckLake

        return DuckLake(scratch, memory, threads)
    if re.fullmatch(r"spark://.+|local(\[(\d+|\*)\])?", engine):
        try:
            from sterna.engine.lake.spark import SparkLake
        except ModuleNotFoundError as missing:
            raise Unsupported(
                f"the lake engine {engine} needs the extra sterna[spark]: {missing}"
            ) from missing
        return SparkLake(engine, scratch, memory)
    raise Unsupported(f"no lake engine {engine!r}: use duckdb, spark://HOST:PORT or local[N]")
