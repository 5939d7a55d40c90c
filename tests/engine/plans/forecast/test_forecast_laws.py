"""Laws of the forecast on any plan and past: nobody is lost, and the draws agree with the closed form."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine.plans.forecast import forecast
from sterna.engine.plans.forecast.model import Model, model
from sterna.engine.plans.forecast.walking import drawn, expected
from tests.engine.plans.forecast.small import asset, basis, goal, plan

PLACES = ("none", "low", "high")
counts = st.lists(st.lists(st.integers(0, 400), min_size=3, max_size=3), min_size=3, max_size=3)


@st.composite
def models(draw: Any) -> Model:
    """Any past of three places, and two assets at work for a goal to rise and one to keep."""
    moved = tuple((*row[:2], row[2] + 1) for row in draw(counts))
    heads = {place: draw(st.integers(30, 3000)) for place in PLACES}
    given_basis = basis(
        places=PLACES,
        moved=moved,
        months=draw(st.integers(1, 6)),
        headcounts=heads,
        worth={"none": 0.0, "low": 1.0, "high": 10.0},
    )
    route = {"medium": "email", "touchpoint": "mail", "planned": draw(st.integers(0, 900))}
    shares = st.floats(0, 1)
    effects = [
        {"take_up": draw(shares), "lift": draw(st.floats(-1, 1)), "low": -0.1, "high": 0.2} for _ in range(2)
    ]
    return model(
        plan(
            goals=[
                goal(customers=10),
                goal(id="keep", **{"from": "high", "to": "high", "customers": 10}),
            ],
            assets=[
                asset(routes=[route], effect=effects[0]),
                asset(id="thanks", goals=["up", "keep"], effect=effects[1]),
            ],
        ),
        given_basis,
    )


@given(models())
@settings(deadline=None)
def test_nobody_is_lost_and_nobody_is_made(numbers: Model) -> None:
    opening = numbers.basis.opening()
    for walked in (expected(numbers), drawn(numbers, 20, seed=2)):
        assert (walked.stood >= -1e-9).all()
        assert np.allclose(walked.stood.sum(axis=3), opening)
        assert np.allclose(walked.made.sum(axis=3), 0, atol=1e-6)
    assert np.array_equal(walked.stood, np.rint(walked.stood))


@given(models(), st.floats(0, 0.5))
@settings(deadline=None)
def test_a_larger_lift_never_brings_fewer_to_the_goal(numbers: Model, more: float) -> None:
    raised = tuple(push._replace(lift=min(1.0, push.lift + more)) for push in numbers.pushes)
    before, after = expected(numbers), expected(numbers._replace(pushes=raised))
    for aim in numbers.aims:
        there = slice(aim.target, None)
        gained = after.stood[0, 0, aim.origin, there].sum() - before.stood[0, 0, aim.origin, there].sum()
        assert gained >= -1e-6


def test_the_draws_agree_with_the_closed_form() -> None:
    numbers = model(plan(), basis())
    mean, walked = expected(numbers), drawn(numbers, 4000, seed=5, uncertain=False)
    for month in range(2):
        seen = walked.stood[:, month, 0, 1]
        error = seen.std() / len(seen) ** 0.5
        assert abs(seen.mean() - mean.stood[0, month, 0, 1]) < 4 * error
    worth, cost = walked.worth, walked.cost
    assert abs(worth.mean() - 306) < 4 * worth.std() / len(worth) ** 0.5
    assert abs(cost.mean() - 300) < 4 * cost.std() / len(cost) ** 0.5


def test_what_is_not_known_well_makes_the_ends_wider() -> None:
    def width(scale: float) -> float:
        moved = tuple(tuple((count + 0.5) * scale - 0.5 for count in row) for row in basis().moved)
        (up,) = forecast(plan(), basis(moved=moved), draws=2000, seed=6).goals
        return up.moved.high - up.moved.low

    assert width(0.2) > width(1) > width(100)


def test_the_lift_is_drawn_out_of_its_stated_ends() -> None:
    numbers = model(plan(), basis())
    (push,) = numbers.pushes
    # From .1 to .3 in nine cases of ten is .2 with a deviation of .2 / 3.29.
    assert (push.lift, push.deviation) == (0.2, pytest.approx(0.0608, abs=1e-4))
    sure = drawn(numbers._replace(pushes=(push._replace(deviation=0.0),)), 3000, seed=7)
    doubtful = drawn(numbers, 3000, seed=7)
    # By the plan at the end of July: a binomial of 100 and .2 has a variance of 16, and the lift adds (100 x .0608)^2,
    # less what the mixing of a binomial takes away.
    assert sure.made[:, 0, 0, 1].var() == pytest.approx(16, rel=0.25)
    assert doubtful.made[:, 0, 0, 1].var() == pytest.approx(16 + 37, rel=0.15)


def test_contacts_in_whole_numbers_lose_none() -> None:
    route = {"medium": "email", "touchpoint": "mail", "planned": 101}
    numbers = model(plan(closes="2018-06-30", assets=[asset(closes="2018-06-30", routes=[route])]), basis())
    assert numbers.pushes[0].contacts.sum() == 101
    assert len(numbers.pushes[0].contacts) == 12


def test_a_million_customers_take_no_more_draws_than_a_thousand() -> None:
    large = basis(headcounts={"low": 1_000_000, "high": 0})
    (up,) = forecast(plan(), large, draws=200, seed=8).goals
    assert up.expected == pytest.approx(170_000 + 14)
    # The chances are the doubt here, not the customers: .1 with an error of .03 over two months.
    assert 50_000 < up.moved.high - up.moved.low < 250_000
