"""What a manager publishes: the taxonomy and the rules of inference, as a new version with a reason."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from sterna.desk.customers import actions
from sterna.desk.users.access import Right, needs, person
from sterna.desk.web.answers import done_or_refused, posted


@require_POST
@needs(Right.MANAGE)
def taxonomy_publish(request: HttpRequest) -> HttpResponse:
    """Put a taxonomy in force; classes that are used go only when they are named."""

    def act() -> str:
        agreed = posted(request, "vanishing").replace(",", " ").split()
        stored = actions.publish_taxonomy(
            posted(request, "text"), posted(request, "reason"), person(request), agreed
        )
        return f"{stored.name} {stored.version} is in force."

    return done_or_refused(request, reverse("taxonomy"), act)


@require_POST
@needs(Right.MANAGE)
def rules_publish(request: HttpRequest) -> HttpResponse:
    """Put rules of inference in force."""

    def act() -> str:
        stored = actions.publish_rules(posted(request, "text"), posted(request, "reason"), person(request))
        return (
            f"The rules of {stored.taxonomy} {stored.version} are in force; the nightly job infers by them."
        )

    return done_or_refused(request, reverse("taxonomy"), act)
