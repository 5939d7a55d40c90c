"""What a steward decides of identity: two customers are one, one is two, and taking such a decision back."""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.config.ids import new_id
from sterna.desk.config.refused import Refused
from sterna.desk.customers.actions.projecting import By, Changed, lock_identification, project
from sterna.desk.customers.graph import BY_VALUE, CANNOT_LINK, MUST_LINK, Edge, Graph, Node
from sterna.desk.customers.models import Customer, IdentityDecision, IdentityEdge, SourceRecord
from sterna.desk.customers.queries.graphs import graph_of_customers, shared_values
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User


@transaction.atomic
def merge(
    one: Customer, other: Customer, reason: str, actor: User | None, key: str | None = None
) -> IdentityDecision:
    """Let two customers be one from now on, whatever the rules say; the same `key` again does nothing.

    A decision that they are two ends with it. Raises Refused without the right or a reason, for customers that are
    one already, and for one without records.
    """
    done = _begin(reason, actor, key)
    if done is not None:
        return done
    graph = graph_of_customers({_root(one), _root(other)})
    here, there = (_oldest(graph, customer) for customer in (one, other))
    if here.cluster is there.cluster:
        raise Refused("they are one customer already")
    apart = [edge for node in here.cluster.members for edge in node.apart.values() if _leads_to(edge, there)]
    graph.cut(apart)
    graph.link(here, there, MUST_LINK, evidence={"reason": reason})
    return _decide(IdentityDecision.Kind.MERGE, graph, apart, reason, actor, key)


@transaction.atomic
def split(
    customer: Customer, records: Collection[UUID], reason: str, actor: User | None, key: str | None = None
) -> IdentityDecision:
    """Let `records` be a customer of their own, apart from the rest for ever; the same `key` again does nothing.

    Each side stays whole. Raises Refused without the right or a reason, when a record is not the customer's, and when
    a side would be empty.
    """
    done = _begin(reason, actor, key)
    if done is not None:
        return done
    graph = graph_of_customers({_root(customer)})
    side = [graph.nodes[str(each)] for each in records if str(each) in graph.nodes]
    rest = [node for node in graph.nodes.values() if node not in side]
    if len(side) != len(set(records)):
        raise Refused("a record is not this customer's: look again, somebody may have split them already")
    if not side or not rest:
        raise Refused("choose some of the records and leave some: a split makes two customers of one")
    between = _between(side, rest)
    graph.cut(between)
    for part in (side, rest):
        _keep_whole(graph, part, reason)
    graph.link(_strongest(graph, side), _strongest(graph, rest), CANNOT_LINK, evidence={"reason": reason})
    return _decide(IdentityDecision.Kind.SPLIT, graph, between, reason, actor, key)


@transaction.atomic
def undo(decision: IdentityDecision, reason: str, actor: User | None) -> IdentityDecision:
    """Take a merge or a split back: its edges end, and those that it ended count again. A second time does nothing.

    Raises Refused without the right or a reason, and where what was decided since stands against it.
    """
    demand(actor, Right.STEWARD)
    _require(reason)
    lock_identification()
    held = IdentityDecision.objects.select_for_update().get(pk=decision.pk)
    if held.undone_at is not None:
        return held
    graph, own, ended = _of_decision(held)
    graph.cut(own)
    for row in ended:
        _hold_again(graph, row)
    changed = project(graph, clock.now(), By(_pk(actor)))
    held.undone_at, held.undone_by, held.undone_reason = clock.now(), actor, reason
    held.save(update_fields=["undone_at", "undone_by", "undone_reason"])
    _record(f"undo {held.kind}", held, changed, reason, actor)
    return held


def _begin(reason: str, actor: User | None, key: str | None) -> IdentityDecision | None:
    """Check who decides and why; returns the decision that was made under this key before."""
    demand(actor, Right.STEWARD)
    _require(reason)
    lock_identification()
    return IdentityDecision.objects.filter(key=key).first() if key else None


def _require(reason: str) -> None:
    if not reason.strip():
        raise Refused("write why: whoever looks at this customer next year will want to know")


def _root(customer: Customer) -> UUID:
    """Where the id of a customer leads now; the one in hand may be older than the last merge."""
    held = Customer.objects.get(pk=customer.pk)
    return held.redirects_to_id or held.pk


def _oldest(graph: Graph, customer: Customer) -> Node:
    root = str(_root(customer))
    for cluster in graph.clusters():
        if cluster.oldest.stored == root:
            return cluster.oldest
    raise Refused("a customer without any identifier cannot be merged")


def _leads_to(edge: Edge, node: Node) -> bool:
    return node.cluster in (edge.left.cluster, edge.right.cluster)


def _between(side: Iterable[Node], rest: Collection[Node]) -> list[Edge]:
    others = set(rest)
    return [edge for node in side for other, edges in node.edges.items() if other in others for edge in edges]


def _keep_whole(graph: Graph, side: Iterable[Node], reason: str) -> None:
    """Join what hung together only by way of the other side: the steward said that it is one person."""
    first, *others = dict.fromkeys(node.cluster.oldest for node in side)
    for other in others:
        graph.link(first, other, MUST_LINK, evidence={"reason": reason})


def _strongest(graph: Graph, side: Iterable[Node]) -> Node:
    """The record of a side that is surest to stay with the person: a device may turn out to be another's."""
    return min(side, key=lambda node: (graph.rules.of(node.identifier[1]).priority, node.sequence))


def _decide(
    kind: IdentityDecision.Kind,
    graph: Graph,
    ended: Iterable[Edge],
    reason: str,
    actor: User | None,
    key: str | None,
) -> IdentityDecision:
    decision = IdentityDecision.objects.create(
        id=new_id(),
        kind=kind,
        reason=reason,
        actor=actor,
        decided_at=clock.now(),
        key=key,
        ended_edges=sorted(edge.id for edge in ended if edge.id is not None),
    )
    changed = project(graph, clock.now(), By(_pk(actor), decision.pk))
    _record(kind.value, decision, changed, reason, actor)
    return decision


def _of_decision(
    decision: IdentityDecision,
) -> tuple[Graph, list[Edge], list[IdentityEdge]]:
    """The graph around a decision, its edges that still count, and the rows of those that it ended."""
    ended = list(IdentityEdge.objects.filter(pk__in=decision.ended_edges).order_by("sequence"))
    rows = [*decision.edges.filter(undone_at=None), *ended]
    records = {pk for row in rows for pk in (row.left_id, row.right_id)}
    owners = SourceRecord.objects.filter(pk__in=records).values_list("customer_id", flat=True)
    graph = graph_of_customers(set(owners))
    live = {row.pk for row in rows} - {row.pk for row in ended}
    held = {
        edge.id: edge
        for node in graph.nodes.values()
        for edge in [*node.apart.values(), *(each for edges in node.edges.values() for each in edges)]
    }
    return graph, [edge for pk, edge in held.items() if pk in live], ended


def _hold_again(graph: Graph, row: IdentityEdge) -> None:
    left, right = graph.nodes[str(row.left_id)], graph.nodes[str(row.right_id)]
    if row.kind == CANNOT_LINK:
        if left.cluster is right.cluster:
            raise Refused("they are still joined by what was seen or decided since: split them instead")
    elif graph.barred(left.cluster, right.cluster):
        raise Refused("somebody decided since that they are two persons: take that back first")
    elif row.kind in BY_VALUE and shared_values([left.identifier, right.identifier]):
        # The value is known by now to be more than one person's: what rested on it does not come back.
        return
    elif any(edge.kind == row.kind for edge in left.edges.get(right, ())):
        return
    graph.link(
        left,
        right,
        row.kind,
        evidence=row.evidence,
        said_at=row.said_at,
        probability=row.probability,
    )


def _pk(actor: User | None) -> UUID | None:
    return actor.pk if actor else None


def _record(
    action: str, decision: IdentityDecision, changed: Changed, reason: str, actor: User | None
) -> None:
    pairs = [*changed.merged, *changed.split]
    record(
        f"{action} customers",
        "customer",
        str(pairs[0][0]) if pairs else str(decision.pk),
        actor,
        reason,
        {
            "decision": str(decision.pk),
            "merged": [[str(kept), str(gone)] for kept, gone in changed.merged],
            "split": [[str(kept), str(part)] for kept, part in changed.split],
        },
    )
