"""A proposed rule is one of the rule language: compiled, in memory and in the search it finds the very same people."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine.rules import (
    All,
    AnyOf,
    Behavior,
    HasFact,
    Not,
    Worth,
    holds,
    leaves,
    parts,
    plain,
    read,
    sentence,
)
from sterna.engine.segments.features import MOST_CHOICES, OTHER, Column, Panel
from sterna.engine.segments.proposing import BOUGHT, finds, propose, readable
from tests.engine.rules.drawn_rules import ON
from tests.engine.segments import asked


def named(panel: Panel, flags: np.ndarray) -> set[str]:
    return set(np.array(panel.customers)[flags])


@pytest.mark.parametrize("seed", range(6))
def test_the_rule_language_finds_whom_the_search_claims_in_memory_and_compiled(lake, seed):
    told = asked.shop(seed, 120)
    asked.lay_out(lake, told)
    panel, rng = asked.panel(lake), np.random.default_rng(seed)
    people = asked.people(told)
    for _ in range(3):
        # Any grouping of those who bought: the tree asks of measures, shares and facts as it comes.
        belongs = panel.bought & (rng.random(len(panel.customers)) < 0.4)
        proposal = propose(panel, belongs, seed)
        assert proposal is not None
        claimed = named(panel, finds(proposal.rule, panel))
        assert len(claimed) == proposal.found
        assert asked.found_by_sql(lake, proposal.rule) == claimed
        assert {one for one, each in people.items() if holds(proposal.rule, each, asked.ABOVE, ON)} == claimed
        both = len(claimed & named(panel, belongs))
        assert proposal.precision == pytest.approx(both / max(len(claimed), 1), abs=1e-4)
        assert proposal.recall == pytest.approx(both / belongs.sum(), abs=1e-4)
        # It is stored as JSON and read again, and has a sentence.
        assert read(plain(proposal.rule)) == proposal.rule and sentence(proposal.rule)


ALONE = [
    Worth(measure="spend", least=Decimal(20)),
    Worth(measure="alive", least=Decimal("0.25"), most=Decimal("0.8")),
    Worth(measure="orders", most=Decimal(2)),
    Behavior(of="share", category="wine", within_days=asked.WITHIN, least=Decimal("0.3")),
    Behavior(of="share", category="bread", within_days=asked.WITHIN, most=Decimal("0.5")),
    HasFact(fact_class="pet", finer=False),
    HasFact(fact_class="pet", finer=False, among=("no",)),
    HasFact(fact_class="pet", finer=False, among=("O'Hen",)),
    HasFact(fact_class="age", finer=False, least=Decimal("20.5"), most=Decimal(60)),
    HasFact(fact_class="age", finer=False),
    BOUGHT,
]


@pytest.mark.parametrize("rule", ALONE, ids=lambda rule: sentence(rule))
@pytest.mark.parametrize("wrap", [lambda one: one, lambda one: Not(of=one)], ids=["holds", "not"])
def test_every_kind_of_comparison_means_in_the_search_what_it_means_in_a_rule(lake, rule, wrap):
    told = asked.shop(11, 90)
    asked.lay_out(lake, told)
    panel = asked.panel(lake)
    claimed = named(panel, finds(wrap(rule), panel))
    assert claimed and claimed != set(panel.customers)
    assert asked.found_by_sql(lake, wrap(rule)) == claimed
    memory = {one for one, each in asked.people(told).items() if holds(wrap(rule), each, asked.ABOVE, ON)}
    assert memory == claimed


def test_a_measure_of_words_and_what_is_told_as_other_are_left_out_of_rules():
    """Nothing but these tells the grouping, and a rule cannot say them."""
    size = 200
    belongs = np.arange(size) % 2 == 0
    names = (*(f"v{number:02}" for number in range(MOST_CHOICES)), OTHER)
    words = Column("top_category", "measure", codes=belongs.astype(np.int64), choices=("a", "b"))
    rare = Column("pet", "fact", codes=np.where(belongs, len(names) - 1, np.arange(size) % 12), choices=names)
    for column in (words, rare):
        panel = of(size, column)
        found = propose(panel, belongs)
        asks = (
            {one for rule in [found.rule] for leaf in leaves(rule) for one in leaf.among} if found else set()
        )
        assert OTHER not in asks and (column is rare or found is None)
    # Of few values "other" is a word as any: somebody said it.
    said = Column("pet", "fact", codes=belongs.astype(np.int64), choices=("cat", OTHER))
    rule = propose(of(size, said), belongs).rule
    assert finds(rule, of(size, said)).tolist() == belongs.tolist()


def of(size: int, *columns: Column, bought: np.ndarray | None = None) -> Panel:
    who = np.ones(size, dtype=bool) if bought is None else bought
    return Panel(tuple(f"c{n:03}" for n in range(size)), who, {one.name: one for one in columns}, {})


@pytest.mark.parametrize("name", ["x" * 81, "", "nul\x00", "half \ud800"])
def test_a_name_that_no_rule_can_hold_is_left_out_of_rules(name):
    numbers = np.arange(100.0)
    columns = [Column(f"share:{name}", "share", numbers=numbers / 100, within_days=90)]
    assert propose(of(100, *columns), numbers >= 60) is None
    fact = Column(name, "fact", codes=(numbers >= 60).astype(np.int64), choices=("cat", "dog"))
    assert propose(of(100, fact), numbers >= 60) is None


def test_who_never_bought_is_in_no_grouping_and_in_no_rule():
    bought = np.arange(200) < 150
    pet = Column("pet", "fact", codes=np.where(np.arange(200) % 3 == 0, 0, -1), choices=("cat",))
    panel = of(200, pet, bought=bought)
    belongs = bought & (pet.codes < 0)
    found = propose(panel, belongs)
    # "No cat" alone would hold of everybody of whom nothing is known.
    assert BOUGHT in parts(found.rule) and found.precision == found.recall == 1.0
    assert (finds(found.rule, panel) == belongs).all()
    # Where nobody else is found it says no more than it must.
    spend = Column("spend", "measure", numbers=np.where(bought, np.arange(200.0), np.nan))
    assert isinstance(propose(of(200, spend, bought=bought), bought & (np.arange(200) >= 100)).rule, Worth)


def test_bounds_of_one_figure_are_told_in_one_comparison():
    numbers = np.arange(300.0)
    rule = propose(
        of(300, Column("spend", "measure", numbers=numbers)), (numbers >= 100) & (numbers < 200)
    ).rule
    assert isinstance(rule, Worth) and 99 <= rule.least <= 100 and 199 <= rule.most <= 200


def test_a_rule_tells_its_own_precision_where_the_figure_is_unknown_of_many():
    spend = np.where(np.arange(200) % 4 == 0, np.nan, np.arange(200.0))
    panel = of(200, Column("spend", "measure", spend))
    belongs = np.arange(200) >= 150
    proposal = propose(panel, belongs)
    assert isinstance(proposal.rule, Worth) and 145 <= proposal.rule.least <= 150
    assert proposal.precision >= 0.97
    # A quarter of the grouping has no known spend, and the rule does not find them.
    assert proposal.recall == pytest.approx(37 / 50, abs=0.03)


def test_there_is_no_rule_where_nothing_tells_the_grouping():
    panel = of(100, Column("spend", "measure", np.ones(100)))
    assert propose(panel, np.arange(100) < 20) is None
    assert propose(panel, np.zeros(100, bool)) is None
    assert propose(of(100), np.arange(100) < 20) is None


@settings(max_examples=25, deadline=None)
@given(st.integers(3, 17), st.booleans())
def test_a_grouping_that_is_one_condition_is_found_by_it(edge, is_least):
    numbers = np.repeat(np.arange(21.0), 8)
    panel = of(numbers.size, Column("orders", "measure", numbers=numbers))
    belongs = numbers >= edge if is_least else numbers <= edge
    proposal = propose(panel, belongs)
    assert (proposal.precision, proposal.recall, proposal.found) == (1.0, 1.0, belongs.sum())
    # A number of few digits, between the last who belongs and the first who does not.
    bound = proposal.rule.least if is_least else proposal.rule.most
    assert abs(bound - edge) < 1


def test_not_all_is_any_not():
    spend = Column("spend", "measure", numbers=np.array([1.0, 2.0, np.nan, 4.0]))
    pet = Column("pet", "fact", codes=np.array([0, 1, -1, 1]), choices=("cat", "dog"))
    panel = of(4, spend, pet)
    one, other = Worth(measure="spend", least=Decimal(2)), HasFact(fact_class="pet", among=("dog",))
    both = Not(of=All(of=(one, other))), AnyOf(of=(Not(of=one), Not(of=other)))
    assert finds(both[0], panel).tolist() == finds(both[1], panel).tolist() == [True, False, True, False]


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


def test_between_two_neighbors_a_threshold_is_still_one_that_a_rule_takes():
    edge = readable(4194304.1, float(np.nextafter(4194304.1, 5e6)))
    assert read(plain(Worth(measure="spend", least=edge)))
