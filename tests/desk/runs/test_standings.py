"""What a run reads of stays and of what was said of places: as of its day, one row a spell, the same again."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sterna.desk.customers.models import Customer
from sterna.desk.runs.actions.freezing import _ROOT
from sterna.desk.runs.actions.standings import OVERRIDES, STAYS
from sterna.desk.segments.actions import publish_scheme
from sterna.desk.segments.models import Definition, Membership, Override
from sterna.engine.segments import Band, Scheme
from tests.desk.runs import shop
from tests.desk.segments.staging import people

pytestmark = pytest.mark.django_db
FIRST, OPENING, CUT = date(2017, 1, 1), date(2017, 7, 1), date(2018, 1, 1)
RANKS = {"none": 0, "bronze": 1, "silver": 2}
Row = tuple[object, ...]


def frozen(select: str, cut: date = CUT, openings: Mapping[str, date] | None = None) -> list[Row]:
    """The rows that a run as of `cut` freezes."""
    named = openings or {"value": OPENING}
    values = {
        "cut": cut,
        "openings": json.dumps([{"scheme": name, "opening": str(day)} for name, day in named.items()]),
    }
    with connection.cursor() as cursor:
        cursor.execute(select, values)
        found: list[Row] = cursor.fetchall()
        return found


def stay(
    who: UUID, scheme: Definition, place: str, first: date, end: date | None, **warned: date | None
) -> Membership:
    """A stay that is written down as a run would."""
    return Membership.objects.create(
        customer_id=who,
        scheme=scheme.name,
        place=place,
        rank=RANKS[place],
        during=DateRange(first, end),
        definition=scheme,
        cause="a test",
        run_id=uuid4(),
        **warned,
    )


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def test_a_stay_is_read_with_the_rank_before_it():
    scheme, [ann] = shop.tiers(), people(1)
    stay(ann, scheme, "bronze", day(0), day(200))
    stay(ann, scheme, "silver", day(200), None)
    assert frozen(STAYS) == [
        (str(ann), "value", "bronze", 1, day(0), day(200), None, None),
        (str(ann), "value", "silver", 2, day(200), None, 1, None),
    ]


def test_stays_of_one_place_under_two_versions_are_one_and_a_gap_parts_them():
    first, [ann, bo] = shop.tiers(), people(2)
    second = shop.tiers("300.00")
    stay(ann, first, "silver", day(0), day(200), warned_on=day(150))
    stay(ann, second, "silver", day(200), None, warned_on=day(150))
    stay(bo, first, "silver", day(0), day(190))
    stay(bo, second, "silver", day(200), None)
    rows = {row[0]: row for row in frozen(STAYS) if row[0] == str(ann)}
    assert rows[str(ann)] == (str(ann), "value", "silver", 2, day(0), None, None, day(150))
    mine = [row for row in frozen(STAYS) if row[0] == str(bo)]
    assert [(row[4], row[5], row[6]) for row in mine] == [(day(0), day(190), None), (day(200), None, None)]


@pytest.mark.parametrize(
    ("ended", "read"),
    [
        (OPENING - timedelta(days=1), False),
        (OPENING, False),
        (OPENING + timedelta(days=1), True),
        (CUT - timedelta(days=1), True),
    ],
)
def test_a_stay_that_ended_by_the_opening_is_not_read(ended, read):
    scheme, [ann] = shop.tiers(), people(1)
    stay(ann, scheme, "bronze", FIRST, ended)
    assert bool(frozen(STAYS)) == read


@pytest.mark.parametrize("later", [0, 1, 90])
def test_what_was_said_of_the_day_and_later_is_not_read(later):
    scheme, [ann] = shop.tiers(), people(1)
    stay(ann, scheme, "bronze", FIRST, CUT + timedelta(days=later))
    stay(ann, scheme, "silver", CUT + timedelta(days=later), None)
    assert frozen(STAYS) == [(str(ann), "value", "bronze", 1, FIRST, None, None, None)]


@pytest.mark.parametrize(
    ("warned", "called_off", "read"),
    [
        (CUT - timedelta(days=9), None, True),
        (CUT, None, False),
        (CUT - timedelta(days=9), CUT - timedelta(days=2), False),
        (CUT - timedelta(days=9), CUT, True),
    ],
)
def test_a_warning_is_read_as_it_stood_before_the_day(warned, called_off, read):
    scheme, [ann] = shop.tiers(), people(1)
    stay(ann, scheme, "silver", FIRST, None, warned_on=warned, unwarned_on=called_off)
    [row] = frozen(STAYS)
    assert row[7] == (warned if read else None)


def test_only_the_schemes_of_the_run_are_read_each_from_its_own_opening():
    value, [ann] = shop.tiers(), people(1)
    bands = (Band("bronze", 1, Decimal(1), None),)
    year = publish_scheme(Scheme(name="year", currency="USD", window_months=12, bands=bands), None, "a test")
    for scheme in (value, year):
        stay(ann, scheme, "bronze", FIRST, day(100))
        stay(ann, scheme, "none", day(100), None)
    assert len(frozen(STAYS)) == 1
    both = frozen(STAYS, openings={"value": OPENING, "year": FIRST})
    assert [(row[1], row[2]) for row in both] == [("value", "none"), ("year", "bronze"), ("year", "none")]


def test_who_became_a_part_of_somebody_else_is_not_read():
    scheme, [ann, bo] = shop.tiers(), people(2)
    stay(ann, scheme, "bronze", FIRST, None)
    stay(bo, scheme, "silver", FIRST, None)
    Customer.objects.filter(pk=bo).update(redirects_to=ann)
    assert [row[0] for row in frozen(STAYS)] == [str(ann)]


SPELLS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 90), st.sampled_from(list(RANKS))), min_size=1, max_size=8
)


def expected(spells: list[tuple[date, date | None, str]]) -> list[tuple[str, date, date | None, int | None]]:
    """(place, entered, left, rank before) by hand: cut at the day, joined where a place goes on without a gap."""
    known = [
        (first, None if end is None or end >= CUT else end, place)
        for first, end, place in spells
        if first < CUT
    ]
    joined: list[list[object]] = []
    for first, end, place in known:
        touches = bool(joined) and joined[-1][2] == first
        if touches and joined[-1][0] == place:
            joined[-1][2] = end
        else:
            joined.append([place, first, end, RANKS[str(joined[-1][0])] if touches else None])
    return [tuple(one) for one in joined if one[2] is None or one[2] > OPENING]  # type: ignore[misc, operator]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=SPELLS, is_open=st.booleans())
def test_whatever_the_history_it_is_read_as_somebody_would_by_hand(drawn, is_open):
    with transaction.atomic():
        scheme, [ann] = shop.tiers(), people(1)
        at, spells = FIRST, []
        for gap, length, place in drawn:
            first = at + timedelta(days=gap)
            at = first + timedelta(days=length)
            spells.append((first, at, place))
        if is_open:
            spells[-1] = (spells[-1][0], None, spells[-1][2])
        for first, end, place in spells:
            stay(ann, scheme, place, first, end)
        found = [(row[2], row[4], row[5], row[6]) for row in frozen(STAYS)]
        assert found == expected(spells)
        transaction.set_rollback(True)


def say(who: UUID, kind: str, begins: date, ends: date, at: int = 0, scheme: str = "value") -> Override:
    """What somebody said, that many hours into a day."""
    return Override.objects.create(
        customer_id=who,
        scheme=scheme,
        kind=kind,
        place="silver",
        begins_on=begins,
        ends_on=ends,
        reason=f"a {kind}",
        set_at=datetime(2017, 1, 1, at, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("begins", "ends", "read"),
    [
        (CUT - timedelta(days=5), CUT + timedelta(days=1), True),
        (CUT, CUT + timedelta(days=1), True),
        (CUT + timedelta(days=1), CUT + timedelta(days=9), False),
        (CUT - timedelta(days=5), CUT, False),
    ],
)
def test_an_override_counts_from_its_first_day_to_before_its_end(begins, ends, read):
    [ann] = people(1)
    say(ann, "floor", begins, ends)
    wanted = [(str(ann), "value", "floor", "silver", ends, "a floor")] if read else []
    assert frozen(_ROOT + OVERRIDES) == wanted


def test_of_two_sides_of_a_merge_the_word_said_last_counts_for_who_is_left():
    ann, bo = people(2)
    say(ann, "floor", FIRST, CUT + timedelta(days=9), at=1)
    say(bo, "lock", FIRST, CUT + timedelta(days=9), at=2)
    Customer.objects.filter(pk=bo).update(redirects_to=ann)
    assert [(row[0], row[2]) for row in frozen(_ROOT + OVERRIDES)] == [(str(ann), "lock")]


def test_an_override_in_a_scheme_that_the_run_does_not_place_by_is_not_read():
    [ann] = people(1)
    say(ann, "floor", FIRST, CUT + timedelta(days=9), scheme="other")
    assert frozen(_ROOT + OVERRIDES) == []
