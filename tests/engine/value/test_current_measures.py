"""Current measures by hand-made rows: money that adds up to the cent, and what is unknown with its reason."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.engine.lake import Lake, open_lake
from sterna.engine.tables import TABLES
from tests.engine.value.shop import CUT, OPENING, bought, contact, cost, measured, stock

D = Decimal


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with open_lake("duckdb", tmp_path_factory.mktemp("measures")) as opened:
        yield opened


def test_R79_margin_is_revenue_less_discounts_returns_and_cost_row_by_row(lake):
    stock(
        lake,
        [
            bought("ann", "2023-12-31", "500.00"),  # the day before the window
            bought("ann", "2024-01-01", "90.00", discount=D("10.00")),
            bought("ann", "2024-02-01", "30.50", "WINE", discount=D("0.00")),
            bought(
                "ann", "2024-03-01", "-20.25", discount=D("-5.00")
            ),  # a return, with its discount taken back
            bought("ann", "2024-07-01", "70.00"),  # the day of the cut
        ],
        costs=[
            cost("ann", "2024-01-01", "4.10"),
            cost("ann", "2024-06-30", "0.95"),
            cost("ann", "2024-07-01", "9"),
        ],
    )
    ann = measured(lake)["ann"]
    # revenue (90 + 10) + 30.50, less discounts 10, less returns 20.25, is the 100.25 that the lines sum to.
    assert [ann[name] for name in ("revenue", "discounts", "returns", "spend")] == [
        D("130.50"),
        D("10.00"),
        D("20.25"),
        D("100.25"),
    ]
    assert (ann["cost"], ann["margin"]) == (D("5.05"), D("95.20"))
    assert ann["as_of"] == date(2024, 6, 30)
    assert ann["discounts_reason"] is ann["profit_reason"] is None


def test_R79_orders_frequency_recency_and_tenure_by_hand(lake):
    stock(
        lake,
        [
            bought("ann", "2023-11-01", "5.00"),
            bought("ann", "2024-03-01", "5.00"),
            bought("ann", "2024-03-01", "7.00", "WINE"),  # another purchase of one day is another order
            bought("ann", "2024-06-30", "-5.00"),  # a return is no order
            bought("bob", "2024-06-01", "5.00"),
        ],
    )
    found = measured(lake)
    ann, bob = found["ann"], found["bob"]
    # 1 Mar to 1 Jul: 31 + 30 + 31 + 30 = 122 days. 1 Nov 2023 to 1 Jul 2024: 30 + 31 + 182 = 243.
    assert (ann["orders"], ann["recency_days"], ann["tenure_days"]) == (2, 122, 243)
    assert ann["order_frequency"] == pytest.approx(
        2 * 30 / 182
    )  # the window has 182 days: 2024 is a leap year
    assert bob["order_frequency"] == pytest.approx(1 * 30 / 30)  # observed from the first order, on 1 June


def test_R15_breadth_is_categories_and_the_entropy_of_their_shares(lake):
    stock(
        lake,
        [
            bought("even", "2024-03-01", "25.00", "MEAT"),
            bought("even", "2024-03-02", "25.00", "WINE"),
            bought("even", "2024-03-03", "25.00", "BAKERY"),
            bought("even", "2024-03-04", "20.00", "PRODUCE"),
            bought("even", "2024-03-05", "5.00", "PRODUCE"),
            bought("even", "2024-03-05", "3.33", "not listed"),
            bought("one", "2024-03-01", "25.00", "MEAT"),
            bought("most", "2024-03-01", "75.00", "MEAT"),
            bought("most", "2024-03-01", "25.00", "WINE"),
            bought("odd", "2024-03-01", "9.00", "not listed"),
            bought("back", "2024-03-01", "9.00", "WINE"),
            bought("back", "2024-04-01", "-9.00", "WINE"),
        ],
    )
    found = measured(lake)
    assert found["even"]["category_entropy"] == pytest.approx(log(4))
    assert found["even"]["uncategorized"] == D("3.33")
    assert (found["one"]["categories"], found["one"]["category_entropy"]) == (1, 0.0)
    assert found["most"]["category_entropy"] == pytest.approx(-0.75 * log(0.75) - 0.25 * log(0.25))
    for nobody in ("odd", "back"):
        assert (found[nobody]["categories"], found[nobody]["category_entropy"]) == (0, None)
        assert found[nobody]["breadth_reason"] == "bought nothing of a known category in the window"


def test_R15_contacts_are_counted_in_both_directions(lake):
    stock(
        lake,
        [bought("ann", "2023-09-01", "5.00"), bought("bob", "2024-06-01", "5.00")],
        contacts=[
            contact("ann", "2023-12-31", "inbound"),
            contact("ann", "2024-01-01", "inbound"),
            contact("ann", "2024-02-01", "outbound"),
            contact("ann", "2024-02-02", "outbound"),
            contact("ann", "2024-02-03", None),
        ],
    )
    found = measured(lake)
    ann, bob = found["ann"], found["bob"]
    assert (ann["contacts_in"], ann["contacts_out"], ann["contacts_undirected"]) == (1, 2, 1)
    assert ann["contact_frequency"] == pytest.approx(3 * 30 / 182)
    assert ann["contact_reason"] == "contacts whose direction is not recorded are left out"
    # Contacts are recorded, and none of bob's: that is a zero that is known.
    assert (bob["contacts_in"], bob["contact_frequency"], bob["contact_reason"]) == (0, 0.0, None)


def test_R79_what_is_not_recorded_is_unknown_with_its_reason(lake):
    stock(
        lake,
        [bought("ann", "2024-03-01", "5.00", discount=None), bought("bob", "2024-03-01", "5.00")],
        costs=[cost("bob", "2024-03-01", "1.00"), cost("bob", "2024-03-02", None)],
        others=["zoe"],
    )
    found = measured(lake)
    ann, bob, zoe = found["ann"], found["bob"], found["zoe"]
    assert (ann["spend"], ann["revenue"], ann["discounts"]) == (D("5.00"), None, None)
    assert ann["discounts_reason"] == "of some lines it is not recorded whether there was a discount"
    assert (ann["cost"], ann["margin"], ann["profit_reason"]) == (None, None, "no cost to serve is recorded")
    # One known cost beside one that nobody wrote down is not the cost.
    assert (bob["cost"], bob["margin"]) == (None, None)
    assert bob["profit_reason"] == "some costs to serve are recorded without their amount"
    assert (zoe["spend"], zoe["orders"]) == (D("0.00"), 0)
    unknown = ("order_frequency", "recency_days", "tenure_days", "category_entropy", "contacts_in")
    assert {zoe[name] for name in unknown} == {None}
    assert zoe["order_reason"] == "has not ordered yet"
    assert zoe["contact_reason"] == "no contact of anybody is recorded in the window"


def test_a_cost_of_zero_is_known_and_one_that_came_twice_counts_once(lake):
    again = cost("bob", "2024-03-01", "2.00", "c1")
    later = again | {"amount": D("3.00"), "recorded_at": again["recorded_at"].replace(hour=13)}
    stock(
        lake,
        [bought("ann", "2024-03-01", "5.00"), bought("bob", "2024-03-01", "5.00")],
        costs=[cost("ann", "2024-03-01", "0.00"), again, later, again],
    )
    found = measured(lake)
    assert (found["ann"]["cost"], found["ann"]["margin"]) == (D("0.00"), D("5.00"))
    assert (found["bob"]["cost"], found["bob"]["margin"]) == (D("2.00"), D("3.00"))


def test_R79_costs_add_up_to_what_was_read(lake):
    stock(
        lake,
        [bought("ann", "2024-03-01", "5.00")],
        costs=[
            cost("ann", "2024-03-01", "1.01"),
            cost("ann", "2024-03-01", "1.01"),
            cost("ann", "2023-12-31", "2.02"),
            cost("stranger", "2024-03-01", "4.04"),
            cost("ann", "2024-04-01", "8.08", occurred_on=None),
        ],
    )
    assert measured(lake)["ann"]["cost"] == D("1.01")
    counts = {row["what"]: row["amount"] for row in lake.fetch(TABLES["cost_counts"]).to_pylist()}
    assert counts == {
        "costs read": D("16.16"),
        "costs copied": D("1.01"),
        "costs outside the window": D("2.02"),
        "costs of no customer": D("4.04"),
        "costs undated": D("8.08"),
        "costs of customers": D("1.01"),
        "costs in USD": D("6.06"),  # of the window, copies and strangers as well
    }


def test_costs_in_another_currency_are_refused_in_the_window_only(lake):
    lines = [bought("ann", "2024-03-01", "5.00")]
    stock(lake, lines, costs=[cost("ann", "2023-03-01", "1.00", currency="EUR")])
    assert measured(lake)["ann"]["profit_reason"] == "no cost to serve is recorded"
    stock(lake, lines, costs=[cost("ann", "2024-03-01", "1.00", currency="EUR")])
    with pytest.raises(BadInput) as refused:
        measured(lake)
    assert str(refused.value) == "costs are in EUR, the program reports in USD: convert them first"


def test_an_empty_lake_has_nobody_and_fails_nowhere(lake):
    stock(lake, [])
    assert measured(lake) == {}


AMOUNTS = st.integers(-500, 2_000).map(lambda number: D(number) / 100)
LINES = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob", "cid"]),
        st.dates(date(2023, 12, 1), date(2024, 7, 31)),
        AMOUNTS,
        st.sampled_from(["MEAT", "WINE", "not listed"]),
        st.sampled_from([D("0.00"), D("1.25")]),
    ),
    unique_by=lambda row: row[:4],
    max_size=25,
)


@settings(max_examples=15, deadline=None)
@given(LINES, st.randoms(use_true_random=False))
def test_R79_customers_categories_and_measures_sum_to_the_lines_to_the_cent(lake, drawn, chance):
    lines = [
        bought(who, day.isoformat(), amount, product, discount=off)
        for who, day, amount, product, off in drawn
    ]
    chance.shuffle(lines)
    stock(lake, lines, costs=[cost(who, "2024-02-02", "1.50") for who in ("ann", "bob")])
    found = measured(lake)
    in_window = sum((row[2] for row in drawn if OPENING <= row[1] < CUT), D(0))
    assert sum((row["spend"] for row in found.values()), D(0)) == in_window
    spent = lake.fetch(TABLES["category_spend"]).to_pylist()
    assert sum((row["amount"] for row in spent), D(0)) == in_window
    for name, row in found.items():
        own = [(each["category"], each["amount"]) for each in spent if each["customer_id"] == name]
        assert row["spend"] == sum((amount for _, amount in own), D(0))
        assert row["uncategorized"] == sum(
            (amount for category, amount in own if category == "unknown"), D(0)
        )
        assert row["spend"] == row["revenue"] - row["discounts"] - row["returns"]
        assert (row["margin"] is None) == (name == "cid")
        if row["margin"] is not None:
            assert row["margin"] == row["spend"] - D("1.50")
        if row["category_entropy"] is not None:
            assert -1e-11 <= row["category_entropy"] <= log(row["categories"]) + 1e-9
