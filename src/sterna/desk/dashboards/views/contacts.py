"""Contacts: the outbox, one contact with what was said, who was left out and why, and calls to make."""

from collections.abc import Iterator
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse

from sterna.desk.contacts import queries
from sterna.desk.contacts.models import Contact, LeftOut, Task
from sterna.desk.dashboards.context import asked_day, asked_text
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.paging import Slice
from sterna.desk.dashboards.queries import people
from sterna.desk.dashboards.queries.current import shown_run
from sterna.desk.dashboards.queries.titles import asset_titles, reason_title, with_title
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.web.components import Chip, Column, Component, Empty, Filters, Number, Row, Table

_FILTERS = {"state": "state", "medium": "medium", "asset": "asset", "goal": "goal"}


@needs(Right.READ)
def outbox(request: HttpRequest) -> HttpResponse:
    """Every contact of the ledger, filtered by state, medium, asset or goal."""
    rows = Contact.objects.all()
    chips = []
    for name, column in _FILTERS.items():
        wanted = asked_text(request, name)
        if wanted:
            rows = rows.filter(**{column: wanted})
            chips.append(Chip(name, wanted, reverse("contacts")))
    sections = [
        Section(list(_states(rows)), layout="figures"),
        Section([_by_asset(rows)], "What goes out, through what?"),
        Section([_ledger(request, rows, chips)], "To whom?"),
    ]
    lead = "The ledger has one row a contact for ever; a crash or a second worker never makes two of one."
    return answer(request, Page("What was sent, and what is on its way?", sections, lead, dated=False))


def _states(rows: QuerySet[Contact]) -> Iterator[Component]:
    found = {row["state"]: row for row in rows.values("state").annotate(many=Count("pk"), cost=Sum("cost"))}
    for state in Contact.State:
        if state in found:
            yield Number(state.label, found[state]["many"], note=f"cost {found[state]['cost']:,.2f}")
    if not found:
        yield Empty("Contacts by state.", "No run has planned one.", "See the plans", reverse("plan_list"))


def _by_asset(rows: QuerySet[Contact]) -> Component:
    grouped = (
        rows.values("asset", "medium")
        .annotate(many=Count("pk"), cost=Sum("cost"))
        .order_by("asset", "medium")
    )
    titles = asset_titles()
    table_rows = [
        Row(
            [titles.get(row["asset"], row["asset"]), row["medium"], row["many"], row["cost"]],
            f"?{urlencode({'asset': row['asset'], 'medium': row['medium']})}",
        )
        for row in grouped
    ]
    columns = [
        Column("asset", "Asset"),
        Column("medium", "Medium"),
        Column("many", "Contacts", "number"),
        Column("cost", "Cost", "money"),
    ]
    return Table(
        "Contacts by asset and medium",
        columns,
        table_rows,
        empty=Empty("Contacts by asset.", "None so far."),
        stacks=True,
    )


def _ledger(request: HttpRequest, rows: QuerySet[Contact], chips: list[Chip]) -> Component:
    page: Slice[Contact] = Slice(request, rows, ("due_on", "cost"), "-due_on")
    titles, assets = people.titles(contact.customer_id for contact in page.rows), asset_titles()
    table_rows = [
        Row(
            [
                titles.get(contact.customer_id, ""),
                assets.get(contact.asset, contact.asset),
                contact.medium,
                contact.get_state_display(),
                contact.due_on,
                contact.handed_over_at or "not yet",
                contact.cost,
                with_title(contact.reason, contact.asset, assets),
            ],
            reverse("contact", args=[contact.pk]),
        )
        for contact in page.rows
    ]
    columns = [
        Column("customer", "Customer"),
        Column("asset", "Asset"),
        Column("medium", "Medium"),
        Column("state", "State"),
        Column("due_on", "Due", "day", True),
        Column("handed_over", "Handed over", "instant"),
        Column("cost", "Cost", "money", True),
        Column("why", "Why"),
    ]
    return Table(
        "Contacts", columns, table_rows, page.sort, Filters(f"{rows.count():,} contacts", chips),
        next_url=page.next_url, previous_url=page.first_url,
        empty=Empty("Contacts.", "None fits.", "All contacts", reverse("contacts")), stacks=True,
    )  # fmt: skip


@needs(Right.READ)
def contact(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One contact: its state, why it was due, what was or will be said, and every receipt."""
    found = get_object_or_404(Contact.objects.select_related("customer", "plan"), pk=pk)
    title = people.titles([found.customer_id]).get(found.customer_id, "customer")
    figures = [
        Number("State", found.get_state_display(), "text", note=found.error or None),
        Number("Due", f"{found.due_on}", "text", note=f"expires {found.expires_on}"),
        Number("Cost", found.cost, "money_exact"),
    ]
    receipts = [
        Row([receipt.at, receipt.state, receipt.reference, receipt.detail])
        for receipt in found.receipts.order_by("pk")
    ]
    columns = [
        Column("at", "When", "instant"),
        Column("state", "State"),
        Column("reference", "Reference"),
        Column("detail", "Detail"),
    ]
    nothing = Empty("Answers of the channel.", "Nothing has been handed over yet.")
    assets = asset_titles()
    frame = render_to_string("dashboards/preview_frame.html", {"contact": found})
    facts = [Row([use.get("name"), use.get("value"), use.get("sentence")]) for use in found.used_facts]
    fact_columns = [Column("name", "Fact"), Column("value", "Said"), Column("why", "Why")]
    told = {"contact": found, "may_be_accepted": queries.may_be_accepted(found)}
    forms = render_to_string("dashboards/contact_forms.html", told, request=request)
    open_ones = (Contact.State.PLANNED, Contact.State.UNKNOWN)
    has_form = told["may_be_accepted"] or found.state in open_ones
    may_work = allows(request.user, Right.WORK_CONTACTS) and has_form
    sections = [
        Section(figures, lead=with_title(found.reason, found.asset, assets), layout="figures"),
        *([Section([forms], "What to do")] if may_work else []),
        Section([frame], f"What {title} reads"),
        Section(
            [Table("Facts used", fact_columns, facts, empty=Empty("Facts used.", "None yet."), stacks=True)],
            "What it rests on",
        ),
        Section([Table("Receipts", columns, receipts, empty=nothing, stacks=True)], "What became of it"),
    ]
    trail = [("Outbox", reverse("contacts")), (title, reverse("customer", args=[found.customer_id]))]
    return answer(
        request,
        Page(
            f"What became of “{assets.get(found.asset, found.asset)}” to {title} by {found.medium}?",
            sections,
            trail=trail,
            dated=False,
        ),
    )


@needs(Right.READ)
def left_out(request: HttpRequest) -> HttpResponse:
    """Everybody whom the run planned no contact for, with the reason."""
    question = "Who is not contacted, and why?"
    run = shown_run(asked_day(request))
    if run is None:
        nothing = Empty("Reasons by customer.", "No run has been published yet.", "Runs", reverse("runs"))
        return answer(request, Page(question, [Section([nothing])]))
    found = LeftOut.objects.filter(run_id=run.pk)
    code = asked_text(request, "reason")
    counted = found.values("reason_code").annotate(many=Count("pk")).order_by("-many", "reason_code")
    summary = [
        Row([reason_title(row["reason_code"]), row["many"]], f"?{urlencode({'reason': row['reason_code']})}")
        for row in counted
    ]
    columns = [Column("reason", "Reason"), Column("many", "Customers", "number")]
    sections = [
        Section(
            [Table("Reasons", columns, summary, empty=Empty("Reasons.", "The run shown left nobody out."))]
        ),
        Section([_names(request, found.filter(reason_code=code) if code else found, code)], "Who?"),
    ]
    return answer(request, Page(question, sections))


def _names(request: HttpRequest, found: QuerySet[LeftOut], code: str) -> Component:
    page: Slice[LeftOut] = Slice(request, found, ("reason_code",), "reason_code")
    titles, assets = people.titles(item.customer_id for item in page.rows), asset_titles()
    rows = [
        Row(
            [
                titles.get(item.customer_id, ""),
                assets.get(item.asset, item.asset or "none"),
                reason_title(item.reason_code),
                with_title(item.reason, item.asset, assets),
            ],
            reverse("customer", args=[item.customer_id]),
        )
        for item in page.rows
    ]
    columns = [
        Column("customer", "Customer"),
        Column("asset", "Asset"),
        Column("reason_code", "Reason", sortable=True),
        Column("reason", "In words"),
    ]
    chips = [Chip("because", reason_title(code), reverse("left_out"))] if code else []
    return Table(
        "Left out", columns, rows, page.sort, Filters(f"{found.count():,} customers", chips),
        next_url=page.next_url, previous_url=page.first_url,
        empty=Empty("Customers left out.", "Nobody."), stacks=True,
    )  # fmt: skip


@needs(Right.READ)
def tasks(request: HttpRequest) -> HttpResponse:
    """Calls to make, the next sentence to say in each."""
    found = list(
        Task.objects.filter(state=Task.State.OPEN).select_related("contact").order_by("due_on", "pk")[:20]
    )
    titles, assets = people.titles(task.contact.customer_id for task in found), asset_titles()
    cards = [
        render_to_string(
            "dashboards/task.html",
            {
                "task": task,
                "title": titles.get(task.contact.customer_id, ""),
                "asset": assets.get(task.contact.asset, task.contact.asset),
                "may_work": allows(request.user, Right.WORK_CONTACTS),
            },
            request=request,
        )
        for task in found
    ]
    nothing = Empty(
        "Calls to make, with what to say.", "None is open.", "See the outbox", reverse("contacts")
    )
    lead = (
        f"{Task.objects.filter(state=Task.State.OPEN).count():,} open; the twenty promised earliest are here."
    )
    return answer(request, Page("Whom do you call today?", [Section(cards or [nothing])], lead, dated=False))
