"""What the pages of Know show, by the real actions: a source's events, two who may be one, a client who is served."""

from dataclasses import dataclass
from datetime import date, timedelta

from sterna.desk.config import clock
from sterna.desk.customers.actions import (
    Contacted,
    Told,
    add_note,
    add_occasion,
    block_value,
    declare_kind,
    desk_record,
    form_household,
    identify,
    keep_addresses,
    keep_facts,
    merge,
    take_request,
)
from sterna.desk.customers.models import (
    BlockedValue,
    Customer,
    CustomerRequest,
    Fact,
    FactProposal,
    IdentityDecision,
    Occasion,
    ReviewPair,
    SourceRecord,
)
from sterna.desk.customers.rules import Rule
from sterna.desk.sources.actions import add_source, make_key, open_webhook, receive
from sterna.desk.sources.models import DeadLetter, Source, Webhook, WriteKey
from sterna.desk.sources.received import Envelope
from sterna.desk.sources.signals import AddressesSaid, FactsSaid
from sterna.desk.values.actions import Said, record_credit
from sterna.desk.values.models import Credit
from sterna.desk.webhooks.actions import Wanted, add_endpoint
from sterna.desk.webhooks.models import Endpoint

HOOK = {"type": "track", "event": "Call Ended", "user_id": "$.customer"}
NOTE = "She said there are little ones at home, two children, and that the family loves cooking."
EVIDENCE = {
    "prior": {"weight": -8.0},
    "surname": {"left": "Brown", "right": "Brown", "level": "the same", "weight": 7.25},
    "birth_date": {"left": "19800305", "right": "19800503", "level": "day and month swapped", "weight": 6.5},
    "postcode": {"left": "77000", "right": None, "level": "not known", "weight": None},
    "street_number": {"left": "9", "right": "77", "level": "different", "weight": -2.0},
}


@dataclass(frozen=True)
class Known:
    """One of everything that a page of Know shows or changes."""

    source: Source
    key: WriteKey
    webhook: Webhook
    letter: DeadLetter
    pair: ReviewPair
    merged: IdentityDecision
    one: Customer
    client: Customer
    proposal: FactProposal
    fact: Fact
    request: CustomerRequest
    occasion: Occasion
    blocked: BlockedValue
    credit: Credit
    endpoint: Endpoint


def person(card: str) -> Customer:
    """Whoever the till knows by this card now."""
    return SourceRecord.objects.get(key=f"till/card:{card}").customer


def build() -> Known:
    """The world of Know beside that of the runs; nobody of the shop is in it."""
    source, key, webhook, letter = _source()
    cards = [str(number) for number in range(7001, 7009)]
    identify("till", "card", cards, clock.now())
    client = person("7001")
    merged = merge(person("7004"), person("7005"), "one voice", None)
    pair, served = review_pair("7002", "7003"), _served(client)
    declare_kind("loyalty_card", Rule(4, 2), "couples share an account", None)
    block_value("kiosk-7", False, "the tablet at the door", None)
    blocked = BlockedValue.objects.get()
    brought = record_credit(person("7008"), client, Said(why="named her"), None)
    told = Wanted("CRM", "https://93.184.215.14/moves", ["customer.moved", "run.published"])
    endpoint = add_endpoint(told, None)[0]
    return Known(
        source,
        key,
        webhook,
        letter,
        pair,
        merged,
        person("7004"),
        client,
        *served,
        blocked,
        brought,
        endpoint,
    )


def _source() -> tuple[Source, WriteKey, Webhook, DeadLetter]:
    source = add_source("site", "Web site")[0]
    key = make_key(source, "shop pages", "public", None, ["https://shop.example"])[0]
    webhook = open_webhook(source, HOOK)[0]
    event = {
        "type": "track",
        "event": "Looked",
        "userId": "u1",
        "messageId": "m1",
        "properties": {"page": "<b>pears"},
    }
    nameless = {"type": "track", "event": "Looked", "messageId": "m2"}
    envelope = Envelope(clock.now(), None, {}, {}, "secret")
    receive(source, [event, nameless], envelope)
    receive(source, [event], envelope)
    return source, key, webhook, DeadLetter.objects.get(source=source)


def review_pair(one: str, other: str, probability: float = 0.8) -> ReviewPair:
    """Two cards that may be one person's, as linking would put them up."""
    left, right = sorted(SourceRecord.objects.filter(value__in=[one, other]), key=lambda record: record.pk)
    return ReviewPair.objects.create(
        left=left,
        right=right,
        probability=probability,
        weight=3.75,
        evidence=EVIDENCE,
        veto="",
        found_at=clock.now(),
    )


def _served(client: Customer) -> tuple[FactProposal, Fact, CustomerRequest, Occasion]:
    said = [("7001", "3+", date(2017, 6, 1), "marketing")]
    keep_facts(FactsSaid("till", "card", "demography.kids", said, clock.now()))
    keep_addresses(AddressesSaid("till", "card", "email", [("7001", "seven@quint.example")], clock.now()))
    form_household([client, person("7006")], "they share a card", None)
    note = add_note(client, NOTE, Contacted("phone", "phone", "inbound", "service"), None)
    asked = take_request(
        client, "cake", "a cake for sixty", "counter", None, clock.today() - timedelta(days=3)
    )
    told = Told("events.wedding", 9, None, 2017, whose="her daughter", consent=True)
    occasion = add_occasion(desk_record(client), told, "desk", None)
    fact = Fact.objects.get(fact_class="demography.kids", source="till")
    return note.proposals.order_by("pk")[0], fact, asked, occasion
