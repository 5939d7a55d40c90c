"""Source records and identity edges in memory: clusters, who they are, and what keeps two of them apart.

Pure: no database and no clock. The customer of a cluster is the seed of its oldest record, so that the same live edges
always give the same customers, whatever happened in between. Ids are text, which orders as they do and is read faster.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sterna.desk.customers.rules import Identifier, Rules

OBSERVED, SAME_VALUE, ALIAS, MATCHED = "observed", "same value", "alias", "matched"
MUST_LINK, CANNOT_LINK = "must-link", "cannot-link"
# Edges that rest on the value of an identifier: they end when the value turns out to be more than one person's.
BY_VALUE = frozenset({OBSERVED, SAME_VALUE, ALIAS})


@dataclass(slots=True, eq=False)
class Node:
    """A source record: what it is called, the customer it makes when it is the oldest, and its cluster."""

    id: str
    identifier: Identifier
    seed: str
    sequence: int
    # Whose it is in the records; None for one that is new.
    stored: str | None = None
    edges: dict["Node", list["Edge"]] = field(default_factory=dict)
    apart: dict["Node", "Edge"] = field(default_factory=dict)
    cluster: "Cluster" = field(init=False)

    @property
    def customer(self) -> str:
        """Whose it is."""
        return self.cluster.oldest.seed


@dataclass(slots=True, eq=False)
class Edge:
    """An identity edge; `id` is None for one that is new, `ended` tells that it counts no more."""

    left: Node
    right: Node
    kind: str
    id: int | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    said_at: datetime | None = None
    probability: float | None = None
    sequence: int = 0
    ended: bool = False


@dataclass(slots=True, eq=False)
class Cluster:
    """Records that are one customer; `barred` tells that one of them must not be one with somebody else's."""

    members: list[Node]
    oldest: Node
    barred: bool = False


@dataclass(slots=True)
class Graph:
    """Whole clusters of source records, and what was changed in them since they were read."""

    rules: Rules
    nodes: dict[str, Node] = field(default_factory=dict)
    by_identifier: dict[Identifier, Node] = field(default_factory=dict)
    by_value: dict[tuple[str, str], list[Node]] = field(default_factory=dict)
    new_nodes: list[Node] = field(default_factory=list)
    new_edges: list[Edge] = field(default_factory=list)
    ended_edges: list[Edge] = field(default_factory=list)

    def know(self, node: Node) -> Node:
        """Take in a record, in a cluster of its own; records are taken in the oldest first."""
        self.nodes[node.id] = node
        self.by_identifier[node.identifier] = node
        self.by_value.setdefault(node.identifier[1:], []).append(node)
        node.cluster = Cluster([node], node)
        return node

    def add(self, node: Node) -> Node:
        """Take in a record that is new."""
        self.new_nodes.append(node)
        return self.know(node)

    def hold(self, edge: Edge) -> None:
        """Take in an edge between two records that are known, and join their clusters unless it keeps them apart."""
        if edge.kind == CANNOT_LINK:
            edge.left.apart[edge.right] = edge.right.apart[edge.left] = edge
            edge.left.cluster.barred = edge.right.cluster.barred = True
            return
        edge.left.edges.setdefault(edge.right, []).append(edge)
        edge.right.edges.setdefault(edge.left, []).append(edge)
        self._join(edge.left.cluster, edge.right.cluster)

    def link(self, one: Node, two: Node, kind: str, **told: Any) -> Edge:
        """A new edge; the caller has asked `barrier` where the edge is not somebody's decision."""
        left, right = (one, two) if one.id < two.id else (two, one)
        edge = Edge(left, right, kind, **told)
        self.new_edges.append(edge)
        self.hold(edge)
        return edge

    def cut(self, edges: Iterable[Edge]) -> None:
        """End edges and let the clusters fall into what still hangs together."""
        touched: dict[Node, None] = {}
        for edge in edges:
            edge.ended = True
            if edge.id is not None:
                self.ended_edges.append(edge)
            for here, there in ((edge.left, edge.right), (edge.right, edge.left)):
                touched[here] = None
                if edge.kind == CANNOT_LINK:
                    here.apart.pop(there, None)
                    continue
                here.edges[there].remove(edge)
                if not here.edges[there]:
                    del here.edges[there]
        done: set[Node] = set()
        for node in touched:
            if node not in done:
                done.update(self._reform(node))

    def barrier(self, one: Node, two: Node, kinds: Collection[str] | None = None) -> str | None:
        """Why two clusters must not be one, as the code of a refusal; None when they may.

        Of `kinds` alone the limits are looked at; None: of all.
        """
        here, there = one.cluster, two.cluster
        if here is there:
            return None
        if self.barred(here, there):
            return "cannot-link"
        mine, yours = self.values(here), self.values(there)
        for key in mine.keys() & yours.keys():
            if kinds is not None and key[0] not in kinds:
                continue
            together = len(mine[key] | yours[key])
            # A customer that a person merged beyond the limit is not over it anew with every device.
            if together > max(self.rules.of(key[0]).limit, len(mine[key]), len(yours[key])):
                return "limit"
        return None

    def values(self, cluster: Cluster) -> dict[tuple[str, str], set[str]]:
        """The values of each kind that a customer has, by source where the rule says so (else under "")."""
        found: dict[tuple[str, str], set[str]] = {}
        for node in cluster.members:
            source, kind, value = node.identifier
            found.setdefault((kind, source if self.rules.of(kind).by_source else ""), set()).add(value)
        return found

    def barred(self, here: Cluster, there: Cluster) -> bool:
        """Whether somebody decided that records of the two clusters are two persons."""
        if not (here.barred and there.barred):
            return False
        return any(other.cluster is there for node in here.members for other in node.apart)

    def clusters(self) -> Iterator[Cluster]:
        """Each cluster once, in the order of its first record."""
        seen: set[int] = set()
        for node in self.nodes.values():
            if id(node.cluster) not in seen:
                seen.add(id(node.cluster))
                yield node.cluster

    def _join(self, here: Cluster, there: Cluster) -> None:
        if here is there:
            return
        large, small = (here, there) if len(here.members) >= len(there.members) else (there, here)
        large.members += small.members
        for node in small.members:
            node.cluster = large
        if small.oldest.sequence < large.oldest.sequence:
            large.oldest = small.oldest
        large.barred = large.barred or small.barred

    def _reform(self, start: Node) -> list[Node]:
        """Give a record the cluster of all that still hangs together with it."""
        members = {start: None}
        waiting = [start]
        while waiting:
            for other in waiting.pop().edges:
                if other not in members:
                    members[other] = None
                    waiting.append(other)
        ordered = sorted(members, key=lambda node: node.sequence)
        cluster = Cluster(ordered, ordered[0], any(node.apart for node in ordered))
        for node in cluster.members:
            node.cluster = cluster
        return cluster.members
