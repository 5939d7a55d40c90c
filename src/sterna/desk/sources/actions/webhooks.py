"""Lets another system's signed messages become events of a source, and changes the secret that they are signed with."""

import base64
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.sources import hooks
from sterna.desk.sources.models import Source, Webhook
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User
from sterna.engine.errors import BadInput

SECRET_BYTES = 32


@transaction.atomic
def open_webhook(
    source: Source, mapping: Mapping[str, Any], actor: User | None = None, secret: str = ""
) -> tuple[Webhook, str]:
    """Let `source` send signed messages, or read them by another mapping; returns the webhook and its secret.

    `secret` is the one that the other system gave, if it makes its own. Raises Refused for a mapping or a secret that
    is none.
    """
    demand(actor, Right.ADMINISTER)
    try:
        hooks.mapping(mapping)
        if secret:
            hooks.secret_bytes(secret)
    except BadInput as error:
        raise Refused(str(error)) from None
    defaults = {"secret": secret or _new_secret(), "created_at": clock.now(), "mapping": dict(mapping)}
    found, made = Webhook.objects.select_for_update().get_or_create(source=source, defaults=defaults)
    if not made:
        found.mapping, found.enabled, found.secret = dict(mapping), True, secret or found.secret
        found.save(update_fields=["mapping", "enabled", "secret"])
    record("opened webhook", "source", source.name, actor, detail={"mapping": dict(mapping)})
    return found, found.secret


def _new_secret() -> str:
    return hooks.PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


@transaction.atomic
def rotate_secret(webhook: Webhook, both_for: timedelta, actor: User | None = None) -> str:
    """Give a webhook a new secret and return it; the one before it counts for `both_for` longer.

    Raises Refused for a closed webhook.
    """
    demand(actor, Right.ADMINISTER)
    found = _open(webhook)
    found.former_secret, found.former_until = found.secret, clock.now() + both_for
    found.secret = _new_secret()
    found.save(update_fields=["secret", "former_secret", "former_until"])
    record(
        "rotated webhook secret",
        "source",
        found.source.name,
        actor,
        detail={"both_until": found.former_until.isoformat()},
    )
    return found.secret


@transaction.atomic
def close_webhook(webhook: Webhook, actor: User | None = None, reason: str = "") -> None:
    """Take no more messages; the secrets are forgotten. Raises Refused for one that is closed."""
    demand(actor, Right.ADMINISTER)
    found = _open(webhook)
    found.enabled, found.secret, found.former_secret, found.former_until = False, _new_secret(), "", None
    found.save(update_fields=["enabled", "secret", "former_secret", "former_until"])
    record("closed webhook", "source", found.source.name, actor, reason)


def _open(webhook: Webhook) -> Webhook:
    """The webhook as it stands, locked; a closed one has no secret that anybody could change or forget."""
    found = Webhook.objects.select_for_update().get(pk=webhook.pk)
    if not found.enabled:
        raise Refused(f"the webhook of {found.source.name} is closed")
    return found
