"""Starts a run from its page; the worker turns it."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from sterna.desk.config.refused import Refused
from sterna.desk.runs import actions
from sterna.desk.users.access import Right, needs, person
from sterna.desk.web.answers import done_or_refused, posted


@require_POST
@needs(Right.MANAGE)
def start(request: HttpRequest) -> HttpResponse:
    """Ask for a run as of the day in the form."""

    def act() -> str:
        try:
            until = date.fromisoformat(posted(request, "until"))
        except ValueError:
            raise Refused("write the last day of the run as 2017-06-30") from None
        actions.request_run(until, person(request))
        return f"The run as of {until} begins within a minute; its stages appear here."

    return done_or_refused(request, reverse("runs"), act)
