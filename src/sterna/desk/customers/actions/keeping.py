"""Makes customers out of identifiers, and keeps what is said of them: facts, consents, addresses."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from sterna.desk.config.ids import new_id
from sterna.desk.customers.actions import facts
from sterna.desk.customers.actions.households import HOUSEHOLD_CLASS, gather
from sterna.desk.customers.actions.projecting import (
    copy_rows,
    key_of,
    lock_identification,
    record_refusals,
)
from sterna.desk.customers.directory import LIMIT
from sterna.desk.customers.graph import SAME_VALUE
from sterna.desk.customers.queries.graphs import rules
from sterna.desk.sources.signals import AddressesSaid, ConsentsSaid, FactsSaid, RecordsSeen
from sterna.desk.sources.suppression import suppressed

SLICE = 50_000

# The oldest record of the same kind and value from another source, unless the value is more than one person's.
_KNOWN_ELSEWHERE = """
select v, same.id, same.source, same.customer_id, (
    select count(*) from customers_sourcerecord as own
    where own.customer_id = same.customer_id and own.source = %(source)s and own.kind = %(kind)s
)
from unnest(%(values)s::text[]) with ordinality as asked (v, place)
left join lateral (
    select r.id, r.source, coalesce(c.redirects_to_id, c.id) as customer_id
    from customers_sourcerecord r join customers_customer c on c.id = r.customer_id
    where %(joins)s and r.kind = %(kind)s and r.value = v
        and not exists (select 1 from customers_sharedvalue s where s.kind = r.kind and s.value = r.value)
    order by r.sequence limit 1
) as same on true
where not exists (select 1 from customers_sourcerecord r where r.key = %(prefix)s || v)
order by place
"""


@transaction.atomic
def identify(source: str, kind: str, values: Sequence[str], at: datetime) -> int:
    """Give every identifier its source record and customer; returns how many source records are new.

    Known under (source, kind, value): nothing changes. The same kind and value from another source: the same
    customer. Else a new customer. `values` must not repeat.
    """
    lock_identification()
    made = 0
    for start in range(0, len(values), SLICE):
        made += _identify_slice(source, kind, values[start : start + SLICE], at)
    return made


def _identify_slice(source: str, kind: str, values: Sequence[str], at: datetime) -> int:
    whose = _whose(source, kind, values, at)
    copy_rows("customers_customer", "id, created_at", ((one.seed, at) for one in whose if one.same is None))
    copy_rows(
        "customers_sourcerecord",
        "id, key, source, kind, value, customer_id, created_at, seed",
        (
            (one.id, key_of(source, kind, one.value), source, kind, one.value, one.customer, at, one.seed)
            for one in whose
        ),
    )
    copy_rows(
        "customers_identityedge",
        "left_id, right_id, kind, evidence, said_at, recorded_at",
        (
            (min(one.id, one.same), max(one.id, one.same), SAME_VALUE, "{}", at, at)
            for one in whose
            if one.same is not None
        ),
    )
    return len(whose)


@dataclass(frozen=True, slots=True)
class _New:
    """A source record to be: its customer is its own seed, or that of the record with the same value."""

    id: UUID
    value: str
    seed: UUID
    customer: UUID
    same: UUID | None


def _whose(source: str, kind: str, values: Sequence[str], at: datetime) -> list[_New]:
    """What each new identifier becomes, in the order given."""
    held = rules()
    rule = held.of(kind)
    asked: dict[str, Any] = {
        "values": list(values),
        "source": source,
        "kind": kind,
        "joins": rule.joins,
        "prefix": key_of(source, kind, ""),
    }
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN_ELSEWHERE, asked)
        missing: list[tuple[str, UUID | None, str, UUID | None, int]] = cursor.fetchall()
    found, taken, refused = [], Counter[UUID](), []
    for value, same, elsewhere, customer, count in missing:
        # A value that is nobody's names one customer a source and joins none.
        if same is None or customer is None or held.blocks(value):
            same = customer = None
        elif rule.by_source and count + taken[customer] >= rule.limit:
            refused.append((LIMIT, (elsewhere, kind, value), (source, kind, value), at, at, 1))
            same = customer = None
        else:
            taken[customer] += 1
        seed = new_id()
        found.append(_New(new_id(), value, seed, customer or seed, same))
    record_refusals(refused)
    return found


def _copy_said(
    kept: str, columns: str, insert: str, parameters: Sequence[Any], rows: Iterable[tuple[Any, ...]]
) -> None:
    """Copy `rows` into a table of this transaction, then insert what is new of them."""
    with connection.cursor() as cursor:
        cursor.execute(f"create temp table {kept} ({columns}) on commit drop")
        with cursor.copy(f"copy {kept} from stdin") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(insert, list(parameters))
        cursor.execute(f"drop table {kept}")


@transaction.atomic
def keep_facts(said: FactsSaid) -> None:
    """Keep the facts of an import, and the households that they name; raises BadInput as `facts.keep_facts` does."""
    facts.keep_facts(said)
    if said.fact_class == HOUSEHOLD_CLASS:
        gather(said.source, said.at)


@transaction.atomic
def keep_consents(said: ConsentsSaid) -> None:
    """Keep words for or against contact; the same word of the same day is kept once."""
    prefix = key_of(said.source, said.kind, "")
    _copy_said(
        "said_consents",
        "who text, granted boolean, said_on date",
        "insert into customers_consent (customer_id, source_record_id, medium, purpose, granted, source, said_on, "
        "recorded_at) select r.customer_id, r.id, %s, %s, s.granted, %s, s.said_on, %s from said_consents s "
        "join customers_sourcerecord r on r.key = %s || s.who on conflict do nothing",
        [said.medium, said.purpose, said.source, said.at, prefix],
        said.rows,
    )


@transaction.atomic
def keep_addresses(said: AddressesSaid) -> None:
    """Keep where a medium reaches people, the same address once; one of somebody who was erased is not kept."""
    rows = list(said.rows)
    gone = suppressed((said.medium, address) for _, address in rows)
    prefix = key_of(said.source, said.kind, "")
    _copy_said(
        "said_addresses",
        "who text, address text",
        "insert into customers_address (customer_id, source_record_id, medium, address, source, recorded_at) "
        "select r.customer_id, r.id, %s, s.address, %s, %s from said_addresses s "
        "join customers_sourcerecord r on r.key = %s || s.who on conflict do nothing",
        [said.medium, said.source, said.at, prefix],
        (row for row in rows if (said.medium, row[1]) not in gone),
    )


def keep_records(seen: RecordsSeen) -> None:
    """Identify what an import has read."""
    identify(seen.source, seen.kind, seen.values, seen.at)
