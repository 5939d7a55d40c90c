"""The receiver that the documents show takes what is sent, drops what came before, refuses what is not signed."""

import json
import os
import re
import socket
import subprocess
import sys
import time

import pytest

from sterna.desk.webhooks import actions
from sterna.desk.webhooks.models import Message
from sterna.desk.webhooks.wire import Answer, Connection
from tests.desk.segments.staging import people
from tests.desk.webhooks import outbox
from tests.docs.pages import DOCS

pytestmark = pytest.mark.django_db


@pytest.fixture
def example(monkeypatch, tmp_path):
    """An endpoint, and the receiver of the page as a process of its own that knows its secret."""
    monkeypatch.setenv("STERNA_WEBHOOK_PRIVATE", "yes")
    (code,) = re.findall(r"```python\n(.*?)```", (DOCS / "how-to/webhooks.md").read_text("utf-8"), flags=re.S)
    (tmp_path / "receiver.py").write_text(code)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    found, secret = outbox.endpoint(f"http://127.0.0.1:{port}/")
    command = [sys.executable, str(tmp_path / "receiver.py"), str(port)]
    environment = os.environ | {"WEBHOOK_SECRET": secret}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as running:
        _wait(port)
        yield found, running
        running.kill()


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the receiver did not start")


def test_the_receiver_of_the_page_takes_each_move_once_and_refuses_what_is_not_signed(example):
    found, running = example
    outbox.run(outbox.tiers(), outbox.FIRST, dict.fromkeys(people(3), "bronze"))
    assert str(actions.send_due()) == "3 delivered"
    for one in Message.objects.all():
        actions.retry(one, None)
    assert str(actions.send_due()) == "3 delivered" and actions.send_test(found, None).status == 204
    line = Connection(found.url)
    assert line.post(
        {"webhook-id": "msg_1", "webhook-timestamp": "1", "webhook-signature": "v1,x"}, b"{}"
    ) == Answer(401, "")
    line.close()
    running.kill()
    told = [json.loads(text) for text in running.stdout.read().splitlines()]
    assert sorted(one["customer_id"] for one in told) == sorted(
        str(one.customer_id) for one in Message.objects.exclude(customer=None)
    )
