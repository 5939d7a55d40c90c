"""Writes the messages of a move in the transaction that moves, by one statement however many moved."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from procrastinate.contrib.django import app as jobs
from procrastinate.exceptions import AlreadyEnqueued

from sterna.desk.config import clock, prepared
from sterna.desk.segments.signals import CustomersMoved, Moved
from sterna.desk.webhooks.queries import KINDS, MOVED, PUBLISHED

TASK = "webhooks.send_due"
# Nowhere is a place of its own in some schemes, and no stay at all in others: to a receiver both are null.
NOWHERE = "none"

_TABLE = """
create temporary table moved_customers (
    customer_id uuid, from_place text, from_rank int, to_place text, to_rank int, version int, run_id uuid
) on commit drop
"""
_OPENED = """
insert into moved_customers
select opened.customer_id, before.place, before.rank, opened.place, opened.rank, opened.version, opened.run_id
from ({stays}) as opened (customer_id, place, rank, during, run_id, version)
left join segments_membership as before on before.customer_id = opened.customer_id and before.scheme = %s
    and upper(before.during) = %s and lower(opened.during) = %s
"""
_LEFT = """
insert into moved_customers
select customer_id, place, rank, null, null, %s from unnest(%s::uuid[], %s::text[], %s::int[])
    as gone (customer_id, place, rank)
"""
# Everybody was placed: who left for nothing, and who was told a move of this day or a later one that is so no more.
_REST = (
    """
    insert into moved_customers
    select m.customer_id, m.place, m.rank, null, null, %(version)s
    from segments_membership as m join customers_customer as c on c.id = m.customer_id
    where m.scheme = %(scheme)s and upper(m.during) = %(on)s and c.redirects_to_id is null and not exists (
        select 1 from segments_membership as other
        where other.customer_id = m.customer_id and other.scheme = m.scheme and lower(other.during) = %(on)s
    )
    """,
    """
    insert into moved_customers
    select told.customer_id, stay.place, stay.rank, stay.place, stay.rank, %(version)s, stay.run_id
    from (
        select distinct customer_id from webhooks_message
        where scheme = %(scheme)s and "on" >= %(on)s and customer_id is not null
    ) as told
    left join segments_membership as stay on stay.customer_id = told.customer_id and stay.scheme = %(scheme)s
        and upper_inf(stay.during)
    where not exists (select 1 from moved_customers as m where m.customer_id = told.customer_id)
    """,
)
# What a receiver was told of the day before now is where it believes the customer to be; else the place before is.
_TELL = """
with told as (
    select distinct on (endpoint_id, customer_id) endpoint_id, customer_id, "on", turn, data
    from webhooks_message
    where scheme = %(scheme)s and "on" >= %(on)s and customer_id in (select customer_id from moved_customers)
    order by endpoint_id, customer_id, "on" desc, turn desc
),
moves as (
    select e.id as endpoint_id, m.customer_id, greatest(told."on", %(on)s) as on_day,
        coalesce(told.turn, 0) + 1 as turn, m.version, m.run_id,
        nullif(m.to_place, %(nowhere)s) as to_place, case when m.to_place <> %(nowhere)s then m.to_rank end as to_rank,
        case when told.turn is null then nullif(m.from_place, %(nowhere)s) else told.data ->> 'to' end as from_place,
        case when told.turn is not null then (told.data ->> 'to_rank')::int
            when m.from_place <> %(nowhere)s then m.from_rank end as from_rank
    from webhooks_endpoint as e cross join moved_customers as m
    left join told on told.endpoint_id = e.id and told.customer_id = m.customer_id
    where e.id = any(%(endpoints)s)
        and (e.schemes = '[]' or e.schemes ? %(scheme)s) and (e.kinds = '[]' or e.kinds ? %(kind)s)
)
insert into webhooks_message
    (id, endpoint_id, customer_id, type, scheme, "on", turn, data, made_at, state, attempts, due_at, answer)
select md5(concat_ws('|', endpoint_id, %(type)s, customer_id, %(scheme)s, on_day, turn, coalesce(from_place, ''),
        coalesce(to_place, '')))::uuid,
    endpoint_id, customer_id, %(type)s, %(scheme)s, on_day, turn,
    jsonb_build_object('customer_id', customer_id, 'scheme', %(scheme)s, 'kind', %(kind)s, 'from', from_place,
        'to', to_place, 'from_rank', from_rank, 'to_rank', to_rank, 'on', on_day, 'cause', %(cause)s,
        'version', version, 'run_id', run_id),
    %(now)s, 'waiting', 0, clock_timestamp(), ''
from moves join webhooks_endpoint as e on e.id = endpoint_id
where from_place is distinct from to_place and (e.places = '[]'
    or e.places ? (%(scheme)s || '/' || from_place) or e.places ? (%(scheme)s || '/' || to_place))
on conflict (id) do nothing
"""
# Held until the move is committed: an endpoint that went in between would take the run with it.
_LISTENING = (
    "select id from webhooks_endpoint where state = 'enabled' and types ? %(kind)s order by id for key share"
)
_RUN = """
insert into webhooks_message
    (id, endpoint_id, type, scheme, turn, data, made_at, state, attempts, due_at, answer)
select md5(concat_ws('|', id, %(type)s, %(run)s))::uuid, id, %(type)s, '', 1,
    jsonb_build_object('run_id', %(run)s, 'until', %(until)s, 'leads', %(leads)s),
    %(now)s, 'waiting', 0, clock_timestamp(), ''
from webhooks_endpoint where id = any(%(endpoints)s)
on conflict (id) do nothing
"""


@transaction.atomic(savepoint=False)
def tell_moves(moved: Moved) -> None:
    """Write a message to every endpoint that asks for such moves, in the transaction of the move.

    Each endpoint is told what changed since it was last told of that day, so that a repetition tells nothing, and a
    move that a later run of the day takes back is told as a move back.
    """
    endpoints = _listening(MOVED)
    if not endpoints:
        return
    told = [_tell_moves(one, endpoints) for one in moved.schemes]
    if any(told):
        transaction.on_commit(wake)


def _tell_moves(moved: CustomersMoved, endpoints: Sequence[UUID]) -> int:
    values = {**_values(moved), "endpoints": endpoints, "nowhere": NOWHERE, "type": MOVED, "now": clock.now()}
    with connection.cursor() as cursor:
        cursor.execute(_TABLE)
        _fill(cursor, moved)
        cursor.execute("analyze moved_customers")
        cursor.execute(_TELL, values)
        told = cursor.rowcount
        cursor.execute("drop table moved_customers")
    return told


def _listening(kind: str) -> list[UUID]:
    """The endpoints that ask for a type of message, none of which is deleted before the caller's transaction ends."""
    return [endpoint for (endpoint,) in prepared.rows(_LISTENING, {"kind": kind})]


def _values(moved: CustomersMoved) -> dict[str, Any]:
    return {
        "scheme": moved.scheme,
        "on": moved.on,
        "version": moved.definition.version,
        "kind": KINDS[moved.definition.kind],
        "cause": moved.cause,
    }


def _fill(cursor: Any, moved: CustomersMoved) -> None:
    columns = ("customer_id", "place", "rank", "during", "run_id", "definition__version")
    with suppress(EmptyResultSet):
        stays, parameters = moved.stays.order_by().values_list(*columns).query.sql_with_params()
        cursor.execute(_OPENED.format(stays=stays), [*parameters, moved.scheme, moved.on, moved.on])
    if moved.left:
        rows = [(one.customer, one.place, one.rank) for one in moved.left]
        customers, places, ranks = (list(column) for column in zip(*rows, strict=True))
        cursor.execute(_LEFT, [moved.definition.version, customers, places, ranks])
    if moved.whole:
        for statement in _REST:
            cursor.execute(statement, _values(moved))


def tell_run(run_id: UUID, until: date, leads: bool) -> None:
    """Write a message that a run was published; `leads`: no later day was, so memberships went by it."""
    values: dict[str, Any] = {
        "endpoints": _listening(PUBLISHED),
        "type": PUBLISHED, "run": str(run_id), "until": until.isoformat(), "leads": leads, "now": clock.now(),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_RUN, values)
        if cursor.rowcount:
            transaction.on_commit(wake)


def wake() -> None:
    """Have a worker send soon; the job of every minute makes up for a call that is lost."""
    with suppress(AlreadyEnqueued), transaction.atomic():
        jobs.configure_task(name=TASK, queueing_lock=TASK).defer(timestamp=0)
