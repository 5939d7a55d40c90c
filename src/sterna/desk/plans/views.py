"""What a person does to a plan from its page."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from sterna.desk.plans import actions
from sterna.desk.plans.models import Plan
from sterna.desk.users.access import Right, needs, person
from sterna.desk.web.answers import done_or_refused, posted


@require_POST
@needs(Right.MANAGE)
def approve(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Approve a draft; its hold-out is declared with it."""
    plan = get_object_or_404(Plan, pk=pk)

    def act() -> str:
        approved = actions.approve(plan, person(request), posted(request, "reason"))
        if plan.state == Plan.State.DRAFT and approved.approved_by_id == request.user.pk:
            return f"{approved.title} is approved; the next run plans its contacts."
        who = approved.approved_by.name if approved.approved_by else "Sterna"
        day = f"{approved.approved_at:%Y-%m-%d}"
        return f"{approved.title} was approved by {who} on {day} already; nothing was changed."

    return done_or_refused(request, reverse("plan", args=[pk]), act)
