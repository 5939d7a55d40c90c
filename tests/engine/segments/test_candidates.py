"""Who could move: hidden high potentials are found, readiness is worked by hand, group C is never asked."""

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from scipy.stats import binom

from sterna.engine import segments, steps
from sterna.engine.lake import Lake, arrow, open_lake
from sterna.engine.segments import Band
from sterna.engine.tables import TABLES
from tests.engine.segments import hidden
from tests.engine.segments.placing import lay_out, placing

SEEDS, FIRST = (1, 2, 3), 40
OPENING, CUT = date(2017, 7, 1), date(2018, 1, 1)
EMPTY = ("consents", "addresses", "current_facts", "excepted")
# What only places read: empty too.
UNPLACED = ("facts", "identity_map", "purchases", "stays", "overrides")


@pytest.fixture(scope="module")
def shops(tmp_path_factory) -> list[tuple[hidden.Planted, list[dict]]]:
    """Three shops with hidden high potentials, each with its candidates for the top tier in their order."""
    made = []
    for seed in SEEDS:
        shop = hidden.planted(seed)
        rows = hidden.candidates(tmp_path_factory.mktemp("lake"), shop)
        made.append((shop, [row for row in rows if row["goal"] == "to gold"]))
    return made


def share(rows: list[dict], households: frozenset[int]) -> float:
    """Which part of the rows are of some households."""
    return sum(hidden.household(row["customer_id"]) in households for row in rows) / len(rows)


def test_R3_the_first_candidates_hold_nearly_twice_the_hidden_high_potentials_that_chance_would(shops):
    tops = [share(rows[:FIRST], shop.could_move) for shop, rows in shops]
    bases = [share(rows, shop.could_move) for shop, rows in shops]
    assert all(top > 1.5 * base for top, base in zip(tops, bases, strict=True)), (tops, bases)
    hits, tried = round(sum(tops) * FIRST), FIRST * len(SEEDS)
    # One chance in five thousand that as many were found by luck, were the largest base rate that of all three.
    assert binom.sf(hits - 1, tried, max(bases)) < 2e-4
    assert sum(tops) >= 1.8 * sum(bases)


def test_R3_who_left_for_good_stands_behind_though_their_headroom_is_as_large(shops):
    def first(rows: list[dict], key: str) -> list[dict]:
        return sorted(rows, key=lambda row: -row[key] if key == "headroom" else row[key])[:FIRST]

    by_headroom = sum(share(first(rows, "headroom"), shop.gone) for shop, rows in shops)
    ranked = sum(share(first(rows, "position"), shop.gone) for shop, rows in shops)
    assert ranked < by_headroom / 2, (ranked, by_headroom)
    assert sum(share(rows, shop.gone) for shop, rows in shops) > 0


def test_R3_every_candidate_has_reasons_in_words_and_names_what_is_not_known(shops):
    rows = [row for _, found in shops for row in found]
    for row in rows:
        assert row["reason"].startswith(f"In {row['place']} with ") and row["reason"].endswith(".")
        assert row["readiness_reason"].startswith("Readiness ") and row["readiness_reason"].endswith(".")
        assert 0 <= row["readiness"] <= 1
        # Nobody of this shop was ever asked, and no goal has an asset that wants a class.
        assert "reach" in row["unknown"].split(", ") and "can be reached" not in row["readiness_reason"]


def test_R48_group_C_is_never_among_the_candidates(tmp_path, shops):
    shop, rows = shops[0]
    best = [hidden.household(row["customer_id"]) for row in rows[:5]]
    again = hidden.candidates(tmp_path, shop, excepted=tuple(best))
    assert not {hidden.household(row["customer_id"]) for row in again} & set(best)
    # The others move up, and no one else leaves the list.
    ours = [row for row in again if row["goal"] == "to gold"]
    assert len(ours) == len(rows) - 5 and [row["position"] for row in ours] == list(range(1, len(ours) + 1))


@pytest.fixture
def lake(tmp_path):
    with open_lake("duckdb", tmp_path) as opened:
        yield opened


def put(lake: Lake, table: str, *rows: dict) -> None:
    lake.put(TABLES[table], pa.Table.from_pylist(list(rows), schema=arrow.schema(TABLES[table])))


def ann(**more: object) -> dict:
    """A customer of bronze whose every part of readiness is known."""
    return {
        "customer_id": "ann",
        "spend": Decimal(60),
        "spend_before": Decimal(20),
        "headroom": Decimal(100),
        "alive": 0.8,
        "recency_days": 10,
        "tenure_days": 400,
        "order_frequency": 1.0,
        "breadth": 3,
    } | more


def listed(lake: Lake, *customers: dict, **beside: list[dict]) -> dict[str, dict]:
    """The candidates for silver, beside two of silver who order 2 and 6 times a month in 4 and 8 categories."""
    silver = [
        {
            "customer_id": f"s{n}",
            "spend": Decimal(150),
            "tenure_days": 90,
            "order_frequency": n,
            "breadth": n + 2,
        }
        for n in (2, 6)
    ]
    everybody = [*customers, *silver]
    put(
        lake,
        "customers",
        *({"customer_id": c["customer_id"], "first_seen_on": date(2016, 1, 1)} for c in everybody),
    )
    put(lake, "values", *everybody)
    lay_out(
        lake,
        [placing([Band("bronze", 1, Decimal(0), Decimal(100)), Band("silver", 2, Decimal(100))], OPENING)],
    )
    put(lake, "goals", {"goal": "up", "from_place": "bronze", "to_place": "silver"})
    put(
        lake,
        "assets",
        {"asset": "basket", "goal": "up", "purpose": "marketing", "wants_class": "shopping.budget"},
        {"asset": "call", "goal": "up", "purpose": "sales", "wants_class": "household.size"},
        {"asset": "letter", "goal": "up", "purpose": "marketing"},
    )
    put(lake, "routes", {"asset": "basket", "medium": "email"}, {"asset": "call", "medium": "phone"})
    for name in (*EMPTY, *UNPLACED):
        put(lake, name, *beside.get(name, []))
    segments.place(lake, CUT, "tiers", "USD", OPENING)
    return {row["customer_id"]: row for row in lake.fetch(TABLES["candidates"]).to_pylist()}


YES = [{"customer_id": "ann", "medium": "email", "purpose": "marketing", "granted": True}]
AT = [{"customer_id": "ann", "medium": "email", "address": "ann@example.org"}]
SIZE = [{"customer_id": "ann", "fact_class": "household.size", "value": "4"}]


def test_R3_readiness_is_the_chance_of_being_there_times_the_mean_of_what_else_is_known(lake):
    row = listed(lake, ann(), consents=YES, addresses=AT, current_facts=SIZE)["ann"]
    # 60 of 60 + 20; 1 of 4 orders; 3 of 6 categories; 60 of 100; an open way.
    assert row["readiness"] == Decimal("0.4960")  # 0.8 x (0.75 + 0.25 + 0.5 + 0.6 + 1) / 5
    assert row["readiness_reason"] == (
        "Readiness 0.50 of 1: still a customer 0.80, spend beside the window before 0.75, orders as often as silver "
        "0.25, buys as widely as silver 0.50, near silver 0.60, can be reached 1.00."
    )
    assert row["unknown"] == "shopping.budget"


@pytest.mark.parametrize(
    ("more", "ready", "unknown"),
    [
        ({"spend_before": None}, "0.4700", "trend"),  # 0.8 x (0.25 + 0.5 + 0.6 + 1) / 4
        ({"order_frequency": None}, "0.5700", "frequency"),
        ({"tenure_days": 29}, "0.5700", "frequency"),  # a month's pace out of fewer days
        ({"breadth": None}, "0.5200", "breadth"),
        ({"breadth": 0}, "0.5200", "breadth"),  # spent, and only on unknown products
        ({"alive": None, "recency_days": None}, "0.6200", "alive"),
        ({"headroom": None}, "0.4960", "headroom"),
    ],
)
def test_R3_what_is_unknown_is_left_out_lowers_nothing_and_is_named(lake, more, ready, unknown):
    row = listed(lake, ann(**more), consents=YES, addresses=AT, current_facts=SIZE)["ann"]
    assert (row["unknown"], row["readiness"]) == (f"{unknown}, shopping.budget", Decimal(ready))


@pytest.mark.parametrize(
    ("beside", "reached"),
    [
        ({"consents": YES, "addresses": AT}, "1.00"),
        ({"consents": YES}, "0.00"),  # wanted, and there is no address
        ({"consents": [YES[0] | {"granted": False}], "addresses": AT}, "0.00"),
        (
            {"consents": [YES[0] | {"purpose": "sales"}], "addresses": AT},
            None,
        ),  # another purpose than the asset's
        ({"consents": [YES[0] | {"medium": "letter"}], "addresses": AT}, None),
        ({}, None),
    ],
)
def test_R3_reach_is_a_consent_for_the_purpose_and_an_address_and_unknown_where_nobody_asked(
    lake, beside, reached
):
    row = listed(lake, ann(), **beside)["ann"]
    said = row["readiness_reason"].rpartition("can be reached ")
    assert (said[2].rstrip(".") if said[1] else None) == reached
    assert ("reach" in row["unknown"].split(", ")) == (reached is None)


@pytest.mark.parametrize(
    ("pace", "silent", "said"),
    [
        (3.0, 30, "1.00"),  # every ten days: a month is nothing unusual
        (3.0, 60, "0.50"),
        (50.0, 6, "1.00"),
        (0.5, 120, "1.00"),  # every sixty days
        (0.5, 480, "0.25"),
        (0.0, 240, "0.25"),  # bought before the window alone: as if every thirty days
        (None, 60, "1.00"),
    ],
)
def test_R3_of_whom_no_model_tells_the_silence_beside_the_own_pace_does(lake, pace, silent, said):
    row = listed(lake, ann(alive=None, recency_days=silent, order_frequency=pace))["ann"]
    assert row["readiness_reason"].split(", ")[0].endswith(f" of 1: still a customer {said}")


def test_R3_a_wanted_department_is_known_by_what_they_buy(lake):
    rows = listed(lake, ann(), ann(customer_id="bob", room_category="MEAT"))
    assert rows["ann"]["unknown"].endswith("household.size, shopping.budget")
    put(
        lake,
        "assets",
        {"asset": "basket", "goal": "up", "purpose": "marketing", "wants_class": "shopping.category"},
    )
    segments.place(lake, CUT, "tiers", "USD", OPENING)
    found = {row["customer_id"]: row["unknown"] for row in lake.fetch(TABLES["candidates"]).to_pylist()}
    assert "shopping.category" in found["ann"] and "shopping.category" not in found["bob"]


def test_R3_places_of_another_scheme_are_no_candidates(lake):
    listed(lake, ann())
    places = lake.fetch(TABLES["places"]).to_pylist()
    put(lake, "places", *(row | {"scheme": "other"} for row in places))
    steps.run(lake, "segments/readiness", scheme="tiers")
    assert lake.fetch(TABLES["readiness"]).num_rows == 0


def placed(lake, **changed) -> dict:
    """Ann's candidacy after what `places` says of her was changed, as a floor or an unknown balance changes it."""
    rows = lake.fetch(TABLES["places"]).to_pylist()
    put(lake, "places", *(row | changed if row["customer_id"] == "ann" else row for row in rows))
    for step, values in (("readiness", {}), ("candidates", {"currency": "USD"})):
        steps.run(lake, f"segments/{step}", scheme="tiers", **values)
    [found] = [row for row in lake.fetch(TABLES["candidates"]).to_pylist() if row["customer_id"] == "ann"]
    return found


def test_R3_the_distance_is_in_what_the_scheme_measures(lake):
    listed(lake, ann(spend=Decimal(20)))
    found = placed(lake, to_amount=Decimal(75))
    assert found["missing"] == 25 and found["reason"].startswith(
        "In bronze with 75.00 USD, 25.00 USD short of silver;"
    )
    assert "near silver 0.75" in found["readiness_reason"]


def test_R3_an_unknown_amount_is_neither_near_nor_far(lake):
    listed(lake, ann())
    found = placed(lake, to_amount=None)
    assert found["missing"] is None and found["reason"].startswith("In bronze with an unknown amount;")
    assert "near silver" not in found["readiness_reason"]


def test_R3_who_is_kept_in_a_tier_by_something_else_is_said_to_be_below_its_edge(lake):
    listed(lake, ann())
    put(lake, "goals", {"goal": "keep", "from_place": "silver", "to_place": "silver"})
    found = placed(lake, to_place="silver", to_amount=Decimal(75))
    assert found["reason"].startswith("In silver with 75.00 USD, 25.00 USD below its low edge;")
