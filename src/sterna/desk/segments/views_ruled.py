"""What a manager does to segments and stages: publish a version, hand a segment over, retire a scheme."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from sterna.desk.config.refused import Refused
from sterna.desk.segments import actions
from sterna.desk.segments.drafts import filled, read_draft, scheme_of_draft
from sterna.desk.segments.ruled_queries import ruled_in_force
from sterna.desk.users.access import Right, needs, person
from sterna.desk.users.models import User
from sterna.desk.web.answers import done_or_refused, posted


@require_POST
@needs(Right.MANAGE)
def segments_publish(request: HttpRequest) -> HttpResponse:
    """Put the scheme of the form in force."""

    def act() -> str:
        typed = {name: posted(request, name) for name in request.POST}
        draft = filled(read_draft(posted(request, "draft")), typed)
        scheme = scheme_of_draft(draft)
        named = {seat.place: _user(seat.manager) for seat in draft.managed if seat.manager}
        found, warnings = actions.publish_ruled(scheme, named, person(request), posted(request, "reason_why"))
        said = f"{found.name}, version {found.version}, is in force; the next run places everybody by it."
        return " ".join([said, *(f"{warning}." for warning in warnings)])

    return done_or_refused(request, reverse("segments"), act)


def _user(username: str) -> User:
    found = User.objects.filter(username=username).first()
    if found is None:
        raise Refused(f"there is nobody called {username}")
    return found


@require_POST
@needs(Right.MANAGE)
def segment_appoint(request: HttpRequest, scheme: str, place: str) -> HttpResponse:
    """Have somebody else manage a segment."""
    definition = next((one for one in ruled_in_force() if one.name == scheme), None)
    if definition is None:
        raise Http404(f"There are no segments {scheme}.")

    def act() -> str:
        manager = _user(posted(request, "manager"))
        actions.appoint(definition, place, manager, person(request), posted(request, "reason"))
        return f"{manager.name} manages {place} from today on."

    return done_or_refused(request, reverse("segment", args=[scheme, place]), act)


@require_POST
@needs(Right.MANAGE)
def segments_retire(request: HttpRequest, scheme: str) -> HttpResponse:
    """Have runs place nobody by a scheme any more."""

    def act() -> str:
        actions.retire_ruled(scheme, person(request), posted(request, "reason"))
        return f"{scheme} is retired; its history stays."

    return done_or_refused(request, reverse("segments"), act)
