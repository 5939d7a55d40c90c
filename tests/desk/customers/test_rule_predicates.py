"""The rule language in PostgreSQL: that it agrees with memory on any rule and any facts."""

from datetime import date

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings

from sterna.engine.rules import HasFact, holds, predicate
from tests.engine.rules.drawn_rules import ABOVE, CLOSURE, CUSTOMERS, ON, rules, worlds

pytestmark = pytest.mark.django_db


@pytest.fixture
def cursor():
    with connection.cursor() as opened:
        opened.execute("create temp table people (customer_id text) on commit drop")
        opened.executemany("insert into people values (%s)", [[name] for name in CUSTOMERS])
        opened.execute("create temp table closure (ancestor text, descendant text) on commit drop")
        opened.executemany("insert into closure values (%s, %s)", CLOSURE)
        opened.execute(
            "create temp table held (customer_id text, fact_class text, value text, observed_on date, "
            "confidence float) on commit drop"
        )
        yield opened


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rule=rules, world=worlds)
def test_postgresql_and_memory_agree_on_any_rule_and_any_facts(cursor, rule, world):
    cursor.execute("delete from held")
    rows = [(name, *fact) for name, known in world.items() for fact in known]
    cursor.executemany("insert into held values (%s, %s, %s, %s, %s)", rows)
    condition = predicate(rule, ON, "psycopg", facts="held", customer="people.customer_id")
    cursor.execute(f"select customer_id from people where {condition.sql}", condition.parameters)
    expected = {name for name in CUSTOMERS if holds(rule, world.get(name, []), ABOVE, ON)}
    assert {name for (name,) in cursor.fetchall()} == expected


def test_a_rule_that_asks_for_injected_sql_only_finds_nobody(cursor):
    rule = HasFact(fact_class="jet' or '1'='1", among=("x'); drop table people; --",))
    condition = predicate(rule, date(2017, 1, 1), "psycopg", facts="held", customer="people.customer_id")
    cursor.execute(f"select count(*) from people where {condition.sql}", condition.parameters)
    assert cursor.fetchone() == (0,)
    cursor.execute("select count(*) from people")
    assert cursor.fetchone() == (len(CUSTOMERS),)
