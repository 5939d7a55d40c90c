"""What others buy because of a customer: credits for newcomers that never sum to more than one newcomer.

Source: V. Kumar, J. A. Petersen, R. P. Leone, "Driving Profitability by Encouraging Customer Referrals: Who, When, and
How", Journal of Marketing 74(5), 2010, and "How Valuable Is Word of Mouth?", Harvard Business Review 85(10), 2007: the
value of referred customers who would not have come by themselves, and for all of them the saved cost of acquiring them.
Everything is counted in whole cents and ten-thousandths of a newcomer, so that credits add up.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sterna.engine.errors import BadInput
from sterna.engine.money import CENT

METHOD = "customer referral value of recorded credits (Kumar, Petersen and Leone 2010)"
VERSION = 1
WHOLE = 10_000  # parts of a newcomer
MOST_NAMED = 5

Kind = Literal["referral", "influence", "knowledge"]
KINDS: tuple[Kind, ...] = ("referral", "influence", "knowledge")
Cents = NDArray[np.int64]


@dataclass(frozen=True)
class Credit:
    """A recorded credit: that `newcomer` came, wholly or by a `share`, because of `customer`.

    A referral is an introduction, influence an example that was followed, knowledge an answer or an idea that others
    bought by. `came_anyway` is whether the newcomer would have come without it, None where nobody can say: then the
    credit for the newcomer's value is a range. `saved` is what acquiring the newcomer would have cost otherwise, `cost`
    what was paid for the credit; both are the newcomer's wholly, and money in the program's currency.
    """

    newcomer: str
    customer: str
    kind: Kind = "referral"
    share: Decimal = Decimal(1)
    came_anyway: bool | None = None
    saved: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)


@dataclass(frozen=True)
class Influence:
    """What one customer is credited with: `low` counts what surely would not have come, `high` also what may not have.

    `by_kind` splits `high` by the kind of the last step to the newcomer. `saved` and `cost` stand apart, since they are
    due whoever would have come; `net_low` and `net_high` are the referral value, less its cost. `newcomers` were
    credited directly; of `unknown` of them the value is not known, so that the credit is a least one.
    """

    customer: str
    low: Decimal
    high: Decimal
    by_kind: Mapping[Kind, Decimal]
    saved: Decimal
    cost: Decimal
    newcomers: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def net_low(self) -> Decimal:
        """The least referral value."""
        return self.low + self.saved - self.cost

    @property
    def net_high(self) -> Decimal:
        """The most that the referral value can be."""
        return self.high + self.saved - self.cost


@dataclass(frozen=True)
class Book:
    """The influence of everybody with a credit, by customer, and what of the newcomers' value nobody is credited with.

    `uncredited` closes the sum: over all newcomers with a value above zero, value = credits (high) + uncredited.
    """

    customers: Mapping[str, Influence]
    credited: Decimal
    uncredited: Decimal


def influence(
    recorded: Sequence[Credit], values: Mapping[str, Decimal | None], passed: Decimal = Decimal(0)
) -> Book:
    """The influence of each credited customer; `values` gives the newcomers' own value, None or none where unknown.

    With `passed` above 0 (and below 1) a customer keeps 1 - passed of each credit and passes the rest on to whoever
    brought that customer, and so on: generation g has (1 - passed) * passed**(g - 1) of the newcomer, which sums to
    less than one. A newcomer whose value is a loss credits nothing, so that one more credit never lowers anybody.
    Raises BadInput by name for a credit to oneself or in a loop, one that stands twice, or shares of more than one.
    """
    _refuse(recorded, passed)
    graph = _Graph.of(recorded)
    cents = np.array([_positive(values.get(name)) for name in graph.names], dtype=np.int64)
    keep = WHOLE - _parts(passed)
    low, _ = graph.flow(cents, keep, graph.surely)
    high, by_kind = graph.flow(cents, keep, graph.perhaps)
    whole = int(cents[np.unique(graph.newcomer)].sum())
    told = _told(graph, values, low, high, by_kind)
    return Book(told, _money(int(high.sum())), _money(whole - int(high.sum())))


def _refuse(recorded: Sequence[Credit], passed: Decimal) -> None:
    if not 0 <= passed < 1 or _parts(passed) != passed * WHOLE:
        raise BadInput("passed is a share from 0 to under 1, in ten-thousandths")
    twice = Counter((one.newcomer, one.customer, one.kind) for one in recorded)
    shares: Counter[str] = Counter()
    for one in recorded:
        if one.newcomer == one.customer:
            raise BadInput(f"{one.customer} is credited with coming because of {one.customer}")
        if twice[(one.newcomer, one.customer, one.kind)] > 1:
            raise BadInput(f"the credit of {one.customer} for {one.newcomer} ({one.kind}) stands twice")
        if not 0 < one.share <= 1 or _parts(one.share) != one.share * WHOLE:
            raise BadInput(
                f"the credit of {one.customer} for {one.newcomer} is {one.share}, not a share in ten-thousandths"
            )
        if min(one.saved, one.cost) < 0:
            raise BadInput(
                f"the credit of {one.customer} for {one.newcomer} saves or costs less than nothing"
            )
        shares[one.newcomer] += _parts(one.share)
    over = [name for name, parts in shares.items() if parts > WHOLE]
    if over:
        raise BadInput(
            f"the credits for {over[0]} sum to {Decimal(shares[over[0]]) / WHOLE}, more than one whole"
        )
    _refuse_loops(recorded)


def _refuse_loops(recorded: Sequence[Credit]) -> None:
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for one in recorded:
        sorter.add(one.newcomer, one.customer)
    try:
        sorter.prepare()
    except CycleError as error:
        named = error.args[1][:MOST_NAMED]
        raise BadInput(f"the credits are a loop: {' > '.join(named)} each brought the next") from None


def _parts(share: Decimal) -> int:
    return int(share * WHOLE)


def _positive(value: Decimal | None) -> int:
    return max(0, int(value / CENT)) if value is not None else 0


def _money(cents: int) -> Decimal:
    return (cents * CENT).quantize(CENT)


@dataclass(frozen=True)
class _Graph:
    """The credits as arrays: places of the newcomer and the credited among `names`, shares in ten-thousandths."""

    names: list[str]
    newcomer: NDArray[np.int64]
    customer: NDArray[np.int64]
    kind: NDArray[np.int64]
    share: Cents
    surely: NDArray[np.bool_]
    perhaps: NDArray[np.bool_]
    saved: Cents
    cost: Cents

    @classmethod
    def of(cls, recorded: Sequence[Credit]) -> "_Graph":
        names = sorted({name for one in recorded for name in (one.newcomer, one.customer)})
        place = {name: at for at, name in enumerate(names)}
        anyway = [one.came_anyway for one in recorded]
        parts = [_parts(one.share) for one in recorded]
        return cls(
            names,
            _whole(place[one.newcomer] for one in recorded),
            _whole(place[one.customer] for one in recorded),
            _whole(KINDS.index(one.kind) for one in recorded),
            _whole(parts),
            np.array([said is False for said in anyway], dtype=np.bool_),
            np.array([said is not True for said in anyway], dtype=np.bool_),
            _whole(_positive(one.saved) * part // WHOLE for one, part in zip(recorded, parts, strict=True)),
            _whole(_positive(one.cost) * part // WHOLE for one, part in zip(recorded, parts, strict=True)),
        )

    def flow(self, cents: Cents, keep: int, through: NDArray[np.bool_]) -> tuple[Cents, NDArray[np.int64]]:
        """What each name is credited with, shape (names,), and by kind of the first step, shape (kinds, names).

        A part of a cent is dropped at each step, so that credits can fall short of the value and never pass it.
        """
        by_kind = np.zeros((len(KINDS), len(self.names)), dtype=np.int64)
        for kind in range(len(KINDS)):
            arriving = self._step(cents, through & (self.kind == kind))
            while arriving.any():
                onward = _part(arriving, WHOLE - keep)
                by_kind[kind] += arriving - onward
                arriving = self._step(onward, through)
        return by_kind.sum(axis=0), by_kind

    def _step(self, cents: Cents, through: NDArray[np.bool_]) -> Cents:
        """`cents` of the newcomers, carried along the credits that count to whoever is credited."""
        return self.sums(_part(cents[self.newcomer[through]], self.share[through]), through)

    def sums(self, cents: Cents, through: NDArray[np.bool_]) -> Cents:
        """`cents` of the credits that count, added up by who is credited, shape (names,)."""
        added = np.zeros(len(self.names), dtype=np.int64)
        np.add.at(added, self.customer[through], cents)
        return added


def _whole(numbers: Iterable[int]) -> Cents:
    return np.fromiter(numbers, dtype=np.int64)


def _part(cents: Cents, parts: Cents | int) -> Cents:
    whole, rest = cents // WHOLE, cents % WHOLE  # a large amount times ten thousand would overflow
    return whole * parts + rest * parts // WHOLE


def _told(
    graph: _Graph, values: Mapping[str, Decimal | None], low: Cents, high: Cents, by_kind: NDArray[np.int64]
) -> dict[str, Influence]:
    every = np.ones(graph.customer.size, dtype=np.bool_)
    saved, cost = graph.sums(graph.saved, every), graph.sums(graph.cost, every)
    brought: dict[int, set[str]] = {}
    for customer, newcomer in zip(graph.customer.tolist(), graph.newcomer.tolist(), strict=True):
        brought.setdefault(customer, set()).add(graph.names[newcomer])
    return {
        graph.names[place]: Influence(
            graph.names[place],
            _money(int(low[place])),
            _money(int(high[place])),
            {kind: _money(int(by_kind[at, place])) for at, kind in enumerate(KINDS)},
            _money(int(saved[place])),
            _money(int(cost[place])),
            tuple(sorted(newcomers)),
            tuple(sorted(name for name in newcomers if values.get(name) is None)),
        )
        for place, newcomers in sorted(brought.items())
    }
