"""What other systems are told of a person: handed out, removed with the person, and left as it was told by a merge."""

from datetime import UTC, datetime

import pytest

from sterna.desk.audit.models import Entry
from sterna.desk.config.personal import Subject, keepers
from sterna.desk.customers.actions.erasing import erase
from sterna.desk.customers.actions.stewarding import merge
from sterna.desk.customers.models import Customer, SourceRecord
from sterna.desk.webhooks import actions
from sterna.desk.webhooks.models import Endpoint, Message
from tests.desk.webhooks import outbox
from tests.desk.webhooks.outbox import FIRST, SECOND

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(monkeypatch, tmp_path):
    """Ann, who was told to be in bronze and then in silver, which waits; and Bob."""
    from sterna.desk.customers.actions import identify

    monkeypatch.setenv("STERNA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STERNA_WEBHOOK_PRIVATE", "yes")
    outbox.endpoint()
    identify("shop", "card", ["ann-card", "bob-card"], datetime(2017, 1, 1, tzinfo=UTC))
    ann, bob = (SourceRecord.objects.get(value=f"{name}-card").customer for name in ("ann", "bob"))
    scheme = outbox.tiers()
    outbox.run(scheme, FIRST, {ann.pk: "bronze", bob.pk: "bronze"})
    Message.objects.update(state="delivered", answer="thanks")
    outbox.run(scheme, SECOND, {ann.pk: "silver", bob.pk: "silver"})
    return ann, bob


def keeper():
    [found] = [one for one in keepers() if one.name == "webhooks"]
    return found


def subject(customer):
    return Subject(id=f"{0:020}abcdefabcdef", customers=(customer.pk,))


def test_what_is_handed_out_are_the_messages_of_the_person_alone(two):
    ann, bob = two
    [sheet] = keeper().export(subject(ann))
    assert sheet.name == "webhooks_message" and len(sheet.rows) == 2
    assert {row["data"]["customer_id"] for row in sheet.rows} == {str(ann.pk)} != {str(bob.pk)}


def test_what_waits_goes_at_once_and_the_rest_with_the_person(two):
    ann, bob = two
    [at_once] = keeper().at_once(subject(ann))
    assert (at_once.where, at_once.how, at_once.number) == ("webhooks_message", "removed", 1)
    assert [one.state for one in Message.objects.filter(customer=ann)] == ["delivered"]
    [then] = keeper().erase(subject(ann))
    assert then.number == 1 and not Message.objects.filter(customer=ann).exists()
    # After a kill it is done again, and finds nothing.
    assert keeper().erase(subject(ann)) == keeper().at_once(subject(ann)) == []
    assert Message.objects.filter(customer=bob).count() == 2


@pytest.mark.django_db(transaction=True)
def test_an_erasure_by_the_real_door_leaves_no_message_and_no_id_of_one_in_the_audit(two):
    ann, _ = two
    again = Message.objects.filter(customer=ann, state="delivered").get()
    actions.retry(again, None)
    assert Entry.objects.filter(detail__message=str(again.pk)).exists()
    done = erase(ann, "asked", None)
    assert done.state == "done" and not Message.objects.filter(data__customer_id=str(ann.pk)).exists()
    assert not Entry.objects.filter(detail__message=str(again.pk)).exists()
    assert Endpoint.objects.count() == 1 and Message.objects.count() == 2


def test_what_was_told_of_somebody_who_became_a_part_of_another_stays_told_of_that_id(two):
    ann, bob = two
    before = list(Message.objects.filter(customer=bob).order_by("pk").values())
    merge(ann, bob, "one voice", None)
    assert Customer.objects.get(pk=bob.pk).redirects_to == ann
    told = Message.objects.filter(customer=bob)
    assert list(told.exclude(data__cause="merge").order_by("pk").values()) == before
    assert told.get(data__cause="merge").data["to"] is None
