"""Makes, disables and rotates the write keys of sources; a key is shown once, when it is made."""

import re
import secrets
from collections.abc import Sequence

from django.db import transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.sources.models import KeyKind, Source, WriteKey
from sterna.desk.sources.queries import key_hash
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User

EVENTS_PER_SECOND = {KeyKind.PUBLIC: 1_000, KeyKind.SECRET: 10_000}
MOST_PER_SECOND = 1_000_000
SHOWN = 6
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?|\*")


@transaction.atomic
def make_key(
    source: Source,
    name: str,
    kind: str,
    actor: User | None = None,
    origins: Sequence[str] = (),
    events_per_second: int | None = None,
) -> tuple[WriteKey, str]:
    """Make a write key; returns it with its text, which is shown this once and never again.

    `origins`: the sites whose pages may use a public key, such as https://shop.example, or "*" for any. Raises
    Refused for a name that the source has, a kind or an origin that is none, and an origin for a secret key.
    """
    demand(actor, Right.ADMINISTER)
    rate = _rate(kind, events_per_second)
    name = " ".join(name.split())
    if not 0 < len(name) <= 80 or not name.isprintable():
        raise Refused(
            "a write key needs a name of at most 80 characters, such as the site or program that uses it"
        )
    if source.write_keys.filter(name=name).exists():
        raise Refused(f"source {source.name} has a write key {name!r} already")
    _check_origins(kind, origins)
    text = secrets.token_urlsafe(24)
    key = WriteKey.objects.create(
        source=source,
        name=name,
        kind=kind,
        sha256=key_hash(text),
        prefix=text[:SHOWN],
        origins=list(origins),
        events_per_second=rate,
        created_at=clock.now(),
    )
    detail = {"key": name, "kind": kind, "origins": list(origins), "events_per_second": rate}
    record("gave a write key", "source", source.name, actor, detail=detail)
    return key, text


def _rate(kind: str, given: int | None) -> int:
    if kind not in KeyKind.values:
        raise Refused(f"kind {kind!r}: a write key is one of {', '.join(KeyKind.values)}")
    rate = EVENTS_PER_SECOND[KeyKind(kind)] if given is None else given
    if not 1 <= rate <= MOST_PER_SECOND:
        raise Refused(f"{rate} events per second: write 1 to {MOST_PER_SECOND:,}")
    return rate


def _check_origins(kind: str, origins: Sequence[str]) -> None:
    if origins and kind == KeyKind.SECRET:
        raise Refused("a secret key has no origins: in a page everybody could read it")
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise Refused(
                f"origin {origin!r}: write scheme and host as a browser does, such as https://shop.example"
            )


@transaction.atomic
def disable_key(key: WriteKey, actor: User | None = None, reason: str = "") -> None:
    """Stop taking events with `key`; what came with it stays."""
    demand(actor, Right.ADMINISTER)
    if not WriteKey.objects.filter(pk=key.pk, enabled=True).update(enabled=False):
        raise Refused(f"write key {key.name} of {key.source.name} is disabled already")
    key.enabled = False
    record("disabled a write key", "source", key.source.name, actor, reason, {"key": key.name})


@transaction.atomic
def rotate_key(key: WriteKey, actor: User | None = None, reason: str = "") -> tuple[WriteKey, str]:
    """Replace `key` by one that may do the same; the old one keeps its events and stops to work at once.

    Make a second key and disable the first later where clients cannot change theirs at one moment.
    """
    demand(actor, Right.ADMINISTER)
    disable_key(key, actor, reason)
    name, number = key.name, 2
    while key.source.write_keys.filter(name=f"{name} {number}").exists():
        number += 1
    return make_key(key.source, f"{name} {number}", key.kind, actor, key.origins, key.events_per_second)


def note_use(key: WriteKey) -> None:
    """Remember the day on which `key` was last used: one write a day."""
    today = clock.today()
    if key.last_used_on != today:
        WriteKey.objects.filter(pk=key.pk).update(last_used_on=today)
