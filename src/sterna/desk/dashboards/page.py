"""A page as a value: the question it answers, its one main action, and sections of components."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import StringIO

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString

from sterna.desk.web.components import Component, Table, Tier, Unknown, Verdict


@dataclass(frozen=True)
class Action:
    """The one main action of a page: a link to where it is done."""

    label: str
    url: str
    icon: str = "arrow-right"


@dataclass(frozen=True)
class Section:
    """A part of a page. `layout`: "stack" one below another, "figures" a row of numbers, "halves" two columns."""

    items: Sequence[Component | SafeString]
    title: str = ""
    lead: str = ""
    layout: str = "stack"


@dataclass(frozen=True)
class Page:
    """One page: its title is the question it answers, as a sentence."""

    question: str
    sections: Sequence[Section]
    lead: str = ""
    action: Action | None = None
    trail: Sequence[tuple[str, str]] = field(default=())


def answer(request: HttpRequest, page: Page) -> HttpResponse:
    """The page, or with `?format=csv` its first table as a file."""
    if request.GET.get("format") == "csv":
        table = next(
            (item for section in page.sections for item in section.items if isinstance(item, Table)), None
        )
        if table is not None:
            return csv_file(table)
    return render(
        request, "dashboards/page.html", {"page": page, "question": page.question, "lead": page.lead}
    )


def csv_link(request: HttpRequest) -> str:
    """The address of what the page shows as a CSV file."""
    query = request.GET.copy()
    query["format"] = "csv"
    return f"?{query.urlencode()}"


def csv_file(table: Table) -> HttpResponse:
    """`table` as it is shown, as a CSV file in UTF-8."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow([f"{c.label} ({c.unit})" if c.unit else c.label for c in table.columns])
    writer.writerows([[_plain(value) for value in row.cells] for row in table.rows])
    name = "".join(letter if letter.isalnum() else "-" for letter in table.caption.lower())
    return HttpResponse(
        text.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def _plain(value: object) -> str:
    words = _words(value)
    # A spreadsheet would run a cell that begins like a formula; a leading quote keeps it text.
    return f"'{words}" if words[:1] in ("=", "+", "-", "@") and not isinstance(value, int | float) else words


def _words(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Tier):
        return value.name
    if isinstance(value, Verdict):
        return value.kind
    if isinstance(value, Unknown):
        return "unknown"
    return str(value)
