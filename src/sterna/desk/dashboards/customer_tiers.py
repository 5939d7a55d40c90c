"""A customer's tiers in every scheme: what keeps them there, what is missing until when, and what a person said."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from sterna.desk.customers.models import Customer
from sterna.desk.customers.queries import cluster_ids
from sterna.desk.dashboards import tier_words
from sterna.desk.dashboards.page import Section
from sterna.desk.dashboards.parts import EndOverride, token
from sterna.desk.dashboards.queries import places
from sterna.desk.runs.models import Run
from sterna.desk.segments.models import Move
from sterna.desk.segments.tier_forms import places_to_say
from sterna.desk.segments.tier_queries import overrides_in_force
from sterna.desk.users.access import Right, allows
from sterna.desk.web.components import Column, Component, Empty, Row, Table, Tier
from sterna.desk.web.formats import day, money_exact

Item = Component | SafeString


def section(request: HttpRequest, customer: Customer, run: Run | None) -> list[Section]:
    """Where the run put them in each scheme and why, what a person said of it, and the form to say it."""
    moves = (
        {move.scheme: move for move in Move.objects.filter(run_id=run.pk, customer=customer)} if run else {}
    )
    items: list[Item] = []
    if run and moves:
        items.append(_table(run, moves))
    items += _said(request, customer)
    if allows(request.user, Right.MANAGE) and (choices := places_to_say()):
        context = {"customer": customer, "places": choices}
        items.append(SafeString(render_to_string("dashboards/override_form.html", context, request=request)))
    return [Section(items, "Which tiers do they hold, and why?")] if items else []


def _table(run: Run, moves: dict[str, Move]) -> Table:
    rows = []
    for terms in places.schemes(run):
        move = moves.get(terms["name"])
        if move is not None:
            shades, unit = places.shades(run, terms["name"]), places.unit(run, terms["name"])
            amount = "unknown" if move.to_amount is None else money_exact(move.to_amount)
            rows.append(
                Row(
                    [
                        terms["name"],
                        Tier(move.to_place, shades.get(move.to_place)),
                        f"{amount} {unit or ''}".strip(),
                        _why(move, unit),
                    ]
                )
            )
    columns = [Column("scheme", "Scheme"), Column("tier", "Tier"), Column("by", "By"), Column("why", "Why")]
    return Table("Tiers held", columns, rows, stacks=True)


def _why(move: Move, unit: str | None) -> str:
    said = [tier_words.WAY.get(move.held_by, "the amount earns it")]
    if move.held_by:
        said.append(f"the amount earns {move.earned_place}")
    if move.missing is not None:
        said.append(f"{money_exact(move.missing)} {unit or ''}".strip() + " are missing")
    if move.hold_until:
        said.append(f"until {day(move.hold_until)}")
    return "; ".join(said)


def _said(request: HttpRequest, customer: Customer) -> list[Item]:
    found = list(overrides_in_force().filter(customer__in=cluster_ids(customer)).select_related("set_by"))
    if not found:
        return []
    manages = allows(request.user, Right.MANAGE)
    rows = [
        Row(
            [
                f"{one.get_kind_display()} at {one.place} in {one.scheme}",
                one.ends_on,
                one.reason,
                one.set_by.name if one.set_by else "Sterna",
                *([EndOverride(one.pk, token(request), f"{one.kind} at {one.place}")] if manages else []),
            ]
        )
        for one in found
    ]
    columns = [
        Column("what", "What was said"),
        Column("until", "Until", "day"),
        Column("why", "Why"),
        Column("who", "Said by"),
        *([Column("end", "End", "component")] if manages else []),
    ]
    nothing = Empty("Floors, ceilings and locks.", "None is in force.")
    return [Table("What we said of their tier", columns, rows, show_caption=True, stacks=True, empty=nothing)]
