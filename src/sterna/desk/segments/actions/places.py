"""Carries memberships forward to a run's places, and publishes its moves, matrix and candidates."""

from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from sterna.desk.segments.actions.bests import forget_bests
from sterna.desk.segments.models import Candidate, Definition, Move

# A run of a day that was run before replaces what that earlier run of the day said: its openings go, its closings
# are taken back. Then the difference is made as if for the first time, so that a repetition changes nothing.
_UNDO = (
    "delete from segments_membership where scheme = %(scheme)s and lower(during) = %(cut)s",
    "update segments_membership set during = daterange(lower(during), null) "
    "where scheme = %(scheme)s and upper(during) = %(cut)s",
)
_CLOSE = """
update segments_membership as m set during = daterange(lower(m.during), %(cut)s)
where m.scheme = %(scheme)s and upper_inf(m.during) and not exists (
    select 1 from staged_places as p
    where p.customer_id::uuid = m.customer_id and p.to_place = m.place and m.definition_id = %(definition)s
)
"""
_OPEN = """
insert into segments_membership
    (id, customer_id, scheme, place, rank, during, amount, definition_id, cause, run_id)
select p.row_id::uuid, p.customer_id::uuid, %(scheme)s, p.to_place, coalesce(p.to_rank, 0),
    daterange(%(cut)s, null), p.to_amount, %(definition)s,
    case
        when before.place is null then 'First placed: '
        when before.place = p.to_place then 'Version ' || %(version)s || ' of the scheme: '
        else 'Moved from ' || before.place || ': '
    end || coalesce(%(measure)s || ' ' || p.to_amount, 'no ' || %(measure)s) || ' in the '
        || %(months)s || ' months before ' || %(cut)s
        || coalesce(', ' || before.amount || ' when last placed', ''),
    %(run)s
from staged_places as p
left join segments_membership as before on before.customer_id = p.customer_id::uuid
    and before.scheme = %(scheme)s and upper(before.during) = %(cut)s
where not exists (
    select 1 from segments_membership as m
    where m.customer_id = p.customer_id::uuid and m.scheme = %(scheme)s and upper_inf(m.during)
)
order by p.customer_id
"""
_MOVES = """
insert into segments_move (run_id, scheme, customer_id, from_place, to_place, from_amount, to_amount)
select %s, scheme, customer_id::uuid, from_place, to_place, from_amount, to_amount
from staged_places order by customer_id
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


def record_places(run_id: UUID, cut: date, definition: Definition) -> tuple[int, int]:
    """Carry the memberships of `definition`'s scheme forward to `staged_places`; returns (closed, opened).

    A stay whose place or definition changed ends at `cut`, a new one begins there; a stay that goes on is not
    touched. Memberships only move forward: the caller leaves them alone for a day before the newest one recorded.
    """
    body = definition.body
    values: dict[str, Any] = {
        "scheme": definition.name,
        "cut": cut,
        "definition": definition.pk,
        "version": str(definition.version),
        "measure": str(body.get("measure", "spend")),
        "months": str(body["window_months"]),
        "run": run_id,
    }
    with connection.cursor() as cursor:
        for statement in _UNDO:
            cursor.execute(statement, values)
        cursor.execute(_CLOSE, values)
        closed = cursor.rowcount
        cursor.execute(_OPEN, values)
        return closed, cursor.rowcount


def publish_moves(run_id: UUID) -> None:
    """Publish a run's moves, matrix and candidates out of the staged tables of this transaction."""
    with connection.cursor() as cursor:
        for statement in (_MOVES, _MATRIX, _CANDIDATES):
            cursor.execute(statement, [run_id])


def forget(run_id: UUID) -> None:
    """Drop a run's rows per customer; its matrix stays, and so does the history of memberships."""
    Move.objects.filter(run_id=run_id).delete()
    Candidate.objects.filter(run_id=run_id).delete()
    forget_bests(run_id)
