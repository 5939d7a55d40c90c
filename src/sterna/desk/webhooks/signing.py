"""The secrets that messages are signed with, none of them stored, and the bytes and headers of a message."""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from sterna.desk.sources.hooks import PREFIX, signature
from sterna.desk.webhooks.models import Endpoint, Message

# What stands in the data of a message, in the order in which people read it.
_ORDER = (
    "customer_id",
    *("scheme", "kind", "from", "to", "from_rank", "to_rank", "on", "cause", "version", "run_id"),
    *("until", "leads", "endpoint"),
)


def secret_of(salt: bytes) -> str:
    """The secret that belongs to a salt under this installation's secret; a copy of the database signs nothing."""
    return PREFIX + base64.b64encode(hmac.digest(_key(), salt, "sha256")).decode()


def _key() -> bytes:
    return hashlib.sha256(b"sterna outgoing webhooks\0" + settings.SECRET_KEY.encode()).digest()


def fingerprint(salt: bytes) -> str:
    """What tells whether a salt still gives the secret that it gave before, without telling the secret."""
    return hashlib.sha256(b"fingerprint\0" + secret_of(salt).encode()).hexdigest()[:32]


def is_under_this_key(endpoint: Endpoint) -> bool:
    """Whether messages are signed as the receiver expects; else STERNA_SECRET_KEY is another one than it was."""
    return endpoint.fingerprint == fingerprint(bytes(endpoint.salt))


def secrets_of(endpoint: Endpoint, now: datetime) -> list[str]:
    """The secrets to sign with: the present one, and the former as long as it was said to count."""
    former = endpoint.former_until is not None and now < endpoint.former_until
    salts = [endpoint.salt, *([endpoint.former_salt] if former and endpoint.former_salt else [])]
    return [secret_of(bytes(salt)) for salt in salts]


def message_id(message: Message) -> str:
    """What the receiver knows the message by: the same at every attempt."""
    return f"msg_{message.pk.hex}"


def body_of(message: Message) -> bytes:
    """The message as JSON: the same bytes at every attempt."""
    data = {name: message.data[name] for name in _ORDER if name in message.data}
    told = {"type": message.type, "timestamp": message.made_at.isoformat(), "data": data}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def headers_of(identity: str, body: bytes, secrets: Sequence[str], at: int) -> dict[str, str]:
    """The headers of an attempt `at` Unix seconds: one signature for each secret, as Standard Webhooks says."""
    signed = " ".join(signature(identity, str(at), body, secret) for secret in secrets)
    return {"webhook-id": identity, "webhook-timestamp": str(at), "webhook-signature": signed}
