"""Declares the experiment of a plan at its approval: from then on nothing of it can change."""

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.experiments.models import Experiment
from sterna.desk.plans.actions import PlanApproved


def name_of(plan: str, version: int) -> str:
    """The name of the experiment that a version of a plan declares."""
    return f"{plan}-{version}"


def declare(approved: PlanApproved) -> None:
    """Declare the experiment of an approved plan, in the transaction that approves it.

    Salt, share, primary comparison and smallest effect are copied out of the pinned document, so that nobody can
    choose them after having seen a result.
    """
    plan, document = approved.plan, approved.plan.definition.body
    hold_out = document["hold_out"]
    experiment = Experiment.objects.create(
        name=name_of(plan.name, plan.version),
        plan=plan,
        salt=hold_out["salt"],
        share=float(hold_out["share"]),
        declared={"hold_out": hold_out, "primary": document["primary"], "definition": plan.definition.sha256},
        declared_at=clock.now(),
    )
    record("declare experiment", "experiment", experiment.name, approved.actor, detail=experiment.declared)
