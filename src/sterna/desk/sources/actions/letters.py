"""Replays dead letters: an event that was refused is taken in after all, once, under the message id it had."""

from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.sources.actions.inbox import allowed, examine, insert
from sterna.desk.sources.actions.sealing import NOT_COUNTABLE
from sterna.desk.sources.models import DeadLetter
from sterna.desk.sources.received import Envelope, digest
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User


@transaction.atomic
def replay(
    letter: DeadLetter, actor: User | None = None, reason: str = "", mended: Mapping[str, Any] | None = None
) -> bool:
    """Take the event of a dead letter in; False when it came by another way meanwhile, and nothing is doubled.

    `mended` is the event as a person put it right; None takes it as it came. It keeps its message id, its time and the
    kind of its key. Raises Refused for a letter that was replayed, and for an event that is still refused.
    """
    demand(actor, Right.ADMINISTER)
    found = DeadLetter.objects.select_for_update().select_related("source").get(pk=letter.pk)
    if found.replayed_at:
        raise Refused(f"this event was replayed on {found.replayed_at:%Y-%m-%d}")
    body = dict(found.body if mended is None else mended)
    if found.message_id:
        body["messageId"] = found.message_id
    envelope = Envelope(found.received_at, None, {}, {}, found.key_kind)
    examined = examine(found.source, [body], envelope)
    if examined.refused:
        raise Refused(f"the event is still refused: {examined.refused[0][1].reason}")
    if not allowed(found.source, examined.kept, [])[0]:
        raise Refused("the event is of somebody who was erased: it is kept nowhere")
    if found.code == NOT_COUNTABLE:
        _forget(digest(found.source.name, found.message_id))
    kept = bool(insert(found.source, examined.kept, envelope))
    found.replayed_at = letter.replayed_at = clock.now()
    found.save(update_fields=["replayed_at"])
    detail = {
        "letter": found.pk,
        "message_id": examined.kept[0].message_id,
        "kept": kept,
        "mended": bool(mended),
    }
    record("replayed event", "source", found.source.name, actor, reason, detail)
    return kept


def _forget(known: bytes) -> None:
    """Let an event in again that the lake never got: its digest stands for the refused attempt alone."""
    with connection.cursor() as cursor:
        cursor.execute("delete from sources_inboxevent where digest = %s", [known])
        cursor.execute("delete from sources_sweptdigest where digest = %s", [known])
