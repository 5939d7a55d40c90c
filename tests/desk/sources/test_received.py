"""What is taken from one event: clocks, ids, text that cannot be kept, depth, and strict sources."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.desk.config.ids import new_id
from sterna.desk.sources.actions import add_source, declare_trait, receive, set_strict
from sterna.desk.sources.models import DeadLetter, InboxEvent, Source
from sterna.desk.sources.received import (
    DEEPEST,
    MOST_TRAITS,
    Envelope,
    Event,
    RefusedEvent,
    Unreadable,
    check,
    decode,
)

NOON = datetime(2017, 7, 1, 12, tzinfo=UTC)
PLAIN = Envelope(NOON, None, {}, {})
LOOK = {"type": "track", "event": "Looked", "userId": "u"}


def nested(levels: int) -> object:
    made: object = 1
    for _ in range(levels):
        made = [made]
    return made


@given(
    skew=st.timedeltas(timedelta(days=-3_000), timedelta(days=3_000)),
    waited=st.timedeltas(timedelta(0), timedelta(hours=12)),
    way=st.timedeltas(timedelta(0), timedelta(seconds=30)),
)
def test_a_clock_that_is_wrong_by_anything_is_corrected_to_the_time_of_the_way(
    skew: timedelta, waited: timedelta, way: timedelta
):
    happened = NOON - way - waited
    event = {**LOOK, "timestamp": (happened + skew).isoformat()}
    answer = check(event, Envelope(NOON, NOON - way + skew, {}, {}), new_id)
    assert isinstance(answer, Event)
    assert datetime.fromisoformat(answer.body["timestamp"]) == happened + way


@pytest.mark.parametrize(
    ("stamp", "told"),
    [
        ("2017-06-30T12:00:00Z", "2017-06-30T12:00:00+00:00"),
        ("2017-06-30T12:00:00.123456+00:00", "2017-06-30T12:00:00.123456+00:00"),
        ("2017-06-30T08:00:00.123-04:00", "2017-06-30T12:00:00.123000+00:00"),
        ("2017-06-30T12:00:00", "2017-06-30T12:00:00+00:00"),
    ],
)
def test_every_form_of_a_moment_that_clients_write_is_read(stamp: str, told: str):
    answer = check({**LOOK, "timestamp": stamp}, PLAIN, new_id)
    assert isinstance(answer, Event)
    assert answer.body["timestamp"] == told


@pytest.mark.parametrize(
    "stamp", ["2017-02-30T12:00:00Z", "yesterday", 1498824000, "1899-12-31T23:59:59Z", [], ""]
)
def test_a_moment_that_is_none_is_told_except_where_there_is_none(stamp: object):
    answer = check({**LOOK, "timestamp": stamp}, PLAIN, new_id)
    # Empty is absent: the event happened when it came.
    assert isinstance(answer, RefusedEvent if stamp else Event | RefusedEvent)
    if isinstance(answer, RefusedEvent):
        assert answer.code == "invalid_time"


def test_clocks_that_disagree_by_centuries_do_not_leave_the_calendar():
    envelope = Envelope(NOON, datetime(1900, 1, 1, tzinfo=UTC), {}, {})
    answer = check({**LOOK, "timestamp": "2199-12-31T00:00:00Z"}, envelope, new_id)
    assert isinstance(answer, RefusedEvent)
    assert answer.reason == "timestamp and sentAt put it into the year 2317"


@pytest.mark.parametrize(("value", "kept"), [(7, "7"), (" x ", "x"), ("é", "é"), (0, "0"), (1.5, "1.5")])
def test_ids_are_text_without_what_surrounds_it(value: object, kept: str):
    answer = check({**LOOK, "userId": value}, PLAIN, new_id)
    assert isinstance(answer, Event)
    assert answer.body["userId"] == kept


@pytest.mark.parametrize("value", [None, "", "  ", True, [], {}])
def test_what_is_no_id_is_none(value: object):
    answer = check({**LOOK, "userId": value}, PLAIN, new_id)
    assert isinstance(answer, RefusedEvent)
    assert answer.code == "missing_field"


def test_unknown_keys_are_kept_and_nulls_are_not():
    event = {
        **LOOK,
        "anonymousId": None,
        "_metadata": {"n": 1},
        "channel": "server",
        "integrations": {"All": True},
    }
    answer = check(event, PLAIN, new_id)
    assert isinstance(answer, Event)
    assert "anonymousId" not in answer.body
    assert (answer.body["_metadata"], answer.body["channel"]) == ({"n": 1}, "server")
    assert answer.body["integrations"] == {"All": True}


def test_half_an_emoji_costs_the_half_and_not_the_event():
    found = decode(
        b'{"type":"track","event":"a\\ud83d","userId":"u\\u0000","properties":{"\\udc00":["\\ud83d\\ude00"]}}'
    )
    assert isinstance(found, dict)
    answer = check(found, PLAIN, new_id)
    assert isinstance(answer, Event)
    assert (answer.body["event"], answer.body["userId"]) == (
        "a\N{REPLACEMENT CHARACTER}",
        "u\N{REPLACEMENT CHARACTER}",
    )
    assert answer.body["properties"] == {"\N{REPLACEMENT CHARACTER}": ["\N{GRINNING FACE}"]}


@pytest.mark.parametrize(
    "raw", [b"7", b"[]", b'"x"', b"{", b'{"a": 1e400}', b"[" * 5_000, b'{"a":' * 5_000, b""]
)
def test_what_is_no_event_is_told_and_harms_nothing(raw: bytes):
    found = decode(raw)
    assert isinstance(found, Unreadable)
    assert found.code == "unreadable"


@pytest.mark.parametrize("levels", [DEEPEST + 1, 300, 900])
def test_an_event_that_is_nested_without_end_is_refused_alone(levels: int):
    answer = check({**LOOK, "messageId": "m", "properties": nested(levels)}, PLAIN, new_id)
    assert isinstance(answer, RefusedEvent)
    assert (answer.code, answer.body) == ("too_deep", {"messageId": "m"})


def test_an_event_as_deep_as_allowed_is_kept():
    # The event and the list of its properties are two levels.
    answer = check({**LOOK, "properties": nested(DEEPEST - 1)}, PLAIN, new_id)
    assert isinstance(answer, Event)


@pytest.mark.parametrize("where", ["traits", "context"])
def test_more_traits_than_anybody_has_are_refused(where: str):
    def event(many: int) -> dict:
        traits = {f"t{i}": i for i in range(many)}
        told = {"traits": traits} if where == "traits" else {"context": {"traits": traits}}
        return {"type": "identify", "userId": "u", **told}

    assert isinstance(check(event(MOST_TRAITS), PLAIN, new_id), Event)
    answer = check(event(MOST_TRAITS + 1), PLAIN, new_id)
    assert isinstance(answer, RefusedEvent)
    assert (answer.code, answer.reason) == ("too_many_traits", "has 301 traits, at most 300")


@pytest.fixture
def strict(db: None) -> Source:
    source = add_source("web", "Web shop")[0]
    declare_trait(source, "age", "demography.age", "marketing")
    set_strict(source, True)
    return source


def test_R55_a_strict_source_keeps_only_names_of_what_nobody_declared(strict: Source):
    identify = {"type": "identify", "userId": "u", "traits": {"age": 44, "faith": "SECRET1"}}
    context = {"traits": {"party": "SECRET2", "age": 43}, "ip": "1.2.3.4"}
    receive(
        strict,
        [{**identify, "context": {"traits": {"illness": "SECRET3"}}}],
        Envelope(NOON, None, context, {}),
    )
    body = InboxEvent.objects.get().body
    assert (body["traits"], body["context"]["ip"]) == ({"age": 44}, "1.2.3.4")
    assert body["strippedTraits"] == ["faith", "illness"]
    assert "SECRET" not in json.dumps(body)


def test_R55_traits_of_the_batch_are_stripped_too(strict: Source):
    context = {"traits": {"party": "SECRET", "age": 43}}
    receive(strict, [{"type": "page", "userId": "u"}], Envelope(NOON, None, context, {}))
    body = InboxEvent.objects.get().body
    assert (body["context"], body["strippedTraits"]) == ({"traits": {"age": 43}}, ["party"])


@pytest.mark.parametrize("traits", [["SECRET"], "SECRET", {"n": {"deep": "SECRET"}}])
def test_R55_a_refused_event_of_a_strict_source_is_stripped_as_well(strict: Source, traits: object):
    receive(
        strict, [{"type": "identify", "traits": traits}, Unreadable("unreadable", "is none", "SECRET")], PLAIN
    )
    assert DeadLetter.objects.count() == 2
    assert "SECRET" not in json.dumps(list(DeadLetter.objects.values("body", "reason")))


def test_a_lenient_source_keeps_every_trait(db: None):
    source = add_source("till", "Till")[0]
    receive(source, [{"type": "identify", "userId": "u", "traits": {"x": 1}}], PLAIN)
    body = InboxEvent.objects.get().body
    assert body["traits"] == {"x": 1}
    assert "strippedTraits" not in body
