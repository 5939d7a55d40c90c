"""Reads how many of the events of each touchpoint are of somebody with a name."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from sterna.desk.lakehouse.lake_query import lake_query
from sterna.desk.lakehouse.queries import manifest
from sterna.desk.sources.lake_rows import ANONYMOUS

# A device counts as identified where its customer is known by more than devices.
_NAMED_DEVICES = """
select d.key from customers_sourcerecord as d
where d.kind = %s and exists (
    select 1 from customers_sourcerecord as n where n.customer_id = d.customer_id and n.kind <> %s
)
"""
_SHARES = """
with named as (select unnest($named) as source_record),
happened as (
    select coalesce(touchpoint, '') as touchpoint, source_record, event_id from {table} where occurred_on <= $until
)
select touchpoint, count(distinct event_id) as events,
    count(distinct event_id) filter (
        where not contains(happened.source_record, '/{device}:') or named.source_record is not null
    ) as identified
from happened left join named on named.source_record = happened.source_record
group by touchpoint
"""


@dataclass(frozen=True)
class Share:
    """How many events came in at a touchpoint ("" where none is told), and how many of them are identified."""

    touchpoint: str
    events: int
    identified: int

    @property
    def share(self) -> float | None:
        """The share that is identified; None where nothing happened."""
        return self.identified / self.events if self.events else None


def identified_shares(until: date = date.max) -> list[Share]:
    """The identified share of each touchpoint over all events up to a day, by name. Raises Refused after too long."""
    with connection.cursor() as cursor:
        cursor.execute(_NAMED_DEVICES, [ANONYMOUS, ANONYMOUS])
        named = [row[0] for row in cursor.fetchall()]
    found: dict[str, list[int]] = {}
    for table in ("events", "lines"):
        rows: list[tuple[Any, ...]] = lake_query(
            _SHARES.format(table=table, device=ANONYMOUS),
            {table: [path for path, _ in manifest().get(table, [])]},
            {"named": named, "until": until},
        )
        for touchpoint, events, identified in rows:
            counted = found.setdefault(touchpoint, [0, 0])
            counted[0] += events
            counted[1] += identified
    return [Share(touchpoint, *counted) for touchpoint, counted in sorted(found.items())]
