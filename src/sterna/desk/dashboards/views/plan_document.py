"""A plan as a readable document, on a page and as PDF, told from the definition that its version runs by."""

from collections.abc import Iterator
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.safestring import SafeString

from sterna.desk.dashboards.page import Action, Page, Section, answer
from sterna.desk.plans.models import Plan
from sterna.desk.plans.queries import known_of
from sterna.desk.users.access import Right, needs
from sterna.engine.plans import check, of_body, told


@needs(Right.READ)
def plan_document(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The document on a page, to be read and printed."""
    found = _plan(pk)
    # Its elements are made by the engine, which escapes every value; see engine/plans/told/page.py.
    document = SafeString(told.fragment(_told(found)))
    lead = f"Version {found.version}, {found.get_state_display().lower()}, as its definition in force says."
    trail = [("Plans", reverse("plan_list")), (found.title, reverse("plan", args=[pk]))]
    paper = Action("Open as PDF", reverse("plan_paper", args=[pk]))
    return answer(
        request, Page(f"{found.title}: the document", [Section([document])], lead, paper, trail, dated=False)
    )


@needs(Right.READ)
def plan_paper(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The document as PDF."""
    found = _plan(pk)
    return HttpResponse(
        told.as_pdf(_told(found)),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{found.pk}.pdf"'},
    )


def _plan(pk: UUID) -> Plan:
    return get_object_or_404(Plan.objects.select_related("definition", "launched_by"), pk=pk)


def _told(found: Plan) -> told.Told:
    """What the definition says, with the state and signatures, which stand outside of it."""
    document = of_body(dict(found.definition.body))
    known = known_of(document.plan)
    return told.tell(document.plan, known, check(document, known), tuple(_standing(found)))


def _standing(found: Plan) -> Iterator[tuple[str, str]]:
    yield "state", found.get_state_display()
    for one in found.signatures.filter(void_at=None).select_related("signed_by"):
        yield (
            f"signed, {one.get_side_display().lower()}",
            f"{one.signed_by.name}, {one.signed_at:%Y-%m-%d}: {one.reason}",
        )
    if found.launched_at:
        who = found.launched_by.name if found.launched_by else "Sterna"
        yield "launched", f"{who}, {found.launched_at:%Y-%m-%d}"
