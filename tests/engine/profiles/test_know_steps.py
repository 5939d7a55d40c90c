"""Knowing by hand-made rows: the fact that holds today, and a profile for everybody."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine import events, identity, profiles
from sterna.engine.lake import Lake, open_lake
from sterna.engine.tables import TABLES
from tests.engine.lake.small_tables import fill, line, listed, rows

CUT = date(2024, 7, 1)
MAP = [
    {"source_record": "s1", "customer_id": "ann", "unit": "home 1"},
    {"source_record": "s2", "customer_id": "ann", "unit": "home 1"},
    {"source_record": "s3", "customer_id": "bob", "unit": "home 3"},
]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with open_lake("duckdb", tmp_path_factory.mktemp("know")) as opened:
        yield opened


def _know(lake: Lake, cut: date = CUT, **tables: list[dict[str, Any]]) -> None:
    given_rows = {"identity_map": MAP} | tables
    fill(lake, **{name: rows(name, *table) for name, table in given_rows.items()})
    events.clean(lake, CUT)
    identity.resolve(lake, CUT)
    profiles.know(lake, cut)


def _fact(value: str, observed: str, **more: Any) -> dict[str, Any]:
    fact = {
        "source_record": "s1",
        "fact_class": "wish",
        "value": value,
        "source": "survey",
        "observed_on": date.fromisoformat(observed),
        "recorded_at": datetime(2024, 1, 1),
        "confidence": 0.5,
    }
    return fact | more


def _current(lake: Lake) -> list[tuple[Any, ...]]:
    return listed(lake, "current_facts", "customer_id", "fact_class", "value")


@pytest.mark.parametrize(
    ("holds", "gives_way"),
    [
        (_fact("new", "2024-05-02"), _fact("old", "2024-05-01", recorded_at=datetime(2024, 6, 1))),
        (_fact("new", "2024-05-01", recorded_at=datetime(2024, 5, 2)), _fact("old", "2024-05-01")),
        (_fact("new", "2024-05-01"), _fact("old", "2024-05-01", recorded_at=None)),
        (_fact("new", "2024-05-01", source="crm"), _fact("old", "2024-05-01", source="survey")),
        (_fact("a", "2024-05-01"), _fact("b", "2024-05-01")),
        (_fact("new", "2024-05-01", source_record="s2"), _fact("old", "2024-04-01", source_record="s1")),
        (_fact("seen", "2024-06-30"), _fact("to come", "2024-07-01")),
    ],
)
def test_the_fact_that_holds(lake: Lake, holds: dict[str, Any], gives_way: dict[str, Any]) -> None:
    for facts in ([holds, gives_way], [gives_way, holds]):
        _know(lake, facts=facts)
        assert _current(lake) == [("ann", "wish", holds["value"])]


def test_classes_and_customers_are_kept_apart(lake: Lake) -> None:
    other_class, other_customer = (
        _fact("4", "2023-01-01", fact_class="household.size"),
        _fact("boat", "2023-01-01", source_record="s3"),
    )
    _know(lake, facts=[_fact("car", "2024-01-01"), other_class, other_customer])
    assert _current(lake) == [("ann", "household.size", "4"), ("ann", "wish", "car"), ("bob", "wish", "boat")]


def test_a_fact_of_nobody_is_nobodys(lake: Lake) -> None:
    _know(lake, facts=[_fact("car", "2024-01-01", source_record="s9")])
    assert _current(lake) == []


def test_a_profile_sums_up_what_happened(lake: Lake) -> None:
    _know(
        lake,
        lines=[
            line("e1", "2024-01-10", "10.00", discount=Decimal("1.00")),
            line(
                "e2", "2024-01-10", "5.00", product_id="p2", source_record="s2"
            ),  # the same day: one order day
            line("e3", "2024-02-10", "2.50", product_id="never listed", discount=Decimal("0.50")),
            line("e4", "2024-03-10", "-4.00"),  # a return: lowers the spend and is no order
            line("e5", "2024-04-10", "0.00"),  # given away: no order
        ],
        products=[{"product_id": "p1", "department": "MEAT"}, {"product_id": "p2", "department": "DELI"}],
        events=[
            {
                "event_id": "r1",
                "source_record": "s1",
                "kind": "redemption",
                "occurred_on": date(2023, 12, 24),
            },
            {"event_id": "v1", "source_record": "s1", "kind": "page view", "occurred_on": date(2024, 1, 1)},
        ],
        facts=[
            _fact("car", "2024-01-01"),
            _fact("4", "2024-01-01", fact_class="household.size"),
            _fact("boat", "2024-01-01", source_record="s3"),
        ],
    )
    ann, bob = lake.fetch(TABLES["profiles"]).to_pylist()
    # spend 10 + 5 + 2.50 - 4 = 13.50; discount 1 + 0.50; categories MEAT and DELI, the unknown one is none
    assert ann == {
        "customer_id": "ann",
        "unit": "home 1",
        "first_seen_on": date(2023, 12, 24),
        "first_order_on": date(2024, 1, 10),
        "last_order_on": date(2024, 2, 10),
        "orders": 3,
        "order_days": 2,
        "spend": Decimal("13.50"),
        "discount": Decimal("1.50"),
        "categories": 2,
        "redemptions": 1,
        "facts": 2,
    }
    assert (bob["orders"], bob["spend"], bob["first_order_on"], bob["facts"]) == (0, Decimal("0.00"), None, 1)


def test_an_earlier_cut_knows_less(lake: Lake) -> None:
    lines = [line("e1", "2024-01-10", "10.00"), line("e2", "2024-05-10", "5.00")]
    _know(
        lake,
        cut=date(2024, 5, 10),
        lines=lines,
        facts=[_fact("old", "2024-01-01"), _fact("new", "2024-05-10")],
    )
    assert _current(lake) == [("ann", "wish", "old")]
    assert listed(lake, "profiles", "customer_id", "spend")[0] == ("ann", Decimal("10.00"))


def test_an_empty_lake_knows_nobody(lake: Lake) -> None:
    _know(lake, identity_map=[])
    assert lake.fetch(TABLES["profiles"]).num_rows == 0


any_fact = st.builds(
    _fact,
    st.sampled_from(["car", "boat"]),
    st.dates(date(2024, 6, 28), date(2024, 7, 2)).map(date.isoformat),
    fact_class=st.sampled_from(["wish", "household.size"]),
    source=st.sampled_from(["crm", "survey"]),
    source_record=st.sampled_from(["s1", "s2", "s3", "s9"]),
    recorded_at=st.sampled_from([datetime(2024, 7, 2), datetime(2024, 7, 3)]),
    confidence=st.none() | st.sampled_from([0.2, 0.9]),
)


@settings(max_examples=20)
@given(facts=st.lists(any_fact, max_size=12), chance=st.randoms(use_true_random=False))
def test_one_fact_holds_per_customer_and_class_whatever_the_order(
    lake: Lake, facts: list[dict[str, Any]], chance: Any
) -> None:
    made = []
    for given_facts in (facts, chance.sample(facts + facts, 2 * len(facts))):
        _know(lake, facts=given_facts)
        made.append(lake.fetch(TABLES["current_facts"]))
    assert made[0].equals(made[1])
    keys = [(row["customer_id"], row["fact_class"]) for row in made[0].to_pylist()]
    assert len(keys) == len(set(keys))
    customer = {row["source_record"]: row["customer_id"] for row in MAP}
    assert set(keys) == {
        (customer[fact["source_record"]], fact["fact_class"])
        for fact in facts
        if fact["source_record"] in customer and fact["observed_on"] < CUT
    }
