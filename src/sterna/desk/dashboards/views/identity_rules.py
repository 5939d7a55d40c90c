"""By which rules identifiers become customers here, what is nobody's, and how often they kept somebody apart."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from sterna.desk.customers import queries
from sterna.desk.customers.directory import REASONS
from sterna.desk.customers.rules import BLOCKED
from sterna.desk.dashboards.context import asked_text
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.parts import Allow, token
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.web.components import Column, Component, Empty, Row, Table

Item = Component | SafeString
SHARED_SHOWN = 100
LEAD = (
    "The rules hold for events and files from the moment they are set. What is joined already stays so: split it on "
    "the customer's own page."
)


@needs(Right.READ)
def identity_rules(request: HttpRequest) -> HttpResponse:
    """The rules; an administrator changes them here, and sees before what a blocked value would leave out."""
    administers = allows(request.user, Right.ADMINISTER)
    sections = [
        Section([_refusals()], "What was kept apart, and why?"),
        Section(_kinds(request, administers), "How does each kind of identifier join?"),
        Section(_blocked(request, administers), "Which values are nobody's?"),
        Section([_shared()], "Which values are more than one person's?"),
    ]
    trail = [("Customers", reverse("customers"))]
    page = Page("By which rules are people recognized?", sections, LEAD, trail=trail, dated=False)
    return answer(request, page)


def _html(name: str, request: HttpRequest, **context: object) -> SafeString:
    return SafeString(render_to_string(f"dashboards/{name}.html", context, request=request))


def _refusals() -> Table:
    rows = [Row([REASONS.get(code, code), pairs, times]) for code, pairs, times in queries.refusal_counts()]
    heads = [
        Column("why", "Why"),
        Column("pairs", "Identifiers left apart", "number"),
        Column("times", "Times", "number"),
    ]
    nothing = Empty(
        "Each reason for which identifiers were left apart, with how often.",
        "None so far: nothing spoke against what joined.",
    )
    return Table("Refusals by reason", heads, rows, stacks=True, empty=nothing)


def _kinds(request: HttpRequest, administers: bool) -> list[Item]:
    listed = queries.kind_rules()
    here = reverse("identity_rules")
    rows = [
        Row(
            [
                each.kind,
                each.rule.priority,
                f"{each.rule.limit:,} a customer{' in each source' if each.rule.by_source else ''}",
                "yes" if each.rule.joins else "no",
                "yes" if each.rule.names else "no",
                "secret keys only" if each.secret_only else "any key",
                "this installation" if each.own else "Sterna",
            ],
            f"{here}?{urlencode({'kind': each.kind})}" if administers else None,
        )
        for each in listed
    ]
    heads = [
        Column("kind", "Kind"),
        Column("priority", "Kept to, 1 first", "number"),
        Column("limit", "At most"),
        Column("joins", "May join"),
        Column("names", "Names one person"),
        Column("keys", "Taken from"),
        Column("by", "Set by"),
    ]
    items: list[Item] = [Table("Kinds of identifiers", heads, rows, stacks=True)]
    if administers:
        kind = asked_text(request, "kind")
        chosen = next((each for each in listed if each.kind == kind), None)
        rule = chosen.rule if chosen else queries.rules().of("")
        items.append(_html("kind_form", request, kind=kind, chosen=chosen, rule=rule))
    return items


def _blocked(request: HttpRequest, administers: bool) -> list[Item]:
    rows = [
        Row(
            [
                each.value,
                "pattern" if each.is_pattern else "value",
                "this installation",
                *([Allow(each.pk, token(request), each.value)] if administers else []),
            ]
        )
        for each in queries.blocked_values()
    ]
    rows += [Row([each, "pattern", "Sterna", *([""] if administers else [])]) for each in BLOCKED]
    heads = [
        Column("value", "Value"),
        Column("what", "What it is"),
        Column("by", "Blocked by"),
        *([Column("allow", "Allow", "component")] if administers else []),
    ]
    items: list[Item] = [Table("Blocked values", heads, rows, stacks=True)]
    if administers:
        value, is_pattern = asked_text(request, "value"), asked_text(request, "pattern") == "yes"
        found = queries.would_block(value, is_pattern) if value else None
        items.append(_html("block_form", request, value=value, is_pattern=is_pattern, found=found))
    return items


def _shared() -> Table:
    found = queries.shared()
    many = found.count()
    rows = [Row([each.value, each.kind, each.one, each.two, each.since]) for each in found[:SHARED_SHOWN]]
    heads = [
        Column("value", "Value"),
        Column("kind", "Kind"),
        Column("one", "Came with"),
        Column("two", "And with"),
        Column("since", "Joins nobody since", "instant"),
    ]
    nothing = Empty(
        "Values that came with more than one user id, such as the tablet of a couple.",
        "None so far: each came with one.",
    )
    shown = f"the latest {SHARED_SHOWN:,} of {many:,}" if many > len(rows) else None
    return Table("Shared values", heads, rows, shown=shown, stacks=True, empty=nothing)
