"""Hidden high potentials planted among simulated households: who could move up is then known, not guessed."""

from dataclasses import dataclass, replace

import numpy as np

from sterna.engine.simulation.population import DEPARTMENTS, Population

_OFTEN = 0.8  # planted households come as often as somebody between this quantile and the most frequent
_ELSEWHERE = 0.55  # of their departments beside the first are bought wholly at another shop
_STAYS = 2000.0  # days: none who could move leaves within a simulated year


@dataclass(frozen=True)
class Planted:
    """The population, which households are hidden high potentials, and which would be, had they not gone for good."""

    people: Population
    could_move: frozenset[int]
    gone: frozenset[int]


def plant_movers(people: Population, share: float, gone_between: tuple[int, int], seed: int) -> Planted:
    """Make `share` of the households hidden high potentials, and half as many again that leave, drawn by `seed` alone.

    Both need much and come often, and buy whole departments elsewhere, so that what they spend here stands in a lower
    tier. Those who leave do so on a day between the two given, counted from the shop's first: they look alike by
    what is bought elsewhere and cannot move any more. Whoever is not drawn is left as they were.
    """
    rng = np.random.default_rng([seed, 6])
    draws = rng.random(people.size)
    chosen = np.flatnonzero(draws < 1.5 * share)
    stays = draws[chosen] < share
    visits, shares, lifetime = people.visits.copy(), people.shares.copy(), people.lifetime.copy()
    ladder = np.sort(people.visits)
    visits[chosen] = ladder[(rng.uniform(_OFTEN, 1.0, chosen.size) * people.size).astype(np.int64)]
    away = rng.random((chosen.size, len(DEPARTMENTS))) < _ELSEWHERE
    away[:, 0] = False  # groceries bring them here, or nobody would know them
    shares[chosen] = np.where(away, 0.0, shares[chosen])
    lifetime[chosen] = np.where(stays, _STAYS, rng.uniform(*gone_between, chosen.size))
    made = replace(people, visits=visits, shares=shares, lifetime=lifetime)
    kept, left = people.household[chosen[stays]], people.household[chosen[~stays]]
    return Planted(made, frozenset(kept.tolist()), frozenset(left.tolist()))
