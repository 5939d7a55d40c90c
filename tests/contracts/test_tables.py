"""The tables that pass a door hold money exactly and key the lake on what a merge cannot change."""

import re

import pytest

from sterna.engine.tables import LAKE, TABLES, Table

MONEY = re.compile(
    r"(^|_)(amount|spend|sales|cost|price|revenue|margin|balance|budget|fee|headroom|discount)(_|$)"
)


def inexact_money(table: Table) -> list[str]:
    """Columns named for money whose type is not a decimal."""
    columns = table.columns.items()
    return [
        name
        for name, kind in columns
        # Who told an amount, or why it is unknown, is said in words.
        if MONEY.search(name) and not kind.startswith("DECIMAL") and not name.endswith(("_source", "_reason"))
    ]


def test_inexact_money_is_found() -> None:
    planted = Table(
        "planted",
        ("id",),
        {"id": "VARCHAR", "unit_cost": "DOUBLE", "costume": "DOUBLE", "cost_source": "VARCHAR"},
    )
    assert inexact_money(planted) == ["unit_cost"]


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_money_is_decimal_in_every_table(table: Table) -> None:
    assert inexact_money(table) == []


@pytest.mark.parametrize("table", LAKE, ids=lambda table: table.name)
def test_the_lake_never_names_a_customer(table: Table) -> None:
    """A merge changes a source record's customer; a segment naming customers would have to be rewritten."""
    assert "customer_id" not in table.columns
    assert set(table.key) <= set(table.columns)
