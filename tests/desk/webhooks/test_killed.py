"""A sender killed at any point: every message arrives at least once, always under the id that it had."""

from collections import Counter
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from sterna.desk.webhooks import actions
from sterna.desk.webhooks.models import Message
from sterna.desk.webhooks.signing import message_id
from tests.desk import killing
from tests.desk.segments.staging import people
from tests.desk.webhooks import outbox
from tests.desk.webhooks.receiver import serve

SENDER = "tests.desk.webhooks.killing"
# Where it is killed and at which passing, and how many have arrived whose outcome it did not write.
POINTS = (("after post", 3, 3), ("before settle", 1, 5))
NUMBER = 30


@pytest.fixture
def shared(monkeypatch):
    """What a process of its own needs to send from the records of this test."""
    at = connection.settings_dict
    where = (
        f"postgresql://{quote(at['USER'])}@:{at['PORT']}/{at['NAME']}?host={quote(str(at['HOST']), safe='')}"
    )
    monkeypatch.setenv("STERNA_DATABASE_URL", where)
    monkeypatch.setenv("STERNA_SECRET_KEY", settings.SECRET_KEY)
    monkeypatch.setenv("STERNA_WEBHOOK_PRIVATE", "yes")


@pytest.mark.kill
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_sender_killed_again_and_again_loses_nothing(shared, tmp_path):
    with serve() as receiver:
        outbox.endpoint(receiver.url)
        outbox.run(outbox.tiers(), outbox.FIRST, dict.fromkeys(people(NUMBER), "bronze"))
        for point, count, _ in POINTS:
            ended = killing.do(SENDER, tmp_path, point, str(count))
            assert killing.was_killed(ended), f"{point}: {ended.stdout}{ended.stderr}"
            Message.objects.update(lease_until=timezone.now() - timedelta(days=1))
        assert str(actions.send_due()) == f"{NUMBER} delivered"
    arrived = Counter(taken.headers["webhook-id"] for taken in receiver.taken)
    assert set(arrived) == {message_id(one) for one in Message.objects.filter(state="delivered")}
    assert len(arrived) == NUMBER
    assert sum(arrived.values()) == NUMBER + sum(doubled for _, _, doubled in POINTS)
