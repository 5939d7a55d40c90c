"""Races with an erasure: whatever comes in at the same moment is either removed with the rest or not taken in."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from sterna.desk.config.refused import Refused
from sterna.desk.contacts.actions import send_due
from sterna.desk.customers.actions import act_on_inbox, identify
from sterna.desk.customers.actions.erasing import ERASING, erase, erasing, finish_erasures
from sterna.desk.customers.models import Erasure, SourceRecord
from sterna.desk.sources.actions import add_source, receive, seal_inbox
from sterna.desk.sources.models import InboxEvent, Source
from sterna.desk.sources.received import Envelope
from tests.desk.contacts import ledger
from tests.desk.privacy.planted import in_tables

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2017, 7, 1, 12, tzinfo=UTC)


def look(source: Source, number: int, user: str = "zqrace-user") -> None:
    body = {"type": "track", "event": "Looked", "userId": user, "messageId": f"m{number}"}
    receive(source, [body | {"timestamp": "2017-06-20T12:00:00Z"}], Envelope(NOON, None, {}, {}))


def beside(work: Callable[[], None]) -> threading.Thread:
    """Do something in a thread with a connection of its own."""

    def go() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=go)
    thread.start()
    return thread


def test_events_that_come_while_somebody_is_erased_do_not_bring_them_back():
    source = add_source("web", "Web", "user_id")[0]
    look(source, 0)
    act_on_inbox()
    stop = threading.Event()

    def send() -> None:
        number = 1
        while not stop.is_set():
            look(source, number)
            look(source, -number, user="another")
            number += 1

    def act() -> None:
        while not stop.is_set():
            act_on_inbox()
            seal_inbox()

    threads = [beside(send), beside(act)]
    erase(SourceRecord.objects.get(value="zqrace-user").customer, "asked", None)
    stop.set()
    for thread in threads:
        thread.join()
    act_on_inbox()
    seal_inbox()
    assert in_tables("zqrace") == []
    assert SourceRecord.objects.get().value == "another"


def test_an_erasure_waits_for_what_is_being_taken_in_and_removes_it():
    source = add_source("web", "Web", "user_id")[0]
    look(source, 0)
    act_on_inbox()
    customer = SourceRecord.objects.get().customer
    with transaction.atomic():
        look(source, 1)
        thread = beside(lambda: erase(customer, "asked", None) and None)
        thread.join(1.0)
        # It holds the door open until what was let in is written.
        assert thread.is_alive()
    thread.join()
    assert not InboxEvent.objects.exists() and in_tables("zqrace") == []


def test_two_erasures_of_one_person_are_one():
    identify("shop", "card", ["zqrace-card"], NOON)
    customer = SourceRecord.objects.get().customer
    refused = []

    def go() -> None:
        try:
            erase(customer, "asked", None)
        except Refused as error:
            refused.append(str(error))

    for thread in [beside(go), beside(go)]:
        thread.join()
    assert Erasure.objects.count() == 1 and len(refused) == 1 and "is not there" in refused[0]


def test_finishing_leaves_an_erasure_alone_that_goes_on():
    Erasure.objects.create(requested_at=NOON, subject={"id": "x", "customers": []})
    asked = []

    def hold() -> None:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_lock(%s)", [ERASING])
            holding.set()
            asked.append(done.wait(20))

    holding, done = threading.Event(), threading.Event()
    thread = beside(hold)
    assert holding.wait(10)
    assert finish_erasures() == 0
    with erasing(wait=False) as alone:
        assert not alone
    done.set()
    thread.join()
    assert asked == [True]


def test_finishing_nothing_asks_for_nothing():
    assert finish_erasures() == 0


def test_mail_to_the_address_of_somebody_who_was_erased_is_withdrawn_whoever_it_is_for():
    first, second = ledger.fill(2)
    type(first).objects.filter(pk=second.pk).update(address="0@EXAMPLE.org")
    erase(first.customer, "asked", None)
    memory = ledger.Memory()
    send_due(on=ledger.outlet(memory))
    second.refresh_from_db()
    assert not memory.messages
    assert (second.state, second.error) == ("withdrawn", "the address is that of somebody who was erased")
