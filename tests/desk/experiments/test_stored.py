"""Arms are stored once and stay, comparisons keep what is unknown unknown, and nothing is doubled or lost."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from sterna.desk.config.refused import Refused
from sterna.desk.customers.models import Customer
from sterna.desk.experiments.actions import publish_comparisons, record_assignments
from sterna.desk.experiments.models import Assignment, CampaignReach, Comparison, Experiment
from sterna.desk.plans import actions as plans
from sterna.engine.tables import TABLES
from tests.desk.plans.signed import in_force
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db

CUT = date(2017, 7, 1)
TYPES = {"VARCHAR": "text", "DOUBLE": "double precision"}


def stage(table: str, rows: list[dict]) -> None:
    """A run's rows of `table` as a publisher finds them; what a row lacks is NULL."""
    columns = TABLES[table].columns
    typed = ", ".join(f"{name} {TYPES.get(kind, kind)}" for name, kind in columns.items())
    marks = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.execute(f"drop table if exists staged_{table}")
        cursor.execute(f"create temporary table staged_{table} ({typed}) on commit drop")
        values = [[row.get(name) for name in columns] for row in rows]
        cursor.executemany(f"insert into staged_{table} values ({marks})", values)


@pytest.fixture
def people() -> list[Customer]:
    """Customers of a shop whose plan, and with it the experiment autumn-1, is approved."""
    found = shop.customers()
    shop.tiers()
    shop.plan()
    return [found[name] for name in shop.NAMES]


def decided(
    customer: Customer, arm: str | None = "treated", outcome: str | None = None, **more: str | None
) -> dict:
    row = {
        "customer_id": str(customer.pk),
        "unit": f"unit {customer.pk}",
        "arm": arm,
        "experiment": "autumn-1",
    }
    row |= {
        "outcome": outcome or ("contact" if arm == "treated" else arm),
        "goal": "bronze-up",
        "asset": "basket",
    }
    return row | more


def record(*rows: dict, cut: date = CUT) -> int:
    stage("decisions", list(rows))
    return record_assignments(uuid4(), cut)


def test_R89_whoever_is_contacted_or_held_out_has_an_arm_and_nobody_else_has(people):
    new = record(
        decided(people[0]),
        decided(people[1], "held out"),
        decided(people[2], None, "left out", experiment=None),
        decided(people[3], None, "contact", experiment=None),  # a plan without an experiment reaches them
        decided(people[4], "treated", experiment="never-declared"),
        decided(people[5], "treated", "left out"),
    )
    stored = dict(Assignment.objects.values_list("customer_id", "arm"))
    assert new == 2 and stored == {people[0].pk: "treated", people[1].pk: "held out"}
    kept = Assignment.objects.get(customer=people[1])
    assert (kept.goal, kept.asset, kept.assigned_on) == ("bronze-up", "basket", CUT)
    assert (kept.unit, kept.experiment.name) == (f"unit {people[1].pk}", "autumn-1")


def test_R89_the_first_drawing_stays_whatever_a_later_run_says(people):
    assert record(decided(people[0]), decided(people[1], "held out")) == 2
    first = list(Assignment.objects.order_by("id").values())
    later = date(2018, 1, 1)
    assert record(decided(people[0], "held out"), decided(people[1], goal="other"), cut=later) == 0
    assert list(Assignment.objects.order_by("id").values()) == first
    assert record(decided(people[0]), decided(people[2]), cut=later) == 1
    assert dict(Assignment.objects.values_list("customer_id", "assigned_on")) == {
        people[0].pk: CUT,
        people[1].pk: CUT,
        people[2].pk: later,
    }


def test_R89_each_version_of_a_plan_draws_its_own_arms(people):
    shop.plan(version=2)
    assert record(decided(people[0])) == record(decided(people[0], "held out", experiment="autumn-2")) == 1
    assert set(Assignment.objects.values_list("experiment__name", "arm")) == {
        ("autumn-1", "treated"),
        ("autumn-2", "held out"),
    }


def test_nobody_decided_for_is_nobody_drawn(people):
    assert record() == 0 and not Assignment.objects.exists()


def test_R89_a_second_arm_for_a_customer_cannot_be_written(people):
    record(decided(people[0]))
    twin = Assignment.objects.get()
    twin.pk, twin.arm = None, "held out"
    with pytest.raises(IntegrityError, match="arm_once"), transaction.atomic():
        twin.save()
    assert Assignment.objects.get().arm == "treated"


def test_what_has_arms_cannot_be_deleted(people):
    record(decided(people[0]))
    experiment = Experiment.objects.get()
    for held in (experiment, experiment.plan, people[0]):
        with pytest.raises(ProtectedError):
            held.delete()


def compared(name: str, **more: object) -> dict:
    row = {"experiment": "autumn-1", "comparison": name, "is_primary": name == "primary", "measure": "spend"}
    row |= {
        "design": "randomized",
        "treated": 40,
        "held_out": 10,
        "verdict": "cannot tell",
        "reason": "Too small.",
    }
    return row | more


def publish(comparisons: list[dict], reach: list[dict] | None = None, run: UUID | None = None) -> UUID:
    run = run or uuid4()
    stage("comparisons", comparisons)
    stage("campaign_reach", reach or [])
    publish_comparisons(run)
    return run


def test_R89_figures_are_kept_as_measured_and_unknown_ones_stay_unknown(people):
    figures = {
        "mean_treated": 12.25,
        "mean_held_out": 0.0,
        "effect": 12.25,
        "low": -1e-9,
        "high": 24.5,
        "p": 0.05,
    }
    run = publish([compared("primary", verdict="moved", **figures), compared("goal:bronze-up", treated=0)])
    primary = Comparison.objects.get(run_id=run, is_primary=True)
    assert {name: getattr(primary, name) for name in figures} == figures
    assert (primary.relative, primary.p_adjusted, primary.verdict) == (None, None, "moved")
    goal = Comparison.objects.get(run_id=run, name="goal:bronze-up")
    assert (goal.treated, goal.held_out, goal.reason) == (0, 10, "Too small.")
    assert [getattr(goal, name) for name in figures] == [None] * len(figures)


def test_a_run_publishes_each_comparison_once_and_another_run_beside_it(people):
    run = publish([compared("primary")])
    with pytest.raises(IntegrityError, match="comparison_once_a_run"), transaction.atomic():
        publish([compared("primary")], run=run)
    publish([compared("primary")])
    assert Comparison.objects.count() == 2


def test_R14_a_campaign_that_others_targeted_is_kept_as_heads_with_its_label(people):
    told = {"source": "shop", "campaign_id": "8", "targeted": 7, "others": 53, "redeemed": 2}
    told |= {"design": "targeted, not randomized"}
    run = publish([], [told, told | {"source": "mall", "kind": "Type A", "starts_on": CUT}])
    mall, own = CampaignReach.objects.filter(run_id=run).order_by("source")
    assert (mall.kind, mall.starts_on, own.kind, own.starts_on) == ("Type A", CUT, "", None)
    assert (own.targeted, own.others, own.redeemed, own.design) == (7, 53, 2, "targeted, not randomized")
    with pytest.raises(IntegrityError, match="reach_once_a_run"), transaction.atomic():
        publish([], [told], run=run)


def test_a_second_approval_declares_nothing_again(people):
    before = Experiment.objects.get()
    assert plans.launch(before.plan, None, "once more").pk == before.plan_id
    after = Experiment.objects.get()
    assert (after.pk, after.declared_at, after.declared) == (before.pk, before.declared_at, before.declared)


def test_R89_a_plan_without_a_hold_out_is_refused_and_declares_nothing(people):
    text = shop.PLAN.format(budget="100.00", version=2)
    line = next(line for line in text.splitlines() if line.startswith("hold_out"))
    bare = plans.load(text.replace(line, ""), None)
    with pytest.raises(
        Refused, match="the plan holds nobody out, so nobody could ever tell whether it worked"
    ):
        in_force(bare)
    assert Experiment.objects.count() == 1


def test_R89_the_declaration_is_a_copy_that_names_the_pinned_definition(people):
    experiment = Experiment.objects.select_related("plan__definition").get()
    definition = experiment.plan.definition
    assert experiment.declared["definition"] == definition.sha256
    assert experiment.declared["hold_out"] == definition.body["hold_out"]
    assert experiment.declared["primary"] == definition.body["primary"]
    assert (experiment.salt, experiment.share) == ("autumn-2017", 0.2)
