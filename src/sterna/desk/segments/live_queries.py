"""Reads what the rules see of some customers at this moment: what the run knew of them, and what is new since."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import connection

from sterna.desk.config import prepared
from sterna.desk.config.prepared import Question
from sterna.desk.customers.queries import LastWords, last_words, standing_rows, turning
from sterna.desk.customers.queries import classes as taxonomy
from sterna.desk.segments.live_models import Followed
from sterna.desk.segments.rolled import Rolled, Terms, unpacked
from sterna.engine.rules import Deed, Deeds, Known, Person, Stay

# A merge leaves two texts for one person, and what two were worth is not what one is: only a run can tell.
_ROLLED = """
with whose as (
    select id, id as part from unnest(%(customers)s::uuid[]) as asked (id)
    union all select redirects_to_id, id from customers_customer where redirects_to_id = any(%(customers)s::uuid[])
)
select whose.id, r.packed, m.customer_id is not null from whose
left join segments_rollup as r on r.customer_id = whose.part
left join segments_mixed as m on m.customer_id = whose.part
where r.customer_id is not null or m.customer_id is not null
"""
# Records go with whoever they are of now, so that nothing is asked of customers who became a part of another.
_NEW = """
select s.customer_id, d.kind, d.on, d.times, d.amount, d.category, d.touchpoint
from customers_sourcerecord as s join segments_newdeed as d on d.source_record_id = s.id
where s.customer_id = any(%(customers)s::uuid[]) and d.on <= %(day)s
"""
_HOMES = """
select mine.customer_id, theirs.customer_id from customers_householdmember as mine
join customers_householdmember as theirs on theirs.household_id = mine.household_id and theirs.until is null
where mine.until is null and mine.customer_id = any(%(customers)s::uuid[]) and theirs.customer_id <> mine.customer_id
order by mine.customer_id, theirs.customer_id
"""
_STAYS = """
select customer_id, scheme, place, lower(during), upper(during), definition_id, id
from segments_membership where customer_id = any(%(customers)s::uuid[])
order by customer_id, scheme, lower(during)
"""


class Stands(NamedTuple):
    """Where a customer stands in a scheme: the open stay and its first day, and since when in the place."""

    stay: UUID
    place: str
    began: date
    since: date
    definition: UUID


@dataclass(frozen=True)
class Seen:
    """What the rules see of customers, and where each stands by scheme; `unclear` are those only a run can place.

    `turning` is the first day to come on which another fact of theirs may stand, where there is one.
    """

    people: Mapping[UUID, Person]
    stands: Mapping[UUID, Mapping[str, Stands]]
    unclear: frozenset[UUID]
    turning: Mapping[UUID, date]


def followed() -> Followed | None:
    """The run that placing goes on from; None before there is one."""
    return Followed.objects.first()


def terms_followed(state: Followed) -> Terms:
    """What its rules read."""
    return msgspec.convert(state.terms, Terms)


def seen(customers: Collection[UUID], terms: Terms, day: date, classes: Collection[str], until: date) -> Seen:
    """What the rules see of customers on a day, the last one that counts, with the others of their households.

    Which facts turn is asked of the classes and up to a day.
    """
    at_home = homes(customers) if terms.homes else {}
    everybody = {*customers, *(other for others in at_home.values() for other in others)}
    with prepared.together() as at_once:
        told = _Told.of(everybody, terms, day, at_once)
        facts_turn = at_once.ask(turning(day, classes, until, customers)) if classes else dict
    alone, unclear = _alone(everybody, told)
    people = alone | {
        who: alone[who]._replace(others=[alone[other] for other in others]) for who, others in at_home.items()
    }
    # What somebody did of whom nothing is clear may decide for the others at home.
    vague = {who for who in customers if unclear & {who, *at_home.get(who, ())}}
    return Seen(people, told.stands(), frozenset(vague), facts_turn())


def homes(customers: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """The others of each one's household, of whom there are any."""
    found = defaultdict(list)
    for one, other in prepared.rows(_HOMES, _named(customers)):
        found[one].append(other)
    return found


@dataclass(frozen=True)
class _Told:
    """What is asked of some customers at once, to be called for when the database has answered all of it."""

    rolled: Callable[[], tuple[dict[UUID, Rolled], set[UUID]]]
    deeds: Callable[[], list[tuple[Any, ...]]]
    stands: Callable[[], dict[UUID, dict[str, Stands]]]
    facts: Callable[[], list[tuple[UUID, str, str, date, float | None, str]]]
    consents: Callable[[], LastWords]

    @staticmethod
    def of(customers: Collection[UUID], terms: Terms, day: date, at_once: prepared.Together) -> "_Told":
        named, tomorrow = _named(customers), date.fromordinal(day.toordinal() + 1)
        return _Told(
            at_once.ask(Question(_ROLLED, named, lambda rows: _rolled(rows, terms))),
            at_once.ask(Question(_NEW, named | {"day": day}, list)),
            at_once.ask(Question(_STAYS, named, _stands)),
            at_once.ask(standing_rows(customers, day)) if terms.classes else list,
            at_once.ask(last_words(customers, tomorrow)) if terms.consents else dict,
        )


def _alone(customers: Collection[UUID], told: _Told) -> tuple[dict[UUID, Person], set[UUID]]:
    rolled, unclear = told.rolled()
    stands, consents = told.stands(), told.consents()
    deeds: dict[UUID, list[Deed]] = {who: list(one.deeds) for who, one in rolled.items()}
    for who, kind, on, times, amount, category, touchpoint in told.deeds():
        deeds.setdefault(who, []).append(Deed(kind, on, times, amount, category, touchpoint))
    facts: dict[UUID, list[Known]] = defaultdict(list)
    for who, fact_class, value, observed_on, confidence, source in told.facts():
        facts[who].append(Known(fact_class, value, observed_on, confidence, source))
    nothing = Rolled([], {}, {})
    return (
        {
            who: Person(
                facts=facts.get(who, []),
                deeds=Deeds(deeds.get(who, ())),
                values=rolled.get(who, nothing).values,
                values_before=rolled.get(who, nothing).values_before,
                consents=consents.get(who, {}),
                stays=stays_of(stands.get(who, {})),
            )
            for who in customers
        },
        unclear,
    )


def stays_of(stands: Mapping[str, Stands]) -> list[Stay]:
    """Where a customer stands as rules see it."""
    return [Stay(scheme, one.place, one.since) for scheme, one in stands.items()]


def _rolled(rows: Iterable[prepared.Row], terms: Terms) -> tuple[dict[UUID, Rolled], set[UUID]]:
    found: dict[UUID, Rolled] = {}
    unclear: set[UUID] = set()
    for who, packed, is_mixed in rows:
        if is_mixed or who in found:
            unclear.add(who)
        if packed is not None:
            found[who] = unpacked(packed, terms)
    return found, unclear


def _stands(rows: Iterable[prepared.Row]) -> dict[UUID, dict[str, Stands]]:
    """Open stays; those of one place that follow each other without a gap, under versions of a scheme, are one."""
    found: dict[UUID, dict[str, Stands]] = defaultdict(dict)
    before: tuple[UUID, str, str, date | None] | None = None
    since = date.min
    for who, scheme, place, lower, upper, definition, stay in rows:
        if (who, scheme, place, lower) != before:
            since = lower
        before = who, scheme, place, upper
        if upper is None:
            found[who][scheme] = Stands(stay, place, lower, since, definition)
    return found


def _named(customers: Collection[UUID]) -> dict[str, Any]:
    return {"customers": [str(each) for each in customers]}


def moved_on(scheme: str, day: date) -> int:
    """How many moved in a scheme between runs on a day, who stood in it before."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select count(*) from segments_membership as m
            where m.scheme = %s and lower(m.during) = %s and m.run_id is null and exists (
                select 1 from segments_membership as b where b.scheme = m.scheme and b.customer_id = m.customer_id
                    and upper(b.during) = lower(m.during)
            )""",
            [scheme, day],
        )
        row = cursor.fetchone()
        return int(row[0]) if row else 0


def finer(asked: Collection[str]) -> set[str]:
    """The classes and all that are finer."""
    wanted = set(asked)
    return wanted | {pair.descendant for pair in taxonomy().closure() if pair.ancestor in wanted}
