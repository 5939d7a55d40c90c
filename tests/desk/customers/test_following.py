"""Everything that hangs on a customer says how it follows a merge; points that are planted follow and come back."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import connection, models
from django.test.utils import isolate_apps

from sterna.desk.audit.models import Entry
from sterna.desk.contacts.actions import plan_contacts
from sterna.desk.contacts.models import Contact
from sterna.desk.customers import following
from sterna.desk.customers.actions import identify, merge, split, undo
from sterna.desk.customers.following import Following
from sterna.desk.customers.models import Customer, Followed, SourceRecord
from sterna.desk.experiments.models import Assignment, Experiment
from sterna.desk.plans.models import Plan
from tests.desk.contacts import ledger
from tests.desk.customers.people import NOON, whose
from tests.desk.runs import shop


def silent(found: list[type[models.Model]]) -> list[str]:
    """The models that hang on a customer, by a key or by its id, and did not say how they follow."""

    def hangs(field: Any) -> bool:
        return field.related_model is Customer or (
            isinstance(field, models.UUIDField) and "customer" in field.name and field.related_model is None
        )

    return sorted(
        model._meta.label
        for model in found
        if any(hangs(field) for field in model._meta.concrete_fields)
        and model._meta.label not in following.registered()
    )


def test_R20_every_model_that_hangs_on_a_customer_says_how_it_follows():
    assert silent(list(apps.get_models())) == []


@isolate_apps("sterna.desk.customers")
def test_R20_a_model_that_says_nothing_is_found():
    class Points(models.Model):
        customer = models.ForeignKey(Customer, on_delete=models.PROTECT)

        class Meta:
            app_label = "planted"

    class Note(models.Model):
        customer_id = models.UUIDField()

        class Meta:
            app_label = "planted"

    class Weather(models.Model):
        degrees = models.IntegerField()

        class Meta:
            app_label = "planted"

    assert silent([Points, Note, Weather]) == ["planted.Note", "planted.Points"]


@pytest.fixture
def points(db) -> Any:
    """A ledger of points, planted: its postings move to whoever stays, and back to whoever earned them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "create temp table points (id serial, customer uuid, amount numeric(12, 2)) on commit drop"
        )

    def join(kept: UUID, gone: UUID, at: datetime) -> dict[str, Any] | None:
        with connection.cursor() as cursor:
            cursor.execute("update points set customer = %s where customer = %s returning id", [kept, gone])
            moved = [row[0] for row in cursor.fetchall()]
        return {"postings": moved} if moved else None

    def part(kept: UUID, gone: UUID, memo: dict[str, Any], at: datetime) -> None:
        with connection.cursor() as cursor:
            cursor.execute("update points set customer = %s where id = any(%s)", [gone, memo["postings"]])

    following.register(Following("planted.Points", join, part))
    yield
    following.forget("planted.Points")


def post(customer: Customer, amount: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("insert into points (customer, amount) values (%s, %s)", [customer.pk, amount])


def balances() -> dict[UUID, str]:
    with connection.cursor() as cursor:
        cursor.execute("select customer, sum(amount)::text from points group by 1")
        return dict(cursor.fetchall())


def test_R20_points_and_promises_follow_and_sums_are_unchanged(points):
    identify("till", "card", ["1", "2", "3"], NOON)
    one, two, three = (whose(f"till/card:{number}") for number in "123")
    for customer, amount in ((one, "10.00"), (two, "5.50"), (two, "0.25"), (three, "7.00")):
        post(customer, amount)
    before = balances()
    merge(two, three, "one", None)
    merge(one, two, "one", None)
    # 10.00 + 5.50 + 0.25 + 7.00
    assert balances() == {one.pk: "22.75"}
    post(one, "1.00")
    records = SourceRecord.objects.filter(key__in=["till/card:2", "till/card:3"])
    split(one, list(records.values_list("pk", flat=True)), "two", None)
    # What was earned while they were one stays where it was earned; three is still a part of two.
    assert balances() == {one.pk: "11.00", two.pk: "12.75"}
    split(two, [SourceRecord.objects.get(key="till/card:3").pk], "three", None)
    assert balances() == {**before, one.pk: "11.00"}
    assert not Followed.objects.filter(parted_at=None).exists()


def test_R20_a_thing_that_cannot_follow_stops_the_merge_whole(points):
    identify("till", "card", ["1", "2"], NOON)

    def refuse(kept: UUID, gone: UUID, at: datetime) -> None:
        raise RuntimeError("points are locked")

    following.register(Following("planted.Points", refuse, lambda *_: None))
    with pytest.raises(RuntimeError, match="locked"):
        merge(whose("till/card:1"), whose("till/card:2"), "one", None)
    assert whose("till/card:2") != whose("till/card:1") and not Followed.objects.exists()


def test_R89_a_merge_across_arms_is_flagged_and_both_arms_stay(db):
    identify("till", "card", ["1", "2"], NOON)
    shop.tiers()
    experiment = Experiment.objects.filter(plan=shop.plan()).get()
    kept, gone = whose("till/card:1"), whose("till/card:2")
    for customer, arm in ((kept, "treated"), (gone, "held out")):
        Assignment.objects.create(
            experiment=experiment, unit=str(customer.pk), customer=customer, arm=arm, goal="g", asset="a",
            assigned_on=NOON.date(), run_id=UUID(int=1),
        )  # fmt: skip
    decision = merge(kept, gone, "one", None)
    line = Entry.objects.get(action="merge across arms")
    assert line.detail["crossed"] == [{"experiment": experiment.name, "kept": "treated", "gone": "held out"}]
    undo(decision, "two", None)
    assert list(Assignment.objects.order_by("pk").values_list("customer", "arm")) == [
        (kept.pk, "treated"),
        (gone.pk, "held out"),
    ]


def decided(customer: Customer, cut: date) -> None:
    """What a run decided: the basket for one customer, due on `cut`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "create temp table staged_decisions on commit drop as select gen_random_uuid()::text as row_id, "
            "'basket' as asset, %s as customer_id, 'up' as goal, 'email' as medium, 'marketing' as purpose, "
            "null::text as experiment, 'a@home.org' as address, 'why' as reason, 1.00 as cost, 'contact' as outcome, "
            "%s::date as due_on",
            [str(customer.pk), cut],
        )


@pytest.mark.parametrize(("state", "planned"), [("confirmed", 0), ("withdrawn", 1)])
def test_R20_who_was_reached_before_a_merge_is_not_reached_again_in_the_same_round(db, state, planned):
    kept, gone = (contact.customer for contact in ledger.fill(2))
    identify("till", "card", ["1", "2"], NOON)
    SourceRecord.objects.filter(value="1").update(customer=kept, seed=kept.pk)
    SourceRecord.objects.filter(value="2").update(customer=gone, seed=gone.pk)
    Contact.objects.filter(customer=gone).update(state=state)
    Contact.objects.filter(customer=kept).delete()
    merge(kept, gone, "one", None)
    cut = Contact.objects.get().due_on
    decided(kept, cut)
    assert plan_contacts(UUID(int=9), Plan.objects.get(), cut) == planned
