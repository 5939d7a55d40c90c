"""Laws of memberships: one place at a time whatever the runs say, and whoever writes at the same moment."""

import threading
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sterna.desk.segments.actions import publish_scheme
from sterna.desk.segments.models import Definition, Membership
from sterna.engine.segments import Band, Scheme
from tests.desk.runs import shop
from tests.desk.segments.staging import people, place, stays

FIRST = date(2017, 7, 1)
# What one run says of three customers: the place of each, None for one whom it does not place.
RUN = st.lists(st.sampled_from([None, "none", "bronze", "silver"]), min_size=3, max_size=3)
# Runs of one day after the other, each said once or twice, and the version of the tiers that they use.
HISTORY = st.lists(st.tuples(st.integers(0, 40), RUN, st.sampled_from([0, 1])), min_size=1, max_size=6)


def said(names: list[str | None], who: list[UUID]) -> dict[UUID, tuple[str, str | None]]:
    return {pk: (name, None) for pk, name in zip(who, names, strict=True) if name}


@pytest.mark.django_db
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=HISTORY)
def test_whatever_the_runs_say_stays_are_in_order_without_overlap_and_end_where_the_last_run_put_them(
    history,
):
    with transaction.atomic():
        who, schemes, cut = people(3), [shop.tiers(), shop.tiers("300.00")], FIRST
        seen: dict[date, list[str | None]] = {}
        for days, names, version in history:
            cut += timedelta(days=days)
            place(cut, schemes[version], said(names, who))
            seen[cut] = names
        for index, pk in enumerate(who):
            found = stays(pk)
            assert all(first[2] is not None and first[2] <= then[1] for first, then in pairwise(found))
            for day, names in seen.items():
                held = [
                    name for name, since, until in found if since <= day and (until is None or day < until)
                ]
                assert held == [names[index]] * (names[index] is not None)
        before = [stays(pk) for pk in who]
        place(cut, schemes[version], said(names, who))
        assert [stays(pk) for pk in who] == before, "the last run again changes nothing"
        transaction.set_rollback(True)


def stay(pk: UUID, during: DateRange) -> None:
    Membership.objects.create(
        customer_id=pk,
        scheme="value",
        place="silver",
        rank=2,
        during=during,
        definition=Definition.objects.get(),
        cause="by hand",
        run_id=uuid4(),
    )


def at_once(first: Callable[[], object], second: Callable[[], object]) -> list[str]:
    """Do `second` while `first` has not committed; what the second ran into, if anything."""
    begun, faults = threading.Event(), list[str]()

    def follow() -> None:
        begun.wait(20)
        try:
            second()
        except IntegrityError as refused:
            faults.append(str(refused))
        finally:
            connection.close()

    thread = threading.Thread(target=follow)
    thread.start()
    with transaction.atomic():
        first()
        begun.set()
        # Long enough for the second to look, or to wait for this one to end.
        thread.join(0.5)
    thread.join(20)
    assert not thread.is_alive()
    return faults


SHORT = [
    (DateRange(FIRST, date(2017, 9, 1)), DateRange(date(2017, 8, 1), date(2017, 10, 1))),
    (DateRange(FIRST, None), DateRange(date(2017, 8, 1), date(2017, 10, 1))),
    (DateRange(date(2017, 8, 1), date(2017, 10, 1)), DateRange(FIRST, None)),
    (DateRange(FIRST, None), DateRange(date(2017, 8, 1), None)),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("mine", "theirs"), SHORT)
def test_two_stays_written_at_once_do_not_overlap_closed_or_open(mine, theirs):
    shop.tiers()
    [ann] = people(1)
    [fault] = at_once(lambda: stay(ann, mine), lambda: stay(ann, theirs))
    assert "has another place of value" in fault or "membership_one_open" in fault
    assert Membership.objects.get().during == mine


@pytest.mark.django_db(transaction=True)
def test_stays_of_two_customers_do_not_wait_for_each_other():
    shop.tiers()
    ann, bo = people(2)
    with transaction.atomic():
        stay(ann, DateRange(FIRST, None))
        thread = threading.Thread(target=lambda: (stay(bo, DateRange(FIRST, None)), connection.close()))
        thread.start()
        thread.join(10)
        assert not thread.is_alive()
    assert Membership.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_runs_of_one_day_published_at_once_leave_one_place_each():
    scheme = shop.tiers()
    who = people(4)
    place(FIRST, scheme, dict.fromkeys(who, ("bronze", "1.00")))
    cut = date(2018, 1, 1)
    at_once(
        lambda: place(cut, scheme, dict.fromkeys(who, ("silver", "300.00"))),
        lambda: place(cut, scheme, dict.fromkeys(who, ("none", None))),
    )
    last = {stays(pk)[-1][0] for pk in who}
    assert len(last) == 1 and last < {"silver", "none"}
    assert all([stay[1:] for stay in stays(pk)] == [(FIRST, cut), (cut, None)] for pk in who)


@pytest.mark.django_db
@pytest.mark.parametrize("days", [1, 181, 3650])
def test_a_stay_of_one_day_or_of_ten_years_ends_on_the_day_the_next_begins(days):
    scheme, [ann] = shop.tiers(), people(1)
    place(FIRST, scheme, {ann: ("bronze", "1.00")})
    place(FIRST + timedelta(days=days), scheme, {ann: ("silver", "300.00")})
    assert stays(ann)[0] == ("bronze", FIRST, FIRST + timedelta(days=days))


@pytest.mark.django_db
def test_R4_a_leaver_who_comes_back_has_a_gap_between_two_stays():
    scheme, [ann] = shop.tiers(), people(1)
    days = [FIRST, date(2018, 1, 1), date(2018, 7, 1)]
    place(days[0], scheme, {ann: ("bronze", "1.00")})
    place(days[1], scheme, {})
    place(days[2], scheme, {ann: ("bronze", "2.00")})
    assert stays(ann) == [("bronze", days[0], days[1]), ("bronze", days[2], None)]
    assert Membership.objects.order_by("during").last().cause.startswith("First placed: spend 2.00")


@pytest.mark.django_db
def test_two_schemes_do_not_end_each_others_stays():
    value, [ann] = shop.tiers(), people(1)
    other = publish_scheme(
        Scheme(
            name="visits",
            currency="USD",
            window_months=12,
            bands=(Band("often", 1, Decimal(1), None),),
        ),
        None,
        "a test",
    )
    place(FIRST, value, {ann: ("bronze", "1.00")})
    place(date(2018, 1, 1), other, {ann: ("often", "9.00")})
    assert stays(ann) == [("bronze", FIRST, None), ("often", date(2018, 1, 1), None)]
    causes = Membership.objects.order_by("during").values_list("cause", flat=True)
    assert causes[1] == "First placed: spend 9.00 in the 12 months before 2018-01-01"
