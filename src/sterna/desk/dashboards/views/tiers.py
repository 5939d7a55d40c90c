"""The tier schemes: their bands, who is in them, what keeps somebody there, and their versions."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from sterna.desk.dashboards import tier_words
from sterna.desk.dashboards.context import asked_day
from sterna.desk.dashboards.page import Action, Page, Section, answer
from sterna.desk.dashboards.queries import places
from sterna.desk.dashboards.queries.current import shown_run
from sterna.desk.dashboards.views.places import no_run
from sterna.desk.runs.models import Run
from sterna.desk.segments.models import Definition
from sterna.desk.segments.tier_queries import (
    measure_words,
    newest_schemes,
    retired,
    scheme_versions,
    schemes_in_force,
)
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.web.components import Column, Component, Empty, Row, Table, Tier
from sterna.desk.web.formats import decimal, percent
from sterna.engine.segments import scheme_of

QUESTION = "Which tiers are there, and who is in them?"


@needs(Right.READ)
def tiers(request: HttpRequest) -> HttpResponse:
    """The bands of each scheme, who is in them, what keeps somebody there, and where they were cut."""
    run, manages = shown_run(asked_day(request)), allows(request.user, Right.MANAGE)
    action = Action("New scheme", reverse("tier_new")) if manages else None
    if run is None and not schemes_in_force():
        return no_run(QUESTION, "The tiers with their bands.", request)
    placed = places.schemes(run) if run else []
    sections = [Section([tier_words.pages(reverse("tiers"))])]
    sections += [_scheme(run, terms) for terms in placed] if run else []
    sections += [
        _unplaced(one) for one in schemes_in_force() if one.name not in {terms["name"] for terms in placed}
    ]
    sections.append(Section(list(_versions(request, manages)), "Versions"))
    lead = (
        "The bands were cut on an earlier period than the one measured; moves of single customers still lean back to "
        "the middle by chance, so only a hold-out shows what a contact did."
    )
    said = f"{tier_words.said(placed[0])}. {lead}" if placed else lead
    return answer(request, Page(QUESTION, sections, said, action))


def _scheme(run: Run, terms: Mapping[str, Any]) -> Section:
    told = tier_words.holding(terms)
    found: list[Component | SafeString] = [*tier_words.held_back(run, terms["name"]), _bands(run, terms)]
    is_main = terms is run.brief["scheme"]
    return Section(
        found, "" if is_main else terms["name"], told if is_main else f"{tier_words.said(terms)}. {told}"
    )


def _unplaced(found: Definition) -> Section:
    """A scheme that the run shown did not place by."""
    terms = {**found.body, "version": found.version}
    why = "The run that is shown did not place by it: a newer run does, if its window fits the plan's."
    ladder = " · ".join(f"{band['place']} from {band['low']}" for band in found.body["bands"])
    return Section(
        [Empty(ladder, why)], found.name, f"{tier_words.said(terms)}. {tier_words.holding(found.body)}"
    )


def _bands(run: Run, terms: Mapping[str, Any]) -> Component:
    """The tiers of one scheme from the top down, then who is in none."""
    name, is_main = terms["name"], terms is run.brief["scheme"]
    standing = places.standing(run, name)
    low = tier_words.amount(run, name, "low", "From")
    digits = 0 if low.kind == "number" else 2
    rows = [
        Row(
            [
                Tier(place.name, place.shade),
                place.low,
                "and more" if place.high is None else f"to under {decimal(place.high, digits)}",
                *standing.get(place.name, (0, Decimal(0))),
            ],
            places.customers_in(place.name) if is_main else None,
        )
        for place in places.ladder(run, name)
    ]
    nothing = "no purchase in the window" if terms["measure"] == "spend" else "less, or unknown"
    for outside in places.OUTSIDE[:1]:
        rows.append(Row([Tier(outside, None), Decimal(0), nothing, *standing.get(outside, (0, Decimal(0)))]))
    words = measure_words(terms["measure"])
    columns = [
        Column("tier", "Tier"),
        low,
        Column("high", "To"),
        Column("customers", "Customers", "number"),
        tier_words.amount(run, name, "amount", words.capitalize()),
    ]
    return Table("Tiers" if is_main else f"Tiers of {name}", columns, rows, stacks=True)


def _versions(request: HttpRequest, manages: bool) -> Iterator[Component | SafeString]:
    """Every version of every scheme, and for managers the way to a new one and out of force."""
    gone = retired()
    for number, newest in enumerate(newest_schemes()):
        name = newest.name
        href = reverse("tier_edit", args=[name])
        rows = [
            Row([found.version, found.created_at, found.sha256[:12], _cut_on(found), _holds(found)], href)
            for found in scheme_versions(name)
        ]
        columns = [
            Column("version", "Version", "number"),
            Column("created", "Made", "instant"),
            Column("sha", "Proof"),
            Column("cut", "Cut on"),
            Column("holding", "What keeps a tier"),
        ]
        caption = f"Versions of {name}{', retired' if name in gone else ''}"
        yield Table(caption, columns, rows, show_caption=True, stacks=True)
        if manages:
            context = {"name": name, "number": number, "retired": name in gone}
            yield SafeString(render_to_string("dashboards/tier_retire.html", context, request=request))


def _holds(found: Definition) -> str:
    limit = scheme_of(found.body).change_limit
    told = tier_words.holding(found.body)
    return told if limit is None else f"{told} A run that would move more than {percent(float(limit))} waits."


def _cut_on(found: Definition) -> str:
    """The period that the edges were cut on, as the definition keeps it."""
    cut = found.body.get("cut") or {}
    if "until" in cut:
        return f"{cut['from']} to {cut['until']}, {cut['buyers']} buyers"
    return cut.get("edges", "given by hand")
