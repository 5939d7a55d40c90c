"""Which run the pages show: the newest published one, or the nearest to a day that was asked for."""

from datetime import date
from uuid import UUID

from sterna.desk.runs.models import Run


def shown_run(asked: date | None = None) -> Run | None:
    """The published run nearest to `asked`, the newest one without it; None before the first.

    Of two runs of one day the later counts; of two days equally near the earlier, which knew no more than was asked.
    """
    published = Run.objects.filter(published_at__isnull=False)
    if asked is None:
        return published.order_by("-until", "-published_at").first()
    before = published.filter(until__lte=asked).order_by("-until", "-published_at").first()
    after = published.filter(until__gt=asked).order_by("until", "-published_at").first()
    if before is None or after is None:
        return before or after
    return before if asked - before.until <= after.until - asked else after


def earlier_run(run: Run) -> Run | None:
    """The newest published run as of an earlier day than `run`."""
    return (
        Run.objects.filter(published_at__isnull=False, until__lt=run.until)
        .order_by("-until", "-published_at")
        .first()
    )


def run_name(run_id: UUID) -> str:
    """How a run is called on a page: the last eight letters of its id, where UUIDv7 differ."""
    return f"run {str(run_id)[-8:]}"
