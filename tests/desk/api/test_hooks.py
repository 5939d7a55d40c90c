"""Webhooks signed per Standard Webhooks, by the reference package: genuine ones become events, others nothing."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook as Oracle

from sterna.desk.audit.models import Entry
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.sources import hooks
from sterna.desk.sources.actions import add_source, close_webhook, open_webhook, rotate_secret
from sterna.desk.sources.models import DeadLetter, InboxEvent, Webhook
from sterna.desk.users.actions import add_user
from sterna.engine.errors import BadInput
from tests.desk.api.calls import call, said

pytestmark = pytest.mark.django_db
MAPPING = {
    "type": "track",
    "event": "$.type",
    "user_id": "$.data.customer.id",
    "occurred_at": "$.timestamp",
    "properties": {
        "number": "$.data.number",
        "first_item": "$.data.items.0.sku",
        "kind": "booking",
        "none": "$.x.y",
    },
}
MESSAGE = {
    "type": "booking.made",
    "timestamp": "2017-06-30T12:00:00Z",
    "data": {"number": 7, "customer": {"id": 4711}, "items": [{"sku": "suite"}]},
}


@pytest.fixture
def opened() -> tuple[Webhook, str]:
    return open_webhook(add_source("hotel", "Hotel")[0], MAPPING)


def deliver(
    secret: str, message: Any = MESSAGE, at: datetime | None = None, name: str = "msg_1", **changed: str
) -> tuple[int, str]:
    """Send a message as the reference package signs it, then with some headers changed."""
    at = at or clock.now()
    body = message if isinstance(message, str) else json.dumps(message)
    headers = {
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Oracle(secret).sign(name, at, body),
        **{key.replace("_", "-"): value for key, value in changed.items()},
    }
    return said(call("/hooks/hotel", body.encode(), **headers))


def test_a_signed_message_becomes_an_event_of_its_source(opened: tuple[Webhook, str]):
    assert deliver(opened[1]) == (200, "")
    event = InboxEvent.objects.get()
    assert (event.source.name, event.message_id, event.key_kind) == ("hotel", "msg_1", "secret")
    assert {name: event.body[name] for name in ("type", "event", "userId", "timestamp")} == {
        "type": "track", "event": "booking.made", "userId": "4711", "timestamp": "2017-06-30T12:00:00+00:00",
    }  # fmt: skip
    assert event.body["properties"] == {"number": 7, "first_item": "suite", "kind": "booking"}


def test_a_message_that_comes_again_is_one_event(opened: tuple[Webhook, str]):
    assert [deliver(opened[1]), deliver(opened[1]), deliver(opened[1], name="msg_2")] == [(200, "")] * 3
    assert InboxEvent.objects.count() == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook_signature": "v1,AAAA"}, {"webhook_signature": ""}, {"webhook_id": "msg_9"}, {"webhook_id": ""},
        {"webhook_timestamp": "1"}, {"webhook_timestamp": ""}, {"webhook_signature": "v1a,AAAA"},
    ],
)  # fmt: skip
def test_a_message_that_is_not_genuine_is_401(opened: tuple[Webhook, str], changed: dict[str, str]):
    assert deliver(opened[1], **changed) == (401, "unauthorized")
    assert InboxEvent.objects.count() == DeadLetter.objects.count() == 0


def test_a_message_of_a_stranger_and_one_to_nobody_read_the_same(opened: tuple[Webhook, str]):
    stranger = "whsec_" + "A" * 40
    assert deliver(stranger) == (401, "unauthorized")
    assert said(call("/hooks/nobody", MESSAGE)) == (401, "unauthorized")


@pytest.mark.parametrize(("seconds", "status"), [(-299, 200), (299, 200), (-301, 401), (301, 401)])
def test_a_message_counts_for_five_minutes(
    opened: tuple[Webhook, str], seconds: int, status: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("STERNA_NOW", "2017-07-01T12:00:00+00:00")
    at = datetime(2017, 7, 1, 12, tzinfo=UTC) + timedelta(seconds=seconds)
    assert deliver(opened[1], at=at)[0] == status


def test_one_of_several_signatures_is_enough(opened: tuple[Webhook, str]):
    at = clock.now()
    right = Oracle(opened[1]).sign("msg_1", at, json.dumps(MESSAGE))
    assert deliver(opened[1], at=at, webhook_signature=f"v1a,xyz v1,AAAA {right}") == (200, "")


def test_both_secrets_count_while_one_is_exchanged_for_the_other(
    opened: tuple[Webhook, str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("STERNA_NOW", "2017-07-01T12:00:00+00:00")
    before, after = opened[1], rotate_secret(opened[0], timedelta(hours=24))
    assert before != after
    assert deliver(before, name="a") == deliver(after, name="b") == (200, "")
    monkeypatch.setenv("STERNA_NOW", "2017-07-02T12:00:01+00:00")
    assert deliver(before, name="c") == (401, "unauthorized")
    assert deliver(after, name="d") == (200, "")


def test_a_closed_webhook_takes_nothing(opened: tuple[Webhook, str]):
    close_webhook(opened[0])
    assert deliver(opened[1]) == (401, "unauthorized")
    assert opened[1] not in str(Webhook.objects.get().__dict__)


def test_a_closed_webhook_has_no_secret_to_exchange_and_is_closed_once(opened: tuple[Webhook, str]):
    close_webhook(opened[0])
    for act in (close_webhook, lambda webhook: rotate_secret(webhook, timedelta(0))):
        with pytest.raises(Refused, match="the webhook of hotel is closed"):
            act(opened[0])
    assert Entry.objects.filter(action="closed webhook").count() == 1
    assert not Entry.objects.filter(action="rotated webhook secret").exists()


def test_a_webhook_that_is_opened_again_has_a_secret_of_its_own(opened: tuple[Webhook, str]):
    late = rotate_secret(opened[0], timedelta(days=7))
    close_webhook(opened[0])
    _, secret = open_webhook(opened[0].source, opened[0].mapping)
    # Nothing of before counts again, not even what was promised for a week.
    assert [deliver(each)[0] for each in (opened[1], late)] == [401, 401]
    assert deliver(secret) == (200, "")


def test_a_genuine_message_that_cannot_be_an_event_is_kept_with_its_reason(opened: tuple[Webhook, str]):
    assert deliver(opened[1], {"type": "booking.made", "data": {}}) == (200, "")
    assert deliver(opened[1], "no json", name="msg_2") == (200, "")
    assert sorted(DeadLetter.objects.values_list("code", flat=True)) == ["missing_field", "unreadable"]


def test_a_message_may_be_as_large_as_a_batch_and_no_larger(opened: tuple[Webhook, str]):
    assert deliver(opened[1], "x" * ((10 << 20) + 1)) == (413, "too_large")


def test_a_full_inbox_has_the_sender_try_again(opened: tuple[Webhook, str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sterna.desk.api.hooks.is_busy", lambda: True)
    assert deliver(opened[1]) == (503, "busy")


@pytest.mark.parametrize(
    ("mapping", "why"),
    [
        ({"event": "x"}, "where the person is named"),
        ({"user_id": "$.id"}, "needs a name"),
        ({"type": "order", "user_id": "$.id"}, "type is 'order'"),
        ({"user_id": "$.id", "event": "x", "colour": "red"}, "colour"),
        ({"user_id": 7, "event": "x"}, "user_id"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused_with_why(mapping: dict[str, Any], why: str):
    with pytest.raises(Refused, match=why):
        open_webhook(add_source("hotel", "Hotel")[0], mapping)
    assert not Webhook.objects.exists()


@pytest.mark.parametrize("secret", ["whsec_", "whsec_AAAA", "nothing at all", "whsec_" + "A" * 200])
def test_a_secret_that_is_none_is_refused(secret: str):
    with pytest.raises(Refused, match="24 to 64 bytes"):
        open_webhook(add_source("hotel", "Hotel")[0], MAPPING, secret=secret)


def test_a_mapping_is_changed_without_a_new_secret(opened: tuple[Webhook, str]):
    again, secret = open_webhook(opened[0].source, {**MAPPING, "event": "Booked"})
    assert secret == opened[1]
    assert deliver(secret) == (200, "")
    assert InboxEvent.objects.get().body["event"] == "Booked"
    assert again.pk == opened[0].pk


def test_only_an_administrator_opens_a_webhook():
    manager = add_user("mara", "a long password 7", "manager")
    with pytest.raises(Refused, match="administer"):
        open_webhook(add_source("hotel", "Hotel")[0], MAPPING, manager)


def test_a_whole_message_can_be_the_properties():
    mapping = hooks.mapping(
        {"type": "identify", "user_id": "$.id", "traits": "$", "anonymous_id": "$.list.9"}
    )
    assert hooks.event(mapping, {"id": "u", "list": [1]}, "m") == {
        "type": "identify", "userId": "u", "messageId": "m", "traits": {"id": "u", "list": [1]},
    }  # fmt: skip


def test_the_secret_of_the_specification_gives_its_signature():
    # The example of the Standard Webhooks specification.
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert hooks.is_signed("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", signature, body, [secret])
    assert not hooks.is_signed("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265331", signature, body, [secret])
    with pytest.raises(BadInput):
        hooks.is_signed("m", "1", signature, body, ["whsec_short"])
