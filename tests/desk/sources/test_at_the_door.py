"""What a batch waits for at the door and what it does not: erasures, the sealer's look, and the call of the worker."""

import threading
import time
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from sterna.desk.api.taking import wake
from sterna.desk.config import clock
from sterna.desk.customers import tasks
from sterna.desk.sources import queries, suppression
from sterna.desk.sources.actions import add_source, receive, settled
from sterna.desk.sources.actions.inbox import INSERTING
from sterna.desk.sources.actions.suppressing import close_the_door, suppress
from sterna.desk.sources.models import InboxEvent, Source
from sterna.desk.sources.received import Envelope
from tests.desk.api.calls import EVENT, call, said

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 30.0


class Beside:
    """Something done in a thread with a connection of its own."""

    def __init__(self, act: Callable[[], object]) -> None:
        self._act = act
        self.answer: object = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.answer = self._act()
        finally:
            connection.close()

    def end(self) -> object:
        """Wait for it; what it returned."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        return self.answer


def until_somebody_waits_for_a_lock() -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute(
                "select count(*) from pg_locks where locktype = 'advisory' and not granted and database = "
                "(select oid from pg_database where datname = current_database())"
            )
            if cursor.fetchone() != (0,):
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


@pytest.fixture
def source() -> Source:
    return add_source("web", "Web shop")[0]


def come(source: Source, user: str) -> object:
    return receive(
        source, [{**EVENT, "userId": user, "messageId": user}], Envelope(clock.now(), None, {}, {})
    )


def held() -> bool:
    with transaction.atomic():
        return suppression.hold(INSERTING)


def test_R55_whoever_waited_at_the_door_sees_who_was_erased_meanwhile():
    with transaction.atomic():
        close_the_door()
        waiting = Beside(held)
        until_somebody_waits_for_a_lock()
        suppress([("user_id", "u1")], uuid4())
    assert waiting.end() is True


def test_R55_an_event_that_waited_for_an_erasure_is_kept_nowhere(source: Source):
    with transaction.atomic():
        close_the_door()
        gone, stays = Beside(lambda: come(source, "u1")), Beside(lambda: come(source, "u2"))
        until_somebody_waits_for_a_lock()
        suppress([("user_id", "u1")], uuid4())
    gone.end()
    stays.end()
    assert list(InboxEvent.objects.values_list("message_id", flat=True)) == ["u2"]


def test_R55_an_erasure_waits_for_the_batch_that_is_being_kept(source: Source):
    def erase() -> None:
        with transaction.atomic():
            close_the_door()
            order.append("erased")

    order: list[str] = []
    with transaction.atomic():
        assert suppression.hold(INSERTING) is False
        waiting = Beside(erase)
        until_somebody_waits_for_a_lock()
        order.append("kept")
    waiting.end()
    assert order == ["kept", "erased"]


def test_the_look_for_what_is_settled_waits_for_batches_and_sees_them(source: Source):
    come(source, "u1")
    with transaction.atomic():
        come(source, "u2")
        looking = Beside(settled)
        until_somebody_waits_for_a_lock()
    assert looking.end() == InboxEvent.objects.order_by("-sequence").values_list("sequence", flat=True)[0]


def test_the_look_for_what_is_settled_leaves_the_door_open_when_it_has_looked(source: Source):
    come(source, "u1")
    assert settled() == InboxEvent.objects.get().sequence
    assert Beside(held).end() is False


@pytest.fixture
def key() -> str:
    return add_source("till", "Till")[1]


@pytest.fixture
def nobody_called() -> None:
    """No job waits: what other tests left in the queue is not swept away between them."""
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs where status = 'todo'")


def test_events_are_on_the_disk_before_the_worker_is_called_and_only_the_call_is_not_waited_for(
    key: str, nobody_called: None
):
    with CaptureQueriesContext(connection) as captured:
        assert said(call("/v1/batch", {"batch": [EVENT]}, key)) == (200, "")
    told = [query["sql"].lower() for query in captured]
    hint = next(place for place, sql in enumerate(told) if "synchronous_commit" in sql)
    hold = next(place for place, sql in enumerate(told) if str(suppression.LISTING) in sql)
    assert "commit" in told[hold:hint] and not any("synchronous_commit" in sql for sql in told[:hint])
    with connection.cursor() as cursor:
        cursor.execute("show synchronous_commit")
        assert cursor.fetchone() == ("on",)
    assert ProcrastinateJob.objects.filter(task_name="act on inbox", status="todo").count() == 1


def test_the_worker_is_never_called_inside_a_transaction_whose_end_would_then_not_be_waited_for(
    nobody_called: None,
):
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        wake()


def test_what_comes_within_a_moment_is_acted_on_by_the_same_job(
    source: Source, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tasks.time, "sleep", lambda seconds: come(source, "u2"))
    come(source, "u1")
    tasks.act.func()
    assert queries.waiting_events() == 0 and InboxEvent.objects.count() == 2


def test_whether_the_inbox_is_full_is_told_by_what_waits_and_not_by_gaps_in_its_numbers(source: Source):
    for _ in range(5):
        # The same message again draws a number and keeps nothing.
        come(source, "u1")
    come(source, "u2")
    [first, last] = InboxEvent.objects.order_by("sequence").values_list("sequence", flat=True)
    assert last - first > 1
    assert [queries.as_many_wait(limit) for limit in (0, 1, 2, 3, 6)] == [True, True, True, False, False]


def test_a_large_inbox_is_not_counted_while_it_is_far_from_full(source: Source):
    come(source, "u1")
    with CaptureQueriesContext(connection) as captured:
        assert not queries.as_many_wait(1_000_000)
    assert not [query for query in captured if "count" in query["sql"].lower()]
