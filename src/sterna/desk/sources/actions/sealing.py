"""The sealer: takes acted events after the last sealed sequence into segments of the lake, each exactly once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from django.db import transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock, options
from sterna.desk.lakehouse import actions as lakehouse
from sterna.desk.sources import queries
from sterna.desk.sources.actions.inbox import bury
from sterna.desk.sources.actions.waiting import SEALED
from sterna.desk.sources.lake_rows import Kept, by_table
from sterna.desk.sources.queries import Arrived
from sterna.desk.sources.received import RefusedEvent
from sterna.engine.lake import arrow
from sterna.engine.tables import TABLES

BATCH = 20_000
# The code of an event that was taken in but cannot become a row of the lake, such as an order without an amount.
NOT_COUNTABLE = "not_countable"


@dataclass(frozen=True)
class Sealed:
    """How far the inbox is sealed after a call, and what the call did."""

    position: int
    events: int
    refused: int


def seal_inbox() -> Sealed:
    """Seal every acted event up to the first that is not acted on yet; an empty inbox seals nothing."""
    lakehouse.fix_program()
    # The mark never passes an event that is still to be acted on: it would be lost to the lake.
    ceiling = queries.acted_position()
    total, refused = 0, 0
    while True:
        done = _seal_batch(ceiling)
        total, refused = total + done.events, refused + done.refused
        if done.events == 0:
            return Sealed(done.position, total, refused)


@transaction.atomic
def _seal_batch(ceiling: int) -> Sealed:
    mark = lakehouse.locked_mark(SEALED)
    found = queries.arrived(mark.position, ceiling, BATCH)
    if not found:
        return Sealed(mark.position, 0, 0)
    first, last = found[0].sequence, found[-1].sequence
    refused = _write(found, f"inbox:{first}-{last}")
    lakehouse.move_mark(mark, last)
    record(
        "sealed events",
        "lake",
        SEALED,
        detail={"from": first, "to": last, "events": len(found), "refused": refused},
        key=f"seal:{last}",
    )
    return Sealed(last, len(found), refused)


def _write(found: Sequence[Arrived], origin: str) -> int:
    kept = [Kept(e.source.name, e.source_record, e.body) for e in found]
    rows, refused = by_table(kept, options.zone(), clock.now(), options.currency())
    for index, reason in refused:
        event = found[index]
        bad = RefusedEvent(NOT_COUNTABLE, reason, event.body, event.message_id)
        bury(event.source, [bad], event.received_at, event.key_kind, waits_again=True)
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
