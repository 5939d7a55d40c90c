"""Identifiers and events in memory and on the records, for tests of who is who."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sterna.desk.customers.actions import act_on_inbox
from sterna.desk.customers.directory import Directory, Told
from sterna.desk.customers.graph import Edge, Graph, Node
from sterna.desk.customers.models import Customer, SourceRecord
from sterna.desk.customers.rules import Identifier, Rules
from sterna.desk.sources.actions import add_source, receive
from sterna.desk.sources.models import Source
from sterna.desk.sources.received import Envelope

NOON = datetime(2017, 7, 1, 12, tzinfo=UTC)


def directory(rules: Rules | None = None) -> Directory:
    """A directory that knows nobody yet; its ids are numbers that order as they were given."""
    numbers = count(1)
    return Directory(Graph(rules or Rules()), lambda: f"{next(numbers):08}")


def again(book: Directory) -> Directory:
    """A directory that knows what `book` does, as if it had been written and read back."""
    read = directory(book.graph.rules)
    read.new_id = book.new_id
    for node in sorted(book.graph.nodes.values(), key=lambda node: node.sequence):
        read.graph.know(Node(node.id, node.identifier, node.seed, len(read.graph.nodes), node.customer))
    for node in book.graph.nodes.values():
        for other, edges in node.edges.items():
            for edge in edges if node.id < other.id else ():
                read.graph.hold(Edge(read.graph.nodes[node.id], read.graph.nodes[other.id], edge.kind, 1))
    read.shared = set(book.shared)
    read.sightings = {value: set(users) for value, users in book.sightings.items()}
    return read


def told(*named: Identifier, public: bool = False) -> Told:
    """An event that names these identifiers, the first one being what it is filed under."""
    return Told(named[0], named[1:], NOON, "", public)


def groups(book: Directory) -> set[frozenset[Identifier]]:
    """Who is one customer with whom."""
    return {frozenset(node.identifier for node in cluster.members) for cluster in book.graph.clusters()}


def source(name: str = "web", kind: str = "user_id") -> Source:
    """The source of this name, made when it is not there."""
    return Source.objects.filter(name=name).first() or add_source(name, name.title(), kind)[0]


def say(events: Iterable[dict[str, Any]], name: str = "web", key: str = "secret") -> None:
    """Receive events by one key of a source, and act on them."""
    batch = [{"type": "page", **event} for event in events]
    receive(source(name), batch, Envelope(NOON, None, {}, {}, key))
    act_on_inbox()


def whose(*keys: str) -> Customer:
    """The one customer of these source records."""
    found = {
        record.customer for record in SourceRecord.objects.filter(key__in=keys).select_related("customer")
    }
    assert len(found) == 1, f"{keys} are {len(found)} customers"
    return found.pop()


def apart(*keys: str) -> bool:
    """Whether these source records are all of different customers."""
    found = SourceRecord.objects.filter(key__in=keys).values_list("customer", flat=True)
    return len(set(found)) == len(keys) == len(found)


def clusters() -> set[frozenset[str]]:
    """Who is one customer with whom in the records, by key."""
    found: dict[Any, set[str]] = {}
    for key, customer in SourceRecord.objects.values_list("key", "customer"):
        found.setdefault(customer, set()).add(key)
    return {frozenset(keys) for keys in found.values()}


def ids(keys: Sequence[str]) -> dict[str, Any]:
    """The id of the customer of each source record."""
    return dict(SourceRecord.objects.filter(key__in=keys).values_list("key", "customer"))


def state() -> dict[str, list[tuple[Any, ...]]]:
    """Everything that hangs on customers, as a merge must leave it after a split: the journals are not part of it."""
    from sterna.desk.contacts.models import Contact
    from sterna.desk.customers import queries
    from sterna.desk.customers.models import Address, Fact, HouseholdMember
    from sterna.desk.segments.models import Membership

    rows = {
        "records": SourceRecord.objects.order_by("key").values_list("key", "customer"),
        "customers": Customer.objects.order_by("pk").values_list("pk", "redirects_to"),
        "facts": Fact.objects.order_by("pk").values_list("pk", "source_record__customer", "value"),
        "addresses": Address.objects.order_by("pk").values_list("pk", "source_record__customer"),
        "stays": Membership.objects.order_by("pk").values_list("pk", "customer", "place", "during", "cause"),
        "contacts": Contact.objects.order_by("pk").values_list("pk", "customer", "state", "error"),
        "homes": HouseholdMember.objects.order_by("pk").values_list("pk", "customer", "household", "until"),
    }
    found: dict[str, list[tuple[Any, ...]]] = {name: list(listed) for name, listed in rows.items()}
    found["allowed"] = [
        (customer.pk, each.medium, each.purpose, each.granted)
        for customer in Customer.objects.filter(redirects_to=None).order_by("pk")
        for each in queries.standings(customer)
    ]
    return found
