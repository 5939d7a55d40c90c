"""Dead letters: each refused event once with its reason, replayed once under its own message id."""

from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import pytest

from sterna.desk.audit.models import Entry
from sterna.desk.config.refused import Refused
from sterna.desk.customers.actions import act_on_inbox
from sterna.desk.lakehouse import queries as lake
from sterna.desk.sources import queries
from sterna.desk.sources.actions import add_source, receive, replay, seal_inbox, sweep_inbox
from sterna.desk.sources.models import DeadLetter, InboxEvent, Source, SweptDigest
from sterna.desk.sources.received import Envelope, Unreadable
from sterna.desk.users.actions import add_user

pytestmark = pytest.mark.django_db
NOON = datetime(2017, 7, 1, 12, tzinfo=UTC)
NAMELESS = {"type": "track", "event": "Looked", "messageId": "m1", "timestamp": "2017-06-30T12:00:00Z"}
ORDER = {**NAMELESS, "event": "Order Completed", "userId": "u1", "messageId": "o1"}


@pytest.fixture
def source() -> Source:
    return add_source("web", "Web shop")[0]


def take(source: Source, *events: object, kind: str = "secret", sent_at: datetime | None = None) -> None:
    receive(source, list(events), Envelope(NOON, sent_at, {}, {}, kind))  # type: ignore[arg-type]


def lines() -> list[tuple]:
    files = [path for path, _ in lake.manifest()["lines"]]
    return duckdb.sql(f"select amount, occurred_on from read_parquet({files})").fetchall() if files else []


def test_a_batch_that_is_sent_again_leaves_one_letter(source: Source):
    for _ in range(3):
        take(source, NAMELESS, Unreadable("unreadable", "is not a JSON object", "7"))
    assert sorted(DeadLetter.objects.values_list("code", flat=True)) == ["missing_field", "unreadable"]


def test_the_same_message_of_two_sources_is_two_letters(source: Source):
    take(source, NAMELESS)
    take(add_source("till", "Till")[0], NAMELESS)
    assert DeadLetter.objects.count() == 2


def test_letters_are_listed_by_source_and_code_the_newest_first(source: Source):
    till = add_source("till", "Till")[0]
    take(source, NAMELESS, {"type": "x"}, {"type": "y"})
    take(till, NAMELESS)
    assert queries.dead_letter_codes() == [("invalid_type", 2), ("missing_field", 2)]
    assert queries.dead_letter_codes(till) == [("missing_field", 1)]
    newest = list(queries.dead_letters())
    assert [letter.pk for letter in newest] == sorted((letter.pk for letter in newest), reverse=True)
    assert queries.dead_letters(source, "invalid_type").count() == 2


def test_R8_a_mended_letter_is_replayed_once_under_its_message_id(source: Source):
    take(source, NAMELESS, sent_at=datetime(2017, 7, 1, 11, tzinfo=UTC))
    letter = DeadLetter.objects.get()
    actor = add_user("ada", "a long password 7", "administrator")
    assert replay(letter, actor, "the till forgot who", {**letter.body, "userId": "u1", "messageId": "other"})
    event = InboxEvent.objects.get()
    assert (event.message_id, event.body["messageId"], event.body["userId"]) == ("m1", "m1", "u1")
    # Its own clock was an hour slow when the batch was sent, which is still known.
    assert event.body["timestamp"] == "2017-06-30T13:00:00+00:00"
    with pytest.raises(Refused, match="was replayed on"):
        replay(letter, actor)
    line = Entry.objects.get(action="replayed event")
    assert (line.actor, line.reason, line.detail["message_id"]) == (actor, "the till forgot who", "m1")
    assert (queries.dead_letters().count(), queries.dead_letters(replayed=True).count()) == (0, 1)


def test_a_letter_that_is_still_wrong_stays(source: Source):
    take(source, NAMELESS)
    with pytest.raises(Refused, match="still refused: a track call needs a userId"):
        replay(DeadLetter.objects.get())
    assert queries.dead_letters().count() == 1
    assert not Entry.objects.filter(action="replayed event").exists()


def test_what_cannot_be_read_cannot_be_replayed_as_it_is(source: Source):
    take(source, Unreadable("unreadable", "is not a JSON object", "7"))
    letter = DeadLetter.objects.get()
    with pytest.raises(Refused, match="still refused: type is"):
        replay(letter)
    assert replay(letter, mended={"type": "page", "anonymousId": "d"})


def test_an_event_that_came_meanwhile_is_not_doubled(source: Source):
    take(source, NAMELESS)
    take(source, {**NAMELESS, "userId": "u1"})
    assert not replay(DeadLetter.objects.get(), mended={**NAMELESS, "userId": "u1"})
    assert InboxEvent.objects.count() == 1


def test_a_public_alias_stays_refused_whoever_replays_it(source: Source):
    take(source, {"type": "alias", "userId": "a", "previousId": "b", "messageId": "m"}, kind="public")
    with pytest.raises(Refused, match="may not join two people"):
        replay(DeadLetter.objects.get(), add_user("ada", "a long password 7", "administrator"))


@pytest.mark.parametrize("role", ["analyst", "staff", "manager"])
def test_only_administrators_replay(source: Source, role: str):
    take(source, NAMELESS)
    with pytest.raises(Refused, match="may not administer"):
        replay(DeadLetter.objects.get(), add_user(role, "a long password 7", role))


@pytest.mark.parametrize("swept", [False, True])
def test_an_order_that_the_lake_refused_is_counted_once_it_is_mended(
    source: Source, swept: bool, monkeypatch: pytest.MonkeyPatch
):
    take(source, {**ORDER, "properties": {"total": 5, "currency": "EUR"}})
    act_on_inbox()
    assert seal_inbox().refused == 1
    if swept:
        monkeypatch.setenv("STERNA_NOW", "2018-01-01T00:00:00+00:00")
        assert sweep_inbox() == 1
    letter = DeadLetter.objects.get(code="not_countable")
    assert replay(letter, mended={**letter.body, "properties": {"total": 5.5, "currency": "USD"}})
    act_on_inbox()
    assert seal_inbox().events == 1
    assert lines() == [(Decimal("5.50"), date(2017, 6, 30))]
    # Known for ever all the same.
    take(source, ORDER)
    assert InboxEvent.objects.count() + SweptDigest.objects.count() == 1


def test_an_order_that_is_refused_anew_waits_anew(source: Source):
    take(source, {**ORDER, "properties": {}})
    act_on_inbox()
    seal_inbox()
    replay(DeadLetter.objects.get())
    assert queries.dead_letters().count() == 0
    act_on_inbox()
    seal_inbox()
    assert [letter.message_id for letter in queries.dead_letters()] == ["o1"]
    assert DeadLetter.objects.count() == 1
