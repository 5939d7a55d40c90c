"""Sources: the systems that data comes from, and the files that came in."""

from django.db.models import Count
from django.http import HttpRequest, HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.views.imports import files
from sterna.desk.sources.models import Import, Source
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.web.components import Column, Component, Empty, Row, Table
from sterna.desk.web.formats import decimal


@needs(Right.READ)
def sources(request: HttpRequest) -> HttpResponseBase:
    """Every source and every import."""
    found = [
        Row(
            [
                source.title,
                source.name,
                source.get_history_display(),
                source.many,
                "yes" if source.keys else "no",
            ],
            reverse("source", args=[source.pk]),
        )
        for source in Source.objects.annotate(
            many=Count("imports", distinct=True), keys=Count("write_keys", distinct=True)
        ).order_by("title")
    ]
    columns = [
        Column("title", "Source"),
        Column("name", "Name"),
        Column("history", "History"),
        Column("imports", "Imports", "number"),
        Column("key", "Sends events"),
    ]
    nothing = Empty(
        "Systems that data comes from.",
        "None so far: bring in a file below, or let `sterna import FOLDER --mapping FILE` bring the first.",
    )
    sections = [
        Section([Table("Sources", columns, found, empty=nothing, stacks=True), *_adding(request)]),
        Section(files(request), "Which files wait to be mapped?"),
        Section([_imports()], "What came in?"),
    ]
    return answer(request, Page("Where does the data come from?", sections, dated=False))


def _adding(request: HttpRequest) -> list[SafeString]:
    if not allows(request.user, Right.ADMINISTER):
        return []
    return [SafeString(render_to_string("dashboards/source_form.html", {}, request=request))]


def _imports() -> Component:
    rows = [
        Row(
            [
                item.name,
                item.file_name,
                item.get_state_display(),
                item.rows_read,
                item.rows_accepted,
                item.rows_refused,
                item.rows_unmatched,
                "" if item.amount is None else decimal(item.amount, 2),
                item.started_at,
            ],
            reverse("import", args=[item.pk]),
        )
        for item in Import.objects.select_related("source")[:200]
    ]
    columns = [
        Column("import", "Import"),
        Column("file", "File"),
        Column("state", "State"),
        Column("read", "Read", "number"),
        Column("accepted", "Accepted", "number"),
        Column("refused", "Refused", "number"),
        Column("unmatched", "Reference unknown", "number"),
        Column("amount", "Amount"),
        Column("started", "Started", "instant"),
    ]
    return Table("Imports", columns, rows, empty=Empty("Imports.", "None so far."), stacks=True)
