"""Stores the arms that a run drew, and what it measured, within the publisher's transaction."""

from datetime import date
from uuid import UUID

from django.db import connection

# A customer who has an arm keeps it: the first drawing counts, whatever a later one says.
_ASSIGN = """
insert into experiments_assignment
    (experiment_id, unit, customer_id, arm, goal, asset, assigned_on, run_id)
select e.id, d.unit, d.customer_id::uuid, d.arm, d.goal, d.asset, %(cut)s, %(run)s
from staged_decisions as d join experiments_experiment as e on e.name = d.experiment
where d.arm in ('treated', 'held out') and d.outcome in ('contact', 'held out')
order by d.customer_id
on conflict (experiment_id, customer_id) do nothing
"""
_COMPARISONS = """
insert into experiments_comparison
    (run_id, experiment, name, is_primary, measure, design, treated, held_out, mean_treated, mean_held_out, effect,
     low, high, relative, relative_low, relative_high, p, p_adjusted, verdict, reason)
select %s, experiment, comparison, is_primary, measure, design, treated, held_out, mean_treated, mean_held_out,
    effect, low, high, relative, relative_low, relative_high, p, p_adjusted, verdict, reason
from staged_comparisons order by experiment, comparison
"""
_REACH = """
insert into experiments_campaignreach
    (run_id, source, campaign_id, kind, starts_on, ends_on, targeted, others, redeemed, design)
select %s, source, campaign_id, coalesce(kind, ''), starts_on, ends_on, targeted, others, redeemed, design
from staged_campaign_reach order by source, campaign_id
"""


def record_assignments(run_id: UUID, cut: date) -> int:
    """Store the arms of `staged_decisions` as of `cut`; arms that are stored win. Returns how many are new."""
    with connection.cursor() as cursor:
        cursor.execute(_ASSIGN, {"cut": cut, "run": run_id})
        return cursor.rowcount


def publish_comparisons(run_id: UUID) -> None:
    """Publish a run's comparisons and the reach of campaigns that others targeted."""
    with connection.cursor() as cursor:
        cursor.execute(_COMPARISONS, [run_id])
        cursor.execute(_REACH, [run_id])
