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

from sterna.desk.sources.received import LARGEST_EVENT, Envelope, Unreadable, moment

LARGEST_BATCH = 10 << 20
MOST_EVENTS = 2_500
GZIP = 31  # zlib's code for "a gzip header and nothing else"
SHOWN = 1_000


class Answer(msgspec.Struct):
    """An error as every client of the protocol reads it, with its HTTP status."""

    status: int
    code: str
    message: str


class Batch(msgspec.Struct, rename="camel"):
    """The envelope; events stay undecoded so that one of them cannot make the others unreadable."""

    batch: list[msgspec.Raw]
    sent_at: Any = None
    write_key: Any = None
    context: Any = None
    integrations: Any = None


def body_of(request: HttpRequest) -> bytes | Answer:
    """The body, unpacked; an Answer when it is too large or not what it says."""
    too_large = Answer(413, "too_large", f"A batch has at most {LARGEST_BATCH:,} bytes, unpacked.")
    try:
        body = request.body
    except RequestDataTooBig:
        return too_large
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
    """What Python clients can send beyond JSON: NaN, and text that is not Unicode inside one event."""
    try:
        found = json.loads(body, parse_constant=lambda _: None)
        return msgspec.convert({**found, "batch": [_raw(item) for item in found["batch"]]}, Batch)
    except (ValueError, RecursionError):
        return Answer(400, "invalid_json", "The body is not JSON.")
    except (TypeError, KeyError):
        return Answer(400, "invalid_batch", "The body is not an object with a list `batch`.")


def _raw(item: Any) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(item).encode())


def write_key(request: HttpRequest, batch: Batch) -> str | Answer:
    """The write key, from the header before the body; an Answer when there is none or two that differ."""
    in_header = _basic_user(request.headers.get("Authorization", ""))
    in_body = batch.write_key if isinstance(batch.write_key, str) else None
    if in_header and in_body and in_header != in_body:
        return Answer(401, "unauthorized", "The write keys of header and body differ.")
    return in_header or in_body or Answer(401, "unauthorized", "There is no write key.")


def _basic_user(header: str) -> str | None:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[0] or None
    except (binascii.Error, UnicodeDecodeError):
        return None


def envelope(batch: Batch, received_at: datetime) -> Envelope:
    """What the batch says of its events; a `sentAt` that is no moment is as good as none."""
    try:
        sent_at = moment(batch.sent_at)
    except ValueError:
        sent_at = None
    context = batch.context if isinstance(batch.context, dict) else {}
    integrations = batch.integrations if isinstance(batch.integrations, dict) else {}
    return Envelope(received_at, sent_at, context, integrations)


def events(batch: Batch) -> Iterator[dict[str, Any] | Unreadable]:
    """Each event of the batch decoded, or what stood there and why it is none."""
    for raw in batch.batch:
        yield _event(bytes(raw))


def _event(raw: bytes) -> dict[str, Any] | Unreadable:
    shown = raw[:SHOWN].decode("ascii", "backslashreplace").replace("\0", "")
    if len(raw) > LARGEST_EVENT:
        return Unreadable(f"has {len(raw):,} bytes, at most {LARGEST_EVENT:,}", shown)
    try:
        return msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Unreadable(f"is not a JSON object: {error}"[:200], shown)
