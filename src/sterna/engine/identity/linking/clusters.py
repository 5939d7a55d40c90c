"""Joins linked records to clusters, never two that must not be one person, not even by way of others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sterna.engine.errors import BadInput

Pair = tuple[str, str]


@dataclass(frozen=True)
class Rules:
    """What no cluster may hold together.

    `barred` are pairs that are two persons; `users` the verified user id of a record, of which a cluster has one;
    `sources` the source of a record, of which a cluster has one record at most (empty: as many as there are).
    """

    barred: frozenset[Pair] = frozenset()
    users: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Part:
    records: set[str]
    barred: set[str]
    users: set[str]
    sources: set[str]

    def refuses(self, other: "_Part") -> str | None:
        """Why the two parts must not be one, or None."""
        if not self.barred.isdisjoint(other.records) or not other.barred.isdisjoint(self.records):
            return "it would join two persons by way of others"
        if self.users and other.users and self.users.isdisjoint(other.users):
            return "it would join two user ids by way of others"
        if not self.sources.isdisjoint(other.sources):
            return "another record of the source fits better"
        return None

    def take(self, other: "_Part") -> None:
        self.records |= other.records
        self.barred |= other.barred
        self.users |= other.users
        self.sources |= other.sources


class _Parts:
    """Every record in one part; at first each has its own."""

    def __init__(self, records: Iterable[str], rules: Rules) -> None:
        against: dict[str, set[str]] = {}
        for one, two in rules.barred:
            against.setdefault(one, set()).add(two)
            against.setdefault(two, set()).add(one)
        self.of = {
            record: _Part(
                {record},
                against.get(record, set()),
                {rules.users[record]} if record in rules.users else set(),
                {rules.sources[record]} if record in rules.sources else set(),
            )
            for record in records
        }

    def join(self, one: str, two: str) -> None:
        large, small = self.of[one], self.of[two]
        if large is small:
            return
        if len(large.records) < len(small.records):
            large, small = small, large
        large.take(small)
        for record in small.records:
            self.of[record] = large


def cluster(
    records: Iterable[str], must: Iterable[Pair], edges: Mapping[Pair, float], rules: Rules
) -> tuple[dict[str, str], dict[Pair, str]]:
    """The cluster of each record, named by the least of its records, and the edges that were cut with the reason.

    Pairs of `must` are always joined. The `edges` (pair to weight) follow from the strongest to the weakest, in the
    manner of Kruskal (1956): one that would bring together what `rules` keep apart is cut. So on each way between
    two such records it is the weakest edge that goes. Raises BadInput when `must` itself joins a barred pair.
    """
    parts = _Parts(records, rules)
    for one, two in must:
        parts.join(one, two)
    torn = sorted(pair for pair in rules.barred if parts.of[pair[0]] is parts.of[pair[1]])
    if torn:
        raise BadInput(
            f"records {torn[0][0]} and {torn[0][1]} must be one person and must not: decide one of them"
        )
    cut = {}
    for pair, _ in sorted(edges.items(), key=lambda item: (-item[1], item[0])):
        left, right = parts.of[pair[0]], parts.of[pair[1]]
        if left is right:
            continue
        refused = left.refuses(right)
        if refused:
            cut[pair] = refused
        else:
            parts.join(*pair)
    named = {id(part): min(part.records) for part in parts.of.values()}
    return {record: named[id(part)] for record, part in parts.of.items()}, cut
