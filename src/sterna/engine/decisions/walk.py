"""Walks the ranked options down a budget and the capacities of the routes.

This is Python and not window sums, because a customer whose first way is full falls back to the next one: each
step depends on what all before it took, which no running sum over rows can say. It sees one row per open option.
"""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sterna.engine.tables import TABLES

HELD_OUT = "held out"


@dataclass(frozen=True)
class Walk:
    """What the walk gave: rows of `allocations`, the last rank that the budget reached, and what was spent."""

    allocations: pa.Table
    frontier: int
    spent: Decimal


@dataclass
class _Purse:
    """What is left at the present step: money in cents, places by (asset, medium), and who has what already.

    `homes` holds each (unit, asset) that went to somebody, or would have but for the hold-out.
    """

    left: int
    taken: Counter[tuple[str, str]]
    homes: set[tuple[str, str]]
    closed: bool = False


@dataclass(frozen=True)
class _Way:
    asset: str
    goal: str
    medium: str
    cost: int
    capacity: int | None

    def barrier(self, purse: _Purse, unit: str) -> str | None:
        if (unit, self.asset) in purse.homes:
            return "household"
        if self.capacity is not None and purse.taken[self.asset, self.medium] >= self.capacity:
            return "capacity"
        return "budget" if purse.closed or self.cost > purse.left else None


def walk(ranked: pa.Table, budget: Decimal) -> Walk:
    """Give each customer of `ranked` their first way that still has a place and is paid for.

    The first customer who finds places but no money closes the budget: nobody below is reached before somebody
    above for being cheaper. A unit gets an asset once, whoever of the household it goes to. Who is held out passes
    the same tests as who is treated, and takes neither money nor place. Amounts are counted in whole cents.
    """
    purse = _Purse(_cents(budget), Counter(), set())
    rows: list[tuple[object, ...]] = []
    frontier = 0
    for customer, unit, position, arm, ways in _customers(ranked):
        barriers = [way.barrier(purse, unit) for way in ways]
        chosen = next((way for way, barrier in zip(ways, barriers, strict=True) if barrier is None), None)
        if chosen is None:
            barrier = next(each for each in ("budget", "capacity", "household") if each in barriers)
            purse.closed = purse.closed or barrier == "budget"
            stuck = ways[barriers.index(barrier)]
            outcome = "left out"
        else:
            stuck, barrier, outcome = chosen, None, HELD_OUT if arm == HELD_OUT else "contact"
            frontier = position
            purse.homes.add((unit, chosen.asset))
            _pay(purse, chosen, outcome)
        spent = _amount(_cents(budget) - purse.left)
        rows.append((customer, stuck.asset, stuck.goal, stuck.medium, position, arm, outcome, barrier, spent))
    return Walk(_table(rows), frontier, _amount(_cents(budget) - purse.left))


def _pay(purse: _Purse, way: _Way, outcome: str) -> None:
    if outcome == "contact":
        purse.left -= way.cost
        purse.taken[way.asset, way.medium] += 1


def _customers(ranked: pa.Table) -> list[tuple[str, str, int, str, list[_Way]]]:
    """Customers by position, each with their ways by choice."""
    ordered = ranked.sort_by([("position", "ascending"), ("choice", "ascending")])
    names = ("customer_id", "unit", "arm", "asset", "goal", "medium", "capacity")
    customers, units, arms, assets, goals, media, capacities = (
        ordered.column(name).to_pylist() for name in names
    )
    costs = pc.multiply(ordered.column("cost"), pa.scalar(100, pa.int32())).cast(pa.int64()).to_pylist()
    ways = [_Way(*row) for row in zip(assets, goals, media, costs, capacities, strict=True)]
    positions = ordered.column("position").to_numpy()
    starts = np.flatnonzero(np.diff(positions, prepend=-1))
    ends = np.flatnonzero(np.diff(positions, append=-1)) + 1
    return [
        (customers[start], units[start], int(positions[start]), arms[start], ways[start:end])
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
    ]


def _cents(amount: Decimal) -> int:
    return int(amount * 100)


def _amount(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def _table(rows: list[tuple[object, ...]]) -> pa.Table:
    names = list(TABLES["allocations"].columns)
    types = {"position": pa.int64(), "spent": pa.decimal128(18, 2)}
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return pa.table(
        {
            name: pa.array(column, types.get(name, pa.string()))
            for name, column in zip(names, columns, strict=True)
        }
    )
