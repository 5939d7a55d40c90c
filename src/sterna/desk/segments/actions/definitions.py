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
    kind: str, name: str, body: Mapping[str, Any], actor: User | None = None
) -> Definition:
    """The definition of `body`: the row that holds it already, else a new version.

    Versions count from 1 within (kind, name). The caller has checked who may publish.
    """
    definition, is_new = store(kind, name, body)
    if is_new:
        detail = {"sha256": definition.sha256}
        record(
            "publish definition", "definition", f"{kind} {name} {definition.version}", actor, detail=detail
        )
    return definition


def store(kind: str, name: str, body: Mapping[str, Any]) -> tuple[Definition, bool]:
    """The definition of `body`, and whether it is new; for actions that write a line of their own in the audit."""
    sha256 = hashlib.sha256(canonical(body).encode()).hexdigest()
    with connection.cursor() as cursor:
        # Two publishers of one name would else take the same version number and one of them would fail.
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"definition {kind} {name}"])
    known = Definition.objects.filter(kind=kind, name=name)
    same = known.filter(sha256=sha256).first()
    if same is not None:
        return same, False
    newest = known.order_by("-version").values_list("version", flat=True).first()
    definition = Definition.objects.create(
        kind=kind,
        name=name,
        version=(newest or 0) + 1,
        body=dict(body),
        sha256=sha256,
        created_at=clock.now(),
    )
    return definition, True
