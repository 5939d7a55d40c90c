"""The forecast of two months between two places, each figure worked by hand, and the draws beside it."""

from typing import Any

import numpy as np
import pytest

from sterna.engine.errors import BadInput
from sterna.engine.plans.forecast import Basis, Forecast, forecast
from sterna.engine.plans.forecast.model import model
from sterna.engine.plans.forecast.walking import Walked, drawn, expected
from tests.engine.plans.forecast.small import asset, basis, goal, plan

EFFECT = {"take_up": 0.5, "lift": 0.2}


def mean(given: Basis | None = None, **parts: Any) -> Walked:
    return expected(model(plan(**parts), given or basis()))


def stood(walked: Walked, month: int, origin: int = 0) -> list[float]:
    found: list[float] = walked.stood[0, month, origin].tolist()
    return found


def test_two_months_with_a_push_in_the_first() -> None:
    walked = mean()
    # 1,000 -> 900 and 100; a fifth of the 100 who take it up rise on top: 880 and 120. Then .9 and .2 of them.
    assert stood(walked, 0) == pytest.approx([880, 120])
    assert stood(walked, 1) == pytest.approx([880 * 0.9 + 120 * 0.2, 880 * 0.1 + 120 * 0.8])
    # Of the 20 a part fades: 20 x (.8 - .1).
    assert walked.made[0, 0, 0].tolist() == pytest.approx([-20, 20])
    assert walked.made[0, 1, 0].tolist() == pytest.approx([-14, 14])


def test_its_cost_and_worth() -> None:
    walked = mean()
    assert walked.contacts.tolist() == [200]
    assert walked.taken.tolist() == pytest.approx([100])
    assert walked.cost.tolist() == pytest.approx([200 * 0.50 + 100 * 2.00])
    assert walked.worth.tolist() == pytest.approx([(20 + 14) * (10 - 1)])


def test_in_the_months_of_a_period_its_moves_come_evenly() -> None:
    # A tenth of low goes up and a fifth of high down within two months: in each month half of those who will.
    given = basis(months=2, headcounts={"low": 1000, "high": 500})
    walked = mean(given, assets=[asset(effect=None)])
    assert stood(walked, 0) == pytest.approx([950, 50])
    assert stood(walked, 1) == pytest.approx([900, 100])
    assert stood(walked, 0, origin=1) == pytest.approx([50, 450])
    assert stood(walked, 1, origin=1) == pytest.approx([100, 400])


def test_a_plan_longer_than_the_period_begins_a_second_one() -> None:
    parts = {"closes": "2017-10-31", "goals": [goal(by="2017-10-31")], "assets": [asset(effect=None)]}
    walked = mean(basis(months=2), **parts)
    assert [round(stood(walked, month)[1], 6) for month in range(4)] == [50, 100, 135, 170]
    # 100 + 90 - 20 = 170 after two periods; the closed form of the chain says the same.
    assert np.linalg.matrix_power(basis().chances(), 2)[0, 1] == pytest.approx(0.17)


def test_who_is_pushed_has_had_the_turn_of_the_period() -> None:
    # July: 950 and 50, then 20 more. They are taken evenly out of the 950, of whom 500 wait for their turn.
    walked = mean(basis(months=2))
    assert stood(walked, 0) == pytest.approx([930, 70])
    # August: of those who wait 500 x (1 - 20 / 950) are left, and a tenth of them rises.
    waiting = 500 * (1 - 20 / 950)
    assert stood(walked, 1) == pytest.approx([930 - waiting * 0.1, 70 + waiting * 0.1])
    assert walked.made[0, 1, 0, 1] == pytest.approx(20 - 500 * 20 / 950 * 0.1)


def test_without_an_effect_the_plan_moves_nobody_and_still_costs() -> None:
    walked = mean(assets=[asset(effect=None)])
    assert stood(walked, 1) == pytest.approx([830, 170])
    assert not walked.made.any()
    assert walked.cost.tolist() == pytest.approx([200 * 0.50 + 200 * 2.00])  # all take what has no share
    assert walked.worth.tolist() == [0]


def waiting(by: str, **more: str) -> dict[str, Any]:
    """The plan's asset needs codes, which are due on a day of July."""
    codes = {"id": "codes", "kind": "technology", "owner": "Ben", "by": by} | more
    return {"assets": [asset(needs=["codes"])], "dependencies": [codes]}


def test_R60_what_comes_late_lowers_the_forecast_and_is_told() -> None:
    held = mean(**waiting("2017-07-17"))
    # Two of four weeks are left: 100 contacts, of whom 50 take it up and 10 rise. The 100 planned before are lost.
    assert held.contacts.tolist() == [100]
    assert stood(held, 0) == pytest.approx([890, 110])
    assert held.cost.tolist() == pytest.approx([100 * 0.50 + 50 * 2.00])
    told = forecast(plan(**waiting("2017-07-17")), basis())
    assert told.contacts == 100
    assert told.notes == (
        "asset voucher is held back until 2017-07-17 by what it needs: 100 of its 200 contacts ahead are not made",
    )
    (never,) = forecast(plan(**waiting("2017-07-31")), basis()).goals
    assert never.by_plan.mean == 0


def test_R60_what_is_there_in_time_lowers_nothing() -> None:
    there = [waiting("2017-07-03"), waiting("2017-07-17", done="2017-06-01"), waiting("2017-07-01")]
    for parts in there:
        told = forecast(plan(**parts), basis())
        assert (told.contacts, told.notes) == (200, ())
    late = forecast(plan(**waiting("2017-06-01", done="2017-07-17")), basis())
    assert late.contacts == 100  # the day since when it is there counts, not the one on which it was due


def test_R60_what_is_overdue_has_no_day_to_go_by_and_is_taken_as_there() -> None:
    told = forecast(plan(**waiting("2017-06-30")), basis())
    assert told.contacts == 200
    assert told.notes == ("codes was due on 2017-06-30 and is still open: it is taken as there for voucher",)


def test_a_lift_below_zero_goes_back() -> None:
    walked = mean(assets=[asset(effect=EFFECT | {"lift": -0.2})])
    assert stood(walked, 0) == pytest.approx([920, 80])
    assert walked.worth.tolist() == pytest.approx([-34 * 9])


def test_who_is_to_be_kept_is_kept_when_somebody_leaves() -> None:
    # 10 in high; 20 would be kept, and only 2 leave in the first month, so all are back at its end, and so again.
    keep = goal(**{"from": "high", "to": "high", "customers": 8})
    route = {"medium": "email", "touchpoint": "mail", "planned": 20}
    given = basis(headcounts={"low": 0, "high": 10})
    pushed = asset(effect={"take_up": 1.0, "lift": 1.0}, routes=[route], rest_days=9)
    walked = mean(given, goals=[keep], assets=[pushed])
    assert stood(walked, 0, origin=1) == pytest.approx([0, 10])
    assert stood(walked, 1, origin=1) == pytest.approx([0, 10])
    # Without the plan 6.4 + .4 would be there: 8 x .8 + 2 x .1 of them at the end of the second month is 6.6.
    assert walked.made[0, 1, 1].tolist() == pytest.approx([-3.4, 3.4])


def test_a_lift_below_zero_where_one_is_kept_leads_to_the_place_below() -> None:
    keep = goal(**{"from": "high", "to": "high", "customers": 80})
    given = basis(headcounts={"low": 0, "high": 1000})
    walked = mean(given, goals=[keep], assets=[asset(effect=EFFECT | {"lift": -0.2})])
    assert stood(walked, 0, origin=1) == pytest.approx([220, 780])


def test_keeping_in_the_lowest_place_can_push_nobody_lower() -> None:
    keep = goal(**{"from": "low", "to": "low", "customers": 80})
    walked = mean(goals=[keep], assets=[asset(effect=EFFECT | {"lift": -0.2})])
    assert stood(walked, 0) == pytest.approx([900, 100])


def test_no_more_is_taken_up_than_there_is() -> None:
    walked = mean(assets=[asset(capacity=30)])
    assert walked.taken.tolist() == pytest.approx([30])
    assert stood(walked, 0) == pytest.approx([894, 106])
    assert walked.cost.tolist() == pytest.approx([200 * 0.50 + 30 * 2.00])


def test_an_asset_for_two_goals_goes_to_each_by_its_audience() -> None:
    goals = [goal(size=900), goal(id="keep", **{"from": "high", "to": "high", "customers": 1}, size=100)]
    numbers = model(
        plan(goals=goals, assets=[asset(goals=["up", "keep"])]), basis(headcounts={"low": 900, "high": 100})
    )
    assert [(push.goal, push.contacts.tolist()) for push in numbers.pushes] == [
        ("up", [180, 0]),
        ("keep", [20, 0]),
    ]


def test_more_contacts_than_customers_are_cut_and_said() -> None:
    numbers = model(plan(), basis(headcounts={"low": 150, "high": 0}))
    (push,) = numbers.pushes
    assert push.contacts.tolist() == [120, 0]  # four fifths of 150, each once
    assert numbers.notes == ("asset voucher plans 200 contacts for up, and 120 can be had",)
    again = model(plan(assets=[asset(rest_days=10)]), basis(headcounts={"low": 150, "high": 0}))
    assert again.pushes[0].contacts.tolist() == [200, 0]  # three times in four weeks


def test_R61_more_than_a_place_holds_is_refused() -> None:
    with pytest.raises(BadInput, match="goal up wants 1001 customers, and low holds 1000"):
        mean(goals=[goal(customers=1001)])


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"goals": [goal(to="top")]}, "goal up: 'top' is none of the places low, high"),
        ({"goals": [goal(customers=None)]}, "goal up does not say how many customers by when"),
        ({"goals": [goal(by=None)]}, "goal up does not say how many customers by when"),
    ],
)
def test_a_plan_that_cannot_be_forecast_is_refused_by_name(parts: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        mean(**parts)


def told(**parts: Any) -> Forecast:
    given = parts.pop("basis", None) or basis()
    return forecast(plan(**parts), given, draws=parts.pop("draws", 200), seed=3)


def test_the_forecast_holds_the_closed_form_between_its_ends() -> None:
    found = told()
    (up,) = found.goals
    assert up.expected == pytest.approx(184)
    assert up.moved.low < 184 < up.moved.high
    assert up.by_plan.low < 14 < up.by_plan.high
    assert [one.mean for one in up.months] == pytest.approx([120, 184], rel=0.05)
    assert (found.contacts, found.currency, found.until.isoformat()) == (200, "USD", "2017-08-31")
    low, high = found.places
    assert (low.now, low.without) == (1000, pytest.approx(830))
    assert (high.now, high.without) == (0, pytest.approx(170))
    assert high.then.mean == pytest.approx(184, rel=0.05)
    assert found.matrix[0] == pytest.approx((816, 184))


def test_how_often_the_wanted_number_is_there() -> None:
    assert told(goals=[goal(customers=1)]).goals[0].reached == 1
    assert told(goals=[goal(customers=900)]).goals[0].reached == 0
    assert 0.2 < told(goals=[goal(customers=184)]).goals[0].reached < 0.8


def test_a_goal_is_judged_on_its_own_day() -> None:
    (early,) = told(goals=[goal(by="2017-07-31")]).goals
    assert early.expected == pytest.approx(120)


def test_worth_that_is_not_known_is_not_zero() -> None:
    found = told(basis=basis(worth=None))
    assert found.worth is None
    assert found.net is None
    assert "what a place brings is not known, so neither is what the plan is worth" in found.notes
    assert told(basis=basis(worth={"low": 1.0})).worth is None


def test_one_place_touched_whose_worth_is_unknown_makes_the_worth_unknown() -> None:
    given = basis(places=("none", "low", "high"), moved=((1e9, 0, 0), (0, 899.5, 99.5), (0, 199.5, 799.5)))
    walked = mean(given)
    assert np.isnan(walked.worth).all()  # half a customer may go anywhere, and to none too
    known = mean(
        basis(
            places=("none", "low", "high"),
            moved=given.moved,
            worth={"none": 0.0, "low": 1.0, "high": 10.0},
        )
    )
    assert known.worth[0] == pytest.approx(306, rel=0.01)


def test_the_same_seed_gives_the_same_forecast_and_another_one_another() -> None:
    assert told() == told()
    other = forecast(plan(), basis(), draws=200, seed=4)
    assert other.goals[0].moved != told().goals[0].moved


@pytest.mark.parametrize("draws", [19, 10_001])
def test_too_few_and_too_many_draws_are_refused(draws: int) -> None:
    with pytest.raises(BadInput, match="ask for 20 to 10,000"):
        forecast(plan(), basis(), draws=draws)


def test_the_forecast_says_how_far_it_is() -> None:
    heard: list[str] = []
    forecast(plan(), basis(), draws=20, tell=heard.append)
    assert heard == ["2 months, 1 assets at work, 20 draws"]


def test_what_is_left_out_is_said() -> None:
    silent = asset(id="silent", effect={"take_up": 0.5})
    other = asset(id="service", goals=[])
    idle = asset(id="idle", routes=[])
    found = told(assets=[silent, other, idle])
    assert found.notes[:3] == (
        "asset silent states no lift: it costs, and moves nobody",
        "asset service serves no goal: it costs, and moves nobody",
        "asset idle has no planned contacts ahead: it moves nobody",
    )


def test_the_draws_without_doubt_are_whole_customers() -> None:
    walked = drawn(model(plan(), basis()), 50, seed=1, uncertain=False)
    assert np.array_equal(walked.stood, np.rint(walked.stood))
    assert (walked.stood >= 0).all()
