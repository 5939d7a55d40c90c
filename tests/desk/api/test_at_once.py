"""The same events sent at once by several connections, in any order, are kept once, each first try being told 200."""

import random
import threading

import pytest
from django.db import connection

from sterna.desk.customers.actions import act_on_inbox
from sterna.desk.customers.models import Customer
from sterna.desk.sources.actions import add_source, seal_inbox
from sterna.desk.sources.models import DeadLetter, InboxEvent, Tally
from tests.desk.api.calls import EVENT, call

BAD = {"type": "track", "userId": "u1", "messageId": "bad"}


@pytest.mark.django_db(transaction=True)
def test_R8_the_same_batch_from_many_connections_at_once_is_kept_once(
    tmp_path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("STERNA_HOME", str(tmp_path))
    key = add_source("web", "Web shop")[1]
    batch = [{**EVENT, "userId": f"u{n % 7}", "messageId": f"m{n}"} for n in range(60)] + [BAD]
    start, answers = threading.Barrier(6), []

    def send(seed: int) -> None:
        mixed = random.Random(seed).sample(batch, len(batch))
        try:
            start.wait(20)
            answers.extend(call("/v1/batch", {"batch": mixed}, key).status_code for _ in range(3))
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert answers == [200] * 18
    assert (InboxEvent.objects.count(), DeadLetter.objects.count()) == (60, 1)
    counted = {}
    for tally in Tally.objects.all():
        counted[tally.outcome] = counted.get(tally.outcome, 0) + tally.events
    assert counted == {"kept": 60, "repeated": 17 * 60, "missing_field": 18}
    assert (act_on_inbox().events, Customer.objects.count(), seal_inbox().events) == (60, 7, 60)
