"""Groupings by needs: planted ones are found again and put into rules, noise gives nothing, the seed decides all."""

from dataclasses import replace
from decimal import Decimal

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from sterna.engine.segments import discovery
from sterna.engine.segments.conditions import (
    Condition,
    Every,
    FactIs,
    MeasureIs,
    Not,
    ShareIs,
    Some,
    as_json,
    holds,
    readable,
    rule_for,
)
from sterna.engine.segments.features import Column, Panel, panel_of, with_shares

CATEGORIES = ("DELI", "GROCERY", "MEAT", "PRODUCE")
MEASURES = ("order_frequency", "breadth")


def shop(kinds: np.ndarray, tastes: list[list[float]], paces: list[float], seed: int) -> Panel:
    """A panel of customers of kinds: how they part their spend, how often they come, and whether they cook."""
    rng = np.random.default_rng(seed)
    names = [f"c{number:04}" for number in range(kinds.size)]
    values = pa.table(
        {
            "customer_id": names,
            "tenure_days": pa.array([90] * kinds.size, pa.int64()),
            "order_frequency": [float(rng.gamma(40, paces[kind] / 40)) for kind in kinds],
            "breadth": rng.integers(2, 9, kinds.size),
        }
    )
    said = rng.random(kinds.size) < 0.9
    facts = [
        {"customer_id": name, "fact_class": "likes.cooking", "value": "yes" if kind == 0 else "no"}
        for name, kind, told in zip(names, kinds, said, strict=True)
        if told and len(paces) > 1
    ]
    shares = np.array([rng.dirichlet(np.array(tastes[kind]) * 30) for kind in kinds])
    spent = [
        {"customer_id": name, "category": category, "amount": Decimal(str(round(200 * share, 2)))}
        for name, row in zip(names, shares, strict=True)
        for category, share in zip(CATEGORIES, row, strict=True)
    ]
    schema = pa.schema(dict.fromkeys(("customer_id", "fact_class", "value"), pa.string()))
    made = panel_of(values, pa.Table.from_pylist(facts, schema=schema), MEASURES, ["likes.cooking"])
    return with_shares(made, pa.Table.from_pylist(spent))


TASTES = [[0.05, 0.15, 0.4, 0.4], [0.6, 0.3, 0.05, 0.05], [0.05, 0.85, 0.05, 0.05]]


@pytest.fixture(scope="module")
def planted() -> tuple[Panel, np.ndarray]:
    """Cooks who come often, lovers of the deli, and those who fetch groceries now and then."""
    kinds = np.random.default_rng(3).choice(3, 600, p=[0.5, 0.3, 0.2])
    return shop(kinds, TASTES, [8.0, 4.0, 1.0], 4), kinds


@pytest.fixture(scope="module")
def found(planted) -> discovery.Discovery:
    return discovery.discover(planted[0], seed=1)


def test_planted_groupings_are_found_in_their_number_stable_and_with_what_sets_them_apart(planted, found):
    _, kinds = planted
    assert found.cannot_tell is None and len(found.groupings) == 3
    assert adjusted_rand_score(kinds, found.labels) > 0.97
    assert [grouping.size for grouping in found.groupings] == sorted(
        np.bincount(found.labels).tolist(), reverse=True
    )
    for grouping in found.groupings:
        assert grouping.is_stable and grouping.jaccard > 0.9 and grouping.silhouette > 0.3
    cooks, deli, groceries = (
        {one.trait.feature: one.distance for one in grouping.apart} for grouping in found.groupings
    )
    assert cooks["share:MEAT"] > 1 and cooks["order_frequency"] > 1
    assert deli["share:DELI"] > 1 and groceries["share:GROCERY"] > 1


def test_every_stable_grouping_is_proposed_as_a_rule_that_finds_it_again(planted, found):
    panel, _ = planted
    for grouping in found.groupings:
        rule = grouping.rule
        assert rule.precision > 0.9 and rule.recall > 0.9
        finds = holds(rule.condition, panel)
        belongs = found.labels == grouping.number
        assert finds.sum() == rule.found
        assert rule.precision == pytest.approx((finds & belongs).sum() / finds.sum(), abs=1e-4)
        assert rule.recall == pytest.approx((finds & belongs).sum() / belongs.sum(), abs=1e-4)
        again = msgspec.convert(as_json(rule.condition), Condition)
        assert again == rule.condition and depth(again) <= 3


def depth(condition: Condition) -> int:
    """How many conditions stand behind each other on the longest way."""
    if isinstance(condition, Every):
        return sum(depth(one) for one in condition.of)
    if isinstance(condition, Some):
        return max(depth(one) for one in condition.of)
    return 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_noise_is_said_to_hold_nothing_stable_and_nothing_is_proposed(seed):
    noise = shop(np.zeros(500, dtype=int), [[0.25, 0.25, 0.25, 0.25]], [4.0], seed)
    got = discovery.discover(noise, seed=seed)
    assert got.cannot_tell.startswith("Nothing stable")
    assert not any(grouping.is_stable or grouping.rule for grouping in got.groupings)
    assert set(got.tried) == set(range(2, 9)) and got.groupings


def test_independent_facts_are_no_groupings_though_k_means_parts_them_each_time_alike():
    """Two coins make four heaps that every sample shows again: they go together no more than by chance."""
    rng = np.random.default_rng(8)
    coins = {
        name: Column(name, "fact", codes=rng.integers(0, 2, 400), choices=("no", "yes"))
        for name in ("cat", "car")
    }
    names = tuple(f"c{number}" for number in range(400))
    got = discovery.discover(Panel(names, np.ones(400, dtype=bool), coins, {}), seed=1)
    assert max(one.least_jaccard for one in got.tried.values()) > discovery.HIGHLY
    assert "no more than by chance" in got.cannot_tell and not any(one.rule for one in got.groupings)


def test_the_same_seed_gives_the_same_and_who_never_bought_is_in_no_grouping(planted, found):
    panel, _ = planted
    assert_same(discovery.discover(panel, seed=1), found)
    bought = panel.bought.copy()
    bought[:50] = False
    got = discovery.discover(replace(panel, bought=bought), seed=1)
    assert got.customers == 550 and (got.labels[:50] == -1).all() and (got.labels[50:] >= 0).all()
    assert sum(grouping.size for grouping in got.groupings) == 550


def assert_same(one: discovery.Discovery, other: discovery.Discovery) -> None:
    assert (one.groupings, dict(one.tried), one.labels.tolist()) == (
        other.groupings,
        dict(other.tried),
        other.labels.tolist(),
    )


@pytest.mark.parametrize("size", [0, 99])
def test_of_few_customers_nothing_is_told(size):
    kinds = np.zeros(size, dtype=int)
    if size == 0:
        panel = Panel((), np.empty(0, dtype=bool), {}, {})
    else:
        panel = shop(kinds, TASTES, [1.0], 1)
    got = discovery.discover(panel)
    assert not got.groupings and "too few" in got.cannot_tell


def test_customers_of_whom_nothing_is_known_are_not_parted():
    names = tuple(f"c{number}" for number in range(150))
    blank = Column("spend", "measure", numbers=np.full(150, np.nan))
    got = discovery.discover(Panel(names, np.ones(150, dtype=bool), {"spend": blank}, {}))
    assert got.cannot_tell == "Nothing is known by which customers differ."


def small() -> Panel:
    columns = [
        Column("spend", "measure", numbers=np.array([1.0, 2.0, np.nan, 4.0])),
        Column("share:MEAT", "share", numbers=np.array([0.1, 0.5, 0.5, np.nan])),
        Column("pet", "fact", codes=np.array([0, 1, -1, 1]), choices=("cat", "dog")),
    ]
    return Panel(tuple("abcd"), np.ones(4, dtype=bool), {one.name: one for one in columns}, {})


CASES: list[tuple[Condition, str]] = [
    (MeasureIs("spend", "at least", Decimal(2)), "bd"),
    (MeasureIs("spend", "at most", Decimal(2)), "ab"),  # c is unknown: neither
    (Not(MeasureIs("spend", "at most", Decimal(2))), "cd"),
    (ShareIs("MEAT", "at least", Decimal("0.5")), "bc"),
    (FactIs("pet"), "abd"),
    (FactIs("pet", ("dog",)), "bd"),
    (Not(FactIs("pet", ("dog",))), "ac"),
    (Every((FactIs("pet", ("dog",)), ShareIs("MEAT", "at most", Decimal("0.9")))), "b"),
    (Some((FactIs("pet", ("cat",)), MeasureIs("spend", "at least", Decimal(3)))), "ad"),
]


@pytest.mark.parametrize(("condition", "who"), CASES)
def test_a_condition_holds_of_whom_it_says(condition, who):
    panel = small()
    assert "".join(np.array(panel.customers)[holds(condition, panel)]) == who
    assert msgspec.convert(as_json(condition), Condition) == condition


def test_a_rule_tells_its_own_precision_where_the_figure_is_unknown_of_many():
    spend = np.where(np.arange(200) % 4 == 0, np.nan, np.arange(200.0))
    panel = Panel(
        tuple(map(str, range(200))), np.ones(200, bool), {"spend": Column("spend", "measure", spend)}, {}
    )
    belongs = np.arange(200) >= 150
    rule = rule_for(panel, np.arange(200), belongs)
    assert isinstance(rule.condition, MeasureIs) and rule.condition.comparison == "at least"
    assert 145 <= rule.condition.threshold <= 150 and rule.precision >= 0.97
    # A quarter of the grouping has no known spend, and the rule does not find them.
    assert rule.recall == pytest.approx(37 / 50, abs=0.03)


def test_there_is_no_rule_where_nothing_tells_the_grouping():
    panel = Panel(
        tuple("ab" * 50), np.ones(100, bool), {"spend": Column("spend", "measure", np.ones(100))}, {}
    )
    assert rule_for(panel, np.arange(100), np.arange(100) < 20) is None
    assert rule_for(panel, np.arange(100), np.zeros(100, bool)) is None


@given(
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda number: round(number, 4)),
    st.integers(1, 10**9).map(lambda step: step / 1e4),
)
def test_a_threshold_has_as_few_digits_as_part_the_two_sides(low, step):
    high = low + step
    edge = readable(low, high)
    assert low < float(edge) < high
    places = -edge.as_tuple().exponent
    if places > 0:
        coarser = round((low + high) / 2, places - 1)
        assert not low < coarser < high
