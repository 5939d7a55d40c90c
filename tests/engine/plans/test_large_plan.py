"""The check of a plan for eight segments, two hundred assets and sixty touchpoints, with a graph of everything."""

import time

import msgspec
import pytest

from sterna.engine import plans
from sterna.engine.plans.strategy import Capture, Dependency, Edge, Roadmap, Step
from tests.engine.plans.house import plan

SEGMENTS, ASSETS, POINTS = 8, 200, 60
change = msgspec.structs.replace


@pytest.fixture(scope="module")
def large() -> plans.Plan:
    small = plan()
    (goal,), (asset,), (message,) = small.goals, small.assets, small.messages
    point = next(point for point in small.touchpoints if point.id == "mail")
    (route,), (deal,) = asset.routes, small.exchanges
    return change(
        small,
        goals=tuple(change(goal, id=f"g{n}", segment=f"s{n}") for n in range(SEGMENTS)),
        touchpoints=tuple(change(point, id=f"p{n}", capacity_per_week=10_000) for n in range(POINTS)),
        messages=tuple(change(message, id=f"m{n}") for n in range(ASSETS)),
        assets=tuple(
            change(
                asset,
                id=f"a{n}",
                goals=(f"g{n % SEGMENTS}",),
                routes=(change(route, touchpoint=f"p{n % POINTS}"),),
                message=f"m{n}",
                needs=(f"d{n}",),
            )
            for n in range(ASSETS)
        ),
        exchanges=tuple(change(deal, id=f"e{n}", asset=f"a{n}") for n in range(ASSETS)),
        dependencies=dependencies(),
        capture=tuple(
            Capture(
                fact_class="shopping.room",
                touchpoint=f"p{n}",
                question="Which food do you buy elsewhere?",
                purpose="offers that fit",
                expected_fill=0.2,
            )
            for n in range(POINTS)
        ),
        roadmap=roadmap(),
    )


def dependencies() -> tuple[Dependency, ...]:
    """Each needs the three before it."""
    return tuple(
        Dependency(
            id=f"d{n}",
            kind="data",
            owner="Eve",
            by=plan().opens,
            needs=tuple(f"d{before}" for before in range(max(0, n - 3), n)),
        )
        for n in range(ASSETS)
    )


def roadmap() -> Roadmap:
    """Everybody at a step goes on to four others, some of them back, and a fifth leaves at each."""
    return Roadmap(
        steps=tuple(
            Step(id=f"s{n}", touchpoint=f"p{n % POINTS}", asset=f"a{n}", behavior="b", enters=100)
            for n in range(ASSETS)
        ),
        edges=tuple(
            Edge(from_step=f"s{n}", to_step=f"s{(7 * n + 11 * k + 1) % ASSETS}", pass_through=0.2)
            for n in range(ASSETS)
            for k in range(4)
        ),
    )


STRUCTURE = ("id-", "R59", "R60", "R63", "R64", "R65", "R66", "R71", "R73", "R87", "exchange-")


def test_R60_R64_R71_R87_a_large_plan_is_checked_well_below_a_second(large):
    document = plans.of_body(plans.body(large))
    known = plans.Known(parents={"shopping": "", "shopping.room": "shopping"}, fill={"shopping.room": 0.3})
    began = time.perf_counter()
    found = plans.check(document, known)
    # Less than a tenth of a second on two cores; the rest is room for a machine that does other things.
    assert time.perf_counter() - began < 1
    assert [one for one in found if one.code.startswith(STRUCTURE)] == []


def test_R60_the_last_of_a_long_chain_waits_for_all_before_it(large):
    names = [one.id for one in plans.open_before(large, f"a{ASSETS - 1}")]
    assert names == [f"d{n}" for n in range(ASSETS)]
    assert plans.open_before(large, "a0") == large.dependencies[:1]


def test_R71_all_who_enter_a_large_roadmap_leave_it(large):
    expected = plans.flow(large.roadmap)
    assert sum(expected.values()) * 0.2 == pytest.approx(100 * ASSETS)
    drawn = plans.simulate(large.roadmap, 20, 3)
    total = sum(counts.mean() for counts in drawn.values())
    assert total == pytest.approx(sum(expected.values()), rel=0.02)
