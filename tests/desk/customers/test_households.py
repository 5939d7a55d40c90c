"""Households: one each, made by people, files and relatives; drawn as one, and back where they were after a split."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import pyarrow.parquet as pq
import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sterna.desk.config.refused import Refused
from sterna.desk.customers import queries
from sterna.desk.customers.actions import form_household, identify, keep_facts, leave_household, merge, undo
from sterna.desk.customers.models import Customer, Household, HouseholdMember
from sterna.desk.runs.actions.freezing import freeze
from sterna.desk.sources.signals import FactsSaid
from sterna.desk.users.models import Role, User
from sterna.desk.values.models import Worth
from sterna.desk.values.queries import Rollup, household_worth
from tests.desk.customers.people import NOON, whose

pytestmark = pytest.mark.django_db
CARDS = ["1", "2", "3", "4"]


@pytest.fixture
def people() -> list[Customer]:
    identify("till", "card", CARDS, NOON)
    return [whose(f"till/card:{card}") for card in CARDS]


def named(rows: dict[str, str], at=NOON) -> None:
    said = [(card, home, NOON.date(), "marketing") for card, home in rows.items()]
    keep_facts(FactsSaid("till", "card", "household.id", said, at))


def units(tmp_path, name: str = "one") -> dict[str, str]:
    rows = pq.read_table(freeze(tmp_path / name, date(2018, 1, 1))["identity_map"][0]).to_pylist()
    return {row["source_record"]: row["unit"] for row in rows}


def test_R6_a_file_that_names_households_makes_them(people, tmp_path):
    named({"1": "17", "2": "17", "3": "18"})
    assert Household.objects.count() == 2
    assert (
        queries.household_of(people[0]) == queries.household_of(people[1]) != queries.household_of(people[2])
    )
    assert queries.household_of(people[3]) is None
    home = "till/household:17"
    assert units(tmp_path) == {
        "till/card:1": home,
        "till/card:2": home,
        "till/card:3": "till/household:18",
        "till/card:4": "till/card:4",
    }


def test_a_file_that_says_the_same_again_changes_nothing_and_one_that_says_another_moves_them(people):
    named({"1": "17", "2": "17"})
    named({"1": "17", "2": "17"}, NOON.replace(hour=13))
    assert HouseholdMember.objects.count() == 2
    later = [("2", "18", date(2017, 8, 1), "marketing")]
    keep_facts(FactsSaid("till", "card", "household.id", later, NOON.replace(hour=14)))
    assert queries.household_of(people[1]).key == "till/household:18"
    stays = HouseholdMember.objects.filter(customer=people[1]).order_by("since")
    assert [stay.until is None for stay in stays] == [False, True]


def test_what_somebody_decided_stands_against_a_file(people):
    home = form_household(people[:2], "married", None)
    named({"1": "17"})
    assert queries.household_of(people[0]) == home


def test_a_household_grows_and_is_left(people):
    home = form_household(people[:2], "married", None)
    assert form_household([people[1], people[2]], "their child", None) == home
    assert [stay.customer for stay in queries.members(home)] == people[:3]
    leave_household(people[0], "moved out", None)
    assert [stay.customer for stay in queries.members(home)] == people[1:3]
    assert len(queries.members(home, also_former=True)) == 3
    # The same first identifier names the same household, so that hold-outs stay as drawn.
    assert home.key == "household:till/card:1"


def test_what_cannot_be_a_household_is_refused(people):
    form_household(people[:2], "married", None)
    form_household(people[2:], "married", None)
    with pytest.raises(Refused, match="two households already"):
        form_household([people[0], people[2]], "all four", None)
    with pytest.raises(Refused, match="at least two"):
        form_household([people[0], people[0]], "alone", None)
    with pytest.raises(Refused, match="write why"):
        form_household(people[:2], " ", None)
    leave_household(people[0], "moved out", None)
    with pytest.raises(Refused, match="in no household"):
        leave_household(people[0], "again", None)
    staff = User.objects.create(username="bo", first_name="Bo", role=Role.STAFF)
    with pytest.raises(Refused, match="Bo is staff"):
        form_household([people[0], people[1]], "married", staff)
    with pytest.raises(Refused, match="Bo is staff"):
        leave_household(people[1], "moved out", staff)


def test_the_database_itself_keeps_a_customer_in_one_household(people):
    form_household(people[:2], "married", None)
    other = Household.objects.create(key="another", created_at=NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        HouseholdMember.objects.create(household=other, customer=people[0], how="steward", since=NOON)


PLACE = st.integers(0, 3)
STEPS = st.lists(st.tuples(st.sampled_from(["form", "leave", "merge", "undo"]), PLACE, PLACE), max_size=8)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_R6_whatever_happens_everybody_lives_in_one_household_at_most(people, steps):
    with transaction.atomic():
        done: list = []
        for what, one, two in steps:
            current = [queries.customer_of(people[place].pk) for place in (one, two)]
            before = living()
            try:
                if what == "undo" and done:
                    undo(done.pop(), "x", None)
                elif what == "merge":
                    done.append(merge(*current, "x", None))
                elif what == "form":
                    form_household(current, "x", None)
                elif what == "leave":
                    leave_household(current[0], "x", None)
            except Refused:
                assert living() == before
            assert all(customer.redirects_to is None for customer in living())
        transaction.set_rollback(True)


def living() -> dict[Customer, str]:
    found = HouseholdMember.objects.filter(until=None).select_related("customer", "household")
    return {stay.customer: stay.household.key for stay in found}


def test_R20_a_merge_keeps_one_household_and_a_split_gives_each_its_own(people):
    first, second = form_household(people[:2], "a", None), form_household(people[2:], "b", None)
    decision = merge(people[0], people[2], "one", None)
    assert queries.household_of(people[0]) == first
    assert [stay.customer for stay in queries.members(second)] == [people[3]]
    undo(decision, "two", None)
    assert [queries.household_of(one) for one in people] == [first, first, second, second]


def test_R20_who_lived_nowhere_takes_over_the_household_and_gives_it_back(people):
    home = form_household(people[2:], "b", None)
    decision = merge(people[0], people[2], "one", None)
    assert queries.household_of(people[0]) == home
    undo(decision, "two", None)
    assert [queries.household_of(one) for one in people] == [None, None, home, home]


def test_R6_values_roll_up_to_the_household_and_unknown_is_not_zero(people):
    run = UUID(int=7)
    home = form_household(people[:3], "all three", None)
    told = (("10.10", None), ("0.05", "5.00"), (None, None), ("99.00", "1.00"))
    for customer, (spend, headroom) in zip(people, told, strict=True):
        Worth.objects.create(
            run_id=run,
            customer=customer,
            spend=spend and Decimal(spend),
            headroom=headroom and Decimal(headroom),
        )
    found = household_worth(home, run)
    # 10.10 + 0.05; the third is unknown. Only the second has known headroom; of nobody is the potential known.
    assert found["spend"] == Rollup(Decimal("10.15"), 2, 1)
    assert found["headroom"] == Rollup(Decimal("5.00"), 1, 2)
    assert found["potential"] == Rollup(None, 0, 3)
    assert household_worth(home, UUID(int=8))["spend"] == Rollup(None, 0, 3)
