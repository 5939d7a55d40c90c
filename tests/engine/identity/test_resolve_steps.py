"""Resolving by hand-made rows: every amount belongs to one customer or is counted as nobody's."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine import events, identity
from sterna.engine.errors import BadInput
from sterna.engine.lake import Lake, open_lake
from sterna.engine.tables import TABLES
from tests.engine.lake.small_tables import fill, line, listed, rows

CUT = date(2024, 7, 1)
MAP = [
    {"source_record": "s1", "customer_id": "ann", "unit": "home 1"},
    {"source_record": "s2", "customer_id": "ann", "unit": "home 1"},
    {"source_record": "s3", "customer_id": "bob", "unit": "home 1"},
]
PRODUCTS = [
    {"product_id": "p1", "department": "MEAT", "recorded_at": datetime(2023, 1, 1)},
    {"product_id": "p2", "department": "PRODUCE", "recorded_at": datetime(2023, 1, 1)},
]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with open_lake("duckdb", tmp_path_factory.mktemp("resolve")) as opened:
        yield opened


def _resolve(lake: Lake, *lines: dict[str, Any], **more: list[dict[str, Any]]) -> None:
    given_rows = {"lines": list(lines), "identity_map": MAP, "products": PRODUCTS} | more
    fill(lake, **{name: rows(name, *table) for name, table in given_rows.items()})
    events.clean(lake, CUT)
    identity.resolve(lake, CUT)


def test_a_purchase_is_the_lines_of_one_event(lake: Lake) -> None:
    _resolve(
        lake,
        line("e1", "2024-03-01", "10.00", discount=Decimal("0.50")),
        line("e1", "2024-03-01", "-2.50", line_id="2", discount=Decimal("0.25")),
        line("e2", "2024-03-02", "1.00", source_record="s3"),
    )
    # 10.00 - 2.50 = 7.50; 0.50 + 0.25 = 0.75
    assert listed(lake, "purchases", "event_id", "customer_id", "lines", "amount", "discount") == [
        ("e1", "ann", 2, Decimal("7.50"), Decimal("0.75")),
        ("e2", "bob", 1, Decimal("1.00"), Decimal("0.00")),
    ]


def test_an_event_under_two_records_stays_one_purchase_of_one_customer(lake: Lake) -> None:
    two = [
        line("e1", "2024-03-01", "1.00", source_record="s3"),
        line("e1", "2024-03-01", "2.00", source_record="s1", line_id="2"),
    ]
    _resolve(lake, *two)
    assert listed(lake, "purchases", "customer_id", "amount") == [("ann", Decimal("3.00"))]
    assert listed(lake, "category_months", "customer_id", "amount") == [("ann", Decimal("3.00"))]


def test_a_line_of_an_unknown_product_keeps_its_amount_under_unknown(lake: Lake) -> None:
    _resolve(
        lake,
        line("e1", "2024-02-29", "1.00"),
        line("e1", "2024-02-29", "2.00", line_id="2", product_id="never listed"),
        line("e1", "2024-02-29", "4.00", line_id="3", product_id=None),
        line("e2", "2024-03-01", "8.00"),
        line("e3", "2024-03-31", "16.00", source_record="s2", product_id="p2"),
    )
    assert listed(lake, "category_months", "customer_id", "month", "category", "lines", "amount") == [
        ("ann", date(2024, 2, 1), "MEAT", 1, Decimal("1.00")),
        ("ann", date(2024, 2, 1), "unknown", 2, Decimal("6.00")),
        ("ann", date(2024, 3, 1), "MEAT", 1, Decimal("8.00")),
        ("ann", date(2024, 3, 1), "PRODUCE", 1, Decimal("16.00")),
    ]


def test_a_product_listed_twice_counts_once_by_its_newest_listing(lake: Lake) -> None:
    moved = {"product_id": "p1", "department": "DELI", "recorded_at": datetime(2024, 1, 1)}
    _resolve(lake, line("e1", "2024-03-01", "5.00"), products=[*PRODUCTS, moved, moved])
    assert listed(lake, "category_months", "category", "amount") == [("DELI", Decimal("5.00"))]


def test_a_map_that_lists_a_record_twice_doubles_no_money(lake: Lake) -> None:
    _resolve(lake, line("e1", "2024-03-01", "5.00"), identity_map=MAP + MAP)
    assert listed(lake, "purchases", "amount") == [(Decimal("5.00"),)]


def test_a_record_of_two_customers_is_refused(lake: Lake) -> None:
    torn = {"source_record": "s1", "customer_id": "bob", "unit": "home 2"}
    with pytest.raises(BadInput, match="gives 1 source record"):
        _resolve(lake, line("e1", "2024-03-01", "5.00"), identity_map=[*MAP, torn])


def test_R20_rows_of_nobody_are_counted_with_their_amount(lake: Lake) -> None:
    stranger = {
        "source_record": "s9",
        "event_id": "r1",
        "kind": "redemption",
        "occurred_on": date(2024, 5, 1),
    }
    fact = {"source_record": "s9", "fact_class": "wish", "source": "crm", "recorded_at": datetime(2024, 1, 1)}
    _resolve(
        lake,
        line("e1", "2024-03-01", "5.00"),
        line("e9", "2024-03-01", "7.25", source_record="s9"),
        line("e9", "2024-03-01", "0.75", source_record="s9", line_id="2"),
        events=[stranger],
        facts=[fact],
    )
    # 7.25 + 0.75 = 8.00 of 13.00 belong to nobody yet.
    assert listed(lake, "unresolved", "what", "row_count", "amount") == [
        ("events", 1, None),
        ("facts", 1, None),
        ("lines", 2, Decimal("8.00")),
        ("source records of two customers", 0, None),
    ]


def test_customers_are_first_seen_on_the_earliest_day_of_anything(lake: Lake) -> None:
    people = [
        {"source_record": name, "customer_id": name, "unit": name}
        for name in ("buyer", "guest", "named", "silent", "to come")
    ]
    happening = {
        "source_record": "guest",
        "event_id": "v1",
        "kind": "page view",
        "occurred_on": date(2024, 2, 3),
    }
    facts = [
        {
            "source_record": name,
            "fact_class": "wish",
            "source": "crm",
            "observed_on": day,
            "recorded_at": datetime(2024, 1, 1),
        }
        for name, day in [("buyer", date(2024, 5, 5)), ("named", date(2023, 12, 31)), ("to come", CUT)]
    ]
    _resolve(
        lake,
        line("e1", "2024-04-04", "5.00", source_record="buyer"),
        identity_map=people,
        events=[happening],
        facts=facts,
    )
    # Nothing is known of the silent one, and a fact of the cut's own day is not known yet: neither is there.
    assert listed(lake, "customers", "customer_id", "first_seen_on") == [
        ("buyer", date(2024, 4, 4)),
        ("guest", date(2024, 2, 3)),
        ("named", date(2023, 12, 31)),
    ]


def test_a_past_day_run_again_has_the_customers_of_that_day(lake: Lake) -> None:
    lines = [line("e1", "2024-03-01", "1.00"), line("e2", "2024-06-30", "1.00", source_record="s3")]
    _resolve(lake, *lines)
    assert listed(lake, "customers", "customer_id") == [("ann",), ("bob",)]
    for day, who in ((date(2024, 6, 30), [("ann",)]), (date(2024, 3, 1), [])):
        events.clean(lake, day)
        identity.resolve(lake, day)
        assert listed(lake, "customers", "customer_id") == who


def test_R20_a_customer_counts_each_of_their_source_records(lake: Lake) -> None:
    _resolve(lake, line("e1", "2024-03-01", "1.00"), line("e2", "2024-03-01", "1.00", source_record="s3"))
    assert listed(lake, "customers", "customer_id", "unit", "source_records") == [
        ("ann", "home 1", 2),
        ("bob", "home 1", 1),
    ]


def test_other_events_get_their_customer(lake: Lake) -> None:
    seen = [
        {
            "source_record": record,
            "event_id": f"of {record}",
            "kind": "redemption",
            "occurred_on": date(2024, 5, 1),
        }
        for record in ("s2", "s3", "s9")
    ]
    _resolve(lake, events=seen)
    assert listed(lake, "happenings", "event_id", "customer_id") == [("of s2", "ann"), ("of s3", "bob")]


def test_an_empty_lake_resolves_to_nothing(lake: Lake) -> None:
    _resolve(lake, identity_map=[])
    for table in ("purchases", "category_months", "happenings", "customers"):
        assert lake.fetch(TABLES[table]).num_rows == 0
    assert listed(lake, "unresolved", "row_count") == [(0,)] * 4


any_line = st.builds(
    line,
    st.sampled_from(["e1", "e2", "e3", "e4"]),
    st.dates(date(2024, 1, 30), date(2024, 3, 2)).map(date.isoformat),
    st.decimals(-50, 50, places=2).map(str),
    line_id=st.sampled_from(["1", "2", "3"]),
    source_record=st.sampled_from(["s1", "s2", "s3", "s9"]),
    product_id=st.sampled_from(["p1", "p2", "never listed"]),
)


@settings(max_examples=20)
@given(lines=st.lists(any_line, max_size=15))
def test_no_cent_is_lost_between_lines_purchases_and_months(lake: Lake, lines: list[dict[str, Any]]) -> None:
    _resolve(lake, *lines)
    clean = sum((amount for (amount,) in listed(lake, "clean_lines", "amount")), Decimal(0))
    nobody = dict(listed(lake, "unresolved", "what", "amount"))["lines"]
    by_table = []
    for table in ("purchases", "category_months"):
        sums: dict[str, Decimal] = {}
        for customer, amount in listed(lake, table, "customer_id", "amount"):
            sums[customer] = sums.get(customer, Decimal(0)) + amount
        by_table.append(sums)
    assert by_table[0] == by_table[1]
    assert sum(by_table[0].values(), Decimal(0)) + nobody == clean


@settings(max_examples=20)
@given(lines=st.lists(any_line, max_size=12), chance=st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_rows_read_twice_change_anything(
    lake: Lake, lines: list[dict[str, Any]], chance: Any
) -> None:
    made = []
    for given_lines in (lines, chance.sample(lines + lines, 2 * len(lines))):
        _resolve(lake, *given_lines)
        made.append([lake.fetch(TABLES[table]) for table in ("purchases", "category_months", "unresolved")])
    assert all(one.equals(other) for one, other in zip(*made, strict=True))
