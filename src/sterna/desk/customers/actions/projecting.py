"""Writes a changed graph: new records and edges, whose each record is now, and everybody who follows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from sterna.desk.config import events
from sterna.desk.customers.following import following
from sterna.desk.customers.graph import Cluster, Edge, Graph, Node
from sterna.desk.customers.models import Followed
from sterna.desk.customers.rules import Identifier
from sterna.desk.customers.signals import CustomersMerged, CustomersSplit

# One identification at a time: two that name a new person at once must not make two customers of it.
IDENTIFYING = 5_307_103

_STAND_ALONE = """
insert into customers_customer (id, created_at)
select each.id::uuid, %s from jsonb_array_elements_text(%s::jsonb) each (id) on conflict (id) do nothing
"""
_OWN = """
update customers_sourcerecord as r set customer_id = (item ->> 1)::uuid
from jsonb_array_elements(%s::jsonb) listed (item) where r.id = (item ->> 0)::uuid
"""
_LEAD = """
update customers_customer as c set redirects_to_id = nullif(item ->> 1, item ->> 0)::uuid
from jsonb_array_elements(%s::jsonb) listed (item)
where c.id = (item ->> 0)::uuid and c.redirects_to_id is distinct from nullif(item ->> 1, item ->> 0)::uuid
"""
# Customers that led to one that leads on itself now, where nobody's seed says so.
_LEAD_ON = """
update customers_customer as c set redirects_to_id = next.redirects_to_id
from customers_customer as next
where next.id = c.redirects_to_id and next.redirects_to_id is not null and next.id = any(%s::uuid[])
"""
_END = "update customers_identityedge set undone_at = %s where id = any(%s) and undone_at is null"


@dataclass(frozen=True)
class By:
    """Who says what the new edges say: a person and the decision, or nobody."""

    actor: UUID | None = None
    decision: UUID | None = None


@dataclass(frozen=True)
class Changed:
    """What a projection changed: customers that are new, (kept, gone) merges and (kept, part) splits."""

    new_customers: int
    merged: tuple[tuple[UUID, UUID], ...]
    split: tuple[tuple[UUID, UUID], ...]


def lock_identification() -> None:
    """Let no other transaction identify anybody until this one ends."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [IDENTIFYING])


def copy_rows(table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Copy rows into a table, inside the caller's transaction."""
    with connection.cursor() as cursor, cursor.copy(f"copy {table} ({columns}) from stdin") as copy:
        for row in rows:
            copy.write_row(row)


def key_of(source: str, kind: str, value: str) -> str:
    """What the lake holds for a source record."""
    return f"{source}/{kind}:{value}"


def project(graph: Graph, at: datetime, by: By = By()) -> Changed:
    """Write what changed in `graph` since it was read, inside the caller's transaction, and tell who must know.

    The caller holds the lock of identification. Only clusters of which something changed are touched.
    """
    clusters = _changed(graph)
    fresh = [cluster.oldest.seed for cluster in clusters if cluster.oldest.stored is None]
    copy_rows("customers_customer", "id, created_at", ((customer, at) for customer in fresh))
    _copy_records(graph.new_nodes, at)
    moved = [node for cluster in clusters for node in cluster.members if _moved(node)]
    with connection.cursor() as cursor:
        if graph.ended_edges:
            # Before the new ones: the same two records may be joined anew by an edge of the same kind.
            cursor.execute(_END, [at, [edge.id for edge in graph.ended_edges]])
        _copy_edges(graph.new_edges, at, by)
        if moved:
            _own(moved, clusters, at, cursor)
    merged, split = _moves(clusters) if moved else ((), ())
    _follow(merged, split, at)
    return Changed(len(fresh), merged, split)


def _moved(node: Node) -> bool:
    return node.stored is not None and node.stored != node.customer


def _changed(graph: Graph) -> list[Cluster]:
    """The clusters that hold something new, or a record that is another customer's now; each once."""
    touched = [*graph.new_nodes, *(node for edge in graph.ended_edges for node in (edge.left, edge.right))]
    touched += [node for edge in graph.new_edges for node in (edge.left, edge.right)]
    return list({id(node.cluster): node.cluster for node in touched}.values())


def _copy_records(nodes: Sequence[Node], at: datetime) -> None:
    copy_rows(
        "customers_sourcerecord",
        "id, key, source, kind, value, customer_id, created_at, seed",
        (
            (node.id, key_of(*node.identifier), *node.identifier, node.customer, at, node.seed)
            for node in nodes
        ),
    )


def _copy_edges(edges: Sequence[Edge], at: datetime, by: By) -> None:
    copy_rows(
        "customers_identityedge",
        "left_id, right_id, kind, evidence, probability, said_at, recorded_at, actor_id, decision_id, undone_at",
        (
            (
                edge.left.id,
                edge.right.id,
                edge.kind,
                msgspec.json.encode(edge.evidence).decode(),
                edge.probability,
                edge.said_at or at,
                at,
                by.actor,
                by.decision,
                at if edge.ended else None,
            )
            for edge in edges
        ),
    )


def _own(moved: Sequence[Node], clusters: Sequence[Cluster], at: datetime, cursor: Any) -> None:
    """Write whose the moved records are, and where the ids of all that were customers once lead."""
    alone = {node.customer for node in moved}
    cursor.execute(_STAND_ALONE, [at, _json(sorted(alone))])
    cursor.execute(_OWN, [_json([(node.id, node.customer) for node in moved])])
    leads = [(node.seed, node.customer) for cluster in clusters for node in cluster.members]
    # A customer whose id is nobody's seed, such as one that was made without records, leads where its records went.
    seeds = {seed for seed, _ in leads}
    strays = {node.stored: node.customer for node in reversed(moved) if node.stored not in seeds}
    cursor.execute(_LEAD, [_json([*leads, *strays.items()])])
    cursor.execute(_LEAD_ON, [sorted({str(node.stored) for node in moved})])


def _moves(
    clusters: Sequence[Cluster],
) -> tuple[tuple[tuple[UUID, UUID], ...], tuple[tuple[UUID, UUID], ...]]:
    """Which customers became part of another and which stand alone, told by the records whose seeds their ids are."""
    members = [node for cluster in clusters for node in cluster.members]
    of_seed = {node.seed: node for node in members}
    before = {node.stored: node for node in reversed(members) if node.stored is not None}
    after = {cluster.oldest.seed: cluster.oldest for cluster in clusters}
    merged = [
        (UUID(of_seed.get(gone, node).customer), UUID(gone))
        for gone, node in before.items()
        if gone not in after
    ]
    split = [
        (UUID(oldest.stored), UUID(part))
        for part, oldest in after.items()
        if part not in before and oldest.stored is not None
    ]
    # A record without a seed of its own that only takes its right id has not become two customers.
    renamed = {(gone, kept) for kept, gone in merged}
    return (
        tuple(sorted(merged)),
        tuple(sorted(pair for pair in split if pair not in renamed)),
    )


def _follow(merged: Sequence[tuple[UUID, UUID]], split: Sequence[tuple[UUID, UUID]], at: datetime) -> None:
    """Let everything that hangs on the customers follow, then tell those who asked to hear of it."""
    for kept, part in split:
        for follows in reversed(following()):
            done = Followed.objects.filter(name=follows.model, gone=part, parted_at=None).first()
            if done is not None:
                follows.part(kept, part, done.memo, at)
                Followed.objects.filter(pk=done.pk).update(parted_at=at)
    for kept, gone in merged:
        for follows in following():
            memo = follows.join(kept, gone, at)
            if memo is not None:
                Followed.objects.create(
                    name=follows.model, kept_id=kept, gone_id=gone, memo=memo, joined_at=at
                )
    for kept, part in split:
        events.publish(CustomersSplit(kept, part, at))
    for kept, gone in merged:
        events.publish(CustomersMerged(kept, gone, at))


def record_refusals(
    refused: Iterable[tuple[str, Identifier | None, Identifier, datetime, datetime, int]],
) -> None:
    """Keep refusals as (code, kept to, left out, first, last, times); the same one again only counts up."""
    rows = [
        (code, key_of(*record) if record else None, key_of(*left), first.isoformat(), last.isoformat(), times)
        for code, record, left, first, last, times in refused
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_REFUSE, [_json(rows)])


_REFUSE = """
insert into customers_identityrefusal (code, record_id, other_id, identifier, first_at, last_at, times)
select item ->> 0, r.id, o.id, left(item ->> 2, 300), (item ->> 3)::timestamptz, (item ->> 4)::timestamptz,
    (item ->> 5)::bigint
from jsonb_array_elements(%s::jsonb) listed (item)
left join customers_sourcerecord as r on r.key = item ->> 1
left join customers_sourcerecord as o on o.key = item ->> 2
on conflict (code, record_id, identifier) do update set
    times = customers_identityrefusal.times + excluded.times,
    last_at = greatest(customers_identityrefusal.last_at, excluded.last_at)
"""


def _json(rows: Any) -> str:
    return msgspec.json.encode(rows).decode()
