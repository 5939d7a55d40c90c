"""What a person does to a plan from its page: review, signatures, launch, stages and dependencies."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from sterna.desk.config.refused import Refused
from sterna.desk.plans import actions
from sterna.desk.plans.models import Plan
from sterna.desk.users.access import Right, needs, person
from sterna.desk.users.models import User
from sterna.desk.web.answers import done_or_refused, posted, refusal, went
from sterna.engine.errors import SternaError

_Act = Callable[[Plan, User, str], Plan]


@require_POST
@needs(Right.MANAGE)
def save(request: HttpRequest) -> HttpResponse:
    """Save a text as a draft, with what the check finds; the page of the draft opens."""
    try:
        saved = actions.load(posted(request, "text"), person(request))
    except SternaError as refused:
        return refusal(request, reverse("plan_list"), str(refused))
    messages.success(
        request, f"{saved.title} is saved as version {saved.version}, {saved.get_state_display().lower()}."
    )
    return went(request, reverse("plan", args=[saved.pk]))


@require_POST
@needs(Right.MANAGE)
def submit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Hand a draft over for review."""
    return _done(request, pk, actions.submit, "is in review; it needs two signatures.")


@require_POST
@needs(Right.MANAGE)
def sign(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Sign a version for one side."""
    plan = get_object_or_404(Plan, pk=pk)
    side = posted(request, "side")

    def act() -> str:
        signed = actions.sign(plan, side, person(request), posted(request, "reason"))
        ready = " Both sides have signed: it is approved." if signed.state == Plan.State.APPROVED else ""
        return f"{signed.title} is signed for the {side} side.{ready}"

    return done_or_refused(request, reverse("plan", args=[pk]), act)


@require_POST
@needs(Right.MANAGE)
def send_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make a version a draft again; its signatures are void."""
    return _done(request, pk, actions.send_back, "is a draft again; its signatures are void.")


@require_POST
@needs(Right.MANAGE)
def launch(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put an approved version in force; its hold-out is declared with it."""
    plan = get_object_or_404(Plan, pk=pk)

    def act() -> str:
        launched = actions.launch(plan, person(request), posted(request, "reason"))
        if plan.state != Plan.State.LIVE:
            return f"{launched.title} is live; the next run plans its contacts."
        who = launched.launched_by.name if launched.launched_by else "Sterna"
        day = f"{launched.launched_at:%Y-%m-%d}"
        return f"{launched.title} was launched by {who} on {day} already; nothing was changed."

    return done_or_refused(request, reverse("plan", args=[pk]), act)


@require_POST
@needs(Right.MANAGE)
def close(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End a live version."""
    return _done(request, pk, actions.close, "is closed; what had not left is withdrawn.")


@require_POST
@needs(Right.MANAGE)
def close_stage(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Close a stage with its proof."""
    plan = get_object_or_404(Plan, pk=pk)
    stage = posted(request, "stage")

    def act() -> str:
        actions.close_stage(plan, stage, person(request), posted(request, "proof"))
        return f"The stage {stage} of {plan.title} is closed."

    return done_or_refused(request, reverse("plan", args=[pk]), act)


@require_POST
@needs(Right.MANAGE)
def dependency(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Note that a dependency is there, or on which day it comes instead."""
    plan = get_object_or_404(Plan, pk=pk)
    name, to = posted(request, "dependency"), posted(request, "to")

    def act() -> str:
        who, reason = person(request), posted(request, "reason")
        if not to:
            actions.deliver(plan, name, who, reason)
            return f"{name} is there."
        actions.slip(plan, name, _day(to), who, reason)
        return f"{name} is due on {to}; the log keeps the day it was to come before."

    return done_or_refused(request, reverse("plan", args=[pk]), act)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(f"{text!r} is no day: write it as 2017-06-30") from None


def _done(request: HttpRequest, pk: UUID, act: _Act, said: str) -> HttpResponse:
    plan = get_object_or_404(Plan, pk=pk)

    def done() -> str:
        return f"{act(plan, person(request), posted(request, 'reason')).title} {said}"

    return done_or_refused(request, reverse("plan", args=[pk]), done)
