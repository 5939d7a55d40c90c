"""Files that came in: those that wait for a mapping, and one import with its progress and what it refused."""

from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from sterna.desk.config import options
from sterna.desk.dashboards.page import Action, Page, Section, answer
from sterna.desk.dashboards.paging import Slice
from sterna.desk.sources import queries
from sterna.desk.sources.models import Import
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.web.components import Column, Component, Empty, Failed, Number, Progress, Row, Table

LIVE = (Import.State.WAITING, Import.State.RUNNING)


def files(request: HttpRequest) -> list[Component | SafeString]:
    """The form that brings a file in, for those who may, and the files whose rows can still be imported."""
    rows = [
        Row(
            [item.file_name, round(item.size / 1_000_000, 2), str(item.uploaded_by or ""), item.uploaded_at],
            reverse("upload", args=[item.pk]),
        )
        for item in queries.uploads()[:100]
    ]
    columns = [
        Column("file", "File"),
        Column("size", "Size", "number", unit="MB"),
        Column("by", "Brought in by"),
        Column("at", "When", "instant"),
    ]
    days = options.number("STERNA_UPLOAD_DAYS")
    nothing = Empty("Files that were brought in here.", f"None now; a file is kept for {days} days.")
    found: list[Component | SafeString] = [Table("Files", columns, rows, empty=nothing)]
    if allows(request.user, Right.MANAGE):
        limit = {"limit": f"{options.number('STERNA_UPLOAD_LIMIT'):,}"}
        found.insert(0, SafeString(render_to_string("dashboards/upload_form.html", limit, request=request)))
    return found


@needs(Right.READ)
def one_import(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One import: how far it is, what it took, what it refused and why."""
    found = get_object_or_404(Import.objects.select_related("source", "upload"), pk=pk)
    if "seen" in request.GET:
        return _progress_answer(request, found)
    state = _state(request, found)
    sections = [
        *([Section(state)] if state else []),
        Section(_figures(found), layout="figures"),
        Section([_refused(request, found)], "What was refused?"),
    ]
    if found.mapping:
        mapping = render_to_string("dashboards/import_mapping.html", {"found": found}, request=request)
        sections.append(Section([SafeString(mapping)], "How was it mapped?"))
    trail = [("Sources", reverse("sources"))]
    page = Page(
        f"What came in with {found.file_name}?", sections, action=_again(found), trail=trail, dated=False
    )
    return answer(request, page)


def _again(found: Import) -> Action | None:
    """Where the same file can be imported as something else, while it is kept."""
    if found.upload is None or found.upload.removed_at is not None:
        return None
    return Action("Open the file", reverse("upload", args=[found.upload.pk]))


def _state(request: HttpRequest, found: Import) -> list[Component | SafeString]:
    items: list[Component | SafeString] = []
    if found.state in LIVE:
        items.append(_progress(found))
    if found.state == Import.State.FAILED:
        kept = (
            f"{found.rows_accepted:,} rows that were in before stay."
            if found.rows_accepted
            else "Nothing was loaded."
        )
        items.append(Failed(found.error, kept, "Mend the file or its mapping and import it again."))
    if found.state == Import.State.CANCELLED:
        words = f"{found.rows_accepted:,} rows are in and stay; the others are not."
        items.append(
            Failed("The import was cancelled.", words, "It can go on where it was, and doubles nothing.")
        )
    if allows(request.user, Right.MANAGE) and found.state != Import.State.DONE:
        context = {"found": found, "live": found.state in LIVE}
        items.append(SafeString(render_to_string("dashboards/import_forms.html", context, request=request)))
    return items


def _progress(found: Import) -> Progress:
    stage = "Waiting for its turn"
    if found.state == Import.State.RUNNING:
        stage = "Checking the file" if found.rows_total is None else "Loading rows"
    return Progress(stage, found.rows_read, found.rows_total, poll_url=f"?seen={_mark(found)}")


def _mark(found: Import) -> str:
    """What the page shows of the import: as long as it is the same, only the bar is drawn again."""
    return f"{found.state}-{found.rows_read}"


def _progress_answer(request: HttpRequest, found: Import) -> HttpResponse:
    answered = render(request, "web/components/progress.html", {"item": _progress(found)})
    if found.state not in LIVE or request.GET["seen"] != _mark(found):
        answered["HX-Refresh"] = "true"
    return answered


def _figures(found: Import) -> list[Component]:
    unknown = f"{found.rows_unmatched:,} with an unknown reference, kept"
    figures: list[Component] = [
        Number("State", found.get_state_display(), "text", note=f"as {found.name}, into {found.into}"),
        Number("Rows read", found.rows_read, note=f"of {found.rows_total:,}" if found.rows_total else None),
        Number("Accepted", found.rows_accepted, note=unknown),
        Number("Refused", found.rows_refused),
    ]
    if found.amount is not None:
        figures.append(Number("Amount accepted", found.amount, "money_exact", options.currency()))
    return figures


def _refused(request: HttpRequest, found: Import) -> Table:
    part = Slice(request, queries.refused_rows(found), ("line",), "line")
    columns = [
        Column("line", "Line", "number"),
        Column("column", "Column"),
        Column("value", "Value"),
        Column("reason", "Reason"),
    ]
    kept = queries.refused_rows(found).count()
    words = f"The first {kept:,} are shown here; the CSV has every one, with its columns." if kept else None
    none = "None: every row was taken." if found.state == Import.State.DONE else "None so far."
    return Table(
        "Refused rows",
        columns,
        [Row([item.line, item.column, item.value, item.reason]) for item in part.rows],
        shown=words,
        next_url=part.next_url,
        previous_url=part.first_url,
        csv_url=reverse("import_rejects", args=[found.pk]) if found.reject_file else None,
        empty=Empty("Refused rows.", none),
        stacks=True,
    )


@needs(Right.READ)
def import_rejects(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The reject file of an import."""
    found = get_object_or_404(Import, pk=pk)
    path = queries.reject_file(found)
    if path is None or not path.is_file():
        raise Http404("This import has no reject file.")
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"{found.name}.rejects.csv")


@needs(Right.READ)
def import_mapping(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The mapping of an import as a file."""
    found = get_object_or_404(Import.objects.exclude(mapping=""), pk=pk)
    headers = {"Content-Disposition": f'attachment; filename="import-{found.pk}.yaml"'}
    return HttpResponse(found.mapping, content_type="application/yaml; charset=utf-8", headers=headers)
