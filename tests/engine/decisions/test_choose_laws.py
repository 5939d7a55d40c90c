"""Whatever the customers, consents, limits and money: one decision each, and nobody contacted against a rule."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sterna.engine import decisions
from sterna.engine.decisions import walk
from sterna.engine.lake import open_lake
from sterna.engine.tables import TABLES
from tests.engine.decisions.test_choose import CUT, WHO, choose, contacted, world
from tests.engine.decisions.test_walk import ranked


@pytest.fixture
def lake(tmp_path):
    with open_lake("duckdb", tmp_path) as opened:
        yield opened


CENTS = st.integers(0, 400).map(lambda cents: Decimal(cents) / 100)
WAYS = st.lists(
    st.sampled_from([("a", "email"), ("a", "phone"), ("b", "email")]), min_size=1, max_size=2, unique=True
)


def best_plan(
    customers: list[tuple], costs: dict[tuple, Decimal], places: dict[tuple, int | None], budget: Decimal
) -> tuple[int, ...]:
    """Of all ways to serve `customers` that are allowed, the one kindest to those who rank first.

    A choice is the number of the way taken, or how many ways there are for none. Allowed is what keeps budget and
    places, where nobody comes after one who was refused for money alone.
    """

    def allowed(choices: tuple[int, ...]) -> bool:
        left, taken, closed = budget, Counter(), False
        for (arm, ways), choice in zip(customers, choices, strict=True):
            room = [way for way in ways if places[way] is None or taken[way] < places[way]]
            if choice == len(ways):
                closed = closed or bool(room)
                continue
            way = ways[choice]
            if closed or way not in room or costs[way] > left:
                return False
            if arm == "treated":
                left -= costs[way]
                taken[way] += 1
        return True

    return min(filter(allowed, product(*(range(len(ways) + 1) for _, ways in customers))))


@settings(max_examples=150)
@given(
    st.lists(st.tuples(st.sampled_from(["treated", "treated", "held out"]), WAYS), max_size=5),
    st.tuples(CENTS, CENTS, CENTS),
    st.tuples(*[st.none() | st.integers(0, 2)] * 3),
    st.integers(0, 900).map(lambda cents: Decimal(cents) / 100),
)
def test_R88_the_walk_is_the_best_of_all_allowed_plans_for_those_who_rank_first(
    customers, costs, places, budget
):
    keys = [("a", "email"), ("a", "phone"), ("b", "email")]
    cost, place = dict(zip(keys, costs, strict=True)), dict(zip(keys, places, strict=True))
    expected = best_plan(customers, cost, place, budget)
    given = [(arm, [(*way, cost[way], place[way]) for way in ways]) for arm, ways in customers]
    made = walk(ranked(given), budget).allocations.to_pylist()
    for (arm, ways), choice, row in zip(customers, expected, made, strict=True):
        if choice == len(ways):
            assert row["outcome"] == "left out"
        else:
            assert row["outcome"] == ("contact" if arm == "treated" else "held out")
            assert (row["asset"], row["medium"]) == ways[choice]


DAYS_AGO = (0, 1, 6, 7, 8, 9, 10, 11, 29, 30, 31)  # at each border of a rest or a cap
YES = {"email": True, "letter": True}
PERSON = st.fixed_dictionaries(
    {
        "goal": st.sampled_from(["up", "keep", None]),
        "headroom": st.sampled_from([None, Decimal(19), Decimal(20), Decimal(60)]),
        "says": st.sampled_from([YES, YES, YES | {"letter": False}, {"email": False}, {}]),
        "lives": st.sampled_from([["email", "letter"], ["email"], ["letter"], []]),
        "room": st.sampled_from(["PRODUCE", "PRODUCE", "MEAT", None]),
        "sent": st.lists(
            st.tuples(st.sampled_from(["voucher", "thanks"]), st.sampled_from(DAYS_AGO)), max_size=3
        ),
        "household": st.integers(0, 3),
    }
)
ASSETS = {  # asset: goal, wanted category, least headroom, cost, rest days, contacts and days of the cap
    "voucher": ("up", "PRODUCE", 20, "2.00", 30, 2, 10),
    "thanks": ("keep", None, None, "0.50", 7, None, None),
}
ROUTES = {
    ("voucher", "email"): ("0.10", 3),
    ("voucher", "letter"): ("1.00", None),
    ("thanks", "letter"): ("1.00", 2),
}


def of(people: list[dict]) -> dict[str, list[dict]]:
    """The tables of a world in which `people` live."""
    named = {f"p{number:02}": person for number, person in enumerate(people)}
    contacts = [(who, *sent) for who, person in named.items() for sent in person["sent"]]
    asset_names = (
        "goal",
        "wants_value",
        "least_headroom",
        "unit_cost",
        "rest_days",
        "cap_contacts",
        "cap_days",
    )
    assets = [
        {"asset": asset, **dict(zip(asset_names, terms, strict=True))} for asset, terms in ASSETS.items()
    ]
    return {
        "customers": [{"customer_id": who, "unit": f"u{p['household']}"} for who, p in named.items()],
        "places": [
            {"customer_id": who, "scheme": "tiers", "to_place": "bronze", "to_amount": Decimal(5)}
            for who in named
        ],
        "candidates": [
            {"customer_id": who, "goal": p["goal"], "headroom": p["headroom"], "reason": "In bronze."}
            for who, p in named.items()
            if p["goal"]
        ],
        "values": [{"customer_id": who, "room_category": p["room"]} for who, p in named.items()],
        "current_facts": [],
        "consents": [
            {"customer_id": who, "medium": medium, "purpose": "marketing", "granted": granted}
            for who, p in named.items()
            for medium, granted in p["says"].items()
        ],
        "addresses": [
            {"customer_id": who, "medium": medium, "address": f"{who} by {medium}"}
            for who, p in named.items()
            for medium in p["lives"]
        ],
        "past_contacts": [
            {"contact_id": str(n), "customer_id": who, "asset": asset, "due_on": CUT - timedelta(days=ago)}
            for n, (who, asset, ago) in enumerate(contacts)
        ],
        "arms": [],
        "goals": [{"goal": "up", "priority": 2}, {"goal": "keep", "priority": 1}],
        "assets": [
            asset
            | {
                "purpose": "marketing",
                "wants_class": asset["wants_value"] and "shopping.category",
                "unit_cost": Decimal(asset["unit_cost"]),
                "least_headroom": asset["least_headroom"] and Decimal(asset["least_headroom"]),
            }
            for asset in assets
        ],
        "routes": [
            {
                "asset": asset,
                "medium": medium,
                "preference": n,
                "contact_cost": Decimal(cost),
                "capacity": places,
            }
            for n, ((asset, medium), (cost, places)) in enumerate(ROUTES.items(), start=1)
        ],
    }


def open_to(person: dict, home: list[dict], asset: str, medium: str) -> bool:
    """Whether every rule lets `person` have `asset` by `medium`, told from the plan's words and not from the steps.

    `home` is everybody of the person's household: what one of them got rests for all.
    """
    goal, wanted, least, _, rest, most, days = ASSETS[asset]
    earlier = [(which, ago) for which, ago in person["sent"] if ago > 0]
    recent = sum(ago <= days for _, ago in earlier) if most is not None else 0
    return (
        person["goal"] == goal
        and person["says"].get(medium, False)
        and medium in person["lives"]
        and (wanted is None or person["room"] == wanted)
        and (not least or (person["headroom"] is not None and person["headroom"] >= least))
        and all(which != asset or not 0 < ago < rest for mate in home for which, ago in mate["sent"])
        and (most is None or recent < most)
    )


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PERSON, min_size=4, max_size=12), st.sampled_from(["2.00", "6.30", "99.00"]))
def test_R12_R88_everybody_has_one_decision_and_nobody_is_contacted_against_a_rule(lake, people, budget):
    choose(lake, of(people), budget, share=0.5)
    rows = lake.fetch(TABLES["decisions"]).to_pylist()
    assert [row["customer_id"] for row in rows] == [f"p{number:02}" for number in range(len(people))]
    contacted = [row for row in rows if row["outcome"] == "contact"]
    assert sum((row["cost"] for row in contacted), Decimal(0)) <= Decimal(budget)
    per_route = Counter((row["asset"], row["medium"]) for row in contacted)
    assert all(ROUTES[route][1] is None or count <= ROUTES[route][1] for route, count in per_route.items())
    homes = Counter((row["unit"], row["asset"]) for row in rows if row["outcome"] != "left out")
    assert set(homes.values()) <= {1}
    for person, row in zip(people, rows, strict=True):
        home = [each for each in people if each["household"] == person["household"]]
        open_ways = [way for way in ROUTES if open_to(person, home, *way)]
        assert row["reason"]
        if row["outcome"] == "left out":
            walked = row["reason"].startswith("Rank ")
            assert walked == bool(open_ways)
            assert not walked or row["reason_code"] in ("budget", "capacity", "household")
            assert (row["arm"], row["cost"], row["address"]) == (None, None, None)
            continue
        asset, medium = row["asset"], row["medium"]
        assert (asset, medium) in open_ways and row["reason_code"] is None
        drawn = decisions.arm("s", f"u{person['household']}", 0.5)
        assert row["arm"] == drawn == ("held out" if row["outcome"] == "held out" else "treated")
        price = Decimal(ASSETS[asset][3]) + Decimal(ROUTES[asset, medium][0])
        address = f"{row['customer_id']} by {medium}"
        assert (row["cost"], row["address"]) == ((0, None) if drawn == "held out" else (price, address))


UNITS = [
    "",
    "|",
    "a|b",
    "O'Brien",
    '"quoted"',
    "grüße",
    "gru\u0308ße",
    "名前",
    "🦅",
    "x" * 300,
    "tab\there",
    "A",
    "a",
]


def test_R89_python_and_sql_draw_every_spelling_of_a_unit_alike(lake):
    given = world(len(UNITS)) | {"arms": []}
    for customer, unit in zip(given["customers"], UNITS, strict=True):
        customer["unit"] = unit
    for salt in ("s", "grüße|'", "2017 🦅"):
        rows = choose(lake, given, "9999.00", salt=salt, share=0.5)
        drawn = [rows[customer["customer_id"]]["arm"] for customer in given["customers"]]
        assert drawn == [decisions.arm(salt, unit, 0.5) for unit in UNITS]
        assert set(drawn) == {"treated", "held out"}


def test_R89_a_household_is_held_out_or_treated_as_one(lake):
    given = world(40) | {"arms": []}
    for number, customer in enumerate(given["customers"]):
        customer["unit"] = f"household {number // 2}"
    rows = choose(lake, given, "9999.00", share=0.5)
    arms = lake.fetch(TABLES["ranked"]).sort_by("customer_id").column("arm").to_pylist()
    assert len(arms) == len(rows) and set(arms) == {"treated", "held out"}
    by_unit: dict[str, set[str]] = {}
    for customer, arm in zip(
        sorted(given["customers"], key=lambda each: each["customer_id"]), arms, strict=True
    ):
        by_unit.setdefault(customer["unit"], set()).add(arm)
    assert {len(drawn) for drawn in by_unit.values()} == {1}


def test_R6_one_household_is_not_contacted_twice_for_one_thing(lake):
    given = world(3)
    for customer in given["customers"]:
        customer["unit"] = "household 1"
    given["arms"] = [{"experiment": "spring", "unit": "household 1", "arm": "treated"}]
    rows = choose(lake, given)
    assert [rows[who]["outcome"] for who in (WHO, "c001", "c002")] == ["contact", "left out", "left out"]
    assert rows["c001"]["reason_code"] == "household"
    assert rows["c001"]["reason"] == (
        "Rank 2; somebody of the household ranks higher for voucher, and one household gets it once."
    )


def test_R6_what_one_of_a_household_got_rests_for_all_of_them(lake):
    given = world(2) | {"past_contacts": contacted(date(2017, 6, 20))}
    for customer in given["customers"]:
        customer["unit"] = "household 1"
    rows = choose(lake, given)
    assert (rows[WHO]["reason_code"], rows["c001"]["reason_code"]) == ("rest", "household")
    assert rows["c001"]["reason"] == (
        "Somebody of the household got voucher on 2017-06-20, 11 days ago; it rests 30 days for all of them."
    )


def test_R6_a_household_that_is_held_out_counts_once_too(lake):
    given = world(2) | {"arms": [{"experiment": "spring", "unit": "household 1", "arm": "held out"}]}
    for customer in given["customers"]:
        customer["unit"] = "household 1"
    rows = choose(lake, given)
    assert [rows[who]["outcome"] for who in (WHO, "c001")] == ["held out", "left out"]
    assert rows["c001"]["reason_code"] == "household"


def test_R89_an_arm_of_another_experiment_says_nothing_here(lake):
    other = [{"experiment": "autumn", "unit": f"unit-{WHO}", "arm": "held out"}]
    row = choose(lake, world() | {"arms": other}, share=0)[WHO]
    assert (row["outcome"], row["experiment"], row["arm"]) == ("contact", "spring", "treated")


def test_nobody_to_decide_for_is_no_decision(lake):
    assert choose(lake, {name: [] for name in world()}) == {}


def test_a_customer_whom_two_goals_mean_is_contacted_once_for_the_one_served_first(lake):
    given = world()
    given["goals"].append({"goal": "keep", "from_place": "bronze", "to_place": "bronze", "priority": 0})
    given["candidates"].append(given["candidates"][0] | {"goal": "keep"})
    given["assets"].append(given["assets"][0] | {"asset": "thanks", "goal": "keep", "wants_class": None})
    given["routes"].append(given["routes"][0] | {"asset": "thanks"})
    row = choose(lake, given)[WHO]
    assert (row["outcome"], row["goal"], row["asset"]) == ("contact", "keep", "thanks")
    assert "thanks suits everybody who stands there." in row["reason"]


def test_what_fits_better_is_tried_before_what_is_preferred(lake):
    """A told fact before room, room before what they buy most, that before what suits everybody."""
    given = world()
    for number, (asset, wanted) in enumerate(
        [("any", None), ("top", "GROCERY"), ("room", "PRODUCE"), ("told", "x")]
    ):
        given["assets"].append(
            given["assets"][0]
            | {"asset": asset, "wants_class": wanted and "shopping.category", "wants_value": wanted}
        )
        given["routes"].append(given["routes"][0] | {"asset": asset, "preference": 1 + number})
    given["assets"][-1] |= {"wants_class": "taste.kitchen"}
    given["assets"], given["routes"] = given["assets"][1:], given["routes"][1:]
    taken = []
    for facts in ([{"customer_id": WHO, "fact_class": "taste.kitchen", "value": "x"}], []):
        given["current_facts"] = facts
        taken.append(choose(lake, given)[WHO]["asset"])
    given["values"][0]["room_category"] = None
    taken.append(choose(lake, given)[WHO]["asset"])
    given["values"] = []
    taken.append(choose(lake, given)[WHO]["asset"])
    assert taken == ["told", "room", "top", "any"]


@pytest.mark.parametrize(
    ("day", "outcome"), [(date(2017, 6, 21), "left out"), (date(2017, 6, 20), "contact")]
)
def test_R12_the_first_day_of_the_cap_counts_and_the_day_before_does_not(lake, day, outcome):
    """Ten days before 1 July begin on 21 June."""
    past = [
        {"contact_id": str(n), "customer_id": WHO, "asset": "other", "due_on": when}
        for n, when in enumerate([day, date(2017, 6, 30)])
    ]
    assert choose(lake, world() | {"past_contacts": past})[WHO]["outcome"] == outcome
