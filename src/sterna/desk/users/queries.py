"""Reads about people who log in."""

import hashlib

from sterna.desk.config import clock
from sterna.desk.users.models import Token, User


def bearer(token: str) -> User | None:
    """The person whose live token this is."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    found = (
        Token.objects.select_related("user")
        .filter(sha256=digest, revoked_at=None, expires_at__gt=clock.now(), user__is_active=True)
        .first()
    )
    return found.user if found else None
