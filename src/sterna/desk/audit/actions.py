"""Writes the audit: one line an action, inside the action's own transaction."""

from collections.abc import Mapping
from typing import Any

from sterna.desk.audit.models import Entry
from sterna.desk.config import clock
from sterna.desk.users.events import PersonChanged
from sterna.desk.users.models import User


def record(
    action: str,
    subject_kind: str,
    subject: str,
    actor: User | None = None,
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> None:
    """Write that `actor` (None: the system) did `action` to `subject`; with a `key`, a repetition writes nothing."""
    line = Entry(
        at=clock.now(),
        actor=actor,
        action=action,
        subject_kind=subject_kind,
        subject=subject,
        reason=reason,
        detail=dict(detail or {}),
        key=key,
    )
    Entry.objects.bulk_create([line], ignore_conflicts=key is not None)


def record_person(change: PersonChanged) -> None:
    """Write the line of a change to a person who logs in."""
    record(change.action, "user", change.username, change.actor, change.reason, change.detail)
