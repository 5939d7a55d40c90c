"""The roadmap of a plan on a page: changed step by step into the next draft, drawn anew, and had as a file."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.roadmap_choices import choices, parts_of
from sterna.desk.dashboards.roadmap_picture import roadmap_file, roadmap_picture
from sterna.desk.dashboards.views.plan_edit import next_text, numbered
from sterna.desk.plans import actions
from sterna.desk.plans.models import Plan
from sterna.desk.plans.queries import check_text
from sterna.desk.plans.roadmap_form import Changed, changed
from sterna.desk.users.access import Right, allows, needs, person
from sterna.desk.web.answers import posted, went
from sterna.engine.errors import BadInput, SternaError
from sterna.engine.lake.beside import Beside
from sterna.engine.plans import Plan as Document
from sterna.engine.plans import load, of_body
from sterna.engine.plans.strategy import Roadmap

_TYPES = {"svg": "image/svg+xml", "png": "image/png"}


@needs(Right.READ)
def plan_roadmap(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The roadmap with a form for each step and way; posted, what comes of the change, or the draft that is saved."""
    if not allows(request.user, Right.MANAGE):
        raise PermissionDenied("Plans are written by those who may manage.")
    found = get_object_or_404(Plan.objects.select_related("definition"), pk=pk)
    newest = Plan.objects.filter(name=found.name).order_by("-version").values_list("version", flat=True)[0]
    if request.method != "POST":
        return _page(request, found, Changed(next_text(found)), newest)
    # A browser sends every line of a field with a carriage return; the plan was written without.
    text = posted(request, "text").replace("\r\n", "\n")
    ending = posted(request, "file")
    if ending in _TYPES:
        return _file(found, _read(text), ending)
    done = changed(text, request.POST, lambda one: _roadmap(_read(one)))
    if posted(request, "do") == "save" and not (done.open or done.problem):
        try:
            return _saved(request, done.text, newest)
        except SternaError as refused:
            done = replace(done, problem=str(refused))
    return _page(request, found, done, newest)


@needs(Right.READ)
def plan_roadmap_file(request: HttpRequest, pk: UUID, ending: str) -> HttpResponse:
    """The roadmap of a version as SVG or PNG."""
    found = get_object_or_404(Plan.objects.select_related("definition"), pk=pk)
    document = of_body(found.definition.body).plan
    if ending not in _TYPES or not (document.roadmap and document.roadmap.steps):
        raise Http404("This plan has no such picture of a roadmap.")
    return _file(found, document, ending)


def _file(found: Plan, document: Document, ending: str) -> HttpResponse:
    try:
        made = roadmap_file(document, ending)
    except BadInput as error:
        return HttpResponse(str(error), content_type="text/plain; charset=utf-8", status=409)
    return HttpResponse(
        made,
        content_type=_TYPES[ending],
        headers={"Content-Disposition": f'attachment; filename="{found.pk}.{ending}"'},
    )


def _read(text: str) -> Document:
    return load(text, Beside(None)).plan


def _saved(request: HttpRequest, text: str, newest: int) -> HttpResponse:
    """The text as a draft; raises SternaError where it cannot be, as when its version was saved meanwhile."""
    version = _read(text).version
    if version is None or version <= newest:
        raise BadInput("nothing was saved yet: look at what was saved meanwhile, then save this beside it")
    plan = actions.load(text, person(request))
    said = f"{plan.title} is saved as version {plan.version}, {plan.get_state_display().lower()}."
    messages.success(request, said)
    return went(request, reverse("plan", args=[plan.pk]))


def _page(request: HttpRequest, found: Plan, done: Changed, newest: int) -> HttpResponse:
    taken = _read(done.text).version
    meanwhile = None
    if taken is None or taken <= newest:
        # Somebody saved the number that this text was to have: it goes on under the next, and both are kept.
        meanwhile = Plan.objects.filter(name=found.name, version=newest).first()
        done = replace(done, text=numbered(done.text, newest + 1))
    part = SafeString(
        render_to_string("dashboards/plan_roadmap.html", _shown(request, found, done, meanwhile), request)
    )
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(part)
    lead = f"{_standing(found)} What you change here becomes version {newest + 1}, a draft, once you save it."
    trail = [("Plans", reverse("plan_list")), (found.title, reverse("plan", args=[found.pk]))]
    question = f"{found.title}: where do they go next?"
    return answer(request, Page(question, [Section([part])], lead, trail=trail, dated=False))


def _roadmap(document: Document) -> Roadmap:
    return document.roadmap or Roadmap()


def _standing(found: Plan) -> str:
    state = found.get_state_display().lower()
    stays = "it stays as it is" if found.state == Plan.State.DRAFT else "nothing in it changes any more"
    return f"Version {found.version} is {state}; {stays}."


def _shown(request: HttpRequest, found: Plan, done: Changed, meanwhile: Plan | None) -> Mapping[str, object]:
    document, said = _read(done.text), check_text(done.text)
    parts, others = parts_of(document, said.findings, done.open)
    elsewhere: Sequence[object] = [one for one in said.findings if not one.code.startswith("R71")]
    return {
        "here": reverse("plan_roadmap", args=[found.pk]),
        "done": done,
        "unsaved": bool(done.wrong) or _roadmap(document) != _roadmap(of_body(found.definition.body).plan),
        "version": document.version,
        "meanwhile": meanwhile,
        "picture": roadmap_picture(document),
        "parts": parts,
        "others": others,
        "elsewhere": len(elsewhere),
        "kind": done.open.partition(" ")[0],
        "is_new": done.open.endswith("new"),
        "choices": choices(document, done) if done.open else {},
        "next_focus": _next_focus(request),
    }


def _next_focus(request: HttpRequest) -> str:
    """What takes the focus when no form is open: the button by which a person would go on."""
    if request.method != "POST":
        return ""
    named = " ".join(posted(request, name) for name in ("do", "open"))
    return "edge" if "edge" in named else "step"
