"""Declares the experiment of a plan at its launch: from then on nothing of it can change."""

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.experiments.models import Experiment
from sterna.desk.plans.signals import PlanLaunched


def name_of(plan: str, version: int) -> str:
    """The name of the experiment that a version of a plan declares."""
    return f"{plan}-{version}"


def declare(launched: PlanLaunched) -> None:
    """Declare the experiment of a launched plan, in the transaction that launches it.

    Salt, share, primary comparison and smallest effect are copied out of the pinned document, so that nobody can
    choose them after having seen a result.
    """
    plan, document = launched.plan, launched.plan.definition.body
    hold_out = document["hold_out"]
    experiment = Experiment.objects.create(
        name=name_of(plan.name, plan.version),
        plan=plan,
        salt=hold_out["salt"],
        share=float(hold_out["share"]),
        declared={"hold_out": hold_out, "primary": document["primary"], "definition": plan.definition.sha256},
        declared_at=clock.now(),
    )
    record("declare experiment", "experiment", experiment.name, launched.actor, detail=experiment.declared)
