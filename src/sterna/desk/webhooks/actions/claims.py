"""Takes messages that are due for one sender, once, and writes what became of them; a dead sender's come free."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.config.ids import new_id
from sterna.desk.webhooks.models import Endpoint, Message

# Longer than any portion takes: five answers that time out and a name that is looked up for long.
LEASE_MINUTES = 5
# After how long without one delivery an endpoint is disabled; longer than all attempts of one message take.
PATIENCE = timedelta(days=5)

_CLAIM = """
with due as (
    select id from webhooks_message
    where endpoint_id = %(endpoint)s and state = 'waiting' and due_at <= clock_timestamp()
        and (lease_until is null or lease_until < clock_timestamp())
    order by due_at, id limit %(limit)s for update skip locked
)
update webhooks_message as m set claim = %(claim)s, lease_until = clock_timestamp() + %(minutes)s * interval '1 minute'
from due where due.id = m.id
returning m.id
"""
# Only whoever still holds a message writes what became of it; one that was erased meanwhile stays gone.
_SETTLE = """
with went as (
    select * from jsonb_to_recordset(%(rows)s::jsonb)
        as went(id uuid, state text, attempts int, seconds float, status int, answer text)
)
update webhooks_message as m set
    state = went.state, attempts = m.attempts + went.attempts, claim = null, lease_until = null,
    due_at = clock_timestamp() + went.seconds * interval '1 second',
    status = case when went.attempts > 0 then went.status else m.status end,
    answer = case when went.attempts > 0 then went.answer else m.answer end,
    tried_at = case when went.attempts > 0 then %(now)s else m.tried_at end
from went where went.id = m.id and m.claim = %(claim)s
"""
_HOLD = "select id from webhooks_endpoint where id = %(endpoint)s for no key update"
_WELL = """
update webhooks_endpoint set delivered_at = %(now)s, failing_since = null, failures = 0, rests_until = null
where id = %(endpoint)s
"""
_ILL = """
update webhooks_endpoint set failures = failures + 1, failing_since = coalesce(failing_since, clock_timestamp()),
    rests_until = clock_timestamp() + least(%(rest)s * power(2, least(failures, 10)), %(longest)s) * interval '1 second'
where id = %(endpoint)s
"""
_DISABLE = """
update webhooks_endpoint set state = case when %(gone)s then 'gone' else 'failing' end
where id = %(endpoint)s and state = 'enabled'
    and (%(gone)s or failing_since < clock_timestamp() - %(patience)s)
returning name, state
"""
_DUE = """
select id from webhooks_endpoint where state = 'enabled'
    and (rests_until is null or rests_until <= clock_timestamp())
"""
REST_SECONDS, LONGEST_REST = 30, 3_600


@dataclass(frozen=True)
class Outcome:
    """What became of one message: its state now, how long until the next attempt, and what the receiver said.

    `tried` is whether it left at all; one that did not waits as it did before.
    """

    id: UUID
    state: Message.State
    seconds: float = 0.0
    status: int | None = None
    answer: str = ""
    tried: bool = True


@dataclass(frozen=True)
class Portion:
    """What a sender did with what it claimed of one endpoint; `tired`: the receiver answered too badly to go on."""

    outcomes: Sequence[Outcome]
    tired: bool = False

    @property
    def delivered(self) -> int:
        """How many messages the receiver has."""
        return sum(one.state == Message.State.DELIVERED for one in self.outcomes)

    @property
    def is_gone(self) -> bool:
        """Whether the receiver said that it wants no more."""
        return any(one.status == 410 for one in self.outcomes)


def ready() -> list[UUID]:
    """The endpoints that may be sent to now."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE)
        return [row[0] for row in cursor.fetchall()]


@transaction.atomic
def claim(endpoint: UUID, limit: int) -> tuple[UUID, list[Message]]:
    """Take up to `limit` messages that are due; two senders never get the same one while its lease lasts."""
    identity = new_id()
    values: dict[str, Any] = {
        "endpoint": endpoint,
        "limit": limit,
        "claim": identity,
        "minutes": LEASE_MINUTES,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        ids = [row[0] for row in cursor.fetchall()]
    return identity, list(Message.objects.filter(pk__in=ids).order_by("due_at", "pk")) if ids else []


@transaction.atomic
def settle(endpoint: UUID, claimed: UUID, portion: Portion) -> None:
    """Write what became of messages that `claimed` holds, and how the endpoint stands after that."""
    rows = [
        {
            "id": str(one.id), "state": one.state.value, "attempts": int(one.tried), "seconds": one.seconds,
            "status": one.status, "answer": one.answer,
        }
        for one in portion.outcomes
    ]  # fmt: skip
    values: dict[str, Any] = {
        "endpoint": endpoint, "claim": claimed, "now": clock.now(), "rows": json.dumps(rows),
        "rest": REST_SECONDS, "longest": LONGEST_REST,
    }  # fmt: skip
    with connection.cursor() as cursor:
        # Before its messages, as whoever deletes it does: two that wait for one another would both be lost.
        cursor.execute(_HOLD, values)
        cursor.execute(_SETTLE, values)
        if portion.delivered:
            cursor.execute(_WELL, values)
        if portion.tired:
            cursor.execute(_ILL, values)
    if portion.is_gone or portion.tired:
        _disable(endpoint, portion.is_gone)


def _disable(endpoint: UUID, gone: bool) -> None:
    """Stop an endpoint that wants no more, or that took nothing for days; what waits stays."""
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"endpoint": endpoint, "gone": gone, "patience": PATIENCE}
        cursor.execute(_DISABLE, values)
        stopped = cursor.fetchall()
    for name, state in stopped:
        said = {
            Endpoint.State.GONE.value: "the receiver answered 410",
            Endpoint.State.FAILING.value: "for days nothing was taken",
        }
        record("stopped endpoint", "endpoint", str(endpoint), None, said[state], {"name": name})
