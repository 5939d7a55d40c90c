"""What a customer is told: the same profile in each medium, facts with fallback and age, preview as it leaves."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from sterna.channels.base import ContentError
from sterna.channels.email import sink
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.contacts import footer, queries, rendering
from sterna.desk.contacts.actions import send_due
from sterna.desk.contacts.models import Contact
from sterna.desk.customers import links
from sterna.desk.customers.models import Address, Fact
from sterna.desk.plans import actions as plans
from sterna.desk.plans.models import Plan
from sterna.desk.runs.models import Run
from sterna.desk.values.models import Worth
from tests.desk.contacts import ledger
from tests.desk.plans.signed import in_force
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(monkeypatch):
    """The customers of the shop on the first of July 2017."""
    monkeypatch.setenv("STERNA_NOW", "2017-07-01T16:00:00+00:00")
    found = shop.customers()
    shop.tiers()
    shop.plan()
    return found


def _told(people, name: str, medium: str = "email"):
    return queries.preview_for(Plan.objects.get(), "basket", medium, people[name])


def test_R22_each_medium_is_worded_from_the_same_profile(people):
    told = {medium: _told(people, name, medium) for medium, name in (("email", "000"), ("phone", "001"))}
    assert told["email"].rendered.subject == "A basket for two household"
    assert "The Friday basket" in told["email"].rendered.html
    assert "Tell them of The Friday basket." in told["phone"].rendered.text
    letter = queries.preview_for(Plan.objects.get(), "basket", "letter", people["040"]).rendered
    assert "Dear customer 040" in letter.text and letter.attachments[0].data.startswith(b"%PDF")


def test_R23_a_known_fact_is_used_with_its_day(people):
    [used] = _told(people, "000").used_facts
    assert (used["value"], used["reason"], used["observed_on"]) == ("two", "fact", "2017-01-01")


def test_R23_a_missing_fact_falls_back(people):
    told = _told(people, "030")
    assert told.rendered.subject == "A basket for your household"
    assert told.used_facts[0]["reason"] == "missing"


def _said_on(day: date) -> None:
    """Let everything have been said on a day; a fact that stands never changes."""
    facts = list(Fact.objects.all())
    Fact.objects.all().delete()
    for fact in facts:
        fact.pk, fact.observed_on = None, day
    Fact.objects.bulk_create(facts)


def test_R23_a_stale_fact_is_not_used(people):
    _said_on(date(2016, 1, 1))
    told = _told(people, "000")
    assert told.rendered.subject == "A basket for your household" and told.used_facts[0]["reason"] == "stale"


def test_R23_the_newest_fact_wins_and_tomorrow_is_not_known(people):
    record = people["000"].source_records.get()
    given = {
        "source": "shop",
        "purpose": "marketing",
        "recorded_at": shop.AT,
        "fact_class": "shopping.category",
    }
    Fact.objects.create(source_record=record, value="three", observed_on=date(2017, 6, 1), **given)
    Fact.objects.create(source_record=record, value="four", observed_on=date(2017, 7, 2), **given)
    assert _told(people, "000").rendered.subject == "A basket for three household"


def test_R23_two_profiles_two_texts(people):
    assert _told(people, "000").rendered.text != _told(people, "030").rendered.text


def test_R59_a_contact_points_into_the_inventory(people):
    with pytest.raises(Refused, match="has no asset 'ghost'"):
        queries.preview_for(Plan.objects.get(), "ghost", "email", people["000"])
    with pytest.raises(Refused, match="no text by email for"):
        plan = Plan.objects.get()
        plan.definition.body["messages"][0]["variants"].pop("email")
        queries.preview_for(plan, "basket", "email", people["000"])
    with pytest.raises(Refused, match="no channel for 'pigeon'"):
        queries.preview_for(Plan.objects.get(), "basket", "pigeon", people["000"])


@pytest.mark.django_db(transaction=True)
def test_the_preview_is_what_leaves():
    [contact] = ledger.fill(1)
    shown = queries.preview(contact)
    memory = ledger.Memory()
    send_due(on=ledger.outlet(memory))
    own_page = links.page(contact.customer_id, contact.due_on)
    assert memory.messages[0].rendered == footer.added(shown.rendered, own_page)
    kept = Contact.objects.get()
    assert (kept.subject, kept.text, kept.used_facts) == (
        shown.rendered.subject,
        shown.rendered.text,
        shown.used_facts,
    )


@pytest.mark.django_db(transaction=True)
def test_mail_carries_the_way_to_say_no():
    [contact] = ledger.fill(1)
    memory = ledger.Memory()
    send_due(on=ledger.outlet(memory))
    assert memory.messages[0].headers["List-Unsubscribe"].endswith(f"unsubscribe%20{contact.pk}>")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("sender", "to"),
    [
        ("us@shop.example", "us@shop.example"),
        ("Corner Shop <us@shop.example>", "us@shop.example"),
        ('"Shop, The" <us@shop.example>', "us@shop.example"),
        ("a+b&c=d@shop.example", "a%2Bb%26c%3Dd@shop.example"),
    ],
)
def test_the_way_to_say_no_is_one_address_however_the_sender_is_written(sender, to):
    [contact] = ledger.fill(1)
    memory = ledger.Memory()
    [(medium, outlet)] = ledger.outlet(memory).items()
    send_due(on={medium: replace(outlet, sender=sender)})
    [message] = memory.messages
    assert message.sender == sender
    assert message.headers["List-Unsubscribe"] == f"<mailto:{to}?subject=unsubscribe%20{contact.pk}>"


@pytest.mark.django_db(transaction=True)
def test_a_wrong_sender_in_the_settings_loses_no_contact(tmp_path):
    ledger.fill(5)
    with sink.serve(tmp_path) as running:
        [(medium, outlet)] = ledger.real_outlet(running.port).items()
        assert send_due(on={medium: replace(outlet, sender="the shop")}).states == {"planned": 5}
        assert "'the shop' is not an e-mail address" in Contact.objects.exclude(attempts=0).first().error
        Contact.objects.update(not_before=None)
        assert send_due(on={medium: outlet}).states == {"handed over": 5}
    assert len(list(tmp_path.glob("*.eml"))) == 5


def _tell(record, value, on, **more):
    given = {
        "source": "shop",
        "purpose": "marketing",
        "recorded_at": shop.AT,
        "fact_class": "shopping.category",
    }
    Fact.objects.create(source_record=record, value=value, observed_on=on, **(given | more))


def test_R23_of_two_words_of_one_day_the_later_recorded_counts_whichever_source(people):
    record = people["000"].source_records.get()
    _tell(record, "late", date(2017, 6, 1), source="desk", recorded_at=shop.AT + timedelta(days=2))
    _tell(record, "soon", date(2017, 6, 1), recorded_at=shop.AT + timedelta(days=1))
    assert _told(people, "000").rendered.subject == "A basket for late household"


def test_R23_of_two_words_of_one_moment_the_last_one_counts(people):
    record = people["000"].source_records.get()
    for value in ("first", "last"):
        _tell(record, value, date(2017, 6, 1), source=value)
    assert _told(people, "000").rendered.subject == "A basket for last household"


def test_R20_what_was_known_of_a_merged_customer_is_told_to_the_one_that_is_left(people):
    gone, left = people["001"], people["030"]
    assert _told(people, "030").used_facts[0]["reason"] == "missing"
    gone.redirects_to = left
    gone.save()
    told = _told(people, "030")
    assert told.used_facts[0]["value"] == "two"
    letter = queries.preview_for(Plan.objects.get(), "basket", "letter", _reached(left)).rendered
    assert "Dear customer 001" in letter.text, "the lowest of the numbers"


def _reached(customer):
    given = {"medium": "letter", "source": "shop", "recorded_at": shop.AT}
    Address.objects.create(customer=customer, address="1 Old Street\nTown", **given)
    Address.objects.create(customer=customer, address="2 New Street\nTown", **given)
    return customer


def test_a_preview_goes_to_the_newest_address_and_to_none_where_none_is_known(people):
    letter = queries.preview_for(Plan.objects.get(), "basket", "letter", _reached(people["000"])).rendered
    assert b"%PDF" in letter.attachments[0].data and letter.subject == "The Friday basket"
    with pytest.raises(ContentError, match="needs the customer's postal address"):
        _told(people, "059", "letter")


@pytest.mark.parametrize(
    ("observed", "reason"),
    [(date(2016, 5, 27), "fact"), (date(2016, 5, 26), "stale"), (date(2017, 7, 1), "fact")],
    ids=["400 days", "401 days", "today"],
)
def test_R23_a_fact_ages_by_the_day_it_was_observed(people, observed, reason):
    # 2016-05-27 and 2017-07-01 are 365 + 35 = 400 days apart.
    _said_on(observed)
    assert _told(people, "000").used_facts[0]["reason"] == reason


@pytest.fixture
def by_top(monkeypatch):
    """The shop's plan with a message that speaks of what a run has measured."""
    monkeypatch.setenv("STERNA_NOW", "2017-07-01T16:00:00+00:00")
    text = shop.PLAN.format(budget="1000.00", version=7).replace("shopping.category", rendering.TOP)
    found = shop.customers()
    shop.tiers()
    return found["000"], in_force(plans.load(text, None))


def _contact(customer, plan, run_id):
    [contact] = ledger.fill(1, plan=plan, customer=customer, run_id=run_id, due_on=date(2017, 7, 1))
    return contact


def test_R23_what_the_run_measured_is_told_by_its_contacts_and_by_no_other_runs(by_top):
    customer, plan = by_top
    Worth.objects.create(run_id=UUID(int=5), customer=customer, top_category="PRODUCE")
    Worth.objects.create(run_id=UUID(int=6), customer=customer, top_category=None)
    [used] = queries.preview(_contact(customer, plan, UUID(int=5))).used_facts
    assert (used["value"], used["reason"], used["observed_on"]) == ("PRODUCE", "fact", "2017-06-30")
    [unknown] = queries.preview(_contact(customer, plan, UUID(int=6))).used_facts
    assert (unknown["value"], unknown["reason"]) == ("your", "missing")


@pytest.mark.parametrize(
    ("until", "observed", "reason"),
    [
        (date(2017, 6, 30), "2017-06-30", "fact"),
        (date(2017, 3, 1), "2017-03-01", "fact"),
        (date(2016, 5, 27), "2016-05-27", "fact"),
        (date(2016, 5, 26), "2016-05-26", "stale"),
        # A run that looked further can have seen nothing of this customer behind the day of the contact.
        (date(2017, 12, 31), "2017-06-30", "fact"),
    ],
)
def test_R23_what_a_run_measured_is_as_old_as_the_run(by_top, until, observed, reason):
    customer, plan = by_top
    run = Run.objects.create(until=until, started_at=clock.now(), brief={})
    Worth.objects.create(run_id=run.pk, customer=customer, top_category="PRODUCE")
    [used] = queries.preview(_contact(customer, plan, run.pk)).used_facts
    assert (used["observed_on"], used["reason"]) == (observed, reason)
    assert used["value"] == ("PRODUCE" if reason == "fact" else "your")


def test_R23_what_somebody_said_counts_before_what_was_measured(by_top):
    customer, plan = by_top
    Worth.objects.create(run_id=UUID(int=5), customer=customer, top_category="PRODUCE")
    _tell(customer.source_records.get(), "FLOWERS", date(2017, 7, 1), fact_class=rendering.TOP)
    [used] = queries.preview(_contact(customer, plan, UUID(int=5))).used_facts
    assert used["value"] == "FLOWERS"


def test_R23_a_contact_that_leaves_late_says_what_was_known_when_it_was_decided(people):
    [contact] = ledger.fill(1, customer=people["000"], due_on=date(2017, 6, 20))
    _tell(people["000"].source_records.get(), "three", date(2017, 6, 21))
    assert queries.preview(contact).rendered.subject == "A basket for two household"
    contact.due_on = date(2017, 6, 21)
    assert queries.preview(contact).rendered.subject == "A basket for three household"
