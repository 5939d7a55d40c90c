"""What an administrator does to webhooks: endpoints, their secrets, and messages that are sent again."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from sterna.desk.config import options
from sterna.desk.users.access import Right, needs, person
from sterna.desk.users.models import User
from sterna.desk.web.answers import done_or_refused, posted, refusal, shown_once
from sterna.desk.web.formats import counted
from sterna.desk.webhooks import actions
from sterna.desk.webhooks.models import Endpoint, Message
from sterna.engine.errors import BadInput, SternaError

# How long the secret before counts beside a new one, in the words of the form.
BOTH_FOR = {"0": timedelta(0), "1": timedelta(days=1), "7": timedelta(days=7)}


@never_cache
@require_POST
@needs(Right.ADMINISTER)
def endpoint_add(request: HttpRequest) -> HttpResponse:
    """Add an endpoint and show its secret, which is never shown again."""
    return _once(
        request, reverse("webhooks"), lambda: actions.add_endpoint(_wanted(request), person(request))
    )


@require_POST
@needs(Right.ADMINISTER)
def endpoint_change(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send elsewhere, or other messages."""
    endpoint = get_object_or_404(Endpoint, pk=pk)

    def act() -> str:
        changed = actions.change_endpoint(endpoint, _wanted(request), person(request))
        return f"{changed.name} is changed: what waits and what is to come goes by it."

    return done_or_refused(request, _page(endpoint), act)


def _wanted(request: HttpRequest) -> actions.Wanted:
    chosen = {
        name: [value.replace("\0", "") for value in request.POST.getlist(name)]
        for name in ("types", "schemes", "kinds", "places")
    }
    return actions.Wanted(posted(request, "name"), posted(request, "url"), **chosen)


@require_POST
@needs(Right.ADMINISTER)
def endpoint_test(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send a message that tells of nobody, and say what came of it."""
    endpoint = get_object_or_404(Endpoint, pk=pk)

    def act() -> str:
        sent = actions.send_test(endpoint, person(request))
        if sent.state == Message.State.DELIVERED:
            return f"{endpoint.name} took the test message with {sent.status}."
        said = f"the receiver answered {sent.status}" if sent.status else sent.answer
        raise BadInput(f"the test message was not taken: {said}")

    return done_or_refused(request, _page(endpoint), act)


@never_cache
@require_POST
@needs(Right.ADMINISTER)
def endpoint_rotate(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give an endpoint a new secret and show it."""
    endpoint = get_object_or_404(Endpoint, pk=pk)

    def act() -> tuple[Endpoint, str]:
        both_for = BOTH_FOR.get(posted(request, "both_for"))
        if both_for is None:
            raise BadInput("choose how long the secret before still counts")
        return endpoint, actions.rotate(endpoint, both_for, person(request))

    return _once(request, _page(endpoint), act)


@require_POST
@needs(Right.ADMINISTER)
def endpoint_disable(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send nothing more to an endpoint."""
    told = "is disabled: what waits stays, and what moves from now on is not told."
    return _turned(request, pk, actions.disable, told)


@require_POST
@needs(Right.ADMINISTER)
def endpoint_enable(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send to an endpoint again."""
    return _turned(request, pk, actions.enable, "is enabled: what waits leaves within a minute.")


def _turned(
    request: HttpRequest, pk: UUID, turn: Callable[[Endpoint, User, str], None], told: str
) -> HttpResponse:
    endpoint = get_object_or_404(Endpoint, pk=pk)

    def act() -> str:
        turn(endpoint, person(request), posted(request, "reason"))
        return f"{endpoint.name} {told}"

    return done_or_refused(request, _page(endpoint), act)


@require_POST
@needs(Right.ADMINISTER)
def endpoint_delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Remove an endpoint with its messages; refused, its page is shown again."""
    endpoint = get_object_or_404(Endpoint, pk=pk)
    try:
        lost = actions.delete(endpoint, person(request), posted(request, "reason"))
    except SternaError as refused:
        return refusal(request, _page(endpoint), str(refused))
    told = f"{endpoint.name} is deleted with its messages; {counted(lost, 'message')} waited and will not be sent."
    return done_or_refused(request, reverse("webhooks"), lambda: told)


@require_POST
@needs(Right.ADMINISTER)
def endpoint_resend(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send again what failed for good since a day."""
    endpoint = get_object_or_404(Endpoint, pk=pk)

    def act() -> str:
        again = actions.retry_failed(endpoint, _since(posted(request, "since")), person(request))
        return f"{counted(again, 'message')} of {endpoint.name} will be sent again, under the ids they had."

    return done_or_refused(request, _page(endpoint), act)


def _since(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text.strip()), time(), options.zone())
    except ValueError:
        raise BadInput("choose the day since when what failed is sent again") from None


@require_POST
@needs(Right.ADMINISTER)
def message_retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send one message again."""
    message = get_object_or_404(Message, pk=pk)

    def act() -> str:
        actions.retry(message, person(request))
        return "The message will be sent again, under the id it had."

    return done_or_refused(request, reverse("webhook_message", args=[message.pk]), act)


def _page(endpoint: Endpoint) -> str:
    return reverse("endpoint", args=[endpoint.pk])


def _once(request: HttpRequest, back: str, act: Callable[[], tuple[Endpoint, str]]) -> HttpResponse:
    """Show a secret this once in the answer itself."""
    try:
        endpoint, secret = act()
    except SternaError as refused:
        return refusal(request, back, str(refused))
    told = {
        "question": f"The secret of {endpoint.name}",
        "what": "Secret that messages are signed with",
        "secret": secret,
        "use": "Give it to the receiver, which checks every message with it.",
        "back": _page(endpoint),
    }
    return shown_once(request, told)
