"""The page that shows a message as its customer sees it: for who may read, inert, with the kept words at the end."""

from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from sterna.desk.contacts.actions import send_due
from sterna.desk.contacts.models import Contact
from sterna.desk.customers.models import Fact, SourceRecord
from sterna.desk.users.models import Role, User
from tests.desk.contacts import ledger
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader():
    """A browser in which an analyst is logged in."""
    return _browser(Role.ANALYST)


def _browser(role: str) -> Client:
    client = Client()
    client.force_login(User.objects.create_user(f"a {role}", password="x", role=role))
    return client


def _page(contact: Contact) -> str:
    return reverse("contact_preview", args=[contact.pk])


def _tell(contact: Contact, fact_class: str, value: str) -> None:
    record = SourceRecord.objects.create(
        key=f"shop/card:{contact.pk}", source="shop", kind="card", value="1",
        customer=contact.customer, created_at=shop.AT,
    )  # fmt: skip
    Fact.objects.create(
        source_record=record, fact_class=fact_class, value=value, source="shop", purpose="marketing",
        observed_on=contact.due_on, recorded_at=shop.AT,
    )  # fmt: skip


@pytest.mark.parametrize("medium", ["email", "letter", "phone"])
def test_R22_each_medium_is_shown_and_may_do_nothing(reader, medium):
    [contact] = ledger.fill(1, medium)
    answer = reader.get(_page(contact))
    assert answer.status_code == 200 and "basket" in answer.content.decode().lower()
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "sandbox" in policy and "script" not in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


def test_R23_what_a_customer_said_is_shown_and_never_runs(reader):
    [contact] = ledger.fill(1)
    _tell(contact, "shopping.category", "<script>alert(1)</script>")
    shown = reader.get(_page(contact)).content.decode()
    assert "<script>" not in shown and "&lt;script&gt;" in shown


@pytest.mark.parametrize("role", Role.values)
def test_every_role_may_look(role):
    [contact] = ledger.fill(1)
    assert _browser(role).get(_page(contact)).status_code == 200


def test_a_stranger_is_asked_to_log_in_and_learns_nothing():
    [contact] = ledger.fill(1)
    for known in (contact.pk, UUID(int=7)):
        answer = Client().get(reverse("contact_preview", args=[known]))
        assert answer.status_code == 302 and answer.url.startswith(reverse("login"))


def test_a_contact_that_is_none_is_not_found_and_nothing_is_written_by_looking(reader):
    [contact] = ledger.fill(1)
    assert reader.get(reverse("contact_preview", args=[UUID(int=7)])).status_code == 404
    assert reader.post(_page(contact)).status_code == 405
    before = Contact.objects.values().get()
    reader.get(_page(contact))
    assert Contact.objects.values().get() == before


def test_what_cannot_be_worded_says_why(reader):
    [contact] = ledger.fill(1, asset="gone")
    shown = reader.get(_page(contact)).content.decode()
    assert "has no asset &#x27;gone&#x27;" in shown and "<pre>" not in shown


@pytest.mark.django_db(transaction=True)
def test_what_has_left_and_can_no_longer_be_worded_shows_what_was_said(reader):
    ledger.fill(1)
    send_due(on=ledger.outlet(ledger.Memory()))
    Contact.objects.update(asset="gone")
    shown = reader.get(_page(Contact.objects.get())).content.decode()
    assert "<pre>The Friday basket for your household, Your company</pre>" in shown


@pytest.mark.parametrize(
    ("name", "form"),
    [("contact_settle", {"arrived": "yes", "reason": "x"}), ("contact_withdraw", {"reason": "x"})],
)
def test_an_act_by_looking_is_refused(reader, name, form):
    [contact] = ledger.fill(1)
    assert reader.get(reverse(name, args=[contact.pk]), form).status_code == 405
    assert reader.post(reverse(name, args=[contact.pk]), form).status_code == 403
    assert Contact.objects.get().state == "planned"


@pytest.mark.parametrize("reason", ["", "   ", "\0", "\n\t"])
def test_a_reason_of_nothing_is_no_reason(reason):
    [contact] = ledger.fill(1)
    answer = _browser(Role.STAFF).post(
        reverse("contact_withdraw", args=[contact.pk]), {"reason": reason}, follow=True
    )
    assert "write why: the ledger keeps it" in answer.content.decode()
    assert Contact.objects.get().state == "planned"


def test_a_reason_is_kept_as_it_was_written():
    [contact] = ledger.fill(1)
    _browser(Role.STAFF).post(reverse("contact_withdraw", args=[contact.pk]), {"reason": "é <b>\0 “no”"})
    kept = Contact.objects.get()
    assert (kept.state, kept.error) == ("withdrawn", "é <b> “no”")
    assert kept.receipts.get().detail == "a staff: é <b> “no”"
