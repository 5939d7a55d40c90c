"""Customers: the list, the search over everything, and one customer's page."""

from collections.abc import Sequence
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse

from sterna.desk.customers.models import Customer
from sterna.desk.dashboards.context import asked_day, asked_text
from sterna.desk.dashboards.customer_page import customer_page
from sterna.desk.dashboards.measured import kind
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.paging import Slice
from sterna.desk.dashboards.queries import finding, people, places
from sterna.desk.dashboards.queries.current import shown_run
from sterna.desk.plans.models import Plan
from sterna.desk.runs.models import Run
from sterna.desk.users.access import Right, needs
from sterna.desk.values.models import Worth
from sterna.desk.web.components import Chip, Column, ColumnKind, Empty, FigureKind, Filters, Row, Table, Tier
from sterna.engine.value.catalogue import BY_NAME, Measure

# Every measure is a column to sort by: of a million rows the first fifty take about a second where no index has them.
_SORTABLE = tuple(BY_NAME)
_SHOWN = ("spend", "orders", "recency_days", "breadth", "expected_spend", "headroom")
# What a column is called where the measure's title is too long for a heading.
_SHORT = {"recency_days": "Recency, days", "breadth": "Breadth", "expected_spend": "To come"}


@needs(Right.READ)
def customers(request: HttpRequest) -> HttpResponse:
    """Every customer with what they give and could give; filtered by tier, ordered by any figure."""
    run = shown_run(asked_day(request))
    if run is None:
        nothing = Empty(
            "Every customer with value and tier.", "No run has been published yet.", "Runs", reverse("runs")
        )
        return answer(request, Page("Who are your customers?", [Section([nothing])]))
    shown = [*(place.name for place in places.ladder(run)), "none"]
    choices = [(name, places.customers_in(name)) for name in shown]
    chosen = {"choices": choices, "chosen": asked_text(request, "tier")}
    table = _list(request, run)
    lead = "What each gives now, what 26 weeks should bring, and the room that customers alike show."
    return answer(
        request,
        Page(
            "Who are your customers?",
            [Section([render_to_string("dashboards/choices.html", chosen), table])],
            lead,
        ),
    )


def _list(request: HttpRequest, run: Run) -> Table:
    tier = asked_text(request, "tier")
    rows = people.worths(run)
    counted = {name: people for name, (people, _) in places.standing(run).items() if not tier or name == tier}
    if tier:
        rows = rows.filter(places.standing_in(run, tier))
    # A tier is one stretch of the order by spend; in any other its customers stand anywhere.
    by_spend = request.GET.get("sort", "spend").removeprefix("-") == "spend"
    stretch = by_spend and tier not in places.OUTSIDE and not run.summary.get("held")
    page = Slice(request, rows, _SORTABLE, "-spend", gathered=bool(tier) and not stretch)
    by = page.sort.removeprefix("-")
    # A column more than these would press the names together.
    shown = list(_SHOWN) if by in _SHOWN else [by, *(name for name in _SHOWN if name != "breadth")]
    chips = [Chip("in tier", tier, reverse("customers"))] if tier else []
    currency = run.brief["currency"]
    return Table(
        "Customers",
        [
            Column("customer", "Customer"),
            Column("tier", "Tier"),
            *(_column(BY_NAME[name], currency) for name in shown),
        ],
        _rows(run, page.rows, shown),
        sort=page.sort,
        filters=Filters(f"{sum(counted.values()):,} customers", chips),
        next_url=page.next_url,
        previous_url=page.first_url,
        empty=Empty("Customers.", "None fits the filter.", "All customers", reverse("customers")),
        stacks=True,
    )


def _column(measure: Measure, currency: str) -> Column:
    """The column of a measure; what is no count and no money is written in words of its own."""
    label = _SHORT.get(measure.name, measure.title)
    kinds: dict[FigureKind, ColumnKind] = {"money": "money", "count": "number", "percent": "percent"}
    unit = currency if measure.unit == "money" else None
    return Column(measure.name, label, kinds.get(kind(measure), "decimal"), True, unit)


def _rows(run: Run, worths: list[Worth], shown: Sequence[str]) -> list[Row]:
    ids = [worth.customer_id for worth in worths]
    titles, shades = people.titles(ids), places.shades(run)
    tiers = dict(places.moves(run).filter(customer__in=ids).values_list("customer_id", "to_place"))
    return [
        Row(
            [
                titles.get(worth.customer_id, str(worth.customer_id)),
                Tier(tiers.get(worth.customer_id, "none"), shades.get(tiers.get(worth.customer_id, "none"))),
                *(getattr(worth, name) for name in shown),
            ],
            reverse("customer", args=[worth.customer_id]),
        )
        for worth in worths
    ]


@needs(Right.READ)
def customer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One customer's page; a merged customer's old address leads to the one who remains."""
    found = get_object_or_404(Customer, pk=pk)
    if found.redirects_to_id:
        return redirect("customer", pk=found.redirects_to_id)
    return answer(request, customer_page(request, found, shown_run(asked_day(request))))


@needs(Right.READ)
def search(request: HttpRequest) -> HttpResponse:
    """Customers and plans that are called what was typed; a single customer opens at once."""
    text, after = asked_text(request, "q"), asked_text(request, "after")
    hits = finding.find(text, after)
    if len(hits.customers) == 1 and not after:
        return redirect("customer", pk=hits.customers[0].pk)
    titles = people.titles(hit.pk for hit in hits.customers)
    rows = [Row([titles[hit.pk], "Customer"], reverse("customer", args=[hit.pk])) for hit in hits.customers]
    for plan in Plan.objects.filter(title__icontains=text)[:5] if text and not after else []:
        rows.append(Row([plan.title, "Plan"], reverse("plan", args=[plan.pk])))
    table = Table(
        "Found",
        [Column("name", "Name"), Column("kind", "What it is")],
        rows,
        shown=finding.TOO_MANY if hits.cut else None,
        next_url=f"?{urlencode({'q': text, 'after': hits.after})}" if hits.after else None,
        previous_url=f"?{urlencode({'q': text})}" if after else None,
        empty=_nobody(text),
    )
    question = f"What is called “{text}”?" if text else "What are you looking for?"
    return answer(request, Page(question, [Section([table])], dated=False))


def _nobody(text: str) -> Empty:
    where = "in the search above: a number, part of a name, an e-mail address, the end of a phone number, or an id."
    why = f"Nothing is called “{text}”. Type a shorter beginning {where}" if text else f"Type {where}"
    return Empty("Customers and plans.", why, "All customers", reverse("customers"))
