"""Statements that are asked again and again are planned once, and those of Django are left alone."""

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError, ProgrammingError

from sterna.desk.config import prepared
from sterna.desk.config.prepared import Question

pytestmark = pytest.mark.django_db
ASKED = "select one.id from unnest(%(ids)s::int[]) as one (id) where one.id > %(least)s order by 1"


def statements() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select statement from pg_prepared_statements where not statement like '%%pg_prepared%%'"
        )
        return [row[0] for row in cursor.fetchall()]


def test_a_statement_stays_prepared_whatever_it_is_asked_of():
    before = len(statements())
    assert prepared.rows(ASKED, {"ids": [3, 1, 2], "least": 1}) == [(2,), (3,)]
    assert prepared.rows(ASKED, {"ids": [9], "least": 1}) == [(9,)]
    assert len(statements()) == before + 1
    assert any("unnest($1::int[])" in text for text in statements())


def test_djangos_own_statements_are_not_prepared_however_often_they_are_asked():
    prepared.rows(ASKED, {"ids": [1], "least": 0})
    before = statements()
    with connection.cursor() as cursor:
        for _ in range(20):
            cursor.execute("select %s + 1", [1])
    assert statements() == before


def test_an_error_is_djangos_and_the_connection_goes_on():
    with pytest.raises(ProgrammingError), transaction.atomic():
        prepared.rows("select * from nothing_of_that_name where 1 = %(one)s", {"one": 1})
    assert prepared.rows(ASKED, {"ids": [5], "least": 4}) == [(5,)]


def above(least: int, *ids: int) -> Question[list[int]]:
    return Question(ASKED, {"ids": list(ids), "least": least}, lambda rows: [one for (one,) in rows])


def test_what_is_asked_together_is_answered_each_by_its_own_rows_and_prepared_like_the_rest():
    before = len(statements())
    with prepared.together() as at_once:
        found = [at_once.ask(above(least, 3, 1, 2)) for least in (0, 1, 5)]
        text = at_once.ask(Question("select %(said)s::text", {"said": "it's"}, list))
    assert [each() for each in found] == [[1, 2, 3], [2, 3], []] and text() == [("it's",)]
    assert found[0]() == [1, 2, 3], "an answer may be read twice"
    assert prepared.answer(above(1, 2)) == [2] and len(statements()) == before + 2


def test_what_is_carried_out_together_is_carried_out_in_its_order():
    with connection.cursor() as cursor:
        cursor.execute("create temporary table held (id int primary key, said text)")
    insert = "insert into held select id, %(said)s from unnest(%(ids)s::int[]) as one (id)"
    everything = Question("select id, said from held order by id", {}, list)
    with transaction.atomic(), prepared.together() as at_once:
        at_once.do(insert, {"ids": [1, 2], "said": "first"})
        between = at_once.ask(everything)
        at_once.do("update held set said = %(said)s where id = %(id)s", {"said": "second", "id": 2})
        at_once.do(insert, {"ids": [3], "said": "third"})
        after = at_once.ask(everything)
    assert between() == [(1, "first"), (2, "first")]
    assert after() == [(1, "first"), (2, "second"), (3, "third")]


@pytest.mark.parametrize("wrong", ["insert into held values (1)", "select * from nothing_of_that_name"])
def test_an_error_among_others_is_raised_by_the_block_and_takes_all_of_its_transaction_back(wrong):
    with connection.cursor() as cursor:
        cursor.execute("create temporary table held (id int primary key)")
    with (
        pytest.raises((IntegrityError, ProgrammingError)),
        transaction.atomic(),
        prepared.together() as at_once,
    ):
        at_once.do("insert into held values (%(one)s)", {"one": 1})
        at_once.do(wrong, {})
        at_once.do("insert into held values (%(two)s)", {"two": 2})
    assert prepared.rows("select count(*) from held", {}) == [(0,)]
    assert prepared.answer(above(4, 5)) == [5], "the connection goes on"
