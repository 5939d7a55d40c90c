"""What a manager does to the treatments of segments: publish other levels, or take the grid out of force."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from sterna.desk.config.refused import Refused
from sterna.desk.segments import actions
from sterna.desk.segments.level_forms import filled
from sterna.desk.segments.treatment_queries import of_body, segments_in_force, treatments_of
from sterna.desk.users.access import Right, needs, person
from sterna.desk.web.answers import done_or_refused, posted


@require_POST
@needs(Right.MANAGE)
def levels_publish(request: HttpRequest, scheme: str) -> HttpResponse:
    """Put the levels of the form in force, of one segment or of every one."""
    definition, segment = treatments_of(scheme), posted(request, "segment")
    if definition is None or (segment and segment not in segments_in_force().get(scheme, ())):
        raise Http404(f"There are no treatments of {segment or scheme}.")

    def act() -> str:
        version = posted(request, "version")
        if not (version.isascii() and version.isdecimal() and len(version) <= 9):
            raise Refused("the form does not say which version it changes: open it again")
        typed = {name: posted(request, name) for name in request.POST}
        changed = filled(of_body(definition.body), segment, typed)
        found = actions.publish_treatments(changed, person(request), posted(request, "reason"), int(version))
        if found.version == int(version):
            return f"These are the levels of version {found.version}: nothing was changed."
        return f"Version {found.version} of the treatments of {scheme} is in force from the next run on."

    back = reverse("segment", args=[scheme, segment]) if segment else reverse("segments")
    return done_or_refused(request, back, act)


@require_POST
@needs(Right.MANAGE)
def treatments_retire(request: HttpRequest, scheme: str) -> HttpResponse:
    """Have the next run treat nobody of a scheme by a grid."""

    def act() -> str:
        actions.retire_treatments(scheme, person(request), posted(request, "reason"))
        return f"The treatments of {scheme} are retired; their limits hold until the next run."

    return done_or_refused(request, reverse("segments"), act)
