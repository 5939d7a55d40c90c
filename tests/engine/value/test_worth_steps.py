"""The measures of value by hand-made purchases: what is spent, what is to come, and what stays unknown."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine import events, identity, profiles, value
from sterna.engine.lake import Lake, open_lake
from sterna.engine.tables import TABLES
from tests.engine.lake.small_tables import fill, line, listed, rows, wish

BEFORE, OPENING, CUT = date(2023, 7, 1), date(2024, 1, 1), date(2024, 7, 1)
DEPARTMENTS = ["MEAT", "PRODUCE"]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with open_lake("duckdb", tmp_path_factory.mktemp("worth")) as opened:
        yield opened


def _worth(lake: Lake, *lines: dict[str, Any], customers: list[str] | None = None) -> list[dict[str, Any]]:
    """Values of the customers named by the lines and of `customers`, known by a wish; product = department."""
    known = sorted({row["source_record"] for row in lines} | set(customers or []))
    fill(
        lake,
        lines=rows("lines", *lines),
        products=rows("products", *({"product_id": name, "department": name} for name in DEPARTMENTS)),
        identity_map=rows(
            "identity_map", *({"source_record": n, "customer_id": n, "unit": n} for n in known)
        ),
        facts=rows("facts", *(wish(name, BEFORE) for name in customers or [])),
    )
    events.clean(lake, CUT)
    identity.resolve(lake, CUT)
    profiles.know(lake, CUT)
    return value.worth(lake, value.Terms(CUT, OPENING, BEFORE, "USD"))[1]


def _bought(customer: str, day: str, amount: Any, product: str | None = "MEAT") -> dict[str, Any]:
    return line(
        f"{customer} {day} {product} {amount}", day, str(amount), source_record=customer, product_id=product
    )


def _values(lake: Lake) -> dict[str, dict[str, Any]]:
    return {row["customer_id"]: row for row in lake.fetch(TABLES["values"]).to_pylist()}


ANN = [
    _bought("ann", "2023-06-30", "5.00"),  # before both windows
    _bought("ann", "2023-07-01", "10.00"),
    _bought("ann", "2023-12-31", "2.50"),
    _bought("ann", "2024-01-01", "20.00"),
    _bought("ann", "2024-03-03", "-7.00"),  # a return
    _bought("ann", "2024-06-30", "30.05"),
    _bought("ann", "2024-06-30", "4.95", "PRODUCE"),  # the same day: another order, not another order day
]


def test_R79_spend_orders_and_recency_by_hand(lake: Lake) -> None:
    _worth(lake, *ANN, customers=["zoe"])
    ann, zoe = _values(lake)["ann"], _values(lake)["zoe"]
    assert ann["spend"] == Decimal("48.00")  # 20 - 7 + 30.05 + 4.95
    assert ann["spend_before"] == Decimal("12.50")  # 10 + 2.50
    assert (ann["orders"], ann["recency_days"], ann["breadth"]) == (3, 1, 2)
    assert (zoe["spend"], zoe["spend_before"], zoe["orders"]) == (Decimal("0.00"), Decimal("0.00"), 0)


def test_R79_whoever_never_bought_is_unknown_not_zero(lake: Lake) -> None:
    _worth(lake, *ANN, customers=["zoe"])
    zoe = _values(lake)["zoe"]
    unknown = [
        "recency_days",
        "alive",
        "expected_orders",
        "expected_order_value",
        "expected_spend",
        "headroom",
    ]
    assert {
        name: zoe[name] for name in [*unknown, "potential", "top_category", "room_category"]
    } == dict.fromkeys([*unknown, "potential", "top_category", "room_category"])


def test_R79_spend_before_is_unknown_where_the_lake_does_not_reach_back(lake: Lake) -> None:
    _worth(lake, _bought("ann", "2024-01-01", "20.00"))
    assert _values(lake)["ann"]["spend_before"] is None


def test_a_history_counts_repeat_order_days_and_whole_weeks(lake: Lake) -> None:
    _worth(lake, *ANN)
    # Order days: 30 Jun, 1 Jul, 31 Dec 2023, 1 Jan, 30 Jun 2024: four repeats. First to last 366 days = 52.3 weeks;
    # the observation ends that last day. Repeat spend 10 + 2.50 + 20 + 30.05 + 4.95 = 67.50, the return left out.
    assert listed(lake, "histories", "frequency", "recency_weeks", "age_weeks", "repeat_spend") == [
        (4, 52, 52, Decimal("67.50"))
    ]


def test_times_are_rounded_to_the_nearest_week(lake: Lake) -> None:
    # 3 days are 0 weeks, 4 days are 1; observation ends on 30 June.
    _worth(
        lake,
        *[_bought("ann", day, "1.00") for day in ("2024-06-26", "2024-06-29")],
        *[_bought("bob", day, "1.00") for day in ("2024-06-26", "2024-06-30")],
    )
    assert listed(lake, "histories", "customer_id", "frequency", "recency_weeks", "age_weeks") == [
        ("ann", 1, 0, 1),
        ("bob", 1, 1, 1),
    ]


def test_customers_of_one_history_are_one_cell(lake: Lake) -> None:
    same = [_bought(name, day, "3.00") for name in ("ann", "bob") for day in ("2024-01-01", "2024-01-15")]
    _worth(lake, *same, _bought("cid", "2024-01-01", "3.00"))
    assert listed(lake, "cells", "frequency", "recency_weeks", "age_weeks", "customers") == [
        (0, 0, 26, 1),
        (1, 2, 26, 2),
    ]


def _basket(name: str, meat: int, produce: int) -> list[dict[str, Any]]:
    return [_bought(name, "2024-02-01", meat), _bought(name, "2024-02-02", produce, "PRODUCE")]


def test_R79_headroom_and_potential_by_hand(lake: Lake) -> None:
    wallets = {"a": (10, 0), "b": (20, 0), "c": (30, 5), "d": (40, 0), "e": (50, 100)}
    _worth(lake, *(row for name, both in wallets.items() for row in _basket(name, *both)))
    # One group of five; four fifths are reached by the fourth: MEAT 40 of (10 20 30 40 50), PRODUCE 5 of (0 0 0 5 100).
    assert listed(lake, "category_wallets", "customer_id", "category", "own", "mid", "peers") == [
        (name, category, Decimal(own), Decimal(max(own, peer)), 5)
        for name, both in wallets.items()
        for category, own, peer in zip(DEPARTMENTS, both, (40, 5), strict=True)
    ]
    values = _values(lake)
    # a: 30 + 5, b: 20 + 5, c: 10 + 0, d: 0 + 5, e: 0 + 0
    assert [values[name]["headroom"] for name in "abcde"] == [35, 25, 10, 5, 0]
    assert [values[name]["potential"] for name in "abcde"] == [45, 45, 45, 45, 150]
    assert [values[name]["room_category"] for name in "abcde"] == ["MEAT", "MEAT", "MEAT", "PRODUCE", None]
    assert [values[name]["top_category"] for name in "abcde"] == ["MEAT"] * 4 + ["PRODUCE"]


@pytest.mark.parametrize(
    ("shoppers", "peers"),
    [(49, {49}), (50, {25}), (74, {37}), (75, {25})],
)
def test_groups_of_peers_are_equal_and_of_25_at_least(lake: Lake, shoppers: int, peers: set[int]) -> None:
    _worth(
        lake,
        *(row for number in range(shoppers) for row in _basket(f"{number:03}", number + 1, 200 + number)),
    )
    assert {count for (count,) in listed(lake, "category_wallets", "peers")} == peers


def test_peers_are_those_alike_in_the_other_categories(lake: Lake) -> None:
    # PRODUCE spend 1 to 50 puts the first 25 in one group for MEAT and the others in another. Of 25 the 20th is the
    # smallest at which four fifths are reached: 20 of (1 .. 25), and 1045 of (1026 .. 1050).
    meat = {number: number if number <= 25 else 1000 + number for number in range(1, 51)}
    _worth(lake, *(row for number in meat for row in _basket(f"{number:03}", meat[number], number)))
    peers = {
        customer: peer
        for customer, category, peer in listed(lake, "category_wallets", "customer_id", "category", "mid")
        if category == "MEAT"
    }
    # Nobody's wallet is smaller than what is spent already.
    assert (peers["001"], peers["020"], peers["025"]) == (20, 20, 25)
    assert (peers["026"], peers["045"], peers["050"]) == (1045, 1045, 1050)


def test_a_shop_of_one_customer_has_nobody_to_compare_with(lake: Lake) -> None:
    records = _worth(lake, *ANN)
    ann = _values(lake)["ann"]
    assert (ann["spend"], ann["breadth"], ann["top_category"]) == (Decimal("48.00"), 2, "MEAT")
    assert (ann["headroom"], ann["potential"], ann["room_category"]) == (None, None, None)
    assert {record["model"] for record in records} == {
        "purchases",
        "order value",
        "potential",
        "influence",
        *(f"back-test {name}" for name in ("bg-nbd", "mbg-nbd", "pareto-nbd")),
    }


def test_unknown_products_are_spend_without_headroom(lake: Lake) -> None:
    _worth(
        lake,
        *_basket("a", 10, 5),
        *_basket("b", 30, 5),
        _bought("a", "2024-03-01", "7.00", None),
        _bought("c", "2024-03-01", "9.00", "never listed"),
    )
    values = _values(lake)
    # a: 10 + 5 + 7 spent, 30 - 10 to go; c bought only what nobody can place.
    assert (values["a"]["spend"], values["a"]["headroom"], values["a"]["potential"]) == (22, 20, 42)
    assert (values["c"]["spend"], values["c"]["headroom"], values["c"]["breadth"]) == (9, None, 0)
    assert {category for (category,) in listed(lake, "category_wallets", "category")} == set(DEPARTMENTS)


def test_who_only_brought_something_back_has_no_headroom(lake: Lake) -> None:
    _worth(lake, *_basket("a", 10, 5), *_basket("b", 30, 5), _bought("c", "2024-03-01", "-9.00"))
    c = _values(lake)["c"]
    assert (c["spend"], c["orders"], c["headroom"], c["potential"]) == (-9, 0, None, None)
    assert (c["recency_days"], c["expected_orders"]) == (None, None)


def test_R2_value_and_potential_are_two_dated_measures(lake: Lake) -> None:
    """Equal value with different potential; a raised potential leaves the value as it was."""
    wallets = {"a": (60, 0), "b": (10, 50), "c": (90, 0), "d": (90, 0), "e": (90, 10)}
    shop = [row for name, both in wallets.items() for row in _basket(name, *both)]
    records = _worth(lake, *shop)
    first = _values(lake)
    # Four fifths are reached at MEAT 90 and PRODUCE 10: a could give 90 + 10, b 90 and the 50 that they give already.
    assert (first["a"]["spend"], first["b"]["spend"]) == (60, 60)
    assert (first["a"]["potential"], first["b"]["potential"]) == (100, 140)
    again = _worth(lake, *shop, *_basket("f", 400, 300), *_basket("g", 410, 310))
    second = _values(lake)
    # Of seven the sixth: MEAT 400, PRODUCE 300.
    assert [second[name]["spend"] for name in wallets] == [first[name]["spend"] for name in wallets]
    assert [second[name]["potential"] for name in wallets] == [700] * 5
    for record in [*records, *again]:
        assert (record["opening"], record["cut"]) == ("2024-01-01", "2024-07-01")
        assert record["method"]


def test_without_any_order_the_models_say_why_and_score_nobody(lake: Lake) -> None:
    purchases, order_value, *_ = _worth(lake, _bought("ann", "2024-03-03", "-7.00"), customers=["zoe"])
    assert purchases["reason"] == "Nobody has ordered anything yet."
    assert order_value["reason"] and order_value["parameters"] is purchases["parameters"] is None
    assert listed(lake, "values", "customer_id", "spend", "expected_spend", "alive") == [
        ("ann", Decimal("-7.00"), None, None),
        ("zoe", Decimal("0.00"), None, None),
    ]


def test_a_lake_with_nothing_in_it_has_no_values(lake: Lake) -> None:
    purchases, order_value, *_ = _worth(lake)
    assert purchases["customers"] == order_value["customers"] == 0
    assert purchases["reason"] and order_value["reason"]
    assert lake.fetch(TABLES["values"]).num_rows == 0


def test_customers_who_bought_once_teach_no_rate(lake: Lake) -> None:
    purchases, order_value, *_ = _worth(
        lake, _bought("ann", "2024-03-03", "7.00"), _bought("bob", "2024-03-04", "9.00")
    )
    assert "no customer has bought again" in purchases["reason"].lower()
    assert order_value["reason"]
    assert {row["expected_spend"] for row in _values(lake).values()} == {None}


def test_the_largest_amounts_are_exact_and_an_expectation_beyond_them_is_unknown(lake: Lake) -> None:
    _worth(lake, _bought("ann", "2024-03-03", "9999999999999999.98"), _bought("ann", "2024-03-04", "0.01"))
    ann = _values(lake)["ann"]
    assert ann["spend"] == Decimal("9999999999999999.99")
    assert ann["expected_spend"] is None


any_purchase = st.builds(
    _bought,
    st.sampled_from(["ann", "bob", "cid"]),
    st.dates(date(2023, 6, 28), date(2024, 7, 3)).map(date.isoformat),
    st.decimals(-20, 90, places=2),
    st.sampled_from([*DEPARTMENTS, "never listed"]),
)


@settings(max_examples=20)
@given(lines=st.lists(any_purchase, max_size=15), chance=st.randoms(use_true_random=False))
def test_windows_add_up_and_neither_order_nor_copies_of_rows_matter(
    lake: Lake, lines: list[dict[str, Any]], chance: Any
) -> None:
    made = []
    for given_lines in (lines, chance.sample(lines + lines, 2 * len(lines))):
        _worth(lake, *given_lines)
        made.append([lake.fetch(TABLES[name]) for name in ("histories", "category_wallets", "values")])
    assert all(one.equals(other) for one, other in zip(*made, strict=True))
    values = made[0][2].to_pylist()
    in_window = sum(
        amount for day, amount in listed(lake, "purchases", "occurred_on", "amount") if OPENING <= day < CUT
    )
    assert sum(row["spend"] for row in values) == in_window
    for row in values:
        if row["headroom"] is not None:
            assert row["headroom"] >= 0
            assert row["potential"] == row["spend"] + row["headroom"]


def test_a_window_that_opens_inside_a_month_counts_that_day_on(lake: Lake) -> None:
    shop = [*_basket("a", 10, 5), *_basket("b", 30, 5)]
    _worth(lake, *shop)
    value.worth(lake, value.Terms(CUT, date(2024, 2, 2), date(2024, 2, 2) - timedelta(days=180), "USD"))
    # MEAT was bought on 1 February, the day before this window opens.
    assert listed(lake, "category_wallets", "category", "own") == [("PRODUCE", 5), ("PRODUCE", 5)]
    assert [row["spend"] for row in _values(lake).values()] == [5, 5]
