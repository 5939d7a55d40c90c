"""What staff does with credits from a customer's page: record who came because of whom, and withdraw it."""

from datetime import date
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from sterna.desk.customers.models import Customer
from sterna.desk.users.access import Right, needs, person
from sterna.desk.values import actions
from sterna.desk.values.models import Credit
from sterna.desk.web.answers import done_or_refused, posted
from sterna.engine import money
from sterna.engine.errors import BadInput

_ANYWAY = {"": None, "yes": True, "no": False}


@require_POST
@needs(Right.WORK_CONTACTS)
def credit_record(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Write down that this customer brought another, or was brought by the other."""
    customer = get_object_or_404(Customer, pk=pk)

    def act() -> str:
        other = _other(posted(request, "with"))
        came = posted(request, "role") == "newcomer"
        key = f"credit:{posted(request, 'key')}" if posted(request, "key") else None
        newcomer, brought = (customer, other) if came else (other, customer)
        actions.record_credit(newcomer, brought, _said(request), person(request), key)
        return "It is written down, and counts from the next run on."

    return done_or_refused(request, reverse("customer", args=[pk]), act)


@require_POST
@needs(Right.WORK_CONTACTS)
def credit_withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let a credit count no more."""
    credit = get_object_or_404(Credit.objects.select_related("customer"), pk=pk)
    shown = posted(request, "customer")
    back = shown if shown in (str(credit.newcomer_id), str(credit.customer_id)) else str(credit.customer_id)

    def act() -> str:
        actions.withdraw_credit(credit, posted(request, "reason"), person(request))
        return "It is withdrawn, and counts no more from the next run on."

    return done_or_refused(request, reverse("customer", args=[back]), act)


def _said(request: HttpRequest) -> actions.Said:
    anyway, day = posted(request, "came_anyway"), posted(request, "said_on")
    if anyway not in _ANYWAY:
        raise BadInput("whether they would have come anyway is yes, no, or nobody can say")
    return actions.Said(
        why=posted(request, "why"),
        kind=posted(request, "kind"),
        share=_share(posted(request, "share")),
        came_anyway=_ANYWAY[anyway],
        saved=_amount(posted(request, "saved"), "what was saved"),
        cost=_amount(posted(request, "cost"), "what it cost"),
        said_on=_day(day) if day else None,
    )


def _share(text: str) -> Decimal:
    """A percentage as people write it, 50 or 33.34, as a share."""
    try:
        return Decimal(text.strip() or "100") / 100
    except InvalidOperation:
        raise BadInput(f"the share is a percentage such as 50, not {text[:20]!r}") from None


def _amount(text: str, name: str) -> Decimal | None:
    return money.parse(text, name) if text.strip() else None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput("choose the day on which it was said") from None


def _other(text: str) -> Customer:
    try:
        found = Customer.objects.filter(pk=UUID(text)).first()
    except ValueError:
        found = None
    if found is None:
        raise BadInput("the other customer is not there any more: look for them again")
    return found
