"""An endpoint that is changed, stopped or deleted while somebody writes or sends for it loses and blocks nothing."""

import threading
import time

import pytest
from django.db import connections, transaction

from sterna.desk.webhooks import actions
from sterna.desk.webhooks.actions import claims
from sterna.desk.webhooks.models import Endpoint, Message
from tests.desk.segments.staging import people
from tests.desk.webhooks import outbox
from tests.desk.webhooks.outbox import FIRST, SECOND

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def found(monkeypatch):
    """An endpoint on this machine that nobody listens at."""
    monkeypatch.setenv("STERNA_WEBHOOK_PRIVATE", "yes")
    return outbox.endpoint()[0]


def beside(act) -> threading.Thread:
    """Do something on a connection of its own."""

    def work() -> None:
        act()
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_who_is_deleted_while_a_run_writes_waits_for_the_run_and_goes_with_what_it_wrote(found):
    scheme, who = outbox.tiers(), people(3)
    with transaction.atomic():
        outbox.run(scheme, FIRST, dict.fromkeys(who, "bronze"))
        # Stopping waits for nobody; what the run has written stands.
        stopping = beside(lambda: actions.disable(found, None, "not used"))
        stopping.join(10)
        assert not stopping.is_alive()
        deleting = beside(lambda: actions.delete(found, None, "not used"))
        time.sleep(0.3)
        assert deleting.is_alive()
    deleting.join(10)
    assert not deleting.is_alive() and not Endpoint.objects.exists() and not Message.objects.exists()


def test_what_a_sender_writes_after_its_endpoint_was_deleted_is_nothing(found):
    outbox.run(outbox.tiers(), FIRST, dict.fromkeys(people(3), "bronze"))
    claimed, messages = claims.claim(found.pk, 3)
    actions.disable(found, None, "not used")
    actions.delete(found, None, "not used")
    outcomes = [claims.Outcome(one.pk, Message.State.WAITING, 5, 500) for one in messages]
    claims.settle(found.pk, claimed, claims.Portion(outcomes, tired=True))
    assert not Message.objects.exists()


def test_a_sender_and_whoever_deletes_never_wait_for_one_another(found, monkeypatch):
    scheme, who = outbox.tiers(), people(200)
    outbox.run(scheme, FIRST, dict.fromkeys(who, "bronze"))
    outbox.run(scheme, SECOND, dict.fromkeys(who, "silver"))
    claimed, messages = claims.claim(found.pk, 400)
    actions.disable(found, None, "not used")
    outcomes = [claims.Outcome(one.pk, Message.State.DELIVERED, 0, 200) for one in messages]
    failed: list[Exception] = []

    def delete() -> None:
        try:
            actions.delete(found, None, "not used")
        except Exception as error:  # whatever a thread raises would be lost with it
            failed.append(error)

    deleting = beside(delete)
    claims.settle(found.pk, claimed, claims.Portion(outcomes))
    deleting.join(10)
    assert failed == [] and not Endpoint.objects.exists() and not Message.objects.exists()
