"""Privacy: what is kept of one person and how it is handed out or erased, and the receipts of who was erased."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from sterna.desk.contacts.models import Contact
from sterna.desk.customers import queries
from sterna.desk.customers.actions.exporting import BY_STAFF
from sterna.desk.customers.models import Customer, Erasure, Fact, SourceRecord
from sterna.desk.dashboards.customer_served import Item, html
from sterna.desk.dashboards.page import Action, Page, Section, answer
from sterna.desk.dashboards.paging import Slice
from sterna.desk.dashboards.queries import people
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.web.components import Column, Empty, Number, Progress, Row, Table

_NOT_YOU = "Who may administer Sterna can do this; ask one of them. Settings tell who they are."


@needs(Right.READ)
def customer_privacy(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What is kept of one person, with the forms that hand it out and erase it for those who may."""
    customer = get_object_or_404(Customer, pk=pk)
    if customer.redirects_to_id:
        return redirect("customer_privacy", customer.redirects_to_id)
    title = people.titles([pk])[pk]
    records = list(SourceRecord.objects.filter(customer=customer).order_by("sequence"))
    may = allows(request.user, Right.ADMINISTER)
    export: Item = Empty("Everything that is kept, as one archive.", _NOT_YOU)
    erase: Item = Empty("Erasing everything that is kept, for good.", _NOT_YOU)
    if may:
        sample = records[0].value if records else str(pk)
        export = html("export_form", request, customer=customer, most=BY_STAFF)
        erase = html("erase_form", request, customer=customer, sample=sample)
    sections = [
        Section([_kept(customer, records)], "What is kept?"),
        Section([export], "Hand it out"),
        Section([erase], "Erase it"),
    ]
    trail = [("Customers", reverse("customers")), (title, reverse("customer", args=[pk]))]
    receipts = Action("See who was erased", reverse("erasures"), "shield-check")
    return answer(
        request, Page(f"What is kept of {title}?", sections, action=receipts, trail=trail, dated=False)
    )


def _kept(customer: Customer, records: list[SourceRecord]) -> Table:
    ids = queries.cluster_ids(customer)
    counts = {
        "Identifiers": (len(records), ", ".join(people.called(record) for record in records[:5])),
        "Ids that lead here": (len(ids) - 1, "of customers that became part of this one"),
        "Facts": (
            Fact.objects.filter(source_record__in=records).count(),
            "said or inferred, those that were taken back too",
        ),
        "Words for or against contact": (len(queries.words(customer)), "with source, wording and day"),
        "Addresses": (len(queries.addresses(customer)), "by which media reach this person"),
        "Notes": (queries.notes(customer).count(), "of contacts with staff"),
        "Requests": (queries.requests(customer).count(), "and what became of them"),
        "Contacts": (Contact.objects.filter(customer__in=ids).count(), "with reason and text"),
    }
    rows = [Row([what, number, words]) for what, (number, words) in counts.items()]
    heads = [Column("what", "What"), Column("number", "How many", "number"), Column("words", "Which")]
    shown = "Purchases and events are in the lake; the archive has them too."
    return Table("What is kept", heads, rows, stacks=True, shown=shown)


@needs(Right.READ)
def erasures(request: HttpRequest) -> HttpResponse:
    """Everybody's erasure, the newest first; none of them tells who it was."""
    page = Slice(request, Erasure.objects.select_related("requested_by"), ("requested_at",), "-requested_at")
    rows = [
        Row(
            [
                one.requested_at,
                one.requested_by.name if one.requested_by else "the command line",
                one.get_state_display(),
                one.done_at or "not yet",
                one.suppressed,
            ],
            reverse("erasure", args=[one.pk]),
        )
        for one in page.rows
    ]
    heads = [
        Column("requested_at", "Begun", "instant", True),
        Column("by", "By"),
        Column("state", "State"),
        Column("done", "Done", "instant"),
        Column("hashes", "Not taken in again, identifiers", "number"),
    ]
    nothing = Empty(
        "A receipt for every person who was erased.",
        "Nobody was yet. An administrator erases somebody from “Export or erase” on their page.",
        "Customers",
        reverse("customers"),
    )
    table = Table(
        "Erasures", heads, rows, page.sort, next_url=page.next_url, previous_url=page.first_url,
        empty=nothing, stacks=True,
    )  # fmt: skip
    return answer(request, Page("Who was erased?", [Section([table])], dated=False))


@needs(Right.READ)
def erasure(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The receipt of one erasure: each place and how much was done there; while it goes on, how far it is."""
    found = get_object_or_404(Erasure, pk=pk)
    done = len(found.steps)
    running = found.state == Erasure.State.RUNNING
    progress = Progress("Erasing, place by place", done, poll_url=f"?seen={done}", noun="places")
    if request.headers.get("HX-Request") == "true":
        polled = render(request, "web/components/progress.html", {"item": progress})
        if not running or request.GET.get("seen") != str(done):
            polled["HX-Refresh"] = "true"
        return polled
    figures = [
        Number("Identifiers that are not taken in again", found.suppressed),
        Number("Identifiers that are somebody else's too", found.shared, note="and are taken in as before"),
    ]
    sections = [Section(figures, layout="figures"), Section([_places(found)], "What was removed, and where?")]
    if running:
        sections.insert(0, Section([progress]))
    ended = (
        f"done {found.done_at:%Y-%m-%d %H:%M} UTC"
        if found.done_at
        else "going on: a worker finishes what was begun"
    )
    lead = f"Receipt {found.pk}: asked for {found.requested_at:%Y-%m-%d %H:%M} UTC, {ended}."
    question = "What is being erased?" if running else "What was erased?"
    trail = [("Erasures", reverse("erasures"))]
    return answer(request, Page(question, sections, lead, trail=trail, dated=False))


def _places(found: Erasure) -> Table:
    counts: dict[tuple[str, str], int] = {}
    for where, how, number in (each for step in found.steps for each in step["erased"]):
        counts[where, how] = counts.get((where, how), 0) + number
    rows = [Row([where, number, how]) for (where, how), number in sorted(counts.items()) if number]
    heads = [Column("where", "Where"), Column("number", "How many", "number"), Column("how", "What was done")]
    shown = (
        "What stays: lines of the audit, with a pseudonym; counts and sums over many customers; backups made before, "
        "until they are thrown away: one that is restored erases this person again."
    )
    nothing = Empty("Each place, and how much was removed there.", "Nothing was found to remove.")
    return Table("Receipt", heads, rows, shown=shown, empty=nothing)
