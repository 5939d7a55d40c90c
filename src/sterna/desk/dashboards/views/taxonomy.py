"""The taxonomy: what may be known, how much of it is, who uses it; and its text with what is wrong with it."""

from collections.abc import Callable, Sequence

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from sterna.desk.customers import queries
from sterna.desk.customers.queries import ClassReport
from sterna.desk.dashboards.page import Action, Page, Section, answer
from sterna.desk.dashboards.parts import ClassName, Share
from sterna.desk.dashboards.queries import vocabulary
from sterna.desk.dashboards.queries.vocabulary import Checked
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.web.answers import posted
from sterna.desk.web.components import Column, Component, Empty, Row, Table
from sterna.desk.web.formats import counted

_USES = 3


@needs(Right.READ)
def taxonomy(request: HttpRequest) -> HttpResponse:
    """Every class with its fill rate, freshness, purpose and uses; what is never used, and what is missing."""
    tree = queries.classes()
    reports = queries.class_reports()
    may = allows(request.user, Right.MANAGE)
    action = Action("Edit taxonomy" if may else "Read its text", reverse("taxonomy_text"), "arrow-right")
    lead = (
        f"{tree.taxonomy.title}, version {tree.version}, kept by {tree.taxonomy.owner}. A fact is kept only under one "
        f"of these classes, for one of its purposes. {vocabulary.when_counted(reports)}"
    )
    sections = [
        Section([_tree(reports)]),
        Section([_never_used(reports)], "What is collected and never used?"),
        Section([_missing(reports)], "What do plans and rules need that is missing?"),
        Section([_refused()], "Which facts were not kept, and why?"),
        Section([_rules(), _versions()], "What is in force?", layout="halves"),
    ]
    return answer(request, Page("What may be known of customers?", sections, lead, action, dated=False))


def _tree(reports: Sequence[ClassReport]) -> Table:
    rows = [
        Row(
            [
                ClassName(one.title, one.level, one.fact_class),
                "" if one.fill is None or not one.kept else Share(one.fill, f"of customers have {one.title}"),
                one.fresh,
                one.stale,
                "for good" if one.freshness_days is None else counted(one.freshness_days, "day"),
                ", ".join(one.purposes) if one.kept else "never kept",
                one.sensitivity,
                _users(one),
            ]
        )
        for one in reports
    ]
    heads = [
        Column("class", "Class"),
        Column("fill", "Known of", "component"),
        Column("fresh", "Customers", "number"),
        Column("stale", "Only stale", "number"),
        Column("days", "Fresh for"),
        Column("purposes", "For"),
        Column("sensitivity", "Sensitive"),
        Column("uses", "Used by"),
    ]
    return Table("Classes", heads, rows, stacks=True)


def _users(one: ClassReport) -> str:
    named = [use.sentence for use in one.uses if not use.collects]
    more = len(named) - _USES
    return ", ".join(named[:_USES]) + (f" and {more} more" if more > 0 else "") or "nothing"


def _never_used(reports: Sequence[ClassReport]) -> Table:
    rows = [
        Row(
            [
                one.title,
                one.facts,
                ", ".join(use.title for use in one.uses) or "imports and staff",
                "Stop collecting it, or use it",
            ]
        )
        for one in queries.never_used(reports)
    ]
    heads = [
        Column("class", "Class"),
        Column("facts", "Facts", "number"),
        Column("by", "Collected by"),
        Column("do", "What to do"),
    ]
    nothing = Empty(
        "Classes that are collected and that no plan, rule or value uses.", "None: all that is kept is used."
    )
    return Table("Collected, never used", heads, rows, stacks=True, empty=nothing)


def _missing(reports: Sequence[ClassReport]) -> Table:
    rows = [
        Row(
            [
                one.title,
                "" if one.fill is None else Share(one.fill, f"of customers have {one.title}"),
                _users(one),
            ]
        )
        for one in queries.capture_plan(reports)
    ]
    heads = [Column("class", "Class"), Column("fill", "Known of", "component"), Column("uses", "Needed by")]
    nothing = Empty(
        "Classes that something needs and of which little is known.",
        "None: what is needed is known of half of all customers or more.",
    )
    return Table("What to collect next", heads, rows, stacks=True, empty=nothing)


def _refused() -> Table:
    rows = [
        Row([one.fact_class, one.source, one.reason, one.times, one.last_at])
        for one in queries.fact_refusals()[:100]
    ]
    heads = [
        Column("class", "Class"),
        Column("source", "Source"),
        Column("reason", "Why"),
        Column("times", "Times", "number"),
        Column("last", "Last", "instant"),
    ]
    nothing = Empty("Facts that fit no class, purpose or spelling.", "None: every fact that came was kept.")
    return Table("Facts that were not kept", heads, rows, stacks=True, empty=nothing)


def _rules() -> Table:
    name = queries.classes().taxonomy.name
    rows = [Row([rule.title, rule.then.fact_class]) for rule in queries.rules_in_force(name)[1].rules]
    heads = [Column("rule", "Rule"), Column("class", "Infers")]
    nothing = Empty(
        "Rules that infer facts from facts.", "None is in force.", "Write rules", reverse("rules_text")
    )
    return Table("Rules of inference", heads, rows, show_caption=True, stacks=True, empty=nothing)


def _versions() -> Table:
    rows = [
        Row(
            [
                f"{one.name} {one.version}",
                one.reason,
                one.published_by.name if one.published_by else "Sterna",
                one.published_at,
            ]
        )
        for one in queries.taxonomy_versions()[:20]
    ]
    heads = [
        Column("version", "Version"),
        Column("reason", "Why"),
        Column("by", "By"),
        Column("at", "Published", "instant"),
    ]
    nothing = Empty(
        "Versions that were published.", "None yet: the shipped example is used until the first fact is kept."
    )
    return Table("Versions", heads, rows, show_caption=True, stacks=True, empty=nothing)


@needs(Right.READ)
def taxonomy_text(request: HttpRequest) -> HttpResponse:
    """The taxonomy as YAML; what is typed is checked at once and changes nothing before it is published."""
    return _text(
        request,
        vocabulary.text_in_force,
        vocabulary.checked,
        "What shall the taxonomy say?",
        "taxonomy_text",
        "taxonomy_publish",
    )


@needs(Right.READ)
def rules_text(request: HttpRequest) -> HttpResponse:
    """The rules of inference as YAML, in the same way."""
    return _text(
        request,
        vocabulary.rules_in_force,
        vocabulary.checked_rules,
        "What follows from what is known?",
        "rules_text",
        "rules_publish",
    )


def _text(
    request: HttpRequest,
    in_force: Callable[[], str],
    check: Callable[[str], Checked],
    question: str,
    here: str,
    publish: str,
) -> HttpResponse:
    may = allows(request.user, Right.MANAGE)
    if request.method == "POST" and not may:
        raise PermissionDenied("A taxonomy is edited by those who may manage.")
    text = posted(request, "text") if request.method == "POST" else in_force()
    found = check(text)
    findings = SafeString(
        render_to_string("dashboards/findings.html", {"found": found, "text_is_new": text != in_force()})
    )
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(findings)
    context = {
        "text": text,
        "here": reverse(here),
        "publish": reverse(publish),
        "may": may,
        "vanishing": here == "taxonomy_text",
    }
    form = SafeString(render_to_string("dashboards/taxonomy_form.html", context, request=request))
    other = ("rules_text", "Rules of inference") if here == "taxonomy_text" else ("taxonomy_text", "Taxonomy")
    items: list[Component | SafeString] = [form, findings]
    lead = "A new version takes the place of the one in force; the ones before it stay on record."
    page = Page(
        question,
        [Section(items)],
        lead,
        Action(other[1], reverse(other[0])),
        [("Taxonomy", reverse("taxonomy"))],
        dated=False,
    )
    return answer(request, page)
