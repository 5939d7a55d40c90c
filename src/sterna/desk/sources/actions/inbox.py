"""Takes events into the inbox: durable and unique by source and message id before the sender has its answer."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from django.db import connection, transaction

from sterna.desk.config import clock
from sterna.desk.config.ids import new_id
from sterna.desk.sources import suppression
from sterna.desk.sources.models import Source
from sterna.desk.sources.received import Envelope, Event, RefusedEvent, Unreadable, check, digest

# Shared by those who insert; whoever takes it alone for a moment knows that no lower sequence is still to come.
INSERTING = 5_307_104
SHARDS = 16

# One JSON text for all rows: the driver would escape arrays of bodies character by character.
# Numbered in the order of the batch, which is the order they are acted on, and written in the order of their digests:
# two batches that hold the same messages in another order would each wait for a message that the other has written.
_INSERT = """
insert into sources_inboxevent (sequence, source_id, digest, message_id, received_at, key_kind, body)
select numbered.sequence, %s, numbered.digest, numbered.message_id, %s, %s, numbered.body from (
    select nextval('sources_inboxevent_sequence_seq') as sequence, e.digest, e.message_id, e.body from (
        select decode(item ->> 0, 'hex') as digest, item ->> 1 as message_id, item -> 2 as body, place
        from jsonb_array_elements(%s::jsonb) with ordinality listed (item, place)
    ) e
    where not exists (select 1 from sources_sweptdigest s where s.digest = e.digest)
    order by e.place
) numbered
order by numbered.digest, numbered.sequence on conflict (digest) do nothing
"""
_BURY = """
insert into sources_deadletter (source_id, received_at, key_kind, code, reason, message_id, digest, body)
select %s, %s, %s, item ->> 0, item ->> 1, item ->> 2, decode(item ->> 3, 'hex'), item -> 4
from jsonb_array_elements(%s::jsonb) with ordinality listed (item, place)
order by item ->> 3, item ->> 0, place
on conflict (digest, code) do
"""
# A letter that comes once more by the door is the same letter; one that the sealer refuses anew waits again.
_AS_IT_WAS = "nothing"
_WAITS_AGAIN = "update set replayed_at = null, reason = excluded.reason, body = excluded.body"
_COUNT = """
insert into sources_tally (source_id, day, outcome, shard, events)
select %s, %s, key, pg_backend_pid() %% %s, value::bigint from jsonb_each_text(%s::jsonb) order by key
on conflict (source_id, day, outcome, shard) do update set events = sources_tally.events + excluded.events
"""


@dataclass(frozen=True)
class Examined:
    """A batch before anything is written: what can be kept, and what is refused with its place in the batch."""

    kept: list[Event]
    refused: list[tuple[int, RefusedEvent]]


@dataclass(frozen=True)
class Receipt:
    """What became of a batch: events kept, events that were there already, events refused with their reasons."""

    kept: int
    repeated: int
    refused: tuple[str, ...]


def receive(source: Source, found: Iterable[dict[str, Any] | Unreadable], envelope: Envelope) -> Receipt:
    """Keep the events of one batch in one transaction; a bad one goes to the dead letters alone."""
    return keep(source, examine(source, found, envelope), envelope)


def examine(source: Source, found: Iterable[dict[str, Any] | Unreadable], envelope: Envelope) -> Examined:
    """Check every event of a batch; nothing is written."""
    declared = source.traits.keys() if source.strict else None
    examined = Examined([], [])
    for place, item in enumerate(found):
        if isinstance(item, Unreadable):
            text = "" if source.strict else item.text
            answer: Event | RefusedEvent = RefusedEvent(item.code, item.reason, {"unreadable": text})
        else:
            answer = check(item, envelope, new_id, declared)
        if isinstance(answer, Event):
            examined.kept.append(answer)
        else:
            examined.refused.append((place, answer))
    return examined


@transaction.atomic
def keep(source: Source, examined: Examined, envelope: Envelope) -> Receipt:
    """Write what was examined in one transaction; durable when this returns."""
    kept, refused, dropped = allowed(source, examined.kept, [bad for _, bad in examined.refused])
    new = insert(source, kept, envelope) if kept else 0
    bury(source, refused, envelope.received_at, envelope.key_kind)
    outcomes = Counter({"kept": new, "repeated": len(kept) - new, "erased": dropped}) + Counter(
        bad.code for bad in refused
    )
    # Last, because the counted row stays locked until the transaction ends.
    _count(source, outcomes)
    return Receipt(new, len(kept) - new, tuple(bad.reason for bad in refused))


def allowed(
    source: Source, kept: Sequence[Event], refused: Sequence[RefusedEvent]
) -> tuple[list[Event], list[RefusedEvent], int]:
    """What is left of a batch without the events of erased people, and how many those are; nothing of them is kept.

    Inside the transaction that writes the rest: nobody is erased, and nothing is swept, between the asking and the
    writing.
    """
    if not suppression.hold(INSERTING):
        return list(kept), list(refused), 0
    bodies = [*(event.body for event in kept), *(bad.body for bad in refused)]
    gone = suppression.erased(bodies, source.identifier_kind)
    left = [event for event, is_gone in zip(kept, gone, strict=False) if not is_gone]
    bad = [event for event, is_gone in zip(refused, gone[len(kept) :], strict=True) if not is_gone]
    return left, bad, sum(gone)


def insert(source: Source, kept: Sequence[Event], envelope: Envelope) -> int:
    """Write events that are `allowed` inside the same transaction; returns how many were not known before."""
    rows = [
        (digest(source.name, event.message_id).hex(), event.message_id, msgspec.Raw(event.encoded))
        for event in kept
    ]
    return _execute(_INSERT, [source.pk, envelope.received_at, envelope.key_kind, _json(rows)])


def bury(
    source: Source,
    refused: Sequence[RefusedEvent],
    received_at: datetime,
    key_kind: str,
    waits_again: bool = False,
) -> None:
    """Write refused events to the dead letters inside the caller's transaction, the same one once."""
    if not refused:
        return
    rows = [
        (
            bad.code,
            bad.reason[:200],
            bad.message_id,
            digest(source.name, bad.message_id or f"{bad.reason}\x1f{bad.body}").hex(),
            bad.body,
        )
        for bad in refused
    ]
    then = _WAITS_AGAIN if waits_again else _AS_IT_WAS
    _execute(_BURY + then, [source.pk, received_at, key_kind, _json(rows)])


def _count(source: Source, outcomes: Mapping[str, int]) -> None:
    if outcomes:
        _execute(_COUNT, [source.pk, clock.today(), SHARDS, _json(outcomes)])


def _json(rows: Any) -> str:
    return msgspec.json.encode(rows).decode()


def _execute(sql: str, parameters: Sequence[Any]) -> int:
    """Execute prepared SQL; Django's own cursor would write every body into the text of the statement."""
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(sql, parameters, prepare=True)
        return cursor.rowcount
