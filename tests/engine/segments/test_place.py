"""Places, matrix and candidates on ten customers whose figures are worked by hand."""

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sterna.engine import segments
from sterna.engine.lake import Lake, arrow, open_lake
from sterna.engine.tables import TABLES

OPENING = date(2017, 7, 1)
EARLY, LATE = date(2016, 3, 1), date(2017, 8, 1)
BANDS = [("bronze", 1, 1, 100), ("silver", 2, 100, 500), ("gold", 3, 500, None)]


@pytest.fixture
def lake(tmp_path):
    with open_lake("duckdb", tmp_path) as opened:
        yield opened


BESIDE = ("assets", "routes", "consents", "addresses", "current_facts", "excepted")


def put(lake: Lake, table: str, rows: list[dict]) -> None:
    lake.put(TABLES[table], pa.Table.from_pylist(rows, schema=arrow.schema(TABLES[table])))


def money(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value)).quantize(Decimal("0.01"))


def place(lake: Lake, customers: list[tuple], goals: list[tuple] = ()) -> dict[str, list[dict]]:
    """Customers are (id, first seen, spend before, spend now, headroom, room); goals (id, from, to)."""
    put(lake, "customers", [{"customer_id": c[0], "unit": c[0], "first_seen_on": c[1]} for c in customers])
    names = ("spend_before", "spend", "headroom")
    put(
        lake,
        "values",
        [
            {"customer_id": c[0], "room_category": c[5]}
            | {name: money(value) for name, value in zip(names, c[2:5], strict=True)}
            for c in customers
        ],
    )
    put(
        lake,
        "bands",
        [
            {"scheme": "tiers", "place": b[0], "rank": b[1], "low": money(b[2]), "high": money(b[3])}
            for b in BANDS
        ],
    )
    put(lake, "goals", [dict(zip(("goal", "from_place", "to_place"), goal, strict=True)) for goal in goals])
    for name in BESIDE:
        put(lake, name, [])
    segments.place(lake, "tiers", OPENING, "USD")
    return {name: lake.fetch(TABLES[name]).to_pylist() for name in segments.MAKES}


def ten() -> list[tuple]:
    """Ten known customers in bronze at the opening; three of them reach silver, one stays away."""
    moved = [(f"c{k}", EARLY, 50, 100, None, None) for k in range(3)]
    return [
        *moved,
        ("c3", EARLY, 50, 0, None, None),
        *[(f"c{k}", EARLY, 50, 99.99, None, None) for k in range(4, 10)],
    ]


def test_R4_three_of_ten_moved_is_thirty_percent(lake):
    matrix = {(row["from_place"], row["to_place"]): row for row in place(lake, ten())["matrix"]}
    up = matrix["bronze", "silver"]
    assert (up["customers"], up["opening"], up["share"]) == (3, 10, 0.3)
    assert (up["from_amount"], up["to_amount"]) == (Decimal("150.00"), Decimal("300.00"))
    assert matrix["bronze", "none"]["customers"] == 1
    assert matrix["bronze", "bronze"]["customers"] == 6
    # Nobody opened in gold: a share of nobody is unknown, not zero.
    assert matrix["gold", "gold"]["share"] is None


def test_R4_joiners_and_leavers_have_rows_of_their_own(lake):
    made = place(lake, [("new", LATE, None, 700, None, None), ("gone", EARLY, 700, None, None, None)])
    new, gone = (next(row for row in made["places"] if row["customer_id"] == who) for who in ("new", "gone"))
    assert (new["from_place"], new["from_rank"], new["from_amount"], new["to_place"]) == (
        "new",
        None,
        None,
        "gold",
    )
    assert (gone["from_place"], gone["to_place"], gone["to_rank"], gone["to_amount"]) == (
        "gold",
        "none",
        0,
        0,
    )


def test_first_seen_on_the_opening_day_is_new_and_the_day_before_is_not(lake):
    made = place(lake, [("on", OPENING, 0, 5, None, None), ("before", date(2017, 6, 30), 0, 5, None, None)])
    assert {row["customer_id"]: row["from_place"] for row in made["places"]} == {
        "on": "new",
        "before": "none",
    }


amounts = st.one_of(st.none(), st.decimals(min_value=-10, max_value=1000, places=2))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from([EARLY, LATE]), amounts, amounts), min_size=1, max_size=40))
def test_R4_every_row_of_the_matrix_sums_to_its_opening_headcount(lake, drawn):
    customers = [(f"c{k}", first, before, now, None, None) for k, (first, before, now) in enumerate(drawn)]
    made = place(lake, customers)
    assert len(made["places"]) == len(customers)
    assert sum(row["customers"] for row in made["matrix"]) == len(customers)
    for start in {row["from_place"] for row in made["matrix"]}:
        row = [cell for cell in made["matrix"] if cell["from_place"] == start]
        headcount = sum(place["from_place"] == start for place in made["places"])
        assert [cell["opening"] for cell in row] == [headcount] * 4
        assert sum(cell["customers"] for cell in row) == headcount


def test_R2_the_tier_follows_spend_and_the_order_of_candidates_follows_headroom(lake):
    same = [("little", EARLY, 50, 60, 10, "MEAT"), ("much", EARLY, 50, 60, 200, "PRODUCE")]
    made = place(lake, same, [("up", "bronze", "silver")])
    assert {row["to_place"] for row in made["places"]} == {"bronze"}
    assert [(row["customer_id"], row["position"]) for row in made["candidates"]] == [
        ("little", 2),
        ("much", 1),
    ]
    raised = [("little", EARLY, 50, 60, 300, "MEAT"), same[1]]
    made = place(lake, raised, [("up", "bronze", "silver")])
    assert {row["to_place"] for row in made["places"]} == {"bronze"}
    assert [(row["customer_id"], row["position"]) for row in made["candidates"]] == [
        ("little", 1),
        ("much", 2),
    ]


def test_R3_each_candidate_has_the_reason_with_its_figures(lake):
    customers = [
        ("a", EARLY, 50, 60.5, 200, "PRODUCE"),
        ("b", EARLY, 50, 99, None, None),
        ("c", EARLY, 5, 70, 200, "DELI"),
    ]
    rows = {
        row["customer_id"]: row for row in place(lake, customers, [("up", "bronze", "silver")])["candidates"]
    }
    assert rows["a"]["reason"] == (
        "In bronze with 60.50 USD, 39.50 USD short of silver; customers like this one buy for 200.00 USD more, "
        "most of it in PRODUCE."
    )
    assert rows["a"]["missing"] == Decimal("39.50")
    # Equal headroom: whoever lacks less stands before. Unknown headroom stands last, and says so.
    assert [rows[who]["position"] for who in "cab"] == [1, 2, 3]
    assert "unknown" in rows["b"]["reason"]


def test_a_goal_to_keep_customers_lacks_nothing(lake):
    made = place(lake, [("a", EARLY, 600, 620, 5, None)], [("keep", "gold", "gold")])
    only = made["candidates"][0]
    assert only["missing"] == 0
    assert only["reason"].startswith("In gold with 620.00 USD, 120.00 USD above its low edge")
