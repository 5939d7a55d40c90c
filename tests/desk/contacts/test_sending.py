"""The send ledger: once each, judged at the last moment, every failure in its class, nothing lost and nothing twice."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from sterna.channels.base import Receipt, TransportError
from sterna.channels.email import sink
from sterna.desk.audit.models import Entry
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.contacts.actions import claims, send_due
from sterna.desk.contacts.actions import ledger as writes
from sterna.desk.contacts.models import Contact
from sterna.desk.users.models import User
from tests.desk.contacts import ledger

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_due_leaves_once_with_what_was_said_kept():
    ledger.fill(3)
    memory = ledger.Memory()
    assert send_due(on=ledger.outlet(memory)).states == {"handed over": 3}
    assert send_due(on=ledger.outlet(memory)).states == {}
    assert set(memory.keys.values()) == {1} and len(memory.keys) == 3
    contact = Contact.objects.first()
    assert contact.text == "The Friday basket for your household, Your company"
    assert contact.used_facts[0]["reason"] == "missing" and contact.handed_over_at is not None
    receipt = contact.receipts.get()
    assert (receipt.state, receipt.reference) == ("handed over", contact.natural_key)
    assert Entry.objects.filter(action="send contacts").count() == 1


def test_not_before_it_is_due_nor_after_it_expired():
    today = clock.today()
    ledger.fill(1, due_on=today + timedelta(days=1))
    ledger.fill(1, expires_on=today - timedelta(days=1), due_on=today - timedelta(days=40))
    memory = ledger.Memory()
    assert send_due(on=ledger.outlet(memory)).states == {"withdrawn": 1}
    assert not memory.keys and ledger.states() == {"planned": 1, "withdrawn": 1}
    assert "when it expired" in Contact.objects.get(state="withdrawn").error


def test_who_takes_the_word_back_after_the_decision_gets_nothing():
    said_no, said_nothing, stays = ledger.fill(3)
    ledger.say(said_no.customer, "email", False, clock.today())
    said_nothing.customer.consents.all().delete()
    memory = ledger.Memory()
    assert send_due(on=ledger.outlet(memory)).states == {"withdrawn": 2, "handed over": 1}
    assert list(memory.keys) == [stays.natural_key]
    said_no.refresh_from_db()
    assert (
        said_no.error == "the customer said no to email for marketing"
        and said_no.receipts.get().state == "withdrawn"
    )


def test_who_was_merged_is_heard_under_the_customer_that_is_left():
    [contact] = ledger.fill(1)
    gone = contact.customer.__class__.objects.create(created_at=clock.now(), redirects_to=contact.customer)
    ledger.say(gone, "email", False, clock.today())
    assert send_due(on=ledger.outlet(ledger.Memory())).states == {"withdrawn": 1}


def test_two_senders_at_once_send_each_contact_once():
    ledger.fill(120)
    memory = ledger.Memory()
    _at_once(4, lambda: send_due(on=ledger.outlet(memory)))
    assert len(memory.keys) == 120 and set(memory.keys.values()) == {1}
    assert ledger.states() == {"handed over": 120}


def test_two_senders_by_real_mail_send_each_message_once(tmp_path):
    ledger.fill(60)
    with sink.serve(tmp_path) as running:
        _at_once(2, lambda: send_due(on=ledger.real_outlet(running.port)))
    found = [_message_id(path) for path in tmp_path.glob("*.eml")]
    assert len(found) == len(set(found)) == 60 and ledger.states() == {"handed over": 60}


def _message_id(path) -> str:
    return next(line for line in path.read_text().splitlines() if line.startswith("Message-ID:"))


def _at_once(number: int, work) -> None:
    gate = threading.Barrier(number)

    def worker() -> None:
        try:
            gate.wait(timeout=20)
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=worker) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    # An error in a thread is a warning of pytest's, and a warning is an error here.
    assert not any(thread.is_alive() for thread in threads)


def test_a_temporary_failure_waits_longer_each_time_and_fails_at_last():
    [contact] = ledger.fill(1)
    memory = ledger.Memory(lambda message: TransportError(False, "busy"))
    for attempt in range(1, writes.MOST_ATTEMPTS):
        assert send_due(on=ledger.outlet(memory)).states == {"planned": 1}
        contact.refresh_from_db()
        assert contact.attempts == attempt and contact.error == "busy"
        assert send_due(on=ledger.outlet(memory)).states == {}, "it waits"
        Contact.objects.update(not_before=None)
    assert send_due(on=ledger.outlet(memory)).states == {"failed": 1}
    assert memory.keys[contact.natural_key] == writes.MOST_ATTEMPTS


def test_a_server_that_is_down_is_not_asked_for_every_contact():
    ledger.fill(25)
    memory = ledger.Memory(lambda message: TransportError(False, "down"))
    assert send_due(on=ledger.outlet(memory)).states == {"planned": 25}
    assert memory.keys.total() == 3
    assert sorted(Contact.objects.values_list("attempts", flat=True)) == [0] * 22 + [1] * 3


def test_a_permanent_failure_fails_alone():
    poison, *_ = ledger.fill(12)
    memory = ledger.Memory(
        lambda message: (
            TransportError(True, "no such box")
            if message.key == poison.natural_key
            else Receipt("handed over", message.key, "ok")
        )
    )
    assert send_due(on=ledger.outlet(memory)).states == {"failed": 1, "handed over": 11}
    poison.refresh_from_db()
    assert poison.error == "no such box" and poison.settled_at is not None


def test_an_asset_without_a_text_fails_alone():
    ledger.fill(1, asset="gone")
    ledger.fill(2)
    assert send_due(on=ledger.outlet(ledger.Memory())).states == {"failed": 1, "handed over": 2}
    assert "has no asset 'gone'" in Contact.objects.get(state="failed").error


def test_mail_in_doubt_is_never_sent_again():
    ledger.fill(1)
    memory = ledger.Memory(
        lambda message: TransportError(False, "no answer after the content", outcome_unknown=True)
    )
    assert send_due(on=ledger.outlet(memory)).states == {"unknown": 1}
    Contact.objects.update(not_before=None, lease_until=clock.now() - timedelta(days=1))
    assert send_due(on=ledger.outlet(memory)).states == {}
    assert memory.keys.total() == 1


def test_a_letter_in_doubt_is_tried_again_under_its_key():
    [contact] = ledger.fill(1, "letter")
    answers = iter(
        [TransportError(False, "disk", outcome_unknown=True), Receipt("confirmed", "x.pdf", "spooled")]
    )
    memory = ledger.Memory(lambda message: next(answers))
    assert send_due(on=ledger.outlet(memory, "letter")).states == {"planned": 1}
    Contact.objects.update(not_before=None)
    assert send_due(on=ledger.outlet(memory, "letter")).states == {"confirmed": 1}
    assert memory.keys == {contact.natural_key: 2}


def _reserve(number: int, handing: bool, medium: str = "email") -> None:
    ledger.fill(number, medium)
    claims.claim([medium], number)
    Contact.objects.update(
        lease_until=clock.now() - timedelta(days=1), handing_at=clock.now() if handing else None
    )


def test_a_lease_that_ended_before_anything_left_is_due_again():
    _reserve(2, handing=False)
    memory = ledger.Memory()
    assert send_due(on=ledger.outlet(memory)).states == {"planned again": 2, "handed over": 2}


def test_a_lease_that_ended_while_mail_was_leaving_is_in_doubt():
    _reserve(2, handing=True)
    memory = ledger.Memory()
    assert send_due(on=ledger.outlet(memory)).states == {"unknown": 2}
    assert not memory.keys and Contact.objects.first().receipts.get().state == "unknown"


def test_a_lease_that_ended_while_a_letter_was_leaving_is_due_again():
    _reserve(1, handing=True, medium="letter")
    assert send_due(on=ledger.outlet(ledger.Memory(), "letter")).states == {
        "planned again": 1,
        "handed over": 1,
    }


def test_who_lost_the_lease_hands_nothing_over_and_settles_nothing():
    [contact] = ledger.fill(1)
    taken = claims.claim(["email"], 1)
    Contact.objects.update(lease_until=clock.now() - timedelta(days=1))
    memory = ledger.Memory()
    send_due(on=ledger.outlet(memory))
    writes.settle([writes.Outcome(contact, Contact.State.FAILED, "", "late")], taken.id)
    assert ledger.states() == {"handed over": 1} and contact.receipts.count() == 1


def test_what_no_channel_is_on_for_waits():
    ledger.fill(1, "phone")
    assert send_due(on=ledger.outlet(ledger.Memory())).states == {}
    assert ledger.states() == {"planned": 1}


def test_an_analyst_may_not_send():
    analyst = User.objects.create_user("ana", password="x", role="analyst")
    with pytest.raises(Refused, match="may not work contacts"):
        send_due(actor=analyst)
