"""The one door to what customers allow: the newest word, held back where a side of a merge said no."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from sterna.desk.config import prepared
from sterna.desk.customers.models import Address, Consent, Customer
from sterna.desk.customers.strictest import Word, strictest

Held = tuple[str, str, str]  # customer, medium, purpose
LastWords = dict[UUID, dict[tuple[str, str], bool]]

# Whose a word is: whoever has its record now; a word without one follows the customer that it was said of.
_OF_ALL = """
    select coalesce(r.customer_id, c.redirects_to_id, c.id) as whose, w.*
    from customers_consent as w
    join customers_customer as c on c.id = w.customer_id
    left join customers_sourcerecord as r on r.id = w.source_record_id
"""
_OF_SOME = """
    select asked.id as whose, w.* from unnest(%(customers)s::uuid[]) as asked (id)
    join customers_sourcerecord as r on r.customer_id = asked.id
    join customers_consent as w on w.source_record_id = r.id
    union all
    select asked.id, w.* from unnest(%(customers)s::uuid[]) as asked (id)
    join customers_customer as c on c.id = asked.id or c.redirects_to_id = asked.id
    join customers_consent as w on w.customer_id = c.id and w.source_record_id is null
"""
# Only where several records said different things can a no be hidden behind a newer yes.
_CONTESTED = """
with said as materialized (
    select whose, medium, purpose, granted, said_on, recorded_at, sequence, coalesce(source_record_id,
        (select b.id from customers_sourcerecord as b where b.customer_id = whose and b.seed = word.customer_id),
        word.customer_id) as record
    from ({words}) as word where %(before)s::date is null or said_on < %(before)s
),
contested as (
    select whose, medium, purpose from said group by whose, medium, purpose
    having bool_or(granted) and bool_or(not granted) and count(distinct record) > 1
)
select whose::text, medium, purpose, granted, said_on, recorded_at, sequence, record::text
from said join contested using (whose, medium, purpose) order by whose, medium, purpose
"""
_JOINS = """
select l.customer_id::text, e.sequence, e.left_id::text, e.right_id::text
from customers_identityedge as e join customers_sourcerecord as l on l.id = e.left_id
where e.undone_at is null and e.kind <> 'cannot-link' and l.customer_id = any(%s::uuid[])
"""
_NEWEST = """
select distinct on (whose, medium, purpose) whose, medium, purpose, granted,
    bool_or(granted) over said and bool_or(not granted) over said
from ({words}) as word where said_on < %(before)s
window said as (partition by whose, medium, purpose)
order by whose, medium, purpose, said_on desc, recorded_at desc, sequence desc
"""


@dataclass(frozen=True)
class Standing:
    """What a customer allows by one medium for one purpose, with the newest word.

    `held_back` is the no of another side of a merge that still stands against a newer yes.
    """

    medium: str
    purpose: str
    granted: bool
    word: Consent
    held_back: Consent | None


def held_back(customers: Collection[UUID] | None = None, before: date | None = None) -> list[Held]:
    """Where a newest word may not be taken as it stands, because a side of a merge said no and nobody yes since.

    Of all customers when None are named; of the words said before a day when one is given. Everywhere else the newest
    word is what counts, and nothing else is granted.
    """
    words: dict[Held, list[Word]] = {}
    parameters: dict[str, Any] = {
        "before": before,
        "customers": None if customers is None else [str(each) for each in customers],
    }
    with connection.cursor() as cursor:
        cursor.execute(_CONTESTED.format(words=_OF_ALL if customers is None else _OF_SOME), parameters)
        for customer, medium, purpose, granted, said_on, recorded_at, sequence, record in cursor.fetchall():
            word = Word(record, granted, said_on, recorded_at, sequence)
            words.setdefault((customer, medium, purpose), []).append(word)
    joins = _joins({customer for customer, _, _ in words})
    return [key for key, said in words.items() if strictest(said, joins.get(key[0], [])) is False]


def last_words(customers: Collection[UUID], before: date) -> prepared.Question[LastWords]:
    """Asks for the last word of customers by (medium, purpose) of the days before one, as a run takes it."""
    given: dict[str, Any] = {"customers": [str(each) for each in customers], "before": before}
    return prepared.Question(
        _NEWEST.format(words=_OF_SOME), given, lambda rows: _last(customers, before, rows)
    )


def _last(customers: Collection[UUID], before: date, rows: Iterable[prepared.Row]) -> LastWords:
    found: LastWords = {each: {} for each in customers}
    contested: set[UUID] = set()
    for customer, medium, purpose, granted, is_contested in rows:
        found[customer][medium, purpose] = granted
        if is_contested:
            contested.add(customer)
    # Where nobody ever said both, no side of a merge can have said no to what another allows.
    for named, medium, purpose in held_back(contested, before) if contested else ():
        found[UUID(named)][medium, purpose] = False
    return found


def _joins(customers: Collection[str]) -> dict[str, list[tuple[int, str, str]]]:
    found: dict[str, list[tuple[int, str, str]]] = {}
    if customers:
        with connection.cursor() as cursor:
            cursor.execute(_JOINS, [sorted(customers)])
            for customer, sequence, left, right in cursor.fetchall():
                found.setdefault(customer, []).append((sequence, left, right))
    return found


def words(customer: Customer) -> list[Consent]:
    """Every word that counts as this customer's, the oldest first."""
    found = Consent.objects.filter(source_record__customer=customer)
    found |= Consent.objects.filter(source_record=None, customer__in=cluster_ids(customer))
    return list(found.order_by("said_on", "recorded_at", "sequence"))


def standings(customer: Customer) -> list[Standing]:
    """What a customer allows, by medium and purpose, as of now."""
    held = {(medium, purpose) for _, medium, purpose in held_back([customer.pk])}
    said: dict[tuple[str, str], list[Consent]] = {}
    for word in words(customer):
        said.setdefault((word.medium, word.purpose), []).append(word)
    found = []
    for (medium, purpose), each in sorted(said.items()):
        refusals = [word for word in each if not word.granted]
        against = refusals[-1] if (medium, purpose) in held and each[-1].granted else None
        found.append(Standing(medium, purpose, each[-1].granted and against is None, each[-1], against))
    return found


def addresses(customer: Customer) -> list[Address]:
    """Where media reach a customer, the newest first."""
    found = Address.objects.filter(source_record__customer=customer)
    found |= Address.objects.filter(source_record=None, customer__in=cluster_ids(customer))
    return list(found.order_by("-recorded_at", "-id"))


def cluster_ids(customer: Customer) -> list[UUID]:
    """The ids under which this customer's things may have been written: its own and those that lead to it."""
    return [customer.pk, *Customer.objects.filter(redirects_to=customer).values_list("pk", flat=True)]
