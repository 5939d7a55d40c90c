"""Who is who, told by plain lists and flooding: what the graph of the records must come out as."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sterna.desk.customers.rules import Identifier

PRIORITY = {"user_id": 1, "email": 2, "anonymous_id": 9}
LIMIT = {"user_id": 1, "email": 5, "anonymous_id": 50}
Pair = frozenset[Identifier]


@dataclass
class Reference:
    """Records in the order in which they came, what joins two of them, and what keeps two apart."""

    records: list[Identifier] = field(default_factory=list)
    seen: list[Pair] = field(default_factory=list)
    decided: list[Pair] = field(default_factory=list)
    apart: list[Pair] = field(default_factory=list)
    shared: set[tuple[str, str]] = field(default_factory=set)
    kept_from: set[tuple[tuple[str, str], Identifier]] = field(default_factory=set)

    def cluster(self, start: Identifier) -> frozenset[Identifier]:
        """Everybody who hangs together with `start`."""
        found, waiting = {start}, [start]
        while waiting:
            here = waiting.pop()
            for pair in (*self.seen, *self.decided):
                for other in pair if here in pair else ():
                    if other not in found:
                        found.add(other)
                        waiting.append(other)
        return frozenset(found)

    def clusters(self) -> set[frozenset[Identifier]]:
        """Everybody, by who is one customer."""
        return {self.cluster(each) for each in self.records}

    def oldest(self, cluster: Iterable[Identifier]) -> Identifier:
        """The record that came first."""
        return min(cluster, key=self.records.index)

    def identify(self, identifier: Identifier) -> None:
        """A record is there; one whose value another source knows is joined to it."""
        if identifier in self.records:
            return
        same = [each for each in self.records if each[1:] == identifier[1:]]
        self.records.append(identifier)
        fits = same and self._fits(self.cluster(same[0]), frozenset({identifier}))
        if fits and identifier[1:] not in self.shared:
            self.seen.append(frozenset({same[0], identifier}))

    def event(self, named: list[Identifier], public: bool) -> None:
        """An event names a user, else a device, first; what it may join is joined."""
        before = set(self.records)
        own = [
            each for each in sorted(named, key=lambda each: PRIORITY[each[1]]) if each[1:] not in self.shared
        ]
        for each in own[:1]:
            self.identify(each)
        for each in own[1:]:
            self._meet(own[0], each, public, before)
        if named[0] not in self.records:
            self.records.append(named[0])

    def _meet(self, first: Identifier, other: Identifier, public: bool, before: set[Identifier]) -> None:
        if any(each[1:] == other[1:] for each in self.records):
            self.identify(other)
        if frozenset({first, other}) in (*self.seen, *self.decided):
            return
        if first[1] == "user_id" and other[1] != "user_id" and self._another_user(first, other[1:]):
            self.shared.add(other[1:])
            self.seen = [pair for pair in self.seen if all(each[1:] != other[1:] for each in pair)]
        elif self._may_join(first, other, public, before):
            if other not in self.records:
                self.records.append(other)
            self.seen.append(frozenset({first, other}))
        elif first[1] == "user_id":
            self.kept_from.add((other[1:], first))

    def _another_user(self, first: Identifier, value: tuple[str, str]) -> bool:
        with_it = {
            each for pair in (*self.seen, *self.decided) for each in pair if any(e[1:] == value for e in pair)
        }
        with_it |= {user for kept, user in self.kept_from if kept == value}
        others = {each for each in with_it if each[:2] == first[:2] and each[2] != first[2]}
        return any(each not in self.cluster(first) for each in others)

    def _may_join(self, first: Identifier, other: Identifier, public: bool, before: set[Identifier]) -> bool:
        here = self.cluster(first)
        there = self.cluster(other) if other in self.records else frozenset({other})
        if here == there:
            return True
        if public and other in self.records:
            new = [
                (mine, yours)
                for one, mine, yours in ((first, here, there), (other, there, here))
                if one not in before and len(mine) == 1
            ]
            if not new or (self._is_named(new[0][0]) and self._is_named(new[0][1])):
                return False
        return not self.barred(here, there) and self._fits(here, there)

    def _is_named(self, cluster: Iterable[Identifier]) -> bool:
        return any(kind == "user_id" for _, kind, _ in cluster)

    def barred(self, here: Iterable[Identifier], there: Iterable[Identifier]) -> bool:
        """Whether somebody decided that they are two."""
        return any(pair & set(here) and pair & set(there) for pair in self.apart)

    def _fits(self, here: frozenset[Identifier], there: frozenset[Identifier]) -> bool:
        for kind, limit in LIMIT.items():
            for source in ("web", "shop") if kind == "user_id" else ("",):
                mine, yours = (
                    {value for where, what, value in side if what == kind and source in ("", where)}
                    for side in (here, there)
                )
                if mine and yours and len(mine | yours) > max(limit, len(mine), len(yours)):
                    return False
        return True

    def merge(self, one: Identifier, two: Identifier) -> None:
        """Somebody decided that two customers are one."""
        here, there = self.cluster(one), self.cluster(two)
        self.apart = [pair for pair in self.apart if not (pair & here and pair & there)]
        self.decided.append(frozenset({self.oldest(here), self.oldest(there)}))

    def split(self, side: frozenset[Identifier]) -> None:
        """Somebody decided that some records of a customer are another one's."""
        rest = self.cluster(next(iter(side))) - side
        self.seen, self.decided = (
            [pair for pair in pairs if not (pair & side and pair & rest)]
            for pairs in (self.seen, self.decided)
        )
        for part in (side, rest):
            first, *others = sorted(
                {self.oldest(self.cluster(each)) for each in part}, key=self.records.index
            )
            self.decided += [frozenset({first, other}) for other in others]
        strongest = [
            min(part, key=lambda each: (PRIORITY[each[1]], self.records.index(each))) for part in (side, rest)
        ]
        self.apart.append(frozenset(strongest))

    def split_again(self, here: frozenset[Identifier], there: frozenset[Identifier]) -> None:
        """Two that were one for a moment: only the decision that they are two stays."""
        strongest = [
            min(part, key=lambda each: (PRIORITY[each[1]], self.records.index(each)))
            for part in (here, there)
        ]
        self.apart.append(frozenset(strongest))
