"""What a manager does to tiers: publish and retire schemes, say where a customer stands, decide on moves."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from sterna.desk.segments import actions
from sterna.desk.segments.models import Batch
from sterna.desk.segments.tier_forms import OverrideForm, TierForm, first_error
from sterna.desk.users.access import Right, needs, person
from sterna.desk.web.answers import done_or_refused, posted
from sterna.desk.web.formats import counted
from sterna.engine.errors import BadInput


@require_POST
@needs(Right.MANAGE)
def tier_publish(request: HttpRequest) -> HttpResponse:
    """Put a version of a scheme in force."""

    def act() -> str:
        form = TierForm({name: posted(request, name) for name in request.POST})
        if not form.is_valid():
            raise BadInput(first_error(form))
        found = actions.publish_scheme(form.scheme(), person(request), posted(request, "reason"))
        return f"{found.name}, version {found.version}, is in force; the next run places by it."

    return done_or_refused(request, reverse("tiers"), act)


@require_POST
@needs(Right.MANAGE)
def tier_retire(request: HttpRequest, name: str) -> HttpResponse:
    """Take a scheme out of force."""

    def act() -> str:
        actions.retire_scheme(name, person(request), posted(request, "reason"))
        return f"{name} is retired; runs place by it only while a plan does."

    return done_or_refused(request, reverse("tiers"), act)


@require_POST
@needs(Right.MANAGE)
def override_set(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say where a customer stands at least, at most, or in any case."""

    def act() -> str:
        form = OverrideForm({name: posted(request, name) for name in request.POST})
        if not form.is_valid():
            raise BadInput(first_error(form))
        scheme, kind, place, ends_on = form.said()
        made = actions.set_override(
            pk, scheme, kind, place, ends_on, person(request), form.cleaned_data["reason"]
        )
        return f"A {made.kind} at {made.place} counts until {made.ends_on}; the next run goes by it."

    return done_or_refused(request, reverse("customer", args=[pk]), act)


@require_POST
@needs(Right.MANAGE)
def override_end(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End what was said of a customer's place."""

    def act() -> str:
        actions.end_override(pk, person(request), posted(request, "reason"))
        return "It is ended; the next run goes by the amount and the terms of the scheme."

    return done_or_refused(request, reverse("tier_overrides"), act)


@require_POST
@needs(Right.MANAGE)
def moves_apply(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Carry out what a run held back."""

    def act() -> str:
        batch = actions.apply_batch(pk, person(request), posted(request, "reason"))
        return f"{counted(batch.moved, 'customer')} moved in {batch.scheme}."

    return done_or_refused(request, reverse("tier_moves"), act)


@require_POST
@needs(Right.MANAGE)
def moves_discard(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Leave everybody where they are."""

    def act() -> str:
        batch = actions.discard_batch(pk, person(request), posted(request, "reason"))
        return f"Nobody moved in {batch.scheme}; the next run judges anew."

    return done_or_refused(request, reverse("tier_moves"), act)


@require_POST
@needs(Right.MANAGE)
def moves_undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put whom a run moved back where they were."""

    def act() -> str:
        batch: Batch = actions.undo_batch(pk, person(request), posted(request, "reason"))
        return (
            f"The moves of {batch.scheme} are undone; {counted(batch.left or 0, 'customer')} had moved since."
        )

    return done_or_refused(request, reverse("tier_moves"), act)
