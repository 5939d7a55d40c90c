"""That SQL and memory say the same of any rule and of anything that can be known of a customer, on every engine."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine.rules import Behavior, HasFact, Not, compile_rules
from tests.engine.rules.drawn_rules import CUSTOMERS, ON, by_sql, in_memory, lay_out, rules, told, worlds

several = st.lists(rules, min_size=1, max_size=4)


@settings(max_examples=250)
@given(asked=several, world=worlds)
def test_R76_duckdb_and_memory_agree_on_any_rules_and_any_customers(lake, asked, world):
    lay_out(lake, world)
    assert by_sql(lake, asked) == in_memory(world, asked)


@pytest.mark.spark
def test_R76_spark_and_memory_agree_on_many_rules_at_once(spark_lake, drawn_once):
    world, asked = drawn_once
    lay_out(spark_lake, world)
    assert by_sql(spark_lake, asked) == in_memory(world, asked)


@pytest.fixture
def drawn_once():
    """Two dozen rules and everybody with something known: one set, asked in one statement as a night does."""
    found = []

    # The first examples are the least ones there are; the last is as good as any.
    @settings(max_examples=40, database=None, derandomize=True)
    @given(st.fixed_dictionaries(dict.fromkeys(CUSTOMERS, told)), st.lists(rules, min_size=24, max_size=24))
    def draw(world, asked):
        found.append((world, asked))

    draw()
    return found[-1]


def test_rules_that_ask_the_same_read_it_once():
    asked = HasFact(fact_class="jet", least=Decimal(3))
    once = compile_rules([asked], ON)
    twice = compile_rules([asked, Not(of=asked)], ON)
    assert once.parameters == twice.parameters and twice.sql.count("max(case") == 1


def test_what_no_window_reaches_is_left_out_before_it_is_grouped():
    near, far = (Behavior(within_days=days, least=Decimal(1)) for days in (7, 90))
    assert compile_rules([near, far], ON).sql.count("where s.occurred_on >=") == 1
    assert "where s.occurred_on" not in compile_rules([near, Behavior(least=Decimal(1))], ON).sql
