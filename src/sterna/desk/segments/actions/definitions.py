"""Publishes definitions: immutable, numbered by version, proved by the SHA-256 of their canonical JSON."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.segments.models import Definition
from sterna.desk.users.models import User


def canonical(body: Mapping[str, Any]) -> str:
    """`body` as JSON that does not depend on the order of its keys."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@transaction.atomic
def publish_definition(
    kind: str, name: str, body: Mapping[str, Any], actor: User | None = None, newest: bool = False
) -> Definition:
    """The definition of `body`: the row that holds it already, else a new version.

    With `newest`, for terms of which the newest version is in force, a row that another one has followed is not it: to
    go back to terms of before is a new version too. Versions count from 1 within (kind, name). The caller has checked
    who may publish.
    """
    definition, is_new = store(kind, name, body, newest)
    if is_new:
        detail = {"sha256": definition.sha256}
        record(
            "publish definition", "definition", f"{kind} {name} {definition.version}", actor, detail=detail
        )
    return definition


def store(kind: str, name: str, body: Mapping[str, Any], newest: bool = False) -> tuple[Definition, bool]:
    """The definition of `body`, and whether it is new; for actions that write a line of their own in the audit."""
    sha256 = hashlib.sha256(canonical(body).encode()).hexdigest()
    with connection.cursor() as cursor:
        # Two publishers of one name would else take the same version number and one of them would fail.
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"definition {kind} {name}"])
    known = Definition.objects.filter(kind=kind, name=name).order_by("-version")
    last, same = known.first(), known.filter(sha256=sha256).first()
    if same is not None and (same == last or not newest):
        return same, False
    definition = Definition.objects.create(
        kind=kind,
        name=name,
        version=(last.version if last else 0) + 1,
        body=dict(body),
        sha256=sha256,
        created_at=clock.now(),
    )
    return definition, True
