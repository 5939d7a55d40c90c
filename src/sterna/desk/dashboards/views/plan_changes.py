"""What a new version of a plan would change, as a page to be looked at before it is signed and launched."""

from collections.abc import Iterator
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.queries.changes import Changes, Waiting, changes, version_before
from sterna.desk.plans.models import Plan
from sterna.desk.users.access import Right, needs
from sterna.desk.web.components import Column, Component, Empty, Row, Table

_HOW = {"new": "New", "gone": "Gone", "otherwise": "Otherwise"}
_WAITS = (
    "The next run decides anew what is due from its day on. What is due before still leaves, and what was handed over "
    "stands, its promises with it."
)


@needs(Right.READ)
def plan_changes(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What launching one version of a plan would change for customers, and in what."""
    plan = get_object_or_404(Plan.objects.select_related("definition"), pk=pk)
    question = f"{plan.title}: what would change?"
    trail = [("Plans", reverse("plan_list")), (plan.title, reverse("plan", args=[pk]))]
    other = version_before(plan)
    if other is None:
        why = f"No other version of {plan.name} was ever in force: all of it would be new."
        nothing = Empty("What differs from the version in force.", why)
        return answer(request, Page(question, [Section([nothing])], trail=trail, dated=False))
    found = changes(plan, other)
    state = "is in force" if other.state == Plan.State.LIVE else "was the last in force"
    arms = (
        "Customers are drawn anew into treated and held out: its hold-out has another salt or share."
        if found.draws_anew
        else "Its hold-out has the same salt and share, so everybody keeps their arm."
    )
    lead = f"Version {plan.version} beside version {other.version}, which {state}. {arms}"
    return answer(request, Page(question, list(_sections(found)), lead, trail=trail, dated=False))


def _sections(found: Changes) -> Iterator[Section]:
    yield Section([_places(found)], "Who is aimed at?")
    yield Section([_waiting(found)], "What waits to leave?", _WAITS)
    yield Section([_parts(found)], "What is otherwise in the plan?")


def _places(found: Changes) -> Component:
    rows = [
        Row(
            [
                place.name,
                place.customers,
                "; ".join(place.before) or "nothing",
                "; ".join(place.after) or "nothing",
                place.becomes[:1].upper() + place.becomes[1:],
            ]
        )
        for place in found.places
    ]
    columns = [
        Column("place", "Who stands in"),
        Column("customers", "Customers now", "number"),
        Column("before", f"Version {found.other.version} wants"),
        Column("after", "This one wants"),
        Column("becomes", "They are"),
    ]
    nothing = Empty("Whom either version is for.", "Neither has a goal.")
    return Table("Places", columns, rows, stacks=True, empty=nothing)


def _waiting(found: Changes) -> Component:
    rows = [
        Row(
            [
                one.asset,
                one.waiting,
                one.left,
                _becomes(one),
            ]
        )
        for one in found.waiting
    ]
    columns = [
        Column("asset", "Asset"),
        Column("waiting", "Wait to leave", "number"),
        Column("left", "Handed over or asked for", "number"),
        Column("become", "What waits is"),
    ]
    nothing = Empty(f"Contacts of version {found.other.version}.", "None waits, and none has left.")
    return Table("Contacts", columns, rows, stacks=True, empty=nothing)


def _becomes(one: Waiting) -> str:
    if not one.waiting:
        return "nothing waits"
    return "decided anew by the next run" if one.stays else "withdrawn by the next run: the asset is gone"


def _parts(found: Changes) -> Component:
    rows = [
        Row(
            [
                one.kind.replace("_", " "),
                one.part,
                _HOW[one.how],
                one.field.replace("_", " "),
                one.before,
                one.after,
            ]
        )
        for one in found.parts
    ]
    columns = [
        Column("kind", "Of"),
        Column("part", "Part"),
        Column("how", "Is"),
        Column("field", "In"),
        Column("before", f"In version {found.other.version}"),
        Column("after", "In this one"),
    ]
    nothing = Empty("What differs.", "Nothing but the number of the version.")
    return Table("Differences", columns, rows, stacks=True, empty=nothing)
