"""Keeps what is inferred in step with what is said: new inferences are added, those that nothing supports retracted."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction

from sterna.desk.config import clock, events
from sterna.desk.customers.actions.taxonomy import InForce, in_force
from sterna.desk.customers.models import SourceRecord
from sterna.desk.customers.signals import FactsChanged
from sterna.engine.profiles.inference import Inferred, Statement, follow, reads

SLICE = 2_000
UNSUPPORTED = "nothing that is known supports it any more"
_PREFIX = "rule:"

# Only what a rule reads or makes: of most customers little else is known that matters here.
_LIVE = """
select r.customer_id, f.id, f.source_record_id, f.fact_class, f.value, f.observed_on, f.recorded_at, f.confidence,
    f.source, f.expires_on, f.rule, case when f.rule <> '' then (
        select array_agg(p.parent_id order by p.parent_id) from customers_factparent as p where p.fact_id = f.id
    ) end
from customers_sourcerecord as r
join customers_fact as f on f.source_record_id = r.id
where r.customer_id = any(%(customers)s::uuid[]) and f.retracted_at is null
    and (f.fact_class = any(%(classes)s) or f.rule <> '')
    and f.observed_on <= %(on)s and (f.expires_on is null or f.expires_on > %(on)s)
order by r.customer_id, f.id
"""
_RETRACT = """
update customers_fact set retracted_at = greatest(%s, recorded_at), retracted_by_id = %s, retracted_reason = %s
where id = any(%s) and retracted_at is null
"""
_EVERYBODY = """
select id from customers_customer
where redirects_to_id is null and (%(after)s::uuid is null or id > %(after)s::uuid) order by id limit %(many)s
"""
_NUMBERS = """
select nextval(pg_get_serial_sequence('customers_fact', 'id')) from generate_series(1, %s)
"""
_ADD = """
insert into customers_fact (id, source_record_id, fact_class, value, source, purpose, sensitivity, observed_on,
    recorded_at, confidence, expires_on, rules_id, rule)
select (item ->> 0)::bigint, (item ->> 1)::uuid, item ->> 2, item ->> 3, item ->> 4, item ->> 5, item ->> 6,
    (item ->> 7)::date, %(at)s, (item ->> 8)::float, (item ->> 9)::date, %(rules)s, item ->> 10
from jsonb_array_elements(%(facts)s::jsonb) as listed (item)
"""
_REST = """
insert into customers_factparent (fact_id, parent_id)
select (item ->> 0)::bigint, (item ->> 1)::bigint from jsonb_array_elements(%s::jsonb) as listed (item)
"""


@dataclass(frozen=True)
class Changed:
    """What inference changed: facts that were added and facts that were retracted."""

    added: int
    retracted: int

    def __add__(self, other: "Changed") -> "Changed":
        return Changed(self.added + other.added, self.retracted + other.retracted)


@dataclass(frozen=True)
class _Held:
    """A live fact of a customer; `parents` where it was inferred."""

    statement: Statement
    record: UUID
    rule: str
    parents: tuple[int, ...]


def infer_all(on: date | None = None) -> Changed:
    """Follow the rules for every customer `on` a day (today); a slice at a time.

    The nightly job: ages pass, and rules have new versions. A second turn on the same day changes nothing.
    """
    day = on or clock.today()
    total, last = Changed(0, 0), None
    while True:
        with transaction.atomic():
            now = in_force()
            slice_of = _everybody(last)
            total += infer(slice_of, day, now)
        if len(slice_of) < SLICE:
            return total
        last = slice_of[-1]


def _everybody(after: UUID | None) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_EVERYBODY, {"after": after, "many": SLICE})
        return [row[0] for row in cursor.fetchall()]


@transaction.atomic
def infer(
    customers: Collection[UUID], on: date | None = None, now: InForce | None = None, quiet: bool = False
) -> Changed:
    """Follow the rules for these customers `on` a day (today): afterwards exactly what follows is held.

    The result depends on what was said alone, not on the order in which it came, nor on what was inferred before.
    `quiet`, nobody hears of whom other facts are held now.
    """
    if not customers:
        return Changed(0, 0)
    day, stand = on or clock.today(), now or in_force()
    moment = clock.now()
    lock_inference()
    held = list(_live(customers, concerning(stand), day))
    made: list[tuple[list[Inferred], list[_Held]]] = []
    gone: list[int] = []
    for mine in held:
        stated = [one for one in mine if not one.rule]
        wanted = follow(stand.book, stand.classes, (one.statement for one in stated), day)
        new, old = _difference(wanted, [one for one in mine if one.rule])
        gone += old
        made += [(new, mine)] if new else []
    retract_rows(gone, moment, None, UNSUPPORTED)
    added = _add(made, stand, moment)
    if not quiet:
        _tell(held, set(gone), made)
    return Changed(added, len(gone))


def _tell(
    held: Sequence[Sequence[_Held]], gone: Collection[object], made: Sequence[tuple[object, Sequence[_Held]]]
) -> None:
    records = {one.record for mine in held for one in mine if one.statement.key in gone}
    records |= {mine[0].record for _, mine in made}
    if records:
        owners = SourceRecord.objects.filter(pk__in=records).values_list("customer", flat=True)
        events.publish(FactsChanged(tuple(sorted(set(owners)))))


def concerning(now: InForce) -> frozenset[str]:
    """The classes of which a fact can change what is inferred: those that a rule reads, and those that one makes."""
    return reads(now.book, now.classes) | {rule.then.fact_class for rule in now.book.rules}


def lock_inference() -> None:
    """One inference at a time: two that saw the same customer would both add what follows."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [5_307_106])


def retract_rows(ids: Sequence[int], at: datetime, by: UUID | None, reason: str) -> None:
    """Retract these facts, whatever rests on them."""
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(_RETRACT, [at, by, reason, list(ids)])


def _live(customers: Collection[UUID], classes: Collection[str], on: date) -> Iterator[list[_Held]]:
    """The live facts of these classes, and all that was inferred, of each customer that has any."""
    given: dict[str, Any] = {
        "customers": [str(each) for each in customers],
        "classes": sorted(classes),
        "on": on,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LIVE, given)
        rows = cursor.fetchall()
    for _, mine in groupby(rows, itemgetter(0)):
        yield [_held(*row) for _, *row in mine]


def _held(
    pk: int, record: UUID, fact_class: str, value: str, observed: date, recorded: datetime, sure: float, source: str,
    ends: date | None, rule: str, parents: list[int] | None,
) -> _Held:  # fmt: skip
    statement = Statement(pk, fact_class, value, observed, recorded, sure, source, ends, pk)
    return _Held(statement, record, rule, tuple(parents or ()))


def _difference(wanted: Sequence[Inferred], stored: Sequence[_Held]) -> tuple[list[Inferred], list[int]]:
    """What is to be added and the ids of what is to be retracted: an inference is the same by all that it says."""
    ids = {one.rule: one.statement.key for one in stored}
    keys: dict[object, object] = {("rule", rule): pk for rule, pk in ids.items()}
    there = {_said(one): one.statement.key for one in stored}
    new, kept = [], set()
    fresh: set[object] = set()
    for one in wanted:
        same = None
        # What rests on an inference that is made anew is made anew itself; only ids can be put in order.
        if fresh.isdisjoint(one.because):
            parents = tuple(sorted(keys.get(parent, parent) for parent in one.because))  # type: ignore[type-var]
            same = there.get(_signature(one, parents))
        if same is None:
            new.append(one)
            fresh.add(("rule", one.rule))
        else:
            kept.add(same)
    return new, [one.statement.key for one in stored if one.statement.key not in kept]  # type: ignore[misc]


def _signature(one: Inferred, parents: tuple[object, ...]) -> tuple[object, ...]:
    return one.rule, one.fact_class, one.value, one.confidence, one.observed_on, one.expires_on, parents


def _said(one: _Held) -> tuple[object, ...]:
    fact = one.statement
    return (
        one.rule, fact.fact_class, fact.value, fact.confidence, fact.observed_on, fact.expires_on, one.parents
    )  # fmt: skip


def _add(made: Sequence[tuple[list[Inferred], list[_Held]]], now: InForce, at: datetime) -> int:
    """Write new inferences and what they rest on; each on the record of the first fact that it rests on."""
    numbers = iter(_numbers(sum(len(new) for new, _ in made)))
    facts: list[tuple[object, ...]] = []
    rest: list[tuple[int, int]] = []
    for new, mine in made:
        known: dict[object, tuple[int, UUID]] = {}
        for old in mine:
            number: int = old.statement.key  # type: ignore[assignment]
            known[number] = (number, old.record)
            if old.rule:
                known["rule", old.rule] = known[number]
        for one in new:
            rests_on = [known[key] for key in one.because]
            known["rule", one.rule] = pk, record = next(numbers), rests_on[0][1]
            facts.append(_row(pk, record, one, now))
            rest += [(pk, parent) for parent, _ in rests_on]
    if facts:
        with connection.cursor() as cursor:
            given: dict[str, Any] = {
                "facts": msgspec.json.encode(facts).decode(),
                "at": at,
                "rules": now.rules.pk,
            }
            cursor.execute(_ADD, given)
            cursor.execute(_REST, [msgspec.json.encode(rest).decode()])
    return len(facts)


def _numbers(many: int) -> list[int]:
    """New ids of facts: what rests on a fact that is made at the same moment must name it."""
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERS, [many])
        return [row[0] for row in cursor.fetchall()]


def _row(pk: int, record: UUID, one: Inferred, now: InForce) -> tuple[object, ...]:
    return (
        pk, record, one.fact_class, one.value, f"{_PREFIX}{one.rule}", one.purpose,
        now.classes.sensitivity(one.fact_class), one.observed_on, one.confidence, one.expires_on, one.rule,
    )  # fmt: skip
