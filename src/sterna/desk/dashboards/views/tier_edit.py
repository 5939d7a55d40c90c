"""A version of a tier scheme as a form; who would enter and leave which tier is shown before it is published."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from sterna.desk.dashboards.context import asked_day
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.queries import people, places
from sterna.desk.dashboards.queries.current import run_name, shown_run
from sterna.desk.dashboards.views.tiers import QUESTION
from sterna.desk.runs.models import Run
from sterna.desk.segments.actions import refuse_scheme
from sterna.desk.segments.models import Definition
from sterna.desk.segments.tier_forms import TierForm, shown
from sterna.desk.segments.tier_preview import SHOWN, Moving, TierPreview, preview
from sterna.desk.segments.tier_queries import scheme_versions
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.web.answers import posted
from sterna.desk.web.components import Column, Component, Empty, Number, Row, Table
from sterna.engine.errors import SternaError
from sterna.engine.segments import Scheme, in_words, scheme_of

LEAD = (
    "An amount on an edge belongs to the upper tier, and whoever is below the lowest is in none. Nothing is in force "
    "before it is published."
)
BLANK = {
    "measure": "spend",
    "window_months": 6,
    "minimum_hold_days": 0,
    "grace_days": 0,
    "downgrade": "by_amount",
}


@needs(Right.READ)
def tier_new(request: HttpRequest) -> HttpResponse:
    """A scheme that is not there yet."""
    return _page(request, "Which tiers shall there be?", [])


@needs(Right.READ)
def tier_edit(request: HttpRequest, name: str) -> HttpResponse:
    """The next version of a scheme."""
    versions = scheme_versions(name)
    if not versions:
        raise Http404(f"There is no scheme {name}.")
    return _page(request, f"What shall the tiers of {name} be?", versions)


def _page(request: HttpRequest, question: str, versions: Sequence[Definition]) -> HttpResponse:
    may = allows(request.user, Right.MANAGE)
    if request.method == "POST" and not may:
        raise PermissionDenied("Tiers are written by those who may manage.")
    newest = scheme_of(versions[0].body) if versions else None
    form = _form(request, newest)
    scheme, problem = _read(request, form, newest)
    context: dict[str, Any] = {
        "form": form, "may": may, "here": request.get_full_path(), "name": newest.name if newest else "",
        "problem": problem, **_effect(shown_run(asked_day(request)), scheme, newest),
    }  # fmt: skip
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(render_to_string("dashboards/tier_answer.html", context, request=request))
    body = SafeString(render_to_string("dashboards/tier_edit.html", context, request=request))
    return answer(request, Page(question, [Section([body])], LEAD, trail=[(QUESTION, reverse("tiers"))]))


def _form(request: HttpRequest, newest: Scheme | None) -> TierForm:
    initial = shown(newest) if newest else BLANK
    if request.method != "POST":
        return TierForm(initial=initial)
    data = {name: posted(request, name) for name in request.POST}
    if newest is not None:
        data["name"] = newest.name
    return TierForm(data, initial if newest else {})


def _read(request: HttpRequest, form: TierForm, newest: Scheme | None) -> tuple[Scheme | None, str]:
    """The scheme that was filled in, else what is wrong with it."""
    if request.method != "POST":
        return newest, ""
    if not form.is_valid():
        return None, "Mend what is marked in the form."
    scheme = form.scheme()
    try:
        refuse_scheme(scheme)
    except SternaError as refused:
        return None, str(refused)
    return scheme, ""


def _effect(run: Run | None, scheme: Scheme | None, newest: Scheme | None) -> dict[str, Any]:
    """What stands in the preview: why there is nothing to see, or figures and names."""
    if scheme is None:
        return {"words": "", "figures": (), "tables": ()}
    said = in_words(scheme.holding)
    if run is None:
        return {"words": f"{said} No run has been published yet.", "figures": (), "tables": ()}
    found = preview(scheme, run.pk, places.schemes(run))
    if found is None:
        why = f"{run_name(run.pk).capitalize()} did not measure this, so nobody can be shown: the next run does."
        return {"words": f"{said} {why}", "figures": (), "tables": ()}
    against = (
        f"By the amounts of {run_name(run.pk)}, as of {run.until}, against where everybody stands now; what keeps "
        "somebody in a tier is left out, so that fewer may go down."
    )
    return {
        "words": f"{said} {against}",
        "figures": list(_figures(found)),
        "tables": [
            _counts(scheme, found),
            _names("up", found.rising, found.up),
            _names("down", found.falling, found.down),
        ],
    }


def _figures(found: TierPreview) -> Iterator[Component]:
    yield Number("Would go up", found.up)
    yield Number("Would go down", found.down)
    yield Number("Placed for the first time", found.first)


def _counts(scheme: Scheme, found: TierPreview) -> Table:
    """Each place with how many stand there, enter, leave and would stand there then."""
    ranked = sorted(scheme.bands, key=lambda band: -band.rank)
    names = [*(band.place for band in ranked), "none"]
    names += sorted({now for now, _ in found.counts if now is not None} - set(names))
    rows = []
    for name in names:
        now = sum(number for (place, _), number in found.counts.items() if place == name)
        then = sum(number for (_, place), number in found.counts.items() if place == name)
        stay = found.counts.get((name, name), 0)
        rows.append(Row([name, now, then - stay, now - stay, then]))
    columns = [Column("tier", "Tier")] + [
        Column(key, label, "number")
        for key, label in (("now", "Now"), ("enter", "Enter"), ("leave", "Leave"), ("then", "Then"))
    ]
    return Table("Tiers then", columns, rows, show_caption=True, csv_url="")


def _names(way: str, moving: Sequence[Moving], total: int) -> Table:
    titles = people.titles(one.customer_id for one in moving)
    rows = [
        Row(
            [titles[one.customer_id], one.now, one.then, one.amount],
            reverse("customer", args=[one.customer_id]),
        )
        for one in moving
    ]
    columns = [
        Column("customer", "Customer"),
        Column("now", "From"),
        Column("then", "To"),
        Column("amount", "Amount", "decimal"),
    ]
    shown_of = f"the first {SHOWN} of {total:,}" if total > SHOWN else None
    nothing = Empty(f"Who would go {way}.", "Nobody would.")
    caption = f"Who would go {way}"
    return Table(caption, columns, rows, shown=shown_of, show_caption=True, csv_url="", empty=nothing)
