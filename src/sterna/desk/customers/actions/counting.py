"""Counts how full every class of the taxonomy is and keeps the figures: counting takes longer than a page may."""

from contextlib import suppress

from django.db import transaction
from procrastinate.contrib.django import app as jobs
from procrastinate.exceptions import AlreadyEnqueued

from sterna.desk.config import clock
from sterna.desk.customers.models import ClassCount
from sterna.desk.customers.queries.filling import recount
from sterna.desk.customers.queries.taxonomy import newest_taxonomy

TASK = "count classes"


@transaction.atomic
def count_classes() -> ClassCount:
    """Count every class as of today and keep that in place of the count before."""
    today, at = clock.today(), clock.now()
    counts = recount(today)
    made = ClassCount.objects.create(
        taxonomy_id=newest_taxonomy(),
        on=today,
        counted_at=at,
        customers=counts.customers,
        body={
            name: (one.fresh, one.known, one.newest_on and one.newest_on.isoformat(), one.facts)
            for name, one in sorted(counts.by_class.items())
        },
    )
    ClassCount.objects.exclude(pk=made.pk).delete()
    return made


def count_soon() -> None:
    """Have a worker count once the caller's transaction is committed; one job that waits is enough."""
    # A savepoint: that one job waits already must not undo what the caller did.
    with suppress(AlreadyEnqueued), transaction.atomic():
        jobs.configure_task(name=TASK, queueing_lock=TASK).defer()
