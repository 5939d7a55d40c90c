"""The rule language: what a rule says of a customer, and that DuckDB and memory say the same of any rule."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings

from sterna.engine.errors import BadInput
from sterna.engine.rules import All, AnyOf, HasFact, Known, Not, holds, plain, predicate, read
from tests.engine.rules.drawn_rules import ABOVE, CLOSURE, CUSTOMERS, ON, rules, worlds


def fact(fact_class: str = "jet", value: str = "yes", back: int = 0, sure: float | None = 0.8) -> Known:
    return Known(fact_class, value, ON - timedelta(days=back), sure)


def says(rule, *facts: Known) -> bool:
    return holds(rule, facts, ABOVE, ON)


def test_a_finer_fact_counts_for_every_class_above_it_and_never_the_other_way():
    assert says(HasFact(fact_class="wealth"), fact("jet"))
    assert not says(HasFact(fact_class="jet"), fact("wealth"))
    assert not says(HasFact(fact_class="wealth", finer=False), fact("jet"))
    assert says(HasFact(fact_class="jet", finer=False), fact("jet"))


def test_a_no_is_an_answer_and_counts_only_where_it_is_asked_for():
    assert not says(HasFact(fact_class="jet"), fact(value="no"))
    assert says(HasFact(fact_class="jet", among=("no",)), fact(value="no"))
    assert says(Not(of=HasFact(fact_class="jet")), fact(value="no"))
    assert says(Not(of=HasFact(fact_class="jet")))


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("10", True),
        ("20", True),
        ("9.99", False),
        ("20.01", False),
        ("many", False),
        ("1e1", False),
        ("15\n", False),
    ],
)
def test_a_range_includes_its_ends_and_nothing_that_is_no_number(value, fits):
    assert says(HasFact(fact_class="jet", least=Decimal(10), most=Decimal(20)), fact(value=value)) is fits


def test_ages_count_from_the_day_of_the_check():
    # 30 days back is the last day within 30 days; the day before it is older than 30.
    within, older = (HasFact(fact_class="jet", within_days=30), HasFact(fact_class="jet", older_than_days=30))
    assert (says(within, fact(back=30)), says(older, fact(back=30))) == (True, False)
    assert (says(within, fact(back=31)), says(older, fact(back=31))) == (False, True)


def test_a_fact_of_unknown_confidence_is_sure_enough_for_nothing_that_asks():
    assert not says(HasFact(fact_class="jet", least_confidence=0.0), fact(sure=None))
    assert says(HasFact(fact_class="jet", least_confidence=0.8), fact(sure=0.8))


def test_and_or_not():
    jet, wine = HasFact(fact_class="jet"), HasFact(fact_class="wine")
    assert not says(All(of=(jet, wine)), fact("jet"))
    assert says(All(of=(jet, wine)), fact("jet"), fact("wine"))
    assert says(AnyOf(of=(jet, wine)), fact("wine"))
    assert says(All(of=(jet, Not(of=wine))), fact("jet"))


def test_all_conditions_of_a_comparison_must_hold_of_one_fact():
    rule = HasFact(fact_class="wealth", among=("yes",), older_than_days=10)
    assert not says(rule, fact("jet", back=0), fact("aircraft", "no", back=20))


@given(rules)
def test_a_rule_is_the_same_after_it_was_stored(rule):
    assert read(plain(rule)) == rule


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ({"op": "fact"}, "class"),
        ({"op": "all", "of": []}, "length"),
        ({"op": "exec", "of": "print(1)"}, "exec"),
        ({"op": "fact", "class": "jet", "eval": "1"}, "eval"),
        ({"op": "fact", "class": "jet", "older_than_days": -1}, "older_than_days"),
        ({"op": "fact", "class": "jet", "least": "1e40"}, "no amount"),
        ({"op": "fact", "class": "jet", "least": "NaN"}, "no amount"),
        ({"op": "fact", "class": "j\0t"}, "no fact can hold"),
        ("jet", "no rule"),
        (None, "no rule"),
    ],
)
def test_what_is_no_rule_is_refused_with_the_reason(stored, said):
    with pytest.raises(BadInput, match=said):
        read(stored)


def test_a_rule_that_is_too_deep_is_refused_before_it_is_walked():
    stored: dict = {"op": "fact", "class": "jet"}
    for _ in range(60):
        stored = {"op": "not", "of": stored}
    with pytest.raises(BadInput, match="12 levels"):
        read(stored)


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as opened:
        opened.execute("create table customers (customer_id varchar)")
        opened.executemany("insert into customers values (?)", [[name] for name in CUSTOMERS])
        opened.execute("create table closure (ancestor varchar, descendant varchar)")
        opened.executemany("insert into closure values (?, ?)", [list(pair) for pair in CLOSURE])
        opened.execute(
            "create table current_facts (customer_id varchar, fact_class varchar, value varchar, observed_on date, "
            "confidence double)"
        )
        yield opened


@settings(max_examples=200)
@given(rule=rules, world=worlds)
def test_duckdb_and_memory_agree_on_any_rule_and_any_facts(database, rule, world):
    database.execute("delete from current_facts")
    rows = [[name, *each] for name, known in world.items() for each in known]
    if rows:
        database.executemany("insert into current_facts values (?, ?, ?, ?, ?)", rows)
    condition = predicate(rule, ON, "duckdb")
    found = database.execute(
        f"select customer_id from customers where {condition.sql}", condition.parameters
    ).fetchall()
    expected = {name for name in CUSTOMERS if holds(rule, world.get(name, []), ABOVE, ON)}
    assert {name for (name,) in found} == expected


def test_no_word_of_a_rule_stands_in_its_sql():
    text = "'); drop table customers; --"
    made = predicate(HasFact(fact_class=text, among=(text,), least=Decimal("3")), date(2017, 1, 1), "psycopg")
    assert text not in made.sql
    assert list(made.parameters.values()).count(text) == 2
    assert set(made.parameters) == {"rule_0", "rule_1", "rule_2"}
