"""Clients of a private bank whose truth is known: families, what they hold with anyone, what they like, who sent them.

Parameters, each with what it was set by:

- The wealth of a family follows a Pareto law with exponent 1.49 above 1.8 million for each of its members: O. S. Klass
  and others, "The Forbes 400 and the Pareto wealth distribution", Economics Letters 90, 2006. One billion for each is
  the most, so that one family does not outweigh the bank.
- The bank holds about half of what its clients own, as McKinsey found of 68 European private banks (Financial News,
  November 27, 2006). Some keep everything here and others 1 of 20 million, as in the article on Operation Migration.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sterna.engine.errors import BadInput
from sterna.engine.simulation.population import Floats, Whole

Flags = NDArray[np.bool_]

# Classes of the taxonomy of private banking, so that what is simulated can be imported as it is.
INTERESTS = (
    *("interests.sport.golf", "interests.sport.tennis", "interests.sport.sailing", "interests.sport.skiing"),
    *("interests.culture.opera", "interests.culture.art", "interests.wine", "interests.charity"),
)
BELONGINGS = (
    *("wealth.aircraft.jet", "wealth.yacht", "wealth.art", "wealth.holiday_home", "wealth.business"),
)
PRODUCTS = ("custody", "advice", "discretionary mandate", "lending")
EXPONENT, LEAST, MOST = 1.49, 1_800_000_00, 1_000_000_000_00  # a member of a family; amounts in cents
DOOR = 1_200_000_00  # what a client brings at least, where there is as much

_LIKED = np.array([0.30, 0.15, 0.12, 0.20, 0.15, 0.20, 0.30, 0.25])
# From how much a client owns somebody has it at all, and how many of those do.
_FROM = np.array([30, 8, 3, 1, 1]) * 1_000_000_00
_OWN = np.array([0.50, 0.35, 0.30, 0.45, 0.30])
_MEMBERS = np.array([0.50, 0.33, 0.11, 0.06])  # of families with one, two, three and four clients
_WHOLLY_HERE = 0.30  # of the families keep nearly everything here
_FAMILIES_A_MANAGER = 90
_INTRODUCED = 0.18
_TWICE = 0.03  # of the clients stand a second time in another system of the bank


@dataclass(frozen=True)
class Clients:
    """`n` clients on the day before the first, one entry each; flags are n x INTERESTS, BELONGINGS and PRODUCTS.

    Amounts are whole cents: `wealth` is held with anyone, `here` with this bank, never more than that. `family` and
    `manager` are numbers from 1; the manager is the family's. `open` is the chance that a fitting invitation is
    accepted. `introduced_by` is the number of an earlier client, 0 for nobody. `twice` stand a second time in another
    system of the bank. `born` and `since` are days as ordinals.
    """

    seed: int
    client: Whole
    family: Whole
    manager: Whole
    wealth: Whole
    here: Whole
    likes: Flags
    owns: Flags
    products: Flags
    open: Floats
    children: Whole
    introduced_by: Whole
    twice: Flags
    born: Whole
    since: Whole

    @property
    def size(self) -> int:
        """How many clients there are."""
        return int(self.client.size)

    def share_of_wallet(self) -> Floats:
        """The part of what each client owns that this bank holds."""
        return np.asarray(self.here / self.wealth, dtype=np.float64)


def clients(number: int, seed: int) -> Clients:
    """`number` clients numbered from 1, the same for the same seed; raises BadInput for fewer than one."""
    if number < 1:
        raise BadInput(f"a bank of {number} clients cannot be simulated: ask for at least 1")
    rng = np.random.default_rng([seed, 11])
    family = _families(number, rng)
    wealth = _members_wealth(family, rng)
    here = _held_here(family, wealth, rng)
    likes = rng.random((number, len(INTERESTS))) < _LIKED
    owns = (rng.random((number, len(BELONGINGS))) < _OWN) & (wealth[:, None] >= _FROM)
    born = _born(family, rng)
    return Clients(
        seed=seed,
        client=np.arange(1, number + 1, dtype=np.int64),
        family=family,
        manager=(family - 1) // _FAMILIES_A_MANAGER + 1,
        wealth=wealth,
        here=here,
        likes=likes,
        owns=owns,
        products=_products(here, rng),
        open=rng.beta(4.0, 3.0, number),
        children=rng.poisson(1.5, number),
        introduced_by=_introduced(family, rng),
        twice=rng.random(number) < _TWICE,
        born=born,
        since=np.maximum(born + 25 * 365, 738_000 - rng.integers(0, 15 * 365, number)),
    )


def _families(number: int, rng: np.random.Generator) -> Whole:
    """The family of each client: the members of one stand beside each other."""
    members = rng.choice(np.arange(1, _MEMBERS.size + 1), size=number, p=_MEMBERS)
    return np.repeat(np.arange(1, number + 1), members)[:number].astype(np.int64)


def _members_wealth(family: Whole, rng: np.random.Generator) -> Whole:
    """What each member owns: the family's wealth by the Pareto law, parted at random."""
    known = int(family.max())
    whole = np.minimum(LEAST * (1.0 + rng.pareto(EXPONENT, known)), MOST) * np.bincount(family)[1:]
    weights = rng.gamma(5.0, size=family.size)
    parts = weights / np.bincount(family, weights)[family]
    return np.maximum((whole[family - 1] * parts).astype(np.int64), 1)


def _held_here(family: Whole, wealth: Whole, rng: np.random.Generator) -> Whole:
    """What each member holds here: the family's share of all it owns, and at least what opens the door."""
    known = int(family.max())
    wholly = rng.random(known) < _WHOLLY_HERE
    share = np.where(wholly, rng.uniform(0.9, 1.0, known), rng.beta(1.3, 2.6, known))
    held = (wealth * share[family - 1]).astype(np.int64)
    return np.minimum(np.maximum(held, DOOR), wealth)


def _products(here: Whole, rng: np.random.Generator) -> Flags:
    """Which products each client holds: custody everybody, one kind of mandate at most, more of them the wealthier."""
    rises = np.clip(np.log10(np.maximum(here, 1) / DOOR), 0.0, 1.5)
    draw = rng.random(here.size)
    managed = draw < 0.30 + 0.20 * rises
    advised = ~managed & (draw < 0.70 + 0.15 * rises)
    lending = rng.random(here.size) < 0.12 + 0.10 * rises
    return np.column_stack([np.ones(here.size, np.bool_), advised, managed, lending])


def _introduced(family: Whole, rng: np.random.Generator) -> Whole:
    """Who introduced each client: somebody of an earlier family, so that nobody is in a loop; 0 for nobody."""
    first = np.searchsorted(family, family)  # the position of the first client of the same family
    chosen = (rng.random(family.size) * first).astype(np.int64) + 1
    return np.where((rng.random(family.size) < _INTRODUCED) & (first > 0), chosen, 0)


def _born(family: Whole, rng: np.random.Generator) -> Whole:
    """The day of birth as an ordinal: the first of a family is its oldest, the others are partners or children."""
    oldest = rng.integers(705_000, 720_000, int(family.max()))[family - 1]
    first = np.searchsorted(family, family) == np.arange(family.size)
    younger = rng.integers(365 * 2, 365 * 30, family.size)
    return np.asarray(np.where(first, oldest, oldest + younger), dtype=np.int64)
