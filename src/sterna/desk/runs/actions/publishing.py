"""Publishes a run's outcome to the records in one transaction: pages see all of it or nothing."""

import shutil
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock, options
from sterna.desk.contacts import actions as contacts
from sterna.desk.experiments import actions as experiments
from sterna.desk.plans.models import Plan
from sterna.desk.runs.actions.briefing import folder
from sterna.desk.runs.actions.staging import stage
from sterna.desk.runs.actions.summing import summary
from sterna.desk.runs.models import Run
from sterna.desk.runs.queries import tier_edges
from sterna.desk.segments import actions as segments
from sterna.desk.segments.models import Definition
from sterna.desk.segments.queries import SCHEME
from sterna.desk.values import actions as values
from sterna.desk.webhooks import actions as webhooks
from sterna.engine import flow


@transaction.atomic
def publish(run: Run, outcome: flow.Outcome) -> None:
    """Publish `outcome`; one that is published already is left as it is.

    The newest day leads. A run of an earlier day than one that is published shows its tables, but what lives on
    from run to run stays as the newer one left it: memberships, arms and the ledger only move forward.
    """
    held = Run.objects.select_for_update().get(pk=run.pk)
    if held.published_at is not None:
        return
    scratch = folder(run.pk) / "staging"
    stage(outcome.files, scratch, options.text("STERNA_LAKE_MEMORY"))
    shutil.rmtree(scratch, ignore_errors=True)
    values.publish(run.pk, {str(model["model"]): model for model in outcome.models})
    values.sum_up(run.pk, tier_edges(held))
    segments.publish_moves(run.pk)
    segments.publish_treated(run.pk)
    segments.publish_bests(run.pk, _run_before(held))
    contacts.leave_out(run.pk)
    experiments.publish_comparisons(run.pk)
    leads = not Run.objects.filter(published_at__isnull=False, until__gt=held.until).exists()
    carried = _carry_forward(held) if leads else {}
    held.summary = summary(held, carried)
    held.state, held.ended_at, held.published_at = Run.State.DONE, clock.now(), clock.now()
    held.outcome_sha256 = outcome.sha256
    held.save()
    record(
        "publish run",
        "run",
        str(held.pk),
        detail={"until": str(held.until), "outcome": outcome.sha256, **carried},
    )
    webhooks.tell_run(held.pk, held.until, leads)
    _retain()
    run.refresh_from_db()


def _run_before(run: Run) -> UUID | None:
    """The newest published run whose window ended before the window of `run` began."""
    opening = msgspec.convert(run.brief, flow.Brief).opening
    published = Run.objects.filter(published_at__isnull=False, until__lt=opening).exclude(pk=run.pk)
    return published.order_by("-until", "-published_at").values_list("pk", flat=True).first()


def _carry_forward(run: Run) -> dict[str, int]:
    """Move memberships to the run's places, store its arms, enter its contacts; returns how many of each."""
    cut = run.until + timedelta(days=1)
    carried = Counter({"memberships closed": 0, "memberships opened": 0})
    for terms in (run.brief["scheme"], *run.brief.get("tiers", ()), *run.brief.get("ruled", ())):
        kind = terms.get("kind", SCHEME)
        definition = Definition.objects.get(kind=kind, name=terms["name"], version=terms["version"])
        carried.update(segments.carry(run.pk, cut, definition))
    if proposed := segments.propose_groups(run.pk):
        carried["groups proposed"] = proposed
    plan = plan_of(run.brief)
    if plan is not None:
        carried["arms drawn"] = experiments.record_assignments(run.pk, cut)
        carried["contacts planned"] = contacts.plan_contacts(run.pk, plan, cut)
    return carried


def plan_of(brief: Mapping[str, Any]) -> Plan | None:
    """The plan that a brief pins."""
    pinned = brief.get("plan")
    return Plan.objects.get(name=pinned["name"], version=pinned["version"]) if pinned else None


def _retain() -> None:
    """Drop the rows per customer of all but the newest published runs; their summaries, models and files stay."""
    published = Run.objects.filter(published_at__isnull=False).order_by("-until", "-published_at")
    for old in published[options.number("STERNA_PUBLISHED_RUNS") :]:
        for app in (values, segments, contacts):
            app.forget(old.pk)
