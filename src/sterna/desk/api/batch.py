"""Reads a batch of the event protocol out of an HTTP request: size, compression, key, envelope."""

import base64
import binascii
import json
import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.request import UnreadablePostError

from sterna.desk.api.answers import Answer
from sterna.desk.sources.received import DEEPEST, Envelope, Unreadable, decode, told_moment

LARGEST_BATCH = 10 << 20
MOST_EVENTS = 2_500
GZIP = 31  # zlib's code for "a gzip header and nothing else"


class Batch(msgspec.Struct, rename="camel"):
    """The envelope; events stay undecoded so that one of them cannot make the others unreadable."""

    batch: list[msgspec.Raw]
    sent_at: Any = None
    write_key: Any = None
    context: Any = None
    integrations: Any = None


def body_of(request: HttpRequest) -> bytes | Answer:
    """The body, unpacked; an Answer when it is too large or not what it says."""
    too_large = Answer(413, "too_large", f"A request has at most {LARGEST_BATCH:,} bytes, unpacked.")
    try:
        body = request.body
    except RequestDataTooBig:
        return too_large
    except UnreadablePostError:
        return Answer(400, "incomplete", "The body ended too early.")
    if request.headers.get("Content-Encoding", "").lower() == "gzip":
        unpacking = zlib.decompressobj(GZIP)
        try:
            # One byte more than is allowed: a small file can unpack to terabytes.
            body = unpacking.decompress(body, LARGEST_BATCH + 1)
        except zlib.error:
            return Answer(400, "invalid_gzip", "Content-Encoding is gzip, but the body is not.")
        if not unpacking.eof and len(body) <= LARGEST_BATCH:
            return Answer(400, "invalid_gzip", "The gzip body ends too early.")
    return too_large if len(body) > LARGEST_BATCH else body


def parse(body: bytes) -> Batch | Answer:
    """The envelope of a batch; an Answer when it is none."""
    try:
        found = msgspec.json.decode(body, type=Batch)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        again = _parse_leniently(body)
        if isinstance(again, Answer):
            return again
        found = again
    if len(found.batch) > MOST_EVENTS:
        return Answer(413, "too_many_events", f"A batch has at most {MOST_EVENTS:,} events.")
    return found


def _parse_leniently(body: bytes) -> Batch | Answer:
    """What clients can send beyond JSON: NaN, and half an emoji."""
    found = _loads(body)
    if isinstance(found, Answer):
        return found
    try:
        return msgspec.convert({**found, "batch": [_raw(item) for item in found["batch"]]}, Batch)
    except (TypeError, KeyError, msgspec.ValidationError):
        return Answer(400, "invalid_batch", "The body is not an object with a list `batch`.")


def _loads(body: bytes) -> Any | Answer:
    try:
        return json.loads(body, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return Answer(400, "invalid_json", "The body is not JSON.")


def _raw(item: Any) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(item).encode())


def parse_single(body: bytes, kind: str) -> Batch | Answer:
    """A body that is one event, as the batch of that event; the address says its type."""
    found: Any = decode(body)
    if isinstance(found, Unreadable):
        found = _loads(body)
    if isinstance(found, Answer):
        return found
    if not isinstance(found, dict):
        return Answer(400, "invalid_event", "The body is not an object.")
    return single(found, kind)


def single(found: dict[str, Any], kind: str) -> Batch:
    """The batch of one event. Its write key is the request's and is not kept with it."""
    key = found.get("writeKey")
    bare = {name: value for name, value in found.items() if name != "writeKey"} | {"type": kind}
    return Batch([_raw(bare)], found.get("sentAt"), key)


def from_query(request: HttpRequest) -> dict[str, Any]:
    """The event in the query of a pixel's address: `properties.total=3` is a property."""
    found: dict[str, Any] = {}
    for name, value in request.GET.items():
        # No deeper than an event may be: thousands of points in an address would be an error of ours.
        at, *path = reversed(name.split(".", DEEPEST))
        inside = found
        for step in reversed(path):
            deeper = inside.setdefault(step, {})
            inside = deeper if isinstance(deeper, dict) else {}
        inside[at] = value
    return found


def write_key(request: HttpRequest, in_body: Any) -> str | Answer:
    """The write key, from the header before the body before the address; an Answer for none or two that differ."""
    given = [_basic_user(request.headers.get("Authorization", "")), in_body, request.GET.get("writeKey")]
    named = list(dict.fromkeys(key for key in given if isinstance(key, str) and key))
    if len(named) > 1:
        return Answer(401, "unauthorized", "The request holds two write keys that differ.")
    return named[0] if named else Answer(401, "unauthorized", "There is no write key.")


def _basic_user(header: str) -> str | None:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[0] or None
    except (binascii.Error, UnicodeDecodeError):
        return None


def envelope(batch: Batch, received_at: datetime, key_kind: str) -> Envelope:
    """What the batch says of its events; a `sentAt` that is no moment is as good as none."""
    context = batch.context if isinstance(batch.context, dict) else {}
    integrations = batch.integrations if isinstance(batch.integrations, dict) else {}
    return Envelope(received_at, told_moment(batch.sent_at), context, integrations, key_kind)


def events(batch: Batch) -> Iterator[dict[str, Any] | Unreadable]:
    """Each event of the batch decoded, or what stood there and why it is none."""
    for raw in batch.batch:
        yield decode(bytes(raw))
