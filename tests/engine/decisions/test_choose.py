"""Who is due what: each barrier by its code and figures, one row for everybody, arms that stay."""

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from sterna.engine import decisions
from sterna.engine.lake import Lake, arrow, open_lake
from sterna.engine.tables import TABLES

CUT = date(2017, 7, 1)
TABLES_READ = (
    *("customers", "places", "candidates", "values", "current_facts", "consents", "addresses"),
    *("in_peace", "excepted", "past_contacts", "treatments"),
    *("arms", "goals", "assets", "asset_stages", "routes", "blackouts"),
)
WHO = "ann"


@pytest.fixture
def lake(tmp_path):
    with open_lake("duckdb", tmp_path) as opened:
        yield opened


def world(people: int = 1) -> dict[str, list[dict]]:
    """`people` customers, all reachable: bronze, headroom falling from 1000, produce in reach by e-mail."""
    ids = [WHO, *(f"c{number:03}" for number in range(1, people))]
    return {
        "customers": [{"customer_id": who, "unit": f"unit-{who}"} for who in ids],
        "places": [
            {"customer_id": who, "scheme": "tiers", "to_place": "bronze", "to_amount": Decimal("60.00")}
            for who in ids
        ],
        "candidates": [
            {
                "customer_id": who,
                "goal": "up",
                "headroom": Decimal(1000 - n),
                "reason": "In bronze with 60.00 USD.",
            }
            for n, who in enumerate(ids)
        ],
        "values": [
            {"customer_id": who, "top_category": "GROCERY", "room_category": "PRODUCE"} for who in ids
        ],
        "current_facts": [],
        "consents": [
            {"customer_id": w, "medium": "email", "purpose": "marketing", "granted": True} for w in ids
        ],
        "addresses": [
            {"customer_id": who, "medium": "email", "address": f"{who}@example.org"} for who in ids
        ],
        "past_contacts": [],
        "arms": [{"experiment": "spring", "unit": f"unit-{who}", "arm": "treated"} for who in ids],
        "goals": [{"goal": "up", "from_place": "bronze", "to_place": "silver", "priority": 1}],
        "assets": [
            {
                "asset": "voucher",
                "goal": "up",
                "purpose": "marketing",
                "wants_class": "shopping.category",
                "wants_value": "PRODUCE",
                "least_headroom": Decimal("20.00"),
                "unit_cost": Decimal("2.00"),
                "rest_days": 30,
                "cap_contacts": 2,
                "cap_days": 10,
            }
        ],
        "routes": [{"asset": "voucher", "medium": "email", "preference": 1, "contact_cost": Decimal("0.10")}],
    }


def choose(lake: Lake, given: dict[str, list[dict]], budget: str = "99.00", **terms) -> dict[str, dict]:
    for name in TABLES_READ:
        lake.put(TABLES[name], pa.Table.from_pylist(given.get(name, []), schema=arrow.schema(TABLES[name])))
    told = {"experiment": "spring", "salt": "s", "share": 0.2} | terms
    decisions.choose(lake, CUT, "tiers", "USD", Decimal(budget), **told)
    return {row["customer_id"]: row for row in lake.fetch(TABLES["decisions"]).to_pylist()}


def test_whoever_meets_no_barrier_is_contacted_with_the_reason_and_its_cost(lake):
    row = choose(lake, world())[WHO]
    assert (row["outcome"], row["asset"], row["medium"], row["arm"]) == (
        "contact",
        "voucher",
        "email",
        "treated",
    )
    assert (row["cost"], row["due_on"], row["address"]) == (Decimal("2.10"), CUT, "ann@example.org")
    assert row["reason_code"] is None
    assert row["reason"] == (
        "In bronze with 60.00 USD. voucher is for the category they have most room in. By email for 2.10 USD."
    )


def contacted(*days: date, asset: str = "voucher") -> list[dict]:
    return [
        {"contact_id": f"p{n}", "customer_id": WHO, "asset": asset, "due_on": day}
        for n, day in enumerate(days)
    ]


BARRIERS = [
    (
        "in peace",
        {"in_peace": [{"customer_id": WHO, "until": date(2017, 7, 2), "occasion": "bereavement"}]},
        "Is left in peace until 2017-07-02 (bereavement): nothing is promoted to them.",
    ),
    ("place", {"candidates": []}, "Stands in bronze with 60.00 USD, and no goal of the plan starts there."),
    (
        "exception",
        {"candidates": [], "excepted": [{"customer_id": WHO, "reason": "family: of a client in A"}]},
        "Is in group C (family: of a client in A), which no goal asks to move.",
    ),
    ("asset", {"assets": []}, "The goal up has no asset"),
    ("consent", {"consents": []}, "Was never asked for consent to marketing by email."),
    (
        "consent",
        {"consents": [{"customer_id": WHO, "medium": "email", "purpose": "marketing", "granted": False}]},
        "Said no to marketing by email.",
    ),
    (
        "consent",
        {"consents": [{"customer_id": WHO, "medium": "email", "purpose": "service", "granted": True}]},
        "Was never asked",
    ),
    ("address", {"addresses": []}, "there is no address for it"),
    (
        "interest",
        {"values": [{"customer_id": WHO, "top_category": "MEAT"}]},
        "wants shopping.category PRODUCE, and their top category is MEAT, their room in an unknown one.",
    ),
    (
        "headroom",
        {"candidates": [{"customer_id": WHO, "goal": "up", "headroom": Decimal("19.99"), "reason": "x"}]},
        "Headroom of 19.99 USD is under the 20.00 USD",
    ),
    ("headroom", {"candidates": [{"customer_id": WHO, "goal": "up", "reason": "x"}]}, "of unknown size"),
    (
        "rest",
        {"past_contacts": contacted(date(2017, 6, 2))},
        "Got voucher on 2017-06-02, 29 days ago; it rests 30",
    ),
    (
        "cap",
        {"past_contacts": contacted(date(2017, 6, 21), date(2017, 6, 30), asset="other")},
        "Had 2 contacts in 10 days, and the cap is 2.",
    ),
]


@pytest.mark.parametrize(
    ("code", "change", "said"), BARRIERS, ids=[f"{b[0]}-{n}" for n, b in enumerate(BARRIERS)]
)
def test_R12_each_barrier_leaves_out_with_its_code_and_figures(lake, code, change, said):
    row = choose(lake, world() | change)[WHO]
    assert (row["outcome"], row["reason_code"]) == ("left out", code)
    assert said in row["reason"]
    assert (row["arm"], row["experiment"], row["cost"], row["due_on"], row["address"]) == (None,) * 5


@pytest.mark.parametrize(
    "change",
    [
        {"past_contacts": contacted(date(2017, 6, 1))},  # exactly thirty days ago
        {
            "past_contacts": contacted(date(2017, 6, 20), date(2017, 6, 30), asset="other")
        },  # one outside ten days
        {"past_contacts": contacted(CUT, CUT, CUT)},  # the same day's decision made again
        {"candidates": [{"customer_id": WHO, "goal": "up", "headroom": Decimal("20.00"), "reason": "x"}]},
        {"values": [{"customer_id": WHO, "top_category": "PRODUCE"}]},
        {"in_peace": [{"customer_id": WHO, "until": CUT, "occasion": "bereavement"}]},  # over on this day
        {"in_peace": [{"customer_id": "c001", "until": date(2017, 9, 9), "occasion": "funeral"}]},
    ],
)
def test_a_limit_that_is_just_kept_is_no_barrier(lake, change):
    assert choose(lake, world() | change)[WHO]["outcome"] == "contact"


@pytest.mark.parametrize("purpose", ["service", "recognition", "research"])
def test_R55_who_is_left_in_peace_still_gets_what_does_not_promote(lake, purpose):
    given = world()
    given["assets"][0]["purpose"] = given["consents"][0]["purpose"] = purpose
    given["in_peace"] = [{"customer_id": WHO, "until": date(2017, 9, 9), "occasion": "bereavement"}]
    assert choose(lake, given)[WHO]["outcome"] == "contact"


def test_R55_peace_is_the_reason_that_is_told_even_beside_others(lake):
    given = world() | {"consents": [], "addresses": []}
    given["in_peace"] = [{"customer_id": WHO, "until": date(2017, 9, 9), "occasion": "bereavement"}]
    assert choose(lake, given)[WHO]["reason_code"] == "in peace"


def test_R55_who_is_left_in_peace_is_in_no_arm_and_uses_up_no_budget(lake):
    given = world(2) | {"arms": []}
    given["in_peace"] = [{"customer_id": WHO, "until": date(2017, 9, 9), "occasion": "bereavement"}]
    rows = choose(lake, given, budget="2.10", share=0.0)
    assert (rows[WHO]["arm"], rows["c001"]["outcome"]) == (None, "contact"), "the one place goes to the next"


def test_R12_a_recorded_fact_opens_an_offer_that_purchases_do_not(lake):
    change = {
        "values": [],
        "current_facts": [{"customer_id": WHO, "fact_class": "shopping.category", "value": "PRODUCE"}],
    }
    row = choose(lake, world() | change)[WHO]
    assert row["outcome"] == "contact"
    assert "What they told us fits voucher." in row["reason"]


def test_the_nearest_barrier_is_the_one_that_is_told(lake):
    given = world()
    given["routes"].append(
        {"asset": "voucher", "medium": "letter", "preference": 2, "contact_cost": Decimal(1)}
    )
    given["addresses"] = []
    row = choose(lake, given)[WHO]
    # By letter consent is lacking; by e-mail only the address: that is nearer to a contact.
    assert (row["reason_code"], row["medium"]) == ("address", "email")


def test_R89_a_stored_arm_wins_over_the_hash(lake):
    for stored, outcome in (("treated", "contact"), ("held out", "held out")):
        given = world() | {"arms": [{"experiment": "spring", "unit": f"unit-{WHO}", "arm": stored}]}
        row = choose(lake, given)[WHO]
        assert (row["outcome"], row["arm"]) == (outcome, stored)
    assert row["cost"] == 0 and row["address"] is None and "hold-out" in row["reason"]


def test_R89_without_a_stored_arm_sql_draws_as_python_does_and_newcomers_change_nobody(lake):
    few = choose(lake, world(200) | {"arms": []}, "9999.00")
    assert {who: row["arm"] for who, row in few.items()} == {
        who: decisions.arm("s", f"unit-{who}", 0.2) for who in few
    }
    assert 20 <= sum(row["arm"] == "held out" for row in few.values()) <= 60
    more = choose(lake, world(400) | {"arms": []}, "9999.00")
    assert {who: row["arm"] for who, row in more.items() if who in few} == {
        w: r["arm"] for w, r in few.items()
    }


def test_without_an_experiment_nobody_is_held_out(lake):
    rows = choose(lake, world(50) | {"arms": []}, "9999.00", experiment=None)
    assert {(row["outcome"], row["experiment"]) for row in rows.values()} == {("contact", None)}


def test_every_customer_has_one_row_and_the_budget_tells_rank_and_figures(lake):
    rows = choose(lake, world(30), "10.00")
    assert len(rows) == 30
    assert sum((row["cost"] for row in rows.values() if row["outcome"] == "contact"), Decimal(0)) == Decimal(
        "8.40"
    )
    last = rows["c029"]
    assert (last["outcome"], last["reason_code"]) == ("left out", "budget")
    assert last["reason"] == (
        "Rank 30; the budget of 10.00 USD reached as far as rank 4 (8.40 USD spent), and voucher by email costs "
        "2.10 USD."
    )


def test_a_full_capacity_is_told_with_its_size(lake):
    given = world(3)
    given["routes"][0]["capacity"] = 2
    row = choose(lake, given)["c002"]
    assert (row["reason_code"], row["outcome"]) == ("capacity", "left out")
    assert "Rank 3; the 2 places for voucher by email went to higher ranks" in row["reason"]


def test_goals_are_served_by_priority_then_customers_by_worth(lake):
    given = world(3)
    given["goals"].append({"goal": "keep", "from_place": "gold", "to_place": "gold", "priority": 2})
    given["candidates"][0] |= {"goal": "keep", "headroom": Decimal(9999)}
    given["assets"].append(given["assets"][0] | {"goal": "keep"})
    choose(lake, given)
    ranked = {row["customer_id"]: row["position"] for row in lake.fetch(TABLES["ranked"]).to_pylist()}
    assert ranked == {"c001": 1, "c002": 2, WHO: 3}


def test_a_stopped_plan_leaves_out_whoever_could_be_contacted_and_whoever_could_not(lake):
    given = world(4)
    given["consents"] = given["consents"][:2]
    given["candidates"] = given["candidates"][:3]
    given["routes"].append(given["routes"][0] | {"medium": "letter", "preference": 2})
    rows = choose(lake, given, experiment=None, stopped=("plan closed", "The plan closed on 2017-06-30."))
    assert len(rows) == 4
    assert {(row["outcome"], row["reason_code"], row["reason"]) for row in rows.values()} == {
        ("left out", "plan closed", "The plan closed on 2017-06-30.")
    }
    for name in ("ranked", "allocations"):
        assert lake.fetch(TABLES[name]).num_rows == 0
    # Who could move is still told, with the offer that would have been made.
    assert [rows[who]["asset"] for who in (WHO, "c001", "c003")] == ["voucher", "voucher", None]


def test_a_stopped_plan_leaves_everybody_out_and_says_why(lake):
    empty = {"goals": [], "assets": [], "routes": [], "candidates": []}
    rows = choose(lake, world(3) | empty, stopped=("plan has errors", "The plan has 2 errors."))
    assert {(row["outcome"], row["reason_code"], row["reason"]) for row in rows.values()} == {
        ("left out", "plan has errors", "The plan has 2 errors.")
    }
