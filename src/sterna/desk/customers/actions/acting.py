"""Acts on the inbox: resolves events to source records and keeps the facts they tell, each event once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock, options
from sterna.desk.config.ids import new_id
from sterna.desk.customers import queries
from sterna.desk.customers.actions.keeping import copy_rows, key_of, lock_identification
from sterna.desk.customers.directory import Directory, Identifier, RefusedMerge
from sterna.desk.customers.models import Fact, SourceRecord
from sterna.desk.sources.lake_rows import ANONYMOUS
from sterna.desk.sources.models import InboxEvent

BATCH = 1_000
LONGEST_FACT = 300


@dataclass(frozen=True)
class Acted:
    """What acting on the inbox did."""

    events: int
    new_customers: int
    facts: int
    refused_merges: int


def act_on_inbox() -> Acted:
    """Act on every event of the inbox that waits, in the order in which they came."""
    total = Acted(0, 0, 0, 0)
    while True:
        done = _act_on_batch()
        total = Acted(
            total.events + done.events,
            total.new_customers + done.new_customers,
            total.facts + done.facts,
            total.refused_merges + done.refused_merges,
        )
        if done.events == 0:
            return total


@transaction.atomic
def _act_on_batch() -> Acted:
    # Alone from here on: a second worker would otherwise file the same new person twice.
    lock_identification()
    waiting = InboxEvent.objects.filter(acted_at__isnull=True).order_by("sequence").select_related("source")
    found = list(waiting.select_for_update(of=("self",))[:BATCH])
    if not found:
        return Acted(0, 0, 0, 0)
    named = [_named(event) for event in found]
    directory = _directory([who for pair in named for who in pair if who])
    filed = [directory.resolve(user, device) for user, device in named]
    _keep_records(directory, clock.now())
    facts = _keep_facts(found, filed)
    for merge in directory.refused:
        _record_refusal(merge)
    InboxEvent.objects.filter(sequence__in=[e.sequence for e in found]).update(acted_at=clock.now())
    return Acted(len(found), len(directory.new_customers), facts, len(directory.refused))


def _named(event: InboxEvent) -> tuple[Identifier | None, Identifier | None]:
    """The user and the device that an event names; an alias names its previous id as a device."""
    source, body = event.source, event.body
    user = body.get("userId")
    device = body.get("anonymousId") or (body.get("previousId") if body.get("type") == "alias" else None)
    return (
        (source.name, source.identifier_kind, user) if user else None,
        (source.name, ANONYMOUS, device) if device else None,
    )


def _directory(named: Sequence[Identifier]) -> Directory:
    directory = Directory(new_customer=new_id)
    kinds, values = {kind for _, kind, _ in named}, {value for _, _, value in named}
    known = list(queries.records_by_value(kinds, values))
    directory.know(((r.source, r.kind, r.value), r.whose) for r in known)  # type: ignore[attr-defined]
    customers = set(directory.records.values())
    directory.named |= queries.named_customers(customers, ANONYMOUS)
    return directory


def _keep_records(directory: Directory, at: datetime) -> None:
    copy_rows(
        "customers_customer", "id, created_at", ((customer, at) for customer in directory.new_customers)
    )
    copy_rows(
        "customers_sourcerecord",
        "id, key, source, kind, value, customer_id, created_at",
        (
            (new_id(), key_of(*identifier), *identifier, directory.records[identifier], at)
            for identifier in directory.new_records
        ),
    )


def _keep_facts(found: Sequence[InboxEvent], filed: Sequence[Identifier]) -> int:
    told = [
        (key_of(*who), *said, event)
        for event, who in zip(found, filed, strict=True)
        for said in _declared(event)
    ]
    ids = dict(SourceRecord.objects.filter(key__in={row[0] for row in told}).values_list("key", "id"))
    facts = [
        Fact(
            source_record_id=ids[key],
            fact_class=declared["fact_class"],
            value=value,
            source=event.source.name,
            purpose=declared["purpose"],
            observed_on=_day(event),
            recorded_at=event.received_at,
        )
        for key, declared, value, event in told
    ]
    Fact.objects.bulk_create(facts, ignore_conflicts=True)
    return len(facts)


def _declared(event: InboxEvent) -> Iterator[tuple[dict[str, str], str]]:
    """The traits that the source has declared, with their values as text; undeclared ones stay in the body."""
    if event.body.get("type") != "identify":
        return
    context = event.body.get("context")
    traits: dict[str, Any] = {}
    for told in (context.get("traits") if isinstance(context, dict) else None, event.body.get("traits")):
        traits |= told if isinstance(told, dict) else {}
    for trait, declared in event.source.traits.items():
        value = traits.get(trait)
        text = str(value).strip() if isinstance(value, str | int | float) else ""
        if 0 < len(text) <= LONGEST_FACT:
            yield declared, text


def _day(event: InboxEvent) -> Any:
    return datetime.fromisoformat(event.body["timestamp"]).astimezone(options.zone()).date()


def _record_refusal(merge: RefusedMerge) -> None:
    user, device = key_of(*merge.user), key_of(*merge.device)
    record(
        "refused merge",
        "customer",
        str(merge.user_customer),
        reason="the device belongs to another customer already",
        detail={"user": user, "device": device, "other": str(merge.device_customer)},
        # The same pair comes with every page view; one line says it.
        key=f"refused merge:{merge.user_customer}:{merge.device_customer}",
    )
