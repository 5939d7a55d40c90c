"""Asks the database what is asked again and again: prepared once, so that it is planned once and not every time."""

from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import connection


def rows(sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a SELECT; Django's own cursor would write the parameters into the text of each statement."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(sql.encode(), parameters, prepare=True).fetchall()
