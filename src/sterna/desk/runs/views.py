"""Starts a run, or a search for groupings, from its page; the worker does it."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from sterna.desk.config.refused import Refused
from sterna.desk.runs import actions
from sterna.desk.segments.searches import Inputs
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


@require_POST
@needs(Right.MANAGE)
def discovery_start(request: HttpRequest) -> HttpResponse:
    """Ask for a search for groupings in the newest run, by what is ticked in the form."""

    def ticked(name: str) -> tuple[str, ...]:
        return tuple(text.replace("\x00", "") for text in request.POST.getlist(name))

    def act() -> str:
        seed = posted(request, "seed").strip() or "0"
        if not (seed.isascii() and seed.isdecimal() and len(seed) <= 10):
            raise Refused("the seed is a whole number, such as 1")
        asked = Inputs(shares="shares" in request.POST, measures=ticked("measure"), facts=ticked("fact"))
        actions.request_discovery(asked, int(seed), person(request))
        return "The search begins within a minute; how far it is stands on its page."

    return done_or_refused(request, reverse("discoveries"), act)
