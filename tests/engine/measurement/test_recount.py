"""The sums and sentences of a comparison against a recount row by row, whatever people bought."""

from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sterna.engine import measurement
from sterna.engine.lake import Lake, arrow, open_lake
from sterna.engine.measurement import Declared
from sterna.engine.tables import TABLES

CUT = date(2017, 7, 11)


@pytest.fixture
def lake(tmp_path):
    with open_lake("duckdb", tmp_path) as opened:
        for name in ("happenings", "campaigns"):
            put(opened, name, [])
        yield opened


def put(lake: Lake, table: str, rows: list[dict]) -> None:
    lake.put(TABLES[table], pa.Table.from_pylist(rows, schema=arrow.schema(TABLES[table])))


def compare(lake: Lake, people: list[tuple], declared: Declared, bought: list[tuple]) -> dict[str, dict]:
    """People are (arm, goal, assigned on, exposed on) and get ids c0, c1, …; bought is (number, day, amount)."""
    names = ("arm", "goal", "assigned_on", "exposed_on")
    rows = [
        {"experiment": declared.name, "customer_id": f"c{n}", **dict(zip(names, person, strict=True))}
        for n, person in enumerate(people)
    ]
    put(lake, "customers", [{"customer_id": row["customer_id"]} for row in rows])
    put(lake, "assignments", rows)
    purchases = [
        {"event_id": f"e{n}", "customer_id": f"c{who}", "occurred_on": day, "amount": amount}
        for n, (who, day, amount) in enumerate(bought)
    ]
    put(lake, "purchases", purchases)
    measurement.compare(lake, [declared], CUT)
    return {row["comparison"]: row for row in lake.fetch(TABLES["comparisons"]).to_pylist()}


days = st.integers(-30, 3).map(lambda back: CUT + timedelta(days=back))
people = st.lists(
    st.tuples(
        st.sampled_from(["treated", "held out"]), st.sampled_from(["up", "on", None]), days, st.none() | days
    ),
    min_size=1,
    max_size=6,
)
amounts = st.decimals(min_value=-50, max_value=10**9, places=2)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people, st.lists(st.tuples(st.integers(0, 7), days, amounts), max_size=25))
def test_R89_the_sums_are_a_recount_over_each_customer_with_windows_of_equal_length(lake, people, bought):
    compare(lake, people, Declared(name="spring", share=0.5), bought)
    sums = {(row["comparison"], row["arm"]): row for row in lake.fetch(TABLES["arm_sums"]).to_pylist()}
    expected: dict[tuple, list] = {}
    for who, (arm, goal, assigned, exposed) in enumerate(people):
        if assigned >= CUT:
            continue  # drawn after what is looked at
        before = assigned - (CUT - assigned)
        mine = [(day, amount) for number, day, amount in bought if number == who]
        y = sum((amount for day, amount in mine if assigned <= day < CUT), Decimal(0))
        x = sum((amount for day, amount in mine if before <= day < assigned), Decimal(0))
        touched = int(exposed is not None and exposed < CUT)
        for comparison in ["primary", *([f"goal:{goal}"] if goal else [])]:
            sofar = expected.get((comparison, arm), [0] * 7)
            more = (1, y, y * y, x, x * x, x * y, touched)
            expected[comparison, arm] = [one + other for one, other in zip(sofar, more, strict=True)]
    names = ("customers", "sum_y", "sum_yy", "sum_x", "sum_xx", "sum_xy", "exposed")
    assert {key: [row[name] for name in names] for key, row in sums.items()} == expected


def arms(treated: list[int], held_out: list[int]) -> tuple[list[tuple], list[tuple]]:
    """People exposed on the day after their assignment, and what each spent since."""
    day = date(2017, 7, 1)
    people = [("treated", "up", day, day + timedelta(days=1))] * len(treated)
    people += [("held out", "up", day, None)] * len(held_out)
    bought = [(n, day, Decimal(amount)) for n, amount in enumerate([*treated, *held_out]) if amount]
    return people, bought


@pytest.mark.parametrize(
    ("treated", "held_out", "said"),
    [
        ([5, 6], [0, 0], "The hold-out of 2 customers spent 0.00 each, so a share of it means nothing."),
        ([5, 6], [-9, 4], "The hold-out of 2 customers spent -2.50 each, so a share of it means nothing."),
        ([5, 6], [], "Nobody is in the hold-out, so there is nothing to compare with."),
    ],
)
def test_R90_a_hold_out_without_a_mean_above_zero_says_which_of_three_it_is(lake, treated, held_out, said):
    people, bought = arms(treated, held_out)
    rows = compare(lake, people, Declared(name="spring", share=0.5, least_per_arm=2), bought)
    for row in rows.values():
        assert (row["verdict"], row["reason"]) == ("cannot tell", said)
        figures = ("effect", "low", "high", "p", "p_adjusted", "mean_treated", "mean_held_out", "relative")
        assert [row[name] for name in figures] == [None] * 8


def test_R89_an_experiment_beside_it_changes_no_figure_of_another(lake):
    people, bought = arms([12, 15, 11, 19, 10] * 8, [10, 9, 14, 8, 11] * 8)
    declared = Declared(name="spring", share=0.5)
    alone = compare(lake, people, declared, bought)
    other = lake.fetch(TABLES["assignments"]).to_pylist()
    put(lake, "assignments", [*other, *(row | {"experiment": "autumn", "arm": "treated"} for row in other)])
    measurement.compare(lake, [Declared(name="autumn", share=0.5), declared], CUT)
    rows = lake.fetch(TABLES["comparisons"]).to_pylist()
    assert {row["comparison"]: row for row in rows if row["experiment"] == "spring"} == alone
    assert alone["primary"]["verdict"] == "moved"
    assert {row["verdict"] for row in rows if row["experiment"] == "autumn"} == {"cannot tell"}


def test_R89_wished_down_is_moved_by_spending_less(lake):
    people, bought = arms([10, 9, 14, 8, 11] * 8, [12, 15, 11, 19, 10] * 8)
    rows = compare(lake, people, Declared(name="spring", share=0.5, wished="down", adjust_by=None), bought)
    row = rows["primary"]
    # Means 10.4 and 13.4.
    assert (row["verdict"], row["effect"] == pytest.approx(-3.0), row["high"] < 0) == ("moved", True, True)
    assert row["relative"] == pytest.approx(10.4 / 13.4 - 1)
    assert row["relative_low"] < row["relative"] < row["relative_high"] < 0
