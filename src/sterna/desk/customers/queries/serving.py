"""Reads what staff heard and owes: notes, requests with what is past due, occasions to come, who is left in peace."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from sterna.desk.config import clock, options
from sterna.desk.customers.models import ContactNote, Customer, CustomerRequest, Occasion, Question
from sterna.desk.customers.queries.taxonomy import classes
from sterna.engine.profiles.occasions import next_on

_OPEN = (CustomerRequest.State.ASKED, CustomerRequest.State.PROMISED)
_IN_PEACE = """
select distinct on (r.customer_id) r.customer_id, o.quiet_until, o.fact_class
from customers_occasion as o join customers_sourcerecord as r on r.id = o.source_record_id
where o.retracted_at is null and o.quiet_until > %(on)s
    and (%(customers)s::uuid[] is null or r.customer_id = any(%(customers)s::uuid[]))
order by r.customer_id, o.quiet_until desc, o.fact_class
"""


@dataclass(frozen=True)
class Happening:
    """Something that staff heard, promised or did, for the timeline; `kind` names the record it is from."""

    at: datetime
    direction: Literal["inbound", "outbound"]
    kind: Literal["note", "request", "promise", "settled", "question", "answer"]
    title: str
    text: str
    medium: str
    by: str
    pk: UUID


@dataclass(frozen=True)
class Coming:
    """An occasion with the day it is next and how many days that is from the day asked about."""

    occasion: Occasion
    title: str
    on: date
    in_days: int


def notes(customer: Customer) -> QuerySet[ContactNote]:
    """The notes of contacts with a customer, the newest contact first; those that were taken back are among them."""
    found = ContactNote.objects.filter(source_record__customer=customer).select_related("author")
    return found.order_by("-occurred_at", "-id")


def requests(customer: Customer) -> QuerySet[CustomerRequest]:
    """What a customer asked for, the newest first."""
    found = CustomerRequest.objects.filter(source_record__customer=customer)
    return found.select_related("asked_of", "promised_by", "settled_by").order_by("-asked_at", "-id")


def past_due(on: date | None = None) -> QuerySet[CustomerRequest]:
    """Requests that are not settled and were due before the day (today), the longest overdue first."""
    found = CustomerRequest.objects.filter(state__in=_OPEN, due_on__lt=on or clock.today())
    return found.select_related("source_record", "promised_by", "asked_of").order_by(
        "due_on", "asked_at", "id"
    )


def unpromised(on: date | None = None, days: int = 2) -> QuerySet[CustomerRequest]:
    """Requests without a day by which they are done, asked `days` or more before the day (today); the oldest first."""
    day = on or clock.today()
    found = CustomerRequest.objects.filter(
        state__in=_OPEN, due_on=None, asked_at__date__lte=day - timedelta(days=days)
    )
    return found.select_related("source_record", "asked_of").order_by("asked_at", "id")


def questions(customer: Customer) -> QuerySet[Question]:
    """What a customer was asked, the newest first."""
    found = Question.objects.filter(source_record__customer=customer)
    return found.select_related("asked_by", "fact", "request").order_by("-asked_at", "-id")


def occasions(customer: Customer) -> QuerySet[Occasion]:
    """The occasions of a customer that are in the register, by month and day."""
    found = Occasion.objects.filter(source_record__customer=customer, retracted_at=None)
    return found.select_related("recorded_by", "fact").order_by("month", "day", "id")


def coming(days: int = 30, on: date | None = None, customer: Customer | None = None) -> list[Coming]:
    """Occasions that are in the `days` from the day (today) on, the soonest first, without those refused."""
    day = on or clock.today()
    tree = classes()
    last = day + timedelta(days=days)
    months = {(first.year * 12 + first.month - 1) % 12 + 1 for first in _months(day, last)}
    rows = Occasion.objects.filter(Q(consent=True) | Q(consent=None), retracted_at=None, month__in=months)
    rows = rows.filter(source_record__customer=customer) if customer else rows
    found = []
    for occasion in rows.select_related("source_record"):
        when = next_on(occasion.month, occasion.day, occasion.year, occasion.yearly, day)
        if when is not None and when <= last:
            name = occasion.fact_class
            title = tree.at(name).title if name in tree else name
            found.append(Coming(occasion, title, when, max((when - day).days, 0)))
    return sorted(found, key=lambda one: (one.on, one.title, str(one.occasion.pk)))


def _months(first: date, last: date) -> list[date]:
    """The first day of each month from one day to another."""
    found: list[date] = []
    at = first.replace(day=1)
    while at <= last and len(found) < 12:
        found.append(at)
        at = (at + timedelta(days=31)).replace(day=1)
    return found


def in_peace(on: date, customers: Collection[UUID] | None = None) -> dict[UUID, tuple[date, str]]:
    """Who is left in peace on a day: nothing is promoted to them until (the day, because of a class of occasion).

    Of all customers when none are named.
    """
    given: dict[str, Any] = {
        "on": on,
        "customers": None if customers is None else [str(each) for each in customers],
    }
    with connection.cursor() as cursor:
        cursor.execute(_IN_PEACE, given)
        return {customer: (until, fact_class) for customer, until, fact_class in cursor.fetchall()}


def happenings(customer: Customer, until: date = date.max) -> list[Happening]:
    """All that staff heard of a customer, asked, promised and did up to a day, the newest first."""
    found = [*_of_notes(customer), *_of_requests(customer), *_of_questions(customer)]
    zone = options.zone()
    return sorted(
        (one for one in found if one.at.astimezone(zone).date() <= until),
        key=lambda one: (one.at, one.kind),
        reverse=True,
    )


def _of_notes(customer: Customer) -> list[Happening]:
    return [
        Happening(
            note.occurred_at,
            "outbound" if note.direction == "outbound" else "inbound",
            "note",
            "Contact noted",
            note.text,
            note.medium,
            _name(note.author),
            note.pk,
        )
        for note in notes(customer).filter(retracted_at=None)
    ]


def _of_requests(customer: Customer) -> list[Happening]:
    found = []
    for one in requests(customer):
        where, pk = one.touchpoint, one.pk
        asked = f"Asked for {one.kind}"
        found.append(
            Happening(one.asked_at, "inbound", "request", asked, one.words, where, _name(one.asked_of), pk)
        )
        if one.promised_at is not None:
            title, by = f"Promised by {one.due_on}", _name(one.promised_by)
            found.append(Happening(one.promised_at, "outbound", "promise", title, one.promise, where, by, pk))
        if one.settled_at is not None:
            title, by = f"Request {one.get_state_display().lower()}", _name(one.settled_by)
            found.append(Happening(one.settled_at, "outbound", "settled", title, one.outcome, where, by, pk))
    return found


def _of_questions(customer: Customer) -> list[Happening]:
    found = []
    for one in questions(customer):
        where, by, pk = one.touchpoint, _name(one.asked_by), one.pk
        found.append(Happening(one.asked_at, "outbound", "question", "Asked", one.words, where, by, pk))
        if one.settled_at is not None:
            text = one.answer if one.state == Question.State.ANSWERED else one.get_state_display()
            found.append(Happening(one.settled_at, "inbound", "answer", "Answered", text, where, "", pk))
    return found


def _name(person: Any) -> str:
    return person.name if person is not None else ""
