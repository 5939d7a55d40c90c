"""Finds customers by what somebody types: a beginning of an identifier or address, words of a name, an id, a phone."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from sterna.desk.customers.models import Customer

PAGE = 50
# Nobody reads on after so many: what begins with one letter is not sorted whole for a page of it.
MOST = 500
LONGEST = 300
TOO_MANY = f"Only {MOST:,} of each sort are shown: type more of it."
# Shorter, digits end too many numbers, and hexadecimal ones begin too many ids.
FEWEST_DIGITS, FEWEST_OF_ID = 5, 8

_RECORDS = "select customer_id as id from customers_sourcerecord where {condition} limit %(most)s"
# Whose something is stands in a query of its own for each row: joined, a whole table could be read for a few rows.
_OWNER = "(select r.customer_id from customers_sourcerecord as r where r.id = source_record_id)"
# Whose an address is: whoever has its record now; one without a record follows the customer it was written for.
_ADDRESSES = f"""
    select coalesce({_OWNER}, customer_id) as id from customers_address where {{condition}} limit %(most)s
"""
_NAMES = f"""
    select {_OWNER} as id from customers_fact where fact_class like 'name.%%' and retracted_at is null
    and customers_words(value) @@ %(words)s::tsquery limit %(most)s
"""
_IDS = (
    "select id from customers_customer where id between %(least)s::uuid and %(greatest)s::uuid limit %(most)s"
)
_IS = '{column} collate "C" = lower(%(text)s)'
_BEGINS = '{column} collate "C" like lower(%(beginning)s) order by {column} collate "C"'
_ENDS = (
    "{kind} = 'phone' and customers_digits({column}) collate \"C\" like %(digits)s "
    'order by customers_digits({column}) collate "C"'
)
_FOUND = """
with hit (rank, id) as materialized ({hits}),
person (id, rank) as (
    select coalesce((select c.redirects_to_id from customers_customer as c where c.id = hit.id), hit.id), min(hit.rank)
    from hit group by 1
)
select id, rank, exists (select from hit group by hit.rank having count(*) >= %(most)s) from person
where (rank, id) > (%(rank)s, %(after)s::uuid) order by rank, id limit %(page)s
"""


@dataclass(frozen=True)
class Hits:
    """One page of those who were found, whoever is called exactly so first; `after` is where the next page begins.

    `cut`: so many begin so that only the first of them are shown, on all pages together.
    """

    customers: Sequence[Customer]
    after: str | None = None
    cut: bool = False


def find(text: str, after: str = "") -> Hits:
    """Customers of whom an identifier, an address or the id begins with `text`, in small or great letters.

    Of a name each word of `text` begins some word, whatever the order and the accents; of a phone number the last
    digits will do.
    """
    if not text:
        return Hits([])
    values: dict[str, Any] = {"most": MOST, "page": PAGE + 1, **_cursor(after)}
    hits = " union all ".join(
        f"(select {rank} as rank, id from ({sql}) as part)"
        for rank, sql in enumerate(_branches(text[:LONGEST], values))
    )
    with connection.cursor() as cursor:
        cursor.execute(_FOUND.format(hits=hits), values)
        found = cursor.fetchall()
    shown = [pk for pk, _, _ in found[:PAGE]]
    people = Customer.objects.in_bulk(shown)
    following = f"{found[PAGE - 1][1]}.{shown[-1]}" if len(found) > PAGE else None
    return Hits([people[pk] for pk in shown if pk in people], following, bool(found) and found[0][2])


def _branches(text: str, values: dict[str, Any]) -> Iterator[str]:
    """The queries that together find `text`, the surest first; what they are asked with is put into `values`."""
    values |= {"text": text, "beginning": re.sub(r"([\\%_])", r"\\\1", text) + "%"}
    for look in (_IS, _BEGINS):
        if look is _BEGINS:
            yield from _apart(text, values)
        yield _RECORDS.format(condition=look.format(column="lower(value)"))
        yield _ADDRESSES.format(condition=look.format(column="lower(address)"))


def _apart(text: str, values: dict[str, Any]) -> Iterator[str]:
    """What is not the beginning of a text: an id, the end of a phone number, words of a name."""
    hexadecimal = text.replace("-", "").lower()
    if re.fullmatch(rf"[0-9a-f]{{{FEWEST_OF_ID},32}}", hexadecimal):
        values |= {"least": UUID(hexadecimal.ljust(32, "0")), "greatest": UUID(hexadecimal.ljust(32, "f"))}
        yield _IDS
    digits = re.sub(r"[^0-9]", "", text).lstrip("0")
    if len(digits) >= FEWEST_DIGITS and re.fullmatch(r"[-+0-9 ()./]*", text):
        values["digits"] = f"{digits[::-1]}%"
        yield _RECORDS.format(condition=_ENDS.format(kind="kind", column="value"))
        yield _ADDRESSES.format(condition=_ENDS.format(kind="medium", column="address"))
    if words := _words(text):
        values["words"] = " & ".join(f"'{word}':*" for word in words)
        yield _NAMES


def _words(text: str) -> Sequence[str]:
    """The words of `text` as the index has them: without punctuation, and so without anything to escape."""
    with connection.cursor() as cursor:
        cursor.execute("select tsvector_to_array(customers_words(%s))", [text])
        [(words,)] = cursor.fetchall()
    found: Sequence[str] = words
    return found


def _cursor(after: str) -> dict[str, Any]:
    """Where a page begins; what is no cursor begins at the first."""
    rank, _, last = after.partition(".")
    try:
        return {"rank": int(rank[:2]), "after": UUID(last)}
    except ValueError:
        return {"rank": -1, "after": UUID(int=0)}
