"""What a run leaves in the records: whole, once, in agreement with its files, and carried forward in order of days."""

from collections import Counter
from datetime import date
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from django.db.models import Count, Sum

from sterna.desk.audit.models import Entry
from sterna.desk.contacts.actions import send_due
from sterna.desk.contacts.models import Contact, LeftOut
from sterna.desk.customers.models import Consent
from sterna.desk.experiments.models import Assignment, CampaignReach, Comparison
from sterna.desk.plans import actions as plans
from sterna.desk.runs import actions
from sterna.desk.runs.actions import publishing, running
from sterna.desk.runs.models import Run
from sterna.desk.segments.models import Candidate, MatrixCell, Membership, Move
from sterna.desk.values.models import CategoryRoom, Model, Worth
from sterna.engine.decisions import arm
from tests.desk.contacts import ledger
from tests.desk.plans.signed import in_force
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db(transaction=True)


def _counts() -> dict[str, int]:
    tables = (
        Worth,
        CategoryRoom,
        Model,
        Move,
        MatrixCell,
        Candidate,
        Membership,
        Contact,
        LeftOut,
        Assignment,
    )
    return {table.__name__: table.objects.count() for table in (*tables, Comparison, CampaignReach)}


def _file(run: Run, table: str) -> list[dict]:
    return pq.read_table(running.folder(run.pk) / f"{table}.parquet").to_pylist()


def test_the_records_agree_with_the_files():
    shop.open_shop()
    run = actions.run(shop.FIRST).run
    values = {row["customer_id"]: row for row in _file(run, "values")}
    worths = {str(worth.customer_id): worth for worth in Worth.objects.filter(run_id=run.pk)}
    assert worths.keys() == values.keys() and len(worths) == shop.CUSTOMERS
    for customer, row in values.items():
        shown = worths[customer]
        assert (shown.spend, shown.orders, shown.headroom) == (row["spend"], row["orders"], row["headroom"])
    assert {model.name for model in Model.objects.all()} >= {"purchases", "potential"}
    rooms = CategoryRoom.objects.values("customer").annotate(number=Count("id"))
    assert rooms and max(row["number"] for row in rooms) <= 5


def test_every_customer_is_contacted_or_left_out_with_a_reason(monkeypatch):
    monkeypatch.setenv("STERNA_NOW", "2017-07-01T12:00:00+00:00")
    shop.open_shop()
    run = actions.run(shop.FIRST).run
    contacted = set(Contact.objects.values_list("customer_id", flat=True))
    left = set(LeftOut.objects.values_list("customer_id", flat=True))
    assert not contacted & left and len(contacted) + len(left) == shop.CUSTOMERS and contacted
    assert all(row.reason_code and row.reason for row in LeftOut.objects.all())
    contact = Contact.objects.first()
    assert contact.natural_key == f"autumn:1:basket:{contact.customer_id}:2017-07-01"
    assert contact.due_on == date(2017, 7, 1) and contact.expires_on == date(2017, 7, 31) and contact.address
    assert run.summary["carried"]["contacts planned"] == len(contacted)


def test_R4_a_matrix_row_sums_to_its_opening_headcount():
    shop.open_shop()
    run = actions.run(shop.SECOND).run
    rows = (
        MatrixCell.objects.filter(run_id=run.pk)
        .values("from_place", "opening")
        .annotate(total=Sum("customers"))
    )
    assert rows and all(row["total"] == row["opening"] for row in rows)
    assert sum(row["opening"] for row in rows) == shop.CUSTOMERS
    moves = Counter(Move.objects.values_list("from_place", "to_place"))
    cells = {
        (cell.from_place, cell.to_place): cell.customers
        for cell in MatrixCell.objects.all()
        if cell.customers
    }
    assert moves == cells and len(moves) > 2
    goal = run.summary["goals"][0]
    assert goal["moved"] == moves["bronze", "silver"] > 0 and goal["customers"] == 5


def test_the_budget_is_kept_and_the_hold_out_costs_nothing():
    shop.customers()
    shop.fill_lake()
    shop.tiers()
    shop.plan(budget="12.00")
    run = actions.run(shop.FIRST).run
    spent = Contact.objects.aggregate(total=Sum("cost"))["total"]
    assert Decimal(0) < spent <= Decimal("12.00")
    assert LeftOut.objects.filter(reason_code="budget").exists()
    assert run.summary["decisions"]["contact"]["cost"] == str(spent)


def test_arms_are_those_of_the_hash_and_the_first_drawing_stays():
    shop.open_shop()
    actions.run(shop.FIRST)
    drawn = list(Assignment.objects.values_list("unit", "arm", "assigned_on"))
    assert drawn and all(given == arm("autumn-2017", unit, 0.2) for unit, given, _ in drawn)
    assert {day for _, _, day in drawn} == {date(2017, 7, 1)}
    assert {given for _, given, _ in drawn} == {"treated", "held out"}
    first = dict(Assignment.objects.values_list("customer_id", "id"))
    actions.run(shop.SECOND)
    later = dict(Assignment.objects.values_list("customer_id", "id"))
    assert first.items() <= later.items()


def test_a_stored_arm_that_differs_from_the_hash_wins_even_on_its_own_day():
    found = shop.open_shop()
    first = actions.run(shop.FIRST).run
    treated = Assignment.objects.filter(arm="treated").first()
    Assignment.objects.filter(pk=treated.pk).update(arm="held out")
    second = actions.run(shop.FIRST).run
    assert second.pk != first.pk
    decided = {row["customer_id"]: row for row in _file(second, "decisions")}
    assert decided[str(treated.customer_id)]["outcome"] == "held out"
    assert Contact.objects.get(customer_id=treated.customer_id).state == "withdrawn"
    assert found


def test_publishing_twice_changes_nothing():
    shop.open_shop()
    run = actions.run(shop.FIRST).run
    before, published_at = _counts(), run.published_at
    outcome = running.flow.Outcome(run.outcome_sha256, {}, {}, ())
    publishing.publish(run, outcome)
    assert _counts() == before and Run.objects.get().published_at == published_at


def test_an_error_while_publishing_leaves_nothing(monkeypatch):
    shop.open_shop()
    before = _counts()
    monkeypatch.setattr(publishing, "summary", lambda run, carried: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        actions.run(shop.FIRST)
    assert _counts() == before and Run.objects.get().published_at is None
    monkeypatch.undo()
    assert actions.run(shop.FIRST).run.published_at is not None


def test_two_runs_carry_memberships_forward():
    shop.open_shop()
    actions.run(shop.FIRST)
    second = actions.run(shop.SECOND).run
    assert Membership.objects.filter(during__contains=date(2018, 1, 1)).count() == shop.CUSTOMERS
    moved = Membership.objects.filter(run_id=second.pk)
    assert 0 < moved.count() < shop.CUSTOMERS, "who stayed keeps the stay"
    places = {row["customer_id"]: row["to_place"] for row in _file(second, "places")}
    now = Membership.objects.filter(during__contains=date(2018, 1, 1)).values_list("customer_id", "place")
    assert {str(customer): place for customer, place in now} == places


def test_a_run_of_an_earlier_day_shows_its_tables_and_leaves_history_alone():
    shop.open_shop()
    actions.run(shop.SECOND)
    kept = list(Membership.objects.order_by("id").values_list("id", "during"))
    contacts, arms = Contact.objects.count(), Assignment.objects.count()
    earlier = actions.run(shop.FIRST).run
    assert (
        earlier.published_at is not None and Move.objects.filter(run_id=earlier.pk).count() == shop.CUSTOMERS
    )
    assert list(Membership.objects.order_by("id").values_list("id", "during")) == kept
    assert (Contact.objects.count(), Assignment.objects.count()) == (contacts, arms)
    assert earlier.summary["carried"] == {}


def test_a_newer_run_of_the_day_withdraws_what_it_decides_otherwise_and_reaches_nobody_twice(monkeypatch):
    monkeypatch.setenv("STERNA_NOW", "2017-07-02T15:00:00+00:00")
    shop.open_shop()
    actions.run(shop.FIRST)
    memory = ledger.Memory()
    assert send_due(limit=3, on=ledger.outlet(memory)).states == {"handed over": 3}
    reached = set(Contact.objects.filter(state="handed over").values_list("customer_id", flat=True))
    no = Contact.objects.filter(state="planned", medium="email").first().customer
    Consent.objects.create(
        customer=no,
        medium="email",
        purpose="marketing",
        granted=False,
        source="shop",
        said_on=date(2017, 6, 29),
        recorded_at=shop.AT,
    )
    shop.plan(version=2)
    actions.run(shop.FIRST)
    withdrawn = Contact.objects.filter(state="withdrawn")
    assert no.pk in set(withdrawn.values_list("customer_id", flat=True))
    alive = Counter(Contact.objects.exclude(state="withdrawn").values_list("customer_id", flat=True))
    assert set(alive.values()) == {1} and reached <= set(alive)
    assert not Contact.objects.filter(plan__version=2, customer__in=reached).exists()


def test_R89_contacts_that_never_left_make_an_A_A_test_and_those_that_did_a_randomized_one(monkeypatch):
    shop.open_shop()
    actions.run(shop.FIRST)
    actions.run(shop.SECOND)
    assert Comparison.objects.get(is_primary=True).design == "A/A"
    monkeypatch.setenv("STERNA_NOW", "2017-07-03T15:00:00+00:00")
    send_due(on=ledger.outlet(ledger.Memory()))
    later = actions.run(shop.SECOND).run
    primary = Comparison.objects.get(is_primary=True, run_id=later.pk)
    assert primary.design == "randomized"
    assert (
        primary.treated + primary.held_out == Assignment.objects.filter(assigned_on=date(2017, 7, 1)).count()
    )


def test_what_is_planned_late_has_its_month_from_then(monkeypatch):
    monkeypatch.setenv("STERNA_NOW", "2018-03-01T12:00:00+00:00")
    shop.open_shop()
    actions.run(shop.FIRST)
    assert set(Contact.objects.values_list("due_on", "expires_on")) == {(date(2017, 7, 1), date(2018, 3, 31))}


def test_old_runs_keep_their_summary_and_lose_their_rows(monkeypatch):
    monkeypatch.setenv("STERNA_PUBLISHED_RUNS", "1")
    shop.open_shop()
    first = actions.run(shop.FIRST).run
    second = actions.run(shop.SECOND).run
    for table in (Worth, CategoryRoom, Move, Candidate, LeftOut):
        assert not table.objects.filter(run_id=first.pk).exists()
    assert Worth.objects.filter(run_id=second.pk).count() == shop.CUSTOMERS
    assert (
        Model.objects.filter(run_id=first.pk).exists() and MatrixCell.objects.filter(run_id=first.pk).exists()
    )
    assert Run.objects.get(pk=first.pk).summary["sums"]["customers"] == shop.CUSTOMERS
    assert (running.folder(first.pk) / "values.parquet").exists()


def test_a_run_leaves_its_audit_lines():
    shop.open_shop()
    run = actions.run(shop.FIRST).run
    lines = Entry.objects.filter(subject_kind="run", subject=str(run.pk)).order_by("id")
    assert list(lines.values_list("action", flat=True)) == ["start run", "publish run"]


def test_after_the_plan_closed_nobody_is_contacted_and_candidates_are_still_shown():
    shop.customers()
    shop.fill_lake()
    shop.tiers()
    text = shop.PLAN.format(budget="1000.00", version=1).replace("closes: 2018-06-30", "closes: 2017-12-31")
    in_force(plans.load(text, None))
    late = actions.run(shop.SECOND).run
    assert Candidate.objects.filter(run_id=late.pk).exists()
    assert not Contact.objects.exists() and not Assignment.objects.exists()
    assert LeftOut.objects.filter(run_id=late.pk).count() == shop.CUSTOMERS
    said = set(LeftOut.objects.filter(run_id=late.pk).values_list("reason_code", "reason"))
    assert said == {("plan closed", "The plan closed on 2017-12-31, so nobody is contacted.")}
