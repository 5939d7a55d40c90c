"""Takes in one message signed per Standard Webhooks: signature and age first, then the event that it becomes."""

import msgspec
from django.http import HttpRequest

from sterna.desk.api.answers import Answer
from sterna.desk.api.taking import busy, is_busy, wake
from sterna.desk.config import clock
from sterna.desk.sources import hooks, queries
from sterna.desk.sources.actions import receive
from sterna.desk.sources.models import KeyKind, Webhook
from sterna.desk.sources.received import LONGEST_ID, Envelope, Unreadable, decode


def take_message(request: HttpRequest, source: str, body: bytes) -> Answer | None:
    """Keep the event of a message, durable when this returns None; the Answer says why it was not kept.

    A message that is signed and cannot become an event is kept as a dead letter: sending it again would not mend it.
    """
    found = queries.webhook(source)
    if found is None or not _is_genuine(request, found, body):
        # The same words for a source that is not there: a stranger learns no names.
        return Answer(401, "unauthorized", "The signature is not one of this address.")
    if not hooks.is_fresh(request.headers.get("webhook-timestamp", ""), clock.now()):
        return Answer(401, "too_old", "The message is not of the last five minutes.")
    message_id = request.headers["webhook-id"]
    if len(message_id) > LONGEST_ID:
        return Answer(400, "invalid_id", f"webhook-id is longer than {LONGEST_ID} characters.")
    if is_busy():
        return busy()
    message = decode(body)
    event = message
    if not isinstance(message, Unreadable):
        event = hooks.event(msgspec.convert(found.mapping, hooks.HookMapping), message, message_id)
    receive(found.source, [event], Envelope(clock.now(), None, {}, {}, KeyKind.SECRET))
    wake()
    return None


def _is_genuine(request: HttpRequest, found: Webhook, body: bytes) -> bool:
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    message_id, timestamp, signatures = (request.headers.get(name, "") for name in names)
    secrets = [found.secret]
    if found.former_secret and found.former_until and clock.now() < found.former_until:
        secrets.append(found.former_secret)
    return bool(message_id) and hooks.is_signed(message_id, timestamp, signatures, body, secrets)
