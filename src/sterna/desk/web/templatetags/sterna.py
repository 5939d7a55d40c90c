"""The tags of every page: `{% load sterna %}`; each takes plain values and draws one component."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sterna.desk.web import components, formats, navigation
from sterna.desk.web.pictures.bars import Range, range_bars

register = template.Library()

register.filter("money_short", formats.money_short)
register.filter("money_exact", formats.money_exact)
register.filter("count", formats.count)
register.filter("percent", formats.percent)
register.filter("signed_percent", formats.signed_percent)
register.filter("day", formats.day)
register.filter("duration", formats.duration)
register.filter("sentence", formats.sentence)


@register.simple_tag(takes_context=True)
def show(context: template.Context, component: components.Component) -> SafeString:
    """Draw any component of `web.components`."""
    return _draw(context, component)


@register.simple_tag
def icon(name: str) -> SafeString:
    """A decorative icon of the sprite; the words beside it carry the meaning."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        static("vendor/tabler-icons/sprite.svg"),
        name,
    )


@register.simple_tag(takes_context=True)
def number(
    context: template.Context,
    label: str,
    value: formats.Figure | str | None,
    kind: components.FigureKind = "count",
    unit: str | None = None,
    provenance: components.Provenance | Mapping[str, Any] | None = None,
    missing: str | None = None,
    note: str | None = None,
    compact: bool = False,
) -> SafeString:
    """A figure with its drawer; `provenance` is a Provenance or a mapping with the same names."""
    source = components.Provenance(**provenance) if isinstance(provenance, Mapping) else provenance
    return _draw(context, components.Number(label, value, kind, unit, source, missing, note, compact))


@register.simple_tag
def money(amount: formats.Figure | None, currency: str | None = None, exact: bool = False) -> SafeString:
    """Money in its short form with the exact one on hover, or the exact form."""
    written = formats.money_exact(amount, currency)
    if exact or amount is None:
        return format_html('<span class="figure-text">{}</span>', written)
    return format_html(
        '<span class="figure-text" title="{}">{}</span>', written, formats.money_short(amount, currency)
    )


@register.simple_tag
def range_bar(
    point: formats.Figure | None,
    low: formats.Figure | None = None,
    high: formats.Figure | None = None,
    scale: formats.Figure | None = None,
    label: str = "",
    currency: str | None = None,
) -> SafeString:
    """One bar with its point inside low to high; `scale` is the value at the right end of bars compared."""
    bar = Range(label, point, low, high)
    return range_bars([bar], title=label or "Range", currency=currency, scale=scale)


@register.simple_tag(takes_context=True)
def tier_badge(context: template.Context, rank: int | None, name: str) -> SafeString:
    """A tier's name with the shade of its rank (1 is the top; None is outside every tier)."""
    return _draw(context, components.Tier(name, rank))


@register.simple_tag(takes_context=True)
def group_badge(context: template.Context, letter: str, meaning: str | None = None) -> SafeString:
    """A group's letter."""
    return _draw(context, components.GroupLetter(letter, meaning))


@register.simple_tag(takes_context=True)
def verdict(
    context: template.Context,
    kind: components.VerdictKind,
    figure: str | None = None,
    why: str | None = None,
) -> SafeString:
    """A verdict's shape and words: moved, not_moved, cannot_tell, targeted or aa."""
    return _draw(context, components.Verdict(kind, figure, why))


@register.simple_tag(takes_context=True)
def unknown(context: template.Context, missing: str) -> SafeString:
    """The word "unknown" and what would make it known."""
    return _draw(context, components.Unknown(missing))


@register.simple_tag(takes_context=True)
def late(context: template.Context, promised: str, due: date) -> SafeString:
    """A promise past its day."""
    return _draw(context, components.Late(promised, due))


@register.simple_tag(takes_context=True)
def empty(
    context: template.Context, what: str, why: str, step_label: str | None = None, step_url: str | None = None
) -> SafeString:
    """What will be here, why it is not yet, the one step that fills it."""
    return _draw(context, components.Empty(what, why, step_label, step_url))


@register.simple_tag(takes_context=True)
def failed(
    context: template.Context,
    what: str,
    kept: str,
    remedy: str,
    remedy_label: str | None = None,
    remedy_url: str | None = None,
    trace: str | None = None,
) -> SafeString:
    """What happened, what was not lost, what to do."""
    return _draw(context, components.Failed(what, kept, remedy, remedy_label, remedy_url, trace))


@register.simple_tag(takes_context=True)
def progress(
    context: template.Context,
    stage: str,
    done: int,
    total: int | None = None,
    seconds_left: float | None = None,
    poll_url: str | None = None,
    noun: str = "rows",
) -> SafeString:
    """Long work under way; with `poll_url` it asks for itself again every two seconds."""
    return _draw(context, components.Progress(stage, done, total, seconds_left, poll_url, noun))


@register.simple_tag(takes_context=True)
def reltime(context: template.Context, at: datetime | None, now: datetime | None = None) -> SafeString:
    """An instant relative to `now` (or the context's `now`, or the clock), the exact time on hover."""
    return _draw(context, components.RelativeTime(at, now))


@register.inclusion_tag("web/components/drawer.html")
def drawer(summary: str, title: str, body: str) -> dict[str, str]:
    """A drawer with any content: `summary` opens it, `body` is what it holds (escaped unless safe)."""
    return {"summary": summary, "title": title, "body": body}


@register.inclusion_tag("web/components/field.html")
def field(bound: BoundField, label: str | None = None) -> dict[str, Any]:
    """A form field: label, help, the widget with what was typed, its errors beside it in words."""
    widget = bound.field.widget
    return {
        "field": bound,
        "label": label or bound.label,
        "check": isinstance(widget, CheckboxInput),
        "choices": isinstance(widget, RadioSelect | CheckboxSelectMultiple),
        "widget": bound.as_widget(attrs=_widget_attributes(widget)),
        "error_id": f"{bound.auto_id}_error",
        "help_id": f"{bound.auto_id}_helptext",
    }


@register.simple_tag(takes_context=True)
def confirm(context: template.Context, effect: components.Effect) -> SafeString:
    """The effect of a change, to stand inside its form: who enters, who leaves, the cost, the reason."""
    return _draw(context, effect)


@register.inclusion_tag("web/components/rail.html", takes_context=True)
def rail(context: template.Context) -> dict[str, Any]:
    """The left rail for the request's path."""
    request = context.get("request")
    return {"groups": navigation.rail(request.path if request else "")}


@register.simple_tag
def page_address(url_name: str) -> str:
    """The address of a page, empty when this installation does not have it."""
    return navigation.address(url_name) or ""


@register.simple_tag
def frame_address(page: str) -> str:
    """The address of one of the frame's own pages: "search", "sign_in" or "sign_out"; empty without it."""
    names = {"search": navigation.SEARCH, "sign_in": navigation.SIGN_IN, "sign_out": navigation.SIGN_OUT}
    return navigation.address(names[page]) or ""


@register.simple_tag
def product_version() -> str:
    """The version that is installed, "development" from a bare source tree."""
    try:
        return version("sterna")
    except PackageNotFoundError:
        return "development"


@register.filter
def figure(item: components.Number) -> str:
    """A Number's value as it is written."""
    if item.value is None:
        return formats.UNKNOWN
    if isinstance(item.value, str):
        return item.value
    return _write(item.value, item.kind)


@register.filter
def exact_figure(item: components.Number) -> str:
    """A Number's exact value for hover and drawer; empty when it is written exactly already."""
    if item.kind != "money" or item.value is None or isinstance(item.value, str):
        return ""
    return formats.money_exact(item.value, item.unit)


@register.filter
def is_component(value: object) -> bool:
    """Whether a table's cell draws itself."""
    return isinstance(value, components.Component)


@register.filter
def cells(table: components.Table, row: components.Row) -> list[tuple[components.Column, object]]:
    """A row's cells beside their columns; a row that is too short or too long is a fault of its view."""
    return list(zip(table.columns, row.cells, strict=True))


@register.filter
def cell(value: object, kind: components.ColumnKind) -> str:
    """A plain cell as it is written in a column of this kind; None is "unknown"."""
    if value is None:
        return formats.UNKNOWN
    if isinstance(value, datetime):
        return formats.instant(timezone.localtime(value))
    if isinstance(value, date):
        return formats.day(value)
    return _write(value, _CELL_KINDS[kind]) if kind in _CELL_KINDS else str(value)


@register.simple_tag(takes_context=True)
def sort_link(context: template.Context, column: components.Column, sort: str | None) -> components.SortLink:
    """The link of a sortable heading, keeping the request's other parameters."""
    request = context.get("request")
    query: Mapping[str, Sequence[str]] = dict(request.GET.lists()) if request else {}
    return components.sort_link(column, sort, query)


_CELL_KINDS: Mapping[str, components.FigureKind] = {
    "number": "count",
    "decimal": "decimal",
    "money": "money_exact",
    "percent": "percent",
}


def _write(value: Any, kind: components.FigureKind) -> str:
    writers = {
        "count": lambda: formats.count(value),
        "money": lambda: formats.short(value),
        "money_exact": lambda: formats.decimal(value, 2),
        "percent": lambda: formats.percent(value, 1),
        "decimal": lambda: formats.decimal(value, 2),
        "text": lambda: str(value),
    }
    return writers[kind]()


def _widget_attributes(widget: object) -> dict[str, str | bool]:
    if isinstance(widget, CheckboxInput):
        return {"class": "form-check-input"}
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        return {}
    return {"class": "form-select" if isinstance(widget, Select) else "form-control"}


def _draw(context: template.Context, component: components.Component) -> SafeString:
    values: dict[str, Any] = {"item": component, "request": context.get("request")}
    if isinstance(component, components.Verdict):
        values["item"] = components.verdict_look(component)
    if isinstance(component, components.RelativeTime):
        values |= _time_words(component, context.get("now"))
    values["now"] = context.get("now")
    return render_to_string(component.template, values)


def _time_words(moment: components.RelativeTime, page_now: datetime | None) -> dict[str, str]:
    now = moment.now or page_now or timezone.now()
    local = timezone.localtime(moment.at) if moment.at else None
    return {"words": formats.relative(moment.at, now), "exact": formats.instant(local)}
