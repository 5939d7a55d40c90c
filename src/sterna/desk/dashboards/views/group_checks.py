"""Blind checks of how far staff agree: one is started, each judges alone, and closed it tells on whom they differ."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from sterna.desk.dashboards.customer_served import Item, html
from sterna.desk.dashboards.group_parts import MEANS, QUESTION
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.queries import people
from sterna.desk.segments import check_queries as queries
from sterna.desk.segments.check_queries import Found
from sterna.desk.segments.group_models import AgreementCheck
from sterna.desk.segments.group_queries import counts
from sterna.desk.users.access import Right, allows, needs, person
from sterna.desk.users.models import Role, User
from sterna.desk.web.components import Column, Component, Empty, Number, Provenance, Row, Table
from sterna.engine.segments.groups import GROUPS

_WORKS = (Role.STAFF, Role.MANAGER, Role.ADMINISTRATOR)
_ALPHA = Provenance(
    "Krippendorff's alpha of nominal data: 1 where all agree, 0 as by chance, below it where they differ more than "
    "chance would. Whom one alone judged tells nothing.",
    sql="1 - observed disagreement / disagreement by chance",
)
_KAPPA = Provenance(
    "Fleiss' kappa: the same question where everybody judged everybody, by another chance.",
    sql="(observed - expected) / (1 - expected)",
)


@needs(Right.READ)
def group_check_new(request: HttpRequest) -> HttpResponse:
    """The form that starts a check."""
    manages = allows(request.user, Right.MANAGE)
    staff = User.objects.filter(role__in=_WORKS, is_active=True).order_by("username")
    item: Item = (
        html("group_check_form", request, staff=staff, held=counts().items())
        if manages
        else Empty("A blind check.", "Those who may manage start one.")
    )
    lead = "Each is asked for the group of the same customers and sees no other answer before the check is closed."
    return answer(
        request,
        Page(
            "Do staff see the same?",
            [Section([item])],
            lead,
            trail=[(QUESTION, reverse("groups"))],
            dated=False,
        ),
    )


@needs(Right.READ)
def group_check(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One check: what waits for whoever looks, how far the others are, and once closed what it tells."""
    check = get_object_or_404(AgreementCheck, pk=pk)
    found = queries.found(check)
    sections = _told(found) if found else _asking(request, check)
    by = f"Started by {check.opened_by.name}"
    lead = f"{by}, closed by {check.closed_by.name}." if check.closed_by else f"{by}; open."
    trail = [(QUESTION, reverse("groups"))]
    return answer(
        request, Page(f"{check.title}: do staff see the same?", sections, lead, trail=trail, dated=False)
    )


def _asking(request: HttpRequest, check: AgreementCheck) -> list[Section]:
    waiting = queries.unanswered(check, person(request))
    titles = people.titles([one.customer_id for one in waiting])
    asked = [(one, titles[one.customer_id]) for one in waiting]
    first: Item = html("group_answer", request, asked=asked, groups=[(one, MEANS[one]) for one in GROUPS])
    if not waiting:
        first = Empty("The customers whom you are asked about.", "None waits for you.")
    number = check.customers.count()
    rows = [Row([name, given, number - given]) for name, given in queries.progress(check)]
    columns = [Column("who", "Who"), Column("given", "Answered", "number"), Column("left", "Left", "number")]
    items: list[Item] = [Table("Answers", columns, rows)]
    if allows(request.user, Right.MANAGE):
        items.append(html("group_check_close", request, check=check))
    return [
        Section(
            [first], "In which group do you see them?", "Say what you think now: an answer is given once."
        ),
        Section(items, "How far is everybody?", "What they answered is shown when the check is closed."),
    ]


def _told(found: Found) -> list[Section]:
    agreement = found.agreement
    figures: list[Component] = [
        Number(
            "Pairs alike", agreement.observed, "percent", note="of two who judged one customer",
            missing="two have judged one customer",
        ),
        Number("Alpha", agreement.alpha, "decimal", provenance=_ALPHA, missing="the answers differ at all"),
        Number("Kappa", agreement.kappa, "decimal", provenance=_KAPPA, missing="everybody judges everybody"),
        Number("Customers judged twice", agreement.customers),
        Number("Judgements", agreement.judgements),
    ]  # fmt: skip
    titles = people.titles([one.customer for one in found.differed])
    rows = [
        Row(
            [
                titles[one.customer],
                *(one.votes.get(group, 0) for group in GROUPS),
                ", ".join(f"{name}: {group}" for name, group in one.by),
            ],
            reverse("customer", args=[one.customer]),
        )
        for one in found.differed
    ]
    columns = [
        Column("customer", "Customer"),
        *(Column(group, f"See {group}", "number") for group in GROUPS),
        Column("by", "Who sees which"),
    ]
    nothing = Empty("Customers on whom staff differ.", "None: everybody saw the same.")
    return [
        Section(figures, "How far do they agree?", layout="figures"),
        Section(
            [Table("On whom staff differ", columns, rows, empty=nothing, stacks=True)],
            "On whom do they differ?",
        ),
    ]
