"""Reads about runs."""

from decimal import Decimal

from sterna.desk.runs.models import Run


def tier_edges(run: Run) -> list[Decimal]:
    """The amounts at which one tier of a run ends and the next begins, from the lowest."""
    bands = run.brief["scheme"]["bands"]
    ends = {end for band in bands for end in (band["low"], band["high"]) if end is not None}
    return sorted(Decimal(str(end)) for end in ends)
