"""What happened to a customer over all touchpoints: the lake's events and the send ledger, the newest first."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

from django.urls import reverse

from sterna.desk.contacts.models import Contact, LeftOut
from sterna.desk.customers.models import Customer
from sterna.desk.customers.queries import classes, happenings
from sterna.desk.dashboards.queries.people import DESK
from sterna.desk.dashboards.queries.titles import asset_titles, with_title
from sterna.desk.lakehouse.lake_query import lake_query
from sterna.desk.lakehouse.queries import manifest
from sterna.desk.runs.models import Run
from sterna.desk.web.formats import counted

LIMIT = 12

_PURCHASES = """
select event_id, min(occurred_at) as bought_at, any_value(touchpoint) as touchpoint, count(*) as lines,
    sum(amount) as amount, any_value(currency) as currency
from lines
where source_record in (select unnest($records)) and occurred_on <= $until
group by event_id
order by bought_at desc, event_id
"""
_EVENTS = """
select occurred_at, kind, touchpoint, direction, subject
from events
where source_record in (select unnest($records)) and occurred_on <= $until
order by occurred_at desc, event_id
"""


@dataclass(frozen=True)
class Moment:
    """One thing that happened; inbound is what the customer did, outbound what was done to reach them."""

    at: datetime
    direction: Literal["inbound", "outbound"]
    title: str
    text: str = ""
    medium: str = ""
    href: str | None = None
    held_back: str | None = None


def moments(customer: Customer, run: Run | None, limit: int = LIMIT) -> list[Moment]:
    """The newest `limit` moments of a customer: the lake's up to the day of the run shown, staff's up to now."""
    records = list(customer.source_records.values_list("key", "source"))
    until = run.until if run else date.max
    keys = [key for key, _ in records]
    # What staff wrote stands in the records with who and why; the lake holds the same as bare events.
    others = [key for key, source in records if source != DESK]
    happened = _purchases(keys, until, limit) + _events(others, until, limit) + _by_staff(customer)
    found = happened + _contacts(customer, until) + _held_back(customer, until)
    return sorted(found, key=lambda moment: moment.at, reverse=True)[:limit]


def _by_staff(customer: Customer) -> list[Moment]:
    return [
        Moment(
            one.at,
            one.direction,
            one.title,
            f"{one.text} ({one.by})" if one.by and one.text else one.text or one.by,
            one.medium.replace("_", " "),
        )
        for one in happenings(customer)
    ]


def _next_day(day: date) -> date:
    """A run as of a day decides for the day after it; the last day there is has none."""
    return day if day == date.max else day + timedelta(days=1)


def _files(table: str) -> dict[str, list[str]]:
    return {table: [path for path, _ in manifest().get(table, [])]}


def _purchases(records: list[str], until: date, limit: int) -> list[Moment]:
    rows = lake_query(_PURCHASES, _files("lines"), {"records": records, "until": until}, limit)
    return [
        Moment(
            at.replace(tzinfo=UTC),
            "inbound",
            f"Paid {amount:,.2f} {currency}",
            counted(lines, "line"),
            touchpoint or "",
        )
        for _, at, touchpoint, lines, amount, currency in rows
    ]


def _events(records: list[str], until: date, limit: int) -> list[Moment]:
    """What happened; a subject that is a class of the taxonomy is called by its title."""
    tree = classes()
    rows: list[tuple[Any, ...]] = lake_query(
        _EVENTS, _files("events"), {"records": records, "until": until}, limit
    )
    return [
        Moment(
            at.replace(tzinfo=UTC),
            "outbound" if direction == "outbound" else "inbound",
            kind.capitalize(),
            tree.at(subject).title if subject and subject in tree else subject or "",
            touchpoint or "",
        )
        for at, kind, touchpoint, direction, subject in rows
    ]


def _contacts(customer: Customer, until: date) -> list[Moment]:
    titles = asset_titles()
    return [
        Moment(
            contact.handed_over_at or datetime.combine(contact.due_on, time.min, UTC),
            "outbound",
            f"{titles.get(contact.asset, contact.asset)}: {contact.state}",
            with_title(contact.reason, contact.asset, titles),
            contact.medium,
            reverse("contact", args=[contact.pk]),
        )
        for contact in Contact.objects.filter(customer=customer, due_on__lte=_next_day(until))
    ]


def _held_back(customer: Customer, until: date) -> list[Moment]:
    titles = asset_titles()
    runs = dict(Run.objects.filter(published_at__isnull=False, until__lte=until).values_list("pk", "until"))
    return [
        Moment(
            datetime.combine(runs[left_out.run_id], time.max, UTC),
            "outbound",
            titles.get(left_out.asset, left_out.asset or "No contact"),
            held_back=with_title(left_out.reason, left_out.asset, titles),
        )
        for left_out in LeftOut.objects.filter(customer=customer, run_id__in=runs)
    ]
