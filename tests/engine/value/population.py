"""Customers who buy and drop out exactly as BG/NBD says, so that the truth behind a fit is known."""

import numpy as np


def population(
    seed: int, customers: int, rate: tuple[float, float], dropout: tuple[float, float] | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, t_x and age (whole weeks, 52 to 104) of customers with gamma rates and beta drop-out, or none."""
    rng = np.random.default_rng(seed)
    pace = rng.gamma(rate[0], 1 / rate[1], customers)
    chance = rng.beta(*dropout, customers) if dropout else np.zeros(customers)
    age = rng.integers(52, 105, customers).astype(float)
    x, last, now = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    buying = np.arange(customers)
    while buying.size:
        now[buying] += rng.exponential(1 / pace[buying])
        buying = buying[now[buying] <= age[buying]]
        x[buying] += 1
        last[buying] = now[buying]
        buying = buying[rng.random(buying.size) >= chance[buying]]
    return x, np.round(last), age
