"""Which run the pages show: the newest published one, or the newest at or before a day that was asked for."""

from datetime import date, timedelta
from uuid import UUID

from sterna.desk.runs.models import Run
from sterna.engine.segments.months import months_before


def shown_run(asked: date | None = None) -> Run | None:
    """The newest published run at or before `asked`, or of all without it; None before the first.

    A later run would show what nobody knew on that day. Where there is no earlier one the first of all is shown. Of
    two runs of one day the one published later counts.
    """
    published = Run.objects.filter(published_at__isnull=False)
    found = published.filter(until__lte=asked) if asked else published
    newest = found.order_by("-until", "-published_at").first()
    return newest or published.order_by("until", "-published_at").first()


def opening(run: Run) -> date:
    """The first day of the window that a run measures."""
    return months_before(run.until + timedelta(days=1), run.brief["scheme"]["window_months"])


def run_of_period_before(run: Run) -> Run | None:
    """The newest published run whose window ended before that of `run` began; None where there is none."""
    return run_before(opening(run))


def run_before(opened: date) -> Run | None:
    """The newest published run whose window ended before the day `opened`; None where there is none."""
    published = Run.objects.filter(published_at__isnull=False, until__lt=opened)
    return published.order_by("-until", "-published_at").first()


def run_name(run_id: UUID) -> str:
    """How a run is called on a page: the last eight letters of its id, where UUIDv7 differ."""
    return f"run {str(run_id)[-8:]}"
