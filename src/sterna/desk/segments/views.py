"""What a manager does to definitions of best customers: publish, retire, and say what members of several get."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from sterna.desk.segments import actions
from sterna.desk.segments.queries import bests_in_force
from sterna.desk.users.access import Right, needs, person
from sterna.desk.web.answers import done_or_refused, posted
from sterna.engine.errors import BadInput


@require_POST
@needs(Right.MANAGE)
def best_publish(request: HttpRequest) -> HttpResponse:
    """Put the definition of a text in force."""

    def act() -> str:
        found = actions.define_best(posted(request, "text"), person(request), posted(request, "reason"))
        return f"{found.name}, version {found.version}, is in force; the next run makes its list."

    return done_or_refused(request, reverse("best_customers"), act)


@require_POST
@needs(Right.MANAGE)
def best_retire(request: HttpRequest, name: str) -> HttpResponse:
    """Take a definition out of force."""

    def act() -> str:
        actions.retire_best(name, person(request), posted(request, "reason"))
        return f"{name} is retired; the next run makes no list of it."

    return done_or_refused(request, reverse("best_customers"), act)


@require_POST
@needs(Right.MANAGE)
def best_arbitrate(request: HttpRequest) -> HttpResponse:
    """Say which treatment a member of several groups gets."""

    def act() -> str:
        by: actions.By = "score" if posted(request, "by") == "score" else "order"
        actions.arbitrate(by, _order(request), person(request), posted(request, "reason"))
        return "Members of several groups are treated so from now on."

    return done_or_refused(request, reverse("best_customers"), act)


def _order(request: HttpRequest) -> list[str]:
    """The groups in force by the places that were written beside them."""
    places: dict[int, str] = {}
    for one in bests_in_force():
        text = posted(request, f"place_{one.name}").strip()
        if not (text.isascii() and text.isdecimal() and len(text) <= 4):
            raise BadInput(f"the place of {one.name}: write a whole number")
        if int(text) in places:
            raise BadInput(f"{places[int(text)]} and {one.name} have one place: give each its own")
        places[int(text)] = one.name
    return [places[place] for place in sorted(places)]
