"""Reads about groups A, B and C: the terms in force, who stands where and why, what is missing, and how still it is."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce

from sterna.desk.config import clock, options
from sterna.desk.customers.models import Customer
from sterna.desk.customers.queries import classes, cluster_ids
from sterna.desk.customers.queries.facts import standing
from sterna.desk.segments.group_models import GroupChange, GroupJudgement, GroupReason
from sterna.desk.segments.models import Definition, Membership
from sterna.desk.segments.queries import newest_definition
from sterna.desk.users.models import User
from sterna.desk.values.models import Worth
from sterna.desk.values.queries.newest import newest_run
from sterna.engine.segments import groups as engine
from sterna.engine.segments.groups import Judgement, Past, Standing, Terms
from sterna.engine.segments.months import months_before

GROUPS = "groups"
NONE = "none"
FACT = "fact:"
OPEN = GroupChange.State.OPEN
# A year: what changes less than that is the calm that groups are for.
STABLE_MONTHS = 12


def terms_definition() -> Definition | None:
    """The terms in force as they were published; None before the first."""
    return newest_definition(GROUPS)


def terms_of(definition: Definition) -> Terms:
    """What a published version of the terms says."""
    return msgspec.convert(definition.body, Terms)


def stays() -> QuerySet[Membership]:
    """Every stay in a group there was, whatever version of the terms it began under."""
    return Membership.objects.filter(definition__kind=GROUPS)


def open_stays() -> QuerySet[Membership]:
    """Who is in a group now."""
    return stays().filter(during__upper_inf=True)


def groups_on(day: date) -> dict[UUID, str]:
    """The group that each customer was in on a day."""
    there = stays().filter(during__contains=day, customer__redirects_to=None)
    return dict(there.values_list("customer", "place"))


def stay_of(customer: Customer) -> Membership | None:
    """The group that a customer is in now; None in no group."""
    return open_stays().filter(customer=root_of(customer)).first()


def group_of(customer: Customer) -> str:
    """A, B or C, or none."""
    stay = stay_of(customer)
    return stay.place if stay else NONE


def root_of(customer: Customer) -> UUID:
    """Who the customer is after all merges."""
    found: UUID = customer.redirects_to_id or customer.pk
    return found


def exceptions() -> list[UUID]:
    """Who is in group C now: they are never candidates for migration, and served as everybody else."""
    return list(open_stays().filter(place="C").order_by("customer").values_list("customer", flat=True))


def excepted(before: date) -> dict[UUID, str]:
    """Who was in group C on the day before `before`, as who they are now, with the reason that was said by then."""
    on = before - timedelta(1)
    found = stays().filter(place="C", during__contains=on).select_related("customer").order_by("customer")
    there = {root_of(stay.customer): stay.cause for stay in found}
    said = _of(GroupReason.objects, there).filter(group="C", on__lte=on).order_by("recorded_at", "pk")
    return there | {row.root: row.reason for row in said}


def counts() -> dict[str, int]:
    """How many customers are in each group."""
    found = open_stays().order_by().values_list("place").annotate(people=Count("pk"))
    return {**dict.fromkeys(engine.GROUPS, 0), **dict(found)}


def standings(terms: Terms, customers: Collection[UUID], run: UUID | None = None) -> dict[UUID, Standing]:
    """What is known of customers: the figures that the terms ask for, by the newest run or by `run`, and judgements."""
    figures, judged = figures_of(terms, customers, run), judgements_of(customers)
    return {one: Standing(figures[one], judged[one]) for one in customers}


def figures_of(
    terms: Terms, customers: Collection[UUID], run: UUID | None = None
) -> dict[UUID, dict[str, Decimal | None]]:
    """The figure of each threshold for each customer; None where it is unknown. Two reads, however many there are."""
    names = [one.measure for one in terms.thresholds]
    measures = [name for name in names if not name.startswith(FACT)]
    found: dict[UUID, dict[str, Decimal | None]] = {one: dict.fromkeys(names) for one in customers}
    at = run or (newest_run() if measures else None)
    if measures and at is not None:
        for row in Worth.objects.filter(run_id=at, customer__in=customers).values("customer", *measures):
            found[row.pop("customer")].update({name: _decimal(value) for name, value in row.items()})
    if len(measures) < len(names):
        facts = standing(customers, clock.today())
        for one in customers:
            told = {
                name: _of_fact(name, facts[one].get(name.removeprefix(FACT)))
                for name in names
                if name not in measures
            }
            found[one].update(told)
    return found


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _of_fact(name: str, said: tuple[str, date] | None) -> Decimal | None:
    """The number that a fact holds; of a band of money the least that it can be."""
    if said is None:
        return None
    tree, one = classes(), name.removeprefix(FACT)
    for band in tree.at(one).bands if one in tree else ():
        if band.name == said[0]:
            return band.least
    try:
        number = Decimal(said[0])
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def judgements_of(customers: Collection[UUID]) -> dict[UUID, list[Judgement]]:
    """All judgements of each customer as they are one or two now, the first that was given first."""
    found: dict[UUID, list[Judgement]] = {one: [] for one in customers}
    rows = _of(GroupJudgement.objects, customers).order_by("recorded_at", "pk")
    names = {user.pk: user.name for user in User.objects.filter(pk__in=rows.order_by().values("by"))}
    for root, kind, holds, by, on, why in rows.values_list("root", "kind", "holds", "by", "on", "why"):
        found[root].append(Judgement(kind, holds, names[by], on, why))
    return found


def reasons_of(customers: Collection[UUID]) -> dict[UUID, dict[str, GroupReason]]:
    """By group the newest reason why each customer is or was in it."""
    found: dict[UUID, dict[str, GroupReason]] = {one: {} for one in customers}
    for row in _of(GroupReason.objects, customers).select_related("by").order_by("recorded_at", "pk"):
        found[row.root][row.group] = row
    return found


def pasts_of(customers: Collection[UUID]) -> dict[UUID, list[Past]]:
    """The proposals from B to A there were of each customer, by whomever; what was withdrawn was none."""
    found: dict[UUID, list[Past]] = defaultdict(list)
    made = _of(GroupChange.objects, customers).filter(from_group="B", to_group="A")
    for row in made.exclude(state=GroupChange.State.WITHDRAWN):
        at = row.decided_at or row.proposed_at
        found[row.root].append(Past(at.astimezone(options.zone()).date(), row.state == OPEN))
    return found


def open_changes() -> "QuerySet[Any]":
    """What waits for approval, the longest first."""
    return (
        GroupChange.objects.filter(state=OPEN)
        .annotate(root=Coalesce("customer__redirects_to_id", "customer_id"))
        .select_related("proposed_by", "definition")
        .order_by("proposed_at", "pk")
    )


def changes_of(customer: Customer) -> list[GroupChange]:
    """Every change of group that was ever proposed of a customer, the newest first."""
    found = GroupChange.objects.filter(customer__in=cluster_ids(customer))
    return list(found.select_related("proposed_by", "decided_by").order_by("-proposed_at", "-pk"))


def _of(manager: Any, customers: Collection[UUID]) -> Any:
    """The rows of `customers` and of whoever became part of them, with `root`, who it is now."""
    whose = Q(customer__in=customers) | Q(customer__redirects_to__in=customers)
    return manager.filter(whose).annotate(root=Coalesce("customer__redirects_to_id", "customer_id"))


@dataclass(frozen=True)
class Member:
    """Somebody in a group: since when and why, by when A is expected, and when anybody last looked."""

    customer: UUID
    group: str
    since: date
    reason: str
    expected_on: date | None
    next_step: str
    seen_on: date


# Whoever became part of a member was judged and reasoned about as the member.
_MEMBERS = """
with member as (
    select m.customer_id as customer, m.place as "group", lower(m.during) as since
    from segments_membership as m join segments_definition as d on d.id = m.definition_id
    where d.kind = %(kind)s and upper_inf(m.during)
),
person as (
    select m.customer, c.id from member as m join customers_customer as c on c.id = m.customer
    union all
    select m.customer, c.id from member as m join customers_customer as c on c.redirects_to_id = m.customer
),
said as (
    select distinct on (p.customer) p.customer, r.reason, r.expected_on, r.next_step, r."on"
    from person as p join segments_groupreason as r on r.customer_id = p.id
    join member as m on m.customer = p.customer and m."group" = r."group"
    order by p.customer, r.recorded_at desc, r.id desc
),
judged as (
    select p.customer, max(j."on") as "on"
    from person as p join segments_groupjudgement as j on j.customer_id = p.id group by p.customer
)
select m.customer, m."group", m.since, coalesce(s.reason, ''), s.expected_on, coalesce(s.next_step, ''),
    greatest(m.since, s."on", j."on") as seen_on
from member as m left join said as s using (customer) left join judged as j using (customer)
order by m.since, m.customer
"""


def members() -> list[Member]:
    """Everybody in a group, whoever came first in front."""
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS, {"kind": GROUPS})
        return [Member(*row) for row in cursor.fetchall()]


def overdue(found: Iterable[Member], on: date) -> list[Member]:
    """Who of B should have become A before a day, the longest overdue first."""
    late = [one for one in found if engine.is_overdue(one.group, one.expected_on, on)]  # type: ignore[arg-type]
    return sorted(late, key=lambda one: (one.expected_on or on, one.customer))


def due_for_review(found: Iterable[Member], on: date, months: int) -> list[Member]:
    """Whom nobody placed, judged or reviewed for so many months, the longest first."""
    last = months_before(on, months)
    return sorted((one for one in found if one.seen_on <= last), key=lambda one: (one.seen_on, one.customer))


def stability(closing: date) -> float | None:
    """Of those in a group a year before `closing` the share that is in it still; None where there was nobody."""
    opening = months_before(closing, STABLE_MONTHS)
    there = (
        stays().filter(during__contains=opening, customer__redirects_to=None).values_list("during", flat=True)
    )
    return engine.stability(((one.lower, one.upper) for one in there), opening, closing)


def versions() -> Sequence[Definition]:
    """Every version of the terms, the newest first."""
    return list(Definition.objects.filter(kind=GROUPS).order_by("-version"))


def lacking(terms: Terms) -> dict[UUID, list[str]]:
    """Who of A does not have what `terms` ask of A, and what is missing; they stay, for people to say."""
    ideal = list(open_stays().filter(place="A").order_by("customer").values_list("customer", flat=True))
    missing = {pk: engine.missing_for_a(terms, found) for pk, found in standings(terms, ideal).items()}
    return {pk: said for pk, said in missing.items() if said}
