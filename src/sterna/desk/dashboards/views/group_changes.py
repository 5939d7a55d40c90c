"""A proposed change of group with its decision, and the terms of the groups as a text with what they would find."""

from typing import Any
from uuid import UUID

import msgspec
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse

from sterna.desk.dashboards.customer_served import Item, html
from sterna.desk.dashboards.group_parts import QUESTION, asked_of_a, called, customer_url, letter
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.queries import people
from sterna.desk.segments import group_queries as queries
from sterna.desk.segments.actions.group_terms import read_terms
from sterna.desk.segments.group_models import GroupChange
from sterna.desk.segments.group_texts import BLANK, written
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.web.answers import posted
from sterna.desk.web.components import Column, Empty, Row, Table
from sterna.desk.web.formats import counted, day
from sterna.engine.errors import BadInput
from sterna.engine.segments.groups import GROUPS

SHOWN = 25


@needs(Right.READ)
def group_change(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One proposed change of group: what it would do, what the group asks for, and the decision."""
    change = get_object_or_404(
        GroupChange.objects.select_related("customer", "definition", "proposed_by", "decided_by"), pk=pk
    )
    root = queries.root_of(change.customer)
    title = people.titles([root])[root]
    by = change.proposed_by.name if change.proposed_by else "Sterna"
    items: list[Item] = [_said(change, title, by)]
    definition = queries.terms_definition()
    if change.to_group == "A" and definition is not None:
        terms = queries.terms_of(definition)
        items.append(asked_of_a(terms, queries.standings(terms, [root])[root]))
    sections = [Section(items)]
    if change.state == queries.OPEN:
        sections.append(Section([_decision(request, change, title)], "Shall it be so?"))
    question = f"{title}: from {called(change.from_group)} to {called(change.to_group)}?"
    trail = [(QUESTION, reverse("groups")), (title, customer_url(root))]
    return answer(request, Page(question, sections, f"Proposed by {by}.", trail=trail, dated=False))


def _said(change: GroupChange, title: str, by: str) -> Table:
    decided = change.decided_by.name if change.decided_by else ""
    rows = [
        Row(["From", letter(change.from_group)]),
        Row(["To", letter(change.to_group)]),
        Row(["Why", change.reason]),
        *([Row(["A expected by", f"{change.expected_on}"])] if change.expected_on else []),
        *([Row(["Next step", change.next_step])] if change.next_step else []),
        Row(["Proposed", f"by {by}, {day(change.proposed_at)}"]),
        Row(["State", change.get_state_display()]),
        *([Row(["Decided", f"by {decided}: {change.decided_reason}"])] if decided else []),
    ]
    columns = [Column("what", "What"), Column("is", "Is", "component")]
    return Table(f"What is proposed of {title}", columns, rows, stacks=True)


def _decision(request: HttpRequest, change: GroupChange, title: str) -> Item:
    here = queries.group_of(change.customer)
    user = request.user
    is_own = change.proposed_by_id == getattr(user, "pk", None)
    to = f"to group {change.to_group}" if change.to_group in GROUPS else "out of all groups"
    before = (
        f"The stay in group {here} ends today" if here in GROUPS else "The first stay in a group begins today"
    )
    effect = (
        f"Approved, {title} goes {to}. {before}, with its reason kept. Nobody else moves, and no service standard "
        "changes. To take it back, somebody proposes the way back."
    )
    may = allows(user, Right.MANAGE) and not is_own
    return html(
        "group_decision", request, change=change, effect=effect, may_approve=may,
        may_decline=may or (is_own and allows(user, Right.WORK_CONTACTS)), is_own=is_own,
        moved=here != change.from_group, here=called(here),
    )  # fmt: skip


@needs(Right.READ)
def group_terms(request: HttpRequest) -> HttpResponse:
    """The terms as a text, what a new version would find, and every version there was."""
    manages = allows(request.user, Right.MANAGE)
    if request.method == "POST":
        if not manages:
            raise PermissionDenied("Terms are written by those who may manage.")
        return HttpResponse(
            render_to_string(
                "dashboards/group_effect.html", _effect(posted(request, "text")), request=request
            )
        )
    versions = queries.versions()
    terms = queries.terms_of(versions[0]) if versions else None
    text = written(msgspec.structs.replace(terms, version=terms.version + 1)) if terms else BLANK
    items: list[Item] = [html("group_terms", request, text=text, may=manages, **_effect(text))]
    rows = [Row([one.version, one.created_at, one.sha256[:12]]) for one in versions]
    columns = [
        Column("version", "Version", "number"),
        Column("made", "Published", "instant"),
        Column("sha", "Proof"),
    ]
    nothing = Empty("Versions of the terms.", "None is published.")
    sections = [
        Section(items),
        Section([Table("Versions", columns, rows, empty=nothing, stacks=True)], "Versions"),
    ]
    lead = "A new version moves nobody: it says what is asked of whoever enters from then on."
    return answer(
        request,
        Page(
            "What do the groups ask for?", sections, lead, trail=[(QUESTION, reverse("groups"))], dated=False
        ),
    )


def _effect(text: str) -> dict[str, Any]:
    """What the terms of a text would find: who of A lacks something, or what is wrong with the text."""
    try:
        terms = read_terms(text)
    except BadInput as error:
        return {"problem": str(error)}
    missing = queries.lacking(terms)
    titles = people.titles(list(missing)[:SHOWN])
    lacking = [(titles[pk], customer_url(pk), "; ".join(missing[pk])) for pk in titles]
    held = queries.counts()["A"]
    said = f"{counted(len(missing), 'customer')} of {held:,} in A would lack something; nobody is moved."
    if not missing:
        said = f"All in A ({held:,}) have what it would ask for; nobody is moved."
    return {"said": said, "lacking": lacking, "more": len(missing) - len(lacking)}
