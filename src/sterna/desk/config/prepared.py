"""Asks the database what is asked again and again: prepared once, so that it is planned once and not every time."""

from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import connection

# Django switches preparing off for the whole connection; behind so many askings psycopg would prepare unasked, which
# nothing but this module should do.
_NEVER_UNASKED = 1_000_000_000


def rows(sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a SELECT; Django's own cursor would write the parameters into the text of each statement."""
    connection.ensure_connection()
    raw = connection.connection
    if raw.prepare_threshold is None:
        raw.prepare_threshold = _NEVER_UNASKED
    with connection.wrap_database_errors, psycopg.Cursor(raw) as cursor:
        return cursor.execute(sql.encode(), parameters, prepare=True).fetchall()
