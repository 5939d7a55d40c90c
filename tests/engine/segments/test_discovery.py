"""Groupings by needs: planted ones are found again and put into rules, noise gives nothing, the seed decides all."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import adjusted_rand_score

from sterna.engine.rules import All, AnyOf, Rule, parts, plain, read
from sterna.engine.segments import discovery
from sterna.engine.segments.features import Column, Panel, panel_of, with_shares
from sterna.engine.segments.proposing import finds

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
    spent = pa.table({"customer_id": names, **dict(zip(CATEGORIES, shares.T, strict=True))})
    schema = pa.schema(dict.fromkeys(("customer_id", "fact_class", "value"), pa.string()))
    made = panel_of(values, pa.Table.from_pylist(facts, schema=schema), MEASURES, ["likes.cooking"])
    return with_shares(made, spent, 90)


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
        proposal = grouping.proposal
        assert proposal.precision > 0.9 and proposal.recall > 0.9
        flags, belongs = finds(proposal.rule, panel), found.labels == grouping.number
        assert flags.sum() == proposal.found
        assert proposal.precision == pytest.approx((flags & belongs).sum() / flags.sum(), abs=1e-4)
        assert proposal.recall == pytest.approx((flags & belongs).sum() / belongs.sum(), abs=1e-4)
        assert read(plain(proposal.rule)) == proposal.rule and depth(proposal.rule) <= 3


def depth(rule: Rule) -> int:
    """How many comparisons stand behind each other on the longest way."""
    if isinstance(rule, All):
        return sum(depth(one) for one in parts(rule))
    return max(map(depth, parts(rule))) if isinstance(rule, AnyOf) else 1


def test_a_search_tells_how_far_it_is(planted):
    said: list[tuple[int, int]] = []
    discovery.discover(planted[0], 1, (2, 3), lambda done, total: said.append((done, total)))
    assert said == [(0, 2), (1, 2), (2, 2)]


def test_a_share_below_zero_is_no_share_and_parts_nobody():
    """More of it came back than was bought: a root of it would be no number, and nobody would be in a grouping."""
    shares = np.concatenate([np.full(150, -0.2), np.full(150, 0.9)]) + np.linspace(0, 0.01, 300)
    column = Column("share:MEAT", "share", numbers=shares, within_days=90)
    names = tuple(f"c{number:03}" for number in range(300))
    found = discovery.discover(Panel(names, np.ones(300, bool), {column.name: column}, {}), 1, (2,))
    assert sorted(grouping.size for grouping in found.groupings) == [150, 150]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_noise_is_said_to_hold_nothing_stable_and_nothing_is_proposed(seed):
    noise = shop(np.zeros(500, dtype=int), [[0.25, 0.25, 0.25, 0.25]], [4.0], seed)
    got = discovery.discover(noise, seed=seed)
    assert got.cannot_tell.startswith("Nothing stable")
    assert not any(grouping.is_stable or grouping.proposal for grouping in got.groupings)
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
    assert "no more than by chance" in got.cannot_tell and not any(one.proposal for one in got.groupings)


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
