"""Searches for groupings that nobody has made segments of yet: asked for, looked at, and taken into a draft."""

from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.queries.current import shown_run
from sterna.desk.dashboards.queries.likeness import protected_titles
from sterna.desk.dashboards.views.segment_edit import QUESTION as SEGMENTS
from sterna.desk.segments.profile_models import Discovery
from sterna.desk.segments.ruled_queries import said
from sterna.desk.segments.searches import (
    OFFERED,
    Apart,
    Inputs,
    Told,
    offered_classes,
    proposed_names,
    read_groupings,
    title,
)
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.web.components import Column, Component, Empty, Failed, Number, Progress, Row, Table
from sterna.desk.web.formats import counted, decimal, percent
from sterna.engine.rules import read
from sterna.engine.segments.discovery import HIGHLY, STABLE

QUESTION = "Which groupings show in the data?"
_LEAD = (
    "A search parts customers by what they buy, are worth and have said, and proposes a rule for each grouping that is "
    "stable. A person adopts it, changes it and publishes it; a search places nobody."
)
_USUAL = (
    "order_frequency",
    "breadth",
)  # ticked at first, beside the shares: what people need, not what they are worth
_TRAITS = 3  # told in a row; the further ones set less apart
Live = (Discovery.State.WAITING, Discovery.State.RUNNING)


@needs(Right.READ)
def discoveries(request: HttpRequest) -> HttpResponse:
    """The searches, the newest first, and for those who may the form that asks for one."""
    found = Discovery.objects.select_related("asked_by").defer("tried")[:100]
    rows = [
        Row(
            [
                one.asked_at,
                one.asked_by.name if one.asked_by else "Sterna",
                one.until,
                one.get_state_display(),
                _outcome(one),
            ],
            reverse("discovery", args=[one.pk]),
        )
        for one in found
    ]
    columns = [
        Column("asked", "Asked", "instant"),
        Column("by", "By"),
        Column("until", "Of the run as of", "day"),
        Column("state", "State"),
        Column("found", "What was found"),
    ]
    nothing = Empty("Searches, each with what it found.", "Nobody has asked for one yet.")
    sections = [
        Section([Table("Searches", columns, rows, empty=nothing, stacks=True)], "What was looked for?")
    ]
    if allows(request.user, Right.MANAGE):
        sections.insert(0, Section([_form(request)], "Look for groupings"))
    trail = [(SEGMENTS, reverse("segments"))]
    return answer(request, Page(QUESTION, sections, _LEAD, trail=trail, dated=False))


def _outcome(one: Discovery) -> str:
    if one.state != Discovery.State.DONE:
        return one.error
    groupings = read_groupings(one.groupings)
    stable = sum(each.is_stable for each in groupings)
    return one.cannot_tell or f"{stable} of {counted(len(groupings), 'grouping')} stable"


def _form(request: HttpRequest) -> SafeString:
    """What a search may look at; what is protected is named and not offered."""
    context = {
        "measures": [(name, title(name), name in _USUAL) for name in OFFERED],
        "facts": [(name, title(name)) for name in offered_classes()],
        "barred": ", ".join(one.lower() for one in protected_titles()),
        "run": shown_run(),
        "open": Discovery.objects.filter(is_open=True).first(),
    }
    return SafeString(render_to_string("dashboards/discovery_start.html", context, request=request))


@needs(Right.READ)
def discovery(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One search: how far it is, or what it found and how stable that is."""
    found = get_object_or_404(Discovery.objects.select_related("asked_by"), pk=pk)
    if "seen" in request.GET:
        return _progress_answer(request, found)
    groupings = read_groupings(found.groupings)
    sections = [*_state(found), Section(_figures(found, groupings), layout="figures")]
    if groupings:
        sections += _groupings(request, found, groupings)
    asked = f"{found.asked_by.name if found.asked_by else 'Sterna'} asked on {found.asked_at:%Y-%m-%d}"
    lead = f"{asked}, of the run as of {found.until}, by {_by(found)}."
    trail = [(SEGMENTS, reverse("segments")), (QUESTION, reverse("discoveries"))]
    return answer(request, Page("Which groupings were found?", sections, lead, trail=trail, dated=False))


def _by(found: Discovery) -> str:
    inputs = msgspec.convert(found.inputs, Inputs)
    shares = ["shares of spend in categories"] if inputs.shares else []
    return ", ".join([*shares, *(title(name).lower() for name in (*inputs.measures, *inputs.facts))])


def _state(found: Discovery) -> list[Section]:
    if found.state in Live:
        return [Section([_progress(found)])]
    if found.state == Discovery.State.FAILED:
        kept = "Nothing was changed: segments are as they were."
        return [
            Section(
                [Failed(found.error, kept, "Ask for the search again.", "Search", reverse("discoveries"))]
            )
        ]
    if found.cannot_tell:
        return [Section([Empty("Groupings with a rule each.", f"Cannot tell: {found.cannot_tell}")])]
    return []


def _progress(found: Discovery) -> Progress:
    waits = found.state == Discovery.State.WAITING
    stage = "Waiting for its turn" if waits else "Trying counts of groupings, each on twenty samples"
    seen = f"?seen={found.state}-{found.done}"
    return Progress(stage, found.done, found.of, poll_url=seen, noun="counts")


def _progress_answer(request: HttpRequest, found: Discovery) -> HttpResponse:
    """The bar again for a page that polls; when the search has ended, the page is asked for anew."""
    answered = render(request, "web/components/progress.html", {"item": _progress(found)})
    if found.state not in Live or request.GET.get("seen") != f"{found.state}-{found.done}":
        answered["HX-Refresh"] = "true"
    return answered


def _figures(found: Discovery, groupings: list[Told]) -> list[Component]:
    is_done = found.state == Discovery.State.DONE
    stable = sum(one.is_stable for one in groupings)
    return [
        Number("Customers who bought", found.customers, missing="the search has ended"),
        Number("Groupings", len(groupings) if is_done else None, missing="the search has ended"),
        Number("Stable", stable if is_done else None, missing="the search has ended"),
        Number("Seed", str(found.seed), "text", note="the same seed finds the same in the same run"),
    ]


def _groupings(request: HttpRequest, found: Discovery, groupings: list[Told]) -> list[Section]:
    names = proposed_names(groupings)
    rows = [
        Row([names[one.number], one.size, _stability(one), _apart(one), *_rule(one)]) for one in groupings
    ]
    columns = [
        Column("name", "Grouping"),
        Column("size", "Customers", "number"),
        Column("stable", "Stability"),
        Column("apart", "What sets it apart"),
        Column("rule", "Proposed rule: customers who"),
        Column("found", "Rule holds of", "number"),
        Column("precision", "Precision"),
        Column("recall", "Recall"),
    ]
    sections = [Section([Table("Groupings", columns, rows, stacks=True)], "What was found?", _MEANING)]
    takes = [(one, names[one.number]) for one in groupings if one.proposed is not None]
    if takes and allows(request.user, Right.MANAGE):
        context = {"takes": takes, "found": found}
        form = render_to_string("dashboards/discovery_adopt.html", context, request=request)
        sections.append(Section([SafeString(form)], "Which of them shall be segments?", _ADOPTING))
    return [*sections, Section([_tried(found, len(groupings))], "How many groupings are there?", _COUNTS)]


_MEANING = (
    f"Stability is the mean Jaccard likeness of a grouping to its nearest one in bootstrap samples (Hennig 2007): from "
    f"{STABLE} on it is stable, from {HIGHLY} on highly so; below, other customers of the same kind would be parted "
    "otherwise. Precision is the part of those of whom the rule holds that belongs to the grouping, recall the part of "
    "the grouping of whom it holds."
)
_ADOPTING = "Their rules open as a draft, with the count of each. Nothing is in force before it is published."
_COUNTS = "Each count was tried. The most groupings that are all highly stable are taken, else those furthest apart."


def _stability(one: Told) -> str:
    word = "highly stable" if one.jaccard >= HIGHLY else "stable"
    return f"{decimal(one.jaccard, 2)}, {word if one.is_stable else 'not stable'}"


def _apart(one: Told) -> str:
    return "; ".join(map(_trait, one.apart[:_TRAITS])) or "nothing by itself"


def _trait(one: Apart) -> str:
    named = f"{title(one.feature)} {one.choice}" if one.choice else title(one.feature)
    if one.here is None or one.others is None:
        return named
    is_share = bool(one.choice) or one.feature.startswith("share:")
    here, others = (percent(each) if is_share else decimal(each, 1) for each in (one.here, one.others))
    return f"{named} {here}, of others {others}"


def _rule(one: Told) -> list[object]:
    if one.proposed is None:
        why = "no rule comes near to it" if one.is_stable else "none: it is not stable"
        return [why, None, "", ""]
    told = one.proposed
    return [said(read(told.rule)), told.found, percent(told.precision), percent(told.recall)]


def _tried(found: Discovery, chosen: int) -> Table:
    rows = [
        Row(
            [
                number,
                decimal(least, 2),
                decimal(mean, 2),
                decimal(silhouette, 2),
                "taken" if number == chosen else "",
            ]
        )
        for number, least, mean, silhouette in found.tried
    ]
    columns = [
        Column("count", "Groupings", "number"),
        Column("least", "Least stability"),
        Column("mean", "Mean stability"),
        Column("silhouette", "Silhouette"),
        Column("taken", ""),
    ]
    return Table("Counts", columns, rows, stacks=True)
