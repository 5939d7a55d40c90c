"""Customers with a known wallet of which a part is bought elsewhere: single trips at random, or whole categories."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa


@dataclass(frozen=True)
class Leaked:
    """Rows of `category_spend` as one shop sees them, and the whole wallet of each customer."""

    rows: pa.Table
    wallets: dict[str, float]


def leaked(
    kind: str, customers: int = 1_500, categories: int = 8, seed: int = 7, part: float = 0.3
) -> Leaked:
    """`kind` is "trips" (each trip goes elsewhere by the customer's own chance) or "categories" (all of one goes)."""
    chance = np.random.default_rng(seed)
    size = chance.lognormal(3.5, 0.7, customers)
    taste = chance.gamma(1.2, 1.0, (customers, categories))
    popular = chance.lognormal(0, 0.4, categories)
    rates = taste * popular
    rates *= (size / rates.sum(axis=1))[:, None]
    lines = chance.poisson(rates)
    price = chance.lognormal(1, 0.2, categories)
    if kind == "trips":
        seen = chance.binomial(lines, chance.beta(2, 2, customers)[:, None])
    else:
        seen = np.where(chance.random((customers, categories)) < part, 0, lines)
    rows = [
        (
            f"c{customer:05}",
            f"g{category}",
            int(seen[customer, category]),
            cents(seen, price, customer, category),
        )
        for customer, category in np.argwhere(seen > 0)
    ]
    names, groups, counts, amounts = zip(*rows, strict=True)
    table = pa.table(
        {
            "customer_id": names,
            "category": groups,
            "lines": pa.array(counts, pa.int64()),
            "amount": pa.array(amounts, pa.float64()).cast(pa.decimal128(18, 2)),
        }
    )
    whole = lines @ price
    return Leaked(table, {f"c{customer:05}": float(whole[customer]) for customer in range(customers)})


def cents(seen: np.ndarray, price: np.ndarray, customer: int, category: int) -> float:
    """What was paid for the lines of a category, to the cent."""
    return round(float(seen[customer, category] * price[category]), 2)
