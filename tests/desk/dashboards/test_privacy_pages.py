"""What is kept of a person is handed out and erased from their page, by administrators only; the receipt is shown."""

import io
import json
import zipfile
from datetime import date

import pytest
from django.urls import reverse

from sterna.desk.audit.models import Entry
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.customers import views_privacy
from sterna.desk.customers.actions import erasing, identify, keep_addresses, keep_facts, merge
from sterna.desk.customers.actions.exporting import BY_STAFF
from sterna.desk.customers.models import Customer, Erasure, SourceRecord
from sterna.desk.sources.signals import AddressesSaid, FactsSaid
from sterna.desk.users.models import Role
from tests.desk.dashboards.reading import shown, table

pytestmark = pytest.mark.django_db(transaction=True)
OTHERS = sorted(set(Role.values) - {"administrator"})
REASON = {"reason": "asked by letter of 3 May"}
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home of the test's own: an erasure is listed in it."""
    monkeypatch.setenv("STERNA_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def ann():
    """Somebody with two identifiers, a name and an address; Bo is somebody else."""
    identify("till", "card", ["7001", "7002", "8001"], clock.now())
    cards = {card: SourceRecord.objects.get(value=card).customer for card in ("7001", "7002")}
    merge(cards["7001"], cards["7002"], "one voice", None)
    said = [
        ("7001", "Ann Quint", date(2017, 1, 1), "service"),
        ("8001", "Bo Stone", date(2017, 1, 1), "service"),
    ]
    keep_facts(FactsSaid("till", "card", "name.full", said, clock.now()))
    keep_addresses(AddressesSaid("till", "card", "email", [("7001", "ann@quint.example")], clock.now()))
    return SourceRecord.objects.get(value="7001").customer


def erase(client, customer, confirm="7001", reason=REASON["reason"], **headers):
    where = reverse("person_erase", args=[customer.pk])
    return client.post(where, {"confirm": confirm, "reason": reason}, headers=headers)


def notes(client, answer):
    return [str(each) for each in client.get(answer.url).context["messages"]]


def test_the_customers_page_leads_to_what_is_kept(ann, log_in):
    page = shown(log_in("analyst"), "customer", ann.pk)
    assert reverse("customer_privacy", args=[ann.pk]) in page


def test_the_page_counts_what_is_kept_of_the_whole_customer(ann, log_in):
    kept = {row[0]: row[1] for row in table(log_in("analyst"), "What is kept", "customer_privacy", ann.pk)}
    assert (kept["Identifiers"], kept["Ids that lead here"], kept["Facts"], kept["Addresses"]) == (2, 1, 1, 1)
    assert (kept["Notes"], kept["Requests"], kept["Contacts"]) == (0, 0, 0)


def test_an_id_from_before_a_merge_leads_to_the_one_who_stands(ann, log_in):
    gone = Customer.objects.exclude(redirects_to=None).get()
    answer = log_in("analyst").get(reverse("customer_privacy", args=[gone.pk]))
    assert (answer.status_code, answer.url) == (302, reverse("customer_privacy", args=[ann.pk]))


@pytest.mark.parametrize("role", OTHERS)
def test_who_may_not_sees_no_form_and_whom_to_ask(ann, log_in, role):
    page = shown(log_in(role), "customer_privacy", ann.pk)
    assert reverse("person_export", args=[ann.pk]) not in page
    assert reverse("person_erase", args=[ann.pk]) not in page and "ask one of them" in page


@pytest.mark.parametrize("role", OTHERS)
def test_who_may_not_is_refused_by_the_addresses_too(ann, log_in, role):
    client = log_in(role)
    assert client.post(reverse("person_export", args=[ann.pk])).status_code == 403
    assert erase(client, ann).status_code == 403
    assert SourceRecord.objects.filter(customer=ann).count() == 2 and not Erasure.objects.exists()
    assert not Entry.objects.filter(action__in=["export person", "begin erasure"]).exists()


def test_a_stranger_is_sent_to_log_in(ann, client):
    for name in ("person_export", "person_erase"):
        assert client.post(reverse(name, args=[ann.pk])).url.startswith(reverse("login"))


def test_a_form_of_another_site_erases_nobody(ann, log_in):
    assert erase(log_in("administrator", csrf=True), ann).status_code == 403
    assert SourceRecord.objects.filter(customer=ann).exists()


def test_neither_is_done_by_opening_an_address(ann, log_in):
    client = log_in("administrator")
    for name in ("person_export", "person_erase"):
        assert client.get(reverse(name, args=[ann.pk])).status_code == 405


def test_the_archive_holds_the_person_and_nobody_else_and_is_kept_by_no_browser(ann, log_in):
    answer = log_in("administrator").post(reverse("person_export", args=[ann.pk]))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    assert answer["Content-Disposition"].startswith('attachment; filename="person-')
    assert answer["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        told = "".join(archive.read(name).decode() for name in archive.namelist())
        cards = {row["value"] for row in json.loads(archive.read("customers_sourcerecord.json"))}
    assert cards == {"7001", "7002"} and "Ann Quint" in told and "Bo Stone" not in told
    line = Entry.objects.get(action="export person")
    assert (line.actor.username, line.reason, line.subject) == ("administrator", "by staff", str(ann.pk))


def test_after_the_last_of_a_day_the_page_says_so_and_hands_out_nothing(ann, log_in):
    client = log_in("administrator")
    for _ in range(BY_STAFF):
        assert client.post(reverse("person_export", args=[ann.pk])).status_code == 200
    answer = client.post(reverse("person_export", args=[ann.pk]))
    assert answer.url == reverse("customer_privacy", args=[ann.pk])
    assert notes(client, answer) == [f"this was downloaded {BY_STAFF} times within a day: try again tomorrow"]


@pytest.mark.parametrize("typed", ["", " ", "8001", "700", "erase", "Ann Quint"])
def test_without_one_of_their_identifiers_typed_nobody_is_erased(ann, log_in, typed):
    client = log_in("administrator")
    answer = erase(client, ann, confirm=typed)
    assert answer.url == reverse("customer_privacy", args=[ann.pk])
    assert notes(client, answer) == ["type an identifier as it stands on this page: nobody was erased"]
    assert not Erasure.objects.exists() and SourceRecord.objects.count() >= 3


@pytest.mark.parametrize("reason", ["", "   "])
def test_without_a_reason_nobody_is_erased_and_what_was_typed_stays(ann, log_in, reason):
    answer = erase(log_in("administrator"), ann, reason=reason, **HTMX)
    assert answer.status_code == 200 and b"write why" in answer.content
    assert "HX-Redirect" not in answer and not Erasure.objects.exists()


@pytest.mark.parametrize("typed", ["7001", "7002", " 7001 "])
def test_the_whole_person_is_erased_and_the_receipt_opens(ann, log_in, typed):
    client = log_in("administrator")
    answer = erase(client, ann, confirm=typed)
    done = Erasure.objects.get()
    assert answer.url == reverse("erasure", args=[done.pk]) and done.state == Erasure.State.DONE
    assert SourceRecord.objects.get(source="till").value == "8001"
    line = Entry.objects.get(action="begin erasure")
    assert (line.actor.username, line.reason) == ("administrator", REASON["reason"])
    page = client.get(answer.url).content.decode()
    assert "They are erased" in page and "What was erased?" in page
    assert not any(word in page for word in ("Ann Quint", "7001", "ann@quint.example"))


def test_the_receipt_adds_up_what_was_removed_in_each_place(ann, log_in):
    client = log_in("administrator")
    erase(client, ann)
    done = Erasure.objects.get()
    rows = {(where, how): number for where, number, how in table(client, "Receipt", "erasure", done.pk)}
    told = [each for step in done.steps for each in step["erased"] if each[2]]
    assert sum(rows.values()) == sum(number for *_, number in told)
    assert rows["customers_sourcerecord", "removed"] == 2 and rows["customers_customer", "removed"] == 2
    assert table(client, "Erasures", "erasures")[0][1] == "administrator"


def test_by_htmx_the_receipt_opens_too(ann, log_in):
    answer = erase(log_in("administrator"), ann, **HTMX)
    assert answer["HX-Redirect"] == reverse("erasure", args=[Erasure.objects.get().pk])


def test_who_is_erased_has_no_page_any_more_and_is_not_erased_twice(ann, log_in):
    client = log_in("administrator")
    erase(client, ann)
    assert client.get(reverse("customer_privacy", args=[ann.pk])).status_code == 404
    assert erase(client, ann).status_code == 404 and Erasure.objects.count() == 1


def test_somebody_without_identifiers_is_confirmed_by_the_id(log_in):
    lone = Customer.objects.create(created_at=clock.now())
    client = log_in("administrator")
    assert f"Type {lone.pk} to confirm" in shown(client, "customer_privacy", lone.pk)
    erase(client, lone, confirm=str(lone.pk).upper())
    assert not Customer.objects.filter(pk=lone.pk).exists()


def test_an_erasure_that_is_refused_tells_why_on_the_page(ann, log_in, monkeypatch):
    def refused(*_: object) -> None:
        raise Refused("the key of the list is another one")

    monkeypatch.setattr(views_privacy, "erase", refused)
    client = log_in("administrator")
    assert notes(client, erase(client, ann)) == ["the key of the list is another one"]


def test_while_it_goes_on_the_receipt_shows_how_far_it_is_and_then_itself(ann, log_in):
    client = log_in("analyst")
    with erasing.erasing():
        begun = erasing.begin(ann, "asked", None)
    page = shown(client, "erasure", begun.pk)
    assert "What is being erased?" in page and f"?seen={len(begun.steps)}" in page
    where = reverse("erasure", args=[begun.pk])
    polled = client.get(where, {"seen": len(begun.steps)}, headers=HTMX)
    assert b"Erasing, place by place" in polled.content and "HX-Refresh" not in polled
    assert erasing.finish_erasures() == 1
    assert client.get(where, {"seen": len(begun.steps)}, headers=HTMX)["HX-Refresh"] == "true"
    assert "What was erased?" in shown(client, "erasure", begun.pk)


def test_before_the_first_erasure_the_list_says_where_one_is_begun(log_in):
    assert "Nobody was yet" in shown(log_in("analyst"), "erasures")
