"""A definition of best customers as a form and as its text; what it would change is shown before it is published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from sterna.desk.dashboards.best_words import rule, title_of
from sterna.desk.dashboards.context import asked_day
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.queries import people
from sterna.desk.dashboards.queries.current import run_name, shown_run
from sterna.desk.dashboards.views.best import QUESTION
from sterna.desk.runs.models import Run
from sterna.desk.segments.best_lists import Preview, Sum, preview
from sterna.desk.segments.best_texts import read, written
from sterna.desk.segments.forms import BestForm, shown
from sterna.desk.segments.models import Definition
from sterna.desk.segments.queries import best_versions
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.web.answers import posted
from sterna.desk.web.components import Column, Component, Empty, Number, Row, Table
from sterna.engine.errors import BadInput
from sterna.engine.value import best as engine

SHOWN = 50
LEAD = (
    "Form and text are one definition: what is changed in one changes the other. Nothing is in force before it is "
    "published."
)
BLANK: Mapping[str, Any] = {
    "version": 1,
    "scale": "money",
    "take_by": "share",
    "take": "0.2",
    "weight_0": "1",
}


@dataclass(frozen=True)
class Draft:
    """What was typed, as a form and as a text; without a definition `problem` says what is wrong with it."""

    form: BestForm
    text: str
    definition: engine.Definition | None = None
    problem: str = ""


@needs(Right.READ)
def best_new(request: HttpRequest) -> HttpResponse:
    """A definition that is not there yet."""
    return _page(request, "Who else is best?", [])


@needs(Right.READ)
def best_edit(request: HttpRequest, name: str) -> HttpResponse:
    """The next version of a definition."""
    versions = best_versions(name)
    if not versions:
        raise Http404(f"There is no definition {name}.")
    return _page(request, f"What shall {name} say?", versions)


def _page(request: HttpRequest, question: str, versions: Sequence[Definition]) -> HttpResponse:
    may = allows(request.user, Right.MANAGE)
    if request.method == "POST" and not may:
        raise PermissionDenied("A definition is written by those who may manage.")
    newest = engine.of_body(versions[0].body) if versions else None
    draft = _draft(request, newest)
    run = shown_run(asked_day(request))
    context = {
        "draft": draft, "may": may, "here": request.get_full_path(), "asked": request.POST.get("do", ""),
        **_effect(run, draft, newest),
    }  # fmt: skip
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(render_to_string("dashboards/best_answer.html", context, request=request))
    form = SafeString(render_to_string("dashboards/best_edit.html", context, request=request))
    trail = [(QUESTION, reverse("best_customers"))]
    if newest:
        trail.append((newest.title, reverse("best_list", args=[newest.best])))
    return answer(request, Page(question, [Section([form])], LEAD, trail=trail))


def _draft(request: HttpRequest, newest: engine.Definition | None) -> Draft:
    if request.method != "POST":
        if newest is None:
            return Draft(BestForm(initial=BLANK), "")
        following = msgspec.structs.replace(newest, version=newest.version + 1)
        return Draft(BestForm(initial=shown(following)), written(following), following)
    if request.POST.get("do") == "text":
        return _of_text(posted(request, "text"), newest)
    return _of_form(request, newest)


def _of_text(text: str, newest: engine.Definition | None) -> Draft:
    try:
        definition = read(text)
        if newest is not None and definition.best != newest.best:
            raise BadInput(f"this is {newest.best}, not {definition.best}: a new name is a new definition")
    except BadInput as error:
        before = shown(newest) if newest else BLANK
        return Draft(BestForm(initial=before), text, problem=str(error))
    initial = shown(definition)
    return Draft(BestForm(initial=initial if newest else initial | {"is_new": True}), text, definition)


def _of_form(request: HttpRequest, newest: engine.Definition | None) -> Draft:
    data = {name: posted(request, name) for name in request.POST}
    if newest is not None:
        data["best"] = newest.best
    form = BestForm(data, {"best": newest.best} if newest else {})
    if not form.is_valid():
        return Draft(form, posted(request, "text"), problem="Mend what is marked in the form.")
    definition = form.definition()
    return Draft(form, written(definition), definition)


def _effect(run: Run | None, draft: Draft, newest: engine.Definition | None) -> dict[str, Any]:
    """What stands in the preview: the problem, why there is nothing to see yet, or figures and names."""
    if draft.definition is None:
        return {"words": draft.problem and "", "figures": (), "tables": ()}
    said = rule(draft.definition)
    if newest is not None and msgspec.structs.replace(draft.definition, version=newest.version) == newest:
        said += " These are the words of the version in force: publishing them changes nothing."
    if run is None:
        return {
            "words": f"{said} No run has been published yet: the first one makes the list.",
            "figures": (),
            "tables": (),
        }
    found = preview(draft.definition, run.pk, run.until)
    if not people.worths(run).exists():
        said += " The rows of each customer of this run are not kept any more, so nobody can be shown."
    against = (
        f"Against the list of {run_name(run.pk)}, as of {run.until}, which has {found.before:,} members."
    )
    return {"words": f"{said} {against}", "figures": _figures(run, found), "tables": _tables(found)}


def _figures(run: Run, found: Preview) -> list[Component]:
    currency, members = run.brief["currency"], len(found.best.members)
    return [
        Number("Enter", len(found.entered)),
        Number("Leave", len(found.left)),
        Number("Members", members, note=f"of {found.best.ranked:,} ranked"),
        Number("Not to be ranked", len(found.best.unknown), note=_why(found)),
        _sum("Their spend", found.worth["spend"], currency),
        _sum("To come of them", found.worth["expected_spend"], currency),
    ]


def _why(found: Preview) -> str:
    return "; ".join(
        f"{number:,} without {title_of(why.removesuffix(' is unknown'))}"
        for why, number in found.unknown.items()
    )


def _sum(label: str, found: Sum, currency: str) -> Number:
    note = f"unknown of {found.unknown:,}" if found.unknown else None
    return Number(
        label, found.amount, "money", currency, missing="a run that knows it of one of them", note=note
    )


def _tables(found: Preview) -> list[Component]:
    titles = people.titles([*found.entered[:SHOWN], *found.left[:SHOWN]])
    ranks = {UUID(one.customer): one.rank for one in found.best.members[: len(found.entered) + found.before]}
    entering = [Row([titles[one], ranks.get(one)], _customer(one)) for one in found.entered[:SHOWN]]
    leaving = [Row([titles[one]], _customer(one)) for one in found.left[:SHOWN]]
    who = Column("customer", "Customer")
    return [
        Table(
            "Who would enter", [who, Column("rank", "Rank", "number")], entering, shown=_first(found.entered),
            show_caption=True, empty=Empty("Who would enter.", "Nobody would."), csv_url="",
        ),
        Table(
            "Who would leave", [who], leaving, shown=_first(found.left), show_caption=True, csv_url="",
            empty=Empty("Who would leave.", "Nobody would."),
        ),
    ]  # fmt: skip


def _first(customers: Sequence[UUID]) -> str | None:
    return f"the first {SHOWN} of {len(customers):,}" if len(customers) > SHOWN else None


def _customer(pk: UUID) -> str:
    return reverse("customer", args=[pk])
