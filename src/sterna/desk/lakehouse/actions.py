"""Writes the manifest: a new segment with its version, the marks of queues, the sweep of orphaned files."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db import connection, transaction

from sterna.desk.config import clock, options
from sterna.desk.config.ids import new_id
from sterna.desk.config.personal import pattern
from sterna.desk.config.refused import Refused
from sterna.desk.lakehouse import queries
from sterna.desk.lakehouse.models import Fixed, Mark, Segment, Version
from sterna.engine.lake import arrow
from sterna.engine.tables import TABLES

SCHEMA_VERSION = 1
# Advisory locks of PostgreSQL; the numbers only have to differ from other locks of this database.
WRITING, NUMBERING = 5_307_101, 5_307_102


@dataclass(frozen=True)
class Part:
    """A part of one lake table that is ready to be written: `write` makes the Parquet file at the path given."""

    table: str
    origin: str
    rows: int
    first_on: date | None
    last_on: date | None
    write: Callable[[Path], None]


def fix_program() -> None:
    """Fix time zone and currency with the first rows; raises Refused when a setting differs from then."""
    for name, value in (("STERNA_TIME_ZONE", options.zone().key), ("STERNA_CURRENCY", options.currency())):
        first = Fixed(name=name, value=value, fixed_at=clock.now())
        Fixed.objects.bulk_create([first], ignore_conflicts=True)
        before = queries.fixed(name)
        if before != value:
            raise Refused(
                f"setting {name} is {value!r}, but the lake was begun with {before!r}: its days and amounts would "
                f"no longer agree; set it back to {before!r}, or start a new STERNA_HOME"
            )


def add_parts(parts: list[Part]) -> list[Segment]:
    """Write each part as one segment under one new version, inside the caller's transaction.

    The files are durable before the rows that list them, so a crash leaves an orphaned file, never a listed file
    that is not there. The unique origin makes the same part fail rather than enter twice.
    """
    if not parts:
        return []
    with transaction.atomic(), connection.cursor() as cursor:
        # Shared: writers do not wait for one another; the sweep waits for all of them.
        cursor.execute("select pg_advisory_xact_lock_shared(%s)", [WRITING])
        written = [_written(part) for part in parts]
        cursor.execute("select pg_advisory_xact_lock(%s)", [NUMBERING])
        version = _next_version()
        for segment in written:
            segment.added = version
            segment.recorded_at = version.known_at
        return Segment.objects.bulk_create(written)


def _written(part: Part) -> Segment:
    identity = new_id()
    relative = f"lake/{part.table}/{identity}.parquet"
    path = options.home() / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    part.write(path)
    return Segment(
        id=identity,
        table=part.table,
        path=relative,
        rows=part.rows,
        bytes=path.stat().st_size,
        sha256=queries.sha256_of(path),
        schema_version=SCHEMA_VERSION,
        first_on=part.first_on,
        last_on=part.last_on,
        origin=part.origin,
    )


def _next_version() -> Version:
    newest = Version.objects.order_by("-number").first()
    # A clock that was set back must not make a later version known earlier.
    moment = max(clock.now(), newest.known_at) if newest else clock.now()
    return Version.objects.create(number=newest.number + 1 if newest else 1, known_at=moment)


def locked_mark(name: str) -> Mark:
    """The mark of the queue `name`, locked until the caller's transaction ends; made at 0 when there is none."""
    Mark.objects.bulk_create([Mark(name=name)], ignore_conflicts=True)
    return Mark.objects.select_for_update().get(name=name)


def move_mark(mark: Mark, position: int) -> None:
    """Move a locked mark forward; raises Refused for a step back."""
    if position < mark.position:
        raise Refused(f"mark {mark.name} stands at {mark.position} and cannot go back to {position}")
    mark.position = position
    mark.save(update_fields=["position"])


def take_out(erasure: UUID, keys: Collection[str], words: Collection[str]) -> list[tuple[str, int]]:
    """Take the rows of the source records `keys` out of the lake as a new version; (path, rows) of each old segment.

    A row of somebody else whose body tells one of `words` keeps everything but the body. The old files stay until
    `remove_taken_out`, after the caller's transaction: a segment that is listed must be there.
    """
    with connection.cursor() as cursor:
        # Alone: a part that is being written now may hold the person too.
        cursor.execute("select pg_advisory_xact_lock(%s)", [WRITING])
        cursor.execute("select pg_advisory_xact_lock(%s)", [NUMBERING])
    found = [(old, *part) for old in list(queries.segments()) if (part := without(old, erasure, keys, words))]
    if not found:
        return []
    written = [_written(part) for _, part, _ in found if part.rows]
    version = _next_version()
    for segment in written:
        segment.added, segment.recorded_at = version, version.known_at
    Segment.objects.bulk_create(written)
    for old, _, _ in found:
        old.removed, old.erasure = version, erasure
        old.save(update_fields=["removed", "erasure"])
    return [(old.path, rows) for old, _, rows in found]


def without(
    old: Segment, erasure: UUID, keys: Collection[str], words: Collection[str]
) -> tuple[Part, int] | None:
    """The segment as a new part without the person, and how many rows changed; None when it does not hold them."""
    schema = arrow.schema(TABLES[old.table])
    if "source_record" not in schema.names:
        return None
    held = pq.read_table(options.home() / old.path)
    ours = pc.is_in(held.column("source_record"), pa.array(list(keys), pa.string()))
    kept = held.filter(pc.invert(ours))
    told = _telling(kept, words)
    changed = held.num_rows - kept.num_rows + sum(told)
    if not changed:
        return None
    if any(told):
        at = kept.schema.get_field_index("body")
        bodies = pc.if_else(pa.array(told), pa.scalar(None, pa.string()), kept.column("body"))
        kept = kept.set_column(at, kept.schema.field(at), bodies)
    origin = f"erasure:{erasure}:{old.pk}"
    days = (old.first_on, old.last_on) if kept.num_rows else (None, None)
    return Part(old.table, origin, kept.num_rows, *days, lambda path: arrow.write(kept, path)), changed


def _telling(rows: pa.Table, words: Collection[str]) -> list[bool]:
    said = pattern(words)
    if said is None or "body" not in rows.schema.names:
        return [False] * rows.num_rows
    return [bool(body and said.search(body)) for body in rows.column("body").to_pylist()]


def remove_taken_out() -> list[str]:
    """Remove the files of segments that erasures took out; returns their paths."""
    listed = Segment.objects.filter(erasure__isnull=False).order_by("id").values_list("path", flat=True)
    gone = [path for path in listed if (options.home() / path).exists()]
    for path in gone:
        (options.home() / path).unlink()
    return gone


def sweep() -> list[Path]:
    """Remove the lake's files that no segment lists, left by a killed writer; returns them.

    Does nothing while something is being written: a file is on disk a moment before its segment is recorded.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [WRITING])
        row = cursor.fetchone()
        if row is None or not row[0]:
            return []
        listed = {options.home() / path for path in Segment.objects.values_list("path", flat=True)}
        orphans = [path for path in (options.home() / "lake").glob("*/*") if path not in listed]
        for path in orphans:
            path.unlink()
        return orphans
