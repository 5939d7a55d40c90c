"""Takes a plan from its draft to its end: review, two signatures, launch, close."""

from django.db import transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.config.events import publish
from sterna.desk.config.refused import Refused
from sterna.desk.plans.actions.loading import require_fit
from sterna.desk.plans.models import Plan, Signature
from sterna.desk.plans.queries import dependencies_now, stages_left
from sterna.desk.plans.signals import PlanClosed, PlanLaunched
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User
from sterna.engine.plans import of_body
from sterna.engine.plans.dependencies import open_before

_RIGHTS = {Signature.Side.MARKETING: Right.MANAGE, Signature.Side.TECHNICAL: Right.SIGN_TECHNICAL}
_LONGEST = 300


@transaction.atomic
def submit(plan: Plan, actor: User | None, reason: str) -> Plan:
    """Hand a draft without errors over for review. Raises Refused; a version in review already stays as it is."""
    demand(actor, Right.MANAGE)
    held = _held(plan, reason, "why it is ready for review")
    if held.state == Plan.State.REVIEW:
        return held
    _require_state(held, "submitted for review", Plan.State.DRAFT)
    require_fit(held)
    return _goes(held, Plan.State.REVIEW, "submit plan", actor, reason)


@transaction.atomic
def sign(plan: Plan, side: str, actor: User, reason: str) -> Plan:
    """Sign a version in review for the side `marketing` or `technical`; with both it is approved.

    The two are different people's. Raises Refused for a side that is not the actor's to sign for. Signed twice by
    the same person for the same side it is signed once, and nothing more is written.
    """
    if side not in Signature.Side.values:
        raise Refused(f"{side!r} is no side of a plan: sign for {' or '.join(Signature.Side.values)}")
    demand(actor, _RIGHTS[Signature.Side(side)])
    held = _held(plan, reason, "what you looked at")
    signed = {one.side: one.signed_by_id for one in held.signatures.filter(void_at=None)}
    if signed.get(side) == actor.pk:
        return held
    _require_state(held, "signed", Plan.State.REVIEW)
    if side in signed:
        raise Refused(f"{held} is signed for the {side} side already")
    if actor.pk in signed.values():
        raise Refused(f"{actor.name} has signed {held} for the other side: two people sign a plan")
    # Tiers may have been cut anew since it was submitted: what is signed must be what can be launched.
    require_fit(held)
    Signature.objects.create(plan=held, side=side, signed_by=actor, signed_at=clock.now(), reason=reason)
    record("sign plan", "plan", str(held), actor, reason, {"side": side, "sha256": held.definition.sha256})
    if {*signed, side} == {*Signature.Side.values}:
        return _goes(held, Plan.State.APPROVED, "approve plan", actor, reason)
    return held


@transaction.atomic
def send_back(plan: Plan, actor: User | None, reason: str) -> Plan:
    """Make a version in review or approved a draft again; its signatures are void, and stay on record as that."""
    demand(actor, Right.MANAGE)
    held = _held(plan, reason, "what is to be mended")
    _require_state(held, "sent back", Plan.State.REVIEW, Plan.State.APPROVED)
    held.signatures.filter(void_at=None).update(void_at=clock.now())
    return _goes(held, Plan.State.DRAFT, "send plan back", actor, reason)


@transaction.atomic
def launch(plan: Plan, actor: User | None, reason: str) -> Plan:
    """Put an approved version in force; its experiment is declared in the same transaction and fixed from then on.

    The version of the plan that was live is closed. Raises Refused for a version without its two signatures, with a
    stage open, or with a dependency open that something beginning by now waits for: each is named. A second launch
    changes nothing and is not written again.
    """
    demand(actor, Right.MANAGE)
    held = _held(plan, reason, "why it may begin")
    if held.state == Plan.State.LIVE:
        return held
    _require_state(held, "launched", Plan.State.APPROVED)
    require_fit(held)
    _require_ready(held)
    # One version of a plan is live: contacts of an older one that have not left are withdrawn by the next run.
    Plan.objects.filter(name=held.name, state=Plan.State.LIVE).update(state=Plan.State.CLOSED)
    held.launched_by, held.launched_at = actor, clock.now()
    _goes(held, Plan.State.LIVE, "launch plan", actor, reason)
    publish(PlanLaunched(held, actor))
    return held


@transaction.atomic
def close(plan: Plan, actor: User | None, reason: str) -> Plan:
    """End a live version: what has not left is withdrawn in the same transaction, and no run contacts anybody by it."""
    demand(actor, Right.MANAGE)
    held = _held(plan, reason, "why it ends")
    if held.state == Plan.State.CLOSED:
        return held
    _require_state(held, "closed", Plan.State.LIVE)
    _goes(held, Plan.State.CLOSED, "close plan", actor, reason)
    publish(PlanClosed(held))
    return held


def _held(plan: Plan, reason: str, asked: str) -> Plan:
    """The version, held with all others of its name until the transaction ends."""
    if not reason.strip():
        raise Refused(f"write {asked}: the audit keeps it")
    if len(reason) > _LONGEST:
        raise Refused(f"the reason has {len(reason)} characters: write at most {_LONGEST}")
    # All versions, in one order: two that are launched at once would else not see each other, and both be live.
    versions = Plan.objects.select_for_update(of=("self",)).filter(name=plan.name).order_by("pk")
    return next(version for version in versions.select_related("definition") if version.pk == plan.pk)


def _require_state(plan: Plan, done: str, *states: str) -> None:
    if plan.state not in states:
        raise Refused(f"{plan} is {plan.get_state_display().lower()} and cannot be {done}")


def _require_ready(plan: Plan) -> None:
    document = of_body(plan.definition.body)
    if left := stages_left(plan, document.plan):
        raise Refused(f"{plan} cannot be launched before its stages are closed: {', '.join(left)}")
    waiting = open_before(dependencies_now(plan, document.plan), on=clock.today())
    if waiting:
        named = "; ".join(f"{one.title or one.id} ({one.owner}, due {one.by})" for one in waiting)
        raise Refused(f"{plan} cannot be launched while it waits for: {named}")


def _goes(plan: Plan, state: Plan.State, action: str, actor: User | None, reason: str) -> Plan:
    plan.state = state
    plan.save(update_fields=["state", "launched_by", "launched_at"])
    record(action, "plan", str(plan), actor, reason, {"sha256": plan.definition.sha256})
    return plan
