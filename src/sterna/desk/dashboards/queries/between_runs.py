"""Placing between runs as a page shows it: from which run it goes on, or why not, who waits, and who moved last."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection

from sterna.desk.config import clock
from sterna.desk.runs.queries import last_day, newest_run, not_followed
from sterna.desk.segments.live_models import Due, Followed

_MOVES = """
select m.customer_id, m.scheme, before.place, m.place, lower(m.during), m.cause
from segments_membership as m
join segments_definition as d on d.id = m.definition_id and d.kind in ('segments', 'stages')
left join segments_membership as before on before.customer_id = m.customer_id and before.scheme = m.scheme
    and upper(before.during) = lower(m.during)
where m.run_id is null and lower(m.during) >= %s
order by m.id desc limit %s
"""


@dataclass(frozen=True)
class Moved:
    """A move between runs; `was` is None of who was placed for the first time."""

    customer: UUID
    scheme: str
    was: str | None
    place: str
    on: date
    cause: str


@dataclass(frozen=True)
class Between:
    """How places are kept up: since the run of `until` up to the day `last`, or `why` they are not.

    `held` are the schemes whose limit of a day was passed, by that day; `waiting` counts who is due at this moment.
    """

    until: date | None
    last: date | None
    why: str
    held: dict[str, str]
    waiting: int
    moves: list[Moved]


def between(limit: int = 10) -> Between:
    """How segments and stages are kept up now, with the newest moves since the run."""
    run, state = newest_run(), Followed.objects.first()
    why = not_followed(run, clock.today())
    if run is None or why:
        return Between(run.until if run else None, None, why, {}, 0, [])
    with connection.cursor() as cursor:
        cursor.execute(_MOVES, [run.until, limit])
        moves = [Moved(*row) for row in cursor.fetchall()]
    return Between(run.until, last_day(run), "", state.held if state else {}, Due.objects.count(), moves)
