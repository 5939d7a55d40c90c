"""Puts the identifiers of somebody who is erased on the list, and takes what still waits of them out of the inbox."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from sterna.desk.config import clock
from sterna.desk.config.personal import postgres_pattern
from sterna.desk.config.refused import Refused
from sterna.desk.lakehouse import actions as lakehouse
from sterna.desk.lakehouse.models import Fixed
from sterna.desk.sources import suppression
from sterna.desk.sources.actions.inbox import INSERTING
from sterna.desk.sources.actions.waiting import SEALED
from sterna.desk.sources.models import Suppressed

_DROP = """
with gone as (
    delete from sources_inboxevent as e using sources_source as s
    where s.id = e.source_id and ({named} or e.body::text ~* %s) returning e.digest
)
insert into sources_sweptdigest (digest) select digest from gone on conflict do nothing
"""
_BY_ID = "e.body ->> %s = any(%s) and s.{by}"


def close_the_door() -> None:
    """Wait for whoever is keeping something, and let nobody keep more until the caller's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [suppression.LISTING])


def suppress(values: Iterable[suppression.Named], erasure: UUID) -> int:
    """Put identifiers on the list; returns how many are new. Raises Refused when the secret is another than before."""
    check_key()
    return suppress_hashes((suppression.hashed(kind, value) for kind, value in values), erasure)


def suppress_hashes(hashes: Iterable[bytes], erasure: UUID) -> int:
    """Put hashes on the list, such as those of a list that was kept beside a backup."""
    rows = [Suppressed(hash=each, erasure=erasure, since=clock.now()) for each in sorted(set(hashes))]
    before = Suppressed.objects.count()
    Suppressed.objects.bulk_create(rows, ignore_conflicts=True)
    return Suppressed.objects.count() - before


def check_key() -> None:
    """Raise Refused when the list was made under another secret: nobody on it would be recognized."""
    mine = Fixed(name=suppression.KEY, value=suppression.fingerprint(), fixed_at=clock.now())
    Fixed.objects.bulk_create([mine], ignore_conflicts=True)
    if not suppression.is_under_this_key():
        raise Refused(
            "the list of erased people was made under another STERNA_SECRET_KEY: set that one again, or everybody on "
            "it would come back"
        )


def drop_waiting(identifiers: Sequence[tuple[str, str, str]], words: Sequence[str]) -> int:
    """Drop the events of the inbox that name the person, acted on or not; their digests stay. Returns how many.

    Inside the transaction that closes the door, so that nothing acts on them and nothing seals them meanwhile.
    """
    named, parameters = [], list[Any]()
    for field in ("userId", "previousId", "anonymousId"):
        for source, kind in sorted({(source, kind) for source, kind, _ in identifiers}):
            values = [value for at, what, value in identifiers if (at, what) == (source, kind)]
            by = "name = %s" if kind == suppression.ANONYMOUS else "name = %s and s.identifier_kind = %s"
            named.append(f"({_BY_ID.format(by=by)})")
            parameters += [field, values, source, *([] if kind == suppression.ANONYMOUS else [kind])]
    named.append("e.filed_under = any(%s)")
    parameters.append([f"{source}/{kind}:{value}" for source, kind, value in identifiers])
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [INSERTING])
        # Who seals has read a batch before it writes it: its mark is held.
        lakehouse.locked_mark(SEALED)
        cursor.execute(_DROP.format(named=" or ".join(named)), [*parameters, postgres_pattern(words)])
        return cursor.rowcount
