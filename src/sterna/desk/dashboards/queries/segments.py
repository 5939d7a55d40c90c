"""Segments and stages as pages show them: each place with who is in it, who manages it, and who came and went."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection

from sterna.desk.lakehouse.lake_query import lake_query
from sterna.desk.lakehouse.queries import manifest
from sterna.desk.runs.models import Run
from sterna.desk.segments.models import Definition, MatrixCell
from sterna.desk.segments.profile_models import SegmentPreference
from sterna.desk.segments.ruled_queries import headcounts, managers, said, scheme_of
from sterna.desk.users.models import User
from sterna.engine.segments.ruled import SEGMENTS

_SPEND = """
select m.place, sum(w.spend) from segments_membership as m
join values_worth as w on w.customer_id = m.customer_id and w.run_id = %s
where m.scheme = %s and upper_inf(m.during) group by m.place
"""
_MOVED = """
with stays as (select * from segments_membership where scheme = %(scheme)s),
came as (select customer_id, place, true as here from stays where lower(during) = %(day)s),
went as (select customer_id, place, true as here from stays where upper(during) = %(day)s)
select place, count(*) filter (where went.here is null),
    count(*) filter (where came.here is null)
from came full join went using (customer_id, place) group by place
"""
_COMBINED = """
select count(*) from (
    select string_agg(scheme || '/' || place, ' ' order by scheme) as combination
    from segments_membership
    where upper_inf(during) and scheme not in (select scheme from segments_retirement) group by customer_id
) as stood group by combination order by 1 desc
"""


@dataclass(frozen=True)
class Standing:
    """A place of a scheme now: its rule in words, how many stand in it and with what spend, and since the last run."""

    place: str
    rule: str
    customers: int
    spend: object
    entered: int
    left: int
    manager: User | None


def standings(definition: Definition, run: Run | None) -> list[Standing]:
    """The places of a scheme in their order, with the changes of the day after the run closed."""
    scheme = scheme_of(definition)
    heads, named = headcounts(scheme.name), managers(scheme.name)
    spends = _spends(scheme.name, run.pk) if run else {}
    moved = _moved(scheme.name, newest_day(scheme.name))
    rules = {seat.place: said(seat.enter) for seat in scheme.seats}
    places = [*scheme.places, *([] if scheme.kind == SEGMENTS else ["none"])]
    return [
        Standing(
            place,
            rules.get(place, "everybody else" if scheme.kind == SEGMENTS else "stand in no stage"),
            heads.get(place, 0),
            spends.get(place),
            *moved.get(place, (0, 0)),
            named.get(place),
        )
        for place in places
    ]


def newest_day(scheme: str) -> date | None:
    """The newest day on which somebody entered a place of a scheme."""
    with connection.cursor() as cursor:
        cursor.execute("select max(lower(during)) from segments_membership where scheme = %s", [scheme])
        found: date | None = cursor.fetchone()[0]
        return found


def _spends(scheme: str, run_id: UUID) -> dict[str, object]:
    with connection.cursor() as cursor:
        cursor.execute(_SPEND, [run_id, scheme])
        return dict(cursor.fetchall())


def _moved(scheme: str, day: date | None) -> dict[str, tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_MOVED, {"scheme": scheme, "day": day})
        return {place: (entered, left) for place, entered, left in cursor.fetchall()}


def combinations() -> list[int]:
    """How many customers stand in each combination of places over all schemes, the most first."""
    with connection.cursor() as cursor:
        cursor.execute(_COMBINED)
        return [customers for (customers,) in cursor.fetchall()]


def has_matrix(run: Run, scheme: str) -> bool:
    """Whether a run counted the moves of a scheme."""
    return MatrixCell.objects.filter(run_id=run.pk, scheme=scheme).exists()


def preferences(run: Run | None, scheme: str, place: str) -> list[SegmentPreference]:
    """What a segment preferred as of a run; nothing where no run counted it, or it is kept no more."""
    if run is None:
        return []
    found = SegmentPreference.objects.filter(run_id=run.pk, scheme=scheme, segment=place)
    return list(found.order_by("kind", "item"))


def categories() -> list[str]:
    """The categories that products are of, for whoever writes a rule."""
    files = [path for path, _ in manifest().get("products", ())]
    found = lake_query(
        "select distinct department from products where department is not null order by 1",
        {"products": files},
        {},
    )
    return [name for (name,) in found]
