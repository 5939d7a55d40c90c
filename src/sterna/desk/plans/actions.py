"""Loads plans with what the check finds, and approves those without errors."""

from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.config.events import publish
from sterna.desk.config.refused import Refused
from sterna.desk.plans.models import Finding, Plan
from sterna.desk.segments.actions import publish_definition
from sterna.desk.segments.queries import PLAN, SCHEME, newest_definition
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User
from sterna.engine.errors import BadInput
from sterna.engine.lake.beside import Beside, text_of
from sterna.engine.plans import Document, body, check, errors, of_body
from sterna.engine.plans import load as read_plan


@dataclass(frozen=True)
class PlanApproved:
    """Published in the transaction that approves a plan: what declares its experiment listens."""

    plan: Plan
    actor: User | None


def load(source: Path | str, actor: User | None) -> Plan:
    """The plan in a file, or in a text, as a draft with the findings of its check.

    A file may name others beside it; a text stands by itself. The same plan again is the same row. Raises BadInput
    when it cannot be read as a plan at all, Refused when its version is there with another content.
    """
    demand(actor, Right.MANAGE)
    if isinstance(source, Path):
        text, read = text_of(source), Beside(source.parent)
    else:
        text, read = source, Beside(None)
    return _store(read_plan(text, read), text, actor)


@transaction.atomic
def _store(document: Document, text: str, actor: User | None) -> Plan:
    read = document.plan
    if not document.readable or not (read.name and read.version and read.opens and read.closes):
        raise BadInput(_unusable(document))
    known = Plan.objects.select_for_update().filter(name=read.name, version=read.version).first()
    definition = publish_definition(PLAN, read.name, body(read), actor)
    if known is not None and known.definition_id != definition.pk:
        raise Refused(
            f"version {read.version} of {read.name} is there with another content: give it a new version"
        )
    if known is None:
        known = Plan.objects.create(
            name=read.name,
            version=read.version,
            title=read.title or read.name,
            opens_on=read.opens,
            closes_on=read.closes,
            definition=definition,
            source_text=text,
            loaded_at=clock.now(),
        )
        record("load plan", "plan", _label(known), actor, detail={"sha256": definition.sha256})
    _check(known, document)
    return known


def _unusable(document: Document) -> str:
    """The first thing that keeps a text from being a plan, with its line."""
    first = next(iter(check(document)), None)
    if first is None:
        return "this is no plan: it needs at least plan, version, opens and closes"
    where = f"line {first.line}: " if first.line else ""
    return f"{where}{first.message}; {first.mend}"


def _check(plan: Plan, document: Document) -> None:
    """Replace the findings of a draft: the tiers it names may have come since. An approved plan keeps its own."""
    if plan.state != Plan.State.DRAFT:
        return
    plan.findings.all().delete()
    Finding.objects.bulk_create(
        Finding(
            plan=plan,
            code=found.code,
            severity=found.severity,
            where=found.where,
            line=found.line,
            message=found.message,
            mend=found.mend,
        )
        for found in check(document, _places(document.plan.scheme))
    )


def _places(scheme: str | None) -> list[str] | None:
    """The places of the scheme's newest version from the lowest up, or None while there is none."""
    definition = newest_definition(SCHEME, scheme) if scheme else None
    if definition is None:
        return None
    return [band["place"] for band in sorted(definition.body["bands"], key=lambda band: band["rank"])]


@transaction.atomic
def approve(plan: Plan, actor: User | None, reason: str) -> Plan:
    """Approve a draft without errors; its experiment is declared in the same transaction and fixed from then on.

    Raises Refused for a plan with errors, one without its tiers, or one that is closed. A second approval changes
    nothing and is not written again: the answer still names who approved it, and when.
    """
    demand(actor, Right.MANAGE)
    # All versions, in one order: two that are approved at once would else not see each other, and both be in force.
    versions = Plan.objects.select_for_update(of=("self",)).filter(name=plan.name).order_by("pk")
    held = next(version for version in versions.select_related("definition") if version.pk == plan.pk)
    if held.state == Plan.State.APPROVED:
        return held
    _require_fit(held, reason)
    # One version of a plan is in force: contacts of an older one that have not left are withdrawn by the next run.
    versions.filter(state=Plan.State.APPROVED).update(state=Plan.State.CLOSED)
    held.state, held.approved_by, held.approved_at = Plan.State.APPROVED, actor, clock.now()
    held.save(update_fields=["state", "approved_by", "approved_at"])
    record("approve plan", "plan", _label(held), actor, reason, {"sha256": held.definition.sha256})
    publish(PlanApproved(held, actor))
    return held


def _require_fit(plan: Plan, reason: str) -> None:
    if not reason.strip():
        raise Refused("write why the plan is approved: the audit keeps it")
    if plan.state != Plan.State.DRAFT:
        raise Refused(f"{_label(plan)} is {plan.state} and cannot be approved")
    scheme = plan.definition.body["scheme"]
    places = _places(scheme)
    if places is None:
        raise Refused(f"there are no tiers called {scheme!r} yet: cut them first")
    # What was found when it was loaded, and what its tiers, which may have come since, say now.
    found = list(plan.findings.filter(severity="error").values_list("message", flat=True))
    found += [finding.message for finding in errors(check(of_body(plan.definition.body), places))]
    if found:
        raise Refused(
            f"{_label(plan)} has errors, the first: {found[0]}; mend it and load it under a new version"
        )


def _label(plan: Plan) -> str:
    return f"{plan.name} {plan.version}"
