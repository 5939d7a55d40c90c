"""A customer's own words through merges and splits: never loosened, and each side has its own back."""

from datetime import UTC, datetime

import pytest

from sterna.desk.config.refused import Refused
from sterna.desk.customers import queries
from sterna.desk.customers.actions import identify, merge, split
from sterna.desk.customers.actions.preferences import Choices, choose, correct_fact, rate, stop
from sterna.desk.customers.models import Consent, Customer, Preference, SourceRecord

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2017, 1, 1, tzinfo=UTC)
MAIL = ("email", "marketing")


@pytest.fixture
def two() -> tuple[SourceRecord, SourceRecord]:
    """Ann, who says yes, and Bob, who says no."""
    identify("shop", "card", ["ann", "bob"], AT)
    ann, bob = SourceRecord.objects.order_by("value")
    choose(ann.customer, Choices({MAIL: True}, 4, ["food"]))
    choose(bob.customer, Choices({MAIL: True}, 1, []))
    stop(bob.customer, *MAIL)
    return ann, bob


def allows(record: SourceRecord) -> bool:
    customer = SourceRecord.objects.get(pk=record.pk).customer
    return any(each.granted for each in queries.standings(customer) if (each.medium, each.purpose) == MAIL)


def of(record: SourceRecord) -> Customer:
    return SourceRecord.objects.get(pk=record.pk).customer


def test_a_no_of_one_side_stands_after_a_merge_until_a_new_yes(two):
    ann, bob = two
    assert allows(ann) and not allows(bob)
    merge(of(ann), of(bob), "one person", None)
    assert not allows(ann)
    choose(of(ann), Choices({MAIL: True}, None, []))
    assert allows(ann)


def test_a_split_gives_each_side_its_own_words_and_limits_back(two):
    ann, bob = two
    merge(of(ann), of(bob), "one person", None)
    # What was said last counts for both while they are one.
    assert queries.preference(of(ann)).most_a_month == 1
    split(of(ann), [bob.pk], "two after all", None)
    assert allows(ann) and not allows(bob)
    assert queries.preference(of(ann)).most_a_month == 4
    assert (queries.preference(of(bob)).most_a_month, queries.preference(of(bob)).no_topics) == (1, [])


def test_a_rating_goes_with_the_record_and_counts_once_for_one_customer(two):
    ann, bob = two
    rate(of(ann), "till", 5)
    rate(of(bob), "till", 3)
    assert queries.ratings() == [queries.Rated("till", 2, 4.0)]
    merge(of(ann), of(bob), "one person", None)
    [rated] = queries.ratings()
    assert rated.customers == 1
    assert queries.own_ratings(of(ann)) == {"till": 3}


@pytest.mark.parametrize("score", [0, 6, -1])
def test_a_rating_is_from_1_to_5(two, score):
    with pytest.raises(Refused, match="from 1 to 5"):
        rate(of(two[0]), "till", score)


def test_a_limit_is_taken_back(two):
    ann, _ = two
    choose(of(ann), Choices({MAIL: True}, None, ["food"]))
    assert queries.preference(of(ann)).most_a_month is None
    assert Preference.objects.count() == 2


def test_the_page_of_an_id_that_leads_elsewhere_speaks_for_whom_it_leads_to(two):
    ann, bob = two
    merge(of(ann), of(bob), "one person", None)
    gone = Customer.objects.get(redirects_to__isnull=False)
    choose(gone, Choices({MAIL: True}, None, []))
    assert allows(ann) and allows(bob)
    assert Consent.objects.latest("sequence").source_record_id == ann.pk


def test_who_has_no_record_can_say_no_and_nothing_that_needs_one():
    nobody = Customer.objects.create(created_at=AT)
    stop(nobody, *MAIL)
    assert [each.granted for each in queries.standings(nobody)] == [False]
    with pytest.raises(Refused, match="no source has told who this is"):
        rate(nobody, "till", 3)
    with pytest.raises(Refused, match="is not known any more"):
        correct_fact(nobody, 1, "x")
