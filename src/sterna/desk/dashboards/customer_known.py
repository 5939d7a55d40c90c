"""What is known of a customer, as parts of the customer's page: facts with where they are from, occasions, identity."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from sterna.desk.config import clock
from sterna.desk.customers import queries
from sterna.desk.customers.models import Customer, Fact, Occasion
from sterna.desk.customers.queries import KnownFact
from sterna.desk.dashboards.context import asked_day
from sterna.desk.dashboards.customer_served import Item, html
from sterna.desk.dashboards.page import Section
from sterna.desk.dashboards.parts import Retract, token
from sterna.desk.dashboards.queries import people
from sterna.desk.users.access import Right, allows
from sterna.desk.web.components import Column, Component, Empty, Row, Table, Unknown
from sterna.desk.web.formats import counted, day, number_said, percent
from sterna.engine.taxonomy import Tree

_MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905


def facts(request: HttpRequest, customer: Customer) -> Table:
    """Every fact by class of the taxonomy, the one that stands first, with who said it, when, how sure and why."""
    works = allows(request.user, Right.WORK_CONTACTS)
    tree = queries.classes()
    rows = [
        Row(
            [
                _titled(tree, one),
                _value(tree, one.fact),
                f"{_standing(tree, one)} ({percent(one.fact.confidence)} sure)",
                _heard(one.fact),
                "for good" if one.fact.expires_on is None else day(one.fact.expires_on),
                _why(tree, one),
                *([_retract(request, one.fact)] if works else []),
            ]
        )
        for one in queries.known_facts(customer, asked_day(request))
    ]
    heads = [
        Column("class", "Fact"),
        Column("value", "Value"),
        Column("stands", "Counts"),
        Column("source", "Heard by"),
        Column("until", "Holds until", "day"),
        Column("why", "Because"),
        *([Column("retract", "Retract", "component")] if works else []),
    ]
    nothing = Empty("Facts with their source, by class of the taxonomy.", "None is known yet.")
    return Table("Facts", heads, rows, show_caption=True, stacks=True, empty=nothing)


def _titled(tree: Tree, one: KnownFact) -> str:
    if one.fact.fact_class not in tree:
        return f"{one.fact.fact_class} (no class any more)"
    above = tree.ancestors(one.fact.fact_class)
    return f"{tree.at(above[-1]).title} > {one.title}" if above else one.title


def _value(tree: Tree, fact: Fact) -> str:
    """What was said; a number with its thousands separated."""
    is_number = fact.fact_class in tree and tree.at(fact.fact_class).holds == "number"
    return number_said(fact.value) if is_number else fact.value


def _standing(tree: Tree, one: KnownFact) -> str:
    if not one.in_time:
        return "no longer: it is old"
    if one.stands and one.against:
        return f"yes, against {'; '.join(dict.fromkeys(_value(tree, fact) for fact in one.against))}"
    return "yes" if one.stands else "no: another is surer or newer"


def _heard(fact: Fact) -> str:
    who = fact.heard_by.name if fact.heard_by else ""
    return ", ".join(part for part in (fact.source, who, fact.touchpoint, day(fact.observed_on)) if part)


def _why(tree: Tree, one: KnownFact) -> str:
    if one.because:
        parents = ", ".join(f"{fact.fact_class} {_value(tree, fact)}" for fact in one.because)
        return f"inferred from {parents}"
    return f"noted: {one.fact.note.text}" if one.fact.note else "it was said"


def _retract(request: HttpRequest, fact: Fact) -> Component | str:
    if fact.rule:
        return "goes with what it rests on"
    return Retract(fact.pk, token(request), "fact_retract", f"{fact.fact_class} {fact.value}")


def occasions(request: HttpRequest, customer: Customer) -> list[Item]:
    """The days and months of this customer's life that somebody told us, the next ones first."""
    works = allows(request.user, Right.WORK_CONTACTS)
    soon = {one.occasion.pk: one for one in queries.coming(365, customer=customer)}
    found = sorted(queries.occasions(customer), key=lambda one: (one.pk not in soon, _days(soon.get(one.pk))))
    tree = queries.classes()
    rows = [
        Row(
            [
                tree.at(one.fact_class).title if one.fact_class in tree else one.fact_class,
                one.whose or "the customer",
                _when(one),
                f"in {counted(soon[one.pk].in_days, 'day')}" if one.pk in soon else "not within a year",
                _allowed(one),
                *([Retract(one.pk, token(request), "occasion_retract", one.fact_class)] if works else []),
            ]
        )
        for one in found
    ]
    heads = [
        Column("what", "Occasion"),
        Column("whose", "Whose"),
        Column("when", "When"),
        Column("next", "Next"),
        Column("allowed", "May we act on it"),
        *([Column("retract", "Take out", "component")] if works else []),
    ]
    nothing = Empty(
        "Birthdays, weddings and the like, with whether we may act on them.", "None is in the register."
    )
    items: list[Item] = [Table("Occasions", heads, rows, show_caption=True, stacks=True, empty=nothing)]
    if works:
        holding = [(name, tree.at(name).title) for name in tree.ids() if _is_day(tree, name)]
        months = list(enumerate(_MONTHS, 1))
        items.append(html("occasion_form", request, customer=customer, classes=holding, months=months))
    return items


def _is_day(tree: Tree, name: str) -> bool:
    return tree.at(name).holds in ("date", "month") and tree.may_keep(name)


def _days(coming: queries.Coming | None) -> int:
    return coming.in_days if coming else 0


def _when(one: Occasion) -> str:
    parts = [str(one.day) if one.day else "", _MONTHS[one.month - 1], str(one.year) if one.year else ""]
    return " ".join(part for part in parts if part) + (", every year" if one.yearly else "")


def _allowed(one: Occasion) -> str:
    peace = one.quiet_until and one.quiet_until > clock.today()
    words = {True: "yes", False: "no", None: "nobody asked"}[one.consent]
    return f"{words}; nothing is promoted before {one.quiet_until}" if peace else words


def identity(customer: Customer) -> Section:
    """Who it is, with the way to why, and what they allow."""
    why = SafeString(render_to_string("dashboards/identity_link.html", {"customer": customer}))
    return Section(
        [_records(customer), _consents(customer), why], "Who is it, and what is allowed?", layout="halves"
    )


def _records(customer: Customer) -> Component:
    joined = queries.identifiers(customer)
    refused = queries.refusals(customer).count()
    rows = [
        Row([people.called(each.record), each.record.source, each.record.created_at]) for each in joined[:20]
    ]
    columns = [
        Column("identifier", "Identifier"),
        Column("source", "Source"),
        Column("since", "Known since", "instant"),
    ]
    left = len(joined) - len(rows)
    more = f"{left:,} more. " if left > 0 else ""
    shown = f"{more}{counted(refused, 'identifier')} left apart." if refused or more else None
    nothing = Empty("Identifiers.", "None is left: what it was known by is another customer's now.")
    return Table("Identifiers", columns, rows, show_caption=True, stacks=True, shown=shown, empty=nothing)


def _consents(customer: Customer) -> Component:
    rows = [
        Row(
            [
                each.medium,
                each.purpose,
                "Yes" if each.granted else "No",
                each.held_back.source if each.held_back else each.word.source,
                each.held_back.said_on if each.held_back else each.word.said_on,
            ]
        )
        for each in queries.standings(customer)
    ]
    columns = [
        Column("medium", "Medium"),
        Column("purpose", "Purpose"),
        Column("allowed", "Allowed"),
        Column("source", "Source"),
        Column("said", "Said", "day"),
    ]
    nothing = Unknown("asking the customer: without a yes nothing is sent")
    return Table("Consent", columns, rows, show_caption=True, stacks=True) if rows else nothing
