"""Moves become messages once each: in the transaction of the move, for whoever asks for them, whatever moves."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from django.db import transaction

from sterna.desk.config import events
from sterna.desk.customers.actions import merge, split
from sterna.desk.customers.models import Customer, SourceRecord
from sterna.desk.segments import actions as segments
from sterna.desk.segments.actions.announcing import announce_few
from sterna.desk.segments.models import Membership
from sterna.desk.segments.signals import Left, Moved
from sterna.desk.webhooks.actions import disable, tell_run
from sterna.desk.webhooks.models import Message
from tests.desk.segments import grouped
from tests.desk.segments.staging import people
from tests.desk.segments.test_batches import tiers as limited
from tests.desk.segments.test_batches import turn
from tests.desk.webhooks import outbox
from tests.desk.webhooks.outbox import FIRST, SECOND, THIRD, endpoint, run, told

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(monkeypatch):
    """The present is some days after the second run; receivers may stand on this machine."""
    monkeypatch.setenv("STERNA_NOW", datetime(2018, 1, 20, 15, tzinfo=UTC).isoformat())
    monkeypatch.setenv("STERNA_WEBHOOK_PRIVATE", "yes")


def test_a_run_tells_first_placings_and_moves_and_not_who_stayed():
    endpoint()
    scheme, (a, b, c, d) = outbox.tiers(), people(4)
    run(scheme, FIRST, {a: "bronze", b: "bronze", c: "none"})
    assert told() == sorted([(a, None, "bronze", 1), (b, None, "bronze", 1)])
    Message.objects.all().delete()
    run(scheme, SECOND, {a: "silver", b: "bronze", c: "bronze", d: "none"})
    assert told() == [(a, "bronze", "silver", 1), (c, None, "bronze", 1)]
    run(scheme, THIRD, {a: "none", b: "bronze", c: "bronze", d: "none"})
    assert told()[-1] == (a, "silver", None, 1)


def test_what_a_message_says_is_the_move_and_nothing_else_of_the_customer():
    endpoint()
    scheme, (a,) = outbox.tiers(), people(1)
    run(scheme, FIRST, {a: "bronze"})
    run(scheme, SECOND, {a: "silver"})
    [message] = Message.objects.filter(on=SECOND)
    stay = Membership.objects.get(customer=a, during__startswith=SECOND)
    assert message.data == {
        "customer_id": str(a), "scheme": "value", "kind": "tiers", "from": "bronze", "to": "silver",
        "from_rank": 1, "to_rank": 2, "on": "2018-01-01", "cause": "run", "version": 1, "run_id": str(stay.run_id),
    }  # fmt: skip


def test_a_run_of_the_same_day_repeated_tells_nothing_twice():
    endpoint()
    scheme, who = outbox.tiers(), people(5)
    run(scheme, FIRST, dict.fromkeys(who, "bronze"))
    run(scheme, SECOND, dict.fromkeys(who, "silver"))
    before = list(Message.objects.order_by("pk").values())
    for _ in range(2):
        run(scheme, SECOND, dict.fromkeys(who, "silver"))
    assert list(Message.objects.order_by("pk").values()) == before and len(before) == 10


def test_a_move_that_a_later_run_of_the_day_takes_back_is_told_as_a_move_back_and_again_if_it_is_so_after_all():
    endpoint()
    scheme, (a, b) = outbox.tiers(), people(2)
    run(scheme, FIRST, {a: "bronze", b: "bronze"})
    Message.objects.all().delete()
    run(scheme, SECOND, {a: "silver", b: "bronze"})
    run(scheme, SECOND, {a: "bronze", b: "bronze"})
    run(scheme, SECOND, {a: "none", b: "bronze"})
    run(scheme, SECOND, {a: "silver", b: "bronze"})
    assert told() == [
        (a, "bronze", "silver", 1), (a, "silver", "bronze", 2), (a, "bronze", None, 3), (a, None, "silver", 4)
    ]  # fmt: skip
    assert len(set(Message.objects.values_list("pk", flat=True))) == 4


def test_a_run_that_goes_back_behind_what_was_told_takes_that_back_too():
    endpoint()
    scheme, (a,) = outbox.tiers(), people(1)
    run(scheme, FIRST, {a: "bronze"})
    run(scheme, THIRD, {a: "silver"})
    run(scheme, SECOND, {a: "bronze"})
    assert told() == [
        (a, None, "bronze", 1), (a, "bronze", "silver", 1), (a, "silver", "bronze", 2)
    ]  # fmt: skip
    run(scheme, THIRD, {a: "silver"})
    assert told()[-1] == (a, "bronze", "silver", 3)


def test_a_new_version_that_leaves_everybody_where_they_stood_is_no_move():
    endpoint()
    who = people(3)
    run(limited(), FIRST, dict.fromkeys(who, "bronze"))
    Message.objects.all().delete()
    run(limited(low=300), SECOND, dict.fromkeys(who, "bronze"))
    assert Membership.objects.filter(during__startswith=SECOND).count() == 3 and told() == []


def test_who_is_in_no_stay_after_everybody_was_placed_has_moved_to_nowhere():
    endpoint()
    scheme, (a, b) = outbox.tiers(), people(2)
    run(scheme, FIRST, {a: "bronze", b: "bronze"})
    run(scheme, SECOND, {a: "bronze"})
    assert told()[2:] == [(b, "bronze", None, 1)]
    assert Message.objects.get(on=SECOND).data["to_rank"] is None


@pytest.mark.parametrize(
    ("filters", "seen"),
    [
        ({}, 3),
        ({"schemes": ["value"]}, 3),
        ({"schemes": ["other"]}, 0),
        ({"kinds": ["tiers", "groups"]}, 3),
        ({"kinds": ["groups"]}, 0),
        ({"places": ["value/silver"]}, 2),
        ({"places": ["value/bronze"]}, 2),
        ({"places": ["other/silver"]}, 0),
        ({"schemes": ["value"], "kinds": ["tiers"], "places": ["value/silver", "other/bronze"]}, 2),
        ({"types": ["run.published"]}, 0),
    ],
)
def test_an_endpoint_is_told_what_its_filter_lets_through(filters, seen):
    scheme, _, (a, b, c) = outbox.tiers(), outbox.tiers("other"), people(3)
    run(scheme, FIRST, {a: "bronze", b: "silver"})
    endpoint(**filters)
    run(scheme, SECOND, {a: "silver", b: "none", c: "bronze"})
    assert len(told()) == seen


def test_each_endpoint_is_told_by_a_message_of_its_own_and_one_that_is_disabled_by_none():
    one, _ = endpoint()
    two, _ = endpoint(name="warehouse")
    three, _ = endpoint(name="old")
    disable(three, None, "not used")
    scheme, (a,) = outbox.tiers(), people(1)
    run(scheme, FIRST, {a: "bronze"})
    assert told(one) == told(two) == [(a, None, "bronze", 1)] and told(three) == []


def test_without_an_endpoint_nothing_is_written_and_nothing_is_asked(django_assert_num_queries):
    scheme, (a,) = outbox.tiers(), people(1)
    stays = Membership.objects.filter(customer=a)
    with django_assert_num_queries(0):  # whether anybody listens aside, which Django does not count
        segments.announce(scheme, FIRST, "run", stays, whole=True)
    assert not Message.objects.exists()


def test_R84_whether_anybody_listens_is_asked_once_of_moves_in_several_schemes_and_each_is_told(monkeypatch):
    from sterna.desk.config import prepared

    needs, value = outbox.tiers("needs"), outbox.tiers("value")
    a, b = people(2)
    opened = {
        scheme: {
            Membership.objects.create(
                customer_id=who,
                scheme=scheme.name,
                place="silver",
                rank=2,
                during=(FIRST, None),
                definition=scheme,
            ).pk: who
            for who in those
        }
        for scheme, those in ((needs, (a, b)), (value, (b,)))
    }
    asked: list[str] = []
    rows = prepared.rows
    monkeypatch.setattr(prepared, "rows", lambda sql, named: asked.append(sql) or rows(sql, named))
    announce_few(opened.items(), FIRST)
    assert sum("webhooks_endpoint" in sql for sql in asked) == 1 and not Message.objects.exists()
    endpoint()
    asked.clear()
    announce_few([*opened.items(), (outbox.tiers("nobody"), {})], FIRST)
    assert sum("webhooks_endpoint" in sql for sql in asked) == 1
    found = Message.objects.values_list("data__scheme", "data__customer_id", "data__to", "data__cause")
    assert sorted(found) == sorted(
        [
            ("needs", str(a), "silver", "event"),
            ("needs", str(b), "silver", "event"),
            ("value", str(b), "silver", "event"),
        ]
    )


def test_nothing_is_told_when_the_move_is_undone_with_its_transaction():
    endpoint()
    scheme, (a,) = outbox.tiers(), people(1)
    with pytest.raises(RuntimeError), transaction.atomic():
        run(scheme, FIRST, {a: "bronze"})
        assert Message.objects.count() == 1
        raise RuntimeError
    assert not Message.objects.exists() and not Membership.objects.exists()


def test_what_a_run_held_back_is_told_when_it_is_applied_and_once_more_when_it_is_undone():
    endpoint()
    scheme, who = limited("0.25"), people(4)
    turn(FIRST, scheme, dict.fromkeys(who, "bronze"))
    Message.objects.all().delete()
    batch = turn(SECOND, scheme, {pk: "silver" if pk == who[0] else "none" for pk in who})
    assert batch.state == "waiting" and told() == []
    segments.apply_batch(batch.pk, None, "it is right")
    assert len(told()) == 4 and {one.data["cause"] for one in Message.objects.all()} == {"run"}
    segments.undo_batch(batch.pk, None, "it is not")
    back = Message.objects.exclude(on=SECOND)
    assert {one.data["cause"] for one in back} == {"undo"} and {one.on for one in back} == {date(2018, 1, 20)}
    assert {(one.data["from"], one.data["to"]) for one in back} == {("silver", "bronze"), (None, "bronze")}


def test_what_is_undone_on_the_day_it_was_done_is_told_as_a_move_back_of_that_day(monkeypatch):
    endpoint()
    scheme, (a,) = limited(), people(1)
    turn(FIRST, scheme, {a: "bronze"})
    monkeypatch.setenv("STERNA_NOW", datetime(2018, 1, 1, 15, tzinfo=UTC).isoformat())
    segments.undo_batch(turn(SECOND, scheme, {a: "silver"}).pk, None, "not today")
    assert told()[1:] == [(a, "bronze", "silver", 1), (a, "silver", "bronze", 2)]


def test_R44_the_approval_of_a_group_is_a_move_and_so_is_the_way_out():
    endpoint(kinds=["groups"])
    grouped.terms(grouped.PLAIN)
    (ann,) = grouped.customers(1)
    grouped.into(ann, "B")
    grouped.into(ann, "A")
    grouped.into(ann, "none")
    assert told() == [(ann.pk, None, "B", 1), (ann.pk, "B", "A", 2), (ann.pk, "A", None, 3)]
    data = Message.objects.get(turn=2).data
    assert (data["kind"], data["from_rank"], data["to_rank"], data["cause"], data["run_id"]) == (
        "groups", 2, 3, "approval", None,
    )  # fmt: skip


@pytest.fixture
def two():
    """Two customers with records of their own: one in bronze, one who goes on to silver."""
    from sterna.desk.customers.actions import identify

    identify("shop", "card", ["ann", "bob"], datetime(2017, 1, 1, tzinfo=UTC))
    ann, bob = (SourceRecord.objects.get(value=value).customer for value in ("ann", "bob"))
    return ann, bob


def test_when_two_become_one_the_one_that_is_gone_leaves_and_the_other_goes_on_where_it_had_no_place(two):
    endpoint()
    scheme, other = outbox.tiers(), outbox.tiers("second")
    ann, bob = two
    run(scheme, FIRST, {ann.pk: "bronze", bob.pk: "silver"})
    run(other, FIRST, {bob.pk: "silver"})
    Message.objects.all().delete()
    merge(ann, bob, "one voice", None)
    assert Customer.objects.get(pk=bob.pk).redirects_to == ann
    assert by_cause("merge") == {
        ("value", bob.pk, "silver", None), ("second", bob.pk, "silver", None), ("second", ann.pk, None, "silver")
    }  # fmt: skip
    split(ann, [SourceRecord.objects.get(value="bob").pk], "two voices", None)
    assert by_cause("split") == {
        ("value", bob.pk, None, "silver"), ("second", bob.pk, None, "silver"), ("second", ann.pk, "silver", None)
    }  # fmt: skip


def by_cause(cause):
    """What was told for one cause: scheme, customer, from, to."""
    found = Message.objects.filter(data__cause=cause)
    return {(one.scheme, one.customer_id, one.data["from"], one.data["to"]) for one in found}


def test_a_published_run_is_told_once_to_whoever_asks_for_runs():
    endpoint()
    asks, _ = endpoint(name="warehouse", types=["run.published", "customer.moved"])
    pk = uuid4()
    for _ in range(2):
        tell_run(pk, FIRST, leads=True)
    [message] = Message.objects.all()
    assert (message.endpoint, message.customer) == (asks, None)
    assert message.data == {"run_id": str(pk), "until": "2017-07-01", "leads": True}


def test_announce_tells_listeners_what_was_opened_and_who_left_and_nobody_when_there_is_nothing():
    heard: list[Moved] = []
    events.subscribe(Moved, heard.append)
    scheme, (a, b) = outbox.tiers(), people(2)
    try:
        segments.announce(scheme, FIRST, "event")
        segments.announce(scheme, FIRST, "event", left=[Left(a, "bronze", 1)])
        run(scheme, FIRST, {b: "silver"})
    finally:
        events._handlers[Moved].remove(heard.append)
    [[first], [second]] = [one.schemes for one in heard]
    assert (first.scheme, first.left, first.whole, list(first.stays)) == (
        "value",
        (Left(a, "bronze", 1),),
        False,
        [],
    )
    assert second.whole and [stay.customer_id for stay in second.stays] == [b]
