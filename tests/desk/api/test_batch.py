"""`POST /v1/batch`: keys, sizes, compression, bad bodies, and Segment's own client against a live server."""

import base64
import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob
from segment.analytics import request as segment_requests
from segment.analytics.client import Client as SegmentClient

from sterna.desk.sources.actions import add_source, disable_source
from sterna.desk.sources.models import DeadLetter, InboxEvent, Source

pytestmark = pytest.mark.django_db
EVENT = {"type": "track", "event": "Looked", "userId": "u1", "timestamp": "2017-06-30T12:00:00Z"}


@pytest.fixture
def key() -> str:
    return add_source("web", "Web shop")[1]


def basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def post(body: Any, key: str | None = None, raw: bytes | None = None, **headers: str) -> tuple[int, dict]:
    content = json.dumps(body).encode() if raw is None else raw
    given = {"Authorization": basic(key)} if key else {}
    answer = Client().post("/v1/batch", content, content_type="text/plain", headers={**given, **headers})
    return answer.status_code, answer.json()


def test_a_batch_is_durable_and_wakes_the_worker_once(key: str):
    for number in range(2):
        assert post({"batch": [{**EVENT, "messageId": f"m{number}"}]}, key) == (200, {"success": True})
    assert InboxEvent.objects.count() == 2
    assert ProcrastinateJob.objects.filter(task_name="act on inbox").count() == 1


def test_the_key_may_stand_in_header_body_or_both_but_not_differ(key: str):
    batch = {"batch": [EVENT]}
    assert post(batch, key)[0] == 200
    assert post({**batch, "writeKey": key})[0] == 200
    assert post({**batch, "writeKey": key}, key)[0] == 200
    for status, answer in (
        post({**batch, "writeKey": "other"}, key), post(batch), post(batch, "nobody"),
        post(batch, Authorization="Basic ???"), post(batch, Authorization="Bearer x"),
    ):  # fmt: skip
        assert (status, sorted(answer)) == (401, ["code", "message"])


def test_a_disabled_source_is_401_and_its_key_is_not_kept(key: str):
    source = Source.objects.get(name="web")
    assert key not in str(source.__dict__)
    disable_source(source)
    assert post({"batch": [EVENT]}, key)[0] == 401


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "invalid_json"), (b"{", "invalid_json"), (b"\xff", "invalid_json"), (b"[]", "invalid_batch"),
        (b"{}", "invalid_batch"), (b'{"batch": 3}', "invalid_batch"), (b"[" * 100_000, "invalid_json"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_batch_is_400(key: str, raw: bytes, code: str):
    status, answer = post(None, key, raw)
    assert (status, answer["code"]) == (400, code)
    assert answer["message"]


def test_other_methods_are_405_with_code_and_message():
    answer = Client().get("/v1/batch")
    assert (answer.status_code, sorted(answer.json())) == (405, ["code", "message"])


def test_one_bad_event_never_fails_its_neighbors(key: str):
    good = json.dumps({**EVENT, "messageId": "good"}).encode()
    bad = [
        b"3",
        b'{"type": "track"}',
        b'{"a": 1e400}',
        b'"text"',
    ]
    raw = b'{"batch": [' + b",".join([*bad, good]) + b"]}"
    assert post(None, key, raw) == (200, {"success": True})
    assert [event.message_id for event in InboxEvent.objects.all()] == ["good"]
    assert DeadLetter.objects.count() == len(bad)


def test_nan_from_a_python_client_becomes_unknown(key: str):
    raw = json.dumps({"batch": [{**EVENT, "messageId": "m", "properties": {"x": float("nan")}}]}).encode()
    assert post(None, key, raw)[0] == 200
    assert InboxEvent.objects.get().body["properties"]["x"] is None


def test_gzip_is_unpacked_and_a_bomb_is_413(key: str):
    def send(content: bytes) -> tuple[int, str]:
        status, answer = post(None, key, content, **{"Content-Encoding": "gzip"})
        return status, answer.get("code", "")

    packed = gzip.compress(json.dumps({"batch": [EVENT]}).encode())
    assert send(packed) == (200, "")
    assert send(packed[:-9]) == (400, "invalid_gzip")
    assert send(b"plain") == (400, "invalid_gzip")
    assert send(gzip.compress(b" " * 50_000_000)) == (413, "too_large")


def test_sizes_and_counts_have_limits(key: str):
    large = {**EVENT, "messageId": "large", "properties": {"x": "y" * (1 << 20)}}
    assert post({"batch": [large, {**EVENT, "messageId": "small"}]}, key)[0] == 200
    assert [event.message_id for event in InboxEvent.objects.all()] == ["small"]
    assert "at most 1,048,576" in DeadLetter.objects.get().reason
    assert post({"batch": [EVENT] * 2_501}, key)[0] == 413
    assert post({"batch": [EVENT], "x": "y" * (10 << 20)}, key)[0] == 413
    assert post({"batch": [EVENT], "x": "y" * (12 << 20)}, key)[0] == 413


def test_context_of_the_batch_reaches_each_event(key: str):
    body = {"batch": [{**EVENT, "context": {"ip": "1.2.3.4"}}], "context": {"app": "shop", "ip": "0"}}
    post(body, key)
    assert InboxEvent.objects.get().body["context"] == {"app": "shop", "ip": "1.2.3.4"}


def test_health():
    assert Client().get("/health").json() == {"status": "ok"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("packed", [False, True])
def test_the_segment_client_unmodified(live_server: Any, packed: bool):
    source, key = add_source("web", "Web shop")
    errors: list[Any] = []
    client = SegmentClient(
        key,
        host=live_server.url,
        gzip=packed,
        on_error=lambda error, items: errors.append(error),
        max_retries=1,
    )
    client.identify("u1", {"age": 44})
    client.track("u1", "Order Completed", {"total": 12.5}, timestamp=datetime(2017, 6, 1, tzinfo=UTC))
    client.page("u1", "shop", "Home")
    client.screen(anonymous_id="device", name="Start")
    client.group("u1", "g1")
    client.alias("device", "u1")
    client.flush()
    client.join()
    # Its kept-alive connection holds a thread of the live server, and with it a session of the test database.
    segment_requests._session.close()
    assert not errors
    kept = {event.body["type"]: event for event in InboxEvent.objects.filter(source=source)}
    assert sorted(kept) == ["alias", "group", "identify", "page", "screen", "track"]
    # The client's clock is ours: the correction moves the stated moment by no more than the way here took.
    told = datetime.fromisoformat(kept["track"].body["timestamp"])
    assert abs((told - datetime(2017, 6, 1, tzinfo=UTC)).total_seconds()) < 60
    assert DeadLetter.objects.count() == 0
