"""What staff does about groups A, B and C: judge, propose, review, approve, decline, check blind, write the terms."""

from datetime import date
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from sterna.desk.customers.models import Customer, SourceRecord
from sterna.desk.segments import actions
from sterna.desk.segments.actions import Asked
from sterna.desk.segments.group_models import AgreementCheck, CheckCustomer, GroupChange
from sterna.desk.users.access import Right, needs, person
from sterna.desk.users.models import User
from sterna.desk.web.answers import done_or_refused, posted
from sterna.engine.errors import BadInput

_HOLDS = {"yes": True, "no": False}
# Numbers that somebody writes into a form, one a line.
_MOST_NUMBERS = 200


@require_POST
@needs(Right.WORK_CONTACTS)
def group_judge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Write down a judgement of a customer."""
    customer = get_object_or_404(Customer, pk=pk)

    def act() -> str:
        if (holds := _HOLDS.get(posted(request, "holds"))) is None:
            raise BadInput("say whether it holds: yes or no")
        actions.judge(customer, posted(request, "kind"), holds, posted(request, "why"), person(request))
        return "Your judgement is written down."

    return done_or_refused(request, reverse("customer", args=[pk]), act)


@require_POST
@needs(Right.WORK_CONTACTS)
def group_propose(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Propose another group for a customer."""
    customer = get_object_or_404(Customer, pk=pk)

    def act() -> str:
        change = actions.propose(customer, _asked(request), person(request))
        return f"{_to(change)} is proposed. Nothing moves before somebody else approves it."

    return done_or_refused(request, reverse("customer", args=[pk]), act)


@require_POST
@needs(Right.WORK_CONTACTS)
def group_review(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Write down that a customer stays after a review."""
    customer = get_object_or_404(Customer, pk=pk)

    def act() -> str:
        actions.review(customer, _asked(request), person(request))
        return "The review is written down: the customer stays."

    return done_or_refused(request, reverse("customer", args=[pk]), act)


@require_POST
@needs(Right.MANAGE)
def group_approve(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Approve a proposal: the customer moves today."""
    change = get_object_or_404(GroupChange, pk=pk)

    def act() -> str:
        actions.approve(change, person(request), posted(request, "reason"))
        return f"{_to(change)} is approved, from today on."

    return done_or_refused(request, reverse("groups"), act)


@require_POST
@needs(Right.WORK_CONTACTS)
def group_decline(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Decline a proposal, or withdraw one's own."""
    change = get_object_or_404(GroupChange, pk=pk)

    def act() -> str:
        found = actions.decline(change, person(request), posted(request, "reason"))
        return f"{_to(change)} is {found.get_state_display().lower()}; the customer stays."

    return done_or_refused(request, reverse("groups"), act)


@require_POST
@needs(Right.MANAGE)
def group_terms_publish(request: HttpRequest) -> HttpResponse:
    """Put the terms of a text in force."""

    def act() -> str:
        found = actions.publish_terms(posted(request, "text"), person(request), posted(request, "reason"))
        return f"{found.name}, version {found.version}, is in force. Nobody was moved."

    return done_or_refused(request, reverse("groups"), act)


@require_POST
@needs(Right.MANAGE)
def group_check_start(request: HttpRequest) -> HttpResponse:
    """Start a blind check."""

    def act() -> str:
        judges = User.objects.filter(username__in=request.POST.getlist("staff"))
        found = actions.start_check(
            posted(request, "title"), _number(request), _named(request), list(judges), person(request)
        )
        return f"{found.title}: {found.customers.count()} customers wait for the answers of {found.judges.count()}."

    return done_or_refused(request, reverse("groups"), act)


@require_POST
@needs(Right.WORK_CONTACTS)
def group_check_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Say in which group one sees a customer of a check."""
    asked = get_object_or_404(CheckCustomer, pk=pk)

    def act() -> str:
        actions.answer_check(asked, posted(request, "group"), person(request))
        return "Your answer is kept; nobody sees it before the check is closed."

    return done_or_refused(request, reverse("group_check", args=[asked.check_of_id]), act)


@require_POST
@needs(Right.MANAGE)
def group_check_close(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Close a check and show what it tells."""
    check = get_object_or_404(AgreementCheck, pk=pk)

    def act() -> str:
        actions.close_check(check, person(request))
        return "The check is closed: no answer is taken any more."

    return done_or_refused(request, reverse("group_check", args=[pk]), act)


def _to(change: GroupChange) -> str:
    return "The way out of all groups" if change.to_group == "none" else f"Group {change.to_group}"


def _asked(request: HttpRequest) -> Asked:
    """What was filled in: the reason of C is its code and its words."""
    group, words = posted(request, "group"), posted(request, "reason")
    reason = f"{posted(request, 'code')}: {words}" if group == "C" else words
    day = posted(request, "expected_on")
    return Asked(group, reason, _day(day) if day and group == "B" else None, posted(request, "next_step"))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput("choose the day by which group A is expected") from None


def _number(request: HttpRequest) -> int:
    text = posted(request, "each").strip() or "0"
    if not (text.isascii() and text.isdecimal() and len(text) <= 3):
        raise BadInput("write how many of each group as a whole number")
    return int(text)


def _named(request: HttpRequest) -> list[UUID]:
    """The customers whose numbers stand in the form, one a line; raises BadInput for one that nobody has."""
    wanted = list(
        dict.fromkeys(line.strip() for line in posted(request, "numbers").splitlines() if line.strip())
    )
    if len(wanted) > _MOST_NUMBERS:
        raise BadInput(f"write at most {_MOST_NUMBERS} numbers")
    found = dict(SourceRecord.objects.filter(value__in=wanted).values_list("value", "customer"))
    if missing := [one for one in wanted if one not in found]:
        raise BadInput(f"no customer has the number {missing[0][:40]}")
    return list(dict.fromkeys(found.values()))
