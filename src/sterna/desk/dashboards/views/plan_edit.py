"""Writing a plan: the text from a blank one or from an earlier version, the check while it is written, saving it."""

import re
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse

from sterna.desk.dashboards.customer_served import html
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.plans.models import Plan
from sterna.desk.plans.queries import blank, check_text
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.web.answers import posted
from sterna.engine.plans import of_body, standing_alone

_VERSION = re.compile(r"^version:[ \t]*\d+", re.M)


@needs(Right.READ)
def plan_new(request: HttpRequest) -> HttpResponse:
    """A blank plan to be filled in; posted, what the check says of it."""
    return _editor(request, blank(), "What shall be planned?")


@needs(Right.READ)
def plan_next(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The text of a version under the next number, comments and all; posted, what the check says of it."""
    found = get_object_or_404(Plan.objects.select_related("definition"), pk=pk)
    return _editor(request, next_text(found), f"{found.title}: what shall be otherwise?")


def next_text(found: Plan) -> str:
    """The text of a version under the next number, comments and all."""
    newest = Plan.objects.filter(name=found.name).order_by("-version").values_list("version", flat=True)[0]
    # What is written here names no files: the plan was loaded with their texts, and those go on with it.
    text = standing_alone(found.source_text, of_body(found.definition.body).plan)
    return numbered(text, newest + 1)


def numbered(text: str, version: int) -> str:
    """The text of a plan under another number."""
    return _VERSION.sub(f"version: {version}", text, count=1)


@needs(Right.READ)
def plan_text(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The text of a version as it was loaded, to be kept or edited elsewhere."""
    found = get_object_or_404(Plan, pk=pk)
    return HttpResponse(
        found.source_text,
        content_type="application/yaml; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{found.pk}.yaml"'},
    )


def _editor(request: HttpRequest, text: str, question: str) -> HttpResponse:
    if not allows(request.user, Right.MANAGE):
        raise PermissionDenied("Plans are written by those who may manage.")
    if request.method == "POST":
        told = {"found": check_text(posted(request, "text"))}
        return HttpResponse(render_to_string("dashboards/plan_found.html", told, request=request))
    form = html("plan_edit", request, text=text, found=check_text(text))
    lead = "Nothing is saved until you save it, and nobody is contacted before two people have signed it."
    page = Page(question, [Section([form])], lead, trail=[("Plans", reverse("plan_list"))], dated=False)
    return answer(request, page)
