"""Laws of conditions and of the rules that a tree comes to, over drawn panels."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine.segments.conditions import (
    Every,
    FactIs,
    MeasureIs,
    Not,
    ShareIs,
    Some,
    holds,
    rule_for,
)
from sterna.engine.segments.features import Column, Panel

SIZE = 60
figures = st.lists(st.none() | st.integers(0, 20), min_size=SIZE, max_size=SIZE)
codes = st.lists(st.integers(-1, 2), min_size=SIZE, max_size=SIZE)


@st.composite
def panels(draw: st.DrawFn) -> Panel:
    """Sixty customers with a measure, a share and a fact, each unknown of some."""
    orders = [np.nan if each is None else float(each) for each in draw(figures)]
    meat = [np.nan if each is None else each / 20 for each in draw(figures)]
    columns = [
        Column("orders", "measure", numbers=np.array(orders)),
        Column("share:MEAT", "share", numbers=np.array(meat)),
        Column("pet", "fact", codes=np.array(draw(codes)), choices=("cat", "dog", "hen")),
    ]
    names = tuple(f"c{number:02}" for number in range(SIZE))
    return Panel(names, np.ones(SIZE, dtype=bool), {one.name: one for one in columns}, {})


comparisons = st.sampled_from(["at least", "at most"])
leaves = st.one_of(
    st.builds(MeasureIs, st.just("orders"), comparisons, st.integers(0, 20).map(Decimal)),
    st.builds(ShareIs, st.just("MEAT"), comparisons, st.integers(0, 20).map(lambda n: Decimal(n) / 20)),
    st.builds(
        FactIs, st.just("pet"), st.lists(st.sampled_from(["cat", "dog", "hen"]), max_size=2).map(tuple)
    ),
)


@given(panels(), leaves, leaves)
def test_not_all_is_some_not_and_not_some_is_all_not(panel, one, other):
    assert np.array_equal(holds(Not(Every((one, other))), panel), holds(Some((Not(one), Not(other))), panel))
    assert np.array_equal(holds(Not(Some((one, other))), panel), holds(Every((Not(one), Not(other))), panel))
    assert np.array_equal(holds(Not(Not(one)), panel), holds(one, panel))


@given(panels(), st.integers(0, 20))
def test_at_least_and_at_most_part_those_of_whom_it_is_known_and_nobody_else(panel, edge):
    both = [holds(MeasureIs("orders", each, Decimal(edge)), panel) for each in ("at least", "at most")]
    numbers = panel.columns["orders"].numbers
    assert np.array_equal(both[0] | both[1], ~np.isnan(numbers))
    assert np.array_equal(both[0] & both[1], numbers == edge)


@given(panels())
def test_a_fact_of_any_value_is_one_of_all_its_values(panel):
    assert np.array_equal(holds(FactIs("pet"), panel), holds(FactIs("pet", ("cat", "dog", "hen")), panel))


@settings(max_examples=25, deadline=None)
@given(panels(), leaves, leaves)
def test_a_rule_tells_what_it_finds_of_any_grouping(panel, one, other):
    belongs = holds(Some((one, other)), panel)
    rule = rule_for(panel, np.arange(SIZE), belongs)
    if rule is None:
        return
    found = holds(rule.condition, panel)
    both = int((found & belongs).sum())
    assert rule.found == found.sum()
    assert rule.precision == pytest.approx(both / max(found.sum(), 1), abs=1e-4)
    assert rule.recall == pytest.approx(both / belongs.sum(), abs=1e-4)


@settings(max_examples=25, deadline=None)
@given(st.integers(3, 17), st.sampled_from(["at least", "at most"]))
def test_a_grouping_that_is_one_condition_is_found_by_it(edge, comparison):
    numbers = np.repeat(np.arange(21.0), 8)
    size = numbers.size
    panel = Panel(
        tuple(f"c{n:03}" for n in range(size)),
        np.ones(size, dtype=bool),
        {"orders": Column("orders", "measure", numbers=numbers)},
        {},
    )
    belongs = holds(MeasureIs("orders", comparison, Decimal(edge)), panel)
    rule = rule_for(panel, np.arange(size), belongs)
    assert isinstance(rule.condition, MeasureIs) and rule.condition.comparison == comparison
    assert (rule.precision, rule.recall, rule.found) == (1.0, 1.0, belongs.sum())
    # A number of few digits, between the last who belongs and the first who does not.
    assert abs(rule.condition.threshold - edge) < 1


def test_rows_outside_those_asked_about_count_for_nothing():
    numbers = np.concatenate([np.arange(100.0), np.arange(100.0)])
    panel = Panel(
        tuple(f"c{n:03}" for n in range(200)),
        np.ones(200, dtype=bool),
        {"orders": Column("orders", "measure", numbers=numbers)},
        {},
    )
    rows = np.arange(100)
    rule = rule_for(panel, rows, numbers[rows] >= 60)
    assert rule.found == 40 and rule.precision == rule.recall == 1.0
