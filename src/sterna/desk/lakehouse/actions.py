"""Writes the manifest: a new segment with its version, the marks of queues, the sweep of orphaned files."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import connection, transaction

from sterna.desk.config import clock, options
from sterna.desk.config.ids import new_id
from sterna.desk.config.refused import Refused
from sterna.desk.lakehouse import queries
from sterna.desk.lakehouse.models import Fixed, Mark, Segment, Version

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
