"""The comparison verb on figures worked by hand: sums, arms, designs, adjustment, campaigns without a figure."""

from datetime import date, datetime
from decimal import Decimal
from itertools import count

import pyarrow as pa
import pytest

from sterna.engine import measurement
from sterna.engine.errors import BadInput
from sterna.engine.lake import Lake, arrow, open_lake
from sterna.engine.measurement import Declared
from sterna.engine.tables import TABLES

ASSIGNED, CUT = date(2017, 7, 1), date(2017, 7, 11)  # ten days after, and so the ten days before
BEFORE, AFTER = date(2017, 6, 21), date(2017, 7, 10)


@pytest.fixture
def lake(tmp_path):
    with open_lake("duckdb", tmp_path) as opened:
        yield opened


def put(lake: Lake, table: str, rows: list[dict]) -> None:
    lake.put(TABLES[table], pa.Table.from_pylist(rows, schema=arrow.schema(TABLES[table])))


def compare(
    lake: Lake, people: list[tuple], declared: Declared | None = None, exposed: date | None = ASSIGNED, **more
):
    """People are (arm, goal, spend before, spend after)."""
    number = count()
    put(lake, "customers", [{"customer_id": f"c{n}"} for n in range(len(people))])
    put(
        lake,
        "assignments",
        [
            {
                "experiment": "spring",
                "customer_id": f"c{n}",
                "arm": arm,
                "goal": goal,
                "asset": "voucher",
                "assigned_on": ASSIGNED,
                "exposed_on": exposed if arm == "treated" else None,
            }
            for n, (arm, goal, _, _) in enumerate(people)
        ],
    )
    put(
        lake,
        "purchases",
        [
            {
                "event_id": f"e{next(number)}",
                "customer_id": f"c{n}",
                "occurred_on": day,
                "amount": Decimal(amount),
            }
            for n, (_, _, before, after) in enumerate(people)
            for day, amount in [(BEFORE, before), (AFTER, after), (CUT, 500), (date(2017, 6, 20), 700)]
            if amount
        ],
    )
    put(lake, "happenings", more.get("happenings", []))
    put(lake, "campaigns", more.get("campaigns", []))
    measurement.compare(lake, [declared or Declared(name="spring", share=0.5, least_per_arm=2)], CUT)
    return {row["comparison"]: row for row in lake.fetch(TABLES["comparisons"]).to_pylist()}


HAND = [
    ("treated", "up", 10, 14),
    ("treated", "up", 20, 26),
    ("treated", "on", 30, 38),
    ("held out", "up", 10, 11),
    ("held out", "up", 20, 19),
    ("held out", "on", 0, 0),
]


def test_R89_the_sums_are_those_of_the_windows_and_count_everybody(lake):
    compare(lake, HAND)
    sums = {(row["comparison"], row["arm"]): row for row in lake.fetch(TABLES["arm_sums"]).to_pylist()}
    treated, held = sums["primary", "treated"], sums["primary", "held out"]
    names = ("customers", "sum_y", "sum_yy", "sum_x", "sum_xx", "sum_xy", "exposed")
    # y: 14 + 26 + 38; squares 196 + 676 + 1444; x: 10 + 20 + 30; xy: 140 + 520 + 1140. The purchases on the day
    # of the cut and a day before the earlier window count nowhere; who bought nothing counts with zero.
    assert [treated[name] for name in names] == [3, 78, 2316, 60, 1400, 1800, 3]
    assert [held[name] for name in names] == [3, 30, 482, 30, 500, 490, 0]
    assert {key[0] for key in sums} == {"primary", "goal:up", "goal:on"}
    assert sums["goal:up", "treated"]["customers"] == 2


def test_R89_without_adjustment_the_effect_is_the_difference_of_means(lake):
    declared = Declared(name="spring", share=0.5, adjust_by=None, least_per_arm=2)
    row = compare(lake, HAND, declared)["primary"]
    assert (row["mean_treated"], row["mean_held_out"], row["effect"]) == (26.0, 10.0, 16.0)
    assert (row["design"], row["treated"], row["held_out"], row["p_adjusted"]) == ("randomized", 3, 3, None)
    assert row["low"] < 16 < row["high"]


def test_R89_adjusted_by_the_spend_before_the_luck_of_the_draw_is_taken_away(lake):
    # Everybody spends 1.2 times what they spent before, and the treated 3 more: the arms' unlike starts go away.
    people = [("treated", None, x, Decimal(x * 12) / 10 + 3 + k) for x in (40, 60, 80) for k in (0, 1)]
    people += [("held out", None, x, Decimal(x * 12) / 10 + k) for x in (10, 20, 30) for k in (0, 1)]
    row = compare(lake, people)["primary"]
    assert row["effect"] == pytest.approx(3.0)
    assert row["low"] > 0 and row["verdict"] == "moved"


def test_R90_no_effect_with_enough_customers_is_not_moved_and_with_few_nobody_can_tell(lake):
    many = [(arm, None, 100 + k % 7, 100 + k % 5) for arm in ("treated", "held out") for k in range(100)]
    assert compare(lake, many)["primary"]["verdict"] == "not moved"
    few = compare(lake, many, Declared(name="spring", share=0.5, least_per_arm=101))["primary"]
    assert (few["verdict"], few["low"], few["p"]) == ("cannot tell", None, None)
    assert "too small" in few["reason"]


def test_nobody_exposed_is_an_a_a_test_and_says_so(lake):
    for exposed in (None, CUT):
        row = compare(lake, HAND, exposed=exposed)["primary"]
        assert row["design"] == "A/A"
        assert row["reason"].startswith("A/A test: nobody was contacted before 2017-07-11")
        assert row["verdict"] == "cannot tell"
    assert compare(lake, HAND, exposed=date(2017, 7, 10))["primary"]["design"] == "randomized"


def test_R89_an_a_a_test_never_says_that_customers_moved_even_when_chance_makes_the_arms_differ(lake):
    lucky = [
        (arm, "a", 100, 100 + k + 50 * (arm == "treated"))
        for arm in ("treated", "held out")
        for k in range(12)
    ]
    declared = Declared(name="spring", share=0.5, adjust_by=None, least_per_arm=2)
    row = compare(lake, lucky, declared, exposed=None)["primary"]
    assert row["low"] > 0
    assert row["verdict"] == "cannot tell"
    assert "misses zero, as one in twenty does by chance" in row["reason"]
    unlucky = [(arm, "a", 100, 100 + k) for arm in ("treated", "held out") for k in range(12)]
    row = compare(lake, unlucky, declared, exposed=None)["primary"]
    assert row["low"] < 0 < row["high"]
    assert "holds zero, as nineteen in twenty do" in row["reason"]


def test_R89_comparisons_by_goal_are_adjusted_for_false_discovery_and_the_primary_is_not(lake):
    people = [
        (arm, goal, 100, 100 + k + lift * (arm == "treated"))
        for goal, lift in (("a", 4), ("b", 0), ("c", 1))
        for arm in ("treated", "held out")
        for k in range(12)
    ]
    rows = compare(lake, people, Declared(name="spring", share=0.5, adjust_by=None, least_per_arm=2))
    p = {name: row["p"] for name, row in rows.items()}
    order = sorted((name for name in rows if name != "primary"), key=lambda name: p[name])
    third = p[order[2]]
    second = min(p[order[1]] * 3 / 2, third)
    assert rows[order[2]]["p_adjusted"] == pytest.approx(third)
    assert rows[order[1]]["p_adjusted"] == pytest.approx(second)
    assert rows[order[0]]["p_adjusted"] == pytest.approx(min(p[order[0]] * 3, second))
    assert rows["primary"]["p_adjusted"] is None and rows["primary"]["is_primary"]


def test_R89_arms_of_sizes_that_were_not_drawn_show_no_figure(lake):
    people = [("treated", None, 10, 10 + k % 3) for k in range(150)] + [("held out", None, 10, 11)] * 50
    row = compare(lake, people)["primary"]
    assert (row["verdict"], row["effect"], row["mean_treated"]) == ("cannot tell", None, None)
    assert "sizes planned" in row["reason"]


def test_R90_a_hold_out_that_spent_nothing_or_is_nobody_cannot_tell(lake):
    nothing = compare(lake, [("treated", None, 5, 5), ("held out", None, 0, 0), ("held out", None, 0, 0)])[
        "primary"
    ]
    nobody = compare(lake, [("treated", None, 5, 5)] * 3)["primary"]
    assert nothing["verdict"] == nobody["verdict"] == "cannot tell"
    assert nobody["held_out"] == 0 and nobody["effect"] is None


def test_an_experiment_that_assigned_nobody_has_its_row(lake):
    row = compare(lake, HAND, Declared(name="autumn", share=0.2))["primary"]
    assert (row["experiment"], row["treated"], row["verdict"]) == ("autumn", 0, "cannot tell")


def test_a_measure_that_is_not_known_is_refused(lake):
    with pytest.raises(BadInput, match="cannot measure 'visits'"):
        compare(lake, HAND, Declared(name="spring", share=0.5, measure="visits"))


def test_R14_campaigns_that_were_targeted_have_heads_and_no_figure(lake):
    day = date(2017, 7, 3)
    happenings = [
        {"event_id": f"h{n}", "customer_id": who, "kind": kind, "occurred_on": on, "subject": campaign}
        for n, (who, kind, on, campaign) in enumerate(
            [
                ("c0", "campaign contact", day, "8"),
                ("c1", "campaign contact", day, "8"),
                ("c1", "campaign contact", day, "8"),  # told twice, one customer
                ("c1", "redemption", day, "8"),
                ("c2", "redemption", CUT, "8"),  # not yet
                ("c3", "page view", day, "8"),
            ]
        )
    ]
    campaigns = [
        {"source": "shop", "campaign_id": "8", "kind": "Type A", "starts_on": day},
        {"source": "shop", "campaign_id": "9", "kind": "Type B", "starts_on": day},
        {"source": "shop", "campaign_id": "10", "starts_on": CUT},
    ]
    compare(lake, HAND, happenings=happenings, campaigns=campaigns)
    rows = {row["campaign_id"]: row for row in lake.fetch(TABLES["campaign_reach"]).to_pylist()}
    assert [rows["8"][name] for name in ("targeted", "others", "redeemed")] == [2, 4, 1]
    assert [rows["9"][name] for name in ("targeted", "others", "redeemed")] == [0, 6, 0]
    assert set(rows) == {"8", "9"}
    assert {row["design"] for row in rows.values()} == {"targeted, not randomized"}
    assert "effect" not in TABLES["campaign_reach"].columns


def test_R20_a_campaign_recorded_twice_is_one_and_its_newest_record_counts(lake):
    told = {"source": "shop", "campaign_id": "8", "starts_on": date(2017, 7, 3)}
    campaigns = [
        told | {"kind": "Type B", "recorded_at": datetime(2017, 7, 5)},
        told | {"kind": "Type A", "recorded_at": datetime(2017, 7, 4)},
        told | {"kind": "never dated"},
        told | {"kind": "Type C", "source": "mall", "recorded_at": datetime(2017, 7, 4)},
        # Put off until after the cut by its newest record: it has not begun.
        told | {"campaign_id": "9", "recorded_at": datetime(2017, 7, 4)},
        told | {"campaign_id": "9", "recorded_at": datetime(2017, 7, 5), "starts_on": CUT},
    ]
    for given in (campaigns, campaigns[::-1]):
        compare(lake, HAND, campaigns=given)
        rows = lake.fetch(TABLES["campaign_reach"]).to_pylist()
        assert [(row["source"], row["campaign_id"], row["kind"]) for row in rows] == [
            ("mall", "8", "Type C"),
            ("shop", "8", "Type B"),
        ]
