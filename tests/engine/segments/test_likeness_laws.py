"""Laws of likeness: what is only renamed or stretched changes nobody's, each reason is a part of it, and more."""

import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sterna.engine.segments import lookalikes
from sterna.engine.segments.features import Column, Panel

QUICK = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def world(seed: int, people: int = 240, renamed: str = "c", stretch: float = 1.0) -> tuple[Panel, list[str]]:
    """Customers by pace, size and pet; on the list are most of those who come often and keep a dog."""
    chance = random.Random(seed)
    often = [chance.random() < 0.4 for _ in range(people)]
    dog = [chance.random() < 0.5 for _ in range(people)]
    pace = np.array([chance.uniform(3, 6) if each else chance.uniform(0, 4) for each in often])
    size = np.array([chance.uniform(0, 9) for _ in range(people)])
    codes = np.array([-1 if chance.random() < 0.2 else int(each) for each in dog])
    columns = [
        Column("pace", "measure", numbers=np.where(size > 8.5, np.nan, pace * stretch)),
        Column("size", "measure", numbers=size),
        Column("pet", "fact", codes=codes, choices=("none", "dog")),
    ]
    names = tuple(f"{renamed}{number:03}" for number in range(people))
    members = [
        name
        for name, one, other in zip(names, often, dog, strict=True)
        if one and other and chance.random() < 0.6
    ]
    bought = np.ones(people, dtype=bool)
    return Panel(names, bought, {one.name: one for one in columns}, {}), members


def ranking(panel: Panel, members: list[str]) -> lookalikes.Ranking:
    return lookalikes.find(panel, members, most=1_000).customers


seeds = st.integers(0, 10_000)


@QUICK
@given(seeds, st.sampled_from([0.25, 3.0, 1000.0]))
def test_R46_a_measure_in_another_unit_changes_nobodys_likeness(seed, stretch):
    one, other = (ranking(*world(seed, stretch=each)) for each in (1.0, stretch))
    assert [(each.customer, each.likeness) for each in one.people] == [
        (each.customer, each.likeness) for each in other.people
    ]
    assert one.features == other.features and one.apart == other.apart


@QUICK
@given(seeds)
def test_R46_the_likeness_of_all_lies_in_one_order_and_each_reason_points_its_way(seed):
    panel, members = world(seed)
    found = ranking(panel, members)
    if found.cannot_tell:
        assert not found.people
        return
    assert [each.customer for each in found.people] == [
        name
        for name, _ in sorted(
            ((each.customer, each.likeness) for each in found.people), key=lambda pair: (-pair[1], pair[0])
        )
    ]
    assert {each.customer for each in found.people} == set(panel.customers) - set(members)
    for each in found.people:
        assert 0 <= each.likeness <= 1
        assert all(reason.weight > 0 for reason in each.speaks_for) and len(each.speaks_for) <= 3
        assert all(reason.weight < 0 for reason in each.speaks_against) and len(each.speaks_against) <= 2
        assert {reason.feature for reason in (*each.speaks_for, *each.speaks_against)} <= set(found.features)


@QUICK
@given(seeds)
def test_R46_two_customers_of_the_same_parts_are_equally_like(seed):
    panel, members = world(seed)
    found = ranking(panel, members)
    by_parts: dict[tuple, set[float]] = {}
    for each in found.people:
        parts = tuple(sorted((r.feature, r.value) for r in (*each.speaks_for, *each.speaks_against)))
        if len(parts) == len(found.features):
            by_parts.setdefault(parts, set()).add(each.likeness)
    assert all(len(likeness) == 1 for likeness in by_parts.values())


@QUICK
@given(seeds)
def test_R46_dropping_a_feature_is_the_same_as_never_having_had_it(seed):
    panel, members = world(seed)
    dropped = lookalikes.find(panel, members, ["pet"])
    without = Panel(
        panel.customers,
        panel.bought,
        {name: column for name, column in panel.columns.items() if name != "pet"},
        {},
    )
    assert dropped == lookalikes.find(without, members)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_R46_a_feature_that_is_there_twice_counts_little_more_than_once(seed):
    """Scores of features that say the same must not add up as if they were two witnesses."""
    panel, members = world(seed)
    pace = panel.columns["pace"].numbers
    twice = Panel(
        panel.customers,
        panel.bought,
        {**panel.columns, "pace again": Column("pace again", "measure", numbers=pace * 7)},
        {},
    )
    one = {each.customer: each.likeness for each in ranking(panel, members).people}
    other = {each.customer: each.likeness for each in ranking(twice, members).people}
    assert max(abs(one[name] - other[name]) for name in one) < 0.08


def test_R46_members_who_never_bought_are_on_the_list_all_the_same():
    panel, members = world(4)
    bought = panel.bought.copy()
    bought[[panel.customers.index(name) for name in members[:5]]] = False
    found = lookalikes.find(Panel(panel.customers, bought, panel.columns, {}), members)
    assert found.members == len(members) and found.profile[0].members.known <= len(members)
    assert found.customers.among == len(panel.customers) - len(members)


def test_R46_without_anybody_else_there_is_nothing_to_tell_apart_from():
    panel, _ = world(5, people=60)
    found = lookalikes.find(panel, panel.customers)
    assert found.customers.cannot_tell and not found.customers.people
    assert found.customers.among == found.prospects.among == 0
