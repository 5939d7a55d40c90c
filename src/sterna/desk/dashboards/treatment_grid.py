"""The grid of value by potential on a segment's page: how many stand in each cell, and how they are treated."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sterna.desk.dashboards import treatment_words as words
from sterna.desk.dashboards.page import Section
from sterna.desk.dashboards.parts import LevelCell
from sterna.desk.dashboards.queries import treatments
from sterna.desk.runs.models import Run
from sterna.desk.segments.models import Definition
from sterna.desk.segments.treatment_models import TreatmentCell
from sterna.desk.segments.treatment_queries import treatments_of
from sterna.desk.users.access import Right, allows
from sterna.desk.web.components import Column, Component, Empty, Row, Table
from sterna.desk.web.formats import counted
from sterna.engine.segments import Treatments
from sterna.engine.segments.treatments import Cell, Level

TITLE = "How are they treated?"
_SHADES = 4


def sections(request: HttpRequest, run: Run | None, scheme: str, segment: str) -> list[Section]:
    """The grid of a segment as the run filled it, with links to the names; or what would fill it."""
    definition = treatments_of(scheme)
    shown = words.pinned(run, scheme) if run else None
    if run is None or shown is None:
        return [Section([_nothing(definition), *_links(request, definition, scheme, segment, {})], TITLE)]
    version, terms = shown
    rows = treatments.cells(run, scheme, segment)
    kept = _kept(rows)
    lead = (
        f"Rows are {words.measure(terms.value.measure)}, columns {words.measure(terms.potential.measure)}, by version "
        f"{version}; open a cell for names. {_newer(definition, version)}"
    )
    items: list[Component | SafeString] = [
        _table(run, terms, segment, rows),
        format_html('<p class="form-hint">{}</p>', words.HONORED),
        *_links(request, definition, scheme, segment, kept),
    ]
    return [Section(items, TITLE, lead)]


def _nothing(definition: Definition | None) -> Empty:
    what = "A grid of value by potential, with a level of treatment in each cell."
    if definition is None:
        return Empty(
            what, "No treatments are in force: load some with `sterna treatments load FILE --reason WHY`."
        )
    return Empty(
        what,
        "The run shown knew of none; the next run puts everybody in a cell.",
        "See the runs",
        reverse("runs"),
    )


def _newer(definition: Definition | None, version: int) -> str:
    if definition is None:
        return "They were retired since: the next run treats nobody by them. "
    if definition.version != version:
        return f"Version {definition.version} is in force by now, and the next run goes by it. "
    return ""


def _kept(rows: list[TreatmentCell]) -> dict[str, int]:
    return {word: sum(one.customers for one in rows if one.retention == word) for word in ("keep", "watch")}


def _links(
    request: HttpRequest, definition: Definition | None, scheme: str, segment: str, kept: Mapping[str, int]
) -> list[SafeString]:
    here = reverse("segment_treated", args=[scheme, segment])
    told = {"keep": "to keep", "watch": "to watch"}
    lists = [
        {"url": f"{here}?retention={word}", "label": f"The {counted(number, 'customer')} {told[word]}"}
        for word, number in kept.items()
        if number
    ]
    manages = definition is not None and allows(request.user, Right.MANAGE)
    if not lists and not manages:
        return []
    context = {"lists": lists, "manages": manages, "scheme": scheme, "place": segment}
    return [SafeString(render_to_string("dashboards/level_links.html", context, request=request))]


def _table(run: Run, terms: Treatments, segment: str, found: list[TreatmentCell]) -> Table:
    rows, levels = treatments.by_cell(found), terms.of_segment(segment)
    total, currency = sum(one.customers for one in found), run.brief["currency"]
    columns = [
        Column("value", words.measure(terms.value.measure).capitalize()),
        *(
            Column(band, f"{band}: {words.band_words(terms.potential, band, currency)}", "component")
            if band != "unknown"
            else Column(band, "Unknown", "component")
            for band in terms.potential.names
        ),
        Column("customers", "Together", "number"),
    ]
    drawn = []
    for value in reversed(terms.value.names):
        cells = [
            _cell((value, potential), rows, levels, total, terms.scheme, segment)
            for potential in terms.potential.names
        ]
        edges = words.band_words(terms.value, value, currency)
        named = value if value == edges else f"{value}: {edges}"
        drawn.append(Row([named, *cells, sum(one.customers for one in cells)]))
    return Table("Value by potential", columns, drawn, stacks=True)


def _cell(
    cell: Cell,
    rows: Mapping[Cell, TreatmentCell],
    levels: Mapping[Cell, Level],
    total: int,
    scheme: str,
    segment: str,
) -> LevelCell:
    row = rows.get(cell)
    customers = row.customers if row else 0
    share = customers / total if total else 0.0
    heat = min(_SHADES, round(share * 2 * _SHADES + 0.4)) if customers else 0
    value, potential = cell
    query = urlencode({"value": value, "potential": potential})
    href = f"{reverse('segment_treated', args=[scheme, segment])}?{query}"
    return LevelCell(customers, share, words.parts_of_level(levels[cell]), href, heat)
