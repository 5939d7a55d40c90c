"""Sources: what came in, what was refused, and what is not in order."""

from uuid import UUID

from django.db.models import Count, Sum
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from sterna.desk.config import options
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.lakehouse.models import Segment
from sterna.desk.sources.models import DeadLetter, Import, InboxEvent, RefusedRow, Source
from sterna.desk.users.access import Right, needs
from sterna.desk.web.components import Column, Component, Empty, Failed, Number, Row, Table
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
                "yes" if source.write_key_sha256 else "no",
            ]
        )
        for source in Source.objects.annotate(many=Count("imports")).order_by("title")
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
        "None so far: `sterna import FOLDER --mapping FILE` brings the first.",
    )
    sections = [
        Section([Table("Sources", columns, found, empty=nothing)]),
        Section([_imports()], "What came in?"),
    ]
    return answer(request, Page("Where does the data come from?", sections, dated=False))


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
    return Table("Imports", columns, rows, empty=Empty("Imports.", "None so far."))


@needs(Right.READ)
def one_import(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """One import: what it took, what it refused and why."""
    found = get_object_or_404(Import.objects.select_related("source"), pk=pk)
    figures: list[Component] = [
        Number("Rows read", found.rows_read),
        Number(
            "Accepted", found.rows_accepted, note=f"{found.rows_unmatched:,} with an unknown reference, kept"
        ),
        Number("Refused", found.rows_refused),
    ]
    if found.amount is not None:
        figures.append(Number("Amount accepted", found.amount, "money_exact", options.currency()))
    items: list[Component] = []
    if found.error:
        items.append(
            Failed(found.error, "What was taken in before stays.", "Mend the file and import it again.")
        )
    rows = [
        Row([item.line, item.column, item.value, item.reason])
        for item in RefusedRow.objects.filter(part_of=found).order_by("line")[:200]
    ]
    columns = [
        Column("line", "Line", "number"),
        Column("column", "Column"),
        Column("value", "Value"),
        Column("reason", "Reason"),
    ]
    items.append(
        Table(
            "Refused rows", columns, rows, empty=Empty("Refused rows.", "None: every row was taken."),
            csv_url=reverse("import_rejects", args=[found.pk]) if found.reject_file else None,
        )
    )  # fmt: skip
    sections = [Section(figures, layout="figures"), Section(items, "What was refused?")]
    trail = [("Sources", reverse("sources"))]
    return answer(request, Page(f"What came in with {found.file_name}?", sections, trail=trail, dated=False))


@needs(Right.READ)
def import_rejects(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The reject file of an import."""
    found = get_object_or_404(Import, pk=pk)
    path = options.home() / found.reject_file
    if not found.reject_file or not path.is_file():
        raise Http404("This import has no reject file.")
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"{found.name}.rejects.csv")


@needs(Right.READ)
def data_quality(request: HttpRequest) -> HttpResponseBase:
    """What is refused, unmatched or waiting, by source."""
    waiting = InboxEvent.objects.filter(acted_at=None).count()
    refused = Import.objects.aggregate(refused=Sum("rows_refused"), unmatched=Sum("rows_unmatched"))
    segments = Segment.objects.filter(removed=None).aggregate(rows=Sum("rows"), many=Count("pk"))
    figures = [
        Number("Rows in the lake", segments["rows"] or 0, note=f"{segments['many']:,} segments"),
        Number("Rows refused", refused["refused"] or 0),
        Number("Rows with an unknown reference", refused["unmatched"] or 0, note="kept, counted as unknown"),
        Number("Events waiting", waiting, note="acted on within a minute"),
    ]
    letters = (
        DeadLetter.objects.values("source__title", "reason")
        .annotate(many=Count("pk"))
        .order_by("-many")[:100]
    )
    rows = [Row([row["source__title"], row["reason"], row["many"]]) for row in letters]
    columns = [Column("source", "Source"), Column("reason", "Reason"), Column("many", "Events", "number")]
    nothing = Empty("Events that were refused, by reason.", "None: every event was taken.")
    sections = [
        Section(figures, layout="figures"),
        Section([Table("Refused events", columns, rows, empty=nothing)], "What was refused?"),
    ]
    return answer(request, Page("Can the data be trusted?", sections, dated=False))
