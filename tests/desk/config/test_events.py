"""Domain events: subscribers are called in the publisher's transaction, and undo it when they fail."""

from dataclasses import dataclass

import pytest
from django.db import transaction

from sterna.desk.audit.actions import record
from sterna.desk.audit.models import Entry
from sterna.desk.config import events


@dataclass(frozen=True)
class Rang:
    times: int


@pytest.fixture(autouse=True)
def nobody_else(monkeypatch):
    monkeypatch.setattr(events, "_handlers", type(events._handlers)(list))


def test_each_subscriber_hears_it_once():
    heard: list[Rang] = []

    def listen(rang: Rang) -> None:
        heard.append(rang)

    events.subscribe(Rang, listen)
    events.subscribe(Rang, listen)
    events.publish(Rang(2))
    assert heard == [Rang(2)]


def test_nobody_listening_is_no_fault():
    events.publish(Rang(1))


@pytest.mark.django_db(transaction=True)
def test_a_failing_subscriber_undoes_the_publisher():
    def refuse(_: Rang) -> None:
        raise RuntimeError("no")

    events.subscribe(Rang, refuse)
    with pytest.raises(RuntimeError), transaction.atomic():
        record("ring", "bell", "one")
        events.publish(Rang(1))
    assert not Entry.objects.exists()
