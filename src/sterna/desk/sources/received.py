"""Checks one event as a client sent it and writes into it what the rest of Sterna relies on: ids, type, time."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

TYPES = ("identify", "track", "page", "screen", "group", "alias")
LARGEST_EVENT = 1 << 20
LONGEST_ID = 200
FIRST_YEAR, LAST_YEAR = 1900, 2199


@dataclass(frozen=True)
class Envelope:
    """What a batch says of all its events, and when it was sent and received."""

    received_at: datetime
    sent_at: datetime | None
    context: Mapping[str, Any]
    integrations: Mapping[str, Any]


@dataclass(frozen=True)
class Event:
    """An event that is taken in."""

    message_id: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Unreadable:
    """What stood in a batch where an event should be."""

    reason: str
    text: str


@dataclass(frozen=True)
class RefusedEvent:
    """An event that is not taken in, as it came, and why."""

    reason: str
    body: Any


def digest(source: str, message_id: str) -> bytes:
    """The 16 bytes by which an event is known for ever; as hex they are the lake's event_id."""
    return hashlib.md5(f"{source}\x1f{message_id}".encode(), usedforsecurity=False).digest()


def check(found: dict[str, Any], envelope: Envelope, new_id: UUID) -> Event | RefusedEvent:
    """The event ready to be kept, its time corrected by the client's clock skew; or the reason to refuse it.

    `new_id` is its message id when the client gave none.
    """
    body = dict(found)
    for key in ("messageId", "userId", "anonymousId", "groupId", "previousId"):
        body[key] = _identifier(body.get(key))
        if body[key] is not None and len(body[key]) > LONGEST_ID:
            return RefusedEvent(f"{key} is longer than {LONGEST_ID} characters", found)
    problem = _problem(body)
    if problem:
        return RefusedEvent(problem, found)
    try:
        original = moment(body.get("originalTimestamp") or body.get("timestamp"))
    except ValueError as error:
        return RefusedEvent(str(error)[:LONGEST_ID], found)
    body["messageId"] = body["messageId"] or str(new_id)
    body["context"] = {**envelope.context, **_object(body.get("context"))}
    body["integrations"] = {**envelope.integrations, **_object(body.get("integrations"))}
    body |= _times(original, envelope)
    return Event(body["messageId"], {key: value for key, value in body.items() if value is not None})


def _identifier(value: Any) -> str | None:
    """Ids may come as numbers; a blank one is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _problem(body: Mapping[str, Any]) -> str:
    kind = body.get("type")
    if kind not in TYPES:
        return f"type is {str(kind)[:40]!r}, none of {', '.join(TYPES)}"
    if kind == "track" and not (isinstance(body.get("event"), str) and body["event"].strip()):
        return "a track call needs the name of its event"
    if kind == "group" and not body["groupId"]:
        return "a group call needs a groupId"
    if kind == "alias" and not (body["previousId"] and body["userId"]):
        return "an alias call needs previousId and userId"
    if not body["userId"] and not body["anonymousId"] and kind != "alias":
        return f"a {kind} call needs a userId or an anonymousId"
    return ""


def moment(text: Any) -> datetime | None:
    """An ISO 8601 moment in UTC, one without an offset read as UTC; None for None. Raises ValueError."""
    if text is None:
        return None
    try:
        found = msgspec.convert(text, datetime, strict=True)
    except msgspec.ValidationError:
        raise ValueError(f"timestamp {str(text)[:60]!r} is not an ISO 8601 moment") from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(f"timestamp {str(text)[:60]!r} is outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _times(original: datetime | None, envelope: Envelope) -> dict[str, str]:
    """A client whose clock is wrong stamps the event and the sending alike: their distance is right."""
    received = envelope.received_at
    corrected = original or received
    if original is not None and envelope.sent_at is not None:
        corrected = received - (envelope.sent_at - original)
    times = {
        "receivedAt": received,
        "timestamp": corrected,
        "originalTimestamp": original,
        "sentAt": envelope.sent_at,
    }
    return {key: value.isoformat() for key, value in times.items() if value is not None}


def without_nul(value: Any) -> Any:
    """`value` with every NUL character replaced: PostgreSQL cannot keep one, and one must not fail a batch."""
    if isinstance(value, str):
        return re.sub("\0", "\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict):
        return {without_nul(key): without_nul(item) for key, item in value.items()}
    return [without_nul(item) for item in value] if isinstance(value, list) else value
