"""What is due leaves, each message once while all goes well; what fails comes back by a schedule, and stops at last."""

import json
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone
from standardwebhooks import Webhook as Oracle

from sterna.desk.audit.models import Entry
from sterna.desk.config.refused import Refused
from sterna.desk.webhooks import actions, wire
from sterna.desk.webhooks.actions import claims, sending
from sterna.desk.webhooks.models import Endpoint, Message
from sterna.desk.webhooks.signing import fingerprint, message_id, secret_of
from tests.desk.segments.staging import people
from tests.desk.webhooks import outbox
from tests.desk.webhooks.outbox import FIRST, SECOND, endpoint
from tests.desk.webhooks.receiver import drip, raw, serve

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def private(monkeypatch):
    """The receivers of these tests are on this machine, and nothing waits by chance."""
    monkeypatch.setenv("STERNA_WEBHOOK_PRIVATE", "yes")
    monkeypatch.setattr(sending, "JITTER", 0)


@pytest.fixture
def receiver():
    """A receiver that takes everything until it is told otherwise."""
    with serve() as found:
        yield found


def fill(number: int, url: str, **more: object) -> tuple[Endpoint, str]:
    """An endpoint with so many first placings in its outbox."""
    made = endpoint(url, **more)
    outbox.run(outbox.tiers(), FIRST, dict.fromkeys(people(number), "bronze"))
    return made


def due_now() -> None:
    """Let every wait and every rest be over."""
    Message.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    Endpoint.objects.update(rests_until=None)


def test_every_message_arrives_once_signed_and_as_the_outbox_has_it(receiver):
    _, secret = fill(120, receiver.url)
    assert str(actions.send_due()) == "120 delivered"
    read = [Oracle(secret).verify(taken.body, taken.headers) for taken in receiver.taken]
    kept = {message_id(one): one for one in Message.objects.all()}
    assert Counter(taken.headers["webhook-id"] for taken in receiver.taken) == dict.fromkeys(kept, 1)
    assert {one["data"]["customer_id"] for one in read} == {str(one.customer_id) for one in kept.values()}
    assert list(read[0]) == ["type", "timestamp", "data"] and read[0]["type"] == "customer.moved"
    assert list(read[0]["data"])[:4] == ["customer_id", "scheme", "kind", "from"]
    assert {(one.state, one.attempts, one.status, one.claim) for one in kept.values()} == {
        ("delivered", 1, 204, None)
    }
    assert str(actions.send_due()) == "no webhook was due"
    assert Endpoint.objects.get().delivered_at is not None


def test_a_failed_attempt_is_repeated_under_the_same_id_with_the_same_body_by_the_schedule(receiver):
    fill(1, receiver.url)
    receiver.says(503, b"not now")
    for attempt, seconds in enumerate((*sending.WAITS, 0), start=1):
        before = timezone.now()
        actions.send_due()
        message = Message.objects.get()
        assert (message.attempts, message.status, message.answer) == (attempt, 503, "not now")
        waited = (message.due_at - before).total_seconds()
        assert seconds <= waited < seconds + 20
        assert message.state == ("failed" if attempt == sending.MOST_ATTEMPTS else "waiting")
        due_now()
    assert str(actions.send_due()) == "no webhook was due"
    assert len(receiver.taken) == 10 and len({taken.body for taken in receiver.taken}) == 1
    assert len({taken.headers["webhook-id"] for taken in receiver.taken}) == 1


@pytest.mark.parametrize(
    ("asked", "seconds"), [("120", 120), ("1", 5), ("999999", 86_400), ("soon", 5), ("٣", 5), ("9" * 30, 5)]
)
def test_a_receiver_may_ask_for_a_longer_wait_up_to_a_day(receiver, asked, seconds):
    fill(1, receiver.url)
    receiver.says(429, Retry_After=asked.encode().decode("latin-1"))
    before = timezone.now()
    actions.send_due()
    assert seconds <= (Message.objects.get().due_at - before).total_seconds() < seconds + 20


def test_waits_are_spread_so_that_what_failed_together_does_not_come_back_together(receiver, monkeypatch):
    monkeypatch.setattr(sending, "JITTER", 0.2)
    fill(5, receiver.url)
    receiver.says(500)
    actions.send_due()
    waits = [(one.due_at - one.tried_at).total_seconds() for one in Message.objects.all()]
    assert len(set(waits)) > 1 and 4.9 < min(waits) <= max(waits) < 20


def test_a_receiver_that_answers_badly_is_left_alone_and_what_was_not_tried_has_lost_no_attempt(receiver):
    fill(20, receiver.url)
    receiver.says(500)
    assert str(actions.send_due()) == "5 waiting" and len(receiver.taken) == sending.TIRED
    held = Endpoint.objects.get()
    assert held.failures == 1 and held.rests_until > timezone.now() and held.failing_since is not None
    assert Counter(Message.objects.values_list("attempts", flat=True)) == {1: 5, 0: 15}
    assert str(actions.send_due()) == "no webhook was due"
    due_now()
    receiver.says(200)
    assert str(actions.send_due()) == "20 delivered"
    held.refresh_from_db()
    assert (held.failures, held.rests_until, held.failing_since) == (0, None, None)


def test_one_message_that_is_never_taken_stops_no_other(receiver):
    fill(60, receiver.url)
    bad = message_id(Message.objects.order_by("pk")[7])
    receiver.answer = lambda taken: (400 if taken.headers["webhook-id"] == bad else 200, {}, b"")
    assert str(actions.send_due()) == "59 delivered, 1 waiting"
    assert Endpoint.objects.get().failures == 0


def test_410_disables_the_endpoint_and_the_rest_waits(receiver):
    fill(5, receiver.url)
    receiver.says(410)
    assert str(actions.send_due()) == "1 waiting" and len(receiver.taken) == 1
    held = Endpoint.objects.get()
    assert held.state == "gone" and Message.objects.filter(state="waiting").count() == 5
    line = Entry.objects.get(action="stopped endpoint")
    assert (line.reason, line.subject, line.actor) == ("the receiver answered 410", str(held.pk), None)
    receiver.says(200)
    due_now()
    assert str(actions.send_due()) == "no webhook was due"
    actions.enable(held, None, "they moved")
    assert str(actions.send_due()) == "5 delivered"


@pytest.mark.parametrize(("days", "state"), [(4.9, "enabled"), (5.1, "failing")])
def test_days_without_one_delivery_disable_the_endpoint(receiver, days, state):
    fill(1, receiver.url)
    receiver.says(500)
    actions.send_due()
    Endpoint.objects.update(failing_since=timezone.now() - timedelta(days=days))
    due_now()
    actions.send_due()
    assert Endpoint.objects.get().state == state
    assert Entry.objects.filter(action="stopped endpoint").exists() == (state == "failing")


def test_a_slow_and_a_dead_receiver_keep_nobody_else_waiting(receiver, monkeypatch):
    monkeypatch.setattr(wire, "SECONDS", 0.2)
    outbox.tiers()
    endpoint(receiver.url, name="quick")
    with raw(drip) as slow:
        endpoint(slow, name="slow")
        endpoint("http://127.0.0.1:9/", name="dead")
        fill(100, receiver.url, name="another")
        begun = time.monotonic()
        sent = actions.send_due()
    assert sent.states["delivered"] == 200 and time.monotonic() - begun < 5
    states = {one.name: one.failures for one in Endpoint.objects.all()}
    assert states == {"quick": 0, "another": 0, "slow": 1, "dead": 1}


def test_a_call_ends_in_time_and_says_that_there_is_more(receiver):
    fill(200, receiver.url)
    sent = actions.send_due(seconds=0.0)
    assert sent.goes_on and sent.states["delivered"] == 0
    receiver.answer = lambda taken: (time.sleep(0.02) or 200, {}, b"")
    sent = actions.send_due(seconds=0.5)
    assert sent.goes_on and 0 < sent.states["delivered"] < 200


def test_a_message_that_a_sender_holds_is_free_again_once_its_lease_is_over(receiver):
    held, _ = fill(3, receiver.url)
    claims.claim(held.pk, 2)
    assert str(actions.send_due()) == "1 delivered"
    Message.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert str(actions.send_due()) == "2 delivered"


def test_what_was_erased_while_it_was_on_its_way_stays_gone_and_a_lost_claim_writes_nothing(receiver):
    held, _ = fill(2, receiver.url)
    claimed, (one, two) = claims.claim(held.pk, 2)
    Message.objects.filter(pk=one.pk).delete()
    Message.objects.filter(pk=two.pk).update(claim=None)
    outcome = [claims.Outcome(each.pk, Message.State.DELIVERED, 0, 200) for each in (one, two)]
    claims.settle(held.pk, claimed, claims.Portion(outcome))
    [left] = Message.objects.all()
    assert (left.pk, left.state, left.attempts) == (two.pk, "waiting", 0)


def test_both_secrets_sign_until_the_former_one_ends(receiver, monkeypatch):
    monkeypatch.setenv("STERNA_NOW", datetime(2018, 1, 1, tzinfo=UTC).isoformat())
    held, old = fill(1, receiver.url)
    new = actions.rotate(held, timedelta(days=1), None)
    actions.send_due()
    for secret in (old, new):
        assert json.loads(receiver.taken[0].body) == Oracle(secret).verify(
            receiver.taken[0].body, receiver.taken[0].headers
        )
    monkeypatch.setenv("STERNA_NOW", datetime(2018, 1, 2, tzinfo=UTC).isoformat())
    actions.send_test(Endpoint.objects.get(), None)
    assert len(receiver.taken[1].headers["webhook-signature"].split()) == 1
    Oracle(new).verify(receiver.taken[1].body, receiver.taken[1].headers)


def test_under_another_key_of_the_installation_nothing_is_sent_until_the_secret_is_rotated(
    receiver, settings
):
    held, _ = fill(2, receiver.url)
    settings.SECRET_KEY = "another" * 9
    assert str(actions.send_due()) == "no webhook was due" and receiver.taken == []
    with pytest.raises(Refused, match="rotate the secret first"):
        actions.send_test(held, None)
    secret = actions.rotate(held, timedelta(0), None)
    assert str(actions.send_due()) == "2 delivered"
    Oracle(secret).verify(receiver.taken[0].body, receiver.taken[0].headers)


def test_no_secret_stands_in_the_records_and_no_two_are_alike():
    made = [endpoint(name=name) for name in ("one", "two")]
    secrets = {secret for _, secret in made}
    assert len(secrets) == 2 and all(secret.startswith("whsec_") for secret in secrets)
    with connection.cursor() as cursor:
        cursor.execute("select webhooks_endpoint::text from webhooks_endpoint")
        kept = " ".join(row[0] for row in cursor.fetchall())
    for held, secret in made:
        assert secret.removeprefix("whsec_") not in kept and secret == secret_of(bytes(held.salt))
        assert held.fingerprint == fingerprint(bytes(held.salt)) not in secret


def test_a_test_message_leaves_at_once_also_to_a_disabled_endpoint_and_tells_of_nobody(receiver):
    held, secret = endpoint(receiver.url)
    actions.disable(held, None, "not yet")
    sent = actions.send_test(held, None)
    assert (sent.state, sent.status, sent.customer) == ("delivered", 204, None)
    [taken] = receiver.taken
    read = Oracle(secret).verify(taken.body, taken.headers)
    assert (read["type"], read["data"]) == ("sterna.test", {"endpoint": "crm"})
    receiver.says(500, b"oops")
    again = actions.send_test(held, None)
    assert (again.state, again.status, again.answer) == ("waiting", 500, "oops")


def test_one_message_and_all_that_failed_since_a_day_are_sent_again_by_a_schedule_that_begins_anew(receiver):
    held, _ = fill(3, receiver.url)
    Message.objects.update(state="failed", attempts=10, made_at=datetime(2018, 1, 5, tzinfo=UTC))
    old = Message.objects.order_by("pk")[0]
    Message.objects.filter(pk=old.pk).update(made_at=datetime(2018, 1, 4, tzinfo=UTC))
    with pytest.raises(Refused, match="nothing that was made since 2018-01-06 failed"):
        actions.retry_failed(held, datetime(2018, 1, 6, tzinfo=UTC), None)
    assert actions.retry_failed(held, datetime(2018, 1, 5, tzinfo=UTC), None) == 2
    assert str(actions.send_due()) == "2 delivered"
    actions.retry(old, None)
    assert Message.objects.get(pk=old.pk).attempts == 0 and str(actions.send_due()) == "1 delivered"
    actions.retry(old, None)
    claims.claim(held.pk, 1)
    with pytest.raises(Refused, match="being sent at this moment"):
        actions.retry(old, None)


def test_a_sweep_removes_what_is_done_and_old_and_keeps_what_a_repeated_run_compares_with(monkeypatch):
    endpoint()
    scheme, who = outbox.tiers(), people(3)
    outbox.run(scheme, FIRST, dict.fromkeys(who, "bronze"))
    outbox.run(scheme, SECOND, dict.fromkeys(who, "silver"))
    waiting = Message.objects.filter(on=FIRST).order_by("pk")[0]
    Message.objects.exclude(pk=waiting.pk).update(state="delivered")
    assert actions.sweep() == 0
    monkeypatch.setenv("STERNA_NOW", (timezone.now() + timedelta(days=31)).isoformat())
    assert actions.sweep() == 2 and Message.objects.count() == 4
    outbox.run(scheme, SECOND, dict.fromkeys(who, "silver"))
    assert Message.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_each_message_once(receiver, monkeypatch):
    monkeypatch.setattr(sending, "PORTION", 7)
    fill(150, receiver.url)
    told: list[str] = []

    def work() -> None:
        told.append(str(actions.send_due()))
        connections.close_all()

    senders = [threading.Thread(target=work) for _ in range(2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    ids = Counter(taken.headers["webhook-id"] for taken in receiver.taken)
    assert len(ids) == 150 and set(ids.values()) == {1}
    assert sum(int(one.split()[0]) for one in told if one[0].isdigit()) == 150
