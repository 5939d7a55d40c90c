"""Whose row an event becomes in the lake: whom it was filed under when it was acted on, not a word that is nobody's."""

from typing import Any
from uuid import UUID

import duckdb
import pytest

from sterna.desk.config import events
from sterna.desk.customers.actions import act_on_inbox
from sterna.desk.customers.actions.erasing import erase
from sterna.desk.customers.models import BlockedValue, SourceRecord
from sterna.desk.customers.queries import identified_shares
from sterna.desk.lakehouse import queries as lake
from sterna.desk.sources.actions import add_source, receive, seal_inbox
from sterna.desk.sources.models import InboxEvent, Source
from sterna.desk.sources.received import Envelope
from sterna.desk.sources.signals import RecordsSeen
from tests.desk.customers.people import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def source() -> Source:
    return add_source("web", "Web shop")[0]


def come(source: Source, *said: dict[str, Any], key: str = "secret") -> None:
    receive(source, [{"type": "page", **event} for event in said], Envelope(NOON, None, {}, {}, key))


def order(**named: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Order Completed", "properties": {"total": "12.50"}, **named}


def whose(table: str = "events") -> list[str | None]:
    files = [path for path, _ in lake.manifest()[table]]
    found = duckdb.sql(f"select source_record from read_parquet({files}) order by all").fetchall()
    return [row[0] for row in found]


def in_the_lake(table: str = "events") -> list[str | None]:
    act_on_inbox()
    seal_inbox()
    return whose(table)


@pytest.mark.parametrize(
    "nobody", ["guest", "NULL", "undefined", "0", "00000000-0000-0000-0000-000000000000"]
)
def test_R20_the_order_of_a_guest_is_the_device_s_and_never_a_guest_s(source: Source, nobody: str):
    come(source, order(userId=nobody, anonymousId="d1"))
    assert in_the_lake("lines") == ["web/anonymous_id:d1"]
    assert [record.key for record in SourceRecord.objects.all()] == ["web/anonymous_id:d1"]


def test_R20_what_names_nobody_at_all_is_nobody_s_in_the_lake_and_counts_as_not_identified(source: Source):
    come(source, {"userId": "guest", "properties": {"touchpoint": "site"}})
    come(source, {"userId": "u1", "properties": {"touchpoint": "site"}})
    assert in_the_lake() == ["web/user_id:u1", None]
    [site] = identified_shares()
    assert (site.events, site.identified) == (2, 1)


def test_R20_nobody_s_order_stays_in_the_sum_of_all(source: Source):
    come(source, order(userId="null"), order(userId="u1"))
    assert in_the_lake("lines") == ["web/user_id:u1", None]
    files = [path for path, _ in lake.manifest()["lines"]]
    assert duckdb.sql(f"select sum(amount)::text from read_parquet({files})").fetchall() == [("25.00",)]


def test_R20_a_customer_who_comes_later_under_the_word_does_not_inherit_what_was_nobody_s(source: Source):
    come(source, order(userId="guest"))
    assert in_the_lake("lines") == [None]
    arrive_by_file("guest")
    assert SourceRecord.objects.get().key == "web/user_id:guest"
    assert whose("lines") == [None]


def arrive_by_file(value: str) -> None:
    events.publish(RecordsSeen("web", "user_id", [value], NOON))


def test_R20_a_word_that_a_file_brought_in_as_a_customer_is_that_customer(source: Source):
    arrive_by_file("guest")
    come(source, order(userId="guest", anonymousId="d1"))
    assert in_the_lake("lines") == ["web/user_id:guest"]


def test_R20_the_installation_s_own_words_are_nobody_s_too(source: Source):
    BlockedValue.objects.create(value="kiosk-[0-9]+", is_pattern=True)
    BlockedValue.objects.create(value="walk-in", is_pattern=False)
    come(source, {"userId": "kiosk-7", "anonymousId": "d1"}, {"userId": "Walk-In"}, {"userId": "kiosk-x"})
    assert in_the_lake() == ["web/anonymous_id:d1", "web/user_id:kiosk-x", None]


def test_R20_the_lake_holds_what_was_decided_when_the_event_was_acted_on(source: Source):
    """Rules that change between acting and sealing would else put one event under two names."""
    BlockedValue.objects.create(value="desk", is_pattern=False)
    come(source, {"userId": "desk", "anonymousId": "d1"}, {"userId": "u1"})
    act_on_inbox()
    BlockedValue.objects.all().delete()
    BlockedValue.objects.create(value="u1", is_pattern=False)
    seal_inbox()
    assert whose() == ["web/anonymous_id:d1", "web/user_id:u1"]


def test_R20_an_alias_of_a_guest_is_filed_under_the_device_that_it_names(source: Source):
    come(source, {"type": "alias", "userId": "guest", "previousId": "d1"})
    assert in_the_lake() == ["web/anonymous_id:d1"]


def test_R20_an_external_id_is_what_is_left_of_a_guest(source: Source):
    external = {"context": {"externalIds": [{"id": "4711", "type": "loyalty_card"}]}}
    come(source, {"userId": "guest", **external})
    come(source, {"userId": "guest", **external}, key="public")
    assert in_the_lake() == ["web/loyalty_card:4711", None]


def test_only_an_event_that_is_filed_elsewhere_says_where(source: Source):
    come(source, {"userId": "u1", "anonymousId": "d1"}, {"anonymousId": "d2"}, {"userId": "guest"})
    come(source, {"userId": "guest", "anonymousId": "d2"})
    act_on_inbox()
    told = list(InboxEvent.objects.order_by("sequence").values_list("filed_under", flat=True))
    assert told == [None, None, "", "web/anonymous_id:d2"]


def test_R20_a_repeated_guest_s_order_is_one_row_of_the_device(source: Source):
    come(source, order(userId="guest", anonymousId="d1", messageId="o1"))
    assert in_the_lake("lines") == ["web/anonymous_id:d1"]
    come(source, order(userId="guest", anonymousId="d1", messageId="o1"))
    assert in_the_lake("lines") == ["web/anonymous_id:d1"]


def test_R55_erasing_a_device_takes_what_it_did_as_a_guest_out_of_inbox_and_lake(source: Source):
    come(source, order(userId="guest", anonymousId="d1"), order(userId="u2", anonymousId="d2"))
    come(source, order(userId="null"))
    assert in_the_lake("lines") == ["web/anonymous_id:d1", "web/user_id:u2", None]
    come(source, order(userId="guest", anonymousId="d1"))
    act_on_inbox()
    erase(SourceRecord.objects.get(key="web/anonymous_id:d1").customer, "asked by letter", None)
    assert in_the_lake("lines") == ["web/user_id:u2", None]
    assert "d1" not in {event.body.get("anonymousId") for event in InboxEvent.objects.all()}


def test_R55_erasing_a_card_drops_the_waiting_events_that_were_filed_under_it(source: Source):
    external = {"context": {"externalIds": [{"id": "4711", "type": "loyalty_card"}]}}
    come(source, {"userId": "guest", **external}, {"userId": "guest"})
    act_on_inbox()
    record = SourceRecord.objects.get(key="web/loyalty_card:4711")
    assert isinstance(record.customer_id, UUID)
    erase(record.customer, "asked by letter", None)
    assert [event.filed_under for event in InboxEvent.objects.all()] == [""]
    assert in_the_lake() == [None]
