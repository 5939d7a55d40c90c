"""Carries memberships forward to a run's places, and publishes its moves, matrix and candidates."""

from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from sterna.desk.segments.actions.announcing import announce, opened_by
from sterna.desk.segments.actions.bests import forget_bests
from sterna.desk.segments.actions.treatments import forget_treated
from sterna.desk.segments.models import Candidate, Definition, Move
from sterna.desk.segments.profile_models import SegmentPreference
from sterna.desk.segments.queries import SCHEME
from sterna.desk.segments.tier_queries import measure_words
from sterna.engine.segments import FACT

# A run of a day that was run before replaces what that earlier run of the day said: its openings go, its closings
# are taken back, and so is what was undone since. Then the difference is made as if for the first time, so that a
# repetition changes nothing. Who became a part of somebody else stays so.
_TAKE_BACK = (
    "delete from segments_membership where scheme = %(scheme)s and lower(during) >= %(cut)s",
    """
    update segments_membership as m set during = daterange(lower(m.during), null)
    where m.scheme = %(scheme)s and upper(m.during) >= %(cut)s and not exists (
        select 1 from customers_customer as c where c.id = m.customer_id and c.redirects_to_id is not null
    )
    """,
    """
    update segments_membership set warned_on = null, unwarned_on = null
    where scheme = %(scheme)s and warned_on >= %(cut)s
    """,
    "update segments_membership set unwarned_on = null where scheme = %(scheme)s and unwarned_on >= %(cut)s",
)
# Whom something that happened since moved is looked at again: the run did not see it.
_LOOK_AGAIN = """
insert into segments_due (customer_id, because)
select distinct customer_id, 'what is new since the run' from segments_membership
where scheme = %(scheme)s and lower(during) >= %(cut)s and run_id is null and exists (select 1 from segments_followed)
"""
MOVING = 5_307_203
_CLOSE = """
update segments_membership as m set during = daterange(lower(m.during), %(cut)s)
where m.scheme = %(scheme)s and upper_inf(m.during) and not exists (
    select 1 from staged_places as p
    where p.scheme = m.scheme and p.customer_id::uuid = m.customer_id and p.to_place = m.place
        and m.definition_id = %(definition)s
)
"""
_WARN = """
update segments_membership as m set
    warned_on = coalesce(p.warned_on, m.warned_on),
    unwarned_on = case when p.warned_on is null then %(cut)s::date end
from staged_places as p
where m.scheme = %(scheme)s and upper_inf(m.during) and p.scheme = m.scheme and p.customer_id::uuid = m.customer_id
    and p.warned_on is distinct from case when m.unwarned_on is null then m.warned_on end
"""
_OPEN = """
insert into segments_membership
    (id, customer_id, scheme, place, rank, during, amount, definition_id, cause, run_id, warned_on)
select p.row_id::uuid, p.customer_id::uuid, %(scheme)s, p.to_place, coalesce(p.to_rank, 0),
    daterange(%(cut)s, null), p.to_amount, %(definition)s,
    case
        when before.place is null then 'First placed: '
        when before.place = p.to_place then 'Version ' || %(version)s || ' of the scheme: '
        else 'Moved from ' || before.place || ': '
    end || case when %(by)s <> '' then %(by)s else
        coalesce(%(measure)s || ' ' || p.to_amount, %(unknown)s) || %(period)s
        || coalesce(', ' || before.amount || ' when last placed', '') end
        || coalesce('; ' || p.earned_place || ' by the amount, held by ' || p.held_by
            || coalesce(' until ' || p.hold_until, ''), '')
        || coalesce('; ' || p.missing || ' short of '
            || case when p.earned_rank < p.to_rank then p.to_place else before.place end, '')
        || case when p.warned_on is null and before.unwarned_on is null and before.rank > p.to_rank
            then coalesce('; warned on ' || before.warned_on, '') else '' end,
    %(run)s, p.warned_on
from staged_places as p
left join segments_membership as before on before.customer_id = p.customer_id::uuid
    and before.scheme = %(scheme)s and upper(before.during) = %(cut)s
where p.scheme = %(scheme)s and not exists (
    select 1 from segments_membership as m
    where m.customer_id = p.customer_id::uuid and m.scheme = %(scheme)s and upper_inf(m.during)
)
order by p.customer_id
"""
_MOVES = """
insert into segments_move (run_id, scheme, customer_id, from_place, to_place, from_amount, to_amount, to_rank,
    earned_place, earned_rank, held_by, missing, hold_until, warned_on)
select %s, scheme, customer_id::uuid, from_place, to_place, from_amount, to_amount, to_rank,
    earned_place, earned_rank, coalesce(held_by, ''), missing, hold_until, warned_on
from staged_places order by scheme, customer_id
"""
_MATRIX = """
insert into segments_matrixcell
    (run_id, scheme, from_place, to_place, customers, opening, share, from_amount, to_amount)
select %s, scheme, from_place, to_place, customers, opening, share, coalesce(from_amount, 0), coalesce(to_amount, 0)
from staged_matrix order by scheme, from_place, to_place
"""
_CANDIDATES = """
insert into segments_candidate (run_id, customer_id, goal, place, spend, headroom, missing, readiness, position, reason,
    readiness_reason, unknown)
select %s, customer_id::uuid, goal, place, spend, headroom, missing, readiness, position, reason,
    readiness_reason, coalesce(unknown, '')
from staged_candidates order by goal, position, customer_id
"""

_PREFERENCES = """
insert into segments_segmentpreference
    (run_id, scheme, segment, kind, item, customers, known, share, share_others, lift)
select %s, scheme, segment, kind, item, customers, known, share, share_others, lift
from staged_segment_preferences order by scheme, segment, kind, item
"""


def record_places(run_id: UUID, cut: date, definition: Definition) -> tuple[int, int]:
    """Carry the memberships of `definition`'s scheme forward to `staged_places`; returns (closed, opened).

    A stay whose place or definition changed ends at `cut`, a new one begins there; a stay that goes on is not
    touched, but for the day since when it is warned. Memberships only move forward: the caller leaves them alone for a
    day before the newest one recorded.
    """
    take_back(definition.name, cut)
    values: dict[str, Any] = {
        "run": run_id,
        "cut": cut,
        "definition": definition.pk,
        **_told(definition, cut),
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, values)
        closed = cursor.rowcount
        cursor.execute(_WARN, values)
        cursor.execute(_OPEN, values)
        opened = cursor.rowcount
    announce(definition, cut, "run", opened_by(run_id, cut, definition.name), whole=True)
    return closed, opened


def take_back(scheme: str, cut: date) -> None:
    """Leave a scheme's memberships as the runs of earlier days than the one before `cut` left them."""
    hold()
    with connection.cursor() as cursor:
        for statement in (_LOOK_AGAIN, *_TAKE_BACK):
            cursor.execute(statement, {"scheme": scheme, "cut": cut})


def hold() -> None:
    """Keep others from moving customers until the caller's transaction ends: a run, and who places between runs."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [MOVING])


def _told(definition: Definition, cut: date) -> dict[str, str]:
    """The words of a cause: what was measured, of which days, and how it reads where nobody knows it."""
    body = definition.body
    if definition.kind != SCHEME:
        by = f"by the rules of version {definition.version} on {cut}"
        told = dict.fromkeys(("measure", "unknown", "period"), "")
        return {"scheme": definition.name, "version": str(definition.version), "by": by, **told}
    measure = str(body.get("measure", "spend"))
    words = measure_words(measure)
    period = (
        f" on {cut}" if measure.startswith(FACT) else f" in the {body['window_months']} months before {cut}"
    )
    return {
        "scheme": definition.name,
        "version": str(definition.version),
        "by": "",
        "measure": words,
        "unknown": "no spend" if measure == "spend" else f"{words} unknown",
        "period": period,
    }


def publish_moves(run_id: UUID) -> None:
    """Publish a run's moves, matrix, candidates and preferences out of the staged tables of this transaction."""
    with connection.cursor() as cursor:
        for statement in (_MOVES, _MATRIX, _CANDIDATES, _PREFERENCES):
            cursor.execute(statement, [run_id])


def forget(run_id: UUID) -> None:
    """Drop a run's rows per customer and what its segments preferred; matrix and history of memberships stay."""
    Move.objects.filter(run_id=run_id).delete()
    Candidate.objects.filter(run_id=run_id).delete()
    SegmentPreference.objects.filter(run_id=run_id).delete()
    forget_bests(run_id)
    forget_treated(run_id)
