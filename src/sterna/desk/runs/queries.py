"""Reads about runs."""

from decimal import Decimal
from uuid import UUID

from sterna.desk.runs.models import Run


def newest_published() -> UUID | None:
    """The published run of the newest day; of two of one day the one that was published later."""
    found = Run.objects.filter(published_at__isnull=False).order_by("-until", "-published_at")
    return found.values_list("pk", flat=True).first()


def tier_edges(run: Run) -> list[Decimal]:
    """The amounts at which one tier of a run ends and the next begins, from the lowest."""
    bands = run.brief["scheme"]["bands"]
    ends = {end for band in bands for end in (band["low"], band["high"]) if end is not None}
    return sorted(Decimal(str(end)) for end in ends)
