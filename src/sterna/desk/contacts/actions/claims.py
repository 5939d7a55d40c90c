"""Takes contacts that are due for one sender, once; gives back what a sender that died had not handed over."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from sterna.desk.config import clock
from sterna.desk.config.ids import new_id
from sterna.desk.contacts.actions import blackouts, frequency, stages
from sterna.desk.customers.queries import held_back
from sterna.desk.sources.suppression import suppressed

# Longer than the slowest batch: fifty letters are set in seconds.
LEASE_MINUTES = 10

# The same rule as the decision's: nothing leaves without the customer's newest word for this medium and purpose.
_TAKE = f"""
select c.id, coalesce(p.redirects_to_id, p.id)
from contacts_contact as c join customers_customer as p on p.id = c.customer_id
where c.state = 'planned' and c.due_on <= %(today)s and c.medium = any(%(media)s)
    and (c.not_before is null or c.not_before <= clock_timestamp())
    and {blackouts.OPEN}
order by c.due_on, c.id
limit %(limit)s
for update of c skip locked
"""
# Why a contact must not leave now; null when it may. Asked when it is taken, and again when it is handed over.
_JUDGED = f"""
    select c.id, case
        when c.expires_on < %(today)s then 'it could not leave by ' || c.expires_on || ', when it expired'
        when word.granted is false or held.customer is not null
            then 'the customer said no to ' || c.medium || ' for ' || c.purpose
        when wish.most is not null and wish.had + wish.place > wish.most
            then 'the customer wants at most ' || wish.most || ' contacts in thirty days'
        when wish.topic is not null then 'the customer wants nothing about ' || wish.topic
        when peace.until is not null
            then 'nothing is promoted to the customer before ' || peace.until || ', after a death'
        when full_cell.most is not null
            then 'in ' || full_cell.segment || ' customers of value ' || full_cell.value_band || ' and potential '
                || full_cell.potential_band || ' get at most ' || full_cell.most || ' in ' || full_cell.days
                || ' days of what promotes'
        when elsewhere.stages is not null then {stages.IN_WORDS}
        when word.granted is null then 'there is no consent to ' || c.medium || ' for ' || c.purpose
    end as barrier
    from contacts_contact as c
    join customers_customer as own on own.id = c.customer_id
    left join lateral (
        select said.granted from (
            select w.granted, w.said_on, w.recorded_at, w.sequence
            from customers_sourcerecord as r join customers_consent as w on w.source_record_id = r.id
            where r.customer_id = coalesce(own.redirects_to_id, own.id)
                and w.medium = c.medium and w.purpose = c.purpose
            union all
            select w.granted, w.said_on, w.recorded_at, w.sequence
            from customers_customer as p join customers_consent as w on w.customer_id = p.id
            where coalesce(own.redirects_to_id, own.id) in (p.id, p.redirects_to_id)
                and w.source_record_id is null and w.medium = c.medium and w.purpose = c.purpose
        ) as said
        order by said.said_on desc, said.recorded_at desc, said.sequence desc
        limit 1
    ) as word on true
    -- A no of one side of a merge stands against a newer yes of the other.
    left join (
        select item ->> 0 as customer, item ->> 1 as medium, item ->> 2 as purpose
        from jsonb_array_elements(%(held_back)s::jsonb) as listed (item)
    ) as held on held.customer = coalesce(own.redirects_to_id, own.id)::text
        and held.medium = c.medium and held.purpose = c.purpose
    left join lateral (
        select pref.most_a_month as most, (
            select count(*) from contacts_contact as past
            join customers_customer as who on who.id = past.customer_id
            where coalesce(who.redirects_to_id, who.id) = coalesce(own.redirects_to_id, own.id)
                and not past.id = any(%(ids)s)
                and (past.handed_over_at > %(now)s - interval '30 days' or past.handing_at is not null
                    and past.state in ('reserved', 'unknown'))
        ) as had, (
            -- Of those that are judged together the first to be due come first.
            select count(*) from contacts_contact as beside
            join customers_customer as who on who.id = beside.customer_id
            where beside.id = any(%(ids)s) and (beside.due_on, beside.id) <= (c.due_on, c.id)
                and coalesce(who.redirects_to_id, who.id) = coalesce(own.redirects_to_id, own.id)
        ) as place, (
            select topic from plans_plan as plan
            join segments_definition as document on document.id = plan.definition_id,
                jsonb_array_elements(document.body -> 'assets') as listed (item),
                concat_ws('/', item -> 'wants' ->> 'class', item -> 'wants' ->> 'value') as topic
            where plan.id = c.plan_id and item ->> 'id' = c.asset and pref.no_topics <> '[]'
                and (pref.no_topics ? topic or pref.no_topics ? (item -> 'wants' ->> 'class'))
            limit 1
        ) as topic
        from customers_preference as pref join customers_sourcerecord as r on r.id = pref.source_record_id
        where r.customer_id = coalesce(own.redirects_to_id, own.id)
        order by pref.sequence desc limit 1
    ) as wish on true
    -- Whoever mourns is left in peace by what promotes; thanks and service go on.
    left join lateral (
        select max(o.quiet_until) as until
        from customers_sourcerecord as r join customers_occasion as o on o.source_record_id = r.id
        where r.customer_id = coalesce(own.redirects_to_id, own.id) and o.retracted_at is null
            and o.quiet_until > %(today)s and c.purpose in ('marketing', 'advertising', 'sales')
    ) as peace on true
    left join lateral ({frequency.FULL_CELL}) as full_cell on true
    left join lateral ({stages.ELSEWHERE}) as elsewhere on true
    where c.id = any(%(ids)s)
"""
_JUDGE = f"""
with judged as ({_JUDGED})
update contacts_contact as c set
    state = case when j.barrier is null then 'reserved' else 'withdrawn' end,
    error = coalesce(j.barrier, ''),
    settled_at = case when j.barrier is not null then %(now)s end,
    claim = case when j.barrier is null then %(claim)s::uuid end,
    lease_until = case when j.barrier is null then clock_timestamp() + %(minutes)s * interval '1 minute' end,
    handing_at = null
from judged as j where j.id = c.id
returning c.id, c.state, c.due_on
"""
_WHOSE = """
select c.id, coalesce(p.redirects_to_id, p.id), c.medium, c.address
from contacts_contact as c join customers_customer as p on p.id = c.customer_id where c.id = any(%(ids)s)
"""
ERASED = "the address is that of somebody who was erased"
_RECEIPTS = """
insert into contacts_receipt (contact_id, at, state, reference, detail)
select id, %(now)s, state, '', error from contacts_contact where id = any(%(ids)s)
"""
# Nothing had been handed over, or a repetition does no harm: it is due again. Else nobody knows.
_RECOVER = """
with lost as (
    select id, handing_at is null or medium = any(%(repeatable)s) as again
    from contacts_contact where state = 'reserved' and lease_until < clock_timestamp()
    for update skip locked
)
update contacts_contact as c set
    state = case when lost.again then 'planned' else 'unknown' end,
    error = case when lost.again then '' else 'the sender stopped while it handed this over' end,
    claim = null, lease_until = null, handing_at = case when lost.again then null else c.handing_at end
from lost where lost.id = c.id
returning c.id, c.state
"""


@dataclass(frozen=True)
class Claim:
    """What one sender holds: the claim's id, the contacts it reserved in order, and how many it withdrew."""

    id: UUID
    contacts: list[UUID]
    withdrawn: int


@transaction.atomic
def claim(media: list[str], limit: int) -> Claim:
    """Reserve up to `limit` contacts that are due by one of `media`.

    In the same transaction each is judged again: one that expired, or whose customer has not, or no longer, consented,
    is withdrawn with the reason. Two senders never get the same contact.
    """
    identity, today = new_id(), clock.today()
    values: dict[str, Any] = {
        "today": today,
        "now": clock.now(),
        "media": media,
        "limit": limit,
        "claim": identity,
        "minutes": LEASE_MINUTES,
        **frequency.parameters(claiming=True),
        **stages.parameters(),
        **blackouts.parameters(today, media),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        due = cursor.fetchall()
        values["ids"] = [contact for contact, _ in due]
        values["held_back"] = json.dumps(held_back({customer for _, customer in due}))
        cursor.execute(_JUDGE, values)
        rows: list[tuple[UUID, str, date]] = sorted(cursor.fetchall(), key=lambda row: (row[2], row[0]))
        withdrawn = [each for each, state, _ in rows if state == "withdrawn"]
        cursor.execute(_RECEIPTS, {"now": clock.now(), "ids": withdrawn})
    return Claim(identity, [each for each, state, _ in rows if state == "reserved"], len(withdrawn))


def barriers(ids: Sequence[UUID]) -> dict[UUID, str]:
    """Why each of these contacts must not leave now, whatever was so when it was taken; one that may is not named."""
    values: dict[str, Any] = {"today": clock.today(), "now": clock.now(), "ids": list(ids)}
    values |= frequency.parameters(claiming=False) | stages.parameters()
    with connection.cursor() as cursor:
        cursor.execute(_WHOSE, values)
        whose: list[tuple[UUID, UUID, str, str]] = cursor.fetchall()
        values["held_back"] = json.dumps(held_back({customer for _, customer, _, _ in whose}))
        cursor.execute(_JUDGED, values)
        found: dict[UUID, str] = {each: barrier for each, barrier in cursor.fetchall() if barrier is not None}
    gone = suppressed((medium, address) for _, _, medium, address in whose)
    return {each: ERASED for each, _, medium, address in whose if (medium, address) in gone} | found


@transaction.atomic
def recover(repeatable: list[str]) -> tuple[int, int]:
    """Take back reservations whose lease ended: (planned again, unknown).

    A contact by a medium that is not `repeatable`, and whose handing over had begun, becomes unknown: it is not sent
    again, because the first copy may have arrived.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RECOVER, {"repeatable": repeatable})
        rows = cursor.fetchall()
        doubtful = [each for each, state in rows if state == "unknown"]
        cursor.execute(_RECEIPTS, {"now": clock.now(), "ids": doubtful})
    return len(rows) - len(doubtful), len(doubtful)
