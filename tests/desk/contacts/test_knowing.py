"""What facts are good for, and that nothing is promoted to somebody who mourns."""

from datetime import date, timedelta

import pytest

from sterna.desk.contacts.actions import send_due
from sterna.desk.contacts.benefits import answered_on, benefits, contacts_that_used
from sterna.desk.contacts.models import Contact, LeftOut
from sterna.desk.customers.actions import Told, add_occasion, retract_occasion
from sterna.desk.customers.models import Consent, SourceRecord
from sterna.desk.customers.queries import depth_of
from sterna.desk.runs import actions as runs
from tests.desk.contacts import ledger
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db(transaction=True)


def mourning(contact: Contact):
    on = contact.due_on
    told = Told("events.bereavement", on.month, None, on.year, quiet_until=on + timedelta(days=90))
    whose = contact.customer
    named = {"source": "shop", "kind": "card", "value": str(whose.pk), "key": f"shop/card:{whose.pk}"}
    record = SourceRecord.objects.create(
        **named, customer=whose, seed=whose.pk, created_at=contact.planned_at
    )
    return add_occasion(record, told, "desk", None)


def test_R55_bereavement_suppresses_promotion_at_the_door_of_every_channel():
    first, other = ledger.fill(2)
    mourning(first)
    send_due(on=ledger.outlet(ledger.Memory()))
    first.refresh_from_db(), other.refresh_from_db()
    assert (first.state, other.state) == (Contact.State.WITHDRAWN, Contact.State.HANDED_OVER)
    until = first.due_on + timedelta(days=90)
    assert first.error == f"nothing is promoted to the customer before {until}, after a death"


def test_R55_the_nightly_decision_leaves_out_whoever_mourns_with_the_reason():
    shop.open_shop()
    before = runs.run(shop.FIRST).run
    contact = Contact.objects.filter(run_id=before.pk).order_by("id").first()
    record = SourceRecord.objects.filter(customer=contact.customer).earliest("sequence")
    mourns = Told("events.bereavement", 6, None, 2017, quiet_until=date(2017, 9, 1))
    occasion = add_occasion(record, mourns, "desk", None)
    after = runs.run(shop.FIRST).run
    left_out = LeftOut.objects.get(run_id=after.pk, customer_id=contact.customer_id)
    assert left_out.reason_code == "in peace"
    assert left_out.reason == "Is left in peace until 2017-09-01 (bereavement): nothing is promoted to them."
    assert not Contact.objects.filter(run_id=after.pk, customer=contact.customer).exists()
    retract_occasion(occasion, "it was a namesake", None)
    assert runs.run(shop.FIRST).run.brief_sha256 == before.brief_sha256


def test_R55_a_day_before_the_death_is_decided_as_it_was_then():
    shop.open_shop()
    before = runs.run(shop.FIRST).run
    contact = Contact.objects.filter(run_id=before.pk).order_by("id").first()
    record = SourceRecord.objects.filter(customer=contact.customer).earliest("sequence")
    add_occasion(record, Told("events.bereavement", 8, 20, 2017), "desk", None)
    assert runs.run(shop.FIRST).run == before, "the same brief"


def test_R55_thanks_still_reach_whoever_mourns():
    [contact] = ledger.fill(1)
    Contact.objects.update(purpose="recognition")
    Consent.objects.update(purpose="recognition")
    mourning(contact)
    send_due(on=ledger.outlet(ledger.Memory()))
    assert Contact.objects.get().state == Contact.State.HANDED_OVER


def test_an_occasion_taken_out_of_the_register_holds_nothing_back():
    [contact] = ledger.fill(1)
    retract_occasion(mourning(contact), "a namesake", None)
    send_due(on=ledger.outlet(ledger.Memory()))
    assert Contact.objects.get().state == Contact.State.HANDED_OVER


def test_R8_a_fact_shows_the_contacts_that_used_it_and_a_fallback_is_no_use():
    first, second = ledger.fill(2)
    send_due(on=ledger.outlet(ledger.Memory()))
    for contact, reason in ((first, "fact"), (second, "missing")):
        used = [{"name": "size", "class": "food.wine", "value": "two", "reason": reason}]
        Contact.objects.filter(pk=contact.pk).update(used_facts=used)
    assert [one.pk for one in contacts_that_used(first.customer, "food.wine")] == [first.pk]
    assert list(contacts_that_used(second.customer, "food.wine")) == []
    assert list(contacts_that_used(first.customer, "food.fish")) == []
    benefit = benefits()["food.wine"]
    assert (benefit.contacts, benefit.customers) == (1, 1)


def test_nobody_has_answered_before_a_task_was_done():
    [contact] = ledger.fill(1)
    assert answered_on([contact.customer_id]) == {}
    assert depth_of(contact.customer, date(2017, 7, 1)).parts[1].count == 0
