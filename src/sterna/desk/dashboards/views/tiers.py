"""The tier schemes: their bands, who is in them, what keeps somebody there, and their versions."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse

from sterna.desk.dashboards import tier_words
from sterna.desk.dashboards.context import asked_day
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.queries import places
from sterna.desk.dashboards.queries.current import shown_run
from sterna.desk.dashboards.views.places import no_run
from sterna.desk.runs.models import Run
from sterna.desk.segments.models import Definition
from sterna.desk.segments.tier_queries import measure_words, scheme_versions
from sterna.desk.users.access import Right, needs
from sterna.desk.web.components import Column, ColumnKind, Component, Row, Table, Tier

QUESTION = "Which tiers are there, and who is in them?"


@needs(Right.READ)
def tiers(request: HttpRequest) -> HttpResponse:
    """The bands of each scheme, who is in them, and where they were cut."""
    run = shown_run(asked_day(request))
    if run is None:
        return no_run(QUESTION, "The tiers with their bands.", request)
    main, *others = places.schemes(run)
    lead = (
        f"{tier_words.said(main)}. "
        "The bands were cut on an earlier period than the one measured; moves of single customers still lean back to "
        "the middle by chance, so only a hold-out shows what a contact did."
    )
    sections = [
        Section([*tier_words.held_back(run, main["name"]), _bands(run, main)], "", tier_words.holding(main))
    ]
    for terms in others:
        found = [*tier_words.held_back(run, terms["name"]), _bands(run, terms)]
        told = f"{tier_words.said(terms)}. {tier_words.holding(terms)}"
        sections.append(Section(found, f"Which tiers of {terms['name']}?", told))
    versions = [_versions(terms["name"]) for terms in (main, *others)]
    return answer(request, Page(QUESTION, [*sections, Section(versions, "Versions")], lead))


def _bands(run: Run, terms: Mapping[str, Any]) -> Component:
    """The tiers of one scheme from the top down, then who is in none."""
    name, unit = terms["name"], places.unit(run, terms["name"])
    is_main, standing = terms is run.brief["scheme"], places.standing(run, name)
    rows = [
        Row(
            [
                Tier(place.name, place.shade),
                place.low,
                "and more" if place.high is None else f"to under {place.high:,.2f}",
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
    kind: ColumnKind = "money" if unit else "decimal"
    columns = [
        Column("tier", "Tier"),
        Column("low", "From", kind, unit=unit),
        Column("high", "To"),
        Column("customers", "Customers", "number"),
        Column("amount", words.capitalize(), kind, unit=unit),
    ]
    return Table("Tiers" if is_main else f"Tiers of {name}", columns, rows)


def _versions(name: str) -> Component:
    rows = [
        Row([found.version, found.created_at, found.sha256[:12], _cut_on(found)])
        for found in scheme_versions(name)
    ]
    columns = [
        Column("version", "Version", "number"),
        Column("created", "Made", "instant"),
        Column("sha", "Proof"),
        Column("cut", "Cut on"),
    ]
    return Table(f"Versions of {name}", columns, rows, show_caption=True)


def _cut_on(found: Definition) -> str:
    """The period that the edges were cut on, as the definition keeps it."""
    cut = found.body.get("cut") or {}
    if "until" in cut:
        return f"{cut['from']} to {cut['until']}, {cut['buyers']} buyers"
    return cut.get("edges", "given by hand")
