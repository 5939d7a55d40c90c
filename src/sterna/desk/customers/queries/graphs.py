"""Reads whole clusters of source records with their edges, and the rules that hold for them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from sterna.desk.customers.graph import CANNOT_LINK, Edge, Graph, Node
from sterna.desk.customers.models import BlockedValue, IdentifierKind
from sterna.desk.customers.rules import Identifier, Rule, Rules

# One JSON text and no objects, ids as text: this is the way of every event, thousands at a time.
_OF_VALUES = """
with touched as (
    select distinct r.customer_id from (
        select distinct item ->> 0 as kind, item ->> 1 as value from jsonb_array_elements(%s::jsonb) listed (item)
    ) asked join customers_sourcerecord r using (kind, value)
)
select r.id::text, r.source, r.kind, r.value, r.seed::text, r.sequence, r.customer_id::text
from touched join customers_sourcerecord r using (customer_id) order by r.sequence
"""
_OF_CUSTOMERS = """
select r.id::text, r.source, r.kind, r.value, r.seed::text, r.sequence, r.customer_id::text
from customers_sourcerecord r where r.customer_id = any(%s::uuid[]) order by r.sequence
"""
_EDGES = """
select e.id, e.left_id::text, e.right_id::text, e.kind, e.sequence
from (select item::uuid as id from jsonb_array_elements_text(%s::jsonb) listed (item)) r
join customers_identityedge e on e.left_id = r.id and e.undone_at is null order by e.sequence
"""
_SHARED = """
select s.kind, s.value from (
    select distinct item ->> 0 as kind, item ->> 1 as value from jsonb_array_elements(%s::jsonb) listed (item)
) asked join customers_sharedvalue s using (kind, value)
"""
# The user ids that an identifier was refused with: seen with another one, it is no key any more.
_SIGHTINGS = """
select f.identifier, u.source, u.kind, u.value from customers_identityrefusal f
join customers_sourcerecord u on u.id = f.record_id
where f.identifier in (select item from jsonb_array_elements_text(%s::jsonb) listed (item)) and f.code <> 'shared value'
"""


def rules() -> Rules:
    """The rules of this installation."""
    kinds = {
        row.kind: Rule(row.priority, row.limit, row.by_source, row.names, row.joins)
        for row in IdentifierKind.objects.all()
    }
    blocked = list(BlockedValue.objects.order_by("value").values_list("value", "is_pattern"))
    return Rules(
        kinds,
        frozenset(value.lower() for value, is_pattern in blocked if not is_pattern),
        tuple(value for value, is_pattern in blocked if is_pattern),
    )


def graph_of_values(asked: Iterable[Identifier]) -> Graph:
    """The clusters of everybody who is known by one of these identifiers, under whatever source."""
    return _graph(_OF_VALUES, [_json(sorted({each[1:] for each in asked}))])


def graph_of_customers(customers: Iterable[UUID]) -> Graph:
    """The clusters of these customers."""
    return _graph(_OF_CUSTOMERS, [[str(customer) for customer in customers]])


def _graph(select: str, parameters: list[Any]) -> Graph:
    graph = Graph(rules())
    with connection.cursor() as cursor:
        cursor.execute(select, parameters)
        for pk, source, kind, value, seed, sequence, customer in cursor.fetchall():
            graph.know(Node(pk, (source, kind, value), seed, sequence, customer))
        if graph.nodes:
            cursor.execute(_EDGES, [_json(list(graph.nodes))])
            for pk, left, right, kind, sequence in cursor.fetchall():
                # What keeps one apart from somebody who is not in the graph cannot be met in it.
                if kind != CANNOT_LINK or right in graph.nodes:
                    graph.hold(Edge(graph.nodes[left], graph.nodes[right], kind, pk, sequence=sequence))
    return graph


def shared_values(asked: Iterable[Identifier]) -> set[tuple[str, str]]:
    """Which of the (kind, value) pairs of these identifiers join nobody."""
    with connection.cursor() as cursor:
        cursor.execute(_SHARED, [_json(sorted({each[1:] for each in asked}))])
        return set(cursor.fetchall())


def sightings(asked: Iterable[Identifier]) -> dict[tuple[str, str], set[Identifier]]:
    """The user ids that identifiers came with and were kept apart from, by the (kind, value) of the identifier."""
    values = {f"{each[0]}/{each[1]}:{each[2]}": each[1:] for each in asked}
    found: dict[tuple[str, str], set[Identifier]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SIGHTINGS, [_json(sorted(values))])
        for identifier, source, kind, value in cursor.fetchall():
            found.setdefault(values[identifier], set()).add((source, kind, value))
    return found


def _json(rows: Any) -> str:
    return msgspec.json.encode(rows).decode()
