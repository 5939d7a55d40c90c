"""Endpoints by the actions themselves: who may, what is written down, and what wakes the worker."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from sterna.desk.audit.models import Entry
from sterna.desk.config.refused import Refused
from sterna.desk.users.models import User
from sterna.desk.webhooks import actions, tasks
from sterna.desk.webhooks.actions import Wanted
from sterna.desk.webhooks.models import Endpoint, Message
from sterna.desk.webhooks.queries import offered
from tests.desk.segments import grouped
from tests.desk.segments.staging import people
from tests.desk.webhooks import outbox
from tests.desk.webhooks.outbox import FIRST, SECOND
from tests.desk.webhooks.receiver import serve

pytestmark = pytest.mark.django_db
WANTED = Wanted("CRM", "http://127.0.0.1:9/", ["customer.moved"])


@pytest.fixture(autouse=True)
def private(monkeypatch):
    """The receivers of these tests are on this machine."""
    monkeypatch.setenv("STERNA_WEBHOOK_PRIVATE", "yes")


def user(role: str) -> User:
    return User.objects.get_or_create(username=role, defaults={"role": role})[0]


@pytest.mark.parametrize("role", ["analyst", "staff", "manager"])
def test_the_actions_refuse_whoever_may_not_administer(role):
    found, _ = outbox.endpoint()
    outbox.run(outbox.tiers(), FIRST, dict.fromkeys(people(1), "bronze"))
    who, message, before = user(role), Message.objects.get(), Entry.objects.count()
    for act in (
        lambda: actions.add_endpoint(WANTED, who),
        lambda: actions.change_endpoint(found, WANTED, who),
        lambda: actions.rotate(found, timedelta(0), who),
        lambda: actions.disable(found, who, "why"),
        lambda: actions.enable(found, who, "why"),
        lambda: actions.delete(found, who, "why"),
        lambda: actions.send_test(found, who),
        lambda: actions.retry(message, who),
        lambda: actions.retry_failed(found, datetime(2018, 1, 1, tzinfo=UTC), who),
    ):
        with pytest.raises(Refused, match="may not administer"):
            act()
    assert Entry.objects.count() == before


def test_the_audit_has_who_changed_what_and_never_a_secret():
    ada = user("administrator")
    found, secret = actions.add_endpoint(WANTED, ada)
    changed = Wanted("CRM 2", "http://127.0.0.1:9/b", ["run.published"], kinds=["groups"])
    actions.change_endpoint(found, changed, ada)
    fresh = actions.rotate(found, timedelta(days=1), ada)
    actions.disable(found, ada, "they move house")
    actions.delete(found, ada, "they are gone")
    lines = list(Entry.objects.filter(subject_kind="endpoint").order_by("pk"))
    assert [line.action for line in lines] == [
        "added endpoint", "changed endpoint", "rotated endpoint secret", "disabled endpoint", "deleted endpoint"
    ]  # fmt: skip
    assert {line.actor for line in lines} == {ada} and {line.subject for line in lines} == {str(found.pk)}
    assert lines[1].detail["kinds"] == ["groups"] and lines[3].reason == "they move house"
    told = " ".join(str(line.detail) for line in lines)
    assert secret[6:] not in told and fresh[6:] not in told


def test_another_address_has_not_failed_yet_and_what_waits_goes_there():
    found, _ = outbox.endpoint()
    outbox.run(outbox.tiers(), FIRST, dict.fromkeys(people(2), "bronze"))
    assert str(actions.send_due()) == "2 waiting"
    found.refresh_from_db()
    assert found.failures == 1 and found.rests_until > timezone.now()
    Message.objects.update(due_at=timezone.now())
    with serve() as receiver:
        actions.change_endpoint(found, Wanted("CRM", receiver.url, ["customer.moved"]), None)
        assert str(actions.send_due()) == "2 delivered" and len(receiver.taken) == 2


def test_what_was_deleted_meanwhile_is_a_refusal_and_no_crash():
    found, _ = outbox.endpoint()
    outbox.run(outbox.tiers(), FIRST, dict.fromkeys(people(1), "bronze"))
    message = Message.objects.get()
    actions.disable(found, None, "why")
    actions.delete(found, None, "why")
    with pytest.raises(Refused, match="not there any more"):
        actions.enable(found, None, "why")
    with pytest.raises(Refused, match="not there any more"):
        actions.retry(message, None)


def test_what_there_is_to_choose_from_are_the_schemes_in_force_with_all_their_places():
    assert offered() == []
    outbox.tiers()
    grouped.terms(grouped.PLAIN)
    [tiers, groups] = offered()
    assert (tiers.name, tiers.kind, tiers.places) == ("value", "tiers", ("bronze", "silver"))
    assert (groups.kind, groups.places) == ("groups", ("A", "B", "C"))


@pytest.fixture
def no_job(db):
    """Jobs that tests of other files committed are not of this one: the flush behind those leaves jobs alone."""
    with connection.cursor() as cursor:
        cursor.execute("truncate procrastinate_jobs cascade")


def waiting_jobs() -> int:
    return ProcrastinateJob.objects.filter(task_name=actions.TASK, status="todo").count()


@pytest.mark.usefixtures("no_job")
def test_a_move_that_is_told_wakes_the_worker_once_after_it_is_committed(
    django_capture_on_commit_callbacks, monkeypatch
):
    outbox.endpoint()
    scheme, who = outbox.tiers(), people(2)
    with django_capture_on_commit_callbacks(execute=True):
        outbox.run(scheme, FIRST, dict.fromkeys(who, "bronze"))
        assert waiting_jobs() == 0
    assert waiting_jobs() == 1
    with django_capture_on_commit_callbacks(execute=True) as woken:
        outbox.run(scheme, SECOND, dict.fromkeys(who, "silver"))
        outbox.run(scheme, SECOND, dict.fromkeys(who, "silver"))
    # A job waits already, and where nothing was told nobody is woken.
    assert waiting_jobs() == 1 and len(woken) == 1


def test_the_job_stands_in_line_again_while_there_is_more(monkeypatch):
    with serve() as receiver:
        outbox.endpoint(receiver.url)
        outbox.run(outbox.tiers(), FIRST, dict.fromkeys(people(3), "bronze"))
        monkeypatch.setattr(tasks, "SECONDS", 0.0)
        assert tasks.send_due(timestamp=0) == "no webhook was due" and waiting_jobs() == 1
        ProcrastinateJob.objects.all().delete()
        monkeypatch.setattr(tasks, "SECONDS", 20.0)
        assert tasks.send_due(timestamp=0) == "3 delivered" and waiting_jobs() == 0
    assert tasks.sweep(timestamp=0) == 0 and Endpoint.objects.count() == 1
