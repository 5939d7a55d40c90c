"""Position in a network of customers, the four types of customers, and who moves much while buying little.

Sources: L. Page and others, "The PageRank Citation Ranking", 1998; S. B. Seidman, "Network structure and minimum
degree", Social Networks 5(3), 1983, and M. Kitsak and others, Nature Physics 6, 2010 (k-core); V. Kumar and others,
Harvard Business Review 85(10), 2007 (Champions, Affluents, Advocates, Misers).
"""

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, log
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sterna.engine.errors import BadInput
from sterna.engine.value.influence import Influence

Floats = NDArray[np.float64]
Edge = tuple[str, str]
CustomerType = Literal["Champion", "Affluent", "Advocate", "Miser"]


@dataclass(frozen=True)
class Network:
    """Who is tied to whom: `names` in order, and ties in both directions as places among them, shape (2 * ties,)."""

    names: tuple[str, ...]
    source: NDArray[np.int64]
    target: NDArray[np.int64]

    @classmethod
    def of(cls, ties: Collection[Edge], others: Collection[str] = ()) -> "Network":
        """The network of undirected `ties`, each counted once however often it is given, and `others` without a tie.

        Raises BadInput, by name, for a tie of a customer to itself.
        """
        alone = next((one for one, other in ties if one == other), None)
        if alone is not None:
            raise BadInput(f"{alone} is tied to {alone}")
        once = sorted({(min(tie), max(tie)) for tie in ties})
        names = sorted({name for tie in once for name in tie} | set(others))
        place = {name: at for at, name in enumerate(names)}
        pairs = np.array([(place[one], place[other]) for one, other in once], dtype=np.int64).reshape(-1, 2)
        return cls(
            tuple(names),
            np.concatenate([pairs[:, 0], pairs[:, 1]]),
            np.concatenate([pairs[:, 1], pairs[:, 0]]),
        )

    @property
    def degrees(self) -> NDArray[np.int64]:
        """How many ties each has, shape (names,)."""
        return np.bincount(self.source, minlength=len(self.names))

    def neighbors(self, name: str) -> list[str]:
        """Whom a customer is tied to, in order."""
        return sorted(self.names[at] for at in self.target[self.source == self.names.index(name)])


def page_rank(network: Network, damping: float = 0.85, tolerance: float = 1e-12) -> Floats:
    """The PageRank of each of `network.names`, shape (names,), summing to 1.

    Power iteration on the ties alone, so that millions of customers need no matrix. Who has no tie passes the rank on
    to everybody. Ends when no rank moves by more than `tolerance`. Raises BadInput for a damping outside (0, 1).
    """
    if not 0 < damping < 1:
        raise BadInput("the damping of PageRank lies between 0 and 1")
    size = len(network.names)
    if not size:
        return np.zeros(0)
    degrees = network.degrees
    weight = 1 / degrees[network.source]
    rank = np.full(size, 1 / size)
    # Each step brings the ranks closer by the damping at least, so that many steps are enough.
    for _ in range(ceil(log(tolerance) / log(damping)) + 1):
        before = rank
        carried = np.bincount(network.target, before[network.source] * weight, size)
        rank = damping * (carried + before[degrees == 0].sum() / size) + (1 - damping) / size
        if np.abs(rank - before).max() <= tolerance:
            break
    return np.asarray(rank / rank.sum())


def k_core(network: Network) -> NDArray[np.int64]:
    """The largest k of a k-core that each of `network.names` is in, shape (names,): k ties or more inside the core."""
    size = len(network.names)
    core = np.zeros(size, dtype=np.int64)
    there = np.ones(size, dtype=np.bool_)
    source, target, level = network.source, network.target, 0
    while there.any():
        degrees = np.bincount(source, minlength=size)
        leaving = there & (degrees <= level)
        if not leaving.any():
            level = int(degrees[there].min())
            continue
        core[leaving] = level
        there &= ~leaving
        kept = there[source] & there[target]
        source, target = source[kept], target[kept]
    return core


def types(
    direct: Mapping[str, Decimal | None],
    indirect: Mapping[str, Decimal | None],
    cuts: tuple[Decimal, Decimal] | None = None,
) -> dict[str, CustomerType | None]:
    """The type of each customer of `direct`, by own value and the value brought by way of others.

    High means above the cut; without `cuts` they are the medians of what is known. Champions are high in both,
    Affluents in own value alone, Advocates in influence alone, Misers in neither. None where a value is unknown.
    """
    own_cut, brought_cut = cuts or (_median(direct), _median(indirect))
    found: dict[str, CustomerType | None] = {}
    for name, own in direct.items():
        brought = indirect.get(name)
        found[name] = None if own is None or brought is None else _TYPES[own > own_cut, brought > brought_cut]
    return found


_TYPES: Mapping[tuple[bool, bool], CustomerType] = {
    (True, True): "Champion",
    (True, False): "Affluent",
    (False, True): "Advocate",
    (False, False): "Miser",
}


def _median(values: Mapping[str, Decimal | None]) -> Decimal:
    known = sorted(value for value in values.values() if value is not None)
    if not known:
        return Decimal(0)
    return (known[(len(known) - 1) // 2] + known[len(known) // 2]) / 2


@dataclass(frozen=True)
class Mover:
    """A customer who buys little and by whom others buy much, with what says so.

    `standing` is the share of known customers that the own value is above; `rank` and `core` are the position in the
    network, None without a network or outside it.
    """

    customer: str
    direct: Decimal
    standing: float
    influence: Influence
    rank: float | None
    core: int | None

    @property
    def evidence(self) -> tuple[str, ...]:
        """What the list rests on, in sentences."""
        brought = self.influence
        told = [
            f"buys for {self.direct}, more than {self.standing:.0%} of the customers",
            f"{len(brought.newcomers)} came because of this customer: {', '.join(brought.newcomers[:5])}",
            f"credited with {brought.low} to {brought.high} of what they are worth",
        ]
        if brought.unknown:
            told.append(
                f"the value of {len(brought.unknown)} of them is not known, so this is a least figure"
            )
        if self.core is not None and self.rank is not None:
            told.append(f"in the network: PageRank {self.rank:.5f}, core {self.core}")
        return tuple(told)


def movers(
    direct: Mapping[str, Decimal | None],
    influences: Mapping[str, Influence],
    network: Network | None = None,
    below: float = 0.5,
) -> list[Mover]:
    """Customers of low own value and high influence, those credited with most first.

    Low: fewer than the share `below` of the customers buy for less. High: surely credited with more than one's own
    value. Money decides: a position in the network is evidence beside it, never by itself a reason.
    """
    known = sorted(value for value in direct.values() if value is not None)
    standing = {name: bisect_left(known, direct.get(name) or Decimal(0)) for name in influences}
    positions = _positions(network)
    found = [
        Mover(name, own, standing[name] / len(known), brought, *positions.get(name, (None, None)))
        for name, brought in influences.items()
        if (own := direct.get(name)) is not None
        and standing[name] < below * len(known)
        and brought.low > max(own, Decimal(0))
    ]
    return sorted(found, key=lambda one: (-one.influence.low, one.customer))


def _positions(network: Network | None) -> dict[str, tuple[float, int]]:
    if network is None:
        return {}
    ranks: Sequence[float] = page_rank(network).tolist()
    return dict(zip(network.names, zip(ranks, k_core(network).tolist(), strict=True), strict=True))
