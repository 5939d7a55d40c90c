"""Statements that are asked again and again are planned once, and those of Django are left alone."""

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from sterna.desk.config import prepared

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
