"""Loads plans with what the check finds."""

from pathlib import Path

from django.db import transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.plans.models import Finding, Plan
from sterna.desk.plans.queries import known_of, tiers_in_order
from sterna.desk.segments.actions import publish_definition
from sterna.desk.segments.queries import PLAN
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User
from sterna.engine.errors import BadInput
from sterna.engine.lake.beside import Beside, text_of
from sterna.engine.plans import Document, body, check, errors, of_body
from sterna.engine.plans import load as read_plan


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
        record("load plan", "plan", str(known), actor, detail={"sha256": definition.sha256})
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
    """Replace the findings of a draft: the tiers it names may have come since. Another version keeps its own."""
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
        for found in check(document, known_of(document.plan))
    )


def require_fit(plan: Plan) -> None:
    """Raise Refused where the plan has an error, or its scheme has no version yet."""
    body = plan.definition.body
    if tiers_in_order(body["scheme"]) is None:
        raise Refused(f"there are no tiers called {body['scheme']!r} yet: cut them first")
    # What was found when it was loaded, and what its tiers, which may have come since, say now.
    found = list(plan.findings.filter(severity="error").values_list("message", flat=True))
    document = of_body(body)
    found += [finding.message for finding in errors(check(document, known_of(document.plan)))]
    if found:
        raise Refused(
            f"{plan.name} {plan.version} has errors, the first: {found[0]}; mend it and load it under a new version"
        )
