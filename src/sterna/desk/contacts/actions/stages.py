"""Withdraws what waits for customers whose stage of the relationship it is not for; what they accepted goes on."""

import json
from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from sterna.desk.audit.actions import record
from sterna.desk.config import clock, prepared
from sterna.desk.contacts.models import Contact, Task
from sterna.desk.customers.signals import CustomersMerged, CustomersSplit
from sterna.desk.plans.models import Plan
from sterna.desk.segments.ruled_queries import KINDS
from sterna.desk.segments.signals import CustomersMoved, Moved

# Asked of a contact `c` of the customer `own`: the stages that its asset is bound to, of which the customer stands in
# none. Who accepted the asset before keeps it, under whichever version of the plan that was.
ELSEWHERE = """
    select bound.item ->> 2 as life, bound.item ->> 3 as stages, stay.place
    from jsonb_array_elements(%(bound)s::jsonb) as bound (item)
    left join segments_membership as stay on stay.scheme = bound.item ->> 2 and upper_inf(stay.during)
        and stay.customer_id = coalesce(own.redirects_to_id, own.id)
    where bound.item ->> 0 = c.plan_id::text and bound.item ->> 1 = c.asset
        and not coalesce(bound.item -> 4 ? stay.place, false)
        and not exists (
            select 1 from customers_customer as whom
            join contacts_contact as past on past.customer_id = whom.id and past.asset = c.asset
            join contacts_receipt as said on said.contact_id = past.id and said.state = 'accepted'
            join plans_plan as plan on plan.id = past.plan_id and plan.name = bound.item ->> 5
            where coalesce(own.redirects_to_id, own.id) in (whom.id, whom.redirects_to_id)
        )
    limit 1
"""
IN_WORDS = """'it is offered in these stages of ' || coalesce(elsewhere.life, 'no scheme') || ': '
    || elsewhere.stages || '; the customer stands in '
    || coalesce(nullif(elsewhere.place, 'none'), 'none of its stages')"""

# A sender that took one meanwhile asks again before it hands it over; its row is not touched here.
_WITHDRAW = f"""
with gone as (
    update contacts_contact as c set state = 'withdrawn', settled_at = %(now)s, error = judged.barrier
    from (
        select c.id, {IN_WORDS} as barrier
        from contacts_contact as c join customers_customer as own on own.id = c.customer_id
        cross join lateral ({ELSEWHERE}) as elsewhere
        where c.id = any(%(ids)s)
    ) as judged
    where c.id = judged.id and (
        c.state = 'planned' or exists (
            select 1 from contacts_task as call where call.contact_id = c.id and call.state = 'open'
        )
    )
    returning c.id, c.error
),
calls as (
    update contacts_task as call set state = 'not reached', done_at = %(now)s, note = gone.error
    from gone where call.contact_id = gone.id and call.state = 'open'
)
insert into contacts_receipt (contact_id, at, state, reference, detail)
select id, %(now)s, 'withdrawn', '', error from gone
"""
# Asked of every customer who moves between two runs: most of them wait for nothing, and the rest is not asked then.
_ANY = """
select exists (
    select 1 from contacts_contact as c where c.customer_id = any(%(customers)s::uuid[]) and (
        c.state = 'planned' or exists (
            select 1 from contacts_task as call where call.contact_id = c.id and call.state = 'open'
        )
    )
)
"""
_WAITING = Q(state=Contact.State.PLANNED) | Q(task__state=Task.State.OPEN)


def parameters() -> dict[str, Any]:
    """What `ELSEWHERE` asks by: the assets of the plans in force that are bound to stages."""
    return {"bound": json.dumps(list(_bound()))}


def _bound() -> Iterator[tuple[str, str, str | None, str, list[str], str]]:
    live = Plan.objects.filter(state=Plan.State.LIVE).order_by("name")
    for pk, name, body in live.values_list("pk", "name", "definition__body"):
        for asset in body["assets"]:
            stages = asset.get("stages") or []
            if stages:
                yield str(pk), asset["id"], body.get("life"), ", ".join(stages), stages, name


def moved(told: Moved) -> None:
    """Customers came to another stage, or stand in none: what waits for them and is not for it goes no further."""
    ours = [one for one in told.schemes if one.definition.kind in KINDS]
    few = {who for one in ours for who in one.few or ()}
    some_wait = bool(few) and _any_waits(few)
    for one in ours:
        if one.few is None or some_wait:
            _moved_in(one)


def _moved_in(told: CustomersMoved) -> None:
    waiting = Contact.objects.filter(plan__definition__body__life=told.scheme)
    if not told.whole:
        came = Q(customer__in=told.stays.order_by().values("customer"))
        waiting = waiting.filter(came | Q(customer__in=[one.customer for one in told.left]))
    _withdraw(waiting, told.scheme, told.cause)


def _any_waits(customers: Collection[UUID]) -> bool:
    ((found,),) = prepared.rows(_ANY, {"customers": [str(one) for one in customers]})
    return bool(found)


def merged(told: CustomersMerged) -> None:
    """Two became one, who stands in one stage."""
    _withdraw_of((told.kept,), "merge")


def split(told: CustomersSplit) -> None:
    """One became two, each in a stage of their own."""
    _withdraw_of((told.kept, told.part), "split")


def _withdraw_of(customers: Collection[UUID], cause: str) -> None:
    waiting = Contact.objects.filter(customer__in=customers)
    _withdraw(waiting, ",".join(str(each) for each in customers), cause)


@transaction.atomic(savepoint=False)
def _withdraw(waiting: QuerySet[Contact], subject: str, cause: str) -> None:
    """Withdraw those of `waiting` that are bound elsewhere, with one line in the audit; a second time finds none."""
    ids = list(waiting.filter(_WAITING, plan__state=Plan.State.LIVE).order_by().values_list("pk", flat=True))
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(_WITHDRAW, {"ids": ids, "now": clock.now(), **parameters()})
        withdrawn = cursor.rowcount
    if withdrawn:
        record("withdraw by stage", "contacts", subject, detail={"cause": cause, "withdrawn": withdrawn})
