"""Publishes and retires how segments are treated, and what a run found of it."""

from uuid import UUID

from django.db import connection, transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.segments.actions.definitions import publish_definition
from sterna.desk.segments.models import Definition, Retirement
from sterna.desk.segments.ruled_queries import ruled_in_force, scheme_of
from sterna.desk.segments.treatment_models import Treatment
from sterna.desk.segments.treatment_queries import (
    TREATMENTS,
    in_force,
    newest_treatments,
    retired_as,
)
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User
from sterna.engine.segments import Treatments, check_treatments, treatments_body
from sterna.engine.segments.ruled import SEGMENTS
from sterna.engine.segments.treatments import tidy

_TREATED = """
insert into segments_treatment (run_id, scheme, customer_id, segment, value_band, potential_band, value_figure,
    potential_figure, personalization, contacts, days, retention)
select %s, scheme, customer_id::uuid, segment, value_band, potential_band, value_figure, potential_figure,
    personalization, contacts, days, retention
from staged_treatments order by scheme, customer_id
"""
_CELLS = """
insert into segments_treatmentcell (run_id, scheme, segment, value_band, potential_band, personalization, contacts,
    days, retention, customers)
select %s, scheme, segment, value_band, potential_band, personalization, contacts, days, retention, count(*)
from staged_treatments
group by scheme, segment, value_band, potential_band, personalization, contacts, days, retention
order by scheme, segment, value_band, potential_band
"""


@transaction.atomic
def publish_treatments(
    treatments: Treatments, actor: User | None, reason: str, version: int | None = None
) -> Definition:
    """The definition of how the segments of a scheme are treated; the terms in force again are the same row.

    `version` is the one that the author began with: when another was published since, nothing is. Raises BadInput for a
    grid with a gap, an overlap or a cell without a level, Refused without a reason or for a scheme that is not there.
    """
    demand(actor, Right.MANAGE)
    if not reason.strip():
        raise Refused("write why the treatments change: the audit keeps it")
    # Whoever publishes at the same time waits here, and then sees that this version was published.
    placed = Definition.objects.select_for_update().filter(kind=SEGMENTS, name=treatments.scheme)
    if not placed or treatments.scheme not in {one.name for one in ruled_in_force() if one.kind == SEGMENTS}:
        raise Refused(f"there are no segments {treatments.scheme}: publish them first")
    refuse_treatments(treatments)
    treatments = tidy(treatments)
    newest = newest_treatments(treatments.scheme)
    if version is not None and version != (newest.version if newest else 0):
        raise Refused(
            "somebody published treatments since this form was opened: open it again and change those"
        )
    was_retired, _ = Retirement.objects.filter(scheme=retired_as(treatments.scheme)).delete()
    body = treatments_body(treatments)
    definition = publish_definition(TREATMENTS, treatments.scheme, body, actor, newest=True)
    if was_retired or newest is None or definition.pk != newest.pk:
        detail = {"sha256": definition.sha256}
        subject = f"{definition.name} {definition.version}"
        record("publish treatments", "definition", subject, actor, reason, detail)
    return definition


def refuse_treatments(treatments: Treatments) -> None:
    """Raise BadInput for a definition that could not be published, naming everything that is wrong."""
    scheme = next((scheme_of(one) for one in ruled_in_force() if one.name == treatments.scheme), None)
    check_treatments(treatments, scheme.places if scheme else ())


@transaction.atomic
def retire_treatments(scheme: str, actor: User | None, reason: str) -> None:
    """Have the next run treat nobody of a scheme by a grid; what runs found stays, and until then so do the limits."""
    demand(actor, Right.MANAGE)
    if not reason.strip():
        raise Refused("write why the treatments are retired: the audit keeps it")
    if scheme not in {one.name for one in in_force()}:
        raise Refused(f"there are no treatments of {scheme} in force")
    Retirement.objects.create(scheme=retired_as(scheme), retired_at=clock.now())
    record("retire treatments", "definition", scheme, actor, reason)


def publish_treated(run_id: UUID) -> None:
    """Publish how a run treats everybody out of the staged table of this transaction."""
    with connection.cursor() as cursor:
        for statement in (_TREATED, _CELLS):
            cursor.execute(statement, [run_id])


def forget_treated(run_id: UUID) -> None:
    """Drop a run's rows per customer; how many stood in each cell stays."""
    Treatment.objects.filter(run_id=run_id).delete()
