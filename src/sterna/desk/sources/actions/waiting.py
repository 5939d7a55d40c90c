"""Hands the inbox out in order: which events are settled, which wait to be acted on, and what may be swept."""

from collections.abc import Sequence
from datetime import timedelta

from django.db import connection, transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock, options
from sterna.desk.lakehouse import actions as lakehouse
from sterna.desk.lakehouse.models import Mark
from sterna.desk.sources import queries
from sterna.desk.sources.actions.inbox import INSERTING
from sterna.desk.sources.queries import ACTED, SEALED, Arrived

SWEEP = 20_000
_FILE = """
update sources_inboxevent as event set filed_under = told.key
from unnest(%s::bigint[], %s::text[]) as told (sequence, key) where event.sequence = told.sequence
"""
_ALONE = f"select pg_advisory_xact_lock({INSERTING:d})"


def settled() -> int:
    """The highest sequence below which no event can appear any more.

    Sequences are drawn before their transactions commit, so a lower one may become visible after a higher one. Who
    inserts holds this lock shared until commit: alone with it, every sequence that was drawn is decided.
    """
    with connection.cursor() as cursor:
        # Both in one message, and outside a transaction the lock ends with it: every batch that comes waits for it,
        # and on a busy machine this process may not have its turn again for some time.
        cursor.execute(f"{_ALONE}; select coalesce(max(sequence), 0) from sources_inboxevent")
        cursor.nextset()
        row = cursor.fetchone()
        return int(row[0]) if row else 0


def claim(until: int, at_most: int) -> tuple[Mark, list[Arrived]]:
    """The first events up to `until` that wait to be acted on, and the mark that keeps others from them.

    The caller's transaction holds the mark until it ends; `until` must be settled.
    """
    mark = lakehouse.locked_mark(ACTED)
    return mark, queries.arrived(mark.position, until, at_most)


def acted(mark: Mark, found: Sequence[Arrived], keys: Sequence[str | None]) -> None:
    """Move a claimed mark past what was acted on; `keys` are the source records of the events, None for nobody's.

    What an event names first may be nobody, such as the user `guest`; the lake would then count it for a person of
    that name, so where it was filed stands beside it until it is sealed.
    """
    elsewhere = {
        event.sequence: key or ""
        for event, key in zip(found, keys, strict=True)
        if key != event.source_record
    }
    if elsewhere:
        with connection.cursor() as cursor:
            cursor.execute(_FILE, [list(elsewhere), list(elsewhere.values())])
    lakehouse.move_mark(mark, found[-1].sequence)


def sweep_inbox() -> int:
    """Remove events that are in the lake and older than STERNA_INBOX_DAYS; their digests stay. Returns how many."""
    total = 0
    while done := _sweep_batch():
        total += done
    return total


@transaction.atomic
def _sweep_batch() -> int:
    until = clock.now() - timedelta(days=options.number("STERNA_INBOX_DAYS"))
    with connection.cursor() as cursor:
        # Sequences rise with time: when the first one stays, all stay.
        cursor.execute("select received_at from sources_inboxevent order by sequence limit 1")
        first = cursor.fetchone()
        if first is None or first[0] >= until:
            return 0
        # Who inserts looks first at the swept digests, then at the inbox: between the two a swept event would be new.
        cursor.execute("select pg_advisory_xact_lock(%s)", [INSERTING])
        cursor.execute(
            "with gone as (delete from sources_inboxevent where sequence in (select sequence from ("
            "select sequence, received_at from sources_inboxevent where sequence <= "
            "(select coalesce(max(position), 0) from lakehouse_mark where name = %s) order by sequence limit %s"
            ") oldest where received_at < %s) returning digest) "
            "insert into sources_sweptdigest (digest) select digest from gone on conflict do nothing",
            [SEALED, SWEEP, until],
        )
        swept = cursor.rowcount
    if swept:
        record("swept inbox", "lake", SEALED, detail={"events": swept})
    return swept
