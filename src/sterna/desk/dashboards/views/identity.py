"""Why a customer is who it is: identifiers, what joined them, what was kept apart; merging, splitting, undoing."""

from collections.abc import Iterable
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from sterna.desk.customers import queries
from sterna.desk.customers.directory import REASONS
from sterna.desk.customers.models import Customer, IdentityDecision, IdentityEdge, SourceRecord
from sterna.desk.dashboards import other_customer
from sterna.desk.dashboards.page import Action, Page, Section, answer
from sterna.desk.dashboards.parts import Undo, token
from sterna.desk.dashboards.queries import identity, people
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.web.components import Column, Component, Empty, Row, Table

Item = Component | SafeString
_ONE = "One person: the id that stands for all of them is that of the oldest identifier."


def _html(name: str, request: HttpRequest, **context: object) -> SafeString:
    return SafeString(render_to_string(f"dashboards/{name}.html", context, request=request))


def _standing(pk: UUID) -> Customer:
    """The customer of an id, its own or the one that it leads to."""
    found = get_object_or_404(Customer.objects.select_related("redirects_to"), pk=pk)
    return found.redirects_to or found


def _titled(customer: Customer) -> str:
    return people.titles([customer.pk])[customer.pk]


def _trail(customer: Customer, *more: tuple[str, str]) -> list[tuple[str, str]]:
    here = (_titled(customer), reverse("customer", args=[customer.pk]))
    return [("Customers", reverse("customers")), here, *more]


@needs(Right.READ)
def customer_identity(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What makes this one customer, and what was kept apart from it."""
    customer = _standing(pk)
    if customer.pk != pk:
        return redirect("customer_identity", customer.pk)
    steward = allows(request.user, Right.STEWARD)
    joined = queries.identifiers(customer)
    merge = Action("Merge with another", reverse("customer_merge", args=[pk]), "users") if steward else None
    sections = [
        Section(_identifiers(request, customer, joined, steward), "By what is it known?"),
        Section([_edges(joined)], "What joined these?"),
        Section([_refusals(customer)], "What was kept apart from it, and why?"),
        Section(_decisions(request, customer, steward), "What did somebody decide?"),
        Section(_household(request, customer, steward), "Who lives with them?"),
        Section([_redirects(customer)], "Which other ids lead here?"),
    ]
    page = Page(
        f"Why is {_titled(customer)} one customer?", sections, _ONE, merge, _trail(customer), dated=False
    )
    return answer(request, page)


def _identifiers(
    request: HttpRequest, customer: Customer, joined: list[queries.Joined], steward: bool
) -> list[Item]:
    rows = [
        Row([people.called(each.record), each.record.source, each.record.created_at, _held_by(each)])
        for each in joined
    ]
    heads = [
        Column("identifier", "Identifier"),
        Column("source", "Source"),
        Column("since", "Known since", "instant"),
        Column("joined", "Held here by"),
    ]
    nothing = Empty(
        "The identifiers of this customer.", "None is left: it was known by what is somebody else's now."
    )
    items: list[Item] = [Table("Identifiers", heads, rows, stacks=True, empty=nothing)]
    if steward and len(joined) > 1:
        items.append(
            _html("split_choose", request, customer=customer, records=[each.record for each in joined])
        )
    return items


def _held_by(each: queries.Joined) -> str:
    positive = [edge for edge in each.edges if edge.kind != IdentityEdge.Kind.CANNOT_LINK]
    if not positive:
        return "the first that was known"
    return ", ".join(dict.fromkeys(edge.get_kind_display().lower() for edge in positive))


def _edges(joined: list[queries.Joined]) -> Table:
    found = {edge.pk: edge for each in joined for edge in (*each.edges, *each.undone)}
    rows = [
        Row(
            [
                edge.get_kind_display(),
                f"{people.called(edge.left)} ({edge.left.source})",
                f"{people.called(edge.right)} ({edge.right.source})",
                _evidence(edge),
                edge.said_at,
                "counts" if edge.undone_at is None else f"ended {edge.undone_at:%Y-%m-%d}",
            ]
        )
        for edge in sorted(found.values(), key=lambda edge: edge.sequence, reverse=True)
    ]
    heads = [
        Column("kind", "What"),
        Column("left", "Of"),
        Column("right", "And"),
        Column("evidence", "Evidence"),
        Column("said", "When", "instant"),
        Column("state", "State"),
    ]
    nothing = Empty(
        "What was seen, matched or decided of its identifiers.", "It is known by one identifier alone."
    )
    return Table("What joined these", heads, rows, stacks=True, empty=nothing)


def _evidence(edge: IdentityEdge) -> str:
    told = edge.evidence
    parts = []
    if told.get("reason"):
        parts.append(str(told["reason"]))
    if told.get("event"):
        parts.append(f"event {told['event']} of {told.get('source', '')}".rstrip(" of"))
    if edge.probability is not None:
        parts.append(f"probability {edge.probability:.1%}")
    if edge.actor is not None:
        parts.append(f"by {edge.actor.name}")
    return "; ".join(parts) or "the same value"


def _refusals(customer: Customer) -> Table:
    rows = [
        Row(
            [
                refusal.identifier,
                REASONS.get(refusal.code, refusal.code),
                people.called(refusal.record) if refusal.record else "nothing else was named",
                refusal.times,
                refusal.last_at,
            ]
        )
        for refusal in queries.refusals(customer)[:200]
    ]
    heads = [
        Column("identifier", "Identifier"),
        Column("why", "Why it was left apart"),
        Column("kept", "Kept to"),
        Column("times", "Times", "number"),
        Column("last", "Last", "instant"),
    ]
    nothing = Empty(
        "Identifiers that came with this customer and were left apart.",
        "None: nothing spoke against what joined.",
    )
    return Table("Refusals", heads, rows, stacks=True, empty=nothing)


def _decisions(request: HttpRequest, customer: Customer, steward: bool) -> list[Item]:
    found = list(queries.decisions(customer))
    rows = [
        Row(
            [
                decision.get_kind_display(),
                decision.reason,
                decision.actor.name if decision.actor else "Sterna",
                decision.decided_at,
                _state(decision),
                *([_undo(request, decision, customer)] if steward else []),
            ]
        )
        for decision in found
    ]
    heads = [
        Column("kind", "What"),
        Column("reason", "Why"),
        Column("by", "By"),
        Column("at", "When", "instant"),
        Column("state", "State"),
        *([Column("undo", "Undo", "component")] if steward else []),
    ]
    nothing = Empty("Merges and splits that somebody decided, each of which can be undone.", "None so far.")
    return [Table("Decisions", heads, rows, stacks=True, empty=nothing)]


def _state(decision: IdentityDecision) -> str:
    if decision.undone_at is None:
        return "counts"
    who = decision.undone_by.name if decision.undone_by else "Sterna"
    return f"undone by {who}: {decision.undone_reason}"


def _undo(request: HttpRequest, decision: IdentityDecision, customer: Customer) -> Item | str:
    if decision.undone_at is not None:
        return ""
    return Undo(decision.pk, token(request), customer.pk, decision.get_kind_display().lower())


def _household(request: HttpRequest, customer: Customer, steward: bool) -> list[Item]:
    home = queries.household_of(customer)
    if home is None:
        why = "No household is known. A source, the linking or a manager can say who lives together."
        items: list[Item] = [Empty("Who lives and decides together.", why)]
    else:
        stays = list(queries.members(home))
        titles = people.titles(stay.customer_id for stay in stays)
        rows = [
            Row(
                [titles[stay.customer_id], stay.get_how_display(), stay.reason or "none given", stay.since],
                reverse("customer", args=[stay.customer_id]),
            )
            for stay in stays
        ]
        heads = [
            Column("who", "Customer"),
            Column("how", "How"),
            Column("why", "Why"),
            Column("since", "Since", "instant"),
        ]
        items = [Table("Household", heads, rows, stacks=True)]
    if steward:
        items.append(_html("household_forms", request, customer=customer, home=home))
    return items


def _redirects(customer: Customer) -> Table:
    rows = [Row([str(each.pk), each.created_at]) for each in queries.redirects(customer)[:200]]
    heads = [Column("id", "Customer id"), Column("made", "Known since", "instant")]
    nothing = Empty("Ids of customers that became part of this one.", "None: it never was more than one.")
    return Table("Redirects", heads, rows, stacks=True, empty=nothing)


@needs(Right.READ)
def customer_merge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Look for the other one, then see what one customer of the two would be before it is done."""
    customer = _standing(pk)
    other = other_customer.chosen(request, customer)
    here = reverse("customer_merge", args=[customer.pk])
    items = (
        other_customer.search(request, customer, here)
        if other is None
        else _together(request, customer, other)
    )
    trail = _trail(customer, ("Identity", reverse("customer_identity", args=[customer.pk])))
    title = _titled(customer)
    question = f"What if {title} and {_titled(other)} are one?" if other else f"Who is the same as {title}?"
    return answer(request, Page(question, [Section(items)], trail=trail, dated=False))


def _together(request: HttpRequest, customer: Customer, other: Customer) -> list[Item]:
    found = identity.merged(customer, other)
    if found is None:
        return [
            Empty("One customer of the two.", "One of them has no identifier left, and so nothing to merge.")
        ]
    titles = people.titles([found.kept.pk, found.gone.pk])
    rows = [
        Row([each.medium, each.purpose, _said(each.one), _said(each.other), "Yes" if each.together else "No"])
        for each in found.allowed
    ]
    heads = [
        Column("medium", "Medium"),
        Column("purpose", "Purpose"),
        Column("one", titles[customer.pk]),
        Column("other", titles[other.pk]),
        Column("together", "Together"),
    ]
    nothing = Empty("What each allows.", "Neither said a word for or against contact.")
    effect = _html(
        "merge_effect", request, found=found, titles=(titles[found.kept.pk], titles[found.gone.pk])
    )
    items: list[Item] = [
        effect,
        Table("What may be sent", heads, rows, show_caption=True, stacks=True, empty=nothing),
    ]
    if allows(request.user, Right.STEWARD):
        items.append(_html("merge_form", request, customer=customer, other=other))
    return items


def _said(granted: bool | None) -> str:
    return {None: "never said", True: "Yes", False: "No"}[granted]


@needs(Right.READ)
def customer_split(request: HttpRequest, pk: UUID) -> HttpResponse:
    """See what two customers a split of the chosen identifiers would make, before it is done."""
    customer = _standing(pk)
    chosen, rest = identity.sides(customer, identity.chosen_ids(request.GET.getlist("record")))
    items: list[Item]
    if not chosen.records or not rest.records:
        why = "Choose some of the identifiers and leave some: a split makes two customers of one."
        where = reverse("customer_identity", args=[customer.pk])
        items = [Empty("What each side would have.", why, "Choose identifiers", where)]
    else:
        items = [_side_table(chosen, rest)]
        items.append(
            _html(
                "split_form",
                request,
                customer=customer,
                chosen=chosen,
                may=allows(request.user, Right.STEWARD),
            )
        )
    trail = _trail(customer, ("Identity", reverse("customer_identity", args=[customer.pk])))
    page = Page(f"What if {_titled(customer)} is two persons?", [Section(items)], trail=trail, dated=False)
    return answer(request, page)


def _side_table(chosen: identity.Side, rest: identity.Side) -> Table:
    rows = [
        Row(["Identifiers", _listed(chosen.records), _listed(rest.records)]),
        Row(["Facts", f"{chosen.facts:,}", f"{rest.facts:,}"]),
        Row(["Words for or against contact", f"{chosen.words:,}", f"{rest.words:,}"]),
        Row(["Addresses", f"{chosen.addresses:,}", f"{rest.addresses:,}"]),
    ]
    heads = [Column("what", "What"), Column("chosen", "The chosen"), Column("rest", "The rest")]
    return Table("The two sides", heads, rows, stacks=True)


def _listed(records: Iterable[SourceRecord]) -> str:
    return ", ".join(people.called(record) for record in records)
