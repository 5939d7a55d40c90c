"""Groups of best customers side by side: one scale, equal worth ranks equal, one treatment each, a plan's effect."""

from datetime import date
from decimal import Decimal

import pytest

from sterna.engine.errors import BadInput
from sterna.engine.value.best import Best, Panel, choose, load, load_arbitration
from sterna.engine.value.best_groups import reach, side_by_side

D = Decimal
DAY = date(2024, 6, 30)
GROUP = """
best: {name}
version: 1
title: The {name}
scale: money
weigh:
  - {{measure: {measure}}}
take: {{least: 100.00}}
treatment: {treatment}
"""
ORDER = load_arbitration("arbitration: order\norder: [influencers, buyers]")
SCORE = load_arbitration("arbitration: score\norder: [influencers, buyers]")
# new came last month and brought others who are worth 500; old has bought for years and will buy for 500.
SPEND = {"old": D("500.00"), "new": D("20.00"), "both": D("300.00"), "even": D("150.00"), "small": D("5.00")}
INFLUENCE = {
    "old": D("0.00"),
    "new": D("500.00"),
    "both": D("200.00"),
    "even": D("150.00"),
    "small": D("5.00"),
}
UNITS = {"expected_spend": "money", "influence": "money"}


def panel(day: date = DAY, spend: dict[str, Decimal] = SPEND) -> Panel:
    return Panel.of(day, {"expected_spend": spend, "influence": INFLUENCE}, UNITS)


def group(name: str, measure: str, treatment: str, at: Panel | None = None, **replaced: str) -> Best:
    text = GROUP.format(name=name, measure=measure, treatment=treatment)
    for old, new in replaced.items():
        text = text.replace(f"{old}: money", f"{old}: {new}")
    return choose(load(text), at or panel())


def groups() -> list[Best]:
    return [
        group("buyers", "expected_spend", "private sale"),
        group("influencers", "influence", "preview with a guest"),
    ]


def test_R18_a_new_influencer_and_an_old_buyer_of_equal_expected_value_rank_equal():
    found = {one.customer: one for one in side_by_side(groups(), ORDER)}
    assert (
        (found["new"].score, found["new"].rank) == (found["old"].score, found["old"].rank) == (D("500.00"), 1)
    )
    assert found["both"].rank == 3 and found["even"].rank == 4
    assert "small" not in found
    assert found["new"].treatment == "preview with a guest" and found["old"].treatment == "private sale"


def test_R18_a_member_of_two_groups_gets_one_treatment_by_the_declared_arbitration():
    by_order = {one.customer: one for one in side_by_side(groups(), ORDER)}
    by_score = {one.customer: one for one in side_by_side(groups(), SCORE)}
    assert dict(by_order["both"].groups) == {"buyers": D("300.00"), "influencers": D("200.00")}
    assert (by_order["both"].group, by_score["both"].group) == ("influencers", "buyers")
    assert by_order["both"].reason == "influencers before buyers, as declared"
    assert by_score["both"].reason == "the highest score of influencers, buyers"
    # Equal scores are settled by the order.
    assert by_score["even"].group == "influencers"
    assert by_order["old"].reason == "is in this group alone"
    for found in (by_order, by_score):
        assert len(found) == 4 and all(one.treatment for one in found.values())


def test_R18_the_order_in_which_groups_are_given_decides_nothing():
    assert side_by_side(groups()[::-1], SCORE) == side_by_side(groups(), SCORE)
    assert side_by_side([], ORDER) == []


def test_R18_groups_that_cannot_be_compared_are_refused():
    buyers, influencers = groups()
    wide = group("wide", "expected_spend", "x", scale="percentile")
    with pytest.raises(
        BadInput, match=r"^groups on different scales .*: buyers by money, wide by percentile$"
    ):
        side_by_side([buyers, wide], ORDER)
    later = group("influencers", "influence", "x", panel(date(2024, 7, 1)))
    with pytest.raises(BadInput, match=r"^groups as of different days cannot be compared$"):
        side_by_side([buyers, later], ORDER)
    with pytest.raises(BadInput, match=r"^two groups have one name: buyers, buyers$"):
        side_by_side([buyers, buyers], ORDER)
    alone = load_arbitration("arbitration: order\norder: [buyers]")
    with pytest.raises(
        BadInput, match=r"^the arbitration says nothing of influencers: name it in its order$"
    ):
        side_by_side([buyers, influencers], alone)


@pytest.mark.parametrize(
    "text", ["arbitration: dice\norder: [a]", "arbitration: order\norder: []", "order: [a]", ""]
)
def test_an_arbitration_that_decides_nothing_is_refused(text):
    with pytest.raises(BadInput):
        load_arbitration(text)


def test_R15_a_plan_that_reaches_no_best_customer_is_flagged():
    buyers = group("buyers", "expected_spend", "x")
    none = reach(buyers, {"new": D("9.00"), "stranger": D("99.00")})
    assert (none.best, none.reached, none.expected) == (3, (), None)
    assert none.flag == "reaches none of the 3 best customers by buyers, version 1"


def test_R15_a_plan_tells_what_it_does_for_the_best_and_what_is_not_known_of_it():
    buyers = group("buyers", "expected_spend", "x")
    found = reach(buyers, {"old": D("12.50"), "both": D("-2.00"), "even": None, "small": D("80.00")})
    assert (found.reached, found.expected, found.unknown, found.flag) == (
        ("both", "even", "old"),
        D("10.50"),
        1,
        None,
    )
    assert reach(buyers, ["old"]).expected is None and reach(buyers, ["old"]).unknown == 1
