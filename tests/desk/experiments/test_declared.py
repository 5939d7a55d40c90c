"""A declared experiment: fixed at approval, undone with it, and read by the runs as it was declared."""

import pytest
from django.db import transaction

from sterna.desk.audit.models import Entry
from sterna.desk.config import events
from sterna.desk.experiments.models import Experiment
from sterna.desk.plans.models import Plan
from sterna.desk.plans.signals import PlanLaunched
from sterna.desk.runs.actions.definitions import declared, experiment_terms
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db


def test_an_approval_that_fails_declares_nothing(monkeypatch):
    shop.tiers()

    def fail(launched: PlanLaunched) -> None:
        raise RuntimeError("a subscriber failed")

    monkeypatch.setitem(events._handlers, PlanLaunched, [*events._handlers[PlanLaunched], fail])
    with pytest.raises(RuntimeError), transaction.atomic():
        shop.plan()
    assert not Experiment.objects.exists() and not Plan.objects.filter(state="live").exists()


def test_what_was_declared_is_what_it_is_judged_by():
    shop.tiers()
    shop.plan()
    experiment = Experiment.objects.get()
    judged = declared(experiment)
    assert (judged.name, judged.share, judged.measure, judged.wished) == ("autumn-1", 0.2, "spend", "up")
    assert (judged.smallest_effect, judged.least_per_arm, judged.adjust_by) == (0.05, 30, "spend_before")
    terms = experiment_terms(experiment)
    assert (terms.name, terms.salt, terms.share) == ("autumn-1", "autumn-2017", 0.2)
    assert Entry.objects.get(action="declare experiment").subject == "autumn-1"


def test_each_version_of_a_plan_has_its_own_experiment():
    shop.tiers()
    shop.plan()
    shop.plan(version=2)
    assert list(Experiment.objects.order_by("name").values_list("name", flat=True)) == [
        "autumn-1",
        "autumn-2",
    ]
