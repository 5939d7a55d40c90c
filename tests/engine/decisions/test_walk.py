"""The walk down the budget: never over it, the frontier closes, the held out take nothing; arms are stable."""

import hashlib
from collections import Counter
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.engine.decisions import arm, threshold, walk
from sterna.engine.errors import BadInput
from sterna.engine.lake import arrow
from sterna.engine.tables import TABLES


def ranked(customers: list[tuple[str, list[tuple]]]) -> pa.Table:
    """Customers in order of rank as (arm, ways), ways as (asset, medium, cost, capacity)."""
    rows = [
        {
            "customer_id": f"c{number:05}",
            "unit": f"u{number}",
            "asset": asset,
            "goal": "up",
            "medium": medium,
            "position": number,
            "choice": choice,
            "arm": drawn,
            "cost": Decimal(cost).quantize(Decimal("0.01")),
            "capacity": capacity,
        }
        for number, (drawn, ways) in enumerate(customers, start=1)
        for choice, (asset, medium, cost, capacity) in enumerate(ways, start=1)
    ]
    return pa.Table.from_pylist(rows, schema=arrow.schema(TABLES["ranked"]))


def walked(customers: list[tuple[str, list[tuple]]], budget: str):
    made = walk(ranked(customers), Decimal(budget))
    return made, [
        (row["outcome"], row["medium"], row["barrier"], row["spent"]) for row in made.allocations.to_pylist()
    ]


MAIL, CALL = ("voucher", "email", "2.00", None), ("call", "phone", "4.50", 1)


def test_the_budget_reaches_to_the_frontier_and_no_further():
    made, rows = walked([("treated", [MAIL])] * 4, "5.00")
    assert [row[0] for row in rows] == ["contact", "contact", "left out", "left out"]
    assert [row[2] for row in rows] == [None, None, "budget", "budget"]
    assert (made.frontier, made.spent) == (2, Decimal("4.00"))


def test_nobody_below_the_frontier_is_reached_for_being_cheaper():
    cheap = ("note", "email", "0.01", None)
    _, rows = walked([("treated", [MAIL]), ("treated", [MAIL]), ("treated", [cheap])], "3.00")
    assert [row[0] for row in rows] == ["contact", "left out", "left out"]


def test_a_budget_that_fits_to_the_cent_is_spent_to_the_cent():
    made, rows = walked([("treated", [MAIL])] * 2, "4.00")
    assert [row[0] for row in rows] == ["contact", "contact"]
    assert made.spent == Decimal("4.00")


def test_a_full_way_falls_back_to_the_next_and_then_to_capacity():
    _, rows = walked([("treated", [CALL]), ("treated", [CALL, MAIL]), ("treated", [CALL])], "99.00")
    assert [(row[0], row[1]) for row in rows] == [
        ("contact", "phone"),
        ("contact", "email"),
        ("left out", "phone"),
    ]
    assert rows[2][2] == "capacity"


def test_the_held_out_take_neither_money_nor_place():
    made, rows = walked([("held out", [CALL]), ("treated", [CALL])], "4.50")
    assert [row[0] for row in rows] == ["held out", "contact"]
    assert made.spent == Decimal("4.50")
    _, closed = walked([("treated", [MAIL]), ("held out", [MAIL])], "3.00")
    assert [row[0] for row in closed] == ["contact", "left out"]


def test_nobody_to_walk_over_costs_nothing():
    made, rows = walked([], "10.00")
    assert (rows, made.frontier, made.spent) == ([], 0, 0)


WAYS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]),
        st.sampled_from(["email", "letter", "phone"]),
        st.decimals(min_value=0, max_value=9, places=2),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda way: way[:2],
)


@given(
    st.lists(st.tuples(st.sampled_from(["treated", "held out"]), WAYS), max_size=40),
    st.decimals(min_value=0, max_value=60, places=2),
    st.integers(min_value=0, max_value=4),
)
def test_R88_the_budget_and_the_capacities_are_never_exceeded(customers, budget, capacity):
    limited = [(drawn, [(*way, capacity) for way in ways]) for drawn, ways in customers]
    made = walk(ranked(limited), budget)
    rows = made.allocations.to_pylist()
    costs = {
        (number, way[0], way[1]): way[2] for number, (_, ways) in enumerate(customers, 1) for way in ways
    }
    reached = [row for row in rows if row["outcome"] == "contact"]
    assert (
        sum((costs[r["position"], r["asset"], r["medium"]] for r in reached), Decimal(0))
        == made.spent
        <= budget
    )
    assert all(count <= capacity for count in Counter((r["asset"], r["medium"]) for r in reached).values())
    assert [row["position"] for row in rows] == list(range(1, len(customers) + 1))
    assert all((row["barrier"] is None) == (row["outcome"] != "left out") for row in rows)


def test_R89_the_arm_is_the_written_hash_rule():
    for number in range(200):
        prefix = int(hashlib.md5(f"salt|u{number}".encode()).hexdigest()[:8], 16)
        assert arm("salt", f"u{number}", 0.2) == ("held out" if prefix / 2**32 < 0.2 else "treated")


def test_R89_one_in_five_is_held_out_whatever_the_order_or_company():
    units = [f"household:{number}" for number in range(20_000)]
    drawn = {unit: arm("second-half", unit, 0.2) for unit in units}
    held = sum(value == "held out" for value in drawn.values())
    assert abs(held / len(units) - 0.2) < 0.0113  # four standard errors
    assert {unit: arm("second-half", unit, 0.2) for unit in reversed(units[:500])}.items() <= drawn.items()
    assert drawn != {unit: arm("another", unit, 0.2) for unit in units}


@pytest.mark.parametrize("share", [-0.1, 0.51, 1.0])
def test_a_share_that_is_no_hold_out_is_refused(share):
    with pytest.raises(BadInput, match="between 0 and"):
        threshold(share)


def test_the_threshold_is_exact_text():
    assert (threshold(0), threshold(0.5), threshold(0.25), threshold(0.2)) == (
        "00000000",
        "80000000",
        "40000000",
        "33333334",
    )
