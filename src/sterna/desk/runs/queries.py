"""Reads about runs."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from sterna.desk.config import options
from sterna.desk.runs.models import Run


def newest_published() -> UUID | None:
    """The published run of the newest day; of two of one day the one that was published later."""
    found = Run.objects.filter(published_at__isnull=False).order_by("-until", "-published_at")
    return found.values_list("pk", flat=True).first()


def looked_until(run_id: UUID) -> date | None:
    """The last day that a run looked at; None where there is no such run."""
    return Run.objects.filter(pk=run_id).values_list("until", flat=True).first()


def newest_run() -> Run | None:
    """The same as a run."""
    newest = newest_published()
    return Run.objects.get(pk=newest) if newest else None


def not_followed(run: Run | None, day: date) -> str:
    """Why places change with the next run only; empty where they are kept up between runs on a day."""
    if run is None:
        return "there is no run to go on from"
    if not run.brief.get("ruled"):
        return "the newest run placed nobody by rules"
    if run.sealed is None:
        return "the newest run does not tell which events it has seen"
    if run.until > day:
        return f"the newest run is of {run.until}, a day to come"
    if day > last_day(run):
        days = options.number("STERNA_FOLLOW_DAYS")
        return f"the newest run is of {run.until}, more than {days} days ago, and what it knows is too old"
    return ""


def last_day(run: Run) -> date:
    """The last day on which places are kept up from a run."""
    return run.until + timedelta(days=options.number("STERNA_FOLLOW_DAYS"))


def tier_edges(run: Run) -> list[Decimal]:
    """The amounts at which one tier of a run ends and the next begins, from the lowest."""
    bands = run.brief["scheme"]["bands"]
    ends = {end for band in bands for end in (band["low"], band["high"]) if end is not None}
    return sorted(Decimal(str(end)) for end in ends)
