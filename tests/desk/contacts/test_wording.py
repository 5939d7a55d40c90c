"""What a customer is told: the same profile in each medium, facts with fallback and age, preview as it leaves."""

from datetime import date

import pytest

from sterna.desk.config.refused import Refused
from sterna.desk.contacts import queries
from sterna.desk.contacts.actions import send_due
from sterna.desk.contacts.models import Contact
from sterna.desk.customers.models import Fact
from sterna.desk.plans.models import Plan
from tests.desk.contacts import ledger
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


def test_R23_a_stale_fact_is_not_used(people):
    Fact.objects.update(observed_on=date(2016, 1, 1))
    told = _told(people, "000")
    assert told.rendered.subject == "A basket for your household" and told.used_facts[0]["reason"] == "stale"


def test_R23_the_newest_fact_wins_and_tomorrow_is_not_known(people):
    record = people["000"].source_records.get()
    given = {"source": "shop", "purpose": "marketing", "recorded_at": shop.AT, "fact_class": "household.size"}
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
    assert memory.messages[0].rendered == shown.rendered
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
