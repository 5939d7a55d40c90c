"""Builds the profiles that linking compares: one a customer, out of identifiers, facts and addresses."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
from django.db import connection

from sterna.desk.customers.rules import EMAIL, PHONE
from sterna.engine.identity.linking import COLUMNS

# Which fact tells which part of a profile; the newest word of a customer counts.
CLASSES: Mapping[str, str] = {
    "name.full": "name",
    "name.given": "given_name",
    "name.family": "surname",
    "name.surname": "surname",
    "demography.birth_date": "birth_date",
    "events.birth_date": "birth_date",
    "address.street": "street",
    "address.city": "suburb",
    "address.postcode": "postcode",
    "identity.national_id": "national_id",
}
# What all sources call one person by: two values of it are two persons.
REGISTER = "user_id"

_FIRST = """
select distinct on (r.customer_id) r.customer_id::text, r.id::text
from customers_sourcerecord as r order by r.customer_id, r.sequence
"""
_FACTS = """
select distinct on (r.customer_id, f.fact_class) r.customer_id::text, f.fact_class, f.value
from customers_fact as f join customers_sourcerecord as r on r.id = f.source_record_id
where f.fact_class = any(%s) and f.retracted_at is null and f.rule = ''
order by r.customer_id, f.fact_class, f.observed_on desc, f.recorded_at desc, f.id desc
"""
_ADDRESSES = """
select distinct on (whose, medium) whose::text, medium, address from (
    select coalesce(r.customer_id, c.redirects_to_id, c.id) as whose, a.medium, a.address, a.recorded_at, a.id
    from customers_address as a join customers_customer as c on c.id = a.customer_id
    left join customers_sourcerecord as r on r.id = a.source_record_id
) as reached
order by whose, medium, recorded_at desc, id desc
"""
_IDENTIFIERS = """
select distinct on (customer_id, kind) customer_id::text, kind, value from customers_sourcerecord
where kind = any(%s) order by customer_id, kind, sequence desc
"""
_MEDIA = {"email": "email", "phone": "phone", "letter": "letter"}


def profiles() -> pa.Table:
    """A profile of every customer with an identifier, by its oldest source record; columns as linking reads them."""
    made: dict[str, dict[str, str]] = {customer: {"record": record} for customer, record in _rows(_FIRST)}
    for customer, kind, value in _rows(_IDENTIFIERS, [[EMAIL, PHONE, REGISTER]]):
        made[customer][kind] = value
    for customer, medium, address in _rows(_ADDRESSES):
        if customer in made and medium in _MEDIA:
            made[customer][_MEDIA[medium]] = address
    for customer, fact_class, value in _rows(_FACTS, [list(CLASSES)]):
        made[customer][CLASSES[fact_class]] = value
    rows = [_profile(told) for _, told in sorted(made.items())]
    return pa.Table.from_pylist(rows, schema=pa.schema([(column, pa.string()) for column in COLUMNS]))


def _rows(select: str, parameters: list[Any] | None = None) -> Iterable[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(select, parameters)
        rows: list[tuple[str, ...]] = cursor.fetchall()
    return rows


def _profile(told: dict[str, str]) -> dict[str, str | None]:
    split = _name(told.get("name", "")) | _street(told.get("street", "")) | _letter(told.get("letter", ""))
    return {column: told.get(column) or split.get(column) or None for column in COLUMNS}


def _name(full: str) -> dict[str, str]:
    """A full name as given names and surname: the last word, or what stands before a comma."""
    if "," in full:
        surname, _, given = full.partition(",")
    else:
        given, _, surname = full.strip().rpartition(" ")
    return {"given_name": given.strip(), "surname": surname.strip()}


def _street(line: str) -> dict[str, str]:
    """A street with its number, wherever in the line it stands."""
    number = re.search(r"\b\d+\s?[a-z]?\b", line, re.I)
    if number is None:
        return {"address": line.strip()}
    rest = f"{line[: number.start()]} {line[number.end() :]}"
    return {"street_number": number[0].strip(), "address": rest.strip(" ,")}


def _letter(address: str) -> dict[str, str]:
    """A postal address of several lines: the street in the last but one, the place and its code in the last."""
    lines = [line.strip() for line in address.splitlines() if line.strip()]
    if len(lines) < 2:
        return {}
    code = re.search(r"\b(?=\w*\d)[\w-]{3,10}\b", lines[-1])
    place = lines[-1] if code is None else lines[-1].replace(code[0], " ")
    return {**_street(lines[-2]), "postcode": code[0] if code else "", "suburb": place.strip(" ,")}
