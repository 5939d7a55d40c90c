"""Publishes who is best as of a run, and what became of the value of the best since an earlier one."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from uuid import UUID

from django.db import connection

from sterna.desk.segments.models import BestMember, BestPeriod
from sterna.desk.values.models import Worth
from sterna.engine.value.concentration import Amount, kept

MEASURES = ("spend", "margin")

_MEMBERS = """
insert into segments_bestmember (run_id, best, version, customer_id, score, rank)
select %s, best, version, customer_id::uuid, score, rank from staged_best_customers order by best, rank, customer_id
"""


def publish_bests(run_id: UUID, before_run_id: UUID | None) -> None:
    """Publish the best customers of a run out of the staged table of this transaction.

    `before_run_id` is a run whose window ended before that of this one began, None where there is none: the value of
    the best of both periods is set side by side, by each definition that made a list in both.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS, [run_id])
    if before_run_id is None:
        return
    versions = [_versions(before_run_id), _versions(run_id)]
    names = sorted(versions[0].keys() & versions[1].keys())
    periods = [
        period
        for name in names
        for measure in MEASURES
        if (period := _period((before_run_id, run_id), name, (versions[0][name], versions[1][name]), measure))
    ]
    BestPeriod.objects.bulk_create(periods)


def forget_bests(run_id: UUID) -> None:
    """Drop a run's rows per customer; the periods stay."""
    BestMember.objects.filter(run_id=run_id).delete()


def _versions(run_id: UUID) -> dict[str, int]:
    return dict(BestMember.objects.filter(run_id=run_id).values_list("best", "version").distinct())


def _period(runs: tuple[UUID, UUID], name: str, versions: tuple[int, int], measure: str) -> BestPeriod | None:
    """What became of `measure` between the runs; None where it is known of nobody."""
    best = [
        set(BestMember.objects.filter(run_id=run, best=name).order_by().values_list("customer_id", flat=True))
        for run in runs
    ]
    amounts = [_amounts(run, measure, best[0] | best[1]) for run in runs]
    if all(amount is None for known in amounts for amount in known.values()):
        return None
    members = [{str(customer) for customer in found} for found in best]
    found = asdict(kept(members[0], members[1], amounts[0], amounts[1]))
    return BestPeriod(
        run_id=runs[1],
        before_run_id=runs[0],
        best=name,
        before_version=versions[0],
        version=versions[1],
        measure=measure,
        **found | {"unknown": len(found["unknown"])},
    )


def _amounts(run: UUID, measure: str, customers: Collection[UUID]) -> Mapping[str, Amount]:
    rows = Worth.objects.filter(run_id=run, customer__in=customers).values_list("customer_id", measure)
    return {str(customer): amount for customer, amount in rows}
