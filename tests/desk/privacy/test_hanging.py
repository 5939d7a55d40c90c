"""Which rows hang on a person: by foreign keys, whose a record is now before whose it was."""

from datetime import UTC, date, datetime

import pytest
from django.apps import apps

from sterna.desk.contacts.models import Contact, Receipt
from sterna.desk.customers import hanging
from sterna.desk.customers.actions import identify, merge, split
from sterna.desk.customers.actions.erasing import erase, subject_of
from sterna.desk.customers.models import (
    Address,
    Consent,
    Customer,
    Fact,
    Household,
    HouseholdMember,
    IdentityDecision,
    SharedValue,
    SourceRecord,
)
from sterna.desk.segments.models import Definition
from sterna.desk.sources.models import Source

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2017, 1, 1, tzinfo=UTC)


@pytest.fixture
def two() -> tuple[SourceRecord, SourceRecord]:
    """Ann and Bob, who are two."""
    identify("shop", "card", ["ann-card", "bob-card"], AT)
    ann, bob = SourceRecord.objects.order_by("value")
    return ann, bob


def say(record: SourceRecord, customer: Customer | None = None) -> Consent:
    return Consent.objects.create(
        customer=customer or record.customer, source_record=record, medium="email", purpose="marketing",
        granted=True, source="shop", said_on=date(2017, 1, 1), recorded_at=AT,
    )  # fmt: skip


def test_the_way_to_somebody_is_found_through_other_models():
    assert hanging.paths(Contact) == ["customer"]
    assert hanging.paths(Receipt) == ["contact__customer"]
    assert hanging.paths(Fact)[0] == "source_record"
    assert hanging.paths(Definition) == hanging.paths(Source) == []
    assert hanging.paths(Customer) == hanging.paths(SourceRecord) == []


@pytest.mark.parametrize("app", ["customers", "contacts", "segments", "values", "experiments"])
def test_what_hangs_on_others_goes_before_them(app):
    order = {model: place for place, model in enumerate(hanging.hanging(app))}
    for model in order:
        for field in model._meta.concrete_fields:
            parent = field.related_model
            if parent in order and parent is not model:
                assert order[model] < order[parent], (model, parent)


def test_every_lookup_that_is_found_can_be_asked():
    ann = Customer.objects.create(created_at=AT)
    subject = subject_of(ann)
    for config in apps.get_app_configs():
        for model in hanging.hanging(config.label):
            assert hanging.rows(model, subject).count() == 0


def test_a_word_is_whose_its_record_is_and_not_whose_it_was(two):
    ann, bob = two
    say(bob, customer=ann.customer)
    assert not hanging.rows(Consent, subject_of(ann.customer)).exists()
    assert hanging.rows(Consent, subject_of(bob.customer)).exists()


def test_an_address_without_a_record_is_its_customer_s(two):
    ann = two[0]
    for each in two:
        Address.objects.create(
            customer=each.customer,
            medium="email",
            address=f"{each.value}@home.test",
            source="x",
            recorded_at=AT,
        )
    assert [each.address for each in hanging.rows(Address, subject_of(ann.customer))] == [
        "ann-card@home.test"
    ]


def test_who_was_merged_is_erased_whole_under_any_id(two):
    ann, bob = two
    say(ann), say(bob)
    merge(ann.customer, bob.customer, "they told us", None)
    gone = Customer.objects.get(redirects_to__isnull=False)
    erase(gone, "asked", None)
    assert not (Customer.objects.exists() or SourceRecord.objects.exists() or Consent.objects.exists())
    assert IdentityDecision.objects.get().reason == "(erased)"


def test_who_was_split_again_keeps_what_is_theirs(two):
    ann, bob = two
    merge(ann.customer, bob.customer, "they told us", None)
    kept = SourceRecord.objects.get(pk=ann.pk).customer
    word = say(SourceRecord.objects.get(pk=bob.pk))
    split(kept, [bob.pk], "it was a mistake", None)
    ann.refresh_from_db()
    erase(ann.customer, "asked", None)
    assert SourceRecord.objects.get().pk == bob.pk
    word.refresh_from_db()
    assert word.source_record_id == bob.pk and word.customer == SourceRecord.objects.get().customer


def test_a_household_and_a_shared_value_of_others_stay_without_the_person(two):
    ann, bob = two
    home = Household.objects.create(key="household:shop/card:ann-card", created_at=AT)
    for each in two:
        HouseholdMember.objects.create(household=home, customer=each.customer, how="steward", since=AT)
    SharedValue.objects.create(
        kind="email", value="both@home.test", one="shop/card:ann-card", two="shop/card:bob-card", since=AT
    )
    done = erase(ann.customer, "asked", None)
    pseudonym = f"erased-{str(done.pk)[-12:]}"
    home.refresh_from_db()
    assert home.key == f"household:{pseudonym}"
    assert [each.customer for each in home.members.all()] == [bob.customer]
    shared = SharedValue.objects.get()
    assert (shared.one, shared.two) == (pseudonym, "shop/card:bob-card")
    erase(bob.customer, "asked", None)
    assert not Household.objects.exists()


def test_somebody_of_whom_nothing_is_kept_but_the_id_is_erased_too():
    ann = Customer.objects.create(created_at=AT)
    done = erase(ann, "asked", None)
    assert (done.state, done.suppressed) == ("done", 0)
    assert not Customer.objects.exists()
    assert "customers_customer: 1 removed" in done.receipt
