"""Who is treated how in a segment, and the form of its levels with what they would change."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from sterna.desk.dashboards import treatment_words as words
from sterna.desk.dashboards.context import asked_day, asked_text, plain
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.paging import Slice
from sterna.desk.dashboards.queries import people, treatments
from sterna.desk.dashboards.queries.current import run_name, shown_run
from sterna.desk.dashboards.queries.treatments import Change
from sterna.desk.dashboards.views.places import no_run
from sterna.desk.dashboards.views.segment_edit import QUESTION
from sterna.desk.runs.models import Run
from sterna.desk.segments.actions import refuse_treatments
from sterna.desk.segments.level_forms import fields, filled
from sterna.desk.segments.models import Definition
from sterna.desk.segments.treatment_models import Treatment
from sterna.desk.segments.treatment_queries import of_body, segments_in_force, treatments_of
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.web.answers import posted
from sterna.desk.web.components import Chip, Column, Component, Empty, Filters, Number, Row, Table
from sterna.desk.web.formats import counted
from sterna.engine.errors import SternaError
from sterna.engine.segments import Treatments, read_ruled
from sterna.engine.segments.ruled import SEGMENTS
from sterna.engine.segments.treatments import PERSONALIZATIONS, RETENTIONS, Axis, Level

LEAD = (
    "A level says how personal the text is, how many contacts that promote may leave, and how hard staff work to keep "
    "the customers of a cell. Nothing is in force before it is published."
)
_ASKED = {"value": "value_band", "potential": "potential_band", "retention": "retention"}


@needs(Right.READ)
def segment_treated(request: HttpRequest, scheme: str, place: str) -> HttpResponse:
    """The customers of a segment with their levels, narrowed by the bands and by what keeping them asks."""
    scheme, place = plain(scheme), plain(place)
    question = f"Who is treated how in {place}?"
    run = shown_run(asked_day(request))
    if run is None:
        return no_run(question, "Customers with their level of treatment.", request)
    shown = words.pinned(run, scheme)
    if place not in _placed_by(run, scheme):
        raise Http404(f"There is no segment {place} of {scheme}.")
    asked = {name: text for name in _ASKED if (text := asked_text(request, name))}
    found = treatments.names(run, scheme, place, **{_ASKED[name]: text for name, text in asked.items()})
    page: Slice[Treatment] = Slice(
        request, found, ("value_figure", "potential_figure"), "-value_figure", gathered=True
    )
    terms = shown[1] if shown else None
    table = _names(request, run, terms, page, asked, found.count())
    trail = [(QUESTION, reverse("segments")), (place, reverse("segment", args=[scheme, place]))]
    return answer(request, Page(question, [Section([table])], trail=trail))


def _placed_by(run: Run, scheme: str) -> set[str]:
    """The segments of a scheme that the run placed people in, and those there are by now."""
    pinned = (one for one in run.brief.get("ruled", ()) if (one["name"], one["kind"]) == (scheme, SEGMENTS))
    known = {place for one in pinned for place in read_ruled(one["body"]).places}
    return known | set(segments_in_force().get(scheme, ()))


def _names(
    request: HttpRequest,
    run: Run,
    terms: Treatments | None,
    page: Slice[Treatment],
    asked: Mapping[str, str],
    total: int,
) -> Table:
    titles = people.titles(one.customer_id for one in page.rows)
    rows = [
        Row(
            [
                titles.get(one.customer_id, ""),
                one.value_band,
                one.value_figure,
                one.potential_band,
                one.potential_figure,
                words.said(words.parts(one)),
            ],
            reverse("customer", args=[one.customer_id]),
        )
        for one in page.rows
    ]
    columns = [
        Column("customer", "Customer"),
        Column("value", "Value"),
        _figure("value_figure", terms.value.measure if terms else "value", run),
        Column("potential", "Potential"),
        _figure("potential_figure", terms.potential.measure if terms else "potential", run),
        Column("level", "Level"),
    ]
    chips = [Chip(name, _chip(name, text), _without(request, name)) for name, text in asked.items()]
    return Table(
        "Who is treated how", columns, rows, page.sort, Filters(counted(total, "customer"), chips),
        next_url=page.next_url, previous_url=page.first_url, stacks=True,
        empty=Empty("Names with their levels.", "Nobody of the segment is treated so in this run."),
    )  # fmt: skip


def _figure(key: str, measure: str, run: Run) -> Column:
    kind, unit = words.column_of(measure, run.brief["currency"])
    return Column(key, words.measure(measure).capitalize(), kind, True, unit)


def _chip(name: str, text: str) -> str:
    return words.KEPT.get(text, text).lower() if name == "retention" else text


def _without(request: HttpRequest, name: str) -> str:
    query = request.GET.copy()
    for gone in (name, "after"):
        query.pop(gone, None)
    return f"?{query.urlencode()}"


@needs(Right.READ)
def segment_levels(request: HttpRequest, scheme: str, place: str) -> HttpResponse:
    """The levels of one segment as a form."""
    scheme, place = plain(scheme), plain(place)
    definition = treatments_of(scheme)
    if definition is None or place not in segments_in_force().get(scheme, ()):
        raise Http404(f"There are no treatments of {place} of {scheme}.")
    trail = [(QUESTION, reverse("segments")), (place, reverse("segment", args=[scheme, place]))]
    return _page(request, definition, place, f"How shall {place} be treated?", trail)


@needs(Right.READ)
def scheme_levels(request: HttpRequest, scheme: str) -> HttpResponse:
    """The levels that every segment of a scheme has where it has none of its own."""
    scheme = plain(scheme)
    definition = treatments_of(scheme)
    if definition is None:
        raise Http404(f"There are no treatments of {scheme}.")
    question = f"How shall every segment of {scheme} be treated?"
    return _page(request, definition, "", question, [(QUESTION, reverse("segments"))])


def _page(
    request: HttpRequest, definition: Definition, segment: str, question: str, trail: list[tuple[str, str]]
) -> HttpResponse:
    may = allows(request.user, Right.MANAGE)
    if request.method == "POST" and not may:
        raise PermissionDenied("Levels are written by those who may manage.")
    standing = of_body(definition.body)
    typed = {name: posted(request, name) for name in request.POST} if request.method == "POST" else None
    drafted, problem = _drafted(standing, segment, typed)
    run = shown_run(asked_day(request))
    context: dict[str, Any] = {
        "may": may, "here": request.get_full_path(), "scheme": definition.name, "segment": segment,
        "version": (typed or {}).get("version", str(definition.version)), "why": (typed or {}).get("reason", ""),
        "cells": fields(standing, segment, typed), "problem": problem, "honored": words.HONORED,
        "value": words.measure(standing.value.measure).capitalize(),
        "potential": words.measure(standing.potential.measure),
        "levels": _standing(standing, segment, run.brief["currency"] if run else ""),
        "texts": [(word, words.WORDED[word]) for word in PERSONALIZATIONS],
        "keeping": [(word, words.KEPT[word]) for word in RETENTIONS], **_effect(run, drafted),
    }  # fmt: skip
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(render_to_string("dashboards/levels_effect.html", context, request=request))
    form = SafeString(render_to_string("dashboards/levels_form.html", context, request=request))
    return answer(request, Page(question, [Section([form])], LEAD, trail=trail))


def _standing(treatments_now: Treatments, segment: str, currency: str) -> Table:
    """The levels as they stand, for who reads them only."""
    axes = treatments_now.value, treatments_now.potential
    levels = treatments_now.of_segment(segment)
    rows = [
        Row(
            [
                *(_band(axis, band, currency) for axis, band in zip(axes, cell, strict=True)),
                *words.parts_of_level(levels[cell]),
            ]
        )
        for cell in treatments_now.cells
    ]
    columns = [
        *(Column(axis.measure, words.measure(axis.measure).capitalize()) for axis in axes),
        Column("text", "Text"),
        Column("frequency", "How often"),
        Column("retention", "Keeping"),
    ]
    return Table("Levels", columns, rows, stacks=True, csv_url="")


def _band(axis: Axis, band: str, currency: str) -> str:
    edges = words.band_words(axis, band, currency)
    return band if band == edges else f"{band}: {edges}"


def _drafted(
    standing: Treatments, segment: str, typed: Mapping[str, str] | None
) -> tuple[Treatments | None, str]:
    """The treatments that were typed, else what is wrong with them."""
    if typed is None:
        return standing, ""
    try:
        drafted = filled(standing, segment, typed)
        refuse_treatments(drafted)
    except SternaError as refused:
        return None, str(refused)
    return drafted, ""


def _effect(run: Run | None, drafted: Treatments | None) -> dict[str, Any]:
    """What stands below the form: who would be treated otherwise, cell by cell, and some of them by name."""
    if drafted is None:
        return {"words": "", "figures": (), "tables": ()}
    if run is None or words.pinned(run, drafted.scheme) is None:
        said = "No run has put anybody in a cell yet, so nobody can be shown: the next run does."
        return {"words": said, "figures": (), "tables": ()}
    found = treatments.changes(run, drafted)
    said = (
        f"If everybody stayed in the cell where {run_name(run.pk)}, as of {run.until}, put them. Who moves to another "
        "cell by then has the level of that one."
    )
    return {"words": said, "figures": _figures(found), "tables": [_changed(found), *_some(run, found)]}


def _figures(found: list[Change]) -> list[Component]:
    def many(*changes: Change) -> int:
        return sum(one.row.customers for one in changes)

    known = [(one, one.after) for one in found if one.after is not None]
    return [
        Number("Would be treated otherwise", many(*found)),
        Number(
            "Could be contacted more",
            many(*(one for one, after in known if _rate(after) > _rate(one.before))),
        ),
        Number(
            "Could be contacted less",
            many(*(one for one, after in known if _rate(after) < _rate(one.before))),
        ),
        Number(
            "Staff would begin to keep",
            many(*(one for one, after in known if after.retention == "keep" != one.before.retention)),
        ),
    ]


def _rate(level: Level) -> float:
    return level.frequency.contacts / level.frequency.days


def _changed(found: list[Change]) -> Table:
    rows = [
        Row(
            [
                one.row.segment,
                f"{one.row.value_band} value, {one.row.potential_band} potential",
                one.row.customers,
                words.said(words.parts_of_level(one.before)),
                words.said(words.parts_of_level(one.after)) if one.after else "the cell would be gone",
            ]
        )
        for one in found
    ]
    columns = [
        Column("segment", "Segment"),
        Column("cell", "Cell"),
        Column("customers", "Customers", "number"),
        Column("now", "Now"),
        Column("then", "Then"),
    ]
    nothing = Empty("The cells whose level would change.", "Nobody would be treated otherwise.")
    return Table(
        "Cells that change", columns, rows, show_caption=True, stacks=True, csv_url="", empty=nothing
    )


def _some(run: Run, found: list[Change]) -> list[Component]:
    some = treatments.some_of(run, found)
    if not some:
        return []
    titles = people.titles(one.customer_id for one in some)
    rows = [
        Row(
            [titles.get(one.customer_id, ""), one.segment, one.value_band, one.potential_band],
            reverse("customer", args=[one.customer_id]),
        )
        for one in some
    ]
    columns = [
        Column("customer", "Customer"),
        Column("segment", "Segment"),
        Column("value", "Value"),
        Column("potential", "Potential"),
    ]
    return [Table("Some of them", columns, rows, show_caption=True, stacks=True, csv_url="")]
