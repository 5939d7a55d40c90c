"""What the demonstration's staff could have heard: notes, requests, budgets, who brought whom; all labeled invented."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from sterna.desk.config import options

if TYPE_CHECKING:
    from sterna.desk.customers.models import Customer

LABEL = "Invented for the demonstration: "
# The day on which the invented staff wrote all this down, and how many households they spoke with.
WRITTEN = datetime(2017, 12, 20, 16, tzinfo=UTC)
HOUSEHOLDS = 24

# What was said, at which touchpoint, by which medium, and how many days before it was written down.
NOTES = (
    ("She has gone vegan and bakes at home every weekend.", "store", "person", 150),
    ("Comes by bus and buys in bulk for five; would like it delivered.", "store-phone", "phone", 41),
    ("They have a dog, and the baby is due in March.", "store", "person", 12),
    ("Asked what is new for a barbecue. Does not eat fish.", "store", "person", 170),
    ("Prefers to be written to by e-mail, and wants a digital receipt.", "store-phone", "phone", 77),
    ("Runs marathons, buys organic only, no ready meals.", "store", "person", 25),
    ("Still buys meat at another chain because it is on her way home.", "store-phone", "phone", 60),
    ("Moving house in February, asked for boxes.", "store", "person", 9),
)
# The type of a request, its words, what was promised, by how many days from then on, and what became of it. One that
# was due before then is overdue by then.
REQUESTS = (
    ("catering", "Cold plates for thirty on Saturday", "Ready on Saturday at ten", 6, ""),
    ("baby", "Diapers in the smallest size, which are always sold out", "Ordered for next week", -3, ""),
    (
        "recipe",
        "The recipe of the pumpkin soup from the tasting",
        "Sent by e-mail",
        1,
        "Sent on the same day",
    ),
    ("cake", "A birthday cake with a dinosaur", "", 0, ""),
)
# Who came because of whom, counted from the household that bought least (0) and from the one that bought most (-1):
# the newcomer, the customer, the kind, the share, whether they had come anyway, and the words.
CREDITS = (
    (-1, 0, "referral", "1", False, "She came with her neighbor and says so at every visit."),
    (-2, 0, "referral", "0.6", None, "Named her at the till, and saw the leaflet too."),
    (-3, 0, "knowledge", "0.5", False, "Bakes by a recipe that she wrote for our board."),
    (-4, 1, "influence", "0.5", False, "Began to buy organic because of her blog."),
    (-5, 2, "referral", "1", True, "Introduced by him, and was about to move in next door anyway."),
    (3, -1, "referral", "0.8", False, "Her sister; they shop together."),
)
# What a household said that it spends on groceries a month, in all shops.
BUDGETS = (260, 340, 410, 480, 620, 900)


@contextmanager
def as_if(moment: datetime) -> Iterator[None]:
    """Let it be another present for a while."""
    before = options.text("STERNA_NOW")
    os.environ["STERNA_NOW"] = moment.isoformat()
    try:
        yield
    finally:
        os.environ["STERNA_NOW"] = before


def hear() -> int:
    """Write down the invented notes, requests and occasions of some households, once; how many households.

    What a note is read to say is confirmed, its surest reading each time, but for the last thing it says: that waits
    for whoever looks at the page.
    """
    from django.db import transaction

    from sterna.desk.customers.actions import act_on_inbox
    from sterna.desk.customers.models import SourceRecord

    known = SourceRecord.objects.filter(kind="household_id").order_by("sequence")
    owners = known.values_list("customer", flat=True)[: HOUSEHOLDS * 4]
    chosen = list(dict.fromkeys(owners))[:HOUSEHOLDS]
    for place, customer in enumerate(chosen):
        with transaction.atomic():
            _speak(customer, place)
    with as_if(WRITTEN), transaction.atomic():
        _bring(chosen)
        _say_budgets(chosen)
    with as_if(WRITTEN):
        act_on_inbox()
    return len(chosen)


def _speak(household: UUID, place: int) -> None:
    from sterna.desk.customers.models import ContactNote, Customer

    customer = Customer.objects.get(pk=household)
    key = f"invented-{place}"
    if ContactNote.objects.filter(message_id=key).exists():
        return
    with as_if(WRITTEN):
        _note(customer, key, *NOTES[place % len(NOTES)])
        _remember(customer, place)
    if place < len(REQUESTS):
        _ask_for(customer, f"invented-request-{place}", *REQUESTS[place])


def _note(customer: "Customer", key: str, text: str, touchpoint: str, medium: str, before: int) -> None:
    from sterna.desk.customers import actions
    from sterna.desk.customers.models import FactProposal

    contact = actions.Contacted(touchpoint, medium, "inbound", "service", WRITTEN - timedelta(days=before))
    note = actions.add_note(customer, LABEL + text, contact, None, key=key)
    readings: dict[str, list[FactProposal]] = {}
    for proposal in FactProposal.objects.filter(note=note).order_by("start", "-confidence", "pk"):
        readings.setdefault(proposal.fact_class, []).append(proposal)
    for surest, *others in list(readings.values())[:-1]:
        actions.confirm(surest, None)
        for other in others:
            actions.refuse(other, None)


def _remember(customer: "Customer", place: int) -> None:
    """A birthday on 29 February for some, and a death in the family of the last."""
    from sterna.desk.customers.actions import Told, add_occasion, desk_record

    if place % 8 == 7:
        born = Told("events.birth_date", 2, 29, 1972, yearly=True)
        add_occasion(desk_record(customer), born, "invented", None)
    if place == HOUSEHOLDS - 1:
        death = Told("events.bereavement", 12, None, 2017)
        add_occasion(desk_record(customer), death, "invented", None)


def _ask_for(
    customer: "Customer", key: str, kind: str, words: str, promised: str, days: int, done: str
) -> None:
    from sterna.desk.customers.actions import complete, promise, take_request

    with as_if(WRITTEN - timedelta(days=7)):
        taken = take_request(customer, kind, LABEL + words, "store", None, key=key)
        if promised:
            taken = promise(taken, promised, WRITTEN.date() + timedelta(days=days), None)
    if done:
        with as_if(WRITTEN):
            complete(taken, done, None)


def _bring(households: list[UUID]) -> None:
    """Write down the invented credits between households in order of what the last run saw them buy, once."""
    from sterna.desk.customers.models import Customer
    from sterna.desk.runs.models import Run
    from sterna.desk.values.actions import Said, record_credit
    from sterna.desk.values.models import Worth

    run = Run.objects.filter(published_at__isnull=False).order_by("-until").first()
    worths = Worth.objects.filter(run_id=run.pk, customer__in=households) if run else Worth.objects.none()
    spend = dict(worths.values_list("customer", "spend"))
    people = Customer.objects.in_bulk(households)
    ordered = sorted(households, key=lambda one: (spend.get(one) or Decimal(0), one))
    if len(ordered) < 2 * len(CREDITS):
        return
    for place, (newcomer, customer, kind, share, anyway, why) in enumerate(CREDITS):
        told = Said(LABEL + why, kind, Decimal(share), anyway, said_on=WRITTEN.date())
        came, brought = people[ordered[newcomer]], people[ordered[customer]]
        record_credit(came, brought, told, None, key=f"invented-credit-{place}")


def _say_budgets(households: list[UUID]) -> None:
    """Keep the invented budgets of the first households, under a source that says that they are invented."""
    from sterna.desk.customers.actions import desk_record
    from sterna.desk.customers.actions.facts import Said, say_facts
    from sterna.desk.customers.models import Customer

    people = Customer.objects.in_bulk(households)
    say_facts(
        Said(
            record=desk_record(people[household]).pk,
            fact_class="shopping.budget",
            value=str(budget),
            source="invented",
            purpose="marketing",
            observed_on=WRITTEN.date(),
            recorded_at=WRITTEN,
            confidence=0.8,
        )
        for household, budget in zip(households, BUDGETS, strict=False)
    )
