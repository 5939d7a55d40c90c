"""The inbox is swept and forgets nothing: a message id is one event for ever; the live tail stays cheap."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from sterna.desk.customers.actions import act_on_inbox
from sterna.desk.sources import queries
from sterna.desk.sources.actions import add_source, receive, seal_inbox, settled, sweep_inbox
from sterna.desk.sources.models import InboxEvent, Source, SweptDigest
from sterna.desk.sources.received import Envelope

NOON = datetime(2017, 7, 1, 12, tzinfo=UTC)


def page(name: str) -> dict:
    return {"type": "page", "anonymousId": "d", "messageId": name}


def take(source: Source, *names: str, at: datetime = NOON) -> int:
    return receive(source, [page(name) for name in names], Envelope(at, None, {}, {})).kept


@pytest.fixture
def source(db: None, monkeypatch: pytest.MonkeyPatch) -> Source:
    monkeypatch.setenv("STERNA_NOW", "2017-08-01T00:00:00+00:00")
    monkeypatch.setenv("STERNA_INBOX_DAYS", "30")
    return add_source("web", "Web shop")[0]


def test_R8_a_message_id_is_one_event_for_ever_after_sealing_and_sweeping(source: Source):
    assert take(source, "a", "b") == 2
    act_on_inbox()
    seal_inbox()
    assert take(source, "a", "b") == 0
    assert sweep_inbox() == 2
    assert InboxEvent.objects.count() == 0
    assert take(source, "a", "c", "b") == 1
    act_on_inbox()
    assert seal_inbox().events == 1
    assert sweep_inbox() == 1
    assert take(source, "c", "b", "a") == 0
    # Another source may call its own events the same.
    assert take(add_source("till", "Till")[0], "a") == 1


def test_only_what_is_in_the_lake_and_old_enough_is_swept(source: Source):
    take(source, "old", at=NOON)
    assert sweep_inbox() == 0
    act_on_inbox()
    assert sweep_inbox() == 0
    seal_inbox()
    take(source, "young", at=datetime(2017, 7, 20, tzinfo=UTC))
    act_on_inbox()
    seal_inbox()
    assert sweep_inbox() == 1
    assert [event.message_id for event in InboxEvent.objects.all()] == ["young"]
    assert sweep_inbox() == 0


def test_the_oldest_waiting_event_does_not_keep_sealed_ones_from_being_swept(
    source: Source, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sterna.desk.sources.actions.waiting.SWEEP", 2)
    take(source, *"abcde")
    act_on_inbox()
    seal_inbox()
    take(source, "late")
    assert sweep_inbox() == 5
    assert SweptDigest.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_an_event_sent_again_while_it_is_swept_is_not_new(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("STERNA_NOW", "2017-08-02T00:00:00+00:00")
    source = add_source("web", "Web shop")[0]
    names = [f"m{i}" for i in range(200)]
    take(source, *names)
    act_on_inbox()
    seal_inbox()
    monkeypatch.setattr("sterna.desk.sources.actions.waiting.SWEEP", 7)
    again: list[int] = []

    def send() -> None:
        try:
            again.extend(take(source, *names[::-1]) for _ in range(8))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    swept = sweep_inbox()
    for thread in threads:
        thread.join(60)
    assert (swept, len(again), sum(again)) == (200, 24, 0)
    assert InboxEvent.objects.count() == 0


def test_the_live_tail_shows_the_last_events_of_one_source(source: Source):
    other = add_source("till", "Till")[0]
    take(source, *(f"m{i}" for i in range(120)))
    take(other, "x")
    tail = list(queries.newest_events(source))
    assert [event.message_id for event in tail] == [f"m{i}" for i in range(119, 19, -1)]
    assert [event.message_id for event in queries.newest_events(other, 5)] == ["x"]


def test_the_live_tail_reads_an_index_and_not_the_inbox(source: Source):
    take(source, *(f"m{i}" for i in range(3_000)))
    quiet = add_source("till", "Till")[0]
    with connection.cursor() as cursor:
        cursor.execute("analyze sources_inboxevent")
    plan = queries.newest_events(quiet).explain()
    assert "inbox_by_source" in plan
    assert "Seq Scan" not in plan


def test_waiting_events_are_counted_up_to_a_limit(source: Source):
    take(source, *"abcde")
    assert (queries.waiting_events(), queries.waiting_events(3)) == (5, 3)
    act_on_inbox()
    assert queries.waiting_events() == 0


def test_what_arrives_while_acting_is_left_for_the_next_call(source: Source, monkeypatch: pytest.MonkeyPatch):
    take(source, "a", "b")
    until = settled()
    take(source, "c")
    monkeypatch.setattr("sterna.desk.customers.actions.acting.settled", lambda: until)
    assert act_on_inbox().events == 2
    monkeypatch.undo()
    assert act_on_inbox().events == 1


def test_an_event_as_it_is_handed_out_has_its_moment_to_the_microsecond(source: Source):
    at = NOON + timedelta(microseconds=123_457)
    take(source, "a", at=at)
    event = queries.arrived(0, settled(), 10)[0]
    assert (event.received_at, event.message_id, event.source, event.key_kind) == (at, "a", source, "secret")
