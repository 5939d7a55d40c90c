"""One customer's page, put together from the records and the run that is shown."""

from collections.abc import Iterator

from django.http import HttpRequest
from django.urls import reverse

from sterna.desk.contacts.models import Contact, LeftOut
from sterna.desk.customers.models import Customer
from sterna.desk.dashboards import (
    customer_accepted,
    customer_best,
    customer_brought,
    customer_group,
    customer_home,
    customer_known,
    customer_served,
    customer_slots,
    customer_tiers,
    customer_treated,
    customer_value,
)
from sterna.desk.dashboards.page import Page, Section
from sterna.desk.dashboards.parts import NextStep
from sterna.desk.dashboards.queries import people, places, timeline
from sterna.desk.dashboards.queries.titles import asset_titles, reason_title, unknown_titles, with_title
from sterna.desk.runs.models import Run
from sterna.desk.segments.models import Candidate
from sterna.desk.values.models import Worth
from sterna.desk.web.components import (
    Column,
    Component,
    Empty,
    Row,
    Table,
    Tier,
    Timeline,
    TimelineEntry,
)
from sterna.desk.web.formats import sentence


def customer_page(request: HttpRequest, customer: Customer, run: Run | None) -> Page:
    """The page of `customer` as of `run`; without a run only what the records hold."""
    title = people.titles([customer.pk]).get(customer.pk, "customer")
    first, *valued = list(_valued(customer, run)) if run else [None]
    sections = [first] if first else []
    sections += [
        *customer_served.talking(request, customer),
        *valued,
        *customer_treated.section(customer, run),
        *customer_accepted.section(customer),
        *customer_slots.section(customer),
        *customer_best.section(customer, run),
        *customer_served.requests(request, customer),
        *customer_group.group(request, customer),
        *customer_home.household(customer, run),
        *customer_brought.brought(request, customer, run),
        Section([_timeline(customer, run, title)], "What happened lately?"),
        Section([customer_known.facts(request, customer)], "What is known?"),
        Section(customer_known.occasions(request, customer), "What is coming in their life?"),
        *customer_tiers.section(request, customer, run),
        Section([_history(customer, run)], "Where have they been?"),
        *customer_value.everything(customer, run),
        customer_known.identity(customer),
    ]
    return Page(f"What could {title} become?", sections, trail=[("Customers", reverse("customers"))])


def _valued(customer: Customer, run: Run) -> Iterator[Section]:
    worth = Worth.objects.filter(run_id=run.pk, customer=customer).first()
    move = places.moves(run).filter(customer=customer).first()
    if worth is None or move is None:
        text = "This customer was not known on the day of the run that is shown."
        yield Section([Empty("Value, tier and what to do next.", text)])
        return
    found = customer_value.told_of(worth, run)
    tier, *figures = customer_value.figures(worth, found, move, run)
    yield Section([tier, *customer_group.badge(customer), *figures], layout="figures")
    yield Section(_next(customer, run), "What to do next, and why")
    yield Section(
        [customer_value.bars(worth, found, run), customer_value.rooms(customer, run)],
        "Today, to come, could be",
        layout="halves",
    )
    yield customer_value.wallet(customer, worth, found, run)


def _next(customer: Customer, run: Run) -> list[Component]:
    """What the run decided first, the moves it could make after it."""
    titles, steps = asset_titles(), list[Component]()
    for contact in Contact.objects.filter(run_id=run.pk, customer=customer):
        what = titles.get(contact.asset, contact.asset)
        state = f"by {contact.medium}, {contact.get_state_display().lower()}, due {contact.due_on}"
        why = with_title(contact.reason, contact.asset, titles)
        steps.append(NextStep(what, state, why, reverse("contact", args=[contact.pk])))
    for left_out in LeftOut.objects.filter(run_id=run.pk, customer=customer):
        what = titles.get(left_out.asset, left_out.asset)
        why = with_title(left_out.reason, left_out.asset, titles)
        state = reason_title(left_out.reason_code).lower()
        steps.append(NextStep(f"Held back: {what}" if what else "No contact", state, why))
    found = Candidate.objects.filter(run_id=run.pk, customer=customer).order_by("position")
    rows = [
        Row(
            [
                candidate.goal.replace("-", " "),
                f"{candidate.position:,}",
                sentence(f"{candidate.reason} {candidate.readiness_reason}".strip()),
                unknown_titles(candidate.unknown) or "nothing",
            ]
        )
        for candidate in found
    ]
    columns = [
        Column("goal", "Could move"),
        Column("position", "Candidate number"),
        Column("why", "Why"),
        Column("unknown", "Not known yet"),
    ]
    if rows:
        steps.append(Table("Moves this customer could make", columns, rows, stacks=True))
    return steps or [Empty("The next best thing to do.", "The run shown had no plan for this customer.")]


def _timeline(customer: Customer, run: Run | None, title: str) -> Component:
    entries = [
        TimelineEntry(
            moment.at,
            moment.direction,
            moment.title,
            moment.text,
            moment.medium,
            moment.href,
            moment.held_back,
        )
        for moment in timeline.moments(customer, run)
    ]
    if not entries:
        return Empty("Every contact, inbound and outbound.", "Nothing has happened yet.")
    return Timeline(title, entries)


def _history(customer: Customer, run: Run | None) -> Component:
    stays = list(people.history(customer))
    names = {stay.scheme for stay in stays}
    shades = {name: places.shades(run, name) if run else {} for name in names}
    rows = [
        Row(
            [
                *([stay.scheme] if len(names) > 1 else []),
                Tier(stay.place, shades[stay.scheme].get(stay.place)),
                stay.during.lower,
                stay.during.upper or "today",
                sentence(stay.cause),
            ]
        )
        for stay in stays
    ]
    columns = [
        *([Column("scheme", "Scheme")] if len(names) > 1 else []),
        Column("tier", "Place"),
        Column("from", "From", "day"),
        Column("to", "To, exclusive", "day"),
        Column("why", "Why"),
    ]
    return Table(
        "History of places",
        columns,
        rows,
        show_caption=True,
        stacks=True,
        empty=Empty("Stays in tiers, groups, segments and stages.", "None so far."),
    )
