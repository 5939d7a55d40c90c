"""The inbox and the sealer: each event kept once, acted on once, sealed once, whatever the order of commits."""

import threading
from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import pytest
from django.db import connection, transaction

from sterna.desk.config import clock
from sterna.desk.config.ids import new_id
from sterna.desk.customers.actions import act_on_inbox
from sterna.desk.lakehouse import queries as lake
from sterna.desk.lakehouse.models import Mark, Segment
from sterna.desk.sources.actions import add_source, receive, seal_inbox
from sterna.desk.sources.actions.inbox import INSERTING
from sterna.desk.sources.lake_rows import Kept, lake_lines
from sterna.desk.sources.models import DeadLetter, InboxEvent, Source
from sterna.desk.sources.received import Envelope, Event, RefusedEvent, check
from sterna.engine.errors import BadInput

NOON = datetime(2017, 7, 1, 12, tzinfo=UTC)


def envelope(sent_at: datetime | None = NOON) -> Envelope:
    return Envelope(NOON, sent_at, {}, {})


def track(message: str, event: str = "Looked", user: str = "u1", **properties: object) -> dict:
    body = {"type": "track", "event": event, "userId": user, "messageId": message, "properties": properties}
    return {**body, "timestamp": "2017-06-30T12:00:00Z"}


@pytest.fixture
def source(db: None) -> Source:
    return add_source("web", "Web shop")[0]


def rows(table: str, columns: str) -> list[tuple]:
    files = [path for path, _ in lake.manifest()[table]]
    return duckdb.sql(f"select {columns} from read_parquet({files}) order by all").fetchall() if files else []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"type": "order"}, "type is 'order'"),
        ({"type": None}, "type is 'None'"),
        ({"event": " "}, "needs the name of its event"),
        ({"userId": None}, "needs a userId or an anonymousId"),
        ({"userId": "x" * 201}, "userId is longer than 200"),
        ({"type": "group"}, "needs a groupId"),
        ({"type": "alias"}, "needs previousId and userId"),
        ({"timestamp": "soon"}, "is not an ISO 8601 moment"),
        ({"timestamp": "1600-01-01T00:00:00Z"}, "outside the years"),
    ],
)
def test_an_event_that_is_wrong_says_why(change: dict, reason: str):
    answer = check({**track("m1"), **change}, envelope(), new_id)
    assert isinstance(answer, RefusedEvent)
    assert reason in answer.reason


def test_a_wrong_clock_is_corrected_by_what_it_said_when_sending():
    answer = check(track("m1"), envelope(datetime(2017, 6, 30, 13, tzinfo=UTC)), new_id)
    assert isinstance(answer, Event)
    assert answer.body["timestamp"] == "2017-07-01T11:00:00+00:00"
    assert answer.body["originalTimestamp"] == "2017-06-30T12:00:00+00:00"


def test_ids_become_text_and_a_missing_message_id_is_made():
    made = new_id()
    answer = check({"type": "track", "event": "x", "userId": 17, "channel": "kept"}, envelope(), lambda: made)
    assert isinstance(answer, Event)
    assert (answer.body["userId"], answer.message_id, answer.body["channel"]) == ("17", str(made), "kept")


def test_a_bad_event_never_fails_its_neighbors(source: Source):
    receipt = receive(source, [track("m1"), {"type": "nothing"}, track("m2", note="a\0b")], envelope())
    assert (receipt.kept, receipt.repeated, len(receipt.refused)) == (2, 0, 1)
    assert InboxEvent.objects.get(message_id="m2").body["properties"]["note"] == "a\N{REPLACEMENT CHARACTER}b"
    letter = DeadLetter.objects.get()
    assert (letter.code, letter.body) == ("invalid_type", {"type": "nothing", "sentAt": NOON.isoformat()})
    assert receive(source, [track("m1"), track("m1"), track("m3")], envelope()).repeated == 2


def order(**properties: object) -> Kept:
    body = {
        "type": "track",
        "event": "Order Completed",
        "userId": "u1",
        "messageId": "o1",
        "properties": properties,
    }
    return Kept("web", "web/user_id:u1", {**body, "timestamp": "2017-07-01T02:00:00+00:00"})


def lines(**properties: object) -> list[dict]:
    return lake_lines(order(**properties), clock.options.zone(), NOON, "USD")


def test_an_order_becomes_lines_to_the_cent():
    products = [
        {"product_id": "a", "price": 1.15, "quantity": 3},
        {"sku": "b", "price": "0.333"},
        {"price": 2},
    ]
    made = lines(products=products, currency="USD")
    assert [(line["line_id"], line["product_id"], line["amount"]) for line in made] == [
        ("1", "a", Decimal("3.45")), ("2", "b", Decimal("0.33")), ("3", None, Decimal("2.00")),
    ]  # fmt: skip
    assert {line["occurred_on"] for line in made} == {date(2017, 6, 30)}
    assert [(line["product_id"], line["amount"]) for line in lines(total=19.99)] == [(None, Decimal("19.99"))]


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"total": 5, "currency": "EUR"}, "currency is 'EUR', not USD"),
        ({}, "needs products with prices, or a total"),
        ({"total": "much"}, "total is not a number"),
        ({"total": -1}, "negative"),
        ({"products": [{"product_id": "a"}]}, "product 1 has no price"),
        ({"products": "many"}, "not a list"),
        ({"products": [{"price": 1, "quantity": 1e12}]}, "quantity of product 1"),
    ],
)
def test_an_order_that_cannot_be_counted_says_why(properties: dict, reason: str):
    with pytest.raises(BadInput, match=reason):
        lines(**properties)


def test_events_are_sealed_once_and_only_when_acted_on(source: Source):
    batch = [
        track("m1"),
        track("m2", "Order Completed", total=5),
        track("m3", "Order Completed", currency="EUR"),
    ]
    receive(source, batch, envelope())
    assert seal_inbox().events == 0
    assert act_on_inbox().events == 3
    sealed = seal_inbox()
    assert (sealed.events, sealed.refused) == (3, 1)
    assert rows("events", "kind, source_record, occurred_on") == [
        ("Looked", "web/user_id:u1", date(2017, 6, 30))
    ]
    assert rows("lines", "amount, source_record, currency") == [(Decimal("5.00"), "web/user_id:u1", "USD")]
    assert "currency" in DeadLetter.objects.get().reason
    assert (act_on_inbox().events, seal_inbox().events, Segment.objects.count()) == (0, 0, 2)
    assert Mark.objects.get(name="inbox").position == InboxEvent.objects.latest("sequence").sequence


def test_the_mark_never_passes_an_event_that_waits(source: Source, monkeypatch: pytest.MonkeyPatch):
    receive(source, [track("m1")], envelope())
    act_on_inbox()
    receive(source, [track("m2"), track("m3")], envelope())
    assert seal_inbox().events == 1
    monkeypatch.setattr("sterna.desk.customers.actions.acting.BATCH", 1)
    act_on_inbox()
    assert seal_inbox().events == 2
    assert rows("events", "count(distinct event_id), count(*)") == [(3, 3)]


@pytest.mark.django_db(transaction=True)
def test_a_lower_sequence_that_commits_later_is_not_lost():
    source = add_source("web", "Web shop")[0]
    drawn, go, errors = threading.Event(), threading.Event(), []

    def slow() -> None:
        try:
            with transaction.atomic():
                receive(source, [track("slow")], envelope())
                drawn.set()
                go.wait(20)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    def seal() -> None:
        try:
            act_on_inbox()
            seal_inbox()
        finally:
            connection.close()

    writer = threading.Thread(target=slow)
    writer.start()
    assert drawn.wait(20)
    receive(source, [track("quick")], envelope())
    sealer = threading.Thread(target=seal)
    sealer.start()
    sealer.join(0.5)
    assert sealer.is_alive(), "the sealer went past a sequence that was not decided"
    go.set()
    writer.join(20)
    sealer.join(20)
    seal()
    assert not errors
    slow_one, quick = (InboxEvent.objects.get(message_id=m).sequence for m in ("slow", "quick"))
    assert slow_one < quick
    assert rows("events", "count(*), count(distinct event_id)") == [(2, 2)]


@pytest.mark.django_db(transaction=True)
def test_the_lock_of_the_sealer_is_held_for_a_moment_only():
    source = add_source("web", "Web shop")[0]
    receive(source, [track("m1")], envelope())
    act_on_inbox()
    seal_inbox()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [INSERTING])
        assert cursor.fetchone() == (True,)


@pytest.mark.django_db(transaction=True)
def test_two_batches_with_the_same_messages_at_once_give_one_row_each():
    source = add_source("web", "Web shop")[0]
    names = [f"m{i}" for i in range(300)]
    barrier, receipts, errors = threading.Barrier(2), [], []

    def send(order: list[str]) -> None:
        try:
            barrier.wait(20)
            receipts.append(receive(source, [track(name) for name in order], envelope()))
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(order,)) for order in (names, names[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors
    assert InboxEvent.objects.count() == 300
    assert sum(receipt.kept for receipt in receipts) == 300
