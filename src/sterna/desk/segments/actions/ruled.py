"""Publishes schemes by rules, segments and stages, and says who manages which segment."""

from collections.abc import Mapping

import msgspec
from django.db import transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.segments.actions.definitions import publish_definition
from sterna.desk.segments.actions.schemes import check_names
from sterna.desk.segments.models import Definition, Retirement, Steward
from sterna.desk.segments.ruled_queries import (
    PLACED,
    managers,
    ruled_in_force,
    scheme_of,
    strange,
    users_of_scheme,
)
from sterna.desk.segments.treatment_queries import orphaned, users_of_segments
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User
from sterna.engine.segments.ruled import SEGMENTS, Ruled, check_ruled


@transaction.atomic
def publish_ruled(
    scheme: Ruled, named: Mapping[str, User], actor: User | None, reason: str
) -> tuple[Definition, list[str]]:
    """The definition of `scheme` and what to think about it; the same terms again are the same row.

    `named` are the managers of segments, those who manage one already may be left out. Raises BadInput for what places
    nobody, Refused without a reason, for what nobody here can know, and for a segment that nobody would manage.
    """
    demand(actor, Right.MANAGE)
    if not reason.strip():
        raise Refused(f"write why the {scheme.kind} change: the audit keeps it")
    warnings = check_ruled(scheme)
    check_names(scheme.name, scheme.places)
    other = Definition.objects.filter(kind__in=PLACED, name=scheme.name).exclude(kind=scheme.kind).first()
    if other is not None:
        raise Refused(f"{scheme.name} is the name of another kind of scheme: give this one its own")
    for problem in (*strange(scheme), *orphaned(scheme)):
        raise Refused(problem)
    Retirement.objects.filter(scheme=scheme.name).delete()
    definition = publish_definition(scheme.kind, scheme.name, msgspec.to_builtins(scheme), actor, newest=True)
    record(
        f"publish {scheme.kind}",
        "definition",
        f"{scheme.name} {definition.version}",
        actor,
        reason,
        {"sha256": definition.sha256},
        f"publish {scheme.kind} {scheme.name} {definition.version}",
    )
    if scheme.kind == SEGMENTS:
        _own(scheme, named, actor)
    return definition, warnings


def _own(scheme: Ruled, named: Mapping[str, User], actor: User | None) -> None:
    """Give every segment its manager; one that is no more has none."""
    standing = managers(scheme.name)
    orphans = [place for place in scheme.places if place not in standing and place not in named]
    if orphans:
        raise Refused(f"nobody manages {', '.join(orphans)}: every segment has one manager")
    for place in scheme.places:
        if place in named:
            _hand_over(scheme.name, place, named[place], actor)
    gone = Steward.objects.filter(scheme=scheme.name, until=None).exclude(place__in=scheme.places)
    gone.update(until=clock.today())


@transaction.atomic
def retire_ruled(name: str, actor: User | None, reason: str) -> None:
    """Have runs place nobody by a scheme any more; what was said of the past stays, its managers manage nobody.

    Raises Refused while rules of other schemes ask for it, naming them.
    """
    demand(actor, Right.MANAGE)
    if not reason.strip():
        raise Refused("write why the scheme is retired: the audit keeps it")
    definition = next((one for one in ruled_in_force() if one.name == name), None)
    if definition is None:
        raise Refused(f"there are no segments or stages {name} in force")
    if users := [*users_of_scheme(name), *users_of_segments(name)]:
        raise Refused(f"{name} is asked for by {', '.join(users)}: change these first")
    Retirement.objects.create(scheme=name, retired_at=clock.now())
    Steward.objects.filter(scheme=name, until=None).update(until=clock.today())
    record(f"retire {definition.kind}", "definition", name, actor, reason)


@transaction.atomic
def appoint(definition: Definition, place: str, manager: User, actor: User | None, reason: str) -> None:
    """Have somebody manage a segment from today on."""
    demand(actor, Right.MANAGE)
    if not reason.strip():
        raise Refused("write why the manager changes: the audit keeps it")
    if definition.kind != SEGMENTS or place not in scheme_of(definition).places:
        raise Refused(f"{definition.name} has no segment {place}")
    if _hand_over(definition.name, place, manager, actor):
        detail = {"manager": manager.username}
        record("appoint manager", "segment", f"{definition.name} {place}", actor, reason, detail)


def _hand_over(scheme: str, place: str, manager: User, actor: User | None) -> bool:
    if not manager.is_active:
        raise Refused(f"{manager.name} does not work here any more and can manage no segment")
    standing = Steward.objects.select_for_update().filter(scheme=scheme, place=place, until=None).first()
    if standing is not None and standing.manager_id == manager.pk:
        return False
    if standing is not None:
        standing.until = clock.today()
        standing.save(update_fields=["until"])
    Steward.objects.create(scheme=scheme, place=place, manager=manager, since=clock.today())
    return True
