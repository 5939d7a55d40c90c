"""What a steward does from a customer's page: merge, split, undo, and say who lives together."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from sterna.desk.customers import actions
from sterna.desk.customers.models import Customer, IdentityDecision, SourceRecord
from sterna.desk.users.access import Right, needs, person
from sterna.desk.web.answers import done_or_refused, posted
from sterna.engine.errors import BadInput


@require_POST
@needs(Right.STEWARD)
def identity_merge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make one customer of two."""
    customer = get_object_or_404(Customer, pk=pk)

    def act() -> str:
        other = _customer(posted(request, "with"))
        actions.merge(customer, other, posted(request, "reason"), person(request))
        return "They are one customer now. What was decided stands below, and can be undone there."

    return done_or_refused(request, _identity(pk), act)


@require_POST
@needs(Right.STEWARD)
def identity_split(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make two customers of one."""
    customer = get_object_or_404(Customer, pk=pk)

    def act() -> str:
        records = [_id(text) for text in request.POST.getlist("record")]
        actions.split(customer, records, posted(request, "reason"), person(request))
        return "They are two customers now, and stay apart. What was decided stands below, and can be undone there."

    return done_or_refused(request, _identity(pk), act)


@require_POST
@needs(Right.STEWARD)
def identity_undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a merge or a split back."""
    decision = get_object_or_404(IdentityDecision, pk=pk)

    def act() -> str:
        actions.undo(decision, posted(request, "reason"), person(request))
        return f"The {decision.get_kind_display().lower()} is undone; everything is as it was before."

    try:
        back = _identity(_id(posted(request, "customer")))
    except BadInput:
        back = reverse("customers")
    return done_or_refused(request, back, act)


@require_POST
@needs(Right.STEWARD)
def household_form(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let a customer live with somebody who is named by an identifier."""
    customer = get_object_or_404(Customer, pk=pk)

    def act() -> str:
        other = _named(posted(request, "with").strip(), customer)
        actions.form_household([customer, other], posted(request, "reason"), person(request))
        return "They are one household now: one of them is not contacted for what the other has."

    return done_or_refused(request, _identity(pk), act)


def _named(text: str, customer: Customer) -> Customer:
    """The one other customer who is known by an identifier of this value."""
    found = Customer.objects.filter(
        pk__in=SourceRecord.objects.filter(value__iexact=text).exclude(customer=customer).values("customer")
    )
    known = list(found[:2]) if text else []
    if not known:
        raise BadInput(f"nobody else is known by {text!r}: write an identifier as it stands on their page")
    if len(known) > 1:
        raise BadInput(f"{text!r} is an identifier of several customers: write one that is theirs alone")
    return known[0]


@require_POST
@needs(Right.STEWARD)
def household_leave(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let a customer live alone again."""
    customer = get_object_or_404(Customer, pk=pk)

    def act() -> str:
        actions.leave_household(customer, posted(request, "reason"), person(request))
        return "They live alone from now on; the others stay together."

    return done_or_refused(request, _identity(pk), act)


def _customer(text: str) -> Customer:
    found = Customer.objects.filter(pk=_id(text)).first()
    if found is None:
        raise BadInput("the other customer is not there any more: look for it again")
    return found


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadInput("choose from what the page shows") from None


def _identity(pk: UUID) -> str:
    return reverse("customer_identity", args=[pk])
