"""What people do with contacts: make calls, settle doubts, withdraw; each once, with the right and a reason."""

from datetime import timedelta

import pytest

from sterna.desk.audit.models import Entry
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.contacts import queries
from sterna.desk.contacts.actions import complete_task, send_due, settle_unknown, withdraw
from sterna.desk.contacts.models import Contact, Task
from sterna.desk.users.models import User
from tests.desk.contacts import ledger

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def staff():
    """Somebody who works contacts."""
    return User.objects.create_user("sam", password="x", role="staff")


@pytest.fixture
def task():
    """An open call."""
    ledger.fill(1, "phone")
    assert send_due(on=ledger.phone()).states == {"handed over": 1}
    return Task.objects.get()


def test_a_call_is_a_task_with_its_script_and_a_day(task):
    assert task.script.startswith("Opening\nGood day") and "The Friday basket" in task.script
    assert task.due_on == clock.today() + timedelta(days=7)
    assert task.contact.receipts.get().reference == str(task.pk)


def test_the_same_call_handed_over_twice_is_one_task(task):
    Contact.objects.update(
        state="reserved", lease_until=clock.now() - timedelta(days=1), handing_at=clock.now()
    )
    assert send_due(on=ledger.phone()).states == {"planned again": 1, "handed over": 1}
    assert Task.objects.get() == task


@pytest.mark.parametrize(("state", "settled"), [("done", "confirmed"), ("not reached", "failed")])
def test_a_closed_task_settles_its_contact(task, staff, state, settled):
    closed = complete_task(task, state, "likes pears", staff)
    contact = Contact.objects.get()
    assert (closed.state, closed.done_by, contact.state) == (state, staff, settled)
    assert complete_task(task, state, "again", staff).note == "likes pears"
    assert Entry.objects.filter(action="complete task").count() == 1
    other = {"done": "not reached", "not reached": "done"}[state]
    with pytest.raises(Refused, match="closed already"):
        complete_task(task, other, "", staff)


def test_a_task_ends_as_done_or_not_reached_only(task, staff):
    with pytest.raises(Refused, match="ends as done or not reached"):
        complete_task(task, "open", "", staff)


def test_an_analyst_works_no_tasks(task):
    analyst = User.objects.create_user("ana", password="x", role="analyst")
    for act in (
        lambda: complete_task(task, "done", "", analyst),
        lambda: withdraw(task.contact, "because", analyst),
        lambda: settle_unknown(task.contact, True, "because", analyst),
    ):
        with pytest.raises(Refused, match="may not work contacts"):
            act()
    assert Task.objects.get().state == "open"


def test_a_doubt_is_listed_until_somebody_settles_it(staff):
    [contact] = ledger.fill(1, state="unknown")
    assert list(queries.in_doubt()) == [contact]
    with pytest.raises(Refused, match="write why"):
        settle_unknown(contact, True, "", staff)
    settle_unknown(contact, True, "she answered", staff)
    assert not queries.in_doubt() and Contact.objects.get().state == "confirmed"
    with pytest.raises(Refused, match="is confirmed, not unknown"):
        settle_unknown(contact, False, "no", staff)


def test_what_is_withdrawn_does_not_leave_and_what_has_left_is_not_withdrawn(staff):
    stays, goes = ledger.fill(2)
    withdraw(goes, "asked us by phone", staff)
    memory = ledger.Memory()
    send_due(on=ledger.outlet(memory))
    assert list(memory.keys) == [stays.natural_key]
    with pytest.raises(Refused, match="is handed over, not planned"):
        withdraw(stays, "too late", staff)


def test_the_counts_name_every_state_and_the_overdue_are_listed():
    ledger.fill(1, due_on=clock.today() - timedelta(days=2))
    ledger.fill(2)
    counted = queries.counts()
    assert counted["planned"] == 3 and counted["unknown"] == 0 and set(counted) == set(Contact.State.values)
    assert queries.overdue().count() == 1
