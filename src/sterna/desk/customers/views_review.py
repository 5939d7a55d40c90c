"""What a steward answers in the review queue."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from sterna.desk.customers import actions, queries
from sterna.desk.customers.models import ReviewPair
from sterna.desk.users.access import Right, needs, person
from sterna.desk.web.answers import posted, refusal, went
from sterna.engine.errors import SternaError

_SAID = {
    ReviewPair.State.SAME: "They are one customer from now on; undo it on the customer's page.",
    ReviewPair.State.DIFFERENT: "They are two persons and stay apart.",
    ReviewPair.State.HOUSEHOLD: "They are two persons of one household.",
}


@require_POST
@needs(Right.STEWARD)
def review_answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say of a pair what they are; the next pair opens."""
    pair = get_object_or_404(ReviewPair, pk=pk)
    try:
        answered = actions.answer_pair(
            pair, posted(request, "answer"), posted(request, "reason"), person(request)
        )
    except SternaError as refused:
        return refusal(request, reverse("review_pair", args=[pk]), str(refused))
    messages.success(request, _SAID[ReviewPair.State(answered.state)])
    return went(request, _next(pair))


def _next(pair: ReviewPair) -> str:
    """What is asked after a pair: the one behind it, else the first of those that were passed over, else the queue."""
    waiting = queries.review_queue(after=(pair.probability, pair.pk), size=1) or queries.review_queue(size=1)
    return reverse("review_pair", args=[waiting[0].pk]) if waiting else reverse("review")
