"""A list asks the database as often with fifty rows as with two, whatever stands in the rows."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.config.ids import new_id
from sterna.desk.contacts.models import Contact, LeftOut
from sterna.desk.customers.actions import form_household, identify, keep_facts, take_request
from sterna.desk.customers.models import Erasure, SourceRecord
from sterna.desk.dashboards import paging
from sterna.desk.dashboards.queries import finding
from sterna.desk.segments.actions import propose, start_check
from sterna.desk.segments.group_models import CheckCustomer
from sterna.desk.segments.models import BestMember, Membership, Move, Override
from sterna.desk.segments.ruled_queries import primary
from sterna.desk.segments.treatment_models import Treatment
from sterna.desk.sources.actions import receive
from sterna.desk.sources.received import Envelope
from sterna.desk.sources.signals import FactsSaid
from sterna.desk.values.models import Worth
from sterna.desk.webhooks.models import Message
from tests.desk.dashboards import clients, known

pytestmark = pytest.mark.django_db
# As many as a page holds, and more.
MORE = 60


def people(number):
    """So many people whom nobody has seen before, each with a name."""
    cards = [f"n{new_id().hex[-10:]}{index:02}" for index in range(number)]
    identify("till", "card", cards, clock.now())
    said = [(card, f"Name {card}", date(2017, 1, 1), "service") for card in cards]
    keep_facts(FactsSaid("till", "card", "name.full", said, clock.now()))
    records = SourceRecord.objects.filter(value__in=cards).select_related("customer").order_by("value")
    return cards, [one.customer for one in records]


def valued(world):
    run = world.second.pk
    for number, one in enumerate(people(MORE)[1]):
        Worth.objects.create(
            run_id=run, customer=one, spend=Decimal(10_000 + number), headroom=Decimal(number)
        )
        Move.objects.create(
            run_id=run, scheme="value", customer=one, from_place="bronze", to_place="silver", to_amount=number,
            held_by="grace", missing=number,
        )  # fmt: skip


def ruled(world):
    for one in people(MORE)[1]:
        Override.objects.create(
            customer=one, scheme="value", kind="floor", place="silver", begins_on=date(2017, 1, 1),
            ends_on=date(2030, 1, 1), reason="why", set_at=clock.now(),
        )  # fmt: skip


def segmented(world):
    definition = primary()
    for number, one in enumerate(people(MORE)[1]):
        day = date(2017, 7, 1)
        for place, during in (("often", (date(2017, 1, 1), day)), ("big", (day, None))):
            Membership.objects.create(
                customer=one, scheme="needs", place=place, rank=1, during=during, amount=number,
                definition=definition, cause="by the rules", run_id=world.second.pk,
            )  # fmt: skip


def treated(world):
    for number, one in enumerate(people(MORE)[1]):
        Treatment.objects.create(
            run_id=world.second.pk, scheme="needs", customer=one, segment="big", value_band="much",
            potential_band="unknown", value_figure=number, personalization="none", contacts=1, days=2, retention="keep",
        )  # fmt: skip


def best(world):
    for number, one in enumerate(people(MORE)[1]):
        BestMember.objects.create(
            run_id=world.second.pk, best="buyers", version=1, customer=one, score=1, rank=number + 11
        )
        Worth.objects.create(run_id=world.second.pk, customer=one, spend=Decimal(number))


def searched(world):
    people(MORE)


def contacted(world):
    model = Contact.objects.order_by("pk")[0]
    for one in people(MORE)[1]:
        model.pk, model.natural_key, model.customer = new_id(), str(new_id()), one
        model.due_on = date(2030, 1, 1)
        model.save(force_insert=True)


def left_out(world):
    model = LeftOut.objects.order_by("pk")[0]
    for one in people(MORE)[1]:
        model.pk, model.customer = None, one
        model.save(force_insert=True)


def refused(world):
    envelope = Envelope(clock.now(), None, {}, {}, "secret")
    lost = [{"type": "track", "event": "Looked", "messageId": f"q{number}"} for number in range(MORE)]
    receive(world.known.source, lost, envelope)


def reviewed(world):
    cards = people(2 * MORE)[0]
    for one, other in zip(cards[::2], cards[1::2], strict=True):
        known.review_pair(one, other)


def audited(world):
    for number in range(MORE):
        record("tested", "customer", str(number), None, "a reason")


def erased(world):
    for number in range(MORE):
        Erasure.objects.create(requested_at=clock.now() - timedelta(minutes=number))


def lived_with(world):
    form_household([world.known.client, *people(MORE)[1]], "a house of many", None)


def grouped(world):
    for number, one in enumerate(people(MORE)[1]):
        clients.into(one, "B", expected_on=date(2017, 7, 2 + number % 9))
        if number % 2:
            propose(one, clients.asked("C"), clients.user("ann"))
    who = [one.pk for one in people(MORE)[1]]
    start_check("many", 0, who, [clients.user("manager"), clients.user("staff")], clients.user("max"))


def asked_blind(world):
    CheckCustomer.objects.bulk_create(
        CheckCustomer(check_of=world.clients.check, customer=one) for one in people(MORE)[1]
    )


def told(world):
    model = Message.objects.filter(endpoint=world.known.endpoint).order_by("pk")[0]
    for one in people(MORE)[1]:
        model.pk, model.customer = new_id(), one
        model.save(force_insert=True)


def asked(world):
    for number in range(MORE):
        take_request(world.known.client, "cake", f"cake {number}", "counter", None)


def sought(world):
    for number in range(MORE):
        world.search.pk, world.search.seed = new_id(), number
        world.search.save(force_insert=True)


LISTS = {
    "customers": valued,
    "search": searched,
    "move_names": valued,
    "value_grid_names": valued,
    "best_list": best,
    "tier_risk": valued,
    "tier_overrides": ruled,
    "segment": segmented,
    "segment_treated": treated,
    "contacts": contacted,
    "left_out": left_out,
    "dead_letters": refused,
    "review": reviewed,
    "audit": audited,
    "erasures": erased,
    "group_members": grouped,
    "discoveries": sought,
    "customer": lived_with,
    "customer_identity": lived_with,
    "customer_merge": searched,
    "endpoint": told,
}
ARGUMENTS = {
    "move_names": lambda world: ["bronze", "silver"],
    "best_list": lambda world: ["buyers"],
    "segment": lambda world: ["needs", "big"],
    "segment_treated": lambda world: ["needs", "big"],
    "group_members": lambda world: ["B"],
    "endpoint": lambda world: [world.known.endpoint.pk],
    # Those of the highest tier with the lowest headroom, among whom `valued` puts its people.
    "value_grid_names": lambda world: [len(world.second.brief["scheme"]["bands"]), "0"],
}
SEARCHED = {"search": "n", "customer_merge": "n"}


def asks(client, world, name):
    """How many queries a page takes; it is opened once before, so that what is kept in memory is there."""
    here = world.known.client.pk if name.startswith("customer") and name != "customers" else None
    arguments = ARGUMENTS.get(name, lambda _: [here] if here else [])(world)
    query = {"q": SEARCHED[name]} if name in SEARCHED else {}
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(reverse(name, args=arguments), query)
        assert answer.status_code == 200
    return len(queries), answer.content.count(b"<tr")


@pytest.mark.parametrize("name", LISTS)
def test_a_list_asks_as_often_with_fifty_rows_as_with_two(world, log_in, monkeypatch, name):
    client = log_in("manager")
    if name in SEARCHED:
        people(3)
    if name in ("tier_overrides", "segment", "segment_treated"):
        LISTS[name](world)  # the world has none, and the names of nobody are not asked for
    with monkeypatch.context() as patch:
        patch.setattr(paging, "SIZE", 2)
        patch.setattr(finding, "PAGE", 2)
        few, short = asks(client, world, name)
    LISTS[name](world)
    many, long = asks(client, world, name)
    assert long >= short + 40, f"{short} rows, then {long}"
    # One for something that stood in none of the few rows.
    assert many <= few + 1, f"{few} queries, then {many}"


@pytest.mark.parametrize(("name", "more"), [("groups", grouped), ("group_check", asked_blind)])
def test_the_pages_of_groups_ask_as_often_with_fifty_as_with_one(world, log_in, monkeypatch, name, more):
    """On a day on which whoever came to B is overdue, and all are due for review."""
    client, pk = log_in("manager"), [world.clients.check.pk] if name == "group_check" else []
    asked = []
    for step in (lambda: None, lambda: more(world)):
        step()
        monkeypatch.setenv("STERNA_NOW", "2018-07-01T12:00:00+00:00")
        client.get(reverse(name, args=pk))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse(name, args=pk)).status_code == 200
        asked.append(len(queries))
        monkeypatch.setenv("STERNA_NOW", "2017-07-01T12:00:00+00:00")
    assert asked[1] <= asked[0] + 1


def test_a_customers_page_asks_as_often_with_fifty_requests_as_with_one(world, log_in):
    client = log_in("manager")
    few, _ = asks(client, world, "customer")
    asked(world)
    many, _ = asks(client, world, "customer")
    assert many <= few + 1, f"{few} queries, then {many}"
