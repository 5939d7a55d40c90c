"""How many contacts that promote the cell of a customer allows, asked again whenever one is about to leave."""

import json
from typing import Any

from sterna.desk.config import options
from sterna.desk.segments.treatment_queries import current, levels_in_force
from sterna.engine.segments.treatments import PROMOTING

# By the cell where the newest run put the customer. Its level is that of the run and that of the version in force by
# now: a stricter one holds at once, a looser one from the next run. What counts is when a contact left; one that may be
# leaving counts too, and of two senders that hold one contact each the one due first goes on.
FULL_CELL = """
    select cell.segment, cell.value_band, cell.potential_band, cell.most, cell.days
    from (
        select t.segment, t.value_band, t.potential_band, t.contacts as most, t.days, t.scheme
        from segments_treatment as t
        join customers_customer as who on who.id = t.customer_id
        join jsonb_array_elements(%(runs)s::jsonb) as run (item)
            on t.scheme = run.item ->> 0 and t.run_id = (run.item ->> 1)::uuid
        where coalesce(who.redirects_to_id, who.id) = coalesce(own.redirects_to_id, own.id)
        union
        select t.segment, t.value_band, t.potential_band, (level.item ->> 4)::int, (level.item ->> 5)::int, t.scheme
        from segments_treatment as t
        join customers_customer as who on who.id = t.customer_id
        join jsonb_array_elements(%(runs)s::jsonb) as run (item)
            on t.scheme = run.item ->> 0 and t.run_id = (run.item ->> 1)::uuid
        join jsonb_array_elements(%(levels)s::jsonb) as level (item)
            on t.scheme = level.item ->> 0 and t.segment = level.item ->> 1
            and t.value_band = level.item ->> 2 and t.potential_band = level.item ->> 3
        where coalesce(who.redirects_to_id, who.id) = coalesce(own.redirects_to_id, own.id)
    ) as cell
    where c.purpose = any(%(promoting)s) and cell.most <= (
        select count(*) from contacts_contact as past
        join customers_customer as whom on whom.id = past.customer_id
        where coalesce(whom.redirects_to_id, whom.id) = coalesce(own.redirects_to_id, own.id)
            and past.id <> c.id and past.purpose = any(%(promoting)s)
            and case
                when past.id = any(%(ids)s) then (past.due_on, past.id) < (c.due_on, c.id)
                when past.state = 'reserved' then
                    %(claiming)s or past.handing_at is not null or (past.due_on, past.id) < (c.due_on, c.id)
                when past.state in ('handed over', 'confirmed', 'unknown') then
                    (coalesce(past.handed_over_at, past.handing_at) at time zone %(zone)s)::date
                        >= %(today)s - cell.days
                else false
            end
    )
    order by cell.scheme, cell.most, cell.days
    limit 1
"""


def parameters(claiming: bool) -> dict[str, Any]:
    """What `FULL_CELL` asks by; `claiming` when contacts are taken, before anything of them can leave."""
    return {
        "runs": json.dumps([[scheme, str(run)] for scheme, run in current()]),
        "levels": json.dumps(levels_in_force()),
        "promoting": list(PROMOTING),
        "zone": options.zone().key,
        "claiming": claiming,
    }
