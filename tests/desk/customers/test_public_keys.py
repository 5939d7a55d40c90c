"""What an event of a public key may not do: anybody who reads the page's source could send it."""

from datetime import UTC, datetime

import pytest

from sterna.desk.customers.actions import act_on_inbox
from sterna.desk.customers.models import Customer, Fact, SourceRecord
from sterna.desk.sources.actions import add_source, declare_trait, receive
from sterna.desk.sources.models import InboxEvent, KeyKind, Source
from sterna.desk.sources.received import Envelope

pytestmark = pytest.mark.django_db
NOON = datetime(2017, 7, 1, 12, tzinfo=UTC)


@pytest.fixture
def web() -> Source:
    source = add_source("web", "Web shop", "card")[0]
    declare_trait(source, "age", "demography.age", "marketing")
    return source


def say(source: Source, kind: str, event: dict, day: int = 1) -> None:
    at = NOON.replace(day=day)
    receive(source, [event], Envelope(at, None, {}, {}, kind))
    act_on_inbox()


def identify(age: str, user: str = "u1") -> dict:
    return {"type": "identify", "userId": user, "traits": {"age": age}}


def ages() -> list[tuple[str, float]]:
    return list(Fact.objects.order_by("observed_on", "id").values_list("value", "confidence"))


def test_a_public_key_never_overwrites_what_a_secret_key_said(web: Source):
    say(web, "secret", identify("45-54"))
    say(web, "public", identify("19-24"), day=2)
    assert ages() == [("45-54", 1.0)]


def test_what_a_public_key_says_first_is_less_sure_and_gives_way(web: Source):
    say(web, "public", identify("19-24"))
    say(web, "public", identify("25-34"), day=2)
    say(web, "secret", identify("45-54"), day=3)
    say(web, "public", identify("35-44"), day=4)
    assert ages() == [("19-24", 0.5), ("25-34", 0.5), ("45-54", 1.0)]


def test_the_fact_of_one_customer_does_not_silence_another(web: Source):
    say(web, "secret", identify("45-54"))
    say(web, "public", identify("55-64", "u2"))
    assert ages() == [("45-54", 1.0), ("55-64", 0.5)]


def test_the_event_of_a_silenced_fact_is_kept_all_the_same(web: Source):
    say(web, "secret", identify("45-54"))
    say(web, "public", identify("19-24"))
    assert [event.key_kind for event in InboxEvent.objects.order_by("sequence")] == ["secret", "public"]
    assert Customer.objects.count() == 1


def test_a_public_alias_that_stands_in_the_inbox_joins_nobody(web: Source):
    alias = {"type": "alias", "userId": "victim", "previousId": "thief", "messageId": "a"}
    receive(web, [alias], Envelope(NOON, None, {}, {}, KeyKind.SECRET))
    InboxEvent.objects.update(key_kind=KeyKind.PUBLIC)
    act_on_inbox()
    assert [record.key for record in SourceRecord.objects.all()] == ["web/card:victim"]


def test_a_secret_alias_joins_a_device_that_nobody_has(web: Source):
    say(web, "secret", {"type": "page", "anonymousId": "device"})
    say(web, "secret", {"type": "alias", "userId": "u1", "previousId": "device"})
    assert Customer.objects.count() == 1
