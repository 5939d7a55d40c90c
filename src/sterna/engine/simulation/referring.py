"""Who brought whom to a simulated shop, what was said of it, and the claims that are none: planted frauds."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from sterna.engine.simulation.population import Floats, Population, Whole
from sterna.engine.simulation.residents import Residents

Kind = Literal["honest", "self", "household", "existing", "loop", "burst"]

_NEWCOMERS, _OVER_DAYS = 0.20, 540  # of the households come for the first time within so many days
_INTRODUCED, _SAID = 0.60, 0.60  # of the newcomers were brought by somebody, and of those so many say it
_HUBS = 1.2  # exponent of a Pareto law over households: most bring nobody, a few bring many
_ONE_FRAUD_IN = 400  # households, of each kind, and one at least
_BURST = 8  # newcomers whom one names on a single day


@dataclass(frozen=True)
class Referrals:
    """Who truly brought whom, and what was claimed.

    `introduced_by` has of each household the number of the one that brought it, which came before it, 0 for nobody.
    Claims have an entry each: that the person `claimed_by` brought the person `newcomer`, both counted from 1, made on
    the day `said`, counted from the shop's first; and the truth of the claim.
    """

    introduced_by: Whole
    newcomer: Whole
    claimed_by: Whole
    said: Whole
    truth: tuple[Kind, ...]

    def brought(self) -> Whole:
        """How many newcomers each household truly brought."""
        return np.bincount(self.introduced_by, minlength=self.introduced_by.size + 1)[1:]


def with_newcomers(people: Population) -> Population:
    """The same households, a fifth of whom come for the first time only later, and stay as long from then on."""
    rng = np.random.default_rng([people.seed, 22])
    late = rng.random(people.size) < _NEWCOMERS
    days = rng.integers(1, _OVER_DAYS, people.size)
    return replace(
        people,
        arrives=np.where(late, days, people.arrives),
        lifetime=np.where(late, people.lifetime + days, people.lifetime),
    )


def referrals(people: Population, homes: Residents) -> Referrals:
    """Who brought the newcomers among the households, and the claims, the same for the same population.

    Of each kind of fraud there is at least one where there are households enough for it: a claim to have brought
    oneself, under a second card (`self`), somebody of one's own household (`household`), a customer of long ago
    (`existing`), the one by whom one was brought (`loop`), and many of a single day whom nobody brought (`burst`).
    """
    rng = np.random.default_rng([people.seed, 23])
    introduced_by = _introduced(people, rng)
    # For a home speaks its oldest: the first of its people.
    speaks = np.searchsorted(homes.home, np.arange(people.size)) + 1
    claims = [
        *_honest(people, introduced_by, speaks, rng),
        *_frauds(people, introduced_by, speaks, homes.size, rng),
    ]
    claims.sort(key=lambda claim: (claim[2], claim[0], claim[1], claim[3]))
    columns = [[claim[part] for claim in claims] for part in range(4)]
    newcomer, claimed_by, said = (np.array(column, dtype=np.int64) for column in columns[:3])
    return Referrals(introduced_by, newcomer, claimed_by, said, tuple(claim[3] for claim in claims))


Claim = tuple[int, int, int, Kind]


def _introduced(people: Population, rng: np.random.Generator) -> Whole:
    """Whom a newcomer was brought by: somebody who was there before, so that nobody is in a loop."""
    found = np.zeros(people.size, dtype=np.int64)
    order = np.argsort(people.arrives, kind="stable")
    weights: Floats = rng.pareto(_HUBS, people.size) + 0.05
    reach = np.cumsum(weights[order])
    draws, asked = rng.random(people.size), rng.random(people.size) < _INTRODUCED
    for place in np.flatnonzero(asked[order] & (people.arrives[order] > 0)):
        # Those who arrive on the same day do not know each other from the shop.
        before = int(np.searchsorted(people.arrives[order], people.arrives[order[place]]))
        if before:
            chosen = int(np.searchsorted(reach[:before], draws[order[place]] * reach[before - 1]))
            found[order[place]] = people.household[order[min(chosen, before - 1)]]
    return found


def _honest(
    people: Population, introduced_by: Whole, speaks: Whole, rng: np.random.Generator
) -> Iterator[Claim]:
    says, later = rng.random(people.size) < _SAID, rng.integers(0, 14, people.size)
    for place in np.flatnonzero((introduced_by > 0) & says):
        said = int(people.arrives[place] + later[place])
        yield int(speaks[place]), int(speaks[introduced_by[place] - 1]), said, "honest"


def _frauds(
    people: Population, introduced_by: Whole, speaks: Whole, size: Whole, rng: np.random.Generator
) -> Iterator[Claim]:
    old, brought = np.flatnonzero(people.arrives <= 0), np.flatnonzero(introduced_by > 0)
    shared = np.flatnonzero((people.arrives <= 0) & (size > 1))
    unknown = np.flatnonzero((people.arrives > 0) & (introduced_by == 0))
    for day in rng.integers(30, _OVER_DAYS, max(people.size // _ONE_FRAUD_IN, 1)).tolist():
        if old.size:
            one = int(speaks[rng.choice(old)])
            yield one, one, day, "self"
        if shared.size:
            one = int(speaks[rng.choice(shared)])
            yield one + 1, one, day, "household"
        if old.size > 1:
            known, liar = (int(speaks[place]) for place in rng.choice(old, 2, replace=False))
            yield known, liar, day, "existing"
        if brought.size:
            place = int(rng.choice(brought))
            day_after = int(people.arrives[place]) + 30
            yield int(speaks[introduced_by[place] - 1]), int(speaks[place]), day_after, "loop"
        if unknown.size >= _BURST and old.size:
            liar = int(speaks[rng.choice(old)])
            for place in sorted(rng.choice(unknown, _BURST, replace=False).tolist()):
                yield int(speaks[place]), liar, _OVER_DAYS, "burst"
