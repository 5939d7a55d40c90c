"""segment-analytics-python and rudder-sdk-python, unmodified, against a live server."""

import importlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sterna.desk.sources.actions import add_source, make_key
from sterna.desk.sources.models import DeadLetter, InboxEvent, Source

pytestmark = pytest.mark.django_db(transaction=True)
VENDORS = ("segment.analytics", "rudderstack.analytics")
ONE_DAY = timedelta(days=1)


@pytest.fixture(params=VENDORS)
def vendor(request: pytest.FixtureRequest) -> Iterator[str]:
    yield request.param
    # Its kept-alive connection holds a thread of the live server, and with it a session of the test database.
    importlib.import_module(f"{request.param}.request")._session.close()


@pytest.fixture
def client(vendor: str, live_server: Any) -> Callable[..., Any]:
    """Make a client of the vendor; what it could not send is in its list `errors`."""
    made = importlib.import_module(f"{vendor}.client").Client
    _, key = add_source("web", "Web shop")

    def make(write_key: str = key, **options: Any) -> Any:
        errors: list[Any] = []
        made_client = made(
            write_key, host=f"{live_server.url}/", on_error=lambda error, _: errors.append(error), **options
        )
        made_client.errors = errors
        return made_client

    return make


def finish(client: Any) -> None:
    client.flush()
    client.join()


def message_ids() -> set[str]:
    return set(InboxEvent.objects.values_list("message_id", flat=True))


@pytest.mark.parametrize("packed", [False, True])
def test_R8_every_call_of_a_client_is_kept_as_it_was_said(client: Callable[..., Any], packed: bool):
    one = client(gzip=packed, max_retries=1)
    happened = datetime(2017, 6, 1, tzinfo=UTC)
    one.identify("u1", {"age": 44})
    one.track("u1", "Order Completed", {"total": 12.5}, timestamp=happened)
    one.page("u1", "shop", "Home")
    one.screen("u1", "app", "Start")
    one.group("u1", "g1", {"name": "Family"})
    one.alias("device", "u1")
    finish(one)
    assert not one.errors
    kept = {event.body["type"]: event.body for event in InboxEvent.objects.all()}
    assert sorted(kept) == ["alias", "group", "identify", "page", "screen", "track"]
    assert (kept["track"]["event"], kept["track"]["properties"]) == ("Order Completed", {"total": 12.5})
    traits = kept["identify"].get("traits") or kept["identify"]["context"]["traits"]
    assert traits == {"age": 44}
    assert (kept["alias"]["previousId"], kept["alias"]["userId"]) == ("device", "u1")
    assert abs(datetime.fromisoformat(kept["track"]["timestamp"]) - happened) < timedelta(minutes=1)
    assert not DeadLetter.objects.exists()


def test_several_batches_arrive_whole_and_once(client: Callable[..., Any]):
    one = client(flush_at=20, upload_size=20) if "flush_at" in dir(client) else client(upload_size=20)
    for number in range(90):
        one.track(f"u{number}", "Looked", {"number": number})
    finish(one)
    assert not one.errors
    assert sorted(event.body["properties"]["number"] for event in InboxEvent.objects.all()) == list(range(90))


def test_one_poisoned_event_never_fails_its_neighbors(client: Callable[..., Any]):
    one = client(max_retries=2)
    one.track("u1", "Before")
    one.track("u" * 300, "Poisoned")
    one.track("u1", "After", {"text": "half \ud83d and NUL \0"})
    finish(one)
    assert not one.errors
    assert sorted(event.body["event"] for event in InboxEvent.objects.all()) == ["After", "Before"]
    letter = DeadLetter.objects.get()
    assert (letter.code, letter.body["event"]) == ("invalid_id", "Poisoned")


@pytest.mark.parametrize("statuses", [(500,), (503, 500), (429,)])
def test_a_server_that_fails_gets_the_same_batch_again_and_keeps_it_once(
    client: Callable[..., Any], failing: Callable[..., list[int]], statuses: tuple[int, ...]
):
    answered = failing(*statuses)
    one = client(max_retries=4)
    for number in range(5):
        one.track("u1", f"Event {number}")
    finish(one)
    assert not one.errors
    assert answered[: len(statuses) + 1] == [*statuses, 0]
    assert InboxEvent.objects.count() == 5


def test_a_client_beyond_its_rate_waits_and_loses_nothing(client: Callable[..., Any]):
    # Two events a second, ten at once: the second batch is asked to wait for about a second.
    key = make_key(Source.objects.get(), "slow", "secret", events_per_second=2)[1]
    first, second = client(key), client(key, max_retries=6)
    for number in range(10):
        first.track("u1", f"Event {number}")
    finish(first)
    second.track("u1", "One more")
    finish(second)
    assert not first.errors
    assert not second.errors
    assert InboxEvent.objects.count() == 11


def test_a_key_that_is_unknown_is_told_at_once_and_not_tried_again(
    client: Callable[..., Any], failing: Callable[..., list[int]]
):
    answered = failing()
    one = client("nobody", max_retries=8)
    one.track("u1", "Looked")
    finish(one)
    assert len(one.errors) == 1
    assert "401" in str(one.errors[0]) or "unauthorized" in str(one.errors[0])
    assert answered == []


def test_a_client_that_never_had_its_answer_sends_again_and_doubles_nothing(
    client: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
):
    from sterna.desk.api import views
    from sterna.desk.api.answers import Answer

    take, lost = views.take_batch, [True]

    def losing(request: Any, key: Any, batch: Any) -> Answer | None:
        answer = take(request, key, batch)
        return Answer(502, "gateway", "The answer was lost on its way.") if lost and lost.pop() else answer

    monkeypatch.setattr(views, "take_batch", losing)
    one = client(max_retries=3)
    for number in range(4):
        one.track("u1", f"Event {number}")
    finish(one)
    assert not one.errors
    assert len(message_ids()) == InboxEvent.objects.count() == 4
