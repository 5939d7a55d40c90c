"""What a table is, the types of its columns, and two short ways to write it down."""

from collections.abc import Mapping
from dataclasses import dataclass

TEXT, DAY, INSTANT, MONEY = "VARCHAR", "DATE", "TIMESTAMP", "DECIMAL(18,2)"
COUNT, SMALL, REAL, FLAG = "BIGINT", "INTEGER", "DOUBLE", "BOOLEAN"
SQUARE = "DECIMAL(38,4)"  # products of two amounts, summed exactly so that any row order gives one answer


@dataclass(frozen=True)
class Table:
    """A named table: its columns with DuckDB types, and the key that orders it and is unique."""

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, str]


def table(name: str, key: str, **columns: str) -> Table:
    """A table of some columns; those of the key that are not among them are texts and stand first."""
    return Table(
        name, tuple(key.split()), {**{one: TEXT for one in key.split() if one not in columns}, **columns}
    )


def of(kind: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), kind)
