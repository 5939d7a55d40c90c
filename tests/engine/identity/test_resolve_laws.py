"""Laws of resolving: the order of a map means nothing, and a merge adds up what two customers were, to the cent."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine import events, identity, profiles
from sterna.engine.errors import BadInput
from sterna.engine.lake import Lake, open_lake
from sterna.engine.tables import TABLES
from tests.engine.lake.small_tables import fill, line, listed, rows, wish

CUT = date(2024, 7, 1)
RECORDS = ["s1", "s2", "s3", "s4"]
MADE = ("purchases", "category_months", "happenings", "customers", "unresolved", "current_facts", "profiles")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with open_lake("duckdb", tmp_path_factory.mktemp("laws")) as opened:
        yield opened


def _owns(record: str, customer: str | None, unit: str | None = None) -> dict[str, Any]:
    return {"source_record": record, "customer_id": customer, "unit": unit or customer}


def _know(
    lake: Lake, lines: list[dict[str, Any]], owned: list[dict[str, Any]], **more: Any
) -> dict[str, pa.Table]:
    fill(lake, lines=rows("lines", *lines), identity_map=rows("identity_map", *owned), **more)
    events.clean(lake, CUT)
    identity.resolve(lake, CUT)
    profiles.know(lake, CUT)
    return {name: lake.fetch(TABLES[name]) for name in MADE}


def _spend(known: dict[str, pa.Table]) -> dict[str, Decimal]:
    return {row["customer_id"]: row["spend"] for row in known["profiles"].to_pylist()}


def test_a_record_mapped_to_nobody_is_nobodys(lake: Lake) -> None:
    known = _know(lake, [line("e1", "2024-03-01", "5.00")], [_owns("s1", None), _owns("s2", "bob")])
    assert known["purchases"].num_rows == known["customers"].num_rows == 0
    assert dict(listed(lake, "unresolved", "what", "amount"))["lines"] == Decimal("5.00")


def test_two_torn_records_are_counted_and_a_record_said_twice_is_not_torn(lake: Lake) -> None:
    twice = [_owns("s3", "cid", "home 2"), _owns("s3", "cid", "home 1")]
    _know(lake, [line("e1", "2024-03-01", "5.00", source_record="s3")], twice)
    assert listed(lake, "customers", "unit", "source_records") == [("home 1", 1)]
    torn = [_owns(record, customer) for record in ("s1", "s2") for customer in ("ann", "bob")]
    with pytest.raises(BadInput) as refused:
        _know(lake, [], twice + torn)
    assert str(refused.value) == "the identity map gives 2 source record(s) to two customers; mend the map"


def test_an_event_half_of_whose_lines_are_nobodys_is_a_whole_purchase_of_the_other_half(lake: Lake) -> None:
    lines = [
        line("e1", "2024-03-02", "2.00", source_record="s9"),
        line("e1", "2024-03-01", "1.00", source_record="s1", line_id="2"),
    ]
    _know(lake, lines, [_owns("s1", "ann")])
    assert listed(lake, "purchases", "customer_id", "occurred_on", "lines", "amount") == [
        ("ann", date(2024, 3, 1), 2, Decimal("3.00"))
    ]
    assert dict(listed(lake, "unresolved", "what", "row_count"))["lines"] == 0


def test_customers_whose_ids_only_look_alike_are_not_one(lake: Lake) -> None:
    ids = ["ann", "Ann", "ann ", "a\u0301nn", "ánn"]
    lines = [line(f"e{n}", "2024-03-01", f"{n}.00", source_record=str(n)) for n in range(5)]
    known = _know(lake, lines, [_owns(str(n), name) for n, name in enumerate(ids)])
    assert _spend(known) == {name: Decimal(n) for n, name in enumerate(ids)}


any_line = st.builds(
    line,
    st.uuids().map(str),
    st.dates(date(2024, 1, 30), date(2024, 7, 2)).map(date.isoformat),
    st.decimals(-50, 50, places=2).map(str),
    source_record=st.sampled_from([*RECORDS, "s9"]),
)
any_owner = st.sampled_from(["ann", "bob", "cid"])
any_map = st.lists(any_owner, min_size=4, max_size=4).map(
    lambda owners: [_owns(record, owner) for record, owner in zip(RECORDS, owners, strict=True)]
)


@settings(max_examples=12, deadline=None)
@given(lines=st.lists(any_line, max_size=10), owned=any_map, chance=st.randoms(use_true_random=False))
def test_R20_neither_the_order_of_a_map_nor_saying_it_twice_changes_a_customer(
    lake: Lake, lines: list[dict[str, Any]], owned: list[dict[str, Any]], chance: Any
) -> None:
    facts = rows("facts", wish("s1", date(2024, 2, 1)), wish("s4", date(2024, 3, 1)))
    once = _know(lake, lines, owned, facts=facts)
    again = _know(lake, lines, chance.sample(owned + owned, 8), facts=facts)
    for name in MADE:
        assert again[name].equals(once[name]), name


@settings(max_examples=12, deadline=None)
@given(lines=st.lists(any_line, max_size=10), owned=any_map)
def test_R20_a_merge_adds_up_two_customers_and_leaves_the_third_alone(
    lake: Lake, lines: list[dict[str, Any]], owned: list[dict[str, Any]]
) -> None:
    before = _spend(_know(lake, lines, owned))
    merged = [
        _owns(row["source_record"], {"bob": "ann"}.get(row["customer_id"], row["customer_id"]))
        for row in owned
    ]
    known = _know(lake, lines, merged)
    after = _spend(known)
    assert after.get("ann", 0) == before.get("ann", 0) + before.get("bob", 0)
    assert after.get("cid") == before.get("cid") and "bob" not in after
    # Whatever belongs to whom, every cent is a customer's or counted as nobody's.
    clean = sum((amount for (amount,) in listed(lake, "clean_lines", "amount")), Decimal(0))
    nobody = dict(listed(lake, "unresolved", "what", "amount"))["lines"]
    assert sum(after.values(), Decimal(0)) + nobody == clean


@settings(max_examples=12, deadline=None)
@given(lines=st.lists(any_line, max_size=12), owned=any_map)
def test_profiles_have_one_row_a_customer_and_sum_to_the_purchases(
    lake: Lake, lines: list[dict[str, Any]], owned: list[dict[str, Any]]
) -> None:
    known = _know(lake, lines, owned)
    profiles_of = {row["customer_id"]: row for row in known["profiles"].to_pylist()}
    assert len(profiles_of) == known["profiles"].num_rows
    assert sorted(profiles_of) == known["customers"].column("customer_id").to_pylist()
    bought = known["purchases"].to_pylist()
    for customer, row in profiles_of.items():
        own = [each for each in bought if each["customer_id"] == customer]
        days = sorted(each["occurred_on"] for each in own if each["amount"] > 0)
        assert row["spend"] == sum(each["amount"] for each in own)
        assert (row["orders"], row["order_days"]) == (len(days), len(set(days)))
        assert (row["first_order_on"], row["last_order_on"]) == (
            (days[0], days[-1]) if days else (None, None)
        )
        assert row["first_seen_on"] == min(each["occurred_on"] for each in own)
