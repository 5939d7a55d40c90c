"""Groups A, B and C: who is in which and how still they stand, what waits for approval, who is late or due."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from sterna.desk.config import clock
from sterna.desk.dashboards.group_parts import MEANS, QUESTION, customer_url, letter
from sterna.desk.dashboards.page import Action, Page, Section, answer
from sterna.desk.dashboards.paging import Slice
from sterna.desk.dashboards.queries import people
from sterna.desk.segments import check_queries
from sterna.desk.segments import group_queries as queries
from sterna.desk.segments.group_models import GroupChange
from sterna.desk.segments.group_queries import Member
from sterna.desk.segments.models import Definition, Membership
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.web.components import (
    Column,
    Component,
    Empty,
    Late,
    Number,
    Provenance,
    Row,
    Table,
)
from sterna.desk.web.formats import day, sentence
from sterna.engine.segments.groups import GROUPS

SHOWN = 25
LEAD = (
    "A group is what people decided, never a score: it changes when one of the staff proposes it and another approves. "
    "Sterna itself proposes nothing but B to A."
)
_ASKS = {
    "A": "the thresholds, and three judgements: needs, wants and values what we do",
    "B": "a reason to expect A, the day by which, and the next step",
    "C": "a business reason; no candidate for migration, and every service standard",
}


@needs(Right.READ)
def groups(request: HttpRequest) -> HttpResponse:
    """The three groups with their figures, what waits for approval, who is late and whom nobody looked at for long."""
    definition = queries.terms_definition()
    manages = allows(request.user, Right.MANAGE)
    if definition is None:
        why = "No terms are published: they say what each group asks for, with figures or without any."
        step = ("Write the terms", reverse("group_terms")) if manages else (None, None)
        return answer(
            request, Page(QUESTION, [Section([Empty("Groups A, B and C.", why, *step)])], LEAD, dated=False)
        )
    terms, today, found = queries.terms_of(definition), clock.today(), queries.members()
    late = queries.overdue(found, today)
    due = queries.due_for_review(found, today, terms.review_months)
    waiting = list(queries.open_changes())
    shown = {one.customer for one in (*late[:SHOWN], *due[:SHOWN])} | {one.root for one in waiting[:SHOWN]}
    titles = people.titles(shown)
    sections = [
        Section([_ladder(late, due)]),
        Section(_figures(late, due, waiting, definition, today), layout="figures"),
        Section([_waiting(waiting, titles)], "What waits for approval?"),
        Section([_late(late, titles)], "Who of B should be ideal by now?"),
        Section([_due(due, titles, terms.review_months)], "Who is due for review?"),
        Section(
            [_checks()],
            "Do staff see the same?",
            "Each judges alone; nobody sees another's answer before the end.",
        ),
        Section([_terms(definition)], "What do the groups ask for?"),
    ]
    action = Action("Check agreement", reverse("group_check_new")) if manages else None
    return answer(request, Page(QUESTION, sections, LEAD, action, dated=False))


def _figures(
    late: Sequence[Member],
    due: Sequence[Member],
    waiting: Sequence[GroupChange],
    definition: Definition,
    today: date,
) -> list[Component]:
    calm = Provenance(
        "Of those who were in a group a year ago, the share that never left it since. Whoever became part of another "
        "customer counts as that one.",
        definition.name,
        definition.version,
        as_of=today,
    )
    return [
        Number(
            "Unchanged for a year", queries.stability(today), "percent", provenance=calm,
            missing="somebody has been in a group for a year",
        ),
        Number("Wait for approval", len(waiting)),
        Number("Overdue in B", len(late)),
        Number("Due for review", len(due)),
    ]  # fmt: skip


def _ladder(late: Sequence[Member], due: Sequence[Member]) -> Table:
    held = queries.counts()
    rows = [
        Row(
            [
                letter(group),
                MEANS[group],
                _ASKS[group],
                held[group],
                sum(one.group == group for one in late),
                sum(one.group == group for one in due),
            ],
            reverse("group_members", args=[group]),
        )
        for group in GROUPS
    ]
    columns = [
        Column("group", "Group", "component"),
        Column("means", "Who"),
        Column("asks", "Asks for"),
        Column("customers", "Customers", "number"),
        Column("late", "Overdue", "number"),
        Column("due", "Due for review", "number"),
    ]
    return Table("Groups", columns, rows, stacks=True)


def _waiting(waiting: Sequence[Any], titles: dict[UUID, str]) -> Table:
    rows = [
        Row(
            [
                titles[one.root],
                letter(one.from_group),
                letter(one.to_group),
                one.reason,
                one.proposed_by.name if one.proposed_by else "Sterna",
                one.proposed_at,
            ],
            reverse("group_change", args=[one.pk]),
        )
        for one in waiting[:SHOWN]
    ]
    columns = [
        Column("customer", "Customer"),
        Column("from", "From", "component"),
        Column("to", "To", "component"),
        Column("why", "Why"),
        Column("by", "Proposed by"),
        Column("at", "When", "instant"),
    ]
    nothing = Empty("Proposed changes of group.", "None waits: nothing is proposed, or all is decided.")
    return Table("Proposals", columns, rows, empty=nothing, shown=_first(waiting), stacks=True)


def _late(late: Sequence[Member], titles: dict[UUID, str]) -> Table:
    rows = [
        Row(
            [
                titles[one.customer],
                Late("Expected in A", one.expected_on) if one.expected_on else "",
                one.next_step,
                one.reason,
                one.since,
            ],
            customer_url(one.customer),
        )
        for one in late[:SHOWN]
    ]
    columns = [
        Column("customer", "Customer"),
        Column("late", "Expected", "component"),
        Column("step", "Next step"),
        Column("why", "Why in B"),
        Column("since", "In B since", "day"),
    ]
    nothing = Empty("Who of B should be in A by now.", "None is: every expected day is still to come.")
    return Table("Overdue in B", columns, rows, empty=nothing, shown=_first(late), stacks=True)


def _due(due: Sequence[Member], titles: dict[UUID, str], months: int) -> Table:
    rows = [
        Row(
            [titles[one.customer], letter(one.group), one.seen_on, one.reason],
            customer_url(one.customer),
        )
        for one in due[:SHOWN]
    ]
    columns = [
        Column("customer", "Customer"),
        Column("group", "Group", "component"),
        Column("seen", "Last looked at", "day"),
        Column("why", "Why there"),
    ]
    why = f"None is: everybody in a group was placed, judged or reviewed in the last {months} months."
    nothing = Empty("Whom nobody has looked at for long.", why)
    return Table("Due for review", columns, rows, empty=nothing, shown=_first(due), stacks=True)


def _checks() -> Table:
    rows = []
    for one in check_queries.checks()[:SHOWN]:
        state = "open" if one.closed_at is None else f"closed on {day(one.closed_at)}"
        cells = [one.title, one.opened_at, one.asked, one.staff, state, one.alpha]
        rows.append(Row(cells, reverse("group_check", args=[one.pk])))
    columns = [
        Column("title", "Check"),
        Column("opened", "Began", "instant"),
        Column("asked", "Customers", "number"),
        Column("staff", "Staff", "number"),
        Column("state", "State"),
        Column("alpha", "Alpha", "decimal"),
    ]
    why = "None was made: staff may see the groups in different ways, and nobody would know."
    return Table("Blind checks", columns, rows, empty=Empty("How far staff agree.", why), stacks=True)


def _terms(definition: Definition) -> Table:
    terms = queries.terms_of(definition)
    asked = "; ".join(f"{one.called} from {one.least:,f}" for one in terms.thresholds)
    row = Row(
        [
            f"{definition.name}, version {definition.version}",
            asked or "no figure: staff judge",
            ", ".join(terms.reasons),
            f"{terms.rest_days} days",
            f"{terms.review_months} months",
        ],
        reverse("group_terms"),
    )
    columns = [
        Column("terms", "Terms"),
        Column("figures", "A asks for at least"),
        Column("reasons", "Reasons for C"),
        Column("rest", "Rest after a decline"),
        Column("review", "Review after"),
    ]
    return Table("Terms in force", columns, [row], stacks=True)


def _first(found: Sequence[object]) -> str | None:
    return f"the first {SHOWN} of {len(found):,}" if len(found) > SHOWN else None


@needs(Right.READ)
def group_members(request: HttpRequest, letter: str) -> HttpResponse:
    """Who is in one group, since when and why."""
    if letter not in GROUPS:
        raise Http404("There is no such group.")
    page: Slice[Membership] = Slice(request, queries.open_stays().filter(place=letter), ("during",), "during")
    customers = [stay.customer_id for stay in page.rows]
    titles, reasons = people.titles(customers), queries.reasons_of(customers)
    rows = [
        Row(
            [
                titles[stay.customer_id],
                stay.during.lower,
                reason.reason if reason else sentence(stay.cause),
                *((reason.expected_on, reason.next_step) if reason else (None, "")),
            ][: 5 if letter == "B" else 3],
            customer_url(stay.customer_id),
        )
        for stay in page.rows
        for reason in [reasons[stay.customer_id].get(letter)]
    ]
    columns = [
        Column("customer", "Customer"),
        Column("during", "Since", "day", True),
        Column("why", "Why"),
        Column("expected", "A expected by", "day"),
        Column("step", "Next step"),
    ]
    table = Table(
        f"Group {letter}", columns[: 5 if letter == "B" else 3], rows, page.sort, next_url=page.next_url,
        previous_url=page.first_url, stacks=True,
        empty=Empty(
            f"Who is in group {letter}.", "Nobody is: a group is entered by approval.",
            "All groups", reverse("groups"),
        ),
    )  # fmt: skip
    lead = f"{MEANS[letter][0].upper()}{MEANS[letter][1:]}. It asks for {_ASKS[letter]}."
    return answer(
        request,
        Page(
            f"Who is in group {letter}?",
            [Section([table])],
            lead,
            trail=[(QUESTION, reverse("groups"))],
            dated=False,
        ),
    )
