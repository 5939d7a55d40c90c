"""Takes contacts that are due for one sender, once; gives back what a sender that died had not handed over."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from sterna.desk.config import clock
from sterna.desk.config.ids import new_id

# Longer than the slowest batch: fifty letters are set in seconds.
LEASE_MINUTES = 10

# The same rule as the decision's: nothing leaves without the customer's newest word for this medium and purpose.
_CLAIM = """
with due as (
    select id from contacts_contact
    where state = 'planned' and due_on <= %(today)s and medium = any(%(media)s)
        and (not_before is null or not_before <= clock_timestamp())
    order by due_on, id
    limit %(limit)s
    for update skip locked
),
judged as (
    select c.id, case
        when c.expires_on < %(today)s then 'it could not leave by ' || c.expires_on || ', when it expired'
        when word.granted is false then 'the customer said no to ' || c.medium || ' for ' || c.purpose
        when word.granted is null then 'there is no consent to ' || c.medium || ' for ' || c.purpose
    end as barrier
    from contacts_contact as c
    join due on due.id = c.id
    left join lateral (
        select w.granted from customers_consent as w
        join customers_customer as p on p.id = w.customer_id
        where (p.id = c.customer_id or p.redirects_to_id = c.customer_id)
            and w.medium = c.medium and w.purpose = c.purpose
        order by w.said_on desc, w.recorded_at desc, w.id desc
        limit 1
    ) as word on true
)
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
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        rows: list[tuple[UUID, str, date]] = sorted(cursor.fetchall(), key=lambda row: (row[2], row[0]))
        withdrawn = [each for each, state, _ in rows if state == "withdrawn"]
        cursor.execute(_RECEIPTS, {"now": clock.now(), "ids": withdrawn})
    return Claim(identity, [each for each, state, _ in rows if state == "reserved"], len(withdrawn))


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
