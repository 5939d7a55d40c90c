"""Writes segments and stages rule by rule, and counts at every change whom each rule would take."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from sterna.desk.dashboards.context import asked_day, asked_text
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.queries import people
from sterna.desk.dashboards.queries.current import shown_run
from sterna.desk.dashboards.queries.segments import categories
from sterna.desk.dashboards.rule_parts import KINDS, parts_of
from sterna.desk.runs.models import Run
from sterna.desk.runs.panels import panel_of
from sterna.desk.segments.counting import Counted, count
from sterna.desk.segments.drafts import (
    MOST_SEATS,
    Draft,
    changed,
    draft_of,
    filled,
    read_draft,
    rule_of,
    scheme_of_draft,
    written,
)
from sterna.desk.segments.models import Definition
from sterna.desk.segments.profile_models import Discovery
from sterna.desk.segments.ruled_queries import headcounts, managers, ruled_in_force, said, scheme_of
from sterna.desk.segments.searches import adopted
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.users.models import User
from sterna.desk.web.answers import posted
from sterna.desk.web.components import Column, Component, Empty, Number, Row, Table
from sterna.engine.errors import BadInput, SternaError
from sterna.engine.rules import Rule
from sterna.engine.segments.ruled import SEGMENTS, check_ruled

QUESTION = "Which segments and stages are there, and who manages them?"
LEAD = (
    "The first rule that holds takes a customer into its segment; the rest takes everybody else. Counts are of the "
    "last run, at once; nothing is in force before it is published."
)


@needs(Right.READ)
def segments_new(request: HttpRequest) -> HttpResponse:
    """A scheme that is not there yet."""
    return _page(request, "What shall the segments be?", None)


@needs(Right.READ)
def segments_edit(request: HttpRequest, scheme: str) -> HttpResponse:
    """The next version of a scheme."""
    definition = next((one for one in ruled_in_force() if one.name == scheme), None)
    if definition is None:
        raise Http404(f"There are no segments or stages {scheme}.")
    return _page(request, f"What shall {scheme} say?", definition)


def _page(request: HttpRequest, question: str, definition: Definition | None) -> HttpResponse:
    may = allows(request.user, Right.MANAGE)
    if request.method == "POST" and not may:
        raise PermissionDenied("Segments are written by those who may manage.")
    draft, problem, why = _draft(request, definition)
    run = shown_run(asked_day(request))
    context = {
        "draft": draft, "text": written(draft), "may": may, "problem": problem, "here": request.get_full_path(),
        "seats": _seats(draft), "why": why, "unsaved": _is_unsaved(request),
        "is_new": definition is None, "is_segments": draft.kind == SEGMENTS,
        "enter": parts_of(draft, "enter"), "leave": parts_of(draft, "leave"), "kinds": KINDS,
        "people": User.objects.filter(is_active=True).order_by("first_name", "last_name", "username"),
        "categories": categories(), **_effect(run, draft),
    }  # fmt: skip
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(render_to_string("dashboards/segment_form.html", context, request=request))
    form = SafeString(render_to_string("dashboards/segment_form.html", context, request=request))
    return answer(request, Page(question, [Section([form])], LEAD, trail=[(QUESTION, reverse("segments"))]))


def _is_unsaved(request: HttpRequest) -> bool:
    """Whether somebody would lose by leaving: something was typed, or done that is more than to look."""
    do = posted(request, "do")
    return bool(posted(request, "unsaved") or (do and not do.startswith("seat open ")))


def _draft(request: HttpRequest, definition: Definition | None) -> tuple[Draft, str, str]:
    """The draft, what is wrong with the form, and the reason for the change as far as it is written."""
    if request.method != "POST":
        if definition is None and "search" in request.GET:
            return _adopted(request)
        return (draft_of(scheme_of(definition)) if definition else Draft()), "", ""
    typed = {name: posted(request, name) for name in request.POST}
    if definition is not None:
        typed |= {"name": definition.name, "kind": definition.kind}
    draft, why = Draft(), typed.get("reason_why", "")
    try:
        draft = filled(read_draft(typed.get("draft", "")), typed)
        return changed(draft, typed.get("do", "")), "", why
    except BadInput as error:
        return draft, str(error), why


def _adopted(request: HttpRequest) -> tuple[Draft, str, str]:
    """The rules that a search proposes for the groupings that were ticked, under the names that were typed."""
    try:
        found = Discovery.objects.filter(pk=UUID(asked_text(request, "search"))).first()
    except ValueError:
        found = None
    if found is None:
        raise Http404("There is no such search for groupings.")
    taken = [int(one) for one in request.GET.getlist("take") if one.isascii() and one.isdecimal()]
    names = {one: asked_text(request, f"name_{one}")[:80] for one in taken[:MOST_SEATS]}
    try:
        return (
            adopted(found, names),
            "",
            f"Adopted from the search for groupings in the run as of {found.until}",
        )
    except BadInput as error:
        return Draft(), str(error), ""


def _seats(draft: Draft) -> list[dict[str, Any]]:
    """The places in order with who manages each now."""
    named = managers(draft.name)
    return [
        {"place": seat.place, "number": number, "manager": seat.manager or _username(named, seat.place)}
        for number, seat in enumerate(draft.managed)
    ]


def _username(named: Mapping[str, User], place: str) -> str:
    return named[place].username if place in named else ""


def _effect(run: Run | None, draft: Draft) -> dict[str, Any]:
    """What stands beside the form: what is unfinished, each place with its sentence and counts, and some members."""
    rules, unfinished = _rules(draft)
    found = None
    if run is not None and rules:
        try:
            # What is unfinished has no rule: positions are among those that do.
            shown = sorted(rules).index(draft.open) if draft.open in rules else 0
            found = count(list(rules.values()), panel_of(run), run.until + timedelta(days=1), shown)
        except SternaError as error:
            unfinished.append(str(error))
    return {
        "unfinished": unfinished,
        "warnings": [one for one in _warnings(draft) if one not in unfinished],
        "figures": _figures(found, rules, draft) if found else (),
        "tables": [_places(draft, rules, found), *_examples(found)],
        "no_run": run is None,
    }


def _rules(draft: Draft) -> tuple[dict[int, Rule], list[str]]:
    rules, unfinished = {}, []
    for number, seat in enumerate(draft.seats):
        try:
            rules[number] = rule_of(seat.enter)
            if seat.leave is not None:
                rule_of(seat.leave)
        except BadInput as error:
            unfinished.append(f"{seat.place or f'place {number + 1}'}: {error}")
    return rules, unfinished


def _warnings(draft: Draft) -> list[str]:
    try:
        return check_ruled(scheme_of_draft(draft))
    except BadInput as error:
        return [str(error)]


def _figures(found: Counted, rules: Mapping[int, Rule], draft: Draft) -> list[Component]:
    figures: list[Component] = [Number("Customers", found.customers)]
    if draft.open in rules:
        held = dict(zip(rules, found.holds, strict=True))[draft.open]
        place = draft.seats[draft.open].place or "this rule"
        share = f"{held / found.customers:.1%} of all" if found.customers else None
        figures.append(Number(f"Of whom {place} holds", held, note=share))
    return figures


def _places(draft: Draft, rules: Mapping[int, Rule], found: Counted | None) -> Table:
    counts = dict(zip(rules, found.holds, strict=True)) if found else {}
    # Whom a stage would hold depends on where everybody stands: only a run can tell.
    is_told = found is not None and len(rules) == len(draft.seats) and draft.kind == SEGMENTS
    taken = dict(zip(rules, found.taken, strict=True)) if found and is_told else {}
    now = headcounts(draft.name)
    rows = [
        Row(
            [
                seat.place or f"place {number + 1}",
                said(rules[number]) if number in rules else "unfinished",
                counts.get(number),
                *([taken.get(number)] if draft.kind == SEGMENTS else []),
                now.get(seat.place),
            ]
        )
        for number, seat in enumerate(draft.seats)
    ]
    if draft.kind == SEGMENTS:
        left = found.customers - sum(taken.values()) if found and taken else None
        rows.append(Row([draft.rest or "the rest", "everybody else", left, left, now.get(draft.rest)]))
    columns = [
        Column("place", "Place"),
        Column("rule", "Customers who"),
        Column("holds", "Rule holds of", "number"),
        *([Column("taken", "Would be in it", "number")] if draft.kind == SEGMENTS else []),
        Column("now", "In it now", "number"),
    ]
    return Table("Places", columns, rows, show_caption=True, stacks=True, csv_url="")


def _examples(found: Counted | None) -> list[Component]:
    if found is None or not found.examples:
        return []
    titles = people.titles(found.examples)
    rows = [Row([titles[one]], reverse("customer", args=[one])) for one in found.examples]
    nothing = Empty("Some of them.", "The rule holds of nobody.")
    return [
        Table(
            "Some of them",
            [Column("customer", "Customer")],
            rows,
            show_caption=True,
            empty=nothing,
            csv_url="",
        )
    ]
