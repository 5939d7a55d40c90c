"""Follows what happens after a run: lays out what the run knew, reads the inbox behind it, notes who is due."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction
from procrastinate.contrib.django import app as jobs
from procrastinate.exceptions import AlreadyEnqueued

from sterna.desk.config import clock, options, prepared
from sterna.desk.customers.models import SourceRecord
from sterna.desk.customers.queries import turning
from sterna.desk.customers.signals import (
    CustomersMerged,
    CustomersSplit,
    FactsChanged,
    HouseholdsChanged,
    InboxActed,
    PreferencesChanged,
)
from sterna.desk.segments.live_models import Due, Followed, NewDeed, Rollup, Shelf, Timer
from sterna.desk.segments.live_queries import finer, followed, terms_followed
from sterna.desk.segments.rolled import Panel, Terms
from sterna.desk.segments.signals import Moved
from sterna.desk.sources.lake_rows import Kept, by_table
from sterna.desk.sources.queries import Arrived, acted_position, arrived
from sterna.engine.rules import PURCHASE

KEEPING_UP = "place between runs"
BATCH = 5_000
_NEWCOMERS = """
select s.id, s.key, s.customer_id, not exists (
    select 1 from segments_membership as m
    where m.customer_id = s.customer_id and m.scheme = any(%(schemes)s) and upper_inf(m.during)
) from customers_sourcerecord as s where s.key = any(%(keys)s)
"""
_SPLIT = """
insert into segments_mixed (customer_id) select one.id from unnest(%s::uuid[]) as one (id)
where exists (select 1 from segments_followed) on conflict do nothing
"""
_RING = """
with rung as (delete from segments_timer where day <= %(day)s returning customer_id)
insert into segments_due (customer_id, because) select customer_id, 'time passed' from rung
"""


@dataclass(frozen=True)
class Laid:
    """What following a run begins with: its day, what its rules read, and up to where the run has seen the inbox."""

    run_id: UUID
    cut: date
    sealed: int
    terms: Terms


@transaction.atomic
def lay_out(
    laid: Laid, panel: Panel, shelves: Iterable[tuple[str, str]], turns: Mapping[str, date], days: int
) -> None:
    """Begin to follow a run: what it knew of everybody takes the place of what the run before it knew.

    `turns` are the first cuts as of which time alone turns a rule, by customer, found for so many days.
    """
    # Who is due stays so: whoever moved since the run's cut is looked at again, with what the run did not see.
    with connection.cursor() as cursor:
        cursor.execute(
            "truncate segments_rollup, segments_mixed, segments_newdeed, segments_shelf, segments_timer"
        )
        with cursor.copy("copy segments_rollup (customer_id, packed) from stdin") as copy:
            for part in panel.packed(laid.terms):
                for row in part:
                    copy.write_row(row)
        with cursor.copy("copy segments_shelf (product, category) from stdin") as copy:
            for shelf in shelves:
                copy.write_row(shelf)
    _set_timers(laid, turns, days)
    start = _behind(laid)
    Followed.objects.update_or_create(
        id=1,
        defaults={
            "run_id": laid.run_id,
            "cut": laid.cut,
            "sealed": laid.sealed,
            "sequence": start,
            "terms": msgspec.to_builtins(laid.terms),
            "held": {},
            "laid_out_at": clock.now(),
        },
    )


def _set_timers(laid: Laid, turns: Mapping[str, date], days: int) -> None:
    """The day on which somebody is looked at is the last one that counts, one before the cut that turns."""
    last = laid.cut - timedelta(days=1)
    due = {UUID(who): on - timedelta(days=1) for who, on in turns.items()}
    facts = turning(last, finer(laid.terms.classes), last + timedelta(days=days))
    for who, day in prepared.answer(facts).items():
        due[who] = min(day, due.get(who, day))
    Timer.objects.bulk_create((Timer(customer_id=who, day=day) for who, day in due.items()), batch_size=5_000)


def _behind(laid: Laid) -> int:
    """The sequence behind which an event may be of a day that the run did not see."""
    # Nobody sends an event of a day to come: what is of the cut or later came at most a day of clocks before it.
    first = datetime.combine(laid.cut, datetime.min.time(), options.zone()) - timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute(
            "select coalesce(max(sequence), 0) from sources_inboxevent where received_at < %s", [first]
        )
        row = cursor.fetchone()
    return min(int(row[0]) if row else 0, laid.sealed)


def stop_following() -> None:
    """Follow no run: places change with the next one."""
    with transaction.atomic():
        Followed.objects.all().delete()
        Due.objects.all().delete()
        Timer.objects.all().delete()


def follow_inbox(schemes: Collection[str]) -> int:
    """Read what was acted on since, and note whom it is of; returns how many events."""
    total = 0
    while done := _follow_batch(schemes):
        total += done
    return total


@transaction.atomic
def _follow_batch(schemes: Collection[str]) -> int:
    state = Followed.objects.select_for_update().first()
    if state is None:
        return 0
    found = arrived(state.sequence, acted_position(), BATCH)
    if not found:
        return 0
    terms = terms_followed(state)
    fresh = [one for one in found if one.source_record]
    told = list(_told(fresh, terms, state))
    records = _records({one.source_record or "" for one in fresh}, schemes)
    NewDeed.objects.bulk_create(
        [
            NewDeed(source_record_id=records[key][0], **row)
            for key, _, rows in told
            if key in records
            for row in rows
        ],
        batch_size=BATCH,
    )
    due = {records[key][1]: because for key, because, _ in reversed(told) if key in records}
    due |= {who: "first seen" for _, who, is_new in records.values() if is_new and who not in due}
    _note(due)
    state.sequence = found[-1].sequence
    state.save(update_fields=["sequence"])
    return len(found)


def _told(
    found: Sequence[Arrived], terms: Terms, state: Followed
) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """(source record, because, deeds) of each event that the run did not see and that a rule reads."""
    made = [(one, _rows(one)) for one in found]
    fresh = [(one, rows) for one, rows in made if rows and _is_fresh(one, rows[0], terms, state)]
    shelf_of = _shelves(rows for _, rows in fresh) if terms.shelved else {}
    for one, rows in fresh:
        first = rows[0]
        deeds = _bought(rows, terms, shelf_of) if _kind(first) == PURCHASE else [_deed(first, 1)]
        where = f" at {first['touchpoint']}" if first["touchpoint"] else ""
        yield one.source_record or "", f"{_kind(first)}{where}"[:120], deeds


def _rows(one: Arrived) -> list[dict[str, Any]]:
    """What an event becomes in the lake: lines of an order, one row of anything else, nothing where it is refused."""
    kept = Kept(one.source.name, one.source_record, one.body)
    rows, _ = by_table([kept], options.zone(), clock.now(), options.currency())
    return rows["lines"] or rows["events"]


def _kind(row: Mapping[str, Any]) -> str:
    return str(row["kind"]) if "kind" in row else PURCHASE


def _is_fresh(one: Arrived, row: Mapping[str, Any], terms: Terms, state: Followed) -> bool:
    """Whether a rule reads an event, and the run did not."""
    is_read = _kind(row) in terms.kinds and (terms.first is None or row["occurred_on"] >= terms.first)
    return is_read and (one.sequence > state.sealed or row["occurred_on"] >= state.cut)


def _deed(row: Mapping[str, Any], times: int) -> dict[str, Any]:
    common = {"kind": _kind(row), "on": row["occurred_on"], "touchpoint": row["touchpoint"]}
    return {**common, "category": None, "times": times, "amount": Decimal(0)}


def _bought(
    lines: Sequence[Mapping[str, Any]], terms: Terms, shelf_of: Mapping[str, str]
) -> list[dict[str, Any]]:
    """An order as one deed, and where categories are asked for, one for each of its shelves."""
    whole = sum((line["amount"] for line in lines), Decimal(0))
    made = [_deed(lines[0], int(whole > 0)) | {"amount": whole}]
    if terms.shelved:
        shelves: dict[str, Decimal] = {}
        for line in lines:
            shelf = shelf_of.get(line["product_id"], "unknown")
            shelves[shelf] = shelves.get(shelf, Decimal(0)) + line["amount"]
        made += [
            made[0] | {"category": shelf, "times": int(amount > 0), "amount": amount}
            for shelf, amount in shelves.items()
            if terms.shelves is None or shelf in terms.shelves
        ]
    return made


def _shelves(orders: Iterable[Sequence[Mapping[str, Any]]]) -> dict[str, str]:
    """The category of each product of some orders, where it is known."""
    products = {line.get("product_id") for lines in orders for line in lines} - {None}
    return dict(Shelf.objects.filter(product__in=products).values_list("product", "category"))


def _records(keys: Collection[str], schemes: Collection[str]) -> dict[str, tuple[UUID, UUID, bool]]:
    """Source record and customer by key, and whether the customer stands nowhere yet."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWCOMERS, {"keys": list(keys), "schemes": list(schemes)})
        return {key: (pk, customer, is_new) for pk, key, customer, is_new in cursor.fetchall()}


def ring_timers(day: date) -> int:
    """Note who is due because time passed, up to a day; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_RING, {"day": day})
        return cursor.rowcount


def _note(due: Mapping[UUID, str]) -> None:
    Due.objects.bulk_create([Due(customer_id=who, because=because) for who, because in due.items()])


def note(customers: Collection[UUID], because: str) -> None:
    """Note that something new is known of customers which rules may read, and have the worker place them soon."""
    if customers and followed() is not None:
        _note(dict.fromkeys(customers, because))
        place_soon()


def place_soon() -> None:
    """Have the worker place who is due; asked twice before it begins, it does so once."""
    try:
        # A savepoint: the refusal of a second job must not undo what the caller did before.
        with transaction.atomic():
            jobs.configure_task(name=KEEPING_UP, queueing_lock=KEEPING_UP).defer()
    except AlreadyEnqueued:
        return


def inbox_acted(acted: InboxActed) -> None:
    """Events were acted on: whom they are of is found by the worker, which reads them once more."""
    if followed() is not None:
        place_soon()


def facts_changed(changed: FactsChanged) -> None:
    """What is known of customers is another."""
    note(changed.customers, "another fact")


def preferences_changed(changed: PreferencesChanged) -> None:
    """A customer chose anew what to hear of."""
    owners = SourceRecord.objects.filter(customer__in=changed.customers).values_list("customer", flat=True)
    note(set(owners), "another choice of contacts")


def households_changed(changed: HouseholdsChanged) -> None:
    """Somebody lives with others than before."""
    note(changed.customers, "another household")


def moved(told: Moved) -> None:
    """People put customers elsewhere: rules may ask for the place."""
    for one in told.schemes:
        if one.cause in ("approval", "undo"):
            gone = (each.customer for each in one.left)
            note({*one.stays.values_list("customer", flat=True), *gone}, f"a move in {one.scheme}")


def merged(told: CustomersMerged) -> None:
    """Two customers became one."""
    note([told.kept], "another record of the same person")


def split(told: CustomersSplit) -> None:
    """What one customer did is now two people's, and the run did not know whose was what."""
    known = Rollup.objects.filter(customer__in=[told.kept, told.part]).values_list("customer", flat=True)
    if told.part not in set(known):
        with connection.cursor() as cursor:
            cursor.execute(_SPLIT, [[str(told.kept), str(told.part)]])
    note([told.kept, told.part], "a record that was somebody else's")
