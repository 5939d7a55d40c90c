"""Rates over all processes and what is answered while the inbox is full."""

import threading
from datetime import date

import pytest
from django.db import connection

from sterna.desk.api.taking import backlog
from sterna.desk.config import clock
from sterna.desk.customers.actions import act_on_inbox
from sterna.desk.sources import queries
from sterna.desk.sources.actions import add_source, make_key, rate
from sterna.desk.sources.models import Bucket, InboxEvent, Source, WriteKey
from tests.desk.api.calls import EVENT, call, said

BATCH = {"batch": [EVENT] * 10}


@pytest.fixture
def slow(db: None) -> tuple[WriteKey, str]:
    """A key of two events a second, so of ten at once."""
    return make_key(add_source("web", "Web shop")[0], "slow", "secret", events_per_second=2)


def another_process() -> None:
    """Forget what this process holds, as a process that just started holds nothing."""
    rate._shares.clear()


def test_beyond_its_rate_a_key_is_asked_to_wait(slow: tuple[WriteKey, str]):
    assert said(call("/v1/batch", BATCH, slow[1])) == (200, "")
    answer = call("/v1/batch", BATCH, slow[1])
    assert said(answer) == (429, "too_many_requests")
    # Ten events at two a second are five seconds away, less what the test itself took.
    assert 4 <= int(answer["Retry-After"]) <= 5
    assert InboxEvent.objects.count() == 10


def test_the_rate_holds_over_all_processes(slow: tuple[WriteKey, str]):
    assert rate.take(slow[0], 6) == 0
    another_process()
    assert rate.take(slow[0], 6) >= 1
    another_process()
    assert rate.take(slow[0], 3) == 0
    assert Bucket.objects.get().tokens < 2


def test_a_bucket_fills_again_with_time_and_not_beyond_its_size(slow: tuple[WriteKey, str]):
    key = slow[0]
    assert rate.take(key, 10) == 0
    another_process()
    with connection.cursor() as cursor:
        cursor.execute("update sources_bucket set filled_at = filled_at - interval '2 seconds'")
    assert rate.take(key, 4) == 0
    another_process()
    with connection.cursor() as cursor:
        cursor.execute("update sources_bucket set filled_at = filled_at - interval '1 day'")
    assert rate.take(key, 10) == 0
    another_process()
    assert rate.take(key, 5) >= 1


def test_a_batch_larger_than_the_bucket_passes_and_is_paid_for(slow: tuple[WriteKey, str]):
    assert rate.take(slow[0], 100) == 0
    # 100 taken of 10 leave a debt of 90: the next ten are 50 seconds away.
    assert 48 <= rate.take(slow[0], 10) <= 50


def test_nobody_is_asked_to_wait_longer_than_clients_do(slow: tuple[WriteKey, str]):
    assert rate.take(slow[0], 2_500) == 0
    assert rate.take(slow[0], 10) == rate.LONGEST_WAIT == 300


def test_a_busy_key_costs_few_writes(db: None, django_assert_max_num_queries: object):
    key = make_key(add_source("web", "Web shop")[0], "quick", "secret", events_per_second=10_000)[0]
    with django_assert_max_num_queries(5):  # type: ignore[operator]
        # 2,000 events come out of three shares of a thousand and what the first call takes itself.
        assert {rate.take(key, 1) for _ in range(2_000)} == {0}


def test_a_refused_flood_costs_no_writes(slow: tuple[WriteKey, str], django_assert_num_queries: object):
    rate.take(slow[0], 10)
    assert rate.take(slow[0], 10) >= 1
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert all(rate.take(slow[0], 10) >= 1 for _ in range(500))


@pytest.mark.django_db(transaction=True)
def test_threads_together_spend_no_more_than_the_bucket_holds():
    key = make_key(add_source("web", "Web shop")[0], "slow", "secret", events_per_second=1)[0]
    passed: list[int] = []

    def spend() -> None:
        try:
            passed.append(sum(rate.take(key, 1) == 0 for _ in range(20)))
        finally:
            connection.close()

    threads = [threading.Thread(target=spend) for _ in range(6)]
    started = clock.now()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    taken = (clock.now() - started).total_seconds()
    assert 5 <= sum(passed) <= 5 + taken + 1


def test_a_full_inbox_is_503_until_it_is_worked_off(
    slow: tuple[WriteKey, str], monkeypatch: pytest.MonkeyPatch
):
    key = add_source("till", "Till")[1]
    monkeypatch.setenv("STERNA_INBOX_LIMIT", "10")
    monkeypatch.setattr("sterna.desk.api.taking.BELIEVED", 0.0)
    assert said(call("/v1/batch", BATCH, key)) == (200, "")
    answer = call("/v1/batch", BATCH, key)
    assert said(answer) == (503, "busy")
    assert 1 <= int(answer["Retry-After"]) <= 300
    assert InboxEvent.objects.count() == 10
    act_on_inbox()
    assert said(call("/v1/batch", BATCH, key)) == (200, "")


def test_what_waits_is_counted_once_a_second_at_most(db: None, django_assert_max_num_queries: object):
    with django_assert_max_num_queries(2):  # type: ignore[operator]
        assert not any(backlog.is_full() for _ in range(200))


def test_every_outcome_of_a_day_is_counted(slow: tuple[WriteKey, str], monkeypatch: pytest.MonkeyPatch):
    key = add_source("till", "Till")[1]
    # 03:30 on 1 July in London is still 30 June where the program's days are counted.
    monkeypatch.setenv("STERNA_NOW", "2017-07-01T03:30:00+00:00")
    named = {**EVENT, "messageId": "m1"}
    call("/v1/batch", {"batch": [named, named, EVENT, {"type": "track"}, {"type": "x"}, {"type": "y"}]}, key)
    call("/v1/batch", {"batch": [named]}, key)
    till = Source.objects.get(name="till")
    day = date(2017, 6, 30)
    assert queries.tallies(till, day, day) == {
        day: {"kept": 2, "repeated": 2, "missing_field": 1, "invalid_type": 2}
    }
    assert queries.tallies(till, date(2017, 7, 1), date(2017, 7, 2)) == {}
    assert queries.tallies(Source.objects.get(name="web"), day, day) == {}
