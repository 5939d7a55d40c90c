"""Laws of the current measures and of the peers' quantiles: what may be split, merged, delivered twice or renamed."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine import steps
from sterna.engine.lake import Lake, open_lake
from sterna.engine.tables import TABLES
from sterna.engine.value import measures, potential
from sterna.engine.value.best import Panel, choose, load
from sterna.engine.value.influence import Credit, influence
from tests.engine.lake.small_tables import fill, rows
from tests.engine.value.shop import CUT, OPENING, bought, cost, measured, stock

D = Decimal


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with open_lake("duckdb", tmp_path_factory.mktemp("laws")) as opened:
        yield opened


ANN = [
    bought("ann", "2024-02-01", "30.00", "MEAT"),
    bought("ann", "2024-03-01", "10.00", "WINE"),
    bought("ann", "2024-04-01", "-5.00", "MEAT"),
]


def test_R79_what_is_delivered_twice_is_measured_once(lake):
    stock(lake, ANN, costs=[cost("ann", "2024-02-01", "2.00")])
    once = measured(lake)
    stock(lake, [*ANN, *ANN[::-1]], costs=[cost("ann", "2024-02-01", "2.00")] * 3)
    assert measured(lake) == once


def test_a_basket_taken_apart_is_as_broad_and_is_more_orders(lake):
    stock(lake, [bought("ann", "2024-02-01", "30.00", "MEAT"), bought("ann", "2024-02-01", "10.00", "WINE")])
    apart = measured(lake)["ann"]
    together = [row | {"event_id": "one basket", "line_id": row["product_id"]} for row in ANN[:2]]
    stock(lake, [row | {"occurred_on": date(2024, 2, 1)} for row in together])
    whole = measured(lake)["ann"]
    same = ("spend", "revenue", "categories", "category_entropy", "uncategorized", "recency_days")
    assert {name: whole[name] for name in same} == {name: apart[name] for name in same}
    assert (whole["orders"], apart["orders"]) == (1, 2)


def test_two_records_of_one_customer_add_up(lake):
    lines = [*ANN, bought("anna", "2024-05-01", "8.00", "BAKERY")]
    costs = [cost("ann", "2024-02-01", "2.00"), cost("anna", "2024-05-01", "1.00")]
    stock(lake, lines, costs=costs)
    apart = measured(lake)
    merged = [{"source_record": name, "customer_id": "ann", "unit": "ann"} for name in ("ann", "anna")]
    stock(lake, lines, costs=costs, merged=merged)
    [(name, one)] = measured(lake).items()
    assert name == "ann"
    for column in ("spend", "revenue", "returns", "cost", "margin", "orders"):
        assert one[column] == apart["ann"][column] + apart["anna"][column]
    assert one["categories"] == 3 and one["recency_days"] == apart["anna"]["recency_days"]


def test_windows_that_meet_add_up_to_the_one_over_both(lake):
    stock(lake, ANN)
    middle = date(2024, 3, 1)
    found = []
    for opening, cut in ((OPENING, middle), (middle, CUT), (OPENING, CUT)):
        measures.measure(lake, opening, cut, "USD")
        found.append(lake.fetch(TABLES["current_values"]).to_pylist()[0])
    first, second, both = found
    for column in ("spend", "revenue", "returns", "orders"):
        assert first[column] + second[column] == both[column]
    assert first["as_of"] == date(2024, 2, 29)


AMOUNTS = st.lists(st.integers(0, 300).map(lambda cents: D(cents) / 10), min_size=2, max_size=70)


@settings(max_examples=15, deadline=None)
@given(AMOUNTS)
def test_a_quantile_is_what_so_many_peers_stay_at_or_below_and_fewer_stay_under(lake, amounts):
    """All spend 5 on WINE, so that for MEAT they are alike and the groups follow the order of names."""
    spent = [
        {"customer_id": f"c{number:02}", "category": category, "lines": 1, "amount": amount}
        for number, own in enumerate(amounts)
        for category, amount in (("MEAT", own), ("WINE", D(5)))
    ]
    fill(lake, category_spend=rows("category_spend", *spent))
    steps.run(lake, "value/category_wallets", low=potential.LOW, mid=potential.MID, high=potential.HIGH)
    found = [row for row in lake.fetch(TABLES["category_wallets"]).to_pylist() if row["category"] == "MEAT"]
    groups = max(1, len(amounts) // 25)
    for row in found:
        place = int(row["customer_id"][1:])
        group = [
            own
            for at, own in enumerate(amounts)
            if at * groups // len(amounts) == place * groups // len(amounts)
        ]
        assert row["peers"] == len(group)
        for column, part in (("low", potential.LOW), ("mid", potential.MID), ("high", potential.HIGH)):
            quantile = min(own for own in group if sum(other <= own for other in group) >= part * len(group))
            assert row[column] == max(quantile, row["own"])
            assert sum(own < quantile for own in group) < part * len(group)


def test_R17_the_whole_way_from_rows_to_who_is_best(lake):
    """bob spends 40 and brought ann and cid: 35 less 2 of cost, and 9; his own margin is 38."""
    lines = [*ANN, bought("bob", "2024-02-01", "40.00"), bought("cid", "2024-02-02", "9.00")]
    costs = [
        cost("ann", "2024-02-01", "2.00"),
        cost("bob", "2024-02-01", "2.00"),
        cost("cid", "2024-02-02", "0.00"),
    ]
    stock(lake, lines, costs=costs)
    found = measured(lake)
    margins = {name: row["margin"] for name, row in found.items()}
    book = influence([Credit(name, "bob", came_anyway=False) for name in ("ann", "cid")], margins)
    brought = {name: book.customers[name].net_low if name in book.customers else D(0) for name in found}
    assert (margins, brought["bob"]) == ({"ann": D(33), "bob": D(38), "cid": D(9)}, D(42))
    panel = Panel.of(
        date(2024, 6, 30),
        {"margin": margins, "influence": brought},
        {"margin": "money", "influence": "money"},
    )
    text = "best: worth\nversion: 1\ntitle: Own and brought\nscale: money\ntake: {share: 1}\nweigh:\n"
    best = choose(load(text + "  - {measure: margin}\n  - {measure: influence}\n"), panel)
    assert [(member.customer, member.score) for member in best.members] == [
        ("bob", D(80)),
        ("ann", D(33)),
        ("cid", D(9)),
    ]
