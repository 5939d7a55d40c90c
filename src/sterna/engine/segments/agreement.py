"""How far staff who judge the same customers without seeing each other agree, beyond what chance would give.

Source: J. L. Fleiss, "Measuring Nominal Scale Agreement Among Many Raters", Psychological Bulletin 76(5), 1971, where
each customer is judged by as many; K. Krippendorff, "Content Analysis", 2004, chapter 11, for the same figure where
some have not judged everybody: alpha of nominal data.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple


class Agreement(NamedTuple):
    """`observed` is the share of pairs of judgements of one customer that are alike, `expected` that by chance.

    `alpha` is Krippendorff's: 1 where all agree, 0 as by chance; `kappa` is Fleiss', None unless everybody judged
    everybody. `customers` were judged twice at least, by `judgements` in all. None where it cannot be told.
    """

    customers: int
    judgements: int
    observed: float | None
    expected: float | None
    alpha: float | None
    kappa: float | None


def agree(judged: Iterable[Sequence[Hashable]]) -> Agreement:
    """The agreement of judgements, given as those of each customer; a customer whom one alone judged tells nothing."""
    counted = [Counter(each) for each in judged if len(each) > 1]
    sizes = [counts.total() for counts in counted]
    total = sum(sizes)
    if not total:
        return Agreement(0, 0, None, None, None, None)
    overall = sum(counted, Counter[Hashable]())
    pairs = [sum(n * (n - 1) for n in counts.values()) for counts in counted]
    # Each customer counts by its judgements, each pair of one customer alike: Krippendorff's coincidences.
    alike = sum(pair / (size - 1) for pair, size in zip(pairs, sizes, strict=True)) / total
    by_chance = sum(n * (n - 1) for n in overall.values()) / (total * (total - 1))
    observed = sum(pair / (size * (size - 1)) for pair, size in zip(pairs, sizes, strict=True)) / len(sizes)
    expected = sum((n / total) ** 2 for n in overall.values())
    kappa = (observed - expected) / (1 - expected) if len(set(sizes)) == 1 and expected < 1 else None
    alpha = (alike - by_chance) / (1 - by_chance) if by_chance < 1 else None
    return Agreement(len(sizes), total, observed, expected, alpha, kappa)
