"""Two people, or a person and the sender, at the same contact at the same moment: one of them wins, whole."""

import threading

import pytest
from django.db import connection

from sterna.channels.base import Receipt
from sterna.desk.audit.models import Entry
from sterna.desk.config.refused import Refused
from sterna.desk.contacts.actions import (
    claims,
    complete_task,
    open_task,
    send_due,
    settle_unknown,
    withdraw,
)
from sterna.desk.contacts.models import Contact, Task
from sterna.desk.contacts.models import Receipt as Kept
from sterna.desk.users.models import User
from tests.desk.contacts import ledger

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def staff():
    """Somebody who works contacts."""
    return User.objects.create_user("sam", password="x", role="staff")


def _at_once(*works):
    """Do them all at once; which were done, and what the others were refused with."""
    gate = threading.Barrier(len(works))
    done, refused = [], []

    def worker(number, work):
        try:
            gate.wait(timeout=20)
            work()
            done.append(number)
        except Refused as error:
            refused.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=worker, args=each) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    return done, refused


def test_of_two_answers_to_one_doubt_the_first_stands(staff):
    [contact] = ledger.fill(1, state="unknown")
    works = [
        lambda arrived=arrived: settle_unknown(contact, arrived, "asked", staff) for arrived in (True, False)
    ]
    [winner], [refused] = _at_once(*works)
    state = ("confirmed", "failed")[winner]
    assert Contact.objects.get().state == state and refused == f"this contact is {state}, not unknown"
    assert Kept.objects.get().state == state
    assert Entry.objects.filter(action="settle contact").count() == 1


def test_of_two_ends_of_one_call_the_first_stands(staff):
    ledger.fill(1, "phone")
    send_due(on=ledger.phone())
    task = Task.objects.get()
    ends = ("done", "not reached")
    [winner], [refused] = _at_once(*(lambda end=end: complete_task(task, end, end, staff) for end in ends))
    assert refused == f"this task is closed already: {ends[winner]}"
    assert Contact.objects.get().state == ("confirmed", "failed")[winner]
    assert Kept.objects.filter(detail=ends[winner]).count() == 1


def test_the_same_end_from_two_windows_is_one_end(staff):
    ledger.fill(1, "phone")
    send_due(on=ledger.phone())
    task = Task.objects.get()
    done, refused = _at_once(*[lambda: complete_task(task, "done", "likes pears", staff)] * 3)
    assert len(done) == 3 and not refused
    assert Entry.objects.filter(action="complete task").count() == 1
    assert Kept.objects.filter(state="confirmed").count() == 1


def test_a_contact_is_withdrawn_or_it_leaves_never_both(staff):
    contacts = ledger.fill(30)
    memory = ledger.Memory()

    def take_back():
        for contact in contacts:
            try:
                withdraw(contact, "asked us", staff)
            except Refused as error:
                assert "not planned" in str(error)

    _at_once(lambda: send_due(on=ledger.outlet(memory)), take_back)
    left = set(Contact.objects.filter(state="handed over").values_list("natural_key", flat=True))
    assert left == set(memory.keys) and ledger.states().get("withdrawn", 0) == 30 - len(left)
    assert all(kept.state == kept.contact.state for kept in Kept.objects.select_related("contact"))


def test_who_is_being_written_to_is_not_withdrawn_meanwhile(staff):
    [contact] = ledger.fill(1)
    refusals = []

    def answer(message):
        with pytest.raises(Refused) as caught:
            withdraw(contact, "asked us", staff)
        refusals.append(str(caught.value))
        return Receipt("handed over", message.key, "ok")

    send_due(on=ledger.outlet(ledger.Memory(answer)))
    assert refusals == ["this contact is reserved, not planned"]
    assert ledger.states() == {"handed over": 1}


def test_a_no_that_comes_while_the_batch_is_sent_binds_the_next_batch():
    ledger.fill(2)
    last = Contact.objects.order_by("id").last()

    def answer(message):
        ledger.say(last.customer, "email", False, last.due_on)
        return Receipt("handed over", message.key, "ok")

    memory = ledger.Memory(answer)
    assert send_due(limit=1, on=ledger.outlet(memory)).states == {"handed over": 1}
    assert send_due(limit=1, on=ledger.outlet(memory)).states == {"withdrawn": 1}


def test_two_who_recover_what_a_dead_sender_left_do_it_once():
    ledger.fill(8)
    claims.claim(["email"], 8)
    Contact.objects.update(lease_until=Contact.objects.first().planned_at, handing_at=None)
    found = []
    _at_once(*[lambda: found.append(claims.recover([]))] * 2)
    assert sum(again for again, _ in found) == 8 and ledger.states() == {"planned": 8}


def test_two_openings_of_one_call_are_one_task():
    ledger.fill(1, "phone")
    memory = ledger.Memory()
    send_due(on=ledger.outlet(memory, "phone"))
    opened = []
    _at_once(*[lambda: opened.append(open_task(memory.messages[0]))] * 3)
    assert len(opened) == 3 and set(opened) == {str(Task.objects.get().pk)}
