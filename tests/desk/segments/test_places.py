"""Memberships: carried forward by difference, never overlapping, the same day twice corrected in place."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from sterna.desk.segments.models import Membership
from tests.desk.runs import shop
from tests.desk.segments.staging import people, place, stays

pytestmark = pytest.mark.django_db
FIRST, SECOND = date(2017, 7, 1), date(2018, 1, 1)


@pytest.fixture
def scheme():
    """Bronze and silver."""
    return shop.tiers()


def test_a_move_ends_one_stay_and_begins_the_next_on_one_day(scheme):
    ann, bo = people(2)
    assert place(FIRST, scheme, {ann: ("bronze", "10.00"), bo: ("silver", "300.00")}) == (0, 2)
    assert place(SECOND, scheme, {ann: ("silver", "260.00"), bo: ("silver", "310.00")}) == (1, 1)
    assert stays(ann) == [("bronze", FIRST, SECOND), ("silver", SECOND, None)]
    assert stays(bo) == [("silver", FIRST, None)], "a stay that goes on is not touched"
    causes = list(
        Membership.objects.filter(customer_id=ann).order_by("during").values_list("cause", flat=True)
    )
    assert causes == [
        "First placed: spend 10.00 in the 6 months before 2017-07-01",
        "Moved from bronze: spend 260.00 in the 6 months before 2018-01-01, 10.00 when last placed",
    ]


def test_the_same_day_again_corrects_what_that_day_said_and_nothing_else(scheme):
    [ann] = people(1)
    place(FIRST, scheme, {ann: ("bronze", "10.00")})
    place(SECOND, scheme, {ann: ("silver", "260.00")})
    place(SECOND, scheme, {ann: ("bronze", "20.00")})
    assert stays(ann) == [("bronze", FIRST, None)]
    place(SECOND, scheme, {ann: ("silver", "260.00")})
    place(SECOND, scheme, {ann: ("silver", "260.00")})
    assert stays(ann) == [("bronze", FIRST, SECOND), ("silver", SECOND, None)]


def test_nobody_bought_is_a_place_and_an_unknown_amount_is_not_zero(scheme):
    [ann] = people(1)
    place(FIRST, scheme, {ann: ("none", None)})
    stay = Membership.objects.get()
    assert stay.place == "none" and stay.amount is None and "no spend in the 6 months" in stay.cause


def test_who_is_no_longer_placed_leaves(scheme):
    ann, bo = people(2)
    place(FIRST, scheme, {ann: ("bronze", "1.00"), bo: ("bronze", "1.00")})
    place(SECOND, scheme, {ann: ("bronze", "1.00")})
    assert stays(bo) == [("bronze", FIRST, SECOND)]


def test_a_new_version_of_the_tiers_begins_newstays(scheme):
    [ann] = people(1)
    place(FIRST, scheme, {ann: ("bronze", "200.00")})
    place(SECOND, shop.tiers("300.00"), {ann: ("bronze", "200.00")})
    assert stays(ann) == [("bronze", FIRST, SECOND), ("bronze", SECOND, None)]
    assert Membership.objects.order_by("during").last().cause.startswith("Version 2 of the scheme: ")


def _stay(customer, scheme, during: DateRange, named: str = "value") -> Membership:
    return Membership.objects.create(
        customer_id=customer,
        scheme=named,
        place="silver",
        rank=2,
        during=during,
        definition=scheme,
        cause="a fault",
        run_id=uuid4(),
    )


@pytest.mark.parametrize(
    "during",
    [
        DateRange(SECOND, None),
        DateRange(FIRST, SECOND),
        DateRange(FIRST - timedelta(days=9), FIRST + timedelta(days=1)),
    ],
)
def test_the_database_itself_refuses_two_places_at_once(scheme, during):
    [ann] = people(1)
    place(FIRST, scheme, {ann: ("bronze", "1.00")})
    with pytest.raises(IntegrityError, match="has another place of value"), transaction.atomic():
        _stay(ann, scheme, during)


def test_the_database_lets_stays_touch_and_other_schemes_be(scheme):
    [ann] = people(1)
    place(FIRST, scheme, {ann: ("bronze", "1.00")})
    _stay(ann, scheme, DateRange(FIRST - timedelta(days=9), FIRST))
    _stay(ann, scheme, DateRange(FIRST, None), "another scheme")
    assert Membership.objects.filter(customer_id=ann).count() == 3


def test_the_indexes_refuse_a_second_open_stay_even_where_the_trigger_cannot_see_the_first(scheme):
    [ann] = people(1)
    place(FIRST, scheme, {ann: ("bronze", "1.00")})
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("alter table segments_membership disable trigger membership_no_overlap")
    with pytest.raises(IntegrityError, match="membership_one_open"), transaction.atomic():
        _stay(ann, scheme, DateRange(SECOND, None))
    with pytest.raises(IntegrityError, match="membership_one_a_day"), transaction.atomic():
        _stay(ann, scheme, DateRange(FIRST, SECOND))
