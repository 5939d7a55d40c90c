"""Acts on the inbox: resolves events to source records and keeps the facts they tell, each event once."""

import gc
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from sterna.desk.config import clock, events, options
from sterna.desk.config.ids import new_id
from sterna.desk.customers.actions.facts import Said, say_facts
from sterna.desk.customers.actions.projecting import key_of, lock_identification, project, record_refusals
from sterna.desk.customers.directory import Directory, Told, identifiers
from sterna.desk.customers.models import Fact, SharedValue, SourceRecord
from sterna.desk.customers.naming import told
from sterna.desk.customers.queries.graphs import graph_of_values, shared_values, sightings
from sterna.desk.customers.rules import Identifier
from sterna.desk.customers.signals import InboxActed
from sterna.desk.sources.actions import acted, claim, settled
from sterna.desk.sources.models import KeyKind
from sterna.desk.sources.queries import Arrived

BATCH = 5_000
# How sure a fact is that came with a public key, which anybody can read in a page and write with.
UNVERIFIED = 0.5


@dataclass(frozen=True)
class Acted:
    """What acting on the inbox did."""

    events: int
    new_customers: int
    facts: int
    refused_merges: int


def act_on_inbox() -> Acted:
    """Act on every event that waits in the inbox now, in the order in which they came.

    What comes meanwhile is left for the next call: a stream that never ends would else keep the sealer waiting.
    """
    until = settled()
    total = Acted(0, 0, 0, 0)
    while True:
        done = _act_on_batch(until)
        total = Acted(
            total.events + done.events,
            total.new_customers + done.new_customers,
            total.facts + done.facts,
            total.refused_merges + done.refused_merges,
        )
        if done.events == 0:
            return total


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the collector from walking a batch's graph again and again while it grows: half of the time went there."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_uncollected()
@transaction.atomic
def _act_on_batch(until: int) -> Acted:
    # Alone from here on: a second worker would otherwise file the same new person twice.
    lock_identification()
    mark, found = claim(until, BATCH)
    if not found:
        return Acted(0, 0, 0, 0)
    said = [told(event) for event in found]
    directory = _directory(said)
    filed = [directory.resolve(each) for each in said]
    now = clock.now()
    changed = project(directory.graph, now)
    _keep_shared(directory, now)
    record_refusals(
        (code, first, left, refused.first_at, refused.last_at, refused.times)
        for (code, first, left), refused in directory.refused.items()
    )
    facts = _keep_facts(found, filed)
    acted(mark, found, [None if who is None else key_of(*who) for who in filed])
    events.publish(InboxActed(found[-1].sequence))
    return Acted(len(found), changed.new_customers, facts, len(directory.refused))


def _directory(said: Sequence[Told]) -> Directory:
    """Everybody whom the events name, with their whole clusters and what is known against joining them."""
    named = identifiers(said)
    sighted = sightings(named)
    return Directory(
        graph_of_values({*named, *(user for users in sighted.values() for user in users)}),
        new_id,
        shared_values(named),
        sighted,
    )


def _keep_shared(directory: Directory, at: datetime) -> None:
    SharedValue.objects.bulk_create(
        [
            SharedValue(kind=kind, value=value, one=key_of(*one), two=key_of(*two), since=at)
            for (kind, value), (one, two) in directory.newly_shared.items()
        ],
        ignore_conflicts=True,
    )


def _keep_facts(found: Sequence[Arrived], filed: Sequence[Identifier | None]) -> int:
    heard = [
        (key_of(*who), *said, event)
        for event, who in zip(found, filed, strict=True)
        if who is not None
        for said in _declared(event)
    ]
    if not heard:
        return 0
    whose = SourceRecord.objects.filter(key__in={row[0] for row in heard})
    ids = {key: (pk, customer) for key, pk, customer in whose.values_list("key", "id", "customer_id")}
    verified = _verified({ids[key][1] for key, _, _, event in heard if event.key_kind == KeyKind.PUBLIC})
    kept = say_facts(
        Said(
            record=ids[key][0],
            fact_class=declared["fact_class"],
            value=value,
            source=event.source.name,
            purpose=declared["purpose"],
            observed_on=_day(event),
            recorded_at=event.received_at,
            confidence=1.0 if event.key_kind == KeyKind.SECRET else UNVERIFIED,
            touchpoint=_touchpoint(event),
        )
        for key, declared, value, event in heard
        if event.key_kind == KeyKind.SECRET or (ids[key][1], declared["fact_class"]) not in verified
    )
    return len(kept.facts)


def _touchpoint(event: Arrived) -> str:
    """Where it was said, as the lake names it too."""
    return str(event.body.get("channel") or "")[:60]


def _verified(customers: Collection[UUID]) -> set[tuple[UUID, str]]:
    """The classes of which these customers have a fact that anybody could not have written with a public key."""
    if not customers:
        return set()
    facts = Fact.objects.filter(
        source_record__customer__in=customers, confidence__gt=UNVERIFIED, retracted_at=None, rule=""
    )
    return set(facts.values_list("source_record__customer", "fact_class"))


def _declared(event: Arrived) -> Iterator[tuple[dict[str, str], str]]:
    """The traits that the source has declared, with their values as text; undeclared ones stay in the body."""
    if event.body.get("type") != "identify":
        return
    context = event.body.get("context")
    traits: dict[str, Any] = {}
    for each in (context.get("traits") if isinstance(context, dict) else None, event.body.get("traits")):
        traits |= each if isinstance(each, dict) else {}
    for trait, declared in event.source.traits.items():
        value = traits.get(trait)
        # A list or an object fits no class: it is refused at the door and counted, where an empty trait says nothing.
        text = str(value).strip() if isinstance(value, str | int | float) else ""
        if text or isinstance(value, list | dict):
            yield declared, text


def _day(event: Arrived) -> Any:
    return datetime.fromisoformat(event.body["timestamp"]).astimezone(options.zone()).date()
