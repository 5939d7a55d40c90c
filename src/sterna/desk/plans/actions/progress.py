"""Keeps a plan's progress: stages closed with their proof, dependencies delivered, and the log of what slipped."""

from datetime import date

from django.db import transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.plans.models import DependencyEntry, Plan, StageClosed
from sterna.desk.plans.queries import dependencies_now
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User
from sterna.engine.plans import of_body
from sterna.engine.plans.stages import may_close
from sterna.engine.plans.strategy import Dependency

_LONGEST = {"proof": 600, "reason": 300}


@transaction.atomic
def close_stage(plan: Plan, stage: str, actor: User | None, proof: str) -> StageClosed:
    """Close a stage with what proves it done. Raises Refused: stage 3 cannot close before stage 2.

    Closed once more it stays as it was.
    """
    demand(actor, Right.MANAGE)
    held = _held(plan, proof, "proof")
    closed = {one.stage: one for one in held.stages_closed.all()}
    if stage in closed:
        return closed[stage]
    why_not = may_close(of_body(held.definition.body).plan.stages, closed, stage)
    if why_not:
        raise Refused(f"{held}: {why_not}")
    made = StageClosed.objects.create(
        plan=held, stage=stage, closed_by=actor, closed_at=clock.now(), proof=proof
    )
    record("close stage", "plan", str(held), actor, proof, {"stage": stage})
    return made


@transaction.atomic
def deliver(plan: Plan, dependency: str, actor: User | None, reason: str) -> Plan:
    """Note that a dependency is there, and what shows it. Raises Refused while another that it needs is open."""
    demand(actor, Right.MANAGE)
    held = _held(plan, reason, "reason")
    now = {one.id: one for one in dependencies_now(held, of_body(held.definition.body).plan).dependencies}
    one = _named(held, dependency, now)
    if one.done is not None:
        return held
    waiting = [name for name in one.needs if name in now and now[name].done is None]
    if waiting:
        raise Refused(f"{held}: {dependency} needs {', '.join(waiting)}, which {_is(waiting)} not there yet")
    _write(held, one, DependencyEntry.Kind.DELIVERED, clock.today(), actor, reason)
    return held


@transaction.atomic
def slip(plan: Plan, dependency: str, to: date, actor: User | None, reason: str) -> Plan:
    """Note that a dependency comes on another day than it was to, and why; the log keeps every day before it."""
    demand(actor, Right.MANAGE)
    held = _held(plan, reason, "reason")
    now = {one.id: one for one in dependencies_now(held, of_body(held.definition.body).plan).dependencies}
    one = _named(held, dependency, now)
    if one.done is not None:
        raise Refused(f"{held}: {dependency} is there since {one.done}")
    if one.by != to:
        _write(held, one, DependencyEntry.Kind.SLIPPED, to, actor, reason)
    return held


def _held(plan: Plan, said: str, what: str) -> Plan:
    if not said.strip():
        raise Refused(f"write the {what}: the audit keeps it")
    if len(said) > _LONGEST[what]:
        raise Refused(f"the {what} has {len(said)} characters: write at most {_LONGEST[what]}")
    held = Plan.objects.select_for_update(of=("self",)).select_related("definition").get(pk=plan.pk)
    if held.state == Plan.State.CLOSED:
        raise Refused(f"{held} is closed")
    return held


def _named(plan: Plan, name: str, now: dict[str | None, Dependency]) -> Dependency:
    if name not in now:
        known = ", ".join(str(one) for one in now) or "none"
        raise Refused(f"{plan} has no dependency {name!r}; it has: {known}")
    return now[name]


def _is(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _write(
    plan: Plan, one: Dependency, kind: DependencyEntry.Kind, day: date, actor: User | None, reason: str
) -> None:
    was_by = one.by or plan.opens_on
    DependencyEntry.objects.create(
        plan=plan, dependency=one.id or "", kind=kind, was_by=was_by, day=day,
        told_by=actor, told_at=clock.now(), reason=reason,
    )  # fmt: skip
    action = "slip dependency" if kind == DependencyEntry.Kind.SLIPPED else "deliver dependency"
    detail = {"dependency": one.id, "was_by": str(was_by), "day": str(day)}
    record(action, "plan", str(plan), actor, reason, detail)
