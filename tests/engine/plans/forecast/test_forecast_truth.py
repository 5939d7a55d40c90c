"""The forecast beside worlds whose truth is known: people moved one by one, tests run again and again, many pasts."""

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from scipy.stats import ttest_ind

from sterna.engine.plans.forecast import Basis, Forecast, back_test, forecast
from sterna.engine.plans.forecast.model import Model, model
from sterna.engine.plans.forecast.power import power_of
from sterna.engine.plans.forecast.walking import drawn
from tests.engine.plans.forecast.small import asset, basis, goal, plan

PLACES = ("none", "low", "high")
CHANCES = {
    "none": {"none": 0.7, "low": 0.25, "high": 0.05},
    "low": {"none": 0.1, "low": 0.75, "high": 0.15},
    "high": {"none": 0.02, "low": 0.18, "high": 0.8},
}
HEADS = {"none": 50, "low": 300, "high": 120}


def past(months: int) -> Basis:
    """A past that leaves nothing open: a thousand million customers were counted."""
    many = 10**9
    moved = tuple(tuple(CHANCES[start][end] * many for end in PLACES) for start in PLACES)
    return basis(
        places=PLACES,
        months=months,
        moved=moved,
        headcounts=HEADS,
        worth={"none": 0.0, "low": 1.0, "high": 10.0},
    )


def numbers(months: int) -> Model:
    """Three months of a plan with an asset to rise and one that keeps, both sure of their effect."""
    sure = {"take_up": 0.6, "lift": 0.3}
    route = {"medium": "email", "touchpoint": "mail", "planned": 150, "contact_cost": "0.10"}
    keep = goal(id="keep", **{"from": "high", "to": "high", "customers": 50, "by": "2017-09-30"})
    return model(
        plan(
            closes="2017-09-30",
            goals=[goal(by="2017-09-30", customers=50), keep],
            assets=[
                asset(effect=sure, routes=[route], opens="2017-07-03", closes="2017-09-24"),
                asset(id="thanks", goals=["keep"], effect=sure, closes="2017-09-24", rest_days=20),
            ],
        ),
        past(months),
    )


class Person:
    """Somebody with a first place, a present one, and whether the turn of the period is over."""

    def __init__(self, place: str) -> None:
        self.first, self.place, self.turned = place, place, False


def one_by_one(given: Model, chance: random.Random) -> Iterator[Counter[tuple[str, str]]]:
    """The months of a world in which each person is moved and brought by a draw of the person's own."""
    people = [Person(place) for place, count in HEADS.items() for _ in range(count)]
    pending: Counter[int] = Counter()
    period = given.basis.months
    for month in range(len(given.starts)):
        if month % period == 0:
            for person in people:
                person.turned = False
        for person in people:
            if not person.turned and chance.random() < 1 / (period - month % period):
                ends = CHANCES[person.place]
                person.place, person.turned = chance.choices([*ends], [*ends.values()])[0], True
        for index, push in enumerate(given.pushes):
            taken = sum(chance.random() < push.take_up for _ in range(int(push.contacts[month])))
            pending[index] += sum(chance.random() < push.lift for _ in range(taken))
            below = [
                person
                for person in people
                if person.first == PLACES[push.origin] and PLACES.index(person.place) < push.target
            ]
            for person in chance.sample(below, min(pending[index], len(below))):
                person.place, person.turned = PLACES[push.target], True
                pending[index] -= 1
        yield Counter((person.first, person.place) for person in people)


@pytest.mark.slow
@pytest.mark.oracle
@pytest.mark.parametrize("months", [1, 2, 3])
def test_the_counts_are_distributed_as_those_of_people_moved_one_by_one(months: int) -> None:
    given, chance = numbers(months), random.Random(20)
    worlds = [list(one_by_one(given, chance)) for _ in range(300)]
    walked = drawn(given, 3000, seed=21, uncertain=False)
    for month in range(3):
        for row, start in enumerate(PLACES):
            for column, end in enumerate(PLACES):
                seen = np.array([world[month][start, end] for world in worlds], dtype=float)
                told = walked.stood[:, month, row, column]
                error = max(0.05, float(np.hypot(seen.std() / 300**0.5, told.std() / 3000**0.5)))
                assert abs(seen.mean() - told.mean()) < 4.5 * error, (month, start, end)
                # The spread too: a standard deviation of 300 worlds is known to a twenty-fifth.
                assert told.std() == pytest.approx(seen.std(), rel=0.25, abs=0.3), (month, start, end)


@pytest.mark.oracle
@pytest.mark.parametrize(("effect", "contacted", "held"), [(4.0, 160, 40), (2.0, 300, 300), (0.0, 50, 20)])
def test_power_is_how_often_a_test_finds_the_effect(effect: float, contacted: int, held: int) -> None:
    rng = np.random.default_rng(22)
    times = 4000
    treated = rng.normal(effect, 10.0, (times, contacted))
    out = rng.normal(0.0, 10.0, (times, held))
    found = float((ttest_ind(treated, out, axis=1).pvalue < 0.05).mean())
    expected = power_of(effect, 10.0, contacted, held)
    assert abs(found - expected) < 4 * (expected * (1 - expected) / times) ** 0.5


def in_a_world(rng: np.random.Generator, customers: int) -> tuple[Forecast, dict[tuple[str, str], int]]:
    """A forecast from what was counted of so many in a world whose chances nobody knows, and what then happened."""
    truth = rng.dirichlet((6, 2), size=2)
    truth[1] = truth[1][::-1]
    counted = np.stack([rng.multinomial(customers, row) for row in truth])
    given = basis(
        moved=tuple(tuple(map(float, row)) for row in counted), headcounts={"low": 500, "high": 0}, months=2
    )
    found = forecast(plan(goals=[goal(customers=1)], assets=[asset(routes=[])]), given, draws=400, seed=23)
    stayed, rose = rng.multinomial(500, truth[0])
    return found, {("low", "low"): int(stayed), ("low", "high"): int(rose)}


@pytest.mark.slow
@pytest.mark.parametrize("customers", [30, 300, 10_000])
def test_nine_of_ten_of_what_happens_lie_between_the_ends_whatever_was_counted(customers: int) -> None:
    rng = np.random.default_rng(24)
    inside = 0
    for _ in range(200):
        found, seen = in_a_world(rng, customers)
        (told,) = back_test(found, seen, ("low", "high"))
        inside += told.inside
    # 180 of 200, with a deviation of 4.2; the ends are whole customers and hold a little more than nine in ten.
    assert 165 <= inside <= 195


def test_the_ends_are_as_wide_as_the_counts_leave_open() -> None:
    rng = np.random.default_rng(25)

    def width(customers: int) -> float:
        wide = []
        for _ in range(20):
            (told,) = in_a_world(rng, customers)[0].goals
            wide.append(told.moved.high - told.moved.low)
        return float(np.mean(wide))

    few, many = width(30), width(100_000)
    # Of 500 with a chance of about a quarter, chance alone leaves 1.645 x 2 x 9.7 = 32 customers open.
    assert 20 < many < 40
    assert few > 3 * many


CASES: list[tuple[dict[str, Any], str, float]] = [
    ({"take_up": 0.0, "lift": 0.5}, "nobody takes it up", 0.0),
    ({"take_up": 1.0, "lift": 0.0}, "it does nothing", 0.0),
    ({"take_up": 1.0, "lift": 1.0}, "everybody is brought", 200.0),
]


@pytest.mark.parametrize(("effect", "why", "brought"), CASES, ids=lambda part: str(part)[:20])
def test_at_the_ends_of_shares_the_draws_are_sure(effect: dict[str, Any], why: str, brought: float) -> None:
    given = model(plan(assets=[asset(effect=effect)]), basis())
    walked = drawn(given, 50, seed=26)
    assert set(walked.made[:, 0, 0, 1].tolist()) == {brought}, why


def test_two_goals_of_one_place_never_bring_more_than_stand_there() -> None:
    far = goal(id="far", customers=10)
    effect = {"take_up": 1.0, "lift": 1.0}
    route = {"medium": "email", "touchpoint": "mail", "planned": 700}
    both = [
        asset(effect=effect, routes=[route]),
        asset(id="more", goals=["far"], effect=effect, routes=[route]),
    ]
    given = model(plan(goals=[goal(), far], assets=both), basis())
    walked = drawn(given, 200, seed=27)
    assert walked.stood.min() == 0
    assert (walked.stood[:, 0].sum(axis=2)[:, 0] == 1000).all()
    # 1,400 would be brought, and all who are still below are.
    assert (walked.stood[:, 0, 0, 0] == 0).all()
