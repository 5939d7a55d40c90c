"""The sealer: takes acted events after the last sealed sequence into segments of the lake, each exactly once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from django.db import connection, transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock, options
from sterna.desk.lakehouse import actions as lakehouse
from sterna.desk.sources.actions.inbox import INSERTING
from sterna.desk.sources.lake_rows import Kept, by_table
from sterna.desk.sources.models import DeadLetter, InboxEvent
from sterna.engine.lake import arrow
from sterna.engine.tables import TABLES

MARK = "inbox"
BATCH = 20_000


@dataclass(frozen=True)
class Sealed:
    """How far the inbox is sealed after a call, and what the call did."""

    position: int
    events: int
    refused: int


def seal_inbox() -> Sealed:
    """Seal every acted event up to the first that is not acted on yet; an empty inbox seals nothing."""
    lakehouse.fix_program()
    ceiling = _settled_ceiling()
    total, refused = 0, 0
    while True:
        done = _seal_batch(ceiling)
        total, refused = total + done.events, refused + done.refused
        if done.events == 0:
            return Sealed(done.position, total, refused)


@transaction.atomic
def _settled_ceiling() -> int:
    """The highest sequence below which no event can appear any more.

    Sequences are drawn before their transactions commit, so a lower one may become visible after a higher one. Who
    inserts holds this lock shared until commit: alone with it, every sequence that was drawn is decided.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [INSERTING])
        cursor.execute("select coalesce(max(sequence), 0) from sources_inboxevent")
        row = cursor.fetchone()
        return int(row[0]) if row else 0


@transaction.atomic
def _seal_batch(ceiling: int) -> Sealed:
    mark = lakehouse.locked_mark(MARK)
    waiting = InboxEvent.objects.filter(sequence__gt=mark.position, sequence__lte=ceiling).order_by(
        "sequence"
    )
    unacted = waiting.filter(acted_at__isnull=True).values_list("sequence", flat=True).first()
    if unacted is not None:
        # The mark never passes an event that is still to be acted on: it would be lost to the lake.
        waiting = waiting.filter(sequence__lt=unacted)
    found = list(waiting.select_related("source")[:BATCH])
    if not found:
        return Sealed(mark.position, 0, 0)
    first, last = found[0].sequence, found[-1].sequence
    refused = _write(found, f"inbox:{first}-{last}")
    lakehouse.move_mark(mark, last)
    record(
        "sealed events",
        "lake",
        MARK,
        detail={"from": first, "to": last, "refused": refused},
        key=f"seal:{last}",
    )
    return Sealed(last, len(found), refused)


def _write(found: Sequence[InboxEvent], origin: str) -> int:
    kept = [Kept(e.source.name, e.source.identifier_kind, e.received_at, e.body) for e in found]
    rows, refused = by_table(kept, options.zone(), clock.now(), options.currency())
    DeadLetter.objects.bulk_create(
        DeadLetter(
            source=found[i].source, received_at=found[i].received_at, reason=reason[:200], body=found[i].body
        )
        for i, reason in refused
    )
    lakehouse.add_parts([_part(table, origin, listed) for table, listed in rows.items() if listed])
    return len(refused)


def _part(table: str, origin: str, rows: Sequence[dict[str, Any]]) -> lakehouse.Part:
    days = [row["occurred_on"] for row in rows]
    schema = arrow.schema(TABLES[table])
    columns = [pa.array([row.get(field.name) for row in rows], field.type) for field in schema]
    made = pa.table(columns, schema=schema)
    return lakehouse.Part(
        table, origin, len(rows), min(days), max(days), lambda path: arrow.write(made, path)
    )
