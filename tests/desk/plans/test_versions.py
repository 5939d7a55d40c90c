"""Versions of a plan: kept as loaded by the database itself, one live at a time, launched once."""

import threading
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from sterna.desk.audit.models import Entry
from sterna.desk.config.refused import Refused
from sterna.desk.contacts.models import Contact
from sterna.desk.experiments.models import Experiment
from sterna.desk.plans import actions, queries
from sterna.desk.plans.models import Finding, Plan
from sterna.desk.segments.actions import publish_definition
from sterna.desk.segments.models import Definition
from sterna.desk.users.models import User
from sterna.engine.errors import BadInput
from tests.desk.contacts import ledger
from tests.desk.plans.signed import approved, in_force
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db
TEXT = shop.PLAN.format(budget="1000.00", version=1)
OTHERWISE = {
    "id": "00000000-0000-0000-0000-000000000001",
    "name": "spring",
    "version": 9,
    "title": "Another",
    "opens_on": date(2001, 1, 1),
    "closes_on": date(2031, 1, 1),
    "source_text": "plan: spring",
    "loaded_at": "2001-01-01T00:00:00Z",
}
# What a launch writes, once.
DECIDED = {"launched_at": "2001-01-01T00:00:00Z", "launched_by_id": None, "state": "draft"}
STAYS = "autumn 1 is {} and stays as it was loaded: load a new version"


def run(sql: str, *parameters: object) -> int:
    """The rows that a statement of an operator at the database changes."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.rowcount


@pytest.fixture
def manager():
    """Who launches."""
    return User.objects.create(username="mia", role="manager", first_name="Mia", last_name="Roth")


@pytest.fixture
def draft():
    """The plan of the shop, loaded and no more."""
    shop.tiers()
    return actions.load(TEXT, None)


@pytest.mark.parametrize("column", OTHERWISE)
def test_no_content_of_a_draft_is_rewritten(draft, column):
    with pytest.raises(IntegrityError, match=STAYS.format("draft")):
        run(f"update plans_plan set {column} = %s", OTHERWISE[column])
    kept = {field.column for field in Plan._meta.concrete_fields} - set(OTHERWISE) - set(DECIDED)
    assert kept == {"definition_id"}, "a new column needs its line here"


def test_a_version_does_not_change_its_definition(draft):
    other = publish_definition("plan", "autumn", {"another": "body"})
    with pytest.raises(IntegrityError, match=STAYS.format("draft")):
        run("update plans_plan set definition_id = %s", other.pk)


@pytest.mark.parametrize("column", DECIDED)
def test_what_was_decided_is_not_undone(draft, manager, column):
    actions.launch(approved(draft), manager, "in order")
    with pytest.raises(IntegrityError, match=STAYS.format("live")):
        run(f"update plans_plan set {column} = %s", DECIDED[column])


@pytest.mark.parametrize("state", ["draft", "review", "approved", "live"])
def test_what_was_closed_stays_closed(draft, state):
    in_force(draft)
    assert run("update plans_plan set state = 'closed'") == 1
    with pytest.raises(IntegrityError, match=STAYS.format("closed")):
        run("update plans_plan set state = %s", state)


def test_a_draft_may_go_and_a_live_version_never(draft):
    in_force(draft)
    second = actions.load(shop.PLAN.format(budget="900.00", version=2), None)
    run("delete from plans_finding")
    assert run("delete from plans_plan where id = %s", second.pk) == 1
    with pytest.raises(IntegrityError, match=STAYS.format("live")):
        run("delete from plans_plan")
    assert list(Plan.objects.values_list("version", flat=True)) == [1]


def test_the_database_itself_holds_one_version_in_force():
    shop.tiers()
    shop.plan()
    shop.plan(version=2)
    third = approved(actions.load(shop.PLAN.format(budget="3.00", version=3), None))
    with pytest.raises(IntegrityError, match="plan_one_live"):
        run("update plans_plan set state = 'live' where id = %s", third.pk)
    actions.launch(third, None, "by the way that is meant")
    assert list(Plan.objects.order_by("version").values_list("state", flat=True)) == [
        "closed",
        "closed",
        "live",
    ]


@pytest.mark.django_db(transaction=True)
def test_two_versions_launched_at_once_leave_one_live():
    shop.tiers()
    drafts = [
        approved(actions.load(shop.PLAN.format(budget=f"{n}00.00", version=n), None)) for n in range(1, 5)
    ]
    ready, faults = threading.Barrier(len(drafts)), list[Exception]()

    def launch(plan: Plan) -> None:
        try:
            ready.wait(20)
            actions.launch(plan, None, "all at once")
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=launch, args=(plan,)) for plan in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not faults
    assert sorted(Plan.objects.values_list("state", flat=True)) == ["closed", "closed", "closed", "live"]
    assert Entry.objects.filter(action="launch plan").count() == Experiment.objects.count() == 4


def test_plans_of_other_names_stay_in_force(draft):
    in_force(draft)
    other = actions.load(TEXT.replace("plan: autumn", "plan: winter").replace("autumn-2017", "winter"), None)
    in_force(other)
    assert Plan.objects.filter(state="live").count() == 2


def test_an_older_draft_may_come_into_force_and_closes_the_newer(draft):
    in_force(actions.load(shop.PLAN.format(budget="2.00", version=2), None))
    in_force(draft)
    assert dict(Plan.objects.values_list("version", "state")) == {1: "live", 2: "closed"}
    with pytest.raises(Refused, match="autumn 2 is closed and cannot be launched"):
        actions.launch(Plan.objects.get(version=2), None, "once more")


def test_a_second_launch_says_that_nothing_was_changed_and_keeps_the_first_reason(draft, manager):
    approved(draft)
    client = Client()
    client.force_login(manager)
    where = reverse("plan_launch", args=[draft.pk])
    words = []
    for reason in ("the season begins", "I like it too"):
        [note] = client.post(where, {"reason": reason}, follow=True).context["messages"]
        words.append(str(note))
    day = f"{Plan.objects.get().launched_at:%Y-%m-%d}"
    assert words == [
        "Up from bronze is live; the next run plans its contacts.",
        f"Up from bronze was launched by Mia Roth on {day} already; nothing was changed.",
    ]
    assert list(Entry.objects.filter(action="launch plan").values_list("reason", flat=True)) == [
        "the season begins"
    ]


def test_somebody_else_is_told_who_launched_it(draft, manager):
    in_force(draft)
    client = Client()
    client.force_login(manager)
    answer = client.post(reverse("plan_launch", args=[draft.pk]), {"reason": "mine"}, follow=True)
    [note] = answer.context["messages"]
    assert "was launched by Sterna on " in str(note) and Plan.objects.get().launched_by is None


def test_who_may_not_manage_is_not_told_that_a_plan_is_live(draft):
    in_force(draft)
    with pytest.raises(Refused, match="may not change tiers and plans"):
        actions.launch(draft, User(username="eve", role="staff"), "mine")


def test_loading_a_live_plan_again_leaves_its_findings_and_its_state(draft):
    in_force(draft)
    Finding.objects.create(plan=draft, code="kept", severity="note", where="plan", message="m", mend="n")
    again = actions.load(TEXT, None)
    assert again.state == "live" and again.findings.filter(code="kept").exists()
    assert Entry.objects.filter(action="load plan").count() == 1


def test_contacts_keep_the_version_that_planned_them():
    [contact] = ledger.fill(1)
    shop.plan(version=2)
    kept = Contact.objects.get(pk=contact.pk).plan
    assert (kept.version, kept.state) == (1, "closed")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("version: 1\n", "", "version"),
        ("opens: 2017-07-01\n", "", "opens"),
        ("closes: 2018-06-30\n", "closes: soon\n", "closes"),
        ("plan: autumn\n", "", "plan"),
    ],
)
def test_a_plan_that_cannot_be_named_is_refused_with_what_to_write(old, new, said):
    with pytest.raises(BadInput, match=said):
        actions.load(TEXT.replace(old, new), None)
    assert not Definition.objects.exists() and not Plan.objects.exists() and not Entry.objects.exists()


def test_a_text_on_its_own_reads_no_file_beside_it(tmp_path, monkeypatch):
    (tmp_path / "script.txt").write_text("secret")
    monkeypatch.chdir(tmp_path)
    plan = actions.load(
        TEXT.replace('script: "Tell them of {{ offer.name }}."', "script_file: script.txt"), None
    )
    assert "secret" not in str(plan.definition.body)
    assert plan.findings.filter(severity="error").exists()


def test_a_plan_is_found_by_name_and_version_or_refused_with_the_command(draft):
    assert queries.plan("autumn", 1) == draft
    for name, version in (("autumn", 2), ("Autumn", 1), ("", 0)):
        with pytest.raises(Refused, match="load it with `sterna plan load FILE`"):
            queries.plan(name, version)
