"""What a version would change, counted by the database, is what a recount by hand gives; and nothing is written."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sterna.desk.segments.models import Definition, Membership, Move
from sterna.desk.segments.tier_preview import SHOWN, preview
from sterna.desk.values.models import Worth
from sterna.engine.segments import Band, Scheme
from tests.desk.runs import shop
from tests.desk.segments.staging import people
from tests.engine.segments.placing import place_of

pytestmark = pytest.mark.django_db
BANDS = (
    Band("bronze", 1, Decimal("0.01"), Decimal(100)),
    Band("silver", 2, Decimal(100), Decimal(300)),
    Band("gold", 3, Decimal(300)),
)
TERMS = [{"name": "value", "measure": "spend", "window_months": 6}]
RANKS = {"none": 0, "bronze": 1, "silver": 2, "gold": 3}
RUN = uuid4()


def draft(**change: object) -> Scheme:
    """A version of the tiers that is looked at."""
    given = {
        "name": "value",
        "measure": "spend",
        "currency": "USD",
        "window_months": 6,
        "bands": BANDS,
    } | change
    return Scheme(**given)  # type: ignore[arg-type]


def stands(scheme: Definition, who: UUID, place: str | None, amount: Decimal | None) -> None:
    """A customer with an amount of the run who stands somewhere, or nowhere yet."""
    Move.objects.create(
        run_id=RUN, scheme="value", customer_id=who, from_place="none", to_place="none", to_amount=amount
    )
    if place is not None:
        Membership.objects.create(
            customer_id=who,
            scheme="value",
            place=place,
            rank=RANKS[place],
            during=DateRange(date(2017, 1, 1), None),
            definition=scheme,
            cause="a test",
            run_id=RUN,
        )


DRAWN = st.lists(
    st.tuples(
        st.none() | st.sampled_from(list(RANKS)),
        st.none()
        | st.sampled_from([Decimal(n) for n in ("0", "0.01", "99.99", "100", "299.99", "300", "900")]),
    ),
    min_size=1,
    max_size=20,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=DRAWN)
def test_who_would_go_where_is_a_recount(drawn):
    with transaction.atomic():
        scheme, who = shop.tiers(), people(len(drawn))
        wanted: Counter[tuple[str | None, str]] = Counter()
        for one, (place, amount) in zip(who, drawn, strict=True):
            stands(scheme, one, place, amount)
            wanted[place, place_of(BANDS, amount)] += 1
        found = preview(draft(), RUN, TERMS)
        assert found is not None and found.counts == dict(wanted)
        ways = [
            (RANKS[then] - RANKS[now], number) for (now, then), number in wanted.items() if now is not None
        ]
        assert found.up == sum(number for way, number in ways if way > 0)
        assert found.down == sum(number for way, number in ways if way < 0)
        assert found.first == sum(number for (now, _), number in wanted.items() if now is None)
        assert len(found.rising) == found.up and len(found.falling) == found.down
        assert all(RANKS[one.now] < RANKS[one.then] for one in found.rising)
        transaction.set_rollback(True)


def test_the_first_names_are_shown_those_of_most_first():
    scheme, who = shop.tiers(), people(SHOWN + 10)
    for number, one in enumerate(who):
        stands(scheme, one, "gold", Decimal(number))
    before = Membership.objects.count(), Move.objects.count()
    found = preview(draft(), RUN, TERMS)
    assert found is not None and found.down == SHOWN + 10 and len(found.falling) == SHOWN
    amounts = [one.amount for one in found.falling]
    assert amounts == sorted(amounts, reverse=True) and amounts[0] == SHOWN + 9  # type: ignore[type-var]
    assert (Membership.objects.count(), Move.objects.count()) == before


def test_a_place_that_the_version_does_not_have_any_more_is_left_by_all():
    scheme, [ann] = shop.tiers(), people(1)
    stands(scheme, ann, "silver", Decimal(150))
    two = draft(bands=(Band("low", 1, Decimal(1), Decimal(100)), Band("high", 2, Decimal(100))))
    found = preview(two, RUN, TERMS)
    assert found is not None and found.counts == {("silver", "high"): 1} and found.up == 1


def measured(ann: UUID, **columns: object) -> None:
    Worth.objects.create(run_id=RUN, customer_id=ann, **columns)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"measure": "margin"}, "silver"),
        ({"measure": "share_of_wallet", "bands": (Band("half", 1, Decimal("0.5")),)}, "half"),
        ({"measure": "orders", "bands": (Band("often", 1, Decimal(7)),)}, "often"),
        ({"measure": "margin", "window_months": 12}, None),
        ({"measure": "spend", "window_months": 12}, None),
        ({"measure": "fact:shopping.budget"}, None),
    ],
)
def test_another_measure_is_read_from_what_the_run_measured_or_cannot_be_shown(
    change: Mapping[str, object], wanted: str | None
):
    scheme, [ann] = shop.tiers(), people(1)
    stands(scheme, ann, None, Decimal(900))
    measured(ann, margin=Decimal(120), share_of_wallet=0.5, orders=7)
    found = preview(draft(name="other", **change), RUN, TERMS)
    assert (found and found.counts) == (wanted and {(None, wanted): 1})


def test_a_fact_is_read_from_a_scheme_of_the_run_that_goes_by_it():
    [ann] = people(1)
    Move.objects.create(
        run_id=RUN, scheme="rich", customer_id=ann, from_place="none", to_place="none", to_amount=Decimal(200)
    )
    by = [*TERMS, {"name": "rich", "measure": "fact:shopping.budget", "window_months": 12}]
    found = preview(draft(name="other", measure="fact:shopping.budget", window_months=1), RUN, by)
    assert found is not None and found.counts == {(None, "silver"): 1}


def test_a_run_whose_rows_are_not_kept_any_more_shows_nobody():
    shop.tiers()
    assert preview(draft(), uuid4(), TERMS) is None
