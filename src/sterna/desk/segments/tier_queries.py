"""Reads about tier schemes: those in force, what a person said of a place, and what runs did to memberships."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from sterna.desk.config import clock
from sterna.desk.customers.queries import classes
from sterna.desk.segments.models import Batch, Definition, Override, Retirement
from sterna.desk.segments.queries import SCHEME
from sterna.engine.segments import FACT

# Joins open stays with staged places: who would go elsewhere by the version that placed them, and who is a member.
_MOVING = """
select count(*) filter (where m.definition_id = %(definition)s and m.place <> p.to_place),
    count(*) filter (where m.rank > 0)
from segments_membership as m
left join staged_places as p on p.customer_id::uuid = m.customer_id and p.scheme = m.scheme
where m.scheme = %(scheme)s and upper_inf(m.during)
"""


def newest_schemes() -> list[Definition]:
    """The newest version of every scheme, in the order in which the schemes were first published."""
    found = Definition.objects.filter(kind=SCHEME)
    newest = {one.name: one for one in found.order_by("version")}
    first = found.filter(version=1).order_by("created_at", "pk").values_list("name", flat=True)
    return [newest[name] for name in first]


def retired() -> set[str]:
    """The names of the schemes that were retired."""
    return set(Retirement.objects.values_list("scheme", flat=True))


def schemes_in_force() -> list[Definition]:
    """The newest version of each scheme that is not retired, the first published first."""
    gone = retired()
    return [one for one in newest_schemes() if one.name not in gone]


def scheme_versions(name: str) -> list[Definition]:
    """Every version of a scheme, the newest first."""
    return list(Definition.objects.filter(kind=SCHEME, name=name).order_by("-version"))


def measure_words(measure: str) -> str:
    """A scheme's measure as people read it, a fact by the title of its class."""
    if not measure.startswith(FACT):
        return measure.replace("_", " ")
    name, tree = measure.removeprefix(FACT), classes()
    title = tree.at(name).title if name in tree else ""
    return f"{title[:1].lower()}{title[1:]}" or name


def overrides_in_force(day: date | None = None) -> QuerySet[Override]:
    """What was said of places and counts on `day`, today when none is given, or is still to begin."""
    return Override.objects.filter(ends_on__gt=day or clock.today())


def waiting() -> QuerySet[Batch]:
    """What runs held back and nobody has decided on."""
    return Batch.objects.filter(state=Batch.State.WAITING).select_related("definition")


def batches_of(run_id: UUID) -> QuerySet[Batch]:
    """What a run did to the memberships of each scheme."""
    return Batch.objects.filter(run_id=run_id)


def moving(definition: Definition) -> tuple[int, int]:
    """(moves, members): who the staged places would move by the same version, of how many who stand in a tier."""
    with connection.cursor() as cursor:
        cursor.execute(_MOVING, {"definition": definition.pk, "scheme": definition.name})
        found: Iterable[tuple[int, int]] = cursor.fetchall()
        [(moved, members)] = found
        return moved, members
