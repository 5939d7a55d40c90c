"""Builds arms from customers, and shoppers whose later spend their earlier spend foretells."""

from collections.abc import Sequence

import numpy as np

from sterna.engine.measurement.statistics import Arm


def arm(y: Sequence[float], x: Sequence[float] | None = None) -> Arm:
    """The sums over customers with outcome y and, where given, covariate or denominator x."""
    y = np.asarray(y, dtype=float)
    if x is None:
        return Arm(y.size, y.sum(), y @ y)
    x = np.asarray(x, dtype=float)
    return Arm(y.size, y.sum(), y @ y, x.sum(), x @ x, x @ y)


def shoppers(rng: np.random.Generator, customers: int) -> tuple[np.ndarray, np.ndarray]:
    """Skewed later and earlier spend of the same customers, near 30 on average, correlated at about 0.8."""
    habit = rng.gamma(2.0, 15.0, customers)
    return habit * rng.gamma(4.0, 0.25, customers), habit * rng.gamma(6.0, 1 / 6, customers)


def split(rng: np.random.Generator, customers: int, treated: int) -> np.ndarray:
    """True for `treated` customers drawn by lot."""
    drawn = np.zeros(customers, dtype=bool)
    drawn[rng.permutation(customers)[:treated]] = True
    return drawn
