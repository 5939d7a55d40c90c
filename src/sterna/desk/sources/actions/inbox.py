"""Takes events into the inbox: durable and unique by source and message id before the sender has its answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected

from sterna.desk.audit.actions import record
from sterna.desk.config.ids import new_id
from sterna.desk.sources.models import DeadLetter, Source
from sterna.desk.sources.received import (
    LARGEST_EVENT,
    Envelope,
    Event,
    RefusedEvent,
    Unreadable,
    check,
    digest,
    without_nul,
)

# Shared by those who insert; the sealer takes it alone for a moment to know that no lower sequence is still to come.
INSERTING = 5_307_104
ATTEMPTS = 5


@dataclass(frozen=True)
class Receipt:
    """What became of a batch: events kept, events that were there already, events refused with their reasons."""

    kept: int
    repeated: int
    refused: tuple[str, ...]


def receive(source: Source, found: Iterable[dict[str, Any] | Unreadable], envelope: Envelope) -> Receipt:
    """Keep the events of one batch in one transaction; a bad one goes to the dead letters alone."""
    kept: list[Event] = []
    refused: list[RefusedEvent] = []
    for item in found:
        answer = _checked(item, envelope)
        (kept if isinstance(answer, Event) else refused).append(answer)  # type: ignore[arg-type]
    for attempt in range(ATTEMPTS):
        try:
            return _keep(source, kept, refused, envelope)
        except OperationalError as error:
            # Two batches that hold the same messages in another order wait for each other; PostgreSQL ends one.
            if not isinstance(error.__cause__, DeadlockDetected) or attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("the last attempt returns or raises")


def _checked(item: dict[str, Any] | Unreadable, envelope: Envelope) -> Event | RefusedEvent:
    if isinstance(item, Unreadable):
        return RefusedEvent(item.reason, {"unreadable": item.text})
    answer = check(without_nul(item), envelope, new_id())
    try:
        size = len(msgspec.json.encode(answer.body))
    except (UnicodeEncodeError, msgspec.MsgspecError) as error:
        return RefusedEvent(
            "holds text that is not Unicode", {"unreadable": ascii(item)[:1000], "error": str(error)}
        )
    if isinstance(answer, Event) and size > LARGEST_EVENT:
        # The body is not kept: whoever sends megabytes would fill the dead letters with them.
        return RefusedEvent(
            f"has {size:,} bytes, at most {LARGEST_EVENT:,}", {"messageId": answer.message_id}
        )
    return answer


@transaction.atomic
def _keep(
    source: Source, kept: Sequence[Event], refused: Sequence[RefusedEvent], envelope: Envelope
) -> Receipt:
    new = _insert(source, kept, envelope) if kept else 0
    DeadLetter.objects.bulk_create(
        DeadLetter(source=source, received_at=envelope.received_at, reason=bad.reason[:200], body=bad.body)
        for bad in refused
    )
    receipt = Receipt(new, len(kept) - new, tuple(bad.reason for bad in refused))
    record(
        "received events",
        "source",
        source.name,
        detail={"kept": new, "repeated": receipt.repeated, "refused": len(refused)},
    )
    return receipt


def _insert(source: Source, kept: Sequence[Event], envelope: Envelope) -> int:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock_shared(%s)", [INSERTING])
        cursor.execute(
            "insert into sources_inboxevent (source_id, digest, message_id, received_at, body) "
            "select %s, e.digest, e.message_id, %s, e.body::jsonb "
            "from unnest(%s::bytea[], %s::text[], %s::text[]) with ordinality e (digest, message_id, body, place) "
            "order by e.place on conflict (digest) do nothing",
            [
                source.pk,
                envelope.received_at,
                [digest(source.name, event.message_id) for event in kept],
                [event.message_id for event in kept],
                [msgspec.json.encode(event.body).decode() for event in kept],
            ],
        )
        return int(cursor.rowcount)
