"""Messages signed per Standard Webhooks: whether one is who it says it is, and what event becomes of it."""

import base64
import binascii
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from sterna.desk.sources.received import TYPES
from sterna.engine.errors import BadInput

TOLERANCE = timedelta(minutes=5)
PREFIX = "whsec_"
LEAST_SECRET, MOST_SECRET = 24, 64  # bytes


class HookMapping(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Where each part of the event stands in the message: a path such as `$.data.customer.id`, or a constant.

    `properties` and `traits` are each the path of an object, or a path for every name; "" and {} say nothing.
    """

    type: str = "track"
    event: str = ""
    user_id: str = ""
    anonymous_id: str = ""
    occurred_at: str = ""
    properties: str | dict[str, str] = {}
    traits: str | dict[str, str] = {}


def mapping(document: Any) -> HookMapping:
    """The mapping written in `document`. Raises BadInput saying what is wrong with it."""
    try:
        found = msgspec.convert(document, HookMapping)
    except msgspec.ValidationError as error:
        raise BadInput(f"webhook mapping: {error}") from None
    if not found.type.startswith("$") and found.type not in TYPES:
        raise BadInput(f"webhook mapping: type is {found.type!r}, none of {', '.join(TYPES)} and no path")
    if not found.user_id and not found.anonymous_id:
        raise BadInput("webhook mapping: say in user_id or anonymous_id where the person is named")
    if found.type == "track" and not found.event:
        raise BadInput("webhook mapping: a track event needs a name in `event`")
    return found


def event(found: HookMapping, message: Any, message_id: str) -> dict[str, Any]:
    """The event that `message` becomes; a path that leads nowhere gives None, which the checks of events refuse."""
    named = {
        "type": _at(found.type, message),
        "event": _at(found.event, message),
        "userId": _at(found.user_id, message),
        "anonymousId": _at(found.anonymous_id, message),
        "timestamp": _at(found.occurred_at, message),
        "messageId": message_id,
        "properties": _object(found.properties, message),
        "traits": _object(found.traits, message),
    }
    return {key: value for key, value in named.items() if value not in (None, "", {})}


def _object(found: str | Mapping[str, str], message: Any) -> Any:
    if isinstance(found, str):
        return _at(found, message)
    return {name: value for name, path in found.items() if (value := _at(path, message)) is not None}


def _at(path: str, message: Any) -> Any:
    """What stands at a path such as `$.items.0.sku`; the text itself when it is no path."""
    if path != "$" and not path.startswith("$."):
        return path
    for step in path.split(".")[1:]:
        if isinstance(message, dict):
            message = message.get(step)
        elif isinstance(message, list) and step.isdecimal() and int(step) < len(message):
            message = message[int(step)]
        else:
            return None
    return message


def secret_bytes(secret: str) -> bytes:
    """The key in a secret such as `whsec_MfKQ…`. Raises BadInput for one that is none."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not LEAST_SECRET <= len(key) <= MOST_SECRET:
        raise BadInput(f"a webhook secret is {PREFIX} and {LEAST_SECRET} to {MOST_SECRET} bytes in base64")
    return key


def is_signed(message_id: str, timestamp: str, signatures: str, body: bytes, secrets: Iterable[str]) -> bool:
    """Whether one of the space-separated `v1,…` signatures is that of one of the secrets."""
    given = [text.encode() for text in signatures.split() if text.startswith("v1,")]
    # Every pair is compared in full: how long it takes tells nothing.
    same = [
        hmac.compare_digest(signature(message_id, timestamp, body, secret).encode(), one)
        for secret in secrets
        for one in given
    ]
    return any(same)


def signature(message_id: str, timestamp: str, body: bytes, secret: str) -> str:
    """The `v1,…` signature of a message by one secret: HMAC-SHA256 over id, timestamp and body, parted by dots."""
    signed = b".".join([message_id.encode(), timestamp.encode(), body])
    return "v1," + base64.b64encode(hmac.digest(secret_bytes(secret), signed, "sha256")).decode()


def is_fresh(timestamp: str, now: datetime) -> bool:
    """Whether the Unix seconds `timestamp` are within the tolerance of `now`: an old message may be a stolen one."""
    if not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > 12:
        return False
    return abs(now.timestamp() - int(timestamp)) <= TOLERANCE.total_seconds()
