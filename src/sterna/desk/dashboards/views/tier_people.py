"""Customers whose tier is not what their amount says: who is at risk of losing it, and what a person said of whom."""

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from sterna.desk.dashboards import tier_words
from sterna.desk.dashboards.context import asked_day, asked_text
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.paging import Slice
from sterna.desk.dashboards.parts import EndOverride, token
from sterna.desk.dashboards.queries import people, places
from sterna.desk.dashboards.queries.current import shown_run
from sterna.desk.dashboards.views.places import no_run
from sterna.desk.runs.models import Run
from sterna.desk.segments.models import Move, Override
from sterna.desk.segments.tier_queries import measure_words, overrides_in_force
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.web.components import (
    Column,
    Component,
    Empty,
    Filters,
    Row,
    Table,
    Tier,
    Unknown,
)
from sterna.desk.web.formats import day

RISK = "Who is about to lose a tier?"
AT_RISK = ("grace", "minimum hold", "low water", "one down")


@needs(Right.READ)
def tier_risk(request: HttpRequest) -> HttpResponse:
    """Who holds a tier that the amount does not earn any more, what is missing, and until when."""
    run = shown_run(asked_day(request))
    if run is None:
        return no_run(RISK, "Customers in grace or below the edge of their tier.", request)
    asked = asked_text(request, "scheme") or None
    terms = places.terms(run, asked)
    found = places.moves(run, asked).filter(held_by__in=AT_RISK)
    items: list[Component | SafeString] = [
        tier_words.pages(reverse("tier_risk")),
        *tier_words.choices(run, terms["name"], reverse("tier_risk")),
        _risk(request, run, terms["name"], found),
    ]
    lead = (
        f"{tier_words.said(terms)}. {tier_words.holding(terms)} Missing is what would earn the tier again within the "
        "window."
    )
    return answer(request, Page(RISK, [Section(items)], lead, trail=[("Tiers", reverse("tiers"))]))


def _risk(request: HttpRequest, run: Run, scheme: str, found: QuerySet[Move]) -> Table:
    page: Slice[Move] = Slice(request, found, ("missing", "to_amount"), "-to_amount")
    titles, shades = people.titles(move.customer_id for move in page.rows), places.shades(run, scheme)
    rows = [
        Row(
            [
                titles.get(move.customer_id, ""),
                Tier(move.to_place, shades.get(move.to_place)),
                Tier(move.earned_place, shades.get(move.earned_place)),
                move.to_amount,
                Unknown("a known amount") if move.missing is None else move.missing,
                tier_words.WAY[move.held_by],
                day(move.hold_until) if move.hold_until else "while it lasts",
            ],
            reverse("customer", args=[move.customer_id]),
        )
        for move in page.rows
    ]
    what = measure_words(places.terms(run, scheme)["measure"]).capitalize()
    columns = [
        Column("customer", "Customer"),
        Column("tier", "Holds"),
        Column("earned", "Earns"),
        tier_words.amount(run, scheme, "to_amount", what, True),
        tier_words.amount(run, scheme, "missing", "Missing", True),
        Column("why", "Why still there"),
        Column("until", "Until"),
    ]
    nothing = Empty(
        "Customers who hold a tier that they no longer earn.", "Everybody earns the tier they hold."
    )
    return Table(
        "At risk", columns, rows, page.sort, Filters(f"{found.count():,} customers", []), next_url=page.next_url,
        previous_url=page.first_url, empty=nothing, stacks=True,
    )  # fmt: skip


@needs(Right.READ)
def tier_overrides(request: HttpRequest) -> HttpResponse:
    """What persons said of customers' tiers, with why and until when."""
    question, manages = "Whose tier did we decide ourselves?", allows(request.user, Right.MANAGE)
    found = overrides_in_force().select_related("set_by").order_by("ends_on", "pk")[:500]
    titles = people.titles(one.customer_id for one in found)
    rows = [
        Row(
            [
                titles.get(one.customer_id, ""),
                one.scheme,
                f"{one.get_kind_display()} at {one.place}",
                one.begins_on,
                one.ends_on,
                one.reason,
                one.set_by.name if one.set_by else "Sterna",
                *([_ending(request, one)] if manages else []),
            ],
            reverse("customer", args=[one.customer_id]),
        )
        for one in found
    ]
    columns = [
        Column("customer", "Customer"),
        Column("scheme", "Scheme"),
        Column("what", "What"),
        Column("from", "From", "day"),
        Column("until", "Until", "day"),
        Column("why", "Why"),
        Column("who", "Said by"),
        *([Column("end", "End", "component")] if manages else []),
    ]
    nothing = Empty(
        "Floors, ceilings and locks that a person set.",
        "None is in force.",
        "Find a customer",
        reverse("customers"),
    )
    table = Table("Overrides", columns, rows, empty=nothing, stacks=True)
    lead = (
        "A lock leads over a floor or a ceiling, these over the terms of the scheme, and those over the amount. One is "
        "set on the customer's page."
    )
    items: list[Component | SafeString] = [tier_words.pages(reverse("tier_overrides")), table]
    return answer(
        request, Page(question, [Section(items)], lead, trail=[("Tiers", reverse("tiers"))], dated=False)
    )


def _ending(request: HttpRequest, one: Override) -> EndOverride:
    return EndOverride(one.pk, token(request), f"{one.kind} at {one.place}")
