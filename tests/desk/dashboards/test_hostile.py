"""Names that try to break out of where they are put, on every page that shows them."""

import csv
import io
import json
from datetime import date
from html.parser import HTMLParser

import pytest
from django.urls import reverse

from sterna.desk.audit.actions import record
from sterna.desk.contacts.models import Contact, LeftOut, Receipt, Task
from sterna.desk.customers.actions import keep_addresses, keep_facts
from sterna.desk.customers.models import Consent, Customer
from sterna.desk.plans import actions as plans
from sterna.desk.runs.models import Run
from sterna.desk.segments.actions import publish_ruled, publish_treatments
from sterna.desk.segments.models import Membership
from sterna.desk.segments.profile_models import Discovery
from sterna.desk.segments.treatment_models import Treatment
from sterna.desk.sources.models import DeadLetter, Import, RefusedRow, Source
from sterna.desk.sources.signals import AddressesSaid, FactsSaid
from sterna.desk.users.models import User
from sterna.engine.rules import HasFact
from sterna.engine.segments import read_treatments
from sterna.engine.segments.ruled import Ruled, Seat
from tests.desk.runs import shop

pytestmark = pytest.mark.django_db
NAMES = {
    "script": "<script>alert(1)</script>",
    "quotes": "\"' onmouseover=alert(1) x='\"",
    "image": "<img src=x onerror=alert(1)>",
    "template": "{{ 7|add:7 }}{% now 'Y' %}",
    "entity": "&lt;b&gt; & &amp;",
    "rtl": "Anna \u202egnp.exe",
    "emoji": "👩‍👩‍👧 Zoë",
    "link": "javascript:alert(1)",
    "close": "</td></table></main><h1>gone</h1>",
}


class Reader(HTMLParser):
    """What a browser would make of a page: its tags, their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture
def hostile(world, request):
    """The world with one hostile name wherever somebody may type one; returns the name and a customer."""
    name, customer = NAMES[request.param], world.customers["030"]
    said = [("030", name, date(2017, 6, 1), "service")]
    for fact_class in ("name.full", "shopping.category"):
        keep_facts(FactsSaid("shop", "household", fact_class, said, shop.AT))
    keep_addresses(AddressesSaid("shop", "household", "email", [("030", name)], shop.AT))
    Consent.objects.update(source=name[:60])
    text = shop.PLAN.format(budget="1.00", version=7)
    for word in ("Up from bronze", "The Friday basket", "Ann", "Bo", "who buys little", "Newsletter"):
        text = text.replace(f" {word}\n", f" {json.dumps(name, ensure_ascii=False)}\n")
    plan = plans.load(text, None)
    contact = Contact.objects.filter(state="handed over").order_by("pk")[0]
    Contact.objects.filter(pk=contact.pk).update(reason=name, subject=name, error=name, customer=customer)
    Receipt.objects.filter(contact=contact).update(reference=name, detail=name)
    Task.objects.update(script=name)
    LeftOut.objects.update(reason=name, asset="", reason_code=name[:40])
    Source.objects.update(title=name)
    Import.objects.update(file_name=name, error=name, name=name)
    RefusedRow.objects.update(value=name, reason=name, column=name[:40])
    DeadLetter.objects.create(source=Source.objects.all()[0], reason=name, body={}, received_at=shop.AT)
    Run.objects.filter(pk=world.first.pk).update(error=name, state="failed")
    eve = User.objects.create(username="eve", first_name=name)
    asks = HasFact(fact_class="shopping.category", among=(name,))
    odd = Ruled(name="odd", kind="segments", seats=(Seat(place="in it", enter=asks),), rest="out of it")
    definition, _ = publish_ruled(odd, {"in it": eve, "out of it": eve}, None, name)
    Membership.objects.create(
        customer=customer, scheme="odd", place="in it", rank=1, during=(date(2017, 7, 1), None), cause=name,
        definition=definition, run_id=world.second.pk,
    )  # fmt: skip
    _treat(name, customer, world.second)
    Discovery.objects.update(state="failed", error=name)
    record("do", "thing", name[:120], User.objects.get(username="eve"), name, key="hostile")
    return name, customer, plan, contact


def band(name: str) -> str:
    """The name as far as a band can be called so: it stands in addresses, and a slash would part it."""
    return name.replace("/", "|") if name.isprintable() else "plain"


def _treat(name: str, customer: Customer, run: Run) -> None:
    """A grid of the odd segments whose bands are called so, as far as a band can be."""
    called = band(name)
    measures = {"value": "spend", "potential": "orders"}
    axes = {axis: {"measure": measure, "bands": [{"name": called}]} for axis, measure in measures.items()}
    level = {"personalization": "none", "frequency": {"contacts": 1, "days": 2}, "retention": "keep"}
    cell = {"value": called, "potential": called}
    publish_treatments(read_treatments({"scheme": "odd", **axes, "levels": [cell | level]}), None, name)
    Treatment.objects.create(
        run_id=run.pk, scheme="odd", customer=customer, segment="in it", value_band=called, potential_band=called,
        personalization="none", contacts=1, days=2, retention="keep",
    )  # fmt: skip


PAGES = (
    "customers customer contacts contact left_out tasks plan_list plan plan_behavior plan_changes plan_slots "
    "plan_forecast plan_document "
    "move_names sources import data_quality run settings audit segments segment segments_edit segment_treated "
    "segment_levels scheme_levels discoveries discovery"
)


@pytest.mark.parametrize("hostile", NAMES, indirect=True)
def test_every_page_shows_the_name_as_text_and_makes_nothing_of_it(world, analyst, hostile):
    name, customer, plan, contact = hostile
    arguments = {
        "customer": [customer.pk],
        "contact": [contact.pk],
        "plan": [plan.pk],
        "plan_behavior": [plan.pk],
        "plan_changes": [plan.pk],
        "plan_slots": [plan.pk],
        "plan_forecast": [plan.pk],
        "plan_document": [plan.pk],
        "move_names": ["all", "all"],
        "import": [world.imported.pk],
        "run": [world.first.pk],
        "segment": ["odd", "in it"],
        "segments_edit": ["odd"],
        "segment_treated": ["odd", "in it"],
        "segment_levels": ["odd", "in it"],
        "scheme_levels": ["odd"],
        "discovery": [world.search.pk],
    }
    for page in PAGES.split():
        answer = analyst.get(
            reverse(page, args=arguments.get(page)), {"sort": "spend"} if page == "customers" else {}
        )
        html = answer.content.decode()
        read = Reader(html)
        assert answer.status_code == 200, page
        typed = band(name) if page.endswith("_levels") else name
        assert typed in "".join(read.words), (page, "the name is not shown as it was typed")
        assert sum(tag == "h1" for tag, _ in read.tags) == 1, page
        for tag, given in read.tags:
            assert not any(attribute.startswith("on") for attribute in given), (page, tag, given)
            assert tag != "script" or (given.get("src") or "").startswith("/static/"), (page, given)
            assert not (given.get("href") or "").lower().startswith("javascript:"), (page, given)
            assert tag != "img" or given.get("src") != "x", page


@pytest.mark.parametrize("hostile", ["script", "quotes", "rtl"], indirect=True)
@pytest.mark.parametrize("page", ["customers", "audit", "left_out", "sources"])
def test_a_file_holds_the_name_in_one_cell(analyst, hostile, page):
    name = hostile[0]
    answer = analyst.get(reverse(page), {"format": "csv"})
    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    assert any(name in cell for row in rows for cell in row)
    assert len({len(row) for row in rows}) == 1


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("030", 1),
        ("  030  ", 1),
        ("30", 0),
        ("03", 10),
        ("dora", 1),
        ("QUINT", 1),
        ("000@EXAMPLE", 1),
        ("%", 0),
        ("_", 0),
        ("\\", 0),
        ("'", 0),
        ("0" * 5000, 0),
        ("٠٣٠", 0),
        ("<script>", 1),
        ("Up from", 0),
    ],
)
def test_search_takes_what_is_typed_letter_by_letter(world, analyst, typed, found):
    answer = analyst.get(reverse("search"), {"q": typed})
    if found == 1:
        assert answer.status_code == 302 and answer.url.startswith("/customers/")
        return
    rows = answer.context["page"].sections[0].items[0].rows
    assert sum(row.cells[1] == "Customer" for row in rows) == found
    assert all(row.cells[1] == "Plan" for row in rows[found:])


def test_search_finds_who_remains_of_a_merge_and_goes_on_after_fifty(world, analyst):
    table = analyst.get(reverse("search"), {"q": "0"}).context["page"].sections[0].items[0]
    assert len(table.rows) == 50
    further = analyst.get(f"{reverse('search')}{table.next_url}").context["page"].sections[0].items[0]
    assert further.rows and not {row.href for row in further.rows} & {row.href for row in table.rows}
    gone = world.customers["030"]
    type(gone).objects.filter(pk=gone.pk).update(redirects_to=world.customers["031"])
    found = analyst.get(reverse("search"), {"q": "030"}, follow=True)
    assert found.redirect_chain[-1][0] == reverse("customer", args=[world.customers["031"].pk])


def test_a_search_without_a_word_asks_what_is_sought(analyst):
    for typed in ({}, {"q": ""}, {"q": "  "}, {"q": "\x00"}):
        answer = analyst.get(reverse("search"), typed)
        assert answer.context["page"].question == "What are you looking for?"
