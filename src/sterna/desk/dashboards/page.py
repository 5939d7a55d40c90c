"""A page as a value: the question it answers, its one main action, and sections of components."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from io import StringIO

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString

from sterna.desk.dashboards.context import asked_day
from sterna.desk.dashboards.parts import Share
from sterna.desk.web.components import Component, GroupLetter, Late, Picture, Table, Tier, Unknown, Verdict
from sterna.desk.web.spreadsheets import as_text


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
    """One page: its title is the question it answers, as a sentence; not `dated` when no run is behind its figures."""

    question: str
    sections: Sequence[Section]
    lead: str = ""
    action: Action | None = None
    trail: Sequence[tuple[str, str]] = field(default=())
    dated: bool = True


def answer(request: HttpRequest, page: Page) -> HttpResponse:
    """The page, or with `?format=csv` its main table as a file, with `&table=2` its second from the top."""
    table = _wanted(request, page) if request.GET.get("format") == "csv" else None
    if table is not None:
        return csv_file(table)
    asked = asked_day(request)
    shown = replace(page, sections=_with_files(request, page.sections))
    context = {"page": shown, "question": page.question, "lead": page.lead, "asked": asked}
    answered = render(request, "dashboards/page.html", context)
    if asked is not None:
        answered.content = carry_day(answered.content.decode(), asked).encode()
    return answered


def _wanted(request: HttpRequest, page: Page) -> Table | None:
    """The table of the number asked for, else the one that can be filtered, else the first."""
    tables = [table for section in page.sections for item in section.items for table in _tables(item)]
    wanted = request.GET.get("table", "")
    if wanted.isascii() and wanted.isdecimal() and 1 <= int(wanted[:4]) <= len(tables):
        return tables[int(wanted[:4]) - 1]
    return next((table for table in tables if table.filters), next(iter(tables), None))


def _tables(item: object) -> Iterator[Table]:
    if isinstance(item, Table):
        yield item
    elif isinstance(item, Picture) and item.table is not None:
        yield item.table


def _with_files(request: HttpRequest, sections: Sequence[Section]) -> list[Section]:
    """The sections with a link to a CSV file above every table that has none of its own."""
    number, made = 0, []
    for section in sections:
        items: list[Component | SafeString] = []
        for item in section.items:
            number += len(list(_tables(item)))
            items.append(_with_file(item, csv_link(request, number)))
        made.append(replace(section, items=items))
    return made


def _with_file(item: Component | SafeString, link: str) -> Component | SafeString:
    if isinstance(item, Picture) and item.table is not None:
        return replace(item, table=_filed(item.table, link))
    return _filed(item, link) if isinstance(item, Table) else item


def _filed(table: Table, link: str) -> Table:
    return replace(table, csv_url=link) if table.rows and table.csv_url is None else table


# Links of the desk's own pages, in attributes: files, forms and addresses of other servers stay as they are.
_LINK = re.compile(r'(?<!data-newest )((?:data-)?href=")(/(?!static/|/)[^"#]*|\?[^"#]*)(?=["#])')


def carry_day(html: str, day: date) -> str:
    """`html` with `as_of` in every link between pages, so that who opens a figure sees the run it came from."""

    def add(found: re.Match[str]) -> str:
        opening, address = found.groups()
        if "as_of=" in address:
            return found[0]
        return f"{opening}{address}{'&amp;' if '?' in address else '?'}as_of={day}"

    return _LINK.sub(add, html)


def csv_link(request: HttpRequest, number: int) -> str:
    """The address of the page's table of that number as a CSV file: all its rows, from the first."""
    query = request.GET.copy()
    query.pop("after", None)
    query["format"] = "csv"
    query["table"] = str(number)
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
    return words if isinstance(value, int | float | Decimal) else as_text(words)


def _words(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Tier):
        return value.name
    if isinstance(value, GroupLetter):
        return value.letter
    if isinstance(value, Verdict):
        return value.kind
    if isinstance(value, Unknown):
        return "unknown"
    if isinstance(value, Late):
        return f"{value.promised}, due {value.due}"
    if isinstance(value, Share):
        return f"{value.share:.3f}"
    return str(value)
