"""The list of those who were erased: keyed hashes of their identifiers, by which they are known at every door."""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import connection

from sterna.desk.lakehouse.queries import fixed

KEY = "suppression key"
EMAIL, PHONE, ANONYMOUS = "email", "phone", "anonymous_id"
# Held shared by whoever keeps what it asked about, alone by an erasure: nothing slips in between asking and keeping.
LISTING = 5_307_105
_ANYBODY = "select exists (select 1 from sources_suppressed)"

Named = tuple[str, str]  # kind, value


def normal(kind: str, value: str) -> str:
    """A value as it is compared: letters small and in one form, a phone number as + and digits."""
    text = unicodedata.normalize("NFKC", value).strip()
    if kind == PHONE:
        digits = re.sub(r"[^0-9+]", "", text)
        return re.sub(r"^00", "+", digits)
    return text.casefold()


def _key() -> bytes:
    return hashlib.sha256(b"sterna suppression list\0" + settings.SECRET_KEY.encode()).digest()


def hashed(kind: str, value: str) -> bytes:
    """The HMAC-SHA256 of an identifier: without the installation's secret nobody can try addresses against it."""
    return hmac.digest(_key(), f"{kind}\0{normal(kind, value)}".encode("utf-8", "replace"), "sha256")


def fingerprint() -> str:
    """What tells one key of the list from another: a changed secret would let everybody in again."""
    return hmac.digest(_key(), b"fingerprint", "sha256").hex()[:32]


def is_under_this_key() -> bool:
    """Whether the list was made under this installation's secret; else nobody on it would be recognized."""
    return fixed(KEY) in (None, fingerprint())


def hold(*also: int) -> bool:
    """Let nobody be put on the list until the caller's transaction ends; whether somebody is on it.

    Asked before what is asked about is kept. `also` are other locks that are then held, shared, as long.
    """
    locks = "".join(f"select pg_advisory_xact_lock_shared({number:d}); " for number in (LISTING, *also))
    with connection.cursor() as cursor:
        # One message, for every batch waits for its answer; the last statement sees whom the locks waited for.
        cursor.execute(locks + _ANYBODY)
        for _ in (LISTING, *also):
            cursor.nextset()
        return cursor.fetchone() == (True,)


def is_empty() -> bool:
    """Whether nobody was ever erased."""
    with connection.cursor() as cursor:
        cursor.execute(_ANYBODY)
        return cursor.fetchone() == (False,)


def suppressed(values: Iterable[Named]) -> set[Named]:
    """Which of these (kind, value) pairs belong to somebody who was erased."""
    pairs = set(values)
    if not pairs or is_empty():
        return set()
    with connection.cursor() as cursor:
        hashes = {pair: hashed(*pair) for pair in pairs}
        cursor.execute(
            "select hash from sources_suppressed where hash = any(%s)", [list(set(hashes.values()))]
        )
        found = {bytes(row[0]) for row in cursor.fetchall()}
    return {pair for pair, made in hashes.items() if made in found}


def named(body: Any, identifier_kind: str) -> set[Named]:
    """Every identifier that an event names: ids, external ids, and the e-mail address and phone number in traits."""
    if not isinstance(body, Mapping):
        return set()
    found: list[tuple[str, Any]] = [
        (identifier_kind, body.get("userId")),
        (ANONYMOUS, body.get("anonymousId")),
        # An alias names a device or a user by it.
        (ANONYMOUS, body.get("previousId")),
        (identifier_kind, body.get("previousId")),
    ]
    context = _object(body.get("context"))
    listed = context.get("externalIds")
    for each in listed if isinstance(listed, list) else ():
        found.append((str(_object(each).get("type") or ""), _object(each).get("id")))
    for told in (body.get("traits"), context.get("traits"), body.get("properties")):
        found += [(kind, _object(told).get(kind)) for kind in (EMAIL, PHONE)]
    return {(kind, str(value)) for kind, value in found if _is_value(value)}


def _is_value(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip() != ""


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def erased(bodies: Collection[Any], identifier_kind: str) -> list[bool]:
    """For each event of a batch whether it names somebody who was erased."""
    names = [named(body, identifier_kind) for body in bodies]
    gone = suppressed(pair for each in names for pair in each)
    return [bool(each & gone) for each in names]
