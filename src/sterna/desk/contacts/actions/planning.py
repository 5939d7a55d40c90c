"""Enters a run's decisions in the ledger, and why everybody else was left out, in the publisher's transaction."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from sterna.desk.config import clock
from sterna.desk.contacts.models import LeftOut
from sterna.desk.plans.models import Plan
from sterna.desk.plans.signals import PlanClosed
from sterna.engine.plans import of_body

# A contact that could not leave within this time, counted from when it is due or from when it was planned if that is
# later, is withdrawn: after an outage nobody gets a month of old mail. Nor does anybody get what is over by then.
EXPIRES_AFTER = timedelta(days=30)
CLOSED = "the plan was closed"
SUPERSEDED = "a newer run of the plan decided otherwise"

# What an earlier run planned for this round and has not left is withdrawn; the newest run of a day decides.
_SUPERSEDE = """
update contacts_contact as c set state = 'withdrawn', settled_at = %(now)s, error = %(superseded)s
from plans_plan as p
where p.id = c.plan_id and p.name = %(plan)s and c.state = 'planned' and c.due_on >= %(cut)s and c.run_id <> %(run)s
"""
_CLOSED = """
with gone as (
    update contacts_contact set state = 'withdrawn', settled_at = %(now)s, error = %(closed)s
    where plan_id = %(plan)s and state = 'planned' returning id
)
insert into contacts_receipt (contact_id, at, state, reference, detail)
select id, %(now)s, 'withdrawn', '', %(closed)s from gone
"""
# One contact a customer and round: who was reached by an earlier run of the same day is not reached again.
_PLAN = """
insert into contacts_contact
    (id, natural_key, plan_id, customer_id, goal, asset, medium, purpose, direction, experiment, run_id, state,
     due_on, expires_on, address, reason, cost, planned_at, attempts, error, subject, text, used_facts)
select d.row_id::uuid, concat_ws(':', %(plan)s, %(version)s, d.asset, d.customer_id, d.due_on), %(plan_id)s,
    d.customer_id::uuid, d.goal, d.asset, d.medium, d.purpose, 'outbound', coalesce(d.experiment, ''), %(run)s,
    'planned', d.due_on, least(greatest(d.due_on, %(today)s) + %(days)s, over.closes), d.address,
    coalesce(d.reason, ''), coalesce(d.cost, 0), %(now)s,
    0, '', '', '', '[]'
from staged_decisions as d
left join unnest(%(assets)s::text[], %(closes)s::date[]) as over (asset, closes) on over.asset = d.asset
where d.outcome = 'contact' and not exists (
    select 1 from contacts_contact as c join plans_plan as p on p.id = c.plan_id
    join customers_customer as reached on reached.id = c.customer_id
    where p.name = %(plan)s and coalesce(reached.redirects_to_id, reached.id) = d.customer_id::uuid
        and c.due_on >= %(cut)s
        and c.state not in ('planned', 'withdrawn')
)
order by d.customer_id
on conflict (natural_key) do update
    set state = 'planned', run_id = excluded.run_id, address = excluded.address, reason = excluded.reason,
        cost = excluded.cost, planned_at = excluded.planned_at, settled_at = null, error = ''
    where contacts_contact.state = 'withdrawn' and contacts_contact.error = %(superseded)s
"""
_LEAVE_OUT = """
insert into contacts_leftout (run_id, customer_id, goal, asset, reason_code, reason)
select %s, customer_id::uuid, coalesce(goal, ''), coalesce(asset, ''), coalesce(reason_code, outcome),
    coalesce(reason, '')
from staged_decisions where outcome <> 'contact' order by customer_id
"""


def plan_contacts(run_id: UUID, plan: Plan, cut: date) -> int:
    """Enter the contacts of `staged_decisions` as planned; returns how many rows of the ledger are theirs.

    The natural key is plan:version:asset:customer:occurrence, the occurrence being the day it is due. One whose asset
    has a season expires with it.
    """
    seasons = {
        asset.id: asset.closes
        for asset in of_body(plan.definition.body).plan.assets
        if asset.closes is not None
    }
    values: dict[str, Any] = {
        "run": run_id,
        "plan": plan.name,
        "version": str(plan.version),
        "plan_id": plan.pk,
        "cut": cut,
        "now": clock.now(),
        "today": clock.today(),
        "days": EXPIRES_AFTER.days,
        "superseded": SUPERSEDED,
        "assets": list(seasons),
        "closes": list(seasons.values()),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SUPERSEDE, values)
        cursor.execute(_PLAN, values)
        return cursor.rowcount


def plan_closed(closed: PlanClosed) -> None:
    """Withdraw what waits to leave by a plan that somebody ended; what a sender holds already goes out."""
    with connection.cursor() as cursor:
        cursor.execute(_CLOSED, {"plan": closed.plan.pk, "now": clock.now(), "closed": CLOSED})


def leave_out(run_id: UUID) -> None:
    """Enter why the run plans no contact for each customer without one."""
    with connection.cursor() as cursor:
        cursor.execute(_LEAVE_OUT, [run_id])


def forget(run_id: UUID) -> None:
    """Drop the reasons of a run per customer; its contacts stay for ever."""
    LeftOut.objects.filter(run_id=run_id).delete()
