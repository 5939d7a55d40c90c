"""Several schemes at once: of spend over windows of their own, of another measure, of a fact; on both engines alike."""

from datetime import date, datetime
from decimal import Decimal
from itertools import permutations

import pytest

from sterna.engine import steps
from sterna.engine.lake import open_lake
from sterna.engine.segments import Band, Holding
from sterna.engine.value.catalogue import MEASURES
from tests.engine.segments.placing import placing, run

OPENING, CUT = date(2017, 7, 1), date(2018, 1, 1)
SPEND = (Band("bronze", 1, Decimal(1), Decimal(100)), Band("gold", 2, Decimal(100)))
RICH = (
    Band("core", 1, Decimal(1_000_000), Decimal(5_000_000)),
    Band("premier", 2, Decimal(5_000_000), Decimal(25_000_000)),
    Band("family", 3, Decimal(25_000_000)),
)
BALANCES = placing(RICH, OPENING, "balances", measure="fact:wealth.balances")


def people(*names: str) -> list[dict]:
    return [{"customer_id": who, "unit": who, "first_seen_on": date(2016, 1, 1)} for who in names]


def fact(who: str, value: str, on: date = date(2017, 12, 1), **more: object) -> dict:
    return {
        "source_record": f"crm:{who}", "fact_class": "wealth.balances", "value": value, "source": "book",
        "observed_on": on, "recorded_at": datetime(2017, 1, 1), "confidence": 1.0, **more,
    }  # fmt: skip


def current(who: str, value: str) -> dict:
    return {"customer_id": who, "fact_class": "wealth.balances", "value": value}


def owners(*names: str) -> list[dict]:
    return [{"source_record": f"crm:{who}", "customer_id": who, "unit": who} for who in names]


@pytest.fixture
def lake(tmp_path):
    with open_lake("duckdb", tmp_path) as opened:
        yield opened


def placed(made: dict, scheme: str) -> dict[str, dict]:
    return {row["customer_id"]: row for row in made["places"] if row["scheme"] == scheme}


EDGES = [
    ("4999999.99", "core"),
    ("5000000.00", "premier"),
    ("5000000.01", "premier"),
    ("999999.99", "none"),
    ("24999999.99", "premier"),
    ("25000000", "family"),
]


def test_R5_exactly_five_million_lands_once(lake):
    names = [f"c{n}" for n in range(len(EDGES))]
    said = [current(who, amount) for who, (amount, _) in zip(names, EDGES, strict=True)]
    made = run(lake, CUT, [BALANCES], customers=people(*names), current_facts=said)
    assert [row["to_place"] for row in placed(made, "balances").values()] == [place for _, place in EDGES]
    assert len(made["places"]) == len(EDGES), "each lands once"


@pytest.mark.parametrize("value", ["about five million", "", "5.000.000", "1e7", "five"])
def test_R5_an_unknown_balance_is_in_no_tier_and_is_not_zero(lake, value):
    given = [current("a", value)] if value else []
    row = placed(run(lake, CUT, [BALANCES], customers=people("a"), current_facts=given), "balances")["a"]
    assert (row["to_place"], row["to_rank"], row["to_amount"]) == ("none", 0, None)
    assert (row["from_place"], row["from_amount"]) == ("none", None)


def test_a_fact_is_judged_as_it_stood_at_the_opening(lake):
    facts = [
        fact("a", "6000000", date(2017, 6, 1)),
        fact("a", "2000000", date(2017, 9, 1)),
        fact("b", "6000000", date(2017, 6, 1), expires_on=date(2017, 6, 20)),
    ]
    made = run(
        lake, CUT, [BALANCES], customers=people("a", "b"), facts=facts, identity_map=owners("a", "b"),
        current_facts=[current("a", "2000000")],
    )  # fmt: skip
    rows = placed(made, "balances")
    assert (rows["a"]["from_place"], rows["a"]["to_place"]) == ("premier", "core")
    assert (rows["b"]["from_place"], rows["b"]["from_amount"]) == ("none", None), "it had expired"


def test_spend_of_another_window_is_summed_over_that_window(lake):
    wide = placing(SPEND, date(2017, 1, 1), "year", before=date(2016, 1, 1), own_window=True)
    bought = [
        {"event_id": f"e{n}", "customer_id": "a", "occurred_on": day, "amount": Decimal(60)}
        for n, day in enumerate([date(2016, 5, 1), date(2017, 3, 1), date(2017, 9, 1), CUT])
    ]
    values = [{"customer_id": "a", "spend": Decimal(60), "spend_before": Decimal(60)}]
    made = run(
        lake, CUT, [placing(SPEND, OPENING), wide], customers=people("a"), values=values, purchases=bought
    )
    half, year = placed(made, "tiers")["a"], placed(made, "year")["a"]
    assert (half["to_place"], half["to_amount"]) == ("bronze", Decimal(60))
    assert (year["to_place"], year["to_amount"], year["from_amount"]) == ("gold", Decimal(120), Decimal(60))


def test_R5_the_order_of_what_was_bought_on_one_day_is_irrelevant(lake):
    wide = placing(SPEND, date(2017, 1, 1), "year", before=date(2016, 1, 1), own_window=True)
    amounts = [Decimal("40.00"), Decimal("-0.01"), Decimal("60.00"), Decimal("0.01")]
    found = set()
    for order in permutations(amounts):
        bought = [
            {"event_id": f"e{n}", "customer_id": "a", "occurred_on": date(2017, 3, 1), "amount": amount}
            for n, amount in enumerate(order)
        ]
        [row] = run(lake, CUT, [wide], customers=people("a"), purchases=bought)["places"]
        found.add((row["to_place"], row["to_amount"]))
    assert found == {("gold", Decimal(100))}, "exactly on the edge, whichever came first"


def test_R5_the_return_of_what_promoted_is_judged_once_and_a_cent_decides(lake):
    wide = placing(SPEND, date(2017, 1, 1), "year", before=date(2016, 1, 1), own_window=True)
    stays = [
        {"customer_id": "a", "scheme": "year", "place": "gold", "rank": 2, "entered_on": date(2017, 12, 1)}
    ]
    bought = [
        {"event_id": f"e{n}", "customer_id": "a", "occurred_on": date(2017, 3, 1 + n), "amount": amount}
        for n, amount in enumerate([Decimal(100), Decimal("-0.01")])
    ]
    [row] = run(lake, CUT, [wide], customers=people("a"), purchases=bought, stays=stays)["places"]
    assert (row["to_place"], row["missing"]) == ("bronze", Decimal("0.01"))


def test_R4_each_scheme_has_a_matrix_of_its_own_that_sums_to_everybody(lake):
    values = [{"customer_id": who, "spend": Decimal(n * 60)} for n, who in enumerate("abc")]
    made = run(
        lake, CUT, [placing(SPEND, OPENING), BALANCES], customers=people(*"abc"), values=values,
        current_facts=[current("a", "7000000")],
    )  # fmt: skip
    for scheme, bands in (("tiers", 2), ("balances", 3)):
        cells = [cell for cell in made["matrix"] if cell["scheme"] == scheme]
        assert len(cells) == (bands + 2) * (bands + 1)
        assert sum(cell["customers"] for cell in cells) == 3


@pytest.mark.parametrize("measure", [each.name for each in MEASURES if each.name != "spend"])
def test_every_measure_of_value_can_carry_tiers(lake, measure):
    scheme = placing((Band("much", 1, Decimal(3)),), OPENING, measure=measure)
    values = [{"customer_id": "a", measure: 3}, {"customer_id": "b", measure: 2}, {"customer_id": "c"}]
    made = placed(run(lake, CUT, [scheme], customers=people(*"abc"), values=values), "tiers")
    assert [made[who]["to_place"] for who in "abc"] == ["much", "none", "none"]
    assert made["c"]["to_amount"] is None and made["a"]["from_amount"] is None


def test_the_opening_is_read_from_history_where_there_is_one(lake):
    stays = [
        {"customer_id": "a", "scheme": "tiers", "place": "gold", "rank": 2, "entered_on": date(2017, 1, 1)},
        {"customer_id": "b", "scheme": "tiers", "place": "gold", "rank": 2, "entered_on": date(2017, 8, 1)},
        {
            "customer_id": "c",
            "scheme": "tiers",
            "place": "platinum",
            "rank": 9,
            "entered_on": date(2017, 1, 1),
        },
        {"customer_id": "d", "scheme": "tiers", "place": "none", "rank": 0, "entered_on": date(2017, 7, 1)},
    ]
    values = [{"customer_id": who, "spend": Decimal(5), "spend_before": Decimal(50)} for who in "abcd"]
    rows = placed(
        run(lake, CUT, [placing(SPEND, OPENING)], customers=people(*"abcd"), values=values, stays=stays),
        "tiers",
    )
    assert rows["a"]["from_place"] == "gold", "they were there, whatever was spent"
    assert rows["b"]["from_place"] == "bronze", "a stay that began later is not where they stood"
    assert rows["c"]["from_place"] == "bronze", "an older version's place is none of this one"
    assert (rows["d"]["from_place"], rows["d"]["from_rank"]) == ("none", 0)


# The "$" of one engine's patterns stands before a last line break as well, and its cast would fail the whole turn.
NO_NUMBERS = {4: "about", 5: "5500000\n"}


def given() -> dict[str, list[dict]]:
    """A little of everything that placing reads."""
    stays = [
        {
            "customer_id": f"c{n}", "scheme": "tiers", "place": "gold", "rank": 2, "before_rank": n % 3,
            "entered_on": date(2017, 1 + n, 1), "warned_on": date(2017, 12, 20 + n) if n % 2 else None,
        }
        for n in range(9)
    ]  # fmt: skip
    overrides = [
        {
            "customer_id": f"c{n}", "scheme": "tiers", "kind": kind, "place": place, "ends_on": date(2018, 3, 1),
            "reason": "said",
        }
        for n, kind, place in ((0, "lock", "none"), (9, "floor", "gold"), (2, "ceiling", "bronze"))
    ]  # fmt: skip
    names = [f"c{n}" for n in range(10)]
    return {
        "customers": people(*names),
        "values": [
            {"customer_id": who, "spend": Decimal(n * 12 % 108), "spend_before": Decimal(99)}
            for n, who in enumerate(names)
        ],
        "purchases": [
            {
                "event_id": who,
                "customer_id": who,
                "occurred_on": date(2017, 2, 1),
                "amount": Decimal("100.00"),
            }
            for who in names
        ],
        "facts": [fact(who, f"{n}000000.5", date(2017, 5, 1)) for n, who in enumerate(names)],
        "current_facts": [current(who, NO_NUMBERS.get(n, f"{n}500000")) for n, who in enumerate(names)],
        "identity_map": owners(*names),
        "stays": stays,
        "overrides": overrides,
    }


@pytest.mark.spark
def test_R5_both_engines_place_alike(lake, spark_lake):
    holding = Holding(low_water=Decimal("0.9"), minimum_hold_days=184, grace_days=20, downgrade="one_down")
    schemes = [
        placing(SPEND, OPENING, holding=holding),
        placing(SPEND, date(2017, 1, 1), "year", before=date(2016, 1, 1), own_window=True),
        BALANCES,
    ]
    found = [run(one, CUT, schemes, **given()) for one in (lake, spark_lake)]
    assert found[0]["places"] == found[1]["places"] and found[0]["matrix"] == found[1]["matrix"]
    held = {row["held_by"] for row in found[0]["places"]}
    assert held == {None, "lock", "floor", "ceiling", "low water", "minimum hold", "grace"}


def test_the_steps_of_placing_keep_their_contract():
    assert [
        step for name in steps.names() if name.startswith("segments/") for step in steps.check(name)
    ] == []
