"""What a forecast hangs on, whether a hold-out shows it, two plans side by side, and what happened beside one."""

import numpy as np
import pytest
import tea_tasting as tt

from sterna.engine.errors import BadInput
from sterna.engine.plans.forecast import Range, back_test, beside, forecast, sensitivity
from sterna.engine.plans.forecast.model import model
from sterna.engine.plans.forecast.power import detectable, needed, power_of
from sterna.engine.plans.forecast.walking import drawn
from tests.engine.plans.forecast.small import asset, basis, goal, plan

KNOWN = {"worth_error": {"high": 0.5}}


def test_the_lift_is_turned_to_its_ends() -> None:
    found = {lever.assumption: lever for lever in sensitivity(plan(), basis(**KNOWN))}
    lift = found["lift of voucher"]
    # A lift of .2 is worth 306, half of it half of that; the cost of 300 stays.
    assert (lift.low, lift.high) == (pytest.approx(0.1), pytest.approx(0.3))
    assert (lift.net_low, lift.net_high) == (pytest.approx(153 - 300), pytest.approx(459 - 300))
    assert (lift.moved_low, lift.moved_high) == (pytest.approx(177), pytest.approx(191))


def test_ends_are_written_as_whole_numbers_or_with_three_digits() -> None:
    found = {lever.assumption: lever.ends for lever in sensitivity(plan(), basis(**KNOWN))}
    assert found["contacts made"] == "150 to 250"
    assert found["lift of voucher"] == "0.1 to 0.3"
    assert found["worth of a month in high"] == "9.18 to 10.8"


def test_the_other_assumptions_are_turned_too() -> None:
    found = {lever.assumption: lever for lever in sensitivity(plan(), basis(**KNOWN))}
    assert set(found) == {
        "lift of voucher",
        "take-up of voucher",
        "contacts made",
        "chance to rise from low",
        "worth of a month in high",
    }
    taken = found["take-up of voucher"]
    # 75 and 125 who take it up: worth three quarters and five quarters of 306, at a cost of 100 + 150 and 100 + 250.
    assert (taken.net_low, taken.net_high) == (pytest.approx(229.5 - 250), pytest.approx(382.5 - 350))
    made = found["contacts made"]
    assert (made.low, made.high) == (150, 250)
    assert (made.net_low, made.net_high) == (pytest.approx(229.5 - 225), pytest.approx(382.5 - 375))
    worth = found["worth of a month in high"]
    half = 0.5 * 1.6449
    assert worth.net_high == pytest.approx(34 * (9 + half) - 300, abs=0.01)
    rise = found["chance to rise from low"]
    # Of 99 counted: .1 with an error of the root of .09 / 100.
    assert (rise.low, rise.high) == (pytest.approx(0.1 - 0.0493, abs=1e-4), pytest.approx(0.1493, abs=1e-4))
    assert rise.moved_high > 184 > rise.moved_low


def test_the_weightiest_stands_first() -> None:
    levers = sensitivity(plan(), basis(**KNOWN))
    assert levers[0].assumption == "lift of voucher"
    assert [lever.swing for lever in levers] == sorted((lever.swing for lever in levers), reverse=True)
    unknown = sensitivity(plan(), basis(worth=None))
    assert unknown[0].assumption == "chance to rise from low"
    assert unknown[0].net_low is None


@pytest.mark.parametrize(
    ("effect", "arm", "power"),
    # Cohen 1992, A power primer, table 2: at .05 and .80 an arm needs 393, 64 and 26 for .20, .50 and .80.
    [(0.5, 64, 0.80), (0.8, 26, 0.80), (0.2, 393, 0.80)],
)
@pytest.mark.oracle
def test_power_is_that_of_the_published_table(effect: float, arm: int, power: float) -> None:
    assert power_of(effect, 1.0, arm, arm) == pytest.approx(power, abs=0.008)
    assert power_of(effect, 1.0, arm - 1, arm - 1) < power


@pytest.mark.oracle
@pytest.mark.parametrize(("contacted", "held"), [(400, 100), (63, 63), (900, 100)])
def test_power_is_that_of_another_implementation(contacted: int, held: int) -> None:
    metric = tt.Mean("spend", equal_var=True, ratio=contacted / held, effect_size=4.0)
    data = tt.aggr.Aggregates(
        count_=contacted + held, mean_={"spend": 50.0}, var_={"spend": 15.0**2}, cov_={}
    )
    (found,) = metric.solve_power_from_aggregates(data, "power")
    assert power_of(4.0, 15.0, contacted, held) == pytest.approx(found.power, abs=1e-6)


def test_what_is_needed_is_just_enough() -> None:
    number = needed(4.0, 15.0, 0.2)
    assert number is not None
    assert power_of(4.0, 15.0, number, number / 4) >= 0.8
    assert power_of(4.0, 15.0, number - 1, (number - 1) / 4) < 0.8
    assert detectable(15.0, number, number / 4) == pytest.approx(4.0, rel=0.01)
    assert needed(0.0, 15.0, 0.2) is None


def test_without_spread_an_effect_is_seen_for_sure_and_none_at_the_level() -> None:
    assert power_of(1.0, 0.0, 10, 10) == 1
    assert power_of(0.0, 0.0, 10, 10) == 0.05
    assert power_of(0.0, 5.0, 10, 10) == pytest.approx(0.05)
    assert power_of(1000.0, 5.0, 10, 10) == 1
    assert detectable(0.0, 10, 10) == 0


@pytest.mark.parametrize("contacted", [2, 5, 40, 5_000, 1_000_000_000])
def test_power_has_an_answer_for_arms_and_effects_of_any_size(contacted: int) -> None:
    held = max(2, contacted // 4)
    found = [power_of(effect, 1.0, contacted, held) for effect in (0, 1e-4, 0.1, 1, 3, 50)]
    assert found == sorted(found)
    assert 0.05 <= found[0] <= found[-1] <= 1
    assert power_of(detectable(1.0, contacted, held), 1.0, contacted, held) == pytest.approx(0.8)


@pytest.mark.parametrize(("contacted", "held"), [(0, 10), (10, 0), (1, 10), (10, 1)])
def test_an_arm_without_customers_is_refused(contacted: int, held: int) -> None:
    with pytest.raises(BadInput, match="two arms"):
        power_of(1.0, 1.0, contacted, held)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_share_that_leaves_an_arm_empty_is_refused(share: float) -> None:
    with pytest.raises(BadInput, match="a share between 0 and 1"):
        needed(1.0, 1.0, share)


def test_the_hold_out_of_a_plan() -> None:
    (found,) = forecast(plan(), basis(spread={"low": 9.0}), draws=20).powers
    # 34 customer-months more in high bring 306, that is 1.53 for each of the 200 contacted.
    assert (found.contacted, found.held) == (200, 50)
    assert found.promised == pytest.approx(1.53)
    assert found.power == pytest.approx(power_of(1.53, 9.0, 200, 50))
    assert found.needed == needed(1.53, 9.0, 0.2)


def test_a_covariate_takes_its_part_of_the_variance() -> None:
    given = basis(spread={"low": 10.0}, correlation=0.8)
    (bare,) = forecast(plan(), given, draws=20).powers
    adjusted_plan = plan(primary={"measure": "spend", "adjust_by": "spend_before"})
    (adjusted,) = forecast(adjusted_plan, given, draws=20).powers
    assert bare.detectable is not None
    assert adjusted.detectable == pytest.approx(bare.detectable * 0.6)


def test_power_that_cannot_be_told_says_why() -> None:
    (spread,) = forecast(plan(), basis(), draws=20).powers
    assert spread.cannot == "how far customers differ in what they bring is not known"
    (worth,) = forecast(plan(), basis(worth=None), draws=20).powers
    assert worth.cannot == "what a place brings is not known"
    (held,) = forecast(plan(hold_out=None), basis(), draws=20).powers
    assert held.cannot == "fewer than two are held out"
    (idle,) = forecast(plan(assets=[asset(routes=[])]), basis(), draws=20).powers
    assert (idle.cannot, idle.power) == ("fewer than two are contacted", None)


def test_a_plan_beside_itself_differs_by_nothing() -> None:
    for figure in beside(plan(), plan(), basis(**KNOWN)):
        assert figure.more == Range(low=0, mean=0, high=0)
        assert figure.first == figure.second


def test_a_stronger_plan_beside_the_first() -> None:
    strong = plan(assets=[asset(effect={"take_up": 0.5, "lift": 0.4, "low": 0.3, "high": 0.5})])
    found = {figure.figure: figure for figure in beside(plan(), strong, basis(), draws=1000)}
    assert set(found) == {"moved, up", "by the plan, up", "cost", "worth", "net"}
    assert found["by the plan, up"].more.mean == pytest.approx(14, rel=0.05)
    assert found["worth"].more.mean == pytest.approx(306, rel=0.05)
    assert found["net"].more.mean == pytest.approx(306, rel=0.1)
    # In the same worlds the difference is known better than each of them.
    apart = found["moved, up"]
    assert apart.more.high - apart.more.low < apart.first.high - apart.first.low


def test_two_currencies_are_not_compared() -> None:
    with pytest.raises(BadInput, match="in USD and the other in EUR"):
        beside(plan(), plan(currency="EUR"), basis())


def test_a_goal_that_only_one_plan_has_is_left_out() -> None:
    other = plan(goals=[goal(id="rise")], assets=[asset(goals=["rise"])])
    assert [figure.figure for figure in beside(plan(), other, basis())] == ["cost", "worth", "net"]


def test_what_happened_lies_inside_or_not() -> None:
    found = forecast(plan(), basis(), draws=200)
    seen = {("low", "low"): 816, ("low", "high"): 184}
    (told,) = back_test(found, seen, ("low", "high"))
    assert (told.goal, told.wanted, told.happened, told.inside) == ("up", 150, 184, True)
    (far,) = back_test(found, {("low", "high"): 600}, ("low", "high"))
    assert not far.inside
    (none,) = back_test(found, {("low", "gone"): 1000}, ("low", "high"))
    assert (none.happened, none.inside) == (0, False)


def test_of_what_the_model_itself_lets_happen_nine_of_ten_lie_inside() -> None:
    found = forecast(plan(), basis(), draws=1000, seed=11)
    worlds = drawn(model(plan(), basis()), 400, seed=12)
    inside = [
        back_test(found, {("low", "high"): int(there)}, ("low", "high"))[0].inside
        for there in worlds.stood[:, -1, 0, 1]
    ]
    # 360 of 400 are expected, with a deviation of 6.
    assert 336 <= int(np.sum(inside)) <= 384
