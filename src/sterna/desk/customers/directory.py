"""Who is who among the identifiers of events: the rules of identification, on values in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sterna.desk.customers.graph import ALIAS, BY_VALUE, OBSERVED, SAME_VALUE, Edge, Graph, Node
from sterna.desk.customers.rules import Identifier

# Above every sequence of the records: what a batch adds is newer than all that it found.
_NEWER = 1 << 62

BLOCKED, SHARED, LIMIT, APART = "blocked value", "shared value", "limit", "cannot-link"
PUBLIC, NEVER = "public key", "kind"
REASONS = {
    BLOCKED: "the value is what programs write where they know nobody",
    SHARED: "the value came with more than one user id",
    LIMIT: "the customer would have more identifiers of a kind than the limit allows",
    APART: "somebody decided that they are two persons",
    PUBLIC: "a public key joins nobody who is known already",
    NEVER: "identifiers of this kind join nobody",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What an event tells of identity: its identifiers, when it came, its message id, and by which kind of key.

    `main` is the identifier that the event is filed under; `others` come with it. An alias is `declared`.
    """

    main: Identifier | None
    others: Sequence[Identifier]
    at: datetime
    message_id: str = ""
    public: bool = False
    declared: bool = False

    @property
    def evidence(self) -> dict[str, Any]:
        """What an edge that rests on the event keeps of it."""
        source = self.main[0] if self.main else ""
        return {"event": self.message_id, "source": source} if self.message_id else {}


@dataclass(slots=True)
class Refused:
    """A refusal of a batch: how often it came."""

    first_at: datetime
    last_at: datetime
    times: int = 1


@dataclass(slots=True)
class Directory:
    """The graph of whom a batch names, and what the batch adds to it.

    `shared` are values that join nobody, `sightings` the user ids that a value was refused with before.
    """

    graph: Graph
    new_id: Callable[[], object]
    shared: set[tuple[str, str]] = field(default_factory=set)
    sightings: dict[tuple[str, str], set[Identifier]] = field(default_factory=dict)
    newly_shared: dict[tuple[str, str], tuple[Identifier, Identifier]] = field(default_factory=dict)
    refused: dict[tuple[str, Identifier | None, Identifier], Refused] = field(default_factory=dict)
    # The records that the event at hand is the first to name.
    _fresh: set[Node] = field(default_factory=set)

    def resolve(self, told: Told) -> Identifier | None:
        """The identifier that an event is filed under, after its identifiers were joined as far as the rules let.

        None when it names nobody. From the first in priority on, each identifier joins if nothing stands against it;
        one that does not is left where it is, and the refusal is kept.
        """
        named = [each for each in dict.fromkeys((told.main, *told.others)) if each is not None]
        if len(named) == 1 and named[0] in self.graph.by_identifier:
            return named[0]
        usable = [each for each in named if not self._blocked(each, told.at)]
        if not usable:
            return None
        filed = told.main if told.main in usable else usable[0]
        self._join(usable, told)
        if filed not in self.graph.by_identifier:
            self._make(filed)
        return filed

    def _join(self, usable: Sequence[Identifier], told: Told) -> None:
        """Join the identifiers of one event to the first in priority that is one person's, as far as the rules let."""
        self._fresh.clear()
        ranked = self.graph.rules.by_priority(usable) if len(usable) > 1 else usable
        own = [each for each in ranked if each[1:] not in self.shared]
        if not own:
            return
        first = self._node(own[0], told) or self._make(own[0])
        for identifier in ranked:
            if identifier in own[1:]:
                self._meet(first, identifier, told)
            elif identifier != own[0]:
                self._refuse(SHARED, first, identifier, told.at)

    def _blocked(self, identifier: Identifier, at: datetime) -> bool:
        # What is in the records already was let in by somebody, such as the rows of an import.
        if identifier in self.graph.by_identifier or not self.graph.rules.blocks(identifier[2]):
            return False
        self._refuse(BLOCKED, None, identifier, at)
        return True

    def _node(self, identifier: Identifier, told: Told) -> Node | None:
        """The record of an identifier; one that another source knows gets its record here, joined to that one."""
        node = self.graph.by_identifier.get(identifier)
        if node is not None or identifier[1:] in self.shared:
            return node
        same = self.graph.by_value.get(identifier[1:])
        if not same:
            return None
        node = self._make(identifier)
        barrier = self.graph.barrier(same[0], node) if self.graph.rules.of(identifier[1]).joins else NEVER
        if barrier is None:
            self.graph.link(same[0], node, SAME_VALUE, said_at=told.at, evidence=told.evidence)
        else:
            self._refuse(barrier, same[0], identifier, told.at)
        return node

    def _make(self, identifier: Identifier) -> Node:
        sequence = _NEWER + len(self.graph.new_nodes)
        node = self.graph.add(Node(str(self.new_id()), identifier, str(self.new_id()), sequence))
        self._fresh.add(node)
        return node

    def _meet(self, first: Node, identifier: Identifier, told: Told) -> None:
        """Join an identifier of the event to the first one's customer, or refuse to."""
        node = self._node(identifier, told)
        if node is not None and first in node.edges:
            return None
        other = self._other_user(first, identifier, node)
        if other is not None:
            self._share(identifier[1:], other, first.identifier)
            return self._refuse(SHARED, first, identifier, told.at)
        barrier = self._barrier(first, identifier, node, told.public)
        if barrier is not None:
            if self.graph.rules.of(first.identifier[1]).names:
                self.sightings.setdefault(identifier[1:], set()).add(first.identifier)
            return self._refuse(barrier, first, identifier, told.at)
        node = node or self._make(identifier)
        kind = ALIAS if told.declared else OBSERVED
        self.graph.link(first, node, kind, said_at=told.at, evidence=told.evidence)
        return None

    def _other_user(self, first: Node, identifier: Identifier, node: Node | None) -> Identifier | None:
        """Another customer's user id, of the same source and kind as the first, that the value came with before."""
        rules = self.graph.rules
        own = rules.of(identifier[1])
        if not rules.of(first.identifier[1]).names or own.names or not own.joins:
            return None
        source, kind, value = first.identifier
        seen = [
            other.identifier for each in self.graph.by_value.get(identifier[1:], ()) for other in each.edges
        ]
        for each in (*seen, *self.sightings.get(identifier[1:], ())):
            if each[:2] == (source, kind) and each[2] != value:
                known = self.graph.by_identifier.get(each)
                if known is None or known.cluster is not first.cluster:
                    return each
        return None

    def _share(self, value: tuple[str, str], one: Identifier, two: Identifier) -> None:
        """Let a value join nobody from now on, and undo what it joined."""
        self.shared.add(value)
        self.newly_shared[value] = (one, two)
        ended: dict[int, Edge] = {
            id(edge): edge
            for node in self.graph.by_value.get(value, ())
            for edges in node.edges.values()
            for edge in edges
            if edge.kind in BY_VALUE
        }
        self.graph.cut(ended.values())

    def _barrier(self, first: Node, identifier: Identifier, node: Node | None, public: bool) -> str | None:
        rules = self.graph.rules
        if not rules.of(identifier[1]).joins or not rules.of(first.identifier[1]).joins:
            return NEVER
        if node is not None and node.cluster is first.cluster:
            return None
        if public and node is not None and not self._may_attach(first, node):
            return PUBLIC
        if node is not None:
            return self.graph.barrier(first, node)
        key = (identifier[1], identifier[0] if rules.of(identifier[1]).by_source else "")
        known = self.graph.values(first.cluster).get(key, set())
        return (
            LIMIT if len(known | {identifier[2]}) > max(rules.of(identifier[1]).limit, len(known)) else None
        )

    def _may_attach(self, first: Node, node: Node) -> bool:
        """Whether one of the two is new with this event and brings no second name: all that a public key may join."""
        for new, known in ((first, node), (node, first)):
            if new in self._fresh and len(new.cluster.members) == 1:
                return not (self._named(new) and self._named(known))
        return False

    def _named(self, node: Node) -> bool:
        return any(self.graph.rules.of(each.identifier[1]).names for each in node.cluster.members)

    def _refuse(self, code: str, first: Node | None, identifier: Identifier, at: datetime) -> None:
        key = (code, first.identifier if first else None, identifier)
        known = self.refused.get(key)
        if known is None:
            self.refused[key] = Refused(at, at)
        else:
            known.times += 1
            known.last_at = max(known.last_at, at)


def identifiers(told: Sequence[Told]) -> set[Identifier]:
    """All identifiers that events name."""
    return {each for one in told for each in (one.main, *one.others) if each is not None}
