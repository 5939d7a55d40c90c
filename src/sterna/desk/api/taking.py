"""Takes a batch in for a write key: its rate, the backlog, strict mode, and the call that wakes a worker."""

import threading
import time

from django.db import connection, transaction
from django.http import HttpRequest
from procrastinate.contrib.django import app as jobs
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued

from sterna.desk.api import batch as batches
from sterna.desk.api.answers import Answer
from sterna.desk.api.batch import Batch
from sterna.desk.config import clock, options
from sterna.desk.sources import queries
from sterna.desk.sources.actions import Examined, examine, keep, note_use, take
from sterna.desk.sources.models import WriteKey

ACT = "act on inbox"
# How long a count of what waits is believed; at full speed some ten thousand events come meanwhile.
BELIEVED = 1.0
BUSY_SECONDS = 30


class Backlog:
    """Whether too many events wait, counted once a second in each process."""

    def __init__(self) -> None:
        self._counting = threading.Lock()
        self._counted_at = -BELIEVED
        self._full = False

    def is_full(self) -> bool:
        """Whether as many events wait as STERNA_INBOX_LIMIT allows, as it was counted last.

        Counted anew after BELIEVED seconds, by one thread; the others do not wait for it.
        """
        if time.monotonic() - self._counted_at >= BELIEVED and self._counting.acquire(blocking=False):
            try:
                self._full = queries.as_many_wait(options.number("STERNA_INBOX_LIMIT"))
                self._counted_at = time.monotonic()
            finally:
                self._counting.release()
        return self._full


backlog = Backlog()


def take_batch(request: HttpRequest, key: WriteKey, batch: Batch) -> Answer | None:
    """Keep the events of `batch`, durable when this returns None; the Answer says why nothing was kept."""
    refused = refusal(key, len(batch.batch))
    if refused is not None:
        return refused
    envelope = batches.envelope(batch, clock.now(), key.kind)
    examined = examine(key.source, batches.events(batch), envelope)
    if request.headers.get("X-Strict-Mode") == "1" and examined.refused:
        return _spelled_out(examined, len(batch.batch))
    keep(key.source, examined, envelope)
    note_use(key)
    wake()
    return None


def refusal(key: WriteKey, events: int) -> Answer | None:
    """Why a batch of so many events cannot be taken now; None when it can."""
    if is_busy():
        return busy()
    wait = take(key, events)
    if wait:
        rate = f"{key.events_per_second:,} events a second"
        return Answer(
            429, "too_many_requests", f"The write key may send {rate}; try again in {wait} s.", wait
        )
    return None


def is_busy() -> bool:
    """Whether the inbox holds as many waiting events as it may."""
    return backlog.is_full()


def busy() -> Answer:
    """Clients try again on 503; anything else would make them drop the batch."""
    return Answer(503, "busy", "Too many events wait to be worked on; try again later.", BUSY_SECONDS)


def _spelled_out(examined: Examined, events: int) -> Answer:
    errors = [
        {"index": place, "messageId": bad.message_id, "code": bad.code, "message": bad.reason}
        for place, bad in examined.refused
    ]
    message = f"{len(errors)} of {events} events would be refused, and in strict mode none is kept."
    return Answer(400, "invalid_events", message, errors=errors)


def wake() -> None:
    """Have a worker act on the inbox now; a job that waits already will see these events too."""
    if ProcrastinateJob.objects.filter(queueing_lock=ACT, status="todo").exists():
        return
    try:
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            # A hint alone, and the job of every minute makes up for one that is lost: the sender, whose events are on
            # the disk already, does not wait for it to be there too.
            cursor.execute("set local synchronous_commit to off")
            jobs.configure_task(ACT, queueing_lock=ACT, lock="inbox").defer()
    except AlreadyEnqueued:
        return
