"""Placing between runs where it is hard: words of people, merges and splits, limits, held schemes, kills."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command

from sterna.desk.audit.models import Entry
from sterna.desk.customers.actions import merge, retract, say_facts, split
from sterna.desk.customers.actions.preferences import Choices, choose
from sterna.desk.customers.models import Customer, Fact, SourceRecord
from sterna.desk.runs import actions
from sterna.desk.runs.actions import keep_up
from sterna.desk.runs.models import Run
from sterna.desk.runs.panels import panel_of
from sterna.desk.segments.actions import retire_ruled
from sterna.desk.segments.live_models import Due, Followed, Mixed, Timer
from sterna.desk.segments.models import Batch, Membership
from sterna.engine.rules import Behavior, Consents, HasFact, InPlace
from tests.desk.runs import ruled_shop, shop
from tests.desk.runs.test_keeping_up import DAY, at, page, send, stands

WINE = HasFact(fact_class="shopping.category", among=("wine",))


def told(who: str, value: str) -> dict[str, Any]:
    return {"type": "identify", "userId": who, "traits": {"size": value}}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    def pretend(day: date, hour: int = 12) -> None:
        monkeypatch.setenv("STERNA_NOW", at(day, hour).isoformat())

    pretend(DAY)
    return pretend


@pytest.fixture
def town(transactional_db: None, clock: Any) -> Iterator[dict[str, Customer]]:
    """The shop in segments by what people say and look at, a fifth of whom may move between runs, and in others."""
    from tests.desk.customers.people import source

    found = shop.open_shop()
    ann, bo = ruled_shop.staff()
    seats = {
        "deaf": Consents(medium="email", purpose="marketing", says="no"),
        "wine": WINE,
        "readers": Behavior(kind="page view", within_days=3, least=Decimal(1)),
    }
    ruled_shop.publish(ruled_shop.segments("needs", seats, change_limit=Decimal("0.2")), ann, bo)
    keen = {"winers": InPlace(scheme="needs", among=("wine",))}
    ruled_shop.publish(ruled_shop.segments("care", keen), ann, bo)
    shelf = source("shop", "household")
    shelf.traits = {"size": {"fact_class": "shopping.category", "purpose": "marketing"}}
    shelf.save()
    actions.run(shop.SECOND)
    assert keep_up().why == ""
    yield found
    call_command("flush", interactive=False, verbosity=0)


def cause(customer: Customer, scheme: str = "needs") -> str:
    return Membership.objects.get(customer=customer, scheme=scheme, during__upper_inf=True).cause.partition(
        ", "
    )[2]


def test_R84_what_people_say_choose_and_take_back_places_them_and_a_file_does_not(town, clock):
    send(DAY, told("001", "wine"))
    choose(town["002"], Choices({("email", "marketing"): False}, None, ()))
    shop.keep_facts(
        shop.FactsSaid("shop", "household", "shopping.category", [("003", "wine", DAY, "marketing")], at(DAY))
    )
    keep_up()
    assert (stands(town["001"], "needs"), cause(town["001"])) == ("wine", "after another fact")
    assert (stands(town["002"], "needs"), cause(town["002"])) == ("deaf", "after another choice of contacts")
    assert stands(town["003"], "needs") == "others", "a history is no news: the next run finds it"
    clock(DAY + timedelta(days=1))
    fact = Fact.objects.get(value="wine", source_record__customer=town["001"], retracted_at=None)
    retract(fact, "A slip of the pen.", None)
    keep_up()
    assert stands(town["001"], "needs") == "others"


def test_R84_who_moves_is_seen_by_the_rules_that_ask_for_the_place(town, clock):
    send(DAY, told("001", "wine"))
    keep_up()
    assert (stands(town["001"], "care"), cause(town["001"], "care")) == (
        "winers",
        "after a move in another scheme",
    )
    assert not Due.objects.exists()


def test_R84_a_merge_and_a_split_leave_two_to_the_next_run_and_a_newcomer_to_nobody(town, clock):
    one, other = town["010"], town["011"]
    merge(one, other, "They are one.", None)
    keep_up()
    kept = Customer.objects.get(pk__in=[one.pk, other.pk], redirects_to=None)
    send(DAY, page("010"), page("011"))
    keep_up()
    assert stands(kept, "needs") == "others", "two people's past is not one's: a run adds it up"
    gone = Customer.objects.get(pk__in=[one.pk, other.pk], redirects_to=kept)
    Due.objects.create(customer=gone, because="noted before the merge")
    Timer.objects.create(customer=gone, day=DAY)
    keep_up()
    assert not Membership.objects.filter(customer=gone, during__upper_inf=True).exists()
    # A device that the run did not know is part of whom it is now.
    both = {"type": "alias", "userId": "012", "previousId": "phone-12"}
    send(DAY, {"type": "page", "anonymousId": "phone-12", "channel": "web"}, both)
    keep_up()
    assert stands(town["012"], "needs") == "readers"


def test_R84_who_was_one_for_the_run_is_placed_by_none_once_they_are_two(town, clock):
    one, other = town["010"], town["011"]
    merge(one, other, "They are one.", None)
    clock(DAY + timedelta(days=1))
    actions.run(DAY)
    keep_up()
    kept = Customer.objects.get(pk__in=[one.pk, other.pk], redirects_to=None)
    records = SourceRecord.objects.filter(customer=kept)
    split(kept, [records.get(value="011").pk], "They are two after all.", None)
    assert Mixed.objects.count() == 2
    clock(DAY + timedelta(days=2))
    send(DAY + timedelta(days=2), page("010"), page("011"))
    keep_up()
    assert "readers" not in {stands(one, "needs"), stands(other, "needs")}
    clock(DAY + timedelta(days=3))
    actions.run(DAY + timedelta(days=2))
    keep_up()
    assert not Mixed.objects.exists()


def test_R84_past_the_limit_of_a_day_nobody_moves_before_a_run_and_a_person_is_asked(town, clock):
    numbers = [f"{n:03}" for n in range(30)]
    send(DAY, *map(page, numbers[:12]))
    keep_up()
    assert {stands(town[name], "needs") for name in numbers[:12]} == {"readers"}, "a fifth of sixty"
    send(DAY, page("012"))
    keep_up()
    assert stands(town["012"], "needs") == "others" and Followed.objects.get().held == {"needs": str(DAY)}
    line = Entry.objects.get(action="hold moves between runs")
    assert (line.subject, line.detail["limit"]) == ("needs 1", "0.2")
    send(DAY, *map(page, numbers[13:]))
    keep_up()
    assert {stands(town[name], "needs") for name in numbers[12:]} == {"others"}
    clock(DAY + timedelta(days=1))
    from sterna.desk.sources.actions import seal_inbox

    seal_inbox()
    actions.run(DAY)
    assert Batch.objects.get(state=Batch.State.WAITING).moved == 18, "the run found them and asks"
    keep_up()
    send(DAY + timedelta(days=1), page("040"))
    keep_up()
    assert stands(town["040"], "needs") == "others", "while a person is asked nobody is moved beside"


def test_R84_a_scheme_that_was_retired_is_left_as_it_stands(town, clock):
    retire_ruled("care", None, "Nobody asks for it.")
    send(DAY, told("001", "wine"))
    keep_up()
    assert (stands(town["001"], "needs"), stands(town["001"], "care")) == ("wine", "others")


def test_R84_a_fact_that_runs_out_moves_on_its_day(town, clock):
    from sterna.desk.customers.actions import Said

    ends = DAY + timedelta(days=2)
    record = SourceRecord.objects.get(value="030")
    say_facts(
        [
            Said(
                record.pk,
                "shopping.category",
                "wine",
                "panel",
                "marketing",
                DAY,
                at(DAY),
                1.0,
                expires_on=ends,
            )
        ]
    )
    keep_up()
    assert stands(town["030"], "needs") == "wine" and Timer.objects.get(customer=town["030"]).day == ends
    clock(ends - timedelta(days=1))
    keep_up()
    assert stands(town["030"], "needs") == "wine"
    clock(ends)
    keep_up()
    assert (stands(town["030"], "needs"), cause(town["030"])) == ("others", "after time passed")


def test_a_run_that_does_not_tell_which_events_it_has_seen_is_not_followed(town, clock):
    Run.objects.update(sealed=None)
    assert keep_up().why == "the newest run does not tell which events it has seen"
    assert not Followed.objects.exists()


def test_a_panel_that_was_removed_is_laid_out_again(town, clock):
    from sterna.desk.runs.panels import remove_panels

    run = actions.run(shop.SECOND).run
    assert panel_of(run)
    remove_panels()
    Followed.objects.all().delete()
    send(DAY, page("001"))
    assert keep_up().why == "" and stands(town["001"], "needs") == "readers"


def test_R84_a_group_that_people_approve_is_seen_by_rules_and_every_move_is_told(town, clock):
    from sterna.desk.config import events
    from sterna.desk.segments.actions import announce, publish_definition
    from sterna.desk.segments.signals import Moved

    told: list[tuple[str, str, list[str]]] = []

    def hear(moved: Moved) -> None:
        told.extend((one.scheme, one.cause, [stay.place for stay in one.stays]) for one in moved.schemes)

    events.subscribe(Moved, hear)
    try:
        send(DAY, page("001"))
        keep_up()
        assert told == [("needs", "event", ["readers"])]
        terms = publish_definition("groups", "clients", {"groups": "clients"}, None)
        announce(terms, DAY, "approval", Membership.objects.filter(customer=town["002"], scheme="needs"))
        assert [due.because for due in Due.objects.filter(customer=town["002"])] == ["a move in clients"]
        announce(
            terms, DAY, "run", Membership.objects.filter(customer=town["003"], scheme="needs"), whole=True
        )
        assert not Due.objects.filter(customer=town["003"]).exists(), "a run lays everything out anew"
    finally:
        events._handlers[Moved].remove(hear)


def test_R84_placing_waits_for_no_disk_and_what_was_due_goes_with_its_moves(town, clock, monkeypatch):
    from django.db import connection

    from sterna.desk.segments.actions import live_places

    waits: list[str] = []
    look = live_places.look_at

    def looked(*told: Any) -> Any:
        found = look(*told)
        with connection.cursor() as cursor:
            cursor.execute("show synchronous_commit")
            waits.extend(row[0] for row in cursor.fetchall())
        if len(waits) == 1:
            raise RuntimeError("the machine fails")
        return found

    monkeypatch.setattr(live_places, "look_at", looked)
    send(DAY, page("001"))
    with pytest.raises(RuntimeError):
        keep_up()
    assert stands(town["001"], "needs") != "readers" and Due.objects.filter(customer=town["001"]).exists()
    keep_up()
    assert stands(town["001"], "needs") == "readers" and not Due.objects.exists() and set(waits) == {"off"}
    with connection.cursor() as cursor:
        cursor.execute("show synchronous_commit")
        assert cursor.fetchone() == ("on",), "of this transaction alone"


def test_R84_nobody_looks_for_circles_meanwhile_and_none_are_made(town, clock, monkeypatch):
    import gc

    from sterna.desk.segments.actions import live_places

    place, seen = live_places._place_some, []

    def some(*told: Any) -> int:
        gc.collect()
        looked_at = place(*told)
        seen.append((gc.isenabled(), looked_at, gc.collect()))
        return looked_at

    monkeypatch.setattr(live_places, "_place_some", some)
    send(DAY, *(page(f"{number:03}") for number in range(40) for _ in range(2)))
    keep_up()
    [(_, looked_at, circles), *_] = seen
    # A circle in what is kept of a customer would be one for each of them, and memory would grow with their number.
    assert looked_at >= 40 and circles < looked_at
    assert not any(enabled for enabled, _, _ in seen) and gc.isenabled()
