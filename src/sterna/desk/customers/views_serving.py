"""What staff does from a customer's page: note a contact, ask, take a request, keep its promise, put facts right."""

from datetime import date
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from sterna.desk.customers import actions
from sterna.desk.customers.actions import Contacted, Told
from sterna.desk.customers.models import Customer, CustomerRequest, Fact, FactProposal, Occasion, Question
from sterna.desk.users.access import Right, needs, person
from sterna.desk.web.answers import done_or_refused, posted
from sterna.desk.web.formats import counted
from sterna.engine.errors import BadInput

# Where staff meets customers: the touchpoint and the medium that a word of the form stands for.
PLACES = {"phone": ("phone", "phone"), "branch": ("branch", "person"), "meeting": ("meeting", "person")}
DESK = "desk"


@require_POST
@needs(Right.WORK_CONTACTS)
def note_add(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep what was said; what it seems to hold is asked about on the page that opens."""
    customer = get_object_or_404(Customer, pk=pk)

    def act() -> str:
        place = posted(request, "place")
        if place not in PLACES:
            raise BadInput(f"say where it was: {', '.join(PLACES)}")
        touchpoint, medium = PLACES[place]
        contact = Contacted(touchpoint, medium, posted(request, "direction"), posted(request, "purpose"))
        key = f"note:{posted(request, 'key')}" if posted(request, "key") else None
        note = actions.add_note(customer, posted(request, "text"), contact, person(request), key)
        many = note.proposals.filter(state=FactProposal.State.OPEN).count()
        if not many:
            return "It is noted."
        return f"It is noted, and seems to say {counted(many, 'thing')} worth knowing: confirm what is so."

    return done_or_refused(request, _page(pk), act)


@require_POST
@needs(Right.WORK_CONTACTS)
def proposal_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm what a note was read to say, as it was read or put right, or say that it is not so."""
    proposal = get_object_or_404(FactProposal.objects.select_related("note__source_record"), pk=pk)

    def act() -> str:
        if posted(request, "decision") != "yes":
            actions.refuse(proposal, person(request))
            return "It is not kept."
        typed = posted(request, "value").strip()
        read = "no" if proposal.denied else proposal.value or ""
        fact = actions.confirm(proposal, person(request), None if typed == read else typed or None)
        return f"It is kept: {fact.fact_class} is {fact.value}."

    return done_or_refused(request, _page(proposal.note.source_record.customer_id), act)


@require_POST
@needs(Right.WORK_CONTACTS)
def fact_retract(request: HttpRequest, pk: int) -> HttpResponse:
    """Hold a fact no longer, nor what was inferred from it."""
    fact = get_object_or_404(Fact.objects.select_related("source_record"), pk=pk)

    def act() -> str:
        many = actions.retract(fact, posted(request, "reason"), person(request))
        if not many:
            return "It was retracted before; nothing was changed."
        rest = f", and with it {counted(many - 1, 'fact')} inferred from it" if many > 1 else ""
        return f"It is held no longer{rest}."

    return done_or_refused(request, _page(fact.source_record.customer_id), act)


@require_POST
@needs(Right.WORK_CONTACTS)
def question_settle(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Write down that a customer was asked for a fact, and what they answered; a no is an answer."""
    customer = get_object_or_404(Customer, pk=pk)

    def act() -> str:
        answered, value = posted(request, "settled") == "answered", posted(request, "value").strip()
        if answered and not value:
            raise BadInput("write what they answered")
        # Asked and answered in one: an answer that cannot be kept leaves the question unasked.
        with transaction.atomic():
            question = actions.ask(
                customer, posted(request, "fact_class"), posted(request, "touchpoint"), person(request),
                words=posted(request, "words"),
            )  # fmt: skip
            return _settle(question, value if answered else None, request)

    return done_or_refused(request, _page(pk), act)


def _settle(question: Question, value: str | None, request: HttpRequest) -> str:
    if value is None:
        actions.would_rather_not(question, person(request))
        return f"They would rather not say; they are not asked again before {question.quiet_until}."
    settled = actions.answer(question, value, person(request))
    return f"It is kept: {settled.fact_class} is {settled.answer}."


@require_POST
@needs(Right.WORK_CONTACTS)
def request_take(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Write down what a customer asks for."""
    customer = get_object_or_404(Customer, pk=pk)

    def act() -> str:
        key = f"request:{posted(request, 'key')}" if posted(request, "key") else None
        actions.take_request(
            customer, posted(request, "kind"), posted(request, "words"), posted(request, "touchpoint") or DESK,
            person(request), _day(posted(request, "due_on")), key,
        )  # fmt: skip
        return "It is written down. Promise a day, so that nobody forgets it."

    return done_or_refused(request, _page(pk), act)


@require_POST
@needs(Right.WORK_CONTACTS)
def request_promise(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Promise what will be done by which day."""
    asked = get_object_or_404(CustomerRequest.objects.select_related("source_record"), pk=pk)

    def act() -> str:
        due = _day(posted(request, "due_on"))
        if due is None:
            raise BadInput("choose the day by which it is done")
        actions.promise(asked, posted(request, "words"), due, person(request))
        return f"It is promised by {due}."

    return done_or_refused(request, _page(asked.source_record.customer_id), act)


@require_POST
@needs(Right.WORK_CONTACTS)
def request_settle(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say that a request was done, or that it will not be."""
    asked = get_object_or_404(CustomerRequest.objects.select_related("source_record"), pk=pk)

    def act() -> str:
        if posted(request, "state") == "done":
            actions.complete(asked, posted(request, "words"), person(request))
            return "It is done."
        actions.decline(asked, posted(request, "words"), person(request))
        return "It is declined; the reason is kept beside it."

    return done_or_refused(request, _page(asked.source_record.customer_id), act)


@require_POST
@needs(Right.WORK_CONTACTS)
def occasion_add(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put a day or month of a customer's life into the register."""
    customer = get_object_or_404(Customer, pk=pk)

    def act() -> str:
        month = _number(posted(request, "month"), "the month")
        if month is None:
            raise BadInput("choose the month: it is enough")
        told = Told(
            posted(request, "fact_class"), month, _number(posted(request, "day"), "the day"),
            _number(posted(request, "year"), "the year"), whose=posted(request, "whose").strip(),
            consent={"yes": True, "no": False}.get(posted(request, "consent")),
        )  # fmt: skip
        with transaction.atomic():
            actions.add_occasion(actions.desk_record(customer), told, DESK, person(request))
        return "It is in the register."

    return done_or_refused(request, _page(pk), act)


@require_POST
@needs(Right.WORK_CONTACTS)
def occasion_retract(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take an occasion out of the register."""
    occasion = get_object_or_404(Occasion.objects.select_related("source_record"), pk=pk)

    def act() -> str:
        actions.retract_occasion(occasion, posted(request, "reason"), person(request))
        return "It is out of the register."

    return done_or_refused(request, _page(occasion.source_record.customer_id), act)


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise BadInput(f"{text!r} is no day: write it as 2026-03-01") from None


def _number(text: str, what: str) -> int | None:
    if not text.strip():
        return None
    if not text.strip().isdecimal() or len(text.strip()) > 4:
        raise BadInput(f"{what} is {text!r}, which is no number of the calendar")
    return int(text)


def _page(customer: UUID) -> str:
    return reverse("customer", args=[customer])
