"""The columns of every table that passes a door: the contract between the stages."""

from collections.abc import Mapping

from sterna.engine.tables.held import FROZEN, LAKE
from sterna.engine.tables.known import KNOWN
from sterna.engine.tables.placed import PLACED
from sterna.engine.tables.shape import COUNT, MONEY, REAL, Table

__all__ = ["COUNT", "FROZEN", "LAKE", "MONEY", "REAL", "TABLES", "Table"]

TABLES: Mapping[str, Table] = {table.name: table for table in (*LAKE, *FROZEN, *KNOWN, *PLACED)}
