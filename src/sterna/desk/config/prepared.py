"""Asks the database what is asked again and again: prepared once, so that it is planned once and not every time.

Several statements may go out together, so that the database is waited for once and not for each.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

import psycopg
from django.db import connection

Row = tuple[Any, ...]
Answer = TypeVar("Answer")

# Django switches preparing off for the whole connection; behind so many askings psycopg would prepare unasked, which
# nothing but this module should do.
_NEVER_UNASKED = 1_000_000_000


@dataclass(frozen=True)
class Question(Generic[Answer]):
    """A SELECT with named parameters, and what is made of its rows."""

    sql: str
    parameters: Mapping[str, Any]
    read: Callable[[list[Row]], Answer]


def rows(sql: str, parameters: Mapping[str, Any]) -> list[Row]:
    """The rows of a SELECT; Django's own cursor would write the parameters into the text of each statement."""
    raw = _raw()
    with connection.wrap_database_errors, psycopg.Cursor(raw) as cursor:
        return cursor.execute(sql.encode(), parameters, prepare=True).fetchall()


def answer(question: Question[Answer]) -> Answer:
    """The answer to one question."""
    return question.read(rows(question.sql, question.parameters))


class Together:
    """Statements that go out at once and are carried out in their order."""

    def __init__(self, raw: "psycopg.Connection[Row]") -> None:
        self._raw = raw

    def ask(self, question: Question[Answer]) -> Callable[[], Answer]:
        """Ask on the way; the answer is had by a call, behind the block so that nothing is waited for before."""
        cursor = psycopg.Cursor(self._raw)
        cursor.execute(question.sql.encode(), question.parameters, prepare=True)
        return cache(lambda: question.read(cursor.fetchall()))

    def do(self, sql: str, parameters: Mapping[str, Any]) -> None:
        """Carry out a statement of which nothing is read."""
        psycopg.Cursor(self._raw).execute(sql.encode(), parameters, prepare=True)


@contextmanager
def together() -> Iterator[Together]:
    """Have statements carried out in their order; the end of the block waits for all and raises their errors."""
    raw = _raw()
    with connection.wrap_database_errors, raw.pipeline():
        yield Together(raw)


def _raw() -> "psycopg.Connection[Row]":
    connection.ensure_connection()
    raw: psycopg.Connection[Row] = connection.connection
    if raw.prepare_threshold is None:
        raw.prepare_threshold = _NEVER_UNASKED
    return raw
