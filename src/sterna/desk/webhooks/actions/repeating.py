"""Sends what somebody asks for: a test, one message again, all that failed since a moment; sweeps what is old."""

from contextlib import closing
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from sterna.desk.audit.actions import record
from sterna.desk.config import clock, options
from sterna.desk.config.ids import new_id
from sterna.desk.config.refused import Refused
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User
from sterna.desk.webhooks.actions.claims import LEASE_MINUTES, settle
from sterna.desk.webhooks.actions.sending import Job, deliver
from sterna.desk.webhooks.actions.telling import wake
from sterna.desk.webhooks.models import Endpoint, Message
from sterna.desk.webhooks.queries import TEST, failed_since
from sterna.desk.webhooks.signing import is_under_this_key, secrets_of
from sterna.desk.webhooks.wire import Connection

# What was told of a scheme's newest day stays: by it a run of that day that is repeated tells nothing twice.
_SWEEP = """
delete from webhooks_message where id in (
    select m.id from webhooks_message as m
    where m.state <> 'waiting' and m.made_at < %(before)s and (m."on" is null or m."on" < (
        select max(newest."on") from webhooks_message as newest where newest.scheme = m.scheme
    ))
    limit %(limit)s
)
"""
SWEPT_AT_ONCE = 20_000


def send_test(endpoint: Endpoint, actor: User | None) -> Message:
    """Send a message that tells nothing of anybody, now, also to a disabled endpoint; returns it with the answer.

    Not to be called inside a transaction. Raises Refused where messages could not be signed as the receiver expects.
    """
    demand(actor, Right.ADMINISTER)
    if not is_under_this_key(endpoint):
        raise Refused(
            "STERNA_SECRET_KEY is not what it was when the secret was shown: rotate the secret first"
        )
    claimed, message = _test(endpoint, actor)
    with closing(Connection(endpoint.url)) as line:
        job = Job(endpoint.pk, claimed, [message], secrets_of(endpoint, clock.now()), line)
        settle(endpoint.pk, claimed, deliver(job))
    message.refresh_from_db()
    return message


@transaction.atomic
def _test(endpoint: Endpoint, actor: User | None) -> tuple[UUID, Message]:
    claimed, now = new_id(), timezone.now()
    message = Message.objects.create(
        id=new_id(),
        endpoint=endpoint,
        type=TEST,
        data={"endpoint": endpoint.name},
        made_at=clock.now(),
        due_at=now,
        claim=claimed,
        lease_until=now + timedelta(minutes=LEASE_MINUTES),
    )
    record("sent test message", "endpoint", str(endpoint.pk), actor, detail={"name": endpoint.name})
    return claimed, message


@transaction.atomic
def retry(message: Message, actor: User | None) -> None:
    """Send one message again, soon and by a schedule that begins anew, whatever became of it before."""
    demand(actor, Right.ADMINISTER)
    held = (
        Message.objects.select_for_update(of=("self",))
        .select_related("endpoint")
        .filter(pk=message.pk)
        .first()
    )
    if held is None:
        raise Refused("the message is not there any more")
    if held.lease_until is not None and held.lease_until > timezone.now():
        raise Refused("the message is being sent at this moment: look again in a minute")
    held.state, held.attempts, held.due_at = Message.State.WAITING, 0, timezone.now()
    held.save(update_fields=["state", "attempts", "due_at"])
    detail = {"name": held.endpoint.name, "message": str(held.pk)}
    record("sent message again", "endpoint", str(held.endpoint_id), actor, detail=detail)
    transaction.on_commit(wake)


@transaction.atomic
def retry_failed(endpoint: Endpoint, since: datetime, actor: User | None) -> int:
    """Send again what failed for good of all that was made since; returns how many messages."""
    demand(actor, Right.ADMINISTER)
    again = failed_since(endpoint, since).update(
        state=Message.State.WAITING, attempts=0, due_at=timezone.now()
    )
    if not again:
        raise Refused(f"nothing that was made since {since:%Y-%m-%d} failed")
    detail = {"name": endpoint.name, "since": since.isoformat(), "messages": again}
    record("sent failed messages again", "endpoint", str(endpoint.pk), actor, detail=detail)
    transaction.on_commit(wake)
    return again


def sweep() -> int:
    """Remove messages that are done and old; returns how many."""
    before, swept = clock.now() - timedelta(days=options.number("STERNA_WEBHOOK_DAYS")), 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_SWEEP, {"before": before, "limit": SWEPT_AT_ONCE})
            swept += cursor.rowcount
            if cursor.rowcount < SWEPT_AT_ONCE:
                return swept
