"""What sources say of people is kept of the right ones, letter by letter, once, whoever says it at once."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection

from sterna.desk.customers.actions import act_on_inbox, identify, keep_addresses, keep_facts
from sterna.desk.customers.models import Address, Customer, Fact, SourceRecord
from sterna.desk.sources.actions import add_source, declare_trait, receive
from sterna.desk.sources.received import Envelope
from sterna.desk.sources.signals import AddressesSaid, FactsSaid

NOON = datetime(2017, 7, 1, 12, tzinfo=UTC)


def say(traits: dict, *events: dict) -> None:
    """Receive `events` from a web shop that has declared `traits`, and act on them."""
    source = add_source("web", "Web shop", "card")[0]
    for trait, fact_class in traits.items():
        declare_trait(source, trait, fact_class, "marketing")
    receive(source, [{"type": "identify", **event} for event in events], Envelope(NOON, None, {}, {}))
    act_on_inbox()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given_value", "kept"),
    [
        ("Zoë \u202eeoZ", "Zoë \u202eeoZ"),
        ("  two ", "two"),
        (0, "0"),
        (4.5, "4.5"),
        ("", None),
        ("   ", None),
        (None, None),
        ({"deep": 1}, None),
        (["a"], None),
        ("x" * 200, "x" * 200),
        ("x" * 201, None),
    ],
)
def test_a_trait_becomes_a_fact_only_where_it_is_one_readable_value(given_value, kept):
    say({"size": "shopping.category"}, {"userId": "1", "traits": {"size": given_value}})
    assert list(Fact.objects.values_list("value", flat=True)) == ([] if kept is None else [kept])
    assert SourceRecord.objects.get().value == "1"


@pytest.mark.django_db
@pytest.mark.parametrize("odd", [None, "a text", 7, ["a"], {"traits": "text"}, {"traits": None}])
def test_a_context_that_is_none_tells_nothing_and_stops_nobody(odd):
    say(
        {"size": "shopping.category"}, {"userId": "1", "context": odd}, {"userId": "2", "traits": {"size": 3}}
    )
    assert Customer.objects.count() == 2 and Fact.objects.get().source_record.value == "2"
    assert act_on_inbox().events == 0


@pytest.mark.django_db
def test_R10_a_fact_that_changes_is_kept_beside_the_old_one_with_its_day():
    days = ("2017-01-05T12:00:00Z", "2017-06-05T12:00:00Z")
    told = [{"userId": "1", "messageId": day, "timestamp": day, "traits": {"size": day[6]}} for day in days]
    say({"size": "shopping.category"}, *told)
    facts = Fact.objects.order_by("observed_on").values_list("value", "observed_on")
    assert [(value, f"{day}") for value, day in facts] == [("1", "2017-01-05"), ("6", "2017-06-05")]


@pytest.mark.django_db(transaction=True)
def test_R20_sources_that_name_the_same_people_at_once_make_each_of_them_once():
    values, ready = [str(number) for number in range(1, 201)], threading.Barrier(4)

    def name(source: str, order: int) -> None:
        try:
            ready.wait(20)
            identify(source, "card", values[::order], NOON)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=name, args=(f"source{index}", order))
        for index, order in enumerate((1, -1, 1, -1))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (Customer.objects.count(), SourceRecord.objects.count()) == (200, 800)
    for value in ("1", "200"):
        assert SourceRecord.objects.filter(value=value).values("customer").distinct().count() == 1


@pytest.mark.django_db
def test_what_is_said_of_nobody_known_is_kept_of_nobody():
    identify("till", "card", ["1"], NOON)
    rows = [(who, "two", NOON.date(), "marketing") for who in ("1", "2", "1")]
    keep_facts(FactsSaid("till", "card", "shopping.category", rows, NOON))
    keep_addresses(
        AddressesSaid("till", "card", "email", [("1", "a@b.c"), ("2", "x@y.z"), ("1", "a@b.c")], NOON)
    )
    assert (Fact.objects.count(), Address.objects.get().address) == (1, "a@b.c")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "value", ["O'Hara", 'say "hi"', "tab\there", "back\\slash", "\\N", "%_", "emoji 🦊", "x/y:z"]
)
def test_an_identifier_is_kept_letter_by_letter(value):
    identify("till", "card", [value], NOON)
    assert identify("till", "card", [value], NOON) == 0
    record = SourceRecord.objects.get()
    assert (record.value, record.key) == (value, f"till/card:{value}")


@pytest.mark.django_db
def test_identifiers_differ_by_case_space_and_leading_zero():
    assert identify("till", "card", ["7", "07", "7 ", "a", "A"], NOON) == 5
    assert Customer.objects.count() == 5
