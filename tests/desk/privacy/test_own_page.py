"""The customer's own page: opened by a link that cannot be made up and ends, and what is chosen there binds."""

import io
import json
import re
import zipfile
from datetime import date, timedelta

import pytest
from django.test import Client

from sterna.desk.audit.models import Entry
from sterna.desk.config import clock
from sterna.desk.contacts.actions import send_due
from sterna.desk.contacts.models import Contact, Task
from sterna.desk.customers import links, queries
from sterna.desk.customers.actions import identify
from sterna.desk.customers.actions.erasing import erase
from sterna.desk.customers.actions.exporting import BY_LINK
from sterna.desk.customers.actions.preferences import Choices, choose, rate, stop
from sterna.desk.customers.models import Address, Consent, Customer, Fact, SourceRecord
from tests.desk.contacts import ledger
from tests.desk.plans.signed import in_force
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db(transaction=True)
CHANNELS = {"email": ledger.outlet, "letter": lambda memory: ledger.outlet(memory, "letter"), "phone": None}


@pytest.fixture(autouse=True)
def now(monkeypatch):
    """A day on which the plan is in force."""
    monkeypatch.setenv("STERNA_NOW", "2017-07-03T16:00:00+00:00")


@pytest.fixture
def ann() -> Customer:
    """Somebody with a record, an address, a yes to e-mail, and two facts."""
    identify("shop", "household", ["ann"], shop.AT)
    record = SourceRecord.objects.get(value="ann")
    given = {"customer": record.customer, "source_record": record, "recorded_at": shop.AT, "source": "shop"}
    Address.objects.create(medium="email", address="ann@home.test", **given)
    Consent.objects.create(
        medium="email", purpose="marketing", granted=True, said_on=date(2017, 1, 1), **given
    )
    facts = (("name.full", "Ann Lee", "service"), ("demography.household_size", "2", "marketing"))
    for fact_class, value, purpose in facts:
        Fact.objects.create(
            source_record=record, fact_class=fact_class, value=value, source="shop", purpose=purpose,
            observed_on=date(2017, 1, 1), recorded_at=shop.AT,
        )  # fmt: skip
    return record.customer


def token(customer: Customer, since: date | None = None) -> str:
    return links.page(customer.pk, since).rpartition("/")[2]


def visit(customer: Customer, where: str = "", **posted: object):
    path = f"/preferences/{token(customer)}{where}"
    return Client().post(path, posted) if posted or where else Client().get(path)


def allowed(customer: Customer) -> set[tuple[str, str]]:
    return {(each.medium, each.purpose) for each in queries.standings(customer) if each.granted}


def test_R74_the_page_shows_what_is_allowed_and_known_with_its_source(ann):
    said = visit(ann).content.decode()
    assert '<input type="checkbox" name="words" value="email|marketing" checked>' in said
    assert "Ann Lee" in said and "from shop, 2017-01-01, used for service" in said
    assert "<script" not in said.replace("web/theme.js", "").split("</head>")[1]


@pytest.mark.parametrize("made_up", ["x", "e30:x", "../etc", "%00", "a" * 2000])
def test_a_link_that_was_made_up_opens_nothing(made_up):
    answer = Client().get(f"/preferences/{made_up}")
    assert answer.status_code == 404


def test_a_link_of_another_kind_or_changed_by_a_letter_opens_nothing(ann):
    to_stop = links.stop(ann.pk, "email", "marketing").rpartition("/")[2]
    assert Client().get(f"/preferences/{to_stop}").status_code == 404
    right = token(ann)
    wrong = right[:-1] + ("A" if right[-1] != "A" else "B")
    assert Client().get(f"/preferences/{wrong}").status_code == 404
    assert Client().get(f"/stop/{right}").status_code == 404


def test_a_link_works_to_its_last_day_and_not_after(ann, monkeypatch):
    monkeypatch.setenv("STERNA_LINK_DAYS", "30")
    old = token(ann, clock.today() - timedelta(days=30))
    assert Client().get(f"/preferences/{old}").status_code == 200
    monkeypatch.setenv("STERNA_NOW", "2017-07-04T16:00:00+00:00")
    answer = Client().get(f"/preferences/{old}")
    assert answer.status_code == 410 and "This link worked until 2017-07-03" in answer.content.decode()
    assert Client().post(f"/preferences/{old}", {"words": []}).status_code == 410
    assert allowed(ann) == {("email", "marketing")}


def test_the_page_is_told_to_nobody(ann):
    answer = visit(ann)
    headers = [answer[name] for name in ("Referrer-Policy", "Cache-Control", "X-Robots-Tag")]
    assert headers == ["no-referrer", "no-store", "noindex"]
    assert not answer.cookies


def test_R74_a_choice_is_kept_with_source_wording_basis_and_time(ann):
    answer = visit(ann, most_a_month="2")
    assert answer.status_code == 302 and answer["Location"].endswith("?done=saved")
    word = Consent.objects.latest("sequence")
    kept = (
        word.medium,
        word.purpose,
        word.granted,
        word.source,
        word.wording,
        word.lawful_basis,
        word.said_on,
    )
    assert kept == ("email", "marketing", False, "customer", "own-page-1", "consent", date(2017, 7, 3))
    assert word.recorded_at == clock.now()
    assert queries.preference(ann).most_a_month == 2
    line = Entry.objects.get(action="change preferences")
    assert line.detail == {"words": ["email for marketing: no"], "most_a_month": 2}


def test_words_of_before_have_a_basis_and_no_wording(ann):
    old = Consent.objects.get()
    assert (old.lawful_basis, old.wording) == ("consent", "")


def test_no_yes_and_no_again_on_one_day_is_no(ann):
    for yes in (False, True, False):
        choose(ann, Choices({("email", "marketing"): yes}, None, []))
        assert allowed(ann) == ({("email", "marketing")} if yes else set())
    assert Consent.objects.filter(source="customer").count() == 2
    assert Entry.objects.filter(action="change preferences").count() == 3


def test_saving_what_is_so_writes_nothing(ann):
    answer = visit(ann, words="email|marketing")
    assert answer["Location"].endswith("?done=same")
    assert Consent.objects.count() == 1 and not Entry.objects.filter(action="change preferences").exists()


def test_what_is_not_offered_is_refused(ann):
    answer = visit(ann, words="pigeon|marketing")
    assert answer.status_code == 400 and "Choose among what the page offers" in answer.content.decode()
    assert visit(ann, most_a_month="many").status_code == 400
    assert Consent.objects.count() == 1


def test_R74_a_fact_is_corrected_and_withdrawn_by_whom_it_is_of(ann):
    size = Fact.objects.get(fact_class="demography.household_size")
    visit(ann, "/fact", fact=size.pk, do="correct", value="4")
    held = {fact.fact_class: (fact.value, fact.source) for fact in queries.own_facts(ann)}
    assert held["demography.household_size"] == ("4", "customer")
    name = Fact.objects.get(fact_class="name.full")
    visit(ann, "/fact", fact=name.pk, do="withdraw")
    assert "name.full" not in {fact.fact_class for fact in queries.own_facts(ann)}
    # The rows stay, and say since when they are not held.
    assert Fact.objects.get(pk=name.pk).retracted_reason == "the customer withdrew it"


def test_nobody_corrects_what_is_of_somebody_else(ann):
    identify("shop", "household", ["bob"], shop.AT)
    bob = SourceRecord.objects.get(value="bob").customer
    name = Fact.objects.get(fact_class="name.full")
    answer = visit(bob, "/fact", fact=name.pk, do="withdraw")
    assert answer.status_code == 409 and "is not known any more" in answer.content.decode()
    assert Fact.objects.get(pk=name.pk).retracted_at is None
    assert visit(bob, "/fact", fact="1' or 1=1", do="withdraw").status_code == 409


def test_the_export_is_everything_as_json_and_csv_and_not_without_end(ann):
    answer = visit(ann, "/export")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = archive.namelist()
        assert {"README.txt", "customers_fact.json", "customers_fact.csv", "customers_consent.json"} <= set(
            names
        )
        facts = json.loads(archive.read("customers_fact.json"))
        assert {fact["value"] for fact in facts} == {"Ann Lee", "2"}
        assert "What Your company keeps of you" in archive.read("README.txt").decode()
        assert archive.testzip() is None
    for _ in range(BY_LINK - 1):
        assert visit(ann, "/export").status_code == 200
    refused = visit(ann, "/export")
    assert refused.status_code == 429 and "try again tomorrow" in refused.content.decode()
    assert Entry.objects.filter(action="export person").count() == BY_LINK


def test_a_formula_in_an_export_is_a_text(ann):
    Address.objects.create(
        customer=ann, source_record=SourceRecord.objects.get(), medium="letter", address="=cmd|x", source="s",
        recorded_at=shop.AT,
    )  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(visit(ann, "/export").content)) as archive:
        assert "'=cmd|x" in archive.read("customers_address.csv").decode()
        assert json.loads(archive.read("customers_address.json"))[1]["address"] == "=cmd|x"


def test_the_link_of_somebody_who_was_erased_leads_to_nobody(ann):
    link = token(ann)
    erase(ann, "asked", None)
    answer = Client().get(f"/preferences/{link}")
    assert (
        answer.status_code == 404
        and "Nothing is kept of whom this link was made for" in answer.content.decode()
    )


def test_one_click_says_no_and_an_opened_link_does_not(ann):
    path = "/stop/" + links.stop(ann.pk, "email", "marketing").rpartition("/")[2]
    asked = Client(enforce_csrf_checks=True).get(path)
    assert asked.status_code == 200 and b"Yes, stop it" in asked.content
    assert allowed(ann) == {("email", "marketing")}
    # As a mail program posts it (RFC 8058): no cookie, no token of a form.
    done = Client(enforce_csrf_checks=True).post(path, {"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200 and b"It is stopped" in done.content
    assert allowed(ann) == set()
    assert Consent.objects.latest("sequence").wording == "stop-link-1"
    Client().post(path)
    assert Entry.objects.filter(action="change preferences").count() == 1


def record_of(contact: Contact) -> SourceRecord:
    """The contact's customer gets a record, as every real one has."""
    return SourceRecord.objects.create(
        key=f"shop/household:{contact.pk}", source="shop", kind="household", value=str(contact.pk),
        customer=contact.customer, created_at=shop.AT, seed=contact.customer_id,
    )  # fmt: skip


@pytest.mark.parametrize("medium", ["email", "letter", "phone"])
def test_R74_a_no_on_the_page_binds_the_next_send_in_every_channel(medium):
    [contact] = ledger.fill(1, medium)
    record_of(contact)
    said = visit(contact.customer, most_a_month="")
    assert said.status_code == 302
    memory = ledger.Memory()
    send_due(on=ledger.phone() if medium == "phone" else ledger.outlet(memory, medium))
    contact.refresh_from_db()
    assert (contact.state, contact.error) == ("withdrawn", f"the customer said no to {medium} for marketing")
    assert not memory.messages and not Task.objects.exists()
    assert contact.receipts.get().detail == contact.error


@pytest.mark.parametrize("medium", ["email", "letter"])
def test_R74_a_no_that_comes_while_a_batch_is_sent_binds_what_has_not_left(medium, monkeypatch):
    from sterna.desk.contacts.actions import sending

    monkeypatch.setattr(sending, "SLICE", 1)
    contacts = sorted(ledger.fill(2, medium), key=lambda each: each.pk)
    for contact in contacts:
        record_of(contact)

    def answer(message):
        stop(contacts[1].customer, medium, "marketing")
        return ledger.Receipt("handed over", message.key, "ok")

    memory = ledger.Memory(answer)
    send_due(on=ledger.outlet(memory, medium))
    assert [message.key for message in memory.messages] == [contacts[0].natural_key]
    assert ledger.states() == {"handed over": 1, "withdrawn": 1}


def test_R74_a_call_that_waits_is_closed_by_a_no():
    [contact] = ledger.fill(1, "phone")
    record_of(contact)
    send_due(on=ledger.phone())
    assert Task.objects.get().state == "open"
    stop(contact.customer, "phone", "marketing")
    task = Task.objects.select_related("contact").get()
    assert (task.state, task.contact.state) == ("not reached", "withdrawn")
    assert task.note == "the customer said no to phone for marketing"


def test_R74_at_most_so_many_contacts_leave_in_thirty_days():
    contacts = ledger.fill(3)
    first = contacts[0]
    record = record_of(first)
    for other in contacts[1:]:
        Contact.objects.filter(pk=other.pk).update(customer=first.customer)
    choose(record.customer, Choices({("email", "marketing"): True}, 2, []))
    memory = ledger.Memory()
    send_due(on=ledger.outlet(memory))
    assert len(memory.messages) == 2
    held = Contact.objects.get(state="withdrawn")
    assert held.error == "the customer wants at most 2 contacts in thirty days"


def test_R74_what_left_long_ago_does_not_count(monkeypatch):
    contacts = ledger.fill(2)
    record = record_of(contacts[0])
    old = clock.now() - timedelta(days=31)
    Contact.objects.filter(pk=contacts[1].pk).update(
        customer=record.customer, state="handed over", handed_over_at=old
    )
    choose(record.customer, Choices({("email", "marketing"): True}, 1, []))
    memory = ledger.Memory()
    send_due(on=ledger.outlet(memory))
    assert len(memory.messages) == 1


@pytest.mark.parametrize(("topic", "leaves"), [("food/PIES", False), ("food", False), ("food/BREAD", True)])
def test_R74_a_topic_that_is_not_wanted_stays_away(topic, leaves):
    shop.tiers()
    text = shop.PLAN.format(budget="1000.00", version=1).replace(
        "    rest_days: 30", "    wants: {class: food, value: PIES}\n    rest_days: 30"
    )
    plan = in_force(shop.plans.load(text, None))
    [contact] = ledger.fill(1)
    assert contact.plan == plan
    record = record_of(contact)
    choose(record.customer, Choices({("email", "marketing"): True}, None, [topic]))
    memory = ledger.Memory()
    send_due(on=ledger.outlet(memory))
    assert bool(memory.messages) == leaves
    contact.refresh_from_db()
    assert contact.error == ("" if leaves else "the customer wants nothing about food/PIES")
    assert "food/PIES" in visit(record.customer).content.decode()


def test_R74_a_touchpoint_is_rated_by_whom_it_met_and_shown_with_n():
    contacts = ledger.fill(3)
    for contact in contacts:
        record_of(contact)
    stranger = contacts[2].customer
    Contact.objects.filter(customer=stranger).delete()
    send_due(on=ledger.outlet(ledger.Memory()))
    for contact, score in zip(contacts[:2], (5, 2), strict=True):
        said = visit(contact.customer).content.decode()
        assert "Newsletter, from 1 (poor) to 5 (very good)" in said
        visit(contact.customer, "/rating", touchpoint="newsletter", score=4)
        visit(contact.customer, "/rating", touchpoint="newsletter", score=score)
    refused = visit(stranger, "/rating", touchpoint="newsletter", score=1)
    assert refused.status_code == 409 and "you have not met us there" in refused.content.decode()
    assert visit(contacts[0].customer, "/rating", touchpoint="newsletter", score=6).status_code == 409
    # (5 + 2) / 2
    assert queries.ratings() == [queries.Rated("newsletter", 2, 3.5)]


def test_every_mail_has_the_link_in_both_its_bodies_and_the_desk_keeps_none(monkeypatch):
    monkeypatch.setenv("STERNA_PUBLIC_URL", "https://shop.example/")
    [contact] = ledger.fill(1)
    memory = ledger.Memory()
    send_due(on=ledger.outlet(memory))
    [message] = memory.messages
    link = f"https://shop.example/preferences/{token(contact.customer)}"
    assert link in message.rendered.text and f'href="{link}"' in message.rendered.html
    contact.refresh_from_db()
    assert "preferences/" not in contact.text
    assert message.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    one_click, by_mail = message.headers["List-Unsubscribe"].split(", ")
    assert by_mail.endswith(f"unsubscribe%20{contact.pk}>")
    Client().post(one_click.strip("<>").removeprefix("https://shop.example"))
    assert allowed(contact.customer) == set()


def test_a_letter_and_a_call_have_no_link():
    for medium in ("letter", "phone"):
        ledger.fill(1, medium)
        memory = ledger.Memory()
        send_due(on=ledger.outlet(memory, medium))
        assert "preferences" not in memory.messages[0].rendered.text


def test_R74_the_desk_shows_ratings_by_touchpoint_with_n():
    from sterna.desk.users.actions import add_user

    add_user("ira", "a-long-word-9", "analyst")
    desk = Client()
    desk.login(username="ira", password="a-long-word-9")
    assert "Nobody has rated one" in desk.get("/ratings").content.decode()
    contacts = ledger.fill(3)
    for contact, score in zip(contacts, (5, 2, 4), strict=True):
        rate(record_of(contact).customer, "newsletter", score)
    said = re.sub(r"<[^>]+>", " ", desk.get("/ratings").content.decode()).split()
    # (5 + 2 + 4) / 3 = 3.67
    start = said.index("newsletter")
    assert said[start : start + 3] == ["newsletter", "3", "3.7"] and "(n)" in said
    assert Client().get("/ratings").status_code == 302
