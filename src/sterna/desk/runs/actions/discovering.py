"""Looks for groupings in what the newest run left: asked for on a page, done by the worker, one at a time."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

import duckdb
import msgspec
from django.db import connection, transaction
from procrastinate.contrib.django import app as jobs
from procrastinate.exceptions import AlreadyEnqueued

from sterna.desk.config.refused import Refused
from sterna.desk.runs.models import Run
from sterna.desk.runs.panels import panel_of
from sterna.desk.segments import actions as segments
from sterna.desk.segments.profile_models import Discovery
from sterna.desk.segments.searches import Inputs, search
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User
from sterna.engine.errors import SternaError
from sterna.engine.segments.months import months_before

DISCOVERING = 5_307_209  # ends with the connection, so a killed search holds up nobody
DISCOVER = "runs.discover"


@transaction.atomic
def request_discovery(inputs: Inputs, seed: int, actor: User | None) -> Discovery:
    """Have the worker look for groupings in the newest run. Raises Refused without one, or while a search is on."""
    demand(actor, Right.MANAGE)
    run = Run.objects.filter(published_at__isnull=False).order_by("-until", "-published_at").first()
    if run is None:
        raise Refused("no run has been published yet: groupings are looked for in what one left")
    found = segments.ask_discovery(run.pk, run.until, inputs, seed, actor)
    # A savepoint: that a job waits already must not undo what the caller did.
    with suppress(AlreadyEnqueued), transaction.atomic():
        jobs.configure_task(name=DISCOVER, queueing_lock=DISCOVER).defer(timestamp=0)
    return found


def discover_waiting() -> bool:
    """Do the search that waits, or that a killed worker left; whether it came to an end with what it found.

    Nothing happens while another worker is at it. What stops a search is written down on its page.
    """
    with _alone() as is_mine:
        found = segments.take_up_discovery() if is_mine else None
        if found is None:
            return False
        try:
            _discover(found)
        except (SternaError, duckdb.Error, OSError, MemoryError) as error:
            segments.fail_discovery(found, str(error).partition("\n")[0] or type(error).__name__)
            return False
        return True


def _discover(found: Discovery) -> None:
    run = Run.objects.filter(pk=found.run_id).first()
    if run is None:
        raise Refused("the run is not there any more: ask anew, of a newer one")
    cut = run.until + timedelta(days=1)
    opening = months_before(cut, run.brief["scheme"]["window_months"])
    inputs = msgspec.convert(found.inputs, Inputs)

    def tell(done: int, of: int) -> None:
        segments.tell_discovery(found, done, of)

    segments.end_discovery(found, search(panel_of(run), inputs, cut, opening, found.seed, tell))


@contextmanager
def _alone() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [DISCOVERING])
        row = cursor.fetchone()
        is_mine = bool(row and row[0])
        try:
            yield is_mine
        finally:
            if is_mine:
                cursor.execute("select pg_advisory_unlock(%s)", [DISCOVERING])
