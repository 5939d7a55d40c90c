"""Checks one event as a client sent it and writes into it what the rest of Sterna relies on: ids, type, time."""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import msgspec

TYPES = ("identify", "track", "page", "screen", "group", "alias")
IDS = ("messageId", "userId", "anonymousId", "groupId", "previousId")
LARGEST_EVENT = 1 << 20
LONGEST_ID = 200
MOST_TRAITS = 300
# Deeper than any client writes, and far from where PostgreSQL or Python give up: that would fail the whole batch.
DEEPEST = 64
FIRST_YEAR, LAST_YEAR = 1900, 2199
SHOWN = 1_000
# A lone half of a surrogate pair, as a text cut in the middle of an emoji leaves it, and NUL: PostgreSQL keeps neither.
_UNKEPT = re.compile("[\ud800-\udfff\0]")
_ESCAPED_NUL = b"\\u0000"


@dataclass(frozen=True)
class Envelope:
    """What a batch says of all its events, when it was sent and received, and the kind of key it came with."""

    received_at: datetime
    sent_at: datetime | None
    context: Mapping[str, Any]
    integrations: Mapping[str, Any]
    key_kind: str = "secret"

    @cached_property
    def received_text(self) -> str:
        """When it was received, as events hold it."""
        return self.received_at.isoformat()

    @cached_property
    def sent_text(self) -> str | None:
        """When it was sent, as events hold it."""
        return self.sent_at.isoformat() if self.sent_at else None


@dataclass(frozen=True)
class Event:
    """An event that is taken in, with its body as it is kept."""

    message_id: str
    body: dict[str, Any]
    encoded: bytes


@dataclass(frozen=True)
class Unreadable:
    """What stood in a batch where an event should be."""

    code: str
    reason: str
    text: str


@dataclass(frozen=True)
class RefusedEvent:
    """An event that is not taken in, as it came, and why: a code for programs, a reason for people."""

    code: str
    reason: str
    body: Any
    message_id: str = ""


class _Refusal(Exception):
    """A reason not to take an event in, on its way out of the checks of `check`."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def digest(source: str, message_id: str) -> bytes:
    """The 16 bytes by which an event is known for ever; as hex they are the lake's event_id."""
    return hashlib.md5(f"{source}\x1f{message_id}".encode(), usedforsecurity=False).digest()


def decode(raw: bytes) -> dict[str, Any] | Unreadable:
    """One event out of its JSON; text that cannot be kept is replaced, and what is no event is told."""
    shown = raw[:SHOWN].decode("ascii", "backslashreplace").replace("\0", "")
    if len(raw) > LARGEST_EVENT:
        return Unreadable("too_large", f"has {len(raw):,} bytes, at most {LARGEST_EVENT:,}", shown)
    try:
        found = msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return _decode_leniently(raw) or Unreadable(
            "unreadable", f"is not a JSON object: {error}"[:LONGEST_ID], shown
        )
    return found


def _decode_leniently(raw: bytes) -> dict[str, Any] | None:
    """An event that holds half a surrogate pair, with a replacement in its place; None when that was not all."""
    try:
        found = json.loads(raw)
        again = json.dumps(_kept_text(found)) if depth_within(found, DEEPEST) else ""
        return msgspec.json.decode(again, type=dict[str, Any])
    except (ValueError, RecursionError, msgspec.MsgspecError):
        return None


def depth_within(value: Any, deepest: int) -> bool:
    """Whether lists and objects are nested at most `deepest` deep."""
    if not isinstance(value, dict | list):
        return True
    if deepest == 0:
        return False
    items = value.values() if isinstance(value, dict) else value
    return all(depth_within(item, deepest - 1) for item in items)


def _kept_text(value: Any) -> Any:
    """`value` with what PostgreSQL cannot keep replaced, so that one character does not fail a batch."""
    if isinstance(value, str):
        return _UNKEPT.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict):
        return {_kept_text(key): _kept_text(item) for key, item in value.items()}
    return [_kept_text(item) for item in value] if isinstance(value, list) else value


def check(
    found: dict[str, Any],
    envelope: Envelope,
    new_id: Callable[[], UUID],
    declared: Collection[str] | None = None,
) -> Event | RefusedEvent:
    """The event ready to be kept, its time corrected by the client's clock skew; or the reason to refuse it.

    `new_id` makes its message id when the client gave none. `declared` are the only traits that a strict source may
    keep, here and in a refusal; None keeps all.
    """
    body = _whole(found, envelope)
    body = body if declared is None else _stripped(body, declared)
    try:
        return _checked(dict(body), envelope, new_id)
    except _Refusal as refusal:
        named = (_identifier(body.get("messageId")) or str(new_id()))[:LONGEST_ID]
        # What is too large is not kept: whoever sends megabytes would fill the dead letters with them.
        small = refusal.code not in ("too_large", "too_deep") and depth_within(body, DEEPEST)
        return RefusedEvent(
            refusal.code, refusal.reason, _kept_text(body) if small else {"messageId": named}, named
        )


def _whole(found: Mapping[str, Any], envelope: Envelope) -> dict[str, Any]:
    """The event with what its batch says of all; a refused one is replayed without its batch."""
    body = dict(found)
    for name, of_all in (("context", envelope.context), ("integrations", envelope.integrations)):
        if of_all:
            body[name] = {**of_all, **_object(body.get(name))}
    if envelope.sent_text:
        body["sentAt"] = envelope.sent_text
    return body


def _checked(body: dict[str, Any], envelope: Envelope, new_id: Callable[[], UUID]) -> Event:
    for key in IDS:
        body[key] = _identifier(body.get(key))
        if body[key] is not None and len(body[key]) > LONGEST_ID:
            raise _Refusal("invalid_id", f"{key} is longer than {LONGEST_ID} characters")
    _require(body)
    if envelope.key_kind == "public" and body["type"] == "alias":
        raise _Refusal(
            "public_alias", "a public key may not join two people: send alias calls with a secret key"
        )
    body["messageId"] = body["messageId"] or str(new_id())
    body["context"], body["integrations"] = _object(body.get("context")), _object(body.get("integrations"))
    body |= _times(body, envelope)
    return _encoded({key: value for key, value in body.items() if value is not None})


def _encoded(body: dict[str, Any]) -> Event:
    too_deep = _Refusal("too_deep", f"is nested more than {DEEPEST} deep")
    try:
        encoded = msgspec.json.encode(body)
    except UnicodeEncodeError:
        encoded = _ESCAPED_NUL
    except RecursionError:
        raise too_deep from None
    if encoded.count(b"{") + encoded.count(b"[") > DEEPEST and not depth_within(body, DEEPEST):
        raise too_deep
    if _ESCAPED_NUL in encoded:
        body = _kept_text(body)
        encoded = msgspec.json.encode(body)
    if len(encoded) > LARGEST_EVENT:
        raise _Refusal("too_large", f"has {len(encoded):,} bytes, at most {LARGEST_EVENT:,}")
    return Event(body["messageId"], body, encoded)


def _identifier(value: Any) -> str | None:
    """Ids may come as numbers; a blank one is none."""
    if isinstance(value, str):
        return (value if value.isprintable() else _kept_text(value)).strip() or None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return str(value)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _require(body: Mapping[str, Any]) -> None:
    kind = body.get("type")
    if kind not in TYPES:
        raise _Refusal("invalid_type", f"type is {str(kind)[:40]!r}, none of {', '.join(TYPES)}")
    if kind == "track" and not (isinstance(body.get("event"), str) and body["event"].strip()):
        raise _Refusal("missing_field", "a track call needs the name of its event")
    if kind == "group" and not body["groupId"]:
        raise _Refusal("missing_field", "a group call needs a groupId")
    if kind == "alias" and not (body["previousId"] and body["userId"]):
        raise _Refusal("missing_field", "an alias call needs previousId and userId")
    if not body["userId"] and not body["anonymousId"] and kind != "alias":
        raise _Refusal("missing_field", f"a {kind} call needs a userId or an anonymousId")
    for traits in (body.get("traits"), _object(body.get("context")).get("traits")):
        if isinstance(traits, dict) and len(traits) > MOST_TRAITS:
            raise _Refusal("too_many_traits", f"has {len(traits):,} traits, at most {MOST_TRAITS}")


def _stripped(body: dict[str, Any], declared: Collection[str]) -> dict[str, Any]:
    """`body` without traits that nobody declared; their names go to `strippedTraits`."""
    stripped: dict[str, None] = {}

    def keep(traits: Any) -> dict[str, Any]:
        # What is no object cannot be declared; it may be anything, so nothing of it stays.
        stripped.update(dict.fromkeys(name for name in _object(traits) if name not in declared))
        return {name: value for name, value in _object(traits).items() if name in declared}

    made = dict(body)
    if "traits" in made:
        made["traits"] = keep(made["traits"])
    context = made.get("context")
    if isinstance(context, dict) and "traits" in context:
        made["context"] = {**context, "traits": keep(context["traits"])}
    if stripped:
        made["strippedTraits"] = sorted(stripped)
    return made


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


def told_moment(text: Any) -> datetime | None:
    """What a client says of the sending; what is no moment is as good as none."""
    try:
        return moment(text)
    except ValueError:
        return None


def _times(body: Mapping[str, Any], envelope: Envelope) -> dict[str, str | None]:
    """A client whose clock is wrong stamps the event and the sending alike: their distance is right."""
    try:
        original = moment(body.get("originalTimestamp") or body.get("timestamp"))
    except ValueError as error:
        raise _Refusal("invalid_time", str(error)) from None
    received = envelope.received_at
    sent_at = envelope.sent_at or told_moment(body.get("sentAt"))
    corrected = original or received
    if original is not None and sent_at is not None:
        corrected = received - (sent_at - original)
    if not FIRST_YEAR <= corrected.year <= LAST_YEAR:
        raise _Refusal("invalid_time", f"timestamp and sentAt put it into the year {corrected.year}")
    return {
        "receivedAt": envelope.received_text,
        "timestamp": corrected.isoformat(),
        "originalTimestamp": original.isoformat() if original else None,
        "sentAt": sent_at.isoformat() if sent_at else None,
    }
