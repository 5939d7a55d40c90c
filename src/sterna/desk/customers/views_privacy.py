"""What an administrator does with all that is kept of a person: hands it out, erases it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from sterna.desk.config.refused import Refused
from sterna.desk.customers.actions.erasing import erase
from sterna.desk.customers.actions.exporting import export_person
from sterna.desk.customers.models import Customer, SourceRecord
from sterna.desk.users.access import Right, needs, person
from sterna.desk.web.answers import posted, refusal, went
from sterna.engine.errors import SternaError


@require_POST
@needs(Right.ADMINISTER)
def person_export(request: HttpRequest, pk: UUID) -> HttpResponse:
    """All that is kept of a person, as a download."""
    customer = get_object_or_404(Customer, pk=pk)
    try:
        name, data = export_person(customer, person(request))
    except Refused as refused:
        return refusal(request, _back(pk), str(refused))
    answer = HttpResponse(data, content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    # Nobody who sits down at this browser later shall find it again.
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@needs(Right.ADMINISTER)
def person_erase(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Erase a person everywhere, for good, once one of their identifiers was typed; the receipt opens."""
    customer = get_object_or_404(Customer, pk=pk)
    try:
        _check_typed(customer, posted(request, "confirm").strip())
        done = erase(customer, posted(request, "reason"), person(request))
    except SternaError as refused:
        return refusal(request, _back(pk), str(refused))
    messages.success(request, "They are erased. This is the receipt.")
    return went(request, reverse("erasure", args=[done.pk]))


def _check_typed(customer: Customer, typed: str) -> None:
    """Raise Refused unless an identifier of the customer was typed: who is on the wrong page types another one."""
    known = SourceRecord.objects.filter(customer=customer)
    if not known.filter(value__iexact=typed).exists() and typed.lower() != str(customer.pk):
        raise Refused("type an identifier as it stands on this page: nobody was erased")


def _back(pk: UUID) -> str:
    return reverse("customer_privacy", args=[pk])
