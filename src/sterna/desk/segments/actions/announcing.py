"""Tells the apps above who moved: the one door for whatever writes memberships, in the writer's own transaction."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import cast
from uuid import UUID

from django.db.models import QuerySet
from django.utils.functional import SimpleLazyObject

from sterna.desk.config import events
from sterna.desk.segments.models import Definition, Membership
from sterna.desk.segments.signals import Cause, CustomersMoved, Left, Moved


def announce(
    definition: Definition,
    on: date,
    cause: Cause,
    stays: QuerySet[Membership] | None = None,
    left: Iterable[Left] = (),
    whole: bool = False,
) -> None:
    """Publish that `stays` of the definition's scheme were opened `on` a day, and who `left` it for no other place.

    Called after the memberships are written, once for each scheme and day. `stays` may hold more than who moved:
    whoever listens compares with what was so before. `whole` is for a writer that placed everybody.
    """
    gone = tuple(left)
    if stays is None and not gone and not whole:
        return
    found = Membership.objects.none() if stays is None else stays
    events.publish(Moved((CustomersMoved(definition, on, cause, found, gone, whole),)))


def announce_few(moved: Iterable[tuple[Definition, Mapping[UUID, UUID]]], on: date) -> None:
    """Publish who moved in some schemes between runs on a day: of each scheme the customers by the stays opened."""
    told = [
        CustomersMoved(definition, on, "event", _lazily(stays), few=tuple(stays.values()))
        for definition, stays in moved
        if stays
    ]
    if told:
        events.publish(Moved(tuple(told)))


def _lazily(stays: Collection[UUID]) -> QuerySet[Membership]:
    """The stays as a query that is put together when somebody asks it: of single customers mostly nobody does."""
    return cast("QuerySet[Membership]", SimpleLazyObject(lambda: Membership.objects.filter(pk__in=stays)))


def opened_by(run_id: UUID, on: date, scheme: str) -> QuerySet[Membership]:
    """The stays of a scheme that a run, or the undoing of it, opened `on` a day."""
    return Membership.objects.filter(scheme=scheme, run_id=run_id, during__startswith=on)


def only(stay: Membership) -> QuerySet[Membership]:
    """One stay, as the query that listeners take."""
    return Membership.objects.filter(pk=stay.pk)
