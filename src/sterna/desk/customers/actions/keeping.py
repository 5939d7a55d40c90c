"""Makes customers out of identifiers, and keeps what is said of them: facts, consents, addresses."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from sterna.desk.config.ids import new_id
from sterna.desk.sources.signals import AddressesSaid, ConsentsSaid, FactsSaid, RecordsSeen

# One identification at a time: two sources that name a new person at once must not make two customers of it.
IDENTIFYING = 5_307_103
SLICE = 50_000


def key_of(source: str, kind: str, value: str) -> str:
    """What the lake holds for a source record."""
    return f"{source}/{kind}:{value}"


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


def lock_identification() -> None:
    """Let no other transaction identify anybody until this one ends."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [IDENTIFYING])


def _identify_slice(source: str, kind: str, values: Sequence[str], at: datetime) -> int:
    with connection.cursor() as cursor:
        # The oldest record wins where two customers were known by one value before they were merged.
        cursor.execute(
            "select v, (select coalesce(c.redirects_to_id, c.id) from customers_sourcerecord r "
            "join customers_customer c on c.id = r.customer_id where r.kind = %s and r.value = v "
            "order by r.created_at, r.id limit 1) from unnest(%s::text[]) v "
            "where not exists (select 1 from customers_sourcerecord r where r.key = %s || v)",
            [kind, list(values), key_of(source, kind, "")],
        )
        missing: list[tuple[str, UUID | None]] = cursor.fetchall()
    whose = [(value, customer or new_id(), customer is None) for value, customer in missing]
    copy_rows(
        "customers_customer", "id, created_at", ((customer, at) for _, customer, is_new in whose if is_new)
    )
    copy_rows(
        "customers_sourcerecord",
        "id, key, source, kind, value, customer_id, created_at",
        ((new_id(), key_of(source, kind, v), source, kind, v, customer, at) for v, customer, _ in whose),
    )
    return len(whose)


def copy_rows(table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Copy rows into a table, inside the caller's transaction."""
    with connection.cursor() as cursor, cursor.copy(f"copy {table} ({columns}) from stdin") as copy:
        for row in rows:
            copy.write_row(row)


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
    """Keep facts of one class; one that the same source said before is kept once."""
    prefix = key_of(said.source, said.kind, "")
    _copy_said(
        "said_facts",
        "who text, value text, observed_on date, purpose text",
        "insert into customers_fact (source_record_id, fact_class, value, source, purpose, observed_on, "
        "recorded_at, confidence) select r.id, %s, s.value, %s, s.purpose, s.observed_on, %s, 1.0 from said_facts s "
        "join customers_sourcerecord r on r.key = %s || s.who on conflict do nothing",
        [said.fact_class, said.source, said.at, prefix],
        said.rows,
    )


@transaction.atomic
def keep_consents(said: ConsentsSaid) -> None:
    """Keep words for or against contact; the same word of the same day is kept once."""
    prefix = key_of(said.source, said.kind, "")
    _copy_said(
        "said_consents",
        "who text, granted boolean, said_on date",
        "insert into customers_consent (customer_id, medium, purpose, granted, source, said_on, recorded_at) "
        "select r.customer_id, %s, %s, s.granted, %s, s.said_on, %s from said_consents s "
        "join customers_sourcerecord r on r.key = %s || s.who on conflict do nothing",
        [said.medium, said.purpose, said.source, said.at, prefix],
        said.rows,
    )


@transaction.atomic
def keep_addresses(said: AddressesSaid) -> None:
    """Keep where a medium reaches people; the same address is kept once."""
    prefix = key_of(said.source, said.kind, "")
    _copy_said(
        "said_addresses",
        "who text, address text",
        "insert into customers_address (customer_id, medium, address, source, recorded_at) "
        "select r.customer_id, %s, s.address, %s, %s from said_addresses s "
        "join customers_sourcerecord r on r.key = %s || s.who on conflict do nothing",
        [said.medium, said.source, said.at, prefix],
        said.rows,
    )


def keep_records(seen: RecordsSeen) -> None:
    """Identify what an import has read."""
    identify(seen.source, seen.kind, seen.values, seen.at)
