"""Reads about treatments: the grids in force, and where customers stand in them by the newest run."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Coalesce

from sterna.desk.customers.models import Customer
from sterna.desk.segments.models import Batch, Definition
from sterna.desk.segments.ruled_queries import ruled_in_force, scheme_of
from sterna.desk.segments.tier_queries import retired
from sterna.desk.segments.treatment_models import Treatment
from sterna.engine.segments import Ruled, Treatments, read_treatments
from sterna.engine.segments.ruled import SEGMENTS
from sterna.engine.segments.treatments import PERSONALIZATIONS

TREATMENTS = "treatments"


def retired_as(scheme: str) -> str:
    """Under which name the treatments of a scheme are retired; no scheme can have it, for the slash."""
    return f"{TREATMENTS}/{scheme}"


def of_body(body: dict[str, Any]) -> Treatments:
    """The treatments that a definition holds."""
    return read_treatments(body)


def newest_treatments(scheme: str) -> Definition | None:
    """The newest version of the treatments of a scheme, in force or retired."""
    return Definition.objects.filter(kind=TREATMENTS, name=scheme).order_by("-version").first()


def in_force() -> list[Definition]:
    """The newest treatments of every scheme of segments in force that has some, in the order of the schemes."""
    newest = {one.name: one for one in Definition.objects.filter(kind=TREATMENTS).order_by("version")}
    if not newest:
        return []
    gone = retired()
    placed = [one.name for one in ruled_in_force() if one.kind == SEGMENTS]
    return [newest[name] for name in placed if name in newest and retired_as(name) not in gone]


def treatments_of(scheme: str) -> Definition | None:
    """The treatments of a scheme that are in force."""
    return next((one for one in in_force() if one.name == scheme), None)


def users_of_segments(scheme: str) -> list[str]:
    """What would be left without a scheme of segments."""
    return [f"the treatments of {scheme}"] if treatments_of(scheme) else []


def orphaned(scheme: Ruled) -> Iterator[str]:
    """Segments that a new version of a scheme would not have and that have levels of their own."""
    found = treatments_of(scheme.name)
    for segment in of_body(found.body).segments if found else ():
        if segment not in scheme.places:
            yield f"{segment} has treatments of its own: publish those of {scheme.name} without it first"


def levels_in_force() -> list[tuple[str, str, str, str, int, int]]:
    """The cells of all grids in force, each as scheme, segment, both bands, and how many contacts in how many days."""
    found = in_force()
    segments = segments_in_force() if found else {}
    return [
        (one.name, segment, *cell, level.frequency.contacts, level.frequency.days)
        for one in found
        for segment in segments[one.name]
        for cell, level in of_body(one.body).of_segment(segment).items()
    ]


def segments_in_force() -> dict[str, tuple[str, ...]]:
    """The segments of every scheme of segments in force, by its name."""
    return {one.name: scheme_of(one).places for one in ruled_in_force() if one.kind == SEGMENTS}


def newest_runs() -> dict[str, UUID]:
    """By scheme, the run that placed its customers last."""
    found = Batch.objects.order_by("scheme", "-cut", "-pk").distinct("scheme")
    return dict(found.values_list("scheme", "run_id"))


def current() -> Iterator[tuple[str, UUID]]:
    """The schemes with treatments by the run that placed them last, with the run."""
    named = set(Definition.objects.filter(kind=TREATMENTS).values_list("name", flat=True))
    return ((scheme, run) for scheme, run in newest_runs().items() if scheme in named) if named else iter(())


@dataclass(frozen=True)
class Treated:
    """How personally a customer is written to, and the segment whose grid says so."""

    personalization: str
    segment: str


def treated(customers: Collection[UUID]) -> dict[UUID, Treated]:
    """How customers are written to, by the newest run; who is in no grid is not named.

    Of several grids, and of both sides of a merge, the least personal level counts.
    """
    runs = dict(current())
    if not runs:
        return {}
    asked = Customer.objects.filter(pk__in=customers)
    roots = dict(asked.values_list("pk", Coalesce(F("redirects_to"), F("pk"))))
    rows = Treatment.objects.filter(run_id__in=set(runs.values()), scheme__in=runs)
    rows = rows.annotate(root=Coalesce(F("customer__redirects_to"), F("customer")))
    rows = rows.filter(root__in=set(roots.values())).order_by("scheme", "pk")
    found: dict[UUID, Treated] = {}
    for root, word, segment in rows.values_list("root", "personalization", "segment"):
        before = found.get(root)
        if before is None or PERSONALIZATIONS.index(word) < PERSONALIZATIONS.index(before.personalization):
            found[root] = Treated(word, segment)
    return {one: found[root] for one, root in roots.items() if root in found}
