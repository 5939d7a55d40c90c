"""Who becomes whose customer: in sets from files, one by one from events."""

from datetime import UTC, datetime

import pytest

from sterna.desk.config import clock
from sterna.desk.customers.actions import act_on_inbox, identify, merge
from sterna.desk.customers.models import Customer, Fact, IdentityRefusal, SourceRecord
from sterna.desk.sources.actions import add_source, declare_trait, receive
from sterna.desk.sources.models import Source
from sterna.desk.sources.received import Envelope

pytestmark = pytest.mark.django_db
NOON = datetime(2017, 7, 1, 12, tzinfo=UTC)


def whose(key: str) -> Customer:
    return SourceRecord.objects.get(key=key).customer


def say(source: Source, *events: dict) -> None:
    batch = [{"type": "identify", **event} for event in events]
    receive(source, batch, Envelope(NOON, None, {}, {}))
    act_on_inbox()


@pytest.fixture
def web() -> Source:
    return add_source("web", "Web shop", "card")[0]


def test_a_set_is_identified_once():
    assert identify("till", "card", ["1", "2"], clock.now()) == 2
    assert identify("till", "card", ["2", "3"], clock.now()) == 1
    assert (Customer.objects.count(), SourceRecord.objects.count()) == (3, 3)


def test_the_same_kind_and_value_from_another_source_is_the_same_customer():
    identify("till", "card", ["1"], clock.now())
    identify("post", "card", ["1"], clock.now())
    identify("post", "phone", ["1"], clock.now())
    assert whose("till/card:1") == whose("post/card:1") != whose("post/phone:1")


def test_a_merged_customer_leads_to_the_one_that_stayed():
    identify("till", "card", ["1", "2"], clock.now())
    stays, gone = whose("till/card:1"), whose("till/card:2")
    merge(gone, stays, "the same card twice", None)
    identify("post", "card", ["2"], clock.now())
    assert whose("post/card:2") == stays == Customer.objects.get(pk=gone.pk).redirects_to


def test_an_event_meets_the_customer_of_the_files(web: Source):
    identify("till", "card", ["7"], clock.now())
    say(web, {"userId": "7"})
    assert whose("web/card:7") == whose("till/card:7")


def test_a_new_device_joins_its_user_and_a_new_user_joins_their_device(web: Source):
    say(web, {"userId": "1", "anonymousId": "a"})
    assert whose("web/anonymous_id:a") == whose("web/card:1")
    say(web, {"anonymousId": "b"}, {"userId": "2", "anonymousId": "b"})
    assert whose("web/card:2") == whose("web/anonymous_id:b")
    assert Customer.objects.count() == 2


def test_a_device_that_two_users_had_is_nobodys_and_the_refusal_is_written(web: Source):
    say(web, {"userId": "1", "anonymousId": "a"})
    say(web, {"userId": "2", "anonymousId": "a"}, {"userId": "2", "anonymousId": "a"})
    assert len({whose("web/anonymous_id:a"), whose("web/card:1"), whose("web/card:2")}) == 3
    refusal = IdentityRefusal.objects.get()
    assert (refusal.code, refusal.record.key, refusal.identifier, refusal.times) == (
        "shared value",
        "web/card:2",
        "web/anonymous_id:a",
        2,
    )


def test_only_declared_traits_become_facts_and_root_traits_win(web: Source):
    declare_trait(web, "age", "demography.age", "marketing")
    event = {
        "userId": "1",
        "messageId": "m",
        "traits": {"age": "45-54", "shoe": 9},
        "timestamp": "2017-06-30T03:00:00Z",
    }
    say(web, {**event, "context": {"traits": {"age": "35-44"}}})
    say(web, event)
    fact = Fact.objects.get()
    assert (fact.fact_class, fact.value, fact.purpose) == ("demography.age", "45-54", "marketing")
    assert fact.observed_on.isoformat() == "2017-06-29"
