"""Between runs: who does something is placed at once, whom time moves on its day, and the next run finds no more."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command

from sterna.desk.customers.actions import act_on_inbox, form_household
from sterna.desk.customers.models import Customer
from sterna.desk.runs import actions
from sterna.desk.runs.actions import keep_up
from sterna.desk.segments.live_models import Due, Followed, NewDeed, Rollup, Timer
from sterna.desk.segments.models import Membership
from sterna.desk.sources.actions import receive, seal_inbox
from sterna.desk.sources.received import Envelope
from sterna.engine.rules import All, AnyOf, Behavior, Consents, HasFact, Household, InPlace, Not, Worth
from sterna.engine.segments.ruled import Ruled, Seat
from tests.desk.customers.people import source
from tests.desk.runs import ruled_shop, shop

CUT = date(2018, 1, 1)
# The run placed everybody for the first time on the cut, and a day has one move.
DAY = CUT + timedelta(days=1)
LIFE = Ruled(
    name="life",
    kind="stages",
    seats=(
        Seat(place="quiet", enter=Behavior(within_days=20, most=Decimal(0))),
        Seat(place="buying", enter=Behavior(within_days=20, least=Decimal(1))),
        Seat(
            place="busy",
            enter=Behavior(within_days=8, least=Decimal(3)),
            leave=Behavior(within_days=8, most=Decimal(0)),
        ),
    ),
)
NEEDS = ruled_shop.segments(
    "needs",
    {
        "readers": Behavior(kind="page view", within_days=5, least=Decimal(2), touchpoint="web"),
        "feasts": Behavior(of="amount", category="FOOD", within_days=3, least=Decimal(200)),
        "deaf": Consents(medium="email", purpose="marketing", says="no"),
        "kin": Household(of=HasFact(fact_class="shopping.category", among=("three",))),
        "keen": All(
            of=(
                HasFact(fact_class="shopping.category", among=("two",)),
                Not(of=InPlace(scheme="life", among=("quiet",))),
            )
        ),
        "late": AnyOf(of=(Behavior(of="last", least=Decimal(9)), Worth(measure="spend", most=Decimal(50)))),
    },
)


def at(day: date, hour: int = 12) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    def pretend(day: date, hour: int = 12) -> None:
        monkeypatch.setenv("STERNA_NOW", at(day, hour).isoformat())

    pretend(DAY)
    monkeypatch.setenv("STERNA_FOLLOW_DAYS", "10")
    return pretend


@pytest.fixture
def town(transactional_db: None, clock: Any) -> Iterator[dict[str, Customer]]:
    """The shop placed as of the last day of 2017, a day later."""
    found = shop.open_shop()
    ann, bo = ruled_shop.staff()
    ruled_shop.publish(LIFE)
    ruled_shop.publish(NEEDS, ann, bo)
    source("shop", "household")
    actions.run(shop.SECOND)
    yield found
    call_command("flush", interactive=False, verbosity=0)


def send(day: date, *events: dict[str, Any]) -> None:
    """Events of customers by their number on a day, acted on."""
    moment = at(day, 9)
    batch = [{"timestamp": moment.isoformat(), **one} for one in events]
    receive(source("shop", "household"), batch, Envelope(moment, None, {}, {}, "secret"))
    act_on_inbox()


def order(who: str, amount: str, product: str = "p1") -> dict[str, Any]:
    lines = [{"product_id": product, "price": amount, "quantity": 1}]
    return {"type": "track", "event": "Order Completed", "userId": who, "properties": {"products": lines}}


def page(who: str, where: str = "web") -> dict[str, Any]:
    return {"type": "page", "userId": who, "channel": where}


def stands(customer: Customer, scheme: str) -> str:
    return Membership.objects.get(customer=customer, scheme=scheme, during__upper_inf=True).place


def everybody() -> dict[tuple[UUID, str], str]:
    found = Membership.objects.filter(scheme__in=("life", "needs"), during__upper_inf=True)
    return {(one.customer_id, one.scheme): one.place for one in found}


def still(town: dict[str, Customer], *left_out: str) -> list[str]:
    """Numbers of customers who did not move today and are not in these segments, highest first."""
    found = Membership.objects.filter(during__upper_inf=True, scheme__in=("life", "needs"))
    fresh = set(found.filter(during__startswith__gte=DAY).values_list("customer", flat=True))
    fresh |= set(found.filter(place__in=left_out).values_list("customer", flat=True))
    return [name for name in sorted(town, reverse=True) if town[name].pk not in fresh]


def rerun(until: date) -> dict[tuple[UUID, str], tuple[str, str | None]]:
    """A run of everything that came up to a day; returns whom it moved in the two schemes, from where and to where."""
    seal_inbox()
    before = everybody()
    actions.run(until)
    after = everybody()
    return {who: (place, after.get(who)) for who, place in before.items() if after.get(who) != place}


def test_R84_who_does_something_is_placed_at_once_with_the_cause_and_a_run_finds_nothing_to_do(town, clock):
    kept = keep_up()
    assert (kept.why, kept.events) == ("", 0) and Rollup.objects.count() == shop.CUSTOMERS
    before = everybody()
    one, two, three = still(town)[:3]
    send(DAY, page(one), page(one), page(two), page(two, "app"), order(three, "250.00"))
    assert keep_up().events == 5 and not Due.objects.exists()
    moved = {key: place for key, place in everybody().items() if before[key] != place}
    assert moved[town[one].pk, "needs"] == "readers" and stands(town[two], "needs") != "readers"
    assert moved[town[three].pk, "needs"] == "feasts"
    stay = Membership.objects.get(customer=town[one], scheme="needs", during__upper_inf=True)
    was = before[town[one].pk, "needs"]
    assert stay.cause == f"Moved from {was}: by the rules of version 1 on 2018-01-02, after page view at web"
    assert stay.during.lower == DAY and stay.run_id is None
    assert rerun(DAY) == {}, "the run of that day agrees with every place"


def test_R84_three_days_of_everything_leave_everybody_where_runs_of_these_days_would(town, clock):
    form_household([town["047"], town["049"]], "They are one family.", None)
    seen = set()
    for past in range(3):
        day = DAY + timedelta(days=past)
        clock(day)
        send(day, *(order(f"{n:03}", "9.00") for n in range(past, 60, 7)))
        send(day, *(page(f"{n:03}") for n in range(0, 60, 5 - past)))
        send(day, *(order(f"{n:03}", "130.00", "p9") for n in range(20, 24)))
        if past == 1:
            told = {"type": "identify", "userId": "049", "traits": {"size": "three"}}
            shelf = source("shop", "household")
            shelf.traits = {"size": {"fact_class": "shopping.category", "purpose": "marketing"}}
            shelf.save()
            send(day, told)
        clock(day, 23)
        keep_up()
        seen |= {place for _, place in everybody().items()}
        assert rerun(day) == {}, day
    assert stands(town["047"], "needs") == stands(town["049"], "needs") == "kin", "one told it, both are kin"
    assert seen >= {"quiet", "buying", "busy", "readers", "kin", "late"}


def test_R84_no_purchase_for_so_long_fires_without_an_event(town, clock):
    keep_up()
    start = everybody()
    buying = {who for (who, scheme), place in start.items() if (scheme, place) == ("life", "buying")}
    clock(DAY + timedelta(days=5))
    assert keep_up().customers > 0
    now = everybody()
    gone = {who for who in buying if now[who, "life"] == "quiet"}
    causes = set(
        Membership.objects.filter(customer__in=gone, scheme="life", during__upper_inf=True).values_list(
            "cause", flat=True
        )
    )
    if gone:
        assert causes == {"Moved from buying: by the rules of version 1 on 2018-01-07, after time passed"}
    late = {who for (who, scheme), place in now.items() if (scheme, place) == ("needs", "late")}
    assert late - {who for (who, scheme), place in start.items() if (scheme, place) == ("needs", "late")}
    assert rerun(DAY + timedelta(days=5)) == {}


def test_R84_a_day_has_one_move_and_tomorrow_has_the_next(town, clock):
    keep_up()
    name = still(town)[0]
    ann = town[name]
    send(DAY, page(name), page(name))
    keep_up()
    assert stands(ann, "needs") == "readers"
    clock(DAY + timedelta(days=5))
    keep_up()
    # The pages are out of the window, so she left; pages of today bring her back tomorrow only.
    left = stands(ann, "needs")
    assert left != "readers"
    send(DAY + timedelta(days=5), page(name), page(name))
    keep_up()
    assert stands(ann, "needs") == left
    assert Timer.objects.get(customer=ann).day == DAY + timedelta(days=6)
    clock(DAY + timedelta(days=6))
    keep_up()
    assert stands(ann, "needs") == "readers"
    days = [one.during for one in Membership.objects.filter(customer=ann, scheme="needs").order_by("during")]
    assert all(one.upper == later.lower for one, later in pairwise(days))


def test_R84_a_newcomer_is_in_a_segment_before_any_run_knows_them(town, clock):
    keep_up()
    send(DAY, order("new", "300.00"))
    keep_up()
    who = Customer.objects.exclude(pk__in=[one.pk for one in town.values()]).get()
    assert (stands(who, "needs"), stands(who, "life")) == ("feasts", "buying")
    assert Membership.objects.get(customer=who, scheme="needs").cause.startswith("First placed: by the rules")
    assert rerun(DAY) == {}


def test_R84_a_run_of_a_day_that_was_moved_on_is_followed_by_the_moves_that_it_took_back(town, clock):
    keep_up()
    name = still(town)[0]
    send(DAY, page(name), page(name))
    keep_up()
    before = everybody()
    # Of the day before, computed once more after its next day had begun: it must not know of the pages.
    run = actions.run(shop.SECOND, again=False).run
    seal_inbox()
    clock(DAY, 14)
    again = actions.run(shop.SECOND).run
    assert again.pk != run.pk and stands(town[name], "needs") != "readers"
    keep_up()
    assert everybody() == before
    assert Followed.objects.get().run_id == again.pk
    assert NewDeed.objects.filter(source_record__customer=town[name]).count() == 2


def test_nothing_is_followed_without_a_run_by_rules_nor_long_after_one(town, clock):
    assert keep_up().why == ""
    clock(DAY + timedelta(days=30))
    why = keep_up().why
    assert (
        why.startswith("the newest run is of 2017-12-31, more than 10 days ago")
        and not Followed.objects.exists()
    )
    send(DAY + timedelta(days=30), page("011"), page("011"))
    assert not Due.objects.exists()
