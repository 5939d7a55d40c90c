"""Every measure of the table of values is told with its day, its range, and a reason where it is unknown."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest

from sterna.engine import value
from sterna.engine.lake import Lake, open_lake
from sterna.engine.tables import TABLES
from sterna.engine.value import catalogue
from tests.engine.lake.small_tables import rows
from tests.engine.value.shop import CUT, OPENING, bought, contact, cost, stock

BEFORE = date(2023, 7, 1)
COLUMNS = TABLES["values"].columns


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with open_lake("duckdb", tmp_path_factory.mktemp("catalogue")) as opened:
        yield opened


def told(lake: Lake, customer: str) -> dict[str, catalogue.Measured]:
    value.worth(lake, value.Terms(CUT, OPENING, BEFORE, "USD"))
    [row] = [row for row in lake.fetch(TABLES["values"]).to_pylist() if row["customer_id"] == customer]
    return {one.measure.name: one for one in catalogue.told(row, date(2024, 6, 30))}


def test_R79_every_measure_has_a_column_of_its_unit_and_says_how_it_is_made():
    assert len(catalogue.BY_NAME) == len(catalogue.MEASURES)
    for measure in catalogue.MEASURES:
        named = (measure.name, measure.low, measure.high, measure.reason)
        assert [name for name in named if name and name not in COLUMNS] == [], measure.name
        assert (COLUMNS[measure.name] == "DECIMAL(18,2)") == (measure.unit == "money"), measure.name
        assert measure.formula and measure.source and measure.beware and measure.version >= 1
        assert measure.beware.endswith(".") and measure.title[0].isupper()


def test_R79_every_column_of_value_is_a_measure_or_belongs_to_one():
    told_of = {
        name
        for measure in catalogue.MEASURES
        for name in (measure.name, measure.low, measure.high, measure.reason)
        if name
    }
    beside = {"customer_id", "top_category", "room_category", "by_referral", "by_influence", "by_knowledge"}
    of_wallets = {"wallet_confidence", "wallet_source", "wallet_on", "headroom_source"}
    assert set(COLUMNS) - told_of == beside | of_wallets


def test_R79_a_measure_is_told_with_its_day_and_an_unknown_one_with_its_reason(lake):
    stock(lake, [bought("ann", "2024-03-01", "5.00")], others=["zoe"])
    ann, zoe = told(lake, "ann"), told(lake, "zoe")
    assert ann["spend"].figure == Decimal("5.00") and ann["spend"].as_of == date(2024, 6, 30)
    assert (ann["margin"].figure, ann["margin"].reason) == (None, "no cost to serve is recorded")
    assert zoe["recency_days"].reason == zoe["expected_spend"].reason == "has not ordered yet"
    assert ann["expected_spend"].reason.startswith("No customer has bought again")
    assert (ann["influence"].figure, ann["influence"].reason) == (None, "no credit of anybody is recorded")
    unexplained = [
        (name, one.measure.name)
        for name, found in (("ann", ann), ("zoe", zoe))
        for one in found.values()
        if one.figure is None and one.reason is None and one.measure.name != "spend_before"
    ]
    assert unexplained == []


def test_R79_where_nobody_drops_out_the_chance_of_being_active_is_unknown_for_that_reason(lake):
    # Everybody orders every tenth day to the end, so that nothing tells of leaving.
    days = [(OPENING + timedelta(days=10 * step)).isoformat() for step in range(18)]
    lines = [bought(f"c{who}", day, 10 + who) for who in range(40) for day in days]
    stock(lake, [*lines, bought("once", "2024-05-01", "5.00")])
    often, once = told(lake, "c1"), told(lake, "once")
    assert often["expected_orders"].figure > 0 and often["alive"].figure is None
    assert often["alive"].reason == once["alive"].reason != "has not ordered yet"
    assert "drop-out" in often["alive"].reason


def test_R79_with_costs_and_contacts_margin_and_frequency_are_known(lake):
    stock(
        lake,
        [bought("ann", "2024-03-01", "50.00", discount=Decimal("2.00"))],
        costs=[cost("ann", "2024-03-02", "7.25")],
        contacts=[contact("ann", "2024-04-01", "inbound"), contact("ann", "2024-04-02", "outbound")],
    )
    ann = told(lake, "ann")
    assert (ann["cost"].figure, ann["margin"].figure) == (Decimal("7.25"), Decimal("42.75"))
    assert (ann["contacts_in"].figure, ann["contacts_out"].figure) == (1, 1)
    # Two contacts in the 122 days from 1 March, when ann was first seen, to the cut.
    assert ann["contact_frequency"].figure == pytest.approx(2 * 30 / 122)


FACT = {"source": "adviser", "observed_on": date(2024, 5, 1), "confidence": 0.9}


def test_R6_one_million_of_one_and_of_twenty_through_the_whole_stage(lake):
    million, wallet = "1000000.00", Decimal("20000000.00")
    facts = [
        {"customer_id": "all", "low": Decimal(million), "mid": Decimal(million), "high": Decimal(million)},
        {"customer_id": "part", "low": wallet, "mid": wallet, "high": wallet},
    ]
    lines = [bought(name, "2024-03-01", million) for name in ("all", "part", "none")]
    stock(lake, lines, wallet_facts=[fact | FACT for fact in facts])
    every, part, none = (told(lake, name) for name in ("all", "part", "none"))
    assert (every["share_of_wallet"].figure, every["headroom"].figure) == (1.0, 0)
    assert (part["share_of_wallet"].figure, part["headroom"].figure) == (0.05, Decimal("19000000.00"))
    assert (part["wallet"].low, part["wallet"].figure, part["wallet"].high) == (wallet,) * 3
    assert part["potential"].figure == wallet
    assert (none["wallet"].figure, none["share_of_wallet"].figure) == (None, None)
    assert none["wallet"].reason.startswith("not identifiable")
    # All bought the same, so alike customers show no room; that is known, and it is not the wallet.
    assert none["headroom"].figure == 0 and "not known" in none["headroom"].reason


def test_R17_what_a_newcomer_buys_is_credited_and_the_rest_stand_at_zero(lake):
    stock(lake, [bought("ann", "2024-03-01", "5.00"), bought("new", "2024-05-01", "80.00")])
    lake.put(
        TABLES["credits"],
        rows(
            "credits",
            {
                "newcomer": "new",
                "customer": "ann",
                "kind": "referral",
                "share": Decimal("0.7500"),
                "came_anyway": None,
            },
        ),
    )
    ann, new = told(lake, "ann"), told(lake, "new")
    # Nobody can say whether new had come anyway: from nothing to three quarters of 80.
    assert (ann["influence"].low, ann["influence"].figure, ann["newcomers"].figure) == (0, 60, 1)
    assert (new["influence"].figure, new["newcomers"].figure) == (0, 0)


def test_credits_that_cannot_be_true_together_credit_nobody_and_say_why(lake):
    stock(lake, [bought("ann", "2024-03-01", "5.00"), bought("bob", "2024-05-01", "80.00")])
    loop = [
        {"newcomer": one, "customer": other, "kind": "referral", "share": Decimal(1)}
        for one, other in (("ann", "bob"), ("bob", "ann"))
    ]
    lake.put(TABLES["credits"], rows("credits", *loop))
    found = told(lake, "ann")["influence"]
    assert found.figure is None and "are a loop" in found.reason
