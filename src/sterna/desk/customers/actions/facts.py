"""Keeps what is said of customers as facts, refuses what may not be kept, and retracts what turns out wrong."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

import msgspec
from django.db import connection, transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock, events
from sterna.desk.config.refused import Refused
from sterna.desk.customers.actions.counting import count_soon
from sterna.desk.customers.actions.inferring import Changed, concerning, infer, lock_inference, retract_rows
from sterna.desk.customers.actions.projecting import key_of
from sterna.desk.customers.actions.taxonomy import InForce, in_force
from sterna.desk.customers.door import Admitted, Barred, ends, examine
from sterna.desk.customers.models import Fact, Occasion, SourceRecord
from sterna.desk.customers.signals import CustomersMerged, CustomersSplit, FactsChanged
from sterna.desk.sources.signals import FactsSaid
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User
from sterna.engine.errors import BadInput
from sterna.engine.taxonomy.document import Way

SLICE = 20_000

_KEEP = """
insert into customers_fact (source_record_id, fact_class, value, source, purpose, observed_on, recorded_at, confidence,
    sensitivity, expires_on, touchpoint, heard_by_id, note_id)
select (item ->> 0)::uuid, item ->> 1, item ->> 2, item ->> 3, item ->> 4, (item ->> 5)::date,
    (item ->> 6)::timestamptz, (item ->> 7)::float, item ->> 8, (item ->> 9)::date, item ->> 10, (item ->> 11)::uuid,
    (item ->> 12)::uuid
from jsonb_array_elements(%s::jsonb) with ordinality listed (item, place)
order by place
on conflict do nothing
returning id, source_record_id, fact_class
"""
_REFUSE = """
insert into customers_factrefusal (code, fact_class, source, reason, first_at, last_at, times)
values (%s, %s, %s, %s, %s, %s, %s)
on conflict (code, fact_class, source) do update set times = customers_factrefusal.times + excluded.times,
    last_at = greatest(customers_factrefusal.last_at, excluded.last_at), reason = excluded.reason
"""
# All that rests on a fact, however far, whether it still holds or has expired.
_RESTING = """
with recursive resting (id) as (
    select p.fact_id from customers_factparent as p where p.parent_id = any(%s)
    union
    select p.fact_id from customers_factparent as p join resting on p.parent_id = resting.id
)
select f.id from resting join customers_fact as f using (id) where f.retracted_at is null order by f.id
"""
_OWNERS = """
select distinct r.customer_id from customers_sourcerecord as r where r.id = any(%s::uuid[]) order by r.customer_id
"""


@dataclass(frozen=True)
class Said:
    """Something that was said of a source record and is to become a fact.

    Without a `confidence` it has the one that the taxonomy gives to what was learned in this `way`; without an
    `expires_on` it is fresh as long as its class is.
    """

    record: UUID
    fact_class: str
    value: str
    source: str
    purpose: str
    observed_on: date
    recorded_at: datetime
    confidence: float | None = None
    way: Way = "stated"
    expires_on: date | None = None
    touchpoint: str = ""
    heard_by: UUID | None = None
    note: UUID | None = None


@dataclass(frozen=True)
class Kept:
    """What became of things said: ids of facts that are new, refusals by code, and what inference changed."""

    facts: tuple[int, ...] = ()
    refused: Counter[str] = field(default_factory=Counter)
    inferred: Changed = field(default_factory=lambda: Changed(0, 0))


@transaction.atomic
def say_facts(rows: Iterable[Said], quiet: bool = False) -> Kept:
    """Keep what may be kept of `rows` and infer what follows for whom it was said of.

    What was said before by the same source of the same day is kept once. What is of no class in force, for no purpose
    of its class or in no spelling of it is left out and counted as a refusal with the reason. The one way to a fact.
    `quiet`, nobody hears of whom other facts are held now.
    """
    said = list(rows)
    if not said:
        return Kept()
    now = in_force()
    admitted, refused = _sort(said, now)
    kept = _write(admitted)
    for (code, fact_class, source), (reason, times) in refused.items():
        _refuse(code, fact_class, source, reason, times)
    codes: Counter[str] = Counter()
    for (code, _, _), (_, times) in refused.items():
        codes[code] += times
    if kept and not quiet:
        events.publish(FactsChanged(tuple(owners({record for _, record, _ in kept}))))
    return Kept(tuple(row[0] for row in kept), codes, _infer_for(kept, now, quiet))


Refusals = dict[tuple[str, str, str], tuple[str, int]]


def _sort(said: Sequence[Said], now: InForce) -> tuple[list[tuple[Said, Admitted, float]], Refusals]:
    """What passes the door, and what does not; the same class, value and purpose is looked at once."""
    answers: dict[tuple[str, str, str], Admitted | Barred] = {}
    admitted: list[tuple[Said, Admitted, float]] = []
    refused: Refusals = {}
    for one in said:
        asked = (one.fact_class, one.value, one.purpose)
        if asked not in answers:
            answers[asked] = examine(now.classes, *asked)
        answer = answers[asked]
        if isinstance(answer, Admitted):
            admitted.append((one, answer, _confidence(one, now)))
        else:
            key = (answer.code, one.fact_class[:80], one.source)
            refused[key] = (answer.reason, refused.get(key, ("", 0))[1] + 1)
    return admitted, refused


def _confidence(one: Said, now: InForce) -> float:
    if one.confidence is not None:
        return one.confidence
    scale = now.classes.confidence(one.fact_class, one.way)
    return 1.0 if scale is None else scale


def _write(admitted: Sequence[tuple[Said, Admitted, float]]) -> list[tuple[int, UUID, str]]:
    rows = [
        (
            one.record, one.fact_class, passed.value, one.source, one.purpose, one.observed_on, one.recorded_at, sure,
            passed.sensitivity, one.expires_on or ends(one.observed_on, passed.fresh_days), one.touchpoint,
            one.heard_by, one.note,
        )
        for one, passed, sure in admitted
    ]  # fmt: skip
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [msgspec.json.encode(rows).decode()])
        return list(cursor.fetchall())


def _refuse(code: str, fact_class: str, source: str, reason: str, times: int) -> None:
    at = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_REFUSE, [code, fact_class, source, reason, at, at, times])


def _infer_for(kept: Iterable[tuple[int, UUID, str]], now: InForce, quiet: bool) -> Changed:
    """Infer for those of whom something was heard that a rule reads."""
    concerned = concerning(now)
    touched = {record for _, record, fact_class in kept if fact_class in concerned}
    return infer(owners(touched), now=now, quiet=quiet)


def owners(records: Collection[UUID]) -> list[UUID]:
    """The customers of these source records."""
    if not records:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_OWNERS, [[str(each) for each in records]])
        return [row[0] for row in cursor.fetchall()]


@transaction.atomic
def keep_facts(said: FactsSaid) -> None:
    """Keep facts of one class that an import read; those whose record is unknown are nobody's.

    Raises BadInput for a class that may not be kept for any purpose named, so that the import fails and says why;
    single values that the class cannot hold are refused one by one.
    """
    told, ids = 0, dict[str, UUID]()
    refused: Counter[str] = Counter()
    for part in _slices(said.rows):
        keys = {key_of(said.source, said.kind, who) for who, _, _, _ in part}
        ids = dict(SourceRecord.objects.filter(key__in=keys).values_list("key", "id"))
        rows = [
            Said(ids[key], said.fact_class, value, said.source, purpose, observed_on, said.at, confidence=1.0)
            for who, value, observed_on, purpose in part
            if (key := key_of(said.source, said.kind, who)) in ids
        ]
        told += len(rows)
        refused += say_facts(rows, quiet=True).refused
    if told:
        count_soon()
    if told and sum(refused.values()) == told and set(refused) - {"value"}:
        now = in_force().classes
        barred = examine(now, said.fact_class, "", part[0][3])
        raise BadInput(
            barred.reason if isinstance(barred, Barred) else f"no fact of {said.fact_class} was kept"
        )


def _slices(
    rows: Iterable[tuple[str, str, date, str]],
) -> Iterator[list[tuple[str, str, date, str]]]:
    part: list[tuple[str, str, date, str]] = []
    for row in rows:
        part.append(row)
        if len(part) == SLICE:
            yield part
            part = []
    if part:
        yield part


@transaction.atomic
def retract(fact: Fact, reason: str, actor: User | None) -> int:
    """Hold a fact no longer, and nothing that was inferred from it but what other facts support; the count of both.

    The rows stay, so what was known on any day before can still be told. A second time does nothing. Raises Refused
    without the right or a reason, and for an inferred fact, which goes with what it rests on.
    """
    demand(actor, Right.WORK_CONTACTS)
    if not reason.strip():
        raise Refused("write why it is wrong: the row stays and shows it")
    if fact.rule:
        raise Refused("a rule infers this fact: retract what it rests on, or change the rule")
    return retract_all([fact.pk], reason, actor)


def retract_all(facts: Collection[int], reason: str, actor: User | None) -> int:
    """Retract said facts with all that rests on them, and infer anew; the caller has asked for the right.

    An occasion that only they told of goes out of the register: nobody is left in peace for a death that was not.
    """
    lock_inference()
    live = Fact.objects.select_for_update().filter(pk__in=facts, retracted_at=None)
    held = {fact.pk: fact.source_record_id for fact in live}
    if not held:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_RESTING, [list(held)])
        resting = [row[0] for row in cursor.fetchall()]
    touched = set(Fact.objects.filter(pk__in=resting).values_list("source_record_id", flat=True))
    at = clock.now()
    retract_rows([*held, *resting], at, actor.pk if actor else None, reason)
    _release(list(held), at, actor, reason)
    whose = owners({*held.values(), *touched})
    infer(whose, quiet=True)
    events.publish(FactsChanged(tuple(whose)))
    for pk in sorted(held):
        detail = {"inferred": resting}
        record("retract fact", "fact", str(pk), actor, reason, detail)
    return len(held) + len(resting)


def _release(facts: Collection[int], at: datetime, actor: User | None, reason: str) -> None:
    """Take the occasions that these facts made out of the register, but for one that another fact says as well."""
    for occasion in Occasion.objects.select_for_update(of=("self",)).filter(
        fact__in=facts, retracted_at=None
    ):
        made = occasion.fact
        assert made is not None
        still = Fact.objects.filter(
            source_record__customer=occasion.source_record.customer_id, fact_class=made.fact_class, value=made.value,
            retracted_at=None,
        ).order_by("id").first()  # fmt: skip
        if still is not None:
            occasion.fact = still
        else:
            occasion.retracted_at, occasion.retracted_by, occasion.retracted_reason = at, actor, reason
        occasion.save(update_fields=["fact", "retracted_at", "retracted_by", "retracted_reason"])


def infer_merged(merged: CustomersMerged) -> None:
    """What two customers were known for is one person's now, and more may follow from it."""
    infer([merged.kept])


def infer_split(split: CustomersSplit) -> None:
    """What followed only from both together follows no more."""
    infer([split.kept, split.part])
