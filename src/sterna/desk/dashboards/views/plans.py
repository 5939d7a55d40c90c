"""Plans: the list, and one plan as a page with its findings."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from sterna.desk.dashboards.context import asked_day
from sterna.desk.dashboards.customer_served import Item, html
from sterna.desk.dashboards.page import Action, Page, Section, answer
from sterna.desk.dashboards.parts import Share
from sterna.desk.dashboards.plan_best import best_reached
from sterna.desk.dashboards.plan_picture import plan_picture
from sterna.desk.dashboards.queries import goals, places
from sterna.desk.dashboards.queries.current import shown_run
from sterna.desk.dashboards.roadmap_picture import Files, roadmap_picture
from sterna.desk.dashboards.views.plan_progress import progress
from sterna.desk.plans.models import Finding, Plan
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.web.components import Column, Component, Empty, Number, Row, Table, Tier
from sterna.engine.plans import of_body

_GRAVE_FIRST = {"error": 0, "warning": 1, "note": 2}


@needs(Right.READ)
def plan_list(request: HttpRequest) -> HttpResponse:
    """Every version of every plan."""
    rows = [
        Row(
            [
                plan.title,
                plan.version,
                plan.get_state_display(),
                plan.opens_on,
                plan.closes_on,
                plan.findings.count(),
            ],
            reverse("plan", args=[plan.pk]),
        )
        for plan in Plan.objects.prefetch_related("findings")
    ]
    columns = [
        Column("plan", "Plan"),
        Column("version", "Version", "number"),
        Column("state", "State"),
        Column("opens", "Opens", "day"),
        Column("closes", "Closes", "day"),
        Column("findings", "Findings", "number"),
    ]
    nothing = Empty(
        "Migration plans.", "None has been written: write one, or load a file by `sterna plan load FILE`."
    )
    sections = [Section([Table("Plans", columns, rows, empty=nothing, stacks=True)])]
    write = Action("Write a plan", reverse("plan_new")) if allows(request.user, Right.MANAGE) else None
    return answer(request, Page("What is planned?", sections, action=write, dated=False))


@needs(Right.READ)
def plan(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One version of a plan: goals, assets, exchanges, touchpoints, findings, and how far it has come."""
    found = get_object_or_404(Plan.objects.select_related("definition", "launched_by"), pk=pk)
    body = found.definition.body
    sections = [
        Section(list(_figures(found, body)), layout="figures"),
        Section([_links(request, found)]),
        Section([_findings(found)], "What does the check say?"),
        *progress(request, found),
        Section([_goals(request, body), _audiences(request, body)], "Who shall move?"),
        *best_reached(found, shown_run(asked_day(request))),
        Section([plan_picture(body)], "How does it get there?"),
        *_roadmap(found, body),
        Section([_assets(body)], "By what?"),
        Section([_exchanges(body), _touchpoints(body)], "In exchange for what, and where?"),
    ]
    lead = f"Version {found.version}, {found.get_state_display().lower()}; {found.opens_on} to {found.closes_on}."
    title, trail = f"{found.title}: will it move them?", [("Plans", reverse("plan_list"))]
    may = allows(request.user, Right.MANAGE)
    write = Action("Write the next version", reverse("plan_next", args=[pk])) if may else None
    return answer(request, Page(title, sections, lead, write, trail))


def _links(request: HttpRequest, found: Plan) -> Item:
    labels = {
        "plan_forecast": "What is to be expected of it",
        "plan_behavior": "What customers do",
        "plan_changes": "What it would change",
        "plan_slots": "What customers read",
        "plan_document": "Read as a document",
        "plan_paper": "The same as PDF",
    }
    if allows(request.user, Right.MANAGE):
        labels["plan_roadmap"] = "Change the roadmap"
    links = [{"url": reverse(name, args=[found.pk]), "label": label} for name, label in labels.items()]
    return html("plan_links", request, links=links)


def _roadmap(found: Plan, body: Mapping[str, Any]) -> Iterator[Section]:
    files = Files(*(reverse("plan_roadmap_file", args=[found.pk, ending]) for ending in ("svg", "png")))
    picture = roadmap_picture(of_body(dict(body)).plan, files)
    if picture is not None:
        yield Section([picture], "Where do they go from one touchpoint to the next?")


def _figures(found: Plan, body: Mapping[str, Any]) -> Iterator[Component]:
    wanted = sum(goal["customers"] for goal in body["goals"])
    yield Number("Customers to move", wanted, note=f"{len(body['goals'])} goals")
    yield Number(
        "Budget", _amount(body["budget"]), "money_exact", body["currency"], note=f"owner {body['owner']}"
    )
    share = float(body["hold_out"]["share"])
    yield Number("Held out", share, "percent", note="left alone, so that the effect shows")
    if found.launched_by:
        yield Number(
            "Launched by", found.launched_by.name, "text", note=f"{found.launched_at:%Y-%m-%d %H:%M} UTC"
        )


def _amount(written: object) -> Decimal | None:
    """An amount of a stored plan, in which it is text; None where a draft does not give it."""
    return None if written is None else Decimal(str(written))


def _findings(found: Plan) -> Component:
    ordered = sorted(
        Finding.objects.filter(plan=found),
        key=lambda item: (_GRAVE_FIRST[item.severity], item.line or 0, item.code),
    )
    rows = [
        Row([item.severity.capitalize(), item.code, item.where, item.line or "", item.message, item.mend])
        for item in ordered
    ]
    columns = [
        Column("severity", "How grave"),
        Column("code", "Code"),
        Column("where", "Where"),
        Column("line", "Line"),
        Column("message", "What"),
        Column("mend", "What would mend it"),
    ]
    nothing = Empty("Findings of the check.", "None: the plan is in order.")
    return Table("Findings", columns, rows, empty=nothing, stacks=True)


def _goals(request: HttpRequest, body: Mapping[str, Any]) -> Component:
    run = shown_run(asked_day(request))
    moved = {item.goal: item for item in goals.progress(run)} if run else {}
    rows = []
    for goal, move in _moves(request, body):
        done = moved.get(goal["id"])
        rows.append(
            Row(
                [
                    *move,
                    goal["customers"],
                    done.moved if done else None,
                    Share(done.share, f"{goal['id']}: {done.moved:,} of {done.wanted:,}") if done else None,
                    str(goal["by"]),
                    goal["owner"],
                ]
            )
        )
    columns = [
        *_MOVE,
        Column("customers", "Wanted", "number"),
        Column("moved", "Moved so far", "number"),
        Column("share", "Of the goal", "component"),
        Column("by", "By", "day"),
        Column("owner", "Owner"),
    ]
    return Table("How far they are", columns, rows, show_caption=True, stacks=True)


def _audiences(request: HttpRequest, body: Mapping[str, Any]) -> Component:
    rows = [
        Row([*move, goal["audience"], goal["response"], _amount(goal["value_of_response"])])
        for goal, move in _moves(request, body)
    ]
    columns = [
        *_MOVE,
        Column("audience", "Audience"),
        Column("response", "Response wanted"),
        Column("value", "Value of a response", "money", unit=body["currency"]),
    ]
    return Table("Of whom, and by what response", columns, rows, show_caption=True, stacks=True)


_MOVE = (Column("from", "From"), Column("to", "To"))


def _moves(request: HttpRequest, body: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], list[Tier]]]:
    """Each goal with the two places of its move, in the shades of the shown run."""
    run = shown_run(asked_day(request))
    shades = places.shades(run) if run else {}
    for goal in body["goals"]:
        yield goal, [Tier(goal[end], shades.get(goal[end])) for end in ("from", "to")]


def _assets(body: Mapping[str, Any]) -> Component:
    rows = [
        Row(
            [
                asset["title"],
                asset["kind"],
                asset["purpose"],
                ", ".join(asset["goals"]),
                f"{asset['behavior']['metric']}: {asset['behavior']['baseline']} to {asset['behavior']['target']}",
                ", ".join(route["medium"] for route in asset["routes"]),
                _amount(asset["unit_cost"]),
                asset["owner"],
            ]
        )
        for asset in body["assets"]
    ]
    columns = [
        Column("asset", "Asset"),
        Column("kind", "Kind"),
        Column("purpose", "Purpose"),
        Column("goals", "For"),
        Column("behavior", "Behavior it shall change"),
        Column("media", "Through"),
        Column("cost", "Unit cost", "money", unit=body["currency"]),
        Column("owner", "Owner"),
    ]
    return Table("Assets", columns, rows, stacks=True)


def _exchanges(body: Mapping[str, Any]) -> Component:
    rows = [Row([item["id"], item["kind"], item["give"], item["get"]]) for item in body["exchanges"]]
    columns = [
        Column("id", "Exchange"),
        Column("kind", "Kind"),
        Column("give", "The customer gives"),
        Column("get", "The customer gets"),
    ]
    return Table("Exchanges", columns, rows, show_caption=True, stacks=True)


def _touchpoints(body: Mapping[str, Any]) -> Component:
    rows = [
        Row(
            [
                item["title"],
                item["medium"],
                item["direction"],
                item["purpose"],
                item["owner"],
                _amount(item["cost"]),
            ]
        )
        for item in body["touchpoints"]
    ]
    columns = [
        Column("touchpoint", "Touchpoint"),
        Column("medium", "Medium"),
        Column("direction", "Direction"),
        Column("purpose", "Purpose"),
        Column("owner", "Owner"),
        Column("cost", "Cost", "money", unit=body["currency"]),
    ]
    return Table("Touchpoints", columns, rows, show_caption=True, stacks=True)
