"""The only door to analytical storage: Parquet files read by DuckDB or, by a setting, Spark."""

from sterna.engine.lake.base import Lake
from sterna.engine.lake.opening import open_lake

__all__ = ["Lake", "open_lake"]
