"""What simulated households are expected to spend in a period, here and with anyone: the wallet behind their receipts.

Nothing is drawn here: the figures follow from the laws that the receipts are drawn by, so that what was bought differs
from them by chance alone.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from sterna.engine.simulation.contacts import FIRST_DAY
from sterna.engine.simulation.population import DEPARTMENTS, Floats, Population
from sterna.engine.simulation.shopping import (
    LINES_A_VISIT,
    OFF,
    ON_OFFER,
    PER_DEPARTMENT,
    TO_THE_NEXT,
    prices,
)


@dataclass(frozen=True)
class Wallets:
    """Expected money of a period in cents, households x departments: spent `with_anyone`, and of that `here`."""

    with_anyone: Floats
    here: Floats

    def share(self) -> Floats:
        """The part of each household's wallet that is spent here; 0 where nothing is needed."""
        whole = self.with_anyone.sum(axis=1)
        return np.asarray(np.divide(self.here.sum(axis=1), whole, out=np.zeros_like(whole), where=whole > 0))


def wallets(people: Population, first: date, last: date) -> Wallets:
    """What the households are expected to spend on the days `first` to `last`, both included.

    They need as much before they came here and after they stayed away as between, and buy it elsewhere then.
    """
    own = people.tastes * people.shares
    here = own.sum(axis=1)
    # A visit brings Poisson many lines for the part that is bought here, and one more: the same for all that is needed.
    lines = (LINES_A_VISIT + 1 / here)[:, None] * people.tastes * _line_cents()
    # On a day one comes at most once, however often a Poisson law says.
    comes = 1 - np.exp(-people.visits / 7)
    offset, days = (first - FIRST_DAY).days, (last - first).days + 1
    begins = np.clip(people.arrives - offset, 0, days)
    ends = np.clip(np.ceil(people.lifetime) - offset, 0, days)
    with_us = np.maximum(ends - begins, 0)
    return Wallets(
        with_anyone=lines * (comes * days)[:, None],
        here=lines * people.shares * (comes * with_us)[:, None],
    )


def _line_cents() -> Floats:
    """What a line of each department costs on average, in cents, with what is on offer."""
    numbers = np.arange(PER_DEPARTMENT)
    weights = TO_THE_NEXT * (1 - TO_THE_NEXT) ** numbers
    weights[-1] = 1 - weights[:-1].sum()
    full = prices().reshape(len(DEPARTMENTS), PER_DEPARTMENT)
    off = np.mean([full * percent // 100 for percent in range(*OFF)], axis=0)
    return np.asarray((full - ON_OFFER * off) @ weights, dtype=np.float64)
