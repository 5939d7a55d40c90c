"""Reads facts in their two times: what stands on a day, what was known then, and why."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from sterna.desk.config import clock, prepared
from sterna.desk.customers.models import Customer, Fact, FactProposal
from sterna.desk.customers.queries.taxonomy import classes
from sterna.engine.profiles.inference import Statement, weight
from sterna.engine.profiles.inference.standing import is_in_time, ranked

# The fact that stands for each customer and class: the rule of the step current_facts, in PostgreSQL.
_STANDING = """
select distinct on (person.id, f.fact_class)
    person.id, f.fact_class, f.value, f.observed_on, f.confidence, f.source
from unnest(%(customers)s::uuid[]) as person(id)
join customers_customer as c on c.id = person.id or c.redirects_to_id = person.id
join customers_sourcerecord as r on r.customer_id = c.id
join customers_fact as f on f.source_record_id = r.id
where f.retracted_at is null and f.observed_on <= %(on)s
    and (%(expired)s or f.expires_on is null or f.expires_on > %(on)s)
order by person.id, f.fact_class, f.expires_on <= %(on)s nulls first,
    case when f.expires_on is null or f.expires_on <= f.observed_on then f.confidence
        else f.confidence * (1.0 - (%(on)s::date - f.observed_on)::float
            / (2.0 * (f.expires_on - f.observed_on)::float)) end desc,
    f.observed_on desc, f.recorded_at desc, f.id desc
"""
# Days are the last ones that count: a fact holds up to the day before the one on which it runs out.
_TURNING = """
with held as (
    select coalesce(c.redirects_to_id, c.id) as customer, f.fact_class, f.value, f.source, f.confidence, f.observed_on,
        f.expires_on
    from customers_fact as f
    join customers_sourcerecord as r on r.id = f.source_record_id
    join customers_customer as c on c.id = r.customer_id
    where f.retracted_at is null and f.fact_class = any(%(classes)s) and f.observed_on <= %(until)s
        and (f.expires_on is null or f.expires_on > %(on)s) and (
            %(customers)s::uuid[] is null or c.id = any(%(customers)s::uuid[])
            or c.redirects_to_id = any(%(customers)s::uuid[])
        )
),
days as (
    select customer, expires_on as day from held where expires_on <= %(until)s
    union all
    select customer, observed_on from held where observed_on > %(on)s
    union all
    select customer, %(on)s::date + 1 from held where observed_on <= %(on)s
    group by customer, fact_class
    having count(distinct (value, source, confidence)) > 1
)
select customer, min(day) from days group by customer
"""


@dataclass(frozen=True)
class KnownFact:
    """A fact as a page shows it: whether it stands for its class, what it weighs then, and what speaks against it."""

    fact: Fact
    title: str
    stands: bool
    in_time: bool
    weight: float
    against: tuple[Fact, ...]
    because: tuple[Fact, ...]


def standing(
    customers: Collection[UUID], on: date, even_expired: bool = False
) -> dict[UUID, dict[str, tuple[str, date]]]:
    """(value, observed on) by class of what stands for each customer `on` a day, in one read.

    With `even_expired` what is stale stands where nothing fresh does, for readers with an age limit of their own.
    """
    found: dict[UUID, dict[str, tuple[str, date]]] = {each: {} for each in customers}
    rows = prepared.answer(standing_rows(customers, on, even_expired))
    for customer, fact_class, value, observed_on, _, _ in rows:
        found[customer][fact_class] = (value, observed_on)
    return found


def standing_rows(
    customers: Collection[UUID], on: date, even_expired: bool = False
) -> prepared.Question[list[tuple[UUID, str, str, date, float | None, str]]]:
    """Asks for (customer, class, value, observed on, confidence, source) of what stands for customers `on` a day."""
    given: dict[str, Any] = {
        "customers": [str(each) for each in customers],
        "on": on,
        "expired": even_expired,
    }
    return prepared.Question(_STANDING, given, list)


def turning(
    on: date, classes: Collection[str], until: date, customers: Collection[UUID] | None = None
) -> prepared.Question[dict[UUID, date]]:
    """Asks for the first day behind `on`, up to `until`, on which another fact may stand for a customer, by customer.

    A fact of one of the classes runs out, or one of a day to come begins to count. Where sources disagree any day may
    turn it, because certainty fades: then it is the next one. Of all customers where none are named.
    """
    given: dict[str, Any] = {
        "on": on,
        "until": until,
        "classes": sorted(classes),
        "customers": None if customers is None else [str(each) for each in customers],
    }
    return prepared.Question(_TURNING, given, dict)


def facts_as_of(customer: Customer, occurred_by: date, known_at: datetime | None = None) -> QuerySet[Fact]:
    """What we knew at the moment `known_at` of the days up to `occurred_by`, whatever was heard or retracted since.

    Without a moment it is all that is held now, also what was recorded later than the present that is pretended.
    """
    held = Q(retracted_at=None)
    if known_at is not None:
        held = Q(recorded_at__lte=known_at) & (held | Q(retracted_at__gt=known_at))
    found = Fact.objects.filter(held, source_record__customer=customer, observed_on__lte=occurred_by)
    return found.order_by("fact_class", "-observed_on", "-recorded_at", "-id")


def known_facts(
    customer: Customer, on: date | None = None, known_at: datetime | None = None
) -> list[KnownFact]:
    """Every fact of a customer by class in the order of the taxonomy, the one that stands first.

    `on` a day (today), as known at a moment (None: all that is held now). Conflicts are resolved by confidence and
    recency, and all are shown.
    """
    day = on or clock.today()
    rows = facts_as_of(customer, day, known_at).select_related("heard_by", "note", "rules")
    facts = {fact.pk: fact for fact in rows.prefetch_related("parents__parent")}
    tree = classes()
    place = {name: index for index, name in enumerate(tree.ids())}
    by_class: dict[str, list[Statement]] = {}
    for fact in facts.values():
        by_class.setdefault(fact.fact_class, []).append(_statement(fact))
    found: list[KnownFact] = []
    for name in sorted(by_class, key=lambda each: (place.get(each, len(place)), each)):
        title = tree.at(name).title if name in tree else name
        found += _of_class(title, by_class[name], facts, day)
    return found


def _of_class(title: str, said: list[Statement], facts: dict[int, Fact], on: date) -> list[KnownFact]:
    in_time = ranked((one for one in said if is_in_time(one, on)), on)
    gone = ranked((one for one in said if not is_in_time(one, on)), on)
    values = {one.value for one in in_time}
    return [
        KnownFact(
            fact=_fact(one, facts),
            title=title,
            stands=bool(in_time) and one is in_time[0],
            in_time=is_in_time(one, on),
            weight=weight(one, on),
            against=tuple(_fact(other, facts) for other in in_time if other.value != one.value)
            if len(values) > 1
            else (),
            because=tuple(each.parent for each in _fact(one, facts).parents.all()),
        )
        for one in (*in_time, *gone)
    ]


def _fact(one: Statement, facts: dict[int, Fact]) -> Fact:
    return facts[one.key]  # type: ignore[index]


def _statement(fact: Fact) -> Statement:
    return Statement(
        fact.pk, fact.fact_class, fact.value, fact.observed_on, fact.recorded_at, fact.confidence, fact.source,
        fact.expires_on, fact.pk,
    )  # fmt: skip


def finest(customer: Customer, wanted: str, on: date | None = None) -> str | None:
    """The finest class on the way up from `wanted` of which something is known; None when nothing is, or only a no."""
    facts = standing([customer.pk], on or clock.today())[customer.pk]
    tree = classes()
    return tree.finest(wanted, [name for name, (value, _) in facts.items() if name in tree and value != "no"])


def proposals(customer: Customer) -> QuerySet[FactProposal]:
    """What notes of a customer were read to hold and nobody has decided on yet, the newest note first."""
    found = FactProposal.objects.filter(
        note__source_record__customer=customer, note__retracted_at=None, state=FactProposal.State.OPEN
    )
    return found.select_related("note", "note__author").order_by(
        "-note__occurred_at", "note_id", "start", "id"
    )
