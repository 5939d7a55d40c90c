"""Households whose truth is known: how often they shop, what they like, how much of it they buy here."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

DEPARTMENTS = (
    *("GROCERY", "DRUG GM", "PRODUCE", "MEAT", "MEAT-PCKGD", "DELI"),
    *("PASTRY", "NUTRITION", "SEAFOOD-PCKGD", "FLORAL"),
)
_LIKING = np.array([9.0, 4.0, 3.0, 2.5, 2.0, 1.5, 1.0, 0.8, 0.6, 0.4])  # Dirichlet weights of the departments
_VISITS_A_WEEK = 0.55
_VISITS_SHAPE = 1.2  # of a gamma over households: most come seldom, few come twice a week
_LIFETIME_DAYS = 1500.0  # mean of an exponential: about one household in nine stops within half a year
EVER_BEFORE = -1_000_000  # a day of arrival before any that a shop is simulated of
_NEVER_HERE = 0.15  # of the households buy a department wholly elsewhere


@dataclass(frozen=True)
class Population:
    """`n` households, one entry each; `tastes` and `shares` are n x departments.

    `visits` a week to any shop's worth of needs, `tastes` sum to 1 over departments, `shares` is the part of a
    department that is bought here (0 to 1), `lifetime` the days from the first day until they stay away, `arrives` the
    day on which they come for the first time, counted from the first: far below zero for those who came ever before.
    """

    seed: int
    household: Whole
    visits: Floats
    tastes: Floats
    shares: Floats
    lifetime: Floats
    arrives: Whole

    @property
    def size(self) -> int:
        """How many households there are."""
        return int(self.household.size)

    def share_of_wallet(self) -> Floats:
        """The part of everything they need that each household buys here."""
        return np.asarray((self.tastes * self.shares).sum(axis=1), dtype=np.float64)


def population(customers: int, seed: int) -> Population:
    """`customers` households numbered from 1, the same for the same seed."""
    rng = np.random.default_rng([seed, 1])
    shape = (customers, len(DEPARTMENTS))
    tastes = rng.gamma(_LIKING, size=shape)
    shares = np.where(rng.random(shape) < _NEVER_HERE, 0.0, rng.beta(3.0, 2.0, size=shape))
    shares[:, 0] = np.maximum(
        shares[:, 0], 0.05
    )  # everybody buys some groceries here, or nobody would know them
    return Population(
        seed=seed,
        household=np.arange(1, customers + 1, dtype=np.int64),
        visits=rng.gamma(_VISITS_SHAPE, _VISITS_A_WEEK / _VISITS_SHAPE, customers),
        tastes=tastes / tastes.sum(axis=1, keepdims=True),
        shares=shares,
        lifetime=rng.exponential(_LIFETIME_DAYS, customers),
        arrives=np.full(customers, EVER_BEFORE, dtype=np.int64),
    )
